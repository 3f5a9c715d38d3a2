"""What a historical request may ask: bar sizes, durations, end dates, whatToShow.

Rule: pure functions from the request's words to numbers. What is wrong is refused with TWS's codes and texts;
the order in which a request is checked is that of ``history.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

from ...zones import BAD_DATE, zone_info, zone_key
from ..registry import Refusal, invalid, no_history, not_simulated

Size = int | Literal["day", "week", "month"]

_TOKEN = "bM"

BAR_SIZES: dict[str, Size] = {
    "1 secs": 1,
    "5 secs": 5,
    "10 secs": 10,
    "15 secs": 15,
    "30 secs": 30,
    "1 min": 60,
    "2 mins": 120,
    "3 mins": 180,
    "4 mins": 240,
    "5 mins": 300,
    "10 mins": 600,
    "15 mins": 900,
    "20 mins": 1200,
    "30 mins": 1800,
    "1 hour": 3600,
    "2 hours": 7200,
    "3 hours": 10800,
    "4 hours": 14400,
    "8 hours": 28800,
    "1 day": "day",
    "1W": "week",
    "1M": "month",
}

# TWS takes case as it comes, but "1m" is its minute's unit nowhere: a month is "1M" or "1 month".
_SPELLINGS: dict[str, Size] = {name.lower(): size for name, size in BAR_SIZES.items()} | {
    "1 week": "week",
    "1 month": "month",
}

# Unit → the most TWS takes, and the rest of the sentence that says so.
_LONGEST: dict[str, tuple[int, str]] = {
    "S": (86400, "86400 seconds must be made in days."),
    "D": (365, "365 days must be made in years."),
    "W": (52, "52 weeks must be made in years."),
    "M": (12, "12 months must be made in years."),
    "Y": (68, "68 years rejected."),
}

# Unit → the smallest bar, in seconds, that TWS serves for it.
_SMALLEST_BAR = {"S": 1, "D": 5, "W": 10, "M": 30, "Y": 60}

_LONGEST_OF_SECONDS = 2000

# TWS keeps bars of half a minute and less for six months.
SMALL_BAR = 30
SMALL_BARS_KEPT_DAYS = 183

WHAT_TO_SHOW = {
    "TRADES": "Trades",
    "MIDPOINT": "Midpoint",
    "BID": "Bid",
    "ASK": "Ask",
    "BID_ASK": "BidAsk",
    "ADJUSTED_LAST": "AdjustedLast",
    "AGGTRADES": "AggTrades",
    "SCHEDULE": "Schedule",
    "HISTORICAL_VOLATILITY": "HistoricalVolatility",
    "OPTION_IMPLIED_VOLATILITY": "OptionImpliedVolatility",
}

_NOT_SIMULATED = {
    "FEE_RATE",
    "YIELD_BID",
    "YIELD_ASK",
    "YIELD_BID_ASK",
    "YIELD_LAST",
}

# What an instrument's kind has nothing of; what isn't listed has everything but AGGTRADES.
_VOLATILITIES = frozenset({"HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY"})
_NO_TRADES = frozenset({"TRADES", "ADJUSTED_LAST", "AGGTRADES"}) | _VOLATILITIES
_NOT_ADJUSTED = frozenset({"ADJUSTED_LAST", "AGGTRADES"}) | _VOLATILITIES
_NO_QUOTES = frozenset({"MIDPOINT", "BID", "ASK", "BID_ASK", "ADJUSTED_LAST", "AGGTRADES"})
_UNAVAILABLE: dict[str, frozenset[str]] = {
    "CASH": _NO_TRADES,
    "CFD": _NO_TRADES,
    "CMDTY": _NO_TRADES,
    "IND": _NO_QUOTES,
    "CRYPTO": frozenset({"ADJUSTED_LAST"}) | _VOLATILITIES,
    "FUT": _NOT_ADJUSTED,
    "CONTFUT": frozenset({"AGGTRADES"}) | _VOLATILITIES,
    "BOND": _NOT_ADJUSTED,
    "OPT": _NOT_ADJUSTED,
    "FOP": _NOT_ADJUSTED,
}

NO_ZONE = (
    "Warning: You submitted request with date-time attributes without explicit time zone. Please switch to use "
    "yyyymmdd-hh:mm:ss in UTC or use instrument time zone, like US/Eastern. Implied time zone functionality will be "
    "removed in the next API release"
)

_IN_UTC = re.compile(r"(\d{8})-(\d{1,2}:\d\d:\d\d)")
_IN_ZONE = re.compile(r"(?:(\d{8}) +)?(\d{1,2}:\d\d:\d\d)(?: +(\S+))?")


@dataclass(frozen=True, slots=True)
class Duration:
    """How far back: ``count`` of S, D, W, M or Y."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A time a client wrote. ``zoned``: it said in which zone."""

    time: float
    zoned: bool


def parse_duration(text: str) -> Duration:
    """ "3 M" → Duration(3, "M"); a bare number is seconds. Raises Refusal 321."""
    if not text.strip():
        raise invalid("Historical data request duration not specified.", _TOKEN)
    match = re.fullmatch(r"(-?\d+)(?: ([SDWMY]))?", text.strip())
    if match is None:
        raise invalid(
            "When specifying a unit, historical data request duration format is integer{SPACE}unit (S|D|W|M|Y).", _TOKEN
        )
    count, unit = int(match[1]), match[2] or "S"
    if count <= 0:
        raise invalid("Historical data requested duration is invalid.", _TOKEN)
    most, sentence = _LONGEST[unit]
    if count > most:
        raise invalid(f"Historical data requests for durations longer than {sentence}", _TOKEN)
    return Duration(count, unit)


def parse_bar_size(text: str) -> Size:
    """ "5 mins" → 300, "1 day" → "day". Raises Refusal 321."""
    size = _SPELLINGS.get(text.strip().lower())
    if size is None:
        raise invalid(f"Historical data bar size setting is invalid. Legal ones are: {', '.join(BAR_SIZES)}", _TOKEN)
    return size


def parse_what(text: str) -> str:
    """Return ``whatToShow`` as it is spelt. Raises Refusal 321 for one that TWS or this gateway doesn't know."""
    what = text.strip().upper()
    if what in _NOT_SIMULATED:
        raise not_simulated(f"whatToShow {what}")
    if what not in WHAT_TO_SHOW:
        raise invalid("What to show field is missing or incorrect.", _TOKEN)
    return what


def check_format(formatDate: int) -> None:
    """Raise Refusal 321 unless 1, 2 or 3."""
    if formatDate not in (1, 2, 3):
        raise invalid(f"Date formatting selection of {formatDate} rejected.", _TOKEN)


def check_step(duration: Duration, size: Size) -> None:
    """Raise Refusal 162 for bars too small for the duration.

    Differs from TWS: only the smallest bar of each unit and the 2000 seconds of 1-second bars are enforced.
    """
    if isinstance(size, str):
        return
    if size < _SMALLEST_BAR[duration.unit]:
        raise no_history(f"invalid step: {size}")
    if size == 1 and duration.count > _LONGEST_OF_SECONDS:
        raise no_history("Time length exceed max.")


def available(secType: str, what: str) -> bool:
    """Tell whether instruments of this kind have such data: a currency pair has no trades."""
    return what not in _UNAVAILABLE.get(secType, frozenset({"AGGTRADES"}))


def parse_moment(text: str, now: float, loginZone: str, zones: tuple[str, ...], field: str) -> Moment:
    """Read a date and time in one of TWS's three forms.

    ``yyyyMMdd HH:mm:ss zone`` (the log-in zone's name, UTC, or one of `zones`), the same without a zone (the log-in
    zone is meant), ``yyyyMMdd-HH:mm:ss`` (UTC). Without a date, today. Raises Refusal 10314 that begins with `field`.
    """
    text = text.strip()
    if match := _IN_UTC.fullmatch(text):
        return Moment(_instant(match[1], match[2], UTC, field), True)
    match = _IN_ZONE.fullmatch(text)
    if match is None:
        raise _bad_date(field)
    named = match[3]
    if named is not None and zone_key(named) not in {zone_key(zone) for zone in (loginZone, "UTC", *zones)}:
        raise _bad_date(field)
    zone = zone_info(named or loginZone)
    day = match[1] or datetime.fromtimestamp(now, zone).strftime("%Y%m%d")
    return Moment(_instant(day, match[2], zone, field), named is not None)


def _instant(day: str, clock: str, zone: tzinfo, field: str) -> float:
    try:
        return datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        raise _bad_date(field) from None


def _bad_date(field: str) -> Refusal:
    return Refusal(10314, f"{field}: {BAD_DATE}")


def span_start(end: float, duration: Duration, zone: str) -> float:
    """Return `end` less `duration` by the calendar of `zone`: what the answer gives as its start."""
    if duration.unit == "S":
        return end - duration.count
    local = datetime.fromtimestamp(end, zone_info(zone))
    return datetime.combine(day_before(local.date(), duration), local.time(), local.tzinfo).timestamp()


def day_before(day: date, duration: Duration) -> date:
    """Return the date that lies `duration` (D, W, M or Y) before `day`; 31 March less a month is 28 February."""
    if duration.unit in "DW":
        return day - timedelta(days=duration.count * (7 if duration.unit == "W" else 1))
    months = day.year * 12 + day.month - 1 - duration.count * (12 if duration.unit == "Y" else 1)
    first = date(months // 12, months % 12 + 1, 1)
    last = date(first.year + first.month // 12, first.month % 12 + 1, 1) - timedelta(days=1)
    return min(first.replace(day=1) + timedelta(days=day.day - 1), last)


def utc_text(time: float) -> str:
    """``yyyyMMdd-HH:mm:ss``, in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y%m%d-%H:%M:%S")
