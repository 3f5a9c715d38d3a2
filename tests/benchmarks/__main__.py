"""Measures ibnb beside its peers on one neutral server, and prints times and ratios: python -m tests.benchmarks

Each client lives in a process of its own, a new one for each job. They take turns, short ones in changing order: so
what else the machine does, and how fast it is just then, meets all of them alike. The table shows medians over the
turns; the ratio is the median of the ratios of neighbouring turns. Wall time is what a user waits for.
Peers: plain ibapi with a DataFrame at the end, IB's sync_wrapper, ib_async, each on the wires that it speaks: text, and
protobuf, which a TWS of today speaks. Only ratios mean anything.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import timeit
from collections.abc import Iterable
from contextlib import ExitStack
from statistics import median
from typing import Any

from tests.benchmarks.clients import CLIENTS, JOBS
from tests.benchmarks.server import running

IMPORTS = {"ibnb": "import ibnb", "ibapi": "import ibapi.client, ibapi.wrapper", "ib_async": "import ib_async"}
TEXT, PROTOBUF = "text", "protobuf"
# Who speaks which wire.
LANES = {TEXT: tuple(CLIENTS), PROTOBUF: ("ibnb", "ibapi", "sync_wrapper")}
# (theirs, ours): the ratio's name → how large it is meant to be, job by job.
Peer = tuple[str, str]
RATIOS: dict[tuple[Peer, Peer], tuple[float, ...]] = {
    (("ib_async", TEXT), ("ibnb", TEXT)): (10, 10, 5, 1, 1, 3),
    (("ibapi", TEXT), ("ibnb", TEXT)): (1, 1, 1, 1, 1, 1),
    (("ibapi", PROTOBUF), ("ibnb", PROTOBUF)): (8, 2.5, 2.5, 1, 1, 5),
    (("ibnb", TEXT), ("ibnb", PROTOBUF)): (1 / 1.6,) * 6,
}
# (client, lane), job → the (wall, processor) seconds of each round.
Table = dict[tuple[Peer, str], list[tuple[float, float]]]


def run(rounds: int, versions: dict[str, int], jobs: list[str], clients: Iterable[str] = CLIENTS) -> Table:
    seen: Table = {}
    with ExitStack() as servers:
        ports = {lane: servers.enter_context(running(version)) for lane, version in versions.items()}
        peers = [(name, lane) for lane in ports for name in LANES[lane] if name in clients]
        for job in jobs:
            with ExitStack() as stack:
                started = [stack.enter_context(Client(name, lane, ports[lane])) for name, lane in peers]
                able = [client for client in started if job in client.jobs]
                for turn in range(rounds * JOBS[job][1] + 1):
                    # Nobody has the first place always.
                    for client in able[:: -1 if turn % 2 else 1]:
                        times = client.turn(job)
                        if turn:  # the first one warms up
                            seen.setdefault((client.peer, job), []).append(times)
    return seen


class Client:
    """A client's process, which does a job when it is told to."""

    def __init__(self, name: str, lane: str, port: int) -> None:
        self.peer = (name, lane)
        command = [sys.executable, "-m", "tests.benchmarks.clients", name, str(port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.jobs: list[str] = self._said()

    def turn(self, job: str) -> tuple[float, float]:
        """The medians of the wall and the processor time that the job takes."""
        assert self._process.stdin is not None
        print(job, file=self._process.stdin, flush=True)
        wall, processor = self._said()
        return wall, processor

    def _said(self) -> list[Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("["):
                found: list[Any] = json.loads(line)
                return found
        raise SystemExit(f"{self.peer} has ended")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()


def show(table: Table, jobs: list[str]) -> None:
    """Medians over the rounds; a ratio is the median of the rounds' ratios of wall times."""
    peers = [(name, lane) for lane in LANES for name in LANES[lane] if any(peer == (name, lane) for peer, _ in table)]
    print(f"{'medians in ms':42}{''.join(f'{name:>14}' for name, _ in peers)}")
    print(f"{'':42}{''.join(f'{lane:>14}' for _, lane in peers)}")
    for job in jobs:
        for place, what in enumerate(("wall", "processor")):
            found = [[each[place] for each in table.get((peer, job), [])] for peer in peers]
            cells = "".join(f"{median(each) * 1000:14.2f}" if each else f"{'–':>14}" for each in found)
            print(f"{job if place == 0 else '':<32}{what:<10}{cells}")
    for (theirs, ours), targets in RATIOS.items():
        if not {theirs, ours} <= set(peers):
            continue
        print(f"\n{' '.join(theirs)} : {' '.join(ours)}")
        for job, target in zip(JOBS, targets, strict=True):
            pairs = list(zip(table.get((theirs, job), []), table.get((ours, job), []), strict=False))
            if pairs:
                wall, processor = (median(one[at] / other[at] for one, other in pairs) for at in (0, 1))
                missed = "" if wall >= target else "  missed"
                print(f"  {job:<40}{wall:8.2f}  (≥ {target:.3g}){missed:8}  processor {processor:8.2f}")


def show_imports(rounds: int) -> None:
    print("\nimport time (a new process each, less the interpreter's own start)")
    spent: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, code in {"": "pass", **IMPORTS}.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            spent.setdefault(name, []).append(time.perf_counter() - start)
    for name, code in IMPORTS.items():
        print(f"  {code:<40}{(median(spent[name]) - median(spent[''])) * 1000:8.0f} ms")
    code = "import ibnb; ibnb.IBApp"
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    print(f"  {code:<40}{(time.perf_counter() - start - median(spent[''])) * 1000:8.0f} ms")


def show_dispatch() -> None:
    """What one message costs inside ibnb, with and without the tape, and in ibapi's Decoder alone."""
    from ibapi.wrapper import EWrapper

    from ibnb import IBApp
    from ibnb.ib import api
    from tests.inside import core, feed, speak

    version, many = 157, 2000
    price = b"1\x006\x007\x004\x00205.04\x00100\x001\x00"
    status = b"3\x007\x00Submitted\x000\x005\x000\x001\x000\x000\x001\x00\x000\x00"
    plain = api.make_interpreter(EWrapper(), version)

    def app(tape: bool, override: bool = False) -> IBApp:
        made = IBApp()
        speak(made, version)
        core(made).tape.on = tape
        if override:
            made.tickPrice = made.orderStatus = lambda *args: None
        return made

    def cost(call: object) -> str:
        return f"{min(timeit.repeat(call, number=1, repeat=15)) / many * 1e6:8.2f} µs"

    print("\none message, best of 15")
    print(f"  {'':<44}{'tickPrice':>11}{'orderStatus':>14}")
    rows = {"ibapi's Decoder and an empty EWrapper": None}
    for override in (False, True):
        for tape in (False, True):
            kind = "an override" if override else "no override"
            rows[f"ibnb, {kind}, tape {'on' if tape else 'off'}"] = app(tape, override)
    for name, made in rows.items():
        cells = []
        for msg_id, body in ((1, price), (3, status)):
            if made is None:
                cells.append(cost(lambda msg_id=msg_id, body=body: [plain(msg_id, body) for _ in range(many)]))
            else:
                cells.append(cost(lambda body=body, made=made: [feed(made, body) for _ in range(many)]))
        print(f"  {name:<44}{cells[0]}{cells[1]:>14}")
    for tape in (False, True):
        made = app(tape)
        label = f"ibnb, ticks that come together, tape {'on' if tape else 'off'}"
        cell = cost(lambda made=made: feed(made, *[price] * many))
        print(f"  {label:<44}{cell}")


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--text", type=int, default=176, help="the server's version on the text wire")
    options.add_argument("--protobuf", type=int, default=222, help="the server's version on the protobuf wire")
    options.add_argument("--clients", nargs="*", default=list(CLIENTS), choices=list(CLIENTS))
    options.add_argument("--jobs", nargs="*", default=list(JOBS), choices=list(JOBS))
    given = options.parse_args()
    versions = {TEXT: given.text, PROTOBUF: given.protobuf}
    show(run(given.rounds, versions, given.jobs, given.clients), given.jobs)
    show_imports(given.rounds)
    show_dispatch()


if __name__ == "__main__":
    main()
