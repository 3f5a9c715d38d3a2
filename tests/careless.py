"""A client as tutorials write it, on plain ibapi: it believes what each message says on its own.

An order is what the last orderStatus under its id says; a fill belongs to the order that its id names; a cancelled
order is over; the next id is the one that TWS says; a commission is what the report says; what isn't told isn't so.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from decimal import Decimal
from typing import Any

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.order import Order
from ibapi.wrapper import EWrapper

from ibnb.gateway import Gateway

_PATIENCE = 60.0


def aapl() -> Any:
    contract = Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    return contract


class Careless(EWrapper, EClient):  # type: ignore[misc]
    """Connected to a gateway on a manual clock; `wait` lets its time go by and hears all that comes meanwhile."""

    def __init__(self, gateway: Gateway) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, self)
        self.gateway = gateway
        self.answered = threading.Event()
        self.nextId = 0
        self.status: dict[int, str] = {}
        self.bought: defaultdict[int, int] = defaultdict(int)
        self.paid = 0.0
        self.quotes: list[float] = []
        self.connect(gateway.host, gateway.port, 1)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.wait(0)

    def wait(self, seconds: float) -> None:
        """Let so much virtual time go by; the time of day is answered after all that was said before."""
        self.reqCurrentTime()  # what was asked has arrived
        assert self.answered.wait(_PATIENCE)
        self.answered.clear()
        self.gateway.advance(seconds)
        self.reqCurrentTime()
        assert self.answered.wait(_PATIENCE)
        self.answered.clear()

    def stop(self) -> None:
        if self.conn is not None:
            self.conn.disconnect()
        self.thread.join(_PATIENCE)
        assert not self.thread.is_alive()

    # What it does

    def buy(self, quantity: int, limit: float = 0.0, orderId: int = 0) -> int:
        """A market order, or a limit order; with an id a change of that one."""
        order = Order()
        order.action, order.totalQuantity, order.tif = "BUY", Decimal(quantity), "GTC"
        order.orderType, order.lmtPrice = ("LMT", limit) if limit else ("MKT", 0.0)
        if not orderId:
            orderId, self.nextId = self.nextId, self.nextId + 1
        self.placeOrder(orderId, aapl(), order)
        return orderId

    def cancel(self, orderId: int) -> None:
        try:
            self.cancelOrder(orderId)
        except TypeError:  # newer releases want more
            from ibapi.order_cancel import OrderCancel

            self.cancelOrder(orderId, OrderCancel())

    def position(self) -> int:
        """What it believes to have bought."""
        return sum(self.bought[orderId] for orderId in self.status)

    # What it hears

    def nextValidId(self, orderId: int) -> None:
        self.nextId = orderId

    def orderStatus(self, orderId: int, status: str, *rest: Any) -> None:
        self.status[orderId] = status

    def execDetails(self, reqId: int, contract: Any, execution: Any) -> None:
        if self.status.get(execution.orderId) in ("PreSubmitted", "Submitted", "Filled"):
            self.bought[execution.orderId] += int(execution.shares)

    def commissionReport(self, commissionReport: Any) -> None:
        self.paid += commissionReport.commission

    def commissionAndFeesReport(self, commissionAndFeesReport: Any) -> None:
        self.paid += commissionAndFeesReport.commissionAndFees

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        self.quotes.append(price)

    def error(self, *args: Any) -> None:
        """Looks at nothing: releases differ in what they hand on."""

    def currentTime(self, time: int) -> None:
        self.answered.set()
