"""What a trade costs: IB's published fixed pricing, by kind of instrument, and the tiered one of US stocks.

Rule: one table; a row is a sum per unit, a share of the value, a minimum and a most, in one currency.
Source: interactivebrokers.com, Pricing > Commissions, fixed (2025). Exchange and regulatory fees are within the
futures' figures.

Differs from TWS: what IB passes through under fixed pricing, too (ORF, OCC, SEC and TAF fees, surcharges of SPX), is
left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..instruments import Instrument


@dataclass(frozen=True)
class Schedule:
    """`perUnit` for each share or contract plus `share` of the value, at least `minimum`, at most `most` of the value.

    `cheap`: what a unit costs whose price is below so much, the cheapest first. `currency`: of `perUnit` and `minimum`;
    empty means the instrument's.
    """

    perUnit: float = 0.0
    share: float = 0.0
    minimum: float = 0.0
    most: float | None = None
    currency: str = ""
    cheap: tuple[tuple[float, float], ...] = ()

    def of_unit(self, price: float) -> float:
        """What one share or contract costs that trades at this price."""
        return next((sum_ for below, sum_ in self.cheap if price < below), self.perUnit)


@dataclass(frozen=True)
class Tiered:
    """IB's own share of a tiered commission, and what it passes through, per unit: clearing, and what the exchange asks
    of who takes liquidity (and gives to who adds it)."""

    schedule: Schedule
    clearing: float
    taking: float
    adding: float

    def fees(self, takes: bool) -> float:
        """What is passed through for a unit."""
        return self.clearing + (self.taking if takes else self.adding)


class Commission(NamedTuple):
    amount: float
    currency: str


_STOCKS = {
    "USD": Schedule(perUnit=0.005, minimum=1.00, most=0.01),
    "CAD": Schedule(perUnit=0.01, minimum=1.00, most=0.005),
    "GBP": Schedule(share=0.0005, minimum=3.00),
    "EUR": Schedule(share=0.0005, minimum=3.00),
    "CHF": Schedule(share=0.0005, minimum=5.00),
    "SEK": Schedule(share=0.0005, minimum=49.0),
    "JPY": Schedule(share=0.0008, minimum=80.0),
    "HKD": Schedule(share=0.0008, minimum=18.0),
    "AUD": Schedule(share=0.0008, minimum=6.00),
    "MXN": Schedule(share=0.0010, minimum=60.0),
}
_STOCKS_ELSEWHERE = Schedule(share=0.0010)

# The first tier (up to 300,000 shares a month) and an ordinary exchange's fees.
_TIERED = Tiered(Schedule(perUnit=0.0035, minimum=0.35, most=0.01), clearing=0.0002, taking=0.0030, adding=-0.0020)

_FUTURES = {
    "ES": 2.25,
    "NQ": 2.25,
    "MES": 0.62,
    "MNQ": 0.62,
    "HE": 2.97,
    "LE": 2.97,
    "CL": 2.36,
    "GC": 2.46,
    "ZN": 1.66,
    "EUR": 2.46,
    "BRR": 11.02,
    "MBT": 4.77,
}
_FUTURES_ELSEWHERE = 2.25

# By base currency: below so much of it, IDEALPRO takes an order as an odd lot.
IDEALPRO_LEAST = {
    "AUD": 25_000,
    "CAD": 25_000,
    "CHF": 25_000,
    "EUR": 20_000,
    "GBP": 20_000,
    "HKD": 200_000,
    "JPY": 2_500_000,
    "MXN": 300_000,
    "NOK": 150_000,
    "NZD": 35_000,
    "SEK": 175_000,
    "USD": 25_000,
}

_BY_KIND = {
    "CASH": Schedule(share=0.00002, minimum=2.00, currency="USD"),
    "CMDTY": Schedule(share=0.000015, minimum=2.00, currency="USD"),
    "CFD": Schedule(share=0.000015, minimum=2.00, currency="USD"),
    "OPT": Schedule(perUnit=0.65, minimum=1.00, cheap=((0.05, 0.25), (0.10, 0.50))),
    "FOP": Schedule(perUnit=1.42),
    "BOND": Schedule(share=0.0010, minimum=1.00),
    "CRYPTO": Schedule(share=0.0018, minimum=1.75, most=0.01),
}


def tiered(instrument: Instrument, pricing: str) -> Tiered | None:
    """The tiered row that holds for an instrument in an account of this pricing, if one does."""
    kind = (pricing, instrument.secType, instrument.currency)
    return _TIERED if kind == ("tiered", "STK", "USD") else None


def schedule(instrument: Instrument) -> Schedule:
    """The row that holds for an instrument under fixed pricing."""
    if instrument.secType == "FUT":
        return Schedule(perUnit=_FUTURES.get(instrument.symbol, _FUTURES_ELSEWHERE))
    if instrument.secType == "CFD" and instrument.underSecType == "STK":
        return _STOCKS.get(instrument.currency, _STOCKS_ELSEWHERE)
    return _BY_KIND.get(instrument.secType) or _STOCKS.get(instrument.currency, _STOCKS_ELSEWHERE)


def commission(
    instrument: Instrument,
    quantity: Decimal,
    price: float,
    rate: Callable[[str, str], float],
    before: tuple[Decimal, float] = (Decimal(0), 0.0),
    pricing: str = "fixed",
    takes: bool = True,
) -> Commission:
    """What trading `quantity` (not signed) at a quoted price costs.

    `rate(a, b)`: what one unit of a is worth in b. `before`: how much of the same order has traded already, and at
    what average price: the minimum is per order, so a later part pays only what the whole costs more. `pricing`: the
    account's, "fixed" or "tiered"; `takes`: whether it takes what is offered, whose fee tiered pricing passes through.
    """
    tiers = tiered(instrument, pricing)
    row = tiers.schedule if tiers else schedule(instrument)
    currency = row.currency or instrument.currency
    exchange = rate(instrument.currency, currency)

    def raw(size: float, price: float) -> float:
        return size * row.of_unit(price) + size * price * unit * row.share

    def cost(amount: float, value: float) -> float:
        amount = max(amount, row.minimum) if value else 0.0
        return amount if row.most is None else min(amount, value * row.most)

    done, average = float(before[0]), before[1]
    size, unit = float(quantity), instrument.unit * exchange
    earlier, value = raw(done, average), done * average * unit
    whole = cost(earlier + raw(size, price), value + size * price * unit)
    passed = size * tiers.fees(takes) if tiers else 0.0
    return Commission(whole - cost(earlier, value) + passed, currency)
