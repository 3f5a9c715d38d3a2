"""Orders as IB runs them: one book for all clients, filled at the market's quotes."""

from __future__ import annotations

from .combos import Combination, combined
from .combos import quote as combination_quote
from .errors import OrderRefused
from .order import Leg
from .order_book import OrderBook
from .terms import Found

__all__ = ["Combination", "Found", "Leg", "OrderBook", "OrderRefused", "combination_quote", "combined"]
