"""The market data family: quotes of one or many contracts, at a moment or as they come.

Rule: a quote says what sort it is (live, frozen, delayed), lives in the same columns whichever tick ids brought it, and
holds NaN where TWS says -1 or 0 for "no price". Every line that a verb opens is closed again, whatever happens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Self

import pandas as pd

from ibnb import frames
from ibnb._compat import UNSET_INTEGER, to_float
from ibnb._dispatch import on
from ibnb._link import NEW_YORK
from ibnb.errors import RequestTimeoutError
from ibnb.legal import DATA_TYPES
from ibnb.pending import Key, Slot
from ibnb.verbs._family import VerbFamily

#: Tick id → quote column: the live ids and, for the same thing fifteen minutes late, the delayed ones.
PRICE_TICKS = {1: "bid", 2: "ask", 4: "last", 6: "high", 7: "low", 9: "close", 14: "open"}
PRICE_TICKS |= {66: "bid", 67: "ask", 68: "last", 72: "high", 73: "low", 75: "close", 76: "open"}
SIZE_TICKS = {0: "bidSize", 3: "askSize", 5: "lastSize", 8: "volume"}
SIZE_TICKS |= {69: "bidSize", 70: "askSize", 71: "lastSize", 74: "volume"}
_FIRST_DELAYED, _LAST_DELAYED = 66, 76

# Security type → what a quote must have before it counts as complete; anything else needs all three.
_COMPLETE = {"IND": ("last",), "CASH": ("bid", "ask"), "CMDTY": ("bid", "ask"), "CFD": ("bid", "ask")}
_ALL = ("bid", "ask", "last")
_ZERO_IS_A_PRICE = {"OPT", "FOP", "BAG", "WAR", "EC"}
_KEPT_TICKS = 100_000
_COLUMNS = tuple(frames.TABLES["quotes"])[1:-1]
_NAN = float("nan")
# Below this no number means "unset".
_LARGE = float(UNSET_INTEGER)
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


class _Line:
    """What one market data line has brought so far; the reader thread writes, others read a row at a time."""

    def __init__(self, contract: Any, slot: Slot, news: deque[_News] | None) -> None:
        self.contract = contract
        self.symbol = contract.symbol
        self.slot = slot
        self.values: dict[str, float] = {}
        self.data_type = ""
        #: A single quote's slot ends with the quote; a stream's and a snapshot's don't.
        self.finishes_slot = False
        self._news = news
        self._wanted = _COMPLETE.get(contract.secType, _ALL)
        self._zero_is_a_price = contract.secType in _ZERO_IS_A_PRICE

    @property
    def complete(self) -> bool:
        return all(name in self.values for name in self._wanted)

    def price(self, tickType: int, name: str, value: float, now: float) -> None:
        # -1 and 0 are how TWS says that there is none; an option may be bid at 0, a spread at anything.
        none = (value == -1 and self.contract.secType != "BAG") or (value == 0 and not self._zero_is_a_price)
        self.put(tickType, name, _NAN if none else value, now)

    def put(self, tickType: int, name: str, value: float, now: float) -> None:
        delayed = _FIRST_DELAYED <= tickType <= _LAST_DELAYED
        if not self.data_type or (delayed and not self.data_type.startswith("delayed")):
            self.data_type = "delayed" if delayed else "live"
        self.values[name] = value
        if self._news is not None:
            self.slot.hear(now)
            self._news.append((now, self, name, value))

    def both(self, kind: int, name: str, price: float, size_kind: int | None, size: float, now: float) -> None:
        """A price and the size that came with it; the usual case without further calls."""
        usual = price > 0 and size >= 0 and self.data_type == "live" and kind < _FIRST_DELAYED
        if not usual or self._news is None or size_kind is None:
            self.price(kind, name, price, now)
            if self.finishes_slot and self.complete:
                self.slot.finish()
            if size_kind is not None:
                self.put(size_kind, SIZE_TICKS[size_kind], _NAN if size < 0 else size, now)
            return
        size_name = SIZE_TICKS[size_kind]
        self.values[name] = price
        self.values[size_name] = size
        if self.slot.heard != now:
            self.slot.hear(now)
        self._news.append((now, self, name, price))
        self._news.append((now, self, size_name, size))

    def forget(self) -> None:
        """The line is about to be asked for again: what it showed is old."""
        self.values, self.data_type = {}, ""

    def row(self) -> tuple[Any, ...]:
        values = dict(self.values)
        data_type = self.data_type if self.slot.gap is None else STALE
        return (self.contract.symbol, *(values.get(name, _NAN) for name in _COLUMNS), data_type)


_News = tuple[float, _Line, str, float]


class MarketDataVerbs(VerbFamily):
    """Verbs about quotes, and the callbacks that answer them."""

    def _prepare(self) -> None:
        super()._prepare()
        self._lines: dict[Key, _Line] = {}

    def getQuote(self, contract: Any, snapshot: bool = False, timeout: float | None = None) -> pd.Series:
        """Return one contract's quote as a Series, as soon as it is complete.

        bid, ask, last, close, open, high, low in the contract's own unit, bidSize, askSize, lastSize, volume, and
        `data_type` ("live", "frozen", "delayed", "delayed-frozen"). NaN where there is no value: after hours, or on an
        exchange that shows no quote. `snapshot=True` asks TWS for a snapshot, which it ends itself, after up to 11 s.
        Raises MarketDataError (no subscription …), ContractNotFoundError, RequestTimeoutError if nothing came.

        >>> quote = app.getQuote(app.createContract("AAPL"))
        >>> bool(quote["bid"] < quote["ask"]), quote["data_type"]
        (True, 'live')
        """
        return self.getQuotes([contract], snapshot=snapshot, timeout=timeout).iloc[0]

    def getQuotes(self, contracts: Iterable[Any], snapshot: bool = False, timeout: float | None = None) -> pd.DataFrame:
        """Return the quotes of many contracts, all asked for at once: index `symbol`, columns as in getQuote.

        Raises as getQuote does, at the first contract that fails.

        >>> app.getQuotes([app.createContract(each) for each in ("AAPL", "NVDA")]).index.tolist()
        ['AAPL', 'NVDA']
        """
        with ExitStack() as stack:
            lines = [
                stack.enter_context(self._line("getQuote", each, snapshot=snapshot, timeout=timeout))
                for each in contracts
            ]
            for line in lines:
                try:
                    line.slot.wait()
                except RequestTimeoutError:
                    # A closed exchange, or one that shows no bid: what has come is the answer.
                    if not line.values:
                        raise
            # TWS sends all it knows in one burst: let the rest of it (volume, close …) arrive.
            self._fence()
        return frames.frame("quotes", [line.row() for line in lines])

    def streamQuotes(
        self, contracts: Iterable[Any], genericTickList: str = "", timeout: float | None = None
    ) -> QuoteStream:
        """Return a stream of quotes, to be used with `with`: a frame at any moment, and an iterator of ticks.

        `stream.df` is the frame of getQuotes as it stands; `for tick in stream` gives Tick(time, symbol, field, value,
        data_type, contract) one by one and waits for the next, `timeout` seconds at most, then RequestTimeoutError;
        `stream.failures` {symbol: exception} has the lines that TWS refused. Leaving the block cancels every line.
        While the connection is lost the `data_type` is "stale"; after it the lines go on by themselves.

        >>> with app.streamQuotes([app.createContract("AAPL")]) as quotes:
        ...     for tick in quotes:
        ...         if tick.field == "last":
        ...             break
        """
        return QuoteStream(self, list(contracts), genericTickList, timeout)

    @contextmanager
    def _line(
        self,
        verb: str,
        contract: Any,
        *,
        ticks: str = "",
        snapshot: bool = False,
        timeout: float | None = None,
        news: deque[_News] | None = None,
    ) -> Iterator[_Line]:
        """Open a market data line, and close it on the way out unless TWS has done so itself."""
        lasting = news is not None
        with self._request(verb, timeout=timeout, contract=contract, kind="market_data", lasting=lasting) as slot:
            line = _Line(contract, slot, news)
            slot.on_replay = line.forget
            line.finishes_slot = news is None and not snapshot
            self._lines[slot.key] = line
            try:
                self.reqMktData(slot.key, contract, ticks, snapshot, False, [])
                yield line
            finally:
                del self._lines[slot.key]
                gone = slot.error is not None or (snapshot and slot.done)
                if not gone and self.isConnected():
                    self.cancelMktData(slot.key)

    # --- callbacks: recorded only ---------------------------------------------------------------

    @on("tickPrice")
    def _got_price(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        line, name = self._lines.get(reqId), PRICE_TICKS.get(tickType)
        if line is not None and name is not None:
            line.price(tickType, name, price if -_LARGE < price < _LARGE else to_float(price), self._now())
            if line.finishes_slot and line.complete:
                line.slot.finish()

    @on("tickPriceColumns")
    def _got_prices(
        self, reqIds: list[int], kinds: list[int], prices: list[float], size_kinds: list[int | None], sizes: list[float]
    ) -> None:
        """Many prices with their sizes, as `_got_price` and `_got_size` would take them one after the other."""
        now, lines = self._now(), self._lines
        for reqId, kind, price, size_kind, size in zip(reqIds, kinds, prices, size_kinds, sizes, strict=True):
            line, name = lines.get(reqId), PRICE_TICKS.get(kind)
            if line is not None and name is not None:
                line.both(kind, name, price, size_kind, size, now)

    @on("tickSize")
    def _got_size(self, reqId: int, tickType: int, size: Any) -> None:
        line, name = self._lines.get(reqId), SIZE_TICKS.get(tickType)
        if line is not None and name is not None:
            value = size if type(size) is float and size < _LARGE else to_float(size)
            line.put(tickType, name, _NAN if value < 0 else value, self._now())

    @on("marketDataType")
    def _got_data_type(self, reqId: int, marketDataType: int) -> None:
        line = self._lines.get(reqId)
        if line is not None:
            line.data_type = DATA_TYPES.get(marketDataType, "")

    @on("tickSnapshotEnd")
    def _got_snapshot_end(self, reqId: int) -> None:
        self._finish(reqId)


class QuoteStream:
    """Quotes of several contracts while its block lasts; see streamQuotes."""

    def __init__(self, app: MarketDataVerbs, contracts: list[Any], ticks: str, timeout: float | None) -> None:
        self._app = app
        self._contracts = contracts
        self._generic = ticks
        self._timeout = timeout
        self._stack = ExitStack()
        self._lines: list[_Line] = []
        self._news: deque[_News] = deque(maxlen=_KEPT_TICKS)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for each in self._contracts:
                line = self._app._line("streamQuotes", each, ticks=self._generic, news=self._news)
                self._lines.append(stack.enter_context(line))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def df(self) -> pd.DataFrame:
        """The quotes as they stand now: index `symbol`, columns as in getQuote."""
        return frames.frame("quotes", [line.row() for line in self._lines])

    @property
    def failures(self) -> dict[str, BaseException]:
        """What TWS refused: {symbol: exception}."""
        return {line.contract.symbol: line.slot.error for line in self._lines if line.slot.error is not None}

    def __iter__(self) -> Iterator[Tick]:
        while True:
            yield self.next()

    def next(self, timeout: float | None = None) -> Tick:
        """Return the next tick, waiting for it. RequestTimeoutError; the lines' own error when all have failed."""
        limit = self._timeout if timeout is None else timeout
        self._app._wait_until(lambda: bool(self._news) or self._all_failed(), limit, "streamQuotes", lasting=True)
        if not self._news:
            raise next(iter(self.failures.values()))
        return self._take(1)[0]

    def _take(self, many: int) -> list[Tick]:
        # Ticks come by the thousand; this is what Tick(...) does, without its call.
        new, take = tuple.__new__, self._news.popleft
        return [
            new(Tick, (moment, line.symbol, name, value, line.data_type, line.contract))
            for moment, line, name, value in (take() for _ in range(many))
        ]

    def waiting(self) -> list[Tick]:
        """Return the ticks that have come since the last one taken, without waiting."""
        return self._take(len(self._news))

    def _all_failed(self) -> bool:
        return bool(self._lines) and all(line.slot.error is not None for line in self._lines)
