"""How fast virtual time goes by, by the processor's time of the whole process (gateway, wire and session):

    python -m tests.benchmarks.virtual_time

Streams of quotes are looked at once a minute, or not at all; bars of one minute grow every five seconds, as everywhere,
from ten, when the world begins, to the close, which is told as a whole day, and are looked at then, or not at all; the
history of a day is asked for at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

import ibnb
from ibnb import IBApp

SYMBOLS = [
    "AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "JPM", "XOM", "JNJ", "V", "MA", "SPY", "QQQ", "IWM",
    "KO", "PEP", "WMT", "PG", "HD", "BAC", "DIS", "NFLX", "INTC", "AMD", "CSCO", "ORCL", "IBM", "GE", "F", "GM",
    "T", "VZ", "PFE", "MRK", "CVX", "BA", "CAT", "MMM", "NKE", "MCD", "SBUX", "COST", "TGT", "LOW", "UPS", "GS",
    "MS", "C", "WFC",
]  # fmt: skip
VERSIONS = {"text": 200, "protobuf": 226}
_DAY, _TO_THE_CLOSE = 6.5 * 3600, 6 * 3600


def measured(version: int, job: Callable[[IBApp], float]) -> float:
    """What a job makes of a new world."""
    app = ibnb.connect("embedded", serverVersion=version)
    try:
        return job(app)
    finally:
        ibnb.reset()


def quotes(streams: int, minutes: int, read: bool) -> Callable[[IBApp], float]:
    """Virtual seconds for each of the processor's."""

    def job(app: IBApp) -> float:
        with ExitStack() as stack:
            opened = [stack.enter_context(app.streamQuotes(symbol)) for symbol in SYMBOLS[:streams]]
            app.sleep(5)  # what is made once for a day is made now
            before = time.process_time()
            for _ in range(minutes):
                app.sleep(60)
                for stream in opened if read else ():
                    stream.waiting()
            return 60 * minutes / (time.process_time() - before)

    return job


def growing_bars(read: bool) -> Callable[[IBApp], float]:
    """Processor seconds for a trading day."""

    def job(app: IBApp) -> float:
        settings = app.dataSettings("1 D", "1 min")
        with ExitStack() as stack:
            opened = [stack.enter_context(app.streamBars(symbol, settings)) for symbol in SYMBOLS]
            app.sleep(5)
            before = time.process_time()
            app.sleep(_TO_THE_CLOSE)
            for stream in opened if read else ():
                assert len(stream.df) > _TO_THE_CLOSE // 60
            return (time.process_time() - before) * _DAY / _TO_THE_CLOSE

    return job


def history(app: IBApp) -> float:
    """Processor seconds for a trading day."""
    before = time.process_time()
    app.getDataMany(SYMBOLS, app.dataSettings("1 D", "1 min", endDateTime="20250610 16:00:00 US/Eastern"))
    return time.process_time() - before


# What is done, its unit, what it was before issue 14 (None: never measured), the aim.
JOBS: dict[str, tuple[Callable[[IBApp], float], str, float | None, str]] = {
    "5 streams of quotes that nobody reads": (quotes(5, 60, False), "virtual s / s", 392, ">= 2000"),
    "5 streams of quotes, read": (quotes(5, 60, True), "virtual s / s", 392, ">= 2000"),
    "50 streams of quotes that nobody reads": (quotes(50, 10, False), "virtual s / s", 41, ">= 300"),
    "50 streams of quotes, read": (quotes(50, 10, True), "virtual s / s", 41, ">= 300"),
    "a day of growing bars of 50, not read": (growing_bars(False), "s", 278, "< 10"),
    "a day of growing bars of 50, read": (growing_bars(True), "s", 278, "< 10"),
    "a day of one-minute bars of 50, as history": (history, "s", None, "< 10"),
}


if __name__ == "__main__":
    print(f"{'':44}{'before':>8}{''.join(f'{wire:>10}' for wire in VERSIONS)}  {'aim':9}unit")
    for name, (job, unit, before, aim) in JOBS.items():
        found = [measured(version, job) for version in VERSIONS.values()]
        cells = "".join(f"{each:10.{0 if each > 100 else 1}f}" for each in found)
        print(f"{name:44}{before or '-':>8}{cells}  {aim:9}{unit}", flush=True)
