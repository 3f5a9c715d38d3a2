"""What has been staged to go wrong with answers and waits for its moment.

Rule: plain state. ``faults.py`` writes it, the engine reads it for each request.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Staged:
    """`delay`: virtual seconds by which answers are late. `lost`: how many of the coming requests of a kind, by
    class name, get no answer."""

    delay: float = 0.0
    lost: Counter[str] = field(default_factory=Counter)

    def loses(self, request: object) -> bool:
        """Tell whether this request gets lost, and count it."""
        name = type(request).__name__
        if not self.lost[name]:
            return False
        self.lost[name] -= 1
        return True
