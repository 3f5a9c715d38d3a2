"""The messages that go one way, as a lane lays them out, and what every lane does with them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from ..messages import TickFields, TickMinute
from .wire import frame


class LaidOut(Protocol):
    """What any lane's layout of a message has."""

    @property
    def id(self) -> int: ...

    @property
    def cls(self) -> type: ...


M = TypeVar("M", bound=LaidOut)


@dataclass(frozen=True, slots=True)
class Side(Generic[M]):
    """Layouts by number and by class."""

    by_id: dict[int, M]
    by_class: dict[type, M]

    @classmethod
    def of(cls, *tables: tuple[M, ...]) -> Side[M]:
        messages = [message for table in tables for message in table]
        by_id = {message.id: message for message in messages}
        by_class = {message.cls: message for message in messages}
        assert len(by_id) == len(by_class) == len(messages), "a message id or class is laid out twice"
        return cls(by_id, by_class)


class Codec(ABC):
    """One client's lane: requests from payloads, answers to payloads."""

    requests: ClassVar[Side[Any]]
    answers: ClassVar[Side[Any]]

    def decode(self, payload: bytes) -> Any:
        """The request in a client's payload (one of ``messages``). Raises BadField or UnknownMessage, nothing else."""
        return self._read(self.requests, payload)

    def encode(self, answer: Any) -> bytes:
        """The payload of an answer, without its length; empty if the client's version hasn't got such a message."""
        return self._write(self.answers, answer)

    def encode_request(self, request: Any) -> bytes:
        """What a client of this version would send. For tests and recordings."""
        return self._write(self.requests, request)

    def decode_answer(self, payload: bytes) -> Any:
        """What a client of this version would understand. For tests and recordings."""
        return self._read(self.answers, payload)

    def write_minute(self, minute: TickMinute) -> None:
        """Put the frames of its seconds into a minute of ticks."""
        seconds: list[list[bytes]] = [[] for _ in range(60)]
        for column in minute.columns:
            for second, tick in column:
                seconds[second].append(frame(self.tick(minute.reqId, tick)))
        minute.frames, minute.columns = list(map(b"".join, seconds)), []

    @abstractmethod
    def tick(self, reqId: int, tick: TickFields) -> bytes:
        """What `encode` makes of a TickPrice, TickSize, TickString or TickGeneric with these fields. Quotes are mostly
        these, and without a message and a table's way through its fields each takes a fraction of the time."""

    @abstractmethod
    def asks_time(self, payload: bytes) -> bool:
        """Whether a payload is a ReqCurrentTime, without reading more of it than that needs."""

    @abstractmethod
    def _read(self, side: Side[Any], payload: bytes) -> Any: ...

    @abstractmethod
    def _write(self, side: Side[Any], value: Any) -> bytes: ...
