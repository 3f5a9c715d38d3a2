"""Faults through real sessions: what each client hears, and what it can do afterwards."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec.wire import frame
from ibnb.gateway.engine import CLIENT_ID_IN_USE
from ibnb.gateway.faults import NAMES
from ibnb.gateway.scenario import LESSON, Fault
from tests.gateway.talking import Talk, codes, engine_of

AAPL = m.Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
EURUSD = m.Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")
MKT = m.Order(action="BUY", totalQuantity=Decimal(10), orderType="MKT", tif="DAY")
LMT = replace(MKT, orderType="LMT", lmtPrice=50.0)


def of(kind: type, answers: list[Any]) -> list[Any]:
    return [answer for answer in answers if isinstance(answer, kind)]


def bars(reqId: int, **changes: Any) -> m.ReqHistoricalData:
    asked = m.ReqHistoricalData(
        reqId=reqId,
        contract=AAPL,
        endDateTime="",
        durationStr="1 D",
        barSizeSetting="5 mins",
        whatToShow="TRADES",
        useRTH=1,
        formatDate=1,
        keepUpToDate=False,
    )
    return replace(asked, **changes)


def order(orderId: int, order: m.Order = MKT) -> m.PlaceOrder:
    return m.PlaceOrder(orderId=orderId, contract=AAPL, order=replace(order, orderId=orderId))


# Connections


def test_a_drop_ends_one_session_or_all() -> None:
    engine = engine_of()
    one, two, three = (Talk(engine, clientId) for clientId in (1, 2, 3))
    engine.faults.drop(clientId=2)
    assert [False, True, False] == [talk.session.closed for talk in (one, two, three)]
    engine.faults.drop()
    assert one.session.closed
    assert three.session.closed
    assert {} == engine.world.clients
    assert not Talk(engine, 2).session.closed


def test_a_half_open_connection_says_nothing_and_keeps_its_id_until_it_is_noticed() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    talk.ask(m.ReqMktData(reqId=1, contract=AAPL))
    engine.faults.half_open(1, noticed_after=30)
    assert [] == talk.ask(m.ReqCurrentTime())
    assert [] == talk.wait(10)
    talk.session.lost()
    [refusal] = Talk(engine, 1).greeting
    assert CLIENT_ID_IN_USE == getattr(refusal, "message", "")
    engine.run_until(engine.world.clock.now() + 20)
    assert talk.session.closed
    assert not Talk(engine, 1).session.closed


def test_a_nightly_restart_keeps_orders_and_ids_and_loses_what_wasnt_transmitted() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    talk.ask(order(5, replace(LMT, tif="GTC")), order(6, replace(LMT, transmit=False)))
    talk.wait(1)
    engine.faults.nightly_restart(down_for=120)
    assert talk.session.closed
    assert Talk(engine, 1).session.closed
    engine.run_until(engine.world.clock.now() + 120)
    again = Talk(engine, 1)
    assert [m.NextValidId(orderId=7)] == of(m.NextValidId, again.greeting)
    assert [5] == [answer.orderId for answer in of(m.OpenOrder, again.greeting)]
    assert [2104, 2104, 2104, 2106, 2158] == codes(again.greeting)


def test_garbage_arrives_as_it_is_and_the_session_goes_on_here() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.garbage(b"\xff\xfe\0\0", clientId=1)
    assert b"\xff\xfe\0\0" == talk.fetch()
    assert 1 == len(talk.ask(m.ReqCurrentTime()))


def test_a_truncated_message_is_the_last_one() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    other = Talk(engine, 2)
    whole = other.say(b"\0\0\0\x06" + b"49\x001\0\0")
    engine.faults.truncate_next(1)
    said = talk.say(b"\0\0\0\x06" + b"49\x001\0\0")
    assert 0 < len(said) < len(whole)
    assert whole.startswith(said)
    assert talk.session.closed
    assert [2] == list(engine.world.clients)


def test_after_a_restart_tws_may_say_nothing_for_a_while() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.nightly_restart(60, 300)
    assert talk.session.closed
    engine.run_until(engine.world.clock.now() + 61)
    mute = Talk(engine)
    assert b"" == mute.say(b"API\0" + frame(b"v100..176"))
    assert not mute.session.closed
    engine.run_until(engine.world.clock.now() + 300)
    assert mute.session.closed
    assert of(m.NextValidId, Talk(engine, 1).greeting)


# TWS and what stands behind it


def test_a_lost_link_silences_the_streams_and_comes_back_with_data() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    talk.ask(m.ReqMktData(reqId=1, contract=AAPL), m.ReqMktDepth(reqId=2, contract=AAPL, numRows=3, isSmartDepth=True))
    assert of(m.TickPrice, talk.wait(5))
    engine.faults.link_lost()
    assert [1100, 2103, 2103, 2103, 2105, 2157] == codes(talk.heard())
    assert [] == talk.wait(30)
    engine.faults.link_restored()
    back = talk.heard()
    assert [2119, 2104, 2119, 2104, 2119, 2104, 2106, 2158, 1102, 317] == codes(back)
    assert "data maintained. All data farms are connected: usfarm; cashfarm" in back[-2].message
    again = talk.wait(1)
    assert {1, 2, 4, 9} <= {tick.tickType for tick in of(m.TickPrice, again)}
    assert {0} == {row.operation for row in of(m.UpdateMktDepthL2, again)}


def test_after_1101_streams_are_dead_until_they_are_asked_for_again() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    live = m.ReqRealTimeBars(reqId=2, contract=AAPL, barSize=5, whatToShow="TRADES", useRTH=0)
    talk.ask(m.ReqMktData(reqId=1, contract=AAPL), live, m.ReqAccountUpdates(subscribe=True, acctCode=""))
    engine.faults.link_lost()
    engine.faults.link_restored(data_lost=True)
    assert 1101 == codes(talk.heard())[-1]
    later = talk.wait(180)
    assert [] == of(m.TickPrice, later) + of(m.RealtimeBar, later)
    assert of(m.UpdateAccountValue, later)
    assert [300] == codes(talk.ask(m.CancelMktData(reqId=1)))
    assert [] == codes(talk.ask(m.ReqMktData(reqId=1, contract=AAPL)))
    assert of(m.TickPrice, talk.wait(2))


def test_bars_kept_up_to_date_die_with_the_link() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    talk.ask(bars(3, keepUpToDate=True))
    assert of(m.HistoricalDataUpdate, talk.wait(10))
    engine.faults.link_lost()
    assert 10182 == codes(talk.heard())[-1]
    engine.faults.link_restored()
    assert [] == of(m.HistoricalDataUpdate, talk.wait(30))


def test_who_asks_while_the_link_is_down_is_told_at_once() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.link_lost()
    talk.heard()
    assert [162] == codes(talk.ask(bars(3)))
    assert [200] == codes(talk.ask(m.ReqContractDetails(reqId=4, contract=AAPL)))
    live = m.ReqRealTimeBars(reqId=2, contract=AAPL, barSize=5, whatToShow="TRADES", useRTH=0)
    assert [420] == codes(talk.ask(live))
    assert [] == of(m.TickPrice, talk.ask(m.ReqMktData(reqId=5, contract=AAPL)) + talk.wait(5))
    assert [1100, 2103, 2103, 2103, 2105, 2157] == codes(Talk(engine, 2).greeting)
    engine.faults.link_restored()
    assert of(m.TickPrice, talk.wait(1))
    assert [] == codes(talk.ask(bars(3)))


def test_news_of_orders_waits_until_the_link_is_back() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    talk.ask(order(1))
    engine.faults.link_lost()
    talk.heard()
    assert [] == talk.wait(5)
    assert 1 == len(of(m.PositionEnd, talk.ask(m.ReqPositions())))
    engine.faults.link_restored()
    news = talk.heard()
    assert "Filled" == of(m.OrderStatus, news)[-1].status
    assert 1 == len(of(m.ExecDetails, news))
    assert 1 == len(of(m.CommissionReport, news))


def test_one_farm_silences_only_its_own_streams() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    talk.ask(m.ReqMktData(reqId=1, contract=AAPL), m.ReqMktData(reqId=2, contract=EURUSD))
    engine.faults.farm("usfarm", ok=False)
    assert [2103] == codes(talk.heard())
    assert {2} == {tick.reqId for tick in of(m.TickPrice, talk.wait(20))}
    engine.faults.farm("usfarm", ok=True)
    assert [2119, 2104] == codes(talk.heard())
    assert {1, 2} == {tick.reqId for tick in of(m.TickPrice, talk.wait(20))}


@pytest.mark.parametrize(
    ("farm", "broken", "back", "asked", "code"),
    [
        ("ushmds", 2105, [2106], bars(3), 162),
        ("secdefnj", 2157, [2158], m.ReqContractDetails(reqId=3, contract=AAPL), 200),
    ],
)
def test_each_kind_of_farm_is_missed_by_what_it_serves(
    farm: str, broken: int, back: list[int], asked: object, code: int
) -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.farm(farm, False)
    assert [broken] == codes(talk.heard())
    assert [code] == codes(talk.ask(asked))
    engine.faults.farm(farm, True)
    assert back == codes(talk.heard())
    assert [] == codes(talk.ask(asked))


def test_a_farm_that_isnt_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="no farm 'mars'; there are usfarm, cashfarm"):
        engine_of().faults.farm("mars", False)


def test_streams_may_stop_without_a_word() -> None:
    """nautilus_trader#3733, #4168."""
    engine = engine_of()
    talk = Talk(engine, 1)
    talk.ask(m.ReqMktData(reqId=1, contract=AAPL), bars(2, keepUpToDate=True))
    assert of(m.TickPrice, talk.wait(5))
    engine.faults.stop_streams()
    assert [] == talk.wait(60)
    assert [300] == codes(talk.ask(m.CancelMktData(reqId=1)))
    assert of(m.TickPrice, talk.ask(m.ReqMktData(reqId=1, contract=AAPL)) + talk.wait(5))


def test_sizes_of_market_data_may_be_fractional() -> None:
    """nautilus_trader#3951."""
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.fractional_sizes(0.25)
    trades = m.ReqTickByTickData(reqId=2, contract=AAPL, tickType="AllLast", numberOfTicks=0, ignoreSize=False)
    talk.ask(m.ReqMktData(reqId=1, contract=AAPL), trades)
    said = talk.wait(10)
    sizes = [tick.size for tick in of(m.TickSize, said) if tick.tickType in (0, 3, 5)]
    sizes += [tick.size for tick in of(m.TickByTick, said)]
    assert sizes
    assert {Decimal("0.25")} == {size % 1 for size in sizes}
    engine.faults.fractional_sizes(0)
    later = talk.wait(10)
    assert {Decimal(0)} == {tick.size % 1 for tick in of(m.TickSize, later)}


# Answers


def test_slow_answers_come_late_and_in_order_but_the_time_at_once() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.slow(5)
    said = talk.ask(m.ReqIds(), m.ReqManagedAccts(), m.ReqCurrentTime())
    assert [m.CurrentTime] == [type(answer) for answer in said]
    assert [] == talk.wait(4.9)
    engine.faults.slow(0)
    assert [] == talk.ask(m.ReqNewsProviders())
    assert [m.NextValidId, m.ManagedAccounts, m.NewsProviders] == [type(answer) for answer in talk.wait(0.2)]
    assert 1 == len(talk.ask(m.ReqIds()))


def test_who_goes_before_a_slow_answer_leaves_nothing() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    before = len(engine.world.clock)
    engine.faults.slow(5)
    talk.ask(m.ReqMktData(reqId=1, contract=AAPL), bars(2))
    talk.session.close()
    assert before == len(engine.world.clock)


@pytest.mark.parametrize("name", ["reqManagedAccts", "ReqManagedAccts", m.ReqManagedAccts])
def test_a_lost_answer_is_lost_once(name: Any) -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.lose_next(name)
    assert 1 == len(talk.ask(m.ReqIds()))
    assert [] == talk.ask(m.ReqManagedAccts())
    assert 1 == len(talk.ask(m.ReqManagedAccts()))


def test_the_next_request_of_a_kind_is_refused() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    pacing = "Historical Market Data Service error message:Historical data request pacing violation"
    engine.faults.refuse_next("reqHistoricalData", 162, pacing)
    assert 1 == len(talk.ask(m.ReqIds()))
    [error] = talk.ask(bars(3))
    assert (3, 162, pacing) == (error.id, error.code, error.message)
    assert [] == codes(talk.ask(bars(4)))


def test_a_request_that_isnt_there_cant_be_lost_or_refused() -> None:
    with pytest.raises(ValueError, match="no request is called 'ReqHistory'"):
        engine_of().faults.lose_next("reqHistory")


# Orders


def test_the_next_order_is_rejected_and_the_one_after_it_isnt() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.reject_next_order("No Trading Permission")
    said = talk.ask(order(1)) + talk.wait(1)
    assert ["Order rejected - reason:No Trading Permission"] == [e.message for e in of(m.ErrorMessage, said)]
    assert "Inactive" == of(m.OrderStatus, said)[-1].status
    said = talk.ask(order(2)) + talk.wait(1)
    assert "Filled" == of(m.OrderStatus, said)[-1].status


def test_an_order_fills_in_parts() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.faults.partial_fills(3, 5)
    said = talk.ask(order(1)) + talk.wait(10)
    shares = [fill.execution.shares for fill in of(m.ExecDetails, said)]
    assert [3, 5, 2] == shares
    assert [0, 3, 8, 10] == sorted({int(status.filled) for status in of(m.OrderStatus, said)})
    engine.faults.partial_fills(1)
    engine.faults.partial_fills()
    said = talk.ask(order(2)) + talk.wait(10)
    assert 1 == len(of(m.ExecDetails, said))


def test_rolled_back_ids_were_used_before() -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    talk.ask(order(1), order(2), order(3))
    talk.wait(2)
    engine.faults.roll_back_ids(2)
    assert [m.NextValidId(orderId=2)] == talk.ask(m.ReqIds())
    assert codes(talk.ask(order(2)))
    engine.faults.roll_back_ids(99)
    assert [m.NextValidId(orderId=1)] == talk.ask(m.ReqIds())


@pytest.mark.parametrize(
    "call",
    [
        lambda f: f.slow(-1),
        lambda f: f.partial_fills(0),
        lambda f: f.partial_fills(5, -1),
        lambda f: f.late_commission(0),
        lambda f: f.unknown_commission(-1),
        lambda f: f.fractional_sizes(1),
    ],
)
def test_faults_that_make_no_sense_are_refused(call: Any) -> None:
    with pytest.raises(ValueError, match=r"can't come|more than nothing|more than 0 s|less than 1"):
        call(engine_of().faults)


# Scenarios


def test_a_scenario_stages_faults_at_their_time() -> None:
    start = LESSON.start
    faults = (Fault(start + 60, "link_lost"), Fault(start + 90, "link_restored", (True,)), Fault(start + 91, "drop"))
    talk = Talk(engine_of(replace(LESSON, faults=faults)), 1)
    assert [] == codes(talk.wait(59))
    assert 1100 == codes(talk.wait(1))[0]
    assert 1101 == codes(talk.wait(30))[-1]
    talk.wait(1)
    assert talk.session.closed


def test_an_unknown_fault_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no fault 'earthquake'; there are drop, half_open, nightly_restart"):
        engine_of(replace(LESSON, faults=(Fault(0.0, "earthquake"),)))
    assert {"drop", "garbage", "link_lost", "slow", "farm", "partial_fills"} <= set(NAMES)


def test_arguments_that_a_fault_doesnt_take_are_refused_when_it_is_staged() -> None:
    with pytest.raises(ValueError, match=r"fault late_commission\(seconds.* doesn't take \(1, 2, 3\)"):
        engine_of(replace(LESSON, faults=(Fault(LESSON.start + 1, "late_commission", (1, 2, 3)),)))


def test_the_page_about_the_gateway_names_every_fault() -> None:
    text = (Path(__file__).parents[2] / "notebooks" / "appendix" / "gateway.md").read_text(encoding="utf-8")
    assert [] == [name for name in NAMES if f"`{name}`" not in text]
