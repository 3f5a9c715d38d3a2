"""Which lane a client gets: a lane is how all messages look at a range of server versions.

Rule: nothing here knows how a lane writes. Versions 100 to 200 are the text lane; a further lane is one more class
with these methods, chosen in ``codec_for``.
"""

from __future__ import annotations

from typing import Any, Protocol

from . import text

OLDEST, NEWEST = text.OLDEST, text.NEWEST


class Codec(Protocol):
    """One client's lane."""

    def decode(self, payload: bytes) -> Any:
        """The request in a payload. Raises BadField or UnknownMessage."""

    def encode(self, answer: Any) -> bytes:
        """The payload of an answer; empty if this client's version hasn't got such a message."""

    def asks_time(self, payload: bytes) -> bool:
        """Whether a payload is a ReqCurrentTime, without reading more of it than that needs."""


def codec_for(version: int, zone: str) -> Codec:
    """The lane of a negotiated version, for a TWS that is logged in in this zone; ValueError if there is none."""
    return text.TextCodec(version, zone)


def requests() -> dict[int, type]:
    """Every request that some lane can carry, by its number."""
    return {number: message.cls for number, message in text.REQUEST_SIDE.by_id.items()}
