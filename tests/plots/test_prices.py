"""Lines, candles, indicators, correlations: the sentence that goes with each, and what is refused."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ibnb import plotBars, plotCorrelation, plotData, plotIndicators, tables
from tests.plots.conftest import Shown
from tests.plots.frames import daily, hourly, several


def test_a_line_says_what_it_shows(shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    assert plotData(daily(), title="CSH2") is None
    assert shown.alt == (
        "Line chart of CSH2 close, 63 daily bars, from 2025-03-12 to 2025-06-06, low 10, high 16.20, last 16.20."
    )
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("given", [daily()["Close"], type("Stream", (), {"df": daily()})()])
def test_a_series_and_what_holds_a_frame_are_drawn_too(shown: Shown, given: Any) -> None:
    plotData(given)
    assert "63 daily bars" in shown.alt


def test_lines_of_several_symbols_are_compared_in_per_cent(shown: Shown) -> None:
    """first_use B1: a TypeError out of matplotlib."""
    plotData(several(["AAPL", "MSFT"]), title="two")
    assert shown.alt == (
        "Line chart of two, change in per cent since the first bar, 2 symbols, 14 times, from 2025-06-05 09:30 to "
        "2025-06-06 15:30; last AAPL +13.0 %, MSFT +26.0 %."
    )


def test_prices_of_several_symbols_on_demand_and_one_in_per_cent(shown: Shown) -> None:
    plotData(several(["AAPL", "MSFT"]), relative=False)
    plotData(hourly(), title="AAPL", relative=True)
    assert shown[0]["text/plain"].endswith("last AAPL 113, MSFT 126.")
    assert "of AAPL change in per cent, 14 1-hour bars" in shown[1]["text/plain"]


def test_levels_are_told(shown: Shown) -> None:
    plotData(hourly(), levels={"trigger": 105, "stop": 99.5})
    assert shown.alt.endswith(" Lines: trigger at 105 and stop at 99.50.")


@pytest.mark.parametrize("levels", [[105], {"trigger": "high"}, 105])
def test_levels_are_prices_by_name(levels: Any) -> None:
    with pytest.raises(ValueError, match="levels are prices by name"):
        plotData(hourly(), levels=levels)
    with pytest.raises(ValueError, match="relative=False"):
        plotData(several(["AAPL", "MSFT"]), levels={"trigger": 105})


def test_candles_count_rises_and_falls(shown: Shown) -> None:
    df = daily(10)
    df.loc[df.index[0], "Close"] = 9.5
    plotBars(df, title="AAPL")
    assert shown.alt.endswith("9 bars rose, 1 fell.")


def test_candles_without_volume_and_intraday(shown: Shown) -> None:
    rows = [(f"20250611 {hour:02}:30:00 US/Eastern", 1.0, 1.2, 0.9, 1.1, -1, -1, -1) for hour in range(9, 16)]
    plotBars(tables.bars(rows), title="EURUSD")
    assert "7 1-hour bars, from 2025-06-11 09:30 to 2025-06-11 15:30" in shown.alt


def test_candles_of_several_symbols_have_a_panel_each(shown: Shown) -> None:
    """first_use B1: AAPL's and MSFT's candles stood in one row, described as one instrument."""
    plotBars(several(["AAPL", "MSFT"]), title="two")
    assert shown.alt.startswith("two: candlestick charts of AAPL and MSFT. Candlestick chart of AAPL, 14 1-hour bars,")
    assert "Candlestick chart of MSFT, 14 1-hour bars," in shown.alt


def test_one_symbol_of_many_is_drawn_as_one(shown: Shown) -> None:
    plotBars(several(["AAPL", "MSFT"]).loc[["MSFT"]], title="one")
    plotBars(several(["AAPL", "MSFT"]).loc["MSFT"], title="one")
    assert shown[0]["text/plain"] == shown[1]["text/plain"]
    assert shown[0]["text/plain"].startswith("Candlestick chart of one, 14 1-hour bars,")


@pytest.mark.parametrize("plot", [plotData, plotBars, plotIndicators, plotCorrelation])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "a frame of bars, such as getData or getHistory returns, not None"),
        ([1, 2], r"not \[1, 2\]"),
        ("AAPL", "not 'AAPL'"),
        (pd.DataFrame({"Open": [1.0]}), "a column Close is needed; this frame has: Open"),
        (pd.DataFrame(), "this frame has: none"),
        (daily(0), "at least one row with a Close is needed; this frame has 0 rows"),
        (several(["AAPL"]).rename_axis(["name", "Date"]), "an index of times, or of symbol and times, not of name"),
    ],
)
def test_what_cant_be_drawn_is_said(plot: Any, wrong: Any, said: str) -> None:
    """first_use B1: plotData(None) was an AttributeError."""
    with pytest.raises(ValueError, match=said):
        plot(wrong)


def test_too_many_symbols_are_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match=r'at most 6 symbols; select some: df.loc\[\["S0"\]\]'):
        plotBars(several([f"S{at}" for at in range(7)]))
    with pytest.raises(ValueError, match="at most 20 symbols"):
        plotData(several([f"S{at}" for at in range(21)]))


def test_candles_need_four_prices() -> None:
    with pytest.raises(ValueError, match="plotBars needs the columns Open, High, Low; there are: Close"):
        plotBars(daily()[["Close"]])


def with_score() -> pd.DataFrame:
    df = hourly()
    df["SMA"], df["Lower"], df["Upper"], df["z"] = df["Close"], df["Close"] - 1, df["Close"] + 1, 0.0
    df.loc[df.index[5], "z"] = -3.5
    return df


def test_indicators_say_where_the_score_was_beyond_its_threshold(shown: Shown) -> None:
    plotIndicators(with_score(), lines=["SMA"], band=("Lower", "Upper"), score="z", title="AAPL")
    assert shown.alt == (
        "Line chart of AAPL: close, 14 1-hour bars, from 2025-06-05 09:30 to 2025-06-06 15:30, low 100, high 113, last "
        "113; over it SMA and the band from Lower to Upper. Below: z, low -3.5, high 0, last 0, 1 points beyond ±3, "
        "the first at 2025-06-05 14:30."
    )


def test_indicators_alone_and_without_any(shown: Shown) -> None:
    plotIndicators(with_score(), "SMA")
    plotIndicators(with_score())
    assert shown[0]["text/plain"].endswith("; over it SMA.")
    assert shown[1]["text/plain"].endswith("last 113.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"lines": ["EMA"]}, "needs the column EMA; there are: Open"),
        ({"band": "Lower"}, "band is two columns"),
        ({"band": ("Low", "Top")}, "needs the column Top"),
        ({"score": "score"}, "needs the column score"),
    ],
)
def test_indicators_name_the_column_that_is_missing(arguments: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plotIndicators(with_score(), **arguments)
    with pytest.raises(ValueError, match="draws one symbol"):
        plotIndicators(several(["AAPL", "MSFT"]))


def test_a_correlation_names_the_closest_and_the_farthest(shown: Shown) -> None:
    both = several(["AAPL", "MSFT", "XOM"])
    both.loc["XOM", "Close"] = [100 + (3 if at % 2 else 0) for at in range(14)]
    plotCorrelation(both, title="three")
    assert shown.alt.startswith("Heat-map of three: AAPL, MSFT and XOM, 14 1-hour bars, from")
    assert "highest 1.00 (MSFT and AAPL), lowest " in shown.alt


def test_a_correlation_needs_two_symbols_and_three_bars() -> None:
    with pytest.raises(ValueError, match="2 to 20 symbols; this frame has 1"):
        plotCorrelation(hourly())
    with pytest.raises(ValueError, match="three bars at the same times; these symbols share 1"):
        plotCorrelation(several(["AAPL", "MSFT"]).groupby(level=0).head(1))
