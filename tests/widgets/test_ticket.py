from __future__ import annotations

import pytest
from inside import core

from ibnb import IBApp, OrderTicket


def button(ticket: OrderTicket, word: str) -> object:
    found = [each for each in ticket.children[2].children if each.description.startswith(word)]
    assert len(found) == 1
    return found[0]


def test_a_preview_places_nothing(app: IBApp) -> None:
    ticket = OrderTicket(app, "NVDA", quantity=100)
    button(ticket, "Preview").click()  # type: ignore[attr-defined]
    foreseen = app.previewOrder("NVDA", app.createOrder("BUY", 100))
    assert f"Commission {foreseen['commission']:.2f} USD" in ticket.text
    assert "Initial margin" in ticket.text
    assert "nothing was placed" in ticket.text
    assert len(app.getBlotter()) == 0


def test_an_order_takes_two_steps(app: IBApp) -> None:
    ticket = OrderTicket(app, "NVDA", quantity=10)
    ticket.confirm()
    assert "two steps" in ticket.text
    button(ticket, "Place").click()  # type: ignore[attr-defined]
    assert len(app.getBlotter()) == 0
    confirm = button(ticket, "Confirm")
    assert confirm.description == "Confirm BUY 10 NVDA MKT DAY (PAPER)"  # type: ignore[attr-defined]
    confirm.click()  # type: ignore[attr-defined]
    app.sleep(1)
    ticket.refresh()
    order = app.getBlotter().loc[ticket.orderId]
    assert (order["action"], order["filled"], order["symbol"]) == ("BUY", 10, "NVDA")
    assert f"Order {ticket.orderId} Filled, 10 of 10 filled at {order['avgFillPrice']:.2f}" in ticket.text
    # Once is enough.
    ticket.confirm()
    assert len(app.getBlotter()) == 1


def test_a_change_takes_the_confirmation_back(app: IBApp) -> None:
    ticket = OrderTicket(app, "NVDA", quantity=10)
    ticket.place()
    ticket.quantity.value = 1000
    ticket.confirm()
    assert len(app.getBlotter()) == 0
    ticket.place()
    button(ticket, "Back").click()  # type: ignore[attr-defined]
    ticket.confirm()
    assert len(app.getBlotter()) == 0


def test_the_type_says_which_prices_there_are(app: IBApp) -> None:
    ticket = OrderTicket(app, "NVDA")
    assert (ticket.limit_price.layout.display, ticket.stop_price.layout.display) == ("none", "none")
    ticket.order_type.value = "STP LMT"
    assert (ticket.limit_price.layout.display, ticket.stop_price.layout.display) == ("", "")
    ticket.limit_price.value, ticket.stop_price.value = 100.5, 101.0
    assert ticket.code == (
        "app.placeOrderNow('NVDA', app.createOrder('BUY', 1, 'STP LMT', limit_price=100.5, stop_price=101))"
    )
    ticket.order_type.value = "LMT"
    ticket.place()
    ticket.confirm()
    order = app.getBlotter().loc[ticket.orderId]
    assert (order["orderType"], order["lmtPrice"]) == ("LMT", 100.5)


def test_what_isnt_an_order_is_told(app: IBApp) -> None:
    ticket = OrderTicket(app)
    ticket.place()
    assert "Write a symbol first" in ticket.text
    ticket.symbol.value, ticket.order_type.value = "nvda", "LMT"
    ticket.place()
    assert "needs limit_price" in ticket.text
    ticket.symbol.value, ticket.order_type.value = "NOSUCH", "MKT"
    ticket.preview()
    assert "No security definition" in ticket.text


def test_wrong_words_are_met_as_everywhere(app: IBApp) -> None:
    with pytest.raises(ValueError, match="'LMT'"):
        OrderTicket(app, "NVDA", order_type="limit")


def test_limits_hold_for_a_ticket_too(app: IBApp) -> None:
    core(app).gate.readonly = True
    ticket = OrderTicket(app, "NVDA")
    assert "READ-ONLY" in ticket.text
    ticket.place()
    ticket.confirm()
    assert "read-only" in ticket.text
    assert len(app.getBlotter()) == 0


def test_a_contract_of_ones_own_stays_as_it_is(app: IBApp) -> None:
    ticket = OrderTicket(app, app.createContract("EUR", "CASH", "IDEALPRO"), quantity=20000)
    assert ticket.symbol.disabled
    assert repr(ticket) == "OrderTicket(BUY 20000 EUR.USD MKT DAY)"
    ticket.place()
    ticket.confirm()
    assert app.getBlotter().loc[ticket.orderId, "symbol"] == "EUR"
