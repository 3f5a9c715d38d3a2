"""What a position requires: initial and maintenance margin, by kind of instrument.

Rule: tables. Stocks need a quarter of their value at any instant (a short position 30 %), and half of it by Regulation
T when they are bought (`reg_t`), futures a fixed sum per contract, in the contract's currency, of the size that
exchanges ask for. Options that are held are no security for anything, so they need nothing; written ones need their
premium and a share of the underlying, less what they are out of the money, but not less than the floor. What isn't in
the tables (crypto, for one) is paid for in full.
Source of the form: IB's margin requirements for US stocks, rules-based (initial 25 %, Reg T end of day 50 %).

Differs from TWS: house margins, portfolio margin, spreads and covered options, concentration and intraday rates are
left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..instruments import Instrument


@dataclass(frozen=True)
class Requirement:
    """A share of the value, or (`perContract`) a sum for each contract. `short`: what a short position takes, if it
    isn't the same."""

    initial: float
    maintenance: float
    perContract: bool = False
    short: float | None = None


@dataclass(frozen=True)
class Written:
    """A short option: a share of the underlying's value less what it is out of the money, at least the floor's share
    (of the underlying for a call, of the strike for a put) and `least` a unit; the premium comes on top."""

    share: float
    floor: float
    least: float = 2.5


_BY_KIND = {
    "STK": Requirement(0.25, 0.25, short=0.30),
    "FUND": Requirement(0.25, 0.25, short=0.30),
    "BOND": Requirement(0.25, 0.20),
    "CMDTY": Requirement(0.10, 0.08),
    "CFD": Requirement(0.20, 0.15),
    "FUT": Requirement(0.12, 0.10),
    # A currency pair is two cash balances; those in foreign money are what needs margin (FOREIGN_CASH).
    "CASH": Requirement(0.0, 0.0),
}
_IN_FULL = Requirement(1.0, 1.0)
# Options that are held are worth nothing to a lender (IB: US options aren't counted in equity with loan value).
OPTIONS = frozenset({"OPT", "FOP", "WAR"})
_REG_T = {"STK": 0.5, "FUND": 0.5, "BOND": 0.25, "CMDTY": 0.10, "FUT": 0.0, "FOP": 0.0, "CFD": 0.0, "CASH": 0.0}

# By what the option is on; a broad index moves less than a share.
_WRITTEN = {"IND": Written(0.15, 0.10), "FUT": Written(0.10, 0.05, least=0.0)}
_WRITTEN_ON_SHARES = Written(0.20, 0.10)

# Futures by symbol; a metal CFD is leveraged twenty times.
_BY_SYMBOL = {
    ("FUT", "ES"): Requirement(24_200.0, 22_000.0, perContract=True),
    ("FUT", "MES"): Requirement(2_420.0, 2_200.0, perContract=True),
    ("FUT", "NQ"): Requirement(34_900.0, 31_700.0, perContract=True),
    ("FUT", "MNQ"): Requirement(3_490.0, 3_170.0, perContract=True),
    ("FUT", "HE"): Requirement(1_980.0, 1_800.0, perContract=True),
    ("FUT", "LE"): Requirement(2_750.0, 2_500.0, perContract=True),
    ("FUT", "CL"): Requirement(6_600.0, 6_000.0, perContract=True),
    ("FUT", "GC"): Requirement(16_500.0, 15_000.0, perContract=True),
    ("FUT", "ZN"): Requirement(2_090.0, 1_900.0, perContract=True),
    ("FUT", "EUR"): Requirement(2_970.0, 2_700.0, perContract=True),
    ("FUT", "BRR"): Requirement(0.40, 0.35),
    ("FUT", "MBT"): Requirement(0.40, 0.35),
    ("CFD", "XAUUSD"): Requirement(0.05, 0.05),
}

# Of each balance in a currency that isn't the account's own, whether had or owed: it may move against the account.
FOREIGN_CASH = Requirement(0.025, 0.025)


def requirement(instrument: Instrument) -> Requirement:
    """The row that holds for an instrument. What isn't in the table is paid for in full."""
    kind, symbol = instrument.secType, instrument.symbol
    return _BY_SYMBOL.get((kind, symbol)) or _BY_KIND.get(kind, _IN_FULL)


def margin(instrument: Instrument, quantity: Decimal, price: float, underlying: float = 0.0) -> tuple[float, float]:
    """Initial and maintenance margin of a position at a quoted price, in the instrument's currency.

    `underlying`: the price of what a short option is on.
    """
    if quantity < 0 and instrument.right:
        needed = abs(float(quantity)) * instrument.unit * _written(instrument, price, underlying)
        return needed, needed
    if instrument.secType in OPTIONS:
        return 0.0, 0.0
    row = requirement(instrument)
    size = abs(float(quantity)) * (1.0 if row.perContract else price * instrument.unit)
    if row.short is not None and quantity < 0:
        return size * row.short, size * row.short
    return size * row.initial, size * row.maintenance


def reg_t(instrument: Instrument, quantity: Decimal, price: float) -> float:
    """What Regulation T asks for a position, in the instrument's currency: half of a stock's value, all of an option's,
    nothing of futures and contracts for difference."""
    share = _REG_T.get(instrument.secType, 1.0)
    return abs(float(quantity)) * price * instrument.unit * share


def _written(instrument: Instrument, premium: float, underlying: float) -> float:
    row = _WRITTEN.get(instrument.underSecType, _WRITTEN_ON_SHARES)
    call = instrument.right.startswith("C")
    away = max(instrument.strike - underlying if call else underlying - instrument.strike, 0.0)
    least = row.floor * (underlying if call else instrument.strike)
    return premium + max(row.share * underlying - away, least, row.least)
