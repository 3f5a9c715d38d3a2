from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from inside import speak
from scripted import SERVER_VERSION, ScriptedTWS

from ibnb import IBError, RequestError, RequestTimeoutError, createContract

AAPL = createContract("AAPL")
EURUSD = createContract("EUR", "CASH", "IDEALPRO")
LETTERS = [
    SimpleNamespace(bitNumber=0, exchange="AMEX", exchangeLetter="A"),
    SimpleNamespace(bitNumber=1, exchange="NASDAQ", exchangeLetter="Q"),
]


def test_a_market_rule_has_its_steps(tws: ScriptedTWS) -> None:
    steps = [SimpleNamespace(lowEdge=0.0, increment=0.0001), SimpleNamespace(lowEdge=1.0, increment=0.01)]
    tws.on("reqMarketRule", ("marketRule", 7, []), ("marketRule", 26, steps))
    rule = tws.app.getMarketRule(26)
    assert rule.to_numpy().tolist() == [[0.0, 0.0001], [1.0, 0.01]]
    tws.on("reqMarketRule", ("marketRule", 26, []))
    pd.testing.assert_series_equal(rule.dtypes, tws.app.getMarketRule(26).dtypes)


def test_an_unknown_market_rule_is_refused_or_not_answered(tws: ScriptedTWS) -> None:
    tws.on("reqMarketRule", ("error", -1, 321, "Error validating request.-'b7' : cause - Invalid market rule id 9"))
    with pytest.raises(RequestError, match="Invalid market rule"):
        tws.app.getMarketRule(9)
    tws.record("reqMarketRule")
    with pytest.raises(RequestTimeoutError):
        tws.app.getMarketRule(9)


def test_the_letters_of_a_quote_by_code_or_by_contract(tws: ScriptedTWS) -> None:
    tws.on("reqSmartComponents", ("smartComponents", "$id", LETTERS))
    assert tws.app.getSmartComponents("9c0001").loc["Q", "exchange"] == "NASDAQ"
    tws.on("reqMktData", ("tickReqParams", "$id", 0.01, "9c0001", 3))
    tws.record("cancelMktData")
    assert tws.app.getSmartComponents(AAPL).loc["A"].tolist() == ["AMEX", 0]
    assert tws.names()[1:] == ["reqMktData", "cancelMktData", "reqSmartComponents"]
    assert tws.asked[-1][1][1] == "9c0001"


def test_quotes_that_name_no_exchange_have_no_letters(tws: ScriptedTWS) -> None:
    tws.on("reqMktData", ("tickReqParams", "$id", 0.00005, "", 0))
    with pytest.raises(ValueError, match="name no exchanges"):
        tws.app.getSmartComponents(EURUSD)


@pytest.mark.skipif(SERVER_VERSION < 165, reason="this ibapi doesn't know schedules")
def test_a_schedule_stands_in_the_exchange_s_time(tws: ScriptedTWS) -> None:
    session = SimpleNamespace(startDateTime="20250611-09:30:00", endDateTime="20250611-16:00:00", refDate="20250611")
    said = ("historicalSchedule", "$id", "20250611-09:30:00", "20250611-16:00:00", "US/Eastern")
    tws.on("reqHistoricalData", (*said, [session]))
    schedule = tws.app.getSchedule(AAPL, "1 W", useRTH=0)
    assert schedule.index.tolist() == [pd.Timestamp("2025-06-11")]
    assert schedule.loc["2025-06-11", "start"] == pd.Timestamp("2025-06-11 09:30", tz="America/New_York")
    assert tws.asked[0][1][2:7] == ("", "1 W", "1 day", "SCHEDULE", 0)
    tws.on("reqHistoricalData", (*said, []))
    pd.testing.assert_series_equal(schedule.dtypes, tws.app.getSchedule(AAPL).dtypes)


def test_what_an_old_tws_does_not_know_is_said(tws: ScriptedTWS) -> None:
    speak(tws.app, 157)
    with pytest.raises(IBError, match=r"10\.12"):
        tws.app.getSchedule(AAPL)
