"""What the gateway says of instruments: details, searches, chains, rules.

Rule: as in ``answers``.
"""

from __future__ import annotations

from ... import messages as m
from .contracts import contract, tag_values
from .kinds import BOOL, DECIMAL, ESCAPED, FLOAT, INT, MAX_INT, SHORT_FLOAT, STRIKE, TEXT
from .layout import Const, Field, Inside, Item, Many, Message, Repeat, When, Words, message

REQ_ID: Field = INT("reqId")
V1 = Const("1")


def details(*items: Item) -> Inside:
    return Inside("details", m.ContractDetails, *items)


SIZE_STEP: tuple[Item, ...] = (
    DECIMAL("minSize", since=164),
    DECIMAL("sizeIncrement", since=164),
    DECIMAL("suggestedSizeIncrement", since=164),
)

FUND = When(
    "contract.secType",
    lambda secType: secType == "FUND",
    Inside(
        "fund",
        m.Fund,
        TEXT("name"),
        TEXT("family"),
        TEXT("type"),
        TEXT("frontLoad"),
        TEXT("backLoad"),
        TEXT("backLoadTimeInterval"),
        TEXT("managementFee"),
        BOOL("closed"),
        BOOL("closedForNewInvestors"),
        BOOL("closedForNewMoney"),
        TEXT("notifyAmount"),
        TEXT("minimumInitialPurchase"),
        TEXT("subsequentMinimumPurchase"),
        TEXT("blueSkyStates"),
        TEXT("blueSkyTerritories"),
        TEXT("distributionPolicyIndicator"),
        TEXT("assetType"),
    ),
    since=179,
)

CONTRACT_DATA = message(
    10,
    m.ContractData,
    Const("8", until=164),
    REQ_ID,
    details(
        contract(TEXT("symbol"), TEXT("secType")),
        Words("contract.lastTradeDateOrContractMonth", "lastTradeTime", "timeZoneId"),
        contract(
            TEXT("lastTradeDate", since=182),
            STRIKE("strike"),
            TEXT("right"),
            TEXT("exchange"),
            TEXT("currency"),
            TEXT("localSymbol"),
        ),
        TEXT("marketName"),
        contract(TEXT("tradingClass"), INT("conId")),
        FLOAT("minTick"),
        Const("1", since=110, until=164),  # the multiplier of market data sizes
        contract(TEXT("multiplier")),
        TEXT("orderTypes"),
        TEXT("validExchanges"),
        INT("priceMagnifier"),
        INT("underConId"),
        ESCAPED("longName"),
        contract(TEXT("primaryExchange")),
        TEXT("contractMonth"),
        TEXT("industry"),
        TEXT("category"),
        TEXT("subcategory"),
        TEXT("timeZoneId"),
        TEXT("tradingHours"),
        TEXT("liquidHours"),
        TEXT("evRule"),
        INT("evMultiplier"),
        tag_values("secIdList"),
        INT("aggGroup", since=121),
        TEXT("underSymbol", since=122),
        TEXT("underSecType", since=122),
        TEXT("marketRuleIds", since=126),
        TEXT("realExpirationDate", since=134),
        TEXT("stockType", since=152),
        Const("1", since=163, until=164),  # the smallest size step
        *SIZE_STEP,
        FUND,
        Repeat("ineligibilityReasonList", m.IneligibilityReason, TEXT("id"), TEXT("description"), since=186),
    ),
)

BOND_CONTRACT_DATA = message(
    18,
    m.BondContractData,
    Const("6", until=164),
    REQ_ID,
    details(
        contract(TEXT("symbol"), TEXT("secType")),
        TEXT("cusip"),
        SHORT_FLOAT("coupon"),
        Words("maturity", "lastTradeTime", "timeZoneId"),
        TEXT("issueDate"),
        TEXT("ratings"),
        TEXT("bondType"),
        TEXT("couponType"),
        BOOL("convertible"),
        BOOL("callable"),
        BOOL("putable"),
        TEXT("descAppend"),
        contract(TEXT("exchange"), TEXT("currency")),
        TEXT("marketName"),
        contract(TEXT("tradingClass"), INT("conId")),
        FLOAT("minTick"),
        Const("1", since=110, until=164),
        TEXT("orderTypes"),
        TEXT("validExchanges"),
        TEXT("nextOptionDate"),
        TEXT("nextOptionType"),
        BOOL("nextOptionPartial"),
        TEXT("notes"),
        TEXT("longName"),
        TEXT("timeZoneId", since=188),
        TEXT("tradingHours", since=188),
        TEXT("liquidHours", since=188),
        TEXT("evRule"),
        INT("evMultiplier"),
        tag_values("secIdList"),
        INT("aggGroup", since=121),
        TEXT("marketRuleIds", since=126),
        *SIZE_STEP,
    ),
)

CONTRACT_ANSWERS: tuple[Message, ...] = (
    CONTRACT_DATA,
    BOND_CONTRACT_DATA,
    message(52, m.ContractDataEnd, V1, REQ_ID),
    message(
        56,
        m.DeltaNeutralValidation,
        V1,
        REQ_ID,
        Inside("deltaNeutralContract", m.DeltaNeutralContract, INT("conId"), FLOAT("delta"), FLOAT("price")),
    ),
    message(
        75,
        m.SecurityDefinitionOptionParameter,
        REQ_ID,
        TEXT("exchange"),
        INT("underlyingConId"),
        TEXT("tradingClass"),
        TEXT("multiplier"),
        Many("expirations", TEXT),
        Many("strikes", FLOAT),
        since=104,
    ),
    message(76, m.SecurityDefinitionOptionParameterEnd, REQ_ID, since=104),
    message(
        79,
        m.SymbolSamples,
        REQ_ID,
        Repeat(
            "contractDescriptions",
            m.ContractDescription,
            contract(INT("conId"), TEXT("symbol"), TEXT("secType"), TEXT("primaryExchange"), TEXT("currency")),
            Many("derivativeSecTypes", TEXT),
            TEXT("description", since=176),
            TEXT("issuerId", since=176),
        ),
        since=108,
    ),
    message(
        80,
        m.MktDepthExchanges,
        Repeat(
            "depthMktDataDescriptions",
            m.DepthMktDataDescription,
            TEXT("exchange"),
            TEXT("secType"),
            Const("0", until=120),  # whether it is level two
            TEXT("listingExch", since=120),
            TEXT("serviceDataType", since=120),
            MAX_INT("aggGroup", since=120),
        ),
        since=112,
    ),
    message(
        82,
        m.SmartComponents,
        REQ_ID,
        Repeat("smartComponents", m.SmartComponent, INT("bitNumber"), TEXT("exchange"), TEXT("exchangeLetter")),
        since=114,
    ),
    message(
        93,
        m.MarketRule,
        INT("marketRuleId"),
        Repeat("priceIncrements", m.PriceIncrement, FLOAT("lowEdge"), FLOAT("increment")),
        since=126,
    ),
)
