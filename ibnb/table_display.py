"""How a table looks when a notebook or `print` shows it: numbers as people read them, and no wider than it has to be.

Rule: only what is shown changes. The data stay floats, no option of pandas' is touched, and `to_string` shows every
column. What has one row is shown as a column; of a wide table, columns that are empty, or the same in every row, are
told below it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

# So many columns fit on a page; those that come first in a table are shown in any case.
_WIDE, _ALWAYS = 8, 11
# What goes first if it is still too wide.
_MOST, _DISPENSABLE = 13, ("conId", "localSymbol", "permId", "tradingClass")
# Texts in a column of their own may be longer than pandas lets them be.
_LONG = 90
# JupyterLab breaks a date into two lines.
_DATE = re.compile(r"<(t[hd])>(?=\d{4}-\d\d-\d\d)")

_COUNTS = {"position", "totalQuantity", "filled", "remaining", "shares", "bidSize", "askSize", "lastSize", "volume"}
_PRICES = {"bid", "ask", "last", "close", "open", "high", "low", "price", "marketPrice", "avgCost", "averageCost"}
_PRICES |= {"lmtPrice", "auxPrice", "avgFillPrice", "optPrice", "undPrice", "strike"}
_MONEY = {"marketValue", "unrealizedPNL", "realizedPNL", "commission"}
_RATIOS = {"impliedVol", "delta", "gamma", "vega", "theta"}


class Table(pd.DataFrame):
    """A DataFrame that shows itself as people read it; all else is pandas'."""

    @property
    def _constructor(self) -> Any:
        return Table

    def to_string(self, *args: Any, **kwargs: Any) -> Any:
        """pandas' to_string, with the numbers as people read them."""
        if kwargs.get("formatters") is None:
            kwargs["formatters"] = formatters(self)
        return super().to_string(*args, **kwargs)

    def __repr__(self) -> str:
        if not len(self):
            return repr(pd.DataFrame(self))
        shown, rest = arranged(self)
        with pd.option_context("display.max_colwidth", _colwidth(self)):
            return "\n".join([pd.DataFrame.__repr__(shown), *rest])

    def _repr_html_(self) -> str | None:
        if not pd.get_option("display.notebook_repr_html"):
            return None
        shown, rest = arranged(self)
        most, few = pd.get_option("display.max_rows"), pd.get_option("display.min_rows")
        cut = bool(most) and len(shown) > most
        with pd.option_context("display.max_colwidth", _colwidth(self)):
            table = shown.to_html(
                formatters=formatters(shown),
                max_rows=few or most if cut else None,
                max_cols=pd.get_option("display.max_columns") or None,
                show_dimensions=cut,
                notebook=True,
            )
        told = "".join(f"<p>{html.escape(line)}</p>" for line in rest)
        return _DATE.sub(r'<\1 style="white-space: nowrap">', table) + told


def shown_html(title: str, df: pd.DataFrame) -> str:
    """A table with a title, for what holds one."""
    table: Any = Table(df)
    return f"<p><b>{html.escape(title)}</b></p>{table._repr_html_() or html.escape(repr(table))}"


def _colwidth(df: pd.DataFrame) -> int | None:
    usual: int | None = pd.get_option("display.max_colwidth")
    return usual if usual is None or not _is_record(df) else max(usual, _LONG)


def _is_record(df: pd.DataFrame) -> bool:
    return len(df) == 1 and len(df.columns) > _WIDE


def arranged(df: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """What is shown of a table, and the lines below it."""
    if {"value", "text"} <= set(df.columns):
        return _with_words(df), []
    if len(df.columns) <= _WIDE or not len(df) or not df.columns.is_unique:
        return df, []
    shows = formatters(df)
    empty = [name for name in df.columns if _is_empty(df[name])]
    if len(df) == 1:
        texts = {name: shows.get(name, str)(df[name].iloc[0]) for name in df.columns if name not in empty}
        column = Table({df.index[0]: texts})
        column.columns.name = df.index.name
        return column, _told([], empty, [])
    same = [name for name in df.columns[_ALWAYS:] if name not in empty and df[name].nunique(dropna=False) == 1]
    shown = df.drop(columns=[*empty, *same])
    left = [name for name in _DISPENSABLE if name in shown] if len(shown.columns) > _MOST else []
    told = _told([f"{name} {shows.get(name, str)(df[name].iloc[0])}" for name in same], empty, left)
    return shown.drop(columns=left), told


def _told(same: list[str], empty: list[str], left: list[str]) -> list[str]:
    lines = {"the same in each row": same, "empty": empty, "not shown": left}
    return [f"{what}: {', '.join(names)}" for what, names in lines.items() if names]


def _with_words(df: pd.DataFrame) -> pd.DataFrame:
    """Account values: a word stands beside nothing, and not beside NaN."""
    values = ["" if text else number(value) for value, text in zip(df["value"], df["text"], strict=True)]
    shown = df.copy()
    shown["value"] = pd.Series(values, index=df.index, dtype="object")
    return shown


def _is_empty(values: pd.Series) -> bool:
    return bool((values.isna() | (values.astype("object") == "")).all())


def formatters(df: pd.DataFrame) -> dict[str, Callable[[Any], str]]:
    """What pandas' to_string and to_html take: the text of a number by its column."""
    if not df.columns.is_unique:
        return {}
    found: dict[str, Callable[[Any], str]] = {}
    for name in df.columns:
        if df[name].dtype != "float64":
            continue
        if name in _PRICES:
            found[name] = _decimals(places(df[name].to_numpy(), 0 if name == "strike" else 2))
        elif name in _COUNTS or name == "value":
            found[name] = number
        elif name in _MONEY:
            found[name] = _decimals(2)
        elif name in _RATIOS:
            found[name] = _decimals(4)
    return found


def number(value: float) -> str:
    """A number by itself: "1,911,011.09", "0.8639", "-1".

    >>> [number(each) for each in (1911011.09, 0.863862, -1.0, 1500.0)]
    ['1,911,011.09', '0.8639', '-1', '1,500']
    """
    if value != value:
        return "NaN"
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.4g}"


def places(values: Any, least: int) -> int:
    """How many decimals prices of a column need: as many as tell them apart from rounded ones, within reason."""
    known = values[np.isfinite(values)]
    most = 6 if len(known) and np.abs(known).max() < 10 else 4
    for many in range(least, most):
        if np.allclose(known, known.round(many), rtol=0, atol=1e-9):
            return many
    return most


def _decimals(many: int) -> Callable[[float], str]:
    return lambda value: f"{value:,.{many}f}"
