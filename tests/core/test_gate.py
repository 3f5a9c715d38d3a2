from __future__ import annotations

from typing import Any

import pytest

from ibnb.core.gate import OrderGate, OrderLimits, is_paper
from ibnb.errors import SafetyError
from ibnb.ib import api


def contract(symbol: str = "AAPL", **fields: Any) -> Any:
    made = api.Contract()
    made.symbol, made.secType, made.exchange, made.currency = symbol, "STK", "SMART", "USD"
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def order(quantity: float = 1, action: str = "BUY", price: float | None = 100.0) -> Any:
    made = api.Order()
    made.action, made.totalQuantity = action, api.to_decimal(quantity)
    made.orderType = "MKT" if price is None else "LMT"
    if price is not None:
        made.lmtPrice = price
    return made


def gate(now: Any = lambda: 0.0, **limits: Any) -> OrderGate:
    made = OrderGate(now)
    made.limits = OrderLimits(**limits)
    return made


def refused(made: OrderGate, *args: Any) -> str:
    with pytest.raises(SafetyError) as caught:
        made.check(*args)
    return str(caught.value)


@pytest.mark.parametrize(
    ("account", "paper"), [("DU1234567", True), ("DF123", True), ("du1", True), ("U1234567", False), ("F123", False)]
)
def test_the_account_code_decides(account: str, paper: bool) -> None:
    assert paper == is_paper(account)


@pytest.mark.parametrize("name", ["max_quantity", "max_notional", "max_orders_per_minute"])
@pytest.mark.parametrize("value", [0, -5, float("nan")])
def test_a_limit_that_isnt_one_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must be above 0"):
        OrderLimits(**{name: value})


def test_symbols_must_be_a_collection() -> None:
    with pytest.raises(ValueError, match="collection"):
        OrderLimits(symbols="AAPL")
    assert frozenset({"AAPL"}) == OrderLimits(symbols={"aapl"}).symbols


def test_quantity_and_symbols() -> None:
    made = gate(max_quantity=10, symbols={"AAPL", "NVDA"})
    made.check(1, contract(), order(10))
    assert "order 2 (BUY 11 AAPL) refused: at most 10 units per order" == refused(made, 2, contract(), order(11))
    assert "only AAPL, NVDA may be traded" in refused(made, 3, contract("TSLA"), order(1))


@pytest.mark.parametrize(
    ("fields", "made_order", "value"),
    [
        ({}, order(11), "1,100.00"),
        ({"multiplier": "100"}, order(1, price=20.0), "2,000.00"),
        ({}, order(11, price=-100.0), "1,100.00"),
    ],
)
def test_notional(fields: dict[str, Any], made_order: Any, value: str) -> None:
    made = gate(max_notional=1000)
    made.check(1, contract(), order(10))
    assert f"its value of {value} is above 1,000.00" in refused(made, 2, contract(**fields), made_order)


def test_a_market_order_needs_a_price_to_be_judged() -> None:
    assert "without a price" in refused(gate(max_notional=1000), 1, contract(), order(1, price=None))
    made = gate(max_notional=1000, price_of=lambda contract: 300.0)
    made.check(1, contract(), order(3, price=None))
    assert "1,200.00" in refused(made, 2, contract(), order(4, price=None))


def test_a_cash_quantity_counts_as_value() -> None:
    made_order = order(0, price=None)
    made_order.cashQty = 5000.0
    assert "5,000.00" in refused(gate(max_notional=1000), 1, contract(), made_order)


def test_orders_per_minute_follow_the_sessions_clock() -> None:
    clock = [0.0]
    made = gate(lambda: clock[0], max_orders_per_minute=2)
    made.check(1, contract(), order())
    clock[0] = 30
    made.check(2, contract(), order())
    assert "at most 2 orders per minute" in refused(made, 3, contract(), order())
    clock[0] = 60
    made.check(3, contract(), order())


def test_selling_short_is_judged_by_what_is_known() -> None:
    made = gate(allow_short=False)
    sell = order(5, "SELL")
    assert "no position is known; call getPositions() first" in refused(made, 1, contract(), sell)
    made.position(contract(conId=265598), 8)
    made.check(1, contract(), sell)
    assert "only 8 held, 5 of them already being sold" in refused(made, 2, contract(), sell)
    made.check(1, contract(), order(8, "SELL"))  # a modification replaces the order
    made.status(1, "Cancelled", 8)
    made.check(3, contract(), order(8, "SELL"))
    assert "selling short" in refused(made, 4, contract(), order(1, "SSHORT"))
    made.check(5, contract(), order(1000))


def test_fills_change_what_is_held_at_once() -> None:
    made = gate(allow_short=False)
    made.position(contract(conId=1), 10)
    made.check(1, contract(), order(10, "SELL"))
    made.filled(contract(conId=1), "SLD", 10)
    made.status(1, "Filled", 0)
    assert "only 0 held" in refused(made, 2, contract(), order(1, "SELL"))
    made.filled(contract(conId=1), "BOT", 3)
    made.check(3, contract(), order(3, "SELL"))


def test_a_block_stops_every_order_with_its_reason() -> None:
    made = OrderGate(lambda: 0.0)
    made.check(1, contract(), order())
    assert not made.armed
    made.blocked = "the loss limit was reached"
    assert "placeOrder refused: the loss limit was reached" == refused(made, 2, contract(), order())
