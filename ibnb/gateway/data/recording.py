"""The bars of one file, checked, as columns."""

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
    """Bars of one instrument, in order of time.

    `time`: the bar's start in epoch seconds; of daily bars midnight UTC of their date. Prices are as quoted, `volume`
    is 0 where the file has none. `schedule` names the hours in which they lie.
    """

    symbol: str
    secType: str
    exchange: str
    currency: str
    schedule: str
    size: Literal["minute", "day"]
    time: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    first: date
    decimals: int

    def __len__(self) -> int:
        return len(self.time)

    @property
    def dates(self) -> tuple[date, date]:
        """The first and the last date of the file."""
        return self.first, day_date(int(self.time[-1]) // DAY)
