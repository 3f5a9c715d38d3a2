"""Orders of today's wire through verbs: kept from the market, with exits that TWS attaches; and on an older wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scripted import ScriptedTWS

import ibnb
from ibnb import IBApp, IBError, OrderRejectedError, RequestTimeoutError, SafetyError
from ibnb.ib import api

today = pytest.mark.skipif(api.MAX_CLIENT_VER < 226, reason="this ibapi's orders have fewer fields")


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect("embedded")
    ibnb.reset()


@today
def test_an_order_that_is_kept_from_the_market_is_among_the_open_ones_and_wakes(app: Any) -> None:
    """TWS 10.48 lists de-activated orders among the open ones."""
    kept = app.placeOrderNow("NVDA", app.createOrder("BUY", 10, "LMT", 500, deactivate=True), wait="Deactivated")
    app.sleep(60)
    assert app.getOpenOrders().loc[kept, "status"] == "Deactivated"
    assert kept in app.open_orders
    with pytest.raises(RequestTimeoutError, match="it is kept from the market until modifyOrder"):
        app.waitOrder(kept, timeout=1)
    app.modifyOrder(kept, deactivate=False)
    assert app.waitOrder(kept, "Filled").filled == 10
    assert app.getOpenOrders().empty


@today
def test_an_order_at_work_is_kept_back_and_cancelled(app: Any) -> None:
    orderId = app.placeOrderNow("NVDA", app.createOrder("BUY", 10, "LMT", 100), wait="Submitted")
    app.modifyOrder(orderId, deactivate=True)
    assert app.waitOrder(orderId, "Deactivated").status == "Deactivated"
    app.cancelOrderById(orderId, wait=True)
    assert app.waitOrder(orderId, "done").status == "Cancelled"


@today
def test_a_refused_order_is_inactive_whatever_it_asked(app: Any) -> None:
    with pytest.raises(OrderRejectedError):
        app.placeOrderNow("NVDA", app.createOrder("BUY", 10, "LMT", 100.001, deactivate=True), wait="Deactivated")
    assert app.getBlotter()["status"].tolist() == ["Inactive"]


@today
def test_tws_attaches_exits_whose_ids_the_verb_takes(app: Any, capsys: pytest.CaptureFixture[str]) -> None:
    entry = app.createOrder("BUY", 10, "LMT", 500, ptOrderType="PRESET", slOrderType="PRESET")
    first = app.placeOrderNow("NVDA", entry, wait="Filled")
    assert "New Order ID 3: the stop loss of 1, attached by TWS" in capsys.readouterr().out
    exits = app.getOpenOrders()
    assert exits["orderType"].to_dict() == {first + 1: "LMT", first + 2: "STP"}
    assert (exits["parentId"] == first).all()
    assert app.placeOrderNow("NVDA", app.createOrder("BUY", 1, "LMT", 100)) == first + 3
    app.modifyOrder(first + 1, limit_price=1.0)
    app.waitOrder(first + 1, "Filled")
    assert app.waitOrder(first + 2, "done").status == "Cancelled"


@today
def test_an_exit_that_has_an_id_keeps_it(app: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """(Mutant of place.py.)"""
    entry = app.createOrder("BUY", 10, "LMT", 90, ptOrderType="PRESET", slOrderType="PRESET", ptOrderId=50)
    assert app.placeOrderNow("NVDA", entry, wait="Submitted") == 1
    printed = capsys.readouterr().out
    assert "ID 2: the stop loss of 1, attached by TWS" in printed
    assert "the profit taker" not in printed
    assert set(app.getOpenOrders().index) == {1, 2, 50}


@today
def test_the_exits_that_tws_attaches_are_orders_to_the_limits_too(app: Any) -> None:
    """A bracket in another spelling: three orders passed a limit of two a minute, and exits one of their value."""
    entry = app.createOrder("BUY", 10, "LMT", 90, ptOrderType="PRESET", slOrderType="PRESET")
    app.limitOrders(ibnb.OrderLimits(max_orders_per_minute=2))
    with pytest.raises(SafetyError, match="at most 2 orders per minute"):
        app.placeOrderNow("NVDA", entry)
    app.limitOrders(ibnb.OrderLimits(max_notional=1000))
    with pytest.raises(SafetyError, match="attaches can't be checked against max_notional; use createBracket"):
        app.placeOrderNow("NVDA", entry)
    app.limitOrders(ibnb.OrderLimits(max_orders_per_minute=3, max_quantity=10, allow_short=False))
    app.getPositions()
    app.placeOrderNow("NVDA", entry, wait="Submitted")
    with pytest.raises(SafetyError, match="at most 3 orders per minute"):
        app.placeOrderNow("NVDA", app.createOrder("BUY", 1, "LMT", 90))
    assert len(app.getOpenOrders()) == 3


@today
def test_a_post_only_order_that_would_take_is_refused(app: Any) -> None:
    with pytest.raises(OrderRejectedError, match="post-only"):
        app.placeOrderNow("NVDA", app.createOrder("BUY", 10, "LMT", 500, postOnly=True), wait="Filled")


FIELDS = {"deactivate": True, "seekPriceImprovement": 1, "slOrderType": "PRESET", "hedgeMaxSize": 3}


@today
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_the_wire_has_not_got_is_said_before_anything_leaves(field: str, tws: ScriptedTWS) -> None:
    tws.record("placeOrder")
    order = tws.app.createOrder("BUY", 1, **{field: FIELDS[field]})
    with pytest.raises(IBError, match=rf"an order's {field} needs server version 2\d\d, and this session speaks 176"):
        tws.app.placeOrderNow(tws.app.createContract("NVDA"), order)
    assert len(tws.app.getBlotter()) == 0


@pytest.mark.skipif(api.MAX_CLIENT_VER >= 216, reason="this ibapi's orders have the field")
def test_a_field_that_ibapi_has_not_got_names_the_release_that_has() -> None:
    with pytest.raises(ValueError, match=r"no field 'postOnly'\. It needs ibapi 10\.45 or newer"):
        ibnb.createOrder("BUY", 1, "LMT", 100, postOnly=True)
    with pytest.raises(ValueError, match=r"'conditionsIncludeOvernight'\. It needs ibapi 10\.50"):
        ibnb.createOrder("BUY", 1, conditionsIncludeOvernight=True)


@today
def test_contract_details_that_do_not_come_are_cancelled(tws: ScriptedTWS) -> None:
    tws.record("reqContractDetails", "cancelContractData")
    with pytest.raises(IBError):
        tws.app.getContractDetails("NVDA")
    assert tws.names() == ["reqContractDetails"]
    tws.app.serverVersion_ = 215
    with pytest.raises(IBError):
        tws.app.getContractDetails("NVDA")
    assert tws.names()[1:] == ["reqContractDetails", "cancelContractData"]
    assert tws.asked[1][1][0] == tws.asked[2][1][0]
