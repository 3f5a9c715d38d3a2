"""A researcher's own ticks: trades, quotes and bars of one file agree, whatever is asked; wrong files are told."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibnb.gateway.clock import Clock
from ibnb.gateway.data import DataError, read_folder
from ibnb.gateway.engine import build_world
from ibnb.gateway.messages import Contract
from ibnb.gateway.scenario import LESSON

NEW_YORK = ZoneInfo("America/New_York")
OPEN = int(datetime(2025, 6, 10, 9, 30, tzinfo=NEW_YORK).timestamp())
CLOSE, DAY = OPEN + 23_400, 86_400

Row = tuple[float, float | None, int | None, float | None, float | None]


def write(folder: Path, rows: list[Any], head: str = "time,price,size,bid,ask", name: str = "mine.csv") -> Path:
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head.split(","), *rows])
    return folder


def served(folder: Path) -> tuple[Any, Any]:
    world = build_world(replace(LESSON, data=folder), Clock(LESSON.start))
    (mine,) = world.instruments.match(Contract(symbol="MINE", secType="STK", exchange="SMART"))
    return world.market, mine


@st.composite
def days(draw: Any) -> list[Row]:
    """Trades and quotes of some seconds of one day; several in one second, long gaps, cents."""
    seconds = sorted(draw(st.lists(st.integers(0, 4000) | st.integers(23_000, 23_399), min_size=2, max_size=60)))
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows: list[Row] = []
    for second in seconds:
        price = round(50 + float(chance.normal(0, 1)), 2)
        bid, ask = (
            round(price - 0.01 * int(chance.integers(0, 5)), 2),
            round(price + 0.01 * int(chance.integers(1, 5)), 2),
        )
        kind = int(chance.integers(0, 3)) if rows else 2
        trade = (price, int(chance.integers(1, 900))) if kind else (None, None)
        quote = (bid, ask) if kind != 1 else (None, None)
        rows.append((OPEN + second + round(float(chance.uniform(0, 0.999)), 3), *trade, *quote))
    return sorted(rows, key=lambda row: row[0])


def bars_of(trades: list[Any], size: int) -> list[tuple[float, ...]]:
    """Bars by hand."""
    found = []
    for start, group in groupby(trades, key=lambda trade: int((trade[0] - OPEN) // size * size + OPEN)):
        some = list(group)
        prices, volume = [trade[1] for trade in some], sum(trade[2] for trade in some)
        turn = sum(trade[1] * trade[2] for trade in some)
        found.append((start, prices[0], max(prices), min(prices), prices[-1], volume, len(some), turn / volume))
    return found


def columns(bars: Any) -> list[tuple[float, ...]]:
    parts = (bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume, bars.count, bars.wap)
    return list(zip(*(column.tolist() for column in parts), strict=True))


@settings(max_examples=25, deadline=None)
@given(rows=days())
def test_ticks_bars_and_quotes_are_those_of_the_file(tmp_path_factory: Any, rows: list[Row]) -> None:
    market, mine = served(write(tmp_path_factory.mktemp("ticks"), rows))
    trades = [(int(t), price, size) for t, price, size, _, _ in rows if price is not None]
    assert [(tick.time, tick.price, tick.size) for tick in market.ticks(mine, OPEN, CLOSE)] == trades
    for size in (1, 5, 60, 1800):
        got = columns(market.bars(mine, "TRADES", size, OPEN, CLOSE))
        for bar, wanted in zip(got, bars_of(trades, size), strict=True):
            assert bar == pytest.approx(wanted, abs=1e-4)
    (day,) = columns(market.bars(mine, "TRADES", "day", OPEN, CLOSE))
    (wanted,) = bars_of(trades, 23_400)
    assert day[1:] == pytest.approx(wanted[1:], abs=1e-4)
    # What holds at a second: the last trade, and the last quote.
    for at in {int(row[0]) + more for row in rows for more in (0, 1, 30)}:
        quote, stats = market.quote(mine, at), market.day_stats(mine, at)
        before = [row for row in rows if row[0] < at + 1]
        bid, ask = [row[3:] for row in before if row[3] is not None][-1]
        past = [trade for trade in trades if trade[0] <= at]
        assert (quote.bid, quote.ask) == pytest.approx((bid, ask))
        assert (quote.time, quote.last, quote.lastSize) == past[-1]
        assert (stats.volume, stats.high, stats.low) == pytest.approx(
            (sum(size for *_, size in past), max(p for _, p, _ in past), min(p for _, p, _ in past))
        )


@settings(max_examples=15, deadline=None)
@given(rows=days())
def test_quote_bars_are_made_of_the_quotes(tmp_path_factory: Any, rows: list[Row]) -> None:
    market, mine = served(write(tmp_path_factory.mktemp("ticks"), rows))
    first, last = int(rows[0][0]) // 60 * 60, int(rows[-1][0]) // 60 * 60 + 60
    seconds = market.seconds(mine, first, last)
    for what, column in (("BID", seconds.bid), ("ASK", seconds.ask), ("MIDPOINT", (seconds.bid + seconds.ask) / 2)):
        bars = market.bars(mine, what, 60, first, last)
        parts = column.reshape(-1, 60)
        assert bars.open.tolist() == pytest.approx(parts[:, 0].tolist())
        assert bars.high.tolist() == pytest.approx(parts.max(axis=1).tolist())
        assert bars.low.tolist() == pytest.approx(parts.min(axis=1).tolist())
        assert bars.close.tolist() == pytest.approx(parts[:, -1].tolist())


def test_without_quotes_bid_and_ask_stand_around_the_last_price(tmp_path: Path) -> None:
    market, mine = served(write(tmp_path, [(OPEN, 50.0, 100), (OPEN + 90, 51.0, 1)], "time,price,size"))
    for at in (OPEN, OPEN + 30, OPEN + 90, OPEN + 3600):
        quote = market.quote(mine, at)
        assert quote.bid <= quote.last <= quote.ask
        assert quote.ask - quote.bid == pytest.approx(0.01)
    assert market.head_timestamp(mine) == OPEN
    assert market.previous_close(mine, OPEN + DAY) == 51.0


def test_each_trade_may_say_its_exchange(tmp_path: Path) -> None:
    rows = [(OPEN, 50.0, 100, "ARCA"), (OPEN, 50.1, 7, "BATS")]
    market, mine = served(write(tmp_path, rows, "time,price,size,exchange"))
    assert [tick.exchange for tick in market.ticks(mine, OPEN, CLOSE)] == ["ARCA", "BATS"]


def test_a_currency_pair_is_quotes_only(tmp_path: Path) -> None:
    rows = [(OPEN, 1.1001, 1.1002, "CASH"), (OPEN + 60, 1.1003, 1.1005, "CASH")]
    write(tmp_path, rows, "time,bid,ask,secType", "eur.csv")
    world = build_world(replace(LESSON, data=tmp_path), Clock(LESSON.start))
    (pair,) = world.instruments.match(Contract(symbol="EUR", secType="CASH", currency="USD", exchange="IDEALPRO"))
    quote = world.market.quote(pair, OPEN + 61)
    assert (quote.bid, quote.ask) == pytest.approx((1.1003, 1.1005))
    bars = world.market.bars(pair, "MIDPOINT", 60, OPEN, OPEN + 120)
    assert bars.close.tolist() == pytest.approx([1.10015, 1.1004])


@pytest.mark.parametrize("text", ["2025-06-10 09:30:00.250", "2025-06-10T13:30:00.250+00:00", f"{OPEN}.25", str(OPEN)])
def test_times_may_have_parts_of_seconds(tmp_path: Path, text: str) -> None:
    market, mine = served(write(tmp_path, [(text, 50.0, 100)], "time,price,size"))
    assert [tick.time for tick in market.ticks(mine, OPEN, CLOSE)] == [OPEN]


GOOD: list[Any] = [(OPEN, 50.0, 100, 49.99, 50.01), (OPEN + 1, 50.1, 7, "", "")]


@pytest.mark.parametrize(
    ("rows", "head", "said"),
    [
        (GOOD, "time,price,amount,bid,ask", "mine.csv: no column size: a row has the price and the size of a trade"),
        (GOOD, "time,cost,size,bid,ask", "no column price: a row has the price and the size of a trade"),
        (
            GOOD,
            "time,cost,size,b,a",
            "no column price: ticks have a price and a size, bars have open, high, low, close",
        ),
        (GOOD, "time,price,size,bid,offer", "no column ask: bid and ask go together"),
        (GOOD, "when,price,size,bid,ask", "no column date, time, datetime or timestamp"),
        ([], "time,price,size", "no rows"),
        (
            [*GOOD, (OPEN, 50.0, 1, "", "")],
            "time,price,size,bid,ask",
            "row 4, column time: earlier than the row before",
        ),
        ([(OPEN, "fifty", 1)], "time,price,size", "row 2, column price: 'fifty' is not a number"),
        ([(OPEN, -1, 1)], "time,price,size", "row 2, column price: '-1' is not above 0"),
        ([(OPEN, 50, 1.5)], "time,price,size", "row 2, column size: '1.5' is not a whole number from 1 on"),
        ([(OPEN, 50, 0)], "time,price,size", "row 2, column size: '0' is not a whole number from 1 on"),
        ([(OPEN, 50, "")], "time,price,size", "column size: a trade has a price and a size; this row has a price only"),
        ([(OPEN, "", 5)], "time,price,size", "column price: a trade has a price and a size; this row has a size only"),
        ([(OPEN, 50, 1), (OPEN, "", "")], "time,price,size", "row 3: neither a trade nor a quote"),
        ([(OPEN, 50, 1, 50.1, 50)], "time,price,size,bid,ask", "row 2, column bid: the bid is above the ask"),
        ([(OPEN, 50, 1, 50.1, "")], "time,price,size,bid,ask", "row 2, column ask: bid and ask go together"),
        ([(OPEN, "", "", 50, 51)], "time,price,size,bid,ask", "no trade in any row"),
        ([(OPEN - 8 * 3600, 50, 1)], "time,price,size", "row 2, column time: .* outside the hours of SMART"),
        ([("noon", 50, 1)], "time,price,size", "row 2, column time: 'noon' is not a date or time, such as 2025-06-11"),
    ],
)
def test_wrong_files_are_told(tmp_path: Path, rows: list[Any], head: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_folder(write(tmp_path, rows, head))
