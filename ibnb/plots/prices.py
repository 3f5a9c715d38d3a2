"""Prices: lines, candles, indicators, and how returns go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ibnb.plots.axis import TimeAxis, write_amounts, write_prices
from ibnb.plots.canvas import DOWN, HEIGHT, INK, LINES, UP, canvas, legend_above, show
from ibnb.plots.frames import bars, named_prices, need
from ibnb.plots.words import listed, moment, money, span, value_range
from ibnb.tracebacks import short_errors

# So many instruments as candles, one below the other, can still be told apart on a page.
_MOST_PANELS = 6
_MOST_LINES = 20


@short_errors
def plotData(
    df: pd.DataFrame,
    title: str = "Price Chart",
    alt: str | None = None,
    path: str | None = None,
    *,
    relative: bool | None = None,
    levels: Mapping[str, float] | None = None,
) -> None:
    """Draw `df["Close"]` as a line; of a frame with several symbols (getDataMany, getHistory), a line for each.

    `relative=True` draws the change since the first bar in per cent, and is what several symbols get if nothing is
    said. `levels` are horizontal lines by name, {"trigger": 200.0}. `alt` replaces the alternative text. `path` saves a
    PNG there; in a script no window opens then. Raises ValueError for what has no Close.

    >>> plotData(df, title="CSH2")                                              # doctest: +SKIP
    """
    parts = bars(df, "plotData")
    lines = named_prices(levels)
    if len(parts) > _MOST_LINES:
        raise ValueError(f'plotData draws at most {_MOST_LINES} symbols; select some: df.loc[["{next(iter(parts))}"]].')
    relative = len(parts) > 1 if relative is None else relative
    if relative and lines:
        raise ValueError("levels are prices: say relative=False, or draw one symbol.")
    drawn = {symbol: _since_first(part["Close"]) if relative else part["Close"] for symbol, part in parts.items()}
    time = TimeAxis(_union(drawn))
    with canvas(path, title) as (figure, (axes,)):
        for place, (symbol, values) in enumerate(drawn.items()):
            axes.plot(time.of(values.index), values.to_numpy(), color=LINES[place % len(LINES)], label=symbol)
        if len(drawn) > 1 and lines:  # whose names stand on the right
            legend_above(axes)
        elif len(drawn) > 1:
            axes.legend(ncols=1 + len(drawn) // 8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        draw_levels(axes, lines)
        axes.set_ylabel("Change in per cent" if relative else "Close")
        write_prices(axes.yaxis)
        time.write(axes)
        show(figure, alt or _about_lines(title, drawn, relative) + about_levels(lines), path)


def _about_lines(title: str, drawn: dict[str, pd.Series], relative: bool) -> str:
    if len(drawn) == 1:
        (values,) = drawn.values()
        of = f"{title} change in per cent" if relative else f"{title} close"
        return f"Line chart of {of}, {span(values.index)}, {value_range(values)}."
    said = "{:+.1f} %".format if relative else money
    last = [f"{symbol} {said(values.dropna().iloc[-1])}" for symbol, values in drawn.items()]
    what = "change in per cent since the first bar" if relative else "close"
    several = f"{len(drawn)} symbols, {span(_union(drawn), 'time')}"
    return f"Line chart of {title}, {what}, {several}; last {', '.join(last)}."


def _since_first(values: pd.Series) -> pd.Series:
    change: pd.Series = (values / values.dropna().iloc[0] - 1) * 100
    return change


def _union(parts: Mapping[str, pd.Series | pd.DataFrame]) -> pd.Index:
    first, *others = (part.index for part in parts.values())
    return first.append(others).unique().sort_values() if others else first


def draw_levels(axes: Any, lines: Mapping[str, float]) -> None:
    """Horizontal lines with their names."""
    for place, (name, price) in enumerate(lines.items()):
        draw_level(axes, name, price, LINES[(place + 1) % len(LINES)])


def draw_level(axes: Any, name: str, price: float, colour: str, ink: str = INK, width: float = 1.0) -> None:
    """A horizontal line; its name stands on the right of the axes: within, the price could cross it."""
    axes.axhline(price, color=colour, linestyle="--", linewidth=width)
    place: Any = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "va": "center"}
    axes.annotate(f"{name} {money(price)}", (1, price), xytext=(4, 0), fontsize=9, color=ink, **place)


def about_levels(lines: Mapping[str, float]) -> str:
    """What the alternative text says of them."""
    told = listed([f"{name} at {money(price)}" for name, price in lines.items()])
    return f" Lines: {told}." if lines else ""


@short_errors
def plotBars(df: pd.DataFrame, title: str = "Bars", alt: str | None = None, path: str | None = None) -> None:
    """Draw open, high, low and close as candles, with the volume below where there is one.

    Of a frame with several symbols (at most six), each has a panel of candles. Raises ValueError as plotData does.
    """
    parts = bars(df, "plotBars")
    if len(parts) > _MOST_PANELS:
        raise ValueError(
            f'plotBars draws at most {_MOST_PANELS} symbols; select some: df.loc[["{next(iter(parts))}"]].'
        )
    for part in parts.values():
        need(part, ("Open", "High", "Low", "Close"), "plotBars")
    alone = len(parts) == 1
    with_volume = alone and all("Volume" in part and bool(part["Volume"].notna().any()) for part in parts.values())
    panels = (3.0, 1.0) if with_volume else (1.0,) * len(parts)
    time = TimeAxis(_union(parts))
    with canvas(path, title, panels, HEIGHT if alone else 2.2 * len(parts)) as (figure, axes):
        told = []
        for top, (symbol, part) in zip(axes, parts.items(), strict=False):
            rose = _candles(top, time, part)
            told.append(_about_candles(title if alone else symbol, part, rose))
            top.set_ylabel("Price" if alone else symbol)
        _candle_legend(axes[0])
        if with_volume:
            ((_, part),) = parts.items()
            axes[1].bar(time.of(part.index), part["Volume"].fillna(0), width=0.65, color=INK)
            axes[1].set_ylabel("Volume")
            axes[1].set_ylim(bottom=0)
            axes[1].grid(visible=False)
            write_amounts(axes[1].yaxis)
        time.write(axes[-1])
        intro = "" if alone else f"{title}: candlestick charts of {listed(list(parts))}. "
        show(figure, alt or intro + " ".join(told), path)


def _candles(axes: Any, time: TimeAxis, df: pd.DataFrame) -> int:
    """Draw candles; how many rose."""
    x = time.of(df.index)
    low, high = df[["Open", "Close"]].min(axis=1), df[["Open", "Close"]].max(axis=1)
    rising = (df["Close"] >= df["Open"]).to_numpy()
    colours = np.where(rising, UP, DOWN)
    axes.vlines(x, df["Low"], low, colors=colours, linewidth=0.9)
    axes.vlines(x, high, df["High"], colors=colours, linewidth=0.9)
    # A bar that closes where it opened still needs a stroke that can be seen.
    least = float((df["High"].max() - df["Low"].min()) * 0.002)
    # Filled when falling, open when rising: the colours aren't the only sign.
    filled = [("none" if up else DOWN) for up in rising]
    height = (high - low).clip(lower=least)
    axes.bar(x, height, bottom=low, width=0.65, color=filled, edgecolor=colours, linewidth=0.9)
    write_prices(axes.yaxis)
    return int(rising.sum())


def _candle_legend(axes: Any) -> None:
    from matplotlib.patches import Patch

    signs = [
        Patch(facecolor="none", edgecolor=UP, label="open: the price rose"),
        Patch(facecolor=DOWN, edgecolor=DOWN, label="filled: it fell"),
    ]
    axes.legend(handles=signs, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)


def _about_candles(title: str, df: pd.DataFrame, rose: int) -> str:
    return (
        f"Candlestick chart of {title}, {span(df.index)}, low {money(df['Low'].min())}, "
        f"high {money(df['High'].max())}, last close {money(df['Close'].dropna().iloc[-1])}; "
        f"{rose} bars rose, {len(df) - rose} fell."
    )


@short_errors
def plotIndicators(
    df: pd.DataFrame,
    lines: Sequence[str] = (),
    band: tuple[str, str] | None = None,
    score: str | None = None,
    threshold: float = 3.0,
    title: str = "Indicators",
    alt: str | None = None,
    path: str | None = None,
) -> None:
    """Draw the Close with other columns of its frame: `lines` over it, `band` (lower, upper) as a shaded strip.

    `score` is a column for a panel below, such as a z-score, with lines at plus and minus `threshold`; points beyond
    are marked. Raises ValueError for a column that isn't there, and as plotData does.

    >>> df["SMA"] = df["Close"].rolling(20).mean()                              # doctest: +SKIP
    >>> plotIndicators(df, lines=["SMA"])                                       # doctest: +SKIP
    """
    lines = [lines] if isinstance(lines, str) else list(lines)
    parts = bars(df, "plotIndicators")
    if len(parts) > 1:
        raise ValueError(f'plotIndicators draws one symbol: select it first, df.loc["{next(iter(parts))}"].')
    (part,) = parts.values()
    if band is not None and (isinstance(band, str) or len(band) != 2):
        raise ValueError(f'band is two columns, ("Lower", "Upper"), not {band!r:.60}.')
    need(part, [*lines, *(band or ()), *([score] if score else [])], "plotIndicators")
    time = TimeAxis(part.index)
    x = time.of(part.index)
    beyond = part[score].abs() > threshold if score else pd.Series(False, index=part.index)
    with canvas(path, title, (2.5, 1.0) if score else (1.0,), HEIGHT * (1.25 if score else 1.0)) as (figure, axes):
        top = axes[0]
        if band is not None:
            top.fill_between(x, part[band[0]], part[band[1]], color=INK, alpha=0.18, label=" to ".join(band), lw=0)
        top.plot(x, part["Close"], color=UP, label="Close")
        for place, name in enumerate(lines):
            top.plot(x, part[name], color=LINES[(place + 1) % len(LINES)], label=name, linewidth=1.2)
        top.set_ylabel("Price")
        legend_above(top)
        write_prices(top.yaxis)
        if score:
            _score(axes[1], x, part[score], beyond, threshold)
            top.plot(x[beyond.to_numpy()], part["Close"][beyond], "o", color=DOWN, markersize=5)
        time.write(axes[-1])
        said = f"Line chart of {title}: close, {span(part.index)}, {value_range(part['Close'])}"
        said += f"; over it {listed([*lines, *(['the band from ' + ' to '.join(band)] if band else [])])}"
        said = said.removesuffix("; over it ") + "."
        if score:
            when = f", the first at {moment(part.index[beyond][0], part.index)}" if beyond.any() else ""
            said += (
                f" Below: {score}, {value_range(part[score])}, {int(beyond.sum())} points beyond ±{threshold:g}{when}."
            )
        show(figure, alt or said, path)


def _score(axes: Any, x: Any, values: pd.Series, beyond: pd.Series, threshold: float) -> None:
    axes.plot(x, values, color=UP, linewidth=1.2)
    axes.plot(x[beyond.to_numpy()], values[beyond], "o", color=DOWN, markersize=5)
    for level in (-threshold, threshold):
        axes.axhline(level, color=DOWN, linestyle="--", linewidth=1)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_ylabel(str(values.name))


@short_errors
def plotCorrelation(
    df: pd.DataFrame, title: str = "Correlation of returns", alt: str | None = None, path: str | None = None
) -> None:
    """Draw how the returns (from bar to bar) of several symbols go together: 1 the same way, -1 opposite ways.

    Bars at times that not all symbols have are left out. Raises ValueError for a frame of fewer than two symbols.
    """
    parts = bars(df, "plotCorrelation")
    if not 2 <= len(parts) <= _MOST_LINES:
        raise ValueError(f"plotCorrelation compares 2 to {_MOST_LINES} symbols; this frame has {len(parts)}.")
    closes = pd.DataFrame({symbol: part["Close"] for symbol, part in parts.items()}).dropna()
    if len(closes) < 3:
        raise ValueError(f"plotCorrelation needs three bars at the same times; these symbols share {len(closes)}.")
    found = closes.pct_change().iloc[1:].corr()
    # No "-0.00".
    values = found.to_numpy().round(4) + 0.0
    many = len(found)
    with canvas(path, title, height=max(HEIGHT, 0.45 * many), grid="") as (figure, (axes,)):
        image = axes.imshow(values, cmap="RdBu", vmin=-1, vmax=1)
        if many <= 12:
            for row in range(many):
                for column in range(many):
                    ink = "white" if abs(values[row, column]) > 0.6 else "#333333"
                    axes.text(
                        column, row, f"{values[row, column]:.2f}", ha="center", va="center", color=ink, fontsize=9
                    )
        axes.set_xticks(range(many), found.columns, rotation=45 if many > 8 else 0)
        axes.set_yticks(range(many), found.index)
        axes.spines[:].set_visible(False)
        figure.colorbar(image, ax=axes)
        pairs = [
            (values[row, column], f"{found.index[row]} and {found.columns[column]}")
            for row in range(many)
            for column in range(row)
        ]
        (least, low), (most, high) = min(pairs), max(pairs)
        said = f"Heat-map of {title}: {listed(list(parts))}, {span(closes.index, 'bar')}; "
        said += f"highest {most:.2f} ({high}), lowest {least:.2f} ({low})."
        show(figure, alt or said, path)
