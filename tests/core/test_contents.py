"""What TWS says of a contract, and what limits make of it: mutants of limits.py had survived."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from gates import contract, gate, order, refused

from ibnb.core.gate import OrderGate
from ibnb.errors import SafetyError


def knows(magnifier: int = 1, **fields: Any) -> Any:
    """A TWS that knows one instrument."""
    known = contract(**{"conId": 7, **fields})
    row = SimpleNamespace(
        contract=known, priceMagnifier=magnifier, underSymbol="AAPL", underSecType="STK", underConId=265598
    )
    return lambda asked: [row]


def unasked(asked: Any) -> list[Any]:
    raise AssertionError("nothing needs to be asked")


def test_a_limit_of_units_asks_nothing_about_an_order_of_units() -> None:
    made = gate(max_quantity=10)
    made.details_of = unasked
    made.check(1, contract("EURUSD", secType="CASH", conId=9), order(10))


@pytest.mark.parametrize("multiplier", ["0", "", "-1", "nan"])
def test_a_multiplier_that_is_none_bounds_no_value(multiplier: str) -> None:
    """With 0 any future was worth nothing, and passed."""
    made = gate(max_notional=1000.0)
    made.details_of = knows(secType="FUT", multiplier=multiplier)
    assert "TWS tells no multiplier of AAPL (FUT)" in refused(made, 1, contract(secType="FUT", conId=7), order())


def test_a_contract_without_a_currency_may_be_quoted_in_pence() -> None:
    made = gate(max_notional=1000.0)
    made.details_of = knows(magnifier=100, conId=7, currency="GBP")
    made.check(1, contract(currency=""), order(10, price=10_000.0))
    assert "its value of 1,100.00" in refused(made, 2, contract(currency=""), order(11, price=10_000.0))


def test_a_sum_of_money_buys_at_a_price_below_one() -> None:
    made = gate(max_quantity=10, price_of=lambda asked: 0.5)
    made.check(1, contract(), order(0, price=0.5, cashQty=5.0))
    assert "at most 10 units" in refused(made, 2, contract(), order(0, price=0.5, cashQty=5.5))


def exercise(made: OrderGate, quantity: int = 1) -> None:
    made.check_exercise(1_000_001, contract(secType="OPT", conId=7), 1, quantity, "")


OPTION = {"secType": "OPT", "multiplier": "100", "strike": 150.0, "right": "P"}


@pytest.mark.parametrize("unknown", [{"multiplier": "0"}, {"multiplier": ""}, {"strike": 0.0}, {"right": "?"}])
def test_an_exercise_needs_to_be_known_whole(unknown: dict[str, Any]) -> None:
    made = gate(max_notional=1e9)
    made.details_of = knows(**{**OPTION, **unknown})
    with pytest.raises(SafetyError, match="multiplier, strike and right of the option aren't known"):
        exercise(made)


@pytest.mark.parametrize(
    ("of", "worth"),
    [
        ({"strike": 0.5}, 50.0),
        ({"multiplier": "1"}, 150.0),
        ({"strike": 15_000.0, "magnifier": 100}, 15_000.0),
        ({"right": "CALL"}, 15_000.0),
    ],
)
def test_an_exercise_is_worth_the_strike_of_all_its_shares(of: dict[str, Any], worth: float) -> None:
    made = gate(max_notional=2 * worth)
    made.details_of = knows(**{**OPTION, **of})
    exercise(made, 2)
    with pytest.raises(SafetyError, match=f"its value of {3 * worth:,.2f}"):
        exercise(made, 3)
