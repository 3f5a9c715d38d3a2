"""Stop loss and profit taker that TWS attaches to an order by itself, where its request asks for them (218).

Rule: the request gives each an order id and says where its terms come from: TWS's presets, which IB's samples and a
recorded client call "PRESET". How far the presets are from the entry is the scenario's affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import messages as m
from .errors import INVALID, OrderRefused

if TYPE_CHECKING:
    from ..instruments import Instrument
    from ..scenario import Presets
    from .order import WorkingOrder

PRESET = "PRESET"
_NOTHING = ("", "NONE")


def asked(order: m.Order) -> tuple[int, ...]:
    """The ids of the orders that are to be attached, the profit taker's first. Raises OrderRefused."""
    found = []
    for id, type in ((order.ptOrderId, order.ptOrderType), (order.slOrderId, order.slOrderType)):
        word = type.strip().upper()
        if word in _NOTHING:
            continue
        if word != PRESET:
            raise OrderRefused(INVALID, f"Invalid attached order type {type}")
        if not id or id <= 0 or id == order.orderId or id in found:
            raise OrderRefused(INVALID, "An attached order needs an order id of its own")
        found.append(id)
    if found and (order.parentId or order.whatIf):
        raise OrderRefused(INVALID, "An attached or a what-if order has no attached orders")
    return tuple(found)


def attached(working: WorkingOrder, entry: float, presets: Presets) -> list[m.Order]:
    """The orders themselves, for all of the order's quantity."""
    order, instrument = working.order, working.instrument
    way = 1 if working.buys else -1
    shared: dict[str, Any] = {
        "clientId": order.clientId,
        "action": "SELL" if working.buys else "BUY",
        "totalQuantity": order.totalQuantity,
        "tif": order.tif if order.tif in ("DAY", "GTC") else "DAY",
        "account": order.account,
        "outsideRth": order.outsideRth,
        "parentId": order.orderId,
        "transmit": order.transmit,
    }
    made = []
    if order.ptOrderType.strip().upper() == PRESET:
        price = _on_tick(instrument, entry * (1 + way * presets.profit / 100))
        made.append(m.Order(**shared, orderId=order.ptOrderId or 0, orderType="LMT", lmtPrice=price))
    if order.slOrderType.strip().upper() == PRESET:
        price = _on_tick(instrument, entry * (1 - way * presets.stop / 100))
        made.append(m.Order(**shared, orderId=order.slOrderId or 0, orderType="STP", auxPrice=price))
    return made


def _on_tick(instrument: Instrument, price: float) -> float:
    """The nearest price that conforms; steps may be larger where there are tables of them."""
    ticks = round(price / instrument.minTick)
    return next(found for away in range(10_000) if instrument.on_tick(found := instrument.price(max(ticks - away, 1))))
