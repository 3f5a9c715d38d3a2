"""Requests on their way out: what goes on is remembered, what TWS paces waits its turn, orders pass their gate.

ibapi's own methods keep their names, arguments and meaning; verbs and programs that call them by hand pass here alike.
The reader thread never waits: what a callback sends leaves at once, and others wait the longer for it.
"""

from __future__ import annotations

import functools
import inspect
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from ibnb.core.clock import Clock
from ibnb.core.dispatch import on
from ibnb.core.fence import Fence
from ibnb.core.gate import CANCELLING, PLACING, OrderGate
from ibnb.core.lifecycle import Lifecycle
from ibnb.core.pacing import MOST_OPEN, PENALTIES, RULES, SMALL, Ask, Pacing
from ibnb.core.pending import Key, Pending, Slot
from ibnb.core.status import Status
from ibnb.core.subscriptions import CANCELS, SORTS, Subscriptions, goes_on, key_of
from ibnb.errors import ConnectionLostError, NotConnectedError, PacingError, SafetyError
from ibnb.ib import api
from ibnb.ib.values import BAR_SIZES
from ibnb.wire.transport import Connection

# Requests that count among the historical ones that may be open at the same time.
_HISTORICAL = frozenset({"reqHistoricalData", "reqHeadTimeStamp", "reqHistoricalTicks"})
_HISTORICAL_CANCELS = frozenset({"cancelHistoricalData", "cancelHeadTimeStamp"})
_SHOWN_FROM = 1.0


class _Passing(threading.local):
    """What this thread is sending: an order that was checked? Something that waits its turn?"""

    order = False
    paced = True


def _payloads(message: bytes) -> list[bytes]:
    """What is sent at once: one message, or several by hand. SafetyError for a part of one, which can't be judged."""
    found = []
    while message:
        size = int.from_bytes(message[:4], "big")
        if len(message) < 4 + size or not size:
            raise SafetyError(
                "refused: bytes that aren't whole messages can't be checked against this session's limits"
            )
        found.append(message[4 : 4 + size])
        message = message[4 + size :]
    return found


@dataclass(eq=False, repr=False)
class Outgoing:
    """The outgoing side of a session. `client` is the EClient whose requests pass here."""

    client: Any
    lifecycle: Lifecycle
    clock: Clock
    status: Status
    pending: Pending
    pacing: Pacing
    subscriptions: Subscriptions
    gate: OrderGate
    fence: Fence

    def __post_init__(self) -> None:
        self._passing = _Passing()
        #: (message id, server version) → does such a request leave as protobuf? As far as it is known.
        self.protobuf: dict[tuple[int, int], bool] = {}
        #: Is told of each message that leaves, fences excepted.
        self.heard: Callable[[list[bytes]], object] | None = None
        # Historical requests that are open, to be sent again after a pacing violation: id → (method, arguments, tries).
        self._history: dict[Key, tuple[str, dict[str, Any], int]] = {}

    def reset(self, connection: Connection) -> None:
        """A new connection: nothing is open there."""
        self.pacing.open.clear()
        self.pacing.waited.clear()
        self._history.clear()
        connection.pace = self.pace

    # --- every message ---------------------------------------------------------------------------

    def before_send(self, message: bytes) -> None:
        """Sees each outgoing message, under the lock that keeps messages in order. SafetyError."""
        if self.gate.armed and not self._passing.order:
            self._check_around(message)
        if self.heard is not None:
            self.heard(_payloads(message))
        # Last: what is refused isn't asked, and no answer is to be kept for it.
        self.fence.sees(message)

    def _check_around(self, message: bytes) -> None:
        """Orders and cancels that don't come by their own methods. SafetyError."""
        for payload in _payloads(message):
            msg_id = api.message_id(payload, self.lifecycle.version)
            msg_id -= api.PROTOBUF_OFFSET if msg_id > api.PROTOBUF_OFFSET else 0
            if msg_id in PLACING:
                self.gate.refuse_all("this order")
                raise SafetyError("order refused: it went around placeOrder(), where this session's limits are checked")
            if msg_id in CANCELLING:
                self.gate.refuse_readonly("this cancel")

    @contextmanager
    def checked(self) -> Iterator[None]:
        """In the block, this thread sends an order that has passed the gate."""
        self._passing.order = True
        try:
            yield
        finally:
            self._passing.order = False

    def pace(self) -> None:
        """Before each message, outside the lock: wait until it may leave."""
        pacing = self.pacing
        if not (pacing.on and self._passing.paced):
            return
        wait = pacing.messages.take(self.clock.monotonic())
        if wait:
            self._hold(wait, f"at most {pacing.rate:g} messages a second")

    @contextmanager
    def at_pace(self, paced: bool) -> Iterator[None]:
        """In the block, requests of this thread wait their turn, or don't."""
        before, self._passing.paced = self._passing.paced, paced
        try:
            yield
        finally:
            self._passing.paced = before

    def _hold(self, seconds: float, why: str) -> None:
        """Let the caller wait; an interrupt, or the end of the connection, ends that at once."""
        lifecycle = self.lifecycle
        connection = lifecycle.connection
        if connection is None or connection.in_reader():
            return
        if seconds >= _SHOWN_FROM:
            self.status.say(f"waiting {seconds:.1f} s for its turn: {why}")
        self.pacing.waiting += 1
        try:
            if self.clock.hold(lambda: lifecycle.connection is not connection, seconds):
                raise lifecycle.lost()
        finally:
            self.pacing.waiting -= 1

    # --- requests that go on, and historical ones --------------------------------------------------

    def asks(self, name: str, given: dict[str, Any]) -> None:
        """ibapi's method `name` is about to send: remember what goes on, let a historical request wait."""
        if name in _HISTORICAL or name == "reqRealTimeBars":
            self._await_history(name, given)
        if name in SORTS and self.lifecycle.connected():
            slot = self.pending.get(key_of(SORTS[name], given)) if goes_on(name, given) else None
            self.subscriptions.asked(name, given, slot)

    def cancels(self, name: str, given: dict[str, Any]) -> None:
        """ibapi's method `name` is about to end something."""
        sort = CANCELS.get(name)
        key = sort.name if sort is not None and sort.name else given.get("reqId", -1)
        if name in _HISTORICAL_CANCELS:
            self.history_over(key)
        if sort is not None:
            self.subscriptions.ended(key)

    def _await_history(self, name: str, given: dict[str, Any]) -> None:
        """Wait until a historical request may leave, and count it as open."""
        pacing, key = self.pacing, given["reqId"]
        paced = pacing.on and self._passing.paced
        connection = self.lifecycle.connection
        if connection is None or not self.lifecycle.connected():
            return
        if name in _HISTORICAL:
            if paced and pacing.open_count() >= MOST_OPEN and not connection.in_reader():
                self._await_an_end(connection)
            pacing.open[key] = self.pending.get(key)
            self._history[key] = (name, given, self._history.get(key, ("", {}, 0))[2])
        ask = small_bars(name, given) if paced else None
        if ask is None:
            return
        turn = pacing.small_bars.book(ask, self.clock.monotonic())
        wait = turn.at - self.clock.monotonic()
        if wait > 0:
            before = pacing.waited.get(key, (0.0, ""))[0]
            pacing.waited[key] = (before + wait, turn.why)
            try:
                self._hold(wait, turn.why)
            except BaseException:
                pacing.small_bars.release(turn, ask)
                self.history_over(key)
                raise

    def _await_an_end(self, connection: Connection) -> None:
        pacing, lifecycle = self.pacing, self.lifecycle
        self.status.say(f"waiting for one of the {MOST_OPEN} open historical requests to end")
        pacing.waiting += 1
        try:
            # Each has its own timeout, so that this ends; the limit is for those that were sent by hand.
            self.clock.wait(
                lambda: pacing.open_count() < MOST_OPEN or lifecycle.connection is not connection, RULES[-1].window
            )
        finally:
            pacing.waiting -= 1
        if lifecycle.connection is not connection:
            raise lifecycle.lost()

    @on("historicalDataEnd")
    @on("historicalSchedule")
    def history_answered(self, reqId: int, *rest: Any) -> None:
        if self.subscriptions.get(reqId) is None:
            self.history_over(reqId)

    @on("historicalTicks")
    @on("historicalTicksBidAsk")
    @on("historicalTicksLast")
    def history_ticks_answered(self, reqId: int, ticks: Any, done: bool) -> None:
        if done:
            self.history_over(reqId)

    def history_over(self, key: Key) -> None:
        """A historical request isn't open any more."""
        self.pacing.ended(key)
        self._history.pop(key, None)

    def left(self, slot: Slot) -> None:
        """A verb is over: forget what it was remembered for."""
        self.subscriptions.left(slot)
        if isinstance(slot.key, int):  # others are no historical requests
            self.history_over(slot.key)

    def ask_again(self, slot: Slot) -> bool:
        """After a pacing violation: wait, and send the same request once more. False when it can't help."""
        sent = self._history.get(slot.key)
        if not isinstance(slot.error, PacingError) or slot.error.code != 162 or sent is None:
            return False
        if not (self.pacing.on and self._passing.paced):
            return False
        name, given, tries = sent
        if tries >= len(PENALTIES) or not self.lifecycle.connected():
            return False
        wait = PENALTIES[tries]
        self.pacing.ended(slot.key)
        self._history[slot.key] = (name, given, tries + 1)
        self._hold(wait, f"TWS reported a pacing violation; {slot.verb} is asked again then")
        self.pacing.waited[slot.key] = (wait, "TWS reported a pacing violation before")
        slot.again()
        getattr(self.client, name)(*given.values())
        return True

    def paced_text(self, key: Key) -> str:
        """For a timeout's text: how long the request had waited before it left."""
        waited = self.pacing.waited.get(key)
        return f" after {waited[0]:.1f} s of waiting for its turn ({waited[1]})" if waited else ""


def small_bars(name: str, given: dict[str, Any]) -> Ask | None:
    """What a request counts as under the rules for small bars; None when they don't concern it."""
    contract = given.get("contract")
    show = str(given.get("whatToShow", "")).upper()
    if name == "reqHeadTimeStamp":
        # Counts among the sixty, but not as a repetition.
        return Ask(object(), object())
    if name == "reqHistoricalData":
        if BAR_SIZES.get(given["barSizeSetting"], SMALL + 1) > SMALL:
            return None
    elif name != "reqRealTimeBars":
        return None
    who = tuple(
        getattr(contract, field, None)
        for field in ("conId", "symbol", "secType", "currency", "lastTradeDateOrContractMonth", "strike", "right")
    )
    where = getattr(contract, "exchange", "")
    rest = tuple(str(value) for key, value in given.items() if key not in ("reqId", "contract"))
    return Ask((name, who, where, rest), (who, where, show), 2 if show == "BID_ASK" else 1)


def _passing(name: str) -> Callable[..., None]:
    """ibapi's method `name`, which first is remembered or waits its turn."""
    real = getattr(api.EClient, name)
    parameters = inspect.signature(real)
    names = tuple(parameters.parameters)[1:]

    @functools.wraps(real)
    def method(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(args) + len(kwargs) != len(names):
            parameters.bind(self, *args, **kwargs)  # says what is missing
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        self._ibnb.outgoing.asks(name, {each: given[each] for each in names})
        real(self, *args, **kwargs)

    return method


def _ending(name: str) -> Callable[..., None]:
    """ibapi's method `name`, which ends what has been remembered.

    If the connection goes while this is being sent, what was to be ended has ended with it: nothing to raise.
    """
    real = getattr(api.EClient, name)
    names = tuple(inspect.signature(real).parameters)[1:]

    @functools.wraps(real)
    def method(self: Any, *args: Any, **kwargs: Any) -> None:
        self._ibnb.outgoing.cancels(name, dict(zip(names, args, strict=False)) | kwargs)
        with suppress(NotConnectedError, ConnectionLostError):
            real(self, *args, **kwargs)

    return method


#: What passes here, of those that the installed ibapi has.
PASSING = sorted(name for name in {*SORTS, *_HISTORICAL} if hasattr(api.EClient, name))
ENDING = sorted(name for name in dir(api.EClient) if re.fullmatch("cancel(?!Order$).*(?<!ProtoBuf)", name))

#: ibapi's EClient with these methods in place of its own.
Client: Any = type(
    "Client",
    (api.EClient,),
    {name: _passing(name) for name in PASSING} | {name: _ending(name) for name in ENDING} | {"__module__": __name__},
)
