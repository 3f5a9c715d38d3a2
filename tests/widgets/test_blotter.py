from __future__ import annotations

from inside import core
from order_messages import opened, shown, status
from scripted import ScriptedTWS

from ibnb import OrderBlotter, createContract, createOrder


def test_an_empty_blotter_says_so(tws: ScriptedTWS) -> None:
    blotter = OrderBlotter(tws.app)
    assert blotter.text == "No orders yet."
    assert repr(blotter) == "OrderBlotter(0 orders, 0 working)"


def test_a_working_order_has_a_button_that_cancels_it(tws: ScriptedTWS) -> None:
    order = createOrder("BUY", 5, "LMT", 100.0)
    tws.on("placeOrder", *shown(27, order, "Submitted"))
    tws.on("cancelOrder", *status(27, "Cancelled", remaining=5))
    tws.app.placeOrderNow(createContract("NVDA"), order)
    blotter = OrderBlotter(tws.app)
    assert repr(blotter) == "OrderBlotter(1 orders, 1 working)"
    assert blotter.text.splitlines()[-1] == "27 BUY NVDA LMT 100.00 DAY 0/5 – Submitted"
    blotter.cancel(27)
    assert blotter.text.splitlines()[-2:] == ["27 BUY NVDA LMT 100.00 DAY 0/5 – Cancelled", "Order 27: Cancelled."]
    assert blotter.buttons == {}


def test_an_order_of_another_program_is_shown_and_has_no_button(tws: ScriptedTWS) -> None:
    """Lesson 11 in a browser: "Cancel 0" stood beside two orders of a second program."""
    for place, client in ((1, 2), (2, 2)):
        _, _, contract, order, state = opened(place, createOrder("BUY", 5, "LMT", 100.0), "Submitted")
        order.clientId = client
        tws.tell("openOrder", 0, contract, order, state)
    blotter = OrderBlotter(tws.app)
    assert repr(blotter) == "OrderBlotter(2 orders, 2 working)"
    assert blotter.text.splitlines()[-1].startswith("0 BUY NVDA LMT 100.00 DAY")
    assert blotter.buttons == {}


def test_a_cancel_that_fails_is_told_and_the_table_stays(tws: ScriptedTWS) -> None:
    order = createOrder("BUY", 5, "LMT", 100.0)
    tws.on("placeOrder", *shown(27, order, "Submitted"))
    tws.app.placeOrderNow(createContract("NVDA"), order)
    core(tws.app).gate.readonly = True
    blotter = OrderBlotter(tws.app)
    blotter.cancel(27)
    assert "read-only" in blotter.text
    assert 27 in blotter.buttons


def test_a_lost_session_has_nothing_to_cancel_with(tws: ScriptedTWS) -> None:
    order = createOrder("BUY", 5, "LMT", 100.0)
    tws.on("placeOrder", *shown(27, order, "Submitted"))
    tws.app.placeOrderNow(createContract("NVDA"), order)
    blotter = OrderBlotter(tws.app)
    tws.app.disconnect()
    blotter.refresh()
    assert blotter.buttons == {}
