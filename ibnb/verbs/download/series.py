"""One contract's bars over a span of time, put together from what is kept and what comes. Nothing here asks anybody.

Rule: an answer is cut to what was asked for, joined to what was there, and kept before the next one is looked at. What
was kept is only taken if it is what an answer would be now: columns, zone, order, nothing twice, nothing beyond its
stretch. A chunk without a bar is only kept once it is known that the contract wasn't traded yet: it might as well be a
failure. What can't be kept (a full disk) is still an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from ibnb import tables
from ibnb.errors import IBError
from ibnb.ib.values import BAR_SIZES
from ibnb.verbs.download.cache import BarFolder, Kept
from ibnb.verbs.download.plan import Chunk, Piece, chunks, local_day, midnight, moment, piece

#: What is asked for in place of bars to get a schedule.
SCHEDULE = "SCHEDULE"
_DAY = BAR_SIZES["1 day"]


@dataclass(frozen=True)
class Wish:
    """What is wanted of every contract; `start` and `end` as they were given, `now` in epoch seconds."""

    start: Any
    end: Any
    barSize: str
    whatToShow: str
    useRTH: int
    now: float

    @property
    def daily(self) -> bool:
        return BAR_SIZES[self.barSize] >= _DAY

    def span(self, zone: str) -> tuple[float, float]:
        """From when up to (not including) when, in the zone of an exchange. An end that is still to come is endless."""
        start = moment("start", self.start, zone)
        end = float("inf") if self.end is None else moment("end", self.end, zone, last=True)
        if start >= min(end, self.now):
            raise ValueError(f"start {self.start!r} must lie before now and before end {self.end!r}.")
        return start, end if end < self.now else float("inf")


@dataclass(eq=False)
class Series:
    """The bars of one contract: what is known of it, what has come, what went wrong."""

    contract: Any
    barSize: str
    zone: str
    span: tuple[float, float]
    overnight: bool
    market: tuple[str, ...]
    read: Callable[[list[Any]], pd.DataFrame]
    folder: BarFolder | None = None
    label: str = ""
    parts: dict[int, pd.DataFrame] = field(default_factory=dict)
    # Chunks without a bar: kept only once it is known that the contract wasn't there yet.
    silent: dict[Chunk, int] = field(default_factory=dict)
    nothing: IBError | None = None
    failure: IBError | None = None
    # What couldn't be written; the bars are here all the same.
    unkept: str = ""
    requests: int = 0
    cached: int = 0

    def pieces(self, now: float, sessions: pd.DataFrame | None) -> list[tuple[Chunk, Piece]]:
        """What has to be asked for, newest first; what is kept is read."""
        found = []
        for chunk in reversed(chunks(self.barSize, self.span[0], min(self.span[1], now), self.zone)):
            kept = self.folder.read(chunk.start, partial(self._fits, chunk)) if self.folder is not None else None
            if kept is not None:
                self.parts[chunk.start] = kept.bars
                self.cached += 1
            until = kept.until if kept is not None else None
            lacking = piece(self.barSize, chunk, self.span, now, self.zone, until, self.folder is not None)
            if lacking is not None and _trading(sessions, lacking):
                found.append((chunk, lacking))
        return found

    def take(self, chunk: Chunk, part: Piece, rows: list[Any], final: int) -> None:
        """An answer: cut to what was asked for, joined to what was there before, kept."""
        every = self.read(rows)
        new = self.cut(every, part.start, None if part.to_now else part.stop)
        before = self.parts.get(chunk.start)
        whole = new if before is None else pd.concat([before, new])
        self.parts[chunk.start] = whole
        until = min(part.stop, final)
        if self.folder is None or until <= part.start:
            return
        if len(every):
            self._keep(chunk, until, self.cut(whole, chunk.start, until))
        elif before is None:
            self.silent[chunk] = until

    def cut(self, bars: pd.DataFrame, start: float, stop: float | None) -> pd.DataFrame:
        """The bars from `start` up to, not including, `stop`."""
        index = pd.DatetimeIndex(bars.index)
        low = index.searchsorted(self._mark(index, start))
        high = len(index) if stop is None or stop == float("inf") else index.searchsorted(self._mark(index, stop))
        return bars.iloc[low:high]

    def _mark(self, index: pd.DatetimeIndex, when: float) -> pd.Timestamp:
        found = pd.Timestamp(when, unit="s", tz="UTC").tz_convert(self.zone)
        # A date stands for its midnight, so of a stretch that ends during a day that day is in.
        return found if index.tz is not None else found.tz_localize(None).ceil("D")

    def bars(self) -> pd.DataFrame:
        """All that has come, oldest first, cut to the span."""
        parts = [part for _, part in sorted(self.parts.items()) if len(part)]
        every = pd.concat(parts) if parts else self.read([])
        start = self.span[0]
        if BAR_SIZES[self.barSize] >= _DAY:
            start = midnight(local_day(start, self.zone), self.zone)
        return self.cut(every, start, self.span[1])

    def end(self) -> None:
        """All has been asked: what lies before the first bar is known to be empty."""
        known = [start for start, part in self.parts.items() if len(part)]
        if not known:
            self.failure = self.failure or self.nothing
        elif self.folder is not None and self.failure is None:
            for chunk, until in self.silent.items():
                if chunk.start < min(known):
                    self._keep(chunk, until, self.read([]))

    def _keep(self, chunk: Chunk, until: int, bars: pd.DataFrame) -> None:
        assert self.folder is not None
        try:
            self.folder.write(chunk.start, until, bars)
        except OSError as error:
            self.unkept = f"the bars are here, but couldn't be kept in {self.folder.path}: {error}"

    def _fits(self, chunk: Chunk, kept: Kept) -> bool:
        """Are these bars what an answer would be?"""
        mine, index = self.read([]), pd.DatetimeIndex(kept.bars.index)
        alike = mine.dtypes.equals(kept.bars.dtypes) and str(pd.DatetimeIndex(mine.index).tz) == str(index.tz)
        if not alike or not index.is_unique or not index.is_monotonic_increasing:
            return False
        return chunk.start < kept.until <= chunk.end and len(self.cut(kept.bars, chunk.start, kept.until)) == len(index)


def read_bars(rows: Any, zone: str, daily: bool) -> pd.DataFrame:
    """An answer in the exchange's zone, oldest first; of bars that come twice the later one counts."""
    found = tables.bars(rows, zone, daily=daily)
    if not (found.index.is_unique and found.index.is_monotonic_increasing):
        found = found[~found.index.duplicated(keep="last")].sort_index()
    return found if daily else found.tz_convert(zone)


def read_sessions(rows: list[Any]) -> pd.DataFrame:
    """A schedule as a series: dates, with begin and end in epoch seconds."""
    zone, sessions = rows[0] if rows else (None, [])
    found = tables.frame("schedule", sessions, zone)
    bounds = {name: pd.DatetimeIndex(found[name]).as_unit("ns").asi8 / 1e9 for name in ("start", "end")}
    return pd.DataFrame(bounds, index=pd.DatetimeIndex(found.index).rename("Date"))


def is_overnight(hours: str) -> bool:
    """Do sessions begin the evening before? Where the hours don't say, they might."""
    spans = [each.split("-") for each in hours.split(";") if "-" in each]
    return not spans or any(begin[:8] != end[:8] for begin, end in spans)


def _trading(sessions: pd.DataFrame | None, part: Piece) -> bool:
    """Is there a session in this stretch? Before the first and after the last one that is known there might be."""
    if sessions is None or not len(sessions):
        return True
    if part.start < sessions["start"].iloc[0] or part.stop > sessions["end"].iloc[-1]:
        return True
    return bool(((sessions["start"] < part.stop) & (sessions["end"] > part.start)).any())
