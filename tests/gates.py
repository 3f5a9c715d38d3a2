"""A gate as a session has it, with what TWS tells it, for tests that need no session."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from ibnb.core.gate import OrderGate, OrderLimits
from ibnb.errors import SafetyError
from ibnb.ib import api

ACCOUNT = "DU1234567"
IDS = {"AAPL": 265598, "TSLA": 76792991}


def contract(symbol: str = "AAPL", **fields: Any) -> Any:
    made = api.Contract()
    made.symbol, made.secType, made.exchange, made.currency = symbol, "STK", "SMART", "USD"
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def told(symbol: str = "AAPL") -> Any:
    return contract(symbol, conId=IDS[symbol])


def order(quantity: float = 1, action: str = "BUY", price: float | None = 100.0, **fields: Any) -> Any:
    made = api.Order()
    made.action, made.totalQuantity = action, api.to_decimal(quantity)
    made.orderType = "MKT" if price is None else "LMT"
    if price is not None:
        made.lmtPrice = price
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def shown(sent: Any, clientId: int = 1, permId: int = 77, **fields: Any) -> Any:
    """The order as TWS shows it."""
    made = order(float(sent.totalQuantity), sent.action, account=ACCOUNT, clientId=clientId, permId=permId)
    made.parentId, made.ocaGroup, made.ocaType = sent.parentId, sent.ocaGroup, sent.ocaType
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def fill(side: str, shares: float, execId: str = "a.01", orderId: int = 1, account: str = ACCOUNT) -> Any:
    return SimpleNamespace(
        side=side, shares=shares, execId=execId, orderId=orderId, clientId=1, permId=77, acctNumber=account
    )


def position(made: OrderGate, of: Any, units: float, account: str = ACCOUNT) -> None:
    made.position(account, of, units, 100.0)


def show(made: OrderGate, orderId: int, of: Any, as_shown: Any, status: str = "Submitted") -> None:
    made.open_order(orderId, of, as_shown, SimpleNamespace(status=status))


def status(made: OrderGate, orderId: int, status: str, filled: float = 0, clientId: int = 1, permId: int = 0) -> None:
    made.status(orderId, status, filled, 0, 100.0, permId, 0, 100.0, clientId)


def error(made: OrderGate, orderId: int, code: int, text: str = "text") -> None:
    made.error(orderId, 0, code, text, "")


def details_of(asked: Any) -> list[Any]:
    symbol = {number: name for name, number in IDS.items()}.get(asked.conId, asked.symbol)
    return [SimpleNamespace(contract=told(symbol), priceMagnifier=1)]


@dataclass
class Who:
    accounts: list[str] = field(default_factory=lambda: [ACCOUNT])
    account: str = ACCOUNT
    client_id: int = 1


def gate(
    place: str = "here",
    now: Any = lambda: 0.0,
    clientId: int = 1,
    accounts: tuple[str, ...] = (ACCOUNT,),
    spelled: str | None = None,
    **limits: Any,
) -> OrderGate:
    made = OrderGate(now, Who(list(accounts), accounts[0], clientId), lambda: spelled)
    made.details_of = details_of
    made.join((place,))
    if limits:
        made.limits = OrderLimits(**limits)
    return made


def refused(made: OrderGate, *args: Any) -> str:
    with pytest.raises(SafetyError) as caught:
        made.check(*args)
    return str(caught.value)
