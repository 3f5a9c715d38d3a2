"""One module per family, named as in ``ibnb/verbs/``. Importing this package registers every handler."""

from __future__ import annotations

from . import (
    account,
    bulletins,
    contracts,
    depth,
    display_groups,
    events,
    histogram,
    history,
    market_data,
    news,
    options,
    orders,
    scanner,
    session,
    ticks,
)
from .registry import HANDLERS, Refusal, handles

__all__ = ["HANDLERS", "Refusal", "account", "contracts", "handles", "history", "market_data", "orders", "scanner"]
__all__ += ["bulletins", "depth", "display_groups", "events", "histogram", "news", "options", "session", "ticks"]
