"""The scanner family: the market ranked by a code such as MOST_ACTIVE.

Rule: a scan is a subscription; getScan takes its first answer and cancels it. TWS confirms the cancel with error 162
("API scanner subscription cancelled"), which is an acknowledgement and is treated as one.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pandas as pd

from ibnb import frames
from ibnb._compat import ScannerSubscription, TagValue
from ibnb._dispatch import on
from ibnb.verbs._family import VerbFamily

_MOST_ROWS = 50
_SUBSCRIPTION_FIELDS = frozenset(vars(ScannerSubscription()))


class ScannerVerbs(VerbFamily):
    """Verbs about scans, and the callbacks that answer them."""

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
        ibapi's ScannerSubscription (abovePrice=…). `numberOfRows` is at most 50, which -1 stands for.
        Nothing found gives an empty frame. Raises ValueError for a wrong number of rows, RequestError for a scan code,
        location or filter that TWS doesn't know.

        >>> app.getScan(numberOfRows=5, avgVolumeAbove=1_000_000, priceAbove=10).index.tolist()
        [0, 1, 2, 3, 4]
        """
        if numberOfRows != -1 and not 1 <= numberOfRows <= _MOST_ROWS:
            raise ValueError(f"numberOfRows {numberOfRows} is not legal: from 1 to {_MOST_ROWS}, or -1 for all.")
        for name, value in {"scanCode": scanCode, "instrument": instrument, "locationCode": locationCode}.items():
            if not value:
                raise ValueError(f"{name} is empty; getScannerParameters() lists the legal ones.")
        subscription = ScannerSubscription()
        subscription.scanCode = scanCode
        subscription.instrument = instrument
        subscription.locationCode = locationCode
        subscription.numberOfRows = numberOfRows
        tags = []
        for name, value in filters.items():
            if name in _SUBSCRIPTION_FIELDS:
                setattr(subscription, name, value)
            else:
                tags.append(TagValue(name, str(value).lower() if isinstance(value, bool) else str(value)))
        with self._request("getScan", cancel=self.cancelScannerSubscription, timeout=timeout, kind="scanner") as slot:
            self.reqScannerSubscription(slot.key, subscription, [], tags)
            slot.wait()
            self.cancelScannerSubscription(slot.key)
        # A refresh that comes before the cancel repeats the ranks; the first answer is whole.
        first = {row[0]: row for row in reversed(slot.rows)}
        return frames.frame("scan", [first[rank] for rank in sorted(first)])

    def getScannerParameters(self, timeout: float | None = None) -> pd.DataFrame:
        """Return the legal scan codes: index `scanCode`, columns `displayName` and `instruments` (comma-separated).

        The whole XML of TWS, with locations and filters, is in `.attrs["xml"]`.

        >>> app.getScannerParameters().loc["MOST_ACTIVE", "displayName"]
        'Most Active'
        """
        with self._request("getScannerParameters", reqId="scannerParameters", timeout=timeout) as slot:
            self.reqScannerParameters()
            slot.wait()
        xml = slot.rows[0]
        codes = [
            tuple(each.findtext(name, "") for name in ("scanCode", "displayName", "instruments"))
            for each in ElementTree.fromstring(xml).iter("ScanType")
        ]
        frame = frames.frame("scanCodes", codes)
        frame.attrs["xml"] = xml
        return frame

    # --- callbacks: recorded only ---------------------------------------------------------------

    @on("scannerData")
    def _got_scanner_data(
        self, reqId: int, rank: int, contractDetails: Any, distance: str, benchmark: str, projection: str, legsStr: str
    ) -> None:
        contract = contractDetails.contract
        row = (
            rank,
            contract.symbol,
            contract.secType,
            contract.currency,
            contract.exchange,
            contract.localSymbol,
            contract.tradingClass,
            contract.conId,
            distance,
            benchmark,
            projection,
        )
        self._add(reqId, row)

    @on("scannerDataEnd")
    def _got_scanner_end(self, reqId: int) -> None:
        self._finish(reqId)

    @on("scannerParameters")
    def _got_scanner_parameters(self, xml: str) -> None:
        self._add("scannerParameters", xml, last=True)
