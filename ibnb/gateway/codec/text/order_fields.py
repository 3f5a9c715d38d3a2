"""What placing, open and completed orders have in common.

Rule: only runs of fields whose order is the same in at least two of the three stand here. A kind named as ``price`` or
``count`` is how the message writes a value that isn't set.
"""

from __future__ import annotations

from collections.abc import Callable

from ... import messages as m
from .contracts import CONDITIONS, tag_values
from .layout import Inside, Opens, Part, When


def order(*items: Part) -> Inside:
    return Inside("order", m.Order, *items)


def state(*items: Part) -> Inside:
    return Inside("orderState", m.OrderState, *items)


def one_of(*names: str) -> Callable[[str], bool]:
    return lambda orderType: orderType in names


is_peg_bench = one_of("PEG BENCH", "PEGBENCH")
is_peg_best = one_of("PEG BEST", "PEGBEST")
is_peg_mid = one_of("PEG MID", "PEGMID")


def head(price: str) -> str:
    """From the action to the order's reference."""
    return (
        f"action, totalQuantity:quantity, orderType, lmtPrice:{price}, auxPrice:{price}, tif, ocaGroup, account, "
        "openClose, origin:whole, orderRef"
    )


ADVISER = "faGroup, faMethod, faPercentage, faProfile@-177, modelCode@103"
SHORT_SALE = "shortSaleSlot:whole, designatedLocation, exemptCode:whole"


def box(price: str) -> str:
    names = ("startingPrice", "stockRefPrice", "delta", "stockRangeLower", "stockRangeUpper")
    return ", ".join(f"{name}:{price}" for name in names)


# What follows the type of the order that keeps a volatility order delta neutral.
NEUTRAL_SALE = "deltaNeutralShortSale:bool, deltaNeutralShortSaleSlot:whole, deltaNeutralDesignatedLocation"
NEUTRAL_ORDER = (
    "deltaNeutralConId:whole, deltaNeutralSettlingFirm, deltaNeutralClearingAccount, deltaNeutralClearingIntent, "
    f"deltaNeutralOpenClose, {NEUTRAL_SALE}"
)


def scale(price: str, count: str) -> tuple[Part, ...]:
    return (
        f"scaleInitLevelSize:{count}, scaleSubsLevelSize:{count}, scalePriceIncrement:{price}",
        When(
            "scalePriceIncrement",
            lambda increment: increment is not None and increment > 0,
            f"scalePriceAdjustValue:{price}, scalePriceAdjustInterval:{count}, scaleProfitOffset:{price}",
            f"scaleAutoReset:bool, scaleInitPosition:{count}, scaleInitFillQty:{count}, scaleRandomPercent:bool",
        ),
    )


HEDGE = Opens("hedgeType", "hedgeParam")
CLEARING = "clearingAccount, clearingIntent"
ALGO = Opens("algoStrategy", tag_values("algoParams"))
PEG_BENCH = When(
    "orderType",
    is_peg_bench,
    "referenceContractId:whole, isPeggedChangeAmountDecrease:bool, peggedChangeAmount:float",
    "referenceChangeAmount:float, referenceExchangeId",
    since=102,
)


def volatility(price: str, count: str, kind: str, opened: str) -> tuple[Part, ...]:
    """Volatility orders, and the delta neutral order beside them if its type says something."""
    return (
        f"volatility:{price}, volatilityType:{count}",
        Opens(f"deltaNeutralOrderType:{kind}", opened, first=f"deltaNeutralAuxPrice:{price}"),
        f"continuousUpdate:bool, referencePriceType:{count}",
    )


def conditions() -> tuple[Part, ...]:
    return CONDITIONS, When("conditions", bool, "conditionsIgnoreRth:bool, conditionsCancelOrder:bool")
