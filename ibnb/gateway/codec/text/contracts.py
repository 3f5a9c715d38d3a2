"""Runs of fields that several messages share: contracts, combination legs, conditions, tag-value lists.

Rule: a group stands here only if two messages have it in the same order; where orders differ, the message says its own.
"""

from __future__ import annotations

from ...messages import ComboLeg, Contract, DeltaNeutralContract, OrderCondition, TagValue
from .layout import Inside, Maybe, Part, Repeat, When


def contract(*items: Part) -> Inside:
    """Items of the message's contract."""
    return Inside("contract", Contract, *items)


# conId … right: the same everywhere.
NAME = "conId:whole, symbol, secType, lastTradeDateOrContractMonth, strike:strike, right"
LOCAL = "currency, localSymbol, tradingClass"

# The twelve fields of most requests, and the eleven (no primary exchange) of most answers.
ASKED = contract(NAME, "multiplier, exchange, primaryExchange", LOCAL)
TOLD = contract(NAME, "multiplier, exchange", LOCAL)
EXPIRED = contract("includeExpired:bool")

LEG = "conId:whole, ratio:whole, action, exchange"
LEGS = Repeat("comboLegs", ComboLeg, LEG)
ORDER_LEGS = Repeat(
    "comboLegs", ComboLeg, LEG, "openClose:whole, shortSaleSlot:whole, designatedLocation, exemptCode:whole"
)
DELTA_NEUTRAL = Maybe("deltaNeutralContract", DeltaNeutralContract, "conId:whole, delta:float, price:float")


def is_bag(secType: str) -> bool:
    return secType == "BAG"


QUOTE_LEGS = When("contract.secType", is_bag, contract(LEGS))


def tag_values(name: str) -> Repeat:
    return Repeat(name, TagValue, "tag, value")


def _condition(number: int, *items: Part) -> When:
    return When("type", lambda type: type == number, *items)


CONDITIONS = Repeat(
    "conditions",
    OrderCondition,
    "type:int, isConjunctionConnection:conjunction",
    _condition(1, "isMore:bool, price:opt_float, conId:whole, exchange, triggerMethod:whole"),
    _condition(3, "isMore:bool, time"),
    _condition(4, "isMore:bool, percent:whole"),
    _condition(5, "secType, exchange, symbol"),
    _condition(6, "isMore:bool, volume:long, conId:whole, exchange"),
    _condition(7, "isMore:bool, changePercent:opt_float, conId:whole, exchange"),
)
