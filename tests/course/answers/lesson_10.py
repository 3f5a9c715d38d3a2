"""Answers to the exercises of lesson 10."""

from __future__ import annotations

from typing import Any

RIGHT: list[Any] = [
    ("10.1", "a LMT order needs limit_price."),
    ("10.5", lambda account: account.upper().startswith("D")),
    ("10.6", ["PendingSubmit", "PreSubmitted", "Submitted", "Filled"]),
]
WRONG: list[Any] = [
    (("10.1", "no"), "names the missing field"),
    (("10.5", lambda account: account.startswith("D")), "starts with du is paper"),
    (("10.6", ["PendingSubmit", "Submitted", "PreSubmitted", "Filled"]), "Submitted comes elsewhere"),
    (("10.6", ["Filled"]), "once"),
]
