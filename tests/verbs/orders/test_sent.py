from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from ibnb import createOrder
from ibnb.ib.api import UNSET_DOUBLE, UNSET_INTEGER
from ibnb.verbs.orders.sent import as_new, as_sent


@pytest.mark.parametrize("quantity", [7, 7.0, "7", Decimal(7), np.int32(7), np.float32(7)])
def test_a_quantity_is_what_ibapi_wants_and_the_caller_s_stays(quantity: Any) -> None:
    order = createOrder("BUY", 1, "LMT", 101)
    order.totalQuantity = quantity
    assert float(as_sent(order, "a verb").totalQuantity) == 7.0
    assert order.totalQuantity is quantity


@pytest.mark.parametrize("price", [101.5, "101.5", Decimal("101.5"), np.float32(101.5), np.float64(101.5)])
def test_a_price_is_a_plain_number(price: Any) -> None:
    order = createOrder("BUY", 1, "LMT", 101)
    order.lmtPrice = price
    sent = as_sent(order, "a verb")
    assert sent.lmtPrice == 101.5
    assert not isinstance(sent.lmtPrice, str | np.float32)


@pytest.mark.parametrize("name", ["totalQuantity", "lmtPrice", "auxPrice", "trailStopPrice", "trailingPercent"])
@pytest.mark.parametrize("value", [None, math.nan, Decimal("NaN"), np.float64("nan"), "", "x", True, [1]])
def test_what_is_no_number_is_named(name: str, value: Any) -> None:
    order = createOrder("BUY", 1, "LMT", 101)
    setattr(order, name, value)
    with pytest.raises(ValueError, match=f"a verb: {name} is .*, which is no number"):
        as_sent(order, "a verb")


@pytest.mark.parametrize("name", ["action", "orderType", "tif", "account", "orderRef", "ocaGroup", "algoStrategy"])
def test_no_text_is_an_empty_one(name: str) -> None:
    order = createOrder("BUY", 1, "LMT", 101)
    setattr(order, name, None)
    assert getattr(as_sent(order, "a verb"), name) == ""
    assert getattr(order, name) is None


def test_no_conditions_are_none() -> None:
    order = createOrder("BUY", 1)
    order.conditions = None
    assert as_sent(order, "a verb").conditions is None


def test_what_isnt_set_stays_so() -> None:
    sent = as_sent(createOrder("BUY", 1), "a verb")
    assert sent.lmtPrice == sent.cashQty == UNSET_DOUBLE
    assert sent.minQty == UNSET_INTEGER


def test_a_new_order_has_no_other_one_s_names() -> None:
    order = createOrder("BUY", 1)
    order.orderId, order.permId, order.clientId = 3, 5003, 9
    sent = as_new(order, "a verb")
    assert (sent.orderId, sent.permId, sent.clientId) == (0, 0, 0)
    assert (as_sent(order, "a verb").permId, order.permId) == (5003, 5003)
