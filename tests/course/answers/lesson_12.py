"""Answers to the exercises of lesson 12."""

from __future__ import annotations

from typing import Any

import ibnb
from tests.course.answers import with_app


def exits(action: str, entry: float, reward: float, risk: float) -> tuple[float, float]:
    sign = 1 if action == "BUY" else -1
    return entry * (1 + sign * reward), entry * (1 - sign * risk)


def one_sided(action: str, entry: float, reward: float, risk: float) -> tuple[float, float]:
    return entry * (1 + reward), entry * (1 - risk)


def keyword_slip(action: str, entry: float, reward: float, risk: float) -> tuple[float, float]:
    """B4-01: the side that nobody ran."""
    if action == "SELL":
        raise TypeError("unexpected keyword argument 'sma'")
    return exits(action, entry, reward, risk)


def euro(
    app: Any,
    shares: tuple[float, float, float] = (0.99, 1.01, 0.98),
    quantity: float = 100_000,
    action: str = "BUY",
    symbol: str = "EUR",
) -> list[int]:
    contract = app.createContract(symbol, "CASH", "IDEALPRO", "USD")
    quote = app.getQuote(contract)
    middle = (quote["bid"] + quote["ask"]) / 2
    prices = [round(middle * each, 4) for each in shares]
    return list(app.placeBracket(contract, app.createBracket(action, quantity, *prices)))


def three_singles(app: Any, transmit: bool = True, parent: bool = False) -> list[int]:
    """Three orders one by one, as a beginner sends them."""
    contract = app.createContract("EUR", "CASH", "IDEALPRO", "USD")
    middle = app.getQuote(contract)["bid"]
    entry = app.createOrder("BUY", 100_000, "LMT", round(middle * 0.99, 4), transmit=transmit)
    ids = [app.placeOrderNow(contract, entry)]
    for order in (
        app.createOrder("SELL", 100_000, "LMT", round(middle * 1.01, 4), transmit=transmit),
        app.createOrder("SELL", 100_000, "STP", stop_price=round(middle * 0.98, 4)),
    ):
        order.parentId = ids[0] if parent else 0
        ids.append(app.placeOrderNow(contract, order))
    app.sleep(1)
    return ids


def cancelled(app: Any, ids: list[int]) -> list[int]:
    app.cancelOrderById(ids[0], wait=True)
    return ids


def way_out(app: Any, symbol: str = "KO", quantity: int = 1, width: float = 0.002, wait: bool = True) -> list[int]:
    """The ids of a narrow bracket: entry, the exit that was filled, the other one."""
    price = app.getQuote(symbol)["last"]
    levels = (round(price * (1 + width), 2), round(price * (1 - width), 2))
    entry, profit, stop = app.placeBracket(symbol, app.createBracket("BUY", quantity, None, *levels))
    if not wait:
        return [entry, profit, stop]
    filled = app.waitOrder(profit, "done", timeout=7200).status == "Filled"
    return [entry, profit, stop] if filled else [entry, stop, profit]


def closed_by_hand(app: Any) -> int:
    """The wide bracket's stop is cancelled by the program itself, and the profit filled afterwards."""
    entry, profit, stop = way_out(app, wait=False)
    app.waitOrder(entry, "Filled")
    app.cancelOrderById(stop, wait=True)
    return int(profit)


def slip(planned: float, executions: Any) -> float:
    sold = executions[executions["side"] == "SLD"]
    return float(planned - (sold["price"] * sold["shares"]).sum() / sold["shares"].sum())


def fitting(rounded: Any) -> Any:
    def function(details: Any, action: str, quantity: float, *prices: float) -> Any:
        return ibnb.createBracket(action, quantity, *[rounded(each, details) for each in prices])

    return function


def swapped(details: Any, action: str, quantity: float, entry: float, profit: float, stop: float) -> Any:
    return fitting(ibnb.roundToTick)(details, "SELL" if action == "BUY" else "BUY", quantity, entry, stop, profit)


def pair(
    app: Any,
    symbol: str = "MSFT",
    quantity: int = 400,
    shares: tuple[float, float] = (1.1, 0.9),
    oca: bool = True,
    kinds: str = "LMT STP",
    names: tuple[str, str] | None = None,
) -> list[int]:
    price = app.getQuote(symbol)["last"]
    orders = []
    for kind, share in zip(kinds.split(), shares, strict=True):
        level = round(price * share, 2)
        orders.append(
            app.createOrder("SELL", quantity, kind, **{"limit_price" if kind == "LMT" else "stop_price": level})
        )
    if oca:
        orders = app.createOCA(orders, name="test")
    for order, name in zip(orders, names or (), strict=False):
        order.ocaGroup = name
    return list(app.placeOrders([(symbol, order) for order in orders]))


RIGHT: list[Any] = [
    ("12.1", exits),
    ("12.1", lambda *args: list(exits(*args))),
    with_app(lambda app: ("12.3", euro(app), app)),
    with_app(lambda app: ("12.3", three_singles(app, transmit=False, parent=True), app)),
    with_app(lambda app: ("12.5", way_out(app)[1], app)),
    ("12.6", slip),
    ("12.7", fitting(ibnb.roundToTick)),
    ("12.7", fitting(lambda price, details: round(round(price / details["minTick"]) * details["minTick"], 6))),
    with_app(lambda app: ("12.8", pair(app), app)),
    with_app(lambda app: ("12.8", pair(app, shares=(0.9, 1.1), kinds="STP LMT"), app)),
]

WRONG: list[Any] = [
    (("12.1", one_sided), "SELL at 100 with reward 0.05 and risk 0.03 the profit is 105, and it should be 95"),
    (("12.1", lambda *args: exits(*args)[::-1]), "swapped: the profit comes first"),
    (("12.1", lambda a, e, reward, risk: exits(a, e, reward / 100, risk / 100)), "the profit is 100.05"),
    (("12.1", lambda a, e, reward, risk: exits(a, e, risk, reward)), "the profit is 103"),
    (
        ("12.1", lambda *args: tuple(round(each, 2) for each in exits(*args))),
        "the profit is 1.15, and it should be 1.1546",
    ),
    (("12.1", lambda a, e, reward, risk: (e + reward, e - risk)), "the profit is 100.05"),
    (("12.1", keyword_slip), "SELL.* your function stops with TypeError"),
    (("12.1", lambda *args: exits(*args)[0]), "a number, a tuple or a list is wanted"),
    (("12.1", lambda *args: None), "returned None"),
    (("12.1", lambda *args: ("105", "97")), "two numbers are wanted"),
    (with_app(lambda app: ("12.3", euro(app)[:2], app)), "these are 2"),
    (with_app(lambda app: ("12.3", [each + 50 for each in euro(app)], app)), "no order with the number"),
    (with_app(lambda app: ("12.3", euro(app, quantity=50_000), app)), "quantity should be 100,000"),
    (
        with_app(lambda app: ("12.3", euro(app, (1.01, 0.99, 1.02), action="SELL"), app)),
        "a limit order to buy is wanted",
    ),
    (with_app(lambda app: ("12.3", euro(app, (0.99, 1.05, 0.98)), app)), "the profit's price .* not about"),
    (with_app(lambda app: ("12.3", euro(app, (0.99, 1.01, 0.95)), app)), "the stop's price"),
    (with_app(lambda app: ("12.3", euro(app, symbol="GBP"), app)), "for GBP"),
    (with_app(lambda app: ("12.3", three_singles(app), app)), "as their parentId"),
    (with_app(lambda app: ("12.3", three_singles(app, parent=True), app)), "only the last of the three"),
    (with_app(lambda app: ("12.3", cancelled(app, euro(app)), app)), "Cancelled; it should be left working"),
    (with_app(lambda app: ("12.3", euro(app)[0], app)), "a whole number, a list or a tuple is wanted"),
    (with_app(lambda app: ("12.5", way_out(app)[0], app)), "has no parent"),
    (with_app(lambda app: ("12.5", way_out(app)[2], app)), "is Cancelled: the one that was filled"),
    (with_app(lambda app: ("12.5", way_out(app, "MSFT")[1], app)), "MSFT instead of KO"),
    (with_app(lambda app: ("12.5", way_out(app, quantity=2)[1], app)), "for one share each"),
    (with_app(lambda app: ("12.5", way_out(app, width=0.004)[1], app)), "apart, and 0.4 % is wanted"),
    (with_app(lambda app: ("12.5", way_out(app, wait=False)[1], app)), "the one that was filled is wanted"),
    (with_app(lambda app: ("12.5", way_out(app)[1] + 40, app)), "no order with the number"),
    (with_app(lambda app: ("12.5", closed_by_hand(app), app)), "the one that was filled is wanted"),
    (("12.6", lambda planned, fills: -slip(planned, fills)), "-0.94 instead of 0.94"),
    (("12.6", lambda planned, fills: planned - fills["price"].mean()), "sold at 19.86"),
    (("12.6", lambda planned, fills: planned - fills[fills["side"] == "SLD"]["price"].mean()), "the mean by size"),
    (("12.6", lambda planned, fills: abs(slip(planned, fills))), "0.5 instead of -0.5"),
    (("12.6", lambda planned, fills: slip(planned, fills) * fills["shares"].iloc[-1]), "9.4 instead of 0.94"),
    (("12.6", lambda planned, fills: slip(planned, fills) / planned), "instead of 0.94"),
    (("12.6", lambda planned, fills: planned - fills["price"]), "a column of a table"),
    (("12.6", lambda planned, fills: slip(planned, fills.replace({"BOT": "SLD", "SLD": "BOT"}))), "sold at 19.86"),
    (("12.7", fitting(lambda price, details: round(price, 2))), "for a tick of 5e-05 the entry"),
    (("12.7", fitting(lambda price, details: price)), "for a tick of 0.01 the entry"),
    (("12.7", fitting(lambda price, details: round(price, 4))), "for a tick of"),
    (("12.7", fitting(lambda price, details: price // details["minTick"] * details["minTick"])), "nearest step"),
    (("12.7", swapped), "the entry is SELL 10 and not BUY 10"),
    (
        ("12.7", lambda details, action, quantity, *prices: [ibnb.roundToTick(each, details) for each in prices]),
        "orders",
    ),
    (("12.7", lambda details, action, quantity, *prices: None), "returned None"),
    (with_app(lambda app: ("12.8", pair(app, oca=False), app)), "no common ocaGroup"),
    (with_app(lambda app: ("12.8", pair(app, names=("a", "b")), app)), "no common ocaGroup"),
    (with_app(lambda app: ("12.8", pair(app, "AAPL", 100), app)), "AAPL instead of MSFT"),
    (with_app(lambda app: ("12.8", pair(app, quantity=40), app)), "all 400"),
    (with_app(lambda app: ("12.8", pair(app, kinds="LMT LMT", shares=(1.1, 1.2)), app)), "and the other a stop order"),
    (with_app(lambda app: ("12.8", pair(app, shares=(1.01, 0.9)), app)), "the limit .* not about"),
    (with_app(lambda app: ("12.8", pair(app)[:1], app)), "these are 1"),
    (with_app(lambda app: ("12.8", cancelled(app, pair(app)), app)), "is Cancelled; both"),
]
