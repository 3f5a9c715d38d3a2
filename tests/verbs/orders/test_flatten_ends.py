"""Flatten, and what looks like the end of a closing order and isn't one: nothing is sold twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from inside import core

from ibnb.ib import api
from tests.verbs.orders.positions import AAPL, ACCOUNT, TSLA, TWS, details


def execution(orderId: int, units: float) -> Any:
    made = api.Execution()
    made.orderId, made.permId, made.clientId, made.execId = orderId, 900 + orderId, 1, "a.b.01.01"
    made.shares, made.price, made.side, made.acctNumber = api.to_decimal(units), 10.0, "SLD", ACCOUNT
    return made


@pytest.mark.parametrize(("status", "filled"), [("Cancelled", 0.0), ("Filled", 5.0)])
def test_another_client_s_order_of_the_same_id_says_nothing(status: str, filled: float) -> None:
    """design.md 8: what a master client hears of others had the position sold six times, or called closed."""
    tws = TWS((AAPL, 8.0))

    def take(orderId: int, of: Any, order: Any) -> None:
        tws.status(orderId, "PreSubmitted")
        tws.tell("orderStatus", orderId, status, filled, 0.0, 10.0, 111, 0, 10.0, 5, "", 0.0)
        tws.fill(orderId, of, order)

    tws.takes = take
    tws.start()
    assert tws.sent == ["SELL 8 AAPL SMART"]
    assert tws.said[-2:] == ["close AAPL: done, 8 at 10", "nothing is held by DU1234567"]


@pytest.mark.parametrize("by_execution", [False, True])
def test_a_fill_after_the_cancel_isnt_followed_by_a_second_sale(by_execution: bool) -> None:
    """pysystemtrade#1580: cancelled, and filled all the same; the account was short."""
    tws = TWS((AAPL, 8.0))

    def cancel_and_fill(orderId: int, of: Any, order: Any) -> None:
        tws.status(orderId, "Submitted")
        tws.status(orderId, "Cancelled")
        tws.held[of.conId] = (of, 0.0)
        if by_execution:
            tws.tell("execDetails", -1, of, execution(orderId, 8))
        else:
            tws.status(orderId, "Filled", 8.0)

    tws.takes = cancel_and_fill
    tws.start()
    assert tws.sent == ["SELL 8 AAPL SMART"]
    assert tws.said[-2:] == ["close AAPL: done, 8 at 10", "nothing is held by DU1234567"]


def test_a_fill_that_comes_later_still_is_told() -> None:
    tws = TWS((AAPL, 8.0))

    def cancel_and_fill_late(orderId: int, of: Any, order: Any) -> None:
        if orderId == 27:
            tws.status(orderId, "Cancelled")
        else:
            tws.status(27, "Cancelled")
            tws.status(27, "Cancelled", 1.0)
            tws.fill(orderId, of, order)

    tws.takes = cancel_and_fill_late
    tws.start()
    told = [text for text in tws.said if "though it was over" in text]
    assert told == ["order 27: 1 filled, though it was over: look at what is held"]


@pytest.mark.parametrize(("again", "sent"), [("Cancelled", ["SMART", "NYSE"]), ("Submitted", ["SMART"])])
def test_an_end_that_is_told_twice_or_taken_back_has_no_second_order(again: str, sent: list[str]) -> None:
    tws = TWS((AAPL, 8.0))

    def end(orderId: int, of: Any, order: Any) -> None:
        if orderId == 27:
            tws.status(orderId, "Cancelled")
            tws.status(orderId, again)
        else:
            tws.status(orderId, "Submitted")

    tws.takes = end
    tws.start()
    assert [of.exchange for _, of, _ in tws.orders] == sent
    assert tws.said[-2:] == ["close AAPL: waits at TWS (Submitted)", "not closed yet: AAPL"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("Cancelled", "done, 3 of 8, the rest is Cancelled at 10"),
        ("Submitted", "waits at TWS (Submitted)"),
    ],
)
def test_a_part_that_only_its_execution_tells_of(status: str, said: str) -> None:
    tws = TWS((AAPL, 8.0))

    def execute_a_part(orderId: int, of: Any, order: Any) -> None:
        if orderId == 27:
            tws.tell("execDetails", -1, of, execution(orderId, 3))
            tws.held[of.conId] = (of, 5.0)
            tws.status(orderId, status)
        else:
            tws.fill(orderId, of, order)

    tws.takes = execute_a_part
    tws.start()
    assert f"close AAPL: {said}" in tws.said


def test_it_isnt_over_while_an_order_is_to_be_tried_again() -> None:
    tws = TWS((AAPL, 8.0), (TSLA, 3.0))
    tws.takes = lambda orderId, of, order: (tws.refuse if of.symbol == "AAPL" else tws.fill)(orderId, of, order)
    tws.start(seconds=29)
    assert (tws.done, tws.said[-1]) == (0, "close TSLA: done, 3 at 10")


def test_a_cancel_that_only_a_message_tells_is_an_end() -> None:
    """fault 14: it was "waits at TWS (Submitted) 202: Order Canceled", and nothing was sent any more."""
    tws = TWS((AAPL, 8.0))

    def cancel(orderId: int, of: Any, order: Any) -> None:
        if orderId > 27:
            tws.fill(orderId, of, order)
            return
        tws.status(orderId, "Submitted")
        tws.tell("error", orderId, 0, 202, "Order Canceled - reason:price", "")

    tws.takes = cancel
    tws.start()
    assert tws.sent == ["SELL 8 AAPL SMART", "SELL 8 AAPL NYSE"]
    assert "close AAPL: not taken (202: Order Canceled - reason:price): the next exchange is tried" in tws.said
    assert tws.said[-1] == "nothing is held by DU1234567"


def test_a_position_that_is_no_number_is_left_to_a_person() -> None:
    tws = TWS((AAPL, float("nan")))
    tws.start()
    assert tws.sent == []
    said = ["how much of AAPL is held TWS doesn't say: look at it yourself", "not closed yet: AAPL"]
    assert tws.said == said


def test_an_order_of_somebody_else_is_left_alone() -> None:
    tws = TWS((AAPL, 8.0))
    tws.start()
    tws.status(5, "Submitted", 1.0)
    assert "cancelOrder" not in tws.names()
    assert tws.said[-1] == "nothing is held by DU1234567"


# --- what TWS hasn't told ------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::ibnb.errors.CallbackWarning")
@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([], "their list has no end"),
        ([("error", -1, 0, 321, "Error validating request.-'bW' : cause - ", "")], "TWS answered 321"),
        (
            [("position", ACCOUNT, TSLA, None, 0.0), ("position", ACCOUNT, AAPL, {}, 0.0), ("positionEnd",)],
            "isn't whole",
        ),
    ],
)
def test_what_isnt_told_isnt_called_closed(answers: list[Any], why: str) -> None:
    """Silence, a refusal and a row that couldn't be read were all "nothing is held"."""
    tws = TWS((AAPL, 8.0))
    tws.on("reqPositions", *answers)
    tws.start()
    assert [text for text in tws.said if text.startswith("TWS hasn't told all positions: ") and why in text]
    assert tws.said[-1].startswith("not closed yet: ")
    assert tws.said[-1].endswith("what TWS hasn't told")
    assert (tws.names().count("reqPositions"), tws.done) == (3, 1)


def test_positions_that_are_told_at_the_second_time_are_closed() -> None:
    tws = TWS((AAPL, 8.0))
    tws.on("reqPositions", lambda *_: tws.positions() if tws.names().count("reqPositions") > 1 else None)
    tws.start()
    assert tws.sent == ["SELL 8 AAPL SMART"]
    assert tws.said[-1] == "nothing is held by DU1234567"


def test_what_a_cancelled_order_buys_after_all_is_sold() -> None:
    """pysystemtrade#1580: orders were filled after their cancel, and nothing had been held before."""
    tws, order = TWS(), api.Order()
    order.account, order.permId = ACCOUNT, 905
    tws.rows[AAPL.conId] = [details(AAPL, "SMART")]
    tws.on("reqAllOpenOrders", ("openOrder", 5, AAPL, order, SimpleNamespace(status="Submitted")), ("openOrderEnd",))
    tws.start(0)
    tws.status(5, "Cancelled")
    tws.held[AAPL.conId] = (AAPL, 8.0)
    tws.go_on(200)
    assert tws.sent == ["SELL 8 AAPL SMART"]
    assert tws.said[-1] == "nothing is held by DU1234567"


def test_a_guard_that_is_released_sends_nothing_more() -> None:
    """Who releases it and cancels what it has sent had it sent again."""
    tws = TWS((AAPL, 8.0))
    tws.takes = lambda orderId, *_: tws.status(orderId, "PreSubmitted")
    tws.start()
    tws.flatten.stop()
    tws.status(27, "Cancelled")
    tws.go_on(200)
    assert tws.sent == ["SELL 8 AAPL SMART"]
    assert "close AAPL: isn't sent again: the guard has been released" in tws.said


def test_what_ended_before_a_connection_was_lost_isnt_tried_meanwhile() -> None:
    tws = TWS((AAPL, 8.0))
    tws.takes = lambda orderId, *_: tws.status(orderId, "PreSubmitted")
    tws.start()
    tws.status(27, "Cancelled")
    core(tws.app).reconnect.attempt = object()
    tws.go_on(20)
    assert tws.said[-1] == "the connection is lost: it goes on when that is back"
    assert not [text for text in tws.said if "not taken" in text]


@pytest.mark.parametrize(
    ("by_hand", "told"),
    [(0.0, "nothing is held by DU1234567"), (8.0, "TWS shows -8 where 0 should be left: look at it yourself")],
)
def test_what_waited_for_the_morning_is_looked_at_again(by_hand: float, told: str) -> None:
    """Sold by hand meanwhile, it was short, and "done" was the last word."""
    tws = TWS((AAPL, 8.0))
    tws.takes = lambda orderId, *_: tws.status(orderId, "PreSubmitted")
    tws.start()
    assert tws.said[-1] == "not closed yet: AAPL"
    tws.held[AAPL.conId] = (AAPL, -by_hand)
    tws.status(27, "Filled", 8.0)
    tws.go_on(20)
    assert any(told in text for text in tws.said[-2:])
    assert tws.sent == ["SELL 8 AAPL SMART"]
