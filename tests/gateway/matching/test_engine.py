"""Orders that fill in parts, and what that means for brackets and groups."""

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


def stage(trader: Trader, *sizes: int) -> None:
    """The next fills trade no more than this."""
    trader.world.orders.engine.next_fills.extend(Decimal(size) for size in sizes)


def executions(messages: list[Any]) -> list[m.Execution]:
    return [message.execution for message in messages if isinstance(message, m.ExecDetails)]


def test_a_staged_fault_fills_an_order_in_parts(trader: Trader) -> None:
    stage(trader, 3, 2)
    trader.place(1)
    assert [
        "execDetails -1 1 BOT 3",
        "openOrder 1 Submitted",
        "orderStatus 1 Submitted",
        "commissionReport 1.00 USD",
        "execDetails -1 1 BOT 2",
        "openOrder 1 Submitted",
        "orderStatus 1 Submitted",
        "commissionReport 0.00 USD",
        "execDetails -1 1 BOT 5",
        "openOrder 1 Filled",
        "orderStatus 1 Filled",
        "commissionReport 0.00 USD",
    ] == told(trader.wait(3))
    assert [(3, 7), (5, 5), (10, 0)] == [(s.filled, s.remaining) for s in trader.said if isinstance(s, m.OrderStatus)][
        1:
    ]
    assert [3, 5, 10] == [x.cumQty for x in executions(trader.said)]


def test_what_an_immediate_order_cant_fill_at_once_is_cancelled(trader: Trader) -> None:
    stage(trader, 4)
    trader.place(1, orderType="LMT", lmtPrice=900.0, tif="IOC")
    messages = trader.wait(1)
    assert ["openOrder 1 Cancelled", "orderStatus 1 Cancelled", "error 1 202"] == told(messages)[-3:]
    assert (4, 6) == (messages[-2].filled, messages[-2].remaining)


def test_all_or_nothing_is_nothing_when_all_isnt_there(trader: Trader) -> None:
    stage(trader, 4)
    trader.place(1, orderType="LMT", lmtPrice=900.0, tif="FOK")
    assert [] == executions(trader.wait(1))
    assert "Cancelled" == trader.status(1)


# Brackets


def bracket(trader: Trader, quantity: int = 100) -> None:
    """A marketable parent; a profit taker that fills at once, too, and a stop far away."""
    ask = trader.quote().ask
    trader.place(1, quantity=quantity, orderType="LMT", lmtPrice=cents(ask + 5), transmit=False)
    exits = {"quantity": quantity, "parentId": 1}
    trader.place(2, "SELL", orderType="LMT", lmtPrice=cents(ask - 5), transmit=False, **exits)
    trader.place(3, "SELL", orderType="STP", auxPrice=cents(ask - 60), **exits)


def order(trader: Trader, orderId: int) -> Any:
    found = trader.world.orders.find(1, orderId)
    assert found is not None
    return found


def test_children_are_at_work_for_what_their_parent_has_filled(trader: Trader) -> None:
    stage(trader, 40)
    bracket(trader)
    trader.wait(0.9)
    assert (40, 40, 60) == (order(trader, 1).filled, order(trader, 2).filled, order(trader, 2).remaining)
    assert "Submitted" == trader.status(2)
    assert 60 == order(trader, 3).order.totalQuantity
    trader.wait(10)
    assert ("Filled", "Filled", "Cancelled") == tuple(trader.status(n) for n in (1, 2, 3))
    assert Decimal(100) == trader.held(AAPL_ID)


def test_a_parent_cancelled_half_way_leaves_its_part_protected(trader: Trader) -> None:
    ask = trader.quote().ask
    stage(trader, 40)
    trader.place(1, quantity=100, orderType="LMT", lmtPrice=cents(ask + 1), transmit=False)
    exits = {"quantity": 100, "parentId": 1}
    trader.place(2, "SELL", orderType="LMT", lmtPrice=cents(ask + 60), transmit=False, **exits)
    trader.place(3, "SELL", orderType="STP", auxPrice=cents(ask - 60), **exits)
    trader.wait(0.2)
    trader.cancel(1)
    trader.wait(0.2)
    assert ["Cancelled", "Submitted", "PreSubmitted"] == [trader.status(n) for n in (1, 2, 3)]
    assert [40, 40] == [order(trader, n).order.totalQuantity for n in (2, 3)]


def test_a_child_sells_no_more_than_its_parent_has_bought(trader: Trader) -> None:
    stage(trader, 10, 10, 10)
    bracket(trader)
    for _ in range(30):
        trader.wait(0.1)
        assert order(trader, 2).filled + order(trader, 3).filled <= order(trader, 1).filled


def test_of_a_group_a_part_reduces_the_others(trader: Trader) -> None:
    ask = trader.quote().ask
    stage(trader, 25)
    trader.place(1, quantity=100, orderType="LMT", lmtPrice=1.0, ocaGroup="g", ocaType=2)
    trader.place(2, quantity=100, orderType="LMT", lmtPrice=cents(ask + 1), ocaGroup="g", ocaType=2)
    assert ["openOrder 1 Submitted", "orderStatus 1 Submitted"] == told(trader.wait(0.2))[-2:]
    assert 75 == order(trader, 1).order.totalQuantity
    assert 10327 == error(trader.place(1, quantity=75, orderType="LMT", lmtPrice=2.0, ocaGroup="g", ocaType=1))[0]
