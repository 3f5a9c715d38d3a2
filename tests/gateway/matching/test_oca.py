from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ibnb.gateway import messages as m

from ..handlers.asking import error
from ..handlers.trading import Trader, told

AAPL_ID = 265598


@pytest.fixture
def trader() -> Trader:
    return Trader()


def cents(price: float) -> float:
    return round(price, 2)


def bracket(trader: Trader, entry: float, profit: float, stop: float) -> list[Any]:
    """Parent 1, profit taker 2, stop 3; only the last is transmitted. Returns what each of the three caused."""
    return [
        trader.place(1, orderType="LMT", lmtPrice=cents(entry), transmit=False),
        trader.place(2, "SELL", orderType="LMT", lmtPrice=cents(profit), parentId=1, transmit=False),
        trader.place(3, "SELL", orderType="STP", auxPrice=cents(stop), parentId=1),
    ]


def test_a_bracket_is_silent_until_its_last_order_is_transmitted(trader: Trader) -> None:
    ask = trader.quote().ask
    first, second, third = bracket(trader, ask - 0.1, ask + 0.2, ask - 3)
    assert [] == first == second
    assert [
        "openOrder 1 PreSubmitted",
        "orderStatus 1 PreSubmitted",
        "openOrder 2 PreSubmitted",
        "orderStatus 2 PreSubmitted (child)",
        "openOrder 3 PreSubmitted",
        "orderStatus 3 PreSubmitted (child,trigger)",
    ] == told(third)
    parent, child = third[0].order, third[2].order
    assert (str(parent.permId), 3, 1) == (child.ocaGroup, child.ocaType, child.parentId)
    assert 1 == third[3].parentId


def test_its_children_wake_with_the_parents_fill_and_one_cancels_the_other(trader: Trader) -> None:
    ask = trader.quote().ask
    bracket(trader, ask + 1, ask + 0.1, ask - 60)
    assert [
        "openOrder 2 PreSubmitted",
        "orderStatus 2 PreSubmitted",
        "openOrder 3 PreSubmitted",
        "orderStatus 3 PreSubmitted (trigger)",
    ] == told(trader.wait_for(1, "Filled"))[-4:]
    messages = trader.wait_for(2, "Filled")
    assert [
        "openOrder 2 Submitted",
        "orderStatus 2 Submitted",
        "execDetails -1 2 SLD 10",
        "openOrder 2 Filled",
        "orderStatus 2 Filled",
        "commissionReport 1.00 USD",
        "openOrder 3 Cancelled",
        "orderStatus 3 Cancelled",
        "error 3 202",
    ] == [line.replace("1.06", "1.00") for line in told(messages)]
    assert Decimal(100) == trader.held(AAPL_ID)


def test_cancelling_the_parent_cancels_the_children(trader: Trader) -> None:
    bracket(trader, 1.0, 500.0, 0.5)
    trader.wait(1)
    trader.cancel(1)
    assert ["error 1 202", "error 2 202", "error 3 202"] == [
        line for line in told(trader.wait(1)) if line.startswith("error")
    ]
    assert ["Cancelled"] * 3 == [trader.status(n) for n in (1, 2, 3)]


def test_a_child_waits_for_a_parent_that_is_known_and_alive(trader: Trader) -> None:
    assert (10006, "Missing parent order.") == error(trader.place(5, parentId=4))
    assert 110 == error(trader.place(6, orderType="LMT", lmtPrice=1.001, transmit=False))[0]
    assert (135, "Can't find order with id =6") == error(trader.place(7, "SELL", parentId=6))


def test_children_of_a_rejected_parent_never_see_the_market(trader: Trader) -> None:
    trader.place(1, quantity=10_000_000, transmit=False)
    messages = trader.place(2, "SELL", quantity=10_000_000, orderType="LMT", lmtPrice=900.0, parentId=1)
    assert [
        "error 1 201",
        "openOrder 1 Inactive",
        "orderStatus 1 Inactive",
        "orderStatus 2 ApiCancelled",
        "error 2 202",
    ] == told(messages)


def test_an_order_not_transmitted_is_neither_told_nor_listed_until_it_is(trader: Trader) -> None:
    assert [] == trader.place(1, orderType="LMT", lmtPrice=1.0, transmit=False)
    assert [m.OpenOrderEnd()] == trader.ask(m.ReqOpenOrders())
    assert [] == trader.place(1, orderType="LMT", lmtPrice=1.5, transmit=False)
    sent = trader.place(1, orderType="LMT", lmtPrice=2.0)
    assert ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted"] == told(sent)
    assert 2.0 == sent[0].order.lmtPrice


def test_cancelling_an_order_not_transmitted_leaves_nothing(trader: Trader) -> None:
    trader.place(1, orderType="LMT", lmtPrice=1.0, transmit=False)
    assert ["orderStatus 1 ApiCancelled", "error 1 202"] == told(trader.cancel(1))
    assert [m.CompletedOrdersEnd()] == trader.ask(m.ReqCompletedOrders(apiOnly=True))


def test_of_a_group_the_first_fill_cancels_the_rest(trader: Trader) -> None:
    ask = trader.quote().ask
    trader.place(1, orderType="LMT", lmtPrice=1.0, ocaGroup="either", ocaType=1)
    trader.place(2, orderType="LMT", lmtPrice=cents(ask + 1), ocaGroup="either", ocaType=1)
    assert [
        "openOrder 2 Filled",
        "orderStatus 2 Filled",
        "commissionReport 1.00 USD",
        "openOrder 1 Cancelled",
        "orderStatus 1 Cancelled",
        "error 1 202",
    ] == told(trader.wait_for(2, "Filled"))[-6:]
    assert 10148 == error(trader.cancel(1))[0]


@pytest.mark.parametrize("tif", ["DAY", "IOC"])
def test_who_has_traded_in_part_is_not_cancelled_by_the_end_of_the_others(trader: Trader, tif: str) -> None:
    ask = trader.quote().ask
    trader.place(1, orderType="LMT", lmtPrice=1.0, ocaGroup="either", ocaType=1)
    trader.place(2, orderType="LMT", lmtPrice=2.0, ocaGroup="either", ocaType=1)
    trader.place(3, quantity=6000, orderType="LMT", lmtPrice=cents(ask + 1), ocaGroup="either", ocaType=1, tif=tif)
    said = told(trader.wait_for(3, "Filled"))
    assert [line for line in said if line.startswith("execDetails -1 3")][1:]
    assert [trader.status(n) for n in (1, 2, 3)] == ["Cancelled", "Cancelled", "Filled"]
