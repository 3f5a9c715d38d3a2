"""Orders at work while shares split and pay."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ibnb.gateway import messages as m
from ibnb.gateway.scenario import Holding

from ..handlers.asking import AAPL
from ..handlers.trading import QUIET, Trader

NVDA, KO = replace(AAPL, symbol="NVDA"), replace(AAPL, symbol="KO")


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=ZoneInfo("America/New_York")).timestamp()


def opened(start: float, *positions: Holding) -> Trader:
    account = replace(QUIET.accounts[0], positions=positions, cash={"USD": 5_000_000.0})
    return Trader(scenario=replace(QUIET, start=start, moves=(), accounts=(account,)))


def test_a_split_cancels_the_orders_that_work_over_it() -> None:
    """IB on GTC: cancelled if a corporate action results in a stock split (forward or reverse)."""
    trader = opened(at(2024, 6, 7, 15))
    trader.place(1, "BUY", 5, "LMT", NVDA, lmtPrice=500.0, tif="GTC")
    trader.place(2, "SELL", 5, "STP", NVDA, auxPrice=500.0, tif="GTC")
    trader.place(3, "BUY", 5, "LMT", KO, lmtPrice=20.0, tif="GTC")
    before = len(trader.said)
    trader.world.clock.run_until(at(2024, 6, 10, 4))
    assert [trader.status(n) for n in (1, 2, 3)] == ["Cancelled", "Cancelled", "Submitted"]
    cancelled = [x for x in trader.said[before:] if isinstance(x, m.ErrorMessage) and x.code == 202]
    assert {x.id for x in cancelled} == {1, 2}
    assert not trader.world.orders.engine.fills


def test_an_order_placed_after_a_split_is_in_the_new_shares() -> None:
    trader = opened(at(2024, 6, 7, 15), Holding("NVDA", 10, 900.0))
    trader.world.clock.run_until(at(2024, 6, 10, 10))
    conId = trader.instrument(NVDA).conId
    assert trader.held(conId) == Decimal(100)
    trader.place(1, "SELL", 100, "MKT", NVDA)
    trader.wait_for(1, "Filled")
    (fill, *_) = trader.world.orders.engine.fills
    assert 100 < fill.details.execution.price < 300
    assert trader.held(conId) == 0
    realized = sum(fill.commission.realizedPNL for fill in trader.world.orders.engine.fills)
    paid = sum(
        fill.details.execution.shares * Decimal(str(fill.details.execution.price))
        for fill in trader.world.orders.engine.fills
    )
    fees = sum(fill.commission.commission for fill in trader.world.orders.engine.fills)
    assert abs(realized - (float(paid) - 9_000.0 - fees)) < 0.01


def test_clients_see_the_split_in_their_positions_and_the_dividend_in_their_account() -> None:
    trader = opened(at(2024, 6, 7, 15), Holding("NVDA", 10, 900.0))
    trader.ask(m.ReqPositions())
    trader.ask(m.ReqAccountUpdates(subscribe=True, acctCode=""))
    before = len(trader.said)
    trader.world.clock.run_until(at(2024, 6, 11, 10))
    told = trader.said[before:]
    positions = [x for x in told if isinstance(x, m.Position)]
    assert (positions[-1].position, positions[-1].avgCost) == (Decimal(100), 90.0)
    portfolio = [x for x in told if isinstance(x, m.UpdatePortfolio)]
    assert (portfolio[-1].position, portfolio[-1].averageCost) == (Decimal(100), 90.0)
    values = [x.val for x in told if isinstance(x, m.UpdateAccountValue) and x.key == "AccruedDividend"]
    assert values[-1] == "1.00"  # a cent a share, ex on the 11th
