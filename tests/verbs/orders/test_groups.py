"""Orders that belong together: all of them reach TWS, or none is left there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from gates import contract, gate, order, position, refused, told
from inside import core
from order_messages import NVDA, opened, shown, status
from scripted import ScriptedTWS
from virtual import on_virtual_time

from ibnb import (
    ConnectionLostError,
    NotConnectedError,
    OrderLimits,
    OrderRejectedError,
    RequestTimeoutError,
    SafetyError,
    createBracket,
    createOCA,
    createOrder,
)
from ibnb.verbs.orders.blotter import Blotter
from ibnb.verbs.orders.groups import Group

BRACKET = createBracket("BUY", 10, 100.0, 110.0, 95.0)


def placed(tws: ScriptedTWS) -> list[int]:
    return [args[0] for name, args in tws.asked if name == "placeOrder"]


def cancelled(tws: ScriptedTWS) -> list[int]:
    return [args[0] for name, args in tws.asked if name == "cancelOrder"]


def refuse(tws: ScriptedTWS, which: int, code: int = 110, text: str = "off the grid") -> None:
    """TWS refuses the order with this id, and takes the others."""

    def answer(orderId: int, contract: Any, order: Any) -> None:
        if orderId == which:
            tws.tell("error", orderId, code, text)
        elif order.transmit:
            tws.tell(*opened(orderId, order, "Submitted"))

    tws.on("placeOrder", answer)
    tws.record("cancelOrder")


@pytest.mark.parametrize(
    "limits",
    [OrderLimits(max_orders_per_minute=2), OrderLimits(max_quantity=9), OrderLimits(max_notional=1050)],
    ids=["rate", "quantity", "value of the profit alone"],
)
def test_a_bracket_is_judged_whole_before_its_first_order_leaves(tws: ScriptedTWS, limits: OrderLimits) -> None:
    """A5: refused at the stop, the parent and the profit stayed at TWS, ready to be transmitted without a stop."""
    tws.record("placeOrder")
    tws.app.limitOrders(limits)
    with pytest.raises(SafetyError):
        tws.app.placeBracket(NVDA, BRACKET)
    assert placed(tws) == []
    assert len(tws.app.getBlotter()) == 0


def test_a_group_within_the_limits_leaves_and_is_counted_once(tws: ScriptedTWS) -> None:
    tws.record("placeOrder")
    tws.app.limitOrders(OrderLimits(max_orders_per_minute=3))
    assert tws.app.placeBracket(NVDA, BRACKET) == placed(tws)
    with pytest.raises(SafetyError):
        tws.app.placeOrderNow(NVDA, createOrder("BUY", 1))


@pytest.mark.parametrize(("which", "left"), [(27, [27, 28]), (28, [27, 28]), (29, [27, 28, 29])])
def test_a_bracket_of_which_tws_refuses_a_part_is_withdrawn(tws: ScriptedTWS, which: int, left: list[int]) -> None:
    refuse(tws, which)
    with pytest.raises(OrderRejectedError, match="off the grid") as caught:
        tws.app.placeBracket(NVDA, BRACKET)
    assert (caught.value.code, caught.value.reqId) == (110, which)
    # What transmits the bracket doesn't leave any more.
    assert placed(tws) == left
    assert cancelled(tws) == [each for each in left if each != which]
    assert "The rest of the group is being cancelled" in str(caught.value)


@pytest.mark.parametrize("which", [27, 28, 29])
def test_an_unknown_code_about_a_part_is_told_as_it_is_of_one_order(tws: ScriptedTWS, which: int) -> None:
    """The ids were returned without a word."""
    clock = on_virtual_time(tws.app)
    refuse(tws, which, 10999, "Some new notice")
    tws.on("reqOpenOrders", ("openOrderEnd",))
    with pytest.raises(RequestTimeoutError) as caught:
        tws.app.placeBracket(NVDA, BRACKET)
    text = str(caught.value)
    assert clock.passed == tws.app.timeout
    assert f"placeBracket({which}): state unconfirmed: order {which} (" in text
    assert "TWS said 10999: Some new notice\nNothing is sent again" in text
    assert placed(tws) == [27, 28, 29]
    assert cancelled(tws) == []


def test_an_unknown_code_is_forgotten_once_tws_shows_the_order(tws: ScriptedTWS) -> None:
    on_virtual_time(tws.app)
    refuse(tws, 28, 10999)
    tws.on("reqOpenOrders", *shown(28, BRACKET.takeProfit, "Submitted"), ("openOrderEnd",))
    assert tws.app.placeBracket(NVDA, BRACKET) == [27, 28, 29]


def test_a_part_that_is_refused_after_an_unknown_code_takes_the_others_with_it(tws: ScriptedTWS) -> None:
    on_virtual_time(tws.app)
    refuse(tws, 29, 10999)
    tws.on("reqOpenOrders", ("error", 29, 201, "Order rejected - reason:no"), ("openOrderEnd",))
    with pytest.raises(OrderRejectedError, match="The rest of the group is being cancelled"):
        tws.app.placeBracket(NVDA, BRACKET)
    assert cancelled(tws) == [27, 28]


def test_what_protects_a_fill_isnt_withdrawn(tws: ScriptedTWS) -> None:
    def answer(orderId: int, contract: Any, order: Any) -> None:
        if orderId == 29:
            for message in status(27, "Filled", filled=10, price=100.0):
                tws.tell(*message)
            tws.tell("error", 29, 201, "no")

    tws.on("placeOrder", answer)
    tws.record("cancelOrder")
    with pytest.raises(OrderRejectedError, match="order 27 is Filled, 10 filled: the rest of the group was left"):
        tws.app.placeBracket(NVDA, BRACKET)
    assert cancelled(tws) == []


def test_an_oca_group_is_sent_whole(tws: ScriptedTWS, capsys: pytest.CaptureFixture[str]) -> None:
    pair = [(NVDA, order) for order in createOCA([createOrder("SELL", 1, "LMT", 300), createOrder("SELL", 1, "LMT", 9)])]  # fmt: skip  # noqa: E501
    tws.on("placeOrder", lambda orderId, _, order: [tws.tell(*each) for each in shown(orderId, order, "Submitted")])
    assert tws.app.placeOrders(pair) == [27, 28]
    assert [order.parentId for _, order in pair] == [0, 0]
    assert capsys.readouterr().out == "New Order ID 27: SELL 1 NVDA (LMT)\nNew Order ID 28: SELL 1 NVDA (LMT)\n"
    tws.asked.clear()
    refuse(tws, 30)
    with pytest.raises(OrderRejectedError):
        tws.app.placeOrders(pair)
    assert cancelled(tws) == [29]


def test_the_second_of_two_doesnt_leave_when_tws_refuses_the_first(tws: ScriptedTWS) -> None:
    refuse(tws, 27)
    with pytest.raises(OrderRejectedError, match=r"The rest of the group is being cancelled \(orders: none\)"):
        tws.app.placeOrders([(NVDA, createOrder("SELL", 1, "LMT", price)) for price in (300, 9)])
    assert placed(tws) == [27]


def test_a_group_that_breaks_off_is_withdrawn(tws: ScriptedTWS) -> None:
    tws.record("cancelOrder")
    with pytest.raises(ValueError):
        tws.app.placeOrders([(NVDA, createOrder("BUY", 1)), (NVDA, object())])
    assert placed(tws) == []

    def fail(orderId: int, contract: Any, order: Any) -> None:
        if orderId == 28:
            raise ConnectionLostError("gone")

    tws.on("placeOrder", fail)
    with pytest.raises(ConnectionLostError, match=r"(?s)gone.*Sent before, and perhaps held at TWS .*: 27\."):
        tws.app.placeBracket(NVDA, BRACKET)
    assert cancelled(tws) == [27]


@pytest.mark.parametrize("failing", [0, 1])
def test_what_a_broken_group_hasnt_handed_on_holds_no_shares(failing: int) -> None:
    """Mutant of groups.py: the member after the one that failed was still counted by the limits."""
    made = gate(allow_short=False)
    position(made, told(), 100)
    lifecycle = SimpleNamespace(connection=None)
    core: Any = SimpleNamespace(gate=made, lifecycle=lifecycle, fence=SimpleNamespace(glance=lambda seconds: None))

    def place(orderId: int, contract: Any, order: Any) -> None:
        made.check(orderId, contract, order)
        if orderId == failing:
            raise ConnectionLostError("gone")

    app: Any = SimpleNamespace(_ibnb=core, placeOrder=place, cancelOrder=lambda orderId: None)
    group = Group(app, Blotter(lambda: 1, lambda text: None), "placeOrders")
    with pytest.raises(ConnectionLostError):
        group.send([(number, contract(), order(20, "SELL")) for number in range(3)])
    handed = failing + 1  # TWS may have the one that failed
    made.check(9, contract(), order(100 - 20 * handed, "SELL"))
    assert f"{100:g} of them already being sold" in refused(made, 10, contract(), order(1, "SELL"))


def test_a_program_whose_own_place_order_sends_nothing_may_try_its_group(tws: ScriptedTWS) -> None:
    """A dry run: the blotter knows none of them."""
    tws.app.placeOrder = lambda orderId, contract, order: None
    assert tws.app.placeBracket(NVDA, BRACKET) == [27, 28, 29]
    assert len(tws.app.getBlotter()) == 0


def test_a_group_of_one_and_of_none(tws: ScriptedTWS) -> None:
    tws.record("placeOrder")
    assert tws.app.placeOrders([(NVDA, createOrder("BUY", 1))]) == [27]
    assert tws.app.placeOrders([]) == []


def test_nothing_is_placed_without_a_connection() -> None:
    from ibnb import IBApp

    with pytest.raises(NotConnectedError, match="nextValidId not received yet"):
        IBApp().placeOrders([(NVDA, createOrder("BUY", 1))])


@pytest.mark.parametrize("wrong", [["AB"], [7], [(NVDA, BRACKET.parent, 1)], [NVDA, 7], "AB", 7])
def test_what_isnt_a_list_of_pairs_is_refused_in_words(tws: ScriptedTWS, wrong: Any) -> None:
    tws.record("placeOrder")
    with pytest.raises(ValueError, match=r"placeOrders: a list of pairs is wanted"):
        tws.app.placeOrders(wrong)
    assert tws.asked == []


def test_a_group_gives_tws_a_second_before_its_last_order_and_after_it(
    tws: ScriptedTWS, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real seconds: what a TWS that answers nothing at all may keep a group waiting."""
    glances: list[tuple[float, list[int]]] = []
    monkeypatch.setattr(core(tws.app).fence, "glance", lambda seconds: glances.append((seconds, placed(tws))))
    tws.record("placeOrder")
    tws.app.placeBracket(NVDA, BRACKET)
    assert glances == [(1.0, [27, 28]), (1.0, [27, 28, 29])]
