"""Lesson 06: overlapping requests, a list for each of them, pacing, a queue that grows, a table that comes back."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

import ibnb
from ibnb.course.exercises import NotYet, answered, called, choice, exercise, received
from ibnb.course.kinds import unlike

choice(
    "06.1",
    right="b",
    correct="fifty waits side by side last as long as one",
    wrong={
        "a": "the work is TWS's and its servers', and your program only waits; waits can overlap",
        "c": "threads have nothing to do with it: the questions wait at TWS, not in your program",
        "d": "one after the other each of the fifty waits half a second of its own",
    },
)


@contextmanager
def _world(app: Any, number: str, app_class: Any = None) -> Iterator[Any]:
    """A session in a world of its own, whose gateway takes half a second for an answer."""
    world = replace(ibnb.gateway.LESSON, name=f"check {number}")
    with ibnb.connect("embedded", scenario=world, clientId=60, app_class=app_class) as session:
        session.gateway.faults.slow(0.5)
        yield session


@exercise("06.2", wants=type, correct="two answers on their way together, and each row lies where it belongs")
def collector(made: type, app: Any) -> str | None:
    if not issubclass(made, ibnb.IBApp):
        return "the class should be a subclass of ibnb.IBApp"
    symbols = {61: "AAPL", 62: "NVDA", 63: "KO"}
    with _world(app, "06.2, at once") as plain:
        plain.gateway.faults.slow(0)
        right = {
            number: plain.getData(symbol, plain.dataSettings("1 W", "1 day"))["Close"].tolist()
            for number, symbol in symbols.items()
        }
    try:
        with _world(app, "06.2", made) as session:
            for number, symbol in symbols.items():
                contract = session.createContract(symbol)
                session.reqHistoricalData(number, contract, "", "1 W", "1 day", "TRADES", 1, 1, False, [])
            before = set(getattr(session, "ended", ()))
            session.sleep("2 s")
    except (AttributeError, TypeError):
        return "no object of your class can be made: __init__ takes nothing but self, and calls super().__init__()"
    for name in ("bars", "ended"):
        if not hasattr(session, name):
            return f"a session of your class has no attribute {name}; __init__ is the place to make it"
        if name not in vars(session):
            return f"{name} belongs to the class, so all its sessions share one: make it in __init__, as self.{name}"
    bars: Any = session.bars
    ended: Any = session.ended
    if wrong := unlike(bars, dict, what="the attribute bars"):
        return wrong
    if wrong := unlike(ended, set, what="the attribute ended"):
        return wrong
    if before:
        return f"ended held {sorted(before)} before any answer was complete"
    if missing := [number for number in symbols if number not in bars]:
        return f"bars has no list for the request {missing[0]}, though its rows arrived"
    for number, closes in right.items():
        found = list(bars[number])
        if found and not isinstance(found[0], (int, float)):
            return "the lists should hold closing prices, which are numbers"
        if len(found) > len(closes):
            return f"the list of request {number} holds {len(found)} rows, and {len(closes)} were sent for it"
        # The last bar is today's and goes on moving.
        if len(found) < len(closes) or found[:-1] != closes[:-1]:
            return f"the list of request {number} isn't that of {symbols[number]}'s closing prices, oldest first"
    if ended != set(symbols):
        return f"ended is {sorted(ended)}, and the answers to {sorted(symbols)} are complete"
    return None


_WATCH_LIST = (
    "AAPL MSFT NVDA TSLA NFLX V MA META AMZN GOOG AMD INTC IBM JPM KO WMT IBKR SPY QQQ ORCL CRM ADBE CSCO QCOM TXN "
    "MU AMAT LRCX KLAC DELL HPQ NOW INTU UBER ABNB PYPL T VZ TMUS DIS BAC C WFC GS MS BLK AXP XOM CVX COP"
)
_FIFTY = _WATCH_LIST.split()
_ALLOWED = 3.0


@exercise("06.3", wants=callable, correct="fifty histories in the time of one, and every id used once")
def load(function: Callable[..., Any], app: Any) -> str | None:
    with _world(app, "06.3") as session:
        begun = session.gateway.now()
        df = called(function, session, list(_FIFTY), wants=pd.DataFrame)
        took = session.gateway.now() - begun
        asked = received(session, "ReqHistoricalData")
    if list(df.index.names) != ["symbol", "Date"]:
        return f"the index levels should be symbol and Date, and are {', '.join(map(str, df.index.names))}"
    if missing := sorted(set(_FIFTY) - set(df.index.get_level_values("symbol"))):
        return f"{len(missing)} symbols are missing, such as {missing[0]}"
    if missing := sorted(set(_FIFTY) - {each.contract.symbol for each in asked}):
        return f"the gateway was never asked for {missing[0]}"
    number, times = Counter(each.reqId for each in asked).most_common(1)[0]
    if times > 1:
        return f"the id {number} was used for {times} requests; each needs one of its own"
    rows = df.groupby(level="symbol").size()
    if not rows.between(15, 25).all():
        return f"a month has about 21 trading days, and {rows.idxmax()} has {rows.max()} rows"
    if took > _ALLOWED:
        return f"it took {took:.1f} s of the session's clock, and {_ALLOWED:.0f} s are allowed: let the waits overlap"
    return None


def _few() -> pd.DataFrame:
    dates = pd.date_range("2025-05-01", periods=4, name="Date")
    index = pd.MultiIndex.from_product([["B", "A"], dates], names=["symbol", "Date"])
    close = [50.0, 55.0, 45.0, 60.0, 1200.0, 1188.0, 1212.0, 1260.0]
    return pd.DataFrame({"Open": [each - 1 for each in close], "Close": close, "Volume": 1e6}, index=index)


@exercise("06.4", wants=callable, correct="a share at 50 and one at 1,200 start from the same line")
def start_at_100(function: Callable[..., Any]) -> str | None:
    df = _few()
    before = df.copy()
    found = called(function, df, wants=pd.DataFrame)
    if not df.equals(before):
        return "the table that was handed in has been changed"
    if set(found.columns) != {"A", "B"}:
        return "there should be one column for each symbol and nothing else"
    if len(found) != 4 or list(found.index) != list(df.loc["A"].index):
        return "there should be one row for each date, in the order of the dates"
    right = {"A": [100.0, 99.0, 101.0, 105.0], "B": [100.0, 110.0, 90.0, 120.0]}
    for symbol, values in right.items():
        got = found[symbol].tolist()
        if all(math.isclose(one, other, rel_tol=1e-9) for one, other in zip(got, values, strict=True)):
            continue
        if math.isclose(got[0], 1.0):
            return "each column begins with 1; it should begin with 100"
        if math.isclose(got[0], 0.0, abs_tol=1e-12):
            return "these are changes in percent, which begin with 0; the columns should begin with 100"
        if not math.isclose(got[0], 100.0):
            return f"the column {symbol} begins with {got[0]:g}, and should begin with 100"
        return f"the column {symbol} isn't that of its own closing prices"
    return None


_BRAKES: dict[tuple[int, int, float], list[float]] = {
    (7, 5, 2.0): [0.0] * 5 + [2.0] * 2,
    (3, 5, 2.0): [0.0] * 3,
    (12, 5, 2.0): [0.0] * 5 + [2.0] * 5 + [4.0] * 2,
    (4, 1, 15.0): [0.0, 15.0, 30.0, 45.0],
    (61, 60, 600.0): [0.0] * 60 + [600.0],
    (0, 5, 2.0): [],
}


@exercise("06.5", wants=callable, correct="as early as possible, and never one too many")
def paced(function: Callable[..., Any]) -> str | None:
    for (n, limit, window), right in _BRAKES.items():
        case = f"paced({n}, {limit}, {window:g})"
        found = called(function, n, limit, window, wants=list)
        if len(found) != n:
            return f"{case} has {len(found)} times, and {n} requests want to leave"
        if problem := _too_many(found, limit, window):
            return f"{case}: {problem}"
        if any(unlike(time, float) for time in found):
            return f"{case} should hold numbers"
        late = [place for place, (time, best) in enumerate(zip(found, right, strict=True)) if time > best + 1e-9]
        if late:
            return f"{case} is later than need be: request {late[0] + 1} could leave at {right[late[0]]:g}"
    return None


def _too_many(times: Sequence[Any], limit: int, window: float) -> str | None:
    if any(unlike(time, float) for time in times):
        return "the times should be numbers"
    if list(times) != sorted(times) or any(time < 0 for time in times):
        return "the times should begin at 0 and never go back"
    for place, time in enumerate(times):
        near = sum(1 for other in times[place:] if other < time + window - 1e-9)
        if near > limit:
            return f"{near} requests leave within {window:g} seconds from {time:g} on"
    return None


_TOO_SOON = (
    "TWS answered your second question with 162, pacing violation: it came less than 15 s after the first by the "
    "session's clock (session.sleep moves that clock, time.sleep doesn't)"
)


def _complaints(session: Any) -> list[Any]:
    return [each for each in answered(session, "ErrorMessage") if each.code == 162]


@exercise("06.6", wants=callable, correct="the same question twice, with fifteen seconds between")
def twice(function: Callable[..., Any], app: Any) -> str | None:
    with _world(app, "06.6") as session:
        try:
            both = called(function, session, "KO", wants=(tuple, list))
        except NotYet:
            if _complaints(session):
                return _TOO_SOON
            raise
        journal = [entry for entry in session.gateway.journal if entry.direction == "in"]
        asked = [
            (entry.time, entry.message) for entry in journal if type(entry.message).__name__ == "ReqHistoricalData"
        ]
        told = _complaints(session)
    if told:
        return "TWS complained once (162, pacing violation), and it should have no reason to"
    if len(both) != 2 or any(unlike(each, pd.DataFrame) for each in both):
        return "two tables should come back"
    small = [(time, each) for time, each in asked if each.barSizeSetting == "30 secs" and each.contract.symbol == "KO"]
    if len(small) != 2:
        return f"the gateway was asked {len(small)} times for 30-second bars of the symbol, and twice is wanted"
    (first, one), (second, other) = small
    if one.durationStr != other.durationStr:
        return "the two requests aren't the same: their durations differ"
    if one.durationStr != "1800 S":
        return f"half an hour was asked for, and the request says {one.durationStr}"
    if second - first > 60:
        return f"there are {second - first:.0f} s between the requests; a little more than 15 would do"
    return None


_QUEUES: list[tuple[list[float], list[float], list[float]]] = [
    ([0.0, 1.0, 2.0], [1.5, 1.5, 1.5], [0.0, 0.5, 1.0]),
    ([0.0, 1.0, 2.0], [0.1, 0.1, 0.1], [0.0, 0.0, 0.0]),
    ([0.0, 1.0, 2.0, 30.0], [20.0, 0.1, 0.1, 0.1], [0.0, 19.0, 18.1, 0.0]),
    ([5.0, 5.0, 5.0], [1.0, 2.0, 3.0], [0.0, 1.0, 3.0]),
    ([3.0, 10.0], [1.0, 1.0], [0.0, 0.0]),
    ([], [], []),
]


@exercise("06.7", wants=callable, correct="a queue forgets nothing: what is late makes the next one late")
def lateness(function: Callable[..., Any]) -> str | None:
    for arrivals, work, right in _QUEUES:
        case = f"for the arrivals {arrivals} with the work {work}"
        found = called(function, list(arrivals), list(work), wants=list)
        if len(found) != len(right):
            return f"{case} there are {len(found)} waits for {len(right)} messages"
        if any(unlike(each, float) for each in found):
            return f"{case} the waits should be numbers"
        if _near(found, right):
            continue
        if any(each < -1e-9 for each in found):
            return f"{case} a wait is negative: nobody starts before the message has come"
        if _near(found, [wait + seconds for wait, seconds in zip(right, work, strict=True)]):
            return f"{case} you count until the callback has ended; the wait is until it starts"
        if _near(found, [wait + arrival for wait, arrival in zip(right, arrivals, strict=True)]):
            return f"{case} these are the moments of the starts, not the waits"
        place = next(
            place for place, pair in enumerate(zip(found, right, strict=True)) if not _near([pair[0]], [pair[1]])
        )
        return f"{case} message {place} waits {right[place]:g} s, not {found[place]:g}"
    return None


def _near(found: Sequence[float], right: Sequence[float]) -> bool:
    return all(math.isclose(one, other, abs_tol=1e-9) for one, other in zip(found, right, strict=True))


choice(
    "06.8",
    right="c",
    correct="what a callback waits for, all messages wait for",
    wrong={
        "a": "that stops the cell only; another thread reads the messages",
        "b": "a second thread with a queue is the right place for long work",
        "d": "the main thread waits there, while the reading thread goes on and brings both",
    },
)


@exercise("06.9", wants=[callable, callable], correct="what comes back is what was put away")
def there_and_back(keep: Callable[..., Any], fetch: Callable[..., Any]) -> str | None:
    df = _few().sort_index()
    df["Average"] = [1 / 3, 2 / 3, 1e-9, math.nan, 5.0, 6.0, 7.0, 8.0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kept.csv"
        try:
            keep(df.copy(), str(path))
        except Exception as error:
            raise NotYet(f"keep stops with {type(error).__name__}; call it by hand to see where") from None
        if not path.is_file():
            return "after keep(df, path) there is no file at that path"
        if b"," not in path.read_bytes():
            return "the file isn't CSV: a text file with commas"
        found = called(fetch, str(path), wants=pd.DataFrame)
    if list(found.index.names) != ["symbol", "Date"]:
        return f"the index levels are {', '.join(map(str, found.index.names))} and should be symbol and Date"
    if not isinstance(found.index.levels[1], pd.DatetimeIndex):
        return "the dates in the index are text; they should be dates"
    if list(found.columns) != list(df.columns):
        return f"the columns are {', '.join(map(str, found.columns))} and were {', '.join(df.columns)}"
    if len(found) != len(df):
        return f"{len(df)} rows went in and {len(found)} came out"
    if list(found.index) != list(df.index):
        return "the rows don't come back in the same order"
    for column in df:
        if not all(_same(one, other) for one, other in zip(df[column], found[column], strict=True)):
            return f"the numbers of {column} aren't the same as before"
    return None


def _same(one: Any, other: Any) -> bool:
    if unlike(other, float):
        return False
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-12)
