"""The family of real-time bars: finished bars of five seconds, one after the other."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.ib.fields import ContractLike
from ibnb.ib.values import check
from ibnb.verbs.history import LIVE_SHOWS, HistoryVerbs
from ibnb.verbs.stream import Stream

# The only size there is.
_SECONDS = 5


class RealTimeBar(NamedTuple):
    """A finished bar of five seconds; `Date` is when it began."""

    Date: pd.Timestamp
    Open: float
    High: float
    Low: float
    Close: float
    Volume: float
    Average: float
    BarCount: float


class RealTimeBarCallbacks(Listener):
    @on("realtimeBar")
    def got_real_time_bar(self, reqId: int, time: int, *figures: Any) -> None:
        self._pending.tell(reqId, (str(time), *figures))


class RealTimeBarVerbs(HistoryVerbs, listener=RealTimeBarCallbacks):
    def streamRealTimeBars(
        self, contract: ContractLike | str, whatToShow: str = "TRADES", useRTH: int = 1, timeout: float | None = None
    ) -> RealTimeBarStream:
        """Return a bar every five seconds from now on, to be used with `with`: a frame at any moment, and an iterator.

        `stream.df` has the columns and index of getData, `Date` being when a bar began (the last 100,000 bars);
        `for bar in stream` gives a RealTimeBar for each and waits for the next, `timeout` seconds at most, then
        RequestTimeoutError. `whatToShow` is TRADES, MIDPOINT, BID or ASK; with `useRTH=1` there are none outside
        regular hours. Leaving the block cancels the request. Raises ValueError, and on entering or waiting
        MarketDataError (420: no such data, no permission), PacingError, ContractNotFoundError.

        >>> with app.streamRealTimeBars(app.createContract("AAPL")) as bars:
        ...     bar = bars.next()
        >>> bar.Low <= bar.Close <= bar.High
        True
        """
        show = check("whatToShow", whatToShow, LIVE_SHOWS)
        return RealTimeBarStream(self, contract, timeout, _SECONDS, show, bool(useRTH), [])


class RealTimeBarStream(Stream[RealTimeBar]):
    """Bars of five seconds while the block lasts; see streamRealTimeBars."""

    verb = "streamRealTimeBars"
    request = "reqRealTimeBars"
    zoned = True

    def put(self, row: tuple[Any, ...]) -> None:
        """A bar from TWS; one that comes again takes its own place, and is no news. Runs on the reader thread."""
        rows = self._rows
        if not rows or row[0] > rows[-1][0]:
            super().put(row)
            return
        for place in range(len(rows) - 1, -1, -1):
            if rows[place][0] <= row[0]:
                if rows[place][0] == row[0]:
                    rows[place] = row
                return

    @property
    def df(self) -> pd.DataFrame:
        """The bars so far, columns and index as in getData."""
        self._app._ibnb.catch_up()
        return tables.bars(list(self._rows), self._zone, daily=False)

    def _item(self, raw: tuple[Any, ...]) -> RealTimeBar:
        bar = tables.bars([raw], self._zone)
        return RealTimeBar._make((bar.index[0], *bar.iloc[0].tolist()))
