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
from typing import Any

from .engine import Engine
from .session import Session


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
        self.session = Session(engine)
        self.tell = tell
        #: Called when there is something to fetch, with whether the caller may do it himself.
        self.on_news: Callable[[bool], object] = lambda here: None
        self._call = call
        self._inbox: deque[bytes] = deque()
        self._ended = False

    # -- the gateway's end -----------------------------------------------------------------------------------------

    @property
    def unread(self) -> int:
        """How many bytes the client hasn't fetched."""
        return sum(map(len, list(self._inbox)))

    def flush(self) -> None:
        """Put down what the session has to say; hang up if it has."""
        session = self.session
        while bursts := session.outgoing():
            self._inbox.extend(bursts)
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
        """Whether there is something to fetch, be it the end."""
        return bool(self._inbox) or self._ended

    def sendall(self, data: bytes) -> None:
        """Let the gateway take these bytes. Raises BrokenPipeError when it has hung up."""
        if self._ended:
            raise BrokenPipeError("the gateway has hung up")
        self._call(lambda: self.session.receive(data))

    def recv(self, size: int) -> bytes:
        """Everything that waits, whatever ``size``; b"" after the end.

        Raises TimeoutError when nothing waits: nothing will come before somebody sends something or moves time.
        """
        if not self._inbox and not self._ended:
            raise TimeoutError("the gateway says nothing")
        found = []
        while self._inbox:
            found.append(self._inbox.popleft())
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
