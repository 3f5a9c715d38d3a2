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
        self._gate.position(contract, position)

    @on("updatePortfolio")
    def portfolio(self, contract: Any, position: Any, *rest: Any) -> None:
        self._gate.position(contract, position)

    @on("execDetails")
    def execution(self, reqId: int, contract: Any, execution: Any) -> None:
        if reqId == api.NO_VALID_ID:  # live, not the answer to reqExecutions
            self._gate.filled(contract, execution.side, execution.shares)

    @on("orderStatus")
    def status(self, orderId: int, status: str, filled: Any, remaining: Any, *rest: Any) -> None:
        self._gate.status(orderId, status, remaining)
