"""Lesson 11: what is still out there, whose list it is, changing, too late, cancelling, mine only, and coming back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pandas as pd

import ibnb
from ibnb.course.exercises import CannotCheck, answered, called, choice, exercise, journal, raised, received
from ibnb.verbs.orders.blotter import OrderReport

_ENDED = ("Filled", "Cancelled", "ApiCancelled", "Inactive")

_OUT_THERE = pd.DataFrame(
    {
        "action": ["BUY", "SELL", "BUY", "SELL"],
        "totalQuantity": [10.0, 5.0, 100.0, 3.0],
        "symbol": ["AAPL", "AAPL", "MSFT", "KO"],
        "filled": [4.0, 0.0, 0.0, 3.0],
        "remaining": [6.0, 5.0, 100.0, 0.0],
    },
    index=pd.Index([3, 4, 5, 6], name="orderId"),
)


@exercise("11.1", wants=callable, correct="what may still happen is the remaining quantity, and it has a sign")
def still_out_there(pending: Callable[..., Any]) -> str | None:
    for symbol, frame, right, what in (
        ("MSFT", _OUT_THERE, 100.0, "one order to buy 100 MSFT is untouched: 100 may still be bought"),
        ("AAPL", _OUT_THERE.iloc[:1], 6.0, "of an order to buy 10 AAPL 4 are filled: 6 may still be bought"),
        ("AAPL", _OUT_THERE.iloc[1:2], -5.0, "an order to sell 5 AAPL is untouched: a sale counts negative"),
        ("AAPL", _OUT_THERE, 1.0, "one order may still buy 6 AAPL and another sell 5, which makes 1"),
        ("KO", _OUT_THERE, 0.0, "the order for KO is filled: nothing of it is still to come"),
    ):
        value = called(pending, frame.copy(), symbol, wants=float)
        if float(value) != right:
            return f"for {symbol} your function returned {float(value):g}, while {what}"
    return None


choice(
    "11.2",
    right="c",
    correct="it sends reqAllOpenOrders, and TWS shows the orders of all programs and those typed in by hand",
    wrong={
        "a": "the blotter asks TWS nothing: it tells what this program has heard so far",
        "b": "listOrders asks for the orders of this program only (reqOpenOrders)",
        "d": "completed orders are those that have ended, not those that work",
    },
)


@exercise("11.3", wants=int, correct="the same number twice, and only the quantity differs between the two forms")
def one_to_five(order_id: int, app: Any) -> str | None:
    forms = _forms(app, order_id)
    if not forms:
        return f"the gateway has received no order with the number {order_id}"
    first, last = forms[0], forms[-1]
    if first.contract.symbol != "KO":
        return f"order {order_id} is for {first.contract.symbol} instead of KO"
    if wrong := _differs(first.order, {"action": "BUY", "orderType": "LMT", "tif": "GTC", "totalQuantity": 1}):
        return f"in the order that you placed {wrong}"
    if far := _distance(app, first, -0.05):
        return far
    if len(forms) == 1:
        return f"the gateway got order {order_id} only once: no change has arrived"
    kept = {name: getattr(first.order, name) for name in ("action", "orderType", "lmtPrice", "tif")}
    if wrong := _differs(last.order, {"totalQuantity": 5, **kept}):
        return f"in the changed order {wrong}"
    return _still_works(app, order_id)


@exercise("11.4", wants=callable, correct="a change that starts from the order that exists loses nothing")
def price_only(raise_limit: Callable[..., Any], app: Any) -> str | None:
    received(app, "PlaceOrder")  # on a real TWS nothing is placed for a check
    contract = app.createContract("WMT")
    price = app.getQuote(contract)["last"]
    form = app.createOrder("BUY", 7, "LMT", round(price * 0.95, 2), tif="GTC", orderRef="Nora")
    better = round(price * 0.97, 2)
    with redirect_stdout(StringIO()):
        order_id = app.placeOrderNow(contract, form, wait="Submitted")
        stopped = raised(raise_limit, app, order_id, contract, better)
        app.sleep(1)
        forms, status = _forms(app, order_id), _status(app, order_id)
        if status not in _ENDED:
            app.cancelOrderById(order_id, wait=True)
    if stopped is not None:
        return f"your function stops with {type(stopped).__name__}; call it by hand to see where"
    if status in _ENDED:
        return f"after your function the order was {status}; it should go on working"
    if len(forms) < 2:
        return "no change of the order has reached the gateway"
    kept = {name: getattr(forms[0].order, name) for name in ("action", "orderType", "totalQuantity", "tif", "orderRef")}
    if wrong := _differs(forms[-1].order, {**kept, "lmtPrice": better}):
        return f"in the changed order {wrong}"
    return None


@exercise(
    "11.5", wants=[int, str], correct="a trade can't be modified, and the sentence says why before anything is sent"
)
def once_filled(order_id: int, reason: Any, app: Any) -> str | None:
    forms = _forms(app, order_id)
    if not forms:
        return f"the gateway has received no order with the number {order_id}"
    if forms[0].contract.symbol != "KO":
        return f"order {order_id} is for {forms[0].contract.symbol} instead of KO"
    if wrong := _differs(forms[0].order, {"action": "BUY", "orderType": "MKT", "totalQuantity": 1}):
        return wrong
    if _status(app, order_id) != "Filled":
        return f"order {order_id} is {_status(app, order_id)}: wait until it is Filled"
    if len(forms) > 1:
        return f"the gateway got order {order_id} {len(forms)} times: a change has left"
    if f"order {order_id}" not in reason or "Filled" not in reason:
        return "the text should be that of the exception, which names the order and its status"
    return None


choice(
    "11.6",
    right="c",
    correct="only an order that has ended can't surprise you any more, and what was filled before counts",
    wrong={
        "a": "without wait=True the return only says that the request has left",
        "b": "PendingCancel says that the cancel isn't confirmed yet: a fill may still come first",
        "d": "a pause waits for the clock and not for TWS: the answer may take longer, or be a fill",
    },
)


@exercise("11.7", wants=OrderReport, correct="asked once, confirmed with 202, and nothing was filled")
def gone_for_certain(report: OrderReport, app: Any) -> str | None:
    forms = _forms(app, report.orderId)
    if not forms:
        return f"the gateway has received no order with the number {report.orderId}"
    if forms[0].contract.symbol != "AAPL":
        return f"order {report.orderId} is for {forms[0].contract.symbol} instead of AAPL"
    if wrong := _differs(forms[0].order, {"action": "SELL", "orderType": "LMT", "totalQuantity": 1}):
        return wrong
    if far := _distance(app, forms[0], 0.05, or_more=True):
        return far
    cancels = [each for each in received(app, "CancelOrder") if each.orderId == report.orderId]
    if not cancels:
        return f"the gateway got no cancel of order {report.orderId}"
    if report.status != "Cancelled":
        return f"your report says {report.status}: wait for the confirmation, and then ask"
    return None if _status(app, report.orderId) == "Cancelled" else "the gateway hasn't confirmed the cancel"


@exercise("11.8", wants=callable, correct="your orders are gone, and the other program never noticed")
def mine_only(cancel_mine: Callable[..., Any], app: Any) -> str | None:
    received(app, "PlaceOrder")  # on a real TWS nothing is placed for a check
    with redirect_stdout(StringIO()), ibnb.connect(clientId=98) as other:
        if (other.host, other.port) != (app.host, app.port):
            raise CannotCheck
        mine, theirs = _far_below(app, "NVDA"), _far_below(other, "META")
        stopped = raised(cancel_mine, app)
        app.sleep(1)
        spared, left = _status(other, theirs) not in _ENDED, _working(app)
        if spared:
            other.cancelOrderById(theirs, wait=True)
        for each in left:
            app.cancelOrderById(each, wait=True)
    if stopped is not None:
        return f"your function stops with {type(stopped).__name__}; call it by hand to see where"
    if not spared:
        return "the other program's order was cancelled with yours"
    if mine in left:
        return "your own order still works after the call"
    return f"some of your orders still work after the call: {', '.join(map(str, left))}" if left else None


@exercise("11.9", wants=pd.DataFrame, correct="what you had working is there again, as TWS has it")
def back_again(orders: pd.DataFrame, app: Any) -> str | None:
    if missing := {"symbol", "totalQuantity", "status", "clientId"} - set(orders.columns):
        return f"the table lacks the columns {', '.join(sorted(missing))}: take what getOpenOrders returns"
    if foreign := sorted(set(map(int, orders["clientId"])) - {app.clientId}):
        return f"the table holds orders of the client {foreign[0]}: only your own are wanted"
    if not (orders["symbol"] == "IBM").any():
        return "there is no order for IBM in the table"
    has = dict(zip(map(int, orders.index), map(float, orders["totalQuantity"]), strict=True))
    real = {each: float(_forms(app, each)[-1].order.totalQuantity) for each in _working(app)}
    if set(has) != set(real):
        return f"the table has the orders {sorted(has)}, and the gateway has {sorted(real)} working"
    if has != real:
        return "the quantities aren't those that the gateway has"
    ibm = _forms(app, int(orders.index[orders["symbol"] == "IBM"][-1]))[0]
    if wrong := _differs(ibm.order, {"action": "BUY", "orderType": "LMT", "totalQuantity": 2}):
        return wrong
    if far := _distance(app, ibm, -0.08):
        return far
    # The lesson itself has come back once: it is after the order that counts.
    mine = [each.message for each in journal(app) if (each.direction, each.clientId) == ("in", app.clientId)]
    back = any(type(each).__name__ == "StartApi" for each in mine[mine.index(ibm) :])
    return None if back else "the gateway hasn't seen this client id connect again since the order arrived"


def _forms(app: Any, order_id: Any) -> list[Any]:
    """Every form of the order that the gateway has received, oldest first."""
    return [each for each in received(app, "PlaceOrder") if each.orderId == order_id and not each.order.whatIf]


def _differs(order: Any, wanted: dict[str, Any]) -> str | None:
    for name, value in wanted.items():
        found = getattr(order, name)
        if found != value and not (isinstance(value, float) and abs(float(found) - value) < 1e-9):
            return f"{name} is {found} instead of {value}"
    return None


def _distance(app: Any, form: Any, wanted: float, *, or_more: bool = False) -> str | None:
    """What is wrong with a limit that isn't about so far from the market; it was rounded, and the market moves."""
    limit = form.order.lmtPrice
    share = limit / app.getQuote(form.contract.symbol)["last"] - 1
    if (share >= wanted - 0.005) if or_more else abs(share - wanted) <= 0.02:
        return None
    return (
        f"the limit {limit:.2f} is {share:+.1%} from the market, not {'at least' if or_more else 'about'} {wanted:+.0%}"
    )


def _status(app: Any, order_id: int) -> str:
    said = [each.status for each in answered(app, "OrderStatus") if each.orderId == order_id]
    return said[-1] if said else "unknown"


def _still_works(app: Any, order_id: int) -> str | None:
    status = _status(app, order_id)
    return f"order {order_id} is {status} meanwhile" if status in _ENDED else None


def _far_below(app: Any, symbol: str) -> int:
    """An order that waits."""
    limit = round(app.getQuote(symbol)["last"] * 0.9, 2)
    order_id: int = app.placeOrderNow(symbol, app.createOrder("BUY", 1, "LMT", limit), wait="Submitted")
    return order_id


def _working(app: Any) -> list[int]:
    """The orders of this client that the gateway has accepted and that haven't ended."""
    known = dict.fromkeys(each.orderId for each in received(app, "PlaceOrder") if not each.order.whatIf)
    return [each for each in known if _status(app, each) not in (*_ENDED, "unknown")]
