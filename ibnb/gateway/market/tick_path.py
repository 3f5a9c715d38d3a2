"""The path of an instrument whose ticks come from a file.

Rule: trades are those of the file, each with its size; a second's bar, and a minute's, is made of them, and where there
are none the price is the last one and nothing is counted. Bid and offer are those of the file; where it says none they
stand around the last price, a tick apart. As everywhere the grain is the second: of several quotes in one the last
holds. Before its first row and after its last the file says nothing. Scripted moves don't touch what a file says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..calendar import Sessions
from ..data import Recording
from ..instruments import Instrument
from .noise import Ints, bits, piece, stream
from .path import Atoms, together
from .recorded_path import minutes_in


@dataclass(frozen=True)
class _Bars:
    """What was traded in each second, or minute, in which something was; prices in ticks."""

    time: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    count: Ints

    @classmethod
    def of(cls, time: Ints, price: Ints, size: Ints, span: int) -> _Bars:
        start = time // span * span
        first = np.concatenate([[0], np.flatnonzero(np.diff(start)) + 1])
        last = np.concatenate([first[1:], [len(start)]]) - 1
        return cls(
            start[first], price[first], np.maximum.reduceat(price, first), np.minimum.reduceat(price, first),
            price[last], np.add.reduceat(size, first), last - first + 1,
        )  # fmt: skip

    def at(self, time: Ints) -> tuple[Ints, ...]:
        """Open, high, low, close, volume and count at these times; without trades the last price, 0 and 0."""
        place = np.maximum(np.searchsorted(self.time, time, "right") - 1, 0)
        there = self.time[place] == time
        last = np.where(self.time[place] <= time, self.close[place], self.open[0])
        prices = (np.where(there, column[place], last) for column in (self.open, self.high, self.low, self.close))
        return (*prices, np.where(there, self.volume[place], 0), np.where(there, self.count[place], 0))


@dataclass(frozen=True, eq=False)
class _Ticks:
    """A file's rows in ticks: when somebody traded, the bars of that, and every row's bid and offer."""

    time: Ints
    price: Ints
    size: Ints
    places: tuple[str, ...] | None
    seconds: _Bars
    minutes: _Bars
    rows: Ints
    bid: Ints | None
    ask: Ints | None


class TickPath:
    """The paths of all recordings of ticks, by conId."""

    def __init__(self, seed: int, recordings: Mapping[int, Recording]) -> None:
        self.seed = seed
        self._recordings = {conId: each for conId, each in recordings.items() if each.size == "tick"}
        self._ticks = lru_cache(None)(self._read)

    def holds(self, instrument: Instrument) -> bool:
        """Whether an instrument's ticks come from a file."""
        return instrument.conId in self._recordings

    def head(self, instrument: Instrument) -> int:
        """When the file begins, in epoch seconds."""
        return int(self._of(instrument).rows[0])

    def reached(self, instrument: Instrument, minutes: Atoms) -> Atoms:
        """Those of the minutes that the file reaches."""
        rows = self._of(instrument).rows
        return minutes.where((minutes.time + 60 > rows[0]) & (minutes.time <= rows[-1]))

    def told(self, instrument: Instrument, minutes: Atoms, trades: bool) -> Atoms:
        """What the bars of these minutes are made of: each trade by itself, or the quote of each second."""
        if not trades:
            seconds = self.seconds(instrument, self.reached(instrument, minutes))
            return replace(seconds, open=seconds.close, high=seconds.close, low=seconds.close)
        ticks = self._of(instrument)
        some = np.isin(ticks.time // 60 * 60, minutes.time)
        time, price, size = ticks.time[some], ticks.price[some], ticks.size[some]
        nothing = np.zeros_like(time)
        return Atoms(time, price, price, price, price, size, np.ones_like(time), nothing, nothing, 1)

    def minutes(self, instrument: Instrument, sessions: Sessions, rth: bool) -> Atoms:
        """Every minute of these sessions, in order of time; those without trades are flat."""
        time = minutes_in(sessions, rth)
        ticks = self._of(instrument)
        return self._atoms(instrument, ticks.minutes, time, 60) if len(time) else together([], 60)

    def seconds(self, instrument: Instrument, minutes: Atoms) -> Atoms:
        """The 60 seconds of each of these minutes, in order of time."""
        time = (minutes.time[:, None] + np.arange(60)).reshape(-1)
        return self._atoms(instrument, self._of(instrument).seconds, time, 1) if len(time) else together([], 1)

    def close(self, instrument: Instrument, session_day: int, liquid_close: int) -> int:
        """The last price of a trading day's liquid hours, in ticks."""
        return int(self._of(instrument).seconds.at(np.array([liquid_close - 1]))[3][0])

    def trades(self, instrument: Instrument, start: float, end: float) -> Iterator[tuple[int, int, int, str]]:
        """Time, price in ticks, size and exchange ("" if it isn't told) of each trade of [start, end)."""
        ticks = self._of(instrument)
        a, b = np.searchsorted(ticks.time, [start, end]).tolist()
        where = [""] * (b - a) if ticks.places is None else ticks.places[a:b]
        return zip(ticks.time[a:b].tolist(), ticks.price[a:b].tolist(), ticks.size[a:b].tolist(), where, strict=True)

    def last_trade(self, instrument: Instrument, second: int) -> tuple[int, int] | None:
        """Time and size of the last trade by then."""
        ticks = self._of(instrument)
        n = int(np.searchsorted(ticks.time, second, "right")) - 1
        return (int(ticks.time[n]), int(ticks.size[n])) if n >= 0 else None

    def _atoms(self, instrument: Instrument, bars: _Bars, time: Ints, span: int) -> Atoms:
        o, h, low, c, volume, count = bars.at(time)
        ticks = self._of(instrument)
        if ticks.bid is not None and ticks.ask is not None:
            place = np.maximum(np.searchsorted(ticks.rows, time + span - 1, "right") - 1, 0)
            below, above = c - ticks.bid[place], ticks.ask[place] - c
        else:
            below = piece(bits(stream(self.seed, instrument.model.key, "spread"), time // 60), 0) & 1
            below = np.minimum(below * instrument.quotes, low - 1)
            above = instrument.quotes - below
        return Atoms(time, o, h, low, c, volume, count, below, above, span)

    def _of(self, instrument: Instrument) -> _Ticks:
        return self._ticks(instrument.conId, instrument.minTick)

    def _read(self, conId: int, minTick: float) -> _Ticks:
        recording = self._recordings[conId]
        price, bid, ask = (
            None if column is None else np.rint(column / minTick).astype(np.int64)
            for column in (recording.close, recording.bid, recording.ask)
        )
        assert price is not None
        traded = np.flatnonzero(recording.volume)
        time, price, size = recording.time[traded], price[traded], recording.volume[traded]
        places = recording.places and tuple(recording.places[n] for n in traded)
        seconds, minutes = (_Bars.of(time, price, size, span) for span in (1, 60))
        return _Ticks(time, price, size, places, seconds, minutes, recording.time, bid, ask)
