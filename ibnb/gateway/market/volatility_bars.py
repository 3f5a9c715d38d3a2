"""Bars of volatility: what has been (HISTORICAL_VOLATILITY), what options imply (OPTION_IMPLIED_VOLATILITY).

Rule: a bar is where the bar of trades is, and says one number: what was implied when it ended; of what has been, that
of its (last) trading day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..calendar import DAY, Calendar, day_date
from ..instruments import Instrument
from .bars import Bars
from .noise import Floats, Ints

# The bars of trades: instrument, what, size, start, end, rth.
BarsOf = Callable[[Instrument, str, int | str, float, float, bool], Bars]

# What is expected of an instrument at some whole minutes, in ascending order.
Expected = Callable[[Instrument, Ints], Floats]

VOLATILITIES = ("HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY")

_DAYS_BACK = 30
_TRADING_DAYS = 252


def volatility_bars(
    bars_of: BarsOf,
    expected: Expected,
    calendar: Calendar,
    instrument: Instrument,
    what: str,
    size: int | str,
    start: float,
    end: float,
    rth: bool,
) -> Bars:
    """Open, high, low and close are the day's volatility per year (0.25 is 25 %)."""
    bars = bars_of(instrument, "TRADES", size, start, end, rth)
    if not len(bars):
        return bars
    if isinstance(size, str):
        days = bars.time // DAY
        rows = calendar.sessions(instrument.schedule, day_date(days[0]), day_date(days[-1]))
        ends = rows.liquid_close[np.searchsorted(rows.day, days)]
    else:
        rows = calendar.between(instrument.schedule, float(bars.time[0]), float(bars.time[-1]) + 1)
        row = np.searchsorted(rows.open, bars.time, "right") - 1
        days, ends = rows.day[row], np.minimum(bars.time + size, rows.close[row])
    if what == VOLATILITIES[0]:
        values = _realised(bars_of, instrument, days)
    else:
        values = np.round(expected(instrument, np.minimum(ends, int(end)) // 60 * 60), 6)
    unset = np.full(len(bars), -1, np.int64)
    return replace(
        bars, open=values, high=values, low=values, close=values,
        volume=unset, wap=unset.astype(np.float64), count=unset,
    )  # fmt: skip


def _realised(bars_of: BarsOf, instrument: Instrument, days: Ints) -> Floats:
    """The deviation of the thirty daily returns before each day."""
    known, place = np.unique(days, return_inverse=True)
    first, last = (int(known[0]) - 2 * _DAYS_BACK) * DAY, int(known[-1]) * DAY
    daily = bars_of(instrument, "TRADES", "day", first, last, True)
    returns = np.diff(np.log(daily.close))
    # Return n belongs to the day of close n + 1; a day's figure knows those before it.
    past = np.searchsorted(daily.time[1:] // DAY, known)
    deviations = [
        float(np.std(returns[max(n - _DAYS_BACK, 0) : n], ddof=1)) if n > 1 else np.nan for n in past.tolist()
    ]
    values = np.round(np.array(deviations) * _TRADING_DAYS**0.5, 6)
    return np.asarray(np.nan_to_num(values, nan=instrument.model.vol), np.float64)[place.reshape(-1)]
