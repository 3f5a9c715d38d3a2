"""The stories that the simulated gateway can stage, through a whole session. Sources as in tests/peers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import ibnb
from ibnb import IBApp, OrderRejectedError, RequestTimeoutError
from ibnb.gateway.scenario import LESSON
from ibnb.ib.api import ComboLeg


@pytest.fixture
def app() -> Iterator[IBApp]:
    session = ibnb.connect("embedded")
    yield session
    ibnb.reset()


@pytest.fixture
def aapl(app: IBApp) -> Any:
    return app.resolve(app.createContract("AAPL"))


def far(app: IBApp, quantity: float = 5, **fields: Any) -> Any:
    """A limit order that rests."""
    return app.createOrder("BUY", quantity, "LMT", 100.0, **fields)


# --- ids ----------------------------------------------------------------------------------------------------


def test_a_verb_doesnt_replace_an_order_that_was_sent_by_hand(app: IBApp, aapl: Any) -> None:
    """Fault 1: one working order, 7 at 140; the first one was gone."""
    first = app.nextOrderId
    assert first is not None
    app.placeOrder(first, aapl, app.createOrder("BUY", 10, "LMT", 150.0))
    app.sleep(1)
    second = app.placeOrderNow(aapl, app.createOrder("BUY", 7, "LMT", 140.0), wait="Submitted")
    assert app.getOpenOrders()["totalQuantity"].to_dict() == {first: 10.0, second: 7.0}


def test_a_filled_order_under_the_same_id_satisfies_no_wait(app: IBApp, aapl: Any) -> None:
    """Fault 1: returned 1, "Filled", one share bought, fifty never."""
    first = app.nextOrderId
    assert first is not None
    app.placeOrder(first, aapl, app.createOrder("BUY", 1))
    app.sleep(1)
    before = app.getPositions().loc["AAPL", "position"]
    second = app.placeOrderNow(aapl, app.createOrder("BUY", 50), wait="Filled")
    assert app.waitOrder(second).filled == 50
    assert app.getPositions().loc["AAPL", "position"] == before + 50
    app.placeOrder(first, aapl, app.createOrder("BUY", 9))
    with pytest.raises(OrderRejectedError) as caught:
        app.waitOrder(first)
    assert caught.value.code in (103, 104)


def test_a_tws_that_counts_from_further_back_gets_no_id_twice(app: IBApp, aapl: Any) -> None:
    used = [app.placeOrderNow(aapl, far(app)) for _ in range(3)]
    app.gateway.faults.roll_back_ids(3)
    app.reqIds(1)
    app.sleep(1)
    assert app.placeOrderNow(aapl, far(app), wait="Submitted") == used[-1] + 1


def test_previews_and_brackets_take_ids_above_orders_by_hand(app: IBApp, aapl: Any) -> None:
    app.placeOrder(50, aapl, far(app))
    app.previewOrder(aapl, app.createOrder("BUY", 1))
    assert app.placeBracket(aapl, app.createBracket("BUY", 1, 100, 300, 90)) == [52, 53, 54]


# --- fills and ends --------------------------------------------------------------------------------------------


def test_partial_fills_add_up_with_their_commissions(app: IBApp, aapl: Any) -> None:
    app.gateway.faults.partial_fills(2, 3)
    orderId = app.placeOrderNow(aapl, app.createOrder("BUY", 10), wait="Filled")
    report = app.waitOrder(orderId)
    fills = app.getExecutions()
    assert (report.filled, report.remaining) == (10, 0)
    assert fills["shares"].sum() == 10
    assert len(fills) > 1
    assert report.commission == pytest.approx(fills["commission"].sum())
    assert report.avgFillPrice == pytest.approx((fills["shares"] * fills["price"]).sum() / 10)


@pytest.mark.parametrize(
    ("code", "text"),
    [(460, "No trading permissions."), (200, "No security definition."), (201, "Order rejected - reason:no")],
)
def test_an_order_that_is_refused_by_an_error_alone_ends(app: IBApp, aapl: Any, code: int, text: str) -> None:
    """LEAN-IB#245: a five-minute stall."""
    app.gateway.faults.refuse_next("placeOrder", code, text)
    before = app.now()
    with pytest.raises(OrderRejectedError) as caught:
        app.placeOrderNow(aapl, app.createOrder("BUY", 1), wait="Filled")
    assert caught.value.code == code
    assert (app.now() - before).total_seconds() < 1
    assert app.getBlotter()["status"].tolist() == ["Inactive"]


def test_an_unknown_code_about_an_order_that_isnt_there_is_unconfirmed(app: IBApp, aapl: Any) -> None:
    """Fault 6, ib_async#191, #217: "notice, state unconfirmed"."""
    app.gateway.faults.refuse_next("placeOrder", 10999, "Some new notice")
    with pytest.raises(RequestTimeoutError, match="state unconfirmed"):
        app.placeOrderNow(aapl, app.createOrder("BUY", 1), wait="Filled")


def test_a_rejection_at_the_exchange(app: IBApp, aapl: Any) -> None:
    app.gateway.faults.reject_next_order("No Trading Permission")
    with pytest.raises(OrderRejectedError, match="No Trading Permission"):
        app.placeOrderNow(aapl, app.createOrder("BUY", 1), wait="Filled")


def test_10349_doesnt_end_an_order() -> None:
    """ib_async#191, #217, pysystemtrade#1580."""
    app = ibnb.connect(scenario=replace(LESSON, orders=replace(LESSON.orders, tif_notice=True)))
    order = app.createOrder("BUY", 1)
    order.tif = ""
    report = app.waitOrder(app.placeOrderNow(app.createContract("AAPL"), order))
    assert report.status == "Filled"
    assert any(text.startswith("10349") for text in report.messages)
    ibnb.reset()


def test_fills_during_an_outage_are_known_afterwards(app: IBApp, aapl: Any) -> None:
    """LEAN-IB#249."""
    orderId = app.placeOrderNow(
        aapl, app.createOrder("BUY", 5, "LMT", 300.0, goodAfterTime="20250611 10:05:00 US/Eastern")
    )
    app.sleep("1 min")
    app.gateway.faults.link_lost()
    app.sleep("10 min")
    app.gateway.faults.link_restored()
    app.sleep("1 min")
    report = app.waitOrder(orderId)
    assert (report.status, report.filled, report.commission > 0) == ("Filled", 5, True)
    assert app.getExecutions()["shares"].tolist() == [5.0]


def test_a_combination_is_filled_by_its_own_row_and_its_executions_say_what_they_are(app: IBApp) -> None:
    """nautilus#3949, fault 14: `AAPL, AAPL, AAPL` for a spread's three executions."""
    chain = app.getOptionChain("AAPL", 1, [190.0, 200.0], right="C")
    bag = app.createContract("AAPL", "BAG")
    bag.comboLegs = []
    for conId, action in zip(chain["conId"], ("BUY", "SELL"), strict=True):
        leg = ComboLeg()
        leg.conId, leg.ratio, leg.action, leg.exchange = int(conId), 1, action, "SMART"
        bag.comboLegs.append(leg)
    before = app.now()
    orderId = app.placeOrderNow(bag, app.createOrder("BUY", 2), wait="Filled")
    assert (app.now() - before).total_seconds() < 60
    report, fills = app.waitOrder(orderId), app.getExecutions()
    assert (report.filled, report.remaining) == (2, 0)
    assert report.commission == pytest.approx(fills["commission"].sum())
    assert fills.loc[fills["secType"] == "BAG", "shares"].sum() == 2
    legs = fills[fills["secType"] == "OPT"]
    assert set(legs["strike"]) == {190.0, 200.0}
    assert set(legs["right"]) == {"C"}
    assert all(len(expiry) == 8 for expiry in legs["lastTradeDateOrContractMonth"])
    assert legs["localSymbol"].str.startswith("AAPL").all()
    held = app.getPositions()
    assert sorted(held.loc[held["secType"] == "OPT", "strike"]) == [190.0, 200.0]
    assert held.loc[held["secType"] == "STK", "strike"].isna().all()
    portfolio = app.getAccountUpdates().portfolio
    assert sorted(portfolio.loc[portfolio["secType"] == "OPT", "strike"]) == [190.0, 200.0]


# --- changes, cancels, groups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": 0.5}, 10243),
        ({"tif": "GTD", "goodTillDate": "nonsense"}, 10314),
        ({"goodAfterTime": "tomorrow"}, 10314),
        ({"tif": "FOO"}, 10052),
        ({"limit_price": 150.123}, 110),
        ({"order_type": "STP", "stop_price": 300.0}, 329),
    ],
)
def test_a_change_that_tws_refuses_raises(app: IBApp, aapl: Any, changes: dict[str, Any], code: int) -> None:
    """Fault 3: "Modified order 1", and nothing had changed."""
    orderId = app.placeOrderNow(aapl, far(app), wait="Submitted")
    with pytest.raises(OrderRejectedError) as caught:
        app.modifyOrder(orderId, wait=True, **changes)
    assert caught.value.code == code
    row = app.getOpenOrders().loc[orderId]
    assert (row["status"], row["totalQuantity"], row["lmtPrice"], row["tif"]) == ("Submitted", 5.0, 100.0, "DAY")


def test_what_isnt_a_condition_is_refused_in_words(app: IBApp, aapl: Any) -> None:
    """Fault 3: conditions=[1] wasn't even sent (ibapi's 512), and the order "modified"."""
    orderId = app.placeOrderNow(aapl, far(app), wait="Submitted")
    with pytest.raises(ValueError, match="1 isn't a condition; createCondition"):
        app.modifyOrder(orderId, wait=True, conditions=[1])
    assert app.getOpenOrders().loc[orderId, "status"] == "Submitted"


@pytest.mark.parametrize("changes", [{"quantity": 7}, {"limit_price": 101.0}, {"tif": "GTC"}, {"quantity": 5}])
def test_a_change_that_tws_makes_is_waited_for(app: IBApp, aapl: Any, changes: dict[str, Any]) -> None:
    orderId = app.placeOrderNow(aapl, far(app), wait="Submitted")
    app.modifyOrder(orderId, wait=True, **changes)
    row = app.getBlotter().loc[orderId]
    wanted = {"quantity": ("totalQuantity", 5.0), "limit_price": ("lmtPrice", 100.0), "tif": ("tif", "DAY")}
    for name, (column, before) in wanted.items():
        assert row[column] == changes.get(name, before)


def test_the_stop_of_a_bracket_can_be_changed_after_its_entry_filled(app: IBApp, aapl: Any) -> None:
    """ib_insync#647."""
    entry, _, stop = app.placeBracket(aapl, app.createBracket("BUY", 5, 300, 400, 100))
    app.waitOrder(entry)
    app.modifyOrder(stop, stop_price=101.0, wait=True)
    assert app.getBlotter().loc[stop, "auxPrice"] == 101.0


def test_a_held_order_stays_held_unless_it_is_transmitted(app: IBApp, aapl: Any) -> None:
    """A5, fault 14: modifyOrder(1, quantity=11) of a bracket's parent filled it without a stop."""
    orderId = app.placeOrderNow(aapl, app.createOrder("BUY", 5, transmit=False))
    app.modifyOrder(orderId, quantity=11)
    app.sleep("1 min")
    assert app.getBlotter().loc[orderId, "filled"] == 0
    with pytest.raises(ValueError, match="is held"):
        app.modifyOrder(orderId, quantity=12, wait=True)
    with pytest.raises(RequestTimeoutError, match="it is held at TWS until it is transmitted"):
        app.waitOrder(orderId, timeout=5)
    app.modifyOrder(orderId, transmit=True)
    assert app.waitOrder(orderId).filled in (5, 11)


@pytest.mark.parametrize(("profit", "stop"), [(400.003, 90.0), (400.0, 90.003)])
def test_a_bracket_of_which_tws_refuses_a_part_leaves_nothing(
    app: IBApp, aapl: Any, profit: float, stop: float
) -> None:
    """A5: the parent stayed, and could be filled without its stop."""
    with pytest.raises(OrderRejectedError) as caught:
        app.placeBracket(aapl, app.createBracket("BUY", 5, 300.0, profit, stop))
    assert caught.value.code == 110
    app.sleep("1 min")
    assert len(app.getOpenOrders()) == 0
    assert app.getBlotter()["filled"].sum() == 0


def test_an_oca_group_goes_whole(app: IBApp, aapl: Any) -> None:
    profit, stop = app.createOCA([app.createOrder("SELL", 5, "LMT", 300), app.createOrder("SELL", 5, "LMT", 400)])
    first, second = app.placeOrders([(aapl, profit), (aapl, stop)])
    app.cancelOrderById(first, wait=True)
    assert app.waitOrder(second, "Cancelled").status == "Cancelled"


def test_cancelling_all_is_over_when_all_are(app: IBApp, aapl: Any) -> None:
    ids = [app.placeOrderNow(aapl, far(app), wait="Submitted") for _ in range(3)]
    app.cancelAllOrders(wait=True)
    assert app.getBlotter().loc[ids, "status"].unique().tolist() == ["Cancelled"]
    app.placeOrderNow(aapl, far(app), wait="Submitted")
    app.cancelAllOrders("account", wait=True)
    assert len(app.getOpenOrders()) == 0


# --- what is said -----------------------------------------------------------------------------------------------------


def test_a_timeout_says_how_the_order_stands(app: IBApp, aapl: Any) -> None:
    orderId = app.placeOrderNow(aapl, app.createOrder("BUY", 1, "LMT", 100.0), wait="Submitted")
    with pytest.raises(RequestTimeoutError) as caught:
        app.waitOrder(orderId, timeout=30)
    assert (
        f"order {orderId} (BUY 1 AAPL LMT) is Submitted, 0 of 1 filled, limit 100.00; it goes on working at TWS"
        in str(caught.value)
    )


def test_an_interrupted_wait_says_which_order_works(
    app: IBApp, aapl: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app.gateway, "step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        app.placeOrderNow(aapl, app.createOrder("BUY", 1, "LMT", 100.0), wait="Filled")
    assert "Interrupted: order 1 (BUY 1 AAPL LMT) is" in capsys.readouterr().out


def test_a_preview_that_tws_refuses_says_so_at_once(app: IBApp, aapl: Any) -> None:
    before = app.now()
    with pytest.raises(OrderRejectedError) as caught:
        app.previewOrder(aapl, app.createOrder("BUY", 1, "LMT", 100.003))
    assert caught.value.code == 110
    assert (app.now() - before).total_seconds() < 1
    assert len(app.getBlotter()) == 0


def test_all_three_orders_of_a_bracket_are_listed(app: IBApp, aapl: Any) -> None:
    """ib_async#89: the profit taker was missing."""
    ids = app.placeBracket(aapl, app.createBracket("BUY", 1, 100.0, 300.0, 90.0))
    assert app.getOpenOrders().index.tolist() == ids
