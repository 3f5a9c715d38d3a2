"""What the gateway says of the session, accounts and news, and the table of all answers.

Rule: the tables are the specification's section 4.4. ``escaped`` stands where clients undo escapes from version 153 on.
"""

from __future__ import annotations

from ... import messages as m
from .contract_answers import CONTRACT_ANSWERS
from .contracts import LOCAL, NAME, TOLD, contract
from .layout import Message, Repeat, message
from .market_answers import HISTORY_ANSWERS, MARKET_ANSWERS
from .order_answers import ORDER_ANSWERS

SESSION_ANSWERS: tuple[Message, ...] = (
    message(
        4,
        m.ErrorMessage,
        "=2@-194, id:int, code:int, message:escaped, advancedOrderRejectJson:escaped@166",
        "errorTime:long@194",
    ),
    message(9, m.NextValidId, "=1, orderId:int"),
    message(49, m.CurrentTime, "=1, time:long"),
    message(65, m.VerifyMessageAPI, "=1, apiData:escaped"),
    message(66, m.VerifyCompleted, "=1, isSuccessful:bool, errorText:escaped"),
    message(67, m.DisplayGroupList, "=1, reqId:int, groups:escaped"),
    message(68, m.DisplayGroupUpdated, "=1, reqId:int, contractInfo:escaped"),
    message(69, m.VerifyAndAuthMessageAPI, "=1, apiData:escaped, xyzChallenge:escaped"),
    message(70, m.VerifyAndAuthCompleted, "=1, isSuccessful:bool, errorText:escaped"),
    message(109, m.CurrentTimeInMillis, "timeInMillis:long", since=197),
)

ACCOUNT_ANSWERS: tuple[Message, ...] = (
    message(6, m.UpdateAccountValue, "=1, key:escaped, val:escaped, currency:escaped, accountName:escaped"),
    message(
        7,
        m.UpdatePortfolio,
        "=8",
        contract(NAME, "multiplier, primaryExchange", LOCAL),
        "position:quantity, marketPrice:float, marketValue:float, averageCost:float, unrealizedPNL:float",
        "realizedPNL:float, accountName",
    ),
    message(8, m.UpdateAccountTime, "=1, timeStamp:escaped"),
    message(15, m.ManagedAccounts, "=1, accountsList:escaped"),
    message(16, m.ReceiveFA, "=1, faData:int, cxml:escaped"),
    message(54, m.AccountDownloadEnd, "=1, accountName:escaped"),
    message(61, m.Position, "=3, account", TOLD, "position:quantity, avgCost:float"),
    message(62, m.PositionEnd, "=1"),
    message(63, m.AccountSummary, "=1, reqId:int, account:escaped, tag:escaped, value:escaped, currency:escaped"),
    message(64, m.AccountSummaryEnd, "=1, reqId:int"),
    message(
        71, m.PositionMulti, "=1, reqId:int, account", TOLD, "position:quantity, avgCost:float, modelCode", since=103
    ),
    message(72, m.PositionMultiEnd, "=1, reqId:int", since=103),
    message(
        73,
        m.AccountUpdateMulti,
        "=1, reqId:int, account:escaped, modelCode:escaped, key:escaped, value:escaped, currency:escaped",
        since=103,
    ),
    message(74, m.AccountUpdateMultiEnd, "=1, reqId:int", since=103),
    message(77, m.SoftDollarTiers, "reqId:int", Repeat("tiers", m.SoftDollarTier, "name, val, displayName"), since=106),
    message(78, m.FamilyCodes, Repeat("familyCodes", m.FamilyCode, "accountID, familyCodeStr"), since=107),
    message(
        94, m.Pnl, "reqId:int, dailyPnL:max_float, unrealizedPnL:max_float@129, realizedPnL:max_float@135", since=127
    ),
    message(
        95,
        m.PnlSingle,
        "reqId:int, pos:quantity, dailyPnL:max_float, unrealizedPnL:max_float@129",
        "realizedPnL:max_float@135, value:max_float",
        since=127,
    ),
    message(103, m.ReplaceFAEnd, "reqId:int, text", since=157),
    message(107, m.UserInfo, "reqId:int, whiteBrandingId", since=167),
)

NEWS_ANSWERS: tuple[Message, ...] = (
    message(14, m.UpdateNewsBulletin, "=1, msgId:int, msgType:int, newsMessage:escaped, originExch:escaped"),
    message(51, m.FundamentalData, "=1, reqId:int, data:escaped"),
    message(83, m.NewsArticle, "reqId:int, articleType:int, articleText", since=116),
    message(84, m.TickNews, "tickerId:int, timeStamp:long, providerCode, articleId, headline, extraData", since=113),
    message(85, m.NewsProviders, Repeat("newsProviders", m.NewsProvider, "code, name"), since=115),
    message(86, m.HistoricalNews, "reqId:int, time, providerCode, articleId, headline", since=117),
    message(87, m.HistoricalNewsEnd, "reqId:int, hasMore:bool", since=117),
    message(104, m.WshMetaData, "reqId:int, dataJson", since=161),
    message(105, m.WshEventData, "reqId:int, dataJson", since=161),
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
