"""The one price path of each instrument: minutes from its drivers, seconds through the minutes.

Rule: a pure function of (seed, instrument, moment); nothing depends on what was asked before. Each level ends exactly
where the one above says: a day's last liquid minute closes at the day's close; a minute's seconds begin at its open,
touch its high and low, end at its close and add up to its volume. Prices are whole ticks (int64), so all sums of them
are exact; they become floats only in `bars` and `quotes`.

The model. The drivers' walk (`drivers`, `exposures`) is the middle between bid and offer. A minute's extremes are those
of a Brownian bridge between its ends. Its first, last, highest and lowest trades lie on one side of the spread, those
between on either. Volume goes with the day's scale and the minute's move; a tenth of a share's day trades in the
closing auction.
The grain of the world is the second: all that happens in second s happens at the instant s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol

import numpy as np

from ..calendar import DAY, Calendar, Sessions, day_number
from ..instruments import Instrument
from ..scenario import Move
from .actions import BUSY, Actions
from .clocks import TRADING_DAYS
from .exposures import Exposures
from .noise import Bits, Floats, Ints, bits, lane_wait, piece, stream, tent
from .regimes import Regime
from .seconds import along, held, through, trades
from .ties import Leg

# Forex and metals report no trades, but their quotes come as often as those of an active stock.
_QUIET_ACTIVITY = 2_000_000
_MOVE_VOLUME = 6
# What is traded before and after liquid hours, and in the auctions at both ends, as shares of a day.
_EARLY, _LATE = 0.025, 0.025
_OPENING, _CLOSING = 0.012, 0.09
# How many times the usual spread is quoted, as often as it stands here.
_SPREADS = np.array([1.0] * 9 + [1.3, 1.3, 1.5, 1.5, 2.0, 2.0, 3.0])
# From so many minutes before liquid hours, or in all, a market is one that hardly closes.
_NIGHT, _ROUND_THE_CLOCK = 600, 1200
# How many times its usual spread a currency has at most, when New York has closed and nobody else is open.
_WIDEST = 4.0


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


class Path:
    """The path of every instrument in one world."""

    def __init__(
        self,
        seed: int,
        calendar: Calendar,
        instruments: Iterable[Instrument],
        actions: Actions,
        moves: Iterable[Move] = (),
        regime: Regime | None = None,
    ) -> None:
        self.seed = seed
        self.calendar = calendar
        self.actions = actions
        self.exposures = Exposures(seed, instruments, actions.earned, calendar.always_open_from, regime)
        self._moves: dict[str, list[Move]] = {}
        for move in sorted(moves, key=lambda m: m.time):
            self._moves.setdefault(move.symbol, []).append(move)
        self._key = lru_cache(4096)(lambda key, name: stream(seed, key, name))

    def minutes(self, instrument: Instrument, sessions: Sessions, rth: bool) -> Atoms:
        """Every minute of these sessions (liquid hours only if `rth`), in order of time."""
        opens, closes = (sessions.liquid_open, sessions.liquid_close) if rth else (sessions.open, sessions.close)
        if not len(sessions):
            return together([], 60)
        shapes = np.diff(np.stack([sessions.open, sessions.liquid_open, sessions.liquid_close, sessions.close]), axis=0)
        if (shapes == shapes[:, :1]).all():
            return _flat(self._minutes(instrument, sessions, rth, *(shapes[:, 0] // 60).tolist()))
        # Days of different hours: each kind for itself, then in order.
        offset = np.concatenate([[0], np.cumsum((closes - opens) // 60)])
        columns = [np.empty(int(offset[-1]), np.int64) for _ in range(9)]
        for kind in np.unique(shapes, axis=1).T:
            rows = np.flatnonzero((shapes == kind[:, None]).all(axis=0))
            found = self._minutes(instrument, sessions.where(rows), rth, *(kind // 60).tolist())
            place = offset[rows][:, None] + np.arange(found[0].shape[1])
            for column, values in zip(columns, found, strict=True):
                column[place] = values
        return _flat(columns)

    def close(self, instrument: Instrument, session_day: int, liquid_close: int) -> int:
        """The liquid close of one trading day, in ticks."""
        ends = np.array([liquid_close])
        course = self.exposures.course(self.exposures.of(instrument), ends)
        value = np.exp(course.value) + self.actions.earned(instrument.model.key, np.array([session_day]))
        luck = bits(self._key(instrument.model.key, "minute"), ends // 60 - 1)
        units = self.actions.units(instrument.model.key, ends - 60)
        spread, below = self._spread(instrument, luck, np.array([True]), course.usual, units)
        scale = self._scale(instrument, np.array([session_day]), ends - 60, units)
        (ticks,) = _ticks([value * scale], spread, below)
        return int(ticks[0])

    # Minutes

    def _minutes(
        self, instrument: Instrument, sessions: Sessions, rth: bool, early: int, within: int, late: int
    ) -> tuple[Ints, ...]:
        """The columns of `Atoms` for sessions of so many minutes before, in and after liquid hours (in them only if
        `rth`), each as (sessions, minutes)."""
        opens, n = (sessions.liquid_open, within) if rth else (sessions.open, early + within + late)
        inside = slice(early, early + within)
        exposure = self.exposures.of(instrument)
        time = opens[:, None] + 60 * np.arange(n)
        course = self.exposures.course(exposure, (time + 60).reshape(-1), np.arange(len(opens)) * n)
        end, variance, usual = (c.reshape(time.shape) for c in (course.value, course.variance, course.usual))
        start, a, b = np.empty_like(end), np.empty_like(end), np.exp(end)
        start[:, 0], start[:, 1:] = course.before, end[:, :-1]
        a[:, 0], a[:, 1:] = np.exp(course.before), b[:, :-1]
        move = end - start
        if course.leap.any():
            leap = course.leap.reshape(time.shape)
            a *= np.exp(leap)
            move -= leap
        liquid = slice(0, n) if rth else inside
        regular = np.zeros(n, bool)
        regular[liquid] = True

        luck = bits(self._key(instrument.model.key, "minute"), time // 60)
        units = self.actions.units(instrument.model.key, opens)[:, None]
        spread, below = self._spread(instrument, luck, regular, usual, units)
        scale = self._scale(instrument, sessions.day[:, None], time, units)
        earned = self.actions.earned(instrument.model.key, sessions.day)[:, None]
        a, b = a + earned, b + earned
        o, h, low, c = self._bar(instrument, time, luck, a, b, variance, scale, spread, below)

        busy = _busy(luck, move, variance)
        if early < _NIGHT and within < _ROUND_THE_CLOCK:
            share = _shares(early, within, late)[inside if rth else slice(0, n)]
        else:
            share = usual * (TRADING_DAYS / exposure.vol**2)
        wild = np.sqrt(variance[:, liquid].sum(axis=1) / np.maximum(usual[:, liquid].sum(axis=1), 1e-30))
        volume = self._volume(instrument, sessions.day) * wild / units[:, 0]
        volume = 4 + (volume[:, None] * share * busy).astype(np.int64)
        for at, _ in self._moved(instrument, time):
            volume = np.where(time == at, volume * _MOVE_VOLUME, volume)
        trade = 1 + (instrument.model.volume or _QUIET_ACTIVITY) // 400_000
        count = np.clip(volume // trade, 4, volume)
        return time, o, h, low, c, volume, count, below, spread - below

    def _bar(
        self, instrument: Instrument, time: Ints, luck: Bits, a: Floats, b: Floats, variance: Floats, scale: Floats,
        spread: Ints, below: Ints,
    ) -> tuple[Ints, Ints, Ints, Ints]:  # fmt: skip
        """Open, high, low and close of some minutes, given the path (not its logarithm) at their ends."""
        leader = self._leader(instrument)
        if leader != instrument.model.key:
            luck = bits(self._key(leader, "minute"), time // 60)
        # The highest and the lowest of a Brownian bridge: (a + b ± √((b − a)² + 2σ²·exponential)) / 2.
        a, b = a * scale, b * scale
        middle, swing, doubled = (a + b) / 2, (b - a) ** 2 / 4, variance * b * b / 2
        up, down = (np.sqrt(swing + doubled * lane_wait(luck, lane)) for lane in (0, 1))
        o, h, low, c = _ticks((a, middle + up, middle - down, b), spread, below)
        # The last bit of a root may be lost.
        return o, np.maximum(np.maximum(o, c), h), np.minimum(np.minimum(o, c), low), c

    def _leader(self, instrument: Instrument) -> str:
        """Whose luck decides a minute's course: what is bound to one other thing goes the same way."""
        legs = self.exposures.ties.legs(instrument.model.key)
        return self._leader(self.exposures.ties.base(legs[0][0])) if len(legs) == 1 else instrument.model.key

    def _scale(self, instrument: Instrument, day: Ints, time: Ints, units: Floats) -> Floats:
        """Ticks per 1.00 of an instrument's path: what carrying costs, what a share is of it (`units`), and what
        results and the script have made of it."""
        carry = 1.0 / instrument.minTick * np.ones(np.shape(day))
        if instrument.expiry is not None:
            carry = carry * (1 + instrument.model.carry * (day_number(instrument.expiry) - day) / 365.25)
        carry = carry * units * self._jumped(instrument.model.key, time)
        return np.asarray(carry * self._factor(instrument, time), np.float64)

    def _jumped(self, key: str, time: Ints) -> Floats | float:
        """What results have made of a path's price, its own or those of what it is bound to."""
        made = self.actions.jumped(key, time)
        for leg, power in self.exposures.ties.legs(key):
            made = made * self._jumped(leg, time) ** power
        return made

    def _spread(
        self, instrument: Instrument, luck: Bits, liquid: np.ndarray, variance: Floats, units: Floats
    ) -> tuple[Ints, Ints]:
        """The spread of each of some minutes, and how much of it is below the price, in ticks: wider outside liquid
        hours, and where a market that never has a session is quiet (`variance`: what such a minute usually has).
        `units`: of how much of the path a share is made."""
        if not instrument.quotes:
            return np.zeros(luck.shape, np.int64), np.zeros(luck.shape, np.int64)
        usual = instrument.model.spread * np.where(liquid, 1.0, 2.0) * units
        exposure = self.exposures.of(instrument)
        if exposure.clock.session < 0:
            quiet = np.sqrt(exposure.clock.busiest * exposure.vol**2 / np.maximum(variance, 1e-30))
            usual = usual * np.clip(quiet, 1.0, _WIDEST)
        spread = np.maximum(np.rint(usual * _SPREADS[piece(luck, 48, 4)]).astype(np.int64), 1)
        return spread, piece(luck, 52, 12) * (spread + 1) >> 12

    # Volume

    def _volume(self, instrument: Instrument, day: Ints) -> Floats:
        """The volume to be expected of each of some days, where prices move as usual."""
        luck = piece(bits(self._key(instrument.model.key, "volume"), day), 0) / 65535
        usual = np.where(np.isin(day, self.actions.busy(self._leader(instrument))), BUSY, 1.0)
        return np.asarray((instrument.model.volume or _QUIET_ACTIVITY) * (0.6 + 0.5 * luck) * usual, np.float64)

    # Moves

    def moves(self, instrument: Instrument) -> list[tuple[int, float]]:
        """The scripted moves of an instrument, or of what it is bound to: times and factors."""
        own = [(move.time, move.factor) for move in self._moves.get(instrument.symbol, ())]
        legs = self.exposures.ties.legs(instrument.model.key)
        if not self._moves or not legs or (own and len(legs) == 1):
            return own
        return sorted(
            (at, factor**power)
            for key, power in legs
            for at, factor in self.moves(self.exposures.ties.base(key))
        )  # fmt: skip

    def _moved(self, instrument: Instrument, time: Ints) -> list[tuple[int, float]]:
        """The moves before the last of these moments."""
        return [move for move in self.moves(instrument) if move[0] <= time.flat[-1]] if self._moves else []

    def _factor(self, instrument: Instrument, time: Ints) -> Floats:
        """What the scripted moves have made of the price by each of these moments."""
        factor = np.ones(time.shape)
        for at, by in self._moved(instrument, time):
            factor[time >= at] *= by
        return factor

    # Seconds

    def seconds(self, instrument: Instrument, minutes: Atoms) -> Atoms:
        """The 60 seconds of each of these minutes, in order of time; each has one price."""
        if not len(minutes):
            return together([], 1)
        time = minutes.time[:, None] + np.arange(60)
        own = bits(self._key(instrument.model.key, "second"), time)
        price, touched = self._course(instrument, minutes, time)
        low, high = minutes.low[:, None], minutes.high[:, None]
        below, above = minutes.below[:, None], minutes.above[:, None]
        bid, ask = price - below, price + above
        if instrument.quotes:
            # For some seconds one side steps back, never beyond the minute's own lowest bid and highest offer.
            away = bits(self._key(instrument.model.key, "quotes"), time // 5)
            back = 1 + (above + below) * piece(away, 8, 8) // 512
            inner = np.ones_like(price, bool)
            inner[:, [0, -1]] = False
            np.put_along_axis(inner, touched, False, axis=1)
            bid = np.maximum(bid - back * (inner & (piece(away, 0, 4) == 0)), low - below)
            ask = np.minimum(ask + back * (inner & (piece(away, 4, 4) == 0)), high + above)
        rows = self.calendar.between(instrument.schedule, int(minutes.time[0]), int(minutes.time[-1]) + 60)
        opening = np.isin(minutes.time, rows.liquid_open) & instrument.quotes
        closing = np.isin(minutes.time + 60, rows.liquid_close) & instrument.quotes
        traded = trades(own, touched, minutes.volume, minutes.count, opening, closing)
        last = price
        if instrument.trades:
            if instrument.quotes:
                # A trade is at the bid or at the offer; at the minute's ends and extremes where the minute says.
                side = np.where(piece(own, 0, 1) == 0, bid, ask)
                last = np.where(inner & (side >= low) & (side <= high), side, price)
            last = np.take_along_axis(last, held(traded.active), axis=1)
        flat = last.reshape(-1)
        return Atoms(
            time.reshape(-1), flat, flat, flat, flat, traded.volume.reshape(-1), traded.count.reshape(-1),
            (last - bid).reshape(-1), (ask - last).reshape(-1), span=1,
        )  # fmt: skip

    def _course(self, instrument: Instrument, minutes: Atoms, time: Ints) -> tuple[Ints, Ints]:
        """The price of each second, on the minute's own side of the spread, and where the extremes are touched."""
        ends = minutes.open, minutes.high, minutes.low, minutes.close
        legs = self.exposures.ties.legs(instrument.model.key)
        if len(legs) > 1:
            return along(self._product(instrument, legs, minutes), *ends)
        exposure = self.exposures.of(instrument)
        noise = np.zeros(time.shape)
        for driver, weight in exposure.parts:
            noise += weight / exposure.vol * tent(driver.noise("second", time))
        return through(*ends, noise)

    def _product(self, instrument: Instrument, legs: tuple[Leg, ...], minutes: Atoms) -> Floats:
        """What the legs' seconds make of a bound instrument's, in its ticks, from the minute's own first second."""
        course = np.zeros((len(minutes), 60))
        for key, power in legs:
            leg = self.exposures.ties.base(key)
            its = self._alone(leg, minutes.time)
            price, _ = self._course(leg, its, its.time[:, None] + np.arange(60))
            course += power * np.log(price + ((its.above - its.below) / 2)[:, None])
        return np.asarray(minutes.open[:, None] * np.exp(course - course[:, :1]), np.float64)

    def _alone(self, instrument: Instrument, time: Ints) -> Atoms:
        """Some minutes of an instrument, at whatever hours, without their trades."""
        course = self.exposures.course(self.exposures.of(instrument), time + 60, np.arange(len(time)))
        luck = bits(self._key(instrument.model.key, "minute"), time // 60)
        units = self.actions.units(instrument.model.key, time)
        spread, below = self._spread(instrument, luck, np.ones(len(time), bool), course.usual, units)
        earned = self.actions.earned(instrument.model.key, time // DAY)
        bar = self._bar(
            instrument, time, luck, np.exp(course.before + course.leap) + earned, np.exp(course.value) + earned,
            course.variance, self._scale(instrument, time, time, units), spread, below,
        )  # fmt: skip
        nothing = np.zeros(len(time), np.int64)
        return Atoms(time, *bar, nothing, nothing, below, spread - below, 60)


def together(parts: list[Atoms], span: int) -> Atoms:
    """Parts one after the other, of atoms of so many seconds."""
    nothing = [[np.empty(0, np.int64)] * 9]
    columns = zip(*([part.columns() for part in parts] or nothing), strict=True)
    t, o, h, low, c, volume, count, below, above = (np.concatenate(column) for column in columns)
    return Atoms(t, o, h, low, c, volume, count, below, above, span)


def _ticks(middles: Iterable[Floats], spread: Ints, below: Ints) -> Iterator[Ints]:
    """Prices so far above the bid, where the middle is at so many ticks: the bid is at least one tick."""
    shift = 0.5 - spread / 2
    for middle in middles:
        ticks = middle + shift
        yield np.maximum(ticks, 1.0, out=ticks).astype(np.int64) + below


def _flat(columns: Iterable[Ints]) -> Atoms:
    """Minutes from their columns, whatever the columns' shape."""
    t, o, h, low, c, volume, count, below, above = (column.reshape(-1) for column in columns)
    return Atoms(t, o, h, low, c, volume, count, below, above, 60)


@cache
def _shares(early: int, within: int, late: int) -> Floats:
    """Each minute's share of a day's volume: before liquid hours more and more, in them most at both ends."""
    x = (np.arange(within) + 0.5) / max(within, 1)
    weight = 0.55 + 1.7 * np.exp(-x / 0.06) + 1.1 * x**8
    weight *= (1 - _OPENING - _CLOSING) / np.cumsum(weight)[-1]
    weight[0] += _OPENING
    weight[-1] += _CLOSING
    before = np.arange(1, early + 1, dtype=np.float64) ** 2
    after = np.arange(late, 0, -1, dtype=np.float64) ** 2
    outside = _EARLY * bool(early) + _LATE * bool(late)
    return np.concatenate([
        before * (_EARLY / max(before.sum(), 1.0)), weight * (1 - outside), after * (_LATE / max(after.sum(), 1.0)),
    ])  # fmt: skip


def _busy(luck: Bits, move: Floats, variance: Floats) -> Floats:
    """How much of its share is traded in each minute: more where the price moves."""
    size = np.minimum(np.abs(move) / np.sqrt(np.maximum(variance, 1e-30)), 8.0)
    return np.asarray(0.25 + 0.35 * lane_wait(luck, 2) + 0.5 * size, np.float64)
