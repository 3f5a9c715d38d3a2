"""market 7 and issue 10: nobody earns by patience alone. Ten worlds, each with its own seed and no script."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.scenario import OrderRules

from ..handlers.asking import AAPL
from ..handlers.trading import QUIET, Trader, trading_world

ES = m.Contract(symbol="ES", secType="FUT", exchange="CME", lastTradeDateOrContractMonth="202509")
FORD = replace(AAPL, symbol="F")
EMPTY = (replace(QUIET.accounts[0], positions=()),)
SEEDS = range(1, 11)
ROUNDS = 8


def profit(trader: Trader) -> float:
    """What all fills came to, commissions paid; nothing may be left open."""
    total, held = 0.0, 0.0
    for fill in trader.world.orders.engine.fills:
        execution = fill.details.execution
        signed = float(execution.shares) * (1 if execution.side == "BOT" else -1)
        unit = trader.instrument(fill.details.contract).unit
        total -= signed * execution.price * unit + fill.commission.commission
        held += signed
    assert held == 0
    return total


def work(trader: Trader, orderId: int, action: str, size: float, patience: float, *order: Any) -> float:
    """Let an order rest so long; return what it has traded."""
    orderType, contract, fields = order
    trader.place(orderId, action, size, orderType, contract, **fields)
    trader.wait(patience)
    working = trader.world.orders.find(1, orderId)
    if not working.final:
        trader.cancel(orderId)
        trader.wait(1)
    return float(working.filled)


def patient(trader: Trader, contract: m.Contract, size: float, orderType: str, patience: float) -> None:
    """Buy at the bid, sell at the offer, both by waiting; what isn't sold in time goes at the market."""
    for n in range(ROUNDS):
        quote, first = trader.quote(contract), 3 * n + 1
        fields = {"lmtPrice": quote.bid} if orderType == "LMT" else {}
        bought = work(trader, first, "BUY", size, patience, orderType, contract, fields)
        if not bought:
            continue
        fields = {"lmtPrice": trader.quote(contract).ask} if orderType == "LMT" else {}
        sold = work(trader, first + 1, "SELL", bought, patience, orderType, contract, fields)
        if sold < bought:
            assert work(trader, first + 2, "SELL", bought - sold, 20, "MKT", contract, {}) == bought - sold


@pytest.mark.parametrize(
    ("contract", "size", "orderType", "patience"),
    [
        (AAPL, 200, "LMT", 15),
        (FORD, 1000, "LMT", 60),
        (ES, 1, "LMT", 10),
        (AAPL, 200, "PEG MID", 60),
    ],
)
def test_spread_capture_and_midpoint_pegs_earn_nothing(
    contract: m.Contract, size: float, orderType: str, patience: float
) -> None:
    results = []
    for seed in SEEDS:
        scenario = replace(QUIET, seed=seed, moves=(), accounts=EMPTY, orders=OrderRules(count_pending=False))
        trader = Trader(trading_world(scenario))
        patient(trader, contract, size, orderType, patience)
        results.append(profit(trader))
    t_value = np.mean(results) / (np.std(results, ddof=1) / len(results) ** 0.5)
    assert t_value < 3, results
