"""Times of a kind, by name: what a scenario's `regime` makes of the market from its first day on.

Rule: a regime bends the market's own driver, and so all that has a share of it: prices, scales, VIX and options stay
one world. Whoever knows the regime can earn by it; that is what it is for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .noise import Floats, Ints


@dataclass(frozen=True)
class Kind:
    """`scale`: how much the logarithm of the scale is raised for so many calendar `days`, after which it goes back
    within a month or two; `drift`: a day's push for the first `pushed` days, in moves of that day; `back`: the share of
    what the market has walked since the first day that is pulled back each day, for as long as the scale is raised."""

    scale: float
    days: int
    drift: float = 0.0
    pushed: int = 0
    back: float = 0.0


KINDS = {
    "calm": Kind(-0.55, 180),
    "crash": Kind(0.95, 30, -0.75, 18),
    "trend": Kind(-0.25, 150, 0.28, 150),
    "chop": Kind(0.1, 150, back=0.3),
}
_RETURN = 30.0


@dataclass(frozen=True)
class Regime:
    """A kind of times that begins on a day (counted from 1970-01-01)."""

    name: str
    first: int

    def raised(self, days: Ints) -> Floats:
        """How much the logarithm of the market's scale is raised on some days."""
        kind, age = KINDS[self.name], days - self.first
        fading = np.exp(-np.maximum(age - kind.days, 0) / _RETURN)
        return np.asarray(np.where(age < 0, 0.0, kind.scale * fading), np.float64)

    def pushed(self, days: Ints, moves: Floats, before: float) -> tuple[Floats, float]:
        """The push of each of some days, in moves of that day; and how far the market has walked in the regime by then,
        given what it would move, and how far it had walked before."""
        kind, walked = KINDS[self.name], before
        push = np.zeros(len(days))
        for n in np.flatnonzero((days >= self.first) & (days < self.first + kind.days)).tolist():
            push[n] = kind.drift * (days[n] < self.first + kind.pushed) - kind.back * walked
            walked += float(moves[n]) + push[n]
        return push, walked
