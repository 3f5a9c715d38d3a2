"""The bulk family: long history of many contracts, in requests that TWS takes, kept so that none is made twice.

Rule: what one symbol can't give is a row in a table, never the end of the others; what has come is kept before the next
thing is asked for, so an interrupted download goes on where it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ibnb.core.progress import Show, shower
from ibnb.ib.fields import ContractLike
from ibnb.ib.values import WHAT_TO_SHOW, check, check_bar_size
from ibnb.verbs.download.download import Download
from ibnb.verbs.download.peer import PeerCallbacks
from ibnb.verbs.download.report import History, labels, report
from ibnb.verbs.download.series import Wish
from ibnb.verbs.history import HistoryVerbs, named
from ibnb.verbs.reference import ReferenceVerbs


class BulkVerbs(ReferenceVerbs, HistoryVerbs, listener=PeerCallbacks):
    """Verbs that ask for much at once."""

    def getHistory(
        self,
        contracts: ContractLike | str | Iterable[ContractLike | str] | Mapping[str, ContractLike | str],
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
        installed, else as .npz; prices stay as they were then, so after a split delete the folder. Each peer has a part
        of its own there: TWS by its accounts, each simulated world by its name. A file that was damaged is asked for
        again; one that can't be written is a row in `failures`. ADJUSTED_LAST and
        CONTFUT can only be asked for up to now: that is done, the rest is cut off, and nothing is kept.
        `progress`: True for a bar (text outside notebooks), or a function of a Progress; None is a bar in a notebook
        with a real TWS. `timeout` is for one request.

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
        if cache is not None and not os.fspath(cache):
            raise ValueError("cache is empty: the name of a folder ('.' for the working folder), or None for none.")
        show, size = check("whatToShow", whatToShow, WHAT_TO_SHOW), check_bar_size(barSize, "barSize")
        wish = Wish(start, end, size, show, int(useRTH), self._ibnb.now())
        wish.span("America/New_York")
        given, asked = named(contracts, "getHistory")
        if not asked:
            raise ValueError("no contracts; for instance ['AAPL', 'NVDA'], or contracts made by createContract.")
        download = Download(self, timeout, cache)
        details, failures = download.details_of(given, asked)
        every = [download.series(each, wish) for _, each in details]
        names = [label for label, _ in details] if given else labels([each.contract for each in every])
        for series, label in zip(every, names, strict=True):
            series.label = label
        schedules = download.schedules(every, wish)
        download.bars(every, wish, schedules, shower(progress, self._ibnb.clock.is_real))
        failures += [(series.label, series.failure) for series in every if series.failure is not None]
        return report(every, schedules, failures, wish)
