from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ibnb.ib.hours import is_open

WEEK = "20250611:0930-20250611:1600;20250612:CLOSED;20250613:0930-20250613:1300;20250613:1400-20250613:1600"
NIGHT = "20250611:1800-20250612:1700"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 6, day, hour, minute, tzinfo=ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("hours", "when", "expected"),
    [
        (WEEK, at(11, 9, 30), True),
        (WEEK, at(11, 9, 29), False),
        (WEEK, at(11, 16), False),
        (WEEK, at(12, 11), False),
        (WEEK, at(13, 13, 30), False),
        (WEEK, at(13, 15), True),
        (WEEK, at(16, 11), None),
        (NIGHT, at(12, 2), True),
        ("", at(11, 11), None),
        ("20250611:0930-1600", at(11, 11), None),
        ("nonsense", at(11, 11), None),
    ],
)
def test_hours_are_read(hours: str, when: datetime, expected: bool | None) -> None:
    assert expected is is_open(hours, "US/Eastern", when)


def test_hours_are_the_exchanges() -> None:
    assert is_open("20250611:0800-20250611:1630", "GB", at(11, 4))
    assert is_open(WEEK, "no such zone", at(11, 11)) is None
