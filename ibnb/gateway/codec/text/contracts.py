"""Runs of fields that several messages share: contracts, combination legs, conditions, tag-value lists.

Rule: a group stands here only if two messages have it in the same order; where orders differ, the message says its own.
"""

from __future__ import annotations

from ...messages import ComboLeg, Contract, DeltaNeutralContract, OrderCondition, TagValue
from .kinds import BOOL, CONJUNCTION, FLOAT, INT, LONG, OPT_FLOAT, STRIKE, TEXT, WHOLE
from .layout import Field, Inside, Item, Maybe, Repeat, When


def contract(*items: Item) -> Inside:
    """Items of the message's contract."""
    return Inside("contract", Contract, *items)


# conId … right: the same everywhere.
NAME: tuple[Field, ...] = (
    WHOLE("conId"),
    TEXT("symbol"),
    TEXT("secType"),
    TEXT("lastTradeDateOrContractMonth"),
    STRIKE("strike"),
    TEXT("right"),
)
LOCAL: tuple[Field, ...] = (TEXT("currency"), TEXT("localSymbol"), TEXT("tradingClass"))

# The twelve fields of most requests, and the eleven (no primary exchange) of most answers.
ASKED = contract(*NAME, TEXT("multiplier"), TEXT("exchange"), TEXT("primaryExchange"), *LOCAL)
TOLD = contract(*NAME, TEXT("multiplier"), TEXT("exchange"), *LOCAL)
EXPIRED = contract(BOOL("includeExpired"))

LEG: tuple[Field, ...] = (WHOLE("conId"), WHOLE("ratio"), TEXT("action"), TEXT("exchange"))
LEGS = Repeat("comboLegs", ComboLeg, *LEG)
ORDER_LEGS = Repeat(
    "comboLegs",
    ComboLeg,
    *LEG,
    WHOLE("openClose"),
    WHOLE("shortSaleSlot"),
    TEXT("designatedLocation"),
    WHOLE("exemptCode"),
)
DELTA_NEUTRAL = Maybe("deltaNeutralContract", DeltaNeutralContract, WHOLE("conId"), FLOAT("delta"), FLOAT("price"))


def is_bag(secType: str) -> bool:
    return secType == "BAG"


QUOTE_LEGS = When("contract.secType", is_bag, contract(LEGS))


def tag_values(name: str) -> Repeat:
    return Repeat(name, TagValue, TEXT("tag"), TEXT("value"))


def _condition(number: int, *items: Item) -> When:
    return When("type", lambda type: type == number, *items)


CONDITIONS = Repeat(
    "conditions",
    OrderCondition,
    INT("type"),
    CONJUNCTION("isConjunctionConnection"),
    _condition(1, BOOL("isMore"), OPT_FLOAT("price"), WHOLE("conId"), TEXT("exchange"), WHOLE("triggerMethod")),
    _condition(3, BOOL("isMore"), TEXT("time")),
    _condition(4, BOOL("isMore"), WHOLE("percent")),
    _condition(5, TEXT("secType"), TEXT("exchange"), TEXT("symbol")),
    _condition(6, BOOL("isMore"), LONG("volume"), WHOLE("conId"), TEXT("exchange")),
    _condition(7, BOOL("isMore"), OPT_FLOAT("changePercent"), WHOLE("conId"), TEXT("exchange")),
)
