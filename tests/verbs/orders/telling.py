"""What TWS says about one order, in a row of words, told to a blotter."""

from __future__ import annotations

import copy
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from ibnb import createContract, createOrder
from ibnb.ib.api import Contract, Execution
from ibnb.verbs.orders.blotter import Blotter
from ibnb.verbs.orders.order_state import Standing

ID, PERM, CLIENT = 27, 5, 1
NVDA = createContract("NVDA")
BUY = createOrder("BUY", 5, "LMT", 101.0)


def bag() -> Any:
    made = Contract()
    made.symbol, made.secType = "NVDA", "BAG"
    made.comboLegs = [SimpleNamespace(ratio=1), SimpleNamespace(ratio=2)]
    return made


class Told:
    """A blotter and the story of one order that is told to it."""

    def __init__(self, contract: Any = NVDA, order: Any = BUY, sent: bool = True) -> None:
        self.said: list[str] = []
        self.blotter = Blotter(lambda: CLIENT, self.said.append)
        self.contract, self.order = contract, order
        if sent:
            self.blotter.sent(ID, contract, order, 0.0)

    def open(self, status: str, perm: int = PERM, orderId: int = ID, client: int = CLIENT, **fields: Any) -> Told:
        shown = copy.copy(self.order)
        for name, value in {"permId": perm, "clientId": client, **fields}.items():
            setattr(shown, name, value)
        self.blotter.opened(orderId, self.contract, shown, status, 1.0)
        return self

    def status(
        self,
        word: str,
        filled: float = 0,
        remaining: float | None = None,
        price: float = 0.0,
        perm: int = PERM,
        why: str = "",
    ) -> Told:
        left = 5 - filled if remaining is None else remaining
        self.blotter.status(ID, Standing(word, filled, left, price, perm, 0, CLIENT, why), 1.0)
        return self

    def execute(
        self,
        shares: float,
        price: float,
        execId: str = "e.1.01.01",
        perm: int = PERM,
        orderId: int = ID,
        client: int = CLIENT,
        contract: Any = None,
        live: bool = True,
    ) -> Told:
        made = Execution()
        made.orderId, made.permId, made.clientId, made.execId, made.side = orderId, perm, client, execId, "BOT"
        made.shares, made.price = Decimal(str(shares)), price
        self.blotter.executed(self.contract if contract is None else contract, made, 1.0, live)
        return self

    def charge(self, execId: str = "e.1.01.01", commission: float = 1.0) -> Told:
        self.blotter.charged(SimpleNamespace(execId=execId, commission=commission, currency="USD", realizedPNL=0.0))
        return self

    def error(self, code: int, text: str = "text") -> Told:
        self.blotter.told(ID, code, text, 1.0)
        return self

    def change(self, **fields: Any) -> Any:
        wanted = copy.copy(self.order)
        for name, value in fields.items():
            setattr(wanted, name, value)
        return self.blotter.sent(ID, self.contract, wanted, 2.0)

    def cancel(self) -> Any:
        return self.blotter.cancelling(ID, 2.0)

    def report(self, key: Any = ID) -> Any:
        found = self.blotter.report(key)
        assert found is not None
        return found

    def stands(self, key: Any = ID) -> tuple[str, float, float]:
        found = self.report(key)
        return found.status, found.filled, found.remaining


def working() -> Told:
    """TWS has shown the order, and it works."""
    return Told().open("Submitted").status("Submitted")
