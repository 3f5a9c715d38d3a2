"""Which lane a client gets: a lane is how all messages look at a range of server versions.

Rule: nothing here knows how a lane writes. Versions 100 to 200 are text; from 201 on each message is protobuf from a
version of its own on, and from 213 on nearly all are.
"""

from __future__ import annotations

from typing import Any

from . import protobuf, text
from .sides import Codec, Side

OLDEST, NEWEST = text.OLDEST, protobuf.NEWEST


def codec_for(version: int, zone: str) -> Codec:
    """The lane of a negotiated version, for a TWS that is logged in in this zone; ValueError if there is none."""
    return (text.TextCodec if version <= text.NEWEST else protobuf.ProtobufCodec)(version, zone)


def requests() -> dict[int, type]:
    """Every request that some lane can carry, by its number."""
    sides: tuple[Side[Any], ...] = (text.REQUEST_SIDE, protobuf.REQUEST_SIDE)
    return {number: message.cls for side in sides for number, message in side.by_id.items()}
