from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.handlers import history  # noqa: F401  registers its handlers
from ibnb.gateway.handlers.history.request import BAR_SIZES
from ibnb.gateway.scenario import LESSON, Limits

from ..asking import AAPL, EURUSD, SPX, Asker, error, new_york

ES = m.Contract(symbol="ES", secType="CONTFUT", exchange="CME")


@pytest.fixture
def asker() -> Asker:
    return Asker()


def bars_request(**fields: Any) -> m.ReqHistoricalData:
    defaults: dict[str, Any] = {
        "reqId": 5,
        "contract": AAPL,
        "durationStr": "1 D",
        "barSizeSetting": "1 hour",
        "whatToShow": "TRADES",
    }
    return m.ReqHistoricalData(**(defaults | fields))


def bars(asker: Asker, **fields: Any) -> list[m.Bar]:
    answer = asker.ask(bars_request(**fields))[0]
    assert isinstance(answer, m.HistoricalData), answer
    return list(answer.bars)


def test_the_day_so_far_comes_with_its_end(asker: Asker) -> None:
    data, end = asker.ask(bars_request(barSizeSetting="30 mins"))
    assert ["20250611 09:30:00 US/Eastern"] == [bar.date for bar in data.bars]
    assert ("20250610 10:00:00 US/Eastern", "20250611 10:00:00 US/Eastern") == (end.start, end.end)
    assert (data.start, data.end) == (end.start, end.end)
    assert isinstance(end, m.HistoricalDataEnd)


def test_below_version_196_there_is_no_end_message_and_below_174_no_zone() -> None:
    (data,) = Asker(version=157).ask(bars_request(barSizeSetting="30 mins"))
    assert ["20250611  09:30:00"] == [bar.date for bar in data.bars]
    assert ("20250610  10:00:00", "20250611  10:00:00") == (data.start, data.end)


@pytest.mark.parametrize(
    ("duration", "size", "count"),
    [
        ("1 D", "1 min", 30),
        ("2 D", "1 hour", 7 + 1),
        ("1800 S", "1 secs", 1800),
        ("3600 S", "1 min", 60),
        ("1 W", "1 day", 5),
        ("3 M", "1 day", 64),
        ("1 Y", "1 day", 250),
        ("1 M", "1W", 5),
        ("6 M", "1M", 7),
    ],
)
def test_a_duration_and_a_size_make_so_many_bars(asker: Asker, duration: str, size: str, count: int) -> None:
    assert count == len(bars(asker, durationStr=duration, barSizeSetting=size))


@pytest.mark.parametrize("size", list(BAR_SIZES))
def test_every_bar_size_is_served(asker: Asker, size: str) -> None:
    duration = "1000 S" if size == "1 secs" else "2 D"
    rows = bars(asker, durationStr=duration, barSizeSetting=size)
    assert rows
    for bar in rows:
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert bar.low <= bar.wap <= bar.high
        assert bar.volume > 0
        assert bar.barCount > 0


def test_seconds_are_counted_in_session_time(asker: Asker) -> None:
    # At 10:00 one hour of session is half an hour of today and half an hour of yesterday.
    rows = bars(asker, durationStr="3600 S", barSizeSetting="1 min")
    assert ("20250610 15:30:00 US/Eastern", "20250611 09:59:00 US/Eastern") == (rows[0].date, rows[-1].date)


def test_daily_bars_carry_dates_whatever_the_format(asker: Asker) -> None:
    dates = [bar.date for bar in bars(asker, durationStr="3 D", barSizeSetting="1 day", formatDate=2)]
    assert ["20250609", "20250610", "20250611"] == dates


def test_dates_can_be_epoch_seconds(asker: Asker) -> None:
    assert str(int(new_york(11, 9, 30))) == bars(asker, formatDate=2)[0].date


def test_quotes_have_no_volume(asker: Asker) -> None:
    for what in ("MIDPOINT", "BID", "ASK", "BID_ASK"):
        (bar,) = {(bar.volume, bar.wap, bar.barCount) for bar in bars(asker, whatToShow=what)}
        assert (Decimal(-1), -1.0, -1) == bar


def test_an_end_in_the_past_ends_there(asker: Asker) -> None:
    for end in ("20250605 12:00:00 US/Eastern", "20250605-16:00:00"):
        rows = bars(asker, endDateTime=end)
        assert ("20250605 09:30:00 US/Eastern", "20250605 11:00:00 US/Eastern") == (rows[0].date, rows[-1].date)


def test_a_missing_zone_earns_a_notice_and_an_answer(asker: Asker) -> None:
    notice, data, _ = asker.ask(bars_request(endDateTime="20250605 12:00:00"))
    assert (5, 2174) == (notice.id, notice.code)
    assert "20250605 11:00:00 US/Eastern" == data.bars[-1].date


def test_an_end_in_the_future_means_now(asker: Asker) -> None:
    assert bars(asker) == bars(asker, endDateTime="20260101-00:00:00")


def test_hours_outside_the_session_are_there_when_asked_for(asker: Asker) -> None:
    assert "20250611 04:00:00 US/Eastern" == bars(asker, useRTH=0)[0].date
    assert "20250611 09:30:00 US/Eastern" == bars(asker, useRTH=1)[0].date


def test_larger_bars_agree_with_smaller_ones(asker: Asker) -> None:
    hours = bars(asker, durationStr="1 D", endDateTime="20250610-20:00:00")
    (day,) = bars(asker, durationStr="1 D", barSizeSetting="1 day", endDateTime="20250610-20:00:00")
    assert (day.open, day.close) == (hours[0].open, hours[-1].close)
    assert day.high == max(bar.high for bar in hours)
    assert day.volume == sum(bar.volume for bar in hours)


@pytest.mark.parametrize("size", ["15 mins", "1 hour", "8 hours"])
@pytest.mark.parametrize(
    ("contract", "what", "rth"),
    [
        (AAPL, "TRADES", True),
        (AAPL, "ADJUSTED_LAST", False),
        (AAPL, "HISTORICAL_VOLATILITY", True),
        (EURUSD, "MIDPOINT", True),
        (ES, "BID_ASK", False),
        (m.Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"), "AGGTRADES", True),
    ],
)
def test_what_is_made_in_pieces_is_what_is_made_at_once(
    asker: Asker, contract: m.Contract, what: str, rth: bool, size: str
) -> None:
    """#10, no client waits for another: a piece ends where a session does, a bar never."""
    got = bars(
        asker, contract=contract, whatToShow=what, useRTH=rth, durationStr="2 M", barSizeSetting=size, formatDate=2
    )
    (instrument,) = asker.world.instruments.match(contract)
    now, begins = asker.world.clock.now(), float(got[0].date)
    whole = asker.world.market.bars(instrument, what, BAR_SIZES[size], begins, now, rth)
    rows = [(int(bar.date), bar.open, bar.high, bar.low, bar.close, bar.barCount) for bar in got]
    columns = (whole.time, whole.open, whole.high, whole.low, whole.close, whole.count)
    assert rows == list(zip(*(column.tolist() for column in columns), strict=True))


def test_a_currency_pair_has_midpoints_and_no_trades(asker: Asker) -> None:
    assert bars(asker, contract=EURUSD, whatToShow="MIDPOINT")
    says = "Historical Market Data Service error message:HMDS query returned no data: EUR.USD@IDEALPRO Trades"
    assert (162, says) == error(asker.ask(bars_request(contract=EURUSD)))


def test_an_index_has_values_and_no_quotes(asker: Asker) -> None:
    assert bars(asker, contract=SPX)
    assert 162 == error(asker.ask(bars_request(contract=SPX, whatToShow="BID")))[0]


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"endDateTime": "yesterday", "durationStr": ""}, 10314, "End Date/Time: The date, time, or time-zone"),
        ({"durationStr": "", "barSizeSetting": "x"}, 321, "duration not specified"),
        ({"barSizeSetting": "15 min", "whatToShow": "x"}, 321, "bar size setting is invalid"),
        ({"whatToShow": "x", "formatDate": 9}, 321, "What to show field is missing or incorrect."),
        ({"formatDate": 9}, 321, "Date formatting selection of 9 rejected."),
        ({"whatToShow": "SCHEDULE"}, 321, "Only daily resolution supported for Schedule requests"),
        ({"whatToShow": "ADJUSTED_LAST", "endDateTime": "20250605-16:00:00"}, 321, "End date not supported"),
        ({"contract": ES, "endDateTime": "20250605-16:00:00"}, 10339, "continuous future"),
        ({"keepUpToDate": True, "endDateTime": "20250605-16:00:00"}, 321, "keep up to date"),
        ({"keepUpToDate": True, "whatToShow": "BID_ASK"}, 321, "only supported for TRADES"),
        ({"keepUpToDate": True, "barSizeSetting": "1 secs", "durationStr": "60 S"}, 321, "5 secs and more"),
        ({"contract": replace(AAPL, symbol="NOPE")}, 200, "No security definition"),
        ({"contract": replace(AAPL, exchange="")}, 321, "Please enter exchange"),
        ({"barSizeSetting": "1 secs"}, 162, "invalid step: 1"),
        ({"whatToShow": "FEE_RATE"}, 321, "not simulated"),
        ({"endDateTime": "19700105-16:00:00"}, 162, "HMDS query returned no data: AAPL@SMART Trades"),
    ],
)
def test_bad_requests_are_refused_in_the_order_of_tws(
    asker: Asker, fields: dict[str, Any], code: int, says: str
) -> None:
    answer = error(asker.ask(bars_request(**fields)))
    assert code == answer[0]
    assert says in answer[1]
    assert [] == asker.client.open("historicalData")


def test_a_schedule_lists_sessions_in_the_exchanges_time(asker: Asker) -> None:
    (answer,) = asker.ask(bars_request(whatToShow="SCHEDULE", barSizeSetting="1 day", durationStr="3 D"))
    assert ("20250609-09:30:00", "20250611-16:00:00", "US/Eastern") == (
        answer.startDateTime,
        answer.endDateTime,
        answer.timeZone,
    )
    assert ["20250609", "20250610", "20250611"] == [session.refDate for session in answer.sessions]


def test_the_forming_bar_comes_every_five_seconds_until_cancelled(asker: Asker) -> None:
    data, _ = asker.ask(bars_request(keepUpToDate=True, barSizeSetting="1 min"))
    assert "20250611 09:59:00 US/Eastern" == data.bars[-1].date
    updates = asker.wait(20)
    assert ["20250611 10:00:00 US/Eastern"] * 4 == [update.bar.date for update in updates]
    volumes = [update.bar.volume for update in updates]
    assert sorted(volumes) == volumes
    cancelled = "Historical Market Data Service error message:API historical data query cancelled: 5"
    assert (162, cancelled) == error(asker.ask(m.CancelHistoricalData(reqId=5)))
    assert [] == asker.wait(60)
    assert 0 == len(asker.world.clock)


def test_a_bar_that_has_ended_is_sent_in_its_final_state(asker: Asker) -> None:
    asker.ask(bars_request(keepUpToDate=True, barSizeSetting="1 min"))
    last = {update.bar.date: update.bar for update in asker.wait(150)}
    asker.ask(m.CancelHistoricalData(reqId=5))
    now = {bar.date: bar for bar in bars(asker, reqId=6, barSizeSetting="1 min")}
    assert {date: now[date] for date in last} == last
    assert 3 == len(last)


def test_nothing_forms_while_the_market_is_closed() -> None:
    asker = Asker(start=new_york(14, 12))
    assert 2 == len(asker.ask(bars_request(keepUpToDate=True)))
    assert [] == asker.wait(60)


def test_cancelling_what_is_not_open_is_refused(asker: Asker) -> None:
    asker.ask(bars_request())
    assert (366, "No historical data query found for ticker id:5") == error(asker.ask(m.CancelHistoricalData(reqId=5)))


def test_an_id_in_use_and_one_request_too_many_are_refused() -> None:
    asker = Asker(scenario=replace(LESSON, limits=Limits(historical_open=2)))
    asker.ask(bars_request(keepUpToDate=True))
    code, text = error(asker.ask(bars_request()))
    assert (322, True) == (code, text.endswith("Duplicate ticker ID for API historical data query"))
    asker.ask(m.ReqHeadTimeStamp(reqId=6, contract=AAPL, whatToShow="TRADES"))
    code, text = error(asker.ask(bars_request(reqId=7)))
    assert (322, True) == (code, text.endswith("Only 2 simultaneous API historical data requests allowed."))
    asker.ask(m.CancelHeadTimeStamp(reqId=6))
    assert bars(asker, reqId=7)


def test_the_head_timestamp_has_two_forms(asker: Asker) -> None:
    request = m.ReqHeadTimeStamp(reqId=6, contract=AAPL, whatToShow="TRADES")
    assert [m.HeadTimestamp(reqId=6, headTimestamp="19801212-14:30:00")] == asker.ask(request)
    epoch = replace(request, reqId=7, formatDate=2)
    assert [m.HeadTimestamp(reqId=7, headTimestamp="345479400")] == asker.ask(epoch)


def test_there_is_no_head_timestamp_of_what_is_not_there(asker: Asker) -> None:
    code, text = error(asker.ask(m.ReqHeadTimeStamp(reqId=6, contract=EURUSD, whatToShow="TRADES")))
    assert (162, "Historical Market Data Service error message:No head timestamp") == (code, text)


def test_real_time_bars_come_every_five_seconds(asker: Asker) -> None:
    assert [] == asker.ask(m.ReqRealTimeBars(reqId=8, contract=AAPL, whatToShow="TRADES"))
    rows = asker.wait(15)
    assert [int(new_york(11, 10, 0, second)) for second in (0, 5, 10)] == [row.time for row in rows]
    asker.ask(m.CancelRealTimeBars(reqId=8))
    assert [] == asker.wait(15)


def test_real_time_bars_are_refused_in_the_order_of_tws(asker: Asker) -> None:
    request = m.ReqRealTimeBars(reqId=8, contract=AAPL, whatToShow="TRADES")
    assert "What to show field" in error(asker.ask(replace(request, whatToShow="BID_ASK")))[1]
    assert 420 == error(asker.ask(replace(request, contract=EURUSD)))[0]
    asker.ask(request)
    assert "Duplicate ticker id" in error(asker.ask(request))[1]


def test_a_client_that_leaves_takes_its_streams_along(asker: Asker) -> None:
    asker.ask(bars_request(keepUpToDate=True))
    asker.ask(m.ReqRealTimeBars(reqId=8, contract=AAPL, whatToShow="TRADES"))
    asker.client.close()
    assert 0 == len(asker.world.clock)


def test_a_head_timestamp_can_be_asked_again_under_its_id(asker: Asker) -> None:
    request = m.ReqHeadTimeStamp(reqId=6, contract=AAPL, whatToShow="TRADES")
    assert asker.ask(request) == asker.ask(request)
    assert [] == asker.ask(m.CancelHeadTimeStamp(reqId=6))
    assert [] == asker.client.open("headTimestamp")
