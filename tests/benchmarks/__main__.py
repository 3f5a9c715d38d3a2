"""Measures ibnb beside its peers on one neutral server, and prints times and ratios: python -m tests.benchmarks

Each client runs in a process of its own, in turn, several rounds; the table shows the median over the rounds. Wall time
is what a user waits for; on a busy machine the processor time of the client's process is the steadier measure.
Peers: plain ibapi with a DataFrame at the end, IB's sync_wrapper, ib_async. Only ratios mean anything.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import timeit
from statistics import median

from tests.benchmarks.clients import CLIENTS, JOBS
from tests.benchmarks.server import running

IMPORTS = {"ibnb": "import ibnb", "ibapi": "import ibapi.client, ibapi.wrapper", "ib_async": "import ib_async"}
# The aim: ibnb is so many times as fast as ib_async.
TARGETS = dict(zip(JOBS, (4.0, 4.0, 2.0, 1.1, 2.5), strict=True))
Table = dict[tuple[str, str], tuple[float, float]]


def run(rounds: int, version: int, jobs: list[str]) -> Table:
    """(client, job) → (wall, processor) seconds."""
    seen: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with running(version) as port:
        for _ in range(rounds):
            for client in CLIENTS:
                command = [sys.executable, "-m", "tests.benchmarks.clients", client, str(port), *jobs]
                done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
                if done.returncode:
                    print(f"{client} failed:\n{done.stderr[-1500:]}", file=sys.stderr)
                    continue
                for job, times in json.loads(done.stdout.splitlines()[-1]).items():
                    seen.setdefault((client, job), []).append(tuple(times))
    return {
        key: (median(wall for wall, _ in found), median(processor for _, processor in found))
        for key, found in seen.items()
    }


def show(table: Table, jobs: list[str]) -> None:
    print(f"{'':42}{''.join(f'{client:>18}' for client in CLIENTS)}   ib_async : ibnb  (target)")
    for job in jobs:
        for place, what in enumerate(("wall", "processor")):
            times = [table.get((client, job)) for client in CLIENTS]
            cells = "".join(f"{'–':>18}" if each is None else f"{each[place] * 1000:15.2f} ms" for each in times)
            mine, theirs = table.get(("ibnb", job)), table.get(("ib_async", job))
            ratio = f"{theirs[place] / mine[place]:10.1f}" if mine and theirs else f"{'–':>10}"
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

    from ibnb import IBApp, _compat

    version, many = 157, 2000
    price = b"1\x006\x007\x004\x00205.04\x00100\x001\x00"
    status = b"3\x007\x00Submitted\x000\x005\x000\x001\x000\x000\x001\x00\x000\x00"
    plain = _compat.make_interpreter(EWrapper(), version)

    def app(tape: bool, override: bool = False) -> IBApp:
        made = IBApp()
        made.serverVersion_ = version
        made._interpret = _compat.make_interpreter(made._dispatcher, version)
        made._tape.on = tape
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
                cells.append(cost(lambda body=body, made=made: [made._on_frame(body) for _ in range(many)]))
        print(f"  {name:<44}{cells[0]}{cells[1]:>14}")
    for tape in (False, True):
        made = app(tape)
        label = f"ibnb, ticks that come together, tape {'on' if tape else 'off'}"
        cell = cost(lambda made=made: made._on_frames([price] * many))
        print(f"  {label:<44}{cell}")


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--version", type=int, default=176, help="the server's version")
    options.add_argument("--jobs", nargs="*", default=list(JOBS), choices=list(JOBS))
    given = options.parse_args()
    show(run(given.rounds, given.version, given.jobs), given.jobs)
    show_imports(given.rounds)
    show_dispatch()


if __name__ == "__main__":
    main()
