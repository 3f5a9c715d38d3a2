"""Bars as TWS tells them when it is asked: per share as it is then, and for ADJUSTED_LAST less the dividends since.

Rule: a bar that was asked for before a split and one asked for after say the same of the same trades, in other shares.
A dividend takes its share of the close before it, and of all prices before that, so returns are those of whoever holds
the share and buys more for each dividend (the usual way: CRSP's).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..calendar import DAY
from ..instruments import Instrument
from .actions import Actions
from .bars import Sums, adjusted
from .noise import Floats, Ints

PreviousClose = Callable[[Instrument, float], float]


def as_told(
    actions: Actions, previous_close: PreviousClose, instrument: Instrument, what: str, sums: Sums, asked: float
) -> Sums:
    """What is known of some minutes or days, told when somebody asks."""
    if not len(sums):
        return sums
    # A day's time is midnight UTC, before it begins.
    time = sums.time + np.where(sums.time % DAY, 0, DAY // 2)
    shares = actions.split(instrument, time, asked)
    by = shares
    if what == "ADJUSTED_LAST":
        by = by * _taken(actions, previous_close, instrument, time, asked)
    return sums if (by == 1).all() else adjusted(sums, by, shares)


def _taken(actions: Actions, previous_close: PreviousClose, instrument: Instrument, time: Ints, asked: float) -> Floats:
    """By how much prices are divided for the dividends since."""
    due = actions.dividends(instrument, float(time[0]) - DAY, asked)
    factors = [1.0]
    for each in due:
        before = previous_close(instrument, each.ex)
        factors.append(before / (before - each.amount * instrument.priceMagnifier))
    level = np.cumprod(factors)
    return np.asarray(level[-1] / level[np.searchsorted([each.ex for each in due], time, "right")], np.float64)
