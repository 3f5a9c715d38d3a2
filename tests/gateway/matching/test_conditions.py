"""Orders that wait for conditions, or are cancelled by them: each type, on the lesson's path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.scenario import LESSON

from ..handlers.asking import AAPL, new_york
from ..handlers.trading import QUIET, Trader, told, trading_world

TSLA = replace(AAPL, symbol="TSLA")
NVDA = replace(AAPL, symbol="NVDA")
PLACED = ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted"]


@pytest.fixture
def trader() -> Trader:
    return Trader()


def conId(trader: Trader, contract: m.Contract) -> int:
    return trader.instrument(contract).conId


def on_price(trader: Trader, contract: m.Contract, price: float, **fields: Any) -> m.OrderCondition:
    return m.OrderCondition(type=1, conId=conId(trader, contract), exchange="SMART", price=price, **fields)


def at(text: str, **fields: Any) -> m.OrderCondition:
    return m.OrderCondition(type=3, time=f"20250611 {text} US/Eastern", **fields)


def filled_at(trader: Trader, *conditions: m.OrderCondition, **fields: Any) -> float:
    """Place a market order with these conditions; when was it filled?"""
    assert PLACED == told(trader.place(1, conditions=conditions, **fields))[:2]
    trader.wait_for(1, "Filled")
    return trader.world.clock.now() - LESSON.latency.fill


def test_a_price_of_another_contract_wakes_an_order(trader: Trader) -> None:
    # TSLA jumps by 5.8 % at 10:02.
    price = round(trader.quote(TSLA).last * 1.03, 2)
    assert new_york(11, 10, 2) == filled_at(trader, on_price(trader, TSLA, price))


def test_a_limit_order_goes_to_work_when_its_condition_holds(trader: Trader) -> None:
    condition = on_price(trader, TSLA, round(trader.quote(TSLA).last * 1.03, 2))
    trader.place(1, orderType="LMT", lmtPrice=1.0, conditions=(condition,))
    assert [] == trader.wait(119)
    assert ["openOrder 1 Submitted", "orderStatus 1 Submitted"] == told(trader.wait(2))


def test_a_price_below(trader: Trader) -> None:
    # NVDA falls by 6.9 % at 10:10, after a rise at 10:05.
    price = round(trader.quote(NVDA).last * 0.99, 2)
    woken = filled_at(trader, on_price(trader, NVDA, price, isMore=False))
    last = trader.world.market.seconds(trader.instrument(NVDA), LESSON.start, woken + 1).last
    assert (True, 1) == (last[-1] <= price, (last <= price).sum())


def test_a_time_wakes_an_order(trader: Trader) -> None:
    assert new_york(11, 10, 45) == filled_at(trader, at("10:45:00"))


def test_a_volume_wakes_an_order(trader: Trader) -> None:
    market, instrument = trader.world.market, trader.instrument(TSLA)
    level = market.day_stats(instrument, LESSON.start).volume + 1_000_000
    woken = filled_at(trader, m.OrderCondition(type=6, conId=instrument.conId, exchange="SMART", volume=level))
    assert market.day_stats(instrument, woken - 1).volume < level <= market.day_stats(instrument, woken).volume


def test_a_change_of_five_percent_wakes_an_order(trader: Trader) -> None:
    instrument, market = trader.instrument(TSLA), trader.world.market
    condition = m.OrderCondition(type=7, conId=instrument.conId, exchange="SMART", changePercent=3.0)
    woken = filled_at(trader, condition)
    close = market.previous_close(instrument, LESSON.start)
    change = (market.seconds(instrument, LESSON.start, woken + 1).last / close - 1) * 100
    assert (True, 1) == (change[-1] >= 3, (change >= 3).sum())


def test_a_trade_wakes_an_order(trader: Trader) -> None:
    condition = m.OrderCondition(type=5, secType="STK", exchange="SMART", symbol="TSLA")
    trader.place(1, conditions=(condition,))
    trader.wait(600)
    assert "PreSubmitted" == trader.status(1)
    trader.place(2, quantity=1, contract=TSLA)
    filled = [x.execution.orderId for x in trader.wait(1) if isinstance(x, m.ExecDetails)]
    assert [2, 1] == filled


def test_a_thin_cushion_wakes_an_order(trader: Trader) -> None:
    assert new_york(11, 10) == filled_at(trader, m.OrderCondition(type=4, percent=99, isMore=False)) // 60 * 60
    other = Trader()
    other.place(1, conditions=(m.OrderCondition(type=4, percent=1, isMore=False),))
    other.wait(3600)
    assert "PreSubmitted" == other.status(1)


def test_both_must_hold_or_either(trader: Trader) -> None:
    price = on_price(trader, TSLA, round(trader.quote(TSLA).last * 1.03, 2))
    assert new_york(11, 10, 15) == filled_at(trader, price, at("10:15:00"))
    assert new_york(11, 10, 2) == filled_at(
        Trader(), replace(price, isConjunctionConnection=False), at("10:15:00", isMore=True)
    )


def test_and_binds_more_strongly_than_or(trader: Trader) -> None:
    # 10:20, or 10:40 and 10:30
    conditions = (
        at("10:20:00", isConjunctionConnection=False),
        at("10:40:00", isConjunctionConnection=True),
        at("10:30:00"),
    )
    assert new_york(11, 10, 20) == filled_at(trader, *conditions)


def test_conditions_count_in_regular_hours_unless_told_otherwise() -> None:
    evening = trading_world(replace(QUIET, start=new_york(11, 18)))
    assert new_york(12, 9, 30) == filled_at(Trader(evening), at("18:30:00"), tif="GTC") // 60 * 60
    evening = trading_world(replace(QUIET, start=new_york(11, 18)))
    fields = {"orderType": "LMT", "lmtPrice": 900.0, "tif": "GTC", "outsideRth": True, "conditionsIgnoreRth": True}
    assert new_york(11, 18, 30) == filled_at(Trader(evening), at("18:30:00"), **fields)


def test_a_condition_may_cancel_an_order_that_works(trader: Trader) -> None:
    trader.place(1, orderType="LMT", lmtPrice=1.0, conditions=(at("10:20:00"),), conditionsCancelOrder=True)
    assert ["openOrder 1 Submitted", "orderStatus 1 Submitted"] == told(trader.wait(1))
    assert ["openOrder 1 Cancelled", "orderStatus 1 Cancelled", "error 1 202"] == told(trader.wait_for(1, "Cancelled"))
    assert new_york(11, 10, 20) == trader.world.clock.now()


def test_an_order_whose_conditions_never_hold_expires(trader: Trader) -> None:
    trader.place(1, conditions=(on_price(trader, AAPL, 9_999.0),))
    trader.wait_for(1, "Cancelled")
    assert new_york(11, 16) == trader.world.clock.now()


def test_changed_conditions_are_waited_for_anew(trader: Trader) -> None:
    trader.place(1, conditions=(at("15:00:00"),))
    trader.wait(60)
    (changed, _) = trader.place(1, conditions=(at("10:30:00"),))
    assert "20250611 10:30:00 US/Eastern" == changed.order.conditions[0].time
    trader.wait_for(1, "Filled")
    assert new_york(11, 10, 30) == trader.world.clock.now() // 60 * 60


def test_waiting_for_conditions_is_cheap(trader: Trader) -> None:
    trader.place(1, conditions=(on_price(trader, AAPL, 9_999.0),))
    assert trader.world.clock.run_until(new_york(11, 16)) < 30


def test_a_double_last_condition_wants_two_in_a_row(trader: Trader) -> None:
    price = round(trader.quote().ask + 0.15, 2)
    woken = filled_at(trader, on_price(trader, AAPL, price, triggerMethod=3))
    last = trader.world.market.seconds(trader.instrument(), LESSON.start, woken + 1).last
    hit = np.asarray(last >= price)
    assert hit[-2:].all()
    assert not (hit[:-2] & hit[1:-1]).any()
