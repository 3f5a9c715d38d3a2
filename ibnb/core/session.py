"""What verbs stand on: requests that end in finite time, errors that reach their caller, orders behind limits."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from ibnb.core.clock import Done, seconds_of
from ibnb.core.dispatch import on
from ibnb.core.gate import CANCELLING, PLACING, OrderGate, OrderLimits
from ibnb.core.link import mask
from ibnb.core.pacing import Pacing
from ibnb.core.pending import Key, Pending, Slot
from ibnb.core.reconnect import STREAM_ENDED, Lasting
from ibnb.core.status import Status
from ibnb.core.subscriptions import Subscriptions
from ibnb.core.tape import Tape
from ibnb.errors import (
    ConnectionLostError,
    IBError,
    NotConnectedError,
    RequestTimeoutError,
    SafetyError,
    request_error,
)
from ibnb.ib import api
from ibnb.ib.codes import explain_code, kind_of_verb, outcome
from ibnb.ib.values import check_contract, check_order, check_timeout
from ibnb.widgets.session_view import details, headline

__all__ = ["CallbackWarning", "Session", "first_req_id", "mask"]

# Refusals of a request as such; for requests without an id they come with the id -1.
INVALID_REQUEST = frozenset({320, 321, 322})
# Seconds before a timeout at which TWS is asked whether it still answers anything.
GRACE = 2.0
ALIVE = " TWS itself answers (reqCurrentTime): it is this request that gets no answer."
WEDGED = (
    " TWS answers nothing at all, not even reqCurrentTime: it hangs, or a dialog of it waits for a click.\n"
    "Look at it; restart it if needed, with more memory (Configure, Settings, Memory Allocation), and ask for less "
    "at once."
)
# A request about no contract: where there should be one, None is a mistake.
_NO_CONTRACT = object()
# The kind of a slot that stands for nothing but a turn.
TURN = "turn"
UNCHECKED = "the account hasn't been checked again since the connection was lost"


class CallbackWarning(UserWarning):
    """An exception happened in a callback since the last call; `app.problems` has the traceback."""


class _Shown:
    """A read-only view that a subclass may cover with an attribute of its own (`self.notices = []`)."""

    def __init__(self, make: Callable[[Any], Any], doc: str | None) -> None:
        self._make = make
        self.__doc__ = doc

    def __get__(self, app: Any, owner: type) -> Any:
        return self if app is None else self._make(app)


class Session(Lasting):
    """A connection on which verbs can ask and wait; verb families inherit from it.

    `connection_ready`, `data_ready`: threading.Event. `nextOrderId`: int, None before the connection.
    `accounts`: list of account codes. `account`: the one that verbs use by default.
    `timeout`: seconds (of the session's clock) that a verb waits by default.
    `notices`, `problems`, `farms`, `tape`, `streams`, `gaps`: DataFrames, made when asked for.
    `pacing`: how fast requests leave. `autoReconnect`: have a lost connection back (False, True with ibnb.connect()).
    `staleAfter`: seconds (or "5 min") after which a silent stream is warned about while its market is open; 0 = never.
    """

    timeout: float = 60.0
    # The embedded gateway, where connect() made one.
    gateway: Any = None

    notices = _Shown(lambda app: app._status.notices_frame(), Status.notices_frame.__doc__)
    problems = _Shown(lambda app: app._status.problems_frame(), Status.problems_frame.__doc__)
    farms = _Shown(lambda app: app._status.farms_frame(), Status.farms_frame.__doc__)
    tape = _Shown(lambda app: app._tape.frame(), Tape.frame.__doc__)
    streams = _Shown(lambda app: app._subscriptions.frame(), Subscriptions.frame.__doc__)
    gaps = _Shown(lambda app: app._subscriptions.gaps_frame(), Subscriptions.gaps_frame.__doc__)
    pacing = _Shown(lambda app: app._pacing, Pacing.__doc__)

    def _prepare(self) -> None:
        super()._prepare()
        self._pending = Pending(self._wait_slot, self._left)
        self._gate = OrderGate(self._now)
        self._req_ids: Iterator[int] | None = None
        self._problems_told = 0

    def sleep(self, duration: float | str) -> None:
        """Let time pass: seconds, or "30 s", "5 min", "1 h". On the embedded manual clock nothing really waits."""
        seconds = seconds_of(duration)
        self._check_thread("sleep")
        self._tell_problems(stacklevel=3)
        self._time.sleep(seconds)  # the session's clock: virtual on the embedded gateway

    # --- what verbs use ----------------------------------------------------------------------------

    def _request(
        self,
        verb: str,
        *,
        cancel: Callable[..., object] | None = None,
        timeout: float | None = None,
        reqId: Key | None = None,
        kind: str | None = None,
        contract: Any = _NO_CONTRACT,
        tolerate: Collection[int] = (),
        lasting: bool = False,
    ) -> Slot:
        """Open a slot, and leave nothing behind: `with self._request(...) as slot: self.reqX(slot.key); slot.wait()`.

        reqId: None = a new id; a text ("positions") for requests without an id, which then wait in line.
        cancel: called with the id (without it for a text) when the block is left by an exception while
        the request may still run at TWS. kind: see codes.KINDS; None = told from the verb's name.
        tolerate: codes that don't end this request although they usually end its kind.
        lasting: a stream. Its slot outlives the connection, and what it subscribed to is asked for again, after
        `slot.on_replay` has been called; its callbacks call `slot.hear(now)`.

        While a lost connection is being had back, it waits for that: nothing has been sent yet.
        ValueError for a `contract` that isn't one.
        """
        if self._status.problem_count != self._problems_told:
            # This method and the verb stand between here and the user's line.
            self._tell_problems(stacklevel=4)
        limit = self.timeout if timeout is None else check_timeout(timeout, verb)
        self._await_return(verb, limit)
        about = None if contract is _NO_CONTRACT else check_contract(contract, verb)
        key = self._next_req_id() if reqId is None else reqId
        slot = self._pending.open(key, verb, kind=kind or kind_of_verb(verb), contract=about, timeout=limit)
        if tolerate:
            slot.tolerate = frozenset(tolerate)
        if lasting:
            slot.lasting, slot.opened = True, self._now()
            self._watch_streams()
        if cancel is not None:
            slot.cancel = partial(self._cancel_at_tws, cancel, key)
        return slot

    def _cancel_at_tws(self, cancel: Callable[..., object], key: Key) -> None:
        if self.isConnected():
            cancel(*([key] if isinstance(key, int) else []))

    def _left(self, slot: Slot) -> None:
        """A verb is over: forget what it was remembered for."""
        self._subscriptions.left(slot)
        if type(slot.key) is int:
            self._history_over(slot.key)

    @contextmanager
    def _in_turn(self, name: str, verb: str, timeout: float | None) -> Iterator[None]:
        """Let one thread at a time ask what TWS answers only so often at once; the others wait (real seconds)."""
        self._check_thread(verb)
        limit = self.timeout if timeout is None else check_timeout(timeout, verb)
        self._await_return(verb, limit)
        turn = self._pending.open(f"turn: {name}", verb, kind=TURN, timeout=limit)
        try:
            yield
        finally:
            self._pending.close(turn)

    def _wait_slot(self, slot: Slot, timeout: float | None) -> None:
        seconds = self.timeout if timeout is None else timeout
        while True:
            ended, alive = self._wait_and_listen(slot.ended, seconds)
            if not ended:
                waited = self._paced_text(slot.key)
                raise self._timeout(slot.verb, seconds, len(slot.rows), slot.notices, alive, waited)
            if slot.error is None or not self._ask_again(slot):
                return

    def _wait_until(self, done: Done, timeout: float | None, what: str, lasting: bool = False) -> None:
        """Wait for something that isn't a slot's end. RequestTimeoutError, ConnectionLostError.

        lasting: for streams, which wait on while a lost connection is being had back.
        """
        self._await_end()
        if not (lasting and self._returning):
            self._check_usable(what)
        self._check_thread(what)
        seconds = self.timeout if timeout is None else check_timeout(timeout, what)
        holds = done if callable(done) else done.is_set

        def gone() -> bool:
            return self._over.is_set() if lasting else not self.isConnected()

        _, alive = self._wait_and_listen(lambda: holds() or gone(), seconds)
        if holds():
            return
        if gone():
            raise ConnectionLostError(f"{what}: the connection has ended: {self._why_ended}")
        raise self._timeout(what, seconds, None, [], alive)

    def _wait_and_listen(self, done: Done, seconds: float) -> tuple[bool, bool | None]:
        """Wait; shortly before the end ask TWS what time it is: (done, does it answer at all; None = not known)."""
        grace = min(GRACE, seconds / 4)
        if self._time.wait(done, seconds - grace):
            return True, None
        connection = self.conn
        beat = None
        if connection is not None:
            with suppress(ConnectionLostError):
                beat = self._ask_time(connection)
        ended = self._time.wait(done, grace)
        if beat is None or (not beat.is_set() and grace < GRACE / 2):
            return ended, None
        return ended, beat.is_set()

    def _await_return(self, verb: str, seconds: float) -> None:
        """Raise unless the session is usable; one that is on its way back is waited for."""
        connection = self.conn
        if connection is not None and connection.in_reader():
            self._check_thread(verb)
        self._time.settle()
        if self._return is None and connection is not None and connection.isConnected():
            return
        self._await_end()
        if self._returning:
            self._time.wait(lambda: self._usable() or not self._returning, seconds)
        self._check_usable(verb)

    def _timeout(
        self,
        verb: str,
        seconds: float,
        rows: int | None,
        noted: list[tuple[int, str]],
        alive: bool | None = None,
        waited: str = "",
    ) -> RequestTimeoutError:
        text = f"{verb}: no answer within {seconds:g} s{waited}"
        if rows is not None:
            text += f" ({rows} rows so far)"
        text += f". State: {self._status.describe()}."
        if alive is not None:
            text += ALIVE if alive else WEDGED
        recent = [(n.code, n.text) for n in list(self._status.notices) if n.severity not in ("notice",)][-3:]
        for code, said in noted or recent:
            text += f"\nTWS said {code}: {said}"
        if alive is not False:
            text += "\n" + self._next_step(verb)
        return RequestTimeoutError(text, verb=verb, rows=rows or 0)

    def _next_step(self, verb: str) -> str:
        if self._returning:
            return f"The connection is lost: {self._why_not()}."
        if self._status.link == "lost":
            return "Wait until TWS has its link to IBKR back (app.notices), then ask again."
        if any(state == "broken" for _, state, _ in self._status.farms.values()):
            return "A data farm is down (app.farms): ask again when it is OK."
        return (
            "TWS ignores some wrong input without a word: check the contract (getContractDetails) and the arguments, "
            f"or give more time with {verb}(..., timeout=…)."
        )

    def _next_req_id(self) -> int:
        """An id for a request. Errors for orders and requests share one id field, so ids keep away from order ids."""
        with self._lock:
            if self._req_ids is None:
                self._req_ids = iter(range(first_req_id(self.nextOrderId or 0) + 1, api.UNSET_INTEGER))
            return next(self._req_ids)

    def _take_order_id(self) -> int:
        """The next order id; each caller gets another one."""
        with self._lock:
            if self.nextOrderId is None or not self.isConnected():
                raise NotConnectedError(f"there is no order id: {self._why_not()}")
            taken = self.nextOrderId
            self.nextOrderId = taken + 1
            return taken

    def _check_usable(self, verb: str) -> None:
        if not self.isConnected() or self._returning:
            raise NotConnectedError(f"{verb}: not connected to TWS or IB Gateway: {self._why_not()}")
        self._check_thread(verb)

    def _why_not(self) -> str:
        returning = self._return
        if returning is None:
            return self._why_ended
        last = f", last: {returning.failed}" if returning.failed else ""
        wait = max(0.0, returning.due - self._now())
        return f"{returning.reason}; trying to have it back ({returning.tries} tries{last}), again in {wait:.0f} s"

    def __repr__(self) -> str:
        if self._returning and self._endpoint is not None:
            host, port, client = self._endpoint
            return f"<{type(self).__name__} has lost {host}:{port} as client {client}: {self._why_not()}>"
        return super().__repr__()

    def _repr_html_(self) -> str:
        """What a notebook shows when a cell ends with the app."""
        return f"<p>{headline(self)}</p>{details(self)}"

    def _suspend_orders(self) -> None:
        self._gate.blocked = self._gate.blocked or UNCHECKED

    def _resume_orders(self) -> None:
        if self._gate.blocked == UNCHECKED:
            self._gate.blocked = ""

    def _ask_hours(self, contract: Any) -> tuple[str, str]:
        try:
            with self._request("streamHours", timeout=GRACE, contract=contract, kind="contract") as slot:
                self.reqContractDetails(slot.key, contract)
                details = slot.wait()[0]
        except (IBError, IndexError):
            return "", ""
        return details.liquidHours, details.timeZoneId

    def _tell_problems(self, stacklevel: int) -> None:
        """Warn in the caller's thread, so in the caller's cell, about exceptions in callbacks since the last call."""
        new = self._status.problem_count - self._problems_told
        if new:
            self._problems_told += new
            first = list(self._status.problems)[-new:][0]
            more = f" (and {new - 1} more)" if new > 1 else ""
            warnings.warn(
                f"{first.error} in {first.where}, callback {first.callback}{more}; see app.problems",
                CallbackWarning,
                stacklevel=stacklevel,
            )

    # --- orders ------------------------------------------------------------------------------------

    def limitOrders(self, limits: OrderLimits | None) -> None:
        """Set (or with None lift) the limits that every order of this session must keep, however it is sent.

        ValueError for anything else.
        """
        if limits is not None and not isinstance(limits, OrderLimits):
            raise ValueError(f"{limits!r} isn't limits; ibnb.OrderLimits(max_quantity=100) is, None lifts them.")
        self._gate.limits = limits

    def _before_send(self, message: bytes) -> None:
        super()._before_send(message)
        if not self._gate.armed or self._passing.order:
            return
        msg_id = self._outgoing_id(message)
        if msg_id in PLACING:
            self._gate.refuse_all("this order")
            raise SafetyError("order refused: it went around placeOrder(), where this session's limits are checked")
        if msg_id in CANCELLING:
            self._gate.refuse_readonly("this cancel")

    def placeOrder(self, orderId: int, contract: Any, order: Any) -> None:
        """ibapi's placeOrder behind the session's limits. Before anything is sent it raises SafetyError, ValueError for
        what isn't a contract or an order, and NotConnectedError."""
        check_order(contract, order, "placeOrder")
        if not self.isConnected():
            # Where ibapi would only report code 504: an order must not get lost without a word.
            raise NotConnectedError(f"order {orderId} wasn't sent: {self._why_not()}")
        self._gate.check(orderId, contract, order)
        self._order_floor = max(self._order_floor, orderId + 1)
        with self._checked():
            super().placeOrder(orderId, contract, order)

    def exerciseOptions(self, *args: Any, **kwargs: Any) -> None:
        """ibapi's exerciseOptions; refused in a read-only session."""
        self._gate.refuse_all("exerciseOptions")
        with self._checked():
            super().exerciseOptions(*args, **kwargs)

    def cancelOrder(self, orderId: int, orderCancel: Any = None) -> None:
        """ibapi's cancelOrder; the second argument, which changes between releases, may be left out."""
        self._gate.refuse_readonly("cancelOrder")
        api.send_cancel_order(self, orderId, orderCancel)

    def reqGlobalCancel(self, orderCancel: Any = None) -> None:
        """ibapi's reqGlobalCancel: cancels every open order of the account, not only this program's."""
        self._gate.refuse_readonly("reqGlobalCancel")
        api.send_global_cancel(self, orderCancel)

    @contextmanager
    def _checked(self) -> Iterator[None]:
        self._passing.order = True
        try:
            yield
        finally:
            self._passing.order = False

    @on("position")
    def _gate_position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        self._gate.position(contract, position)

    @on("updatePortfolio")
    def _gate_portfolio(self, contract: Any, position: Any, *rest: Any) -> None:
        self._gate.position(contract, position)

    @on("execDetails")
    def _gate_execution(self, reqId: int, contract: Any, execution: Any) -> None:
        if reqId == api.NO_VALID_ID:  # live, not the answer to reqExecutions
            self._gate.filled(contract, execution.side, execution.shares)

    @on("orderStatus")
    def _gate_status(self, orderId: int, status: str, filled: Any, remaining: Any, *rest: Any) -> None:
        self._gate.status(orderId, status, remaining)

    # --- errors ------------------------------------------------------------------------------------

    @on("error")
    def _route_error(self, reqId: int, errorTime: int, errorCode: int, errorString: str, advanced: str) -> None:
        notice = self._status.note(reqId, errorCode, errorString)
        slot = self._pending.get(reqId) if reqId != api.NO_VALID_ID else None
        if slot is None and 500 <= errorCode < 600:
            # ibapi's own errors are reported while the request is being sent, in the thread that sends it.
            slot = self._pending.of_this_thread()
        if slot is None and reqId == api.NO_VALID_ID and errorCode in INVALID_REQUEST:
            slot = self._only_slot_without_id()
        subscription = self._subscriptions.get(reqId)
        lasting = subscription is not None and (slot is None or slot.lasting)
        if lasting and errorCode == STREAM_ENDED and self.autoReconnect:
            assert subscription is not None
            self._stream_ended(subscription, notice.text)
            return
        if slot is None:
            kind = subscription.sort.kind if subscription is not None else "history"
            if outcome(errorCode, errorString, kind) == "fail":
                self._subscriptions.ended(reqId)
                self._history_over(reqId)
            return
        if 500 <= errorCode < 600 and not self._usable():
            # Asked in the moment in which the connection went. A stream will be asked for again.
            if not slot.lasting:
                slot.fail(ConnectionLostError(f"{slot.verb}: the connection has ended: {notice.text}"))
            return
        end = "note" if errorCode in slot.tolerate else outcome(errorCode, errorString, slot.kind)
        if end == "fail":
            self._subscriptions.ended(reqId)
            slot.fail(request_error(errorCode, errorString, reqId=reqId, verb=slot.verb, kind=slot.kind))
        elif end == "finish":
            slot.finish()
        else:
            slot.notices.append((errorCode, notice.text))

    def _only_slot_without_id(self) -> Slot | None:
        """What a refusal without an id means, if only one request without an id is open."""
        found = [slot for slot in self._pending.all() if isinstance(slot.key, str) and slot.kind != TURN]
        return found[0] if len(found) == 1 else None

    def explain(self, code: int, text: str = "") -> str:
        """What an IB message code means and what to do about it."""
        return explain_code(code, text)


def first_req_id(order_id: int) -> int:
    """A million-mark at least half a million above the order ids; below them when there is no room above.

    Order ids grow by one per order from where TWS says (1 in a fresh account), so the two never meet.
    """
    mark = (order_id + 1_500_000) // 1_000_000 * 1_000_000
    return mark if mark < 2_100_000_000 else 1_000_000
