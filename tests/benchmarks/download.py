"""Two years of hourly bars of fifty symbols from the embedded gateway, with pacing on, interrupted twice and resumed.

`python -m tests.benchmarks.download [symbols [years]]` prints figures and fails if anything was asked for twice, or if
what came isn't complete. The suite has a small version of it (tests/verbs/test_bulk.py).
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

import ibnb
from ibnb.core.progress import Progress


def main(symbols: int = 50, years: int = 2) -> None:
    app = ibnb.connect("embedded")
    app.pacing.on = True
    names = _stocks(app, symbols)
    end = pd.Timestamp("2025-05-31")
    asks: dict[str, Any] = {
        "start": (end - pd.DateOffset(years=years)).date(),
        "end": "2025-05-30",
        "barSize": "1 hour",
    }
    with tempfile.TemporaryDirectory() as folder:
        third = symbols * years * 12 // 3
        parts = [
            ("until Ctrl-C", third, lambda: signal.raise_signal(signal.SIGINT), KeyboardInterrupt),
            ("until the connection is lost", third, app.gateway.faults.drop, ibnb.ConnectionLostError),
        ]
        for what, count, act, error in parts:
            began = time.perf_counter()
            try:
                app.getHistory(names, cache=folder, progress=_at(count, act), **asks)
                raise SystemExit("it wasn't interrupted")
            except error:
                print(f"{what:32} {time.perf_counter() - began:6.1f} s, {len(_asked(app)):5} requests in all")
        for what in ("to the end", "again, all from the cache"):
            began = time.perf_counter()
            history = app.getHistory(names, cache=folder, **asks)
            print(f"{what:32} {time.perf_counter() - began:6.1f} s, {len(_asked(app)):5} requests in all")
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        files = sum(path.is_file() for path in Path(folder).rglob("*"))
    twice = [ask for ask, count in Counter(_asked(app)).items() if count > 1]
    print(repr(history), f"{files} files, {size / 1e6:.1f} MB; asked twice: {len(twice)}")
    bars = history.symbols["bars"]
    print(f"bars a symbol: {bars.min()} to {bars.max()}; the gateway's clock moved to {app.now():%H:%M:%S}")
    assert twice == []
    assert len(history.gaps) == len(history.failures) == 0
    assert len(history.symbols) == symbols
    ibnb.reset()


def _at(count: int, act: Callable[[], object]) -> Callable[[Progress], None]:
    def told(now: Progress) -> None:
        if now.done == count:
            act()

    return told


def _stocks(app: ibnb.IBApp, count: int) -> list[str]:
    def look(world: Any) -> list[str]:
        found = {each.symbol for each in world.instruments if each.secType == "STK" and each.currency == "USD"}
        return sorted(found)[:count]

    return list(app.gateway.inspect(look))


def _asked(app: ibnb.IBApp) -> list[tuple[Any, ...]]:
    requests = [each.message for each in app.gateway.journal if type(each.message).__name__ == "ReqHistoricalData"]
    return [(each.contract.conId, each.endDateTime, each.durationStr, each.whatToShow) for each in requests]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
