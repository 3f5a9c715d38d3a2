"""Market data messages as bytes, for ibapi's decoder: as text of server version 176, and as protobuf of 222."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from fake_tws import payload

from ibnb.ib.api import MAX_CLIENT_VER, PROTOBUF_OFFSET

TEXT, PROTOBUF = min(176, MAX_CLIENT_VER), 222
BOTH = [
    TEXT,
    pytest.param(PROTOBUF, marks=pytest.mark.skipif(MAX_CLIENT_VER < PROTOBUF, reason="this ibapi has no protobuf")),
]


def protobuf(number: int, kind: str, **fields: Any) -> bytes:
    """One message of IB's own class."""
    message = getattr(import_module(f"ibapi.protobuf.{kind}_pb2"), kind)(**fields)
    head: bytes = (PROTOBUF_OFFSET + number).to_bytes(4, "big")
    return head + bytes(message.SerializeToString())


def price(version: int, reqId: int, kind: int, value: float, size: float = 0) -> bytes:
    """tickPrice, which brings the size along."""
    if version <= 200:
        return payload(1, 6, reqId, kind, value, int(size), 0)
    return protobuf(1, "TickPrice", reqId=reqId, tickType=kind, price=value, size=str(size), attrMask=0)


def text_tick(version: int, reqId: int, kind: int, value: str) -> bytes:
    """tickString"""
    if version == TEXT:
        return payload(46, 6, reqId, kind, value)
    return protobuf(46, "TickString", reqId=reqId, tickType=kind, value=value)


def generic(version: int, reqId: int, kind: int, value: float) -> bytes:
    """tickGeneric"""
    if version == TEXT:
        return payload(45, 6, reqId, kind, value)
    return protobuf(45, "TickGeneric", reqId=reqId, tickType=kind, value=value)


def size_tick(version: int, reqId: int, kind: int, value: int) -> bytes:
    """tickSize"""
    if version == TEXT:
        return payload(2, 6, reqId, kind, value)
    return protobuf(2, "TickSize", reqId=reqId, tickType=kind, size=str(value))


def quote_tick(version: int, reqId: int, time: int, bid: float, ask: float, bidSize: int, askSize: int) -> bytes:
    """tickByTickBidAsk"""
    if version == TEXT:
        return payload(99, reqId, 3, time, bid, ask, bidSize, askSize, 0)
    tick = import_module("ibapi.protobuf.HistoricalTickBidAsk_pb2").HistoricalTickBidAsk(
        time=time, priceBid=bid, priceAsk=ask, sizeBid=str(bidSize), sizeAsk=str(askSize)
    )
    return protobuf(99, "TickByTickData", reqId=reqId, tickType=3, historicalTickBidAsk=tick)


def bars(version: int, reqId: int, rows: list[tuple[str, float]]) -> list[bytes]:
    """historicalData and its end, of (date, close)."""
    if version == TEXT:
        fields = [field for date, close in rows for field in (date, 1.0, 2.0, 0.5, close, 10, 1.2, 3)]
        return [payload(17, reqId, "20250611 09:30:00", "20250611 10:00:00", len(rows), *fields)]
    return [
        protobuf(17, "HistoricalData", reqId=reqId, historicalDataBars=[_bar(*row) for row in rows]),
        protobuf(108, "HistoricalDataEnd", reqId=reqId, startDateStr="", endDateStr=""),
    ]


def bar_update(version: int, reqId: int, date: str, close: float) -> bytes:
    """historicalDataUpdate"""
    if version == TEXT:
        return payload(90, reqId, 3, date, 1.0, close, 2.0, 0.5, 1.2, 10)
    return protobuf(90, "HistoricalDataUpdate", reqId=reqId, historicalDataBar=_bar(date, close))


def real_time_bar(version: int, reqId: int, time: int, close: float) -> bytes:
    """realtimeBar"""
    if version == TEXT:
        return payload(50, 3, reqId, time, 1.0, 2.0, 0.5, close, 10, 1.2, 3)
    figures = {"open": 1.0, "high": 2.0, "low": 0.5, "close": close, "volume": "10", "WAP": "1.2", "count": 3}
    return protobuf(50, "RealTimeBarTick", reqId=reqId, time=time, **figures)


def _bar(date: str, close: float) -> Any:
    figures = {"open": 1.0, "high": 2.0, "low": 0.5, "close": close, "volume": "10", "WAP": "1.2", "barCount": 3}
    return import_module("ibapi.protobuf.HistoricalDataBar_pb2").HistoricalDataBar(date=date, **figures)
