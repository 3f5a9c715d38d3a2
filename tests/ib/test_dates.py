from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ibnb.ib.dates import parse_dates, parse_moments
from ibnb.ib.zones import ZoneWarning, zone_name

MORNING = pd.Timestamp("2025-06-11 09:30", tz="America/New_York")


@pytest.mark.parametrize(
    "text",
    [
        "20250611 09:30:00 US/Eastern",
        "20250611 09:30:00 America/New_York",
        "20250611  09:30:00 US/Eastern",
        "20250611  09:30:00",
        "20250611 09:30:00",
        "20250611 14:30:00 GB",
        "20250611 22:30:00 JST",
        "20250611-13:30:00",
        "20250611-13:30:00Z",
        "2025-06-11 09:30:00",
        "2025-06-11 09:30:00.0",
        "2025-06-11T13:30:00Z",
        "20250611 09:30:00 Eastern Standard Time",
        "20250611  15:30:00 Central European Summer Time",
        "1749648600",
        1749648600,
        " 20250611 09:30:00 US/Eastern ",
    ],
)
def test_every_shape_is_the_same_instant(text: str | int) -> None:
    assert parse_dates([text], "US/Eastern")[0] == MORNING


def test_a_zone_in_the_text_is_the_zone_shown() -> None:
    assert str(parse_dates(["20250611 15:30:00 MET"], "US/Eastern").tz) == "Europe/Berlin"


def test_a_time_without_any_zone_is_utc() -> None:
    assert str(parse_dates(["20250611 09:30:00"])[0]) == "2025-06-11 09:30:00+00:00"


def test_dates_stay_dates() -> None:
    found = parse_dates(["20250611", "20240229"], "US/Eastern")
    assert found.tz is None
    assert found.tolist() == [pd.Timestamp("2025-06-11"), pd.Timestamp("2024-02-29")]


def test_a_date_without_a_year_is_none() -> None:
    with pytest.raises(ValueError, match="can't read '0611 09:30:00 US/Eastern' as a date"):
        parse_dates(["0611 09:30:00 US/Eastern"])


def test_the_hour_that_happens_twice_is_told_apart() -> None:
    clock = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]
    found = parse_dates([f"20251102 {each}:00 US/Eastern" for each in clock])
    assert [str(each)[-6:] for each in found] == ["-04:00"] * 3 + ["-05:00"] * 3
    assert found.is_monotonic_increasing


def test_mixed_shapes_keep_their_order() -> None:
    found = parse_dates(["20250611 09:31:00 US/Eastern", "20250611-13:30:00", "1749648720"])
    assert [f"{each:%H:%M}" for each in found] == ["09:31", "09:30", "09:32"]


@pytest.mark.parametrize("texts", [["yesterday"], ["20250611", "20250611 09:30:00"], [""], ["20250611 9:30:00"]])
def test_what_is_no_date_is_refused(texts: list[str]) -> None:
    with pytest.raises(ValueError, match=r"date|times"):
        parse_dates(texts)


def test_no_dates_are_an_empty_index() -> None:
    assert len(parse_dates([])) == 0


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31)),  # noqa: DTZ001
    st.sampled_from(["US/Eastern", "Europe/London", "Asia/Tokyo", "US/Central"]),
)
@example(datetime(2016, 10, 30), "Europe/London")  # noqa: DTZ001
@example(datetime(2016, 10, 30, 1), "Europe/London")  # noqa: DTZ001
def test_an_instant_survives_the_way_to_text_and_back(moment: datetime, zone: str) -> None:
    instant = moment.replace(microsecond=0, tzinfo=UTC)
    there = instant.astimezone(ZoneInfo(zone_name(zone)))
    back = parse_dates([f"{there:%Y%m%d %H:%M:%S} {zone}"])[0]
    # A text can't say which pass of a double hour it means; alone, it is the first.
    assert back.timestamp() == there.replace(fold=0).timestamp()
    for text in (f"{instant:%Y%m%d-%H:%M:%S}", int(instant.timestamp())):
        assert parse_dates([text], zone)[0].timestamp() == instant.timestamp()


@given(st.sampled_from([1, 5, 30, 60]), st.integers(1, 60))
def test_bars_through_the_double_hour_come_back_as_they_were(minutes: int, kept: int) -> None:
    # Of the first pass only so many bars are there: nothing traded after them.
    every = pd.date_range("2025-11-02 00:00", "2025-11-02 04:00", freq=f"{minutes}min", tz="America/New_York")
    first = [time for time in every if time.hour == 1 and time.utcoffset() == every[0].utcoffset()]
    times = [time for time in every if time not in first[kept:]]
    assert parse_dates([f"{each:%Y%m%d %H:%M:%S} US/Eastern" for each in times]).tolist() == times


def test_the_double_hour_of_several_contracts_below_each_other() -> None:
    clock = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"] * 2
    found = parse_dates(np.array([f"20251102 {each}:00 US/Eastern".encode() for each in clock]))
    assert [str(each)[-6:] for each in found] == (["-04:00"] * 3 + ["-05:00"] * 3) * 2


@pytest.mark.parametrize("text", ["20250309 02:30:00 US/Eastern", "20250330 02:30:00 Europe/Berlin"])
def test_rust_790_a_reading_that_never_happens_is_the_end_of_the_gap(text: str) -> None:
    assert parse_dates([text])[0].hour == 3


@pytest.mark.parametrize("text", ["20251399 09:30:00", "20250230", "20250611 25:00:00", "99999999999999999"])
def test_a_day_or_an_hour_that_doesnt_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="as a date"):
        parse_dates([text])


def test_a_zone_that_isnt_known_is_the_instruments() -> None:
    for near, hour in (("Europe/Paris", 9), (None, 9)):
        with pytest.warns(ZoneWarning, match=f"'Ortszeit' is not known; times are read as in {near or 'UTC'}"):
            found = parse_dates(["20250611 09:30:00 Ortszeit"], near)
        assert (str(found.tz), found[0].hour) == (near or "UTC", hour)


def test_moments_keep_their_fractions() -> None:
    assert str(parse_moments([1749648600.25], "America/New_York")[0]) == "2025-06-11 09:30:00.250000-04:00"
