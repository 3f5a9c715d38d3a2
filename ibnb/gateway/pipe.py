"""A client in the gateway's own process: bytes in, bytes out, no socket and no second thread.

What the client sends is answered before ``sendall`` returns; the answers wait until they are fetched. The client's end
has the methods of a socket that it needs, so that nothing else is different for it.
"""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any

from .engine import Engine
from .session import Session
from .world.client import Make

# So much may wait, a trading day's bars of fifty contracts as they grow; then the client is told.
_MOST_OWED = 250_000


class _Interrupt:
    """An interrupt (Ctrl-C, the notebook's stop button) that has to wait."""

    def __init__(self) -> None:
        self.came = False

    def __call__(self, number: int, frame: object) -> None:
        self.came = True


@contextmanager
def uninterrupted() -> Iterator[None]:
    """In the block an interrupt waits: half a step would leave the world, or an answer, in pieces."""
    before = None
    if threading.current_thread() is threading.main_thread():
        before = signal.getsignal(signal.SIGINT)
    if before is None or isinstance(before, _Interrupt):  # not ours to replace, or done already
        yield
        return
    interrupt = _Interrupt()
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if interrupt.came:
            signal.raise_signal(signal.SIGINT)


class Pipe:
    """One client's connection. ``call`` runs something in the gateway; ``tell`` lets whoever has news hear of it."""

    #: It isn't on any network.
    family = None
    uninterrupted = staticmethod(uninterrupted)

    def __init__(self, engine: Engine, call: Callable[[Callable[[], Any]], Any], tell: Callable[[], None]) -> None:
        self.session = Session(engine, later=self)
        self.tell = tell
        #: Called when there is something to fetch, with whether the caller may do it himself.
        self.on_news: Callable[[bool], object] = lambda here: None
        self._call = call
        #: Whether the client can wait for what only streams say. It costs nothing before it is fetched.
        self.may_wait: Callable[[], bool] = lambda: False
        #: The requests of which something waits that isn't made yet, and when each spoke last (virtual epoch seconds).
        self.waiting: dict[int, float] = {}
        #: When that was said which was fetched last (virtual epoch seconds).
        self.said_at = 0.0
        # What waits, in order: when it was said, and what, or what makes it; how many of the latter there are.
        self._inbox: deque[tuple[float, bytes | Make]] = deque()
        self._owed = 0
        self._lock = threading.Lock()
        self._now = engine.world.clock.now
        self._ended = False

    # -- the gateway's end -----------------------------------------------------------------------------------------

    @property
    def unread(self) -> int:
        """How many bytes the client hasn't fetched."""
        if len(self._inbox) == self._owed:  # who moves time asks again and again
            return 0
        return sum(len(said) for _, said in list(self._inbox) if isinstance(said, bytes))

    def owe(self, reqId: int, make: Make) -> bool:
        """See `Later`."""
        if not self.session.owe(make):
            return False
        self.waiting[reqId] = self._now()
        return True

    def pay(self) -> None:
        """See `Later`."""
        self._put(self.session.outgoing())
        with self._lock:
            if self._owed:
                made = [(at, said if isinstance(said, bytes) else self.session.made(said)) for at, said in self._inbox]
                self._inbox, self._owed = deque((at, said) for at, said in made if said), 0
                self.waiting.clear()

    def _put(self, bursts: list[bytes | Make]) -> None:
        with self._lock:
            self._inbox.extend(zip(repeat(self._now()), bursts, strict=False))
            self._owed += sum(not isinstance(burst, bytes) for burst in bursts)

    def flush(self) -> None:
        """Put down what the session has to say; hang up if it has."""
        session = self.session
        while bursts := session.outgoing():
            self._put(bursts)
            session.proceed()
        if session.closed:
            self._ended = True

    def abort(self) -> None:
        """Hang up."""
        self.session.lost()
        self._ended = True

    @property
    def ended(self) -> bool:
        """Whether either side has hung up."""
        return self._ended

    # -- the client's end ------------------------------------------------------------------------------------------

    @property
    def readable(self) -> bool:
        """Whether there is something to fetch, be it the end, and not only what may wait."""
        owed = self._owed
        return self._ended or len(self._inbox) > owed or (owed > 0 and (owed > _MOST_OWED or not self.may_wait()))

    @property
    def owes(self) -> bool:
        """Whether something waits that isn't made yet."""
        return self._owed > 0

    @property
    def waits(self) -> bool:
        """Whether there is nothing to fetch but what may wait, of a session that would answer."""
        return self._owed > 0 and self.session.hears and not self.readable

    def sendall(self, data: bytes) -> None:
        """Let the gateway take these bytes. Raises BrokenPipeError when it has hung up."""
        if self._ended:
            raise BrokenPipeError("the gateway has hung up")
        self._call(lambda: self.session.receive(data))

    def recv(self, size: int) -> bytes:
        """What was said at one moment (`said_at`), the first that there is, whatever ``size``; b"" after the end.

        Raises TimeoutError when nothing waits: nothing will come before somebody sends something or moves time.
        """
        if self._owed:
            self._call(self.pay)
        found: list[bytes] = []
        with self._lock:
            if self._inbox:
                self.said_at = self._inbox[0][0]
            while self._inbox and self._inbox[0][0] == self.said_at and isinstance(said := self._inbox[0][1], bytes):
                self._inbox.popleft()
                found.append(said)
        if not found and not self._ended:
            raise TimeoutError("the gateway says nothing")
        return b"".join(found)

    def settimeout(self, seconds: float | None) -> None:
        """Nothing here ever waits."""

    def shutdown(self, how: int) -> None:
        """See ``close``."""

    def close(self) -> None:
        """Hang up; what hasn't been fetched is lost."""
        if not self._ended:
            self._ended = True
            self._call(self.session.lost)
        self._inbox.clear()
