"""After an interruption: what became of the orders meanwhile. Asked of TWS, never guessed, and nothing is sent again.

An order that TWS shows is as TWS shows it, and its fills are told again. One that isn't among the open orders any more
has an end: the executions or the completed orders say which. One that was sent and that TWS never confirmed, and knows
nothing of now, is called "Uncertain".
"""

from __future__ import annotations

from collections.abc import Callable

from ibnb.core.core import Core
from ibnb.errors import RequestError
from ibnb.ib.api import ExecutionFilter
from ibnb.verbs.orders.blotter import Blotter, Key
from ibnb.verbs.orders.order_state import UNCERTAIN, WORKING

_PATIENCE = 10.0


def reconcile(core: Core, blotter: Blotter, ask_open: Callable[[str, float], list[Key]], doubting: bool = True) -> None:
    """Bring the blotter in step with TWS. Raises what the requests raise.

    doubting: what TWS knows nothing of becomes "Uncertain". Not where only TWS's link to IBKR was lost: what it holds
    (transmit=False) it shows to nobody.
    """
    if core.gate.readonly:
        return
    before = blotter.ids(WORKING | {UNCERTAIN})
    shown = set(ask_open("mine", _PATIENCE))
    with core.request("getExecutions", kind="request", timeout=_PATIENCE) as slot:
        core.client.reqExecutions(slot.key, ExecutionFilter())
        slot.wait()
    if _missing(blotter, before, shown):
        _ask_completed(core)
    for key in _missing(blotter, before, shown) if doubting else ():
        _doubt(core, blotter, key)


def _missing(blotter: Blotter, before: list[Key], shown: set[Key]) -> list[Key]:
    """Those of which no end is known, and that aren't open."""
    going = set(blotter.ids(WORKING | {UNCERTAIN}))
    return [key for key in before if key in going and key not in shown]


def _doubt(core: Core, blotter: Blotter, key: Key) -> None:
    taken, contract, order = blotter.doubt(key, core.now())
    name = f"order {key} ({order.action} {order.totalQuantity} {contract.symbol})"
    text = (
        f"{name} isn't among TWS's open or completed orders any more"
        if taken
        else f"{name} was sent, and TWS never confirmed it; it is neither open nor executed, so most likely it never "
        "arrived. It is not sent again"
    )
    core.status.say(f"{text}. Look at TWS before you decide.", "warning")


def _ask_completed(core: Core) -> None:
    """Have TWS list the orders that have ended today: the blotter knows them by their permanent ids."""
    try:
        core.ask("getCompletedOrders", "reqCompletedOrders", False, timeout=_PATIENCE)
    except RequestError as error:  # an old TWS, or one that doesn't tell
        core.status.say(f"completed orders can't be had: {error}", "notice")
