"""TWS's precautionary settings: what it takes for a slip of the finger, and what it doesn't send to an exchange.

Rule: a scenario says which of them are on. Texts are TWS's; the price that a limit is compared with is the offer for a
buyer and the bid for a seller.
Sources: IB's "Precautionary settings" and "Considerations for automated systems"; messages o163, o382, o383.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from .errors import OrderRefused
from .order_types import type_of

if TYPE_CHECKING:
    from ..market import Quote
    from ..scenario import Precautions
    from .order import WorkingOrder

_RESTRICTION = "Restriction is specified in Precautionary Settings of Global Configuration/Presets."
_THROUGH = (
    "In accordance with our regulatory obligations as a broker, we cannot accept your order at the limit price "
    "{limit:g} you selected because it is too far through the market. Please submit your order using a limit price "
    "that is closer to the current market price {market:g}."
)


def check_precautions(working: WorkingOrder, shown: Quote, settings: Precautions) -> None:
    """Refuse an order that is larger or further from the market than the settings allow: 383, 163, 382."""
    name = f'The following order "ID:{working.orderId}"'
    if settings.size is not None and working.order.totalQuantity > Decimal(str(settings.size)):
        raise OrderRefused(383, f"{name} size exceeds the Size Limit of {settings.size:g}.\n{_RESTRICTION}")
    limit, market = _prices(working, shown)
    if limit is None or market is None:
        return
    away = abs(limit - market)
    if settings.percent is not None and away > abs(market) * settings.percent / 100:
        text = f"{name} price exceeds the Percentage constraint of {settings.percent:g}%.\n{_RESTRICTION}"
        raise OrderRefused(163, text)
    if settings.ticks is not None and away > settings.ticks * working.instrument.minTick * 1.0001:
        raise OrderRefused(382, f"{name} price exceeds the Tick Size Limit of {settings.ticks:g}.\n{_RESTRICTION}")


def too_far_through(working: WorkingOrder, shown: Quote, settings: Precautions) -> str:
    """Why a price check cancels the order (202), or nothing."""
    limit, market = _prices(working, shown)
    if settings.through is None or limit is None or market is None:
        return ""
    through = (limit - market) * (1 if working.buys else -1)
    if through <= abs(market) * settings.through / 100:
        return ""
    return _THROUGH.format(limit=limit, market=market)


def _prices(working: WorkingOrder, shown: Quote) -> tuple[float | None, float | None]:
    limit = working.order.lmtPrice if type_of(working).limited else None
    return limit or None, shown.ask if working.buys else shown.bid
