"""Historical bars, ticks, schedules and their kin."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .data import Bar, Contract, HistoricalSession, HistoricalTick


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqHistoricalData:
    reqId: int
    contract: Contract
    endDateTime: str = ""
    barSizeSetting: str = ""
    durationStr: str = ""
    useRTH: int = 1
    whatToShow: str = ""
    formatDate: int = 1
    keepUpToDate: bool = False
    chartOptions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelHistoricalData:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqHeadTimeStamp:
    reqId: int
    contract: Contract
    useRTH: int = 1
    whatToShow: str = ""
    formatDate: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelHeadTimeStamp:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqHistogramData:
    reqId: int
    contract: Contract
    useRTH: int = 1
    timePeriod: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelHistogramData:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqHistoricalTicks:
    reqId: int
    contract: Contract
    startDateTime: str = ""
    endDateTime: str = ""
    numberOfTicks: int = 0
    whatToShow: str = ""
    useRth: int = 1
    ignoreSize: bool = False
    miscOptions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelHistoricalTicks:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqRealTimeBars:
    reqId: int
    contract: Contract
    barSize: int = 5
    whatToShow: str = ""
    useRTH: bool = True
    realTimeBarsOptions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRealTimeBars:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalData:
    """All bars of one answer. ``start`` and ``end`` are on the wire below version 196 only."""

    reqId: int
    start: str = ""
    end: str = ""
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalDataEnd:
    """Follows HistoricalData; exists on the wire from version 196 (older clients make it up themselves)."""

    reqId: int
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalDataUpdate:
    reqId: int
    bar: Bar


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalSchedule:
    reqId: int
    startDateTime: str
    endDateTime: str
    timeZone: str
    sessions: tuple[HistoricalSession, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadTimestamp:
    reqId: int
    headTimestamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramEntry:
    price: float
    size: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramData:
    reqId: int
    items: tuple[HistogramEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalTicks:
    reqId: int
    ticks: tuple[HistoricalTick, ...]
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalTicksBidAsk:
    reqId: int
    ticks: tuple[HistoricalTick, ...]
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalTicksLast:
    reqId: int
    ticks: tuple[HistoricalTick, ...]
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimeBar:
    reqId: int
    time: int
    open: float
    high: float
    low: float
    close: float
    volume: Decimal
    wap: float
    count: int
