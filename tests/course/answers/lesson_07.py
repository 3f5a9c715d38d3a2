"""Answers to the exercises of lesson 07."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from ibnb import createContract
from tests.course.answers import with_app

NAN = math.nan


def sma(values: Any, n: int) -> list[float]:
    return [NAN if place < n else sum(values[place - n : place]) / n for place in range(1, len(values) + 1)]


def growing(values: Any, n: int) -> list[float]:
    return [sum(values[max(0, place - n) : place]) / min(n, place) for place in range(1, len(values) + 1)]


def bands(close: Any, n: int, k: float, ddof: int = 0) -> Any:
    middle, sigma = close.rolling(n).mean(), close.rolling(n).std(ddof=ddof)
    return pd.DataFrame({"Middle": middle, "Upper": middle + k * sigma, "Lower": middle - k * sigma})


def zscore(close: Any, n: int, ddof: int = 0) -> Any:
    before = close.shift(1).rolling(n)
    return (close - before.mean()) / before.std(ddof=ddof)


def of_all(close: Any, n: int) -> Any:
    return (close - close.mean()) / close.std()


def with_itself(close: Any, n: int) -> Any:
    return (close - close.rolling(n).mean()) / close.rolling(n).std(ddof=0)


def distance(close: Any, n: int) -> Any:
    return close - close.shift(1).rolling(n).mean()


def of_tomorrow(close: Any, n: int) -> Any:
    after = close.shift(-1).rolling(n)
    return (close - after.mean()) / after.std(ddof=0)


def hogs(app: Any, place: int = 1, duration: str = "1 W", size: str = "15 mins", rth: int = 1) -> Any:
    listed = app.getContractDetails(createContract("HE", "FUT", "CME")).sort_values("lastTradeDateOrContractMonth")
    contract = createContract("HE", "FUT", "CME", conId=int(listed["conId"].iloc[place]))
    return app.getData(contract, app.dataSettings(duration, size, useRTH=rth))


def continuous(app: Any) -> Any:
    return app.getData(createContract("HE", "CONTFUT", "CME"), app.dataSettings("1 W", "15 mins"))


def apples(app: Any) -> Any:
    return app.getData("AAPL", app.dataSettings("1 W", "15 mins"))


def sigma(close: Any, n: int) -> float:
    last = close.tail(n)
    if n < 2 or len(last) < n or last.isna().any():
        raise ValueError(n)
    return float(last.std(ddof=0))


def asserts(close: Any, n: int) -> float:
    if len(close) < n or close.tail(n).isna().any() or n < 2:
        raise RuntimeError(n)
    return float(close.tail(n).std(ddof=0))


def no_gaps_at_all(close: Any, n: int) -> float:
    if close.isna().any():
        raise ValueError(n)
    return sigma(close, n)


def newest_change(df: Any, minutes: int = 5, closed: bool = True) -> Any:
    price, moment = df["last"].iloc[-1], df.index[-1]
    first = moment - pd.Timedelta(minutes=minutes)
    window = df[(df.index >= first) if closed else (df.index > first)]
    return price, moment, price / window["last"].iloc[0] - 1


def since_the_start(df: Any) -> Any:
    price = df["last"].iloc[-1]
    return price, df.index[-1], price / df["last"].iloc[0] - 1


def as_published(df: Any) -> Any:
    return df["last"][-1], df.index[-1], 0.0


def round_to_tick(price: float, tick: float, rounding: Any = ROUND_HALF_UP) -> float:
    step = Decimal(str(tick))
    return float((Decimal(str(price)) / step).to_integral_value(rounding) * step)


def plan(close: Any, tick: float, n: int = 50, k: float = 3) -> Any:
    if len(close) < n + 1:
        return "wait"
    price, before = close.iloc[-1], close.iloc[-n - 1 : -1]
    mean, spread = before.mean(), before.std(ddof=0)
    if spread == 0 or abs(price - mean) <= k * spread:
        return "wait"
    action = "SELL" if price > mean else "BUY"
    return {"action": action, "target": round_to_tick(mean, tick), "stop": round_to_tick(2 * price - mean, tick)}


def changed(name: str, value: Any) -> Any:
    """The plan with one entry computed otherwise: `value` is a function of the plan and the newest price."""

    def answer(close: Any, tick: float, n: int = 50, k: float = 3) -> Any:
        made = plan(close, tick, n, k)
        return made if made == "wait" else {**made, name: value(made, close.iloc[-1])}

    return answer


def only_above(close: Any, tick: float, n: int = 50, k: float = 3) -> Any:
    made = plan(close, tick, n, k)
    return made if made == "wait" or made["action"] == "SELL" else "wait"


def itself_included(close: Any, tick: float, n: int = 50, k: float = 3) -> Any:
    made = plan(close, tick, n, k)
    return made if made == "wait" else {**made, "target": round_to_tick(close.tail(n).mean(), tick)}


RIGHT: list[Any] = [
    ("07.1", sma),
    ("07.2", bands),
    ("07.4", zscore),
    with_app(lambda app: ("07.5", hogs(app), app)),
    ("07.6", sigma),
    ("07.7", newest_change),
    ("07.8", round_to_tick),
    ("07.9", plan),
]
WRONG: list[Any] = [
    (("07.1", growing), "only 1 values were there"),
    (("07.1", lambda values, n: sma(values, n)[n - 1 :]), "the list has"),
    (("07.1", lambda values, n: [None if math.isnan(each) else each for each in sma(values, n)]), "write math.nan"),
    (("07.1", lambda values, n: sma(values[::-1], n)), "the mean of the last"),
    (("07.1", lambda values, n: [round(each, 2) for each in sma(values, n)]), "the mean of the last"),
    (("07.1", lambda values, n: pd.Series(values).rolling(n).mean()), "is a column of a table"),
    (("07.1", lambda values, n: sum(values[-n:]) / n), "is a number"),
    (("07.1", lambda values, n: [NAN] * len(values)), "the mean of the last"),
    (("07.2", lambda *given: bands(*given, ddof=1)), "ddof=1"),
    (("07.2", lambda close, n, k: bands(close, n, -k)), "swapped"),
    (("07.2", lambda close, n, k: bands(close, n, 1)), "one σ away"),
    (("07.2", lambda close, n, k: bands(close, 20, k)), "are n and k used"),
    (("07.2", lambda *given: bands(*given).rename(columns=str.lower)), "column Middle is missing"),
    (("07.2", lambda *given: bands(*given).reset_index(drop=True)), "index should be"),
    (("07.2", lambda *given: bands(*given).bfill()), "isn't the moving average|no band"),
    (("07.2", lambda *given: tuple(bands(*given)[name] for name in ("Middle", "Upper", "Lower"))), "is a tuple"),
    (("07.4", of_all), "they look ahead"),
    (("07.4", of_tomorrow), "they look ahead"),
    (("07.4", with_itself), "the price itself is in its window"),
    (("07.4", lambda *given: zscore(*given, ddof=1)), "ddof=1"),
    (("07.4", lambda *given: -zscore(*given)), "sign is wrong"),
    (("07.4", distance), "distance in dollars"),
    (("07.4", lambda *given: zscore(*given).fillna(0)), "should be NaN"),
    (("07.4", lambda *given: zscore(*given).iloc[-1]), "is a number"),
    (("07.4", lambda *given: zscore(*given).dropna()), "one value for each price"),
    (with_app(lambda app: ("07.5", hogs(app, duration="2 D"), app)), "fifty are needed"),
    (with_app(lambda app: ("07.5", hogs(app, duration="1 M"), app)), "two hundred are plenty"),
    (with_app(lambda app: ("07.5", hogs(app, size="5 mins"), app)), "fifteen minutes"),
    (with_app(lambda app: ("07.5", hogs(app, place=0), app)), "second future in time"),
    (with_app(lambda app: ("07.5", continuous(app), app)), "continuous future"),
    (with_app(lambda app: ("07.5", apples(app), app)), "lean hogs are HE"),
    (with_app(lambda app: ("07.5", len(hogs(app)), app)), "is a whole number"),
    (with_app(lambda app: ("07.5", hogs(app)["Close"], app)), "is a column of a table"),
    (("07.6", lambda close, n: float(close.tail(n).std(ddof=0))), "with 59 prices"),
    (("07.6", lambda close, n: float(close.tail(n).std())), "ddof=1"),
    (("07.6", lambda close, n: float(close.std(ddof=0))), "of all prices"),
    (("07.6", lambda close, n: float(close.head(n).std(ddof=0))), "of the first 20"),
    (("07.6", lambda close, n: sigma(close, n) ** 2), "the variance"),
    (("07.6", asserts), "raises RuntimeError"),
    (("07.6", no_gaps_at_all), "an old NaN outside"),
    (("07.6", lambda close, n: close.rolling(n).std(ddof=0)), "is a column of a table"),
    (("07.7", as_published), "stops with KeyError"),
    (("07.7", since_the_start), "since the first row of all"),
    (("07.7", lambda df: newest_change(df, closed=False)), "the change of the five minutes"),
    (("07.7", lambda df: newest_change(df, minutes=4)), "the change of the five minutes"),
    (("07.7", lambda df: (*newest_change(df)[:2], 100 * newest_change(df)[2])), "in percent"),
    (("07.7", lambda df: (*newest_change(df)[:2], 1 + newest_change(df)[2])), "the ratio of the two"),
    (("07.7", lambda df: (df["last"].iloc[0], *newest_change(df)[1:])), "the newest price is 88"),
    (("07.7", lambda df: newest_change(df)[2]), "is a number"),
    (("07.7", lambda df: newest_change(df)[::2]), "three are wanted"),
    (("07.8", lambda price, tick: round(price / tick) * tick), "doesn't print as|nearest step"),
    (("07.8", lambda price, tick: math.floor(price / tick) * tick), "it rounds down"),
    (("07.8", lambda price, tick: math.ceil(price / tick) * tick), "prints?|it rounds up"),
    (("07.8", lambda price, tick: round(price, 2)), "nearest step is"),
    (("07.8", lambda price, tick: abs(round_to_tick(price, tick))), "nearest step is -1.25"),
    (("07.8", lambda price, tick: f"{round_to_tick(price, tick):.2f}"), "is a text"),
    (("07.8", lambda price, tick: round_to_tick(price, tick) / tick), "nearest step is 1.25"),
    (("07.9", changed("action", lambda made, last: "BUY")), "should be SELL"),
    (("07.9", only_above), "95.98 .* there should be a plan"),
    (("07.9", changed("stop", lambda made, last: 2 * last - 100)), "isn't on the grid"),
    (("07.9", changed("stop", lambda made, last: 2 * made["target"] - last)), "as far from the price"),
    (("07.9", itself_included), "mean of the fifty before it"),
    (("07.9", lambda close, tick, n=50, k=3: plan(close, tick, n, 2)), "exactly three σ|inside three σ"),
    (("07.9", lambda close, tick, n=50, k=3: plan(close.tail(n), tick, n - 1, k)), "fifty prices in all"),
    (("07.9", lambda close, tick, n=50, k=3: plan(close, tick)), "with n = 10"),
    (("07.9", lambda *given: None), "returned None"),
]
