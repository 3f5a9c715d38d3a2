"""Streams that have fallen silent while their market is open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fake_tws import FakeTWS
from inside import core
from losing import LOST, contract, own_words, stream
from small_app import App, tws_and_app
from virtual import VirtualClock

import ibnb
from ibnb.errors import CallbackWarning
from ibnb.ib import api


@pytest.fixture
def session() -> Iterator[tuple[FakeTWS, App]]:
    tws, made = tws_and_app()
    yield tws, made
    made.disconnect()
    tws.close()


@pytest.fixture
def tws(session: tuple[FakeTWS, App]) -> FakeTWS:
    return session[0]


@pytest.fixture
def app(session: tuple[FakeTWS, App]) -> App:
    return session[1]


def test_what_isnt_a_duration_is_refused_where_it_is_set(app: App, clock: VirtualClock) -> None:
    """The next app.sleep() raised it, or a thread of its own with nobody to hear it, and nothing was watched again."""
    app.staleAfter = "2 min"
    with stream(app) as slot:
        app.reqMktData(slot.key, contract(), "", False, False, [])
        with pytest.raises(ValueError, match="'soon' isn't a duration"):
            app.staleAfter = "soon"
        app.sleep("10 min")
    assert app.staleAfter == "2 min"
    assert "has had no data for 120 s" in " ".join(own_words(app))


def test_a_question_about_hours_that_fails_is_told_and_asked_again(
    app: App, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("an override of the user's")

    app.staleAfter = "2 min"
    with stream(app) as slot:
        app.reqMktData(slot.key, contract(), "", False, False, [])
        with monkeypatch.context() as patch:
            patch.setattr(app, "reqContractDetails", fail)
            app.sleep(121)
        with pytest.warns(CallbackWarning, match="an override of the user's in ibnb, callback staleAfter"):
            app.sleep("2 min")
    assert "has had no data for 180 s" in " ".join(own_words(app))


def know_hours(app: App, hours: str) -> None:
    """The session has asked already when the contract trades."""
    details = api.ContractDetails()
    details.contract, details.liquidHours, details.timeZoneId = contract(), hours, "US/Eastern"
    core(app).definitions.keep(contract(), [details])


@pytest.mark.parametrize(
    ("hours", "warned"), [("20250611:0930-20250611:1600", True), ("20250611:CLOSED", False), ("", True)]
)
def test_a_silent_stream_is_warned_about_once_in_trading_hours(
    app: App, tws: FakeTWS, clock: VirtualClock, hours: str, warned: bool
) -> None:
    know_hours(app, hours)
    app.staleAfter = "2 min"
    with stream(app) as slot:
        app.reqMktData(slot.key, contract(), "", False, False, [])
        slot.hear(core(app).now())
        app.sleep("10 min")
        said = [text for text in own_words(app) if "has had no data for 120 s" in text]
        assert warned is (len(said) == 1)
        slot.hear(core(app).now())
        app.sleep("10 min")
        assert (2 if warned else 0) == len([text for text in own_words(app) if "has had no data" in text])


def test_a_silence_begins_with_the_opening(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    """Bars asked for at 9:20 were warned about at 9:30: nothing trades before the opening."""
    opening = app.now().replace(second=0) + timedelta(minutes=10)
    know_hours(app, f"{opening:%Y%m%d:%H%M}-{opening:%Y%m%d}:2359")
    app.staleAfter = "2 min"
    with stream(app) as slot:
        app.reqMktData(slot.key, contract(), "", False, False, [])
        app.sleep("11 min")
        assert [] == [text for text in own_words(app) if "no data" in text]
        app.sleep("3 min")
    [said] = [text for text in own_words(app) if "no data" in text]
    assert 120 <= int(said.split(" s ")[0].split()[-1]) <= 240


def test_a_stream_that_ticks_isnt_warned_about(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    with stream(app) as slot:
        app.reqMktData(slot.key, contract(), "", False, False, [])
        for _ in range(20):
            app.sleep("1 min")
            slot.hear(core(app).now())
    assert [] == [text for text in own_words(app) if "no data" in text]


def test_the_watch_ends_with_the_streams(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    with stream(app) as slot:
        app.reqMktData(slot.key, contract(), "", False, False, [])
    app.sleep("1 h")
    assert core(app).staleness._alarm is None


def test_a_stream_without_a_contract_has_no_hours_and_isnt_warned_about(
    app: App, tws: FakeTWS, clock: VirtualClock
) -> None:
    app.staleAfter = "2 min"
    with core(app).request("streamPnL", lasting=True, kind="account") as slot:
        app.reqPnL(slot.key, "DU1234567", "")
        app.sleep("10 min")
        app.sleep("10 min")  # which would tell of an exception in the watch
    assert [] == [text for text in own_words(app) if "no data" in text]


def test_a_silence_that_isnt_to_be_watched_is_never_warned_about(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    app.staleAfter = 0
    with stream(app) as slot:
        app.reqMktData(slot.key, contract(), "", False, False, [])
        app.sleep("1 h")
    assert [] == [text for text in own_words(app) if "no data" in text]


def test_a_silence_whose_reason_is_known_isnt_warned_about(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    app.staleAfter = "2 min"
    with stream(app) as slot:
        app.reqMktData(slot.key, contract(), "", False, False, [])
        slot.hear(core(app).now())
        tws.send(4, 2, -1, 1100, LOST)
        core(app).fence.wait()
        app.sleep("10 min")
    assert [] == [text for text in own_words(app) if "no data" in text]


def test_quotes_that_nobody_looks_at_arent_silent() -> None:
    app = ibnb.connect("embedded")
    with app.streamQuotes("AAPL"):
        app.sleep("20 min")
        assert [] == [notice.text for notice in core(app).status.notices if "no data" in notice.text]
    ibnb.reset()


def test_whoever_sleeps_beside_quotes_doesnt_ask_for_the_time_again_and_again() -> None:
    app = ibnb.connect("embedded")
    with app.streamQuotes("AAPL"):
        before = len(app.gateway.journal)
        app.sleep("20 min")
        assert len(app.gateway.journal) - before < 10
    ibnb.reset()


def test_quotes_that_waited_until_somebody_looked_are_dated_by_when_they_were_said() -> None:
    app = ibnb.connect("embedded")
    with app.streamQuotes("AAPL"):
        begun = app.now()
        app.sleep("20 min")
        tape = app.tape
        minutes = (tape["time"][tape["name"] == "tickPrice"] - begun).dt.total_seconds() // 60
    assert set(range(20)) <= set(minutes)
    ibnb.reset()


def test_a_silence_is_looked_for_twice_in_its_time(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    app.staleAfter = "2 min"
    with stream(app) as slot:
        app.reqMktData(slot.key, contract(), "", False, False, [])
        app.sleep(61)
        slot.hear(core(app).now())
        app.sleep("10 min")
    assert "streamQuotes AAPL has had no data for 179 s" in " ".join(own_words(app))
