"""What TWS says about an order, as answers for ScriptedTWS."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from ibnb import createContract
from ibnb.ib.api import Execution, OrderState

NVDA = createContract("NVDA")
PERM_ID = 548443475


def opened(orderId: int, order: Any, word: str, contract: Any = NVDA) -> tuple[Any, ...]:
    state, mine = OrderState(), copy.copy(order)
    state.status = word
    mine.permId, mine.orderId, mine.clientId = PERM_ID + orderId, orderId, 1
    return ("openOrder", orderId, contract, mine, state)


def status(
    orderId: int, word: str, filled: float = 0, remaining: float = 0, price: float = 0.0, whyHeld: str = ""
) -> list[tuple[Any, ...]]:
    numbers = (Decimal(str(filled)), Decimal(str(remaining)), price)
    return [("orderStatus", orderId, word, *numbers, PERM_ID + orderId, 0, price, 1, whyHeld, 0.0)]


def shown(orderId: int, order: Any, word: str) -> list[tuple[Any, ...]]:
    """The pair that TWS sends for every change: the order, then how it stands."""
    return [opened(orderId, order, word), *status(orderId, word, remaining=float(order.totalQuantity))]


def execution(orderId: int, shares: float, price: float, execId: str = "0000e0d5.1.01.01") -> Any:
    found = Execution()
    found.orderId, found.permId, found.execId = orderId, PERM_ID + orderId, execId
    found.clientId = 1
    found.shares, found.price, found.side = Decimal(str(shares)), price, "BOT"
    found.time, found.exchange, found.acctNumber = "20250611 10:00:01 US/Eastern", "ARCA", "DU1234567"
    return found


class Commission:
    """A commission report under the name of any release."""

    def __init__(self, execId: str = "0000e0d5.1.01.01", amount: float = 1.0) -> None:
        self.execId, self.currency = execId, "USD"
        self.commission = self.commissionAndFees = amount
        self.realizedPNL = self.yield_ = 1.7976931348623157e308
        self.yieldRedemptionDate = 0


def filled(orderId: int, order: Any, price: float, reqId: int = -1) -> list[tuple[Any, ...]]:
    """A market order's life: accepted, executed, filled, charged."""
    size = float(order.totalQuantity)
    return [
        *shown(orderId, order, "PreSubmitted"),
        ("execDetails", reqId, NVDA, execution(orderId, size, price)),
        opened(orderId, order, "Filled"),
        *status(orderId, "Filled", filled=size, price=price),
        ("commissionReport", Commission()),
    ]
