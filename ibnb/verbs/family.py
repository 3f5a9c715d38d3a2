"""What every family's callbacks do with a slot: add a row, finish. They run on the reader thread and never block."""

from __future__ import annotations

from typing import Any

from ibnb.core.pending import Key
from ibnb.core.session import Session


class VerbFamily(Session):
    """The common root of the verb families."""

    def _add(self, key: Key, row: Any, *, last: bool = False) -> None:
        """Record a row of an answer; `last` for answers of one row, which have no end marker."""
        slot = self._pending.get(key)
        if slot is not None:
            if last:
                slot.answer(row)
            else:
                slot.add(row)

    def _finish(self, key: Key) -> None:
        """Record the end marker of an answer."""
        slot = self._pending.get(key)
        if slot is not None:
            slot.finish()
