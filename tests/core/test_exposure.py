"""What may still be sold: the kinds of orders_and_safety A3 and A4, and of fills that are told twice or late."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ibnb.core.exposure import Exposure, Terms

ACCOUNT, CONID = "DU1", 265598
HELD = (ACCOUNT, CONID)


def terms(units: float, account: str = ACCOUNT, conId: int = CONID, **fields: Any) -> Terms:
    return Terms(account, {conId: units}, abs(units), **fields)


def key(orderId: int, clientId: int = 1) -> tuple[int, int]:
    return clientId, orderId


@pytest.fixture
def book() -> Exposure:
    made = Exposure()
    made.position(HELD, 100.0)
    return made


def goes(book: Exposure, orderId: int, units: float, now: float = 0.0, **fields: Any) -> bool:
    return not book.send(key(orderId), terms(units, **fields), now)


def test_no_more_is_sold_than_is_held_all_orders_together(book: Exposure) -> None:
    assert goes(book, 1, -60.0)
    assert (
        book.send(key(2), terms(-60.0), 0)
        == "only 100 held, 60 of them already being sold, and selling short isn't allowed"
    )
    assert goes(book, 2, -40.0)
    assert goes(book, 3, 1000.0)


def test_a_position_that_wasnt_told_isnt_known_and_one_that_wasnt_among_all_isnt_held() -> None:
    book = Exposure()
    assert "no position is known; call getPositions()" in book.send(key(1), terms(-1.0), 0)
    book.positions_told(ACCOUNT)
    assert "only 0 held" in book.send(key(1), terms(-1.0), 0)


def test_a_position_that_isnt_named_any_more_is_gone(book: Exposure) -> None:
    book.positions_told(ACCOUNT)
    book.position(("DU2", CONID), 7.0)
    book.positions_told(ACCOUNT)  # another download, without it
    assert (book.held(HELD), book.held(("DU2", CONID))) == (0.0, 7.0)


def test_what_wasnt_told_isnt_unclear_but_unknown() -> None:
    book = Exposure()
    book.count(key(1), terms(-5.0))
    book.execution(key(1), "a.01", HELD, -5.0)
    assert (book.held(HELD), book.unclear) == (None, set())


def test_each_account_has_its_own(book: Exposure) -> None:
    """A3: the last position row won, whichever account it was for."""
    book.position(("DU2", CONID), 0.0)
    assert goes(book, 1, -100.0)
    assert not goes(book, 2, -100.0, account="DU2")
    book.position(("DU2", CONID), 500.0)
    assert goes(book, 2, -500.0, account="DU2")
    assert not goes(book, 3, -1.0)


def test_a_short_position_can_only_be_bought_back(book: Exposure) -> None:
    book.position(HELD, -5.0)
    assert "only 0 held" in book.send(key(1), terms(-1.0), 0)
    assert goes(book, 1, 5.0)


def test_fractions_add_up() -> None:
    book = Exposure()
    book.position(HELD, 0.3)
    assert goes(book, 1, -0.1)
    assert goes(book, 2, -0.2)
    assert not goes(book, 3, -0.001)


# --- orders that end ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Cancelled", "ApiCancelled", "Inactive"])
def test_a_dead_order_releases_what_it_held_and_holds_it_again_if_it_lives(book: Exposure, status: str) -> None:
    goes(book, 1, -100.0)
    book.status(key(1), status, 0.0)
    assert goes(book, 2, -100.0)
    book.status(key(2), "Cancelled", 0.0)
    book.status(key(1), "Submitted", 0.0)
    assert not goes(book, 3, -1.0)


def test_an_order_that_dies_by_an_error_alone_releases_what_it_held(book: Exposure) -> None:
    """A4: after error 110 no status comes."""
    goes(book, 1, -100.0)
    book.refused(key(1), known=True, gone=False, now=0)
    assert goes(book, 2, -100.0)


def test_an_unknown_error_decides_nothing_for_a_while(book: Exposure) -> None:
    goes(book, 1, -100.0)
    book.refused(key(1), known=False, gone=False, now=10.0)
    assert not goes(book, 2, -1.0, now=14.9)
    assert goes(book, 2, -1.0, now=15.0)
    # It lives after all.
    book.status(key(1), "Submitted", 0.0)
    assert not goes(book, 3, -1.0, now=100.0)


def test_an_order_in_doubt_that_is_sent_again_counts_again(book: Exposure) -> None:
    goes(book, 1, -100.0)
    book.refused(key(1), known=False, gone=False, now=10.0)
    assert not goes(book, 1, -101.0, now=14.0)
    assert (book.selling(HELD, 14.0), book.selling(HELD, 15.0)) == (100.0, 0.0)
    assert goes(book, 1, -100.0, now=14.0)
    assert not goes(book, 2, -1.0, now=100.0)


def test_an_order_that_tws_has_taken_outlives_an_error(book: Exposure) -> None:
    goes(book, 1, -100.0)
    book.status(key(1), "Submitted", 0.0)
    book.refused(key(1), known=False, gone=False, now=0)
    book.refused(key(1), known=True, gone=False, now=0)
    assert not goes(book, 2, -1.0, now=100.0)
    book.refused(key(1), known=True, gone=True, now=0)  # 202 and no status
    assert goes(book, 2, -100.0)


def test_an_error_about_nobodys_order_is_nothing(book: Exposure) -> None:
    book.refused(key(9), known=True, gone=True, now=0)
    book.status(key(9), "Filled", 5.0)
    assert book.held(HELD) == 100.0


def test_what_wasnt_sent_isnt_held(book: Exposure) -> None:
    goes(book, 1, -100.0)
    book.withdrawn(key(1))
    book.withdrawn(key(1))
    assert goes(book, 2, -100.0)


# --- changes -----------------------------------------------------------------------------------------


def test_a_change_replaces_the_order_once_tws_shows_it(book: Exposure) -> None:
    goes(book, 1, -50.0)
    book.shown(key(1), terms(-50.0), "Submitted")
    assert goes(book, 1, -100.0)
    assert not goes(book, 2, -1.0)
    # Until TWS shows the smaller one, either may be at work.
    assert goes(book, 1, -20.0)
    assert not goes(book, 2, -50.0)
    book.shown(key(1), terms(-20.0), "Submitted")
    assert goes(book, 2, -80.0)


def test_a_change_that_is_refused_leaves_the_order_as_it_was(book: Exposure) -> None:
    goes(book, 1, -80.0)
    book.shown(key(1), terms(-80.0), "Submitted")
    goes(book, 1, -10.0)
    book.refused(key(1), known=True, gone=True, now=0)
    assert not goes(book, 2, -21.0)
    assert goes(book, 2, -20.0)


def test_a_change_in_doubt_still_counts(book: Exposure) -> None:
    """A code that nobody knows may be about anything."""
    goes(book, 1, -10.0)
    book.shown(key(1), terms(-10.0), "Submitted")
    goes(book, 1, -80.0)
    book.refused(key(1), known=False, gone=False, now=0)
    assert not goes(book, 2, -21.0, now=100.0)
    assert goes(book, 2, -20.0, now=100.0)


def test_a_change_sells_what_it_hasnt_sold_yet(book: Exposure) -> None:
    goes(book, 1, -100.0)
    book.status(key(1), "Submitted", 40.0)
    assert book.held(HELD) == 60.0
    assert goes(book, 1, -100.0)  # another price
    assert not goes(book, 1, -101.0)


def test_of_two_changes_the_one_that_tws_hasnt_shown_still_counts(book: Exposure) -> None:
    goes(book, 1, -50.0)
    book.status(key(1), "Submitted", 0.0)
    assert goes(book, 1, -60.0)
    assert goes(book, 1, -90.0)
    book.shown(key(1), terms(-60.0), "Submitted")
    assert not goes(book, 2, -11.0)
    assert goes(book, 2, -10.0)


def test_a_status_of_the_order_as_it_was_is_none_of_its_change(book: Exposure) -> None:
    goes(book, 1, -50.0)
    book.status(key(1), "Submitted", 0.0)
    assert goes(book, 1, -90.0)
    book.status(key(1), "PreSubmitted", 0.0)
    assert not goes(book, 2, -11.0)
    book.refused(key(1), known=True, gone=False, now=0)
    assert goes(book, 2, -50.0)


@pytest.mark.parametrize(("status", "left"), [("Cancelled", 100.0), ("Inactive", 10.0)])
def test_a_change_may_wake_an_inactive_order_and_no_other(book: Exposure, status: str, left: float) -> None:
    goes(book, 1, -50.0)
    book.status(key(1), "Submitted", 0.0)
    assert goes(book, 1, -90.0)
    book.status(key(1), status, 0.0)
    assert not goes(book, 2, -left - 1)
    assert goes(book, 2, -left)


def test_an_order_that_moves_to_another_group_counts_beside_both(book: Exposure) -> None:
    """While TWS hasn't shown the change, each of them may be filled."""
    for orderId in (1, 2):
        assert goes(book, orderId, -50.0, group="a")
        book.shown(key(orderId), terms(-50.0, group="a"), "Submitted")
    for orderId in (1, 2):
        assert goes(book, orderId, -50.0, group="b")
    assert not goes(book, 3, -1.0)


def test_of_a_sale_of_unknown_size_any_part_may_be_left(book: Exposure) -> None:
    book.shown(key(1), Terms(ACCOUNT, {CONID: -math.inf}, 10.0), "Submitted")
    book.status(key(1), "Submitted", 5.0)
    assert (book.held(HELD), book.selling(HELD, 0)) == (100.0, math.inf)


@pytest.mark.parametrize("quantity", [math.nan, 0.0])
def test_how_much_of_it_is_filled_tells_nothing_of_an_order_without_a_quantity(book: Exposure, quantity: float) -> None:
    book.shown(key(1), Terms(ACCOUNT, {CONID: -50.0}, quantity), "Submitted")
    book.status(key(1), "Submitted", 20.0)
    assert (100.0, 50.0) == (book.held(HELD), book.selling(HELD, 0.0))


def test_a_status_of_nobodys_order_with_fills_is_nothing(book: Exposure) -> None:
    goes(book, 1, -50.0)
    book.withdrawn(key(1))
    book.status(key(1), "Filled", 50.0)
    assert book.held(HELD) == 100.0


def test_an_id_that_is_used_again_after_its_end_counts_whole(book: Exposure) -> None:
    goes(book, 1, -40.0)
    book.status(key(1), "Filled", 40.0)
    assert not goes(book, 1, -61.0)
    assert goes(book, 1, -60.0)
    book.refused(key(1), known=True, gone=False, now=0)  # 104
    assert goes(book, 2, -60.0)


# --- fills -------------------------------------------------------------------------------------------


def test_fills_count_once_whoever_tells_first(book: Exposure) -> None:
    goes(book, 1, -100.0)
    book.execution(key(1), "a.01", HELD, -30.0)
    book.status(key(1), "Submitted", 30.0)
    assert book.held(HELD) == 70.0
    book.status(key(1), "Submitted", 50.0)
    book.execution(key(1), "b.01", HELD, -20.0)
    assert (book.held(HELD), book.selling(HELD, 0)) == (50.0, 50.0)
    book.status(key(1), "Filled", 100.0)
    book.execution(key(1), "c.01", HELD, -50.0)
    assert (book.held(HELD), book.selling(HELD, 0)) == (0.0, 0.0)


def test_a_fill_without_a_status_counts_too(book: Exposure) -> None:
    goes(book, 1, 50.0)
    book.execution(key(1), "a.01", HELD, 50.0)
    assert book.held(HELD) == 150.0
    assert goes(book, 2, -150.0)
    book.execution(key(9), "z.01", HELD, -10.0)  # an order of nobody here
    assert book.held(HELD) == 140.0


def test_a_correction_replaces_its_fill(book: Exposure) -> None:
    goes(book, 1, 50.0)
    book.execution(key(1), "0001.01", HELD, 50.0)
    book.execution(key(1), "0001.02", HELD, 40.0)
    book.execution(key(1), "0001.02", HELD, 40.0)  # told again
    assert book.held(HELD) == 140.0
    goes(book, 2, 10.0)
    book.execution(key(2), "noparts", HELD, 10.0)
    book.execution(key(2), "noparts", HELD, 10.0)
    assert book.held(HELD) == 150.0


def test_a_late_fill_of_a_cancelled_order_counts(book: Exposure) -> None:
    goes(book, 1, -100.0)
    book.status(key(1), "Cancelled", 0.0)
    book.execution(key(1), "a.01", HELD, -20.0)
    assert book.held(HELD) == 80.0


def test_shares_that_a_position_shows_before_their_fill_arent_bought_twice(book: Exposure) -> None:
    goes(book, 1, 50.0)
    book.position(HELD, 150.0)
    book.execution(key(1), "a.01", HELD, 50.0)
    assert book.held(HELD) == 150.0
    assert "(getPositions() asks what a last fill has changed)" in book.send(key(2), terms(-151.0), 0)
    book.position(HELD, 150.0)
    assert book.send(key(2), terms(-151.0), 0).endswith("selling short isn't allowed")


@pytest.mark.parametrize("by", ["status", "execution"])
def test_a_position_shows_nothing_of_an_order_that_was_sent_after_it(book: Exposure, by: str) -> None:
    """The shares of an exercise are told by the position alone: the next purchase of as many was taken for them."""
    book.position(HELD, 200.0)
    goes(book, 1, 100.0)
    if by == "status":
        book.status(key(1), "Filled", 100.0)
    else:
        book.execution(key(1), "a.01", HELD, 100.0)
    assert book.held(HELD) == 300.0
    # Of one that was on its way before, it may be the purchase itself.
    goes(book, 2, 50.0)
    book.position(HELD, 350.0)
    book.execution(key(2), "b.01", HELD, 50.0)
    assert book.held(HELD) == 350.0


def test_of_an_order_that_nobody_here_has_sent_a_position_may_show_the_fill(book: Exposure) -> None:
    book.position(HELD, 150.0)
    book.shown(key(9, 0), terms(50.0), "Submitted")
    book.execution(key(9, 0), "a.01", HELD, 50.0)
    assert book.held(HELD) == 150.0
    book.position(HELD, 160.0)
    book.execution(key(8, 0), "b.01", HELD, 10.0)
    assert book.held(HELD) == 160.0


@pytest.mark.parametrize("told", [100.5, 100.0, 90.0])
def test_what_was_on_its_way_when_a_position_was_told_counts_when_it_is_told_again(book: Exposure, told: float) -> None:
    """The position may have it in it, whether it rose or not: an exercise, or somebody else, may have taken as many."""
    goes(book, 1, 0.5)
    book.position(HELD, told)
    book.execution(key(1), "a.01", HELD, 0.5)
    assert (book.held(HELD), book.unclear) == (told, {HELD})
    book.status(key(1), "Filled", 0.5)
    book.position(HELD, 100.5)
    book.status(key(1), "Filled", 0.5)  # TWS likes to say so twice
    assert (book.held(HELD), book.unclear) == (100.5, set())


def test_a_sale_that_a_position_shows_already_is_rather_counted_twice(book: Exposure) -> None:
    """Whether the position knew of it can't be told: what leaves less to sell holds until the next report."""
    goes(book, 1, -50.0)
    book.position(HELD, 50.0)
    book.execution(key(1), "a.01", HELD, -50.0)
    assert book.held(HELD) == 0.0
    book.position(HELD, 50.0)
    assert goes(book, 2, -50.0)


def test_after_a_gap_positions_must_be_told_again(book: Exposure) -> None:
    book.positions_told(ACCOUNT)
    book.forget_positions()
    assert "no position is known" in book.send(key(1), terms(-1.0), 0)


# --- brackets, groups, combos, exercises -------------------------------------------------------------


def test_a_bracket_s_exits_sell_what_its_entry_buys() -> None:
    """A5: with allow_short=False every bracket failed at its first exit."""
    book = Exposure()
    book.positions_told(ACCOUNT)
    for _ in range(2):
        assert goes(book, 1, 10.0)
        for orderId in (2, 3):
            assert goes(book, orderId, -10.0, parent=key(1))
        assert not goes(book, 4, -1.0)
    book.status(key(1), "Submitted", 4.0)
    for orderId in (2, 3):
        book.status(key(orderId), "Submitted", 0.0)
    assert (book.held(HELD), book.selling(HELD, 0)) == (4.0, 4.0)
    assert not goes(book, 4, -1.0)
    book.status(key(1), "Filled", 10.0)
    book.status(key(2), "Filled", 10.0)
    book.status(key(3), "Cancelled", 0.0)
    assert (book.held(HELD), book.selling(HELD, 0)) == (0.0, 0.0)


def test_exits_dont_sell_more_than_their_entry_buys() -> None:
    book = Exposure()
    book.positions_told(ACCOUNT)
    goes(book, 1, 10.0)
    assert not goes(book, 2, -11.0, parent=key(1))
    assert not goes(book, 2, -10.0, parent=key(7))
    assert not goes(book, 2, -10.0, parent=key(1), account="DU2")
    assert goes(book, 2, -10.0, parent=key(1))
    # An entry that is made smaller, or turned round, no longer buys what its exit sells.
    assert not goes(book, 1, 9.0)
    assert not goes(book, 1, -10.0)
    book.status(key(1), "Cancelled", 3.0)
    assert (book.held(HELD), book.selling(HELD, 0)) == (3.0, 10.0)


def test_an_exit_from_something_else_than_its_entry_buys_needs_shares_of_its_own() -> None:
    book = Exposure()
    book.positions_told(ACCOUNT)
    book.positions_told("DU2")
    assert goes(book, 1, 10.0)
    assert not goes(book, 2, -1.0, parent=key(1), conId=7)
    assert not goes(book, 2, -1.0, parent=key(1), account="DU2")


def test_an_entry_that_is_refused_takes_its_exits_with_it(book: Exposure) -> None:
    """Found by a peer: TWS says nothing of the exits."""
    goes(book, 1, 10.0)
    goes(book, 2, -10.0, parent=key(1))
    goes(book, 3, -10.0, parent=key(1))
    book.status(key(3), "PreSubmitted", 0.0)
    assert book.selling(HELD, 0) == 0.0
    book.refused(key(1), known=True, gone=True, now=0)
    # The one that TWS took is for TWS to end.
    assert book.selling(HELD, 0) == 10.0
    book.status(key(3), "Cancelled", 0.0)
    assert goes(book, 4, -100.0)


def test_of_a_group_with_block_only_one_is_filled(book: Exposure) -> None:
    assert goes(book, 1, -100.0, group="exit")
    assert goes(book, 2, -100.0, group="exit")
    assert not goes(book, 3, -1.0)
    assert not goes(book, 2, -100.0)  # taken out of its group: both may be filled
    assert not goes(book, 2, -100.0, group="another")


def test_a_combo_s_fills_count_by_leg(book: Exposure) -> None:
    book.position((ACCOUNT, 7), 0.0)
    sold = Terms(ACCOUNT, {CONID: -20.0, 7: 10.0}, 10.0)
    assert not book.send(key(1), sold, 0)
    book.status(key(1), "Submitted", 5.0)
    book.execution(key(1), "a.01", HELD, -10.0)
    book.execution(key(1), "a.01", (ACCOUNT, 7), 5.0)
    assert (book.held(HELD), book.held((ACCOUNT, 7)), book.selling(HELD, 0)) == (90.0, 5.0, 10.0)


def test_a_sale_of_unknown_size_leaves_nothing_to_sell(book: Exposure) -> None:
    book.shown(key(1), terms(float("-inf")), "Submitted")
    assert not goes(book, 2, -1.0)
    assert goes(book, 3, 1.0)
    book.status(key(1), "Filled", 5.0)
    book.execution(key(1), "a.01", HELD, -5.0)
    assert (book.held(HELD), book.selling(HELD, 0)) == (95.0, 0.0)


def test_an_order_that_was_there_before_is_counted_as_tws_shows_it(book: Exposure) -> None:
    book.shown(key(5, 0), terms(-70.0), "PreSubmitted")
    assert not goes(book, 1, -31.0)
    book.shown(key(5, 0), terms(-70.0), "Cancelled")
    assert goes(book, 1, -31.0)


def test_an_order_that_is_changed_isnt_one_of_the_others_that_sell(book: Exposure) -> None:
    assert goes(book, 1, -60.0)
    assert goes(book, 2, -30.0)
    assert "only 100 held, 30 of them already being sold" in book.send(key(1), terms(-90.0), 0)


def test_a_part_of_a_coin_that_was_sold_is_no_more_than_it_was() -> None:
    book = Exposure()
    book.position(HELD, 0.3)
    assert goes(book, 1, -0.2)
    book.status(key(1), "Submitted", 0.1)
    assert book.held(HELD) == pytest.approx(0.2)
    assert (goes(book, 2, -0.11), goes(book, 3, -0.1)) == (False, True)


@pytest.mark.parametrize("units", [50.0, -50.0])
def test_a_fill_that_is_taken_back_whole_was_none(book: Exposure, units: float) -> None:
    """A correction to no shares at all: of a sale, -0.0, it doubled what the order was taken to have sold."""
    goes(book, 1, units)
    book.execution(key(1), "a.01", HELD, units)
    assert book.held(HELD) == 100.0 + units
    book.execution(key(1), "a.02", HELD, 0.0 * units)
    assert book.held(HELD) == 100.0
    assert (not goes(book, 2, -51.0)) is (units < 0)


def test_after_a_gap_nothing_is_ahead_of_what_is_sent_then(book: Exposure) -> None:
    book.position(HELD, 150.0)
    book.forget_positions()
    book.positions_told(ACCOUNT)
    goes(book, 1, 50.0)
    book.execution(key(1), "a.01", HELD, 50.0)
    assert book.held(HELD) == 50.0
