from __future__ import annotations

import math
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb import IBError, tables
from ibnb.ib.api import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INTEGER, UNSET_LONG

_SAMPLES = {
    "float64": 1.5,
    "int64": 7,
    "str": "x",
    "dates": "20250611 09:30:00 US/Eastern",
    "times": "20250611-13:30:00",
    "moments": 1749650400.5,
    "session": 1749650400.5,
    "Int64": 7,
    "days": "20250611",
    "bool": True,
    "object": ("a", "b"),
}


@pytest.mark.parametrize("table", tables.TABLES)
def test_an_empty_frame_has_the_columns_and_dtypes_of_a_full_one(table: str) -> None:
    row = tuple(_SAMPLES[kind] for kind in tables.TABLES[table].values())
    full, empty = tables.frame(table, [row, row]), tables.frame(table, [])
    pd.testing.assert_series_equal(full.dtypes, empty.dtypes)
    assert full.index.name == empty.index.name
    assert len(empty) == 0
    columns = [name for name in tables.TABLES[table] if name != tables.INDEX.get(table)]
    assert full.columns.tolist() == columns


@pytest.mark.parametrize(
    "unset", [None, UNSET_DOUBLE, -UNSET_DOUBLE, UNSET_DECIMAL, "", "1.7976931348623157E308", "words", float("inf")]
)
def test_unset_numbers_are_nan_never_zero(unset: object) -> None:
    (value,) = tables.numbers([unset])
    assert math.isnan(value)


@given(st.lists(st.one_of(st.floats(-1e30, 1e30), st.integers(-(10**15), 10**15), st.decimals(-(10**9), 10**9))))
def test_numbers_keep_their_value_whatever_their_type(values: list[float | int | Decimal]) -> None:
    assert tables.numbers(values).tolist() == [float(value) for value in values]


def test_unset_integers_are_zero_ids() -> None:
    row = ("AAPL", "STK", "NASDAQ", "USD", UNSET_INTEGER, "")
    assert tables.frame("symbols", [row, (*row[:4], UNSET_LONG, "")])["conId"].tolist() == [0, 0]


def test_bars_of_times_and_no_bars_have_a_zone() -> None:
    some = tables.bars([("20250611 09:30:00 US/Eastern", 1, 1, 1, 1, 1, 1, 1)])
    none = tables.bars([], "US/Eastern", daily=False)
    assert some.index.dtype == none.index.dtype
    assert tables.bars([], daily=True).index.tz is None


def test_bars_without_volume_keep_their_prices() -> None:
    row = tables.bars([("20250611", 1.1, 1.2, 1.0, 1.15, Decimal(-1), Decimal(-1), -1)]).iloc[0]
    assert row["Close"] == 1.15
    assert row[["Volume", "Average", "BarCount"]].isna().all()


def test_account_values_keep_words_as_text() -> None:
    found = tables.account([("AccountType", "INDIVIDUAL", "", "DU1"), ("Cushion", "0.88", "", "DU1")])
    assert found["text"].to_dict() == {"AccountType": "INDIVIDUAL", "Cushion": ""}
    assert found.loc["Cushion", "value"] == 0.88
    assert math.isnan(found.loc["AccountType", "value"])


@pytest.mark.parametrize("date", ["gestern", "20251399 09:30:00 US/Eastern", ""])
def test_a_date_that_cant_be_read_is_the_answers_fault(date: str) -> None:
    with pytest.raises(IBError, match="the answer isn't whole: can't read"):
        tables.bars([(date, 1.0, 2.0, 0.5, 1.5, 10, 1.2, 3)])
