from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ibnb.ib import values


@pytest.mark.parametrize("size", values.BAR_SIZES)
def test_every_legal_bar_size_passes_in_any_case(size: str) -> None:
    assert values.check_bar_size(size) == size
    if size not in ("1W", "1M"):
        assert values.check_bar_size(size.upper()) == size


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("15 min", "15 mins"), ("1 minute", "1 min"), ("60 mins", None), ("1 days", "1 day"), ("1hour", "1 hour")],
)
def test_a_typo_names_the_legal_sizes_and_the_nearest(typo: str, meant: str | None) -> None:
    with pytest.raises(ValueError, match="Legal values: 1 secs, 5 secs") as caught:
        values.check_bar_size(typo)
    if meant:
        assert f"Did you mean {meant!r}?" in str(caught.value)


def test_a_month_and_a_minute_are_not_confused() -> None:
    assert values.check_bar_size("1 month") == "1M"
    assert values.check_bar_size("1 week") == "1W"
    with pytest.raises(ValueError, match="minute or a month"):
        values.check_bar_size("1m")


@pytest.mark.parametrize(
    ("given", "sent"), [("3 M", "3 M"), ("3 m", "3 M"), ("86400 S", "86400 S"), (" 1 Y ", "1 Y"), ("3600", "3600 S")]
)
def test_durations(given: str, sent: str) -> None:
    assert values.check_duration(given) == sent


@pytest.mark.parametrize(
    "wrong", ["", "1D", "1 X", "0 D", "-1 D", "1.5 D", "three M", "366 D", "53 W", "13 M", "86401 S"]
)
def test_wrong_durations(wrong: str) -> None:
    with pytest.raises(ValueError, match="durationStr"):
        values.check_duration(wrong)


def test_a_duration_in_words_is_understood_in_the_advice() -> None:
    with pytest.raises(ValueError, match="Did you mean '3 M'"):
        values.check_duration("3 months")
    with pytest.raises(ValueError, match="Did you mean '1 D'"):
        values.check_duration("1D")


def test_bars_that_do_not_fit_their_duration() -> None:
    values.check_bars("2000 S", "1 secs")
    with pytest.raises(ValueError, match="2000 S at most"):
        values.check_bars("3600 S", "1 secs")
    with pytest.raises(ValueError, match="duration in seconds"):
        values.check_bars("3600 S", "1 day")


def test_end_times() -> None:
    moment = datetime(2025, 6, 11, 9, 30, tzinfo=ZoneInfo("America/New_York"))
    assert values.check_end_date_time(moment) == "20250611-13:30:00"
    assert values.check_end_date_time("") == values.check_end_date_time(None) == ""
    for text in ("20250611", "20250611 16:00:00", "20250611 16:00:00 US/Eastern", "20250611-20:00:00"):
        assert values.check_end_date_time(text) == text
    for wrong in ("2025-06-11", "11/06/2025", "20250611 16:00", moment.replace(tzinfo=None), 20250611):
        with pytest.raises(ValueError, match="endDateTime"):
            values.check_end_date_time(wrong)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="must be text"):
        values.check("action", 1, values.ACTIONS)
