"""Answers to the exercises of lesson 16."""

from __future__ import annotations

from typing import Any


def scale_in(change: float, held: float, is_working: bool) -> int:
    if is_working:
        return 0
    return (3 if held else 5) if change > 0.05 else (-5 if change < -0.06 and held >= 5 else 0)


def fraction_floor(start: float, fraction: float) -> float:
    if not 0 < fraction < 1 or start <= 0:
        raise ValueError
    return start * (1 - fraction)


RIGHT: list[Any] = [
    ("16.1", lambda kind, price: kind in ("LAST", "DELAYED_LAST") and price > 0),
    ("16.2", scale_in),
    ("16.3", fraction_floor),
    ("16.3", lambda start, fraction: round(fraction_floor(start, fraction), 2)),
]
WRONG: list[Any] = [
    (("16.1", lambda kind, price: "LAST" in kind and price > 0), "LAST_RTH_TRADE 205.0 should not count"),
    (("16.1", lambda kind, price: True if kind in ("LAST", "DELAYED_LAST") and price > 0 else None), "returned None"),
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
