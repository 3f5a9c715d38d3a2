"""Ticks that nobody looks at are made when somebody does, and are what they would have been (issue 14, Build 3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from inside import core

import ibnb
from ibnb import IBApp
from ibnb.gateway import messages as m
from ibnb.gateway.codec import codec_for
from ibnb.gateway.codec.wire import frame
from ibnb.gateway.pipe import Pipe
from ibnb.gateway.scenario import LESSON, Halt, new_york
from ibnb.gateway.session import Session
from ibnb.gateway.zones import LOGIN_ZONE
from ibnb.ib.api import MAX_CLIENT_VER

from .talking import engine_of


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect("embedded")
    ibnb.reset()


def share(world: Any, symbol: str) -> Any:
    return next(each for each in world.instruments.listings if each.symbol == symbol)


def quotes_made(app: IBApp) -> list[float]:
    """The moments, or the minutes, of which the market is asked for quotes from now on."""
    moments: list[float] = []

    def noted(ask: Any) -> Any:
        return lambda instrument, t, *rest: (moments.append(t), ask(instrument, t, *rest))[1]

    def spy(world: Any) -> None:
        world.market.quote, world.market.minute = map(noted, (world.market.quote, world.market.minute))

    app.gateway.inspect(spy)
    return moments


def test_streams_that_nobody_reads_cost_nothing_until_they_are_read(app: IBApp) -> None:
    with app.streamQuotes(["AAPL", "MSFT"]) as stream:
        made = quotes_made(app)
        first = app.now().timestamp() + 1
        app.sleep("10 min")
        app.sleep(5)
        assert [] == made
        ticks = stream.waiting()
        minutes = range(int(first // 60 * 60), int(app.now().timestamp()) + 1, 60)
        assert sorted([*minutes, *minutes]) == sorted(made)
        assert len({tick.moment for tick in ticks}) > 500
    assert app.notices.query("code == 0 and severity == 'warning'").empty


@pytest.mark.parametrize("version", [200, 226])
def test_who_reads_late_reads_what_he_would_have_read_at_once(version: int) -> None:
    """Each tick at its own time, and all else in its place among them."""
    found = []
    for step in (1, 60):
        app = ibnb.connect("embedded", serverVersion=min(version, MAX_CLIENT_VER))
        with app.streamQuotes(["AAPL", "SPY"]) as stream:
            ticks = stream.waiting()
            for _ in range(0, 120, step):
                app.sleep(step)
                ticks += stream.waiting() if step == 1 else []
            app.gateway.faults.farm("usfarm", ok=False)
            app.sleep(10)
            app.gateway.faults.farm("usfarm", ok=True)
            app.sleep(60)
            ticks += stream.waiting()
        told = [(tick.moment, tick.symbol, tick.field, tick.value) for tick in ticks]
        found.append((told, app.tape.drop(columns="thread"), stream.df))
        ibnb.reset()
    (at_once, tape, frame), (late, other_tape, other_frame) = found
    assert len(at_once) > 500
    assert at_once == late
    pd.testing.assert_frame_equal(tape, other_tape)
    pd.testing.assert_frame_equal(frame, other_frame)


def bars_made(app: IBApp) -> list[int]:
    """Of how many moments the market makes growing bars together, each time from now on."""
    made: list[int] = []

    def spy(world: Any) -> None:
        growing = world.market.growing

        def noted(*asked: Any) -> Any:
            bars, many = growing(*asked)
            made.append(len(many))
            return bars, many

        world.market.growing = noted

    app.gateway.inspect(spy)
    return made


def test_bars_that_nobody_reads_cost_nothing_until_they_are_read(app: IBApp) -> None:
    settings = app.dataSettings("1 D", "1 min")
    with app.streamBars("AAPL", settings) as growing, app.streamRealTimeBars("MSFT") as finished:
        made = bars_made(app)
        app.sleep("1 h")
        app.sleep(7.3)  # ends between two beats
        assert [] == made
        assert len(growing.df) > 60
        assert len(finished.df) == 721
        assert sum(made) == 2 * 721
        assert len(made) < 2 * 721 / 50, "bars of many moments are made together"
        assert len(growing.waiting()) == 721
    assert app.notices.query("code == 0 and severity == 'warning'").empty


@pytest.mark.parametrize("version", [200, 226])
def test_who_reads_bars_late_reads_what_he_would_have_read_at_once(version: int) -> None:
    """Over a break of the farm and a market's close, when some bars come at once."""
    found = []
    for step in (5, 300):
        app = ibnb.connect("embedded", serverVersion=min(version, MAX_CLIENT_VER), start="2025-06-10 15:50")
        with ExitStack() as stack:
            streams: list[Any] = [
                stack.enter_context(app.streamBars("AAPL", app.dataSettings("1 D", "1 min"))),
                stack.enter_context(
                    app.streamBars("SPY", app.dataSettings("1 D", "5 mins", whatToShow="ASK", useRTH=0))
                ),
                stack.enter_context(app.streamRealTimeBars("AAPL")),
                stack.enter_context(app.streamQuotes("AAPL")),
            ]
            for _ in range(0, 300, step):
                app.sleep(step)
                for stream in streams if step == 5 else ():
                    assert stream.df is not None
            app.gateway.faults.farm("ushmds", ok=False)
            app.sleep(60)
            app.gateway.faults.farm("ushmds", ok=True)
            app.sleep(600)
            told = [str(stream.waiting()) for stream in streams]  # a NaN isn't itself
        found.append((told, app.tape.drop(columns="thread"), [stream.df for stream in streams]))
        ibnb.reset()
    (at_once, tape, frames), (late, other_tape, other_frames) = found
    assert min(map(len, at_once)) > 1000
    assert at_once == late
    pd.testing.assert_frame_equal(tape, other_tape)
    for at_once_frame, late_frame in zip(frames, other_frames, strict=True):
        pd.testing.assert_frame_equal(at_once_frame, late_frame)


def test_after_the_block_bars_show_how_they_stood_at_its_end(app: IBApp) -> None:
    with app.streamRealTimeBars("AAPL") as bars:
        app.sleep(60)
    assert len(bars.df) == 12


@pytest.mark.parametrize("verb", ["streamQuotes", "streamRealTimeBars"])
def test_a_stream_that_has_fallen_silent_is_told_of_although_its_last_news_wait(app: IBApp, verb: str) -> None:
    app.staleAfter = 60
    with getattr(app, verb)("AAPL"):
        app.sleep(20)
        app.gateway.faults.stop_streams()
        app.sleep(300)
    silent = app.notices[app.notices["text"].str.contains("has had no data")]
    assert len(silent) == 1
    assert silent["text"].str.startswith(f"{verb} AAPL").all()


GAP = pd.DatetimeIndex(["2025-06-11 09:30", "2025-06-11 09:31", "2025-06-11 14:59"])
OWN = {
    "STK": ("streamRealTimeBars", {"open": 10.0, "high": 10.1, "low": 9.9, "close": 10.0, "volume": 500}, {}),
    "IND": ("streamQuotes", {"price": 10.0, "size": 100}, {"exchange": "CBOE"}),
}


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("secType", OWN)
def test_a_stream_of_own_data_that_falls_silent_in_a_gap_is_told_of(secType: str, at_once: bool) -> None:
    """It seemed to have news at every beat, which nobody had looked at yet: the silence was never told."""
    verb, row, where = OWN[secType]
    own = pd.DataFrame({"time": GAP, "secType": secType} | row)
    app = ibnb.connect("embedded", start="2025-06-11 09:31", data={"MINE": own})
    app.staleAfter = 60
    if at_once:
        app.tickSnapshotEnd = lambda *args: None  # an override: nothing waits
    with getattr(app, verb)(app.createContract("MINE", secType, currency="USD", **where)):
        app.sleep(480)
    assert app.notices["text"].str.contains(f"{verb} MINE has had no data").sum() == 1
    ibnb.reset()


def test_a_connection_that_has_fallen_silent_is_asked_although_something_waits(app: IBApp) -> None:
    """Else nobody would notice while time passes."""
    pipe = core(app).lifecycle.connection
    with app.streamRealTimeBars("AAPL"):
        app.sleep(60)
        assert pipe.waits
        app.gateway.faults.half_open()
        assert not pipe.waits


def test_what_a_quote_says_is_of_its_own_moment_whatever_came_after(app: IBApp) -> None:
    with app.streamQuotes("AAPL") as stream:
        app.sleep(60)
        app.gateway.faults.fractional_sizes(0.5)
        whole = [tick for tick in stream.waiting() if tick.field == "bidSize"]
        app.sleep(60)
        assert whole
        assert all(tick.value % 1 == 0 for tick in whole)
        fractions = [tick.value % 1 for tick in stream.waiting() if tick.field == "bidSize"]
        assert any(fractions) == (app.serverVersion() >= 163)  # below, sizes are whole


def test_an_override_hears_what_comes_after_it_was_made(app: IBApp) -> None:
    with app.streamQuotes("AAPL"):
        app.sleep(60)
        heard: list[float] = []
        app.tickPrice = lambda *args: heard.append(app.now().timestamp())
        before = app.now().timestamp()
        app.sleep(10)
        assert heard
        assert min(heard) > before


def test_after_the_block_a_stream_shows_how_it_stood_at_its_end(app: IBApp) -> None:
    with app.streamQuotes("AAPL") as stream:
        app.sleep(60)
    price = app.gateway.inspect(lambda world: world.market.quote(share(world, "AAPL"), world.clock.now()))
    assert (price.bid, price.ask) == tuple(stream.df.loc["AAPL", ["bid", "ask"]])


HALTED = replace(LESSON, halts=(Halt("MSFT", new_york(9, 33), 180),))
STREAMED = [
    m.Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD"),
    m.Contract(symbol="MSFT", secType="STK", exchange="SMART", currency="USD"),
    m.Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD"),
    m.Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"),
    m.Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"),
    m.Contract(symbol="ES", secType="FUT", exchange="CME", currency="USD", lastTradeDateOrContractMonth="202506"),
]
GROWING: list[dict[str, Any]] = [
    {"barSizeSetting": "1 min", "keepUpToDate": True, "formatDate": 2},
    {"barSizeSetting": "5 mins", "keepUpToDate": True, "useRTH": False},
    {"barSizeSetting": "30 secs", "keepUpToDate": True, "useRTH": False},
]


def said(version: int, start: float, late: bool) -> bytes:
    """What streams say in twelve minutes, with a farm down for a while, fractional sizes for another and a stream that
    comes when the others have long been there."""
    engine = engine_of(replace(HALTED, start=start))
    clock, heard = engine.world.clock, []
    pipe = Pipe(engine, lambda do: do(), lambda: None)
    session = pipe.session if late else Session(engine)
    codec = codec_for(version, LOGIN_ZONE)

    def ask(*requests: object) -> None:
        session.receive(b"".join(frame(codec.encode_request(each)) for each in requests))

    def wait(seconds: float) -> None:
        for _ in range(int(seconds)):
            engine.run_until(clock.now() + 1)
            if late:
                pipe.flush()
            else:
                heard.extend(session.outgoing())

    session.receive(b"API\0" + frame(f"v100..{version}".encode()))
    ask(m.StartApi(clientId=1))
    ask(*(m.ReqMktData(reqId=7 + id, contract=each) for id, each in enumerate(STREAMED)))
    for id, each in enumerate(STREAMED):
        bars = {"contract": each, "whatToShow": "TRADES" if each.secType in ("STK", "IND") else "MIDPOINT"}
        asked = m.ReqHistoricalData(reqId=20 + id, durationStr="600 S", **bars, **GROWING[id % 3])
        ask(asked, m.ReqRealTimeBars(reqId=40 + id, useRTH=False, **bars))
    wait(150)
    engine.faults.farm("usfarm", ok=False)
    wait(20)
    engine.faults.farm("usfarm", ok=True)
    engine.faults.farm("ushmds", ok=False)
    wait(45)
    engine.faults.farm("ushmds", ok=True)
    engine.faults.fractional_sizes(0.5)
    wait(10)
    engine.faults.fractional_sizes(0)
    wait(200)
    ask(m.ReqMktData(reqId=900, contract=STREAMED[0]), m.ReqMarketDataType(marketDataType=3))
    ask(m.ReqMktData(reqId=123456, contract=STREAMED[1]), m.CancelMktData(reqId=8))
    ask(m.CancelHistoricalData(reqId=20), m.CancelRealTimeBars(reqId=40))
    wait(295)
    while late:
        try:
            heard.append(pipe.recv(4096))
        except TimeoutError:
            break
    return b"".join(map(bytes, heard))


@pytest.mark.parametrize(
    ("version", "clock"),
    [(176, (3, 57)), (226, (9, 25)), (157, (9, 25)), (203, (15, 53)), (226, (16, 54)), (200, (19, 53))],
)
def test_what_is_said_late_is_the_same_to_the_byte(version: int, clock: tuple[int, int]) -> None:
    """Minutes that are found at once, seconds that are found one by one, and what lies between them: before, in and
    after liquid hours, over a session's ends, through a halt."""
    start = new_york(*clock)
    at_once = said(version, start, late=False)
    assert len(at_once) > 50_000
    assert at_once == said(version, start, late=True)
