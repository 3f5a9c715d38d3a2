"""The world at work: clients come and go, each request finds its handler, each refusal becomes an error.

Rule: nothing here knows a byte or a socket. Sessions hand in decoded requests and take messages out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from . import messages as m
from .accounts import Accounts
from .clock import Clock
from .handlers import HANDLERS, Refusal
from .handlers.registry import not_simulated, request_id
from .instruments import Instruments
from .market import Market
from .matching import Orders
from .scenario import Scenario
from .world import Client, World

_log = logging.getLogger(__name__)

CLIENT_ID_IN_USE = "Unable to connect as the client id is already in use. Retry with a unique client id."


def build_world(scenario: Scenario, clock: Clock) -> World:
    """Everything that one scenario needs, on this clock."""
    instruments = Instruments(scenario.today)
    market = Market(scenario.seed, instruments, scenario.moves, scenario.always_open_from)
    accounts = Accounts(scenario, instruments, market, clock)
    orders = Orders(scenario, clock, market, accounts)
    world = World(scenario, clock, instruments, market, accounts, orders)
    orders.connect(world.clients)
    return world


class Engine:
    """Lets clients into one world and answers them."""

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def full(self) -> bool:
        """Whether no further client is let in (32 in TWS)."""
        return len(self.world.clients) >= self.world.scenario.limits.clients

    def open(self, clientId: int, version: int, deliver: Callable[[Any], None]) -> Client:
        """Let a client in and greet it: accounts, next order id, farm notices, its open orders.

        Raises:
            Refusal: 326, the id is in use.
        """
        world = self.world
        if clientId in world.clients:
            raise Refusal(326, CLIENT_ID_IN_USE, id=-1)
        client = Client(clientId, version, deliver, world)
        world.clients[clientId] = client
        world.remember(clientId, "in", m.StartApi(clientId=clientId))
        client.send(m.ManagedAccounts(accountsList=",".join(account.code for account in world.scenario.accounts)))
        client.send(m.NextValidId(orderId=world.orders.next_valid_id(clientId)))
        world.orders.greet(client)
        for code, text in world.scenario.farm_notices:
            client.error(-1, code, text)
        return client

    def handle(self, client: Client, request: Any) -> None:
        """Answer one request, whatever it is."""
        self.world.remember(client.clientId, "in", request)
        handler = HANDLERS.get(type(request))
        try:
            if handler is None:
                raise not_simulated(type(request).__name__)
            for answer in handler(self.world, client, request) or ():
                client.send(answer)
        except Refusal as refusal:
            id = request_id(request) if refusal.id is None else refusal.id
            client.error(id, refusal.code, refusal.text)
        except Exception as error:
            # A mistake of ours must not look like silence to the client, nor end anybody's session.
            _log.exception("the handler of %s failed", type(request).__name__)
            text = f"Error processing request.-'ibnb' : cause - the simulated gateway failed: {error!r}"
            client.error(request_id(request), 322, text)

    def close(self, client: Client) -> None:
        """The client has gone: its subscriptions end, its orders stay."""
        client.close()
        self.world.clients.pop(client.clientId, None)
