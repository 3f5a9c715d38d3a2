"""Each field of an order, and what limits make of it: none makes TWS trade more, or dearer, than was judged.

Verdicts are by IB's reference of the class Order (interactivebrokers.github.io/tws-api/classIBApi_1_1Order.html) and by
its pages of order types; of scales by its guide (ibkrguides.com: "Scale Order Columns", "Scale Order with Restore
Size"). A release of ibapi that brings another field needs another row.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from gates import contract, details_of, order

from ibnb.core.limits import OrderLimits, intent_of, judge
from ibnb.errors import SafetyError
from ibnb.ib import api

#: What the judgement is made of: side, amounts, and prices by the row of its type in ibnb.ib.order_types.
JUDGED = "action totalQuantity cashQty orderType lmtPrice auxPrice trailStopPrice trailingPercent discretionaryAmt"
#: Let TWS trade more, or other things, than the order says: refused, whatever the limits.
REFUSED = """hedgeType deltaNeutralOrderType faMethod faPercentage scaleTable scaleProfitOffset scaleAutoReset"""
#: Let TWS move the order's prices: its own limit price bounds nothing.
MOVES = "adjustedOrderType scalePriceAdjustValue"
#: Exits at prices of TWS's own: counted by max_orders_per_minute, refused by max_notional.
ATTACHED = "slOrderType ptOrderType"
#: Tell whose order it is, with which others it belongs, or that it is none: for the gate (see test_gate.py).
GATE = "orderId clientId permId parentId ocaGroup ocaType account whatIf faGroup faProfile modelCode"

#: Say more of what is set above, and nothing without it.
WITH = {
    "hedgeType": "hedgeParam hedgeMaxSize dontUseAutoPriceForHedge",
    "deltaNeutralOrderType": """deltaNeutralAuxPrice deltaNeutralConId deltaNeutralSettlingFirm
        deltaNeutralClearingAccount deltaNeutralClearingIntent deltaNeutralOpenClose deltaNeutralShortSale
        deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation""",
    "adjustedOrderType": """triggerPrice adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount
        adjustableTrailingUnit""",
    "scalePriceAdjustValue": "scalePriceAdjustInterval",
    "scaleAutoReset": "scaleInitPosition scaleInitFillQty",
    "slOrderType": "slOrderId",
    "ptOrderType": "ptOrderId",
    # Prices of types that nothing bounds: TRAIL LIMIT; VOL; BOX TOP and PEG STK; PEG BENCH.
    "orderType": """lmtPriceOffset volatility volatilityType continuousUpdate referencePriceType auctionStrategy
        startingPrice stockRefPrice delta stockRangeLower stockRangeUpper referenceContractId peggedChangeAmount
        isPeggedChangeAmountDecrease referenceChangeAmount referenceExchangeId""",
}
#: A part of the quantity at a time, or at prices that are better than the limit, which holds.
WITHIN = """displaySize hidden allOrNone minQty minTradeQty minCompeteSize percentOffset competeAgainstBestOffset
    midOffsetAtWhole midOffsetAtHalf discretionaryUpToLimitPrice nbboPriceCap usePriceMgmtAlgo randomizePrice
    randomizeSize scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement scaleRandomPercent algoStrategy algoParams
    algoId seekPriceImprovement"""
#: Prices of a combo's legs, and how it is routed: a combo's legs are judged one by one, by price_of.
COMBO = "orderComboLegs smartComboRoutingParams basisPoints basisPointsType refFuturesConId"
#: When, and under which conditions, it works.
WHEN = """tif activeStartTime activeStopTime goodAfterTime goodTillDate outsideRth triggerMethod conditions
    conditionsCancelOrder conditionsIgnoreRth conditionsIncludeOvernight duration autoCancelDate autoCancelParent
    parentPermId transmit includeOvernight allowPreOpen ignoreOpenAuction imbalanceOnly deactivate whatIfType
    isOmsContainer"""
#: Where it goes, for whom, and what is noted of it.
NOTED = """softDollarTier orderRef blockOrder sweepToFill rule80A overridePercentageConstraints designatedLocation
    openClose origin shortSaleSlot exemptCode optOutSmartRouting settlingFirm clearingAccount clearingIntent notHeld
    solicited orderMiscOptions extOperator mifid2DecisionMaker mifid2DecisionAlgo mifid2ExecutionTrader
    mifid2ExecutionAlgo filledQuantity shareholder routeMarketableToBbo postToAts postOnly advancedErrorOverride
    manualOrderTime manualOrderIndicator customerAccount professionalCustomer bondAccruedInterest submitter eTradeOnly
    firmQuoteOnly"""

ROWS = [*(JUDGED, REFUSED, MOVES, ATTACHED, GATE), *WITH.values(), *(WITHIN, COMBO, WHEN, NOTED)]
FIELDS = [name for row in ROWS for name in row.split()]
HARMLESS = [name for row in (*WITH.values(), WITHIN, COMBO, WHEN, NOTED) for name in row.split()]


def judged(limits: OrderLimits, **fields: Any) -> Any:
    made = order(10, "BUY", 100.0, **fields)
    intent = intent_of(1, contract(), made, limits, details_of)
    judge(intent, limits)
    return intent


def test_each_field_has_one_verdict() -> None:
    assert set(vars(api.Order())) <= set(FIELDS)
    assert len(FIELDS) == len(set(FIELDS))


@pytest.mark.parametrize("name", REFUSED.split())
def test_what_trades_more_than_it_says_is_refused_whatever_the_limits(name: str) -> None:
    value = 2.0 if name == "scaleProfitOffset" else "X"
    with pytest.raises(SafetyError, match=f"{name} is set: TWS .*can't be checked against limits"):
        judged(OrderLimits(max_quantity=100), **{name: value})
    for unset in (getattr(api.Order(), name, None), "", "None", None, 0, False):
        judged(OrderLimits(max_quantity=100), **{name: unset})


@pytest.mark.parametrize("name", MOVES.split())
def test_what_moves_its_price_is_bounded_by_none(name: str) -> None:
    with pytest.raises(SafetyError, match="give OrderLimits a price_of function"):
        judged(OrderLimits(max_notional=1000), **{name: 5.0 if name == "scalePriceAdjustValue" else "STP"})


@pytest.mark.parametrize("name", ATTACHED.split())
def test_exits_that_tws_attaches_have_prices_of_its_own(name: str) -> None:
    with pytest.raises(SafetyError, match="exits that TWS attaches can't be checked"):
        judged(OrderLimits(max_notional=1000), **{name: "PRESET"})


@pytest.mark.parametrize("name", HARMLESS)
def test_all_other_fields_say_nothing_of_how_much_or_how_dear(name: str) -> None:
    """No limit may be passed by them, and none refuses an order for them."""
    limits = OrderLimits(max_quantity=10, max_notional=1000, symbols={"AAPL"})
    for value in (1, "1", True, [SimpleNamespace(tag="1", value="1")]):
        judged(limits, **{name: value})
        with pytest.raises(SafetyError, match="at most 9 units"):
            judged(OrderLimits(max_quantity=9), **{name: value})
        with pytest.raises(SafetyError, match=r"its value of 1,000\.00 is above 999\.00"):
            judged(OrderLimits(max_notional=999), **{name: value})
