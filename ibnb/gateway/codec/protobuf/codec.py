"""Requests from payloads, answers to payloads, from version 201 on: in protobuf what has got such a form by then, in
text the rest.

Rule: as in the text lane's codec. Every payload begins with the message's number in four bytes, to which protobuf adds
200.
"""

from __future__ import annotations

from functools import cache, lru_cache
from struct import Struct
from typing import Any

from google.protobuf.message import DecodeError

from ... import messages as m
from ..sides import Codec, Side
from ..text import TextCodec
from ..text.kinds import Lane, format_decimal
from ..text.layout import ID_NAMES
from ..wire import BadField, UnknownMessage
from .answers import ANSWERS
from .kinds import Z_SUFFIX
from .layout import Message, Record, make_class
from .records import TABLES
from .requests import REQUESTS

OLDEST = 201
NEWEST = 226
OFFSET = 200  # what protobuf adds to a message's number
_ID_SIZE = 4

REQUEST_SIDE = Side.of(REQUESTS)
ANSWER_SIDE = Side.of(ANSWERS)
_REQ_CURRENT_TIME = 49
_TICKS_SINCE = ANSWER_SIDE.by_class[m.TickPrice].since
_double = Struct("<d").pack


@cache
def _class(message: Message) -> Any:
    return make_class(TABLES.tree(message.cls, message.rows), TABLES)


@lru_cache(1024)
def _of_request(tick: type, reqId: int) -> bytes:
    """What a tick of a request begins with."""
    message = ANSWER_SIDE.by_class[tick]
    start: bytes = _class(message)(f1=reqId).SerializeToString()
    return (message.id + OFFSET).to_bytes(_ID_SIZE, "big") + start


@cache
def _compiled(message: Message, lane: Lane) -> Record:
    """The compiled layout, shared by all clients of a lane."""
    return Record(message.cls, message.rows, TABLES, lane, message.when, message.hook)


class ProtobufCodec(Codec):
    """Requests from payloads, answers to payloads, for one negotiated version; ``zone`` is as in ``TextCodec``."""

    requests, answers = REQUEST_SIDE, ANSWER_SIDE

    def __init__(self, version: int, zone: str = "US/Eastern", *, strict: bool = False) -> None:
        if not OLDEST <= version <= NEWEST:
            raise ValueError(f"the protobuf lane serves versions {OLDEST} to {NEWEST}, not {version}")
        self.version = version
        self._text = TextCodec(version, zone, strict=strict)
        # All that a protobuf layout depends on.
        self._lane = Lane(Z_SUFFIX if version >= Z_SUFFIX else OLDEST, zone)

    def asks_time(self, payload: bytes) -> bool:
        return int.from_bytes(payload[:_ID_SIZE], "big") in (_REQ_CURRENT_TIME, _REQ_CURRENT_TIME + OFFSET)

    def tick(self, reqId: int, tick: m.TickFields) -> bytes:
        if self.version < _TICKS_SINCE:
            return self._text.tick(reqId, tick)
        message, kind, value, size, mask = tick
        if message is m.TickPrice:
            text = format_decimal(size).encode()
            rest = b"\x19%b\x22%c%b\x28%c" % (_double(value), len(text), text, mask)
        elif message is m.TickGeneric:
            rest = b"\x19%b" % _double(value)
        else:
            text = (value if message is m.TickString else format_decimal(value)).encode()
            rest = b"\x1a%c%b" % (len(text), text) if text else b""
        return b"%b\x10%c%b" % (_of_request(message, reqId), kind, rest)

    def _known(self, message: Message | None) -> Message | None:
        """The message, if it is protobuf at this version."""
        return message if message is not None and message.since <= self.version else None

    def _read(self, side: Side[Message], payload: bytes) -> Any:
        if len(payload) < _ID_SIZE:
            raise BadField("messageId", payload.decode("latin-1"))
        number, body = int.from_bytes(payload[:_ID_SIZE], "big"), payload[_ID_SIZE:]
        if number <= OFFSET:
            if self._known(side.by_id.get(number)):
                raise UnknownMessage(number)
            text = self._text.requests if side is self.requests else self._text.answers
            return self._text.decode_body(text, number, body)
        message = self._known(side.by_id.get(number - OFFSET))
        if message is None:
            raise UnknownMessage(number)
        try:
            proto = _class(message).FromString(body)
        except DecodeError:
            raise BadField(message.cls.__name__, "(not protobuf)", _id_of(message, body)) from None
        return _compiled(message, self._lane).read(proto)

    def _write(self, side: Side[Message], value: Any) -> bytes:
        message = self._known(side.by_class.get(type(value)))
        if message is None:
            return self._text.encode_request(value) if side is self.requests else self._text.encode(value)
        proto = _class(message)(**_compiled(message, self._lane).write(value))
        body: bytes = proto.SerializeToString()
        return (message.id + OFFSET).to_bytes(_ID_SIZE, "big") + body


def _id_of(message: Message, body: bytes) -> int:
    """The id of a request whose rest can't be read, if it stands at the beginning; else -1."""
    first = message.rows.partition(",")[0].removeprefix("1 ")
    if first not in ID_NAMES or body[:1] != b"\x08":
        return -1
    id = 0
    for place, byte in enumerate(body[1:6]):
        id |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return id if id < 2**31 else -1
    return -1
