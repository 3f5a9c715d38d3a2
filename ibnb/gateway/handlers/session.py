"""Ids, accounts' names, time and log level."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import messages as m
from ..world import Client, World
from .registry import Refusal, handles, invalid


@handles(m.StartApi)
def start_again(world: World, client: Client, request: m.StartApi) -> Iterable[Any]:
    """Open orders and their end, accounts, next order id and farm notices, once; 326 if the client id is in use."""
    raise invalid("The API session has started already", id=-1)


@handles(m.ReqIds)
def ids(world: World, client: Client, request: m.ReqIds) -> Iterable[Any]:
    """The next order id that this client id may use; ``numIds`` is ignored, as in TWS."""
    return [m.NextValidId(orderId=world.orders.next_valid_id(client.clientId))]


@handles(m.ReqManagedAccts)
def managed_accounts(world: World, client: Client, request: m.ReqManagedAccts) -> Iterable[Any]:
    """The account codes, separated by commas."""
    return [m.ManagedAccounts(accountsList=",".join(account.code for account in world.scenario.accounts))]


@handles(m.ReqCurrentTime)
def current_time(world: World, client: Client, request: m.ReqCurrentTime) -> Iterable[Any]:
    """The gateway's own time in whole seconds: virtual on the manual clock.

    Differs from TWS: it doesn't count among the messages of a second, and is answered at once while others are slow.
    """
    return [m.CurrentTime(time=int(world.clock.now()))]


@handles(m.ReqCurrentTimeInMillis)
def current_time_in_millis(world: World, client: Client, request: m.ReqCurrentTimeInMillis) -> Iterable[Any]:
    """The gateway's own time in milliseconds."""
    return [m.CurrentTimeInMillis(timeInMillis=round(world.clock.now() * 1000))]


@handles(m.SetServerLogLevel)
def log_level(world: World, client: Client, request: m.SetServerLogLevel) -> Iterable[Any]:
    """Accepted from 1 to 5 without an answer.

    Differs from TWS: no message log is written.
    """
    if not 1 <= request.logLevel <= 5:
        raise Refusal(319, "Invalid log level")
    return []
