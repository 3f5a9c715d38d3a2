"""A live connection under ibapi's names: connect, run, disconnect, what time it is, when all callbacks have run.

The reader thread only decodes, records and completes slots; whoever calls a verb waits in their own thread.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from ibnb.core.clock import Changes, Latch, RealTime, Time, wait_for_fence
from ibnb.core.dispatch import Callbacks, Dispatcher, find_override, on
from ibnb.core.pending import Pending
from ibnb.core.status import Status
from ibnb.core.tape import Tape
from ibnb.errors import ConnectionLostError, IBError, NotConnectedError, RequestTimeoutError
from ibnb.ib import api
from ibnb.ib.api import EClient, EWrapper
from ibnb.wire.fast import RUN, RUN_ID, Decoded, runs
from ibnb.wire.transport import Connection

NEW_YORK = ZoneInfo("America/New_York")
_GLANCE = 0.01


class Link(EWrapper, EClient):  # type: ignore[misc]
    """EClient and EWrapper with a reader thread of their own, and one end that releases every waiter."""

    connectTimeout: float = 10.0
    # Real seconds that a TWS may take to say what time it is.
    fenceTimeout: float = 20.0
    conn: Connection | None

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # Not in __init__: the seeds' programs call EClient.__init__(self, self) and nothing else.
        app: Self = super().__new__(cls)
        app._prepare()
        return app

    def __init__(self) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, wrapper=self)

    def _prepare(self) -> None:
        """Set up the object's own state; a verb family that keeps state extends this (and calls super first)."""
        self.connection_ready = threading.Event()
        self.data_ready = threading.Event()
        self.nextOrderId: int | None = None
        self.accounts: list[str] = []
        self.account = ""
        self._changes = Changes()
        self._time: Time = RealTime(self._changes)
        self._status = Status(self._now)
        self._tape = Tape(self._now)
        self._pending = Pending()
        self._lock = threading.RLock()
        self._ready = threading.Event()
        # This connection has ended; and: nobody will try to have it back.
        self._ended = threading.Event()
        self._ended.set()
        self._over = threading.Event()
        self._over.set()
        # No order id below this one may be used again, whatever TWS says.
        self._order_floor = 0
        self._why_ended = "connect() hasn't been called"
        # TWS leaves even a fence unanswered.
        self._silent = False
        self._endpoint: tuple[str, int, int] | None = None
        # What else ends with an explicit disconnect(): connect.py's embedded gateway.
        self._at_disconnect: list[Callable[[], None]] = []
        # Who asked for the time, in the order of the requests: None = the user, a latch = a fence.
        self._time_asked: deque[Latch | None] = deque()
        self._uses_protobuf: dict[tuple[int, int | None], bool] = {}
        self._dispatcher = Dispatcher(self)
        EClient.__init__(self, wrapper=self)

    # EClient reports its own errors, and the Decoder its answers, to `wrapper`: everything is dispatched.
    @property
    def wrapper(self) -> Callbacks:
        return self._dispatcher.callbacks

    @wrapper.setter
    def wrapper(self, value: object) -> None:
        """`EClient.__init__(self, self)` sets it; the dispatcher stays and finds the overrides itself."""

    def error(self, *args: Any) -> None:
        """Where `super().error(...)` of an override ends: everything is recorded already."""

    # --- connect ---------------------------------------------------------------------------------

    def connect(self, host: str, port: int, clientId: int) -> None:
        """Connect to TWS or IB Gateway; returns when the session is ready for requests.

        Ready means: the next order id and the accounts have arrived. Unlike ibapi's, this connect never
        returns unconnected: it raises NotConnectedError that says what to look at, after `error` has
        received code 502 (or 326). `connectTimeout` is in real seconds. Called again with the same
        arguments while connected it does nothing.
        """
        host = host or "127.0.0.1"
        if self.isConnected():
            if self._endpoint == (host, port, clientId):
                self.wrapper.error(-1, self._millis(), 501, "Already connected.")
                return
            raise IBError(f"already connected ({self!r}); call disconnect() before connecting elsewhere")
        if self._endpoint != (host, port, clientId):
            self._order_floor, self.nextOrderId = 0, None
        try:
            connection = self._reach(host, port, clientId)
        except NotConnectedError as error:
            self._why_ended = str(error)
            self._release_waiters()
            self.wrapper.error(-1, self._millis(), 502, str(error))
            raise
        self._begin(connection)

    def _reach(self, host: str, port: int, clientId: int) -> Connection:
        """Shake hands; what was known of the last connection is void, but no order id is used twice at one place."""
        connection = Connection(host, port, self._before_send)
        self.connection_ready.clear()
        self._ready.clear()
        self._order_floor = max(self._order_floor, self.nextOrderId or 0)
        self.nextOrderId = None
        self.accounts = []
        self._time_asked.clear()
        version, connection_time = connection.open(self.connectTimeout, self._connect_options())
        self._use(connection, version, connection_time, clientId)
        return connection

    def _connect_options(self) -> str | None:
        # 9.81 calls it connectionOptions.
        options: str | None = getattr(self, "connectOptions", None) or getattr(self, "connectionOptions", None)
        return options

    def _use(self, connection: Connection, version: int, connection_time: str, clientId: int) -> None:
        """Make an open connection the session's own."""
        self.host, self.port, self.clientId = connection.host, connection.port, clientId
        self._endpoint = (connection.host, connection.port, clientId)
        self.conn = connection
        self.serverVersion_ = version
        self.connTime = connection_time
        self._interpret = api.make_interpreter(self.wrapper, version)
        self._ended.clear()
        self._over.clear()
        self._silent = False
        self._status.connected()
        self._pending.reopen()
        self.setConnState(EClient.CONNECTED)

    def _begin(self, connection: Connection) -> None:
        """Start the API, then the reader (in this order the tape is the same every time), and wait for readiness."""
        with suppress(ConnectionLostError):  # the reader sees it too
            self.startApi()
        self.wrapper.connectAck()
        connection.start(self._on_frames, lambda reason: self._end(connection, reason), self._dispatcher.is_private)
        if isinstance(self._time, RealTime):
            self._time.reader = connection.reader
        self._wait_ready(connection)

    def _wait_ready(self, connection: Connection) -> None:
        if connection.in_reader():  # a callback of an old connection reconnects; it can't wait for the new one
            return
        deadline = time.monotonic() + self.connectTimeout
        while not self._ready.wait(0.05):
            refused = self._ended.is_set() or self._status.last_words
            late = time.monotonic() > deadline
            if (refused or late) and not self._ready.is_set():
                self._end(
                    connection,
                    f"it sent no order id and accounts within {self.connectTimeout:g} s. "
                    "Usually a dialog in TWS waits for a click, or it is still logging in.",
                )
                raise NotConnectedError(f"TWS didn't start the session: {self._why_ended}")

    @on("nextValidId")
    def _ready_order_id(self, orderId: int) -> None:
        with self._lock:
            # An answer to reqIds may be older than the orders that were placed since, and a restarted TWS has been
            # seen to count from further back.
            self.nextOrderId = max(orderId, self.nextOrderId or 0, self._order_floor)

    @on("managedAccounts")
    def _ready_accounts(self, accountsList: str) -> None:
        self.accounts = [code for code in accountsList.split(",") if code]
        if self.accounts and self.account not in self.accounts:
            self.account = self.accounts[0]

    def _maybe_ready(self) -> None:
        """Called after nextValidId and managedAccounts, and after the user's overrides of them."""
        if self.nextOrderId is not None and self.accounts:
            self._ready.set()
            self.connection_ready.set()

    # --- end -------------------------------------------------------------------------------------

    def run(self) -> None:
        """Block until the session is over: ibapi's message loop, whose work the reader thread does."""
        try:
            while not self._over.wait(0.2):
                self.msgLoopTmo()
        except KeyboardInterrupt:
            self.keyboardInterrupt()
            self.disconnect()
            raise

    def disconnect(self) -> None:
        """End the session, and with it every wait. Orders stay as they are at TWS."""
        self._finish_session("disconnect() was called")
        while self._at_disconnect:
            self._at_disconnect.pop()()

    def _finish_session(self, reason: str) -> None:
        connection = self.conn
        if connection is not None:
            self._end(connection, reason)
            connection.join()

    def _end(self, connection: Connection, reason: str) -> None:
        with self._lock:
            if self.conn is not connection:
                return
            self.conn = None
        connection.disconnect()
        self.setConnState(EClient.DISCONNECTED)
        self._ready.clear()
        self._status.socket, self._status.link = "closed", "unknown"
        self._why_ended = self._status.last_words or reason
        # Whoever waits for the end finds what comes next arranged already.
        returns = self._comes_back()
        error = ConnectionLostError(f"the connection has ended: {self._why_ended}")
        self._pending.fail_all(error, spare_lasting=returns)
        if not returns:
            self._over.set()
        self._ended.set()
        self._release_waiters()
        self.wrapper.connectionClosed()

    def _comes_back(self) -> bool:
        """The connection has ended: will the session try to have it back?"""
        return False

    def _release_waiters(self) -> None:
        # Programs of the seeds wait on these without a limit; what they do next says that there is no connection.
        self.connection_ready.set()
        self.data_ready.set()
        self._changes.announce()

    def isConnected(self) -> bool:
        """Is there a connection to TWS? (Whether TWS has its own link to IBKR, `app.notices` says.)"""
        connection = self.conn
        return connection is not None and connection.isConnected()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.disconnect()

    def __repr__(self) -> str:
        name = type(self).__name__
        if not self.isConnected() or self._endpoint is None:
            return f"<{name} not connected>"
        host, port, client = self._endpoint
        accounts = ", ".join(mask(account) for account in self.accounts)
        return (
            f"<{name} connected to {host}:{port} as client {client}, account {accounts or 'unknown'}, "
            f"server version {self.serverVersion_}, next order id {self.nextOrderId}>"
        )

    # --- time ------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The session's time, with New York's zone: the embedded gateway's clock, or the wall clock."""
        return datetime.fromtimestamp(self._now(), NEW_YORK)

    def _now(self) -> float:
        return self._time.now()

    def _millis(self) -> int:
        return round(self._now() * 1000)

    def _fence(self) -> None:
        """Return when every callback of what TWS has sent so far has run. Leaves no trace on tape and log.

        A TWS that doesn't even answer this (`_silent`) isn't waited for again until it does.
        """
        connection = self.conn
        if connection is not None:
            self._check_thread("waiting")
            try:
                answered = self._ask_time(connection)
                if self._silent:
                    self._silent = not answered.wait(_GLANCE)
                    return
                # A connection that is back already doesn't know what the old one was asked.
                wait_for_fence(answered, lambda: self.conn is connection, self.fenceTimeout)
                return
            except RequestTimeoutError:
                self._silent = True
                self._status.say(f"TWS has answered nothing for {self.fenceTimeout:g} s; it may hang", "warning")
                return
            except (NotConnectedError, ConnectionLostError):
                pass
        # The end of the connection releases whoever waits; time mustn't move on before it has.
        self._await_end()

    def _await_end(self) -> None:
        """Return when an end that has begun is worked out. Until then nobody knows whether the session comes back: the
        reader thread, which has seen the socket close, is about to say so."""
        for _ in range(100):
            if self.isConnected() or self._ended.wait(0.05):
                return

    def _ask_time(self, connection: Connection) -> Latch:
        """Ask what the time is, unseen; the latch is set by the answer."""
        answered = Latch()
        connection.go_on()
        request = api.current_time_request(self.serverVersion_ or 0)
        connection.send_marked(request, lambda: self._time_asked.append(answered))
        return answered

    def _fence_is_next(self) -> bool:
        return bool(self._time_asked) and self._time_asked[0] is not None

    def _fence_answered(self) -> bool:
        """The next answer about the time is a fence's (and is now used up), not the user's."""
        asked = self._time_asked.popleft() if self._time_asked else None
        if asked is None:
            return False
        self._silent = False
        asked.set()
        return True

    def _check_thread(self, verb: str) -> None:
        connection = self.conn
        if connection is not None and connection.in_reader():
            raise IBError(
                f"{verb} can't wait inside a callback: the answer comes through the same thread. "
                "Keep what you need in an attribute and call the verb outside."
            )

    # --- messages --------------------------------------------------------------------------------

    def useProtoBuf(self, msgId: int) -> bool:
        """Does a request leave as protobuf? ibapi's answer, remembered: it goes through a long list each time."""
        found = self._uses_protobuf.get((msgId, self.serverVersion_))
        if found is None:
            found = self._uses_protobuf[msgId, self.serverVersion_] = bool(super().useProtoBuf(msgId))
        return found

    def logRequest(self, fnName: str, fnParams: dict[str, Any]) -> None:
        """Every request of EClient comes by here first: the tape's source."""
        self._tape.request(fnName, fnParams)
        if api.requests_are_logged():
            super().logRequest(fnName, fnParams)

    def sendMsg(self, *parts: Any) -> None:
        """The bytes and the log of EClient.sendMsg, which spends more time on a text for a log that nobody reads, and
        on a struct format for each length, than sending takes."""
        connection = self.conn
        if connection is None:
            gone = NotConnectedError if self._endpoint is None else ConnectionLostError
            raise gone(f"there is no connection: {self._why_ended}")
        message = api.request_frame(parts, self.serverVersion_ or 0)
        if api.messages_are_logged():
            api.MESSAGE_LOG.info("%s %s %s", "SENDING", sys._getframe(1).f_code.co_name, message)
        connection.sendMsg(message)

    def _before_send(self, message: bytes) -> None:
        """Sees each outgoing message, under the lock that keeps messages in order."""
        if message[4:8] in api.TIME_REQUESTS:
            self._time_asked.append(None)

    def _outgoing_id(self, message: bytes) -> int:
        msg_id = api.message_id(message[4:], self.serverVersion_ or 0)
        return msg_id - api.PROTOBUF_OFFSET if msg_id > api.PROTOBUF_OFFSET else msg_id

    def _on_frames(self, payloads: list[bytes]) -> None:
        """What came at once, in order; the end of the connection drops the rest."""
        if len(payloads) == 1:
            self._on_frame(payloads[0])
            return
        connection = self.conn
        for each in runs(payloads):
            if self.conn is not connection:
                return
            if isinstance(each, bytes):
                self._on_frame(each)
            elif not self._on_run(each):
                for payload in each:
                    if self.conn is connection:
                        self._on_frame(payload)

    def _on_run(self, payloads: list[bytes]) -> bool:
        version = self.serverVersion_ or 0
        if self._dispatcher.fast(RUN_ID, version) is None or not self._dispatcher.in_columns("tickPrice", "tickSize"):
            return False
        found = RUN(payloads, version)
        if found is None:
            return False
        self._take(found, RUN_ID, payloads, version)
        if find_override(self, "msgLoopRec") is not None:
            for _ in payloads:
                self._guard_hook()
        return True

    def _on_frame(self, payload: bytes) -> None:
        try:
            version = self.serverVersion_ or 0
            msg_id = api.message_id(payload, version)
            decode = self._dispatcher.fast(msg_id, version)
            found = decode(payload, version) if decode is not None else None
            if found is None:
                self._interpret(msg_id, payload)
            elif found.callbacks:
                self._take(found, msg_id, [payload], version)
            else:
                callbacks = self._dispatcher.callbacks
                for name, args in found.calls:
                    getattr(callbacks, name)(*args)
        except Exception as error:
            self._record_problem("decode", error, traceback.format_exc(), f"message {payload[:60]!r}")
        if not self._dispatcher.is_private():
            self._guard_hook()

    def _take(self, found: Decoded, msg_id: int, payloads: list[bytes], version: int) -> None:
        """What a fast decoder has found goes where the callbacks would have gone."""
        if self._tape.on:
            self._tape.messages(found.callbacks, msg_id, payloads, version)
        for name, args in found.calls:
            self._dispatcher.deliver(name, *args)
        self._changes.announce()

    def _guard_hook(self) -> None:
        try:
            self.msgLoopRec()
        except Exception as error:
            self._record_problem("msgLoopRec", error, traceback.format_exc(), "your override")

    def _record_problem(self, name: str, error: BaseException, trace: str, where: str) -> None:
        self._status.problem(name, where, error, trace)


def mask(account: str) -> str:
    """An account code for texts that end up in shared notebooks: DU*****67."""
    return account if len(account) < 6 else f"{account[:2]}{'*' * (len(account) - 4)}{account[-2:]}"
