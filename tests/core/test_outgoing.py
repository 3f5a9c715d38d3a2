from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fake_tws import FakeTWS
from inside import core, speak
from virtual import VirtualClock, on_virtual_time

from ibnb import IBApp
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.core.outgoing import ENDING, small_bars
from ibnb.core.pacing import MOST_OPEN
from ibnb.core.session import Session
from ibnb.errors import (
    ConnectionLostError,
    HistoricalDataError,
    PacingError,
    RequestTimeoutError,
)
from ibnb.ib import api

PACING = "Historical Market Data Service error message:Historical data request pacing violation"
NO_DATA = "Historical Market Data Service error message:HMDS query returned no data: X@SMART Trades"


class Ends(Listener):
    @on("historicalDataEnd")
    def got_end(self, reqId: int, start: str, end: str) -> None:
        self._pending.finish(reqId)


class Bars(Session, listener=Ends):
    """A session that asks for bars and only wants to know that they have come."""

    def ask(self, reqId: int, size: str = "5 secs", show: str = "TRADES", symbol: str = "AAPL", end: str = "") -> None:
        contract = api.Contract()
        contract.symbol, contract.secType, contract.exchange, contract.currency = symbol, "STK", "SMART", "USD"
        self.reqHistoricalData(reqId, contract, end, "1 D", size, show, 1, 1, False, [])

    def getBars(self, timeout: float | None = None, **what: Any) -> None:
        with core(self).request("getBars", cancel=self.cancelHistoricalData, timeout=timeout, kind="history") as slot:
            self.ask(slot.key, **what)
            slot.wait()


def answer(fields: list[str]) -> list[tuple[Any, ...]]:
    return [(17, fields[1], "20250610 10:00:00", "20250611 10:00:00", 0)]


class _Going:
    """A connection that goes in the moment in which something is sent."""

    def sendMsg(self, message: bytes) -> int:
        raise ConnectionLostError("the connection broke while sending")

    def isConnected(self) -> bool:
        return True

    def in_reader(self) -> bool:
        return False


@pytest.mark.parametrize("name", ENDING)
def test_what_is_ended_while_the_connection_goes_has_ended(name: str) -> None:
    app = Session()
    speak(app, min(176, api.MAX_CLIENT_VER))
    core(app).lifecycle.connection = _Going()  # type: ignore[assignment]
    app.setConnState(api.EClient.CONNECTED)
    method = getattr(app, name)
    wanted = list(inspect.signature(method).parameters)
    method(*[{"isSmartDepth": True}.get(each, 7) for each in wanted])
    assert "cancelOrder" not in ENDING


def test_a_request_that_the_connection_takes_with_it_is_lost_on_any_ibapi() -> None:
    # Some releases report what sending raises as an error of their own, others pass it on.
    app = IBApp()
    speak(app, min(176, api.MAX_CLIENT_VER))
    core(app).lifecycle.connection = _Going()  # type: ignore[assignment]
    app.setConnState(api.EClient.CONNECTED)
    for ask in (app.getCurrentTime, app.getPositions, lambda: app.getContractDetails(app.createContract("AAPL"))):
        with pytest.raises(ConnectionLostError, match="the connection broke while sending"):
            ask()
    assert 0 == len(core(app).pending)


@pytest.fixture
def tws() -> Iterator[FakeTWS]:
    made = FakeTWS(answers={20: answer})
    yield made
    made.close()


@pytest.fixture
def app(tws: FakeTWS) -> Iterator[Bars]:
    made = Bars()
    tws.pair(made)
    yield made
    made.disconnect()


@pytest.fixture
def clock(app: Bars) -> VirtualClock:
    return on_virtual_time(app)


def own_words(app: Session) -> list[str]:
    return [notice.text for notice in core(app).status.notices if notice.code == 0]


# --- messages


def test_messages_leave_at_the_pace_of_the_session(app: Bars, clock: VirtualClock) -> None:
    for _ in range(50):
        app.reqCurrentTime()
    assert 1.0 == pytest.approx(clock.passed, abs=0.001)


def test_cancels_count_too(app: Bars, clock: VirtualClock) -> None:
    for number in range(10):
        app.cancelHistoricalData(number)
    assert 5 / 45 == pytest.approx(clock.passed, abs=0.001)


def test_nothing_waits_while_the_bucket_isnt_empty(app: Bars, clock: VirtualClock) -> None:
    for _ in range(5):
        app.reqCurrentTime()
    assert 0 == clock.passed


def test_switched_off_nothing_waits(app: Bars, clock: VirtualClock) -> None:
    app.pacing.on = False
    for _ in range(100):
        app.reqCurrentTime()
        app.ask(1)
    assert 0 == clock.passed


def test_fences_arent_counted(app: Bars, clock: VirtualClock) -> None:
    for _ in range(100):
        core(app).fence.wait()
    assert 0 == clock.passed


def test_the_reader_thread_never_waits(tws: FakeTWS) -> None:
    class Mine(Bars):
        waited = False

        def currentTime(self, time: int) -> None:
            for number in range(20):
                self.cancelHistoricalData(number)
            self.waited = bool(self._pacing.waiting)

    app = Mine()
    tws.pair(app)
    clock = on_virtual_time(app)
    app.reqCurrentTime()
    core(app).fence.wait()
    assert (False, 0.0) == (app.waited, clock.passed)
    app.reqCurrentTime()  # pays for it
    assert clock.passed > 0.3
    app.disconnect()


# --- small bars


def test_small_bars_wait_their_turn_and_say_so(app: Bars, clock: VirtualClock) -> None:
    app.getBars()
    app.getBars()
    assert 15.25 == clock.passed
    assert ["waiting 15.2 s for its turn: identical requests for small bars need 15 s between them"] == own_words(app)


def test_bars_of_a_minute_dont_wait(app: Bars, clock: VirtualClock) -> None:
    for _ in range(4):
        app.getBars(size="1 min")
    assert 0 == clock.passed


def test_the_waiting_isnt_part_of_the_timeout_but_in_its_text(app: Bars, tws: FakeTWS, clock: VirtualClock) -> None:
    app.getBars(timeout=5)
    app.getBars(timeout=5)
    tws.answers[20] = lambda fields: []
    with pytest.raises(RequestTimeoutError, match=r"within 5 s after 15.2 s of waiting for its turn \(identical"):
        app.getBars(timeout=5)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("reqHistoricalData", {"barSizeSetting": "30 secs", "whatToShow": "TRADES"}, 1),
        ("reqHistoricalData", {"barSizeSetting": "30 secs", "whatToShow": "BID_ASK"}, 2),
        ("reqHistoricalData", {"barSizeSetting": "1 min", "whatToShow": "TRADES"}, None),
        ("reqHistoricalData", {"barSizeSetting": "wrong", "whatToShow": "TRADES"}, None),
        ("reqRealTimeBars", {"whatToShow": "TRADES"}, 1),
        ("reqHeadTimeStamp", {"whatToShow": "TRADES"}, 1),
        ("reqHistoricalTicks", {"whatToShow": "TRADES"}, None),
    ],
)
def test_what_counts_as_small(name: str, given: dict[str, Any], expected: int | None) -> None:
    ask = small_bars(name, {"reqId": 1, "contract": api.Contract(), **given})
    assert expected == (ask.weight if ask is not None else None)


def test_an_interrupt_while_waiting_gives_the_turn_back(
    app: Bars, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.getBars()

    def interrupt(done: object, timeout: float) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(core(app).clock, "hold", interrupt)
        with pytest.raises(KeyboardInterrupt):
            app.getBars()
    assert (0, 0) == (app.pacing.open_count(), app.pacing.waiting)
    app.getBars()
    assert 15.25 == clock.passed


def test_the_end_of_the_connection_ends_the_waiting(app: Bars, tws: FakeTWS, monkeypatch: pytest.MonkeyPatch) -> None:
    """In real time, which stands still only because nobody waits to the end of it."""
    app.getBars()
    hold = core(app).outgoing._hold

    def dropped(seconds: float, why: str) -> None:
        tws.drop()
        hold(seconds, why)

    monkeypatch.setattr(core(app).outgoing, "_hold", dropped)
    with pytest.raises(ConnectionLostError):
        app.getBars()


# --- fifty open


def test_never_more_than_fifty_are_open(app: Bars, tws: FakeTWS) -> None:
    tws.answers[20] = lambda fields: []
    app.pacing.rate = 1e6
    for number in range(1, MOST_OPEN + 1):
        app.ask(number, size="1 hour")
    went = threading.Event()

    def one_more() -> None:
        app.ask(99, size="1 hour")
        went.set()

    thread = threading.Thread(target=one_more)
    thread.start()
    core(app).clock.wait(lambda: app.pacing.waiting == 1, 10)
    core(app).fence.wait()
    assert (MOST_OPEN, False) == (len(tws.wait_for(20, MOST_OPEN)), went.is_set())
    tws.send(17, 7, "20250610 10:00:00", "20250611 10:00:00", 0)
    thread.join(60)
    assert went.is_set()
    assert "waiting for one of the 50 open historical requests to end" in own_words(app)
    for number in range(1, 100):
        app.cancelHistoricalData(number)
    assert 0 == app.pacing.open_count()


# --- 162


def violations(count: int) -> Any:
    left = iter(range(count))

    def refuse(fields: list[str]) -> list[tuple[Any, ...]]:
        return [(4, 2, fields[1], 162, PACING)] if next(left, None) is not None else answer(fields)

    return refuse


def test_a_pacing_violation_is_asked_again_when_the_rule_allows_it(
    app: Bars, tws: FakeTWS, clock: VirtualClock
) -> None:
    tws.answers[20] = violations(2)
    app.getBars(size="1 hour")
    asked = tws.wait_for(20, 3)
    assert (3, 1) == (len(asked), len({tuple(fields) for fields in asked}))
    assert 15.25 + 60 == clock.passed
    assert 0 == app.pacing.open_count()


def test_it_is_given_up_in_the_end(app: Bars, tws: FakeTWS, clock: VirtualClock) -> None:
    tws.answers[20] = violations(9)
    with pytest.raises(PacingError, match="pacing violation"):
        app.getBars(size="1 hour")
    assert 4 == len(tws.wait_for(20, 4))


def test_other_kinds_of_162_arent_repeated(app: Bars, tws: FakeTWS, clock: VirtualClock) -> None:
    tws.answers[20] = lambda fields: [(4, 2, fields[1], 162, NO_DATA)]
    with pytest.raises(HistoricalDataError, match="no data"):
        app.getBars()
    assert (1, 0.0) == (len(tws.wait_for(20)), clock.passed)


def test_with_pacing_off_a_violation_is_yours(app: Bars, tws: FakeTWS, clock: VirtualClock) -> None:
    app.pacing.on = False
    tws.answers[20] = violations(1)
    with pytest.raises(PacingError):
        app.getBars()
    assert 0 == clock.passed


# --- ibapi's methods stay what they are


def test_wrong_arguments_are_ibapis_type_error(app: Bars) -> None:
    with pytest.raises(TypeError, match="missing"):
        app.reqPnL(1)
    with pytest.raises(TypeError):
        app.reqPositions(1)


def test_keywords_work_as_before(app: Bars, tws: FakeTWS) -> None:
    app.reqPnL(account="DU1", modelCode="", reqId=5)
    assert "5" in tws.wait_for(92)[0]
    assert [5] == [each.key for each in core(app).subscriptions.all()]
    app.cancelPnL(reqId=5)
    assert [] == core(app).subscriptions.all()
