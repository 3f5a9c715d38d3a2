from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import pytest
from inside import core
from order_messages import NVDA, filled, opened, shown
from scripted import ScriptedTWS
from virtual import on_virtual_time

from ibnb import (
    ConnectionLostError,
    IBApp,
    NotConnectedError,
    OrderLimits,
    OrderRejectedError,
    SafetyError,
    createBracket,
    createContract,
    createOrder,
)
from ibnb.ib.api import ContractDetails, OrderState
from ibnb.verbs.orders.callbacks import OrderCallbacks

BUY = createOrder("BUY", 1, "MKT")
LIMIT = createOrder("BUY", 5, "LMT", 212)


# --- the seeds' sentences ------------------------------------------------------------------------


def test_placing_prints_the_seed_s_sentence_and_returns_the_id(
    tws: ScriptedTWS, capsys: pytest.CaptureFixture[str]
) -> None:
    tws.record("placeOrder")
    assert tws.app.placeOrderNow(NVDA, BUY) == 27
    assert tws.app.placeOrderNow(NVDA, BUY) == 28
    assert capsys.readouterr().out == "New Order ID 27: BUY 1 NVDA (MKT)\nNew Order ID 28: BUY 1 NVDA (MKT)\n"
    assert [args[0] for _, args in tws.asked] == [27, 28]


def test_listing_prints_the_seed_s_lines_and_returns_a_frame(
    tws: ScriptedTWS, capsys: pytest.CaptureFixture[str]
) -> None:
    tws.on("reqOpenOrders", *shown(31, BUY, "Submitted"), *shown(30, LIMIT, "Submitted"), ("openOrderEnd",))
    listed = tws.app.listOrders()
    assert capsys.readouterr().out == (
        "Live Orders from TWS:\nID 31: BUY 1.0 NVDA (MKT)\nID 30: BUY 5.0 NVDA (LMT) 212.0\n"
    )
    assert listed.index.tolist() == [31, 30]
    assert set(tws.app.open_orders) == {30, 31}


def test_no_orders_say_so_with_the_same_columns(tws: ScriptedTWS, capsys: pytest.CaptureFixture[str]) -> None:
    tws.on("reqOpenOrders", ("openOrderEnd",))
    listed = tws.app.listOrders()
    assert capsys.readouterr().out == "No live orders.\n"
    assert len(listed) == 0
    assert "avgFillPrice" in listed.columns


def test_modifying_prints_and_keeps_what_was_not_named(tws: ScriptedTWS, capsys: pytest.CaptureFixture[str]) -> None:
    order = createOrder("BUY", 1, "LMT", 212, tif="GTC")
    tws.on("placeOrder", *shown(27, order, "Submitted"))
    tws.app.placeOrderNow(NVDA, order)
    tws.record("placeOrder")
    tws.app.modifyOrder(27, quantity=5, limit_price=170)
    orderId, _, sent = tws.asked[-1][1]
    assert (orderId, float(sent.totalQuantity), sent.lmtPrice, sent.tif) == (27, 5.0, 170, "GTC")
    assert capsys.readouterr().out.splitlines()[-1] == "Modified order 27"


def test_modifying_with_a_whole_order_as_the_seed_does(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, BUY, "Submitted"))
    tws.app.placeOrderNow(NVDA, BUY)
    new = createOrder("BUY", 5, "MKT", transmit=False)
    tws.app.modifyOrder(27, NVDA, new)
    assert (new.orderId, new.transmit) == (27, True)
    assert float(tws.asked[-1][1][2].totalQuantity) == 5


def test_cancelling_prints_the_seed_s_sentences(tws: ScriptedTWS, capsys: pytest.CaptureFixture[str]) -> None:
    tws.on("reqOpenOrders", *shown(30, LIMIT, "Submitted"), ("openOrderEnd",))
    tws.record("cancelOrder", "reqGlobalCancel")
    tws.app.cancelOrderById(29)
    tws.app.cancelAllOrders()
    tws.app.cancelAllOrders("account")
    assert capsys.readouterr().out == (
        "Cancel requested for order 29\n" + "Requested cancelation of all live orders.\n" * 2
    )
    assert tws.names() == ["cancelOrder", "reqOpenOrders", "cancelOrder", "reqGlobalCancel"]
    assert [args[0] for name, args in tws.asked if name == "cancelOrder"] == [29, 30]


# --- changing, in detail --------------------------------------------------------------------------


def test_a_refused_change_raises_and_the_order_stays(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.on("placeOrder", ("error", "$id", 110, "The price does not conform to the minimum price variation."))
    with pytest.raises(OrderRejectedError) as caught:
        tws.app.modifyOrder(27, limit_price=212.003, wait=True)
    assert caught.value.code == 110
    assert tws.app.waitOrder(27, "Submitted").status == "Submitted"
    assert tws.app.getBlotter().loc[27, "lmtPrice"] == 212.0


def test_an_accepted_change_ends_the_wait(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.on("placeOrder", *shown(27, createOrder("BUY", 5, "LMT", 170), "Submitted"))
    tws.app.modifyOrder(27, limit_price=170, wait=True)
    assert tws.app.getBlotter().loc[27, "lmtPrice"] == 170.0


def test_what_cannot_be_modified_is_refused_before_sending(tws: ScriptedTWS) -> None:
    tws.on("reqOpenOrders", ("openOrderEnd",))
    tws.on("placeOrder", *filled(27, BUY, 120.5))
    tws.app.placeOrderNow(NVDA, BUY)
    sent = tws.names().count("placeOrder")
    with pytest.raises(ValueError, match=r"no order 99 of this client to modify. Working: none\."):
        tws.app.modifyOrder(99, quantity=5)
    with pytest.raises(ValueError, match="order 27 is Filled"):
        tws.app.modifyOrder(27, quantity=5)
    assert tws.names().count("placeOrder") == sent


def test_a_change_must_name_a_field_that_exists(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    with pytest.raises(ValueError, match="no field 'price'"):
        tws.app.modifyOrder(27, price=1)
    with pytest.raises(ValueError, match="nothing to change"):
        tws.app.modifyOrder(27)


def test_a_cancel_that_tws_refuses_raises(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.on("cancelOrder", ("error", "$id", 10148, "OrderId 27 can not be cancelled, state: PendingCancel."))
    with pytest.raises(OrderRejectedError) as caught:
        tws.app.cancelOrderById(27, wait=True)
    assert caught.value.code == 10148


def test_a_cancel_of_the_whole_account_is_one_of_each_order_sent_here(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.record("reqGlobalCancel")
    tws.app.reqGlobalCancel()
    assert "cancel sent" in tws.app.getOrderLog(27)["message"].tolist()


def test_an_unknown_scope_is_a_value_error(tws: ScriptedTWS) -> None:
    tws.record("reqGlobalCancel")
    with pytest.raises(ValueError, match="Legal values: mine, account"):
        tws.app.cancelAllOrders("all")
    assert tws.asked == []


# --- safety ---------------------------------------------------------------------------------------


def test_nothing_is_placed_without_a_connection() -> None:
    with pytest.raises(NotConnectedError, match="nextValidId not received yet"):
        IBApp().placeOrderNow(NVDA, BUY)


def test_a_refused_order_leaves_no_trace_in_the_blotter(tws: ScriptedTWS) -> None:
    core(tws.app).gate.readonly = True
    with pytest.raises(SafetyError):
        tws.app.placeOrderNow(NVDA, BUY)
    assert len(tws.app.getBlotter()) == 0


def test_the_caller_s_order_stays_as_it_was(tws: ScriptedTWS, capsys: pytest.CaptureFixture[str]) -> None:
    order = createOrder("BUY", 1)
    tws.app.placeOrderNow(NVDA, order)
    assert order.totalQuantity == 1
    assert type(order.totalQuantity) is int


def test_a_margin_condition_is_sent_as_the_whole_number_that_tws_takes(tws: ScriptedTWS) -> None:
    tws.record("placeOrder")
    order = createOrder("BUY", 1)
    order.conditions = [tws.app.createCondition("margin", "<=", 30)]
    order.conditions[0].percent = 30.0
    tws.app.placeOrderNow(NVDA, order)
    assert repr(tws.asked[0][1][2].conditions[0].percent) == "30"


# --- brackets, previews, other clients --------------------------------------------------------------


def test_a_bracket_has_three_ids_in_a_row_and_one_parent(tws: ScriptedTWS) -> None:
    tws.record("placeOrder")
    bracket = createBracket("BUY", 10, 100.0, 110.0, 95.0)
    assert tws.app.placeBracket(NVDA, bracket) == [27, 28, 29]
    sent = [args[2] for _, args in tws.asked]
    assert [order.parentId for order in sent] == [0, 27, 27]
    assert [order.transmit for order in sent] == [False, False, True]
    assert [order.action for order in sent] == ["BUY", "SELL", "SELL"]


def _whatif(orderId: int, contract: Any, order: Any) -> tuple[Any, ...]:
    assert order.whatIf
    state = OrderState()
    state.initMarginBefore, state.initMarginChange, state.initMarginAfter = "0", "3000.5", "3000.5"
    state.maintMarginBefore = "1.7976931348623157E308"
    suffix = "AndFees" if hasattr(state, "commissionAndFees") else ""
    setattr(state, "commission" + suffix, 1.0)
    setattr(state, f"commission{suffix}Currency", "USD")
    return ("openOrder", orderId, contract, order, state)


def test_a_preview_says_margin_and_commission_and_leaves_no_order(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", lambda *args: tws.tell(*_whatif(*args)))
    preview = tws.app.previewOrder(NVDA, BUY)
    assert preview["initMarginChange"] == 3000.5
    assert preview["commission"] == 1.0
    assert preview["commissionCurrency"] == "USD"
    assert math.isnan(preview["maintMarginBefore"])
    assert math.isnan(preview["minCommission"])
    assert len(tws.app.getBlotter()) == 0
    assert tws.app.open_orders == {}
    assert not BUY.whatIf


@pytest.mark.parametrize("code", [110, 201])
def test_a_refused_preview_raises(tws: ScriptedTWS, code: int) -> None:
    tws.refuse("placeOrder", code, "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED.")
    with pytest.raises(OrderRejectedError):
        tws.app.previewOrder(NVDA, BUY)


def test_orders_of_others_are_kept_apart_by_perm_id(tws: ScriptedTWS) -> None:
    one, two = opened(0, BUY, "Submitted"), opened(0, LIMIT, "Submitted")
    two[3].permId = 99
    tws.on("reqAllOpenOrders", one, two, ("openOrderEnd",))
    found = tws.app.getOpenOrders("account")
    assert found.index.tolist() == [0, 0]
    assert found["totalQuantity"].tolist() == [1.0, 5.0]


def test_another_client_s_order_of_the_same_id_is_not_ours(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, BUY, "Submitted"))
    tws.app.placeOrderNow(NVDA, BUY)
    theirs = opened(27, LIMIT, "Submitted")
    theirs[3].clientId, theirs[3].permId = 2, 99
    tws.on("reqAllOpenOrders", *shown(27, BUY, "Submitted"), theirs, ("openOrderEnd",))
    found = tws.app.getOpenOrders("account")
    assert found["totalQuantity"].tolist() == [1.0, 5.0]
    assert found["clientId"].tolist() == [1, 2]
    assert tws.app.getBlotter().loc[27, "orderType"] == "MKT"


def test_manual_orders_are_listed_but_not_cancelled_by_id(tws: ScriptedTWS, capsys: pytest.CaptureFixture[str]) -> None:
    tws.on("reqOpenOrders", opened(0, LIMIT, "Submitted"), ("openOrderEnd",))
    tws.record("cancelOrder")
    tws.app.listOrders()
    tws.app.cancelAllOrders()
    assert "ID 0: BUY 5.0 NVDA (LMT) 212.0" in capsys.readouterr().out
    assert "cancelOrder" not in tws.names()


def test_a_raw_order_can_be_waited_for_at_once(tws: ScriptedTWS) -> None:
    tws.app.placeOrder(40, NVDA, BUY)
    for message in filled(40, BUY, 120.5):
        tws.tell(*message)
    assert tws.app.waitOrder(40).status == "Filled"


def test_a_raw_placeorder_is_in_the_blotter_too(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *filled(40, BUY, 120.5))
    tws.app.placeOrder(40, createContract("NVDA"), BUY)
    assert tws.app.getBlotter().loc[40, "status"] == "Filled"


def test_an_order_that_goes_with_its_connection_is_lost_and_not_refused(tws: ScriptedTWS) -> None:
    """On every ibapi: 9.81 passes on what sending raises, 10.x reports it as an error 512 with the order's id."""

    def break_down(message: bytes) -> int:
        tws.app.conn.up = False
        raise ConnectionLostError("the connection broke while sending")

    tws.app.conn.sendMsg = break_down
    with pytest.raises(ConnectionLostError):
        tws.app.placeOrderNow(NVDA, createOrder("BUY", 1), wait="Filled")
    assert tws.app.getBlotter()["status"].tolist() == ["PendingSubmit"]


# --- what mutants of orders survived ---------------------------------------------------------------


def test_a_bracket_may_be_an_entry_and_one_exit(tws: ScriptedTWS) -> None:
    entry, _, stop = createBracket("BUY", 10, 100.0, 110.0, 95.0)
    tws.record("placeOrder")
    assert tws.app.placeBracket(NVDA, [entry, stop]) == [27, 28]  # type: ignore[arg-type]
    for wrong in ([entry], entry, "AB", ""):
        with pytest.raises(ValueError, match="isn't a bracket"):
            tws.app.placeBracket(NVDA, wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "send",
    [
        lambda app, contract: app.placeOrderNow(contract, LIMIT),
        lambda app, contract: app.placeOrders([(contract, LIMIT)]),
        lambda app, contract: app.placeOrder(27, contract, LIMIT),
    ],
    ids=["verb", "group", "by hand"],
)
def test_tws_is_asked_about_a_contract_before_other_threads_wait_for_the_order(
    tws: ScriptedTWS, send: Callable[[IBApp, Any], object]
) -> None:
    free: list[bool] = []

    def describe(reqId: int, of: Any) -> None:
        placing = core(tws.app).ids.placing

        def try_it() -> None:
            free.append(placing.acquire(blocking=False))
            if free[-1]:
                placing.release()

        other = threading.Thread(target=try_it)
        other.start()
        other.join()
        tws.tell("contractDetailsEnd", reqId)

    tws.on("reqContractDetails", describe)
    tws.record("placeOrder")
    tws.app.limitOrders(OrderLimits(max_notional=1000))
    with pytest.raises(SafetyError):
        send(tws.app, createContract("ES", "FUT", "CME"))
    assert free[0]


def test_an_error_of_ibapi_s_own_about_an_order_is_in_its_log_while_connected(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.tell("error", 27, 0, 511, "Request Market Data Sending Error", "")
    assert tws.app.getOrderLog(27)["text"].str.contains("Sending Error").any()


def test_what_refuses_a_change_for_its_contract_is_a_rejection_too(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.on("placeOrder", ("error", "$id", 200, "No security definition has been found for the request"))
    with pytest.raises(OrderRejectedError, match="No security definition"):
        tws.app.modifyOrder(27, limit_price=170, wait=True)


def test_an_order_that_is_to_be_held_is_previewed_all_the_same(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", lambda *args: tws.tell(*_whatif(*args)))
    held = createOrder("BUY", 1, transmit=False)
    tws.app.previewOrder(NVDA, held)
    assert (tws.asked[0][1][2].transmit, held.transmit) == (True, False)


@pytest.mark.parametrize(
    ("contract", "order", "said"),
    [(BUY, NVDA, "other way round"), ("NVDA", BUY, "isn't a contract"), (NVDA, "BUY", "isn't an order")],
)
def test_what_isnt_an_order_by_hand_is_refused_in_words(tws: ScriptedTWS, contract: Any, order: Any, said: str) -> None:
    tws.record("placeOrder")
    with pytest.raises(ValueError, match=said):
        tws.app.placeOrder(27, contract, order)
    assert len(tws.app.getBlotter()) == 0


@pytest.mark.parametrize("code", [502, 504, 509, 512, 599])
def test_what_ibapi_says_of_a_connection_that_has_gone_isnt_said_of_the_order(tws: ScriptedTWS, code: int) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.app.conn.up = False
    tws.tell("error", 27, 0, code, "Not connected", "")
    assert tws.app.getOrderLog(27)["text"].tolist() == ["", "", ""]


def test_prices_of_a_stop_and_of_a_market_order_are_shown_as_they_are(tws: ScriptedTWS) -> None:
    tws.record("placeOrder")
    tws.app.placeOrderNow(NVDA, createOrder("SELL", 1, "STP", stop_price=200.5))
    tws.app.placeOrderNow(NVDA, BUY)
    assert tws.app.getBlotter()["auxPrice"].dropna().tolist() == [200.5]


def test_each_order_is_one_of_the_messages_that_leave_in_a_second(tws: ScriptedTWS) -> None:
    clock = on_virtual_time(tws.app)
    tws.app.pacing.on = True
    tws.record("placeOrder")
    for _ in range(50):
        tws.app.placeOrderNow(NVDA, BUY)
    assert clock.passed == pytest.approx(1.0, abs=0.01)
    tws.app.placeOrders([(NVDA, createOrder("BUY", 1))] * 45)
    assert clock.passed == pytest.approx(2.0, abs=0.01)


def test_a_cancel_that_may_not_leave_isnt_waited_for(tws: ScriptedTWS, capsys: pytest.CaptureFixture[str]) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    core(tws.app).gate.readonly = True
    with pytest.raises(SafetyError):
        tws.app.cancelOrderById(27)
    assert core(tws.app).listener(OrderCallbacks).blotter.asked(27).answer is None
    assert "Cancel requested" not in capsys.readouterr().out


@pytest.mark.parametrize("cancel", [lambda app: app.cancelOrderById(1), lambda app: app.cancelAllOrders("account")])
def test_nothing_is_cancelled_without_a_connection(
    cancel: Callable[[IBApp], object], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotConnectedError):
        cancel(IBApp())
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("wrong", [7, "BUY", NVDA])
def test_what_isnt_an_order_is_refused_in_words_by_ibapi_s_own_call_too(tws: ScriptedTWS, wrong: object) -> None:
    """(Mutant of place.py.)"""
    with pytest.raises(ValueError, match="placeOrder"):
        tws.app.placeOrder(27, NVDA, wrong)


@pytest.mark.parametrize(
    "place",
    [
        lambda app, what: app.placeOrderNow(what, createOrder("BUY", 1)),
        lambda app, what: app.placeOrder(app.nextOrderId, what, createOrder("BUY", 1)),
        lambda app, what: app.placeOrders([(what, createOrder("BUY", 1))]),
    ],
    ids=["placeOrderNow", "placeOrder", "placeOrders"],
)
def test_what_the_limits_ask_of_tws_holds_up_no_order_of_another_thread(
    tws: ScriptedTWS, place: Callable[[IBApp, Any], object]
) -> None:
    """(Mutants of place.py.)"""
    tws.record("placeOrder")
    tws.app.limitOrders(OrderLimits(symbols={"NVDA"}))
    waited: list[bool] = []

    def meanwhile(reqId: int, contract: Any) -> None:
        other = threading.Thread(target=lambda: tws.app.placeOrder(500, NVDA, createOrder("BUY", 1)))
        other.start()
        other.join(5)
        waited.append(other.is_alive())
        found = ContractDetails()
        found.contract = createContract("NVDA", conId=4815747)
        tws.tell("contractDetails", reqId, found)
        tws.tell("contractDetailsEnd", reqId)

    tws.on("reqContractDetails", meanwhile)
    place(tws.app, createContract("", conId=4815747))
    assert waited == [False]
    assert tws.names().count("placeOrder") == 2


def test_what_tws_shows_no_more_isnt_among_the_open_orders(tws: ScriptedTWS) -> None:
    """(Mutant of callbacks.py.)"""
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    assert set(tws.app.open_orders) == {27}
    tws.on("reqOpenOrders", ("openOrderEnd",))
    tws.app.getOpenOrders()
    assert tws.app.open_orders == {}
