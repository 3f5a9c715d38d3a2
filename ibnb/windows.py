"""Small parts that rules are made of: a window that knows when it is full, a rule that acts once, bars out of trades.

They know no connection and no clock: times and prices go in, so that a rule can be tried without a market.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pandas as pd

from ibnb.ib.values import BAR_SIZES, check_bar_size
from ibnb.tracebacks import short_errors


class RollingWindow:
    """The values of the last `seconds`, or the last `count` of them, oldest first; NaN is no value and isn't kept.

    It is `full` when it reaches back over all of its seconds, or has its whole count: before that there is nothing to
    compare with, and `change`, `mean`, `std` and `zscore` are NaN.

    >>> window = RollingWindow(count=3)
    >>> for n, price in enumerate((100.0, 101.0, 105.0)):
    ...     window.add(n, price)
    >>> window.full, round(window.change, 3)
    (True, 0.05)

    Raises ValueError unless one of the two is given, above 0, and for a time before the last one.
    """

    def __init__(self, seconds: float | None = None, count: int | None = None) -> None:
        if (seconds is None) == (count is None) or not (seconds or count or 0) > 0:
            raise ValueError("a window is so many seconds long, or so many values: RollingWindow(seconds=300)")
        self.seconds, self.count = seconds, count
        self._held: deque[tuple[float, float]] = deque(maxlen=count)

    def add(self, time: datetime | float, value: float) -> None:
        """One more value, at a time (a datetime, or seconds)."""
        moment = time.timestamp() if isinstance(time, datetime) else float(time)
        if self._held and moment < self._held[-1][0]:
            raise ValueError(f"time goes back: {moment} after {self._held[-1][0]}")
        if not math.isnan(value):
            self._held.append((moment, float(value)))
        if self.seconds is not None:
            # The newest of those that are too old stays: it is what held at the window's beginning.
            while len(self._held) > 1 and self._held[1][0] <= moment - self.seconds:
                self._held.popleft()

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[float]:
        return (value for _, value in self._held)

    @property
    def full(self) -> bool:
        """Does it reach back as far as it should?"""
        if self.count is not None:
            return len(self._held) == self.count
        assert self.seconds is not None
        return len(self._held) > 1 and self._held[-1][0] - self._held[0][0] >= self.seconds

    @property
    def change(self) -> float:
        """From its first value to its last, as a fraction of the first."""
        return self._held[-1][1] / self._held[0][1] - 1 if self.full and self._held[0][1] else math.nan

    @property
    def mean(self) -> float:
        """The mean of its values."""
        return math.fsum(self) / len(self) if self.full else math.nan

    @property
    def std(self) -> float:
        """Their standard deviation, of a sample, as pandas reckons it."""
        if not self.full or len(self) < 2:
            return math.nan
        return math.sqrt(math.fsum((value - self.mean) ** 2 for value in self) / (len(self) - 1))

    @property
    def zscore(self) -> float:
        """How many standard deviations the last value is away from the mean; NaN where nothing has moved."""
        return (self._held[-1][1] - self.mean) / self.std if self.std > 0 else math.nan

    def clear(self) -> None:
        """Begin anew: what has been acted upon isn't to be acted upon again."""
        self._held.clear()


class OneShot:
    """True the first time that its condition holds, and never again until `rearm()`.

    >>> shot = OneShot()
    >>> [shot(price > 100) for price in (99, 101, 102)]
    [False, True, False]
    """

    def __init__(self) -> None:
        self.fired = False

    def __call__(self, holds: object) -> bool:
        if self.fired or not holds:
            return False
        self.fired = True
        return True

    def rearm(self) -> None:
        """Let it fire once more."""
        self.fired = False


@short_errors
def barsOf(
    trades: pd.DataFrame, barSize: str | None = None, ticks: int | None = None, volume: float | None = None
) -> pd.DataFrame:
    """Return bars of a frame of trades (getTicks, `streamTicks(…).df`): of equal time, number of trades, or volume.

    One of `barSize` ("1 min"), `ticks` and `volume` is given. The columns are Open, High, Low, Close, Volume, BarCount;
    the index `Date` says when a bar began: at a whole multiple of its size, or with its first trade. A time in which
    nobody traded has no bar. A bar of volume ends with the trade that reaches it; the last bar may not be whole.
    Raises ValueError.

    >>> trades = app.getTicks("AAPL", numberOfTicks=100)
    >>> int(barsOf(trades, ticks=25)["BarCount"].sum()) == len(trades)
    True
    """
    if [barSize is None, ticks is None, volume is None].count(False) != 1:
        raise ValueError('say one: barSize="1 min", ticks=100 or volume=10_000')
    if not {"price", "size"} <= set(trades.columns) or not isinstance(trades.index, pd.DatetimeIndex):
        raise ValueError(
            f"a frame of trades has a time index, price and size; this one has {', '.join(map(str, trades))}"
        )
    if (ticks is not None and ticks < 1) or (volume is not None and not volume > 0):
        raise ValueError(f"a bar of {ticks if volume is None else volume} {'trades' if volume is None else 'shares'}?")
    groups: Any
    if barSize is not None:
        groups = trades.index.floor(f"{BAR_SIZES[check_bar_size(barSize, 'barSize')]}s")
    elif ticks is not None:
        groups = pd.Index(range(len(trades))) // ticks
    else:
        assert volume is not None
        groups = _filled(trades["size"].tolist(), volume)
    bars = trades.groupby(groups, sort=False).agg(
        Open=("price", "first"),
        High=("price", "max"),
        Low=("price", "min"),
        Close=("price", "last"),
        Volume=("size", "sum"),
        BarCount=("price", "count"),
    )
    if barSize is None:
        bars.index = trades.index[~pd.Index(groups).duplicated()]
    return bars.astype({"Volume": float, "BarCount": float}).rename_axis("Date")


def _filled(sizes: list[float], volume: float) -> list[int]:
    """The number of each trade's bar: a bar ends with the trade that brings it to its volume."""
    numbers, number, held = [], 0, 0.0
    for size in sizes:
        numbers.append(number)
        held += size
        if held >= volume:
            number, held = number + 1, 0.0
    return numbers
