"""Answers to the exercises of lesson 14."""

from __future__ import annotations

from typing import Any

import pandas as pd

import ibnb
from tests.course.answers import with_app

BOTH = {"priceAbove": 10, "avgVolumeAbove": 1_000_000}


def tops(app: Any, test: Any = str.startswith) -> int:
    return sum(test(code, "TOP") for code in app.getScannerParameters("scanCodes").index)


def five(app: Any, code: str = "MOST_ACTIVE", rows: int = 5, **filters: Any) -> pd.DataFrame:
    return app.getScan(code, numberOfRows=rows, **(filters or BOTH))


def tags(text: Any = str, order: int = 1, make: Any = ibnb.TagValue) -> Any:
    def function(**limits: Any) -> Any:
        return [make(code, text(value)) for code, value in list(limits.items())[::order]]

    return function


def by_hand(
    app: Any,
    answer: Any = lambda ranked: ranked,
    reqId: int = 7002,
    code: str = "TOP_PERC_LOSE",
    rows: int = 3,
    place: str = "STK.US.MAJOR",
    cancel: bool = True,
) -> tuple[Any, Any]:
    wanted = ibnb.ScannerSubscription()
    wanted.instrument, wanted.locationCode, wanted.scanCode, wanted.numberOfRows = "STK", place, code, rows
    app.reqScannerSubscription(reqId, wanted, [], [])
    app.sleep(1)
    if cancel:
        app.cancelScannerSubscription(reqId)
        app.sleep(1)
    return answer(list(app.getScan(code, locationCode=place, numberOfRows=rows)["symbol"])), app


def numbered(skip: bool = True, step: int = 1, turned: bool = False, most: int = 99) -> Any:
    def function(contracts: Any, first: int, taken: Any) -> Any:
        ids: dict[Any, Any] = {}
        number = first
        for contract in contracts[:most]:
            while skip and number in taken:
                number += 1
            ids[number] = contract
            number += step
        return {contract: number for number, contract in ids.items()} if turned else ids

    return function


def by_rank(contracts: Any, first: int, taken: Any) -> Any:
    return {first + rank: contract for rank, contract in enumerate(contracts)}


def remember(positions: Any, symbols: Any) -> Any:
    for symbol in symbols:
        positions.setdefault(symbol, 0)
    return positions


def zeroes(positions: Any, symbols: Any) -> Any:
    for symbol in symbols:
        positions[symbol] = 0
    return positions


def only_the_scan(positions: Any, symbols: Any) -> Any:
    return {symbol: positions.get(symbol, 0) for symbol in symbols}


def a_copy(positions: Any, symbols: Any) -> Any:
    return {**dict.fromkeys(symbols, 0), **positions}


def forgets_it(positions: Any, symbols: Any) -> Any:
    remember(positions, symbols)


def nothing_new(positions: Any, symbols: Any) -> Any:
    return positions


def ones(positions: Any, symbols: Any) -> Any:
    for symbol in symbols:
        positions.setdefault(symbol, 1)
    return positions


def change(close: Any) -> float:
    return float(close.iloc[-10:].iloc[-1] / close.iloc[-10:].iloc[0] - 1)


def changes(app: Any, of: Any = change, code: str = "MOST_ACTIVE", shown: Any = lambda series: series) -> Any:
    active = app.getScan(code, numberOfRows=5)
    daily = app.getDataMany(list(active["symbol"]), app.dataSettings("1 M", "1 day"))
    return shown(pd.Series({symbol: of(daily.loc[symbol]["Close"]) for symbol in active["symbol"]}))


def made_up(app: Any) -> Any:
    return pd.Series(0.01, index=list(app.getScan(numberOfRows=5)["symbol"]))


RIGHT: list[Any] = [
    with_app(lambda app: ("14.2", tops(app), app)),
    with_app(lambda app: ("14.3", five(app), app)),
    with_app(lambda app: ("14.3", five(app, abovePrice=10, avgVolumeAbove=1_000_000), app)),
    ("14.4", tags()),
    with_app(lambda app: ("14.6", *by_hand(app))),
    ("14.7", numbered()),
    ("14.8", remember),
    with_app(lambda app: ("14.9", changes(app), app)),
]

WRONG: list[Any] = [
    (with_app(lambda app: ("14.2", len(app.getScannerParameters()), app)), "these are all scan codes"),
    (with_app(lambda app: ("14.2", str(tops(app)), app)), "this is a text, a whole number is wanted"),
    (with_app(lambda app: ("14.2", 0, app)), "0 is not the number"),
    (with_app(lambda app: ("14.2", tops(app) + 1, app)), "is not the number"),
    (with_app(lambda app: ("14.2", float(tops(app)), app)), "a whole number is wanted"),
    (with_app(lambda app: ("14.2", True, app)), "True or False"),
    (with_app(lambda app: ("14.2", ["TOP"], app)), "a list"),
    (with_app(lambda app: ("14.3", five(app, rows=10), app)), "five rows are wanted, and these are 10"),
    (with_app(lambda app: ("14.3", five(app, "TOP_PERC_GAIN"), app)), "TOP_PERC_GAIN, and the most active"),
    (with_app(lambda app: ("14.3", five(app, priceAbove=10), app)), "the filters that arrived are priceAbove 10;"),
    (
        with_app(lambda app: ("14.3", five(app, priceAbove=10, avgVolumeAbove=1000), app)),
        "avgVolumeAbove 1000[,;]",
    ),
    (with_app(lambda app: ("14.3", five(app, rows=20).head(5), app)), "wasn't asked for five"),
    (with_app(lambda app: ("14.3", five(app).iloc[::-1], app)), "not in the order of their ranks"),
    (with_app(lambda app: ("14.3", list(five(app)["symbol"]), app)), "this is a list, a table"),
    (with_app(lambda app: ("14.3", five(app)[["symbol"]], app)), "no columns symbol and conId"),
    (with_app(lambda app: ("14.3", pd.DataFrame(), app)), "no columns symbol and conId"),
    (("14.4", tags(text=lambda value: f"{value}.0")), "the value of priceAbove is '10.0', and '10' is wanted"),
    (("14.4", tags(text="{:_}".format)), "is '1_000_000', and '1000000' is wanted"),
    (("14.4", tags(order=-1)), "the order has changed"),
    (("14.4", tags(make=lambda code, value: (code, value))), "ibnb.TagValue objects"),
    (("14.4", tags(make=lambda code, value: ibnb.TagValue(value, code))), "the codes are 10"),
    (("14.4", lambda **limits: tags()(**limits)[:1]), "the codes are priceAbove"),
    (("14.4", lambda **limits: "priceAbove=10"), "a text"),
    (("14.4", lambda limits: []), "stops with TypeError"),
    (("14.4", lambda **limits: None), "your function returned None"),
    (with_app(lambda app: ("14.6", *by_hand(app, reqId=7003))), "no scan with the id 7002"),
    (with_app(lambda app: ("14.6", *by_hand(app, code="TOP_PERC_GAIN"))), "was TOP_PERC_GAIN"),
    (with_app(lambda app: ("14.6", *by_hand(app, rows=5))), "wasn't asked for three rows"),
    (with_app(lambda app: ("14.6", *by_hand(app, place="STK.NASDAQ"))), "STK in STK.NASDAQ"),
    (with_app(lambda app: ("14.6", *by_hand(app, cancel=False))), "no cancel for 7002"),
    (with_app(lambda app: ("14.6", *by_hand(app, lambda ranked: ranked[::-1]))), "not in the order of their ranks"),
    (with_app(lambda app: ("14.6", *by_hand(app, lambda ranked: ranked[:2]))), "2 are here, three are wanted"),
    (with_app(lambda app: ("14.6", *by_hand(app, lambda ranked: list(enumerate(ranked))))), "three texts"),
    (with_app(lambda app: ("14.6", *by_hand(app, " ".join))), "this is a text, a list is wanted"),
    (("14.7", by_rank), "the number 11 is given, and it is taken"),
    (("14.7", numbered(skip=False)), "the number 11 is given"),
    (("14.7", numbered(step=2)), "the result is"),
    (("14.7", numbered(turned=True)), "keys and values are swapped"),
    (("14.7", numbered(most=2)), "2 of 3 contracts have a number"),
    (("14.7", lambda contracts, first, taken: list(range(first, first + 3))), "a list, a dictionary is wanted"),
    (("14.7", lambda contracts, first, taken: numbered()(contracts[::-1], first, taken)), "the result is"),
    (("14.7", lambda contracts, first, taken: None), "returned None"),
    (("14.8", zeroes), "TSLA is 0 afterwards, and it was 100 before"),
    (("14.8", only_the_scan), "another dictionary comes back|IBM is None"),
    (("14.8", a_copy), "another dictionary comes back"),
    (("14.8", forgets_it), "returned None"),
    (("14.8", nothing_new), "NVDA isn't in the dictionary afterwards"),
    (("14.8", ones), "the result is"),
    (("14.8", lambda positions, symbols: list(symbols)), "a list, a dictionary is wanted"),
    (with_app(lambda app: ("14.9", changes(app, lambda close: change(close) * 100), app)), "this is percent"),
    (with_app(lambda app: ("14.9", changes(app, lambda close: 1 + change(close)), app)), "the 1 is missing"),
    (with_app(lambda app: ("14.9", changes(app, lambda c: c.iloc[-1] - c.iloc[-10]), app)), "difference in dollars"),
    (with_app(lambda app: ("14.9", changes(app, lambda c: c.iloc[-1] / c.iloc[0] - 1), app)), "the whole month"),
    (with_app(lambda app: ("14.9", changes(app, lambda c: c.iloc[-1] / c.iloc[-11] - 1), app)), "eleven closes"),
    (with_app(lambda app: ("14.9", changes(app, lambda c: c.iloc[-10] / c.iloc[-1] - 1), app)), "swapped"),
    (with_app(lambda app: ("14.9", changes(app, code="TOP_PERC_GAIN"), app)), "no scan MOST_ACTIVE"),
    (with_app(lambda app: ("14.9", changes(app, shown=lambda series: series[::-1]), app)), "not in the order"),
    (
        with_app(lambda app: ("14.9", changes(app, shown=lambda series: series.head(3)), app)),
        "aren't the five most active",
    ),
    (with_app(lambda app: ("14.9", changes(app, shown=dict), app)), "this is a dictionary, a column"),
    (with_app(lambda app: ("14.9", made_up(app), app)), "never asked for the history"),
    (with_app(lambda app: ("14.9", changes(app, shown=lambda s: s.astype(str)), app)), "a number is wanted"),
]
