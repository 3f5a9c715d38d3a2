"""How a session waits: on the wall clock, or on the gateway's own clock, which then moves by itself.

`wait(done, timeout)` returns True as soon as `done` holds, False after `timeout` seconds of the session's time.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

from ibnb.errors import ConnectionLostError, RequestTimeoutError
from ibnb.wire.reader import Latch, Reader

#: The zone in which a session shows its time.
NEW_YORK = ZoneInfo("America/New_York")
# An interrupt (Ctrl-C, the notebook's stop button) isn't delivered while Windows waits for a lock.
SLICE = 0.2

Done = Callable[[], bool] | threading.Event | Latch


class Alarm(Protocol):
    """Something that will be done later."""

    def cancel(self) -> None: ...


class Time(Protocol):
    """What a session's clock can do.

    `monotonic` never goes back; `settle` lets what has happened already be heard of, where that can be known; `later`
    runs `action` outside the reader thread. `hold` is `wait` where no answer is waited for.
    """

    def now(self) -> float: ...
    def settle(self) -> None: ...
    def monotonic(self) -> float: ...
    def later(self, seconds: float, action: Callable[[], object]) -> Alarm: ...
    def wait(self, done: Done, timeout: float) -> bool: ...
    def hold(self, done: Done, seconds: float) -> bool: ...
    def sleep(self, seconds: float) -> None: ...


class Changes:
    """Wakes those who wait for a predicate; costs one comparison per callback when nobody waits."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._watchers = 0
        #: Grows with each callback: who looks now and again sees whether anything has happened.
        self.number = 0

    def announce(self) -> None:
        self.number += 1
        if self._watchers:
            with self._condition:
                self._condition.notify_all()

    def wait(self, done: Callable[[], bool], timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        with self._condition:
            self._watchers += 1
            try:
                while not done():
                    left = deadline - time.monotonic()
                    if left <= 0:
                        return False
                    self._condition.wait(min(left, SLICE))
                return True
            finally:
                self._watchers -= 1


class RealTime:
    """The wall clock. `reader` is the connection's, if there is one: those who wait for an answer may read it."""

    def __init__(self, changes: Changes) -> None:
        self.reader: Reader | None = None
        self._changes = changes

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    def settle(self) -> None:
        """Nobody knows what is on its way."""

    def later(self, seconds: float, action: Callable[[], object]) -> Alarm:
        timer = threading.Timer(seconds, action)
        timer.name, timer.daemon = "ibnb timer", True
        timer.start()
        return timer

    def wait(self, done: Done, timeout: float) -> bool:
        reader = self.reader
        if isinstance(done, Latch) and reader is not None:
            return reader.wait(done, timeout, _wait)
        if reader is not None:
            reader.go_on()
        if callable(done):
            return self._changes.wait(done, timeout)
        return _wait(done, timeout)

    hold = wait

    def sleep(self, seconds: float) -> None:
        self.hold(threading.Event(), seconds)


def _wait(done: threading.Event | Latch, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while not done.wait(max(0.0, min(SLICE, deadline - time.monotonic()))):
        if time.monotonic() >= deadline:
            return done.is_set()
    return True


class ManualGateway(Protocol):
    """The part of `ibnb.gateway.Gateway` that moves time."""

    def now(self) -> float: ...
    def advance(self, seconds: float) -> None: ...
    def step(self, limit: float) -> bool: ...


class _Due:
    """One action of a GatewayTime."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action: Callable[[], object] | None = action

    def cancel(self) -> None:
        self.action = None


class GatewayTime:
    """The embedded gateway's clock: while a verb waits, time runs from one due event to the next.

    Timeouts are seconds of that clock, so a lesson never really waits and always comes out the same. What is to be
    done `later` is done, at its time, by whoever moves time. `fence` returns when all callbacks have run; `watched`
    says that a session has something to see to while time passes (streams, a lost connection): `sleep` then looks up
    now and again. `said_at`: when that was said which is being heard, which may have waited (None: now); `waits`: has
    nothing come but what may wait until somebody looks?
    """

    def __init__(
        self,
        gateway: ManualGateway,
        fence: Callable[[], object],
        watched: Callable[[], bool] = lambda: False,
        looks: int = 1000,
        said_at: Callable[[], float | None] = lambda: None,
        waits: Callable[[], bool] = lambda: False,
    ) -> None:
        self._gateway = gateway
        self._fence = fence
        self._watched = watched
        self._looks = looks
        self._said_at = said_at
        self._waits = waits
        self._due: list[tuple[float, int, _Due]] = []
        self._number = count()
        # Two threads that wait at once take turns; else each could move time under the other's fence.
        self._turn = threading.RLock()

    def now(self) -> float:
        said_at = self._said_at()
        return self._gateway.now() if said_at is None else said_at

    def monotonic(self) -> float:
        return self._gateway.now()

    def settle(self) -> None:
        self._fence()

    def later(self, seconds: float, action: Callable[[], object]) -> Alarm:
        due = _Due(action)
        heapq.heappush(self._due, (self._gateway.now() + seconds, next(self._number), due))
        return due

    def wait(self, done: Done, timeout: float) -> bool:
        holds = done if callable(done) else done.is_set
        deadline = self._gateway.now() + timeout
        while True:
            with self._turn:
                self._fence()
                if holds():
                    return True
                if self._run_due():
                    continue
                if self._gateway.now() >= deadline:
                    return False
                self._gateway.step(min(deadline, self._next_due()))

    hold = wait

    def sleep(self, seconds: float) -> None:
        with self._turn:
            self._hear()
            end = self._gateway.now() + seconds
            while True:
                now = self._gateway.now()
                until = min(end, self._next_due())
                if self._watched():
                    until = min(until, now + max(1.0, seconds / self._looks))
                self._gateway.advance(max(0.0, until - now))
                self._hear()
                if self._run_due():
                    self._hear()
                elif self._gateway.now() >= end:
                    return

    def _hear(self) -> None:
        """Return when all is heard of that can't wait."""
        if not self._waits():
            self._fence()

    def _next_due(self) -> float:
        while self._due and self._due[0][2].action is None:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else float("inf")

    def _run_due(self) -> bool:
        """Do what is due by now; True if there was anything."""
        ran = False
        while self._next_due() <= self._gateway.now():
            action = heapq.heappop(self._due)[2].action
            if action is not None:
                action()
                ran = True
        return ran


class Clock:
    """The session's clock: real time, until another is put in its place. Parts hold on to this one."""

    def __init__(self, changes: Changes) -> None:
        #: What it goes by now.
        self.time: Time = RealTime(changes)
        self._reader: Reader | None = None
        #: Does it go by the wall clock, at whatever pace?
        self.is_real = True

    def use(self, time: Time) -> None:
        """Go by another time from now on."""
        if isinstance(time, RealTime):
            time.reader = self._reader
        self.time, self.is_real = time, isinstance(time, RealTime)

    @property
    def is_the_walls(self) -> bool:
        """Is its time the machine's?"""
        return type(self.time) is RealTime

    def reads(self, reader: Reader | None) -> None:
        """Those who wait for an answer in real time may read the connection meanwhile."""
        self._reader = reader
        if isinstance(self.time, RealTime):
            self.time.reader = reader

    def now(self) -> float:
        return self.time.now()

    def settle(self) -> None:
        self.time.settle()

    def monotonic(self) -> float:
        return self.time.monotonic()

    def later(self, seconds: float, action: Callable[[], object]) -> Alarm:
        return self.time.later(seconds, action)

    def wait(self, done: Done, timeout: float) -> bool:
        return self.time.wait(done, timeout)

    def hold(self, done: Done, seconds: float) -> bool:
        return self.time.hold(done, seconds)

    def sleep(self, seconds: float) -> None:
        self.time.sleep(seconds)


def wait_for_fence(answered: Latch, connected: Callable[[], bool], limit: float = 60.0) -> None:
    """Wait, in real seconds, for a fence's answer; the gateway runs in this process and answers at once."""
    deadline = time.monotonic() + limit
    while not answered.wait(SLICE):
        if not connected():
            raise ConnectionLostError("the connection ended while waiting for the gateway")
        if time.monotonic() > deadline:
            raise RequestTimeoutError(f"the gateway hasn't answered for {limit:g} s; it may hang")


UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}


def seconds_of(duration: float | str) -> float:
    """30, "30 s", "5 min", "1 h", "1 day" as seconds. ValueError for anything else, and below 0."""
    try:
        number, _, unit = duration.strip().partition(" ") if isinstance(duration, str) else (duration, "", "")
        seconds = float(number) * UNITS[unit.strip() or "s"]
    except (TypeError, ValueError, KeyError):
        raise ValueError(f"{duration!r} isn't a duration; write seconds, or '30 s', '5 min', '1 h', '1 day'") from None
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"a duration can't be {duration!r}; write seconds, or '30 s', '5 min', '1 h', '1 day'")
    return seconds
