"""What happens to an order: its way through time, and through its states."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd

from ibnb.plots.canvas import DOWN, HEIGHT, INK, UP, canvas, show
from ibnb.plots.frames import frame
from ibnb.tracebacks import short_errors
from ibnb.verbs.orders.order_state import DONE

_LOG = "the log of an order, as getOrderLog returns it"


# So many messages have their names side by side; those of more are written aslant.
_LEVEL = 6


@short_errors
def plotOrderTimeline(
    log: pd.DataFrame, title: str = "Order timeline", alt: str | None = None, path: str | None = None
) -> None:
    """Draw the statuses that an order went through, from a frame of getOrderLog.

    Steps are drawn at equal distance, in the order of arrival, with their time: a market order lives for milliseconds.
    Raises ValueError for an empty frame.
    """
    log = frame(log, "plotOrderTimeline", _LOG, ("status", "message"))
    if not len(log):
        raise ValueError("plotOrderTimeline needs at least one row: the order isn't known here.")
    levels = list(dict.fromkeys(log["status"]))
    with canvas(path, title, grid="y") as (figure, (axes,)):
        x = np.arange(len(log))
        y = [levels.index(status) for status in log["status"]]
        axes.step(x, y, where="post", color=INK, linewidth=1.2)
        axes.scatter(x, y, color=UP, zorder=3)
        slope = 30 if len(log) > _LEVEL else 0
        for place, (level, what) in enumerate(zip(y, log["message"], strict=True)):
            # A name stands on the side that the way doesn't turn to next, so the way never runs through it.
            side = -1 if next((each for each in y[place:] if each != level), level) > level else 1
            axes.annotate(
                what,
                (place, level),
                textcoords="offset points",
                xytext=(11 if slope else 4, 7 * side),
                va="top" if side < 0 else "bottom",
                fontsize=9,
                rotation=slope * side,
                rotation_mode="anchor",
            )
        axes.set_yticks(range(len(levels)), levels)
        axes.set_ylim(-0.8 if slope else -0.5, len(levels) - (0.0 if slope else 0.3))
        axes.set_xlim(-0.3, len(log) - 0.2)
        axes.set_xticks(x, _times(log.index), fontsize=9)
        steps = ", then ".join(levels)
        took = (log.index[-1] - log.index[0]).total_seconds() if len(log) > 1 else 0.0
        lasted = f" in {took:.3f} s" if 0 < took < 60 else ""
        said = f"Timeline of {title}: {len(log)} messages{lasted}; the status was {steps}."
        show(figure, alt or said, path)


def _times(index: pd.Index) -> list[str]:
    """The time of each step, written where it is another than before; with milliseconds if two are in one second."""
    seconds = [f"{moment:%H:%M:%S}" for moment in index]
    moments = [f"{moment:%H:%M:%S.%f}"[:-3] for moment in index]
    texts = seconds if len(set(seconds)) == len(set(moments)) else moments
    every = -(-len(texts) // 8)
    written, before = [], ""
    for place, text in enumerate(texts):
        written.append(text if text != before and (place % every == 0 or len(texts) <= 8) else "")
        before = text
    return written


# Where each state stands (column, row), and what it means.
_STATES = {
    "PendingSubmit": (0.0, 1.0, "on its way to TWS"),
    "PreSubmitted": (1.0, 1.0, "TWS or IB holds it"),
    "Submitted": (2.0, 1.0, "works at the exchange"),
    "Filled": (3.0, 1.0, "done, all of it"),
    "Inactive": (0.5, 2.0, "refused, or held up"),
    "ApiCancelled": (0.5, 0.0, "before TWS took it"),
    "PendingCancel": (1.75, 0.0, "a cancel is on its way"),
    "Cancelled": (3.0, 0.0, "it is over"),
}
_WAYS = [
    ("PendingSubmit", "PreSubmitted"),
    ("PreSubmitted", "Submitted"),
    ("Submitted", "Filled"),
    ("PendingSubmit", "Inactive"),
    ("PreSubmitted", "Inactive"),
    ("PendingSubmit", "ApiCancelled"),
    ("PreSubmitted", "PendingCancel"),
    ("Submitted", "PendingCancel"),
    ("PendingCancel", "Cancelled"),
]


@short_errors
def plotOrderStates(
    log: pd.DataFrame | None = None,
    title: str = "The states of an order",
    alt: str | None = None,
    path: str | None = None,
) -> None:
    """Draw the states that TWS gives an order and the usual ways between them; with a log, those that it went through.

    States with a thick frame are ends. `log` is a frame of getOrderLog. A status that isn't one of TWS's eight is left
    out. Raises ValueError for anything else.
    """
    walked: list[str] = []
    if log is not None:
        log = frame(log, "plotOrderStates", _LOG, ("status",))
        walked = [status for status, _ in itertools.groupby(each for each in log["status"] if each in _STATES)]
    taken = list(itertools.pairwise(walked))
    with canvas(path, title, height=1.05 * HEIGHT, grid="") as (figure, (axes,)):
        boxes = {state: _box(axes, state, state in walked) for state in _STATES}
        for begin, end in dict.fromkeys([*_WAYS, *taken]):
            axes.annotate(
                "",
                _STATES[end][:2],
                _STATES[begin][:2],
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": UP if (begin, end) in taken else INK,
                    "linewidth": 2.4 if (begin, end) in taken else 1.1,
                    "patchA": boxes[begin],
                    "patchB": boxes[end],
                    "connectionstyle": f"arc3,rad={_bend(begin, end)}",
                    "shrinkA": 1,
                    "shrinkB": 1,
                },
            )
        axes.set_xlim(-0.45, 3.45)
        axes.set_ylim(-0.4, 2.4)
        axes.axis("off")
        ways = "; ".join(f"{begin} to {end}" for begin, end in _WAYS)
        ends = ", ".join(state for state in _STATES if state in DONE)
        said = f"Diagram of {title}. The usual ways: {ways}. Ends: {ends}."
        if walked:
            said += f" This order went through {', then '.join(walked)}."
        show(figure, alt or said, path)


def _bend(begin: str, end: str) -> float:
    """Straight, or over the states that stand between the two."""
    (left, row, _), (right, to, _) = _STATES[begin], _STATES[end]
    return -0.3 if row == to and any(y == row and left < x < right for x, y, _ in _STATES.values()) else 0.0


def _box(axes: Any, state: str, walked: bool) -> Any:
    x, y, means = _STATES[state]
    colour = INK if not walked else DOWN if state in DONE - {"Filled"} else UP
    style = {
        "boxstyle": "round,pad=0.55",
        "facecolor": colour if walked else "none",
        "edgecolor": colour,
        "linewidth": 2.6 if state in DONE else 1.1,
    }
    ink = "white" if walked else INK
    text = axes.text(x, y, f"{state}\n{means}", ha="center", va="center", bbox=style, color=ink, fontsize=9, zorder=3)
    return text.get_bbox_patch()
