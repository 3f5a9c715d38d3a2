"""Answers to the exercises of lesson 08."""

from __future__ import annotations

import math
from typing import Any

import ibnb
from tests.course.answers import with_app

FIELDS = {1: "bid", 2: "ask", 4: "last", 66: "bid", 67: "ask", 68: "last"}
# Streams that are to stay open: what nobody holds is closed by Python itself.
KEPT: list[Any] = []
FIVE = ["IBM", "JPM", "KO", "WMT", "SPY"]


def spread_bps(bid: float, ask: float) -> float:
    return (ask - bid) / ((ask + bid) / 2) * 10_000 if 0 < bid <= ask else math.nan


def quote_of(ticks: Any, fields: Any = FIELDS, none: Any = math.nan, keep: bool = False) -> Any:
    """The solution; with other types, another sign for no price, or one that keeps the older price."""
    found = dict.fromkeys(("bid", "ask", "last"), none)
    for kind, price in ticks:
        if kind in fields and (price > 0 or not keep):
            found[fields[kind]] = price if price > 0 else none
    return found


def assume_last(ticks: Any) -> Any:
    return {"bid": math.nan, "ask": math.nan, "last": ticks[-1][1]}


def sentinels(ticks: Any) -> Any:
    return dict.fromkeys(("bid", "ask", "last"), math.nan) | {FIELDS[k]: price for k, price in ticks if k in FIELDS}


def patient_quote(session: Any, symbol: str) -> Any:
    try:
        return session.getQuote(symbol)
    except ibnb.MarketDataError:
        session.reqMarketDataType(3)
        try:
            return session.getQuote(symbol)
        finally:
            session.reqMarketDataType(1)


def stays_delayed(session: Any, symbol: str) -> Any:
    try:
        return session.getQuote(symbol)
    except ibnb.MarketDataError:
        session.reqMarketDataType(3)
        return session.getQuote(symbol)


def without_finally(session: Any, symbol: str) -> Any:
    quote = stays_delayed(session, symbol)
    if quote["data_type"] != "live":
        session.reqMarketDataType(1)
    return quote


def always_delayed(session: Any, symbol: str) -> Any:
    session.reqMarketDataType(3)
    quote = session.getQuote(symbol)
    session.reqMarketDataType(1)
    return quote


def catches_everything(session: Any, symbol: str) -> Any:
    try:
        return session.getQuote(symbol)
    except ibnb.IBError:
        session.reqMarketDataType(3)
        try:
            return session.getQuote(symbol)
        finally:
            session.reqMarketDataType(1)


def frozen(session: Any, symbol: str) -> Any:
    try:
        return session.getQuote(symbol)
    except ibnb.MarketDataError:
        session.reqMarketDataType(4)
        try:
            return session.getQuote(symbol)
        finally:
            session.reqMarketDataType(1)


def since_first(ticks: Any, fields: Any = ("last",), least: float = 0.0) -> Any:
    first: dict[str, float] = {}
    change: dict[str, float] = {}
    for symbol, field, value in ticks:
        if field in fields and value > least:
            change[symbol] = value / first.setdefault(symbol, value) - 1
    return change


def since_before(ticks: Any) -> Any:
    before: dict[str, float] = {}
    change: dict[str, float] = {}
    for symbol, field, value in ticks:
        if field == "last" and value > 0:
            change[symbol] = value / before.get(symbol, value) - 1
            before[symbol] = value
    return change


def one_seed(ticks: Any) -> Any:
    prices = [(symbol, value) for symbol, field, value in ticks if field == "last" and value > 0]
    return {symbol: value / prices[0][1] - 1 for symbol, value in prices}


def quotes(app: Any, column: str = "last") -> Any:
    return app.getQuotes(FIVE)[column].to_dict()


def left_open(app: Any) -> Any:
    for place, symbol in enumerate(FIVE):
        app.reqMktData(900 + place, app.createContract(symbol), "", False, False, [])
    return quotes(app)


def watch(session: Any, symbols: Any, seconds: float, fields: Any = ("last",), close: bool = True) -> Any:
    counts = dict.fromkeys(symbols, 0)
    stream = session.streamQuotes(symbols)
    stream.__enter__()
    KEPT.append(stream)
    session.sleep(seconds)
    for tick in stream.waiting():
        counts[tick.symbol] += tick.field in fields or not fields
    if close:
        stream.__exit__(None, None, None)
    return counts


def only_good(session: Any, symbols: Any, seconds: float) -> Any:
    return {symbol: count for symbol, count in watch(session, symbols, seconds).items() if count}


def too_long(session: Any, symbols: Any, seconds: float) -> Any:
    counts = watch(session, symbols, seconds)
    return {symbol: count + (symbol != "NOSUCHTHING") for symbol, count in counts.items()}


def quoted_first(session: Any, symbols: Any, seconds: float) -> Any:
    session.getQuotes(symbols)
    return watch(session, symbols, seconds)


def silent(ticks: Any, now: float, seconds: float) -> Any:
    newest: dict[str, float] = {}
    for moment, symbol in ticks:
        newest[symbol] = max(moment, newest.get(symbol, moment))
    return sorted(symbol for symbol, moment in newest.items() if now - moment > seconds)


RIGHT: list[Any] = [
    ("08.1", spread_bps),
    ("08.3", quote_of),
    with_app(lambda app: ("08.5", patient_quote, app)),
    ("08.6", since_first),
    with_app(lambda app: ("08.7", quotes(app), app)),
    with_app(lambda app: ("08.8", watch, app)),
    ("08.9", silent),
]
WRONG: list[Any] = [
    (("08.1", lambda bid, ask: ask - bid), "spread in dollars"),
    (("08.1", lambda bid, ask: spread_bps(bid, ask) / 10_000), "this is a fraction"),
    (("08.1", lambda bid, ask: spread_bps(bid, ask) / 100), "this is percent"),
    (("08.1", lambda bid, ask: -spread_bps(bid, ask)), "is negative"),
    (("08.1", lambda bid, ask: (ask - bid) / bid * 10_000), "divide by the midpoint"),
    (("08.1", lambda bid, ask: (ask - bid) / ((ask + bid) / 2) * 10_000), "for a bid of -1.0 .* no spread"),
    (("08.1", lambda bid, ask: spread_bps(bid, ask) if bid < ask else math.nan), "it gives nan"),
    (("08.1", lambda bid, ask: f"{spread_bps(bid, ask):.1f}"), "is a text"),
    (("08.1", 10.0), "a function is wanted"),
    (("08.3", assume_last), "the closed market bid|look at the tick types|and there is none"),
    (("08.3", sentinels), "it says that there is none"),
    (("08.3", lambda ticks: quote_of(ticks, keep=True)), "a quote that is withdrawn"),
    (("08.3", lambda ticks: quote_of(ticks, fields={1: "bid", 2: "ask", 4: "last"})), "for delayed data"),
    (("08.3", lambda ticks: quote_of(ticks, none=None)), "a missing price is math.nan"),
    (
        ("08.3", lambda ticks: quote_of(ticks, fields=FIELDS | {9: "last", 14: "last"})),
        "look at the tick types|none at the end",
    ),
    (("08.3", lambda ticks: quote_of(ticks, fields={**FIELDS, 1: "ask", 2: "bid"})), "for an open market bid is 10.2"),
    (("08.3", lambda ticks: {"last": quote_of(ticks)["last"]}), "lacks bid, ask"),
    (("08.3", lambda ticks: list(quote_of(ticks).values())), "is a list"),
    (
        with_app(lambda app: ("08.5", lambda session, symbol: session.getQuote(symbol), app)),
        "stops with MarketDataError",
    ),
    (with_app(lambda app: ("08.5", stays_delayed, app)), r"the kinds \[3\]"),
    (with_app(lambda app: ("08.5", without_finally, app)), "stays in delayed mode"),
    (with_app(lambda app: ("08.5", always_delayed, app)), "switched to other data"),
    (with_app(lambda app: ("08.5", catches_everything, app)), "isn't a question of live or delayed"),
    (with_app(lambda app: ("08.5", frozen, app)), r"the kinds \[4, 1\]"),
    (
        with_app(lambda app: ("08.5", lambda session, symbol: patient_quote(session, symbol)["last"], app)),
        "isn't its live quote",
    ),
    (with_app(lambda app: ("08.5", lambda session, symbol: None, app)), "returned None"),
    (("08.6", since_before), "a price that comes back"),
    (("08.6", one_seed), "with two shares, B has changed"),
    (("08.6", lambda ticks: since_first(ticks, fields=("last", "bid", "close"))), "other fields"),
    (("08.6", lambda ticks: since_first(ticks, least=-9.0)), "missing prices"),
    (
        ("08.6", lambda ticks: {symbol: 100 * change for symbol, change in since_first(ticks).items()}),
        "this is percent",
    ),
    (
        ("08.6", lambda ticks: {symbol: 1 + change for symbol, change in since_first(ticks).items()}),
        "this is the ratio",
    ),
    (("08.6", lambda ticks: {"A": 0.0, "B": 0.0} | since_first(ticks)), "should be left out"),
    (("08.6", lambda ticks: {symbol: change for symbol, change in since_first(ticks).items() if change}), "is missing"),
    (with_app(lambda app: ("08.7", quotes(app, "close"), app)), "yesterday's close"),
    (
        with_app(lambda app: ("08.7", {symbol: app.getQuote(symbol)["last"] for symbol in FIVE}, app)),
        "one after the other",
    ),
    (with_app(lambda app: ("08.7", left_open(app), app)), "5 market data lines are still open"),
    (with_app(lambda app: ("08.7", dict.fromkeys(FIVE, 100.0), app)), "never asked for a quote of IBM"),
    (with_app(lambda app: ("08.7", {s: p / 100 for s, p in quotes(app).items()}, app)), "isn't a price of IBM"),
    (with_app(lambda app: ("08.7", {s: str(p) for s, p in quotes(app).items()}, app)), "should be a number"),
    (with_app(lambda app: ("08.7", app.getQuotes(FIVE)["last"], app)), "a dictionary"),
    (with_app(lambda app: ("08.7", app.getQuotes(FIVE[:4])["last"].to_dict(), app)), "SPY is missing"),
    (
        with_app(lambda app: ("08.8", lambda *given: watch(*given, close=False), app)),
        "10 market data lines are still open",
    ),
    (with_app(lambda app: ("08.8", lambda *given: watch(*given, fields=()), app)), "all ticks were counted"),
    (with_app(lambda app: ("08.8", lambda *given: watch(*given, fields=("bid",)), app)), "trades of .* were seen"),
    (with_app(lambda app: ("08.8", only_good, app)), "also those without a trade"),
    (with_app(lambda app: ("08.8", too_long, app)), "trades of AAPL were seen"),
    (
        with_app(lambda app: ("08.8", lambda session, symbols, seconds: watch(session, symbols[:1], seconds), app)),
        "never asked for MSFT",
    ),
    (with_app(lambda app: ("08.8", quoted_first, app)), "stops with ContractNotFoundError"),
    (with_app(lambda app: ("08.8", lambda *given: sum(watch(*given).values()), app)), "is a whole number"),
    (
        ("08.9", lambda ticks, now, seconds: [s for m, s in ticks if now - m > seconds]),
        "stands in the list twice|isn't silent",
    ),
    (("08.9", lambda ticks, now, seconds: sorted({s for m, s in ticks if now - m > seconds})), "isn't silent"),
    (("08.9", lambda ticks, now, seconds: sorted({s for m, s in ticks if now - m >= seconds})), "isn't silent"),
    (("08.9", lambda *given: silent(*given)[::-1]), "aren't sorted"),
    (("08.9", lambda *given: set(silent(*given))), "is a set"),
    (("08.9", lambda *given: silent(*given)[:1]), "is silent and isn't in the list"),
    (("08.9", lambda ticks, now, seconds: sorted({s for _, s in ticks})), "isn't silent"),
]
