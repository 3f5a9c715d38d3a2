"""Lesson 10: an incomplete form, one share, patience, a preview, paper accounts, the life of an order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ibnb.course.exercises import answered, called, exercise, received

_LIFE = ["PendingSubmit", "PreSubmitted", "Submitted", "Filled"]
_ACCOUNTS = {"DU1234567": True, "du1234567": True, "DF7654321": True, "U" + "1234567": False, "F" + "7654321": False}


@exercise("10.1", correct="a limit order without a limit is refused before it is sent")
def incomplete_form(reason: str) -> str | None:
    return (
        None if "limit_price" in reason else "the text should be that of the exception, which names the missing field"
    )


@exercise("10.2", correct="the gateway got one order, and filled it")
def one_share(order_id: int, app: Any) -> str | None:
    order = _placed(app, order_id)
    if order is None:
        return f"the gateway has received no order with the number {order_id}"
    wanted = {"symbol": "MSFT", "action": "BUY", "totalQuantity": 1, "orderType": "MKT"}
    if wrong := _differs(order, wanted):
        return wrong
    statuses = _statuses(app, order_id)
    return None if statuses[-1:] == ["Filled"] else f"its last status is {(statuses or ['unknown'])[-1]}"


@exercise("10.3", correct="a limit order far away waits, and does nothing else")
def patience(order_id: int, app: Any) -> str | None:
    order = _placed(app, order_id)
    if order is None:
        return f"the gateway has received no order with the number {order_id}"
    if wrong := _differs(order, {"symbol": "MSFT", "action": "SELL", "totalQuantity": 1, "orderType": "LMT"}):
        return wrong
    last = app.getQuote(app.createContract("MSFT"))["last"]
    if order.order.lmtPrice < last * 1.1:
        return f"a limit of {order.order.lmtPrice:.2f} isn't 10 % above {last:.2f}"
    status = _statuses(app, order_id)[-1:]
    return None if status in (["Submitted"], ["PreSubmitted"]) else f"its status is {(status or ['unknown'])[0]}"


@exercise("10.4", correct="a what-if order was weighed, and nothing is working from it")
def only_looking(preview: Any, app: Any) -> str | None:
    asked = [order for order in received(app, "PlaceOrder") if order.contract.symbol == "NVDA"]
    if not asked:
        return "the gateway was asked nothing about NVDA"
    if not all(order.order.whatIf for order in asked):
        return "an order for NVDA was really placed"
    if asked[-1].order.totalQuantity != 200:
        return f"the preview was for {asked[-1].order.totalQuantity} shares"
    return None if preview is not None else "the preview's answer should be kept in the variable"


@exercise("10.5", correct="the code decides, whatever the port")
def paper_accounts(is_paper: Callable[[str], bool]) -> str | None:
    for account, truth in _ACCOUNTS.items():
        if bool(called(is_paper, account)) is not truth:
            kind = "paper" if truth else "live"
            return f"an account whose code starts with {account[:2]} is {kind}"
    return None


@exercise("10.6", correct="sent, held, working, done; a quick order may skip a step but never goes back")
def life_of_an_order(life: list[str]) -> str | None:
    if sorted(life) != sorted(_LIFE):
        return "each of the four should appear once"
    return (
        None
        if list(life) == _LIFE
        else f"{next(a for a, b in zip(life, _LIFE, strict=True) if a != b)} comes elsewhere"
    )


def _placed(app: Any, order_id: int) -> Any:
    sent = [order for order in received(app, "PlaceOrder") if order.orderId == order_id and not order.order.whatIf]
    return sent[-1] if sent else None


def _differs(placed: Any, wanted: dict[str, Any]) -> str | None:
    found = {"symbol": placed.contract.symbol, **{name: getattr(placed.order, name) for name in list(wanted)[1:]}}
    for name, value in wanted.items():
        if found[name] != value:
            return f"{name} is {found[name]} instead of {value}"
    return None


def _statuses(app: Any, order_id: int) -> list[str]:
    return [status.status for status in answered(app, "OrderStatus") if status.orderId == order_id]
