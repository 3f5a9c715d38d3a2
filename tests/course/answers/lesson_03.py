"""Answers to the exercises of lesson 03."""

from __future__ import annotations

from typing import Any

RIGHT: list[Any] = [
    ("03.5", lambda rows: {row[:2] + row[3:]: float(row[2]) for row in rows}),
]
WRONG: list[Any] = [
    (("03.5", lambda rows: {row[1]: float(row[2]) for row in rows}), "4 rows went in and 2 came out"),
    (("03.5", lambda rows: {row[:2] + row[3:]: row[2] for row in rows}), "should be numbers"),
]
