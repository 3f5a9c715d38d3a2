"""What a download of history came to: the bars as one frame, and tables of what is missing and what failed.

Rule: a gap is only what the server itself says should be there: a session of the contract's schedule without a bar.
Where there is no schedule to be had, the days of the other contracts with the same trading hours stand in for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ibnb import tables
from ibnb.errors import IBError, RequestError
from ibnb.ib.values import BAR_SIZES
from ibnb.table_display import shown_html
from ibnb.verbs.download.series import SCHEDULE, Series, Wish

GAPS = {"symbol": "str", "from": "object", "to": "object", "sessions": "int64", "source": "str"}
FAILURES = {"symbol": "str", "code": "float64", "error": "str", "text": "str", "advice": "str"}
SYMBOLS = {
    "symbol": "str",
    "conId": "int64",
    "bars": "int64",
    "first": "object",
    "last": "object",
    "requests": "int64",
    "fromCache": "int64",
    "missing": "float64",
}

_MAKE_ROOM = "Make room there, or give another folder as cache; the next call asks again for what isn't kept."


@dataclass(frozen=True)
class History:
    """What getHistory returns; `history["AAPL"]` is one symbol's frame, as getData gives it.

    df: the bars, index (symbol, Date); columns Open High Low Close Volume Average BarCount (float64).
    gaps: stretches of sessions without a bar: symbol, from, to (first and last session), sessions, source.
    failures: a row for each symbol of which something couldn't be had, or not be kept in the cache (its bars are
        here): symbol, code, error, text, advice.
    symbols: a row for each symbol: conId, bars, first, last, requests, fromCache (chunks), missing (sessions without a
        bar; NaN where nobody says which sessions there were).
    """

    df: pd.DataFrame
    gaps: pd.DataFrame
    failures: pd.DataFrame
    symbols: pd.DataFrame
    parts: Mapping[str, pd.DataFrame]

    def __getitem__(self, symbol: str) -> pd.DataFrame:
        if symbol not in self.parts:
            raise KeyError(f"{symbol!r}; there are {', '.join(map(repr, self.parts))}")
        return self.parts[symbol]

    def _repr_html_(self) -> str:
        told = [("Gaps", self.gaps), ("Failures", self.failures)]
        more = "".join(shown_html(title, table) for title, table in told if len(table))
        return shown_html(repr(self)[1:-1], self.symbols) + more

    def __repr__(self) -> str:
        return (
            f"<History of {len(self.parts)} symbols: {len(self.df)} bars, {len(self.gaps)} gaps, "
            f"{len(self.failures)} failures>"
        )


def report(
    every: list[Series],
    schedules: Mapping[tuple[str, ...], pd.DataFrame],
    failures: list[tuple[str, IBError]],
    wish: Wish,
) -> History:
    parts = {series.label: series.bars() for series in every}
    gaps: list[tuple[Any, ...]] = []
    symbols: list[tuple[Any, ...]] = []
    for series in every:
        bars = parts[series.label]
        sessions, source = _expected(series, every, parts, schedules, wish)
        lacking = missing(bars, sessions) if sessions is not None else None
        if sessions is not None and lacking is not None:
            gaps += [(series.label, *each, source) for each in stretches(sessions, lacking)]
        ends = (bars.index[0], bars.index[-1]) if len(bars) else (pd.NaT, pd.NaT)
        without = float("nan") if lacking is None else float(np.count_nonzero(lacking))
        symbols.append((series.label, series.contract.conId, len(bars), *ends, series.requests, series.cached, without))
    rows = [_failure(*each) for each in failures]
    rows += [(series.label, float("nan"), "OSError", series.unkept, _MAKE_ROOM) for series in every if series.unkept]
    return History(
        joined({label: bars for label, bars in parts.items() if len(bars)}, wish.daily),
        tables.table(GAPS, gaps),
        tables.table(FAILURES, rows),
        tables.table(SYMBOLS, symbols, "symbol"),
        parts,
    )


def _expected(
    series: Series,
    every: list[Series],
    parts: Mapping[str, pd.DataFrame],
    schedules: Mapping[tuple[str, ...], pd.DataFrame],
    wish: Wish,
) -> tuple[pd.DataFrame | None, str]:
    """The finished sessions of a series' span, and who says so."""
    if BAR_SIZES[wish.barSize] > BAR_SIZES["1 day"]:
        return None, ""
    start, end = series.span
    known = schedules.get(series.market)
    if known is not None:
        return known[(known["start"] >= start) & (known["end"] <= min(end, wish.now))], SCHEDULE
    others = [each for each in every if each is not series and each.market == series.market]
    days = [pd.DatetimeIndex(parts[each.label].index).tz_localize(None).normalize() for each in others]
    if not days:
        return None, ""
    return sessions_of_days(pd.DatetimeIndex(np.unique(np.concatenate(days)))), "other symbols"


def _failure(label: str, error: IBError) -> tuple[Any, ...]:
    name = type(error).__name__
    if isinstance(error, RequestError):
        return label, float(error.code), name, error.text, error.advice
    return label, float("nan"), name, str(error), "Call getHistory again: what has come is kept in its cache."


def joined(parts: Mapping[str, pd.DataFrame], daily: bool) -> pd.DataFrame:
    """One frame with the index (symbol, Date), in the zone of the first; all parts are in order of time."""
    names = list(parts)
    every = list(parts.values()) or [tables.bars([], daily=daily)]
    # Each level once, and every row by number: concat would look at each label.
    instants = [_instants(part) for part in every]
    moments = np.unique(np.concatenate(instants))
    codes: Any = [
        np.repeat(np.arange(len(names)), [len(part) for part in parts.values()]),
        np.concatenate([np.searchsorted(moments, each) for each in instants]),
    ]
    dates, zone = pd.DatetimeIndex(moments), pd.DatetimeIndex(every[0].index).tz
    levels: Any = [pd.Index(names, dtype="str"), dates if zone is None else dates.tz_localize("UTC").tz_convert(zone)]
    data = {name: np.concatenate([part[name].to_numpy() for part in every]) for name in every[0].columns}
    return pd.DataFrame(data, index=pd.MultiIndex(levels=levels, codes=codes, names=["symbol", "Date"]))


def sessions_of_days(days: pd.DatetimeIndex) -> pd.DataFrame:
    """Plain days as sessions, each with its bounds unknown."""
    return pd.DataFrame({"start": np.nan, "end": np.nan}, index=days)


def missing(bars: pd.DataFrame, sessions: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which of the sessions (index: dates; columns start, end: epoch seconds, NaN = the whole day) have no bar.

    Sessions before the first bar don't count: the contract may not have been there yet.
    """
    days = pd.DatetimeIndex(sessions.index)
    none = np.zeros(len(days), dtype=bool)
    if not len(bars) or not len(days):
        return none
    index = pd.DatetimeIndex(bars.index)
    if index.tz is None or sessions["start"].isna().any():
        found = index.tz_localize(None).normalize()
        return ~days.isin(found) & np.asarray(days >= found[0])
    since = index.as_unit("ns").asi8 / 1e9
    starts, ends = sessions["start"].to_numpy(), sessions["end"].to_numpy()
    empty = np.searchsorted(since, starts) == np.searchsorted(since, ends)
    return np.asarray(empty & (ends > since[0]))


def stretches(
    sessions: pd.DataFrame, lacking: np.ndarray[Any, np.dtype[np.bool_]]
) -> list[tuple[pd.Timestamp, pd.Timestamp, int]]:
    """Missing sessions that follow each other, as (first, last, how many)."""
    places = np.flatnonzero(lacking)
    groups = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(places) else []
    return [(sessions.index[group[0]], sessions.index[group[-1]], len(group)) for group in groups]


def labels(contracts: Sequence[Any]) -> list[str]:
    """A name for each contract: its symbol; where that isn't enough its local symbol, and its conId."""
    found = [str(each.symbol) for each in contracts]
    for better in (lambda each: each.localSymbol or each.symbol, lambda each: f"{each.symbol} {each.conId}"):
        twice = {name for name in found if found.count(name) > 1}
        found = [str(better(each)) if name in twice else name for name, each in zip(found, contracts, strict=True)]
    return found


def _instants(bars: pd.DataFrame) -> np.ndarray[Any, Any]:
    """When bars begin, in UTC; plain dates as they are."""
    return pd.DatetimeIndex(bars.index).as_unit("ns").asi8.view("datetime64[ns]")
