"""Answers to the exercises of lesson 04."""

from __future__ import annotations

from typing import Any

import pandas as pd

import ibnb
from ibnb import createContract
from tests.course.answers import with_app

VODAFONE = createContract("VOD", "STK", "LSE", "GBP")


def money(price: float, quantity: float, details: Any) -> float:
    return float(price / details["priceMagnifier"] * quantity * float(details["multiplier"] or 1))


def pair(text: str, exchange: str = "IDEALPRO", kind: str = "CASH") -> Any:
    letters = "".join(letter for letter in text.upper() if letter.isalpha())
    if len(letters) != 6:
        raise ValueError(text)
    return createContract(letters[:3], kind, exchange, letters[3:])


def swapped(text: str) -> Any:
    made = pair(text)
    return createContract(made.currency, "CASH", "IDEALPRO", made.symbol)


def unchecked(text: str) -> Any:
    letters = "".join(letter for letter in text.upper() if letter.isalpha()).ljust(6, "X")
    return createContract(letters[:3], "CASH", "IDEALPRO", letters[3:6])


def described_by_number(app: Any) -> Any:
    """The right conId in a description that TWS hasn't seen."""

    def answer(symbol: str, exchange: str, days: int) -> Any:
        found = front_month(app)(symbol, exchange, days)
        date = found.lastTradeDateOrContractMonth
        return createContract(symbol, "FUT", exchange, conId=found.conId, lastTradeDateOrContractMonth=date)

    return answer


def front_month(app: Any, place: int = 0, margin: int = 0) -> Any:
    """The solution; with `place` 1 the month after it, with `margin` so many days less than asked for."""

    def answer(symbol: str, exchange: str, days: int) -> Any:
        listed = app.getContractDetails(createContract(symbol, "FUT", exchange))
        today = app.getCurrentTime().tz_convert("America/New_York").tz_localize(None).normalize()
        last = pd.to_datetime(listed["lastTradeDateOrContractMonth"])
        late = listed[last >= today + pd.Timedelta(days=days - margin)]
        chosen = late.sort_values("lastTradeDateOrContractMonth").iloc[place]
        return app.resolve(createContract(symbol, "FUT", exchange, conId=int(chosen["conId"])))

    return answer


def by_heart(app: Any) -> Any:
    """The right instruments, from dates that stand in the program."""
    dates = {("ES", 0): "20250620", ("ES", 14): "20250919", ("HE", 7): "20250715", ("CL", 30): "20250722"}

    def answer(symbol: str, exchange: str, days: int) -> Any:
        date = dates[symbol, days]
        found = app.getContractDetails(createContract(symbol, "FUT", exchange, lastTradeDateOrContractMonth=date))
        return app.resolve(createContract(symbol, "FUT", exchange, conId=int(found["conId"].iloc[0])))

    return answer


def nearest_call(app: Any, right: str = "C", off: float = 0.0, late: int = 0) -> Any:
    """The solution; with another right, a price that is off, or so many days more."""

    def answer(symbol: str, days: int) -> Any:
        listed = app.getOptionParameters(symbol)
        row = listed[listed["exchange"] == "SMART"].iloc[0]
        today = app.getCurrentTime().tz_convert("America/New_York").tz_localize(None).normalize()
        expiry = min(day for day in row["expirations"] if pd.Timestamp(day) >= today + pd.Timedelta(days=days + late))
        price = app.getQuote(symbol)["last"] + off
        strike = min(row["strikes"], key=lambda each: abs(each - price))
        fields = {"lastTradeDateOrContractMonth": expiry, "strike": strike, "right": right, "multiplier": "100"}
        return app.resolve(createContract(symbol, "OPT", **fields))

    return answer


def described(symbol: str, days: int) -> Any:
    return createContract(symbol, "OPT", lastTradeDateOrContractMonth="20250620", strike=195.0, right="C")


def identify(app: Any, caught: Any = ibnb.ContractNotFoundError, several: str = "ambiguous") -> Any:
    def answer(contracts: Any) -> Any:
        found: dict[str, Any] = {}
        for label, contract in contracts.items():
            try:
                found[label] = app.resolve(contract).conId
            except ibnb.AmbiguousContractError:
                found[label] = several
            except caught:
                found[label] = "unknown"
        return found

    return answer


def from_a_table(app: Any) -> Any:
    """The number of the only row, as pandas keeps it."""

    def answer(contracts: Any) -> Any:
        found: dict[str, Any] = {}
        for label, contract in contracts.items():
            try:
                listed = app.getContractDetails(contract)["conId"]
            except ibnb.ContractNotFoundError:
                found[label] = "unknown"
            else:
                found[label] = listed.iloc[0] if len(listed) == 1 else "ambiguous"
        return found

    return answer


def first_row(app: Any) -> Any:
    """Takes the first of several, as many scripts do."""

    def answer(contracts: Any) -> Any:
        found: dict[str, Any] = {}
        for label, contract in contracts.items():
            try:
                found[label] = int(app.getContractDetails(contract)["conId"].iloc[0])
            except ibnb.ContractNotFoundError:
                found[label] = "unknown"
        return found

    return answer


RIGHT: list[Any] = [
    with_app(lambda app: ("04.2", app.resolve(createContract("AMD", currency="EUR")), app)),
    with_app(lambda app: ("04.2", app.resolve(createContract("AMD", currency="EUR", primaryExchange="IBIS")), app)),
    ("04.3", VODAFONE, "pence"),
    ("04.3", VODAFONE, " Pence "),
    ("04.3", createContract("VOD", currency="GBP"), "pence"),
    ("04.4", money),
    ("04.5", pair),
    with_app(lambda app: ("04.6", front_month(app), app)),
    with_app(lambda app: ("04.8", nearest_call(app), app)),
    with_app(lambda app: ("04.9", identify(app), app)),
    with_app(lambda app: ("04.9", from_a_table(app), app)),
]
WRONG: list[Any] = [
    (with_app(lambda app: ("04.2", createContract("AMD", currency="EUR"), app)), "no conId"),
    (with_app(lambda app: ("04.2", app.resolve("AMD"), app)), "quoted in USD"),
    (with_app(lambda app: ("04.2", app.resolve(createContract("AMD", currency="MXN")), app)), "quoted in MXN"),
    (with_app(lambda app: ("04.2", app.resolve(createContract("LIN", currency="EUR")), app)), "about LIN"),
    (with_app(lambda app: ("04.2", createContract("AMD", currency="EUR", conId=956361414), app)), "was never asked"),
    (with_app(lambda app: ("04.2", app.getContractDetails(createContract("AMD", currency="EUR")), app)), "is a table"),
    (with_app(lambda app: ("04.2", "AMD", app)), "is a text"),
    (("04.3", VODAFONE, "pounds"), "priceMagnifier"),
    (("04.3", VODAFONE, "GBP"), "priceMagnifier"),
    (("04.3", VODAFONE, 100), "should be the text"),
    (("04.3", VODAFONE, "dollars"), "neither pounds nor pence"),
    (("04.3", createContract("VOD"), "pence"), "currency is 'USD', .* it is 'GBP'"),
    (("04.3", createContract("VOD", "STK", "IBIS", "GBP"), "pence"), "exchange is 'IBIS', .* it is 'LSE'"),
    (("04.3", createContract("VOD", "STK", "LSE"), "pence"), "currency is 'USD'"),
    (("04.3", createContract("CSH2", "STK", "LSE", "GBP"), "pence"), "symbol is 'CSH2'"),
    (("04.3", "VOD", "pence"), "is a text"),
    (("04.4", lambda price, quantity, details: price * quantity), "100 times too large"),
    (("04.4", lambda price, quantity, details: price / details["priceMagnifier"] * quantity), "lean hogs.*multiplier"),
    (("04.4", lambda *given: abs(money(*given))), "sign is wrong"),
    (("04.4", lambda *given: -money(*given)), "sign is wrong"),
    (("04.4", lambda *given: f"{money(*given):,.2f}"), "is a text"),
    (("04.4", lambda *given: None), "returned None"),
    (("04.4", lambda price, quantity, details: price * details["multiplier"]), "^for AAPL at 200 .* TypeError"),
    (("04.4", lambda price, quantity, details: price * float(details["multiplier"])), "stops with ValueError"),
    (("04.4", lambda price, quantity, details: price / details["priceMagnifier"]), "AAPL .* gives 200.00"),
    (("04.5", swapped), "wrong way round"),
    (("04.5", unchecked), "no ValueError"),
    (("04.5", lambda text: pair(text, exchange="SMART")), "exchange is 'SMART'"),
    (("04.5", lambda text: pair(text, kind="STK")), "secType is 'STK'"),
    (("04.5", lambda text: createContract(text[:3], "CASH", "IDEALPRO", text[4:])), "says EUR/SD"),
    (("04.5", lambda text: (text[:3], text[-3:])), "is a tuple"),
    (("04.5", lambda text: createContract(text[:3], "CASH", "IDEALPRO", text[-3:])), "says eur/usd"),
    (("04.5", createContract("EUR", "CASH", "IDEALPRO", "USD")), "a function is wanted"),
    (with_app(lambda app: ("04.6", front_month(app, place=1), app)), "isn't the earliest"),
    (with_app(lambda app: ("04.6", front_month(app, margin=99), app)), "is too near"),
    (with_app(lambda app: ("04.6", front_month(app, margin=-1), app)), "isn't the earliest"),
    (with_app(lambda app: ("04.6", described_by_number(app), app)), "no localSymbol: resolve it"),
    (with_app(lambda app: ("04.6", by_heart(app), app)), "date already written in"),
    (
        with_app(lambda app: ("04.6", lambda symbol, *_: app.resolve(createContract(symbol, "CONTFUT", "CME")), app)),
        "CONTFUT ES",
    ),
    (with_app(lambda app: ("04.6", lambda symbol, where, days: createContract(symbol, "FUT", where), app)), "no conId"),
    (with_app(lambda app: ("04.6", lambda *given: front_month(app)(*given).localSymbol, app)), "is a text"),
    (with_app(lambda app: ("04.6", lambda *given: front_month(app)("ES", "CME", 0), app)), "too near|returns FUT ES"),
    (with_app(lambda app: ("04.8", nearest_call(app, right="P"), app)), "a call was asked for"),
    (with_app(lambda app: ("04.8", nearest_call(app, off=12.0), app)), "strike nearer"),
    (with_app(lambda app: ("04.8", nearest_call(app, late=20), app)), "not the earliest"),
    (with_app(lambda app: ("04.8", nearest_call(app, late=1), app)), "not the earliest"),
    (with_app(lambda app: ("04.8", described, app)), "no conId"),
    (with_app(lambda app: ("04.8", lambda symbol, days: app.resolve(symbol), app)), "returns STK AAPL"),
    (
        with_app(lambda app: ("04.8", lambda symbol, days: app.getOptionChain(symbol, 1, 1, right="C"), app)),
        "is a table",
    ),
    (with_app(lambda app: ("04.8", lambda symbol, days: None, app)), "returned None"),
    (with_app(lambda app: ("04.9", first_row(app), app)), "no guess"),
    (with_app(lambda app: ("04.9", identify(app, caught=Exception), app)), "every exception is swallowed"),
    (with_app(lambda app: ("04.9", identify(app, several="unknown"), app)), "should be 'ambiguous'"),
    (
        with_app(lambda app: ("04.9", lambda all_: {k: app.resolve(c).conId for k, c in all_.items()}, app)),
        "stops the whole list",
    ),
    (with_app(lambda app: ("04.9", lambda all_: list(identify(app)(all_).items()), app)), "is a list"),
    (
        with_app(lambda app: ("04.9", lambda all_: {k: str(v) for k, v in identify(app)(all_).items()}, app)),
        "a whole number",
    ),
    (
        with_app(lambda app: ("04.9", lambda all_: {k.upper(): v for k, v in identify(app)(all_).items()}, app)),
        "labels that come out",
    ),
    (with_app(lambda app: ("04.9", lambda all_: dict.fromkeys(all_, "unknown"), app)), "should be 'ambiguous'"),
]
