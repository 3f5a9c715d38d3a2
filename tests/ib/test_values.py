from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from ibnb.gateway.handlers.history import request as gateway
from ibnb.ib import values
from ibnb.ib.create import dataSettings
from ibnb.ib.order_types import ORDER_TYPES


@pytest.mark.parametrize("size", values.BAR_SIZES)
def test_every_legal_bar_size_passes_in_any_case(size: str) -> None:
    assert values.check_bar_size(size) == size
    if size not in ("1W", "1M"):
        assert values.check_bar_size(size.upper()) == size


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("15 min", "15 mins"),
        ("1 minute", "1 min"),
        ("60 mins", "1 hour"),
        ("60 min", "1 hour"),
        ("1H", "1 hour"),
        ("2h", "2 hours"),
        ("4h", "4 hours"),
        ("1 days", "1 day"),
        ("1hour", "1 hour"),
        ("1h", "1 hour"),
        ("4H", "4 hours"),
        ("1d", "1 day"),
        ("24 hours", "1 day"),
        ("5m", "5 mins"),
        ("1min", "1 min"),
        ("5T", "5 mins"),
        ("30s", "30 secs"),
        ("1 sec", "1 secs"),
        ("1wk", "1W"),
        ("7 days", "1W"),
        ("1mo", "1M"),
    ],
)
def test_a_typo_names_the_legal_sizes_and_the_nearest(typo: str, meant: str) -> None:
    """first_use B5: "1h", which pandas and yfinance take, was answered with "1W", "60 min" with half an hour."""
    with pytest.raises(ValueError, match="Legal values: 1 secs, 5 secs") as caught:
        values.check_bar_size(typo)
    assert f"Did you mean {meant!r}?" in str(caught.value)


@pytest.mark.parametrize(
    ("legal", "said", "meant"),
    [
        (values.SEC_TYPES, "stocks", "STK"),
        (values.SEC_TYPES, "ETF", "STK"),
        (values.SEC_TYPES, "Future", "FUT"),
        (values.SEC_TYPES, "future option", "FOP"),
        (values.ACTIONS, "b", "BUY"),
        (values.ACTIONS, "sell short", "SSHORT"),
        (tuple(ORDER_TYPES), "stop-limit", "STP LMT"),
        (tuple(ORDER_TYPES), "STP_LMT", "STP LMT"),
        (tuple(ORDER_TYPES), "market on close", "MOC"),
        (values.TIFS, "fill-or-kill", "FOK"),
        (values.TIFS, "1 day", "DAY"),
        (values.WHAT_TO_SHOW, "bid ask", "BID_ASK"),
        (values.WHAT_TO_SHOW, "mid", "MIDPOINT"),
        (values.WHAT_TO_SHOW, "last", "TRADES"),
    ],
)
def test_words_that_people_use_lead_to_ibs(legal: tuple[str, ...], said: str, meant: str) -> None:
    with pytest.raises(ValueError, match="is not legal") as caught:
        values.check("word", said, legal)
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


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1h", "Did you mean '3600 S'"),
        ("2 hours", "Did you mean '7200 S'"),
        ("30 min", "Did you mean '1800 S'"),
        ("5m", "'5 M' are months; 5 minutes are '300 S'"),
        ("3mo", "Did you mean '3 M'"),
        ("1y", "Did you mean '1 Y'"),
        ("2 weeks", "Did you mean '2 W'"),
    ],
)
def test_a_duration_in_hours_or_minutes_is_not_taken_for_another_unit(said: str, meant: str) -> None:
    with pytest.raises(ValueError, match="is not legal") as caught:
        values.check_duration(said)
    assert meant in str(caught.value)


def test_bars_that_do_not_fit_their_duration() -> None:
    values.check_bars("2000 S", "1 secs")
    with pytest.raises(ValueError, match="2000 S at most"):
        values.check_bars("3600 S", "1 secs")


# IB's "valid duration and bar size settings" of the older documentation: the largest bar of each duration. And what a
# paper TWS was seen to answer (stoqey/ib#270).
DOCUMENTED = {
    "60 S": ("1 secs", "1 min"),
    "120 S": ("1 secs", "2 mins"),
    "1800 S": ("1 secs", "30 mins"),
    "3600 S": ("5 secs", "1 hour"),
    "14400 S": ("10 secs", "3 hours"),
    "28800 S": ("30 secs", "8 hours"),
    "1 D": ("1 min", "1 day"),
    "2 D": ("2 mins", "1 day"),
    "1 W": ("3 mins", "1W"),
    "1 M": ("30 mins", "1M"),
    "1 Y": ("1 day", "1M"),
}


@pytest.mark.parametrize("duration", DOCUMENTED)
def test_what_ib_documents_passes(duration: str) -> None:
    smallest, largest = (values.BAR_SIZES[each] for each in DOCUMENTED[duration])
    for size, seconds in values.BAR_SIZES.items():
        if smallest <= seconds <= largest:
            assert dataSettings(duration, size)["durationStr"] == duration


@pytest.mark.parametrize("size", [each for each in values.BAR_SIZES if each not in ("1 secs", "1W", "1M")])
def test_stoqey_270_a_minute_of_any_bars_passes(size: str) -> None:
    assert dataSettings("60 S", size)["barSizeSetting"] == size


@pytest.mark.parametrize("size", gateway.BAR_SIZES)
@pytest.mark.parametrize("duration", ["60 S", "1800 S", "2000 S", "3600 S", "86400 S", "1 D", "1 W", "1 M", "1 Y", "9"])
def test_the_client_is_never_stricter_than_the_gateway(duration: str, size: str) -> None:
    try:
        gateway.check_step(gateway.parse_duration(duration), gateway.parse_bar_size(size))
    except gateway.Refusal:
        return
    assert dataSettings(duration, size)["barSizeSetting"] == size


@pytest.mark.parametrize("show", sorted(set(gateway.WHAT_TO_SHOW) - {"SCHEDULE"}))
def test_the_client_knows_each_kind_of_bars_that_the_gateway_knows(show: str) -> None:
    # SCHEDULE isn't one: its answer is no bars, and getSchedule asks for it.
    assert dataSettings("1 D", "1 hour", whatToShow=show)["whatToShow"] == show


@pytest.mark.parametrize(
    "end",
    [
        "18:36:00 US/Eastern",
        "18:36:00",
        "9:30:00",
        "20250610 9:30:00 US/Eastern",
        "20250610  16:00:00",
        "20250610-20:00:00",
    ],
)
def test_hackingthemarkets_2_an_end_that_the_gateway_takes_passes(end: str) -> None:
    gateway.parse_moment(end, 1749650400.0, "US/Eastern", (), "End Date/Time")
    assert values.check_end_date_time(end) == end


@pytest.mark.parametrize("day", ["20250610", "2025-06-10", date(2025, 6, 10)])
def test_a_date_alone_is_refused_as_tws_does_with_a_way_out(day: object) -> None:
    with pytest.raises(ValueError, match=r"10314\); did you mean '20250610 23:59:59 US/Eastern'\?"):
        values.check_end_date_time(day)
    with pytest.raises(gateway.Refusal, match="yyyymmdd and xx/xxxx are optional"):
        gateway.parse_moment("20250610", 1749650400.0, "US/Eastern", (), "End Date/Time")


def test_end_times() -> None:
    moment = datetime(2025, 6, 11, 9, 30, tzinfo=ZoneInfo("America/New_York"))
    assert values.check_end_date_time(moment) == "20250611-13:30:00"
    assert values.check_end_date_time("") == values.check_end_date_time(None) == ""
    for text in ("20250611 16:00:00", "20250611 16:00:00 US/Eastern", "20250611-20:00:00"):
        assert values.check_end_date_time(text) == text
    for wrong in ("2025-06-11", "11/06/2025", "20250611 16:00", moment.replace(tzinfo=None), 20250611):
        with pytest.raises(ValueError, match="endDateTime"):
            values.check_end_date_time(wrong)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="must be text"):
        values.check("action", 1, values.ACTIONS)
