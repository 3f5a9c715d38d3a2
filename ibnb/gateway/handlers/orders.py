"""Orders: place, change, cancel, and what is open, done and traded."""

from __future__ import annotations

from collections.abc import Iterator

from .. import messages as m
from ..instruments import Instrument
from ..matching import OrderRefused
from ..world import Client, World
from .historical_request import parse_moment
from .registry import Refusal, handles, invalid, not_simulated
from .resolve import contract_of, resolve_contract

_TOKEN = "bH"
_LOGIN_ZONE = "US/Eastern"


@handles(m.PlaceOrder)
def place_order(world: World, client: Client, request: m.PlaceOrder) -> None:
    """Place an order, change one, or ask what it would do; all that follows comes as order events.

    Differs from TWS: types MKT, LMT, STP and STP LMT with DAY, GTC, IOC and FOK; an order fills whole, at the quote of
    the instant; children of a bracket wake when their parent is filled, not in proportion; other working orders aren't
    counted in the margin check.
    """

    def find(contract: m.Contract) -> tuple[Instrument, m.Contract]:
        instrument = resolve_contract(world, contract)
        return instrument, contract_of(instrument)

    try:
        world.orders.place(client, request, find)
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
    """The client's own open orders, then the end.

    Differs from TWS: nobody enters orders by hand, so there is nothing for client 0 to bind.
    """
    yield from world.orders.open_orders(client.clientId)
    yield m.OpenOrderEnd()


@handles(m.ReqAllOpenOrders)
def all_open_orders(world: World, client: Client, request: m.ReqAllOpenOrders) -> Iterator[object]:
    """The open orders of all clients, then the end; another client's order has id 0 and its permId."""
    yield from world.orders.all_open_orders(client.clientId)
    yield m.OpenOrderEnd()


@handles(m.ReqAutoOpenOrders)
def auto_open_orders(world: World, client: Client, request: m.ReqAutoOpenOrders) -> None:
    """Accepted from client 0 without an answer; 327 for any other.

    Differs from TWS: nobody enters orders by hand, so none is ever bound.
    """
    if client.clientId != 0:
        raise Refusal(327, "Only API connections with clientId set to 0 can set the auto bind TWS orders property.")


@handles(m.ReqCompletedOrders)
def completed_orders(world: World, client: Client, request: m.ReqCompletedOrders) -> Iterator[object]:
    """What was filled, cancelled or rejected since midnight in New York, then the end.

    Differs from TWS: every order comes from the API, so apiOnly makes no difference.
    """
    yield from world.orders.completed()
    yield m.CompletedOrdersEnd()


@handles(m.ReqExecutions)
def executions(world: World, client: Client, request: m.ReqExecutions) -> Iterator[object]:
    """The fills since midnight in New York that fit the filter, each with its commission, then always the end.

    Differs from TWS: earlier days' fills are kept, too, and given when lastNDays or specificDates ask for them.
    """
    since = 0.0
    if request.time:
        since = parse_moment(request.time, world.clock.now(), _LOGIN_ZONE, (), "Execution filter time").time
    for fill in world.orders.executions(request, since):
        yield from fill.asked(request.reqId)
    yield m.ExecDetailsEnd(reqId=request.reqId)


@handles(m.ExerciseOptions)
def exercise_options(world: World, client: Client, request: m.ExerciseOptions) -> None:
    """Refused: there are no options to exercise."""
    raise not_simulated("exercising options")


def _refusal(refused: OrderRefused) -> Refusal:
    if not refused.simulated:
        return not_simulated(refused.text)
    if refused.code == 321:
        return invalid(refused.text, _TOKEN)
    return Refusal(refused.code, refused.text)
