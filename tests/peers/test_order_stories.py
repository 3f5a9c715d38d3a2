"""Orders as public reports tell of them, from a peer that isn't ours, on every wire. Each names its source."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest
from peers.conftest import Tell
from peers.peer import LATER, REQ, Message
from peers.stories import ID, both, charged, completed, executed, ibm_and_msft, shown, stands, told

from ibnb import IBApp, OrderRejectedError, RequestTimeoutError, createContract, createOrder

NVDA = createContract("NVDA")
BUY = createOrder("BUY", 5, "LMT", 101.0)
A, B, C = "0000e0d5.6571abcd.01.01", "0000e0d5.6571abce.01.01", "0000e0d5.6571abcf.01.01"


@dataclass(frozen=True)
class Fills:
    """What TWS says after BUY 5, and what the order's report is when the wait for "Filled" is over."""

    source: str
    says: list[Message]
    status: str = "Filled"
    filled: float = 5.0
    remaining: float = 0.0
    price: float = 100.5
    commission: float = 1.0
    contract: Any = field(default=NVDA, compare=False)
    #: Some of it comes when the order is filled and charged already, so after the wait.
    late: bool = False

    def __str__(self) -> str:
        return self.source


FILLS = [
    Fills(
        "IB order page: a market order's life",
        [
            *both("PreSubmitted"),
            executed(5, 100.5),
            shown("Filled"),
            stands("Filled", 5, 0, 100.5),
            charged(),
        ],
    ),
    Fills("Lean#851, pysystemtrade#188: no orderStatus", [shown("PreSubmitted"), executed(5, 100.5), charged()]),
    Fills("fault 2: openOrder Filled", [shown("Submitted"), executed(5, 100.5), shown("Filled"), charged()]),
    Fills("fault 2: late", [*both("Submitted"), stands("Filled", 5, 0, 100.5), LATER, executed(5, 100.5), charged()]),
    Fills(
        "fault 2: partial",
        [
            *both("Submitted"),
            executed(2, 100.0, A),
            charged(A, 0.5),
            executed(3, 101.0, B),
            stands("Submitted", 2, 3, 100.0),
            LATER,
            charged(B, 0.75),
        ],
        price=100.6,
        commission=1.25,
    ),
    Fills(
        "IB order page: duplicates",
        [
            *both("Submitted") * 3,
            executed(5, 100.5),
            executed(5, 100.5),
            *both("Filled", 5, 0, 100.5) * 2,
            charged(),
            charged(),
        ],
    ),
    Fills(
        "IB order page: PendingCancel then Filled",
        [*both("Submitted"), stands("PendingCancel"), executed(5, 100.5), charged(), stands("Filled", 5, 0, 100.5)],
    ),
    Fills(
        "IB order page: Inactive then Submitted",
        [*both("PreSubmitted"), LATER, *both("Submitted"), executed(5, 100.5), charged()],
    ),
    Fills(
        "fault 9: a correction",
        [
            *both("Submitted"),
            executed(5, 100.5, A),
            stands("Filled", 5, 0, 100.5),
            executed(5, 100.4, A[:-1] + "2"),
            charged(A),
            charged(A[:-1] + "2", 1.25),
        ],
        price=100.4,
        commission=1.25,
        late=True,
    ),
    Fills(
        "fault 2: a combination",
        [
            shown("Submitted", **ibm_and_msft()),
            executed(5, 40.0, A, symbol="IBM"),
            executed(10, 30.0, B, symbol="MSFT"),
            executed(5, 100.0, C, **ibm_and_msft()),
            LATER,
            charged(A, 1.0),
            charged(B, 2.0),
        ],
        price=100.0,
        commission=3.0,
    ),
    Fills(
        "ib_async#191, #217: an unknown code first",
        [told(10999, "Some new notice"), LATER, *both("Submitted"), executed(5, 100.5), charged()],
    ),
    Fills(
        "ib_async#191: 10349",
        [told(10349, "Order TIF was set to DAY"), *both("Submitted"), executed(5, 100.5), charged()],
    ),
    Fills("an execution before its openOrder", [executed(5, 100.5), charged(), shown("Filled")]),
    Fills("nautilus#4970: another order id", [shown("PreSubmitted"), executed(5, 100.5, orderId=4242), charged()]),
    Fills(
        "nautilus#4228, #4230: commission -1",
        [*both("Submitted"), executed(5, 100.5), charged(A, -1.0), LATER, charged(A, 1.0)],
    ),
    Fills("a commission that never comes", [*both("Submitted"), executed(5, 100.5)], commission=math.nan),
    Fills("Filled by openOrder alone", [*both("Submitted"), shown("Filled")], price=math.nan, commission=math.nan),
    Fills(
        "a cancel by somebody else", [*both("Submitted"), stands("Cancelled")], "Cancelled", 0, 5, math.nan, math.nan
    ),
    Fills(
        "fault 14: 202 alone",
        [*both("Submitted"), told(202, "Order Canceled - reason:")],
        "Cancelled",
        0,
        5,
        math.nan,
        math.nan,
    ),
    Fills(
        "pysystemtrade#1580: a fill after the cancel",
        [*both("Submitted"), executed(2, 100.5), stands("Cancelled", 0, 5), charged()],
        "Cancelled",
        2,
        3,
    ),
]


def close(report: Any) -> tuple[Any, ...]:
    """A report's figures, so that NaN equals NaN."""
    numbers = (report.filled, report.remaining, report.avgFillPrice, report.commission)
    return report.status, *(None if math.isnan(number) else round(number, 9) for number in numbers)


@pytest.mark.parametrize(
    "before", [[], both("Submitted"), both("Cancelled")], ids=["never shown", "shown", "by status"]
)
def test_a_price_check_cancels_with_a_reason_which_is_raised(tell: Tell, before: list[Any]) -> None:
    """fault 14, market 15: nobody asked for this cancel."""
    _, app = tell(placeOrder=[[*before, told(202, "Order Canceled - reason:too far through the market")]])
    with pytest.raises(OrderRejectedError, match="too far through the market") as refused:
        app.placeOrderNow(NVDA, BUY, wait="Filled")
    assert refused.value.code == 202
    assert app.getBlotter()["status"].tolist() == ["Cancelled"]


@pytest.mark.parametrize("story", FILLS, ids=str)
def test_how_an_order_ends(tell: Tell, story: Fills) -> None:
    _, app = tell(placeOrder=[story.says])
    orderId = app.placeOrderNow(story.contract, BUY, wait="Filled")
    if story.late:
        settle(app)
    expected = (story.filled, story.remaining, story.price, story.commission)
    assert close(app.waitOrder(orderId)) == (story.status, *(None if math.isnan(n) else n for n in expected))
    row = app.getBlotter().loc[orderId]
    assert (row["status"], row["filled"], row["remaining"]) == (story.status, story.filled, story.remaining)


def test_a_fill_after_the_wait_is_over_shows(tell: Tell) -> None:
    """pysystemtrade#1580: 15 orders were called cancelled (10349) and were filled all the same."""
    peer, app = tell(placeOrder=[[told(10349), *both("Submitted"), stands("Cancelled")]])
    app.placeOrderNow(NVDA, BUY, wait="Filled")
    peer.say(executed(2, 100.5, A), executed(3, 100.5, B), charged(A), charged(B))
    settle(app)
    assert close(app.waitOrder(ID)) == ("Filled", 5.0, 0.0, 100.5, 2.0)


def settle(app: IBApp) -> None:
    """What the peer has said has been heard: it answers in order."""
    app.getOpenOrders()


# --- refusals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [103, 110, 200, 201, 203, 321, 387, 460, 10268, 10289])
@pytest.mark.parametrize("before", [[], both("PreSubmitted")], ids=["never shown", "shown"])
def test_an_order_that_is_refused_by_an_error_alone(tell: Tell, code: int, before: list[Message]) -> None:
    """LEAN-IB#245: 200 and 460 on an order never ended it, and the algorithm stood still for five minutes."""
    if before and code in (103, 110):
        pytest.skip("about a change, once the order is shown")
    _, app = tell(placeOrder=[[*before, told(code, "no")]])
    with pytest.raises(OrderRejectedError) as caught:
        app.placeOrderNow(NVDA, BUY, wait="Filled")
    assert (caught.value.code, caught.value.reqId) == (code, ID)
    assert app.getBlotter().loc[ID, "status"] == "Inactive"


def test_a_margin_reject_with_its_status(tell: Tell) -> None:
    _, app = tell(placeOrder=[[told(201, "Order rejected - reason:margin"), *both("Inactive")]])
    with pytest.raises(OrderRejectedError, match="margin"):
        app.placeOrderNow(NVDA, BUY, wait="Submitted")


def test_an_unknown_code_and_an_open_order(tell: Tell) -> None:
    """Fault 6: the order lives, and whoever was told that it was rejected sends it again."""
    peer, app = tell(
        placeOrder=[[told(10999, "Some new notice")]], reqOpenOrders=[[*both("Submitted"), ("openOrderEnd", {})]]
    )
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    assert app.getBlotter().loc[ID, "status"] == "Submitted"
    assert peer.times("reqOpenOrders") == 1


@pytest.mark.parametrize(
    "place",
    [lambda app: app.placeOrderNow(NVDA, BUY, wait="Submitted"), lambda app: app.placeOrders([(NVDA, BUY)])],
    ids=["one", "group"],
)
def test_an_unknown_code_and_nothing_else_is_unconfirmed_and_never_rejected(tell: Tell, place: Any) -> None:
    _, app = tell(placeOrder=[[told(10999, "Some new notice")]])
    with pytest.raises(RequestTimeoutError, match="state unconfirmed") as caught:
        place(app)
    assert "TWS said 10999: Some new notice" in str(caught.value)
    assert "reject" not in str(caught.value)
    assert app.getBlotter().loc[ID, "status"] == "PendingSubmit"


def test_a_timeout_says_how_the_order_stands(tell: Tell) -> None:
    """orders_and_safety 4: it said "no answer, check the contract" of an order that worked."""
    _, app = tell(placeOrder=[[*both("Submitted"), executed(2, 100.5), told(399, "Warning: \nhours")]])
    with pytest.raises(RequestTimeoutError) as caught:
        app.placeOrderNow(NVDA, BUY, wait="Filled", timeout=0.4)
    text = str(caught.value)
    assert "order 27 (BUY 5 NVDA LMT) is Submitted, 2 of 5 filled, limit 101.00; it goes on working at TWS" in text
    assert "TWS said 399: Warning: hours" in text
    assert "check the contract" not in text


# --- ids --------------------------------------------------------------------------------------------------


def ids_sent(peer: Any, app: IBApp) -> list[int]:
    settle(app)
    return [number for name, number in peer.asked if name == "placeOrder"]


def test_a_verb_never_takes_an_id_that_was_sent_by_hand(tell: Tell) -> None:
    """Fault 1, ib_insync#80, #308, rust-ibapi#350: BUY 1 filled, BUY 50 under its id was called Filled."""
    peer, app = tell(placeOrder=[[*both("Submitted"), executed(5, 100.5), charged()], [], [told(104)]])
    app.placeOrder(ID, NVDA, BUY)
    assert app.waitOrder(ID).status == "Filled"
    again = app.placeOrderNow(NVDA, BUY)
    assert again == ID + 1
    app.placeOrder(5000, NVDA, BUY)
    assert app.placeOrderNow(NVDA, BUY) == 5001
    assert ids_sent(peer, app) == [ID, ID + 1, 5000, 5001]


@pytest.mark.parametrize(
    "seen",
    [
        shown("Submitted", orderId=40),
        stands("Submitted", orderId=40),
        shown("Submitted", orderId=40, clientId=8),
        executed(1, 100.0, orderId=40, clientId=8, permId=77),
    ],
    ids=["openOrder", "orderStatus", "another client's openOrder", "another client's execution"],
)
def test_a_new_order_is_above_every_id_that_was_seen(tell: Tell, seen: Message) -> None:
    """IB, order submission: above all ids that openOrder and orderStatus have returned, also of other clients."""
    peer, app = tell(reqAllOpenOrders=[[seen, ("openOrderEnd", {})]])
    app.getOpenOrders("account")
    assert app.placeOrderNow(NVDA, BUY) == 41
    assert ids_sent(peer, app) == [41]


def test_manual_orders_have_the_id_0_and_are_told_apart(tell: Tell) -> None:
    """nautilus#3464: orders placed by hand have orderId 0; only the permId identifies them."""
    manual = [shown("Submitted", orderId=0, permId=perm, lmtPrice=float(perm), clientId=0) for perm in (71, 72)]
    _, app = tell(reqAllOpenOrders=[[*manual, ("openOrderEnd", {})]])
    found = app.getOpenOrders("account")
    assert list(zip(found.index, found["permId"], found["lmtPrice"], strict=True)) == [(0, 71, 71.0), (0, 72, 72.0)]


def test_a_second_order_under_one_id_is_shown_and_its_fill_too(tell: Tell) -> None:
    """nautilus#4564: a change that was held back became a second order; the cancel reached one, the other filled."""
    peer, app = tell(
        placeOrder=[both("Submitted"), [shown("Submitted", permId=99, lmtPrice=102.0)]],
        cancelOrder=[[stands("Cancelled"), told(202, "Order Canceled - reason:")]],
    )
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    app.modifyOrder(ID, limit_price=102.0)
    settle(app)
    assert "TWS has a second order under the id 27" in "".join(app.notices["text"])
    with pytest.raises(RequestTimeoutError, match=r"order 27 .* is Submitted, 0 of 5 filled, limit 102\.00"):
        app.cancelOrderById(ID, wait=True, timeout=0.3)
    rows = app.getBlotter()
    assert list(zip(rows["permId"], rows["status"], strict=True)) == [(5027, "Cancelled"), (99, "Submitted")]
    peer.say(executed(5, 102.0, permId=99), charged())
    settle(app)
    rows = app.getBlotter()
    assert list(zip(rows["permId"], rows["status"], strict=True)) == [(5027, "Cancelled"), (99, "Filled")]
    assert rows["filled"].tolist() == [0.0, 5.0]


def test_an_execution_with_an_id_of_nobody_is_kept(tell: Tell) -> None:
    """nautilus#4970: the fill landed on a phantom order."""
    peer, app = tell()
    peer.say(executed(5, 100.5, orderId=4242, permId=99), charged())
    settle(app)
    row = app.getBlotter().loc[4242]
    assert (row["status"], row["filled"], row["avgFillPrice"], row["permId"]) == ("Uncertain", 5.0, 100.5, 99)


# --- changes and cancels -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": 0.5}, 10243),
        ({"tif": "GTD", "goodTillDate": "nonsense"}, 10314),
        ({"goodAfterTime": "tomorrow"}, 10314),
        ({"tif": "FOO"}, 10052),
        ({"limit_price": 150.123}, 110),
        ({"limit_price": 102.0}, 105),
        ({"limit_price": 102.0}, 201),
        ({"limit_price": 102.0}, 2102),
    ],
)
def test_a_change_that_tws_refuses_raises(tell: Tell, changes: dict[str, Any], code: int) -> None:
    """Fault 3: "Modified order 1", and nothing had changed."""
    _, app = tell(placeOrder=[both("Submitted"), [told(code, "no")]])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    with pytest.raises(OrderRejectedError) as caught:
        app.modifyOrder(ID, wait=True, **changes)
    assert caught.value.code == code
    row = app.getBlotter().loc[ID]
    assert (row["status"], row["totalQuantity"], row["lmtPrice"], row["tif"]) == ("Submitted", 5.0, 101.0, "DAY")


def test_a_change_is_confirmed_by_the_order_that_shows_it(tell: Tell) -> None:
    """Not by a warning, nor by a fill that happens in between."""
    news = [told(399, "Warning"), shown("Submitted"), executed(1, 101.0), stands("Submitted", 1, 4, 101.0)]
    changed = shown("Submitted", lmtPrice=102.0)
    _, app = tell(placeOrder=[both("Submitted"), [*news, LATER, changed, changed]])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    app.modifyOrder(ID, limit_price=102.0, wait=True)
    row = app.getBlotter().loc[ID]
    assert (row["lmtPrice"], row["filled"]) == (102.0, 1.0)


def test_an_unknown_code_about_a_change_is_settled_by_the_open_orders(tell: Tell) -> None:
    after = [
        [shown("Submitted", lmtPrice=102.0), stands("Submitted"), ("openOrderEnd", {})],
        [*both("Submitted"), ("openOrderEnd", {})],
    ]
    _, app = tell(placeOrder=[both("Submitted"), [told(10999, "new")]], reqOpenOrders=after)
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    app.modifyOrder(ID, limit_price=102.0, wait=True)
    with pytest.raises(RequestTimeoutError, match="unconfirmed") as caught:
        app.modifyOrder(ID, limit_price=103.0, wait=True)
    assert "TWS said 10999: new" in str(caught.value)


def test_a_change_that_comes_too_late(tell: Tell) -> None:
    _, app = tell(
        placeOrder=[
            both("Submitted"),
            [executed(5, 101.0), charged(), LATER, told(104, "Cannot modify a filled order.")],
        ]
    )
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    with pytest.raises(OrderRejectedError) as caught:
        app.modifyOrder(ID, limit_price=102.0, wait=True)
    assert caught.value.code == 104
    assert app.waitOrder(ID).status == "Filled"


@pytest.mark.parametrize("code", [135, 136, 161, 321, 10147, 10148, 10149])
def test_a_cancel_that_tws_refuses_raises(tell: Tell, code: int) -> None:
    _, app = tell(placeOrder=[both("Submitted")], cancelOrder=[[told(code, "no")]])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    with pytest.raises(OrderRejectedError) as caught:
        app.cancelOrderById(ID, wait=True)
    assert caught.value.code == code
    assert app.getBlotter().loc[ID, "status"] == "Submitted"


@pytest.mark.parametrize(
    "says",
    [
        [stands("PendingCancel"), LATER, *both("Cancelled"), told(202, "Order Canceled - reason:")],
        [told(202, "Order Canceled - reason:")],
        [stands("ApiCancelled", permId=0)],
        [executed(5, 101.0), charged(), told(10148, "can not be cancelled, state: Filled.")],
    ],
    ids=["by status", "202 alone", "ApiCancelled", "filled meanwhile"],
)
def test_a_cancel_is_over_when_the_order_is(tell: Tell, says: list[Message]) -> None:
    _, app = tell(placeOrder=[both("Submitted")], cancelOrder=[says])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    app.cancelOrderById(ID, wait=True)
    assert app.waitOrder(ID).done


def test_cancelling_all_waits_for_each_and_says_which_one_tws_refused(tell: Tell) -> None:
    orders = [shown("Submitted", orderId=n) for n in (27, 28)]
    _, app = tell(
        placeOrder=[[orders[0]], [orders[1]]],
        reqOpenOrders=[[*orders, ("openOrderEnd", {})]],
        cancelOrder=[[stands("Cancelled")], [told(161, "not now", 28)]],
    )
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    with pytest.raises(OrderRejectedError) as caught:
        app.cancelAllOrders(wait=True)
    assert (caught.value.code, caught.value.reqId) == (161, 28)
    assert app.getBlotter()["status"].tolist() == ["Cancelled", "Submitted"]


def test_a_finished_order_cant_be_changed(tell: Tell) -> None:
    """ib_async#123: a bare AssertionError."""
    peer, app = tell(placeOrder=[[*both("Filled", 5, 0, 100.5), executed(5, 100.5), charged()]])
    app.placeOrderNow(NVDA, BUY, wait="Filled")
    with pytest.raises(ValueError, match="order 27 is Filled; only a working order can be modified"):
        app.modifyOrder(ID, quantity=6)
    assert ids_sent(peer, app) == [ID]


# --- executions and what happened while nobody listened ---------------------------------------------------------


def test_executions_that_are_told_again_count_once(tell: Tell) -> None:
    """nautilus#3476: partial fills were counted twice at start-up."""
    rows = [executed(2, 100.0, A), charged(A), executed(3, 101.0, B), charged(B)]
    asked = [(name, {**fields, "reqId": REQ} if name == "execDetails" else fields) for name, fields in rows]
    _, app = tell(
        placeOrder=[[*both("Submitted"), *rows]], reqExecutions=[[*asked, ("execDetailsEnd", {"reqId": REQ})]]
    )
    app.placeOrderNow(NVDA, BUY, wait="Filled")
    assert app.getExecutions()["shares"].tolist() == [2.0, 3.0]
    assert close(app.waitOrder(ID)) == ("Filled", 5.0, 0.0, 100.6, 2.0)


@pytest.mark.parametrize("code", [1101, 1102])
def test_fills_that_were_dropped_around_an_outage_are_asked_for(tell: Tell, code: int) -> None:
    """LEAN-IB#249: fills around 1100 were dropped, and no reqExecutions followed."""
    fill = ("execDetails", {**executed(5, 100.5)[1], "reqId": REQ})
    peer, app = tell(
        placeOrder=[both("Submitted")], reqExecutions=[[fill, charged(), ("execDetailsEnd", {"reqId": REQ})]]
    )
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    app.autoReconnect = True
    peer.say(
        told(1100, "Connectivity between IB and Trader Workstation has been lost.", -1), told(code, "restored", -1)
    )
    assert app.waitOrder(ID).status == "Filled"
    assert peer.times("reqExecutions") == 1


def test_an_order_that_ended_during_an_outage_has_the_end_that_tws_says(tell: Tell) -> None:
    end = [completed("Cancelled", filledQuantity=2), ("completedOrdersEnd", {})]
    peer, app = tell(placeOrder=[both("Submitted")], reqCompletedOrders=[end])
    app.placeOrderNow(NVDA, BUY, wait="Submitted")
    app.autoReconnect = True
    peer.say(told(1102, "restored", -1))
    assert close(app.waitOrder(ID))[:3] == ("Cancelled", 2.0, 3.0)


def test_a_preview_full_of_unset_numbers(tell: Tell) -> None:
    """ib_insync#380, #403, ib_async#42, node-ib#41: 1.797E308 for what TWS doesn't say."""
    margins = {"initMarginChange": 3000.5, "maintMarginChange": 2500.25}
    peer, app = tell(placeOrder=[[shown("PreSubmitted", whatIf=True, permId=0, **margins)]])
    preview = app.previewOrder(NVDA, BUY)
    assert (preview["initMarginChange"], preview["maintMarginChange"]) == (3000.5, 2500.25)
    assert math.isnan(preview["commission"])
    assert len(app.getBlotter()) == 0
    assert app.placeOrderNow(NVDA, BUY) == ID + 1
    assert ids_sent(peer, app) == [ID, ID + 1]
