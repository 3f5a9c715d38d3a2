"""How the gateway bears many clients: ``python -m tests.benchmarks.load [--clients 32] [--lines 100] [--seconds 60]``.

The gateway runs in a process of its own on the live scenario at rate 1. Every client streams the same contracts, so
every client must hear the same ticks of a contract in the same order: that is how a lost or reordered message is seen.
"""

from __future__ import annotations

import argparse
import os
import re
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from ibnb.gateway import messages as m
from ibnb.gateway.codec import TextCodec
from ibnb.gateway.codec.wire import FrameBuffer, frame
from ibnb.gateway.instruments import Instruments
from ibnb.gateway.scenario import LESSON

CODEC = TextCodec(200)
TICKS = {b"1", b"2", b"46"}


@dataclass
class Listener:
    """One client: its socket, and the ticks of each line as raw payloads without their request id."""

    socket: socket.socket
    frames: FrameBuffer = field(default_factory=FrameBuffer)
    lines: dict[bytes, list[bytes]] = field(default_factory=dict)
    errors: Counter[bytes] = field(default_factory=Counter)
    answered: bool = False

    def ask(self, *requests: object) -> None:
        self.socket.sendall(b"".join(frame(CODEC.encode_request(request)) for request in requests))

    def read(self) -> int:
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the gateway hung up")
        count = 0
        for payload in self.frames.feed(data):
            fields = payload.split(b"\0")
            if fields[0] in TICKS:
                self.lines.setdefault(fields[2], []).append(b"\0".join((fields[0], *fields[3:])))
                count += 1
            elif fields[0] == b"4":
                self.errors[fields[2]] += 1
            elif fields[0] == b"49":
                self.answered = True
        return count


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used (Linux)."""
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Memory of a process in MB (Linux)."""
    with open(f"/proc/{pid}/statm") as statm:  # noqa: PTH123
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def in_step(a: list[bytes], b: list[bytes]) -> bool:
    """Whether two clients heard the same: they began and ended at different moments, so one overlaps the other."""
    shorter, longer = sorted((a[len(a) // 2 :], b), key=len)
    anchor = shorter[: min(6, len(shorter))]
    # A quiet line repeats itself, so the first place that looks right needn't be the one.
    for start in range(len(longer) - len(anchor) + 1):
        if longer[start : start + len(anchor)] == anchor:
            rest = longer[start:]
            common = min(len(rest), len(shorter))
            if rest[:common] == shorter[:common]:
                return True
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--lines", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    args = parser.parse_args()

    names = [
        i for i in Instruments(LESSON.today).listings if i.secType in ("STK", "CASH") and i.currency in ("USD", "EUR")
    ][: args.lines]
    server = subprocess.Popen(
        [sys.executable, "-m", "ibnb", "gateway", "--port", "0", "--scenario", "always-open"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = int(re.search(r":(\d+)$", server.stdout.readline().strip()).group(1))  # type: ignore[union-attr]
        return measure(args, names, server.pid, port)
    finally:
        server.terminate()
        server.wait(10)


def measure(args: argparse.Namespace, names: list, pid: int, port: int) -> int:  # type: ignore[type-arg]
    selector = selectors.DefaultSelector()
    listeners = []
    for clientId in range(1, args.clients + 1):
        listener = Listener(socket.create_connection(("127.0.0.1", port), 60))
        listener.socket.sendall(b"API\0" + frame(b"v100..200"))
        listener.socket.recv(256)
        listener.ask(m.StartApi(clientId=clientId))
        for reqId, i in enumerate(names, 1):
            contract = m.Contract(conId=i.conId, exchange=i.exchange)
            listener.ask(m.ReqMktData(reqId=reqId, contract=contract))
        listeners.append(listener)
        selector.register(listener.socket, selectors.EVENT_READ, listener)

    ticks, began, cpu, memory = 0, time.perf_counter(), cpu_seconds(pid), resident(pid)
    while time.perf_counter() - began < args.seconds:
        for key, _ in selector.select(0.5):
            ticks += key.data.read()
    took, used = time.perf_counter() - began, cpu_seconds(pid) - cpu
    asked = time.perf_counter()
    for listener in listeners:
        listener.ask(m.ReqCurrentTime())
    while not all(listener.answered for listener in listeners) and time.perf_counter() - asked < 30:
        for key, _ in selector.select(0.5):
            ticks += key.data.read()
    lag = time.perf_counter() - asked

    first = listeners[0]
    pairs = [(first.lines[line], other.lines.get(line, [])) for other in listeners[1:] for line in first.lines]
    torn = sum(not in_step(a, b) for a, b in pairs)
    errors = sum((listener.errors for listener in listeners), Counter[bytes]())
    print(f"{args.clients} clients x {len(names)} lines for {took:.0f} s")
    print(f"ticks: {ticks} ({ticks / took:.0f} a second)")
    print(f"processor share of the gateway: {used / took:.0%} of one core; all answered {lag:.2f} s after the end")
    print(f"memory of the gateway: {memory:.0f} MB at the start, {resident(pid):.0f} MB at the end")
    print(f"lines compared between clients: {len(pairs)}, out of step: {torn}; errors: {dict(errors)}")
    whole = all(listener.answered for listener in listeners)
    print(f"{int(whole and not torn)} passed, {int(not whole or bool(torn))} failed")
    return 0 if whole and not torn else 1


if __name__ == "__main__":
    sys.exit(main())
