"""Exercises at the gate, and what left before there were limits."""

from __future__ import annotations

from typing import Any

import pytest
from gates import contract, details_of, error, gate, order, position, refused, told

from ibnb.core.limits import OrderLimits, exercise_of
from ibnb.errors import SafetyError
from tests.core.test_gate import put


@pytest.mark.parametrize(
    ("field", "value"), [("multiplier", "0"), ("multiplier", ""), ("strike", 0.0), ("right", ""), ("right", "X")]
)
def test_an_option_of_which_not_all_is_known_cant_be_exercised(field: str, value: Any) -> None:
    """A strike of 0 would make it worth nothing under max_notional. (Mutant of limits.py.)"""

    def told_less(asked: Any) -> list[Any]:
        [found] = put(asked)
        setattr(found.contract, field, value)
        return [found]

    with pytest.raises(SafetyError, match="multiplier, strike and right of the option aren't known"):
        exercise_of(1, contract(secType="OPT", conId=7), 1, 1, told_less)


@pytest.mark.parametrize("before", [None, OrderLimits(max_quantity=1000)])
def test_what_left_before_the_limits_were_set_counts_as_it_would_have(before: OrderLimits | None) -> None:
    made, puts = gate(allow_short=False), contract(secType="OPT", conId=7)
    position(made, told(), 400)
    made.limits = before
    made.check(1, told(), order(90, "SELL"))
    made.check(2, told(), order(10, "SELL"))
    made.details_of = put
    made.prepare(puts, exercised=True)
    made.check_exercise(1_000_001, puts, 1, 2, "")
    made.check_exercise(1_000_002, puts, 2, 1, "")
    made.details_of = details_of
    error(made, 2, 201)
    made.limits = OrderLimits(allow_short=False)
    assert "only 400 held, 290 of them" in refused(made, 3, contract(), order(111, "SELL"))
    made.check(3, contract(), order(110, "SELL"))


def test_a_group_that_isn_t_sent_after_all_counts_for_nothing_later() -> None:
    made = gate(allow_short=False)
    position(made, told(), 100)
    made.limits = None
    group = [(orderId, told(), order(50, "SELL")) for orderId in (1, 2)]
    made.check_group(group)
    made.check(*group[0])
    made.withdraw([1, 2])
    made.limits = OrderLimits(allow_short=False)
    made.check(3, contract(), order(100, "SELL"))


def test_what_can_t_be_read_passes_where_nothing_limits_it() -> None:
    made = gate()
    made.limits = None
    made.details_of = put
    for quantity in ("many", None, 1):
        made.check(1, told(), order(1, totalQuantity=quantity))
        made.check_exercise(1_000_001, contract(secType="OPT", conId=8), 1, quantity, "")


def test_a_guard_s_closing_orders_count_for_those_after_them() -> None:
    made = gate(allow_short=False)
    position(made, told(), 100)
    with made.open():
        made.check(1, told(), order(60, "SELL"))
    assert "only 100 held, 60 of them" in refused(made, 2, contract(), order(41, "SELL"))
