"""When a request may leave: pure arithmetic on the times it is given, so that nothing here waits or reads a clock.

Rules of TWS: fifty messages a second of every kind; for bars of 30 seconds and less no identical request within 15 s,
fewer than six for one contract, exchange and whatToShow within 2 s, sixty within ten minutes (BID_ASK counts twice);
never more than fifty historical requests open. The schedule keeps a little more distance than the rules ask for,
because the network lets messages catch up with each other.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ibnb.core.pending import Key, Slot

#: Messages per second that leave, and how many may leave at once. The sum is TWS's fifty.
RATE, BURST = 45.0, 5
#: Seconds that are added to each of TWS's windows.
MARGIN = 0.25
#: How many historical requests may be open at the same time.
MOST_OPEN = 50
#: Bars of so many seconds and less are the small ones.
SMALL = 30
#: Seconds to wait after TWS has complained nevertheless: the windows of its rules, the short ones first.
PENALTIES = (15.0 + MARGIN, 60.0, 600.0 + MARGIN)


class Bucket:
    """A stream of messages, smoothed: `burst` at once, then one every 1/rate seconds."""

    def __init__(self, rate: float = RATE, burst: int = BURST) -> None:
        self.rate = rate
        self.burst = burst
        self._lock = threading.Lock()
        # When the next message would be due if all went at an even pace.
        self._due = 0.0

    def take(self, now: float) -> float:
        """Seconds until one more message may leave; it counts from now on, whether or not its sender waits."""
        step = 1.0 / self.rate
        with self._lock:
            wait = self._due - (self.burst - 1) * step - now
            self._due = (self._due if self._due > now else now) + step
        return wait if wait > 0.0 else 0.0


class Rule(NamedTuple):
    """At most `limit` requests (weighted, unless they are counted singly) that share `scope` within `window` s."""

    limit: int
    window: float
    scope: str
    text: str


RULES = (
    Rule(1, 15.0 + MARGIN, "same", "identical requests for small bars need 15 s between them"),
    Rule(5, 2.0 + MARGIN, "series", "fewer than six requests for small bars of one contract in 2 s"),
    Rule(60, 600.0 + MARGIN, "all", "at most sixty requests for small bars in ten minutes"),
)


class Ask(NamedTuple):
    """What a request for small bars counts as: the whole of it, its series (contract, exchange, show), its weight."""

    same: Hashable
    series: Hashable
    weight: int = 1


class Turn(NamedTuple):
    """When a request may leave, and because of which rule not earlier ("" = at once)."""

    at: float
    why: str


class SmallBars:
    """Books a time for each request for small bars, so that all rules hold whatever else is booked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._booked: list[tuple[float, Ask]] = []

    def book(self, ask: Ask, now: float) -> Turn:
        """The first moment, from now on, at which this request breaks no rule. It is taken from then on."""
        with self._lock:
            oldest = now - RULES[-1].window
            self._booked = [each for each in self._booked if each[0] > oldest]
            broken = [rule for rule in RULES if not self._fits(rule, ask, now)]
            at = now
            if broken:
                # A rule lets go when an earlier request leaves its window.
                ends = {when + rule.window for when, _ in self._booked for rule in RULES}
                at = next(t for t in sorted(ends) if t > now and all(self._fits(rule, ask, t) for rule in RULES))
            self._booked.append((at, ask))
            return Turn(at, max(broken, key=lambda rule: rule.window).text if broken else "")

    def release(self, turn: Turn, ask: Ask) -> None:
        """The request didn't leave after all."""
        with self._lock:
            if (turn.at, ask) in self._booked:
                self._booked.remove((turn.at, ask))

    def _fits(self, rule: Rule, ask: Ask, t: float) -> bool:
        near = [
            (when, _weight(rule, other))
            for when, other in self._booked
            if t - rule.window < when < t + rule.window and _scope(rule, other) == _scope(rule, ask)
        ]
        mine = _weight(rule, ask)
        if sum(weight for _, weight in near) + mine <= rule.limit:
            return True
        near.append((t, mine))
        starts = [when for when, _ in near if when <= t]
        return all(
            sum(weight for when, weight in near if start <= when < start + rule.window) <= rule.limit
            for start in starts
        )


def _weight(rule: Rule, ask: Ask) -> int:
    return 1 if rule.scope == "same" else ask.weight


def _scope(rule: Rule, ask: Ask) -> Hashable:
    return {"same": ask.same, "series": ask.series, "all": None}[rule.scope]


class Pacing:
    """The session's pace, as `app.pacing`: `on`, `rate` (messages a second), `waiting` (threads that wait their turn).

    On the embedded gateway's manual clock it is off until you switch it on: between two calls no time passes there, so
    a limit per second would only move the clock. Switched on, the waits are virtual.
    """

    def __init__(self) -> None:
        self.on = True
        self.waiting = 0
        self.messages = Bucket()
        self.small_bars = SmallBars()
        # Historical requests that are open: request id → the slot that waits for it, None for a request by hand.
        self.open: dict[Key, Slot | None] = {}
        # Seconds that the requests of these slots have waited so far, for messages.
        self.waited: dict[Key, tuple[float, str]] = {}

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages.rate

    @rate.setter
    def rate(self, rate: float) -> None:
        if not rate > 0:
            raise ValueError(f"rate must be above 0 messages a second, not {rate!r}; pacing.on = False lifts the limit")
        self.messages.rate = float(rate)

    def open_count(self) -> int:
        """How many historical requests TWS still works on."""
        for key in [key for key, slot in list(self.open.items()) if slot is not None and slot.done]:
            self.open.pop(key, None)
        return len(self.open)

    def ended(self, key: Key) -> None:
        """A historical request has been answered, refused or cancelled."""
        self.open.pop(key, None)
        self.waited.pop(key, None)

    def __repr__(self) -> str:
        state = f"{self.rate:g} messages/s" if self.on else "off"
        return f"<Pacing {state}, {self.open_count()} historical requests open, {self.waiting} waiting their turn>"
