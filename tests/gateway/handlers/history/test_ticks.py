from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.handlers.history import ticks  # noqa: F401  registers its handlers
from ibnb.gateway.scenario import LESSON, Limits

from ..asking import AAPL, EURUSD, Asker, error, new_york

NIO = replace(AAPL, symbol="NIO")


@pytest.fixture
def asker() -> Asker:
    return Asker()


def past(**fields: Any) -> m.ReqHistoricalTicks:
    defaults: dict[str, Any] = {
        "reqId": 3,
        "contract": AAPL,
        "startDateTime": "20250610-14:00:00",
        "numberOfTicks": 100,
        "whatToShow": "TRADES",
    }
    return m.ReqHistoricalTicks(**(defaults | fields))


def stream(tickType: str, **fields: Any) -> m.ReqTickByTickData:
    defaults: dict[str, Any] = {"reqId": 4, "contract": AAPL, "tickType": tickType}
    return m.ReqTickByTickData(**(defaults | fields))


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        ("TRADES", m.HistoricalTicksLast),
        ("BID_ASK", m.HistoricalTicksBidAsk),
        ("MIDPOINT", m.HistoricalTicks),
    ],
)
def test_ticks_after_a_start_fill_the_last_second(asker: Asker, what: str, answer: type) -> None:
    (got,) = asker.ask(past(whatToShow=what))
    assert isinstance(got, answer)
    assert got.done
    times = [tick.time for tick in got.ticks]
    assert new_york(10, 10) <= times[0]
    assert sorted(times) == times
    assert len(times) >= 100
    assert times[99] == times[-1]


def test_ticks_before_an_end_are_in_order_and_end_there(asker: Asker) -> None:
    (got,) = asker.ask(past(startDateTime="", endDateTime="20250610-20:00:00", contract=NIO, useRth=1))
    times = [tick.time for tick in got.ticks]
    assert sorted(times) == times
    assert times[-1] < new_york(10, 16)
    assert times[-100] == times[0]


def test_trades_add_up_to_the_bar_they_are_in(asker: Asker) -> None:
    (got,) = asker.ask(past(numberOfTicks=1000))
    part = [tick for tick in got.ticks if tick.time < new_york(10, 10, 0, 30)]
    assert len(part) < len(got.ticks)
    (apple,) = asker.world.instruments.match(AAPL)
    bar = asker.world.market.bars(apple, "TRADES", 30, new_york(10, 10), new_york(10, 10, 0, 30))
    assert bar.volume[0] == sum(tick.size for tick in part)
    assert (bar.low[0], bar.high[0]) == (min(t.price for t in part), max(t.price for t in part))


def test_a_worthless_option_is_bid_for_with_nothing(asker: Asker) -> None:  # market 19
    far = m.Contract(
        symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", lastTradeDateOrContractMonth="20250613",
        strike=240.0, right="C",
    )  # fmt: skip
    (quotes,) = asker.ask(past(contract=far, whatToShow="BID_ASK"))
    assert {(0.0, 0, 0.01)} == {(tick.priceBid, tick.sizeBid, tick.priceAsk) for tick in quotes.ticks}
    (middles,) = asker.ask(past(reqId=2, contract=far, whatToShow="MIDPOINT"))
    assert {0.005} == {tick.price for tick in middles.ticks}


def test_quotes_that_repeat_are_left_out(asker: Asker) -> None:
    (got,) = asker.ask(past(whatToShow="BID_ASK", ignoreSize=True))
    prices = [(tick.priceBid, tick.priceAsk) for tick in got.ticks]
    assert all(a != b for a, b in pairwise(prices))
    assert all(bid < ask for bid, ask in prices)


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"whatToShow": "X"}, 321, "What to show"),
        ({"numberOfTicks": 0}, 321, "Number of ticks"),
        ({"numberOfTicks": 1001}, 321, "Number of ticks"),
        ({"startDateTime": ""}, 321, "either start date/time or end date/time"),
        ({"endDateTime": "20250610-15:00:00"}, 321, "either start date/time or end date/time"),
        ({"startDateTime": "soon"}, 10314, "Start Date/Time: "),
        ({"contract": replace(AAPL, symbol="NOPE")}, 200, "No security definition"),
        ({"contract": EURUSD}, 10187, "Failed to request historical ticks:No TRADES data for EUR.USD@IDEALPRO"),
    ],
)
def test_bad_requests_are_refused(asker: Asker, fields: dict[str, Any], code: int, says: str) -> None:
    answer = error(asker.ask(past(**fields)))
    assert code == answer[0]
    assert says in answer[1]


@pytest.mark.parametrize(("tickType", "number"), [("Last", 1), ("AllLast", 2), ("BidAsk", 3), ("MidPoint", 4)])
def test_ticks_come_one_by_one_until_cancelled(asker: Asker, tickType: str, number: int) -> None:
    assert [] == asker.ask(stream(tickType))
    got = asker.wait(10)
    assert {number} == {tick.tickType for tick in got}
    assert asker.world.clock.now() >= got[-1].time > LESSON.start
    asker.ask(m.CancelTickByTickData(reqId=4))
    assert [] == asker.wait(10)
    assert 0 == len(asker.world.clock)


def test_what_streamed_by_is_what_history_says(asker: Asker) -> None:
    asker.ask(stream("Last", contract=NIO))
    streamed = [(tick.time, tick.price, tick.size) for tick in asker.wait(15)]
    (got,) = asker.ask(past(contract=NIO, startDateTime="20250611-14:00:01", numberOfTicks=1000))
    told = [(tick.time, tick.price, tick.size) for tick in got.ticks]
    assert told == streamed[: len(told)]
    assert {tick[0] for tick in streamed[len(told) :]} <= {int(asker.world.clock.now())}


def test_past_ticks_can_come_first(asker: Asker) -> None:
    (first,) = asker.ask(stream("Last", numberOfTicks=10))
    assert len(first.ticks) >= 10
    assert first.ticks[-1].time <= asker.world.clock.now()


def test_a_stream_of_ticks_is_refused_for_what_has_none(asker: Asker) -> None:
    assert 321 == error(asker.ask(stream("Trades")))[0]
    code, text = error(asker.ask(stream("Last", contract=EURUSD)))
    assert (10189, True) == (code, text.endswith("TRADES tick-by-tick requests are not supported for EUR.USD"))
    asker.ask(stream("Last"))
    assert "Duplicate ticker id" in error(asker.ask(stream("Last")))[1]


def test_at_most_so_many_streams_of_ticks_are_open() -> None:
    asker = Asker(scenario=replace(LESSON, limits=Limits(tick_by_tick=1)))
    asker.ask(stream("Last"))
    assert (10190, "Max number of tick-by-tick requests has been reached.") == error(
        asker.ask(stream("BidAsk", reqId=5))
    )
