"""Changes and cancels of one order: what confirms them, and what refuses them (orders_and_safety 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from ibnb.verbs.orders.order_state import CONFIRMED, Said
from tests.verbs.orders.telling import ID, PERM, Told, working


def answer(told: Told, asked: Any) -> Any:
    """What TWS has answered to a change or a cancel by the end of the story `told`."""
    return asked.answer


def test_a_change_is_confirmed_by_the_order_that_shows_it() -> None:
    told = working()
    asked = told.change(lmtPrice=102.0)
    told.open("Submitted").status("Submitted", 1, price=101.0)  # a fill in between, still at the old price
    assert (asked.answer, asked.doubt) == (None, None)
    assert answer(told.open("Submitted", lmtPrice=102.0), asked) == CONFIRMED
    told.error(201)
    assert answer(told, asked) == CONFIRMED


def test_a_change_of_words_is_confirmed_by_the_next_order() -> None:
    told = working()
    asked = told.change(tif="GTC")
    assert answer(told.open("Submitted", tif="GTC"), asked) == CONFIRMED


@pytest.mark.parametrize("code", [104, 105, 110, 134, 201, 321, 329, 434, 512, 2102, 10052, 10243, 10314, 10341])
def test_any_error_before_that_refuses_it_and_the_order_stays(code: int) -> None:
    told = working()
    asked = told.change(totalQuantity=0.5)
    told.error(code, "no")
    assert answer(told, asked) == Said(code, "no")
    assert told.stands() == ("Submitted", 0.0, 5.0)
    assert told.blotter.rejected(ID) is None


@pytest.mark.parametrize("code", [399, 2109, 10349])
def test_a_warning_refuses_no_change(code: int) -> None:
    told = working()
    asked = told.change(lmtPrice=102.0)
    told.error(code)
    assert (asked.answer, asked.doubt) == (None, None)


def test_an_unknown_code_leaves_a_change_open() -> None:
    told = working()
    asked = told.change(lmtPrice=102.0)
    told.error(10999, "new")
    assert (asked.answer, asked.doubt) == (None, (10999, "new"))
    assert answer(told.open("Submitted", lmtPrice=102.0), asked) == CONFIRMED


def test_two_changes_on_their_way_are_answered_one_by_one() -> None:
    told = working()
    first, second = told.change(lmtPrice=102.0), told.change(lmtPrice=103.0)
    told.error(110, "first")
    assert (answer(told, first), answer(told, second)) == ((110, "first"), None)
    assert answer(told.open("Submitted", lmtPrice=103.0), second) == CONFIRMED


def test_a_change_of_an_order_that_wasnt_taken_yet_waits_for_its_own_answer() -> None:
    told = Told()
    asked = told.change(lmtPrice=102.0)
    assert answer(told.open("Submitted"), asked) is None
    assert answer(told.open("Submitted", lmtPrice=102.0), asked) == CONFIRMED
    told = Told()
    told.change(lmtPrice=102.0)
    assert told.error(201, "no").blotter.rejected(ID) == (201, "no")


@pytest.mark.parametrize("end", ["Cancelled", "ApiCancelled", "Inactive", "Filled"])
def test_a_cancel_is_confirmed_by_the_end(end: str) -> None:
    told = working()
    asked = told.cancel()
    told.status("PendingCancel")
    assert answer(told, asked) is None
    assert answer(told.status(end, 5 if end == "Filled" else 0), asked) == CONFIRMED
    assert told.cancel() is None


def test_a_cancel_is_confirmed_by_the_list_of_completed_orders() -> None:
    """Mutant of order_state.py: a 10148 that comes after it would be the answer."""
    told = working()
    asked, done = told.cancel(), told.order.__class__()
    done.permId, done.filledQuantity = PERM, 0
    told.blotter.completed(done, "Cancelled", 3.0)
    assert answer(told.error(10148, "already cancelled"), asked) == CONFIRMED


def test_a_cancel_is_confirmed_by_202_alone() -> None:
    told = working()
    asked = told.cancel()
    assert answer(told.error(202), asked) == CONFIRMED


def test_a_cancel_confirmed_by_the_last_execution() -> None:
    told = working()
    asked = told.cancel()
    assert answer(told.execute(5, 100.0), asked) == CONFIRMED


@pytest.mark.parametrize("code", [135, 136, 161, 321, 10147, 10148, 10149])
def test_a_cancel_is_refused_by_any_error(code: int) -> None:
    told = working()
    asked = told.cancel()
    assert answer(told.error(code, "no"), asked) == (code, "no")
    assert told.report().status == "Submitted"


def test_a_cancels_own_codes_arent_taken_for_the_answer_to_a_change() -> None:
    told = working()
    change, cancel = told.change(lmtPrice=102.0), told.cancel()
    told.error(161, "not now")
    assert (answer(told, change), answer(told, cancel)) == (None, (161, "not now"))


def test_a_change_of_an_order_that_tws_cancels_is_refused_by_that() -> None:
    told = working()
    asked = told.change(lmtPrice=102.0)
    assert answer(told.error(202, "reason"), asked) == (202, "reason")


def test_what_tws_makes_of_an_order_isnt_taken_for_a_part_of_the_change() -> None:
    """TWS shows a limit price for a stop, which moves with the stop (tws_behaviour 3.8)."""
    told = working().open("PreSubmitted", lmtPrice=95.0, auxPrice=90.0)
    asked = told.change(lmtPrice=95.0, auxPrice=91.0)
    assert answer(told.open("PreSubmitted", lmtPrice=96.0, auxPrice=91.0), asked) == CONFIRMED


def test_a_second_change_is_one_of_what_tws_made_of_the_first() -> None:
    told = working().open("PreSubmitted", lmtPrice=95.0, auxPrice=90.0)
    told.change(lmtPrice=95.0, auxPrice=91.0)
    told.open("PreSubmitted", lmtPrice=96.0, auxPrice=91.0)
    asked = told.change(lmtPrice=96.0, auxPrice=92.0)
    assert answer(told.open("PreSubmitted", lmtPrice=97.0, auxPrice=92.0), asked) == CONFIRMED


@pytest.mark.parametrize(
    ("first", "shown", "same"),
    [
        (lambda told: told.change(lmtPrice=102.0), 101.0, 102.0),  # as it was sent last, though TWS shows the old one
        (lambda told: told.cancel(), 101.5, 101.5),  # a cancel leaves the order as TWS shows it
    ],
    ids=["a change is open", "a cancel is open"],
)
def test_what_a_change_changes_is_told_from_the_order_as_it_was_last(first: Any, shown: float, same: float) -> None:
    """(Mutants of order_state.py.) The price isn't changed here, so that TWS may round it."""
    told = working()
    first(told)
    told.open("Submitted", lmtPrice=shown)
    asked = told.change(lmtPrice=same, tif="GTC")
    assert answer(told.open("Submitted", lmtPrice=same + 0.25, tif="GTC"), asked) == CONFIRMED


def test_a_change_that_didnt_leave_isnt_taken_for_made_when_it_is_sent_again() -> None:
    """Its fields counted as changed already, so that any openOrder confirmed the second try."""
    told = working()
    told.change(lmtPrice=102.0)
    told.blotter.withdraw(ID, told.change(lmtPrice=103.0))
    again = told.change(lmtPrice=103.0)
    assert answer(told.open("Submitted", lmtPrice=102.0), again) is None
    assert answer(told.open("Submitted", lmtPrice=103.0), again) == CONFIRMED


def test_a_word_about_a_cancel_answers_the_cancel_though_a_change_was_sent_before() -> None:
    """(Mutant of order_state.py.)"""
    told = working()
    change, cancel = told.change(lmtPrice=102.0), told.cancel()
    assert answer(told.error(10148, "no"), cancel) == (10148, "no")
    assert answer(told.open("Submitted", lmtPrice=102.0), change) == CONFIRMED


def test_a_change_of_the_type_is_confirmed_by_the_type_however_it_was_spelled() -> None:
    asked = (told := working()).change(orderType=" stp  lmt", auxPrice=100.0)
    assert answer(told.open("Submitted", auxPrice=100.0), asked) is None
    assert answer(told.open("Submitted", orderType="STP LMT", auxPrice=100.0), asked) == CONFIRMED
