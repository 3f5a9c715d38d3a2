"""When a price has reached a level: IB's trigger methods, for stops, touches, trails and conditions alike.

Rule: each comparison works on one instant's quotes and on columns of them, so the same one finds the first instant.
Source: IB's "Trigger method" page. 0 is the instrument's own: the last trade where trades are reported, else the
quote (in TWS an option's default is the double quote).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..instruments import Instrument

DOUBLE_BID_ASK, LAST, DOUBLE_LAST, BID_ASK, LAST_OR_BID_ASK, MIDPOINT = 1, 2, 3, 4, 7, 8
METHODS = (0, DOUBLE_BID_ASK, LAST, DOUBLE_LAST, BID_ASK, LAST_OR_BID_ASK, MIDPOINT)
# What two quotes in a row must show, and by which method each of them is read.
_TWICE = {DOUBLE_BID_ASK: BID_ASK, DOUBLE_LAST: LAST}


def own(method: int, instrument: Instrument) -> int:
    """The method that is meant."""
    return method or (LAST if instrument.trades else BID_ASK)


def twice(method: int) -> bool:
    """Whether the second before counts, too."""
    return method in _TWICE


def watched(method: int, instrument: Instrument, rising: bool, quotes: Any) -> Any:
    """The price that a method looks at; rising prices are read from the offer, falling ones from the bid."""
    method = own(_TWICE.get(method, method), instrument)
    if method in (LAST, LAST_OR_BID_ASK):
        return quotes.last
    if method == MIDPOINT:
        return (quotes.bid + quotes.ask) / 2
    return quotes.ask if rising else quotes.bid


def reached(method: int, instrument: Instrument, rising: bool, quotes: Any, level: Any) -> Any:
    """Whether the price has risen (or fallen) to a level; columns in, column out. What isn't there (NaN) hasn't."""
    hit = _beyond(watched(method, instrument, rising, quotes), rising, level)
    if method == LAST_OR_BID_ASK:
        hit = hit | _beyond(quotes.ask if rising else quotes.bid, rising, level)
    if method in _TWICE:
        hit = hit & np.concatenate([[False], hit[:-1]]) if len(hit) else hit
    return hit


def _beyond(price: Any, rising: bool, level: Any) -> Any:
    return (price >= level) if rising else (price <= level)
