"""When the market first meets an order: wakes it, or trades with it where it rests.

Rule: the answer comes from the one world's path, second by second, so an order fills at a quote that a stream of the
same instrument shows. The path is asked for in stretches, each of which costs one question, not one per second.
"""

from __future__ import annotations

from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .combos import seconds
from .order_types import Reached, type_of
from .triggers import twice

if TYPE_CHECKING:
    from ..instruments import Instrument
    from ..market import Market
    from .liquidity import Liquidity
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
    """The session that is open for an order at `t`, else the next one; in a halt it opens when that ends."""
    rth = instrument.secType in _REGULAR_ONLY and not outsideRth
    calendar = market.calendar
    near = calendar.latest if calendar.is_open(instrument.schedule, t, rth) else calendar.next
    _, opens, closes = near(instrument.schedule, t, rth)
    halt = market.halt(instrument, t)
    return Session(float(max(opens, halt.end) if halt else opens), float(closes))


def may_trade_outside(working: WorkingOrder) -> bool:
    """Whether outsideRth means something to the order: there are such hours, and its type can trade in them.

    LEAN-IB#225: a combination's never does.
    """
    kind = working.instrument.secType
    if kind in _ROUND_THE_CLOCK or kind == "BAG":
        return False
    return kind not in _REGULAR_ONLY or type_of(working).outside


def first(market: Market, working: WorkingOrder, reached: Reached, start: float, end: float) -> float | None:
    """The first instant of [start, end) at which `reached` holds, or None.

    The quote of a second is there from its beginning, so that of the second of `start` holds at `start` itself.
    """
    since = floor(start)
    quotes = seconds(market, working, since - (1 if twice(working.order.triggerMethod) else 0), end)
    found = np.flatnonzero(reached(working, quotes) & (quotes.time >= since))
    return max(float(quotes.time[found[0]]), start) if len(found) else None


class Touch(NamedTuple):
    """The market has come to a resting order: at `time`, at its price, with so much. `price` is None where a market
    opens beyond it: the order meets what is offered there."""

    time: float
    price: float | None
    size: float


def touch(market: Market, liquidity: Liquidity, working: WorkingOrder, start: float, end: float) -> Touch | None:
    """The first time that the market trades with an order that has rested since the second of `start`, or None.

    An order trades at the price at which it stood when a second began: with all that is offered there when the far
    side has come to it, else behind what was shown before it at that price (`working.queue`), as far as more than that
    has traded there. Between the best prices nobody sees it, and who moves with the quote loses his place each time.
    """
    quotes = seconds(market, working, floor(start), end)
    limit = type_of(working).limit
    if limit is None or len(quotes) < 2:
        return None
    limits = np.broadcast_to(limit(working, quotes), len(quotes))
    side, near, far = (1, quotes.bid, quotes.ask) if working.buys else (-1, quotes.ask, quotes.bid)
    grain = float(working.instrument.grain)
    stood, joined = limits[:-1], np.diff(quotes.time) == 1
    through = joined & (side * (far[1:] - stood) <= 0)
    opened = ~joined & (side * (far[1:] - limits[1:]) <= 0)
    here = (np.abs(quotes.last[1:] - stood) < working.instrument.minTick / 4) & (limits[1:] == stood)
    volume = np.where(joined & here & (side * (stood - near[1:]) <= 0), quotes.volume[1:] * grain, 0)
    edges = [0, *(np.flatnonzero(np.diff(stood)) + 1).tolist(), len(stood)]
    for begins, past in pairwise(edges):
        price = float(stood[begins])
        if price != working.stands and (volume[begins:past].any() or past == len(stood)):
            working.stands, working.queue = price, liquidity.ahead(working, price, float(quotes.time[begins]))
        traded = np.cumsum(volume[begins:past]) - working.queue
        found = np.flatnonzero(through[begins:past] | opened[begins:past] | (traded > 0))
        if len(found):
            at, working.stands = begins + int(found[0]), price
            time = max(float(quotes.time[at + 1]), start)
            if opened[at]:
                return Touch(time, None, 0.0)
            size = float(quotes.volume[at + 1] * grain if through[at] else min(traded[found[0]], volume[at]))
            return Touch(time, price, round(size, 8))
        working.queue = max(-float(traded[-1]), 0.0)
    return None
