"""Answers to the exercises of lesson 13."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests.course.answers import with_app


def asleep(
    app: Any,
    symbol: str = "MA",
    watched: str = "V",
    share: float = 1.02,
    direction: str = ">=",
    quantity: int = 5,
    action: str = "BUY",
) -> int:
    contract = app.resolve(watched)
    level = round(float(app.getQuote(contract)["last"]) * share, 2)
    condition = app.createCondition("price", direction, level, contract)
    number = app.placeOrderNow(symbol, app.createOrder(action, quantity, conditions=[condition]))
    app.sleep(1)
    return int(number)


def without(app: Any, symbol: str = "MA", quantity: int = 5) -> int:
    return int(app.placeOrderNow(symbol, app.createOrder("BUY", quantity), wait="Filled"))


def later(
    app: Any,
    delay: str = "2 min",
    direction: str = "after",
    symbol: str = "KO",
    quantity: int = 1,
    wait: bool = True,
) -> int:
    condition = app.createCondition("time", direction, app.now() + pd.Timedelta(delay))
    order = app.createOrder("BUY", quantity, conditions=[condition])
    return int(app.placeOrderNow(symbol, order, wait="Filled" if wait else "PreSubmitted", timeout=1200))


def shots(signals: list[str], done_after: int) -> list[int]:
    sent: list[int] = []
    armed, busy_until = True, -1
    for place, signal in enumerate(signals):
        if not signal:
            armed = True
        elif armed and place >= busy_until:
            sent.append(place)
            armed, busy_until = False, place + done_after
    return sent


def no_latch(signals: list[str], done_after: int) -> list[int]:
    """B4-07: an order with every price."""
    return [place for place, signal in enumerate(signals) if signal]


def only_working(signals: list[str], done_after: int) -> list[int]:
    sent: list[int] = []
    for place, signal in enumerate(signals):
        if signal and (not sent or place >= sent[-1] + done_after):
            sent.append(place)
    return sent


def only_pause(signals: list[str], done_after: int) -> list[int]:
    return [place for place, signal in enumerate(signals) if signal and (place == 0 or not signals[place - 1])]


def choose(expirations: list[str], strikes: list[float], price: float, today: str) -> tuple[str, float]:
    days = [(each, pd.Timestamp(each)) for each in sorted(expirations) if each > today]
    monthly = [text for text, day in days if day.weekday() == 4 and 15 <= day.day <= 21]
    return monthly[0], min(sorted(strikes), key=lambda strike: abs(strike - price))


def weekly(expirations: list[str], strikes: list[float], price: float, today: str) -> tuple[str, float]:
    return min(each for each in expirations if each > today), choose(expirations, strikes, price, today)[1]


def including_today(expirations: list[str], strikes: list[float], price: float, today: str) -> tuple[str, float]:
    return choose(expirations, strikes, price, str(int(today) - 1))


def cost(price: float, quantity: float, multiplier: str) -> float:
    return price * quantity * float(multiplier or 1)


def call(
    app: Any,
    right: str = "C",
    symbol: str = "MSFT",
    quantity: int = 1,
    expiry: int = 0,
    strike: int = 0,
    kind: str = "LMT",
    times: float = 1,
) -> int:
    chain = app.getOptionChain(symbol, expiries=expiry + 1, strikes=9, right=right)
    rows = chain[chain["expiry"] == sorted(set(chain["expiry"]))[expiry]]
    near = (rows["strike"] - app.getQuote(symbol)["last"]).abs().sort_values().index
    row = rows.loc[near[strike]]
    option = app.resolve(app.createContract(symbol, "OPT", conId=int(row["conId"])))
    order = app.createOrder("BUY", quantity, kind, *([float(row["ask"]) * times] if kind == "LMT" else []))
    return int(app.placeOrderNow(option, order, wait="Filled"))


def resting_call(app: Any) -> int:
    row = app.getOptionChain("MSFT", expiries=1, strikes=1, right="C").iloc[0]
    option = app.resolve(app.createContract("MSFT", "OPT", conId=int(row["conId"])))
    return int(app.placeOrderNow(option, app.createOrder("BUY", 1, "LMT", 0.05), wait="Submitted"))


RIGHT: list[Any] = [
    with_app(lambda app: ("13.1", asleep(app), app)),
    with_app(lambda app: ("13.3", later(app), app)),
    ("13.4", shots),
    ("13.5", choose),
    ("13.5", lambda *args: list(choose(*args))),
    ("13.6", cost),
    with_app(lambda app: ("13.7", call(app), app)),
]

WRONG: list[Any] = [
    (with_app(lambda app: ("13.1", asleep(app, "V", "MA"), app)), "the order itself is for V"),
    (with_app(lambda app: ("13.1", asleep(app, watched="MA"), app)), "isn't about V"),
    (with_app(lambda app: ("13.1", asleep(app, direction="<="), app)), "points downwards"),
    (with_app(lambda app: ("13.1", asleep(app, share=0.98), app)), r"the level .* -2.0%"),
    (with_app(lambda app: ("13.1", asleep(app, share=1.2), app)), "not about"),
    (with_app(lambda app: ("13.1", asleep(app, quantity=10), app)), "totalQuantity is 10"),
    (with_app(lambda app: ("13.1", asleep(app, action="SELL"), app)), "action is SELL"),
    (with_app(lambda app: ("13.1", without(app), app)), "carries no condition"),
    (with_app(lambda app: ("13.1", later(app, symbol="MA", quantity=5, wait=False), app)), "about a price is wanted"),
    (with_app(lambda app: ("13.1", asleep(app) + 9, app)), "no order with the number"),
    (with_app(lambda app: ("13.3", later(app, "10 min"), app)), "two minutes were asked for"),
    (with_app(lambda app: ("13.3", later(app, "5 s"), app)), "two minutes were asked for"),
    (with_app(lambda app: ("13.3", later(app, direction="before"), app)), "'before'"),
    (with_app(lambda app: ("13.3", later(app, wait=False), app)), "PreSubmitted: wait until"),
    (with_app(lambda app: ("13.3", later(app, symbol="MA"), app)), "for MA instead of KO"),
    (with_app(lambda app: ("13.3", later(app, quantity=2), app)), "totalQuantity is 2"),
    (with_app(lambda app: ("13.3", without(app, "KO", 1), app)), "that should be about a time"),
    (with_app(lambda app: ("13.3", later(app) + 9, app)), "no order with the number"),
    (("13.4", no_latch), "never went away"),
    (("13.4", only_working), "never went away"),
    (("13.4", only_pause), "done at place 4|still working"),
    (("13.4", lambda signals, done_after: shots(signals, done_after)[:1]), "there was a pause"),
    (("13.4", lambda signals, done_after: [each + 1 for each in shots(signals, done_after)]), "never went away"),
    (("13.4", lambda signals, done_after: len(shots(signals, done_after))), "a whole number, a list or a tuple"),
    (("13.4", lambda signals, done_after: None), "returned None"),
    (("13.5", weekly), "the expiry is 20250613, and 20250620 is wanted"),
    (("13.5", including_today), "after 20 June comes 18 July"),
    (("13.5", lambda *args: choose(*args)[::-1]), "swapped"),
    (
        (
            "13.5",
            lambda dates, strikes, *more: (choose(dates, strikes, *more)[0], int(choose(dates, strikes, *more)[1])),
        ),
        "42.5",
    ),
    (("13.5", lambda dates, strikes, *more: (choose(dates, strikes, *more)[0], strikes[0])), "the strike is"),
    (("13.5", lambda dates, strikes, *more: (choose(dates, strikes, *more)[0], max(strikes))), "the strike is"),
    (("13.5", lambda *args: choose(*args)[0]), "a text, a list or a tuple"),
    (("13.5", lambda *args: None), "returned None"),
    (("13.6", lambda price, quantity, multiplier: price * quantity), "3.72 instead of 372"),
    (("13.6", lambda price, quantity, multiplier: price * quantity * 100), "25|500 instead of 50"),
    (("13.6", lambda price, quantity, multiplier: price * int(multiplier or 1)), "372 instead of 1116"),
    (("13.6", lambda price, quantity, multiplier: price * quantity * float(multiplier)), "stops with ValueError"),
    (("13.6", lambda price, quantity, multiplier: price * quantity * multiplier), "stops with TypeError"),
    (
        ("13.6", lambda price, quantity, multiplier: str(cost(price, quantity, multiplier))),
        "a text, a number is wanted",
    ),
    (("13.6", lambda price, quantity, multiplier: -cost(price, quantity, multiplier)), "-372 instead of 372"),
    (with_app(lambda app: ("13.7", call(app, "P"), app)), "a put, and a call"),
    (with_app(lambda app: ("13.7", call(app, symbol="AAPL"), app)), "AAPL instead of MSFT"),
    (with_app(lambda app: ("13.7", call(app, quantity=2), app)), "totalQuantity is 2"),
    (with_app(lambda app: ("13.7", call(app, expiry=1), app)), "its expiry is"),
    (with_app(lambda app: ("13.7", call(app, strike=6), app)), "isn't the nearest"),
    (with_app(lambda app: ("13.7", call(app, kind="MKT"), app)), "orderType is MKT"),
    (with_app(lambda app: ("13.7", without(app, "MSFT", 1), app)), "of the type STK, not an option"),
    (with_app(lambda app: ("13.7", resting_call(app), app)), "is Submitted: wait"),
    (with_app(lambda app: ("13.7", call(app, times=2), app)), "is far above the ask"),
]
