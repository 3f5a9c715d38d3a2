"""Lesson 14: a rank, codes, two filters, tag values, 162, a scan by hand, numbers, what is known, ten days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from ibnb.course.exercises import NotYet, called, choice, exercise, received

_NEAR = 1e-6

choice(
    "14.1",
    right="b",
    correct="a rank is an order at one moment, and says nothing about how far or what next",
    wrong={
        "a": "a scanner ranks; what is good to buy it can't know",
        "c": "the scan looks back; nothing in it is about what comes",
        "d": "a rank has no distance: on a quiet day the first may have risen by one percent",
    },
)


@exercise("14.2", wants=[int], correct="you have asked TWS itself, and not an old article")
def codes_that_begin_with_top(number: int, app: Any) -> str | None:
    codes = app.getScannerParameters("scanCodes").index
    right = sum(code.startswith("TOP") for code in codes)
    if number == right:
        return None
    if number == sum("TOP" in code for code in codes):
        return "this counts codes that have TOP anywhere; only those that begin with it are wanted"
    if number == len(codes):
        return "these are all scan codes; only those that begin with TOP are wanted"
    return f"{number} is not the number of scan codes that begin with TOP in getScannerParameters()"


@exercise("14.3", wants=[pd.DataFrame], correct="the gateway received one scan with both filters, and a cancel for it")
def the_five_most_active(table: pd.DataFrame, app: Any) -> str | None:
    if "symbol" not in table.columns or "conId" not in table.columns:
        return "this isn't a table of getScan: it has no columns symbol and conId"
    if len(table) > 5:
        return f"five rows are wanted, and these are {len(table)}: numberOfRows=5"
    asked = received(app, "ReqScannerSubscription")
    if not asked:
        return "the gateway has received no scan from this session"
    wrong = ""
    for each in asked:
        filters = _filters(each)
        if each.subscription.scanCode != "MOST_ACTIVE":
            wrong = f"the scan was {each.subscription.scanCode}, and the most active ones are wanted: MOST_ACTIVE"
        elif each.subscription.instrument != "STK" or each.subscription.locationCode != "STK.US.MAJOR":
            wrong = f"the scan was for {each.subscription.locationCode}, and STK.US.MAJOR is wanted"
        elif each.subscription.numberOfRows != 5:
            wrong = "the scan wasn't asked for five rows; a table that is cut afterwards has been sent in full"
        elif filters != {"priceAbove": 10.0, "avgVolumeAbove": 1_000_000.0}:
            wrong = (
                f"the filters that arrived are {_said(filters)}; priceAbove 10 and avgVolumeAbove 1000000 are wanted"
            )
        else:
            return _unlike_scan(table["conId"], app, "MOST_ACTIVE", 5, priceAbove=10, avgVolumeAbove=1_000_000)
    return wrong


@exercise("14.4", wants=callable, correct="no bracket can be lost, and every value is a text")
def filters_from_names(tags: Callable[..., Any]) -> str | None:
    for limits in (
        {"priceAbove": 10, "avgVolumeAbove": 1_000_000},
        {"marketCapAbove1e6": 100_000},
        {"changePercAbove": 2.5, "priceBelow": 50, "priceAbove": 5},
        {},
    ):
        made = called(lambda limits=limits: tags(**limits), wants=(list, tuple))
        case = f"for {_said(limits) or 'no limits'}"
        if any(not hasattr(each, "tag") or not hasattr(each, "value") for each in made):
            return f"{case} the list must hold ibnb.TagValue objects"
        if sorted(each.tag for each in made) != sorted(limits):
            return f"{case} the codes are {', '.join(str(each.tag) for each in made) or 'none'}"
        if [each.tag for each in made] != list(limits):
            return f"{case} the order has changed"
        for each in made:
            if each.value != str(limits[each.tag]):
                return f"{case} the value of {each.tag} is {each.value!r}, and {str(limits[each.tag])!r} is wanted"
    return None


choice(
    "14.5",
    right="b",
    correct="162 is many things, and with these words it is the receipt for your own cancel",
    wrong={
        "a": "a missing subscription has a text of its own, and the ranking did come",
        "c": "a violation of the pacing rules has another text; and the ranking did come",
        "d": "an empty result is told as 165, no items retrieved",
    },
)


@exercise("14.6", wants=[list], correct="asked, waited for and cancelled: the gateway saw each of the three")
def the_losers(symbols: list[Any], scanner: Any) -> str | None:
    asked = [each for each in received(scanner, "ReqScannerSubscription") if each.reqId == 7002]
    if not asked:
        return "the gateway has received no scan with the id 7002 from this object"
    last = asked[-1].subscription
    if last.scanCode != "TOP_PERC_LOSE":
        return f"the scan with the id 7002 was {last.scanCode}, and TOP_PERC_LOSE is wanted"
    if last.instrument != "STK" or last.locationCode != "STK.US.MAJOR":
        return f"the scan was for {last.instrument} in {last.locationCode}; STK in STK.US.MAJOR is wanted"
    if last.numberOfRows != 3:
        return "the scan wasn't asked for three rows (numberOfRows)"
    if not [each for each in received(scanner, "CancelScannerSubscription") if each.reqId == 7002]:
        return "the gateway has received no cancel for 7002: the scan goes on, and takes one of ten places"
    if any(not isinstance(each, str) for each in symbols):
        return "a list of symbols is wanted, three texts"
    wanted = list(scanner.getScan("TOP_PERC_LOSE", numberOfRows=3)["symbol"])
    if symbols == wanted:
        return None
    if sorted(symbols) == sorted(wanted):
        return "the symbols are right, but not in the order of their ranks"
    return f"these aren't the symbols that the scan ranks first; {len(symbols)} are here, three are wanted"


@exercise("14.7", wants=callable, correct="every number is given once")
def numbers_that_nobody_has(numbered: Callable[..., Any]) -> str | None:
    for contracts, first, taken, wanted in (
        (["A", "B", "C"], 10, {11}, {10: "A", 12: "B", 13: "C"}),
        (["A", "B"], 7001, {7001}, {7002: "A", 7003: "B"}),
        (["A", "B", "C", "D"], 5, {5, 6, 8, 9}, {7: "A", 10: "B", 11: "C", 12: "D"}),
        (["A", "A"], 1, set(), {1: "A", 2: "A"}),
        ([], 1, {1}, {}),
    ):
        made = called(numbered, contracts, first, set(taken), wants=dict)
        case = f"for {contracts}, {first} and {taken or 'nothing taken'}"
        if made == wanted:
            if list(made.values()) != contracts:
                return f"{case} the contracts have changed their order"
            continue
        if taken & set(made):
            return f"{case} the number {min(taken & set(made))} is given, and it is taken"
        if set(made.values()) == set(wanted) and set(made.values()) != set(wanted.values()):
            return f"{case} keys and values are swapped: the number is the key"
        if len(made) < len(wanted):
            return f"{case} {len(made)} of {len(wanted)} contracts have a number"
        return f"{case} the result is {_short(made)}, and {_short(wanted)} is wanted"
    return None


@exercise("14.8", wants=callable, correct="a holding that came first is still known after the scan")
def what_is_known_stays(remember: Callable[..., Any]) -> str | None:
    for positions, symbols, wanted in (
        ({"TSLA": 100}, ["NVDA", "TSLA"], {"TSLA": 100, "NVDA": 0}),
        ({}, ["NVDA", "NVDA"], {"NVDA": 0}),
        ({"KO": -5.5, "IBM": 0}, ["KO"], {"KO": -5.5, "IBM": 0}),
        ({"KO": 3}, [], {"KO": 3}),
    ):
        given = dict(positions)
        made = called(remember, given, symbols, wants=dict)
        case = f"for positions {positions} and the scan {symbols}"
        lost = [symbol for symbol, held in positions.items() if made.get(symbol) != held]
        if lost:
            return f"{case} {lost[0]} is {made.get(lost[0])} afterwards, and it was {positions[lost[0]]} before"
        missing = [symbol for symbol in symbols if symbol not in made]
        if missing:
            return f"{case} {missing[0]} isn't in the dictionary afterwards"
        if dict(made) != wanted:
            return f"{case} the result is {_short(dict(made))}, and {_short(wanted)} is wanted"
        if made is not given:
            return f"{case} another dictionary comes back; the one that was given should be changed"
    return None


@exercise("14.9", wants=[pd.Series], correct="the ranking chose, and the history of each was asked for")
def ten_days(changes: Any, app: Any) -> str | None:
    if not any(each.subscription.scanCode == "MOST_ACTIVE" for each in received(app, "ReqScannerSubscription")):
        return "the gateway has received no scan MOST_ACTIVE from this session"
    asked = {each.contract.conId or each.contract.symbol for each in received(app, "ReqHistoricalData")}
    ranked = app.getScan("MOST_ACTIVE", numberOfRows=5)
    wanted, names = list(ranked["symbol"]), [str(each) for each in changes.index]
    if names != wanted:
        if sorted(names) == sorted(wanted):
            return "the symbols are right, but not in the order of the ranking"
        return f"{', '.join(names[:6]) or 'nothing'}: these aren't the five most active ones"
    for name, con_id in zip(names, ranked["conId"], strict=True):
        if not {name, con_id} & asked:
            return f"the gateway was never asked for the history of {name}"
    bars = app.getDataMany(names, app.dataSettings("1 M", "1 day"))
    for name, value in zip(names, changes, strict=True):
        close = bars.loc[name]["Close"].iloc[-10:]
        right = close.iloc[-1] / close.iloc[0] - 1
        if not isinstance(value, (int, float)) or value != value:
            return f"for {name} a number is wanted"
        if abs(value - right) <= _NEAR:
            continue
        whole = bars.loc[name]["Close"]
        for other, why in (
            (right * 100, "this is percent, and a fraction is wanted: 0.05 means five percent"),
            (close.iloc[0] / close.iloc[-1] - 1, "first and last are swapped"),
            (close.iloc[-1] - close.iloc[0], "this is the difference in dollars, and a fraction is wanted"),
            (close.iloc[-1] / close.iloc[0], "the 1 is missing: a share that stands still has changed by 0"),
            (whole.iloc[-1] / whole.iloc[0] - 1, "this is the change over the whole month, and ten closes are wanted"),
            (whole.iloc[-1] / whole.iloc[-11] - 1, "this goes back eleven closes, and ten are wanted"),
            (close.pct_change().mean(), "this is the mean change of a day; from the first close to the last is wanted"),
        ):
            if abs(value - other) <= _NEAR:
                return f"for {name} {why}"
        today = bars.loc[name].iloc[-1]
        if not today["Low"] - _NEAR <= (1 + value) * close.iloc[0] <= today["High"] + _NEAR:
            return f"for {name} the change from the first of the last ten closes to the last of them is another one"
        # Time has gone on since the learner asked, and today's bar with it.
    return None


def _filters(asked: Any) -> dict[str, float]:
    """Both ways in which a filter may arrive: as a tag, and as a field of the subscription."""
    found: dict[str, float] = {}
    for pair in asked.scannerSubscriptionFilterOptions.split(";"):
        code, _, value = pair.partition("=")
        if code:
            try:
                found[code] = float(value)
            except ValueError:
                raise NotYet(f"the filter {code} has the value {value!r}, which is no number") from None
    if asked.subscription.abovePrice:
        found.setdefault("priceAbove", asked.subscription.abovePrice)
    return found


def _unlike_scan(con_ids: Any, app: Any, code: str, rows: int, **filters: float) -> str | None:
    """Asked once more: the simulated time stands still meanwhile."""
    wanted, found = list(app.getScan(code, numberOfRows=rows, **filters)["conId"]), list(con_ids)
    if found == wanted:
        return None
    if sorted(found) == sorted(wanted):
        return "the instruments are right, but not in the order of their ranks"
    return "these aren't the rows with which the scan is answered; keep the table as getScan returns it"


def _said(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


def _short(made: dict[Any, Any]) -> str:
    text = repr(made)
    return text if len(text) < 60 else f"{text[:57]}..."
