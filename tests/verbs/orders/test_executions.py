from __future__ import annotations

import math
from typing import Any

import pytest
from inside import core
from order_messages import NVDA, Commission, execution
from scripted import ScriptedTWS
from virtual import on_virtual_time

from ibnb import createContract, createOrder
from ibnb.ib.api import UNSET_DECIMAL, ComboLeg, OrderState, to_decimal

BUY = createOrder("BUY", 1, "MKT")


def test_executions_carry_their_commissions(tws: ScriptedTWS) -> None:
    def answer(reqId: int, wanted: Any) -> None:
        assert wanted.side == "BUY"
        tws.tell("execDetails", reqId, NVDA, execution(27, 1, 120.5))
        tws.tell("execDetailsEnd", reqId)
        # Not guaranteed to come before the end.
        tws.tell("commissionReport", Commission())

    tws.on("reqExecutions", answer)
    found = tws.app.getExecutions(side="buy")
    row = found.iloc[0]
    assert (row["side"], row["shares"], row["price"], row["commission"]) == ("BOT", 1.0, 120.5, 1.0)
    assert math.isnan(row["realizedPNL"])
    assert str(found.index[0]) == "2025-06-11 10:00:01-04:00"


def test_a_corrected_fill_replaces_the_first(tws: ScriptedTWS, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ibnb.verbs.orders.executions.GRACE", 0.01)
    tws.on(
        "reqExecutions",
        ("execDetails", "$id", NVDA, execution(27, 1, 120.5, "0000e0d5.1.01.01")),
        ("execDetails", "$id", NVDA, execution(27, 1, 120.4, "0000e0d5.1.01.02")),
        ("execDetailsEnd", "$id"),
    )
    found = tws.app.getExecutions()
    assert found["price"].tolist() == [120.4]
    assert math.isnan(found["commission"].iloc[0])
    assert found["commissionCurrency"].tolist() == [""]


@pytest.mark.parametrize(("after", "known"), [(1.0, True), (3.0, False)])
def test_a_commission_that_comes_after_the_fills_is_waited_for_for_two_seconds(
    tws: ScriptedTWS, after: float, known: bool
) -> None:
    clock = on_virtual_time(tws.app)

    def answer(reqId: int, _: Any) -> None:
        tws.tell("execDetails", reqId, NVDA, execution(27, 1, 120.5))
        tws.tell("execDetailsEnd", reqId)
        core(tws.app).clock.later(after, lambda: tws.tell("commissionReport", Commission()))

    tws.on("reqExecutions", answer)
    found = tws.app.getExecutions()
    assert math.isnan(found["commission"].iloc[0]) is not known
    assert clock.passed == min(after, 2.0)


def test_fills_are_returned_though_the_connection_is_lost_before_a_commission(tws: ScriptedTWS) -> None:
    clock = on_virtual_time(tws.app)

    def answer(reqId: int, _: Any) -> None:
        tws.tell("execDetails", reqId, NVDA, execution(27, 1, 120.5))
        tws.tell("execDetailsEnd", reqId)
        core(tws.app).clock.later(1.0, tws.app.disconnect)

    tws.on("reqExecutions", answer)
    found = tws.app.getExecutions()
    assert (1.0, 1) == (clock.passed, len(found))
    assert math.isnan(found["commission"].iloc[0])


def test_no_executions_have_the_same_columns(tws: ScriptedTWS) -> None:
    tws.on("reqExecutions", ("execDetailsEnd", "$id"))
    found = tws.app.getExecutions()
    assert len(found) == 0
    assert found["commission"].dtype == "float64"


def test_all_executions_are_asked_for_unless_they_are_narrowed_down(tws: ScriptedTWS) -> None:
    tws.on("reqExecutions", ("execDetailsEnd", "$id"))
    tws.app.getExecutions()
    wanted = tws.asked[-1][1][1]
    assert (wanted.symbol, wanted.side, wanted.acctCode) == ("", "", "")
    tws.app.getExecutions("NVDA", "SELL", "DU1234567")
    wanted = tws.asked[-1][1][1]
    assert (wanted.symbol, wanted.side, wanted.acctCode) == ("NVDA", "SELL", "DU1234567")


def test_completed_orders(tws: ScriptedTWS) -> None:
    state = OrderState()
    state.status, state.completedStatus, state.completedTime = "Filled", "Filled Size: 1", "20250611 10:00:01 EST"
    tws.on("reqCompletedOrders", ("completedOrder", NVDA, BUY, state), ("completedOrdersEnd",))
    found = tws.app.getCompletedOrders()
    assert found[["symbol", "status"]].values.tolist() == [["NVDA", "Filled"]]
    assert tws.asked == [("reqCompletedOrders", (False,))]
    assert found["lmtPrice"].isna().all()
    limit = createOrder("BUY", 3, "LMT", 212)
    state.status = "Cancelled"
    tws.on("reqCompletedOrders", ("completedOrder", NVDA, limit, state), ("completedOrdersEnd",))
    assert tws.app.getCompletedOrders()[["lmtPrice", "totalQuantity"]].values.tolist() == [[212.0, 3.0]]


def test_fills_that_were_heard_of_are_this_program_s_by_symbol(tws: ScriptedTWS) -> None:
    other, mine = execution(27, 2, 120.0, "0000e0d5.2.01.01"), execution(27, 1, 120.5)
    other.clientId = 2
    tws.tell("execDetails", -1, NVDA, other)
    tws.tell("execDetails", -1, NVDA, mine)
    assert tws.app.getFills()["price"].tolist() == tws.app.getFills("NVDA")["price"].tolist() == [120.5]
    assert len(tws.app.getFills("AAPL")) == 0


@pytest.mark.parametrize("total", [0, None])
@pytest.mark.parametrize(("status", "shown"), [("Filled", 2.0), ("Cancelled", math.nan)])
def test_a_completed_order_without_a_total_shows_what_was_filled(
    tws: ScriptedTWS, total: int | None, status: str, shown: float
) -> None:
    """Two of three were filled before the cancel, and two were called the whole order."""
    done, state = createOrder("BUY", 3), OrderState()
    done.totalQuantity = UNSET_DECIMAL if total is None else to_decimal(total)
    done.filledQuantity, state.status = to_decimal(2), status
    tws.on("reqCompletedOrders", ("completedOrder", NVDA, done, state), ("completedOrdersEnd",))
    found = tws.app.getCompletedOrders()
    assert found["totalQuantity"].tolist() == pytest.approx([shown], nan_ok=True)
    assert found["filled"].tolist() == [2.0]


def test_orders_say_what_they_trade(tws: ScriptedTWS) -> None:
    """Two options, a CFD and a spread were four times AAPL."""
    option, spread = createContract("AAPL", "OPT", conId=7), createContract("AAPL")
    option.lastTradeDateOrContractMonth, option.strike, option.right = "20250613", 195.0, "C"
    spread.secType, spread.comboLegs = "BAG", [ComboLeg(), ComboLeg()]
    for leg, conId, action in zip(spread.comboLegs, (7, 8), ("BUY", "SELL"), strict=True):
        leg.conId, leg.action, leg.ratio = conId, action, 1
    state, free = OrderState(), createOrder("BUY", 1)
    free.orderType, free.lmtPrice = "LMT", 0.0
    told = [("completedOrder", each, free, state) for each in (option, spread)]
    tws.on("reqCompletedOrders", *told, ("completedOrdersEnd",))
    tws.record("placeOrder")
    for each in (option, spread):
        tws.app.placeOrderNow(each, free)
    for table in (tws.app.getCompletedOrders(), tws.app.getBlotter()):
        assert table["secType"].tolist() == ["OPT", "BAG"]
        assert table["strike"].tolist() == pytest.approx([195.0, math.nan], nan_ok=True)
        assert table["comboLegs"].tolist() == ["", "BUY 1 of conId 7; SELL 1 of conId 8"]
        # A spread may be for nothing; nothing else has 0 as its limit.
        assert table["lmtPrice"].tolist() == pytest.approx([math.nan, 0.0], nan_ok=True)
