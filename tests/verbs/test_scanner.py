from __future__ import annotations

import threading
from typing import Any
from xml.etree import ElementTree

import pytest
from inside import core
from scripted import ScriptedTWS
from verbs.test_contracts import details
from virtual import on_virtual_time

from ibnb import RequestError, RequestTimeoutError
from ibnb.verbs.scan_parameters import NOTHING, parse

#: In the shape of TWS's: locations in locations, a code with two rows, lists that repeat, codes that are a value's.
XML = """<?xml version="1.0" encoding="UTF-8"?>
<ScanParameterResponse>
  <InstrumentList varName="instrumentList">
    <Instrument><name>US Stocks</name><type>STK</type><filters>PRICE,STKTYPE</filters></Instrument>
    <Instrument><name>US Futures</name><type>FUT.US</type><filters>PRICE</filters></Instrument>
  </InstrumentList>
  <InstrumentList varName="fullInstrumentList">
    <Instrument><name>Stocks again</name><type>STK</type></Instrument>
    <Instrument><name>Nothing</name></Instrument>
  </InstrumentList>
  <LocationTree varName="locationTree">
    <Location>
      <displayName>US Stocks</displayName><locationCode>STK.US</locationCode><instruments>STK</instruments>
      <LocationTree varName="locationTree">
        <Location>
          <displayName>Listed/NASDAQ</displayName><locationCode> STK.US.MAJOR </locationCode>
          <LocationTree varName="locationTree">
            <Location><displayName>NYSE</displayName><locationCode>STK.NYSE</locationCode></Location>
          </LocationTree>
        </Location>
      </LocationTree>
    </Location>
    <Location><displayName>US Futures</displayName><locationCode>FUT.US</locationCode></Location>
  </LocationTree>
  <ScanTypeList varName="scanTypeList">
    <ScanType>
      <displayName>Most Active</displayName><scanCode>MOST_ACTIVE</scanCode><instruments>STK</instruments>
      <Columns varName="columns"><Column><colId>7</colId><name>Volume</name></Column></Columns>
    </ScanType>
    <ScanType>
      <displayName>Most Active</displayName><scanCode>MOST_ACTIVE</scanCode><instruments>FUT.US,BOND</instruments>
    </ScanType>
    <ScanType>
      <displayName>52-Week High</displayName><scanCode>HIGH_52W</scanCode><instruments>STK</instruments>
    </ScanType>
    <ScanType><displayName>For all</displayName><scanCode>ANY</scanCode></ScanType>
  </ScanTypeList>
  <FilterList varName="filterList">
    <RangeFilter>
      <id>PRICE</id><category>Prices</category>
      <AbstractField type="scanner.filter.DoubleField" varName="min">
        <code>priceAbove</code><displayName>Price Above</displayName><skipNotEditableField>false</skipNotEditableField>
      </AbstractField>
      <AbstractField type="scanner.filter.DoubleField" varName="max">
        <code>priceBelow</code><displayName>Price Below</displayName>
      </AbstractField>
    </RangeFilter>
    <SimpleFilter>
      <id>STKTYPE</id><category>General</category>
      <AbstractField type="scanner.filter.ComboField" varName="field">
        <code>stkTypes</code><displayName>Stock Type</displayName>
        <ComboValues varName="values"><ComboValue><code>inc:CORP</code></ComboValue></ComboValues>
      </AbstractField>
    </SimpleFilter>
    <TripleComboFilter>
      <id>INDUSTRY</id><category>General</category>
      <TripleComboField varName="field">
        <code>industryLike</code><codeNot>industryNotLike</codeNot><displayName>Industry</displayName>
      </TripleComboField>
    </TripleComboFilter>
  </FilterList>
  <FilterList varName="uiFilters">
    <RangeFilter><id>AGAIN</id><AbstractField><code>priceAbove</code></AbstractField></RangeFilter>
  </FilterList>
</ScanParameterResponse>"""


@pytest.fixture
def known(tws: ScriptedTWS) -> ScriptedTWS:
    """A TWS that tells its parameters, and finds nothing."""
    tws.on("reqScannerParameters", ("scannerParameters", XML))
    tws.on("reqScannerSubscription", ("scannerDataEnd", "$id"))
    return tws


def many(count: int) -> str:
    codes = "".join(f"<ScanType><scanCode>SCAN_{each}</scanCode></ScanType>" for each in range(count))
    return f"<ScanParameterResponse>{codes}</ScanParameterResponse>"


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


def test_a_scan_that_tws_refuses_raises(tws: ScriptedTWS) -> None:
    tws.refuse("reqScannerSubscription", 162, "Historical Market Data Service error message:Scan code NOPE not found")
    with pytest.raises(RequestError, match="NOPE"):
        tws.app.getScan("NOPE")


@pytest.mark.parametrize("wrong", [{"numberOfRows": 51}, {"numberOfRows": 0}, {"scanCode": ""}, {"locationCode": ""}])
def test_wrong_arguments_are_refused_before_sending(tws: ScriptedTWS, wrong: dict[str, Any]) -> None:
    tws.record("reqScannerSubscription")
    with pytest.raises(ValueError, match=next(iter(wrong))):
        tws.app.getScan(**wrong)
    assert tws.asked == []


@pytest.mark.parametrize("wrong", [{"scanCode": 5}, {"instrument": None}, {"locationCode": " "}])
def test_codes_are_text(known: ScriptedTWS, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} .* is not legal; app.getScannerParameters"):
        known.app.getScan(**wrong)
    assert known.asked == []


def test_the_xml_becomes_tables() -> None:
    found = parse(XML)
    assert found.scanCodes == [
        ("MOST_ACTIVE", "Most Active", "STK"),
        ("MOST_ACTIVE", "Most Active", "FUT.US,BOND"),
        ("HIGH_52W", "52-Week High", "STK"),
        ("ANY", "For all", ""),
    ]
    assert found.instruments == [("STK", "US Stocks", "PRICE,STKTYPE"), ("FUT.US", "US Futures", "PRICE")]
    assert found.locations == [
        ("STK.US", "US Stocks", "STK"),
        ("STK.US.MAJOR", "Listed/NASDAQ", ""),
        ("STK.NYSE", "NYSE", ""),
        ("FUT.US", "US Futures", ""),
    ]
    assert found.filters == [
        ("priceAbove", "Price Above", "DoubleField", "PRICE", "Prices"),
        ("priceBelow", "Price Below", "DoubleField", "PRICE", "Prices"),
        ("stkTypes", "Stock Type", "ComboField", "STKTYPE", "General"),
        ("industryLike", "Industry", "TripleComboField", "INDUSTRY", "General"),
        ("industryNotLike", "Industry", "TripleComboField", "INDUSTRY", "General"),
    ]
    assert parse("<ScanParameterResponse/>") == NOTHING


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            {"scanCode": "MOST_ACTIV"},
            r"'MOST_ACTIV' is not legal. Did you mean 'MOST_ACTIVE'\? Legal values: MOST_ACTIVE, HIGH_52W, ANY\.",
        ),
        (
            {"instrument": "FUT_US"},
            r"instrument 'FUT_US' is not legal. Did you mean 'FUT.US'\? Legal values: STK, FUT.US, BOND",
        ),
        (
            {"locationCode": "STK.US.MINOR"},
            r"locationCode 'STK.US.MINOR' .* mean 'STK.US.MAJOR'\? Legal values: STK.US,",
        ),
        ({"locationCode": "STK.US,NOWHERE"}, "locationCode 'NOWHERE' is not legal"),
        ({"priceAbov": 5}, r"filter 'priceAbov' is not legal. Did you mean 'priceAbove'\?"),
        ({"above_price": 5}, r"filter 'above_price' is not legal. Did you mean 'abovePrice'\?"),
        (
            {"scanCode": "HIGH_52W", "instrument": "FUT.US", "locationCode": "FUT.US"},
            "scanCode 'HIGH_52W' is not offered for instrument 'FUT.US'. It is for: STK.",
        ),
    ],
)
def test_a_word_that_tws_does_not_know_is_refused_before_sending(
    known: ScriptedTWS, given: dict[str, Any], text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        known.app.getScan(**given)
    assert known.names() == ["reqScannerParameters"]
    assert len(core(known.app).pending) == 0


def test_words_may_be_written_in_any_case(known: ScriptedTWS) -> None:
    known.app.getScan("most_active", "bond", "stk.us.major, Stk.Nyse", PRICEABOVE=5, AbovePrice=7, stkTypes="inc:CORP")
    _, subscription, _, filters = known.asked[1][1]
    assert (subscription.scanCode, subscription.instrument) == ("MOST_ACTIVE", "BOND")
    assert (subscription.locationCode, subscription.abovePrice) == ("STK.US.MAJOR,STK.NYSE", 7)
    assert [(each.tag, each.value) for each in filters] == [("priceAbove", "5"), ("stkTypes", "inc:CORP")]


def test_filters_of_ibs_samples_pass_although_the_xml_lacks_them(known: ScriptedTWS) -> None:
    known.app.getScan(usdMarketCapAbove=10_000, priceAbove=5)
    assert [(each.tag, each.value) for each in known.asked[1][1][3]] == [
        ("usdMarketCapAbove", "10000"),
        ("priceAbove", "5"),
    ]


def test_a_scan_code_without_instruments_is_for_all(known: ScriptedTWS) -> None:
    assert len(known.app.getScan("any", "FUT.US", "FUT.US")) == 0


@pytest.mark.parametrize(
    ("count", "given", "text"),
    [
        (30, "SCAN_30", r"SCAN_0, SCAN_1, .*SCAN_29\.$"),
        (31, "SCAN_31", r"mean 'SCAN_\d+'\? The nearest of 31 legal values: (SCAN_\d+(, )?){5}\. app\.getScannerParam"),
        (500, "x", r"There are 500 legal values. app.getScannerParameters\('scanCodes'\) lists what TWS knows\.$"),
    ],
)
def test_of_many_words_the_nearest_are_named(tws: ScriptedTWS, count: int, given: str, text: str) -> None:
    tws.on("reqScannerParameters", ("scannerParameters", many(count)))
    with pytest.raises(ValueError, match=text):
        tws.app.getScan(given)


def test_what_tws_does_not_tell_is_not_checked(tws: ScriptedTWS) -> None:
    tws.on("reqScannerParameters", ("scannerParameters", many(1)))
    tws.on("reqScannerSubscription", ("scannerDataEnd", "$id"))
    tws.app.getScan("scan_0", "WHATEVER", "NOWHERE", somethingAbove=1)
    _, subscription, _, filters = tws.asked[1][1]
    assert (subscription.scanCode, subscription.instrument, subscription.locationCode) == (
        "SCAN_0",
        "WHATEVER",
        "NOWHERE",
    )
    assert [each.tag for each in filters] == ["somethingAbove"]


def test_parameters_are_asked_for_once_per_connection(known: ScriptedTWS) -> None:
    for _ in range(2):
        known.app.getScan()
    assert known.names() == ["reqScannerParameters", "reqScannerSubscription", "reqScannerSubscription"]
    known.reconnect()
    known.app.getScan()
    assert known.names()[3:] == ["reqScannerParameters", "reqScannerSubscription"]


def test_parameters_that_were_asked_for_anyway_serve(known: ScriptedTWS) -> None:
    known.app.getScannerParameters()
    known.app.getScan()
    assert known.names() == ["reqScannerParameters", "reqScannerSubscription"]


@pytest.mark.parametrize(
    "answers",
    [
        (),
        (("scannerParameters", ""),),
        (("scannerParameters", "<Scan"),),
        (("error", -1, 321, "Error validating request"),),
    ],
    ids=["silence", "empty", "broken", "refused"],
)
def test_without_parameters_the_scan_is_sent_unchecked(tws: ScriptedTWS, answers: tuple[Any, ...]) -> None:
    tws.on("reqScannerParameters", *answers)
    tws.on("reqScannerSubscription", ("scannerDataEnd", "$id"))
    for _ in range(2):
        tws.app.getScan("nope", anything=1)
        assert tws.asked[-1][1][1].scanCode == "nope"
    assert tws.names() == ["reqScannerParameters", "reqScannerSubscription", "reqScannerSubscription"]


def test_parameters_that_come_late_are_heard(tws: ScriptedTWS) -> None:
    tws.record("reqScannerParameters")
    tws.on("reqScannerSubscription", ("scannerDataEnd", "$id"))
    tws.app.getScan("nope")
    tws.tell("scannerParameters", XML)
    with pytest.raises(ValueError, match="'nope' is not legal"):
        tws.app.getScan("nope")
    assert tws.names() == ["reqScannerParameters", "reqScannerSubscription"]


def test_unanswered_parameters_and_the_scan_share_the_timeout(tws: ScriptedTWS) -> None:
    waits: list[float | None] = []

    def note(key: Any) -> None:
        slot = core(tws.app).pending.get(key)
        assert slot is not None
        waits.append(slot.timeout)

    tws.on("reqScannerParameters", lambda *args: note("scannerParameters"))
    tws.on("reqScannerSubscription", lambda *args: note(args[0]))
    tws.record("cancelScannerSubscription")
    on_virtual_time(tws.app)
    with pytest.raises(RequestTimeoutError, match="getScan"):
        tws.app.getScan(timeout=4.0)
    assert waits == [2.0, 2.0]


def test_threads_ask_for_the_parameters_together(tws: ScriptedTWS) -> None:
    tws.app.timeout = 60.0
    other = threading.Thread(target=tws.app.getScan)

    def answer(*args: Any) -> None:
        other.start()
        while not core(tws.app).pending._in_line:
            other.join(0.001)
        tws.tell("scannerParameters", XML)

    tws.on("reqScannerParameters", answer)
    tws.on("reqScannerSubscription", ("scannerDataEnd", "$id"))
    tws.app.getScan()
    other.join()
    assert sorted(tws.names()) == ["reqScannerParameters", "reqScannerSubscription", "reqScannerSubscription"]


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


def test_parameters_list_the_other_words(known: ScriptedTWS) -> None:
    instruments = known.app.getScannerParameters("instruments")
    assert instruments.index.name == "instrument"
    assert instruments.loc["STK"].to_dict() == {"name": "US Stocks", "filters": "PRICE,STKTYPE"}
    locations = known.app.getScannerParameters("Locations")
    assert locations.index.tolist() == ["STK.US", "STK.US.MAJOR", "STK.NYSE", "FUT.US"]
    assert locations.loc["STK.US"].to_dict() == {"displayName": "US Stocks", "instruments": "STK"}
    filters = known.app.getScannerParameters(what="filters")
    assert filters.columns.tolist() == ["displayName", "type", "id", "category"]
    assert filters.loc["stkTypes"].tolist() == ["Stock Type", "ComboField", "STKTYPE", "General"]
    assert filters.attrs["xml"] == XML
    assert set(map(str, filters.dtypes)) == {"str"}


def test_parameters_of_no_known_sort(known: ScriptedTWS) -> None:
    with pytest.raises(
        ValueError, match=r"what 'location' is not legal. Did you mean 'locations'\? Legal values: scanC"
    ):
        known.app.getScannerParameters("location")
    with pytest.raises(ValueError, match="what must be text such as 'scanCodes', not 30"):
        known.app.getScannerParameters(30)  # type: ignore[arg-type]
    assert known.asked == []


def test_parameters_that_tell_nothing_have_the_same_columns(tws: ScriptedTWS) -> None:
    tws.on("reqScannerParameters", ("scannerParameters", "<ScanParameterResponse/>"))
    empty = tws.app.getScannerParameters("locations")
    assert (len(empty), empty.index.name, empty.columns.tolist()) == (0, "locationCode", ["displayName", "instruments"])
    assert set(map(str, empty.dtypes)) == {"str"}


def test_parameters_that_are_not_xml(tws: ScriptedTWS) -> None:
    tws.on("reqScannerParameters", ("scannerParameters", "<Scan"))
    with pytest.raises(ElementTree.ParseError):
        tws.app.getScannerParameters()
