"""What TWS tells of positions and orders, for the gate that orders pass."""

from __future__ import annotations

from typing import Any

from ibnb.core.dispatch import on
from ibnb.core.gate import OrderGate
from ibnb.ib import api


class GateFeed:
    """Keeps the gate's picture of what is held and what is being sold."""

    def __init__(self, gate: OrderGate) -> None:
        self._gate = gate

    @on("position")
    def position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        self._gate.position(contract, position, account)

    @on("positionEnd")
    def positions_told(self) -> None:
        self._gate.positions_told()

    @on("updatePortfolio")
    def portfolio(
        self,
        contract: Any,
        position: Any,
        marketPrice: float,
        marketValue: float,
        averageCost: float,
        unrealizedPNL: float,
        realizedPNL: float,
        accountName: str,
    ) -> None:
        self._gate.position(contract, position, accountName)

    @on("execDetails")
    def execution(self, reqId: int, contract: Any, execution: Any) -> None:
        if reqId == api.NO_VALID_ID:  # live, not the answer to reqExecutions
            self._gate.filled(contract, execution)

    @on("openOrder")
    def open_order(self, orderId: int, contract: Any, order: Any, orderState: Any) -> None:
        self._gate.open_order(orderId, contract, order, orderState.status)

    @on("orderStatus")
    def status(
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
        *rest: Any,
    ) -> None:
        self._gate.status(orderId, status, filled, clientId, permId)

    @on("completedOrder")
    def completed(self, contract: Any, order: Any, orderState: Any) -> None:
        self._gate.completed(order.permId, orderState.status, order.filledQuantity)

    @on("error")
    def refused(self, reqId: int, errorTime: int, errorCode: int, errorString: str, advanced: str) -> None:
        if reqId != api.NO_VALID_ID:
            self._gate.error(reqId, errorCode, errorString)
