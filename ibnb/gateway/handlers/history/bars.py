"""Historical bars, bars that go on, schedules, head timestamps and 5-second bars.

Rule: a request is checked completely, in TWS's order, before anything is answered; what it may say is
``historical_request.py``'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from ... import messages as m
from ...calendar import day_date
from ...instruments import Instrument
from ...market import Bars
from ...market.volatility_bars import VOLATILITIES
from ...world import Client, World
from ...zones import LOGIN_ZONE, zone_info
from ..beat import on_the_beat
from ..registry import Refusal, cancels, handles, invalid, no_history, unprocessed
from ..resolve import name_of, resolve_contract, resolve_live
from .bar_dates import ZONES_NAMED, time_text
from .bar_rows import bar_rows
from .growing import Growing
from .request import (
    NO_ZONE,
    WHAT_TO_SHOW,
    Duration,
    Size,
    available,
    check_format,
    check_step,
    parse_bar_size,
    parse_duration,
    parse_moment,
    parse_what,
    span_start,
    utc_text,
)
from .window import window_start

KIND = "historicalData"
HEAD = "headTimestamp"
REAL_TIME = "realTimeBars"

# From this server version on, the end of an answer is a message of its own.
_END_IS_SENT = 196

_TOKEN = "bM"
_REAL_TIME_TOKEN = "bS"
_GOES_ON = ("TRADES", "MIDPOINT", "BID", "ASK")
_SMALLEST_THAT_GOES_ON = 5
_QUARTER, _SOME_DAYS = 90 * 86_400.0, 10 * 86_400.0
# How many minutes are looked at at once.
_PIECE = 5_000
# Whatever a client says, these have no hours but their own.
_ALWAYS_RTH = ("CASH", "IND", "OPT", "FOP")


@dataclass(frozen=True)
class Query:
    """A historical request that makes sense. `end` is epoch seconds."""

    instrument: Instrument
    what: str
    size: Size
    duration: Duration
    end: float
    rth: bool


@handles(m.ReqHistoricalData)
def historical_data(world: World, client: Client, request: m.ReqHistoricalData) -> Iterator[object]:
    """Bars up to an end or to now, then their end; with keepUpToDate the forming bar every 5 seconds until cancelled.

    Differs from TWS: an answer is complete at once, so only requests that are kept up to date stay open; small bars are
    paced by the world's time (162), so a manual clock that stands still allows the same request only once.

    Differs from TWS: of the table of bar sizes by duration only the smallest bars are enforced.

    Differs from TWS: a bar of volatility says one number; fee rates and yields aren't simulated.
    """
    query = _read(world, client, request)
    if query.what == "SCHEDULE":
        yield _schedule(world, request.reqId, query)
        return
    start = _start(world, query)
    rows: list[m.Bar] = []
    for bars in _piece_by_piece(world, query, start):
        if bars is None:
            yield None
        else:
            rows += bar_rows(bars, query.size, query.instrument, request.formatDate, client.version)
    if not rows:
        raise _no_data(query)
    span = span_start(query.end, query.duration, LOGIN_ZONE)
    texts = {"start": _text(span, client), "end": _text(query.end, client)}
    if request.keepUpToDate:
        _go_on(world, client, request, query)
    yield m.HistoricalData(reqId=request.reqId, bars=tuple(rows), **texts)
    if client.version >= _END_IS_SENT:
        yield m.HistoricalDataEnd(reqId=request.reqId, **texts)


def _piece_by_piece(world: World, query: Query, start: float) -> Iterator[Bars | None]:
    """The bars in order, some sessions' at a time, and None where others may have their turn; long ones all at last,
    when the market has made each quarter's and remembers them."""
    now, instrument, edges = world.clock.now(), query.instrument, [start]
    if isinstance(query.size, str):
        for time in np.arange(start, query.end, _QUARTER).tolist():
            yield None
            world.market.bars(instrument, query.what, query.size, time, time + _SOME_DAYS, query.rth)
        yield None
    elif query.what not in VOLATILITIES:
        opens = world.market.calendar.between(instrument.schedule, start, query.end)
        longest = int((opens.close - opens.open).max(initial=60)) // 60
        edges += opens.open[1 :: max(_PIECE // longest, 1)].tolist()
    for begin, end in pairwise([*edges, query.end]):
        yield world.market.bars(instrument, query.what, query.size, begin, end, query.rth, now)
        if end != query.end or isinstance(query.size, str):
            yield None


@handles(m.CancelHistoricalData)
def cancel_historical_data(world: World, client: Client, request: m.CancelHistoricalData) -> None:
    """162 for a query that was open, 366 for one that wasn't."""
    if not client.unsubscribe(KIND, request.reqId):
        raise Refusal(366, f"No historical data query found for ticker id:{request.reqId}")
    raise no_history(f"API historical data query cancelled: {request.reqId}")


@handles(m.ReqHeadTimeStamp)
def head_timestamp(world: World, client: Client, request: m.ReqHeadTimeStamp) -> Iterator[object]:
    """When the earliest data begin, as UTC text or epoch seconds.

    As in TWS it counts as an open historical request until it is cancelled.
    """
    what = parse_what(request.whatToShow)
    check_format(request.formatDate)
    _check_limit(world)
    instrument = resolve_contract(world, request.contract)
    if what == "SCHEDULE" or not world.market.offers(instrument, what):
        raise no_history("No head timestamp")
    client.subscribe(HEAD, request.reqId, request)
    time = world.market.head_timestamp(instrument, what)
    if request.formatDate == 2:
        text = str(time)
    elif client.version >= ZONES_NAMED:
        text = utc_text(time)
    else:
        text = utc_text(time).replace("-", "  ")
    yield m.HeadTimestamp(reqId=request.reqId, headTimestamp=text)


cancels(m.CancelHeadTimeStamp, HEAD)


@handles(m.ReqRealTimeBars)
def real_time_bars(world: World, client: Client, request: m.ReqRealTimeBars) -> None:
    """A bar of 5 seconds every 5 seconds while the market is open, until cancelled; 420 for too many."""
    what = request.whatToShow.strip().upper()
    if what not in _GOES_ON:
        raise invalid("What to show field is missing or incorrect.", _REAL_TIME_TOKEN)
    if client.subscription(REAL_TIME, request.reqId):
        raise unprocessed("Duplicate ticker id", _REAL_TIME_TOKEN)
    instrument = resolve_live(world, request.contract)
    if not world.market.offers(instrument, what):
        raise Refusal(420, f"Invalid Real-time Query:No data of type {WHAT_TO_SHOW[what]} for {name_of(instrument)}")
    rth = request.useRTH or instrument.secType in _ALWAYS_RTH

    def answers(bars: Bars) -> Iterator[m.RealtimeBar]:
        for time, row in zip(bars.time.tolist(), bar_rows(bars, 5, instrument, 2, client.version), strict=True):
            yield m.RealtimeBar(
                reqId=request.reqId,
                time=time,
                open=row.open,
                high=row.high,
                low=row.low,
                close=row.close,
                volume=row.volume,
                wap=row.wap,
                count=row.barCount,
            )

    growing = Growing(world, client, request.reqId, instrument, what, 5, rth, answers)
    seconds, now = world.scenario.limits.real_time_bar_seconds, world.clock.now
    subscription = client.subscribe(REAL_TIME, request.reqId, request)
    on_the_beat(world, seconds, lambda: growing.tell(now() - seconds, now()), subscription)


cancels(m.CancelRealTimeBars, REAL_TIME)


def _read(world: World, client: Client, request: m.ReqHistoricalData) -> Query:
    """Check everything, in TWS's order. A date without a zone earns a notice, but only once all else is right."""
    now = world.clock.now()
    ended = request.endDateTime.strip()
    end, zoned = now, True
    if ended:
        zones = tuple({i.timeZoneId for i in world.instruments.match(request.contract)})
        moment = parse_moment(ended, now, LOGIN_ZONE, zones, "End Date/Time")
        end, zoned = min(moment.time, now), moment.zoned
    duration = parse_duration(request.durationStr)
    size = parse_bar_size(request.barSizeSetting)
    what = parse_what(request.whatToShow)
    check_format(request.formatDate)
    if what == "SCHEDULE" and size != "day":
        raise invalid("Only daily resolution supported for Schedule requests", _TOKEN)
    if what == "ADJUSTED_LAST" and ended:
        raise invalid("End date not supported with adjusted last", _TOKEN)
    if request.contract.secType == "CONTFUT" and ended:
        raise Refusal(10339, "Setting end date/time for continuous future security type is not allowed")
    if request.keepUpToDate:
        _check_goes_on(what, size, ended)
    if client.subscription(KIND, request.reqId):
        raise unprocessed("Duplicate ticker ID for API historical data query", _TOKEN)
    _check_limit(world)
    instrument = resolve_contract(world, request.contract)
    if instrument.secType == "CRYPTO" and what == "TRADES":
        raise Refusal(10299, "Expected what to show is AGGTRADES, please use that instead of TRADES.")
    query = Query(instrument, what, size, duration, end, bool(request.useRTH) or instrument.secType in _ALWAYS_RTH)
    if not available(instrument.secType, what):
        raise _no_data(query)
    check_step(duration, size)
    if not zoned:
        client.error(request.reqId, 2174, NO_ZONE)
    return query


def _check_goes_on(what: str, size: Size, ended: str) -> None:
    if ended:
        raise invalid("Historical data request with keep up to date doesn't support an end date/time", _TOKEN)
    if what not in _GOES_ON:
        raise invalid(f"Keep up to date is only supported for {', '.join(_GOES_ON)}", _TOKEN)
    if isinstance(size, int) and size < _SMALLEST_THAT_GOES_ON:
        raise invalid("Keep up to date is only supported for bars of 5 secs and more", _TOKEN)


def _check_limit(world: World) -> None:
    """Refuse one request more than may be open in all."""
    most = world.scenario.limits.historical_open
    if len(world.open(KIND)) + len(world.open(HEAD)) >= most:
        raise unprocessed(f"Only {most} simultaneous API historical data requests allowed.", _TOKEN)


def _start(world: World, query: Query) -> float:
    return window_start(
        world.market.calendar, query.instrument, query.duration, query.size, query.end, world.clock.now(), query.rth
    )


def _no_data(query: Query) -> Refusal:
    return no_history(f"HMDS query returned no data: {name_of(query.instrument)} {WHAT_TO_SHOW[query.what]}")


def _text(time: float, client: Client) -> str:
    return time_text(time, client.version, LOGIN_ZONE)


def _go_on(world: World, client: Client, request: m.ReqHistoricalData, query: Query) -> None:
    """From now on say how the bar in progress stands; when one has ended since the last time, its final state first."""

    def answers(bars: Bars) -> Iterator[m.HistoricalDataUpdate]:
        for row in bar_rows(bars, query.size, query.instrument, request.formatDate, client.version):
            yield m.HistoricalDataUpdate(reqId=request.reqId, bar=row)

    growing = Growing(world, client, request.reqId, query.instrument, query.what, query.size, query.rth, answers)
    until = query.end

    def beat() -> None:
        nonlocal until
        start, until = until, world.clock.now()
        growing.tell(start, until)

    on_the_beat(world, world.scenario.latency.bar_update, beat, client.subscribe(KIND, request.reqId, request))


def _schedule(world: World, reqId: int, query: Query) -> m.HistoricalSchedule:
    """The sessions of the span, in the exchange's own time."""
    zone = zone_info(query.instrument.timeZoneId)
    rows = world.market.calendar.between(query.instrument.schedule, _start(world, query), query.end)
    opens, closes = (rows.liquid_open, rows.liquid_close) if query.rth else (rows.open, rows.close)

    def text(time: int) -> str:
        return datetime.fromtimestamp(time, zone).strftime("%Y%m%d-%H:%M:%S")

    sessions = tuple(
        m.HistoricalSession(
            startDateTime=text(opened), endDateTime=text(closed), refDate=day_date(day).strftime("%Y%m%d")
        )
        for opened, closed, day in zip(opens.tolist(), closes.tolist(), rows.day.tolist(), strict=True)
    )
    if not sessions:
        raise _no_data(query)
    return m.HistoricalSchedule(
        reqId=reqId,
        startDateTime=sessions[0].startDateTime,
        endDateTime=sessions[-1].endDateTime,
        timeZone=query.instrument.timeZoneId,
        sessions=sessions,
    )
