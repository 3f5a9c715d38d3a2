"""A TWS whose account holds positions that are to be closed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from scripted import ScriptedTWS
from virtual import on_virtual_time

from ibnb.ib import api
from ibnb.verbs.orders.flatten import Flatten

ACCOUNT = "DU1234567"


def contract(symbol: str, secType: str = "STK", conId: int = 1, **fields: Any) -> Any:
    made = api.Contract()
    made.symbol, made.secType, made.conId, made.localSymbol = symbol, secType, conId, symbol
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def details(of: Any, exchange: str, *others: str, primary: str = "") -> Any:
    named = contract(of.symbol, of.secType, of.conId, exchange=exchange, primaryExchange=primary)
    return SimpleNamespace(contract=named, validExchanges=",".join((exchange, *others)))


class TWS(ScriptedTWS):
    """`held` are its positions; an order is answered by `takes(orderId, contract, order)`."""

    def __init__(self, *held: tuple[Any, float], account: str = ACCOUNT) -> None:
        super().__init__()
        self.clock = on_virtual_time(self.app)
        self.held = {of.conId: (of, units) for of, units in held}
        self.account = account
        self.rows = {of.conId: [details(of, "SMART", "NYSE")] for of, _ in held}
        self.orders: list[tuple[int, Any, Any]] = []
        self.takes: Any = self.fill
        self.done = 0
        self.said: list[str] = []
        self.on("reqAllOpenOrders", ("openOrderEnd",))
        self.on("reqPositions", lambda *_: self.positions())
        self.on("reqContractDetails", lambda reqId, of: self.describe(reqId, of))
        self.record("cancelOrder")
        self.flatten = Flatten(self.app, [ACCOUNT], self.said.append, self.finished)

    def finished(self) -> None:
        self.done += 1

    def positions(self) -> None:
        for of, units in self.held.values():
            self.tell("position", self.account, of, units, 0.0)
        self.tell("positionEnd")

    def describe(self, reqId: int, of: Any) -> None:
        for row in self.rows[of.conId]:
            self.tell("contractDetails", reqId, row)
        self.tell("contractDetailsEnd", reqId)

    def start(self, seconds: float = 200) -> None:
        self.go_on(seconds, begin=True)

    def go_on(self, seconds: float, begin: bool = False) -> None:
        """Let time pass; what the client sends is answered."""

        def place(app: Any, orderId: int, of: Any, order: Any) -> None:
            self.orders.append((orderId, of, order))
            self.takes(orderId, of, order)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ibnb.core.outgoing.Client.placeOrder", place, raising=False)
            if begin:
                self.flatten.start()
            self.pass_time(seconds)

    def pass_time(self, seconds: float) -> None:
        self.app.sleep(seconds)

    def status(self, orderId: int, status: str, filled: float = 0.0) -> None:
        self.tell("orderStatus", orderId, status, filled, 0.0, 10.0, 900 + orderId, 0, 10.0, 1, "", 0.0)

    def fill(self, orderId: int, of: Any, order: Any) -> None:
        units = float(order.totalQuantity)
        known, before = self.held[of.conId]
        self.held[of.conId] = (known, before - units if order.action == "SELL" else before + units)
        self.status(orderId, "PreSubmitted")
        self.status(orderId, "Filled", units)

    def refuse(self, orderId: int, of: Any, order: Any) -> None:  # type: ignore[override]
        self.tell("error", orderId, 0, 201, "Order rejected - reason: no permission", "")
        self.status(orderId, "Inactive")

    @property
    def sent(self) -> list[str]:
        return [
            f"{order.action} {float(order.totalQuantity):g} {of.symbol} {of.exchange}" for _, of, order in self.orders
        ]


AAPL, TSLA = contract("AAPL"), contract("TSLA", conId=2)
