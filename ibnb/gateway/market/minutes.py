"""The seconds of one minute of an instrument, from which quotes are told.

Rule: figures as the path has them; an instrument says what they mean.
"""

from __future__ import annotations

from functools import cache
from operator import add, sub
from typing import NamedTuple

from ..instruments import Instrument
from .quote import Told


class Minute(NamedTuple):
    """The seconds of one minute. Prices in ticks, sizes of bid and offer in lots; `last_trade`: the second of the last
    trade by then, −1 before the first. `volume`, `high` and `low`: of the day so far (`high` 0: there is none yet).
    `previous_close`: the price at which the day before ended."""

    price: list[int]
    below: list[int]
    above: list[int]
    bid_size: list[int]
    ask_size: list[int]
    last_size: list[int]
    last_trade: list[int]
    volume: list[int]
    high: list[int]
    low: list[int]
    previous_close: float

    def told(self, instrument: Instrument, start: int, opening: int, lot: int) -> Told | None:
        """What a quote and the day's figures say in each second, where the market is open; None where there is no bid,
        or no trade yet. `opening`: the day's first liquid trade, in ticks; `lot`: the unit of bid and ask sizes."""
        bids = list(map(sub, self.price, self.below))
        if min(bids) < 1 or (instrument.trades and self.last_trade[0] < 0):
            return None
        price, none, nothing = cache(instrument.price), [None] * 60, [0] * 60
        quotes, trades = instrument.quotes, instrument.trades
        opened, high, low = (
            [price(each) if begun else None for each, begun in zip(column, self.high, strict=True)]
            for column in ([opening] * 60, self.high, self.low)
        )
        return Told(
            [start + j for j in self.last_trade] if trades else list(range(start, start + 60)),
            [price(bid) for bid in bids] if quotes else none,
            [price(ask) for ask in map(add, self.price, self.above)] if quotes else none,
            [lot * size for size in self.bid_size] if quotes else nothing,
            [lot * size for size in self.ask_size] if quotes else nothing,
            [price(last) for last in self.price] if trades else none,
            [self.last_size[j] for j in self.last_trade] if trades and quotes else nothing,
            opened, high, low,
            self.volume if trades and quotes else nothing,
            [self.previous_close] * 60,
        )  # fmt: skip
