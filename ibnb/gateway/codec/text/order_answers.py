"""What the gateway says of orders: open and completed ones, their status, executions and commissions.

Rule: as in ``answers``. Prices that aren't set are the largest double.
"""

from __future__ import annotations

from ... import messages as m
from .contracts import DELTA_NEUTRAL, ORDER_LEGS, TOLD, contract, tag_values
from .layout import Inside, Many, Message, Repeat, message
from .order_fields import (
    ADVISER,
    ALGO,
    CLEARING,
    HEDGE,
    NEUTRAL_ORDER,
    NEUTRAL_SALE,
    PEG_BENCH,
    SHORT_SALE,
    box,
    conditions,
    head,
    order,
    scale,
    state,
    volatility,
)

MARGINS = tuple(
    f"{amount}{when}"
    for when in ("Before", "Change", "After")
    for amount in ("initMargin", "maintMargin", "equityWithLoan")
)

OPEN_ORDER = message(
    5,
    m.OpenOrder,
    "=34@-145, orderId:int",
    TOLD,
    order(
        head("max_float"),
        "clientId:int, permId:long, outsideRth:bool, hidden:bool, discretionaryAmt:float, goodAfterTime",
        "=",  # the shares allocation of old
        ADVISER,
        "goodTillDate, rule80A, percentOffset:max_float, settlingFirm",
        SHORT_SALE,
        "auctionStrategy:int",
        box("max_float"),
        "displaySize:max_int, blockOrder:bool, sweepToFill:bool, allOrNone:bool, minQty:max_int",
        "ocaType:int, eTradeOnly:bool, firmQuoteOnly:bool, nbboPriceCap:max_float, parentId:int",
        "triggerMethod:int",
        *volatility("max_float", "zero_int", "none_text", NEUTRAL_ORDER),
        "trailStopPrice:max_float, trailingPercent:max_float, basisPoints:max_float",
        "basisPointsType:max_int",
    ),
    contract("comboLegsDescrip", ORDER_LEGS),
    order(
        Many("orderComboLegs:max_float"),
        tag_values("smartComboRoutingParams"),
        *scale("max_float", "max_int"),
        HEDGE,
        "optOutSmartRouting:bool",
        CLEARING,
        "notHeld:bool",
    ),
    contract(DELTA_NEUTRAL),
    order(ALGO, "solicited:bool, whatIf:bool"),
    state(
        "status",
        *(f"{name}:max_float@142" for name in MARGINS[:6]),
        *(f"{name}:max_float" for name in MARGINS[6:]),
        "commission:max_float, minCommission:max_float, maxCommission:max_float, commissionCurrency",
        "marginCurrency@195",
        *(f"{name}OutsideRTH:max_float@195" for name in MARGINS),
        "suggestedSize:min_decimal@195, rejectReason@195",
        Repeat(
            "orderAllocations",
            m.OrderAllocation,
            "account, position:min_decimal, positionDesired:min_decimal, positionAfter:min_decimal",
            "desiredAllocQty:min_decimal, allowedAllocQty:min_decimal, isMonetary:bool",
            since=195,
        ),
        "warningText",
    ),
    order(
        "randomizeSize:bool, randomizePrice:bool",
        PEG_BENCH,
        *conditions(),
        "adjustedOrderType:none_text, triggerPrice:max_float, trailStopPrice:max_float",
        "lmtPriceOffset:max_float, adjustedStopPrice:max_float, adjustedStopLimitPrice:max_float",
        "adjustedTrailingAmount:max_float, adjustableTrailingUnit:int, softDollarTierName@106",
        "softDollarTierValue@106, softDollarTierDisplayName@106, cashQty:max_float@111",
        "dontUseAutoPriceForHedge:bool@141, isOmsContainer:bool@145, discretionaryUpToLimitPrice:bool@148",
        "usePriceMgmtAlgo:zero_int@151, duration:max_int@158, postToAts:max_int@160",
        "autoCancelParent:bool@162, minTradeQty:max_int@170, minCompeteSize:max_int@170",
        "competeAgainstBestOffset:max_up_to_mid@170, midOffsetAtWhole:max_float@170",
        "midOffsetAtHalf:max_float@170, customerAccount@183, professionalCustomer:bool@184",
        "bondAccruedInterest@185, includeOvernight:bool@189, extOperator@193",
        "manualOrderIndicator:max_int@193, submitter@198, imbalanceOnly:bool@199",
    ),
)

COMPLETED_ORDER = message(
    101,
    m.CompletedOrder,
    TOLD,
    order(
        head("max_float"),
        "permId:long, outsideRth:bool, hidden:bool, discretionaryAmt:float, goodAfterTime",
        ADVISER,
        "goodTillDate, rule80A, percentOffset:max_float, settlingFirm",
        SHORT_SALE,
        box("max_float"),
        "displaySize:max_int, sweepToFill:bool, allOrNone:bool, minQty:max_int, ocaType:int",
        "triggerMethod:int",
        *volatility("max_float", "zero_int", "none_text", f"deltaNeutralConId:int, {NEUTRAL_SALE}"),
        "trailStopPrice:max_float, trailingPercent:max_float",
    ),
    contract("comboLegsDescrip", ORDER_LEGS),
    order(
        Many("orderComboLegs:max_float"),
        tag_values("smartComboRoutingParams"),
        *scale("max_float", "max_int"),
        HEDGE,
        CLEARING,
        "notHeld:bool",
    ),
    contract(DELTA_NEUTRAL),
    order(ALGO, "solicited:bool"),
    state("status"),
    order(
        "randomizeSize:bool, randomizePrice:bool",
        PEG_BENCH,
        *conditions(),
        "trailStopPrice:max_float, lmtPriceOffset:max_float, cashQty:max_float@111",
        "dontUseAutoPriceForHedge:bool@141, isOmsContainer:bool@145, autoCancelDate",
        "filledQuantity:opt_decimal, refFuturesConId:max_int, autoCancelParent:bool, shareholder",
        "imbalanceOnly:bool, routeMarketableToBbo:bool, parentPermId:max_long",
    ),
    state("completedTime:moment, completedStatus"),
    order(
        "minTradeQty:max_int@170, minCompeteSize:max_int@170, competeAgainstBestOffset:max_up_to_mid@170",
        "midOffsetAtWhole:max_float@170, midOffsetAtHalf:max_float@170, customerAccount@183",
        "professionalCustomer:bool@184, submitter@198",
    ),
    since=150,
)

ORDER_ANSWERS: tuple[Message, ...] = (
    message(
        3,
        m.OrderStatus,
        "=5@-131, orderId:int, status, filled:quantity, remaining:quantity, avgFillPrice:float",
        "permId:long, parentId:int, lastFillPrice:float, clientId:int, whyHeld, mktCapPrice:float@131",
    ),
    OPEN_ORDER,
    message(
        11,
        m.ExecDetails,
        "=10@-136, reqId:int",
        Inside("execution", m.Execution, "orderId:int"),
        TOLD,
        Inside(
            "execution",
            m.Execution,
            "execId, time:epoch, acctNumber, exchange, side, shares:quantity, price:float, permId:long",
            "clientId:int, liquidation:int, cumQty:quantity, avgPrice:float, orderRef, evRule",
            "evMultiplier:float, modelCode@103, lastLiquidity:int@136, pendingPriceRevision:bool@178",
            "submitter@198",
        ),
    ),
    message(53, m.OpenOrderEnd, "=1"),
    message(55, m.ExecDetailsEnd, "=1, reqId:int"),
    message(
        59,
        m.CommissionReport,
        "=1, execId, commission:float, currency, realizedPNL:max_float, yield_:max_float",
        "yieldRedemptionDate:int",
    ),
    message(100, m.OrderBound, "permId:long, clientId:int, orderId:int", since=144),
    COMPLETED_ORDER,
    message(102, m.CompletedOrdersEnd, since=150),
)
