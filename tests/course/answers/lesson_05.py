"""Answers to the exercises of lesson 05."""

from __future__ import annotations

from typing import Any

import ibnb
from tests.course.answers import with_app

TYPO = (
    "barSizeSetting '15 min' is not legal. Did you mean '15 mins'? Legal values: 1 secs, 5 secs, 10 secs, 15 secs, "
    "30 secs, 1 min, 2 mins, 3 mins, 4 mins, 5 mins, 10 mins, 15 mins, 20 mins, 30 mins, 1 hour, 2 hours, 3 hours."
)


def fund(app: Any, duration: str = "3 M", size: str = "1 day", **more: Any) -> Any:
    return app.getData(app.createContract("CSH2", "STK", "LSE", "GBP"), app.dataSettings(duration, size, **more))


def share(app: Any, symbol: str = "AAPL", duration: str = "1 W", size: str = "1 hour", **more: Any) -> Any:
    return app.getData(app.createContract(symbol), app.dataSettings(duration, size, **more))


def month(app: Any, *symbols: str) -> dict[str, Any]:
    return {symbol: share(app, symbol, "1 M", "1 day") for symbol in symbols or ("MSFT", "NFLX", "TSLA")}


def change(bars: Any) -> float:
    return float(bars["Close"].iloc[-1] / bars["Close"].iloc[0] - 1)


def loader(app: Any, unknown_as: Any = list, keep: Any = None, duration: str = "1 M") -> Any:
    def load(symbols: list[str]) -> Any:
        found, unknown = {}, []
        for symbol in symbols:
            try:
                found[symbol] = share(app, symbol, duration, "1 day")
            except ibnb.ContractNotFoundError:
                unknown.append(symbol)
                if keep is not None:
                    found[symbol] = keep
        return found, unknown_as(unknown)

    return load


def catches_all(app: Any, silently: bool = False) -> Any:
    def load(symbols: list[str]) -> Any:
        found, unknown = {}, []
        for symbol in symbols:
            try:
                found[symbol] = share(app, symbol, "1 M", "1 day")
            except Exception as error:
                if not silently or isinstance(error, ibnb.ContractNotFoundError):
                    unknown.append(symbol)
        return found, unknown

    return load


def resolves_first(app: Any) -> Any:
    def load(symbols: list[str]) -> Any:
        known, unknown = {}, []
        for symbol in symbols:
            try:
                known[symbol] = app.resolve(app.createContract(symbol))
            except ibnb.ContractNotFoundError:
                unknown.append(symbol)
        return {symbol: app.getData(each, app.dataSettings("1 M", "1 day")) for symbol, each in known.items()}, unknown

    return load


def one_table_each(app: Any) -> Any:
    def load(symbols: list[str]) -> Any:
        found, unknown = {}, []
        for symbol in symbols:
            try:
                found[symbol] = app.getDataMany([symbol], app.dataSettings("1 M", "1 day")).loc[symbol]
            except ibnb.ContractNotFoundError:
                unknown.append(symbol)
        return found, unknown

    return load


def stops(app: Any) -> Any:
    return lambda symbols: ({symbol: share(app, symbol, "1 M", "1 day") for symbol in symbols}, [])


def swapped(app: Any) -> dict[str, Any]:
    right = month(app)
    return {"MSFT": right["NFLX"], "NFLX": right["MSFT"], "TSLA": right["TSLA"]}


def best(frames: Any) -> str:
    return max(frames, key=lambda symbol: change(frames[symbol]))


RIGHT: list[Any] = [
    with_app(lambda app: ("05.1", fund(app), app)),
    ("05.2", change),
    ("05.2", lambda bars: bars["Close"].iat[-1] / bars["Close"].iat[0] - 1),
    ("05.3", TYPO),
    with_app(lambda app: ("05.5", share(app), "09:30", app)),
    with_app(lambda app: ("05.6", loader(app), app)),
    with_app(lambda app: ("05.6", resolves_first(app), app)),
    with_app(lambda app: ("05.6", one_table_each(app), app)),
    with_app(lambda app: ("05.7", month(app), app)),
    ("05.8", best),
]
WRONG: list[Any] = [
    (with_app(lambda app: ("05.1", fund(app).rename_axis("date"), app)), "named Date"),
    (with_app(lambda app: ("05.1", fund(app)[::-1], app)), "aren't in order"),
    (with_app(lambda app: ("05.1", fund(app, "1 M"), app)), "rows from"),
    (with_app(lambda app: ("05.1", fund(app)[["Close"]], app)), "first columns"),
    (with_app(lambda app: ("05.1", fund(app) / 100, app)), "in pounds"),
    (with_app(lambda app: ("05.1", share(app, "AAPL", "3 M", "1 day"), app)), "another instrument|rows from"),
    (with_app(lambda app: ("05.1", fund(app, whatToShow="BID"), app)), "another whatToShow"),
    (with_app(lambda app: ("05.1", fund(app, size="1 hour"), app)), "carry times"),
    (with_app(lambda app: ("05.1", fund(app)[:0], app)), "the table is empty"),
    (with_app(lambda app: ("05.1", fund(app)["Close"], app)), r"\(Series\), a table"),
    (with_app(lambda app: ("05.1", app.dataSettings("3 M", "1 day"), app)), "a dictionary, a table"),
    (("05.2", lambda bars: change(bars) * 100), "in percent"),
    (("05.2", lambda bars: change(bars) + 1), "is the ratio"),
    (("05.2", lambda bars: bars["Close"].iloc[-1] - bars["Close"].iloc[0]), "difference in money"),
    (("05.2", lambda bars: bars["Close"].iloc[0] / bars["Close"].iloc[-1] - 1), "goes backwards"),
    (("05.2", lambda bars: abs(change(bars))), "the sign matters"),
    (("05.2", lambda bars: change(bars.assign(Close=bars["Open"]))), "and it says 0"),
    (("05.2", lambda bars: bars["Close"][-1] / bars["Close"][0] - 1), "stops with KeyError"),
    (("05.2", lambda bars: f"{change(bars):.1%}"), "a text, a number is wanted"),
    (("05.2", lambda bars: bars["Close"].pct_change()), "a number is wanted"),
    (("05.2", lambda bars: print(end="")), "your function returned None"),
    (("05.3", "no"), "names the legal bar sizes"),
    (("05.3", "15 mins"), "that of the exception, whole"),
    (("05.3", ""), "the text is empty"),
    (("05.3", ValueError(TYPO)), "this is an exception, a text is wanted"),
    (("05.3", TYPO.replace("'15 min'", "'15 minutes'")), "another mistake"),
    (("05.3", TYPO[:60]), "whole"),
    (("05.3", None), "this is None, a text is wanted"),
    (("05.3", ["15 mins"]), "this is a list, a text is wanted"),
    (with_app(lambda app: ("05.5", share(app, size="5 mins"), "09:30", app)), "another size"),
    (with_app(lambda app: ("05.5", share(app, "MSFT"), "09:30", app)), "another instrument"),
    (with_app(lambda app: ("05.5", share(app, useRTH=0), "04:00", app)), "rows from"),
    (with_app(lambda app: ("05.5", share(app, duration="1 D"), "09:30", app)), "rows from"),
    (with_app(lambda app: ("05.5", share(app, size="1 day"), "09:30", app)), "carry no zone"),
    (with_app(lambda app: ("05.5", share(app).tz_localize(None), "09:30", app)), "carry no zone"),
    (with_app(lambda app: ("05.5", share(app).tz_convert("UTC"), "13:30", app)), "and is UTC"),
    (with_app(lambda app: ("05.5", share(app), "13:30", app)), "doesn't begin at '13:30'"),
    (with_app(lambda app: ("05.5", share(app), "9:30", app)), "two digits"),
    (with_app(lambda app: ("05.5", share(app), "09:30:00", app)), "hours and minutes are enough"),
    (with_app(lambda app: ("05.5", share(app), 9.5, app)), "a number, a text is wanted"),
    (with_app(lambda app: ("05.5", share(app), share(app).index[0], app)), "a point in time, a text is wanted"),
    (with_app(lambda app: ("05.6", stops(app), app)), "your function stops with ContractNotFoundError"),
    (with_app(lambda app: ("05.6", lambda symbols: loader(app)(symbols)[0], app)), "a dictionary, a tuple is wanted"),
    (with_app(lambda app: ("05.6", lambda symbols: loader(app)(symbols)[::-1], app)), "the first of the two is a list"),
    (with_app(lambda app: ("05.6", loader(app, keep=3), app)), "should have tables of KO and IBM, and of no others"),
    (with_app(lambda app: ("05.6", lambda symbols: (loader(app)(symbols)[0], []), app)), "the unknown should be"),
    (with_app(lambda app: ("05.6", loader(app, unknown_as=len), app)), "the second is a whole number"),
    (with_app(lambda app: ("05.6", loader(app, duration="3 M"), app)), "in KO's table, it has"),
    (with_app(lambda app: ("05.6", lambda symbols: None, app)), "your function returned None"),
    (with_app(lambda app: ("05.6", loader(app)(["KO"]), app)), "a tuple, a function is wanted"),
    (with_app(lambda app: ("05.6", catches_all(app), app)), "connection is lost, KO counts as unknown"),
    (with_app(lambda app: ("05.6", catches_all(app, silently=True), app)), "KO goes missing without a word"),
    (with_app(lambda app: ("05.7", swapped(app), app)), "in MSFT's table, the prices are those of another"),
    (with_app(lambda app: ("05.7", month(app, "MSFT", "NFLX"), app)), "the keys should be"),
    (with_app(lambda app: ("05.7", month(app, "MSFT", "NFLX", "TSLA", "KO"), app)), "the keys should be"),
    (
        with_app(lambda app: ("05.7", dict.fromkeys(("MSFT", "NFLX", "TSLA"), month(app, "TSLA")["TSLA"]), app)),
        "in MSFT",
    ),
    (with_app(lambda app: ("05.7", {s: share(app, s, "3 M", "1 day") for s in ("MSFT", "NFLX", "TSLA")}, app)), "rows"),
    (with_app(lambda app: ("05.7", {s: t["Close"] for s, t in month(app).items()}, app)), "under MSFT is a column"),
    (with_app(lambda app: ("05.7", list(month(app).values()), app)), "a list, a dictionary is wanted"),
    (
        with_app(lambda app: ("05.7", {s: share(app, s, "1 M", "1 hour") for s in ("MSFT", "NFLX", "TSLA")}, app)),
        "times",
    ),
    (
        ("05.8", lambda frames: max(frames, key=lambda s: frames[s]["Close"].iloc[-1])),
        "the best is CHEAP, and it says DEAR",
    ),
    (("05.8", lambda frames: min(frames, key=lambda s: change(frames[s]))), "and it says FALLS"),
    (("05.8", lambda frames: max(frames, key=lambda s: frames[s]["Close"].max())), "it says DEAR"),
    (("05.8", lambda frames: max(frames, key=lambda s: abs(change(frames[s])) + 0.001 * (s == "FALLS"))), "FALLS"),
    (("05.8", lambda frames: max(frames, key=lambda s: frames[s]["Close"].max() / frames[s]["Close"].iloc[0])), "is B"),
    (("05.8", lambda frames: max(change(table) for table in frames.values())), "a number, a text is wanted"),
    (("05.8", lambda frames: frames[best(frames)]), "a table .* a text is wanted"),
    (("05.8", lambda frames: best(frames).lower()), "one of the symbols is wanted"),
    (("05.8", lambda frames: print(end="")), "returned None"),
]
