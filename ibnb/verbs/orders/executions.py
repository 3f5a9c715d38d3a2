"""What has been traded: fills with their commissions, and orders that are done."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from math import nan
from typing import Any

import pandas as pd

from ibnb import tables
from ibnb.core.core import Core
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.errors import IBError
from ibnb.ib.api import ExecutionFilter, is_unset, to_float
from ibnb.ib.values import check
from ibnb.ib.zones import ZoneWarning, login_zone
from ibnb.tracebacks import users_level
from ibnb.verbs.history import ZONED_DATES_VERSION
from ibnb.verbs.orders.callbacks import OrderCallbacks
from ibnb.verbs.orders.fills import Newest
from ibnb.verbs.orders.journal import add_fills
from ibnb.verbs.orders.place import OrderVerbs
from ibnb.verbs.orders.waiting import GRACE


class ExecutionCallbacks(Listener):
    """What TWS answers, recorded."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        # What has been heard of, answers and news alike: TWS itself forgets it, IB Gateway at midnight.
        self.heard: Newest[tuple[Any, Any]] = Newest()

    @on("execDetails")
    def got_execution(self, reqId: int, contract: Any, execution: Any) -> None:
        self._pending.add(reqId, (contract, execution))
        self.heard.take(execution.execId, (contract, execution))

    @on("execDetailsEnd")
    def got_executions_end(self, reqId: int) -> None:
        self._pending.finish(reqId)

    @on("completedOrder")
    def got_completed_order(self, contract: Any, order: Any, orderState: Any) -> None:
        # It may show what was filled alone, and 0 as its total: that is the whole of a filled order, and of no other.
        total = None if is_unset(order.totalQuantity) else order.totalQuantity
        row = (
            contract.symbol,
            order.action,
            total or (order.filledQuantity if orderState.status == "Filled" else None),
            order.orderType,
            tables.limit_price(contract, order),
            order.tif,
            orderState.status,
            orderState.completedStatus,
            orderState.completedTime,
            order.permId,
            order.account,
            order.filledQuantity,
            *tables.ordered(contract),
        )
        self._pending.add("completedOrders", row)

    @on("completedOrdersEnd")
    def got_completed_orders_end(self) -> None:
        self._pending.finish("completedOrders")


class ExecutionVerbs(OrderVerbs, listener=ExecutionCallbacks):
    """Verbs about fills, and the callbacks that answer them."""

    def getExecutions(
        self, symbol: str = "", side: str = "", account: str = "", timeout: float | None = None
    ) -> pd.DataFrame:
        """Return today's fills with their commissions, oldest first; the arguments narrow them down.

        Index `time` (the exchange's zone); orderId, symbol, `side` ("BOT" or "SLD"), shares, price, exchange,
        commission and commissionCurrency, realizedPNL (NaN for a fill that opens a position), execId, permId, clientId,
        account; and what was traded: secType, lastTradeDateOrContractMonth, strike (NaN for what has none), right,
        localSymbol, tradingClass, conId. `side` as an argument is "BUY" or "SELL". No fills give an empty frame.

        >>> app.placeOrderNow(app.createContract("NVDA"), app.createOrder("BUY", 1), wait="Filled")
        New Order ID 1: BUY 1 NVDA (MKT)
        1
        >>> app.getExecutions("NVDA")["side"].tolist()
        ['BOT']
        """
        wanted = ExecutionFilter()
        wanted.symbol, wanted.acctCode = symbol, account
        wanted.side = check("side", side, ("BUY", "SELL")) if side else ""
        with self._ibnb.request("getExecutions", timeout=timeout, kind="request") as slot:
            self.reqExecutions(slot.key, wanted)
            told: Newest[tuple[Any, Any]] = Newest()
            for contract, fill in slot.wait():
                told.take(fill.execId, (contract, fill))
        fills = told.all()
        blotter = self._ibnb.listener(OrderCallbacks).blotter

        def charged() -> bool:
            # Of a combination the legs are charged, not its own row.
            return all(blotter.charge(fill.execId) is not None for what, fill in fills if what.secType != "BAG")

        # The fills are there; a commission that doesn't come, be it for a lost connection, is NaN.
        with suppress(IBError):
            self._ibnb.wait_until(charged, GRACE, "getExecutions")
        rows = [_row(contract, fill, blotter.charge(fill.execId)) for contract, fill in fills]
        return tables.frame("executions", rows, _login_zone(self))

    def getFills(self, symbol: str = "") -> pd.DataFrame:
        """Return the fills of this program's orders that the app has heard of, oldest first, earlier days' too.

        Columns as getExecutions, which asks TWS and gets today's only. Asks nothing and waits for nothing; the newest
        correction of a fill counts, and a commission that hasn't come is NaN. What was filled while no connection
        stood is here once getExecutions has been called.

        >>> app.placeOrderNow(app.createContract("NVDA"), app.createOrder("BUY", 1), wait="Filled")
        New Order ID 1: BUY 1 NVDA (MKT)
        1
        >>> app.getFills()["symbol"].tolist()
        ['NVDA']
        """
        blotter, mine = self._ibnb.listener(OrderCallbacks).blotter, self._ibnb.lifecycle.client_id
        heard = self._ibnb.listener(ExecutionCallbacks).heard.all()
        rows = [
            _row(contract, fill, blotter.charge(fill.execId))
            for contract, fill in heard
            if fill.clientId == mine and symbol in ("", contract.symbol)
        ]
        return tables.frame("executions", rows, _login_zone(self)).sort_index(kind="stable")

    def writeJournal(self, path: str | os.PathLike[str], timeout: float | None = None) -> pd.DataFrame:
        """Add today's fills to a CSV file, and return all that the file now holds.

        The frame has the columns of getExecutions, times in UTC. Call it as often as you like, at least once a day: IB
        Gateway forgets fills at midnight, and TWS after a few days at most. No fill is in the file twice; commissions
        that came later and IB's corrections replace what was there. Raises ValueError for a file that isn't a journal,
        OSError.

        >>> import tempfile
        >>> app.placeOrderNow(app.createContract("NVDA"), app.createOrder("BUY", 1), wait="Filled")
        New Order ID 1: BUY 1 NVDA (MKT)
        1
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     app.writeJournal(f"{folder}/journal.csv")["side"].tolist()
        ['BOT']
        """
        return add_fills(path, self.getExecutions(timeout=timeout))

    def getCompletedOrders(self, apiOnly: bool = False, timeout: float | None = None) -> pd.DataFrame:
        """Return the orders that were filled or cancelled since the last daily reset, of all clients.

        Columns symbol, action, totalQuantity (NaN where TWS doesn't say), orderType, lmtPrice, tif, status,
        completedStatus, completedTime (IB's text), permId, account, filled; and what was traded, as in getBlotter.
        `apiOnly` leaves out those entered in TWS by hand.

        >>> len(app.getCompletedOrders())
        0
        """
        rows = self._ibnb.ask("getCompletedOrders", "reqCompletedOrders", apiOnly, timeout=timeout)
        return tables.frame("completedOrders", rows)


def _row(contract: Any, execution: Any, charge: Any | None) -> tuple[Any, ...]:
    """A row for tables.TABLES["executions"]; `charge` is the fill's commission report, if it has come."""
    return (
        execution.time,
        execution.orderId,
        contract.symbol,
        execution.side,
        to_float(execution.shares),
        execution.price,
        execution.exchange,
        nan if charge is None else charge.commission,
        "" if charge is None else charge.currency,
        nan if charge is None else charge.realizedPNL,
        execution.execId,
        execution.permId,
        execution.clientId,
        execution.acctNumber,
        contract.secType,
        *tables.identity(contract),
        contract.conId,
    )


def _login_zone(app: ExecutionVerbs) -> str:
    """The zone that TWS was logged in with, in which an old TWS gives times without one."""
    lifecycle = app._ibnb.lifecycle
    zone, doubt = login_zone(str(app.twsConnectionTime()), lifecycle.since)
    if doubt and lifecycle.version < ZONED_DATES_VERSION:
        warnings.warn(doubt, ZoneWarning, stacklevel=users_level())
    return zone
