"""One download: what the contracts are, when they traded, and the bars, in requests of which several are in flight."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

from ibnb.core.definitions import key_of
from ibnb.core.progress import Progress, Show
from ibnb.errors import HistoricalDataError, IBError
from ibnb.ib import create
from ibnb.ib.values import BAR_SIZES
from ibnb.verbs.contracts import the_one, zone_of
from ibnb.verbs.download.cache import BarFolder
from ibnb.verbs.download.in_flight import Ask, InFlight
from ibnb.verbs.download.peer import peer_name
from ibnb.verbs.download.plan import Chunk, Piece, duration, duration_to_now, settled
from ibnb.verbs.download.series import SCHEDULE, Series, Wish, is_overnight, read_bars, read_sessions
from ibnb.verbs.history import read_dates_safely
from ibnb.verbs.reference import SCHEDULE_VERSION

_DAY = BAR_SIZES["1 day"]


class Download:
    """The requests of one getHistory. `app` sends them; `cache` is where answers are kept, if they are."""

    def __init__(self, app: Any, timeout: float | None, cache: str | os.PathLike[str] | None) -> None:
        self._app = app
        self._core = app._ibnb
        self._cache = None if cache is None else (Path(cache).expanduser(), peer_name(app, timeout))
        self._in_flight = InFlight(self._core, "getHistory", timeout)

    # --- what the contracts are ------------------------------------------------------------------

    def details_of(
        self, given: list[str], contracts: list[Any]
    ) -> tuple[list[tuple[str, Any]], list[tuple[str, IBError]]]:
        """The label and details of each contract, once each and in order; and what isn't one contract."""
        failures: list[tuple[str, IBError]] = []
        found: dict[tuple[str, ...], Any] = {}
        definitions = self._core.definitions

        def ask(label: str, contract: Any, key: tuple[str, ...]) -> Ask:
            def take(rows: list[Any]) -> None:
                try:
                    found[key] = copy.copy(the_one(rows, "getHistory"))
                except IBError as error:
                    failures.append((label, error))
                definitions.keep(contract, rows)

            return Ask(
                contract,
                "contract",
                lambda slot: self._app.reqContractDetails(slot.key, contract),
                take,
                lambda error: failures.append((label, error)),
            )

        names = given or [str(contract.symbol) for contract in contracts]
        wanted = {key_of(contract): (label, contract) for label, contract in zip(names, contracts, strict=True)}
        asks = {key: ask(*each, key) for key, each in wanted.items()}
        known = {key: definitions.known(contract) for key, (_, contract) in wanted.items()}
        for key, rows in known.items():
            if rows is not None:
                asks[key].take(rows)
        self._in_flight.ask_all(ask for key, ask in asks.items() if known[key] is None)
        once: dict[tuple[int, str], tuple[str, Any]] = {}
        for key, (label, contract) in wanted.items():
            details = found.get(key)
            if details is not None:
                details.contract = copy.copy(details.contract)
                # Without this an expired future can't be asked for by its own contract.
                details.contract.includeExpired = contract.includeExpired
                once.setdefault((details.contract.conId, details.contract.exchange), (label, details))
        return list(once.values()), failures

    def series(self, details: Any, wish: Wish) -> Series:
        contract, zone = details.contract, zone_of(details)
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
            None if whole else self._folder(contract, wish.barSize, wish.whatToShow, wish.useRTH),
        )

    def _folder(self, contract: Any, barSize: str, whatToShow: str, useRTH: int) -> BarFolder | None:
        """Where a series is kept: what different peers say never shares a folder."""
        if self._cache is None:
            return None
        folder, peer = self._cache
        hours = "RTH" if useRTH else "all hours"
        name = f"{contract.localSymbol or contract.symbol} {contract.conId} {contract.exchange}"
        return BarFolder(folder, peer, name, f"{barSize} {whatToShow} {hours}")

    # --- sessions ----------------------------------------------------------------------------------

    def schedules(self, every: list[Series], wish: Wish) -> dict[tuple[str, ...], pd.DataFrame]:
        """The sessions of each market, asked for with one of its contracts; nothing for a market that gives none."""
        if BAR_SIZES[wish.barSize] > _DAY or (self._app.serverVersion() or 0) < SCHEDULE_VERSION:
            return {}
        markets: dict[tuple[str, ...], Series] = {}
        for each in every:
            if each.contract.secType != "CONTFUT":
                folder = self._folder(each.contract, "1 day", SCHEDULE, wish.useRTH)
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
        self._in_flight.ask_all(asks)
        return {
            market: series.bars()
            for market, series in markets.items()
            if series.failure is None and any(map(len, series.parts.values()))
        }

    # --- bars --------------------------------------------------------------------------------------

    def bars(
        self,
        every: list[Series],
        wish: Wish,
        schedules: Mapping[tuple[str, ...], pd.DataFrame],
        show: Show,
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
        began, done = self._core.clock.monotonic(), 0

        def counted(ask: Ask) -> Ask:
            take, failed = ask.take, ask.failed

            def told(tell: Callable[[Any], object], what: Any) -> None:
                nonlocal done
                tell(what)
                done += 1
                show(Progress(done, len(asks), self._core.clock.monotonic() - began, ask.contract.symbol))

            ask.take = lambda rows: told(take, rows)
            ask.failed = lambda error: told(failed, error)
            return ask

        show(Progress(0, len(asks), 0.0))
        self._in_flight.ask_all(map(counted, asks))
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
        read_dates_safely(settings, self._core.lifecycle.version)

        def send(slot: Any) -> None:
            series.requests += 1
            self._app.reqHistoricalData(slot.key, series.contract, *settings.values())

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
            self._app.cancelHistoricalData,
            lambda: series.failure is None,
        )
