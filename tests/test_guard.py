"""AccountGuard against a TWS that answers in bytes: what it watches, when it fires, what it does then.

How it closes positions is tested in verbs/orders/test_flatten.py, and through a whole session in test_guard_world.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fake_tws import FakeTWS
from inside import core
from small_app import App
from virtual import VirtualClock, on_virtual_time

from ibnb import guard as module
from ibnb.errors import IBError, NotConnectedError, SafetyError
from ibnb.guard import CONFIRM, AccountGuard

ACCOUNT, OTHER = "DU1234567", "DU9"
VALUE, CASH = "NetLiquidation", "TotalCashValue"


class Account(FakeTWS):
    """A TWS with two accounts, of which `told` says what an account summary tells: (account, tag, value, currency)."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, Any, str]] = [(OTHER, VALUE, 50.0, "USD"), (ACCOUNT, VALUE, 1000.0, "USD")]
        super().__init__(answers={62: self._summary, 61: lambda f: [(62, 1)], 16: lambda f: [(53, 1)]})

    def _summary(self, fields: list[str]) -> list[tuple[Any, ...]]:
        return [*((63, 1, fields[2], *row) for row in self.told), (64, 1, fields[2])]

    def set(self, tag: str, value: Any, account: str = ACCOUNT, currency: str = "USD") -> None:
        self.told = [row for row in self.told if row[:2] != (account, tag)] + [(account, tag, value, currency)]

    def update(self, app: App, tag: str, value: Any, account: str = ACCOUNT, currency: str = "USD") -> None:
        """A value changes: the open subscription is told."""
        self.set(tag, value, account, currency)
        self.send(63, 1, self.wait_for(62)[-1][2], account, tag, value, currency)
        settle(app)


def settle(app: App) -> None:
    """A second look is a question and its answer."""
    for _ in range(3):
        core(app).fence.wait()


@pytest.fixture
def both() -> Iterator[tuple[Account, App]]:
    tws, app = Account(), App()
    app.pacing.on = False
    tws.pair(app)
    core(app).lifecycle.accounts = [ACCOUNT, OTHER]
    yield tws, app
    app.disconnect()
    tws.close()


@pytest.fixture
def clock(both: tuple[Account, App]) -> VirtualClock:
    return on_virtual_time(both[1])


def wait(app: App, seconds: float) -> None:
    app.sleep(seconds)
    settle(app)


# --- what it is told to watch --------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [5, 1, 0, -0.05, float("nan")])
def test_a_percentage_is_told_from_a_fraction(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"write 0\.05 for 5 %"):
        AccountGuard(App(), wrong)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({}, r"say what to watch: max_loss=0\.05"),
        ({"min_cash": float("nan")}, "min_cash is an amount"),
        ({"min_cash": float("inf")}, "min_cash is an amount"),
        ({"min_cash": 1, "patience": 0}, "patience is a number of seconds above 0"),
    ],
)
def test_it_must_be_told_what_to_watch(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        AccountGuard(App(), **wrong)


def test_a_guard_shows_how_it_stands(both: tuple[Account, App]) -> None:
    guard = AccountGuard(both[1], 0.05)
    assert "<AccountGuard isn't watching, 0 actions>" == repr(guard)
    with guard:
        assert "<AccountGuard watches (DU*****67: 1,000.00, floor 950.00), 0 actions>" == repr(guard)
    assert repr(guard).startswith("<AccountGuard isn't watching (")


def test_an_account_that_isnt_there_cant_be_watched(both: tuple[Account, App]) -> None:
    with pytest.raises(ValueError, match="account 'DU7' isn't one of this session's: DU1234567, DU9"):
        AccountGuard(both[1], 0.05, accounts="DU7").__enter__()


def test_the_baseline_is_the_first_complete_download(both: tuple[Account, App]) -> None:
    tws, app = both
    with AccountGuard(app, 0.05) as guard:
        assert (1000.0, 950.0, 1000.0) == (guard.baseline, guard.floor, guard.value)
        tws.update(app, VALUE, 950.0)
    tws.wait_for(63)
    tws.update(app, VALUE, 1.0)
    assert (950.0, False) == (guard.value, guard.tripped)


def test_before_it_has_begun_nothing_is_known() -> None:
    guard = AccountGuard(App(), 0.05)
    assert (None, True, True) == (guard.baseline, guard.floor != guard.floor, guard.cash != guard.cash)


@pytest.mark.parametrize("value", ["nan", "", "n/a", 0.0, -5.0, 1.7976931348623157e308, "inf"])
def test_a_baseline_must_be_a_number(both: tuple[Account, App], value: Any) -> None:
    tws, app = both
    tws.set(VALUE, value)
    with pytest.raises(IBError, match="no NetLiquidation of DU1234567"), AccountGuard(app, 0.05):
        pass
    assert 1 == len(tws.wait_for(63))
    assert not core(app).gate.halted


def test_the_baseline_is_the_base_currency_s_row(both: tuple[Account, App]) -> None:
    """A GBP account's row isn't its worth: orders_and_safety 4, and the source document's own mistake."""
    tws, app = both
    tws.told.append((ACCOUNT, VALUE, 300.0, "GBP"))
    with (
        pytest.raises(IBError, match="in GBP, USD, and not which of them is the account's base currency"),
        AccountGuard(app, 0.05),
    ):
        pass
    tws.told.append((ACCOUNT, VALUE, 1400.0, "BASE"))
    with AccountGuard(app, 0.05) as guard:
        assert 1400.0 == guard.baseline
        tws.send(63, 1, tws.wait_for(62)[-1][2], ACCOUNT, VALUE, 1.0, "GBP")
        settle(app)
        assert (1400.0, False) == (guard.value, guard.tripped)


def test_cash_that_tws_doesnt_tell_cant_be_watched(both: tuple[Account, App]) -> None:
    tws, app = both
    with pytest.raises(IBError, match="no TotalCashValue of DU1234567"), AccountGuard(app, min_cash=500):
        pass
    assert 1 == len(tws.wait_for(63))


# --- when it fires -------------------------------------------------------------------------------------


def test_it_fires_exactly_once_blocks_and_cancels(both: tuple[Account, App]) -> None:
    tws, app = both
    with AccountGuard(app, 0.05) as guard:
        for value in (949.0, 900.0, 800.0):
            tws.update(app, VALUE, value)
    assert guard.tripped
    assert ["block new orders: NetLiquidation 949.00 is below the floor 950.00 (baseline 1,000.00, max_loss 5.0%)",
            "cancel every open order"] == guard.actions  # fmt: skip
    assert 1 == len(tws.wait_for(58))
    with pytest.raises(SafetyError, match="below the floor"):
        core(app).gate.refuse_all("placeOrder")
    guard.release()
    core(app).gate.refuse_all("placeOrder")


def test_a_hand_fires_it_once_whatever_the_values_are(both: tuple[Account, App]) -> None:
    tws, app = both
    with AccountGuard(app, max_loss=0.05) as guard:
        guard.fire("the kill switch was pressed")
        guard.fire()
        tws.wait_for(58)
    assert guard.tripped
    assert guard.actions == ["block new orders: the kill switch was pressed", "cancel every open order"]
    with pytest.raises(SafetyError, match="kill switch"):
        core(app).gate.refuse_all("placeOrder")


def test_the_cash_may_have_a_floor_of_its_own(both: tuple[Account, App]) -> None:
    tws, app = both
    tws.set(CASH, 600.0)
    tws.set(CASH, 10.0, OTHER)
    with AccountGuard(app, min_cash=500) as guard:
        # Without max_loss the value may fall as it likes.
        tws.update(app, VALUE, 1.0)
        tws.update(app, CASH, 500.0)
        assert not guard.tripped
        for value in (499.5, 400.0):
            tws.update(app, CASH, value)
    assert [
        "block new orders: TotalCashValue 499.50 is below min_cash 500.00",
        "cancel every open order",
    ] == guard.actions
    assert 1 == len(tws.wait_for(58))


def test_too_little_cash_from_the_beginning_is_seen_when_the_download_is_complete(both: tuple[Account, App]) -> None:
    tws, app = both
    tws.set(CASH, 10.0)
    with AccountGuard(app, 0.5, min_cash=500, dry_run=True) as guard:
        assert guard.tripped
        assert (1000.0, 500.0, 10.0) == (guard.baseline, guard.floor, guard.cash)
    assert guard.actions[0].startswith("would block new orders: TotalCashValue 10.00")


def test_each_account_is_watched_by_itself(both: tuple[Account, App]) -> None:
    tws, app = both
    with AccountGuard(app, 0.1, accounts=[ACCOUNT, OTHER]) as guard:
        assert [1000.0, 50.0] == [each.baseline for each in guard.watched.values()]
        tws.update(app, VALUE, 46.0, OTHER)
        assert not guard.tripped
        tws.update(app, VALUE, 44.0, OTHER)
        assert guard.tripped
    assert "NetLiquidation 44.00 is below the floor 45.00" in guard.actions[0]
    with AccountGuard(app, 0.1) as other:
        tws.update(app, VALUE, 1.0, OTHER)
        assert not other.tripped


def test_less_than_one_of_the_base_currency_is_watched_too(both: tuple[Account, App]) -> None:
    """An account in bitcoin, or one that has lost nearly all."""
    tws, app = both
    tws.set(VALUE, 0.5)
    with AccountGuard(app, 0.05) as guard:
        tws.update(app, VALUE, 0.4)
        assert guard.tripped


def test_one_wrong_value_isnt_believed(both: tuple[Account, App]) -> None:
    tws, app = both
    with AccountGuard(app, 0.05) as guard:
        tws.send(63, 1, tws.wait_for(62)[-1][2], ACCOUNT, VALUE, 0.0, "USD")
        settle(app)
        assert (1000.0, False) == (guard.value, guard.tripped)
        tws.send(64, 1, tws.wait_for(62)[-1][2])  # another end, when nothing is in doubt
        settle(app)
        (said,) = guard.actions
        assert said.startswith("a second look didn't confirm it: NetLiquidation 0.00 is below the floor 950.00 (base")
        assert (2, 1) == (len(tws.wait_for(62, 2)), len(tws.wait_for(63)))
        tws.update(app, VALUE, 900.0)
        assert guard.tripped


def test_a_second_look_that_was_answered_isnt_waited_for(both: tuple[Account, App], clock: VirtualClock) -> None:
    tws, app = both
    with AccountGuard(app, 0.05, patience=0.5) as guard:
        tws.send(63, 1, tws.wait_for(62)[-1][2], ACCOUNT, VALUE, 0.0, "USD")
        settle(app)
        wait(app, CONFIRM)
    assert 1 == len(guard.actions)


def test_a_second_look_that_isnt_answered_counts_as_a_loss(both: tuple[Account, App], clock: VirtualClock) -> None:
    tws, app = both
    with AccountGuard(app, 0.05) as guard:
        tws.answers[62] = lambda f: []
        tws.update(app, VALUE, 900.0)
        wait(app, 4)
        assert not guard.tripped
        wait(app, 1)
        assert guard.tripped
        wait(app, 60)
    assert 2 == len(guard.actions)


@pytest.mark.parametrize("bad", ["nan", "", "1.7976931348623157E308", "n/a", "inf"])
def test_a_value_that_stops_being_a_number_is_told_and_fires_after_a_while(
    both: tuple[Account, App], clock: VirtualClock, bad: str
) -> None:
    """A7: it never fired and said nothing."""
    tws, app = both
    with AccountGuard(app, 0.05, patience=300) as guard:
        for _ in range(3):
            tws.update(app, VALUE, bad)
        assert 1 == len(guard.actions)
        assert guard.actions[0].startswith(f"NetLiquidation of DU1234567 isn't a number ({bad!r}")
        wait(app, 200)
        tws.update(app, VALUE, 990.0)
        assert "NetLiquidation of DU1234567 is a number again: 990.00" == guard.actions[1]
        tws.update(app, VALUE, bad)
        wait(app, 299)
        assert not guard.tripped
        wait(app, 1)
        assert guard.tripped
    assert "block new orders: NetLiquidation of DU1234567 hasn't been a number for 300 s" == guard.actions[3]


def test_a_value_that_isnt_watched_may_be_what_it_likes(both: tuple[Account, App], clock: VirtualClock) -> None:
    tws, app = both
    with AccountGuard(app, 0.05, patience=300) as guard:
        tws.update(app, CASH, "nan")
        tws.update(app, VALUE, "nan", OTHER)
        wait(app, 900)
    assert ([], False) == (guard.actions, guard.tripped)


def test_what_was_bad_when_the_guard_ended_doesnt_fire_it_later(both: tuple[Account, App], clock: VirtualClock) -> None:
    tws, app = both
    with AccountGuard(app, 0.05, patience=300) as guard:
        tws.update(app, VALUE, "nan")
    wait(app, 900)
    assert not guard.tripped


def test_values_that_tws_refuses_to_tell_are_no_numbers(both: tuple[Account, App], clock: VirtualClock) -> None:
    tws, app = both
    with AccountGuard(app, 0.05, patience=300) as guard:
        tws.send(4, 2, tws.wait_for(62)[-1][2], 322, "Maximum number of account summary requests exceeded")
        settle(app)
        assert "isn't a number ('322: Maximum" in guard.actions[0]
        wait(app, 300)
        assert guard.tripped


def test_an_error_of_something_else_says_nothing_of_the_values(both: tuple[Account, App], clock: VirtualClock) -> None:
    tws, app = both
    with AccountGuard(app, 0.05) as guard:
        tws.send(4, 2, int(tws.wait_for(62)[-1][2]) + 1, 200, "No security definition has been found for the request")
        settle(app)
        assert [] == guard.actions
        tws.answers[62] = lambda f: []
        tws.update(app, VALUE, 900.0)
        tws.send(4, 2, tws.wait_for(62)[-1][2], 322, "Maximum number of account summary requests exceeded")
        settle(app)
        assert [] == guard.actions
        wait(app, CONFIRM)
    assert guard.tripped


def test_a_second_look_that_cant_be_asked_for_counts_as_a_loss(both: tuple[Account, App], clock: VirtualClock) -> None:
    tws, app = both

    def fail(*_: Any) -> None:
        raise NotConnectedError("no connection")

    with AccountGuard(app, 0.05) as guard, pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "cancelAccountSummary", fail)
        tws.update(app, VALUE, 900.0)
        assert (True, 0.0) == (guard.tripped, clock.passed)


# --- its own watch -------------------------------------------------------------------------------------


def test_a_callback_that_blocks_leaves_it_blind_but_not_still(both: tuple[Account, App]) -> None:
    tws, app = both
    blocked, seen = threading.Event(), threading.Event()

    def tickPrice(*args: Any) -> None:
        seen.set()
        blocked.wait(60)

    app.tickPrice = tickPrice
    clock = VirtualClock()
    guard = AccountGuard(app, 0.05, patience=60, flatten=True)
    with guard, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ANSWER", 0.05)
        patch.setattr(core(app).clock, "later", lambda seconds, action: None)
        patch.setattr(core(app).clock, "monotonic", lambda: clock.time)
        tws.send(1, 6, 1, 1, 100.0, 1, 0)
        assert seen.wait(60)
        guard._listen()
        assert guard.actions[0].startswith("TWS's messages aren't read: a callback of yours blocks")
        clock.time += 59
        guard._listen()
        assert 1 == len(guard.actions)
        clock.time += 1
        guard._listen()
        assert guard.tripped
        # It says so to TWS without an answer of its own.
        assert 1 == len(tws.wait_for(58))
        assert "block new orders: no message of TWS has been read for 60 s" == guard.actions[1]
        blocked.set()


def test_every_half_minute_it_listens_for_ten_seconds(both: tuple[Account, App]) -> None:
    _, app = both
    waited: list[float] = []
    later: list[tuple[float, Callable[[], object]]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core(app).clock, "later", lambda *alarm: later.append(alarm))
        with AccountGuard(app, 0.05) as guard:
            patch.setattr(core(app).fence, "ask", lambda connection: SimpleNamespace(wait=waited.append))
            later[0][1]()
            patch.undo()
    assert ([30.0, 30.0], [10.0], 1) == ([seconds for seconds, _ in later], waited, len(guard.actions))


def test_messages_that_are_read_again_are_told(both: tuple[Account, App]) -> None:
    _, app = both
    with AccountGuard(app, 0.05) as guard, pytest.MonkeyPatch.context() as patch:
        patch.setattr(core(app).clock, "later", lambda seconds, action: None)
        guard._unheard = 5.0
        guard._listen()
        guard._listen()
    assert ["TWS's messages are read again"] == guard.actions
    guard._listen()  # it has ended: nothing is asked any more
    assert 1 == len(guard.actions)


def test_a_connection_that_is_lost_is_not_a_callback_that_blocks(both: tuple[Account, App]) -> None:
    _, app = both
    later: list[Any] = []
    with AccountGuard(app, 0.05) as guard, pytest.MonkeyPatch.context() as patch:
        patch.setattr(core(app).clock, "later", lambda seconds, action: later.append(action))
        patch.setattr(core(app).lifecycle, "connection", None)
        guard._listen()
        assert ([], 1) == (guard.actions, len(later))  # it listens again


def test_it_has_no_watch_where_time_doesnt_go_by_itself(both: tuple[Account, App], clock: VirtualClock) -> None:
    later: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core(both[1]).clock, "later", lambda seconds, action: later.append(seconds))
        with AccountGuard(both[1], 0.05):
            pass
    assert later == []


@pytest.mark.parametrize(
    "end",
    [
        lambda app, guard: guard.__exit__(),
        lambda app, guard: guard.fire(),
        lambda app, guard: app.disconnect(),
    ],
    ids=["its block is left", "it has fired", "the session is over"],
)
def test_it_listens_no_more_once_that_is_of_no_use(both: tuple[Account, App], end: Callable[..., None]) -> None:
    _, app = both
    later: list[Any] = []
    with AccountGuard(app, 0.05) as guard, pytest.MonkeyPatch.context() as patch:
        end(app, guard)
        patch.setattr(core(app).clock, "later", lambda seconds, action: later.append(action))
        guard._listen()
    assert [] == later


# --- what it does --------------------------------------------------------------------------------------


def test_it_holds_for_the_whole_process(both: tuple[Account, App]) -> None:
    """A7: another client id, and a new connection, traded on."""
    tws, app = both
    with AccountGuard(app, 0.05) as guard:
        tws.update(app, VALUE, 900.0)
    second, again = Account(), App()
    second.pair(again)
    core(again).lifecycle.accounts = [ACCOUNT]
    with pytest.raises(SafetyError, match="below the floor"):
        core(again).gate.refuse_all("placeOrder")
    guard.release()
    core(again).gate.refuse_all("placeOrder")
    again.disconnect()
    second.close()


def test_a_dry_run_only_writes_down_what_it_would_do(both: tuple[Account, App]) -> None:
    tws, app = both
    with AccountGuard(app, 0.05, flatten=True, disconnect=True, dry_run=True) as guard:
        tws.update(app, VALUE, 900.0)
    assert ["would block", "would cance", "would close", "would disco"] == [action[:11] for action in guard.actions]
    assert [] == [fields for fields in tws.received if fields[0] in ("3", "58", "61")]
    assert app.isConnected()
    assert not core(app).gate.halted


def test_a_step_that_fails_doesnt_stop_the_next(both: tuple[Account, App]) -> None:
    tws, app = both
    core(app).gate.readonly = True
    with AccountGuard(app, 0.05, disconnect=True) as guard:
        tws.set(VALUE, 900.0)
        tws.send(63, 1, tws.wait_for(62)[-1][2], ACCOUNT, VALUE, 900.0, "USD")
        app.run()
    assert "failed to cancel every open order" in guard.actions[2]
    assert "disconnect" == guard.actions[3]
    assert not app.isConnected()


def test_an_account_without_positions_is_closed_at_once(both: tuple[Account, App]) -> None:
    tws, app = both
    with AccountGuard(app, 0.05, flatten=True, disconnect=True) as guard:
        tws.set(VALUE, 900.0)
        tws.send(63, 1, tws.wait_for(62)[-1][2], ACCOUNT, VALUE, 900.0, "USD")
        app.run()
    assert [
        "close every position of DU1234567, also those held before the guard began",
        "nothing is held by DU1234567",
        "disconnect",
    ] == guard.actions[2:]
