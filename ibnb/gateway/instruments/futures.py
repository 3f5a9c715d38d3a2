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


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _last_friday(year: int, month: int) -> date:
    last = _month_end(year, month)
    return last - timedelta(days=(last.weekday() - 4) % 7)


def _business_days(year: int, month: int, last: int = 31) -> list[date]:
    """New York's trading days of a month, up to a day of it."""
    end = min(date(year, month, 1) + timedelta(days=last - 1), _month_end(year, month))
    return _CALENDAR.trading_days("US", date(year, month, 1), end)


def _tenth_business_day(year: int, month: int) -> date:
    return _business_days(year, month)[9]


def _last_business_day(year: int, month: int) -> date:
    return _business_days(year, month)[-1]


def _third_last_business_day(year: int, month: int) -> date:
    return _business_days(year, month)[-3]


def _seven_before_the_last(year: int, month: int) -> date:
    return _business_days(year, month)[-8]


def _before_the_25th_of_the_month_before(year: int, month: int) -> date:
    """Three business days before the 25th, or before the last business day before it."""
    return _business_days(year - (month == 1), (month - 2) % 12 + 1, 25)[-4]


def _two_before_the_third_wednesday(year: int, month: int) -> date:
    wednesday = 1 + (2 - date(year, month, 1).weekday()) % 7 + 14
    return _business_days(year, month, wednesday - 1)[-2]


@dataclass(frozen=True)
class Root:
    """A futures product: which months exist, when they expire, what a contract is.

    `ahead`: months listed ahead. `tradingClass` is what local symbols begin with, the symbol unless said otherwise.
    """

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
    exchange: str = "CME"
    tradingClass: str = ""

    def contfut(self) -> Instrument:
        """The continuous future: the root's own path, with neither expiry nor carry."""
        return self._instrument("CONTFUT", self.tradingClass or self.symbol, replace(self.model, carry=0.0))

    def future(self, year: int, month: int) -> Instrument:
        """The contract of one month."""
        last = self.last_day(year, month)
        # Exchange holidays (Juneteenth can be a third Friday) move the last trading day back.
        last = _CALENDAR.trading_days("US", last - timedelta(days=7), last)[-1]
        local = f"{self.tradingClass or self.symbol}{MONTH_CODES[month - 1]}{year % 10}"
        model = replace(self.model, listed=max(self.model.listed, last - timedelta(days=30 * self.ahead)))
        return replace(
            self._instrument("FUT", local, model, f"{year}{month:02}"),
            lastTradeDateOrContractMonth=f"{last:%Y%m%d}",
            realExpirationDate=f"{last:%Y%m%d}",
            contractMonth=f"{year}{month:02}",
        )

    def _instrument(self, secType: str, localSymbol: str, model: Model, month: str = "") -> Instrument:
        return Instrument(
            conId=invented(self.symbol, secType, self.exchange, month),
            symbol=self.symbol,
            secType=secType,
            exchange=self.exchange,
            primaryExchange="",
            currency="USD",
            localSymbol=localSymbol,
            tradingClass=self.tradingClass or self.symbol,
            longName=self.longName,
            minTick=self.minTick,
            schedule=self.schedule,
            model=model,
            multiplier=self.multiplier,
            underConId=invented(self.symbol, self.underSecType, self.exchange),
            underSymbol=self.symbol,
            underSecType=self.underSecType,
            **described(secType, self.exchange, self.schedule, self.minTick),
        )


_Loadings = tuple[tuple[str, float], ...]
_NASDAQ: _Loadings = (("US", 0.85), ("TECH", 0.52))


def _root_model(
    key: str, anchor: float, drift: float, vol: float, volume: int, factor: str | _Loadings, carry: float
) -> Model:
    loadings = ((factor, 1.0),) if isinstance(factor, str) else factor
    return Model(key, anchor, drift, vol, volume, 1, date(2018, 1, 2), loadings, carry=carry)


ROOTS = (
    Root("ES", "E-mini S&P 500", "HMUZ", _third_friday, 15, "50", 0.25, "CME",
         _root_model("ES", 6024.0, 0.09, 0.17, 1_500_000, "US", 0.04)),
    Root("HE", "Lean Hogs", "GJKMNQVZ", _tenth_business_day, 14, "400", 0.025, "CME.HE",
         _root_model("HE", 107.0, 0.0, 0.25, 22_000, "HOGS", 0.0), "CMDTY"),
    Root("BRR", "CME CF Bitcoin Reference Rate", MONTH_CODES, _last_friday, 6, "5", 5.0, "CME",
         _root_model("BRR", 109_000.0, 0.25, 0.50, 11_000, "BTC", 0.05)),
    Root("MES", "Micro E-mini S&P 500", "HMUZ", _third_friday, 15, "5", 0.25, "CME",
         _root_model("ES", 6024.0, 0.09, 0.17, 1_200_000, "US", 0.04)),
    Root("NQ", "E-mini NASDAQ 100", "HMUZ", _third_friday, 15, "20", 0.25, "CME",
         _root_model("NQ", 21_915.0, 0.11, 0.21, 600_000, _NASDAQ, 0.04)),
    Root("MNQ", "Micro E-mini NASDAQ 100", "HMUZ", _third_friday, 15, "2", 0.25, "CME",
         _root_model("NQ", 21_915.0, 0.11, 0.21, 1_300_000, _NASDAQ, 0.04)),
    Root("MBT", "Micro Bitcoin", MONTH_CODES, _last_friday, 6, "0.1", 5.0, "CME",
         _root_model("BRR", 109_000.0, 0.25, 0.50, 40_000, "BTC", 0.05)),
    Root("LE", "Live Cattle", "GJMQVZ", _last_business_day, 16, "400", 0.025, "CME.HE",
         _root_model("LE", 222.0, 0.0, 0.16, 28_000, "CATTLE", 0.0), "CMDTY"),
    Root("CL", "Light Sweet Crude Oil", MONTH_CODES, _before_the_25th_of_the_month_before, 24, "1000", 0.01, "CME",
         _root_model("CL", 65.0, 0.0, 0.36, 350_000, "ENERGY", -0.02), "CMDTY", "NYMEX"),
    # Gold and the euro follow the same paths, in the same hours, as the metal and the pair.
    Root("GC", "Gold", "GJMQVZ", _third_last_business_day, 20, "100", 0.1, "METAL",
         _root_model("XAUUSD/CMDTY/SMART/USD", 3340.0, 0.06, 0.16, 190_000, "GOLD", 0.045), "CMDTY", "COMEX"),
    Root("ZN", "10 Year US Treasury Note", "HMUZ", _seven_before_the_last, 9, "1000", 0.015625, "CME",
         _root_model("ZN", 110.5, 0.0, 0.06, 1_700_000, "RATES", 0.0), "BOND", "CBOT"),
    Root("EUR", "European Monetary Union Euro", "HMUZ", _two_before_the_third_wednesday, 15, "125000", 0.00005,
         "IDEALPRO", replace(
             _root_model("EUR/CASH/IDEALPRO/USD", 1.1485, 0.0, 0.075, 190_000, (("USD", -0.85),), 0.02), pull=0.85),
         "CASH", "CME", "6E"),
)  # fmt: skip


def read_futures(today: date) -> Iterator[Instrument]:
    """By product and month: what is listed on that day and what expired in the two years before."""
    for root in ROOTS:
        for n in range(-12 * EXPIRED_YEARS, root.ahead + 1):
            year, month = divmod(today.year * 12 + today.month - 1 + n, 12)
            if MONTH_CODES[month] in root.months:
                yield root.future(year, month + 1)
