"""Who takes what a gateway in this process has said: whoever has just asked it something or moved its time.

Nothing has to be waited for there, so no thread reads. Only where an override of the user's hears what comes, a thread
of its own hands it on, as it would from a socket: the override may keep it waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from ibnb.wire.reader import CHUNK, Owner


class Pipe(Protocol):
    """The part of `ibnb.gateway.pipe.Pipe` beyond a socket."""

    on_news: Callable[[bool], object]
    may_wait: Callable[[], bool]
    said_at: float
    waiting: Mapping[int, float]

    @property
    def readable(self) -> bool: ...
    @property
    def waits(self) -> bool: ...
    @property
    def owes(self) -> bool: ...
    def recv(self, size: int) -> bytes: ...
    def tell(self) -> None: ...
    def uninterrupted(self) -> AbstractContextManager[None]: ...


class _Holding(threading.local):
    """How often this thread has said that it isn't to hand on anything now."""

    depth = 0


_holding = _Holding()


class Pump:
    """Stands where a `Reader` does: `feed` cuts bytes into messages, `on_frames` takes those that came at once.

    `on_end(reason)` is called once, unless the owner has disconnected before.
    """

    def __init__(
        self,
        owner: Owner,
        feed: Callable[[bytes], list[bytes]],
        on_frames: Callable[[list[bytes]], None],
        on_end: Callable[[str], None],
        may_read: Callable[[], bool],
        may_wait: Callable[[], bool],
    ) -> None:
        self._owner = owner
        self._pipe: Pipe = owner.socket
        self._pipe.may_wait = may_wait
        #: While something is handed on: when it was said, in seconds of the gateway's clock.
        self.said_at: float | None = None
        self._feed = feed
        self._on_frames = on_frames
        self._on_end = on_end
        self._may_read = may_read
        self._turn = threading.Lock()
        #: Everything that is handed on runs in this thread.
        self.reading: int | None = None
        self.thread: threading.Thread | None = None
        self._name = ""
        self._starting = threading.Lock()
        self._woken = threading.Event()

    def start(self, name: str, early: list[bytes]) -> None:
        """Hand on what has come already, and from now on what comes."""
        self._name = name
        if early:
            with self._turn:
                self._reads(lambda: self._on_frames(early))
        self._pipe.on_news = self._heard
        self._heard(True)

    def go_on(self) -> None:
        """After the owner's `disconnect`: the thread, if there is one, may end."""
        if self._owner.socket is None:
            self._woken.set()

    def sent(self) -> None:
        """After something was sent, when no lock is held any more: whoever has news may hear of it."""
        if not _holding.depth:
            self.tell()

    def tell(self) -> None:
        """Let whoever has news hear of it now: somebody waits for that."""
        self._pipe.tell()

    @contextmanager
    def held(self) -> Iterator[None]:
        """In the block this thread hands on nothing of what it sends; it does at the end."""
        _holding.depth += 1
        try:
            yield
        finally:
            _holding.depth -= 1
            self.sent()

    @property
    def waits(self) -> bool:
        """Is there nothing to hand on but what may wait until somebody looks?"""
        return self.thread is None and self._owner.socket is self._pipe and self._pipe.waits

    @property
    def waiting(self) -> Mapping[int, float]:
        """The requests of which something waits until somebody looks, and when each spoke last."""
        return self._pipe.waiting

    def catch_up(self) -> None:
        """Somebody looks: hand on what has waited."""
        if self._owner.socket is self._pipe and self._pipe.owes:
            self._hand_on(everything=True)

    def _heard(self, here: bool) -> None:
        if here and self._may_read():
            self._hand_on()
            return
        with self._starting:
            if self.thread is None:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # there are no threads here, as in a browser
                    self._hand_on()
                    return
                self.thread = thread
        self._woken.set()

    def _run(self) -> None:
        while self._owner.socket is self._pipe:
            self._woken.wait()
            self._woken.clear()
            self._hand_on()

    def _hand_on(self, everything: bool = False) -> None:
        """Hand on all there is, unless somebody is at it: who then finds this, too."""
        owner, pipe = self._owner, self._pipe
        while (
            (pipe.readable or (everything and pipe.owes))
            and owner.socket is pipe
            and self._turn.acquire(blocking=False)
        ):
            try:
                with pipe.uninterrupted():
                    self._reads(self._take)
            finally:
                self._turn.release()

    def _reads(self, take: Callable[[], None]) -> None:
        self.reading = threading.get_ident()
        try:
            take()
        finally:
            self.reading = self.said_at = None

    def _take(self) -> None:
        try:
            data = self._pipe.recv(CHUNK)
            if data:
                self.said_at = self._pipe.said_at
                self._on_frames(self._feed(data))
                return
            reason = "TWS closed the connection"
        except ValueError as error:
            reason = f"TWS sent something that can't be read: {error}"
        except TimeoutError:
            return  # somebody else has fetched it
        ended_by_us = self._owner.socket is not self._pipe
        self._owner.disconnect()
        if not ended_by_us:
            self._on_end(reason)
