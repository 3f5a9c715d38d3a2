"""Executions and what they cost, from execDetails and commission reports in any order.

Rules (IB's page on executions): the last part of an execId counts its corrections, so an execution is known by the rest
of its id, and the highest correction replaces those before it; the same execution may be told again. A combination's
own row says how much of it is filled; the rows of its legs are what it consists of, and carry the commissions.
"""

from __future__ import annotations

from math import isclose, nan
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Fill(NamedTuple):
    """One execution: shares, price per unit, and whether it is a combination's own row."""

    execId: str
    shares: float
    price: float
    combo: bool = False


def family(execId: str) -> tuple[str, int]:
    """An execId without the part that counts corrections, and that part: "a.b.01.02" → ("a.b.01", 2)."""
    name, dot, last = execId.rpartition(".")
    return (name, int(last)) if dot and last.isdigit() else (execId, 0)


class Newest(Generic[T]):
    """What is said of executions, by execution: of the highest correction, and what was said last of that."""

    def __init__(self) -> None:
        self._latest: dict[str, tuple[int, T]] = {}

    def take(self, execId: str, said: T) -> bool:
        """Does it hold? Not if the execution has been corrected since."""
        name, number = family(execId)
        holds = name not in self._latest or self._latest[name][0] <= number
        if holds:
            self._latest[name] = (number, said)
        return holds

    def of(self, execId: str) -> T | None:
        """What is said of an execution, whichever correction the id is of, or None while nothing is."""
        found = self._latest.get(family(execId)[0])
        return None if found is None else found[1]

    def all(self) -> list[T]:
        """Oldest execution first."""
        return [said for _, said in self._latest.values()]


def shares(fills: list[Fill]) -> float:
    """How much they are together."""
    return sum(fill.shares for fill in fills)


def average(fills: list[Fill]) -> float:
    """Their average price by shares; NaN for none."""
    whole = shares(fills)
    if not whole:
        return nan
    if len({fill.price for fill in fills}) == 1:
        return fills[0].price  # as it was said, not rounded by a division
    return sum(fill.shares * fill.price for fill in fills) / whole


def reaches(done: float, goal: float) -> bool:
    """done >= goal, for sums of fractions."""
    return isclose(max(goal, done), done, rel_tol=1e-9)
