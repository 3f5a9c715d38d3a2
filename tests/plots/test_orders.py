from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.path import Path

from ibnb import plotOrderStates, plotOrderTimeline, tables
from ibnb.plots import orders
from ibnb.plots.orders import _times as step_times
from tests.plots.conftest import Shown


def log(*statuses: str, step: float = 0.05) -> pd.DataFrame:
    rows = [(1749650400.0 + step * at, "orderStatus", each, 0, 1, None, "") for at, each in enumerate(statuses)]
    return tables.frame("orderLog", rows)


def test_a_timeline_names_the_statuses_in_order(shown: Shown) -> None:
    plotOrderTimeline(log("PendingSubmit", "Submitted", "Filled"), title="order 27")
    assert shown.alt == (
        "Timeline of order 27: 3 messages in 0.100 s; the status was PendingSubmit, then Submitted, then Filled."
    )


def test_times_that_differ_by_milliseconds_say_so_and_each_is_written_once() -> None:
    """first_use B15: six ticks all named 10:00:00."""
    assert step_times(log("a", "b", step=60).index) == ["10:00:00", "10:01:00"]
    assert step_times(log("a", "b", step=0).index) == ["10:00:00", ""]
    assert step_times(log("a", "b", "c").index) == ["10:00:00.000", "10:00:00.050", "10:00:00.100"]
    many = step_times(log(*"abcdefghijklmnopqrst").index)
    assert 5 <= sum(map(bool, many)) <= 8


def test_states_are_drawn_with_an_orders_way_through_them(shown: Shown) -> None:
    plotOrderStates()
    plotOrderStates(log("PendingSubmit", "Submitted", "Submitted", "PendingCancel", "Cancelled", "Uncertain"))
    assert shown[0]["text/plain"].startswith("Diagram of The states of an order. The usual ways: PendingSubmit to Pre")
    assert shown[1]["text/plain"].endswith(
        " This order went through PendingSubmit, then Submitted, then PendingCancel, then Cancelled."
    )


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures as they are drawn, instead of on the page."""
    figures: list[Any] = []

    def keep(figure: Any, *_: Any) -> None:
        figure.canvas.draw()
        figures.append(figure)

    monkeypatch.setattr(orders, "show", keep)
    return figures


def test_a_step_that_was_skipped_isnt_crossed_out(drawn: list[Any]) -> None:
    """Lesson 10 in a browser: the way from PreSubmitted to Filled went through the words of Submitted."""
    plotOrderStates(log("PendingSubmit", "PreSubmitted", "Filled"))
    (axes,) = drawn[0].axes
    boxes = [each.get_bbox_patch() for each in axes.texts if each.get_bbox_patch()]
    arrows = [each.arrow_patch for each in axes.texts if getattr(each, "arrow_patch", None)]
    for arrow in arrows:
        line = arrow.get_transform().transform_path(arrow.get_path()).to_polygons(closed_only=False)
        points = np.concatenate([Path(each).interpolated(20).vertices for each in line])
        others = [box for box in boxes if box not in (arrow.patchA, arrow.patchB)]
        assert not any(box.get_window_extent().count_contains(points) for box in others)


def test_the_names_of_many_messages_dont_run_into_each_other(drawn: list[Any]) -> None:
    """Lesson 11 in a browser: openOrderorderStatuserror."""
    plotOrderTimeline(log("PendingSubmit", "Submitted", "Filled"))
    plotOrderTimeline(log("PendingSubmit", *["Submitted"] * 5, *["Cancelled"] * 6))
    for figure in drawn:
        names = figure.axes[0].texts
        for first, second in itertools.pairwise(names):
            slope = math.radians(first.get_rotation())
            flat = first.get_window_extent().x1 < second.get_window_extent().x0
            (x, y), (right, top) = (figure.axes[0].transData.transform(each.xy) for each in (first, second))
            across = (right - x) * math.sin(slope) - (top - y) * math.cos(slope)
            assert flat or abs(across) > first.get_fontsize() * figure.dpi / 72


CANCELLED = ["PendingSubmit", *["PreSubmitted"] * 2, *["Submitted"] * 3, "PendingCancel", *["Cancelled"] * 3]


@pytest.mark.parametrize(
    "statuses",
    [
        CANCELLED,
        ["PendingSubmit", "PreSubmitted", "PreSubmitted", "Filled", "Filled", "Filled"],
        ["PendingSubmit", *["Inactive"] * 2, *["PendingSubmit"] * 2, *["Submitted"] * 3],
        ["PendingSubmit", "PreSubmitted", *["Submitted"] * 10, *["Filled"] * 3],
        [*["PreSubmitted"] * 2, *["Submitted"] * 2, *["PreSubmitted"] * 3, *["Submitted"] * 2, "Filled"],
    ],
)
def test_no_message_has_the_orders_way_drawn_through_its_name(statuses: list[str], drawn: list[Any]) -> None:
    """Lesson 11 in a browser: the way rose through orderStatus and cancel sent."""
    plotOrderTimeline(log(*statuses).assign(message="orderStatus"))
    (axes,) = drawn[0].axes
    (way,) = axes.lines
    line = way.get_transform().transform_path(way.get_path())  # the corners at equal steps: straight lines between
    corners = [[line.vertices[0]]]
    for (x0, y0), (x1, y1) in itertools.pairwise(line.vertices):
        corners.append([(x0, y0), (x1, y0), (x1, y1)])
    points = Path(np.concatenate(corners)).interpolated(50).vertices
    for name in axes.texts:
        around = axes.transData.transform(name.xy) + np.array(name.xyann) * axes.figure.dpi / 72
        slope = math.radians(name.get_rotation())
        name.set_rotation(0)
        box = name.get_window_extent()
        back = np.array([[math.cos(slope), -math.sin(slope)], [math.sin(slope), math.cos(slope)]])
        assert not box.count_contains((points - around) @ back + around), f"{name.get_text()} at {name.xy}"


@pytest.mark.parametrize("plot", [plotOrderTimeline, plotOrderStates])
@pytest.mark.parametrize("wrong", ["Filled", [1], pd.DataFrame({"a": [1]})])
def test_anything_but_a_log_is_refused(plot: Any, wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"as getOrderLog returns it|needs the column"):
        plot(wrong)


def test_an_order_that_isnt_known_has_no_timeline() -> None:
    with pytest.raises(ValueError, match="isn't known"):
        plotOrderTimeline(log())
    with pytest.raises(ValueError, match="not None"):
        plotOrderTimeline(None)  # type: ignore[arg-type]
