"""The text lane: server versions 100 to 200, every message a row of NUL-terminated text fields."""

from __future__ import annotations

from .codec import ANSWER_SIDE, NEWEST, OLDEST, REQUEST_SIDE, TextCodec

__all__ = ["ANSWER_SIDE", "NEWEST", "OLDEST", "REQUEST_SIDE", "TextCodec"]
