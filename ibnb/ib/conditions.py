"""Orders that wait for something, and orders of which one cancels the others: built here, watched by IB.

Rule: what a condition means is said in full: which way the price must go, which instrument, which time zone. What IB
would refuse, or take for something else, raises ValueError here. Nothing is sent.
Sources: IBKR's "Conditional Orders", "Trigger Method" and "One-Cancels-All" pages.
"""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import os
import re
from collections.abc import Callable, Iterable
from functools import partial
from numbers import Integral
from typing import Any, NamedTuple

from ibnb.ib.api import (
    UNSET_DOUBLE,
    UNSET_INTEGER,
    ExecutionCondition,
    MarginCondition,
    PercentChangeCondition,
    PriceCondition,
    TimeCondition,
    VolumeCondition,
)
from ibnb.ib.create import Bracket
from ibnb.ib.values import check, check_contract
from ibnb.tracebacks import short_errors

_DIRECTIONS = (">=", "<=")
_SPOKEN_DIRECTIONS = {"above": ">=", "after": ">=", "=>": ">=", "below": "<=", "before": "<=", "=<": "<="}

#: How a price condition reads the price: word → IB's triggerMethod.
TRIGGER_METHODS = {
    "default": 0,
    "double bid/ask": 1,
    "last": 2,
    "double last": 3,
    "bid/ask": 4,
    "last or bid/ask": 7,
    "midpoint": 8,
}

#: What a fill does to the other orders of its group: word → IB's ocaType.
OCA_TYPES = {"cancel with block": 1, "reduce with block": 2, "reduce without block": 3}


def _number(low: float, high: float, value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not low < number < high:
        raise ValueError
    return number


def _whole(low: int, high: int, value: Any) -> int:
    number = int(value)
    if isinstance(value, bool) or number != float(value) or not low <= number <= high:
        raise ValueError
    return number


def _moment(value: Any) -> str:
    if isinstance(value, dt.datetime):
        if value.utcoffset() is None:
            raise ValueError
        return value.astimezone(dt.UTC).strftime("%Y%m%d-%H:%M:%S")
    # Without a zone TWS would take its log-in's, which needn't be the student's.
    if not re.fullmatch(r"\d{8}(-\d\d:\d\d:\d\d| \d\d:\d\d:\d\d [A-Za-z][\w/+-]*)", value):
        raise ValueError
    dt.datetime.strptime(value[:17].replace("-", " "), "%Y%m%d %H:%M:%S")  # noqa: DTZ007 - only: is there such a time?
    return str(value)


class _Kind(NamedTuple):
    """One kind of condition: ibapi's class, what createCondition must and may be given for it, and its own value."""

    make: Any
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    field: str = ""
    read: Callable[[Any], Any] = str
    legal: str = ""
    #: What is taken from the contract.
    names: tuple[str, ...] = ()


_WATCHED = ("direction", "value", "contract")
_KINDS = {
    "price": _Kind(
        PriceCondition,
        _WATCHED,
        ("exchange", "triggerMethod"),
        "price",
        partial(_number, 0, UNSET_DOUBLE),
        "a number above 0, in the contract's own currency and unit",
        ("conId", "exchange"),
    ),
    "percent change": _Kind(
        PercentChangeCondition,
        _WATCHED,
        ("exchange",),
        "changePercent",
        partial(_number, -UNSET_DOUBLE, UNSET_DOUBLE),
        "a number in percent, such as 5 for 5 %, or -5 for a fall",
        ("conId", "exchange"),
    ),
    "volume": _Kind(
        VolumeCondition,
        _WATCHED,
        ("exchange",),
        "volume",
        partial(_whole, 1, UNSET_INTEGER - 1),
        "a whole number from 1 to 2147483646, of shares or contracts",
        ("conId", "exchange"),
    ),
    "margin": _Kind(
        MarginCondition,
        ("direction", "value"),
        field="percent",
        read=partial(_whole, 0, 100),
        legal="a whole number from 0 to 100, in percent",
    ),
    "time": _Kind(
        TimeCondition,
        ("direction", "value"),
        field="time",
        read=_moment,
        legal="a datetime that has a time zone, 'yyyymmdd-hh:mm:ss' in UTC, or 'yyyymmdd hh:mm:ss US/Eastern'",
    ),
    "execution": _Kind(ExecutionCondition, ("contract",), ("exchange",), names=("symbol", "secType", "exchange")),
}

# What to do when the contract lacks it.
_REMEDIES = dict.fromkeys(("conId", "symbol", "secType"), "app.resolve(contract) returns the contract with it") | {
    "exchange": "give one, for instance exchange='SMART'"
}


@short_errors
def createCondition(
    kind: str,
    direction: str | None = None,
    value: Any = None,
    contract: Any = None,
    *,
    exchange: str | None = None,
    triggerMethod: str | int | None = None,
    conjunction: str = "and",
) -> Any:
    """Return an ibapi condition: an order that has it waits at IB until it holds, whether this program runs or not.

    `kind` is one of
        "price": the contract's price, in its own currency and unit;
        "percent change": the contract's change since the previous close, in percent (5 means 5 %). It is the day's
            change: "5 % within five minutes" has to be coded by yourself;
        "volume": how many of the contract were traded today;
        "margin": the account's cushion, excess liquidity by net liquidation value, in percent;
        "time": a datetime that has a time zone, or IB's text "yyyymmdd-hh:mm:ss" (UTC), "yyyymmdd hh:mm:ss US/Eastern";
        "execution": a trade of yours in the contract's symbol; takes neither direction nor value.
    `direction` is ">=" ("above", "after") or "<=" ("below", "before"). It has no default: a condition that points the
    wrong way holds at once. `contract` must have its conId: app.resolve finds it. `exchange` replaces the contract's.
    `triggerMethod` says how a price is read: "default" (the instrument's own, mostly the last trade), "double bid/ask"
    (two in a row), "last", "double last", "bid/ask", "last or bid/ask", "midpoint", or IB's number.
    `conjunction` joins this condition with the next one in the order's list, "and" more strongly than "or".

    Give it to an order: `createOrder("BUY", 100, conditions=[...])`, of type MKT, LMT, MIDPRICE, REL or SNAP; TWS
    answers others with error 148. With `conditionsIgnoreRth=True` it may hold outside regular trading hours too; with
    `conditionsCancelOrder=True` it cancels the order instead (LMT and MIDPRICE only).
    Raises ValueError for what is missing, too much, or not legal.

    >>> from ibnb import createContract, createOrder
    >>> visa = createContract("V", conId=49462172)
    >>> condition = createCondition("price", ">=", 200, visa, triggerMethod="last")
    >>> condition.isMore, condition.price, condition.conId, condition.exchange
    (True, 200.0, 49462172, 'SMART')
    >>> order = createOrder("BUY", 100, conditions=[condition], conditionsIgnoreRth=True)
    >>> createCondition("time", "after", "20250611-14:30:00", conjunction="or").isConjunctionConnection
    False
    """
    kind = check("kind", kind, _KINDS, {"percentchange": "percent change"})
    known, verb = _KINDS[kind], f"createCondition({kind!r})"
    given = {
        "direction": direction,
        "value": value,
        "contract": contract,
        "exchange": exchange,
        "triggerMethod": triggerMethod,
    }
    missing = {"direction": "'>=' or '<='", "value": known.legal, "contract": "app.resolve('V') finds one"}
    for name in given:
        if given[name] is not None and name not in known.needs + known.may:
            raise ValueError(f"{verb} takes no {name}; it takes {', '.join(known.needs + known.may)}.")
        if given[name] is None and name in known.needs:
            raise ValueError(f"{verb} needs {name}: {missing[name]}.")

    condition = known.make()
    condition.isConjunctionConnection = check("conjunction", conjunction, ("and", "or")) == "and"
    if direction is not None:
        condition.isMore = check("direction", direction, _DIRECTIONS, _SPOKEN_DIRECTIONS) == ">="
    if value is not None:
        setattr(condition, known.field, _value(verb, known, value))
    if contract is not None:
        check_contract(contract, verb)
        for name in known.names:
            found = exchange if name == "exchange" and exchange is not None else getattr(contract, name)
            if not found:
                raise ValueError(f"{verb}: {name} is {found!r}; {_REMEDIES[name]}.")
            setattr(condition, name, found)
    if kind == "price":
        method = "default" if triggerMethod is None else triggerMethod
        condition.triggerMethod = _word_or_number("triggerMethod", method, TRIGGER_METHODS)
    return condition


def _value(verb: str, known: _Kind, value: Any) -> Any:
    try:
        return known.read(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{verb}: value {value!r} is not legal: {known.legal}.") from None


def _word_or_number(name: str, value: Any, numbers: dict[str, int]) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool):
        return numbers[check(name, value, numbers)]
    if value not in numbers.values():
        legal = ", ".join(f"{number} ({word})" for word, number in numbers.items())
        raise ValueError(f"{name} {value!r} is not legal. Legal values: {legal}.")
    return int(value)


_counted = itertools.count(1)


@short_errors
def createOCA(orders: Iterable[Any], name: str | None = None, ocaType: str | int = "cancel with block") -> list[Any]:
    """Return copies of two or more orders as one group in which a fill of one cancels the others (one cancels all).

    `ocaType` says what a fill does to the others, by word or IB's number: "cancel with block" (1), "reduce with block"
    (2: makes them smaller in proportion) or "reduce without block" (3). "With block" works one order at a time, so
    that never two are filled. A cancel of one cancels the others too.

    `name` is the group's, and belongs to the account: working orders of one name are one group, whichever program sent
    them, so a name must not come again while orders of it work. Without a name it is made of this process's number and
    a count, which is enough for orders of a day on one computer; for orders that live longer, or from several
    computers, name the group, for instance f"OCA {app.clientId}-{app.nextOrderId}".

    Each order is then sent by itself, of whichever contract. A bracket needs no group: its profit and stop have one.
    Raises ValueError for fewer than two orders, an order that is in a group already, and an unknown `ocaType`.

    >>> from ibnb import createOrder
    >>> profit, stop = createOCA([createOrder("SELL", 10, "LMT", 110), createOrder("SELL", 10, "STP", stop_price=95)])
    >>> profit.ocaGroup == stop.ocaGroup, profit.ocaType
    (True, 1)
    """
    if isinstance(orders, Bracket):
        raise ValueError("createOCA: a bracket's profit and stop cancel each other already; send it with placeBracket.")
    members = [copy.copy(order) for order in orders] if isinstance(orders, Iterable) else [orders]
    for order in members:
        if not hasattr(order, "ocaGroup"):
            raise ValueError(f"createOCA: {order!r} isn't an order; createOrder('BUY', 100) makes one.")
        if order.ocaGroup:
            raise ValueError(f"createOCA: an order is in the group {order.ocaGroup!r} already; begin with a fresh one.")
    if len(members) < 2:
        raise ValueError(f"createOCA needs a list of two orders or more, not {len(members)}.")
    number = _word_or_number("ocaType", ocaType, OCA_TYPES)
    group = f"OCA {os.getpid()}-{next(_counted)}" if name is None else name
    # ibapi refuses other characters when the order is sent.
    if not (isinstance(group, str) and group.strip() and group.isascii() and group.isprintable()):
        raise ValueError(
            f"createOCA: name {name!r} is not legal: text of plain (ASCII) characters, such as 'exit NVDA'."
        )
    for order in members:
        order.ocaGroup, order.ocaType = group, number
    return members
