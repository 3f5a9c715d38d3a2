"""What the gateway says, family by family: from which version on in protobuf, and how it is laid out.

Rule: as in ``records``. IB's clients read both forms at every version above 200; an answer changes its form with the
request that leads to it, and never before ibapi 10.37.2, which knows six of them at 203, can read it.
"""

from __future__ import annotations

from ... import messages as m
from .layout import Message, message
from .records import last_trade, leg_prices

_ID = "1 reqId"

SESSION_ANSWERS: tuple[Message, ...] = (
    message(4, m.ErrorMessage, 203, "1 id:id, 2 errorTime:long, 3 code, 4 message, 5 advancedOrderRejectJson"),
    message(9, m.NextValidId, 213, "1 orderId"),
    message(49, m.CurrentTime, 213, "1 time:long"),
    message(65, m.VerifyMessageAPI, 213, "1 apiData"),
    message(66, m.VerifyCompleted, 213, "1 isSuccessful, 2 errorText"),
    message(67, m.DisplayGroupList, 213, "1 reqId, 2 groups"),
    message(68, m.DisplayGroupUpdated, 213, "1 reqId, 2 contractInfo"),
    message(109, m.CurrentTimeInMillis, 213, "1 timeInMillis:long"),
    message(110, m.ConfigResponse, 219, "1 reqId, 2 lockAndExit, 3 messages, 4 api, 5 orders"),
    message(111, m.UpdateConfigResponse, 221, "1 reqId, 2 status, 3 message, 4 changedFields, 5 errors, 6 warnings"),
)

ACCOUNT_ANSWERS: tuple[Message, ...] = (
    message(6, m.UpdateAccountValue, 207, "1 key, 2 val, 3 currency, 4 accountName"),
    message(
        7,
        m.UpdatePortfolio,
        207,
        "1 contract, 2 position, 3 marketPrice, 4 marketValue, 5 averageCost, 6 unrealizedPNL, 7 realizedPNL, "
        "8 accountName",
    ),
    message(8, m.UpdateAccountTime, 207, "1 timeStamp"),
    message(15, m.ManagedAccounts, 207, "1 accountsList"),
    message(16, m.ReceiveFA, 211, "1 faData, 2 cxml"),
    message(54, m.AccountDownloadEnd, 207, "1 accountName"),
    message(61, m.Position, 207, "1 account, 2 contract, 3 position, 4 avgCost"),
    message(62, m.PositionEnd, 207),
    message(63, m.AccountSummary, 207, "1 reqId, 2 account, 3 tag, 4 value, 5 currency"),
    message(64, m.AccountSummaryEnd, 207, _ID),
    message(71, m.PositionMulti, 207, "1 reqId, 2 account, 3 contract, 4 position, 5 avgCost, 6 modelCode"),
    message(72, m.PositionMultiEnd, 207, _ID),
    message(73, m.AccountUpdateMulti, 207, "1 reqId, 2 account, 3 modelCode, 4 key, 5 value, 6 currency"),
    message(74, m.AccountUpdateMultiEnd, 207, _ID),
    message(77, m.SoftDollarTiers, 212, "1 reqId, 2 tiers"),
    message(78, m.FamilyCodes, 212, "1 familyCodes"),
    message(94, m.Pnl, 210, "1 reqId, 2 dailyPnL, 3 unrealizedPnL, 4 realizedPnL"),
    message(95, m.PnlSingle, 210, "1 reqId, 2 pos, 3 dailyPnL, 4 unrealizedPnL, 5 realizedPnL, 6 value"),
    message(103, m.ReplaceFAEnd, 211, "1 reqId, 2 text"),
    message(107, m.UserInfo, 212, "1 reqId, 2 whiteBrandingId"),
)

NEWS_ANSWERS: tuple[Message, ...] = (
    message(14, m.UpdateNewsBulletin, 209, "1 msgId, 2 msgType, 3 newsMessage, 4 originExch"),
    message(51, m.FundamentalData, 210, "1 reqId, 2 data"),
    message(83, m.NewsArticle, 209, "1 reqId, 2 articleType, 3 articleText"),
    message(84, m.TickNews, 209, "1 tickerId, 2 timeStamp:long, 3 providerCode, 4 articleId, 5 headline, 6 extraData"),
    message(85, m.NewsProviders, 209, "1 newsProviders"),
    message(86, m.HistoricalNews, 209, "1 reqId, 2 time, 3 providerCode, 4 articleId, 5 headline"),
    message(87, m.HistoricalNewsEnd, 209, "1 reqId, 2 hasMore"),
    message(104, m.WshMetaData, 209, "1 reqId, 2 dataJson"),
    message(105, m.WshEventData, 209, "1 reqId, 2 dataJson"),
)

CONTRACT_ANSWERS: tuple[Message, ...] = (
    message(
        10,
        m.ContractData,
        205,
        "1 reqId, 2 details.contract, 3 details",
        hook=last_trade("contract.lastTradeDateOrContractMonth", "lastTradeTime", "timeZoneId"),
    ),
    message(
        18,
        m.BondContractData,
        205,
        "1 reqId, 2 details.contract, 3 details",
        hook=last_trade("maturity", "lastTradeTime", "timeZoneId"),
    ),
    message(52, m.ContractDataEnd, 205, _ID),
    message(
        75,
        m.SecurityDefinitionOptionParameter,
        212,
        "1 reqId, 2 exchange, 3 underlyingConId, 4 tradingClass, 5 multiplier, 6 expirations, 7 strikes",
    ),
    message(76, m.SecurityDefinitionOptionParameterEnd, 212, _ID),
    message(79, m.SymbolSamples, 212, "1 reqId, 2 contractDescriptions"),
    message(80, m.MktDepthExchanges, 213, "1 depthMktDataDescriptions"),
    message(82, m.SmartComponents, 212, "1 reqId, 2 smartComponents"),
    message(93, m.MarketRule, 212, "1 marketRuleId, 2 priceIncrements"),
)

MARKET_ANSWERS: tuple[Message, ...] = (
    message(1, m.TickPrice, 206, "1 reqId, 2 tickType, 3 price, 4 size, 5 attribMask"),
    message(2, m.TickSize, 206, "1 reqId, 2 tickType, 3 size"),
    message(12, m.UpdateMktDepth, 206, "1 reqId, 2.1 position, 2.2 operation, 2.3 side, 2.4 price, 2.5 size"),
    message(
        13,
        m.UpdateMktDepthL2,
        206,
        "1 reqId, 2.1 position, 2.2 operation, 2.3 side, 2.4 price, 2.5 size, 2.6 marketMaker, 2.7 isSmartDepth",
    ),
    message(19, m.ScannerParameters, 210, "1 xml"),
    message(20, m.ScannerData, 210, "1 reqId, 2 rows"),
    message(
        21,
        m.TickOptionComputation,
        206,
        "1 reqId, 2 tickType, 3 tickAttrib, 4 impliedVol:-1, 5 delta:-2, 6 optPrice:-1, 7 pvDividend:-1, 8 gamma:-2, "
        "9 vega:-2, 10 theta:-2, 11 undPrice:-1",
    ),
    message(45, m.TickGeneric, 206, "1 reqId, 2 tickType, 3 value"),
    message(46, m.TickString, 206, "1 reqId, 2 tickType, 3 value"),
    message(57, m.TickSnapshotEnd, 206, _ID),
    message(58, m.MarketDataType, 206, "1 reqId, 2 marketDataType"),
    message(
        81,
        m.TickReqParams,
        206,
        "1 reqId, 2 minTick:figure, 3 bboExchange, 4 snapshotPermissions, 5 lastPricePrecision, 6 lastSizePrecision",
    ),
    message(91, m.RerouteMktDataReq, 211, "1 reqId, 2 conId, 3 exchange"),
    message(92, m.RerouteMktDepthReq, 211, "1 reqId, 2 conId, 3 exchange"),
    message(
        99,
        m.TickByTick,
        208,
        "1 reqId, 2 tickType, 3.1 time:long, 3.2.1 mask:bit1, 3.2.2 mask:bit2, 3.3 price, 3.4 size, 3.5 exchange, "
        "3.6 specialConditions, 4.1 time:long, 4.2.1 mask:bit1, 4.2.2 mask:bit2, 4.3 bidPrice, 4.4 askPrice, "
        "4.5 bidSize, 4.6 askSize, 5.1 time:long, 5.2 midPoint",
        when={
            3: lambda tick: tick.tickType in (1, 2),
            4: lambda tick: tick.tickType == 3,
            5: lambda tick: tick.tickType == 4,
        },
    ),
)

HISTORY_ANSWERS: tuple[Message, ...] = (
    message(17, m.HistoricalData, 208, "1 reqId, 2 bars"),
    message(
        50,
        m.RealtimeBar,
        208,
        "1 reqId, 2 time:long, 3 open, 4 high, 5 low, 6 close, 7 volume, 8 wap:figure, 9 count",
    ),
    message(88, m.HeadTimestamp, 208, "1 reqId, 2 headTimestamp:moment"),
    message(89, m.HistogramData, 208, "1 reqId, 2 items"),
    message(90, m.HistoricalDataUpdate, 208, "1 reqId, 2 bar"),
    message(96, m.HistoricalTicks, 208, "1 reqId, 2 ticks:midpoint, 3 done"),
    message(97, m.HistoricalTicksBidAsk, 208, "1 reqId, 2 ticks:quote, 3 done"),
    message(98, m.HistoricalTicksLast, 208, "1 reqId, 2 ticks:trade, 3 done"),
    message(106, m.HistoricalSchedule, 211, "1 reqId, 2 startDateTime, 3 endDateTime, 4 timeZone, 5 sessions"),
    message(108, m.HistoricalDataEnd, 208, "1 reqId, 2 start:moment, 3 end:moment"),
)

ORDER_ANSWERS: tuple[Message, ...] = (
    message(
        3,
        m.OrderStatus,
        203,
        "1 orderId, 2 status, 3 filled, 4 remaining, 5 avgFillPrice, 6 permId:long, 7 parentId, 8 lastFillPrice, "
        "9 clientId, 10 whyHeld, 11 mktCapPrice",
    ),
    message(5, m.OpenOrder, 203, "1 orderId, 2 contract, 3 order, 4 orderState", hook=leg_prices("f2")),
    message(11, m.ExecDetails, 201, "1 reqId, 2 contract, 3 execution"),
    message(53, m.OpenOrderEnd, 204),
    message(55, m.ExecDetailsEnd, 201, _ID),
    message(
        59,
        m.CommissionReport,
        204,
        "1 execId, 2 commission, 3 currency, 4 realizedPNL:max, 5 yield_:max, 6 yieldRedemptionDate:digits",
    ),
    message(100, m.OrderBound, 204, "1 permId:long, 2 clientId, 3 orderId"),
    message(101, m.CompletedOrder, 204, "1 contract, 2 order, 3 orderState", hook=leg_prices("f1")),
    message(102, m.CompletedOrdersEnd, 204),
)

ANSWERS: tuple[Message, ...] = (
    *SESSION_ANSWERS,
    *ACCOUNT_ANSWERS,
    *NEWS_ANSWERS,
    *CONTRACT_ANSWERS,
    *MARKET_ANSWERS,
    *HISTORY_ANSWERS,
    *ORDER_ANSWERS,
)
