"""Whether an order makes sense, before anything is done with it.

Rule: each check is a function that refuses or lets pass; the tables say in which order they run. Texts are IB's where
they are known (tws_behaviour 3.8). Nothing is ignored in silence: what isn't simulated is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from .. import messages as m
from .order_types import NOT_SIMULATED, ORDER_TYPES, TRIGGER_METHODS, named

if TYPE_CHECKING:
    from ..instruments import Instrument
    from ..scenario import Scenario

INVALID = 321
ACTIONS = ("BUY", "SELL")
TIFS = ("DAY", "GTC", "IOC", "FOK")
_TIFS_NOT_SIMULATED = ("GTD", "OPG", "DTC", "AUC", "GTX", "MINUTES")

OFF_TICK = "The price does not conform to the minimum price variation for this contract."
UNSUPPORTED_TYPE = "Unsupported order type for this exchange and security type."


class OrderRefused(Exception):
    """The order isn't taken. 321 is a text to be wrapped as TWS wraps it; `simulated` is False for our own limits."""

    def __init__(self, code: int, text: str, simulated: bool = True) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.simulated = simulated


def not_simulated(what: str) -> OrderRefused:
    return OrderRefused(INVALID, what, simulated=False)


# Attributes that change how an order works. One that is set is refused rather than ignored.
_ATTRIBUTES: dict[str, str] = {
    "conditions": "an order with conditions",
    "algoStrategy": "an algo order",
    "hedgeType": "a hedge order",
    "cashQty": "a cash quantity",
    "goodAfterTime": "goodAfterTime",
    "goodTillDate": "goodTillDate",
    "discretionaryAmt": "a discretionary amount",
    "allOrNone": "all-or-none",
    "minQty": "a minimum quantity",
    "faGroup": "an allocation group",
    "faMethod": "an allocation method",
    "faProfile": "an allocation profile",
    "modelCode": "a model",
    "scaleInitLevelSize": "a scale order",
    "scalePriceIncrement": "a scale order",
    "adjustedOrderType": "an adjusted stop",
    "trailingPercent": "a trailing order",
    "volatility": "a volatility order",
    "notHeld": "not-held",
    "duration": "duration",
    "imbalanceOnly": "an imbalance-only order",
    "includeOvernight": "the overnight session",
}
# What clients send for "nothing" in some of those.
_NOTHING = (None, "", 0, False, (), "None")


def _attributes(order: m.Order) -> None:
    for name, what in _ATTRIBUTES.items():
        if getattr(order, name) not in _NOTHING:
            raise not_simulated(what)


def _side(order: m.Order) -> None:
    if order.action == "SSHORT":
        raise not_simulated("action SSHORT (SELL what isn't held to sell short)")
    if order.action not in ACTIONS:
        raise OrderRefused(INVALID, "Invalid order side was entered")


def _type(order: m.Order) -> None:
    if order.orderType in ORDER_TYPES:
        return
    if order.orderType in NOT_SIMULATED:
        raise not_simulated(f"order type {order.orderType}")
    raise OrderRefused(INVALID, "Invalid order type was entered")


def _quantity(order: m.Order) -> None:
    if order.totalQuantity == 0:
        raise OrderRefused(INVALID, "The size value cannot be zero")
    if order.totalQuantity < 0:
        raise OrderRefused(INVALID, "The size value cannot be negative")


_PRICES = {"lmtPrice": "limit", "auxPrice": "stop"}


def _prices(order: m.Order) -> None:
    for name in ORDER_TYPES[order.orderType].prices:
        if not getattr(order, name):
            raise OrderRefused(INVALID, f"The {_PRICES[name]} price is missing for order type {order.orderType}")


def _tif(order: m.Order) -> None:
    if order.tif in TIFS:
        return
    if order.tif in _TIFS_NOT_SIMULATED:
        raise not_simulated(f"time in force {order.tif}")
    raise OrderRefused(10052, f"Invalid time in force:{order.tif}")


def _trigger_method(order: m.Order) -> None:
    if order.triggerMethod in (1, 3):
        raise not_simulated(f"trigger method {order.triggerMethod}")
    if order.triggerMethod not in TRIGGER_METHODS:
        raise OrderRefused(146, "Invalid trigger method")


def _oca_type(order: m.Order) -> None:
    if order.ocaType not in (0, 1, 2, 3):
        raise OrderRefused(INVALID, f"Invalid value in field # 6209: ocaType {order.ocaType}")


def _what_if(order: m.Order) -> None:
    if order.whatIf and not order.transmit:
        raise OrderRefused(INVALID, "What-if order should have the transmit flag set to true.")


_CHECKS: tuple[Callable[[m.Order], None], ...] = (
    _side,
    _type,
    _quantity,
    _prices,
    _tif,
    _trigger_method,
    _oca_type,
    _what_if,
    _attributes,
)

# 10268 and its kin: what today's TWS no longer takes, checked where a scenario says so.
_OUTDATED = (
    ("eTradeOnly", 10268, "EtradeOnly"),
    ("firmQuoteOnly", 10269, "FirmQuoteOnly"),
    ("nbboPriceCap", 10270, "NbboPriceCap"),
)


def check(order: m.Order, scenario: Scenario) -> None:
    """Refuse an order that is wrong whatever its contract."""
    if scenario.orders.reject_outdated:
        for name, code, title in _OUTDATED:
            if getattr(order, name):
                raise OrderRefused(code, f"The '{title}' order attribute is not supported.")
    for rule in _CHECKS:
        rule(order)


def tidy(order: m.Order) -> m.Order:
    """The order in the spelling that the rest of the gateway reads."""
    return replace(
        order,
        action=order.action.strip().upper(),
        orderType=named(order.orderType),
        tif=order.tif.strip().upper() or "DAY",
        # An untyped group reduces without blocking; a type without a group means nothing.
        ocaType=(order.ocaType or 3) if order.ocaGroup else 0,
    )


def check_on(order: m.Order, instrument: Instrument) -> None:
    """Refuse an order that is wrong for this instrument."""
    if not instrument.quotes or instrument.secType == "CONTFUT":
        raise OrderRefused(412, "The contract is not available for trading.")
    if order.orderType.replace(" ", "") not in instrument.orderTypes.split(","):
        raise OrderRefused(387, UNSUPPORTED_TYPE)
    if order.totalQuantity % 1 and instrument.secType == "STK":
        text = "Fractional-sized order cannot be placed via API. Please use desktop version to place this order."
        raise OrderRefused(10243, text)
    if order.totalQuantity % Decimal(str(instrument.sizeIncrement)):
        raise OrderRefused(355, "Order size does not conform to market rule.")
    for name in ORDER_TYPES[order.orderType].prices:
        if not instrument.on_tick(getattr(order, name)):
            raise OrderRefused(110, OFF_TICK)
