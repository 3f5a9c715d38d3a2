"""Flips bits in the files of getHistory's cache, one at a time, and compares what comes with the truth.

python -m tests.verbs.download.flips [COUNT] [SEED]; Parquet and .npz take turns, schedules' files among them.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import ibnb
from ibnb.verbs.download import cache


class Flips(NamedTuple):
    """How many flips were noticed (the file was asked for again), changed nothing, or changed the frame."""

    noticed: int
    harmless: int
    silent: int


def flip_bits(folder: Path, count: int, seed: int, kind: str) -> Flips:
    """Flip `count` bits in files of one kind, written by downloads from the embedded gateway."""
    chance = random.Random(seed)
    real: Callable[[str], object] = cache.find_spec
    if kind == "npz":
        cache.find_spec = lambda name: None  # type: ignore[assignment]
    found = [0, 0, 0]
    app = ibnb.connect("embedded")
    try:
        args = (["AAPL", "NVDA"], "2025-04-01", "2025-05-30", "1 hour")
        truth = app.getHistory(*args, cache=folder)
        for _ in range(count):
            path = chance.choice(sorted(folder.rglob(f"*.{kind}")))
            content = bytearray(path.read_bytes())
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(content)
            before = len(app.gateway.journal)
            now = app.getHistory(*args, cache=folder)
            asked = any(
                type(each.message).__name__ == "ReqHistoricalData" for each in list(app.gateway.journal)[before:]
            )
            same = truth.df.equals(now.df) and truth.gaps.equals(now.gaps)
            found[2 if not same else 0 if asked else 1] += 1
    finally:
        cache.find_spec = real  # type: ignore[assignment]
        ibnb.reset()
    return Flips(*found)


if __name__ == "__main__":
    many, start = [*map(int, sys.argv[1:]), *(500, 7)[len(sys.argv) - 1 :]]
    for form in ["npz", *(["parquet"] if find_spec("pyarrow") else [])]:
        with tempfile.TemporaryDirectory() as place:
            print(form, flip_bits(Path(place), many, start, form))
