"""A session with TWS: it connects, is ready or says why not, and lets verbs ask and wait in finite time.

The reader thread only decodes, records and completes slots; whoever calls a verb waits in their own thread.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from ibnb import _compat
from ibnb._compat import EClient, EWrapper
from ibnb._dispatch import Dispatcher, on
from ibnb._status import Status
from ibnb._time import Changes, Done, RealTime, Time, seconds_of, wait_for_fence
from ibnb._transport import Connection
from ibnb.codes import explain_code, kind_of_verb, outcome
from ibnb.errors import (
    ConnectionLostError,
    IBError,
    NotConnectedError,
    RequestTimeoutError,
    request_error,
)
from ibnb.pending import Key, Pending, Request, Slot
from ibnb.safety import CANCELLING, PLACING, OrderGate
from ibnb.tape import Tape

if TYPE_CHECKING:
    import pandas as pd

NEW_YORK = ZoneInfo("America/New_York")
TIME_REQUEST = 49


class CallbackWarning(UserWarning):
    """An exception happened in a callback since the last call; `app.problems` has the traceback."""


class _Shown:
    """A read-only view that a subclass may cover with an attribute of its own (`self.notices = []`)."""

    def __init__(self, make: Callable[[Any], Any], doc: str) -> None:
        self._make = make
        self.__doc__ = doc

    def __get__(self, app: Any, owner: type) -> Any:
        return self if app is None else self._make(app)


class Session(EWrapper, EClient):  # type: ignore[misc]
    """EClient and EWrapper with a reader thread of their own; verb families inherit from it.

    `connection_ready`, `data_ready`: threading.Event. `nextOrderId`: int, None before the connection.
    `accounts`: list of account codes. `account`: the one that verbs use by default.
    `timeout`: seconds that a verb waits by default. `connectTimeout`: real seconds for a connection.
    """

    timeout: float = 60.0
    connectTimeout: float = 10.0

    notices = _Shown(lambda app: app._status.notices_frame(), Status.notices_frame.__doc__ or "")
    problems = _Shown(lambda app: app._status.problems_frame(), Status.problems_frame.__doc__ or "")
    farms = _Shown(lambda app: app._status.farms_frame(), Status.farms_frame.__doc__ or "")
    tape = _Shown(lambda app: app._tape.frame(), Tape.frame.__doc__ or "")

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # Not in __init__: the seeds' programs call EClient.__init__(self, self) and nothing else.
        app: Self = super().__new__(cls)
        app._prepare()
        return app

    def __init__(self) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, wrapper=self)

    def _prepare(self) -> None:
        """Set up the session's own state; a verb family that keeps state extends this (call super first)."""
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
        self._gate = OrderGate(self._now)
        self._passing = threading.local()
        self._lock = threading.RLock()
        self._ids = iter(range(0))
        self._ended = threading.Event()
        self._ended.set()
        self._ready = threading.Event()
        self._why_ended = "connect() hasn't been called"
        self._endpoint: tuple[str, int, int] | None = None
        # Who asked for the time, in the order of the requests: None = the user, an Event = a fence.
        self._time_asked: deque[threading.Event | None] = deque()
        self._problems_told = 0
        self._dispatcher = Dispatcher(self)
        EClient.__init__(self, wrapper=self)

    # EClient reports its own errors, and the Decoder its answers, to `wrapper`: everything is dispatched.
    @property
    def wrapper(self) -> Dispatcher:
        return self._dispatcher

    @wrapper.setter
    def wrapper(self, value: object) -> None:
        """`EClient.__init__(self, self)` sets it; the dispatcher stays and finds the overrides itself."""

    def error(self, *args: Any) -> None:
        """Where `super().error(...)` of an override ends: everything is recorded already."""

    # --- life ------------------------------------------------------------------------------------

    def connect(self, host: str, port: int, clientId: int) -> None:
        """Connect to TWS or IB Gateway; returns when the session is ready for requests.

        Ready means: the next order id and the accounts have arrived. Whoever isn't ready within
        `connectTimeout` seconds gets NotConnectedError that says what to look at; `error` receives
        code 502 as well. Called again with the same arguments it does nothing.
        """
        host = host or "127.0.0.1"
        if self.isConnected():
            if self._endpoint == (host, port, clientId):
                self._dispatcher.error(-1, self._millis(), 501, "Already connected.")
                return
            raise IBError(f"already connected ({self!r}); call disconnect() before connecting elsewhere")
        options = self.connectOptions if hasattr(self, "connectOptions") else self.connectionOptions
        connection = Connection(host, port, self._before_send)
        self._start_anew()
        try:
            version, connection_time = connection.open(self.connectTimeout, options)
        except NotConnectedError as error:
            self._why_ended = str(error)
            self._release_waiters()
            self._dispatcher.error(-1, self._millis(), 502, str(error))
            raise
        self.host, self.port, self.clientId = host, port, clientId
        self._endpoint = (host, port, clientId)
        self.conn = connection
        self.serverVersion_ = version
        self.connTime = connection_time
        self._interpret = _compat.make_interpreter(self._dispatcher, version)
        self._ended.clear()
        self._status.connected()
        self._pending.reopen()
        self.setConnState(EClient.CONNECTED)
        connection.start(self._on_frame, lambda reason: self._end(connection, reason))
        self.startApi()
        self._dispatcher.connectAck()
        self._wait_ready(connection)

    def _start_anew(self) -> None:
        self.connection_ready.clear()
        self._ready.clear()
        self.nextOrderId = None
        self.accounts = []
        self._time_asked.clear()

    def _wait_ready(self, connection: Connection) -> None:
        if connection.in_reader():
            return
        deadline = time.monotonic() + self.connectTimeout
        while not self._ready.wait(0.05):
            if self._ended.is_set():
                raise NotConnectedError(f"TWS refused the session: {self._why_ended}")
            if time.monotonic() > deadline:
                self.disconnect()
                raise NotConnectedError(
                    f"TWS accepted the connection but sent no order id and accounts within {self.connectTimeout:g} s. "
                    "Usually a dialog in TWS waits for a click, or it is still logging in: look at it."
                )

    def run(self) -> None:
        """Block until the connection ends: ibapi's message loop, which the reader thread has taken over."""
        try:
            while not self._ended.wait(0.2):
                self.msgLoopTmo()
        except KeyboardInterrupt:
            self.keyboardInterrupt()
            self.disconnect()
            raise

    def disconnect(self) -> None:
        """End the connection, and with it every wait. Orders stay as they are at TWS."""
        connection = self.conn
        if connection is None:
            self.setConnState(EClient.DISCONNECTED)
            return
        self._end(connection, "disconnect() was called")
        thread = connection.thread
        if thread is not None and not connection.in_reader():
            thread.join(timeout=5)

    def _end(self, connection: Connection, reason: str) -> None:
        with self._lock:
            if self.conn is not connection:
                return
            self.conn = None
        connection.disconnect()
        self.setConnState(EClient.DISCONNECTED)
        self._status.socket, self._status.link = "closed", "unknown"
        self._why_ended = self._status.last_words or reason
        self._pending.fail_all(ConnectionLostError(f"the connection has ended: {self._why_ended}"))
        self._ended.set()
        self._release_waiters()
        self._dispatcher.connectionClosed()

    def _release_waiters(self) -> None:
        # Programs of the seeds wait on these without a limit; what they do next says that there is no connection.
        for event in (self.connection_ready, self.data_ready):
            event.set()
        self._changes.announce()

    def isConnected(self) -> bool:
        """Is there a connection to TWS? (TWS's own link to IBKR is `app._status.link`.)"""
        connection = self.conn
        return connection is not None and connection.isConnected() and bool(self.connState == EClient.CONNECTED)

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

    def sleep(self, duration: float | str) -> None:
        """Let time pass: seconds, or "30 s", "5 min", "1 h". On the embedded manual clock nothing really waits."""
        self._check_thread("sleep")
        self._tell_problems()
        self._time.sleep(seconds_of(duration))

    def now(self) -> datetime:
        """The session's time, with New York's zone: the embedded gateway's clock, or the wall clock."""
        return datetime.fromtimestamp(self._now(), NEW_YORK)

    def _now(self) -> float:
        return self._time.now()

    def _millis(self) -> int:
        return round(self._now() * 1000)

    def _fence(self) -> None:
        """Return when every callback of what TWS has sent so far has run. Leaves no trace on tape and log."""
        connection = self.conn
        if connection is None or self.serverVersion_ is None:
            return
        self._check_thread("waiting")
        answered = threading.Event()
        request = _compat.current_time_request(self.serverVersion_)
        try:
            connection.send_marked(request, lambda: self._time_asked.append(answered))
        except NotConnectedError:
            return
        try:
            wait_for_fence(answered, self.isConnected)
        except ConnectionLostError:
            return

    def _fence_answered(self) -> bool:
        asked = self._time_asked.popleft() if self._time_asked else None
        if asked is None:
            return False
        asked.set()
        return True

    # --- what verbs use ----------------------------------------------------------------------------

    @contextmanager
    def _request(
        self,
        verb: str,
        *,
        cancel: Callable[..., object] | None = None,
        timeout: float | None = None,
        reqId: Key | None = None,
        kind: str | None = None,
        contract: object = None,
        tolerate: Collection[int] = (),
    ) -> Iterator[Slot]:
        """Open a slot, and leave nothing behind: `with self._request(...) as slot: self.reqX(slot.key); slot.wait()`.

        reqId: None = a new id; a text ("positions") for requests without an id, which then wait in line.
        cancel: called with the id (without it for a text) when the block is left by an exception while
        the request may still run at TWS. kind: see codes.KINDS; None = told from the verb's name.
        tolerate: codes that don't end this request although they usually end its kind.
        """
        self._tell_problems()
        self._check_usable(verb)
        key: Key = self._next_req_id() if reqId is None else reqId
        limit = self.timeout if timeout is None else timeout
        slot = self._pending.open(key, verb, kind=kind or kind_of_verb(verb), contract=contract, timeout=limit)
        slot.tolerate = frozenset(tolerate)
        slot.waiter = lambda waiting, seconds: self._wait_slot(waiting, limit if seconds is None else seconds)

        def cancel_at_tws() -> None:
            if cancel is not None and self.isConnected():
                cancel(*([key] if isinstance(key, int) else []))

        with Request(self._pending, slot, cancel_at_tws):
            yield slot

    def _wait_slot(self, slot: Slot, seconds: float) -> None:
        self._check_thread(slot.verb)
        if not self._time.wait(slot.ended, seconds):
            raise self._timeout(slot.verb, seconds, len(slot.rows), slot.notices)

    def _wait_until(self, done: Done, timeout: float | None, what: str) -> None:
        """Wait for something that isn't a slot's end. RequestTimeoutError, ConnectionLostError."""
        self._check_usable(what)
        seconds = self.timeout if timeout is None else timeout
        holds = done.is_set if isinstance(done, threading.Event) else done
        self._time.wait(lambda: holds() or not self.isConnected(), seconds)
        if holds():
            return
        if not self.isConnected():
            raise ConnectionLostError(f"{what}: the connection has ended: {self._why_ended}")
        raise self._timeout(what, seconds, None, [])

    def _timeout(
        self, verb: str, seconds: float, rows: int | None, noted: list[tuple[int, str]]
    ) -> RequestTimeoutError:
        text = f"{verb}: no answer within {seconds:g} s"
        if rows is not None:
            text += f" ({rows} rows so far)"
        text += f". State: {self._status.describe()}."
        recent = [(n.code, n.text) for n in list(self._status.notices) if n.severity not in ("notice",)][-3:]
        for code, said in noted or recent:
            text += f"\nTWS said {code}: {said}"
        text += "\n" + self._next_step(verb)
        return RequestTimeoutError(text, verb=verb, rows=rows or 0)

    def _next_step(self, verb: str) -> str:
        if self._status.link == "lost":
            return "Wait until TWS has its link to IBKR back (app.notices), then ask again."
        if any(state == "broken" for _, state, _ in self._status.farms.values()):
            return "A data farm is down (app.farms): ask again when it is OK."
        return (
            "TWS ignores some wrong input without a word: check the contract (getContracts) and the arguments, "
            f"or give more time with {verb}(..., timeout=…)."
        )

    def _next_req_id(self) -> int:
        """An id for a request. Errors for orders and requests share one id field, so ids keep away from order ids."""
        with self._lock:
            return next(self._ids)

    def _take_order_id(self) -> int:
        """The next order id; each caller gets another one."""
        with self._lock:
            if self.nextOrderId is None:
                raise NotConnectedError(f"there is no order id: {self._why_ended}")
            taken = self.nextOrderId
            self.nextOrderId = taken + 1
            return taken

    def _check_usable(self, verb: str) -> None:
        if not self.isConnected():
            raise NotConnectedError(f"{verb}: not connected to TWS or IB Gateway: {self._why_ended}")
        self._check_thread(verb)

    def _check_thread(self, verb: str) -> None:
        connection = self.conn
        if connection is not None and connection.in_reader():
            raise IBError(
                f"{verb} can't wait inside a callback: the answer comes through the same thread. "
                "Keep what you need in an attribute and call the verb outside."
            )

    # --- outgoing ----------------------------------------------------------------------------------

    def logRequest(self, fnName: str, fnParams: dict[str, Any]) -> None:
        """Every request of EClient comes by here first: the tape's source."""
        self._tape.request(fnName, fnParams)
        super().logRequest(fnName, fnParams)

    def _before_send(self, message: bytes) -> None:
        msg_id = self._outgoing_id(message)
        if msg_id == TIME_REQUEST:
            self._time_asked.append(None)
        if self._gate.armed and not getattr(self._passing, "order", False):
            if msg_id in PLACING:
                self._gate.refuse_all("this order")
                raise _compat_refusal()
            if msg_id in CANCELLING and self._gate.readonly:
                self._gate.refuse_all("this cancel")

    def _outgoing_id(self, message: bytes) -> int:
        msg_id = _compat.message_id(message[4:], self.serverVersion_ or 0)
        return msg_id - _compat.PROTOBUF_OFFSET if msg_id > _compat.PROTOBUF_OFFSET else msg_id

    def placeOrder(self, orderId: int, contract: Any, order: Any) -> None:
        """ibapi's placeOrder behind the session's limits. SafetyError before anything is sent."""
        self._gate.check(orderId, contract, order)
        with self._checked():
            super().placeOrder(orderId, contract, order)

    def exerciseOptions(self, *args: Any, **kwargs: Any) -> None:
        """ibapi's exerciseOptions; refused in a read-only session."""
        self._gate.refuse_all("exerciseOptions")
        with self._checked():
            super().exerciseOptions(*args, **kwargs)

    def cancelOrder(self, orderId: int, orderCancel: Any = None) -> None:
        """ibapi's cancelOrder; the second argument, which changes between releases, may be left out."""
        if self._gate.readonly:
            self._gate.refuse_all("cancelOrder")
        _compat.send_cancel_order(self, orderId, orderCancel)

    def reqGlobalCancel(self, orderCancel: Any = None) -> None:
        """ibapi's reqGlobalCancel: cancels every open order of the account, not only this program's."""
        if self._gate.readonly:
            self._gate.refuse_all("reqGlobalCancel")
        _compat.send_global_cancel(self, orderCancel)

    @contextmanager
    def _checked(self) -> Iterator[None]:
        self._passing.order = True
        try:
            yield
        finally:
            self._passing.order = False

    # --- incoming ----------------------------------------------------------------------------------

    def _on_frame(self, payload: bytes) -> None:
        try:
            msg_id = _compat.message_id(payload, self.serverVersion_ or 0)
            self._interpret(msg_id, payload)
        except Exception as error:
            import traceback

            self._record_problem("decode", error, traceback.format_exc(), f"message {payload[:60]!r}")
        self.msgLoopRec()

    def _after_callback(self) -> None:
        self._changes.announce()

    def _record_problem(self, name: str, error: BaseException, trace: str, where: str) -> None:
        self._status.problem(name, where, error, trace)

    def _tell_problems(self) -> None:
        """Warn in the caller's thread, in the caller's cell, about exceptions in callbacks since the last call."""
        new = list(self._status.problems)[self._problems_told :]
        if new:
            self._problems_told += len(new)
            first = new[0]
            more = f" (and {len(new) - 1} more)" if len(new) > 1 else ""
            warnings.warn(
                f"{first.error} in {first.where}, callback {first.callback}{more}; see app.problems",
                CallbackWarning,
                stacklevel=4,
            )

    @on("nextValidId")
    def _on_next_valid_id(self, orderId: int) -> None:
        with self._lock:
            first = self.nextOrderId is None
            self.nextOrderId = orderId if first else max(orderId, self.nextOrderId or 0)
            if first:
                self._ids = iter(range(first_req_id(orderId) + 1, _compat.UNSET_INTEGER))
        self._maybe_ready()

    @on("managedAccounts")
    def _on_managed_accounts(self, accountsList: str) -> None:
        self.accounts = [code for code in accountsList.split(",") if code]
        if self.account not in self.accounts and self.accounts:
            self.account = self.accounts[0]
        self._maybe_ready()

    def _maybe_ready(self) -> None:
        if self.nextOrderId is not None and self.accounts:
            self._ready.set()
            self.connection_ready.set()

    @on("error")
    def _on_error(self, reqId: int, errorTime: int, errorCode: int, errorString: str, advanced: str) -> None:
        notice = self._status.note(reqId, errorCode, errorString)
        slot = self._pending.get(reqId) if reqId != _compat.NO_VALID_ID else None
        if slot is None:
            return
        end = "note" if errorCode in slot.tolerate else outcome(errorCode, errorString, slot.kind)
        if end == "fail":
            slot.fail(request_error(errorCode, errorString, reqId=reqId, verb=slot.verb, kind=slot.kind))
        elif end == "finish":
            slot.finish()
        else:
            slot.notices.append((errorCode, notice.text))

    @on("position")
    def _on_position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        self._gate.position(contract, position)

    @on("updatePortfolio")
    def _on_portfolio(self, contract: Any, position: Any, *rest: Any) -> None:
        self._gate.position(contract, position)

    @on("execDetails")
    def _on_execution(self, reqId: int, contract: Any, execution: Any) -> None:
        if reqId == _compat.NO_VALID_ID:  # live, not the answer to reqExecutions
            self._gate.filled(contract, execution.side, execution.shares)

    @on("orderStatus")
    def _on_order_status(self, orderId: int, status: str, filled: Any, remaining: Any, *rest: Any) -> None:
        self._gate.status(orderId, status, remaining)

    def explain(self, code: int, text: str = "") -> str:
        """What an IB message code means and what to do about it."""
        return explain_code(code, text)


def first_req_id(order_id: int) -> int:
    """A million-mark at least half a million above the order ids; below them when there is no room above.

    Order ids grow by one per order from where TWS says (1 in a fresh account), so the two never meet.
    """
    mark = (order_id + 1_500_000) // 1_000_000 * 1_000_000
    return mark if mark < 2_100_000_000 else 1_000_000


def mask(account: str) -> str:
    """An account code for texts that end up in shared notebooks: DU*****67."""
    return account if len(account) < 6 else f"{account[:2]}{'*' * (len(account) - 4)}{account[-2:]}"


def _compat_refusal() -> IBError:
    from ibnb.errors import SafetyError

    return SafetyError("this order went around placeOrder(), where the limits of this session are checked: refused")
