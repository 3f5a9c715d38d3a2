"""The fields of many protobuf messages of one kind, column by column: each message is a row, read in parallel.

Rule: fields stand in the order of their numbers, as every encoder writes them. Rows that hold something else don't end
where they should, and `end` says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ibnb.wire.digits import Bytes, Floats, Places

_VARINT, _DOUBLE, _BYTES = 0, 1, 2
# More bytes than these has no number.
_LONGEST = 10
_SHORT = 128
Present = NDArray[np.bool_]


class Fields:
    """Where each row stands; a field that is read moves the rows that have it."""

    def __init__(self, body: bytes, starts: Places, ends: Places) -> None:
        self.letters: Bytes = np.frombuffer(body, np.uint8)
        self._windows = np.lib.stride_tricks.sliding_window_view(self.letters, 8)
        self._last = len(body) - 1
        self._at, self._ends = starts, ends

    def end(self) -> bool:
        """Has every row been read to its end, and not beyond?"""
        return bool((self._at == self._ends).all())

    def doubles(self, number: int) -> tuple[Floats, Present]:
        """A field of 8 bytes; 0 where it is missing."""
        has, at = self._find(number, _DOUBLE)
        found: Any = self._windows[np.minimum(at, self._last - 7)].view("<f8")[:, 0]
        self._move(has, at + 8)
        return (found if has.all() else np.where(has, found, 0.0)), has

    def integers(self, number: int) -> tuple[NDArray[np.int32], Present]:
        """A field of type int32; 0 where it is missing."""
        has, at = self._find(number, _VARINT)
        found, at = self._varint(has, at)
        self._move(has, at)
        return found.astype(np.int32), has

    def spans(self, number: int) -> tuple[Places, Places, Present]:
        """A text: its first byte and the one after its last; empty where it is missing."""
        has, at = self._find(number, _BYTES)
        size, at = self._varint(has, at)
        # What is longer than everything is longer than its row as well.
        ends = at + np.minimum(size, np.uint64(self._last + 1)).astype(np.intp)
        self._move(has, ends)
        return at, ends, has

    def _find(self, number: int, kind: int) -> tuple[Present, Places]:
        """Which rows stand at this field, and the place behind its tag."""
        at = self._at
        has = (self.letters[np.minimum(at, self._last)] == number << 3 | kind) & (at < self._ends)
        return has, at + has

    def _move(self, has: Present, at: Places) -> None:
        self._at = np.where(has, at, self._at)

    def _varint(self, has: Present, at: Places) -> tuple[NDArray[np.uint64], Places]:
        found = np.zeros(len(at), np.uint64)
        more = has
        for place in range(_LONGEST):
            byte = self.letters[np.minimum(at, self._last)]
            found |= np.where(more, byte & (_SHORT - 1), 0).astype(np.uint64) << np.uint64(7 * place)
            at = at + more
            more = more & (byte >= _SHORT)
            if not more.any():
                return found, at
        # Such a row never ends where it should.
        return found, at + more * (self._last + 1)
