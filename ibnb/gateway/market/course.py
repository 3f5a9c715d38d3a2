"""Where a sum of drivers is, minute by minute.

Rule: a block's minutes are a bridge from where it begins to where it ends, each minute's noise scaled as its block is;
a jump happens at the beginning of a minute, so that it is seen between two closes and in no minute's course.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import numpy as np

from ..calendar import DAY
from .clocks import TRADING_DAYS, Clock, locate, midnight_of, weights, weights_of, without_hours
from .drivers import ANCHOR_YEAR, Driver, Year
from .noise import Floats, Ints, tent

Part = tuple[Driver, float]

# The variance of a day on which nothing closes, in that of a year.
_OPEN_DAY = 0.8 / TRADING_DAYS


@dataclass(frozen=True)
class Course:
    """At each of some times: the logarithm; and of the minute that ends there: its variance, that of the same minute of
    an average day, and the jump at its beginning. `before`: the logarithm when the minutes in rows `firsts` begin."""

    value: Floats
    variance: Floats
    usual: Floats
    leap: Floats
    before: Floats
    firsts: Ints

    def where(self, rows: slice) -> Course:
        """Some of the rows: what is added to them is added here."""
        some = slice(*np.searchsorted(self.firsts, (rows.start, rows.stop)).tolist())
        return Course(
            self.value[rows], self.variance[rows], self.usual[rows], self.leap[rows],
            self.before[some], self.firsts[some] - rows.start,
        )  # fmt: skip


@dataclass(frozen=True)
class _Jump:
    row: int
    block: int
    at: int
    size: float


_NONE = np.empty(0, np.int64)


def course(
    groups: Mapping[Clock, Sequence[Part]],
    start: float,
    drift: float,
    leader: Clock,
    time: Ints,
    open_from: int | None,
    firsts: Ints = _NONE,
) -> Course:
    """The course of drivers by their clocks, from `start`, with a drift a year that passes as clock `leader` says.

    From the day `open_from` on a world never closes: a day goes as far as it would, but at all hours.
    """
    n = len(time)
    found = Course(np.full(n, start), np.zeros(n), np.zeros(n), np.zeros(n), np.full(len(firsts), start), firsts)
    for clock, parts in groups.items():
        opened = _opened(clock, time, open_from)
        for some, always in ((slice(0, opened), False), (slice(opened, n), True)):
            if some.start < some.stop:
                _Group(clock, parts, drift if clock is leader else 0.0, time[some], always).add(found.where(some))
    return found


def progress(driver: Driver, time: Ints, open_from: int | None) -> tuple[Ints, Floats, Floats, Year]:
    """Of the minutes that end at these times: the day (a row of the years given back), the share of it that has passed,
    and how far the driver has walked in it."""
    first, last = _years(time)
    clock, year = driver.clock, driver.years(first, last)
    opened = _opened(clock, time, open_from)
    day, block, place, _ = locate(clock, time, first, last)
    weight = weights_of(clock, first, last)
    whole = np.cumsum(weight, axis=1)
    inside = np.concatenate([np.cumsum(clock.shape(b)) for b in range(len(clock.bounds))])
    minute = np.asarray(clock.bounds)[block] + place
    share = (whole[day, block] - weight[day, block] * (1 - inside[minute])) / whole[day, -1]
    share[opened:] = (minute[opened:] + 1) / len(inside)
    walked = course({clock: [(driver, 1.0)]}, 0.0, 0.0, clock, time, open_from).value - year.start[day, 0]
    return day, share, walked, year


class _Group:
    """The drivers of one clock, as one walk over some days; `always`: days on which nothing closes."""

    def __init__(self, clock: Clock, parts: Sequence[Part], drift: float, time: Ints, always: bool) -> None:
        first, last = _years(time)
        self.time = time
        self.clock = without_hours(clock) if always else clock
        day, self.block, self.place, midnight = locate(self.clock, time, first, last)
        days = slice(int(day[0]), int(day[-1]) + 1)
        self.day = day - days.start
        self.midnight = midnight[days]
        self.weight = weights_of(clock, first, last)[days]
        years = [(driver, share, driver.years(first, last)) for driver, share in parts]
        self.scales = [(driver, share * year.scale[days]) for driver, share, year in years]
        self.start = drift * _elapsed(clock, first, last)[days]
        self.step = drift * self.weight
        for _, share, year in years:
            self.start = self.start + share * year.start[days]
            self.step = self.step + share * year.step[days]
        self.power = sum((scale * scale for _, scale in self.scales), np.zeros(len(self.midnight)))
        self.norm = sum(share * share for _, share in parts)
        self.jumps = [*_jumps(years, days)]
        if always:
            self.start = self.start[:, :1]
            self.step = self.step.sum(axis=1, keepdims=True)
            self.weight = np.full(self.start.shape, _OPEN_DAY)
            for jump in self.jumps:
                self.step[jump.row] += jump.size
            self.jumps = []

    def add(self, to: Course) -> None:
        """Add this walk to the sum of all."""
        first_block, first_day = self.block[to.firsts], self.day[to.firsts]
        for b in np.flatnonzero(np.bincount(self.block)).tolist():
            here = np.flatnonzero(self.block == b)
            rows, place = self.day[here], self.place[here]
            every = rows[np.concatenate([[True], rows[1:] != rows[:-1]])]
            length = self.clock.length(b)
            whole = len(here) == len(every) * length
            to_rows: slice | Ints = slice(None) if whole and len(here) == len(self.time) else here
            shape, weight = self.clock.shape(b), self.weight[every, b][:, None]
            if whole:
                usual = (weight * shape).reshape(-1)
                power = self.power[every].repeat(length)
            else:
                usual = shape[place] * self.weight[rows, b]
                power = self.power[rows]
            to.variance[to_rows] += power * usual
            to.usual[to_rows] += self.norm * usual
            begin = np.flatnonzero(first_block == b)
            to.before[begin] += self.start[first_day[begin], b]
            within = begin[self.place[to.firsts[begin]] > 0]
            if whole:
                to.value[to_rows] += self._bridge(b, every).reshape(-1)
            elif (place == length - 1).all() and not len(within):
                to.value[to_rows] += self._end(b)[rows]
            else:
                bridge = self._bridge(b, every)
                to.value[to_rows] += bridge[np.searchsorted(every, rows), place]
                row, last = first_day[within], self.place[to.firsts[within]] - 1
                to.before[within] += bridge[np.searchsorted(every, row), last] - self.start[row, b]
        for jump in self.jumps:
            when = self.midnight[jump.row] + (self.clock.bounds[jump.block] + jump.at + 1) * 60
            at = int(np.searchsorted(self.time, when))
            if at < len(self.time) and self.time[at] == when:
                to.leap[at] += jump.size

    def _end(self, block: int) -> Floats:
        """Where the walk is at a block's end, on every day."""
        end = self.start[:, block] + self.step[:, block]
        for jump in self.jumps:
            if jump.block == block:
                end[jump.row] += jump.size
        return end

    def _bridge(self, block: int, days: Ints) -> Floats:
        """The walk at the end of each minute of a block, on some days."""
        index = (self.midnight[days] // 60 + self.clock.bounds[block])[:, None] + np.arange(self.clock.length(block))
        shape = self.clock.shape(block)
        noise = np.zeros(index.shape)
        for driver, scale in self.scales:
            noise += scale[days, None] * tent(driver.noise("minute", index))
        noise *= np.sqrt(shape)
        noise *= np.sqrt(self.weight[days, block])[:, None]
        walk = np.cumsum(noise, axis=1)
        walk += np.cumsum(shape) * (self.step[days, block] - walk[:, -1])[:, None]
        walk += self.start[days, block][:, None]
        walk[:, -1] = self.start[days, block] + self.step[days, block]
        for jump in self.jumps:
            if jump.block == block:
                walk[days == jump.row, jump.at :] += jump.size
        return walk


def _jumps(years: Iterable[tuple[Driver, float, Year]], days: slice) -> Iterable[_Jump]:
    for _, share, year in years:
        for row in np.flatnonzero(year.jump[days]).tolist():
            n = days.start + row
            yield _Jump(row, int(year.block[n]), int(year.at[n]), share * float(year.jump[n]))


def year_of(t: float) -> int:
    """The year of a moment, in UTC."""
    return datetime.fromtimestamp(float(t), UTC).year


def _years(time: Ints) -> tuple[int, int]:
    return year_of(time[0] - DAY), year_of(time[-1] + DAY)


def _opened(clock: Clock, time: Ints, open_from: int | None) -> int:
    """How many of these times come before the first day on which nothing closes."""
    return len(time) if open_from is None else int(np.searchsorted(time, midnight_of(clock, open_from), "right"))


@cache
def _elapsed(clock: Clock, first: int, last: int) -> Floats:
    """The clock's time before each block, in average years since the walks' anchor."""
    passed = weights_of(clock, first, last)
    years = (min(first, ANCHOR_YEAR), max(first, ANCHOR_YEAR))
    between = sum(float(weights(clock, year).sum()) for year in range(*years))
    return (between if first > ANCHOR_YEAR else -between) + np.cumsum(passed.reshape(-1)).reshape(passed.shape) - passed
