"""Answers to the exercises of lesson 11."""

from __future__ import annotations

from typing import Any

import ibnb
from tests.course.answers import with_app


def pending(column: str = "remaining", signed: bool = True, symbols: bool = True, kind: Any = float) -> Any:
    def function(orders: Any, symbol: str) -> Any:
        chosen = orders[orders["symbol"] == symbol] if symbols else orders
        total = 0.0
        for _, order in chosen.iterrows():
            total += order[column] * (-1 if signed and order["action"] == "SELL" else 1)
        return kind(total)

    return function


def below(app: Any, symbol: str, share: float = 0.95) -> float:
    return round(float(app.getQuote(symbol)["last"]) * share, 2)


def resting(
    app: Any, symbol: str = "KO", quantity: float = 1, action: str = "BUY", share: float = 0.95, **more: Any
) -> int:
    form = app.createOrder(action, quantity, "LMT", below(app, symbol, share), **{"tif": "GTC", **more})
    return int(app.placeOrderNow(symbol, form, wait="Submitted"))


def changed(app: Any, number: int, **changes: Any) -> int:
    app.modifyOrder(number, wait=True, **changes)
    return number


def rebuilt(app: Any, quantity: float = 5, **more: Any) -> int:
    """The slides' way: a fresh form under the old number."""
    number, price = resting(app), below(app, "KO")
    app.modifyOrder(number, app.createContract("KO"), app.createOrder("BUY", quantity, "LMT", price, **more), wait=True)
    return number


def cancelled(app: Any, number: int) -> int:
    app.cancelOrderById(number, wait=True)
    return number


def market(app: Any, symbol: str = "KO", quantity: int = 1, action: str = "BUY") -> int:
    return int(app.placeOrderNow(symbol, app.createOrder(action, quantity), wait="Filled"))


def too_late(app: Any, number: int) -> str:
    try:
        app.modifyOrder(number, quantity=2)
    except ValueError as error:
        return str(error)
    raise AssertionError


def forced(app: Any) -> tuple[int, str]:
    """A change that leaves by ibapi's own call."""
    number = market(app)
    reason = too_late(app, number)
    app.placeOrder(number, app.createContract("KO"), app.createOrder("BUY", 2))
    app.sleep(1)
    return number, reason


def ended(app: Any, **more: Any) -> Any:
    number = resting(app, **{"symbol": "AAPL", "action": "SELL", "share": 1.06, **more})
    return app.waitOrder(cancelled(app, number), "done")


def early(app: Any) -> Any:
    number = resting(app, "AAPL", action="SELL", share=1.06)
    report = app.waitOrder(number, "Submitted")
    app.cancelOrderById(number, wait=True)
    return report


def by_number(app: Any) -> None:
    for number in app.getOpenOrders().index:
        app.cancelOrderById(number, wait=True)


def refuse(app: Any) -> None:
    raise KeyError("order")


def back(app: Any, answer: Any = lambda app: app.getOpenOrders(), again: bool = True, **more: Any) -> tuple[Any, Any]:
    resting(app, **{"symbol": "IBM", "quantity": 2, "share": 0.92, **more})
    before = app.getOpenOrders()
    if again:
        with ibnb.connect(clientId=2) as other:
            resting(other, "MSFT")
            app.disconnect()
            app = ibnb.connect()
            app.getOpenOrders()
            return (answer(app) if callable(answer) else before.iloc[:0]), app
    return before, app


def returned(app: Any) -> Any:
    """Away and back before there is any order, as the lesson's own cells have been."""
    with ibnb.connect(clientId=2):
        app.disconnect()
        return ibnb.connect()


def form_of(app: Any, order_id: int, contract: Any, new_limit: float) -> None:
    app.modifyOrder(order_id, contract, app.createOrder("BUY", 100, "LMT", new_limit))


RIGHT: list[Any] = [
    ("11.1", pending()),
    ("11.1", pending(kind=int)),
    with_app(lambda app: ("11.3", changed(app, resting(app), quantity=5), app)),
    with_app(lambda app: ("11.3", rebuilt(app, tif="GTC"), app)),
    with_app(lambda app: ("11.4", lambda app, number, _, limit: app.modifyOrder(number, limit_price=limit), app)),
    with_app(lambda app: ("11.5", number := market(app), too_late(app, number), app)),
    with_app(lambda app: ("11.7", ended(app), app)),
    with_app(lambda app: ("11.7", ended(app, share=1.04999), app)),  # 5 %, and the cents were rounded down
    with_app(lambda app: ("11.8", by_number, app)),
    with_app(lambda app: ("11.8", lambda app: app.cancelAllOrders(), app)),
    with_app(lambda app: ("11.9", *back(app))),
]
WRONG: list[Any] = [
    (("11.1", pending("totalQuantity")), "of an order to buy 10 AAPL 4 are filled"),
    (("11.1", pending(signed=False)), "a sale counts negative"),
    (("11.1", pending(symbols=False)), "for MSFT your function returned 101"),
    (("11.1", pending("filled")), "untouched: 100 may still be bought"),
    (("11.1", pending(kind=str)), "a text, a number is wanted"),
    (("11.1", lambda orders, symbol: abs(pending()(orders, symbol))), "a sale counts negative"),
    (("11.1", lambda orders, symbol: None), "returned None"),
    (("11.1", lambda orders, symbol: orders["shares"].sum()), "stops with KeyError"),
    (with_app(lambda app: ("11.3", resting(app), app)), "only once: no change"),
    (
        with_app(lambda app: ("11.3", changed(app, resting(app, share=0.8), quantity=5), app)),
        r"-20.\d% from the market, not about -5%",
    ),
    (with_app(lambda app: ("11.3", resting(app, quantity=5), app)), "totalQuantity is 5 instead of 1"),
    (with_app(lambda app: ("11.3", changed(app, resting(app), quantity=6), app)), "totalQuantity is 6 instead of 5"),
    (with_app(lambda app: ("11.3", rebuilt(app), app)), "tif is DAY instead of GTC"),
    (with_app(lambda app: ("11.3", changed(app, resting(app, "IBM"), quantity=5), app)), "for IBM instead of KO"),
    (with_app(lambda app: ("11.3", changed(app, resting(app, tif="DAY"), quantity=5), app)), "tif is DAY"),
    (with_app(lambda app: ("11.3", changed(app, resting(app), quantity=5) + 100, app)), "no order with the number"),
    (
        with_app(lambda app: ("11.3", cancelled(app, changed(app, resting(app), quantity=5)), app)),
        "is Cancelled meanwhile",
    ),
    (with_app(lambda app: ("11.4", form_of, app)), "totalQuantity is 100 instead of 7"),
    (with_app(lambda app: ("11.4", lambda app, *rest: None, app)), "no change of the order"),
    (
        with_app(lambda app: ("11.4", lambda app, number, _, limit: app.cancelOrderById(number, wait=True), app)),
        "Cancelled",
    ),
    (with_app(lambda app: ("11.4", lambda app, number, _, limit: app.modifyOrder(number), app)), "ValueError"),
    (
        with_app(
            lambda app: ("11.4", lambda app, number, _, limit: app.modifyOrder(number, limit_price=limit - 1), app)
        ),
        "lmtPrice is",
    ),
    (
        with_app(
            lambda app: (
                "11.4",
                lambda app, number, _, limit: app.modifyOrder(number, limit_price=limit, tif="DAY"),
                app,
            )
        ),
        "tif is DAY instead of GTC",
    ),
    (
        with_app(
            lambda app: (
                "11.4",
                lambda app, number, one, limit: app.modifyOrder(
                    number, one, app.createOrder("BUY", 7, "LMT", limit, tif="GTC")
                ),
                app,
            )
        ),
        "orderRef is  instead of Nora",
    ),
    (with_app(lambda app: ("11.5", market(app), "no", app)), "names the order and its status"),
    (
        with_app(lambda app: ("11.5", market(app), ValueError("order 1 is Filled"), app)),
        "an exception, a text is wanted",
    ),
    (with_app(lambda app: ("11.5", number := market(app, "IBM"), too_late(app, number), app)), "IBM instead of KO"),
    (
        with_app(lambda app: ("11.5", number := market(app, quantity=2), too_late(app, number), app)),
        "totalQuantity is 2",
    ),
    (with_app(lambda app: ("11.5", resting(app), "order 1 is Filled", app)), "LMT instead of MKT"),
    (with_app(lambda app: ("11.5", *forced(app), app)), "2 times: a change has left"),
    (with_app(lambda app: ("11.5", market(app) + 7, "order 1 is Filled", app)), "no order with the number"),
    (with_app(lambda app: ("11.7", early(app), app)), "your report says Submitted"),
    (with_app(lambda app: ("11.7", app.waitOrder(market(app, "AAPL", action="SELL")), app)), "MKT instead of LMT"),
    (with_app(lambda app: ("11.7", ended(app, symbol="KO"), app)), "KO instead of AAPL"),
    (with_app(lambda app: ("11.7", ended(app, action="BUY", share=0.9), app)), "action is BUY"),
    (with_app(lambda app: ("11.7", ended(app, quantity=3), app)), "totalQuantity is 3"),
    (with_app(lambda app: ("11.7", ended(app, share=1.02), app)), r"\+2.\d% from the market, not at least \+5%"),
    (
        with_app(
            lambda app: ("11.7", app.waitOrder(resting(app, "AAPL", action="SELL", share=1.06), "Submitted"), app)
        ),
        "no cancel of order",
    ),
    (with_app(lambda app: ("11.7", ended(app).status, app)), "a text, an OrderReport is wanted"),
    (with_app(lambda app: ("11.8", lambda app: app.reqGlobalCancel(), app)), "cancelled with yours"),
    (with_app(lambda app: ("11.8", lambda app: app.cancelAllOrders("account"), app)), "cancelled with yours"),
    (with_app(lambda app: ("11.8", lambda app: None, app)), "still works"),
    (with_app(lambda app: ("11.8", lambda app: app.listOrders(), app)), "still works"),
    (with_app(lambda app: ("11.8", lambda app: app.cancelOrderById(999), app)), "still works"),
    (with_app(lambda app: ("11.8", refuse, app)), "stops with KeyError"),
    (
        with_app(lambda app: (resting(app), "11.8", lambda app: app.cancelOrder(app.getBlotter().index[-1]), app)[1:]),
        "some of your orders still work",
    ),
    (with_app(lambda app: ("11.9", *back(app, again=False))), "connect again since"),
    (with_app(lambda app: ("11.9", *back(returned(app), again=False))), "connect again since"),
    (with_app(lambda app: ("11.9", *back(app, lambda app: app.getOpenOrders("account")))), "orders of the client 2"),
    (with_app(lambda app: ("11.9", *back(app, None))), "no order for IBM"),
    (with_app(lambda app: ("11.9", *back(app, symbol="KO"))), "no order for IBM"),
    (with_app(lambda app: ("11.9", *back(app, quantity=3))), "totalQuantity is 3"),
    (with_app(lambda app: ("11.9", *back(app, share=0.8))), r"-20.\d% from the market, not about -8%"),
    (with_app(lambda app: ("11.9", *back(app, lambda app: app.getExecutions()))), "lacks the columns"),
    (with_app(lambda app: ("11.9", *back(app, lambda app: app.getOpenOrders().replace(2.0, 5.0)))), "quantities"),
    (with_app(lambda app: ("11.9", *back(app, lambda app: (resting(app), app.getOpenOrders().tail(0))[1]))), "IBM"),
    (with_app(lambda app: ("11.9", *back(app, lambda app: list(app.getOpenOrders().index)))), "a list, a table"),
]
