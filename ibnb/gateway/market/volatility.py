"""How much the market expects prices to move: one number per underlying and day, bent by time and strike.

Rule: pure functions of (seed, underlying, day). Within a day an option's volatility doesn't change, so its price moves
with the underlying's in one direction only, and its extremes are at the underlying's.
"""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np

from ..instruments import Model
from .noise import bell, bits, stream

# Slow and quick waves: trading days' length in calendar days, and how much of the volatility they are.
_WAVES = ((63, 0.10), (17, 0.06))
_SMILE, _SKEW = 0.03, 0.03
_WIDEST = 3.0
_SHORTEST = 1 / 12


def level(seed: int, model: Model, day: int) -> float:
    """The expected volatility of an underlying on one day, per year, at the money and thirty days ahead.

    It is the model's own, by up to about a third higher or lower in slow waves.
    """
    total = 1.0
    for length, share in _WAVES:
        place, rest = divmod(day, length)
        a, b = bell(bits(stream(seed, model.key, "volatility", length), np.array([place, place + 1])))
        total += share * float(a + (b - a) * rest / length)
    return model.vol * total


def of_strike(atTheMoney: float, reference: float, strike: float, years: float) -> float:
    """The volatility of one strike: a mild smile, a little more below `reference` (the close before) than above."""
    term = 1 + 0.06 * exp(-4 * years)
    away = log(strike / reference) / (atTheMoney * sqrt(max(years, _SHORTEST)))
    away = min(max(away, -_WIDEST), _WIDEST)
    return atTheMoney * term * (1 + _SMILE * away * away - _SKEW * away)
