from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.scenario import LESSON, OrderRules

from .asking import AAPL, EURUSD, error, new_york
from .trading import CODE, QUIET, Trader, told, trading_world


@pytest.fixture
def trader() -> Trader:
    return Trader()


def cents(price: float) -> float:
    return round(price, 2)


# Market orders


def test_a_market_order_is_acknowledged_at_once_and_filled_after_a_moment(trader: Trader) -> None:
    assert ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted"] == told(trader.place(1))
    assert [
        "execDetails -1 1 BOT 10",
        "openOrder 1 Filled",
        "orderStatus 1 Filled",
        "commissionReport 1.00 USD",
    ] == told(trader.wait(1))


def test_it_fills_at_the_offer_of_that_instant(trader: Trader) -> None:
    trader.place(1)
    execution = trader.wait(1)[0].execution
    assert LESSON.start + LESSON.latency.fill == execution.time
    quote = trader.world.market.quote(trader.instrument(), execution.time)
    assert quote.ask == execution.price


def test_a_sale_fills_at_the_bid(trader: Trader) -> None:
    trader.place(1, "SELL")
    execution = trader.wait(1)[0].execution
    assert ("SLD", trader.world.market.quote(trader.instrument(), execution.time).bid) == (
        execution.side,
        execution.price,
    )


def test_one_perm_id_and_one_execution_id_run_through_all_messages(trader: Trader) -> None:
    opened, status, details, _, filled, report = [*trader.place(1), *trader.wait(1)]
    assert {opened.order.permId, status.permId, details.execution.permId, filled.permId} == {status.permId}
    assert status.permId > 0
    assert details.execution.execId == report.execId
    assert (Decimal(10), Decimal(0)) == (filled.filled, filled.remaining)
    assert details.execution.price == filled.avgFillPrice == filled.lastFillPrice


def test_an_opening_trade_realises_nothing_and_a_closing_one_its_profit_after_both_commissions(trader: Trader) -> None:
    msft = replace(AAPL, symbol="TSLA")
    trader.place(1, quantity=10, contract=msft)
    bought = trader.wait(1)
    trader.place(2, "SELL", quantity=10, contract=msft)
    sold = trader.wait(1)
    assert bought[-1].realizedPNL is None
    profit = 10 * (sold[0].execution.price - bought[0].execution.price) - 1 - sold[-1].commission
    assert profit == pytest.approx(sold[-1].realizedPNL)


# Limit orders


def test_a_resting_limit_order_goes_to_work_and_fills_at_the_first_offer_it_meets(trader: Trader) -> None:
    limit = cents(trader.quote().ask - 0.10)
    assert ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted"] == told(
        trader.place(1, orderType="LMT", lmtPrice=limit)
    )
    assert ["openOrder 1 Submitted", "orderStatus 1 Submitted"] == told(trader.wait(0.1))
    execution = trader.wait_for(1, "Filled")[0].execution
    market, instrument = trader.world.market, trader.instrument()
    assert market.quote(instrument, execution.time).ask <= execution.price == limit
    assert execution.price <= limit
    earlier = market.seconds(instrument, LESSON.start, execution.time)
    assert len(earlier) > 1
    assert (earlier.ask > limit).all()


def test_a_marketable_limit_order_fills_at_the_better_price(trader: Trader) -> None:
    limit = cents(trader.quote().ask + 5)
    trader.place(1, orderType="LMT", lmtPrice=limit)
    messages = trader.wait(1)
    assert [
        "openOrder 1 Submitted",
        "orderStatus 1 Submitted",
        "execDetails -1 1 BOT 10",
        "openOrder 1 Filled",
        "orderStatus 1 Filled",
        "commissionReport 1.00 USD",
    ] == told(messages)
    assert messages[2].execution.price < limit - 4


def test_a_limit_order_far_away_expires_at_the_close(trader: Trader) -> None:
    trader.place(1, orderType="LMT", lmtPrice=1.0)
    trader.wait(1)
    assert ["openOrder 1 Cancelled", "orderStatus 1 Cancelled", "error 1 202"] == told(trader.wait_for(1, "Cancelled"))
    assert new_york(11, 16) == trader.world.clock.now()


def test_good_till_cancelled_outlives_the_close(trader: Trader) -> None:
    trader.place(1, orderType="LMT", lmtPrice=1.0, tif="GTC")
    trader.wait(30 * 3600)
    assert "Submitted" == trader.status(1)


def test_waiting_for_a_far_price_is_cheap(trader: Trader) -> None:
    trader.place(1, orderType="LMT", lmtPrice=1.0)
    clock = trader.world.clock
    assert clock.run_until(new_york(11, 16)) < 30


# Stops


def test_a_stop_waits_for_its_trigger_then_trades_at_the_market(trader: Trader) -> None:
    stop = cents(trader.quote().ask + 0.10)
    placed = trader.place(1, orderType="STP", auxPrice=stop)
    assert ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted (trigger)"] == told(placed)
    assert stop == placed[0].order.trailStopPrice
    messages = trader.wait_for(1, "Filled")
    assert [
        "openOrder 1 Submitted",
        "orderStatus 1 Submitted",
        "execDetails -1 1 BOT 10",
        "openOrder 1 Filled",
        "orderStatus 1 Filled",
        "commissionReport 1.00 USD",
    ] == told(messages)
    execution = messages[2].execution
    woken = execution.time - LESSON.latency.fill
    assert trader.world.market.quote(trader.instrument(), woken).last >= stop
    assert trader.world.market.quote(trader.instrument(), execution.time).ask == execution.price


def test_a_stop_limit_rests_when_the_market_runs_away(trader: Trader) -> None:
    # TSLA jumps by 5.8 % at 10:02: past the stop and past the limit, too.
    tesla = replace(AAPL, symbol="TSLA")
    ask = trader.quote(tesla).ask
    assert ask is not None
    trader.place(1, orderType="STP LMT", auxPrice=cents(ask * 1.03), lmtPrice=cents(ask * 1.031), contract=tesla)
    assert ["openOrder 1 Submitted", "orderStatus 1 Submitted"] == told(trader.wait(130))
    execution = trader.wait_for(1, "Filled")[0].execution
    assert execution.price <= ask * 1.031


def test_a_currency_pairs_stop_looks_at_bid_and_offer(trader: Trader) -> None:
    ask = trader.quote(EURUSD).ask
    assert ask is not None
    trader.place(1, quantity=20_000, orderType="STP", auxPrice=round(ask + 0.0002, 5), contract=EURUSD)
    execution = trader.wait_for(1, "Filled")[2].execution
    woken = execution.time - LESSON.latency.fill
    assert trader.world.market.quote(trader.instrument(EURUSD), woken).ask >= round(ask + 0.0002, 5)


# Time in force


@pytest.mark.parametrize("tif", ["IOC", "FOK"])
def test_an_order_for_now_or_never_is_cancelled_when_it_cant_fill(trader: Trader, tif: str) -> None:
    trader.place(1, orderType="LMT", lmtPrice=1.0, tif=tif)
    assert [
        "openOrder 1 Submitted",
        "orderStatus 1 Submitted",
        "openOrder 1 Cancelled",
        "orderStatus 1 Cancelled",
        "error 1 202",
    ] == told(trader.wait(1))


def test_an_order_before_the_open_waits_for_it() -> None:
    trader = Trader(trading_world(replace(QUIET, start=new_york(11, 6))))
    placed = trader.place(1, quantity=1)
    assert ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted", "error 1 399"] == told(placed)
    assert (
        "Order Message:\nBUY 1 AAPL NASDAQ.NMS\n"
        "Warning: Your order will not be placed at the exchange until 2025-06-11 09:30:00 US/Eastern."
    ) == placed[-1].message
    execution = trader.wait_for(1, "Filled")[0].execution
    assert new_york(11, 9, 30) + LESSON.latency.fill == execution.time


def test_outside_regular_hours_it_fills_at_once() -> None:
    trader = Trader(trading_world(replace(QUIET, start=new_york(11, 6))))
    trader.place(1, orderType="LMT", lmtPrice=900.0, outsideRth=True)
    assert "execDetails -1 1 BOT 10" == told(trader.wait(1))[2]


def test_markets_that_never_close_fill_at_night() -> None:
    trader = Trader(trading_world(replace(QUIET, start=new_york(11, 2), moves=(), always_open=True)))
    trader.place(1)
    assert "execDetails -1 1 BOT 10" == told(trader.wait(1))[0]


def test_no_time_in_force_means_day_and_a_notice_says_so() -> None:
    trader = Trader(scenario=replace(QUIET, orders=OrderRules(tif_notice=True)))
    placed = trader.place(1)
    assert ["error 1 10349", "openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted"] == told(placed)
    assert "DAY" == placed[1].order.tif


# Changing


def test_a_changed_limit_is_told_and_worked_with(trader: Trader) -> None:
    limit = cents(trader.quote().ask + 1)
    (permId,) = {message.order.permId for message in trader.place(1, orderType="LMT", lmtPrice=1.0)[:1]}
    trader.wait(1)
    changed = trader.place(1, orderType="LMT", lmtPrice=limit)
    assert ["openOrder 1 Submitted", "orderStatus 1 Submitted"] == told(changed)
    assert (limit, permId) == (changed[0].order.lmtPrice, changed[0].order.permId)
    assert "Filled" == trader.wait_for(1, "Filled")[-2].status


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"action": "SELL"}, 105),
        ({"contract": replace(AAPL, symbol="MSFT")}, 105),
        ({"orderType": "MKT"}, 329),
        ({"lmtPrice": 1.001}, 110),
        ({"lmtPrice": None}, 321),
        ({"quantity": 0}, 321),
        ({"parentId": 9}, 10341),
        ({"ocaGroup": "other"}, 10326),
        ({"quantity": 10_000_000}, 201),
    ],
)
def test_what_cant_be_changed_is_refused_and_the_order_lives_on(
    trader: Trader, change: dict[str, Any], code: int
) -> None:
    order: dict[str, Any] = {"orderType": "LMT", "lmtPrice": 1.0}
    trader.place(1, **order)
    trader.wait(1)
    assert code == error(trader.place(1, **{**order, **change}))[0]
    assert "Submitted" == trader.status(1)
    (opened, _, _) = trader.ask(m.ReqOpenOrders())
    assert (1.0, Decimal(10)) == (opened.order.lmtPrice, opened.order.totalQuantity)


def test_a_filled_or_cancelled_order_cant_be_changed(trader: Trader) -> None:
    trader.place(1)
    trader.wait(1)
    assert (104, "Cannot modify a filled order.") == error(trader.place(1))
    trader.place(2, orderType="LMT", lmtPrice=1.0)
    trader.cancel(2)
    trader.wait(1)
    assert 104 == error(trader.place(2, orderType="LMT", lmtPrice=2.0))[0]


# Cancelling


def test_a_cancel_is_pending_then_confirmed(trader: Trader) -> None:
    trader.place(1, orderType="LMT", lmtPrice=1.0)
    trader.wait(1)
    assert ["orderStatus 1 PendingCancel"] == told(trader.cancel(1))
    assert ["openOrder 1 Cancelled", "orderStatus 1 Cancelled", "error 1 202"] == told(trader.wait(1))
    assert "Order Canceled - reason:" == trader.said[-1].message


def test_what_cant_be_cancelled_is_said(trader: Trader) -> None:
    trader.place(1)
    trader.wait(1)
    assert (10148, "OrderId 1 that needs to be cancelled can not be cancelled, state: Filled.") == error(
        trader.cancel(1)
    )
    assert (10147, "OrderId 77 that needs to be cancelled is not found.") == error(trader.cancel(77))
    assert (10149, "Invalid order id: 0") == error(trader.cancel(0))


def test_an_order_may_fill_before_its_cancel_arrives(trader: Trader) -> None:
    trader.place(1)
    trader.wait(0.1)
    trader.cancel(1)
    messages = trader.wait(1)
    assert ["orderStatus 1 Filled", "error 1 10148"] == [
        line for line in told(messages) if line.startswith(("orderStatus", "error"))
    ]


def test_an_order_that_died_for_want_of_a_contract_is_cancelled_quietly(trader: Trader) -> None:
    assert 200 == error(trader.place(1, contract=replace(AAPL, symbol="NOSUCH")))[0]
    (status,) = trader.cancel(1)
    assert ("ApiCancelled", 0) == (status.status, status.permId)


def test_global_cancel_reaches_everybody_and_tells_only_the_owners(trader: Trader) -> None:
    other = Trader(trader.world, clientId=2)
    trader.place(1, orderType="LMT", lmtPrice=1.0)
    other.place(1, orderType="LMT", lmtPrice=2.0)
    trader.wait(1)
    before = len(trader.said), len(other.said)
    other.ask(m.ReqGlobalCancel())
    other.wait(1)
    expected = ["orderStatus 1 PendingCancel", "openOrder 1 Cancelled", "orderStatus 1 Cancelled", "error 1 202"]
    assert expected == told(trader.said[before[0] :])
    assert expected == told(other.said[before[1] :])


# Ids, other clients, later sessions


def test_order_ids_belong_to_a_client_and_outlive_its_connection(trader: Trader) -> None:
    other = Trader(trader.world, clientId=2)
    trader.place(7)
    other.place(7)
    assert [8, 8, 1] == [trader.world.orders.next_valid_id(n) for n in (1, 2, 3)]
    del trader.world.clients[1]
    again = Trader(trader.world, clientId=1)
    assert 103 == error(again.place(5))[0]


def test_a_client_that_comes_back_finds_its_open_orders(trader: Trader) -> None:
    trader.place(1, orderType="LMT", lmtPrice=1.0)
    trader.place(2)
    del trader.world.clients[1]
    trader.world.clock.run_until(LESSON.start + 60)
    again = Trader(trader.world, clientId=1)
    trader.world.orders.greet(again.client)
    assert ["openOrder 1 Submitted", "orderStatus 1 Submitted"] == told(again.said)
    assert ["execDetails 9 2 BOT 10", "commissionReport 1.00 USD", "ExecDetailsEnd"] == told(
        again.ask(m.ReqExecutions(reqId=9))
    )


def test_others_orders_are_listed_without_their_ids_and_never_told(trader: Trader) -> None:
    other = Trader(trader.world, clientId=2)
    trader.place(1, orderType="LMT", lmtPrice=1.0)
    trader.wait(1)
    assert [] == other.said
    assert ["OpenOrderEnd"] == told(other.ask(m.ReqOpenOrders()))
    opened, status, end = other.ask(m.ReqAllOpenOrders())
    assert (0, 0, 1) == (opened.orderId, status.orderId, status.clientId)
    assert opened.order.permId == status.permId > 0
    assert m.OpenOrderEnd() == end
    assert ["openOrder 1 Submitted", "orderStatus 1 Submitted", "OpenOrderEnd"] == told(
        trader.ask(m.ReqAllOpenOrders())
    )
    assert 10147 == error(other.cancel(1))[0]


def test_only_client_0_binds_orders_automatically(trader: Trader) -> None:
    assert 327 == error(trader.ask(m.ReqAutoOpenOrders(bAutoBind=True)))[0]
    assert [] == Trader(trader.world, clientId=0).ask(m.ReqAutoOpenOrders(bAutoBind=True))


# Executions and completed orders


def test_executions_are_filtered(trader: Trader) -> None:
    other = Trader(trader.world, clientId=2)
    trader.place(1)
    other.place(1, "SELL", contract=replace(AAPL, symbol="MSFT"))
    trader.wait(1)

    def found(**fields: Any) -> list[str]:
        answers = trader.ask(m.ReqExecutions(reqId=4, **fields))
        assert m.ExecDetailsEnd(reqId=4) == answers[-1]
        return [a.contract.symbol for a in answers if isinstance(a, m.ExecDetails)]

    assert ["AAPL", "MSFT"] == found()
    assert ["MSFT"] == found(clientId=2)
    assert ["AAPL"] == found(symbol="aapl")
    assert ["MSFT"] == found(side="SELL") == found(side="SLD")
    assert ["AAPL", "MSFT"] == found(secType="STK", acctCode=CODE, exchange="SMART")
    assert [] == found(acctCode="DU999")
    assert [] == found(time="20250611-14:00:05")
    assert ["AAPL", "MSFT"] == found(time="20250611 10:00:00 US/Eastern")
    assert [] == found(specificDates=(20250610,))


def test_yesterdays_executions_are_given_when_asked_for(trader: Trader) -> None:
    trader.place(1)
    trader.wait(86_400)
    assert [m.ExecDetailsEnd(reqId=1)] == trader.ask(m.ReqExecutions(reqId=1))
    for fields in ({"lastNDays": 2}, {"specificDates": (20250611,)}):
        assert 3 == len(trader.ask(m.ReqExecutions(reqId=1, **fields)))


def test_completed_orders_say_how_they_ended(trader: Trader) -> None:
    trader.place(1)
    trader.place(2, orderType="LMT", lmtPrice=1.0)
    trader.wait(1)
    trader.cancel(2)
    trader.wait(1)
    filled, cancelled, end = trader.ask(m.ReqCompletedOrders(apiOnly=False))
    assert ("Filled", "Filled Size: 10", "20250611 10:00:00 US/Eastern") == (
        filled.orderState.status,
        filled.orderState.completedStatus,
        filled.orderState.completedTime,
    )
    assert ("Cancelled", "Cancelled by Trader") == (
        cancelled.orderState.status,
        cancelled.orderState.completedStatus,
    )
    assert m.CompletedOrdersEnd() == end
