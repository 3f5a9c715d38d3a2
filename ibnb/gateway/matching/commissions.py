"""What a trade costs: IB's published fixed pricing, by kind of instrument.

Rule: one table; a row is a sum per unit, a share of the value, a minimum and a most, in one currency.
Source: interactivebrokers.com, Pricing > Commissions, fixed (2025). Exchange and regulatory fees are within the
futures' figures and left out of the others, as they are in fixed pricing.
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

    `currency`: of `perUnit` and `minimum`; empty means the instrument's.
    """

    perUnit: float = 0.0
    share: float = 0.0
    minimum: float = 0.0
    most: float | None = None
    currency: str = ""


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

_BY_KIND = {
    "CASH": Schedule(share=0.00002, minimum=2.00, currency="USD"),
    "CMDTY": Schedule(share=0.000015, minimum=2.00, currency="USD"),
    "CFD": Schedule(share=0.000015, minimum=2.00, currency="USD"),
    "OPT": Schedule(perUnit=0.65, minimum=1.00),
    "FOP": Schedule(perUnit=1.42),
    "BOND": Schedule(share=0.0010, minimum=1.00),
    "CRYPTO": Schedule(share=0.0018, minimum=1.75, most=0.01),
}


def schedule(instrument: Instrument) -> Schedule:
    """The row that holds for an instrument."""
    if instrument.secType == "FUT":
        return Schedule(perUnit=_FUTURES.get(instrument.symbol, _FUTURES_ELSEWHERE))
    return _BY_KIND.get(instrument.secType) or _STOCKS.get(instrument.currency, _STOCKS_ELSEWHERE)


def commission(
    instrument: Instrument,
    quantity: Decimal,
    price: float,
    rate: Callable[[str, str], float],
    before: tuple[Decimal, float] = (Decimal(0), 0.0),
) -> Commission:
    """What trading `quantity` (not signed) at a quoted price costs.

    `rate(a, b)`: what one unit of a is worth in b. `before`: how much of the same order has traded already, and at
    what average price: the minimum is per order, so a later part pays only what the whole costs more.
    """
    row = schedule(instrument)
    currency = row.currency or instrument.currency
    exchange = rate(instrument.currency, currency)

    def cost(size: float, value: float) -> float:
        if not size:
            return 0.0
        amount = max(size * row.perUnit + value * row.share, row.minimum)
        return amount if row.most is None else min(amount, value * row.most)

    done, average = float(before[0]), before[1]
    size, unit = float(quantity), instrument.unit * exchange
    whole = cost(done + size, (done * average + size * price) * unit)
    return Commission(whole - cost(done, done * average * unit), currency)
