"""The date strings of bars, a column at a time.

Rule: a text depends on the instant, the zone, formatDate and the client's version, and on nothing else.
Strings are put together from one text per day and one per second of the day, so a year of minutes takes
tens of milliseconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from ...zones import zone_info

# From this server version on, times name their zone; before, they are the log-in zone's with two spaces.
ZONES_NAMED = 174

_DAY = 86400
_EPOCH = date(1970, 1, 1)


def bar_dates(times: npt.NDArray[Any], formatDate: int, version: int, exchangeZone: str, loginZone: str) -> list[str]:
    """Return the date strings of intraday bars that start at `times` (epoch seconds)."""
    seconds = times.astype("int64")
    if formatDate == 2:
        return [str(second) for second in seconds.tolist()]
    named = version >= ZONES_NAMED
    zone = exchangeZone if named else loginZone
    gap, tail = (" ", f" {zone}") if named else ("  ", "")
    local = seconds + _offsets(seconds, zone)
    layout = "%m%d" if formatDate == 3 else "%Y%m%d"
    days, clock = np.divmod(local, _DAY)
    heads = {day: (_EPOCH + timedelta(days=day)).strftime(layout) + gap for day in np.unique(days).tolist()}
    tails = {second: _clock_text(second) + tail for second in np.unique(clock).tolist()}
    return [heads[day] + tails[second] for day, second in zip(days.tolist(), clock.tolist(), strict=True)]


def time_text(time: float, version: int, zone: str) -> str:
    """Return one time as answers carry it: ``yyyyMMdd HH:mm:ss zone``, or with two spaces and no zone below 174."""
    local = datetime.fromtimestamp(time, zone_info(zone))
    return local.strftime("%Y%m%d %H:%M:%S ") + zone if version >= ZONES_NAMED else local.strftime("%Y%m%d  %H:%M:%S")


def _offsets(seconds: npt.NDArray[np.int64], zone: str) -> npt.NDArray[np.int64]:
    """The zone's offset at each time. It only changes on the quarter hour, so each one is looked up once."""
    info = zone_info(zone)
    quarters, back = np.unique(seconds // 900, return_inverse=True)
    offsets = [_offset(quarter * 900, info) for quarter in quarters.tolist()]
    return np.array(offsets, dtype="int64")[back]


def _offset(second: int, info: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(second, UTC).astimezone(info).utcoffset()
    return int((offset or timedelta()).total_seconds())


def _clock_text(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
