"""The market data family: quotes of one or many contracts, at a moment or as they come.

Rule: a quote says what sort it is (live, frozen, delayed), lives in the same columns whichever tick ids brought it, and
holds NaN where TWS says -1 (in pence -100) or 0 for "no price". Every line that a verb opens is closed again, whatever
happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

import pandas as pd

from ibnb import tables
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.core.session import Session
from ibnb.errors import RequestTimeoutError
from ibnb.ib.api import UNSET_INTEGER, to_float
from ibnb.ib.fields import ContractLike
from ibnb.ib.instruments import as_contract, as_contracts
from ibnb.ib.values import DATA_TYPES
from ibnb.table_display import shown_html
from ibnb.verbs.line import (
    LIVE_PRICES,
    PRICE_TICKS,
    SIZE_TICKS,
    Backlog,
    Line,
    Tick,
    of_one_stream,
    price_or_nan,
    take_pairs,
)
from ibnb.verbs.stream import open_once
from ibnb.wire.fast_quotes import Quotes

# Below this no number means "unset".
_LARGE = float(UNSET_INTEGER)


# What takes each of many callbacks by itself.
_ONE_BY_ONE = {
    "tickPrice": "got_price", "tickSize": "got_size", "tickGeneric": "got_other", "tickString": "got_other",
}  # fmt: skip


class MarketDataCallbacks(Listener):
    @on("tickPrice")
    def got_price(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        line, name = self._pending.taker(reqId), PRICE_TICKS.get(tickType)
        if line is None:
            return
        value, now = price if -_LARGE < price < _LARGE else to_float(price), self._core.now()
        if name is None:
            line.other(tickType, price_or_nan(line.contract.secType, value), now)
        else:
            line.price(tickType, name, value, now)
            if line.finishes_slot and line.complete:
                line.slot.finish()

    @on("tickPriceColumns")
    def got_prices(
        self, reqIds: list[int], kinds: list[int], prices: list[float], size_kinds: list[int | None], sizes: list[float]
    ) -> None:
        """Many prices with their sizes, as `got_price` and `got_size` would take them one after the other."""
        lines = {reqId: self._pending.taker(reqId) for reqId in set(reqIds)}
        usual = min(prices) > 0 and min(sizes) >= 0 and LIVE_PRICES.keys() >= set(kinds)
        if usual and of_one_stream(list(lines.values())):
            take_pairs(lines, reqIds, kinds, prices, sizes, self._core.now())
            return
        for reqId, kind, price, size_kind, size in zip(reqIds, kinds, prices, size_kinds, sizes, strict=True):
            self.got_price(reqId, kind, price, None)
            if size_kind is not None:
                self.got_size(reqId, size_kind, size)

    @on("tickSize")
    def got_size(self, reqId: int, tickType: int, size: Any) -> None:
        line, name = self._pending.taker(reqId), SIZE_TICKS.get(tickType)
        if line is None:
            return
        value, now = size if type(size) is float and size < _LARGE else to_float(size), self._core.now()
        if name is None:
            line.other(tickType, value, now)
        else:
            line.size(tickType, name, value, now)

    @on("tickGeneric")
    @on("tickString")
    def got_other(self, reqId: int, tickType: int, value: float | str) -> None:
        line = self._pending.taker(reqId)
        if isinstance(line, Line):
            line.other(tickType, value if isinstance(value, str) else to_float(value), self._core.now())

    @on("ticks")
    def got_ticks(self, quotes: list[Quotes], calls_of: Callable[[slice], list[tuple[str, tuple[Any, ...]]]]) -> None:
        """Many of the callbacks above; those of a line stand together, as its ticks come together."""
        now = self._core.now()
        for reqId, kinds, values, _, messages in quotes:
            line = self._pending.taker(reqId)
            if kinds is None or not isinstance(line, Line) or not line.take(kinds, values, now):
                for name, args in calls_of(messages):
                    getattr(self, _ONE_BY_ONE[name])(*args)

    @on("marketDataType")
    def got_data_type(self, reqId: int, marketDataType: int) -> None:
        line = self._pending.taker(reqId)
        if line is not None:
            line.data_type = DATA_TYPES.get(marketDataType, "")

    @on("tickSnapshotEnd")
    def got_snapshot_end(self, reqId: int) -> None:
        self._pending.finish(reqId)


class MarketDataVerbs(Session, listener=MarketDataCallbacks):
    def getQuote(self, contract: ContractLike | str, snapshot: bool = False, timeout: float | None = None) -> pd.Series:
        """Return one contract's quote as a Series, as soon as it is complete.

        bid, ask, last, close, open, high, low in the contract's own unit, bidSize, askSize, lastSize, volume, and
        `data_type` ("live", "frozen", "delayed", "delayed-frozen"). NaN where there is no value: after hours, or on an
        exchange that shows no quote. `snapshot=True` asks TWS for a snapshot, which it ends itself, after up to 11 s.
        Raises MarketDataError (no subscription …), ContractNotFoundError, RequestTimeoutError if nothing came.

        >>> quote = app.getQuote(app.createContract("AAPL"))
        >>> bool(quote["bid"] < quote["ask"]), quote["data_type"]
        (True, 'live')
        """
        return _quotes(self, "getQuote", [as_contract(contract, "getQuote")], snapshot, timeout).iloc[0]

    def getQuotes(
        self,
        contracts: ContractLike | str | Iterable[ContractLike | str],
        snapshot: bool = False,
        timeout: float | None = None,
    ) -> pd.DataFrame:
        """Return the quotes of one or many contracts, all asked for at once: index `symbol`, columns as in getQuote.

        Raises as getQuote does, at the first contract that fails, and ValueError for what isn't a contract.

        >>> app.getQuotes([app.createContract(each) for each in ("AAPL", "NVDA")]).index.tolist()
        ['AAPL', 'NVDA']
        """
        return _quotes(self, "getQuotes", as_contracts(contracts, "getQuotes"), snapshot, timeout)

    def streamQuotes(
        self,
        contracts: ContractLike | str | Iterable[ContractLike | str],
        genericTickList: str = "",
        timeout: float | None = None,
    ) -> QuoteStream:
        """Return a stream of the quotes of one or many contracts, to be used with `with`: a frame at any moment, and an
        iterator of ticks.

        `stream.df` is the frame of getQuotes as it stands; `for tick in stream` gives Tick(time, symbol, field, value,
        data_type, contract) one by one and waits for the next, `timeout` seconds at most, then RequestTimeoutError;
        `stream.failures` {symbol: exception} has the lines that TWS refused. Leaving the block cancels every line.
        With `genericTickList` (IB's numbers, such as "233" for single trades, or from server version 225 on "787" for
        odd lots) ticks are all that the lines bring: what the frame has no column for comes under IB's own name
        ("RT_VOLUME", "SHORTABLE", "ODD_LOT_BID", "ODD_LOT_BID_SIZE").
        While the connection is lost the `data_type` is "stale"; after it the lines go on by themselves.

        >>> with app.streamQuotes([app.createContract("AAPL")]) as quotes:
        ...     for tick in quotes:
        ...         if tick.field == "last":
        ...             break
        """
        return QuoteStream(self, as_contracts(contracts, "streamQuotes"), genericTickList, timeout)


def _quotes(
    app: MarketDataVerbs, verb: str, contracts: list[Any], snapshot: bool, timeout: float | None
) -> pd.DataFrame:
    if snapshot not in (True, False):
        raise ValueError(
            f"{verb}: snapshot is True or False, not {snapshot!r}; several contracts are a list: "
            "getQuotes(['AAPL', 'MSFT'])."
        )
    with ExitStack() as stack:
        many = len(contracts) > 1
        lines = [
            stack.enter_context(open_line(app, verb, each, snapshot=snapshot, timeout=timeout, one_of_many=many))
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
        app._ibnb.fence.wait()
    return tables.frame("quotes", [line.row() for line in lines])


@contextmanager
def open_line(
    app: Any,
    verb: str,
    contract: Any,
    *,
    ticks: str = "",
    snapshot: bool = False,
    timeout: float | None = None,
    news: Backlog | None = None,
    one_of_many: bool = False,
) -> Iterator[Line]:
    """Open a market data line, and close it on the way out unless TWS has done so itself."""
    lasting = news is not None
    with app._ibnb.request(
        verb, timeout=timeout, contract=contract, kind="market_data", lasting=lasting, one_of_many=one_of_many
    ) as slot:
        line = Line(contract, slot, news, bool(ticks))
        slot.on_replay = line.forget
        line.finishes_slot = news is None and not snapshot
        slot.taker = line
        try:
            app.reqMktData(slot.key, contract, ticks, snapshot, False, [])
            yield line
        finally:
            gone = slot.refused or (snapshot and slot.done and not slot.still_runs)
            if not gone and app.isConnected():
                app.cancelMktData(slot.key)


class QuoteStream:
    """Quotes of several contracts while its block lasts; see streamQuotes."""

    def __init__(self, app: MarketDataVerbs, contracts: list[Any], ticks: str, timeout: float | None) -> None:
        self._app = app
        self._contracts = contracts
        self._generic = ticks
        self._timeout = timeout
        self._stack: ExitStack
        self._lines: list[Line] = []
        self._left = False
        self._news = Backlog()

    def __enter__(self) -> Self:
        open_once("streamQuotes", bool(self._lines))
        many = len(self._contracts) > 1
        with ExitStack() as stack:
            for each in self._contracts:
                line = open_line(
                    self._app, "streamQuotes", each, ticks=self._generic, news=self._news, one_of_many=many
                )
                self._lines.append(stack.enter_context(line))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left = True
        self._app._ibnb.catch_up()
        self._stack.close()

    @property
    def df(self) -> pd.DataFrame:
        """The quotes as they stand now: index `symbol`, columns as in getQuote."""
        self._app._ibnb.catch_up()
        return tables.frame("quotes", [line.row() for line in self._lines])

    def __repr__(self) -> str:
        names = ", ".join(each.symbol for each in self._contracts)
        state = "closed" if self._left else "open" if self._lines else "not open"
        return f"<QuoteStream of {names}: {state}>"

    def _repr_html_(self) -> str:
        return shown_html(repr(self)[1:-1], self.df)

    @property
    def failures(self) -> dict[str, BaseException]:
        """What TWS refused: {symbol: exception}."""
        return {line.contract.symbol: line.slot.error for line in self._lines if line.slot.error is not None}

    def __iter__(self) -> Iterator[Tick]:
        while True:
            yield self.next()
            # What has come together needs no further waits.
            yield from self._news.drain()

    def next(self, timeout: float | None = None) -> Tick:
        """Return the next tick, waiting for it. RequestTimeoutError; the lines' own error when all have failed."""
        limit = self._timeout if timeout is None else timeout
        self._app._ibnb.wait_until(lambda: bool(self._news) or self._all_failed(), limit, "streamQuotes", lasting=True)
        if not self._news:
            raise next(iter(self.failures.values()))
        return self._news.take(1)[0]

    def waiting(self) -> list[Tick]:
        """Return the ticks that have come since the last one taken, without waiting."""
        self._app._ibnb.catch_up()
        return self._news.take(len(self._news))

    def _all_failed(self) -> bool:
        return bool(self._lines) and all(line.slot.error is not None for line in self._lines)
