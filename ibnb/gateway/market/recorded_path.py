"""The path of an instrument whose bars come from a file.

Rule: minutes of the file are served as they are; within them, and within the file's days, the path is made up as for
other instruments, and ends where the bar ends, with its high, its low and its volume. A minute that the file doesn't
have has no trades (count 0): its price is the last known one, and no bar is made of it. Scripted moves don't touch
what a file says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..calendar import DAY, Calendar, Sessions, day_date
from ..data import Recording
from ..instruments import Instrument
from .noise import Ints, bits, piece, stream, tent
from .path import Atoms, Path, together

_SHARES_A_TRADE = 100
# A minute has a first, a last, a highest and a lowest trade, and is told in at most so many.
_FEWEST, _MOST = 4, 5_000


@dataclass(frozen=True)
class _Track:
    """Minutes of a file, in ticks."""

    time: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints

    def columns(self) -> tuple[Ints, ...]:
        """All columns, in the order of the fields."""
        return self.time, self.open, self.high, self.low, self.close, self.volume

    def row(self, n: int) -> _Track:
        """The n-th row alone."""
        t, o, h, low, c, volume = (column[n : n + 1] for column in self.columns())
        return _Track(t, o, h, low, c, volume)


def minutes_in(sessions: Sessions, rth: bool) -> Ints:
    """When each minute of these sessions begins (liquid hours only if `rth`), in order."""
    opens, closes = (sessions.liquid_open, sessions.liquid_close) if rth else (sessions.open, sessions.close)
    length = (closes - opens) // 60
    offset = np.concatenate([[0], np.cumsum(length)])
    return np.asarray(np.repeat(opens - 60 * offset[:-1], length) + 60 * np.arange(int(offset[-1])))


class RecordedPath:
    """The paths of all recordings, by conId. Seconds are made by the path of an ordinary instrument."""

    def __init__(self, seed: int, calendar: Calendar, own: Path, recordings: Mapping[int, Recording]) -> None:
        self.seed = seed
        self.calendar = calendar
        self._own = own
        self._recordings = recordings
        self._tracks: dict[int, _Track] = {}

    def holds(self, instrument: Instrument) -> bool:
        """Whether an instrument's prices come from a file."""
        return instrument.conId in self._recordings

    def head(self, instrument: Instrument) -> int:
        """When the file begins, in epoch seconds."""
        return int(self._minutes_of(instrument, 0, 0).time[0])

    def minutes(self, instrument: Instrument, sessions: Sessions, rth: bool) -> Atoms:
        """Every minute of these sessions, in order of time; those that the file doesn't have are flat."""
        time = minutes_in(sessions, rth)
        if not len(time):
            return together([], 60)
        track = self._minutes_of(instrument, int(sessions.day[0]), int(sessions.day[-1]))
        place = np.maximum(np.searchsorted(track.time, time, "right") - 1, 0)
        there = track.time[place] == time
        last = np.where(track.time[place] <= time, track.close[place], track.open[0])
        o, h, low, c = (np.where(there, column[place], last) for column in track.columns()[1:5])
        volume = np.where(there, track.volume[place], 0)
        count = np.where(there, np.clip(volume // _SHARES_A_TRADE, _FEWEST, _MOST), 0)
        below = (piece(bits(stream(self.seed, instrument.model.key, "spread"), time // 60), 0) & 1) * instrument.quotes
        below = np.minimum(below, low - 1)
        return Atoms(time, o, h, low, c, volume, count, below, instrument.quotes - below, 60)

    def seconds(self, instrument: Instrument, minutes: Atoms) -> Atoms:
        """The 60 seconds of each of these minutes, in order of time; each has one price."""
        lively = np.maximum(minutes.count, _FEWEST)
        made = self._own.seconds(instrument, replace(minutes, count=lively, volume=np.maximum(minutes.volume, lively)))
        active = (made.count > 0).reshape(-1, 60) & (minutes.count > 0)[:, None]
        so_far = np.cumsum(active, axis=1)
        total = np.maximum(so_far[:, -1:], 1)
        volume, count = (
            np.diff(so_far * column[:, None] // total, axis=1, prepend=0).reshape(-1)
            for column in (minutes.volume, minutes.count)
        )
        return replace(made, volume=volume, count=count)

    def close(self, instrument: Instrument, session_day: int, liquid_close: int) -> int:
        """The last price of a trading day's liquid hours, in ticks."""
        track = self._minutes_of(instrument, session_day, session_day)
        place = int(np.searchsorted(track.time, liquid_close)) - 1
        return int(track.close[place] if place >= 0 else track.open[0])

    # How

    def _minutes_of(self, instrument: Instrument, first: int, last: int) -> _Track:
        """The file's minutes, those of the trading days from `first` to `last` and of the one before at least."""
        track = self._tracks.get(instrument.conId)
        recording = self._recordings[instrument.conId]
        if track is None:
            columns = (recording.open, recording.high, recording.low, recording.close)
            o, h, low, c = (np.rint(column / instrument.minTick).astype(np.int64) for column in columns)
            track = self._tracks[instrument.conId] = _Track(recording.time, o, h, low, c, recording.volume)
        if recording.size == "minute":
            return track
        days = recording.time // DAY
        a, b = np.searchsorted(days, [first, last + 1]).tolist()
        return self._told(instrument, track, max(min(a - 1, len(days) - 1), 0), max(b, 1))

    def _told(self, instrument: Instrument, daily: _Track, a: int, b: int) -> _Track:
        """The minutes of some of a file's days."""
        days = [daily.row(n) for n in range(a, b)]
        number = daily.time[a:b] // DAY
        rows = self.calendar.sessions(instrument.schedule, day_date(number[0]), day_date(number[-1]))
        rows = rows.where(np.isin(rows.day, number))
        told = [
            self._day(instrument, day, opened, closed).columns()
            for day, opened, closed in zip(days, rows.liquid_open.tolist(), rows.liquid_close.tolist(), strict=True)
        ]
        columns = [np.concatenate(column) for column in zip(*told, strict=True)]
        return _Track(*columns)

    def _day(self, instrument: Instrument, day: _Track, opened: int, closed: int) -> _Track:
        """The minutes of one day: a walk from its open to its close that touches its high and its low."""
        o, h, low, c, volume = (int(column[0]) for column in day.columns()[1:])
        time = np.arange(opened, closed, 60, dtype=np.int64)
        n = len(time)
        own = bits(stream(self.seed, instrument.model.key, "minute"), time // 60)
        walk = np.cumsum(tent(own)) / n**0.5
        share = np.arange(1, n + 1) / n
        level = np.rint(o + (c - o) * share + (walk - walk[-1] * share) * (h - low) * 0.5).astype(np.int64)
        level = np.clip(level, low, h)
        level[-1] = c
        begin = np.concatenate([[o], level[:-1]])
        reach = max((h - low) // 40, 0)
        high = np.minimum(np.maximum(begin, level) + reach * piece(own, 48, 8) // 255, h)
        least = np.maximum(np.minimum(begin, level) - reach * piece(own, 56, 8) // 255, low)
        high[np.maximum(begin, level).argmax()] = h
        least[np.minimum(begin, level).argmin()] = low
        weight = np.cumsum(64 + piece(own, 32, 8))
        return _Track(time, begin, high, least, level, np.diff(weight * volume // weight[-1], prepend=0))
