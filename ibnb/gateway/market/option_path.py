"""The path of an option: what its underlying's path makes of it, second by second.

Rule: an option has no luck of its own, except in which of its seconds somebody trades. Within a minute time and
volatility stand still, so the price goes with the underlying's in one direction: minutes have their extremes where the
underlying's have them, and end where their seconds end. A quote follows every second, the last price only those with
trades.

Options on shares and funds may be exercised early, and are priced so: a put at any time, a call before a dividend.
Contracts on a share that has split since the world began keep their strikes, and count the share as it was.

Differs from TWS: options are priced at one interest rate; a contract on a share that splits isn't replaced by others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

import numpy as np

from ..calendar import DAY, Calendar, Sessions, day_date
from ..instruments import Instrument
from .actions import Actions
from .black_scholes import Dividends, early, worth
from .noise import Floats, Ints, bits, piece, stream
from .path import Atoms, Walk, together
from .volatility import Volatility, of_strike, steepness

YEAR = 365 * DAY
# In the last minute there is still time enough for the formulas.
_LAST_MINUTE = 60.0
# Between bid and offer: a share of the price, and the most in ticks.
_SPREAD = 0.012
_WIDEST = 400
# Nobody bids for what is worth less, in ticks.
_WORTHLESS = 0.5
_CONTRACTS_A_TRADE = 6


class OptionPath:
    """The paths of all options. `of` gives an underlying's path, `find` an underlying by its conId."""

    def __init__(
        self,
        seed: int,
        calendar: Calendar,
        of: Callable[[Instrument], Walk],
        find: Callable[[int], Instrument | None],
        volatility: Volatility,
        actions: Actions,
    ) -> None:
        self.seed = seed
        self.calendar = calendar
        self.actions = actions
        self._of = of
        self._find = find
        self._day = lru_cache(64)(self._underlying_day)
        self._second = lru_cache(1024)(self._underlying_minute)
        self._volatility = volatility
        self._level = lru_cache(1024)(self._at_the_money)
        self._end = lru_cache(1024)(self._last_second)

    def minutes(self, instrument: Instrument, sessions: Sessions, rth: bool) -> Atoms:
        """Every minute of these sessions, in order of time."""
        if len(sessions) == 1:
            (day,) = sessions.day.tolist()
            return self._minutes(instrument, day, self._day(instrument.underConId, day))
        if not len(sessions):
            return together([], 60)
        under = self.underlying(instrument)
        rows = self.calendar.sessions(under.schedule, day_date(sessions.day.min()), day_date(sessions.day.max()))
        rows = rows.where(np.isin(rows.day, sessions.day))
        minutes = self._of(under).minutes(under, rows, rth=True)
        first, past = (np.searchsorted(minutes.time, edge).tolist() for edge in (rows.liquid_open, rows.liquid_close))
        parts = [minutes.where(slice(a, b)) for a, b in zip(first, past, strict=True)]
        days = zip(rows.day.tolist(), parts, strict=True)
        return together([self._minutes(instrument, day, part) for day, part in days], 60)

    def seconds(self, instrument: Instrument, minutes: Atoms) -> Atoms:
        """The 60 seconds of each of these minutes, in order of time."""
        if not len(minutes):
            return together([], 1)
        rows = self.calendar.between(instrument.schedule, int(minutes.time[0]), int(minutes.time[-1]) + 60)
        day = rows.day[np.searchsorted(rows.open, minutes.time, "right") - 1]
        return together([self._seconds(instrument, d, minutes.where(day == d)) for d in np.unique(day).tolist()], 1)

    def close(self, instrument: Instrument, session_day: int, liquid_close: int) -> int:
        """The close of one trading day, in ticks."""
        if instrument.rule("")[1:]:  # the step of a price depends on all of its minute
            rows = self.calendar.sessions(instrument.schedule, day_date(session_day), day_date(session_day))
            return int(self.minutes(instrument, rows, True).close[-1])
        under = self.underlying(instrument)
        ticks = self._of(under).close(under, session_day, liquid_close)
        return int(self._ticks(instrument, session_day, np.array([ticks]), np.array([liquid_close - 60]))[0])

    def underlying(self, instrument: Instrument) -> Instrument:
        """What an option is on."""
        found = self._find(instrument.underConId)
        assert found is not None
        return found

    def years(self, instrument: Instrument, time: float) -> float:
        """What time an option has left: to the end of its last session, in years."""
        end = self._end(instrument.schedule, instrument.lastTradeDateOrContractMonth)
        return max(end - time, _LAST_MINUTE) / YEAR

    def vols(self, instrument: Instrument, day: int, minute: Ints) -> Floats:
        """An option's volatility in some minutes of a trading day, per year."""
        under = self.underlying(instrument)
        minutes = self._day(instrument.underConId, day)
        last = instrument.lastTradeDateOrContractMonth
        n = np.clip((minute - minutes.time[0]) // 60, 0, len(minutes) - 1)
        end = self._end(instrument.schedule, last)
        years = np.maximum(end - minute, _LAST_MINUTE) / YEAR
        level = self._level(instrument.underConId, instrument.schedule, last, day)[n]
        steep = steepness(under.secType, under.symbol)
        spot = self.spot(under, minutes.open[n], minute)
        return of_strike(level, spot, instrument.strike, years, steep)

    def spot(self, under: Instrument, ticks: Ints, minute: Ints) -> Floats:
        """An underlying's price, as its options count it: per share as it was when the world began."""
        return np.asarray(ticks * under.minTick * self.actions.split(under, 0, minute[0]), np.float64)

    def dividends(self, instrument: Instrument, time: Ints | float) -> Dividends:
        """What an option's underlying pays while it lives, as seen at some moments of one day."""
        if not early(instrument):
            return ()
        under, end = (
            self.underlying(instrument),
            self._end(instrument.schedule, instrument.lastTradeDateOrContractMonth),
        )
        start = float(np.min(time))
        return [
            ((due.ex - time) / YEAR, due.amount * float(self.actions.split(under, 0, due.ex)))
            for due in self.actions.dividends(under, start, end)
        ]

    # How

    def _minutes(self, instrument: Instrument, day: int, under: Atoms) -> Atoms:
        """The minutes of one day, given the underlying's."""
        columns = np.stack([under.open, under.high, under.low, under.close])
        values = self._values(instrument, day, columns, under.time)
        worthless = values.max(axis=0) < _WORTHLESS
        o, h, low, c = self._whole(instrument, values, columns, under.time)
        if instrument.right == "P":
            h, low = low, h
        own = bits(self._key(instrument, "minute"), under.time // 60)
        busy = 0.4 + 1.2 * piece(own, 0) / 65535
        volume = 4 + (instrument.model.volume / len(under) * busy).astype(np.int64)
        count = np.clip(volume // _CONTRACTS_A_TRADE, 4, volume)
        spread = np.minimum(1 + (low * _SPREAD).astype(np.int64), _WIDEST)
        step = _step(instrument, h + spread)
        o, h, low, c = (_stepped(column, step) for column in (o, h, low, c))
        spread = -(-spread // step) * step
        below = np.minimum(spread // 2, low - 1) // step * step
        if early(instrument):
            # Nobody bids less than what exercising would bring.
            spare = np.stack([o, h, low, c]) - self._intrinsic(instrument, columns, under.time)
            below = np.minimum(below, np.maximum(spare.min(axis=0), 0))
        # A bid of nothing is none: such an option is offered at the least price there is, and trades there.
        below, spread = np.where(worthless, low, below), np.where(worthless, low, spread)
        return Atoms(under.time, o, h, low, c, volume, count, below, spread - below, 60)

    def _seconds(self, instrument: Instrument, day: int, minutes: Atoms) -> Atoms:
        """The seconds of some minutes of one day."""
        m = len(minutes)
        if m == 1:
            under = self._second(instrument.underConId, day, int(minutes.time[0]))
        else:
            under = self._underlying_seconds(instrument.underConId, day, minutes.time)
        value = self._ticks(instrument, day, under.close, minutes.time).reshape(m, 60)
        value = _stepped(value, _step(instrument, minutes.high + minutes.below + minutes.above)[:, None])
        course, time, j = under.close.reshape(m, 60), under.time.reshape(m, 60), np.arange(60)

        # Somebody trades first and last, at the extremes, and now and then; the last price is of such a second.
        rank = (piece(bits(self._key(instrument, "second"), time), 32) + 1) * 64 + j
        for pinned in (0, 59, course.argmax(axis=1), course.argmin(axis=1)):
            rank[np.arange(m), pinned] = 0
        busy = np.minimum(minutes.count, 60)[:, None]
        active = rank <= np.take_along_axis(np.sort(rank, axis=1), busy - 1, axis=1)
        traded = np.take_along_axis(value, np.maximum.accumulate(np.where(active, j, 0), axis=1), axis=1)

        share = np.cumsum(active, axis=1)
        volume, count = (
            np.diff(share * column[:, None] // share[:, -1:], axis=1, prepend=0).reshape(-1)
            for column in (minutes.volume, minutes.count)
        )
        below, above = traded - value + minutes.below[:, None], value - traded + minutes.above[:, None]
        flat = traded.reshape(-1)
        return Atoms(under.time, flat, flat, flat, flat, volume, count, below.reshape(-1), above.reshape(-1), 1)

    def _ticks(self, instrument: Instrument, day: int, under: Ints, minute: Ints) -> Ints:
        """An option's price, in its own ticks, where the underlying is at so many of its: in those minutes, or in the
        60 seconds of each."""
        return self._whole(instrument, self._values(instrument, day, under, minute), under, minute)

    def _values(self, instrument: Instrument, day: int, under: Ints, minute: Ints) -> Floats:
        """What the option is worth there, in its own ticks and fractions of them."""
        spot = self.spot(self.underlying(instrument), under, minute)
        end = self._end(instrument.schedule, instrument.lastTradeDateOrContractMonth)
        years = np.maximum(end - minute, _LAST_MINUTE) / YEAR
        vol = self.vols(instrument, day, minute)
        coming = self.dividends(instrument, minute)
        if under.ndim == 1 and len(under) != len(minute):
            years, vol = years.repeat(60), vol.repeat(60)
            coming = [(until.repeat(60), amount) for until, amount in coming]
        return worth(instrument, spot, years, vol, coming) / instrument.minTick

    def _whole(self, instrument: Instrument, values: Floats, under: Ints, minute: Ints) -> Ints:
        """Values as prices: at least one tick, and at least what exercising would bring."""
        ticks = np.maximum(np.rint(values), 1).astype(np.int64)
        return np.maximum(ticks, self._intrinsic(instrument, under, minute)) if early(instrument) else ticks

    def _intrinsic(self, instrument: Instrument, under: Ints, minute: Ints) -> Ints:
        """What exercising would bring, in the option's ticks, rounded up."""
        spot = self.spot(self.underlying(instrument), under, minute)
        away = spot - instrument.strike if instrument.right == "C" else instrument.strike - spot
        return np.asarray(np.ceil(away / instrument.minTick - 1e-6), np.int64)

    def _key(self, instrument: Instrument, name: str) -> np.uint64:
        return stream(self.seed, instrument.model.key, name)

    # The underlying, remembered for all the options on it

    def _underlying_day(self, conId: int, day: int) -> Atoms:
        under = self._find(conId)
        assert under is not None
        rows = self.calendar.sessions(under.schedule, day_date(day), day_date(day))
        return self._of(under).minutes(under, rows, rth=True)

    def _underlying_minute(self, conId: int, day: int, minute: int) -> Atoms:
        return self._underlying_seconds(conId, day, np.array([minute]))

    def _underlying_seconds(self, conId: int, day: int, times: Ints) -> Atoms:
        under = self._find(conId)
        assert under is not None
        minutes = self._day(conId, day)
        return self._of(under).seconds(under, minutes.where((times - minutes.time[0]) // 60))

    # What depends on few of an option's fields

    def _at_the_money(self, conId: int, schedule: str, last: str, day: int) -> Floats:
        """The volatility at the money in each minute of a day, of all options that end on one day."""
        under = self._find(conId)
        assert under is not None
        time = self._day(conId, day).time
        days = np.maximum((self._end(schedule, last) - time) / DAY, 1.0)
        return self._volatility.expected(under, time, days)

    def _last_second(self, schedule: str, last: str) -> int:
        """When the last session ends."""
        session = self.calendar.session(schedule, date(int(last[:4]), int(last[4:6]), int(last[6:])))
        assert session is not None
        return session[1]


def _step(instrument: Instrument, high: Ints) -> Ints:
    """The step of prices, in ticks, in minutes whose highest offer is so high: of an index's options wider from 3.00
    on. A minute has one step, so that its quotes keep their distance."""
    step = np.ones_like(high)
    for edge, increment in instrument.rule("")[1:]:
        step[high >= round(edge / instrument.minTick)] = round(increment / instrument.minTick)
    return step


def _stepped(ticks: Ints, step: Ints) -> Ints:
    """Prices on such a step, at least one."""
    return np.asarray(np.maximum(np.rint(ticks / step), 1) * step, np.int64)
