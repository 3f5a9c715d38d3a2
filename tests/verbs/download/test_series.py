"""One contract's bars: what is kept is only taken if it is what an answer would be."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ibnb.ib.api import Contract
from ibnb.verbs.download.cache import BarFolder
from ibnb.verbs.download.plan import chunks
from ibnb.verbs.download.series import Series, read_bars

ZONE = "America/New_York"
NOW = pd.Timestamp("2025-06-11 10:00", tz=ZONE).timestamp()
SPAN = tuple(pd.Timestamp(each, tz=ZONE).timestamp() for each in ("2025-05-01", "2025-06-01"))
HOURS = [
    (f"202505{day:02} {hour}:00:00 US/Eastern", 1.0, 2.0, 0.5, 1.5, 10, 1.2, 3) for day in (1, 2) for hour in (10, 11)
]
DAYS = [(f"202505{day:02}", 1.0, 2.0, 0.5, 1.5, 10, 1.2, 3) for day in (1, 2, 5)]


def series(folder: Path, size: str) -> Series:
    daily = size == "1 day"
    return Series(
        Contract(), size, ZONE, SPAN, False, (), lambda rows: read_bars(rows, ZONE, daily), BarFolder(folder, "AAPL")
    )


def harmed(bars: pd.DataFrame) -> dict[str, pd.DataFrame]:
    index = pd.DatetimeIndex(bars.index)
    return {
        "other columns": bars.rename(columns={"Open": "Offen"}),
        "a column less": bars.drop(columns="Volume"),
        "other types": bars.astype({"Close": "float32"}),
        "every bar twice": pd.concat([bars, bars]).sort_index(),
        "newest first": bars.iloc[::-1],
        "another year": bars.set_axis(index + pd.Timedelta(days=364)),
        "a bar too early": bars.set_axis(index - pd.Timedelta(days=1)),
        "another zone": bars.set_axis(
            index.tz_localize("UTC") if index.tz is None else index.tz_convert("Europe/London")
        ),
        "no zone": bars.set_axis(index.tz_localize(ZONE if index.tz is None else None)),
    }


@pytest.mark.parametrize("harm", harmed(read_bars(HOURS, ZONE, False)))
@pytest.mark.parametrize(("size", "rows"), [("1 hour", HOURS), ("1 day", DAYS)])
def test_b2_what_isnt_what_it_should_be_is_asked_for_again(tmp_path: Path, size: str, rows: list, harm: str) -> None:
    [chunk] = chunks(size, *SPAN, ZONE)
    bars = read_bars(rows, ZONE, size == "1 day")
    until = min(chunk.end, int(pd.Timestamp("2025-06-11", tz=ZONE).timestamp()))
    series(tmp_path, size).folder.write(chunk.start, until, bars)
    again = series(tmp_path, size)
    assert again.pieces(NOW, None) == []
    assert len(again.bars()) == len(bars)
    wrong = harmed(bars)[harm]
    if size == "1 day" and harm == "a bar too early":
        wrong = bars.set_axis(pd.DatetimeIndex(bars.index) - pd.Timedelta(days=150))
    series(tmp_path, size).folder.write(chunk.start, until, wrong)
    again = series(tmp_path, size)
    assert [each for each, _ in again.pieces(NOW, None)] == [chunk]
    assert len(again.bars()) == 0


def test_bars_that_come_twice_or_out_of_order_are_put_right() -> None:
    amended = (HOURS[1][0], 9.0, *HOURS[1][2:])
    bars = read_bars([HOURS[1], HOURS[0], HOURS[2], amended], ZONE, False)
    assert bars.index.is_monotonic_increasing
    assert bars["Open"].tolist() == [1.0, 9.0, 1.0]
