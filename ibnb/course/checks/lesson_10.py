"""Lesson 10: paper accounts, an incomplete form, a preview, one share, the life of an order, patience, outcomes."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable
from typing import Any

from ibnb.course.exercises import answered, called, choice, exercise, received

_LIFE = ["PendingSubmit", "PreSubmitted", "Submitted", "Filled"]
_ACCOUNTS = {
    "DU1234567": True,
    "du1234567": True,
    "DF7654321": True,
    "U" + "1234567": False,
    "F" + "7654321": False,
    "u" + "1234567": False,
    "U" + "D123456": False,
}


@exercise("10.1", wants=callable, correct="the code decides, whatever the port")
def paper_accounts(is_paper: Callable[[str], bool]) -> str | None:
    for account, truth in _ACCOUNTS.items():
        if bool(called(is_paper, account, wants=bool)) is not truth:
            kind = "paper" if truth else "live"
            return f"an account whose code starts with {account[:2]} is {kind}"
    return None


@exercise("10.2", wants=str, correct="a limit order without a limit is refused before it is sent")
def incomplete_form(reason: str) -> str | None:
    if "limit_price" in reason and "LMT" in reason:
        return None
    return "the text should be that of the exception, whole; it names the field that is missing"


choice(
    "10.3",
    right="b",
    correct="it guarantees the trade and leaves the price open",
    wrong={
        "a": "a limit above the market waits until the price comes up to it, perhaps for ever",
        "c": "the last price is one that has been paid; a moment later nobody may pay it",
        "d": "a preview never becomes an order: she would still have the share",
    },
)


@exercise("10.4", wants=float, correct="the broker was asked what it would cost, and nothing is working from it")
def only_looking(commission: float, app: Any) -> str | None:
    asked = [order for order in received(app, "PlaceOrder") if order.contract.symbol == "NVDA"]
    if not asked:
        return "the gateway was asked nothing about NVDA"
    if not all(order.order.whatIf for order in asked):
        return "an order for NVDA was really placed"
    last = asked[-1].order
    if (last.action, float(last.totalQuantity), last.orderType) != ("BUY", 200, "MKT"):
        return (
            f"the last preview was {last.action} {float(last.totalQuantity):g} {last.orderType}; BUY 200 MKT was meant"
        )
    preview = app.previewOrder(app.createContract("NVDA"), app.createOrder("BUY", 200, "MKT"))
    if math.isclose(commission, preview["commission"], rel_tol=1e-3):
        return None
    if math.isclose(commission, preview["initMarginChange"], rel_tol=1e-2):
        return "that is the margin it would tie up; the commission is wanted"
    return f"the preview's commission isn't {commission:g}"


@exercise("10.5", wants=int, correct="the gateway got one order, and filled it")
def one_share(bought: int, app: Any) -> str | None:
    order = _placed(app, bought)
    if order is None:
        return f"the gateway has received no order with the number {bought}"
    wanted = {"symbol": "MSFT", "action": "BUY", "totalQuantity": 1, "orderType": "MKT"}
    if wrong := _differs(order, wanted):
        return wrong
    last = _last_status(app, bought)
    return None if last == "Filled" else f"its last status is {last}"


@exercise(
    "10.6", wants=(list, tuple), correct="sent, held, working, done; a quick order may skip a step but never goes back"
)
def life_of_an_order(life: list[str]) -> str | None:
    if strange := [status for status in life if status not in _LIFE]:
        return f"{strange[0]!r} isn't one of the four; mind the capital letters"
    if sorted(life) != sorted(_LIFE):
        return "each of the four should appear once"
    if list(life) == _LIFE[::-1]:
        return "that is the whole way backwards"
    wrong = next((given for given, truth in zip(life, _LIFE, strict=True) if given != truth), None)
    return None if wrong is None else f"{wrong} comes elsewhere"


@exercise("10.7", wants=int, correct="a limit order far away waits, and does nothing else")
def patience(waiting: int, app: Any) -> str | None:
    order = _placed(app, waiting)
    if order is None:
        return f"the gateway has received no order with the number {waiting}"
    if wrong := _differs(order, {"symbol": "MSFT", "action": "SELL", "totalQuantity": 1, "orderType": "LMT"}):
        return wrong
    last = app.getQuote(app.createContract("MSFT"))["last"]
    if order.order.lmtPrice < last * 1.095:  # rounded to cents, and the price moves before this looks
        return f"a limit of {order.order.lmtPrice:.2f} isn't 10 % above {last:.2f}"
    status = _last_status(app, waiting)
    return None if status in ("Submitted", "PreSubmitted") else f"its status is {status}"


@exercise("10.8", wants=callable, correct="three orders, three fates, and a word for each")
def fates(outcome: Callable[[Any, Any], str], app: Any) -> str | None:
    contract = app.createContract("AAPL")
    low = round(app.getQuote(contract)["last"] * 0.8, 2)
    for truth, order, said in (
        ("filled", app.createOrder("BUY", 1, "MKT"), "a market order for one share"),
        ("working", app.createOrder("BUY", 1, "LMT", low), "a limit order far below the market"),
        ("rejected", app.createOrder("BUY", 1_000_000, "MKT"), "an order for a million shares"),
    ):
        before = len(received(app, "PlaceOrder"))
        with contextlib.redirect_stdout(io.StringIO()):  # "New Order ID …" isn't the learner's to read here
            found = called(outcome, contract, order, wants=str)
        sent = received(app, "PlaceOrder")[before:]
        _tidy(app, sent)
        if len(sent) != 1:
            return f"for {said} the gateway received {len(sent)} orders instead of one"
        if sent[0].order.whatIf:
            return f"{said} was only previewed"
        if (sent[0].order.totalQuantity, sent[0].order.orderType) != (order.totalQuantity, order.orderType):
            return f"{said} arrived as another order: send the one that was handed in"
        if found != truth:
            return f"{said} ends as {truth!r}, and it says {found!r}"
    return None


def _tidy(app: Any, sent: list[Any]) -> None:
    """Nothing that the check has had placed goes on working."""
    for order in sent:
        if _last_status(app, order.orderId) in ("PreSubmitted", "Submitted"):
            with contextlib.redirect_stdout(io.StringIO()):
                app.cancelOrderById(order.orderId)
            app.waitOrder(order.orderId, "Cancelled")


def _placed(app: Any, order_id: int) -> Any:
    sent = [order for order in received(app, "PlaceOrder") if order.orderId == order_id and not order.order.whatIf]
    return sent[-1] if sent else None


def _differs(placed: Any, wanted: dict[str, Any]) -> str | None:
    found = {"symbol": placed.contract.symbol, **{name: getattr(placed.order, name) for name in list(wanted)[1:]}}
    for name, value in wanted.items():
        if found[name] != value:
            return f"{name} is {found[name]} instead of {value}"
    return None


def _last_status(app: Any, order_id: int) -> str:
    told = [status.status for status in answered(app, "OrderStatus") if status.orderId == order_id]
    return told[-1] if told else "unknown"
