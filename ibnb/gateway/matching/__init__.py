"""Orders as IB runs them: one book for all clients, filled at the market's quotes."""

from __future__ import annotations

from .orders import Orders
from .validation import OrderRefused

__all__ = ["OrderRefused", "Orders"]
