"""Black and Scholes' formulas, for numbers and for columns of them.

Rule: pure functions. Prices are in the underlying's units, volatility and rates are per year (0.25, 0.045), time is in
years. A put's price is the call's by parity, so the two always agree.
Source: F. Black and M. Scholes, The Pricing of Options and Corporate Liabilities, 1973; the normal distribution's
integral by G. West, Better approximations to cumulative normal functions, 2005 (after Hart; 15 digits).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import erfc, exp, log, pi, sqrt
from typing import Any, Protocol

import numpy as np

from .noise import Floats

RATE = 0.045
# What an index's shares pay a year.
YIELD = 0.0125

# What a share will pay while an option lives, in order: years until it goes ex, and how much.
Dividends = Sequence[tuple[Any, float]]

_TOP = (
    0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
    220.206867912376,
)  # fmt: skip
_BOTTOM = (
    0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
    793.826512519948, 440.413735824752,
)  # fmt: skip
_BRANCH = 7.07106781186547
_ROOT_OF_2, _ROOT_OF_2_PI = sqrt(2), 2.506628274631
_LEAST_VOL, _MOST_VOL, _FIRST_VOL = 0.001, 10.0, 0.3
_PRECISION = 1e-10
# A minute, in years.
_LEAST_TIME = 1 / 525_600


class Early(Protocol):
    """What decides how an option is exercised, and for what."""

    @property
    def right(self) -> str: ...
    @property
    def strike(self) -> float: ...
    @property
    def underSecType(self) -> str: ...


@dataclass(frozen=True)
class Greeks:
    """What one price of an option means. `vega` is for one percent of volatility, `theta` for one day.

    Figures are None where no volatility gives the price.
    """

    impliedVol: float | None
    delta: float | None
    optPrice: float
    pvDividend: float
    gamma: float | None
    vega: float | None
    theta: float | None
    undPrice: float


def normal(x: Floats) -> Floats:
    """The probability that a standard normal value is below each `x`."""
    z = np.minimum(np.abs(x), 37.0)
    bell = np.exp(-z * z / 2)
    near = bell * np.polyval(_TOP, z) / np.polyval(_BOTTOM, z)
    far = bell / ((z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))) * _ROOT_OF_2_PI)
    tail = np.where(z < _BRANCH, near, far)
    return np.asarray(np.where(x > 0, 1 - tail, tail), np.float64)


def price(right: str, spot: Floats, strike: float, years: Any, vol: Any) -> Floats:
    """What an option is worth where the underlying is at `spot`: never below nothing."""
    present = strike * np.exp(-RATE * np.asarray(years, np.float64))
    deviation = np.asarray(vol * np.sqrt(years), np.float64)
    d1 = np.log(spot / present) / deviation + deviation / 2
    call = spot * normal(d1) - present * normal(d1 - deviation)
    return np.maximum(call if right == "C" else call - spot + present, 0.0)


def worth(option: Early, spot: Floats, years: Any, vol: Any, dividends: Dividends = ()) -> Floats:
    """What a contract is worth where its underlying is at `spot`, as it may be exercised.

    What will be paid while it lives isn't the holder's: the price less its present value is what moves. A call may be
    exercised before each ex-date, and is worth the best of that and of waiting.
    Source: F. Black, Fact and Fantasy in the Use of Options, 1975.
    """
    left = alive(option, spot, years, dividends)
    if not early(option):
        return price(option.right, left, option.strike, years, vol)
    if option.right == "P":
        return early_price(left, option.strike, years, vol)
    best = price("C", left, option.strike, years, vol)
    for n, (until, amount) in enumerate(dividends):
        # Who waits keeps the interest on the strike until the next dividend, or the end.
        later = dividends[n + 1][0] if n + 1 < len(dividends) else years
        if np.max(amount + option.strike * np.expm1(-RATE * (np.asarray(later) - until))) > 0:
            before = alive(option, spot, years, dividends[:n])
            best = np.maximum(best, price("C", before, option.strike, np.maximum(until, _LEAST_TIME), vol))
    return best


def alive(option: Early, spot: Any, years: Any, dividends: Dividends = ()) -> Any:
    """What of the underlying's price is the holder's at the end: less what is paid until then; of a future, which is
    paid for at the end, and of an index, which pays all the time, a share of it.

    So a call less a put is worth the discounted difference of future and strike (F. Black, 1976).
    """
    if not early(option):
        rate = RATE if option.underSecType == "FUT" else YIELD
        return spot * np.exp(-rate * np.asarray(years, np.float64))
    return np.maximum(spot - present(dividends), 0.01 * spot)


def present(dividends: Dividends) -> Any:
    """What they are worth today."""
    return sum(amount * np.exp(-RATE * np.asarray(until, np.float64)) for until, amount in dividends)


def figures(
    option: Early, spot: float, years: float, vol: float | None, paid: float, dividends: Dividends = ()
) -> Greeks:
    """All figures of a contract for which `paid` is asked, where its underlying is at `spot`."""
    left = float(alive(option, spot, years, dividends))
    found = greeks(option.right, left, option.strike, years, vol, paid)
    owed = spot - left if option.underSecType != "FUT" else 0.0
    share = 1.0 if early(option) else left / spot
    if found.delta is None or found.gamma is None:
        return replace(found, undPrice=spot, pvDividend=owed)
    return replace(found, undPrice=spot, pvDividend=owed, delta=found.delta * share, gamma=found.gamma * share * share)


def implied(option: Early, spot: float, years: float, paid: float, dividends: Dividends = ()) -> float | None:
    """The volatility at which a contract is worth `paid`, where its underlying is at `spot`; None if there is none."""
    left = float(alive(option, spot, years, dividends))
    return implied_volatility(option.right, left, option.strike, years, paid)


def early(option: Early) -> bool:
    """Whether an option may be exercised at any time: those on shares and funds, not those on an index or a future."""
    return option.underSecType == "STK"


def early_price(spot: Floats, strike: float, years: Any, vol: Any) -> Floats:
    """What a put is worth that may be exercised at any time: never below what that would bring.

    Source: G. Barone-Adesi and R. Whaley, Efficient Analytic Approximation of American Option Values, 1987, with the
    critical price of their first guess, at which the two pieces meet.
    """
    years, vol = np.asarray(years, np.float64), np.asarray(vol, np.float64)
    m = 2 * RATE / (vol * vol)
    least = strike * m / (1 + m)
    haste = np.minimum((RATE * years - 2 * vol * np.sqrt(years)) * (1 + m), 0.0)
    critical = least + (strike - least) * np.exp(haste)
    power = (1 - m - np.sqrt((m - 1) ** 2 + 4 * m / -np.expm1(-RATE * years))) / 2
    there = np.maximum(strike - critical - price("P", critical, strike, years, vol), 0.0)
    waiting = price("P", spot, strike, years, vol) + there * np.maximum(spot / critical, 1.0) ** power * (
        spot > critical
    )
    return np.asarray(np.maximum(waiting, strike - spot), np.float64)


def greeks(right: str, spot: float, strike: float, years: float, vol: float | None, paid: float) -> Greeks:
    """All figures of an option for which `paid` is asked, at its volatility."""
    if vol is None:
        return Greeks(None, None, paid, 0.0, None, None, None, spot)
    present, deviation = strike * exp(-RATE * years), vol * sqrt(years)
    d1 = log(spot / present) / deviation + deviation / 2
    d2 = d1 - deviation
    bell = exp(-d1 * d1 / 2) / sqrt(2 * pi)
    call = right == "C"
    above = _below(d2) if call else -_below(-d2)
    return Greeks(
        impliedVol=vol,
        delta=_below(d1) if call else _below(d1) - 1,
        optPrice=paid,
        pvDividend=0.0,
        gamma=bell / (spot * deviation),
        vega=spot * bell * sqrt(years) / 100,
        theta=(-spot * bell * vol / (2 * sqrt(years)) - RATE * present * above) / 365,
        undPrice=spot,
    )


def implied_volatility(right: str, spot: float, strike: float, years: float, paid: float) -> float | None:
    """The volatility at which the option is worth `paid`; None if there is none between 0.1 % and 1000 %.

    Newton's steps, and halves where one would leave the bracket.
    """
    present, root = strike * exp(-RATE * years), sqrt(years)

    def worth(vol: float) -> tuple[float, float]:
        """The value, and how fast it rises with the volatility."""
        d1 = log(spot / present) / (vol * root) + vol * root / 2
        call = spot * _below(d1) - present * _below(d1 - vol * root)
        return call if right == "C" else call - spot + present, spot * root * exp(-d1 * d1 / 2) / sqrt(2 * pi)

    low, high, vol = _LEAST_VOL, _MOST_VOL, _FIRST_VOL
    if not worth(low)[0] < paid < worth(high)[0]:
        return None
    while high - low > _PRECISION:
        value, slope = worth(vol)
        low, high = (vol, high) if value < paid else (low, vol)
        next_ = vol - (value - paid) / slope if slope else high
        if not low < next_ < high:
            next_ = (low + high) / 2
        if abs(next_ - vol) < _PRECISION:
            return next_
        vol = next_
    return vol


def _below(x: float) -> float:
    """`normal` of one number, without the cost of a column."""
    return 0.5 * erfc(-x / _ROOT_OF_2)
