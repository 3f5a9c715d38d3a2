"""Hot messages of the text lane, from bytes to columns without an object per field.

Rule: what comes out equals, bit for bit, what ibapi's Decoder and `frames` make of the same bytes. Anything unusual
(an empty number, IB's "unset" constants, a field too few) is None, and the message goes the ordinary way.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import numpy as np

from ibnb.ib.api import IBAPI_VERSION, UNSET_INTEGER, TickAttrib, TickTypeEnum
from ibnb.wire.decoded import COLUMNS, Bar, Columns, Decode, Decoded, as_decoded
from ibnb.wire.digits import numbers, texts

_SYNTHETIC_BARS_VERSION = 124
_HISTORY_END_VERSION = 196
_OLD = IBAPI_VERSION.startswith("9.")

# date open high low close volume average barCount; before server version 124 the last but one is hasGaps.
_WIDTH = 8
# Which numbers (counted from open) the Decoder reads as integers: a point in them is an error there.
_INTEGERS = (4, 6) if _OLD else (6,)
# Which ones are Decimals, where these values mean "unset".
_DECIMALS = slice(0, 0) if _OLD else slice(4, 6)

T = TypeVar("T", int, float)


# --- bars ----------------------------------------------------------------------------------------


def decode_bars(payload: bytes, server_version: int) -> Decoded | None:
    """Message 17: columns date (bytes) Open High Low Close Volume Average BarCount (float64), and perhaps the end."""
    gaps = server_version < _SYNTHETIC_BARS_VERSION
    with_end = server_version < _HISTORY_END_VERSION
    head = payload.split(b"\0", 3 + gaps + 2 * with_end)
    try:
        reqId, count = int(head[1 + gaps]), int(head[-2])
    except (ValueError, IndexError):
        return None
    bars = _bars(head[-1], count, _WIDTH + gaps) if count > 0 else None
    if bars is None:
        return None
    columns = (COLUMNS["historicalData"], (reqId, bars))
    if not with_end:
        return Decoded(count, (columns,))
    start, end = (text.decode(errors="backslashreplace") for text in head[2 + gaps : 4 + gaps])
    return Decoded(count + 1, (columns, ("historicalDataEnd", (reqId, start, end))))


def _bars(body: bytes, count: int, width: int) -> Columns | None:
    letters = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero(letters == 0)[: count * width]
    if len(ends) < count * width:
        return None
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1] + 1
    ends, starts = ends.reshape(count, width), starts.reshape(count, width)
    dates = texts(letters, starts[:, 0], ends[:, 0])
    if dates is None:
        return None
    chosen = [*range(1, 7), width - 1]
    values = numbers(body, letters, starts[:, chosen], ends[:, chosen], _INTEGERS, _DECIMALS)
    return None if values is None else Columns([dates, *values.T])


def decode_bar_update(payload: bytes, server_version: int) -> Decoded | None:
    """Message 90: how the last bar stands now."""
    fields = payload.split(b"\0")
    try:
        reqId, count = int(fields[1]), int(fields[2])
        open_, close, high, low = map(float, fields[4:8])
        wap, volume = float(fields[8]), size_of_text(fields[9])
    except (ValueError, IndexError):
        return None
    if not all(-LARGE < value < LARGE for value in (open_, close, high, low, wap, volume, count)):
        return None
    date = fields[3].decode(errors="backslashreplace")
    return Decoded(1, (("historicalDataUpdate", (reqId, Bar(date, open_, high, low, close, volume, wap, count))),))


# --- ticks ---------------------------------------------------------------------------------------

_PAST_LIMIT_VERSION, _PRE_OPEN_VERSION = 109, 132
# Price tick → the size tick that comes with it.
SIZE_OF = {1: 0, 2: 3, 4: 5, 66: 69, 67: 70, 68: 71}
NOT_SET: int = TickTypeEnum.NOT_SET
# From here up sizes and prices may be IB's "unset".
LARGE = float(UNSET_INTEGER)
size_of_text: Callable[[bytes], float] = int if _OLD else float


@cache
def attrib_of(mask: int, server_version: int) -> Any:
    """The attributes of a price. Handlers share them and don't write."""
    found = TickAttrib()
    flags = server_version >= _PAST_LIMIT_VERSION
    found.canAutoExecute = mask & 1 != 0 if flags else mask == 1
    found.pastLimit = flags and mask & 2 != 0
    found.preOpen = server_version >= _PRE_OPEN_VERSION and mask & 4 != 0
    return found


def decode_tick_price(payload: bytes, server_version: int) -> Decoded | None:
    """Message 1: a price, and for bid, ask and last its size."""
    fields = payload.split(b"\0")
    try:
        reqId, kind, price, size = int(fields[2]), int(fields[3]), float(fields[4]), size_of_text(fields[5])
        attrib = attrib_of(int(fields[6]), server_version)
    except (ValueError, IndexError):
        return None
    if not (-LARGE < price < LARGE and -LARGE < size < LARGE):
        return None
    told = ("tickPrice", (reqId, kind, price, attrib))
    size_kind = SIZE_OF.get(kind)
    if size_kind is None:
        return Decoded(1, (told,))
    return Decoded(2, (told, ("tickSize", (reqId, size_kind, size))))


def decode_tick_prices(payloads: list[bytes], server_version: int) -> Decoded | None:
    """Many messages 1 at once: lists of request ids, kinds, prices, and sizes with their kinds (None: no size)."""
    many = len(payloads)
    fields = b"".join(payloads).split(b"\0")
    if len(fields) != 7 * many + 1 or fields[0::7].count(b"1") != many:
        return None
    try:
        reqIds, kinds = _read_all(fields[2::7], int), _read_all(fields[3::7], int)
        prices, sizes = _read_all(fields[4::7], float), list(map(float, _read_all(fields[5::7], size_of_text)))
        for mask in set(fields[6::7]):
            int(mask)
    except ValueError:
        return None
    size_kinds = list(map(SIZE_OF.get, kinds))
    callbacks = 2 * many - size_kinds.count(None)
    return Decoded(callbacks, ((COLUMNS["tickPrice"], (reqIds, kinds, prices, size_kinds, sizes)),))


def _read_all(texts: list[bytes], read: Callable[[bytes], T]) -> list[T]:
    """Each text read: the same ones come again and again, and are read once. ValueError if one may mean "unset"."""
    known = {text: read(text) for text in set(texts)}
    if not all(-LARGE < value < LARGE for value in known.values()):
        raise ValueError("unset, or nearly")
    return list(map(known.__getitem__, texts))


def _tick(name: str, read: Callable[[bytes], Any], number: bool = True) -> Decode:
    """The decoder of ticks that aren't prices."""

    def decode(payload: bytes, server_version: int) -> Decoded | None:
        fields = payload.split(b"\0")
        try:
            reqId, kind, value = int(fields[2]), int(fields[3]), read(fields[4])
        except (ValueError, IndexError):
            return None
        if kind == NOT_SET or (number and not -LARGE < value < LARGE):
            return None
        return Decoded(1, ((name, (reqId, kind, value)),))

    return decode


# Messages 2, 45 and 46.
decode_tick_size, decode_tick_generic = _tick("tickSize", size_of_text), _tick("tickGeneric", float)
decode_tick_string = _tick("tickString", lambda text: text.decode("ascii"), number=False)


# --- the time ------------------------------------------------------------------------------------


def decode_current_time(payload: bytes, server_version: int) -> Decoded | None:
    """Message 49, which each fence and heartbeat waits for."""
    seconds = payload[5:-1]
    if not (payload.startswith(b"49\x001\0") and payload.endswith(b"\0") and seconds.isdigit()):
        return None
    return as_decoded((0, (("currentTime", (int(seconds),)),)))
