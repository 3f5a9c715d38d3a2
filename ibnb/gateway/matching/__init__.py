"""Orders as IB runs them: one book for all clients, filled at the market's quotes."""

from __future__ import annotations

from .combos import Leg, combined
from .orders import Orders
from .reading import Found
from .refused import OrderRefused

__all__ = ["Found", "Leg", "OrderRefused", "Orders", "combined"]
