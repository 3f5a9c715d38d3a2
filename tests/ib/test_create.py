from __future__ import annotations

import inspect
import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb import IBApp, createBracket, createContract, createOrder, dataSettings, roundToTick
from ibnb.ib.api import Contract, Order, is_unset


def test_a_contract_has_the_seed_s_four_fields_and_nothing_else() -> None:
    contract, fresh = createContract("CSH2", "STK", "LSE", "GBP"), Contract()
    differ = {name: value for name, value in vars(contract).items() if value != vars(fresh)[name]}
    assert differ == {"symbol": "CSH2", "secType": "STK", "exchange": "LSE", "currency": "GBP"}
    assert vars(createContract("AAPL"))["exchange"] == "SMART"


def test_any_other_field_goes_by_its_ibapi_name() -> None:
    assert createContract("AAPL", primaryExchange="NASDAQ", conId=265598).primaryExchange == "NASDAQ"
    with pytest.raises(ValueError, match="Did you mean 'primaryExchange'"):
        createContract("AAPL", primaryExchang="NASDAQ")
    with pytest.raises(ValueError, match="sec_type 'STOCK'"):
        createContract("AAPL", "STOCK")


def test_settings_are_the_seed_s_dict_in_the_seed_s_order() -> None:
    assert list(dataSettings("3 M", "1 day").items()) == [
        ("endDateTime", ""),
        ("durationStr", "3 M"),
        ("barSizeSetting", "1 day"),
        ("whatToShow", "TRADES"),
        ("useRTH", 1),
        ("formatDate", 1),
        ("keepUpToDate", False),
        ("chartOptions", []),
    ]


def test_two_settings_share_no_list() -> None:
    dataSettings("3 M", "1 day")["chartOptions"].append("mine")
    assert dataSettings("3 M", "1 day")["chartOptions"] == []


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"whatToShow": "TRADE"}, "Did you mean 'TRADES'"),
        ({"whatToShow": "schedule"}, "app.getSchedule"),
        ({"useRTH": 2}, "useRTH"),
        ({"formatDate": 4}, "formatDate"),
        ({"whatToShow": "ADJUSTED_LAST", "endDateTime": "20250611 16:00:00 US/Eastern"}, "ADJUSTED_LAST"),
    ],
)
def test_settings_that_cannot_work(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        dataSettings("3 M", "1 day", **wrong)


# What IB's samples of these types leave unset, and TWS doesn't read.
IGNORE_LIMITS = (
    "MKT", "STP", "MIT", "MOC", "MTL", "TRAIL", "MKT PRT", "STP PRT", "SNAP MKT", "SNAP MID", "SNAP PRIM", "BOX TOP",
    "PEG STK", "PEG BENCH", "VOL", "REL + MKT",
)  # fmt: skip


def test_the_default_order_is_the_seed_s() -> None:
    order = createOrder()
    assert (order.action, order.totalQuantity, order.orderType, order.tif, order.transmit) == (
        "BUY",
        100,
        "MKT",
        "DAY",
        True,
    )
    assert is_unset(order.lmtPrice)


def test_legacy_flags_are_cleared_where_they_exist_and_not_invented() -> None:
    order = createOrder()
    assert not getattr(order, "eTradeOnly", False)
    assert not getattr(order, "firmQuoteOnly", False)
    assert hasattr(order, "eTradeOnly") == hasattr(Order(), "eTradeOnly")


def test_words_may_be_in_any_case() -> None:
    order = createOrder("buy", 1, "lmt", 212)
    assert (order.action, order.orderType, order.lmtPrice) == ("BUY", "LMT", 212.0)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"order_type": "LMT"}, "needs limit_price"),
        ({"order_type": "LMT", "limit_price": 0}, "limit_price must be a number other than 0"),
        ({"order_type": "LMT", "limit_price": float("nan")}, "limit_price"),
        ({"order_type": "MARKET"}, "Did you mean 'MKT'"),
        ({"order_type": "LIMIT", "limit_price": 1}, "Did you mean 'LMT'"),
        ({"action": "HOLD"}, "Legal values: BUY, SELL, SSHORT"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -5}, "the side is said by action"),
        ({"quantity": True}, "quantity"),
        ({"quantity": "5"}, "quantity"),
        ({"tif": "TODAY"}, "tif"),
        ({"order_type": "STP"}, "needs stop_price"),
        ({"order_type": "STP LMT", "stop_price": 9}, "needs limit_price"),
        ({"order_type": "MKT", "limit_price": 5}, "takes no limit_price"),
        ({"order_type": "LMT", "limit_price": 5, "stop_price": 4}, "takes no stop_price"),
        ({"order_type": "TRAIL"}, "trailingPercent"),
        ({"order_type": "TRAIL LIMIT", "auxPrice": 1}, "lmtPriceOffset"),
        ({"lmtPrise": 5}, "no field 'lmtPrise'"),
    ],
)
def test_orders_that_ib_would_refuse_or_misread(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        createOrder(**{"quantity": 1, **wrong})


@pytest.mark.parametrize("kind", IGNORE_LIMITS)
def test_a_limit_price_that_the_type_ignores_is_refused(kind: str) -> None:
    """orders_and_safety 4: SNAP MKT kept one."""
    prices = {"stop_price": 4} if kind in ("STP", "MIT", "STP PRT") else {}
    with pytest.raises(ValueError, match=re.escape(f"a {kind} order takes no limit_price")):
        createOrder("BUY", 1, kind, 5, **prices)


def test_a_price_may_be_below_nothing_as_a_combo_s_may() -> None:
    assert createOrder("BUY", 1, "LMT", -1.25).lmtPrice == -1.25
    assert createOrder("SELL", 1, "STP LMT", -1.5, stop_price=-1.25).auxPrice == -1.25


def test_stops_and_trails() -> None:
    stop = createOrder("SELL", 1, "STP LMT", 94.5, stop_price=95)
    assert (stop.auxPrice, stop.lmtPrice) == (95.0, 94.5)
    trail = createOrder("SELL", 1, "TRAIL", stop_price=95, trailingPercent=2)
    assert (trail.trailStopPrice, trail.trailingPercent) == (95.0, 2)
    assert is_unset(trail.auxPrice)


def test_a_bracket_closes_what_it_opens() -> None:
    bracket = createBracket("SELL", 10, 100.0, 90.0, 105.0, tif="GTC")
    assert [order.action for order in bracket] == ["SELL", "BUY", "BUY"]
    assert [order.orderType for order in bracket] == ["LMT", "LMT", "STP"]
    assert [order.transmit for order in bracket] == [False, False, True]
    assert {order.tif for order in bracket} == {"GTC"}
    assert createBracket("BUY", 10, None, 110.0, 95.0).parent.orderType == "MKT"


@pytest.mark.parametrize(
    ("action", "entry", "profit", "stop"),
    [("BUY", 100, 95, 110), ("BUY", 100, 100, 95), ("SELL", 100, 110, 95), ("BUY", None, 90, 95), ("BUY", 94, 110, 95)],
)
def test_a_bracket_on_the_wrong_side_is_refused(action: str, entry: float | None, profit: float, stop: float) -> None:
    with pytest.raises(ValueError, match="bracket needs"):
        createBracket(action, 10, entry, profit, stop)


@pytest.mark.parametrize(
    ("price", "tick", "rounding", "expected"),
    [
        (211.3777, 0.01, "nearest", 211.38),
        (211.3777, 0.01, "down", 211.37),
        (211.371, 0.01, "up", 211.38),
        (1.08417, 0.00005, "nearest", 1.08415),
        (119311.2, 5, "nearest", 119310.0),
        (-1.26, 0.25, "down", -1.5),
    ],
)
def test_prices_on_the_grid(price: float, tick: float, rounding: str, expected: float) -> None:
    assert roundToTick(price, tick, rounding) == expected
    assert roundToTick(price, SimpleNamespace(minTick=tick), rounding) == expected


@given(st.floats(0.01, 1e6), st.sampled_from([0.01, 0.05, 0.25, 0.00005, 1.0]))
def test_rounding_lands_near_and_stays(price: float, tick: float) -> None:
    rounded = roundToTick(price, tick)
    assert abs(rounded - price) <= tick / 2 * 1.0001
    assert roundToTick(rounded, tick) == rounded


@pytest.mark.parametrize("tick", [0, -1, float("nan")])
def test_a_grid_needs_a_step(tick: float) -> None:
    with pytest.raises(ValueError, match="tick"):
        roundToTick(1.0, tick)


def test_functions_and_methods_are_the_same_thing() -> None:
    for function in (createContract, createOrder, dataSettings, createBracket, roundToTick):
        assert getattr(IBApp, function.__name__) is function
    assert list(inspect.signature(createOrder).parameters)[:4] == ["action", "quantity", "order_type", "limit_price"]
