"""Conditions of an order: price, time, margin, execution, volume, percent change; joined by and, or.

Rule: each is a function from a row of seconds to a row of truths, on the one world's path; the first second in which
all together are true is found stretch by stretch. "and" binds more strongly than "or".

Differs from TWS: conditionsIncludeOvernight lets them hold at any hour, as conditionsIgnoreRth does; a margin condition
is looked at once a minute and after each trade.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .. import messages as m
from .executions import Fill
from .triggers import reached

if TYPE_CHECKING:
    from ..accounts import Accounts
    from ..market import Market
    from .order import Condition, WorkingOrder

PRICE, TIME, MARGIN, EXECUTION, VOLUME, CHANGE = 1, 3, 4, 5, 6, 7
TYPES = (PRICE, TIME, MARGIN, EXECUTION, VOLUME, CHANGE)
# Those that don't follow from the path: an account's affairs.
_EVENTS = (MARGIN, EXECUTION)

STRETCH, MARGIN_STRETCH = 900.0, 60.0

Truths = NDArray[np.bool_]
Axis = NDArray[np.int64]


@dataclass(frozen=True)
class Sight:
    """What conditions may look at."""

    market: Market
    accounts: Accounts
    fills: list[Fill]


def depends_on_trades(working: WorkingOrder) -> bool:
    """Whether a trade can fulfil a condition of this order."""
    return any(condition.spec.type in _EVENTS for condition in working.conditions)


def first(working: WorkingOrder, sight: Sight, start: float) -> tuple[float | None, float]:
    """The first instant from `start` on at which the conditions hold, or None; and how far was looked."""
    calendar, instrument = sight.market.calendar, working.instrument
    regular = not (working.order.conditionsIgnoreRth or working.order.conditionsIncludeOvernight)
    if regular and not calendar.is_open(instrument.schedule, start, rth=True):
        opens = calendar.next(instrument.schedule, start, rth=True)[1]
        return None, float(opens)
    slow = any(condition.spec.type == MARGIN for condition in working.conditions)
    end = start + (MARGIN_STRETCH if slow else STRETCH)
    if regular:
        end = min(end, calendar.latest(instrument.schedule, start, rth=True)[2])
    for condition in working.conditions:
        if condition.instrument is not None:
            # A day's volume and change begin anew.
            end = min(end, calendar.next(condition.instrument.schedule, start)[1])
    axis = np.arange(floor(start), max(end, floor(start) + 1), dtype=np.int64)
    found = np.flatnonzero(_together(working, axis, sight))
    return (max(float(axis[found[0]]), start) if len(found) else None), end


def _together(working: WorkingOrder, axis: Axis, sight: Sight) -> Truths:
    any_of = np.zeros(len(axis), bool)
    all_of = np.ones(len(axis), bool)
    for condition in working.conditions:
        all_of = all_of & _HOLDS[condition.spec.type](condition, working, axis, sight)
        if not condition.spec.isConjunctionConnection:
            any_of, all_of = any_of | all_of, np.ones(len(axis), bool)
    # The last one's connection leads nowhere.
    return any_of | all_of if working.conditions[-1].spec.isConjunctionConnection else any_of


def _compare(spec: m.OrderCondition, value: NDArray[np.float64], level: float) -> Truths:
    return np.asarray(value >= level if spec.isMore else value <= level)


def _carried(condition: Condition, axis: Axis, sight: Sight) -> NDArray[np.float64]:
    """The price in each second: the last one, where nothing trades."""
    instrument = condition.instrument
    assert instrument is not None
    quotes = sight.market.seconds(instrument, float(axis[0]), float(axis[-1]) + 1)
    price = quotes.last if instrument.trades else (quotes.bid + quotes.ask) / 2
    before = sight.market.last_price(instrument, float(axis[0]))
    at = np.searchsorted(quotes.time, axis, "right")
    return np.concatenate([[before], price])[at]


def _price(condition: Condition, working: WorkingOrder, axis: Axis, sight: Sight) -> Truths:
    spec, instrument = condition.spec, condition.instrument
    assert instrument is not None
    quotes = sight.market.seconds(instrument, float(axis[0]) - 1, float(axis[-1]) + 1)
    hit = reached(spec.triggerMethod, instrument, spec.isMore, quotes, spec.price)
    # What held in the last second still holds while nothing trades.
    at = np.searchsorted(quotes.time, axis, "right")
    return np.concatenate([[False], hit])[at]


def _time(condition: Condition, working: WorkingOrder, axis: Axis, sight: Sight) -> Truths:
    return _compare(condition.spec, axis.astype(np.float64), condition.moment)


def _margin(condition: Condition, working: WorkingOrder, axis: Axis, sight: Sight) -> Truths:
    cushion = sight.accounts.figures(working.account).cushion * 100
    return np.full(len(axis), bool(_compare(condition.spec, np.array([cushion]), condition.spec.percent)[0]))


def _execution(condition: Condition, working: WorkingOrder, axis: Axis, sight: Sight) -> Truths:
    spec = condition.spec

    def fits(fill: Fill) -> bool:
        contract, execution = fill.details.contract, fill.details.execution
        return (
            execution.time >= working.placed
            and contract.symbol == spec.symbol.upper()
            and contract.secType == spec.secType.upper()
            and (spec.exchange.upper() in ("", "SMART", contract.exchange, execution.exchange))
        )

    return np.full(len(axis), any(fits(fill) for fill in sight.fills))


def _volume(condition: Condition, working: WorkingOrder, axis: Axis, sight: Sight) -> Truths:
    instrument = condition.instrument
    assert instrument is not None
    before = sight.market.day_stats(instrument, float(axis[0])).volume
    quotes = sight.market.seconds(instrument, float(axis[0]) + 1, float(axis[-1]) + 1)
    total = before + np.concatenate([[0], np.cumsum(quotes.volume)])
    at = np.searchsorted(quotes.time, axis, "right")
    return _compare(condition.spec, total[at] * float(instrument.grain), condition.spec.volume)


def _change(condition: Condition, working: WorkingOrder, axis: Axis, sight: Sight) -> Truths:
    instrument = condition.instrument
    assert instrument is not None
    close = sight.market.previous_close(instrument, float(axis[0]))
    percent = (_carried(condition, axis, sight) / close - 1) * 100
    return _compare(condition.spec, percent, condition.spec.changePercent or 0.0)


_HOLDS: dict[int, Callable[[Condition, WorkingOrder, Axis, Sight], Truths]] = {
    PRICE: _price,
    TIME: _time,
    MARGIN: _margin,
    EXECUTION: _execution,
    VOLUME: _volume,
    CHANGE: _change,
}
