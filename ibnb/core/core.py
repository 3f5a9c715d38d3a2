"""One session, by its parts, and what verbs ask of it: to open a request, to wait, to say why nothing came.

Parts know each other only as far as they are handed here. `IBApp` keeps this object as its one private attribute.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import Any, TypeVar

from ibnb.core.apart import TimeApart
from ibnb.core.clock import SLICE, Changes, Clock, Done
from ibnb.core.definitions import Definitions
from ibnb.core.dispatch import Dispatcher
from ibnb.core.fence import Fence
from ibnb.core.gate import OrderGate
from ibnb.core.incoming import Incoming
from ibnb.core.lifecycle import Lifecycle, Settings
from ibnb.core.order_ids import Ids
from ibnb.core.outgoing import Outgoing
from ibnb.core.pacing import Pacing
from ibnb.core.pending import Key, Pending, Slot
from ibnb.core.progress import QUIET, wait_on
from ibnb.core.reconnect import Reconnect
from ibnb.core.routing import TURN, Routing
from ibnb.core.staleness import Staleness
from ibnb.core.status import OWN, Notice, Status
from ibnb.core.subscriptions import ONCE, SORTS, Subscriptions
from ibnb.core.tape import Tape
from ibnb.errors import CallbackWarning, ConnectionLostError, IBError, NotConnectedError, RequestTimeoutError
from ibnb.ib import api
from ibnb.ib.values import check_contract, check_timeout, short_name
from ibnb.tracebacks import users_level
from ibnb.wire.recording import Recorder

# Seconds before a timeout at which TWS is asked whether it still answers anything.
GRACE = 2.0
ALIVE = " TWS itself answers (reqCurrentTime): it is this request that gets no answer."
WEDGED = (
    " TWS answers nothing at all, not even reqCurrentTime: it hangs, or a dialog of it waits for a click.\n"
    "Look at it; restart it if needed, with more memory (Configure, Settings, Memory Allocation), and ask for less "
    "at once."
)
SILENT = " TWS hasn't answered within {:g} s what time it is (reqCurrentTime) either."
# Below so many seconds, silence is no proof that TWS hangs.
_SLOW = 2 * GRACE
# Real seconds for which an order waits until the orders of other threads have left.
_PATIENCE, _CALLBACKS_PATIENCE = 30.0, 2.0
# Seconds that a question may take which nobody asked: what an order's contract is.
ASIDE = 5.0
# Names of this machine, so that a TWS is the same place under each of them.
_LOCAL = dict.fromkeys(("", "localhost", "127.0.0.1", "::1"), "127.0.0.1")
# A request about no contract: where there should be one, None is a mistake.
_NO_CONTRACT = object()

L = TypeVar("L")


class Core:
    """The parts of a session, wired together.

    `client` is the EClient whose methods send and whose overrides are called; `settings` has what the user may set (the
    client itself, usually). `listeners` make the objects that take answers for verbs: each is called with this core.
    """

    def __init__(self, client: Any, settings: Settings, listeners: Iterable[Callable[[Core], object]] = ()) -> None:
        self.client = client
        self.settings = settings
        self.changes = Changes()
        self.clock = clock = Clock(self.changes)
        self.now = clock.now
        self.status = Status(clock.now)
        self.tape = Tape(clock.now)
        self.ids = Ids()
        self.recorder: Recorder | None = None
        self.pacing = Pacing()
        self.subscriptions = Subscriptions(clock.now)
        self.pending = Pending(self._wait_slot)
        self.lifecycle = Lifecycle(client, settings, clock, self.changes, self.status, self.pending, self.ids)
        self.gate = OrderGate(clock.now, self.lifecycle, lambda: settings.live)
        #: What a place is called whose port changes: an embedded gateway's.
        self.place: tuple[Hashable, ...] = ()
        self.fence = Fence(self.lifecycle, self.status, lambda: settings.fenceTimeout)
        self.dispatcher = Dispatcher(
            client, self.tape, self.changes, self.status, self.pending, self.fence, self.lifecycle.maybe_ready
        )
        self.incoming = Incoming(
            client, self.lifecycle, self.dispatcher, self.tape, self.changes, self.status, self.pending
        )
        self.outgoing = Outgoing(
            client,
            self.lifecycle,
            clock,
            self.status,
            self.pending,
            self.pacing,
            self.subscriptions,
            self.gate,
            self.fence,
        )
        self.pending.left = self.outgoing.left
        self.reconnect = Reconnect(
            client,
            settings,
            clock,
            self.changes,
            self.lifecycle,
            self.status,
            self.pending,
            self.subscriptions,
            self.gate,
        )
        self.definitions = Definitions(client, self.pending, self.request)
        self.gate.details_of = partial(self.definitions.ask, verb="limitOrders", timeout=ASIDE)
        self.gate.ask_positions = partial(self.ask, "limitOrders", "reqPositions", timeout=ASIDE)
        self.staleness = Staleness(
            settings,
            clock,
            self.status,
            self.subscriptions,
            self.reconnect.usable,
            self.lifecycle.over.is_set,
            self.definitions.hours,
            self.lifecycle.waiting,
        )
        routing = Routing(self.status, self.pending, self.subscriptions, self.outgoing, self.reconnect, clock)
        self.reconnect.actions.append(self._positions_again)
        self.lifecycle.opened += [
            self.fence.reset,
            self.incoming.reset,
            self.outgoing.reset,
            lambda connection: self.time_apart.follow(connection.host, connection.port, self.lifecycle.apart),
        ]
        self.lifecycle.comes_back = self.reconnect.comes_back
        self.lifecycle.gone = self._gone
        self.lifecycle.before_send, self.lifecycle.incoming = self.outgoing.before_send, self.incoming
        self._listeners: dict[type, object] = {}
        for make in listeners:
            listener = make(self)
            self._listeners[type(listener)] = listener
            self.dispatcher.add(listener)
        for part in (self.definitions, routing, self.gate, self.reconnect, self.outgoing, self.lifecycle):
            self.dispatcher.add(part)
        self.time_apart = TimeApart(clock, self.changes, self.fence.wait, self.reconnect.is_watchful)
        # What else ends with an explicit disconnect(): an embedded gateway.
        self.at_disconnect: list[Callable[[], object]] = []
        self._problems_told = 0

    def catch_up(self) -> None:
        """Somebody looks: have ticks heard that have waited for that (in the embedded gateway's process)."""
        connection = self.lifecycle.connection
        if connection is not None:
            connection.catch_up()

    def record(self, recorder: Recorder) -> None:
        """Have everything that passes written down, until the session is over or another recorder comes."""
        self._stop_recording()
        self.catch_up()
        self.recorder = recorder
        self.outgoing.heard, self.incoming.heard = recorder.sent, recorder.received

    def _stop_recording(self) -> None:
        self.outgoing.heard = self.incoming.heard = None
        if self.recorder is not None:
            self.recorder.close()

    def _gone(self) -> None:
        """The session is over."""
        self._stop_recording()
        self.time_apart.leave()
        self.subscriptions.clear()
        self.gate.leave()

    def _positions_again(self) -> None:
        """After a gap, what is held isn't known any more; who may only sell what is held needs it."""
        if self.gate.limits is not None and not self.gate.limits.allow_short:
            self.client.reqPositions()

    def listener(self, kind: type[L]) -> L:
        """The listener of a verb family."""
        found = self._listeners[kind]
        assert isinstance(found, kind)
        return found

    def connect(self, host: str, port: int, clientId: int) -> None:
        """Begin a session: nothing is known of another one."""
        if not self.lifecycle.connected():
            self.subscriptions.clear()
            self.definitions.clear()
            self.gate.join(self.place or (_LOCAL.get(host.lower(), host.lower()), port), world=self.place is not None)
        try:
            self.reconnect.connect(host, port, clientId)
        except BaseException:
            if not self.lifecycle.connected():
                self.gate.leave()
            raise

    def disconnect(self) -> None:
        """End the session, and with it every wait."""
        self.reconnect.finish("disconnect() was called; connect again, for instance  app = ibnb.connect()")
        self.gate.leave()
        self.time_apart.leave()
        while self.at_disconnect:
            self.at_disconnect.pop()()

    # --- requests ----------------------------------------------------------------------------------

    def request(
        self,
        verb: str,
        *,
        kind: str,
        cancel: Callable[..., object] | None = None,
        timeout: float | None = None,
        reqId: Key | None = None,
        contract: Any = _NO_CONTRACT,
        one_of_many: bool = False,
        lasting: bool = False,
    ) -> Slot:
        """Open a slot, and leave nothing behind: `with core.request(...) as slot: app.reqX(slot.key); slot.wait()`.

        kind: which errors end it, see codes.KINDS.
        reqId: None = a new id; a text ("positions") for requests without an id, which then wait in line.
        cancel: called with the id (without it for a text) when the block is left by an exception while
        the request may still run at TWS.
        one_of_many: a list was asked about, so an error has to say which one it concerns.
        lasting: a stream. Its slot outlives the connection, and what it subscribed to is asked for again, after
        `slot.on_replay` has been called; its callbacks call `slot.hear(now)`.

        While a lost connection is being had back, it waits for that: nothing has been sent yet.
        ValueError for a `contract` that isn't one.
        """
        self.tell_problems()
        limit = self.limit(timeout, verb)
        self._await_return(verb, limit)
        about = None if contract is _NO_CONTRACT else check_contract(contract, verb)
        key = self.ids.request() if reqId is None else reqId
        slot = self.pending.open(key, verb, kind=kind, contract=about, timeout=limit)
        slot.mark = self.status.told
        if one_of_many:
            slot.about = short_name(about)
        if lasting:
            slot.lasting, slot.opened = True, self.now()
            self.staleness.watch()
        if cancel is not None:
            slot.cancel = partial(self._cancel_at_tws, cancel, key)
        return slot

    def ask(self, verb: str, request: str, *words: Any, **how: Any) -> list[Any]:
        """Send a request of SORTS or ONCE, with its id (if it has one) and `words`; return the rows of its answer.

        What TWS would go on answering is cancelled then, unless it is the user's own feed. `how`: see `request`.
        """
        sort = SORTS.get(request) or ONCE[request]
        usual: dict[str, Any] = {"kind": sort.kind, "reqId": sort.name or None}
        if sort.cancel is not None and self.subscriptions.by_hand(sort.name) is None:
            # Older releases of ibapi can't cancel everything.
            usual["cancel"] = getattr(self.client, sort.cancel, None)
        with self.request(verb, **(usual | how)) as slot:
            getattr(self.client, request)(*([slot.key] if isinstance(slot.key, int) else []), *words)
            rows = slot.wait()
            if slot.cancel is not None and self.subscriptions.get(slot.key) is not None:
                slot.cancel()
        return rows

    def _cancel_at_tws(self, cancel: Callable[..., object], key: Key) -> None:
        if self.lifecycle.connected():
            cancel(*([key] if isinstance(key, int) else []))

    def limit(self, timeout: float | None, verb: str) -> float:
        """Seconds that a verb waits: as it was told, or as the session is set."""
        return self.settings.timeout if timeout is None else check_timeout(timeout, verb)

    @contextmanager
    def in_turn(self, name: str, verb: str, timeout: float | None) -> Iterator[None]:
        """Let one thread at a time ask what TWS answers only so often at once; the others wait (real seconds)."""
        limit = self.limit(timeout, verb)
        self._await_return(verb, limit)
        turn = self.pending.open(f"turn: {name}", verb, kind=TURN, timeout=limit)
        try:
            yield
        finally:
            self.pending.close(turn)

    @contextmanager
    def placing(self, orders: int = 1) -> Iterator[None]:
        """In the block this thread takes order ids and sends the orders, and no other one does. IBError.

        What waits its turn to leave does so before. A callback waits for the others a moment only: they may be waiting
        for the reader thread, in which it runs.
        """
        for _ in range(orders):
            self.outgoing.pace()
        connection = self.lifecycle.connection
        patience = _CALLBACKS_PATIENCE if connection is not None and connection.in_reader() else _PATIENCE
        ends = time.monotonic() + patience
        # In slices, so that an interrupt works on every system.
        while not self.ids.placing.acquire(timeout=SLICE):
            if time.monotonic() > ends:
                raise IBError(f"the order wasn't sent: another thread has been placing orders for {patience:g} s")
        # What the orders bring at once is heard of when all have left.
        with nullcontext() if connection is None else connection.held():
            try:
                with self.outgoing.at_pace(False):
                    yield
            finally:
                self.ids.placing.release()

    def take_order_id(self) -> int:
        """The next order id; each caller gets another one. To be sent in the same `placing`. NotConnectedError."""
        taken = self.ids.take() if self.lifecycle.connected() else None
        if taken is None:
            raise NotConnectedError(f"there is no order id: {self.reconnect.why_not()}")
        return taken

    # --- waiting -----------------------------------------------------------------------------------

    def _wait_slot(self, slot: Slot, timeout: float | None) -> None:
        seconds = self.settings.timeout if timeout is None else timeout
        while True:
            ended, alive = self._wait_and_listen(slot.ended, seconds, slot.verb)
            if not ended:
                raise self.timed_out(slot.verb, seconds, slot.mark, slot, alive)
            if slot.error is None or not self.outgoing.ask_again(slot):
                return

    def wait_until(
        self,
        done: Done,
        timeout: float | None,
        what: str,
        lasting: bool = False,
        standing: Callable[[], str] | None = None,
    ) -> None:
        """Wait for something that isn't a slot's end. RequestTimeoutError, ConnectionLostError.

        lasting: for streams, which wait on while a lost connection is being had back.
        standing: tells a timeout how that stands which was waited for.
        """
        lifecycle = self.lifecycle
        lifecycle.await_end()
        if not (lasting and self.reconnect.attempt is not None):
            self.check_usable(what)
        lifecycle.check_thread(what)
        seconds, mark = self.limit(timeout, what), self.status.told
        holds = done if callable(done) else done.is_set

        def gone() -> bool:
            return lifecycle.over.is_set() if lasting else not lifecycle.connected()

        _, alive = self._wait_and_listen(lambda: holds() or gone(), seconds, what)
        if holds():
            return
        if gone():
            raise lifecycle.lost(what)
        raise self.timed_out(what, seconds, mark, alive=alive, standing=standing)

    def _wait_and_listen(self, done: Done, seconds: float, what: str) -> tuple[bool, bool | None]:
        """Wait; shortly before the end ask TWS what time it is: (done, did it answer; None = it couldn't be asked)."""
        clock, grace = self.clock, min(GRACE, seconds / 4)
        before_it = seconds - grace
        quiet = QUIET if before_it > QUIET and clock.is_real else before_it
        if clock.time.wait(done, quiet) or (quiet < before_it and wait_on(clock, done, before_it, what)):
            return True, None
        connection = self.lifecycle.connection
        beat = None
        if connection is not None:
            with suppress(ConnectionLostError):
                beat = self.fence.ask(connection)
        ended = clock.wait(done, grace)
        return ended, None if beat is None else beat.is_set()

    def _await_return(self, verb: str, seconds: float) -> None:
        """Raise unless the session is usable; one that is on its way back is waited for."""
        lifecycle, reconnect = self.lifecycle, self.reconnect
        connection = lifecycle.connection
        lifecycle.check_thread(verb)
        if not self.clock.is_real:
            self.clock.settle()
        if reconnect.attempt is None and connection is not None and connection.isConnected():
            return
        lifecycle.await_end()
        if reconnect.attempt is not None:
            self.clock.wait(lambda: reconnect.usable() or reconnect.attempt is None, seconds)
        self.check_usable(verb)

    def check_sendable(self, what: str) -> None:
        """NotConnectedError where ibapi would only report code 504: an order, or a cancel, gets lost without a word."""
        if not self.lifecycle.connected():
            raise NotConnectedError(f"{what} wasn't sent: {self.reconnect.why_not()}")

    def check_usable(self, verb: str) -> None:
        """NotConnectedError unless requests can be sent; IBError in a callback, which can't wait."""
        if not self.lifecycle.connected() or self.reconnect.attempt is not None:
            raise NotConnectedError(f"{verb}: not connected to TWS or IB Gateway: {self.reconnect.why_not()}")
        self.lifecycle.check_thread(verb)

    def timed_out(
        self,
        verb: str,
        seconds: float,
        mark: int,
        slot: Slot | None = None,
        alive: bool | None = None,
        standing: Callable[[], str] | None = None,
    ) -> RequestTimeoutError:
        """The error of a request that got no answer, with all that is known of why and concerns it.

        mark: what `status.told` was when it was asked. slot: its own, if it has one. alive: has TWS answered, shortly
        before, what time it is? standing: tells how that stands which was waited for.
        """
        silent = alive is False and (seconds >= _SLOW or self.dispatcher.busy() is not None)
        if standing is not None and not silent and self.reconnect.attempt is None:
            return RequestTimeoutError(f"{verb}: not within {round(seconds, 2):g} s: {standing()}", verb=verb)
        about = f" for {slot.about}" if slot is not None and slot.about else ""
        text = f"{verb}: no answer{about} within {seconds:g} s"
        if slot is not None:
            text += f"{self.outgoing.paced_text(slot.key)} ({len(slot.rows)} rows so far)"
        text += f". State: {self.status.describe()}."
        busy = None if alive else self.dispatcher.busy()
        if busy is not None:
            text += (
                f"\nYour override of {busy[0]} has been running for {busy[1]:.1f} s, in the thread that reads what TWS "
                "sends: until it returns, nothing else is read."
            )
        elif alive is not None:
            text += ALIVE if alive else WEDGED if seconds >= _SLOW else SILENT.format(min(GRACE, seconds / 4))
        for notice in self._said(mark, slot):
            text += f"\nTWS said {notice.code}, {_ago(self.now() - notice.time)}: {notice.text}"
        if busy is not None:
            text += "\nLet it hand its work to another thread (queue.Queue), and return."
        elif alive is not False:
            text += "\n" + self._next_step(verb)
        return RequestTimeoutError(text, verb=verb, rows=0 if slot is None else len(slot.rows))

    def _said(self, mark: int, slot: Slot | None) -> list[Notice]:
        """What TWS has said since then of a request, and of the session as a whole (three at most)."""
        later = [each for each in self.status.since(mark) if each.code != OWN]
        session = [each for each in later if each.reqId == api.NO_VALID_ID and each.severity != "notice"]
        own = [each for each in later if slot is not None and each.reqId == slot.key != api.NO_VALID_ID]
        return own + session[-3:]

    def _next_step(self, verb: str) -> str:
        if self.reconnect.attempt is not None:
            return f"The connection is lost: {self.reconnect.why_not()}."
        if self.status.link == "lost":
            return "Wait until TWS has its link to IBKR back (app.notices), then ask again."
        if any(state == "broken" for _, state, _ in self.status.farms.values()):
            return "A data farm is down (app.farms): ask again when it is OK."
        return (
            "TWS ignores some wrong input without a word: check the contract (getContractDetails) and the arguments, "
            f"or give more time with {verb}(..., timeout=…)."
        )

    def tell_problems(self) -> None:
        """Warn in the caller's thread, so in the caller's cell, about exceptions in callbacks since the last call."""
        new = self.status.problem_count - self._problems_told
        if new:
            self._problems_told += new
            first = list(self.status.problems)[-new:][0]
            more = f" (and {new - 1} more)" if new > 1 else ""
            warnings.warn(
                f"{first.error} in {first.where}, callback {first.callback}{more}; see app.problems",
                CallbackWarning,
                stacklevel=users_level(),
            )


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s ago" if seconds >= 1 else "just before"
