"""Futures: a product a line in `futures.csv`, its contracts by rule.

All months of a product share one price path; they differ by what carrying costs. A product that is quoted in cents has
a `priceMagnifier` of 100, and its multiplier is in units of the commodity: lean hogs 40000 pounds.
Multipliers and magnifiers: the exchanges' contract specifications, as pysystemtrade's ib_config_futures.csv has them.

Rule: a continuous future is its front month under another name: TWS shows that month's conId, local symbol and expiry
(ib_insync#263). Its prices are the front month's, carried back to the product's first day.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from .expiries import LAST_DAYS, trading_day
from .instrument import Instrument, Model, described, invented
from .listings import loadings, read_listings

EXPIRED_YEARS = 2
MONTH_CODES = "FGHJKMNQUVXZ"
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LISTED = date(2018, 1, 2)

# IB's own conIds, where a public log has them; others are invented.
_KNOWN = {
    ("ES", "202106"): 412889032,
    ("ES", "202506"): 620731015,
    ("ES", "202509"): 637533641,
}
# Smaller contracts under the symbol of a larger one: only class and multiplier tell them apart.
_SMALLER = frozenset({"FDXM", "FDXS"})


@dataclass(frozen=True)
class Root:
    """A futures product. `months`: codes of the contract months, listed for `ahead` months; `lastDay` names a rule of
    `LAST_DAYS`; `model` is that of its path, without a month."""

    symbol: str
    exchange: str
    tradingClass: str
    longName: str
    months: str
    lastDay: str
    ahead: int
    multiplier: str
    priceMagnifier: int
    currency: str
    minTick: float
    schedule: str
    underSecType: str
    underConId: int
    model: Model

    @property
    def name(self) -> str:
        """What conIds are invented from."""
        return self.tradingClass if self.tradingClass in _SMALLER else self.symbol

    def months_from(self, first: date, count: int) -> Iterator[tuple[int, int]]:
        """Year and month of each contract month among `count` calendar months."""
        for n in range(count):
            year, month = divmod(first.year * 12 + first.month - 1 + n, 12)
            if MONTH_CODES[month] in self.months:
                yield year, month + 1

    def front(self, today: date) -> Instrument:
        """The contract that expires next."""
        futures = (self.future(year, month) for year, month in self.months_from(today, 24))
        return next(future for future in futures if future.expiry and future.expiry >= today)

    def contfut(self, today: date) -> Instrument:
        """The continuous future of a day."""
        front = self.front(today)
        return replace(
            front,
            conId=invented(self.name, "CONTFUT", self.exchange, ""),
            shownConId=front.conId,
            secType="CONTFUT",
            model=replace(front.model, listed=self.model.listed),
            **described("CONTFUT", self.exchange, self.schedule, self.minTick),
        )

    def future(self, year: int, month: int) -> Instrument:
        """The contract of one month."""
        name = f"{year}{month:02}"
        european = self.exchange == "EUREX"
        # CME's own sessions on New York's holidays end at noon: no contract does on such a day.
        last = trading_day(LAST_DAYS[self.lastDay](year, month), self.schedule if european else "US")
        if european:
            local = f"{self.tradingClass} {_MONTHS[month - 1]} {year % 100:02}"
        else:
            local = f"{self.tradingClass}{MONTH_CODES[month - 1]}{year % 10}"
        listed = max(self.model.listed, last - timedelta(days=30 * self.ahead))
        return Instrument(
            conId=_KNOWN.get((self.symbol, name)) or invented(self.name, "FUT", self.exchange, name),
            symbol=self.symbol,
            secType="FUT",
            exchange=self.exchange,
            primaryExchange="",
            currency=self.currency,
            localSymbol=local,
            tradingClass=self.tradingClass,
            longName=self.longName,
            minTick=self.minTick,
            schedule=self.schedule,
            model=replace(self.model, listed=listed),
            multiplier=self.multiplier,
            priceMagnifier=self.priceMagnifier,
            lastTradeDateOrContractMonth=f"{last:%Y%m%d}",
            realExpirationDate=f"{last:%Y%m%d}",
            contractMonth=name,
            underConId=self.underConId,
            underSymbol=self.symbol,
            underSecType=self.underSecType,
            **described("FUT", self.exchange, self.schedule, self.minTick),
        )


@cache
def roots() -> tuple[Root, ...]:
    """All products, in the table's order."""
    text = Path(__file__).with_name("futures.csv").read_text(encoding="utf-8")
    paths = {listing.model.key: listing.model for listing in read_listings()}
    return tuple(_root(row, paths) for row in csv.DictReader(text.splitlines()))


def _root(row: dict[str, str], paths: dict[str, Model]) -> Root:
    volume, carry = int(row["volume"]), float(row["carry"])
    if row["like"]:  # a product that follows the very path of a listing: gold, the euro
        model = replace(paths[row["like"]], volume=volume, spread=1, listed=_LISTED, carry=carry)
    else:
        model = Model(
            row["key"], float(row["anchor"]), float(row["drift"]), float(row["vol"]), volume, 1, _LISTED,
            loadings(row["loadings"]), carry=carry,
        )  # fmt: skip
    return Root(
        symbol=row["symbol"],
        exchange=row["exchange"],
        tradingClass=row["tradingClass"],
        longName=row["longName"],
        months=row["months"],
        lastDay=row["lastDay"],
        ahead=int(row["ahead"]),
        multiplier=row["multiplier"],
        priceMagnifier=int(row["priceMagnifier"]),
        currency=row["currency"],
        minTick=float(row["minTick"]),
        schedule=row["schedule"],
        underSecType=row["underSecType"],
        underConId=int(row["underConId"] or 0) or invented(row["symbol"], row["underSecType"], row["exchange"]),
        model=model,
    )


def read_futures(today: date) -> Iterator[Instrument]:
    """By product and month: what is listed on that day and what expired in the two years before."""
    first = date(today.year - EXPIRED_YEARS, today.month, 1)
    for root in roots():
        for year, month in root.months_from(first, 12 * EXPIRED_YEARS + root.ahead + 1):
            yield root.future(year, month)
