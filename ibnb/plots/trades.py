"""What was traded, on the price at which it was: fills, and a bracket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ibnb.ib.api import is_unset
from ibnb.plots.axis import TimeAxis, write_amounts, write_prices
from ibnb.plots.canvas import DOWN, HEIGHT, INK, LINES, UP, canvas, legend_above, show
from ibnb.plots.frames import frame, named_prices, prices
from ibnb.plots.prices import about_levels, draw_level, draw_levels
from ibnb.plots.words import listed, money, span, value_range
from ibnb.tracebacks import short_errors

# getExecutions' sides → (marker, colour, what happened).
_SIDES = {"BOT": ("^", UP, "bought"), "SLD": ("v", DOWN, "sold")}


@short_errors
def plotFills(
    df: pd.DataFrame,
    executions: pd.DataFrame,
    levels: Mapping[str, float] | None = None,
    equity: pd.Series | None = None,
    title: str = "Price and fills",
    alt: str | None = None,
    path: str | None = None,
) -> None:
    """Draw a price with the fills on it: `df` as in plotData (or ticks), `executions` as getExecutions returns them.

    Fills outside the time of `df` stand at its border. `levels`: horizontal lines by name. `equity`: a Series over
    time, drawn below. Raises ValueError for executions of more than one symbol, and for what isn't a price.

    >>> plotFills(bars, app.getExecutions().query("symbol == 'AAPL'"))          # doctest: +SKIP
    """
    close = prices(df, "plotFills")
    fills = _fills(executions, "plotFills")
    lines = named_prices(levels)
    if equity is not None and not isinstance(equity, pd.Series):
        raise ValueError(f"equity is a Series over time, not {equity!r:.60}.")
    time = TimeAxis(close.index if equity is None else close.index.append(equity.index))
    panels, height = ((1.0,), HEIGHT) if equity is None else ((2.0, 1.0), 1.25 * HEIGHT)
    with canvas(path, title, panels, height) as (figure, axes):
        axes[0].plot(time.of(close.index), close.to_numpy(), color=INK, linewidth=1.2)
        told = _draw_fills(axes[0], time, fills)
        draw_levels(axes[0], lines)
        axes[0].set_ylabel("Price")
        write_prices(axes[0].yaxis)
        said = f"Line chart of {title}, {span(close.index)}, {value_range(close)}; {told}.{about_levels(lines)}"
        if equity is not None:
            axes[1].plot(time.of(equity.index), equity.to_numpy(), color=LINES[2])
            axes[1].set_ylabel(str(equity.name or "Equity"))
            write_amounts(axes[1].yaxis)
            said += f" Below: {str(equity.name or 'equity').lower()}, {value_range(equity)}."
        time.write(axes[-1])
        show(figure, alt or said, path)


def _fills(executions: Any, verb: str) -> pd.DataFrame:
    fills = frame(executions, verb, "fills as getExecutions returns them", ("side", "shares", "price"))
    if not len(fills):
        return fills
    if not isinstance(fills.index, pd.DatetimeIndex):
        raise ValueError(f"{verb} needs fills with an index of times, as getExecutions returns them.")
    if "symbol" in fills and fills["symbol"].nunique() > 1:
        names = ", ".join(sorted(fills["symbol"].unique()))
        raise ValueError(f'{verb} draws one symbol, and these are fills of {names}: executions.query("symbol == …").')
    return fills


def _draw_fills(axes: Any, time: TimeAxis, fills: pd.DataFrame) -> str:
    told = []
    for side, (marker, colour, what) in _SIDES.items():
        chosen = fills[fills["side"] == side]
        if len(chosen):
            x = time.of(chosen.index)
            axes.plot(x, chosen["price"], marker, color=colour, markersize=9, markeredgecolor="white", label=what)
            mean = (chosen["shares"] * chosen["price"]).sum() / chosen["shares"].sum()
            many = f"{len(chosen)} fill{'s' * (len(chosen) > 1)}"
            told.append(f"{what} {chosen['shares'].sum():g} at {money(mean)} on average ({many})")
    if told:
        legend_above(axes)
    return listed(told) or "no fills"


@short_errors
def plotBracket(
    df: pd.DataFrame,
    bracket: Sequence[Any],
    executions: pd.DataFrame | None = None,
    title: str = "Bracket",
    alt: str | None = None,
    path: str | None = None,
) -> None:
    """Draw a price with the entry, the profit and the stop of a bracket, as createBracket returns it.

    What can be won and lost is shaded. An entry at the market stands at the last price of `df`, or at what
    `executions` (of these three orders) says was paid. Raises ValueError for what isn't a bracket.
    """
    close = prices(df, "plotBracket")
    fills = _fills(executions, "plotBracket") if executions is not None else None
    try:
        parent, profit, stop = bracket
        target, loss = float(profit.lmtPrice), float(stop.auxPrice)
        entry, way = float(parent.lmtPrice), str(parent.action)
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"a bracket is the three orders that createBracket returns, not {bracket!r:.60}.") from None
    if is_unset(entry) or not entry:
        entered = fills[fills["side"] == ("BOT" if way == "BUY" else "SLD")] if fills is not None else close.iloc[:0]
        entry = float(entered["price"].iloc[0]) if len(entered) else float(close.dropna().iloc[-1])
    time = TimeAxis(close.index)
    with canvas(path, title) as (figure, (axes,)):
        axes.plot(time.of(close.index), close.to_numpy(), color=INK, linewidth=1.2)
        axes.axhspan(min(entry, target), max(entry, target), color=UP, alpha=0.13, lw=0)
        axes.axhspan(min(entry, loss), max(entry, loss), color=DOWN, alpha=0.13, lw=0)
        for name, price, colour in (("profit", target, UP), ("entry", entry, INK), ("stop", loss, DOWN)):
            draw_level(axes, name, price, colour, colour, 1.2)
        told = f" Filled: {_draw_fills(axes, time, fills)}." if fills is not None else ""
        axes.set_ylabel("Price")
        write_prices(axes.yaxis)
        time.write(axes)
        said = f"Line chart of {title}, {span(close.index)}, {value_range(close)}. "
        said += f"{way} at {money(entry)}, profit at {money(target)}, stop at {money(loss)}: "
        said += f"{money(round(abs(target - entry), 6))} to win, {money(round(abs(entry - loss), 6))} to lose a share."
        show(figure, alt or said + told, path)
