"""Lesson 16: real prices, a variant of the rule, the guard's floor, and two questions to the gateway's journal."""

from __future__ import annotations

import math
import random
from collections import namedtuple
from collections.abc import Callable
from typing import Any

from ibnb.course.exercises import called, exercise, journal, received

_TICKS = {
    ("LAST", 205.04): True,
    ("DELAYED_LAST", 204.9): True,
    ("LAST", -1.0): False,
    ("LAST", 0.0): False,
    ("LAST", math.nan): False,
    ("DELAYED_LAST", -1.0): False,
    ("BID", 205.0): False,
    ("LAST_RTH_TRADE", 205.0): False,
    ("ASK", 205.1): False,
    ("OPEN", 204.0): False,
    ("CLOSE", 203.92): False,
}


@exercise("16.1", correct="no order comes from a price that isn't one")
def real_prices(is_trade: Callable[[str, float], bool]) -> str | None:
    for (tick_type, price), truth in _TICKS.items():
        if bool(called(is_trade, tick_type, price)) is not truth:
            return f"{tick_type} {price} should {'count' if truth else 'not count'} as a trade"
    return None


@exercise("16.2", correct="a thousand situations, never short, never two orders at once")
def variant(scale_in: Callable[[float, float, bool], float]) -> str | None:
    chance = random.Random(16)
    for _ in range(1000):
        change, held, is_working = chance.uniform(-0.12, 0.12), chance.randint(0, 12), chance.random() < 0.3
        shares = called(scale_in, change, held, is_working)
        case = f"with {held} held and a move of {change:+.1%}"
        if is_working and shares:
            return f"{case} it trades although an order is working"
        if held + shares < 0:
            return f"{case} it goes short"
        if shares != _scale_in(change, held, is_working):
            return f"{case} {_scale_in(change, held, is_working)} was expected, and {shares} came"
    return None


def _scale_in(change: float, held: float, is_working: bool) -> int:
    if is_working:
        return 0
    if change > 0.05:
        return 3 if held else 5
    return -5 if change < -0.06 and held >= 5 else 0


@exercise("16.3", correct="294.67 less five percent of it is 279.94, and nonsense is refused")
def where_is_the_floor(floor: Callable[[float, float], float]) -> str | None:
    found = called(floor, 294.67, 0.05)
    if math.isclose(found, 294.67 * (1 - 0.0005)):
        return "0.05 was taken as percent: it is the fraction itself"
    if not math.isclose(found, 279.9365, abs_tol=0.005):
        return f"294.67 less the fraction 0.05 isn't {found}"
    for start, fraction in ((294.67, 5), (100.0, 0), (100.0, -0.05), (100.0, 1), (0.0, 0.05), (-1.0, 0.05)):
        try:
            floor(start, fraction)
        except ValueError:
            continue
        famous = "; it is the famous -1178.68" if fraction == 5 else ""
        return f"a start value of {start} with a loss of {fraction} should raise ValueError{famous}"
    return None


@exercise("16.4", correct="what counts is what the other side received")
def orders_that_arrived(number: int, app: Any) -> str | None:
    truth = len(received(app, "PlaceOrder"))
    if number == truth:
        return None
    everyone = sum(type(entry.message).__name__ == "PlaceOrder" for entry in journal(app))
    return "orders of other sessions are counted in" if number == everyone else f"it isn't {number}"


_Entry = namedtuple("_Entry", "time clientId direction message")
ReqMktData = namedtuple("ReqMktData", "reqId")
CancelMktData = namedtuple("CancelMktData", "reqId")


@exercise("16.5", correct="every line that was opened has been closed")
def tidy_room(left_open: Callable[[Any], list[int]], app: Any) -> str | None:
    made_up = [_Entry(0.0, 1, "in", message) for message in (ReqMktData(7), ReqMktData(8), CancelMktData(7))]
    found = called(left_open, made_up)
    if list(found) != [8]:
        return f"lines 7 and 8 opened and 7 cancelled should give [8], and gave {list(found)}"
    still = left_open(journal(app))
    return f"the lines {still} of this session are still open" if still else None
