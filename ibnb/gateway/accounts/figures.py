"""What an account is worth: its books at given prices and rates.

Rule: pure functions of (books, quotes). Money is in the account's currency, except in a `Ledger`, which is one
currency's own. Securities and commodities (futures) are two segments, as in TWS, and cash lies with the securities, but
for what the commodities' margin needs: TWS moves it there by itself.

Source: IB's page "Account Information". Equity with loan value is cash and what can be lent on: US options can't; of
commodities it is cash and their options, less the futures' maintenance margin and losses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .ledgers import Account, Holding, settlement
from .margins import FOREIGN_CASH, OPTIONS, margin, reg_t

if TYPE_CHECKING:
    from ..instruments import Instrument

# Where TWS files the market value of what is held, by secType.
_MARKET_VALUES = {
    "STK": "StockMarketValue",
    "OPT": "OptionMarketValue",
    "FOP": "FutureOptionValue",
    "BOND": "CorporateBondValue",
    "FUND": "FundValue",
    "WAR": "WarrantValue",
    "CRYPTO": "Cryptocurrency",
}


@dataclass
class Ledger:
    """One currency: cash, and what is held in it. `values` is by TWS's key, such as StockMarketValue."""

    currency: str
    exchangeRate: float
    cash: float = 0.0
    netLiquidation: float = 0.0
    unrealized: float = 0.0
    realized: float = 0.0
    futures: float = 0.0
    dividends: float = 0.0
    values: dict[str, float] = field(default_factory=dict)

    def add(self, other: Ledger) -> None:
        """Add another currency's figures, each at its rate."""
        rate = other.exchangeRate
        self.cash += other.cash * rate
        self.netLiquidation += other.netLiquidation * rate
        self.unrealized += other.unrealized * rate
        self.realized += other.realized * rate
        self.futures += other.futures * rate
        self.dividends += other.dividends * rate
        for key, value in other.values.items():
            self.values[key] = self.values.get(key, 0.0) + value * rate


@dataclass
class Segment:
    """Securities, commodities, or both together. `collateral` is what margin is weighed against: securities' equity
    with loan value, commodities' net liquidation. `regT`: what Regulation T asks. `dividends`: those that are owed."""

    cash: float = 0.0
    netLiquidation: float = 0.0
    equityWithLoan: float = 0.0
    collateral: float = 0.0
    gross: float = 0.0
    initMargin: float = 0.0
    maintMargin: float = 0.0
    regT: float = 0.0
    previousEquity: float = 0.0
    dividends: float = 0.0

    @property
    def availableFunds(self) -> float:
        return self.collateral - self.initMargin

    @property
    def excessLiquidity(self) -> float:
        return self.collateral - self.maintMargin

    def own(self, amount: float, lent: bool = True) -> None:
        """Add something of value. `lent`: a lender would lend on it."""
        self.netLiquidation += amount
        if lent:
            self.equityWithLoan += amount
            self.collateral += amount

    def pay(self, amount: float) -> None:
        """Add cash."""
        self.cash += amount
        self.own(amount)

    def accrue(self, amount: float) -> None:
        """Add a dividend that isn't paid yet: of value, and nothing to lend on."""
        self.dividends += amount
        self.own(amount, lent=False)

    def __add__(self, other: Segment) -> Segment:
        return Segment(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass
class Figures:
    """Everything at one instant. `base` is the sum over currencies; `daily` is today's profit."""

    account: Account
    base: Ledger
    ledgers: dict[str, Ledger]
    securities: Segment
    commodities: Segment
    daily: float

    @property
    def total(self) -> Segment:
        return self.securities + self.commodities

    @property
    def buyingPower(self) -> float:
        """What stock could be bought for within the day: four times the available funds, as it needs a quarter."""
        return max(self.total.availableFunds, 0.0) * 4

    @property
    def sma(self) -> float:
        """The special memorandum account: what the securities exceed Regulation T by, or what of earlier excess hasn't
        been used since."""
        return max(self.securities.equityWithLoan - self.securities.regT, self.account.sma)

    @property
    def cushion(self) -> float:
        total = self.total
        return max(min(total.excessLiquidity / total.netLiquidation, 1.0), 0.0) if total.netLiquidation > 0 else 0.0

    @property
    def leverage(self) -> float:
        total = self.total
        return total.gross / total.netLiquidation if total.netLiquidation > 0 else 0.0


@dataclass(frozen=True)
class Quotes:
    """How to look a price up: the quoted price now and at the last close, the rate between two currencies, and the
    price of what an option is on."""

    price: Callable[[Instrument], float]
    previous: Callable[[Instrument], float]
    rate: Callable[[str, str], float]
    underlying: Callable[[Instrument], float] = lambda instrument: 0.0


def figures(account: Account, quotes: Quotes) -> Figures:
    """Value an account."""
    base = account.currency
    currencies = dict.fromkeys([*account.cash, *(held.instrument.currency for held in account.holdings.values()), base])
    ledgers = {currency: Ledger(currency, quotes.rate(currency, base)) for currency in currencies}
    securities, commodities = Segment(), Segment()
    daily = 0.0
    for currency, amount in account.cash.items():
        ledger = ledgers[currency]
        ledger.cash += amount
        ledger.netLiquidation += amount
        securities.pay(amount * ledger.exchangeRate)
        if currency != base:
            securities.initMargin += abs(amount) * ledger.exchangeRate * FOREIGN_CASH.initial
            securities.maintMargin += abs(amount) * ledger.exchangeRate * FOREIGN_CASH.maintenance
    for held in account.holdings.values():
        if not held.quantity and not held.realized and not held.paid:
            continue
        segment = commodities if held.instrument.secType in ("FUT", "FOP") else securities
        daily += _add(held, ledgers[held.instrument.currency], segment, quotes)
    today = 0.0
    for accrual in account.accruals:
        ledger = ledgers[accrual.instrument.currency]
        ledger.dividends += accrual.amount
        ledger.netLiquidation += accrual.amount
        securities.accrue(accrual.amount * ledger.exchangeRate)
        share = account.holdings.get(accrual.instrument.conId)
        if share is not None and accrual.day == share.day:
            today += accrual.amount * ledger.exchangeRate
    _sweep(securities, commodities)
    total = Ledger("BASE", 1.0)
    for ledger in ledgers.values():
        total.add(ledger)
    securities.previousEquity = securities.netLiquidation + commodities.netLiquidation - daily - today
    return Figures(account, total, ledgers, securities, commodities, daily)


def _sweep(securities: Segment, commodities: Segment) -> None:
    """Move the cash to the commodities that their margin needs, as TWS does, and weigh what they have."""
    needed = max(commodities.initMargin - commodities.netLiquidation, 0.0)
    if needed:
        securities.pay(-needed)
        commodities.pay(needed)
    commodities.equityWithLoan = commodities.netLiquidation - commodities.maintMargin
    commodities.collateral = commodities.netLiquidation


def _add(held: Holding, ledger: Ledger, segment: Segment, quotes: Quotes) -> float:
    """Add one holding to its currency and its segment; returns today's profit on it in the account's currency."""
    instrument, rate = held.instrument, ledger.exchangeRate
    ledger.realized += held.realized
    price = quotes.price(instrument)
    value = price * instrument.unit
    worth = held.worth(value)
    ledger.unrealized += held.unrealized(value)
    # A currency pair is already in the cash of its two currencies; on margin only the profit is the account's own.
    owned = {"cash": worth, "margin": worth - held.basis, "exchange": 0.0}[settlement(instrument)]
    ledger.netLiquidation += owned
    segment.own(owned * rate, lent=instrument.secType not in OPTIONS)
    if instrument.secType == "FUT":
        ledger.futures += owned
    if key := _MARKET_VALUES.get(instrument.secType):
        ledger.values[key] = ledger.values.get(key, 0.0) + worth
        segment.gross += abs(worth) * rate
    underlying = quotes.underlying(instrument) if instrument.right and held.quantity < 0 else 0.0
    initial, maintenance = margin(instrument, held.quantity, price, underlying)
    segment.initMargin += initial * rate
    segment.maintMargin += maintenance * rate
    if not instrument.right:
        segment.regT += reg_t(instrument, held.quantity, price) * rate
    elif held.quantity < 0:
        segment.regT += initial * rate
    return held.daily(value, quotes.previous(instrument) * instrument.unit) * rate
