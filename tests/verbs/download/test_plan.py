from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ibnb.gateway.calendar import Calendar
from ibnb.gateway.handlers.history.request import check_step, parse_bar_size, parse_duration, span_start
from ibnb.gateway.handlers.history.window import window_start
from ibnb.ib.values import BAR_SIZES, check_bars, check_duration
from ibnb.verbs.download.plan import (
    Piece,
    chunks,
    duration,
    duration_to_now,
    local_day,
    midnight,
    moment,
    piece,
    settled,
)

NEW_YORK = "America/New_York"
ZONES = [NEW_YORK, "Europe/London", "Asia/Tokyo", "UTC", "America/Sao_Paulo"]
FROM, TO = datetime(2010, 1, 1, tzinfo=UTC).timestamp(), datetime(2030, 1, 1, tzinfo=UTC).timestamp()
# Spans of so many chunks at most, so that no example takes long.
REACH = {size: min(max(seconds, 60) * 3000, 10 * 365 * 86400) for size, seconds in BAR_SIZES.items()}

sizes = st.sampled_from(sorted(BAR_SIZES))
zones = st.sampled_from(ZONES)
starts = st.floats(FROM, TO)
shares = st.floats(0.0001, 1)
quick = settings(deadline=None, max_examples=40)


@quick
@given(sizes, zones, starts, shares)
def test_chunks_follow_each_other_and_cover_the_span(size: str, zone: str, start: float, share: float) -> None:
    end = start + REACH[size] * share
    found = chunks(size, start, end, zone)
    assert found[0].start <= start < found[0].end
    assert found[-1].start < end <= found[-1].end
    assert [each.end for each in found[:-1]] == [each.start for each in found[1:]]
    assert all(each.start < each.end for each in found)


@quick
@given(sizes, zones, starts, shares, shares)
def test_a_chunk_doesn_t_depend_on_the_span(size: str, zone: str, start: float, share: float, inner: float) -> None:
    end = start + REACH[size] * share
    inside = start + (end - start) * inner / 2
    assert set(chunks(size, inside, end, zone)) <= set(chunks(size, start, end, zone))


@quick
@given(sizes, zones, starts, shares, st.booleans(), st.floats(-2, 2))
@example("1 day", "Europe/London", 1893455999.9999998, 1.0, False, 0.0)
def test_pieces_cover_the_span_exactly_and_nothing_twice(
    size: str, zone: str, start: float, share: float, whole: bool, later: float
) -> None:
    end = start + REACH[size] * share
    now = max(end + later * 86400, start + 1)
    span = (start, end if end < now else float("inf"))
    pieces = [piece(size, each, span, now, zone, whole=whole) for each in chunks(size, start, min(end, now), zone)]
    found = [each for each in pieces if each is not None]
    assert found[0].start <= start
    assert min(end, now) <= found[-1].stop
    assert [each.stop for each in found[:-1]] == [each.start for each in found[1:]]
    assert [each.to_now for each in found[:-1]] == [False] * (len(found) - 1)
    # What changes today is asked for only by those who want today.
    assert span[1] == float("inf") or span[1] > settled(size, now, zone) or found[-1].stop <= settled(size, now, zone)


@quick
@given(sizes, zones, starts, shares, st.booleans(), st.booleans())
def test_durations_are_legal_and_reach_back_over_their_piece(
    size: str, zone: str, start: float, share: float, whole: bool, overnight: bool
) -> None:
    end = start + REACH[size] * share
    now = end + 86400 * 40
    for each in chunks(size, start, end, zone)[:20]:
        part = piece(size, each, (start, end), now, zone, whole=whole)
        if part is None:
            continue
        words = duration(size, part.start, part.stop, zone, overnight)
        assert words == check_duration(words)
        check_bars(words, size)
        check_step(parse_duration(words), parse_bar_size(size))
        assert span_start(part.stop, parse_duration(words), zone) <= part.start


@pytest.mark.parametrize(
    ("schedule", "zone"),
    [("US", NEW_YORK), ("LSE", "Europe/London"), ("IDEALPRO", NEW_YORK), ("CME", "America/Chicago")],
)
@settings(deadline=None, max_examples=60)
@given(size=st.sampled_from(["1 min", "3 mins", "1 hour", "1 day", "1W", "1M"]), day=st.integers(0, 1000))
def test_tws_s_way_to_count_days_reaches_back_too(schedule: str, zone: str, size: str, day: int) -> None:
    """TWS counts trading days, and a session that begins in the evening is the next day's."""
    instrument: Any = SimpleNamespace(schedule=schedule)
    calendar, start = Calendar(), midnight(date(2022, 1, 1) + timedelta(days=day), zone)
    [chunk] = chunks(size, start, start + 1, zone)
    words = parse_duration(duration(size, *chunk, zone, overnight=schedule in ("IDEALPRO", "CME")))
    begins = window_start(calendar, instrument, words, parse_bar_size(size), chunk.end, chunk.end + 86400, rth=False)
    opens = calendar.between(schedule, chunk.start, chunk.end).open.tolist()
    assert begins <= next((each for each in opens if each >= chunk.start), chunk.end)


def test_small_bars_are_asked_for_in_seconds_and_large_ones_in_years() -> None:
    day = midnight(date(2025, 6, 9), NEW_YORK)
    words = {
        size: duration(size, *chunks(size, day + 34200, day + 34201, NEW_YORK)[0], NEW_YORK)
        for size in ("1 secs", "5 secs", "15 secs", "30 secs", "1 min", "3 mins", "1 hour", "1 day", "1W", "1M")
    }
    assert list(words.values()) == [
        "1800 S",
        "3600 S",
        "14400 S",
        "28800 S",
        "1 D",
        "1 W",
        "1 M",
        "1 Y",
        "1 Y",
        "1 Y",
    ]


def test_what_is_kept_is_not_asked_for_again() -> None:
    now = midnight(date(2025, 6, 11), NEW_YORK) + 10 * 3600
    june = chunks("1 hour", now, now + 1, NEW_YORK)[0]
    ninth, today = midnight(date(2025, 6, 9), NEW_YORK), settled("1 hour", now, NEW_YORK)
    endless, ended = (june.start, float("inf")), (june.start, ninth)
    assert piece("1 hour", june, endless, now, NEW_YORK, ninth) == Piece(ninth, now + 1, True)
    assert piece("1 hour", june, ended, now, NEW_YORK, ninth) is None
    assert piece("1 hour", june, ended, now, NEW_YORK) == Piece(june.start, today, False)
    assert duration("1 hour", ninth, now + 1, NEW_YORK) == "3 D"


def test_without_a_cache_only_the_days_of_the_span_are_asked_for() -> None:
    first, last = midnight(date(2025, 3, 4), NEW_YORK), midnight(date(2025, 3, 6), NEW_YORK)
    march = chunks("1 hour", first, last, NEW_YORK)[0]
    assert piece("1 hour", march, (first + 60, last - 60), last * 2, NEW_YORK, whole=False) == Piece(first, last, False)


@quick
@given(sizes, zones, starts, st.floats(1, 8 * 365 * 86400))
def test_one_request_up_to_now_reaches_back_far_enough(size: str, zone: str, start: float, ago: float) -> None:
    words = check_duration(duration_to_now(size, start, start + ago, zone))
    assert span_start(start + ago, parse_duration(words), zone) <= start


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-05-30", "2025-05-31 00:00"),
        ("20250530", "2025-05-31 00:00"),
        (date(2025, 5, 30), "2025-05-31 00:00"),
        ("2025-05-30 10:00", "2025-05-30 10:00"),
        ("20250530 10:00:00 US/Central", "2025-05-30 11:00"),
        ("20250530-14:00:00", "2025-05-30 10:00"),
        (datetime(2025, 5, 30, 14, tzinfo=UTC), "2025-05-30 10:00"),
        (pd.Timestamp("2025-05-30"), "2025-05-30 00:00"),
    ],
)
def test_a_date_is_a_whole_day_and_a_time_without_a_zone_the_exchange_s(text: object, expected: str) -> None:
    assert moment("end", text, NEW_YORK, last=True) == pd.Timestamp(expected, tz=NEW_YORK).timestamp()


@pytest.mark.parametrize("wrong", ["yesterday-ish", "20259999", "", None, 5.5])
def test_what_is_no_date_is_said_to_be_none(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"start .* is not a date or time"):
        moment("start", wrong, NEW_YORK)


def test_weeks_and_months_in_progress_are_not_settled() -> None:
    wednesday = midnight(date(2025, 6, 11), NEW_YORK) + 3600
    days = [local_day(settled(size, wednesday, NEW_YORK), NEW_YORK) for size in ("1 min", "1 day", "1W", "1M")]
    assert days == [date(2025, 6, 11), date(2025, 6, 11), date(2025, 6, 9), date(2025, 6, 1)]
    assert local_day(settled("1 day", wednesday - 3601, NEW_YORK), NEW_YORK) == date(2025, 6, 10)
    assert timedelta(days=1).total_seconds() == wednesday - 3600 - settled("1 day", wednesday - 3601, NEW_YORK)


@pytest.mark.parametrize(
    ("text", "zone", "meant"),
    [
        ("2025-11-02 01:30", "America/New_York", "2025-11-02 05:30"),
        ("2025-03-09 02:30", "America/New_York", "2025-03-09 07:00"),
        # Summer began at midnight there.
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04 03:00"),
    ],
)
def test_a_time_that_happens_twice_or_never_is_no_error(text: str, zone: str, meant: str) -> None:
    assert moment("start", text, zone) == pd.Timestamp(meant, tz="UTC").timestamp()
