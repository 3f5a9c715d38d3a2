"""Every order type beyond MKT, LMT and stops, message by message, on the lesson's path."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.market import Seconds
from ibnb.gateway.scenario import LESSON

from ..handlers.asking import AAPL, EURUSD, new_york
from ..handlers.trading import QUIET, Trader, told, trading_world

PLACED = ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted"]
HELD = ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted (trigger)"]
SUBMITTED = ["openOrder 1 Submitted", "orderStatus 1 Submitted"]
BOUGHT = ["execDetails -1 1 BOT 10", "openOrder 1 Filled", "orderStatus 1 Filled", "commissionReport 1.00 USD"]
SOLD = ["execDetails -1 1 SLD 10", "openOrder 1 Filled", "orderStatus 1 Filled"]
CANCELLED = ["openOrder 1 Cancelled", "orderStatus 1 Cancelled", "error 1 202"]


@pytest.fixture
def trader() -> Trader:
    return Trader()


def cents(price: float) -> float:
    return round(price, 2)


def path(trader: Trader, start: float, end: float, contract: m.Contract = AAPL) -> Seconds:
    return trader.world.market.seconds(trader.instrument(contract), start // 1, end // 1 + 1)


# Trailing stops


def test_a_trailing_stop_follows_the_best_price_and_sells_when_the_price_falls_back_to_it(trader: Trader) -> None:
    placed = trader.place(1, "SELL", orderType="TRAIL", auxPrice=0.50)
    assert HELD == told(placed)
    messages = trader.wait_for(1, "Filled")
    assert [*SUBMITTED, *SOLD] == told(messages)[:5]
    woken = messages[2].execution.time - LESSON.latency.fill
    last = path(trader, LESSON.start, woken).last
    stops = np.round(np.maximum.accumulate(last) - 0.50, 2)
    assert last[-1] <= stops[-1]
    assert (last[:-1] > stops[:-1]).all()
    assert stops[-1] == messages[0].order.trailStopPrice
    assert stops[-1] > stops[0]


def test_a_trailing_stop_to_buy_follows_downwards(trader: Trader) -> None:
    trader.place(1, orderType="TRAIL", trailingPercent=0.3)
    messages = trader.wait_for(1, "Filled")
    woken = messages[2].execution.time - LESSON.latency.fill
    last = path(trader, LESSON.start, woken).last
    stops = np.round(np.minimum.accumulate(last) * 1.003, 2)
    assert last[-1] >= stops[-1]
    assert (last[:-1] < stops[:-1]).all()


def test_a_trailing_stop_begins_where_it_is_told_to(trader: Trader) -> None:
    stop = cents(trader.quote().bid - 0.2)
    placed = trader.place(1, "SELL", orderType="TRAIL", auxPrice=50.0, trailStopPrice=stop)
    assert stop == placed[0].order.trailStopPrice
    messages = trader.wait_for(1, "Filled")
    woken = messages[2].execution.time - LESSON.latency.fill
    last = path(trader, LESSON.start, woken).last
    assert last[-1] <= stop
    assert (last[:-1] > stop).all()


def test_where_a_trailing_stop_stands_is_told_when_asked(trader: Trader) -> None:
    trader.place(1, "SELL", orderType="TRAIL", auxPrice=20.0)
    trader.wait(1000)
    (opened, _, _) = trader.ask(m.ReqOpenOrders())
    best = path(trader, LESSON.start, LESSON.start + 1000).last.max()
    assert cents(best - 20) == opened.order.trailStopPrice


def test_a_trail_can_be_tightened_and_never_goes_back(trader: Trader) -> None:
    trader.place(1, "SELL", orderType="TRAIL", auxPrice=20.0)
    trader.wait(700)
    best = path(trader, LESSON.start, LESSON.start + 700).last.max()
    (changed, _) = trader.place(1, "SELL", orderType="TRAIL", auxPrice=10.0)
    assert cents(best - 20) == changed.order.trailStopPrice
    trader.wait(5)
    (opened, _, _) = trader.ask(m.ReqOpenOrders())
    now = path(trader, LESSON.start + 700, LESSON.start + 705).last.max()
    assert cents(max(best - 20, now - 10)) == opened.order.trailStopPrice


def test_a_trailing_stop_limit_turns_into_a_limit_order_at_its_offset(trader: Trader) -> None:
    assert HELD == told(trader.place(1, "SELL", orderType="TRAIL LIMIT", auxPrice=0.50, lmtPriceOffset=0.10))
    messages = trader.wait_for(1, "Submitted")
    assert SUBMITTED == told(messages)
    order = messages[0].order
    assert cents(order.trailStopPrice - 0.10) == order.lmtPrice
    execution = trader.wait_for(1, "Filled")[0].execution
    assert execution.price >= order.lmtPrice


def test_a_trailing_stop_limits_offset_may_be_given_by_its_limit(trader: Trader) -> None:
    stop = cents(trader.quote().bid - 1)
    fields = {"auxPrice": 1.0, "trailStopPrice": stop, "lmtPrice": cents(stop - 0.25)}
    (opened, _) = trader.place(1, "SELL", orderType="TRAIL LIMIT", **fields)
    assert 0.25 == pytest.approx(opened.order.lmtPriceOffset)


# Stops that become others


def test_a_stop_becomes_a_trailing_one_when_the_price_is_good(trader: Trader) -> None:
    bid = trader.quote().bid
    trigger, stop = cents(bid + 0.20), cents(bid - 0.10)
    adjusted = {"adjustedOrderType": "TRAIL", "triggerPrice": trigger, "adjustedStopPrice": stop}
    placed = trader.place(1, "SELL", orderType="STP", auxPrice=cents(bid - 5), adjustedTrailingAmount=0.40, **adjusted)
    assert HELD == told(placed)
    messages = trader.wait_for(1, "Filled")
    assert [*HELD, *SUBMITTED, *SOLD] == told(messages)[:7]
    became = messages[0].order
    assert ("TRAIL", 0.40) == (became.orderType, became.auxPrice)
    woken = messages[4].execution.time - LESSON.latency.fill
    last = path(trader, LESSON.start, woken).last
    since = int(np.flatnonzero(last >= trigger)[0])
    stops = np.maximum(np.round(np.maximum.accumulate(last[since:]) - 0.40, 2), stop)
    assert last[-1] <= stops[-1]
    assert (last[since:-1] > stops[:-1]).all()


def test_a_stop_becomes_a_nearer_stop_limit(trader: Trader) -> None:
    ask = trader.quote().ask
    adjusted = {"adjustedOrderType": "STP LMT", "triggerPrice": cents(ask - 0.05)}
    prices = {"adjustedStopPrice": cents(ask + 0.05), "adjustedStopLimitPrice": cents(ask + 0.50)}
    trader.place(1, orderType="STP", auxPrice=cents(ask + 5), **adjusted, **prices)
    messages = trader.wait_for(1, "Filled")
    assert [*HELD, *SUBMITTED, *BOUGHT[:3]] == told(messages)[:7]
    became = messages[0].order
    assert ("STP LMT", *prices.values()) == (became.orderType, became.auxPrice, became.lmtPrice)


# Trigger methods


@pytest.mark.parametrize("method", [1, 3])
def test_a_double_trigger_wants_two_quotes_in_a_row(trader: Trader, method: int) -> None:
    stop = cents(trader.quote().ask + 0.15)
    trader.place(1, orderType="STP", auxPrice=stop, triggerMethod=method)
    woken = trader.wait_for(1, "Filled")[2].execution.time - LESSON.latency.fill
    seen = path(trader, LESSON.start, woken)
    hit = (seen.ask if method == 1 else seen.last) >= stop
    assert hit[-2:].all()
    assert not (hit[:-2] & hit[1:-1]).any()


@pytest.mark.parametrize(("method", "column"), [(2, "last"), (4, "ask")])
def test_a_single_trigger_wants_one(trader: Trader, method: int, column: str) -> None:
    stop = cents(trader.quote().ask + 0.15)
    trader.place(1, orderType="STP", auxPrice=stop, triggerMethod=method)
    woken = trader.wait_for(1, "Filled")[2].execution.time - LESSON.latency.fill
    hit = getattr(path(trader, LESSON.start, woken), column) >= stop
    assert (True, 1) == (hit[-1], hit.sum())


# If touched


def test_a_market_if_touched_order_wakes_when_the_price_comes_down_to_it(trader: Trader) -> None:
    touch = cents(trader.quote().bid - 0.15)
    assert HELD == told(trader.place(1, orderType="MIT", auxPrice=touch))
    messages = trader.wait_for(1, "Filled")
    assert [*SUBMITTED, *BOUGHT] == told(messages)
    execution = messages[2].execution
    woken = execution.time - LESSON.latency.fill
    last = path(trader, LESSON.start, woken).last
    assert (True, 1) == (last[-1] <= touch, (last <= touch).sum())
    assert trader.world.market.quote(trader.instrument(), execution.time).ask == execution.price


def test_a_limit_if_touched_order_then_waits_for_its_limit(trader: Trader) -> None:
    touch = cents(trader.quote().ask + 0.10)
    limit = cents(touch + 0.20)
    assert HELD == told(trader.place(1, "SELL", orderType="LIT", auxPrice=touch, lmtPrice=limit))
    assert SUBMITTED == told(trader.wait_for(1, "Submitted"))
    execution = trader.wait_for(1, "Filled")[0].execution
    assert execution.price >= limit


# At the close and at the open


def test_a_market_on_close_order_trades_at_the_close(trader: Trader) -> None:
    assert PLACED == told(trader.place(1, orderType="MOC"))
    assert SUBMITTED == told(trader.wait(1))
    messages = trader.wait_for(1, "Filled")
    assert BOUGHT == told(messages)
    market, instrument = trader.world.market, trader.instrument()
    (close,) = market.bars(instrument, "TRADES", "day", new_york(11, 9), new_york(11, 23), rth=True).close
    assert (new_york(11, 16), close) == (messages[0].execution.time, messages[0].execution.price)


@pytest.mark.parametrize(("limit", "expected"), [(1.0, CANCELLED), (900.0, BOUGHT)])
def test_a_limit_on_close_order_trades_if_the_close_is_as_good(
    trader: Trader, limit: float, expected: list[str]
) -> None:
    trader.place(1, orderType="LOC", lmtPrice=limit)
    trader.wait(1)
    assert expected == told(trader.wait_for(1, "Filled", "Cancelled"))
    assert new_york(11, 16) == trader.world.clock.now()


def test_after_the_cutoff_its_too_late_for_the_close() -> None:
    trader = Trader(trading_world(replace(QUIET, start=new_york(11, 15, 55))))
    assert ["error 1 201"] == told(trader.place(1, orderType="MOC"))


@pytest.mark.parametrize(("orderType", "limit"), [("MKT", None), ("LMT", 900.0)])
def test_an_order_for_the_opening_trades_at_the_next_days_open(
    trader: Trader, orderType: str, limit: float | None
) -> None:
    assert [*PLACED, "error 1 399"] == told(trader.place(1, orderType=orderType, lmtPrice=limit, tif="OPG"))
    messages = trader.wait_for(1, "Filled")
    assert BOUGHT == told(messages)
    bars = trader.world.market.bars(trader.instrument(), "TRADES", "day", new_york(12, 9), new_york(12, 23), rth=True)
    assert (new_york(12, 9, 30), bars.open[0]) == (messages[0].execution.time, messages[0].execution.price)


def test_a_limit_for_the_opening_that_isnt_met_is_cancelled(trader: Trader) -> None:
    trader.place(1, orderType="LMT", lmtPrice=1.0, tif="OPG")
    assert CANCELLED == told(trader.wait_for(1, "Cancelled"))
    assert new_york(12, 9, 30) == trader.world.clock.now()


# Market to limit


def test_a_market_to_limit_order_fills_like_a_market_order(trader: Trader) -> None:
    assert PLACED == told(trader.place(1, orderType="MTL"))
    assert BOUGHT == told(trader.wait(1))


def test_what_it_leaves_rests_at_the_price_of_its_first_part(trader: Trader) -> None:
    trader.world.orders.engine.next_fills.append(Decimal(4))
    trader.place(1, orderType="MTL")
    messages = trader.wait(0.2)
    assert [
        "execDetails -1 1 BOT 4",
        *SUBMITTED,
        "commissionReport 1.00 USD",
        *SUBMITTED,
    ] == told(messages)
    price = messages[0].execution.price
    assert price == messages[-2].order.lmtPrice
    assert trader.wait_for(1, "Filled")[0].execution.price <= price


# Pegged


def test_a_midprice_order_trades_at_the_midpoint_once_the_market_comes_there(trader: Trader) -> None:
    assert PLACED == told(trader.place(1, orderType="MIDPRICE"))
    assert SUBMITTED == told(trader.wait(0.1))
    execution = trader.wait_for(1, "Filled")[0].execution
    quote = trader.world.market.quote(trader.instrument(), execution.time)
    before = trader.world.market.quote(trader.instrument(), execution.time - 1)
    assert quote.ask <= execution.price == pytest.approx(before.midpoint)


def test_a_cap_holds_a_midprice_order_back(trader: Trader) -> None:
    cap = cents(trader.quote().bid - 0.3)
    trader.place(1, orderType="MIDPRICE", lmtPrice=cap)
    assert trader.wait_for(1, "Filled")[2].execution.price <= cap


def test_an_order_pegged_to_the_midpoint_trades_there(trader: Trader) -> None:
    trader.place(1, "SELL", orderType="PEG MID")
    execution = trader.wait_for(1, "Filled")[2].execution
    before, quote = (trader.world.market.quote(trader.instrument(), execution.time - n) for n in (1, 0))
    assert quote.bid >= execution.price == pytest.approx(before.midpoint)


def test_one_that_keeps_its_distance_from_a_narrow_market_waits(trader: Trader) -> None:
    trader.place(1, "SELL", orderType="PEG MID", auxPrice=5.0)
    trader.wait(3600)
    assert "Submitted" == trader.status(1)


def test_a_relative_order_is_better_than_the_bid_by_its_offset(trader: Trader) -> None:
    assert PLACED == told(trader.place(1, orderType="REL", auxPrice=0.01, lmtPrice=900.0))
    execution = trader.wait_for(1, "Filled")[2].execution
    offers = [trader.world.market.quote(trader.instrument(), execution.time - n) for n in (0, 1)]
    assert execution.price in [min(cents(quote.bid + 0.01), quote.ask) for quote in offers]


# With protection


def test_futures_have_market_orders_with_protection(trader: Trader) -> None:
    future = m.Contract(symbol="ES", secType="FUT", exchange="CME", lastTradeDateOrContractMonth="202506")
    trader.place(1, quantity=1, orderType="MKT PRT", contract=future)
    assert "execDetails -1 1 BOT 1" == told(trader.wait(1))[0]
    stop = trader.quote(future).ask + 2
    trader.place(2, quantity=1, orderType="STP PRT", auxPrice=stop, contract=future)
    assert "Filled" == trader.wait_for(2, "Filled")[-2].status


# Cash quantity


def test_a_sum_of_money_buys_what_it_is_worth(trader: Trader) -> None:
    ask = trader.quote().ask
    (opened, _) = trader.place(1, quantity=0, cashQty=5000.0)
    assert int(5000 / ask) == opened.order.totalQuantity
    (pair, *_) = trader.place(2, quantity=0, cashQty=1150.0, contract=EURUSD)
    assert 1150 / trader.quote(EURUSD).ask == pytest.approx(float(pair.order.totalQuantity), abs=0.01)
