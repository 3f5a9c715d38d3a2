"""How many virtual seconds one second of the processor takes along, with streams of quotes open:

    python -m tests.benchmarks.virtual_time        # 5 and 50 streams, text and protobuf

The processor's time is the whole process's: gateway, wire and session. Before issue 14 it was 392 with 5 streams and 41
with 50; the aim is 2,000 and 300.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

import ibnb

SYMBOLS = [
    "AAPL",
    "MSFT",
    "NVDA",
    "AMZN",
    "GOOGL",
    "META",
    "TSLA",
    "JPM",
    "XOM",
    "JNJ",
    "V",
    "MA",
    "SPY",
    "QQQ",
    "IWM",
    "KO",
    "PEP",
    "WMT",
    "PG",
    "HD",
    "BAC",
    "DIS",
    "NFLX",
    "INTC",
    "AMD",
    "CSCO",
    "ORCL",
    "IBM",
    "GE",
    "F",
    "GM",
    "T",
    "VZ",
    "PFE",
    "MRK",
    "CVX",
    "BA",
    "CAT",
    "MMM",
    "NKE",
    "MCD",
    "SBUX",
    "COST",
    "TGT",
    "LOW",
    "UPS",
    "GS",
    "MS",
    "C",
    "WFC",
]
VERSIONS = {"text": 200, "protobuf": 226}
# Streams → (virtual seconds that are measured, the aim).
LOADS = {5: (600, 2000), 50: (60, 300)}


def measure(streams: int, seconds: float, version: int) -> float:
    """Virtual seconds for each of the processor's."""
    app = ibnb.connect("embedded", serverVersion=version)
    try:
        with ExitStack() as stack:
            for symbol in SYMBOLS[:streams]:
                stack.enter_context(app.streamQuotes(symbol))
            app.sleep(5)  # what is made once for a day is made now
            before = time.process_time()
            app.sleep(seconds)
            return seconds / (time.process_time() - before)
    finally:
        ibnb.reset()


if __name__ == "__main__":
    for streams, (seconds, aim) in LOADS.items():
        for wire, version in VERSIONS.items():
            found = measure(streams, seconds, version)
            print(f"{streams:3} streams, {wire:8}: {found:6.0f} virtual seconds a processor second (aim {aim})")
