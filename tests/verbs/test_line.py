from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb.verbs.line import Backlog, Tick


def tick(value: int) -> Tick:
    return Tick(0.0, "AAPL", "last", float(value), "live", None)


def values(ticks: Any) -> list[float]:
    return [each.value for each in ticks]


def test_ticks_that_came_together_are_made_when_somebody_takes_them() -> None:
    made: list[int] = []

    def make() -> Iterator[Tick]:
        for value in range(1000):
            made.append(value)
            yield tick(value)

    backlog = Backlog()
    backlog.add(1000, make())
    assert (1000, []) == (len(backlog), made)
    assert [0.0, 1.0] == values(backlog.take(2))
    assert 998 == len(backlog)
    assert len(made) < 1000


def test_what_is_taken_in_the_middle_of_a_loop_doesnt_come_again() -> None:
    backlog = Backlog()
    backlog.add(5, iter([tick(value) for value in range(5)]))
    seen: list[float] = []
    for each in backlog.drain():
        seen.append(each.value)
        if each.value == 1:
            assert [2.0, 3.0] == values(backlog.take(2))
    assert [0.0, 1.0, 4.0] == seen
    assert not backlog


def test_a_loop_that_is_left_leaves_the_rest() -> None:
    backlog = Backlog()
    backlog.add(3, iter([tick(value) for value in range(3)]))
    for _ in backlog.drain():
        break
    backlog.add_one(tick(3))
    assert [1.0, 2.0, 3.0] == values(backlog.take(10))


@given(st.lists(st.integers(0, 7), max_size=30), st.integers(1, 10))
def test_the_last_ones_are_kept_in_their_order(parts: list[int], most: int) -> None:
    backlog, number = Backlog(most), 0
    for size in parts:
        if size == 1:
            backlog.add_one(tick(number))
        else:
            backlog.add(size, iter([tick(number + place) for place in range(size)]))
        number += size
        assert len(backlog) <= most
    kept = min(most, number)
    assert [float(each) for each in range(number - kept, number)] == values(backlog.take(10_000))
    assert 0 == len(backlog)


@pytest.mark.parametrize("moment", range(20))
def test_one_that_is_overfull_may_be_emptied_at_any_moment(moment: int) -> None:
    """A trace empties it at one of the lines of what adds to it, as another thread may."""
    backlog, taken, lines = Backlog(1), list[float](), count()
    backlog.add_one(tick(0))

    def at_a_line(frame: Any, event: str, arg: Any) -> Any:
        if event == "line" and next(lines) == moment:
            taken.extend(values(backlog.drain()))
        return at_a_line

    before = sys.gettrace()
    sys.settrace(at_a_line)
    try:
        backlog.add_one(tick(1))
    finally:
        sys.settrace(before)
    assert [*taken, *values(backlog.take(10))] in ([0.0, 1.0], [1.0])
    assert 0 == len(backlog)
