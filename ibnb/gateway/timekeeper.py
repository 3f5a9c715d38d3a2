"""How another process moves the time of a gateway whose clock is manual: a line of its own on the gateway's port.

Rule: it begins with `CLOCK`. Each request is a line, `step <limit>` (on to what is due next, at the latest to then, in
epoch seconds) or `advance <seconds>`, and never goes further than a day or a minute at a time, so that others have
their turn. Its answer is `= <now> <1 if something happened>`; when time has moved otherwise, `~ <now>` is said. Who
asks for anything else is hung up on. The first thing said is `~ <now> <rate>`, and the last where time runs by itself.

A client is told by the handshake that there is such a line: its time names its zone as `zones.APART`.
"""

from __future__ import annotations

from typing import Protocol

GREETING = b"CLOCK\n"
_LONGEST_ADVANCE, _LONGEST_STEP = 60.0, 86_400.0
# No request is as long.
_LONGEST_LINE = 100


class Mover(Protocol):
    """The part of a gateway that moves time."""

    timekeepers: list[Timekeeper]

    @property
    def rate(self) -> float: ...
    def now(self) -> float: ...
    def advance(self, seconds: float) -> None: ...
    def step(self, limit: float) -> bool: ...


class Line(Protocol):
    """The part of a transport that is needed."""

    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...


class Timekeeper:
    """One such line."""

    def __init__(self, gateway: Mover, line: Line) -> None:
        self._gateway, self._line = gateway, line
        self._unread = b""
        self._greeted = False
        self._told = gateway.now()
        self._say(f"~ {self._told!r} {gateway.rate:g}")
        if gateway.rate:
            line.close()
        else:
            gateway.timekeepers.append(self)

    def receive(self, data: bytes) -> None:
        """Do what is asked."""
        if self._gateway.rate:
            return
        self._unread += data
        if not self._greeted:
            self._unread, self._greeted = self._unread.removeprefix(GREETING), True
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            try:
                happened = self._done(*line.split())
            except (TypeError, ValueError):
                self.abort()
                return
            self._told = self._gateway.now()
            self._say(f"= {self._told!r} {int(happened)}")
        if len(self._unread) > _LONGEST_LINE:
            self.abort()

    def _done(self, what: bytes, number: bytes) -> bool:
        value, now = float(number), self._gateway.now()
        if what == b"step":
            return self._gateway.step(max(now, min(value, now + _LONGEST_STEP)))
        if what == b"advance":
            self._gateway.advance(min(value, _LONGEST_ADVANCE))
            return True
        raise ValueError(what)

    def tell(self) -> None:
        """Say that time has moved, if it has."""
        now = self._gateway.now()
        if now != self._told:
            self._told = now
            self._say(f"~ {now!r}")

    def _say(self, text: str) -> None:
        self._line.write(f"{text}\n".encode())

    def abort(self) -> None:
        """Hang up."""
        self._line.abort()

    def lost(self) -> None:
        """The other end has hung up."""
        if self in self._gateway.timekeepers:
            self._gateway.timekeepers.remove(self)
