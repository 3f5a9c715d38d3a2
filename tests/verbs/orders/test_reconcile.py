"""What became of orders while nobody listened: a script plays TWS."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from inside import core
from scripted import ScriptedTWS
from virtual import on_virtual_time

from ibnb import IBApp
from ibnb.errors import RequestError, RequestTimeoutError
from ibnb.ib.api import Contract, Execution, Order, OrderState, to_decimal


@pytest.fixture
def tws() -> ScriptedTWS:
    made = ScriptedTWS()
    made.on("placeOrder")
    made.on("reqOpenOrders", ("openOrderEnd",))
    made.on("reqExecutions", ("execDetailsEnd", "$id"))
    made.on("reqCompletedOrders", ("completedOrdersEnd",))
    return made


def contract() -> Any:
    made = Contract()
    made.symbol, made.secType, made.exchange, made.currency = "AAPL", "STK", "SMART", "USD"
    return made


def order(permId: int = 0) -> Any:
    made = Order()
    made.action, made.orderType, made.lmtPrice, made.totalQuantity = "BUY", "LMT", 200.0, to_decimal(10)
    made.permId, made.clientId = permId, 1
    return made


def state(status: str) -> Any:
    made = OrderState()
    made.status = status
    return made


def place(tws: ScriptedTWS, permId: int = 0) -> int:
    """An order; with a permanent id TWS has confirmed it."""
    orderId: int = tws.app.placeOrderNow(contract(), order())
    if permId:
        tws.tell("openOrder", orderId, contract(), order(permId), state("Submitted"))
    return orderId


def status(app: IBApp, orderId: int) -> str:
    return str(app.getBlotter().loc[orderId, "status"])


def reconcile(app: IBApp) -> None:
    """What is done once the connection is back."""
    for action in core(app).reconnect.actions:
        action()


def own_words(app: IBApp) -> list[str]:
    return [notice.text for notice in core(app).status.notices if notice.code == 0]


def test_an_order_that_is_still_open_is_as_tws_shows_it(tws: ScriptedTWS) -> None:
    key = place(tws)
    shown = ("openOrder", key, contract(), order(7), state("Submitted"))
    tws.on("reqOpenOrders", shown, ("openOrderEnd",))
    reconcile(tws.app)
    assert "Submitted" == status(tws.app, key)
    assert ["placeOrder", "reqOpenOrders", "reqExecutions"] == tws.names()


def test_an_order_that_was_never_confirmed_is_uncertain_and_not_sent_again(tws: ScriptedTWS) -> None:
    key = place(tws)
    reconcile(tws.app)
    assert "Uncertain" == status(tws.app, key)
    assert ("reqCompletedOrders", (False,)) in tws.asked
    assert 1 == tws.names().count("placeOrder")
    [text] = own_words(tws.app)
    assert f"order {key} (BUY 10 AAPL) was sent, and TWS never confirmed it" in text
    assert "It is not sent again" in text
    assert ["sent", "reconcile"] == list(tws.app.getOrderLog(key)["message"])


def test_an_uncertain_order_that_shows_up_later_is_certain_again(tws: ScriptedTWS) -> None:
    key = place(tws)
    reconcile(tws.app)
    tws.tell("openOrder", key, contract(), order(7), state("Submitted"))
    assert "Submitted" == status(tws.app, key)


@pytest.mark.parametrize(("end", "filled"), [("Cancelled", 0), ("Filled", 10)])
def test_an_order_that_ended_meanwhile_has_the_end_that_tws_says(tws: ScriptedTWS, end: str, filled: float) -> None:
    key = place(tws, permId=7)
    done = order(7)
    done.filledQuantity = to_decimal(filled)
    tws.on("reqCompletedOrders", ("completedOrder", contract(), done, state(end)), ("completedOrdersEnd",))
    reconcile(tws.app)
    row = tws.app.getBlotter().loc[key]
    assert (end, filled, 10 - filled) == (row["status"], row["filled"], row["remaining"])
    assert [] == own_words(tws.app)


def test_a_fill_names_an_order_that_was_never_confirmed(tws: ScriptedTWS) -> None:
    key = place(tws)
    fill = Execution()
    fill.orderId, fill.permId, fill.clientId, fill.execId, fill.shares = key, 7, 1, "x1", to_decimal(10)
    done = order(7)
    done.filledQuantity = to_decimal(10)
    tws.on("reqExecutions", ("execDetails", "$id", contract(), fill), ("execDetailsEnd", "$id"))
    tws.on("reqCompletedOrders", ("completedOrder", contract(), done, state("Filled")), ("completedOrdersEnd",))
    reconcile(tws.app)
    assert "Filled" == status(tws.app, key)


def test_an_order_that_nobody_knows_any_more_is_uncertain_too(tws: ScriptedTWS) -> None:
    key = place(tws, permId=7)
    reconcile(tws.app)
    assert "Uncertain" == status(tws.app, key)
    assert "isn't among TWS's open or completed orders" in own_words(tws.app)[0]


def test_a_tws_that_doesnt_tell_completed_orders_leaves_the_rest_working(tws: ScriptedTWS) -> None:
    key = place(tws)
    refuse = ("error", -1, 321, "Error validating request.-'bH' : cause - not supported")
    tws.on("reqCompletedOrders", refuse)
    reconcile(tws.app)
    assert "Uncertain" == status(tws.app, key)
    assert "completed orders can't be had" in own_words(tws.app)[0]


def test_a_read_only_session_asks_for_nothing(tws: ScriptedTWS) -> None:
    core(tws.app).gate.readonly = True
    reconcile(tws.app)
    assert [] == tws.names()


def test_executions_that_tws_refuses_to_tell_end_it(tws: ScriptedTWS) -> None:
    place(tws)
    tws.on("reqExecutions", ("error", "$id", 321, "Error validating request"))
    with pytest.raises(RequestError, match="321"):
        reconcile(tws.app)


@pytest.mark.parametrize("silent", ["reqOpenOrders", "reqExecutions", "reqCompletedOrders"])
def test_a_tws_that_doesnt_answer_is_given_ten_seconds(tws: ScriptedTWS, silent: str) -> None:
    place(tws)
    clock = on_virtual_time(tws.app)
    tws.record(silent)
    with suppress(RequestTimeoutError):
        reconcile(tws.app)
    assert 10.0 == clock.passed


@pytest.mark.parametrize("code", [1101, 1102])
def test_when_tws_has_its_link_back_it_is_asked_at_once(tws: ScriptedTWS, code: int) -> None:
    key = place(tws, permId=7)
    clock = on_virtual_time(tws.app)
    tws.app.autoReconnect = True
    tws.tell("error", -1, 0, code, "Connectivity between IBKR and Trader Workstation has been restored", "")
    tws.app.sleep(0.5)
    assert ["placeOrder", "reqOpenOrders", "reqExecutions", "reqCompletedOrders"] == tws.names()
    assert 0.5 == clock.passed
    assert "Submitted" == status(tws.app, key)


@pytest.mark.parametrize(("returns", "sent"), [(False, True), (True, False)])
def test_without_orders_or_a_way_back_nothing_is_asked(tws: ScriptedTWS, returns: bool, sent: bool) -> None:
    if sent:
        place(tws, permId=7)
    on_virtual_time(tws.app)
    tws.app.autoReconnect = returns
    tws.tell("error", -1, 0, 1102, "Connectivity between IBKR and Trader Workstation has been restored", "")
    tws.app.sleep(0.5)
    assert ["placeOrder"] * sent == tws.names()


def test_that_it_cant_be_had_is_told(tws: ScriptedTWS) -> None:
    place(tws, permId=7)
    on_virtual_time(tws.app)
    tws.app.autoReconnect = True
    tws.on("reqExecutions", ("error", "$id", 321, "Error validating request"))
    tws.tell("error", -1, 0, 1102, "Connectivity between IBKR and Trader Workstation has been restored", "")
    tws.app.sleep(0.5)
    assert any("what became of orders during the outage can't be had" in text for text in own_words(tws.app))
