"""What the gateway says of the session, accounts and news, and the table of all answers.

Rule: the tables are the specification's section 4.4. ESCAPED stands where clients undo escapes from version 153 on.
"""

from __future__ import annotations

from ... import messages as m
from .contract_answers import CONTRACT_ANSWERS
from .contracts import LOCAL, NAME, TOLD, contract
from .kinds import BOOL, ESCAPED, FLOAT, INT, LONG, MAX_FLOAT, QUANTITY, TEXT
from .layout import Const, Field, Message, Repeat, message
from .market_answers import HISTORY_ANSWERS, MARKET_ANSWERS
from .order_answers import ORDER_ANSWERS

REQ_ID: Field = INT("reqId")
V1 = Const("1")

SESSION_ANSWERS: tuple[Message, ...] = (
    message(
        4,
        m.ErrorMessage,
        Const("2", until=194),
        INT("id"),
        INT("code"),
        ESCAPED("message"),
        ESCAPED("advancedOrderRejectJson", since=166),
        LONG("errorTime", since=194),
    ),
    message(9, m.NextValidId, V1, INT("orderId")),
    message(49, m.CurrentTime, V1, LONG("time")),
    message(65, m.VerifyMessageAPI, V1, ESCAPED("apiData")),
    message(66, m.VerifyCompleted, V1, BOOL("isSuccessful"), ESCAPED("errorText")),
    message(67, m.DisplayGroupList, V1, REQ_ID, ESCAPED("groups")),
    message(68, m.DisplayGroupUpdated, V1, REQ_ID, ESCAPED("contractInfo")),
    message(69, m.VerifyAndAuthMessageAPI, V1, ESCAPED("apiData"), ESCAPED("xyzChallenge")),
    message(70, m.VerifyAndAuthCompleted, V1, BOOL("isSuccessful"), ESCAPED("errorText")),
    message(109, m.CurrentTimeInMillis, LONG("timeInMillis"), since=197),
)

ACCOUNT_ANSWERS: tuple[Message, ...] = (
    message(6, m.UpdateAccountValue, V1, *map(ESCAPED, ("key", "val", "currency", "accountName"))),
    message(
        7,
        m.UpdatePortfolio,
        Const("8"),
        contract(*NAME, TEXT("multiplier"), TEXT("primaryExchange"), *LOCAL),
        QUANTITY("position"),
        FLOAT("marketPrice"),
        FLOAT("marketValue"),
        FLOAT("averageCost"),
        FLOAT("unrealizedPNL"),
        FLOAT("realizedPNL"),
        TEXT("accountName"),
    ),
    message(8, m.UpdateAccountTime, V1, ESCAPED("timeStamp")),
    message(15, m.ManagedAccounts, V1, ESCAPED("accountsList")),
    message(16, m.ReceiveFA, V1, INT("faData"), ESCAPED("cxml")),
    message(54, m.AccountDownloadEnd, V1, ESCAPED("accountName")),
    message(61, m.Position, Const("3"), TEXT("account"), TOLD, QUANTITY("position"), FLOAT("avgCost")),
    message(62, m.PositionEnd, V1),
    message(63, m.AccountSummary, V1, REQ_ID, *map(ESCAPED, ("account", "tag", "value", "currency"))),
    message(64, m.AccountSummaryEnd, V1, REQ_ID),
    message(
        71,
        m.PositionMulti,
        V1,
        REQ_ID,
        TEXT("account"),
        TOLD,
        QUANTITY("position"),
        FLOAT("avgCost"),
        TEXT("modelCode"),
        since=103,
    ),
    message(72, m.PositionMultiEnd, V1, REQ_ID, since=103),
    message(
        73,
        m.AccountUpdateMulti,
        V1,
        REQ_ID,
        *map(ESCAPED, ("account", "modelCode", "key", "value", "currency")),
        since=103,
    ),
    message(74, m.AccountUpdateMultiEnd, V1, REQ_ID, since=103),
    message(
        77,
        m.SoftDollarTiers,
        REQ_ID,
        Repeat("tiers", m.SoftDollarTier, TEXT("name"), TEXT("val"), TEXT("displayName")),
        since=106,
    ),
    message(
        78, m.FamilyCodes, Repeat("familyCodes", m.FamilyCode, TEXT("accountID"), TEXT("familyCodeStr")), since=107
    ),
    message(
        94,
        m.Pnl,
        REQ_ID,
        MAX_FLOAT("dailyPnL"),
        MAX_FLOAT("unrealizedPnL", since=129),
        MAX_FLOAT("realizedPnL", since=135),
        since=127,
    ),
    message(
        95,
        m.PnlSingle,
        REQ_ID,
        QUANTITY("pos"),
        MAX_FLOAT("dailyPnL"),
        MAX_FLOAT("unrealizedPnL", since=129),
        MAX_FLOAT("realizedPnL", since=135),
        MAX_FLOAT("value"),
        since=127,
    ),
    message(103, m.ReplaceFAEnd, REQ_ID, TEXT("text"), since=157),
    message(107, m.UserInfo, REQ_ID, TEXT("whiteBrandingId"), since=167),
)

NEWS_ANSWERS: tuple[Message, ...] = (
    message(
        14,
        m.UpdateNewsBulletin,
        V1,
        INT("msgId"),
        INT("msgType"),
        ESCAPED("newsMessage"),
        ESCAPED("originExch"),
    ),
    message(51, m.FundamentalData, V1, REQ_ID, ESCAPED("data")),
    message(83, m.NewsArticle, REQ_ID, INT("articleType"), TEXT("articleText"), since=116),
    message(
        84,
        m.TickNews,
        INT("tickerId"),
        LONG("timeStamp"),
        TEXT("providerCode"),
        TEXT("articleId"),
        TEXT("headline"),
        TEXT("extraData"),
        since=113,
    ),
    message(85, m.NewsProviders, Repeat("newsProviders", m.NewsProvider, TEXT("code"), TEXT("name")), since=115),
    message(
        86,
        m.HistoricalNews,
        REQ_ID,
        TEXT("time"),
        TEXT("providerCode"),
        TEXT("articleId"),
        TEXT("headline"),
        since=117,
    ),
    message(87, m.HistoricalNewsEnd, REQ_ID, BOOL("hasMore"), since=117),
    message(104, m.WshMetaData, REQ_ID, TEXT("dataJson"), since=161),
    message(105, m.WshEventData, REQ_ID, TEXT("dataJson"), since=161),
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
