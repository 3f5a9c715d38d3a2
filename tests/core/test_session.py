from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fake_tws import FakeTWS, framed
from inside import core, speak
from scripted import ScriptedTWS
from small_app import HEAD, App, tws_and_app
from virtual import on_virtual_time

from ibnb.core.gate import OrderLimits
from ibnb.core.order_ids import first_request
from ibnb.core.session import Session
from ibnb.errors import (
    CallbackWarning,
    ConnectionLostError,
    ContractNotFoundError,
    IBError,
    NotConnectedError,
    RequestTimeoutError,
    SafetyError,
)
from ibnb.ib import api

NO_DATA = "Historical Market Data Service error message:HMDS query returned no data: X@SMART Trades"


@pytest.fixture
def silent() -> Iterator[tuple[FakeTWS, App]]:
    tws, app = tws_and_app({87: lambda fields: []})
    yield tws, app
    app.disconnect()
    tws.close()


def refused_with(code: int, text: str) -> dict[int, Any]:
    return {87: lambda fields: [(4, 2, fields[1], code, text)]}


# --- requests


def test_a_verb_gets_its_answer() -> None:
    tws, app = tws_and_app(HEAD)
    assert "20000103-14:30:00" == app.getHead()
    assert 0 == len(core(app).pending)
    app.disconnect()
    tws.close()


def test_request_ids_keep_away_from_order_ids() -> None:
    tws, app = tws_and_app(HEAD)
    app.getHead()
    app.getHead(reqId=7)
    assert ["1000001", "7"] == [fields[1] for fields in tws.wait_for(87, 2)]
    assert [1, 2] == [core(app).take_order_id(), core(app).take_order_id()]
    assert 3 == app.nextOrderId
    app.disconnect()
    tws.close()


@pytest.mark.parametrize(
    ("order_id", "mark"),
    [(1, 1_000_000), (600_000, 2_000_000), (2_098_400_000, 2_099_000_000), (2_147_000_000, 1_000_000)],
)
def test_the_first_request_id_leaves_room_for_orders(order_id: int, mark: int) -> None:
    assert mark == first_request(order_id)


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [(200, "No security definition has been found for the request", ContractNotFoundError)],
)
def test_a_terminal_error_is_raised_to_the_caller(code: int, text: str, kind: type[Exception]) -> None:
    tws, app = tws_and_app(refused_with(code, text))
    with pytest.raises(kind, match="getHead: TWS answered 200"):
        app.getHead()
    assert [] == [fields for fields in tws.received if fields[0] == "90"]
    app.disconnect()
    tws.close()


@pytest.mark.parametrize("code", [2176, 2174, 10167, 399, 2104])
def test_a_notice_with_the_requests_id_never_raises(code: int) -> None:
    answers = {87: lambda f: [(4, 2, f[1], code, "a notice"), (88, f[1], "data follows")]}
    tws, app = tws_and_app(answers)
    assert "data follows" == app.getHead()
    assert [code] == list(app.notices["code"])
    app.disconnect()
    tws.close()


def test_a_timeout_says_everything_cancels_and_leaves_the_session_usable(silent: tuple[FakeTWS, App]) -> None:
    tws, app = silent
    on_virtual_time(app)  # so that a late answer to the question for the time is none of TWS's silence
    tws.send(4, 2, -1, 2103, "Market data farm connection is broken:usfarm")
    core(app).fence.wait()
    with pytest.raises(RequestTimeoutError) as caught:
        app.getHead(timeout=10)
    text = str(caught.value)
    for part in ("getHead: no answer within 10 s (0 rows", "socket open", "usfarm broken", "farms"):
        assert part in text
    assert [["90", "1", "1000001"]] == [[f[0], "1", f[-1]] for f in tws.wait_for(90)]
    tws.answers[87] = HEAD[87]
    assert "20000103-14:30:00" == app.getHead()


def test_an_interrupt_while_waiting_cancels(silent: tuple[FakeTWS, App], monkeypatch: pytest.MonkeyPatch) -> None:
    tws, app = silent

    def interrupt(done: object, timeout: float) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(core(app).clock.time, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        app.getHead()
    assert 1 == len(tws.wait_for(90))
    assert 0 == len(core(app).pending)


def test_the_loss_of_the_connection_releases_whoever_waits() -> None:
    tws = FakeTWS()
    app = App()

    def drop(fields: list[str]) -> list[tuple[Any, ...]]:
        tws.drop()
        return []

    tws.answers[87] = drop
    tws.pair(app)
    with pytest.raises(ConnectionLostError, match="closed the connection"):
        app.getHead()
    with pytest.raises(NotConnectedError, match="closed the connection"):
        app.getHead()
    app.nextOrderId = None
    with pytest.raises(NotConnectedError, match="no order id"):
        core(app).take_order_id()


def test_two_threads_have_their_own_answers() -> None:
    answers = {87: lambda fields: [(88, fields[1], f"answer to {fields[1]}")]}
    tws, app = tws_and_app(answers)
    found: dict[int, str] = {}
    threads = [threading.Thread(target=lambda n=n: found.__setitem__(n, app.getHead(reqId=n))) for n in range(10, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {n: f"answer to {n}" for n in range(10, 30)} == found
    app.disconnect()
    tws.close()


def test_a_verb_inside_a_callback_is_refused_instead_of_hanging() -> None:
    class Mine(App):
        def currentTime(self, time: int) -> None:
            self.getHead()

    tws, app = FakeTWS(answers=HEAD), Mine()
    tws.pair(app)
    app.reqCurrentTime()
    core(app).fence.wait()
    assert "can't wait inside a callback" in core(app).status.problems[0].error
    app.disconnect()
    tws.close()


def test_exceptions_in_callbacks_are_told_at_the_next_call_in_the_callers_thread() -> None:
    class Mine(App):
        def currentTime(self, time: int) -> None:
            raise ValueError("mine")

    tws, app = FakeTWS(answers=HEAD), Mine()
    tws.pair(app)
    app.reqCurrentTime()
    core(app).fence.wait()
    with pytest.warns(CallbackWarning, match="ValueError: mine in your override, callback currentTime"):
        app.getHead()
    assert "20000103-14:30:00" == app.getHead()
    app.disconnect()
    tws.close()


def test_an_error_of_ibapi_itself_ends_the_request_that_was_being_sent() -> None:
    tws, app = tws_and_app()

    def get_thing() -> None:
        with core(app).request("getThing", kind="request", reqId="thing") as slot:
            app.wrapper.error(-1, 0, 503, "The TWS is out of date and must be upgraded.")
            slot.wait()

    with pytest.raises(IBError, match="503"):
        get_thing()
    app.disconnect()
    tws.close()


def test_a_refusal_without_an_id_belongs_to_the_only_request_without_one(silent: tuple[FakeTWS, App]) -> None:
    tws, app = silent
    text = "Error validating request.-'bO' : cause - Invalid account code"
    one = core(app).pending.open("accountUpdates", "getAccountUpdates")
    tws.send(4, 2, -1, 321, text)
    core(app).fence.wait()
    assert "Invalid account code" in str(one.error)
    core(app).pending.close(one)
    two = [core(app).pending.open(key, key) for key in ("positions", "openOrders")]
    tws.send(4, 2, -1, 321, text)
    core(app).fence.wait()
    assert [False, False] == [slot.done for slot in two]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are a matter of POSIX")
def test_ctrl_c_works_at_once(silent: tuple[FakeTWS, App]) -> None:
    tws, app = silent

    def interrupt() -> None:
        tws.wait_for(87)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        app.getHead()
    assert 1 == len(tws.wait_for(90))


def test_waiting_for_a_condition(silent: tuple[FakeTWS, App]) -> None:
    tws, app = silent
    tws.send(4, 2, -1, 2104, "Market data farm connection is OK:usfarm")
    core(app).wait_until(lambda: bool(core(app).status.farms), 10, "waitFarm")
    with pytest.raises(RequestTimeoutError, match=r"waitNever: no answer within 0.01 s\. State"):
        core(app).wait_until(lambda: False, 0.01, "waitNever")
    tws.drop()
    with pytest.raises(ConnectionError, match="waitLost"):
        core(app).wait_until(lambda: False, 10, "waitLost")


# --- orders


def contract_and_order(quantity: float = 1, action: str = "BUY") -> tuple[Any, Any]:
    contract, order = api.Contract(), api.Order()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    order.action, order.orderType, order.lmtPrice = action, "LMT", 200.0
    order.totalQuantity = api.to_decimal(quantity)
    order.eTradeOnly = order.firmQuoteOnly = False
    return contract, order


def test_a_read_only_session_refuses_every_way_to_an_order(silent: tuple[FakeTWS, App]) -> None:
    tws, app = silent
    core(app).gate.readonly = True
    contract, order = contract_and_order()
    ways = [
        lambda: app.placeOrder(1, contract, order),
        lambda: app.cancelOrder(1),
        lambda: app.reqGlobalCancel(),
        lambda: app.exerciseOptions(1, contract, 1, 1, "", 0),
        lambda: app.conn.sendMsg(framed(3, 1)),
        lambda: app.conn.sendMsg(framed(4, 1)),
        lambda: app.conn.sendMsg(framed(58, 1)),
    ]
    for way in ways:
        with pytest.raises(SafetyError, match="read-only"):
            way()
    core(app).fence.wait()
    assert [] == [fields for fields in tws.received if fields[0] in ("3", "4", "21", "58")]


def test_limits_hold_for_a_raw_place_order_and_cant_be_got_round(silent: tuple[FakeTWS, App]) -> None:
    tws, app = silent
    app.limitOrders(OrderLimits(max_quantity=10))
    app.placeOrder(1, *contract_and_order(10))
    with pytest.raises(SafetyError, match="at most 10"):
        app.placeOrder(2, *contract_and_order(11))
    refused = ""
    try:
        api.EClient.placeOrder(app, 3, *contract_and_order(5))
    except SafetyError as error:  # 9.81 lets it through, 10.x turns it into code 512
        refused = str(error)
    core(app).fence.wait()
    assert 1 == len(tws.wait_for(3))
    assert refused or 512 in set(app.notices["code"])
    app.limitOrders(None)
    app.placeOrder(4, *contract_and_order(11))
    assert 2 == len(tws.wait_for(3, 2))


@pytest.mark.parametrize(
    "message",
    [
        framed(3, 1),
        framed(21, 2),
        framed(49, 1) + framed(3, 1),  # behind a harmless one
        framed(3, 1)[:4],  # its beginning
        framed(3, 1)[4:],  # its end
        framed(49, 1) + framed(3, 1)[:5],
        b"\0\0\0\0" + framed(3, 1),
    ],
)
def test_orders_by_hand_meet_the_limits_however_their_bytes_are_cut(
    silent: tuple[FakeTWS, App], message: bytes
) -> None:
    """#14: behind a question about the time, which was refused with it, the next fence waited twenty seconds."""
    tws, app = silent
    app.limitOrders(OrderLimits(max_quantity=10))
    with pytest.raises(SafetyError):
        app.conn.sendMsg(message)
    assert core(app).fence.ask(app.conn).wait(60)
    assert [] == [fields for fields in tws.received if fields[0] in ("3", "21")]


def test_cancels_need_only_the_order_id_whatever_the_release(silent: tuple[FakeTWS, App]) -> None:
    tws, app = silent
    app.cancelOrder(5)
    app.reqGlobalCancel()
    assert "5" in tws.wait_for(4)[0]
    assert 1 == len(tws.wait_for(58))


def test_the_session_explains_codes() -> None:
    assert Session().explain(2104).startswith("2104 (notice)")


def test_protobuf_orders_are_seen_by_the_gate_too() -> None:
    app = Session()
    speak(app, 213)
    with pytest.raises(SafetyError, match="went around"):  # no account is known yet
        core(app).outgoing.before_send(api.frame((203).to_bytes(4, "big")))
    core(app).lifecycle.accounts = ["DU1"]
    core(app).outgoing.before_send(api.frame((203).to_bytes(4, "big")))
    core(app).gate.readonly = True
    for msg_id in (203, 204, 221, 258):
        with pytest.raises(SafetyError, match="read-only"):
            core(app).outgoing.before_send(api.frame(msg_id.to_bytes(4, "big")))
    core(app).outgoing.before_send(api.frame((249).to_bytes(4, "big")))
    assert [None] == list(core(app).fence._asked)


def test_a_request_that_couldnt_be_sent_has_lost_its_connection() -> None:
    tws = ScriptedTWS()

    def break_down(reqId: int, pattern: str) -> None:
        tws.app.conn.up = False
        core(tws.app).lifecycle.ended.set()
        tws.tell("error", reqId, 0, 560, "Request Matching Symbols Sending Error - the connection broke", "")

    tws.on("reqMatchingSymbols", break_down)
    with pytest.raises(ConnectionLostError, match="searchSymbols: the connection has ended"):
        tws.app.searchSymbols("AAPL")


def test_a_fence_of_a_connection_that_is_had_back_meanwhile_is_over() -> None:
    tws = ScriptedTWS()
    before, after = tws.app.conn, ScriptedTWS().app.conn

    def lost_and_found(message: bytes, mark: Any) -> None:
        mark()
        core(tws.app).lifecycle.connection = after

    before.send_marked = lost_and_found
    tws.app.fenceTimeout = 0.0
    core(tws.app).fence.wait()
    assert not core(tws.app).fence._silent
    assert tws.app.isConnected()


def test_a_session_whose_accounts_arent_told_says_so() -> None:
    tws = ScriptedTWS()
    tws.tell("managedAccounts", "")
    assert "as client 1, account unknown, server version" in repr(tws.app)


def test_a_program_may_set_the_next_order_id_and_cant_lose_it_while_connected() -> None:
    """(Mutant of session.py.)"""
    tws = ScriptedTWS()
    tws.app.nextOrderId = 500
    tws.app.nextOrderId = None
    assert (tws.app.nextOrderId, core(tws.app).take_order_id()) == (500, 500)
    tws.app.disconnect()
    tws.app.nextOrderId = None
    assert tws.app.nextOrderId is None
