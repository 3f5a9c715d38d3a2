"""Contracts: when they trade, and what an option pays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ibnb.ib.hours import sessions
from ibnb.plots.axis import write_amounts, write_prices
from ibnb.plots.canvas import DOWN, INK, UP, canvas, legend_above, show
from ibnb.plots.frames import frame
from ibnb.plots.words import listed, money
from ibnb.tracebacks import short_errors

NEW_YORK = ZoneInfo("America/New_York")


@short_errors
def plotHours(
    details: pd.DataFrame,
    days: int = 5,
    title: str = "Trading hours",
    alt: str | None = None,
    path: str | None = None,
) -> None:
    """Draw when contracts trade, a strip each, from a frame of getContractDetails (several: pd.concat).

    Full are the liquid hours, pale all trading hours, in New York's time, for `days` days from the first that TWS
    tells. Raises ValueError for a frame without hours that can be read.
    """
    columns = ("tradingHours", "liquidHours", "timeZoneId")
    details = frame(details, "plotHours", "a frame of getContractDetails", columns)
    if not days > 0:
        raise ValueError(f"days is a number above 0, not {days!r}.")
    strips: dict[str, tuple[list[tuple[datetime, datetime]], ...]] = {}
    for row in details.to_dict("records"):
        name = " ".join(str(row[each]) for each in ("symbol", "exchange") if row.get(each))
        strips[name] = tuple(_local(row[each], row["timeZoneId"]) for each in ("tradingHours", "liquidHours"))
    ends = [end for pair in strips.values() for each in pair for _, end in each]
    if not ends:
        raise ValueError("plotHours finds no hours that it can read in this frame.")
    # What began the evening before belongs to the day on which it ends.
    first = min(ends).replace(hour=0, minute=0)
    height = max(2.0, 1.1 + 0.45 * len(strips))
    with canvas(path, f"{title} (full: liquid hours)", height=height, grid="x") as (figure, (axes,)):
        for place, pair in enumerate(strips.values()):
            for hours, alpha in zip(pair, (0.3, 1.0), strict=True):
                spans = [(_hours(begin, first), _hours(end, begin)) for begin, end in hours]
                axes.broken_barh(spans, (place - 0.3, 0.6), color=UP, alpha=alpha, lw=0)
        axes.set_xticks(range(0, 24 * days, 24), [f"{first + timedelta(days=day):%a %d %b}" for day in range(days)])
        axes.set_xticks([24 * day + hour for day in range(days) for hour in (6, 12, 18)], minor=True)
        axes.set_xlim(0, 24 * days)
        axes.set_yticks(range(len(strips)), list(strips))
        axes.set_ylim(len(strips) - 0.5, -0.5)
        axes.set_xlabel("New York time; a small mark is six hours")
        told = [
            f"{name} {_open_hours(pair[1], first)} liquid of {_open_hours(pair[0], first)}"
            for name, pair in strips.items()
        ]
        said = f"Strip chart of {title}, {days} days from {first:%Y-%m-%d}, New York time; hours on the first day: "
        show(figure, alt or f"{said}{'; '.join(told)}.", path)


def _local(hours: Any, zone: Any) -> list[tuple[datetime, datetime]]:
    return [(begin.astimezone(NEW_YORK), end.astimezone(NEW_YORK)) for begin, end in sessions(str(hours), str(zone))]


def _hours(moment: datetime, since: datetime) -> float:
    return (moment - since) / timedelta(hours=1)


def _open_hours(hours: list[tuple[datetime, datetime]], first: datetime) -> str:
    last = first + timedelta(days=1)
    found = sum(_hours(min(end, last), max(begin, first)) for begin, end in hours if begin < last)
    return f"{max(found, 0):g}"


@short_errors
def plotPayoff(
    legs: Sequence[tuple[Any, float, float]],
    title: str = "Pay-off at expiry",
    price: float | None = None,
    alt: str | None = None,
    path: str | None = None,
) -> None:
    """Draw what options (and shares) of one underlying win or lose at expiry, over the price of the underlying.

    `legs` are (contract, quantity, price paid for one unit), negative quantities are sold. Contracts need what
    createContract asks for: strike, right and multiplier (100 where there is none) of an option, of a share nothing.
    `price` is a line where the underlying stands today. Raises ValueError for legs that aren't so.

    >>> call = createContract("AAPL", "OPT", lastTradeDateOrContractMonth="20250620", strike=200, right="C")
    >>> plotPayoff([(call, 1, 3.20)])                                           # doctest: +SKIP
    """
    if not isinstance(legs, Sequence) or not legs:
        raise ValueError(f"legs are a list of (contract, quantity, price paid), not {legs!r:.60}.")
    lines = [_leg(leg) for leg in legs]
    strikes = sorted({strike for right, strike, _, _ in lines if right})
    middle = strikes or [float(price or lines[0][3])]
    reach = max(0.15 * middle[-1], 1.5 * (middle[-1] - middle[0]))
    x = np.unique(np.concatenate([np.linspace(max(0.0, middle[0] - reach), middle[-1] + reach, 201), strikes]))
    y = _value(lines, x)
    at = np.flatnonzero(np.sign(y[1:]) * np.sign(y[:-1]) < 0)
    between = x[at] - y[at] * (x[at + 1] - x[at]) / (y[at + 1] - y[at])
    crossing = sorted([*between, *(each for each, gain in zip(x, y, strict=True) if gain == 0 and each in strikes)])
    even = listed([money(round(float(each), 2)) for each in crossing])
    with canvas(path, title) as (figure, (axes,)):
        axes.axhline(0, color=INK, linewidth=0.9)
        axes.plot(x, y, color=INK)
        axes.fill_between(x, y, 0, where=y > 0, color=UP, alpha=0.3, lw=0, interpolate=True, label="gain")
        axes.fill_between(x, y, 0, where=y < 0, color=DOWN, alpha=0.3, lw=0, interpolate=True, label="loss")
        if crossing:
            axes.plot(crossing, [0] * len(crossing), "o", color=INK, label=f"break-even {even}")
        if price is not None:
            axes.axvline(float(price), color=INK, linestyle=":", label=f"today {money(float(price))}")
        axes.set_xlabel("price of the underlying at expiry")
        axes.set_ylabel("gain or loss")
        legend_above(axes)
        write_prices(axes.xaxis)
        write_amounts(axes.yaxis)
        show(figure, alt or _about_payoff(title, lines, strikes, even), path)


# (right "C", "P" or "" for a share, strike, units, price paid)
_Leg = tuple[str, float, float, float]


def _leg(leg: Any) -> _Leg:
    try:
        contract, quantity, paid = leg
        kind, right = contract.secType, contract.right[:1]
        units = float(quantity) * float(contract.multiplier or (100 if kind in ("OPT", "FOP") else 1))
        found = right if kind in ("OPT", "FOP") else "", float(contract.strike or 0), units, float(paid)
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"a leg is (contract, quantity, price paid), not {leg!r:.60}.") from None
    if kind in ("OPT", "FOP") and (right not in ("C", "P") or not contract.strike):
        raise ValueError("an option needs its strike, and its right C or P.")
    return found


def _value(lines: list[_Leg], x: Any) -> Any:
    total = np.zeros_like(x, dtype=float)
    for right, strike, units, paid in lines:
        worth = {"C": np.maximum(x - strike, 0), "P": np.maximum(strike - x, 0)}.get(right, x)
        total += units * (worth - paid)
    return total


def _about_payoff(title: str, lines: list[_Leg], strikes: list[float], even: str) -> str:
    ends = _value(lines, np.array([0.0, *strikes]))
    slope = sum(units for right, _, units, _ in lines if right != "P")
    most = "without limit" if slope > 0 else money(round(float(ends.max()), 2))
    least = "without limit" if slope < 0 else money(round(float(-ends.min()), 2))
    return f"Line chart of {title}: gain at most {most}, loss at most {least}; break-even at {even or 'none'}."
