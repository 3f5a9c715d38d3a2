"""Answers to the exercises of lesson 01."""

from __future__ import annotations

from typing import Any

from ibnb.course.checks.lesson_01 import SEVERITIES

SEVERITY = {code: name for name, codes in SEVERITIES.items() for code in codes}

RIGHT: list[Any] = [
    ("01.1", 4002),
    ("01.2", SEVERITY),
]
WRONG: list[Any] = [
    (("01.1", 4001), "real money"),
    (("01.1", 80), "none of the four"),
    (("01.2", {2104: "notice"}), "9 of the 10 codes are missing"),
    (("01.2", {**SEVERITY, 2104: "failure"}), r"explain\(2104\)"),
    (("01.3", None), "nothing was caught"),
    (("01.3", "refused"), "of type str"),
]
