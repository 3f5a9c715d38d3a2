"""Whether a client waits for another's long answer: ``python -m tests.benchmarks.turns [--trips 100]``.

The gateway runs in a process of its own. One client asks for SPY's whole option chain, for twenty years of daily bars
of shares that nobody has looked at, and for a cold scan; another asks what time it is, again and again meanwhile.
"""

from __future__ import annotations

import argparse
import re
import socket
import statistics
import subprocess
import sys
import threading
import time

from ibnb.gateway import messages as m
from ibnb.gateway.codec import TextCodec
from ibnb.gateway.codec.wire import FrameBuffer, frame

CODEC = TextCodec(200)
SHARES = ("PEP", "HD", "UNH", "LLY", "CVX")


class Client:
    """A client that waits for its answers."""

    def __init__(self, port: int, clientId: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.frames = FrameBuffer()
        self.socket.sendall(b"API\0" + frame(b"v100..200"))
        self.socket.recv(256)
        self.ask(m.StartApi(clientId=clientId))
        self.until(b"9")

    def ask(self, *requests: object) -> None:
        self.socket.sendall(b"".join(frame(CODEC.encode_request(request)) for request in requests))

    def until(self, kind: bytes) -> int:
        """Read until a message of this kind has come; how many came."""
        count = 0
        while data := self.socket.recv(1 << 18):
            kinds = [payload.split(b"\0", 1)[0] for payload in self.frames.feed(data)]
            count += len(kinds)
            if kind in kinds:
                return count
        raise ConnectionError("the gateway hung up")


def stock(symbol: str, secType: str = "STK") -> m.Contract:
    return m.Contract(symbol=symbol, secType=secType, exchange="SMART", currency="USD")


def years(symbol: str) -> m.ReqHistoricalData:
    return m.ReqHistoricalData(
        reqId=8, contract=stock(symbol), barSizeSetting="1 day", durationStr="20 Y", useRTH=True, whatToShow="TRADES",
        formatDate=1,
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trips", type=int, default=100)
    args = parser.parse_args()
    command = [sys.executable, "-m", "ibnb", "gateway", "--port", "0", "--scenario", "always-open"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(re.search(r":(\d+)$", server.stdout.readline().strip()).group(1))  # type: ignore[union-attr]
        scan = m.ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode="TOP_PERC_GAIN")
        worst = [
            measure(
                port, args.trips, "SPY's chain", m.ReqContractDetails(reqId=7, contract=stock("SPY", "OPT")), b"52"
            ),
            measure(port, args.trips, "a cold scan", m.ReqScannerSubscription(reqId=9, subscription=scan), b"20"),
            *(measure(port, args.trips, f"20 years of {name}", years(name), b"17") for name in SHARES),
        ]
        return int(worst[0] >= 0.1)
    finally:
        server.terminate()
        server.wait(10)


def measure(port: int, least: int, name: str, request: object, last: bytes) -> float:
    """The longest of the other client's round trips while a request is answered, and of at least so many."""
    one, other = Client(port, 1), Client(port, 2)
    done, times = threading.Event(), []

    def wait() -> None:
        one.until(last)
        done.set()

    waiter = threading.Thread(target=wait)
    one.ask(request)
    began = time.perf_counter()
    waiter.start()
    while not done.is_set() or len(times) < least:
        asked = time.perf_counter()
        other.ask(m.ReqCurrentTime())
        other.until(b"49")
        times.append(time.perf_counter() - asked)
    took = time.perf_counter() - began
    waiter.join()
    one.socket.close()
    other.socket.close()
    print(
        f"{name}: {len(times)} round trips of another client in {took:.2f} s, "
        f"median {1000 * statistics.median(times):.1f} ms, worst {1000 * max(times):.0f} ms"
    )
    return max(times)


if __name__ == "__main__":
    sys.exit(main())
