"""When something moves: the hours of a week cut into blocks, each with its share of a day's variance.

Rule: time never stands still for a driver. Nights and weekends have their (small) shares too, so that who opens later
opens with a gap, and all instruments of a driver agree whatever hours they keep. A point in time is found by the
minute that ends there: (day, block, place in the block).

Shares are own estimates from well-known shapes: two thirds of a share's variance in the six and a half hours of the
session, the first half hour the busiest; currencies two to three times as busy in London and New York as in Asia.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache

import numpy as np

from ..calendar import day_number, trading_year
from ..calendar.sessions import midnights
from .noise import Floats, Ints

TRADING_DAYS = 252
# On a holiday most of a block's news stays away.
_HOLIDAY = 0.15
_DAY_MINUTES = 1440


@dataclass(frozen=True)
class Clock:
    """A zone, the minutes after midnight at which its blocks begin, and the variance of each block on a working day,
    a Saturday and a Sunday. `session` is the block with the shape of a stock exchange's day, `schedule` the exchange
    whose closed days are quiet."""

    zone: str
    bounds: tuple[int, ...]
    workday: tuple[float, ...]
    saturday: tuple[float, ...]
    sunday: tuple[float, ...]
    session: int = -1
    schedule: str = ""
    ends: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", (*self.bounds[1:], _DAY_MINUTES))

    def length(self, block: int) -> int:
        """The minutes of a block."""
        return self.ends[block] - self.bounds[block]

    @property
    def busiest(self) -> float:
        """The variance of a minute in the busiest block, in that of a year."""
        most = max(share / self.length(block) for block, share in enumerate(self.workday))
        return most / (52 * (5 * sum(self.workday) + sum(self.saturday) + sum(self.sunday)))

    def shape(self, block: int) -> Floats:
        """The minutes' shares of a block's variance; they add up to 1."""
        return _session_shape(self.length(block)) if block == self.session else _flat_shape(self.length(block))


@cache
def _flat_shape(n: int) -> Floats:
    return np.full(n, 1 / n)


@cache
def _session_shape(n: int) -> Floats:
    """Most at the open, least after noon, a little more again towards the close."""
    x = (np.arange(n) + 0.5) / n
    weight = 0.62 + 2.6 * np.exp(-x / 0.07) + 0.9 * x**6
    return np.asarray(weight / np.cumsum(weight)[-1], np.float64)


_H = 60
_NEW_YORK = Clock(
    "America/New_York",
    (0, 4 * _H, 9 * _H + 30, 16 * _H, 17 * _H, 18 * _H, 20 * _H),
    (0.06, 0.13, 0.70, 0.03, 0.01, 0.03, 0.04),
    (0.01, 0.01, 0.01, 0.0, 0.0, 0.0, 0.0),
    (0.0, 0.0, 0.01, 0.0, 0.01, 0.02, 0.03),
    session=2,
    schedule="US",
)
_EUROPE = Clock(
    "Europe/Berlin",
    (0, 9 * _H, 17 * _H + 30, 22 * _H),
    (0.15, 0.70, 0.12, 0.03),
    (0.02, 0.01, 0.0, 0.0),
    (0.01, 0.01, 0.01, 0.02),
    session=1,
    schedule="IBIS",
)
_ASIA = Clock(
    "Asia/Hong_Kong",
    (0, 8 * _H, 9 * _H + 30, 14 * _H + 30, 16 * _H),
    (0.16, 0.18, 0.46, 0.10, 0.10),
    (0.02, 0.01, 0.01, 0.0, 0.0),
    (0.0, 0.0, 0.0, 0.0, 0.02),
)
_FOREX = Clock(
    "America/New_York",
    (0, 2 * _H, 8 * _H, 12 * _H, 17 * _H, 19 * _H),
    (0.035, 0.36, 0.36, 0.135, 0.015, 0.085),
    (0.01, 0.01, 0.01, 0.01, 0.0, 0.0),
    (0.0, 0.01, 0.01, 0.02, 0.01, 0.08),
)
_PIT = Clock(
    "America/Chicago",
    (0, 8 * _H + 30, 13 * _H + 5),
    (0.08, 0.84, 0.06),
    (0.01, 0.01, 0.01),
    (0.01, 0.01, 0.01),
    session=1,
    schedule="US",
)
_ROUND = Clock(
    "Etc/UTC", (0, 7 * _H, 13 * _H, 21 * _H), (0.15, 0.18, 0.28, 0.08), (0.15, 0.16, 0.2, 0.08), (0.15, 0.16, 0.2, 0.1)
)

# The clock of what trades by an exchange's hours, New York's where nothing is said.
_BY_SCHEDULE = {
    **dict.fromkeys(("IBIS", "BM", "SBF", "AEB", "EBS", "LSE", "HEX"), _EUROPE),
    **dict.fromkeys(("SEHK", "TSEJ"), _ASIA),
    **dict.fromkeys(("IDEALPRO", "METAL"), _FOREX),
    "CME.HE": _PIT,
    "PAXOS": _ROUND,
}
# The clock of a common factor, New York's where nothing is said.
_BY_FACTOR = {
    **dict.fromkeys(("EU", "BBVA", "SAN", "DB"), _EUROPE),
    **dict.fromkeys(("ASIA", "JAPAN"), _ASIA),
    **dict.fromkeys(("USD", "GOLD"), _FOREX),
    **dict.fromkeys(("HOGS", "CATTLE"), _PIT),
    "BTC": _ROUND,
}


def clock_of(schedule: str) -> Clock:
    """The clock of what trades by these hours."""
    return _BY_SCHEDULE.get(schedule, _NEW_YORK)


def clock_of_factor(name: str) -> Clock:
    """The clock of a common factor."""
    return _BY_FACTOR.get(name, _NEW_YORK)


@cache
def days_of(year: int) -> Ints:
    """The days of a year."""
    return np.arange(day_number(date(year, 1, 1)), day_number(date(year + 1, 1, 1)), dtype=np.int64)


@cache
def weights(clock: Clock, year: int) -> Floats:
    """The variance of each block of each day of a year, where a year's is 1: (days, blocks)."""
    days = days_of(year)
    weekday = (days + 3) % 7
    table = np.array([*[clock.workday] * 5, clock.saturday, clock.sunday])
    found = np.asarray(table[weekday], np.float64)
    if clock.schedule:
        closed = weekday < 5
        closed[trading_year(clock.schedule, year).day - days[0]] = False
        found[closed] *= _HOLIDAY
    # 52 weeks, of which five days and a weekend are what the table says.
    return found / (52 * (5 * sum(clock.workday) + sum(clock.saturday) + sum(clock.sunday)))


@cache
def weights_of(clock: Clock, first: int, last: int) -> Floats:
    """The same of the years `first` to `last`."""
    return np.concatenate([weights(clock, year) for year in range(first, last + 1)])


@cache
def without_hours(clock: Clock) -> Clock:
    """The clock of a world that never closes: a day is one block, as busy at all hours."""
    return Clock(clock.zone, (0,), (1.0,), (1.0,), (1.0,))


@cache
def _midnights(zone: str, first: int, last: int) -> Ints:
    """When the days of some years begin, in epoch seconds."""
    if first < last:
        return np.concatenate([_midnights(zone, year, year) for year in range(first, last + 1)])
    return midnights(zone, days_of(first))


@cache
def midnight_of(clock: Clock, day: int) -> int:
    """When a day begins by a clock, in epoch seconds."""
    return int(midnights(clock.zone, np.array([day]))[0])


@cache
def _places(clock: Clock) -> tuple[Ints, Ints]:
    """The block of each minute of a day, and its place in it."""
    minute = np.arange(_DAY_MINUTES)
    block = np.searchsorted(clock.bounds, minute, "right") - 1
    return block, minute - np.asarray(clock.bounds)[block]


def locate(clock: Clock, time: Ints, first: int, last: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Of the minutes that end at these times: day (counted from the first of year `first`), block, place in the block
    (from 0); and when each day begins. All times lie in the years `first` to `last`."""
    begin = time - 60
    midnight = _midnights(clock.zone, first, last)
    # Times are in order, so a day's are a run.
    lo, hi = (np.searchsorted(midnight, begin[[0, -1]], "right") - 1).tolist()
    ends = np.searchsorted(begin, midnight[lo + 1 : hi + 1], "left")
    day = np.repeat(np.arange(lo, hi + 1), np.diff(ends, prepend=0, append=len(begin)))
    # When clocks are set back a day has 25 hours, of which the last is drawn in with its block's last minute.
    minute = np.minimum((begin - midnight[day]) // 60, _DAY_MINUTES - 1)
    block, place = _places(clock)
    return day, block[minute], place[minute], midnight
