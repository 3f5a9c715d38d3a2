"""When the market first meets an order.

Rule: the answer comes from the one world's path, second by second, so an order fills at a quote that a stream of the
same instrument shows. The path is asked for in stretches, each of which costs one question, not one per second.
"""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .combos import seconds
from .order_types import Reached
from .triggers import twice

if TYPE_CHECKING:
    from ..instruments import Instrument
    from ..market import Market
    from .order import WorkingOrder

# A quarter of an hour: long enough to be cheap, short enough that an order which fills soon is found soon.
STRETCH = 900.0

# Stocks and options trade outside regular hours only if the order says so; what else there is knows no such hours.
_REGULAR_ONLY = frozenset({"STK", "OPT", "WAR", "BOND", "FUND", "BAG"})
_ROUND_THE_CLOCK = frozenset({"CASH", "CMDTY", "CFD", "CRYPTO"})


class Session(NamedTuple):
    """When an order can trade: epoch seconds."""

    open: float
    close: float


def session(market: Market, instrument: Instrument, outsideRth: bool, t: float) -> Session:
    """The session that is open for an order at `t`, else the next one."""
    rth = instrument.secType in _REGULAR_ONLY and not outsideRth
    calendar = market.calendar
    near = calendar.latest if calendar.is_open(instrument.schedule, t, rth) else calendar.next
    _, opens, closes = near(instrument.schedule, t, rth)
    return Session(float(opens), float(closes))


def knows_hours(instrument: Instrument) -> bool:
    """Whether there are hours outside the regular ones."""
    return instrument.secType not in _ROUND_THE_CLOCK


def first(market: Market, working: WorkingOrder, reached: Reached, start: float, end: float) -> float | None:
    """The first instant of [start, end) at which `reached` holds, or None.

    The quote of a second is there from its beginning, so that of the second of `start` holds at `start` itself.
    """
    since = floor(start)
    quotes = seconds(market, working, since - (1 if twice(working.order.triggerMethod) else 0), end)
    found = np.flatnonzero(reached(working, quotes) & (quotes.time >= since))
    return max(float(quotes.time[found[0]]), start) if len(found) else None
