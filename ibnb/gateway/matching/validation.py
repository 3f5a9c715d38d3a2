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
from ..zones import BAD_DATE
from . import conditions
from .attached import asked
from .errors import INVALID, OFF_TICK, OrderRefused, not_simulated
from .order_types import NOT_SIMULATED, ORDER_TYPES, named
from .triggers import METHODS

if TYPE_CHECKING:
    from ..instruments import Instrument
    from ..scenario import OrderRules, Scenario

ACTIONS = ("BUY", "SELL", "SSHORT")
TIFS = ("DAY", "GTC", "IOC", "FOK", "GTD", "OPG", "MINUTES")
_TIFS_NOT_SIMULATED = ("DTC", "AUC", "GTX")

UNSUPPORTED_TYPE = "Unsupported order type for this exchange and security type."
INCOMPATIBLE = "The Time in force (tif type) and the order type are incompatible."

# Attributes that change how an order works. One that is set is refused rather than ignored.
_ATTRIBUTES: dict[str, str] = {
    "algoStrategy": "an algo order",
    "hedgeType": "a hedge order",
    "discretionaryAmt": "a discretionary amount",
    "allOrNone": "all-or-none",
    "minQty": "a minimum quantity",
    "faGroup": "an allocation group",
    "faMethod": "an allocation method",
    "faProfile": "an allocation profile",
    "modelCode": "a model",
    "scaleInitLevelSize": "a scale order",
    "scalePriceIncrement": "a scale order",
    "volatility": "a volatility order",
    "notHeld": "not-held",
    "duration": "duration",
    "imbalanceOnly": "an imbalance-only order",
    "includeOvernight": "the overnight session",
    "whatIfType": "a kind of what-if",
    "hedgeMaxSize": "a hedge order",
}
# What clients send for "nothing" in some of those.
_NOTHING = (None, "", 0, False, (), "None")


def _attributes(order: m.Order) -> None:
    for name, what in _ATTRIBUTES.items():
        value = getattr(order, name)
        if value not in _NOTHING:
            raise not_simulated(what)


def _side(order: m.Order) -> None:
    if order.action not in ACTIONS:
        raise OrderRefused(INVALID, "Invalid order side was entered")


def _type(order: m.Order) -> None:
    if order.orderType in ORDER_TYPES:
        return
    if order.orderType in NOT_SIMULATED:
        raise not_simulated(f"order type {order.orderType}")
    raise OrderRefused(INVALID, "Invalid order type was entered")


_TOO_MUCH = 10**15  # beyond it, decimals have no room for fractions


def _quantity(order: m.Order) -> None:
    if order.totalQuantity == 0 and not order.cashQty:
        raise OrderRefused(INVALID, "The size value cannot be zero")
    if order.totalQuantity < 0 or (order.cashQty or 0) < 0:
        raise OrderRefused(INVALID, "The size value cannot be negative")
    if not order.totalQuantity < _TOO_MUCH or not (order.cashQty or 0) < _TOO_MUCH:
        raise OrderRefused(INVALID, "The size value is too large")


def _trailing(order: m.Order) -> None:
    if not ORDER_TYPES[order.orderType].trails:
        return
    percent = order.trailingPercent
    if not percent and not order.auxPrice:
        raise OrderRefused(158, "You must specify an offset amount or a percent offset value.")
    if percent and not 0 < percent < 100:
        raise OrderRefused(159, "The percent offset value must be between 0% and 100%.")
    if order.auxPrice and order.auxPrice < 0:
        raise OrderRefused(403, "Invalid stop price.")
    if order.orderType == "TRAIL LIMIT" and order.lmtPriceOffset is None and not order.lmtPrice:
        raise OrderRefused(INVALID, "The limit price or its offset is missing for order type TRAIL LIMIT")


def _adjusting(order: m.Order) -> None:
    if not order.adjustedOrderType:
        return
    needed = ["triggerPrice", "adjustedStopPrice"]
    if order.adjustedOrderType.startswith("TRAIL"):
        needed.append("adjustedTrailingAmount")
    if order.adjustedOrderType.endswith(("LMT", "LIMIT")):
        needed.append("adjustedStopLimitPrice")
    into = ORDER_TYPES.get(order.adjustedOrderType)
    if "from" not in ORDER_TYPES[order.orderType].adjusts or into is None or "into" not in into.adjusts:
        raise OrderRefused(INVALID, "Invalid order type was entered")
    for name in needed:
        if not getattr(order, name):
            raise OrderRefused(INVALID, f"The {name} is missing for an adjusted stop")


def _tif(order: m.Order) -> None:
    if order.tif in _TIFS_NOT_SIMULATED:
        raise not_simulated(f"time in force {order.tif}")
    if order.tif not in TIFS:
        raise OrderRefused(10052, f"Invalid time in force:{order.tif}")
    if ORDER_TYPES[order.orderType].auction and order.tif != "DAY":
        raise OrderRefused(113, "The Tif option should be set to DAY for MOC and LOC orders.")
    if order.tif == "OPG" and order.orderType not in ("MKT", "LMT"):
        raise OrderRefused(111, INCOMPATIBLE)
    if order.tif == "GTD" and not order.goodTillDate:
        raise OrderRefused(391, f"End Time: {BAD_DATE}")
    if order.goodTillDate and order.tif != "GTD":
        raise OrderRefused(INVALID, "A good till date goes with time in force GTD, and only with it")


def _post_only(order: m.Order) -> None:
    if order.postOnly and (order.orderType != "LMT" or order.tif in ("IOC", "FOK", "OPG")):
        raise OrderRefused(INVALID, "A post-only order must be a limit order that rests")


def _trigger_method(order: m.Order) -> None:
    if order.triggerMethod not in METHODS:
        raise OrderRefused(146, "Invalid trigger method.")


def _oca_type(order: m.Order) -> None:
    if order.ocaType not in (0, 1, 2, 3):
        raise OrderRefused(INVALID, f"Invalid value in field # 6209: ocaType {order.ocaType}")


def _what_if(order: m.Order) -> None:
    if order.whatIf and not order.transmit:
        raise OrderRefused(INVALID, "What-if order should have the transmit flag set to true.")


def _conditions(order: m.Order) -> None:
    if not order.conditions:
        return
    row = ORDER_TYPES[order.orderType]
    if not (row.ends if order.conditionsCancelOrder else row.starts):
        raise OrderRefused(
            148,
            "Conditional submission of orders is supported for Limit, Market, MidPrice, Relative and Snap order types "
            "only. Conditional cancelation of orders is supported for Limit and MidPrice order types only.",
        )
    for condition in order.conditions:
        if condition.type not in conditions.TYPES:
            raise OrderRefused(INVALID, f"Invalid condition type {condition.type}")
        if condition.type == conditions.PRICE and condition.triggerMethod not in METHODS:
            raise OrderRefused(146, "Invalid trigger method.")
        if condition.type == conditions.PRICE and condition.price is None:
            raise OrderRefused(INVALID, "The price of a price condition is missing")


_CHECKS: tuple[Callable[[m.Order], object], ...] = (
    _side,
    _type,
    _attributes,
    _quantity,
    _trailing,
    _adjusting,
    _tif,
    _post_only,
    asked,
    _trigger_method,
    _oca_type,
    _what_if,
    _conditions,
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
    orderType = named(order.orderType)
    changes: dict[str, object] = {}
    if orderType == "MTL":
        changes["lmtPrice"] = None
    elif orderType == "TRAIL LIMIT" and order.lmtPriceOffset is None and order.lmtPrice and order.trailStopPrice:
        changes["lmtPriceOffset"] = abs(order.lmtPrice - order.trailStopPrice)
    return replace(
        order,
        action=order.action.strip().upper(),
        orderType=orderType,
        tif=order.tif.strip().upper() or "DAY",
        # An untyped group reduces without blocking; a type without a group means nothing.
        ocaType=(order.ocaType or 3) if order.ocaGroup else 0,
        adjustedOrderType="" if order.adjustedOrderType == "None" else named(order.adjustedOrderType),
        **changes,  # type: ignore[arg-type]
    )


_PRICES = {"lmtPrice": "limit", "auxPrice": "stop"}


def _stated(order: m.Order, instrument: Instrument) -> None:
    """The prices that the type asks for; only a combination's may be zero or below."""
    for name in ORDER_TYPES[order.orderType].prices:
        price = getattr(order, name)
        if price is None or (price <= 0 and instrument.secType != "BAG"):
            raise OrderRefused(INVALID, f"The {_PRICES[name]} price is missing for order type {order.orderType}")


def _supported(order: m.Order, instrument: Instrument) -> None:
    if not instrument.quotes or instrument.secType == "CONTFUT":
        raise OrderRefused(412, "The contract is not available for trading.")
    kinds, kind = ORDER_TYPES[order.orderType].kinds, instrument.secType
    if kinds is not None and kind not in kinds:
        raise OrderRefused(387, UNSUPPORTED_TYPE)
    if order.tif == "OPG" and kind != "STK":
        raise OrderRefused(111, INCOMPATIBLE)
    if order.tif == "MINUTES" and kind != "CRYPTO":
        raise OrderRefused(10052, "Invalid time in force:Minutes")
    if order.action == "SSHORT" and kind != "STK":
        raise OrderRefused(INVALID, "Invalid order side was entered")
    if order.conditions and kind == "BAG":
        raise OrderRefused(402, "Conditions are not allowed for this contract.")


def _cash(order: m.Order, instrument: Instrument) -> None:
    kind = instrument.secType
    if order.cashQty and (kind not in ("STK", "CASH", "CRYPTO") or order.action == "SSHORT"):
        raise OrderRefused(10244, "Cash Quantity cannot be used for this order")
    if kind == "CRYPTO":
        _crypto(order)


def _crypto(order: m.Order) -> None:
    """ib_insync#407, ib_async#111, Lean#9766: what a cryptocurrency's orders may be."""
    if order.cashQty and order.totalQuantity:
        raise OrderRefused(10293, "Cryptocurrency. Cash Quantity order cannot specify size.")
    if order.cashQty and order.action != "BUY":
        raise OrderRefused(10244, "Cash Quantity cannot be used for this order")
    market = order.orderType == "MKT"
    if market and order.action == "BUY" and not order.cashQty:
        raise OrderRefused(10289, "You must set Cash Quantity for this order.")
    if order.tif != "IOC" and (market or order.tif != "MINUTES"):
        times = "IOC" if market else "Minutes or IOC"
        raise OrderRefused(201, f"Order rejected - reason:The crypto {order.orderType} order must be {times}")


def _size(order: m.Order, instrument: Instrument, rules: OrderRules) -> None:
    if order.cashQty:
        return
    if instrument.secType == "STK" and not rules.fractional_shares and order.totalQuantity % 1:
        text = "Fractional-sized order cannot be placed via API. Please use desktop version to place this order."
        raise OrderRefused(10243, text)
    if order.totalQuantity % Decimal(str(instrument.sizeIncrement)):
        raise OrderRefused(355, "Order size does not conform to market rule.")


_ON_TICK = (
    "lmtPrice",
    "auxPrice",
    "trailStopPrice",
    "lmtPriceOffset",
    "triggerPrice",
    "adjustedStopPrice",
    "adjustedStopLimitPrice",
)


def check_on(order: m.Order, instrument: Instrument, rules: OrderRules) -> None:
    """Refuse an order that is wrong for this instrument."""
    _supported(order, instrument)
    _stated(order, instrument)
    _cash(order, instrument)
    _size(order, instrument, rules)
    for name in _ON_TICK if order.adjustedOrderType else _ON_TICK[:4]:
        if not instrument.on_tick(getattr(order, name) or 0.0):
            raise OrderRefused(110, OFF_TICK)
