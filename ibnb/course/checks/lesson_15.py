"""Lesson 15: a drawer for each row, HH:MM, the floor, cash, whole reports, leaving, a guard that acted, the worst."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pandas as pd

import ibnb
from ibnb.course.exercises import called, choice, exercise, raised

_NEAR = 1e-9


@exercise("15.1", wants=callable, correct="no row can overwrite another tag's or another currency's")
def a_drawer_for_each_row(keep: Callable[..., Any]) -> str | None:
    rows = [
        ("StockMarketValue", "1187411.09", "BASE"),
        ("StockMarketValue", "1025933.00", "USD"),
        ("StockMarketValue", "118900.00", "GBP"),
        ("TotalCashBalance", "-5.5", "USD"),
        ("StockMarketValue", "0.00", "CHF"),
        ("StockMarketValue", "1025544.50", "USD"),
    ]
    book: dict[Any, Any] = {}
    wanted: dict[tuple[str, str], float] = {}
    for tag, value, currency in rows:
        wanted[tag, currency] = float(value)
        kept = called(keep, book, tag, value, currency, wants=dict)
        case = f"after {tag} {value} {currency}"
        if kept is not book:
            return f"{case} another dictionary comes back; the one that was given should be filled"
        if {(currency, tag) for tag, currency in wanted} & set(kept):
            return f"{case} the key is (currency, tag); (tag, currency) is wanted"
        if missing := [key for key in wanted if key not in kept]:
            return f"{case} there is nothing under {missing[0]}"
        if any(isinstance(each, str) for each in kept.values()):
            return f"{case} a value is a text; numbers are wanted"
        if dict(kept) != wanted:
            wrong = next((key for key in kept if kept[key] != wanted.get(key)), None)
            return f"{case} there is {kept[wrong]!r} under {wrong!r}"
    return None


choice(
    "15.2",
    right="b",
    correct="a key must be a whole point in time, with its date and seconds",
    wrong={
        "a": "TWS sends it for the clock in its window; it names a minute of some day",
        "c": "even in the right zone a minute without a date comes back every day",
        "d": "Python's dictionaries keep the order; that isn't what gets lost",
    },
)


@exercise("15.3", wants=callable, correct="a guard with a senseless floor can't be made any more")
def the_floor(floor: Callable[..., Any]) -> str | None:
    for baseline, max_loss, right in ((1000.0, 0.05, 950.0), (294.67, 0.5, 147.335), (2_000_000, 0.2, 1_600_000.0)):
        value = called(floor, baseline, max_loss, wants=float)
        case = f"for a baseline of {baseline:g} and a loss of {max_loss:g}"
        if abs(value - right) <= _NEAR * right:
            continue
        if abs(value - baseline * max_loss) <= _NEAR * right:
            return f"{case} this is the loss itself; the floor is what is left of the baseline"
        if abs(value - baseline * (1 + max_loss)) <= _NEAR * right:
            return f"{case} the floor lies above the baseline"
        return f"{case} the floor is {value:g}, and it should be {right:g}"
    for baseline, max_loss, what in (
        (294.67, 5, "a max_loss of 5 gives a floor of -1178.68"),
        (1000.0, 1, "a max_loss of 1 lets everything be lost"),
        (1000.0, 0, "a max_loss of 0 fires at once"),
        (1000.0, -0.05, "a negative max_loss puts the floor above the baseline"),
        (0.0, 0.05, "a baseline of 0 has a floor of 0, below which nothing falls"),
        (-10.0, 0.05, "a baseline below 0 has no sensible floor"),
        (math.nan, 0.05, "a baseline that is no number compares with nothing"),
        (1000.0, math.nan, "a max_loss that is no number compares with nothing"),
    ):
        refusal = raised(floor, baseline, max_loss)
        if refusal is None:
            return f"floor({baseline!r}, {max_loss!r}) should raise a ValueError: {what}"
        if not isinstance(refusal, ValueError):
            return f"floor({baseline!r}, {max_loss!r}) raises a {type(refusal).__name__}, and a ValueError is wanted"
    return None


choice(
    "15.4",
    right="b",
    correct="BASE is the sum of all currencies in the account's own one",
    wrong={
        "a": "IB reckons an account in its own base currency; yours may be any",
        "c": "cash doesn't fall when shares do; it looks at cash alone",
        "d": "BASE is the sum of all of them; the single currencies aren't looked at",
    },
)


@exercise("15.5", wants=callable, correct="what was half told counts for nothing")
def only_what_is_complete(complete_values: Callable[..., Any]) -> str | None:
    start, end = ("start", None), ("end", None)
    for events, right, what in (
        ([("value", 5.0), end], [5.0], "one whole report"),
        (
            [("value", 0.0), ("value", 5.0), end, ("value", 6.0), end],
            [5.0, 6.0],
            "the last value before each end counts",
        ),
        ([("value", 5.0), start, ("value", 7.0), end], [7.0], "a new start voids what was heard before"),
        ([("value", 5.0), start, end], [], "a report without a value gives nothing"),
        ([("value", 5.0), end, end], [5.0], "an end without a value gives nothing"),
        ([("value", 5.0)], [], "without an end nothing is complete"),
        ([("value", 0.0), end], [0.0], "0 is a value, too"),
        ([], [], "no events"),
    ):
        found = called(complete_values, events, wants=(list, tuple))
        if list(found) != right:
            return f"for {events} your function returned {list(found)}, and {right} is wanted: {what}"
    return None


@exercise("15.6", wants=[callable], correct="the orders are cancelled and confirmed before the line is cut")
def leave_tidily(leave: Callable[..., Any], app: Any) -> str | None:
    # A world of their own, in which nobody else's orders are.
    with (
        redirect_stdout(StringIO()),
        ibnb.connect("embedded", seed=1500, clientId=1501) as other,
        ibnb.connect("embedded", seed=1500, clientId=1502) as mine,
    ):
        foreign = _resting(other, "KO")
        ids = [_resting(mine, "KO"), _resting(mine, "IBM")]
        mine.reqAccountUpdates(True, "")
        mine.sleep(1)
        # It has nothing to return, so it may return nothing.
        if error := raised(leave, mine):
            return f"your function stops with {type(error).__name__}; call it by hand to see where"
        return _how_it_left(mine, ids) or _still_there(other, foreign)


def _how_it_left(session: Any, ids: list[int]) -> str | None:
    if session.isConnected():
        return "the session is still connected"
    told = [entry for entry in session.gateway.journal if entry.clientId == session.clientId]
    names = [(entry.direction, type(entry.message).__name__, getattr(entry.message, "orderId", None)) for entry in told]
    if any(name == "ReqGlobalCancel" for _, name, _ in names):
        return "the gateway received a global cancel: that ends the orders of all other sessions, too"
    for each in ids:
        if ("in", "CancelOrder", each) not in names:
            return f"no cancel arrived for order {each}; it goes on working, and nobody listens"
        ended = any(
            entry.direction == "out"
            and type(entry.message).__name__ == "OrderStatus"
            and entry.message.orderId == each
            and entry.message.status == "Cancelled"
            for entry in told
        )
        if not ended:
            return f"the session left before TWS had confirmed the end of order {each}: wait for it"
    ends = [
        entry.message
        for entry in told
        if entry.direction == "in"
        and type(entry.message).__name__ == "ReqAccountUpdates"
        and not entry.message.subscribe
    ]
    return None if ends else 'the account updates weren\'t ended: reqAccountUpdates(False, "")'


def _still_there(other: Any, foreign: int) -> str | None:
    if not other.isConnected() or foreign not in other.getOpenOrders().index:
        return "another session's order was cancelled; only this session's own should go"
    return None


@exercise("15.7", wants=[callable], correct="it fired once, nothing works and nothing is held any more")
def a_drill(drill: Callable[..., Any], app: Any) -> str | None:
    with redirect_stdout(StringIO()), ibnb.connect("embedded", seed=1600, clientId=1601) as practice:
        guard = called(drill, practice, wants=ibnb.AccountGuard)
        try:
            return _unlike_the_drill(guard) or _left_over(practice, fired=guard.tripped)
        finally:
            guard.release()


def _unlike_the_drill(guard: Any) -> str | None:
    if guard.dry_run:
        return "this guard only rehearses: dry_run is on"
    if guard.max_loss != 0.05:
        return f"max_loss is {guard.max_loss}, and 5 % are wanted: 0.05"
    return None if guard.flatten else "this guard blocks and cancels, and leaves the positions open: flatten=True"


def _left_over(practice: Any, *, fired: bool) -> str | None:
    sent = [entry.message for entry in practice.gateway.journal if entry.direction == "in"]
    orders = [each for each in sent if type(each).__name__ == "PlaceOrder"]
    if not orders:
        return "the gateway received no order in this world; every call must go to session"
    short = [each for each in orders if each.contract.symbol == "KO" and each.order.action == "SELL"]
    if not short or short[0].order.totalQuantity != 50:
        return "the gateway has received no order to sell 50 KO"
    waiting = [each for each in orders if each.contract.symbol == "IBM"]
    if not waiting or waiting[0].order.action != "BUY" or waiting[0].order.orderType != "LMT":
        return "the gateway has received no limit order to buy IBM"
    if waiting[0].order.totalQuantity != 10:
        return f"the order for IBM is for {waiting[0].order.totalQuantity:g} shares, and 10 are wanted"
    if not fired:
        return "the guard hasn't fired; has enough time passed inside its with block?"
    if waiting[0].orderId in practice.getOpenOrders().index:
        return "the order for IBM still works"
    held = practice.getPositions()["position"]
    if len(held):
        return f"{held.index[0]} is still held: {held.iloc[0]:g}"
    back = [each for each in orders if each.contract.symbol == "KO" and each.order.action == "BUY"]
    return None if back else "the short position in KO wasn't bought back by an order"


@exercise("15.8", wants=callable, correct="you know the worst single surprise before it comes")
def the_worst_single(worst_single: Callable[..., Any]) -> str | None:
    for values, worth, right, what in (
        ([100.0, 300.0, -50.0], 1000.0, 0.3, "the largest long position is 300 of 1000"),
        ([-500.0, 100.0], 1000.0, 0.1, "a short position gains when its share falls"),
        ([-500.0], 1000.0, 0.0, "there is no long position"),
        ([], 1000.0, 0.0, "there is no position"),
        ([1500.0], 1000.0, 1.5, "with borrowed money one position may be larger than the account"),
        ([250.0, 250.0], 2000.0, 0.125, "one position, and not both"),
    ):
        frame = pd.DataFrame({"marketValue": pd.Series(values, dtype=float)})
        value = called(worst_single, frame, worth, wants=float)
        if abs(value - right) <= _NEAR:
            continue
        case = f"for the values {values} and an account worth {worth:g}"
        if right and abs(value - right * 100) <= _NEAR:
            return f"{case} this is percent; a fraction is wanted"
        if right and abs(value + right) <= _NEAR:
            return f"{case} the fraction is negative; a positive number is wanted"
        return f"{case} your function returned {value:g} instead of {right:g}: {what}"
    return None


def _resting(session: Any, symbol: str) -> int:
    price = session.getQuote(symbol)["last"]
    order = session.createOrder("BUY", 1, "LMT", round(price * 0.9, 2))
    return int(session.placeOrderNow(session.createContract(symbol), order, wait="Submitted"))
