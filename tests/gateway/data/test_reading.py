"""A researcher's own bars: what is served is what the files say, and wrong files are told."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibnb.gateway.clock import Clock
from ibnb.gateway.data import DataError, read_folder
from ibnb.gateway.engine import build_world
from ibnb.gateway.instruments import Instruments
from ibnb.gateway.market import Market
from ibnb.gateway.messages import Contract
from ibnb.gateway.scenario import LESSON

NEW_YORK = ZoneInfo("America/New_York")
HEAD = ["Date", "Open", "High", "Low", "Close", "Volume"]
NOW = LESSON.start
DAY = 86400


def write(path, rows, head=HEAD):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def walk(seed, n, start=100.0):
    """Bars of a random walk, cents."""
    chance = np.random.default_rng(seed)
    close = np.round(start * np.exp(np.cumsum(chance.normal(0, 0.002, n))), 2)
    open_ = np.round(np.concatenate([[start], close[:-1]]), 2)
    high = np.round(np.maximum(open_, close) + chance.uniform(0, 0.2, n), 2)
    low = np.round(np.minimum(open_, close) - chance.uniform(0, 0.2, n), 2)
    return zip(open_, high, low, close, chance.integers(0, 5000, n).tolist(), strict=True)


def minutes_of(days, seed=1, keep=lambda n: True):
    """Minute bars of New York sessions in June 2025; those that `keep` doesn't want are left out."""
    times = [
        datetime(2025, 6, day, 9 + (30 + n) // 60, (30 + n) % 60, tzinfo=NEW_YORK) for day in days for n in range(390)
    ]
    bars = enumerate(zip(times, walk(seed, len(times)), strict=True))
    return [(f"{t:%Y-%m-%d %H:%M:%S}", *bar) for k, (t, bar) in bars if keep(k)]


def days_of(first, last, seed=2):
    days = Market(1, Instruments(LESSON.today)).calendar.trading_days("US", first, last)
    return [(f"{day:%Y-%m-%d}", *bar) for day, bar in zip(days, walk(seed, len(days)), strict=True)]


def world(folder, **changes):
    return build_world(replace(LESSON, data=folder, **changes), Clock(LESSON.start))


def only(w, symbol, **fields):
    (found,) = w.instruments.match(Contract(**{"symbol": symbol, "secType": "STK", "exchange": "SMART"} | fields))
    return found


def columns(bars):
    return list(
        zip(*(c.tolist() for c in (bars.open, bars.high, bars.low, bars.close, bars.volume)), strict=True)
    )  # fmt: skip


def values(rows):
    return [tuple(float(value) for value in row[1:]) for row in rows]


def test_minute_bars_are_served_as_they_are(tmp_path):
    rows = minutes_of([9, 10], keep=lambda n: n % 7 != 3)
    write(tmp_path / "mine.csv", rows)
    w = world(tmp_path)
    mine = only(w, "MINE")
    assert ("MINE, from a file", "USD", 0.01) == (mine.longName, mine.currency, mine.minTick)
    bars = w.market.bars(mine, "TRADES", 60, NOW - 5 * DAY, NOW)
    assert values(rows) == columns(bars)
    written = [datetime.fromisoformat(row[0]).replace(tzinfo=NEW_YORK).timestamp() for row in rows]
    assert written == bars.time.tolist()
    assert written[0] == w.market.head_timestamp(mine)


def test_larger_bars_are_sums_of_the_files(tmp_path):
    rows = minutes_of([9, 10], keep=lambda n: n % 7 != 3)
    write(tmp_path / "mine.csv", rows)
    w = world(tmp_path)
    mine = only(w, "MINE")
    found = values(rows)
    first = [n for n, row in enumerate(rows) if row[0].startswith("2025-06-09")]
    daily = columns(w.market.bars(mine, "TRADES", "day", NOW - 5 * DAY, NOW))
    expected = []
    for part in (found[: len(first)], found[len(first) :]):
        o, h, low, c, v = zip(*part, strict=True)
        expected.append((o[0], max(h), min(low), c[-1], sum(v)))
    assert expected == daily
    seconds = w.market.bars(mine, "TRADES", 1, NOW - 3 * DAY, NOW - DAY)
    rolled = {}
    for time, o, h, low, c, v in zip(seconds.time.tolist(), *zip(*columns(seconds), strict=True), strict=True):
        old = rolled.get(time // 60)
        rolled[time // 60] = (old[0], max(old[1], h), min(old[2], low), c, old[4] + v) if old else (o, h, low, c, v)
    minutes = w.market.bars(mine, "TRADES", 60, NOW - 3 * DAY, NOW - DAY)
    assert columns(minutes) == list(rolled.values())
    assert (seconds.volume >= 0).all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_daily_bars_are_served_as_they_are_and_told_by_minutes(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("daily")
    rows = days_of(date(2025, 3, 3), date(2025, 6, 10), seed)
    write(folder / "mine.csv", rows)
    w = world(folder)
    mine = only(w, "MINE")
    for rth in (True, False):
        assert values(rows) == columns(w.market.bars(mine, "TRADES", "day", NOW - 120 * DAY, NOW, rth))
    minutes = w.market.bars(mine, "TRADES", 60, NOW - 6 * DAY, NOW)
    for name, row in zip(("20250606", "20250609", "20250610"), values(rows)[-3:], strict=True):
        day = [n for n, t in enumerate(minutes.time) if f"{datetime.fromtimestamp(t, NEW_YORK):%Y%m%d}" == name]
        o, h, low, c, v = (
            column[day] for column in (minutes.open, minutes.high, minutes.low, minutes.close, minutes.volume)
        )
        assert len(day) == 390
        assert row == (o[0], h.max(), low.min(), c[-1], v.sum())
        assert ((low <= np.minimum(o, c)) & (np.maximum(o, c) <= h)).all()


def test_quotes_go_on_where_the_file_ends(tmp_path):
    rows = days_of(date(2025, 3, 3), date(2025, 6, 10))
    write(tmp_path / "mine.csv", rows)
    w = world(tmp_path)
    mine = only(w, "MINE")
    quote = w.market.quote(mine, NOW)
    assert rows[-1][4] == quote.last
    assert quote.bid <= quote.last <= quote.ask
    assert quote.bid < quote.ask
    stats = w.market.day_stats(mine, NOW)
    assert (None, None, None, 0, rows[-1][4]) == (stats.open, stats.high, stats.low, stats.volume, stats.close)
    assert not len(w.market.bars(mine, "TRADES", 60, NOW - 1800, NOW))
    assert [] == w.market.ticks(mine, NOW - 60, NOW)


def test_a_file_lives_on_with_the_clock(tmp_path):
    rows = minutes_of([10, 11], keep=lambda n: n != 395)
    write(tmp_path / "mine.csv", rows)
    w = world(tmp_path)
    mine = only(w, "MINE")
    today = values(rows)[390:]
    assert today[28][3] == pytest.approx(w.market.quote(mine, NOW - 1).last)
    stats = w.market.day_stats(mine, NOW - 1)
    assert today[0][0] == stats.open
    assert max(row[1] for row in today[:29]) == stats.high
    # A minute that isn't in the file: the last price stands, and its time.
    gap = NOW - 1500 + 30
    assert w.market.quote(mine, gap).last == values(rows)[394][3]
    assert w.market.quote(mine, gap).time < gap - 25


def test_a_file_for_a_known_symbol_gives_it_its_prices(tmp_path):
    write(tmp_path / "AAPL.csv", minutes_of([9, 10, 11]))
    w = world(tmp_path)
    apple = only(w, "AAPL", currency="USD")
    assert (265598, "APPLE INC", 0.01) == (apple.conId, apple.longName, apple.minTick)
    assert 50 < w.market.last_price(apple, NOW) < 150
    # Its options follow it.
    option = {"symbol": "AAPL", "secType": "OPT", "lastTradeDateOrContractMonth": "20250620", "strike": 100.0}
    call, put = (only(w, right=right, **option) for right in "CP")
    worth = w.market.last_price(call, NOW) - w.market.last_price(put, NOW)
    assert worth == pytest.approx(w.market.last_price(apple, NOW) - 100.0, abs=0.3)
    # Nothing else changes.
    microsoft = only(w, "MSFT")
    assert w.market.last_price(microsoft, NOW) == world(None).market.last_price(microsoft, NOW)


def test_kind_exchange_and_currency_are_columns(tmp_path):
    bars = [(f"2025-06-{day:02}T00:00:00Z", 100.25, 101, 99, 100, 5, "CRYPTO", "PAXOS", "USD") for day in (7, 8, 9)]
    write(tmp_path / "COIN.csv", bars, [*HEAD, "secType", "Exchange", "currency"])
    london = [
        ("2025-06-09 08:00", 311.5, 312, 311, 311.8, "LSE", "GBP"),
        ("2025-06-09 08:01", 311.8, 312, 311, 312, "LSE", "GBP"),
    ]
    write(tmp_path / "pence.csv", london, ["time", "open", "high", "low", "close", "exchange", "currency"])
    w = world(tmp_path)
    coin = only(w, "COIN", secType="CRYPTO", exchange="PAXOS")
    assert 3 == len(w.market.bars(coin, "AGGTRADES", "day", NOW - 9 * DAY, NOW))
    pence = only(w, "PENCE", exchange="LSE", currency="GBP")
    assert ("LSE", "LSE", "Europe/London") == (pence.primaryExchange, pence.schedule, pence.zone)
    (first, _) = w.market.bars(pence, "TRADES", 60, NOW - 9 * DAY, NOW).time.tolist()
    assert datetime(2025, 6, 9, 7, tzinfo=UTC).timestamp() == first


def test_the_order_of_questions_does_not_matter(tmp_path):
    write(tmp_path / "mine.csv", days_of(date(2025, 3, 3), date(2025, 6, 10)))
    a, b = (world(tmp_path) for _ in range(2))
    mine = only(a, "MINE")
    for end in (NOW, NOW - 30 * DAY):
        b.market.bars(mine, "TRADES", "day", end - 60 * DAY, end)
    b.market.bars(mine, "TRADES", 60, NOW - 20 * DAY, NOW - 19 * DAY)
    for what in ("TRADES", "BID"):
        first, second = (w.market.bars(mine, what, 300, NOW - 5 * DAY, NOW) for w in (a, b))
        assert columns(first) == columns(second)


GOOD = ("2025-06-09", 10, 11, 9, 10.5, 100)


@pytest.mark.parametrize(
    ("rows", "row", "column", "says"),
    [
        ([GOOD, ("2025-06-10", 10, 11, "x", 10, 1)], 3, "Low", "'x' is not a number"),
        ([("2025-06-09", 10, 10.2, 9, 10.5, 1)], 2, "High", "the high is below the open or the close"),
        ([GOOD, ("2025-06-10", 10, 11, 10.5, 10.7, 1)], 3, "Low", "the low is above"),
        ([("2025-06-09", 10, 11, -1, 10.5, 1)], 2, "Low", "'-1' is not above 0"),
        ([("2025-06-09", 10, 11, 9, 10.5, -4)], 2, "Volume", "'-4' is not 0 or more"),
        ([("2025-06-09", 10, 11, 9, "nan", 4)], 2, "Close", "'nan' is not above 0"),
        ([GOOD, ("yesterday", 10, 11, 9, 10, 1)], 3, "Date", "'yesterday' is not a date or time"),
        ([GOOD, GOOD], 3, "Date", "not later than the row before"),
        ([GOOD, ("2025-06-14", 10, 11, 9, 10, 1)], 3, "Date", "2025-06-14 is not a trading day of SMART"),
        ([("2025-06-09 09:30:07", 10, 11, 9, 10, 1)], 2, "Date", "09:30:07 is not the beginning of a minute"),
        ([("2025-06-09 03:00:00", 10, 11, 9, 10, 1)], 2, "Date", "outside the hours of SMART"),
        (
            [("2025-06-09 09:30:00", 10, 11, 9, 10, 1), ("2025-06-09 09:35:00", 10, 11, 9, 10, 1)],
            3,
            "Date",
            "bars are 300 s apart",
        ),
        ([GOOD, ("2025-06-10", 10, 11)], 3, "", "3 cells where the header has 6"),
        ([], None, "", "no rows"),
    ],
)
def test_a_wrong_file_is_told_with_row_and_column(tmp_path, rows, row, column, says):
    path = write(tmp_path / "bad.csv", rows)
    with pytest.raises(DataError) as error:
        read_folder(tmp_path)
    assert (path, row, column) == (error.value.path, error.value.row, error.value.column)
    text = str(error.value)
    assert says in text
    assert text.startswith(f"{path}: ")
    if row is not None:
        assert f"row {row}" in text


@pytest.mark.parametrize(
    ("head", "cells", "says"),
    [
        (["When", *HEAD[1:]], GOOD, "no column date, time, datetime or timestamp"),
        (["Date", "Open", "High", "Low", "Price"], GOOD[:5], "no column close"),
        ([*HEAD, "secType"], (*GOOD, "OPT"), "row 2, column secType: OPT isn't served from files"),
        ([*HEAD, "exchange"], (*GOOD, "MOON"), "row 2, column exchange: the hours of MOON aren't known"),
    ],
)
def test_wrong_columns_are_told(tmp_path, head, cells, says):
    write(tmp_path / "bad.csv", [cells], head)
    with pytest.raises(DataError, match=r"bad\.csv") as error:
        read_folder(tmp_path)
    assert says in str(error.value)


def test_folders_without_files_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no CSV or Parquet file"):
        read_folder(tmp_path)
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(DataError, match="the file is empty"):
        read_folder(tmp_path)
    (tmp_path / "empty.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not a text file in UTF-8"):
        read_folder(tmp_path)


def test_two_files_of_one_instrument_are_told(tmp_path):
    for name in ("mine.csv", "MINE.CSV"):
        write(tmp_path / name, [GOOD])
    if len(list(tmp_path.iterdir())) == 2:
        with pytest.raises(DataError, match="holds the same instrument"):
            read_folder(tmp_path)


def test_parquet_without_pyarrow_is_told(tmp_path, monkeypatch):
    (tmp_path / "mine.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(DataError, match="install pyarrow"):
        read_folder(tmp_path)


def test_parquet_says_what_csv_says(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = minutes_of([9])
    times = [datetime.fromisoformat(row[0]).replace(tzinfo=NEW_YORK) for row in rows]
    cells = [times, *zip(*(row[1:] for row in rows), strict=True)]
    parquet.write_table(pyarrow.table(dict(zip(HEAD, cells, strict=True))), tmp_path / "mine.parquet")
    w = world(tmp_path)
    assert values(rows) == columns(w.market.bars(only(w, "MINE"), "TRADES", 60, NOW - 5 * DAY, NOW))
