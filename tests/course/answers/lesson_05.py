"""Answers to the exercises of lesson 05."""

from __future__ import annotations

from typing import Any

from tests.course.answers.frames import bars

RIGHT: list[Any] = [
    ("05.1", bars(63)),
    ("05.2", {symbol: bars(21, price=price) for symbol, price in (("MSFT", 400.0), ("NFLX", 900.0), ("TSLA", 300.0))}),
    ("05.3", bars(35, "2025-06-04 09:30", 200.0, "5h", "America/New_York"), "09:30"),
    ("05.4", "'15 min' is not legal; did you mean '15 mins'?"),
]
WRONG: list[Any] = [
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
]
