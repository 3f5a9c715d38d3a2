"""The sentences of alternative texts: how many, from when to when, how low and how high."""

from __future__ import annotations

from typing import Any

import pandas as pd


def span(index: pd.Index, what: str = "bar") -> str:
    """How many bars of which size, and from when to when: "63 daily bars, from 2025-03-12 to 2025-06-10"."""
    count = f"{len(index):,} {_size(index) if what == 'bar' else ''}{what}{'' if len(index) == 1 else 's'}"
    return f"{count}, from {moment(index[0], index)} to {moment(index[-1], index)}"


def _size(index: pd.Index) -> str:
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return ""
    seconds = int(pd.Series(index).diff().median().total_seconds())
    if index.tz is None:
        return {1: "daily ", 7: "weekly "}.get(seconds // 86400, "monthly " if seconds >= 28 * 86400 else "")
    for unit, name in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds and seconds % unit == 0:
            return f"{seconds // unit}-{name} "
    return ""


def moment(value: Any, index: pd.Index) -> str:
    """A day or, where the index has a zone, a time."""
    if not isinstance(index, pd.DatetimeIndex):
        return str(value)
    return f"{value:%Y-%m-%d}" if index.tz is None else f"{value:%Y-%m-%d %H:%M}"


def value_range(values: pd.Series) -> str:
    """ "low 10, high 16.20, last 16.20"."""
    found = values.dropna()
    return f"low {money(found.min())}, high {money(found.max())}, last {money(found.iloc[-1])}"


def money(value: float) -> str:
    """Two decimals; for small prices as many as are needed to tell them apart."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.5g}"


def listed(words: list[str]) -> str:
    """ "AAPL, MSFT and NVDA"."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
