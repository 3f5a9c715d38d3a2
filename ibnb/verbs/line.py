"""One market data line: what it shows, and what has changed on it since somebody looked.

Ticks come by the thousand. A run of them stays in columns until somebody takes them, one by one: many objects that wait
cost more than all else, most of it in Python's garbage collector.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import chain, islice, repeat
from typing import Any, NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.core.clock import NEW_YORK
from ibnb.core.pending import Slot

#: Tick id → quote column: the live ids and, for the same thing fifteen minutes late, the delayed ones.
PRICE_TICKS = {1: "bid", 2: "ask", 4: "last", 6: "high", 7: "low", 9: "close", 14: "open"}
PRICE_TICKS |= {66: "bid", 67: "ask", 68: "last", 72: "high", 73: "low", 75: "close", 76: "open"}
SIZE_TICKS = {0: "bidSize", 3: "askSize", 5: "lastSize", 8: "volume"}
SIZE_TICKS |= {69: "bidSize", 70: "askSize", 71: "lastSize", 74: "volume"}
_FIRST_DELAYED, _LAST_DELAYED = 66, 76
# The live prices that bring a size along, and the columns of both.
LIVE_PRICES = {1: "bid", 2: "ask", 4: "last"}
_LIVE_SIZES = {1: "bidSize", 2: "askSize", 4: "lastSize"}

# Security type → what a quote must have before it counts as complete; anything else needs all three.
_COMPLETE = {"IND": ("last",), "CASH": ("bid", "ask"), "CMDTY": ("bid", "ask"), "CFD": ("bid", "ask")}
_ALL = ("bid", "ask", "last")
_ZERO_IS_A_PRICE = {"OPT", "FOP", "BAG", "WAR", "EC"}
_COLUMNS = tuple(tables.TABLES["quotes"])[1:-1]
NAN = float("nan")
# So many ticks are made at once.
_AT_ONCE = 32
#: The data_type of a stream's quote that nobody keeps up to date just now (app.gaps tells why).
STALE = "stale"


class Tick(NamedTuple):
    """One change of a quote: `field` is a quote column ("bid", "lastSize", …), `time` the moment it arrived."""

    moment: float
    symbol: str
    field: str
    value: float
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


class Backlog:
    """Ticks that nobody has taken yet, the last `most` of them. Any thread may add, one takes."""

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._lock = threading.RLock()
        # What comes next; then (how many, what makes them), and how many these are together.
        self._next: deque[Tick] = deque()
        self._later: deque[tuple[int, Iterator[Tick]]] = deque()
        self._count = 0

    def __len__(self) -> int:
        return len(self._next) + self._count

    def add(self, many: int, ticks: Iterator[Tick]) -> None:
        """Add so many ticks; the oldest ones give way."""
        with self._lock:
            self._later.append((many, ticks))
            self._count += many
            self._drop(len(self) - self._most)

    def _drop(self, many: int) -> None:
        while many > 0:
            if self._next:
                self._next.popleft()
                many -= 1
            else:
                oldest, some = self._first(many)
                next(islice(oldest, some, some), None)
                many -= some

    def add_one(self, tick: Tick) -> None:
        """Add a tick."""
        with self._lock:
            if self._later:
                self.add(1, iter((tick,)))
            else:
                self._next.append(tick)
                self._drop(len(self) - self._most)

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
        return list(islice(self.drain(), most))

    def _make_some(self) -> bool:
        with self._lock:
            while self._later and len(self._next) < _AT_ONCE:
                self._next.extend(islice(*self._first(_AT_ONCE - len(self._next))))
        return bool(self._next)

    def _first(self, most: int) -> tuple[Iterator[Tick], int]:
        """The oldest ticks of `_later`, and how many of them, `most` at most, its caller uses up at once."""
        many, ticks = self._later.popleft()
        some = min(many, most)
        self._count -= some
        if some < many:
            self._later.appendleft((many - some, ticks))
        return ticks, some


class Line:
    """What one market data line has brought so far; the reader thread writes, others read a row at a time."""

    def __init__(self, contract: Any, slot: Slot, news: Backlog | None) -> None:
        self.contract = contract
        self.symbol = contract.symbol
        self.slot = slot
        self.values: dict[str, float] = {}
        self.data_type = ""
        #: A single quote's slot ends with the quote; a stream's and a snapshot's don't.
        self.finishes_slot = False
        self.news = news
        self._wanted = _COMPLETE.get(contract.secType, _ALL)
        self._zero_is_a_price = contract.secType in _ZERO_IS_A_PRICE

    @property
    def complete(self) -> bool:
        return all(name in self.values for name in self._wanted)

    def price(self, tickType: int, name: str, value: float, now: float) -> None:
        # -1 and 0 are how TWS says that there is none; an option may be bid at 0, a spread at anything.
        none = (value == -1 and self.contract.secType != "BAG") or (value == 0 and not self._zero_is_a_price)
        self.put(tickType, name, NAN if none else value, now)

    def put(self, tickType: int, name: str, value: float, now: float) -> None:
        delayed = _FIRST_DELAYED <= tickType <= _LAST_DELAYED
        if not self.data_type or (delayed and not self.data_type.startswith("delayed")):
            self.data_type = "delayed" if delayed else "live"
        self.values[name] = value
        if self.news is not None:
            self.slot.hear(now)
            self.news.add_one(Tick(now, self.symbol, name, value, self.data_type, self.contract))

    def forget(self) -> None:
        """The line is about to be asked for again: what it showed is old."""
        self.values, self.data_type = {}, ""

    def row(self) -> tuple[Any, ...]:
        values = dict(self.values)
        data_type = self.data_type if self.slot.gap is None else STALE
        return (self.contract.symbol, *(values.get(name, NAN) for name in _COLUMNS), data_type)


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
