"""Tables as they are shown (first_use B3, B9): the data stay pandas' floats, what is read is for people."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ibnb import tables
from ibnb.table_display import Table, number, places

SUMMARY = tables.account(
    [
        ("NetLiquidation", "1622558.12", "USD", "DU1"),
        ("Cushion", "0.862926", "", "DU1"),
        ("DayTradesRemaining", "-1", "", "DU1"),
        ("AccountType", "INDIVIDUAL", "", "DU1"),
    ]
)


def order(orderId: int, **other: Any) -> tuple[Any, ...]:
    usual = {
        "action": "BUY",
        "totalQuantity": 10,
        "symbol": "AAPL",
        "orderType": "LMT",
        "lmtPrice": 199.5,
        "tif": "DAY",
    }
    what = {"secType": "STK", "currency": "USD", "localSymbol": "AAPL", "tradingClass": "NMS", "conId": 265598}
    empty = dict.fromkeys(("whyHeld", "lastTradeDateOrContractMonth", "right", "comboLegs"), "")
    row = {
        **usual,
        **what,
        **empty,
        "status": "Submitted",
        "filled": 0,
        "remaining": 10,
        "clientId": 1,
        "account": "DU1",
        **other,
    }
    return (
        orderId,
        *(row.get(name) for name in tables.TABLES["orders"] if name != "orderId"),
    )


def test_numbers_of_an_account_are_read_at_a_glance() -> None:
    """first_use B3: 1.622558e+06, 8.629260e-01, -1.000000e+00, and NaN beside AccountType's word."""
    assert repr(SUMMARY).splitlines()[2:] == [
        "NetLiquidation      1,622,558.12      USD                 DU1",
        "Cushion                   0.8629                          DU1",
        "DayTradesRemaining            -1                          DU1",
        "AccountType                                INDIVIDUAL     DU1",
    ]
    page = SUMMARY._repr_html_() or ""  # type: ignore[operator]
    assert "<td>1,622,558.12</td>" in page
    assert "NaN" not in page


def test_parts_of_a_table_are_shown_likewise() -> None:
    part = SUMMARY.loc[["Cushion"], ["value", "currency"]]
    assert "0.8629" in repr(part)
    assert "0.8629" in part.to_string()


def test_the_data_are_untouched() -> None:
    assert SUMMARY["value"].dtype == "float64"
    assert SUMMARY.loc["Cushion", "value"] == 0.862926
    assert np.isnan(SUMMARY.loc["AccountType", "value"])
    assert isinstance(SUMMARY, pd.DataFrame)
    assert isinstance(SUMMARY["value"], pd.Series)
    assert isinstance(pickle.loads(pickle.dumps(SUMMARY)), pd.DataFrame)
    pd.testing.assert_frame_equal(SUMMARY, pd.DataFrame(SUMMARY))


def test_no_option_of_pandas_is_changed() -> None:
    def options() -> dict[str, Any]:
        names = ("display.max_colwidth", "display.float_format", "display.max_columns", "display.width")
        return {name: pd.get_option(name) for name in names}

    before = options()
    repr(SUMMARY)
    SUMMARY._repr_html_()  # type: ignore[operator]
    assert options() == before


def test_one_row_is_shown_as_a_column() -> None:
    """first_use B9: contract details were 21 columns for one row."""
    blotter = tables.frame("orders", [order(7)])
    lines = repr(blotter).splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["orderId", "7"],
        ["action", "BUY"],
        ["totalQuantity", "10"],
        ["symbol", "AAPL"],
    ]
    assert ["lmtPrice", "199.50"] in [line.split() for line in lines]
    assert lines[-1] == "empty: auxPrice, avgFillPrice, whyHeld, lastTradeDateOrContractMonth, strike, right, comboLegs"
    assert blotter.shape == (1, 25)


def test_what_is_the_same_in_each_row_or_empty_is_told_below() -> None:
    """first_use B9: the blotter's 25 columns, the option chain's 22."""
    blotter = tables.frame("orders", [order(7), order(8, lmtPrice=1200, filled=5, avgFillPrice=199.123456)])
    lines = repr(blotter).splitlines()
    assert lines[-2:] == [
        "the same in each row: parentId 0, permId 0, clientId 1, account DU1, secType STK, currency USD, "
        "localSymbol AAPL, tradingClass NMS, conId 265598",
        "empty: auxPrice, whyHeld, lastTradeDateOrContractMonth, strike, right, comboLegs",
    ]
    page = blotter._repr_html_() or ""  # type: ignore[operator]
    assert "<p>empty: auxPrice, whyHeld, lastTradeDateOrContractMonth, strike, right, comboLegs</p>" in page
    assert "<th>whyHeld</th>" not in page
    assert ["<td>199.50</td>" in page, "<td>1,200.00</td>" in page, "<td>199.1235</td>" in page] == [True, True, True]
    # What matters most stays, also when it is the same.
    assert "<th>action</th>" in page
    assert "permId" in blotter.to_string()


def test_a_table_that_is_still_too_wide_lets_go_of_numbers_that_nobody_reads() -> None:
    kinds = tables.TABLES["optionChain"]
    rows = [
        tuple(
            f"2025061{at}"
            if kind == "days"
            else float(at)
            if kind == "float64"
            else at
            if kind == "int64"
            else f"x{at}"
            for kind in kinds.values()
        )
        for at in (1, 2)
    ]
    page = tables.frame("optionChain", rows)._repr_html_() or ""  # type: ignore[operator]
    assert "<p>not shown: conId, localSymbol, tradingClass</p>" in page
    assert '<td style="white-space: nowrap">2025-06-11</td>' in page


def test_an_empty_table_and_a_long_one_are_shown_as_pandas_shows_them() -> None:
    assert "Empty DataFrame" in repr(tables.frame("orders", []))
    assert "orderId" in (tables.frame("orders", [])._repr_html_() or "")  # type: ignore[operator]
    long = pd.concat([SUMMARY] * 30)
    assert "<p>120 rows × 4 columns</p>" in (long._repr_html_() or "")  # type: ignore[operator]
    assert "[120 rows x 4 columns]" in repr(long)


def test_columns_that_arent_unique_are_shown_all_the_same() -> None:
    twice = pd.concat([SUMMARY, SUMMARY, SUMMARY], axis=1)
    assert "value" in repr(twice[["value"]])
    assert twice.to_string()


def test_html_is_left_out_where_pandas_is_told_so() -> None:
    with pd.option_context("display.notebook_repr_html", False):
        assert SUMMARY._repr_html_() is None  # type: ignore[operator]


def test_long_tables_stay_pandas_own() -> None:
    assert type(tables.bars([])) is pd.DataFrame
    assert type(tables.frame("trades", [])) is pd.DataFrame
    assert type(tables.frame("positions", [])) is Table


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.5e6, "1,500,000"), (0.1, "0.1"), (12.345, "12.35"), (-0.00012345, "-0.0001234"), (float("nan"), "NaN")],
)
def test_a_number_by_itself(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("values", "least", "many"),
    [
        ([200.0, 205.0], 0, 0),
        ([182.5, 185.0], 0, 1),
        ([193.5, 193.89], 2, 2),
        ([1.16535], 2, 5),
        ([193.886666667], 2, 4),
        ([float("nan"), 3.0], 2, 2),
        ([], 2, 2),
    ],
)
def test_prices_of_a_column_share_their_decimals(values: list[float], least: int, many: int) -> None:
    assert places(np.array(values, dtype=float), least) == many
