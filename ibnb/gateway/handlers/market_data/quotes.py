"""Streaming quotes and snapshots.

Rule: all streams beat once a second, on the second; only what has changed is sent. Everything that a stream
remembers lies in its subscription and ends with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from ... import messages as m
from ...instruments import Instrument
from ...world import Client, Subscription, World
from ..beat import BEAT, on_the_beat
from ..news.news import news_ticks
from ..precision import precision
from ..registry import Refusal, cancels, handles, invalid, unprocessed
from ..resolve import resolve_combination, resolve_live, underlying_of_cfd
from .generic_ticks import QUOTES_OFF, generic_ticks, not_simulated_ids, parse_generic_ticks
from .quote_minutes import SECONDS, Minute, find_minute
from .quote_ticks import DELAY, NO_PRICE, View, changed, combination_ticks, quote_ticks
from .smart_components import bbo_exchange

KIND = "mktData"

LIVE, FROZEN, DELAYED, DELAYED_FROZEN = 1, 2, 3, 4

_TOKEN = "bQ"
_SNAPSHOT_PERMISSIONS = 3
_NOT_SUBSCRIBED = "Requested market data is not subscribed."
_NEEDS_SUBSCRIPTION = (
    "Requested market data requires additional subscription for API. See link in 'Market Data Connections' dialog for "
    "more details.Delayed market data is available.{}/TOP/ALL"
)


@handles(m.ReqMktData)
def market_data(world: World, client: Client, request: m.ReqMktData) -> Iterator[object]:
    """Quotes until cancelled, or once as a snapshot: what is known first, then what changes.

    Differs from TWS: quotes change once a second, and all streams change together.

    A combination is quoted as its legs' bids and offers add up; it has neither trades nor generic ticks.

    Differs from TWS: generic ticks that the world has no figures for are named in a 10090 notice; an odd lot (787, for
    clients of version 225) stands at the quote's price, never inside it, and no order meets it.

    Of a contract for difference on a share or a pair TWS gives the underlying (rerouteMktDataReq), and nothing else.

    Differs from TWS: sizes are in shares for clients of every version; a regulatory snapshot costs nothing.
    """
    generic = _check(world, client, request)
    combination = None
    if request.contract.secType == "BAG":
        combination = resolve_combination(world, request.contract, _TOKEN)
        instrument = combination.instrument
    else:
        instrument = resolve_live(world, request.contract)
    if under := underlying_of_cfd(world, instrument):
        yield m.RerouteMktDataReq(reqId=request.reqId, conId=under.conId, exchange=under.exchange)
        return
    line = combination.told.comboLegsDescrip if combination else instrument.conId
    _check_lines(world, line)
    delayed = _is_delayed(world, client, instrument)
    subscription = client.subscribe(KIND, request.reqId, request)
    subscription.state |= {"instrument": instrument, "combination": combination, "line": line, "generic": generic}
    subscription.state |= {"delayed": delayed, "sent": {}, "minute": None, "type": None}
    if not request.regulatorySnapshot:
        yield m.TickReqParams(
            reqId=request.reqId,
            minTick=instrument.minTick,
            bboExchange=bbo_exchange(instrument),
            snapshotPermissions=_SNAPSHOT_PERMISSIONS,
            **precision(instrument, client.version),
        )
    yield from _news(world, client, subscription, world.clock.now())
    if request.snapshot or request.regulatorySnapshot:
        _end_snapshot(world, client, subscription)
        return
    if missing := not_simulated_ids(generic):
        text = "Part of requested market data is not subscribed. Subscription-independent ticks are still active."
        client.error(request.reqId, 10090, f"{text}Generic ticks not simulated by ibnb.gateway: {','.join(missing)}")
    on_the_beat(world, BEAT, lambda: _beat(world, client, subscription), subscription)


cancels(m.CancelMktData, KIND, (300, "Can't find EId with tickerId:{}"))


@handles(m.ReqMarketDataType)
def market_data_type(world: World, client: Client, request: m.ReqMarketDataType) -> None:
    """Ask for live (1), frozen (2), delayed (3) or delayed-frozen (4) data from now on; silent."""
    if request.marketDataType not in (LIVE, FROZEN, DELAYED, DELAYED_FROZEN):
        raise invalid(f"Invalid market data type {request.marketDataType}", _TOKEN)
    client.pay()
    client.marketDataType = request.marketDataType


def _check(world: World, client: Client, request: m.ReqMktData) -> tuple[str, ...]:
    """Everything that TWS looks at before the contract, in its order. Returns the generic tick ids."""
    if not request.contract.exchange:
        raise invalid("Please enter exchange", _TOKEN)
    generic = parse_generic_ticks(request.genericTickList, client.version)
    if generic and (request.snapshot or request.regulatorySnapshot):
        raise invalid("Snapshot market data subscription is not applicable to generic ticks", _TOKEN)
    if client.subscription(KIND, request.reqId):
        raise unprocessed("Duplicate ticker id", _TOKEN)
    return generic


def _check_lines(world: World, line: int | str) -> None:
    """101 when all lines are taken; whoever else streams the same contract shares its line."""
    lines = {subscription.state["line"] for _, subscription in world.open(KIND)}
    if len(lines - {line}) >= world.scenario.limits.lines:
        raise Refusal(101, "Max number of tickers has been reached")


def _is_delayed(world: World, client: Client, instrument: Instrument) -> bool:
    """Whether a new stream shows delayed data. Raises Refusal where the user may see none, or asked for live ones."""
    if world.scenario.competing_session:
        raise Refusal(10197, "No market data during competing live session")
    wanted = client.marketDataType in (DELAYED, DELAYED_FROZEN)
    if instrument.symbol in world.scenario.not_subscribed:
        if wanted:
            raise Refusal(10168, f"{_NOT_SUBSCRIBED} Delayed market data is not enabled.")
        raise Refusal(354, _NOT_SUBSCRIBED)
    if instrument.symbol not in world.scenario.delayed_only:
        return False
    if not wanted:
        exchange = instrument.primaryExchange or instrument.exchange
        raise Refusal(10089, _NEEDS_SUBSCRIPTION.format(f"{instrument.symbol} {exchange}"))
    return True


def _news(world: World, client: Client, subscription: Subscription, now: float) -> Iterator[object]:
    """What has changed since the last beat, as messages; the data type first when it is another."""
    _end_minute(world, subscription.state)
    state, reqId = subscription.state, subscription.reqId
    instrument: Instrument = state["instrument"]
    is_open = world.market.calendar.is_open(instrument.schedule, now)
    asked_frozen = client.marketDataType in (FROZEN, DELAYED_FROZEN)
    delayed: bool = state["delayed"]
    first = state["type"] is None
    shown = LIVE + 2 * delayed + (asked_frozen and not is_open)
    if shown != state["type"] and not subscription.request.regulatorySnapshot:
        yield m.MarketDataType(reqId=reqId, marketDataType=shown)
    if first and delayed:
        client.error(reqId, 10167, f"{_NOT_SUBSCRIBED} Displaying delayed market data.")
    state["type"] = shown
    view = View(now - DELAY if delayed else now, asked_frozen, delayed)
    if state["combination"]:
        for tick in changed(combination_ticks(world, state["combination"], view), state["sent"]):
            yield tick.answer(reqId)
        return
    ticks = [] if QUOTES_OFF in state["generic"] else quote_ticks(world, instrument, view)
    ticks += generic_ticks(world, instrument, state["generic"], view.time, first)
    for tick in changed(ticks, state["sent"]):
        yield tick.answer(reqId)
    yield from news_ticks(world, instrument, reqId, state["generic"], state.get("told", now), now)
    state["told"] = now


def _beat(world: World, client: Client, subscription: Subscription) -> None:
    """Send the news. Those of a plain quote depend on the moment alone, and so can be made when somebody hears them;
    not so while there may be none, lest something seems to wait."""
    state, now = subscription.state, world.clock.now()
    plain = not (state["generic"] or state["combination"])
    if plain and world.upstream.whole and not world.market.may_stand(state["instrument"], now):
        later = partial(_later_news, world, client, subscription, now)
        if client.owe(subscription.reqId, later):
            return
    client.pay()
    for answer in _news(world, client, subscription, now):
        client.send(answer)


def _later_news(world: World, client: Client, subscription: Subscription, now: float) -> Iterable[object]:
    """What `_news` says of a plain quote, found a minute at a time where that can be."""
    state, reqId, (start, second) = subscription.state, subscription.reqId, divmod(int(now), SECONDS)
    if state["type"] == LIVE and not world.staged.fraction:
        minute: Minute | None = state["minute"]
        if minute is None or (minute.start, minute.next) != (start * SECONDS, second):
            _end_minute(world, state)
            minute = find_minute(world, state["instrument"], reqId, start * SECONDS, second, state["sent"])
            state["minute"] = minute
        if minute is not None:
            return [minute.say()]
    return _news(world, client, subscription, now)


def _end_minute(world: World, state: dict[str, Any]) -> None:
    """From here on, each second is found by itself."""
    if state["minute"] is not None:
        state["sent"] |= state["minute"].sent(world)
        state["minute"] = None


def _end_snapshot(world: World, client: Client, subscription: Subscription) -> None:
    """End at once if no price is missing; else when TWS gives up waiting for it."""

    def end() -> None:
        client.unsubscribe(KIND, subscription.reqId)
        client.send(m.TickSnapshotEnd(reqId=subscription.reqId))

    if NO_PRICE not in subscription.state["sent"].values():
        end()
    else:
        wait = world.scenario.limits.snapshot_seconds
        subscription.timers.append(world.clock.call_later(wait, end))
