from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ibnb.gateway.handlers.history import request as hr
from ibnb.gateway.handlers.registry import Refusal

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2025, 6, 11, 10, 0, tzinfo=NEW_YORK).timestamp()


def moment(text: str, zones: tuple[str, ...] = ("US/Eastern",)) -> hr.Moment:
    return hr.parse_moment(text, NOW, "US/Eastern", zones, "End Date/Time")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 M", hr.Duration(1, "M")),
        ("3600 S", hr.Duration(3600, "S")),
        ("3600", hr.Duration(3600, "S")),
        ("365 D", hr.Duration(365, "D")),
        ("2 Y", hr.Duration(2, "Y")),
    ],
)
def test_durations_are_read(text: str, expected: hr.Duration) -> None:
    assert expected == hr.parse_duration(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "duration not specified"),
        ("1D", "integer{SPACE}unit"),
        ("1 X", "integer{SPACE}unit"),
        ("1.5 D", "integer{SPACE}unit"),
        ("0 D", "requested duration is invalid"),
        ("-1 D", "requested duration is invalid"),
        ("86401 S", "longer than 86400 seconds must be made in days"),
        ("366 D", "longer than 365 days must be made in years"),
        ("53 W", "longer than 52 weeks must be made in years"),
        ("13 M", "longer than 12 months must be made in years"),
    ],
)
def test_bad_durations_are_refused_in_the_words_of_tws(text: str, says: str) -> None:
    with pytest.raises(Refusal, match="321") as refusal:
        hr.parse_duration(text)
    assert says in refusal.value.text


def test_every_bar_size_is_read_whatever_its_case() -> None:
    for text, size in hr.BAR_SIZES.items():
        assert size == hr.parse_bar_size(text)
    assert 3600 == hr.parse_bar_size("1 Hour")
    assert "week" == hr.parse_bar_size("1 week")
    assert "month" == hr.parse_bar_size("1 month")


@pytest.mark.parametrize("text", ["", "1 sec", "15 min", "60 mins", "1 minute", "7 days"])
def test_a_bad_bar_size_is_told_the_legal_ones(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        hr.parse_bar_size(text)
    assert 321 == refusal.value.code
    assert "Legal ones are: 1 secs, 5 secs," in refusal.value.text
    assert refusal.value.text.endswith("1 day, 1W, 1M")


@pytest.mark.parametrize(
    ("text", "zoned"),
    [
        ("20250610 16:00:00 US/Eastern", True),
        ("20250610 16:00:00 America/New_York", True),
        ("20250610 20:00:00 UTC", True),
        ("20250610-20:00:00", True),
        ("20250610 16:00:00", False),
        ("20250610  16:00:00", False),
    ],
)
def test_an_end_date_has_three_forms_and_one_meaning(text: str, zoned: bool) -> None:
    expected = datetime(2025, 6, 10, 20, 0, tzinfo=UTC).timestamp()
    assert hr.Moment(expected, zoned) == moment(text)


def test_a_time_without_a_date_is_today() -> None:
    expected = datetime(2025, 6, 11, 9, 45, tzinfo=NEW_YORK).timestamp()
    assert hr.Moment(expected, False) == moment("09:45:00")


def test_only_the_login_zone_and_the_exchanges_zone_are_taken() -> None:
    expected = datetime(2025, 6, 10, 15, 0, tzinfo=ZoneInfo("Europe/London")).timestamp()
    assert hr.Moment(expected, True) == moment("20250610 15:00:00 GB", ("GB-Eire",))
    with pytest.raises(Refusal, match="10314"):
        moment("20250610 15:00:00 Europe/London")


@pytest.mark.parametrize(
    "text", ["yesterday", "20250610", "20251310 10:00:00", "2025-06-10 10:00:00", "20250610-25:00:00"]
)
def test_a_bad_end_date_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        moment(text)
    assert 10314 == refusal.value.code
    assert refusal.value.text.startswith("End Date/Time: The date, time, or time-zone entered is invalid.")


def test_what_to_show_is_known_unknown_or_not_simulated() -> None:
    assert "TRADES" == hr.parse_what("trades")
    with pytest.raises(Refusal, match="What to show field is missing or incorrect"):
        hr.parse_what("")
    with pytest.raises(Refusal, match="not simulated"):
        hr.parse_what("FEE_RATE")


def test_a_currency_pair_has_no_trades_and_a_stock_has() -> None:
    assert not hr.available("CASH", "TRADES")
    assert hr.available("CASH", "MIDPOINT")
    assert hr.available("STK", "TRADES")
    assert not hr.available("IND", "BID")


@pytest.mark.parametrize(
    ("duration", "size", "says"),
    [("1 D", 1, "invalid step: 1"), ("1 Y", 30, "invalid step: 30"), ("3000 S", 1, "Time length exceed max.")],
)
def test_bars_too_small_for_the_duration_are_refused(duration: str, size: int, says: str) -> None:
    with pytest.raises(Refusal) as refusal:
        hr.check_step(hr.parse_duration(duration), size)
    assert (162, f"Historical Market Data Service error message:{says}") == (refusal.value.code, refusal.value.text)


def test_bars_that_fit_the_duration_pass() -> None:
    for duration, size in (("1 D", 60), ("1 D", "day"), ("1 Y", 3600), ("1800 S", 1), ("5 D", "week")):
        assert hr.check_step(hr.parse_duration(duration), size) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 D", date(2025, 3, 21)),
        ("2 W", date(2025, 3, 17)),
        ("1 M", date(2025, 2, 28)),
        ("12 M", date(2024, 3, 31)),
        ("1 Y", date(2024, 3, 31)),
    ],
)
def test_the_calendar_is_walked_back(text: str, expected: date) -> None:
    assert expected == hr.day_before(date(2025, 3, 31), hr.parse_duration(text))


def test_the_start_of_a_span_keeps_its_time_of_day_across_the_clock_change() -> None:
    end = datetime(2025, 3, 12, 10, 0, tzinfo=NEW_YORK).timestamp()
    start = hr.span_start(end, hr.Duration(1, "W"), "US/Eastern")
    assert datetime(2025, 3, 5, 10, 0, tzinfo=NEW_YORK).timestamp() == start
    assert end - 90 == hr.span_start(end, hr.Duration(90, "S"), "US/Eastern")
