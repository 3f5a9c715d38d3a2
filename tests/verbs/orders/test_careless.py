"""What each fault of order identity costs a careless client (plain ibapi, tests/careless.py), and ibnb nothing.

Sources as in tests/gateway/matching/test_mishaps.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

import ibnb
from ibnb import IBApp
from ibnb.gateway import Gateway
from tests.careless import Careless, aapl

# In which the lesson's market falls at last.
HOUR = 4000.0


@pytest.fixture
def careless() -> Iterator[Careless]:
    with Gateway("lesson") as gateway:
        client = Careless(gateway)
        yield client
        client.stop()


@pytest.fixture
def app() -> Iterator[IBApp]:
    session = ibnb.connect("embedded")
    yield session
    ibnb.reset()


def truly_bought(gateway: Gateway) -> float:
    """What the account has bought of AAPL."""

    def count(world: Any) -> float:
        return float(sum(fill.details.execution.shares for fill in world.orders.engine.fills))

    return gateway.inspect(count)


def bid(gateway: Gateway) -> float:
    def look(world: Any) -> float:
        [stock] = [each for each in world.instruments.listings if (each.symbol, each.secType) == ("AAPL", "STK")]
        return float(world.market.quote(stock, world.clock.now()).bid)

    return gateway.inspect(look)


def below(gateway: Gateway) -> float:
    """A limit that is met within the hour, and not at once."""
    return round(bid(gateway) - 0.05, 2)


# A second permId


def test_careless_a_cancel_that_reaches_one_of_two_orders(careless: Careless) -> None:
    first = careless.buy(10, below(careless.gateway))
    careless.wait(0.5)
    careless.gateway.faults.second_perm_id()
    careless.buy(10, 50.0, first)
    careless.wait(0.5)
    careless.cancel(first)
    careless.wait(1)
    assert "Cancelled" == careless.status[first]
    careless.wait(HOUR)
    assert 0 == careless.position()
    assert 10 == truly_bought(careless.gateway)


def test_ibnb_says_that_there_are_two_orders_and_sees_the_fill(app: IBApp) -> None:
    stock, gateway = app.resolve(app.createContract("AAPL")), app.gateway
    first = app.placeOrderNow(stock, app.createOrder("BUY", 10, "LMT", below(gateway), tif="GTC"), wait="Submitted")
    gateway.faults.second_perm_id()
    with pytest.raises(ibnb.RequestTimeoutError, match=r"is Submitted, 0 of 10 filled[^$]*more orders under this id"):
        app.modifyOrder(first, limit_price=50.0, wait=True)
    assert any("second order under the id" in str(text) for text in app.notices["text"])
    app.cancelOrderById(first)
    app.sleep(HOUR)
    table = app.getBlotter()
    assert [10.0, 0.0] == sorted(table["filled"], reverse=True)
    assert ["Cancelled", "Filled"] == sorted(table["status"])
    assert 10 == truly_bought(gateway) == table["filled"].sum()


# A fill after Cancelled


def test_careless_a_cancelled_order_is_over(careless: Careless) -> None:
    first = careless.buy(10, below(careless.gateway))
    careless.wait(0.5)
    careless.gateway.faults.fill_after_cancel()
    careless.cancel(first)
    careless.wait(HOUR)
    assert ("Cancelled", 0) == (careless.status[first], careless.position())
    assert 10 == truly_bought(careless.gateway)


def test_ibnb_shows_the_fill_of_a_cancelled_order(app: IBApp) -> None:
    stock, gateway = app.resolve(app.createContract("AAPL")), app.gateway
    first = app.placeOrderNow(stock, app.createOrder("BUY", 10, "LMT", below(gateway), tif="GTC"), wait="Submitted")
    gateway.faults.fill_after_cancel()
    app.cancelOrderById(first, wait=True)
    assert "Cancelled" == app.waitOrder(first, "Cancelled").status
    app.sleep(HOUR)
    report = app.waitOrder(first)
    assert ("Filled", 10, 0) == (report.status, report.filled, report.remaining)
    assert 10 == app.getExecutions()["shares"].sum() == truly_bought(gateway)


# An execution before its openOrder, or of nobody's order


def test_careless_a_fill_of_an_order_that_isnt_known_yet(careless: Careless) -> None:
    careless.gateway.faults.execution_first()
    careless.buy(10)
    careless.wait(10)
    assert 0 == careless.position()
    assert 10 == truly_bought(careless.gateway)


def test_ibnb_counts_a_fill_that_comes_first(app: IBApp) -> None:
    app.gateway.faults.execution_first()
    order_id = app.placeOrderNow("AAPL", app.createOrder("BUY", 10), wait="Filled")
    assert 10 == app.waitOrder(order_id).filled == truly_bought(app.gateway)


def test_careless_a_fill_of_nobodys_order_is_bought_again(careless: Careless) -> None:
    careless.gateway.faults.stray_execution()
    first = careless.buy(1)
    careless.wait(10)
    if not careless.bought[first]:  # so it believes
        careless.buy(1)
        careless.wait(10)
    assert 1 == careless.position()
    assert 2 == truly_bought(careless.gateway)


def test_ibnb_knows_a_stray_fill_by_its_perm_id(app: IBApp) -> None:
    app.gateway.faults.stray_execution()
    order_id = app.placeOrderNow("AAPL", app.createOrder("BUY", 1), wait="Filled")
    report = app.waitOrder(order_id)
    assert (1, 1.0) == (report.filled, report.commission)
    assert 1 == len(app.getBlotter())


# Commissions


@pytest.mark.parametrize(
    ("stage", "believed"),
    [
        (lambda f: f.late_commission(3600), 0.0),
        (lambda f: f.lose_commission(), 0.0),
        (lambda f: f.unknown_commission(), -1.0),
    ],
)
def test_careless_what_isnt_told_costs_nothing(careless: Careless, stage: Any, believed: float) -> None:
    stage(careless.gateway.faults)
    careless.buy(1)
    careless.wait(60)
    assert believed == careless.paid


@pytest.mark.parametrize(
    "stage",
    [
        lambda f: f.late_commission(5),
        lambda f: f.late_commission(3600),
        lambda f: f.lose_commission(),
        lambda f: f.unknown_commission(),
        lambda f: f.unknown_commission(5),
    ],
)
def test_ibnb_never_takes_a_commission_for_another_than_it_is(app: IBApp, stage: Any) -> None:
    stage(app.gateway.faults)
    order_id = app.placeOrderNow("AAPL", app.createOrder("BUY", 1), wait="Filled")
    report = app.waitOrder(order_id)
    assert math.isnan(report.commission) or report.commission == 1.0
    assert [1.0] == app.getExecutions()["commission"].tolist()
    assert 1.0 == app.waitOrder(order_id).commission


# Ids that roll back, fractions of shares


def test_careless_an_id_that_was_used_before_replaces_an_order(careless: Careless) -> None:
    first = careless.buy(10, 50.0)
    careless.wait(1)
    careless.gateway.faults.roll_back_ids(1)
    careless.reqIds(1)
    careless.wait(1)
    assert first == careless.buy(7, 60.0)
    careless.wait(1)
    working = careless.gateway.inspect(lambda world: [w.order.totalQuantity for w in world.orders.engine])
    assert [7] == working


def test_ibnb_never_uses_an_id_twice(app: IBApp) -> None:
    first = app.placeOrderNow("AAPL", app.createOrder("BUY", 10, "LMT", 50.0), wait="Submitted")
    app.gateway.faults.roll_back_ids(1)
    app.reqIds(1)
    app.sleep(1)
    second = app.placeOrderNow("AAPL", app.createOrder("BUY", 7, "LMT", 60.0), wait="Submitted")
    assert {first: 10.0, second: 7.0} == app.getOpenOrders()["totalQuantity"].to_dict()


def test_careless_shares_are_whole(careless: Careless) -> None:
    careless.gateway.faults.partial_fills(0.5, 2.75)
    careless.buy(10)
    careless.wait(60)
    assert 10 > careless.position()
    assert 10 == truly_bought(careless.gateway)


def test_ibnb_counts_fractions(app: IBApp) -> None:
    app.gateway.faults.partial_fills(0.5, 2.75)
    app.gateway.faults.fractional_sizes(0.25)
    order_id = app.placeOrderNow("AAPL", app.createOrder("BUY", 10), wait="Filled")
    assert 10 == app.waitOrder(order_id).filled
    assert [0.5, 2.75] == app.getExecutions()["shares"].tolist()[:2]
    fraction = 0.25 if app.serverVersion() >= 163 else 0.0  # older wires have whole sizes
    assert fraction == app.getQuote("AAPL")["bidSize"] % 1


# Silence


def test_careless_what_isnt_told_any_more_is_as_it_was(careless: Careless) -> None:
    first = careless.buy(10, below(careless.gateway))
    careless.reqMktData(1, aapl(), "", False, False, [])
    careless.wait(5)
    careless.gateway.faults.stop_streams()
    careless.wait(1)
    heard = len(careless.quotes)
    careless.wait(60)
    assert heard == len(careless.quotes)
    careless.gateway.faults.nightly_restart(60, 300)
    careless.thread.join(20)
    careless.gateway.advance(HOUR)
    assert "Submitted" == careless.status[first]
    assert 10 == truly_bought(careless.gateway)


def test_ibnb_says_that_a_stream_is_silent(app: IBApp) -> None:
    app.staleAfter = 60
    with app.streamQuotes("AAPL"):
        app.sleep(10)
        app.gateway.faults.stop_streams()
        app.sleep(300)
    assert any("has had no data" in str(text) for text in app.notices["text"])


def test_ibnb_comes_back_to_a_tws_that_says_nothing_at_first(app: IBApp) -> None:
    first = app.placeOrderNow("AAPL", app.createOrder("BUY", 10, "LMT", below(app.gateway), tif="GTC"))
    app.waitOrder(first, "Submitted")
    app.connectTimeout = 0.05
    app.gateway.faults.nightly_restart(60, 300)
    app.sleep(HOUR)
    assert app.isConnected()
    report = app.waitOrder(first)
    assert ("Filled", 10) == (report.status, report.filled)
