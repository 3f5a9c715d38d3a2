"""The bars or ticks of one file, checked, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..calendar import DAY, day_date

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Recording:
    """Bars or ticks of one instrument, in order of time.

    `time`: the bar's start in epoch seconds; of daily bars midnight UTC of their date; of ticks their second. Prices
    are as quoted, `volume` is 0 where the file has none. `schedule` names the hours in which they lie.

    A tick's prices are all those of the trade, its `volume` is the size; 0 where a row is only a quote, whose price is
    that of the trade before. `bid` and `ask` are those that hold after the row, `places` the exchanges of the trades:
    None where the file doesn't say.
    """

    symbol: str
    secType: str
    exchange: str
    currency: str
    schedule: str
    size: Literal["tick", "minute", "day"]
    time: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    first: date
    decimals: int
    bid: Floats | None = None
    ask: Floats | None = None
    places: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.time)

    @property
    def dates(self) -> tuple[date, date]:
        """The first and the last date of the file."""
        return self.first, day_date(int(self.time[-1]) // DAY)
