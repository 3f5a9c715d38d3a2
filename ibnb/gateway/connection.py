"""A client's socket.

What real clients forced (measured with ibapi 9.81.1 and 10.51): the handshake's answer leaves alone, in one write;
and a burst must not end on a multiple of 4096 bytes, because ibapi's reader then waits a second and drops it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Protocol

from .engine import Engine
from .session import Session, State
from .timekeeper import GREETING, Mover, Timekeeper

_log = logging.getLogger(__name__)

_READ_CHUNK = 4096  # what ibapi's reader asks of its socket
_PAUSE = 0.02  # seconds that the last byte of a burst waits if it would end on a chunk's edge
STUFFED = 1 << 20  # bytes unread by a client above which no more of its requests are read
_BACKLOG_LIMIT = 64 * 1024 * 1024  # bytes that a slow reader may leave behind before its session ends


class Host(Mover, Protocol):
    """The part of a gateway that its connections know."""

    engine: Engine
    connections: list[Any]
    sockets: set[Any]

    @property
    def takes_keepers(self) -> bool: ...
    def trusts(self, host: str) -> bool: ...
    def makes_room(self) -> bool: ...
    def settle(self) -> None: ...


class Connection(asyncio.Protocol):
    """One client's socket: bytes in, bytes out, nothing else. One that says so moves time instead (`timekeeper`)."""

    transport: asyncio.Transport

    def __init__(self, gateway: Host) -> None:
        self._gateway = gateway
        self.session = Session(gateway.engine, in_steps=True)
        self._going_on = False
        self._keeper: Timekeeper | None = None
        self._held = b""  # the byte that waits so that a burst doesn't end on a chunk's edge

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._gateway.sockets.add(self)
        peer = transport.get_extra_info("peername")
        if not self._gateway.trusts(peer[0] if peer else ""):
            _log.warning("refused a connection from %s: not a trusted host", peer)
            transport.abort()
        elif not self._gateway.makes_room():
            _log.warning("refused a connection: none are taken now")
            transport.abort()
        else:
            transport.set_write_buffer_limits(STUFFED)
            self._gateway.connections.append(self)

    def data_received(self, data: bytes) -> None:
        fresh = self._keeper is None and self.session.state is State.HELLO
        if fresh and data.startswith(GREETING) and self._gateway.takes_keepers:
            self._gateway.connections.remove(self)
            self._keeper = Timekeeper(self._gateway, self.transport)
        if self._keeper is not None:
            self._keeper.receive(data)
            return
        self.session.receive(data)
        self._gateway.settle()

    def pause_writing(self) -> None:
        self.session.stuff(True)

    def resume_writing(self) -> None:
        self.session.stuff(False)
        self.session.proceed()
        self._gateway.settle()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gateway.sockets.discard(self)
        if self._keeper is not None:
            self._keeper.lost()
        self.session.lost()
        with contextlib.suppress(ValueError):
            self._gateway.connections.remove(self)
        self._gateway.settle()

    @property
    def unread(self) -> int:
        """How many bytes the client hasn't read."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Hang up."""
        self.transport.abort()

    def flush(self) -> None:
        """Hand to the socket what the session has to say, and listen only as long as the session does."""
        while bursts := self.session.outgoing():
            for burst in bursts:
                assert isinstance(burst, bytes)  # nobody here hears later
                self._write(burst)
            if self.session.busy:
                break
            self.session.proceed()  # with what it left unread because it had so much to say
        if self.session.busy and not self._going_on:
            self._going_on = True
            asyncio.get_running_loop().call_soon(self._go_on)
        if self.unread > _BACKLOG_LIMIT:
            _log.warning("client %s doesn't read; its session ends", self.session.clientId)
            self.transport.abort()
        elif self.transport.is_closing():
            return
        elif self.session.closed:
            self.transport.close()
        elif self.session.reading:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def _go_on(self) -> None:
        """The next step of a long answer; whatever came meanwhile has had its turn."""
        self._going_on = False
        self.session.proceed()
        self._gateway.settle()

    def _write(self, burst: bytes) -> None:
        burst = self._held + burst
        self._held = b""
        if len(burst) % _READ_CHUNK == 0:
            burst, self._held = burst[:-1], burst[-1:]
            asyncio.get_running_loop().call_later(_PAUSE, self._release)
        self.transport.write(burst)

    def _release(self) -> None:
        held, self._held = self._held, b""
        if held and not self.transport.is_closing():
            self.transport.write(held)
