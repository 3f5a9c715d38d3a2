"""When markets trade."""

from __future__ import annotations

from .calendar import Calendar
from .hours import SCHEDULES, Hours
from .sessions import DAY, Sessions, day_date, day_number, trading_year

__all__ = ["DAY", "SCHEDULES", "Calendar", "Hours", "Sessions", "day_date", "day_number", "trading_year"]
