"""The other end of a connection, for tests: a socket pair (or a port) and a table of answers by message id."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from inside import core

from ibnb.wire.transport import Connection, Frames

READY = [("15", "1", "DU1234567"), ("9", "1", "1")]
Answer = Callable[[list[str]], Iterable[tuple[Any, ...]]]


def payload(*fields: Any) -> bytes:
    return b"".join(str(field).encode() + b"\0" for field in fields)


def framed(*fields: Any) -> bytes:
    body = payload(*fields)
    return len(body).to_bytes(4, "big") + body


class FakeTWS:
    """Answers requests from `answers` {message id: function of its fields}, remembers them in `received`."""

    def __init__(self, version: int = 157, answers: dict[int, Answer] | None = None) -> None:
        self.version = version
        self.answers: dict[int, Answer] = {71: lambda _: READY, 49: lambda _: [("49", "1", "1749650400")]}
        self.answers.update(answers or {})
        self.received: list[list[str]] = []
        self.hello = b""
        self.got = threading.Condition()
        self.ended = False
        self.socket: socket.socket | None = None
        self._answering = threading.local()
        self.listener: socket.socket | None = None

    # --- a port

    def listen(self, greeting: bytes | None = None) -> int:
        """Accept one client on a free port; `greeting` replaces the version frame (b"" = say nothing)."""
        self.listener = socket.create_server(("127.0.0.1", 0))
        port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(greeting,), daemon=True).start()
        return port

    def _accept(self, greeting: bytes | None) -> None:
        assert self.listener is not None
        try:
            while True:
                connected, _ = self.listener.accept()
                self.socket = connected
                self.hello = connected.recv(1000)
                answer = framed(self.version, "20250611 10:00:00 EST") if greeting is None else greeting
                if answer == b"close":
                    connected.close()
                    continue
                connected.sendall(answer)
                threading.Thread(target=self._serve_and_close, args=(connected,), daemon=True).start()
        except OSError:
            return

    def _serve_and_close(self, connected: socket.socket) -> None:
        with connected:
            self._serve(connected)
        with self.got:
            self.ended = True
            self.got.notify_all()

    # --- a socket pair

    def pair(self, app: Any, version: int | None = None) -> Connection:
        """Connect an app without a handshake; the session is ready when this returns."""
        ours, theirs = socket.socketpair()
        self.socket = ours
        threading.Thread(target=self._serve, args=(ours,), daemon=True).start()
        connection = Connection("pair", 0, core(app).outgoing.before_send)
        connection.attach(theirs)
        core(app).lifecycle.use(connection, version or self.version, "20250611 10:00:00 EST", 1)
        core(app).lifecycle.begin(connection)
        return connection

    # --- traffic

    def _serve(self, connected: socket.socket) -> None:
        frames = Frames()
        self._answering.socket = connected
        try:
            while data := connected.recv(65536):
                for body in frames.feed(data):
                    fields = body.decode().split("\0")[:-1]
                    # Whoever waits for a request may look at its answer too: send first, announce after.
                    for row in self.answers.get(int(fields[0]), lambda _: ())(fields):
                        connected.sendall(framed(*row))
                    with self.got:
                        self.received.append(fields)
                        self.got.notify_all()
        except OSError:
            return

    def _there(self) -> socket.socket:
        """The connection whose request this thread answers, or else the last one: by now another may have come."""
        there: socket.socket | None = getattr(self._answering, "socket", self.socket)
        assert there is not None
        return there

    def send(self, *fields: Any) -> None:
        self._there().sendall(framed(*fields))

    def wait_for(self, msg_id: int, count: int = 1) -> list[list[str]]:
        """The requests with this id, once there are `count` of them."""

        def found() -> list[list[str]]:
            return [fields for fields in self.received if fields[0] == str(msg_id)]

        with self.got:
            assert self.got.wait_for(lambda: len(found()) >= count, timeout=60), f"no message {msg_id} came"
            return found()

    def drop(self) -> None:
        """Close the connection, as a restarting TWS does."""
        dropped = self._there()
        dropped.shutdown(socket.SHUT_RDWR)
        dropped.close()

    def go_down(self) -> None:
        """Stop listening, and close the connection."""
        assert self.listener is not None
        # A mere close would leave the thread in accept(), and with it the port open.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop()

    def close(self) -> None:
        for each in (self.socket, self.listener):
            if each is not None:
                each.close()
