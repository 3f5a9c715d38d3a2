"""What a function says of its world, as a row: labels and values that a table can hold and a text file can keep.

A number, text or truth is one value, "result"; a dict, a Series, a named tuple or a data class has a value for each of
its names, a frame of one row for each of its columns. Times are pandas' Timestamps.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

Row = list[tuple[Any, Any]]


def as_row(value: Any) -> Row:
    """The labels and values; ValueError for what fits no row."""
    if value is None:
        return []
    if isinstance(value, pd.DataFrame):
        if len(value) != 1:
            raise ValueError(f"a frame of {len(value)} rows fits no row: return one row of it, or figures of it")
        value = value.iloc[0]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    elif hasattr(value, "_asdict"):
        value = value._asdict()
    pairs = list(value.items()) if isinstance(value, Mapping | pd.Series) else [("result", value)]
    row = [(_plain(label, "label"), _plain(each, f"value {label!r}")) for label, each in pairs]
    if len({label for label, _ in row}) < len(row):
        raise ValueError("two values of one row have the same label")
    return row


def _plain(value: Any, what: str) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NaT or value is pd.NA:
        return math.nan
    if isinstance(value, date):  # datetimes and Timestamps are dates, too
        return pd.Timestamp(value)
    if isinstance(value, pd.Timedelta):
        return value.total_seconds()
    if isinstance(value, complex) or not (value is None or isinstance(value, str | int | float)):
        raise ValueError(f"the {what} is a {type(value).__name__}, which fits no row: numbers, texts and times do")
    return value


def written(value: Any) -> Any:
    """A value as JSON has it; a time as {"time": …, "zone": …}."""
    if isinstance(value, pd.Timestamp):
        return {"time": value.isoformat(), "zone": None if value.tzinfo is None else str(value.tzinfo)}
    return value


def read(value: Any) -> Any:
    """A value as it was before `written`."""
    if not isinstance(value, dict):
        return value
    time = pd.Timestamp(value["time"])
    return time if value["zone"] is None else time.tz_convert(value["zone"])
