"""An account: what is tied up as margin, what it holds, and how it fared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ibnb.plots.axis import TimeAxis, write_amounts
from ibnb.plots.canvas import DOWN, LINES, UP, canvas, legend_above, show
from ibnb.plots.frames import frame
from ibnb.plots.words import moment, money, span, value_range
from ibnb.tracebacks import short_errors

_MARGIN_TAGS = ("NetLiquidation", "InitMarginReq", "MaintMarginReq", "AvailableFunds", "ExcessLiquidity")


@short_errors
def plotMargin(
    summary: pd.DataFrame, title: str = "Margin usage", alt: str | None = None, path: str | None = None
) -> None:
    """Draw what of the account's value is tied up as margin, from a frame of getAccountSummary (one account).

    Raises ValueError when NetLiquidation isn't in the frame.
    """
    wanted = "the summary of an account, as getAccountSummary returns it"
    summary = frame(summary, "plotMargin", wanted, ("value", "currency", "account"))
    if "NetLiquidation" not in summary.index:
        raise ValueError("plotMargin needs the tag NetLiquidation: call getAccountSummary() with its default tags.")
    if summary["account"].nunique() > 1:
        raise ValueError("plotMargin draws one account: select it first, summary[summary['account'] == …].")
    values = summary["value"][[tag for tag in _MARGIN_TAGS if tag in summary.index]]
    currency = str(summary["currency"].loc["NetLiquidation"])
    worth = float(values["NetLiquidation"])
    with canvas(path, title, height=1.0 + 0.5 * len(values), grid="x") as (figure, (axes,)):
        bound = [tag.endswith("MarginReq") for tag in values.index]
        labels = [f"{value:,.0f}" + (f" ({value / worth:.1%})" if worth else "") for value in values]
        _bars(axes, list(values.index), values.to_numpy(), [DOWN if each else UP for each in bound], labels)
        axes.set_xlabel(currency)
        listed_values = ", ".join(f"{tag} {money(value)}" for tag, value in values.items())
        show(figure, alt or f"Horizontal bar chart of {title} in {currency}: {listed_values}.", path)


def _bars(axes: Any, names: list[str], values: Any, colours: list[str], labels: list[str]) -> None:
    """Horizontal bars, the first on top, with what they are at their ends."""
    axes.barh(range(len(names)), values, color=colours, height=0.6)
    for place, (value, label) in enumerate(zip(values, labels, strict=True)):
        axes.text(max(value, 0), place, f" {label}", va="center", fontsize=9)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(right=float(max(*values, 0.0, 0.0)) * 1.28 or 1.0)
    write_amounts(axes.xaxis)


@short_errors
def plotPortfolio(
    portfolio: pd.DataFrame, title: str = "Portfolio", alt: str | None = None, path: str | None = None
) -> None:
    """Draw the market value of each position, largest first, from a frame of `getAccountUpdates().portfolio`.

    Short positions point to the left. Raises ValueError for positions in several currencies, or of none.
    """
    wanted = "positions with their market values, getAccountUpdates().portfolio,"
    portfolio = frame(portfolio, "plotPortfolio", wanted, ("marketValue",))
    held = portfolio[portfolio["marketValue"].notna() & (portfolio["marketValue"] != 0)]
    if not len(held):
        raise ValueError("plotPortfolio needs at least one position with a market value.")
    currencies = sorted(held["currency"].unique()) if "currency" in held else [""]
    if len(currencies) > 1:
        raise ValueError(f"plotPortfolio adds up one currency: select one of {', '.join(currencies)} first.")
    held = held.sort_values("marketValue", key=abs, ascending=False)
    names = [str(name) for name in held.get("symbol", held.index)]
    values, gross = held["marketValue"].to_numpy(), float(held["marketValue"].abs().sum())
    with canvas(path, title, height=max(2.0, 0.9 + 0.32 * len(held)), grid="x") as (figure, (axes,)):
        labels = [f"{value:,.0f} ({abs(value) / gross:.0%})" for value in values]
        _bars(axes, names, values, [UP if value > 0 else DOWN for value in values], labels)
        axes.set_xlabel(f"market value {currencies[0]}".strip())
        told = ", ".join(f"{name} {money(round(value))}" for name, value in zip(names, values, strict=True))
        said = f"Horizontal bar chart of {title}, {len(held)} positions, market value {currencies[0]}: {told}."
        show(figure, alt or said.replace(" :", ":"), path)


@short_errors
def plotEquity(
    equity: pd.Series | pd.DataFrame,
    floor: float | pd.Series | None = None,
    title: str = "Equity",
    alt: str | None = None,
    path: str | None = None,
) -> None:
    """Draw an account's value over time: a Series, or a frame with a column for each account or strategy.

    `floor` (an amount, or a Series over the same time) is a line that the value should stay above; where it doesn't is
    marked. Times may be text, as a sweep's `start` is. Raises ValueError for anything but numbers over time.

    >>> plotEquity(values, floor=guard.floor)                                   # doctest: +SKIP
    """
    if not isinstance(equity, pd.Series | pd.DataFrame):
        raise ValueError(f"plotEquity draws a Series over time, or a frame of several, not {equity!r:.60}.")
    curves = equity.to_frame(equity.name or "Equity") if isinstance(equity, pd.Series) else equity
    curves = curves.select_dtypes("number").dropna(axis="columns", how="all")
    if pd.api.types.is_string_dtype(curves.index) and len(curves):
        curves = curves.set_axis(pd.DatetimeIndex(curves.index), axis="index")
    curves = curves.sort_index()
    if not len(curves) or not len(curves.columns):
        raise ValueError("plotEquity needs at least one number over time.")
    level = None if floor is None else _floor(floor, curves.index)
    time = TimeAxis(curves.index)
    x = time.of(curves.index)
    with canvas(path, title) as (figure, (axes,)):
        told = []
        for place, (name, values) in enumerate(curves.items()):
            axes.plot(x, values, color=LINES[place % len(LINES)], label=str(name))
            told.append(f"{name} {value_range(values)}, deepest fall {_fall(values):.1%}{_below(values, level)}")
            if level is not None:
                axes.fill_between(x, values, level, where=values < level, color=DOWN, alpha=0.3, lw=0, interpolate=True)
        if level is not None:
            axes.plot(x, level, color=DOWN, linestyle="--", linewidth=1.2, label="floor")
        if len(curves.columns) > 1 or level is not None:
            legend_above(axes)
        write_amounts(axes.yaxis)
        time.write(axes)
        said = f"Line chart of {title}, {span(curves.index, 'point')}: {'; '.join(told)}."
        if level is not None:
            said += f" The floor is {money(level.iloc[-1])}."
        show(figure, alt or said, path)


def _floor(floor: Any, index: pd.Index) -> pd.Series:
    if isinstance(floor, pd.Series):
        return floor.reindex(index.union(floor.index)).ffill().reindex(index)
    try:
        return pd.Series(float(floor), index=index)
    except (TypeError, ValueError):
        raise ValueError(f"floor is an amount, or a Series over time, not {floor!r:.60}.") from None


def _fall(values: pd.Series) -> float:
    found = values.dropna()
    return float((1 - found / found.cummax()).max())


def _below(values: pd.Series, level: pd.Series | None) -> str:
    if level is None:
        return ""
    under = np.flatnonzero((values < level).to_numpy())
    if not len(under):
        return ", never below the floor"
    return f", below the floor {len(under)} times, first at {moment(values.index[under[0]], values.index)}"
