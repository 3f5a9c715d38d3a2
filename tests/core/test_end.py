"""How a connection ends: who is told, who waits for that, and that it happens once."""

from __future__ import annotations

import threading

import pytest
from fake_tws import FakeTWS
from inside import core
from small_app import HEAD, App

from ibnb.core.session import Session
from ibnb.ib import api


def test_disconnecting_inside_a_callback_is_allowed() -> None:
    class Mine(Session):
        def currentTime(self, time: int) -> None:
            self.disconnect()

    tws, app = FakeTWS(), Mine()
    tws.pair(app)
    app.reqCurrentTime()
    app.run()
    assert not app.isConnected()
    assert [] == list(core(app).status.problems)
    tws.close()


def test_disconnect_waits_for_the_reader_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, leaving, told = threading.Event(), threading.Event(), []

    class Mine(App):
        def headTimestamp(self, reqId: int, headTimestamp: str) -> None:
            heard.set()
            assert leaving.wait(60)
            told.append(headTimestamp)

    tws, app = FakeTWS(answers=HEAD), Mine()
    join = tws.pair(app).join

    def leave() -> None:
        leaving.set()
        while not told:
            join()

    monkeypatch.setattr(app.conn, "join", leave)
    app.reqHeadTimeStamp(5, api.Contract(), "TRADES", 1, 1)
    assert heard.wait(60)
    app.disconnect()
    assert ["20000103-14:30:00"] == told
    tws.close()


def test_connection_closed_is_called_once() -> None:
    calls: list[int] = []
    app = type("Mine", (Session,), {"connectionClosed": lambda self: calls.append(1), "__module__": "__main__"})()
    tws = FakeTWS()
    tws.pair(app)
    tws.drop()
    app.run()
    app.disconnect()
    assert [1] == calls


def test_run_returns_when_the_user_has_heard_of_the_end() -> None:
    """As ibapi's does, which calls connectionClosed itself: what that writes down was missing now and then."""

    class Watched(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            awaited.set()
            return super().wait(timeout)

    class Mine(Session):
        def connectionClosed(self) -> None:
            self.closed = awaited.wait(10)
            self.disconnect()  # here nobody waits for what calls him

    awaited = threading.Event()
    tws, app = FakeTWS(), Mine()
    tws.pair(app)
    core(app).lifecycle.told = Watched()
    tws.drop()
    app.run()
    assert app.closed
    tws.close()


def test_disconnect_returns_when_the_user_has_heard_of_the_end_that_another_thread_works_out() -> None:
    class Watched(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append((self.is_set(), timeout))
            awaited.set()
            return super().wait(60)

    class Mine(Session):
        def connectionClosed(self) -> None:
            closing.set()
            assert awaited.wait(60)

    waited: list[tuple[bool, float | None]] = []
    awaited, closing = threading.Event(), threading.Event()
    tws, app = FakeTWS(), Mine()
    tws.pair(app)
    core(app).lifecycle.told = told = Watched()
    told.set()  # as it stands while nothing has ended
    tws.drop()
    assert closing.wait(60)
    app.disconnect()
    assert [(False, 5)] == waited
    assert told.is_set()
    tws.close()


def test_an_end_that_is_worked_out_isnt_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tws, app = FakeTWS(), App()
    tws.pair(app)
    app.disconnect()
    seen: list[bool] = []
    monkeypatch.setattr(core(app).changes, "wait", lambda done, timeout: seen.append(done()))
    core(app).lifecycle.await_end()
    assert [True] == seen
    tws.close()


def test_an_interrupt_of_run_ends_the_session() -> None:
    """As it ends ibapi's. (Mutant of session.py.)"""

    class Mine(Session):
        interrupted = False

        def msgLoopTmo(self) -> None:
            raise KeyboardInterrupt

        def keyboardInterrupt(self) -> None:
            self.interrupted = True

    tws, app = FakeTWS(), Mine()
    tws.pair(app)
    with pytest.raises(KeyboardInterrupt):
        app.run()
    assert (app.interrupted, app.isConnected()) == (True, False)
    tws.close()
