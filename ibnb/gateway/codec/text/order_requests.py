"""What clients ask about orders: placing, cancelling, listing, executions, exercise.

Rule: as in ``requests``. Prices that aren't set are empty up to the conditions; after them they are the largest double.
What is there from 187 to 190 belonged to requests for quotes, which IB took back.
"""

from __future__ import annotations

from ... import messages as m
from .contracts import ASKED, DELTA_NEUTRAL, ORDER_LEGS, TOLD, contract, is_bag, tag_values
from .layout import Many, Message, When, message
from .order_fields import (
    ADVISER,
    ALGO,
    CLEARING,
    HEDGE,
    NEUTRAL_ORDER,
    PEG_BENCH,
    SHORT_SALE,
    box,
    conditions,
    head,
    is_peg_best,
    is_peg_mid,
    one_of,
    order,
    scale,
    volatility,
)

PLACE_ORDER = message(
    3,
    m.PlaceOrder,
    "=45@-145, orderId:int",
    ASKED,
    contract("secIdType, secId"),
    order(
        head("opt_float"),
        "transmit:bool, parentId:whole, blockOrder:bool, sweepToFill:bool, displaySize:opt_int",
        "triggerMethod:whole, outsideRth:bool, hidden:bool",
    ),
    When(
        "contract.secType",
        is_bag,
        contract(ORDER_LEGS),
        order(Many("orderComboLegs:opt_float"), tag_values("smartComboRoutingParams")),
    ),
    "=",  # the shares allocation of old
    order(
        "discretionaryAmt:float, goodAfterTime, goodTillDate",
        ADVISER,
        SHORT_SALE,
        "ocaType:whole, rule80A, settlingFirm, allOrNone:bool, minQty:opt_int, percentOffset:opt_float",
        "eTradeOnly:bool, firmQuoteOnly:bool, nbboPriceCap:opt_float, auctionStrategy:whole",
        box("opt_float"),
        "overridePercentageConstraints:bool",
        *volatility("opt_float", "opt_int", "none_or_empty", NEUTRAL_ORDER),
        "trailStopPrice:opt_float, trailingPercent:opt_float",
        *scale("opt_float", "opt_int"),
        "scaleTable, activeStartTime, activeStopTime",
        HEDGE,
        "optOutSmartRouting:bool",
        CLEARING,
        "notHeld:bool",
    ),
    contract(DELTA_NEUTRAL),
    order(
        ALGO,
        "algoId, whatIf:bool, orderMiscOptions, solicited:bool, randomizeSize:bool, randomizePrice:bool",
        PEG_BENCH,
        *conditions(),
        "adjustedOrderType:none_or_empty, triggerPrice:max_float, lmtPriceOffset:max_float",
        "adjustedStopPrice:max_float, adjustedStopLimitPrice:max_float, adjustedTrailingAmount:max_float",
        "adjustableTrailingUnit:whole, extOperator@105, softDollarTierName@106, softDollarTierValue@106",
        "cashQty:max_float@111, mifid2DecisionMaker@138, mifid2DecisionAlgo@138",
        "mifid2ExecutionTrader@139, mifid2ExecutionAlgo@139, dontUseAutoPriceForHedge:bool@141",
        "isOmsContainer:bool@145, discretionaryUpToLimitPrice:bool@148, usePriceMgmtAlgo:opt_int@151",
        "duration:max_int@158, postToAts:max_int@160, autoCancelParent:bool@162",
        "advancedErrorOverride@166, manualOrderTime@169",
    ),
    When("contract.exchange", one_of("IBKRATS"), order("minTradeQty:opt_int"), since=170),
    order(
        When(
            "orderType",
            is_peg_best,
            "minCompeteSize:opt_int, competeAgainstBestOffset:up_to_mid",
            When(
                "competeAgainstBestOffset",
                lambda offset: offset == float("inf"),
                "midOffsetAtWhole:opt_float, midOffsetAtHalf:opt_float",
            ),
            since=170,
        ),
        When("orderType", is_peg_mid, "midOffsetAtWhole:opt_float, midOffsetAtHalf:opt_float", since=170),
        "customerAccount@183, professionalCustomer:bool@184",
    ),
    "=@187-190",  # an external user's id
    order(
        "manualOrderIndicator:opt_int@187-190, includeOvernight:bool@189",
        "manualOrderIndicator:opt_int@192, imbalanceOnly:bool@199",
    ),
)

ORDER_REQUESTS: tuple[Message, ...] = (
    PLACE_ORDER,
    message(
        4,
        m.CancelOrder,
        "=1@-192, orderId:int, manualOrderCancelTime@169, extOperator@187-190, =@187-190",
        "manualOrderIndicator:opt_int@187-190, extOperator@192, manualOrderIndicator:opt_int@192",
    ),
    message(5, m.ReqOpenOrders, "=1"),
    message(
        7,
        m.ReqExecutions,
        "=3, reqId:int, clientId:int, acctCode, time, symbol, secType, exchange, side",
        "lastNDays:opt_int@200",
        Many("specificDates:int@200"),
    ),
    message(15, m.ReqAutoOpenOrders, "=1, bAutoBind:bool"),
    message(16, m.ReqAllOpenOrders, "=1"),
    message(
        21,
        m.ExerciseOptions,
        "=2, reqId:int",
        TOLD,
        "exerciseAction:whole, exerciseQuantity:whole, account, override:whole, manualOrderTime@180",
        "customerAccount@183, professionalCustomer:bool@184",
    ),
    message(58, m.ReqGlobalCancel, "=1@-192, extOperator@192, manualOrderIndicator:opt_int@192"),
    message(99, m.ReqCompletedOrders, "apiOnly:bool", since=150),
)
