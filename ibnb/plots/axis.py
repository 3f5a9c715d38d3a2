"""Where points stand on an axis, and what is written there.

Rule: time goes by as it does in trading. Nights, weekends and holidays leave no gap; a hole within the day does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

# A pause that is longer than this many seconds, and than a usual step, is no trading time.
_PAUSE = 3600.0
_MOST_MARKS = 8
# (what one mark is apart from the next, its label, and the larger unit that is written where it changes)
_STEPS = [
    *[(step, "%H:%M:%S.%f", "%d %b %Y") for step in ("1ms", "10ms", "100ms")],
    *[(step, "%H:%M:%S", "%d %b %Y") for step in ("1s", "5s", "15s", "30s")],
    *[(step, "%H:%M", "%d %b %Y") for step in ("1min", "5min", "10min", "15min", "30min", "1h", "2h", "3h")],
    *[(step, "%d %b", "%Y") for step in ("D", "W", "SM")],
    *[(step, "%b", "%Y") for step in ("M", "Q")],
    *[(step, "%Y", "") for step in ("Y", "5Y", "20Y", "500Y")],
]


class TimeAxis:
    """The places of an index (and of other moments) on an axis, in usual steps of that index."""

    def __init__(self, index: pd.Index) -> None:
        self.index = index.unique().sort_values() if isinstance(index, pd.DatetimeIndex) else index
        self.places = _places(self.index)

    def of(self, index: pd.Index) -> np.ndarray[Any, Any]:
        """Where moments stand; between two of the axis' own where they lie between them."""
        if not isinstance(self.index, pd.DatetimeIndex):
            return self.places[: len(index)]
        return np.asarray(np.interp(_seconds(index), _seconds(self.index), self.places))

    def write(self, axes: Any) -> None:
        """Label the axis."""
        if not isinstance(self.index, pd.DatetimeIndex):
            some = np.unique(np.linspace(0, len(self.index) - 1, min(6, len(self.index))).astype(int))
            axes.set_xticks(self.places[some], [str(self.index[at]) for at in some])
            axes.set_xlabel(str(self.index.name or ""))
            return
        chosen, labels = marks(self.index, self.places)
        axes.set_xticks(self.places[chosen], labels)
        if self.index.tz is not None:
            axes.set_xlabel(f"{str(self.index.tz).rpartition('/')[2].replace('_', ' ')} time")


def _places(index: pd.Index) -> np.ndarray[Any, Any]:
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return np.arange(len(index), dtype=float)
    steps = np.diff(_seconds(index))
    usual = float(np.median(steps)) or 1.0
    steps[steps > max(_PAUSE, usual)] = usual
    return np.concatenate([[0.0], np.cumsum(steps)]) / usual


def _seconds(index: pd.Index) -> np.ndarray[Any, Any]:
    moments = pd.DatetimeIndex(index)
    moments = moments.tz_convert("UTC").tz_localize(None) if moments.tz is not None else moments
    return moments.to_numpy("datetime64[ns]").astype("int64") / 1e9


def marks(index: pd.DatetimeIndex, places: np.ndarray[Any, Any]) -> tuple[list[int], list[str]]:
    """Which points get a label, and which: the day (or, for days, the year) only where it changes."""
    local = index.tz_localize(None)
    steps = [each for each in _STEPS if index.tz is not None or "%H" not in each[1]]
    found = [(step, _changes(local, step[0])) for step in steps]
    few = [each for each in found if len(each[1]) <= _MOST_MARKS]
    (_, small, large), chosen = few[0]
    # Of steps that mark the same points, the one that says no seconds where there are none.
    alike = [step for step, points in few if points == chosen and step[1].startswith("%H:%M")]
    if alike:
        _, small, large = alike[-1]
    if len(chosen) > 2 and places[chosen[1]] < 0.6 * (places[chosen[2]] - places[chosen[1]]):
        # The first point is only where the picture begins: its label would stand in the next one's way.
        del chosen[0]
    if len(chosen) == 1 and len(index) > 1:
        chosen.append(len(index) - 1)
    labels, before = [], ""
    for at in chosen:
        whole = local[at].strftime(large)
        text = local[at].strftime(small)
        labels.append((text[:-3] if small.endswith("%f") else text) + (f"\n{whole}" if whole != before else ""))
        before = whole
    return chosen, labels


def _changes(index: pd.DatetimeIndex, step: str) -> list[int]:
    """The first point, and each that isn't in the same step as the one before."""
    keys = _keys(index, step)
    return [0, *(int(at) for at in np.flatnonzero(keys[1:] != keys[:-1]) + 1)]


def _keys(index: pd.DatetimeIndex, step: str) -> np.ndarray[Any, Any]:
    """A number for each moment, the same for those in the same step."""
    if step == "SM":
        return np.asarray(index.year * 24 + index.month * 2 + (index.day > 15))
    if step.endswith("Y"):
        return np.asarray(index.year // int(step[:-1] or 1))
    if step in ("W", "M", "Q"):
        return index.to_period(step).astype("int64").to_numpy()
    return index.floor(step).astype("int64").to_numpy()


def amount(value: float, _: object = None) -> str:
    """A large number as people say it: "1.5M", "350k", "2B".

    >>> [amount(each) for each in (1_500_000, 350_000, 120)]
    ['1.5M', '350k', '120']
    """
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:g}"


def write_amounts(axis: Any) -> None:
    """Label an axis with such numbers; in full where they are close together: "2.212M" five times tells nothing."""
    low, high = axis.get_view_interval()
    axis.set_major_formatter("{x:,.0f}" if high - low < 0.01 * max(abs(low), abs(high)) else amount)


def write_prices(axis: Any) -> None:
    """Label an axis with numbers in full: no offset, no power of ten."""
    axis.axes.ticklabel_format(axis=axis.axis_name, style="plain", useOffset=False)
