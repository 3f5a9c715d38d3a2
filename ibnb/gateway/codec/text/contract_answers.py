"""What the gateway says of instruments: details, searches, chains, rules.

Rule: as in ``answers``.
"""

from __future__ import annotations

from ... import messages as m
from .contracts import contract, tag_values
from .layout import Inside, Many, Message, Part, Repeat, When, Words, message


def details(*items: Part) -> Inside:
    return Inside("details", m.ContractDetails, *items)


SIZE_STEP = "minSize:decimal@164, sizeIncrement:decimal@164, suggestedSizeIncrement:decimal@164"

FUND = When(
    "contract.secType",
    lambda secType: secType == "FUND",
    Inside(
        "fund",
        m.Fund,
        "name, family, type, frontLoad, backLoad, backLoadTimeInterval, managementFee, closed:bool",
        "closedForNewInvestors:bool, closedForNewMoney:bool, notifyAmount, minimumInitialPurchase",
        "subsequentMinimumPurchase, blueSkyStates, blueSkyTerritories, distributionPolicyIndicator",
        "assetType",
    ),
    since=179,
)

CONTRACT_DATA = message(
    10,
    m.ContractData,
    "=8@-164, reqId:int",
    details(
        contract("symbol, secType"),
        Words("contract.lastTradeDateOrContractMonth", "lastTradeTime", "timeZoneId"),
        contract("lastTradeDate@182, strike:strike, right, exchange, currency, localSymbol"),
        "marketName",
        contract("tradingClass, conId:int"),
        "minTick:float, =1@110-164",  # the multiplier of market data sizes
        contract("multiplier"),
        "orderTypes, validExchanges, priceMagnifier:int, underConId:int, longName:escaped",
        contract("primaryExchange"),
        "contractMonth, industry, category, subcategory, timeZoneId, tradingHours, liquidHours, evRule",
        "evMultiplier:int",
        tag_values("secIdList"),
        "aggGroup:int@121, underSymbol@122, underSecType@122, marketRuleIds@126, realExpirationDate@134",
        "stockType@152, =1@163-164",  # the smallest size step
        SIZE_STEP,
        FUND,
        Repeat("ineligibilityReasonList", m.IneligibilityReason, "id, description", since=186),
    ),
)

BOND_CONTRACT_DATA = message(
    18,
    m.BondContractData,
    "=6@-164, reqId:int",
    details(
        contract("symbol, secType"),
        "cusip, coupon:short_float",
        Words("maturity", "lastTradeTime", "timeZoneId"),
        "issueDate, ratings, bondType, couponType, convertible:bool, callable:bool, putable:bool",
        "descAppend",
        contract("exchange, currency"),
        "marketName",
        contract("tradingClass, conId:int"),
        "minTick:float, =1@110-164, orderTypes, validExchanges, nextOptionDate, nextOptionType",
        "nextOptionPartial:bool, notes, longName, timeZoneId@188, tradingHours@188, liquidHours@188",
        "evRule, evMultiplier:int",
        tag_values("secIdList"),
        "aggGroup:int@121, marketRuleIds@126",
        SIZE_STEP,
    ),
)

CONTRACT_ANSWERS: tuple[Message, ...] = (
    CONTRACT_DATA,
    BOND_CONTRACT_DATA,
    message(52, m.ContractDataEnd, "=1, reqId:int"),
    message(
        56,
        m.DeltaNeutralValidation,
        "=1, reqId:int",
        Inside("deltaNeutralContract", m.DeltaNeutralContract, "conId:int, delta:float, price:float"),
    ),
    message(
        75,
        m.SecurityDefinitionOptionParameter,
        "reqId:int, exchange, underlyingConId:int, tradingClass, multiplier",
        Many("expirations"),
        Many("strikes:float"),
        since=104,
    ),
    message(76, m.SecurityDefinitionOptionParameterEnd, "reqId:int", since=104),
    message(
        79,
        m.SymbolSamples,
        "reqId:int",
        Repeat(
            "contractDescriptions",
            m.ContractDescription,
            contract("conId:int, symbol, secType, primaryExchange, currency"),
            Many("derivativeSecTypes"),
            "description@176, issuerId@176",
        ),
        since=108,
    ),
    message(
        80,
        m.MktDepthExchanges,
        Repeat(
            "depthMktDataDescriptions",
            m.DepthMktDataDescription,
            "exchange, secType, =0@-120",  # whether it is level two
            "listingExch@120, serviceDataType@120, aggGroup:max_int@120",
        ),
        since=112,
    ),
    message(
        82,
        m.SmartComponents,
        "reqId:int",
        Repeat("smartComponents", m.SmartComponent, "bitNumber:int, exchange, exchangeLetter"),
        since=114,
    ),
    message(
        93,
        m.MarketRule,
        "marketRuleId:int",
        Repeat("priceIncrements", m.PriceIncrement, "lowEdge:float, increment:float"),
        since=126,
    ),
)
