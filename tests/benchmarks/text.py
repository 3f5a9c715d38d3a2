"""The neutral server's answers on the text wire (server versions 124 to 195)."""

from __future__ import annotations

import re
from functools import cache

from tests.benchmarks import story

HISTORY, TICKS, TIME, POSITIONS, START = b"20", b"1", b"49", b"61", b"71"
SYMBOL = re.compile(rb"\0[BT](\d+)\0")


def framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


@cache
def bars(count: int) -> bytes:
    """What follows the request id in a history answer."""
    fields = [story.START, story.END, str(count)]
    for date, *prices, volume, average, number in story.bars(count):
        fields += [date, *(f"{price:.2f}" for price in prices), str(volume), f"{average:.3f}", str(number)]
    return "\0".join(fields).encode() + b"\0"


@cache
def ticks(count: int, request: bytes) -> bytes:
    return b"".join(
        framed(b"1\x006\0%b\0%d\0%.2f\0%d\x001\0" % (request, kind, price, size))
        for kind, price, size in story.ticks(count)
    )


def ticks_for(count: int, request: bytes) -> bytes:
    """The same for another request: what the server does meanwhile would count as the client's time."""
    anybody = b"?" * len(request)
    return ticks(count, anybody).replace(b"\0" + anybody + b"\0", b"\0" + request + b"\0")


def answer(request: bytes) -> bytes:
    kind, number = request.split(b"\0", 2)[:2]
    if kind == TIME:
        return framed(b"49\x001\0%d\0" % story.NOW)
    if kind == POSITIONS:
        return framed(b"62\x001\0")
    if kind == START:
        return framed(b"15\x001\0%b\0" % story.ACCOUNT.encode()) + framed(b"9\x001\0%d\0" % story.FIRST_ID)
    if kind == HISTORY:
        return framed(b"17\0" + number + b"\0" + bars(_count(request)))
    if kind == TICKS:
        number = request.split(b"\0", 3)[2]
        return ticks_for(_count(request), number)
    return b""


def _count(request: bytes) -> int:
    found = SYMBOL.search(request)
    assert found is not None, request
    return int(found[1])
