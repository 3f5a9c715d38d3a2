"""What a plot is given, looked at before anything is drawn: is it a frame, of which instruments, with which columns?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

# What stands for a price where there is no Close: ticks, midpoints, quotes.
_PRICES = ("Close", "close", "price", "midpoint", "last")


def frame(value: Any, verb: str, wanted: str, columns: Iterable[str] = ()) -> pd.DataFrame:
    """`value` as a frame: also what has one in `.df` (a stream, a history), and a Series, as its Close.

    ValueError for anything else, and for a frame without one of these columns.
    """
    if isinstance(value, pd.Series):
        value = value.to_frame("Close")
    found = value if isinstance(value, pd.DataFrame) else getattr(value, "df", None)
    if not isinstance(found, pd.DataFrame):
        raise ValueError(f"{verb} draws {wanted}, not {'None' if value is None else f'{value!r:.60}'}.")
    need(found, columns, verb)
    return found


def bars(value: Any, verb: str) -> dict[str, pd.DataFrame]:
    """Bars by symbol ("" where the frame names none), each with a Close and oldest first."""
    df = frame(value, verb, "a frame of bars, such as getData or getHistory returns")
    if "Close" not in df.columns:
        raise ValueError(f"a column Close is needed; this frame has: {', '.join(map(str, df.columns)) or 'none'}.")
    return _by_symbol(df, "Close", verb)


def prices(value: Any, verb: str) -> pd.Series:
    """The prices of one instrument, from bars, ticks or quotes."""
    df = frame(value, verb, "a frame of prices, such as getData or getTicks returns")
    found = next((name for name in _PRICES if name in df.columns), None)
    if found is None:
        names = ", ".join(map(str, df.columns)) or "none"
        raise ValueError(f"a column Close (or price, midpoint, last) is needed; this frame has: {names}.")
    parts = _by_symbol(df, found, verb)
    if len(parts) > 1:
        raise ValueError(f'{verb} draws one instrument: select it first, df.loc["{next(iter(parts))}"].')
    (only,) = parts.values()
    return only[found]


def _by_symbol(df: pd.DataFrame, column: str, verb: str) -> dict[str, pd.DataFrame]:
    parts = {"": df}
    if isinstance(df.index, pd.MultiIndex):
        if "symbol" not in df.index.names or df.index.nlevels != 2:
            levels = ", ".join(map(str, df.index.names))
            raise ValueError(f"{verb} draws a frame with an index of times, or of symbol and times, not of {levels}.")
        parts = {str(symbol): part.droplevel("symbol") for symbol, part in df.groupby(level="symbol", sort=False)}
    kept = {symbol: part.sort_index() for symbol, part in parts.items() if part[column].notna().any()}
    if not kept:
        raise ValueError(f"at least one row with a {column} is needed; this frame has {len(df)} rows.")
    return kept


def need(df: pd.DataFrame, columns: Iterable[str], verb: str) -> None:
    """ValueError that names what is missing."""
    missing = [name for name in dict.fromkeys(columns) if name not in df.columns]
    if missing:
        there = ", ".join(map(str, df.columns))
        raise ValueError(f"{verb} needs the column{'s' * (len(missing) > 1)} {', '.join(missing)}; there are: {there}.")


def named_prices(value: Mapping[str, float] | None) -> dict[str, float]:
    """Named prices as floats. ValueError for anything else."""
    try:
        return {str(name): float(price) for name, price in (value or {}).items()}
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f'levels are prices by name, such as {{"trigger": 200.0}}, not {value!r:.60}.') from None
