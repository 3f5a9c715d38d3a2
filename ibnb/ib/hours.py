"""Trading hours as TWS writes them: "20250611:0930-20250611:1600;20250612:CLOSED"."""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

from ibnb.ib.zones import zones_called


def open_for(hours: str, zone: str, when: datetime) -> float:
    """For how many seconds it has been open at `when`: 0 outside these hours, `inf` where nobody can tell.

    Nobody can tell when the text is about other days, or can't be read, or the zone's name is unknown.

    >>> open_for("20250611:0930-20250611:1600", "US/Eastern", datetime(2025, 6, 11, 14, tzinfo=ZoneInfo("UTC")))
    1800.0
    """
    days = _days(hours, zone)
    for begin, end in days:
        if begin <= when < end:
            return when.timestamp() - begin.timestamp()
    known = any(begin.date() == when.astimezone(begin.tzinfo).date() for begin, _ in days)
    return 0.0 if known else math.inf


def sessions(hours: str, zone: str) -> list[tuple[datetime, datetime]]:
    """When it opens and closes, with that zone; an empty list when the text doesn't tell, or the zone's name.

    >>> [(begin, end)] = sessions("20250611:0930-20250611:1600;20250612:CLOSED", "US/Eastern")
    >>> f"{begin:%d %H:%M} {end:%H:%M}"
    '11 09:30 16:00'
    """
    return [(begin, end) for begin, end in _days(hours, zone) if begin < end]


def _days(hours: str, zone: str) -> list[tuple[datetime, datetime]]:
    """As the text has them; a closed day is one that ends as it begins."""
    zones = zones_called(zone)
    if len(zones) != 1:
        return []
    try:
        return [_span(part.strip(), ZoneInfo(zones[0])) for part in hours.split(";") if part.strip()]
    except ValueError:
        return []


def _span(part: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    begin, _, end = part.replace(":CLOSED", ":0000").partition("-")
    # Before 2018 the end had no day of its own; such a text tells nothing.
    return _moment(begin, zone), _moment(end or begin, zone)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    return datetime.strptime(text, "%Y%m%d:%H%M").replace(tzinfo=zone)
