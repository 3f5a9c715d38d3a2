"""Make `ibnb/gateway/calendar/closures.csv` from exchange_calendars: `python -m tests.closures`.

CME's days are derived from the New York Stock Exchange's: futures on indices rest on New Year's Day, Good Friday and
Christmas, halt at noon on the other holidays (at 08:30 on a day of mourning) and at 12:15 on New York's short days.
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import exchange_calendars
import pandas as pd

FIRST, LAST = 1980, 2035
TABLE = Path("ibnb/gateway/calendar/closures.csv")
# By the gateway's names of their schedules.
NAMES = {
    "US": "XNYS",
    "LSE": "XLON",
    "IBIS": "XETR",
    "SBF": "XPAR",
    "AEB": "XAMS",
    "EBS": "XSWX",
    "BM": "XMAD",
    "HEX": "XHEL",
    "TSEJ": "XTKS",
    "SEHK": "XHKG",
    "MEXI": "XMEX",
}

Year = tuple[list[date], dict[date, str]]


@cache
def calendar(name: str, first: int = FIRST, last: int = LAST) -> exchange_calendars.ExchangeCalendar:
    """One calendar over whole years, as far as exchange_calendars knows it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pandas thinks of how the package uses it
        bound = exchange_calendars.get_calendar(name).bound_min()
        start = max(pd.Timestamp(first, 1, 1), bound) if bound else pd.Timestamp(first, 1, 1)
        return exchange_calendars.get_calendar(name, start=start, end=pd.Timestamp(last, 12, 31))


def years(name: str) -> Iterator[tuple[int, Year]]:
    """By year, the weekdays without a session, and the days that close before their usual time ("1300")."""
    table = calendar(name)
    closes = table.closes.dt.tz_convert(table.tz)
    usual = closes.dt.strftime("%H%M")
    special = usual[usual != usual.groupby(usual.index >= pd.Timestamp(2024, 11, 5)).transform(lambda s: s.mode()[0])]
    for year in range(closes.index[0].year, LAST + 1):
        weekdays = pd.bdate_range(f"{year}-01-01", f"{year}-12-31")
        early = special[special.index.year == year]
        closed = weekdays.difference(closes.index)
        yield year, ([day.date() for day in closed], {day.date(): time for day, time in early.items()})


def chicago(year: int, new_york: Year) -> Year:
    """CME's year, made of New York's."""
    named = calendar("XNYS").regular_holidays.holidays(f"{year}-01-01", f"{year}-12-31", return_name=True)
    names = {day.date(): name for day, name in named.items()}
    closed, early = new_york
    rest = [day for day in closed if names.get(day, "").startswith(("New Year", "Good Friday", "Christmas"))]
    halts = {day: "1200" if day in names else "0830" for day in closed if day not in rest}
    return rest, halts | dict.fromkeys(early, "1215")


def rows() -> Iterator[tuple[str, int, str, str]]:
    """The table's lines: exchange, year, closed days (`0101 0420`), early closes (`1224=1300`)."""
    for exchange, name in NAMES.items():
        for year, (closed, early) in years(name):
            yield exchange, year, *_text((closed, early))
            if exchange == "US":
                yield "CME", year, *_text(chicago(year, (closed, early)))


def _text(year: Year) -> tuple[str, str]:
    closed, early = year
    return " ".join(f"{day:%m%d}" for day in closed), " ".join(f"{day:%m%d}={at}" for day, at in sorted(early.items()))


def text() -> str:
    """The whole file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("exchange", "year", "closed", "early"))
    writer.writerows(sorted(rows()))
    return out.getvalue()


if __name__ == "__main__":
    TABLE.write_text(text(), encoding="ascii", newline="")
