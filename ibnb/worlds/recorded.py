"""A recording, read: its messages, and what can be said of them in words."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from ibnb.errors import IBError
from ibnb.gateway.codec import BadField, UnknownMessage, codec_for
from ibnb.wire.recording import read

_LONGEST = 400
# That of answers' times, of which this makes none of its own.
_ZONE = "US/Eastern"


class ReplayError(IBError):
    """The program asks or waits for something else than the recorded one did."""


class Recorded:
    """A recording's head and messages. Raises ValueError for what is no recording, OSError."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.head, self.messages = read(self.path)
        # Both lanes read answers, too.
        self.codec: Any = codec_for(self.head["version"], _ZONE)

    def request(self, payload: bytes) -> Any:
        """What is asked, as a message of the gateway's; None if it can't be read."""
        return _read(self.codec.decode, payload)

    def answer(self, payload: bytes) -> Any:
        """What is answered; None if it can't be read."""
        return _read(self.codec.decode_answer, payload)

    def said(self, payload: bytes) -> str:
        """A request in words."""
        request = self.request(payload)
        return shown(payload if request is None else request)


def shown(request: Any) -> str:
    """A request in words: those of its fields that say something."""
    named = dataclasses.is_dataclass(request)
    text = f"{type(request).__name__}({_set_fields(request)})" if named else repr(request)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _read(decode: Any, payload: bytes) -> Any:
    try:
        return decode(payload)
    except (BadField, UnknownMessage):
        return None


def _set_fields(thing: Any) -> str:
    found = []
    for field in dataclasses.fields(thing):
        value = getattr(thing, field.name)
        if dataclasses.is_dataclass(value):
            value = f"{type(value).__name__}({_set_fields(value)})"
        elif value in (None, "", 0, False, ()):
            continue
        else:
            value = repr(value)
        found.append(f"{field.name}={value}")
    return ", ".join(found)
