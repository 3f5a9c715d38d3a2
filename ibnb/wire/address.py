"""Whom a message answers: its number and the id of its request, found and replaced without reading the rest."""

from __future__ import annotations

from typing import NamedTuple

from ibnb.ib.api import PROTOBUF_OFFSET, RAW_ID_SIZE, RAW_ID_VERSION, UNSET_INTEGER, message_id

# Messages that begin with their own version, up to (not including) this server version; from 75 on none does.
_VERSION_GOES = {3: 131, 4: 194, 5: 145, 10: 164, 11: 136, 17: 124, 18: 164, 21: 156}
_FIRST_WITHOUT_VERSION = 75
# Field 1 of a protobuf message, a number: where IB's messages have their request's id.
_FIRST_FIELD = 0x08


class Address(NamedTuple):
    """A message's number as text counts it, the id that it carries (None: none that can be read), and where that is."""

    number: int
    key: int | None
    place: slice


def address(payload: bytes, version: int) -> Address:
    """Raises ValueError for a message without a number."""
    raw = version >= RAW_ID_VERSION
    number = message_id(payload, version)
    start = RAW_ID_SIZE if raw else payload.index(b"\0") + 1
    if raw and number > PROTOBUF_OFFSET:
        try:
            key, end = request_id(payload)
        except IndexError:
            return Address(number - PROTOBUF_OFFSET, None, slice(start, start))
        return Address(number - PROTOBUF_OFFSET, key, slice(start + 1, end))
    if number < _FIRST_WITHOUT_VERSION and version < _VERSION_GOES.get(number, version + 1):
        start = payload.find(b"\0", start) + 1 or len(payload)
    end = payload.find(b"\0", start)
    place = slice(start, len(payload) if end < 0 else end)
    try:
        return Address(number, int(payload[place]), place)
    except ValueError:
        return Address(number, None, place)


def readdressed(payload: bytes, version: int, key: int) -> bytes:
    """The message with another id in the place of the one that it carries."""
    _, old, place = address(payload, version)
    if old is None or old == key:
        return payload
    protobuf = version >= RAW_ID_VERSION and int.from_bytes(payload[:4], "big") > PROTOBUF_OFFSET
    new = _as_varint(key) if protobuf else b"%d" % key
    return payload[: place.start] + new + payload[place.stop :]


def request_id(payload: bytes) -> tuple[int, int]:
    """The number in a protobuf message's field 1, and the place behind it. IndexError if it doesn't begin with one."""
    if payload[RAW_ID_SIZE] != _FIRST_FIELD:
        raise IndexError("no id")
    return varint(payload, RAW_ID_SIZE + 1)


def varint(payload: bytes, at: int) -> tuple[int, int]:
    """A number of type int32, 0 or more, and the place behind it. IndexError for others."""
    found = 0
    for place in range(5):
        byte = payload[at + place]
        found |= (byte & 0x7F) << 7 * place
        if byte < 0x80 and found <= UNSET_INTEGER:
            return found, at + place + 1
    raise IndexError("no such number")


def _as_varint(number: int) -> bytes:
    found = b""
    while number >= 0x80:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])
