"""TWS's settings are told, changed all or not at all, and mean what they say (219, 221)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec import NEWEST
from ibnb.gateway.scenario import BEGINNER, LESSON, Scenario
from tests.gateway.talking import Talk, codes, engine_of

STOCK = m.Contract(symbol="NVDA", secType="STK", exchange="SMART", currency="USD")
BUY = m.Order(action="BUY", orderType="LMT", lmtPrice=10.0, totalQuantity=Decimal(1), tif="DAY", transmit=True)
PLACE = m.PlaceOrder(orderId=1, contract=STOCK, order=BUY)
READ_ONLY = "The API interface is currently in Read-Only mode."


def talk_in(scenario: Scenario = LESSON, clientId: int = 1) -> Talk:
    return Talk(engine_of(scenario), clientId, NEWEST)


def told(talk: Talk) -> m.ApiConfig:
    [answer] = talk.ask(m.ReqConfig(reqId=1))
    assert isinstance(answer, m.ConfigResponse)
    assert answer.api is not None
    return answer.api


def settings(**given: object) -> m.UpdateConfig:
    return m.UpdateConfig(reqId=2, api=m.ApiConfig(settings=m.ApiSettingsConfig(**given)))  # type: ignore[arg-type]


def bypass(value: bool) -> m.UpdateConfig:
    return m.UpdateConfig(reqId=2, api=m.ApiConfig(precautions=m.ApiPrecautionsConfig(bypassOrderPrecautions=value)))


def change(talk: Talk, request: m.UpdateConfig) -> m.UpdateConfigResponse:
    [answer] = talk.ask(request)
    assert isinstance(answer, m.UpdateConfigResponse)
    return answer


@pytest.mark.parametrize(
    "request_",
    [
        PLACE,
        m.CancelOrder(orderId=1),
        m.ReqGlobalCancel(),
        m.ReqOpenOrders(),
        m.ReqAutoOpenOrders(bAutoBind=True),
        m.ReqCompletedOrders(apiOnly=False),
    ],
    ids=lambda request: type(request).__name__,
)
def test_a_read_only_api_touches_no_order(request_: object) -> None:
    """ib_insync#1, #7; tws_behaviour: 321, while account and market data go on."""
    talk = talk_in()
    assert ("api.settings.readOnlyApi",) == change(talk, settings(readOnlyApi=True)).changedFields
    assert told(talk).settings.readOnlyApi  # type: ignore[union-attr]
    [error] = talk.ask(request_)
    assert isinstance(error, m.ErrorMessage)
    assert 321 == error.code
    assert error.message.endswith(READ_ONLY)
    assert [] == codes(talk.ask(m.ReqPositions(), m.ReqExecutions(reqId=5)))
    change(talk, settings(readOnlyApi=False))
    assert 0 == sum(READ_ONLY in e.message for e in talk.ask(request_) if isinstance(e, m.ErrorMessage))


def test_a_scenario_may_begin_read_only() -> None:
    talk = talk_in(replace(LESSON, orders=replace(LESSON.orders, read_only=True)))
    assert told(talk).settings.readOnlyApi  # type: ignore[union-attr]
    assert [321] == codes(talk.ask(PLACE))


def test_precautions_are_switched() -> None:
    beginner, lesson = talk_in(BEGINNER), talk_in()
    assert [False, True] == [told(each).precautions.bypassOrderPrecautions for each in (beginner, lesson)]  # type: ignore[union-attr]
    assert [163] == codes(beginner.ask(PLACE))
    change(beginner, bypass(True))
    assert [] == codes(beginner.ask(replace(PLACE, orderId=2)))
    change(lesson, bypass(False))
    assert [163] == codes(lesson.ask(PLACE))


def test_the_price_check_stays_where_precautions_are_bypassed() -> None:
    """tws_behaviour, 202: too far through the market."""
    talk = talk_in(BEGINNER)
    change(talk, bypass(True))
    far = replace(BUY, lmtPrice=5000.0)
    assert 202 in codes(talk.ask(replace(PLACE, order=far)))


def test_the_master_client_hears_of_everybodys_orders() -> None:
    engine = engine_of()
    master, trader = Talk(engine, 7, NEWEST), Talk(engine, 1, NEWEST)
    trader.ask(PLACE)
    assert not any(isinstance(each, m.OpenOrder) for each in master.heard())
    change(trader, settings(masterClientId=7))
    trader.ask(replace(PLACE, orderId=2))
    assert any(isinstance(each, m.OpenOrder) for each in master.heard())


def test_open_orders_are_told_at_connecting_or_not() -> None:
    engine = engine_of()
    first = Talk(engine, 1, NEWEST)
    first.ask(PLACE)
    change(first, settings(downloadOpenOrdersOnConnection=False))
    engine.close(engine.world.clients[1])
    assert not any(isinstance(each, m.OpenOrder) for each in Talk(engine, 1, NEWEST).greeting)


def test_a_change_is_made_whole_or_not_at_all() -> None:
    talk = talk_in()
    answer = change(talk, settings(readOnlyApi=True, socketPort=7000, trustedIPs=("10.0.0.1",)))
    assert ("ERROR", ()) == (answer.status, answer.changedFields)
    assert {"api.settings.socketPort", "api.settings.trustedIPs"} == {line.split(" ")[0] for line in answer.errors}
    assert told(talk).settings.readOnlyApi is False  # type: ignore[union-attr]


def test_what_stays_is_no_change() -> None:
    answer = change(talk_in(), settings(readOnlyApi=False, sendMarketDataInLotsForUsStocks=False))
    assert ("SUCCESS", (), ()) == (answer.status, answer.changedFields, answer.errors)


def test_order_ids_begin_again_while_no_order_works() -> None:
    talk = talk_in()
    talk.ask(PLACE)
    reset = m.UpdateConfig(reqId=2, resetAPIOrderSequence=True)
    assert "ERROR" == change(talk, reset).status
    talk.ask(m.CancelOrder(orderId=1))
    talk.wait(1)
    assert "SUCCESS" == change(talk, reset).status
    assert [m.NextValidId(orderId=1)] == talk.ask(m.ReqIds())
    assert [] == codes(talk.ask(PLACE))
    assert any(isinstance(each, m.OpenOrder) for each in talk.wait(1) + talk.ask(m.ReqOpenOrders()))
