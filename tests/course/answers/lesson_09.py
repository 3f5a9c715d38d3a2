"""Answers to the exercises of lesson 09."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import Any

import pandas as pd

from tests.course.answers import with_app

NAMES = ("streamBars", "streamRealTimeBars", "streamTicks")


def counts(app: Any, symbol: str = "KO", kind: str = "AllLast", pause: str = "1 min", open_too: bool = False) -> Any:
    streams = [
        app.streamBars(symbol, app.dataSettings("1800 S", "1 min")),
        app.streamRealTimeBars(symbol),
        app.streamTicks(symbol, kind),
    ]
    for each in streams:
        each.__enter__()
    app.sleep(pause)
    found = {name: len(each.waiting()) for name, each in zip(NAMES, streams, strict=True)}
    for each in streams[open_too:]:
        each.__exit__(None, None, None)
    return found


def twelve(app: Any, number: int = 12, symbol: str = "MSFT", leave: bool = True) -> pd.DataFrame:
    stream = app.streamRealTimeBars(symbol)
    with stream as bars:
        for _ in range(number):
            bars.next()
        frame = bars.df
    if not leave:
        app.streamRealTimeBars(symbol).__enter__()
    return frame


def one(frame: pd.DataFrame, **changes: Any) -> dict[str, Any]:
    return {
        "Open": frame["Open"].iloc[0],
        "High": frame["High"].max(),
        "Low": frame["Low"].min(),
        "Close": frame["Close"].iloc[-1],
        "Volume": frame["Volume"].sum(),
        **{name: change(frame) for name, change in changes.items()},
    }


def both(app: Any, frame: pd.DataFrame, **changes: Any) -> Any:
    return frame, one(frame, **changes), app


def trim(rows: Any, now: float, seconds: float) -> Any:
    return [(time, price) for time, price in rows if time >= now - seconds and price == price]


def in_place(rows: Any, now: float, seconds: float) -> Any:
    while rows and rows[0][0] < now - seconds:
        rows.pop(0)
    return [pair for pair in rows if pair[1] == pair[1]]


class Window:
    """The right one; the faults are made by subclasses."""

    def __init__(self, length: Any) -> None:
        self.length, self.rows, self.first = length, deque[Any](), None

    def add(self, time: Any, price: float) -> None:
        if price != price:
            return
        self.first = time if self.first is None else self.first
        self.rows.append((time, price))
        self.trim(time)

    def trim(self, time: Any) -> None:
        while self.rows[0][0] < time - self.length:
            self.rows.popleft()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def full(self) -> Any:
        return self.rows[-1][0] - self.first >= self.length

    @property
    def low(self) -> Any:
        return min(price for _, price in self.rows)

    @property
    def high(self) -> Any:
        return max(price for _, price in self.rows)


class Endless(Window):
    def trim(self, time: Any) -> None:
        pass


class WithNan(Window):
    def add(self, time: Any, price: float) -> None:
        self.first = time if self.first is None else self.first
        self.rows.append((time, price))
        self.trim(time)


class FullFromNan(Window):
    """The time of the first NaN counts as that of the first price."""

    def add(self, time: Any, price: float) -> None:
        self.first = time if self.first is None else self.first
        super().add(time, price)


class Overfed(Window):
    """Stops at a NaN that finds the window empty."""

    def add(self, time: Any, price: float) -> None:
        self.rows or self.rows[0]
        super().add(time, price)


class OnlyWhenExpired(Window):
    """B4-06: full is what has just been trimmed."""

    just = False

    def trim(self, time: Any) -> None:
        self.just = self.rows[0][0] < time - self.length
        super().trim(time)

    @property
    def full(self) -> Any:
        return self.just


class ByRows(Window):
    def trim(self, time: Any) -> None:
        while len(self.rows) > 60:
            self.rows.popleft()


class AlwaysFull(Window):
    @property
    def full(self) -> Any:
        return True


class Method(Window):
    def low(self) -> Any:  # type: ignore[override]
        return 1


class Swapped(Window):
    @property
    def low(self) -> Any:
        return max(price for _, price in self.rows)


class Strict(Window):
    def trim(self, time: Any) -> None:
        while self.rows[0][0] <= time - self.length:
            self.rows.popleft()


class Hoarder(Window):
    def __init__(self, length: Any) -> None:
        super().__init__(length)
        self.all: list[Any] = []

    def add(self, time: Any, price: float) -> None:
        self.all.append(price)
        super().add(time, price)


class Guide(Window):
    """B4-02: a price minus a time."""

    def trim(self, time: Any) -> None:
        self.rows[-1][1] - self.length


class NoAdd:
    def __init__(self, length: Any) -> None:
        pass


def watch(app: Any, symbol: str, count: int, report: Any) -> Any:
    closes = []
    with app.streamRealTimeBars(symbol) as bars:
        while len(closes) < count:
            bar = bars.next()
            report(bar.Close)
            closes.append(bar.Close)
    return closes


def left_open(app: Any, symbol: str, count: int, report: Any) -> Any:
    bars = app.streamRealTimeBars(symbol).__enter__()
    closes = [bars.next().Close for _ in range(count)]
    for close in closes:
        report(close)
    return closes


def left_open_when_it_fails(app: Any, symbol: str, count: int, report: Any) -> Any:
    stream = app.streamRealTimeBars(symbol)
    bars = stream.__enter__()
    closes = []
    for _ in range(count):
        closes.append(bars.next().Close)
        report(closes[-1])
    stream.__exit__(None, None, None)
    return closes


def silent(app: Any, symbol: str, count: int, report: Any) -> Any:
    return watch(app, symbol, count, lambda close: None)


def whole_bars(app: Any, symbol: str, count: int, report: Any) -> Any:
    found = []
    with app.streamRealTimeBars(symbol) as bars:
        for _ in range(count):
            found.append(bars.next())
            report(found[-1].Close)
    return found


def swallowed(app: Any, symbol: str, count: int, report: Any) -> Any:
    found: list[float] = []
    with app.streamRealTimeBars(symbol) as bars, suppress(RuntimeError):
        while len(found) < count:
            found.append(bars.next().Close)
            report(found[-1])
    return found


def decide(window: Any, price: float, share: float) -> Any:
    if not window.full or not price > 0:
        return ""
    if price > window.low * (1 + share):
        return "up"
    return "down" if price < window.high * (1 - share) else ""


RIGHT: list[Any] = [
    with_app(lambda app: ("09.2", counts(app), app)),
    with_app(lambda app: ("09.3", *both(app, twelve(app)))),
    with_app(lambda app: ("09.3", *both(app, twelve(app), Open=lambda frame: float(frame["Open"].iloc[0])))),
    ("09.4", trim),
    ("09.4", lambda rows, now, seconds: [row for row in rows if now - row[0] <= seconds and row[1] == row[1]]),
    ("09.5", Window),
    with_app(lambda app: ("09.7", watch, app)),
    with_app(lambda app: ("09.7", swallowed, app)),
    ("09.8", decide),
]

WRONG: list[Any] = [
    (with_app(lambda app: ("09.2", counts(app, "AAPL"), app)), "no request from streamBars for KO"),
    (with_app(lambda app: ("09.2", counts(app, kind="Last"), app)), "of the kind Last"),
    (with_app(lambda app: ("09.2", counts(app, pause="30 s"), app)), "streamRealTimeBars has 6"),
    (with_app(lambda app: ("09.2", counts(app, pause="5 min"), app)), "streamRealTimeBars has 60"),
    (with_app(lambda app: ("09.2", counts(app, open_too=True), app)), "streamBars is still open"),
    (with_app(lambda app: ("09.2", dict(zip(NAMES, (12, 12, 400), strict=True)), app)), "got no request"),
    (with_app(lambda app: ("09.2", {**counts(app), "streamTicks": 12}, app)), "many more trades"),
    (with_app(lambda app: ("09.2", {"bars": 12}, app)), "the keys should be"),
    (with_app(lambda app: ("09.2", list(counts(app).values()), app)), "a list, a dictionary"),
    (with_app(lambda app: ("09.2", dict.fromkeys(counts(app), "12"), app)), "a whole number"),
    (with_app(lambda app: ("09.3", *both(app, twelve(app, 11)))), "11 rows"),
    (with_app(lambda app: ("09.3", *both(app, twelve(app, symbol="KO")))), "no request .* of MSFT"),
    (with_app(lambda app: ("09.3", *both(app, twelve(app, leave=False)))), "still open"),
    (with_app(lambda app: ("09.3", *both(app, twelve(app), High=lambda frame: frame["High"].iloc[0] - 1))), "High is"),
    (
        with_app(lambda app: ("09.3", *both(app, twelve(app), Close=lambda frame: frame["Close"].mean() + 1))),
        "Close is",
    ),
    (
        with_app(lambda app: ("09.3", *both(app, twelve(app), Volume=lambda frame: frame["Volume"].iloc[-1]))),
        "Volume is",
    ),
    (with_app(lambda app: ("09.3", *both(app, twelve(app), Low=lambda frame: frame["Low"]))), "Low should be a number"),
    (with_app(lambda app: ("09.3", *both(app, twelve(app), Average=lambda frame: 1))), "should have the keys"),
    (with_app(lambda app: ("09.3", (frame := twelve(app)), tuple(one(frame).values()), app)), "a tuple, a dictionary"),
    (with_app(lambda app: ("09.3", *both(app, twelve(app).reset_index()))), "no time in their index"),
    (with_app(lambda app: ("09.3", twelve(app) * 0.5, one(twelve(app)), app)), "aren't those of MSFT"),
    (
        ("09.4", lambda rows, now, seconds: [row for row in rows if row[0] > now - seconds and row[1] == row[1]]),
        "exactly",
    ),
    (("09.4", lambda rows, now, seconds: [row for row in rows if row[0] >= now - seconds]), "at 250 is NaN"),
    (("09.4", lambda rows, now, seconds: [row[1] for row in trim(rows, now, seconds)]), "a list of pairs"),
    (("09.4", lambda rows, now, seconds: trim(rows, now, seconds * 60)), "pairs should be left in order"),
    (("09.4", in_place), "has changed"),
    (("09.4", lambda rows, now, seconds: trim(rows, now, seconds)[::-1]), "in order"),
    (("09.4", lambda rows, now, seconds: trim(rows, rows[-1][0], seconds)), "should be left in order"),
    (("09.4", lambda rows, now, seconds: None), "returned None"),
    (("09.4", lambda rows, now, seconds: iter(trim(rows, now, seconds))), "a list is wanted"),
    (("09.5", Endless), "are at most five minutes old|is right"),
    (("09.5", WithNan), "is right|at most five minutes old"),
    (("09.5", FullFromNan), "full is True, and False is right .*a NaN four minutes before"),
    (("09.5", Overfed), "stops at a NaN that comes before any price .IndexError"),
    (("09.5", OnlyWhenExpired), "full is False, and True is right"),
    (("09.5", ByRows), "is right|at most five minutes old"),
    (("09.5", AlwaysFull), "full is True, and False is right"),
    (("09.5", Method), "low is a method"),
    (("09.5", Swapped), "low is .* is right"),
    (("09.5", Strict), "is right|at most five minutes old"),
    (("09.5", Hoarder), "keeps old prices in all"),
    (("09.5", Guide), "stops after 1 prices .TypeError"),
    (("09.5", NoAdd), "no method add"),
    (("09.5", lambda: None), "stops with TypeError"),
    (with_app(lambda app: ("09.7", left_open, app)), "was still open|was finished a stream"),
    (with_app(lambda app: ("09.7", left_open_when_it_fails, app)), "after your function failed a stream"),
    (with_app(lambda app: ("09.7", silent, app)), "report should be called once"),
    (with_app(lambda app: ("09.7", whole_bars, app)), "three closes"),
    (with_app(lambda app: ("09.7", lambda *args: watch(*args)[:2], app)), "returned 2 things"),
    (with_app(lambda app: ("09.7", lambda app, _, *rest: watch(app, "KO", *rest), app)), "of the symbol that"),
    (with_app(lambda app: ("09.7", lambda *args: None, app)), "returned None"),
    (with_app(lambda app: ("09.7", lambda *args: [1.0, 2.0, 3.0], app)), "should get a request"),
    (("09.8", lambda window, price, share: decide(window._replace(full=True), price, share)), "the window isn't full"),
    (("09.8", lambda window, price, share: decide(window, price, 0.05)), "share is 0.02"),
    (("09.8", lambda window, price, share: decide(window, price, share / 100)), "less than 5 %"),
    (("09.8", lambda window, price, share: decide(window._replace(low=window.high), price, share)), "lowest price"),
    (
        ("09.8", lambda window, price, share: {"up": "down", "down": "up"}.get(decide(window, price, share), "")),
        "'down'",
    ),
    (
        ("09.8", lambda window, price, share: "down" if window.full and price < window.high * 0.95 else ""),
        "'' instead of 'up'",
    ),
    (("09.8", lambda window, price, share: decide(window, price if price > 0 else 95.0, share)), "isn't a price"),
    (("09.8", lambda window, price, share: decide(window, price, share) or None), "returned None"),
    (("09.8", lambda window, price, share: decide(window, price, share) == "up"), "True or False, a text is wanted"),
]
