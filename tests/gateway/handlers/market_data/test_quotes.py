from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.handlers import market_data  # noqa: F401  registers its handlers
from ibnb.gateway.scenario import LESSON, Limits

from ..asking import AAPL, EURUSD, SPX, Asker, error, new_york

SATURDAY = new_york(14, 12)


@pytest.fixture
def asker() -> Asker:
    return Asker()


def stream(reqId: int = 1, contract: m.Contract = AAPL, **fields: Any) -> m.ReqMktData:
    return m.ReqMktData(reqId=reqId, contract=contract, **fields)


def types(answers: list[Any]) -> list[int]:
    return [answer.tickType for answer in answers if hasattr(answer, "tickType")]


def prices(answers: list[Any]) -> dict[int, float]:
    return {answer.tickType: answer.price for answer in answers if isinstance(answer, m.TickPrice)}


def test_a_stream_begins_with_everything_known_in_the_order_of_tws(asker: Asker) -> None:
    parameters, kind, *ticks = asker.ask(stream())
    assert m.TickReqParams(reqId=1, minTick=0.01, bboExchange="9c0001", snapshotPermissions=3) == parameters
    assert m.MarketDataType(reqId=1, marketDataType=1) == kind
    assert [1, 2, 4, 0, 3, 5, 8, 6, 7, 9, 14, 32, 33, 45, 49] == types(ticks)
    value = prices(ticks)
    assert value[1] < value[2]
    assert value[1] <= value[4] <= value[2]
    assert value[7] <= value[4] <= value[6]
    sizes = {tick.tickType: tick.size for tick in ticks if isinstance(tick, m.TickSize)}
    carried = {tick.tickType: tick.size for tick in ticks if isinstance(tick, m.TickPrice)}
    assert (sizes[0], sizes[3], sizes[5]) == (carried[1], carried[2], carried[4])


def test_a_quote_is_the_markets_quote(asker: Asker) -> None:
    asker.ask(stream())
    asker.wait(90)
    (apple,) = asker.world.instruments.match(AAPL)
    quote = asker.world.market.quote(apple, asker.world.clock.now())
    value = prices(asker.said)
    assert (quote.bid, quote.ask, quote.last) == (value[1], value[2], value[4])


def test_a_worthless_option_has_an_offer_and_no_bid(asker: Asker) -> None:
    """market 19; IB's md_receive: price and size are -1 and 0 where there is no open bid, and a snapshot waits for
    one."""
    far = m.Contract(
        symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", lastTradeDateOrContractMonth="20250613",
        strike=240.0, right="C",
    )  # fmt: skip
    answers = asker.ask(stream(contract=far, snapshot=True))
    tops = {
        tick.tickType: (tick.price, tick.size, tick.attribMask) for tick in answers if isinstance(tick, m.TickPrice)
    }
    assert (-1.0, 0, 0) == tops[1]
    assert (0.01, 1) == (tops[2][0], tops[2][2])
    assert tops[2][1] > 0
    assert [11, 12, 13] == [tick.tickType for tick in answers if isinstance(tick, m.TickOptionComputation)]
    assert m.TickSnapshotEnd(reqId=1) not in answers
    assert m.TickSnapshotEnd(reqId=1) in asker.wait(12)


def test_afterwards_only_changes_are_sent_once_a_second(asker: Asker) -> None:
    asker.ask(stream())
    sent: dict[int, Any] = {}
    for answer in asker.said[2:]:
        sent[answer.tickType] = getattr(answer, "price", None) or getattr(answer, "size", None)
    for _ in range(20):
        news = asker.wait(1)
        assert sorted(set(types(news))) == sorted(types(news))
        for answer in news:
            if isinstance(answer, m.TickPrice):
                assert answer.price != sent[answer.tickType]
                sent[answer.tickType] = answer.price
    assert [] == asker.wait(0.5)


def test_streams_tick_together_in_the_order_of_subscription(asker: Asker) -> None:
    asker.ask(stream(2))
    asker.wait(0.4)
    asker.ask(stream(1, replace(AAPL, symbol="TSLA")))
    ids = [answer.reqId for answer in asker.wait(0.6)]
    assert {1, 2} == set(ids)
    assert sorted(ids, reverse=True) == ids


def test_a_cancelled_stream_is_silent_and_unknown_ids_are_refused(asker: Asker) -> None:
    asker.ask(stream())
    assert [] == asker.ask(m.CancelMktData(reqId=1))
    assert [] == asker.wait(10)
    assert 0 == len(asker.world.clock)
    assert (300, "Can't find EId with tickerId:1") == error(asker.ask(m.CancelMktData(reqId=1)))


def test_currencies_have_no_trades_and_indices_no_quotes(asker: Asker) -> None:
    assert [1, 2, 0, 3, 6, 7, 9] == types(asker.ask(stream(1, EURUSD)))
    assert {4, 5, 6, 7, 9, 14, 45, 49} == set(types(asker.ask(stream(2, SPX))))


def test_a_snapshot_ends_at_once_and_is_forgotten(asker: Asker) -> None:
    answers = asker.ask(stream(snapshot=True))
    assert m.TickSnapshotEnd(reqId=1) == answers[-1]
    assert len(set(types(answers))) == len(types(answers))
    assert 300 == error(asker.ask(m.CancelMktData(reqId=1)))[0]


def test_a_snapshot_of_a_closed_market_ends_after_eleven_seconds() -> None:
    asker = Asker(start=SATURDAY)
    asker.ask(stream(snapshot=True))
    assert [] == asker.wait(10.9)
    assert [m.TickSnapshotEnd(reqId=1)] == asker.wait(0.2)
    assert 0 == len(asker.world.clock)


def test_a_regulatory_snapshot_has_neither_parameters_nor_type(asker: Asker) -> None:
    answers = asker.ask(stream(regulatorySnapshot=True))
    assert isinstance(answers[0], m.TickPrice)
    assert m.TickSnapshotEnd(reqId=1) == answers[-1]


def test_a_closed_market_has_no_quotes_unless_frozen_ones_are_asked_for() -> None:
    asker = Asker(start=SATURDAY)
    answers = asker.ask(stream(1))
    assert 1 == answers[1].marketDataType
    bid = answers[2]
    assert (1, -1.0, Decimal(0)) == (bid.tickType, bid.price, bid.size)
    assert prices(answers)[4] > 0
    asker.ask(m.ReqMarketDataType(marketDataType=2))
    answers = asker.ask(stream(2))
    assert 2 == answers[1].marketDataType
    assert prices(answers)[1] > 0


def test_a_frozen_stream_goes_live_when_the_market_opens() -> None:
    asker = Asker(start=new_york(12, 3, 59, 58))
    asker.ask(m.ReqMarketDataType(marketDataType=2))
    asker.ask(stream())
    changes = [answer.marketDataType for answer in asker.wait(5) if isinstance(answer, m.MarketDataType)]
    assert [1] == changes


def test_data_that_are_paid_for_stay_live_when_delayed_ones_are_asked_for(asker: Asker) -> None:
    asker.ask(m.ReqMarketDataType(marketDataType=3))
    assert 1 == asker.ask(stream())[1].marketDataType


def test_without_a_live_subscription_there_are_delayed_data_for_those_who_ask() -> None:
    asker = Asker(scenario=replace(LESSON, delayed_only=frozenset({"AAPL"})))
    code, text = error(asker.ask(stream()))
    assert 10089 == code
    assert text.endswith("Delayed market data is available.AAPL NASDAQ/TOP/ALL")
    assert [] == asker.client.open("mktData")
    asker.ask(m.ReqMarketDataType(marketDataType=3))
    _, kind, notice, *ticks = asker.ask(stream())
    assert (3, 10167) == (kind.marketDataType, notice.code)
    assert [66, 67, 68, 74, 72, 73, 75, 76, 88] == types(ticks)
    (apple,) = asker.world.instruments.match(AAPL)
    assert asker.world.market.quote(apple, new_york(11, 9, 45)).last == prices(ticks)[68]


def test_without_any_subscription_there_is_nothing() -> None:
    asker = Asker(scenario=replace(LESSON, not_subscribed=frozenset({"AAPL"})))
    assert (354, "Requested market data is not subscribed.") == error(asker.ask(stream()))
    asker.ask(m.ReqMarketDataType(marketDataType=3))
    assert 10168 == error(asker.ask(stream()))[0]


def test_the_data_type_is_one_of_four(asker: Asker) -> None:
    answers = asker.ask(m.ReqMarketDataType(marketDataType=5))
    assert (321, -1) == (error(answers)[0], answers[0].id)
    assert 1 == asker.client.marketDataType


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"contract": replace(AAPL, exchange=""), "genericTickList": "9"}, 321, "Please enter exchange"),
        ({"genericTickList": "233,9"}, 321, "Incorrect generic tick list of 233,9.  Legal ones for (STK) are: 100("),
        ({"genericTickList": "233", "snapshot": True}, 321, "not applicable to generic ticks"),
        ({"contract": replace(AAPL, symbol="NOPE")}, 200, "No security definition"),
        ({"contract": replace(AAPL, exchange="NOWHERE")}, 200, "destination or exchange"),
    ],
)
def test_bad_requests_are_refused_in_the_order_of_tws(
    asker: Asker, fields: dict[str, Any], code: int, says: str
) -> None:
    answer = error(asker.ask(stream(**fields)))
    assert code == answer[0]
    assert says in answer[1]
    assert [] == asker.client.open("mktData")


def test_an_id_in_use_and_one_line_too_many_are_refused() -> None:
    asker = Asker(scenario=replace(LESSON, limits=Limits(lines=1)))
    asker.ask(stream(1))
    assert "Duplicate ticker id" in error(asker.ask(stream(1)))[1]
    other = Asker(world=asker.world, clientId=2)
    assert (101, "Max number of tickers has been reached") == error(other.ask(stream(2, EURUSD)))
    # Whoever streams the same contract shares its line.
    assert m.TickPrice in {type(answer) for answer in other.ask(stream(3))}
    other.ask(m.CancelMktData(reqId=3))
    asker.ask(m.CancelMktData(reqId=1))
    assert other.ask(stream(2, EURUSD))


def test_trades_come_as_rtvolume_strings(asker: Asker) -> None:
    asker.ask(stream(genericTickList="233"))
    strings = [a.value for a in asker.wait(20) if isinstance(a, m.TickString) and a.tickType == 48]
    assert strings
    price, size, time, total, vwap, single = strings[-1].split(";")
    (apple,) = asker.world.instruments.match(AAPL)
    stats = asker.world.market.day_stats(apple, asker.world.clock.now())
    assert int(total) == stats.volume
    assert stats.low is not None
    assert stats.high is not None
    assert stats.low <= float(price) <= stats.high
    assert float(vwap) > 0
    assert int(size) > 0
    assert int(time) // 1000 <= asker.world.clock.now()
    assert "true" == single


def test_generic_ticks_are_served_or_named_in_a_notice(asker: Asker) -> None:
    answers = asker.ask(stream(genericTickList="165,236,221,293,318,375,411,456"))
    ticks = types(answers)
    assert {15, 16, 17, 18, 19, 20, 21, 46, 89, 37, 54, 57, 77} <= set(ticks)
    value = prices(answers)
    assert value[19] <= value[17] <= value[15] <= value[16] <= value[18] <= value[20]
    notice = answers[-1]
    assert (10090, True) == (notice.code, notice.message.endswith("not simulated by ibnb.gateway: 411"))
    later = asker.wait(5)
    assert later
    assert not {15, 46} & set(types(later))


@pytest.mark.parametrize(
    ("symbol", "said"),
    [
        # Past 12 months, next 12, next ex-date, next amount; IB's example: 0.83,0.92,20130219,0.23.
        ("KO", "1.965,2.0655,20250613,0.51"),
        ("NFLX", ",,,"),
    ],
)
def test_dividends_are_told_as_four_words(asker: Asker, symbol: str, said: str) -> None:
    answers = asker.ask(stream(contract=replace(AAPL, symbol=symbol), genericTickList="456"))
    assert [a.value for a in answers if isinstance(a, m.TickString) and a.tickType == 59] == [said]
    assert [a.value for a in asker.wait(5) if isinstance(a, m.TickString) and a.tickType == 59] == []


def test_what_the_options_on_a_stock_say_together(asker: Asker) -> None:
    answers = asker.ask(stream(genericTickList="100,101,104,105,106"))
    sizes = {a.tickType: a.size for a in answers if isinstance(a, m.TickSize)}
    assert {27, 28, 29, 30, 87} <= set(sizes)
    assert all(sizes[tickType] > 0 for tickType in (27, 28, 29, 30, 87))
    volatility = {a.tickType: a.value for a in answers if isinstance(a, m.TickGeneric)}
    assert 0.05 < volatility[23] < 1.5
    assert 0.05 < volatility[24] < 1.5
    euro = asker.ask(stream(2, EURUSD, genericTickList="100,101,104,105,106"))
    assert not {23, 24, 27, 28, 29, 30, 87} & set(types(euro))


def test_a_session_elsewhere_takes_the_data_away() -> None:
    asker = Asker(scenario=replace(LESSON, competing_session=True))
    assert (10197, "No market data during competing live session") == error(asker.ask(stream()))


def test_quotes_can_be_switched_off(asker: Asker) -> None:
    assert {48} == set(types(asker.ask(stream(genericTickList="mdoff,233"))))


def test_the_same_questions_get_the_same_answers() -> None:
    def traffic() -> list[Any]:
        asker = Asker()
        asker.ask(stream(1))
        asker.ask(stream(2, EURUSD))
        asker.wait(30)
        return asker.said

    assert traffic() == traffic()


@pytest.mark.parametrize("start", [new_york(11, 3), new_york(11, 9, 29, 30), new_york(11, 20), SATURDAY])
def test_every_instrument_has_a_stream_at_any_hour(start: float) -> None:
    asker = Asker(start=start)
    one_of_each = {(i.secType, i.schedule): i for i in asker.world.instruments if i.secType != "CONTFUT"}
    for reqId, instrument in enumerate(one_of_each.values()):
        contract = m.Contract(conId=instrument.conId, exchange=instrument.exchange)
        answers = asker.ask(stream(reqId, contract, genericTickList="100,101,104,105,106,165,233,236,221,293,318"))
        assert 9 in types(answers), answers


OPTION = m.Contract(
    symbol="AAPL",
    secType="OPT",
    exchange="SMART",
    currency="USD",
    lastTradeDateOrContractMonth="20250620",
    strike=200.0,
    right="C",
)


def computed(answers: list[Any]) -> dict[int, Any]:
    return {answer.tickType: answer for answer in answers if isinstance(answer, m.TickOptionComputation)}


def test_an_option_streams_what_its_prices_mean(asker: Asker) -> None:
    answers = asker.ask(stream(1, OPTION))
    found, value = computed(answers), prices(answers)
    assert [10, 11, 12, 13] == list(found)
    assert (value[1], value[2], value[4]) == tuple(found[tick].optPrice for tick in (10, 11, 12))
    assert found[10].impliedVol < found[11].impliedVol
    assert 0 < found[13].delta < 1
    assert found[13].undPrice == pytest.approx(prices(asker.ask(stream(2)))[4], abs=0.05)
    assert computed(asker.wait(20))
    assert {} == computed(asker.ask(stream(3, genericTickList="mdoff,233")))


def test_a_delayed_option_s_computations_have_types_of_their_own() -> None:
    asker = Asker(scenario=replace(LESSON, delayed_only=frozenset({"AAPL"})))
    asker.ask(m.ReqMarketDataType(marketDataType=3))
    assert [80, 81, 82, 83] == list(computed(asker.ask(stream(1, OPTION))))


def test_a_closed_option_has_its_model_only() -> None:
    assert {13} <= set(computed(Asker(start=SATURDAY).ask(stream(1, OPTION)))) <= {12, 13}


@pytest.mark.parametrize(
    "request_",
    [
        lambda contract: stream(1, contract),
        lambda contract: m.ReqMktDepth(reqId=1, contract=contract, numRows=5),
        lambda contract: m.ReqRealTimeBars(reqId=1, contract=contract, barSize=5, whatToShow="TRADES"),
        lambda contract: m.ReqTickByTickData(reqId=1, contract=contract, tickType="Last"),
    ],
)
def test_a_continuous_future_has_history_only(request_):
    """ib_insync#263, orders_and_safety 3.11."""
    asker = Asker()
    (refused,) = asker.ask(request_(m.Contract(symbol="ES", secType="CONTFUT", exchange="CME")))
    assert 321 == refused.code
    assert "only for historical data" in refused.message


@pytest.mark.parametrize(
    ("fields", "exchange"),
    [
        ({"symbol": "IBM", "currency": "USD"}, "SMART"),
        ({"symbol": "BMW", "currency": "EUR"}, "SMART"),
        ({"symbol": "EUR", "currency": "USD"}, "IDEALPRO"),
    ],
)
def test_the_data_of_a_cfd_are_its_underlyings(fields, exchange):
    """foreign_clients 6: IB's Testbeds, rerouteCFDOperations."""
    asker = Asker()
    contract = m.Contract(secType="CFD", exchange="SMART", **fields)
    kind = "CASH" if fields["symbol"] == "EUR" else "STK"
    (under,) = asker.world.instruments.match(m.Contract(secType=kind, exchange=exchange, **fields))
    assert [m.RerouteMktDataReq(reqId=1, conId=under.conId, exchange=exchange)] == asker.ask(stream(1, contract))
    depth = m.ReqMktDepth(reqId=2, contract=contract, numRows=5, isSmartDepth=True)
    assert [m.RerouteMktDepthReq(reqId=2, conId=under.conId, exchange=exchange)] == asker.ask(depth)
    assert [] == asker.wait(5)


def combination(asker: Asker, *legs: tuple[str, int, str]) -> m.Contract:
    """AAPL, TSLA … as legs of a combination."""
    found = [
        (*asker.world.instruments.match(replace(AAPL, symbol=symbol)), ratio, action) for symbol, ratio, action in legs
    ]
    return m.Contract(
        symbol="AAPL,TSLA",
        secType="BAG",
        exchange="SMART",
        currency="USD",
        comboLegs=tuple(
            m.ComboLeg(conId=each.conId, ratio=ratio, action=action, exchange="SMART") for each, ratio, action in found
        ),
    )


def test_a_combination_is_quoted_as_its_legs_add_up(asker: Asker) -> None:
    """foreign_clients 5: the first request of tickDataOperations in IB's Testbeds."""
    contract = combination(asker, ("AAPL", 2, "BUY"), ("TSLA", 1, "SELL"))
    answers = asker.ask(stream(1, contract))
    assert {1, 2, 0, 3, 9} == set(types(answers))
    shown = prices(answers)
    now = asker.world.clock.now()
    apple, tesla = (
        asker.world.market.quote(asker.world.instruments.find(leg.conId), now) for leg in contract.comboLegs
    )
    assert shown[1] == pytest.approx(2 * apple.bid - tesla.ask)
    assert shown[2] == pytest.approx(2 * apple.ask - tesla.bid)
    assert shown[1] < shown[2]
    later = asker.wait(5)
    assert types(later)
    assert {1} == {answer.reqId for answer in later}


def test_combinations_are_lines_of_their_own() -> None:
    asker = Asker(scenario=replace(LESSON, limits=Limits(lines=2)))
    for reqId, ratio in enumerate((1, 2)):
        assert types(asker.ask(stream(reqId, combination(asker, ("AAPL", ratio, "BUY"), ("TSLA", 1, "SELL")))))
    assert 101 == error(asker.ask(stream(9, combination(asker, ("AAPL", 3, "BUY"), ("TSLA", 1, "SELL")))))[0]


def test_legs_that_make_no_sense(asker: Asker) -> None:
    contract = combination(asker, ("AAPL", 2, "BUY"), ("TSLA", 1, "SELL"))
    one = replace(contract, comboLegs=contract.comboLegs[:1])
    unknown = replace(contract, comboLegs=(*contract.comboLegs, m.ComboLeg(conId=1, ratio=1, action="BUY")))
    assert (478, 200) == tuple(error(asker.ask(stream(2, each)))[0] for each in (one, unknown))
