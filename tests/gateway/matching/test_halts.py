"""Shares that don't trade for a while: what is quoted, what is told, and what becomes of orders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.handlers import market_data  # noqa: F401  registers its handlers
from ibnb.gateway.scenario import LESSON, Halt, Move, new_york, pauses

from ..handlers.asking import AAPL
from ..handlers.trading import QUIET, Trader, told

BEGINS, ENDS = new_york(10, 5), new_york(10, 10)
MOVE = Move("AAPL", BEGINS, 1.08)
SCENARIO = replace(QUIET, moves=(MOVE,), halts=pauses((MOVE,)))
MSFT = replace(AAPL, symbol="MSFT")


@pytest.fixture
def trader() -> Trader:
    return Trader(scenario=SCENARIO)


def fills(said: list[Any]) -> list[m.Execution]:
    return [x.execution for x in said if isinstance(x, m.ExecDetails)]


def test_a_large_move_makes_a_pause_of_five_minutes() -> None:
    assert pauses((MOVE, Move("KO", BEGINS, 1.01))) == (Halt("AAPL", BEGINS, 300, 2),)
    moved = replace(LESSON, halts=SCENARIO.halts).at(LESSON.start + 3600)
    assert moved.halts == (Halt("AAPL", BEGINS + 3600, 300, 2),)
    for wrong in ({"time": BEGINS + 1}, {"seconds": 90}, {"kind": 3}):
        with pytest.raises(ValueError, match="halt"):
            Halt(**({"symbol": "AAPL", "time": BEGINS} | wrong))


def test_in_a_halt_nobody_trades_and_the_move_is_seen_when_it_ends(trader: Trader) -> None:
    market, apple = trader.world.market, trader.instrument()
    before, within, after = (market.quote(apple, t) for t in (BEGINS - 1, BEGINS + 100, ENDS + 1))
    assert (within.bid, within.ask, within.last) == (None, None, before.last)
    assert after.last == pytest.approx(before.last * 1.08, rel=0.01)
    assert [x for x in market.ticks(apple, BEGINS - 60, ENDS + 60) if BEGINS <= x.time < ENDS] == []
    minutes = market.bars(apple, "TRADES", 60, BEGINS - 120, ENDS + 120)
    assert not ((minutes.time >= BEGINS) & (minutes.time < ENDS)).any()
    assert len(minutes) == 4
    (hour,) = market.bars(apple, "TRADES", 3600, new_york(10), new_york(11)).high
    assert hour == max(market.bars(apple, "TRADES", 60, new_york(10), new_york(11)).high)
    assert len(market.seconds(trader.instrument(MSFT), BEGINS, ENDS)) == 300


def test_options_on_it_are_halted_too(trader: Trader) -> None:
    call = m.Contract(
        symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", lastTradeDateOrContractMonth="20250620",
        strike=200.0, right="C",
    )  # fmt: skip
    option = trader.instrument(call)
    market = trader.world.market
    assert market.quote(option, BEGINS - 1).ask
    assert market.quote(option, BEGINS + 100).ask is None
    assert market.quote(option, ENDS + 1).ask > market.quote(option, BEGINS - 1).ask
    assert np.isin(market.seconds(option, BEGINS - 5, ENDS + 5).time, [*range(BEGINS, ENDS)]).sum() == 0


def test_tick_49_says_so_and_says_when_it_is_over(trader: Trader) -> None:
    trader.ask(m.ReqMktData(reqId=1, contract=AAPL))
    trader.wait(900)
    said = [x.value for x in trader.said if isinstance(x, m.TickGeneric) and x.tickType == 49]
    assert said == [0.0, 2.0, 0.0]


def test_a_regulators_halt_is_a_one() -> None:
    trader = Trader(scenario=replace(QUIET, moves=(), halts=(Halt("AAPL", BEGINS, 600, 1),)))
    trader.ask(m.ReqMktData(reqId=1, contract=AAPL))
    trader.wait(400)
    assert [x.value for x in trader.said if isinstance(x, m.TickGeneric) and x.tickType == 49] == [0.0, 1.0]


def test_a_book_ends_with_316_and_may_be_asked_for_again(trader: Trader) -> None:
    ask = m.ReqMktDepth(reqId=2, contract=AAPL, numRows=5, isSmartDepth=True)
    trader.ask(ask)
    trader.wait(310)
    errors = [x for x in trader.said if isinstance(x, m.ErrorMessage) and x.id == 2]
    assert (errors[-1].code, "HALTED" in errors[-1].message) == (316, True)
    again = trader.ask(ask)
    assert not [x for x in again if isinstance(x, m.UpdateMktDepthL2)]
    trader.wait(400)
    assert [x for x in trader.said if isinstance(x, m.UpdateMktDepthL2)]


@pytest.mark.parametrize("orderType", ["MKT", "LMT", "STP"])
def test_orders_placed_in_a_halt_are_held_and_released_after(trader: Trader, orderType: str) -> None:
    trader.wait(360)
    last = trader.world.market.last_price(trader.instrument(), BEGINS)
    prices = {"LMT": {"lmtPrice": round(last * 1.2, 2)}, "STP": {"auxPrice": round(last * 1.02, 2)}}
    said = trader.place(1, orderType=orderType, **prices.get(orderType, {}))
    held = " (trigger)" if orderType == "STP" else ""
    assert told(said) == ["openOrder 1 PreSubmitted", f"orderStatus 1 PreSubmitted{held}"]
    trader.world.clock.run_until(ENDS - 1)
    assert trader.status(1) == "PreSubmitted"
    (fill,) = fills(trader.wait_for(1, "Filled"))
    assert ENDS <= fill.time < ENDS + 5
    assert fill.price == pytest.approx(last * 1.08, rel=0.01)


def test_an_order_that_rests_when_a_halt_begins_meets_the_market_that_opens(trader: Trader) -> None:
    """A sell limit 3 % away, in a move of 8 %: it gets what is bid when trading resumes, and not its limit."""
    last = trader.world.market.last_price(trader.instrument(), trader.world.clock.now())
    limit = round(last * 1.03, 2)
    trader.place(1, "SELL", 10, "LMT", lmtPrice=limit)
    trader.world.clock.run_until(ENDS - 1)
    assert trader.status(1) == "Submitted"
    (fill,) = fills(trader.wait_for(1, "Filled"))
    assert fill.time >= ENDS
    assert fill.price > limit * 1.02


def test_an_order_can_be_cancelled_in_a_halt(trader: Trader) -> None:
    trader.wait(360)
    trader.place(1)
    trader.cancel(1)
    trader.wait(2)
    assert trader.status(1) == "Cancelled"
