"""Orders: place, change, cancel, and what is open, done and traded."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from .. import messages as m
from ..instruments import Instrument, contract_of
from ..matching import Found, OrderRefused
from ..world import Client, World
from ..zones import LOGIN_ZONE
from .history.request import parse_moment
from .registry import Refusal, handles, invalid, not_simulated, unprocessed
from .resolve import resolve_combination, resolve_contract

_TOKEN = "bH"


@handles(m.PlaceOrder)
def place_order(world: World, client: Client, request: m.PlaceOrder) -> None:
    """Place an order, change one, or ask what it would do; all that follows comes as order events.

    Differs from TWS: trades have no effect on later prices, and of a book only what it shows can be taken; nobody
    who waits ahead of an order at its price leaves; a midpoint peg trades only when the market comes through it;
    attached orders have the scenario's presets, in percent of the entry; a post-only order that would take is
    cancelled; of the opening an order has what it brings only with OPG or allowPreOpen; nobody offers more than the
    book shows, so that seekPriceImprovement finds nothing, and every order goes to the best offer, as with
    routeMarketableToBbo;
    refused by name, as not simulated, are algos, scale, hedge, volatility, BOX TOP, PEG BEST and pegged-to-stock
    orders, discretionary amounts, all-or-none, minimum quantities, not-held, imbalance-only, a duration, the overnight
    session, hedgeMaxSize, whatIfType, models and allocation groups.
    """
    try:
        world.orders.place(client, request, _Reader(world))
    except OrderRefused as refused:
        raise _refusal(refused) from refused


@handles(m.CancelOrder)
def cancel_order(world: World, client: Client, request: m.CancelOrder) -> None:
    """Cancel one of the client's own orders: PendingCancel, then Cancelled and 202.

    Differs from TWS: manualOrderCancelTime, extOperator and manualOrderIndicator are taken and not kept.
    """
    try:
        world.orders.cancel(client, request.orderId)
    except OrderRefused as refused:
        raise _refusal(refused) from refused


@handles(m.ReqGlobalCancel)
def global_cancel(world: World, client: Client, request: m.ReqGlobalCancel) -> None:
    """Cancel every open order of every client; each owner is told of its own."""
    world.orders.cancel_all()


@handles(m.ReqOpenOrders)
def open_orders(world: World, client: Client, request: m.ReqOpenOrders) -> Iterator[object]:
    """The client's own open orders, then the end; client 0 takes over those entered by hand (orderBound)."""
    yield from world.orders.open_orders(client.clientId)
    yield m.OpenOrderEnd()


@handles(m.ReqAllOpenOrders)
def all_open_orders(world: World, client: Client, request: m.ReqAllOpenOrders) -> Iterator[object]:
    """The open orders of all clients, then the end; another client's order has id 0 and its permId."""
    yield from world.orders.all_open_orders(client.clientId)
    yield m.OpenOrderEnd()


@handles(m.ReqAutoOpenOrders)
def auto_open_orders(world: World, client: Client, request: m.ReqAutoOpenOrders) -> None:
    """Client 0 takes over orders entered by hand, now and from now on (orderBound); 327 for any other."""
    if client.clientId != 0:
        raise Refusal(327, "Only API connections with clientId set to 0 can set the auto bind TWS orders property.")
    world.orders.bind(request.bAutoBind)


@handles(m.ReqCompletedOrders)
def completed_orders(world: World, client: Client, request: m.ReqCompletedOrders) -> Iterator[object]:
    """What was filled, cancelled or rejected since midnight in New York, then the end; apiOnly leaves out what was
    entered by hand."""
    yield from world.orders.completed(request.apiOnly)
    yield m.CompletedOrdersEnd()


@handles(m.ReqExecutions)
def executions(world: World, client: Client, request: m.ReqExecutions) -> Iterator[object]:
    """The fills since midnight in New York that fit the filter, each with its commission, then always the end.

    Differs from TWS: earlier days' fills are kept, too, and given when lastNDays or specificDates ask for them.
    """
    since = 0.0
    if request.time:
        since = parse_moment(request.time, world.clock.now(), LOGIN_ZONE, (), "Execution filter time").time
    for fill in world.orders.executions(request, since):
        yield from fill.asked(request.reqId)
    yield m.ExecDetailsEnd(reqId=request.reqId)


@handles(m.ExerciseOptions)
def exercise_options(world: World, client: Client, request: m.ExerciseOptions) -> None:
    """Exercise options that are held (1), or let them lapse on their last day (2); positions and account values tell.

    Differs from TWS: it happens at once, and neither an order nor an execution is told of.
    """
    account = world.accounts.find(request.account)
    if account is None:
        raise invalid("Invalid account code", _TOKEN)
    option = resolve_contract(world, request.contract)
    if request.exerciseAction not in (1, 2):
        raise invalid(f"Invalid exercise action {request.exerciseAction}", _TOKEN)
    if request.exerciseQuantity < 1:
        raise invalid("The size value cannot be zero", _TOKEN)
    if request.exerciseAction == 1:
        quantity = Decimal(request.exerciseQuantity)
        reason = world.accounts.exercise(account, option, quantity, forced=request.override == 1)
    else:
        reason = world.accounts.lapse(account, option)
    if reason:
        raise unprocessed(reason, _TOKEN)


def enter_by_hand(world: World, contract: m.Contract, order: m.Order) -> int:
    """Place an order as if somebody typed it into TWS; returns its permId. Raises Refusal."""
    try:
        return world.orders.enter(order, contract, _Reader(world)).permId
    except OrderRefused as refused:
        raise _refusal(refused) from refused


class _Reader:
    """Understands what an order says, by this world's instruments and TWS's ways of writing times."""

    def __init__(self, world: World) -> None:
        self._world = world

    def contract(self, contract: m.Contract) -> Found:
        if contract.secType != "BAG":
            instrument = resolve_contract(self._world, contract)
            return Found(instrument, contract_of(instrument))
        combination = resolve_combination(self._world, contract, _TOKEN)
        return Found(combination.instrument, combination.told, combination.legs)

    def by_id(self, conId: int) -> Instrument | None:
        return self._world.instruments.find(conId)

    def moment(self, text: str, zone: str, field: str) -> float:
        return parse_moment(text, self._world.clock.now(), LOGIN_ZONE, (zone,), field).time


def _refusal(refused: OrderRefused) -> Refusal:
    if not refused.simulated:
        return not_simulated(refused.text)
    if refused.code == 321:
        return invalid(refused.text, _TOKEN)
    return Refusal(refused.code, refused.text)
