"""When futures expire: one rule for each kind of product, as its exchange's contract specification states it.

Rule: no table of expiries. A rule names a day of the contract month; a day without trading makes way for the last
trading day before it (Juneteenth can be a third Friday).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from ..calendar import Calendar

_CALENDAR = Calendar()


def trading_day(day: date, schedule: str = "US") -> date:
    """That day, or the last trading day before it."""
    return _CALENDAR.trading_days(schedule, day - timedelta(days=9), day)[-1]


def third_friday(year: int, month: int) -> date:
    """The third Friday, trading day or not."""
    return _weekday(year, month, 4, 3)


def _weekday(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th Monday (0) … Friday (4) of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _last(weekday: int) -> Callable[[int, int], date]:
    """The month's last Monday (0) … Friday (4)."""

    def rule(year: int, month: int) -> date:
        end = _month_end(year, month)
        return end - timedelta(days=(end.weekday() - weekday) % 7)

    return rule


def _business_days(year: int, month: int, last: int = 31) -> list[date]:
    """New York's trading days of a month, up to a day of it."""
    end = min(date(year, month, 1) + timedelta(days=last - 1), _month_end(year, month))
    return _CALENDAR.trading_days("US", date(year, month, 1), end)


def _business_day(n: int, last: int = 31, month_before: bool = False) -> Callable[[int, int], date]:
    """The n-th business day of the month or of the one before, up to its day `last`; from the end, if `n` < 0."""

    def rule(year: int, month: int) -> date:
        if month_before:
            year, month = year - (month == 1), (month - 2) % 12 + 1
        return _business_days(year, month, last)[n]

    return rule


def _two_before_the_third_wednesday(year: int, month: int) -> date:
    return _business_days(year, month, _weekday(year, month, 2, 3).day - 1)[-2]


def _volatility(year: int, month: int) -> date:
    """Thirty days before the third Friday of the month after, on which the options expire that it is made of."""
    after = third_friday(year + month // 12, month % 12 + 1)
    return trading_day(after) - timedelta(days=30)


LAST_DAYS: dict[str, Callable[[int, int], date]] = {
    "third Friday": third_friday,
    "last Friday": _last(4),
    "last Thursday": _last(3),
    "tenth business day": _business_day(9),
    "last business day": _business_day(-1),
    "third last business day": _business_day(-3),
    "seven before the last": _business_day(-8),
    "two before the third Wednesday": _two_before_the_third_wednesday,
    # Three business days before the 25th of the month before, or before the last business day before it.
    "crude oil": _business_day(-4, 25, month_before=True),
    "three before the month": _business_day(-3, month_before=True),
    "month before": _business_day(-1, month_before=True),
    "volatility": _volatility,
    # The business day before the 15th.
    "grain": _business_day(-1, 14),
    "softs": _business_day(-9),
    "two before the tenth": _business_day(-3, 10),
}
