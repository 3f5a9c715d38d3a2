"""The book of an instrument: what is bid and offered at each price, and at which exchange.

Rule: a pure function of the question, like all of the market. The quote comes first, then rows further and further
away; what reqMktDepth shows is what orders meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from ..instruments import Instrument
from .market import Market
from .noise import Bits, Ints, bits, piece, stream

ASK, BID = 0, 1

# Of these exchanges' stocks only the best bid and offer are shown, in a SMART book.
_TOP_ONLY = frozenset({"AMEX", "BYX", "CBOE", "EDGX", "MEMX"})
# A row's size stays for so many seconds.
_STEADY = 8


class Row(NamedTuple):
    """One row of a side of a book: `venue` is the exchange or market maker, "" where none is named."""

    price: float
    size: Decimal
    venue: str


Book = dict[int, tuple[Row, ...]]


def venues(instrument: Instrument) -> tuple[str, ...]:
    """The exchanges whose rows the instrument's book holds, its own first; at least one."""
    if instrument.exchange != "SMART":
        return (instrument.exchange,)
    names = [name for name in instrument.validExchanges.split(",") if name != "SMART"]
    own = instrument.primaryExchange
    return (own, *(name for name in names if name != own)) if own in names else tuple(names) or (own or "SMART",)


def shows_top_only(instrument: Instrument, exchange: str) -> bool:
    """Whether only an exchange's best bid and offer are known."""
    return instrument.secType == "STK" and exchange in _TOP_ONLY


def book(market: Market, instrument: Instrument, numRows: int, t: float) -> Book:
    """The best `numRows` rows of both sides in the second of `t`: the quote first, then rows further and further away,
    with gaps. A side without a price is empty; so both are while the market is closed."""
    second = int(t)
    quote = market.quote(instrument, second)
    names = venues(instrument)
    rows: Book = {BID: (), ASK: ()}
    for side, price, size in ((BID, quote.bid, quote.bidSize), (ASK, quote.ask, quote.askSize)):
        if price is not None:
            best = Row(price, size * instrument.grain, names[0])
            rows[side] = _side(market, instrument, names, numRows, best, side, second)
    return rows


def _side(
    market: Market, instrument: Instrument, names: Sequence[str], numRows: int, best: Row, side: int, second: int
) -> tuple[Row, ...]:
    if numRows == 1:
        return (best,)
    away = np.arange(1, 4 * numRows + 1)
    unit = market.lot(instrument)
    # Half ticks, because a price may lie between two.
    places = round(2 * best.price / instrument.minTick) + (2 if side == ASK else -2) * away
    away, places = away[places > 0], places[places > 0]
    rows = [(0, best)]
    for order, venue in enumerate(names):
        steady = bits(stream(market.seed, instrument.conId, "book", venue, side), places)
        there = piece(steady, 0, 2) > 0
        if shows_top_only(instrument, venue):
            if order == 0:
                continue
            there &= np.cumsum(there) == 1
        epoch = (second + piece(steady, 8, 3)) // _STEADY
        sizes = 1 + piece(bits(stream(venue, side, "size"), _mixed(steady, epoch)), 0, 4)
        rows += [
            (step, Row(instrument.price(place / 2), size * unit * instrument.grain, venue))
            for step, place, size in zip(
                away[there].tolist(), places[there].tolist(), sizes[there].tolist(), strict=True
            )
        ]
    # Sorting keeps the order of the exchanges where prices are the same.
    rows.sort(key=lambda row: row[0])
    return tuple(row for _, row in rows[:numRows])


def _mixed(steady: Bits, epoch: Ints) -> Ints:
    return (steady >> np.uint64(20)).astype(np.int64) + epoch
