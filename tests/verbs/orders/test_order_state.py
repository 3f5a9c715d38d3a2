"""One order, from every message that says something about it."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from ibnb import createOrder
from tests.verbs.orders.telling import ID, PERM, Told, bag, working

# --- fills, orders_and_safety 3.2 and 3.9 -----------------------------------------------------------------


def test_a_fill_without_order_status_is_a_fill() -> None:
    """Lean#851, pysystemtrade#188: orderStatus isn't guaranteed."""
    told = Told().open("PreSubmitted").execute(5, 100.5).charge()
    report = told.report()
    assert told.stands() == ("Filled", 5, 0)
    assert (report.avgFillPrice, report.commission) == (100.5, 1)


def test_filled_by_open_order_has_the_numbers_of_its_executions() -> None:
    told = Told().open("Submitted").execute(5, 100.5).open("Filled").charge()
    assert (told.stands(), told.report().avgFillPrice) == (("Filled", 5.0, 0.0), 100.5)


def test_filled_by_open_order_alone_has_no_price() -> None:
    told = Told().open("Submitted").execute(2, 100.5, "a.01").open("Filled")
    assert told.stands() == ("Filled", 5.0, 0.0)
    assert math.isnan(told.report().avgFillPrice)
    told.execute(3, 100.0, "b.01")
    assert told.report().avgFillPrice == pytest.approx(100.2)


@pytest.mark.parametrize("status", [True, False])
def test_a_late_fill_after_a_cancel_shows(status: bool) -> None:
    """pysystemtrade#1580: orders that were called cancelled were filled."""
    told = Told().status("Cancelled").execute(2, 100.5, "a.01")
    if status:
        told.status("Cancelled", 2, price=100.5)
    assert told.stands() == ("Cancelled", 2.0, 3.0)
    assert told.report().avgFillPrice == 100.5
    assert told.execute(3, 100.5, "b.01").stands() == ("Filled", 5.0, 0.0)


def test_partial_fills_add_up_and_keep_an_older_status_from_hiding_them() -> None:
    told = Told().open("Submitted").execute(2, 100.0, "a.01").status("Submitted", 0)
    assert told.stands() == ("Submitted", 2.0, 3.0)
    told.execute(3, 101.0, "b.01").status("Submitted", 2, price=100.0)
    assert told.stands() == ("Filled", 5.0, 0.0)
    assert told.report().avgFillPrice == pytest.approx(100.6)


def test_order_status_knows_fills_that_happened_while_nobody_listened() -> None:
    told = Told().status("Submitted", 3, price=99.0).execute(1, 101.0, "late.01")
    assert (told.stands(), told.report().avgFillPrice) == (("Submitted", 3.0, 2.0), 99.0)


def test_fractions_are_filled_when_they_add_up() -> None:
    told = Told().open("Submitted", totalQuantity=0.3)
    for number in range(3):
        told.execute(0.1, 100.0, f"{number}.01")
    assert told.report().status == "Filled"


def test_an_order_by_cash_has_no_quantity_to_be_filled_up_to() -> None:
    told = Told()
    told.order = told.order.__class__()
    told.blotter.withdraw(ID, None)
    told.order.cashQty, told.order.totalQuantity = 1000.0, 0
    told.blotter.sent(ID, told.contract, told.order, 0.0)
    told.open("Submitted").execute(0.017, 58000.0)
    assert told.report().status == "Submitted"
    assert told.report().filled == 0.017
    assert told.status("Filled", 0.017, 0.0, 58000.0).stands() == ("Filled", 0.017, 0.0)


@pytest.mark.parametrize(("shares", "price"), [(5, 100.4), (4, 100.5), (4, 99.0)])
def test_a_correction_replaces_the_execution(shares: float, price: float) -> None:
    told = Told().execute(5, 100.5, "x.1.01").status("Filled", 5, price=100.5).charge("x.1.01", 1.0)
    told.execute(shares, price, "x.1.02").charge("x.1.02", 1.25)
    report = told.report()
    assert (report.filled, report.remaining, report.avgFillPrice, report.commission) == (
        shares,
        5 - shares,
        price,
        1.25,
    )
    told.execute(5, 100.5, "x.1.01")  # told again
    assert (told.report().filled, told.report().avgFillPrice) == (shares, price)
    # What orderStatus says afterwards holds.
    assert told.status("Filled", 5, price=101.0).report().avgFillPrice == 101.0


def test_a_correction_of_one_fill_among_some_that_werent_heard() -> None:
    told = Told().execute(1, 100.0, "x.1.01").status("Submitted", 3, price=100.0).execute(1, 103.0, "x.1.02")
    assert (told.report().filled, told.report().avgFillPrice) == (3, 101.0)


def test_a_correction_of_a_fill_that_order_status_doesnt_know_yet() -> None:
    told = Told().execute(2, 100.0, "x.1.01").execute(2, 99.0, "x.1.02")
    assert (told.report().filled, told.report().remaining, told.report().avgFillPrice) == (2, 3, 99.0)


def test_a_correction_without_a_commission_keeps_the_first_one() -> None:
    told = Told().execute(5, 100.5, "x.1.01").charge("x.1.01", 1.0).execute(5, 100.4, "x.1.02")
    assert told.report().commission == 1.0
    assert not told.blotter.incomplete(ID)


def test_a_combination_is_filled_by_its_own_row_and_paid_by_its_legs() -> None:
    told = Told(bag()).open("Submitted")
    leg = Told().contract
    told.execute(2, 40.0, "leg1.01", contract=leg).execute(4, 20.0, "leg2.01", contract=leg)
    assert told.stands() == ("Submitted", 0.0, 5.0)
    told.execute(2, 80.0, "own.01")
    assert (told.stands(), told.report().avgFillPrice) == (("Submitted", 2.0, 3.0), 80.0)
    assert told.blotter.incomplete(ID)
    assert told.charge("leg1.01").blotter.incomplete(ID)
    told.charge("leg2.01", 2.0)
    assert not told.blotter.incomplete(ID)
    assert told.report().commission == 3.0


def test_the_legs_of_a_combination_that_nobody_knew_dont_count_when_its_own_row_comes() -> None:
    told = Told(bag(), sent=False)
    told.execute(2, 40.0, "leg1.01", contract=Told().contract).execute(1, 80.0, "own.01")
    [key] = told.blotter.ids()
    assert told.report(key).filled == 1


# --- ends ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [110, 135, 200, 201, 203, 321, 387, 403, 460, 10243])
def test_an_error_alone_ends_an_order_that_was_never_shown(code: int) -> None:
    """LEAN-IB#245: 200 and 460 never ended an order."""
    told = Told().error(code, "no")
    assert told.blotter.rejected(ID) == (code, "no")
    assert told.report().status == "Inactive"


@pytest.mark.parametrize("code", [200, 201, 460])
def test_an_error_alone_ends_an_order_that_was_shown(code: int) -> None:
    told = Told().open("PreSubmitted").status("PreSubmitted").error(code, "no")
    assert told.blotter.rejected(ID) == (code, "no")
    assert told.report().done


@pytest.mark.parametrize("why", ["", "price check"])
@pytest.mark.parametrize("shown", [True, False])
def test_202_alone_is_a_cancel_and_with_a_reason_a_refusal(shown: bool, why: str) -> None:
    told = Told()
    if shown:
        told.open("Submitted").status("Submitted")
    told.error(202, f"Order Canceled - reason:{why}")
    assert told.report().status == "Cancelled"
    assert (told.blotter.rejected(ID) is not None) is bool(why)
    assert told.open("Submitted").report().status == "Submitted"


@pytest.mark.parametrize("code", [136, 161, 10147, 10148])
def test_the_text_of_a_cancel_decides_nothing(code: int) -> None:
    told = Told().error(code)
    assert told.report().status == "PendingSubmit"
    assert told.blotter.rejected(ID) is None
    assert told.blotter.doubted(ID) is None


@pytest.mark.parametrize("code", [399, 404, 2109, 10349])
def test_a_warning_decides_nothing(code: int) -> None:
    """ib_async#191, #217, pysystemtrade#1580."""
    told = Told().error(code)
    assert (told.report().status, told.blotter.rejected(ID), told.blotter.doubted(ID)) == ("PendingSubmit", None, None)


def test_an_unknown_code_is_only_a_doubt_until_tws_shows_the_order() -> None:
    told = Told().error(10999, "Some new notice")
    assert (told.report().status, told.blotter.rejected(ID)) == ("PendingSubmit", None)
    assert told.blotter.doubted(ID) == (10999, "Some new notice")
    assert told.open("Submitted").blotter.doubted(ID) is None
    told.error(10999, "again")
    assert told.report().status == "Submitted"
    assert told.blotter.doubted(ID) is None


@pytest.mark.parametrize("by", ["open", "status"])
def test_an_order_that_tws_takes_after_all_is_not_rejected(by: str) -> None:
    told = Told().error(203, "not allowed")
    getattr(told, by)("Submitted")
    assert told.blotter.rejected(ID) is None
    assert told.report().status == "Submitted"


def test_a_rejection_stays_when_tws_says_inactive() -> None:
    told = Told().error(201, "margin").open("Inactive").status("Inactive")
    assert told.blotter.rejected(ID) == (201, "margin")
    assert Told().open("Inactive").status("Inactive").error(201, "margin").blotter.rejected(ID) == (201, "margin")


def test_an_inactive_order_may_work_again_and_a_cancelled_one_isnt_revived_by_a_late_open_order() -> None:
    assert Told().status("Inactive").open("Submitted").report().status == "Submitted"
    assert Told().status("Cancelled").open("Submitted").report().status == "Cancelled"
    assert Told().status("PendingCancel").status("Filled", 5, price=100.0).report().status == "Filled"


def test_an_error_about_an_order_that_is_filled_rejects_nothing() -> None:
    told = Told().status("Filled", 5, price=100.0).error(201)
    assert told.blotter.rejected(ID) is None
    assert told.report().status == "Filled"


# --- what else is told --------------------------------------------------------------------------------------


def test_the_quantity_is_what_tws_shows() -> None:
    told = working()
    told.open("Submitted", totalQuantity=8)
    assert told.stands() == ("Submitted", 0.0, 8.0)
    assert told.execute(5, 100.0).stands() == ("Submitted", 5.0, 3.0)
    assert working().status("Submitted", 2, price=100.0).open("Submitted", totalQuantity=8).stands()[1:] == (2.0, 6.0)


def test_the_same_words_again_are_no_news() -> None:
    told = working()
    before = len(told.blotter.log(ID))
    assert len(told.open("Submitted").status("Submitted").blotter.log(ID)) == before
    assert len(told.status("Submitted", why="child").blotter.log(ID)) == before + 1


def test_what_is_left_by_order_status_tells_how_much_the_order_is_for() -> None:
    told = Told().status("Submitted", 0, remaining=10).execute(5, 100.0)
    assert told.stands() == ("Submitted", 5.0, 5.0)


def test_a_correction_of_a_leg_changes_nothing_that_was_said_of_the_combination() -> None:
    told, leg = Told(bag()).status("Submitted", 2, price=80.0), Told().contract
    told.execute(2, 40.0, "leg.01", contract=leg).execute(1, 40.0, "leg.02", contract=leg)
    assert told.stands() == ("Submitted", 2.0, 3.0)


def test_a_correction_of_a_fill_that_order_status_hasnt_counted_yet_is_counted_once() -> None:
    told = Told().status("Submitted", 0).execute(2, 100.0, "a.01").execute(3, 101.0, "a.02")
    assert (told.stands(), told.report().avgFillPrice) == (("Submitted", 3.0, 2.0), 101.0)


def test_the_price_that_order_status_said_stays_when_others_say_the_order_is_filled() -> None:
    told = Told().status("Filled", 5, price=100.5).open("Filled")
    assert told.report().avgFillPrice == 100.5
    done = told.blotter.order(ID)
    assert done is not None
    done[1].filledQuantity = Decimal(5)
    told.blotter.completed(done[1], "Filled", 2.0)
    assert (told.stands(), told.report().avgFillPrice) == (("Filled", 5.0, 0.0), 100.5)


def test_less_than_one_share_is_filled_by_its_executions() -> None:
    told = Told().open("Submitted", totalQuantity=0.5).execute(0.5, 100.0)
    assert told.stands() == ("Filled", 0.5, 0.0)


def test_a_parent_once_told_stays_where_a_message_leaves_it_out() -> None:
    told = Told().open("Submitted", parentId=26).open("PreSubmitted").status("Submitted")
    [row] = told.blotter.rows()
    assert row[13:15] == (26, PERM)


def test_the_first_refusal_is_the_reason() -> None:
    assert Told().error(201, "first").error(110, "second").blotter.rejected(ID) == (201, "first")


def test_a_202_with_a_reason_is_no_refusal_of_what_was_filled_or_was_to_be_cancelled() -> None:
    filled, asked = working().execute(2, 100.0), working()
    asked.cancel()
    for told in (filled, asked):
        told.error(202, "Order Canceled - reason:price check")
        assert (told.report().status, told.blotter.rejected(ID)) == ("Cancelled", None)


def test_a_quantity_that_is_cut_down_to_what_is_filled_leaves_nothing() -> None:
    told = Told().status("Submitted", 2, price=100.0).open("Submitted", totalQuantity=2)
    assert told.stands() == ("Submitted", 2.0, 0.0)


def test_what_is_filled_by_its_executions_isnt_held_any_more() -> None:
    told = Told().status("PreSubmitted", why="locate")
    assert told.report().whyHeld == "locate"
    assert told.execute(5, 100.0).report().whyHeld == Told().report().whyHeld == ""


def test_order_status_alone_says_that_tws_has_the_order() -> None:
    assert Told().status("Submitted").blotter.doubt(ID, 2.0)[0]
    assert Told().status("Submitted").said == Told().open("Submitted").said == []


def test_a_sale_and_a_purchase_are_no_two_orders_under_one_id() -> None:
    told = Told().open("Submitted").open("Submitted", perm=6, orderId=28)
    assert told.blotter.others(ID) == told.blotter.others(28) == []


def test_nothing_is_known_of_an_order_that_was_just_sent() -> None:
    """(Mutants of order_state.py.)"""
    report = Told().report()
    assert (report.whyHeld, report.permId, report.filled, report.remaining) == ("", 0, 0.0, 5.0)
    by_cash = Told(order=createOrder("BUY", 0, cashQty=1000.0)).open("PreSubmitted").report()
    assert math.isnan(by_cash.remaining)


def test_a_quantity_that_stays_changes_nothing_of_what_remains() -> None:
    """(Mutant of order_state.py.)"""
    told = Told().open("Submitted").status("Cancelled", remaining=0)
    assert told.open("Cancelled").stands() == ("Cancelled", 0.0, 0.0)


def test_the_price_that_tws_has_said_stays_when_the_same_fill_is_told_in_other_words() -> None:
    """(Mutants of order_state.py.)"""
    told = Told().open("Submitted").status("Filled", 5, price=100.123).open("Filled").execute(5, 100.12)
    done = told.order.__class__()
    done.permId, done.filledQuantity = PERM, 5
    told.blotter.completed(done, "Cancelled", 3.0)
    report = told.report()
    assert (report.status, report.filled, report.remaining, report.avgFillPrice) == ("Filled", 5.0, 0.0, 100.123)


def test_a_parent_once_known_stays_and_tws_may_name_one() -> None:
    """(Mutants of order_state.py.) As protobuf a TWS may leave it out."""
    child = createOrder("SELL", 5, "LMT", 101.0, parentId=26)
    assert Told(order=child).open("Submitted", parentId=0).status("Submitted").blotter.rows()[0][13] == 26
    assert Told().open("Submitted", parentId=26).blotter.rows()[0][13] == 26


@pytest.mark.parametrize(("end", "filled", "code"), [("Filled", 5, 202), ("Cancelled", 2, 201), ("Inactive", 0, 202)])
def test_an_error_after_the_end_ends_nothing(end: str, filled: float, code: int) -> None:
    assert working().status(end, filled, price=100.0).error(code).stands() == (end, filled, 5 - filled)


def test_an_order_that_is_shown_as_filled_was_filled_whatever_was_said_before() -> None:
    assert working().status("Cancelled").open("Filled").stands() == ("Filled", 5.0, 0.0)


def test_of_a_filled_order_that_nobody_knows_nothing_is_left() -> None:
    """As protobuf a TWS may leave out the 0."""
    assert Told(sent=False).status("Filled", 5, remaining=math.nan).stands() == ("Filled", 5.0, 0.0)
