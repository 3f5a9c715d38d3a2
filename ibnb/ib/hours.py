"""Trading hours as TWS writes them: "20250611:0930-20250611:1600;20250612:CLOSED"."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ibnb.ib.zones import zones_called


def is_open(hours: str, zone: str, when: datetime) -> bool | None:
    """Is `when` within these hours? None when the text doesn't tell (other days, or none), or the zone's name.

    >>> is_open("20250611:0930-20250611:1600", "US/Eastern", datetime(2025, 6, 11, 14, tzinfo=ZoneInfo("UTC")))
    True
    """
    zones = zones_called(zone)
    if len(zones) != 1:
        return None
    local = when.astimezone(ZoneInfo(zones[0]))
    known = False
    try:
        for part in filter(None, (each.strip() for each in hours.split(";"))):
            begin, _, end = part.partition("-")
            known = known or begin[:8] == f"{local:%Y%m%d}"
            if end and _stamp(begin) <= f"{local:%Y%m%d%H%M}" < _stamp(end):
                return True
    except ValueError:
        return None
    return False if known else None


def sessions(hours: str, zone: str) -> list[tuple[datetime, datetime]]:
    """When it opens and closes, with that zone; an empty list when the text doesn't tell, or the zone's name.

    >>> [(begin, end)] = sessions("20250611:0930-20250611:1600;20250612:CLOSED", "US/Eastern")
    >>> f"{begin:%d %H:%M} {end:%H:%M}"
    '11 09:30 16:00'
    """
    zones = zones_called(zone)
    if len(zones) != 1:
        return []
    found = []
    try:
        for part in filter(None, (each.strip() for each in hours.split(";"))):
            begin, _, end = part.partition("-")
            if end:
                found.append((_moment(begin, zones[0]), _moment(end, zones[0])))
    except ValueError:
        return []
    return found


def _moment(text: str, zone: str) -> datetime:
    return datetime.strptime(_stamp(text), "%Y%m%d%H%M").replace(tzinfo=ZoneInfo(zone))


def _stamp(moment: str) -> str:
    day, _, minute = moment.partition(":")
    # Before 2018 the end had no day of its own; such a text tells nothing.
    if len(day) != 8 or len(minute) != 4:
        raise ValueError(moment)
    return day + minute
