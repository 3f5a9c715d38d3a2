"""What has been executed of one order, from execDetails and commission reports in any order.

Rules (IB's page on executions): the last part of an execId counts its corrections, so an execution is known by the rest
of its id, and the highest correction replaces those before it; the same execution may be told again. A combination's
own row says how much of it is filled; the rows of its legs are what it consists of, and carry the commissions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isclose, nan
from typing import Any, NamedTuple


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


@dataclass(slots=True)
class Fills:
    """The executions of one order, each with its newest correction."""

    _latest: dict[str, Fill] = field(default_factory=dict)

    def take(self, fill: Fill) -> tuple[bool, Fill | None]:
        """(is it news, the execution that it corrects)."""
        name, number = family(fill.execId)
        before = self._latest.get(name)
        if before is not None and family(before.execId)[1] >= number:
            return False, None
        self._latest[name] = fill
        return True, before

    def counted(self, combo: bool) -> list[Fill]:
        """Those that fill the order: a combination's own rows, or all of any other order."""
        combo = combo or any(fill.combo for fill in self._latest.values())
        return [fill for fill in self._latest.values() if fill.combo == combo]

    def legs(self) -> list[Fill]:
        """Those that aren't a combination's own row."""
        return [fill for fill in self._latest.values() if not fill.combo]

    def ids(self) -> list[str]:
        """The execIds, oldest execution first."""
        return [fill.execId for fill in self._latest.values()]


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


# Not a rebate: IB doesn't know the commission yet.
_PENDING = -1.0


class Charges:
    """Commission reports by execution. A correction that isn't charged anew keeps what the first one cost."""

    def __init__(self) -> None:
        self._latest: dict[str, tuple[int, Any]] = {}

    def take(self, report: Any) -> None:
        """A report; one that says that the commission isn't known yet says nothing."""
        if report.commission == _PENDING:
            return
        name, number = family(report.execId)
        before = self._latest.get(name)
        if before is None or before[0] <= number:
            self._latest[name] = (number, report)

    def of(self, execId: str) -> Any | None:
        """The report about an execution, or None while there is none."""
        found = self._latest.get(family(execId)[0])
        return None if found is None else found[1]
