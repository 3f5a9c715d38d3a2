"""What placing, open and completed orders have in common.

Rule: only runs of fields whose order is the same in at least two of the three stand here. A kind given as ``price`` or
``count`` is how the message writes a value that isn't set.
"""

from __future__ import annotations

from collections.abc import Callable

from ... import messages as m
from .contracts import CONDITIONS, tag_values
from .kinds import BOOL, FLOAT, QUANTITY, TEXT, WHOLE
from .layout import Field, Inside, Item, Kind, Opens, When


def order(*items: Item) -> Inside:
    return Inside("order", m.Order, *items)


def state(*items: Item) -> Inside:
    return Inside("orderState", m.OrderState, *items)


def one_of(*names: str) -> Callable[[str], bool]:
    return lambda orderType: orderType in names


is_peg_bench = one_of("PEG BENCH", "PEGBENCH")
is_peg_best = one_of("PEG BEST", "PEGBEST")
is_peg_mid = one_of("PEG MID", "PEGMID")


def head(price: Kind) -> tuple[Field, ...]:
    """From the action to the order's reference."""
    return (
        TEXT("action"),
        QUANTITY("totalQuantity"),
        TEXT("orderType"),
        price("lmtPrice"),
        price("auxPrice"),
        TEXT("tif"),
        TEXT("ocaGroup"),
        TEXT("account"),
        TEXT("openClose"),
        WHOLE("origin"),
        TEXT("orderRef"),
    )


ADVISER: tuple[Field, ...] = (
    TEXT("faGroup"),
    TEXT("faMethod"),
    TEXT("faPercentage"),
    TEXT("faProfile", until=177),
    TEXT("modelCode", since=103),
)
SHORT_SALE: tuple[Field, ...] = (WHOLE("shortSaleSlot"), TEXT("designatedLocation"), WHOLE("exemptCode"))


def box(price: Kind) -> tuple[Field, ...]:
    return (
        price("startingPrice"),
        price("stockRefPrice"),
        price("delta"),
        price("stockRangeLower"),
        price("stockRangeUpper"),
    )


# What follows the type of the order that keeps a volatility order delta neutral.
NEUTRAL_SALE: tuple[Field, ...] = (
    BOOL("deltaNeutralShortSale"),
    WHOLE("deltaNeutralShortSaleSlot"),
    TEXT("deltaNeutralDesignatedLocation"),
)
NEUTRAL_ORDER: tuple[Field, ...] = (
    WHOLE("deltaNeutralConId"),
    TEXT("deltaNeutralSettlingFirm"),
    TEXT("deltaNeutralClearingAccount"),
    TEXT("deltaNeutralClearingIntent"),
    TEXT("deltaNeutralOpenClose"),
    *NEUTRAL_SALE,
)


def scale(price: Kind, count: Kind) -> tuple[Item, ...]:
    return (
        count("scaleInitLevelSize"),
        count("scaleSubsLevelSize"),
        price("scalePriceIncrement"),
        When(
            "scalePriceIncrement",
            lambda increment: increment is not None and increment > 0,
            price("scalePriceAdjustValue"),
            count("scalePriceAdjustInterval"),
            price("scaleProfitOffset"),
            BOOL("scaleAutoReset"),
            count("scaleInitPosition"),
            count("scaleInitFillQty"),
            BOOL("scaleRandomPercent"),
        ),
    )


HEDGE = Opens(TEXT("hedgeType"), TEXT("hedgeParam"))
CLEARING: tuple[Field, ...] = (TEXT("clearingAccount"), TEXT("clearingIntent"))
ALGO = Opens(TEXT("algoStrategy"), tag_values("algoParams"))
PEG_BENCH = When(
    "orderType",
    is_peg_bench,
    WHOLE("referenceContractId"),
    BOOL("isPeggedChangeAmountDecrease"),
    FLOAT("peggedChangeAmount"),
    FLOAT("referenceChangeAmount"),
    TEXT("referenceExchangeId"),
    since=102,
)


def volatility(price: Kind, count: Kind, kind: Kind, *opened: Item) -> tuple[Item, ...]:
    """Volatility orders, and the delta neutral order beside them if its type says something."""
    return (
        price("volatility"),
        count("volatilityType"),
        Opens(kind("deltaNeutralOrderType"), *opened, first=(price("deltaNeutralAuxPrice"),)),
        BOOL("continuousUpdate"),
        count("referencePriceType"),
    )


def conditions() -> tuple[Item, ...]:
    return CONDITIONS, When("conditions", bool, BOOL("conditionsIgnoreRth"), BOOL("conditionsCancelOrder"))
