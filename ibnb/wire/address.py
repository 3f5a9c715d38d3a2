"""Whom a message answers: its number and the id of its request, found and replaced without reading the rest."""

from __future__ import annotations

from typing import NamedTuple

from ibnb.ib.api import PROTOBUF_OFFSET, RAW_ID_VERSION, message_id

# Messages that begin with their own version, up to (not including) this server version; from 75 on none does.
_VERSION_GOES = {3: 131, 4: 194, 5: 145, 10: 164, 11: 136, 17: 124, 18: 164, 21: 156}
_FIRST_WITHOUT_VERSION = 75
# Field 1 of a protobuf message, a number: where IB's messages have their request's id.
_FIRST_FIELD = b"\x08"


class Address(NamedTuple):
    """A message's number as text counts it, the id that it carries (None: none that can be read), and where that is."""

    number: int
    key: int | None
    place: slice


def address(payload: bytes, version: int) -> Address:
    """Raises ValueError for a message without a number."""
    raw = version >= RAW_ID_VERSION
    number = message_id(payload, version)
    start = 4 if raw else payload.index(b"\0") + 1
    if raw and number > PROTOBUF_OFFSET:
        return Address(number - PROTOBUF_OFFSET, *_varint(payload, start))
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


def _varint(payload: bytes, start: int) -> tuple[int | None, slice]:
    """The number in field 1, if there is one below 2**35, and where it stands."""
    found, place = 0, start + 1
    for count, byte in enumerate(payload[place : place + 5] if payload.startswith(_FIRST_FIELD, start) else b""):
        found |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return found, slice(place, place + count + 1)
    return None, slice(place, place)


def _as_varint(number: int) -> bytes:
    found = b""
    while number >= 0x80:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])
