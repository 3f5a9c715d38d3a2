"""A TWS on a port that tells one story: who asks what gets the story's answers, in the words of one wire."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inside import core
from peers import protobuf, text
from virtual import VirtualClock

from ibnb import IBApp
from ibnb.core.clock import GatewayTime
from ibnb.ib.api import MAX_CLIENT_VER

#: (message, fields); LATER instead: what follows comes a moment later, when the client's time has moved on.
Message = tuple[str, dict[str, Any]]
LATER: Message = ("later", {})
#: Stands for the request's own id.
REQ = "the request's id"

#: What every TWS answers, whatever the story.
MANNERS: dict[str, list[Message]] = {
    "startApi": [("managedAccounts", {"accountsList": "DU1234567"}), ("nextValidId", {"orderId": 27})],
    "reqIds": [("nextValidId", {"orderId": 27})],
    "reqCurrentTime": [("currentTime", {"currentTime": 1749650400})],
    "reqOpenOrders": [("openOrderEnd", {})],
    "reqAllOpenOrders": [("openOrderEnd", {})],
    "reqExecutions": [("execDetailsEnd", {"reqId": REQ})],
    "reqCompletedOrders": [("completedOrdersEnd", {})],
    "reqPositions": [("positionEnd", {})],
}


@dataclass(frozen=True)
class Wire:
    """A server version, and whether fields that are 0 or empty are left out (protobuf only)."""

    version: int
    sparse: bool = False

    def __str__(self) -> str:
        return f"{self.version}{'-sparse' if self.sparse else ''}"

    def binary(self, name: str) -> bool:
        """Does this wire send the message as protobuf?"""
        return self.version > 200 and protobuf.speaks(name, self.version)

    def encode(self, name: str, fields: dict[str, Any]) -> bytes:
        """A message; of "bytes" the field `of` is a function that makes them for this wire."""
        if name == "bytes":
            made: bytes = fields["of"](self)
            return made
        if self.binary(name):
            return protobuf.encode(name, fields, self.sparse)
        return text.encode(name, fields, self.version)

    def decode(self, body: bytes) -> tuple[str, int]:
        """(name, id) of a request."""
        if self.version <= 200:
            head, _, rest = body.partition(b"\0")
            return text.decode(int(head), rest, self.version)
        number, rest = int.from_bytes(body[:4], "big"), body[4:]
        if number <= protobuf.OFFSET:
            return text.decode(number, rest, self.version)
        number -= protobuf.OFFSET
        return text.REQUESTS.get(number, (f"request {number}", 0, 0))[0], protobuf.decode(number, rest)


#: The wires that the installed ibapi speaks; and those that every story is told on.
WIRES = [
    wire
    for wire in (Wire(157), Wire(176), Wire(178), Wire(200), Wire(203), Wire(213), Wire(222), Wire(222, sparse=True))
    if wire.version <= MAX_CLIENT_VER
]
STORY_WIRES = [wire for wire in WIRES if wire in (Wire(157), Wire(178), Wire(203), Wire(222, sparse=True))]


class Peer:
    """`answers`: request → what comes back the first time, the second time …; the last of these from then on.

    `asked` has the requests as (name, id), without the clock's.
    """

    def __init__(self, wire: Wire, answers: dict[str, Sequence[Sequence[Message]]]) -> None:
        self.wire, self.answers = wire, answers
        self.asked: list[tuple[str, int]] = []
        self._later: deque[tuple[tuple[Message, ...], int]] = deque()
        self._sending = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def say(self, *messages: Message, req: int = 0) -> None:
        """Send messages unasked."""
        for at, (name, fields) in enumerate(messages):
            if name == "later":
                self._later.append((messages[at + 1 :], req))
                return
            given = {key: req if value is REQ else value for key, value in fields.items()}
            self._send(self.wire.encode(name, given))

    def go_on(self) -> bool:
        """Say what was to follow a moment later. False if nothing was."""
        if not self._later:
            return False
        messages, req = self._later.popleft()
        self.say(*messages, req=req)
        return True

    def times(self, request: str) -> int:
        """How often it was asked."""
        return sum(name == request for name, _ in self.asked)

    def close(self) -> None:
        for each in (self._socket, self._listener):
            if each is not None:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self._thread.join()

    def _send(self, body: bytes) -> None:
        with self._sending, contextlib.suppress(OSError):
            assert self._socket is not None
            self._socket.sendall(len(body).to_bytes(4, "big") + body)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            self._socket, _ = self._listener.accept()
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            file = self._socket.makefile("rb")
            file.read(4)  # API\0
            file.read(int.from_bytes(file.read(4), "big"))
            self._send(f"{self.wire.version}\00020250611 10:00:00 US/Eastern\0".encode())
            while head := file.read(4):
                self._hear(*self.wire.decode(file.read(int.from_bytes(head, "big"))))

    def _hear(self, name: str, number: int) -> None:
        rows = self.answers.get(name)
        if name != "reqCurrentTime":
            self.asked.append((name, number))
        if rows:
            self.say(*rows[min(self.times(name), len(rows)) - 1], req=number)
        else:
            self.say(*MANNERS.get(name, ()), req=number)


class PeerClock(VirtualClock):
    """While the client waits, its time runs to the moment in which the peer has something to say."""

    def __init__(self, peer: Peer) -> None:
        super().__init__()
        self._peer = peer

    def step(self, limit: float) -> bool:
        return self._peer.go_on() or super().step(limit)


def tell_time(app: IBApp, peer: Peer) -> None:
    """Put a session on the peer's clock: however slow the machine, it waits neither too long nor too short."""
    clock = PeerClock(peer)
    core(app).clock.use(GatewayTime(clock, core(app).fence.wait, core(app).reconnect.is_watchful))
