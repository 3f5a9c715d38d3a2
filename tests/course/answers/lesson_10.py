"""Answers to the exercises of lesson 10."""

from __future__ import annotations

from typing import Any

import ibnb
from tests.course.answers import with_app

REASON = "a LMT order needs limit_price."


def place(app: Any, symbol: str, *order: Any, wait: str | None = "Filled", **more: Any) -> int:
    return int(app.placeOrderNow(app.createContract(symbol), app.createOrder(*order), wait=wait, **more))


def preview(app: Any, symbol: str = "NVDA", side: str = "BUY", quantity: float = 200) -> Any:
    return app.previewOrder(app.createContract(symbol), app.createOrder(side, quantity, "MKT"))


def cost(app: Any, *order: Any) -> float:
    return float(preview(app, *order)["commission"])


def limit(app: Any, side: str = "SELL", symbol: str = "MSFT", factor: float = 1.15, quantity: float = 1) -> int:
    price = round(app.getQuote(app.createContract(symbol))["last"] * factor, 2)
    return place(app, symbol, side, quantity, "LMT", price, wait=None)


def cancelled(app: Any) -> int:
    number = limit(app)
    app.cancelOrderById(number)
    app.waitOrder(number, "Cancelled")
    return number


def placed_nvda(app: Any) -> float:
    place(app, "NVDA", "BUY", 200, "MKT")
    return cost(app)


def judge(app: Any, rejected: str = "rejected", working: str = "working", filled: str = "filled") -> Any:
    def outcome(contract: Any, order: Any) -> str:
        try:
            app.placeOrderNow(contract, order, wait="Filled", timeout=5)
        except ibnb.OrderRejectedError:
            return rejected
        except ibnb.RequestTimeoutError:
            return working
        return filled

    return outcome


def believes(app: Any) -> Any:
    def outcome(contract: Any, order: Any) -> str:
        app.placeOrderNow(contract, order)
        return "filled"

    return outcome


def twice(app: Any) -> Any:
    def outcome(contract: Any, order: Any) -> str:
        app.placeOrderNow(contract, order)
        return str(judge(app)(contract, order))

    return outcome


def uncaught(app: Any) -> Any:
    def outcome(contract: Any, order: Any) -> str:
        app.placeOrderNow(contract, order, wait="Filled", timeout=5)
        return "filled"

    return outcome


def looks(app: Any) -> Any:
    def outcome(contract: Any, order: Any) -> str:
        app.previewOrder(contract, order)
        return "filled"

    return outcome


def another(app: Any) -> Any:
    return lambda contract, order: judge(app)(contract, app.createOrder("BUY", 2, "MKT"))


RIGHT: list[Any] = [
    ("10.1", lambda account: account.upper().startswith("D")),
    ("10.1", lambda account: account[0] in "dD"),
    ("10.2", REASON),
    with_app(lambda app: ("10.4", cost(app), app)),
    with_app(lambda app: ("10.5", place(app, "MSFT", "BUY", 1, "MKT"), app)),
    ("10.6", ["PendingSubmit", "PreSubmitted", "Submitted", "Filled"]),
    ("10.6", ("PendingSubmit", "PreSubmitted", "Submitted", "Filled")),
    with_app(lambda app: ("10.7", limit(app), app)),
    with_app(lambda app: ("10.7", limit(app, factor=1.09999), app)),  # 10 %, and the cents were rounded down
    with_app(lambda app: ("10.8", judge(app), app)),
]
WRONG: list[Any] = [
    (("10.1", lambda account: account.startswith("D")), "starts with du is paper"),
    (("10.1", lambda account: "D" in account.upper()), "starts with UD is live"),
    (("10.1", lambda account: account.upper().startswith("DU")), "starts with DF is paper"),
    (("10.1", lambda account: account.upper()[0] in "DF"), "starts with F7 is live"),
    (("10.1", lambda account: True), "starts with U1 is live"),
    (("10.1", lambda account: True if account.upper().startswith("D") else None), "your function returned None"),
    (("10.1", lambda account: account[0]), "a text, True or False is wanted"),
    (("10.1", True), "a function is wanted"),
    (("10.1", lambda account: not account.upper().startswith("D")), "starts with DU is paper"),
    (("10.2", "no"), "names the field that is missing"),
    (("10.2", "limit_price"), "names the field"),
    (("10.2", ValueError(REASON)), "this is an exception, a text is wanted"),
    (("10.2", None), "this is None, a text is wanted"),
    (("10.2", ""), "the text should be"),
    (("10.2", [REASON]), "this is a list, a text is wanted"),
    (("10.2", ValueError), "this is a class, a text is wanted"),
    (with_app(lambda app: ("10.4", 1.0, app)), "asked nothing about NVDA"),
    (with_app(lambda app: ("10.4", placed_nvda(app), app)), "was really placed"),
    (with_app(lambda app: ("10.4", cost(app, "NVDA", "BUY", 100), app)), "BUY 100 MKT; BUY 200 MKT was meant"),
    (with_app(lambda app: ("10.4", cost(app, "NVDA", "SELL", 200), app)), "SELL 200 MKT"),
    (with_app(lambda app: ("10.4", cost(app, "AAPL"), app)), "asked nothing about NVDA"),
    (with_app(lambda app: ("10.4", preview(app)["initMarginChange"], app)), "the margin it would tie up"),
    (with_app(lambda app: ("10.4", preview(app), app)), r"\(Series\), a number is wanted"),
    (with_app(lambda app: ("10.4", cost(app) + 1, app)), "the preview's commission isn't"),
    (with_app(lambda app: ("10.4", f"{cost(app)} USD", app)), "a text, a number is wanted"),
    (with_app(lambda app: ("10.5", place(app, "MSFT", "BUY", 2, "MKT"), app)), "totalQuantity is 2 instead of 1"),
    (with_app(lambda app: ("10.5", place(app, "AAPL", "BUY", 1, "MKT"), app)), "symbol is AAPL"),
    (with_app(lambda app: ("10.5", place(app, "MSFT", "SELL", 1, "MKT"), app)), "action is SELL"),
    (with_app(lambda app: ("10.5", limit(app, "BUY", factor=0.9), app)), "orderType is LMT"),
    (with_app(lambda app: ("10.5", 4711, app)), "received no order with the number 4711"),
    (with_app(lambda app: ("10.5", place(app, "MSFT", "BUY", 1, "MKT", wait=None), app)), "its last status is"),
    (with_app(lambda app: ("10.5", app.waitOrder(place(app, "MSFT", "BUY", 1, "MKT"), "Filled"), app)), "OrderReport"),
    (with_app(lambda app: ("10.5", "Filled", app)), "a text, a whole number"),
    (("10.6", ["PendingSubmit", "Submitted", "PreSubmitted", "Filled"]), "Submitted comes elsewhere"),
    (("10.6", ["Filled"]), "once"),
    (("10.6", ["Filled", "Submitted", "PreSubmitted", "PendingSubmit"]), "backwards"),
    (("10.6", ["PendingSubmit", "PreSubmitted", "Submitted", "Submitted"]), "each of the four should appear once"),
    (("10.6", ["pendingsubmit", "PreSubmitted", "Submitted", "Filled"]), "mind the capital letters"),
    (("10.6", "PendingSubmit PreSubmitted Submitted Filled"), "this is a text, a list or a tuple is wanted"),
    (("10.6", {"PendingSubmit", "PreSubmitted", "Submitted", "Filled"}), "this is a set"),
    (("10.6", ["PreSubmitted", "PendingSubmit", "Submitted", "Filled"]), "PreSubmitted comes elsewhere"),
    (with_app(lambda app: ("10.7", limit(app, factor=1.05), app)), "isn't 10 % above"),
    (with_app(lambda app: ("10.7", limit(app, factor=1.09), app)), "isn't 10 % above"),
    (with_app(lambda app: ("10.7", limit(app, "BUY", factor=0.9), app)), "action is BUY"),
    (with_app(lambda app: ("10.7", limit(app, symbol="AAPL"), app)), "symbol is AAPL"),
    (with_app(lambda app: ("10.7", limit(app, quantity=10), app)), "totalQuantity is 10"),
    (with_app(lambda app: ("10.7", place(app, "MSFT", "SELL", 1, "MKT"), app)), "orderType is MKT"),
    (with_app(lambda app: ("10.7", cancelled(app), app)), "its status is Cancelled"),
    (with_app(lambda app: ("10.7", 4711, app)), "received no order"),
    (with_app(lambda app: ("10.7", float(limit(app)), app)), "a number, a whole number"),
    (
        with_app(lambda app: ("10.8", believes(app), app)),
        "a limit order far below .* ends as 'working', and it says 'filled'",
    ),
    (with_app(lambda app: ("10.8", twice(app), app)), "received 2 orders instead of one"),
    (with_app(lambda app: ("10.8", uncaught(app), app)), "stops with RequestTimeoutError"),
    (with_app(lambda app: ("10.8", looks(app), app)), "was only previewed"),
    (with_app(lambda app: ("10.8", lambda contract, order: "filled", app)), "received 0 orders"),
    (with_app(lambda app: ("10.8", another(app), app)), "arrived as another order"),
    (with_app(lambda app: ("10.8", judge(app, rejected="working"), app)), "ends as 'rejected', and it says 'working'"),
    (with_app(lambda app: ("10.8", judge(app, filled="Filled"), app)), "ends as 'filled', and it says 'Filled'"),
    (with_app(lambda app: ("10.8", lambda contract, order: print(end=""), app)), "your function returned None"),
]
