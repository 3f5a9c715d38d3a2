from __future__ import annotations

from typing import Any

import pytest
from scripted import ScriptedTWS
from verbs.test_contracts import details

from ibnb import RequestError


def row(rank: int, symbol: str) -> tuple[Any, ...]:
    return ("scannerData", "$id", rank, details(symbol, rank + 1), "", "", "", "")


def test_a_scan_is_ranked_and_cancelled(tws: ScriptedTWS) -> None:
    tws.on("reqScannerSubscription", row(1, "TSLA"), row(0, "NVDA"), ("scannerDataEnd", "$id"))
    tws.on(
        "cancelScannerSubscription",
        ("error", "$id", 162, "Historical Market Data Service error message:API scanner subscription cancelled: 1"),
    )
    scan = tws.app.getScan(numberOfRows=5, avgVolumeAbove=1_000_000, priceAbove=10, abovePrice=5)
    assert scan["symbol"].to_dict() == {0: "NVDA", 1: "TSLA"}
    assert scan.index.name == "rank"
    _, subscription, options, filters = tws.asked[0][1]
    assert (subscription.scanCode, subscription.instrument, subscription.locationCode) == (
        "MOST_ACTIVE",
        "STK",
        "STK.US.MAJOR",
    )
    assert (subscription.numberOfRows, subscription.abovePrice, options) == (5, 5, [])
    assert [(each.tag, each.value) for each in filters] == [("avgVolumeAbove", "1000000"), ("priceAbove", "10")]
    assert tws.names() == ["reqScannerSubscription", "cancelScannerSubscription"]


def test_a_scan_that_finds_nothing_is_an_empty_frame(tws: ScriptedTWS) -> None:
    tws.refuse("reqScannerSubscription", 165, "Historical Market Data Service query message:no items retrieved")
    scan = tws.app.getScan()
    assert len(scan) == 0
    assert scan.columns.tolist()[0] == "symbol"


def test_a_scan_code_that_tws_does_not_know_raises(tws: ScriptedTWS) -> None:
    tws.refuse("reqScannerSubscription", 162, "Historical Market Data Service error message:Scan code NOPE not found")
    with pytest.raises(RequestError, match="NOPE"):
        tws.app.getScan("NOPE")


@pytest.mark.parametrize("wrong", [{"numberOfRows": 51}, {"numberOfRows": 0}, {"scanCode": ""}, {"locationCode": ""}])
def test_wrong_arguments_are_refused_before_sending(tws: ScriptedTWS, wrong: dict[str, Any]) -> None:
    tws.record("reqScannerSubscription")
    with pytest.raises(ValueError, match=next(iter(wrong))):
        tws.app.getScan(**wrong)
    assert tws.asked == []


def test_parameters_list_the_scan_codes(tws: ScriptedTWS) -> None:
    xml = (
        "<ScanParameterResponse><ScanTypeList><ScanType><displayName>Most Active</displayName>"
        "<scanCode>MOST_ACTIVE</scanCode><instruments>STK,STOCK.HK</instruments></ScanType></ScanTypeList>"
        "</ScanParameterResponse>"
    )
    tws.on("reqScannerParameters", ("scannerParameters", xml))
    found = tws.app.getScannerParameters()
    assert found.loc["MOST_ACTIVE"].tolist() == ["Most Active", "STK,STOCK.HK"]
    assert found.attrs["xml"] == xml
