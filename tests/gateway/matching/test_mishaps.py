"""What can be staged to go wrong with orders (design 2.8), through real sessions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.engine import Engine
from ibnb.gateway.scenario import LESSON
from ibnb.gateway.script import read_script
from tests.gateway.talking import Talk, codes, engine_of

AAPL = m.Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
MKT = m.Order(action="BUY", totalQuantity=Decimal(10), orderType="MKT", tif="DAY")
LMT = replace(MKT, orderType="LMT", lmtPrice=50.0)


def of(kind: type, answers: list[Any]) -> list[Any]:
    return [answer for answer in answers if isinstance(answer, kind)]


def order(orderId: int, order: m.Order = MKT) -> m.PlaceOrder:
    return m.PlaceOrder(orderId=orderId, contract=AAPL, order=replace(order, orderId=orderId))


def near(orderId: int, limit: float = 0.0, quantity: int = 10) -> m.PlaceOrder:
    """A limit order."""
    return order(orderId, replace(MKT, orderType="LMT", lmtPrice=limit, totalQuantity=Decimal(quantity), tif="GTC"))


def told(answers: list[Any]) -> list[str]:
    """The news of orders by kind, in order."""
    kinds = (m.OpenOrder, m.OrderStatus, m.ExecDetails, m.CommissionReport)
    return [type(answer).__name__ for answer in answers if isinstance(answer, kinds)]


def bid(talk: Talk) -> float:
    ticks = talk.ask(m.ReqMktData(reqId=99, contract=AAPL, snapshot=True))
    return float(next(tick.price for tick in of(m.TickPrice, ticks + talk.wait(12)) if tick.tickType == 1))


def held(engine: Engine) -> Decimal:
    talk = Talk(engine, 77)
    [row] = [row for row in of(m.Position, talk.ask(m.ReqPositions())) if row.contract.symbol == "AAPL"]
    talk.session.close()
    return Decimal(row.position)


def test_a_change_may_become_a_second_order_with_another_perm_id() -> None:
    """nautilus_trader#4564."""
    engine = engine_of()
    talk = Talk(engine, 1)
    talk.ask(near(1, 50.0))
    talk.wait(1)
    engine.faults.second_perm_id()
    talk.ask(near(1, 60.0))
    talk.wait(1)
    shown = of(m.OpenOrder, talk.ask(m.ReqOpenOrders()))
    assert [(1, 50.0), (1, 60.0)] == [(row.orderId, row.order.lmtPrice) for row in shown]
    assert 2 == len({row.order.permId for row in shown})
    talk.ask(m.CancelOrder(orderId=1))
    gone = of(m.OrderStatus, talk.wait(1))[-1]
    assert ("Cancelled", shown[1].order.permId) == (gone.status, gone.permId)
    [left] = of(m.OpenOrder, talk.ask(m.ReqOpenOrders()))
    assert shown[0].order.permId == left.order.permId
    talk.ask(near(1, 70.0))  # the id's own order has ended: too late for a change
    talk.ask(m.ReqGlobalCancel())
    talk.wait(1)
    assert [] == of(m.OpenOrder, talk.ask(m.ReqOpenOrders()))


def test_both_orders_of_one_id_fill_and_the_account_has_both() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    before = held(engine)
    price = bid(talk)
    talk.ask(near(1, round(price - 0.05, 2)))
    talk.wait(0.2)
    engine.faults.second_perm_id()
    talk.ask(near(1, round(price + 1, 2), 15))
    filled = of(m.ExecDetails, talk.wait(4000))
    assert 25 == sum(fill.execution.shares for fill in filled)
    assert 2 == len({fill.execution.permId for fill in filled})
    assert {1} == {fill.execution.orderId for fill in filled}
    assert 25 == held(engine) - before


def test_a_second_order_of_a_childs_id_is_the_parents_child_too() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    talk.ask(near(1, 50.0), order(2, replace(LMT, action="SELL", lmtPrice=900.0, parentId=1, tif="GTC")))
    talk.wait(1)
    engine.faults.second_perm_id()
    talk.ask(order(2, replace(LMT, action="SELL", lmtPrice=800.0, parentId=1, tif="GTC")))
    talk.ask(m.CancelOrder(orderId=1))
    talk.wait(1)
    assert [] == of(m.OpenOrder, talk.ask(m.ReqOpenOrders()))


def test_an_order_may_trade_after_its_cancel_was_confirmed() -> None:
    """pysystemtrade#1580."""
    engine = engine_of()
    talk = Talk(engine, 1)
    before = held(engine)
    talk.ask(near(1, round(bid(talk) - 0.05, 2)))
    talk.wait(0.2)
    engine.faults.fill_after_cancel()
    talk.ask(m.CancelOrder(orderId=1))
    confirmed = talk.wait(0.5)
    assert "Cancelled" == of(m.OrderStatus, confirmed)[-1].status
    assert [202] == codes(confirmed)
    assert [] == of(m.OpenOrder, talk.ask(m.ReqOpenOrders()))
    late = talk.wait(4000)
    assert {"ExecDetails", "CommissionReport"} == set(told(late))
    assert 10 == sum(fill.execution.shares for fill in of(m.ExecDetails, late))
    assert 10 == held(engine) - before
    [row] = of(m.CompletedOrder, talk.ask(m.ReqCompletedOrders(apiOnly=True)))
    assert ("Cancelled", 10) == (row.orderState.status, row.order.filledQuantity)
    assert [10148] == codes(talk.ask(m.CancelOrder(orderId=1)))
    talk.ask(near(2, 50.0), m.CancelOrder(orderId=2))
    assert "Cancelled" == of(m.OrderStatus, talk.wait(1))[-1].status
    assert [] == of(m.ExecDetails, talk.wait(60))


def test_an_unheard_cancel_of_a_days_order_ends_with_the_day() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.fill_after_cancel()
    talk.ask(order(1, LMT), m.CancelOrder(orderId=1))
    talk.wait(1)
    assert 1 == len(of(m.CompletedOrder, talk.ask(m.ReqCompletedOrders(apiOnly=True))))
    talk.wait(24 * 3600)
    assert [] == list(engine.world.orders.engine)


def test_an_execution_may_come_before_its_open_order() -> None:
    """nautilus_trader#3949."""
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.execution_first()
    assert [] == told(talk.ask(order(1)))
    assert ["ExecDetails", "OpenOrder", "OrderStatus", "CommissionReport"] == told(talk.wait(5))[:4]
    assert ["OpenOrder", "OrderStatus"] == told(talk.ask(order(2)))


def test_an_untold_order_that_ends_is_told_of() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.execution_first()
    said = talk.ask(near(1, 50.0), m.CancelOrder(orderId=1)) + talk.wait(1)
    assert ["PendingCancel", "Cancelled"] == [row.status for row in of(m.OrderStatus, said)]


def test_an_execution_may_name_nobodys_order() -> None:
    """nautilus_trader#4970."""
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.stray_execution()
    engine.faults.stray_execution(4711)
    talk.ask(order(1))
    said = talk.wait(5)
    talk.ask(order(2))
    said += talk.wait(5)
    fills = of(m.ExecDetails, said)
    assert [0, 4711] == [fill.execution.orderId for fill in fills][:2]
    perms = {row.permId for row in of(m.OrderStatus, said)}
    assert perms == {fill.execution.permId for fill in fills}
    asked = of(m.ExecDetails, talk.ask(m.ReqExecutions(reqId=5)))
    assert [fill.execution.orderId for fill in fills] == [fill.execution.orderId for fill in asked]


def commissions(talk: Talk, seconds: float) -> list[float]:
    return [report.commission for report in of(m.CommissionReport, talk.wait(seconds))]


@pytest.mark.parametrize(
    ("stage", "soon", "later"),
    [
        (lambda f: f.late_commission(30), [], [1.0]),
        (lambda f: f.lose_commission(), [], []),
        (lambda f: f.unknown_commission(), [-1.0], []),
        (lambda f: f.unknown_commission(30), [-1.0], [1.0]),
    ],
)
def test_a_commission_may_be_late_absent_or_unknown(stage: Any, soon: list[float], later: list[float]) -> None:
    """nautilus_trader#4228."""
    engine = engine_of()
    talk = Talk(engine, 1)
    stage(engine.faults)
    talk.ask(order(1, replace(MKT, totalQuantity=Decimal(1))))
    assert soon == commissions(talk, 5)
    [asked] = of(m.CommissionReport, talk.ask(m.ReqExecutions(reqId=5)))
    assert 1.0 == asked.commission
    assert later == commissions(talk, 60)
    talk.ask(order(2, replace(MKT, totalQuantity=Decimal(1))))
    assert [1.0] == commissions(talk, 5)


def test_fills_may_be_fractional() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.partial_fills(0.5, 2.25)
    talk.ask(order(1))
    said = talk.wait(10)
    assert [Decimal("0.5"), Decimal("2.25")] == [fill.execution.shares for fill in of(m.ExecDetails, said)][:2]
    first = of(m.OrderStatus, said)[-1]
    rows = {(row.filled, row.remaining) for row in of(m.OrderStatus, said)}
    assert {(Decimal("0.5"), Decimal("9.5")), (Decimal("2.75"), Decimal("7.25"))} <= rows
    assert (10, 0) == (first.filled, first.remaining)


SCRIPT = """
[[fault]]
time = 1
name = "fill_after_cancel"

[[fault]]
time = 1
name = "second_perm_id"

[[fault]]
time = 1
name = "stray_execution"
arguments = [99]

[[fault]]
time = 1
name = "unknown_commission"
arguments = [5, 2]
"""


def test_a_script_stages_them_by_name(tmp_path: Path) -> None:
    file = tmp_path / "script.toml"
    file.write_text(SCRIPT)
    engine = engine_of(read_script(file, LESSON))
    talk = Talk(engine, 1)
    talk.wait(2)
    talk.ask(order(1, replace(MKT, totalQuantity=Decimal(1))))
    said = talk.wait(2)
    assert [99] == [fill.execution.orderId for fill in of(m.ExecDetails, said)]
    assert [-1.0] == [report.commission for report in of(m.CommissionReport, said)]
    assert [1.0] == commissions(talk, 10)
    talk.ask(near(2, 50.0), m.CancelOrder(orderId=2))
    talk.wait(2)
    assert [] == of(m.OpenOrder, talk.ask(m.ReqOpenOrders()))
    assert [2] == [working.orderId for working in engine.world.orders.engine]
