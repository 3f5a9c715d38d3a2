"""Lesson 03: summary tags, leverage, cost of positions, a subscription that ends, two accounts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ibnb.course.exercises import called, exercise, received

_FOUR = {"NetLiquidation", "TotalCashValue", "GrossPositionValue", "MaintMarginReq"}
_ROWS = [
    ("DU0000001", "NetLiquidation", "10.5", "USD"),
    ("DU0000002", "NetLiquidation", "20", "USD"),
    ("DU0000002", "TotalCashBalance", "5", "USD"),
    ("DU0000002", "TotalCashBalance", "7", "EUR"),
]


@exercise("03.1", correct="you ask for tags by name and get one row for each")
def four_tags(summary: Any) -> str | None:
    found = set(summary.index)
    if missing := sorted(_FOUR - found):
        return f"{missing[0]} isn't in the table"
    if surplus := sorted(found - _FOUR):
        return f"{surplus[0]} wasn't asked for"
    return None


@exercise("03.2", correct="above 1 the account holds more than it is worth")
def leverage(answer: float, app: Any) -> str | None:
    tags = app.getAccountSummary("GrossPositionValue,NetLiquidation")["value"]
    truth = tags["GrossPositionValue"] / tags["NetLiquidation"]
    if math.isclose(answer, truth, rel_tol=1e-3):
        return None
    upside_down = math.isclose(answer, 1 / truth, rel_tol=1e-3) if truth else False
    return "the ratio is upside down" if upside_down else "it should be the positions' value over the account's worth"


@exercise("03.3", correct="position times average cost, one currency at a time")
def cost_of_positions(answer: float, app: Any) -> str | None:
    held = app.getPositions()
    each = held["position"] * held["avgCost"]
    if math.isclose(answer, each[held["currency"] == "USD"].sum(), rel_tol=1e-6):
        return None
    if math.isclose(answer, each.sum(), rel_tol=1e-6):
        return "other currencies are added in, as if a pound were a dollar"
    return "it isn't the sum of position times avgCost over the dollar positions"


@exercise("03.4", correct="the gateway got the cancel, and the subscription has ended")
def subscription_closed(closed: int, app: Any) -> str | None:
    started = [request.reqId for request in received(app, "ReqAccountSummary")]
    ended = [request.reqId for request in received(app, "CancelAccountSummary")]
    if closed not in started:
        return f"no account summary was ever asked for with the id {closed}"
    if closed not in ended:
        return f"the gateway has received no cancelAccountSummary with the id {closed}"
    still = sorted(set(started) - set(ended))
    return f"the subscription {still[0]} is still running" if still else None


@exercise("03.5", correct="account, tag and currency together name a value")
def nothing_overwritten(collect: Callable[[Any], dict[Any, float]]) -> str | None:
    values = called(collect, _ROWS)
    if len(values) < len(_ROWS):
        return f"{len(_ROWS)} rows went in and {len(values)} came out: something was overwritten"
    if sorted(values.values(), key=str) != sorted((float(row[2]) for row in _ROWS), key=str):
        return "the values should be numbers, the same as in the rows"
    return None
