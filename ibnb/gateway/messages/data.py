"""What messages carry: contracts, orders, executions, bars.

Names are IB's. ``None`` means unset, whatever form that takes on the wire; quantities are ``Decimal``,
prices and money are ``float``. Nothing here knows a server version or a byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ComboLeg:
    conId: int = 0
    ratio: int = 0
    action: str = ""
    exchange: str = ""
    openClose: int = 0
    shortSaleSlot: int = 0
    designatedLocation: str = ""
    exemptCode: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaNeutralContract:
    conId: int = 0
    delta: float = 0.0
    price: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TagValue:
    tag: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    conId: int = 0
    symbol: str = ""
    secType: str = ""
    lastTradeDateOrContractMonth: str = ""
    lastTradeDate: str = ""
    strike: float | None = None
    right: str = ""
    multiplier: str = ""
    exchange: str = ""
    primaryExchange: str = ""
    currency: str = ""
    localSymbol: str = ""
    tradingClass: str = ""
    includeExpired: bool = False
    secIdType: str = ""
    secId: str = ""
    issuerId: str = ""
    comboLegsDescrip: str = ""
    comboLegs: tuple[ComboLeg, ...] = ()
    deltaNeutralContract: DeltaNeutralContract | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """What contract details say of a mutual fund; every field is the text IB sends."""

    name: str = ""
    family: str = ""
    type: str = ""
    frontLoad: str = ""
    backLoad: str = ""
    backLoadTimeInterval: str = ""
    managementFee: str = ""
    closed: bool = False
    closedForNewInvestors: bool = False
    closedForNewMoney: bool = False
    notifyAmount: str = ""
    minimumInitialPurchase: str = ""
    subsequentMinimumPurchase: str = ""
    blueSkyStates: str = ""
    blueSkyTerritories: str = ""
    distributionPolicyIndicator: str = ""
    assetType: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IneligibilityReason:
    id: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDetails:
    contract: Contract
    marketName: str = ""
    minTick: float = 0.01
    orderTypes: str = ""
    validExchanges: str = ""
    priceMagnifier: int = 1
    underConId: int = 0
    longName: str = ""
    contractMonth: str = ""
    industry: str = ""
    category: str = ""
    subcategory: str = ""
    timeZoneId: str = ""
    tradingHours: str = ""
    liquidHours: str = ""
    evRule: str = ""
    evMultiplier: int = 0
    secIdList: tuple[TagValue, ...] = ()
    aggGroup: int = 1
    underSymbol: str = ""
    underSecType: str = ""
    marketRuleIds: str = ""
    realExpirationDate: str = ""
    lastTradeTime: str = ""
    stockType: str = ""
    minSize: Decimal = Decimal(1)
    sizeIncrement: Decimal = Decimal(1)
    suggestedSizeIncrement: Decimal = Decimal(1)
    lastPricePrecision: Decimal | None = None
    lastSizePrecision: Decimal | None = None
    # Bonds only.
    cusip: str = ""
    coupon: float = 0.0
    maturity: str = ""
    issueDate: str = ""
    ratings: str = ""
    bondType: str = ""
    couponType: str = ""
    convertible: bool = False
    callable: bool = False
    putable: bool = False
    descAppend: str = ""
    nextOptionDate: str = ""
    nextOptionType: str = ""
    nextOptionPartial: bool = False
    notes: str = ""
    fund: Fund = Fund()
    ineligibilityReasonList: tuple[IneligibilityReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDescription:
    """One row of a symbol search."""

    contract: Contract
    derivativeSecTypes: tuple[str, ...] = ()
    description: str = ""
    issuerId: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCondition:
    """One trigger. ``type``: 1 price, 3 time, 4 margin, 5 execution, 6 volume, 7 percent change."""

    type: int
    isConjunctionConnection: bool = True
    isMore: bool = True
    price: float | None = None
    conId: int = 0
    exchange: str = ""
    triggerMethod: int = 0
    time: str = ""
    percent: int = 0
    changePercent: float | None = None
    volume: int = 0
    secType: str = ""
    symbol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    orderId: int = 0
    clientId: int = 0
    permId: int = 0
    action: str = ""
    totalQuantity: Decimal = Decimal(0)
    orderType: str = ""
    lmtPrice: float | None = None
    auxPrice: float | None = None
    tif: str = ""
    ocaGroup: str = ""
    account: str = ""
    openClose: str = ""
    origin: int = 0
    orderRef: str = ""
    transmit: bool = True
    parentId: int = 0
    blockOrder: bool = False
    sweepToFill: bool = False
    displaySize: int | None = None
    triggerMethod: int = 0
    outsideRth: bool = False
    hidden: bool = False
    orderComboLegs: tuple[float | None, ...] = ()
    smartComboRoutingParams: tuple[TagValue, ...] = ()
    discretionaryAmt: float = 0.0
    goodAfterTime: str = ""
    goodTillDate: str = ""
    faGroup: str = ""
    faMethod: str = ""
    faPercentage: str = ""
    faProfile: str = ""
    modelCode: str = ""
    shortSaleSlot: int = 0
    designatedLocation: str = ""
    exemptCode: int = -1
    ocaType: int = 0
    rule80A: str = ""
    settlingFirm: str = ""
    allOrNone: bool = False
    minQty: int | None = None
    percentOffset: float | None = None
    eTradeOnly: bool = False
    firmQuoteOnly: bool = False
    nbboPriceCap: float | None = None
    auctionStrategy: int = 0
    startingPrice: float | None = None
    stockRefPrice: float | None = None
    delta: float | None = None
    stockRangeLower: float | None = None
    stockRangeUpper: float | None = None
    overridePercentageConstraints: bool = False
    volatility: float | None = None
    volatilityType: int | None = None
    deltaNeutralOrderType: str = ""
    deltaNeutralAuxPrice: float | None = None
    deltaNeutralConId: int = 0
    deltaNeutralSettlingFirm: str = ""
    deltaNeutralClearingAccount: str = ""
    deltaNeutralClearingIntent: str = ""
    deltaNeutralOpenClose: str = ""
    deltaNeutralShortSale: bool = False
    deltaNeutralShortSaleSlot: int = 0
    deltaNeutralDesignatedLocation: str = ""
    continuousUpdate: bool = False
    referencePriceType: int | None = None
    trailStopPrice: float | None = None
    trailingPercent: float | None = None
    basisPoints: float | None = None
    basisPointsType: int | None = None
    scaleInitLevelSize: int | None = None
    scaleSubsLevelSize: int | None = None
    scalePriceIncrement: float | None = None
    scalePriceAdjustValue: float | None = None
    scalePriceAdjustInterval: int | None = None
    scaleProfitOffset: float | None = None
    scaleAutoReset: bool = False
    scaleInitPosition: int | None = None
    scaleInitFillQty: int | None = None
    scaleRandomPercent: bool = False
    scaleTable: str = ""
    activeStartTime: str = ""
    activeStopTime: str = ""
    hedgeType: str = ""
    hedgeParam: str = ""
    optOutSmartRouting: bool = False
    clearingAccount: str = ""
    clearingIntent: str = ""
    notHeld: bool = False
    algoStrategy: str = ""
    algoParams: tuple[TagValue, ...] = ()
    algoId: str = ""
    whatIf: bool = False
    orderMiscOptions: str = ""
    solicited: bool = False
    randomizeSize: bool = False
    randomizePrice: bool = False
    referenceContractId: int = 0
    isPeggedChangeAmountDecrease: bool = False
    peggedChangeAmount: float = 0.0
    referenceChangeAmount: float = 0.0
    referenceExchangeId: str = ""
    conditions: tuple[OrderCondition, ...] = ()
    conditionsIgnoreRth: bool = False
    conditionsCancelOrder: bool = False
    adjustedOrderType: str = ""
    triggerPrice: float | None = None
    lmtPriceOffset: float | None = None
    adjustedStopPrice: float | None = None
    adjustedStopLimitPrice: float | None = None
    adjustedTrailingAmount: float | None = None
    adjustableTrailingUnit: int = 0
    extOperator: str = ""
    softDollarTierName: str = ""
    softDollarTierValue: str = ""
    softDollarTierDisplayName: str = ""
    cashQty: float | None = None
    mifid2DecisionMaker: str = ""
    mifid2DecisionAlgo: str = ""
    mifid2ExecutionTrader: str = ""
    mifid2ExecutionAlgo: str = ""
    dontUseAutoPriceForHedge: bool = False
    isOmsContainer: bool = False
    discretionaryUpToLimitPrice: bool = False
    usePriceMgmtAlgo: int | None = None
    duration: int | None = None
    postToAts: int | None = None
    autoCancelParent: bool = False
    advancedErrorOverride: str = ""
    manualOrderTime: str = ""
    minTradeQty: int | None = None
    minCompeteSize: int | None = None
    competeAgainstBestOffset: float | None = None
    midOffsetAtWhole: float | None = None
    midOffsetAtHalf: float | None = None
    customerAccount: str = ""
    professionalCustomer: bool = False
    bondAccruedInterest: str = ""
    includeOvernight: bool = False
    manualOrderIndicator: int | None = None
    submitter: str = ""
    imbalanceOnly: bool = False
    autoCancelDate: str = ""
    filledQuantity: Decimal | None = None
    refFuturesConId: int | None = None
    shareholder: str = ""
    routeMarketableToBbo: bool = False
    parentPermId: int | None = None
    # On the wire from version 216 on, protobuf only.
    deactivate: bool = False
    postOnly: bool = False
    allowPreOpen: bool = False
    ignoreOpenAuction: bool = False
    seekPriceImprovement: int | None = None
    whatIfType: int | None = None
    slOrderId: int | None = None
    slOrderType: str = ""
    ptOrderId: int | None = None
    ptOrderType: str = ""
    hedgeMaxSize: int | None = None
    conditionsIncludeOvernight: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAllocation:
    """How much of an adviser's order falls to one account."""

    account: str = ""
    position: Decimal | None = None
    positionDesired: Decimal | None = None
    positionAfter: Decimal | None = None
    desiredAllocQty: Decimal | None = None
    allowedAllocQty: Decimal | None = None
    isMonetary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """What an openOrder says of the order: its status and, for a what-if, margin and commission."""

    status: str = ""
    initMarginBefore: float | None = None
    maintMarginBefore: float | None = None
    equityWithLoanBefore: float | None = None
    initMarginChange: float | None = None
    maintMarginChange: float | None = None
    equityWithLoanChange: float | None = None
    initMarginAfter: float | None = None
    maintMarginAfter: float | None = None
    equityWithLoanAfter: float | None = None
    commission: float | None = None
    minCommission: float | None = None
    maxCommission: float | None = None
    commissionCurrency: str = ""
    marginCurrency: str = ""
    initMarginBeforeOutsideRTH: float | None = None
    maintMarginBeforeOutsideRTH: float | None = None
    equityWithLoanBeforeOutsideRTH: float | None = None
    initMarginChangeOutsideRTH: float | None = None
    maintMarginChangeOutsideRTH: float | None = None
    equityWithLoanChangeOutsideRTH: float | None = None
    initMarginAfterOutsideRTH: float | None = None
    maintMarginAfterOutsideRTH: float | None = None
    equityWithLoanAfterOutsideRTH: float | None = None
    suggestedSize: Decimal | None = None
    rejectReason: str = ""
    orderAllocations: tuple[OrderAllocation, ...] = ()
    warningText: str = ""
    completedTime: str = ""
    completedStatus: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    execId: str
    orderId: int
    time: float  # epoch seconds; the codec writes it in the version's form
    acctNumber: str
    exchange: str
    side: str  # BOT | SLD
    shares: Decimal
    price: float
    permId: int
    clientId: int
    liquidation: int = 0
    cumQty: Decimal = Decimal(0)
    avgPrice: float = 0.0
    orderRef: str = ""
    evRule: str = ""
    evMultiplier: float = 0.0
    modelCode: str = ""
    lastLiquidity: int = 0
    pendingPriceRevision: bool = False
    submitter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar as sent. ``volume``, ``wap`` and ``barCount`` are -1 where they have no meaning."""

    date: str
    open: float
    high: float
    low: float
    close: float
    volume: Decimal = Decimal(-1)
    wap: float = -1.0
    barCount: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalSession:
    startDateTime: str
    endDateTime: str
    refDate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalTick:
    """A past tick. Which fields count depends on the kind: midpoint, bid/ask or last."""

    time: int
    price: float = 0.0
    size: Decimal = Decimal(0)
    mask: int = 0
    priceBid: float = 0.0
    priceAsk: float = 0.0
    sizeBid: Decimal = Decimal(0)
    sizeAsk: Decimal = Decimal(0)
    exchange: str = ""
    specialConditions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRow:
    rank: int
    contract: Contract
    marketName: str = ""
    distance: str = ""
    benchmark: str = ""
    projection: str = ""
    legsStr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerSubscription:
    numberOfRows: int | None = None
    instrument: str = ""
    locationCode: str = ""
    scanCode: str = ""
    abovePrice: float | None = None
    belowPrice: float | None = None
    aboveVolume: int | None = None
    marketCapAbove: float | None = None
    marketCapBelow: float | None = None
    moodyRatingAbove: str = ""
    moodyRatingBelow: str = ""
    spRatingAbove: str = ""
    spRatingBelow: str = ""
    maturityDateAbove: str = ""
    maturityDateBelow: str = ""
    couponRateAbove: float | None = None
    couponRateBelow: float | None = None
    excludeConvertible: bool = False
    averageOptionVolumeAbove: int | None = None
    scannerSettingPairs: str = ""
    stockTypeFilter: str = ""
