"""Lesson 12: both sides, overnight, a bracket in a currency, old prices, the way out, what a stop cost, grid, OCA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from ibnb.course.exercises import answered, called, choice, exercise, received

_ENDED = ("Filled", "Cancelled", "ApiCancelled", "Inactive")
_NEAR = 1e-9


@exercise("12.1", wants=callable, correct="one sign instead of two branches, and both sides are tested")
def both_sides(exits: Callable[..., Any]) -> str | None:
    for action, entry, reward, risk, profit, stop in (
        ("BUY", 100.0, 0.05, 0.03, 105.0, 97.0),
        ("SELL", 100.0, 0.05, 0.03, 95.0, 103.0),
        ("BUY", 1.15, 0.004, 0.002, 1.1546, 1.1477),
        ("SELL", 1.15, 0.004, 0.002, 1.1454, 1.1523),
    ):
        pair = called(exits, action, entry, reward, risk, wants=(tuple, list))
        case = f"for {action} at {entry:g} with reward {reward:g} and risk {risk:g}"
        if len(pair) != 2 or not all(_is_number(each) for each in pair):
            return f"{case} two numbers are wanted, the profit's price and the stop's"
        if abs(pair[0] - stop) < _NEAR and abs(pair[1] - profit) < _NEAR:
            return f"{case} the two prices are swapped: the profit comes first"
        for name, found, wanted in (("profit", pair[0], profit), ("stop", pair[1], stop)):
            if abs(found - wanted) > _NEAR:
                return f"{case} the {name} is {found:g}, and it should be {wanted:g}"
    return None


choice(
    "12.2",
    right="b",
    correct="a stop wakes when its price is touched or passed, and then takes what there is",
    wrong={
        "a": "95 is where the order wakes; nobody has to buy at 95 when the market is at 90",
        "c": "touched or passed is enough: a first trade at 90 is below 95, and the order wakes",
        "d": "a stop-limit order would wake too, and then refuse to sell below its limit of 95",
    },
)


@exercise("12.3", wants=(list, tuple), correct="one parent, two children, and only the last one sets them off")
def euro_bracket(ids: Sequence[int], app: Any) -> str | None:
    if len(ids) != 3:
        return f"a bracket has three order ids, and these are {len(ids)}"
    sent = [_placed(app, each) for each in ids]
    if None in sent:
        return f"the gateway has received no order with the number {ids[sent.index(None)]}"
    if any(each.contract.symbol != "EUR" or each.contract.secType != "CASH" for each in sent):
        return f"the orders are for {sent[0].contract.symbol} ({sent[0].contract.secType}) and not for EUR.USD"
    entry, *exits = [each.order for each in sent]
    if entry.action != "BUY" or entry.orderType != "LMT":
        return f"the entry is {entry.action} {entry.orderType}; a limit order to buy is wanted"
    if any(each.totalQuantity != 100_000 for each in (entry, *exits)):
        return "the quantity should be 100,000 in all three orders"
    by_type = {each.orderType: each for each in exits}
    if set(by_type) != {"LMT", "STP"} or any(each.action != "SELL" for each in exits):
        return "the exits should be a limit order and a stop order, both to sell"
    if any(each.parentId != ids[0] for each in exits):
        return f"both exits should have the entry's number {ids[0]} as their parentId"
    if [entry.transmit, *(each.transmit for each in exits)] != [False, False, True]:
        return "only the last of the three may have transmit=True"
    prices = {"entry": entry.lmtPrice, "profit": by_type["LMT"].lmtPrice, "stop": by_type["STP"].auxPrice}
    quote = app.getQuote(app.createContract("EUR", "CASH", "IDEALPRO", "USD"))
    middle = (quote["bid"] + quote["ask"]) / 2
    for name, share in (("entry", 0.99), ("profit", 1.01), ("stop", 0.98)):
        price = prices[name]
        if abs(price / middle - share) > 0.004:
            return (
                f"the {name}'s price {price:g} is {price / middle - 1:+.1%} from the market, not about {share - 1:+.0%}"
            )
    if _status(app, ids[0]) in _ENDED:
        return f"the entry is {_status(app, ids[0])}; it should be left working"
    return None


choice(
    "12.4",
    right="c",
    correct="a limit to buy above the market is filled at once, and a stop to sell above it wakes at once",
    wrong={
        "a": "a limit to buy says 'at this price or better', and 1.15 is better than 1.19",
        "b": "both prices are legal ones; TWS can't know that you meant another year",
        "d": "a limit order is filled at the market's price if that is better than its limit",
    },
)


@exercise("12.5", wants=int, correct="one exit was filled and the other cancelled, and nobody here sent a cancel")
def which_way_out(order_id: int, app: Any) -> str | None:
    chosen = _placed(app, order_id)
    if chosen is None:
        return f"the gateway has received no order with the number {order_id}"
    if chosen.contract.symbol != "KO":
        return f"order {order_id} is for {chosen.contract.symbol} instead of KO"
    parent = chosen.order.parentId
    if not parent:
        return f"order {order_id} has no parent: an exit is wanted, and not the entry"
    exits = [each for each in _all_placed(app) if each.order.parentId == parent]
    if len(exits) != 2:
        return f"the entry {parent} has {len(exits)} exits, and a bracket has two"
    by_type = {each.order.orderType: each.order for each in exits}
    if set(by_type) != {"LMT", "STP"} or any(each.order.totalQuantity != 1 for each in exits):
        return "the exits should be a limit order and a stop order for one share each"
    high, low = by_type["LMT"].lmtPrice, by_type["STP"].auxPrice
    if not 0.003 < (high - low) / low < 0.005:
        return f"profit and stop are {(high - low) / low:.1%} apart, and 0.4 % is wanted"
    if _status(app, order_id) != "Filled":
        return f"order {order_id} is {_status(app, order_id)}: the one that was filled is wanted"
    other = next(each.orderId for each in exits if each.orderId != order_id)
    if other in [each.orderId for each in received(app, "CancelOrder")]:
        return f"your program has cancelled order {other}; leave that to TWS"
    return None if _status(app, other) == "Cancelled" else f"the other exit is {_status(app, other)}"


@exercise("12.6", wants=callable, correct="the loss that nobody had planned, each fill by its size")
def cost_of_the_stop(slip: Callable[..., Any]) -> str | None:
    one = [("BOT", 20.0, 21.45), ("SLD", 10.0, 19.86)]
    two = [("SLD", 90.0, 20.0), ("SLD", 10.0, 19.0)]
    for planned, rows, wanted, what in (
        (20.8, one, 0.94, "ten shares were sold at 19.86 instead of 20.80"),
        (20.8, two, 0.9, "90 shares were sold at 20 and 10 at 19: the mean by size is 19.90"),
        (20.0, [("SLD", 5.0, 20.5)], -0.5, "a sale above the stop price gives a negative number"),
        (20.0, [("SLD", 5.0, 20.0)], 0.0, "a sale at the stop price costs nothing more"),
    ):
        frame = pd.DataFrame(rows, columns=["side", "shares", "price"])
        value = called(slip, planned, frame, wants=float)
        if abs(value - wanted) > _NEAR:
            return f"your function returned {value:g} instead of {wanted:g}: {what}"
    return None


@exercise("12.7", wants=callable, correct="every price is one that the exchange knows")
def on_the_grid(fitting: Callable[..., Any]) -> str | None:
    for tick, action, prices, wanted in (
        (0.01, "BUY", (139.0749, 144.6312, 134.9049), (139.07, 144.63, 134.9)),
        (0.00005, "BUY", (1.137361, 1.160287, 1.125883), (1.13735, 1.1603, 1.1259)),
        (0.25, "SELL", (5998.37, 5950.1, 6010.7), (5998.25, 5950.0, 6010.75)),
    ):
        details = pd.Series({"symbol": "X", "minTick": tick})
        bracket = called(fitting, details, action, 10, *prices, wants=(tuple, list))
        case = f"for a tick of {tick:g}"
        if len(bracket) != 3 or not all(hasattr(each, "lmtPrice") for each in bracket):
            return f"{case} the three orders of createBracket are wanted"
        if [bracket[0].action, bracket[0].totalQuantity] != [action, 10]:
            return f"{case} the entry is {bracket[0].action} {bracket[0].totalQuantity:g} and not {action} 10"
        found = (bracket[0].lmtPrice, bracket[1].lmtPrice, bracket[2].auxPrice)
        for name, price, right in zip(("entry", "profit", "stop"), found, wanted, strict=True):
            if abs(price - right) > tick / 1000:
                return f"{case} the {name} is {price:.7g}, and {right:.7g} is the nearest step"
    return None


@exercise("12.8", wants=(list, tuple), correct="two ways out, and the first one taken closes the other")
def both_exits(ids: Sequence[int], app: Any) -> str | None:
    if len(ids) != 2:
        return f"two order ids are wanted, and these are {len(ids)}"
    sent = [_placed(app, each) for each in ids]
    if None in sent:
        return f"the gateway has received no order with the number {ids[sent.index(None)]}"
    orders = [each.order for each in sent]
    if any(each.contract.symbol != "MSFT" for each in sent):
        return f"an order is for {next(s.contract.symbol for s in sent if s.contract.symbol != 'MSFT')} instead of MSFT"
    if any(each.action != "SELL" or each.totalQuantity != 400 for each in orders):
        return "both orders should sell all 400 shares"
    by_type = {each.orderType: each for each in orders}
    if set(by_type) != {"LMT", "STP"}:
        return "one should be a limit order (LMT) and the other a stop order (STP)"
    if not orders[0].ocaGroup or orders[0].ocaGroup != orders[1].ocaGroup:
        return "the two orders carry no common ocaGroup: both could be filled, and 400 shares sold that aren't there"
    price = app.getQuote(app.createContract("MSFT"))["last"]
    for name, level, share in (("limit", by_type["LMT"].lmtPrice, 1.1), ("stop", by_type["STP"].auxPrice, 0.9)):
        if abs(level / price - share) > 0.03:
            return f"the {name} {level:.2f} is {level / price - 1:+.0%} from the market, not about {share - 1:+.0%}"
    ended = [each for each in ids if _status(app, each) in _ENDED]
    return f"order {ended[0]} is {_status(app, ended[0])}; both should be left working" if ended else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _all_placed(app: Any) -> list[Any]:
    return [each for each in received(app, "PlaceOrder") if not each.order.whatIf]


def _placed(app: Any, order_id: int) -> Any:
    """The order's first form, as the gateway received it."""
    return next((each for each in _all_placed(app) if each.orderId == order_id), None)


def _status(app: Any, order_id: int) -> str:
    said = [each.status for each in answered(app, "OrderStatus") if each.orderId == order_id]
    return said[-1] if said else "unknown"
