from __future__ import annotations

import threading

import pytest

from ibnb.core.pending import Pending, Slot
from ibnb.errors import ConnectionLostError, IBError, RequestTimeoutError


def test_an_answer_that_comes_before_the_wait_isnt_lost() -> None:
    pending = Pending()
    slot = pending.open(5, "getData")
    found = pending.get(5)
    assert found is slot
    found.add("row")
    found.finish()
    assert ["row"] == slot.wait(timeout=0)


def test_only_the_first_end_counts_and_later_rows_are_dropped() -> None:
    slot = Pending().open(5, "getData")
    slot.add(1)
    slot.finish()
    slot.fail(ValueError("late"))
    slot.add(2)
    assert [1] == slot.wait()


def test_the_last_row_ends_a_slot_once() -> None:
    slot = Pending().open("currentTime", "getCurrentTime")
    slot.answer(1)
    slot.answer(2)
    slot.fail(ValueError("late"))
    assert [1] == slot.wait()
    slot.again()
    slot.fail(IBError("refused"))
    slot.answer(3)
    with pytest.raises(IBError, match="refused"):
        slot.wait()


def test_a_row_that_follows_many_in_columns_stands_after_them() -> None:
    """(Mutant of pending.py.)"""
    slot = Pending().open(5, "getData")
    slot.add_all(range(2))
    slot.add(2)
    slot.finish()
    assert [0, 1, 2] == slot.wait()


def test_a_failure_is_raised_by_wait() -> None:
    slot = Pending().open(5, "getData")
    slot.fail(ConnectionLostError("gone"))
    with pytest.raises(ConnectionLostError, match="gone"):
        slot.wait()


def test_no_answer_is_a_timeout_that_names_the_verb() -> None:
    with pytest.raises(RequestTimeoutError, match="getData: no answer within 0 s"):
        Pending().open(5, "getData").wait(timeout=0)


def test_fail_all_ends_every_slot_and_refuses_new_ones_until_reopened() -> None:
    pending = Pending()
    slots = [pending.open(5, "a"), pending.open("positions", "b")]
    pending.fail_all(ConnectionLostError("gone"))
    assert [True, True] == [slot.done for slot in slots]
    with pytest.raises(ConnectionLostError, match="gone"):
        pending.open(6, "c")
    pending.reopen()
    assert 6 == pending.open(6, "c").key


def test_the_same_thread_cant_wait_for_itself() -> None:
    pending = Pending()
    pending.open("positions", "getPositions")
    with pytest.raises(IBError, match="still in use by getPositions"):
        pending.open("positions", "getPositions")


def test_two_threads_with_one_key_take_turns() -> None:
    pending = Pending()
    first = pending.open("positions", "getPositions")
    order: list[str] = []

    def second() -> None:
        slot = pending.open("positions", "getPositions")
        order.append("second has it")
        pending.close(slot)

    thread = threading.Thread(target=second)
    thread.start()
    order.append("first ends")
    pending.close(first)
    thread.join(60)
    assert ["first ends", "second has it"] == order
    assert 0 == len(pending)


def test_many_threads_that_take_turns_never_hold_a_key_together() -> None:
    pending = Pending()
    holding: list[Slot] = []
    most: list[int] = []

    def take_turns() -> None:
        for _ in range(50):
            slot = pending.open("positions", "getPositions")
            holding.append(slot)
            most.append(len(holding))
            holding.remove(slot)
            pending.close(slot)

    threads = [threading.Thread(target=take_turns) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (400, 1, 0) == (len(most), max(most), len(pending))


def test_waiting_in_line_is_finite() -> None:
    pending = Pending()
    pending.open("positions", "streamPositions")
    caught: list[BaseException] = []

    def second() -> None:
        try:
            pending.open("positions", "getPositions", timeout=0)
        except RequestTimeoutError as error:
            caught.append(error)

    thread = threading.Thread(target=second)
    thread.start()
    thread.join(60)
    assert "in use by streamPositions" in str(caught[0])


@pytest.mark.parametrize(
    ("error", "cancelled"), [(None, False), (KeyboardInterrupt(), True), (RequestTimeoutError("x"), True)]
)
def test_leaving_a_request_cancels_what_still_runs_at_tws(error: BaseException | None, cancelled: bool) -> None:
    left: list[Slot] = []
    pending = Pending(left=left.append)
    calls: list[bool] = []

    def use() -> None:
        with pending.open(5, "getData") as slot:
            slot.cancel = lambda: calls.append(True)
            if error is not None:
                raise error

    if error is None:
        use()
    else:
        with pytest.raises(type(error)):
            use()
    assert cancelled == bool(calls)
    assert [5] == [slot.key for slot in left]
    assert pending.get(5) is None


def test_a_refused_request_needs_no_cancel() -> None:
    pending = Pending()
    calls: list[bool] = []
    slot = pending.open(5, "getData")
    slot.cancel = lambda: calls.append(True)
    slot.fail(IBError("refused"))
    with pytest.raises(IBError, match="refused"), slot:
        slot.wait()
    assert [] == calls


def test_what_a_thread_asks_for_is_what_it_opened_last_and_hasnt_closed() -> None:
    pending = Pending()
    assert pending.of_this_thread() is None
    first, second = pending.open(5, "getData"), pending.open(6, "getData")
    other: list[Slot | None] = []
    thread = threading.Thread(target=lambda: other.append(pending.of_this_thread()))
    thread.start()
    thread.join(60)
    assert [None] == other
    assert pending.of_this_thread() is second
    # They need not end in the order in which they began.
    pending.close(first)
    assert pending.of_this_thread() is second
    pending.close(second)
    assert pending.of_this_thread() is None


def test_who_comes_while_the_connection_ends_is_refused_and_leaves_nothing() -> None:
    pending = Pending()

    class Late(dict[str | int, Slot]):
        """The end of the connection comes between the first step of `open` and the second."""

        def setdefault(self, key: str | int, slot: Slot) -> Slot:  # type: ignore[override]
            pending.fail_all(ConnectionLostError("gone"))
            return super().setdefault(key, slot)

    pending._slots = Late()
    with pytest.raises(ConnectionLostError, match="gone"):
        pending.open(5, "getData")
    assert len(pending) == 0
