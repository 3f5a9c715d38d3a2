from __future__ import annotations

import threading
from typing import Any

import pytest

from ibnb.core.clock import Changes, GatewayTime, RealTime, wait_for_fence
from ibnb.errors import ConnectionLostError, RequestTimeoutError
from ibnb.wire.reader import Latch


class FakeGateway:
    """Virtual time with a list of due events; what an event does is seen only after a fence."""

    def __init__(self, due: dict[float, object] | None = None) -> None:
        self.time = 0.0
        self.due = dict(due or {})
        self.sent: list[object] = []
        self.seen: list[object] = []
        self.fences = 0

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        end = self.time + seconds
        while self.step(end):
            pass

    def step(self, limit: float) -> bool:
        times = [when for when in self.due if when <= limit]
        if not times:
            self.time = limit
            return False
        self.time = min(times)
        self.sent.append(self.due.pop(self.time))
        return True

    def fence(self) -> None:
        self.fences += 1
        self.seen += self.sent
        self.sent = []


def test_an_answer_that_is_there_already_costs_no_time() -> None:
    gateway = FakeGateway({5.0: "later"})
    assert GatewayTime(gateway, gateway.fence).wait(lambda: True, 60)
    assert (0.0, 1) == (gateway.now(), gateway.fences)


def test_time_runs_from_event_to_event_until_the_answer() -> None:
    gateway = FakeGateway({5.0: "a", 7.0: "b", 9.0: "c"})
    assert GatewayTime(gateway, gateway.fence).wait(lambda: "b" in gateway.seen, 60)
    assert (7.0, ["a", "b"]) == (gateway.now(), gateway.seen)


def test_a_timeout_is_virtual_and_exact() -> None:
    gateway = FakeGateway({5.0: "a", 90.0: "b"})
    assert not GatewayTime(gateway, gateway.fence).wait(threading.Event(), 60)
    assert (60.0, ["a"]) == (gateway.now(), gateway.seen)


def test_an_event_due_at_the_deadline_still_counts() -> None:
    gateway = FakeGateway({60.0: "a"})
    assert GatewayTime(gateway, gateway.fence).wait(lambda: "a" in gateway.seen, 60)


def test_sleep_delivers_everything_that_is_due() -> None:
    gateway = FakeGateway({5.0: "a", 300.0: "b", 301.0: "c"})
    GatewayTime(gateway, gateway.fence).sleep(300)
    assert (300.0, ["a", "b"]) == (gateway.now(), gateway.seen)


def test_real_time_wakes_up_at_a_change() -> None:
    changes = Changes()
    done: list[int] = []
    woken = threading.Event()

    def wait() -> None:
        if RealTime(changes).wait(lambda: bool(done), 10):
            woken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    done.append(1)
    changes.announce()
    assert woken.wait(60)
    thread.join(60)


def test_real_time_is_over_when_it_is_over() -> None:
    clock = RealTime(Changes())
    event = threading.Event()
    assert not clock.wait(event, 0.0)
    assert not clock.wait(lambda: False, 0.0)
    event.set()
    assert clock.wait(event, 0.0)
    clock.sleep(0.0)


def test_a_fence_is_finite() -> None:
    with pytest.raises(RequestTimeoutError, match="the gateway hasn't answered"):
        wait_for_fence(threading.Event(), lambda: True, limit=0)
    with pytest.raises(ConnectionLostError):
        wait_for_fence(threading.Event(), lambda: False)


# --- later


def test_what_is_due_later_is_done_in_order_by_whoever_moves_time() -> None:
    gateway = FakeGateway({5.0: "a"})
    clock, done = GatewayTime(gateway, gateway.fence), []
    clock.later(7, lambda: done.append((gateway.now(), "second")))
    clock.later(3, lambda: done.append((gateway.now(), "first")))
    clock.later(4, lambda: done.append((gateway.now(), "never"))).cancel()
    clock.later(99, lambda: done.append((gateway.now(), "too late")))
    assert clock.wait(lambda: len(done) == 2, 60)
    assert [(3.0, "first"), (7.0, "second")] == done
    assert ["a"] == gateway.seen


def test_sleep_does_what_is_due_meanwhile_at_its_time() -> None:
    gateway = FakeGateway()
    clock, done = GatewayTime(gateway, gateway.fence), []

    def again() -> None:
        done.append(gateway.now())
        clock.later(20, again)

    clock.later(20, again)
    clock.sleep(60)
    assert ([20.0, 40.0, 60.0], 60.0) == (done, gateway.now())
    assert 60.0 == clock.monotonic()


def test_sleep_looks_up_now_and_again_when_there_is_something_to_see_to() -> None:
    gateway = FakeGateway()
    GatewayTime(gateway, gateway.fence, watched=lambda: False).sleep(100)
    few = gateway.fences
    GatewayTime(gateway, gateway.fence, watched=lambda: True).sleep(100)
    many = gateway.fences - few
    GatewayTime(gateway, gateway.fence, watched=lambda: True).sleep(1e6)
    assert (2, 101) == (few, many)
    assert gateway.fences - few - many <= 1002


def test_what_does_harm_to_the_clock_is_seen_before_time_goes_on() -> None:
    gateway = FakeGateway()
    GatewayTime(gateway, gateway.fence).settle()
    assert 1 == gateway.fences


def test_in_real_time_it_is_done_by_a_thread() -> None:
    clock, done = RealTime(Changes()), threading.Event()
    clock.later(0.0, done.set)
    assert done.wait(60)
    clock.later(600.0, done.clear).cancel()
    clock.settle()
    assert clock.monotonic() <= clock.monotonic()


def test_a_latch_lets_everybody_pass_who_waits_and_whoever_comes_later() -> None:
    latch, passed = Latch(), list[bool]()
    assert not latch.wait(0)
    threads = [threading.Thread(target=lambda: passed.append(latch.wait(60))) for _ in range(4)]
    for thread in threads:
        thread.start()
    latch.set()
    for thread in threads:
        thread.join(60)
    assert [True] * 4 == passed
    assert latch.wait(0)


def test_a_latch_may_be_set_by_several_threads_at_once_and_be_used_again() -> None:
    for _ in range(200):
        latch, barrier, failed = Latch(), threading.Barrier(4), list[BaseException]()

        def set_it(latch: Latch = latch, barrier: threading.Barrier = barrier, failed: Any = failed) -> None:
            barrier.wait(60)
            try:
                latch.set()
            except RuntimeError as error:
                failed.append(error)

        threads = [threading.Thread(target=set_it) for _ in range(3)]
        for thread in threads:
            thread.start()
        barrier.wait(60)
        assert latch.wait(60)
        for thread in threads:
            thread.join(60)
        assert [] == failed
        latch.clear()
        assert not latch.is_set()
        assert not latch.wait(0)
        latch.set()
        assert latch.wait(0)
