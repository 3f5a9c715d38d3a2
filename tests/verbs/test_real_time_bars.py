from __future__ import annotations

import math
from decimal import Decimal

import pandas as pd
import pytest
from inside import core, open_ids
from scripted import ScriptedTWS
from virtual import on_virtual_time

from ibnb import MarketDataError, RequestTimeoutError, createContract

AAPL = createContract("AAPL")
NOON = 1749657600  # 2025-06-11 12:00 in New York
BAR = ("realtimeBar", "$id", NOON, 205.0, 205.5, 204.5, 205.2, Decimal(1200), Decimal("205.1"), 15)


@pytest.fixture(autouse=True)
def zone(tws: ScriptedTWS) -> None:
    tws.knows("AAPL", timeZoneId="America/New_York")


def test_bars_come_one_by_one_and_stand_in_a_frame_like_getdata_s(tws: ScriptedTWS) -> None:
    tws.on("reqRealTimeBars", BAR)
    tws.record("cancelRealTimeBars")
    with tws.app.streamRealTimeBars(AAPL, useRTH=0) as bars:
        bar = bars.next()
        with pytest.raises(RequestTimeoutError):
            bars.next(timeout=0.01)
        frame = bars.df
    assert bar == (
        pd.Timestamp("2025-06-11 12:00", tz="America/New_York"),
        205.0,
        205.5,
        204.5,
        205.2,
        1200.0,
        205.1,
        15,
    )
    assert frame.columns.tolist() == ["Open", "High", "Low", "Close", "Volume", "Average", "BarCount"]
    assert frame.index.tolist() == [bar.Date]
    assert tws.asked[0][1][1:] == (AAPL, 5, "TRADES", False, [])
    assert tws.names() == ["reqRealTimeBars", "cancelRealTimeBars"]


@pytest.mark.parametrize(("asked", "waits"), [(None, 7.0), (3.0, 3.0)])
def test_news_are_waited_for_as_long_as_the_stream_says_unless_next_is_told(
    tws: ScriptedTWS, asked: float | None, waits: float
) -> None:
    """(Mutants of stream.py.)"""
    tws.record("reqRealTimeBars")
    with tws.app.streamRealTimeBars(AAPL, timeout=7.0) as bars:
        clock = on_virtual_time(tws.app)
        with pytest.raises(RequestTimeoutError):
            bars.next(timeout=asked)
    assert clock.passed == waits


def test_quotes_have_no_volume(tws: ScriptedTWS) -> None:
    tws.on("reqRealTimeBars", (*BAR[:7], Decimal(-1), Decimal(-1), -1))
    with tws.app.streamRealTimeBars(AAPL, "bid") as bars:
        assert math.isnan(bars.next().Volume)
        assert bars.df["Average"].isna().all()


def test_no_bars_yet_have_the_same_columns_and_dtypes(tws: ScriptedTWS) -> None:
    tws.record("reqRealTimeBars")
    with tws.app.streamRealTimeBars(AAPL) as bars:
        empty = bars.df
        tws.tell(BAR[0], next(iter(open_ids(tws.app))), *BAR[2:])
        pd.testing.assert_series_equal(empty.dtypes, bars.df.dtypes)
        assert empty.index.dtype == bars.df.index.dtype


def test_a_refusal_raises_on_entering(tws: ScriptedTWS) -> None:
    tws.refuse("reqRealTimeBars", 420, "Invalid Real-time Query:No market data permissions for NASDAQ STK")
    with pytest.raises(MarketDataError), tws.app.streamRealTimeBars(AAPL):
        pass
    with pytest.raises(ValueError, match="TRADES"):
        tws.app.streamRealTimeBars(AAPL, "BID_ASK")
    assert len(core(tws.app).pending) == 0
