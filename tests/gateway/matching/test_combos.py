"""Combinations: several contracts as one order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ibnb.gateway import messages as m

from ..handlers.asking import AAPL, error
from ..handlers.trading import Trader, told

MSFT = replace(AAPL, symbol="MSFT")


@pytest.fixture
def trader() -> Trader:
    return Trader()


def pair(trader: Trader, **fields: Any) -> m.Contract:
    """Two AAPL bought for each MSFT sold."""
    apple, micro = trader.instrument(AAPL).conId, trader.instrument(MSFT).conId
    legs = (
        m.ComboLeg(conId=apple, ratio=2, action="BUY", exchange="SMART"),
        m.ComboLeg(conId=micro, ratio=1, action="SELL", exchange="SMART"),
    )
    given = {"symbol": "AAPL,MSFT", "secType": "BAG", "exchange": "SMART", "currency": "USD", "comboLegs": legs}
    return m.Contract(**{**given, **fields})


def test_a_combination_trades_its_legs_at_their_quotes(trader: Trader) -> None:
    apple, micro = trader.instrument(AAPL).conId, trader.instrument(MSFT).conId
    before = trader.held(apple), trader.held(micro)
    placed = trader.place(1, contract=pair(trader))
    assert ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted"] == told(placed)
    assert f"{apple}|2,{micro}|-1" == placed[0].contract.comboLegsDescrip
    messages = trader.wait(1)
    assert [
        "execDetails -1 1 BOT 10",
        "execDetails -1 1 BOT 20",
        "execDetails -1 1 SLD 10",
        "openOrder 1 Filled",
        "orderStatus 1 Filled",
        "commissionReport 1.00 USD",
    ] == told(messages)[:6]
    whole, first, second = (x.execution for x in messages[:3])
    assert ["BAG", "STK", "STK"] == [x.contract.secType for x in messages[:3]]
    market = trader.world.market
    assert market.quote(trader.instrument(AAPL), whole.time).ask == first.price
    assert market.quote(trader.instrument(MSFT), whole.time).bid == second.price
    assert whole.price == pytest.approx(2 * first.price - second.price)
    assert whole.price == messages[4].avgFillPrice
    assert (before[0] + 20, before[1] - 10) == (trader.held(apple), trader.held(micro))
    assert 3 == len({x.execution.execId for x in messages[:3]})


def test_a_combinations_limit_may_be_below_zero(trader: Trader) -> None:
    now = 2 * trader.quote(AAPL).ask - trader.quote(MSFT).bid
    assert now < 0
    trader.place(1, orderType="LMT", lmtPrice=round(now - 0.10, 2), contract=pair(trader))
    execution = trader.wait_for(1, "Filled")[2].execution
    assert execution.price <= round(now - 0.10, 2)


def test_a_combination_is_sold_the_other_way_round(trader: Trader) -> None:
    trader.place(1, "SELL", contract=pair(trader))
    messages = trader.wait(1)
    assert ["execDetails -1 1 SLD 10", "execDetails -1 1 SLD 20", "execDetails -1 1 BOT 10"] == told(messages)[:3]
    whole, first, second = (x.execution for x in messages[:3])
    assert whole.price == pytest.approx(2 * first.price - second.price)


def test_a_combinations_margin_is_that_of_its_legs(trader: Trader) -> None:
    (answer,) = trader.place(1, contract=pair(trader), whatIf=True)
    apple = trader.quote(AAPL).ask
    # 20 AAPL more at a quarter, 10 of the MSFT held fewer.
    change = 20 * apple * 0.25 - 10 * trader.quote(MSFT).bid * 0.25
    assert change == pytest.approx(answer.orderState.initMarginChange, abs=20)
    assert 2.0 <= answer.orderState.commission < 2.5


@pytest.mark.parametrize(
    ("contract", "order", "code"),
    [
        ({"comboLegs": ()}, {}, 478),
        (
            {"comboLegs": (m.ComboLeg(conId=1, ratio=1, action="BUY"), m.ComboLeg(conId=2, ratio=1, action="BUY"))},
            {},
            200,
        ),
        ({"comboLegs": (m.ComboLeg(conId=265598, ratio=0, action="BUY", exchange="SMART"),)}, {}, 321),
        ({}, {"orderType": "STP", "auxPrice": 1.0}, 387),
        ({}, {"conditions": (m.OrderCondition(type=4, percent=1),)}, 402),
    ],
)
def test_a_wrong_combination_is_refused(
    trader: Trader, contract: dict[str, Any], order: dict[str, Any], code: int
) -> None:
    assert code == error(trader.place(1, contract=pair(trader, **contract), **order))[0]


def test_a_combination_can_be_changed_but_not_its_legs(trader: Trader) -> None:
    order = {"orderType": "LMT", "lmtPrice": -900.0}
    trader.place(1, contract=pair(trader), **order)
    trader.wait(1)
    assert "openOrder 1 Submitted" == told(trader.place(1, contract=pair(trader), orderType="LMT", lmtPrice=-800.0))[0]
    legs = pair(trader).comboLegs
    other = pair(trader, comboLegs=(legs[0], replace(legs[1], ratio=3)))
    assert 105 == error(trader.place(1, contract=other, **order))[0]


def test_a_combinations_executions_are_listed_with_their_commissions(trader: Trader) -> None:
    trader.place(1, contract=pair(trader))
    trader.wait(1)
    kinds = [line.split()[0] for line in told(trader.ask(m.ReqExecutions(reqId=5)))]
    assert ["execDetails", "execDetails", "commissionReport"] == kinds[:3]
    assert [Decimal(10), Decimal(20), Decimal(10)] == [
        f.details.execution.shares for f in trader.world.orders.engine.fills
    ]


def legs_of(messages: list[Any]) -> list[m.Execution]:
    """What the legs of the one combination that filled traded at."""
    return [x.execution for x in messages if isinstance(x, m.ExecDetails) and x.contract.secType != "BAG"]


def test_a_price_per_leg_is_a_limit_of_each_leg(trader: Trader) -> None:
    """foreign_clients 5: IB's ComboLimitOrder with leg prices. Both legs must be as good as their own prices."""
    apple, micro = trader.quote(AAPL), trader.quote(MSFT)
    prices = (round(apple.ask + 0.01, 2), round(micro.bid - 0.01, 2))
    placed = trader.place(1, orderType="LMT", orderComboLegs=prices, contract=pair(trader))
    assert prices == placed[0].order.orderComboLegs
    first, second = legs_of(trader.wait_for(1, "Filled"))
    assert first.price <= prices[0]
    assert second.price >= prices[1]


def test_a_leg_that_isnt_reached_keeps_the_whole_combination_waiting(trader: Trader) -> None:
    apple, micro = trader.quote(AAPL), trader.quote(MSFT)
    # Together they'd be reached at once: the first by a dollar, the second not by five cents.
    prices = (round(apple.ask + 1.00, 2), round(micro.bid + 0.05, 2))
    assert 2 * apple.ask - micro.bid < 2 * prices[0] - prices[1]
    trader.place(1, orderType="LMT", orderComboLegs=prices, contract=pair(trader))
    trader.wait(0.5)
    assert "Submitted" == trader.status(1)
    _, second = legs_of(trader.wait_for(1, "Filled"))
    assert second.price >= prices[1]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"orderType": "MKT", "orderComboLegs": (1.0, 2.0)}, 321),
        ({"orderType": "LMT", "orderComboLegs": (1.0, None)}, 321),
        ({"orderType": "LMT", "orderComboLegs": (1.0,)}, 321),
        ({"orderType": "LMT", "orderComboLegs": (1.001, 2.0)}, 110),
    ],
)
def test_prices_per_leg_that_make_no_sense(trader: Trader, fields: dict[str, Any], code: int) -> None:
    assert code == error(trader.place(1, contract=pair(trader), **fields))[0]
