"""Futures by rule: which months of a product exist on a day, when they expire, what a contract is.

Rule: no table of expiries. All months of a product share one price path; they differ by what carrying costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ..calendar import Calendar
from .instrument import Instrument, Model, described, invented

EXPIRED_YEARS = 2
_CALENDAR = Calendar()
MONTH_CODES = "FGHJKMNQUVXZ"


def _third_friday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def _last_friday(year: int, month: int) -> date:
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - 4) % 7)


def _tenth_business_day(year: int, month: int) -> date:
    first = date(year, month, 1)
    return _CALENDAR.trading_days("US", first, first + timedelta(days=27))[9]


@dataclass(frozen=True)
class Root:
    """A futures product: which months exist, when they expire, what a contract is. `ahead`: months listed ahead."""

    symbol: str
    longName: str
    months: str
    last_day: Callable[[int, int], date]
    ahead: int
    multiplier: str
    minTick: float
    schedule: str
    model: Model
    underSecType: str = "IND"

    def contfut(self) -> Instrument:
        """The continuous future: the root's own path, with neither expiry nor carry."""
        return self._instrument("CONTFUT", self.symbol, replace(self.model, carry=0.0))

    def future(self, year: int, month: int) -> Instrument:
        """The contract of one month."""
        last = self.last_day(year, month)
        # Exchange holidays (Juneteenth can be a third Friday) move the last trading day back.
        last = _CALENDAR.trading_days("US", last - timedelta(days=7), last)[-1]
        local = f"{self.symbol}{MONTH_CODES[month - 1]}{year % 10}"
        model = replace(self.model, listed=max(self.model.listed, last - timedelta(days=30 * self.ahead)))
        return replace(
            self._instrument("FUT", local, model, f"{year}{month:02}"),
            lastTradeDateOrContractMonth=f"{last:%Y%m%d}",
            realExpirationDate=f"{last:%Y%m%d}",
            contractMonth=f"{year}{month:02}",
        )

    def _instrument(self, secType: str, localSymbol: str, model: Model, month: str = "") -> Instrument:
        return Instrument(
            conId=invented(self.symbol, secType, "CME", month),
            symbol=self.symbol,
            secType=secType,
            exchange="CME",
            primaryExchange="",
            currency="USD",
            localSymbol=localSymbol,
            tradingClass=self.symbol,
            longName=self.longName,
            minTick=self.minTick,
            schedule=self.schedule,
            model=model,
            multiplier=self.multiplier,
            underConId=invented(self.symbol, self.underSecType, "CME"),
            underSymbol=self.symbol,
            underSecType=self.underSecType,
            **described(secType, "CME", self.schedule, self.minTick),
        )


def _root_model(key: str, anchor: float, drift: float, vol: float, volume: int, factor: str, carry: float) -> Model:
    return Model(key, anchor, drift, vol, volume, 1, date(2018, 1, 2), ((factor, 1.0),), carry=carry)


ROOTS = (
    Root("ES", "E-mini S&P 500", "HMUZ", _third_friday, 15, "50", 0.25, "CME",
         _root_model("ES", 6024.0, 0.09, 0.17, 1_500_000, "US", 0.04)),
    Root("HE", "Lean Hogs", "GJKMNQVZ", _tenth_business_day, 14, "400", 0.025, "CME.HE",
         _root_model("HE", 107.0, 0.0, 0.25, 22_000, "HOGS", 0.0), "CMDTY"),
    Root("BRR", "CME CF Bitcoin Reference Rate", MONTH_CODES, _last_friday, 6, "5", 5.0, "CME",
         _root_model("BRR", 109_000.0, 0.25, 0.50, 11_000, "BTC", 0.05)),
)  # fmt: skip


def read_futures(today: date) -> Iterator[Instrument]:
    """By product and month: what is listed on that day and what expired in the two years before."""
    for root in ROOTS:
        for n in range(-12 * EXPIRED_YEARS, root.ahead + 1):
            year, month = divmod(today.year * 12 + today.month - 1 + n, 12)
            if MONTH_CODES[month] in root.months:
                yield root.future(year, month + 1)
