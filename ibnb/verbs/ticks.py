"""The tick family: single trades, quotes and midpoints, past ones and those to come; what was traded at which price.

Rule: past and coming ticks of one kind have the same columns, and times in the exchange's zone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.ib.api import histogram_size, to_float
from ibnb.ib.fields import ContractLike
from ibnb.ib.instruments import as_contract
from ibnb.ib.values import check, check_end_date_time
from ibnb.verbs.contracts import exchange_zone
from ibnb.verbs.history import HistoryVerbs
from ibnb.verbs.line import price_or_nan
from ibnb.verbs.stream import Stream

#: What getTicks takes → the table of its columns.
_SHOWS = {"TRADES": "trades", "AGGTRADES": "trades", "BID_ASK": "bidAsks", "MIDPOINT": "midpoints"}
#: What streamTicks takes → the same.
_TYPES = {"Last": "trades", "AllLast": "trades", "BidAsk": "bidAsks", "MidPoint": "midpoints"}
_MOST_TICKS = 1000
# From this server version on historical ticks can be cancelled.
_CANCEL_VERSION = 215


class Trade(NamedTuple):
    """One trade; `pastLimit` and `unreported` are IB's flags."""

    time: pd.Timestamp
    price: float
    size: float
    exchange: str
    specialConditions: str
    pastLimit: bool
    unreported: bool


class BidAsk(NamedTuple):
    """One change of the quote; `bidPastLow` and `askPastHigh` are IB's flags."""

    time: pd.Timestamp
    bid: float
    ask: float
    bidSize: float
    askSize: float
    bidPastLow: bool
    askPastHigh: bool


class MidPoint(NamedTuple):
    """One change of the midpoint."""

    time: pd.Timestamp
    midpoint: float


_ITEMS: dict[str, type[Trade] | type[BidAsk] | type[MidPoint]] = {
    "trades": Trade,
    "bidAsks": BidAsk,
    "midpoints": MidPoint,
}
Row = tuple[Any, ...]


class TickCallbacks(Listener):
    @on("historicalTicks")
    def got_midpoints(self, reqId: int, ticks: Any, done: bool) -> None:
        self.got_past(reqId, [(tick.time, to_float(tick.price)) for tick in ticks], done)

    @on("historicalTicksLast")
    def got_trades(self, reqId: int, ticks: Any, done: bool) -> None:
        rows = [
            (
                tick.time,
                tick.price,
                to_float(tick.size),
                tick.exchange,
                tick.specialConditions,
                tick.tickAttribLast.pastLimit,
                tick.tickAttribLast.unreported,
            )
            for tick in ticks
        ]
        self.got_past(reqId, rows, done)

    @on("historicalTicksBidAsk")
    def got_quotes(self, reqId: int, ticks: Any, done: bool) -> None:
        secType = self._secType(reqId)
        rows = [
            (
                tick.time,
                *_offered(secType, tick.priceBid, tick.priceAsk, tick.sizeBid, tick.sizeAsk),
                tick.tickAttribBidAsk.bidPastLow,
                tick.tickAttribBidAsk.askPastHigh,
            )
            for tick in ticks
        ]
        self.got_past(reqId, rows, done)

    def got_past(self, reqId: int, rows: list[Row], done: bool) -> None:
        stream = self._pending.taker(reqId)
        if stream is not None:
            stream.put_past(rows)
            return
        slot = self._pending.get(reqId)
        if slot is not None:
            slot.add_all(rows)
        if done:
            self._pending.finish(reqId)

    @on("tickByTickAllLast")
    def got_trade(
        self,
        reqId: int,
        tickType: int,
        time: int,
        price: float,
        size: Any,
        tickAttribLast: Any,
        exchange: str,
        specialConditions: str,
    ) -> None:
        flags = (tickAttribLast.pastLimit, tickAttribLast.unreported)
        self._pending.tell(reqId, (time, price, to_float(size), exchange, specialConditions, *flags))

    @on("tickByTickBidAsk")
    def got_quote(
        self,
        reqId: int,
        time: int,
        bidPrice: float,
        askPrice: float,
        bidSize: Any,
        askSize: Any,
        tickAttribBidAsk: Any,
    ) -> None:
        flags = (tickAttribBidAsk.bidPastLow, tickAttribBidAsk.askPastHigh)
        offered = _offered(self._secType(reqId), bidPrice, askPrice, bidSize, askSize)
        self._pending.tell(reqId, (time, *offered, *flags))

    def _secType(self, reqId: int) -> str:
        slot = self._pending.get(reqId)
        return str(getattr(slot.contract, "secType", "")) if slot is not None else ""

    @on("tickByTickMidPoint")
    def got_midpoint(self, reqId: int, time: int, midPoint: float) -> None:
        self._pending.tell(reqId, (time, midPoint))

    @on("histogramData")
    def got_histogram(self, reqId: int, items: Any) -> None:
        self._pending.answer(reqId, [(item.price, histogram_size(item)) for item in items])


def _offered(secType: str, bid: float, ask: float, bidSize: Any, askSize: Any) -> tuple[float, ...]:
    """Prices and sizes of a quote; a price that says "none" is NaN."""
    sizes = to_float(bidSize), to_float(askSize)
    return (price_or_nan(secType, bid, sizes[0]), price_or_nan(secType, ask, sizes[1]), *sizes)


class TickVerbs(HistoryVerbs, listener=TickCallbacks):
    def getTicks(
        self,
        contract: ContractLike | str,
        whatToShow: str = "TRADES",
        *,
        start: Any = None,
        end: Any = None,
        numberOfTicks: int = 1000,
        useRTH: int = 1,
        ignoreSize: bool = False,
        timeout: float | None = None,
    ) -> pd.DataFrame:
        """Return single ticks of the past: the first after `start`, or the last before `end` (now, unless given).

        Index `time` in the exchange's zone, to the second. TRADES (crypto: AGGTRADES): price, size, exchange,
        specialConditions, pastLimit, unreported. BID_ASK: bid, ask, bidSize, askSize, bidPastLow, askPastHigh; with
        `ignoreSize` only changes of a price. MIDPOINT: midpoint. `start` and `end` are as endDateTime in dataSettings.
        TWS completes the last second, so there may be a few more than `numberOfTicks`; it gives 1000 at a time, so more
        are asked for in several requests. None gives an empty frame.
        Raises ValueError (both start and end, an unknown kind …), HistoricalDataError (10187: no such data, no
        permission), ContractNotFoundError, RequestTimeoutError.

        >>> ticks = app.getTicks(app.createContract("AAPL"), start="20250611 09:30:00 US/Eastern", numberOfTicks=10)
        >>> len(ticks) >= 10
        True
        """
        contract = as_contract(contract, "getTicks")
        show = check("whatToShow", whatToShow, _SHOWS)
        if start is not None and end is not None:
            raise ValueError("give start or end, not both: TWS counts ticks from one of them.")
        if numberOfTicks < 1:
            raise ValueError(f"numberOfTicks {numberOfTicks} is not legal: 1 or more.")
        onward = start is not None
        moment = _moment("start", start) if onward else _moment("end", end) or _utc(self._ibnb.now() + 1)
        cancel = {} if (self.serverVersion() or 0) >= _CANCEL_VERSION else {"cancel": None}
        rows: list[Row] = []
        while len(rows) < numberOfTicks:
            count = min(numberOfTicks - len(rows), _MOST_TICKS)
            span = (moment, "") if onward else ("", moment)
            asked: Row = (contract, *span, count, show, int(useRTH), ignoreSize, [])
            page = self._ibnb.ask(
                "getTicks", "reqHistoricalTicks", *asked, timeout=timeout, contract=contract, **cancel
            )
            # A page ends with a whole second, so the next one begins with another.
            new = page
            if rows:
                new = [row for row in page if (row[0] > rows[-1][0] if onward else row[0] < rows[0][0])]
            rows = rows + new if onward else new + rows
            if len(page) < count or not new:
                break
            moment = _utc(rows[-1][0] + 1) if onward else _utc(rows[0][0])
        return tables.frame(_SHOWS[show], rows, exchange_zone(self._ibnb, contract, "getTicks"))

    def getHistogram(
        self, contract: ContractLike | str, period: str = "3 days", useRTH: int = 1, timeout: float | None = None
    ) -> pd.DataFrame:
        """Return what was traded at which price: index `price`, ascending, column `size` in units of the contract.

        `period` is a number and seconds, minutes, hours, days, weeks, months or years, up to now. Raises RequestError
        (321) for another one, HistoricalDataError (10188) when there is none, ContractNotFoundError.

        >>> app.getHistogram(app.createContract("AAPL"), "1 week").index.is_monotonic_increasing
        True
        """
        contract = as_contract(contract, "getHistogram")
        (rows,) = self._ibnb.ask(
            "getHistogram", "reqHistogramData", contract, bool(useRTH), period, timeout=timeout, contract=contract
        )
        return tables.frame("histogram", sorted(rows))

    def streamTicks(
        self,
        contract: ContractLike | str,
        tickType: str = "Last",
        numberOfTicks: int = 0,
        ignoreSize: bool = False,
        timeout: float | None = None,
    ) -> TickStream:
        """Return every tick from now on, to be used with `with`: a frame at any moment, and an iterator.

        `tickType` is Last, AllLast (with trades outside the consolidated tape), BidAsk or MidPoint; the last
        `numberOfTicks` (up to 1000) of the past come first. `stream.df` has the columns of getTicks (the last 100,000
        ticks); `for tick in stream` gives Trade, BidAsk or MidPoint, named tuples of the same fields, and waits for the
        next, `timeout` seconds at most, then RequestTimeoutError. Leaving the block cancels the request.
        Raises ValueError, and on entering or waiting MarketDataError (10189 no such data, 10190 more than five at a
        time), ContractNotFoundError.

        >>> with app.streamTicks(app.createContract("AAPL"), "BidAsk", numberOfTicks=5) as ticks:
        ...     tick = ticks.next()
        >>> tick.bid < tick.ask
        True
        """
        kind = check("tickType", tickType, _TYPES)
        if not 0 <= numberOfTicks <= _MOST_TICKS:
            raise ValueError(f"numberOfTicks {numberOfTicks} is not legal: from 0 to {_MOST_TICKS}.")
        return TickStream(self, contract, timeout, kind, numberOfTicks, ignoreSize)


class TickStream(Stream[Trade | BidAsk | MidPoint]):
    """Ticks while the block lasts; see streamTicks."""

    verb = "streamTicks"
    request = "reqTickByTickData"
    zoned = True

    @property
    def _table(self) -> str:
        return _TYPES[self._asked[0]]

    def put_past(self, rows: list[Row]) -> None:
        """Ticks that were before the stream; those that it has had already, before a lost connection, are left out."""
        known = self._rows[-1][0] if self._rows else 0
        for row in rows:
            if row[0] > known:
                self.put(row)

    @property
    def df(self) -> pd.DataFrame:
        """The ticks so far, columns and index as in getTicks."""
        return tables.frame(self._table, list(self._rows), self._zone)

    def _item(self, raw: Row) -> Trade | BidAsk | MidPoint:
        time = pd.Timestamp(raw[0], unit="s", tz="UTC").tz_convert(self._zone)
        return _ITEMS[self._table](time, *raw[1:])


def _moment(name: str, value: Any) -> str:
    try:
        return check_end_date_time(value)
    except ValueError as error:
        raise ValueError(str(error).replace("endDateTime", name)) from None


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y%m%d-%H:%M:%S")
