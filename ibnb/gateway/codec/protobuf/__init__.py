"""The protobuf lane: server versions 201 to 226, on which each message is protobuf from a version of its own on."""

from __future__ import annotations

from .codec import ANSWER_SIDE, NEWEST, OLDEST, REQUEST_SIDE, ProtobufCodec

__all__ = ["ANSWER_SIDE", "NEWEST", "OLDEST", "REQUEST_SIDE", "ProtobufCodec"]
