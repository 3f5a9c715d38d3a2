"""Tables of bars as `getData` returns them, made up."""

from __future__ import annotations

from typing import Any

import pandas as pd


def bars(days: int, first: str = "2025-03-12", price: float = 119_000.0, freq: str = "B", tz: str | None = None) -> Any:
    """`days` bars whose prices rise by one from `price`."""
    index = pd.date_range(first, periods=days, freq=freq, tz=tz, name="Date")
    prices = [price + place for place in range(days)]
    return pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), prices), index=index)
