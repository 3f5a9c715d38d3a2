"""Hot messages of the protobuf lane that are read one by one: ibapi's own class parses each, once, in C.

Rule: as in fast_protobuf. Handlers get numbers as floats, and where ibapi hands over records of its own (past ticks,
attributes), the parsed records: their fields are called the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ibnb.ib.api import RAW_ID_SIZE, UNSET_INTEGER, protobuf_class
from ibnb.wire.decoded import Bar, Decode, Decoded, as_decoded
from ibnb.wire.fast_text import LARGE, NOT_SET, SIZE_OF, attrib_of

_parsers: dict[str, Callable[[bytes], Any]] = {}


def _parse(kind: str, payload: bytes) -> Any:
    """A message of ibapi's own class, which this ibapi has if it speaks such a version."""
    parse = _parsers.get(kind)
    if parse is None:
        parse = _parsers[kind] = protobuf_class(kind).FromString
    return parse(payload[RAW_ID_SIZE:])


def _number(text: str) -> float | None:
    """A number as a float; None for what isn't simply one, or may mean "unset"."""
    # Decimal, with which ibapi reads them, takes other texts than float.
    if not text.removeprefix("-").replace(".", "", 1).isdigit() or not text.isascii():
        return None
    found = float(text)
    return found if -LARGE < found < LARGE else None


# --- market data -----------------------------------------------------------------------------------


def decode_tick_price(payload: bytes, server_version: int) -> Decoded | None:
    """Message 201: a price, and for bid, ask and last its size."""
    tick = _parse("TickPrice", payload)
    kind = tick.tickType
    size_kind = SIZE_OF.get(kind)
    known = tick.HasField
    if not (known("reqId") and known("tickType") and known("price") and -LARGE < tick.price < LARGE):
        return None
    mask = tick.attrMask if known("attrMask") else UNSET_INTEGER
    told = ("tickPrice", (tick.reqId, kind, tick.price, attrib_of(mask, server_version)))
    if size_kind is None and not tick.size:
        return None if known("size") else Decoded(1, (told,))
    size = _number(tick.size)
    if size is None:
        return None
    if size_kind is None:
        return Decoded(1, (told,))
    return Decoded(2, (told, ("tickSize", (tick.reqId, size_kind, size))))


def decode_tick_size(payload: bytes, server_version: int) -> Decoded | None:
    """Message 202."""
    tick = _parse("TickSize", payload)
    size = _number(tick.size)
    if not (tick.HasField("reqId") and tick.HasField("tickType")) or size is None or tick.tickType == NOT_SET:
        return None
    return Decoded(1, (("tickSize", (tick.reqId, tick.tickType, size)),))


def _tick(name: str) -> Decode:
    """The decoder of ticks that aren't prices or sizes."""
    kind = name[0].upper() + name[1:]

    def decode(payload: bytes, server_version: int) -> Decoded | None:
        tick = _parse(kind, payload)
        known = tick.HasField
        if not (known("reqId") and known("tickType") and known("value")) or tick.tickType == NOT_SET:
            return None
        return Decoded(1, ((name, (tick.reqId, tick.tickType, tick.value)),))

    return decode


# Messages 245 and 246.
decode_tick_generic, decode_tick_string = _tick("tickGeneric"), _tick("tickString")


# --- single ticks ----------------------------------------------------------------------------------


def _past(name: str, sizes_of: Callable[[list[Any]], Iterable[str]]) -> Decode:
    """The decoder of past ticks of one kind, and what must be a number in them."""
    kind = name[0].upper() + name[1:]

    def decode(payload: bytes, server_version: int) -> Decoded | None:
        found = _parse(kind, payload)
        ticks = list(getattr(found, name))
        if not found.HasField("reqId") or None in map(_number, sizes_of(ticks)):
            return None
        return Decoded(1, ((name, (found.reqId, ticks, found.isDone)),))

    return decode


# Messages 296, 297 and 298. A midpoint may go without a size.
decode_past_midpoints = _past("historicalTicks", lambda ticks: [each.size for each in ticks if each.HasField("size")])
decode_past_quotes = _past(
    "historicalTicksBidAsk", lambda ticks: [size for each in ticks for size in (each.sizeBid, each.sizeAsk)]
)
decode_past_trades = _past("historicalTicksLast", lambda ticks: [each.size for each in ticks])

_TRADE, _QUOTE, _MIDPOINT = "historicalTickLast", "historicalTickBidAsk", "historicalTickMidPoint"
_FIELD_OF = {1: _TRADE, 2: _TRADE, 3: _QUOTE, 4: _MIDPOINT}


def decode_tick_by_tick(payload: bytes, server_version: int) -> Decoded | None:
    """Message 299: a trade, a quote or a midpoint."""
    found = _parse("TickByTickData", payload)
    kind, field = found.tickType, found.WhichOneof("tick")
    if not found.HasField("reqId") or field is None or field != _FIELD_OF.get(kind):
        return None
    reqId, tick = found.reqId, getattr(found, field)
    if field == _TRADE:
        size = _number(tick.size)
        if size is None:
            return None
        rest = (tick.time, tick.price, size, tick.tickAttribLast, tick.exchange, tick.specialConditions)
        return Decoded(1, (("tickByTickAllLast", (reqId, kind, *rest)),))
    if field == _QUOTE:
        sizes = _number(tick.sizeBid), _number(tick.sizeAsk)
        if None in sizes:
            return None
        quote = (tick.time, tick.priceBid, tick.priceAsk, *sizes, tick.tickAttribBidAsk)
        return Decoded(1, (("tickByTickBidAsk", (reqId, *quote)),))
    if tick.HasField("size") and _number(tick.size) is None:
        return None
    return Decoded(1, (("tickByTickMidPoint", (reqId, tick.time, tick.price)),))


# --- bars that grow --------------------------------------------------------------------------------


def decode_bars_end(payload: bytes, server_version: int) -> Decoded | None:
    """Message 308: the bars of a request are complete."""
    end = _parse("HistoricalDataEnd", payload)
    if not end.HasField("reqId"):
        return None
    return Decoded(1, (("historicalDataEnd", (end.reqId, end.startDateStr, end.endDateStr)),))


def decode_bar_update(payload: bytes, server_version: int) -> Decoded | None:
    """Message 290: how the last bar stands now."""
    found = _parse("HistoricalDataUpdate", payload)
    bar = found.historicalDataBar
    volume, wap = _number(bar.volume), _number(bar.WAP)
    if not found.HasField("reqId") or volume is None or wap is None:
        return None
    row = Bar(bar.date, bar.open, bar.high, bar.low, bar.close, volume, wap, bar.barCount)
    return Decoded(1, (("historicalDataUpdate", (found.reqId, row)),))


def decode_real_time_bar(payload: bytes, server_version: int) -> Decoded | None:
    """Message 250: five seconds that are over."""
    bar = _parse("RealTimeBarTick", payload)
    volume, wap = _number(bar.volume), _number(bar.WAP)
    if not bar.HasField("reqId") or volume is None or wap is None:
        return None
    row = (bar.time, bar.open, bar.high, bar.low, bar.close, volume, wap, bar.count)
    return Decoded(1, (("realtimeBar", (bar.reqId, *row)),))


# --- the time --------------------------------------------------------------------------------------


def decode_current_time(payload: bytes, server_version: int) -> Decoded | None:
    """Message 249, which each fence and heartbeat waits for."""
    seconds = _parse("CurrentTime", payload).currentTime
    return as_decoded((0, (("currentTime", (seconds,)),)))
