"""Ticks that nobody looks at are made when somebody does, and are what they would have been (issue 14, Build 3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import ibnb
from ibnb import IBApp
from ibnb.ib.api import MAX_CLIENT_VER


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect("embedded")
    ibnb.reset()


def share(world: Any, symbol: str) -> Any:
    return next(each for each in world.instruments.listings if each.symbol == symbol)


def quotes_made(app: IBApp) -> list[float]:
    """The moments of which the market is asked for a quote from now on."""
    moments: list[float] = []

    def spy(world: Any) -> None:
        quote = world.market.quote

        def noted(instrument: Any, t: float, frozen: bool = False) -> Any:
            moments.append(t)
            return quote(instrument, t, frozen)

        world.market.quote = noted

    app.gateway.inspect(spy)
    return moments


def test_streams_that_nobody_reads_cost_nothing_until_they_are_read(app: IBApp) -> None:
    with app.streamQuotes(["AAPL", "MSFT"]) as stream:
        made = quotes_made(app)
        app.sleep("10 min")
        app.sleep(5)
        assert [] == made
        ticks = stream.waiting()
        assert 2 * 605 == len(made)
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
