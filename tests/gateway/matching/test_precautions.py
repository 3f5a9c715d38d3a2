"""market 15: the first thing that a beginner meets on a new paper TWS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ibnb.gateway import Gateway
from ibnb.gateway import messages as m
from ibnb.gateway.scenario import BEGINNER, OrderRules, Precautions

from ..handlers.trading import Trader, told, trading_world


def cents(price: float) -> float:
    return round(price, 2)


def trader_with(**settings: Any) -> Trader:
    none = Precautions(percent=None, ticks=None, size=None, through=None)
    return Trader(trading_world(replace(BEGINNER, orders=OrderRules(precautions=replace(none, **settings)))))


def errors(messages: list[Any]) -> list[tuple[int, str]]:
    return [(x.code, x.message) for x in messages if isinstance(x, m.ErrorMessage)]


def test_a_beginners_tws_asks_whether_a_price_is_meant() -> None:
    trader = Trader(trading_world(BEGINNER))
    ask = trader.quote().ask
    for limit in (2000.0, cents(ask * 1.04), cents(ask * 0.96)):
        [(code, text)] = errors(trader.place(trader.world.orders.next_valid_id(1), orderType="LMT", lmtPrice=limit))
        assert code == 163
        assert text.startswith('The following order "ID:')
        assert "price exceeds the Percentage constraint of 3%.\nRestriction is specified in Precautionary" in text
    assert not errors(trader.place(9, orderType="LMT", lmtPrice=cents(ask * 0.98)))


def test_and_whether_a_size_is() -> None:
    trader = Trader(trading_world(BEGINNER))
    [(code, text)] = errors(trader.place(1, quantity=501))
    assert (code, '"ID:1" size exceeds the Size Limit of 500.' in text) == (383, True)
    assert not errors(trader.place(2, quantity=500))


def test_a_limit_may_be_so_many_steps_away() -> None:
    trader = trader_with(ticks=10)
    bid = trader.quote().bid
    assert [382] == [code for code, _ in errors(trader.place(1, "SELL", orderType="LMT", lmtPrice=cents(bid + 0.11)))]
    assert not errors(trader.place(2, "SELL", orderType="LMT", lmtPrice=cents(bid + 0.10)))


@pytest.mark.parametrize(("action", "limit"), [("BUY", 2000.0), ("SELL", 1.0)])
def test_a_price_check_cancels_what_is_too_far_through_the_market(action: str, limit: float) -> None:
    trader = trader_with(through=10)
    messages = trader.place(1, action, orderType="LMT", lmtPrice=limit)
    assert ["openOrder 1 Cancelled", "orderStatus 1 Cancelled", "error 1 202"] == told(messages)[-3:]
    assert (
        f"at the limit price {limit:g} you selected because it is too far through the market" in errors(messages)[0][1]
    )
    assert not [x for x in trader.wait(1) if isinstance(x, m.ExecDetails)]


def test_one_that_waits_far_from_the_market_is_none() -> None:
    assert not errors(trader_with(through=10).place(1, orderType="LMT", lmtPrice=1.0))


def test_a_change_that_is_refused_keeps_the_order() -> None:
    trader = Trader(trading_world(BEGINNER))
    limit = cents(trader.quote().bid * 0.99)
    trader.place(1, orderType="LMT", lmtPrice=limit)
    trader.wait(1)
    for fields in ({"lmtPrice": 50.0}, {"lmtPrice": limit, "quantity": 900}):
        assert errors(trader.place(1, orderType="LMT", **fields))
    order = trader.world.orders.find(1, 1)
    assert (order.status, order.order.lmtPrice, order.order.totalQuantity) == ("Submitted", limit, 10)


def test_the_lesson_has_no_precautions_and_the_scenario_is_known_by_name() -> None:
    assert not errors(Trader().place(1, quantity=501, orderType="LMT", lmtPrice=900.0))
    with Gateway("beginner") as gateway:
        assert gateway.inspect(lambda world: world.scenario) == BEGINNER
