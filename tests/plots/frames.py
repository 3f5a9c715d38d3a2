"""Frames as ibnb's verbs return them."""

from __future__ import annotations

import pandas as pd

from ibnb import tables


def daily(count: int = 63) -> pd.DataFrame:
    days = pd.bdate_range("2025-03-12", periods=count)
    return tables.bars([(f"{day:%Y%m%d}", 10.0, 12.0, 9.0, 10 + at / 10, 100, 10.5, 3) for at, day in enumerate(days)])


def hourly(days: int = 2, step: float = 1.0) -> pd.DataFrame:
    """Seven bars a day from 2025-06-05 (a Thursday) on."""
    dates = pd.bdate_range("2025-06-05", periods=days)
    times = [f"{day:%Y%m%d} {hour:02}:30:00 US/Eastern" for day in dates for hour in range(9, 16)]
    return tables.bars([(time, 99.0, 200.0, 98.0, 100 + step * at, 10, 1, 1) for at, time in enumerate(times)])


def several(symbols: list[str], step: float = 1.0) -> pd.DataFrame:
    """As getDataMany and getHistory return them: index symbol, Date."""
    return pd.concat({symbol: hourly(step=step * (1 + at)) for at, symbol in enumerate(symbols)}, names=["symbol"])


def fills(*rows: tuple[str, str, str, float, float]) -> pd.DataFrame:
    """(time, symbol, side, shares, price) as getExecutions returns them, with the columns that matter here."""
    frame = pd.DataFrame(rows, columns=["time", "symbol", "side", "shares", "price"])
    frame["time"] = pd.DatetimeIndex(frame["time"]).tz_localize("America/New_York")
    return frame.set_index("time")
