"""Orders that are unusual, from a peer that isn't ours, on every wire: what is said of them is true."""

from __future__ import annotations

import copy
import math
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from peers.conftest import Tell
from peers.peer import LATER, Message
from peers.stories import ID, ORDER, both, charged, executed, shown, stands, told

from ibnb import OrderRejectedError, RequestTimeoutError, createBracket, createContract, createOrder

NVDA = createContract("NVDA")
BUY = createOrder("BUY", 5, "LMT", 101.0)
END: Message = ("openOrderEnd", {})


# --- an order for a sum of money -----------------------------------------------------------------------------


def by_cash(status: str) -> Message:
    return shown(status, totalQuantity=0, cashQty=500.0)


@pytest.mark.parametrize(
    ("says", "status", "remaining"),
    [
        ([by_cash("Submitted"), executed(2, 100.0)], "Submitted", math.nan),
        ([by_cash("Submitted"), stands("Submitted", 2, 3, 100.0), executed(2, 100.0)], "Submitted", 3.0),
        ([by_cash("Submitted"), executed(2, 100.0), by_cash("Filled")], "Filled", 0.0),
        ([by_cash("Submitted"), executed(2, 100.0), stands("Filled", 2, 0, 100.0)], "Filled", 0.0),
    ],
)
def test_only_tws_says_when_a_sum_of_money_is_spent(
    tell: Tell, says: list[Message], status: str, remaining: float
) -> None:
    """LEAN-IB#260: what is filled differs from what was asked for, and a part was called the whole."""
    _, app = tell(placeOrder=[says])
    app.placeOrderNow(NVDA, createOrder("BUY", 0, cashQty=500.0))
    app.getOpenOrders()
    row = app.getBlotter().loc[ID]
    assert (row["status"], row["filled"], row["avgFillPrice"]) == (status, 2.0, 100.0)
    assert row["remaining"] == pytest.approx(remaining, nan_ok=True)


def test_a_timeout_says_the_sum(tell: Tell) -> None:
    _, app = tell(placeOrder=[[by_cash("Submitted"), executed(2, 100.0)]])
    with pytest.raises(RequestTimeoutError, match=r"\(BUY 500 of cash in NVDA LMT\) is Submitted, 2 filled, limit"):
        app.placeOrderNow(NVDA, createOrder("BUY", 0, cashQty=500.0), wait="Filled")


# --- no text ---------------------------------------------------------------------------------------------------


def test_an_order_whose_account_and_tif_are_none_leaves_on_every_wire(tell: Tell) -> None:
    """On text ibapi refused it with 512, "Cannot send None to TWS", and named no field."""
    _, app = tell(placeOrder=[both("Submitted")])
    order = copy.copy(BUY)
    order.account = order.tif = order.orderRef = None
    app.placeOrderNow(NVDA, order, wait="Submitted")
    app.modifyOrder(ID, tif=None)
    assert app.getBlotter().loc[ID, "status"] == "Submitted"


# --- refused, and not wholly -----------------------------------------------------------------------------------


def test_a_refusal_says_what_was_filled_before(tell: Tell) -> None:
    """design.md 8: who reads "rejected" buys again, and two of five were bought."""
    rest = [told(201, "Order rejected - reason:margin"), *both("Inactive", 2, 3, 100.5)]
    _, app = tell(placeOrder=[[*both("Submitted"), executed(2, 100.5), charged(), *rest]])
    with pytest.raises(OrderRejectedError, match=r"filled before stays: .* is Inactive, 2 of 5 filled"):
        app.placeOrderNow(NVDA, BUY, wait="Filled")


def test_a_bracket_whose_stop_is_refused_by_its_status_alone_goes_as_a_whole(tell: Tell) -> None:
    """A5: the entry stayed at work, without a stop."""
    stop = [*both("PreSubmitted"), shown("Inactive", orderId=29), stands("Inactive", orderId=29)]
    peer, app = tell(placeOrder=[[], [], stop])
    with pytest.raises(OrderRejectedError, match="TWS answered: the order is Inactive") as caught:
        app.placeBracket(NVDA, createBracket("BUY", 5, 101, 110, 95))
    assert caught.value.reqId == 29
    app.getOpenOrders()
    assert [number for name, number in peer.asked if name == "cancelOrder"] == [27, 28]


def test_another_time_in_force_is_confirmed_by_an_order_that_has_it(tell: Tell) -> None:
    """Fault 3: TWS repeats itself freely, and the old order, shown again, was taken for the changed one."""
    _, app = tell(placeOrder=[both("Submitted"), [*both("Submitted"), LATER, told(201, "no")], both("Submitted")])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    with pytest.raises(OrderRejectedError):
        app.modifyOrder(ID, tif="GTC", wait=True)
    assert app.getBlotter().loc[ID, "tif"] == "DAY"


@pytest.mark.parametrize(
    "change",
    [
        {"order_type": "MKT"},
        {"outsideRth": True},
        {"allOrNone": True},
        {"minQty": 2},
        {"orderRef": "mine"},
        {"goodAfterTime": "20250620 10:00:00 US/Eastern"},
    ],
)
def test_no_change_is_confirmed_by_the_order_as_it_was(tell: Tell, change: dict[str, Any]) -> None:
    """Fault 3's kind: the order that TWS showed again was a limit order still, and "changed" to the market."""
    _, app = tell(placeOrder=[both("Submitted"), [*both("Submitted"), LATER, told(201, "no")]])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    with pytest.raises(OrderRejectedError):
        app.modifyOrder(ID, wait=True, **change)


def test_a_change_is_confirmed_by_the_order_that_has_another_type(tell: Tell) -> None:
    _, app = tell(placeOrder=[both("Submitted"), [*both("Submitted"), LATER, shown("Submitted", orderType="MKT")]])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    app.modifyOrder(ID, order_type=" mkt", wait=True)
    assert app.getBlotter().loc[ID, "orderType"] == "MKT"


def test_what_a_whole_new_order_leaves_open_tws_needn_t_forget(tell: Tell) -> None:
    """It names no account, TWS shows one, and so it did before."""
    new = createOrder("BUY", 4, "LMT", 101.0)
    _, app = tell(placeOrder=[both("Submitted", orderRef="mine"), both("Submitted", totalQuantity=4, orderRef="mine")])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    app.modifyOrder(ID, new_order=new, wait=True)
    assert app.getBlotter().loc[ID, "totalQuantity"] == 4.0


@pytest.mark.parametrize("wait", ["Submitted", "Filled"])
def test_the_reason_may_come_after_the_status(tell: Tell, wait: str) -> None:
    """The wait was over with Inactive, and nothing was raised."""
    _, app = tell(placeOrder=[[*both("Inactive"), LATER, told(201, "Order rejected - reason:margin")]])
    with pytest.raises(OrderRejectedError, match="reason:margin"):
        app.placeOrderNow(NVDA, BUY, wait=wait)


def test_what_was_inactive_for_a_moment_is_waited_for(tell: Tell) -> None:
    fill = [executed(5, 100.0), charged(), *both("Filled", 5, 0, 100.0)]
    _, app = tell(placeOrder=[[*both("Inactive"), LATER, *both("Submitted"), LATER, *fill]])
    app.placeOrderNow(NVDA, BUY, wait="Filled")
    assert app.getBlotter().loc[ID, "status"] == "Filled"


@pytest.mark.parametrize("timeout", [-1, math.nan, "5"])
def test_a_wrong_timeout_is_said_before_anything_leaves(tell: Tell, timeout: Any) -> None:
    """The order was at work, and who reads ValueError mends the call and sends it again."""
    peer, app = tell(placeOrder=[both("Submitted")])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    for call in (
        lambda: app.placeOrderNow(NVDA, BUY, wait="Filled", timeout=timeout),
        lambda: app.previewOrder(NVDA, BUY, timeout=timeout),
        lambda: app.modifyOrder(ID, quantity=4, wait=True, timeout=timeout),
        lambda: app.cancelOrderById(ID, wait=True, timeout=timeout),
        lambda: app.cancelAllOrders("account", wait=True, timeout=timeout),
    ):
        with pytest.raises(ValueError, match="timeout"):
            call()
    app.getOpenOrders()
    sent = [name for name, _ in peer.asked]
    assert (sent.count("placeOrder"), sent.count("cancelOrder"), sent.count("reqGlobalCancel")) == (1, 0, 0)


def test_cancelling_all_reaches_what_tws_only_holds(tell: Tell) -> None:
    """IB: an order that isn't transmitted is shown to nobody, and it stayed at TWS."""
    peer, app = tell(cancelOrder=[[stands("ApiCancelled")]])
    app.placeOrderNow(NVDA, createOrder("BUY", 5, "LMT", 101.0, transmit=False))
    app.cancelAllOrders(wait=True)
    assert ("cancelOrder", ID) in peer.asked
    assert app.getBlotter()["status"].tolist() == ["ApiCancelled"]


def test_an_id_that_is_text_is_shown_as_text(tell: Tell) -> None:
    _, app = tell(placeOrder=[both("Submitted")])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    with pytest.raises(ValueError, match="order id '27' must be a whole number"):
        app.waitOrder("27")  # type: ignore[arg-type]


def test_the_same_change_again_is_a_change_after_a_refusal(tell: Tell) -> None:
    """Fault 3: nothing seemed to be left to confirm, and the old order, shown again, did."""
    no = [told(201, "no")]
    _, app = tell(placeOrder=[both("Submitted"), no, [*both("Submitted"), LATER, *no]])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    for _ in range(2):
        with pytest.raises(OrderRejectedError):
            app.modifyOrder(ID, limit_price=102.0, wait=True)
    assert app.getBlotter().loc[ID, "lmtPrice"] == 101.0


@pytest.mark.parametrize("whole", [True, False])
def test_a_table_of_contracts_is_no_contract(tell: Tell, whole: bool) -> None:
    """It got as far as the blotter, which no verb could read any more."""
    peer, app = tell()
    table = pd.DataFrame({"symbol": ["NVDA"], "secType": ["STK"], "conId": [4815747]})
    with pytest.raises(ValueError, match=r"isn't a contract; .*conId=int\(row\['conId'\]\)"):
        app.placeOrderNow(table if whole else table.iloc[0], BUY)
    assert len(app.getBlotter()) == 0
    assert peer.times("placeOrder") == 0


def test_a_group_that_is_withdrawn_isnt_said_to_be_gone(tell: Tell) -> None:
    """market 15's kind: it was "cancelled", and a market order is quicker than its cancel."""
    says = [[*both("Submitted")], [told(200, "No security definition has been found", 28)]]
    fill = [executed(5, 100.0), charged(), *both("Filled", 5, 0, 100.0), told(10148, "state: Filled.")]
    _, app = tell(placeOrder=says, cancelOrder=[fill])
    with pytest.raises(OrderRejectedError, match=r"is being cancelled \(orders: 27\); a fill may come first"):
        app.placeOrders([(NVDA, BUY), (createContract("NOSUCH"), BUY)])
    assert app.waitOrder(ID).status == "Filled"


@pytest.mark.parametrize("status_first", [True, False])
def test_a_202_ends_the_order_that_was_cancelled_and_not_the_other_under_its_id(tell: Tell, status_first: bool) -> None:
    """nautilus#4564: the cancel reached the second, and the first, which works on, was called Cancelled."""
    said = told(202, "Order Canceled - reason:")
    gone = [stands("PendingCancel", permId=99), shown("Cancelled", permId=99), stands("Cancelled", permId=99)]
    _, app = tell(
        placeOrder=[both("Submitted"), [shown("Submitted", permId=99, lmtPrice=102.0)]],
        cancelOrder=[[*gone, said] if status_first else [said, *gone]],
    )
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    app.modifyOrder(ID, limit_price=102.0)
    with pytest.raises(RequestTimeoutError, match=r"order 27 .* is Submitted, 0 of 5 filled, limit 101\.00"):
        app.cancelOrderById(ID, wait=True)
    rows = app.getBlotter()
    assert list(zip(rows["permId"], rows["status"], strict=True)) == [(5027, "Submitted"), (99, "Cancelled")]


# --- entered by hand -------------------------------------------------------------------------------------------


def by_hand(orderId: int) -> list[Message]:
    fields = {"orderId": orderId, "permId": 777, "clientId": 0}
    return [
        ("openOrder", {**ORDER, **fields, "status": "Submitted"}),
        stands("Submitted", **fields),
        END,
    ]


def test_an_order_entered_by_hand_has_the_id_that_tws_binds_it_to(tell: Tell) -> None:
    """IB, order binding: shown as 0 first, it stayed 0, and cancelAllOrders left it at work."""
    peer, app = tell(client=0, reqAllOpenOrders=[by_hand(0)], reqOpenOrders=[by_hand(-5)])
    assert app.getOpenOrders("account").index.tolist() == [0]
    app.cancelAllOrders()
    assert app.getOpenOrders().index.tolist() == [-5]
    assert ("cancelOrder", -5) in peer.asked
    app.modifyOrder(-5, quantity=4)
    app.getOpenOrders()
    assert ("placeOrder", -5) in peer.asked
    assert len(app.getBlotter()) == 1


def test_an_order_of_another_client_keeps_away_from_our_ids(tell: Tell) -> None:
    other = {"orderId": 27, "permId": 777, "clientId": 5}
    news = [("openOrder", {**ORDER, **other, "status": "Submitted"}), stands("Submitted", **other), END]
    _, app = tell(reqAllOpenOrders=[[*news[:1], END], news])
    for _ in range(2):
        assert app.getOpenOrders("account").index.tolist() == [0]


def test_an_order_of_another_client_that_is_shown_no_more_doesnt_work_for_ever(tell: Tell) -> None:
    """IB, reqAllOpenOrders: no news of others' orders follows; one that had long ended was "Submitted" still."""
    other = {"orderId": 0, "permId": 777, "clientId": 5}
    news = [("openOrder", {**ORDER, **other, "status": "Submitted"}), stands("Submitted", **other), END]
    _, app = tell(placeOrder=[both("Submitted")], reqAllOpenOrders=[news, [END], news])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    for status in ("Submitted", "Uncertain", "Submitted"):
        app.getOpenOrders("account")
        assert app.getBlotter().set_index("permId").loc[777, "status"] == status
        assert app.getBlotter().loc[ID, "status"] == "Submitted"
    with pytest.raises(ValueError, match=r"Working: 27\. An order of another client only that one can change"):
        app.modifyOrder(0, quantity=4)


# --- what is no order --------------------------------------------------------------------------------------------


WRONG = [("quantity", math.nan), ("quantity", "many"), ("quantity", None), ("limit_price", math.nan)]


@pytest.mark.parametrize(("name", "value"), [*WRONG, ("limit_price", None), ("stop_price", "low"), ("cashQty", True)])
def test_a_change_to_what_is_no_number_isnt_sent(tell: Tell, name: str, value: Any) -> None:
    """It was a NaN at TWS, a decimal.InvalidOperation, or "Modified order 27", and nothing had left."""
    peer, app = tell(placeOrder=[both("Submitted")])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    with pytest.raises(ValueError, match=r"modifyOrder: .* which is no number"):
        app.modifyOrder(ID, **{name: value})
    assert peer.times("placeOrder") == 1


@pytest.mark.parametrize("price", [Decimal("102.5"), "102.5", 102.5])
def test_a_price_may_be_written_as_a_number_is(tell: Tell, price: Any) -> None:
    _, app = tell(placeOrder=[both("Submitted"), [shown("Submitted", lmtPrice=102.5)]])
    app.placeOrderNow("NVDA", BUY, wait="Submitted")
    app.modifyOrder(ID, "NVDA", limit_price=price, wait=True)
    assert app.getBlotter().loc[ID, "lmtPrice"] == 102.5


def test_an_order_that_tws_would_only_think_through_is_said_to_be_none(
    tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was "New Order ID 27", and "Modified order 27"."""
    peer, app = tell(placeOrder=[both("Submitted")])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    capsys.readouterr()
    question = copy.copy(BUY)
    question.whatIf = True
    for call in (
        lambda: app.placeOrderNow(NVDA, question),
        lambda: app.placeOrders([(NVDA, BUY), (NVDA, question)]),
        lambda: app.modifyOrder(ID, whatIf=True),
    ):
        with pytest.raises(ValueError, match=r"whatIf is set.*previewOrder"):
            call()
    assert capsys.readouterr().out == ""
    assert peer.times("placeOrder") == 1


def test_what_ibapi_cant_send_isnt_said_to_be_sent(tell: Tell, capsys: pytest.CaptureFixture[str]) -> None:
    peer, app = tell(placeOrder=[both("Submitted")])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    capsys.readouterr()
    broken = createOrder("BUY", 5, "LMT", 101.0)
    broken.parentId = "none"
    if not peer.wire.binary("openOrder"):
        broken.displaySize = None
    with pytest.raises((OrderRejectedError, TypeError, ValueError)):
        app.placeOrderNow(NVDA, broken)
    assert capsys.readouterr().out == ""
    assert peer.times("placeOrder") == 1


def test_an_order_copied_from_tws_s_is_a_new_one(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    """nautilus#3464: only the permId identifies an order, and on protobuf it is sent."""
    _, app = tell(placeOrder=[both("Submitted"), []])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    contract, order = app.open_orders[ID]
    sent: list[Any] = []
    monkeypatch.setattr(app, "placeOrder", lambda orderId, contract, order: sent.append((orderId, order.permId)))
    assert order.permId == 5027
    app.placeOrders([(contract, order)])
    assert sent == [(28, 0)]
