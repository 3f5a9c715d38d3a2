"""The same jobs for each client, in the way its own documentation does them.

Run by tests.benchmarks, one client per process: python -m tests.benchmarks.clients NAME PORT prints what it can do as
JSON; then it reads the name of a job a line, and prints how many seconds it took, [wall, processor].
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from statistics import median
from typing import Any

BARS_LARGE = "100,000 bars to a DataFrame"
BARS_SMALL = "10,000 bars to a DataFrame"
MANY = "50 x 390 bars, all in flight"
TRIP = "one blocking round trip"
WARM = "  after a large history"
TICKS = "50,000 price ticks delivered"

# How often each is done in one turn, and how many turns make a round: a round trip takes half as long while client and
# server happen to share a core, which changes from turn to turn.
JOBS = {BARS_LARGE: (1, 1), BARS_SMALL: (3, 1), MANY: (2, 1), TRIP: (200, 5), WARM: (200, 5), TICKS: (1, 1)}
Job = Callable[[], Any]
END = "20250611 16:00:00 US/Eastern"
SYMBOLS = 50
TICK_COUNT = 50_000


def measure(job: Job, times: int) -> tuple[float, float]:
    """The medians of the wall and the processor time, in seconds."""
    walls, processors = [], []
    for _ in range(times):
        start, processor = time.perf_counter(), time.process_time()
        job()
        walls.append(time.perf_counter() - start)
        processors.append(time.process_time() - processor)
    return median(walls), median(processors)


def after(first: Job, then: Job) -> Job:
    """`then`, in a process that has done `first` once: what that leaves in the allocator makes some clients faster."""
    begun: list[bool] = []

    def job() -> None:
        if not begun:
            first()
            begun.append(True)
        then()

    return job


def must(have: int, want: int) -> None:
    if have != want:
        raise SystemExit(f"{have} instead of {want}")


# --- ibnb ----------------------------------------------------------------------------------------


def ibnb(port: int) -> dict[str, Job]:
    import ibnb

    app = ibnb.IBApp()
    app.connect("127.0.0.1", port, 1)
    # Its own pacing (45 messages a second) isn't what is measured.
    app.pacing.on = False
    settings = app.dataSettings("1 D", "1 min", endDateTime=END)

    def bars(count: int) -> None:
        must(len(app.getData(app.createContract(f"B{count}"), settings)), count)

    def many() -> None:
        contracts = {f"S{n}": app.createContract("B390") for n in range(SYMBOLS)}
        found = app.getDataMany(contracts, settings)
        must(len(found), SYMBOLS * 390)

    def trip() -> None:
        app.getCurrentTime()

    def ticks() -> None:
        # Every tick as an object in a loop, and the quotes up to date at the end.
        count = 0
        with app.streamQuotes([app.createContract(f"T{TICK_COUNT}")]) as quotes:
            for _ in quotes:
                count += 1
                if count == 2 * TICK_COUNT:
                    break

    return {BARS_LARGE: lambda: bars(100_000), BARS_SMALL: lambda: bars(10_000), MANY: many, TRIP: trip, TICKS: ticks}


# --- ibapi, as in its documentation: subclass, thread, events ------------------------------------


def ibapi(port: int) -> dict[str, Job]:
    import pandas as pd
    from ibapi.client import EClient
    from ibapi.contract import Contract
    from ibapi.wrapper import EWrapper

    class App(EWrapper, EClient):  # type: ignore[misc]
        def __init__(self) -> None:
            EClient.__init__(self, self)
            self.rows: dict[int, list[Any]] = {}
            self.open = 0
            self.count = 0
            self.happened = threading.Event()
            self.number = 0

        def nextValidId(self, orderId: int) -> None:
            self.happened.set()

        def historicalData(self, reqId: int, bar: Any) -> None:
            row = (bar.date, bar.open, bar.high, bar.low, bar.close, float(bar.volume), float(bar.wap), bar.barCount)
            self.rows[reqId].append(row)

        def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
            self.open -= 1
            if not self.open:
                self.happened.set()

        def currentTime(self, time: int) -> None:
            self.happened.set()

        def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
            self.count += 1
            if self.count == TICK_COUNT:
                self.happened.set()

        def wait(self) -> None:
            must(self.happened.wait(60), True)
            self.happened.clear()

    app = App()
    app.connect("127.0.0.1", port, 2)
    threading.Thread(target=app.run, daemon=True).start()
    app.wait()

    def contract(symbol: str) -> Any:
        made = Contract()
        made.symbol, made.secType, made.exchange, made.currency = symbol, "STK", "SMART", "USD"
        return made

    def history(symbols: list[str]) -> pd.DataFrame:
        app.open = len(symbols)
        app.rows = {}
        for symbol in symbols:
            app.number += 1
            app.rows[app.number] = []
            app.reqHistoricalData(app.number, contract(symbol), END, "1 D", "1 min", "TRADES", 1, 1, False, [])
        app.wait()
        columns = ["Date", "Open", "High", "Low", "Close", "Volume", "Average", "BarCount"]
        df = pd.concat([pd.DataFrame(rows, columns=columns) for rows in app.rows.values()])
        df["Date"] = pd.to_datetime(df["Date"].str[:17], format="%Y%m%d %H:%M:%S").dt.tz_localize(
            "US/Eastern", ambiguous="NaT", nonexistent="NaT"
        )
        return df.set_index("Date")

    def ticks() -> None:
        app.count = 0
        app.number += 1
        app.reqMktData(app.number, contract(f"T{TICK_COUNT}"), "", False, False, [])
        app.wait()

    def trip() -> None:
        app.reqCurrentTime()
        app.wait()

    return {
        BARS_LARGE: lambda: must(len(history(["B100000"])), 100_000),
        BARS_SMALL: lambda: must(len(history(["B10000"])), 10_000),
        MANY: lambda: must(len(history(["B390"] * SYMBOLS)), SYMBOLS * 390),
        TRIP: trip,
        TICKS: ticks,
    }


# --- IB's synchronous wrapper ----------------------------------------------------------------------


def sync_wrapper(port: int) -> dict[str, Job]:
    import pandas as pd
    from ibapi.contract import Contract
    from ibapi.sync_wrapper import ResponseTimeout, TWSSyncWrapper

    app = TWSSyncWrapper(timeout=60)
    must(app.connect_and_start("127.0.0.1", port, 3), True)
    # Its get_next_valid_id asks TWS for an id each time and may miss the answer; ids are counted here instead.
    numbers = iter(range(1, 1_000_000))
    app.get_next_valid_id = lambda timeout=None: next(numbers)

    def history(count: int) -> None:
        made = Contract()
        made.symbol, made.secType, made.exchange, made.currency = f"B{count}", "STK", "SMART", "USD"
        bars = app.get_historical_data(made, END, "1 D", "1 min", "TRADES", timeout=60)
        df = pd.DataFrame([vars(bar) for bar in bars])
        df["date"] = pd.to_datetime(df["date"].str[:17], format="%Y%m%d %H:%M:%S").dt.tz_localize(
            "US/Eastern", ambiguous="NaT", nonexistent="NaT"
        )
        must(len(df), count)

    def trip() -> None:
        try:
            app.get_current_time(timeout=0.05)
        except ResponseTimeout:
            return  # its answer came before it waited

    return {BARS_LARGE: lambda: history(100_000), BARS_SMALL: lambda: history(10_000), TRIP: trip}


# --- ib_async --------------------------------------------------------------------------------------


def ib_async(port: int) -> dict[str, Job]:
    import asyncio

    import ib_async
    from ib_async import IB, Stock, util

    ib = IB()
    # Its own pacing (45 requests a second) isn't what is measured.
    ib.client.MaxRequests = 0
    ib.connect("127.0.0.1", port, 4, fetchFields=ib_async.StartupFetch(0))
    logging.getLogger("ib_async").setLevel(logging.CRITICAL)
    options = (END, "1 D", "1 min", "TRADES", True)

    def bars(count: int) -> None:
        must(len(util.df(ib.reqHistoricalData(Stock(f"B{count}", "SMART", "USD"), *options))), count)

    def many() -> None:
        import pandas as pd

        async def ask() -> Any:
            asked = [ib.reqHistoricalDataAsync(Stock("B390", f"X{n}", "USD"), *options) for n in range(SYMBOLS)]
            return await asyncio.gather(*asked)

        must(len(pd.concat([util.df(rows) for rows in ib.run(ask())])), SYMBOLS * 390)

    numbers = iter(range(1, 1_000_000))

    def ticks() -> None:
        count = 0
        done: asyncio.Future[None] = asyncio.get_event_loop_policy().get_event_loop().create_future()

        def on_tickers(tickers: Any) -> None:
            nonlocal count
            for ticker in tickers:
                for _ in ticker.ticks:
                    count += 1
            if count == TICK_COUNT:
                done.set_result(None)

        ib.pendingTickersEvent += on_tickers
        contract = Stock(f"T{TICK_COUNT}", "SMART", "USD", conId=next(numbers))
        ib.reqMktData(contract)
        ib.run(done)
        ib.pendingTickersEvent -= on_tickers
        ib.cancelMktData(contract)

    def trip() -> None:
        ib.reqCurrentTime()

    return {BARS_LARGE: lambda: bars(100_000), BARS_SMALL: lambda: bars(10_000), MANY: many, TRIP: trip, TICKS: ticks}


CLIENTS = {"ibnb": ibnb, "ibapi": ibapi, "sync_wrapper": sync_wrapper, "ib_async": ib_async}

if __name__ == "__main__":
    jobs = CLIENTS[sys.argv[1]](int(sys.argv[2]))
    jobs[WARM] = after(jobs[BARS_LARGE], jobs[TRIP])
    print(json.dumps(list(jobs)), flush=True)
    for line in sys.stdin:
        name = line.rstrip("\n")
        print(json.dumps(measure(jobs[name], JOBS[name][0])), flush=True)
    # ibapi's threads would keep the process alive.
    os._exit(0)
