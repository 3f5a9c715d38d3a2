"""What clients ask, in the order of its numbers: from which version on in protobuf, and how it is laid out.

Rule: as in ``records``. Two requests of vendors' authentication have no such form.
"""

from __future__ import annotations

from ... import messages as m
from .layout import Message, message
from .records import leg_prices

_ID = "1 reqId"
_ASKED = "1 reqId, 2 contract, "

REQUESTS: tuple[Message, ...] = (
    message(
        1, m.ReqMktData, 206, _ASKED + "3 genericTickList, 4 snapshot, 5 regulatorySnapshot, 6 mktDataOptions:options"
    ),
    message(2, m.CancelMktData, 206, _ID),
    message(
        3,
        m.PlaceOrder,
        203,
        "1 orderId, 2 contract, 3 order, 4.1 order.slOrderId, 4.2 order.slOrderType, 4.3 order.ptOrderId, "
        "4.4 order.ptOrderType",
        hook=leg_prices("f2"),
    ),
    message(
        4,
        m.CancelOrder,
        203,
        "1 orderId, 2.1 manualOrderCancelTime:moment, 2.2 extOperator, 2.3 manualOrderIndicator",
    ),
    message(5, m.ReqOpenOrders, 204),
    message(6, m.ReqAccountUpdates, 207, "1 subscribe, 2 acctCode"),
    message(
        7,
        m.ReqExecutions,
        201,
        "1 reqId, 2.1 clientId, 2.2 acctCode, 2.3 time:moment, 2.4 symbol, 2.5 secType, 2.6 exchange, 2.7 side, "
        "2.8 lastNDays, 2.9 specificDates",
    ),
    message(8, m.ReqIds, 213, "1 numIds"),
    message(9, m.ReqContractDetails, 205, "1 reqId, 2 contract"),
    message(10, m.ReqMktDepth, 206, _ASKED + "3 numRows, 4 isSmartDepth, 5 mktDepthOptions:options"),
    message(11, m.CancelMktDepth, 206, "1 reqId, 2 isSmartDepth"),
    message(12, m.ReqNewsBulletins, 209, "1 allMsgs"),
    message(13, m.CancelNewsBulletins, 209),
    message(14, m.SetServerLogLevel, 213, "1 logLevel"),
    message(15, m.ReqAutoOpenOrders, 204, "1 bAutoBind"),
    message(16, m.ReqAllOpenOrders, 204),
    message(17, m.ReqManagedAccts, 207),
    message(18, m.RequestFA, 211, "1 faData"),
    message(19, m.ReplaceFA, 211, "1 reqId, 2 faData, 3 cxml"),
    message(
        20,
        m.ReqHistoricalData,
        208,
        _ASKED + "3 endDateTime:moment, 4 barSizeSetting, 5 durationStr, 6 useRTH:flag, 7 whatToShow, 8 formatDate, "
        "9 keepUpToDate, 10 chartOptions:options",
    ),
    message(
        21,
        m.ExerciseOptions,
        211,
        _ASKED + "3 exerciseAction, 4 exerciseQuantity, 5 account, 6 override:flag, 7 manualOrderTime:moment, "
        "8 customerAccount, 9 professionalCustomer",
    ),
    message(
        22,
        m.ReqScannerSubscription,
        210,
        """1 reqId, 2.1 subscription.numberOfRows, 2.2 subscription.instrument, 2.3 subscription.locationCode,
        2.4 subscription.scanCode, 2.5 subscription.abovePrice, 2.6 subscription.belowPrice,
        2.7 subscription.aboveVolume:long, 2.8 subscription.marketCapAbove, 2.9 subscription.marketCapBelow,
        2.10 subscription.moodyRatingAbove, 2.11 subscription.moodyRatingBelow, 2.12 subscription.spRatingAbove,
        2.13 subscription.spRatingBelow, 2.14 subscription.maturityDateAbove, 2.15 subscription.maturityDateBelow,
        2.16 subscription.couponRateAbove, 2.17 subscription.couponRateBelow, 2.18 subscription.excludeConvertible,
        2.19 subscription.averageOptionVolumeAbove:long, 2.20 subscription.scannerSettingPairs,
        2.21 subscription.stockTypeFilter, 2.22 scannerSubscriptionFilterOptions:options,
        2.23 scannerSubscriptionOptions:options""",
    ),
    message(23, m.CancelScannerSubscription, 210, _ID),
    message(24, m.ReqScannerParameters, 210),
    message(25, m.CancelHistoricalData, 208, _ID),
    message(49, m.ReqCurrentTime, 213),
    message(
        50,
        m.ReqRealTimeBars,
        208,
        _ASKED + "3 barSize, 4 whatToShow, 5 useRTH, 6 realTimeBarsOptions:options",
    ),
    message(51, m.CancelRealTimeBars, 208, _ID),
    # In ibapi up to 10.46; newer ones have neither form.
    message(52, m.ReqFundamentalData, 210, _ASKED + "3 reportType, 4 fundamentalDataOptions:options"),
    message(53, m.CancelFundamentalData, 210, _ID),
    message(54, m.CalculateImpliedVolatility, 211, _ASKED + "3 optionPrice, 4 underPrice, 5 options:options"),
    message(55, m.CalculateOptionPrice, 211, _ASKED + "3 volatility, 4 underPrice, 5 options:options"),
    message(56, m.CancelCalculateImpliedVolatility, 211, _ID),
    message(57, m.CancelCalculateOptionPrice, 211, _ID),
    message(
        58,
        m.ReqGlobalCancel,
        203,
        "1.2 extOperator, 1.3 manualOrderIndicator",
    ),
    message(59, m.ReqMarketDataType, 206, "1 marketDataType"),
    message(61, m.ReqPositions, 207),
    message(62, m.ReqAccountSummary, 207, "1 reqId, 2 groupName, 3 tags"),
    message(63, m.CancelAccountSummary, 207, _ID),
    message(64, m.CancelPositions, 207),
    message(65, m.VerifyRequest, 213, "1 apiName, 2 apiVersion"),
    message(66, m.VerifyMessage, 213, "1 apiData"),
    message(67, m.QueryDisplayGroups, 213, _ID),
    message(68, m.SubscribeToGroupEvents, 213, "1 reqId, 2 groupId"),
    message(69, m.UpdateDisplayGroup, 213, "1 reqId, 2 contractInfo"),
    message(70, m.UnsubscribeFromGroupEvents, 213, _ID),
    message(71, m.StartApi, 213, "1 clientId, 2 optionalCapabilities"),
    message(74, m.ReqPositionsMulti, 207, "1 reqId, 2 account, 3 modelCode"),
    message(75, m.CancelPositionsMulti, 207, _ID),
    message(76, m.ReqAccountUpdatesMulti, 207, "1 reqId, 2 account, 3 modelCode, 4 ledgerAndNLV"),
    message(77, m.CancelAccountUpdatesMulti, 207, _ID),
    message(
        78,
        m.ReqSecDefOptParams,
        212,
        "1 reqId, 2 underlyingSymbol, 3 futFopExchange, 4 underlyingSecType, 5 underlyingConId",
    ),
    message(79, m.ReqSoftDollarTiers, 212, _ID),
    message(80, m.ReqFamilyCodes, 212),
    message(81, m.ReqMatchingSymbols, 212, "1 reqId, 2 pattern"),
    message(82, m.ReqMktDepthExchanges, 213),
    message(83, m.ReqSmartComponents, 212, "1 reqId, 2 bboExchange"),
    message(84, m.ReqNewsArticle, 209, "1 reqId, 2 providerCode, 3 articleId, 4 newsArticleOptions:options"),
    message(85, m.ReqNewsProviders, 209),
    message(
        86,
        m.ReqHistoricalNews,
        209,
        "1 reqId, 2 conId, 3 providerCodes, 4 startDateTime:moment, 5 endDateTime:moment, 6 totalResults, "
        "7 historicalNewsOptions:options",
    ),
    message(87, m.ReqHeadTimeStamp, 208, _ASKED + "3 useRTH:flag, 4 whatToShow, 5 formatDate"),
    message(88, m.ReqHistogramData, 208, _ASKED + "3 useRTH:flag, 4 timePeriod"),
    message(89, m.CancelHistogramData, 208, _ID),
    message(90, m.CancelHeadTimeStamp, 208, _ID),
    message(91, m.ReqMarketRule, 212, "1 marketRuleId"),
    message(92, m.ReqPnL, 210, "1 reqId, 2 account, 3 modelCode"),
    message(93, m.CancelPnL, 210, _ID),
    message(94, m.ReqPnLSingle, 210, "1 reqId, 2 account, 3 modelCode, 4 conid"),
    message(95, m.CancelPnLSingle, 210, _ID),
    message(
        96,
        m.ReqHistoricalTicks,
        208,
        _ASKED + "3 startDateTime:moment, 4 endDateTime:moment, 5 numberOfTicks, 6 whatToShow, 7 useRth:flag, "
        "8 ignoreSize, 9 miscOptions:options",
    ),
    message(97, m.ReqTickByTickData, 208, _ASKED + "3 tickType, 4 numberOfTicks, 5 ignoreSize"),
    message(98, m.CancelTickByTickData, 208, _ID),
    message(99, m.ReqCompletedOrders, 204, "1 apiOnly"),
    message(100, m.ReqWshMetaData, 209, _ID),
    message(101, m.CancelWshMetaData, 209, _ID),
    message(
        102,
        m.ReqWshEventData,
        209,
        "1 reqId, 2 conId, 3 filter, 4 fillWatchlist, 5 fillPortfolio, 6 fillCompetitors, 7 startDate, 8 endDate, "
        "9 totalLimit",
    ),
    message(103, m.CancelWshEventData, 209, _ID),
    message(104, m.ReqUserInfo, 212, _ID),
    message(105, m.ReqCurrentTimeInMillis, 213),
    # Those without a form on the text lane.
    message(106, m.CancelContractData, 215, _ID),
    message(107, m.CancelHistoricalTicks, 215, _ID),
    message(108, m.ReqConfig, 219, _ID),
    message(
        109,
        m.UpdateConfig,
        221,
        "1 reqId, 2 lockAndExit, 3 messages, 4 api, 5 orders, 6 acceptedWarnings, 7 resetAPIOrderSequence",
    ),
)
