from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ibnb.gateway.handlers.history.bar_dates import bar_dates, time_text

OPEN = datetime(2025, 6, 11, 9, 30, tzinfo=ZoneInfo("America/New_York")).timestamp()
TIMES = np.array([OPEN, OPEN + 60])


def test_a_time_names_the_exchanges_zone_from_version_174_on() -> None:
    expected = ["20250611 09:30:00 US/Eastern", "20250611 09:31:00 US/Eastern"]
    assert expected == bar_dates(TIMES, 1, 174, "US/Eastern", "US/Eastern")
    assert "20250611 14:30:00 GB" == bar_dates(TIMES, 1, 200, "GB", "US/Eastern")[0]


def test_before_that_it_is_the_login_zones_with_two_spaces() -> None:
    assert "20250611  09:30:00" == bar_dates(TIMES, 1, 173, "GB", "US/Eastern")[0]


def test_format_2_is_epoch_seconds_and_3_has_no_year() -> None:
    assert [str(int(OPEN)), str(int(OPEN) + 60)] == bar_dates(TIMES, 2, 200, "US/Eastern", "US/Eastern")
    assert "0611 09:30:00 US/Eastern" == bar_dates(TIMES, 3, 200, "US/Eastern", "US/Eastern")[0]


def test_no_bars_no_dates() -> None:
    assert [] == bar_dates(np.array([]), 1, 200, "US/Eastern", "US/Eastern")


def test_one_time_is_written_as_bars_are() -> None:
    assert "20250611 09:30:00 US/Eastern" == time_text(OPEN, 200, "US/Eastern")
    assert "20250611  09:30:00" == time_text(OPEN, 157, "US/Eastern")


@given(st.lists(st.integers(1_200_000_000, 1_900_000_000), max_size=20))
def test_a_column_says_what_each_time_says_alone(times: list[int]) -> None:
    expected = [time_text(time, 200, "US/Eastern") for time in times]
    assert expected == bar_dates(np.array(times, dtype=float), 1, 200, "US/Eastern", "US/Eastern")
