"""The embedded gateway without socket and thread (issue 14, Build 2)."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from inside import core

import ibnb
from ibnb import IBApp
from ibnb.errors import ConnectionLostError, NotConnectedError
from ibnb.gateway import Gateway
from ibnb.gateway.pipe import uninterrupted


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect("embedded")
    ibnb.reset()


def threads() -> set[str]:
    return {each.name for each in threading.enumerate() if each.name.startswith("ibnb")}


def test_a_session_and_its_gateway_need_neither_socket_nor_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("there are none in a browser")

    before = threads()
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    try:
        app = ibnb.connect("embedded")
        with app.streamQuotes("AAPL") as stream:
            app.sleep("1 min")
            assert stream.next().symbol == "AAPL"
        order = app.placeOrderNow("AAPL", app.createOrder("BUY", 1), wait="Filled")
        assert app.waitOrder(order).filled == 1
        assert len(app.getData("AAPL", app.dataSettings("1 D", "1 hour"))) > 0
        assert threads() == before
    finally:
        ibnb.reset()


def test_where_no_thread_can_start_an_override_hears_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loud(IBApp):
        heard: ClassVar[list[int]] = []

        def currentTime(self, time: int) -> None:
            self.heard.append(time)

    def no_thread(self: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    try:
        app = ibnb.connect("embedded", app_class=Loud)
        app.reqCurrentTime()
        assert Loud.heard == [int(app.now().timestamp())]
    finally:
        ibnb.reset()


def test_an_override_runs_in_a_thread_of_its_own(app: IBApp) -> None:
    """It may wait for what the user's own thread does after the request."""

    class Slow(IBApp):
        go_on = threading.Event()
        done = threading.Event()

        def currentTime(self, time: int) -> None:
            assert self.go_on.wait(60)
            self.done.set()

    slow = ibnb.connect("embedded", app_class=Slow, clientId=2)
    slow.reqCurrentTime()
    assert not Slow.done.is_set()
    Slow.go_on.set()
    assert Slow.done.wait(60)


def test_a_port_opens_when_somebody_asks_for_it(app: IBApp) -> None:
    assert "in this process" in repr(app.gateway)
    port = app.gateway.port
    assert "listening" in repr(app.gateway)
    assert (app.port, app.gateway.port) == (port, port)
    other = ibnb.connect(port=port, clientId=7)
    assert other is not app
    bought = other.placeOrderNow("AAPL", other.createOrder("BUY", 1))
    app.gateway.advance(5)
    assert other.waitOrder(bought, "Filled", timeout=5).filled == 1
    before = app.now()
    app.sleep("1 min")
    assert (app.now() - before).total_seconds() == 60
    assert ibnb.connect(port=port) is app


def test_a_session_hears_what_another_one_has_done(app: IBApp) -> None:
    other = ibnb.connect("embedded", clientId=2)
    with app.streamQuotes("AAPL") as stream:
        other.sleep(10)
        assert len(stream.waiting()) > 0


def test_what_the_instructor_does_is_heard_of_before_the_next_line(app: IBApp) -> None:
    """Lesson 08's last table: it sometimes lacked the farm's return, which was still on its way."""
    gateway = app.gateway
    assert gateway is not None
    for _ in range(50):
        gateway.faults.farm("usfarm", ok=False)
        assert app.notices["code"].iloc[-1] == 2103
        gateway.faults.farm("usfarm", ok=True)
        assert list(app.notices["code"].tail(2)) == [2119, 2104]


def test_a_dropped_connection_is_heard_of_at_once_and_comes_back(app: IBApp) -> None:
    app.gateway.faults.drop()
    assert not app.isConnected()
    app.sleep("1 min")
    assert app.isConnected()


def test_a_closed_door_is_refused_as_on_a_port(app: IBApp) -> None:
    app.gateway.faults.nightly_restart(down_for=600.0)
    with pytest.raises(NotConnectedError, match="nothing listens on the simulator in this process"):
        IBApp.connect(fresh(app.gateway), "", 0, 5)


def fresh(gateway: Gateway) -> IBApp:
    made = IBApp()
    core(made).lifecycle.gateway = gateway
    return made


def test_a_gateway_that_is_stopped_ends_its_sessions_and_opens_no_port() -> None:
    gateway = Gateway("lesson").embed()
    pipe = gateway.dial()
    gateway.stop()
    assert pipe.recv(1) == b""
    with pytest.raises(BrokenPipeError):
        pipe.sendall(b"API\0")
    assert gateway.port == 0


def test_only_a_clock_that_stands_still_can_do_without_a_thread() -> None:
    with pytest.raises(ValueError, match="wall clock"):
        Gateway("always-open").embed()


def test_an_interrupt_waits_until_the_world_is_whole() -> None:
    done = []

    def step() -> None:
        with uninterrupted():
            with uninterrupted():
                signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_after_the_end_nothing_is_sent(app: IBApp) -> None:
    app.disconnect()
    with pytest.raises((NotConnectedError, ConnectionLostError)):
        app.getQuote("AAPL")
