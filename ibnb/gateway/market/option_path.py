"""The path of an option: what its underlying's path makes of it, second by second.

Rule: an option has no luck of its own, except in which of its seconds somebody trades. Within a minute time stands
still and within a day volatility does, so the price goes with the underlying's in one direction: minutes have their
extremes where the underlying's have them, and end where their seconds end. A quote follows every second, the last
price only those with trades.

Differs from TWS: options are priced as if they were European, without dividends, at one interest rate.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

import numpy as np

from ..calendar import DAY, Calendar, Sessions, day_date
from ..instruments import Instrument
from . import volatility
from .black_scholes import price
from .noise import Ints, bits, piece, stream
from .path import Atoms, Walk, together

YEAR = 365 * DAY
# In the last minute there is still time enough for the formulas.
_LAST_MINUTE = 60.0
# Between bid and offer: a share of the price, and the most in ticks.
_SPREAD = 0.012
_WIDEST = 400
_CONTRACTS_A_TRADE = 6


class OptionPath:
    """The paths of all options. `of` gives an underlying's path, `find` an underlying by its conId."""

    def __init__(
        self, seed: int, calendar: Calendar, of: Callable[[Instrument], Walk], find: Callable[[int], Instrument | None]
    ) -> None:
        self.seed = seed
        self.calendar = calendar
        self._of = of
        self._find = find
        self._day = lru_cache(64)(self._underlying_day)
        self._second = lru_cache(1024)(self._underlying_minute)
        self._level = lru_cache(1024)(self._level_and_reference)
        self._vol = lru_cache(16384)(self._vol_of_strike)
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

    def vol(self, instrument: Instrument, day: int) -> float:
        """An option's volatility on a trading day, per year."""
        return self._vol(
            instrument.underConId, instrument.strike, instrument.schedule, instrument.lastTradeDateOrContractMonth, day
        )

    # How

    def _minutes(self, instrument: Instrument, day: int, under: Atoms) -> Atoms:
        """The minutes of one day, given the underlying's."""
        o, h, low, c = (
            self._ticks(instrument, day, column, under.time)
            for column in (under.open, under.high, under.low, under.close)
        )
        if instrument.right == "P":
            h, low = low, h
        own = bits(self._key(instrument, "minute"), under.time // 60)
        busy = 0.4 + 1.2 * piece(own, 0) / 65535
        volume = 4 + (instrument.model.volume / len(under) * busy).astype(np.int64)
        count = np.clip(volume // _CONTRACTS_A_TRADE, 4, volume)
        spread = np.minimum(1 + (low * _SPREAD).astype(np.int64), _WIDEST)
        below = np.minimum(spread // 2, low - 1)
        return Atoms(under.time, o, h, low, c, volume, count, below, spread - below, 60)

    def _seconds(self, instrument: Instrument, day: int, minutes: Atoms) -> Atoms:
        """The seconds of some minutes of one day."""
        m = len(minutes)
        if m == 1:
            under = self._second(instrument.underConId, day, int(minutes.time[0]))
        else:
            under = self._underlying_seconds(instrument.underConId, day, minutes.time)
        worth = self._ticks(instrument, day, under.close, minutes.time.repeat(60)).reshape(m, 60)
        course, time, j = under.close.reshape(m, 60), under.time.reshape(m, 60), np.arange(60)

        # Somebody trades first and last, at the extremes, and now and then; the last price is of such a second.
        rank = (piece(bits(self._key(instrument, "second"), time), 32) + 1) * 64 + j
        for pinned in (0, 59, course.argmax(axis=1), course.argmin(axis=1)):
            rank[np.arange(m), pinned] = 0
        busy = np.minimum(minutes.count, 60)[:, None]
        active = rank <= np.take_along_axis(np.sort(rank, axis=1), busy - 1, axis=1)
        traded = np.take_along_axis(worth, np.maximum.accumulate(np.where(active, j, 0), axis=1), axis=1)

        share = np.cumsum(active, axis=1)
        volume, count = (
            np.diff(share * column[:, None] // share[:, -1:], axis=1, prepend=0).reshape(-1)
            for column in (minutes.volume, minutes.count)
        )
        below, above = traded - worth + minutes.below[:, None], worth - traded + minutes.above[:, None]
        flat = traded.reshape(-1)
        return Atoms(under.time, flat, flat, flat, flat, volume, count, below.reshape(-1), above.reshape(-1), 1)

    def _ticks(self, instrument: Instrument, day: int, under: Ints, minute: Ints) -> Ints:
        """What the option is worth, in its own ticks, where the underlying is at so many of its, in those minutes."""
        spot = np.asarray(under * self.underlying(instrument).minTick, np.float64)
        end = self._end(instrument.schedule, instrument.lastTradeDateOrContractMonth)
        years = np.maximum(end - minute, _LAST_MINUTE) / YEAR
        worth = price(instrument.right, spot, instrument.strike, years, self.vol(instrument, day))
        return np.maximum(np.rint(worth / instrument.minTick), 1).astype(np.int64)

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

    def _level_and_reference(self, conId: int, day: int) -> tuple[float, float]:
        """The underlying's volatility on a day, and its close of the trading day before."""
        under = self._find(conId)
        assert under is not None
        rows = self.calendar.sessions(under.schedule, day_date(day - 15), day_date(day - 1))
        close = self._of(under).close(under, int(rows.day[-1]), int(rows.liquid_close[-1]))
        return volatility.level(self.seed, under.model, day), close * under.minTick

    # What depends on few of an option's fields

    def _vol_of_strike(self, underConId: int, strike: float, schedule: str, last: str, day: int) -> float:
        level, reference = self._level(underConId, day)
        rows = self.calendar.sessions(schedule, day_date(day), day_date(day))
        years = max(self._end(schedule, last) - int(rows.open[0]), _LAST_MINUTE) / YEAR
        return volatility.of_strike(level, reference, strike, years)

    def _last_second(self, schedule: str, last: str) -> int:
        """When the last session ends."""
        session = self.calendar.session(schedule, date(int(last[:4]), int(last[4:6]), int(last[6:])))
        assert session is not None
        return session[1]
