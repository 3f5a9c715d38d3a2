"""What a scenario may set: where real accounts differ."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.handlers.orders import enter_by_hand
from ibnb.gateway.handlers.registry import Refusal
from ibnb.gateway.scenario import OrderRules

from ..handlers.asking import AAPL, error
from ..handlers.trading import QUIET, Trader, told


def ruled(**rules: Any) -> Trader:
    return Trader(scenario=replace(QUIET, orders=OrderRules(**rules)))


def resting(trader: Trader, orderId: int, **fields: Any) -> list[Any]:
    return trader.place(orderId, **{"orderType": "LMT", "lmtPrice": 1.0, **fields})


def test_by_default_nothing_is_said_of_a_missing_time_in_force() -> None:
    assert "openOrder 1 PreSubmitted" == told(ruled().place(1))[0]


def test_a_change_may_come_too_early() -> None:
    trader = ruled(refuse_early_changes=True)
    resting(trader, 1)
    assert 2102 == error(resting(trader, 1, lmtPrice=2.0))[0]
    trader.wait(1)
    assert "openOrder 1 Submitted" == told(resting(trader, 1, lmtPrice=2.0))[0]


def test_fractions_of_shares_where_they_are_allowed() -> None:
    trader = ruled(fractional_shares=True)
    trader.place(1, quantity=0.5)
    assert "execDetails -1 1 BOT 0.5" == told(trader.wait(1))[0]
    assert 355 == error(trader.place(2, quantity=0.00001))[0]


def test_so_many_orders_per_contract_and_side() -> None:
    trader = ruled(active_orders=2)
    resting(trader, 1)
    resting(trader, 2)
    assert ["error 3 201", "openOrder 3 Inactive", "orderStatus 3 Inactive"] == told(resting(trader, 3))
    assert "openOrder 4 PreSubmitted" == told(resting(trader, 4, action="SELL", lmtPrice=900.0))[0]
    assert "openOrder 5 PreSubmitted" == told(resting(trader, 5, contract=replace(AAPL, symbol="MSFT")))[0]
    trader.cancel(1)
    trader.wait(1)
    assert "openOrder 6 PreSubmitted" == told(resting(trader, 6))[0]


def test_the_master_client_is_told_of_everybodys_orders() -> None:
    trader = ruled(master_client=9)
    master, third = Trader(trader.world, clientId=9), Trader(trader.world, clientId=3)
    trader.place(1)
    trader.wait(1)
    assert trader.said == master.said
    assert [] == third.said
    master.place(1)
    assert 2 == len(told(master.said[len(trader.said) :]))


@pytest.mark.parametrize(("allowed", "status"), [(False, "Submitted"), (True, "Cancelled")])
def test_whether_one_may_cancel_anothers_order(allowed: bool, status: str) -> None:
    trader = ruled(foreign_cancel=allowed)
    resting(trader, 7)
    trader.wait(1)
    other = Trader(trader.world, clientId=2)
    answers = other.cancel(7)
    assert ([] if allowed else ["error 7 10147"]) == told(answers)
    trader.wait(1)
    assert status == trader.status(7)


def test_other_working_orders_count_in_the_margin() -> None:
    for counts in (True, False):
        trader = ruled(count_pending=counts)
        power = trader.world.accounts.figures(trader.world.accounts.all()[0]).buyingPower
        limit = round(trader.quote().bid - 50, 2)
        size = int(power / trader.quote().ask * 0.7)
        assert "openOrder 1 PreSubmitted" == told(resting(trader, 1, quantity=size, lmtPrice=limit))[0]
        second = resting(trader, 2, quantity=size, lmtPrice=limit)
        if counts:
            assert "error 2 201" == told(second)[0]
            assert "CASH NEEDED FOR THIS ORDER AND OTHER PENDING ORDERS" in second[0].message
        else:
            assert "openOrder 2 PreSubmitted" == told(second)[0]


def test_of_a_group_only_one_order_counts() -> None:
    trader = ruled()
    power = trader.world.accounts.figures(trader.world.accounts.all()[0]).buyingPower
    limit = round(trader.quote().bid - 50, 2)
    size = int(power / trader.quote().ask * 0.7)
    for n in (1, 2, 3):
        placed = resting(trader, n, quantity=size, lmtPrice=limit, ocaGroup="one", ocaType=1)
        assert f"openOrder {n} PreSubmitted" == told(placed)[0]


# What may be changed


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tif": "IOC"}, None),
        ({"tif": "GTC"}, None),
        ({"quantity": 20}, None),
        ({"outsideRth": True}, None),
        ({"goodAfterTime": "20250611 12:00:00 US/Eastern"}, None),
        ({"tif": "FOK"}, 105),
        ({"tif": "OPG"}, 105),
        ({"account": "DU7"}, 105),
        ({"orderType": "MIT", "auxPrice": 1.0}, 329),
        ({"cashQty": 400.0}, None),
    ],
)
def test_what_may_be_changed(change: dict[str, Any], code: int | None) -> None:
    trader = ruled()
    resting(trader, 1)
    trader.wait(1)
    answers = resting(trader, 1, **change)
    if code is None:
        assert "openOrder 1 Submitted" == told(answers)[0]
    else:
        assert code == error(answers)[0]


def test_a_family_sent_again_before_it_is_transmitted_stays_a_family() -> None:
    trader = ruled()
    ask = trader.quote().ask
    trader.place(1, orderType="LMT", lmtPrice=1.0, transmit=False)
    trader.place(2, "SELL", orderType="LMT", lmtPrice=round(ask + 50, 2), parentId=1, transmit=False)
    trader.place(1, orderType="LMT", lmtPrice=round(ask + 1, 2), transmit=False)
    trader.place(3, "SELL", orderType="STP", auxPrice=round(ask - 50, 2), parentId=1)
    trader.wait(1)
    assert ["Filled", "Submitted", "PreSubmitted"] == [trader.status(n) for n in (1, 2, 3)]


def test_the_next_order_can_be_made_to_fail() -> None:
    trader = ruled()
    trader.world.orders.engine.refuse_next.append("No Trading Permission")
    messages = trader.place(1)
    assert ["error 1 201", "openOrder 1 Inactive", "orderStatus 1 Inactive"] == told(messages)
    assert "Order rejected - reason:No Trading Permission" == messages[0].message
    assert m.OpenOrderEnd() == trader.ask(m.ReqOpenOrders())[-1]
    assert "openOrder 2 PreSubmitted" == told(trader.place(2))[0]


# Orders entered by hand


def typed(trader: Trader, **fields: Any) -> int:
    order = m.Order(action="BUY", totalQuantity=Decimal(10), orderType="LMT", **{"lmtPrice": 1.0, **fields})
    return enter_by_hand(trader.world, AAPL, order)


def test_an_order_entered_by_hand_has_no_id_until_client_0_asks_for_it() -> None:
    trader = ruled()
    zero = Trader(trader.world, clientId=0)
    permId = typed(trader)
    trader.wait(1)
    assert [] == zero.said == trader.said
    assert ["openOrder 0 Submitted", "orderStatus 0 Submitted", "OpenOrderEnd"] == told(
        trader.ask(m.ReqAllOpenOrders())
    )
    assert ["OpenOrderEnd"] == told(trader.ask(m.ReqOpenOrders()))
    bound, *rest = zero.ask(m.ReqOpenOrders())
    assert m.OrderBound(permId=permId, clientId=0, orderId=-1) == bound
    assert ["openOrder -1 Submitted", "orderStatus -1 Submitted", "OpenOrderEnd"] == told(rest)
    assert ["orderStatus -1 PendingCancel"] == told(zero.cancel(-1))


def test_client_0_may_bind_what_is_entered_as_it_comes() -> None:
    zero = Trader(ruled().world, clientId=0)
    zero.ask(m.ReqAutoOpenOrders(bAutoBind=True))
    typed(zero)
    assert ["OrderBound", "openOrder -1 PreSubmitted", "orderStatus -1 PreSubmitted"] == told(zero.said)
    changed = zero.ask(
        m.PlaceOrder(
            orderId=-1,
            contract=AAPL,
            order=m.Order(action="BUY", totalQuantity=Decimal(10), orderType="LMT", lmtPrice=2.0),
        )
    )
    assert (-1, 2.0) == (changed[0].orderId, changed[0].order.lmtPrice)
    zero.ask(m.ReqAutoOpenOrders(bAutoBind=False))
    typed(zero)
    assert 2 == len([x for x in zero.ask(m.ReqAllOpenOrders()) if isinstance(x, m.OpenOrder)])


def test_completed_orders_of_the_api_only() -> None:
    trader = ruled()
    typed(trader, lmtPrice=900.0)
    trader.place(1)
    trader.wait(1)
    both, api = (
        [x for x in trader.ask(m.ReqCompletedOrders(apiOnly=only)) if isinstance(x, m.CompletedOrder)]
        for only in (False, True)
    )
    assert (2, 1) == (len(both), len(api))


def test_what_makes_no_sense_by_hand_is_refused_there() -> None:
    with pytest.raises(Refusal, match="110"):
        typed(ruled(), lmtPrice=1.001)
