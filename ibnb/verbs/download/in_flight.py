"""Many requests of one kind: several in flight, each answer taken as it comes, in the caller's thread.

Rule: whatever ends it (an interrupt, the loss of the connection, an error in `take`), every request still open is
cancelled at TWS, and what has been answered by then is taken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from ibnb.core.core import Core
from ibnb.core.pending import Slot
from ibnb.errors import ConnectionLostError, IBError, NotConnectedError, RequestTimeoutError

#: How many are in flight. TWS allows fifty and advises fewer; more than this gains nothing.
IN_FLIGHT = 10


@dataclass(eq=False)
class Ask:
    """One request: `send(slot)` asks, `take(rows)` gets the answer, `failed(error)` hears of a refusal or a timeout.

    `wanted` is asked when its turn comes: False drops it.
    """

    contract: Any
    kind: str
    send: Callable[[Slot], object]
    take: Callable[[list[Any]], object]
    failed: Callable[[IBError], object]
    cancel: Callable[..., object] | None = None
    wanted: Callable[[], bool] = lambda: True


@dataclass(eq=False)
class _Open:
    ask: Ask
    slot: Slot
    stack: ExitStack
    sent: float


class InFlight:
    """The way of verbs that ask for many things."""

    def __init__(self, core: Core, verb: str, timeout: float | None) -> None:
        self._core = core
        self._verb = verb
        self._limit = core.limit(timeout, verb)

    def ask_all(self, asks: Iterable[Ask]) -> None:
        """Ask them all. ConnectionLostError; RequestTimeoutError when TWS has fallen silent altogether."""
        core, verb, limit = self._core, self._verb, self._limit
        waiting, flying = deque(asks), list[_Open]()
        # On which the first was asked: one that is had back meanwhile doesn't know of those that are in flight.
        connection: object = None
        heard = self._core.clock.monotonic()
        try:
            while waiting or flying:
                while waiting and len(flying) < IN_FLIGHT:
                    ask = waiting.popleft()
                    if connection is not None and not core.reconnect.usable():
                        # A session that is on its way back would be waited for, while others of these are lost.
                        raise core.lifecycle.lost(verb)
                    if ask.wanted():
                        connection = self._send_one(ask, flying, connection)
                if not flying:
                    continue
                try:
                    core.wait_until(lambda: any(each.slot.done for each in flying), limit, verb)
                except RequestTimeoutError:
                    # Another one was answered after these were sent: TWS is there, it is these that get no answer.
                    if heard < min(each.sent for each in flying):
                        raise
                now = core.clock.monotonic()
                for each in [each for each in flying if each.slot.done]:
                    if not isinstance(each.slot.error, ConnectionLostError):
                        heard = now
                        self._take_one(each, flying)
                for each in [each for each in flying if not each.slot.done and now - each.sent >= limit]:
                    flying.remove(each)
                    late = core.timed_out(verb, limit, each.slot.mark, each.slot, alive=True)
                    each.stack.__exit__(type(late), late, None)
                    each.ask.failed(late)
                if not core.lifecycle.connected() or core.lifecycle.connection is not connection:
                    raise core.lifecycle.lost(verb)
        except BaseException as error:
            try:
                # What has been answered mustn't be asked for again.
                for each in [each for each in flying if each.slot.done and each.slot.error is None]:
                    with suppress(Exception):
                        self._take_one(each, flying)
            finally:
                for each in flying:
                    each.stack.__exit__(type(error), error, error.__traceback__)
            if isinstance(error, NotConnectedError) and connection is not None:
                raise core.lifecycle.lost(verb) from error
            raise

    def _send_one(self, ask: Ask, flying: list[_Open], expected: object) -> object:
        """Ask one; the connection on which. ConnectionLostError if it isn't the expected one (None: any)."""
        core, verb = self._core, self._verb
        with ExitStack() as stack:
            slot = stack.enter_context(
                core.request(
                    verb,
                    cancel=ask.cancel,
                    timeout=self._limit,
                    contract=ask.contract,
                    kind=ask.kind,
                    one_of_many=True,
                )
            )
            connection = core.lifecycle.connection
            if expected is not None and connection is not expected:
                raise core.lifecycle.lost(verb)
            ask.send(slot)
            flying.append(_Open(ask, slot, stack.pop_all(), self._core.clock.monotonic()))
            return connection

    def _take_one(self, each: _Open, flying: list[_Open]) -> None:
        """What has come, or failed. One that TWS paced is asked again first, and waited for."""
        try:
            rows = each.slot.rows if each.slot.error is None else each.slot.wait()
        except ConnectionLostError:
            raise
        except IBError as error:
            flying.remove(each)
            each.stack.__exit__(type(error), error, None)
            if self._core.lifecycle.connected():
                each.ask.failed(error)
        else:
            flying.remove(each)
            each.stack.close()
            try:
                each.ask.take(rows)
            except IBError as error:
                # What came can't be used: of this one, not of the others.
                each.ask.failed(error)
