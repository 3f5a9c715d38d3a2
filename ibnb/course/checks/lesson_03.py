"""Lesson 03: summary tags, leverage, cost of positions, a subscription that ends, debts, two accounts, redaction."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from ibnb.course.exercises import called, choice, exercise, has_journal, received
from ibnb.course.kinds import kind, unlike

_FOUR = {"NetLiquidation", "TotalCashValue", "GrossPositionValue", "MaintMarginReq"}
_ROWS = [
    ("DU0000001", "NetLiquidation", "10.5", "USD"),
    ("DU0000002", "NetLiquidation", "20", "USD"),
    ("DU0000002", "TotalCashBalance", "5", "USD"),
    ("DU0000002", "TotalCashBalance", "-7", "EUR"),
]


@exercise("03.1", wants=pd.DataFrame, correct="you ask for tags by name, once, and get one row for each")
def four_tags(four: Any, app: Any) -> str | None:
    found = set(four.index)
    if missing := sorted(_FOUR - found):
        return f"{missing[0]} isn't in the table"
    if surplus := sorted(found - _FOUR):
        return f"{surplus[0]} wasn't asked for"
    if lost := [column for column in ("value", "currency", "account") if column not in four.columns]:
        return f"the column {lost[0]} is gone; keep the whole table"
    if not has_journal(app):
        return None
    asked = [set(request.tags.replace(" ", "").split(",")) for request in received(app, "ReqAccountSummary")]
    return None if _FOUR in asked else "the gateway hasn't received one request with these four tags"


@exercise("03.2", wants=float, correct="above 1 the account holds more than it is worth")
def ratio(leverage: float, app: Any) -> str | None:
    tags = app.getAccountSummary("GrossPositionValue,NetLiquidation,TotalCashValue")["value"]
    truth = tags["GrossPositionValue"] / tags["NetLiquidation"]
    for found, because in (
        (truth, None),
        (truth * 100, "that is in percent; the plain ratio is wanted"),
        (1 / truth if truth else math.nan, "the ratio is upside down"),
        (-truth, "a ratio of two positive values is positive"),
        (tags["GrossPositionValue"] - tags["NetLiquidation"], "that is the difference; a ratio is wanted"),
        (
            tags["TotalCashValue"] / tags["NetLiquidation"],
            "that is the part in cash; the value of the positions is wanted",
        ),
    ):
        if math.isclose(leverage, found, rel_tol=0.01):
            return because
    return "it should be GrossPositionValue divided by NetLiquidation"


def _held(*rows: tuple[str, str, float, float]) -> Any:
    table = pd.DataFrame(rows, columns=["symbol", "currency", "position", "avgCost"])
    return table.set_index("symbol")


@exercise("03.3", wants=callable, correct="position times average cost, one currency at a time, shorts negative")
def cost(cost_in_dollars: Callable[[Any], float], app: Any) -> str | None:
    for held, truth, because in (
        (_held(("A", "USD", 10, 5.0), ("B", "USD", 2, 100.0)), 250.0, "10 shares at 5 and 2 at 100 have cost 250"),
        (
            _held(("A", "USD", 10, 5.0), ("C", "GBP", 4, 1000.0)),
            50.0,
            "with 4 British shares beside them, 10 American ones at 5 still cost 50 dollars",
        ),
        (_held(("A", "USD", 10, 5.0), ("D", "USD", -3, 20.0)), -10.0, "10 bought at 5 and 3 sold short at 20 make -10"),
        (_held(("C", "GBP", 4, 1000.0)), 0.0, "without a dollar position it should be 0"),
    ):
        found = called(cost_in_dollars, held, wants=float)
        if not math.isclose(found, truth, abs_tol=0.01):
            return f"{because}, and it says {float(found):g}"
    held = app.getPositions()
    truth = (held["position"] * held["avgCost"])[held["currency"] == "USD"].sum()
    return (
        None if math.isclose(called(cost_in_dollars, held), truth, rel_tol=1e-6) else "on the account itself it is off"
    )


choice(
    "03.4",
    right="a",
    correct="it is a limit set by the broker, and no sum of money that you own",
    wrong={
        "b": "margin multiplies losses as well as gains, and buying power is neither",
        "c": "what is tied up is InitMarginReq; buying power starts from what is free",
        "d": "both numbers are in the account's own currency, once",
    },
)


@exercise("03.5", wants=int, correct="the gateway got the cancel, and the subscription has ended")
def subscription_closed(closed: int, app: Any) -> str | None:
    started = [request.reqId for request in received(app, "ReqAccountSummary")]
    ended = [request.reqId for request in received(app, "CancelAccountSummary")]
    if closed not in started:
        return f"no account summary was ever asked for with the number {closed}"
    if closed not in ended:
        return f"the gateway has received no cancelAccountSummary with the number {closed}"
    if still := sorted(set(started) - set(ended)):
        return f"the subscription {still[0]} is still running"
    return None if closed == 9001 or 9001 not in started else "the subscription 9001 was meant"


@exercise("03.6", wants=callable, correct="a debt is a negative balance in one currency, whatever the total says")
def debts(borrowed: Callable[[Any], Mapping[str, float]]) -> str | None:
    for balances, truth in (
        ({"BASE": 100.0, "USD": 900.0, "EUR": -700.0, "GBP": 0.0}, {"EUR": 700.0}),
        ({"BASE": -50.0, "USD": -30.0, "JPY": -2000.0, "CHF": 5.0}, {"USD": 30.0, "JPY": 2000.0}),
        ({"BASE": 10.0, "USD": 10.0}, {}),
    ):
        cash = pd.DataFrame(
            {"value": list(balances.values()), "currency": list(balances)}, index=["CashBalance"] * len(balances)
        )
        found = dict(called(borrowed, cash, wants=dict))
        said = ", ".join(f"{value:g} {currency}" for currency, value in balances.items())
        if "BASE" in found:
            return f"with {said}: BASE is no currency, only the sum of the others"
        if surplus := sorted(set(found) - set(truth)):
            return f"with {said}: nothing is owed in {surplus[0]}"
        if missing := sorted(set(truth) - set(found)):
            return f"with {said}: {missing[0]} is missing"
        for currency, owed in truth.items():
            if wrong := unlike(found[currency], float, what=f"what is owed in {currency}"):
                return wrong
            if found[currency] == -owed:
                return f"what is owed should be a positive number, and is {found[currency]:g} for {currency}"
            if not math.isclose(found[currency], owed):
                return f"with {said}: {owed:g} {currency} are owed, and it says {found[currency]:g}"
    return None


@exercise("03.7", wants=callable, correct="account, tag and currency together name a value")
def nothing_overwritten(collect: Callable[[Any], Mapping[Any, float]]) -> str | None:
    values = dict(_flat(called(collect, list(_ROWS), wants=dict)))
    if len(values) < len(_ROWS):
        return (
            f"{len(_ROWS)} rows went in and {len(values)} came out: something was overwritten. The check's rows are "
            "those of two accounts, one of which has a balance in two currencies"
        )
    if len(values) > len(_ROWS):
        return f"{len(_ROWS)} rows went in and {len(values)} came out"
    for account, tag, value, currency in _ROWS:
        name = {account, tag, currency}
        found = [key for key in values if isinstance(key, (tuple, frozenset)) and name <= set(key)]
        if not found:
            key = next(iter(values))
            return f"account, tag and currency should name a value: a tuple of the three, and not {kind(key)} {key!r}"
        wrong = unlike(values[found[0]], float, what=f"the value of {account}'s {tag}")
        if wrong and not isinstance(values[found[0]], Decimal):
            return wrong
        if float(values[found[0]]) != float(value):
            return f"{account}'s {tag} in {currency} should be {float(value):g}, and is {float(values[found[0]]):g}"
    return None


def _flat(values: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """One pair for each value: dictionaries inside of dictionaries keep as much as one with tuples as its keys."""
    for key, value in values.items():
        if not isinstance(value, Mapping):
            yield key, value
            continue
        outer = key if isinstance(key, tuple) else (key,)
        yield from ((outer + (inner if isinstance(inner, tuple) else (inner,)), last) for inner, last in _flat(value))


@exercise("03.8", wants=callable, correct="two letters say what kind of account it is, and no more")
def redacted(hidden: Callable[[Any], Any], app: Any) -> str | None:
    made_up = _held(("A", "USD", 10, 5.0), ("B", "GBP", 2, 100.0)).assign(account=["DU0000001", "F" + "0000002"])
    for table in (made_up, app.getPositions()):
        before = table.copy()
        found = called(hidden, table, wants=pd.DataFrame)
        if not table.equals(before):
            return "it has changed the original; a copy is wanted"
        if "account" not in found.columns:
            return "the column account is gone; it should be there with stars in it"
        if list(found.columns) != list(before.columns) or len(found) != len(before):
            return "all other columns and all rows should still be there, in their order"
        if not found.drop(columns="account").equals(before.drop(columns="account")):
            return "the other columns should be as they were"
        for shown, account in zip(found["account"], before["account"], strict=True):
            if shown != account[:2] + "***":
                seen = "a whole account" if shown == account else repr(shown)
                return f"an account that begins with {account[:2]} should show as {account[:2]}***, and shows {seen}"
    return None
