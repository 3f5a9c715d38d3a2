"""What TWS tells of orders goes into the blotter; after an interruption it is asked what became of them."""

from __future__ import annotations

from math import isnan
from typing import Any

from ibnb.core.core import Core
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.errors import IBError, request_error
from ibnb.ib.api import NO_VALID_ID, is_unset, to_float
from ibnb.verbs.orders.blotter import Blotter, Key
from ibnb.verbs.orders.order_state import DEACTIVATED, DONE, UNCERTAIN, WORKING, Standing
from ibnb.verbs.orders.reconcile import reconcile
from ibnb.verbs.orders.refusals import about_order
from ibnb.verbs.orders.waiting import Waiting

# TWS has its link to IBKR back: what happened meanwhile it may not have told.
_RESTORED = frozenset({1101, 1102})


class OrderCallbacks(Listener):
    """What TWS tells of orders, recorded."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.blotter = Blotter(lambda: core.lifecycle.client_id or 0, lambda text: core.status.say(text, "warning"))
        self.waiting = Waiting(core, self.blotter, self.ask_open)
        #: orderId → (contract, order), as TWS last showed them; orders that are done are removed.
        self.open_orders: dict[int, tuple[Any, Any]] = {}
        core.reconnect.actions.append(lambda: reconcile(core, self.blotter, self.ask_open))

    def ask_open(self, scope: str, timeout: float | None) -> list[Key]:
        """Have TWS show the open orders of this client ("mine") or of all ("account"); their keys."""
        core, blotter = self._core, self.blotter
        # Of the orders of others TWS tells nothing but this.
        others = [key for key in blotter.ids(WORKING) if not isinstance(key, int)] if scope == "account" else []
        with core.request("getOpenOrders", reqId="openOrders", timeout=timeout, kind="request") as slot:
            # What TWS shows now replaces what was known of before; orders sent in between show up again.
            self.open_orders.clear()
            if scope == "account":
                core.client.reqAllOpenOrders()
            else:
                core.client.reqOpenOrders()
            slot.wait()
        shown = list(dict.fromkeys(slot.rows))
        for key in others:
            if key not in shown and blotter.status_of(key) in WORKING:
                blotter.doubt(key, core.now())
        return shown

    @on("openOrder")
    def got_open_order(self, orderId: int, contract: Any, order: Any, orderState: Any) -> None:
        slot = self._pending.get(orderId)
        if slot is not None and slot.verb == "previewOrder":
            self._pending.answer(orderId, orderState)
            return
        if order.whatIf:
            return
        self._core.ids.seen(orderId)
        key = self.blotter.opened(orderId, contract, order, orderState.status, self._core.now())
        if self.blotter.status_of(key) == DEACTIVATED or orderState.status not in DONE:
            self._pending.add("openOrders", key)
            if isinstance(key, int):
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
        self._core.ids.seen(orderId)
        # As protobuf a TWS may leave out what is 0.
        done = to_float(filled)
        numbers = (0.0 if isnan(done) else done, to_float(remaining), to_float(avgFillPrice))
        said = Standing(status, *numbers, _known(permId), _known(parentId), _known(clientId), whyHeld)
        key = self.blotter.status(_known(orderId), said, self._core.now())
        if status in DONE and isinstance(key, int) and self.blotter.status_of(key) != DEACTIVATED:
            self.open_orders.pop(key, None)

    @on("execDetails")
    def got_execution_of_order(self, reqId: int, contract: Any, execution: Any) -> None:
        self._core.ids.seen(execution.orderId)
        self.blotter.executed(contract, execution, self._core.now(), live=reqId == NO_VALID_ID)

    @on("commissionReport")
    def got_commission(self, report: Any) -> None:
        self.blotter.charged(report)

    @on("completedOrder")
    def got_completed_order(self, contract: Any, order: Any, orderState: Any) -> None:
        self.blotter.completed(order, orderState.status, self._core.now())

    @on("error")
    def got_order_message(self, reqId: int, errorTime: int, errorCode: int, errorString: str, advanced: str) -> None:
        if errorCode // 100 == 5 and not self._core.lifecycle.connected():
            return  # ibapi's own word about a connection that goes: whether the order has left, TWS knows
        text = " ".join(errorString.split())
        slot = self._pending.get(reqId)
        if slot is not None and slot.verb == "previewOrder" and about_order(errorCode, text, False) == "refusal":
            slot.fail(request_error(errorCode, text, reqId=reqId, verb=slot.verb, kind=slot.kind))
        self.blotter.told(reqId, errorCode, text, self._core.now())
        if errorCode in _RESTORED and self._core.settings.autoReconnect and self.blotter.ids(WORKING | {UNCERTAIN}):
            # Never in the reader thread: it has to hear the answers.
            self._core.clock.later(0.0, self._catch_up)

    def _catch_up(self) -> None:
        try:
            reconcile(self._core, self.blotter, self.ask_open, doubting=False)
        except IBError as error:
            self._core.status.say(f"what became of orders during the outage can't be had: {error}", "warning")


def _known(number: int) -> int:
    return 0 if is_unset(number) else number
