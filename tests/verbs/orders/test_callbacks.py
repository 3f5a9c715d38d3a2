"""What TWS tells of orders, and what the session makes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from order_messages import NVDA, execution, opened, shown, status
from scripted import ScriptedTWS

from ibnb import RequestTimeoutError, createOrder
from ibnb.ib.api import UNSET_DECIMAL, UNSET_INTEGER

LIMIT = createOrder("BUY", 5, "LMT", 212)


@pytest.mark.parametrize(
    "message",
    [opened(40, LIMIT, "Submitted"), *status(40, "Submitted"), ("execDetails", -1, NVDA, execution(40, 1, 1.0))],
)
def test_the_next_order_is_above_all_that_tws_has_told_of(tws: ScriptedTWS, message: tuple[Any, ...]) -> None:
    tws.tell(*message)
    tws.record("placeOrder")
    assert tws.app.placeOrderNow(NVDA, LIMIT) == 41


def test_what_a_protobuf_message_leaves_out_is_nothing(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    permId = tws.app.getBlotter().loc[27, "permId"]
    tws.tell(
        "orderStatus", 27, "PreSubmitted", UNSET_DECIMAL, UNSET_DECIMAL, 0.0, permId, UNSET_INTEGER, 0.0, 1, "", 0.0
    )
    row = tws.app.getBlotter().loc[27]
    assert (row["status"], row["filled"], row["remaining"], row["parentId"]) == ("PreSubmitted", 0.0, 5.0, 0)
    tws.tell("orderStatus", 27, "Filled", Decimal(5), UNSET_DECIMAL, 212.0, permId, UNSET_INTEGER, 0.0, 1, "", 0.0)
    assert tws.app.getBlotter().loc[27, "remaining"] == 0.0


@pytest.mark.parametrize("verb", ["getOpenOrders", "listOrders", "getCompletedOrders", "getExecutions"])
def test_a_list_that_tws_doesnt_end_is_a_timeout(tws: ScriptedTWS, verb: str) -> None:
    tws.record("reqOpenOrders", "reqCompletedOrders", "reqExecutions")
    with pytest.raises(RequestTimeoutError, match=r"no answer"):
        getattr(tws.app, verb)(timeout=0.01)


def test_orders_are_open_while_tws_says_that_they_work(tws: ScriptedTWS) -> None:
    tws.on("placeOrder", *shown(27, LIMIT, "Submitted"))
    tws.app.placeOrderNow(NVDA, LIMIT)
    tws.tell(*opened(0, LIMIT, "Submitted"))  # entered by hand: it has no id here
    assert list(tws.app.open_orders) == [27]
    for message in status(27, "Filled", filled=5, price=212.0):
        tws.tell(*message)
    assert list(tws.app.open_orders) == []
    assert tws.app.getBlotter().loc[27, "filled"] == Decimal(5)
