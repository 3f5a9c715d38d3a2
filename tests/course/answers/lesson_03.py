"""Answers to the exercises of lesson 03."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd

from tests.course.answers import with_app

FOUR = "NetLiquidation,TotalCashValue,GrossPositionValue,MaintMarginReq"


def four(app: Any) -> Any:
    return app.getAccountSummary(FOUR)


def tags(app: Any) -> Any:
    return app.getAccountSummary(FOUR)["value"]


def leverage(app: Any) -> float:
    found = tags(app)
    return float(found["GrossPositionValue"] / found["NetLiquidation"])


def cost(positions: Any) -> float:
    dollars = positions[positions["currency"] == "USD"]
    return float((dollars["position"] * dollars["avgCost"]).sum())


def closed(app: Any, *numbers: int, cancel: tuple[int, ...] = (9001,)) -> int:
    for number in (9001, *numbers):
        app.reqAccountSummary(number, "All", "NetLiquidation")
    for number in cancel:
        app.cancelAccountSummary(number)
    return 9001


def borrowed(cash: Any) -> dict[str, float]:
    pairs = zip(cash["currency"], cash["value"], strict=True)
    return {currency: -value for currency, value in pairs if value < 0 and currency != "BASE"}


def collect(rows: Any) -> dict[Any, float]:
    return {(account, tag, currency): float(value) for account, tag, value, currency in rows}


def nested(rows: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for account, tag, value, currency in rows:
        found.setdefault(account, {}).setdefault(tag, {})[currency] = float(value)
    return found


def by_account(rows: Any) -> dict[str, Any]:
    """Nested, without the currency."""
    found: dict[str, Any] = {}
    for account, tag, value, _ in rows:
        found.setdefault(account, {})[tag] = float(value)
    return found


def hidden(table: Any) -> Any:
    return table.assign(account=table["account"].str[:2] + "***")


def in_place(table: Any) -> Any:
    table["account"] = table["account"].str[:2] + "***"
    return table


RIGHT: list[Any] = [
    with_app(lambda app: ("03.1", four(app), app)),
    with_app(lambda app: ("03.1", app.getAccountSummary(FOUR.replace(",", ", ")), app)),
    with_app(lambda app: ("03.2", leverage(app), app)),
    with_app(lambda app: ("03.2", round(leverage(app), 2), app)),
    with_app(lambda app: ("03.3", cost, app)),
    with_app(lambda app: ("03.5", closed(app), app)),
    ("03.6", borrowed),
    ("03.7", collect),
    ("03.7", lambda rows: {row[:2] + row[3:]: float(row[2]) for row in rows}),
    ("03.7", lambda rows: {(row[3], row[0], row[1]): float(row[2]) for row in rows}),
    ("03.7", lambda rows: {row[:2] + row[3:]: Decimal(row[2]) for row in rows}),
    ("03.7", nested),
    (
        "03.7",
        lambda rows: {account: {row[1::2]: float(row[2]) for row in rows if row[0] == account} for account, *_ in rows},
    ),
    with_app(lambda app: ("03.8", hidden, app)),
]
WRONG: list[Any] = [
    (with_app(lambda app: ("03.1", app.getAccountSummary(), app)), "wasn't asked for"),
    (
        with_app(lambda app: ("03.1", app.getAccountSummary("NetLiquidation"), app)),
        "GrossPositionValue isn't in the table",
    ),
    (with_app(lambda app: ("03.1", four(app)[["currency"]], app)), "the column value is gone"),
    (with_app(lambda app: ("03.1", four(app)["value"], app)), r"a table \(DataFrame\) is wanted"),
    (with_app(lambda app: ("03.1", dict(tags(app)), app)), "this is a dictionary, a table"),
    (with_app(lambda app: ("03.1", app.getAccountSummary().loc[FOUR.split(",")], app)), "hasn't received one request"),
    (
        with_app(lambda app: ("03.1", pd.concat([app.getAccountSummary(tag) for tag in FOUR.split(",")]), app)),
        "hasn't received one request",
    ),
    (with_app(lambda app: ("03.2", 1 / leverage(app), app)), "upside down"),
    (with_app(lambda app: ("03.2", 100 * leverage(app), app)), "in percent"),
    (with_app(lambda app: ("03.2", -leverage(app), app)), "is positive"),
    (
        with_app(lambda app: ("03.2", tags(app)["TotalCashValue"] / tags(app)["NetLiquidation"], app)),
        "the part in cash",
    ),
    (
        with_app(lambda app: ("03.2", tags(app)["GrossPositionValue"] - tags(app)["NetLiquidation"], app)),
        "the difference",
    ),
    (with_app(lambda app: ("03.2", f"{leverage(app):.2f}", app)), "this is a text, a number is wanted"),
    (with_app(lambda app: ("03.2", tags(app), app)), r"\(Series\), a number is wanted"),
    (with_app(lambda app: ("03.2", 17.0, app)), "GrossPositionValue divided by NetLiquidation"),
    (with_app(lambda app: ("03.2", leverage(app) > 1, app)), "True or False, a number is wanted"),
    (with_app(lambda app: ("03.3", lambda t: (t["position"] * t["avgCost"]).sum(), app)), "British shares"),
    (with_app(lambda app: ("03.3", lambda t: cost(t.assign(position=t["position"].abs())), app)), "sold short"),
    (with_app(lambda app: ("03.3", lambda t: cost(t[t["position"] > 0]), app)), "sold short"),
    (with_app(lambda app: ("03.3", lambda t: t[t["currency"] == "USD"]["avgCost"].sum(), app)), "have cost 250"),
    (with_app(lambda app: ("03.3", lambda t: t["position"] * t["avgCost"], app)), "a number is wanted"),
    (with_app(lambda app: ("03.3", lambda t: print(end=""), app)), "for a table .* your function returned None"),
    (with_app(lambda app: ("03.3", cost(app.getPositions()), app)), "a number, a function is wanted"),
    (with_app(lambda app: ("03.3", lambda t: f"{cost(t)}", app)), "a text, a number is wanted"),
    (with_app(lambda app: ("03.3", lambda t: -cost(t), app)), "have cost 250, and it says -250"),
    (
        with_app(lambda app: ("03.5", closed(app, cancel=()), app)),
        "received no cancelAccountSummary with the number 9001",
    ),
    (with_app(lambda app: ("03.5", closed(app, cancel=(9002,)), app)), "received no cancelAccountSummary"),
    (with_app(lambda app: ("03.5", closed(app, 9002), app)), "9002 is still running"),
    (with_app(lambda app: ("03.5", closed(app) + 1, app)), "ever asked for with the number 9002"),
    (with_app(lambda app: ("03.5", closed(app, 9002, cancel=(9001, 9002)) + 1, app)), "9001 was meant"),
    (with_app(lambda app: ("03.5", str(closed(app)), app)), "a text, a whole number is wanted"),
    (with_app(lambda app: ("03.5", app.cancelAccountSummary(9001), app)), "this is None"),
    (with_app(lambda app: ("03.5", [closed(app)], app)), "a list, a whole number"),
    (
        ("03.6", lambda cash: {c: -v for c, v in zip(cash["currency"], cash["value"], strict=True) if v < 0}),
        "BASE is no",
    ),
    (("03.6", lambda cash: {c: -v for c, v in borrowed(cash).items()}), "should be a positive number"),
    (("03.6", lambda cash: {}), "EUR is missing"),
    (("03.6", lambda cash: sum(borrowed(cash).values())), "a dictionary is wanted"),
    (("03.6", lambda cash: list(borrowed(cash))), "a list, a dictionary is wanted"),
    (("03.6", lambda cash: borrowed(cash) or None), "your function returned None"),
    (
        ("03.6", lambda cash: {c: f"{v}" for c, v in borrowed(cash).items()}),
        "owed in EUR is a text, a number is wanted",
    ),
    (("03.6", lambda cash: {**borrowed(cash), "USD": 0.0}), "nothing is owed in USD"),
    (("03.6", lambda cash: {c: v / 2 for c, v in borrowed(cash).items()}), "700 EUR are owed, and it says 350"),
    (("03.7", lambda rows: {row[1]: float(row[2]) for row in rows}), "4 rows went in and 2 came out"),
    (
        ("03.7", lambda rows: {row[:2]: float(row[2]) for row in rows}),
        "4 rows went in and 3 came out.* in two currencies$",
    ),
    (
        ("03.7", lambda rows: dict(enumerate(float(row[2]) for row in rows))),
        "a whole number 0",
    ),
    (("03.7", lambda rows: {row: float(row[2]) for row in rows} | {"more": 1.0}), "and 5 came out"),
    (("03.7", lambda rows: {"".join(row): float(row[2]) for row in rows}), "a tuple of the three, and not a text"),
    (("03.7", lambda rows: {row[:2] + row[3:]: row[2] for row in rows}), "is a text, a number is wanted"),
    (("03.7", lambda rows: {row[:2] + row[3:]: abs(float(row[2])) for row in rows}), "should be -7, and is 7"),
    (("03.7", by_account), "4 rows went in and 3 came out"),
    (("03.7", lambda rows: [float(row[2]) for row in rows]), "a list, a dictionary is wanted"),
    (("03.7", lambda rows: pd.DataFrame(rows)), "a dictionary is wanted"),
    (with_app(lambda app: ("03.8", in_place, app)), "changed the original"),
    (with_app(lambda app: ("03.8", lambda t: t, app)), r"should show as DU\*\*\*, and shows a whole account"),
    (with_app(lambda app: ("03.8", lambda t: t.assign(account="DU***"), app)), r"begins with F0 should show"),
    (with_app(lambda app: ("03.8", lambda t: t.assign(account="***"), app)), r"and shows '\*\*\*'"),
    (with_app(lambda app: ("03.8", lambda t: t.drop(columns="account"), app)), "the column account is gone"),
    (with_app(lambda app: ("03.8", lambda t: hidden(t)[["account"]], app)), "all other columns"),
    (with_app(lambda app: ("03.8", lambda t: hidden(t)[:-1], app)), "all other columns and all rows"),
    (with_app(lambda app: ("03.8", lambda t: hidden(t)["account"], app)), r"\(Series\), a table"),
    (with_app(lambda app: ("03.8", lambda t: hidden(t).assign(position=0.0), app)), "should be as they were"),
]
