from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb.ib.dates import ZONES, parse_dates, parse_moments, zone_name

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


def test_a_date_without_a_year_needs_one() -> None:
    assert parse_dates(["0611 09:30:00 US/Eastern"], year=2025)[0] == MORNING
    with pytest.raises(ValueError, match="year"):
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


@pytest.mark.parametrize("name", ZONES)
def test_every_name_that_ib_uses_has_a_zone(name: str) -> None:
    assert ZoneInfo(zone_name(name)).key == zone_name(name)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31)),  # noqa: DTZ001
    st.sampled_from(["US/Eastern", "Europe/London", "Asia/Tokyo", "US/Central"]),
)
def test_an_instant_survives_the_way_to_text_and_back(moment: datetime, zone: str) -> None:
    instant = moment.replace(microsecond=0, tzinfo=UTC)
    there = instant.astimezone(ZoneInfo(zone_name(zone)))
    back = parse_dates([f"{there:%Y%m%d %H:%M:%S} {zone}"])[0]
    # A text can't say which pass of a double hour it means; alone, it is the first.
    assert back in (instant, instant.astimezone(UTC) - (there.replace(fold=0).utcoffset() - there.utcoffset()))
    assert parse_dates([f"{instant:%Y%m%d-%H:%M:%S}"], zone)[0] == instant
    assert parse_dates([int(instant.timestamp())], zone)[0] == instant


def test_moments_keep_their_fractions() -> None:
    assert str(parse_moments([1749648600.25], "America/New_York")[0]) == "2025-06-11 09:30:00.250000-04:00"
