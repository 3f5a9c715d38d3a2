"""Answers to the exercises of lesson 15."""

from __future__ import annotations

import math
from typing import Any

import ibnb
from tests.course.answers import with_app


def keep(key: Any = lambda tag, currency: (tag, currency), kind: Any = float, copy: bool = False) -> Any:
    def function(book: Any, tag: str, value: str, currency: str) -> Any:
        into = dict(book) if copy else book
        into[key(tag, currency)] = kind(value)
        return into

    return function


def once(book: Any, tag: str, value: str, currency: str) -> Any:
    book.setdefault((tag, currency), float(value))
    return book


def floor(unit: float = 1.0, checks: bool = True, error: type[Exception] = ValueError, sign: int = -1) -> Any:
    def function(baseline: float, max_loss: float) -> float:
        if checks and (not baseline > 0 or not 0 < max_loss < 1):
            raise error("not sensible")
        return baseline * (1 + sign * max_loss * unit)

    return function


def only_the_loss(baseline: float, max_loss: float) -> float:
    floor()(baseline, max_loss)
    return baseline * max_loss


def percent(baseline: float, max_loss: float) -> float:
    if max_loss < 0 or not baseline > 0 or math.isnan(max_loss):
        raise ValueError
    return baseline * (1 - (max_loss / 100 if max_loss >= 1 else max_loss))


def no_baseline(baseline: float, max_loss: float) -> float:
    if not 0 < max_loss < 1:
        raise ValueError
    return baseline * (1 - max_loss)


def complete(void: bool = True, empty: bool = False, every: bool = False, zero: bool = True, rest: bool = False) -> Any:
    def function(events: Any) -> Any:
        found, last = [], None
        for what, value in events:
            if what == "value":
                last = value
                if every:
                    found.append(value)
            elif what == "end":
                if (not every and (last is not None if zero else last)) or empty:
                    found.append(last)
                last = None
            elif void:
                last = None
        return found + ([last] if rest and last is not None else [])

    return function


def leave(wait: bool = True, cancel: Any = None, end: bool = True, go: bool = True) -> Any:
    def function(session: Any) -> Any:
        if cancel is not None:
            cancel(session)
        else:
            session.cancelAllOrders(wait=wait)
        if end:
            session.reqAccountUpdates(False, "")
        if go:
            session.disconnect()
        return "left"

    return function


def first_away(session: Any) -> Any:
    session.disconnect()
    return "left"


def one(session: Any) -> None:
    session.cancelOrderById(int(session.getOpenOrders().index[0]), wait=True)


def everybodys(session: Any) -> None:
    session.reqGlobalCancel()
    session.sleep(5)


def drill(
    answer: Any = lambda guard: guard,
    short: float = 50,
    shares: float = 10,
    minutes: int = 80,
    waits: bool = True,
    price: bool = True,
    **words: Any,
) -> Any:
    def function(session: Any) -> Any:
        if short:
            session.placeOrderNow("KO", session.createOrder("SELL", short), wait="Filled")
        if waits:
            limit = round(session.getQuote("IBM")["last"] * 0.9, 2)
            form = session.createOrder("BUY", shares, "LMT", limit) if price else session.createOrder("BUY", shares)
            session.placeOrderNow("IBM", form)
        guard = ibnb.AccountGuard(session, **{"max_loss": 0.05, "flatten": True, **words})
        with guard:
            session.sleep(f"{minutes} min")
        return answer(guard)

    return function


def elsewhere(app: Any) -> Any:
    """Every call goes to the notebook's own session."""
    return lambda session: drill(minutes=1)(app)


def worst(sign: int = 1, unit: float = 1.0, of: Any = lambda longs: longs.max(), signed: bool = True) -> Any:
    def function(portfolio: Any, worth: float) -> float:
        values = portfolio["marketValue"]
        longs = values[values > 0] if signed else values.abs()
        return sign * unit * float(of(longs)) / worth if len(longs) else 0.0

    return function


def crashes(portfolio: Any, worth: float) -> float:
    return float(max(portfolio["marketValue"]) / worth)


RIGHT: list[Any] = [
    ("15.1", keep()),
    ("15.3", floor()),
    ("15.5", complete()),
    with_app(lambda app: ("15.6", leave(), app)),
    with_app(lambda app: ("15.6", lambda session: leave()(session) and None, app)),
    with_app(lambda app: ("15.7", drill(), app)),
    ("15.8", worst()),
]

WRONG: list[Any] = [
    (("15.1", keep(lambda tag, currency: tag)), "there is nothing under"),
    (("15.1", keep(lambda tag, currency: (currency, tag))), "the key is .currency, tag."),
    (("15.1", keep(lambda tag, currency: f"{tag} {currency}")), "there is nothing under"),
    (("15.1", keep(kind=str)), "a value is a text"),
    (("15.1", keep(copy=True)), "another dictionary comes back"),
    (("15.1", once), "there is 1025933.0 under"),
    (("15.1", keep(kind=lambda value: float(value.split(".")[0]))), "there is 1187411.0 under"),
    (("15.1", lambda book, tag, value, currency: None), "returned None"),
    (("15.3", floor(sign=1)), "the floor lies above the baseline"),
    (("15.3", floor(unit=0.01)), "the floor is 999.5"),
    (("15.3", floor(checks=False)), "a max_loss of 5 gives a floor of -1178.68"),
    (("15.3", percent), "should raise a ValueError: a max_loss of 5"),
    (("15.3", only_the_loss), "this is the loss itself"),
    (("15.3", no_baseline), "a baseline of 0 has a floor of 0"),
    (("15.3", floor(error=TypeError)), "raises a TypeError, and a ValueError is wanted"),
    (("15.3", lambda baseline, max_loss: str(baseline)), "a text"),
    (("15.5", complete(void=False)), "a report without a value gives nothing"),
    (("15.5", complete(every=True)), "the last value before each end counts"),
    (("15.5", complete(empty=True)), "without a value gives nothing"),
    (("15.5", complete(zero=False)), "0 is a value, too"),
    (("15.5", complete(rest=True)), "without an end nothing is complete"),
    (("15.5", lambda events: complete()(events)[-1:]), "the last value before each end counts"),
    (("15.5", lambda events: None), "returned None"),
    (("15.5", lambda events: 5.0), "a number, a list"),
    (with_app(lambda app: ("15.6", first_away, app)), "no cancel arrived for order"),
    (with_app(lambda app: ("15.6", leave(go=False), app)), "still connected"),
    (with_app(lambda app: ("15.6", leave(wait=False), app)), "left before TWS had confirmed|ended"),
    (with_app(lambda app: ("15.6", leave(cancel=one), app)), "no cancel arrived for order"),
    (with_app(lambda app: ("15.6", leave(cancel=everybodys), app)), "a global cancel"),
    (with_app(lambda app: ("15.6", leave(end=False), app)), "the account updates weren't ended"),
    (with_app(lambda app: ("15.6", lambda session: None, app)), "still connected"),
    (with_app(lambda app: ("15.6", lambda session: session.cancelAllOrders(waits=True), app)), "stops with TypeError"),
    (with_app(lambda app: ("15.6", "leave", app)), "a text, a function"),
    (with_app(lambda app: ("15.7", drill(dry_run=True), app)), "only rehearses"),
    (with_app(lambda app: ("15.7", drill(max_loss=0.5), app)), "max_loss is 0.5"),
    (with_app(lambda app: ("15.7", drill(flatten=False), app)), "leaves the positions open"),
    (with_app(lambda app: ("15.7", drill(short=0), app)), "no order to sell 50 KO"),
    (with_app(lambda app: ("15.7", drill(short=5), app)), "no order to sell 50 KO"),
    (with_app(lambda app: ("15.7", drill(waits=False), app)), "no limit order to buy IBM"),
    (with_app(lambda app: ("15.7", drill(shares=1), app)), "is for 1 shares, and 10 are wanted"),
    (with_app(lambda app: ("15.7", drill(minutes=20), app)), "hasn't fired; has enough time passed"),
    (with_app(lambda app: ("15.7", drill(lambda guard: guard.actions), app)), "a list"),
    (with_app(lambda app: ("15.7", elsewhere(app), app)), "every call must go to session"),
    (with_app(lambda app: ("15.7", drill(price=False), app)), "no limit order to buy IBM"),
    (("15.8", worst(unit=100)), "this is percent"),
    (("15.8", worst(sign=-1)), "the fraction is negative"),
    (("15.8", worst(signed=False)), "a short position gains"),
    (("15.8", worst(of=lambda longs: longs.sum())), "the largest long position is 300 of 1000"),
    (("15.8", worst(of=lambda longs: longs.min())), "the largest long position"),
    (("15.8", crashes), "stops with ValueError|there is no long position"),
    (("15.8", lambda portfolio, worth: worth), "returned 1000"),
]
