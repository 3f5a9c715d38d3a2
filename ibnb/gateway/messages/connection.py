"""The session itself: start, ids, time, notices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StartApi:
    clientId: int
    optionalCapabilities: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqIds:
    numIds: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqManagedAccts:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqCurrentTime:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqCurrentTimeInMillis:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SetServerLogLevel:
    logLevel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextValidId:
    orderId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedAccounts:
    accountsList: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentTime:
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentTimeInMillis:
    timeInMillis: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMessage:
    """An error, warning or notice; ``id`` is a request's, an order's, or -1. ``errorTime`` is in ms."""

    id: int
    code: int
    message: str
    advancedOrderRejectJson: str = ""
    errorTime: int = 0
