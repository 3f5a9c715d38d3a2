"""One module or folder per family, named as in ``ibnb/verbs/``. Importing this package registers every handler."""

# ruff: noqa: F401  what isn't named in __all__ is imported for the handlers that it registers

from __future__ import annotations

from . import account, configuration, contracts, display_groups, events, options, orders, session
from .history import bars, histogram, ticks
from .market_data import depth, quotes
from .news import bulletins, news
from .registry import HANDLERS, Refusal
from .scanner import scans

__all__ = ["HANDLERS", "Refusal"]
