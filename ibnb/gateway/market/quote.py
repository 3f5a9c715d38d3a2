"""What the market answers about an instant: a quote, a trade, a day so far; and a stretch of seconds as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from .noise import Ints


@dataclass(frozen=True)
class Quote:
    """The market at one instant. Bid and offer are None when it is closed or there are none (nobody bids for a
    worthless option), `last` where there are no trades. `time`: when the last trade was (epoch seconds). `day`: the
    trading day (date)."""

    time: int
    bid: float | None
    ask: float | None
    bidSize: int
    askSize: int
    last: float | None
    lastSize: int
    is_open: bool

    @property
    def midpoint(self) -> float | None:
        """Half way between bid and offer."""
        return None if self.bid is None or self.ask is None else (self.bid + self.ask) / 2


@dataclass(frozen=True)
class Tick:
    """One trade: epoch seconds, price, size, and the exchange on which it was."""

    time: int
    price: float
    size: int
    exchange: str


@dataclass(frozen=True)
class DayStats:
    """A trading day so far. Open, high and low are of liquid hours (None before they begin), `volume` counts all
    trades of the day, `close` is the liquid close of the day before."""

    day: date
    open: float | None
    high: float | None
    low: float | None
    volume: int
    close: float


class Told(NamedTuple):
    """Some seconds as a `Quote` and the `DayStats` tell of each, one list for each of their figures."""

    time: Sequence[int]
    bid: Sequence[float | None]
    ask: Sequence[float | None]
    bidSize: Sequence[int]
    askSize: Sequence[int]
    last: Sequence[float | None]
    lastSize: Sequence[int]
    open: Sequence[float | None]
    high: Sequence[float | None]
    low: Sequence[float | None]
    volume: Sequence[int]
    close: Sequence[float]

    @classmethod
    def once(cls, quote: Quote, stats: DayStats) -> Told:
        """A single second."""
        return cls(
            [quote.time], [quote.bid], [quote.ask], [quote.bidSize], [quote.askSize], [quote.last], [quote.lastSize],
            [stats.open], [stats.high], [stats.low], [stats.volume], [stats.close],
        )  # fmt: skip


@dataclass(frozen=True)
class Seconds:
    """The market second by second, as columns; what there isn't is NaN."""

    time: Ints
    bid: np.ndarray
    ask: np.ndarray
    last: np.ndarray
    volume: Ints

    def __len__(self) -> int:
        return len(self.time)
