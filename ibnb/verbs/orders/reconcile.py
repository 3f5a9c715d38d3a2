"""After a reconnection: what became of the orders meanwhile. Asked of TWS, never guessed, and nothing is sent again.

An order that TWS shows is as TWS shows it. One that isn't among the open orders any more has an end: the completed
orders say which. One that was sent and that TWS never confirmed, and knows nothing of now, is called "Uncertain".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibnb.errors import RequestError
from ibnb.ib.api import ExecutionFilter, is_unset, to_float
from ibnb.verbs.orders.blotter import UNCERTAIN, WORKING, Key

if TYPE_CHECKING:
    from ibnb.verbs.orders.place import OrderVerbs

_PATIENCE = 10.0


def reconcile(app: OrderVerbs) -> None:
    """Bring the blotter in step with TWS. Raises what the requests raise."""
    if app._gate.readonly:
        return
    blotter = app._blotter
    before = blotter.ids(WORKING | {UNCERTAIN})
    shown = set(app._open_orders("mine", _PATIENCE))
    perm_ids = _executions(app)
    missing = [key for key in before if key not in shown]
    if missing:
        ends = _completed(app)
        for key in missing:
            report = blotter.report(key)
            permId = (report.permId if report is not None else 0) or perm_ids.get(key, 0)
            if permId in ends:
                blotter.completed(key, permId, *ends[permId], app._now())
            else:
                _doubt(app, key)


def _doubt(app: OrderVerbs, key: Key) -> None:
    taken = app._blotter.doubt(key, app._now())
    what = app._blotter.order(key)
    if what is None:
        return
    contract, order = what
    name = f"order {key} ({order.action} {order.totalQuantity} {contract.symbol})"
    text = (
        f"{name} isn't among TWS's open or completed orders any more"
        if taken
        else f"{name} was sent, and TWS never confirmed it; it is neither open nor executed, so most likely it never "
        "arrived. It is not sent again"
    )
    app._status.say(f"{text}. Look at TWS before you decide.", "warning")


def _executions(app: OrderVerbs) -> dict[Key, int]:
    """Have today's fills told again; the permanent id of each order that has some."""
    found: dict[Key, int] = {}

    def note(reqId: int, contract: Any, execution: Any) -> None:
        found[app._key(execution.orderId, execution.permId, execution.clientId)] = execution.permId

    app._dispatcher.listen("execDetails", note)
    try:
        with app._request("getExecutions", timeout=_PATIENCE) as slot:
            app.reqExecutions(slot.key, ExecutionFilter())
            slot.wait()
    finally:
        app._dispatcher.ignore("execDetails", note)
    return found


def _completed(app: OrderVerbs) -> dict[int, tuple[str, float]]:
    """Permanent id → (status, filled quantity) of the orders that have ended today."""
    found: dict[int, tuple[str, float]] = {}

    def note(contract: Any, order: Any, state: Any) -> None:
        filled = 0.0 if is_unset(order.filledQuantity) else to_float(order.filledQuantity)
        found[order.permId] = (state.status, filled)

    app._dispatcher.listen("completedOrder", note)
    try:
        with app._request("getCompletedOrders", reqId="completedOrders", timeout=_PATIENCE) as slot:
            app.reqCompletedOrders(False)
            slot.wait()
    except RequestError as error:  # an old TWS, or one that doesn't tell
        app._status.say(f"completed orders can't be had: {error}", "notice")
    finally:
        app._dispatcher.ignore("completedOrder", note)
    return found
