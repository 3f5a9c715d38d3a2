from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ibnb.ib.hours import open_for

WEEK = "20250611:0930-20250611:1600;20250612:CLOSED;20250613:0930-20250613:1300;20250613:1400-20250613:1600"
NIGHT = "20250611:1800-20250612:1700"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 6, day, hour, minute, tzinfo=ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("hours", "when", "expected"),
    [
        (WEEK, at(11, 9, 31), 60),
        (WEEK, at(11, 9, 29), 0),
        (WEEK, at(11, 16), 0),
        (WEEK, at(12, 11), 0),
        (WEEK, at(13, 13, 30), 0),
        (WEEK, at(13, 15), 3600),
        (WEEK, at(16, 11), math.inf),
        (NIGHT, at(12, 2), 8 * 3600),
        ("", at(11, 11), math.inf),
        ("20250611:0930-1600", at(11, 11), math.inf),
        ("nonsense", at(11, 11), math.inf),
    ],
)
def test_hours_are_read(hours: str, when: datetime, expected: float) -> None:
    assert expected == open_for(hours, "US/Eastern", when)


def test_hours_are_the_exchanges() -> None:
    assert open_for("20250611:0800-20250611:1630", "GB", at(11, 4)) == 3600
    assert open_for(WEEK, "no such zone", at(11, 11)) == math.inf
