"""After a reconnection: what became of the orders meanwhile. Asked of TWS, never guessed, and nothing is sent again.

An order that TWS shows is as TWS shows it. One that isn't among the open orders any more has an end: the completed
orders say which. One that was sent and that TWS never confirmed, and knows nothing of now, is called "Uncertain".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ibnb.core.core import Core
from ibnb.errors import RequestError
from ibnb.ib.api import ExecutionFilter, is_unset, to_float
from ibnb.verbs.orders.blotter import UNCERTAIN, WORKING, Blotter, Key

_PATIENCE = 10.0


#: The blotter's key of (orderId, permId, clientId).
KeyOf = Callable[[int, int, int], Key]


def reconcile(core: Core, blotter: Blotter, key_of: KeyOf, ask_open: Callable[[str, float], list[Key]]) -> None:
    """Bring the blotter in step with TWS. Raises what the requests raise."""
    if core.gate.readonly:
        return
    before = blotter.ids(WORKING | {UNCERTAIN})
    shown = set(ask_open("mine", _PATIENCE))
    perm_ids = _executions(core, key_of)
    missing = [key for key in before if key not in shown]
    if missing:
        ends = _completed(core)
        for key in missing:
            report = blotter.report(key)
            permId = (report.permId if report is not None else 0) or perm_ids.get(key, 0)
            if permId in ends:
                blotter.completed(key, permId, *ends[permId], core.now())
            else:
                _doubt(core, blotter, key)


def _doubt(core: Core, blotter: Blotter, key: Key) -> None:
    taken = blotter.doubt(key, core.now())
    what = blotter.order(key)
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
    core.status.say(f"{text}. Look at TWS before you decide.", "warning")


def _executions(core: Core, key_of: KeyOf) -> dict[Key, int]:
    """Have today's fills told again; the permanent id of each order that has some."""
    found: dict[Key, int] = {}

    def note(reqId: int, contract: Any, execution: Any) -> None:
        found[key_of(execution.orderId, execution.permId, execution.clientId)] = execution.permId

    core.dispatcher.listen("execDetails", note)
    try:
        with core.request("getExecutions", kind="request", timeout=_PATIENCE) as slot:
            core.client.reqExecutions(slot.key, ExecutionFilter())
            slot.wait()
    finally:
        core.dispatcher.ignore("execDetails", note)
    return found


def _completed(core: Core) -> dict[int, tuple[str, float]]:
    """Permanent id → (status, filled quantity) of the orders that have ended today."""
    found: dict[int, tuple[str, float]] = {}

    def note(contract: Any, order: Any, state: Any) -> None:
        filled = 0.0 if is_unset(order.filledQuantity) else to_float(order.filledQuantity)
        found[order.permId] = (state.status, filled)

    core.dispatcher.listen("completedOrder", note)
    try:
        with core.request("getCompletedOrders", kind="request", reqId="completedOrders", timeout=_PATIENCE) as slot:
            core.client.reqCompletedOrders(False)
            slot.wait()
    except RequestError as error:  # an old TWS, or one that doesn't tell
        core.status.say(f"completed orders can't be had: {error}", "notice")
    finally:
        core.dispatcher.ignore("completedOrder", note)
    return found
