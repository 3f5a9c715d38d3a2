"""The one world that all clients share.

Rule: state and time live here, decisions don't. Handlers read and change the world; the engine feeds it requests;
nothing in this file knows a message's meaning, a byte or a socket.
"""

from __future__ import annotations

from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .. import messages as m
from .client import Client, Subscription
from .identity import world_name
from .journal import Entry
from .staged import Staged
from .upstream import Upstream

if TYPE_CHECKING:
    from ..accounts import Accounts
    from ..clock import Clock
    from ..instruments import Instruments
    from ..market import Market
    from ..matching import OrderBook
    from ..scenario import Scenario

# What the gateway says of orders and errors is kept beside all that it hears: enough to check an exercise,
# while ticks and bars, which are many and can be asked again, are not.
_REMEMBERED = (m.ErrorMessage, m.OrderStatus, m.OpenOrder, m.ExecDetails, m.CommissionReport)
_JOURNAL_LENGTH = 100_000
# So many prices belong to a world's name.
_PROBES = 3


class World:
    """Clock, instruments, market, accounts, orders and clients, in one scenario."""

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        instruments: Instruments,
        market: Market,
        accounts: Accounts,
        orders: OrderBook,
    ) -> None:
        self.scenario = scenario
        self.clock = clock
        self.instruments = instruments
        self.market = market
        self.accounts = accounts
        self.orders = orders
        self.clients: dict[int, Client] = {}
        self.upstream = Upstream(scenario.farm_notices, instruments)
        self.staged = Staged()
        self.displayGroups: dict[int, str] = {}
        self.journal: deque[Entry] = deque(maxlen=_JOURNAL_LENGTH)

    @cached_property
    def name(self) -> str:
        """What tells this world from all others, and from TWS."""
        prices = map(self.market.level, self.instruments.listings[:_PROBES])
        return world_name(self.scenario, self.instruments.recordings.values(), prices)

    def remember(self, clientId: int, direction: str, message: Any) -> None:
        self.journal.append(Entry(self.clock.now(), clientId, direction, message))

    def passes(self, client: Client, message: Any) -> bool:
        """Whether a message gets to a client now; what the gateway says of orders and errors is kept."""
        if not self.upstream.whole and self.upstream.stops(client, message):
            return False
        if isinstance(message, _REMEMBERED):
            self.remember(client.clientId, "out", message)
        return True

    def open(self, kind: str) -> list[tuple[Client, Subscription]]:
        """Every open subscription of a kind, of all clients."""
        return [(client, s) for client in list(self.clients.values()) for s in client.open(kind)]
