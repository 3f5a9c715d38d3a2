"""One module or folder per family, named as in ``ibnb/verbs/``. Importing this package registers every handler."""

from __future__ import annotations

from . import account, configuration, contracts, display_groups, events, options, orders, session
from .history import bars, histogram, ticks
from .market_data import depth, quotes
from .news import bulletins, news
from .registry import HANDLERS, Refusal, handles
from .scanner import scans

__all__ = ["HANDLERS", "Refusal", "account", "bars", "bulletins", "configuration", "contracts"]
__all__ += [
    "depth",
    "display_groups",
    "events",
    "handles",
    "histogram",
    "news",
    "options",
    "orders",
    "quotes",
    "scans",
    "session",
    "ticks",
]
