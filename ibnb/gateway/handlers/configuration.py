"""TWS's own settings, read and written: those that mean something in this world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from .. import messages as m
from ..scenario import Precautions
from ..world import Client, World
from .registry import handles, invalid

SUCCESS, ERROR = "SUCCESS", "ERROR"
_ACTIVE = "The API order sequence can't be reset while API orders are active."

# What a TWS whose API is read-only doesn't do (ib_insync#1, #7): orders are neither touched nor taken over.
_TOUCHES_ORDERS = (
    m.PlaceOrder,
    m.CancelOrder,
    m.ReqGlobalCancel,
    m.ReqOpenOrders,
    m.ReqAutoOpenOrders,
    m.ReqCompletedOrders,
    m.ExerciseOptions,
)


def check_allowed(world: World, request: Any) -> None:
    """Refuse what the API may not do while it is read-only: 321."""
    if world.orders.settings.read_only and isinstance(request, _TOUCHES_ORDERS):
        raise invalid("The API interface is currently in Read-Only mode.", "bH")


def _bypass(world: World, bypassed: bool) -> None:
    """Switch the precautions off, but for the price check, which a broker doesn't leave out; or on."""
    settings, had = world.orders.settings, world.scenario.orders.precautions
    if not bypassed:
        settings.precautions = had or Precautions()
    elif had is None:
        settings.precautions = None
    else:
        settings.precautions = replace(had, percent=None, ticks=None, size=None)


def _keeps(name: str) -> Callable[[World, Any], None]:
    return lambda world, value: setattr(world.orders.settings, name, value)


# What may be changed, by its path in IB's messages.
_CHANGES: dict[str, Callable[[World, Any], None]] = {
    "api.precautions.bypassOrderPrecautions": _bypass,
    "api.settings.readOnlyApi": _keeps("read_only"),
    "api.settings.downloadOpenOrdersOnConnection": _keeps("download_open_orders"),
    "api.settings.masterClientId": _keeps("master_client"),
}


@handles(m.ReqConfig)
def config(world: World, client: Client, request: m.ReqConfig) -> Iterable[Any]:
    """The settings that mean something here: read-only, precautions, the master client, what is sent and in what unit.

    Differs from TWS: all others are left away.
    """
    settings = world.orders.settings
    precautions = settings.precautions
    bypassed = precautions is None or precautions.percent is precautions.ticks is precautions.size is None
    return [
        m.ConfigResponse(
            reqId=request.reqId,
            api=m.ApiConfig(
                precautions=m.ApiPrecautionsConfig(bypassOrderPrecautions=bypassed),
                settings=m.ApiSettingsConfig(
                    readOnlyApi=settings.read_only,
                    downloadOpenOrdersOnConnection=settings.download_open_orders,
                    exposeTradingScheduleToApi=True,
                    masterClientId=settings.master_client,
                    roundAccountValuesToNearestWholeNumber=False,
                    sendMarketDataInLotsForUsStocks=False,
                    maintainAndResubmitOrdersOnReconnect=False,
                ),
            ),
        )
    ]


@handles(m.UpdateConfig)
def update_config(world: World, client: Client, request: m.UpdateConfig) -> Iterable[Any]:
    """Change all of the settings that are named, or none: read-only, precautions, the master client, whether open
    orders are told at connecting; let order ids begin at 1 again while no API order is active.

    Differs from TWS: nothing is asked back, so there are no warnings to accept; IB doesn't say which words `status` may
    hold, here it is SUCCESS or ERROR; a setting without a meaning here is an error that names it, unless it stays.
    """
    [now] = config(world, client, m.ReqConfig(reqId=request.reqId))
    stands = dict(_leaves(now))
    changes = {path: value for path, value in _leaves(request) if stands.get(path) != value}
    errors = [f"{path} is not simulated by ibnb.gateway" for path in changes if path not in _CHANGES]
    if request.resetAPIOrderSequence and world.orders.active:
        errors.append(_ACTIVE)
    if errors:
        return [m.UpdateConfigResponse(reqId=request.reqId, status=ERROR, errors=tuple(errors))]
    for path, value in changes.items():
        _CHANGES[path](world, value)
    if request.resetAPIOrderSequence:
        world.orders.restart_ids()
    return [m.UpdateConfigResponse(reqId=request.reqId, status=SUCCESS, changedFields=tuple(changes))]


_SECTIONS = ("lockAndExit", "messages", "api", "orders")


def _leaves(record: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting that is said, by its path."""
    for field in fields(record):
        value, name = getattr(record, field.name), f"{path}{field.name}"
        if path or field.name in _SECTIONS:
            if is_dataclass(value):
                yield from _leaves(value, f"{name}.")
            elif value is not None and value != ():
                yield name, value
