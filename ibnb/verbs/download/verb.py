"""The bulk family: long history of many contracts, in requests that TWS takes, kept so that none is made twice.

Rule: what one symbol can't give is a row in a table, never the end of the others; what has come is kept before the next
thing is asked for, so an interrupted download goes on where it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

from ibnb.errors import HistoricalDataError, IBError
from ibnb.ib import create
from ibnb.ib.values import BAR_SIZES, WHAT_TO_SHOW, check, check_bar_size, check_contract
from ibnb.ib.zones import zone_name
from ibnb.verbs.contracts import the_one
from ibnb.verbs.download.cache import BarFolder
from ibnb.verbs.download.in_flight import Ask, ManyVerbs
from ibnb.verbs.download.plan import Chunk, Piece, duration, duration_to_now, settled
from ibnb.verbs.download.progress import Progress, Show, shower
from ibnb.verbs.download.report import History, labels, report
from ibnb.verbs.download.series import SCHEDULE, Series, Wish, is_overnight, read_bars, read_sessions
from ibnb.verbs.history import HistoryVerbs
from ibnb.verbs.reference import SCHEDULE_VERSION, ReferenceVerbs

_DAY = BAR_SIZES["1 day"]


class BulkVerbs(ReferenceVerbs, HistoryVerbs, ManyVerbs):
    """Verbs that ask for much at once."""

    def _prepare(self) -> None:
        super()._prepare()
        # What contracts are, so that a download that goes on needn't ask again: fields → ContractDetails.
        self._known_details: dict[tuple[Any, ...], Any] = {}

    def getHistory(
        self,
        contracts: Any,
        start: Any,
        end: Any = None,
        barSize: str = "1 day",
        whatToShow: str = "TRADES",
        useRTH: int = 1,
        cache: str | os.PathLike[str] | None = None,
        progress: bool | Show | None = None,
        timeout: float | None = None,
    ) -> History:
        """Return long history of one or many contracts (or US stocks' symbols), in as many requests as it takes.

        `start` and `end` (None: now) are dates or times: text, date, datetime, Timestamp; without a zone they are meant
        in each exchange's; a plain date is a whole day, the `end` too. Give a dict {label:
        contract} to name them yourself. `cache` is a folder: what is in it isn't asked
        for again, and an interrupted download goes on there. It keeps what came before today, as Parquet with pyarrow
        installed, else as .npz; prices stay as they were then, so after a split delete the folder. ADJUSTED_LAST and
        CONTFUT can only be asked for up to now: that is done, the rest is cut off, and nothing is kept.
        `progress`: True for a bar (text outside notebooks), or a function of a Progress. `timeout` is for one request.

        The result has `df` (index symbol and Date; columns as getData; times in the first contract's
        zone), `gaps` (sessions without a bar), `failures` (what couldn't be had, and why) and `symbols` (a row
        each); `result["AAPL"]` is that symbol's frame. Pacing is the session's: small bars of many symbols take
        long; on the embedded manual clock, which paces nobody by itself, set app.pacing.on = True for them.
        Raises ValueError, NotConnectedError, ConnectionLostError (call again to go on), RequestTimeoutError when TWS
        doesn't answer at all.

        >>> history = app.getHistory(["AAPL", "NVDA"], "2025-05-01", "2025-05-30", "1 hour")
        >>> history
        <History of 2 symbols: 294 bars, 0 gaps, 0 failures>
        >>> history.df.loc["AAPL"].index[0]
        Timestamp('2025-05-01 09:30:00-0400', tz='America/New_York')
        """
        if int(useRTH) not in (0, 1):
            raise ValueError(f"useRTH {useRTH!r} is not legal: 1 for regular trading hours, 0 for all hours.")
        show, size = check("whatToShow", whatToShow, WHAT_TO_SHOW), check_bar_size(barSize)
        wish = Wish(start, end, size, show, int(useRTH), self._now())
        wish.span("America/New_York")
        given, asked = _contracts(contracts)
        details, failures = self._details_of(given, asked, timeout)
        every = [self._series(each, wish, cache) for _, each in details]
        names = [label for label, _ in details] if given else labels([each.contract for each in every])
        for series, label in zip(every, names, strict=True):
            series.label = label
        schedules = self._schedules(every, wish, cache, timeout)
        self._download(every, wish, schedules, shower(progress), timeout)
        failures += [(series.label, series.failure) for series in every if series.failure is not None]
        return report(every, schedules, failures, wish)

    # --- what the contracts are ------------------------------------------------------------------

    def _details_of(
        self, given: list[str], contracts: list[Any], timeout: float | None
    ) -> tuple[list[tuple[str, Any]], list[tuple[str, IBError]]]:
        """The label and details of each contract, once each and in order; and what isn't one contract."""
        failures: list[tuple[str, IBError]] = []

        def ask(label: str, contract: Any, key: tuple[Any, ...]) -> Ask:
            def take(rows: list[Any]) -> None:
                try:
                    self._known_details[key] = the_one(rows, "getHistory")
                except IBError as error:
                    failures.append((label, error))

            return Ask(
                contract,
                "contract",
                lambda slot: self.reqContractDetails(slot.key, contract),
                take,
                lambda error: failures.append((label, error)),
            )

        names = given or [str(contract.symbol) for contract in contracts]
        wanted = {_key(contract): (label, contract) for label, contract in zip(names, contracts, strict=True)}
        unknown = [ask(*each, key) for key, each in wanted.items() if key not in self._known_details]
        self._ask_all("getHistory", unknown, timeout)
        found: dict[tuple[int, str], tuple[str, Any]] = {}
        for key, (label, contract) in wanted.items():
            details = self._known_details.get(key)
            if details is not None:
                # Without this an expired future can't be asked for by its own contract.
                details.contract.includeExpired = contract.includeExpired
                found.setdefault((details.contract.conId, details.contract.exchange), (label, details))
        return list(found.values()), failures

    def _series(self, details: Any, wish: Wish, cache: Any) -> Series:
        contract, zone = details.contract, zone_name(details.timeZoneId)
        whole = wish.whatToShow == "ADJUSTED_LAST" or contract.secType == "CONTFUT"
        hours = f"{details.tradingHours};{details.liquidHours}"
        return Series(
            contract,
            wish.barSize,
            zone,
            wish.span(zone),
            is_overnight(hours),
            (contract.secType, contract.primaryExchange or contract.exchange, zone, hours),
            lambda rows: read_bars(rows, zone, wish.daily),
            None if whole else self._folder(cache, contract, wish.barSize, wish.whatToShow, wish.useRTH),
        )

    def _folder(self, cache: Any, contract: Any, barSize: str, whatToShow: str, useRTH: int) -> BarFolder | None:
        """Where a series is kept. Simulated prices and real ones never share a folder."""
        if cache is None:
            return None
        source = f"simulated {self.gateway.scenario.name}" if self.gateway is not None else "tws"
        hours = "RTH" if useRTH else "all hours"
        name = f"{contract.localSymbol or contract.symbol} {contract.conId} {contract.exchange}"
        return BarFolder(Path(cache).expanduser(), source, name, f"{barSize} {whatToShow} {hours}")

    # --- sessions ----------------------------------------------------------------------------------

    def _schedules(
        self, every: list[Series], wish: Wish, cache: Any, timeout: float | None
    ) -> dict[tuple[str, ...], pd.DataFrame]:
        """The sessions of each market, asked for with one of its contracts; nothing for a market that gives none."""
        if BAR_SIZES[wish.barSize] > _DAY or (self.serverVersion() or 0) < SCHEDULE_VERSION:
            return {}
        markets: dict[tuple[str, ...], Series] = {}
        for each in every:
            if each.contract.secType != "CONTFUT":
                folder = self._folder(cache, each.contract, "1 day", SCHEDULE, wish.useRTH)
                markets.setdefault(
                    each.market,
                    Series(
                        each.contract, "1 day", each.zone, each.span, each.overnight, each.market, read_sessions, folder
                    ),
                )
        asks = [
            self._ask_piece(series, chunk, part, SCHEDULE, wish)
            for series in markets.values()
            for chunk, part in series.pieces(wish.now, None)
        ]
        self._ask_all("getHistory", asks, timeout)
        return {
            market: series.bars()
            for market, series in markets.items()
            if series.failure is None and any(map(len, series.parts.values()))
        }

    # --- bars --------------------------------------------------------------------------------------

    def _download(
        self,
        every: list[Series],
        wish: Wish,
        schedules: Mapping[tuple[str, ...], pd.DataFrame],
        show: Show,
        timeout: float | None,
    ) -> None:
        """Ask for all that isn't there yet: the newest of each symbol first, so that symbols take turns."""
        plans = []
        for series in every:
            if wish.whatToShow == "ADJUSTED_LAST" or series.contract.secType == "CONTFUT":
                plans.append([self._ask_to_now(series, wish)])
            else:
                lacking = series.pieces(wish.now, schedules.get(series.market))
                plans.append([self._ask_piece(series, *each, wish.whatToShow, wish) for each in lacking])
        asks = [ask for turn in zip_longest(*plans) for ask in turn if ask is not None]
        began, done = self._time.monotonic(), 0

        def counted(ask: Ask) -> Ask:
            take, failed = ask.take, ask.failed

            def told(tell: Callable[[Any], object], what: Any) -> None:
                nonlocal done
                tell(what)
                done += 1
                show(Progress(done, len(asks), self._time.monotonic() - began, ask.contract.symbol))

            ask.take = lambda rows: told(take, rows)
            ask.failed = lambda error: told(failed, error)
            return ask

        show(Progress(0, len(asks), 0.0))
        self._ask_all("getHistory", map(counted, asks), timeout)
        for series in every:
            series.end()

    def _ask_piece(self, series: Series, chunk: Chunk, part: Piece, show: str, wish: Wish) -> Ask:
        reach = duration(series.barSize, part.start, part.stop, series.zone, series.overnight)
        end = "" if part.to_now else pd.Timestamp(part.stop, unit="s", tz="UTC").to_pydatetime()
        final = settled(series.barSize, wish.now, series.zone)
        return self._ask_bars(series, reach, end, show, wish, lambda rows: series.take(chunk, part, rows, final))

    def _ask_to_now(self, series: Series, wish: Wish) -> Ask:
        reach = duration_to_now(series.barSize, series.span[0], wish.now, series.zone)

        def take(rows: list[Any]) -> None:
            series.parts[0] = series.read(rows)

        return self._ask_bars(series, reach, "", wish.whatToShow, wish, take)

    def _ask_bars(
        self, series: Series, reach: str, end: Any, show: str, wish: Wish, take: Callable[[list[Any]], None]
    ) -> Ask:
        words = "TRADES" if show == SCHEDULE else show
        settings = create.dataSettings(reach, series.barSize, end, words, wish.useRTH) | {"whatToShow": show}
        self._read_dates_safely(settings)

        def send(slot: Any) -> None:
            series.requests += 1
            self.reqHistoricalData(slot.key, series.contract, *settings.values())

        def failed(error: IBError) -> None:
            if isinstance(error, HistoricalDataError) and error.kind == "no data":
                series.nothing = error
                take([])
            else:
                series.failure = series.failure or error

        return Ask(
            series.contract,
            "history",
            send,
            take,
            failed,
            self.cancelHistoricalData,
            lambda: series.failure is None,
        )


def _contracts(given: Any) -> tuple[list[str], list[Any]]:
    """One or many, symbols or contracts, as contracts; and their labels, where they were given."""
    names = list(given) if isinstance(given, Mapping) else []
    if isinstance(given, Mapping):
        many = list(given.values())
    else:
        many = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    if not many:
        raise ValueError("no contracts; for instance ['AAPL', 'NVDA'], or contracts made by createContract.")
    made = [create.createContract(each) if isinstance(each, str) else each for each in many]
    return names, [check_contract(each, "getHistory") for each in made]


def _key(contract: Any) -> tuple[Any, ...]:
    return tuple(str(value) for value in vars(contract).values())
