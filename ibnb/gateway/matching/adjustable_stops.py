"""A stop that becomes another one when the market has gone far enough in its favour.

Rule: once, and for good. From then on the order is what it would be had it been placed so.
Source: IB's "Adjustable stops" page.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import messages as m
from .triggers import reached

if TYPE_CHECKING:
    from .order import WorkingOrder


def favourable(working: WorkingOrder, quotes: Any) -> Any:
    """Whether the market has reached the trigger: above for who sells, below for who buys."""
    order = working.order
    return reached(order.triggerMethod, working.instrument, not working.buys, quotes, order.triggerPrice)


def adjusted(order: m.Order) -> m.Order:
    """The order that it becomes."""
    trails = order.adjustedOrderType.startswith("TRAIL")
    amount, stop, limit = order.adjustedTrailingAmount, order.adjustedStopPrice, order.adjustedStopLimitPrice
    percent = trails and order.adjustableTrailingUnit != 0
    tied = abs(limit - stop) if limit is not None and stop is not None else order.lmtPriceOffset
    return replace(
        order,
        orderType=order.adjustedOrderType,
        auxPrice=(None if percent else amount) if trails else stop,
        trailingPercent=amount if percent else None,
        trailStopPrice=stop if trails else None,
        lmtPrice=limit if limit is not None else order.lmtPrice,
        lmtPriceOffset=tied if trails else None,
        adjustedOrderType="",
    )
