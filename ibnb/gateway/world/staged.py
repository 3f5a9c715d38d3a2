"""What has been staged to go wrong with answers and waits for its moment.

Rule: plain state. ``faults.py`` writes it, the engine reads it for each request.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Staged:
    """`delay`: virtual seconds by which answers are late. `lost`: how many of the coming requests of a kind, by
    class name, get no answer. `refused`: the codes and texts that those after them get for one. `fraction`: what is
    added to every size of market data."""

    delay: float = 0.0
    lost: Counter[str] = field(default_factory=Counter)
    fraction: Decimal = Decimal(0)
    refused: defaultdict[str, deque[tuple[int, str]]] = field(default_factory=lambda: defaultdict(deque))

    def loses(self, request: object) -> bool:
        """Tell whether this request gets lost, and count it."""
        name = type(request).__name__
        if not self.lost[name]:
            return False
        self.lost[name] -= 1
        return True

    def refusal(self, request: object) -> tuple[int, str] | None:
        """Return the error that was staged for this request, once."""
        waiting = self.refused.get(type(request).__name__)
        return waiting.popleft() if waiting else None
