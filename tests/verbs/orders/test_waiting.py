"""Waiting for an order, a change or a cancel: when it ends, and with what words."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from inside import core
from order_messages import NVDA, Commission, execution, filled, opened, shown, status
from scripted import ScriptedTWS
from virtual import on_virtual_time

from ibnb import ConnectionLostError, IBApp, OrderRejectedError, RequestTimeoutError, createOrder
from ibnb.errors import CallbackWarning, request_error

BUY = createOrder("BUY", 1, "MKT")
LIMIT = createOrder("BUY", 5, "LMT", 212)


def test_waiting_for_a_fill_gives_price_and_commission(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *filled(27, BUY, 120.5))
    tws.app.placeOrderNow(NVDA, BUY, wait="Filled")
    report = tws.app.waitOrder(27)
    assert (report.status, report.filled, report.remaining) == ("Filled", 1.0, 0.0)
    assert (report.avgFillPrice, report.commission) == (120.5, 1.0)
    assert report.done
    assert 27 not in tws.app.open_orders


def test_an_order_that_got_further_ends_the_wait_for_submitted(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *filled(27, BUY, 120.5))
    tws.app.placeOrderNow(NVDA, BUY)
    assert tws.app.waitOrder(27, "Submitted").status == "Filled"


def test_a_rejected_order_raises_with_tws_s_reason(tws: ScriptedTWS) -> None:
    tws.on(
        "placeOrder",
        ("error", "$id", 201, "Order rejected - reason:No Trading Permission"),
        opened(27, BUY, "Inactive"),
        *status(27, "Inactive", remaining=1),
    )
    with pytest.raises(OrderRejectedError, match="No Trading Permission") as caught:
        tws.app.placeOrderNow(NVDA, BUY, wait="Submitted")
    assert (caught.value.code, caught.value.reqId) == (201, 27)
    assert tws.app.getBlotter().loc[27, "status"] == "Inactive"


@pytest.mark.parametrize("code", [110, 200, 321, 387, 10243, 403])
def test_an_order_that_tws_never_took_is_dead(tws: ScriptedTWS, code: int) -> None:
    tws.on("placeOrder", ("error", "$id", code, "no"))
    tws.app.placeOrderNow(NVDA, BUY)
    with pytest.raises(OrderRejectedError):
        tws.app.waitOrder(27, "Submitted")


@pytest.mark.parametrize("code", [399, 404, 10349, 2109])
def test_a_warning_never_kills_an_order(tws: ScriptedTWS, code: int) -> None:
    tws.on("placeOrder", ("error", "$id", code, "only a warning"), *shown(27, BUY, "PreSubmitted"))
    tws.app.placeOrderNow(NVDA, BUY)
    report = tws.app.waitOrder(27, "PreSubmitted")
    assert report.status == "PreSubmitted"
    assert report.messages == (f"{code}: only a warning",)


def test_a_cancelled_order_ends_the_wait_for_a_fill(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.on("cancelOrder", *status(27, "Cancelled", remaining=5), ("error", "$id", 202, "Order Canceled - reason:"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.app.cancelOrderById(27, wait=True)
    report = tws.app.waitOrder(27, "Filled")
    assert report.status == "Cancelled"
    assert math.isnan(report.avgFillPrice)
    assert report.messages == ("202: Order Canceled - reason:",)


@pytest.mark.parametrize("done", [0, 2])
def test_a_cancel_that_was_asked_for_or_came_after_a_fill_needs_no_reason(tws: ScriptedTWS, done: int) -> None:
    """Mutant of blotter.py: waitOrder waited two seconds for TWS to say why."""
    clock = on_virtual_time(tws.app)
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    if done:
        tws.tell("execDetails", -1, NVDA, execution(27, done, 100.0))
        tws.tell("commissionReport", Commission())
    else:
        tws.app.cancelOrderById(27)
    for message in status(27, "Cancelled", filled=done, remaining=5 - done, price=100.0):
        tws.tell(*message)
    assert tws.app.waitOrder(27, "done").status == "Cancelled"
    assert clock.passed == 0


def test_waiting_in_vain_raises_and_the_order_lives(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    with pytest.raises(RequestTimeoutError, match=r"waitOrder\(27\)"):
        tws.app.waitOrder(27, timeout=0.01)
    assert tws.app.getBlotter().loc[27, "status"] == "Submitted"


def test_wrong_words_and_unknown_ids_are_value_errors(tws: ScriptedTWS) -> None:
    with pytest.raises(ValueError, match="Did you mean 'Filled'"):
        tws.app.waitOrder(27, "Filed")
    with pytest.raises(ValueError, match="order 99 isn't known"):
        tws.app.waitOrder(99)
    with pytest.raises(ValueError, match="order 99 isn't known"):
        tws.app.getOrderLog(99)


def test_a_wrong_wait_is_refused_before_the_order_leaves(tws: ScriptedTWS) -> None:
    tws.record("placeOrder")
    with pytest.raises(ValueError, match="Legal values: PendingSubmit"):
        tws.app.placeOrderNow(NVDA, BUY, wait="forever")
    assert tws.asked == []


def test_a_late_fill_after_a_cancel_counts(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    for message in status(27, "Cancelled", remaining=5):
        tws.tell(*message)
    for message in status(27, "Filled", filled=5, price=212):
        tws.tell(*message)
    assert tws.app.waitOrder(27).filled == 5.0


def test_the_log_tells_the_order_s_life_without_repetitions(tws: ScriptedTWS) -> None:
    twice = shown(27, BUY, "PreSubmitted")
    tws.on("placeOrder", *twice, *twice, *filled(27, BUY, 120.5))
    tws.app.placeOrderNow(NVDA, BUY)
    log = tws.app.getOrderLog(27)
    assert log["status"].drop_duplicates().tolist() == ["PendingSubmit", "PreSubmitted", "Filled"]
    assert log["message"].tolist() == ["sent", "openOrder", "orderStatus", "execDetails", "openOrder", "orderStatus"]
    assert log.index.tz is not None


@pytest.mark.parametrize("message", [("error", 27, 10999, "Nobody knows this code"), *status(27, "Filled", filled=5)])
def test_a_change_of_which_tws_says_nothing_is_unconfirmed(
    tws: ScriptedTWS, monkeypatch: pytest.MonkeyPatch, message: tuple[Any, ...]
) -> None:
    monkeypatch.setattr("ibnb.verbs.orders.waiting.GRACE", 0.01)
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.on("reqOpenOrders", ("openOrderEnd",))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.on("placeOrder", message)
    with pytest.raises(RequestTimeoutError, match=r"modifyOrder\(27\): state unconfirmed"):
        tws.app.modifyOrder(27, limit_price=170, wait=True)


def test_an_order_that_tws_has_shown_isnt_said_to_be_unseen(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "PendingSubmit"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    with pytest.raises(RequestTimeoutError, match=r"is PendingSubmit.*; it goes on working at TWS"):
        tws.app.waitOrder(27, timeout=0.01)


def test_an_order_that_has_got_further_has_got_so_far(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    assert tws.app.waitOrder(27, "PreSubmitted", timeout=0.01).status == "Submitted"


def test_a_cancel_of_all_orders_says_which_one_tws_refuses_to_cancel(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.on("reqOpenOrders", *shown(27, LIMIT, "Submitted"), ("openOrderEnd",))
    tws.on("cancelOrder", ("error", "$id", 10148, "OrderId 27 can not be cancelled, state: PendingCancel."))
    with pytest.raises(OrderRejectedError) as caught:
        tws.app.cancelAllOrders(wait=True, timeout=0.1)
    assert caught.value.code == 10148


def test_a_cancel_of_all_orders_that_comes_after_a_fill_is_no_refusal(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.on("reqOpenOrders", *shown(27, LIMIT, "Submitted"), ("openOrderEnd",))
    refused = ("error", 27, 0, 10148, "OrderId 27 can not be cancelled, state: Filled.", "")
    tws.on("cancelOrder", lambda *_: later(tws, 1.0, refused, *filled(27, LIMIT, 120.5)))
    on_virtual_time(tws.app)
    tws.app.cancelAllOrders(wait=True, timeout=10)
    assert tws.app.waitOrder(27).status == "Filled"


def later(tws: ScriptedTWS, seconds: float, *messages: tuple[Any, ...]) -> None:
    """TWS says this after that many seconds."""

    def say() -> None:
        for message in messages:
            tws.tell(*message)

    core(tws.app).clock.later(seconds, say)


def test_tws_gets_a_moment_to_show_an_order_that_it_said_something_unknown_about(tws: ScriptedTWS) -> None:
    on_virtual_time(tws.app)

    def answer(orderId: int, *_: Any) -> None:
        tws.tell("error", orderId, 0, 10999, "Nobody knows this code", "")
        later(tws, 1.0, *shown(orderId, LIMIT, "Submitted"))

    tws.on("placeOrder", answer)
    tws.record("reqOpenOrders")
    assert tws.app.placeOrderNow(NVDA, LIMIT, wait="Submitted", timeout=10) == 27
    assert "reqOpenOrders" not in tws.names()


def test_after_that_moment_tws_is_asked_to_show_it(tws: ScriptedTWS) -> None:
    clock = on_virtual_time(tws.app)
    tws.on("placeOrder", ("error", "$id", 10999, "Nobody knows this code"))
    tws.on("reqOpenOrders", *shown(27, LIMIT, "Submitted"), ("openOrderEnd",))
    assert tws.app.placeOrderNow(NVDA, LIMIT, wait="Submitted", timeout=10) == 27
    assert clock.passed == 2.0


def test_a_tws_that_is_asked_has_ten_seconds_to_show_it(tws: ScriptedTWS) -> None:
    clock = on_virtual_time(tws.app)
    tws.on("placeOrder", ("error", "$id", 10999, "Nobody knows this code"))
    tws.record("reqOpenOrders")
    with pytest.raises(RequestTimeoutError, match="state unconfirmed"):
        tws.app.placeOrderNow(NVDA, LIMIT, wait="Submitted", timeout=30)
    assert clock.passed == 12.0


@pytest.mark.parametrize("timeout", [0, 1, 5])
def test_a_wait_in_vain_lasts_as_long_as_it_may(tws: ScriptedTWS, timeout: float) -> None:
    clock = on_virtual_time(tws.app)
    tws.on("placeOrder", ("error", "$id", 10999, "Nobody knows this code"))
    tws.on("reqOpenOrders", *shown(27, LIMIT, "Submitted"), ("openOrderEnd",))
    with pytest.raises(RequestTimeoutError, match="is Submitted"):
        tws.app.placeOrderNow(NVDA, LIMIT, wait="Filled", timeout=timeout)
    assert clock.passed == timeout


def test_a_timeout_tells_the_last_three_messages_and_the_price_as_it_is(tws: ScriptedTWS) -> None:
    order = createOrder("BUY", 5, "LMT", 1.234)
    tws.on(
        "placeOrder", *(("error", "$id", 399, f"warning {each}") for each in range(4)), *shown(27, order, "Submitted")
    )
    tws.app.placeOrderNow(NVDA, order)
    with pytest.raises(RequestTimeoutError) as caught:
        tws.app.waitOrder(27, timeout=0)
    told = str(caught.value)
    assert ["warning 0" in told, "warning 1" in told] == [False, True]
    assert "limit 1.234;" in told


@pytest.mark.parametrize(("after", "known"), [(1.0, True), (3.0, False)])
def test_a_commission_is_waited_for_for_two_seconds(tws: ScriptedTWS, after: float, known: bool) -> None:
    clock = on_virtual_time(tws.app)
    *messages, charge = filled(27, BUY, 120.5)
    tws.on("placeOrder", *messages, lambda *_: later(tws, after, charge))
    tws.app.placeOrderNow(NVDA, BUY)
    assert math.isnan(tws.app.waitOrder(27, timeout=10).commission) is not known
    assert clock.passed == min(after, 2.0)


def lost_in(tws: ScriptedTWS, seconds: float) -> Callable[..., None]:
    return lambda *_: core(tws.app).clock.later(seconds, tws.app.disconnect)


def test_a_lost_connection_says_how_the_order_stood(tws: ScriptedTWS) -> None:
    """design.md 7: it was "the connection has ended" and no more, of an order that works on."""
    on_virtual_time(tws.app)
    tws.on("placeOrder", *shown(27, BUY, "Submitted"), lost_in(tws, 1.0))
    said = r"(?s)ended.*When last heard of, order 27 .* is Submitted, 0 of 1 filled.*Nothing is sent again"
    with pytest.raises(ConnectionLostError, match=said):
        tws.app.placeOrderNow(NVDA, BUY, wait="Filled", timeout=10)


class Hasty(IBApp):
    """Loses its connection as soon as an order has left."""

    def placeOrder(self, orderId: int, contract: Any, order: Any) -> None:
        super().placeOrder(orderId, contract, order)
        self.disconnect()


@pytest.mark.parametrize("wait", ["Submitted", "Filled"])
def test_a_connection_that_is_gone_before_the_wait_begins_says_that_the_order_was_sent(wait: str) -> None:
    """It was "placeOrderNow(27): not connected", of an order that was filled at TWS."""
    tws = ScriptedTWS(Hasty)
    tws.on("placeOrder", *shown(27, BUY, "PreSubmitted"))
    with pytest.raises(ConnectionLostError, match=r"(?s)not connected.*When last heard of, order 27 .* PreSubmitted"):
        tws.app.placeOrderNow(NVDA, BUY, wait=wait, timeout=10)


def test_what_is_known_before_the_connection_goes_is_told_without_one() -> None:
    tws = ScriptedTWS(Hasty)
    tws.on("placeOrder", *filled(27, BUY, 120.5))
    assert tws.app.placeOrderNow(NVDA, BUY, wait="Filled", timeout=10) == 27


def test_who_cancels_all_hears_how_the_orders_stood_when_the_connection_went(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, BUY, "Submitted"))
    tws.on("reqOpenOrders", *shown(27, BUY, "Submitted"), ("openOrderEnd",))
    tws.on("cancelOrder", lost_in(tws, 1.0))
    on_virtual_time(tws.app)
    tws.app.placeOrderNow(NVDA, BUY)
    with pytest.raises(ConnectionLostError, match=r"When last heard of, order 27 .* is Submitted"):
        tws.app.cancelAllOrders(wait=True, timeout=10)


def test_a_filled_order_is_told_though_the_connection_is_lost_before_its_commission(tws: ScriptedTWS) -> None:
    """It raised ConnectionLostError, and whoever sent the order again had bought twice."""
    clock = on_virtual_time(tws.app)
    *messages, _ = filled(27, BUY, 120.5)
    tws.on("placeOrder", *messages, lost_in(tws, 1.0))
    tws.app.placeOrderNow(NVDA, BUY)
    report = tws.app.waitOrder(27, timeout=10)
    assert (1.0, "Filled", 1.0) == (clock.passed, report.status, report.filled)
    assert math.isnan(report.commission)


def test_a_cancelled_order_is_told_though_the_connection_is_lost_before_its_reason(tws: ScriptedTWS) -> None:
    clock = on_virtual_time(tws.app)
    tws.on("placeOrder", *shown(27, BUY, "Cancelled"), lost_in(tws, 1.0))
    tws.app.placeOrderNow(NVDA, BUY)
    assert ("Cancelled", 1.0) == (tws.app.waitOrder(27, timeout=10).status, clock.passed)


@pytest.mark.parametrize(
    ("order", "word", "said"),
    [
        (BUY, "Submitted", "(BUY 1 NVDA MKT) is Submitted, 0 of 1 filled; it goes on working at TWS"),
        (
            createOrder("SELL", 1, "STP", stop_price=200.5),
            "PreSubmitted",
            "(SELL 1 NVDA STP) is PreSubmitted, 0 of 1 filled, stop 200.50; it goes on working at TWS",
        ),
        (BUY, "", "(BUY 1 NVDA MKT) is PendingSubmit, 0 of 1 filled; TWS hasn't shown it yet"),
        (
            createOrder("BUY", 1, transmit=False),
            "",
            "(BUY 1 NVDA MKT) is PendingSubmit, 0 of 1 filled; "
            "it is held at TWS until it is transmitted (transmit=True)",
        ),
    ],
)
def test_a_timeout_says_how_the_order_stands(tws: ScriptedTWS, order: Any, word: str, said: str) -> None:
    tws.on("placeOrder", *(shown(27, order, word) if word else ()))
    tws.app.placeOrderNow(NVDA, order)
    with pytest.raises(RequestTimeoutError) as caught:
        tws.app.waitOrder(27, timeout=0)
    assert str(caught.value) == f"waitOrder(27): not within 0 s: order 27 {said}"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (("error", 27, 10999, "New"), "it goes on working at TWS. TWS said 10999: New"),
        (opened(27, LIMIT, "Filled"), "it is over."),
    ],
)
def test_an_unconfirmed_state_is_told_with_what_tws_said_of_it(
    tws: ScriptedTWS, message: tuple[Any, ...], said: str
) -> None:
    on_virtual_time(tws.app)
    tws.on("reqOpenOrders", ("openOrderEnd",))
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.on("placeOrder", message)
    with pytest.raises(RequestTimeoutError) as caught:
        tws.app.modifyOrder(27, limit_price=170, wait=True)
    assert str(caught.value).splitlines()[0].partition("; ")[2] == said


def test_a_timeout_tells_the_last_three_things_that_tws_said(tws: ScriptedTWS) -> None:
    """(Mutant of waiting.py.)"""
    on_virtual_time(tws.app)
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"), *(("error", 27, 399, f"word {n}") for n in range(4)))
    with pytest.raises(RequestTimeoutError) as caught:
        tws.app.placeOrderNow(NVDA, LIMIT, wait="Filled", timeout=1)
    assert [line for line in str(caught.value).splitlines() if "word" in line] == [
        f"TWS said 399: word {n}" for n in (1, 2, 3)
    ]


def test_a_cancel_that_nobody_asked_for_has_two_seconds_to_say_why(tws: ScriptedTWS) -> None:
    on_virtual_time(tws.app)
    why = ("error", 27, 0, 202, "Order Canceled - reason:Too far through the market", "")
    tws.on("placeOrder", *status(27, "Cancelled", remaining=5), lambda *_: later(tws, 1.0, why))
    with pytest.raises(OrderRejectedError, match="Too far through the market"):
        tws.app.placeOrderNow(NVDA, LIMIT, wait="Submitted", timeout=10)


@pytest.mark.parametrize(("code", "about"), [(200, "200 for NVDA: no"), (201, "201: no")])
def test_a_rejection_names_an_instrument_that_isnt_known(tws: ScriptedTWS, code: int, about: str) -> None:
    tws.on("placeOrder", ("error", "$id", code, "no"))
    with pytest.raises(OrderRejectedError, match=f"TWS answered {about}"):
        tws.app.placeOrderNow(NVDA, BUY, wait="Submitted")


def test_what_nobody_sent_isnt_waited_for_and_what_is_known_is_named(tws: ScriptedTWS) -> None:
    with pytest.raises(ValueError, match=r"order 99 isn't known here. Known: none\."):
        tws.app.waitOrder(99)
    tws.app.disconnect()
    with pytest.raises(ValueError, match="order 99 isn't known here"):
        tws.app.waitOrder(99)


def test_a_refused_change_has_the_advice_of_its_code_alone(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.on("placeOrder", ("error", "$id", 200, "no"))
    with pytest.raises(OrderRejectedError) as caught:
        tws.app.modifyOrder(27, limit_price=170, wait=True)
    assert caught.value.advice == request_error(200, "no").advice


def test_an_exception_in_a_callback_is_told_by_the_next_wait(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    core(tws.app).status.problem("orderStatus", "MyApp", ZeroDivisionError("mine"), "")
    with pytest.warns(CallbackWarning, match="mine in MyApp, callback orderStatus"):
        tws.app.waitOrder(27, "Submitted")
