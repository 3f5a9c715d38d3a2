"""One socket: bytes → frames, and the handshake. Nothing here knows what a frame says.

Where ibapi reads 4 kB at a time, drops what comes with the version frame and loses bursts that end
on a 4096-byte boundary, this reader keeps every byte, and each end of a connection is reported once.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import socket
import struct
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from ibnb.errors import ConnectionLostError, NotConnectedError
from ibnb.ib.api import MAX_CLIENT_VER, MAX_MSG_LEN, MIN_CLIENT_VER, hello
from ibnb.wire.pump import Pump
from ibnb.wire.reader import CHUNK, READER, Reader

_LENGTH = struct.Struct(">I").unpack_from

_SETTINGS = "TWS: Global Configuration, API, Settings (IB Gateway: Configure, Settings, API, Settings)"
_PORTS = "TWS 7497 paper, 7496 live; IB Gateway 4002 paper, 4001 live"


class Frames:
    """Cuts a stream of bytes, however it is split, into payloads."""

    def __init__(self) -> None:
        # The beginning of a message whose rest hasn't come, and how long it must be before it is worth a look.
        self._buffer = bytearray()
        self._needed = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The complete payloads after these bytes. ValueError when a length is impossible."""
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return []
            data = bytes(self._buffer)
            self._buffer.clear()
        elif 4 <= len(data) == 4 + _LENGTH(data)[0] <= MAX_MSG_LEN:
            return [data[4:]]  # the usual case: one message
        found: list[bytes] = []
        start, end, needed = 0, len(data), 4
        while end - start >= 4:
            (size,) = _LENGTH(data, start)
            if size > MAX_MSG_LEN:
                raise ValueError(f"a message of {size} bytes was announced; {MAX_MSG_LEN} is the most")
            stop = start + 4 + size
            if end < stop:
                needed = stop - start
                break
            found.append(data[start + 4 : stop])
            start = stop
        self._needed = needed
        if start < end:
            self._buffer += data[start:]
        return found


class Gateway(Protocol):
    """The part of an `ibnb.gateway.Gateway` in this process to which one connects: `dial` returns what a socket is."""

    @property
    def port(self) -> int: ...
    def dial(self) -> Any: ...


class Connection:
    """The object that EClient calls `conn`: `sendMsg`, `isConnected`, `disconnect`.

    `on_send` sees every outgoing message under the send lock, and may refuse it by raising. With a `gateway` it leads
    there and not to a port.
    """

    def __init__(
        self,
        host: str,
        port: int,
        on_send: Callable[[bytes], None] | None = None,
        gateway: Gateway | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.where = f"{host}:{port}" if gateway is None else "the simulator in this process"
        self._gateway = gateway
        # Hands on what comes, where no socket has to be read.
        self._pump: Pump | None = None
        self.socket: socket.socket | None = None
        self.lock = threading.RLock()
        # A message couldn't be sent: the end has begun, even if the reader hasn't seen it yet.
        self.failed = False
        self.reader: Reader | None = None
        # May make a sender wait, before it holds the lock.
        self.pace: Callable[[], None] | None = None
        self._on_send = on_send
        self._frames = Frames()
        self._early: list[bytes] = []

    # --- open ------------------------------------------------------------------------------------

    def open(self, timeout: float, options: str | None = None, newest: int = MAX_CLIENT_VER) -> tuple[int, str]:
        """Connect and shake hands, offering versions up to `newest`: (server version, connection time).

        Raises NotConnectedError which tells apart: nothing listens, no such host, no answer,
        closed at once, not a TWS, no common version.
        """
        if self._gateway is None and not 0 < self.port < 65536:
            # Some systems would quietly use the number's last 16 bits.
            raise NotConnectedError(f"{self.port} isn't a port: it must be 1 to 65535. The usual ones are {_PORTS}.")
        try:
            gateway = self._gateway
            place = (self.host, self.port)
            self.attach(gateway.dial() if gateway is not None else socket.create_connection(place, timeout))
        except OSError as cause:
            raise NotConnectedError(self._why_unreachable(cause, timeout)) from cause
        try:
            return self._shake_hands(timeout, options, newest)
        except BaseException:
            self.disconnect()
            raise

    def attach(self, connected: socket.socket) -> None:
        """Use a socket that is connected already."""
        self.socket = connected
        _open.add(self)

    def _shake_hands(self, timeout: float, options: str | None, newest: int) -> tuple[int, str]:
        where = self.where
        connected = self.socket
        assert connected is not None
        connected.settimeout(timeout)
        if connected.family in (socket.AF_INET, socket.AF_INET6):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        frames: list[bytes] = []
        received = b""
        try:
            connected.sendall(hello(options, newest))
            while not frames:
                data = connected.recv(CHUNK)
                if not data:
                    raise NotConnectedError(
                        f"{where} accepted the connection and closed it at once. It doesn't trust this machine, has "
                        f"32 clients already, or is too old for protocol {MIN_CLIENT_VER}..{newest}. "
                        f"Look at Trusted IPs in {_SETTINGS}."
                    )
                received += data
                frames = self._frames.feed(data)
        except TimeoutError as cause:
            raise NotConnectedError(
                f"{where} accepted the connection but said nothing for {timeout:g} s. Usually TWS shows a dialog that "
                "waits for a click (accept incoming connection, paper trading disclaimer), or it hangs: look at it."
            ) from cause
        except ValueError as cause:
            raise NotConnectedError(self._not_tws(received)) from cause
        except OSError as cause:
            raise NotConnectedError(f"{where} broke the connection during the handshake: {cause}") from cause
        fields = frames[0].split(b"\0")
        if len(fields) != 3 or not fields[0].isdigit():
            raise NotConnectedError(self._not_tws(received))
        version = int(fields[0])
        if not MIN_CLIENT_VER <= version <= newest:
            mend = "Update the older of the two." if newest == MAX_CLIENT_VER else f"Don't limit it to {newest}."
            raise NotConnectedError(
                f"{where} speaks protocol {version}; this program offers {MIN_CLIENT_VER} to {newest}. {mend}"
            )
        self._early = frames[1:]
        return version, fields[1].decode("ascii", "replace")

    def _why_unreachable(self, cause: OSError, timeout: float) -> str:
        where = self.where
        if isinstance(cause, ConnectionRefusedError):
            return (
                f"nothing listens on {where}. Start TWS or IB Gateway and log in; tick 'Enable ActiveX and Socket "
                f"Clients' in {_SETTINGS}; the usual ports are {_PORTS}. Without an account: ibnb.connect() alone "
                "uses the embedded simulator."
            )
        if isinstance(cause, socket.gaierror):
            return f"there is no host {self.host!r}: {cause}. TWS on this machine is 127.0.0.1."
        if isinstance(cause, TimeoutError):
            return f"no answer from {where} within {timeout:g} s: a firewall drops the connection, or the host is off."
        return f"can't reach {where}: {cause}"

    def _not_tws(self, received: bytes) -> str:
        return (
            f"what answers on {self.where} isn't TWS or IB Gateway: it said {received[:40]!r}. "
            f"The usual ports are {_PORTS}; the Client Portal gateway (5000) is something else."
        )

    # --- read ------------------------------------------------------------------------------------

    def start(
        self,
        on_frames: Callable[[list[bytes]], None],
        on_end: Callable[[str], None],
        may_read: Callable[[], bool] = lambda: False,
        may_wait: Callable[[], bool] = lambda: False,
    ) -> None:
        """Start to read: `on_frames` is called with the messages that came at once.

        `on_end(reason)` is called once, unless `disconnect` came first. `may_read`: see Reader. `may_wait`: can ticks
        wait until `catch_up`?
        """
        name = f"{READER} {self.where}"
        if self._gateway is None:
            self.reader = Reader(self, self._frames.feed, on_frames, on_end, may_read)
            self.reader.start(name, self._early)
        elif self.socket is not None:
            self._pump = Pump(self, self._frames.feed, on_frames, on_end, may_read, may_wait)
            self._pump.start(name, self._early)

    def in_reader(self) -> bool:
        """Is the caller called by what has just been read?"""
        hands_on = self.reader or self._pump
        return hands_on is not None and hands_on.reading == threading.get_ident()

    @property
    def said_at(self) -> float | None:
        """When that was said which is being handed on; None: now."""
        return None if self._pump is None else self._pump.said_at

    @property
    def waits(self) -> bool:
        """Has nothing come but what may wait until `catch_up`?"""
        return self._pump is not None and self._pump.waits

    @property
    def waiting(self) -> Mapping[int, float]:
        """The requests of which something waits until `catch_up`, and when each spoke last."""
        return {} if self._pump is None else self._pump.waiting

    def catch_up(self) -> None:
        """Somebody looks: hand on what has waited."""
        if self._pump is not None:
            self._pump.catch_up()

    def go_on(self) -> None:
        """Somebody waits for what only the reader thread will read."""
        hands_on = self.reader or self._pump
        if hands_on is not None:
            hands_on.go_on()

    def join(self) -> None:
        """After `disconnect`: wait for the reader thread's end, unless this is it."""
        hands_on = self.reader or self._pump
        if hands_on is not None and hands_on.thread is not None and not self.in_reader():
            hands_on.thread.join(timeout=5)

    # --- what EClient calls ----------------------------------------------------------------------

    def sendMsg(self, msg: bytes) -> int:
        """Send one framed message, whole. ConnectionLostError when the connection is gone."""
        if self.pace is not None:
            self.pace()
        with self.lock:
            if self._on_send is not None:
                self._on_send(msg)
            sent = self._send(msg)
        if self._pump is not None:
            self._pump.sent()
        return sent

    def send_marked(self, msg: bytes, mark: Callable[[], None]) -> None:
        """Send without telling `on_send`; `mark` runs under the same lock, so that answers can be told apart."""
        with self.lock:
            mark()
            self._send(msg)
        if self._pump is not None:
            self._pump.tell()

    @contextmanager
    def held(self) -> Iterator[None]:
        """In the block this thread doesn't take what its own messages bring at once; it does at the end."""
        if self._pump is None:
            yield
        else:
            with self._pump.held():
                yield

    def _send(self, msg: bytes) -> int:
        connected = self.socket
        if connected is None:
            raise ConnectionLostError("the connection is closed")
        try:
            connected.sendall(msg)
        except OSError as cause:
            self.failed = True
            with contextlib.suppress(OSError):
                # Whatever it was, the reader sees the end now.
                connected.shutdown(socket.SHUT_RDWR)
            raise ConnectionLostError(f"the connection broke while sending: {cause}") from cause
        return len(msg)

    def isConnected(self) -> bool:
        return self.socket is not None and not self.failed

    def disconnect(self) -> None:
        """Close the socket; the reader thread ends by itself. Any thread, any number of times."""
        connected, self.socket = self.socket, None
        if connected is not None:
            _open.discard(self)
            with contextlib.suppress(OSError):
                # Wakes up the reader, which a mere close wouldn't.
                connected.shutdown(socket.SHUT_RDWR)
            connected.close()
            self.go_on()

    def forget(self) -> None:
        """After a fork: let go of the parent's socket without disturbing it."""
        connected, self.socket = self.socket, None
        self.lock = threading.RLock()
        if connected is not None:
            connected.close()


_open: weakref.WeakSet[Connection] = weakref.WeakSet()


def _close_all() -> None:
    for connection in list(_open):
        connection.disconnect()


def _forget_all() -> None:
    for connection in list(_open):
        connection.forget()
    _open.clear()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
