"""The history family: bars of the past, and how far back they reach.

Rule: what can be known to be wrong is a ValueError before anything is sent; times come back in the exchange's zone
whatever TWS sent. A TWS of before 2022 (server version below 174) sends times without a zone, in its own; there the
bars are asked for as epoch seconds instead, which can't be misread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, Self

import pandas as pd

from ibnb import tables
from ibnb.core.core import Core
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.core.pending import Slot
from ibnb.core.progress import Progress, Show, shower
from ibnb.core.session import Session
from ibnb.ib import create
from ibnb.ib.dates import parse_dates
from ibnb.ib.fields import ContractLike
from ibnb.ib.instruments import as_contract, as_contracts
from ibnb.ib.values import BAR_SIZES, WHAT_TO_SHOW, check
from ibnb.ib.zones import zones_called
from ibnb.plots.display import displayData
from ibnb.plots.prices import plotData
from ibnb.verbs.contracts import exchange_zone
from ibnb.verbs.stream import Stream
from ibnb.wire.fast import Columns

#: From this server version on times name their zone.
ZONED_DATES_VERSION = 174
_EPOCH = 2
# formatDate 3 leaves out the year; a frame shows dates its own way, so the whole date is asked for.
_NO_YEAR = 3
#: What of bars comes as they grow.
LIVE_SHOWS = ("TRADES", "MIDPOINT", "BID", "ASK")
_SHORTEST_LIVE = 5


class LiveBar(NamedTuple):
    """A bar as it stands; `new` says that it has just begun, so that the one before it is finished.

    Once a bar, that is. TWS amends earlier bars now and then: such a one comes with its own Date, and isn't new.
    """

    Date: pd.Timestamp
    Open: float
    High: float
    Low: float
    Close: float
    Volume: float
    Average: float
    BarCount: float
    new: bool


class HistoryCallbacks(Listener):
    @on("historicalData")
    def got_bar(self, reqId: int, bar: Any) -> None:
        self._pending.add(reqId, _row(bar))

    @on("historicalDataColumns")
    def got_bars(self, reqId: int, bars: Columns) -> None:
        slot = self._pending.get(reqId)
        if slot is not None:
            slot.add_all(bars)

    @on("historicalDataEnd")
    def got_bars_end(self, reqId: int, start: str, end: str) -> None:
        stream = self._pending.taker(reqId)
        if stream is None:
            self._pending.finish(reqId)
        else:
            stream.load()

    @on("historicalDataUpdate")
    def got_bar_update(self, reqId: int, bar: Any) -> None:
        self._pending.tell(reqId, _row(bar))

    @on("headTimestamp")
    def got_head_timestamp(self, reqId: int, headTimestamp: str) -> None:
        self._pending.answer(reqId, headTimestamp)


class HistoryVerbs(Session, listener=HistoryCallbacks):
    dataSettings = staticmethod(create.dataSettings)
    displayData = staticmethod(displayData)
    plotData = staticmethod(plotData)

    def getData(
        self,
        contract: ContractLike | str,
        settings: Mapping[str, Any],
        req_id: int | None = None,
        timeout: float | None = None,
    ) -> pd.DataFrame:
        """Return historical bars; `settings` is what dataSettings returns.

        Columns Open High Low Close Volume Average BarCount (float64), index `Date`: plain dates for bars of a day and
        longer, times in the exchange's zone for shorter ones. Prices are in the contract's own unit (London: pence),
        Average is the volume-weighted price; Volume, Average and BarCount are NaN for quotes. `req_id` is chosen for
        you; `timeout` in seconds. getDataMany asks for many contracts at once, getHistory for more than TWS gives at
        once, streamBars for bars that go on growing.

        Raises ValueError for settings that can't work, NotConnectedError, HistoricalDataError (code 162: no data, no
        permission …), PacingError, ContractNotFoundError, RequestTimeoutError.

        >>> df = app.getData(app.createContract("CSH2", "STK", "LSE", "GBP"), app.dataSettings("3 M", "1 day"))
        >>> df.columns.tolist()
        ['Open', 'High', 'Low', 'Close', 'Volume', 'Average', 'BarCount']
        """
        contract = as_contract(contract, "getData")
        ask = create.check_settings(settings, "getData")
        if ask["keepUpToDate"]:
            raise ValueError(
                "getData returns finished bars; for bars that go on growing (keepUpToDate) use streamBars."
            )
        intraday = read_dates_safely(ask, self._ibnb.lifecycle.version)
        self._ibnb.lifecycle.signal("data_ready", False)
        rows = self._ibnb.ask(
            "getData", "reqHistoricalData", contract, *ask.values(), timeout=timeout, reqId=req_id, contract=contract
        )
        found = tables.bars(
            rows, zone_for(self._ibnb, contract, rows, "getData") if intraday else None, daily=not intraday
        )
        self._ibnb.lifecycle.signal("data_ready", True)
        return found

    def getDataMany(
        self,
        contracts: ContractLike | str | Iterable[ContractLike | str] | Mapping[str, ContractLike | str],
        settings: Mapping[str, Any],
        pacing: bool = True,
        timeout: float | None = None,
        progress: bool | Show | None = None,
    ) -> pd.DataFrame:
        """Return the bars of many contracts, all asked for at once, in one frame: index `symbol`, `Date`.

        Columns, units and settings are those of getData; `df.loc["AAPL"]` is one contract's part. `contracts` of which
        two have the same symbol go into a dict {label: contract}; the labels then stand in the index. Times are in the
        zone of the first contract that has any. Raises as getData does, at the first contract that fails, and
        ValueError for labels that occur twice.
        `pacing=False` lets them all leave at once, whatever `app.pacing` says: TWS may then refuse some (PacingError,
        which isn't tried again), or end the connection when there are more than 50 messages a second.
        `progress`: True for a bar (text outside notebooks), or a function of a Progress; None is a bar in a notebook
        with a real TWS.

        >>> contracts = [app.createContract("AAPL"), app.createContract("NVDA")]
        >>> list(app.getDataMany(contracts, app.dataSettings("3 M", "1 day")).index.names)
        ['symbol', 'Date']
        """
        given, many = named(contracts, "getDataMany")
        labels = given or [each.symbol for each in many]
        if len(set(labels)) < len(labels):
            twice = next(label for label in labels if labels.count(label) > 1)
            raise ValueError(
                f"two contracts are called {twice!r}: give a dict {{label: contract}} with your own labels."
            )
        ask = create.check_settings(settings, "getDataMany")
        if ask["keepUpToDate"]:
            raise ValueError("getDataMany returns finished bars: leave keepUpToDate False.")
        intraday = read_dates_safely(ask, self._ibnb.lifecycle.version)
        with self._ibnb.outgoing.at_pace(pacing), ExitStack() as stack:
            slots = []
            for contract in many:
                request = self._ibnb.request(
                    "getDataMany",
                    cancel=self.cancelHistoricalData,
                    timeout=timeout,
                    contract=contract,
                    kind="history",
                    one_of_many=len(many) > 1,
                )
                slots.append(stack.enter_context(request))
                self.reqHistoricalData(slots[-1].key, contract, *ask.values())
            answers = _told(slots, labels, shower(progress, self._ibnb.clock.is_real), self._ibnb.clock.monotonic)
        zones = [
            zone_for(self._ibnb, contract, rows, "getDataMany") if intraday and rows else None
            for contract, rows in zip(many, answers, strict=True)
        ]
        return tables.many_bars(labels, answers, zones, daily=not intraday)

    def streamBars(
        self, contract: ContractLike | str, settings: Mapping[str, Any], timeout: float | None = None
    ) -> BarStream:
        """Return bars that go on growing, to be used with `with`: history first, then every change (keepUpToDate).

        `stream.df` is the frame of getData as it stands, its last bar unfinished; `for bar in stream` gives a LiveBar
        for every change (with `new` when a bar has begun) and waits for the next, `timeout` seconds at most. An earlier
        bar that TWS amends takes its place in `stream.df`. Leaving the block cancels the request. Raises ValueError
        (live bars are of 5 secs and more, of TRADES, MIDPOINT, BID or ASK, and up to now), and on entering what getData
        raises.

        >>> with app.streamBars(app.createContract("AAPL"), app.dataSettings("1 D", "1 min")) as bars:
        ...     for bar in bars:
        ...         if bar.new:
        ...             break
        """
        ask = create.check_settings(settings, "streamBars")
        check("whatToShow", ask["whatToShow"], LIVE_SHOWS)
        if ask["endDateTime"]:
            raise ValueError("bars that go on growing end now: leave endDateTime empty.")
        if BAR_SIZES[ask["barSizeSetting"]] < _SHORTEST_LIVE:
            raise ValueError("bars that go on growing are of '5 secs' at least.")
        ask["keepUpToDate"] = True
        return BarStream(self, contract, ask, timeout)

    def getHeadTimestamp(
        self, contract: ContractLike | str, whatToShow: str = "TRADES", useRTH: int = 1, timeout: float | None = None
    ) -> pd.Timestamp:
        """Return the time, in UTC, from which on TWS has data for a contract.

        Raises ValueError for an unknown `whatToShow`, HistoricalDataError when there is none (FX has no TRADES).

        >>> app.getHeadTimestamp(app.createContract("AAPL")).year < 2000
        True
        """
        contract = as_contract(contract, "getHeadTimestamp")
        show = check("whatToShow", whatToShow, WHAT_TO_SHOW)
        with self._ibnb.request(
            "getHeadTimestamp", cancel=self.cancelHeadTimeStamp, timeout=timeout, contract=contract, kind="history"
        ) as slot:
            self.reqHeadTimeStamp(slot.key, contract, show, useRTH, _EPOCH)
            slot.wait()
            # Until it is cancelled the request counts among the fifty that may be open.
            self.cancelHeadTimeStamp(slot.key)
        return parse_dates(slot.rows, "UTC")[0]


def named(contracts: Any, verb: str) -> tuple[list[str], list[ContractLike]]:
    """The labels that a dict of contracts gives, and one or many contracts or symbols as contracts. ValueError."""
    if isinstance(contracts, Mapping):
        return list(contracts), as_contracts(contracts.values(), verb)
    return [], as_contracts(contracts, verb)


def zone_for(core: Core, contract: Any, rows: Sequence[Any], verb: str) -> str | None:
    """The zone to read and show these bars in, unless they name one themselves."""
    words = str(rows[0][0]).split(maxsplit=2) if rows else []
    named = len(words) == 3 and len(zones_called(words[2])) == 1
    return None if named else exchange_zone(core, contract, verb)


def read_dates_safely(ask: dict[str, Any], version: int) -> bool:
    """Ask for dates that can be read; tell whether the bars are shorter than a day."""
    intraday = BAR_SIZES[ask["barSizeSetting"]] < BAR_SIZES["1 day"]
    if intraday and version < ZONED_DATES_VERSION:
        ask["formatDate"] = _EPOCH
    elif ask["formatDate"] == _NO_YEAR:
        ask["formatDate"] = 1
    return intraday


def _row(bar: Any) -> tuple[Any, ...]:
    # Numbers stay as they came; a whole column at once is turned into floats later. 9.81 calls wap "average".
    average = bar.wap if hasattr(bar, "wap") else bar.average
    return (bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume, average, bar.barCount)


def _in_order(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Bars oldest first and each once: of those that come twice the later one counts."""
    last = dict(zip((row[0] for row in rows), rows, strict=True))
    return [last[date] for date in sorted(last)] if all(str(date).isdigit() for date in last) else list(rows)


class BarStream(Stream[LiveBar]):
    """Bars that go on growing while the block lasts; see streamBars."""

    verb = "streamBars"
    request = "reqHistoricalData"

    def __init__(
        self, app: HistoryVerbs, contract: ContractLike | str, settings: dict[str, Any], timeout: float | None
    ) -> None:
        super().__init__(app, contract, timeout)
        self._settings = settings
        self._intraday = True
        #: The history is complete; what comes now are changes.
        self.loaded = False
        # What was known before the connection was lost, until TWS has sent it all again.
        self._before: list[tuple[Any, ...]] = []

    def __enter__(self) -> Self:
        self._intraday = read_dates_safely(self._settings, self._app._ibnb.lifecycle.version)
        if self._intraday and self._contract.secType != "BAG":
            # Which of two bars is the later one, a clock's reading doesn't say in the hour that happens twice; and a
            # combination has no exchange's zone to show seconds in.
            self._settings["formatDate"] = _EPOCH
        self._asked = tuple(self._settings.values())
        return super().__enter__()

    def _settle(self, slot: Slot) -> None:
        self._app._ibnb.wait_until(lambda: self.loaded or slot.done, self._timeout, self.verb)
        if self._intraday and slot.error is None:
            self._zone = zone_for(self._app._ibnb, self._contract, slot.rows, self.verb)

    def _forget(self) -> None:
        """TWS is asked again, and will send the whole history anew, with what was missed."""
        slot = self._slot
        if slot is not None:
            if self.loaded:
                self._before = list(slot.rows)
            self.loaded = False
            slot.rows.clear()

    def load(self) -> None:
        """The history is complete; after a gap the bars that were missed are news. Runs on the reader thread."""
        slot = self._slot
        if slot is None:
            return
        before, self._before = self._before, []
        rows = _in_order(slot.rows)
        if before and rows:
            last = before[-1][0]
            self._news.extend((row, row[0] != last) for row in rows if row[0] >= last)
            rows = [row for row in before if row[0] < rows[0][0]] + rows
        slot.rows = rows or before
        slot.hear(self._app._ibnb.now())
        self.loaded = True

    def put(self, row: tuple[Any, ...]) -> None:
        """A change from TWS: a new bar, the last one, or an earlier one. Runs on the reader thread."""
        slot = self._slot
        if slot is None:
            return
        rows, place = slot.rows, len(slot.rows)
        while place and row[0] < rows[place - 1][0]:
            place -= 1
        new = place == len(rows) and (not rows or rows[-1][0] != row[0])
        if place and rows[place - 1][0] == row[0]:
            rows[place - 1] = row
        else:
            rows.insert(place, row)
        self._put((row, new))

    @property
    def df(self) -> pd.DataFrame:
        """The bars as they stand now, columns and index as in getData."""
        self._app._ibnb.catch_up()
        rows = self._before or (list(self._slot.rows) if self._slot is not None else [])
        return tables.bars(rows, self._zone, daily=not self._intraday)

    def _item(self, raw: tuple[tuple[Any, ...], bool]) -> LiveBar:
        row, new = raw
        bar = tables.bars([row], self._zone)
        return LiveBar._make((bar.index[0], *bar.iloc[0].tolist(), new))


def _told(slots: list[Slot], labels: Sequence[str], show: Show, clock: Callable[[], float]) -> list[list[Any]]:
    """Wait for every answer, and tell of each."""
    begun, answers = clock(), []
    for slot, label in zip(slots, labels, strict=True):
        answers.append(slot.wait())
        show(Progress(len(answers), len(slots), clock() - begun, label))
    return answers
