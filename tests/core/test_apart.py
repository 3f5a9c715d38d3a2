"""A session goes by the gateway's time through a port: one that stands still, and one with a pace."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from inside import core

import ibnb
from ibnb import IBApp
from ibnb.core.apart import Keeper, PacedTime, clock_at, plain
from ibnb.core.clock import Changes, RealTime
from ibnb.errors import ConnectionLostError
from ibnb.gateway import Gateway
from ibnb.gateway.scenario import LESSON


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    ibnb.reset()


@pytest.fixture
def still() -> Iterator[Gateway]:
    with Gateway("lesson") as gateway:
        yield gateway


def test_only_a_gateway_with_a_clock_of_its_own_is_asked_for_it(still: Gateway) -> None:
    assert clock_at(still.host, still.port, "20250611 10:00:00 EST5EDT") == (LESSON.start, 0.0)
    with Gateway("lesson", manual=False, rate=60.0) as paced:
        found = clock_at(paced.host, paced.port, "20250611 10:00:00 EST5EDT")
        assert found is not None
        assert found[1] == 60.0
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(0)
        port = silent.getsockname()[1]
        for zone in ("EST", "EDT", "Central European Standard Time", "America/New_York", ""):
            assert clock_at("127.0.0.1", port, f"20250611 10:00:00 {zone}") is None
        with pytest.raises(BlockingIOError):  # nobody has knocked
            silent.accept()
    assert clock_at("127.0.0.1", port, "20250611 10:00:00 EST5EDT") is None


def test_a_session_shows_the_usual_name_of_the_zone() -> None:
    assert plain("20250611 10:00:00 EST5EDT") == "20250611 10:00:00 EDT"
    assert plain("20250110 10:00:00 EST5EDT") == "20250110 10:00:00 EST"
    for text in ("20250611 10:00:00 Central European Standard Time", "", "20250611 10:00:00 "):
        assert plain(text) == text


def test_a_clock_of_its_own_is_told_as_a_zone_that_clients_know() -> None:
    """rust-ibapi 3 takes all behind the time for the zone's name, and ends the connection if there is none of it."""
    for manual in (True, False):
        with (
            Gateway("lesson", manual=manual) as gateway,
            socket.create_connection((gateway.host, gateway.port)) as line,
        ):
            line.sendall(b"API\0" + b"\0\0\0\x09v176..176")
            answer = line.recv(100)
        date, time, zone = answer[4:].split(b"\0")[1].decode().split(" ", 2)
        assert (date, time) == ("20250611", "10:00:00")
        assert datetime(2025, 6, 11, tzinfo=ZoneInfo(zone)).utcoffset() == timedelta(hours=-4)


# --- a clock that stands still -------------------------------------------------------------------------


def test_time_that_stands_still_moves_when_somebody_waits(still: Gateway) -> None:
    app = ibnb.connect(port=still.port)
    assert app.now().timestamp() == still.now() == LESSON.start
    app.sleep("10 min")
    assert app.now().timestamp() == still.now() == LESSON.start + 600
    app.sleep("1 day")
    assert still.now() == LESSON.start + 600 + 86400


def test_the_same_morning_as_in_this_process(still: Gateway) -> None:
    def morning(app: IBApp) -> list[object]:
        app.placeOrderNow("AAPL", app.createOrder("BUY", 1), wait="Filled")
        with app.streamQuotes(["AAPL", "NVDA"]) as quotes:
            app.sleep("90 s")
            seen = quotes.df["last"].tolist()
        return [seen, app.getFills()["price"].tolist(), str(app.now())]

    assert morning(ibnb.connect(port=still.port)) == morning(ibnb.connect())


def test_a_timeout_is_of_the_gateways_time(still: Gateway) -> None:
    app = ibnb.connect(port=still.port)
    far = app.placeOrderNow("AAPL", app.createOrder("BUY", 1, "LMT", 1.0))
    with pytest.raises(ibnb.RequestTimeoutError, match="3600"):
        app.waitOrder(far, "Filled", timeout=3600)
    assert still.now() >= LESSON.start + 3600


def test_time_that_another_has_moved_is_heard_of(still: Gateway) -> None:
    one, two = ibnb.connect(port=still.port), ibnb.connect(port=still.port, clientId=2)
    two.sleep("5 min")
    one.getCurrentTime()
    assert one.now() == two.now()
    still.advance(60)
    one.getCurrentTime()
    assert one.now().timestamp() == still.now()


def test_pacing_waits_in_the_gateways_time(still: Gateway) -> None:
    app = ibnb.connect(port=still.port)
    app.pacing.rate = 1.0
    for _ in range(100):
        app.reqCurrentTime()
    assert 90 < still.now() - LESSON.start < 101


def test_small_bars_are_paced_in_the_gateways_time(still: Gateway) -> None:
    app = ibnb.connect(port=still.port)
    for _ in range(3):
        app.getData("AAPL", app.dataSettings("60 S", "5 secs"))
    assert 30 <= still.now() - LESSON.start < 60


def test_a_connection_that_drops_comes_back_in_the_gateways_time(still: Gateway) -> None:
    app = ibnb.connect(port=still.port)
    still.faults.nightly_restart(down_for=600.0)
    app.sleep("20 min")
    assert app.isConnected()
    assert app.getPositions().shape[0] > 0


def test_a_line_is_dialled_once_its_greeting_is_answered() -> None:
    """Until then a gateway that restarts hangs up on it as on a client, and whoever slept had lost the gateway."""

    def hangs_up_first() -> None:
        server.accept()[0].close()
        line, _ = server.accept()
        with line, line.makefile("rw") as talk:
            assert talk.readline() == "CLOCK\n"
            talk.write("~ 100.0 0\n")
            talk.flush()
            assert talk.readline() == "advance 5.0\n"
            talk.write("= 105.0 1\n")
            talk.flush()

    keeper = Keeper()
    with socket.create_server(("127.0.0.1", 0)) as server:
        gateway = threading.Thread(target=hangs_up_first, daemon=True)
        gateway.start()
        keeper.dial(*server.getsockname(), 100.0)
        keeper.advance(5.0)
        gateway.join(10)
    assert keeper.now() == 105.0
    keeper.close()


def test_a_gateway_that_has_gone_moves_no_time(still: Gateway) -> None:
    app = ibnb.connect(port=still.port, autoReconnect=False)
    still.stop()
    with pytest.raises(ConnectionLostError, match="has gone"):
        app.sleep("1 min")
    assert app.now().timestamp() == LESSON.start


def test_the_last_client_that_there_is_room_for_goes_by_the_gateways_time_too(still: Gateway) -> None:
    """Its question for the clock took the place that it had itself just been given."""
    for clientId in range(1, LESSON.limits.clients):
        ibnb.connect(port=still.port, clientId=clientId)
    last = ibnb.connect(port=still.port, clientId=LESSON.limits.clients)
    assert last.now().timestamp() == LESSON.start
    last.sleep("1 h")
    assert still.now() == LESSON.start + 3600


def test_another_connection_of_the_same_app_goes_by_the_other_ones_time(still: Gateway) -> None:
    app = IBApp()
    app.connect("127.0.0.1", still.port, 1)
    assert app.now().timestamp() == LESSON.start
    app.disconnect()
    with Gateway("day", start="2025-03-03 09:30") as other:
        app.connect("127.0.0.1", other.port, 1)
        assert app.now().isoformat() == "2025-03-03T09:30:00-05:00"
        app.disconnect()


def test_a_gateway_in_another_process() -> None:
    command = [sys.executable, "-m", "ibnb", "gateway", "--scenario", "lesson", "--manual", "--port", "0"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(":")[2])
            app = ibnb.connect(port=port)
            before = app.now()
            app.sleep("1 h")
            assert (app.now() - before).total_seconds() == 3600
            assert app.getCurrentTime().timestamp() == LESSON.start + 3600
            app.disconnect()
        finally:
            process.terminate()


def test_others_ask_in_vain_where_time_runs_by_itself() -> None:
    with Gateway("lesson", manual=False) as gateway, socket.create_connection((gateway.host, gateway.port), 10) as line:
        line.sendall(b"CLOCK\nadvance 60\n")
        with line.makefile("rb") as answer:
            assert answer.read().endswith(b" 1\n")
        assert gateway.now() < LESSON.start + 60


# --- a clock with a pace -------------------------------------------------------------------------------


class Wall:
    def __init__(self) -> None:
        self.time = 50.0

    def __call__(self) -> float:
        return self.time


def test_a_pace_is_that_of_now_and_of_what_is_to_be_done() -> None:
    wall = Wall()
    paced = PacedTime(Changes(), 1000.0, 60.0, 7.0, wall)
    wall.time += 2
    assert (paced.now(), paced.monotonic()) == (1120.0, 127.0)
    alarm = paced.later(3600.0, lambda: None)
    assert isinstance(alarm, threading.Timer)
    assert alarm.interval == 60.0
    alarm.cancel()


@pytest.mark.parametrize(
    ("timeout", "rate", "real"), [(600.0, 60.0, 10.0), (10.0, 60.0, 5.0), (2.0, 60.0, 2.0), (10.0, 0.5, 20.0)]
)
def test_who_waits_for_an_answer_waits_five_real_seconds_at_least(timeout: float, rate: float, real: float) -> None:
    asked: list[float] = []
    paced = PacedTime(Changes(), 1000.0, rate, 0.0, Wall())

    def told_wait(self: RealTime, done: object, seconds: float) -> bool:
        asked.append(seconds)
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RealTime, "wait", told_wait)
        paced.wait(threading.Event(), timeout)
        paced.hold(threading.Event(), timeout)
    assert asked == pytest.approx([real, timeout / rate])


def test_sleep_and_now_go_at_the_gateways_rate() -> None:
    with Gateway("lesson", manual=False, rate=5000.0) as gateway:
        before = gateway.now()
        app = ibnb.connect(port=gateway.port)
        began = app.now().timestamp()
        assert before <= began <= gateway.now()  # behind it by as long as the answer was on its way
        app.sleep("20 min")
        assert began + 1200 <= app.now().timestamp() <= gateway.now()


def test_a_gateway_that_begins_now_has_the_walls_time() -> None:
    with Gateway("live") as gateway:
        assert core(ibnb.connect(port=gateway.port)).clock.is_the_walls
    with Gateway("live", rate=2.0) as gateway:
        assert not core(ibnb.connect(port=gateway.port)).clock.is_the_walls


@pytest.mark.parametrize("version", [157, 176, 200])
def test_the_handshakes_time_is_as_a_tws_says_it(still: Gateway, version: int) -> None:
    """Executions below server version 174 are read in the zone that it names: a fill must be told without a doubt."""
    app = ibnb.connect(port=still.port, serverVersion=version)
    assert app.connTime == "20250611 10:00:00 EDT"
    app.placeOrderNow("AAPL", app.createOrder("BUY", 1), wait="Filled")
    assert app.getExecutions().index[0] == app.now().replace(microsecond=0)
    assert ibnb.connect(serverVersion=version).connTime == "20250611 10:00:00 EDT"
