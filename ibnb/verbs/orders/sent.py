"""An order as it leaves: with numbers that every release of ibapi can send, and a new one under no other order's names.

The caller's own order stays as it is, so that it can be looked at, changed and sent again.
"""

from __future__ import annotations

import copy
from typing import Any

from ibnb.ib.api import MarginCondition, Order, to_decimal
from ibnb.ib.values import check_number

# What TWS gives an order: one that is placed anew mustn't name another's.
_GIVEN = ("orderId", "permId", "clientId")
_PRICES = ("lmtPrice", "auxPrice", "trailStopPrice", "trailingPercent", "lmtPriceOffset", "cashQty")
_TEXTS = tuple(name for name, value in vars(Order()).items() if isinstance(value, str))


def as_new(order: Any, verb: str) -> Any:
    """The order as a new one, whose numbers are its own even if it was copied from one of TWS's."""
    sent = as_sent(order, verb)
    for name in _GIVEN:
        setattr(sent, name, 0)
    return sent


def as_sent(order: Any, verb: str) -> Any:
    """The order with its numbers as this release of ibapi wants them, and "" where a text is None, which it can't send
    as text; the caller's own order keeps its own.

    ValueError for what is no number, and for one that TWS would only think through.
    """
    if order.whatIf and verb != "previewOrder":
        raise ValueError(f"{verb}: whatIf is set, so that TWS would place or change nothing; previewOrder asks that.")
    sent = copy.copy(order)
    sent.totalQuantity = to_decimal(check_number("totalQuantity", order.totalQuantity, verb))
    for name in _PRICES:
        setattr(sent, name, check_number(name, getattr(order, name), verb))
    for name in _TEXTS:
        if getattr(sent, name, "") is None:
            setattr(sent, name, "")
    for condition in order.conditions or ():
        if isinstance(condition, MarginCondition) and condition.percent == int(condition.percent):
            # ibapi reads it as a float, and TWS takes it back as a whole number only.
            condition.percent = int(condition.percent)
    return sent
