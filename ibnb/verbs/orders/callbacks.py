"""What TWS tells of orders goes into the blotter; after a reconnection it is asked what became of them."""

from __future__ import annotations

from typing import Any

from ibnb.core.core import Core
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.ib.api import to_float
from ibnb.verbs.orders.blotter import DONE, Blotter, Key
from ibnb.verbs.orders.reconcile import reconcile


class OrderCallbacks(Listener):
    """What TWS tells of orders, recorded."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.blotter = Blotter()
        #: orderId → (contract, order), as TWS last showed them; orders that are done are removed.
        self.open_orders: dict[int, tuple[Any, Any]] = {}
        core.reconnect.actions.append(lambda: reconcile(core, self.blotter, self.key, self.ask_open))

    def key(self, orderId: int, permId: int, clientId: int) -> Key:
        """What the blotter knows an order by: ids of other clients, and 0 for manual orders, are not ours."""
        return orderId if orderId and clientId == self._core.lifecycle.client_id else ("perm", permId)

    def ask_open(self, scope: str, timeout: float | None) -> list[Key]:
        """Have TWS show the open orders of this client ("mine") or of all ("account"); their keys."""
        core = self._core
        with core.request("getOpenOrders", reqId="openOrders", timeout=timeout, kind="request") as slot:
            # What TWS shows now replaces what was known of before; orders sent in between show up again.
            self.open_orders.clear()
            if scope == "account":
                core.client.reqAllOpenOrders()
            else:
                core.client.reqOpenOrders()
            slot.wait()
        return list(dict.fromkeys(slot.rows))

    @on("openOrder")
    def got_open_order(self, orderId: int, contract: Any, order: Any, orderState: Any) -> None:
        slot = self._pending.get(orderId)
        if slot is not None and slot.verb == "previewOrder":
            self._pending.answer(orderId, orderState)
            return
        key = self.key(orderId, order.permId, order.clientId)
        self.blotter.opened(key, contract, order, orderState.status, self._core.now())
        if orderState.status not in DONE:
            self._pending.add("openOrders", key)
        if isinstance(key, int) and orderState.status not in DONE:
            self.open_orders[key] = (contract, order)

    @on("openOrderEnd")
    def got_open_order_end(self) -> None:
        self._pending.finish("openOrders")

    @on("orderStatus")
    def got_order_status(
        self,
        orderId: int,
        status: str,
        filled: Any,
        remaining: Any,
        avgFillPrice: float,
        permId: int,
        parentId: int,
        lastFillPrice: float,
        clientId: int,
        whyHeld: str,
        mktCapPrice: float,
    ) -> None:
        numbers = (to_float(filled), to_float(remaining), to_float(avgFillPrice))
        key = self.key(orderId, permId, clientId)
        self.blotter.status(key, status, *numbers, permId, parentId, clientId, whyHeld, self._core.now())
        if status in DONE and isinstance(key, int):
            self.open_orders.pop(key, None)

    @on("execDetails")
    def got_execution_of_order(self, reqId: int, contract: Any, execution: Any) -> None:
        key = self.key(execution.orderId, execution.permId, execution.clientId)
        self.blotter.executed(key, execution.execId, self._core.now())

    @on("commissionReport")
    def got_commission(self, report: Any) -> None:
        self.blotter.charged(report.execId, report.commission, report.currency, report.realizedPNL)

    @on("error")
    def got_order_message(self, reqId: int, errorTime: int, errorCode: int, errorString: str, advanced: str) -> None:
        self.blotter.told(reqId, errorCode, " ".join(errorString.split()), self._core.now())
