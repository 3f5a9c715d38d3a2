"""Short sales: whether shares must be found before they can be sold.

Rule: what an account holds, less what its other working orders sell, may be sold at once; so may borrowed shares of
most companies. For the names in the scenario's table TWS holds the order while it looks for shares.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..scenario import OrderRules
    from .order import WorkingOrder


def sells_short(working: WorkingOrder) -> bool:
    """Whether the order sells more than its account holds."""
    if working.buys or working.instrument.secType != "STK":
        return False
    held = working.account.holdings.get(working.instrument.conId)
    return working.remaining > (held.quantity if held else Decimal(0))


def unsellable(working: WorkingOrder) -> str:
    """Why the order sells what it can't, or nothing: nobody lends cryptocurrency."""
    if working.buys or working.instrument.secType != "CRYPTO":
        return ""
    held = working.account.holdings.get(working.instrument.conId)
    if working.remaining <= (held.quantity if held else Decimal(0)):
        return ""
    return f"Short sales of {working.instrument.symbol} are not allowed"


def short_of(working: WorkingOrder, rules: OrderRules) -> bool:
    """Whether the order waits for shares to be located."""
    return working.instrument.symbol in rules.hard_to_borrow and sells_short(working)
