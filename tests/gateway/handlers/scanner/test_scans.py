from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.handlers import scanner  # noqa: F401  registers its handlers
from ibnb.gateway.handlers.scanner.table import FILTERS, LOCATIONS, SCAN_TYPES, Stand
from ibnb.gateway.scenario import LESSON, Limits

from ..asking import Asker, error, new_york

ALL_ROWS = replace(LESSON, limits=Limits(scanner_rows=1000))


@pytest.fixture(scope="module")
def shared() -> Asker:
    """For tests that leave no scan open. Its scans are long enough for all that there is."""
    return Asker(start=new_york(11, 10, 25), scenario=ALL_ROWS)


def scan(reqId: int = 9, filters: str = "", **fields: Any) -> m.ReqScannerSubscription:
    defaults = {"instrument": "STK", "locationCode": "STK.US.MAJOR", "scanCode": "MOST_ACTIVE"}
    return m.ReqScannerSubscription(
        reqId=reqId,
        subscription=m.ScannerSubscription(**(defaults | fields)),
        scannerSubscriptionFilterOptions=filters,
    )


def symbols(asker: Asker, *args: Any, **fields: Any) -> list[str]:
    """What one scan finds; it is cancelled afterwards."""
    answer = asker.ask(scan(*args, **fields))[-1]
    asker.client.unsubscribe("scanner", answer.reqId)
    assert list(range(len(answer.rows))) == [row.rank for row in answer.rows]
    return [row.contract.symbol for row in answer.rows]


def stand(asker: Asker, symbol: str) -> Stand:
    description = m.Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD")
    (instrument,) = asker.world.instruments.match(description)
    return Stand(asker.world.market, instrument, asker.world.clock.now())


def test_the_most_active_stocks_are_ranked_by_volume(shared: Asker) -> None:
    found = symbols(shared, filters="avgVolumeAbove=1000000;priceAbove=10;")
    assert len(found) >= 10
    volumes = [stand(shared, symbol).volume for symbol in found]
    assert sorted(volumes, reverse=True) == volumes
    assert all(stand(shared, symbol).last >= 10 for symbol in found)
    assert "NIO" in symbols(shared)
    assert "NIO" not in found


def test_a_row_names_its_contract(shared: Asker) -> None:
    (row,) = shared.ask(scan(numberOfRows=1))[0].rows
    shared.client.unsubscribe("scanner", 9)
    contract = row.contract
    assert ("STK", "SMART", "USD") == (contract.secType, contract.exchange, contract.currency)
    assert contract.conId > 0
    assert (contract.localSymbol, contract.tradingClass) == (contract.symbol, row.marketName)


@pytest.mark.parametrize("code", list(SCAN_TYPES))
def test_every_scan_code_finds_something(shared: Asker, code: str) -> None:
    assert symbols(shared, scanCode=code, numberOfRows=5)


@pytest.mark.parametrize("code", list(LOCATIONS))
def test_every_location_can_be_scanned(shared: Asker, code: str) -> None:
    instrument = "STK" if not code.startswith("STK.EU") else "STOCK.EU"
    found = symbols(shared, instrument=instrument, locationCode=code, scanCode="MOST_ACTIVE_AVG_USD")
    assert bool(found) == (code not in ("STK.AMEX", "STK.BATS"))


def test_gainers_have_gained_and_losers_lost(shared: Asker) -> None:
    gained = [stand(shared, symbol).change for symbol in symbols(shared, scanCode="TOP_PERC_GAIN")]
    lost = [stand(shared, symbol).change for symbol in symbols(shared, scanCode="TOP_PERC_LOSE")]
    assert sorted(gained, reverse=True) == gained
    assert min(gained) > 0
    assert sorted(lost) == lost
    assert max(lost) < 0


@pytest.mark.parametrize("each", FILTERS, ids=lambda each: each.id)
def test_every_filter_cuts_at_its_bound(shared: Asker, each: Any) -> None:
    everything = symbols(shared)
    figures = sorted(each.figure(stand(shared, symbol)) for symbol in everything)
    middle = figures[len(figures) // 2]
    above = symbols(shared, filters=f"{each.above}={middle!r}")
    below = symbols(shared, filters=f"{each.below}={middle!r}")
    assert {s for s in everything if each.figure(stand(shared, s)) >= middle} == set(above)
    assert {s for s in everything if each.figure(stand(shared, s)) <= middle} == set(below)
    assert len(above) < len(everything) > len(below)


def test_old_fields_filter_as_new_ones_do(shared: Asker) -> None:
    assert symbols(shared, filters="priceAbove=200") == symbols(shared, abovePrice=200.0)
    assert symbols(shared, filters="priceBelow=200") == symbols(shared, belowPrice=200.0)
    assert symbols(shared, filters="marketCapAbove1e6=1000000") == symbols(shared, marketCapAbove=1e12)


def test_stock_types_can_be_chosen(shared: Asker) -> None:
    assert {"SPY", "QQQ", "GLD"} <= set(symbols(shared, stockTypeFilter="ETF"))
    assert "AAPL" not in symbols(shared, stockTypeFilter="ETF")
    assert "SPY" not in symbols(shared, stockTypeFilter="CORP")


def test_at_most_fifty_rows_come_and_fewer_when_asked() -> None:
    asker = Asker(start=new_york(11, 10, 25))
    assert 5 == len(symbols(asker, numberOfRows=5))
    assert 50 == len(symbols(asker))
    assert symbols(asker) == symbols(asker, numberOfRows=-1) == symbols(asker, numberOfRows=99)


def test_the_five_most_active_are_those_of_the_lessons() -> None:
    filters = "priceAbove=10;avgVolumeAbove=1000000"
    assert ["NVDA", "AMD", "INTC", "TSLA", "SPY"] == symbols(Asker(), filters=filters, numberOfRows=5)


def test_nothing_found_is_said(shared: Asker) -> None:
    notice, empty = shared.ask(scan(filters="priceAbove=1000000"))
    shared.client.unsubscribe("scanner", 9)
    assert (165, "Historical Market Data Service query message:no items retrieved") == (notice.code, notice.message)
    assert m.ScannerData(reqId=9, rows=()) == empty


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"scanCode": "NOPE"}, "Scan code NOPE not found, or not simulated"),
        ({"instrument": "FUT.US"}, "Instrument type FUT.US not found, or not simulated"),
        ({"locationCode": "STK.MOON"}, "Location STK.MOON not found, or not simulated"),
        ({"locationCode": "STK.EU"}, "Location STK.EU has no instruments of type STK"),
        ({"filters": "socialSentimentScoreAbove=1"}, "Filter socialSentimentScoreAbove not found, or not simulated"),
        ({"filters": "priceAbove=ten"}, "Filter priceAbove has no number: ten"),
        ({"moodyRatingAbove": "AAA"}, "Filter moodyRatingAbove is not simulated"),
        ({"stockTypeFilter": "CEF"}, "Stock type CEF not found, or not simulated"),
    ],
)
def test_what_can_not_be_scanned_is_refused(shared: Asker, fields: dict[str, Any], says: str) -> None:
    code, text = error(shared.ask(scan(**fields)))
    assert 162 == code
    assert text.startswith("Historical Market Data Service error message:")
    assert says in text
    assert [] == shared.client.open("scanner")


def test_a_scan_repeats_every_thirty_seconds_until_cancelled() -> None:
    asker = Asker()
    asker.ask(scan())
    assert [] == asker.wait(29)
    assert 1 == len(asker.wait(2))
    cancelled = "Historical Market Data Service error message:API scanner subscription cancelled: 9"
    assert (162, cancelled) == error(asker.ask(m.CancelScannerSubscription(reqId=9)))
    assert [] == asker.wait(60)
    assert 0 == len(asker.world.clock)
    unknown = (365, "No scanner subscription found for ticker id:9")
    assert unknown == error(asker.ask(m.CancelScannerSubscription(reqId=9)))


def test_an_id_in_use_and_one_scan_too_many_are_refused() -> None:
    asker = Asker(scenario=replace(LESSON, limits=Limits(scanners=1)))
    asker.ask(scan())
    assert 385 == error(asker.ask(scan()))[0]
    assert 162 == error(asker.ask(scan(10)))[0]


def test_the_parameters_name_what_can_be_asked(shared: Asker) -> None:
    (answer,) = shared.ask(m.ReqScannerParameters())
    tree = ElementTree.fromstring(answer.xml.encode())
    assert "ScanParameterResponse" == tree.tag
    assert ["InstrumentList", "LocationTree", "ScanTypeList", "FilterList"] == [child.tag for child in tree]

    def texts(path: str) -> list[str | None]:
        return [element.text for element in tree.findall(path)]

    assert set(SCAN_TYPES) == set(texts(".//scanCode"))
    assert set(LOCATIONS) == set(texts(".//locationCode"))
    assert ["STK", "STOCK.EU"] == texts(".//Instrument/type")
    assert {"priceAbove", "avgVolumeAbove", "marketCapBelow1e6"} <= set(texts(".//AbstractField/code"))
