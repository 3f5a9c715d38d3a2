from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ibnb import displayData, plotBars, plotData, plotMargin, plotOrderTimeline, plots, plotTape, tables
from ibnb.core.tape import Tape

PNG = b"\x89PNG"


@pytest.fixture(autouse=True)
def no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    matplotlib.use("Agg")


def daily(count: int = 63) -> pd.DataFrame:
    days = pd.bdate_range("2025-03-12", periods=count)
    return tables.bars([(f"{day:%Y%m%d}", 10.0, 12.0, 9.0, 10 + at / 10, 100, 10.5, 3) for at, day in enumerate(days)])


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """What a notebook would get: (bundle, metadata)."""
    found: list[tuple[Any, Any]] = []

    class Shell:
        kernel = object()

    def display(bundle: Any, *, raw: bool, metadata: Any) -> None:
        assert raw
        found.append((bundle, metadata))

    monkeypatch.setattr(plots, "_shell", Shell)
    monkeypatch.setattr("IPython.display.display", display)
    return found


def test_display_prints_the_last_rows_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    df = daily(9)
    displayData(df)
    assert capsys.readouterr().out == df.tail(5).to_string() + "\n"
    displayData(df, rows=None)
    assert capsys.readouterr().out == df.to_string() + "\n"


def test_a_frame_of_the_seed_s_columns_prints_as_pandas_does(capsys: pytest.CaptureFixture[str]) -> None:
    df = daily(9)[["Open", "High", "Low", "Close"]]
    displayData(df, 3)
    assert capsys.readouterr().out == f"{df.tail(3)}\n"


def test_a_figure_carries_a_sentence_built_from_the_data(
    shown: list[tuple[Any, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert plotData(daily(), title="CSH2") is None
    ((bundle, metadata),) = shown
    sentence = "Line chart of CSH2 close, 63 daily bars, from 2025-03-12 to 2025-06-06, low 10, high 16.20, last 16.20."
    assert metadata == {"image/png": {"alt": sentence}}
    assert bundle["text/plain"] == sentence
    assert base64.b64decode(bundle["image/png"]).startswith(PNG)
    assert capsys.readouterr().out == ""


def test_your_own_alternative_text_wins(shown: list[tuple[Any, Any]]) -> None:
    plotData(daily(), alt="A line that goes up.")
    assert shown[0][1] == {"image/png": {"alt": "A line that goes up."}}


def test_candles_count_rises_and_falls(shown: list[tuple[Any, Any]]) -> None:
    df = daily(10)
    df.loc[df.index[0], "Close"] = 9.5
    plotBars(df, title="AAPL")
    assert shown[0][0]["text/plain"].endswith("9 bars rose, 1 fell.")


def test_candles_without_volume_and_intraday(shown: list[tuple[Any, Any]]) -> None:
    rows = [(f"20250611 {hour:02}:30:00 US/Eastern", 1.0, 1.2, 0.9, 1.1, -1, -1, -1) for hour in range(9, 16)]
    plotBars(tables.bars(rows), title="EURUSD")
    assert "7 1-hour bars, from 2025-06-11 09:30 to 2025-06-11 15:30" in shown[0][0]["text/plain"]


def test_margin_says_what_is_bound(shown: list[tuple[Any, Any]]) -> None:
    rows = [("NetLiquidation", "1000000", "USD", "DU1"), ("InitMarginReq", "120000", "USD", "DU1")]
    plotMargin(tables.account(rows))
    assert shown[0][0]["text/plain"] == (
        "Horizontal bar chart of Margin usage in USD: NetLiquidation 1,000,000, InitMarginReq 120,000."
    )


def test_margin_wants_one_account_with_its_worth() -> None:
    with pytest.raises(ValueError, match="NetLiquidation"):
        plotMargin(tables.account([("InitMarginReq", "1", "USD", "DU1")]))
    two = [("NetLiquidation", "1", "USD", "DU1"), ("NetLiquidation", "2", "USD", "DU2")]
    with pytest.raises(ValueError, match="one account"):
        plotMargin(tables.account(two))


def test_a_timeline_names_the_statuses_in_order(shown: list[tuple[Any, Any]]) -> None:
    rows = [
        (1749650400.0, "sent", "PendingSubmit", 0, 1, None, ""),
        (1749650400.0, "orderStatus", "Submitted", 0, 1, None, ""),
        (1749650401.0, "orderStatus", "Filled", 1, 0, 120.5, ""),
    ]
    plotOrderTimeline(tables.frame("orderLog", rows), title="order 27")
    assert shown[0][0]["text/plain"] == (
        "Timeline of order 27: 3 messages; the status was PendingSubmit, then Submitted, then Filled."
    )
    with pytest.raises(ValueError, match="isn't known"):
        plotOrderTimeline(tables.frame("orderLog", []))


def conversation(many: int) -> pd.DataFrame:
    """A tape on which so many requests are open at the same time, and one without an id comes last."""
    tape = Tape(lambda: 1749650400.0)
    for key in range(many):
        tape.request("reqHistoricalData", {"self": object(), "reqId": key})
    for key in reversed(range(many)):
        tape.answer("historicalDataEnd", (key, "a", "b"))
    tape.request("reqCurrentTime", {"self": object()})
    return tape.frame()


@pytest.mark.parametrize("many", [1, 5, 50])
def test_the_tape_as_a_figure_says_how_many_were_open_at_once(shown: list[tuple[Any, Any]], many: int) -> None:
    plotTape(conversation(many), title="many bars")
    said = f"{many + 1} requests and {many} callbacks, at most {many} requests open at the same time"
    assert shown[0][0]["text/plain"] == f"Timeline of many bars: {said}."


def test_requests_one_after_the_other_are_never_open_together(shown: list[tuple[Any, Any]]) -> None:
    tape = Tape(lambda: 0.0)
    for key in range(3):
        tape.request("reqHistoricalData", {"self": object(), "reqId": key})
        tape.answer("historicalDataEnd", (key, "a", "b"))
    tape.request("reqPositions", {"self": object()})
    plotTape(tape.frame())
    plotTape(tape.frame().tail(1))
    assert ["at most 1 requests", "at most 0 requests"] == [
        f"at most {bundle['text/plain'].split('at most ')[1].split(' open')[0]}" for bundle, _ in shown
    ]
    with pytest.raises(ValueError, match="at least one message"):
        plotTape(tape.frame().head(0))


@pytest.mark.parametrize("plot", [plotData, plotBars])
def test_nothing_to_draw_is_said(plot: Any) -> None:
    with pytest.raises(ValueError, match="column Close"):
        plot(pd.DataFrame({"Open": [1.0]}))
    with pytest.raises(ValueError, match="0 rows"):
        plot(daily(0))


def test_candles_need_four_prices() -> None:
    with pytest.raises(ValueError, match="missing: High, Low, Open"):
        plotBars(daily()[["Close"]])


def test_a_script_without_a_screen_warns_of_nothing_and_leaves_no_figure() -> None:
    import matplotlib.pyplot as plt

    plotData(daily())
    assert plt.get_fignums() == []


def test_a_file_has_the_sentence_inside(tmp_path: Path) -> None:
    chart = tmp_path / "chart.png"
    plotData(daily(), title="CSH2", path=str(chart))
    content = chart.read_bytes()
    assert content.startswith(PNG)
    assert b"Line chart of CSH2 close" in content


@pytest.mark.parametrize(
    ("zone", "times", "marks"),
    [
        (
            "America/New_York",
            ["2025-06-10 09:30", "2025-06-10 12:15", "2025-06-11 09:55"],
            ["09:30\n10 Jun 2025", "12:15", "09:55\n11 Jun 2025"],
        ),
        (None, ["2024-12-30", "2025-01-02", "2025-01-03"], ["30 Dec\n2024", "02 Jan\n2025", "03 Jan"]),
    ],
)
def test_an_axis_says_a_day_once(zone: str | None, times: list[str], marks: list[str]) -> None:
    index = pd.DatetimeIndex(times, tz=zone)
    assert plots._marks(list(index), index) == marks
