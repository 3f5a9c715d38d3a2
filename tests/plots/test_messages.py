from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ibnb import plotRequests, plotTape, plotThreads
from ibnb.core.tape import Tape
from tests.plots.conftest import Shown


def conversation(many: int) -> pd.DataFrame:
    """A tape on which so many requests are open at the same time, and one without an id comes last."""
    seconds = iter(range(1000))
    tape = Tape(lambda: 1749650400.0 + next(seconds))
    for key in range(many):
        tape.request("reqHistoricalData", {"self": object(), "reqId": key})
    for key in reversed(range(many)):
        tape.answer("historicalDataEnd", (key, "a", "b"))
    tape.request("reqCurrentTime", {"self": object()})
    return tape.frame()


@pytest.mark.parametrize("many", [1, 5, 50])
def test_the_tape_as_a_figure_says_how_many_were_open_at_once(shown: Shown, many: int) -> None:
    plotTape(conversation(many), title="many bars")
    said = f"{many + 1} requests and {many} callbacks, at most {many} requests open at the same time"
    assert shown.alt == f"Timeline of many bars: {said}."


def test_requests_one_after_the_other_are_never_open_together(shown: Shown) -> None:
    tape = Tape(lambda: 0.0)
    for key in range(3):
        tape.request("reqHistoricalData", {"self": object(), "reqId": key})
        tape.answer("historicalDataEnd", (key, "a", "b"))
    tape.request("reqPositions", {"self": object()})
    plotTape(tape.frame())
    plotTape(tape.frame().tail(1))
    assert ["at most 1 requests", "at most 0 requests"] == [
        f"at most {bundle['text/plain'].split('at most ')[1].split(' open')[0]}" for bundle in shown
    ]


def test_requests_are_bars_of_their_time(shown: Shown) -> None:
    plotRequests(conversation(3), title="overlapped")
    assert shown.alt == "Gantt chart of overlapped: 3 requests in 5 s, 1.8 open at the same time on average."


def test_measured_seconds_are_drawn_in_a_unit_that_fits(shown: Shown) -> None:
    spans = pd.DataFrame({"start": [10.0, 10.1], "end": [10.1, 10.25]}, index=["AAPL", "MSFT"])
    plotRequests(spans)
    plotRequests(spans * 3600)
    assert "2 requests in 250 ms, 1.0 open" in shown[0]["text/plain"]
    assert "2 requests in 15 min, 1.0 open" in shown[1]["text/plain"]


def test_threads_are_told_with_their_messages(shown: Shown) -> None:
    steps = pd.DataFrame({"thread": ["main", "reader", "reader", "main"], "name": ["ask", "a", "b", "go on"]})
    plotThreads(steps, title="waiting")
    assert shown.alt == "Timeline of waiting: 4 messages, 2 in main and 2 in reader; 2 changes from thread to thread."


def test_the_tape_has_threads(shown: Shown) -> None:
    plotThreads(conversation(30))
    assert shown.alt == "Timeline of Threads: 61 messages, 61 in MainThread; 0 changes from thread to thread."


@pytest.mark.parametrize("plot", [plotTape, plotRequests, plotThreads])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [(None, "not None"), ("tape", "not 'tape'"), (conversation(1).head(0), "at least one"), (pd.DataFrame(), "needs")],
)
def test_what_cant_be_drawn_is_said(plot: Any, wrong: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plot(wrong)


def test_an_end_before_its_start_is_refused() -> None:
    with pytest.raises(ValueError, match="isn't before its start"):
        plotRequests(pd.DataFrame({"start": [2.0], "end": [1.0]}))
    with pytest.raises(ValueError, match="at least one request that was answered"):
        plotRequests(conversation(1).head(1))
