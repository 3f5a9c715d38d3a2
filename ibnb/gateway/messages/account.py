"""Account summary, updates, positions, profit and loss, and what belongs to an account."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .data import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqAccountUpdates:
    subscribe: bool
    acctCode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqAccountSummary:
    reqId: int
    groupName: str
    tags: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAccountSummary:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqPositions:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPositions:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqPositionsMulti:
    reqId: int
    account: str
    modelCode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPositionsMulti:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqAccountUpdatesMulti:
    reqId: int
    account: str
    modelCode: str
    ledgerAndNLV: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAccountUpdatesMulti:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqPnL:
    reqId: int
    account: str
    modelCode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPnL:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqPnLSingle:
    reqId: int
    account: str
    modelCode: str
    conid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPnLSingle:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqFamilyCodes:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqSoftDollarTiers:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqUserInfo:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFA:
    faData: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceFA:
    reqId: int = -1
    faData: int
    cxml: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateAccountValue:
    key: str
    val: str
    currency: str
    accountName: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePortfolio:
    contract: Contract
    position: Decimal
    marketPrice: float
    marketValue: float
    averageCost: float
    unrealizedPNL: float
    realizedPNL: float
    accountName: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateAccountTime:
    timeStamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDownloadEnd:
    accountName: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSummary:
    reqId: int
    account: str
    tag: str
    value: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSummaryEnd:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    account: str
    contract: Contract
    position: Decimal
    avgCost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionEnd:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionMulti:
    reqId: int
    account: str
    contract: Contract
    position: Decimal
    avgCost: float
    modelCode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionMultiEnd:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUpdateMulti:
    reqId: int
    account: str
    modelCode: str
    key: str
    value: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUpdateMultiEnd:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pnl:
    reqId: int
    dailyPnL: float | None
    unrealizedPnL: float | None = None
    realizedPnL: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlSingle:
    reqId: int
    pos: Decimal
    dailyPnL: float | None
    unrealizedPnL: float | None = None
    realizedPnL: float | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyCode:
    accountID: str
    familyCodeStr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyCodes:
    familyCodes: tuple[FamilyCode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftDollarTier:
    name: str
    val: str
    displayName: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftDollarTiers:
    reqId: int
    tiers: tuple[SoftDollarTier, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInfo:
    reqId: int
    whiteBrandingId: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveFA:
    faData: int
    cxml: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceFAEnd:
    reqId: int
    text: str
