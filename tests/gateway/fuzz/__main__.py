"""The long attack, with its figures: ``python -m tests.gateway.fuzz --frames 1000000 --seed 1``."""

from __future__ import annotations

import argparse
import importlib
import sys
from time import perf_counter

from .attack import Attack


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    attack, began, step = Attack(arguments.seed), perf_counter(), 20_000
    told: set[str] = set()
    for sent in range(0, arguments.frames, step):
        figures = attack.run(min(step, arguments.frames - sent))
        seconds = perf_counter() - began
        print(
            f"{figures.frames:>9,} frames  {seconds:7.1f} s  {figures.frames / seconds:6,.0f}/s  "
            f"{figures.bytes:,} bytes in, {figures.answers:,} out  {figures.sessions:,} sessions  "
            f"{figures.probes:,} probes  {_memory()}  {sum(figures.mistakes.values())} mistakes",
            flush=True,
        )
        for traceback in figures.mistakes.keys() - told:
            print(traceback, flush=True)
        told |= figures.mistakes.keys()
    return bool(figures.mistakes)


def _memory() -> str:
    """The most memory that was in use so far, where the system tells."""
    try:
        resource = importlib.import_module("resource")
    except ImportError:
        return "? MB"
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"


if __name__ == "__main__":
    sys.exit(main())
