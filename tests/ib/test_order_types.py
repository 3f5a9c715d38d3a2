"""The client's rows, and the facts that stand on both sides of the seam, which share no code."""

from __future__ import annotations

import pytest

from ibnb.gateway.matching import order_types as gateway
from ibnb.ib.order_types import ORDER_TYPES, named

# What an argument of createOrder is called in an Order.
FIELDS = {"limit_price": "lmtPrice", "stop_price": "auxPrice"}


@pytest.mark.parametrize("name", gateway.ORDER_TYPES)
def test_both_sides_know_the_same_of_a_type(name: str) -> None:
    here, there = ORDER_TYPES[name], gateway.ORDER_TYPES[name]
    assert sorted(there.prices) == sorted(FIELDS[argument] for argument in here.needs)
    assert (here.token, here.trails) == (gateway.token(name), there.trails)
    # A type whose price has a limit rests in the book; one that costs no more than its limit does so from the start.
    assert there.limited == here.limit
    assert here.caps == (there.limited and not there.trails)


def test_both_sides_know_the_same_types() -> None:
    assert {"PEG PRI"} == set(ORDER_TYPES) - set(gateway.ORDER_TYPES) - gateway.NOT_SIMULATED
    assert {"TRAIL MIT", "TRAIL LIT"} == gateway.NOT_SIMULATED - set(ORDER_TYPES)


def test_a_cap_is_a_limit_and_what_is_needed_is_taken() -> None:
    for name, row in ORDER_TYPES.items():
        assert named(name.lower()) == name
        assert row.limit or not (row.caps or "limit_price" in row.needs), name
        assert row.stop or not (row.trails or "stop_price" in row.needs), name
