from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scripted import ScriptedTWS

from ibnb import DepthLadder, IBApp, MarketDataError

ASK, BID = 0, 1


def test_the_ladder_has_asks_above_and_bids_below(tws: ScriptedTWS) -> None:
    tws.on(
        "reqMktDepth",
        ("updateMktDepth", "$id", 0, 0, ASK, 10.02, 300),
        ("updateMktDepth", "$id", 1, 0, ASK, 10.05, 100),
        ("updateMktDepth", "$id", 0, 0, BID, 10.01, 200),
        ("updateMktDepth", "$id", 1, 0, BID, 10.0, 600),
    )
    ladder = DepthLadder(tws.app, "AAPL")
    assert ladder.text.splitlines() == [
        "Book of AAPL",
        "Bid size Price Ask size Where",
        "10.05 100",
        "10.02 300",
        "spread 0.01",
        "200 10.01",
        "600 10.00",
    ]
    # The largest size fills its cell, the others their share of it.
    assert "rgba(0,114,178,.35) 100%" in ladder.still
    assert "rgba(213,94,0,.35) 50%" in ladder.still


def test_rows_of_one_price_are_one_step(tws: ScriptedTWS) -> None:
    tws.on(
        "reqMktDepth",
        ("updateMktDepthL2", "$id", 0, "NYSE", 0, BID, 10.0, 200, True),
        ("updateMktDepthL2", "$id", 1, "ARCA", 0, BID, 10.0, 300, True),
    )
    assert DepthLadder(tws.app, "AAPL").text.splitlines()[-1] == "500 10.00 NYSE, ARCA"


def test_it_changes_by_itself(app: IBApp, until: Callable[[Any, Callable[[str], bool]], None]) -> None:
    ladder = DepthLadder(app, "AAPL")
    before = ladder.text
    app.sleep(30)
    until(ladder, lambda text: text != before)


def test_what_tws_refuses_is_raised(tws: ScriptedTWS) -> None:
    tws.refuse("reqMktDepth", 354, "Requested market data is not subscribed.")
    with pytest.raises(MarketDataError):
        DepthLadder(tws.app, "AAPL")


def test_stopping_ends_the_subscription(app: IBApp) -> None:
    ladder = DepthLadder(app, "AAPL")
    ladder.stop()
    assert len(app.streams) == 0


def test_without_a_connection_it_says_that_it_is_old(app: IBApp) -> None:
    ladder = DepthLadder(app, "AAPL")
    app.disconnect()
    ladder.refresh()
    assert "not connected" in ladder.text
    assert repr(ladder) == "DepthLadder(AAPL)"
