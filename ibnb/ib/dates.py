"""IB's date and time texts → one DatetimeIndex, a hundred thousand at a time.

Rule: a calendar date stays a plain date (midnight, no zone); anything with a time of day gets a zone.
TWS sends the same instant in many shapes: `20250611`, `20250611 09:30:00 US/Eastern`, the same with two spaces and no
zone, `20250611-13:30:00` (UTC, from server version 214 with a trailing Z), `2025-06-11 13:30:00.0`, epoch seconds. All
texts of one answer have one shape, so one format reads them all. (formatDate 3, without a year, is never asked for.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ibnb.ib.zones import UTC, zone_name

Bytes = np.ndarray[Any, Any]


class _Shape(NamedTuple):
    """How a text looks, and what its first characters are: Year, Month, Day, hour, minute, second."""

    kind: str
    pattern: re.Pattern[str]
    layout: str = ""


# What may differ after the seconds; texts of an array end in zeros.
_FRACTION = list(b".0123456789\0")
_ZONE = r"(?: +(?P<zone>\S.*))?"
_SHAPES = (
    _Shape("date", re.compile(r"\d{8}"), "YYYYMMDD"),
    _Shape("epoch", re.compile(r"-?\d{9,}")),
    _Shape("utc", re.compile(r"\d{8}-\d\d:\d\d:\d\dZ?"), "YYYYMMDD-hh:mm:ss"),
    _Shape("local", re.compile(rf"\d{{8}} \d\d:\d\d:\d\d{_ZONE}"), "YYYYMMDD hh:mm:ss"),
    _Shape("local", re.compile(rf"\d{{8}}  \d\d:\d\d:\d\d{_ZONE}"), "YYYYMMDD  hh:mm:ss"),
    _Shape("local", re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?P<zone>Z?)"), "YYYY-MM-DD hh:mm:ss"),
)


def parse_dates(texts: Sequence[Any], zone: str | None = None) -> pd.DatetimeIndex:
    """Return the times of `texts`, in the zone they name.

    `zone` is the exchange's (or log-in) zone: texts without a zone are read in it, as are those whose zone's name isn't
    known (with a ZoneWarning), and epoch seconds and UTC texts are shown in it. Without it they are UTC. Dates give
    a naive, normalised index.
    Raises ValueError for a text of no known shape, or for dates and times mixed.
    """
    if isinstance(texts, np.ndarray) and texts.dtype.kind == "S":
        # As the wire has them, all of one length: nothing to be turned into a text first.
        whole = _parse_alike(texts, texts[0].decode(), zone) if len(texts) else None
        if whole is not None:
            return whole
        texts = [text.decode() for text in texts.tolist()]
    words = [str(text).strip() for text in texts]
    if not words:
        return pd.DatetimeIndex([], dtype="datetime64[ns]")
    whole = _parse_alike(_bytes(words), words[0], zone)
    return whole if whole is not None else _parse_mixed(words, zone)


def parse_moments(seconds: Sequence[float], zone: str) -> pd.DatetimeIndex:
    """Return epoch seconds, with fractions, as times in `zone`."""
    micros = np.round(np.array(seconds, dtype="float64") * 1e6).astype("datetime64[us]")
    return _shown(pd.DatetimeIndex(micros), zone)


def _parse_mixed(words: list[str], zone: str | None) -> pd.DatetimeIndex:
    """Different shapes in one answer: each shape on its own, then back in order, shown in the zone of the first."""
    groups: dict[tuple[int, str | None], list[int]] = {}
    for at, word in enumerate(words):
        shape, match = _shape(word)
        named = match.groupdict().get("zone")
        groups.setdefault((_SHAPES.index(shape) * 100 + len(word), named), []).append(at)
    parts = []
    for places in groups.values():
        part = _parse_alike(_bytes([words[at] for at in places]), words[places[0]], zone)
        if part is None:
            raise ValueError(f"can't read {words[places[0]]!r} as a date")
        parts.append(pd.Series(part, index=places))
    if len({part.dt.tz is None for part in parts}) > 1:
        raise ValueError(f"dates and times are mixed: {words[0]!r} …")
    shown = parts[0].dt.tz
    if shown is not None:
        parts = [part.dt.tz_convert(shown) for part in parts]
    return pd.DatetimeIndex(pd.concat(parts).sort_index().array)


def _bytes(words: list[str]) -> Bytes:
    return np.array([word.encode() for word in words])


def _shape(word: str) -> tuple[_Shape, re.Match[str]]:
    for shape in _SHAPES:
        match = shape.pattern.fullmatch(word)
        if match:
            return shape, match
    raise ValueError(
        f"can't read {word!r} as a date; known: yyyymmdd, yyyymmdd hh:mm:ss [Zone/Name], "
        f"yyyymmdd-hh:mm:ss, epoch seconds"
    )


def _parse_alike(words: Bytes, first: str, zone: str | None) -> pd.DatetimeIndex | None:
    """All words in the shape of the first one, or None if they aren't, or if one is no date."""
    if first != first.strip():
        return None
    shape, match = _shape(first)
    try:
        if shape.kind == "epoch":
            return _shown(pd.DatetimeIndex(words.astype("int64").astype("datetime64[s]")), zone_name(zone or UTC))
        clock = _clock(words, shape.layout)
    except ValueError:
        return None
    if clock is None or shape.kind == "date":
        return clock
    if shape.kind == "utc":
        return _shown(clock, zone_name(zone or UTC))
    return _localised(clock, zone_name(match["zone"] or zone or UTC, zone))


def _clock(words: Bytes, layout: str) -> pd.DatetimeIndex | None:
    """The clock's readings, no zone yet; None if what isn't a digit of them differs, or for one that doesn't exist.

    pd.to_datetime says the same of a hundred thousand texts, but takes twice as long.
    """
    letters = words.view("u1").reshape(len(words), words.dtype.itemsize)
    places = [at for at, sign in enumerate(layout) if sign.isalpha()]
    between = [at for at, sign in enumerate(layout) if not sign.isalpha()]
    # A row for each sign: sums over rows, since a matrix product would wake a thread for each processor.
    digits = np.ascontiguousarray(letters[:, places].T) - np.uint8(ord("0"))
    rest = letters[:, len(layout) :]
    if (digits > 9).any() or (letters[:, between] != letters[0, between]).any():
        return None
    if (rest != rest[0]).any() and not (rest[0, 0] == ord(".") and np.isin(rest, _FRACTION).all()):
        return None
    numbers = dict.fromkeys("YMDhms", np.zeros(len(words), "int32"))
    for at, place in enumerate(places):
        numbers[layout[place]] = numbers[layout[place]] * 10 + digits[at]
    years, months, days, hours, minutes, seconds = numbers.values()
    month = (years * 12 + months - 1970 * 12 - 1).astype("datetime64[M]")
    day = month.astype("datetime64[D]") + (days - 1)
    exists = (months > 0) & (months <= 12) & (day.astype("datetime64[M]") == month)
    if not (exists & (hours < 24) & (minutes < 60) & (seconds < 60)).all():
        return None
    return pd.DatetimeIndex(day.astype("datetime64[s]") + ((hours * 60 + minutes) * 60 + seconds)).as_unit("ns")


def _shown(utc: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    return utc.as_unit("ns").tz_localize("UTC").tz_convert(zone)


def _localised(clock: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """Clock readings in `zone` → instants.

    In the hour that happens twice (autumn) the second pass begins with the first reading that doesn't move forward; a
    reading by itself is of the first pass. A reading that never happens (spring) is the first one after the gap.
    """
    found = clock.tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward")
    twice = found.isna()
    if not twice.any():
        return found
    early, late = (
        clock.tz_localize(zone, ambiguous=np.full(len(clock), first), nonexistent="shift_forward")
        for first in (True, False)
    )
    back = np.concatenate(([False], twice[:-1] & (np.diff(early.asi8) <= 0)))
    # From there to the end of the double hour everything is of the second pass.
    second = pd.Series(back).groupby(np.cumsum(np.logical_not(twice))).cummax().to_numpy()
    return _shown(pd.DatetimeIndex(np.where(second & twice, late.asi8, early.asi8)), zone)
