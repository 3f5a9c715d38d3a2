"""Single ticks: past ones, and those to come one by one.

Rule: past and coming ticks are made by the same functions, so what streamed by is what history says afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from ... import messages as m
from ...instruments import Instrument
from ...world import Client, World
from ...zones import LOGIN_ZONE
from ..beat import BEAT, on_the_beat
from ..registry import Refusal, cancels, handles, invalid, unprocessed
from ..resolve import name_of, resolve_contract, resolve_live
from .request import NO_ZONE, parse_moment

KIND = "tickByTick"

_TOKEN = "bR"
# How much of the path is looked at in one step, in seconds: more each time, for quiet hours and weekends.
_FIRST_STEP, _LONGEST_STEP = 60.0, 7200.0

_Ticks = Callable[[World, Instrument, float, float, bool], list[m.HistoricalTick]]
_Answer = type[m.HistoricalTicks] | type[m.HistoricalTicksBidAsk] | type[m.HistoricalTicksLast]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of tick: how its past ones are made and sent, and whether an instrument has it."""

    ticks: _Ticks
    answer: _Answer
    offered: Callable[[Instrument], bool]


def _trades(world: World, instrument: Instrument, start: float, end: float, ignoreSize: bool) -> list[m.HistoricalTick]:
    return [
        m.HistoricalTick(time=tick.time, price=tick.price, size=tick.size * instrument.grain, exchange=tick.exchange)
        for tick in world.market.ticks(instrument, start, end)
    ]


def _quotes(world: World, instrument: Instrument, start: float, end: float, ignoreSize: bool) -> list[m.HistoricalTick]:
    found: list[m.HistoricalTick] = []
    before: tuple[object, ...] | None = None
    for time in world.market.seconds(instrument, start - 1, end).time.tolist():
        quote = world.market.quote(instrument, time)
        if quote.ask is None:
            continue
        bid = quote.bid or 0.0  # for a worthless option nobody bids
        now = (bid, quote.ask) if ignoreSize else (bid, quote.ask, quote.bidSize, quote.askSize)
        if now != before and time >= start:
            found.append(
                m.HistoricalTick(
                    time=time,
                    priceBid=bid,
                    priceAsk=quote.ask,
                    sizeBid=quote.bidSize * instrument.grain,
                    sizeAsk=quote.askSize * instrument.grain,
                )
            )
        before = now
    return found


def _midpoints(
    world: World, instrument: Instrument, start: float, end: float, ignoreSize: bool
) -> list[m.HistoricalTick]:
    rows = world.market.seconds(instrument, start - 1, end)
    found: list[m.HistoricalTick] = []
    before = None
    for time, bid, ask in zip(rows.time.tolist(), rows.bid.tolist(), rows.ask.tolist(), strict=True):
        price = round(((bid if bid == bid else 0.0) + ask) / 2, instrument.decimals + 1)
        if price != before and time >= start:
            found.append(m.HistoricalTick(time=time, price=price))
        before = price
    return found


def _has_trades(instrument: Instrument) -> bool:
    return instrument.trades and instrument.quotes


def _has_quotes(instrument: Instrument) -> bool:
    return instrument.quotes


KINDS = {
    "TRADES": Kind(_trades, m.HistoricalTicksLast, _has_trades),
    "BID_ASK": Kind(_quotes, m.HistoricalTicksBidAsk, _has_quotes),
    "MIDPOINT": Kind(_midpoints, m.HistoricalTicks, _has_quotes),
}

# What tick-by-tick calls a kind → the kind, and its number on the wire.
_BY_TICK = {"Last": ("TRADES", 1), "AllLast": ("TRADES", 2), "BidAsk": ("BID_ASK", 3), "MidPoint": ("MIDPOINT", 4)}


@handles(m.ReqHistoricalTicks)
def historical_ticks(world: World, client: Client, request: m.ReqHistoricalTicks) -> Iterator[object]:
    """Up to 1000 trades, quotes or midpoints after a start or before an end, completed to the full second.

    Differs from TWS: the grain of the world is one second, so quotes change at most once a second; trades have no
    special conditions.
    """
    what = request.whatToShow.strip().upper()
    if what not in KINDS:
        raise invalid("What to show field is missing or incorrect.", _TOKEN)
    kind = KINDS[what]
    most = world.scenario.limits.historical_ticks
    if not 1 <= request.numberOfTicks <= most:
        raise invalid(f"Number of ticks must be from 1 to {most}", _TOKEN)
    if bool(request.startDateTime) == bool(request.endDateTime):
        raise invalid("Please specify either start date/time or end date/time", _TOKEN)
    field = "Start Date/Time" if request.startDateTime else "End Date/Time"
    zones = tuple({each.timeZoneId for each in world.instruments.match(request.contract)})
    now = world.clock.now()
    moment = parse_moment(request.startDateTime or request.endDateTime, now, LOGIN_ZONE, zones, field)
    instrument = resolve_contract(world, request.contract)
    if not kind.offered(instrument):
        raise Refusal(10187, f"Failed to request historical ticks:No {what} data for {name_of(instrument)}")
    if not moment.zoned:
        client.error(request.reqId, 2174, NO_ZONE)
    ask = _Stretch(world, instrument, kind, request.numberOfTicks, bool(request.useRth), request.ignoreSize)
    ticks = ask.after(moment.time) if request.startDateTime else ask.before(min(moment.time, now))
    yield kind.answer(reqId=request.reqId, ticks=tuple(ticks), done=True)


cancels(m.CancelHistoricalTicks)


@handles(m.ReqTickByTickData)
def tick_by_tick(world: World, client: Client, request: m.ReqTickByTickData) -> Iterator[object]:
    """Every trade, quote or midpoint until cancelled, the last so many of the past first.

    Differs from TWS: ticks come once a second, with all of that second; trades have no special conditions; the 15
    seconds between two requests for one instrument aren't enforced.
    """
    if request.tickType not in _BY_TICK:
        raise invalid(f"Tick type {request.tickType or '(empty)'} is not one of {', '.join(_BY_TICK)}", _TOKEN)
    if client.subscription(KIND, request.reqId):
        raise unprocessed("Duplicate ticker id", _TOKEN)
    if len(world.open(KIND)) >= world.scenario.limits.tick_by_tick:
        raise Refusal(10190, "Max number of tick-by-tick requests has been reached.")
    what, number = _BY_TICK[request.tickType]
    kind = KINDS[what]
    instrument = resolve_live(world, request.contract)
    if not kind.offered(instrument):
        text = f"{what} tick-by-tick requests are not supported for {instrument.localSymbol}"
        raise Refusal(10189, f"Failed to request tick-by-tick data.{text}")
    start = float(int(world.clock.now()) + 1)
    if request.numberOfTicks > 0:
        most = min(request.numberOfTicks, world.scenario.limits.historical_ticks)
        ticks = _Stretch(world, instrument, kind, most, False, request.ignoreSize).before(start)
        yield kind.answer(reqId=request.reqId, ticks=tuple(ticks), done=True)
    subscription = client.subscribe(KIND, request.reqId, request)
    subscription.state |= {"until": start}

    def send() -> None:
        end = float(int(world.clock.now()) + 1)
        for tick in kind.ticks(world, instrument, subscription.state["until"], end, request.ignoreSize):
            client.send(_coming(request.reqId, number, tick, world.staged.fraction))
        subscription.state["until"] = end

    on_the_beat(world, BEAT, send, subscription)


cancels(m.CancelTickByTickData, KIND)


def _coming(reqId: int, number: int, tick: m.HistoricalTick, more: Decimal) -> m.TickByTick:
    """A tick of the stream, its sizes by so much `more` than they are: a staged fault."""
    return m.TickByTick(
        reqId=reqId,
        tickType=number,
        time=tick.time,
        price=tick.price,
        size=tick.size + more,
        exchange=tick.exchange,
        bidPrice=tick.priceBid,
        askPrice=tick.priceAsk,
        bidSize=tick.sizeBid + more,
        askSize=tick.sizeAsk + more,
        midPoint=tick.price,
    )


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A number of ticks of one kind, counted from a moment forwards or backwards."""

    world: World
    instrument: Instrument
    kind: Kind
    count: int
    rth: bool
    ignoreSize: bool

    def after(self, start: float) -> list[m.HistoricalTick]:
        """The first ticks from `start` on, up to now."""
        now = self.world.clock.now()
        found: list[m.HistoricalTick] = []
        step = _FIRST_STEP
        while start < now and len(found) < self.count:
            end = min(start + step, now)
            found += self._within(start, end)
            start, step = end, min(2 * step, _LONGEST_STEP)
        return [tick for n, tick in enumerate(found) if n < self.count or tick.time == found[self.count - 1].time]

    def before(self, end: float) -> list[m.HistoricalTick]:
        """The last ticks before `end`, in order; none of before the instrument was listed."""
        earliest = self.world.market.head_timestamp(self.instrument, "MIDPOINT" if self.instrument.quotes else "TRADES")
        found: list[m.HistoricalTick] = []
        step = _FIRST_STEP
        while end > earliest and len(found) < self.count:
            start = max(end - step, earliest)
            found = self._within(start, end) + found
            end, step = start, min(2 * step, _LONGEST_STEP)
        first = max(len(found) - self.count, 0)
        return [tick for n, tick in enumerate(found) if n >= first or tick.time == found[first].time]

    def _within(self, start: float, end: float) -> list[m.HistoricalTick]:
        ticks = self.kind.ticks(self.world, self.instrument, start, end, self.ignoreSize)
        if not self.rth:
            return ticks
        calendar, schedule = self.world.market.calendar, self.instrument.schedule
        return [tick for tick in ticks if calendar.is_open(schedule, tick.time, rth=True)]
