from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import MethodType
from typing import Any

import pytest
from fake_tws import READY, FakeTWS
from inside import core, speak
from small_app import HEAD, App, tws_and_app

import ibnb
from ibnb.core.outgoing import ENDING, PASSING
from ibnb.core.session import Session
from ibnb.errors import IBError, NotConnectedError
from ibnb.ib import api

ROOT = Path(__file__).parents[2]


@pytest.fixture
def silent() -> Iterator[tuple[FakeTWS, App]]:
    tws, app = tws_and_app({87: lambda fields: []})
    yield tws, app
    app.disconnect()
    tws.close()


# --- connecting


def test_the_seeds_program_runs_unchanged() -> None:
    tws = FakeTWS()
    port = tws.listen()

    class IBApp(Session):
        def __init__(self) -> None:
            api.EClient.__init__(self, self)
            self.connection_ready = threading.Event()
            self.said: list[str] = []

        def nextValidId(self, orderId: int) -> None:
            self.said.append(f"Connected - Next Order ID: {orderId}")
            self.connection_ready.set()

        def error(self, reqId: int, errorCode: int, errorString: str, contract: Any = None) -> None:
            self.said.append(f"Error: {errorCode}")

    app = IBApp()
    app.connect("127.0.0.1", port, 123)
    thread = threading.Thread(target=app.run)
    thread.start()
    assert app.connection_ready.wait(60)
    app.disconnect()
    thread.join(60)
    assert not thread.is_alive()
    assert ["Connected - Next Order ID: 1"] == app.said
    assert [["71", "2", "123", ""]] == tws.wait_for(71)
    tws.close()


def test_connect_returns_when_ids_and_accounts_are_there() -> None:
    tws, app = FakeTWS(), Session()
    app.connect("", tws.listen(), clientId=5)
    assert app.connection_ready.is_set()
    assert (1, ["DU1234567"], "DU1234567", 157) == (app.nextOrderId, app.accounts, app.account, app.serverVersion())
    assert "client 5, account DU*****67, server version 157, next order id 1" in repr(app)
    app.disconnect()
    assert "<Session not connected>" == repr(app)
    tws.close()


def test_the_users_event_is_set_when_connect_returns_though_the_reader_thread_is_slow() -> None:
    class Ready(threading.Event):
        def set(self) -> None:
            super().set()
            assert connected.wait(60)

    connected = threading.Event()
    tws, app = FakeTWS(), Session()
    core(app).lifecycle.ready = Ready()
    app.connect("", tws.listen(), clientId=5)
    assert app.connection_ready.is_set()
    connected.set()
    app.disconnect()
    tws.close()


def test_before_the_first_connection_there_are_no_accounts_and_no_ids() -> None:
    app = Session()
    assert ("", [], None, None) == (app.account, app.accounts, app.nextOrderId, core(app).lifecycle.client_id)


def test_the_tape_of_a_start_is_always_the_same() -> None:
    tws, app = FakeTWS(), Session()
    app.connect("", tws.listen(), clientId=5)
    assert ["startApi", "connectAck", "managedAccounts", "nextValidId"] == list(app.tape["name"])
    app.disconnect()
    tws.close()


def test_connecting_again_to_the_same_place_is_a_notice_and_elsewhere_an_error() -> None:
    tws, app = FakeTWS(), Session()
    port = tws.listen()
    app.connect("127.0.0.1", port, 5)
    app.connect("127.0.0.1", port, 5)
    assert [501] == list(app.notices["code"])
    with pytest.raises(IBError, match="disconnect"):
        app.connect("127.0.0.1", port, 6)
    app.disconnect()
    tws.close()


def test_a_refused_connection_reports_502_raises_and_releases_every_waiter() -> None:
    class Mine(Session):
        id, code, time = 0, 0, 0

        def error(self, reqId: int, errorTime: int, errorCode: int, errorString: str, advanced: str = "") -> None:
            self.id, self.code, self.time = reqId, errorCode, errorTime

    app = Mine()
    before = core(app).now()
    with pytest.raises(NotConnectedError, match="nothing listens"):
        app.connect("127.0.0.1", 1, 1)
    assert (api.NO_VALID_ID, 502) == (app.id, app.code)
    assert before * 1000 - 1 <= app.time <= core(app).now() * 1000 + 1  # IB: milliseconds
    assert app.connection_ready.is_set()
    assert app.data_ready.is_set()
    app.run()
    with pytest.raises(NotConnectedError, match="nothing listens"):
        core(app).check_usable("getData")


def test_a_client_id_in_use_is_explained() -> None:
    text = "Unable to connect as the client id is already in use. Retry with a unique client id."
    tws, app = FakeTWS(), Session()

    def refuse(fields: list[str]) -> list[tuple[Any, ...]]:
        tws.send(4, 2, -1, 326, text)
        tws.drop()
        return []

    tws.answers[71] = refuse
    port = tws.listen()
    with pytest.raises(NotConnectedError, match=r"326: Unable to connect.*\n?.*Use another clientId"):
        app.connect("127.0.0.1", port, 1)
    assert not app.isConnected()
    tws.close()


def test_a_tws_that_sends_no_ids_is_a_failure_in_finite_time() -> None:
    class Impatient(Session):
        def connectAck(self) -> None:  # after the handshake, which takes as long as it takes
            self.connectTimeout = 0.2

    tws, app = FakeTWS(answers={71: lambda fields: READY[:1]}), Impatient()
    with pytest.raises(NotConnectedError, match="no order id and accounts within"):
        app.connect("127.0.0.1", tws.listen(), 1)
    tws.close()


def test_a_session_can_end_and_begin_again() -> None:
    tws, app = FakeTWS(answers=HEAD), App()
    port = tws.listen()
    for _ in range(2):
        app.connect("127.0.0.1", port, 1)
        assert "20000103-14:30:00" == app.getHead()
        assert api.EClient.CONNECTED == app.connState
        app.disconnect()
        assert (False, False) == (app.isConnected(), core(app).reconnect.usable())
    with pytest.raises(NotConnectedError, match="disconnect"):
        app.getHead()
    tws.close()


def test_a_session_that_begins_anew_isnt_ready_before_tws_says_so() -> None:
    class Mine(App):
        def connectAck(self) -> None:
            seen.append((self.connection_ready.is_set(), core(self).reconnect.usable()))

    seen: list[tuple[bool, bool]] = []
    tws, app = FakeTWS(), Mine()
    port = tws.listen()
    for _ in range(2):
        app.connect("127.0.0.1", port, 1)
        app.disconnect()
    assert [(False, False)] * 2 == seen
    tws.close()


def test_a_connection_that_ends_releases_whoever_waits_for_data() -> None:
    tws, app = FakeTWS(), App()
    tws.pair(app)
    assert not app.data_ready.is_set()
    tws.drop()
    assert app.data_ready.wait(10)


@pytest.mark.skipif(os.name != "posix", reason="whoever waits reads for himself on POSIX alone")
def test_who_asks_again_at_once_reads_the_answer_himself() -> None:
    tws, app = tws_and_app(dict(HEAD))
    app.conn.reader.rest = 10.0  # however slow the machine, one asks again before it is over
    readers: set[int] = set()
    core(app).dispatcher.listen("headTimestamp", lambda *_: readers.add(threading.get_ident()))
    for _ in range(500):
        app.getHead()
        if threading.get_ident() in readers:
            break
    else:
        pytest.fail("another thread has read every answer")
    app.disconnect()
    tws.close()


def test_the_options_of_a_connection_are_sent_by_their_name_of_any_release() -> None:
    tws, app = FakeTWS(), App()
    # 9.81 calls it setConnectionOptions.
    (getattr(app, "setConnectOptions", None) or app.setConnectionOptions)("+PACEAPI")
    app.connect("127.0.0.1", tws.listen(), 1)
    assert b" +PACEAPI" in tws.hello
    app.disconnect()
    tws.close()


def test_the_account_that_was_chosen_stays_while_it_is_one_of_the_session_s(silent: tuple[FakeTWS, App]) -> None:
    tws, app = silent
    app.account = "DU2"
    for accounts, chosen in (("DU1,DU2", "DU2"), ("DU2,DU3", "DU2"), ("DU3", "DU3")):
        tws.send(15, 1, accounts)
        core(app).fence.wait()
        assert chosen == app.account


def test_an_order_id_is_used_once_at_one_place_and_is_free_at_another() -> None:
    here, elsewhere, app = FakeTWS(), FakeTWS(), App()
    port, other = here.listen(), elsewhere.listen()
    first = []
    for each in (port, port, other):
        app.connect("127.0.0.1", each, 1)
        first.append(core(app).take_order_id())
        app.disconnect()
    assert [1, 2, 1] == first
    here.close()
    elsewhere.close()


def test_a_with_block_ends_the_session() -> None:
    tws, app = tws_and_app()
    with app:
        assert app.isConnected()
    assert not app.isConnected()
    tws.close()


# --- time


def test_a_tws_is_asked_for_a_clock_of_its_own_unless_it_is_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr("ibnb.core.lifecycle.clock_at", lambda *place: asked.append(place))
    tws, app = FakeTWS(), App()
    port = tws.listen()
    app.connect("127.0.0.1", port, 1)
    app.disconnect()
    tws.close()
    ibnb.connect("embedded")
    ibnb.reset()
    assert [("127.0.0.1", port, "20250611 10:00:00 EST")] == asked


def test_the_users_questions_about_the_time_and_fences_dont_mix() -> None:
    clock = iter(range(100, 200))
    got: list[int] = []
    app = type("Mine", (App,), {"currentTime": lambda self, time: got.append(time), "__module__": "__main__"})()
    tws = FakeTWS(answers={49: lambda fields: [(49, 1, next(clock))]})
    tws.pair(app)
    core(app).fence.wait()
    app.reqCurrentTime()
    core(app).fence.wait()
    app.reqCurrentTime()
    core(app).fence.wait()
    assert [101, 103] == got
    assert ["reqCurrentTime", "currentTime"] * 2 == list(app.tape["name"])[-4:]
    assert 4 == sum("urrentTime" in name for name in app.tape["name"])
    app.disconnect()
    tws.close()


def test_sleep_takes_texts_and_refuses_nonsense(silent: tuple[FakeTWS, App], monkeypatch: pytest.MonkeyPatch) -> None:
    _, app = silent
    slept: list[float] = []
    monkeypatch.setattr(core(app).clock, "sleep", slept.append)
    for duration in (2, 0.5, "30 s", "5 min", "1 h", "2 mins", "1 day"):
        app.sleep(duration)
    assert [2, 0.5, 30, 300, 3600, 120, 86400] == slept
    for wrong in ("soon", "5 parsecs", -1, float("nan")):
        with pytest.raises(ValueError, match="duration"):
            app.sleep(wrong)


def test_now_is_in_new_york(silent: tuple[FakeTWS, App], monkeypatch: pytest.MonkeyPatch) -> None:
    _, app = silent
    monkeypatch.setattr(core(app), "now", lambda: 1749650400.0)
    assert "2025-06-11T10:00:00-04:00" == app.now().isoformat()


def test_a_fence_behind_a_lost_connection_returns_after_everyone_was_released(silent: tuple[FakeTWS, App]) -> None:
    tws, app = silent
    slot = core(app).pending.open(5, "getData")
    tws.drop()
    core(app).fence.wait()
    assert slot.done


# --- states


def test_socket_link_and_farms_are_three_states(silent: tuple[FakeTWS, App]) -> None:
    tws, app = silent
    for code, text in (
        (2104, "Market data farm connection is OK:usfarm.nj"),
        (2107, "HMDS data farm connection is inactive but should be available upon demand.ushmds"),
        (1100, "Connectivity between IBKR and Trader Workstation has been lost."),
        (2157, "Sec-def data farm connection is broken:secdefil"),
    ):
        tws.send(4, 2, -1, code, text)
    core(app).fence.wait()
    assert {"usfarm.nj": "OK", "ushmds": "inactive", "secdefil": "broken"} == dict(app.farms["state"])
    assert ("open", "lost") == (core(app).status.socket, core(app).status.link)
    assert app.isConnected()
    tws.send(4, 2, -1, 1102, "restored - data maintained. All data farms are connected: usfarm")
    core(app).fence.wait()
    assert "up" == core(app).status.link
    assert {"OK"} == set(app.farms["state"])


def test_ibnb_has_words_of_its_own_among_the_notices(silent: tuple[FakeTWS, App]) -> None:
    _, app = silent
    core(app).status.say("waiting 15 s for its turn")
    row = app.notices.iloc[-1]
    assert (0, "notice", "waiting 15 s for its turn") == (row["code"], row["severity"], row["text"])
    assert "Said by ibnb itself." == row["meaning"]


def test_frames_have_the_same_columns_when_empty() -> None:
    app = Session()
    assert ["time", "reqId", "code", "severity", "text", "meaning"] == list(app.notices.columns)
    assert ["time", "callback", "where", "error", "traceback"] == list(app.problems.columns)
    assert ["kind", "state", "time"] == list(app.farms.columns)
    empty = [table.dtypes.to_dict() for table in (app.notices, app.problems, app.farms, app.tape)]
    app.wrapper.error(-1, 2104, "Market data farm connection is OK:usfarm")
    core(app).status.problem("tickPrice", ValueError("x"), "trace", "your override")
    full = [table.dtypes.to_dict() for table in (app.notices, app.problems, app.farms, app.tape)]
    assert empty == full


def test_a_students_attribute_may_cover_a_view() -> None:
    class Mine(Session):
        def __init__(self) -> None:
            super().__init__()
            self.notices = []

    assert [] == Mine().notices


def test_only_these_names_of_ibapi_are_redefined() -> None:
    ours = {name for cls in Session.__mro__ if cls.__module__.startswith("ibnb") for name in vars(cls)}
    theirs = {name for base in (api.EClient, api.EWrapper) for name in dir(base) if not name.startswith("__")}
    meant = {"connect", "disconnect", "error", "isConnected", "logRequest", "run", "sendMsg"}
    if hasattr(api.EClient, "useProtoBuf"):
        meant |= {"useProtoBuf", "sendMsgProtoBuf"}
    guarded = {"cancelOrder", "exerciseOptions", "placeOrder", "reqGlobalCancel"}
    assert meant | guarded | {*PASSING, *ENDING} == ours & theirs


@pytest.mark.skipif(not hasattr(api.EClient, "useProtoBuf"), reason="this ibapi writes text only")
def test_each_version_has_its_own_lane_in_one_session_after_another() -> None:
    """What is remembered of one TWS isn't said to the next (issue 9: asked once per request and version)."""
    app = Session()
    for version in (176, api.MAX_CLIENT_VER, 176):
        speak(app, version)
        for number in (1, 20, 49, 62):
            assert app.useProtoBuf(number) is bool(api.EClient.useProtoBuf(app, number))
            assert app.useProtoBuf(number) is bool(api.EClient.useProtoBuf(app, number))


class _Taken:
    """A connection that keeps what it is told to send."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendMsg(self, message: bytes) -> int:
        self.sent.append(message)
        return len(message)

    def catch_up(self) -> None:
        """Nothing waits."""

    def isConnected(self) -> bool:
        return True

    def in_reader(self) -> bool:
        return False


@pytest.mark.parametrize("version", [v for v in (100, 157, 176, 200, 201) if v <= api.MAX_CLIENT_VER])
def test_requests_leave_as_ibapi_writes_and_logs_them(version: int, caplog: pytest.LogCaptureFixture) -> None:
    contract = api.Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    sent, said = [], []
    for cls in (api.EClient, Session):
        app = Session()
        speak(app, version)
        core(app).lifecycle.connection = taken = _Taken()  # type: ignore[assignment]
        app.sendMsg = MethodType(cls.sendMsg, app)  # type: ignore[method-assign]
        app.logRequest = MethodType(cls.logRequest, app)  # type: ignore[method-assign]
        app.setConnState(api.EClient.CONNECTED)
        caplog.clear()
        with caplog.at_level(logging.INFO, "ibapi"):
            app.reqIds(1)
            app.reqContractDetails(7, contract)
            app.reqMktData(8, contract, "233", False, False, [])
        sent.append(taken.sent)
        said.append([(record.name, record.getMessage()) for record in caplog.records])
        assert app.problems.empty
        assert app.notices.empty
    assert sent[0] == sent[1]
    assert 3 == len(sent[1])
    assert said[0] == said[1]
    assert 6 <= len(said[1])


def test_nothing_can_be_sent_without_a_connection() -> None:
    with pytest.raises(NotConnectedError):
        Session().sendMsg(*((["1\0"]) if api.IBAPI_VERSION.startswith("9.") else (49, "1\0")))


def test_a_program_that_forgets_to_disconnect_still_ends() -> None:
    tws = FakeTWS()
    source = (
        "from ibnb.core.session import Session\n"
        f"app = Session(); app.connect('127.0.0.1', {tws.listen()}, 1)\n"
        "print(app.nextOrderId)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=120, check=True, cwd=ROOT
    )
    assert ("1\n", "") == (done.stdout, done.stderr)
    tws.close()
