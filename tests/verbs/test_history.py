from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from inside import core, open_ids, speak
from scripted import ScriptedTWS
from verbs.test_contracts import answer, details

from ibnb import (
    ContractNotFoundError,
    HistoricalDataError,
    IBApp,
    NotConnectedError,
    PacingError,
    RequestTimeoutError,
    createContract,
    dataSettings,
    tables,
)
from ibnb.ib.api import BarData

AAPL = createContract("AAPL")
DAILY = dataSettings("3 M", "1 day")
HOURLY = dataSettings("1 D", "1 hour")


def bar(date: str, close: float = 10.0, volume: int = 100) -> Any:
    found = BarData()
    found.date, found.open, found.high, found.low, found.close = date, 9.5, 10.5, 9.0, close
    found.volume, found.barCount = volume, volume
    setattr(found, "wap" if hasattr(found, "wap") else "average", volume)
    return found


def bars(tws: ScriptedTWS, *rows: Any) -> None:
    tws.on("reqHistoricalData", *(("historicalData", "$id", row) for row in rows), ("historicalDataEnd", "$id", "", ""))


def test_daily_bars_have_the_seed_s_columns_first_and_plain_dates(tws: ScriptedTWS) -> None:
    bars(tws, bar("20250610"), bar("20250611", 11.0))
    df = tws.app.getData(AAPL, DAILY)
    assert df.columns.tolist() == ["Open", "High", "Low", "Close", "Volume", "Average", "BarCount"]
    assert df.index.name == "Date"
    assert df.index.tz is None
    assert df["Close"].to_dict() == {pd.Timestamp("2025-06-10"): 10.0, pd.Timestamp("2025-06-11"): 11.0}
    assert set(map(str, df.dtypes)) == {"float64"}
    assert tws.app.data_ready.is_set()


def test_the_third_argument_is_the_request_id(tws: ScriptedTWS) -> None:
    bars(tws, bar("20250611"))
    tws.app.getData(AAPL, DAILY, 7)
    tws.app.getData(AAPL, DAILY)
    first, second = (args[0] for _, args in tws.asked)
    assert first == 7
    assert second != 7


def test_intraday_bars_are_in_the_zone_that_tws_names(tws: ScriptedTWS) -> None:
    speak(tws.app, 176)
    bars(tws, bar("20250611 09:30:00 US/Eastern"), bar("20250611 10:30:00 US/Eastern"))
    df = tws.app.getData(AAPL, HOURLY)
    assert str(df.index.tz) == "America/New_York"
    assert str(df.index[0]) == "2025-06-11 09:30:00-04:00"


def test_an_old_tws_is_asked_for_epoch_seconds_and_shown_in_the_exchange_s_zone(tws: ScriptedTWS) -> None:
    speak(tws.app, 157)
    bars(tws, bar("1749648600"))
    answer(tws, details("AAPL", 265598))
    for _ in range(2):
        df = tws.app.getData(AAPL, HOURLY)
        assert str(df.index[0]) == "2025-06-11 09:30:00-04:00"
    assert tws.asked[0][1][7] == 2
    assert tws.names() == ["reqHistoricalData", "reqContractDetails", "reqHistoricalData"]


def test_dates_without_a_year_are_not_asked_for(tws: ScriptedTWS) -> None:
    speak(tws.app, 176)
    bars(tws, bar("20250611 09:30:00 US/Eastern"))
    tws.app.getData(AAPL, dataSettings("1 D", "1 hour", formatDate=3))
    assert tws.asked[0][1][7] == 1


def test_quotes_have_no_volume(tws: ScriptedTWS) -> None:
    bars(tws, bar("20250611", volume=-1))
    row = tws.app.getData(
        createContract("EUR", "CASH", "IDEALPRO"), dataSettings("1 D", "1 day", whatToShow="MIDPOINT")
    )
    assert all(math.isnan(row.iloc[0][name]) for name in ("Volume", "Average", "BarCount"))


def test_an_empty_answer_has_the_same_columns_and_dtypes(tws: ScriptedTWS) -> None:
    full = ScriptedTWS()
    bars(full, bar("20250611"))
    bars(tws)
    one, none = full.app.getData(AAPL, DAILY), tws.app.getData(AAPL, DAILY)
    assert len(none) == 0
    pd.testing.assert_series_equal(one.dtypes, none.dtypes)
    assert one.index.dtype == none.index.dtype


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (162, "Historical Market Data Service error message:HMDS query returned no data: X@SMART", HistoricalDataError),
        (162, "Historical Market Data Service error message:Historical data request pacing violation", PacingError),
        (200, "No security definition has been found for the request", ContractNotFoundError),
    ],
)
def test_a_refused_request_raises_instead_of_hanging(
    tws: ScriptedTWS, code: int, text: str, kind: type[Exception]
) -> None:
    tws.refuse("reqHistoricalData", code, text)
    with pytest.raises(kind):
        tws.app.getData(AAPL, DAILY)
    assert tws.names() == ["reqHistoricalData"]


def test_fx_without_trades_is_told_about_midpoint(tws: ScriptedTWS) -> None:
    tws.refuse(
        "reqHistoricalData",
        162,
        "Historical Market Data Service error message:HMDS query returned no data: EUR.USD@IDEALPRO Trades",
    )
    with pytest.raises(HistoricalDataError, match="MIDPOINT"):
        tws.app.getData(createContract("EUR", "CASH", "IDEALPRO"), DAILY)


def test_a_warning_with_the_request_s_id_does_not_drop_the_data(tws: ScriptedTWS) -> None:
    tws.on(
        "reqHistoricalData",
        ("error", "$id", 2176, "Warning: Your API version does not support fractional share size rules."),
        ("historicalData", "$id", bar("20250611")),
        ("historicalDataEnd", "$id", "", ""),
    )
    assert len(tws.app.getData(AAPL, DAILY)) == 1


def test_a_silent_tws_times_out_and_the_request_is_cancelled(tws: ScriptedTWS) -> None:
    tws.on("reqHistoricalData", ("historicalData", "$id", bar("20250611")))
    tws.record("cancelHistoricalData")
    with pytest.raises(RequestTimeoutError, match="1 rows so far"):
        tws.app.getData(AAPL, DAILY, timeout=0.01)
    (_, asked), (_, cancelled) = tws.asked
    assert asked[0] == cancelled[0]


def test_nothing_is_sent_for_settings_that_cannot_work(tws: ScriptedTWS) -> None:
    tws.record("reqHistoricalData")
    with pytest.raises(ValueError, match="Did you mean '15 mins'"):
        tws.app.getData(AAPL, {"durationStr": "1 D", "barSizeSetting": "15 min"})
    with pytest.raises(ValueError, match="keepUpToDate"):
        tws.app.getData(AAPL, dataSettings("1 D", "1 hour", keepUpToDate=True))
    assert tws.asked == []


def test_without_a_connection_it_says_so() -> None:
    with pytest.raises(ConnectionError, match=r"not connected to TWS or IB Gateway"):
        IBApp().getData(AAPL, DAILY)
    with pytest.raises(NotConnectedError):
        IBApp().getHeadTimestamp(AAPL)


def test_many_contracts_in_one_frame(tws: ScriptedTWS) -> None:
    bars(tws, bar("20250610"), bar("20250611", 11.0))
    many = tws.app.getDataMany([AAPL, createContract("NVDA")], DAILY)
    assert many.index.names == ["symbol", "Date"]
    one = tws.app.getData(AAPL, DAILY)
    for symbol in ("AAPL", "NVDA"):
        pd.testing.assert_frame_equal(many.loc[symbol], one)
    assert len({args[0] for _, args in tws.asked}) == 3


def test_many_contracts_of_one_symbol_have_labels(tws: ScriptedTWS) -> None:
    speak(tws.app, 176)
    bars(tws, bar("20250611 09:30:00 US/Eastern"))
    with pytest.raises(ValueError, match="two contracts are called 'AAPL'"):
        tws.app.getDataMany([AAPL, AAPL], HOURLY)
    assert tws.asked == []
    many = tws.app.getDataMany({"one": AAPL, "other": AAPL}, HOURLY)
    assert many.index.get_level_values("symbol").tolist() == ["one", "other"]
    assert str(many.index.levels[1].tz) == "America/New_York"


def test_many_contracts_in_different_zones_are_shown_in_the_first() -> None:
    found = tables.many_bars(
        ["A", "none", "B"],
        [[("1749648600", *[1] * 7)], [], [("1749648600", *[1] * 7)]],
        ["US/Eastern", None, "GB"],
        False,
    )
    assert [str(date) for _, date in found.index] == ["2025-06-11 09:30:00-04:00"] * 2
    assert found.index.get_level_values("symbol").tolist() == ["A", "B"]


def test_many_answers_may_all_be_empty(tws: ScriptedTWS) -> None:
    full = ScriptedTWS()
    bars(full, bar("20250611"))
    bars(tws)
    one, none = full.app.getDataMany([AAPL], DAILY), tws.app.getDataMany([AAPL], DAILY)
    assert (1, 0) == (len(one), len(none))
    pd.testing.assert_series_equal(one.dtypes, none.dtypes)
    assert one.index.names == none.index.names
    assert one.index.levels[1].dtype == none.index.levels[1].dtype


def test_many_raise_what_the_first_failure_says_and_cancel_the_rest(tws: ScriptedTWS) -> None:
    tws.refuse("reqHistoricalData", 162, "Historical Market Data Service error message:No market data permissions")
    with pytest.raises(HistoricalDataError):
        tws.app.getDataMany([AAPL, createContract("NVDA")], DAILY)
    assert len(core(tws.app).pending) == 0


def test_overlapping_answers_do_not_mix(tws: ScriptedTWS) -> None:
    def answers(reqId: int, *rest: Any) -> None:
        tws.tell("historicalData", reqId + 1000, bar("20250601", 99.0))
        tws.tell("historicalData", reqId, bar("20250611"))
        tws.tell("historicalDataEnd", reqId, "", "")

    tws.on("reqHistoricalData", answers)
    assert tws.app.getData(AAPL, DAILY)["Close"].tolist() == [10.0]


def test_head_timestamp_is_utc_and_frees_its_place(tws: ScriptedTWS) -> None:
    tws.on("reqHeadTimeStamp", ("headTimestamp", "$id", "345479400"))
    tws.record("cancelHeadTimeStamp")
    assert tws.app.getHeadTimestamp(AAPL) == pd.Timestamp("1980-12-12 14:30", tz="UTC")
    assert tws.names() == ["reqHeadTimeStamp", "cancelHeadTimeStamp"]
    with pytest.raises(ValueError, match="whatToShow"):
        tws.app.getHeadTimestamp(AAPL, "TRADE")


def test_the_seeds_helpers_are_methods_too(tws: ScriptedTWS) -> None:
    assert tws.app.dataSettings("3 M", "1 day") == DAILY
    assert tws.app.createContract("CSH2", "STK", "LSE", "GBP").currency == "GBP"


# --- bars that go on growing ----------------------------------------------------------------------


def live(tws: ScriptedTWS) -> Any:
    speak(tws.app, 176)
    bars(tws, bar("20250611 09:30:00 US/Eastern"), bar("20250611 09:31:00 US/Eastern"))
    tws.record("cancelHistoricalData")
    return tws.app.streamBars(AAPL, dataSettings("1 D", "1 min"))


def test_live_bars_begin_with_history_then_change_and_end_with_a_cancel(tws: ScriptedTWS) -> None:
    with live(tws) as stream:
        reqId = tws.asked[0][1][0]
        assert len(stream.df) == 2
        tws.tell("historicalDataUpdate", reqId, bar("20250611 09:31:00 US/Eastern", 10.25))
        tws.tell("historicalDataUpdate", reqId, bar("20250611 09:32:00 US/Eastern", 10.5))
        first, second = stream.next(), next(iter(stream))
        assert (first.Close, first.new) == (10.25, False)
        assert (second.Close, second.new) == (10.5, True)
        assert str(second.Date) == "2025-06-11 09:32:00-04:00"
        assert stream.df["Close"].tolist() == [10.0, 10.25, 10.5]
        with pytest.raises(RequestTimeoutError):
            stream.next(timeout=0.01)
    assert tws.asked[0][1][8] is True
    assert tws.names() == ["reqHistoricalData", "cancelHistoricalData"]
    assert len(core(tws.app).pending) == 0


def test_a_live_stream_that_tws_ends_raises(tws: ScriptedTWS) -> None:
    with live(tws) as stream:
        tws.tell("error", tws.asked[0][1][0], 10182, "Failed to request live updates (disconnected).")
        with pytest.raises(HistoricalDataError):
            stream.next()
    assert tws.names() == ["reqHistoricalData"]


def test_a_live_stream_that_cannot_begin_raises_on_entering(tws: ScriptedTWS) -> None:
    tws.refuse("reqHistoricalData", 162, "Historical Market Data Service error message:No market data permissions")
    with pytest.raises(HistoricalDataError), tws.app.streamBars(AAPL, DAILY):
        pass
    assert open_ids(tws.app) == []


@pytest.mark.parametrize(
    "settings",
    [
        dataSettings("1 D", "1 min", whatToShow="BID_ASK"),
        dataSettings("1800 S", "1 secs"),
        dataSettings("1 D", "1 min", "20250611 16:00:00 US/Eastern"),
    ],
)
def test_live_bars_that_cannot_be(tws: ScriptedTWS, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"whatToShow|5 secs|endDateTime"):
        tws.app.streamBars(AAPL, settings)
