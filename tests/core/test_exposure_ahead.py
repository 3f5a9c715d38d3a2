"""What a position has in it before it is told otherwise, and what options become that are exercised."""

from __future__ import annotations

import math

import pytest

from ibnb.core.exposure import Exposure, Terms
from tests.core.test_exposure import ACCOUNT, CONID, HELD, book, goes, key, terms

__all__ = ["book"]


# --- purchases that a position shows, or may show ------------------------------------------------------


def test_a_position_that_is_told_again_isnt_what_its_fill_adds_to(book: Exposure) -> None:
    """TWS tells a position by two messages, position and updatePortfolio; both may come before the execution."""
    goes(book, 1, 50.0)
    for told in (150.0, 150.0, 120.0):
        book.position(HELD, told)
    book.execution(key(1), "a.01", HELD, 50.0)
    assert book.held(HELD) == 120.0


def test_what_is_bought_after_a_position_was_told_isnt_in_it(book: Exposure) -> None:
    """Limits machine, world 44: shares that an exercise had brought were taken for the next purchase of as many."""
    book.position(HELD, 200.0)
    goes(book, 1, 100.0)
    book.execution(key(1), "a.01", HELD, 100.0)
    assert book.held(HELD) == 300.0


def test_an_account_that_was_told_whole_has_nothing_in_it_that_is_sent_then() -> None:
    book = Exposure()
    goes(book, 1, 50.0)
    book.positions_told(ACCOUNT)
    goes(book, 2, 5.0)
    for orderId, units in ((1, 50.0), (2, 5.0)):
        book.execution(key(orderId), f"{orderId}.01", HELD, units)
    assert (book.held(HELD), book.unclear) == (5.0, {HELD})


def test_a_first_position_may_have_all_in_it_that_isnt_told_yet() -> None:
    book = Exposure()
    goes(book, 1, 50.0)
    book.position(HELD, 50.0)
    goes(book, 2, 5.0)
    book.execution(key(1), "a.01", HELD, 50.0)
    book.shown(key(3, 0), terms(50.0), "Submitted")  # by another client, who knows when
    book.execution(key(3, 0), "b.01", HELD, 50.0)
    assert book.held(HELD) == 50.0
    book.execution(key(2), "c.01", HELD, 5.0)
    assert book.held(HELD) == 55.0
    book.position(HELD, 105.0)
    assert book.held(HELD) == 105.0


def test_what_was_filled_while_the_connection_was_gone_is_in_the_position_that_is_told_then(book: Exposure) -> None:
    """TWS tells how much of an order is filled after the positions, or before."""
    goes(book, 1, 50.0)
    book.status(key(1), "Submitted", 0.0)
    book.forget_positions()
    book.position(HELD, 130.0)
    book.status(key(1), "Submitted", 30.0)
    assert book.held(HELD) == 130.0
    book.forget_positions()
    book.status(key(1), "Submitted", 40.0)
    assert book.held(HELD) is None
    book.position(HELD, 140.0)
    book.execution(key(1), "b.01", HELD, 50.0)
    assert (book.held(HELD), book.unclear) == (140.0, {HELD})


def test_an_account_that_held_none_of_it_before_a_gap_may_have_bought_it_meanwhile() -> None:
    book = Exposure()
    book.positions_told(ACCOUNT)
    goes(book, 1, 50.0)
    book.forget_positions()
    book.position(HELD, 20.0)
    book.status(key(1), "Submitted", 20.0)
    book.status(key(1), "Filled", 50.0)
    assert (book.held(HELD), book.unclear) == (20.0, {HELD})


@pytest.mark.parametrize("units", [50.0, -50.0])
def test_what_a_position_may_have_had_in_it_is_unclear_until_it_is_told_again(book: Exposure, units: float) -> None:
    goes(book, 1, units)
    book.execution(key(1), "a.01", HELD, units / 5)
    assert (book.held(HELD), book.unclear) == (100.0 + units / 5, set())
    book.position(HELD, 100.0 + units)
    book.execution(key(1), "b.01", HELD, units / 5 * 4)
    assert (book.held(HELD), book.unclear) == (100.0 + min(units, units / 5 * 9), {HELD})
    book.position(HELD, 100.0 + units)
    assert (book.unclear, book.held(HELD)) == (set(), 100.0 + units)


# --- exercises -----------------------------------------------------------------------------------------

OPTION = 7
PUTS = (ACCOUNT, OPTION)


def exercised(book: Exposure, orderId: int, units: float, options: float = 1.0) -> None:
    assert not book.send(key(orderId), Terms(ACCOUNT, {CONID: units}, math.nan, uses=(OPTION, options)), 0.0)


@pytest.fixture
def puts(book: Exposure) -> Exposure:
    book.position(PUTS, 2.0)
    exercised(book, 1, -100.0)
    return book


def test_an_exercise_sells_until_the_options_are_gone_and_the_shares_told_after_that(puts: Exposure) -> None:
    puts.position(HELD, 100.0)  # another report of the same
    assert not goes(puts, 2, -1.0)
    puts.position(PUTS, 1.0)
    assert not goes(puts, 2, -1.0)
    assert puts.unclear == {HELD}
    puts.position(HELD, 0.0)
    assert not puts.unclear
    assert (puts.selling(HELD, 0), puts.held(HELD)) == (0.0, 0.0)
    goes(puts, 3, 10.0)
    puts.execution(key(3), "a.01", HELD, 10.0)
    assert goes(puts, 2, -10.0)


@pytest.mark.parametrize("options", [True, False])
def test_the_rows_of_a_download_are_of_one_moment(puts: Exposure, options: bool) -> None:
    puts.position(HELD, 20.0)
    if options:
        puts.position(PUTS, 1.0)
    else:
        puts.position(PUTS, 2.0)
    puts.positions_told("DU2")
    assert not goes(puts, 2, -1.0)
    puts.positions_told(ACCOUNT)
    assert goes(puts, 2, -20.0) is options


def test_options_that_a_download_doesnt_name_any_more_are_gone(puts: Exposure) -> None:
    puts.position(HELD, 0.0)
    puts.positions_told(ACCOUNT)  # names them, before
    puts.position(HELD, 30.0)
    assert not goes(puts, 2, -1.0)
    puts.positions_told(ACCOUNT)
    assert goes(puts, 2, -30.0)


def test_a_fall_of_the_shares_alone_ends_no_exercise(puts: Exposure) -> None:
    """Ten were sold by somebody: TWS exercises in the night."""
    puts.position(HELD, 90.0)
    puts.positions_told("DU2")
    assert not goes(puts, 2, -1.0)


def test_options_that_an_order_may_have_sold_werent_exercised(puts: Exposure) -> None:
    assert goes(puts, 2, -1.0, conId=OPTION)
    puts.position(PUTS, 1.0)
    puts.position(HELD, 100.0)
    assert not goes(puts, 3, -1.0)
    puts.execution(key(2), "a.01", PUTS, -1.0)
    puts.position(PUTS, 1.0)
    puts.position(PUTS, 0.0)
    puts.position(HELD, 0.0)
    assert puts.selling(HELD, 0.0) == 0.0


def test_options_that_are_gone_are_those_of_one_exercise(puts: Exposure) -> None:
    puts.position(HELD, 200.0)
    exercised(puts, 2, -100.0)
    puts.position(PUTS, 1.0)
    puts.position(HELD, 100.0)
    assert puts.selling(HELD, 0.0) == 100.0
    puts.position(PUTS, 0.0)
    puts.position(HELD, 0.0)
    assert puts.selling(HELD, 0.0) == 0.0


@pytest.mark.parametrize("shares", [False, True])
def test_executions_may_tell_of_an_exercise(puts: Exposure, shares: bool) -> None:
    """Later releases tell them with optExerciseOrLapseType, under the number of the request."""
    puts.execution(key(1), "a.01", PUTS, -1.0)
    if shares:
        puts.execution(key(1), "b.01", HELD, -100.0)
        assert puts.held(HELD) == 0.0
    else:
        puts.position(HELD, 0.0)
    assert (puts.selling(HELD, 0.0), puts.held(PUTS)) == (0.0, 1.0)


def test_the_shares_of_an_exercise_are_no_options(puts: Exposure) -> None:
    puts.execution(key(1), "a.01", HELD, -100.0)
    assert (puts.selling(PUTS, 0.0), puts.selling(HELD, 0.0), puts.held(HELD)) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("status", ["PreSubmitted", "Submitted", "Filled"])
def test_an_exercise_that_tws_shows_as_an_order_still_sells(puts: Exposure, status: str) -> None:
    puts.shown(key(1), terms(-1.0, conId=OPTION), status)
    puts.status(key(1), status, 1.0)
    assert (puts.held(PUTS), puts.selling(HELD, 0.0)) == (2.0, 100.0)
    puts.shown(key(1), terms(-1.0, conId=OPTION), "Cancelled")
    assert puts.selling(HELD, 0.0) == 0.0


def test_an_exercise_that_is_refused_sells_nothing(puts: Exposure) -> None:
    puts.refused(key(1), known=True, gone=False, now=0.0)
    assert puts.selling(HELD, 0.0) == 0.0


@pytest.mark.parametrize("by", ["status", "execution"])
def test_options_that_replace_exercised_ones_arent_counted_beside_them(puts: Exposure, by: str) -> None:
    """Found by `test_exposure_truth`: one position that is told before the purchase's execution hides both."""
    goes(puts, 2, 1.0, conId=OPTION)
    puts.position(PUTS, 2.0)
    if by == "status":
        puts.status(key(2), "Filled", 1.0)
    else:
        puts.execution(key(2), "a.01", PUTS, 1.0)
    assert (puts.held(PUTS), puts.unclear) == (2.0, {PUTS})
