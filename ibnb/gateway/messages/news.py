"""News, bulletins, fundamentals, events, display groups and vendor authentication."""

from __future__ import annotations

from dataclasses import dataclass

from .data import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqNewsBulletins:
    allMsgs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelNewsBulletins:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqNewsProviders:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqNewsArticle:
    reqId: int
    providerCode: str
    articleId: str
    newsArticleOptions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqHistoricalNews:
    reqId: int
    conId: int
    providerCodes: str
    startDateTime: str
    endDateTime: str
    totalResults: int
    historicalNewsOptions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqFundamentalData:
    reqId: int
    contract: Contract
    reportType: str
    fundamentalDataOptions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelFundamentalData:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqWshMetaData:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelWshMetaData:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqWshEventData:
    reqId: int
    conId: int | None = None
    filter: str = ""
    fillWatchlist: bool = False
    fillPortfolio: bool = False
    fillCompetitors: bool = False
    startDate: str = ""
    endDate: str = ""
    totalLimit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelWshEventData:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryDisplayGroups:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeToGroupEvents:
    reqId: int
    groupId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDisplayGroup:
    reqId: int
    contractInfo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeFromGroupEvents:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    apiName: str
    apiVersion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyMessage:
    apiData: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyAndAuthRequest:
    apiName: str
    apiVersion: str
    opaqueIsvKey: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyAndAuthMessage:
    apiData: str
    xyzResponse: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateNewsBulletin:
    msgId: int
    msgType: int
    newsMessage: str
    originExch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsProvider:
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsProviders:
    newsProviders: tuple[NewsProvider, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsArticle:
    reqId: int
    articleType: int
    articleText: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalNews:
    reqId: int
    time: str
    providerCode: str
    articleId: str
    headline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalNewsEnd:
    reqId: int
    hasMore: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TickNews:
    tickerId: int
    timeStamp: int
    providerCode: str
    articleId: str
    headline: str
    extraData: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundamentalData:
    reqId: int
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WshMetaData:
    reqId: int
    dataJson: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WshEventData:
    reqId: int
    dataJson: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayGroupList:
    reqId: int
    groups: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayGroupUpdated:
    reqId: int
    contractInfo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyMessageAPI:
    apiData: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyCompleted:
    isSuccessful: bool
    errorText: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyAndAuthMessageAPI:
    apiData: str
    xyzChallenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyAndAuthCompleted:
    isSuccessful: bool
    errorText: str = ""
