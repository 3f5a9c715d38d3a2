from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibnb.gateway import messages as m
from ibnb.gateway.instruments import Instruments
from ibnb.gateway.matching.commissions import commission, schedule
from ibnb.gateway.matching.order import FINAL
from ibnb.gateway.matching.order_types import NOT_SIMULATED, ORDER_TYPES, named, token, tokens, type_of
from ibnb.gateway.scenario import LESSON
from tests.gateway.handlers.asking import AAPL, EURUSD
from tests.gateway.handlers.trading import QUIET, Trader, told, trading_world

INSTRUMENTS = Instruments(LESSON.today)
CASH2 = m.Contract(symbol="CSH2", secType="STK", exchange="LSE", currency="GBP")
BITCOIN = m.Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD")
CALL = m.Contract(
    symbol="AAPL", secType="OPT", exchange="SMART", currency="USD",
    lastTradeDateOrContractMonth="20250620", strike=200.0, right="C",
)  # fmt: skip
FUTURE = m.Contract(symbol="ES", secType="FUT", exchange="CME", lastTradeDateOrContractMonth="202506")


def cost(contract: m.Contract, quantity: float, price: float, **kwargs: Any) -> tuple[float, str]:
    (instrument,) = INSTRUMENTS.match(contract)
    rates = {"USD": 1.0, "GBP": 1.35, "EUR": 1.15}
    amount, currency = commission(instrument, Decimal(str(quantity)), price, lambda a, b: rates[a] / rates[b], **kwargs)
    return round(amount, 6), currency


# Commissions


@pytest.mark.parametrize(
    ("contract", "quantity", "price", "expected"),
    [
        (AAPL, 100, 200.0, (1.00, "USD")),
        (AAPL, 1000, 200.0, (5.00, "USD")),
        (AAPL, 1000, 0.30, (3.00, "USD")),
        (AAPL, 1, 20.0, (0.20, "USD")),
        (EURUSD, 20_000, 1.15, (2.00, "USD")),
        (EURUSD, 1_000_000, 1.15, (23.00, "USD")),
        (FUTURE, 3, 6000.0, (6.75, "USD")),
        (CASH2, 100, 1200.0, (3.00, "GBP")),
        (CASH2, 10_000, 1200.0, (60.00, "GBP")),
        # IBKR's examples, fixed pricing: 100, 1,000 shares at 25; 1,000 at 0.25, which is 1 % of the value.
        (AAPL, 100, 25.0, (1.00, "USD")),
        (AAPL, 1000, 25.0, (5.00, "USD")),
        (AAPL, 1000, 0.25, (2.50, "USD")),
        # Options by premium: 0.65 from 0.10, 0.50 from 0.05, 0.25 below; at least 1.00 for an order (market 19).
        (CALL, 1, 5.00, (1.00, "USD")),
        (CALL, 10, 5.00, (6.50, "USD")),
        (CALL, 10, 0.10, (6.50, "USD")),
        (CALL, 10, 0.09, (5.00, "USD")),
        (CALL, 10, 0.05, (5.00, "USD")),
        (CALL, 500, 0.01, (125.00, "USD")),
        (CALL, 2, 0.04, (1.00, "USD")),
        (BITCOIN, 0.5, 100_000.0, (90.00, "USD")),
        (BITCOIN, 0.001, 100_000.0, (1.00, "USD")),  # at most 1 % of the value
        (BITCOIN, 0.005, 100_000.0, (1.75, "USD")),
    ],
)
def test_commissions_follow_the_published_schedule(
    contract: m.Contract, quantity: float, price: float, expected: tuple[float, str]
) -> None:
    assert expected == cost(contract, quantity, price)


def test_the_minimum_is_per_order_not_per_fill() -> None:
    first, _ = cost(AAPL, 100, 200.0)
    second, _ = cost(AAPL, 300, 200.0, before=(Decimal(100), 200.0))
    assert cost(AAPL, 400, 200.0)[0] == first + second


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 900))
def test_parts_cost_what_the_whole_costs(a: int, b: int, price: int) -> None:
    first, _ = cost(AAPL, a, price)
    second, _ = cost(AAPL, b, price, before=(Decimal(a), float(price)))
    assert cost(AAPL, a + b, price)[0] == pytest.approx(first + second, abs=1e-5)
    assert second >= 0


def test_each_part_of_an_order_costs_by_its_own_premium() -> None:
    first, _ = cost(CALL, 10, 0.05)
    second, _ = cost(CALL, 100, 0.04, before=(Decimal(10), 0.05))
    assert (5.00, 25.00) == (first, second)


def test_every_instrument_has_a_commission() -> None:
    for instrument in INSTRUMENTS:
        row = schedule(instrument)
        assert row.perUnit + row.share > 0


# Order types


def test_a_type_is_known_by_its_usual_spellings() -> None:
    assert ["MKT", "LMT", "STP LMT", "STP LMT", "STP"] == [
        named(name) for name in ("mkt", "LIMIT", "STPLMT", "stp  lmt", "Stop")
    ]


def test_no_type_is_both_simulated_and_not() -> None:
    assert not NOT_SIMULATED & set(ORDER_TYPES)


def test_contracts_list_the_types_that_orders_may_have() -> None:
    seen = set()
    for instrument in INSTRUMENTS:
        kind = instrument.secType
        if kind in seen or not instrument.quotes or kind == "CONTFUT":
            continue
        seen.add(kind)
        listed = set(tokens(kind).split(","))
        for name, row in ORDER_TYPES.items():
            assert (row.kinds is None or kind in row.kinds) == (token(name) in listed), (kind, name)
    assert {"STK", "FUT", "CASH", "CRYPTO"} <= seen


# Lives of orders


STOCK_TYPES = [name for name, row in ORDER_TYPES.items() if row.kinds is None or "STK" in row.kinds]
AUCTIONS = {"MOC", "LOC"}

quantities = st.integers(1, 400)
offsets = st.integers(-40, 40)
steps = st.one_of(
    st.tuples(
        st.just("place"), st.sampled_from(sorted(STOCK_TYPES)), st.sampled_from(["BUY", "SELL"]), quantities, offsets
    ),
    st.tuples(st.just("cancel"), st.integers(1, 8)),
    st.tuples(st.just("change"), st.integers(1, 8), offsets, quantities),
    st.tuples(st.just("wait"), st.integers(0, 900)),
)


def prices(trader: Trader, orderType: str, offset: int) -> dict[str, float]:
    near = trader.world.market.last_price(trader.instrument(), trader.world.clock.now()) * (1 + offset / 2000)
    trail = {"auxPrice": 0.05 + abs(offset) / 100, "lmtPriceOffset": 0.02} if ORDER_TYPES[orderType].trails else {}
    return {name: round(near, 2) for name in ORDER_TYPES[orderType].prices} | trail


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=20))
def test_whatever_happens_to_orders_quantities_and_money_are_conserved(plan: list[Any]) -> None:
    trader = Trader(trading_world())
    world, orderId = trader.world, 0
    account = world.accounts.all()[0]
    final: dict[int, tuple[str, Decimal]] = {}
    for step in plan:
        match step:
            case "place", orderType, action, quantity, offset:
                orderId += 1
                trader.place(orderId, action, quantity, orderType, **prices(trader, orderType, offset))
            case "cancel", n:
                trader.cancel(n)
            case "change", n, offset, quantity:
                known = world.orders.find(1, n)
                if known is not None:
                    order = known.order
                    trader.place(n, order.action, quantity, order.orderType, **prices(trader, order.orderType, offset))
            case "wait", seconds:
                trader.wait(seconds)
        for n in range(1, orderId + 1):
            order = world.orders.find(1, n)
            assert order is not None
            assert order.filled + order.remaining == order.order.totalQuantity
            if n in final:
                assert final[n] == (order.status, order.filled)
            elif order.status in FINAL:
                final[n] = (order.status, order.filled)
    executions = [x.execution for x in trader.said if isinstance(x, m.ExecDetails)]
    reports = [x for x in trader.said if isinstance(x, m.CommissionReport)]
    assert [x.execId for x in executions] == [x.execId for x in reports]
    assert len(executions) == len({x.execId for x in executions})
    signed = {x.execId: (1 if x.side == "BOT" else -1) * x.shares for x in executions}
    assert 100 + sum(signed.values()) == trader.held(265598)
    paid = sum(float(signed[x.execId]) * x.price for x in executions) + sum(x.commission for x in reports)
    assert LESSON.accounts[0].cash["USD"] - paid == pytest.approx(account.cash["USD"], abs=1e-6)
    for execution in executions:
        order = world.orders.find(1, execution.orderId)
        assert order is not None
        own = [x for x in executions if x.orderId == execution.orderId]
        spent = sum(float(x.shares) * x.price for x in own)
        assert order.avgFillPrice == pytest.approx(spent / float(order.filled), abs=1e-7)
        if order.order.orderType in AUCTIONS:
            continue
        buys, quote = execution.side == "BOT", world.market.quote(trader.instrument(), execution.time)
        best = quote.ask if buys else quote.bid
        if execution.lastLiquidity == 1:  # it waited, and the market came to it or stands there
            row, before = type_of(order), world.market.quote(trader.instrument(), execution.time - 1)
            stood = order.stands if row.limit is None else float(row.limit(order, before))
            assert execution.price in (order.stands, stood)
        else:  # nobody offers less than the best offer
            assert execution.price >= best if buys else execution.price <= best


# Partial fills


def fill(trader: Trader, orderId: int, quantity: int) -> list[Any]:
    """Fill a part of an order at the quote of now."""
    order, before = trader.world.orders.find(trader.client.clientId, orderId), len(trader.said)
    assert order is not None
    ask = trader.quote().ask
    assert ask is not None
    trader.world.orders.engine.fill(order, Decimal(quantity), ask)
    return trader.said[before:]


def test_parts_of_an_order_add_up_to_the_whole_and_cost_one_minimum() -> None:
    trader = Trader(trading_world())
    trader.place(1, quantity=100, orderType="LMT", lmtPrice=1.0)
    trader.wait(1)
    first, second = fill(trader, 1, 40), fill(trader, 1, 60)
    assert ["openOrder 1 Submitted", "orderStatus 1 Submitted", "commissionReport 1.00 USD"] == told(first)[1:]
    assert ["openOrder 1 Filled", "orderStatus 1 Filled", "commissionReport 0.00 USD"] == told(second)[1:]
    assert [(40, 60), (100, 0)] == [(x[2].filled, x[2].remaining) for x in (first, second)]
    assert [40, 100] == [x[0].execution.cumQty for x in (first, second)]
    assert [] == trader.wait(86_400)


@pytest.mark.parametrize(("ocaType", "expected"), [(1, "Cancelled"), (2, "Submitted"), (3, "Submitted")])
def test_a_part_of_one_reduces_or_cancels_the_rest_of_its_group(ocaType: int, expected: str) -> None:
    trader = Trader(trading_world())
    for n, quantity in ((1, 100), (2, 50)):
        trader.place(n, quantity=quantity, orderType="LMT", lmtPrice=1.0, ocaGroup="g", ocaType=ocaType)
    trader.wait(1)
    fill(trader, 1, 40)
    other = trader.world.orders.find(1, 2)
    assert other is not None
    assert (expected, 50 if ocaType == 1 else 30) == (other.status, other.order.totalQuantity)


# The world around


def test_the_same_calls_make_the_same_messages() -> None:
    def run() -> list[Any]:
        trader = Trader(trading_world())
        ask = trader.quote().ask
        assert ask is not None
        trader.place(1)
        trader.place(2, "SELL", orderType="LMT", lmtPrice=round(ask + 0.2, 2))
        trader.place(3, "SELL", orderType="STP", auxPrice=round(ask - 2, 2))
        trader.wait(7200)
        return trader.said

    assert run() == run()


def test_a_position_in_pence_is_traded_in_pounds() -> None:
    trader = Trader(trading_world())
    account = trader.world.accounts.all()[0]
    trader.place(1, quantity=2, contract=CASH2)
    details, *_, report = trader.wait(1)
    assert -(2 * details.execution.price / 100 + 3.0) == pytest.approx(account.cash["GBP"])
    assert (3.0, "GBP") == (report.commission, report.currency)


def test_a_second_account_trades_for_itself() -> None:
    second = replace(LESSON.accounts[0], code="DU2222222", cash={"USD": 100_000.0}, positions=())
    trader = Trader(trading_world(replace(QUIET, accounts=(*LESSON.accounts, second))))
    trader.place(1, account="DU2222222")
    assert "DU2222222" == trader.wait(1)[0].execution.acctNumber
    first, other = trader.world.accounts.all()
    assert LESSON.accounts[0].cash["USD"] == first.cash["USD"]
    assert other.cash["USD"] < 99_000
