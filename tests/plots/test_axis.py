"""Where bars stand, and what the axis says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ibnb.plots.axis import TimeAxis, amount, marks
from tests.plots.frames import daily, hourly

NEW_YORK = "America/New_York"


def test_nights_and_weekends_leave_no_gap() -> None:
    """first_use B2: five days of bars were four slivers and three ramps."""
    bars = hourly(days=3)
    assert list(TimeAxis(bars.index).places) == list(range(21))
    assert list(TimeAxis(daily(12).index).places) == list(range(12))


def test_a_hole_within_the_day_is_a_hole() -> None:
    index = pd.DatetimeIndex(["2025-06-11 10:00", "2025-06-11 10:01", "2025-06-11 10:02", "2025-06-11 10:12"])
    assert list(TimeAxis(index).places) == [0, 1, 2, 12]


def test_instruments_with_other_hours_share_an_axis_and_moments_between_two_bars_stand_between_them() -> None:
    bars = hourly()
    axis = TimeAxis(bars.index.append(bars.index))
    assert list(axis.of(bars.index)) == list(range(14))
    assert axis.of(pd.DatetimeIndex(["2025-06-05 10:00"]).tz_localize(NEW_YORK)) == pytest.approx([0.5])
    assert axis.of(pd.DatetimeIndex(["2025-06-05 15:00"]).tz_localize("UTC")) == pytest.approx([1.5])


def test_an_index_without_times_is_counted() -> None:
    axis = TimeAxis(pd.Index(["a", "b", "c"]))
    assert list(axis.places) == [0, 1, 2]
    assert list(axis.of(pd.Index(["a", "b"]))) == [0, 1]


@pytest.mark.parametrize(
    ("index", "labels"),
    [
        (
            pd.date_range("2025-06-11 09:30", periods=31, freq="1min", tz=NEW_YORK),
            ["09:30\n11 Jun 2025", "09:35", "09:40", "09:45", "09:50", "09:55", "10:00"],
        ),
        (
            pd.date_range("2025-06-11 10:00:00", periods=4, freq="150ms", tz=NEW_YORK),
            ["10:00:00.000\n11 Jun 2025", "10:00:00.150", "10:00:00.300", "10:00:00.450"],
        ),
        (hourly(days=4).index, ["05 Jun\n2025", "06 Jun", "09 Jun", "10 Jun"]),
        (
            daily(63).index,
            ["17 Mar\n2025", "01 Apr", "16 Apr", "01 May", "16 May", "02 Jun"],
        ),
        (pd.date_range("2024-11-01", "2025-02-20", freq="W"), ["03 Nov\n2024", "17 Nov", "01 Dec", "22 Dec"]),
        (pd.date_range("2021-01-04", "2025-06-01", freq="W"), ["2021", "2022", "2023", "2024", "2025"]),
        (pd.date_range("2025-06-11 10:00", periods=1, freq="1h", tz=NEW_YORK), ["10:00\n11 Jun 2025"]),
        (
            pd.date_range("2025-06-11 09:30", periods=3, freq="5min", tz=NEW_YORK),
            ["09:30\n11 Jun 2025", "09:35", "09:40"],
        ),
        (pd.DatetimeIndex(["2025-06-11"]), ["11 Jun\n2025"]),
    ],
)
def test_labels_stand_at_round_times_and_say_a_day_or_a_year_once(index: pd.DatetimeIndex, labels: list[str]) -> None:
    assert marks(index, np.arange(len(index), dtype=float))[1][: len(labels)] == labels


def test_any_index_gets_two_to_nine_labels() -> None:
    for step in ("1s", "7s", "1min", "13min", "1h", "5h", "1D", "3D", "9D", "40D", "400D"):
        for count in (2, 3, 10, 57, 400):
            index = pd.date_range("2025-01-02 09:30", periods=count, freq=step, tz=NEW_YORK)
            assert 2 <= len(marks(index, np.arange(count, dtype=float))[0]) <= 9


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (120, "120"), (350_000, "350k"), (1_500_000, "1.5M"), (-2e9, "-2B"), (2_212_172, "2.212M")],
)
def test_large_numbers_are_written_as_people_say_them(value: float, text: str) -> None:
    """first_use B15: volume axes read 1e6, 1e7."""
    assert amount(value) == text
