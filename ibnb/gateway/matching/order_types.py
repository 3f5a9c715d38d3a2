"""What each order type must state, what wakes it, and the price at which it meets the book.

Rule: one row per type, no case elsewhere. A row's functions compare an order with quotes; quotes are either one
instant's or whole columns of them, so the same comparison finds the first instant at which it holds.
Sources: IB's order type pages; those that may trade outside regular hours: Lean#5360 and TWS's own check box.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import trailing
from .triggers import reached

if TYPE_CHECKING:
    from .order import WorkingOrder

# Compares an order with quotes (bid, ask, last): a truth or a column of truths.
Reached = Callable[["WorkingOrder", Any], Any]
Price = Callable[["WorkingOrder", Any], Any]


# Triggers


def _stopped(working: WorkingOrder, quotes: Any) -> Any:
    order = working.order
    return reached(order.triggerMethod, working.instrument, working.buys, quotes, order.auxPrice)


def _touched(working: WorkingOrder, quotes: Any) -> Any:
    order = working.order
    return reached(order.triggerMethod, working.instrument, not working.buys, quotes, order.auxPrice)


def _trailed(working: WorkingOrder, quotes: Any) -> Any:
    stops = trailing.stops(working, quotes)
    return reached(working.order.triggerMethod, working.instrument, working.buys, quotes, stops)


# Limits: the worst price at which an order trades. A pegged order's follows the quote.


def _own(working: WorkingOrder, quotes: Any) -> Any:
    return working.order.lmtPrice


def _best_offer(working: WorkingOrder, quotes: Any) -> Any:
    if working.order.lmtPrice is not None:
        return working.order.lmtPrice
    return quotes.ask if working.buys else quotes.bid


def _capped(working: WorkingOrder, price: Any) -> Any:
    half, cap = working.instrument.minTick / 2, working.order.lmtPrice
    price = np.round(np.rint(price / half) * half, working.instrument.decimals + 2)
    if not cap:
        return price
    return np.minimum(price, cap) if working.buys else np.maximum(price, cap)


def _midpoint(working: WorkingOrder, quotes: Any) -> Any:
    return _capped(working, (quotes.bid + quotes.ask) / 2)


def _below_midpoint(working: WorkingOrder, quotes: Any) -> Any:
    away = working.order.auxPrice or 0.0
    return _capped(working, (quotes.bid + quotes.ask) / 2 - (away if working.buys else -away))


def _primary(working: WorkingOrder, quotes: Any) -> Any:
    order, own = working.order, quotes.bid if working.buys else quotes.ask
    more = order.auxPrice if order.auxPrice else own * (order.percentOffset or 0.0)
    return _capped(working, own + (more if working.buys else -more))


_STOCKS, _FUTURES = frozenset({"STK"}), frozenset({"FUT", "FOP"})
_LISTED = frozenset({"STK", "OPT", "FUT", "FOP", "WAR"})
# What has more than market and limit orders: neither crypto nor combinations.
_MOST = _LISTED | {"CASH", "CMDTY", "CFD", "BOND", "FUND"}


@dataclass(frozen=True)
class OrderType:
    """One row.

    `prices`: what the order must state. `trigger`: what wakes it (None: awake). `limit`: its worst price (None: any),
    and `limited`: it rests in the book from the start. `auction`: it trades at the close only. `outside`: it may trade
    outside regular hours. `starts`, `ends`: conditions may submit it, may cancel it. `adjusts`: "from" if the market
    can make another stop of it, "into" if it can become one, or both. `kinds`: the secTypes that have it (None: all);
    `token`: its name in a contract's orderTypes; `also`: other spellings that TWS takes.
    """

    prices: tuple[str, ...] = ()
    limit: Price | None = None
    trigger: Reached | None = None
    limited: bool = False
    trails: bool = False
    stops: bool = False
    auction: str = ""
    outside: bool = False
    starts: bool = False
    ends: bool = False
    adjusts: tuple[str, ...] = ()
    kinds: frozenset[str] | None = None
    token: str = ""
    also: tuple[str, ...] = ()


_FROM, _INTO = "from", "into"
_LIMIT, _STOP = ("lmtPrice",), ("auxPrice",)
_BOTH = (*_LIMIT, *_STOP)

# fmt: off
ORDER_TYPES: dict[str, OrderType] = {
    "MKT": OrderType(starts=True, also=("MARKET",)),
    "LMT": OrderType(_LIMIT, _own, limited=True, outside=True, starts=True, ends=True, also=("LIMIT",)),
    "STP": OrderType(
        _STOP, trigger=_stopped, stops=True, outside=True, adjusts=(_FROM, _INTO), kinds=_MOST, also=("STOP",)
    ),
    "STP LMT": OrderType(
        _BOTH, _own, _stopped, limited=True, stops=True, outside=True, adjusts=(_FROM, _INTO),
        kinds=_MOST, also=("STPLMT", "STP_LMT"),
    ),
    "MIT": OrderType(_STOP, trigger=_touched, kinds=_MOST),
    "LIT": OrderType(_BOTH, _own, _touched, limited=True, outside=True, kinds=_MOST),
    "TRAIL": OrderType(trigger=_trailed, trails=True, stops=True, outside=True, adjusts=(_INTO,), kinds=_MOST),
    "TRAIL LIMIT": OrderType(
        (), _own, _trailed, limited=True, trails=True, stops=True, outside=True, adjusts=(_INTO,),
        kinds=_MOST, token="TRAILLMT", also=("TRAILLMT", "TRAIL LMT", "TRAIL_LIMIT", "TRAILLIMIT"),
    ),
    "MOC": OrderType(auction="close", kinds=_STOCKS),
    "LOC": OrderType(_LIMIT, _own, limited=True, auction="close", kinds=_STOCKS),
    "MTL": OrderType(limit=_best_offer, kinds=_LISTED),
    "MKT PRT": OrderType(kinds=_FUTURES),
    "STP PRT": OrderType(_STOP, trigger=_stopped, stops=True, kinds=_FUTURES),
    "REL": OrderType(limit=_primary, limited=True, outside=True, starts=True, kinds=_LISTED, also=("RELATIVE",)),
    "MIDPRICE": OrderType(
        limit=_midpoint, limited=True, starts=True, ends=True, kinds=_STOCKS, token="MIDPX", also=("MIDPX",)
    ),
    "PEG MID": OrderType(limit=_below_midpoint, limited=True, outside=True, kinds=_STOCKS, also=("PEGMID", "PEG_MID")),
}

# What TWS knows and this gateway doesn't do.
NOT_SIMULATED = frozenset((
    "PEG MKT", "PEG BENCH", "PEG BEST", "PEG STK", "SNAP MKT", "SNAP MID", "SNAP PRIM", "BOX TOP", "VOL",
    "PASSV REL", "REL + LMT", "REL + MKT", "LMT + MKT", "TRAIL MIT", "TRAIL LIT",
))

# What else may be done with orders, in the words of contractDetails: everywhere, and in addition by secType.
_ATTRIBUTES = "ACTIVETIM COND DAY GAT GTC GTD IOC OCA WHATIF"
_MORE_ATTRIBUTES = {"STK": "CASHQTY OPG", "CASH": "CASHQTY", "CRYPTO": "CASHQTY"}
# fmt: on

_SPELLINGS = {spelling: name for name, row in ORDER_TYPES.items() for spelling in row.also}


def type_of(working: WorkingOrder) -> OrderType:
    """The row of an order as it is now."""
    return ORDER_TYPES[working.order.orderType]


def waits_for_trigger(working: WorkingOrder) -> bool:
    """Whether something must wake the order before it meets the market."""
    return type_of(working).trigger is not None and not working.triggered


def named(orderType: str) -> str:
    """The type's usual spelling."""
    name = " ".join(orderType.upper().split())
    return _SPELLINGS.get(name, name)


def token(name: str) -> str:
    """How a contract's orderTypes call a type."""
    return ORDER_TYPES[name].token or name.replace(" ", "")


def tokens(secType: str) -> str:
    """What orders may be placed for a kind of instrument, in the words of contractDetails."""
    if secType in ("IND", "CONTFUT"):
        return ""
    types = [token(name) for name, row in ORDER_TYPES.items() if row.kinds is None or secType in row.kinds]
    return ",".join(sorted([*types, *_ATTRIBUTES.split(), *_MORE_ATTRIBUTES.get(secType, "").split()]))


def stated(working: WorkingOrder) -> float | None:
    """The worst price that the order itself allows, as far as it says: its limit, else its stop."""
    row = type_of(working)
    if row.limited and working.order.lmtPrice:
        return working.order.lmtPrice
    if row.trails:
        return working.trail
    return working.order.auxPrice if "auxPrice" in row.prices else None
