"""What the market answers about an instant: a quote, a trade, a day so far; and a stretch of seconds as columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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
