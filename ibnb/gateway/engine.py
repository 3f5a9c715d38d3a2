"""The world at work: clients come and go, each request finds its handler, each refusal becomes an error.

Rule: nothing here knows a byte or a socket. Sessions hand in decoded requests and take messages out.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

from . import messages as m
from .accounts import Accounts
from .calendar import day_number
from .clock import Clock
from .data import read_folder
from .faults import Faults, Listener
from .handlers import HANDLERS, Refusal
from .handlers.configuration import check_allowed
from .handlers.outage import check_reachable
from .handlers.registry import no_history, not_simulated, request_id
from .instruments import Instruments
from .market import Market, Regime
from .matching import OrderBook
from .pacing import Paced, SmallBars, paced
from .scenario import Scenario
from .world import Client, Later, Subscription, World

_log = logging.getLogger(__name__)

_LATE = "late answers"
# So many answers at once.
_STEP = 50
_PACING = "Historical data request pacing violation"
CLIENT_ID_IN_USE = "Unable to connect as the client id is already in use. Retry with a unique client id."


def build_world(scenario: Scenario, clock: Clock, beside: World | None = None) -> World:
    """Everything that one scenario needs, on this clock; instruments and market are those of the world `beside`."""
    instruments, market = (beside.instruments, beside.market) if beside else _build_market(scenario)
    accounts = Accounts(scenario, instruments, market, clock)
    orders = OrderBook(scenario, clock, market, accounts)
    world = World(scenario, clock, instruments, market, accounts, orders)
    orders.connect(world.clients)
    return world


def _build_market(scenario: Scenario) -> tuple[Instruments, Market]:
    instruments = Instruments(scenario.today, read_folder(scenario.data) if scenario.data else ())
    regime = Regime(scenario.regime, day_number(scenario.today)) if scenario.regime else None
    market = Market(
        scenario.seed,
        instruments,
        scenario.moves,
        scenario.always_open_from,
        regime,
        scenario.corporate,
        scenario.halts,
    )
    instruments.level = market.level
    return instruments, market


class Engine:
    """Lets clients into one world and answers them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.listener = Listener()
        self.faults = Faults(world, self.listener)
        self._small_bars = SmallBars(world.scenario.limits)
        self._late = count()
        self.seats: Sequence[Engine] = (self,)
        for fault in world.scenario.faults:
            self.faults.schedule(fault)

    @property
    def full(self) -> bool:
        """Whether no further client is let in (32 in TWS)."""
        return sum(len(seat.world.clients) for seat in self.seats) >= self.world.scenario.limits.clients

    def seat(self, clientId: int) -> Engine:
        """Where a client is answered: here, unless each has a world of its own (`classroom`).

        Raises:
            Refusal: 326, there is no place left.
        """
        return self

    def open(self, clientId: int, version: int, deliver: Callable[[Any], None], later: Later | None = None) -> Client:
        """Let a client in and greet it: its open orders and their end, accounts, next order id, farm notices.

        The order is that of a recorded session (the end came before managedAccounts).

        Raises:
            Refusal: 326, the id is in use.
        """
        world = self.world
        if clientId in world.clients:
            raise Refusal(326, CLIENT_ID_IN_USE, id=-1)
        client = Client(clientId, version, deliver, world.passes, world.clock.now, later)
        world.clients[clientId] = client
        world.remember(clientId, "in", m.StartApi(clientId=clientId))
        world.orders.greet(client)
        client.send(m.OpenOrderEnd())
        client.send(m.ManagedAccounts(accountsList=",".join(account.code for account in world.scenario.accounts)))
        client.send(m.NextValidId(orderId=world.orders.next_valid_id(clientId)))
        for code, text in world.upstream.notices:
            client.error(-1, code, text)
        return client

    def handle(self, client: Client, request: Any) -> Iterator[None]:
        """Answer one request, whatever it is; if faults are staged, late or never.

        A long answer goes out in steps: between two of them others may have their turn.
        """
        self.world.remember(client.clientId, "in", request)
        if self.world.staged.loses(request):
            return
        if not isinstance(request, m.ReqCurrentTime):
            queue = client.open(_LATE)
            if self.world.staged.delay or queue:
                self._answer_late(client, request, queue)
                return
        yield from self._answer(client, request)

    def _answer_late(self, client: Client, request: Any, queue: list[Subscription]) -> None:
        """Answer when the staged delay is over, in the order of asking, unless the client has gone by then."""
        subscription = client.subscribe(_LATE, next(self._late))

        def answer() -> None:
            client.unsubscribe(_LATE, subscription.reqId)
            deque(self._answer(client, request), 0)

        when = self.world.clock.now() + self.world.staged.delay
        when = max([when, *(timer.when for late in queue for timer in late.timers)])
        subscription.timers.append(self.world.clock.call_at(when, answer))

    def _answer(self, client: Client, request: Any) -> Iterator[None]:
        handler = HANDLERS.get(type(request))
        client.answering = True
        try:
            if handler is None:
                raise not_simulated(type(request).__name__)
            if staged := self.world.staged.refusal(request):
                raise Refusal(*staged)
            check_reachable(self.world, request)
            check_allowed(self.world, request)
            ask = self._paced(request)
            for number, answer in enumerate(handler(self.world, client, request) or (), 1):
                if answer is not None:
                    client.send(answer)
                if answer is None or not number % _STEP:
                    client.answering = False
                    yield
                    client.answering = True
            if ask is not None:
                self._small_bars.note(ask, self.world.clock.now())
        except Refusal as refusal:
            id = request_id(request) if refusal.id is None else refusal.id
            client.error(id, refusal.code, refusal.text)
        except Exception as error:
            # A mistake of ours must not look like silence to the client, nor end anybody's session.
            _log.exception("the handler of %s failed", type(request).__name__)
            text = f"Error processing request.-'ibnb' : cause - the simulated gateway failed: {error!r}"
            client.error(request_id(request), 322, text)
        finally:
            client.answering = False

    def _paced(self, request: Any) -> Paced | None:
        """What has to be counted of a request, if it is one for small bars. Raises Refusal when it is one too many."""
        ask = paced(request) if self.world.scenario.limits.small_bar_pacing else None
        if ask is None or not self._small_bars.violated(ask, self.world.clock.now()):
            return ask
        if isinstance(request, m.ReqRealTimeBars):
            raise Refusal(420, f"Invalid Real-time Query:{_PACING}")
        raise no_history(_PACING)

    def run_until(self, time: float) -> None:
        """Let virtual time go by. A mistake in one timer is logged and costs no other timer its turn."""
        clock = self.world.clock
        if clock.running:
            raise RuntimeError("a timer can't run the clock that runs it")
        while True:
            try:
                clock.run_until(time)
            except Exception:
                _log.exception("what was due at %s failed", clock.now())
            else:
                return

    def close(self, client: Client) -> None:
        """The client has gone: its subscriptions end, its orders stay."""
        client.close()
        self.world.clients.pop(client.clientId, None)
