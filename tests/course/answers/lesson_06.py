"""Answers to the exercises of lesson 06."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

import ibnb
from tests.course.answers import with_app


class Collector(ibnb.IBApp):
    def __init__(self) -> None:
        super().__init__()
        self.bars: dict[int, Any] = {}
        self.ended: set[int] = set()

    def historicalData(self, reqId: int, bar: Any) -> None:
        self.bars.setdefault(reqId, []).append(bar.close)

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
        self.ended.add(reqId)


class Shared(ibnb.IBApp):
    bars: dict[int, Any] = {}  # noqa: RUF012
    ended: set[int] = set()  # noqa: RUF012

    historicalData = Collector.historicalData
    historicalDataEnd = Collector.historicalDataEnd


class NoEnds(ibnb.IBApp):
    def __init__(self) -> None:
        super().__init__()
        self.bars: dict[int, Any] = {}

    historicalData = Collector.historicalData


class OneList(Collector):
    def historicalData(self, reqId: int, bar: Any) -> None:
        self.bars.setdefault(1, []).append(bar.close)


class AllInEach(Collector):
    def historicalData(self, reqId: int, bar: Any) -> None:
        rows = next(iter(self.bars.values()), [])
        rows.append(bar.close)
        self.bars[reqId] = rows


class Opens(Collector):
    def historicalData(self, reqId: int, bar: Any) -> None:
        self.bars.setdefault(reqId, []).append(bar.open)


class WholeBars(Collector):
    def historicalData(self, reqId: int, bar: Any) -> None:
        self.bars.setdefault(reqId, []).append(bar)


class LastOnly(Collector):
    def historicalData(self, reqId: int, bar: Any) -> None:
        self.bars[reqId] = [bar.close]


class NeverEnds(Collector):
    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
        pass


class TooEarly(Collector):
    def reqHistoricalData(self, reqId: Any, *given: Any) -> None:
        self.ended.add(reqId)
        super().reqHistoricalData(reqId, *given)


class WantsSymbols(Collector):
    def __init__(self, symbols: Any) -> None:
        super().__init__()
        self.symbols = symbols


class EndsInAList(Collector):
    def __init__(self) -> None:
        super().__init__()
        self.ended: Any = []

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
        self.ended.append(reqId)


def load(session: Any, symbols: Any, duration: str = "1 M") -> Any:
    return session.getDataMany(symbols, session.dataSettings(duration, "1 day"))


def one_by_one(session: Any, symbols: Any, **given: Any) -> Any:
    month = session.dataSettings("1 M", "1 day")
    return pd.concat({symbol: session.getData(symbol, month, **given) for symbol in symbols}, names=["symbol", "Date"])


def start_at_100(df: Any) -> Any:
    wide = df["Close"].unstack("symbol")
    return wide / wide.iloc[0] * 100


def scaled_in_place(df: Any) -> Any:
    df["Close"] = df.groupby(level="symbol")["Close"].transform(lambda close: close / close.iloc[0] * 100)
    return df["Close"].unstack("symbol")


def paced(n: int, limit: int, window: float) -> list[float]:
    times: list[float] = []
    for i in range(n):
        times.append(0.0 if i < limit else times[i - limit] + window)
    return times


def twice(
    session: Any, symbol: str, wait: str = "16 s", bars: str = "30 secs", spans: Any = ("1800 S", "1800 S")
) -> Any:
    first = session.getData(symbol, session.dataSettings(spans[0], bars))
    session.sleep(wait)
    return first, session.getData(symbol, session.dataSettings(spans[1], bars))


def with_pacing(session: Any, symbol: str) -> Any:
    session.pacing.on = True
    settings = session.dataSettings("1800 S", "30 secs")
    return session.getData(symbol, settings), session.getData(symbol, settings)


def asked_once(session: Any, symbol: str) -> Any:
    found = session.getData(symbol, session.dataSettings("1800 S", "30 secs"))
    return found, found.copy()


def tries_again(session: Any, symbol: str) -> Any:
    settings = session.dataSettings("1800 S", "30 secs")
    first = session.getData(symbol, settings)
    while True:
        try:
            return first, session.getData(symbol, settings)
        except ibnb.PacingError:
            session.sleep("5 s")


def lateness(arrivals: Any, work: Any, free: float = 0.0) -> list[float]:
    waits = []
    for arrival, seconds in zip(arrivals, work, strict=True):
        start = max(arrival, free)
        waits.append(start - arrival)
        free = start + seconds
    return waits


def forgets(arrivals: Any, work: Any) -> list[float]:
    ends = [arrival + seconds for arrival, seconds in zip(arrivals, work, strict=True)]
    return [0.0, *(max(0.0, end - arrival) for end, arrival in zip(ends, arrivals[1:], strict=False))][: len(arrivals)]


def from_zero(arrivals: Any, work: Any) -> list[float]:
    waits, free = [], 0.0
    for arrival, seconds in zip(arrivals, work, strict=True):
        waits.append(free - arrival)
        free = max(free, arrival) + seconds
    return waits


def plus(arrivals: Any, work: Any, more: Any) -> list[float]:
    return [wait + each for wait, each in zip(lateness(arrivals, work), more, strict=True)]


def keep(df: Any, path: str) -> None:
    df.to_csv(path)


def fetch(path: str, **given: Any) -> Any:
    return pd.read_csv(path, **{"index_col": ["symbol", "Date"], "parse_dates": ["Date"], **given})


RIGHT: list[Any] = [
    with_app(lambda app: ("06.2", Collector, app)),
    with_app(lambda app: ("06.3", load, app)),
    ("06.4", start_at_100),
    ("06.5", paced),
    with_app(lambda app: ("06.6", twice, app)),
    with_app(lambda app: ("06.6", with_pacing, app)),
    ("06.7", lateness),
    ("06.7", lambda arrivals, work: lateness(arrivals, work, free=float("-inf"))),
    ("06.9", keep, fetch),
]
WRONG: list[Any] = [
    (with_app(lambda app: ("06.2", OneList, app)), "no list for the request 61"),
    (with_app(lambda app: ("06.2", AllInEach, app)), "holds 15 rows, and 5 were sent"),
    (with_app(lambda app: ("06.2", Opens, app)), "isn't that of AAPL's closing prices"),
    (with_app(lambda app: ("06.2", WholeBars, app)), "which are numbers"),
    (with_app(lambda app: ("06.2", LastOnly, app)), "isn't that of AAPL's closing prices"),
    (with_app(lambda app: ("06.2", NeverEnds, app)), r"ended is \[\]"),
    (with_app(lambda app: ("06.2", TooEarly, app)), "before any answer was complete"),
    (with_app(lambda app: ("06.2", WantsSymbols, app)), r"super\(\).__init__\(\)"),
    (with_app(lambda app: ("06.2", EndsInAList, app)), "the attribute ended is a list"),
    (with_app(lambda app: ("06.2", dict, app)), "a subclass of ibnb.IBApp"),
    (with_app(lambda app: ("06.2", ibnb.IBApp, app)), "no attribute bars"),
    (with_app(lambda app: ("06.2", NoEnds, app)), "no attribute ended"),
    (with_app(lambda app: ("06.2", Shared, app)), "bars belongs to the class"),
    (with_app(lambda app: ("06.3", one_by_one, app)), "let the waits overlap"),
    (with_app(lambda app: ("06.3", lambda *given: one_by_one(*given, req_id=7), app)), "the id 7 was used for 50"),
    (
        with_app(lambda app: ("06.3", lambda session, symbols: load(session, symbols[:-1]), app)),
        "1 symbols? .* missing",
    ),
    (
        with_app(lambda app: ("06.3", lambda session, symbols: load(session, symbols, "3 M"), app)),
        "about 21 trading days",
    ),
    (with_app(lambda app: ("06.3", lambda *given: load(*given).reset_index(), app)), "index levels should be"),
    (with_app(lambda app: ("06.3", lambda *given: dict(list(load(*given).groupby(level=0))), app)), "is a dictionary"),
    (with_app(lambda app: ("06.3", lambda session, symbols: load(app, symbols), app)), "the gateway was never asked"),
    (("06.4", lambda df: start_at_100(df) / 100), "begins with 1;"),
    (("06.4", lambda df: start_at_100(df) - 100), "begin with 0"),
    (("06.4", lambda df: df["Close"].unstack("symbol")), "begins with 1200|begins with 50"),
    (("06.4", lambda df: df["Open"].unstack("symbol") / df["Open"].unstack("symbol").iloc[0] * 100), "closing prices"),
    (("06.4", lambda df: start_at_100(df).T), "one column for each symbol"),
    (("06.4", lambda df: start_at_100(df)[::-1]), "in the order of the dates"),
    (("06.4", scaled_in_place), "has been changed"),
    (("06.4", lambda df: df["Close"] / df["Close"].iloc[0] * 100), "is a column of a table"),
    (("06.5", lambda n, limit, window: [i * window / limit for i in range(n)]), "later than need be"),
    (("06.5", lambda n, limit, window: [0.0] * n), "7 requests leave within 2 seconds"),
    (("06.5", lambda n, limit, window: [i // (limit + 1) * window for i in range(n)]), "6 requests leave within"),
    (("06.5", lambda n, limit, window: paced(n, limit, window)[::-1]), "never go back"),
    (("06.5", lambda n, limit, window: paced(n + 1, limit, window)), "has 8 times"),
    (("06.5", lambda n, limit, window: [str(time) for time in paced(n, limit, window)]), "should be numbers"),
    (("06.5", lambda n, limit, window: tuple(paced(n, limit, window))), "is a tuple"),
    (("06.5", lambda n, limit, window: [time + 1 for time in paced(n, limit, window)]), "later than need be"),
    (
        with_app(lambda app: ("06.6", lambda *given: twice(*given, wait="10 s"), app)),
        "162.*less than 15 s after the first",
    ),
    (with_app(lambda app: ("06.6", tries_again, app)), "TWS complained once"),
    (with_app(lambda app: ("06.6", asked_once, app)), "asked 1 times"),
    (with_app(lambda app: ("06.6", lambda *given: twice(*given, bars="1 min"), app)), "asked 0 times"),
    (
        with_app(lambda app: ("06.6", lambda *given: twice(*given, wait="0 s", spans=("1800 S", "1770 S")), app)),
        "durations differ",
    ),
    (with_app(lambda app: ("06.6", lambda *given: twice(*given, spans=("900 S", "900 S")), app)), "request says 900 S"),
    (with_app(lambda app: ("06.6", lambda *given: twice(*given, wait="5 min"), app)), "a little more than 15"),
    (with_app(lambda app: ("06.6", lambda *given: twice(*given)[0], app)), "is a table"),
    (with_app(lambda app: ("06.6", lambda *given: (*twice(*given), 1), app)), "two tables should come back"),
    (("06.7", forgets), "message 2 waits 1 s"),
    (("06.7", from_zero), "a wait is negative"),
    (("06.7", lambda arrivals, work: plus(arrivals, work, work)), "until the callback has ended"),
    (("06.7", lambda arrivals, work: plus(arrivals, work, arrivals)), "moments of the starts"),
    (("06.7", lambda arrivals, work: lateness(arrivals, work)[1:]), "2 waits for 3 messages"),
    (("06.7", lambda arrivals, work: sum(lateness(arrivals, work))), "is a number"),
    (("06.7", lambda arrivals, work: [f"{wait:.1f}" for wait in lateness(arrivals, work)]), "should be numbers"),
    (("06.9", keep, lambda path: pd.read_csv(path)), "index levels are None"),
    (("06.9", keep, lambda path: fetch(path, parse_dates=False)), "dates in the index are text"),
    (("06.9", keep, lambda path: fetch(path, usecols=["symbol", "Date", "Close"])), "the columns are Close"),
    (("06.9", lambda df, path: df.round(2).to_csv(path), fetch), "numbers of Average"),
    (("06.9", lambda df, path: df.head(5).to_csv(path), fetch), "8 rows went in and 5 came out"),
    (("06.9", lambda df, path: df[::-1].to_csv(path), fetch), "the same order"),
    (("06.9", lambda df, path: df.to_pickle(path), pd.read_pickle), "isn't CSV"),
    (("06.9", lambda df, path: None, fetch), "no file at that path"),
    (("06.9", lambda df, path: Path(path).write_text("a,b\n1,2\n"), fetch), "stops with ValueError"),
]
