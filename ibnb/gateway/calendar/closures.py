"""On which days an exchange is closed, and on which it closes early: a table, one row per exchange and year.

Rule: `closures.csv` is made by `python -m tests.closures` from the package exchange_calendars, so that the same days
are known on every machine, whatever is installed there. In years that the table doesn't hold, an exchange is closed at
weekends, on 1 January and on 25 December.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Closures(NamedTuple):
    """One year of an exchange: weekdays without trading, and by short day its close in minutes after midnight."""

    closed: frozenset[date]
    early: dict[date, int]


@cache
def _table() -> dict[tuple[str, int], tuple[str, str]]:
    text = Path(__file__).with_name("closures.csv").read_text(encoding="ascii")
    rows = csv.DictReader(text.splitlines())
    return {(row["exchange"], int(row["year"])): (row["closed"], row["early"]) for row in rows}


@cache
def closures(exchange: str, year: int) -> Closures:
    """The closed and the short days of one year. `exchange`: a name of the table, or "weekends", which has none."""
    if (exchange, year) not in _table():
        return Closures(frozenset({date(year, 1, 1), date(year, 12, 25)}), {})
    closed, early = _table()[exchange, year]
    days = (text.split("=") for text in early.split())
    return Closures(
        frozenset(_day(year, text) for text in closed.split()),
        {_day(year, day): int(close[:2]) * 60 + int(close[2:]) for day, close in days},
    )


def _day(year: int, text: str) -> date:
    return date(year, int(text[:2]), int(text[2:]))
