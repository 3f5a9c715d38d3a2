"""What a scenario's `regime` makes of the market, over a few seeds."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ibnb.gateway.calendar import day_number
from ibnb.gateway.clock import Clock
from ibnb.gateway.engine import build_world
from ibnb.gateway.instruments import Instruments
from ibnb.gateway.market import Market, Regime
from ibnb.gateway.words import scenario_of

FIRST = date(2025, 6, 11)
INSTRUMENTS = Instruments(FIRST)
SPX, VIX, SPY = (next(i for i in INSTRUMENTS.listings if i.symbol == name) for name in ("SPX", "VIX", "SPY"))
SEEDS = range(1, 9)


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=ZoneInfo("America/New_York")).timestamp()


@cache
def market(seed: int, name: str | None) -> Market:
    return Market(seed, INSTRUMENTS, regime=Regime(name, day_number(FIRST)) if name else None)


def closes(name: str | None, instrument=SPX, last=(2025, 9, 11)) -> np.ndarray:
    """By seed, the closes since the day before the first."""
    bars = [market(seed, name).bars(instrument, "TRADES", "day", at(2025, 6, 10), at(*last)) for seed in SEEDS]
    return np.array([one.close for one in bars])


def deviation(name: str | None) -> float:
    return float(np.diff(np.log(closes(name)), axis=1).std() * 252**0.5)


def test_a_crash_falls_and_frightens():
    fall = np.log(closes("crash")[:, 13] / closes("crash")[:, 0])
    assert -0.5 < fall.mean() < -0.15
    assert fall.max() < 0
    fear = closes("crash", VIX)
    assert (fear[:, 8:13].max(axis=1) > 1.7 * fear[:, 0]).all()


def test_a_calm_market_moves_less_and_a_crash_more():
    assert deviation("calm") < 0.7 * deviation(None)
    assert deviation("crash") > 1.5 * deviation(None)
    assert (closes("calm", VIX)[:, 30:].mean(axis=1) < 1.05 * closes(None, VIX)[:, 30:].mean(axis=1)).mean() > 0.7


def test_a_trend_goes_on_and_chop_goes_nowhere():
    rise = np.log(closes("trend")[:, -1] / closes("trend")[:, 0])
    assert rise.mean() > 0.06
    returns = np.diff(np.log(closes("chop")), axis=1)
    weeks = np.add.reduceat(returns, range(0, returns.shape[1] - 10, 10), axis=1)
    assert weeks.var() < 0.6 * 10 * returns.var()


@pytest.mark.parametrize("name", ["calm", "crash", "trend", "chop"])
def test_what_was_before_is_as_it_was(name):
    for instrument in (SPX, SPY):
        before = [
            m.bars(instrument, "TRADES", 60, at(2025, 6, 9), at(2025, 6, 11))
            for m in (market(1, name), market(1, None))
        ]
        assert before[0].close.tolist() == before[1].close.tolist()


def test_a_regime_is_a_word():
    world = build_world(scenario_of("lesson", 0.0, regime="crash"), Clock(at(2025, 6, 11, 10)))
    plain = build_world(scenario_of("lesson", 0.0), Clock(at(2025, 6, 11, 10)))
    when = at(2025, 6, 24, 12)
    assert world.market.last_price(SPX, when) < 0.97 * plain.market.last_price(SPX, when)
    with pytest.raises(ValueError, match="no regime 'bubble'; there are 'calm', 'crash', 'trend', 'chop'"):
        scenario_of("lesson", 0.0, regime="bubble")
