from __future__ import annotations

from typing import Any

import pytest

from ibnb import IBApp, ScanBuilder


def press(scan: ScanBuilder, word: str) -> None:
    next(each for each in scan.children[0].children if each.description == word).click()


def test_a_run_shows_what_the_equivalent_code_returns(app: IBApp) -> None:
    scan = ScanBuilder(app, "TOP_PERC_GAIN", numberOfRows=5, priceAbove=10)
    assert "Press Run." in scan.text
    press(scan, "Run")
    same: Any = eval(scan.code, {"app": app})
    assert scan.result is not None
    assert scan.result["symbol"].tolist() == same["symbol"].tolist()
    lines = scan.text.splitlines()
    assert lines[0] == scan.code
    assert [line.split()[1] for line in lines[3:-1]] == same["symbol"].tolist()
    assert lines[-1] == "5 found."
    assert repr(scan) == "ScanBuilder(TOP_PERC_GAIN, 5 found)"


def test_rows_are_sorted_as_asked(app: IBApp) -> None:
    scan = ScanBuilder(app)
    scan.run()
    scan.sort("symbol")
    assert scan.result is not None
    assert [line.split()[1] for line in scan.text.splitlines()[3:-1]] == sorted(scan.result["symbol"])
    assert "aria-sort=ascending>symbol" in scan.still
    with pytest.raises(ValueError, match="'rank'"):
        scan.sort("price")


def test_choices_are_those_of_the_instrument(app: IBApp) -> None:
    scan = ScanBuilder(app)
    known = app.getScannerParameters("locations")
    assert {code for _, code in scan.locationCode.options} == set(known.index[known["instruments"] == "STK"])
    scan.instrument.value = "STOCK.EU"
    assert {code for _, code in scan.locationCode.options} == set(known.index[known["instruments"] == "STOCK.EU"])
    assert "instrument='STOCK.EU'" in scan.code
    assert "locationCode='STK.EU" in scan.code


def test_the_lists_are_asked_for_once(app: IBApp) -> None:
    ScanBuilder(app)
    assert app.tape["name"].tolist().count("reqScannerParameters") == 1


@pytest.mark.parametrize("words", [{"scanCode": "MOST"}, {"locationCode": "MOON"}, {"colour": 1}])
def test_words_that_tws_doesnt_know_are_refused(app: IBApp, words: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not legal"):
        ScanBuilder(app, **words)


def test_what_the_scanner_refuses_is_told(app: IBApp) -> None:
    scan = ScanBuilder(app)
    app.disconnect()
    scan.run()
    assert "disconnect() was called" in scan.text
