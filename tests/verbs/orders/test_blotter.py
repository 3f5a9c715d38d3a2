from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verbs.orders.telling import BUY, ID, NVDA, PERM, Told, working

SECOND = ("perm", 99)


def test_an_order_that_was_sent_waits_for_its_first_word() -> None:
    told = Told()
    assert told.stands() == ("PendingSubmit", 0.0, 5.0)
    assert math.isnan(told.report().avgFillPrice)
    assert not told.report().done
    assert told.report().permId == 0


def test_a_commission_may_come_before_its_fill_and_a_fill_twice() -> None:
    told = Told().charge("x.01", 1.25).execute(2, 100.0, "x.01").execute(2, 100.0, "x.01")
    assert not told.blotter.incomplete(ID)
    assert (told.report().commission, told.report().filled) == (1.25, 2.0)


def test_what_is_filled_is_complete_when_as_many_shares_are_charged() -> None:
    told = Told().status("Filled", 5, price=100.5)
    assert told.blotter.incomplete(ID)
    told.execute(2, 100.5, "a.01").charge("a.01").execute(3, 100.5, "b.01")
    assert told.blotter.incomplete(ID)
    told.charge("b.01", 0.5)
    assert not told.blotter.incomplete(ID)
    assert told.report().commission == 1.5


def test_nothing_is_missing_of_an_order_without_a_fill() -> None:
    assert not Told().status("Cancelled").blotter.incomplete(ID)
    assert Told().blotter.incomplete(99) is False


def test_every_order_of_the_same_messages_tells_the_same_end() -> None:
    """IB, order status: messages may come in any order, and any of them may be missing."""
    messages: list[Callable[[Told], Told]] = [
        lambda told: told.open("Filled"),
        lambda told: told.status("Filled", 5, price=100.6),
        lambda told: told.execute(2, 100.0, "a.01"),
        lambda told: told.execute(3, 101.0, "b.01"),
        lambda told: told.charge("a.01"),
        lambda told: told.charge("b.01"),
    ]
    for row in permutations(messages):
        told = Told()
        for message in row:
            message(told)
        report = told.report()
        assert (report.status, report.filled, report.remaining, report.commission) == ("Filled", 5, 0, 2)
        assert report.avgFillPrice == pytest.approx(100.6)


@given(st.lists(st.sampled_from([("Submitted", 0.0), ("Submitted", 2.0), ("PendingCancel", 2.0), ("Cancelled", 2.0)])))
def test_the_last_word_of_order_status_is_the_state(words: list[tuple[str, float]]) -> None:
    told = Told()
    for status, filled in words:
        told.status(status, filled, price=100.0)
    status, filled = words[-1] if words else ("PendingSubmit", 0.0)
    assert told.stands() == (status, filled, 5 - filled)


# --- whose a message is -------------------------------------------------------------------------------


def test_a_second_perm_id_under_an_id_is_a_second_order() -> None:
    """nautilus#4564: a change sent while the link was down lives on as another order; a cancel reaches one of them."""
    told = Told().open("Submitted").status("Submitted").open("Submitted", perm=99, lmtPrice=102.0)
    assert ["TWS has a second order under the id 27: permId 99 beside 5"] == [text.split(". ")[0] for text in told.said]
    assert [(row[0], row[5], row[14]) for row in told.blotter.rows()] == [(ID, 101.0, PERM), (ID, 102.0, 99)]
    told.status("Cancelled")
    assert told.stands(SECOND)[0] == "Submitted"
    # Under the id something still works: a wait for its end isn't over.
    assert (told.report().status, told.report().permId) == ("Submitted", 99)
    told.execute(5, 102.0, perm=99)
    assert told.stands(SECOND) == ("Filled", 5.0, 0.0)
    assert told.stands()[0] == "Cancelled"
    assert len(told.said) == 1


def test_while_two_orders_work_under_an_id_a_202_alone_ends_neither() -> None:
    told = working().open("Submitted", perm=99, lmtPrice=102.0).error(202)
    assert ["Submitted", "Submitted"] == [told.stands(key)[0] for key in (ID, SECOND)]


def test_a_perm_id_that_comes_late_is_the_same_order() -> None:
    told = Told().open("PreSubmitted", perm=0).status("PreSubmitted", perm=0).open("Submitted").status("Submitted")
    assert told.blotter.ids() == [ID]
    assert told.report().permId == PERM
    assert told.said == []


def test_an_execution_with_another_order_id_belongs_to_its_perm_id() -> None:
    """nautilus#4970: a market order's execution carried an order id that didn't map to the order."""
    told = Told().open("PreSubmitted").execute(5, 100.5, orderId=4242)
    assert told.stands() == ("Filled", 5.0, 0.0)
    assert told.blotter.ids() == [ID]


@pytest.mark.parametrize(("orderId", "client"), [(4242, 1), (0, 1), (27, 8), (0, 0)])
def test_an_execution_of_nobody_is_kept_and_shown(orderId: int, client: int) -> None:
    told = Told(sent=False).execute(5, 100.5, perm=99, orderId=orderId, client=client)
    [key] = told.blotter.ids()
    report = told.report(key)
    assert (report.status, report.filled, report.avgFillPrice) == ("Uncertain", 5, 100.5)
    assert (report.symbol, report.action) == ("NVDA", "BUY")
    assert report.permId == 99


def test_an_execution_before_its_open_order_is_the_orders() -> None:
    told = Told(sent=False).execute(5, 100.5).charge()
    assert told.stands()[0] == "Uncertain"
    told.open("Filled")
    report = told.report()
    assert (report.status, report.filled, report.avgFillPrice, report.commission) == ("Filled", 5, 100.5, 1.0)
    assert report.orderType == "LMT"


def test_asking_for_executions_doesnt_make_orders_of_other_programs() -> None:
    assert Told(sent=False).execute(5, 100.5, live=False).blotter.ids() == []
    assert Told().execute(5, 100.5, live=False).stands() == ("Filled", 5.0, 0.0)


def test_an_order_of_another_client_has_no_id_here() -> None:
    told = Told().open("Submitted", perm=99, client=2)
    assert told.blotter.ids() == [ID, SECOND]
    assert told.report(SECOND).orderId == 0
    assert told.said == []


def test_an_id_that_is_used_again_is_a_new_order() -> None:
    """orders_and_safety 3.1: BUY 1 filled, then BUY 50 under its id was called Filled, and never placed."""
    told = Told().open("Filled").status("Filled", 5, price=100.5)
    assert told.change(totalQuantity=50) is None
    assert told.stands() == ("PendingSubmit", 0.0, 50.0)
    told.error(103, "Duplicate order id")
    assert told.blotter.rejected(ID) == (103, "Duplicate order id")
    assert told.stands(("perm", PERM)) == ("Filled", 5.0, 0.0)


def test_an_id_that_is_used_again_before_it_had_a_perm_id_keeps_both() -> None:
    told = Told().error(201)
    for _ in range(2):
        told.change(totalQuantity=50)
        told.error(201)
    told.change(totalQuantity=50)
    assert [row[8] for row in told.blotter.rows()] == ["Inactive", "Inactive", "Inactive", "PendingSubmit"]


def test_the_completed_orders_know_an_order_by_its_perm_id() -> None:
    told = Told().open("Submitted").status("Submitted")
    done = told.order.__class__()
    done.permId, done.filledQuantity = PERM, 5
    told.blotter.completed(done, "Filled", 3.0)
    assert told.stands() == ("Filled", 5.0, 0.0)
    before = len(told.blotter.log(ID))
    told.blotter.completed(done, "Filled", 3.0)
    assert len(told.blotter.log(ID)) == before
    done.permId = 1234
    told.blotter.completed(done, "Cancelled", 3.0)
    assert told.blotter.ids() == [ID]


def test_an_order_of_which_only_a_fill_was_heard_was_taken() -> None:
    """By that orders lost with their connection are told from those that TWS has. (Mutant of order_state.py.)"""
    told = Told()
    assert not told.blotter.doubt(ID, 2.0)[0]
    told.execute(2, 100.5)
    assert told.blotter.doubt(ID, 3.0)[0]
    told.blotter.withdraw(ID, None)
    assert told.blotter.ids() == [ID]


# --- what didn't leave ---------------------------------------------------------------------------------


def test_an_order_that_didnt_leave_is_forgotten_and_a_change_too() -> None:
    told = Told()
    told.blotter.withdraw(ID, None)
    assert told.blotter.ids() == []
    told = Told().open("Submitted")
    told.blotter.withdraw(ID, told.change(lmtPrice=102.0))
    told.error(201, "margin")
    assert told.report().status == "Inactive"


def test_what_is_not_known_is_none() -> None:
    blotter = Told(sent=False).blotter
    assert blotter.report(1) is blotter.order(1) is blotter.charge("x") is None
    assert blotter.rejected(1) is blotter.cancelling(1, 0.0) is None
    assert blotter.status_of(1) == ""
    blotter.told(1, 201, "nobody's", 0.0)
    assert blotter.ids() == []


def test_a_report_shows_itself_in_a_notebook() -> None:
    """(Mutant of blotter.py.)"""
    shown = Told().open("Submitted").report()._repr_html_()
    assert f"Order {ID}" in shown
    assert "Submitted" in shown


@pytest.mark.parametrize("name", ["status", "filled"])
def test_a_report_cannot_be_changed(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(Told().report(), name, 1)


def test_doubt_is_said_once_and_tells_whether_tws_had_the_order() -> None:
    told = Told()
    assert not told.blotter.doubt(ID, 1.0)[0]
    told = Told().open("Submitted")
    before = len(told.blotter.log(ID))
    assert told.blotter.doubt(ID, 1.0)[0]
    assert told.blotter.doubt(ID, 1.0)[0]
    assert len(told.blotter.log(ID)) == before + 1
    assert told.report().status == "Uncertain"
    assert told.blotter.order(ID) is not None
    assert NVDA.symbol == told.report().symbol
    assert BUY.action == told.report().action


def test_a_change_that_comes_too_late_is_no_new_order() -> None:
    told = Told().open("Filled")
    asked = told.change(lmtPrice=102.0, permId=PERM)
    assert told.blotter.asked(ID) is asked
    told.error(104, "Cannot modify a filled order.")
    assert asked.answer == (104, "Cannot modify a filled order.")
    assert told.report().status == "Filled"
    assert told.blotter.ids() == [ID]


def test_an_order_whose_id_was_used_again_is_known_by_its_perm_id() -> None:
    """(Mutant of blotter.py.)"""
    told = Told().open("Filled").status("Filled", 5, price=100.0)
    told.change(totalQuantity=50)
    told.execute(5, 100.5, "late.01", orderId=ID, perm=PERM)
    assert [(row[8], row[9], row[14]) for row in told.blotter.rows()] == [("Filled", 5, PERM), ("PendingSubmit", 0, 0)]
