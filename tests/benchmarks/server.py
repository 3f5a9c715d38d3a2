"""A neutral server for measurements: any TWS client may connect, and gets bytes that were made beforehand.

It belongs to no client and shares no code with the gateway. A contract's symbol says what to answer: B10000 with
10,000 one-minute bars, T50000 with 50,000 price ticks.
"""

from __future__ import annotations

import random
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache

HELLO = re.compile(rb"API\0....v(\d+)\.\.(\d+)[^\0]*", re.DOTALL)
HISTORY, TICKS, TIME, START = b"20", b"1", b"49", b"71"
SYMBOL = re.compile(rb"\0[BT](\d+)\0")


def framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


@cache
def bars(count: int) -> bytes:
    """What follows the request id in a history answer (server versions 124 to 195)."""
    chance, start = random.Random(7), datetime(2025, 1, 2, 9, 30)  # noqa: DTZ001
    fields = ["20250102 09:30:00 US/Eastern", "20250611 09:30:00 US/Eastern", str(count)]
    for minute in range(count):
        price = 200 + 10 * chance.random()
        fields += [f"{start + timedelta(minutes=minute):%Y%m%d %H:%M:%S} US/Eastern"]
        fields += [f"{price + move:.2f}" for move in (0, 0.21, -0.17, 0.04)]
        fields += [str(chance.randint(1, 99_999)), f"{price:.3f}", str(chance.randint(1, 900))]
    return "\0".join(fields).encode() + b"\0"


@cache
def ticks(count: int, request: bytes) -> bytes:
    """Bids, asks and lasts in turn, each another price than the one before."""
    kinds = (1, 2, 4)
    return b"".join(
        framed(b"1\x006\0%b\0%d\0%.2f\0%d\x001\0" % (request, kinds[at % 3], 200 + (at % 997) / 100, 1 + at % 9 * 100))
        for at in range(count)
    )


def ticks_for(count: int, request: bytes) -> bytes:
    """The same for another request: what the server does meanwhile would count as the client's time."""
    anybody = b"?" * len(request)
    return ticks(count, anybody).replace(b"\0" + anybody + b"\0", b"\0" + request + b"\0")


def serve(client: socket.socket, version: int) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    while not (hello := HELLO.match(received)):
        received += client.recv(4096)
    client.sendall(framed(b"%d\x0020250611 10:00:00 EST\0" % min(version, int(hello[2]))))
    received = received[hello.end() :]
    while data := client.recv(1 << 16):
        received += data
        while len(received) >= 4 and len(received) >= (size := 4 + int.from_bytes(received[:4], "big")):
            client.sendall(answer(received[4:size]))
            received = received[size:]


def answer(request: bytes) -> bytes:
    kind, number = request.split(b"\0", 2)[:2]
    if kind == TIME:
        return framed(b"49\x001\x001749650400\0")
    if kind == START:
        return framed(b"15\x001\0DU1234567\0") + framed(b"9\x001\x001\0")
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


def main(version: int) -> None:
    for count in (390, 10_000, 100_000):
        bars(count)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_serve_until_gone, args=(client, version), daemon=True).start()


def _serve_until_gone(client: socket.socket, version: int) -> None:
    with client:
        try:
            serve(client, version)
        except OSError:
            return


@contextmanager
def running(version: int = 176) -> Iterator[int]:
    """The server in a process of its own; gives its port."""
    with subprocess.Popen([sys.executable, "-m", __name__, str(version)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


if __name__ == "__main__":
    main(int(sys.argv[1]))
