"""Every check knows right from wrong, and says in which way an answer is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ibnb.course import check
from ibnb.course.checks import lesson_01
from ibnb.course.exercises import EXERCISES
from ibnb.ib.codes import lookup

SOURCES = sorted((Path(__file__).parents[2] / "notebooks" / "source").glob("*.py"))

ROWS = [("DU1", "NetLiquidation", "10", "USD")]
SEVERITY = {code: name for name, codes in lesson_01._SEVERITIES.items() for code in codes}


def bars(days: int, first: str = "2025-03-12", price: float = 119_000.0, freq: str = "B", tz: str | None = None) -> Any:
    index = pd.date_range(first, periods=days, freq=freq, tz=tz, name="Date")
    prices = [price + place for place in range(days)]
    return pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), prices), index=index)


def scale_in(change: float, held: float, is_working: bool) -> int:
    if is_working:
        return 0
    return (3 if held else 5) if change > 0.05 else (-5 if change < -0.06 and held >= 5 else 0)


def fraction_floor(start: float, fraction: float) -> float:
    if not 0 < fraction < 1 or start <= 0:
        raise ValueError
    return start * (1 - fraction)


def lines_left(journal: list[Any]) -> list[int]:
    kinds = {
        kind: [e.message.reqId for e in journal if type(e.message).__name__ == kind]
        for kind in ("ReqMktData", "CancelMktData")
    }
    return [line for line in kinds["ReqMktData"] if line not in kinds["CancelMktData"]]


RIGHT: list[tuple[Any, ...]] = [
    ("01.1", 4002),
    ("01.2", SEVERITY),
    ("03.5", lambda rows: {row[:2] + row[3:]: float(row[2]) for row in rows}),
    ("05.1", bars(63)),
    ("05.2", {symbol: bars(21, price=price) for symbol, price in (("MSFT", 400.0), ("NFLX", 900.0), ("TSLA", 300.0))}),
    ("05.3", bars(35, "2025-06-04 09:30", 200.0, "5h", "America/New_York"), "09:30"),
    ("05.4", "'15 min' is not legal; did you mean '15 mins'?"),
    ("10.1", "a LMT order needs limit_price."),
    ("10.5", lambda account: account.upper().startswith("D")),
    ("10.6", ["PendingSubmit", "PreSubmitted", "Submitted", "Filled"]),
    ("16.1", lambda kind, price: kind in ("LAST", "DELAYED_LAST") and price > 0),
    ("16.2", scale_in),
    ("16.3", fraction_floor),
]

WRONG: list[tuple[tuple[Any, ...], str]] = [
    (("01.1", 4001), "real money"),
    (("01.1", 80), "none of the four"),
    (("01.2", {2104: "notice"}), "9 of the 10 codes are missing"),
    (("01.2", {**SEVERITY, 2104: "failure"}), r"explain\(2104\)"),
    (("01.3", None), "nothing was caught"),
    (("01.3", "refused"), "of type str"),
    (("03.5", lambda rows: {row[1]: float(row[2]) for row in rows}), "4 rows went in and 2 came out"),
    (("03.5", lambda rows: {row[:2] + row[3:]: row[2] for row in rows}), "should be numbers"),
    (("05.1", bars(63).rename_axis("date")), "named Date"),
    (("05.1", bars(63)[::-1]), "aren't in order"),
    (("05.1", bars(21)), "the table has 21 rows"),
    (("05.1", bars(63, price=1190.0)), "another instrument"),
    (("05.1", bars(63)[["Close"]]), "first columns"),
    (("05.2", {"MSFT": bars(21)}), "the keys should be"),
    (("05.2", {symbol: bars(21) for symbol in ("MSFT", "NFLX", "TSLA")}), "the same prices"),
    (("05.3", bars(35, "2025-06-04 09:30", 200.0, "5h"), "09:30"), "carry no zone"),
    (("05.3", bars(35, "2025-06-04 09:30", 200.0, "5h", "UTC"), "09:30"), "and is UTC"),
    (("05.3", bars(35, "2025-06-04 09:30", 200.0, "5h", "America/New_York"), "13:30"), "no day starts at 13:30"),
    (("05.4", "no"), "names the legal bar sizes"),
    (("10.1", "no"), "names the missing field"),
    (("10.5", lambda account: account.startswith("D")), "starts with du is paper"),
    (("10.6", ["PendingSubmit", "Submitted", "PreSubmitted", "Filled"]), "Submitted comes elsewhere"),
    (("10.6", ["Filled"]), "once"),
    (("16.1", lambda kind, price: kind == "LAST"), "DELAYED_LAST"),
    (("16.1", lambda kind, price: price > 0), "BID 205.0 should not count"),
    (
        ("16.2", lambda change, held, is_working: -5 if change < -0.06 else 0),
        "it goes short|was expected|an order is working",
    ),
    (("16.3", lambda start, fraction: start * (1 - fraction)), "loss of 5 should raise ValueError; it is the famous"),
    (("16.3", lambda start, fraction: start * (1 - fraction / 100)), "taken as percent"),
    (("16.3", lambda start, fraction: start * fraction), "isn't 14.73"),
]


@pytest.mark.parametrize("asked", RIGHT, ids=lambda asked: asked[0])
def test_a_right_answer_is_correct(asked: tuple[Any, ...]) -> None:
    verdict = check(*asked)
    assert verdict, verdict


@pytest.mark.parametrize(("asked", "because"), WRONG, ids=lambda value: value[0] if isinstance(value, tuple) else None)
def test_a_wrong_answer_gets_its_reason(asked: tuple[Any, ...], because: str) -> None:
    verdict = check(*asked)
    assert verdict.state == "not yet"
    assert re.search(because, verdict.detail), verdict


def test_the_severities_are_those_of_the_package() -> None:
    sorts = {"notice": {"notice"}, "warning": {"warning"}, "failure": {"request", "connection", "order"}}
    for code, name in SEVERITY.items():
        assert lookup(code).severity in sorts[name], code


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_lesson_uses_exactly_the_checks_it_has(path: Path) -> None:
    number = path.stem[:2]
    asked = set(re.findall(r'^check\("([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE))
    for exercise in sorted(asked):
        check(exercise, ...)
    assert asked == {key for key in EXERCISES if key.startswith(f"{number}.")}
