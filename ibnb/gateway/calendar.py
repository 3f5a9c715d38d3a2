"""When markets trade: one row of session times per trading day, for each exchange.

Rule: a trading day has one session; it may begin the evening before (17:15 for forex). `liquid` hours are what TWS
calls regular trading hours, `open` to `close` is everything. Times are epoch seconds (UTC), days are counted from
1970-01-01, both as int64; text and `date` appear only at the edges.

In the always-open world every calendar day from a given one on is a trading day from midnight to midnight.

Differs from TWS: a day has no breaks; of the short days only those of the US markets are known; CME's early halts on
US holidays are ordinary sessions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_EPOCH = date(1970, 1, 1)
DAY = 86_400


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def day_date(number: int) -> date:
    """The date of a day number."""
    return _EPOCH + timedelta(days=int(number))


@dataclass(frozen=True)
class Hours:
    """A market's daily hours: minutes after local midnight of the trading day (negative: the evening before).

    `early` is the liquid close and the close of a short day; `closures` names a rule of `_closures`.
    """

    zone: str
    timeZoneId: str
    open: int
    liquid_open: int
    liquid_close: int
    close: int
    closures: str
    early: tuple[int, int] | None = None


def _at(text: str) -> int:
    """ "09:30" → 570, "-17:15" (the evening before) → −405."""
    hours, minutes = text.lstrip("-").split(":")
    return int(hours) * 60 + int(minutes) - (1440 if text.startswith("-") else 0)


def _hours(zone: str, timeZoneId: str, times: str, closures: str, early: str | None = None) -> Hours:
    a, b, c, d = (_at(text) for text in times.split())
    short = tuple(_at(text) for text in early.split()) if early else None
    return Hours(zone, timeZoneId, a, b, c, d, closures, (short[0], short[1]) if short else None)


# The zone is the canonical name, because some systems no longer ship US/Eastern; timeZoneId is what TWS calls it.
SCHEDULES: dict[str, Hours] = {
    "US": _hours("America/New_York", "US/Eastern", "04:00 09:30 16:00 20:00", "NYSE", "13:00 17:00"),
    "LSE": _hours("Europe/London", "GB-Eire", "08:00 08:00 16:30 16:30", "London"),
    "IBIS": _hours("Europe/Berlin", "MET", "09:00 09:00 17:30 17:30", "ECB"),
    "BM": _hours("Europe/Madrid", "MET", "09:00 09:00 17:30 17:30", "ECB"),
    "SBF": _hours("Europe/Paris", "MET", "09:00 09:00 17:30 17:30", "ECB"),
    "AEB": _hours("Europe/Amsterdam", "MET", "09:00 09:00 17:30 17:30", "ECB"),
    "EBS": _hours("Europe/Zurich", "MET", "09:00 09:00 17:30 17:30", "Zurich"),
    "SEHK": _hours("Asia/Hong_Kong", "Hongkong", "09:30 09:30 16:00 16:00", "Hong Kong"),
    "TSEJ": _hours("Asia/Tokyo", "Japan", "09:00 09:00 15:30 15:30", "Tokyo"),
    "MEXI": _hours("America/Mexico_City", "America/Mexico_City", "08:30 08:30 15:00 15:00", "Mexico"),
    "CBOE": _hours("America/Chicago", "US/Central", "08:30 08:30 15:00 15:00", "NYSE", "12:00 12:00"),
    "OPRA": _hours("America/New_York", "US/Eastern", "09:30 09:30 16:00 16:00", "NYSE", "13:00 13:00"),
    "BOND": _hours("America/New_York", "US/Eastern", "08:00 08:00 17:00 17:00", "NYSE", "14:00 14:00"),
    "PAXOS": _hours("Etc/UTC", "UTC", "00:00 00:00 24:00 24:00", "never"),
    "IDEALPRO": _hours("America/New_York", "US/Eastern", "-17:15 -17:15 17:00 17:00", "forex"),
    "METAL": _hours("America/New_York", "US/Eastern", "-18:00 -18:00 17:00 17:00", "forex"),
    "CME": _hours("America/Chicago", "US/Central", "-17:00 08:30 15:00 16:00", "CME"),
    "CME.HE": _hours("America/Chicago", "US/Central", "08:30 08:30 13:05 13:05", "NYSE"),
}

# Exchanges that keep another's hours.
_LIKE_NEW_YORK = ("SMART", "NYSE", "NASDAQ", "ISLAND", "ARCA", "AMEX", "BATS", "IEX", "EDGX", "BYX", "MEMX")
_SAME_HOURS = dict.fromkeys(_LIKE_NEW_YORK, "US") | {
    "LSEETF": "LSE",
    "IBMETAL": "METAL",
    "IBCFD": "METAL",
    "ZEROHASH": "PAXOS",
}

_CME_FULL_DAYS = ("New Year's Day", "Good Friday", "Christmas Day")


@cache
def _closures(rule: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Days without trading, and days with an early close, in one year."""
    if rule == "never":
        return frozenset(), frozenset()
    if rule == "forex":
        return frozenset({date(year, 1, 1), date(year, 12, 25)}), frozenset()
    # Imported here: it takes a tenth of a second, and many programs never ask for a session.
    import holidays

    if rule in ("NYSE", "CME"):
        full = holidays.financial_holidays("NYSE", years=year)
        if rule == "CME":
            return frozenset(d for d, name in full.items() if name.startswith(_CME_FULL_DAYS)), frozenset()
        short = holidays.financial_holidays("NYSE", years=year, categories=("half_day",))
        return frozenset(full), frozenset(short) - frozenset(full)
    closed: dict[str, Callable[[], Iterable[date]]] = {
        "ECB": lambda: holidays.financial_holidays("ECB", years=year),
        "London": lambda: holidays.country_holidays("GB", subdiv="ENG", years=year),
        "Mexico": lambda: holidays.country_holidays("MX", years=year),
        "Zurich": lambda: holidays.country_holidays("CH", subdiv="ZH", years=year),
        "Hong Kong": lambda: holidays.country_holidays("HK", years=year),
        "Tokyo": lambda: [*holidays.country_holidays("JP", years=year), *_tokyo_new_year(year)],
    }
    return frozenset(closed[rule]()), frozenset()


def _tokyo_new_year(year: int) -> tuple[date, ...]:
    return date(year, 1, 2), date(year, 1, 3), date(year, 12, 31)


@dataclass(frozen=True)
class Sessions:
    """Trading days as columns, one row per day, in order. `liquid_open … liquid_close` lies in `open … close`;
    `midnight` is when the day begins in the exchange's zone (a session may begin before)."""

    day: Ints
    midnight: Ints
    open: Ints
    liquid_open: Ints
    liquid_close: Ints
    close: Ints

    def __len__(self) -> int:
        return len(self.day)

    def rows(self, first: int, last: int) -> Sessions:
        """Rows `first` to `last − 1`."""
        return self.where(slice(first, last))

    def where(self, rows: np.ndarray | slice) -> Sessions:
        """Some of the rows."""
        return Sessions(*(column[rows] for column in self.columns()))

    def columns(self) -> tuple[Ints, ...]:
        """All columns, in the order of the fields."""
        return self.day, self.midnight, self.open, self.liquid_open, self.liquid_close, self.close


def _midnights(zone: str, days: Ints) -> Ints:
    """Epoch seconds at which each local day begins."""
    tz = ZoneInfo(zone)
    return np.array([int(datetime.combine(day_date(d), datetime.min.time(), tz).timestamp()) for d in days], np.int64)


def _noon_offsets(zone: str, days: Ints) -> Ints:
    """Seconds to add to local time for UTC at noon: clocks change on Sunday mornings, before any session begins."""
    tz = ZoneInfo(zone)
    noon = [datetime(d.year, d.month, d.day, 12, tzinfo=tz) for d in map(day_date, days)]
    return np.array([-int((moment.utcoffset() or timedelta()).total_seconds()) for moment in noon], np.int64)


@cache
def trading_year(name: str, year: int) -> Sessions:
    """All sessions of the trading days in one year, by the exchange's own calendar."""
    hours = SCHEDULES[name]
    first, last = day_number(date(year, 1, 1)), day_number(date(year + 1, 1, 1))
    days = np.arange(first, last, dtype=np.int64)
    weekday = (days + 3) % 7
    closed, early = _closures(hours.closures, year)
    # Only crypto trades at weekends, because it never closes.
    days = days[((weekday < 5) | (hours.closures == "never")) & ~np.isin(days, [day_number(d) for d in closed])]
    midnight = days * DAY + _noon_offsets(hours.zone, days)
    short = np.isin(days, [day_number(d) for d in early]) if hours.early else np.zeros(len(days), bool)
    early_liquid, early_close = hours.early or (0, 0)
    return Sessions(
        days,
        midnight,
        midnight + hours.open * 60,
        midnight + hours.liquid_open * 60,
        midnight + np.where(short, early_liquid, hours.liquid_close) * 60,
        midnight + np.where(short, early_close, hours.close) * 60,
    )


def _join(parts: list[Sessions]) -> Sessions:
    columns = zip(*(part.columns() for part in parts), strict=True)
    return Sessions(*(np.concatenate(column) for column in columns))


class Calendar:
    """Sessions of every exchange. `always_open_from`: the first day (if any) of the world that never closes."""

    def __init__(self, always_open_from: date | None = None) -> None:
        self.always_open_from = always_open_from
        self._tables: dict[str, tuple[int, int, Sessions]] = {}
        self._opens: dict[str, list[int]] = {}

    @staticmethod
    def schedule(exchange: str) -> str:
        """Whose hours an exchange keeps, as a key of `SCHEDULES`. Raises KeyError for an unknown exchange."""
        name = _SAME_HOURS.get(exchange, exchange)
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
        """TWS's tradingHours (or liquidHours if `rth`): `n` calendar days from `day`, in the exchange's zone."""
        tz = ZoneInfo(self.hours(exchange).zone)
        parts = []
        for date_ in (day + timedelta(days=i) for i in range(n)):
            session = self.session(exchange, date_, rth)
            if session is None:
                parts.append(f"{date_:%Y%m%d}:CLOSED")
            else:
                a, b = (datetime.fromtimestamp(t, tz) for t in session)
                parts.append(f"{a:%Y%m%d:%H%M}-{b:%Y%m%d:%H%M}")
        return ";".join(parts)

    def _near(self, exchange: str, t: float, rth: bool, step: int) -> tuple[date, int, int]:
        name = self.schedule(exchange)
        year = _utc_date(t).year
        table = self._table(name, year - 1, year + 1)
        key = f"{name}:rth" if rth else name
        opens = self._opens.get(key)
        if opens is None:
            opens = self._opens[key] = (table.liquid_open if rth else table.open).tolist()
        i = bisect_right(opens, t) - 1 + step
        return (day_date(table.day[i]), *_bounds(table, i, rth))

    def _table(self, name: str, first: int, last: int) -> Sessions:
        """All sessions of the years `first` to `last`, and perhaps more: tables only grow."""
        known = self._tables.get(name)
        if known and known[0] <= first and last <= known[1]:
            return known[2]
        if known:
            first, last = min(first, known[0]), max(last, known[1])
        table = _join([self._open_year(name, year) for year in range(first, last + 1)])
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
        midnight = _midnights(SCHEDULES[name].zone, days)
        opens, closes = midnight[:-1], midnight[1:]
        before = real.rows(0, int(np.searchsorted(real.day, start)))
        return _join([before, Sessions(days[:-1], opens, opens, opens, closes, closes)])


def _bounds(rows: Sessions, i: int, rth: bool) -> tuple[int, int]:
    return (int(rows.liquid_open[i]), int(rows.liquid_close[i])) if rth else (int(rows.open[i]), int(rows.close[i]))


def _utc_date(t: float) -> date:
    return day_date(int(t // DAY))
