"""One market data line: what it shows, and what has changed on it since somebody looked.

Ticks come by the thousand. A run of them stays in columns until somebody takes them, one by one: many objects that wait
cost more than all else, most of it in Python's garbage collector.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, islice, repeat
from typing import Any, NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.core.clock import NEW_YORK
from ibnb.core.pending import Slot
from ibnb.ib.api import TICK_NAMES

#: Tick id → quote column: the live ids and, for the same thing fifteen minutes late, the delayed ones.
PRICE_TICKS = {1: "bid", 2: "ask", 4: "last", 6: "high", 7: "low", 9: "close", 14: "open"}
PRICE_TICKS |= {66: "bid", 67: "ask", 68: "last", 72: "high", 73: "low", 75: "close", 76: "open"}
SIZE_TICKS = {0: "bidSize", 3: "askSize", 5: "lastSize", 8: "volume"}
SIZE_TICKS |= {69: "bidSize", 70: "askSize", 71: "lastSize", 74: "volume"}
_RT_VOLUMES = (48, 77)
_FIRST_DELAYED, _LAST_DELAYED = 66, 76
# The live ones of both.
_LIVE = {kind: name for kind, name in (PRICE_TICKS | SIZE_TICKS).items() if kind < _FIRST_DELAYED}
# The live prices that bring a size along, and the columns of both.
LIVE_PRICES = {1: "bid", 2: "ask", 4: "last"}
_LIVE_SIZES = {1: "bidSize", 2: "askSize", 4: "lastSize"}

# Security type → what a quote must have before it counts as complete; anything else needs all three.
_COMPLETE = {"IND": ("last",), "CASH": ("bid", "ask"), "CMDTY": ("bid", "ask"), "CFD": ("bid", "ask")}
_ALL = ("bid", "ask", "last")
_ZERO_IS_A_PRICE = {"OPT", "FOP", "BAG", "WAR", "EC"}
# What may cost less than nothing, besides combinations: oil has, and an index may count anything.
_MAY_BE_NEGATIVE = {"FUT", "CONTFUT", "FUT+CONTFUT", "FOP", "IND"}
# How TWS says that there is no price: -1 in the currency, so in pence or cents (priceMagnifier 100) it is -100.
_NONE = {-1.0, -10.0, -100.0, -1000.0, -10000.0}
_PRICE_OF = {"bidSize": "bid", "askSize": "ask", "lastSize": "last"}
_COLUMNS = tuple(tables.TABLES["quotes"])[1:-1]
NAN = float("nan")
# So many ticks are made at once.
_AT_ONCE = 32
#: The data_type of a stream's quote that nobody keeps up to date just now (app.gaps tells why).
STALE = "stale"


class RTVolume(NamedTuple):
    """A trade as generic ticks 233 and 375 tell it; `moment` in epoch seconds, `volume` and `vwap` of the day.

    `single`: one market maker filled it. NaN where TWS leaves something out, as it does between trades.
    """

    price: float
    size: float
    moment: float
    volume: float
    vwap: float
    single: bool


class Tick(NamedTuple):
    """One change of a quote: `field` is a quote column ("bid", "lastSize", …), `time` the moment it arrived.

    Where generic ticks were asked for, `field` may also be IB's own name of anything else that a line brings
    ("RT_VOLUME", "SHORTABLE", "ODD_LOT_BID"), and `value` then a number, a text, or an RTVolume.
    """

    moment: float
    symbol: str
    field: str
    value: Any
    data_type: str
    contract: Any

    @property
    def time(self) -> pd.Timestamp:
        """The moment (epoch seconds) in New York's zone; made when asked for, because ticks come by the thousand."""
        return pd.Timestamp(datetime.fromtimestamp(self.moment, NEW_YORK))

    def __repr__(self) -> str:
        # ibapi prints a contract with its address in memory, which differs from run to run.
        return (
            f"Tick(time={self.time!r}, symbol={self.symbol!r}, field={self.field!r}, value={self.value!r}, "
            f"data_type={self.data_type!r})"
        )


_as_tick: Callable[[tuple[Any, ...]], Tick] = partial(tuple.__new__, Tick)


@dataclass(slots=True)
class _Run:
    """Ticks of a line that came together, each made when it is taken: until then these are few objects, all of which
    Python's garbage collector looks at again and again."""

    now: float
    symbol: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    data_type: str
    contract: Any

    def __iter__(self) -> Iterator[Tick]:
        same = repeat(self.data_type), repeat(self.contract)
        return map(_as_tick, zip(repeat(self.now), repeat(self.symbol), self.names, self.values, *same, strict=False))


class Backlog:
    """Ticks that nobody has taken yet, the last `most` of them. Any thread may add, one takes."""

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._lock = threading.RLock()
        # What comes next; then (how many, what makes them), and how many these are together.
        self._next: deque[Tick] = deque()
        self._later: deque[tuple[int, Iterable[Tick]]] = deque()
        self._count = 0

    def __len__(self) -> int:
        return len(self._next) + self._count

    def add(self, many: int, ticks: Iterable[Tick]) -> None:
        """Add so many ticks; the oldest ones give way."""
        with self._lock:
            self._later.append((many, ticks))
            self._count += many
            self._drop()

    def _drop(self) -> None:
        # `drain` takes from `_next` without the lock, which would make it three times as slow.
        while (many := len(self) - self._most) > 0:
            try:
                self._next.popleft()
            except IndexError:
                if self._later:
                    oldest, some = self._first(many)
                    next(islice(oldest, some, some), None)

    def add_one(self, tick: Tick) -> None:
        """Add a tick."""
        with self._lock:
            if self._later:
                self.add(1, iter((tick,)))
            else:
                self._next.append(tick)
                self._drop()

    def drain(self) -> Iterator[Tick]:
        """The ticks one by one, each taken when it is yielded, until there are no more."""
        ready = self._next
        while ready or self._make_some():
            try:
                tick = ready.popleft()
            except IndexError:
                continue  # it has given way just now
            yield tick

    def take(self, most: int) -> list[Tick]:
        """The oldest ticks, `most` of them or as many as there are."""
        with self._lock:
            found = [self._next.popleft() for _ in range(min(most, len(self._next)))]
            while self._later and len(found) < most:
                found.extend(islice(*self._first(most - len(found))))
        return found

    def _make_some(self) -> bool:
        with self._lock:
            while self._later and len(self._next) < _AT_ONCE:
                self._next.extend(islice(*self._first(_AT_ONCE - len(self._next))))
        return bool(self._next)

    def _first(self, most: int) -> tuple[Iterator[Tick], int]:
        """The oldest ticks of `_later`, and how many of them, `most` at most, its caller uses up at once."""
        many, its = self._later.popleft()
        ticks, some = iter(its), min(many, most)
        self._count -= some
        if some < many:
            self._later.appendleft((many - some, ticks))
        return ticks, some


class Line:
    """What one market data line has brought so far; the reader thread writes, others read a row at a time."""

    def __init__(self, contract: Any, slot: Slot, news: Backlog | None, extras: bool = False) -> None:
        #: Is what no quote has a column for news, too?
        self.extras = extras
        self.contract = contract
        self.symbol = contract.symbol
        self.slot = slot
        self.values: dict[str, float] = {}
        self.data_type = ""
        #: A single quote's slot ends with the quote; a stream's and a snapshot's don't.
        self.finishes_slot = False
        self.news = news
        self._wanted = _COMPLETE.get(contract.secType, _ALL)

    @property
    def complete(self) -> bool:
        return all(name in self.values for name in self._wanted)

    def price(self, tickType: int, name: str, value: float, now: float) -> None:
        self.put(tickType, name, value if 0 < value < math.inf else price_or_nan(self.contract.secType, value), now)

    def size(self, tickType: int, name: str, value: float, now: float) -> None:
        self.put(tickType, name, value if 0 <= value < math.inf else NAN, now)
        price = _PRICE_OF.get(name, "")
        if value == 0 and self.values.get(price, 0.0) < 0:
            # Nobody offers anything at this price below nothing: it was a way to say "none".
            self.put(tickType, price, price_or_nan(self.contract.secType, self.values[price], 0.0), now)

    def other(self, tickType: int, value: float | str, now: float) -> None:
        """What no quote has a column for: news for whoever asked for generic ticks."""
        if self.news is not None and self.extras:
            said: Any = value
            if tickType in _RT_VOLUMES:
                said = _rt_volume(str(value))
            self.slot.hear(now)
            name = TICK_NAMES.get(tickType, f"tick {tickType}")
            self.news.add_one(Tick(now, self.symbol, name, said, self.data_type, self.contract))

    def put(self, tickType: int, name: str, value: float, now: float) -> None:
        delayed = _FIRST_DELAYED <= tickType <= _LAST_DELAYED
        if not self.data_type or (delayed and not self.data_type.startswith("delayed")):
            self.data_type = "delayed" if delayed else "live"
        self.values[name] = value
        if self.news is not None:
            self.slot.hear(now)
            self.news.add_one(Tick(now, self.symbol, name, value, self.data_type, self.contract))

    def take(self, kinds: list[int], values: list[float], now: float) -> bool:
        """Take many live prices and sizes at once, all of them above 0; False if this line wants each by itself."""
        if self.news is None or self.extras:
            return False
        if kinds:
            names = tuple([_LIVE[kind] for kind in kinds])
            floats = tuple(map(float, values))  # before ibapi 10 sizes are whole numbers
            self.values.update(zip(names, floats, strict=True))
            self.data_type = self.data_type or "live"
            self.slot.hear(now)
            self.news.add(len(names), _Run(now, self.symbol, names, floats, self.data_type, self.contract))
        return True

    def forget(self) -> None:
        """The line is about to be asked for again: what it showed is old."""
        self.values, self.data_type = {}, ""

    def row(self) -> tuple[Any, ...]:
        values = dict(self.values)
        data_type = self.data_type if self.slot.gap is None else STALE
        return (self.contract.symbol, *(values.get(name, NAN) for name in _COLUMNS), data_type)


def price_or_nan(secType: str, value: float, size: float | None = None) -> float:
    """A price that TWS has sent, or NaN where it says that there is none, in whatever unit prices are quoted.

    0 is a price of options and combinations only; below 0 combinations may be, and futures and indices, unless nobody
    offers anything there (`size`).
    """
    if value > 0:
        there = value < math.inf
    elif value == 0:
        there = secType in _ZERO_IS_A_PRICE
    elif secType in _MAY_BE_NEGATIVE:
        nobody = value == -1 if secType == "IND" else value in _NONE or size == 0
        there = value > -math.inf and not nobody
    else:
        there = secType == "BAG" and value > -math.inf
    return value if there else NAN


def _rt_volume(text: str) -> RTVolume:
    price, size, moment, volume, vwap, single, *_ = [*text.split(";"), *[""] * 6]
    numbers = tables.numbers([price, size, moment, volume, vwap]).tolist()
    return RTVolume(numbers[0], numbers[1], numbers[2] / 1000, numbers[3], numbers[4], single == "true")


def of_one_stream(lines: list[Line | None]) -> bool:
    """Do these lines all belong to one and the same stream?"""
    news = lines[0].news if lines[0] is not None else None
    return news is not None and all(each is not None and each.news is news for each in lines)


def take_pairs(
    lines: dict[int, Any], reqIds: list[int], kinds: list[int], prices: list[float], sizes: list[float], now: float
) -> None:
    """LIVE_PRICES and the sizes that came with them, column by column, into the lines of one stream."""
    if len(lines) == 1:
        last = {(reqIds[0], kind): len(kinds) - 1 - kinds[::-1].index(kind) for kind in set(kinds)}
    else:
        last = {pair: place for place, pair in enumerate(zip(reqIds, kinds, strict=True))}
    for (reqId, kind), place in last.items():
        lines[reqId].values |= {LIVE_PRICES[kind]: prices[place], _LIVE_SIZES[kind]: sizes[place]}
    for line in lines.values():
        line.data_type = line.data_type or "live"
        line.slot.hear(now)

    def of_lines(name: str) -> Iterator[Any]:
        values = {reqId: getattr(each, name) for reqId, each in lines.items()}
        return map(values.__getitem__, reqIds) if len(lines) > 1 else repeat(values[reqIds[0]])

    def rows(names: dict[int, str], values: list[float]) -> Iterator[tuple[Any, ...]]:
        fields = map(names.__getitem__, kinds)
        return zip(
            repeat(now), of_lines("symbol"), fields, values, of_lines("data_type"), of_lines("contract"), strict=False
        )

    pairs = zip(rows(LIVE_PRICES, prices), rows(_LIVE_SIZES, sizes), strict=True)
    lines[reqIds[0]].news.add(2 * len(kinds), map(_as_tick, chain.from_iterable(pairs)))
