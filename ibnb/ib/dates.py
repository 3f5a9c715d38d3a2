"""IB's date and time texts → one DatetimeIndex, a hundred thousand at a time.

Rule: a calendar date stays a plain date (midnight, no zone); anything with a time of day gets a zone.
TWS sends the same instant in many shapes: `20250611`, `20250611 09:30:00 US/Eastern`, the same with two spaces and no
zone, `20250611-13:30:00` (UTC, from server version 214 with a trailing Z), `2025-06-11 13:30:00.0`, epoch seconds, and
`0611 09:30:00 US/Eastern` (formatDate 3). All texts of one answer have one shape, so the digits are read as a matrix.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

#: IB's names for zones → today's names; some systems no longer ship the old ones.
ZONES = {
    "US/Eastern": "America/New_York",
    "EST": "America/New_York",
    "EST5EDT": "America/New_York",
    "EDT": "America/New_York",
    "US/Central": "America/Chicago",
    "CST": "America/Chicago",
    "CST6CDT": "America/Chicago",
    "CDT": "America/Chicago",
    "US/Mountain": "America/Denver",
    "US/Pacific": "America/Los_Angeles",
    "PST": "America/Los_Angeles",
    "PST8PDT": "America/Los_Angeles",
    "MET": "Europe/Berlin",
    "CET": "Europe/Berlin",
    "GB": "Europe/London",
    "GB-Eire": "Europe/London",
    "BST": "Europe/London",
    "JST": "Asia/Tokyo",
    "Japan": "Asia/Tokyo",
    "Hongkong": "Asia/Hong_Kong",
    "Singapore": "Asia/Singapore",
    "GMT": "UTC",
    "Z": "UTC",
    "": "UTC",
}

#: The zone in which a session shows its own times.
NEW_YORK = "America/New_York"

# Shape → where year, month, day, hour, minute, second stand in the text (-1: not there).
_SHAPES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("date", re.compile(r"\d{8}"), "YYYYMMDD"),
    ("epoch", re.compile(r"-?\d{9,}"), ""),
    ("utc", re.compile(r"\d{8}-\d\d:\d\d:\d\d(?P<zone>Z?)"), "YYYYMMDD-hh:mm:ss"),
    ("local", re.compile(r"\d{8} \d\d:\d\d:\d\d(?: (?P<zone>\S+))?"), "YYYYMMDD hh:mm:ss"),
    ("local", re.compile(r"\d{8}  \d\d:\d\d:\d\d(?: +(?P<zone>\S+))?"), "YYYYMMDD  hh:mm:ss"),
    ("local", re.compile(r"\d{4} \d\d:\d\d:\d\d(?: (?P<zone>\S+))?"), "MMDD hh:mm:ss"),
    ("local", re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?P<zone>Z?)"), "YYYY-MM-DD hh:mm:ss"),
)

_HOUR = 3_600_000_000_000


def zone_name(name: str) -> str:
    """Return the IANA name of a zone as IB names it: "US/Eastern" → "America/New_York"."""
    return ZONES.get(name, name)


def parse_dates(texts: Sequence[Any], zone: str | None = None, year: int | None = None) -> pd.DatetimeIndex:
    """Return the times of `texts`, in the zone they name.

    `zone` is the exchange's (or log-in) zone: texts without a zone are read in it, and epoch seconds and UTC texts are
    shown in it. Without it they are UTC. `year` completes texts that have none. Dates give a naive, normalised index.
    Raises ValueError for a text of no known shape, or for dates and times mixed.
    """
    if isinstance(texts, np.ndarray) and texts.dtype.kind == "S":
        # As the wire has them, all of one length: nothing to be turned into a text first.
        whole = _parse_alike(texts, zone, year) if len(texts) else None
        if whole is not None:
            return whole
        texts = [text.decode() for text in texts.tolist()]
    words = [str(text).strip() for text in texts]
    if not words:
        return pd.DatetimeIndex([], dtype="datetime64[ns]")
    whole = _parse_alike(words, zone, year)
    return whole if whole is not None else _parse_mixed(words, zone, year)


def parse_moments(seconds: Sequence[float], zone: str) -> pd.DatetimeIndex:
    """Return epoch seconds, with fractions, as times in `zone`."""
    micros = np.round(np.array(seconds, dtype="float64") * 1e6).astype("int64")
    return _shown(micros * 1000, zone)


def _parse_mixed(words: list[str], zone: str | None, year: int | None) -> pd.DatetimeIndex:
    """Different shapes in one answer: each shape on its own, then back in order, shown in the zone of the first."""
    groups: dict[tuple[int, str | None], list[int]] = {}
    for at, word in enumerate(words):
        which, match = _shape(word)
        named = match.groupdict().get("zone")
        groups.setdefault((which * 100 + len(word), named), []).append(at)
    parts = []
    for places in groups.values():
        part = _parse_alike([words[at] for at in places], zone, year)
        if part is None:
            raise ValueError(f"can't read {words[places[0]]!r} as a date")
        parts.append(pd.Series(part, index=places))
    if len({part.dt.tz is None for part in parts}) > 1:
        raise ValueError(f"dates and times are mixed: {words[0]!r} …")
    shown = parts[0].dt.tz
    if shown is not None:
        parts = [part.dt.tz_convert(shown) for part in parts]
    return pd.DatetimeIndex(pd.concat(parts).sort_index().array)


def _shape(word: str) -> tuple[int, re.Match[str]]:
    for which, (_, pattern, _) in enumerate(_SHAPES):
        match = pattern.fullmatch(word)
        if match:
            return which, match
    raise ValueError(
        f"can't read {word!r} as a date; known: yyyymmdd, yyyymmdd hh:mm:ss [Zone/Name], "
        f"yyyymmdd-hh:mm:ss, epoch seconds"
    )


def _parse_alike(
    words: list[str] | np.ndarray[Any, Any], zone: str | None, year: int | None
) -> pd.DatetimeIndex | None:
    """All words (texts, or an array of bytes) in the shape of the first one, or None if they aren't."""
    first = words[0] if isinstance(words, list) else words[0].decode()
    if first != first.strip():
        return None
    which, match = _shape(first)
    kind, _, layout = _SHAPES[which]
    if kind == "epoch":
        try:
            seconds = np.array(words, dtype="int64")
        except ValueError:
            return None
        return _shown(seconds * 1_000_000_000, zone_name(zone or "UTC"))
    raw = np.asarray(words, dtype="S")
    letters = raw.view("u1").reshape(len(words), raw.dtype.itemsize)
    fixed = np.array([sign not in "YMDhms" for sign in layout] + [True] * (letters.shape[1] - len(layout)))
    fraction = "." in first
    if fraction:
        fixed[len(layout) :] = False
    if not (letters[:, fixed] == letters[0, fixed]).all():
        return None
    digits = letters[:, : len(layout)].astype("int64") - 48
    stamps = _stamps(digits, layout, year)
    if kind == "date":
        return pd.DatetimeIndex(stamps)
    own = match.groupdict().get("zone")
    if kind == "utc":
        return _shown(stamps.astype("int64"), zone_name(zone or "UTC"))
    return _localised(stamps.astype("int64"), zone_name(own or zone or "UTC"))


def _stamps(digits: np.ndarray[Any, Any], layout: str, year: int | None) -> np.ndarray[Any, Any]:
    """The clock reading of each row as datetime64[ns], no zone yet."""

    def number(sign: str) -> np.ndarray[Any, Any]:
        value = np.zeros(len(digits), dtype="int64")
        for column in (at for at, each in enumerate(layout) if each == sign):
            if ((digits[:, column] < 0) | (digits[:, column] > 9)).any():
                raise ValueError("a date holds something that is not a digit")
            value = value * 10 + digits[:, column]
        return value

    if "Y" in layout:
        years = number("Y")
    elif year is not None:
        years = np.full(len(digits), year)
    else:
        raise ValueError("a date without a year: pass year=")
    # "M" is the month and "m" the minute, as in the layouts above.
    months = ((years - 1970) * 12 + number("M") - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (number("D") - 1)
    seconds = (number("h") * 60 + number("m")) * 60 + number("s")
    stamps: np.ndarray[Any, Any] = days.astype("datetime64[ns]") + seconds.astype("timedelta64[s]")
    return stamps


def _shown(utc: np.ndarray[Any, Any], zone: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(utc.astype("datetime64[ns]")).tz_localize("UTC").tz_convert(zone)


def _localised(clock: np.ndarray[Any, Any], zone: str) -> pd.DatetimeIndex:
    """Clock readings in `zone` → instants. Offsets only change on the hour, so each hour is looked up once.

    In the hour that happens twice (autumn), readings that don't move forward belong to its second pass.
    """
    info = ZoneInfo(zone)
    hours, back = np.unique(clock // _HOUR, return_inverse=True)
    early = np.array([_offset(hour, info, 0) for hour in hours.tolist()], dtype="int64")[back]
    late = np.array([_offset(hour, info, 1) for hour in hours.tolist()], dtype="int64")[back]
    utc = clock - early
    if (early != late).any() and len(utc) > 1:
        before = np.concatenate(([np.iinfo("int64").min], np.maximum.accumulate(utc)[:-1]))
        utc = np.where((early > late) & (utc <= before), clock - late, utc)
    return _shown(utc, zone)


def _offset(hour: int, info: ZoneInfo, fold: int) -> int:
    reading = datetime.fromtimestamp(hour * 3600, UTC).replace(tzinfo=info, fold=fold)
    offset = reading.utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) * 1_000_000_000
