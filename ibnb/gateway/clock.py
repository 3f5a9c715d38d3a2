"""The only source of time in the gateway: virtual seconds since 1970 (UTC), and the timers that hang on them.

Rule: nothing below `server` asks the machine what time it is. A manual clock (rate 0) stands still until
`run_until`; a live one follows the `wall` function it was given, times its rate.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any


class Timer:
    """One call that is due at `when`; `cancel()` may be called any number of times, also after it ran."""

    __slots__ = ("_clock", "args", "fn", "pending", "when")

    def __init__(self, clock: Clock, when: float, fn: Callable[..., object], args: tuple[Any, ...]) -> None:
        self._clock = clock
        self.when = when
        self.fn = fn
        self.args = args
        self.pending = True

    def cancel(self) -> None:
        """Don't run. Does nothing when the timer has run or was cancelled before."""
        if self.pending:
            self.pending = False
            self._clock._forget()


class Clock:
    """Virtual time.

    `start` is the first instant (epoch seconds). `rate` is virtual seconds per wall second; 0 means manual.
    `wall` gives the machine's seconds (any origin); a live clock needs one, a manual one ignores it.
    """

    def __init__(self, start: float, rate: float = 0.0, wall: Callable[[], float] | None = None) -> None:
        self._wall = wall
        self._queue: list[tuple[float, int, Timer]] = []
        self._made = 0
        self._cancelled = 0
        self._running = False
        self._reached = start
        self._rate = 0.0
        #: Whether its time is another than the machine's: clients are told.
        self.apart = False
        self._start_at = start
        self._wall_at = 0.0
        self.rate = rate

    @property
    def rate(self) -> float:
        """Virtual seconds per wall second, 0 for a manual clock. Assigning keeps `now()` where it is."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        if rate < 0:
            raise ValueError(f"rate must be 0 (manual) or more, not {rate}")
        if rate and self._wall is None:
            raise ValueError("a clock with a rate needs a wall clock to follow")
        self._start_at = self._reached = self.now()
        self._wall_at = self._wall() if self._wall else 0.0
        self._rate = rate

    @property
    def running(self) -> bool:
        """Whether a timer is at work just now."""
        return self._running

    def now(self) -> float:
        """The virtual time in epoch seconds: the due time while a timer runs, else never earlier than before."""
        if self._rate and self._wall and not self._running:
            self._reached = max(self._reached, self._start_at + (self._wall() - self._wall_at) * self._rate)
        return self._reached

    def call_at(self, when: float, fn: Callable[..., object], *args: Any) -> Timer:
        """Run `fn(*args)` at `when`; a moment that is past means as soon as the clock runs, never earlier than now."""
        timer = Timer(self, max(when, self.now()), fn, args)
        heapq.heappush(self._queue, (timer.when, self._made, timer))
        self._made += 1
        return timer

    def call_later(self, delay: float, fn: Callable[..., object], *args: Any) -> Timer:
        """Run `fn(*args)` `delay` virtual seconds from now."""
        return self.call_at(self.now() + delay, fn, *args)

    def next_due(self) -> float | None:
        """When the next timer is due, or None."""
        while self._queue and not self._queue[0][2].pending:
            heapq.heappop(self._queue)
            self._cancelled -= 1
        return self._queue[0][0] if self._queue else None

    def run_until(self, t: float) -> int:
        """Run what is due up to and including `t`, by due time, then by age; afterwards `now()` is `t`.

        Returns how many timers ran. An error in a timer ends the run at that timer's time and is raised.
        Raises RuntimeError when called by a timer.
        """
        if self._running:
            raise RuntimeError("a timer can't run the clock that runs it")
        # Read once: a live clock mustn't race past the timers that it is about to run.
        self.now()
        ran = 0
        self._running = True
        try:
            while (due := self.next_due()) is not None and due <= t:
                timer = heapq.heappop(self._queue)[2]
                timer.pending = False
                self._reached = due
                timer.fn(*timer.args)
                ran += 1
            self._reached = max(self._reached, t)
        finally:
            self._running = False
        return ran

    def __len__(self) -> int:
        """How many timers wait."""
        return len(self._queue) - self._cancelled

    def _forget(self) -> None:
        """Count a cancelled timer; rebuild the queue when most of it is dead, so that cancelling leaks nothing."""
        self._cancelled += 1
        if self._cancelled * 2 > len(self._queue):
            self._queue = [entry for entry in self._queue if entry[2].pending]
            heapq.heapify(self._queue)
            self._cancelled = 0
