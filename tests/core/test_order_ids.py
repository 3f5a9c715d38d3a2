from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb.core.order_ids import Ids, first_request
from ibnb.ib.api import UNSET_INTEGER


def ids(first: int = 27) -> Ids:
    made = Ids()
    made.told(first)
    return made


def test_nothing_is_taken_before_tws_has_said_from_where() -> None:
    made = Ids()
    made.seen(5)
    assert made.take() is None
    made.told(1)
    assert made.take() == 6


def test_each_is_taken_once() -> None:
    made = ids()
    assert [made.take(), made.take(), made.next] == [27, 28, 29]


def test_what_was_sent_by_hand_isnt_taken_and_programs_count_up_themselves() -> None:
    """Fault 1, ib_insync#80, #308, rust-ibapi#350."""
    made = ids()
    made.used(27)
    assert made.next == 27  # the program says += 1, as IB's samples do
    assert made.take() == 28
    made.used(5000)
    assert made.take() == 5001
    made.next = 40
    assert made.take() == 5002


def test_what_tws_has_shown_isnt_taken() -> None:
    """IB, order submission: above all ids that openOrder and orderStatus have returned."""
    made = ids()
    made.seen(40)
    assert (made.next, made.take()) == (41, 41)
    made.seen(3)
    made.seen(0)
    made.seen(-5)
    made.seen(UNSET_INTEGER)  # protobuf without an order id
    assert made.take() == 42


def test_the_id_that_is_next_may_have_been_taken_by_somebody_else() -> None:
    made = ids()
    made.used(27)
    made.seen(28)
    assert (made.next, made.take()) == (29, 29)


def test_an_own_order_that_tws_shows_doesnt_disturb_a_program_that_counts() -> None:
    made = ids()
    made.used(27)
    made.seen(27)
    assert made.next == 27


def test_a_restarted_tws_counts_from_further_back_and_another_one_from_its_own() -> None:
    made = ids()
    made.take()
    made.again()
    assert made.next is None
    made.told(1)
    assert made.take() == 28
    made.elsewhere()
    made.told(1)
    assert made.take() == 1


@given(st.lists(st.tuples(st.sampled_from(["told", "used", "seen"]), st.integers(-1, 3_000_000)), max_size=30))
def test_whatever_is_told_an_id_is_above_all_before(words: list[tuple[str, int]]) -> None:
    made, top = ids(1), 0
    for word, number in words:
        getattr(made, word)(number)
        top = max(top, number if word != "told" else number - 1)
        taken = made.take()
        assert taken is not None
        assert taken > top
        top = taken
        assert abs(made.request() - taken) > 300_000


@pytest.mark.parametrize(
    ("order", "mark"),
    [
        (0, 1_000_000),
        (1, 1_000_000),
        (499_999, 1_000_000),
        (500_000, 2_000_000),
        (600_000, 2_000_000),
        (2_098_499_999, 2_099_000_000),
        (2_098_500_000, 1_000_000),
        (2_100_000_000, 1_000_000),
    ],
)
def test_request_ids_begin_at_a_million_mark(order: int, mark: int) -> None:
    assert first_request(order) == mark


def test_request_ids_follow_each_other_and_make_way_for_orders() -> None:
    made = ids()
    assert [made.request(), made.request()] == [1_000_001, 1_000_002]
    made.used(1_000_500)
    assert made.request() == 2_000_001 + 500_000 // 1_000_000 * 1_000_000
    assert made.request() == 2_000_002


def test_requests_go_on_until_orders_come_within_400000_of_them() -> None:
    made = ids()
    assert made.last_request == 0
    assert made.request() == 1_000_001
    made.used(1_400_000)
    assert made.request() == 1_000_002
    assert made.request() == 2_000_001
    assert made.last_request == 2_000_001


def test_a_session_that_is_played_again_counts_on_from_where_it_was() -> None:
    """(Mutant of order_ids.py.)"""
    made = ids()
    made.go_on(1_234_567)
    assert made.request() == 1_234_568
