"""Lesson 08: spread, midpoint or last, ticks that are no prices, delayed data, many lines at once, their age."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import ibnb
from ibnb.course.exercises import answered, called, choice, exercise, journal, raised, received
from ibnb.course.kinds import unlike

_SPREADS = {(20.0, 20.02): 9.995002, (193.88, 193.90): 1.031512, (99.95, 100.05): 10.0, (50.0, 50.0): 0.0}
_NO_SPREAD = [(-1.0, -1.0), (0.0, 100.0), (math.nan, 100.0), (100.0, math.nan), (100.1, 100.0), (-1.0, 100.0)]


@exercise("08.1", wants=callable, correct="a measure that fits a share at 20 and one at 2,000")
def spread_bps(function: Callable[..., Any]) -> str | None:
    for (bid, ask), right in _SPREADS.items():
        found = called(function, bid, ask, wants=float)
        if math.isclose(found, right, rel_tol=1e-5, abs_tol=1e-9):
            continue
        prices = f"for {bid} and {ask}"
        if math.isclose(found, -right, rel_tol=1e-5):
            return f"{prices} it is negative: take the ask minus the bid"
        if math.isclose(found * 10_000, right, rel_tol=1e-3):
            return f"{prices} this is a fraction; a basis point is a ten-thousandth"
        if math.isclose(found * 100, right, rel_tol=1e-3):
            return f"{prices} this is percent; a basis point is a hundredth of a percent"
        if math.isclose(found, ask - bid, rel_tol=1e-9):
            return f"{prices} this is the spread in dollars, not a share of the midpoint"
        return f"{prices} it gives {found:.4f}; divide by the midpoint, (bid + ask) / 2"
    for bid, ask in _NO_SPREAD:
        if not math.isnan(called(function, bid, ask, wants=float)):
            return f"for a bid of {bid} and an ask of {ask} there is no spread, so it should be NaN"
    return None


choice(
    "08.2",
    right="b",
    correct="bid and ask are both of this moment, and the truth lies between them",
    wrong={
        "a": "it was really paid, but forty minutes ago; the quote has moved on since",
        "c": "that is what buying costs, and a position is sold at the bid",
        "d": "that is yesterday's price, however official",
    },
)

_CAPTURED = [(4, 205.04), (1, -1.0), (2, -1.0), (14, 0.0), (9, 203.92), (1, -1.0), (2, -1.0), (4, 205.04)]
_TICKS: list[tuple[str, list[tuple[int, float]], tuple[float, float, float]]] = [
    ("the closed market", _CAPTURED, (math.nan, math.nan, 205.04)),
    ("an open market", [(1, 10.0), (2, 10.2), (4, 10.1), (6, 11.0), (7, 9.0), (1, 10.05)], (10.05, 10.2, 10.1)),
    ("delayed data", [(66, 20.0), (67, 20.2), (68, 20.1), (75, 19.0), (76, 19.5)], (20.0, 20.2, 20.1)),
    ("a quote that is withdrawn", [(1, 10.0), (2, 10.2), (4, 10.1), (1, -1.0)], (math.nan, 10.2, 10.1)),
    ("no bid, said as 0", [(1, 0.0), (2, 10.2), (4, 10.1)], (math.nan, 10.2, 10.1)),
    ("yesterday's close alone", [(9, 203.92), (14, 204.0)], (math.nan, math.nan, math.nan)),
]


@exercise("08.3", wants=callable, correct="each number lands where its type says, and a missing price stays missing")
def quote_of(function: Callable[..., Any]) -> str | None:
    for what, ticks, right in _TICKS:
        found = called(function, list(ticks), wants=dict)
        if missing := [name for name in ("bid", "ask", "last") if name not in found]:
            return f"for {what} the dictionary lacks {', '.join(missing)}"
        for name, value in zip(("bid", "ask", "last"), right, strict=True):
            got = found[name]
            if got is None or isinstance(got, str):
                return f"for {what} {name} is {got!r}; a missing price is math.nan"
            if math.isnan(value) and not math.isnan(got):
                if got <= 0:
                    return f"for {what} {name} is {got:g}: that isn't a price, it says that there is none"
                return f"for {what} {name} is {got:g}, and there is none at the end"
            if not math.isnan(value) and not math.isclose(got, value):
                return f"for {what} {name} is {got:g}, and {value:g} is right: look at the tick types"
    return None


choice(
    "08.4",
    right="c",
    correct="a warning isn't a failure, even when it carries your request's number",
    wrong={
        "a": "10167 comes with the request's own id, as the notices above show",
        "b": "data do come, only late: 10167 says that delayed ones are shown instead",
        "d": "without a subscription no live data follow; the delayed ones stay delayed",
    },
)


@exercise("08.5", wants=callable, correct="late data rather than none, and the session is as it was before")
def patient_quote(function: Callable[..., Any], app: Any) -> str | None:
    late, none = frozenset({"AAPL"}), frozenset({"V"})
    world = replace(ibnb.gateway.LESSON, name="check 08.5", delayed_only=late, not_subscribed=none)
    with ibnb.connect("embedded", scenario=world, clientId=85) as session:
        session.reqMarketDataType(1)
        before = len(_modes(session))
        live = called(function, session, "MSFT")
        if _data_type(live) != "live":
            return "MSFT may be seen live in that session, and what came back isn't its live quote"
        if len(_modes(session)) > before:
            return "for MSFT, which may be seen live, the session was switched to other data"
        delayed = called(function, session, "AAPL")
        if _data_type(delayed) != "delayed":
            return "for AAPL, which may be seen delayed only, no delayed quote came back"
        if _modes(session)[before:] != [3, 1]:
            return (
                f"for AAPL the kinds {_modes(session)[before:]} were asked for; it should be 3 (delayed), then 1 (live)"
            )
        if not isinstance(raised(function, session, "V"), ibnb.MarketDataError):
            return "V may not be seen at all in that session, and yet no MarketDataError was raised"
        if _modes(session)[-1] != 1:
            return "when the delayed quote fails, too, the session stays in delayed mode"
        before = len(_modes(session))
        if not isinstance(raised(function, session, "NOSUCHTHING"), ibnb.ContractNotFoundError):
            return "a symbol that doesn't exist should raise ContractNotFoundError"
        if len(_modes(session)) > before:
            return "a symbol that doesn't exist isn't a question of live or delayed, and yet the session was switched"
    return None


_LAST: list[tuple[str, list[tuple[str, str, float]], dict[str, float]]] = [
    ("one share", [("A", "last", 100.0), ("A", "last", 105.0)], {"A": 0.05}),
    ("two shares", [("A", "last", 100.0), ("B", "last", 50.0), ("B", "last", 49.0)], {"A": 0.0, "B": -0.02}),
    ("other fields", [("A", "bid", 1.0), ("A", "last", 100.0), ("A", "close", 90.0), ("A", "volume", 9e6)], {"A": 0.0}),
    (
        "missing prices",
        [("A", "last", math.nan), ("A", "last", 80.0), ("A", "last", -1.0), ("A", "last", 0.0)],
        {"A": 0.0},
    ),
    ("a price that comes back", [("A", "last", 10.0), ("A", "last", 12.0), ("A", "last", 11.0)], {"A": 0.1}),
    ("a share without a trade", [("A", "bid", 10.0), ("B", "last", 20.0)], {"B": 0.0}),
    ("nothing", [], {}),
]


@exercise("08.6", wants=callable, correct="each share is compared with its own first price, and with nothing else")
def since_first(function: Callable[..., Any]) -> str | None:
    for what, ticks, right in _LAST:
        found = called(function, list(ticks), wants=dict)
        if extra := sorted(set(found) - set(right)):
            return f"with {what}, {', '.join(map(str, extra))} has no last price and should be left out"
        if missing := sorted(set(right) - set(found)):
            return f"with {what}, {', '.join(missing)} is missing"
        for symbol, value in right.items():
            got = found[symbol]
            if math.isclose(got, value, abs_tol=1e-9):
                continue
            if value and math.isclose(got, value * 100, rel_tol=1e-6):
                return f"with {what}, this is percent; a fraction was asked for"
            if math.isclose(got, 1 + value, rel_tol=1e-6):
                return f"with {what}, this is the ratio of the two prices; the change is one less"
            return f"with {what}, {symbol} has changed by {value:g}, not by {got:g}"
    return None


_FIVE = ("IBM", "JPM", "KO", "WMT", "SPY")


@exercise("08.7", wants=dict, correct="five requests on their way together, five last prices, and no line left open")
def five(prices: dict[str, Any], app: Any) -> str | None:
    if missing := [symbol for symbol in _FIVE if symbol not in prices]:
        return f"{', '.join(missing)} is missing from the dictionary"
    if len(prices) > len(_FIVE):
        return "there are more symbols in it than the five"
    if wrong := [symbol for symbol in _FIVE if unlike(prices[symbol], float)]:
        return f"the value of {wrong[0]} should be a number"
    asked = _asked(app, _FIVE)
    if unasked := [symbol for symbol in _FIVE if symbol not in asked]:
        return f"the gateway was never asked for a quote of {unasked[0]}"
    if not _together(app, _FIVE):
        return "the gateway got the requests one after the other, each when the one before had ended"
    if problem := _open_lines(app):
        return problem
    now = app.getQuotes(list(_FIVE))
    for symbol in _FIVE:
        price, row = prices[symbol], now.loc[symbol]
        if price == row["close"]:
            return f"{price:g} is yesterday's close of {symbol}, not its last price"
        if not 0.9 < price / row["last"] < 1.1:
            return f"{price:g} isn't a price of {symbol}, whose last one is {row['last']:g}"
    return None


_WATCHED = ("AAPL", "MSFT", "IBM", "JPM", "KO", "WMT", "V", "MA", "META", "NFLX")


@exercise("08.8", wants=callable, correct="ten lines were lent, and ten were given back")
def watch(function: Callable[..., Any], app: Any) -> str | None:
    # A world of its own: where time goes on by itself, a trade may come between two lines of a check.
    world = replace(ibnb.gateway.LESSON, name="check 08.8")
    with ibnb.connect("embedded", scenario=world, clientId=88) as session:
        for symbols in (_WATCHED, (*_WATCHED[:3], "NOSUCHTHING")):
            if problem := _unlike_the_trades(function, session, symbols):
                return problem
    return None


def _unlike_the_trades(function: Callable[..., Any], session: Any, symbols: tuple[str, ...]) -> str | None:
    before = len(received(session, "ReqMktData"))
    # The same streams once more, open for the same time: what they bring is what the learner's bring.
    with session.streamQuotes([symbol for symbol in symbols if symbol in _WATCHED]) as beside:
        mine = len(received(session, "ReqMktData"))
        counts = called(function, session, list(symbols), 5, wants=dict)
        ticks = beside.waiting()
    asked = {each.contract.symbol for each in received(session, "ReqMktData")[mine:]}
    if problem := _open_lines(session, since=before):
        return problem
    if unasked := [symbol for symbol in symbols if symbol not in asked]:
        return f"the gateway was never asked for {', '.join(unasked[:3])}"
    if set(counts) != set(symbols):
        return "the keys of the dictionary should be all the symbols, also those without a trade"
    trades = Counter(tick.symbol for tick in ticks if tick.field == "last" and tick.value > 0)
    changes = Counter(tick.symbol for tick in ticks)
    for symbol in symbols:
        if counts[symbol] == trades[symbol]:
            continue
        if counts[symbol] == changes[symbol]:
            return f"for {symbol} all ticks were counted; only those of the field 'last' are trades"
        return f"{trades[symbol]} trades of {symbol} were seen meanwhile, and {counts[symbol]} were counted"
    return None


_AGES: list[tuple[list[tuple[float, str]], float, float, list[str]]] = [
    ([(100.0, "A"), (160.0, "B")], 170.0, 60.0, ["A"]),
    ([(160.0, "A"), (100.0, "A"), (90.0, "B"), (80.0, "C")], 170.0, 60.0, ["B", "C"]),
    ([(110.0, "A")], 170.0, 60.0, []),
    ([(10.0, "Z"), (11.0, "M"), (12.0, "A")], 200.0, 30.0, ["A", "M", "Z"]),
    ([], 170.0, 60.0, []),
]


@exercise("08.9", wants=callable, correct="old numbers don't pass for fresh ones any more")
def silent(function: Callable[..., Any]) -> str | None:
    for ticks, now, seconds, right in _AGES:
        found = called(function, list(ticks), now, seconds, wants=list)
        case = f"for the ticks {ticks} at {now:g} with {seconds:g} seconds"
        if sorted(map(str, found)) == right and found != right:
            return f"{case} the symbols aren't sorted"
        if len(set(map(str, found))) < len(found):
            return f"{case} a symbol stands in the list twice"
        if extra := [symbol for symbol in found if symbol not in right]:
            return f"{case} {extra[0]} isn't silent: its newest tick isn't older than that"
        if missing := [symbol for symbol in right if symbol not in found]:
            return f"{case} {missing[0]} is silent and isn't in the list"
    return None


def _data_type(quote: Any) -> Any:
    return quote.get("data_type") if hasattr(quote, "get") else None


def _modes(session: Any) -> list[int]:
    return [each.marketDataType for each in received(session, "ReqMarketDataType")]


def _asked(app: Any, symbols: Collection[str]) -> dict[str, int]:
    """Symbol → the last request for its quote."""
    return {each.contract.symbol: each.reqId for each in received(app, "ReqMktData") if each.contract.symbol in symbols}


def _together(app: Any, symbols: Collection[str]) -> bool:
    """Were lines of all of them open at the same time?"""
    asked = [(each.reqId, each.contract.symbol) for each in received(app, "ReqMktData")]
    cancelled = {each.reqId for each in received(app, "CancelMktData")}
    names = {reqId: symbol for reqId, symbol in asked if symbol in symbols}
    open_now: set[str] = set()
    for entry in journal(app):
        if entry.direction != "in" or entry.clientId != app.clientId:
            continue
        name = names.get(getattr(entry.message, "reqId", None))
        if name and type(entry.message).__name__ == "ReqMktData":
            open_now.add(name)
        elif name and entry.message.reqId in cancelled:
            open_now.discard(name)
        if open_now == set(symbols):
            return True
    return False


def _open_lines(app: Any, since: int = 0) -> str | None:
    """What the journal says about lines that nobody has closed, from the request with this place on."""
    requests = received(app, "ReqMktData")[since:]
    asked = {each.reqId: each.contract.symbol for each in requests if not each.snapshot}
    closed = {each.reqId for each in received(app, "CancelMktData")}
    refused = {each.id for each in answered(app, "ErrorMessage")}
    left = [symbol for reqId, symbol in asked.items() if reqId not in closed | refused]
    if not left:
        return None
    return f"{len(left)} market data line{'s are' if len(left) > 1 else ' is'} still open, such as that of {left[0]}"
