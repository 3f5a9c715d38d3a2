"""Hot messages of the text lane, from bytes to columns without an object per field.

Rule: what comes out equals, bit for bit, what ibapi's Decoder and `frames` make of the same bytes. Anything unusual
(an empty number, IB's "unset" constants, a field too few) is None, and the message goes the ordinary way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ibnb.ib.api import IBAPI_VERSION, PROTOBUF_OFFSET, RAW_ID_VERSION, UNSET_INTEGER, TickAttrib

_SYNTHETIC_BARS_VERSION = 124
_HISTORY_END_VERSION = 196
_OLD = IBAPI_VERSION.startswith("9.")

# date open high low close volume average barCount; before server version 124 the last but one is hasGaps.
_WIDTH = 8
# Which numbers (counted from open) the Decoder reads as integers: a point in them is an error there.
_INTEGERS = (4, 6) if _OLD else (6,)
# Which ones are Decimals, where these values mean "unset".
_DECIMALS = slice(0, 0) if _OLD else slice(4, 6)
_UNSET_FROM = float(2**63)

_DOT, _MINUS, _ZERO = b".-0"
# Mantissas below 2**53 and powers of ten up to 10**22 are exact as floats, so one division rounds as float(text) does.
_DIGITS = 15
_POWERS = 10.0 ** np.arange(_DIGITS + 1)
_NUMBER = re.compile(rb"-?\d+(\.\d*)?([eE][+-]?\d+)?")
# So many fields at once: what they need fits into the processor's cache.
_BLOCK = 1 << 15

# Callbacks that come row by row → the name under which handlers get all rows at once.
COLUMNS = {
    "historicalData": "historicalDataColumns",
    "tickPrice": "tickPriceColumns",
    "tickSize": "tickPriceColumns",
}

T = TypeVar("T", int, float)
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]


class Columns(Sequence[tuple[Any, ...]]):
    """Rows kept as columns: `frames` takes them as they are, whoever looks at one row gets a tuple of plain values."""

    def __init__(self, columns: Sequence[NDArray[Any]]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        values = [column[at] for column in self.columns]
        return tuple(value.decode() if isinstance(value, bytes) else value.item() for value in values)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        lists = [column.tolist() for column in self.columns]
        dates = [date.decode() for date in lists[0]]
        return zip(dates, *lists[1:], strict=True)


class Decoded(NamedTuple):
    """What a message says, as calls of handlers; `callbacks` is how many of them ibapi would make.

    0: these are the callbacks themselves, for everybody who wants them.
    """

    callbacks: int
    calls: tuple[tuple[str, tuple[Any, ...]], ...]


Decode = Callable[[bytes, int], Decoded | None]


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
    dates = _texts(letters, starts[:, 0], ends[:, 0])
    if dates is None:
        return None
    chosen = [*range(1, 7), width - 1]
    values = _numbers(body, letters, starts[:, chosen], ends[:, chosen])
    return None if values is None else Columns([dates, *values.T])


def _texts(letters: Bytes, starts: Places, ends: Places) -> NDArray[np.bytes_] | None:
    """Texts of one length as an array of bytes."""
    size = int(ends[0] - starts[0])
    if size == 0 or ((ends - starts) != size).any():
        return None
    windows = np.lib.stride_tricks.sliding_window_view(letters, size)
    rows = windows[starts]
    if rows.max() > 127:
        return None
    found: NDArray[np.bytes_] = rows.view(f"S{size}")[:, 0]
    return found


def _numbers(body: bytes, letters: Bytes, starts: Places, ends: Places) -> Floats | None:
    """A matrix of numbers, as float(text) would read each; None if one of them needs more care than that."""
    shape, columns = starts.shape, starts.shape[1]
    flat_starts, flat_ends = starts.ravel(), ends.ravel()
    integers = np.zeros(columns, bool)
    integers[list(_INTEGERS)] = True
    # Whole rows at a time, so that the pattern of integer columns repeats.
    step = max(_BLOCK // columns, 1) * columns
    parts = []
    for at in range(0, len(flat_starts), step):
        part = _block(body, letters, flat_starts[at : at + step], flat_ends[at : at + step], integers)
        if part is None:
            return None
        parts.append(part)
    found = np.concatenate(parts).reshape(shape)
    decimals = found[:, _DECIMALS]
    if decimals.size and ((decimals == UNSET_INTEGER) | (np.abs(decimals) >= _UNSET_FROM)).any():
        return None
    return found


def _block(body: bytes, letters: Bytes, starts: Places, ends: Places, integers: NDArray[np.bool_]) -> Floats | None:
    negative = letters[starts] == _MINUS
    starts = starts + negative
    sizes = ends - starts
    mantissa = np.zeros(len(starts), np.int64)
    decimals = np.zeros(len(starts), np.int8)
    dotted = np.zeros(len(starts), bool)
    odd = (sizes == 0) | (sizes > _DIGITS)
    longest = min(int(sizes.max()), _DIGITS)
    last = len(letters) - 1
    for at in range(longest):
        digit = letters[np.minimum(starts + at, last)] - np.uint8(_ZERO)
        inside = sizes > at
        is_digit = inside & (digit < 10)
        dot = inside & (digit == (_DOT - _ZERO) % 256)
        odd |= inside & ~is_digit & ~(dot & ~dotted)
        mantissa = np.where(is_digit, mantissa * 10 + digit, mantissa)
        decimals += is_digit & dotted
        dotted |= dot
    # A point needs a digit before or after it.
    odd |= dotted & (sizes == 1)
    if (dotted.reshape(-1, len(integers)) & integers).any():
        return None
    found: Floats = mantissa / _POWERS[decimals]
    np.negative(found, out=found, where=negative)
    for place in np.flatnonzero(odd).tolist():
        text = body[starts[place] - negative[place] : ends[place]]
        if not _NUMBER.fullmatch(text) or integers[place % len(integers)]:
            return None
        found[place] = float(text)
    return found


# --- ticks ---------------------------------------------------------------------------------------

_PAST_LIMIT_VERSION, _PRE_OPEN_VERSION = 109, 132
# Price tick → the size tick that comes with it.
_SIZE_OF = {1: 0, 2: 3, 4: 5, 66: 69, 67: 70, 68: 71}
_NOT_SET = -1
# From here up sizes and prices may be IB's "unset".
_LARGE = float(UNSET_INTEGER)
_size: Callable[[bytes], float] = int if _OLD else float


@cache
def _attrib(mask: int, server_version: int) -> Any:
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
        reqId, kind, price, size = int(fields[2]), int(fields[3]), float(fields[4]), _size(fields[5])
        attrib = _attrib(int(fields[6]), server_version)
    except (ValueError, IndexError):
        return None
    if not (-_LARGE < price < _LARGE and -_LARGE < size < _LARGE):
        return None
    told = ("tickPrice", (reqId, kind, price, attrib))
    size_kind = _SIZE_OF.get(kind)
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
        prices, sizes = _read_all(fields[4::7], float), list(map(float, _read_all(fields[5::7], _size)))
        for mask in set(fields[6::7]):
            int(mask)
    except ValueError:
        return None
    size_kinds = list(map(_SIZE_OF.get, kinds))
    callbacks = 2 * many - size_kinds.count(None)
    return Decoded(callbacks, ((COLUMNS["tickPrice"], (reqIds, kinds, prices, size_kinds, sizes)),))


def _read_all(texts: list[bytes], read: Callable[[bytes], T]) -> list[T]:
    """Each text read: the same ones come again and again, and are read once. ValueError if one may mean "unset"."""
    known = {text: read(text) for text in set(texts)}
    if not all(-_LARGE < value < _LARGE for value in known.values()):
        raise ValueError("unset, or nearly")
    return list(map(known.__getitem__, texts))


def decode_tick_size(payload: bytes, server_version: int) -> Decoded | None:
    """Message 2."""
    fields = payload.split(b"\0")
    try:
        reqId, kind, size = int(fields[2]), int(fields[3]), _size(fields[4])
    except (ValueError, IndexError):
        return None
    if kind == _NOT_SET or not -_LARGE < size < _LARGE:
        return None
    return Decoded(1, (("tickSize", (reqId, kind, size)),))


# --- the time ------------------------------------------------------------------------------------


def decode_current_time(payload: bytes, server_version: int) -> Decoded | None:
    """Message 49, which each fence and heartbeat waits for."""
    seconds = payload[5:-1]
    if not (payload.startswith(b"49\x001\0") and payload.endswith(b"\0") and seconds.isdigit()):
        return None
    return Decoded(0, (("currentTime", (int(seconds),)),))


# --- which ---------------------------------------------------------------------------------------

# Lanes: everything is text; the id as four bytes before text (server version 201 on); the same before protobuf.
TEXT, RAW_TEXT, PROTOBUF = "text", "raw text", "protobuf"
# (lane, message id) → decoder, and the callbacks that it stands for: an override of one of them switches it off.
FAST: dict[tuple[str, int], tuple[Decode, tuple[str, ...]]] = {
    (TEXT, 1): (decode_tick_price, ("tickPrice", "tickSize")),
    (TEXT, 2): (decode_tick_size, ("tickSize",)),
    (TEXT, 49): (decode_current_time, ()),
    (TEXT, 17): (decode_bars, ("historicalData", "historicalDataEnd")),
}
# Messages that come in runs: the first bytes of each, its id, and the decoder of a run.
RUN_HEAD, RUN_ID, RUN = b"1\0", 1, decode_tick_prices


def runs(payloads: list[bytes]) -> Iterator[bytes | list[bytes]]:
    """The messages in their order, those that come in runs together."""
    at, end = 0, len(payloads)
    while at < end:
        stop = at
        while stop < end and payloads[stop].startswith(RUN_HEAD):
            stop += 1
        if stop - at > 1:
            yield payloads[at:stop]
            at = stop
        else:
            yield payloads[at]
            at += 1


def find_decoder(msg_id: int, server_version: int) -> tuple[Decode | None, tuple[str, ...]]:
    """The decoder of a message and its callbacks; (None, ()) if it has none."""
    lane = TEXT
    if server_version >= RAW_ID_VERSION:
        lane, msg_id = (PROTOBUF, msg_id - PROTOBUF_OFFSET) if msg_id > PROTOBUF_OFFSET else (RAW_TEXT, msg_id)
    return FAST.get((lane, msg_id), (None, ()))
