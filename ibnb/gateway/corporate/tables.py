"""The tables of what companies did and do.

What was declared, and each split, is public fact (the companies' own announcements); a payer's rule goes on as its last
dividends were. Sizes of moves after results are own estimates of what options priced.

Differs from the world: shares listed in two currencies here pay nothing; European and Asian ones pay as they did in
2025, and what they declare in another currency is turned into their own.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from .events import Corporate, Dividend, Payer, Report, Split

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def _rows(name: str) -> list[dict[str, str]]:
    text = Path(__file__).with_name(f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _day(text: str) -> date:
    return date.fromisoformat(text)


NOTHING = Corporate()
DEFAULT = Corporate(
    payers=tuple(
        Payer(
            row["symbol"], tuple(int(month) for month in row["months"].split()), int(row["day"]), int(row["lag"]),
            float(row["amount"]), float(row["growth"]), row["currency"],
        )
        for row in _rows("dividends")
    ),
    declared=tuple(
        Dividend(row["symbol"], _day(row["ex"]), _day(row["pay"]), float(row["amount"])) for row in _rows("declared")
    ),
    splits=tuple(Split(row["symbol"], _day(row["day"]), float(row["ratio"])) for row in _rows("splits")),
    reports=tuple(
        Report(
            row["symbol"], int(row["month"]), _WEEKDAYS.index(row["weekday"]), int(row["day"]), row["when"] == "after",
            float(row["move"]),
        )
        for row in _rows("reports")
    ),
)  # fmt: skip
