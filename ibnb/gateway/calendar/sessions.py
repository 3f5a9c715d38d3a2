"""One row of session times per trading day. Times are epoch seconds (UTC), days are counted from 1970-01-01."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from .closures import closures
from .hours import SCHEDULES

Ints = NDArray[np.int64]

_EPOCH = date(1970, 1, 1)
DAY = 86_400


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def day_date(number: int) -> date:
    """The date of a day number."""
    return _EPOCH + timedelta(days=int(number))


@dataclass(frozen=True)
class Sessions:
    """Trading days as columns, one row per day, in order. `liquid_open … liquid_close` lies in `open … close`;
    `midnight` is when the day begins in the exchange's zone (a session may begin before)."""

    day: Ints
    midnight: Ints
    open: Ints
    liquid_open: Ints
    liquid_close: Ints
    close: Ints

    def __len__(self) -> int:
        return len(self.day)

    def rows(self, first: int, last: int) -> Sessions:
        """Rows `first` to `last − 1`."""
        return self.where(slice(first, last))

    def where(self, rows: np.ndarray | slice) -> Sessions:
        """Some of the rows."""
        return Sessions(*(column[rows] for column in self.columns()))

    def columns(self) -> tuple[Ints, ...]:
        """All columns, in the order of the fields."""
        return self.day, self.midnight, self.open, self.liquid_open, self.liquid_close, self.close


def joined(parts: list[Sessions]) -> Sessions:
    """Parts one after the other; at least one."""
    columns = zip(*(part.columns() for part in parts), strict=True)
    return Sessions(*(np.concatenate(column) for column in columns))


def midnights(zone: str, days: Ints) -> Ints:
    """Epoch seconds at which each local day begins."""
    tz = ZoneInfo(zone)
    return np.array([int(datetime.combine(day_date(d), datetime.min.time(), tz).timestamp()) for d in days], np.int64)


def _noon_offsets(zone: str, days: Ints) -> Ints:
    """Seconds to add to local time for UTC at noon: clocks change on Sunday mornings, before any session begins."""
    tz = ZoneInfo(zone)
    noon = [datetime(d.year, d.month, d.day, 12, tzinfo=tz) for d in map(day_date, days)]
    return np.array([-int((moment.utcoffset() or timedelta()).total_seconds()) for moment in noon], np.int64)


@cache
def trading_year(name: str, year: int) -> Sessions:
    """All sessions of the trading days in one year, by the exchange's own calendar."""
    hours = SCHEDULES[name]
    days = np.arange(day_number(date(year, 1, 1)), day_number(date(year + 1, 1, 1)), dtype=np.int64)
    early: dict[int, int] = {}
    if not hours.weekends:
        table = closures(hours.closures, year)
        days = days[((days + 3) % 7 < 5) & ~np.isin(days, [day_number(day) for day in table.closed])]
        early = {day_number(day): close + hours.shift for day, close in table.early.items()}
    liquid_close = np.full(len(days), hours.liquid_close)
    if hours.formerly:
        liquid_close[days < day_number(hours.formerly[0])] = hours.formerly[1]
    close = np.where(liquid_close == hours.liquid_close, hours.close, liquid_close)
    liquid_open = np.full(len(days), hours.liquid_open)
    for row in np.flatnonzero(np.isin(days, list(early))):
        liquid_close[row] = early[int(days[row])]
        close[row] = max(int(liquid_close[row]), hours.short_close)
        if liquid_close[row] <= hours.halted:
            liquid_open[row] = hours.open
    midnight = days * DAY + _noon_offsets(hours.zone, days)
    return Sessions(
        days,
        midnight,
        midnight + hours.open * 60,
        midnight + liquid_open * 60,
        midnight + liquid_close * 60,
        midnight + close * 60,
    )
