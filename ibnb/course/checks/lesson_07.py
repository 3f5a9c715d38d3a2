"""Lesson 07: averages and bands, a window that ends before today, enough data, the last value, the grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from ibnb.course.exercises import called, choice, exercise, raised, received
from ibnb.course.kinds import unlike

_VALUES = [10.0, 11.0, 12.5, 9.5, 10.25, 14.0, 13.0, 13.5, 0.1, 0.2, 0.30000001, 7.0]


def _column(values: Sequence[float], start: str = "2025-03-03") -> pd.Series:
    return pd.Series(list(values), index=pd.date_range(start, periods=len(values), name="Date"), name="Close")


def _wave(length: int) -> list[float]:
    """Prices that wander, the same each time."""
    return [100 + 3 * math.sin(place * 0.7) + 2 * math.cos(place * 1.9) + place * 0.01 for place in range(length)]


@exercise("07.1", wants=callable, correct="by hand and by pandas, to nine decimals")
def sma(function: Callable[..., Any]) -> str | None:
    for values, n in ((_VALUES, 3), (_VALUES, 1), (_VALUES, 12), (_VALUES[:2], 3), ([], 3), (_wave(40), 20)):
        found = called(function, list(values), n, wants=list)
        case = f"for {len(values)} values and n = {n}"
        if len(found) != len(values):
            return f"{case} the list has {len(found)} entries, and there are {len(values)} values"
        right = pd.Series(values, dtype="float64").rolling(n).mean()
        for place, (one, other) in enumerate(zip(found, right, strict=True)):
            if unlike(one, float):
                return f"{case} entry {place} is {one!r}; where there is no average write math.nan"
            if math.isnan(one) and math.isnan(other):
                continue
            if math.isnan(other):
                return f"{case} entry {place} is {one:g}, and only {place + 1} values were there"
            if not math.isclose(one, other, rel_tol=1e-9):
                return f"{case} entry {place} is {one:g}, and the mean of the last {n} values is {other:g}"
    return None


@exercise("07.2", wants=callable, correct="middle, upper and lower as Bollinger had them")
def bands(function: Callable[..., Any]) -> str | None:
    close = _column(_wave(40))
    before = close.copy()
    found = called(function, close, 20, 2, wants=pd.DataFrame)
    if not close.equals(before):
        return "the column that was handed in has been changed"
    if missing := [name for name in ("Middle", "Upper", "Lower") if name not in found]:
        return f"the column {missing[0]} is missing"
    if not found.index.equals(close.index):
        return "the index should be that of the prices"
    middle, sigma = close.rolling(20).mean(), close.rolling(20).std(ddof=0)
    sample = close.rolling(20).std()
    if not _like(found["Middle"], middle):
        return "Middle isn't the moving average of 20"
    if found["Upper"].iloc[:19].notna().any():
        return "before the twentieth row there should be no band"
    for name, sign in (("Upper", 1), ("Lower", -1)):
        if _like(found[name], middle + sign * 2 * sigma):
            continue
        if _like(found[name], middle + sign * 2 * sample):
            return f"{name} uses a σ with ddof=1, which is what pandas does unless you say ddof=0"
        if _like(found[name], middle - sign * 2 * sigma):
            return "Upper and Lower are swapped"
        if _like(found[name], middle + sign * sigma):
            return f"{name} is one σ away, and k is 2"
        return f"{name} isn't Middle {'plus' if sign > 0 else 'minus'} k times σ"
    other = called(function, close, 5, 3.5, wants=pd.DataFrame)
    if not _like(other["Upper"], close.rolling(5).mean() + 3.5 * close.rolling(5).std(ddof=0)):
        return "for n = 5 and k = 3.5 it isn't right; are n and k used everywhere?"
    return None


choice(
    "07.3",
    right="d",
    correct="three times two: the name says one thing and the variable holds another",
    wrong={
        "a": "the line says std_dev, but that variable already holds three standard deviations",
        "b": "that is one std_dev; the stop is two of them away",
        "c": "the factors multiply, they don't add",
    },
)


@exercise("07.4", wants=callable, correct="no value knows what came after it, nor takes part in judging itself")
def zscore(function: Callable[..., Any]) -> str | None:
    close = _column(_wave(60))
    found = called(function, close.copy(), 20, wants=pd.Series)
    if len(found) != len(close) or not found.index.equals(close.index):
        return "there should be one value for each price, with the same index"
    later = close.copy()
    later.iloc[-1] = 500.0
    if not _like(called(function, later, 20, wants=pd.Series).iloc[:-1], found.iloc[:-1]):
        return "when the last price changes, earlier values change with it: they look ahead"
    before = close.shift(1).rolling(20)
    right = (close - before.mean()) / before.std(ddof=0)
    if _like(found, right):
        return None
    inside = close.rolling(20)
    if _like(found, (close - inside.mean()) / inside.std(ddof=0)) or _like(
        found, (close - inside.mean()) / inside.std()
    ):
        return "the price itself is in its window; the window should end one row before"
    if _like(found, (close - before.mean()) / before.std()):
        return "σ has ddof=1 here, and ddof=0 was asked for"
    if _like(found, -right):
        return "the sign is wrong: a price above the mean has a positive z"
    if _like(found, (close - before.mean())):
        return "this is the distance in dollars; divide it by σ"
    if found.iloc[:20].notna().any():
        return "the first 20 rows have fewer than 20 prices before them and should be NaN"
    return "it isn't (price − mean) / σ of the 20 prices before each row"


@exercise("07.5", wants=pd.DataFrame, correct="enough bars of a future that somebody can hold")
def hog_bars(df: Any, app: Any) -> str | None:
    if "Close" not in df or not len(df):
        return "this isn't a table of bars as getData returns it"
    steps = pd.Series(df.index).diff().dropna()
    if not isinstance(df.index, pd.DatetimeIndex) or not len(steps) or steps.min() != pd.Timedelta("15min"):
        return "these aren't bars of fifteen minutes"
    if len(df) < 50:
        return f"there are {len(df)} bars, and fifty are needed"
    if len(df) > 200:
        return f"there are {len(df)} bars, and two hundred are plenty"
    asked = [each for each in received(app, "ReqHistoricalData") if each.barSizeSetting == "15 mins"]
    if not asked:
        return "the gateway was never asked for bars of fifteen minutes"
    last = asked[-1]
    if last.contract.symbol != "HE" and not last.contract.conId:
        return f"the last request was for {last.contract.symbol}, and lean hogs are HE"
    if last.contract.secType == "CONTFUT":
        return "the last request was for the continuous future, which nobody can hold"
    listed = app.getContractDetails(app.createContract("HE", "FUT", "CME"))
    second = listed.sort_values("lastTradeDateOrContractMonth").iloc[1]
    named = last.contract.conId == second["conId"] or (
        last.contract.symbol == "HE"
        and second["lastTradeDateOrContractMonth"].startswith(last.contract.lastTradeDateOrContractMonth or "none")
    )
    if not named:
        return "the last request wasn't for the second future in time"
    return None if last.useRTH else "regular hours were asked for: useRTH=1"


@exercise("07.6", wants=callable, correct="a σ of fifty is one of fifty, or none at all")
def sigma(function: Callable[..., Any]) -> str | None:
    close = _column(_wave(60))
    for n in (20, 50, 60):
        found = called(function, close, n, wants=float)
        last = close.tail(n)
        if math.isclose(found, last.std(ddof=0), rel_tol=1e-9):
            continue
        if math.isclose(found, last.std(), rel_tol=1e-9):
            return f"for n = {n} σ has ddof=1, and ddof=0 was asked for"
        if math.isclose(found, close.std(ddof=0), rel_tol=1e-9):
            return f"for n = {n} this is the σ of all prices, not of the last {n}"
        if math.isclose(found, close.head(n).std(ddof=0), rel_tol=1e-9):
            return f"for n = {n} this is the σ of the first {n} prices, not of the last"
        if math.isclose(found, last.var(ddof=0), rel_tol=1e-9):
            return f"for n = {n} this is the variance; σ is its root"
        return f"for n = {n} it gives {found:g}, and σ of the last {n} prices is {last.std(ddof=0):g}"
    gap = close.copy()
    gap.iloc[-3] = math.nan
    for what, column, n in (("59 prices", close.tail(59), 60), ("a NaN among the last", gap, 20), ("n = 1", close, 1)):
        refusal = raised(function, column, n)
        if refusal is None:
            return f"with {what} it should raise ValueError, and it returns a number"
        if not isinstance(refusal, ValueError):
            return f"with {what} it raises {type(refusal).__name__}, and ValueError was asked for"
    old = close.copy()
    old.iloc[0] = math.nan
    if raised(function, old, 20):
        return "an old NaN outside the last n prices is no reason to refuse"
    return None


@exercise("07.7", wants=callable, correct="newest price, its time, and a change over the right five minutes")
def newest_change(function: Callable[..., Any]) -> str | None:
    times = pd.to_datetime(
        ["2025-06-11 10:00", "2025-06-11 10:03", "2025-06-11 10:05", "2025-06-11 10:07", "2025-06-11 10:08"]
    )
    df = pd.DataFrame({"last": [100.0, 80.0, 84.0, 90.0, 88.0]}, index=times)
    for rows in (df, df.iloc[:3], df.iloc[:1]):
        found = called(function, rows.copy(), wants=(tuple, list))
        if len(found) != 3:
            return f"{len(found)} things came back, and three are wanted: price, time, change"
        price, moment, change = found
        if unlike(price, float) or unlike(change, float):
            return "price and change should be numbers"
        newest = rows.index[-1]
        near = rows[rows.index >= newest - pd.Timedelta(minutes=5)]["last"]
        right = near.iloc[-1] / near.iloc[0] - 1
        if not math.isclose(price, rows["last"].iloc[-1]):
            return f"the newest price is {rows['last'].iloc[-1]:g}, not {price:g}"
        if moment != newest:
            return f"the time of the newest price is {newest:%H:%M}"
        if math.isclose(change, right, abs_tol=1e-12):
            continue
        if math.isclose(change, 100 * right):
            return "the change is in percent; a fraction was asked for"
        if math.isclose(change, 1 + right):
            return "this is the ratio of the two prices; the change is one less"
        if math.isclose(change, rows["last"].iloc[-1] / rows["last"].iloc[0] - 1):
            return (
                f"this is the change since the first row of all, which is older than five minutes before {newest:%H:%M}"
            )
        return f"the change of the five minutes to {newest:%H:%M} is {right:g}, not {change:g}"
    return None


_TICKS = {
    (1.23456, 0.05): 1.25,
    (106.4871, 0.025): 106.475,
    (211.3777, 0.01): 211.38,
    (110.52, 0.015625): 110.515625,
    (6024.1, 0.25): 6024.0,
    (119_287.0, 10): 119_290.0,
    (0.3, 0.1): 0.3,
    (2.675, 0.01): 2.68,
    (-1.23456, 0.05): -1.25,
}


@exercise("07.8", wants=callable, correct="on the grid, and clean to print")
def round_to_tick(function: Callable[..., Any]) -> str | None:
    for (price, tick), right in _TICKS.items():
        found = called(function, price, tick, wants=float)
        case = f"for {price:g} and steps of {tick:g}"
        if found == right:
            continue
        if math.isclose(found, right, rel_tol=1e-12):
            return f"{case} it gives {float(found)!r}, which doesn't print as {right!r}"
        if math.isclose(found, math.floor(price / tick) * tick, rel_tol=1e-9):
            return f"{case} it rounds down; the nearest step is {right:g}"
        if math.isclose(found, math.ceil(price / tick) * tick, rel_tol=1e-9):
            return f"{case} it rounds up; the nearest step is {right:g}"
        return f"{case} it gives {float(found):g}, and the nearest step is {right:g}"
    return None


def _at(last: float) -> pd.Series:
    """Fifty prices with mean 100 and σ 1, and a newest one."""
    return _column([99.0, 101.0] * 25 + [last])


@exercise("07.9", wants=callable, correct="the same arithmetic above and below, and no plan without enough data")
def plan(function: Callable[..., Any]) -> str | None:
    waits = {
        "a price inside three σ": _at(102.9),
        "a price at exactly three σ": _at(103.0),
        "fifty prices in all": _at(110.0).iloc[1:],
        "prices that never moved": _column([100.0] * 51),
        "a price inside below the mean": _at(97.5),
    }
    for what, close in waits.items():
        found = called(function, close, 0.05, wants=(str, dict))
        if found != "wait":
            return f"for {what} the answer should be 'wait'"
    rights: dict[float, tuple[str, float, float]] = {104.02: ("SELL", 100.0, 108.05), 95.98: ("BUY", 100.0, 91.95)}
    for last, (action, target, stop) in rights.items():
        found = called(function, _at(last), 0.05, wants=(dict, str))
        case = f"for a newest price of {last:g} with mean 100 and σ 1"
        if isinstance(found, str):
            return f"{case} there should be a plan"
        if missing := [name for name in ("action", "target", "stop") if name not in found]:
            return f"{case} the plan lacks {missing[0]}"
        if found["action"] != action:
            return f"{case} the action should be {action}, as the price is expected to come back"
        if unlike(found["target"], float) or unlike(found["stop"], float):
            return f"{case} target and stop should be numbers"
        if not math.isclose(found["target"], target, abs_tol=1e-9):
            return f"{case} the target is {found['target']:g}, and the mean of the fifty before it is 100"
        if math.isclose(found["stop"], 2 * last - 100, abs_tol=1e-9):
            return f"{case} the stop {found['stop']:g} isn't on the grid of 0.05"
        if not math.isclose(found["stop"], stop, abs_tol=1e-9):
            return f"{case} the stop should be as far from the price as the target, on the other side, at {stop:g}"
    shorter = called(function, _at(104.02).tail(11), 0.05, 10, 3, wants=(dict, str))
    if isinstance(shorter, str):
        return "with n = 10 there are enough prices, and yet it waits"
    return None


def _like(one: Any, other: Any) -> bool:
    if len(one) != len(other):
        return False
    pairs = zip(one, other, strict=True)
    return all((pd.isna(a) and pd.isna(b)) or (pd.notna(a) and math.isclose(a, b, rel_tol=1e-9)) for a, b in pairs)
