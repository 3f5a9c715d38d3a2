"""What has been staged to go wrong with orders, and waits for the next one that it can befall.

Rule: plain state. ``faults.py`` writes it; the engine and the book ask when such a thing happens.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .. import messages as m

EXECUTION_FIRST, SECOND_PERM_ID, UNHEARD_CANCEL = "execution first", "second permId", "unheard cancel"
# What stands for a commission that IB doesn't know yet.
UNKNOWN = -1.0


class Charge(NamedTuple):
    """How one commission is told: at once as unknown or not at all; then as it is, so many seconds later, or never."""

    unknown: bool
    after: float | None


@dataclass
class Mishaps:
    """`staged`: how many of the next orders, changes or cancels something happens to. `strays`: the order ids that the
    next fills name in place of their own. `charges`: how the next commissions are told."""

    staged: Counter[str] = field(default_factory=Counter)
    strays: deque[int] = field(default_factory=deque)
    charges: deque[Charge] = field(default_factory=deque)
    _untold: set[int] = field(default_factory=set)

    def befalls(self, what: str) -> bool:
        """Tell whether it happens now, and count it."""
        if not self.staged[what]:
            return False
        self.staged[what] -= 1
        return True

    def begin(self, permId: int) -> None:
        """An order is taken in: of some nothing is told before they trade or end."""
        if self.befalls(EXECUTION_FIRST):
            self._untold.add(permId)

    def untold(self, permId: int) -> bool:
        """Whether nothing is told of an order now."""
        return permId in self._untold

    def tell(self, permId: int) -> None:
        """From now on the order is told of."""
        self._untold.discard(permId)

    def named(self, orderId: int) -> int:
        """The order id that a fill names."""
        return self.strays.popleft() if self.strays else orderId

    def told(self, report: m.CommissionReport) -> Iterator[tuple[float, m.CommissionReport]]:
        """What is told of a commission, and how many seconds from now."""
        unknown, after = self.charges.popleft() if self.charges else Charge(False, 0.0)
        if unknown:
            yield 0.0, replace(report, commission=UNKNOWN, realizedPNL=None)
        if after is not None:
            yield after, report
