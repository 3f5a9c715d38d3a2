"""Lesson 05: daily bars, a loop, hourly bars in the exchange's zone, a typo, a list with an unknown symbol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ibnb.course.exercises import called, exercise, received

_COLUMNS = ["Open", "High", "Low", "Close"]


@exercise("05.1", correct="dates in order, prices as open, high, low and close")
def three_months(df: Any) -> str | None:
    if problem := _shape(df):
        return problem
    if df.index.tz is not None:
        return "these bars carry times; a daily bar has a date"
    if not 55 <= len(df) <= 70:
        return f"three months have about 63 trading days, and the table has {len(df)} rows"
    return "the prices look like those of another instrument" if df["Close"].median() < 50_000 else None


@exercise("05.2", correct="three symbols, three requests, three tables")
def a_loop(frames: dict[str, Any]) -> str | None:
    wanted = {"MSFT", "NFLX", "TSLA"}
    if set(frames) != wanted:
        return f"the keys should be {', '.join(sorted(wanted))}"
    for symbol, df in frames.items():
        if problem := _shape(df):
            return f"in {symbol}'s table, {problem}"
        if not 15 <= len(df) <= 25:
            return f"a month has about 21 trading days, and {symbol}'s table has {len(df)} rows"
    closes = {tuple(df["Close"]) for df in frames.values()}
    return None if len(closes) == len(wanted) else "two of the tables hold the same prices"


@exercise("05.3", correct="the exchange's own clock: regular trading starts at 09:30 in New York")
def the_first_hour(df: Any, opening: str) -> str | None:
    if problem := _shape(df):
        return problem
    if df.index.tz is None:
        return "these bars carry no zone; hourly bars should"
    if str(df.index.tz) not in ("America/New_York", "US/Eastern"):
        return f"the zone should be the exchange's, and is {df.index.tz}"
    if len(set(df.index.date)) < 4:
        return "a week has five trading days"
    return None if opening == "09:30" else f"no day starts at {opening}"


@exercise("05.4", correct="a mistake that names the legal values is half mended")
def what_did_you_mean(message: str) -> str | None:
    return None if "15 mins" in message else "the text should be that of the exception, which names the legal bar sizes"


@exercise("05.5", correct="the good ones arrive, the bad one is reported")
def rotten_apple(load: Callable[[list[str]], Any], app: Any) -> str | None:
    before = len(received(app, "ReqHistoricalData")) if app.gateway is not None else 0
    found, unknown = called(load, ["KO", "NOSUCHTHING", "IBM"], wants=tuple)
    if sorted(found) != ["IBM", "KO"]:
        return "KO and IBM exist, and their tables should be in the dictionary, and no others"
    if list(unknown) != ["NOSUCHTHING"]:
        return "NOSUCHTHING should be in the list of the unknown, alone"
    if app.gateway is not None and len(received(app, "ReqHistoricalData")) == before:
        return "the gateway was never asked for bars"
    return None


def _shape(df: Any) -> str | None:
    if list(df.columns[:4]) != _COLUMNS:
        return f"the first columns should be {', '.join(_COLUMNS)}"
    if df.index.name != "Date":
        return "the index should be named Date"
    return None if df.index.is_monotonic_increasing and df.index.is_unique else "the dates aren't in order"
