"""From a duration and an end to the stretch of time that is served.

Rule: S counts seconds of session, D counts trading days (the one in progress included), W, M and Y are walked back on
the calendar; what is older than TWS keeps is cut off.
"""

from __future__ import annotations

from datetime import date, timedelta

from ...calendar import Calendar
from ...instruments import Instrument
from .request import SMALL_BAR, SMALL_BARS_KEPT_DAYS, Duration, Size, day_before

_DAY = 86400
# Long enough for 86400 seconds of the shortest sessions.
_SESSIONS_BACK = 25 * _DAY
# The longest break between two sessions is shorter than this.
_LONGEST_BREAK = timedelta(days=10)


def window_start(
    calendar: Calendar, instrument: Instrument, duration: Duration, size: Size, end: float, now: float, rth: bool
) -> float:
    """Return where the bars that end at `end` begin, in epoch seconds."""
    schedule = instrument.schedule
    # A session that only begins at `end` has no bars yet.
    before = end - 1
    if duration.unit == "S":
        start = _seconds_back(calendar, schedule, duration.count, end, rth)
    elif duration.unit == "D":
        start = _opening(calendar, schedule, calendar.days_back(schedule, before, duration.count, rth), rth)
    else:
        last = calendar.latest(schedule, before, rth)[0]
        start = _opening(calendar, schedule, day_before(last, duration) + timedelta(days=1), rth)
    if isinstance(size, int) and size <= SMALL_BAR:
        start = max(start, now - SMALL_BARS_KEPT_DAYS * _DAY)
    return start


def _opening(calendar: Calendar, schedule: str, day: date, rth: bool) -> float:
    """The open of the first trading day from `day` on."""
    rows = calendar.sessions(schedule, day, day + _LONGEST_BREAK)
    return float((rows.liquid_open if rth else rows.open)[0])


def _seconds_back(calendar: Calendar, schedule: str, seconds: int, end: float, rth: bool) -> float:
    """The moment so many seconds of session before `end`."""
    rows = calendar.between(schedule, end - _SESSIONS_BACK, end)
    opens, closes = (rows.liquid_open, rows.liquid_close) if rth else (rows.open, rows.close)
    left = float(seconds)
    start = end
    for opened, closed in zip(opens[::-1].tolist(), closes[::-1].tolist(), strict=True):
        until = min(closed, end)
        if until <= opened:
            continue
        start = max(opened, until - left)
        left -= until - start
        if left <= 0:
            break
    return start
