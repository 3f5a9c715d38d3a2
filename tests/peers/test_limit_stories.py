"""Limits and the live guard on every wire, against a TWS that isn't ours: what it says decides what may be sold."""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from inside import core
from peers.conftest import Tell
from peers.peer import Message
from peers.stories import ID, charged, executed, shown, stands, told

from ibnb import IBApp, OrderLimits, OrderRejectedError, SafetyError, createContract, createOrder
from ibnb.ib.api import EClient

NUMBER = 4815747
NVDA = createContract("NVDA", conId=NUMBER)
SALE = createOrder("SELL", 5, "LMT", 101.0)
HELD: list[Message] = [
    ("position", {"account": "DU1234567", "symbol": "NVDA", "conId": NUMBER, "position": 5}),
    ("positionEnd", {}),
]
SOLD = {"action": "SELL", "conId": NUMBER, "account": "DU1234567"}


def owner(tell: Tell, *says: list[Message]) -> tuple[Any, IBApp]:
    """Five NVDA are held, none may be sold short; what TWS says to the first order, the second …"""
    peer, app = tell(placeOrder=list(says), reqPositions=[HELD])
    core(app).definitions.keep(NVDA, [SimpleNamespace(contract=NVDA, priceMagnifier=1)])
    app.limitOrders(OrderLimits(allow_short=False))
    assert 5 == app.getPositions()["position"].iloc[0]
    return peer, app


def sell(app: IBApp, quantity: float = 5) -> int:
    orderId = app.placeOrderNow(NVDA, createOrder("SELL", quantity, "LMT", 101.0))
    for _ in range(2):  # what it says a moment later, too
        core(app).fence.wait()
    return orderId


@pytest.mark.parametrize(
    "end",
    [
        [told(110, "The price does not conform to the minimum price variation")],
        [told(201, "Order rejected")],
        [told(321, "Error validating request")],
        [shown("Submitted", **SOLD), stands("Submitted"), told(202, "Order Canceled - reason:")],
        [shown("Submitted", **SOLD), stands("Cancelled")],
        [shown("PreSubmitted", **SOLD), told(201, "Order rejected"), stands("Inactive")],
    ],
)
def test_a_sale_that_has_ended_frees_its_shares(tell: Tell, end: list[Message]) -> None:
    """A4: after an error alone every later sale was refused for the rest of the session."""
    peer, app = owner(tell, end, [])
    sell(app)
    sell(app)
    assert 2 == peer.times("placeOrder")


@pytest.mark.parametrize(
    "alive",
    [
        [],
        [shown("Submitted", **SOLD), stands("Submitted")],
        [told(399, "Order Message: will not be placed until 09:30"), shown("PreSubmitted", **SOLD)],
        [told(10999, "Some new notice"), shown("Submitted", **SOLD), stands("Submitted")],
        [shown("Submitted", **SOLD), told(161, "Cancel attempted when order is not in a cancellable state")],
    ],
)
def test_a_sale_that_lives_holds_its_shares(tell: Tell, alive: list[Message]) -> None:
    peer, app = owner(tell, alive)
    sell(app)
    with pytest.raises(SafetyError, match="only 5 held, 5 of them already being sold"):
        sell(app, 1)
    assert 1 == peer.times("placeOrder")


@pytest.mark.parametrize(
    "fill",
    [
        [shown("Submitted", **SOLD), executed(5, 101.0, side="SLD", conId=NUMBER, acctNumber="DU1234567"), charged()],
        [shown("Filled", **SOLD), stands("Filled", 5, 0, 101.0)],
        [stands("Filled", 5, 0, 101.0), executed(5, 101.0, side="SLD", conId=NUMBER, acctNumber="DU1234567")],
    ],
    ids=["no orderStatus (Lean#851)", "no execution yet", "the status first"],
)
def test_shares_that_are_sold_are_gone_whichever_message_says_it(tell: Tell, fill: list[Message]) -> None:
    _, app = owner(tell, fill)
    sell(app)
    with pytest.raises(SafetyError, match="only 0 held"):
        sell(app, 1)


def test_a_purchase_that_a_position_has_in_it_isnt_held_beside_it(tell: Tell) -> None:
    """Somebody else has sold five meanwhile: the position, told before the execution, says five as it did before."""
    bought = {"conId": NUMBER, "account": "DU1234567"}
    fill = executed(5, 101.0, conId=NUMBER, acctNumber="DU1234567")
    peer, app = owner(tell, [shown("Submitted", **bought), stands("Submitted"), HELD[0], fill], [])
    app.placeOrderNow(NVDA, createOrder("BUY", 5, "LMT", 101.0))
    core(app).fence.wait()
    with pytest.raises(SafetyError, match="only 5 held"):
        sell(app, 10)
    sell(app, 5)
    assert (2, 2) == (peer.times("placeOrder"), peer.times("reqPositions"))


def test_a_bracket_of_which_tws_refuses_the_entry_holds_nothing(tell: Tell) -> None:
    _, app = owner(tell, [told(201, "Order rejected")], [])
    bracket = app.createBracket("BUY", 10, 100.0, 110.0, 95.0)
    with pytest.raises(OrderRejectedError):
        app.placeBracket(NVDA, bracket)
    sell(app)


def test_no_way_to_tws_goes_around_the_limits(tell: Tell) -> None:
    """Text and protobuf: ibapi's own method, which verbs and programs call, sends only what was checked."""
    peer, app = tell()
    app.limitOrders(OrderLimits(max_quantity=1))
    order = createOrder("SELL", 1, "LMT", 101.0)
    with suppress(SafetyError):  # 10.x tells of it as code 512
        EClient.placeOrder(app, ID, NVDA, order)
    with suppress(SafetyError):
        EClient.exerciseOptions(app, ID, NVDA, 1, 1, "", 0, *[""] * (len(_EXTRAS)))
    core(app).fence.wait()
    assert (0, 0) == (peer.times("placeOrder"), peer.times("exerciseOptions"))
    app.placeOrder(ID, NVDA, order)
    core(app).fence.wait()
    assert 1 == peer.times("placeOrder")


_EXTRAS = EClient.exerciseOptions.__code__.co_varnames[7 : EClient.exerciseOptions.__code__.co_argcount]


def test_a_live_account_in_mid_session_ends_the_orders(tell: Tell) -> None:
    """A8"""
    peer, app = tell()
    app.placeOrder(ID, NVDA, SALE)
    peer.say(("managedAccounts", {"accountsList": "DU1234567,U9"}))
    core(app).fence.wait()
    with pytest.raises(SafetyError, match="this is a live account"):
        app.placeOrder(ID + 1, NVDA, SALE)
    assert 1 == peer.times("placeOrder")
