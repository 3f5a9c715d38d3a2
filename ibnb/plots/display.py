"""Rows as text: what `print` shows of a frame."""

from __future__ import annotations

import pandas as pd

from ibnb.tracebacks import short_errors


@short_errors
def displayData(df: pd.DataFrame, rows: int | None = 5) -> None:
    """Print the last `rows` rows of a frame, or all of them with rows=None. ValueError for anything but a frame."""
    if not isinstance(df, pd.DataFrame):
        raise ValueError(f"displayData prints a frame, such as getData returns, not {df!r:.60}.")
    print(df.to_string() if rows is None else df.tail(rows).to_string())
