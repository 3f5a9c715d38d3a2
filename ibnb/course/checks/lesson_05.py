"""Lesson 05: daily bars, a return, a typo, currencies, hourly bars, a list with an unknown symbol, several symbols."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import patch

import pandas as pd

from ibnb import ConnectionLostError
from ibnb.course.exercises import called, choice, exercise, has_journal, received
from ibnb.course.kinds import unlike

_COLUMNS = ["Open", "High", "Low", "Close"]


@exercise("05.1", wants=pd.DataFrame, correct="dates in order, prices as open, high, low and close")
def three_months(cash_fund: Any, app: Any) -> str | None:
    contract = app.createContract("CSH2", "STK", "LSE", "GBP")
    return _unlike(cash_fund, app.getData(contract, app.dataSettings("3 M", "1 day")))


@exercise("05.2", wants=callable, correct="the last divided by the first, less one; the sign says which way")
def a_return(change: Callable[[Any], float]) -> str | None:
    for closes, truth in (([80.0, 90.0, 84.0], 0.05), ([200.0, 230.0, 190.0], -0.05), ([50.0, 50.0], 0.0)):
        bars = pd.DataFrame({"Open": 77.0, "High": max(closes) + 9, "Low": 1.0, "Close": closes})
        bars.index = pd.date_range("2025-06-09", periods=len(closes), name="Date")
        found = called(change, bars, wants=float)
        said = f"from {closes[0]:g} to {closes[-1]:g}"
        if math.isclose(found, truth, abs_tol=1e-9):
            continue
        if math.isclose(found, truth * 100, abs_tol=1e-7):
            return f"{said} is {truth:+.2f} as a fraction, and {found:g} is in percent"
        if math.isclose(found, 1 + truth):
            return f"{said}: {found:g} is the ratio; less 1 it is the return"
        if math.isclose(found, closes[-1] - closes[0]):
            return f"{said}: {found:g} is the difference in money, not a fraction of the first price"
        if math.isclose(found, closes[0] / closes[-1] - 1):
            return f"{said}: it goes backwards, from the last to the first"
        if math.isclose(found, -truth):
            return f"{said} is {truth:+.2f}: the sign matters"
        return f"{said} is {truth:+.2f}, and it says {found:g}"
    return None


@exercise("05.3", wants=str, correct="a message that names the legal values is half of the repair")
def what_did_you_mean(message: str) -> str | None:
    if not message.strip():
        return "the text is empty: str(error) is the text of the exception"
    if "is not legal" in message and "Legal values" in message:
        return (
            None
            if message.startswith("barSizeSetting '15 min'")
            else "this is the text about another mistake, or only a part of it"
        )
    return "the text should be that of the exception, whole; it names the legal bar sizes"


choice(
    "05.4",
    right="c",
    correct="no exchange, no trades: the midpoint between bid and ask",
    wrong={
        "a": "without whatToShow it asks for TRADES, and currencies have none: error 162",
        "b": "duration and bar size are swapped: first how far back, then how wide a bar",
        "d": "a duration is written in IB's own way: a number, a blank, and S, D, W, M or Y",
    },
)


@exercise(
    "05.5", wants=[pd.DataFrame, str], correct="the exchange's own clock: regular trading starts at 09:30 in New York"
)
def the_first_hour(week: Any, opening: str, app: Any) -> str | None:
    truth = app.getData(app.createContract("AAPL"), app.dataSettings("1 W", "1 hour", useRTH=1))
    if wrong := _unlike(week, truth):
        return wrong
    if opening == "09:30":
        return None
    if opening == "9:30":
        return "the hour should have two digits, as in HH:MM"
    if opening.startswith("09:30"):
        return "hours and minutes are enough, as in HH:MM"
    return f"the first bar of a day in this table doesn't begin at {opening!r}"


@exercise("05.6", wants=callable, correct="the good ones arrive, the bad one is reported")
def rotten_apple(load: Callable[[list[str]], Any], app: Any) -> str | None:
    before = len(_asked(app))
    for symbols, unknown_ones in ((["KO", "NOSUCHTHING", "IBM"], ["NOSUCHTHING"]), (["KO"], [])):
        pair = called(load, list(symbols), wants=tuple)
        if len(pair) != 2:
            return f"two things should be returned, the tables and the unknown symbols, and {len(pair)} came"
        found, unknown = pair
        if wrong := unlike(found, dict, what="the first of the two") or unlike(unknown, list, what="the second"):
            return wrong
        good = [symbol for symbol in symbols if symbol not in unknown_ones]
        if sorted(found) != sorted(good):
            return f"from {symbols} the dictionary should have tables of {' and '.join(good)}, and of no others"
        if unknown != unknown_ones:
            return f"from {symbols} the list of the unknown should be {unknown_ones}, and is {unknown}"
        for symbol, table in found.items():
            if wrong := unlike(table, pd.DataFrame, what=f"what stands under {symbol}"):
                return wrong
            if wrong := _unlike(table, _month(symbol, app)):
                return f"in {symbol}'s table, {wrong}"
    asked = [request.contract.symbol for request in _asked(app)[before:]] if has_journal(app) else ["KO", "IBM"]
    if not {"KO", "IBM"} <= set(asked):
        return "the gateway was never asked for bars of KO and IBM"
    return _swallowed(load, app)


def _swallowed(load: Callable[[list[str]], Any], app: Any) -> str | None:
    """What becomes of a symbol that exists, when its request fails for another reason."""
    with patch.object(app, "getData", side_effect=ConnectionLostError("The connection was lost.")):
        try:
            found, unknown = load(["KO"])
            kept, blamed = "KO" in found, "KO" in unknown
        except Exception:
            return None
    if kept:
        return None
    said = "KO counts as unknown" if blamed else "KO goes missing without a word"
    return f"when the connection is lost, {said}: catch ContractNotFoundError, and no other exception"


@exercise("05.7", wants=dict, correct="three symbols, three requests, three tables")
def a_loop(month: Mapping[str, Any], app: Any) -> str | None:
    wanted = ["MSFT", "NFLX", "TSLA"]
    if sorted(map(str, month)) != wanted:
        return f"the keys should be {', '.join(wanted)}"
    for symbol, table in month.items():
        if wrong := unlike(table, pd.DataFrame, what=f"what stands under {symbol}"):
            return wrong
        if wrong := _unlike(table, _month(symbol, app)):
            return f"in {symbol}'s table, {wrong}"
    return None


@exercise("05.8", wants=callable, correct="returns can be compared; prices can't")
def highest_return(best: Callable[[Any], str]) -> str | None:
    for closes, truth in (
        ({"DEAR": [1000.0, 1010.0], "CHEAP": [10.0, 12.0], "FALLS": [50.0, 40.0]}, "CHEAP"),
        ({"A": [10.0, 30.0, 9.0], "B": [10.0, 9.5, 9.5]}, "B"),
        ({"ONLY": [5.0, 4.0]}, "ONLY"),
    ):
        frames = {name: pd.DataFrame({"Open": 1.0, "Close": prices}) for name, prices in closes.items()}
        found = called(best, frames, wants=str)
        said = "; ".join(f"{name} from {prices[0]:g} to {prices[-1]:g}" for name, prices in closes.items())
        if found not in closes:
            return f"one of the symbols is wanted, and {found!r} came"
        if found != truth:
            return f"of {said} the best is {truth}, and it says {found}"
    return None


def _asked(app: Any) -> list[Any]:
    return received(app, "ReqHistoricalData") if has_journal(app) else []


def _month(symbol: str, app: Any) -> Any:
    return app.getData(app.createContract(symbol), app.dataSettings("1 M", "1 day"))


def _unlike(found: Any, truth: Any) -> str | None:
    """In which way a table of bars isn't the one that was asked for."""
    if list(found.columns[:4]) != _COLUMNS:
        return f"the first columns should be {', '.join(_COLUMNS)}"
    if found.index.name != "Date":
        return "the index should be named Date"
    if not len(found):
        return "the table is empty"
    if not (found.index.is_monotonic_increasing and found.index.is_unique):
        return "the dates aren't in order, from old to new"
    return _other_times(found, truth) or _other_prices(found, truth)


def _other_times(found: Any, truth: Any) -> str | None:
    zones = [getattr(table.index, "tz", None) for table in (found, truth)]
    if zones[0] is not None and zones[1] is None:
        return "these bars carry times; a daily bar has a date"
    if zones[0] is None and zones[1] is not None:
        return "these bars carry no zone; hourly bars should"
    if str(zones[0]) != str(zones[1]):
        return f"the zone should be the exchange's, {zones[1]}, and is {zones[0]}"
    if abs(len(found) - len(truth)) > 1 or found.index[0] != truth.index[0]:
        steps = [pd.Series(table.index).diff().median() for table in (found, truth)]
        if len(found) > 1 and steps[0] != steps[1]:
            return f"the bars have another size: most of them are {steps[0]} apart, and should be {steps[1]}"
        return f"it has {len(found)} rows from {found.index[0]}; the right one has {len(truth)} from {truth.index[0]}"
    return None


def _other_prices(found: Any, truth: Any) -> str | None:
    # The last bar may still be growing.
    both = found.index.intersection(truth.index)[:-1]
    ratio = (pd.to_numeric(found.loc[both, "Close"], errors="coerce") / truth.loc[both, "Close"]).median()
    if math.isclose(ratio, 0.01, rel_tol=1e-3):
        return "the prices are in pounds; the table as it came, in pence, is wanted"
    if not found.loc[both, _COLUMNS].equals(truth.loc[both, _COLUMNS]):
        return "the prices are those of another instrument, or of another whatToShow"
    return None
