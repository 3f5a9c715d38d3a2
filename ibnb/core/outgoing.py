"""Requests on their way out: what goes on is remembered, what TWS paces waits its turn.

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
from typing import Any

from ibnb.core.dispatch import on
from ibnb.core.link import Link
from ibnb.core.pacing import MOST_OPEN, PENALTIES, RULES, SMALL, Ask, Pacing
from ibnb.core.pending import Slot
from ibnb.core.subscriptions import CANCELS, SORTS, Subscriptions, goes_on, key_of
from ibnb.errors import ConnectionLostError, NotConnectedError, PacingError
from ibnb.ib.api import EClient
from ibnb.ib.values import BAR_SIZES

# Requests that count among the historical ones that may be open at the same time.
_HISTORICAL = frozenset({"reqHistoricalData", "reqHeadTimeStamp", "reqHistoricalTicks"})
_HISTORICAL_CANCELS = frozenset({"cancelHistoricalData", "cancelHeadTimeStamp"})
_SHOWN_FROM = 1.0


class _Passing(threading.local):
    """What this thread is sending: an order that was checked? Something that waits its turn?"""

    order = False
    paced = True


class Requests(Link):
    """The outgoing side of a session."""

    def _prepare(self) -> None:
        super()._prepare()
        self._passing = _Passing()
        self._pacing = Pacing()
        self._subscriptions = Subscriptions(self._now)
        # Historical requests that are open, to be sent again after a pacing violation: id → (method, arguments, tries).
        self._history_sent: dict[int, tuple[str, dict[str, Any], int]] = {}

    def _use(self, *args: Any) -> None:
        super()._use(*args)
        self._pacing.open.clear()
        self._pacing.waited.clear()
        self._history_sent.clear()
        if self.conn is not None:
            self.conn.pace = self._pace

    def _pace(self) -> None:
        """Before each message, outside the lock: wait until it may leave."""
        pacing = self._pacing
        if not (pacing.on and self._passing.paced):
            return
        wait = pacing.messages.take(self._time.monotonic())
        if wait:
            self._hold(wait, f"at most {pacing.rate:g} messages a second")

    @contextmanager
    def _at_pace(self, paced: bool) -> Iterator[None]:
        """In the block, requests of this thread wait their turn, or don't."""
        before, self._passing.paced = self._passing.paced, paced
        try:
            yield
        finally:
            self._passing.paced = before

    def _hold(self, seconds: float, why: str) -> None:
        """Let the caller wait; an interrupt, or the end of the connection, ends that at once."""
        connection = self.conn
        if connection is None or connection.in_reader():
            return
        if seconds >= _SHOWN_FROM:
            self._status.say(f"waiting {seconds:.1f} s for its turn: {why}")
        self._pacing.waiting += 1
        try:
            if self._time.wait(lambda: self.conn is not connection, seconds):
                raise ConnectionLostError(f"the connection has ended: {self._why_ended}")
        finally:
            self._pacing.waiting -= 1

    # --- historical requests ---------------------------------------------------------------------

    def _await_history(self, name: str, given: dict[str, Any]) -> None:
        """Wait until a historical request may leave, and count it as open."""
        pacing, key = self._pacing, given["reqId"]
        paced = pacing.on and self._passing.paced
        connection = self.conn
        if not self.isConnected() or connection is None:
            return
        if name in _HISTORICAL:
            if paced and pacing.open_count() >= MOST_OPEN and not connection.in_reader():
                self._await_an_end(connection)
            pacing.open[key] = self._pending.get(key)
            self._history_sent[key] = (name, given, self._history_sent.get(key, ("", {}, 0))[2])
        ask = small_bars(name, given) if paced else None
        if ask is None:
            return
        turn = pacing.small_bars.book(ask, self._time.monotonic())
        wait = turn.at - self._time.monotonic()
        if wait > 0:
            before = pacing.waited.get(key, (0.0, ""))[0]
            pacing.waited[key] = (before + wait, turn.why)
            try:
                self._hold(wait, turn.why)
            except BaseException:
                pacing.small_bars.release(turn, ask)
                self._history_over(key)
                raise

    def _await_an_end(self, connection: object) -> None:
        pacing = self._pacing
        self._status.say(f"waiting for one of the {MOST_OPEN} open historical requests to end")
        pacing.waiting += 1
        try:
            # Each has its own timeout, so that this ends; the limit is for those that were sent by hand.
            self._time.wait(lambda: pacing.open_count() < MOST_OPEN or self.conn is not connection, RULES[-1].window)
        finally:
            pacing.waiting -= 1
        if self.conn is not connection:
            raise ConnectionLostError(f"the connection has ended: {self._why_ended}")

    @on("historicalDataEnd")
    @on("historicalSchedule")
    def _history_answered(self, reqId: int, *rest: Any) -> None:
        if self._subscriptions.get(reqId) is None:
            self._history_over(reqId)

    @on("historicalTicks")
    @on("historicalTicksBidAsk")
    @on("historicalTicksLast")
    def _history_ticks_answered(self, reqId: int, ticks: Any, done: bool) -> None:
        if done:
            self._history_over(reqId)

    def _history_over(self, key: object) -> None:
        if isinstance(key, int):
            self._pacing.ended(key)
            self._history_sent.pop(key, None)

    def _ask_again(self, slot: Slot) -> bool:
        """After a pacing violation: wait, and send the same request once more. False when it can't help."""
        sent = self._history_sent.get(slot.key) if isinstance(slot.key, int) else None
        if not isinstance(slot.error, PacingError) or slot.error.code != 162 or sent is None:
            return False
        if not (self._pacing.on and self._passing.paced):
            return False
        name, given, tries = sent
        if tries >= len(PENALTIES) or not self.isConnected():
            return False
        wait = PENALTIES[tries]
        self._pacing.ended(slot.key)
        self._history_sent[given["reqId"]] = (name, given, tries + 1)
        self._hold(wait, f"TWS reported a pacing violation; {slot.verb} is asked again then")
        self._pacing.waited[given["reqId"]] = (wait, "TWS reported a pacing violation before")
        slot.again()
        getattr(self, name)(*given.values())
        return True

    def _paced_text(self, key: object) -> str:
        """For a timeout's text: how long the request had waited before it left."""
        waited = self._pacing.waited.get(key) if isinstance(key, int) else None
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


def _outgoing(name: str) -> Callable[..., None]:
    """ibapi's method `name`, which first is remembered or waits its turn."""
    real = getattr(EClient, name)
    parameters = inspect.signature(real)
    names = tuple(parameters.parameters)[1:]
    historical = name in _HISTORICAL or name == "reqRealTimeBars"

    @functools.wraps(real)
    def method(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(args) + len(kwargs) != len(names):
            parameters.bind(self, *args, **kwargs)  # says what is missing
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        given = {each: given[each] for each in names}
        if historical:
            self._await_history(name, given)
        if name in SORTS and self.isConnected():
            self._subscriptions.asked(name, given, _slot_of(self, name, given))
        real(self, *args, **kwargs)

    return method


def _slot_of(app: Any, name: str, given: dict[str, Any]) -> Slot | None:
    slot: Slot | None = app._pending.get(key_of(SORTS[name], given)) if goes_on(name, given) else None
    return slot


def _cancelling(name: str) -> Callable[..., None]:
    """ibapi's method `name`, which ends what has been remembered.

    If the connection goes while this is being sent, what was to be ended has ended with it: nothing to raise.
    """
    real = getattr(EClient, name)
    names = tuple(inspect.signature(real).parameters)[1:]
    sort = CANCELS.get(name)

    @functools.wraps(real)
    def method(self: Any, *args: Any, **kwargs: Any) -> None:
        given = dict(zip(names, args, strict=False)) | kwargs
        key = sort.name if sort is not None and sort.name else given.get("reqId", -1)
        if name in _HISTORICAL_CANCELS:
            self._history_over(key)
        if sort is not None:
            self._subscriptions.ended(key)
        with suppress(NotConnectedError, ConnectionLostError):
            real(self, *args, **kwargs)

    return method


#: What passes here, of those that the installed ibapi has.
PASSING = sorted(name for name in {*SORTS, *_HISTORICAL} if hasattr(EClient, name))
ENDING = sorted(name for name in dir(EClient) if re.fullmatch("cancel(?!Order$).*(?<!ProtoBuf)", name))

for _name in PASSING:
    setattr(Requests, _name, _outgoing(_name))
for _name in ENDING:
    setattr(Requests, _name, _cancelling(_name))
