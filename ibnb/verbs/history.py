"""The history family: bars of the past, and how far back they reach.

Rule: what can be known to be wrong is a ValueError before anything is sent; times come back in the exchange's zone
whatever TWS sent. A TWS of before 2022 (server version below 174) sends times without a zone, in its own; there the
bars are asked for as epoch seconds instead, which can't be misread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ibnb import create, frames, plots
from ibnb._dispatch import on
from ibnb.dates import parse_dates, zone_name
from ibnb.legal import BAR_SIZES, WHAT_TO_SHOW, check
from ibnb.verbs._family import VerbFamily

_ZONED_DATES_VERSION = 174
_EPOCH = 2


class HistoryVerbs(VerbFamily):
    """Verbs about history, and the callbacks that answer them."""

    dataSettings = staticmethod(create.dataSettings)
    displayData = staticmethod(plots.displayData)
    plotData = staticmethod(plots.plotData)

    def _prepare(self) -> None:
        super()._prepare()
        self._zones: dict[tuple[Any, ...], str] = {}

    def getData(
        self,
        contract: Any,
        settings: Mapping[str, Any],
        req_id: int | None = None,
        timeout: float | None = None,
    ) -> pd.DataFrame:
        """Return historical bars; `settings` is what dataSettings returns.

        Columns Open High Low Close Volume Average BarCount (float64), index `Date`: plain dates for bars of a day and
        longer, times in the exchange's zone for shorter ones. Prices are in the contract's own unit (London: pence),
        Average is the volume-weighted price; Volume, Average and BarCount are NaN for quotes. `req_id` is chosen for
        you; `timeout` in seconds.

        Raises ValueError for settings that can't work, NotConnectedError, HistoricalDataError (code 162: no data, no
        permission …), PacingError, ContractNotFoundError, RequestTimeoutError.

        >>> df = app.getData(app.createContract("CSH2", "STK", "LSE", "GBP"),
        ...                  app.dataSettings("3 M", "1 day"))                  # doctest: +SKIP
        """
        ask = create.dataSettings(**settings)
        if ask["keepUpToDate"]:
            raise ValueError(
                "getData returns finished bars; for bars that go on growing (keepUpToDate) use streamBars."
            )
        intraday = BAR_SIZES[ask["barSizeSetting"]] < BAR_SIZES["1 day"]
        if intraday and (self.serverVersion() or 0) < _ZONED_DATES_VERSION:
            ask["formatDate"] = _EPOCH
        self.data_ready.clear()
        with self._request(
            "getData",
            cancel=self.cancelHistoricalData,
            timeout=timeout,
            reqId=req_id,
            contract=contract,
            kind="history",
        ) as slot:
            self.reqHistoricalData(slot.key, contract, *ask.values())
            rows = slot.wait()
        zoned = bool(rows) and " " in str(rows[0][0]).strip()
        zone = self._exchange_zone(contract) if intraday and not zoned else None
        found = frames.bars(rows, zone, daily=not intraday)
        self.data_ready.set()
        return found

    def getHeadTimestamp(
        self, contract: Any, whatToShow: str = "TRADES", useRTH: int = 1, timeout: float | None = None
    ) -> pd.Timestamp:
        """Return the time, in UTC, from which on TWS has data for a contract.

        Raises ValueError for an unknown `whatToShow`, HistoricalDataError when there is none (FX has no TRADES).

        >>> app.getHeadTimestamp(app.createContract("AAPL"))                    # doctest: +SKIP
        """
        show = check("whatToShow", whatToShow, WHAT_TO_SHOW)
        with self._request(
            "getHeadTimestamp", cancel=self.cancelHeadTimeStamp, timeout=timeout, contract=contract, kind="history"
        ) as slot:
            self.reqHeadTimeStamp(slot.key, contract, show, useRTH, _EPOCH)
            slot.wait()
            # Until it is cancelled the request counts among the fifty that may be open.
            self.cancelHeadTimeStamp(slot.key)
        return parse_dates(slot.rows, "UTC")[0]

    def _exchange_zone(self, contract: Any) -> str:
        """The zone of the contract's exchange; asked for once per contract."""
        key = (contract.conId, contract.symbol, contract.secType, contract.exchange, contract.currency)
        if key not in self._zones:
            with self._request("getData", contract=contract, kind="contract") as slot:
                self.reqContractDetails(slot.key, contract)
                self._zones[key] = zone_name(slot.wait()[0].timeZoneId)
        return self._zones[key]

    # --- callbacks: recorded only ---------------------------------------------------------------

    @on("historicalData")
    def _got_bar(self, reqId: int, bar: Any) -> None:
        # Numbers stay as they came; a whole column at once is turned into floats later. 9.81 calls wap "average".
        average = bar.wap if hasattr(bar, "wap") else bar.average
        self._add(reqId, (bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume, average, bar.barCount))

    @on("historicalDataEnd")
    def _got_bars_end(self, reqId: int, start: str, end: str) -> None:
        self._finish(reqId)

    @on("headTimestamp")
    def _got_head_timestamp(self, reqId: int, headTimestamp: str) -> None:
        self._add(reqId, headTimestamp, last=True)
