"""The questions that can be asked of the market: bars, quotes, trades, the day so far.

Rule: an answer depends on the question only. What is kept between questions is a bounded cache of what any question
would compute again.

Of second s everything is known at the instant s: `quote(t)` and `day_stats(t)` have seen the second of t; bars and
ticks up to `end` have seen the seconds before `end`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cached_property, lru_cache
from math import ceil
from typing import Any

import numpy as np

from ..calendar import DAY, Calendar, Sessions, day_number
from ..corporate import DEFAULT, Corporate
from ..instruments import Instrument, Instruments
from ..scenario import Halt, Move
from .as_told import as_told
from .bars import WHAT, Bars, Sums, bar_starts, finish, is_trades, join, merge, month_of, seen
from .days import HIGHEST, Day, Days
from .forming import Forming
from .halted_path import halt_at
from .minutes import Minute
from .noise import Ints, bits, stream
from .path import Atoms
from .paths import Paths
from .prints import last_sizes, places, prints, shown_sizes
from .quote import DayStats, Quote, Seconds, Tick, Told
from .regimes import Regime
from .volatility_bars import VOLATILITIES, volatility_bars

# IB's quote history begins later than its trades.
_FIRST_QUOTE = date(2004, 1, 23)
# Minutes that fit into the processor's cache: in such parts a quarter is several times as fast.
_CHUNK = 20_000


class NoMarketData(LookupError):
    """There are no such data for this kind of instrument (trades of a currency pair, bids of an index)."""


class Market:
    """One world's prices.

    `always_open_from`: the first day of a world that never closes, None for real hours. `regime`: times of a kind.
    """

    def __init__(
        self,
        seed: int,
        instruments: Instruments,
        moves: Iterable[Move] = (),
        always_open_from: date | None = None,
        regime: Regime | None = None,
        corporate: Corporate = DEFAULT,
        halts: Iterable[Halt] = (),
    ) -> None:
        self.instruments = instruments
        self.calendar = Calendar(always_open_from)
        self.seed = seed
        self.paths = Paths(seed, self.calendar, instruments, moves, regime, corporate, halts)
        self.days = Days(self.calendar, self.paths)
        self._forming = Forming(self.days)
        self._head = lru_cache(4096)(self._head_of)
        self._quarter = lru_cache(4096)(self._quarter_sums)
        self._close = lru_cache(4096)(self._close_ticks)
        self._before = lru_cache(1024)(self._level_before)
        self._minute = lru_cache(4096)(self._minute_seconds)

    # History

    def offers(self, instrument: Instrument, what: str) -> bool:
        """Whether there are such bars for the instrument: no trades of forex, metals and CFDs, no quotes of indices,
        volatilities of stocks and indices only. AGGTRADES are the trades of crypto."""
        if what in VOLATILITIES:
            return instrument.secType in ("STK", "IND")
        if what == "AGGTRADES":
            return instrument.secType == "CRYPTO"
        return what in WHAT and (instrument.trades if is_trades(what) else instrument.quotes)

    def head_timestamp(self, instrument: Instrument, what: str = "TRADES") -> int:
        """When the earliest data begin: the first liquid open since the listing (quotes: since 2004)."""
        return self._head(self.days.remember(instrument), what)

    def _head_of(self, conId: int, what: str) -> int:
        instrument = self.days.known(conId)
        self._require(instrument, what)
        for path in (self.paths.ticks, self.paths.recorded):
            if path.holds(instrument):
                return path.head(instrument)
        first = instrument.model.listed
        if instrument.quotes and not is_trades(what):
            first = max(first, _FIRST_QUOTE)
        rows = self.calendar.sessions(instrument.schedule, first, date(first.year + 1, 1, 31))
        return int(rows.liquid_open[0])

    def bars(
        self,
        instrument: Instrument,
        what: str,
        size: int | str,
        start: float,
        end: float,
        rth: bool = True,
        asked: float | None = None,
    ) -> Bars:
        """The bars of [start, end): those that end after `start` and begin before `end`, in order.

        Args:
            what: TRADES, MIDPOINT, BID, ASK, BID_ASK, AGGTRADES (the same as TRADES here), ADJUSTED_LAST (trades less
                what dividends have taken since), HISTORICAL_VOLATILITY, OPTION_IMPLIED_VOLATILITY.
            size: seconds (1 to 8 hours), or "day", "week", "month".
            start, end: epoch seconds. The bar in progress at `end` holds what has happened before.
            rth: liquid hours only.
            asked: when somebody asks, at the end unless given: prices are per share as it is then.

        Raises:
            NoMarketData: this kind of instrument has no such data.
        """
        start = max(start, self.head_timestamp(instrument, what))
        if what in VOLATILITIES:
            return volatility_bars(
                self.bars, self.paths.volatility.expected, self.calendar, instrument, what, size, start, end, rth
            )
        if isinstance(size, int) and asked is None and what != "ADJUSTED_LAST":
            growing = self._forming.bars(instrument, what, size, start, end, rth)
            if growing is not None:
                return growing
        build = self._long if isinstance(size, str) else self._short
        asked = max(end, end if asked is None else asked)
        return finish(build(instrument, what, size, start, end, rth, asked), instrument, what)

    def growing(
        self, instrument: Instrument, what: str, size: int | str, stretches: Sequence[tuple[float, float]], rth: bool
    ) -> tuple[Bars, list[int]]:
        """What `bars` has of each of the first stretches, one after the other, and how many bars of each; of as many
        stretches (in order of time, at least one) as are sooner made together."""
        start, end = stretches[0]
        if isinstance(size, int) and what != "ADJUSTED_LAST" and start >= self.head_timestamp(instrument, what):
            found = self._forming.many(instrument, what, size, stretches, rth)
            if found is not None:
                return found, [1] * len(found)
        found = self.bars(instrument, what, size, start, end, rth)
        return found, [len(found)]

    def ticks(self, instrument: Instrument, start: float, end: float) -> list[Tick]:
        """The trades of [start, end), in order, as they were. Raises NoMarketData where no trades are reported."""
        self._require(instrument, "TRADES")
        if self.paths.ticks.holds(instrument):
            place = places(instrument)[0]
            return [
                Tick(time, instrument.price(price), size, told or place)
                for time, price, size, told in self.paths.ticks.trades(instrument, start, end)
                if not self.halt(instrument, time)
            ]
        atoms = self._second_atoms(instrument, start, end)
        found = []
        luck = bits(stream(self.seed, instrument.model.key, "prints"), atoms.time)
        names = places(instrument)
        for time, ticks, *terms in zip(
            *(c.tolist() for c in (atoms.time, atoms.close, atoms.volume, atoms.count, luck)), strict=True
        ):
            price = instrument.price(ticks)
            found += [Tick(time, price, size, names[place % len(names)]) for size, place in prints(*terms)]
        return found

    def seconds(self, instrument: Instrument, start: float, end: float) -> Seconds:
        """Quotes and last price of every second of [start, end) in which the market is open."""
        atoms = self._second_atoms(instrument, start, end)
        tick, digits = instrument.minTick, instrument.decimals + 1
        none = np.full(len(atoms), np.nan)
        bid = np.where(atoms.below < atoms.close, (atoms.close - atoms.below) * tick, np.nan)
        return Seconds(
            atoms.time,
            np.round(bid, digits) if instrument.quotes else none,
            np.round((atoms.close + atoms.above) * tick, digits) if instrument.quotes else none,
            np.round(atoms.close * tick, digits) if instrument.trades else none,
            atoms.volume if instrument.trades and instrument.quotes else np.zeros_like(atoms.volume),
        )

    # Now

    def is_open(self, instrument: Instrument, t: float, rth: bool = False) -> bool:
        """Whether the instrument trades at `t`."""
        return self.calendar.is_open(instrument.schedule, t, rth)

    def halt(self, instrument: Instrument, t: float) -> Halt | None:
        """The halt in which the instrument is at `t`, if it is in one."""
        return halt_at(self.paths.halts(instrument), t)

    def may_stand(self, instrument: Instrument, t: float) -> bool:
        """Whether a quote may stay as it is for long although the market is open: in a halt, after the last trading
        day, and of what nobody quotes in the gaps of a file."""
        expired = instrument.expiry is not None and self.calendar.latest(instrument.schedule, t)[0] > instrument.expiry
        unquoted = not instrument.quotes and self.from_file(instrument)
        return expired or unquoted or self.halt(instrument, t) is not None

    def from_file(self, instrument: Instrument) -> bool:
        """Whether a file tells of the instrument, which may have gaps."""
        return instrument.conId in self.instruments.recordings

    def lot(self, instrument: Instrument) -> int:
        """What one unit of a quoted size stands for: quoted sizes are multiples of it."""
        return _LOTS.get(instrument.secType, 1)

    def quote(self, instrument: Instrument, t: float, frozen: bool = False) -> Quote:
        """The market at `t`. Closed or halted, it has no bid or offer, unless `frozen` asks for the last ones."""
        day, second, is_open = self._at(instrument, t)
        minute = self._minute(instrument.conId, second // 60 * 60)
        j = second % 60
        price, below, above = minute.price[j], minute.below[j], minute.above[j]
        bid = ask = last = None
        bid_size = ask_size = 0
        if instrument.quotes and (frozen or (is_open and not self.halt(instrument, t))):
            lot = self.lot(instrument)
            ask, ask_size = instrument.price(price + above), minute.ask_size[j] * lot
            if below < price:
                bid, bid_size = instrument.price(price - below), minute.bid_size[j] * lot
            else:
                ask_size *= _PILE
        time = second
        last_size = 0
        if instrument.trades:
            last = instrument.price(price)
            if told := self.paths.ticks.holds(instrument) and self.paths.ticks.last_trade(instrument, second):
                return Quote(told[0], bid, ask, bid_size, ask_size, last, told[1], is_open)
            j = minute.last_trade[j]
            if j >= 0:
                time = second - second % 60 + j
                last_size = minute.last_size[j] if instrument.quotes else 0
            else:  # a minute that a file doesn't have
                before = np.flatnonzero(day.minutes.count[: (second - day.open) // 60])
                time = int(day.minutes.time[before[-1]]) + 59 if len(before) else day.open
        return Quote(time, bid, ask, bid_size, ask_size, last, last_size, is_open)

    def last_price(self, instrument: Instrument, t: float) -> float:
        """The price of the last trade at or before `t`; the midpoint where no trades are reported.

        What `quote` says, without its sizes: accounts ask for it each second and position.
        """
        _, second, _ = self._at(instrument, t)
        minute = self._minute(instrument.conId, second // 60 * 60)
        j = second % 60
        price = minute.price[j]
        if instrument.trades:
            return instrument.price(price)
        middle = (instrument.price(price - minute.below[j]) + instrument.price(price + minute.above[j])) / 2
        return round(middle, instrument.decimals + 1)

    def day_stats(self, instrument: Instrument, t: float) -> DayStats:
        """Open, high, low and volume of the trading day of `t` so far (of the last one when closed)."""
        day, second, is_open = self._at(instrument, t)
        j = second % 60
        minute = self._minute(instrument.conId, second - j)
        opening = high = low = None
        if minute.high[j] and day.opening is not None:
            opening, high, low = map(instrument.price, (day.opening, minute.high[j], minute.low[j]))
        return DayStats(
            date.fromordinal(day.day + _ORDINAL), opening, high, low,
            minute.volume[j] if instrument.trades and instrument.quotes else 0,
            minute.previous_close if is_open else self.previous_close(instrument, t),
        )  # fmt: skip

    def minute(self, instrument: Instrument, start: int) -> Told | None:
        """The 60 seconds from `start` on, a whole minute, as `quote` and `day_stats` tell of each; None where more than
        the minute's own path decides: out of hours, in a halt, with no bid or no trade yet, or with a file's ticks."""
        day, _, is_open = self._at(instrument, start)
        halted = any(halt.time < start + 60 and start < halt.end for halt in self.paths.halts(instrument))
        if not is_open or start + 60 > day.close or halted or self.paths.ticks.holds(instrument):
            return None
        return self._minute(instrument.conId, start).told(instrument, start, day.opening or 0, self.lot(instrument))

    def previous_close(self, instrument: Instrument, t: float) -> float:
        """The liquid close of the trading day before that of `t`, per share as it is at `t`."""
        day, opened, _ = self.calendar.previous(instrument.schedule, t)
        became = float(self.paths.actions.split(instrument, opened, t))
        return instrument.price(round(self._close(self.days.remember(instrument), day_number(day)) / became))

    def level(self, instrument: Instrument) -> float:
        """The last liquid close before the first day of this world."""
        return self._before(self.days.remember(instrument))

    def _level_before(self, conId: int) -> float:
        instrument = self.days.known(conId)
        rows = self.calendar.sessions(
            instrument.schedule, self.instruments.today - timedelta(days=15), self.instruments.today - timedelta(days=1)
        )
        day, closes = int(rows.day[-1]), int(rows.liquid_close[-1])
        return instrument.price(self.paths.of(instrument).close(instrument, day, closes))

    def avg_volume(self, instrument: Instrument) -> int:
        """The average day's volume; 0 where no trades are reported."""
        return int(instrument.model.volume / float(self.paths.actions.units(instrument.model.key, 0)))

    def fx_rate(self, base: str, quote: str, t: float) -> float:
        """How many units of `quote` one unit of `base` is worth at `t`, by the dollar pairs' midpoints.

        Raises:
            NoMarketData: there is no such pair.
        """
        return self._dollars(base, t) / self._dollars(quote, t) if base != quote else 1.0

    # How

    def _require(self, instrument: Instrument, what: str) -> None:
        if not self.offers(instrument, what):
            raise NoMarketData(f"{instrument.localSymbol} has no {what}")

    def _dollars(self, currency: str, t: float) -> float:
        if currency == "USD":
            return 1.0
        pair = self._pairs.get(currency)
        if pair is None:
            raise NoMarketData(f"no rate for {currency}")
        price = self.last_price(pair, t)
        return price if pair.currency == "USD" else 1 / price

    @cached_property
    def _pairs(self) -> dict[str, Instrument]:
        """By currency, the pair with the dollar."""
        pairs = [listing for listing in self.instruments.listings if listing.secType == "CASH"]
        with_dollar = {pair.symbol: pair for pair in reversed(pairs) if pair.currency == "USD"}
        return {pair.currency: pair for pair in reversed(pairs) if pair.symbol == "USD"} | with_dollar

    def _alive(self, instrument: Instrument, sessions: Sessions) -> Sessions:
        """The sessions from the listing to the last trading day."""
        alive = sessions.day >= day_number(instrument.model.listed)
        if instrument.expiry is not None:
            alive &= sessions.day <= day_number(instrument.expiry)
        return sessions.where(alive)

    def _sessions(self, instrument: Instrument, start: float, end: float, rth: bool) -> Sessions:
        rows = self._alive(instrument, self.calendar.between(instrument.schedule, start, end))
        if rth:
            rows = rows.where((rows.liquid_close > start) & (rows.liquid_open < end))
        return rows

    def _short(
        self, instrument: Instrument, what: str, size: Any, start: float, end: float, rth: bool, asked: float
    ) -> Sums:
        sessions = self._sessions(instrument, start, end, rth)
        minutes = self._traded(instrument, self.paths.of(instrument).minutes(instrument, sessions, rth))
        nominal, _ = bar_starts(minutes.time, sessions, max(size, 60), rth)
        minutes = minutes.where((nominal + max(size, 60) > start) & (minutes.time < end))
        if self.paths.ticks.holds(instrument):
            ticks = self.paths.ticks.told(instrument, minutes, is_trades(what))
            sums = seen(ticks.where(ticks.time < end), what)
        else:
            whole = minutes.time + 60 <= end if size >= 60 else np.zeros(len(minutes), bool)
            seconds = self.paths.of(instrument).seconds(instrument, minutes.where(~whole))
            seconds = seconds.where(seconds.time < end)
            sums = join([seen(minutes.where(whole), what), seen(seconds, what)])
        sums = as_told(self.paths.actions, self.previous_close, instrument, what, sums, asked)
        nominal, shown = bar_starts(sums.time, sessions, size, rth)
        wanted = nominal + size > start
        return merge(sums.where(wanted), shown[wanted], what)

    def _long(
        self, instrument: Instrument, what: str, size: Any, start: float, end: float, rth: bool, asked: float
    ) -> Sums:
        sessions = self._sessions(instrument, start, end, rth)
        if len(sessions) and size != "day":
            # Back to the beginning of the first bar, so that it isn't a fragment.
            day = int(sessions.day[0])
            first = (
                day - (day + 3) % 7 if size == "week" else int(month_of(np.array([day]))[0].astype("M8[D]").astype(int))
            )
            sessions = self._sessions(instrument, (first - 1) * DAY, end, rth)
            sessions = sessions.where(sessions.day >= first)
        closes = sessions.liquid_close if rth else sessions.close
        over, parts = sessions.where(closes <= end), []
        quarters = np.unique(month_of(over.day).astype(int) // 3).tolist()
        if quarters:
            known = join([self._quarter(self.days.remember(instrument), what, quarter, rth) for quarter in quarters])
            parts.append(known.where(np.isin(known.time, over.day * DAY)))
        running = sessions.where(closes > end)
        if len(running):
            today = self._short(instrument, what, 60, float(running.open[0]), end, rth, end)
            parts.append(merge(today, np.full(len(today), int(running.day[0]) * DAY), what))
        if not parts:
            return seen(self.paths.of(instrument).minutes(instrument, sessions, rth), what)
        days = as_told(self.paths.actions, self.previous_close, instrument, what, join(parts), asked)
        if size == "day":
            return days
        number = days.time // DAY
        group = (number + 3) // 7 if size == "week" else month_of(number).astype(np.int64)
        return merge(days, group, what, label=days.time)

    def _quarter_sums(self, conId: int, what: str, quarter: int, rth: bool) -> Sums:
        """The daily bars of one quarter, counted from 1970 on."""
        instrument = self.days.known(conId)
        first, next_ = (date(1970 + n // 4, n % 4 * 3 + 1, 1) for n in (quarter, quarter + 1))
        sessions = self.calendar.sessions(instrument.schedule, first, next_ - timedelta(days=1))
        sessions = self._alive(instrument, sessions)
        opens = sessions.liquid_open if rth else sessions.open
        parts = []
        span = int(((sessions.liquid_close if rth else sessions.close) - opens).sum()) // 60
        for rows in np.array_split(np.arange(len(sessions)), span // _CHUNK + 1):
            some = sessions.where(rows)
            minutes = self._traded(instrument, self.paths.of(instrument).minutes(instrument, some, rth))
            if self.paths.ticks.holds(instrument):
                minutes = self.paths.ticks.told(instrument, minutes, is_trades(what))
            row = np.searchsorted(opens, minutes.time, "right") - 1
            parts.append(merge(seen(minutes, what), sessions.day[row] * DAY, what))
        return join(parts)

    def _at(self, instrument: Instrument, t: float) -> tuple[Day, int, bool]:
        """The trading day of `t`, the second in it that `t` sees, and whether the market is open."""
        day, _, closes = self.calendar.latest(instrument.schedule, t)
        expiry = instrument.expiry
        if expiry is not None and day > expiry:
            session = self.calendar.session(instrument.schedule, expiry, rth=False)
            assert session is not None
            return self.days.of(instrument, expiry), session[1] - 1, False
        found = self.days.of(instrument, day)
        return found, min(int(t // 1), closes - 1), t < closes

    def _close_ticks(self, conId: int, day: int) -> int:
        instrument = self.days.known(conId)
        when = date.fromordinal(day + _ORDINAL)
        rows = self.calendar.sessions(instrument.schedule, when, when)
        return self.paths.of(instrument).close(instrument, day, int(rows.liquid_close[0]))

    def _minute_seconds(self, conId: int, start: int) -> Minute:
        instrument = self.days.known(conId)
        day = self.days.of(instrument, self.calendar.latest(instrument.schedule, start)[0])
        k = (start - day.open) // 60
        block = self.days.block(instrument, k)
        at = (k - block.start) * 60
        one = self.days.seconds(instrument, day, block).where(slice(at, at + 60))
        shown = shown_sizes(bits(stream(self.seed, instrument.model.key, "size"), one.time))
        last = last_sizes(one.volume, one.count, bits(stream(self.seed, instrument.model.key, "prints"), one.time))
        last_trade = np.maximum.accumulate(np.where(one.count > 0, np.arange(len(one)), -1))
        high, low = self._extremes(instrument, day, k, one, last_trade >= 0)
        columns = (
            one.close, one.below, one.above, *shown, last, last_trade,
            np.cumsum(one.volume) + (day.volume[k - 1] if k else 0), high, low,
        )  # fmt: skip
        return Minute._make([*(column.tolist() for column in columns), self.previous_close(instrument, start)])

    def _extremes(self, instrument: Instrument, day: Day, k: int, one: Atoms, begun: np.ndarray) -> tuple[Ints, Ints]:
        """The highest and lowest of the day's liquid hours by each second of its k-th minute; 0 where there is none.
        `begun`: whether anybody has traded in the minute by then."""
        first, past = day.regular.start, day.regular.stop
        high, low = np.zeros(len(one), np.int64), np.full(len(one), HIGHEST)
        if k > first:
            high[:], low[:] = (column[min(k, past) - first - 1] for column in (day.high, day.low))
        if first <= k < past:
            highs, lows = one.close, one.close
            if self.paths.ticks.holds(instrument):
                # Of own ticks only what was traded counts; every other second has one price.
                highs, lows = np.where(one.count > 0, one.high, 0), np.where(one.count > 0, one.low, HIGHEST)
            high = np.where(begun, np.maximum(high, np.maximum.accumulate(highs)), high)
            low = np.where(begun, np.minimum(low, np.minimum.accumulate(lows)), low)
        return high, low

    def _traded(self, instrument: Instrument, minutes: Atoms) -> Atoms:
        """Those minutes that have something to tell; only a file leaves some out."""
        if self.paths.ticks.holds(instrument):
            return self.paths.ticks.reached(instrument, minutes)
        return minutes if minutes.count.all() else minutes.where(minutes.count > 0)

    def _second_atoms(self, instrument: Instrument, start: float, end: float) -> Atoms:
        sessions = self._sessions(instrument, start, end, rth=False)
        minutes = self._traded(instrument, self.paths.of(instrument).minutes(instrument, sessions, rth=False))
        minutes = minutes.where((minutes.time + 60 > start) & (minutes.time < end))
        seconds = self.paths.of(instrument).seconds(instrument, minutes)
        return seconds.where((seconds.time >= ceil(start)) & (seconds.time < end))


_ORDINAL = date(1970, 1, 1).toordinal()
_LOTS = {"STK": 100, "CASH": 1_000_000, "CFD": 100, "CMDTY": 100}


# How many times the usual size is offered of what nobody bids for.
_PILE = 500
