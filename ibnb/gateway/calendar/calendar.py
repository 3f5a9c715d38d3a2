"""When markets trade: sessions by exchange and day, and what is near a moment.

Rule: a trading day has one session; it may begin the evening before (17:15 for forex). `liquid` hours are what TWS
calls regular trading hours, `open` to `close` is everything. Text and `date` appear only at the edges.

In the always-open world every calendar day from a given one on is a trading day from midnight to midnight.

Differs from TWS: a day has no breaks (Tokyo's and Hong Kong's noon, CME's quarter of an hour).
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from .hours import SAME_HOURS, SCHEDULES, Hours
from .sessions import DAY, Sessions, day_date, day_number, joined, midnights, trading_year


class Calendar:
    """Sessions of every exchange. `always_open_from`: the first day (if any) of the world that never closes."""

    def __init__(self, always_open_from: date | None = None) -> None:
        self.always_open_from = always_open_from
        self._tables: dict[str, tuple[int, int, Sessions]] = {}
        self._opens: dict[str, list[int]] = {}
        # What was last said of a moment, and from when till when it holds: time goes on by seconds.
        self._said: dict[tuple[str, bool, int], tuple[int, int, tuple[date, int, int]]] = {}

    @staticmethod
    def schedule(exchange: str) -> str:
        """Whose hours an exchange keeps, as a key of `SCHEDULES`. Raises KeyError for an unknown exchange."""
        name = SAME_HOURS.get(exchange, exchange)
        if name not in SCHEDULES:
            raise KeyError(exchange)
        return name

    @classmethod
    def hours(cls, exchange: str) -> Hours:
        """Zone and daily hours of an exchange."""
        return SCHEDULES[cls.schedule(exchange)]

    def sessions(self, exchange: str, first: date, last: date) -> Sessions:
        """The trading days from `first` to `last` (both included) and their times."""
        table = self._table(self.schedule(exchange), first.year, last.year)
        a, b = np.searchsorted(table.day, [day_number(first), day_number(last) + 1])
        return table.rows(int(a), int(b))

    def between(self, exchange: str, start: float, end: float) -> Sessions:
        """The sessions that overlap [start, end), extended hours included."""
        first, last = _utc_date(start) - timedelta(days=1), _utc_date(end) + timedelta(days=2)
        rows = self.sessions(exchange, first, last)
        a = int(np.searchsorted(rows.close, start, "right"))
        b = int(np.searchsorted(rows.open, end, "left"))
        return rows.rows(a, max(a, b))

    def trading_days(self, exchange: str, first: date, last: date) -> list[date]:
        """Dates from `first` to `last` (both included) on which the exchange trades."""
        return [day_date(d) for d in self.sessions(exchange, first, last).day]

    def session(self, exchange: str, day: date, rth: bool = True) -> tuple[int, int] | None:
        """Open and close of the trading day (liquid hours if `rth`), or None when it is none."""
        rows = self.sessions(exchange, day, day)
        if not len(rows):
            return None
        return _bounds(rows, 0, rth)

    def is_open(self, exchange: str, t: float, rth: bool = False) -> bool:
        """Whether the exchange trades at `t`; with `rth` within liquid hours only."""
        session = self.latest(exchange, t, rth)
        return t < session[2]

    def latest(self, exchange: str, t: float, rth: bool = False) -> tuple[date, int, int]:
        """The session that is open at `t`, else the one before: its trading day, open and close."""
        return self._near(exchange, t, rth, 0)

    def previous(self, exchange: str, t: float, rth: bool = False) -> tuple[date, int, int]:
        """The session before the one that `latest` gives."""
        return self._near(exchange, t, rth, -1)

    def next(self, exchange: str, t: float, rth: bool = False) -> tuple[date, int, int]:
        """The first session that opens after `t`."""
        return self._near(exchange, t, rth, 1)

    def trading_day(self, exchange: str, t: float) -> date:
        """The trading day whose session is open at `t`, else that of the last session."""
        return self.latest(exchange, t)[0]

    def days_back(self, exchange: str, t: float, count: int, rth: bool = False) -> date:
        """The first of `count` trading days that end with the one of `t` (so count 1 is the day of `t` itself)."""
        name = self.schedule(exchange)
        day = self.latest(exchange, t, rth)[0]
        span = count * 3 // 2 + 15
        rows = self.sessions(name, day - timedelta(days=span), day)
        return day_date(rows.day[-count])

    def hours_text(self, exchange: str, day: date, n: int = 6, rth: bool = False) -> str:
        """TWS's tradingHours (or liquidHours if `rth`): `n` entries from `day` on, in the exchange's zone.

        A day has a session, or is CLOSED; one on which only the next day's session begins isn't named by itself.
        """
        tz = ZoneInfo(self.hours(exchange).zone)
        rows = self.sessions(exchange, day, day + timedelta(days=n + 14))
        text, evenings = {}, set()
        for row, number in enumerate(rows.day):
            a, b = (datetime.fromtimestamp(t, tz) for t in _bounds(rows, row, rth))
            text[day_date(number)] = f"{a:%Y%m%d:%H%M}-{b:%Y%m%d:%H%M}"
            evenings.add(a.date())
        days = (day + timedelta(days=i) for i in range(n + 14))
        named = (date_ for date_ in days if date_ in text or date_ not in evenings)
        return ";".join(text.get(date_, f"{date_:%Y%m%d}:CLOSED") for date_, _ in zip(named, range(n), strict=False))

    def _near(self, exchange: str, t: float, rth: bool, step: int) -> tuple[date, int, int]:
        said = self._said.get((exchange, rth, step))
        if said and said[0] <= t < said[1]:
            return said[2]
        name = self.schedule(exchange)
        year = _utc_date(t).year
        table = self._table(name, year - 1, year + 1)
        key = f"{name}:rth" if rth else name
        opens = self._opens.get(key)
        if opens is None:
            opens = self._opens[key] = (table.liquid_open if rth else table.open).tolist()
        at = bisect_right(opens, t) - 1
        i = at + step
        found = (day_date(table.day[i]), *_bounds(table, i, rth))
        self._said[exchange, rth, step] = (opens[at], opens[at + 1], found)
        return found

    def _table(self, name: str, first: int, last: int) -> Sessions:
        """All sessions of the years `first` to `last`, and perhaps more: tables only grow."""
        known = self._tables.get(name)
        if known and known[0] <= first and last <= known[1]:
            return known[2]
        if known:
            first, last = min(first, known[0]), max(last, known[1])
        table = joined([self._open_year(name, year) for year in range(first, last + 1)])
        self._tables[name] = (first, last, table)
        self._opens.pop(name, None)
        self._opens.pop(f"{name}:rth", None)
        return table

    def _open_year(self, name: str, year: int) -> Sessions:
        real = trading_year(name, year)
        first = self.always_open_from
        if first is None or first.year > year:
            return real
        start = max(day_number(first), day_number(date(year, 1, 1)))
        days = np.arange(start, day_number(date(year + 1, 1, 1)) + 1, dtype=np.int64)
        midnight = midnights(SCHEDULES[name].zone, days)
        opens, closes = midnight[:-1], midnight[1:]
        before = real.rows(0, int(np.searchsorted(real.day, start)))
        return joined([before, Sessions(days[:-1], opens, opens, opens, closes, closes)])


def _bounds(rows: Sessions, i: int, rth: bool) -> tuple[int, int]:
    return (int(rows.liquid_open[i]), int(rows.liquid_close[i])) if rth else (int(rows.open[i]), int(rows.close[i]))


def _utc_date(t: float) -> date:
    return day_date(int(t // DAY))
