"""Measures ibnb beside its peers on one neutral server, and prints times and ratios: python -m tests.benchmarks

Each client lives in a process of its own, a new one for each job. They take turns, short ones in changing order: so
what else the machine does, and how fast it is just then, meets all of them alike. The table shows medians over the
turns; the ratio is the median of the ratios of neighbouring turns. Wall time is what a user waits for.
Peers: plain ibapi with a DataFrame at the end, IB's sync_wrapper, ib_async. Only ratios mean anything.
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
# The aim: ibnb is so many times as fast as ib_async.
TARGETS = dict(zip(JOBS, (4.0, 4.0, 2.0, 1.1, 1.1, 2.5), strict=True))
# (client, job) → the (wall, processor) seconds of each round.
Table = dict[tuple[str, str], list[tuple[float, float]]]


def run(rounds: int, version: int, jobs: list[str], clients: Iterable[str] = CLIENTS) -> Table:
    seen: Table = {}
    with running(version) as port:
        for job in jobs:
            with ExitStack() as stack:
                started = [stack.enter_context(Client(name, port)) for name in clients]
                able = [client for client in started if job in client.jobs]
                for turn in range(rounds * JOBS[job][1] + 1):
                    # Nobody has the first place always.
                    for client in able[:: -1 if turn % 2 else 1]:
                        times = client.turn(job)
                        if turn:  # the first one warms up
                            seen.setdefault((client.name, job), []).append(times)
    return seen


class Client:
    """A client's process, which does a job when it is told to."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
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
        raise SystemExit(f"{self.name} has ended")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()


def show(table: Table, jobs: list[str]) -> None:
    """Medians over the rounds; the ratio is the median of the rounds' ratios."""
    print(f"{'':42}{''.join(f'{client:>18}' for client in CLIENTS)}   ib_async : ibnb  (target)")
    for job in jobs:
        for place, what in enumerate(("wall", "processor")):
            found = {client: [each[place] for each in table.get((client, job), [])] for client in CLIENTS}
            cells = "".join(f"{median(each) * 1000:15.2f} ms" if each else f"{'–':>18}" for each in found.values())
            ratios = [theirs / mine for theirs, mine in zip(found["ib_async"], found["ibnb"], strict=False)]
            ratio = f"{median(ratios):10.2f}" if ratios else f"{'–':>10}"
            target = f"  (≥ {TARGETS[job]:g})" if place == 0 else ""
            print(f"{job if place == 0 else '':<32}{what:<10}{cells}{ratio}{target}")


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
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--version", type=int, default=176, help="the server's version")
    options.add_argument("--jobs", nargs="*", default=list(JOBS), choices=list(JOBS))
    given = options.parse_args()
    show(run(given.rounds, given.version, given.jobs), given.jobs)
    show_imports(given.rounds)
    show_dispatch()


if __name__ == "__main__":
    main()
