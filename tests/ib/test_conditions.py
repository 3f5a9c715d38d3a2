from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

import ibnb
from ibnb import IBApp, createBracket, createCondition, createContract, createOCA, createOrder
from ibnb.gateway import messages as m
from ibnb.gateway.codec import TextCodec
from ibnb.ib.conditions import OCA_TYPES, TRIGGER_METHODS
from tests.gateway.codec import real_client as real

V = createContract("V", conId=49462172)
NEW_YORK = ZoneInfo("America/New_York")
NOON = dt.datetime(2025, 6, 11, 12, tzinfo=NEW_YORK)


def told(condition: Any) -> dict[str, Any]:
    return {"type": type(condition).__name__, **vars(condition)}


# --- conditions ----------------------------------------------------------------------------------


def test_a_price_condition_says_everything() -> None:
    assert told(createCondition("price", ">=", 200, V)) == {
        "type": "PriceCondition",
        "condType": 1,
        "isConjunctionConnection": True,
        "isMore": True,
        "price": 200.0,
        "conId": 49462172,
        "exchange": "SMART",
        "triggerMethod": 0,
    }


WATCHING = {"conId": 49462172, "exchange": "SMART"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("price", ">=", 200, V), {"type": 1, "price": 200.0, **WATCHING}),
        (("percent change", "<=", -5, V), {"type": 7, "isMore": False, "changePercent": -5.0, **WATCHING}),
        (("Percent Change", "above", np.float64(2.5), V), {"type": 7, "changePercent": 2.5, **WATCHING}),
        (("PercentChange", ">=", 0, V), {"type": 7, "changePercent": 0.0, **WATCHING}),
        (("volume", ">=", 5e6, V), {"type": 6, "volume": 5_000_000, **WATCHING}),
        (("volume", ">=", np.int64(7), V), {"type": 6, "volume": 7, **WATCHING}),
        (("margin", "below", 20), {"type": 4, "isMore": False, "percent": 20}),
        (("time", "after", NOON), {"type": 3, "time": "20250611-16:00:00"}),
        (("time", "before", pd.Timestamp(NOON)), {"type": 3, "isMore": False, "time": "20250611-16:00:00"}),
        (("time", ">=", "20250611-16:00:00"), {"type": 3, "time": "20250611-16:00:00"}),
        (("time", ">=", "20250611 12:00:00 US/Eastern"), {"type": 3, "time": "20250611 12:00:00 US/Eastern"}),
        (
            ("execution", None, None, createContract("MA", exchange="NYSE")),
            {"type": 5, "secType": "STK", "exchange": "NYSE", "symbol": "MA"},
        ),
    ],
    ids=lambda each: " ".join(map(str, each[:3])) if isinstance(each, tuple) else "",
)
@pytest.mark.parametrize("conjunction", ["and", "or"])
def test_what_ibapi_sends_is_what_was_meant(
    arguments: tuple[Any, ...], expected: dict[str, Any], conjunction: str
) -> None:
    meant = m.OrderCondition(isConjunctionConnection=conjunction == "and", **expected)
    assert read(createCondition(*arguments, conjunction=conjunction)) == meant


def read(*conditions: Any) -> Any:
    """What the gateway reads of an order that the installed ibapi has sent."""
    version = 176 if real.TEN else 157
    order = createOrder("BUY", 100, conditions=list(conditions), conditionsIgnoreRth=True)
    payload = real.sent("placeOrder", 7, createContract("MA"), order, version=version)[0]
    found = TextCodec(version, strict=True).decode(payload).order
    assert (found.conditionsIgnoreRth, found.conditionsCancelOrder) == (True, False)
    assert len(found.conditions) == len(conditions)
    return found.conditions if len(conditions) > 1 else found.conditions[0]


def test_each_condition_of_several_arrives_with_its_own_connection() -> None:
    found = read(
        createCondition("price", "<=", 199.5, V, exchange="NYSE", triggerMethod=8, conjunction="or"),
        createCondition("time", "after", NOON),
        createCondition("execution", contract=V),
    )
    assert [(each.type, each.isConjunctionConnection) for each in found] == [(1, False), (3, True), (5, True)]
    assert (found[0].isMore, found[0].price, found[0].exchange, found[0].triggerMethod) == (False, 199.5, "NYSE", 8)


@pytest.mark.parametrize(("word", "number"), TRIGGER_METHODS.items())
def test_a_trigger_method_by_word_or_number(word: str, number: int) -> None:
    for method in (word, word.upper(), number, np.int64(number)):
        assert createCondition("price", ">=", 200, V, triggerMethod=method).triggerMethod == number


def test_ibapi_can_print_an_order_that_waits() -> None:
    kinds = [("price", ">=", 200, V), ("volume", ">=", 9, V), ("margin", "<=", 20), ("execution", None, None, V)]
    text = str(createOrder("BUY", 1, conditions=[createCondition(*each) for each in kinds]))
    assert "price of 49462172 on SMART" in text


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("prise", ">=", 1, V), {}, "Did you mean 'price'"),
        (("price",), {}, "createCondition('price') needs direction: '>=' or '<='."),
        (("price", None, 200, V), {}, "needs direction"),
        (("price", ">", 200, V), {}, "Did you mean '>='? Legal values: >=, <=."),
        (("price", True, 200, V), {}, "direction must be text such as '>='"),
        (("price", ">="), {}, "needs value: a number above 0"),
        (("price", ">=", 200), {}, "needs contract: app.resolve('V') finds one"),
        (("price", ">=", 200, "V"), {}, "createCondition('price'): 'V' isn't a contract"),
        (("price", ">=", 200, createContract("V")), {}, "conId is 0; app.resolve(contract) returns the contract with"),
        (("price", ">=", 200, createContract("V", exchange="", conId=1)), {}, "exchange='SMART'"),
        (("price", ">=", 200, V), {"exchange": ""}, "exchange='SMART'"),
        (("price", ">=", 200, V), {"conjunction": "xor"}, "Legal values: and, or."),
        (("price", ">=", 200, V), {"triggerMethod": "lst"}, "Did you mean 'last'"),
        (("price", ">=", 200, V), {"triggerMethod": 5}, "triggerMethod 5 is not legal. Legal values: 0 (default), 1"),
        (("price", ">=", 200, V), {"triggerMethod": True}, "triggerMethod must be text"),
        (("percent change", ">=", 5), {}, "needs contract"),
        (("volume", ">=", 5, V), {"triggerMethod": "last"}, "takes no triggerMethod; it takes direction, value,"),
        (("margin", ">=", 5, V), {}, "takes no contract; it takes direction, value."),
        (("time", "after", NOON), {"exchange": "SMART"}, "takes no exchange"),
        (("execution", ">=", None, V), {}, "createCondition('execution') takes no direction; it takes contract"),
        (("execution",), {}, "needs contract"),
        (("execution", None, None, createContract("", conId=5)), {}, "symbol is ''; app.resolve(contract)"),
    ],
)
def test_what_is_missing_or_too_much(arguments: tuple[Any, ...], options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError) as refusal:
        createCondition(*arguments, **options)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("price", [0, -1, float("nan"), float("inf"), 1.7976931348623157e308, True, "high", [1]], "above 0"),
        ("percent change", [float("nan"), float("-inf"), "five", False], "in percent, such as 5 for 5 %"),
        ("volume", [0, -3, 1.5, float("nan"), float("inf"), 2**31 - 1, True, "many"], "a whole number from 1"),
        ("margin", [-1, 101, 20.5, True, "thin"], "from 0 to 100"),
        (
            "time",
            [
                NOON.replace(tzinfo=None),
                pd.NaT,
                "20250611 12:00:00",
                "20250611",
                "12:00:00",
                "20250611-25:00:00",
                "20251311 12:00:00 US/Eastern",
                "",
                1749657600,
            ],
            "a datetime that has a time zone, 'yyyymmdd-hh:mm:ss' in UTC",
        ),
    ],
)
def test_values_that_ib_would_refuse_or_misread(kind: str, values: list[Any], words: str) -> None:
    contract = V if kind in ("price", "percent change", "volume") else None
    for value in values:
        with pytest.raises(ValueError) as refusal:
            createCondition(kind, ">=", value, contract)
        assert f"value {value!r} is not legal" in str(refusal.value)
        assert words in str(refusal.value)


# --- groups --------------------------------------------------------------------------------------


def pair() -> list[Any]:
    return [createOrder("BUY", 10, "LMT", 100), createOrder("BUY", 10, "LMT", 50)]


def test_a_group_is_of_copies() -> None:
    orders = pair()
    group = createOCA(iter(orders), "either")
    assert [(order.ocaGroup, order.ocaType, order.lmtPrice) for order in group] == [
        ("either", 1, 100),
        ("either", 1, 50),
    ]
    assert [order.ocaGroup for order in orders] == ["", ""]


def test_no_two_groups_have_one_name() -> None:
    names = {order.ocaGroup for _ in range(3) for order in createOCA(pair())}
    assert len(names) == 3


@pytest.mark.parametrize(("word", "number"), OCA_TYPES.items())
def test_what_a_fill_does_by_word_or_number(word: str, number: int) -> None:
    assert {order.ocaType for each in (word, number) for order in createOCA(pair(), ocaType=each)} == {number}


@pytest.mark.parametrize(
    ("orders", "options", "words"),
    [
        ([], {}, "two orders or more, not 0"),
        (pair()[:1], {}, "two orders or more, not 1"),
        (pair()[0], {}, "a list of two orders or more"),
        (None, {}, "None isn't an order"),
        ([pair()[0], SimpleNamespace()], {}, "isn't an order; createOrder('BUY', 100) makes one"),
        ([V, V], {}, "isn't an order"),
        (createOCA(pair(), "a"), {}, "in the group 'a' already"),
        (createBracket("BUY", 10, 100.0, 110.0, 95.0), {}, "placeBracket"),
        (pair(), {"name": ""}, "name '' is not legal"),
        (pair(), {"name": "größer"}, "ASCII"),
        (pair(), {"name": 5}, "name 5 is not legal"),
        (pair(), {"ocaType": 0}, "Legal values: 1 (cancel with block), 2"),
        (pair(), {"ocaType": "cancel"}, "Did you mean 'cancel with block'"),
    ],
)
def test_what_is_no_group(orders: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError) as refusal:
        createOCA(orders, **options)
    assert words in str(refusal.value)


# --- on the embedded gateway ---------------------------------------------------------------------


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect("embedded")
    ibnb.reset()


def test_an_order_waits_for_another_contract_s_price(app: IBApp) -> None:
    # TSLA jumps by 5.8 % two minutes after the start.
    tesla = app.resolve("TSLA")
    last = app.getQuote(tesla)["last"]
    waiting = createCondition("price", ">=", round(last * 1.03, 2), tesla, triggerMethod="last")
    wrong_way = createCondition("price", "below", round(last * 1.03, 2), tesla, triggerMethod="last")
    held, at_once = (
        app.placeOrderNow(createContract("MA"), createOrder("BUY", 1, conditions=[each]), wait="PreSubmitted")
        for each in (waiting, wrong_way)
    )
    app.sleep("1 min")
    assert app.getBlotter().loc[[held, at_once], "status"].tolist() == ["PreSubmitted", "Filled"]
    app.sleep("5 min")
    assert app.getBlotter().loc[held, "status"] == "Filled"


def test_an_order_that_a_time_wakes_and_one_that_it_cancels(app: IBApp) -> None:
    soon = createCondition("time", "after", app.now() + dt.timedelta(minutes=10))
    woken = app.placeOrderNow(createContract("MA"), createOrder("BUY", 1, conditions=[soon]))
    cancelled = app.placeOrderNow(
        createContract("MA"), createOrder("BUY", 1, "LMT", 1, conditions=[soon], conditionsCancelOrder=True)
    )
    app.sleep("9 min")
    assert app.getBlotter().loc[[woken, cancelled], "status"].tolist() == ["PreSubmitted", "Submitted"]
    app.sleep("2 min")
    assert app.getBlotter().loc[[woken, cancelled], "status"].tolist() == ["Filled", "Cancelled"]


def test_a_fill_of_one_cancels_the_other(app: IBApp) -> None:
    quote = app.getQuote(createContract("NVDA"))
    low, high = (createOrder("BUY", 10, "LMT", price) for price in (1, round(quote["ask"] + 1, 2)))
    ids = [app.placeOrderNow(createContract("NVDA"), order) for order in createOCA([low, high])]
    assert app.waitOrder(ids[1]).status == "Filled"
    assert app.waitOrder(ids[0], "done").status == "Cancelled"


def test_an_order_with_a_margin_condition_can_be_changed(app: IBApp) -> None:
    rich = createCondition("margin", ">=", 20)
    order = createOrder("BUY", 1, "LMT", 100, conditions=[rich])
    orderId = app.placeOrderNow(createContract("NVDA"), order, wait="Submitted")
    app.modifyOrder(orderId, quantity=2, wait=True)
    assert 2.0 == app.getBlotter().loc[orderId, "totalQuantity"]
    assert app.notices[app.notices["code"] == 320].empty
