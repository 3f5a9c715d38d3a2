"""Requests from payloads, answers to payloads, by the tables of the messages.

Rule: this module knows how to find a message's layout and nothing of any message.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from ..wire import BadField, FieldReader, UnknownMessage, join_fields, split_fields
from .answers import ANSWERS
from .kinds import parse_int
from .layout import Lane, Message, Record, compile_record
from .order_requests import ORDER_REQUESTS
from .requests import REQUESTS

OLDEST = 100
NEWEST = 200


@dataclass(frozen=True, slots=True)
class Side:
    """The messages that go one way, by number and by class."""

    by_id: dict[int, Message]
    by_class: dict[type, Message]

    @classmethod
    def of(cls, *tables: tuple[Message, ...]) -> Side:
        messages = [message for table in tables for message in table]
        by_id = {message.id: message for message in messages}
        by_class = {message.cls: message for message in messages}
        assert len(by_id) == len(by_class) == len(messages), "a message id or class is laid out twice"
        return cls(by_id, by_class)


REQUEST_SIDE = Side.of(REQUESTS, ORDER_REQUESTS)
ANSWER_SIDE = Side.of(ANSWERS)
_REQ_CURRENT_TIME = b"49\0"


@cache
def _compiled(message: Message, lane: Lane) -> Record | None:
    """The compiled layout, shared by all clients of a lane; None if the version hasn't got the message."""
    if not message.since <= lane.version < message.until:
        return None
    return compile_record(message.cls, message.items, lane)


class TextCodec:
    """Requests from payloads, answers to payloads, for one negotiated version.

    ``zone`` is the time zone that TWS is logged in with; it shapes execution times, and all times below version 174.
    ``strict`` makes fields after the last known one an error; TWS itself overlooks them.
    """

    def __init__(self, version: int, zone: str = "US/Eastern", *, strict: bool = False) -> None:
        if not OLDEST <= version <= NEWEST:
            raise ValueError(f"the text lane serves versions {OLDEST} to {NEWEST}, not {version}")
        self.version = version
        self.lane = Lane(version, zone)
        self.strict = strict

    def decode(self, payload: bytes) -> Any:
        """The request in a client's payload (one of ``messages``). Raises BadField or UnknownMessage, nothing else."""
        return self._read(REQUEST_SIDE, payload)

    def encode(self, answer: Any) -> bytes:
        """The payload of an answer, without its length; empty if the client's version hasn't got such a message."""
        return self._write(ANSWER_SIDE, answer)

    def asks_time(self, payload: bytes) -> bool:
        """Whether a payload is a ReqCurrentTime."""
        return payload.startswith(_REQ_CURRENT_TIME)

    def encode_request(self, request: Any) -> bytes:
        """What a client of this version would send. For tests and recordings."""
        return self._write(REQUEST_SIDE, request)

    def decode_answer(self, payload: bytes) -> Any:
        """What a client of this version would understand. For tests and recordings."""
        return self._read(ANSWER_SIDE, payload)

    def _read(self, side: Side, payload: bytes) -> Any:
        reader = FieldReader(split_fields(payload))
        number = reader.take("messageId", parse_int)
        message = side.by_id.get(number)
        record = message and _compiled(message, self.lane)
        if not record:
            raise UnknownMessage(number)
        value = record.read(reader)
        if self.strict and reader.remaining:
            raise BadField("endOfMessage", reader.fields[reader.position], reader.id)
        return value

    def _write(self, side: Side, value: Any) -> bytes:
        message = side.by_class[type(value)]
        record = _compiled(message, self.lane)
        if record is None:
            return b""
        out = [str(message.id)]
        record.write(value, out)
        return join_fields(out)
