"""One order, to the edges of what is said about it: what mutants had survived."""

from __future__ import annotations

import pytest

from ibnb import createOrder
from ibnb.verbs.orders.order_state import CONFIRMED
from tests.verbs.orders.telling import ID, PERM, Told


def test_a_sum_of_money_isnt_spent_because_as_much_was_bought_as_was_foreseen() -> None:
    """(Mutants of order_state.py.)"""
    told = Told(order=createOrder("BUY", 0, cashQty=1000.0)).open("Submitted")
    assert told.status("Submitted", 2, 3, price=100.0).execute(5, 100.0).report().status == "Submitted"


@pytest.mark.parametrize(("quantity", "cash", "status"), [(0, 0.5, "Submitted"), (1, 100.0, "Filled")])
def test_only_an_order_for_a_sum_alone_has_no_quantity(quantity: float, cash: float, status: str) -> None:
    told = Told(order=createOrder("BUY", quantity, cashQty=cash)).open("Submitted")
    assert told.status("Submitted", 0, 1).execute(1, 0.5).report().status == status


def test_an_order_with_a_quantity_beside_its_sum_is_for_as_many_as_tws_says() -> None:
    """(Mutant of order_state.py.)"""
    told = Told(order=createOrder("BUY", 1, cashQty=100.0)).open("Submitted").status("Submitted", 0, 2)
    assert told.execute(1, 0.5).stands() == ("Submitted", 1.0, 1.0)


def test_the_correction_of_a_fill_that_tws_hasnt_counted_yet_changes_nothing_of_what_it_said() -> None:
    """(Mutant of order_state.py.)"""
    told = Told().open("Submitted").execute(3, 100.0, "a.01").status("Submitted", 3, price=100.123)
    report = told.execute(2, 101.0, "b.01").execute(0, 101.0, "b.02").report()
    assert (report.filled, report.remaining, report.avgFillPrice) == (3.0, 2.0, 100.123)


def test_the_list_of_completed_orders_is_a_step_of_the_log() -> None:
    """(Mutant of order_state.py.)"""
    told = Told().open("Submitted")
    done = told.order.__class__()
    done.permId, done.filledQuantity = PERM, 5
    told.blotter.completed(done, "Filled", 3.0)
    assert told.blotter.log(ID)[-1][:3] == (3.0, "completedOrder", "Filled")


@pytest.mark.parametrize(("stands", "listed"), [("Filled", "Cancelled"), ("Submitted", "PendingCancel")])
def test_the_list_of_completed_orders_tells_of_ends_and_no_end_of_what_is_filled(stands: str, listed: str) -> None:
    """(Mutant of order_state.py.)"""
    told = Told().status(stands, filled := 5 if stands == "Filled" else 0, price=100.0)
    done = told.order.__class__()
    done.permId, done.filledQuantity = PERM, filled
    told.blotter.completed(done, listed, 3.0)
    assert told.report().status == stands


def test_a_fill_ends_the_doubt_whether_tws_has_the_order() -> None:
    """(Mutant of blotter.py.)"""
    assert Told().error(10999, "new").execute(2, 100.0).blotter.doubted(ID) is None


def test_a_cancel_is_confirmed_by_an_order_that_is_shown_cancelled() -> None:
    """(Mutant of order_state.py.)"""
    told = Told().open("Submitted").status("Submitted")
    asked = told.cancel()
    assert told.open("Cancelled").error(10148, "no").report().done
    assert asked.answer == CONFIRMED
