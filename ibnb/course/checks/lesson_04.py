"""Lesson 04: one listing of three, pence, money from a price, a currency pair, front month, an option, error 200."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any

import pandas as pd

from ibnb import Contract, IBError, createContract
from ibnb.course.exercises import NotYet, called, choice, exercise, raised, received

choice(
    "04.1",
    right="b",
    correct="the currency tells the three listings apart",
    wrong={
        "a": "that one is in US dollars, which createContract assumes when you say nothing",
        "c": "without an exchange it is still in US dollars, and so New York's",
        "d": "without a currency all three listings fit",
    },
)


@exercise("04.2", wants=Contract, correct="TWS confirmed it: one instrument, and you hold its conId")
def one_of_three(contract: Any, app: Any) -> str | None:
    if contract.symbol != "AMD":
        return f"the contract is about {contract.symbol or 'no symbol'}, and AMD was asked for"
    if contract.currency != "EUR":
        return f"this listing is quoted in {contract.currency or 'no currency'}, and euros were asked for"
    if not contract.conId:
        return "it has no conId: createContract only describes, and resolve lets TWS find the instrument"
    asked = [each.contract.currency for each in received(app, "ReqContractDetails") if each.contract.symbol == "AMD"]
    return None if "EUR" in asked else "the gateway was never asked for AMD in euros"


@exercise("04.3", wants=Contract, correct="London, and a hundred pence to the pound")
def pence(contract: Any, unit: Any) -> str | None:
    # SMART with pounds is the same instrument, routed by IB: the same conId.
    wanted = {"symbol": ("VOD",), "secType": ("STK",), "currency": ("GBP",), "exchange": ("LSE", "SMART")}
    for name, values in wanted.items():
        if getattr(contract, name) not in values:
            return f"its {name} is {getattr(contract, name)!r}, and for Vodafone's share in London it is {values[0]!r}"
    if not isinstance(unit, str):
        return 'the unit should be the text "pounds" or "pence"'
    said = unit.strip().lower()
    if said in ("pound", "pounds", "gbp"):
        return "the contract's currency is pounds, but look at the priceMagnifier in its details"
    return None if said in ("pence", "penny", "gbx") else f"{unit!r} is neither pounds nor pence"


_UNITS: dict[str, tuple[dict[str, Any], float, int, float]] = {
    "AAPL": ({"priceMagnifier": 1, "multiplier": ""}, 200.0, 10, 2_000.0),
    "CSH2": ({"priceMagnifier": 100, "multiplier": ""}, 119_000.0, 100, 119_000.0),
    "the lean hogs future": ({"priceMagnifier": 100, "multiplier": "40000"}, 106.5, 2, 85_200.0),
    "an option on AAPL": ({"priceMagnifier": 1, "multiplier": "100"}, 2.5, 3, 750.0),
    "AAPL, 10 shares short,": ({"priceMagnifier": 1, "multiplier": ""}, 200.0, -10, -2_000.0),
}


@exercise("04.4", wants=callable, correct="the same line is now right for shares, pence, futures and options")
def money(function: Callable[..., Any]) -> str | None:
    for what, (fields, price, quantity, right) in _UNITS.items():
        found = _amount(function, price, quantity, fields, what)
        if math.isclose(found, right, rel_tol=1e-9):
            continue
        if math.isclose(found, -right, rel_tol=1e-9):
            return f"for {what} the sign is wrong: a short position has a negative value"
        factor = found / right
        if math.isclose(factor, fields["priceMagnifier"], rel_tol=1e-9):
            return f"for {what} it is {factor:g} times too large: mind the priceMagnifier"
        return (
            f"for {what} at {price:g} and a quantity of {quantity} it gives {found:,.2f}; mind magnifier and multiplier"
        )
    return None


def _amount(function: Callable[..., Any], price: float, quantity: float, fields: Any, what: str) -> float:
    details = pd.Series(fields, dtype=object)
    try:
        return float(called(lambda: function(price, quantity, details), wants=float))
    except NotYet as reason:
        raise NotYet(f"for {what} at {price:g} and a quantity of {quantity} {reason}") from None


_PAIRS = {"EUR.USD": "EUR/USD", "EURUSD": "EUR/USD", "eur/usd": "EUR/USD", "usd.jpy": "USD/JPY", "GBP.USD": "GBP/USD"}


@exercise("04.5", wants=callable, correct="three spellings, one contract, and nonsense is refused")
def pair(function: Callable[..., Any]) -> str | None:
    for text, right in _PAIRS.items():
        contract = called(function, text, wants=Contract)
        if f"{contract.currency}/{contract.symbol}" == right:
            return f"for {text!r} the two currencies are the wrong way round: symbol is what you buy"
        if f"{contract.symbol}/{contract.currency}" != right:
            return f"for {text!r} the contract says {contract.symbol}/{contract.currency}"
        if contract.secType != "CASH":
            return f"for {text!r} the secType is {contract.secType!r}, and a currency pair's is CASH"
        if contract.exchange != "IDEALPRO":
            return f"for {text!r} the exchange is {contract.exchange!r}, and currencies trade on IDEALPRO"
    for text in ("EURUS", "AAPL", "EUR.USD.JPY", ""):
        if not isinstance(raised(function, text), ValueError):
            return f"{text!r} isn't two currencies, and yet no ValueError was raised"
    return None


@exercise("04.6", wants=callable, correct="no date stands in the program, so it goes on working next year")
def front_month(function: Callable[..., Any], app: Any) -> str | None:
    first = min(app.getContractDetails(createContract("HE", "FUT", "CME"))["lastTradeDateOrContractMonth"])
    exactly = (pd.Timestamp(first) - _today(app)).days
    for symbol, exchange, days in (
        ("ES", "CME", 0),
        ("ES", "CME", 14),
        ("HE", "CME", 7),
        ("CL", "NYMEX", 30),
        ("HE", "CME", exactly),
    ):
        before = len(_asked(app, symbol, "FUT"))
        contract = called(function, symbol, exchange, days, wants=Contract)
        asked = _asked(app, symbol, "FUT")[before:]
        listed = app.getContractDetails(createContract(symbol, "FUT", exchange))
        dates = sorted(listed["lastTradeDateOrContractMonth"])
        late = [date for date in dates if pd.Timestamp(date) >= _today(app) + pd.Timedelta(days=days)]
        place = f"for {symbol}, {days} days,"
        if contract.secType != "FUT" or contract.symbol != symbol:
            return f"{place} it returns {contract.secType} {contract.symbol}"
        if unresolved := _unresolved(contract):
            return f"{place} {unresolved}"
        date = contract.lastTradeDateOrContractMonth[:8]
        if date != late[0]:
            near = "is too near" if date < late[0] else "isn't the earliest that is late enough"
            return f"{place} the last trading day {date} {near}"
        if not asked:
            return f"{place} the gateway was never asked which futures there are"
        if all(each.lastTradeDateOrContractMonth or each.conId for each in asked):
            return f"{place} you asked with a date already written in; ask without one, and choose from the list"
    return None


choice(
    "04.7",
    right="b",
    correct="a series for research, which nobody can hold",
    wrong={
        "a": "TWS refuses quotes of it, and nobody can hold it: it is a series and not an instrument",
        "c": "quotes are refused as well, as you saw with code 321",
        "d": "bars are just what it is for: without it the series would end at each expiry",
    },
)


@exercise("04.8", wants=callable, correct="price, expiry and strike all came from TWS")
def nearest_call(function: Callable[..., Any], app: Any) -> str | None:
    for symbol, days in (("AAPL", 0), ("AAPL", 7), ("MSFT", 30)):
        chains, quotes = len(received(app, "ReqSecDefOptParams")), len(received(app, "ReqMktData"))
        contract = called(function, symbol, days, wants=Contract)
        place = f"for {symbol}, {days} days,"
        if contract.secType != "OPT" or contract.symbol != symbol:
            return f"{place} it returns {contract.secType} {contract.symbol}"
        if contract.right not in ("C", "CALL"):
            return f"{place} the right is {contract.right!r}, and a call was asked for"
        if unresolved := _unresolved(contract):
            return f"{place} {unresolved}"
        if len(received(app, "ReqSecDefOptParams")) == chains and len(received(app, "ReqMktData")) == quotes:
            return f"{place} the gateway was asked neither for the chain nor for a price"
        chain = app.getOptionParameters(symbol)
        row = chain[chain["exchange"] == "SMART"].iloc[0]
        soonest = min(day for day in row["expirations"] if pd.Timestamp(day) >= _today(app) + pd.Timedelta(days=days))
        if contract.lastTradeDateOrContractMonth[:8] != soonest:
            return f"{place} the expiry is {contract.lastTradeDateOrContractMonth[:8]}, not the earliest late enough"
        price = app.getQuote(symbol)["last"]
        if abs(contract.strike - price) > min(abs(strike - price) for strike in row["strikes"]) + 1e-9:
            return f"{place} a strike nearer to the last price than {contract.strike:g} is listed"
    return None


@exercise(
    "04.9", wants=callable, correct="good lines are answered, bad ones are named, and real trouble still stops you"
)
def identify(function: Callable[..., Any], app: Any) -> str | None:
    contracts = {
        "one": createContract("KO"),
        "none": createContract("NOSUCHTHING"),
        "many": createContract("LIN", exchange="", currency=""),
        "pence": createContract("CSH2", "STK", "LSE", "GBP"),
    }
    if isinstance(raised(function, contracts), IBError):
        return "one bad line stops the whole list"
    found = called(function, contracts, wants=dict)
    if set(found) != set(contracts):
        return "the labels that come out aren't those that went in"
    if found["none"] != "unknown":
        return "for a symbol that doesn't exist the value should be 'unknown'"
    if found["many"] != "ambiguous":
        return "where several instruments fit the value should be 'ambiguous', and no guess"
    if not {"KO", "LIN"} <= {each.contract.symbol for each in received(app, "ReqContractDetails")}:
        return "the gateway was never asked"
    for label in ("one", "pence"):
        if isinstance(found[label], bool) or not isinstance(found[label], numbers.Integral):
            return "for a contract that fits one instrument the value should be its conId, a whole number"
        if found[label] != app.resolve(contracts[label]).conId:
            return f"the conId under {label!r} belongs to another instrument"
    return _stays_loud(function)


class _Trouble(Exception):
    """Stands for an error that has nothing to do with the contract."""


class _Broken:
    """A contract whose fields can't be read: any handler that swallows this swallows everything."""

    def __getattr__(self, name: str) -> Any:
        raise _Trouble(name)


def _stays_loud(function: Callable[..., Any]) -> str | None:
    if raised(function, {"trouble": _Broken()}):
        return None
    return "every exception is swallowed, a lost connection too; catch the two that belong to error 200"


def _unresolved(contract: Any) -> str | None:
    if not contract.conId:
        return "the contract has no conId: resolve it"
    # Whoever puts a conId into a description has still to let TWS fill in the rest.
    return None if contract.localSymbol else "the contract has a conId and no localSymbol: resolve it"


def _asked(app: Any, symbol: str, kind: str) -> list[Any]:
    asked = [each.contract for each in received(app, "ReqContractDetails")]
    return [each for each in asked if each.symbol == symbol and each.secType == kind]


def _today(app: Any) -> Any:
    return app.getCurrentTime().tz_convert("America/New_York").tz_localize(None).normalize()
