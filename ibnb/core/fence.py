"""When have all callbacks run of what TWS has sent so far? When it has answered what the time is, asked unseen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ibnb.core.clock import wait_for_fence
from ibnb.core.lifecycle import Lifecycle
from ibnb.core.status import Status
from ibnb.errors import ConnectionLostError, NotConnectedError, RequestTimeoutError
from ibnb.ib import api
from ibnb.wire.reader import Latch
from ibnb.wire.transport import Connection

# Real seconds for which a TWS that has fallen silent is looked at.
_GLANCE = 0.01


@dataclass(eq=False, repr=False)
class Fence:
    """Questions about the time, the user's and its own, which are answered in the order in which they were asked.

    `limit` tells for how many real seconds TWS may keep its answer.
    """

    lifecycle: Lifecycle
    status: Status
    limit: Callable[[], float]

    def __post_init__(self) -> None:
        # Who asked: None = the user, a latch = a fence.
        self._asked: deque[Latch | None] = deque()
        # TWS leaves even a fence unanswered.
        self._silent = False

    def reset(self, connection: Connection) -> None:
        """A new connection: nothing has been asked."""
        self._asked.clear()
        self._silent = False

    def glance(self, seconds: float) -> None:
        """The same as `wait`, but for so many real seconds at most, and not in a callback, which can't wait."""
        connection = self.lifecycle.connection
        if connection is not None and not connection.in_reader():
            with suppress(NotConnectedError, ConnectionLostError):
                self.ask(connection).wait(seconds)

    def wait(self) -> None:
        """Return when every callback of what TWS has sent so far has run. Leaves no trace on tape and log.

        A TWS that doesn't even answer this isn't waited for again until it does.
        """
        lifecycle = self.lifecycle
        connection = lifecycle.connection
        if connection is not None:
            lifecycle.check_thread("waiting")
            try:
                answered = self.ask(connection)
                if self._silent:
                    self._silent = not answered.wait(_GLANCE)
                    return
                # A connection that is back already doesn't know what the old one was asked.
                wait_for_fence(answered, lambda: lifecycle.connection is connection, self.limit())
                return
            except RequestTimeoutError:
                self._silent = True
                self.status.say(f"TWS has answered nothing for {self.limit():g} s; it may hang", "warning")
                return
            except (NotConnectedError, ConnectionLostError):
                pass
        # The end of the connection releases whoever waits; time mustn't move on before it has.
        lifecycle.await_end()

    def ask(self, connection: Connection) -> Latch:
        """Ask what the time is, unseen; the latch is set by the answer."""
        answered = Latch()
        connection.go_on()
        request = api.current_time_request(self.lifecycle.version)
        connection.send_marked(request, lambda: self._asked.append(answered))
        return answered

    def sees(self, message: bytes) -> None:
        """A message of the user's leaves, under the lock that keeps messages in order."""
        if message[4:8] in api.TIME_REQUESTS:
            self._asked.append(None)

    def is_next(self) -> bool:
        """Is the next answer about the time a fence's?"""
        return bool(self._asked) and self._asked[0] is not None

    def takes_answer(self) -> bool:
        """The next answer about the time is a fence's (and is now used up), not the user's."""
        asked = self._asked.popleft() if self._asked else None
        if asked is None:
            return False
        self._silent = False
        asked.set()
        return True
