from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from ibnb import tables
from ibnb.tables import table
from ibnb.verbs.download.report import GAPS, History, joined, labels, missing, sessions_of_days, stretches

ZONE = "US/Eastern"


def hours(*moments: str, zone: str = ZONE) -> pd.DataFrame:
    return tables.bars([(f"{each}:00 {zone}", 1.0, 2.0, 0.5, 1.5, 100, 1.25, 7) for each in moments], daily=False)


def days(*dates: str) -> pd.DataFrame:
    return tables.bars([(each, 1.0, 2.0, 0.5, 1.5, 100, 1.25, 7) for each in dates], daily=True)


def sessions(*dates: str) -> pd.DataFrame:
    index = pd.DatetimeIndex(dates).as_unit("ns")
    bounds = {
        name: (index + pd.Timedelta(hour, "h")).tz_localize(ZONE).asi8 / 1e9
        for name, hour in (("start", 9.5), ("end", 16))
    }
    return pd.DataFrame(bounds, index=index)


WEEK = sessions("2025-06-02", "2025-06-03", "2025-06-04", "2025-06-05", "2025-06-06")


def test_one_frame_of_all_symbols_in_the_zone_of_the_first() -> None:
    new_york, tokyo = hours("20250602 09:30", "20250602 10:00"), hours("20250602 22:30", zone="Japan")
    df = joined({"NVDA": new_york, "7203": tokyo}, daily=False)
    assert df.index.names == ["symbol", "Date"]
    assert df.columns.tolist() == new_york.columns.tolist()
    assert [str(moment) for _, moment in df.index] == [
        "2025-06-02 09:30:00-04:00",
        "2025-06-02 10:00:00-04:00",
        "2025-06-02 09:30:00-04:00",
    ]
    pd.testing.assert_frame_equal(new_york, df.loc["NVDA"], check_freq=False)


@pytest.mark.parametrize(("full", "daily"), [(hours("20250602 09:30"), False), (days("20250602"), True)])
def test_an_empty_frame_has_the_same_columns_and_levels(full: pd.DataFrame, daily: bool) -> None:
    one, none = joined({"A": full}, daily), joined({}, daily)
    assert len(none) == 0
    assert one.index.names == none.index.names
    pd.testing.assert_series_equal(one.dtypes, none.dtypes)
    if daily:
        assert one.index.dtypes.to_list() == none.index.dtypes.to_list()


def test_sessions_without_a_bar_are_missing_from_the_first_bar_on() -> None:
    bars = hours("20250603 15:00", "20250605 09:30", "20250606 16:00")
    lacking = missing(bars, WEEK)
    assert lacking.tolist() == [False, False, True, False, True]
    assert stretches(WEEK, lacking) == [
        (pd.Timestamp("2025-06-04"), pd.Timestamp("2025-06-04"), 1),
        (pd.Timestamp("2025-06-06"), pd.Timestamp("2025-06-06"), 1),
    ]


def test_missing_days_of_daily_bars_in_one_stretch() -> None:
    lacking = missing(days("20250602", "20250605"), WEEK)
    assert stretches(WEEK, lacking) == [
        (pd.Timestamp("2025-06-03"), pd.Timestamp("2025-06-04"), 2),
        (pd.Timestamp("2025-06-06"), pd.Timestamp("2025-06-06"), 1),
    ]
    assert not missing(days(), WEEK).any()
    assert not missing(days("20250602"), WEEK.iloc[:0]).any()


def test_days_of_others_stand_in_for_a_schedule() -> None:
    known = sessions_of_days(pd.DatetimeIndex(["2025-06-02", "2025-06-03"]))
    assert missing(hours("20250602 09:30"), known).tolist() == [False, True]


def test_labels_tell_contracts_apart() -> None:
    def contract(symbol: str, conId: int, localSymbol: str = "") -> SimpleNamespace:
        return SimpleNamespace(symbol=symbol, conId=conId, localSymbol=localSymbol)

    assert labels([contract("ES", 1, "ESM5"), contract("ES", 2, "ESU5"), contract("AAPL", 3)]) == [
        "ESM5",
        "ESU5",
        "AAPL",
    ]
    assert labels([contract("SAN", 1), contract("SAN", 2)]) == ["SAN 1", "SAN 2"]


def test_tables_look_the_same_with_and_without_rows() -> None:
    one = table(GAPS, [("AAPL", pd.Timestamp("2025-06-04"), pd.Timestamp("2025-06-04"), 1, "SCHEDULE")])
    pd.testing.assert_series_equal(one.dtypes, table(GAPS, []).dtypes)


def test_a_result_gives_a_symbol_s_frame_and_names_those_it_has() -> None:
    bars = days("20250602")
    history = History(joined({"AAPL": bars}, True), table(GAPS, []), pd.DataFrame(), pd.DataFrame(), {"AAPL": bars})
    assert history["AAPL"] is bars
    assert repr(history) == "<History of 1 symbols: 1 bars, 0 gaps, 0 failures>"
    with pytest.raises(KeyError, match="there are 'AAPL'"):
        history["NVDA"]
