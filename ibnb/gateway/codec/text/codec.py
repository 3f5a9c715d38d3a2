"""Requests from payloads, answers to payloads, by the tables of the messages.

Rule: this module knows how to find a message's layout and nothing of any message.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ... import messages as m
from ..sides import Codec, Side
from ..wire import BadField, FieldReader, UnknownMessage, join_fields, split_fields
from .answers import ANSWERS
from .kinds import SIZE, Lane, format_float, parse_int
from .layout import Message, Record, compile_record
from .order_requests import ORDER_REQUESTS
from .requests import REQUESTS

OLDEST = 100
NEWEST = 200
RAW_IDS = 201  # from this version on a message's number stands before its text, in four bytes
LAST = 226  # up to here there are messages that are still text

REQUEST_SIDE = Side.of(REQUESTS, ORDER_REQUESTS)
ANSWER_SIDE = Side.of(ANSWERS)
_REQ_CURRENT_TIME = b"49\0"


@cache
def _compiled(message: Message, lane: Lane) -> Record | None:
    """The compiled layout, shared by all clients of a lane; None if the version hasn't got the message."""
    if lane.version < message.since:
        return None
    return compile_record(message.cls, message.items, lane)


class TextCodec(Codec):
    """Requests from payloads, answers to payloads, for one negotiated version.

    ``zone`` is the time zone that TWS is logged in with; it shapes execution times, and all times below version 174.
    ``strict`` makes fields after the last known one an error; TWS itself overlooks them. From version 201 on this is
    what is left to the text lane.
    """

    requests, answers = REQUEST_SIDE, ANSWER_SIDE

    def __init__(self, version: int, zone: str = "US/Eastern", *, strict: bool = False) -> None:
        if not OLDEST <= version <= LAST:
            raise ValueError(f"text is for versions {OLDEST} to {LAST}, not {version}")
        self.version = version
        self.lane = Lane(version, zone)
        self.strict = strict
        self._size = SIZE.at(self.lane)[1]
        self._ticks: dict[type, bytes] = {
            each: self._beginning(each) for each in (m.TickPrice, m.TickSize, m.TickString, m.TickGeneric)
        }

    def _beginning(self, tick: type) -> bytes:
        """What stands before a tick's request: the message's number and version."""
        number = self.answers.by_class[tick].id
        return number.to_bytes(4, "big") + b"6\0" if self.version >= RAW_IDS else b"%d\x006\0" % number

    def asks_time(self, payload: bytes) -> bool:
        return payload.startswith(_REQ_CURRENT_TIME)

    def tick(self, reqId: int, tick: m.TickFields) -> bytes:
        message, kind, value, size, mask = tick
        if message is m.TickPrice:
            rest = f"{format_float(value)}\0{self._size(size)}\0{mask}"
        elif message is m.TickSize:
            rest = self._size(value)
        else:
            rest = value if message is m.TickString else format_float(value)
        return self._ticks[message] + f"{reqId}\0{kind}\0{rest}\0".encode()

    def decode_body(self, side: Side[Message], number: int, body: bytes) -> Any:
        """The message of this number, from what follows the number."""
        return self._fields(side, number, FieldReader(split_fields(body)))

    def _read(self, side: Side[Message], payload: bytes) -> Any:
        reader = FieldReader(split_fields(payload))
        return self._fields(side, reader.take("messageId", parse_int), reader)

    def _fields(self, side: Side[Message], number: int, reader: FieldReader) -> Any:
        message = side.by_id.get(number)
        record = message and _compiled(message, self.lane)
        if not record:
            raise UnknownMessage(number)
        value = record.read(reader)
        if self.strict and reader.remaining:
            raise BadField("endOfMessage", reader.fields[reader.position], reader.id)
        return value

    def _write(self, side: Side[Message], value: Any) -> bytes:
        message = side.by_class.get(type(value))
        if message is None or (record := _compiled(message, self.lane)) is None:
            return b""
        out: list[str] = []
        record.write(value, out)
        if self.version >= RAW_IDS:
            return message.id.to_bytes(4, "big") + (join_fields(out) if out else b"")
        return join_fields([str(message.id), *out])
