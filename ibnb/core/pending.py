"""One slot per request, opened before the request is sent: an answer can't come too early to be seen.

A slot ends exactly once: by `finish` (the end marker), by `fail` (an error that is terminal for this
kind of request, or the loss of the connection), or because its owner stops waiting.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from ibnb.errors import IBError, RequestTimeoutError
from ibnb.wire.reader import Latch

Key = int | str


@dataclass(eq=False)
class Gap:
    """A time in which a stream had no data, for a known reason; `until` is None while it goes on."""

    stream: str
    symbol: str
    key: Key
    since: float
    reason: str
    until: float | None = None
    #: The reason has passed: the next data end the gap.
    over: bool = False


class Slot:
    """What one request has received so far: `rows` grows while it is open.

    As a context manager it is closed when the block is left. `cancel` is called before that if the block is left by an
    exception that TWS hasn't sent itself.
    """

    cancel: Callable[[], object] | None = None
    # A stream's slot outlives its connection: TWS is asked again, after `on_replay` has forgotten what is old.
    lasting = False
    on_replay: Callable[[], object] | None = None
    # When the stream began, when data last came, and the gap that the next data end.
    opened: float
    heard: float | None = None
    gap: Gap | None = None
    #: How many notices there had been when it was opened.
    mark: int
    #: Which one it concerns, where a list was asked about.
    about = ""
    # How long `wait` waits unless it is told.
    timeout: float | None = None
    # Where it is open.
    home: Pending
    #: What takes the answers as they come, where that isn't `rows`: a verb's stream, a market data line.
    taker: Any = None

    def __init__(self, key: Key, verb: str, *, kind: str = "request", contract: object = None) -> None:
        self.key = key
        self.verb = verb
        self.kind = kind
        self.contract = contract
        self.thread = threading.get_ident()
        self.rows: list[Any] = []
        self.error: BaseException | None = None
        #: The error is ibnb's own: TWS goes on with the request.
        self.still_runs = False
        self.ended = Latch()
        # Whoever gets this ends the slot.
        self._end_of = threading.Lock()

    @property
    def done(self) -> bool:
        return self.ended.is_set()

    @property
    def refused(self) -> bool:
        """Has TWS ended it itself, or has the connection?"""
        return self.error is not None and not self.still_runs

    def add(self, row: Any) -> None:
        """Append one row; rows that come after the end are dropped."""
        if not self.ended.is_set():
            if type(self.rows) is not list:
                self.rows = list(self.rows)
            self.rows.append(row)

    def add_all(self, rows: Any) -> None:
        """Take many rows at once, as they are if they are the first (a sequence that keeps columns)."""
        if self.rows or self.lasting:
            for row in rows:
                self.add(row)
        elif not self.done:
            self.rows = rows

    def answer(self, row: Any) -> None:
        """The last row, or the only one."""
        if self._end_of.acquire(blocking=False):
            self.rows = [*self.rows, row]
            self.ended.set()

    def hear(self, now: float) -> None:
        """Data of a stream came."""
        self.heard = now
        gap = self.gap
        if gap is not None and gap.over:
            gap.until, self.gap = now, None

    def again(self) -> None:
        """Open an ended slot anew, empty: its request is sent once more under the same id."""
        self.rows = []
        self.error, self.still_runs = None, False
        self.ended.clear()
        self._end_of.release()

    def finish(self) -> None:
        """The end marker came."""
        self.fail(None)

    def fail(self, error: BaseException | None, still_runs: bool = False) -> None:
        """The request failed; `wait` raises this (None: it didn't fail). Only the first end counts.

        still_runs: TWS knows nothing of it, so there is something to cancel there.
        """
        if self._end_of.acquire(blocking=False):
            self.error, self.still_runs = error, still_runs
            self.ended.set()

    def wait(self, timeout: float | None = None) -> list[Any]:
        """Block until the slot has ended; return its rows or raise its error (or RequestTimeoutError)."""
        self.home.waiter(self, self.timeout if timeout is None else timeout)
        if self.error is not None:
            raise self.error
        return self.rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # TWS has forgotten a request that it has answered or refused itself: only what is
            # still running there needs a cancel.
            if error is not None and self.cancel is not None and (self.still_runs or error is not self.error):
                self.cancel()
        finally:
            self.home.close(self)


def _wait(slot: Slot, timeout: float | None) -> None:
    if not slot.ended.wait(timeout):
        raise RequestTimeoutError(f"{slot.verb}: no answer within {timeout:g} s", verb=slot.verb)


class Pending:
    """The open slots of a session, by request id, or by name ("positions") for requests without an id.

    Two requests with the same key wait in line: their answers couldn't be told apart. `waiter` is how slots wait (the
    session's knows the clock, and how to explain a timeout); `left` is told of each that is closed.
    """

    def __init__(
        self,
        waiter: Callable[[Slot, float | None], None] = _wait,
        left: Callable[[Slot], None] = lambda slot: None,
    ) -> None:
        self.waiter = waiter
        self.left = left
        # The same thread may come by again in the middle: what it forgot to close, the garbage collector closes there.
        self._lock = threading.RLock()
        # For those who wait in line; how many they are.
        self._changed = threading.Condition(self._lock)
        self._in_line = 0
        self._slots: dict[Key, Slot] = {}
        self._closed: BaseException | None = None

    def open(
        self,
        key: Key,
        verb: str,
        *,
        kind: str = "request",
        contract: object = None,
        timeout: float | None = 60.0,
    ) -> Slot:
        """A new slot under `key`; waits (real seconds) while another request holds it.

        Errors: IBError when this thread holds the key itself, RequestTimeoutError when the holder
        doesn't finish, and the error of `fail_all` after the connection is gone.
        """
        slot = Slot(key, verb, kind=kind, contract=contract)
        slot.home, slot.timeout = self, timeout
        # To put it there is one step, which nobody can divide: a lock would cost more than all else here.
        if self._slots.setdefault(key, slot) is not slot:
            self._wait_for_turn(slot, timeout)
        # `fail_all` closes first and looks for slots then: either it has seen this one, or this sees that it is closed.
        if self._closed is not None:
            self.close(slot)
            raise self._closed
        return slot

    def _wait_for_turn(self, slot: Slot, timeout: float | None) -> None:
        key, verb = slot.key, slot.verb
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            while (holder := self._slots.setdefault(key, slot)) is not slot:
                if self._closed is not None:
                    raise self._closed
                if holder.thread == slot.thread:
                    raise IBError(
                        f"{verb}: {key!r} is still in use by {holder.verb} of this same thread; end that one first"
                    )
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise RequestTimeoutError(
                        f"{verb}: {key!r} is in use by {holder.verb}, which hasn't ended; cancel that one first",
                        verb=verb,
                    )
                self._in_line += 1
                try:
                    # Short slices, so that an interrupt works at once on every system.
                    self._changed.wait(0.2 if left is None else min(left, 0.2))
                finally:
                    self._in_line -= 1

    def get(self, key: Key) -> Slot | None:
        """The open slot of a key, or None."""
        return self._slots.get(key)

    def add(self, key: Key, row: Any) -> None:
        """A row of an answer."""
        slot = self._slots.get(key)
        if slot is not None:
            slot.add(row)

    def answer(self, key: Key, row: Any) -> None:
        """The last row of an answer, or the only one: such an answer has no end marker."""
        slot = self._slots.get(key)
        if slot is not None:
            slot.answer(row)

    def finish(self, key: Key) -> None:
        """The end marker of an answer."""
        slot = self._slots.get(key)
        if slot is not None:
            slot.finish()

    def tell(self, key: Key, news: tuple[Any, ...]) -> None:
        """News for the verb's stream that takes the answers of a key, if one does."""
        slot = self._slots.get(key)
        if slot is not None and slot.taker is not None:
            slot.taker.put(news)

    def taker(self, key: Key) -> Any:
        """What takes the answers of a key as they come, or None."""
        slot = self._slots.get(key)
        return None if slot is None else slot.taker

    def close(self, slot: Slot) -> None:
        """Forget a slot; later answers for its id are nobody's."""
        with self._lock:
            if self._slots.get(slot.key) is slot:
                del self._slots[slot.key]
                if self._in_line:
                    self._changed.notify_all()
        self.left(slot)

    def all(self) -> list[Slot]:
        """The open slots."""
        with self._lock:
            return list(self._slots.values())

    def of_this_thread(self) -> Slot | None:
        """The slot that this thread has opened last: what it is asking for."""
        me = threading.get_ident()
        return next((slot for slot in reversed(self.all()) if slot.thread == me), None)

    def fail_all(self, error: BaseException, spare_lasting: bool = False) -> None:
        """End every slot (but perhaps those of streams), and refuse new ones until `reopen`: the connection is gone."""
        with self._lock:
            self._closed = error
            slots = [slot for slot in self._slots.values() if not (spare_lasting and slot.lasting)]
            self._changed.notify_all()
        for slot in slots:
            slot.fail(error)

    def reopen(self) -> None:
        """A new connection is up."""
        with self._lock:
            self._closed = None

    def __len__(self) -> int:
        return len(self._slots)
