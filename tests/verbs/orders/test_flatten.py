"""Flatten against a scripted TWS that accepts, refuses, keeps silent, and changes its mind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from inside import core

from ibnb import OrderLimits
from ibnb.ib import api
from ibnb.verbs.orders.flatten import AGAIN, SETTLED, STEP, routes
from tests.verbs.orders.positions import AAPL, ACCOUNT, TSLA, TWS, contract, details


def test_each_position_is_closed_and_seen_to_be() -> None:
    tws = TWS((AAPL, 8.0), (TSLA, -3.0), (contract("IBM", conId=3), 0.0))
    tws.start()
    assert tws.sent == ["SELL 8 AAPL SMART", "BUY 3 TSLA SMART"]
    assert [(order.orderType, order.tif, order.account) for _, _, order in tws.orders] == [("MKT", "DAY", ACCOUNT)] * 2
    assert tws.said == [
        "close AAPL: sent SELL 8 MKT on SMART (order 27)",
        "close AAPL: done, 8 at 10",
        "close TSLA: sent BUY 3 MKT on SMART (order 28)",
        "close TSLA: done, 3 at 10",
        "nothing is held by DU1234567",
    ]
    assert tws.done == 1
    # The blotter knows of them.
    assert list(tws.app.getBlotter()["status"]) == ["Filled", "Filled"]


def test_positions_of_other_accounts_stay() -> None:
    tws = TWS((AAPL, 8.0), account="DU9")
    tws.start()
    assert (tws.sent, tws.said) == ([], ["nothing is held by DU1234567"])


def test_it_passes_limits_and_fired_guards() -> None:
    tws = TWS((AAPL, 8.0))
    tws.app.limitOrders(OrderLimits(max_quantity=1, max_orders_per_minute=1))
    core(tws.app).gate.halt("guard", [ACCOUNT], "lost too much")
    tws.start()
    assert "nothing is held by DU1234567" == tws.said[-1]


def test_a_read_only_session_and_a_live_account_hold_for_it_too() -> None:
    tws = TWS((AAPL, 8.0))
    core(tws.app).gate.readonly = True
    tws.start()
    assert "this session is read-only" in tws.said[-2]
    assert [] == tws.sent
    tws = TWS((AAPL, 8.0))
    tws.tell("managedAccounts", f"{ACCOUNT},U9")
    tws.start()
    assert "this is a live account" in tws.said[-2]
    assert [] == tws.sent


def test_a_refusal_is_tried_on_the_next_exchange_and_again_and_then_told() -> None:
    tws = TWS((AAPL, 8.0))
    tws.takes = tws.refuse
    tws.start()
    assert tws.sent == ["SELL 8 AAPL SMART", "SELL 8 AAPL NYSE"] * 3
    why = "201: Order rejected - reason: no permission"
    assert f"close AAPL: not taken ({why}): the next exchange is tried" in tws.said
    assert f"close AAPL: not taken ({why}): tried again in {AGAIN:g} s" in tws.said
    assert [f"close AAPL: refused ({why})", "not closed yet: AAPL"] == tws.said[-2:]
    assert tws.done == 1


def test_what_is_taken_at_the_second_try_is_done() -> None:
    tws = TWS((AAPL, 8.0))
    tws.takes = lambda *order: (tws.refuse if len(tws.orders) < 3 else tws.fill)(*order)
    tws.start()
    assert tws.sent == ["SELL 8 AAPL SMART", "SELL 8 AAPL NYSE", "SELL 8 AAPL SMART"]
    assert "nothing is held by DU1234567" == tws.said[-1]


def test_a_refusal_that_wasnt_one_doesnt_sell_twice() -> None:
    """An error, and then the order lives: the one that replaced it would be a second sale."""
    tws = TWS((AAPL, 8.0))

    def change_its_mind(orderId: int, of: Any, order: Any) -> None:
        if orderId == 27:
            tws.tell("error", orderId, 0, 201, "Order rejected", "")
            tws.status(orderId, "PreSubmitted")
            tws.status(orderId, "Submitted")
        else:
            tws.fill(orderId, of, order)

    tws.takes = change_its_mind
    tws.start()
    assert 1 == tws.asked.count(("cancelOrder", (27,)))
    assert "cancel order 27: TWS has refused it, and then taken it" in tws.said


def test_an_order_that_was_taken_isnt_sent_again_because_of_a_message() -> None:
    tws = TWS((AAPL, 8.0))

    def take_and_talk(orderId: int, of: Any, order: Any) -> None:
        tws.status(orderId, "Submitted")
        tws.tell("error", orderId, 0, 201, "Order rejected", "")
        tws.tell("error", orderId, 0, 10349, "Order TIF was set to DAY", "")

    tws.takes = take_and_talk
    tws.start()
    assert len(tws.orders) == 1


def test_an_order_that_waits_is_told_with_its_reason_and_followed() -> None:
    tws = TWS((AAPL, 8.0))

    def wait(orderId: int, of: Any, order: Any) -> None:
        tws.status(orderId, "PreSubmitted")
        tws.tell("error", orderId, 0, 399, "Order Message: will not be placed until 09:30", "")

    tws.takes = wait
    tws.start()
    assert [
        "close AAPL: waits at TWS (PreSubmitted) 399: Order Message: will not be placed until 09:30",
        "not closed yet: AAPL",
    ] == tws.said[1:]
    assert (tws.done, len(tws.orders)) == (1, 1)
    tws.status(27, "Filled", 8.0)
    assert "close AAPL: done, 8 at 10" == tws.said[-1]


def test_an_order_that_begins_to_work_while_positions_are_looked_at_isnt_sent_twice() -> None:
    """It waited, then its market opened just before the second look: both orders would have been filled."""
    tws = TWS((AAPL, 8.0), (TSLA, 3.0))

    def wait_for_one(orderId: int, of: Any, order: Any) -> None:
        if of.symbol == "TSLA":
            tws.fill(orderId, of, order)
        else:
            tws.status(orderId, "PreSubmitted")

    tws.takes = wait_for_one
    tws.start(seconds=SETTLED + 1)
    assert "close AAPL: waits at TWS (PreSubmitted)" in tws.said
    tws.status(27, "Submitted")
    tws.pass_time(SETTLED)
    assert tws.names().count("reqPositions") == 2
    assert tws.sent == ["SELL 8 AAPL SMART", "SELL 3 TSLA SMART"]
    tws.fill(27, *tws.orders[0][1:])
    tws.pass_time(SETTLED)
    assert "nothing is held by DU1234567" == tws.said[-1]


@pytest.mark.parametrize(("seconds", "orders"), [(29, 2), (31, 4), (59, 4), (61, 6), (200, 6)])
def test_what_is_refused_is_tried_again_after_half_a_minute_and_once_more(seconds: float, orders: int) -> None:
    tws = TWS((AAPL, 8.0))
    tws.takes = tws.refuse
    tws.start(seconds)
    assert len(tws.orders) == orders


@pytest.mark.parametrize(("seconds", "asked"), [(9.5, []), (10.5, ["reqPositions"]), (20.5, ["reqPositions"])])
def test_tws_has_ten_seconds_for_a_step(seconds: float, asked: list[str]) -> None:
    tws = TWS((AAPL, 8.0))
    for request in ("reqAllOpenOrders", "reqContractDetails"):
        tws.record(request)
    tws.start(seconds)
    assert [name for name in tws.names() if name == "reqPositions"] == asked
    assert len(tws.sent) == (seconds > 20)


def test_a_part_is_followed_by_the_rest() -> None:
    tws = TWS((AAPL, 8.0))

    def half(orderId: int, of: Any, order: Any) -> None:
        if len(tws.orders) > 1:
            tws.fill(orderId, of, order)
            return
        tws.held[of.conId] = (AAPL, 3.0)
        tws.status(orderId, "Cancelled", 5.0)

    tws.takes = half
    tws.start()
    assert tws.sent == ["SELL 8 AAPL SMART", "SELL 3 AAPL SMART"]
    assert "close AAPL: done, 5 of 8, the rest is Cancelled at 10" in tws.said
    assert "nothing is held by DU1234567" == tws.said[-1]


@pytest.mark.parametrize(
    ("filled", "shown", "told"), [(8.0, 8.0, "TWS shows 8 where 0"), (5.0, 4.0, "TWS shows 4 where 3")]
)
def test_a_position_that_doesnt_fit_what_was_filled_is_left_to_a_person(filled: float, shown: float, told: str) -> None:
    """It may only be late: selling it once more would make it short."""
    tws = TWS((AAPL, 8.0))

    def fill(orderId: int, of: Any, order: Any) -> None:
        tws.held[of.conId] = (AAPL, shown)
        tws.status(orderId, "Filled" if filled == 8 else "Cancelled", filled)

    tws.takes = fill
    tws.start()
    assert tws.sent == ["SELL 8 AAPL SMART"]
    assert tws.said[-2:] == [f"close AAPL: {told} should be left: look at it yourself", "not closed yet: AAPL"]


SHOWN = "TWS shows {} where 0 should be left: look at it yourself"


@pytest.mark.parametrize("code", [10243, 10245, 10247, 10252, 10318])
@pytest.mark.parametrize(
    ("held", "sent", "last"),
    [
        (8.5, ["SELL 8.5 AAPL SMART", "SELL 8 AAPL SMART"], SHOWN.format("0.5")),
        (-1.5, ["BUY 1.5 AAPL SMART", "BUY 1 AAPL SMART"], SHOWN.format("-0.5")),
        (0.5, ["SELL 0.5 AAPL SMART", "SELL 0.5 AAPL NYSE"] * 3, "refused ({code}: no parts of a share)"),
    ],
)
def test_parts_of_a_share_that_tws_refuses_stay_and_the_whole_ones_go(
    code: int, held: float, sent: list[str], last: str
) -> None:
    tws = TWS((AAPL, held))

    def whole(orderId: int, of: Any, order: Any) -> None:
        if float(order.totalQuantity) % 1:
            tws.tell("error", orderId, 0, code, "no parts of a share", "")
        else:
            tws.fill(orderId, of, order)

    tws.takes = whole
    tws.start()
    assert tws.sent == sent
    assert tws.said[-2:] == [f"close AAPL: {last.format(code=code)}", "not closed yet: AAPL"]


@pytest.mark.parametrize(("notice", "why"), [("", "it is Cancelled"), ("what it must know", "399: what it must know")])
def test_an_order_that_ends_unfilled_is_told_with_what_tws_said_of_it(notice: str, why: str) -> None:
    tws = TWS((AAPL, 8.0))

    def end(orderId: int, of: Any, order: Any) -> None:
        tws.status(orderId, "PreSubmitted")
        if notice:
            tws.tell("error", orderId, 0, 399, notice, "")
        tws.status(orderId, "Cancelled")

    tws.takes = end
    tws.start()
    assert f"close AAPL: refused ({why})" in tws.said


def test_a_coin_is_sold_at_once_or_not_at_all() -> None:
    coin = contract("BTC", "CRYPTO", 5)
    tws = TWS((coin, 0.25))
    tws.rows[5] = [details(coin, "PAXOS")]
    tws.start()
    assert (tws.sent, tws.orders[0][2].tif) == (["SELL 0.25 BTC PAXOS"], "IOC")


def test_silence_doesnt_stop_it() -> None:
    """Neither the open orders, nor the positions' end, nor the details are told."""
    tws = TWS((AAPL, 8.0))
    tws.on("reqAllOpenOrders", lambda: tws.open_order("Submitted"))
    tws.on("reqPositions", ("position", ACCOUNT, contract("AAPL", primaryExchange="NYSE"), 8.0, 0.0))
    tws.record("reqContractDetails")
    tws.open_order = lambda status: tws.tell(  # type: ignore[attr-defined]
        "openOrder", 5, AAPL, made_order(), SimpleNamespace(status=status)
    )
    tws.start()
    assert "go on, though TWS hasn't confirmed the cancel of every order (AAPL)" == tws.said[0]
    assert tws.sent[0] == "SELL 8 AAPL NYSE"


def made_order() -> Any:
    order = api.Order()
    order.account, order.permId, order.action, order.totalQuantity = ACCOUNT, 905, "SELL", api.to_decimal(1)
    return order


def test_that_a_cancel_isnt_confirmed_is_told_once() -> None:
    tws = TWS((AAPL, 8.0))
    working = ("openOrder", 5, AAPL, made_order(), SimpleNamespace(status="Submitted"))
    tws.on("reqAllOpenOrders", working, ("openOrderEnd",))
    tws.start()
    assert [text.partition(",")[0] for text in tws.said].count("go on") == 1
    assert tws.said[-1] == "nothing is held by DU1234567"


@pytest.mark.parametrize("own", [False, True])
def test_it_waits_for_the_cancels_and_no_longer(own: bool) -> None:
    tws = TWS((AAPL, 8.0))

    def one_works(*_: Any) -> None:
        order = made_order()
        order.clientId = core(tws.app).lifecycle.client_id if own else 9
        tws.tell("openOrder", 5, AAPL, order, SimpleNamespace(status="Submitted"))
        tws.tell("openOrderEnd")

    tws.on("reqAllOpenOrders", one_works)
    tws.flatten.start()
    assert "reqPositions" not in tws.names()
    tws.status(5, "Cancelled")
    assert "reqPositions" in tws.names()
    tws.pass_time(STEP)
    assert not any("go on, though" in text for text in tws.said)


@pytest.mark.parametrize(("account", "status"), [("DU9", "Submitted"), (ACCOUNT, "Cancelled")])
def test_it_doesnt_wait_for_orders_of_others_and_for_those_that_are_over(account: str, status: str) -> None:
    tws = TWS((AAPL, 8.0))
    order = api.Order()
    order.account, order.permId = account, 7
    state = SimpleNamespace(status=status)
    tws.on("reqAllOpenOrders", ("openOrder", 5, AAPL, order, state), ("openOrderEnd",))
    tws.start(seconds=STEP / 2)
    assert tws.sent == ["SELL 8 AAPL SMART"]


def test_details_that_are_refused_leave_the_position_s_own_contract() -> None:
    tws = TWS((AAPL, 8.0))
    tws.on("reqContractDetails", lambda reqId, of: tws.tell("error", reqId, 0, 200, "No security definition", ""))
    tws.start(0)  # at once, not when patience ends
    assert tws.sent == ["SELL 8 AAPL SMART"]


def test_an_order_that_cant_be_sent_is_told() -> None:
    tws = TWS((AAPL, 8.0))

    def broken(*_: Any) -> None:
        raise OSError("the cable is out")

    tws.takes = broken
    tws.start()
    assert ["close AAPL: refused (the cable is out)", "not closed yet: AAPL"] == tws.said[-2:]
    assert tws.done == 1


def test_a_question_that_cant_be_asked_is_told_and_it_comes_to_an_end() -> None:
    tws = TWS((AAPL, 8.0))

    def broken(*_: Any) -> None:
        raise OSError("the cable is out")

    tws.on("reqPositions", broken)
    tws.start()
    assert "failed: the cable is out" == tws.said[0]
    assert (tws.sent, tws.done) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "primary", "rows", "expected"),
    [
        ("STK", "", [("LSE", "LSEETF"), ("SMART", "LSE")], ["LSE", "LSEETF", "SMART"]),
        ("STK", "", [("SMART", "NYSE", "IEX", "ARCA")], ["SMART", "NYSE", "IEX"]),
        ("STK", "", [("NYSE", "SMART", "ARCA")], ["SMART", "NYSE", "ARCA"]),
        ("STK", "LSE", [("SMART", "AMEX", "NYSE", "LSE")], ["SMART", "LSE", "AMEX"]),
        ("FUT", "", [("CME", "QBALGO")], ["CME", "QBALGO"]),
        ("CASH", "", [("IDEALPRO",)], ["IDEALPRO"]),
        ("STK", "", [], ["SMART"]),
    ],
)
def test_the_exchanges_that_are_tried(
    kind: str, primary: str, rows: list[tuple[str, ...]], expected: list[str]
) -> None:
    of = contract("X", kind)
    assert [each.exchange for each in routes(of, [details(of, *row, primary=primary) for row in rows])] == expected


# --- what mutants of flatten.py survived ---------------------------------------------------------------


@pytest.mark.parametrize(("code", "again"), [(10999, False), (321, True), (399, False)])
def test_only_what_refuses_an_order_has_it_sent_again(code: int, again: bool) -> None:
    """An unknown code about an order on its way decides nothing: sent once more, both might fill."""
    tws = TWS((AAPL, 8.0))

    def talk(orderId: int, of: Any, order: Any) -> None:
        if len(tws.orders) == 1:
            tws.tell("error", orderId, 0, code, "text", "")
        else:
            tws.fill(orderId, of, order)

    tws.takes = talk
    tws.start(seconds=STEP / 2)
    assert (len(tws.orders) == 2) is again


def test_where_nothing_was_filled_nobody_looks_again() -> None:
    tws = TWS((AAPL, 8.0))
    tws.takes = tws.refuse
    tws.start()
    assert tws.app is not None
    assert [name for name, _ in tws.asked].count("reqPositions") <= 1
    assert tws.done == 1


def test_an_order_is_sent_without_what_tws_refuses_of_old_clients() -> None:
    """9.81 sets eTradeOnly and firmQuoteOnly by itself, which TWS refuses with 10268 and 10269."""
    tws = TWS((AAPL, 8.0))
    tws.start()
    [(_, _, order)] = tws.orders
    assert (order.eTradeOnly, order.firmQuoteOnly) == (False, False)


def test_what_is_filled_in_small_parts_is_looked_at_three_times_and_then_told() -> None:
    """The rest of a part that was done counted as closed: "nothing is held", while 5 were."""
    tws = TWS((AAPL, 8.0))

    def one(orderId: int, of: Any, order: Any) -> None:
        known, before = tws.held[of.conId]
        tws.held[of.conId] = (known, before - 1.0)
        tws.status(orderId, "Cancelled", 1.0)

    tws.takes = one
    tws.start()
    assert tws.sent == ["SELL 8 AAPL SMART", "SELL 7 AAPL SMART", "SELL 6 AAPL SMART"]
    assert "not closed yet: AAPL" == tws.said[-1]


def test_a_notice_about_details_doesnt_stand_for_them() -> None:
    future = contract("ES", "FUT", 5)
    tws = TWS((future, 1.0))
    tws.rows[5] = [details(future, "CME")]

    def talk_first(reqId: int, of: Any) -> None:
        tws.tell("error", reqId, 0, 2104, "Market data farm connection is OK", "")
        tws.describe(reqId, of)

    tws.on("reqContractDetails", talk_first)
    tws.start()
    assert ["SELL 1 ES CME"] == tws.sent


def test_that_an_order_waits_is_told_after_five_seconds() -> None:
    tws = TWS((AAPL, 8.0))
    tws.takes = lambda orderId, of, order: tws.status(orderId, "PreSubmitted")
    tws.start(seconds=4.5)
    assert not any("waits at TWS" in text for text in tws.said)
    tws.pass_time(1)
    assert "close AAPL: waits at TWS (PreSubmitted)" in tws.said


def fill_of(orderId: int, units: float) -> Any:
    return SimpleNamespace(
        execId="a.01", orderId=orderId, permId=900 + orderId, clientId=1, side="SLD", acctNumber=ACCOUNT,
        shares=api.to_decimal(units), price=10.0, avgPrice=10.0, cumQty=api.to_decimal(units), time="", exchange="NYSE",
    )  # fmt: skip


@pytest.mark.parametrize("first", ["", "PreSubmitted", "Submitted"])
def test_what_only_its_execution_tells_of_is_done(first: str) -> None:
    """IB: orderStatus isn't guaranteed (orders_and_safety 3.2). The guard said nothing more, and never ended."""
    tws = TWS((AAPL, 8.0))

    def execute(orderId: int, of: Any, order: Any) -> None:
        if first:
            tws.status(orderId, first)
        tws.tell("execDetails", -1, of, fill_of(orderId, 8))
        tws.held.clear()

    tws.takes = execute
    tws.start()
    assert tws.said[-2:] == ["close AAPL: done, 8 at 10", f"nothing is held by {ACCOUNT}"]
    assert (len(tws.sent), tws.done) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "said"), [(None, "no answer"), ("PendingSubmit", "PendingSubmit"), ("Submitted", "Submitted")]
)
def test_an_order_that_isnt_filled_is_told_and_it_comes_to_an_end(answer: str | None, said: str) -> None:
    """A halted share's rests as Submitted; a TWS that is stuck says nothing at all."""
    tws = TWS((AAPL, 8.0))
    tws.takes = lambda orderId, of, order: None if answer is None else tws.status(orderId, answer)
    tws.start()
    assert tws.said[1:] == [f"close AAPL: waits at TWS ({said})", "not closed yet: AAPL"]
    assert (tws.sent, tws.done) == (["SELL 8 AAPL SMART"], 1)
    tws.fill(27, *tws.orders[0][1:])
    assert tws.said[-1] == "close AAPL: done, 8 at 10"
