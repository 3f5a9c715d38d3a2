"""What a fill costs: an order meets the book that reqMktDepth shows, whatever its type."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.market.book import ASK, BID, book

from ..handlers.asking import AAPL, EURUSD, error, new_york
from ..handlers.trading import QUIET, Trader, told, trading_world

FORD = m.Contract(symbol="F", secType="STK", exchange="SMART", currency="USD")
BITCOIN = m.Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD")


@pytest.fixture
def trader() -> Trader:
    return Trader(scenario=replace(QUIET, moves=()))


def executions(messages: list[Any]) -> list[m.Execution]:
    return [message.execution for message in messages if isinstance(message, m.ExecDetails)]


def shown(trader: Trader, contract: m.Contract = AAPL, rows: int = 50) -> Any:
    return book(trader.world.market, trader.instrument(contract), rows, trader.world.clock.now())


# Taking


def test_market_8_size_walks_the_book_that_is_shown(trader: Trader) -> None:
    trader.ask(m.ReqMktDepth(reqId=1, contract=AAPL, numRows=20, isSmartDepth=True))
    offers = [row for row in trader.said if isinstance(row, m.UpdateMktDepthL2) and row.side == ASK]
    size = int(sum(row.size for row in offers[:12]))
    trader.place(1, quantity=size)
    parts = executions(trader.wait(0.3))
    assert [(row.price, row.size, row.marketMaker) for row in offers[:12]] == [
        (part.price, part.shares, part.exchange) for part in parts
    ]
    assert parts[-1].price > parts[0].price
    assert parts[-1].avgPrice == pytest.approx(float(sum(p.shares * Decimal(str(p.price)) for p in parts) / size))


def test_market_8_a_hundred_and_fifty_thousand_shares_cost_many_steps(trader: Trader) -> None:
    ask = trader.quote(FORD).ask
    trader.place(1, quantity=150_000, contract=FORD)
    parts = executions(trader.wait_for(1, "Filled"))
    assert sum(part.shares for part in parts) == 150_000
    assert parts[-1].price >= ask + 0.10
    assert parts[-1].avgPrice > ask + 0.03


def test_a_few_hundred_shares_of_a_liquid_stock_fill_at_once_and_mostly_at_the_touch(trader: Trader) -> None:
    extra = []
    for number in range(1, 41):
        ask = trader.quote().ask
        trader.place(number, quantity=200)
        parts = executions(trader.wait(1))
        assert sum(part.shares for part in parts) == 200
        extra.append(parts[-1].avgPrice - ask)
        trader.wait(7)
    assert np.median(extra) == 0
    assert max(extra) < 0.02


def test_what_one_order_takes_another_in_the_same_second_doesnt_get(trader: Trader) -> None:
    best = shown(trader)[ASK][0]
    trader.place(1, quantity=float(best.size))
    trader.place(2, quantity=1)
    first, second = executions(trader.wait(0.3))
    assert first.price == best.price
    assert second.price > best.price


def test_a_limit_takes_what_is_offered_up_to_it_and_rests_with_the_rest(trader: Trader) -> None:
    rows = shown(trader)[ASK]
    limit = rows[8].price
    inside = sum(row.size for row in rows if row.price <= limit)
    trader.place(1, quantity=float(inside + 700), orderType="LMT", lmtPrice=limit)
    messages = trader.wait(0.3)
    assert sum(part.shares for part in executions(messages)) == inside
    assert {part.lastLiquidity for part in executions(messages)} == {2}
    assert trader.status(1) == "Submitted"
    last = executions(trader.wait_for(1, "Filled"))[-1]
    assert (last.price, last.lastLiquidity) == (limit, 1)


@pytest.mark.parametrize(("tif", "more", "filled"), [("IOC", 700, True), ("FOK", 700, False), ("FOK", 0, True)])
def test_what_must_trade_at_once_takes_what_is_there_or_nothing(
    trader: Trader, tif: str, more: int, filled: bool
) -> None:
    rows = shown(trader)[ASK]
    inside = sum(row.size for row in rows if row.price <= rows[8].price)
    trader.place(1, quantity=float(inside + more), orderType="LMT", lmtPrice=rows[8].price, tif=tif)
    assert sum(part.shares for part in executions(trader.wait(0.3))) == (inside if filled else 0)
    assert trader.status(1) == ("Cancelled" if more else "Filled")


def test_a_combination_is_offered_what_its_legs_are(trader: Trader) -> None:
    ids = [trader.instrument(replace(AAPL, symbol=symbol)).conId for symbol in ("AAPL", "MSFT")]
    legs = tuple(
        m.ComboLeg(conId=conId, ratio=ratio, action=action, exchange="SMART")
        for conId, ratio, action in zip(ids, (2, 1), ("BUY", "SELL"), strict=True)
    )
    pair = m.Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD", comboLegs=legs)
    asks, bids = shown(trader)[ASK], shown(trader, replace(AAPL, symbol="MSFT"))[BID]
    units = min(asks[0].size // 2, bids[0].size)
    trader.place(1, quantity=float(units + 1), contract=pair)
    first, second = (x.execution for x in trader.wait(0.3) if getattr(x, "contract", pair).secType == "BAG" and
                     isinstance(x, m.ExecDetails))  # fmt: skip
    assert (first.shares, first.price) == (units, pytest.approx(2 * asks[0].price - bids[0].price))
    assert second.price > first.price


# Resting


def quiet_touch(trader: Trader, contract: m.Contract = AAPL) -> tuple[float, float]:
    """Wait for a second after which as much trades at an unchanged best bid as stands there: bid, shown size."""
    market, instrument = trader.world.market, trader.instrument(contract)
    start = trader.world.clock.now() // 1
    seconds = market.seconds(instrument, start, start + 3600)
    for n in range(1, len(seconds) - 60):
        bid = seconds.bid[n]
        later = slice(n + 1, n + 60)
        held = np.cumprod((seconds.bid[later] == bid) & (seconds.ask[later] > bid)).astype(bool)
        at_bid = seconds.volume[later] * (seconds.last[later] == bid) * held
        size = market.quote(instrument, float(seconds.time[n])).bidSize
        if at_bid.sum() > size + 100 and at_bid[0] < size:
            trader.world.clock.run_until(float(seconds.time[n]) - 0.15)
            return float(bid), float(size)
    raise AssertionError("no such second")


def test_market_7_a_limit_at_the_touch_queues_behind_what_is_shown(trader: Trader) -> None:
    bid, size = quiet_touch(trader)
    market, instrument = trader.world.market, trader.instrument()
    trader.place(1, quantity=50, orderType="LMT", lmtPrice=bid)
    part = executions(trader.wait_for(1, "Filled"))[0]
    assert (part.price, part.lastLiquidity) == (bid, 1)
    placed = trader.world.orders.find(1, 1).placed + 0.15
    waited = market.seconds(instrument, placed // 1 + 1, part.time // 1)
    until = market.seconds(instrument, placed // 1 + 1, part.time // 1 + 1)
    assert (waited.volume * (waited.last == bid)).sum() <= size
    assert (until.volume * (until.last == bid)).sum() > size


@pytest.mark.parametrize("symbol", ["AAPL", "MSFT", "KO", "TSLA"])
def test_an_order_away_from_the_market_waits_for_it_and_trades_at_its_own_price(trader: Trader, symbol: str) -> None:
    contract = replace(AAPL, symbol=symbol)
    market, instrument, now = trader.world.market, trader.instrument(contract), trader.world.clock.now()
    ahead, quote = market.seconds(instrument, now + 10, now + 3 * 3600), trader.quote(contract)
    down, up = quote.bid - ahead.ask.min(), ahead.bid.max() - quote.ask
    action, limit = ("BUY", quote.bid - down / 2) if down > up else ("SELL", quote.ask + up / 2)
    limit = round(float(limit), 2)
    trader.place(1, action, 50, "LMT", contract, lmtPrice=limit)
    part = executions(trader.wait_for(1, "Filled"))[0]
    seen = market.seconds(instrument, now, part.time // 1 + 1)
    side, near, far = (1, seen.bid, seen.ask) if action == "BUY" else (-1, seen.ask, seen.bid)
    assert (part.price, part.lastLiquidity) == (limit, 1)
    assert side * (far[-1] - limit) <= 0 or seen.last[-1] == near[-1] == limit
    assert (side * (far[:-1] - limit) > 0).all()


def test_an_order_that_a_market_opens_beyond_trades_at_the_opening(trader: Trader) -> None:
    trader.world.clock.run_until(new_york(11, 17))
    limit = round(trader.quote().ask * 1.2, 2)
    trader.place(1, orderType="LMT", lmtPrice=limit, tif="GTC")
    part = executions(trader.wait_for(1, "Filled"))[0]
    assert new_york(12, 9, 30) <= part.time < new_york(12, 9, 31)
    assert part.price < limit / 1.1


def test_only_a_higher_price_or_more_shares_cost_an_order_its_place(trader: Trader) -> None:
    bid, _ = quiet_touch(trader)
    trader.place(1, quantity=50, orderType="LMT", lmtPrice=bid)
    trader.wait(0.3)
    working = trader.world.orders.find(1, 1)
    working.queue = 7.0
    trader.place(1, quantity=40, orderType="LMT", lmtPrice=bid)
    assert (working.stands, working.queue) == (bid, 7.0)
    trader.place(1, quantity=60, orderType="LMT", lmtPrice=bid)
    assert working.stands is None


@pytest.mark.parametrize("action", ["BUY", "SELL"])
@pytest.mark.parametrize("orderType", ["PEG MID", "MIDPRICE"])
def test_market_7_a_peg_to_the_midpoint_pays_for_it(trader: Trader, orderType: str, action: str) -> None:
    """Who waits at the midpoint trades when the market comes through it, and not at once."""
    market, instrument, sign = trader.world.market, trader.instrument(), 1 if action == "BUY" else -1
    waited, cost = [], []
    for number in range(1, 25):
        began = trader.world.clock.now()
        trader.place(number, action, 1, orderType)
        part = executions(trader.wait_for(number, "Filled"))[0]
        waited.append(part.time - began)
        cost.append(sign * (part.price - market.quote(instrument, part.time).midpoint))
        trader.wait(30)
    assert np.median(waited) > 1
    assert min(cost) > 0


def test_a_relative_order_queues_at_the_bid_as_a_limit_does(trader: Trader) -> None:
    bid, _ = quiet_touch(trader)
    trader.place(1, quantity=50, orderType="REL")
    trader.place(2, quantity=50, orderType="LMT", lmtPrice=bid)
    trader.wait(0.3)
    one, two = (trader.world.orders.find(1, n) for n in (1, 2))
    assert (one.stands, one.queue) == (two.stands, two.queue) == (bid, pytest.approx(two.queue))


# Who is quicker


def test_market_16_a_fill_wins_against_a_cancel_sent_at_the_same_time(trader: Trader) -> None:
    trader.place(1, orderType="LMT", lmtPrice=900.0)
    trader.cancel(1)
    messages = trader.wait(1)
    assert trader.status(1) == "Filled"
    assert "error 1 10148" == told(messages)[-1]


def test_market_17_nobody_hears_of_a_cancel_that_he_never_asked_for(trader: Trader) -> None:
    ask = trader.quote().ask
    trader.place(1, orderType="LMT", lmtPrice=round(ask + 1, 2), transmit=False)
    trader.place(2, "SELL", orderType="LMT", lmtPrice=round(ask + 60, 2), parentId=1, transmit=False)
    trader.place(3, "SELL", orderType="STP", auxPrice=round(ask - 60, 2), parentId=1)
    trader.wait(1)
    trader.ask(m.ReqGlobalCancel())
    messages = trader.wait(1)
    assert [trader.status(n) for n in (1, 2, 3)] == ["Filled", "Cancelled", "Cancelled"]
    assert {x.code for x in messages if isinstance(x, m.ErrorMessage)} == {202}


# Hours


def test_market_10_a_market_order_of_a_stock_waits_for_regular_hours() -> None:
    trader = Trader(trading_world(replace(QUIET, start=new_york(11, 16, 0) + 9)))
    messages = trader.place(1, outsideRth=True)
    assert [2109, 399] == [x.code for x in messages if isinstance(x, m.ErrorMessage)]
    assert [False] == [x.order.outsideRth for x in messages if isinstance(x, m.OpenOrder)]
    assert new_york(12, 9, 30) <= executions(trader.wait_for(1, "Filled"))[0].time < new_york(12, 9, 31)


def test_lean_5360_a_limit_order_trades_outside_regular_hours() -> None:
    trader = Trader(trading_world(replace(QUIET, start=new_york(11, 16, 0) + 9)))
    assert not [x for x in trader.place(1, orderType="LMT", lmtPrice=900.0, outsideRth=True) if hasattr(x, "code")]
    assert executions(trader.wait(1))


# What is told


def test_market_25_a_trailing_stop_is_told_where_it_stands(trader: Trader) -> None:
    last = trader.quote().last
    opened = trader.place(1, "SELL", orderType="TRAIL", trailingPercent=1.0)[0]
    assert opened.order.trailStopPrice == pytest.approx(last * 0.99, abs=0.006)


CALL = m.Contract(
    symbol="AAPL", secType="OPT", exchange="SMART", currency="USD",
    lastTradeDateOrContractMonth="20250620", strike=200.0, right="C",
)  # fmt: skip


@pytest.mark.parametrize("contract", [AAPL, EURUSD])
@pytest.mark.parametrize("method", [0, 1, 2, 3, 4, 7, 8])
def test_a_trailing_stop_is_taken_with_every_trigger_method(trader: Trader, contract: m.Contract, method: int) -> None:
    away, size = (0.001, 50_000) if contract is EURUSD else (1.0, 10)
    trader.place(1, "SELL", size, "TRAIL", contract, auxPrice=away, triggerMethod=method)
    trader.wait(60)
    assert trader.status(1) == "PreSubmitted"


@pytest.mark.parametrize("contract", [AAPL, CALL, EURUSD])
def test_market_28_an_execution_names_an_exchange_and_not_the_router(trader: Trader, contract: m.Contract) -> None:
    exchanges = trader.instrument(contract).validExchanges.split(",")
    trader.place(1, quantity=20_000 if contract is EURUSD else 2, contract=contract)
    bid = trader.quote(contract).bid
    trader.place(2, quantity=20_000 if contract is EURUSD else 2, contract=contract, orderType="LMT", lmtPrice=bid)
    said = [*trader.wait_for(1, "Filled"), *trader.wait_for(2, "Filled")]
    assert {part.exchange for part in executions(said)} <= set(exchanges) - {"SMART"}
    told = [message for message in said if isinstance(message, m.ExecDetails)]
    assert all(each.contract.exchange == each.execution.exchange for each in told)
    orders = [message for message in said if isinstance(message, m.OpenOrder)]
    assert {contract.exchange} == {each.contract.exchange for each in orders}


@pytest.mark.parametrize("price", [0.0, -0.5, None])
@pytest.mark.parametrize(("orderType", "field"), [("LMT", "lmtPrice"), ("STP", "auxPrice")])
def test_a_price_that_a_type_needs_is_above_nothing(
    trader: Trader, orderType: str, field: str, price: float | None
) -> None:
    assert error(trader.place(1, orderType=orderType, **{field: price}))[0] == 321


def test_market_30_figures_have_short_decimals(trader: Trader) -> None:
    trader.place(1, "SELL", 333, contract=replace(AAPL, symbol="NVDA"))
    trader.place(2, quantity=777, whatIf=True)
    messages = trader.wait(1)
    reports = [x for x in messages if isinstance(x, m.CommissionReport)]
    (state,) = [x.orderState for x in trader.said if isinstance(x, m.OpenOrder) and x.orderId == 2]
    for report in reports:
        assert max(len(repr(x).partition(".")[2]) for x in (report.commission, report.realizedPNL)) <= 8
    figures = (state.initMarginBefore, state.equityWithLoanAfter, state.initMarginChange, state.maintMarginAfter)
    assert max(len(repr(x).partition(".")[2]) for x in figures) <= 2


# FX and crypto


@pytest.mark.parametrize(("quantity", "size"), [(1000, "1K"), (7000, "7K"), (1500, "1500"), (19_999, "19999")])
def test_small_currency_orders_are_odd_lots(trader: Trader, quantity: int, size: str) -> None:
    code, text = error(trader.place(1, quantity=quantity, contract=EURUSD))
    assert code == 399
    assert text == (
        f"Order Message:\nBUY {size} EUR.USD Forex\nWarning: Your order size is below the EUR 20000 IdealPro minimum "
        "and will be routed as an odd lot order."
    )
    assert executions(trader.wait(1))


def test_twenty_thousand_euros_are_no_odd_lot(trader: Trader) -> None:
    assert not [x for x in trader.place(1, quantity=20_000, contract=EURUSD) if isinstance(x, m.ErrorMessage)]


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ({"quantity": 92, "cashQty": 17.0, "tif": "IOC"}, 10293, "Cash Quantity order cannot specify size"),
        ({"quantity": 0, "cashQty": 500.0, "tif": "MINUTES"}, 201, "must be IOC"),
        ({"quantity": 1, "orderType": "LMT", "lmtPrice": 90000.0, "tif": "GTC"}, 201, "must be Minutes or IOC"),
        ({"quantity": 1, "orderType": "LMT", "lmtPrice": 90000.0, "tif": "DAY"}, 201, "must be Minutes or IOC"),
        ({"quantity": 1, "orderType": "STP", "auxPrice": 90000.0, "tif": "IOC"}, 387, "Unsupported order type"),
        ({"action": "SELL", "quantity": 2, "tif": "IOC"}, 201, "Short sales"),
        ({"action": "SELL", "quantity": 0, "cashQty": 100.0, "tif": "IOC"}, 10244, "Cash Quantity"),
    ],
)
def test_ib_async_111_crypto_has_terms_of_its_own(trader: Trader, fields: Any, code: int, text: str) -> None:
    """market 11: and what isn't held can't be sold."""
    messages = [x for x in trader.place(1, contract=BITCOIN, **fields) if isinstance(x, m.ErrorMessage)]
    assert [code] == [x.code for x in messages]
    assert text in messages[0].message
    assert not executions(trader.wait(1))


def test_coins_that_are_held_may_be_sold(trader: Trader) -> None:
    trader.place(1, quantity=0, cashQty=50_000.0, tif="IOC", contract=BITCOIN)
    held = executions(trader.wait(1))[-1].cumQty
    trader.place(2, "SELL", float(held), tif="IOC", contract=BITCOIN)
    assert executions(trader.wait(1))[-1].cumQty == held


def test_market_29_sizes_of_crypto_are_fractions_of_coins(trader: Trader) -> None:
    """In quotes, books, trades, bars and fills alike, and they agree."""
    grain = trader.instrument(BITCOIN).grain
    asked = m.ReqMktData(reqId=1, contract=BITCOIN)
    trades = m.ReqTickByTickData(reqId=2, contract=BITCOIN, tickType="AllLast", numberOfTicks=0, ignoreSize=False)
    depth = m.ReqMktDepth(reqId=3, contract=BITCOIN, numRows=5, isSmartDepth=False)
    said = [message for request in (asked, trades, depth) for message in trader.ask(request)] + trader.wait(60)
    sizes = [tick.size for tick in said if isinstance(tick, m.TickSize) and tick.tickType in (0, 3, 5, 8)]
    sizes += [tick.size for tick in said if isinstance(tick, m.TickByTick | m.UpdateMktDepth) and tick.size]
    assert {Decimal(0)} == {size % grain for size in sizes}
    assert any(size % 1 for size in sizes)
    bars = m.ReqHistoricalData(
        reqId=4, contract=BITCOIN, endDateTime="", durationStr="1 D", barSizeSetting="1 hour",
        whatToShow="AGGTRADES", useRTH=0, formatDate=1, keepUpToDate=False,
    )  # fmt: skip
    [answer] = [message for message in trader.ask(bars) if isinstance(message, m.HistoricalData)]
    assert any(bar.volume % 1 for bar in answer.bars)
    assert {Decimal(0)} == {bar.volume % grain for bar in answer.bars}
    trader.place(1, "BUY", 0.75, "LMT", BITCOIN, lmtPrice=200_000.0, tif="IOC")
    filled = executions(trader.wait(5))
    assert Decimal("0.75") == sum(part.shares for part in filled)
