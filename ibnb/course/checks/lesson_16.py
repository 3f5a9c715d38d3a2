"""Lesson 16: the repaired rule, what may be sold, five streams, entering once, lean hogs, two looks at the journal."""

from __future__ import annotations

import math
import random
from collections import namedtuple
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pandas as pd

import ibnb
from ibnb.course.exercises import NotYet, answered, called, choice, exercise, journal, raised, received

_NEAR = 1e-6

_CLOSED = [("LAST", 205.04), ("BID", -1.0), ("ASK", -1.0), ("OPEN", 0.0), ("CLOSE", 203.92), ("BID", -1.0)]
_CLOSED += [("ASK", -1.0), ("LAST", 205.04)]


def _trades(*prices: float) -> list[tuple[str, float]]:
    return [("LAST", price) for price in prices]


_REPLAYS: list[tuple[list[tuple[str, float]], int, list[str], str]] = [
    (_CLOSED, 0, [], "on the closed market, where no trade moved the price,"),
    (_CLOSED, 10, [], "on the closed market with 10 held"),
    (_trades(100.0, 106.0), 0, ["BUY"], "for trades at 100 and 106 with nothing held"),
    (_trades(100.0, 105.0), 0, [], "for trades at 100 and 105 (five percent exactly)"),
    (_trades(100.0, 93.0), 10, ["SELL"], "for trades at 100 and 93 with 10 held"),
    (_trades(100.0, 94.0), 10, [], "for trades at 100 and 94 (six percent exactly)"),
    (_trades(100.0, 93.0), 3, [], "for trades at 100 and 93 with 3 held (too few to sell 5)"),
    (_trades(100.0, 93.0), 0, [], "for trades at 100 and 93 with nothing held"),
    (_trades(100.0, 106.0), 10, [], "for trades at 100 and 106 with 10 held"),
    (_trades(100.0, 106.0, 113.0), 0, ["BUY"], "for a second jump after it has bought"),
    (_trades(100.0, 93.0, 86.0), 5, ["SELL"], "for a second fall after its 5 are sold"),
    (_trades(100.0, 106.0, 99.0), 0, ["BUY", "SELL"], "for trades at 100, 106 and 99"),
    ([("LAST", 100.0), ("BID", 90.0), ("ASK", 106.5), ("LAST", 100.5)], 10, [], "for a bid of 90 and an ask of 106.5"),
    ([("LAST", 100.0), ("BID", 104.0), ("LAST", 106.0)], 0, ["BUY"], "for a bid between trades at 100 and 106"),
    ([("DELAYED_LAST", 100.0), ("DELAYED_LAST", 106.0)], 0, ["BUY"], "for delayed trades at 100 and 106"),
    ([("LAST", 100.0), ("LAST_RTH_TRADE", 120.0)], 0, [], "for a LAST_RTH_TRADE, a type of its own,"),
    ([("LAST", -1.0), ("LAST", 100.0), ("LAST", 106.0)], 0, ["BUY"], "when the first LAST is -1"),
    (_trades(100.0, 0.0, 100.0), 10, [], "for a LAST of 0 between two trades"),
    (_trades(100.0, math.nan, 106.0), 0, ["BUY"], "for a NaN between trades at 100 and 106"),
    ([], 0, [], "without any tick"),
]


@exercise("16.1", wants=callable, correct="no order comes from a price that isn't one, and none comes twice")
def repair_the_rule(repaired: Callable[..., Any]) -> str | None:
    for ticks, held, right, case in _REPLAYS:
        orders = list(called(repaired, list(ticks), held, wants=(list, tuple)))
        if orders != right:
            return f"{case} it sends {_said(orders)}, and {_said(right)} would be right"
    return None


def _said(orders: list[Any]) -> str:
    return ", ".join(map(str, orders)) if orders else "nothing"


choice(
    "16.2",
    right="c",
    correct="up by more than 5 %, or down by more than 6 %; the factors are 1.05 and 0.94",
    wrong={
        "a": "this compares dollars; 5 dollars are much for one share and little for another",
        "b": "a price that hasn't moved has p / r = 1, which is below 1.06: it would sell all day",
        "d": "0.95 is five percent down, and the code says 0.94",
    },
)


@exercise("16.3", wants=callable, correct="what is on its way can't be sold a second time")
def what_may_be_sold(sellable: Callable[..., Any]) -> str | None:
    for held, working, right, what in (
        (10, [], 10, "nothing is working"),
        (10, [("SELL", 5)], 5, "five are on their way"),
        (10, [("SELL", 5), ("SELL", 5)], 0, "all ten are on their way"),
        (10, [("BUY", 5)], 10, "an order to buy adds nothing until it is filled"),
        (10, [("BUY", 20), ("SELL", 4)], 6, "only the order to sell counts"),
        (3, [("SELL", 5)], 0, "the answer is never below 0"),
        (-5, [], 0, "a short position can't be sold"),
        (0, [("BUY", 5)], 0, "what is bought isn't there yet"),
    ):
        value = called(sellable, held, list(working), wants=float)
        if abs(value - right) > _NEAR:
            return f"with {held} held and {working} working it says {value:g}, and {right} is right: {what}"
    return None


@exercise("16.4", wants=[callable], correct="five lines were open at the same time, and none is open now")
def five_at_once(watch: Callable[..., Any], app: Any) -> str | None:
    symbols = ["AMD", "INTC", "KO", "IBM", "NVDA"]
    with redirect_stdout(StringIO()), ibnb.connect("embedded", seed=1700, clientId=1701) as own:
        before = own.now()
        prices = called(watch, own, list(symbols), wants=dict)
        return _unlike_the_streams(own, symbols, prices, (own.now() - before).total_seconds())


def _unlike_the_streams(own: Any, symbols: list[str], prices: dict[Any, Any], seconds: float) -> str | None:
    opened = {each.reqId: each.contract.symbol for each in received(own, "ReqMktData")}
    if not opened:
        return "the gateway received no request for quotes in this world; every call must go to session"
    if missing := [symbol for symbol in symbols if symbol not in opened.values()]:
        return f"the gateway received no request for quotes of {', '.join(missing)}"
    kinds = [type(e.message).__name__ for e in own.gateway.journal if e.direction == "in" and e.clientId == 1701]
    first_end = kinds.index("CancelMktData") if "CancelMktData" in kinds else len(kinds)
    together = kinds[:first_end].count("ReqMktData")
    if together < len(symbols):
        return f"only {together} of {len(symbols)} lines were open at the same time"
    if still := sorted(set(opened) - {each.reqId for each in received(own, "CancelMktData")}):
        return f"the lines of {', '.join(opened[line] for line in still)} are still open"
    if seconds < 60:
        return f"only {seconds:.0f} s have passed, and one minute is wanted"
    if set(prices) != set(symbols):
        return f"the keys should be the symbols {', '.join(symbols)}, and they are {', '.join(map(str, prices))}"
    last = own.getQuotes(symbols)["last"]
    for symbol in symbols:
        value = prices[symbol]
        if isinstance(value, bool | str) or not isinstance(value, int | float):
            return f"what stands at {symbol} isn't a number"
        if abs(value - last[symbol]) > _NEAR:
            return f"{symbol} stands at {value:g}, and its last trade was at {last[symbol]:g}"
    return None


@exercise("16.5", wants=callable, correct="a thousand situations, never short, never two orders at once")
def variant(scale_in: Callable[..., Any]) -> str | None:
    chance = random.Random(16)
    situations: list[tuple[float, int, bool]] = [(0.05, 0, False), (-0.06, 9, False), (0.051, 1, False)]
    for _ in range(1000):
        situations.append((round(chance.uniform(-0.12, 0.12), 4), chance.randint(0, 12), chance.random() < 0.3))
    for change, held, is_working in situations:
        shares = called(scale_in, change, held, is_working, wants=float)
        right = _scale_in(change, held, is_working)
        case = f"with {held} held and a move of {change:+.1%}"
        if is_working and shares:
            return f"{case} it trades although an order is working"
        if held + shares < 0:
            return f"{case} it goes short"
        if shares != right:
            return f"{case} {right} was expected, and {shares:g} came"
    return None


def _scale_in(change: float, held: float, is_working: bool) -> int:
    if is_working:
        return 0
    if change > 0.05:
        return 3 if held else 5
    return -5 if change < -0.06 and held >= 5 else 0


@exercise("16.6", wants=[callable], correct="three orders came for each entry, and none for what was held or working")
def once_and_not_twice(enter_once: Callable[..., Any], app: Any) -> str | None:
    with redirect_stdout(StringIO()), ibnb.connect("embedded", seed=1710, clientId=1711) as own:
        for symbol, wanted, what in (
            ("KO", 3, "nothing of it is held or working"),
            ("KO", 0, "an entry for it is working already"),
            ("MSFT", 0, "MSFT is held"),
            ("IBM", 3, "only other shares are held or working"),
            ("IBM", 0, "an entry for it is working already"),
        ):
            before = len(received(own, "PlaceOrder"))
            contract = own.createContract(symbol)
            price = own.getQuote(contract)["last"]
            levels = [round(price * part, 2) for part in (0.9, 1.1, 0.8)]
            ids = called(enter_once, own, contract, own.createBracket("BUY", 5, *levels), wants=(list, tuple))
            orders = received(own, "PlaceOrder")[before:]
            if len(orders) != wanted:
                return f"the gateway received {len(orders)} orders for {symbol}, and {wanted} are right: {what}"
            if list(ids) != [each.orderId for each in orders]:
                return f"for {symbol} it returned {list(ids)}, and {[each.orderId for each in orders]} have arrived"
            if any(each.contract.symbol != symbol for each in orders):
                return f"an order for another share than {symbol} has arrived"
    return None


def _closes(last: float, count: int = 50) -> pd.Series:
    """`count` closes: a see-saw around 90, and `last` at the end."""
    return pd.Series([90.0 + (-1) ** place * 0.5 for place in range(count - 1)] + [last])


@exercise("16.7", wants=callable, correct="both sides are symmetrical, and too short a history is refused")
def the_plan(plan: Callable[..., Any]) -> str | None:
    older = pd.concat([pd.Series([500.0] * 20), _closes(93.0)], ignore_index=True)
    for closes, length, deviations, what in (
        (_closes(93.0), 50, 3, "for a close far above the mean"),
        (_closes(87.0), 50, 3, "for a close far below the mean"),
        (_closes(90.2), 50, 3, "for a close near the mean"),
        (older, 50, 3, "when there are older closes that don't count any more"),
        (_closes(92.0, 20), 20, 2, "with a length of 20 and 2 deviations"),
        (_closes(91.6), 50, 3, "for a close that is more than 2 and less than 3 deviations away"),
        (pd.Series([90.0] * 50), 50, 3, "for closes that are all the same"),
        (_closes(120.0), 50, 3, "for a close beyond its own stop"),
        (_closes(60.0), 50, 3, "for a close beyond its own stop, on the other side,"),
    ):
        if because := _unlike_the_plan(
            called(plan, closes, length, deviations, wants=tuple), closes, length, deviations
        ):
            return f"{what} {because}"
    refusal = raised(plan, _closes(96.0, 30))
    if refusal is None:
        return "30 closes are fewer than the length of 50: a ValueError is wanted"
    if not isinstance(refusal, ValueError):
        return f"30 closes raise a {type(refusal).__name__}, and a ValueError is wanted"
    return None


def _planned(closes: pd.Series, length: int, deviations: float) -> tuple[str, float, float, float] | None:
    recent = closes.tail(length)
    mean, far, last = float(recent.mean()), float(deviations * recent.std()), float(recent.iloc[-1])
    if not far < abs(last - mean) < 2 * far:
        return None
    return ("SELL", last, mean, mean + 2 * far) if last > mean else ("BUY", last, mean, mean - 2 * far)


def _unlike_the_plan(found: tuple[Any, ...], closes: pd.Series, length: int, deviations: float) -> str | None:
    right = _planned(closes, length, deviations)
    if right is None:
        return None if found == () else f"there is no signal, and it returned {found!r:.60}"
    if len(found) != 4:
        return f"four things are wanted (action, entry, take profit, stop), and there are {len(found)}"
    if found[0] != right[0]:
        return f"the action is {right[0]}, and it says {found[0]!r:.20}"
    for name, value, wanted in zip(("entry", "take profit", "stop"), found[1:], right[1:], strict=True):
        if isinstance(value, bool | str) or not isinstance(value, int | float):
            return f"the {name} isn't a number"
        if abs(value - wanted) > _NEAR:
            far = f": it is {2 * deviations:g} deviations from the mean, twice `deviations`" if name == "stop" else ""
            return f"the {name} is {value:.4f}, and {wanted:.4f} is right{far}"
    return None


@exercise("16.8", wants=[callable], correct="the front month, three prices on its grid, and nothing without a signal")
def lean_hogs(trade_hogs: Callable[..., Any], app: Any) -> str | None:
    with redirect_stdout(StringIO()), ibnb.connect("embedded", seed=1720, clientId=1721) as quiet:
        ids = called(trade_hogs, quiet, wants=(list, tuple))
        if len(received(quiet, "PlaceOrder")):
            return "at ten there is no signal, and the gateway received orders"
        if len(ids):
            return f"at ten there is no signal, and it returned {list(ids)}"
    with redirect_stdout(StringIO()), ibnb.connect("embedded", seed=1730, clientId=1731) as jumped:
        jumped.sleep("46 min")
        ids = called(trade_hogs, jumped, wants=(list, tuple))
        orders = received(jumped, "PlaceOrder")
        return _unlike_the_hogs(jumped, orders) or _other_ids(list(ids), orders)


def _other_ids(ids: list[Any], orders: list[Any]) -> str | None:
    arrived = [each.orderId for each in orders]
    return None if ids == arrived else f"it returned {ids}, and the orders {arrived} have arrived"


def _unlike_the_hogs(session: Any, orders: list[Any]) -> str | None:
    if len(orders) != 3:
        return f"at 10:46 there is a signal; three orders make a bracket, and the gateway received {len(orders)}"
    listed = session.getContractDetails(session.createContract("HE", "FUT", "CME"))
    front = listed.sort_values("lastTradeDateOrContractMonth").iloc[0]
    contract = session.resolve(session.createContract("HE", "FUT", "CME", conId=int(front["conId"])))
    planned = _planned(session.getData(contract, session.dataSettings("5 D", "15 mins"))["Close"], 50, 3)
    assert planned is not None
    named = orders[0].contract
    if named.conId not in (0, contract.conId) or named.symbol not in ("", "HE"):
        return f"the orders are for {named.localSymbol or named.symbol}; the front month is {contract.localSymbol}"
    for each in orders:
        if each.order.totalQuantity != 1:
            return f"an order is for {each.order.totalQuantity:g} contracts, and 1 is wanted"
    if [each.order.action for each in orders] != ["SELL", "BUY", "BUY"]:
        return "lean hogs are far above their mean: sell first, and both exits buy"
    step = float(front["minTick"])
    sent = (orders[0].order.lmtPrice, orders[1].order.lmtPrice, orders[2].order.auxPrice)
    for name, price, wanted in zip(("entry", "take profit", "stop"), sent, planned[1:], strict=True):
        if price is None or abs(price - wanted) > step * 0.51:
            return f"the {name} is {price if price is None else format(price, 'g')}, and the plan says {wanted:.3f}"
    return None


choice(
    "16.9",
    right="c",
    correct="simulated worlds test programs, and not markets",
    wrong={
        "a": "five mornings that somebody has written don't show which signal is the best one",
        "b": "a usual day isn't among them: each of the five follows the same script",
        "d": "fifty mornings of one script measure the script more exactly, and reality not at all",
    },
)


@exercise("16.10", wants=[int], correct="what counts is what the other side received")
def orders_that_arrived(number_of_orders: int, app: Any) -> str | None:
    truth = len(received(app, "PlaceOrder"))
    if number_of_orders == truth:
        return None
    everyone = sum(type(entry.message).__name__ == "PlaceOrder" for entry in journal(app))
    if number_of_orders == everyone:
        return "orders of other sessions are counted in"
    if number_of_orders == len(answered(app, "OpenOrder")):
        return "these are the answers of TWS (OpenOrder); one order has several"
    return f"it isn't {number_of_orders}"


_Entry = namedtuple("_Entry", "time clientId direction message")
ReqMktData = namedtuple("ReqMktData", "reqId")
CancelMktData = namedtuple("CancelMktData", "reqId")


@exercise("16.11", wants=[callable], correct="every line that this session opened has been closed")
def tidy_room(left_open: Callable[..., Any], app: Any) -> str | None:
    kept = journal(app)
    open7, open8, close7 = ReqMktData(7), ReqMktData(8), CancelMktData(7)
    for told, right, what in (
        ([(1, "in", open7), (1, "in", open8), (1, "in", close7)], [8], "7 and 8 were opened and 7 cancelled"),
        ([(1, "in", open7), (2, "in", close7)], [7], "another client cancelled its own line 7"),
        ([(2, "in", open7)], [], "another client opened a line"),
        ([(1, "in", open7), (1, "in", close7), (1, "in", open7)], [7], "line 7 was opened again"),
        ([(1, "in", open7), (1, "out", close7)], [7], "only what the gateway received (in) counts"),
        ([(1, "in", close7)], [], "a line was cancelled that wasn't open"),
        ([], [], "nothing happened"),
    ):
        entries = [_Entry(0.0, client, direction, message) for client, direction, message in told]
        try:
            found = list(called(left_open, entries, 1, wants=(list, tuple, set)))
        except NotYet as reason:
            return f"{what}: {reason}"
        if found != right:
            return f"{what}: {right} is right for client 1, and {found} came"
    still = list(called(left_open, kept, app.clientId, wants=(list, tuple, set)))
    return f"the lines {still} of this session are still open" if still else None
