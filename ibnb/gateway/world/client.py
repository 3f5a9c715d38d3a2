"""Each client as the world sees it, and what goes on for it until it is cancelled.

Rule: a client knows nothing of the world; what may pass to it and what the time is, it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .. import messages as m
from ..clock import Timer

Make = Callable[[], Iterable[Any]]


class Later(Protocol):
    """Who hears later what is said now: in this process, a client that looks when it wants to know.

    `owe` takes note of it, or says that it can't wait; `pay` makes all that is owed.
    """

    def owe(self, reqId: int, make: Make) -> bool: ...
    def pay(self) -> None: ...


@dataclass(eq=False)
class Subscription:
    """Something that goes on until it is cancelled: its timers stop when it ends."""

    kind: str
    reqId: int
    request: Any = None
    timers: list[Timer] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    active: bool = True

    def end(self) -> None:
        self.active = False
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()


class Client:
    """One API client. ``deliver`` takes a message to the wire if ``passes`` lets it; ``now`` tells the time."""

    def __init__(
        self,
        clientId: int,
        version: int,
        deliver: Callable[[Any], None],
        passes: Callable[[Client, Any], bool],
        now: Callable[[], float],
        later: Later | None = None,
    ) -> None:
        self.clientId = clientId
        self.version = version
        self.marketDataType = 1
        self.answering = False  # whether what is sent answers a request of just now
        self.held: list[Any] = []  # what waits until the link to IB is back
        self.subscriptions: dict[tuple[str, int], Subscription] = {}
        self._deliver = deliver
        self._passes = passes
        self._now = now
        self._later = later

    def send(self, message: Any) -> None:
        if self._passes(self, message):
            self._deliver(message)

    def owe(self, reqId: int, make: Make) -> bool:
        """Send a request's answers that `make` yields when somebody hears them, with nothing in the way now; False if
        that can't be. They may depend only on what doesn't change without `pay`."""
        return self._later is not None and self._later.owe(reqId, make)

    def pay(self) -> None:
        """Make what is owed: what it depends on is about to change."""
        if self._later is not None:
            self._later.pay()

    def error(self, id: int, code: int, text: str, advancedOrderRejectJson: str = "") -> None:
        now = int(self._now() * 1000)
        self.send(
            m.ErrorMessage(
                id=id, code=code, message=text, advancedOrderRejectJson=advancedOrderRejectJson, errorTime=now
            )
        )

    def subscribe(self, kind: str, reqId: int, request: Any = None) -> Subscription:
        """Open a subscription; one of the same kind and id that is still open ends first."""
        self.unsubscribe(kind, reqId)
        subscription = Subscription(kind, reqId, request)
        self.subscriptions[kind, reqId] = subscription
        return subscription

    def subscription(self, kind: str, reqId: int) -> Subscription | None:
        return self.subscriptions.get((kind, reqId))

    def unsubscribe(self, kind: str, reqId: int) -> bool:
        subscription = self.subscriptions.pop((kind, reqId), None)
        if subscription is None:
            return False
        subscription.end()
        return True

    def open(self, kind: str) -> list[Subscription]:
        return [subscription for (k, _), subscription in self.subscriptions.items() if k == kind]

    def close(self) -> None:
        for subscription in list(self.subscriptions.values()):
            subscription.end()
        self.subscriptions.clear()
        self.held.clear()
