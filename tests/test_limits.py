"""Limits through a whole session with the embedded gateway: the rows of orders_and_safety A2 to A8, as they were found.

Unit tests: core/test_limits.py for what an order can cost, core/test_exposure.py for what may be sold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gates import details_of, told
from order_messages import execution
from scripted import ScriptedTWS

import ibnb
from ibnb import IBApp, OrderLimits, SafetyError
from ibnb.ib.api import ComboLeg

AAPL, TSLA, NVDA = 265598, 76792991, 4815747


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect()
    ibnb.reset()


def held(app: IBApp, symbol: str) -> float:
    positions = app.getPositions()["position"]
    return float(positions.get(symbol, 0.0))


def received(app: IBApp, *names: str) -> list[Any]:
    """What the gateway received under these names."""
    return [each.message for each in app.gateway.journal if type(each.message).__name__ in names]


def sent(app: IBApp) -> list[Any]:
    """What the gateway received of orders."""
    return received(app, "PlaceOrder", "ExerciseOptions")


# --- A2 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        (("BUY", 500, "TRAIL"), {"auxPrice": 0.05}),
        (("BUY", 500, "REL"), {"auxPrice": 0.01}),
        (("BUY", 500, "STP"), {"stop_price": 1.9}),
        (("SELL", 500, "MIT"), {"stop_price": 1.9}),
        (("SELL", 500, "LMT", 1.9), {}),
        (("BUY", 500, "MKT"), {"lmtPrice": 1.0}),
        (("BUY", 500, "SNAP MKT"), {"lmtPrice": 1.0}),
        (("BUY", 500, "LMT", 200.0), {}),
    ],
    ids=str,
)
def test_a_hundred_thousand_dollars_dont_pass_a_limit_of_a_thousand(
    app: IBApp, terms: tuple[Any, ...], fields: dict[str, Any]
) -> None:
    order = app.createOrder(*terms, **fields)
    for price_of in (None, lambda contract: app.getQuote(contract)["last"]):
        app.limitOrders(OrderLimits(max_notional=1000, price_of=price_of))
        with pytest.raises(SafetyError, match=r"max_notional|is above 1,000"):
            app.placeOrderNow(app.createContract("AAPL"), order)
    assert sent(app) == []


def test_a_future_is_worth_its_multiplier_though_the_contract_says_none(app: IBApp) -> None:
    app.limitOrders(OrderLimits(max_notional=10_000))
    future = app.createContract("ES", "FUT", "CME", lastTradeDateOrContractMonth="202509")
    with pytest.raises(SafetyError, match=r"its value of 450,000\.00 is above"):
        app.placeOrderNow(future, app.createOrder("BUY", 1, "LMT", 9000))
    pence = app.createContract("CSH2", "STK", "SMART", "GBP")
    app.placeOrderNow(pence, app.createOrder("BUY", 1, "LMT", 9000))  # 90 pounds
    assert len(sent(app)) == 1


def test_an_ordinary_order_passes_and_its_contract_is_asked_for_once(app: IBApp) -> None:
    app.limitOrders(OrderLimits(max_quantity=10, max_notional=2500, symbols={"AAPL"}, allow_short=False))
    app.getPositions()
    for _ in range(3):
        app.placeOrderNow(app.createContract("AAPL"), app.createOrder("BUY", 1, "LMT", 240), wait="Filled")
    assert len(received(app, "ReqContractDetails")) == 1


# --- A3 ----------------------------------------------------------------------------------------------


def combo(app: IBApp, *legs: tuple[int, str, int]) -> Any:
    made = app.createContract("AAPL", "BAG", "SMART", comboLegs=[])
    for conId, action, ratio in legs:
        leg = ComboLeg()
        leg.conId, leg.action, leg.ratio, leg.exchange = conId, action, ratio, "SMART"
        made.comboLegs.append(leg)
    return made


def test_a_combo_can_t_sell_short_or_trade_what_isnt_allowed(app: IBApp) -> None:
    spread = combo(app, (AAPL, "BUY", 1), (TSLA, "SELL", 1))
    order = app.createOrder("BUY", 100)
    app.getPositions()
    for limits in (
        OrderLimits(symbols={"AAPL"}),
        OrderLimits(allow_short=False),
        OrderLimits(max_quantity=99),
        OrderLimits(max_notional=40_000, price_of=lambda contract: {"AAPL": 200.0, "TSLA": 320.0}[contract.symbol]),
    ):
        app.limitOrders(limits)
        with pytest.raises(SafetyError):
            app.placeOrderNow(spread, order)
    app.limitOrders(OrderLimits(max_quantity=10))
    with pytest.raises(SafetyError, match="at most 10"):
        app.placeOrderNow(combo(app, (AAPL, "BUY", 1000)), app.createOrder("BUY", 1))
    assert sent(app) == []


def test_the_number_of_a_contract_decides(app: IBApp) -> None:
    app.limitOrders(OrderLimits(symbols={"AAPL"}))
    with pytest.raises(SafetyError, match="TWS knows it as 'TSLA'"):
        app.placeOrderNow(app.createContract("AAPL", conId=TSLA), app.createOrder("BUY", 7))
    app.placeOrderNow(app.createContract("", conId=AAPL), app.createOrder("BUY", 7), wait="Filled")


def test_cash_buys_no_more_than_the_limits_say(app: IBApp) -> None:
    app.limitOrders(OrderLimits(max_quantity=10))
    pair = app.createContract("EUR", "CASH", "IDEALPRO")
    with pytest.raises(SafetyError, match="cashQty"):
        app.placeOrderNow(pair, app.createOrder("BUY", 0, cashQty=1_000_000))
    app.limitOrders(OrderLimits(allow_short=False))
    with pytest.raises(SafetyError, match="cashQty"):
        app.placeOrderNow(pair, app.createOrder("SELL", 0, cashQty=1_000_000))
    assert sent(app) == []


def test_a_sum_of_money_beside_a_quantity_is_judged_as_well(app: IBApp) -> None:
    """IB's own sample of cashQty states both. 1 share at 1.94 and 400 dollars were 206 shares, sold for 40,000."""
    app.limitOrders(OrderLimits(max_notional=500, price_of=lambda contract: 200.0))
    for quantity in (0, 1):
        with pytest.raises(SafetyError, match=r"its value of 41,\d+\.\d\d is above"):
            app.placeOrderNow(app.createContract("AAPL"), app.createOrder("SELL", quantity, "LMT", 1.94, cashQty=400.0))
    assert sent(app) == []


def test_two_legs_of_one_instrument_sell_no_more_than_is_held(app: IBApp) -> None:
    """The last leg was counted for both: 4 shares of TSLA were sold short."""
    app.limitOrders(OrderLimits(allow_short=False))
    app.getPositions()
    for legs in ([("SELL", 5), ("BUY", 1)], [("SELL", 5), ("SELL", 1)]):
        twice = combo(app, (AAPL, "BUY", 1), *((TSLA, action, ratio) for action, ratio in legs))
        with pytest.raises(SafetyError, match=f"conId {TSLA} stands in two of its legs; write them as one"):
            app.placeOrderNow(twice, app.createOrder("BUY", 1))
    assert sent(app) == []
    app.limitOrders(None)
    app.placeOrderNow(combo(app, *[(NVDA, "SELL", 500)] * 3, (AAPL, "BUY", 1)), app.createOrder("BUY", 1, "LMT", -9e5))
    app.limitOrders(OrderLimits(allow_short=False))
    with pytest.raises(SafetyError, match="only 1500 held, 1500 of them already being sold"):
        app.placeOrderNow(app.createContract("NVDA"), app.createOrder("SELL", 1))


def test_puts_aren_t_exercised_into_a_short_position(app: IBApp) -> None:
    chain = app.getOptionChain("AAPL", 1, [240.0], right="P").iloc[0]
    put = app.createContract("AAPL", "OPT", conId=int(chain["conId"]))
    app.placeOrderNow(put, app.createOrder("BUY", 5), wait="Filled")
    app.getPositions()
    before = len(sent(app))
    for limits in (
        OrderLimits(max_quantity=1),
        OrderLimits(symbols={"MSFT"}),
        OrderLimits(allow_short=False),
        OrderLimits(max_notional=100),
    ):
        app.limitOrders(limits)
        with pytest.raises(SafetyError):
            app.exerciseOption(put, 5)
    assert len(sent(app)) == before
    app.limitOrders(OrderLimits(allow_short=False))
    app.exerciseOption(put, 1)
    with pytest.raises(SafetyError, match="only 100 held, 100 of them"):
        app.exerciseOption(put, 1)


def test_a_negative_sale_sells_nothing_and_counts_for_nothing(app: IBApp) -> None:
    app.limitOrders(OrderLimits(allow_short=False))
    app.getPositions()
    wrong = app.createOrder("SELL", 1000)
    wrong.totalQuantity = -1000
    with pytest.raises(SafetyError, match="isn't a number above 0"):
        app.placeOrder(app.nextOrderId or 1, app.createContract("TSLA"), wrong)
    with pytest.raises(SafetyError, match="only 0 held"):
        app.placeOrderNow(app.createContract("TSLA"), app.createOrder("SELL", 1000))


# --- A4, A5 ------------------------------------------------------------------------------------------


@pytest.fixture
def owner(app: IBApp) -> IBApp:
    """A session that holds 100 TSLA and may not go short."""
    app.placeOrderNow(app.createContract("TSLA"), app.createOrder("BUY", 100), wait="Filled")
    app.limitOrders(OrderLimits(allow_short=False, max_orders_per_minute=2))
    app.getPositions()
    return app


def test_a_preview_holds_nothing(owner: IBApp) -> None:
    stock, sale = owner.createContract("TSLA"), owner.createOrder("SELL", 100)
    for _ in range(3):
        owner.previewOrder(stock, sale)
    owner.placeOrderNow(stock, sale, wait="Filled")
    assert held(owner, "TSLA") == 0


def test_a_sale_that_tws_refused_holds_nothing(owner: IBApp) -> None:
    stock = owner.createContract("TSLA")
    with pytest.raises(ibnb.OrderRejectedError):
        owner.placeOrderNow(stock, owner.createOrder("SELL", 100, "LMT", 320.005), wait="Submitted")
    owner.placeOrderNow(stock, owner.createOrder("SELL", 100), wait="Filled")


def test_a_cancelled_and_a_changed_sale(owner: IBApp) -> None:
    owner.limitOrders(OrderLimits(allow_short=False))
    stock = owner.createContract("TSLA")
    first = owner.placeOrderNow(stock, owner.createOrder("SELL", 60, "LMT", 900), wait="Submitted")
    with pytest.raises(SafetyError, match="only 100 held, 60 of them already being sold"):
        owner.placeOrderNow(stock, owner.createOrder("SELL", 60))
    owner.modifyOrder(first, quantity=40, wait=True)
    owner.placeOrderNow(stock, owner.createOrder("SELL", 60), wait="Filled")
    owner.cancelOrderById(first, wait=True)
    owner.placeOrderNow(stock, owner.createOrder("SELL", 40), wait="Filled")
    assert held(owner, "TSLA") == 0
    with pytest.raises(SafetyError, match="only 0 held"):
        owner.placeOrderNow(stock, owner.createOrder("SELL", 1))


def test_a_bracket_goes_with_allow_short_false(app: IBApp) -> None:
    app.limitOrders(OrderLimits(allow_short=False, max_orders_per_minute=3))
    app.getPositions()
    stock = app.createContract("TSLA")
    ids = app.placeBracket(stock, app.createBracket("BUY", 10, None, 900, 10))
    app.waitOrder(ids[0], "Filled")
    assert held(app, "TSLA") == 10
    app.limitOrders(OrderLimits(allow_short=False))
    with pytest.raises(SafetyError, match="only 10 held, 10 of them"):
        app.placeOrderNow(stock, app.createOrder("SELL", 1))
    app.cancelAllOrders(wait=True)
    app.placeOrderNow(stock, app.createOrder("SELL", 10), wait="Filled")


@pytest.mark.parametrize(("groups", "together"), [(("", ""), True), (("a", "a"), True), (("a", "b"), False)])
@pytest.mark.parametrize("kind", [1, 3])
def test_exits_that_dont_cancel_each_other_sell_no_more_than_their_entry_buys(
    app: IBApp, groups: tuple[str, str], together: bool, kind: int
) -> None:
    """The exits of an entry, each in a group of its own, were both filled: 10 shares were sold short."""
    app.limitOrders(OrderLimits(allow_short=False))
    app.getPositions()
    contract, entry = app.createContract("TSLA"), app.nextOrderId
    assert entry is not None
    app.placeOrder(entry, contract, app.createOrder("BUY", 10, "LMT", 400.0, transmit=False))
    exits = [
        app.createOrder("SELL", 10, "LMT", 100.0, parentId=entry, ocaGroup=each, ocaType=kind, transmit=transmit)
        for each, transmit in zip(groups, (False, True), strict=True)
    ]
    app.placeOrder(entry + 1, contract, exits[0])
    if together:
        app.placeOrder(entry + 2, contract, exits[1])
    else:
        with pytest.raises(SafetyError, match="only 0 held, and selling short"):
            app.placeOrder(entry + 2, contract, exits[1])
        app.placeOrder(entry + 1, contract, app.createOrder("SELL", 10, "LMT", 100.0, parentId=entry))
    app.sleep("1 min")
    assert held(app, "TSLA") == 0.0
    assert app.getExecutions()["shares"].tolist() == [10.0, 10.0]


def test_a_bracket_of_which_a_part_is_refused_doesn_t_leave(app: IBApp) -> None:
    app.limitOrders(OrderLimits(max_orders_per_minute=2))
    with pytest.raises(SafetyError, match="at most 2 orders per minute"):
        app.placeBracket(app.createContract("TSLA"), app.createBracket("BUY", 10, 100, 110, 95))
    assert sent(app) == []
    app.placeOrderNow(app.createContract("TSLA"), app.createOrder("BUY", 1), wait="Filled")


# --- A7 ----------------------------------------------------------------------------------------------


def test_limits_outlive_the_session(app: IBApp) -> None:
    app.limitOrders(OrderLimits(max_quantity=1))
    two = app.createOrder("BUY", 2)
    other = ibnb.connect(clientId=5)
    app.disconnect()
    other.disconnect()
    for each in (other, ibnb.connect(), ibnb.connect(clientId=9)):
        if each.isConnected():
            with pytest.raises(SafetyError, match="at most 1"):
                each.placeOrderNow(each.createContract("AAPL"), two)
    again = ibnb.connect()
    again.limitOrders(None)
    again.placeOrderNow(again.createContract("AAPL"), two, wait="Filled")
    again.limitOrders(OrderLimits(max_quantity=1))
    ibnb.reset()
    fresh = ibnb.connect()
    fresh.placeOrderNow(fresh.createContract("AAPL"), two, wait="Filled")


def test_a_new_world_begins_with_nothing_held(app: IBApp) -> None:
    app.limitOrders(OrderLimits(allow_short=False))
    app.placeOrderNow(app.createContract("AAPL"), app.createOrder("BUY", 100), wait="Filled")
    app.getPositions()
    app.disconnect()
    again = ibnb.connect()
    with pytest.raises(SafetyError, match="no position is known"):
        again.placeOrderNow(again.createContract("AAPL"), again.createOrder("SELL", 100))


def test_limits_and_what_is_held_outlive_a_lost_connection(owner: IBApp) -> None:
    owner.limitOrders(OrderLimits(allow_short=False))
    stock = owner.createContract("TSLA")
    resting = owner.placeOrderNow(stock, owner.createOrder("SELL", 30, "LMT", 900), wait="Submitted")
    owner.gateway.faults.drop()
    owner.sleep("2 min")
    assert owner.isConnected()
    with pytest.raises(SafetyError, match="only 100 held, 30 of them already being sold"):
        owner.placeOrderNow(stock, owner.createOrder("SELL", 71))
    owner.placeOrderNow(stock, owner.createOrder("SELL", 70), wait="Filled")
    owner.cancelOrderById(resting, wait=True)
    owner.placeOrderNow(stock, owner.createOrder("SELL", 30), wait="Filled")
    assert held(owner, "TSLA") == 0


def test_an_order_that_ended_while_nobody_listened_holds_nothing(owner: IBApp) -> None:
    owner.limitOrders(OrderLimits(allow_short=False))
    stock = owner.createContract("TSLA")
    owner.placeOrderNow(stock, owner.createOrder("SELL", 100, "LMT", 900, tif="GTD", goodTillDate="20250611-14:03:00"))
    owner.gateway.faults.nightly_restart(600)
    owner.sleep("20 min")
    assert owner.isConnected()
    owner.placeOrderNow(stock, owner.createOrder("SELL", 100), wait="Filled")


def test_a_position_is_known_from_account_updates_too(app: IBApp) -> None:
    """What reqAccountUpdates tells counts as getPositions does. (Mutant of the gate.)"""
    app.limitOrders(OrderLimits(allow_short=False))
    stock = app.createContract("V")
    with pytest.raises(SafetyError, match="no position is known"):
        app.placeOrderNow(stock, app.createOrder("SELL", 1))
    app.reqAccountUpdates(True, "DU1234567")
    app.sleep(1)
    app.placeOrderNow(stock, app.createOrder("SELL", 200), wait="Filled")
    assert held(app, "V") == 0


def test_a_fill_that_somebody_else_s_order_has_counts_before_positions_tell() -> None:
    """execDetails alone: no orderStatus tells of it. (Mutant of the gate.)"""
    tws = ScriptedTWS()
    app, stock, fill = tws.app, told(), execution(0, 10, 100.0)
    tws.on("reqContractDetails", ("contractDetails", "$id", details_of(stock)[0]), ("contractDetailsEnd", "$id"))
    app.limitOrders(OrderLimits(allow_short=False))
    tws.tell("position", "DU1234567", stock, 10, 100.0)
    tws.tell("positionEnd")
    fill.side, fill.clientId = "SLD", 9
    tws.tell("execDetails", -1, stock, fill)
    with pytest.raises(SafetyError, match="only 0 held"):
        app.placeOrder(27, stock, app.createOrder("SELL", 1))
