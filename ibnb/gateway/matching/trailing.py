"""A stop that follows the market: by an amount or by a percentage, in one direction only.

Rule: the stop is the best of what it was and of what each second's price makes of it; so where it stands at any
instant follows from where it stood at an earlier one and the path between.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .triggers import watched

if TYPE_CHECKING:
    from .order import WorkingOrder


def behind(working: WorkingOrder, price: Any) -> Any:
    """Where a price puts the stop, on the tick: above it for a buyer, below for a seller."""
    order, instrument, side = working.order, working.instrument, 1 if working.buys else -1
    away = price * (order.trailingPercent / 100) if order.trailingPercent else order.auxPrice or 0.0
    return np.round(np.rint((price + side * away) / instrument.minTick) * instrument.minTick, instrument.decimals + 1)


def stops(working: WorkingOrder, quotes: Any) -> Any:
    """Where the stop stands in each of these seconds."""
    price = watched(working.order.triggerMethod, working.instrument, working.buys, quotes)
    level = behind(working, price)
    follow = np.fmin if working.buys else np.fmax
    level = follow.accumulate(level) if len(level) else level
    return level if working.trail is None else follow(level, working.trail)


def follow(working: WorkingOrder, quotes: Any) -> None:
    """Move the stop to where it stands after these seconds; a limit that is tied to it moves along."""
    levels = stops(working, quotes)
    if len(levels) and levels[-1] == levels[-1]:
        settle(working, float(levels[-1]))


def settle(working: WorkingOrder, level: float) -> None:
    """Put the stop there."""
    instrument, order = working.instrument, working.order
    working.trail = level
    if order.orderType == "TRAIL LIMIT" and order.lmtPriceOffset is not None:
        limit = working.trail + (order.lmtPriceOffset if working.buys else -order.lmtPriceOffset)
        working.order = replace(order, lmtPrice=instrument.price(round(limit / instrument.minTick)))
