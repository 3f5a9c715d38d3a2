from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from inside import core, open_ids
from scripted import ScriptedTWS

from ibnb import HistoricalDataError, MarketDataError, RequestTimeoutError, createContract

AAPL = createContract("AAPL")
NOON = 1749657600  # 2025-06-11 12:00 in New York
FLAGS = SimpleNamespace(pastLimit=False, unreported=True)
QUOTE_FLAGS = SimpleNamespace(bidPastLow=True, askPastHigh=False)


@pytest.fixture(autouse=True)
def zone(tws: ScriptedTWS) -> None:
    tws.knows("AAPL", timeZoneId="America/New_York")


def trade(time: int, price: float = 205.0) -> Any:
    return SimpleNamespace(
        time=time, price=price, size=Decimal(100), exchange="ARCA", specialConditions="", tickAttribLast=FLAGS
    )


def quote(time: int) -> Any:
    return SimpleNamespace(
        time=time,
        priceBid=204.9,
        priceAsk=205.1,
        sizeBid=Decimal(3),
        sizeAsk=Decimal(4),
        tickAttribBidAsk=QUOTE_FLAGS,
    )


def test_trades_have_their_columns_and_the_exchange_s_time(tws: ScriptedTWS) -> None:
    tws.on("reqHistoricalTicks", ("historicalTicksLast", "$id", [trade(NOON), trade(NOON)], True))
    ticks = tws.app.getTicks(AAPL, start="20250611 12:00:00 US/Eastern", numberOfTicks=2)
    assert ticks.columns.tolist() == ["price", "size", "exchange", "specialConditions", "pastLimit", "unreported"]
    assert ticks.index.tolist() == [pd.Timestamp("2025-06-11 12:00", tz="America/New_York")] * 2
    assert ticks.iloc[0].tolist() == [205.0, 100.0, "ARCA", "", False, True]
    assert tws.asked[0][1][1:] == (AAPL, "20250611 12:00:00 US/Eastern", "", 2, "TRADES", 1, False, [])


def test_quotes_and_midpoints_too(tws: ScriptedTWS) -> None:
    tws.on("reqHistoricalTicks", ("historicalTicksBidAsk", "$id", [quote(NOON)], True))
    quotes = tws.app.getTicks(AAPL, "BID_ASK", numberOfTicks=1)
    assert quotes.iloc[0].to_dict() == {
        "bid": 204.9,
        "ask": 205.1,
        "bidSize": 3.0,
        "askSize": 4.0,
        "bidPastLow": True,
        "askPastHigh": False,
    }
    tws.on("reqHistoricalTicks", ("historicalTicks", "$id", [SimpleNamespace(time=NOON, price=205.0)], True))
    assert tws.app.getTicks(AAPL, "midpoint", numberOfTicks=1)["midpoint"].tolist() == [205.0]


def test_an_answer_in_several_messages_is_one(tws: ScriptedTWS) -> None:
    tws.on(
        "reqHistoricalTicks",
        ("historicalTicksLast", "$id", [trade(NOON)], False),
        ("historicalTicksLast", "$id", [trade(NOON + 1)], True),
    )
    assert len(tws.app.getTicks(AAPL, start="20250611-16:00:00", numberOfTicks=2)) == 2


@pytest.mark.parametrize("onward", [True, False])
def test_more_than_a_thousand_are_asked_for_in_pages_without_repetition(tws: ScriptedTWS, onward: bool) -> None:
    def answer(reqId: int, contract: Any, start: str, end: str, count: int, *rest: Any) -> None:
        at = int(pd.Timestamp(start or end, tz="UTC").timestamp())
        # Two a second; the last second is completed, and what is asked for again comes again.
        steps = [n // 2 for n in range((count + 3) // 2 * 2)]
        times = [at + step for step in steps] if onward else [at - step for step in reversed(steps)]
        tws.tell("historicalTicksLast", reqId, [trade(time) for time in times], True)

    tws.on("reqHistoricalTicks", answer)
    span = {"start" if onward else "end": "20250611-16:00:00"}
    ticks = tws.app.getTicks(AAPL, numberOfTicks=2500, **span)
    assert len(ticks) >= 2500
    assert ticks.index.is_monotonic_increasing
    assert [args[4] for _, args in tws.asked[:2]] == [1000, 1000]
    counts = ticks.index.value_counts()
    assert counts.max() == 2


def test_no_ticks_have_the_same_columns_and_dtypes(tws: ScriptedTWS) -> None:
    tws.on("reqHistoricalTicks", ("historicalTicksLast", "$id", [trade(NOON)], True))
    full = tws.app.getTicks(AAPL)
    tws.on("reqHistoricalTicks", ("historicalTicksLast", "$id", [], True))
    empty = tws.app.getTicks(AAPL)
    assert len(empty) == 0
    pd.testing.assert_series_equal(full.dtypes, empty.dtypes)
    assert full.index.dtype == empty.index.dtype


def test_refusals_and_silence(tws: ScriptedTWS) -> None:
    tws.refuse("reqHistoricalTicks", 10187, "Failed to request historical ticks:No market data permissions")
    with pytest.raises(HistoricalDataError):
        tws.app.getTicks(AAPL)
    tws.on("reqHistoricalTicks", ("historicalTicksLast", "$id", [trade(NOON)], False))
    with pytest.raises(RequestTimeoutError, match="1 rows so far"):
        tws.app.getTicks(AAPL, timeout=0.01)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"whatToShow": "TRADE"}, "TRADES"),
        ({"start": "20250611-16:00:00", "end": "20250611-17:00:00"}, "not both"),
        ({"numberOfTicks": 0}, "numberOfTicks"),
        ({"start": "yesterday"}, "start 'yesterday' is not legal"),
    ],
)
def test_what_cannot_work_is_not_sent(tws: ScriptedTWS, arguments: dict[str, Any], says: str) -> None:
    tws.record("reqHistoricalTicks")
    with pytest.raises(ValueError, match=says):
        tws.app.getTicks(AAPL, **arguments)
    assert tws.asked == []


def test_a_histogram_is_sorted_by_price(tws: ScriptedTWS) -> None:
    rows = [SimpleNamespace(price=205.0, size=Decimal(10)), SimpleNamespace(price=204.0, size=Decimal(5))]
    tws.on("reqHistogramData", ("histogramData", "$id", rows))
    histogram = tws.app.getHistogram(AAPL)
    assert histogram["size"].to_dict() == {204.0: 5.0, 205.0: 10.0}
    tws.on("reqHistogramData", ("histogramData", "$id", []))
    pd.testing.assert_series_equal(histogram.dtypes, tws.app.getHistogram(AAPL).dtypes)
    tws.refuse("reqHistogramData", 10188, "Failed to request histogram data:No data")
    with pytest.raises(HistoricalDataError):
        tws.app.getHistogram(AAPL)


def test_a_stream_begins_with_the_past_and_is_cancelled(tws: ScriptedTWS) -> None:
    tws.on(
        "reqTickByTickData",
        ("historicalTicksLast", "$id", [trade(NOON - 1, 204.0)], True),
        ("tickByTickAllLast", "$id", 1, NOON, 205.0, Decimal(100), FLAGS, "ARCA", ""),
    )
    tws.record("cancelTickByTickData")
    with tws.app.streamTicks(AAPL, numberOfTicks=1) as ticks:
        assert ticks.df["price"].tolist() == [204.0, 205.0]
        first, second = ticks.waiting()
        assert (first.price, second.size, second.unreported) == (204.0, 100.0, True)
        assert second.time == pd.Timestamp("2025-06-11 12:00", tz="America/New_York")
        with pytest.raises(RequestTimeoutError):
            ticks.next(timeout=0.01)
    assert tws.names() == ["reqTickByTickData", "cancelTickByTickData"]
    assert open_ids(tws.app) == []
    assert len(core(tws.app).pending) == 0


def test_streams_of_quotes_and_midpoints(tws: ScriptedTWS) -> None:
    tws.on("reqTickByTickData", ("tickByTickBidAsk", "$id", NOON, 204.9, 205.1, Decimal(3), Decimal(4), QUOTE_FLAGS))
    with tws.app.streamTicks(AAPL, "BidAsk") as quotes:
        assert next(iter(quotes))[1:] == (204.9, 205.1, 3.0, 4.0, True, False)
        assert quotes.df["askSize"].tolist() == [4.0]
    tws.on("reqTickByTickData", ("tickByTickMidPoint", "$id", NOON, 205.0))
    with tws.app.streamTicks(AAPL, "midpoint") as midpoints:
        assert midpoints.next().midpoint == 205.0
    assert tws.asked[-1][1][2] == "MidPoint"


def test_the_past_that_comes_again_after_a_lost_connection_is_left_out(tws: ScriptedTWS) -> None:
    tws.record("reqTickByTickData")
    with tws.app.streamTicks(AAPL, numberOfTicks=2) as ticks:
        (reqId,) = open_ids(tws.app)
        tws.tell("historicalTicksLast", reqId, [trade(NOON), trade(NOON + 1)], True)
        tws.tell("historicalTicksLast", reqId, [trade(NOON + 1), trade(NOON + 2)], True)
        assert len(ticks.df) == 3


def test_a_refused_stream_raises_on_entering_or_when_waiting(tws: ScriptedTWS) -> None:
    tws.refuse("reqTickByTickData", 10190, "Max number of tick-by-tick requests has been reached.")
    tws.record("cancelTickByTickData")
    with pytest.raises(MarketDataError), tws.app.streamTicks(AAPL):
        pass
    tws.record("reqTickByTickData")
    with tws.app.streamTicks(AAPL) as ticks:
        tws.tell("error", next(iter(open_ids(tws.app))), 10189, "Failed to request tick-by-tick data.")
        with pytest.raises(MarketDataError):
            ticks.next()
    assert "cancelTickByTickData" not in tws.names()


def test_a_stream_works_inside_its_block_only(tws: ScriptedTWS) -> None:
    with pytest.raises(Exception, match="inside its block"):
        tws.app.streamTicks(AAPL).next()
    for wrong in ({"tickType": "Trades"}, {"numberOfTicks": 1001}):
        with pytest.raises(ValueError):
            tws.app.streamTicks(AAPL, **wrong)
