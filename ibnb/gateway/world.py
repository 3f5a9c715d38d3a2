"""The one world that all clients share, and each client as the world sees it.

Rule: state and time live here, decisions don't. Handlers read and change the world; the engine feeds it requests;
nothing in this file knows a message's meaning, a byte or a socket.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from . import messages as m
from .staged import Staged
from .upstream import Upstream

if TYPE_CHECKING:
    from .accounts import Accounts
    from .clock import Clock, Timer
    from .instruments import Instruments
    from .market import Market
    from .matching import Orders
    from .scenario import Scenario

# What the gateway says of orders and errors is kept beside all that it hears: enough to check an exercise,
# while ticks and bars, which are many and can be asked again, are not.
_REMEMBERED = (m.ErrorMessage, m.OrderStatus, m.OpenOrder, m.ExecDetails, m.CommissionReport)
_JOURNAL_LENGTH = 100_000


class Entry(NamedTuple):
    """One line of the journal. ``direction``: "in" (a client asked) or "out" (the gateway said)."""

    time: float
    clientId: int
    direction: str
    message: Any


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
    """One API client. ``deliver`` takes a message on its way to the wire."""

    def __init__(self, clientId: int, version: int, deliver: Callable[[Any], None], world: World) -> None:
        self.clientId = clientId
        self.version = version
        self.marketDataType = 1
        self.answering = False  # whether what is sent answers a request of just now
        self.held: list[Any] = []  # what waits until the link to IB is back
        self.subscriptions: dict[tuple[str, int], Subscription] = {}
        self._deliver = deliver
        self._world = world

    def send(self, message: Any) -> None:
        if not self._world.upstream.whole and self._world.upstream.stops(self._world, self, message):
            return
        if isinstance(message, _REMEMBERED):
            self._world.remember(self.clientId, "out", message)
        self._deliver(message)

    def error(self, id: int, code: int, text: str, advancedOrderRejectJson: str = "") -> None:
        now = int(self._world.clock.now() * 1000)
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


class World:
    """Clock, instruments, market, accounts, orders and clients, in one scenario."""

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        instruments: Instruments,
        market: Market,
        accounts: Accounts,
        orders: Orders,
    ) -> None:
        self.scenario = scenario
        self.clock = clock
        self.instruments = instruments
        self.market = market
        self.accounts = accounts
        self.orders = orders
        self.clients: dict[int, Client] = {}
        self.upstream = Upstream(scenario.farm_notices)
        self.staged = Staged()
        self.displayGroups: dict[int, str] = {}
        self.journal: deque[Entry] = deque(maxlen=_JOURNAL_LENGTH)

    def remember(self, clientId: int, direction: str, message: Any) -> None:
        self.journal.append(Entry(self.clock.now(), clientId, direction, message))

    def broadcast(self, message: Any) -> None:
        for client in list(self.clients.values()):
            client.send(message)

    def every(self, seconds: float, action: Callable[[], Any], subscription: Subscription) -> None:
        """Call ``action`` each ``seconds`` while ``subscription`` is active, first after one period."""

        def tick() -> None:
            if not subscription.active:
                return
            action()
            if subscription.active:
                subscription.timers[:] = [self.clock.call_later(seconds, tick)]

        subscription.timers.append(self.clock.call_later(seconds, tick))

    def open(self, kind: str) -> list[tuple[Client, Subscription]]:
        """Every open subscription of a kind, of all clients."""
        return [(client, s) for client in list(self.clients.values()) for s in client.open(kind)]
