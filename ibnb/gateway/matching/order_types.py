"""What each order type waits for, and at what price it trades.

Rule: one row per type, no case elsewhere. A row's functions compare an order with quotes; quotes are either one
instant's or whole columns of them, so the same comparison finds the first instant at which it holds.
Sources: IB's order type pages.
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


def _side(working: WorkingOrder, quotes: Any) -> Any:
    return quotes.ask if working.buys else quotes.bid


def _at(working: WorkingOrder, price: Any, limit: Any) -> Any:
    return (price <= limit) if working.buys else (price >= limit)


def _always(working: WorkingOrder, quotes: Any) -> Any:
    price = _side(working, quotes)
    return price == price  # there is one


def _at_limit(working: WorkingOrder, quotes: Any) -> Any:
    return _at(working, _side(working, quotes), working.order.lmtPrice)


def _market_then_limit(working: WorkingOrder, quotes: Any) -> Any:
    return (_always if working.order.lmtPrice is None else _at_limit)(working, quotes)


def _stopped(working: WorkingOrder, quotes: Any) -> Any:
    order = working.order
    return reached(order.triggerMethod, working.instrument, working.buys, quotes, order.auxPrice)


def _touched(working: WorkingOrder, quotes: Any) -> Any:
    order = working.order
    return reached(order.triggerMethod, working.instrument, not working.buys, quotes, order.auxPrice)


def _trailed(working: WorkingOrder, quotes: Any) -> Any:
    stops = trailing.stops(working, quotes)
    return reached(working.order.triggerMethod, working.instrument, working.buys, quotes, stops)


# Pegged orders: their price follows the quote; they trade when the market comes to them.


def _capped(working: WorkingOrder, price: Any) -> Any:
    cap = working.order.lmtPrice
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


def _pegged(peg: Price) -> dict[str, Any]:
    """The market comes to a pegged order when a trade or the other side is at its price or beyond."""

    def met(working: WorkingOrder, quotes: Any) -> Any:
        price = peg(working, quotes)
        return _at(working, quotes.last, price) | _at(working, _side(working, quotes), price)

    def price(working: WorkingOrder, quotes: Any) -> float:
        best = (min if working.buys else max)(float(peg(working, quotes)), _side(working, quotes))
        half = working.instrument.minTick / 2
        return working.instrument.price(round(best / half) / 2)

    return {"marketable": met, "price": price, "limited": True}


@dataclass(frozen=True)
class OrderType:
    """One row.

    `prices`: what the order must state. `trigger`: what wakes it (None: awake). `marketable`: when it trades, and
    `price`: at what. `limited`: it rests in the book while its price isn't met. `auction`: it trades at the close only.
    `kinds`: the secTypes that have it (None: all); `token`: its name in a contract's orderTypes.
    """

    prices: tuple[str, ...] = ()
    marketable: Reached = _always
    trigger: Reached | None = None
    limited: bool = False
    trails: bool = False
    stops: bool = False
    auction: str = ""
    kinds: frozenset[str] | None = None
    token: str = ""
    price: Price = _side


_STOCKS, _FUTURES = frozenset({"STK"}), frozenset({"FUT", "FOP"})
_LISTED = frozenset({"STK", "OPT", "FUT", "FOP", "WAR"})

ORDER_TYPES: dict[str, OrderType] = {
    "MKT": OrderType(),
    "LMT": OrderType(("lmtPrice",), _at_limit, limited=True),
    "STP": OrderType(("auxPrice",), trigger=_stopped, stops=True),
    "STP LMT": OrderType(("lmtPrice", "auxPrice"), _at_limit, trigger=_stopped, stops=True, limited=True),
    "MIT": OrderType(("auxPrice",), trigger=_touched),
    "LIT": OrderType(("lmtPrice", "auxPrice"), _at_limit, trigger=_touched, limited=True),
    "TRAIL": OrderType(trigger=_trailed, trails=True, stops=True),
    "TRAIL LIMIT": OrderType(
        marketable=_at_limit, trigger=_trailed, trails=True, stops=True, limited=True, token="TRAILLMT"
    ),
    "MOC": OrderType(auction="close", kinds=_STOCKS),
    "LOC": OrderType(("lmtPrice",), _at_limit, limited=True, auction="close", kinds=_STOCKS),
    "MTL": OrderType(marketable=_market_then_limit, kinds=_LISTED),
    "MKT PRT": OrderType(kinds=_FUTURES),
    "STP PRT": OrderType(("auxPrice",), trigger=_stopped, stops=True, kinds=_FUTURES),
    "REL": OrderType(kinds=_LISTED, **_pegged(_primary)),
    "MIDPRICE": OrderType(kinds=_STOCKS, token="MIDPX", **_pegged(_midpoint)),
    "PEG MID": OrderType(kinds=_STOCKS, **_pegged(_below_midpoint)),
}

# Other spellings that TWS takes.
SPELLINGS = {
    "STPLMT": "STP LMT", "STP_LMT": "STP LMT", "MARKET": "MKT", "LIMIT": "LMT", "STOP": "STP",
    "TRAILLMT": "TRAIL LIMIT",
    "TRAIL LMT": "TRAIL LIMIT", "TRAIL_LIMIT": "TRAIL LIMIT", "TRAILLIMIT": "TRAIL LIMIT", "PEGMID": "PEG MID",
    "MIDPX": "MIDPRICE", "PEG_MID": "PEG MID", "RELATIVE": "REL",
}  # fmt: skip

# What TWS knows and this gateway doesn't do.
# fmt: off
NOT_SIMULATED = frozenset((
    "PEG MKT", "PEG BENCH", "PEG BEST", "PEG STK", "SNAP MKT", "SNAP MID", "SNAP PRIM", "BOX TOP", "VOL",
    "PASSV REL", "REL + LMT", "REL + MKT", "LMT + MKT", "TRAIL MIT", "TRAIL LIT",
))
# fmt: on


def type_of(working: WorkingOrder) -> OrderType:
    """The row of an order as it is now."""
    return ORDER_TYPES[working.order.orderType]


def waits_for_trigger(working: WorkingOrder) -> bool:
    """Whether something must wake the order before it meets the market."""
    return type_of(working).trigger is not None and not working.triggered


def named(orderType: str) -> str:
    """The type's usual spelling."""
    name = " ".join(orderType.upper().split())
    return SPELLINGS.get(name, name)


def token(name: str) -> str:
    """How a contract's orderTypes call a type."""
    return ORDER_TYPES[name].token or name.replace(" ", "")


def price(working: WorkingOrder, quote: Any) -> float:
    """What one instant's quote gives: the ask to a buyer, the bid to a seller, its own price to a pegged order."""
    return float(type_of(working).price(working, quote))


def stated(working: WorkingOrder) -> float | None:
    """The worst price that the order itself allows, as far as it says: its limit, else its stop."""
    if type_of(working).limited and working.order.lmtPrice:
        return working.order.lmtPrice
    if type_of(working).trails:
        return working.trail
    return working.order.auxPrice if "auxPrice" in type_of(working).prices else None
