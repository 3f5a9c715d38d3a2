"""The one price path of each instrument: closes by day, atoms by minute, prices by second.

Rule: a pure function of (seed, instrument, moment); nothing depends on what was asked before. Each level ends exactly
where the one above says: a day's last liquid minute closes at the day's close, a minute's seconds begin at its open,
touch its high and low, end at its close and add up to its volume. Prices are whole ticks (int64), so all sums of them
are exact; they become floats only in `bars` and `quotes`.

The model. Closes are a walk with common factors (the US market, technology, the dollar …), anchored at 2025-06-10;
most of each year's luck is taken back, so that decades stay believable. Inside a session minutes are a
Brownian bridge, busier at its ends. A bid and an offer sit at a constant distance from the price for a minute.
The grain of the world is the second: all that happens in second s happens at the instant s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Protocol

import numpy as np

from ..calendar import Calendar, Sessions, day_date, day_number, trading_year
from ..instruments import Instrument, Model
from ..scenario import Move
from .noise import Bits, Floats, Ints, bell, bits, piece, stream, tent

_Shape = Callable[[Bits], Floats]

ANCHOR_DAY = day_number(date(2025, 6, 10))
TRADING_DAYS = 252
_LEAST_TICKS = 20
# Sessions of this length follow each other with hardly a gap.
_ROUND_THE_CLOCK = 20 * 3600
# Forex and metals report no trades, but their quotes come as often as those of an active stock.
_QUIET_ACTIVITY = 2_000_000
_MOVE_VOLUME = 6


@dataclass(frozen=True)
class Atoms:
    """Minutes or seconds as columns: prices in ticks, `span` in seconds, `below`/`above`: bid and offer's distance."""

    time: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    count: Ints
    below: Ints
    above: Ints
    span: int

    def __len__(self) -> int:
        return len(self.time)

    def columns(self) -> tuple[Ints, ...]:
        """All columns, in the order of the fields."""
        return (
            self.time, self.open, self.high, self.low, self.close, self.volume, self.count, self.below, self.above
        )  # fmt: skip

    def where(self, rows: np.ndarray | slice) -> Atoms:
        """Some of the rows."""
        t, o, h, low, c, volume, count, below, above = (column[rows] for column in self.columns())
        return Atoms(t, o, h, low, c, volume, count, below, above, self.span)


class Walk(Protocol):
    """What is asked of every kind of path."""

    def minutes(self, instrument: Instrument, sessions: Sessions, rth: bool) -> Atoms:
        """Every minute of these sessions (liquid hours only if `rth`), in order of time."""

    def seconds(self, instrument: Instrument, minutes: Atoms) -> Atoms:
        """The 60 seconds of each of these minutes, in order of time; each has one price."""

    def close(self, instrument: Instrument, session_day: int, liquid_close: int) -> int:
        """The liquid close of one trading day, in ticks."""


@dataclass(frozen=True)
class _Segment:
    """One part of the day: where it begins and ends, how it moves, its share of the day's volume."""

    opens: Ints
    closes: Ints
    first: Floats
    last: Floats
    scale: Floats
    volume: Floats
    regular: bool


class Path:
    """The path of every instrument in one world."""

    def __init__(self, seed: int, calendar: Calendar, moves: Iterable[Move] = ()) -> None:
        self.seed = seed
        self.calendar = calendar
        self._moves: dict[str, list[Move]] = {}
        for move in sorted(moves, key=lambda m: m.time):
            self._moves.setdefault(move.symbol, []).append(move)
        self._returns_of: dict[tuple[str, int], Floats] = {}
        self._closes_of: dict[tuple[str, int], Floats] = {}

    def minutes(self, instrument: Instrument, sessions: Sessions, rth: bool) -> Atoms:
        """Every minute of these sessions (liquid hours only if `rth`), in order of time."""
        if not len(sessions):
            return _flat([np.empty(0, np.int64)] * 9)
        segments = self._segments(instrument, sessions, rth)
        opens = sessions.liquid_open if rth else sessions.open
        lengths = [(segment.closes - segment.opens) // 60 for segment in segments]
        if len(segments) == 1 and len(np.unique(lengths[0])) == 1:
            every = np.arange(len(sessions))
            found = self._minutes(instrument, segments[0], every, int(lengths[0][0]))
            return _flat(found)
        offset = np.concatenate([[0], np.cumsum(sum(lengths))])
        columns = [np.empty(int(offset[-1]), np.int64) for _ in range(9)]
        for segment, length in zip(segments, lengths, strict=True):
            for n in np.unique(length[length > 0]).tolist():
                rows = np.flatnonzero(length == n)
                place = (offset[rows] + (segment.opens[rows] - opens[rows]) // 60)[:, None] + np.arange(n)
                for column, values in zip(columns, self._minutes(instrument, segment, rows, n), strict=True):
                    column[place] = values
        return _flat(columns)

    def close(self, instrument: Instrument, session_day: int, liquid_close: int) -> int:
        """The liquid close of one trading day, in ticks."""
        _, close, _ = self._levels(instrument, np.array([session_day]))
        factor = self._factor(instrument.symbol, np.array([liquid_close - 60]))
        return int(_ticks(close * factor, instrument)[0])

    def seconds(self, instrument: Instrument, minutes: Atoms) -> Atoms:
        """The 60 seconds of each of these minutes, in order of time; each has one price."""
        m = len(minutes)
        j = np.arange(60)
        time = minutes.time[:, None] + j
        b = bits(self._key(instrument, "second"), time)
        o, h, low, c = (column[:, None] for column in minutes.columns()[1:5])
        volume, count = minutes.volume[:, None], minutes.count[:, None]

        # Where the high and the low are touched: two seconds, neither the first nor the last.
        pick = bits(self._key(instrument, "touch"), minutes.time)
        at_high = 1 + piece(pick, 0) % 58
        at_low = 1 + (at_high + piece(pick, 16) % 57) % 58
        row = np.arange(m)

        walk = np.cumsum(np.concatenate([np.zeros((m, 1)), tent(b)[:, 1:]], axis=1), axis=1) / sqrt(59)
        share = j / 59
        price = np.rint(o + (c - o) * share + (walk - walk[:, -1:] * share) * (h - low) * 0.6).astype(np.int64)
        np.clip(price, low, h, out=price)
        price[row, at_high] = minutes.high
        price[row, at_low] = minutes.low
        price[:, 0], price[:, -1] = minutes.open, minutes.close

        # The seconds with trades: as many as there are trades, at most all; the price moves in no other.
        rank = (piece(b, 32) + 1) * 64 + j
        rank[:, 0] = rank[:, -1] = rank[row, at_high] = rank[row, at_low] = 0
        busy = np.minimum(count, 60)
        active = rank <= np.take_along_axis(np.sort(rank, axis=1), busy - 1, axis=1)
        held = np.maximum.accumulate(np.where(active, j, 0), axis=1)
        price = np.take_along_axis(price, held, axis=1)

        busy = active.sum(axis=1, keepdims=True)
        weight = np.cumsum(np.where(active, piece(b, 48, 8) + 1, 0), axis=1)
        more = (weight * (volume - busy)) // weight[:, -1:]
        trades = (more * (count - busy)) // np.maximum(volume - busy, 1)
        flat = price.reshape(-1)
        return Atoms(
            time.reshape(-1), flat, flat, flat, flat,
            (active + np.diff(more, axis=1, prepend=0)).reshape(-1),
            (active + np.diff(trades, axis=1, prepend=0)).reshape(-1),
            np.repeat(minutes.below, 60), np.repeat(minutes.above, 60), span=1,
        )  # fmt: skip

    # Days

    def _levels(self, instrument: Instrument, days: Ints) -> tuple[Floats, Floats, Ints]:
        """Close before each day, close of each day (without moves), and the trading day before.

        A day that the exchange's own calendar doesn't know (the always-open world's Sunday) leaves the close alone.
        """
        model, schedule = instrument.model, instrument.schedule
        first, last = day_date(days.min()).year, day_date(days.max()).year
        years = range(first - 1, last + 1)
        known = np.concatenate([trading_year(schedule, year).day for year in years])
        closes = np.concatenate([self._closes(model, schedule, year) for year in years])
        at = np.searchsorted(known, days, "right") - 1
        before = np.where(known[at] == days, at - 1, at)
        if instrument.expiry is not None:
            carry = 1 + model.carry * (day_number(instrument.expiry) - days) / 365.25
        else:
            carry = np.ones(len(days))
        floor = _LEAST_TICKS * instrument.minTick
        return np.maximum(closes[before] * carry, floor), np.maximum(closes[at] * carry, floor), known[before]

    def _closes(self, model: Model, schedule: str, year: int) -> Floats:
        """The closes of one year's trading days, before carry and moves: chained year by year from the anchor."""
        anchor_year = day_date(ANCHOR_DAY).year
        step = 1 if year >= anchor_year else -1
        for y in range(anchor_year, year + step, step):
            if (model.key, y) not in self._closes_of:
                self._closes_of[model.key, y] = self._chain(model, schedule, y, y - anchor_year)
        return self._closes_of[model.key, year]

    def _chain(self, model: Model, schedule: str, year: int, side: int) -> Floats:
        growth = self._growth(model, schedule, year)
        if side > 0:
            start: float = self._closes_of[model.key, year - 1][-1]
            return np.asarray(start * np.cumprod(growth), np.float64)
        if side < 0:
            end = self._closes_of[model.key, year + 1][0] / self._growth(model, schedule, year + 1)[0]
            return _backwards(end, growth)
        at = int(np.searchsorted(trading_year(schedule, year).day, ANCHOR_DAY, "right"))
        return np.concatenate([_backwards(model.anchor, growth[:at]), model.anchor * np.cumprod(growth[at:])])

    def _growth(self, model: Model, schedule: str, year: int) -> Floats:
        """1 + return of each trading day of a year."""
        known = self._returns_of.get((model.key, year))
        if known is None:
            z = self._mixed(model, "day", trading_year(schedule, year).day, bell)
            z = z * (0.85 + 0.05 * z * z)  # a little more of the extremes than a bell has
            z -= model.pull * np.cumsum(z)[-1] / len(z)
            known = np.maximum(
                1 + (model.drift + model.vol**2 / 2) / TRADING_DAYS + model.vol / sqrt(TRADING_DAYS) * z, 0.5
            )
            self._returns_of[model.key, year] = known
        return known

    # Minutes

    def _segments(self, instrument: Instrument, s: Sessions, rth: bool) -> list[_Segment]:
        """Before, within and after liquid hours (only within if `rth`), for each of the sessions."""
        model = instrument.model
        before, close, day_before = self._levels(instrument, s.day)
        daily = model.vol / sqrt(TRADING_DAYS)
        swing = close / before - 1
        short = s.liquid_close - s.liquid_open < _ROUND_THE_CLOCK
        gap = np.where(short, 0.35 * swing + 0.3 * daily * self._mixed(model, "open", s.day, bell), 0.0)
        first = before * (1 + gap)
        luck = piece(bits(self._key(instrument, "volume"), s.day), 0) / 65535
        volume = (model.volume or _QUIET_ACTIVITY) * (0.6 + 0.5 * luck + 0.2 * np.abs(swing) / daily)
        whole = (s.open == s.liquid_open) & (s.close == s.liquid_close)
        nightly = s.close - s.open >= _ROUND_THE_CLOCK
        early, late = np.where(nightly, 0.12, 0.025), np.full(len(s), 0.025)
        within = _Segment(
            s.liquid_open, s.liquid_close, first, close, before * daily * np.where(short, 0.8, 0.95),
            volume * np.where(whole, 1.0, 1 - early - late), True,
        )  # fmt: skip
        if rth or bool(whole.all()):
            return [within]
        after = close * (1 + np.where(s.close > s.liquid_close, 0.12 * daily * self._late(model, s.day), 0.0))
        night = before * (1 + 0.12 * daily * self._late(model, day_before))
        opening = night + (first - night) * np.where(nightly, 0.05, 0.5)
        return [
            _Segment(
                s.open, s.liquid_open, opening, first, before * daily * np.where(nightly, 0.45, 0.3),
                volume * early, False,
            ),
            within,
            _Segment(s.liquid_close, s.close, close, after, close * daily * 0.15, volume * late, False),
        ]  # fmt: skip

    def _late(self, model: Model, days: Ints) -> Floats:
        return self._mixed(model, "late", days, bell)

    def _minutes(self, instrument: Instrument, segment: _Segment, rows: Ints, n: int) -> tuple[Ints, ...]:
        """The columns of `Atoms` for those rows of a segment that have `n` minutes, each as (rows, n)."""
        model = instrument.model
        time = segment.opens[rows][:, None] + 60 * np.arange(n)
        index = time // 60
        own = bits(self._key(instrument, "minute"), index)
        first, last, scale = (column[rows][:, None] for column in (segment.first, segment.last, segment.scale))

        weight = _smile(n) if segment.regular and n < _ROUND_THE_CLOCK // 60 else np.full(n, 1 / n)
        root = np.sqrt(weight)
        walk = np.cumsum(self._blend(model, "minute", index, tent, tent(own)) * root, axis=1)
        share = np.cumsum(weight) / np.cumsum(weight)[-1]
        level = first + (last - first) * share + scale * (walk - walk[:, -1:] * share)
        level[:, -1:] = last
        factor = self._factor(instrument.symbol, time)
        o = _ticks(np.concatenate([first, level[:, :-1]], axis=1) * factor, instrument)
        c = _ticks(level * factor, instrument)

        reach = scale * root / instrument.minTick * factor
        up, down = piece(own, 48, 8) / 255, piece(own, 56, 8) / 255
        high = np.maximum(o, c) + (reach * up * up).astype(np.int64)
        low = np.maximum(np.minimum(o, c) - (reach * down * down).astype(np.int64), 1)

        busy = 0.4 + 1.2 * piece(own, 32) / 65535
        volume = 4 + (segment.volume[rows][:, None] * weight * busy).astype(np.int64)
        for move in self._moves.get(instrument.symbol, ()):
            volume = np.where(time == move.time, volume * _MOVE_VOLUME, volume)
        trade = 1 + (model.volume or _QUIET_ACTIVITY) // 400_000
        count = np.clip(volume // trade, 4, volume)

        spread = model.spread if segment.regular else 2 * model.spread
        below = piece(own, 20, 12) % (spread + 1) if instrument.quotes else np.zeros_like(o)
        # An offer is never at a bid of nothing: the lowest prices give way upwards.
        below = np.minimum(below, low - 1)
        above = spread - below if instrument.quotes else below
        return time, o, high, low, c, volume, count, below, above

    # Noise

    def _key(self, instrument: Instrument, name: str) -> np.uint64:
        return stream(self.seed, instrument.model.key, name)

    def _mixed(self, model: Model, name: str, index: Ints, shape: _Shape) -> Floats:
        own = shape(bits(stream(self.seed, model.key, name), index))
        return self._blend(model, name, index, shape, own)

    def _blend(self, model: Model, name: str, index: Ints, shape: _Shape, own: Floats) -> Floats:
        """The instrument's own noise and its factors', so mixed that the deviation stays 1."""
        rest = 1 - sum(weight * weight for _, weight in model.loadings)
        total = own * sqrt(max(rest, 0.0))
        for factor, weight in model.loadings:
            total = total + weight * shape(bits(stream(self.seed, "factor", factor, name), index))
        return total

    def _factor(self, symbol: str, time: Ints) -> Floats:
        """What the scripted moves have made of the price by each of these moments."""
        factor = np.ones(time.shape)
        for move in self._moves.get(symbol, ()):
            factor[time >= move.time] *= move.factor
        return factor


def together(parts: list[Atoms], span: int) -> Atoms:
    """Parts one after the other, of atoms of so many seconds."""
    nothing = [[np.empty(0, np.int64)] * 9]
    columns = zip(*([part.columns() for part in parts] or nothing), strict=True)
    t, o, h, low, c, volume, count, below, above = (np.concatenate(column) for column in columns)
    return Atoms(t, o, h, low, c, volume, count, below, above, span)


def _ticks(price: Floats, instrument: Instrument) -> Ints:
    return np.maximum(np.rint(price / instrument.minTick), 1).astype(np.int64)


def _flat(columns: Iterable[Ints]) -> Atoms:
    """Minutes from their columns, whatever the columns' shape."""
    t, o, h, low, c, volume, count, below, above = (column.reshape(-1) for column in columns)
    return Atoms(t, o, h, low, c, volume, count, below, above, 60)


def _backwards(last: float, growth: Floats) -> Floats:
    """Closes that end at `last`, given the growth of each day (the first day's isn't needed)."""
    return last / np.concatenate([[1.0], np.cumprod(growth[:0:-1])])[::-1]


def _smile(n: int) -> Floats:
    """Weights of n minutes, more at both ends than in the middle; they add up to 1."""
    x = (2 * np.arange(n) + 1) / n - 1
    weight = 0.6 + 2.0 * x * x * x * x
    return np.asarray(weight / np.cumsum(weight)[-1], np.float64)
