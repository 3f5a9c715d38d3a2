"""Dividends, splits and results, by symbol and date.

Rule: pure data about shares and funds, named by their symbol and the currency in which they trade; splits and results
are of those in dollars. Sums of money are per share as shares are on 2025-06-10: a split changes what a share is, not
what is paid on it. A date on which nobody trades means the next trading day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

# The year in which a payer's amount is the one named.
_YEAR = 2025


@dataclass(frozen=True)
class Dividend:
    """So much a share for whoever holds it when the day `ex` begins, paid on the day `pay`."""

    symbol: str
    ex: date
    pay: date
    amount: float
    currency: str = "USD"


@dataclass(frozen=True)
class Payer:
    """A dividend each year in each of some `months`: ex on a `day` of the month, paid `lag` days later; `amount` in
    2025, which grows by so much a year."""

    symbol: str
    months: tuple[int, ...]
    day: int
    lag: int
    amount: float
    growth: float = 0.0
    currency: str = "USD"

    def dividends(self, first: int, last: int) -> Iterator[Dividend]:
        """Those of some years, in order."""
        for year in range(first, last + 1):
            amount = round(self.amount * (1 + self.growth) ** (year - _YEAR), 4)
            for month in self.months:
                ex = _of_month(year, month, self.day)
                yield Dividend(self.symbol, ex, ex + timedelta(days=self.lag), amount, self.currency)


@dataclass(frozen=True)
class Split:
    """From the day `day` on there are `ratio` shares for each one: 4 for four to one, 0.125 for one to eight."""

    symbol: str
    day: date
    ratio: float


@dataclass(frozen=True)
class Report:
    """Quarterly results: `month` is the first of the year, `weekday` (Monday is 0) on or after the `day` of the month,
    before the session or `after` it. `move`: the deviation of the price's jump, as a share of it."""

    symbol: str
    month: int
    weekday: int
    day: int
    after: bool
    move: float

    def days(self, first: int, last: int) -> Iterator[date]:
        """Those of some years, in order."""
        for year in range(first, last + 1):
            for month in range(self.month, 13, 3):
                day = _of_month(year, month, self.day)
                yield day + timedelta(days=(self.weekday - day.weekday()) % 7)


@dataclass(frozen=True)
class Corporate:
    """All of it. What is `declared` of a symbol takes the place of its rule from the first to the last of it."""

    payers: tuple[Payer, ...] = ()
    declared: tuple[Dividend, ...] = ()
    splits: tuple[Split, ...] = ()
    reports: tuple[Report, ...] = ()

    def dividends(self, symbol: str, first: int, last: int, currency: str = "USD") -> list[Dividend]:
        """A share's dividends that go ex in some years, in order; none if it pays none."""
        known = sorted((each for each in self.declared if _of(each, symbol, currency)), key=lambda each: each.ex)
        ruled = [each for payer in self.payers if _of(payer, symbol, currency) for each in payer.dividends(first, last)]
        if known:
            near = timedelta(days=45)
            begin, end = known[0].ex - near, known[-1].ex + near
            ruled = [each for each in ruled if not begin < each.ex < end]
        return sorted((*ruled, *known), key=lambda each: each.ex)


def _of(each: Dividend | Payer, symbol: str, currency: str) -> bool:
    return (each.symbol, each.currency) == (symbol, currency)


def _of_month(year: int, month: int, day: int) -> date:
    """A day of a month, its last one if it has no such day."""
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return date(year, month, min(day, last.day))
