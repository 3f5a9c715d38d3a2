"""One account's books: cash by currency and what is held, at cost.

Rule: only a trade or a new day changes the books, and every cent that leaves cash is found in a position's cost, in a
commission or in another currency. Nothing here knows a quote: prices come in from outside.

Costs are as IB states them: average cost includes commissions (less proceeds for a short position) and the
multiplier, in the instrument's currency; an instrument quoted in pence is held in pounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..instruments import Instrument

# How a trade is paid, by secType. "cash": its whole value changes hands. "margin": only profit and loss do, when the
# position is closed. "exchange": one currency is swapped for the other. What isn't listed is paid in cash.
SETTLEMENT = {"FUT": "margin", "CFD": "margin", "CASH": "exchange"}


def settlement(instrument: Instrument) -> str:
    """ "cash", "margin" or "exchange"."""
    return SETTLEMENT.get(instrument.secType, "cash")


class Trade(NamedTuple):
    """A signed quantity of an instrument at a quoted price, and what trading it costs: in the instrument's currency
    unless another is named."""

    instrument: Instrument
    quantity: Decimal
    price: float
    commission: float = 0.0
    commissionCurrency: str = ""

    @property
    def paidIn(self) -> str:
        """The currency of the commission."""
        return self.commissionCurrency or self.instrument.currency


@dataclass
class Holding:
    """A position. `basis` is the signed value at which what is held was traded, `fees` the commissions of doing so.

    `overnight`, `paid` (for trades, commissions included) and `realized` count since `day` began.
    """

    instrument: Instrument
    quantity: Decimal = Decimal(0)
    basis: float = 0.0
    fees: float = 0.0
    day: date | None = None
    overnight: Decimal = Decimal(0)
    paid: float = 0.0
    realized: float = 0.0

    @property
    def cost(self) -> float:
        """What was paid for all that is held: negative for a short position."""
        return self.basis + self.fees

    @property
    def averageCost(self) -> float:
        """Per unit (times multiplier), commissions included; 0 when nothing is held."""
        return self.cost / float(self.quantity) if self.quantity else 0.0

    def begin(self, day: date) -> None:
        """A new trading day: what is held was held overnight, and nothing has happened yet."""
        if day != self.day:
            self.day = day
            self.overnight = self.quantity
            self.paid = self.realized = 0.0

    def trade(self, quantity: Decimal, value: float, commission: float) -> float | None:
        """Book a signed quantity whose unit is worth `value`; all in the instrument's currency.

        Returns the profit realised, all commissions included, or None when the trade only opens or adds.
        """
        amount = float(quantity) * value
        closed = min(abs(quantity), abs(self.quantity)) if quantity * self.quantity < 0 else Decimal(0)
        # Which part of this trade closes, and which part of the position it closes.
        part = float(closed / abs(quantity))
        gone = float(closed / abs(self.quantity)) if closed else 0.0
        realized = -part * (amount + commission) - gone * self.cost if closed else None
        self.basis = self.basis * (1 - gone) + amount * (1 - part)
        self.fees = self.fees * (1 - gone) + commission * (1 - part)
        self.quantity += quantity
        self.paid += amount + commission
        self.realized += realized or 0.0
        return realized

    def split(self, ratio: Decimal) -> None:
        """Each share becomes so many, at the same cost in all."""
        self.quantity *= ratio
        self.overnight *= ratio

    def worth(self, value: float) -> float:
        """Market value when one unit is worth `value`."""
        return float(self.quantity) * value

    def unrealized(self, value: float) -> float:
        """Profit on what is held, its commissions included, when one unit is worth `value`."""
        return self.worth(value) - self.cost

    def daily(self, value: float, previous: float) -> float:
        """Profit since the day began, when one unit is worth `value` and was worth `previous` at the last close."""
        return self.worth(value) - float(self.overnight) * previous - self.paid


@dataclass(frozen=True)
class Accrual:
    """A dividend that is owed: what it comes to, below 0 where a short position pays it; since when, and until when."""

    instrument: Instrument
    amount: float
    day: date
    pay: float


@dataclass(eq=False)
class Account:
    """Cash by currency, and holdings by conId in the order in which they were opened. `sma`: what is left of the excess
    over Regulation T that there once was. `accruals`: dividends that aren't paid yet."""

    code: str
    currency: str = "USD"
    accountType: str = "INDIVIDUAL"
    cash: dict[str, float] = field(default_factory=dict)
    holdings: dict[int, Holding] = field(default_factory=dict)
    sma: float = -inf
    pricing: str = "fixed"
    accruals: list[Accrual] = field(default_factory=list)

    def copy(self) -> Account:
        """Books that can be written in without touching these."""
        return replace(
            self, cash=dict(self.cash), holdings={conId: replace(held) for conId, held in self.holdings.items()}
        )

    def pay(self, currency: str, amount: float) -> None:
        self.cash[currency] = self.cash.get(currency, 0.0) - amount

    def held(self, instrument: Instrument) -> Holding:
        """The holding, which is new and empty when there was none."""
        return self.holdings.setdefault(instrument.conId, Holding(instrument))

    def trade(self, trade: Trade, commissionRate: float, day: date) -> float | None:
        """Book a trade.

        `commissionRate`: what one unit of the commission's currency is worth in the instrument's.
        Returns the realised profit in the instrument's currency, or None on an opening trade.
        """
        instrument = trade.instrument
        holding = self.held(instrument)
        holding.begin(day)
        value = trade.price * instrument.unit
        amount, before = float(trade.quantity) * value, holding.basis
        realized = holding.trade(trade.quantity, value, trade.commission * commissionRate)
        kind = settlement(instrument)
        if kind == "exchange":
            self.pay(instrument.symbol, -float(trade.quantity))
        # On margin only the profit is paid: what a trade opens is owed, what it closes is no longer.
        owed = holding.basis - before if kind == "margin" else 0.0
        self.pay(instrument.currency, amount - owed)
        self.pay(trade.paidIn, trade.commission)
        return realized
