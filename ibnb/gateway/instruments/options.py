"""Options by rule: which expirations and strikes exist on a day, and which contract each of them is.

Rule: no chain is ever built whole unless somebody asks for it whole. A conId says by its digits which contract it is
(class, last trading day, strike, right), so it is found without a table and never changes.

An option on a future is on the first month that ends when it does, or later.

Differs from TWS: options on shares are quoted in cents at all prices, as SMART takes them; strikes stay on a grid
around the price of the day before the gateway's date; there are no adjusted, mini or flexible contracts, and none that
has expired; options on futures are those on ES of the quarters and of the months' ends, quoted in the day's session
only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial
from math import ceil, exp, inf, log

from .expiries import third_friday, trading_day
from .futures import MONTH_CODES
from .instrument import Instrument, Model, described
from .market_rules import NICKELS_TO_THREE, PENNIES_TO_THREE, fixed

US_EXCHANGES = (
    "SMART,AMEX,BATS,BOX,CBOE,CBOE2,EDGX,EMERALD,GEMINI,ISE,MEMX,MERCURY,MIAX,NASDAQBX,NASDAQOM,PEARL,PHLX,PSE"
)
_CENT = 0.01
# Who takes any option at any cent (ib_async#55); SMART reaches them.
_IN_PENNIES = ("SMART", "NASDAQBX", "NASDAQOM")

FIRST_CONID = 1_000_000_000
_FIRST_DAY = date(2020, 1, 1)
_DAYS, _STRIKES = 5_800, 3_000


# A day of expiration, and of its kind: how far strikes go, for how many days it is listed.
_Dated = tuple[date, tuple[tuple[float, float], int]]


@dataclass(frozen=True)
class OptionClass:
    """One trading class. `unit`: all strikes are multiples of it; `step`: between strikes near the price, 0 by price;
    `near`: how near, as a share of the price, beyond which strikes are `far` times as far apart; `daily`: for how many
    weeks there is an expiration every day; `am`: trading ends the day before the expiration; `pennies`: steps of a
    cent at all prices (else of five from 3.00 on, where options of all classes don't trade in cents); `dates`: days of
    expiration with their kind, if not a stock's."""

    tradingClass: str
    symbol: str
    unit: float = 0.5
    step: float = 0.0
    daily: int = 0
    quarterly: bool = False
    am: bool = False
    near: float = 0.15
    far: int = 4
    underSecType: str = "STK"
    exchanges: str = US_EXCHANGES
    minTick: float = 0.01
    schedule: str = "OPRA"
    pennies: bool = False
    multiplier: str = "100"
    dates: Callable[[date], Iterator[_Dated]] | None = None

    @property
    def secType(self) -> str:
        """OPT, or FOP on a future."""
        return "FOP" if self.underSecType == "FUT" else "OPT"

    def rule(self, exchange: str) -> int:
        """The market rule of an exchange."""
        if self.underSecType == "IND":
            return NICKELS_TO_THREE
        if self.minTick == _CENT and not self.pennies and exchange not in _IN_PENNIES:
            return PENNIES_TO_THREE
        return fixed(self.minTick)


def _index(tradingClass: str, daily: int, am: bool) -> OptionClass:
    return OptionClass(tradingClass, "SPX", 5.0, 5.0, daily, not am, am, 0.05, 10, "IND", "SMART,CBOE", 0.05, "CBOE")


def _etf(symbol: str, daily: int = 0) -> OptionClass:
    return OptionClass(symbol, symbol, 0.5, 1.0, daily, quarterly=True, pennies=daily > 0)


def _on_future(tradingClass: str, dates: Callable[[date], Iterator[_Dated]]) -> OptionClass:
    return OptionClass(
        tradingClass, "ES", 5.0, 5.0, near=0.05, far=5, underSecType="FUT", exchanges="CME", minTick=0.25,
        schedule="CME.FOP", multiplier="50", dates=dates,
    )  # fmt: skip


def _quarters(today: date) -> Iterator[_Dated]:
    for year, month in _months(today, 15):
        if month % 3 == 0:
            yield trading_day(third_friday(year, month)), ((0.5, 1.5), 500)


def _month_ends(today: date) -> Iterator[_Dated]:
    for year, month in _months(today, 9):
        yield trading_day(date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)), _MONTH


def _months(today: date, count: int) -> Iterator[tuple[int, int]]:
    for n in range(count):
        year, month = divmod(today.year * 12 + today.month - 1 + n, 12)
        yield year, month + 1


# The place in this list is part of the conIds: new classes go to its end.
CLASSES = (
    *(OptionClass(symbol, symbol) for symbol in ("AAPL", "NVDA", "AMD", "INTC", "AMZN", "GOOG", "GOOGL", "IBM")),
    *(OptionClass(symbol, symbol, 2.5) for symbol in ("MSFT", "TSLA", "NFLX", "META", "V", "MA", "JPM")),
    *(OptionClass(symbol, symbol) for symbol in ("KO", "WMT", "NIO", "WBD", "IBKR", "BAC", "DIS", "F")),
    _etf("SPY", daily=2),
    _etf("QQQ", daily=2),
    _etf("IWM", daily=2),
    _etf("GLD"),
    _etf("TLT"),
    _index("SPX", 0, am=True),
    _index("SPXW", 4, am=False),
    _on_future("ES", _quarters),
    _on_future("EW", _month_ends),
    OptionClass("COF", "COF"),
)  # fmt: skip


@dataclass(frozen=True)
class Expiration:
    """`last`: the last trading day, `real`: the day of expiration. `reach`: how far strikes go, as shares of the price.

    `listed`: since when such a contract is traded."""

    last: date
    real: date
    reach: tuple[float, float]
    listed: date


# How far strikes go below and above the price, and for how many days a contract is listed.
_WEEK = ((0.75, 1.25), 60)
_MONTH = ((0.5, 1.5), 400)
_LEAPS = ((0.3, 2.0), 1_130)
_YEARS = ((0.3, 2.0), 2_100)
# On an index or an index fund every month of a year is listed, then quarters; on shares the next months, then quarters.
# LEAPS of January, June and December follow for three years, an index's Decembers for five and more.
_EACH_MONTH, _FAR = 12, 66

_STEPS = ((25.0, 0.5), (100.0, 1.0), (250.0, 2.5), (500.0, 5.0), (1_000.0, 10.0), (inf, 20.0))

_OCC = re.compile(r"(.{6})(\d{6})([CP])(\d{8})")
_CME = re.compile(rf"(\w+)([{MONTH_CODES}]\d) ([CP])(\d+)")


class Options:
    """The options listed on the day `today`.

    `underlying` finds what a class's options of a last day are on (None: it doesn't exist here), `level` gives its
    price before today.
    """

    def __init__(
        self,
        today: date,
        underlying: Callable[[OptionClass, date], Instrument | None],
        level: Callable[[Instrument], float],
    ) -> None:
        self.today = today
        self._underlying = underlying
        self._level = level
        self.expirations = lru_cache(None)(self._expirations)
        self.strikes = lru_cache(1024)(self._strikes)
        self.option = lru_cache(8192)(self._option)

    def classes(self, symbol: str, secType: str, conId: int) -> list[OptionClass]:
        """The classes on the underlying that is described so; an empty symbol or type describes any."""
        named = (c for c in CLASSES if symbol in ("", c.symbol) and secType in ("", c.underSecType))
        return [each for each in named if self.expirations_on(each, conId)]

    def expirations_on(self, each: OptionClass, conId: int) -> tuple[Expiration, ...]:
        """A class's expirations on one underlying: all of them, but for futures."""
        found = ((expiration, self._underlying(each, expiration.last)) for expiration in self.expirations(each))
        return tuple(expiration for expiration, under in found if under and under.conId == conId)

    def find(self, conId: int) -> Instrument | None:
        """The contract of a conId, None if it isn't listed today."""
        number, right = divmod(conId - FIRST_CONID, 2)
        number, strike = divmod(number, _STRIKES)
        place, day = divmod(number, _DAYS)
        if not 0 <= place < len(CLASSES):
            return None
        each, last = CLASSES[place], _FIRST_DAY + timedelta(days=day)
        for expiration in self.expirations(each):
            if expiration.last == last and strike * each.unit in self.strikes(each, expiration):
                return self.option(each, expiration, strike * each.unit, "CP"[right])
        return None

    def match(self, contract: object, kinds: Collection[str]) -> Iterator[Instrument]:
        """All contracts of these kinds that may fit; without a symbol, a class or a local symbol, none."""
        said = {name: getattr(contract, name) or "" for name in _SAID}
        name, last, right, strike = (
            said["tradingClass"] or said["symbol"].upper(), said["lastTradeDateOrContractMonth"][:8],
            said["right"].strip("0?")[:1].upper(), said["strike"],
        )  # fmt: skip
        if said["localSymbol"]:
            if match := _OCC.fullmatch(said["localSymbol"]):
                name, last, right, strike = match[1].strip(), f"20{match[2]}", match[3], int(match[4]) / 1000
            elif match := _CME.fullmatch(said["localSymbol"]):
                name, right, strike = match[1], match[3], float(match[4])
            else:
                return
        if right not in ("", "C", "P"):
            return
        for each in CLASSES:
            if not name or name not in (each.tradingClass, each.symbol) or each.secType not in kinds:
                continue
            for expiration in self.expirations(each):
                # A local symbol carries the day of expiration, a description the last day or its month.
                days = (
                    f"{expiration.real if said['localSymbol'] else expiration.last:%Y%m%d}",
                    f"{expiration.real:%Y%m}",
                )
                if last and last not in days:
                    continue
                for each_strike in self.strikes(each, expiration):
                    if strike and each_strike != float(strike):
                        continue
                    for each_right in right or "CP":
                        yield self.option(each, expiration, each_strike, each_right)

    def _expirations(self, each: OptionClass) -> tuple[Expiration, ...]:
        """In order of time, none before today; empty where the underlying isn't known."""
        if self._underlying(each, self.today) is None:
            return ()
        found: dict[date, Expiration] = {}
        for real, (reach, days) in sorted(
            (each.dates or partial(_dates, each))(self.today), key=lambda row: -row[1][1]
        ):
            last = trading_day(real - timedelta(days=1)) if each.am else real
            if last >= self.today and 0 <= (last - _FIRST_DAY).days < _DAYS:
                found.setdefault(last, Expiration(last, real, reach, real - timedelta(days=days)))
        return tuple(found[last] for last in sorted(found))

    def _strikes(self, each: OptionClass, expiration: Expiration) -> tuple[float, ...]:
        underlying = self._underlying(each, expiration.last)
        assert underlying is not None
        price = self._level(underlying)
        step = each.step or next(step for below, step in _STEPS if price < below)
        near = max(1, ceil(step / each.unit))
        low, high = (int(price * share / each.unit) for share in expiration.reach)
        numbers = range(-(-max(low, 1) // near) * near, min(high, _STRIKES - 1) + 1, near)
        wide = near * each.far
        return tuple(n * each.unit for n in numbers if abs(n * each.unit / price - 1) <= each.near or n % wide == 0)

    def _option(self, each: OptionClass, expiration: Expiration, strike: float, right: str) -> Instrument:
        underlying = self._underlying(each, expiration.last)
        assert underlying is not None
        number = CLASSES.index(each) * _DAYS + (expiration.last - _FIRST_DAY).days
        local = f"{each.tradingClass:6}{expiration.real:%y%m%d}{right}{strike * 1000:08.0f}"
        if each.secType == "FOP":
            month = f"{MONTH_CODES[expiration.real.month - 1]}{expiration.real.year % 10}"
            local = f"{each.tradingClass}{month} {right}{strike:g}"
        kind = described(each.secType, "", each.schedule, each.minTick) | {"validExchanges": each.exchanges}
        kind["marketRuleIds"] = ",".join(str(each.rule(exchange)) for exchange in each.exchanges.split(","))
        return Instrument(
            conId=FIRST_CONID + (number * _STRIKES + round(strike / each.unit)) * 2 + "CP".index(right),
            symbol=each.symbol,
            secType=each.secType,
            exchange=each.exchanges.split(",")[0],
            primaryExchange="",
            currency=underlying.currency,
            localSymbol=local,
            tradingClass=each.tradingClass,
            longName=underlying.longName,
            minTick=each.minTick,
            schedule=each.schedule,
            model=Model(
                key=local,
                anchor=strike,
                drift=0.0,
                vol=underlying.model.vol,
                volume=self._volume(underlying, expiration, strike),
                spread=1,
                listed=expiration.listed,
            ),
            multiplier=each.multiplier,
            lastTradeDateOrContractMonth=f"{expiration.last:%Y%m%d}",
            contractMonth=f"{expiration.real:%Y%m}",
            realExpirationDate=f"{expiration.real:%Y%m%d}",
            strike=strike,
            right=right,
            industry=underlying.industry,
            category=underlying.category,
            subcategory=underlying.subcategory,
            underConId=underlying.conId,
            underSymbol=underlying.symbol,
            underSecType=underlying.secType,
            **kind,
        )

    def _volume(self, underlying: Instrument, expiration: Expiration, strike: float) -> int:
        """Most contracts change hands near the price and near the end."""
        away = log(strike / self._level(underlying)) / 0.08
        weeks = (expiration.last - self.today).days / 7
        base = (underlying.model.volume or _INDEX_VOLUME) / 1_000
        return 1_600 + int(base * exp(-away * away / 2) / (1 + weeks / 2))


_INDEX_VOLUME = 60_000_000
_SAID = ("symbol", "tradingClass", "localSymbol", "lastTradeDateOrContractMonth", "right", "strike")


def _dates(each: OptionClass, today: date) -> Iterator[_Dated]:
    """Days of expiration with their kind. One date may come more than once; the longest listed kind counts."""
    for n in range(7 * each.daily):
        day = today + timedelta(days=n)
        if trading_day(day) == day:
            yield day, _WEEK
    months = [divmod(today.year * 12 + today.month - 1 + n, 12) for n in range(_FAR)]
    if not each.am:
        friday = today + timedelta(days=(4 - today.weekday()) % 7)
        yield from ((trading_day(friday + timedelta(weeks=n)), _WEEK) for n in range(6))
    if each.quarterly:
        for year, month in months[:12]:
            if month % 3 == 2:
                last = date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)
                yield trading_day(last), _MONTH
    broad = each.quarterly or each.am
    for n, (year, month) in enumerate(months):
        near = n < (_EACH_MONTH if broad else 6) or (n < (22 if broad else 13) and month % 3 == 2)
        if near or (n < 36 and month in (0, 5, 11)) or (each.am and month == 11):
            yield (
                trading_day(third_friday(year, month + 1)),
                _MONTH if n < 13 and near else _LEAPS if n < 36 else _YEARS,
            )
