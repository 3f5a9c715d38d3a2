"""One connection after the other: reached, ready, ended. Whoever waits is released when it ends.

The reader thread only decodes, records and completes slots; whoever calls a verb waits in their own thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ibnb.core.apart import clock_at, plain
from ibnb.core.clock import Changes, Clock, RealTime
from ibnb.core.dispatch import on
from ibnb.core.order_ids import Ids
from ibnb.core.pending import Pending
from ibnb.core.status import Status
from ibnb.errors import ConnectionLostError, IBError, NotConnectedError
from ibnb.ib.api import MIN_CLIENT_VER
from ibnb.wire.transport import Connection, Gateway

#: The port of a gateway in this process, which needs none.
HERE = 0


class Settings(Protocol):
    """What the user may set on a session; see Session."""

    timeout: float
    connectTimeout: float
    newestVersion: int
    fenceTimeout: float
    autoReconnect: bool
    live: str | None
    staleAfter: float | str


class Taker(Protocol):
    """What takes the messages that come; see Incoming."""

    def take(self, payloads: list[bytes]) -> None: ...
    def is_private(self) -> bool: ...
    def may_wait(self) -> bool: ...


@dataclass(eq=False, repr=False)
class Lifecycle:
    """The session's connection, and how it stands. `client` is the EClient that the connection serves."""

    client: Any
    settings: Settings
    clock: Clock
    changes: Changes
    status: Status
    pending: Pending
    ids: Ids

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self.connection: Connection | None = None
        #: The gateway in this process to which port `HERE` leads, if there is one.
        self.gateway: Gateway | None = None
        #: What EClient calls `port`.
        self.port: int | None = None
        # Before a connection: what every TWS speaks.
        self.version = MIN_CLIENT_VER
        #: The gateway's time at the handshake, and its rate, if it goes by a clock of its own.
        self.apart: tuple[float, float] | None = None
        #: When the connection was made.
        self.since: float
        self.endpoint: tuple[str, int, int] | None = None
        self.accounts: list[str] = []
        #: The account that verbs use by default.
        self.account = ""
        #: The next order id and the accounts have come.
        self.ready = threading.Event()
        #: This connection has ended; and: nobody will try to have it back.
        self.ended = threading.Event()
        self.over = threading.Event()
        #: The user has heard of the end: `connectionClosed` has returned.
        self.told = threading.Event()
        for each in (self.ended, self.over, self.told):
            each.set()
        # The thread that works out an end.
        self._ending: int | None = None
        self.why_ended = "connect() hasn't been called"
        # What else a new connection means to other parts.
        self.opened: list[Callable[[Connection], object]] = []
        # Will somebody have the connection back that has just ended?
        self.comes_back: Callable[[], bool]
        # What else it means that nobody does.
        self.gone: Callable[[], object]
        # What takes the messages of a connection, and what sees each one that leaves.
        self.incoming: Taker
        self.before_send: Callable[[bytes], None]

    # --- begin -----------------------------------------------------------------------------------

    def connect(self, host: str, port: int, clientId: int) -> None:
        """See Session.connect."""
        host = host or "127.0.0.1"
        if self.connected():
            if self.endpoint == (host, port, clientId):
                self._say_error(501, "Already connected.")
                return
            raise IBError(f"already connected ({self.client!r}); call disconnect() before connecting elsewhere")
        if self.endpoint != (host, port, clientId):
            self.ids.elsewhere()
        try:
            connection = self.reach(host, port, clientId)
        except NotConnectedError as error:
            self.why_ended = str(error)
            self.release_waiters()
            self._say_error(502, str(error))
            raise
        self.begin(connection)

    def reach(self, host: str, port: int, clientId: int) -> Connection:
        """Shake hands; what was known of the last connection is void, but no order id is used twice at one place."""
        # Else what is still to be done about the last one's end would be done to this one.
        self.await_told()
        connection = Connection(host, port, self.before_send, self.gateway if port == HERE else None)
        self.signal("connection_ready", False)
        self.ready.clear()
        self.ids.again()
        self.accounts = []
        client = self.client
        # 9.81 calls it connectionOptions.
        options = getattr(client, "connectOptions", None) or getattr(client, "connectionOptions", None)
        version, connection_time = connection.open(self.settings.connectTimeout, options, self.settings.newestVersion)
        self.use(connection, version, connection_time, clientId)
        return connection

    def use(self, connection: Connection, version: int, connection_time: str, clientId: int) -> None:
        """Make an open connection the session's own."""
        client = self.client
        client.host, client.port, client.clientId = connection.host, connection.port, clientId
        client.serverVersion_, client.connTime = version, plain(connection_time)
        self.apart = None if connection.port == HERE else clock_at(connection.host, connection.port, connection_time)
        self.endpoint = (connection.host, connection.port, clientId)
        self.connection, self.version, self.since = connection, version, self.clock.now()
        self.ended.clear()
        self.over.clear()
        self.status.connected()
        self.pending.reopen()
        for each in self.opened:
            each(connection)
        client.setConnState(client.CONNECTED)

    def begin(self, connection: Connection) -> None:
        """Start the API, then the reader (in this order the tape is the same every time), and wait for readiness."""
        with suppress(ConnectionLostError):  # the reader sees it too
            self.client.startApi()
        self.client.wrapper.connectAck()
        incoming = self.incoming
        connection.start(
            incoming.take, lambda reason: self.end(connection, reason), incoming.is_private, incoming.may_wait
        )
        self.clock.reads(connection.reader)
        self._wait_ready(connection)

    def said_at(self) -> float | None:
        """When that was said which this thread is hearing, if it had to wait; else None."""
        connection = self.connection
        return connection.said_at if connection is not None and connection.in_reader() else None

    def waiting(self) -> Mapping[int, float]:
        """The requests whose news are there, and wait until somebody looks; and when each spoke last."""
        return {} if self.connection is None else self.connection.waiting

    def waits(self) -> bool:
        """Has nothing come but ticks, which may wait until somebody looks?"""
        return self.connection is not None and self.connection.waits

    def _wait_ready(self, connection: Connection) -> None:
        if connection.in_reader():  # a callback of an old connection reconnects; it can't wait for the new one
            return
        limit = self.settings.connectTimeout

        def decided() -> bool:
            return self.ready.is_set() or self.ended.is_set() or bool(self.status.last_words)

        RealTime(self.changes).wait(decided, limit)
        if not self.ready.is_set():
            self.end(
                connection,
                f"it sent no order id and accounts within {limit:g} s. "
                "Usually a dialog in TWS waits for a click, or it is still logging in.",
            )
            raise NotConnectedError(f"TWS didn't start the session: {self.why_ended}")
        # The reader thread has just made it ready, and may not have come to this.
        self.signal("connection_ready", True)

    @on("nextValidId")
    def next_id_told(self, orderId: int) -> None:
        self.ids.told(orderId)

    @on("managedAccounts")
    def accounts_told(self, accountsList: str) -> None:
        self.accounts = [code for code in accountsList.split(",") if code]
        if self.accounts and self.account not in self.accounts:
            self.account = self.accounts[0]

    def maybe_ready(self) -> None:
        """Called after nextValidId and managedAccounts, and after the user's overrides of them."""
        if self.ids.next is not None and self.accounts:
            self.ready.set()
            self.signal("connection_ready", True)

    # --- end -------------------------------------------------------------------------------------

    def finish(self, reason: str) -> None:
        """End the connection there is, and wait for its reader thread, and until the user has heard of the end."""
        connection = self.connection
        if connection is not None:
            self.end(connection, reason)
            connection.join()
        self.await_told()

    def end(self, connection: Connection, reason: str) -> None:
        """The connection has ended, or is to end; once is enough."""
        with self._lock:
            if self.connection is not connection:
                return
            self.connection = None
            self._ending = threading.get_ident()
            self.told.clear()
        connection.disconnect()
        self.client.setConnState(self.client.DISCONNECTED)
        self.status.socket, self.status.link = "closed", "unknown"
        self.why_ended = self.status.last_words or reason
        # Whoever waits for the end finds what comes next arranged already.
        returns = self.comes_back()
        self.pending.fail_all(self.lost(), spare_lasting=returns)
        if not returns:
            self.gone()
            self.over.set()
        self.ended.set()
        self.release_waiters()
        try:
            self.client.wrapper.connectionClosed()
        finally:
            self._ending = None
            self.told.set()

    def await_told(self) -> None:
        """Return when `connectionClosed` has run, as ibapi's run() and disconnect() do. Not where that calls this."""
        if self._ending != threading.get_ident():
            self.told.wait(5)

    def lost(self, what: str = "") -> ConnectionLostError:
        """The error of whoever waited for something on a connection that has ended."""
        return ConnectionLostError(f"{what}{': ' if what else ''}the connection has ended: {self.why_ended}")

    def release_waiters(self) -> None:
        # Programs of the seeds wait on these without a limit; what they do next says that there is no connection.
        self.signal("connection_ready", True)
        self.signal("data_ready", True)
        self.changes.announce()

    def signal(self, name: str, up: bool) -> None:
        """Set or clear one of the user's Events, unless they have put something else in its place."""
        event = getattr(self.client, name, None)
        if isinstance(event, threading.Event):
            if up:
                event.set()
            else:
                event.clear()

    def _say_error(self, code: int, text: str) -> None:
        self.client.wrapper.error(-1, round(self.clock.now() * 1000), code, text)

    @property
    def client_id(self) -> int | None:
        """The client id of this or the last connection; None before the first."""
        return None if self.endpoint is None else self.endpoint[2]

    # --- how it stands ---------------------------------------------------------------------------

    def connected(self) -> bool:
        """Is there a connection to TWS?"""
        connection = self.connection
        return connection is not None and connection.isConnected()

    def usable(self) -> bool:
        """Is there a connection that is ready for requests?"""
        return self.connected() and self.ready.is_set()

    def await_end(self) -> None:
        """Return when an end that has begun is worked out. Until then nobody knows whether the session comes back: the
        reader thread, which has seen the socket close, is about to say so."""
        if not self.connected():
            RealTime(self.changes).wait(lambda: self.connected() or self.ended.is_set(), self.settings.connectTimeout)

    def check_thread(self, verb: str) -> None:
        """IBError where waiting would keep away what is waited for."""
        connection = self.connection
        if connection is not None and connection.in_reader():
            raise IBError(
                f"{verb} can't wait inside a callback: the answer comes through the same thread. "
                "Keep what you need in an attribute and call the verb outside."
            )
