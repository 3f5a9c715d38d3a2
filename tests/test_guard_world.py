"""The guard in the lesson world, through a whole session: it closes whatever an account holds, and tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import ibnb
from ibnb import AccountGuard, IBApp, IBError, SafetyError


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect()
    ibnb.reset()


def fill(app: IBApp) -> None:
    """Hold a future, a pair, an option, a London share, a short stock, a CFD and a coin beside the lesson's stocks."""
    chain = app.getOptionChain("AAPL", 1, [150.0], right="C").iloc[0]
    for contract, order in (
        (app.createContract("ES", "FUT", "CME", lastTradeDateOrContractMonth="202509"), app.createOrder("BUY", 2)),
        (app.createContract("EUR", "CASH", "IDEALPRO"), app.createOrder("BUY", 20_000)),
        (app.createContract("AAPL", "OPT", conId=int(chain["conId"])), app.createOrder("BUY", 3)),
        (app.createContract("CSH2", "STK", "SMART", "GBP"), app.createOrder("BUY", 5)),
        (app.createContract("TSLA"), app.createOrder("SELL", 7)),
        (app.createContract("MSFT", "CFD"), app.createOrder("BUY", 4)),
        (app.createContract("BTC", "CRYPTO", "PAXOS"), app.createOrder("BUY", 0, cashQty=5000.0, tif="IOC")),
    ):
        app.placeOrderNow(contract, order, wait="Filled")


def steps(guard: AccountGuard, word: str) -> list[str]:
    return [action.split(":")[0].removeprefix("close ") for action in guard.actions if f": {word}" in action]


def test_everything_is_closed_on_its_own_exchange(app: IBApp) -> None:
    """A1: all stocks were sold, ES and EUR.USD stayed, and `actions` said nothing of it."""
    fill(app)
    resting = app.placeOrderNow(app.createContract("AAPL"), app.createOrder("BUY", 1, "LMT", 1.0), wait="Submitted")
    # So much cash no account has: it fires as soon as it knows.
    with AccountGuard(app, min_cash=1e12, flatten=True) as guard:
        app.sleep("1 min")
    assert guard.tripped
    assert "Cancelled" == app.getBlotter().loc[resting, "status"]
    assert [] == app.getPositions()["position"][lambda held: held != 0].tolist()
    assert "nothing is held by DU1234567" == guard.actions[-1]
    assert sorted(steps(guard, "sent")) == sorted(steps(guard, "done"))
    assert {"ESU5", "EUR.USD", "TSLA", "CSH2", "BTC.USD"} <= set(steps(guard, "done"))
    with pytest.raises(SafetyError, match="below min_cash"):
        app.placeOrderNow(app.createContract("AAPL"), app.createOrder("BUY", 1))


def test_at_three_in_the_morning_it_says_what_is_only_sent(app: IBApp) -> None:
    """A1: sent and done looked alike."""
    fill(app)
    now = app.now()
    app.sleep(17 * 3600 - now.minute * 60 - now.second)
    assert (3, 0) == (app.now().hour, app.now().minute)
    with AccountGuard(app, min_cash=1e12, flatten=True) as guard:
        app.sleep("1 min")
        waiting = steps(guard, "waits at TWS (PreSubmitted) 399")
        assert {"AAPL", "NVDA", "SPY", "AAPL 250613C00150000"} <= set(waiting)
        assert {"ESU5", "EUR.USD", "BTC.USD", "CSH2"} <= set(steps(guard, "done"))
        assert not set(waiting) & set(steps(guard, "done"))
        assert guard.actions[-1].startswith("not closed yet: ")
        left = app.getPositions()["position"]
        assert 100 == left[left.index == "NFLX"].iloc[0]
        app.sleep("7 h")
        assert set(waiting) <= set(steps(guard, "done"))
    assert [] == app.getPositions()["position"][lambda held: held != 0].tolist()


@pytest.mark.parametrize("second", [1, 5])
def test_two_guards_close_a_position_once(app: IBApp, second: int) -> None:
    """One for the loss and one for the cash, or one in each session: both sold all, and the account was short."""
    other = ibnb.connect(clientId=second)
    with AccountGuard(app, 0.5, flatten=True) as first, AccountGuard(other, min_cash=1e12, flatten=True) as guard:
        first.fire()
        app.sleep("1 min")
    assert guard.tripped
    assert [] == app.getPositions()["position"][lambda held: held != 0].tolist()
    assert not any("look at it yourself" in action for action in [*first.actions, *guard.actions])


def test_a_guard_that_disconnects_lets_another_one_close_first(app: IBApp) -> None:
    """The kill switch ended the session in which the guard for the loss was closing: all stayed open."""
    other = ibnb.connect(clientId=5)
    with AccountGuard(app, 0.5, flatten=True) as first, AccountGuard(app, 0.5, disconnect=True) as guard:
        first.fire()
        guard.fire()
        app.sleep("1 min")
    assert ("nothing is held by DU1234567", "disconnect") == (first.actions[-1], guard.actions[-1])
    assert [] == other.getPositions()["position"][lambda held: held != 0].tolist()


def test_at_night_a_second_guard_leaves_the_orders_of_the_first_one_alone(app: IBApp) -> None:
    now = app.now()
    app.sleep(17 * 3600 - now.minute * 60 - now.second)
    with AccountGuard(app, 0.5, flatten=True) as first, AccountGuard(app, 0.5, flatten=True) as guard:
        first.fire()
        app.sleep("1 min")
        guard.fire()
        app.sleep("1 min")
        assert "NVDA (another guard's order)" in guard.actions[-1]
        app.sleep("7 h")
    assert [] == app.getPositions()["position"][lambda held: held != 0].tolist()


def test_a_kill_switch_works_before_the_guard_watches(app: IBApp) -> None:
    """It closed the positions of nobody, and said that nothing was held."""
    guard = AccountGuard(app, 0.5, flatten=True)
    guard.fire()
    app.sleep("1 min")
    assert "nothing is held by DU1234567" == guard.actions[-1]
    assert [] == app.getPositions()["position"][lambda held: held != 0].tolist()


def test_a_guard_that_fires_in_one_world_says_nothing_of_the_others(app: IBApp) -> None:
    """All worlds have the account DU1234567: what a sweep found hung on how many processors it had."""
    with AccountGuard(app, 0.5) as guard:
        guard.fire()
    elsewhere = ibnb.connect(seed=2)
    elsewhere.placeOrderNow("AAPL", elsewhere.createOrder("BUY", 1), wait="Filled")
    app.disconnect()
    with pytest.raises(SafetyError, match="by hand"):
        ibnb.connect().placeOrderNow("AAPL", app.createOrder("BUY", 1))


def test_a_guard_that_ends_after_its_session_has_nothing_to_cancel(app: IBApp) -> None:
    with AccountGuard(app, 0.5):
        app.disconnect()
    assert 504 not in app.notices["code"].tolist()


def test_a_guard_watches_once(app: IBApp) -> None:
    """The second time it said that TWS had sent no NetLiquidation; within the first, its end was the end of both."""
    guard = AccountGuard(app, 0.05)
    for _ in range(2):
        with pytest.raises(IBError, match="a guard watches once, so make another one"), guard, guard:
            pass
    with AccountGuard(app, 0.05) as another:
        assert "watches" in repr(another)


class Cut(IBApp):
    """Loses its connection, in the way of `fault`, once it has sent its first request of this name."""

    fault, moment = "", ""

    def _cut(self, moment: str) -> None:
        if self.moment == moment:
            self.moment = ""
            getattr(self.gateway.faults, self.fault)()

    def reqAllOpenOrders(self) -> None:
        super().reqAllOpenOrders()
        self._cut("reqAllOpenOrders")

    def reqPositions(self) -> None:
        super().reqPositions()
        self._cut("reqPositions")

    def reqContractDetails(self, reqId: int, contract: Any) -> None:
        super().reqContractDetails(reqId, contract)
        self._cut("reqContractDetails")


@pytest.mark.parametrize("fault", ["drop", "nightly_restart"])
@pytest.mark.parametrize("moment", ["reqAllOpenOrders", "reqPositions", "reqContractDetails"])
def test_what_a_lost_connection_interrupts_goes_on_when_it_is_back(fault: str, moment: str) -> None:
    """Tries ran out while nobody listened: all stayed open for good, and the session was back after two minutes."""
    app = ibnb.connect(app_class=Cut)
    app.placeOrderNow("AAPL", app.createOrder("BUY", 1, "LMT", 1.0), wait="Submitted")
    app.fault, app.moment = fault, moment
    with AccountGuard(app, 0.5, flatten=True) as guard:
        guard.fire()
        app.sleep("20 min")
    assert "nothing is held by DU1234567" == guard.actions[-1]
    assert [] == app.getPositions()["position"][lambda held: held != 0].tolist()
    assert len(app.getOpenOrders("account")) == 0
    ibnb.reset()


def heard(app: IBApp, request: str) -> int:
    """How often the gateway was asked."""
    return sum(type(each.message).__name__ == request for each in app.gateway.journal if each.direction == "in")


def test_what_is_over_isnt_begun_again_when_a_later_connection_is_back(app: IBApp) -> None:
    before = heard(app, "ReqGlobalCancel")
    with AccountGuard(app, 0.5, flatten=True) as guard:
        guard.fire()
        app.sleep("2 min")
        done = list(guard.actions)
        app.gateway.faults.drop()
        app.sleep("5 min")
    assert (done, before + 1) == (guard.actions, heard(app, "ReqGlobalCancel"))


@pytest.mark.parametrize("fault", ["drop", "nightly_restart"])
def test_orders_that_wait_for_the_morning_outlive_the_connection(app: IBApp, fault: str) -> None:
    now = app.now()
    app.sleep(17 * 3600 - now.minute * 60 - now.second)
    with AccountGuard(app, 0.5, flatten=True) as guard:
        guard.fire()
        app.sleep("2 min")
        sent = steps(guard, "sent")
        getattr(app.gateway.faults, fault)()
        app.sleep("8 h")
    assert sent == steps(guard, "sent")
    assert [] == app.getPositions()["position"][lambda held: held != 0].tolist()


@pytest.mark.parametrize("released", [False, True])
def test_orders_that_cant_be_cancelled_while_there_is_no_connection_are_when_it_is_back(
    app: IBApp, released: bool
) -> None:
    """It was "cancel every open order", and nothing had been sent."""
    app.placeOrderNow("AAPL", app.createOrder("BUY", 1, "LMT", 1.0), wait="Submitted")
    with AccountGuard(app, 0.5) as guard:
        app.gateway.faults.drop()
        guard.fire()
        assert "failed to cancel every open order: the cancel of all orders wasn't sent: TWS" in guard.actions[-1]
        if released:
            guard.release()
        app.sleep("5 min")
    assert len(app.getOpenOrders("account")) == released
    assert ("now that the connection is back" in guard.actions[-1]) is not released
