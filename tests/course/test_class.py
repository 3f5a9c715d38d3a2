"""A class on one gateway, through its port: accounts, checks, the board (issue 11, Shows 4; first_use D3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from virtual import on_gateway_time

import ibnb
from ibnb.course import check
from ibnb.course.exercises import received
from ibnb.gateway import Gateway
from ibnb.gateway.board import roll
from tests.course.answers import WithApp, number_of, right

STUDENTS = range(1, 31)
# One for each exercise.
WITH_A_SESSION = list({entry.number: entry for entry in right() if isinstance(entry, WithApp)}.values())


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway("lesson", manual=False, accounts=30) as gateway:
        yield gateway
    ibnb.reset()


def session(gateway: Gateway, clientId: int) -> ibnb.IBApp:
    return ibnb.connect(port=gateway.port, clientId=clientId, autoReconnect=False)


def test_thirty_students_trade_and_each_is_checked_by_what_she_sent(gateway: Gateway) -> None:
    apps = {number: session(gateway, number) for number in STUDENTS}
    assert len({app.account for app in apps.values()}) == 30
    bought = {}
    for number, app in apps.items():
        order = app.createOrder("BUY", number, "MKT")
        bought[number] = app.placeOrderNow(app.createContract("MSFT"), order, wait="Filled", timeout=120)
    for number, app in apps.items():
        positions = app.getPositions()
        assert positions["account"].unique().tolist() == [app.account]
        assert positions.loc["MSFT", "position"] == 400 + number
        executions = app.getExecutions()
        assert executions["shares"].tolist() == [number]
        assert executions["account"].unique().tolist() == [app.account]
        assert app.getOpenOrders("account").empty
        assert [sent.order.totalQuantity for sent in received(app, "PlaceOrder")] == [number]
        # One share was wanted, and student 1 alone bought one.
        assert bool(check("10.5", bought[number], app)) is (number == 1)
        assert "no order with the number 99" in str(check("10.5", 99, app))
    board = roll(gateway)
    assert [row.connected for row in board] == [(number,) for number in STUDENTS]
    assert {(row.orders, row.fills) for row in board} == {(1, 1)}
    assert [row.account for row in board] == [app.account for app in apps.values()]


def test_a_check_asks_the_gateway_behind_a_port_as_it_does_the_one_in_this_process(gateway: Gateway) -> None:
    app = session(gateway, 1)
    four = app.getAccountSummary("NetLiquidation,TotalCashValue,BuyingPower,ExcessLiquidity")
    verdicts = [check("03.1", four, app), check("03.1", app.getAccountSummary(), app)]
    assert "can't be checked" not in " ".join(map(str, verdicts))


def test_lessons_with_several_sessions_keep_to_one_account(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lessons' cells say clientId=2: with IBNB_SEAT that is the student's own second program, not student 2."""
    monkeypatch.setenv("IBNB_PORT", str(gateway.port))
    accounts = {}
    for seat in ("2", "7"):
        monkeypatch.setenv("IBNB_SEAT", seat)
        first, second = ibnb.connect(), ibnb.connect(clientId=2)
        assert [first.clientId, second.clientId] == [int(seat) * 1000 + 1, int(seat) * 1000 + 2]
        assert first.account == second.account
        accounts[seat] = first.account
        assert ibnb.connect() is first
        assert check("01.7", lambda port: _knock(port), first)
    assert len(set(accounts.values())) == 2
    monkeypatch.setenv("IBNB_SEAT", "seven")
    with pytest.raises(ValueError, match="IBNB_SEAT is a student's number"):
        ibnb.connect()


def _knock(port: int) -> bool:
    try:
        ibnb.connect(port=port, clientId=99, timeout=60).disconnect()
    except ibnb.NotConnectedError:
        return False
    return True


def test_checks_with_a_world_of_their_own_have_one_wherever_the_lesson_runs(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBNB_PORT", str(gateway.port))
    app = ibnb.connect()

    def patient(session: ibnb.IBApp, symbol: str) -> object:
        return session.getQuote(session.createContract(symbol))

    assert "MarketDataError" in str(check("08.5", patient, app))


@pytest.mark.parametrize("entry", WITH_A_SESSION, ids=number_of)
def test_a_right_answer_is_correct_in_a_class(entry: WithApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """All sessions of the student's go through the port; only its time is moved by who waits, as in this process."""
    connect = ibnb.connect
    with Gateway("lesson", accounts=2) as gateway:

        def through_the_port(*args: Any, **words: Any) -> ibnb.IBApp:
            app = connect(*args, **words)
            if app.gateway is None:
                on_gateway_time(app, gateway)
                app.sleep(0)  # whatever was said at the connection is heard
            return app

        monkeypatch.setattr(ibnb, "connect", through_the_port)
        monkeypatch.setenv("IBNB_PORT", str(gateway.port))
        monkeypatch.setenv("IBNB_SEAT", "2")
        try:
            verdict = check(*entry.build(ibnb.connect()))
        finally:
            ibnb.reset()
    assert verdict, verdict
