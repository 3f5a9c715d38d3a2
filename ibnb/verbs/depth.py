"""The depth family: the book of an exchange, or of all that SMART routes to, as it changes.

Rule: the book here is what TWS's row-by-row orders make of it; after a reset (317), a halt (316) or a lost connection
it starts empty, so that no row of yesterday stands in it.
"""

from __future__ import annotations

from datetime import datetime
from itertools import zip_longest
from typing import Any, NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.core.pending import Key
from ibnb.core.session import Session
from ibnb.ib.api import to_float
from ibnb.ib.fields import ContractLike
from ibnb.ib.instruments import as_contract
from ibnb.verbs.stream import Stream

_HALTED, _RESET = 316, 317
_OPERATIONS = ("insert", "update", "delete")
_SIDES = ("ask", "bid")
_INSERT, _UPDATE = 0, 1
# Whatever TWS sends, a side grows no longer.
_LONGEST = 1000
_NAN = float("nan")


class DepthChange(NamedTuple):
    """One change of a book: `side` is "bid" or "ask", `operation` "insert", "update" or "delete", `position` from 0."""

    time: pd.Timestamp
    side: str
    operation: str
    position: int
    price: float
    size: float
    marketMaker: str


class DepthCallbacks(Listener):
    @on("updateMktDepth")
    def got_depth(self, reqId: int, position: int, operation: int, side: int, price: float, size: Any) -> None:
        self._pending.tell(reqId, (position, operation, side, (price, to_float(size), "")))

    @on("updateMktDepthL2")
    def got_depth_l2(
        self,
        reqId: int,
        position: int,
        marketMaker: str,
        operation: int,
        side: int,
        price: float,
        size: Any,
        isSmartDepth: bool,
    ) -> None:
        self._pending.tell(reqId, (position, operation, side, (price, to_float(size), marketMaker)))

    @on("error")
    def got_depth_reset(self, reqId: int, errorTime: int, errorCode: int, *rest: Any) -> None:
        stream = self._pending.taker(reqId) if errorCode in (_HALTED, _RESET) else None
        if isinstance(stream, DepthStream):
            stream.reset(again=errorCode == _HALTED)

    @on("mktDepthExchanges")
    def got_depth_exchanges(self, depthMktDataDescriptions: Any) -> None:
        rows = [
            (each.exchange, each.secType, each.listingExch, each.serviceDataType, to_float(each.aggGroup))
            for each in depthMktDataDescriptions
        ]
        self._pending.answer("mktDepthExchanges", rows)


class DepthVerbs(Session, listener=DepthCallbacks):
    def streamDepth(
        self,
        contract: ContractLike | str,
        numRows: int = 5,
        isSmartDepth: bool | None = None,
        timeout: float | None = None,
    ) -> DepthStream:
        """Return the book as it changes, to be used with `with`: a frame at any moment, and an iterator of changes.

        `stream.df`: index `position` (0 is the best), columns bidMarketMaker, bidSize, bid, ask, askSize,
        askMarketMaker; `numRows` rows at most, NaN where one side is shorter. The market maker is the exchange in a
        SMART book (`isSmartDepth`, the default for a contract on SMART), "" where an exchange names none.
        `for change in stream` gives DepthChange(time, side, operation, position, price, size, marketMaker) and waits
        for the next, `timeout` seconds at most, then RequestTimeoutError. TWS allows three books at a time. Leaving
        the block cancels the request. Raises ValueError for `numRows`, and on entering or waiting MarketDataError
        (309 too many, 354 no subscription, 10092 no book of this instrument there), ContractNotFoundError.

        >>> with app.streamDepth(app.createContract("AAPL"), numRows=3) as book:
        ...     rows = book.df
        >>> rows["bid"].is_monotonic_decreasing, rows["ask"].is_monotonic_increasing
        (True, True)
        """
        if numRows < 1:
            raise ValueError(f"numRows {numRows} is not legal: 1 or more.")
        contract = as_contract(contract, "streamDepth")
        smart = contract.exchange == "SMART" if isSmartDepth is None else isSmartDepth
        return DepthStream(self, contract, numRows, smart, timeout)

    def getDepthExchanges(self, timeout: float | None = None) -> pd.DataFrame:
        """Return which exchanges show a book, and of what kind of instrument.

        Columns exchange, secType, listingExch, serviceDataType, aggGroup (NaN where there is none). serviceDataType
        "Deep2" means that rows name their market makers.

        >>> "NASDAQ" in set(app.getDepthExchanges()["exchange"])
        True
        """
        (rows,) = self._ibnb.ask("getDepthExchanges", "reqMktDepthExchanges", timeout=timeout)
        return tables.frame("depthExchanges", rows)


_Level = tuple[float, float, str]


class DepthStream(Stream[DepthChange]):
    """A book while the block lasts; see streamDepth."""

    verb = "streamDepth"
    request = "reqMktDepth"

    def __init__(
        self, app: DepthVerbs, contract: ContractLike | str, numRows: int, isSmartDepth: bool, timeout: float | None
    ) -> None:
        super().__init__(app, contract, timeout, numRows, isSmartDepth, [])
        self._numRows = numRows
        self._smart = isSmartDepth
        #: By TWS's number of a side. A change makes a new tuple, so that whoever reads sees one book.
        self._book: tuple[tuple[_Level, ...], tuple[_Level, ...]] = ((), ())

    def _cancel(self, reqId: Key) -> None:
        self._app.cancelMktDepth(reqId, self._smart)

    def _forget(self) -> None:
        self._book = ((), ())

    def reset(self, again: bool) -> None:
        """TWS starts the book anew; after a halt it wants to be asked again. Runs on the reader thread."""
        self._forget()
        if again and self._slot is not None:
            self._ask(self._slot.key)

    def put(self, row: tuple[Any, ...]) -> None:
        """One change from TWS. Runs on the reader thread."""
        position, operation, side, level = row
        levels = list(self._book[side])
        if operation == _INSERT:
            levels.insert(position, level)
        elif operation == _UPDATE:
            levels[position : position + 1] = [level]
        else:
            del levels[position : position + 1]
        sides = list(self._book)
        sides[side] = tuple(levels[:_LONGEST])
        self._book = (sides[0], sides[1])
        self._put((self._app._ibnb.now(), side, operation, position, level))

    @property
    def df(self) -> pd.DataFrame:
        """The book as it stands now: index `position`, columns as in streamDepth."""
        asks, bids = self._book
        none = (_NAN, _NAN, "")
        rows = [
            (position, bid[2], bid[1], bid[0], ask[0], ask[1], ask[2])
            for position, (bid, ask) in enumerate(
                zip_longest(bids[: self._numRows], asks[: self._numRows], fillvalue=none)
            )
        ]
        return tables.frame("book", rows)

    def _item(self, raw: Any) -> DepthChange:
        now, side, operation, position, level = raw
        time = pd.Timestamp(datetime.fromtimestamp(now, self._app.now().tzinfo))
        return DepthChange(time, _SIDES[side], _OPERATIONS[operation], position, *level)
