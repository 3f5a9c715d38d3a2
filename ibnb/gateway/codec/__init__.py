"""Messages to bytes and back.

Rule: outside this package nobody sees a byte, and a session knows no more than a lane's methods.
"""

from __future__ import annotations

from .lanes import NEWEST, OLDEST, codec_for, requests
from .protobuf import ProtobufCodec
from .sides import Codec
from .text import TextCodec
from .wire import BadField, UnknownMessage

__all__ = [
    "NEWEST",
    "OLDEST",
    "BadField",
    "Codec",
    "ProtobufCodec",
    "TextCodec",
    "UnknownMessage",
    "codec_for",
    "requests",
]
