"""Market scanners."""

from __future__ import annotations

from dataclasses import dataclass

from .data import ScannerSubscription, ScanRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqScannerSubscription:
    """``scannerSubscriptionFilterOptions`` is the wire's ``tag=value;`` list."""

    reqId: int
    subscription: ScannerSubscription
    scannerSubscriptionFilterOptions: str = ""
    scannerSubscriptionOptions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelScannerSubscription:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqScannerParameters:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerParameters:
    xml: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerData:
    """One whole scan; the client makes up ``scannerDataEnd`` itself."""

    reqId: int
    rows: tuple[ScanRow, ...] = ()
