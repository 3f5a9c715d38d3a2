"""The path of what is halted for a while.

Rule: in a halt nobody trades and nobody quotes: a minute of it has no trades (count 0), and its price is the last one
before. Meanwhile the path goes on unseen, so trading resumes where it has come to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..calendar import Calendar, Sessions, day_date
from ..instruments import Instrument
from ..scenario import Halt
from .noise import Ints
from .path import Atoms, Walk, together


def halt_at(halts: Sequence[Halt], t: float) -> Halt | None:
    """The halt of a moment, if there is one."""
    return next((halt for halt in halts if halt.time <= t < halt.end), None)


class HaltedPath:
    """Another path, with its halts."""

    def __init__(self, walk: Walk, halts: Sequence[Halt], calendar: Calendar) -> None:
        self._walk = walk
        self._halts = halts
        self._calendar = calendar

    def minutes(self, instrument: Instrument, sessions: Sessions, rth: bool) -> Atoms:
        """Every minute of these sessions, in order of time; those of a halt are flat."""
        found = self._walk.minutes(instrument, sessions, rth)
        halted = self._in_halt(found.time)
        if not halted.any():
            return found
        last = np.maximum.accumulate(np.where(halted, -1, np.arange(len(found))))
        price = np.where(last < 0, found.open, found.close[last])
        o, h, low, c = (np.where(halted, price, column) for column in (found.open, found.high, found.low, found.close))
        volume, count = (np.where(halted, 0, column) for column in (found.volume, found.count))
        return replace(found, open=o, high=h, low=low, close=c, volume=volume, count=count)

    def seconds(self, instrument: Instrument, minutes: Atoms) -> Atoms:
        """The 60 seconds of each of these minutes, in order of time; each has one price."""
        halted = self._in_halt(minutes.time)
        if not halted.any():
            return self._walk.seconds(instrument, minutes)
        still = minutes.where(halted)
        time = (still.time[:, None] + np.arange(60)).reshape(-1)
        price, below, above = (column.repeat(60) for column in (still.close, still.below, still.above))
        nothing = np.zeros(len(time), np.int64)
        flat = Atoms(time, price, price, price, price, nothing, nothing, below, above, 1)
        both = together([self._walk.seconds(instrument, minutes.where(~halted)), flat], 1)
        return both.where(np.argsort(both.time, kind="stable"))

    def close(self, instrument: Instrument, session_day: int, liquid_close: int) -> int:
        """The liquid close of one trading day, in ticks."""
        if halt_at(self._halts, liquid_close - 60) is None:
            return self._walk.close(instrument, session_day, liquid_close)
        day = day_date(session_day)
        return int(self.minutes(instrument, self._calendar.sessions(instrument.schedule, day, day), True).close[-1])

    def _in_halt(self, time: Ints) -> np.ndarray:
        halted = np.zeros(len(time), bool)
        for halt in self._halts:
            halted |= (time >= halt.time) & (time < halt.end)
        return halted
