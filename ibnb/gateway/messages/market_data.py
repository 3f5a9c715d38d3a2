"""Quotes, depth and tick-by-tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from .data import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqMktData:
    reqId: int
    contract: Contract
    genericTickList: str = ""
    snapshot: bool = False
    regulatorySnapshot: bool = False
    mktDataOptions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelMktData:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqMarketDataType:
    marketDataType: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqMktDepth:
    reqId: int
    contract: Contract
    numRows: int = 5
    isSmartDepth: bool = False
    mktDepthOptions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelMktDepth:
    reqId: int
    isSmartDepth: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqTickByTickData:
    reqId: int
    contract: Contract
    tickType: str = ""
    numberOfTicks: int = 0
    ignoreSize: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTickByTickData:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TickPrice:
    reqId: int
    tickType: int
    price: float
    size: Decimal = Decimal(0)
    attribMask: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TickSize:
    reqId: int
    tickType: int
    size: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TickGeneric:
    reqId: int
    tickType: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TickString:
    reqId: int
    tickType: int
    value: str


# What a price, a size, a text or a number says: which message, tick type, value, and a price's size and attributes.
TickFields = tuple[type, int, Any, Decimal, int]


@dataclass(slots=True, eq=False)
class TickMinute:
    """What a stream of quotes has to say in a minute: of each tick the seconds in which it is new. Each is a message of
    its own. A codec puts the `frames` of all seconds in the place of `columns`, once."""

    reqId: int
    columns: list[list[tuple[int, TickFields]]]
    frames: list[bytes] = field(default_factory=list)


class TickSecond(NamedTuple):
    """One second of it."""

    minute: TickMinute
    second: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TickEFP:
    """Exchange for physical: what the future costs against the stock, financing and dividends included."""

    reqId: int
    tickType: int
    basisPoints: float
    formattedBasisPoints: str
    impliedFuturesPrice: float
    holdDays: int
    futureLastTradeDate: str
    dividendImpact: float
    dividendsToLastTradeDate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TickOptionComputation:
    reqId: int
    tickType: int
    tickAttrib: int = 0
    impliedVol: float | None = None
    delta: float | None = None
    optPrice: float | None = None
    pvDividend: float | None = None
    gamma: float | None = None
    vega: float | None = None
    theta: float | None = None
    undPrice: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TickSnapshotEnd:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketDataType:
    reqId: int
    marketDataType: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TickReqParams:
    reqId: int
    minTick: float
    bboExchange: str
    snapshotPermissions: int
    lastPricePrecision: Decimal | None = None
    lastSizePrecision: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMktDepth:
    reqId: int
    position: int
    operation: int  # 0 insert, 1 update, 2 delete
    side: int  # 0 ask, 1 bid
    price: float
    size: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMktDepthL2:
    reqId: int
    position: int
    marketMaker: str
    operation: int
    side: int
    price: float
    size: Decimal
    isSmartDepth: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TickByTick:
    """``tickType``: 1 Last, 2 AllLast, 3 BidAsk, 4 MidPoint."""

    reqId: int
    tickType: int
    time: int
    price: float = 0.0
    size: Decimal = Decimal(0)
    mask: int = 0
    exchange: str = ""
    specialConditions: str = ""
    bidPrice: float = 0.0
    askPrice: float = 0.0
    bidSize: Decimal = Decimal(0)
    askSize: Decimal = Decimal(0)
    midPoint: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RerouteMktDataReq:
    reqId: int
    conId: int
    exchange: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RerouteMktDepthReq:
    reqId: int
    conId: int
    exchange: str
