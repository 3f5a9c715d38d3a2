"""The messages that go one way, as a lane lays them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


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
