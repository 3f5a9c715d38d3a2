"""What an order may say since 216 to 226: kept from the market, post-only, into the opening, exits attached to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec import NEWEST
from ibnb.gateway.scenario import BEGINNER, NEW_YORK, Scenario
from tests.gateway.handlers.asking import AAPL
from tests.gateway.handlers.trading import CODE, QUIET, Trader, told

PRE_MARKET = QUIET.at(datetime(2025, 6, 11, 9, 0, tzinfo=NEW_YORK).timestamp())


def trader_in(scenario: Scenario = QUIET) -> Trader:
    return Trader(scenario=scenario, version=NEWEST)


def change(trader: Trader, orderId: int, **fields: Any) -> list[Any]:
    working = trader.world.orders.find(1, orderId)
    assert working is not None
    order = replace(working.order, **{"permId": 0, **fields})
    return trader.ask(m.PlaceOrder(orderId=orderId, contract=AAPL, order=order))


# Deactivated (216)


def test_a_deactivated_order_is_told_as_inactive_and_trades_when_it_is_let_go() -> None:
    trader = trader_in()
    assert ["openOrder 1 Inactive", "orderStatus 1 Inactive"] == told(trader.place(1, deactivate=True))
    trader.wait(60)
    assert "Inactive" == trader.status(1)
    listed = trader.ask(m.ReqOpenOrders())
    assert ["openOrder 1 Inactive", "orderStatus 1 Inactive", "OpenOrderEnd"] == told(listed)
    assert listed[0].order.deactivate
    change(trader, 1, deactivate=False)
    trader.wait_for(1, "Filled")


def test_an_order_at_work_is_deactivated_and_its_price_passes_it_by() -> None:
    trader = trader_in()
    trader.place(1, orderType="LMT", lmtPrice=trader.quote().bid - 1)
    trader.wait(5)
    assert "Submitted" == trader.status(1)
    said = change(trader, 1, deactivate=True, lmtPrice=trader.quote().ask + 5)
    assert ["openOrder 1 Inactive", "orderStatus 1 Inactive"] == told(said)
    trader.wait(600)
    assert "Inactive" == trader.status(1)
    change(trader, 1, deactivate=False, lmtPrice=trader.quote().ask + 5)
    trader.wait_for(1, "Filled")


def test_a_deactivated_order_is_cancelled_and_ends_with_its_day() -> None:
    trader = trader_in()
    trader.place(1, deactivate=True)
    trader.place(2, deactivate=True)
    trader.cancel(1)
    trader.wait_for(1, "Cancelled")
    trader.wait_for(2, "Cancelled", hours=8)


def test_a_deactivated_exit_stays_behind_when_its_entry_trades() -> None:
    trader = trader_in()
    trader.place(1, transmit=False)
    trader.place(2, "SELL", orderType="LMT", lmtPrice=1.0, parentId=1, deactivate=True)
    trader.wait_for(1, "Filled")
    trader.wait(60)
    assert "Inactive" == trader.status(2)
    change(trader, 2, deactivate=False)
    trader.wait_for(2, "Filled")


# Post-only (216)


def test_a_post_only_order_rests_or_is_cancelled() -> None:
    trader = trader_in()
    trader.place(1, orderType="LMT", lmtPrice=trader.quote().ask + 1, postOnly=True)
    said = trader.wait_for(1, "Cancelled")
    assert not any(isinstance(each, m.ExecDetails) for each in said)
    [error] = [each for each in said if isinstance(each, m.ErrorMessage)]
    assert 202 == error.code
    assert "post-only" in error.message
    trader.place(2, orderType="LMT", lmtPrice=trader.quote().bid - 1, postOnly=True)
    trader.wait(5)
    assert "Submitted" == trader.status(2)


@pytest.mark.parametrize("fields", [{}, {"orderType": "LMT", "lmtPrice": 1.0, "tif": "IOC"}])
def test_post_only_is_for_limits_that_rest(fields: dict[str, Any]) -> None:
    assert ["error 1 321"] == told(trader_in().place(1, postOnly=True, **fields))


# Into the opening (216)


def test_an_order_that_may_be_there_before_the_opening_trades_at_its_price() -> None:
    trader = trader_in(PRE_MARKET)
    trader.place(1, allowPreOpen=True)
    trader.place(2)
    trader.place(3, allowPreOpen=True, ignoreOpenAuction=True)
    opens = datetime(2025, 6, 11, 9, 30, tzinfo=NEW_YORK).timestamp()
    for each in (1, 2, 3):
        trader.wait_for(each, "Filled")
    fills = {each.execution.orderId: each.execution for each in trader.said if isinstance(each, m.ExecDetails)}
    assert (opens, True, True) == (fills[1].time, fills[2].time > opens, fills[3].time > opens)
    assert trader.world.market.last_price(trader.instrument(), opens) == fills[1].price


def test_a_limit_that_the_opening_does_not_meet_stays() -> None:
    trader = trader_in(PRE_MARKET)
    trader.place(1, orderType="LMT", lmtPrice=trader.quote().bid - 20, allowPreOpen=True)
    trader.wait(3600)
    assert "Submitted" == trader.status(1)


# Attached (218)

ATTACHED: dict[str, Any] = {"slOrderId": 2, "slOrderType": "PRESET", "ptOrderId": 3, "ptOrderType": "PRESET"}


@pytest.mark.parametrize(("action", "way"), [("BUY", 1), ("SELL", -1)])
def test_exits_are_attached_at_the_presets_and_one_ends_the_other(action: str, way: int) -> None:
    trader = trader_in()
    entry = trader.quote().ask + way
    said = trader.place(1, action, orderType="LMT", lmtPrice=entry, **ATTACHED)
    stop, profit = (each for each in (trader.world.orders.find(1, n) for n in (2, 3)) if each is not None)
    assert ("STP", "LMT") == (stop.order.orderType, profit.order.orderType)
    for working, percent in ((stop, -1), (profit, 2)):
        assert {"BUY", "SELL"} - {action} == {working.order.action}
        price = working.order.auxPrice or working.order.lmtPrice
        assert entry * (1 + way * percent / 100) == pytest.approx(price, abs=0.01)
        assert (10, 1) == (working.order.totalQuantity, working.order.parentId)
    assert {"openOrder 1", "openOrder 2", "openOrder 3"} == {
        line.rpartition(" ")[0] for line in told(said) if line.startswith("openOrder")
    }
    assert [m.NextValidId(orderId=4)] == trader.ask(m.ReqIds())
    if way > 0:
        trader.wait_for(1, "Filled")
        change(trader, 3, lmtPrice=1.0)
        trader.wait_for(3, "Filled")
        assert "Cancelled" == trader.status(2)


def test_an_untransmitted_entry_holds_what_is_attached_and_takes_it_along() -> None:
    trader = trader_in()
    assert [] == trader.place(1, transmit=False, **ATTACHED)
    said = trader.place(1, **ATTACHED)
    assert 3 == sum(line.startswith("openOrder") for line in told(said))
    trader.cancel(1)


def test_a_new_tws_does_not_doubt_its_own_presets() -> None:
    """The profit taker may stand further from the market than precautions let a client's order."""
    trader = trader_in(BEGINNER)
    far = round(trader.quote().ask * 1.025, 2)
    said = trader.place(1, orderType="LMT", lmtPrice=far, tif="DAY", account=CODE, **ATTACHED)
    assert 3 == sum(line.startswith("openOrder") for line in told(said))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"slOrderType": "PRESET"}, 321),
        ({"slOrderId": 2, "slOrderType": "STP"}, 321),
        ({"slOrderId": 1, "slOrderType": "PRESET"}, 321),
        ({**ATTACHED, "ptOrderId": 2}, 321),
        ({**ATTACHED, "whatIf": True}, 321),
    ],
)
def test_what_can_not_be_attached_is_refused(fields: dict[str, Any], code: int) -> None:
    trader = trader_in()
    assert [f"error 1 {code}"] == told(trader.place(1, **fields))
    assert trader.world.orders.find(1, 2) is None


def test_an_attached_order_needs_an_id_that_was_not_used() -> None:
    trader = trader_in()
    trader.place(5, orderType="LMT", lmtPrice=1.0)
    assert ["error 6 103"] == told(trader.place(6, slOrderId=5, slOrderType="PRESET"))


def test_a_type_without_a_word_attaches_nothing() -> None:
    trader = trader_in()
    trader.place(1, slOrderId=2, slOrderType="None")
    assert trader.world.orders.find(1, 2) is None
    trader.wait_for(1, "Filled")


# 217, 226


@pytest.mark.parametrize("fields", [{"seekPriceImprovement": 1}, {"routeMarketableToBbo": True}])
def test_the_best_offer_is_what_there_is(fields: dict[str, Any]) -> None:
    trader = trader_in()
    trader.place(1, quantity=1, **fields)
    trader.wait_for(1, "Filled")


@pytest.mark.parametrize("overnight", [False, True])
def test_a_condition_may_hold_outside_regular_hours(overnight: bool) -> None:
    trader = trader_in(PRE_MARKET)
    soon = m.OrderCondition(type=3, isMore=True, time="20250611 09:05:00 US/Eastern")
    shared = {"outsideRth": True, "conditions": (soon,), "conditionsIncludeOvernight": overnight}
    trader.place(1, orderType="LMT", lmtPrice=trader.quote().bid - 20, **shared)
    trader.wait(600)
    working = trader.world.orders.find(1, 1)
    assert working is not None
    assert working.fulfilled is overnight
