"""Whole sessions on the embedded gateway through the accidents of a night: nothing here waits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fake_tws import FakeTWS

import ibnb
from ibnb import IBApp

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app() -> Iterator[IBApp]:
    session = ibnb.connect("embedded")
    yield session
    ibnb.reset()


def asked(app: Any, name: str) -> list[Any]:
    """What the gateway has received, by the class's name."""
    return [entry.message for entry in app.gateway.journal if type(entry.message).__name__ == name]


@pytest.fixture
def three(app: IBApp) -> Iterator[tuple[Any, Any, Any]]:
    """Three streams, of quotes, of growing bars and of single ticks."""
    aapl, nvda = app.createContract("AAPL"), app.createContract("NVDA")
    with ExitStack() as stack:
        quotes = stack.enter_context(app.streamQuotes([aapl, nvda], timeout=3600))
        bars = stack.enter_context(app.streamBars(aapl, app.dataSettings("1 D", "1 min"), timeout=3600))
        ticks = stack.enter_context(app.streamTicks(nvda, "BidAsk", timeout=3600))
        app.sleep("1 min")
        yield quotes, bars, ticks


def take(stream: Any) -> Any:
    stream.waiting()
    return stream.next()


def test_three_streams_go_on_after_the_nightly_restart(app: Any, three: tuple[Any, Any, Any]) -> None:
    lost = app.now()
    app.gateway.faults.nightly_restart(300)
    for stream in three:
        take(stream)
    assert (app.now() - lost).total_seconds() >= 300
    app.sleep("5 min")
    quotes, bars, ticks = three
    assert {"live"} == set(quotes.df["data_type"]) == set(app.streams["state"])
    assert bars.df.index.is_unique
    assert {60.0} == set(bars.df.index.to_series().diff().dropna().dt.total_seconds())
    assert len(ticks.df) > 0
    gaps = app.gaps
    assert ["streamQuotes", "streamQuotes", "streamBars", "streamTicks"] == list(gaps["stream"])
    assert gaps["until"].notna().all()
    assert (gaps["seconds"] >= 300).all()
    assert 0 == len(app.problems)


@pytest.mark.parametrize("data_lost", [True, False])
def test_three_streams_go_on_after_1101_and_1102(app: Any, three: tuple[Any, Any, Any], data_lost: bool) -> None:
    before = len(asked(app, "ReqMktData"))
    app.gateway.faults.link_lost()
    app.sleep("2 min")
    assert {"lost"} == set(app.streams["state"])
    assert {"stale"} == set(three[0].df["data_type"])
    assert app.isConnected()
    app.gateway.faults.link_restored(data_lost)
    for stream in three:
        take(stream)
    assert {"live"} == set(app.streams["state"])
    assert (2 if data_lost else 0) == len(asked(app, "ReqMktData")) - before
    assert (app.gaps["seconds"] >= 120).all()
    assert 1 == len(asked(app, "StartApi"))


def test_a_farm_that_flaps_changes_nothing_here(app: Any, three: tuple[Any, Any, Any]) -> None:
    before = len(asked(app, "ReqMktData"))
    app.gateway.faults.farm("usfarm", False)
    app.sleep(3)
    app.gateway.faults.farm("usfarm", True)
    app.sleep("1 min")
    assert (before, 1, 0) == (len(asked(app, "ReqMktData")), len(asked(app, "StartApi")), len(app.gaps))
    assert {"live"} == set(app.streams["state"])


def test_leaving_a_stream_while_the_connection_is_lost_ends_it_for_good(app: Any) -> None:
    with app.streamQuotes([app.createContract("AAPL")]):
        app.gateway.faults.nightly_restart(60)
    app.sleep("5 min")
    assert app.isConnected()
    assert 1 == len(asked(app, "ReqMktData"))
    assert 0 == len(app.streams)


def test_orders_are_never_sent_again_and_are_known_afterwards(app: Any) -> None:
    aapl = app.createContract("AAPL")
    resting = app.placeOrderNow(aapl, app.createOrder("BUY", 10, "LMT", 100), wait="Submitted")
    near = app.placeOrderNow(aapl, app.createOrder("BUY", 5, "LMT", 193.40), wait="Submitted")
    app.gateway.faults.nightly_restart(600)
    app.sleep("20 min")
    assert (2, 1, 1) == tuple(len(asked(app, name)) for name in ("PlaceOrder", "ReqOpenOrders", "ReqExecutions"))
    status = app.getBlotter()["status"]
    assert ("Submitted", "Filled") == (status[resting], status[near])
    assert near + 1 == app.nextOrderId
    app.cancelOrderById(resting, wait=True)
    assert "Cancelled" == app.getBlotter().loc[resting, "status"]


def test_a_connection_that_says_nothing_any_more_ends_in_a_timeout_then_comes_back(app: Any) -> None:
    app.fenceTimeout = 0.05
    app.gateway.faults.half_open(noticed_after=120)
    with pytest.raises(ibnb.RequestTimeoutError, match="answers nothing at all"):
        app.getContractDetails(app.createContract("AAPL"), timeout=30)
    app.fenceTimeout = 20
    app.sleep("5 min")
    assert 1 == len(app.getContractDetails(app.createContract("AAPL")))


def test_a_drop_costs_a_verb_a_second_and_nothing_else(app: Any) -> None:
    before = app.now()
    app.gateway.faults.drop()
    assert len(app.getPositions()) > 0
    assert 1.0 == (app.now() - before).total_seconds()


def test_the_story_of_a_night_is_the_same_every_time() -> None:
    stories = []
    for _ in range(2):
        app: Any = ibnb.connect("embedded")
        with app.streamQuotes([app.createContract("AAPL")]) as quotes:
            app.gateway.faults.nightly_restart(100)
            app.sleep("5 min")
            stories.append((quotes.df.to_string(), app.gaps.to_string(), app.notices.to_string()))
        ibnb.reset()
    assert stories[0] == stories[1]


# --- other processes

ASK = """
import sys
from ibnb import IBApp
app = IBApp()
app.connect("127.0.0.1", int(sys.argv[1]), 1)
print("ready", flush=True)
"""
INTERRUPTED = (
    ASK
    + """
from tests.inside import core
contract = app.createContract("AAPL")
try:
    app.getContractDetails(contract)
except KeyboardInterrupt:
    print("interrupted", app.isConnected(), len(core(app).pending), flush=True)
print(app.getCurrentTime().timestamp(), flush=True)
"""
)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are a matter of POSIX")
def test_an_interrupt_cancels_the_request_and_keeps_the_session() -> None:
    tws = FakeTWS()
    port = tws.listen()
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(port)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as program:
        assert program.stdout is not None
        assert "ready\n" == program.stdout.readline()
        tws.wait_for(9)
        os.kill(program.pid, signal.SIGINT)
        assert "interrupted True 0\n1749650400.0\n" == program.stdout.read()
    assert 0 == program.returncode
    tws.close()


@pytest.mark.parametrize("how", ["exits", "is killed", "fails"])
@pytest.mark.skipif(sys.platform == "win32", reason="signals are a matter of POSIX")
def test_a_program_that_ends_leaves_no_ghost(how: str) -> None:
    tws = FakeTWS()
    port = tws.listen()
    end = {"exits": "app.autoReconnect = True", "fails": "1 / 0", "is killed": "app.run()"}[how]
    with subprocess.Popen(
        [sys.executable, "-c", ASK + end, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as program:
        assert program.stdout is not None
        assert "ready\n" == program.stdout.readline()
        if how == "is killed":
            os.kill(program.pid, signal.SIGKILL)
        program.communicate(timeout=120)
    # The peer sees the end at once: its thread's recv() returns nothing.
    with tws.got:
        assert tws.got.wait_for(lambda: tws.ended, timeout=60)
    assert 1 == len(tws.wait_for(71))
    tws.close()
