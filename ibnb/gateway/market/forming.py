"""Bars as they grow: how the bar in progress stands after each second.

Rule: the same bars that `Market.bars` puts together from the path, to the last field; whoever follows a bar asks for it
every few seconds, so what its seconds make of it is made for many of them at once and remembered. Where anything is out
of the ordinary (a bar that isn't the only one asked for, a session's end, minutes without trades, own ticks) there is
no answer here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter

import numpy as np

from ..instruments import Instrument
from .bars import Bars, Sums, bar_starts, finish, grown, join, seen
from .days import Days
from .noise import Ints

_TIMES, _PRICES = np.empty(0, np.int64), np.empty(0)
_NONE = Bars(_TIMES, _PRICES, _PRICES, _PRICES, _PRICES, _TIMES, _PRICES, _TIMES)


class Forming:
    """The bars in progress of one world."""

    def __init__(self, days: Days) -> None:
        self._days = days
        self._block = lru_cache(512)(self._block_of)

    def bars(self, instrument: Instrument, what: str, size: int, start: float, end: float, rth: bool) -> Bars | None:
        """The bars of [start, end), as far as they are one that has begun by `start`, or none while nobody trades; else
        None."""
        if self._days.paths.ticks.holds(instrument):
            return None
        day, opens, closes = self._days.calendar.latest(instrument.schedule, end - 1, rth)
        if closes <= start < end:
            return _NONE
        if not opens <= start < end < closes:
            return None
        known = self._known(instrument, what, size, day, end, rth)
        if known is None:
            return None
        begins, columns, first = known
        row = int(end) - 1 - first
        return Bars(*(column[row : row + 1] for column in columns)) if begins[row] <= start else None

    def many(
        self, instrument: Instrument, what: str, size: int, stretches: Sequence[tuple[float, float]], rth: bool
    ) -> Bars | None:
        """The bars of as many of the first stretches, in order of time, as have one each by `bars` and are remembered
        together; None where the first hasn't."""
        start, end = stretches[0]
        day, opens, closes = self._days.calendar.latest(instrument.schedule, end - 1, rth)
        if self._days.paths.ticks.holds(instrument) or not opens <= start < end < closes:
            return None
        known = self._known(instrument, what, size, day, end, rth)
        if known is None:
            return None
        begins, columns, first = known
        past = min(first + len(begins) + 1, closes)
        starts, ends = np.array(stretches[: bisect_left(stretches, past, key=itemgetter(1))]).T
        rows = ends.astype(np.int64) - 1 - first
        usual = (starts < ends) & (ends % 1 == 0) & (begins[rows] <= starts)
        rows = rows if usual.all() else rows[: usual.argmin()]
        return Bars(*(column[rows] for column in columns)) if len(rows) else None

    def _known(
        self, instrument: Instrument, what: str, size: int, day: date, end: float, rth: bool
    ) -> tuple[Ints, tuple[np.ndarray, ...], int] | None:
        """What is remembered of the seconds about the last one before `end`, on a day on which it is traded."""
        if end % 1 or (instrument.expiry is not None and day > instrument.expiry):
            return None
        found = self._days.of(instrument, day)
        block = self._days.block(instrument, (int(end) - 1 - found.open) // 60)
        return self._block(self._days.remember(instrument), day, block.start, block.stop, what, size, rth)

    def _block_of(
        self, conId: int, day: date, first: int, past: int, what: str, size: int, rth: bool
    ) -> tuple[Ints, tuple[np.ndarray, ...], int] | None:
        """Of each second of a block of minutes: when the bar begins, nominally, and how it stands afterwards; and which
        second is the first. None if a minute has no trades."""
        instrument = self._days.known(conId)
        sessions = self._days.calendar.sessions(instrument.schedule, day, day)
        found = self._days.of(instrument, day)
        inside = slice(max(first, found.regular.start), min(past, found.regular.stop)) if rth else slice(first, past)
        begin = (inside.start - first) * 60
        seconds = self._days.seconds(instrument, found, slice(first, past))
        seconds = seconds.where(slice(begin, begin + (inside.stop - inside.start) * 60))
        since = found.minutes.where(slice(found.regular.start if rth else 0, inside.stop))
        bar, _ = bar_starts(since.time, sessions, max(size, 60), rth)
        whole = bar >= bar[-(len(seconds) // 60)]
        since, bar = since.where(whole), bar[whole]
        if not since.count.all():
            return None
        nominal, shown = bar_starts(seconds.time, sessions, size, rth)
        sums = seen(seconds, what)
        if size < 60:
            sums = grown(sums, nominal, what)
        else:
            sums = _within(sums, seen(since, what), bar, what)
        bars = finish(Sums(shown, *sums.columns()[1:]), instrument, what)
        return nominal, bars.columns(), int(seconds.time[0])


def _within(seconds: Sums, minutes: Sums, bar: Ints, what: str) -> Sums:
    """How bars of whole minutes stand after each of these seconds: what the whole minutes have made of them, and the
    seconds since. `minutes`: those of the seconds and those before in the same bar; `bar`: when each one's bar begins.
    """
    n = len(seconds) // 60
    whole = grown(minutes, bar, what)
    goes_on = np.flatnonzero(bar[1:] == bar[:-1])
    goes_on = goes_on[goes_on >= len(bar) - n - 1]
    before = whole.where(goes_on)
    minute = np.concatenate([goes_on + 1 - (len(bar) - n), np.arange(len(seconds)) // 60])
    order = np.argsort(minute, kind="stable")
    stands = grown(join([before, seconds]).where(order), minute[order], what).where(order >= len(before))
    for column, at_the_end in zip(stands.columns(), whole.columns(), strict=True):
        column[59::60] = at_the_end[-n:]
    return stands
