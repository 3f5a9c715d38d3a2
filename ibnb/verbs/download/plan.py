"""From a span of time to requests that TWS takes: which stretches, in which words. Arithmetic on epoch seconds.

Rule: the stretches ("chunks") of a bar size have fixed edges, whatever span is asked for, so that what came once can be
used again. They follow each other without gap or overlap, and none is longer than IB's step table advises for its bars.
Edges of a day and more are midnights of the exchange's zone, shorter ones full half hours (and so on) of UTC.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ibnb.ib.dates import parse_dates
from ibnb.ib.values import BAR_SIZES

Edges = Callable[[date], tuple[date, date]]

_DAY = timedelta(days=1)
_DAY_SECONDS = 86400
# Weekly bars are cut between weeks; 52 of them begin on a Monday.
_FIRST_MONDAY = date(1970, 1, 5)
_BLOCK = timedelta(weeks=52)


class Chunk(NamedTuple):
    """A stretch of time: from `start` up to, not including, `end`."""

    start: int
    end: int


def _day(day: date) -> tuple[date, date]:
    return day, day + _DAY


def _week(day: date) -> tuple[date, date]:
    monday = day - day.weekday() * _DAY
    return monday, monday + 7 * _DAY


def _month(day: date) -> tuple[date, date]:
    return day.replace(day=1), date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _year(day: date) -> tuple[date, date]:
    return date(day.year, 1, 1), date(day.year + 1, 1, 1)


def _block(day: date) -> tuple[date, date]:
    first = _FIRST_MONDAY + (day - _FIRST_MONDAY) // _BLOCK * _BLOCK
    return first, first + _BLOCK


#: Bars up to so many seconds → a chunk of so many seconds, or its edges in days and the duration that reaches back over
#: the whole of it. Source: IB's "valid duration and bar size settings".
_STEPS: tuple[tuple[int, int | tuple[Edges, str]], ...] = (
    (1, 1800),
    (5, 3600),
    (15, 14400),
    (30, 28800),
    (120, (_day, "1 D")),
    (1200, (_week, "1 W")),
    (28800, (_month, "1 M")),
    (86400, (_year, "1 Y")),
    (604800, (_block, "1 Y")),
    (2592000, (_year, "1 Y")),
)


def _step(barSize: str) -> int | tuple[Edges, str]:
    return next(step for most, step in _STEPS if BAR_SIZES[barSize] <= most)


def chunks(barSize: str, start: float, end: float, zone: str) -> list[Chunk]:
    """Return the chunks that `start` up to `end` (not included) touches, oldest first."""
    found: list[Chunk] = []
    moment = int(start)
    while moment < end:
        found.append(_chunk_at(barSize, moment, zone))
        moment = found[-1].end
    return found


def _chunk_at(barSize: str, moment: int, zone: str) -> Chunk:
    step = _step(barSize)
    if isinstance(step, int):
        start = moment // step * step
        return Chunk(start, start + step)
    first, after = step[0](local_day(moment, zone))
    return Chunk(midnight(first, zone), midnight(after, zone))


def settled(barSize: str, now: float, zone: str) -> int:
    """Return the moment before which no bar changes any more: this day's midnight; of weekly bars this week's …"""
    size, today = BAR_SIZES[barSize], local_day(now, zone)
    if size > BAR_SIZES["1 day"]:
        today = (_week if size == BAR_SIZES["1W"] else _month)(today)[0]
    return midnight(today, zone)


class Piece(NamedTuple):
    """What is to be asked for of a chunk: `start` up to `stop`; `to_now` when that is as far as there is anything."""

    start: int
    stop: int
    to_now: bool


def piece(
    barSize: str,
    chunk: Chunk,
    span: tuple[float, float],
    now: float,
    zone: str,
    kept: int | None = None,
    whole: bool = True,
) -> Piece | None:
    """Return what is to be asked for of a chunk that `span` touches; None if nothing is.

    `kept`: up to where the chunk is known. `whole`: the answer will be kept, so all of the chunk is asked for, not only
    the days of the span. What happens today is asked for only if the span reaches into today.
    """
    start, stop = chunk.start if kept is None else kept, chunk.end
    if not whole and not isinstance(_step(barSize), int) and BAR_SIZES[barSize] <= BAR_SIZES["1 day"]:
        start = max(start, midnight(local_day(span[0], zone), zone))
        stop = min(stop, midnight(local_day(span[1] - 1, zone) + _DAY, zone)) if span[1] < now else stop
    final = settled(barSize, now, zone)
    if span[1] <= final:
        stop = min(stop, final)
    to_now = stop >= now
    stop = min(stop, int(now) + 1)
    return Piece(start, stop, to_now) if start < min(stop, span[1]) else None


def duration(barSize: str, start: int, stop: int, zone: str, overnight: bool = False) -> str:
    """Return the durationStr that reaches from `stop` back over `start`, both within one chunk; longer if need be.

    TWS counts a session that begins the evening before (`overnight`) as the next day's: a day more is asked for then.
    """
    step = _step(barSize)
    if isinstance(step, int):
        return f"{stop - start} S"
    edges, whole = step
    if BAR_SIZES[barSize] > BAR_SIZES["1 day"]:
        return whole
    days = (local_day(stop - 1, zone) - local_day(start, zone)).days + 1 + overnight
    if days < 7 or (edges is _week and days > 7):
        return f"{days} D"
    if days <= 28:
        return f"{-(-days // 7)} W"
    return "5 W" if overnight and edges is _month else whole


def duration_to_now(barSize: str, start: float, now: float, zone: str) -> str:
    """Return the durationStr that reaches from now back over `start` in one request, however long ago that is."""
    seconds = -int(-(now - start) // 1)
    if BAR_SIZES[barSize] < BAR_SIZES["1 min"] and seconds <= _DAY_SECONDS:
        return f"{seconds} S"
    days = (local_day(now, zone) - local_day(start, zone)).days + 2
    if days < 7:
        return f"{days} D"
    if days <= 52 * 7:
        return f"{-(-days // 7)} W"
    return f"{-(-days // 365)} Y"


def moment(name: str, value: Any, zone: str, last: bool = False) -> float:
    """Return a date or time as epoch seconds; what names no zone is meant in `zone`.

    A plain date ("2025-05-30", "20250530", datetime.date) is a whole day: its beginning, with `last` its end.
    Raises ValueError.
    """
    when = _read(value)
    if pd.isna(when):
        raise ValueError(f"{name} {value!r} is not a date or time; for instance '2025-05-30' or a datetime.")
    whole_day = ":" not in value if isinstance(value, str) else not isinstance(value, datetime)
    if whole_day and last:
        when += pd.Timedelta(days=1)
    if when.tz is None:
        # In the hour that happens twice the first pass is meant; what never happens is when it would have been over.
        when = when.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    return float(when.timestamp())


def _read(value: Any) -> Any:
    """A Timestamp, or NaT."""
    try:
        # A zone's name and a dash before UTC are IB's own; everyone else's forms pandas knows.
        if isinstance(value, str) and re.fullmatch(r"\d{8}[ -]\d\d:\d\d:\d\d.*", value):
            return parse_dates([value])[0]
        return pd.Timestamp(value) if isinstance(value, str | date | np.datetime64) else pd.NaT
    except ValueError:
        return pd.NaT


def local_day(moment: float, zone: str) -> date:
    """The date in `zone`."""
    # The whole second: what lies less than a microsecond before midnight would be rounded into the next day.
    return datetime.fromtimestamp(math.floor(moment), UTC).astimezone(ZoneInfo(zone)).date()


def midnight(day: date, zone: str) -> int:
    """The moment at which `day` begins in `zone`."""
    return int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp())
