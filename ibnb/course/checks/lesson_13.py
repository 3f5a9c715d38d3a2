"""Lesson 13: V wakes MA, already true, a time, one shot, an option by a rule, what it costs, one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ibnb.course.exercises import answered, called, choice, exercise, journal, received

_PRICE, _TIME = 1, 3
_TWO_MINUTES = 120.0
# How far an ask may fall between the look at the chain and the order.
_FAR_ABOVE = 1.25


@exercise("13.1", wants=int, correct="it sleeps at the broker, points upwards, and has bought nothing")
def v_wakes_ma(order_id: int, app: Any) -> str | None:
    placed = _placed(app, order_id)
    if placed is None:
        return f"the gateway has received no order with the number {order_id}"
    if placed.contract.symbol == "V":
        return "the order itself is for V: the condition is about V, and the order for MA"
    if wrong := _differs(placed, "MA", {"action": "BUY", "totalQuantity": 5, "orderType": "MKT"}):
        return wrong
    conditions = placed.order.conditions
    if not conditions:
        return "the order carries no condition"
    if [each.type for each in conditions] != [_PRICE]:
        return "one condition about a price is wanted"
    [condition] = conditions
    visa = app.resolve("V")
    if condition.conId != visa.conId:
        return "the condition isn't about V: it carries another contract's conId"
    if not condition.isMore:
        return "the condition points downwards: it holds already, while V is below the level"
    last = app.getQuote(visa)["last"]
    if not 1.005 < condition.price / last < 1.04:
        return f"the level {condition.price:g} is {condition.price / last - 1:+.1%} from the price of V, not about +2 %"
    status = _status(app, order_id)
    return None if status == "PreSubmitted" else f"the order is {status} and should still be asleep"


choice(
    "13.2",
    right="c",
    correct="105 is at or above 100, so the condition is a true sentence from the first moment on",
    wrong={
        "a": "that would be price <= 100; this condition holds at every price from 100 upwards",
        "b": "TWS doesn't refuse it: a condition that holds already is a legal one",
        "d": "a market order takes the market's price, whatever number stands in its condition",
    },
)


@exercise("13.3", wants=int, correct="nobody had to send it at the right moment: it was there already")
def at_a_time(order_id: int, app: Any) -> str | None:
    placed = _placed(app, order_id)
    if placed is None:
        return f"the gateway has received no order with the number {order_id}"
    if wrong := _differs(placed, "KO", {"action": "BUY", "totalQuantity": 1, "orderType": "MKT"}):
        return wrong
    if [each.type for each in placed.order.conditions] != [_TIME]:
        return "the order should carry one condition, and that should be about a time"
    if not placed.order.conditions[0].isMore:
        return "the condition says 'before' that time, and holds already"
    if _status(app, order_id) != "Filled":
        return f"the order is {_status(app, order_id)}: wait until it is filled"
    sent = _time_of(app, "in", "PlaceOrder", order_id)
    filled = _time_of(app, "out", "OrderStatus", order_id, status="Filled")
    waited = filled - sent
    if not _TWO_MINUTES - 10 < waited < _TWO_MINUTES + 60:
        return f"it was filled {waited:.0f} seconds after it was sent, and two minutes were asked for"
    return None


@exercise("13.4", wants=callable, correct="one signal, one order, and the next one only after a pause")
def one_shot(shots: Callable[..., Any]) -> str | None:
    up, quiet = "up", ""
    for signals, done_after, wanted, what in (
        ([quiet, up, up, up], 1, [1], "the signal never went away after the first order"),
        ([up, quiet, up], 1, [0, 2], "there was a pause, and the first order was done"),
        ([up, quiet, up, up, up], 4, [0, 4], "the first order is done at place 4, and there was a pause before"),
        ([up, quiet, up, quiet], 9, [0], "the first order is still working at place 2"),
        ([quiet, quiet], 1, [], "there is no signal"),
        ([up, up, quiet, up, up, quiet, up], 1, [0, 3, 6], "each time the signal went away in between"),
    ):
        found = called(shots, list(signals), done_after, wants=(list, tuple))
        if list(found) != wanted:
            return f"for {signals} with orders done after {done_after} your function says {list(found)}: {what}"
    return None


@exercise("13.5", wants=callable, correct="a rule finds it again next month, and a date by heart doesn't")
def by_a_rule(choose: Callable[..., Any]) -> str | None:
    dates = ["20250718", "20250613", "20250620", "20250627", "20250703", "20250815"]
    for expirations, strikes, price, today, wanted, what in (
        (dates, [455.0, 470.0, 465.0, 460.0], 466.1, "20250611", ("20250620", 465.0), "20 June is a third Friday"),
        (dates, [40.0, 42.5, 45.0], 43.0, "20250620", ("20250718", 42.5), "after 20 June comes 18 July"),
        (dates, [100.0, 105.0], 102.5, "20250611", ("20250620", 100.0), "of two equally near strikes the lower one"),
        (dates, [110.0, 100.0], 105.0, "20250720", ("20250815", 100.0), "the lower one, in whatever order they come"),
    ):
        pair = called(choose, list(expirations), list(strikes), price, today, wants=(list, tuple))
        if len(pair) != 2:
            return f"a pair of expiry and strike is wanted, and your function returned {len(pair)} things"
        if str(pair[0]) == str(wanted[1]) or pair[1] == wanted[0]:
            return "the two are swapped: the expiry comes first"
        for name, found, right in zip(("expiry", "strike"), pair, wanted, strict=True):
            if found != right:
                return f"at a price of {price:g} on {today} the {name} is {found}, and {right} is wanted: {what}"
    return None


@exercise("13.6", wants=callable, correct="what the quote calls 3 is 300 on your account")
def times_multiplier(cost: Callable[..., Any]) -> str | None:
    for price, quantity, multiplier, wanted, what in (
        (3.72, 1, "100", 372.0, "one contract is for 100 shares"),
        (3.72, 3, "100", 1116.0, "three contracts"),
        (2.5, 2, "10", 50.0, "this contract is for 10"),
        (193.5, 2, "", 387.0, "a share has no multiplier, which means 1"),
    ):
        value = called(cost, price, quantity, multiplier, wants=float)
        if abs(value - wanted) > 1e-6:
            return f"for {quantity} at {price:g} your function returned {value:g} instead of {wanted:g}: {what}"
    return None


@exercise("13.7", wants=int, correct="the right to a hundred shares, and the most that can be lost is paid already")
def one_call(order_id: int, app: Any) -> str | None:
    placed = _placed(app, order_id)
    if placed is None:
        return f"the gateway has received no order with the number {order_id}"
    if placed.contract.secType != "OPT":
        return f"order {order_id} is for {placed.contract.symbol} of the type {placed.contract.secType}, not an option"
    option = app.resolve(app.createContract(placed.contract.symbol, "OPT", conId=placed.contract.conId))
    if option.right[:1] != "C":
        return "the option is a put, and a call is wanted"
    if wrong := _differs(placed, "MSFT", {"action": "BUY", "totalQuantity": 1, "orderType": "LMT"}):
        return wrong
    smart = app.getOptionParameters("MSFT").query("exchange == 'SMART'").iloc[0]
    if option.lastTradeDateOrContractMonth[:8] != smart["expirations"][0]:
        return f"its expiry is {option.lastTradeDateOrContractMonth[:8]}, and the next one is {smart['expirations'][0]}"
    price = app.getQuote("MSFT")["last"]
    near = app.getOptionChain("MSFT", expiries=1, strikes=3, right="C")["strike"].tolist()
    if option.strike not in near:
        return f"the strike {option.strike:g} isn't the nearest to the price {price:.2f}"
    status = _status(app, order_id)
    if status != "Filled":
        return f"the order is {status}: wait until it is filled"
    paid = next(
        each.avgFillPrice for each in answered(app, "OrderStatus") if (each.orderId, each.status) == (order_id, status)
    )
    if placed.order.lmtPrice > paid * _FAR_ABOVE:
        return f"the limit {placed.order.lmtPrice:g} is far above the ask: {paid:g} was paid"
    return None


def _placed(app: Any, order_id: int) -> Any:
    """The order's first form, as the gateway received it."""
    sent = [each for each in received(app, "PlaceOrder") if each.orderId == order_id and not each.order.whatIf]
    return sent[0] if sent else None


def _differs(placed: Any, symbol: str, wanted: dict[str, Any]) -> str | None:
    if placed.contract.symbol != symbol:
        return f"the order is for {placed.contract.symbol} instead of {symbol}"
    for name, value in wanted.items():
        found = getattr(placed.order, name)
        if found != value:
            return f"{name} is {found} instead of {value}"
    return None


def _status(app: Any, order_id: int) -> str:
    said = [each.status for each in answered(app, "OrderStatus") if each.orderId == order_id]
    return said[-1] if said else "unknown"


def _time_of(app: Any, direction: str, kind: str, order_id: int, **fields: Any) -> float:
    """When the gateway first heard, or said, this of the order."""
    return next(
        float(entry.time)
        for entry in journal(app)
        if (entry.direction, entry.clientId, type(entry.message).__name__) == (direction, app.clientId, kind)
        and entry.message.orderId == order_id
        and all(getattr(entry.message, name) == value for name, value in fields.items())
    )
