"""Lesson 09: which stream, three counts, twelve make a minute, trim, a window, who starves, nothing open, decide."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import pandas as pd

from ibnb.course.exercises import NotYet, called, choice, exercise, raised, received

_NAN = float("nan")
# A stream of 5-second bars brings twelve in a minute, give or take the one at each end.
_A_MINUTE = range(11, 14)


choice(
    "09.1",
    right="c",
    correct="the past and the growing bar come in one request, in the size that is drawn",
    wrong={
        "a": "hundreds of trades a minute would have to be made into hours, and the last two weeks are missing",
        "b": "they are always of five seconds, and they begin now: two weeks of history are missing",
        "d": "asking again and again for what hardly changes is what TWS's pacing limits forbid",
    },
)


@exercise("09.2", wants=dict, correct="three requests, three cancels, and three very different amounts of news")
def count_for_yourself(counts: Mapping[str, int], app: Any) -> str | None:
    names = {"streamBars", "streamRealTimeBars", "streamTicks"}
    if set(counts) != names:
        return f"the keys should be {', '.join(sorted(names))}"
    if strange := [name for name in sorted(names) if not isinstance(counts[name], int)]:
        return f"the value for {strange[0]} should be a whole number"
    for verb, ask, cancel in (
        ("streamBars", "ReqHistoricalData", "CancelHistoricalData"),
        ("streamRealTimeBars", "ReqRealTimeBars", "CancelRealTimeBars"),
        ("streamTicks", "ReqTickByTickData", "CancelTickByTickData"),
    ):
        asked = [each for each in received(app, ask) if each.contract.symbol == "KO"]
        if verb == "streamBars":
            asked = [each for each in asked if each.keepUpToDate]
        if not asked:
            return f"the gateway got no request from {verb} for KO"
        if asked[-1].reqId not in [each.reqId for each in received(app, cancel)]:
            return f"the stream of {verb} is still open at the gateway"
    kind = [each.tickType for each in received(app, "ReqTickByTickData") if each.contract.symbol == "KO"][-1]
    if kind != "AllLast":
        return f"the ticks asked for are of the kind {kind} and not AllLast"
    for verb in ("streamRealTimeBars", "streamBars"):
        if counts[verb] not in _A_MINUTE:
            return f"one item every five seconds makes twelve in a minute, and {verb} has {counts[verb]}"
    if counts["streamTicks"] <= 2 * counts["streamRealTimeBars"]:
        return f"there are many more trades in a minute than {counts['streamTicks']}"
    return None


@exercise("09.3", wants=[pd.DataFrame, dict], correct="first, highest, lowest, last, and the sum")
def twelve_make_a_minute(twelve: pd.DataFrame, one: Mapping[str, float], app: Any) -> str | None:
    asked = [each for each in received(app, "ReqRealTimeBars") if each.contract.symbol == "MSFT"]
    if not asked:
        return "the gateway got no request for bars of five seconds of MSFT"
    if asked[-1].reqId not in [each.reqId for each in received(app, "CancelRealTimeBars")]:
        return "the stream is still open at the gateway"
    if len(twelve) != 12:
        return f"the frame has {len(twelve)} rows and not twelve"
    if missing := {"Open", "High", "Low", "Close", "Volume"} - set(twelve.columns):
        return f"the frame lacks the columns {', '.join(sorted(missing))}: take the stream's df"
    if not isinstance(twelve.index, pd.DatetimeIndex):
        return "the rows carry no time in their index: take the stream's df"
    if set(twelve.index.to_series().diff().dropna()) != {pd.Timedelta("5 s")}:
        return "the rows should be five seconds apart"
    last = app.getQuote("MSFT")["last"]
    if abs(twelve["Close"].iloc[-1] / last - 1) > 0.1:
        return "the prices in the frame aren't those of MSFT"
    wanted = {
        "Open": twelve["Open"].iloc[0],
        "High": twelve["High"].max(),
        "Low": twelve["Low"].min(),
        "Close": twelve["Close"].iloc[-1],
        "Volume": twelve["Volume"].sum(),
    }
    if set(one) != set(wanted):
        return f"the dictionary should have the keys {', '.join(wanted)}"
    for name, right in wanted.items():
        if not _is_number(one[name]):
            return f"the value for {name} should be a number"
        if abs(float(one[name]) - right) > 1e-9:
            return f"{name} is {float(one[name]):g}, and the twelve bars together have {right:g}"
    return None


@exercise("09.4", wants=callable, correct="cut by time, and nothing that isn't a price")
def cut_by_time(trim: Callable[..., Any]) -> str | None:
    rows = [(0, 10.0), (100, 11.0), (250, _NAN), (290, 12.0), (301, 9.0)]
    for now, seconds, wanted, what in (
        (301, 300, [(100, 11.0), (290, 12.0), (301, 9.0)], "second 0 is too old and the price at 250 is NaN"),
        (400, 300, [(100, 11.0), (290, 12.0), (301, 9.0)], "a price that is exactly 300 seconds old still counts"),
        (401, 300, [(290, 12.0), (301, 9.0)], "second 100 is too old"),
        (301, 5, [(301, 9.0)], "only the newest price is that young"),
        (5000, 300, [], "everything is too old"),
    ):
        given = list(rows)
        kept = called(trim, given, now, seconds, wants=list)
        if repr(given) != repr(rows):
            return "the list that your function was given has changed"
        if not all(isinstance(each, (tuple, list)) and len(each) == 2 for each in kept):
            return "a list of pairs (time, price) is wanted"
        if list(map(tuple, kept)) != wanted:
            return f"at second {now} with {seconds} seconds {len(wanted)} pairs should be left in order: {what}"
    return None


@exercise(
    "09.5", wants=callable, correct="400 random prices, and after each one it agrees with the slow and simple answer"
)
def trusted_window(Window: Callable[..., Any]) -> str | None:
    chance, length = random.Random(9), pd.Timedelta("5 min")
    start = pd.Timestamp("2025-06-11 10:00", tz="America/New_York")
    window = called(Window, length)
    _part(lambda: window.add, "has no method add")
    added: list[tuple[pd.Timestamp, float]] = []
    _part(lambda: window.add(start - pd.Timedelta("4 min"), _NAN), "stops at a NaN that comes before any price")
    time = start
    for number in range(400):
        time += pd.Timedelta(seconds=chance.choice((0, 1, 5, 5, 40)))
        price = _NAN if number % 17 == 5 else round(chance.uniform(90, 110), 2)
        when = f"after {number + 1} prices"
        _part(partial(window.add, time, price), f"stops {when}" + " (a NaN)" * (price != price))
        if price != price:
            continue
        added.append((time, price))
        kept = [each for moment, each in added if moment >= time - length]
        for name, wanted in (("low", min(kept)), ("high", max(kept)), ("full", time - added[0][0] >= length)):
            found = _part(partial(getattr, window, name), f"has no {name} {when}")
            if callable(found):
                return f"{name} is a method; write @property above it, so that window.{name} gives the value"
            if found != wanted:
                early = ", and a NaN four minutes before the first" * (name == "full")
                return f"{when} {name} is {found}, and {wanted} is right ({len(kept)} prices of five minutes{early})"
        size = _part(lambda: len(window), f"has no length {when}")
        if size != len(kept):
            return f"{when} the window holds {size} prices, and {len(kept)} are at most five minutes old"
    hoards = [name for name, value in getattr(window, "__dict__", {}).items() if _size(value) > len(kept) + 10]
    return f"the window keeps old prices in {hoards[0]}: its memory isn't bounded" if hoards else None


choice(
    "09.6",
    right="c",
    correct="one thread reads everything, so everything waits for the slowest callback",
    wrong={
        "a": "TWS doesn't wait for anybody: it sends, and what isn't read piles up",
        "b": "there is one connection and one thread that reads it, for prices and orders alike",
        "d": "ibapi calls all callbacks one after the other, in the one thread that reads",
    },
)


@exercise("09.7", wants=callable, correct="the stream is cancelled in both cases, because the with block ends in both")
def nothing_open(watch: Callable[..., Any], app: Any) -> str | None:
    before = len(received(app, "ReqRealTimeBars"))
    heard: list[float] = []

    def report(close: float) -> None:
        heard.append(close)
        if len(heard) == 5:
            raise RuntimeError("the report failed")

    closes = called(watch, app, "IBM", 3, report, wants=(list, tuple))
    stopped = None if len(heard) != 3 else raised(watch, app, "IBM", 3, report)
    asked = received(app, "ReqRealTimeBars")[before:]
    cancelled = [each.reqId for each in received(app, "CancelRealTimeBars")]
    left = [each.reqId for each in asked if each.reqId not in cancelled]
    for each in left:
        app.cancelRealTimeBars(each)
    if not asked or any(each.contract.symbol != "IBM" for each in asked):
        return "the gateway should get a request for bars of five seconds of the symbol that your function is given"
    if len(closes) != 3 or not all(_is_number(each) for each in closes):
        return f"a list of three closes is wanted, and your function returned {len(closes)} things"
    if heard[:3] != list(closes):
        return f"report should be called once with each close, and it was called {len(heard)} times"
    if left:
        case = "failed" if asked[-1].reqId in left and len(asked) > 1 else "was finished"
        return f"after your function {case} a stream was still open at the gateway"
    return None if len(asked) > 1 or stopped is not None else "the second call opened no stream"


class Window(NamedTuple):
    """What `decide` is given."""

    full: bool
    low: float
    high: float


@exercise("09.8", wants=callable, correct="silent until it knows enough, and silent about nonsense")
def when_to_speak(decide: Callable[..., Any]) -> str | None:
    usual, wide = Window(True, 100.0, 101.0), Window(True, 50.0, 51.0)
    for window, price, share, wanted, what in (
        (usual, 105.5, 0.05, "up", "105.50 is more than 5 % above the lowest price of 100"),
        (usual, 95.5, 0.05, "down", "95.50 is more than 5 % below the highest price of 101"),
        (usual, 104.5, 0.05, "", "104.50 is less than 5 % above the lowest price of 100"),
        (usual, 96.5, 0.05, "", "96.50 is less than 5 % below the highest price of 101"),
        (usual, 102.5, 0.02, "up", "the share is 0.02 here"),
        (wide, 53.0, 0.05, "up", "53 is more than 5 % above the lowest price of 50"),
        (Window(False, 100.0, 101.0), 150.0, 0.05, "", "the window isn't full"),
        (usual, _NAN, 0.05, "", "NaN isn't a price"),
        (usual, 0.0, 0.05, "", "0 isn't a price"),
        (usual, -1.0, 0.05, "", "-1 isn't a price"),
    ):
        said = called(decide, window, price, share, wants=str)
        if said != wanted:
            return f"your function says {said!r} instead of {wanted!r}: {what}"
    return None


def _is_number(value: Any) -> bool:
    return hasattr(value, "__float__") and not isinstance(value, (bool, str)) and getattr(value, "ndim", 0) == 0


def _size(value: Any) -> int:
    return len(value) if hasattr(value, "__len__") else 0


def _part(ask: Callable[[], Any], otherwise: str) -> Any:
    """What the learner's object answers; NotYet with the words for one that doesn't."""
    try:
        return ask()
    except Exception as error:
        raise NotYet(f"the window {otherwise} ({type(error).__name__})") from None
