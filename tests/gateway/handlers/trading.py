"""A world with accounts and orders, and a client that trades in it; `told` makes its messages easy to read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from ibnb.gateway import messages as m
from ibnb.gateway.accounts import Accounts
from ibnb.gateway.clock import Clock
from ibnb.gateway.corporate import Corporate
from ibnb.gateway.handlers import account as _account  # noqa: F401  registers its handlers
from ibnb.gateway.handlers import orders as _orders  # noqa: F401  registers its handlers
from ibnb.gateway.instruments import Instrument, Instruments
from ibnb.gateway.market import Market, Quote
from ibnb.gateway.matching import OrderBook
from ibnb.gateway.scenario import LESSON, Halt, Move, OrderRules, Scenario
from ibnb.gateway.world import World

from .asking import AAPL, Asker

QUIET = replace(LESSON, orders=OrderRules(tif_notice=False))
CODE = "DU1234567"


@cache
def _market(
    seed: int,
    today: date,
    moves: tuple[Move, ...],
    always_open_from: date | None,
    corporate: Corporate,
    halts: tuple[Halt, ...],
) -> Market:
    """A market is a pure function of these, so that many tests may ask one."""
    return Market(seed, Instruments(today), moves, always_open_from, corporate=corporate, halts=halts)


def trading_world(scenario: Scenario = QUIET) -> World:
    market = _market(
        scenario.seed, scenario.today, scenario.moves, scenario.always_open_from, scenario.corporate, scenario.halts
    )
    instruments = market.instruments
    clock = Clock(scenario.start)
    accounts = Accounts(scenario, instruments, market, clock)
    orders = OrderBook(scenario, clock, market, accounts)
    world = World(scenario, clock, instruments, market, accounts, orders)
    orders.connect(world.clients)
    return world


class Trader(Asker):
    """A client that places orders. Prices and quantities may be given as plain numbers."""

    def __init__(
        self, world: World | None = None, clientId: int = 1, scenario: Scenario = QUIET, version: int = 200
    ) -> None:
        super().__init__(version, world=world or trading_world(scenario), clientId=clientId)

    def place(
        self,
        orderId: int,
        action: str = "BUY",
        quantity: float = 10,
        orderType: str = "MKT",
        contract: m.Contract = AAPL,
        **fields: Any,
    ) -> list[Any]:
        order = m.Order(action=action, totalQuantity=Decimal(str(quantity)), orderType=orderType, **fields)
        return self.ask(m.PlaceOrder(orderId=orderId, contract=contract, order=order))

    def cancel(self, orderId: int) -> list[Any]:
        return self.ask(m.CancelOrder(orderId=orderId))

    def instrument(self, contract: m.Contract = AAPL) -> Instrument:
        (found,) = self.world.instruments.match(contract)
        return found

    def quote(self, contract: m.Contract = AAPL) -> Quote:
        return self.world.market.quote(self.instrument(contract), self.world.clock.now())

    def wait_for(self, orderId: int, *statuses: str, hours: float = 48) -> list[Any]:
        """Let time pass, from one event to the next, until the order has one of these statuses."""
        clock, before = self.world.clock, len(self.said)
        end = clock.now() + hours * 3600
        while self.status(orderId) not in statuses:
            due = clock.next_due()
            assert due is not None, f"nothing is due and order {orderId} is {self.status(orderId)}"
            assert due <= end, f"order {orderId} is still {self.status(orderId)}"
            clock.run_until(due)
        return self.said[before:]

    def status(self, orderId: int) -> str:
        order = self.world.orders.find(self.client.clientId, orderId)
        assert order is not None
        return order.status

    def held(self, conId: int) -> Decimal:
        (account,) = self.world.accounts.all()
        holding = account.holdings.get(conId)
        return holding.quantity if holding else Decimal(0)


def told(messages: list[Any]) -> list[str]:
    """Each order message as a line: its kind, its id, its status or code."""
    return [_line(message) for message in messages]


def _line(message: Any) -> str:
    match message:
        case m.OpenOrder():
            return f"openOrder {message.orderId} {message.orderState.status}"
        case m.OrderStatus():
            held = f" ({message.whyHeld})" if message.whyHeld else ""
            return f"orderStatus {message.orderId} {message.status}{held}"
        case m.ExecDetails():
            execution = message.execution
            return f"execDetails {message.reqId} {execution.orderId} {execution.side} {execution.shares}"
        case m.CommissionReport():
            return f"commissionReport {message.commission:.2f} {message.currency}"
        case m.ErrorMessage():
            return f"error {message.id} {message.code}"
        case _:
            return type(message).__name__
