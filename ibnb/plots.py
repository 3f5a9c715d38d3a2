"""Show data: `displayData` prints, `plot*` draws; both return None and print nothing else.

Rule: every figure has an alternative text, a sentence built from the data. In a notebook it travels in the output's
metadata (`image/png` → `alt`) and as its plain text; in a PNG that `path` names, in its Description.
matplotlib loads when the first figure is drawn.
"""

from __future__ import annotations

import base64
import io
import itertools
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ibnb.tracebacks import short_errors

# Blue and vermilion can be told apart with any kind of colour vision.
UP, DOWN, QUIET = "#0072b2", "#d55e00", "#8c8c8c"
SIZE = (8.0, 4.0)
DPI = 100
_MOST_LABELS = 25


@short_errors
def displayData(df: pd.DataFrame, rows: int | None = 5) -> None:
    """Print the last `rows` rows of a frame, or all of them with rows=None."""
    print(df.to_string() if rows is None else df.tail(rows).to_string())


@short_errors
def plotData(df: pd.DataFrame, title: str = "Price Chart", alt: str | None = None, path: str | None = None) -> None:
    """Draw `df["Close"]` as a line.

    `alt` replaces the alternative text. `path` saves a PNG there; in a script no window opens then.
    Raises ValueError for a frame without a Close.

    >>> plotData(df, title="CSH2")                                              # doctest: +SKIP
    """
    close = _closes(df)
    figure, axes = _figure(path)
    axes.plot(close.index, close.to_numpy(), color=UP, linewidth=1.4)
    axes.set_title(title)
    axes.set_ylabel("Close")
    axes.set_xlabel(str(close.index.name or ""))
    axes.grid(visible=True, alpha=0.25)
    _slant(axes)
    _show(figure, alt or f"Line chart of {title} close, {_span(close.index)}, {_range(close)}.", path)


@short_errors
def plotBars(df: pd.DataFrame, title: str = "Bars", alt: str | None = None, path: str | None = None) -> None:
    """Draw open, high, low and close as candles, with the volume below where there is one.

    Bars stand side by side: nights and weekends leave no gap. Raises ValueError as plotData does.
    """
    close = _closes(df)
    missing = {"Open", "High", "Low"} - set(df.columns)
    if missing:
        raise ValueError(
            f"plotBars needs the columns Open, High, Low and Close; missing: {', '.join(sorted(missing))}."
        )
    with_volume = "Volume" in df and bool(df["Volume"].notna().any())
    figure, axes = _figure(path, rows=2 if with_volume else 1)
    top = axes[0] if with_volume else axes
    x = np.arange(len(df))
    rising = (df["Close"] >= df["Open"]).to_numpy()
    colours = np.where(rising, UP, DOWN)
    top.vlines(x, df["Low"], df["High"], colors=colours, linewidth=0.8)
    body = (df["Close"] - df["Open"]).to_numpy()
    # A bar that closes where it opened still needs a stroke that can be seen.
    least = float((df["High"].max() - df["Low"].min()) * 0.002)
    height = np.where(np.abs(body) < least, least, body)
    # Filled when falling, open when rising: the colours aren't the only sign.
    top.bar(x, height, bottom=df["Open"], width=0.65, color=np.where(rising, "white", DOWN), edgecolor=colours)
    top.set_title(title)
    top.set_ylabel("Price")
    top.grid(visible=True, alpha=0.25)
    last = top
    if with_volume:
        last = axes[1]
        last.bar(x, df["Volume"].fillna(0), width=0.65, color=QUIET)
        last.set_ylabel("Volume")
        last.set_ylim(bottom=0)
    places = np.unique(np.linspace(0, len(df) - 1, min(6, len(df))).astype(int))
    last.set_xticks(places, _marks([df.index[place] for place in places], df.index))
    sentence = (
        f"Candlestick chart of {title}, {_span(close.index)}, low {_money(df['Low'].min())}, "
        f"high {_money(df['High'].max())}, last close {_money(close.iloc[-1])}; "
        f"{int(rising.sum())} bars rose, {int((~rising).sum())} fell."
    )
    _show(figure, alt or sentence, path)


_MARGIN_TAGS = ("NetLiquidation", "InitMarginReq", "MaintMarginReq", "AvailableFunds", "ExcessLiquidity")


@short_errors
def plotMargin(
    summary: pd.DataFrame, title: str = "Margin usage", alt: str | None = None, path: str | None = None
) -> None:
    """Draw what of the account's worth is bound as margin, from a frame of getAccountSummary (one account).

    Raises ValueError when NetLiquidation isn't in the frame.
    """
    if "NetLiquidation" not in summary.index:
        raise ValueError("plotMargin needs the tag NetLiquidation: call getAccountSummary() with its default tags.")
    if summary["account"].nunique() > 1:
        raise ValueError("plotMargin draws one account: select it first, summary[summary['account'] == …].")
    values = summary["value"][[tag for tag in _MARGIN_TAGS if tag in summary.index]]
    currency = str(summary["currency"].loc["NetLiquidation"])
    worth = float(values["NetLiquidation"])
    figure, axes = _figure(path)
    bound = [tag.endswith("MarginReq") for tag in values.index]
    axes.barh(list(values.index), values.to_numpy(), color=[DOWN if each else UP for each in bound])
    for place, value in enumerate(values):
        share = f" ({value / worth:.1%})" if worth else ""
        axes.text(max(value, 0), place, f" {value:,.0f}{share}", va="center", fontsize=9)
    axes.invert_yaxis()
    axes.set_xlim(right=float(values.max()) * 1.25 or 1.0)
    axes.set_title(title)
    axes.set_xlabel(currency)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    listed = ", ".join(f"{tag} {_money(value)}" for tag, value in values.items())
    _show(figure, alt or f"Horizontal bar chart of {title} in {currency}: {listed}.", path)


@short_errors
def plotOrderTimeline(
    log: pd.DataFrame, title: str = "Order timeline", alt: str | None = None, path: str | None = None
) -> None:
    """Draw the statuses that an order went through, from a frame of getOrderLog.

    Steps are drawn at equal distance, in the order of arrival, with their time: a market order lives for milliseconds.
    Raises ValueError for an empty frame.
    """
    if not len(log):
        raise ValueError("plotOrderTimeline needs at least one row: the order isn't known here.")
    levels = list(dict.fromkeys(log["status"]))
    figure, axes = _figure(path)
    x = np.arange(len(log))
    y = [levels.index(status) for status in log["status"]]
    axes.step(x, y, where="post", color=QUIET, linewidth=1.2)
    axes.scatter(x, y, color=UP, zorder=3)
    for place, (level, what) in enumerate(zip(y, log["message"], strict=True)):
        axes.annotate(what, (place, level), textcoords="offset points", xytext=(4, 7), fontsize=8)
    axes.set_yticks(range(len(levels)), levels)
    axes.set_ylim(-0.5, len(levels) - 0.3)
    axes.set_xlim(-0.3, len(log) - 0.3)
    axes.set_xticks(x, [f"{moment:%H:%M:%S}" for moment in log.index], fontsize=8)
    axes.set_title(title)
    axes.grid(visible=True, axis="y", alpha=0.25)
    _slant(axes)
    steps = ", then ".join(levels)
    _show(figure, alt or f"Timeline of {title}: {len(log)} messages; the status was {steps}.", path)


@short_errors
def plotTape(
    tape: pd.DataFrame, title: str = "Requests and answers", alt: str | None = None, path: str | None = None
) -> None:
    """Draw requests and callbacks of `app.tape` in the order in which they happened, a row for each id.

    So one sees which requests were open at the same time. A part of the tape is a frame like any other:
    `plotTape(app.tape[app.tape["id"].notna()])`. Raises ValueError for an empty frame.
    """
    if not len(tape):
        raise ValueError("plotTape needs at least one message; app.tape is empty when nothing was sent since clear().")
    keys = tape["id"].astype("string").fillna("no id")
    lanes = list(dict.fromkeys(keys))
    places = keys.map({lane: place for place, lane in enumerate(lanes)})
    figure, axes = _figure(path)
    counts = []
    for direction, marker, colour, what in (("→", ">", DOWN, "requests"), ("←", "o", UP, "callbacks")):
        chosen = tape["direction"] == direction
        axes.plot(tape.index[chosen], places[chosen], marker, color=colour, markersize=4, label=what)
        counts.append(f"{int(chosen.sum())} {what}")
    every = -(-len(lanes) // _MOST_LABELS)
    axes.set_yticks(range(0, len(lanes), every), lanes[::every], fontsize=8)
    axes.set_xlabel("message number")
    axes.set_ylabel("request or order id")
    axes.set_title(title)
    axes.grid(visible=True, axis="y", alpha=0.25)
    axes.legend(loc="best")
    said = f"Timeline of {title}: {' and '.join(counts)}, at most {_most_open(tape)} requests open at the same time."
    _show(figure, alt or said, path)


def _most_open(tape: pd.DataFrame) -> int:
    """How many ids there were at once between their first request and their last callback."""
    asked: dict[int, int] = {}
    told: dict[int, int] = {}
    known = tape[tape["id"].notna()]
    for number, key, direction in zip(known.index, known["id"], known["direction"], strict=True):
        if direction == "→":
            asked.setdefault(key, number)
        elif key in asked:
            told[key] = number
    steps = sorted([(asked[key], 1) for key in told] + [(number, -1) for number in told.values()])
    return max(itertools.accumulate((step for _, step in steps), initial=0))


# --- words ---------------------------------------------------------------------------------------


def _closes(df: pd.DataFrame) -> pd.Series:
    if "Close" not in df.columns:
        raise ValueError(f"a column Close is needed; this frame has: {', '.join(map(str, df.columns)) or 'none'}.")
    if not df["Close"].notna().any():
        raise ValueError(f"at least one row with a Close is needed; this frame has {len(df)} rows.")
    return df["Close"]


def _span(index: pd.Index) -> str:
    """How many bars of which size, and from when to when: "63 daily bars, from 2025-03-12 to 2025-06-10"."""
    count = f"{len(index):,} {_size(index)}bar{'' if len(index) == 1 else 's'}"
    return f"{count}, from {_moment(index[0], index)} to {_moment(index[-1], index)}"


def _size(index: pd.Index) -> str:
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return ""
    seconds = int(pd.Series(index).diff().median().total_seconds())
    if index.tz is None:
        return {1: "daily ", 7: "weekly "}.get(seconds // 86400, "monthly " if seconds >= 28 * 86400 else "")
    for unit, name in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds and seconds % unit == 0:
            return f"{seconds // unit}-{name} "
    return ""


def _moment(value: Any, index: pd.Index) -> str:
    if not isinstance(index, pd.DatetimeIndex):
        return str(value)
    return f"{value:%Y-%m-%d}" if index.tz is None else f"{value:%Y-%m-%d %H:%M}"


def _marks(values: list[Any], index: pd.Index) -> list[str]:
    """Short labels for an axis: the day (or, for daily bars, the year) only where it is another than the one before."""
    if not isinstance(index, pd.DatetimeIndex):
        return [str(value) for value in values]
    small, large = ("%d %b", "%Y") if index.tz is None else ("%H:%M", "%d %b %Y")
    marks, before = [], ""
    for value in values:
        whole = value.strftime(large)
        marks.append(value.strftime(small) + (f"\n{whole}" if whole != before else ""))
        before = whole
    return marks


def _range(values: pd.Series) -> str:
    found = values.dropna()
    return f"low {_money(found.min())}, high {_money(found.max())}, last {_money(found.iloc[-1])}"


def _money(value: float) -> str:
    """Two decimals; for small prices as many as are needed to tell them apart."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.5g}"


# --- figures -------------------------------------------------------------------------------------


def _shell() -> Any:
    """The running notebook's shell, or None in a script."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    return shell if hasattr(shell, "kernel") else None


def _figure(path: str | None, rows: int = 1) -> tuple[Any, Any]:
    settings: dict[str, Any] = {"figsize": SIZE, "dpi": DPI, "layout": "constrained"}
    if _shell() is not None or path is not None:
        # Not pyplot's: no window opens, and a notebook doesn't show it a second time at the end of the cell.
        from matplotlib.figure import Figure

        figure = Figure(**settings)
    else:
        import matplotlib.pyplot as plt

        figure = plt.figure(**settings)
    ratios = {"height_ratios": [3, 1]} if rows == 2 else {}
    return figure, figure.subplots(rows, 1, sharex=rows > 1, gridspec_kw=ratios)


def _slant(axes: Any) -> None:
    for label in axes.get_xticklabels():
        label.set_rotation(30)
        label.set_ha("right")


def _show(figure: Any, alt: str, path: str | None) -> None:
    if path is not None:
        figure.savefig(Path(path), metadata={"Description": alt} if str(path).endswith(".png") else None)
    if _shell() is not None:
        _display(figure, alt)
    elif path is None:
        _open_window(figure)


def _open_window(figure: Any) -> None:
    import matplotlib.pyplot as plt

    with warnings.catch_warnings():
        # Without a screen (Agg) there is nothing to show, and nothing to warn of.
        warnings.filterwarnings("ignore", message=".*non-interactive.*")
        plt.show()
    plt.close(figure)


def _display(figure: Any, alt: str) -> None:
    from IPython.display import display

    image = io.BytesIO()
    figure.savefig(image, format="png")
    bundle = {"image/png": base64.b64encode(image.getvalue()).decode("ascii"), "text/plain": alt}
    display(bundle, raw=True, metadata={"image/png": {"alt": alt}})  # type: ignore[no-untyped-call]
