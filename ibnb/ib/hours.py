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


def _stamp(moment: str) -> str:
    day, _, minute = moment.partition(":")
    # Before 2018 the end had no day of its own; such a text tells nothing.
    if len(day) != 8 or len(minute) != 4:
        raise ValueError(moment)
    return day + minute
