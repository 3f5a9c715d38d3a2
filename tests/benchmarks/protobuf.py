"""The neutral server's answers on the protobuf wire (server versions 213 on), of ibapi's own generated classes."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from tests.benchmarks import story
from tests.benchmarks.text import framed

OFFSET = 200
HISTORY, TICKS, TIME, POSITIONS, START = 20, 1, 49, 61, 71


def _class(kind: str) -> Any:
    return getattr(import_module(f"ibapi.protobuf.{kind}_pb2"), kind)


def _message(number: int, body: bytes) -> bytes:
    return framed((OFFSET + number).to_bytes(4, "big") + body)


def _made(number: int, kind: str, **fields: Any) -> bytes:
    return _message(number, _class(kind)(**fields).SerializeToString())


@cache
def bars(count: int) -> bytes:
    """The bars of a history answer: what follows the request id there."""
    names = ("date", "open", "high", "low", "close", "volume", "WAP", "barCount")
    made = _class("HistoricalData")()
    for date, *prices, volume, average, number in story.bars(count):
        values = (date, *prices, str(volume), f"{average:.3f}", number)
        made.historicalDataBars.add(**dict(zip(names, values, strict=True)))
    return bytes(made.SerializeToString())


def history(count: int, request: int) -> bytes:
    head = _class("HistoricalData")(reqId=request).SerializeToString()
    end = _made(108, "HistoricalDataEnd", reqId=request, startDateStr=story.START, endDateStr=story.END)
    return _message(17, head + bars(count)) + end


@cache
def ticks(count: int, request: int) -> bytes:
    return b"".join(
        _made(TICKS, "TickPrice", reqId=request, tickType=kind, price=price, size=str(size), attrMask=1)
        for kind, price, size in story.ticks(count)
    )


def ticks_for(count: int, request: int) -> bytes:
    """The same for another request: what the server does meanwhile would count as the client's time."""
    # The largest id whose number takes as many bytes as this one's.
    anybody = next(top for bits in (7, 14, 21, 28) if request <= (top := (1 << bits) - 1))
    head = (OFFSET + TICKS).to_bytes(4, "big")
    old, new = (head + _class("TickPrice")(reqId=each).SerializeToString() for each in (anybody, request))
    return ticks(count, anybody).replace(old, new)


def answer(request: bytes) -> bytes:
    kind = int.from_bytes(request[:4], "big") - OFFSET
    if kind == TIME:
        return _made(TIME, "CurrentTime", currentTime=story.NOW)
    if kind == POSITIONS:
        return _made(62, "PositionEnd")
    if kind == START:
        accounts = _made(15, "ManagedAccounts", accountsList=story.ACCOUNT)
        return accounts + _made(9, "NextValidId", orderId=story.FIRST_ID)
    if kind in (HISTORY, TICKS):
        asked = _class("HistoricalDataRequest" if kind == HISTORY else "MarketDataRequest").FromString(request[4:])
        count = int(asked.contract.symbol[1:])
        return (history if kind == HISTORY else ticks_for)(count, asked.reqId)
    return b""
