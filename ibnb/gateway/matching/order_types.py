"""What each order type waits for, and at what price it trades.

Rule: one row per type, no case elsewhere. A row's functions compare an order with quotes; quotes are either one
instant's or whole columns of them, so the same comparison finds the first instant at which it holds.
Sources: IB's order type pages; trigger methods from the API documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .order import Working

# Compares an order with quotes (bid, ask, last): a truth or a column of truths.
Reached = Callable[["Working", Any], Any]


@dataclass(frozen=True)
class OrderType:
    """`prices`: what the order must state. `trigger`: what wakes it (None: awake). `marketable`: when it trades."""

    prices: tuple[str, ...]
    marketable: Reached
    trigger: Reached | None = None

    @property
    def limited(self) -> bool:
        """Whether the order rests in the book while its price isn't met."""
        return "lmtPrice" in self.prices


def _side(working: Working, quotes: Any) -> Any:
    return quotes.ask if working.buys else quotes.bid


def _always(working: Working, quotes: Any) -> Any:
    return _side(working, quotes) > 0


def _at_limit(working: Working, quotes: Any) -> Any:
    limit = working.order.lmtPrice
    price = _side(working, quotes)
    return (price > 0) & ((price <= limit) if working.buys else (price >= limit))


# What a stop looks at, by the order's triggerMethod; 0 is the instrument's own: the last trade where there are trades.
_LAST, _BID_ASK, _LAST_OR_BID_ASK, _MIDPOINT = 2, 4, 7, 8
TRIGGER_METHODS = (0, _LAST, _BID_ASK, _LAST_OR_BID_ASK, _MIDPOINT)


def _beyond(working: Working, price: Any, stop: float) -> Any:
    return (price > 0) & ((price >= stop) if working.buys else (price <= stop))


def _at_stop(working: Working, quotes: Any) -> Any:
    stop = working.order.auxPrice
    assert stop is not None
    method = working.order.triggerMethod or (_LAST if working.instrument.trades else _BID_ASK)
    if method == _LAST:
        return _beyond(working, quotes.last, stop)
    if method == _BID_ASK:
        return _beyond(working, _side(working, quotes), stop)
    if method == _LAST_OR_BID_ASK:
        return _beyond(working, quotes.last, stop) | _beyond(working, _side(working, quotes), stop)
    return _beyond(working, (quotes.bid + quotes.ask) / 2, stop)


ORDER_TYPES: dict[str, OrderType] = {
    "MKT": OrderType((), _always),
    "LMT": OrderType(("lmtPrice",), _at_limit),
    "STP": OrderType(("auxPrice",), _always, trigger=_at_stop),
    "STP LMT": OrderType(("lmtPrice", "auxPrice"), _at_limit, trigger=_at_stop),
}

# Other spellings that TWS takes.
SPELLINGS = {"STPLMT": "STP LMT", "STP_LMT": "STP LMT", "MARKET": "MKT", "LIMIT": "LMT", "STOP": "STP"}

# What TWS knows and this gateway doesn't do.
# fmt: off
NOT_SIMULATED = frozenset((
    "TRAIL", "TRAIL LIMIT", "MIT", "LIT", "MOC", "LOC", "MTL", "MKT PRT", "STP PRT", "REL", "PEG MID", "PEG MKT",
    "PEG BENCH", "PEG BEST", "PEG STK", "MIDPRICE", "SNAP MKT", "SNAP MID", "SNAP PRIM", "BOX TOP", "VOL",
    "PASSV REL", "REL + LMT", "REL + MKT", "LMT + MKT",
))
# fmt: on


def named(orderType: str) -> str:
    """The type's usual spelling."""
    name = " ".join(orderType.upper().split())
    return SPELLINGS.get(name, name)


def price(working: Working, quote: Any) -> float:
    """What one instant's quote gives: the ask to a buyer, the bid to a seller."""
    return float(_side(working, quote))
