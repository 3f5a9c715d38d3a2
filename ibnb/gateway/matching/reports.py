"""How an order is told: openOrder, orderStatus, and the words for why it is held."""

from __future__ import annotations

from dataclasses import replace

from .. import messages as m
from .order import API_CANCELLED, WorkingOrder
from .order_types import type_of, waits_for_trigger


def why_held(working: WorkingOrder) -> str:
    """`locate`, `child`, `trigger`, some of them or nothing, in TWS's words."""
    if working.final:
        return ""
    reasons = (
        ("locate", working.locating),
        ("child", working.waits_for_parent),
        ("trigger", waits_for_trigger(working)),
    )
    return ",".join(word for word, true in reasons if true)


def open_order(working: WorkingOrder, own: bool = True, state: m.OrderState | None = None) -> m.OpenOrder:
    """The order as it is told; somebody else's has no order id."""
    orderId = working.orderId if own and working.bound else 0
    order = replace(
        working.order,
        orderId=orderId,
        clientId=working.clientId,
        # What an order doesn't use is told as 0; a stop's price is told as trailStopPrice, too.
        lmtPrice=working.order.lmtPrice or 0.0,
        auxPrice=working.order.auxPrice or 0.0,
        trailStopPrice=_stop(working),
    )
    return m.OpenOrder(
        orderId=orderId,
        contract=working.contract,
        order=order,
        orderState=state or m.OrderState(status=working.status),
    )


def _stop(working: WorkingOrder) -> float | None:
    if type_of(working).trails:
        return working.trail if working.trail is not None else working.order.trailStopPrice
    return working.order.auxPrice if type_of(working).stops else working.order.trailStopPrice


def order_status(working: WorkingOrder, own: bool = True) -> m.OrderStatus:
    parentId = working.parent.orderId if working.parent is not None and own else 0
    return m.OrderStatus(
        orderId=working.orderId if own and working.bound else 0,
        status=working.status,
        filled=working.filled,
        remaining=working.remaining,
        avgFillPrice=working.avgFillPrice,
        permId=0 if working.status == API_CANCELLED else working.permId,
        parentId=parentId,
        lastFillPrice=working.lastFillPrice,
        clientId=working.clientId,
        whyHeld=why_held(working),
    )


def not_cancellable(working: WorkingOrder) -> str:
    """10148's text."""
    return f"OrderId {working.orderId} that needs to be cancelled can not be cancelled, state: {working.status}."
