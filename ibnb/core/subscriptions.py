"""What TWS has been asked to go on sending, by verbs or by hand, so that it can be asked again: never an order.

Each subscription is remembered with its arguments until it is cancelled or refused. When data stop for a reason that
the session knows (socket, TWS's link, error 10182), a gap begins; it ends with the first data that come again.
"""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.core.pending import Gap, Key, Slot


class Sort(NamedTuple):
    """A request: which call ends it, if one does, the name of what has no id, and which errors end it (codes.KINDS)."""

    cancel: str | None
    name: str = ""
    kind: str = "request"
    #: Not a stream but something that later requests depend on; asked for again before all others.
    setting: bool = False


#: Requests that TWS goes on answering.
SORTS: dict[str, Sort] = {
    "reqMarketDataType": Sort(None, "marketDataType", setting=True),
    "reqAutoOpenOrders": Sort(None, "autoOpenOrders", setting=True),
    "reqMktData": Sort("cancelMktData", kind="market_data"),
    "reqTickByTickData": Sort("cancelTickByTickData", kind="market_data"),
    "reqMktDepth": Sort("cancelMktDepth", kind="market_data"),
    "reqRealTimeBars": Sort("cancelRealTimeBars", kind="market_data"),
    "reqHistoricalData": Sort("cancelHistoricalData", kind="history"),
    "reqScannerSubscription": Sort("cancelScannerSubscription", kind="scanner"),
    "reqAccountSummary": Sort("cancelAccountSummary", kind="account"),
    "reqPnL": Sort("cancelPnL", kind="account"),
    "reqPnLSingle": Sort("cancelPnLSingle", kind="account"),
    "reqPositionsMulti": Sort("cancelPositionsMulti", kind="account"),
    "reqAccountUpdatesMulti": Sort("cancelAccountUpdatesMulti", kind="account"),
    "reqPositions": Sort("cancelPositions", "positions", kind="account"),
    "reqAccountUpdates": Sort(None, "accountUpdates", kind="account"),
    "reqNewsBulletins": Sort("cancelNewsBulletins", "newsBulletins", kind="news"),
}
#: Requests that TWS answers once.
ONCE: dict[str, Sort] = {
    "reqFamilyCodes": Sort(None, "familyCodes"),
    "reqMktDepthExchanges": Sort(None, "mktDepthExchanges", "market_data"),
    "reqNewsProviders": Sort(None, "newsProviders", "news"),
    "reqCompletedOrders": Sort(None, "completedOrders"),
    "reqScannerParameters": Sort(None, "scannerParameters", "scanner"),
    "reqMarketRule": Sort(None, kind="contract"),
    "reqMatchingSymbols": Sort(None, kind="contract"),
    "reqSecDefOptParams": Sort(None, kind="contract"),
    "reqSmartComponents": Sort(None),
    "reqHistoricalNews": Sort(None, kind="news"),
    "reqNewsArticle": Sort(None, kind="news"),
    "reqHistoricalTicks": Sort("cancelHistoricalTicks", kind="history"),
    "reqHistogramData": Sort("cancelHistogramData", kind="history"),
    "calculateImpliedVolatility": Sort("cancelCalculateImpliedVolatility", kind="option"),
    "calculateOptionPrice": Sort("cancelCalculateOptionPrice", kind="option"),
}
CANCELS = {sort.cancel: sort for sort in SORTS.values() if sort.cancel}


def goes_on(request: str, given: Mapping[str, Any]) -> bool:
    """Does TWS go on answering this request until it is cancelled?"""
    if request == "reqMktData":
        return not (given["snapshot"] or given["regulatorySnapshot"])
    if request == "reqHistoricalData":
        return bool(given["keepUpToDate"])
    if request == "reqAccountUpdates":
        return bool(given["subscribe"])
    return request in SORTS


def key_of(sort: Sort, given: Mapping[str, Any]) -> Key:
    """The request's id, or its name; the same key under which a verb's slot is open."""
    key: Key = sort.name or given["reqId"]
    return key


@dataclass(eq=False)
class Subscription:
    """One request that goes on; `slot` is the verb's that made it, None for a request by hand."""

    key: Key
    request: str
    given: dict[str, Any]
    slot: Slot | None
    #: TWS has ended it by itself (10182); it has to be asked for again.
    dead: bool = False
    gap: Gap | None = None

    @property
    def sort(self) -> Sort:
        return SORTS[self.request]

    @property
    def verb(self) -> str:
        return self.slot.verb if self.slot is not None else self.request

    @property
    def symbol(self) -> str:
        return str(getattr(self.given.get("contract"), "symbol", ""))


class Subscriptions:
    """The session's subscriptions and the gaps in them. Any thread."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._open: dict[Key, Subscription] = {}
        self.gaps: deque[Gap] = deque(maxlen=10_000)

    def __len__(self) -> int:
        return sum(not each.sort.setting for each in self.all())

    def asked(self, request: str, given: Mapping[str, Any], slot: Slot | None) -> None:
        """A request leaves. Asked for under a key that is open, it takes the old one's place."""
        sort = SORTS[request]
        key = key_of(sort, given)
        with self._lock:
            if not goes_on(request, given):
                if request == "reqAccountUpdates":
                    self._open.pop(key, None)
                return
            known = self._open.get(key)
            if known is not None and known.request == request:
                # The user's own feed stays the user's when a verb asks for the same.
                known.given = _kept(given)
            else:
                self._open[key] = Subscription(key, request, _kept(given), slot)

    def ended(self, key: Key) -> None:
        """Cancelled, or refused by TWS."""
        with self._lock:
            gone = self._open.pop(key, None)
        if gone is not None and gone.slot is not None:
            gone.slot.gap = None

    def left(self, slot: Slot) -> None:
        """A verb is over, and with it what it subscribed to."""
        if slot.key not in self._open:
            return
        with self._lock:
            known = self._open.get(slot.key)
            if known is not None and known.slot is slot:
                self.ended(slot.key)

    def get(self, key: Key) -> Subscription | None:
        return self._open.get(key)

    def by_hand(self, name: str) -> Subscription | None:
        """The user's own feed of this name, which no verb may end; None when there is none."""
        found = self._open.get(name)
        return found if found is not None and found.slot is None else None

    def clear(self) -> None:
        """A session begins anew: nothing is asked for."""
        with self._lock:
            self._open.clear()

    def all(self) -> list[Subscription]:
        """All of them, settings first, else in the order in which they were asked for."""
        with self._lock:
            return sorted(self._open.values(), key=lambda each: not each.sort.setting)

    def streams(self) -> list[Subscription]:
        """Those of verbs that live as long as their block: they know when data last came."""
        return [each for each in self.all() if each.slot is not None and each.slot.lasting]

    # --- gaps ------------------------------------------------------------------------------------

    def lost(self, reason: str, only: Subscription | None = None) -> None:
        """Data have stopped; a gap that is open already goes on."""
        now = self._now()
        for each in self.all() if only is None else [only]:
            if each.gap is None or each.gap.until is not None:
                if each.sort.setting:
                    continue
                each.gap = Gap(each.verb, each.symbol, each.key, now, reason)
                self.gaps.append(each.gap)
                if each.slot is not None:
                    each.slot.gap = each.gap
            else:
                each.gap.over = False

    def resumed(self, each: Subscription) -> None:
        """Data may come again; the next ones end the gap. What nobody listens to counts as there at once."""
        if each.gap is not None and each.gap.until is None:
            each.gap.over = True
            if each.slot is None or not each.slot.lasting:
                each.gap.until = self._now()

    def gaps_frame(self) -> pd.DataFrame:
        """When streams had no data, for a known reason: columns stream, symbol, since, until (New York; NaT: it goes
        on), seconds, reason. A stream of bars fetches what it missed; quotes and ticks of a gap are lost."""
        rows = [(g.stream, g.symbol, g.since, g.until, (g.until or self._now()) - g.since, g.reason) for g in self.gaps]
        return tables.frame("gaps", rows)

    def frame(self) -> pd.DataFrame:
        """What TWS is sending: columns stream, symbol, reqId (NA where there is none), state ("live", "waiting" before
        the first data, "lost"), lastData (New York), age in seconds. Requests by hand have no lastData."""
        now = self._now()
        rows = []
        for each in self.all():
            if not each.sort.setting:
                heard = each.slot.heard if each.slot is not None else None
                open_gap = each.gap is not None and each.gap.until is None
                state = "lost" if open_gap else "live" if heard is not None or each.slot is None else "waiting"
                number = each.key if isinstance(each.key, int) else None
                age = None if heard is None else now - heard
                rows.append((each.verb, each.symbol, number, state, heard, age))
        return tables.frame("streams", rows)


def _kept(given: Mapping[str, Any]) -> dict[str, Any]:
    # The caller may go on to use the same contract object for something else.
    return {name: copy.copy(value) for name, value in given.items()}
