"""Own frames in virtual time: what is served is what was given."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd
import pytest

import ibnb
from ibnb import worlds
from ibnb.gateway import Gateway


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    ibnb.reset()


def minutes(first: str = "2025-06-10 09:30", count: int = 390, price: float = 50.0) -> pd.DataFrame:
    """Bars that rise by a cent a minute."""
    times = pd.date_range(first, periods=count, freq="1min", tz="America/New_York", name="Date")
    close = [price + n / 100 for n in range(count)]
    columns = {"Open": close, "High": [each + 0.02 for each in close], "Low": [each - 0.02 for each in close]}
    return pd.DataFrame({**columns, "Close": close, "Volume": [1000.0] * count}, index=times)


@pytest.mark.parametrize("change", [lambda f: f, lambda f: f.tz_convert("UTC"), lambda f: f.tz_localize(None)])
def test_minutes_are_served_as_they_were_given(change: Any) -> None:
    given = minutes()
    app = ibnb.connect(start="2025-06-11 09:30", data={"MINE": change(given)})
    got = app.getHistory("MINE", "2025-06-10", "2025-06-10", "1 min")["MINE"]
    assert got["Close"].tolist() == pytest.approx(given["Close"].tolist())
    assert [str(moment) for moment in got.index[[0, -1]]] == [str(moment) for moment in given.index[[0, -1]]]


def test_days_of_get_history_are_served_as_they_were_given() -> None:
    real = ibnb.connect().getHistory("KO", "2025-03-03", "2025-05-30", "1 day")["KO"]
    ibnb.reset()
    got = ibnb.connect(data={"COKE": real}).getHistory("COKE", "2025-03-03", "2025-05-30", "1 day")["COKE"]
    assert got["Close"].tolist() == pytest.approx(real["Close"].tolist())
    assert list(got.index) == list(real.index)


def test_an_order_is_filled_at_the_own_price_in_virtual_time() -> None:
    app = ibnb.connect(scenario="day", start="2025-06-10 10:00", data={"MINE": minutes()})
    app.placeOrderNow("MINE", app.createOrder("BUY", 1), wait="Filled")
    app.sleep("60 min")
    app.placeOrderNow("MINE", app.createOrder("SELL", 1), wait="Filled")
    bought, sold = app.getFills()["price"]
    assert (bought, sold) == (pytest.approx(50.30, abs=0.05), pytest.approx(50.90, abs=0.05))


def ticks(first: str = "2025-06-10 09:30", count: int = 3000) -> pd.DataFrame:
    """Trades every 400 ms that go up and down by cents, each with what is bid and asked after it."""
    times = pd.date_range(first, periods=count, freq="400ms", tz="America/New_York", name="time")
    price = [round(50 + (n * 37 % 101) / 100, 2) for n in range(count)]
    quotes = {"bid": [round(each - 0.02, 2) for each in price], "ask": [round(each + 0.01, 2) for each in price]}
    return pd.DataFrame({"price": price, "size": [1 + n % 300 for n in range(count)], **quotes}, index=times)


def test_own_ticks_are_history_stream_bars_and_quotes_and_they_agree() -> None:
    given = ticks()
    app = ibnb.connect(start="2025-06-10 09:40", scenario="day", data={"MINE": given})
    got = app.getTicks("MINE", start=given.index[0], numberOfTicks=1000)
    assert got["price"].tolist() == given["price"].tolist()[: len(got)]
    assert got["size"].tolist() == given["size"].tolist()[: len(got)]
    with app.streamTicks("MINE") as stream, app.streamQuotes(["MINE"]) as quotes:
        app.sleep("30 s")
        streamed = stream.df
        now = pd.Timestamp(app.now())
        last = given[given.index < now.floor("s") + pd.Timedelta("1s")].iloc[-1]
        assert quotes.df.loc["MINE", ["bid", "ask", "last"]].tolist() == last[["bid", "ask", "price"]].tolist()
    among = given[(given.index.floor("s") >= streamed.index[0]) & (given.index.floor("s") <= streamed.index[-1])]
    assert streamed["price"].tolist() == among["price"].tolist()
    assert len(streamed) > 70
    app.sleep("10 min")
    bars = app.getHistory("MINE", "2025-06-10", "2025-06-10", "1 min")["MINE"]
    whole = ibnb.barsOf(given, "1 min")
    for column in ("Open", "High", "Low", "Close", "Volume", "BarCount"):
        assert bars[column].tolist() == pytest.approx(whole[column].tolist())


def test_an_order_is_filled_at_the_own_offer() -> None:
    given = ticks()
    app = ibnb.connect(start="2025-06-10 09:35", scenario="day", data={"MINE": given})
    app.placeOrderNow("MINE", app.createOrder("BUY", 1), wait="Filled")
    (price,) = app.getFills()["price"]
    assert price in set(given["ask"])


def test_the_frame_of_get_ticks_is_served_again() -> None:
    app = ibnb.connect()
    real = app.getTicks("NVDA", numberOfTicks=200)
    start = app.now()
    ibnb.reset()
    again = ibnb.connect(start=start, data={"MINE": real}).getTicks("MINE", numberOfTicks=200)
    assert again[["price", "size", "exchange"]].equals(real[["price", "size", "exchange"]])


def test_ticks_may_be_in_parquet(tmp_path: Any) -> None:
    pytest.importorskip("pyarrow")
    given = ticks(count=100)
    given.to_parquet(tmp_path / "mine.parquet")
    app = ibnb.connect(start="2025-06-10 09:40", data=tmp_path)
    assert app.getTicks("MINE", numberOfTicks=50)["price"].tolist() == given["price"].tolist()[-50:]


def test_a_gateway_by_itself_takes_a_folder() -> None:
    with pytest.raises(ValueError, match=r"frames by symbol are taken by ibnb\.connect"):
        Gateway("lesson", data={"MINE": minutes()})


def test_the_same_frames_are_the_same_world_and_others_another() -> None:
    first = ibnb.connect(data={"MINE": minutes()})
    assert ibnb.connect(data={"MINE": minutes()}) is first
    assert ibnb.connect(data={"MINE": minutes(price=60.0)}) is not first


def test_a_sweep_over_frames() -> None:
    wanted = worlds.grid(scenario="day", start="2025-06-10 10:00", data=[{"MINE": minutes(price=p)} for p in (50, 60)])
    found = worlds.run(lambda app: app.getQuote("MINE")["last"], wanted, ThreadPoolExecutor(1))
    assert found["result"].tolist() == pytest.approx([50.29, 60.29], abs=0.03)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (minutes(), "say which symbol the frame is"),
        ({}, "frames by symbol"),
        (7, "data is a folder, or frames by symbol"),
        ({"MINE": [1, 2]}, "'MINE' is a list, and a DataFrame of bars or ticks is wanted"),
        ({"a/b": minutes()}, "'a/b' is no symbol"),
        ({"MINE": minutes().drop(columns="Close")}, "no column close"),
        ({"MINE": ticks().drop(columns="size")}, "MINE.csv: no column size"),
        ({"MINE": ticks().assign(bid=60.0)}, "MINE.csv.*row 2, column bid: the bid is above the ask"),
        ({"MINE": minutes().assign(High=1.0)}, "MINE.csv.*row 2"),
    ],
)
def test_frames_that_cant_be_served_are_refused_in_words(data: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        ibnb.connect(data=data)
