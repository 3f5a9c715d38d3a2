"""Windows, one-shots and bars out of trades, against pandas and against the bars that a TWS has."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ibnb
from ibnb import OneShot, RollingWindow, barsOf

PRICES = st.lists(st.floats(1, 1000), min_size=5, max_size=40)


@given(PRICES, st.integers(2, 5))
def test_a_window_of_so_many_says_what_pandas_says(prices: list[float], count: int) -> None:
    window, series = RollingWindow(count=count), pd.Series(prices)
    for n, price in enumerate(prices):
        window.add(n, price)
        if n + 1 < count:
            assert (window.full, math.isnan(window.mean), math.isnan(window.change)) == (False, True, True)
    last = series.iloc[-count:]
    assert window.mean == pytest.approx(last.mean())
    assert window.std == pytest.approx(last.std(), abs=1e-9)
    assert window.change == pytest.approx(last.iloc[-1] / last.iloc[0] - 1)
    if last.std() > 1e-9:
        assert window.zscore == pytest.approx((last.iloc[-1] - last.mean()) / last.std(), abs=1e-6)


@given(st.lists(st.tuples(st.floats(0.5, 200), st.floats(1, 1000)), min_size=1, max_size=40))
def test_a_window_of_seconds_compares_with_what_held_at_its_beginning(steps: list[tuple[float, float]]) -> None:
    window, time, held = RollingWindow(seconds=300), 0.0, []
    for pause, price in steps:
        time += pause
        held.append((time, price))
        window.add(time, price)
    reaches = held[-1][0] - held[0][0] >= 300
    assert window.full is reaches
    if reaches:
        first = [price for moment, price in held if moment <= time - 300][-1]
        assert window.change == pytest.approx(price / first - 1)


def test_it_takes_datetimes_and_leaves_out_what_is_no_price() -> None:
    window = RollingWindow(seconds=60)
    start = pd.Timestamp("2025-06-11 10:00", tz="America/New_York")
    window.add(start, 100.0)
    window.add(start + pd.Timedelta("30s"), math.nan)
    window.add(start + pd.Timedelta("60s"), 105.0)
    assert (list(window), window.full, window.change) == ([100.0, 105.0], True, pytest.approx(0.05))
    window.clear()
    assert (len(window), window.full) == (0, False)


def test_a_window_in_which_nothing_moves_has_no_zscore() -> None:
    window = RollingWindow(count=3)
    for n in range(3):
        window.add(n, 7.0)
    assert (window.std, math.isnan(window.zscore), window.change) == (0.0, True, 0.0)


@pytest.mark.parametrize(
    "wrong", [{}, {"seconds": 1, "count": 2}, {"seconds": 0}, {"count": -1}, {"seconds": math.nan}]
)
def test_a_window_has_one_length(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="so many seconds long, or so many values"):
        RollingWindow(**wrong)


def test_time_doesnt_go_back() -> None:
    window = RollingWindow(seconds=5)
    window.add(10, 1.0)
    with pytest.raises(ValueError, match="time goes back"):
        window.add(9, 1.0)


def test_a_one_shot_fires_once_until_it_is_armed_again() -> None:
    shot = OneShot()
    assert [shot(holds) for holds in (0, None, True, True)] == [False, False, True, False]
    shot.rearm()
    assert (shot(True), shot.fired) == (True, True)


# --- bars


@pytest.fixture
def trades() -> Iterator[pd.DataFrame]:
    app = ibnb.connect()
    yield app.getTicks("AAPL", numberOfTicks=1000, start="20250611 09:45:00 US/Eastern")
    ibnb.reset()


def test_bars_of_a_minute_are_those_that_tws_has(trades: pd.DataFrame) -> None:
    bars = barsOf(trades, "1 min")
    whole = bars.iloc[1:-1]  # those whose trades are all there
    told = ibnb.connect().getHistory("AAPL", "2025-06-11", None, "1 min")["AAPL"].loc[whole.index]
    for column in ("Open", "High", "Low", "Close"):
        assert whole[column].tolist() == pytest.approx(told[column].tolist())


def test_bars_of_trades_and_of_volume_lose_nothing(trades: pd.DataFrame) -> None:
    for how in ({"ticks": 30}, {"volume": 5000}, {"barSize": "30 secs"}):
        bars = barsOf(trades, **how)  # type: ignore[arg-type]
        assert bars["Volume"].sum() == pytest.approx(trades["size"].sum())
        assert bars["BarCount"].sum() == len(trades)
        assert (bars["Open"].iloc[0], bars["Close"].iloc[-1]) == (trades["price"].iloc[0], trades["price"].iloc[-1])
        assert ((bars["Low"] <= bars["Close"]) & (bars["Close"] <= bars["High"])).all()
        assert bars.index.is_monotonic_increasing
        assert (bars.index.name, bars.index.tz) == ("Date", trades.index.tz)  # type: ignore[attr-defined]
    assert (barsOf(trades, ticks=30)["BarCount"].iloc[:-1] == 30).all()
    assert (barsOf(trades, volume=5000)["Volume"].iloc[:-1] >= 5000).all()


def test_no_trades_are_no_bars(trades: pd.DataFrame) -> None:
    for how in ({"ticks": 30}, {"volume": 5000}, {"barSize": "1 min"}):
        assert len(barsOf(trades.iloc[:0], **how)) == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({}, "say one"),
        ({"ticks": 5, "barSize": "1 min"}, "say one"),
        ({"ticks": 0}, "a bar of 0 trades"),
        ({"volume": -5}, "a bar of -5 shares"),
        ({"barSize": "7 parsecs"}, "7 parsecs"),
    ],
)
def test_what_makes_no_bars_is_refused_in_words(trades: pd.DataFrame, how: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        barsOf(trades, **how)
    with pytest.raises(ValueError, match="price and size; this one has a"):
        barsOf(pd.DataFrame({"a": [1]}), "1 min")
