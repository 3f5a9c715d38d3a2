"""Ticks from a file: trades, and perhaps what was bid and asked.

Rule: a row has a `price` and a `size` (a whole number), or leaves both empty and says only `bid` and `ask`. These two
go together, hold until the next row that says others, and may be left out altogether. Several rows may have one time:
they are in order. A part of a second belongs to its second. An `exchange` that isn't the same in each row is where each
trade was. What has no trades (a currency pair, say) needs no price.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from .recording import Floats, Recording
from .table import Table, blank, check_sessions, decimals, numbers

# What reports no trades.
_QUOTED = ("CASH", "CMDTY", "CFD")


def ticks_of(table: Table, timed: str, when: Sequence[datetime], name: tuple[str, str, str, str, str]) -> Recording:
    """The recording of a file of ticks; `name`: symbol, secType, exchange, currency and schedule. Raises DataError."""
    times = np.array([moment.timestamp() for moment in when])
    early = np.diff(times) < 0
    if early.any():
        raise table.error("earlier than the row before", int(early.argmax()) + 1, timed)
    seconds = np.floor(times).astype(np.int64)
    quotes = _quotes(table)
    price, size = _trades(table, name[1], quotes)
    _, _, exchange, _, schedule = name
    first = check_sessions(table, timed, seconds, schedule, exchange, daily=False)
    bid, ask = quotes or (None, None)
    places = [str(cell).strip().upper() for cell in table.columns.get("exchange", ())]
    return Recording(
        *name, "tick", seconds, price, price, price, price, size.astype(np.int64), first,
        decimals([price, *(quotes or ())]), bid, ask, tuple(places) if len(set(places)) > 1 else None,
    )  # fmt: skip


def _quotes(table: Table) -> tuple[Floats, Floats] | None:
    """What is bid and asked after each row."""
    said = [column for column in ("bid", "ask") if column in table.columns]
    if not said:
        return None
    if len(said) == 1:
        raise table.error(f"no column {'ask' if said == ['bid'] else 'bid'}: bid and ask go together")
    bid, ask = (numbers(table, column, positive=True, gaps=True) for column in said)
    alone = np.isnan(bid) != np.isnan(ask)
    if alone.any():
        n = int(alone.argmax())
        raise table.error("bid and ask go together", n, "bid" if np.isnan(bid[n]) else "ask")
    if np.isnan(bid).all():
        return None
    crossed = bid > ask
    if crossed.any():
        raise table.error("the bid is above the ask", int(crossed.argmax()), "bid")
    return _held(bid), _held(ask)


def _trades(table: Table, secType: str, quotes: tuple[Floats, Floats] | None) -> tuple[Floats, Floats]:
    """Price and size of each row's trade; rows without one have the price of the trade before, and no size."""
    if "price" not in table.columns:
        if secType not in _QUOTED or quotes is None:
            raise table.error("no column price: a row has the price and the size of a trade")
        return quotes[0], np.ones(len(quotes[0]))
    if "size" not in table.columns:
        raise table.error("no column size: a row has the price and the size of a trade")
    prices = numbers(table, "price", positive=True, gaps=True)
    sizes = numbers(table, "size", gaps=True)
    for column, lacking, other in (("size", np.isnan(sizes) & ~np.isnan(prices), "price"),
                                   ("price", np.isnan(prices) & (sizes > 0), "size")):  # fmt: skip
        if lacking.any():
            raise table.error(
                f"a trade has a price and a size; this row has a {other} only", int(lacking.argmax()), column
            )
    silent = np.isnan(prices)
    broken = ~silent & ((sizes < 1) | (sizes != np.rint(sizes)))
    if broken.any():
        n = int(broken.argmax())
        raise table.error(f"{table.columns['size'][n]!r} is not a whole number from 1 on", n, "size")
    empty = silent if quotes is None else silent & np.array([blank(cell) for cell in table.columns["bid"]])
    if empty.any():
        raise table.error("neither a trade nor a quote", int(empty.argmax()))
    if silent.all():
        raise table.error("no trade in any row")
    return _held(prices), np.where(silent, 0, sizes)


def _held(values: Floats) -> Floats:
    """Each row's value, or else the one before; the first rows have the first there is."""
    known = ~np.isnan(values)
    place = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return values[np.where(place < 0, known.argmax(), place)]
