"""What streams of quotes usually bring, many messages at once, in columns for each request, on either lane.

Rule: what is usual here, fast_text and fast_parsed read in the same way, and all else is left to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from struct import Struct
from typing import NamedTuple

from ibnb.ib.api import PROTOBUF_OFFSET, RAW_ID_SIZE, RAW_ID_VERSION
from ibnb.wire.fast_text import LARGE, SIZE_OF, size_of_text

# Live tick types by message: prices; sizes; a halt; exchanges and the time of the last trade.
_USUAL = {1: (1, 2, 4, 6, 7, 9, 14), 2: (0, 3, 5, 8), 45: (49,), 46: (32, 33, 45)}
_AS_TEXT = {b"%d" % number: {b"%d" % kind: kind for kind in kinds} for number, kinds in _USUAL.items()}
_PRICE, _SIZE, _NUMBER, _TEXT = (PROTOBUF_OFFSET + number for number in _USUAL)
_AS_BYTES = {PROTOBUF_OFFSET + number: frozenset(kinds) for number, kinds in _USUAL.items()}
_MASKS, _MASK_FIELDS = (b"0", b"1"), (b"\x28\x00", b"\x28\x01")
_double = Struct("<d").unpack_from


class Quotes(NamedTuple):
    """Callbacks of one request that came together, in order: the kinds and values of live prices and sizes, all of them
    above 0. Texts and numbers of a quote that no column is for are counted only.

    `messages` brought them. If these brought anything unusual, `kinds` is None.
    """

    reqId: int
    kinds: list[int] | None
    values: list[float]
    callbacks: int
    messages: slice


# Appends kinds and values of a message, and returns its request as it is written, and whether it is usual.
_Read = Callable[[bytes, list[int], list[float]], tuple[bytes, bool]]


@dataclass(slots=True)
class _Group:
    """Messages of one request in a row: the first of them and its first tick, how many have none, whether all are
    usual."""

    request: bytes
    message: int
    tick: int
    others: int = 0
    usual: bool = True


def find_quotes(payloads: list[bytes], server_version: int) -> list[Quotes]:
    """What each request's messages say. IndexError, ValueError or struct.error if one can't be read at all."""
    as_text = server_version < RAW_ID_VERSION
    read: _Read = _read_text if as_text else _read_protobuf
    kinds: list[int] = []
    values: list[float] = []
    groups: list[_Group] = []
    group = _Group(b"", 0, 0)
    for at, payload in enumerate(payloads):
        many = len(kinds)
        request, usual = read(payload, kinds, values)
        if not groups or request != group.request:
            groups.append(group := _Group(request, at, many))
        group.others += len(kinds) == many
        group.usual &= usual
    found = []
    for group, following in pairwise([*groups, _Group(b"", len(payloads), len(kinds))]):
        ticks, messages = slice(group.tick, following.tick), slice(group.message, following.message)
        callbacks = following.tick - group.tick + group.others
        reqId = int(group.request) if as_text else _whole(group.request)
        found.append(Quotes(reqId, kinds[ticks] if group.usual else None, values[ticks], callbacks, messages))
    return found


def _whole(varint: bytes) -> int:
    return sum([(byte & 0x7F) << 7 * place for place, byte in enumerate(varint)])


def _read_text(payload: bytes, kinds: list[int], values: list[float]) -> tuple[bytes, bool]:
    fields = payload.split(b"\0")
    number, request = fields[0], fields[2]
    kind = _AS_TEXT[number].get(fields[3])
    if kind is None:
        return request, False
    said = fields[4]
    if number == b"46":
        return request, said.isascii()
    value = size_of_text(said) if number == b"2" else float(said)
    if number == b"45":
        return request, -LARGE < value < LARGE
    kinds.append(kind)
    values.append(value)
    usual = 0 < value < LARGE
    if number == b"1":
        size = size_of_text(fields[5])
        if kind in SIZE_OF:
            kinds.append(SIZE_OF[kind])
            values.append(size)
            return request, usual and 0 < size < LARGE and fields[6] in _MASKS
        return request, usual and -LARGE < size < LARGE and fields[6] in _MASKS
    return request, usual


def _read_protobuf(payload: bytes, kinds: list[int], values: list[float]) -> tuple[bytes, bool]:
    """Fields 1 (request) and 2 (kind), whole numbers; then of a price 3 (a double), 4 (the size as a text) and 5 (its
    mask), of the others 3."""
    number = payload[RAW_ID_SIZE - 1]
    at = RAW_ID_SIZE + 1
    while payload[at] & 0x80:
        at += 1
    at += 1
    request = payload[RAW_ID_SIZE + 1 : at]
    kind = payload[at + 1]
    if payload[RAW_ID_SIZE] != 0x08 or payload[at] != 0x10 or kind not in _AS_BYTES[number] or len(request) > 4:
        return request, False
    at += 2
    if number in (_PRICE, _NUMBER):
        if payload[at] != 0x19:
            return request, False
        (value,) = _double(payload, at + 1)
        at += 9
        if number == _NUMBER:
            return request, at == len(payload)
        kinds.append(kind)
        values.append(value)
        if payload[at : at + 1] != b"\x22" or not 0 < value < LARGE:
            return request, False
    elif payload[at] != 0x1A:
        return request, False
    end = at + 2 + payload[at + 1]
    text = payload[at + 2 : end]
    if number == _TEXT:
        return request, end == len(payload) and text.isascii()
    # Decimal, with which ibapi reads sizes, takes other texts than float.
    if not text.replace(b".", b"", 1).isdigit():
        return request, False
    size = float(text)
    if number == _SIZE or kind in SIZE_OF:
        kinds.append(kind if number == _SIZE else SIZE_OF[kind])
        values.append(size)
        usual = 0 < size < LARGE
    else:
        usual = size < LARGE
    whole = end == len(payload) or (number == _PRICE and payload[end:] in _MASK_FIELDS)
    return request, usual and whole
