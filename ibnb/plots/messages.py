"""What went over the connection: messages by request, requests by time, threads."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd

from ibnb.plots.canvas import DOWN, INK, LINES, UP, canvas, show
from ibnb.plots.frames import frame, need
from ibnb.plots.words import listed
from ibnb.tracebacks import short_errors

_TAPE = "messages, as app.tape has them"
_MOST_ROWS = 25
_MOST_NAMES = 40
# From so many seconds on: (how many of the unit are a second, the unit).
_UNITS = ((7200.0, (1 / 3600, "h")), (120.0, (1 / 60, "min")), (1.0, (1.0, "s")), (0.0, (1000.0, "ms")))
_WAYS = (("→", ">", DOWN, "requests"), ("←", "o", UP, "callbacks"))


@short_errors
def plotTape(
    tape: pd.DataFrame, title: str = "Requests and answers", alt: str | None = None, path: str | None = None
) -> None:
    """Draw requests and callbacks of `app.tape` in the order in which they happened, a row for each id.

    So one sees which requests were open at the same time: a line goes from the request to its last callback. A row has
    the id and the request's name. A part of the tape is a frame like any other:
    `plotTape(app.tape[app.tape["id"].notna()])`. Raises ValueError for an empty frame.
    """
    tape = _tape(tape, "plotTape")
    keys = tape["id"].astype("string").fillna("no id")
    lanes = list(dict.fromkeys(keys))
    places = keys.map({lane: place for place, lane in enumerate(lanes)}).to_numpy()
    asked = tape["direction"] == "→"
    names = dict(zip(keys[asked][::-1], tape["name"][asked][::-1], strict=True))
    labels = [f"{names.get(lane, '')} {lane}".strip() if lane != "no id" else lane for lane in lanes]
    height = min(8.0, max(2.4, 1.2 + 0.28 * len(lanes)))
    with canvas(path, title, height=height, grid="x") as (figure, (axes,)):
        numbers = tape.index.to_numpy()
        for place, lane in enumerate(lanes):
            of_it = numbers[places == place]
            if lane != "no id":
                axes.hlines(place, of_it.min(), of_it.max(), color=INK, linewidth=1, alpha=0.6)
        counts = []
        # Thousands of dots are one thick line: small ones then.
        size = 5 if len(tape) < 300 else 2.5
        for direction, marker, colour, what in _WAYS:
            chosen = (tape["direction"] == direction).to_numpy()
            axes.plot(numbers[chosen], places[chosen], marker, color=colour, markersize=size, label=what, mew=0)
            counts.append(f"{int(chosen.sum())} {what}")
        every = -(-len(lanes) // _MOST_ROWS)
        axes.set_yticks(range(0, len(lanes), every), labels[::every], fontsize=8)
        axes.set_ylim(len(lanes) - 0.5, -0.5)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel("message number")
        axes.legend(loc="lower right", ncols=2, bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
        said = (
            f"Timeline of {title}: {' and '.join(counts)}, at most {_most_open(tape)} requests open at the same time."
        )
        show(figure, alt or said, path)


def _tape(tape: Any, verb: str) -> pd.DataFrame:
    found = frame(tape, verb, _TAPE, ("id", "direction", "name"))
    if not len(found):
        raise ValueError(f"{verb} needs at least one message; app.tape is empty when nothing was sent since clear().")
    return found


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


@short_errors
def plotRequests(spans: pd.DataFrame, title: str = "Requests", alt: str | None = None, path: str | None = None) -> None:
    """Draw when requests were open, one bar each, as a Gantt chart.

    `spans` is a frame with the columns `start` and `end` (times, or seconds; the index names the bars), or `app.tape`:
    then a bar goes from a request to the last callback of its id, in the time of the session. On the embedded gateway's
    manual clock an answer takes no time, so measure with time.perf_counter() there. ValueError for anything else.

    >>> plotRequests(pd.DataFrame({"start": [0, 1], "end": [1, 2.5]}, index=["AAPL", "MSFT"]))  # doctest: +SKIP
    """
    df = frame(spans, "plotRequests", "requests with start and end, or app.tape,")
    if "direction" in df.columns:
        df = _spans(_tape(df, "plotRequests"))
    need(df, ("start", "end"), "plotRequests")
    if not len(df):
        raise ValueError("plotRequests needs at least one request that was answered.")
    first = df["start"].min()
    begin, end = _since(df["start"], first), _since(df["end"], first)
    if (end < begin).any():
        raise ValueError("plotRequests needs an end that isn't before its start.")
    whole, busy = float(end.max()), float((end - begin).sum())
    scale, unit = next(found for least, found in _UNITS if whole >= least)
    with canvas(path, title, height=min(9.0, max(2.0, 1.0 + 0.25 * len(df))), grid="x") as (figure, (axes,)):
        axes.barh(range(len(df)), (end - begin) * scale, left=begin * scale, color=UP, height=0.7)
        axes.plot(begin * scale, range(len(df)), "|", color=UP, markersize=9)
        every = -(-len(df) // _MOST_ROWS)
        axes.set_yticks(range(0, len(df), every), [str(name) for name in df.index[::every]], fontsize=9)
        axes.set_ylim(len(df) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.set_xlabel(f"{unit} since the first request")
        together = busy / whole if whole else float(len(df))
        said = (
            f"Gantt chart of {title}: {len(df)} requests in {whole * scale:.3g} {unit}, "
            f"{together:.1f} open at the same time on average."
        )
        show(figure, alt or said, path)


def _spans(tape: pd.DataFrame) -> pd.DataFrame:
    need(tape, ("time",), "plotRequests")
    known = tape[tape["id"].notna()]
    asked = known[known["direction"] == "→"].drop_duplicates("id").set_index("id")
    told = known[known["direction"] == "←"].groupby("id")["time"].max()
    both = asked[asked.index.isin(told.index)]
    names = [f"{name} {key}" for key, name in both["name"].items()]
    return pd.DataFrame({"start": both["time"].to_numpy(), "end": told.loc[both.index].to_numpy()}, index=names)


def _since(values: pd.Series, first: Any) -> pd.Series:
    gone: pd.Series = values - first
    return gone.dt.total_seconds() if pd.api.types.is_timedelta64_dtype(gone) else gone.astype(float)


@short_errors
def plotThreads(tape: pd.DataFrame, title: str = "Threads", alt: str | None = None, path: str | None = None) -> None:
    """Draw who does what: a row for each thread, its requests and callbacks in the order in which they happened.

    `tape` is (a part of) `app.tape`, or any frame with the columns `thread` and `name`, oldest first; `direction` ("→"
    out, "←" in) gives them their signs. Up to forty messages have their names. Raises ValueError for an empty frame.
    """
    df = frame(tape, "plotThreads", _TAPE, ("thread", "name"))
    if not len(df):
        raise ValueError("plotThreads needs at least one message.")
    threads = [str(each) for each in dict.fromkeys(df["thread"])]
    rows = df["thread"].astype(str).map({name: place for place, name in enumerate(threads)}).to_numpy()
    x = np.arange(len(df))
    ways = df["direction"] if "direction" in df else pd.Series("", index=df.index)
    with canvas(path, title, height=max(2.6, 1.0 + 1.1 * len(threads)), grid="") as (figure, (axes,)):
        axes.plot(x, rows, color=INK, linewidth=0.8, alpha=0.7)
        for place in range(len(threads)):
            axes.axhline(place, color=LINES[place % len(LINES)], linewidth=1, alpha=0.5)
            if "direction" not in df:
                axes.plot(x[rows == place], rows[rows == place], "o", color=LINES[place % len(LINES)])
        for direction, marker, colour, what in _WAYS:
            chosen = (ways == direction).to_numpy()
            if chosen.any():
                axes.plot(x[chosen], rows[chosen], marker, color=colour, label=what)
        if len(df) <= _MOST_NAMES:
            for at, (row, name) in enumerate(zip(rows, df["name"], strict=True)):
                axes.annotate(name, (at, row), xytext=(2, 7), textcoords="offset points", rotation=35, fontsize=8)
        axes.set_yticks(range(len(threads)), threads)
        axes.set_ylim(len(threads) - 0.5, -0.9)
        axes.set_xticks([])
        axes.set_xlim(-0.5, len(df) + (1.5 if len(df) <= _MOST_NAMES else 0.0))
        axes.set_xlabel("messages, in the order in which they happened →")
        if "direction" in df:
            axes.legend(loc="lower right", ncols=2, bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
        told = [f"{int((rows == place).sum())} in {name}" for place, name in enumerate(threads)]
        jumps = int((rows[1:] != rows[:-1]).sum())
        said = f"Timeline of {title}: {len(df)} messages, {listed(told)}; {jumps} changes from thread to thread."
        show(figure, alt or said, path)
