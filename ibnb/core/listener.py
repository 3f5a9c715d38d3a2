"""What takes the answers for a family of verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibnb.core.core import Core


class Listener:
    """Callbacks of TWS, marked with `on`. They run on the reader thread, only record, and never block."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._pending = core.pending
