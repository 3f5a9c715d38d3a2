"""Hot messages of the protobuf lane, from bytes to columns without an object per field.

Rule: as on the text lane; what comes out equals what ibapi's Decoder and `frames` make of the same bytes. Many rows are
read column by column from their bytes, a single small message by fast_parsed; what is unusual (a field that isn't
known, a text without a number, an "unset") is None, and the message goes the ordinary way.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from ibnb.ib.api import RAW_ID_SIZE
from ibnb.wire.address import request_id, varint
from ibnb.wire.decoded import COLUMNS, Columns, Decoded
from ibnb.wire.digits import numbers, texts
from ibnb.wire.fast_parsed import decode_tick_price
from ibnb.wire.fast_text import LARGE, SIZE_OF
from ibnb.wire.fields import Fields

# A field's number and kind as they stand before it: number 2 as bytes.
_SECOND_BYTES = 0x12
_SHORT = 128
# So few messages are sooner read one by one.
_FEW = 48


# --- bars ----------------------------------------------------------------------------------------


def decode_bars(payload: bytes, server_version: int) -> Decoded | None:
    """Message 217: columns date (bytes) Open High Low Close Volume Average BarCount (float64)."""
    try:
        reqId, at = request_id(payload)
        places = _rows(payload, at)
    except IndexError:
        return None
    if not places:
        return None
    starts = np.array(places[0::2], np.intp)
    ends = np.array(places[1::2], np.intp)
    fields = Fields(payload, starts, ends)
    date_starts, date_ends, _ = fields.spans(1)
    prices = [fields.doubles(number)[0] for number in (2, 3, 4, 5)]
    volume_starts, volume_ends, with_volume = fields.spans(6)
    average_starts, average_ends, with_average = fields.spans(7)
    count, _ = fields.integers(8)
    if not (fields.end() and with_volume.all() and with_average.all()):
        return None
    dates = texts(fields.letters, date_starts, date_ends)
    found = numbers(
        payload,
        fields.letters,
        np.column_stack((volume_starts, average_starts)),
        np.column_stack((volume_ends, average_ends)),
    )
    if dates is None or found is None:
        return None
    bars = Columns([dates, *prices, *found.T, count.astype(np.float64)])
    return Decoded(len(bars), ((COLUMNS["historicalData"], (reqId, bars)),))


def _rows(payload: bytes, at: int) -> list[int]:
    """Where each message in field 2 begins and ends, in turn. IndexError for anything else."""
    places: list[int] = []
    end = len(payload)
    while at < end:
        if payload[at] != _SECOND_BYTES:
            raise IndexError("another field")
        size = payload[at + 1]
        at += 2
        if size >= _SHORT:
            size, at = varint(payload, at - 1)
        places.append(at)
        at += size
        places.append(at)
    if at > end:
        raise IndexError("cut off")
    return places


# --- runs of ticks ---------------------------------------------------------------------------------------


def decode_tick_prices(payloads: list[bytes], server_version: int) -> Decoded | None:
    """Many messages 201 at once: lists of request ids, kinds, prices, and sizes with their kinds (None: no size)."""
    if len(payloads) < _FEW:
        return _decode_few(payloads, server_version)
    body = b"".join(payloads)
    ends = np.fromiter(accumulate(map(len, payloads)), np.intp, len(payloads))
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1]
    fields = Fields(body, starts + RAW_ID_SIZE, ends)
    reqIds, with_id = fields.integers(1)
    kinds, with_kind = fields.integers(2)
    prices, with_price = fields.doubles(3)
    size_starts, size_ends, with_size = fields.spans(4)
    fields.integers(5)
    # NaN isn't below anything.
    plain = with_id & with_kind & with_price & with_size & (np.abs(prices) < LARGE)
    if not (fields.end() and plain.all()):
        return None
    found = numbers(body, fields.letters, size_starts[:, None], size_ends[:, None])
    if found is None or not (np.abs(found) < LARGE).all():
        return None
    kind_list = kinds.tolist()
    size_kinds = list(map(SIZE_OF.get, kind_list))
    callbacks = 2 * len(payloads) - size_kinds.count(None)
    values = (reqIds.tolist(), kind_list, prices.tolist(), size_kinds, found[:, 0].tolist())
    return Decoded(callbacks, ((COLUMNS["tickPrice"], values),))


def _decode_few(payloads: list[bytes], server_version: int) -> Decoded | None:
    reqIds: list[int] = []
    kinds: list[int] = []
    prices: list[float] = []
    size_kinds: list[int | None] = []
    sizes: list[float] = []
    for payload in payloads:
        found = decode_tick_price(payload, server_version)
        if found is None:
            return None
        (_, (reqId, kind, price, _)), *rest = found.calls
        reqIds.append(reqId)
        kinds.append(kind)
        prices.append(price)
        size_kinds.append(rest[0][1][1] if rest else None)
        sizes.append(rest[0][1][2] if rest else 0.0)
    callbacks = 2 * len(payloads) - size_kinds.count(None)
    return Decoded(callbacks, ((COLUMNS["tickPrice"], (reqIds, kinds, prices, size_kinds, sizes)),))
