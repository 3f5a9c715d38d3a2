"""The time of a simulated TWS behind a port, where it isn't the wall's: it began elsewhere, runs at another pace, or
stands still until somebody waits.

Its handshake names New York's zone as EST5EDT, which every client reads and no TWS is known to say. Only then is it
asked for more, by a line of its own to the same port (ibnb.gateway.timekeeper).
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from ibnb.core.clock import NEW_YORK, Alarm, Changes, Clock, Done, GatewayTime, RealTime, Time
from ibnb.errors import ConnectionLostError

_ZONE = " EST5EDT"
_GREETING = b"CLOCK\n"
# Real seconds in which a gateway has moved its time a little.
_PATIENCE = 60.0
# Real seconds for which an answer is waited for at least: the network and the processor don't go at the clock's pace.
_LEAST = 5.0


def clock_at(host: str, port: int, connection_time: str) -> tuple[float, float] | None:
    """The gateway's time (epoch seconds) and its rate, if it goes by a clock of its own; 0 is one that stands still."""
    if not connection_time.endswith(_ZONE):
        return None
    try:
        with socket.create_connection((host, port), _LEAST) as line, line.makefile() as answer:
            line.sendall(_GREETING)
            _, now, rate = answer.readline().split()
            return float(now), float(rate)
    except (OSError, ValueError):  # it is a TWS, after all
        return None


def plain(connection_time: str) -> str:
    """The handshake's time as a TWS says it."""
    if not connection_time.endswith(_ZONE):
        return connection_time
    moment = datetime.strptime(connection_time, f"%Y%m%d %H:%M:%S{_ZONE}").replace(tzinfo=NEW_YORK)
    return f"{moment:%Y%m%d %H:%M:%S %Z}"


class PacedTime(RealTime):
    """The gateway's time runs by itself, at `rate` seconds a second; durations are seconds of it.

    Whoever waits for an answer waits five real seconds at least, or as many as the timeout has.
    """

    def __init__(
        self,
        changes: Changes,
        now: float,
        rate: float,
        before: float,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(changes)
        self.rate = rate
        self._wall, self._begun, self._epoch, self._before = wall, wall(), now, before

    def _passed(self) -> float:
        return (self._wall() - self._begun) * self.rate

    def now(self) -> float:
        return self._epoch + self._passed()

    def monotonic(self) -> float:
        return self._before + self._passed()

    def later(self, seconds: float, action: Callable[[], object]) -> Alarm:
        return super().later(seconds / self.rate, action)

    def wait(self, done: Done, timeout: float) -> bool:
        return super().wait(done, max(timeout / self.rate, min(timeout, _LEAST)))

    def hold(self, done: Done, seconds: float) -> bool:
        return super().wait(done, seconds / self.rate)


class Keeper:
    """Moves the time of a gateway that stands still, by a line of its own to the same port. Any thread.

    `now` is what the gateway has said last, also of time that others have moved. Raises ConnectionLostError when the
    gateway has gone.
    """

    def __init__(self) -> None:
        self._place, self._now = ("", 0), 0.0
        self._lock = threading.RLock()
        self._line: socket.socket | None = None
        self._unread = b""
        self._over = False

    def dial(self, host: str, port: int, now: float) -> None:
        """Move the time of the gateway there, which is now `now`."""
        with self._lock:
            self._hang_up()
            self._place, self._now, self._over = (host, port), now, False
            # Now: a gateway that takes no connections for a while can still be told to let that while go by. But one
            # whose greeting hasn't been answered is hung up on with the clients.
            with suppress(OSError):
                self._dialled()

    def now(self) -> float:
        """Epoch seconds."""
        if self._lock.acquire(blocking=False):  # else somebody hears of it just now
            try:
                self._hear_told()
            finally:
                self._lock.release()
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time go by."""
        until = self.now() + seconds
        while (left := until - self._now) > 0:
            self._ask(f"advance {left!r}")

    def step(self, limit: float) -> bool:
        """Go to what is due next, but not beyond `limit`. False if nothing was due by then."""
        while not (happened := self._ask(f"step {limit!r}")) and self._now < limit:
            pass
        return happened

    def close(self) -> None:
        """Hang up, for good."""
        with self._lock:
            self._over = True
            self._hang_up()

    def _hang_up(self) -> None:
        line, self._line, self._unread = self._line, None, b""
        if line is not None:
            line.close()

    def _ask(self, what: str) -> bool:
        with self._lock:
            try:
                line = self._dialled()
                line.sendall(f"{what}\n".encode())
                while True:
                    for kind, happened in self._heard(line):
                        if kind == "=":
                            return happened
            except OSError as error:
                self._hang_up()
                raise ConnectionLostError(f"the gateway, whose time was to move, has gone: {error}") from None

    def _dialled(self) -> socket.socket:
        if self._over:
            raise OSError("the session is over")
        if self._line is None:
            self._line = socket.create_connection(self._place, _PATIENCE)
            try:
                self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._line.sendall(_GREETING)
                while not self._heard(self._line):
                    pass
            except OSError:
                self._hang_up()
                raise
        return self._line

    def _hear_told(self) -> None:
        """What has been said meanwhile, without waiting."""
        line = self._line
        if line is None:
            return
        try:
            line.setblocking(False)
            self._heard(line)
        except OSError:
            pass  # nothing, or the end, which the next request meets
        finally:
            line.settimeout(_PATIENCE)

    def _heard(self, line: socket.socket) -> list[tuple[str, bool]]:
        data = line.recv(65536)
        if not data:
            raise OSError("it has hung up")
        *lines, self._unread = (self._unread + data).split(b"\n")
        found = []
        for each in lines:
            kind, now, *happened = each.decode().split()
            self._now = float(now)
            found.append((kind, happened == ["1"]))
        return found


class StillTime(GatewayTime):
    """The gateway's time stands still until somebody waits."""

    def __init__(self, fence: Callable[[], object], watched: Callable[[], bool]) -> None:
        self.keeper = Keeper()
        super().__init__(self.keeper, fence, watched)
        self._since = 0.0

    def follow(self, host: str, port: int, now: float, before: float) -> None:
        """Go by the gateway there; `monotonic` goes on from `before`. What was to be done later will be."""
        shift = now - self.keeper.now()
        self.keeper.dial(host, port, now)
        self._since = before - now
        self._due = [(when + shift, number, due) for when, number, due in self._due]

    def monotonic(self) -> float:
        return self.keeper.now() + self._since


@dataclass(eq=False, repr=False)
class TimeApart:
    """Has a session go by its gateway's time, if that is told. A clock that somebody else has chosen stays."""

    clock: Clock
    changes: Changes
    fence: Callable[[], object]
    watched: Callable[[], bool]

    def __post_init__(self) -> None:
        self._time: Time | None = None

    def follow(self, host: str, port: int, found: tuple[float, float] | None) -> None:
        """A connection has been made to a gateway whose `clock_at` is this."""
        clock = self.clock
        if not (clock.is_the_walls or clock.time is self._time):
            return
        if found is not None and not found[1]:
            # The same one as before, if it was such: somebody may be waiting in it for the connection.
            still = self._time if isinstance(self._time, StillTime) else StillTime(self.fence, self.watched)
            still.follow(host, port, found[0], clock.monotonic())
            self._time = still
            clock.use(still)
            return
        self.leave()
        self._time = None if found is None else PacedTime(self.changes, *found, clock.monotonic())
        clock.use(self._time or RealTime(self.changes))

    def leave(self) -> None:
        """Let go of the gateway's clock; what it said last holds."""
        if isinstance(self._time, StillTime):
            self._time.keeper.close()
