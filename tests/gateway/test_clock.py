from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb.gateway.clock import Clock


class Wall:
    """A machine's clock that a test turns by hand."""

    def __init__(self) -> None:
        self.seconds = 5000.0

    def __call__(self) -> float:
        return self.seconds


def test_manual_clock_stands_still_until_it_is_run():
    clock = Clock(100.0)
    assert 100.0 == clock.now()
    assert 0 == clock.run_until(160.0)
    assert 160.0 == clock.now()


def test_timers_run_by_due_time_and_see_it():
    clock, seen = Clock(0.0), []
    clock.call_at(3.0, lambda: seen.append(("c", clock.now())))
    clock.call_at(1.0, lambda: seen.append(("a", clock.now())))
    clock.call_later(2.0, lambda: seen.append(("b", clock.now())))
    assert 3 == clock.run_until(10.0)
    assert [("a", 1.0), ("b", 2.0), ("c", 3.0)] == seen
    assert 10.0 == clock.now()


def test_timers_due_together_run_in_the_order_they_were_made():
    clock, seen = Clock(0.0), []
    for name in "abc":
        clock.call_at(1.0, seen.append, name)
    clock.run_until(1.0)
    assert ["a", "b", "c"] == seen


def test_a_timer_may_make_timers_that_run_in_the_same_run():
    clock, seen = Clock(0.0), []

    def beat() -> None:
        seen.append(clock.now())
        clock.call_later(10.0, beat)

    clock.call_later(10.0, beat)
    clock.run_until(35.0)
    assert [10.0, 20.0, 30.0] == seen
    assert 40.0 == clock.next_due()


def test_what_is_due_in_the_past_runs_now_and_time_does_not_go_back():
    clock, seen = Clock(50.0), []
    clock.call_at(20.0, lambda: seen.append(clock.now()))
    clock.run_until(50.0)
    assert [50.0] == seen


def test_cancelled_timers_neither_run_nor_stay():
    clock, seen = Clock(0.0), []
    timers = [clock.call_at(float(n), seen.append, n) for n in range(1000)]
    for timer in timers[:-1]:
        timer.cancel()
        timer.cancel()
    assert 1 == len(clock)
    assert len(clock._queue) < 10
    assert 999.0 == clock.next_due()
    clock.run_until(2000.0)
    assert [999] == seen
    assert clock.next_due() is None
    timers[-1].cancel()
    assert 0 == len(clock)


def test_a_timer_cannot_run_the_clock():
    clock = Clock(0.0)
    clock.call_at(1.0, clock.run_until, 5.0)
    with pytest.raises(RuntimeError, match="can't run the clock"):
        clock.run_until(2.0)


def test_an_error_in_a_timer_leaves_the_clock_usable():
    clock, seen = Clock(0.0), []
    clock.call_at(1.0, lambda: 1 / 0)
    clock.call_at(2.0, seen.append, "later")
    with pytest.raises(ZeroDivisionError):
        clock.run_until(3.0)
    assert 1.0 == clock.now()
    clock.run_until(3.0)
    assert ["later"] == seen


def test_live_clock_follows_the_wall_times_its_rate():
    wall = Wall()
    clock, seen = Clock(1000.0, 60.0, wall), []
    clock.call_later(90.0, lambda: seen.append(clock.now()))
    wall.seconds += 1.0
    assert 1060.0 == clock.now()
    assert 0 == clock.run_until(clock.now())
    wall.seconds += 1.0
    assert 1 == clock.run_until(clock.now())
    assert [1090.0] == seen
    assert 1120.0 == clock.now()


def test_changing_the_rate_keeps_the_time():
    wall = Wall()
    clock = Clock(0.0, 1.0, wall)
    wall.seconds += 10.0
    clock.rate = 100.0
    assert 10.0 == clock.now()
    wall.seconds += 1.0
    assert 110.0 == clock.now()
    clock.rate = 0.0
    wall.seconds += 50.0
    assert 110.0 == clock.now()
    clock.rate = 1.0
    wall.seconds += 5.0
    assert 115.0 == clock.now()


def test_time_never_goes_back_when_the_wall_does():
    wall = Wall()
    clock = Clock(0.0, 1.0, wall)
    wall.seconds += 10.0
    assert 10.0 == clock.now()
    wall.seconds -= 3.0
    assert 10.0 == clock.now()


def test_a_rate_needs_a_wall_and_is_not_negative():
    with pytest.raises(ValueError, match="wall clock"):
        Clock(0.0, 1.0)
    with pytest.raises(ValueError, match="0 \\(manual\\) or more"):
        Clock(0.0, -1.0)


@given(st.lists(st.floats(0, 100), max_size=30), st.lists(st.floats(0, 100), max_size=5), st.sets(st.integers(0, 29)))
def test_every_timer_runs_once_in_order_however_the_time_is_cut(whens, stops, cancelled):
    clock, seen = Clock(0.0), []
    timers = [clock.call_at(when, lambda n=n: seen.append((clock.now(), n))) for n, when in enumerate(whens)]
    for n in cancelled & set(range(len(timers))):
        timers[n].cancel()
    for stop in sorted(stops):
        clock.run_until(stop)
    clock.run_until(100.0)
    assert sorted((when, n) for n, when in enumerate(whens) if n not in cancelled) == seen
