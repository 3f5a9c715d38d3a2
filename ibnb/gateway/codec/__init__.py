"""Messages to bytes and back. A lane is how all messages look at a range of server versions.

Rule: outside this package and ``wire`` nobody sees a byte, and a session knows no more than ``decode`` and ``encode``.
Versions 100 to 200 are the text lane. A protobuf lane for 201 and above would be another class with the same two
methods, chosen in ``codec_for``.
"""

from __future__ import annotations

from typing import Any, Protocol

from ..wire import BadField, UnknownMessage
from .text import NEWEST, OLDEST, TextCodec

__all__ = ["NEWEST", "OLDEST", "BadField", "Codec", "TextCodec", "UnknownMessage", "codec_for"]


class Codec(Protocol):
    """One client's lane."""

    def decode(self, payload: bytes) -> Any:
        """The request in a payload. Raises BadField or UnknownMessage."""

    def encode(self, answer: Any) -> bytes:
        """The payload of an answer; empty if this client's version hasn't got such a message."""


def codec_for(version: int, zone: str = "US/Eastern") -> Codec:
    """The lane of a negotiated version; ValueError if there is none."""
    return TextCodec(version, zone)
