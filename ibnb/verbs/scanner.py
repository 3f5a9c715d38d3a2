"""The scanner family: the market ranked by a code such as MOST_ACTIVE.

Rule: a scan is a subscription; getScan takes its first answer and cancels it. TWS confirms the cancel with error 162
("API scanner subscription cancelled"), which is an acknowledgement and is treated as one.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from ibnb import tables
from ibnb.core.core import Core
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.core.session import Session
from ibnb.errors import RequestError, RequestTimeoutError
from ibnb.ib.api import ScannerSubscription, TagValue
from ibnb.ib.values import check, check_timeout
from ibnb.verbs.scan_parameters import COLUMNS, NOTHING, WORDS, ScanParameters, parse

_MOST_ROWS = 50
_WHAT = attrgetter("symbol", "secType", "currency", "exchange", "localSymbol", "tradingClass", "conId")
_PARAMETERS = "scannerParameters"
# The fields that are filters.
_SUBSCRIPTION_FIELDS = [name for name in vars(ScannerSubscription()) if name not in ("numberOfRows", *WORDS)]
# IB's own samples filter by these, although TWS's XML doesn't list them.
_UNLISTED = ("usdMarketCapAbove", "usdMarketCapBelow")


class ScannerCallbacks(Listener):
    def __init__(self, core: Core) -> None:
        super().__init__(core)
        # The connection that was asked for its parameters last, and what it said: "" while it hasn't.
        self.xml: tuple[object, str] = (object(), "")

    @on("scannerData")
    def got_scanner_data(
        self, reqId: int, rank: int, contractDetails: Any, distance: str, benchmark: str, projection: str, legsStr: str
    ) -> None:
        found = _WHAT(contractDetails.contract)
        self._pending.add(reqId, (rank, *found, distance, benchmark, projection))

    @on("scannerDataEnd")
    def got_scanner_end(self, reqId: int) -> None:
        self._pending.finish(reqId)

    @on("scannerParameters")
    def got_scanner_parameters(self, xml: str) -> None:
        self.xml = (self._core.lifecycle.connection, xml)
        self._pending.answer(_PARAMETERS, xml)


class ScannerVerbs(Session, listener=ScannerCallbacks):
    def getScan(
        self,
        scanCode: str = "MOST_ACTIVE",
        instrument: str = "STK",
        locationCode: str = "STK.US.MAJOR",
        numberOfRows: int = -1,
        timeout: float | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Return one ranking of instruments, index `rank` from 0.

        Columns symbol, secType, currency, exchange, localSymbol, tradingClass, conId, distance, benchmark, projection.
        `filters` are IB's filter codes (avgVolumeAbove=1_000_000, priceAbove=10, usdMarketCapAbove=…) or fields of
        ibapi's ScannerSubscription (abovePrice=…). `locationCode` may be several, separated by commas. `numberOfRows`
        is at most 50, which -1 stands for. Nothing found gives an empty frame.

        Codes may be written in any case. Before a scan is sent they are looked up in getScannerParameters(), which TWS
        is asked for once per connection; if it doesn't answer within half of `timeout`, the scan is sent unchecked.
        Raises ValueError for a wrong number of rows, for a scan code, instrument, location or filter that TWS doesn't
        know (with the nearest legal ones) and for a scan code that is for other instruments; RequestError for what TWS
        refuses by itself.

        >>> app.getScan(numberOfRows=5, avgVolumeAbove=1_000_000, priceAbove=10).index.tolist()
        [0, 1, 2, 3, 4]
        >>> app.getScan("MOST_ACTIV")                                                       # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ValueError: scanCode 'MOST_ACTIV' is not legal. Did you mean 'MOST_ACTIVE'? Legal values: MOST_ACTIVE, ...
        """
        if numberOfRows != -1 and not 1 <= numberOfRows <= _MOST_ROWS:
            raise ValueError(f"numberOfRows {numberOfRows} is not legal: from 1 to {_MOST_ROWS}, or -1 for all.")
        for name, value in {"scanCode": scanCode, "instrument": instrument, "locationCode": locationCode}.items():
            if not isinstance(value, str) or not value.strip():
                raise ValueError(
                    f"{name} {value!r} is not legal; app.getScannerParameters({WORDS[name]!r}) lists what is."
                )
        limit = self.timeout if timeout is None else check_timeout(timeout, "getScan")
        began = self._ibnb.clock.monotonic()
        legal = _scan_parameters(self, limit / 2)
        limit = max(0.0, limit - (self._ibnb.clock.monotonic() - began))
        subscription = ScannerSubscription()
        subscription.scanCode, subscription.instrument, subscription.locationCode = legal.check_scan(
            scanCode, instrument, locationCode
        )
        subscription.numberOfRows = numberOfRows
        tags = []
        for given, value in filters.items():
            name = legal.check("filter", given, (*_SUBSCRIPTION_FIELDS, *_UNLISTED))
            if name in _SUBSCRIPTION_FIELDS:
                setattr(subscription, name, value)
            else:
                tags.append(TagValue(name, str(value).lower() if isinstance(value, bool) else str(value)))
        rows = self._ibnb.ask("getScan", "reqScannerSubscription", subscription, [], tags, timeout=limit)
        # A refresh that comes before the cancel repeats the ranks; the first answer is whole.
        first = {row[0]: row for row in reversed(rows)}
        return tables.frame("scan", [first[rank] for rank in sorted(first)])

    def getScannerParameters(self, what: str = "scanCodes", timeout: float | None = None) -> pd.DataFrame:
        """Return what getScan may be given, all as text. `what` says of which sort:

        - "scanCodes": index `scanCode`; displayName, instruments (those that it is for, comma-separated)
        - "instruments": index `instrument`; name, filters (the ids of its filters, comma-separated)
        - "locations": index `locationCode`; displayName, instruments
        - "filters": index `code`; displayName, type (of its value: DoubleField, ComboField …), id (of the filter that
          it is an end of), category

        The whole XML of TWS (about 2 MB) is in `.attrs["xml"]`. Raises ValueError for another `what`.

        >>> app.getScannerParameters().loc["MOST_ACTIVE", "displayName"]
        'Most Active'
        >>> app.getScannerParameters("filters").loc["priceAbove"].tolist()
        ['Price Above', 'DoubleField', 'PRICE', 'General']
        """
        what = check("what", what, COLUMNS)
        (xml,) = self._ibnb.ask("getScannerParameters", "reqScannerParameters", timeout=timeout)
        frame = parse(xml).frame(what)
        frame.attrs["xml"] = xml
        return frame


def _scan_parameters(app: ScannerVerbs, seconds: float) -> ScanParameters:
    """What TWS said on this connection, or says within so many seconds; NOTHING when it doesn't."""
    said, lifecycle = app._ibnb.listener(ScannerCallbacks), app._ibnb.lifecycle
    connection = lifecycle.connection
    try:
        if said.xml[0] is not connection:
            with app._ibnb.request("getScan", reqId=_PARAMETERS, timeout=seconds, kind="scanner") as slot:
                connection = lifecycle.connection
                # While this thread waited in line, another one may have had the answer.
                if said.xml[0] is not connection:
                    app.reqScannerParameters()
                    slot.wait()
        return parse(said.xml[1])
    except (RequestError, RequestTimeoutError):
        # Not to be waited for again; an answer that comes late is still heard.
        if said.xml[0] is not connection:
            said.xml = (connection, "")
    except ElementTree.ParseError:
        pass
    return NOTHING
