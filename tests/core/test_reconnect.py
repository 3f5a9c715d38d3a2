from __future__ import annotations

import threading
from typing import Any

import pytest
from fake_tws import READY, FakeTWS
from inside import core
from losing import DATA_KEPT, DATA_LOST, IN_USE, LOST, contract, lose, own_words, subscribe
from small_app import HEAD, App
from virtual import VirtualClock, on_virtual_time

from ibnb.core.reconnect import UNCHECKED, Backoff
from ibnb.errors import ConnectionLostError, IBError, NotConnectedError, RequestTimeoutError, SafetyError
from ibnb.ib import api

# --- the socket


def test_pauses_double_are_spread_and_have_a_limit() -> None:
    even = Backoff(chance=lambda: 0.5)
    assert [1, 2, 4, 8, 16, 32, 60, 60] == [even.pause(n) for n in range(8)]
    assert (0.5, 1.5) == (Backoff(chance=lambda: 0.0).pause(0), Backoff(chance=lambda: 1.0).pause(0))
    assert 0.5 <= Backoff().pause(0) <= 1.5


def test_the_next_verb_waits_for_the_connection_and_works(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    lose(tws, app)
    assert ("reconnecting", False) == (core(app).status.socket, app.isConnected())
    assert "20000103-14:30:00" == app.getHead()
    assert (1.0, "open") == (clock.passed, core(app).status.socket)
    assert ["the connection has ended (TWS closed the connection); trying to have it back"] == own_words(app)[:1]
    assert "connected again after 1 s, at try 1" in own_words(app)


def test_a_request_in_flight_fails_and_isnt_sent_again(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    def drop(fields: list[str]) -> list[Any]:
        tws.drop()
        return []

    tws.answers[87] = drop
    with pytest.raises(ConnectionLostError, match=r"^the connection has ended: TWS closed the connection"):
        app.getHead()
    tws.answers.update(HEAD)
    app.sleep("1 min")
    assert 1 == len(tws.wait_for(87))
    assert "20000103-14:30:00" == app.getHead()


def test_while_tws_is_down_a_verb_says_so_in_finite_time(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    tws.go_down()
    core(app).lifecycle.ended.wait(60)
    with pytest.raises(NotConnectedError, match=r"trying to have it back \(5 tries, last: nothing listens"):
        app.getHead(timeout=60)
    assert 60 == clock.passed
    assert "has lost 127.0.0.1" in repr(app)
    assert "as client 1: TWS closed the connection; trying to have it back (5 tries" in repr(app)


def test_without_it_the_session_ends_as_ibapis_does(tws: FakeTWS) -> None:
    app = App()
    app.connect("127.0.0.1", tws.listen(), 1)
    subscribe(app)
    lose(tws, app)
    app.run()  # returns
    assert (0, "closed") == (len(app.streams), core(app).status.socket)
    with pytest.raises(NotConnectedError, match="closed the connection"):
        app.getHead()


def test_a_first_connection_that_fails_isnt_tried_again() -> None:
    app = App()
    app.autoReconnect = True
    with pytest.raises(NotConnectedError, match="nothing listens"):
        app.connect("127.0.0.1", 1, 1)
    assert core(app).reconnect.attempt is None


def test_a_first_connection_that_tws_ends_at_once_isnt_tried_again(tws: FakeTWS) -> None:
    def refuse(fields: list[str]) -> list[tuple[Any, ...]]:
        tws.send(4, 2, -1, 326, IN_USE)
        tws.drop()
        return []

    app = App()
    app.autoReconnect = True
    tws.answers[71] = refuse
    with pytest.raises(NotConnectedError, match="326"):
        app.connect("127.0.0.1", tws.listen(), 1)
    assert core(app).lifecycle.ended.wait(60)
    assert core(app).reconnect.attempt is None


def test_a_session_that_isnt_let_go_elsewhere_still_comes_back(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    with pytest.raises(IBError, match="already connected"):
        app.connect("127.0.0.1", 1, 1)
    lose(tws, app)
    assert "20000103-14:30:00" == app.getHead()


def test_connect_takes_the_place_of_the_way_back(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    lose(tws, app)
    assert core(app).lifecycle.endpoint is not None
    app.connect(*core(app).lifecycle.endpoint)
    app.sleep(0.5)
    assert (2, True) == (len(tws.wait_for(71, 2)), core(app).reconnect.usable())
    lose(tws, app)
    app.sleep("10 min")
    assert "connected again after 1 s, at try 1" in own_words(app)
    assert 3 == len(tws.wait_for(71, 3))


def test_disconnect_ends_the_attempts_and_everyone_who_waits(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    lose(tws, app)
    ran = threading.Thread(target=app.run)
    ran.start()
    app.disconnect()
    ran.join(60)
    assert not ran.is_alive()
    app.sleep("10 min")
    assert not app.isConnected()
    with pytest.raises(NotConnectedError, match="disconnect"):
        app.getHead()
    assert 1 == len(tws.wait_for(71))


def test_a_client_id_that_isnt_free_yet_is_waited_for_and_never_changed(
    app: App, tws: FakeTWS, clock: VirtualClock
) -> None:
    refusals = iter(range(3))

    def start(fields: list[str]) -> list[tuple[Any, ...]]:
        if next(refusals, None) is None:
            return READY
        tws.send(4, 2, -1, 326, IN_USE)
        tws.drop()
        return []

    lose(tws, app)
    tws.answers[71] = start
    assert "20000103-14:30:00" == app.getHead()
    assert 1 + 2 + 4 + 8 == clock.passed
    assert {"1"} == {fields[2] for fields in tws.wait_for(71, 5)}


def test_a_new_port_is_followed(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    moved = FakeTWS(answers=dict(HEAD))
    text = "TWS socket port has been reset and this connection is being dropped. Please reconnect on the new port - "
    tws.send(4, 2, -1, 1300, f"{text}{moved.listen()}")
    lose(tws, app)
    assert "20000103-14:30:00" == app.getHead()
    assert 1 == len(moved.wait_for(87))
    moved.close()


@pytest.mark.parametrize("accounts", ["U1234567", "DU7654321", "DU1234567,U1234567"])
def test_another_account_behind_the_same_port_ends_the_session(
    app: App, tws: FakeTWS, clock: VirtualClock, accounts: str
) -> None:
    lose(tws, app)
    tws.answers[71] = lambda fields: [("15", "1", accounts), ("9", "1", "1")]
    with pytest.raises(NotConnectedError, match="another account"):
        app.getHead()
    assert core(app).lifecycle.over.is_set()
    assert not app.isConnected()


def test_one_more_paper_account_is_no_stranger(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    lose(tws, app)
    tws.answers[71] = lambda fields: [("15", "1", "DU1234567,DU7654321"), ("9", "1", "1")]
    assert "20000103-14:30:00" == app.getHead()
    assert ["DU1234567", "DU7654321"] == app.accounts


def test_no_order_leaves_before_the_account_is_known_again(tws: FakeTWS) -> None:
    class Eager(App):
        def nextValidId(self, orderId: int) -> None:
            order = api.Order()
            order.action, order.orderType, order.totalQuantity = "BUY", "MKT", api.to_decimal(1)
            order.eTradeOnly = order.firmQuoteOnly = False
            self.placeOrder(orderId, contract(), order)

    app = Eager()
    app.autoReconnect = True
    app.connect("127.0.0.1", tws.listen(), 1)
    on_virtual_time(app)
    assert 1 == len(tws.wait_for(3))
    core(app).status.problems.clear()
    lose(tws, app)
    app.sleep("1 min")
    core(app).fence.wait()
    assert 1 == len(tws.wait_for(3))
    assert "hasn't been checked again" in core(app).status.problems[0].error
    assert "" == core(app).gate.blocked
    app.disconnect()


def test_a_guard_that_has_blocked_orders_still_does_afterwards(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    core(app).gate.blocked = "the guard has fired"
    lose(tws, app)
    app.getHead()
    assert "the guard has fired" == core(app).gate.blocked


def test_order_ids_never_go_back(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    tws.answers[71] = lambda fields: [("15", "1", "DU1234567"), ("9", "1", "5")]
    for _ in range(8):
        core(app).take_order_id()
    lose(tws, app)
    with pytest.raises(NotConnectedError, match="trying to have it back"):
        core(app).take_order_id()
    app.getHead()
    assert 9 == core(app).take_order_id()
    tws.answers[71] = lambda fields: [("15", "1", "DU1234567"), ("9", "1", "50")]
    lose(tws, app)
    app.getHead()
    assert 50 == core(app).take_order_id()


def test_a_cancel_while_the_connection_is_lost_doesnt_vanish(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    """A guard that fired then had "cancelled" every order."""
    lose(tws, app)
    with pytest.raises(NotConnectedError, match="the cancel of order 7 wasn't sent"):
        app.cancelOrder(7)
    with pytest.raises(NotConnectedError, match="the cancel of all orders wasn't sent"):
        app.reqGlobalCancel()
    with pytest.raises(NotConnectedError, match="exercise 8 wasn't sent"):
        app.exerciseOptions(8, contract(), 1, 1, "DU1234567", 0)


def test_an_order_while_the_connection_is_lost_is_refused_and_doesnt_vanish(
    app: App, tws: FakeTWS, clock: VirtualClock
) -> None:
    lose(tws, app)
    with pytest.raises(NotConnectedError, match="order 7 wasn't sent"):
        app.placeOrder(7, contract(), api.Order())


def test_a_loss_right_after_the_return_is_another_loss(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    dropped: list[int] = []

    def drop_once() -> None:
        if not dropped:
            dropped.append(1)
            lose(tws, app)
            raise IBError("lost again")

    core(app).reconnect.actions.append(drop_once)
    lose(tws, app)
    assert "20000103-14:30:00" == app.getHead()
    assert (1, 3) == (len(dropped), len(tws.wait_for(71, 3)))


def test_many_losses_leave_one_session_and_one_attempt_at_a_time(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    for number in range(2, 12):
        lose(tws, app)
        app.getHead()
        assert number == len(tws.wait_for(71, number))
    assert [] == list(core(app).status.problems)


def test_in_real_time_it_comes_back_by_itself(tws: FakeTWS) -> None:
    app = App()
    app.autoReconnect = True
    core(app).reconnect.backoff = Backoff(first=0.0)
    app.connect("127.0.0.1", tws.listen(), 1)
    core(app).fence.wait()
    tws.drop()
    tws.wait_for(71, 2)
    assert "20000103-14:30:00" == app.getHead(timeout=60)
    app.disconnect()


# --- streams


def test_what_was_asked_for_by_hand_is_asked_for_again(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    subscribe(app, 5)
    subscribe(app, 6)
    app.reqMarketDataType(3)
    app.cancelMktData(6)
    lose(tws, app)
    app.getHead()
    tws.wait_for(1, 3)
    after = [fields[0] for fields in tws.received[tws.received.index(["71", "2", "1", ""], 1) :]]
    # Whoever has waited for the connection (87) may be heard before the streams are.
    assert ["71", "59", "1"] == [each for each in after if each not in ("49", "87")]
    assert ["reqMktData"] == list(app.gaps["stream"])
    assert [1.0] == list(app.gaps["seconds"])


@pytest.mark.parametrize(("code", "text", "again"), [(1101, DATA_LOST, 2), (1102, DATA_KEPT, 1)])
def test_1101_asks_again_and_1102_doesnt(
    app: App, tws: FakeTWS, clock: VirtualClock, code: int, text: str, again: int
) -> None:
    subscribe(app)
    tws.send(4, 2, -1, 1100, LOST)
    app.sleep(30)
    assert ("lost", ["lost"]) == (core(app).status.link, list(app.streams["state"]))
    tws.send(4, 2, -1, code, text)
    app.sleep(30)
    assert again == len(tws.wait_for(1, again))
    assert ["live"] == list(app.streams["state"])
    assert app.isConnected()


def test_without_autoreconnect_nothing_is_asked_again_by_itself(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    app.autoReconnect = False
    subscribe(app)
    tws.send(4, 2, -1, 1101, DATA_LOST)
    app.sleep(30)
    assert 1 == len(tws.wait_for(1))


@pytest.mark.parametrize("linked", [True, False])
def test_a_stream_that_tws_ends_is_asked_for_again_when_the_link_is_up(
    app: App, tws: FakeTWS, clock: VirtualClock, linked: bool
) -> None:
    subscribe(app, 5)
    subscribe(app, 6)
    if not linked:
        tws.send(4, 2, -1, 1100, LOST)
    tws.send(4, 2, 5, 10182, "Failed to request live updates (disconnected).")
    app.sleep(60)
    if not linked:
        assert 2 == len(tws.wait_for(1, 2))
        tws.send(4, 2, -1, 1102, DATA_KEPT)
        app.sleep(0.5)
    assert ["5", "6", "5"] == [fields[2] for fields in tws.wait_for(1, 3)]


def test_what_tws_has_refused_isnt_asked_for_again(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    tws.answers[1] = lambda fields: [(4, 2, fields[2], 354, "Requested market data is not subscribed.")]
    subscribe(app)
    core(app).fence.wait()
    lose(tws, app)
    app.getHead()
    assert 1 == len(tws.wait_for(1))


def test_a_farm_is_nobodys_business(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    subscribe(app)
    tws.send(4, 2, -1, 2103, "Market data farm connection is broken:usfarm")
    tws.send(4, 2, -1, 2104, "Market data farm connection is OK:usfarm")
    app.sleep("1 min")
    assert (1, True, 0) == (len(tws.wait_for(1)), app.isConnected(), len(app.gaps))


@pytest.mark.parametrize(("answers", "said"), [(True, "TWS itself answers"), (False, "TWS answers nothing at all")])
def test_a_timeout_tells_a_slow_answer_from_a_tws_that_hangs(answers: bool, said: str) -> None:
    tws, app = FakeTWS(answers={87: lambda fields: []}), App()
    tws.pair(app)
    if not answers:
        tws.answers[49] = lambda fields: []
        app.fenceTimeout = 0.01
    on_virtual_time(app)
    with pytest.raises(RequestTimeoutError, match=said):
        app.getHead(timeout=10)
    app.disconnect()
    tws.close()


def test_a_stranger_never_gets_an_order(app: App, tws: FakeTWS, clock: VirtualClock) -> None:
    lose(tws, app)
    tws.answers[71] = lambda fields: [("15", "1", "U1234567"), ("9", "1", "1")]
    app.sleep("1 min")
    core(app).gate.blocked = UNCHECKED
    with pytest.raises(SafetyError, match="hasn't been checked"):
        core(app).gate.check(1, contract(), api.Order())


def test_a_verb_called_while_the_end_is_being_worked_out_waits_for_the_way_back(
    tws: FakeTWS, app: App, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending, asked = threading.Event(), threading.Event()
    comes_back, await_end = core(app).reconnect.comes_back, core(app).lifecycle.await_end

    def decide_late() -> bool:
        ending.set()
        assert asked.wait(60)
        return comes_back()

    def ask_early() -> None:
        asked.set()
        await_end()

    monkeypatch.setattr(core(app).lifecycle, "comes_back", decide_late)
    monkeypatch.setattr(core(app).lifecycle, "await_end", ask_early)
    tws.drop()
    assert ending.wait(60)
    assert not app.isConnected()
    assert "20000103-14:30:00" == app.getHead()
