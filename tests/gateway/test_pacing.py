"""How much may be asked in how much time: the rules by themselves, then through sessions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.pacing import MessageRate, SmallBars, paced
from ibnb.gateway.scenario import LESSON, Limits
from tests.gateway.talking import Talk, codes, engine_of

AAPL = m.Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
MSFT = replace(AAPL, symbol="MSFT")
BARS = m.ReqHistoricalData(
    reqId=1,
    contract=AAPL,
    endDateTime="",
    durationStr="60 S",
    barSizeSetting="5 secs",
    whatToShow="TRADES",
    useRTH=1,
    formatDate=1,
    keepUpToDate=False,
)


def rules(**limits: float) -> SmallBars:
    return SmallBars(replace(Limits(), **limits))


def allowed(rules: SmallBars, request: object, now: float) -> bool:
    ask = paced(request)
    assert ask is not None
    if rules.violated(ask, now):
        return False
    rules.note(ask, now)
    return True


def test_a_message_rate_counts_a_window_and_says_how_long_to_wait() -> None:
    rate = MessageRate(3)
    assert [1, 2, 3] == [rate.count(now) for now in (0.0, 0.5, 0.9)]
    assert pytest.approx(0.05) == rate.wait(0.95)
    assert 0.0 == rate.wait(1.0)
    assert [3, 4, 4] == [rate.count(1.1) for _ in range(3)]


def test_only_bars_of_30_seconds_and_less_are_paced() -> None:
    sizes = ("1 secs", "30 secs", "1 min", "1 day")
    counted = [paced(replace(BARS, barSizeSetting=size)) is not None for size in sizes]
    assert [True, True, False, False] == counted
    assert paced(m.ReqCurrentTime()) is None


def test_the_same_request_within_15_seconds_is_one_too_many_whatever_its_id() -> None:
    bars = rules()
    assert allowed(bars, BARS, 0.0)
    assert not allowed(bars, replace(BARS, reqId=2), 14.9)
    assert allowed(bars, replace(BARS, durationStr="120 S"), 14.9)
    assert allowed(bars, replace(BARS, reqId=2), 15.0)


def test_the_sixth_of_a_series_within_two_seconds_is_one_too_many() -> None:
    bars = rules()
    six = [replace(BARS, durationStr=f"{n}00 S") for n in range(1, 7)]
    assert [True] * 5 + [False] == [allowed(bars, request, 0.1) for request in six]
    assert allowed(bars, replace(BARS, contract=MSFT), 0.1)
    assert allowed(bars, replace(BARS, whatToShow="BID"), 0.1)
    assert allowed(bars, six[-1], 2.1)


def test_sixty_in_ten_minutes_and_bid_ask_counts_twice() -> None:
    bars = rules()
    for n in range(29):
        assert allowed(bars, replace(BARS, durationStr=f"{n + 60} S", whatToShow="BID_ASK"), n * 10.0)
    assert allowed(bars, replace(BARS, durationStr="30 S"), 300.0)
    live = m.ReqRealTimeBars(reqId=1, contract=AAPL, barSize=5, whatToShow="TRADES", useRTH=0)
    assert allowed(bars, live, 300.0)
    assert not allowed(bars, live, 300.0)
    assert not allowed(bars, replace(BARS, durationStr="31 S"), 599.9)
    assert allowed(bars, replace(BARS, durationStr="31 S"), 600.0)


def test_a_violation_is_162_and_an_invalid_request_doesnt_count() -> None:
    talk = Talk(engine_of(), 1)
    assert [321] == codes(talk.ask(replace(BARS, formatDate=9)))
    assert [] == codes(talk.ask(BARS))
    [error] = talk.ask(replace(BARS, reqId=2))
    assert (2, 162) == (error.id, error.code)
    assert error.message == "Historical Market Data Service error message:Historical data request pacing violation"
    talk.wait(15)
    assert [] == codes(talk.ask(replace(BARS, reqId=3)))


def test_pacing_counts_all_clients_together_and_can_be_switched_off() -> None:
    engine = engine_of()
    assert [] == codes(Talk(engine, 1).ask(BARS))
    assert [162] == codes(Talk(engine, 2).ask(BARS))
    free = Talk(engine_of(replace(LESSON, limits=Limits(small_bar_pacing=False))), 1)
    assert [] == codes(free.ask(BARS, replace(BARS, reqId=2)))


def ids(number: int) -> list[object]:
    return [m.ReqIds()] * number


def test_reject_mode_says_100_and_the_third_time_hangs_up() -> None:
    talk = Talk(engine_of(replace(LESSON, limits=Limits(message_rate="reject"))), 1)
    assert [] == codes(talk.ask(*ids(50)))
    assert [] == codes(talk.ask(*[m.ReqCurrentTime()] * 60))
    [error] = talk.ask(m.ReqIds())
    assert (-1, 100) == (error.id, error.code)
    assert "Max rate of messages per second has been exceeded:max=50 rec=51 (1)" == error.message
    talk.wait(1)
    assert [100, 100] == codes(talk.ask(*ids(80)))
    assert talk.session.closed


def test_a_live_clock_reads_slowly_and_in_order() -> None:
    talk = Talk(engine_of(rate=1.0), 1)
    planned = len(talk.engine.world.clock)
    assert 50 == len(talk.ask(*ids(120), m.ReqCurrentTime()))
    assert not talk.session.reading
    assert 50 == len(talk.wait(1))
    last = talk.wait(1)
    assert [m.NextValidId] * 20 + [m.CurrentTime] == [type(answer) for answer in last]
    assert talk.session.reading
    assert planned == len(talk.engine.world.clock)


def test_a_client_that_asks_to_be_paced_is_slowed_rather_than_refused() -> None:
    engine = engine_of(replace(LESSON, limits=Limits(message_rate="reject")), rate=1.0)
    talk = Talk(engine, 1, options=" +PACEAPI")
    assert [] == codes(talk.ask(*ids(70)))
    assert 20 == len(talk.wait(1))


def test_a_manual_clock_counts_but_never_waits() -> None:
    talk = Talk(engine_of(), 1)
    assert 500 == len(talk.ask(*ids(500)))


def test_a_client_that_goes_while_it_is_slowed_leaves_nothing() -> None:
    talk = Talk(engine_of(rate=1.0), 1)
    planned = len(talk.engine.world.clock)
    talk.ask(*ids(120))
    talk.session.close()
    assert planned == len(talk.engine.world.clock)
