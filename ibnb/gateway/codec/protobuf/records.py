"""What several messages contain: contracts, orders and their states, executions, bars, ticks, rows of lists.

Rule: the numbers and types are facts of the protocol; the names are those of our records (``layout`` has the notation).
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import Any

from ... import messages as m
from .kinds import PLAIN
from .layout import Hook, Tables

_ORDER = """
    1 clientId, 2 orderId, 3 permId:long, 4 parentId, 5 action, 6 totalQuantity, 7 displaySize, 8 orderType,
    9 lmtPrice, 10 auxPrice, 11 tif, 12 account, 13 settlingFirm, 14 clearingAccount, 15 clearingIntent, 16 allOrNone,
    17 blockOrder, 18 hidden, 19 outsideRth, 20 sweepToFill, 21 percentOffset, 22 trailingPercent, 23 trailStopPrice,
    24 minQty, 25 goodAfterTime:moment, 26 goodTillDate:moment, 27 ocaGroup, 28 orderRef, 29 rule80A, 30 ocaType,
    31 triggerMethod, 32 activeStartTime:moment, 33 activeStopTime:moment, 34 faGroup, 35 faMethod, 36 faPercentage,
    37 volatility, 38 volatilityType, 39 continuousUpdate, 40 referencePriceType, 41 deltaNeutralOrderType:none,
    42 deltaNeutralAuxPrice, 43 deltaNeutralConId, 44 deltaNeutralOpenClose, 45 deltaNeutralShortSale,
    46 deltaNeutralShortSaleSlot, 47 deltaNeutralDesignatedLocation, 48 scaleInitLevelSize, 49 scaleSubsLevelSize,
    50 scalePriceIncrement, 51 scalePriceAdjustValue, 52 scalePriceAdjustInterval, 53 scaleProfitOffset,
    54 scaleAutoReset, 55 scaleInitPosition, 56 scaleInitFillQty, 57 scaleRandomPercent, 58 scaleTable, 59 hedgeType,
    60 hedgeParam, 61 algoStrategy, 62 algoParams:tags, 63 algoId, 64 smartComboRoutingParams:tags, 65 whatIf,
    66 transmit, 67 overridePercentageConstraints, 68 openClose, 69 origin, 70 shortSaleSlot, 71 designatedLocation,
    72 exemptCode, 73 deltaNeutralSettlingFirm, 74 deltaNeutralClearingAccount, 75 deltaNeutralClearingIntent,
    76 discretionaryAmt, 77 optOutSmartRouting, 78 startingPrice, 79 stockRefPrice, 80 delta, 81 stockRangeLower,
    82 stockRangeUpper, 83 notHeld, 84 orderMiscOptions:options, 85 solicited, 86 randomizeSize, 87 randomizePrice,
    88 referenceContractId, 89 peggedChangeAmount, 90 isPeggedChangeAmountDecrease, 91 referenceChangeAmount,
    92 referenceExchangeId, 93 adjustedOrderType:none, 94 triggerPrice, 95 adjustedStopPrice, 96 adjustedStopLimitPrice,
    97 adjustedTrailingAmount, 98 adjustableTrailingUnit, 99 lmtPriceOffset, 100 conditions, 101 conditionsCancelOrder,
    102 conditionsIgnoreRth, 103 modelCode, 104 extOperator, 105.1 softDollarTierName, 105.2 softDollarTierValue,
    105.3 softDollarTierDisplayName, 106 cashQty, 107 mifid2DecisionMaker, 108 mifid2DecisionAlgo,
    109 mifid2ExecutionTrader, 110 mifid2ExecutionAlgo, 111 dontUseAutoPriceForHedge, 112 isOmsContainer,
    113 discretionaryUpToLimitPrice, 114 autoCancelDate, 115 filledQuantity, 116 refFuturesConId, 117 autoCancelParent,
    118 shareholder, 119 imbalanceOnly, 120 routeMarketableToBbo:count, 121 parentPermId:long, 122 usePriceMgmtAlgo,
    123 duration, 124 postToAts, 125 advancedErrorOverride, 126 manualOrderTime:moment, 127 minTradeQty,
    128 minCompeteSize, 129 competeAgainstBestOffset:mid, 130 midOffsetAtWhole, 131 midOffsetAtHalf,
    132 customerAccount, 133 professionalCustomer, 134 bondAccruedInterest, 135 includeOvernight,
    136 manualOrderIndicator, 137 submitter, 138 deactivate, 139 postOnly, 140 allowPreOpen, 141 ignoreOpenAuction,
    142 seekPriceImprovement, 143 whatIfType, 144 hedgeMaxSize, 145 conditionsIncludeOvernight
"""

_STATE = """
    1 status, 2 initMarginBefore, 3 maintMarginBefore, 4 equityWithLoanBefore, 5 initMarginChange, 6 maintMarginChange,
    7 equityWithLoanChange, 8 initMarginAfter, 9 maintMarginAfter, 10 equityWithLoanAfter, 11 commission,
    12 minCommission, 13 maxCommission, 14 commissionCurrency, 15 marginCurrency, 16 initMarginBeforeOutsideRTH,
    17 maintMarginBeforeOutsideRTH, 18 equityWithLoanBeforeOutsideRTH, 19 initMarginChangeOutsideRTH,
    20 maintMarginChangeOutsideRTH, 21 equityWithLoanChangeOutsideRTH, 22 initMarginAfterOutsideRTH,
    23 maintMarginAfterOutsideRTH, 24 equityWithLoanAfterOutsideRTH, 25 suggestedSize, 26 rejectReason,
    27 orderAllocations, 28 warningText, 29 completedTime:moment, 30 completedStatus
"""

_DETAILS = """
    1 marketName, 2 minTick:figure, 3 orderTypes, 4 validExchanges, 5 priceMagnifier, 6 underConId, 7 longName,
    8 contractMonth, 9 industry, 10 category, 11 subcategory, 12 timeZoneId, 13 tradingHours, 14 liquidHours, 15 evRule,
    16 evMultiplier:whole, 17 secIdList:tags, 18 aggGroup, 19 underSymbol, 20 underSecType, 21 marketRuleIds,
    22 realExpirationDate, 23 stockType, 24 minSize, 25 sizeIncrement, 26 suggestedSizeIncrement, 27 fund.name,
    28 fund.family, 29 fund.type, 30 fund.frontLoad, 31 fund.backLoad, 32 fund.backLoadTimeInterval,
    33 fund.managementFee, 34 fund.closed, 35 fund.closedForNewInvestors, 36 fund.closedForNewMoney,
    37 fund.notifyAmount, 38 fund.minimumInitialPurchase, 39 fund.subsequentMinimumPurchase, 40 fund.blueSkyStates,
    41 fund.blueSkyTerritories, 42 fund.distributionPolicyIndicator, 43 fund.assetType, 44 cusip, 45 issueDate,
    46 ratings, 47 bondType, 48 coupon, 49 couponType, 50 convertible, 51 callable, 52 putable, 53 descAppend,
    54 nextOptionDate, 55 nextOptionType, 56 nextOptionPartial, 57 notes, 58 ineligibilityReasonList,
    63 lastPricePrecision, 64 lastSizePrecision
"""

RECORDS: dict[type | str, str] = {
    # 9 is the leg's price, which in our messages the order has.
    m.ComboLeg: """
        1 conId, 2 ratio, 3 action, 4 exchange, 5 openClose, 6 shortSaleSlot, 7 designatedLocation, 8 exemptCode,
        9 -
    """,
    m.DeltaNeutralContract: "1 conId, 2 delta, 3 price",
    m.Contract: """
        1 conId, 2 symbol, 3 secType, 4 lastTradeDateOrContractMonth, 5 strike:strike, 6 right, 7 multiplier:number,
        8 exchange, 9 primaryExchange, 10 currency, 11 localSymbol, 12 tradingClass, 13 secIdType, 14 secId,
        16 issuerId, 17 deltaNeutralContract, 18 includeExpired, 19 comboLegsDescrip, 20 comboLegs, 21 lastTradeDate
    """,
    m.IneligibilityReason: "1 id, 2 description",
    m.ContractDetails: _DETAILS,
    m.ContractDescription: "1 contract, 1.15 description, 1.16 issuerId, 2 derivativeSecTypes",
    m.OrderCondition: """
        1 type, 2 isConjunctionConnection:said, 3 isMore:said, 4 conId, 5 exchange, 6 symbol, 7 secType, 8 percent,
        9 changePercent, 10 price, 11 triggerMethod, 12 time:moment, 13 volume
    """,
    m.Order: _ORDER,
    m.OrderAllocation: """
        1 account, 2 position, 3 positionDesired, 4 positionAfter, 5 desiredAllocQty, 6 allowedAllocQty, 7 isMonetary
    """,
    m.OrderState: _STATE,
    m.Execution: """
        1 orderId, 2 execId, 3 time:epoch, 4 acctNumber, 5 exchange, 6 side, 7 shares, 8 price, 9 permId:long,
        10 clientId, 11 liquidation:flag, 12 cumQty, 13 avgPrice, 14 orderRef, 15 evRule, 16 evMultiplier, 17 modelCode,
        18 lastLiquidity, 19 pendingPriceRevision, 20 submitter
    """,
    m.Bar: "1 date:moment, 2 open, 3 high, 4 low, 5 close, 6 volume, 7 wap:figure, 8 barCount",
    m.HistoricalSession: "1 startDateTime, 2 endDateTime, 3 refDate",
    m.HistogramEntry: "1 price, 2 size",
    "midpoint": "1 time:long, 2 price, 3 size",
    "quote": "1 time:long, 2.1 mask:bit2, 2.2 mask:bit1, 3 priceBid, 4 priceAsk, 5 sizeBid, 6 sizeAsk",
    "trade": "1 time:long, 2.1 mask:bit1, 2.2 mask:bit2, 3 price, 4 size, 5 exchange, 6 specialConditions",
    m.ScanRow: "1 rank, 2 contract, 3 marketName, 4 distance, 5 benchmark, 6 projection, 7 legsStr",
    m.FamilyCode: "1 accountID, 2 familyCodeStr",
    m.SoftDollarTier: "1 name, 2 val, 3 displayName",
    m.PriceIncrement: "1 lowEdge, 2 increment",
    m.DepthMktDataDescription: "1 exchange, 2 secType, 3 listingExch, 4 serviceDataType, 5 aggGroup",
    m.SmartComponent: "1 bitNumber, 2 exchange, 3 exchangeLetter",
    m.NewsProvider: "1 code, 2 name",
}
# TWS's settings are numbered as they stand.
for _cls in (
    m.LockAndExitConfig,
    m.MessageConfig,
    m.ApiPrecautionsConfig,
    m.ApiSettingsConfig,
    m.ApiConfig,
    m.OrdersSmartRoutingConfig,
    m.OrdersConfig,
    m.UpdateConfigWarning,
):
    RECORDS[_cls] = ", ".join(f"{number} {field.name}" for number, field in enumerate(fields(_cls), 1))
TABLES = Tables(RECORDS)


def leg_prices(contract: str) -> Hook:
    """The prices of an order's legs, which stand in the legs of the contract; in our messages the order has them."""
    price = PLAIN[float, True]

    def write(value: Any, made: dict[str, Any]) -> None:
        for leg, given in zip(made[contract]["f20"], value.order.orderComboLegs, strict=False):
            if given is not None:
                leg["f9"] = given

    def read(proto: Any, scopes: dict[tuple[str, ...], dict[str, Any]]) -> None:
        prices = [price.read(leg.f9) if leg.HasField("f9") else None for leg in getattr(proto, contract).f20]
        if any(given is not None for given in prices):
            scopes["order",]["orderComboLegs"] = tuple(prices)

    return Hook(write, read)


def last_trade(*names: str) -> Hook:
    """Contract details say several things in the contract's last trade date: a date, a time, a zone."""
    get = attrgetter(*names)

    def write(value: Any, made: dict[str, Any]) -> None:
        words = get(value.details)
        text = " ".join(words[: words.index("") if "" in words else len(words)])
        made["f2"].pop("f4", None)
        if text:
            made["f2"]["f4"] = text

    def read(proto: Any, scopes: dict[tuple[str, ...], dict[str, Any]]) -> None:
        scopes["details", "contract"]["lastTradeDateOrContractMonth"] = ""
        for name, word in zip(names, proto.f2.f4.split(), strict=False):
            *record, last = ("details", *name.split("."))
            scopes[tuple(record)][last] = word

    return Hook(write, read)
