"""One listing: IB's description of it, and the few numbers that the market's model needs.

Rule: nothing here knows a price of today. conIds below 900,000,000 are IB's own; those above are invented here (from
the description, so they never change).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any
from zlib import crc32

from ..calendar import SCHEDULES
from .market_rules import BELOW_A_DOLLAR, MARKET_RULES, TABLES, Rule, conforms, fixed, step_at, tick_table


@dataclass(frozen=True)
class Model:
    """What the simulated price path needs.

    `key` names the path (all expiries of a future share one), `anchor` is the close of 2025-06-10 in quoted units,
    `drift` (of the logarithm) and `vol` are annual, `volume` is the average day's (0: no trades are reported),
    `spread` is in ticks, `loadings` are weights of common factors (squares add up to at most 1), `carry` is the annual
    premium of a future.
    """

    key: str
    anchor: float
    drift: float
    vol: float
    volume: int
    spread: int
    listed: date
    loadings: tuple[tuple[str, float], ...] = ()
    carry: float = 0.0


@dataclass(frozen=True)
class Bond:
    """What contract details say of a bond. Dates are `yyyyMMdd`, `coupon` is percent a year."""

    cusip: str
    coupon: float
    maturity: str
    issueDate: str
    ratings: str
    bondType: str
    couponType: str


@dataclass(frozen=True)
class Instrument:
    """One listing, as contractDetails describes it; `exchange` is the one that was asked for. Names are IB's.

    `conId` names it inside the gateway; `shownConId`, if any, is what clients are told (a continuous future's is that
    of its front month). `grain`: what one unit of the market's sizes and volumes is, a fraction of a coin for crypto.
    """

    conId: int
    symbol: str
    secType: str
    exchange: str
    primaryExchange: str
    currency: str
    localSymbol: str
    tradingClass: str
    longName: str
    minTick: float
    schedule: str
    model: Model = field(repr=False)
    multiplier: str = ""
    lastTradeDateOrContractMonth: str = ""
    contractMonth: str = ""
    realExpirationDate: str = ""
    strike: float = 0.0
    right: str = ""
    industry: str = ""
    category: str = ""
    subcategory: str = ""
    stockType: str = ""
    priceMagnifier: int = 1
    validExchanges: str = ""
    marketRuleIds: str = ""
    minSize: float = 1.0
    sizeIncrement: float = 1.0
    suggestedSizeIncrement: float = 1.0
    aggGroup: int = 2147483647
    underConId: int = 0
    underSymbol: str = ""
    underSecType: str = ""
    secIdList: tuple[tuple[str, str], ...] = ()
    sharesOutstanding: float = 0.0
    bond: Bond | None = None
    shownConId: int = 0
    grain: Decimal = Decimal(1)

    @property
    def timeZoneId(self) -> str:
        """The exchange's zone in TWS's words (`US/Eastern`)."""
        return SCHEDULES[self.schedule].timeZoneId

    @property
    def zone(self) -> str:
        """The exchange's zone as every time zone database has it (`America/New_York`)."""
        return SCHEDULES[self.schedule].zone

    @property
    def expiry(self) -> date | None:
        """The last trading day, for a future or an option."""
        text = self.lastTradeDateOrContractMonth
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if text else None

    @property
    def unit(self) -> float:
        """Money in `currency` per 1.00 of quoted price and one unit: multiplier over priceMagnifier."""
        return float(self.multiplier or 1) / self.priceMagnifier

    @cached_property
    def decimals(self) -> int:
        """Digits after the point that a price on the tick needs."""
        return max(0, -int(Decimal(repr(self.minTick)).normalize().as_tuple().exponent))

    def price(self, ticks: float) -> float:
        """The price of so many ticks (halves allowed), as the shortest float that means it."""
        return round(ticks * self.minTick, self.decimals + 1)

    def rule(self, exchange: str) -> Rule:
        """The price steps on one of the valid exchanges, else on the first."""
        if not self.marketRuleIds:
            return ((0.0, self.minTick),)
        rules = dict(zip(self.validExchanges.split(","), self.marketRuleIds.split(","), strict=True))
        return MARKET_RULES[int(rules.get(exchange) or self.marketRuleIds.split(",")[0])]

    def on_tick(self, price: float) -> bool:
        """Whether a price conforms to the minimum variation where the order goes (else TWS answers 110).

        What stands in a quote conforms, too: stocks are quoted in steps of minTick at every price.
        """
        step = step_at(self.rule(self.exchange), price)
        return conforms(price, step) or (self.secType == "STK" and conforms(price, self.minTick))

    @property
    def trades(self) -> bool:
        """Whether trades are reported: not for forex, metals and CFDs, which have quotes only."""
        return self.secType not in ("CASH", "CMDTY", "CFD")

    @property
    def quotes(self) -> bool:
        """Whether there are bids and offers: not for an index."""
        return self.secType != "IND"


@dataclass(frozen=True)
class _Kind:
    """What all listings of one kind share; `{}` in `validExchanges` is the primary exchange."""

    validExchanges: str
    minSize: float = 1.0
    suggestedSizeIncrement: float = 1.0
    aggGroup: int = 2147483647


# By (secType, schedule), else by secType.
_KINDS: dict[tuple[str, str] | str, _Kind] = {
    ("STK", "US"): _Kind("SMART,AMEX,NYSE,CBOE,ARCA,NASDAQ,BATS,IEX,EDGX,BYX,MEMX", 0.0001, 100.0, 1),
    ("STK", "LSE"): _Kind("SMART,LSE,LSEETF", aggGroup=2),
    "STK": _Kind("SMART,{}", aggGroup=2),
    "CASH": _Kind("IDEALPRO", minSize=0.01, suggestedSizeIncrement=1.0, aggGroup=4),
    "CMDTY": _Kind("SMART,IBMETAL"),
    "CFD": _Kind("SMART,IBCFD"),
    "IND": _Kind("{}"),
    "FUT": _Kind("{}"),
    "CONTFUT": _Kind("{}"),
    "CRYPTO": _Kind("{}", minSize=0.00000001, suggestedSizeIncrement=0.00000001, aggGroup=4),
    "BOND": _Kind("SMART,BONDDESK,TMC"),
    "OPT": _Kind("SMART"),
    "FOP": _Kind("CME"),
}


def invented(*description: str) -> int:
    return 900_000_000 + crc32("/".join(description).encode()) % 99_999_999


def _rule(secType: str, schedule: str, minTick: float, price: float) -> int:
    if secType == "STK" and schedule in TABLES:
        return tick_table(schedule, price, minTick)
    if (secType, schedule, minTick) == ("STK", "US", 0.0001):
        return BELOW_A_DOLLAR
    return fixed(minTick)


def described(secType: str, primary: str, schedule: str, minTick: float, price: float = 0.0) -> dict[str, Any]:
    """What a kind of instrument has in common. `price`: of a European share, where `minTick` is its step."""
    kind = _KINDS.get((secType, schedule)) or _KINDS[secType]
    exchanges = kind.validExchanges.format(primary)
    return {
        "validExchanges": exchanges,
        "marketRuleIds": ",".join([str(_rule(secType, schedule, minTick, price))] * (exchanges.count(",") + 1)),
        "minSize": kind.minSize,
        "sizeIncrement": kind.minSize,
        "suggestedSizeIncrement": kind.suggestedSizeIncrement,
        "aggGroup": kind.aggGroup,
    }
