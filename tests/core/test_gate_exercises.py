"""An exercise of options, as the gate judges it: by the shares that it buys or sells."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from gates import (
    contract,
    details_of,
    error,
    fill,
    gate,
    order,
    position,
    refused,
    told,
)

from ibnb.core.gate import OrderLimits
from ibnb.errors import NotConnectedError, SafetyError
from ibnb.ib import api


def put(asked: Any) -> list[Any]:
    option = contract("AAPL", secType="OPT", conId=7, multiplier="100", strike=150.0, right="P")
    return [
        SimpleNamespace(contract=option, priceMagnifier=1, underSymbol="AAPL", underSecType="STK", underConId=265598)
    ]


def test_an_exercise_sells_what_is_held_and_counts_as_an_order() -> None:
    made = gate(allow_short=False, max_orders_per_minute=1)
    made.details_of = put
    position(made, told(), 250)

    def exercise(quantity: int, action: int = 1) -> None:
        made.check_exercise(1_000_001, contract(secType="OPT", conId=7), action, quantity, "")

    with pytest.raises(SafetyError, match="only 250 held"):
        exercise(3)
    exercise(3, action=2)
    exercise(2)
    with pytest.raises(SafetyError, match="at most 1 orders per minute"):
        exercise(1)
    made.limits = OrderLimits(allow_short=False)
    made.details_of = details_of
    assert "200 of them" in refused(made, 1, contract(), order(51, "SELL"))
    error(made, 1_000_001, 321, "refused")
    made.check(1, contract(), order(250, "SELL"))


@pytest.mark.parametrize("before", [None, OrderLimits(max_quantity=1000), OrderLimits(max_notional=1e6)])
def test_an_exercise_that_could_sell_short_counts_when_that_is_forbidden(before: OrderLimits | None) -> None:
    made = gate()
    made.limits, made.details_of = before, put
    made.check_exercise(1_000_001, contract(secType="OPT", conId=7), 1, 2, "")
    made.limits, made.details_of = OrderLimits(allow_short=False), details_of
    position(made, told(), 250)
    assert "200 of them" in refused(made, 1, contract(), order(51, "SELL"))
    made.check(1, contract(), order(50, "SELL"))


@pytest.mark.parametrize("limits", [None, OrderLimits(max_quantity=1000)])
def test_an_exercise_of_what_nobody_knows_passes_only_without_limits(limits: OrderLimits | None) -> None:
    made = gate()
    made.limits, made.details_of = limits, lambda asked: []
    if limits is None:
        made.check_exercise(1_000_001, contract(secType="OPT", conId=7), 1, 2, "")
        return
    with pytest.raises(SafetyError, match="names 0 instruments"):
        made.check_exercise(1_000_001, contract(secType="OPT", conId=7), 1, 2, "")


def test_what_an_exercise_sold_shows_in_the_position_and_what_an_order_sells_doesnt() -> None:
    made, puts = gate(allow_short=False), contract(secType="OPT", conId=7)
    position(made, told(), 350)
    position(made, puts, 5)
    made.check(1, contract(), order(60, "SELL"))
    made.details_of = put
    made.check_exercise(1_000_001, puts, 1, 2, "")
    made.details_of = details_of
    position(made, puts, 3)
    position(made, told(), 150)
    assert "only 150 held, 60 of them" in refused(made, 2, contract(), order(91, "SELL"))
    made.check(2, contract(), order(90, "SELL"))


@pytest.mark.parametrize("answered", [True, False])
def test_what_is_held_is_asked_for_where_messages_have_left_it_unclear(answered: bool) -> None:
    """Limits machine, world 44: what a position has in it, a purchase or an exercise, can't be told afterwards."""
    made, asked = gate(allow_short=False), []

    def ask() -> None:
        asked.append("positions")
        if not answered:
            raise NotConnectedError("not in a callback")
        position(made, told(), 130)

    made.ask_positions = ask
    position(made, told(), 100)
    made.check(1, contract(), order(30))
    made.prepare(contract())
    position(made, told(), 130)
    made.filled(api.NO_VALID_ID, told(), fill("BOT", 30))
    made.limits = OrderLimits(max_quantity=1)
    made.prepare(contract())
    assert asked == []
    made.limits = OrderLimits(allow_short=False)
    for _ in range(2):
        made.prepare(contract())
    assert len(asked) == (1 if answered else 2)
    made.check(2, contract(), order(130, "SELL"))


@pytest.mark.parametrize(("name", "value"), [("readonly", True), ("blocked", "the account isn't checked")])
def test_a_session_that_may_place_nothing_exercises_nothing(name: str, value: Any) -> None:
    made = gate()
    setattr(made, name, value)
    with pytest.raises(SafetyError, match="exerciseOptions refused"):
        made.check_exercise(1_000_001, contract(secType="OPT", conId=7), 1, 1, "")
