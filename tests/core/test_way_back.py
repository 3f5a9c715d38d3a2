"""The way back in detail: what mutants of reconnect.py and lifecycle.py survived."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import gates
import pytest
from fake_tws import FakeTWS
from inside import core
from losing import DATA_KEPT, DATA_LOST, LOST, contract, lose, own_words, stream, subscribe
from small_app import App
from virtual import VirtualClock

import ibnb
from ibnb.core.gate import OrderLimits
from ibnb.errors import ConnectionLostError, IBError, NotConnectedError, SafetyError
from ibnb.ib import api


def nobody_listens(done_first: Callable[[], object]) -> Callable[..., Any]:
    """What takes the place of Lifecycle.reach."""

    def fail(*_: Any) -> Any:
        done_first()
        raise NotConnectedError("nothing listens")

    return fail


def telling(event: threading.Event, ask: Callable[..., bool]) -> Callable[..., bool]:
    """`ask`, which sets `event` first: whoever asks is there."""

    def asked(*given: Any) -> bool:
        event.set()
        return ask(*given)

    return asked


def test_disconnect_during_an_attempt_ends_the_session_that_the_attempt_brings(
    app: App, tws: FakeTWS, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(tws, app)
    reach = core(app).lifecycle.reach

    def leave_meanwhile(*place: Any) -> Any:
        app.disconnect()
        return reach(*place)

    monkeypatch.setattr(core(app).lifecycle, "reach", leave_meanwhile)
    app.sleep("1 min")
    assert not app.isConnected()
    assert core(app).lifecycle.over.is_set()
    with pytest.raises(NotConnectedError, match="disconnect"):
        app.getHead()


def test_a_verb_doesnt_begin_a_second_attempt_beside_the_one_under_way(
    app: App, tws: FakeTWS, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(tws, app)
    reach, asked = core(app).lifecycle.reach, []

    def ask_meanwhile(*place: Any) -> Any:
        asked.append(core(app).reconnect.come_back_now(0.0))
        return reach(*place)

    monkeypatch.setattr(core(app).lifecycle, "reach", ask_meanwhile)
    assert "20000103-14:30:00" == app.getHead()
    assert [False] == asked
    assert "connected again after 1 s, at try 1" in own_words(app)


def test_a_stranger_is_told_among_the_notices(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    lose(tws, app)
    tws.answers[71] = lambda fields: [("15", "1", "U1234567"), ("9", "1", "1")]
    app.sleep("1 min")
    assert any("another account is logged in at TWS now" in text for text in own_words(app))


def test_what_fails_on_the_way_back_is_told_and_the_streams_come_back(
    app: App, tws: FakeTWS, clock: VirtualClock
) -> None:
    def refuse() -> None:
        raise IBError("the orders can't be had")

    core(app).reconnect.actions += [refuse, lambda: 1 / 0]
    subscribe(app, 5)
    lose(tws, app)
    app.getHead()
    assert "after the reconnection: the orders can't be had" in own_words(app)
    assert ["reconnect"] == [each.callback for each in core(app).status.problems]
    assert 2 == len(tws.wait_for(1, 2))


def test_a_stream_that_cant_be_asked_for_again_is_told_and_the_next_one_is(
    app: App, tws: FakeTWS, clock: VirtualClock
) -> None:
    def refuse() -> None:
        raise IBError("no more lines")

    with stream(app) as slot:
        slot.on_replay = refuse
        app.reqMktData(slot.key, contract(), "", False, False, [])
        subscribe(app, 999)
        lose(tws, app)
        app.getHead()
        assert "streamQuotes AAPL couldn't be asked for again: no more lines" in own_words(app)
        assert "999" == tws.wait_for(1, 3)[2][2]
        slot.on_replay = lambda: 1 / 0
        lose(tws, app)
        app.getHead()
        assert ["reqMktData"] == [each.callback for each in core(app).status.problems]


def test_one_stream_is_enough_to_see_to_while_time_passes(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    assert not core(app).reconnect.is_watchful()
    subscribe(app)
    assert core(app).reconnect.is_watchful()
    app.cancelMktData(5)
    lose(tws, app)
    assert core(app).reconnect.is_watchful()


def test_streams_are_asked_for_again_in_the_moment_of_1101(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    subscribe(app)
    tws.send(4, 2, -1, 1101, DATA_LOST)
    core(app).fence.wait()
    app.sleep(0.5)
    assert 2 == len(tws.wait_for(1, 2))


def test_a_new_session_begins_without_an_end(tws: FakeTWS) -> None:
    app = App()
    assert (core(app).lifecycle.ended.is_set(), core(app).lifecycle.over.is_set()) == (True, True)
    app.run()  # returns: there is no connection
    app.connect("127.0.0.1", tws.listen(), 1)
    assert (core(app).lifecycle.ended.is_set(), core(app).lifecycle.over.is_set()) == (False, False)
    app.disconnect()
    assert api.EClient.DISCONNECTED == app.connState


def test_a_verb_doesnt_wait_for_the_next_try_but_makes_one(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    lose(tws, app)
    assert core(app).reconnect.come_back_now(0.0)
    assert (0.0, "open") == (clock.passed, core(app).status.socket)


def test_a_new_session_has_asked_for_nothing(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    subscribe(app)
    app.disconnect()
    app.connect("127.0.0.1", tws.listen(), 1)
    assert 0 == len(app.streams)


def test_a_stream_that_tws_ended_is_asked_for_after_five_seconds_and_lives(
    app: App, tws: FakeTWS, clock: VirtualClock
) -> None:
    subscribe(app)
    tws.send(4, 2, 5, 10182, "Failed to request live updates (disconnected).")
    core(app).fence.wait()
    assert ["lost"] == list(app.streams["state"])
    app.sleep(4.5)
    core(app).fence.wait()
    assert 1 == len(tws.wait_for(1))
    app.sleep(1)
    core(app).fence.wait()
    assert 2 == len(tws.wait_for(1, 2))
    assert ["10182: Failed to request live updates (disconnected)."] == list(app.gaps["reason"])
    tws.send(4, 2, -1, 1100, LOST)
    tws.send(4, 2, -1, 1102, DATA_KEPT)
    core(app).fence.wait()
    app.sleep(60)
    core(app).fence.wait()
    assert 2 == len(tws.wait_for(1, 2))


def test_whoever_still_waits_is_told_when_the_way_back_is_given_up(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    with stream(app) as slot:
        lose(tws, app)
        app.disconnect()
        with pytest.raises(ConnectionLostError, match="disconnect"):
            slot.wait()


def test_a_try_by_hand_takes_the_place_of_the_one_that_was_arranged(
    app: App, tws: FakeTWS, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []
    fail = nobody_listens(lambda: tried.append(clock.passed))
    with monkeypatch.context() as down:
        down.setattr(core(app).lifecycle, "reach", fail)
        lose(tws, app)
        app.sleep(9.5)
    assert [1, 3, 7] == tried  # the next one would be at 15
    assert core(app).reconnect.come_back_now(0.0)
    monkeypatch.setattr(core(app).lifecycle, "reach", fail)
    lose(tws, app)
    app.sleep(8)
    assert [10.5, 12.5, 16.5] == tried[3:]


def test_before_the_first_try_it_is_said_when_that_comes(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    lose(tws, app)
    assert "trying to have it back (0 tries), again in 1 s" in repr(app)


def test_streams_stop_with_a_link_that_tws_itself_has_back(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    subscribe(app)
    text = "Connectivity between Trader Workstation and server is broken. It will be restored automatically."
    tws.send(4, 2, -1, 2110, text)
    core(app).fence.wait()
    assert ["lost"] == list(app.streams["state"])


@pytest.mark.parametrize("found", [True, False])
def test_whoever_waits_for_another_s_attempt_is_told_how_it_ended(
    app: App, tws: FakeTWS, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, found: bool
) -> None:
    reconnect, reach, changes = core(app).reconnect, core(app).lifecycle.reach, core(app).changes
    begun, waited_for = threading.Event(), threading.Event()

    def reach_late(*place: Any) -> Any:
        begun.set()
        assert waited_for.wait(60)
        if not found:
            raise NotConnectedError("nothing listens")
        return reach(*place)

    lose(tws, app)
    monkeypatch.setattr(core(app).lifecycle, "reach", reach_late)
    attempt = threading.Thread(target=reconnect.come_back_now, args=(0.0,))
    attempt.start()
    assert begun.wait(60)
    monkeypatch.setattr(changes, "wait", telling(waited_for, changes.wait))
    assert found is reconnect.come_back_now(1000.0)
    attempt.join(60)
    assert [] == list(core(app).status.problems)


def test_whoever_waits_for_the_way_back_is_woken_when_it_is_found(
    app: App, tws: FakeTWS, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibnb.core.clock.SLICE", 1000.0)  # nobody looks up by himself
    reconnect, reach, waited_for = core(app).reconnect, core(app).lifecycle.reach, threading.Event()
    reconnect.backoff.first = 0.0

    def reach_late(*place: Any) -> Any:
        assert waited_for.wait(60)
        return reach(*place)

    def begin_quietly(connection: Any) -> None:
        begin(connection)
        core(app).fence.wait()  # nothing that TWS has said wakes anybody after this

    begin = core(app).lifecycle.begin
    monkeypatch.setattr(core(app).lifecycle, "begin", begin_quietly)
    monkeypatch.setattr(core(app).lifecycle, "reach", reach_late)
    monkeypatch.setattr(reconnect, "usable", telling(waited_for, reconnect.usable))
    lose(tws, app)
    answered = threading.Thread(target=app.getHead, args=(500.0,))
    answered.start()
    answered.join(60)
    assert not answered.is_alive()


def test_whoever_waits_for_the_way_back_is_woken_when_it_is_given_up(
    app: App, tws: FakeTWS, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibnb.core.clock.SLICE", 1000.0)
    reconnect, waiting, said = core(app).reconnect, threading.Event(), []
    reconnect.backoff.first = reconnect.backoff.most = 2000.0

    def ask() -> None:
        try:
            app.getHead(500.0)
        except NotConnectedError as error:
            said.append(str(error).partition(";")[0])

    monkeypatch.setattr(reconnect, "usable", telling(waiting, reconnect.usable))
    lose(tws, app)
    waiter = threading.Thread(target=ask)
    waiter.start()
    assert waiting.wait(60)
    app.disconnect()
    waiter.join(60)
    assert ["getHead: not connected to TWS or IB Gateway: disconnect() was called"] == said


def test_an_attempt_that_is_under_way_is_said_to_be(
    app: App, tws: FakeTWS, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    lose(tws, app)
    monkeypatch.setattr(core(app).lifecycle, "reach", nobody_listens(lambda: shown.append(repr(app))))
    app.sleep(1)
    assert "trying to have it back (1 tries), again in 0 s" in shown[0]


def test_streams_that_were_lost_while_they_were_asked_for_are_asked_for_once_by_the_next_connection(
    app: App, tws: FakeTWS, clock: VirtualClock
) -> None:
    losses: list[int] = []

    def lose_again() -> None:
        if not losses:
            losses.append(1)
            lose(tws, app)
            app.getHead()
            raise IBError("lost again")

    with stream(app) as slot:
        slot.on_replay = lose_again
        app.reqMktData(slot.key, contract(), "", False, False, [])
        subscribe(app, 999)
        lose(tws, app)
        app.getHead()
        core(app).fence.wait()
        assert 2 == [fields[2] for fields in tws.wait_for(1, 4)].count("999")


def test_after_a_loss_nothing_is_sold_before_positions_are_told_again(
    app: App, tws: FakeTWS, clock: VirtualClock
) -> None:
    gate = core(app).gate
    gate.limits, gate.details_of = OrderLimits(allow_short=False), gates.details_of
    gates.position(gate, gates.told(), 10)
    gate.check(1, gates.contract(), gates.order(1, "SELL"))
    lose(tws, app)
    app.getHead()
    with pytest.raises(SafetyError, match="no position is known"):
        gate.check(2, gates.contract(), gates.order(1, "SELL"))
    gates.position(gate, gates.told(), 10)
    gate.check(2, gates.contract(), gates.order(1, "SELL"))


@pytest.mark.parametrize("step", ["reach", "begin"])
def test_what_nobody_expected_of_an_attempt_is_told_and_it_is_tried_again(
    app: App, tws: FakeTWS, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    lifecycle, tries = core(app).lifecycle, []
    done = getattr(lifecycle, step)

    def fail_once(*given: Any) -> Any:
        tries.append((clock.passed, given))
        if len(tries) == 1:
            raise RuntimeError("not today")
        return done(*given)

    lose(tws, app)
    monkeypatch.setattr(lifecycle, step, fail_once)
    assert "20000103-14:30:00" == app.getHead()
    problem = core(app).status.problems[0]
    assert [1.0, 3.0] == [when for when, _ in tries]
    assert ("reconnect", "RuntimeError: not today") == (problem.callback, problem.error)
    if step == "begin":
        assert not tries[0][1][0].isConnected()


def test_an_attempt_that_the_user_interrupts_isnt_the_last(
    app: App, tws: FakeTWS, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    lose(tws, app)
    with monkeypatch.context() as pressed:
        pressed.setattr(core(app).lifecycle, "reach", interrupt)
        with pytest.raises(KeyboardInterrupt):
            app.sleep(1)
    app.sleep(2)
    assert "connected again after 3 s, at try 2" in own_words(app)


def test_a_connection_that_is_lost_before_it_is_known_to_be_back_is_tried_again(
    app: App, tws: FakeTWS, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifecycle, begin = core(app).lifecycle, core(app).lifecycle.begin

    def begin_in_vain(connection: Any) -> None:
        monkeypatch.setattr(lifecycle, "begin", begin)
        begin(connection)
        lose(tws, app)

    lose(tws, app)
    monkeypatch.setattr(lifecycle, "begin", begin_in_vain)
    app.sleep(3)
    assert "connected again after 3 s, at try 2" in own_words(app)
    assert 3 == len(tws.wait_for(71, 3))


def test_who_has_left_the_simulator_may_sleep_and_look_for_a_tws_at_any_port() -> None:
    app = ibnb.connect("embedded")
    app.disconnect()
    begun = app.now()
    app.sleep(60)
    assert 60 == (app.now() - begun).total_seconds()
    with pytest.raises(NotConnectedError, match="nothing listens"):
        app.connect("127.0.0.1", 1, 1)
    ibnb.reset()


def test_a_way_back_that_is_quicker_than_the_end_waits_for_it(
    app: App, tws: FakeTWS, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the reader thread was late, what it did about the end it did to the next connection: no verb worked there."""

    class Watched(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            awaited.set()
            return super().wait(timeout)

    def come_back_at_once() -> bool:
        returns = comes_back()
        back.start()
        begun.set()
        while back.is_alive() and not awaited.wait(0.01):
            pass
        return returns

    awaited, begun, comes_back = threading.Event(), threading.Event(), core(app).lifecycle.comes_back
    back = threading.Thread(target=core(app).reconnect.come_back_now, args=(60.0,))
    core(app).lifecycle.told = Watched()
    monkeypatch.setattr(core(app).lifecycle, "comes_back", come_back_at_once)
    tws.drop()
    assert begun.wait(60)
    back.join(60)
    # The late reader thread has done all that it had to do.
    assert core(app).lifecycle.told.wait(60)
    assert (app.isConnected(), core(app).lifecycle.ended.is_set()) == (True, False)
    assert "20000103-14:30:00" == app.getHead()
