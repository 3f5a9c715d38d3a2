"""Two hundred worlds on each executor: the same frame, and how much faster two workers are than one.

    python -m tests.worlds.sweep           # 200 worlds
    python -m tests.worlds.sweep 40        # fewer

Dask and joblib are left out where they aren't installed. `wall` is in seconds, with the start of the workers;
`processor` is that of the workers in all. Two workers are so many times as fast as `wall` says on a machine that has
nothing else to do. Where others use it, the processor's time says what two cores of their own would: twice as fast,
less what two workers need in all more than one does. Status 1 unless all frames are alike.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from typing import Any

import pandas as pd

from ibnb import worlds
from tests.worlds import functions


def processes(workers: int) -> Callable[[], AbstractContextManager[Executor]]:
    return lambda: ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


@contextmanager
def dask() -> Iterator[Any]:
    import distributed

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


@contextmanager
def joblib() -> Iterator[Any]:
    from joblib.externals import loky

    executor = loky.get_reusable_executor(2, timeout=600)
    yield executor
    executor.shutdown(wait=True)


# Name, how many workers, what opens it, and what it needs.
EXECUTORS: list[tuple[str, int, Callable[[], AbstractContextManager[Any]], str]] = [
    ("processes", 1, processes(1), "concurrent.futures"),
    ("processes", 2, processes(2), "concurrent.futures"),
    ("joblib", 2, joblib, "joblib"),
    ("Dask's LocalCluster", 2, dask, "distributed"),
]


def main(count: int = 200) -> int:
    first: pd.DataFrame | None = None
    alike, spent = True, {}
    print(f"{count} worlds, {os.cpu_count()} cores, {os.getloadavg()[0]:.1f} processes already at work on them")
    print(f"{'executor':22}{'workers':>8}{'wall':>8}{'processor':>11}  frame")
    for name, workers, opened, needs in EXECUTORS:
        if importlib.util.find_spec(needs) is None:
            print(f"{name:22}{workers:8}  isn't installed")
            continue
        before, begun = os.times(), time.monotonic()
        with opened() as executor:
            found = worlds.run(functions.morning, worlds.grid(seed=range(count)), executor)
        wall, after = time.monotonic() - begun, os.times()
        used = sum(after[2:4]) - sum(before[2:4])
        first = found if first is None else first
        same = found.equals(first) and not found["error"].any()
        alike = alike and same
        spent[name, workers] = wall, used
        print(f"{name:22}{workers:8}{wall:8.1f}{used:11.1f}  {'the same' if same else 'ANOTHER'}", flush=True)
    (wall_1, used_1), (wall_2, used_2) = spent["processes", 1], spent["processes", 2]
    print(f"two workers: {wall_1 / wall_2:.2f} times one by wall time, {2 * used_1 / used_2:.2f} by processor time")
    return not alike


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
