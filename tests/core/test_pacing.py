from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb.core.pacing import BURST, RATE, RULES, Ask, Bucket, Pacing, SmallBars


def leave(bucket: Bucket, count: int, now: float = 0.0) -> list[float]:
    """When messages leave whose senders all come at once."""
    return [now + bucket.take(now) for _ in range(count)]


def test_a_few_messages_leave_at_once_and_the_rest_at_an_even_pace() -> None:
    times = leave(Bucket(), 50)
    assert [0.0] * BURST == times[:BURST]
    gaps = [later - earlier for earlier, later in zip(times[BURST:], times[BURST + 1 :], strict=False)]
    assert gaps == pytest.approx([1 / RATE] * len(gaps))


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_never_more_than_fifty_in_any_second(pauses: list[float]) -> None:
    bucket, now, times = Bucket(), 1000.0, []
    for pause in pauses:
        now += pause
        times.append(now + bucket.take(now))
    assert times == sorted(times)
    for start in times:
        assert sum(start <= each < start + 0.999 for each in times) <= 50


def test_after_a_pause_a_few_may_leave_at_once_again() -> None:
    bucket = Bucket()
    leave(bucket, 100)
    assert [10.0] * BURST == leave(bucket, BURST, now=10.0)


def test_the_rate_is_yours() -> None:
    pacing = Pacing()
    pacing.rate = 20
    assert 0.5 == pytest.approx(max(leave(pacing.messages, BURST + 10)))
    with pytest.raises(ValueError, match="above 0"):
        pacing.rate = 0
    assert "20 messages/s" in repr(pacing)
    pacing.on = False
    assert "off" in repr(pacing)


# --- small bars


def ask(name: str, series: str = "", weight: int = 1) -> Ask:
    return Ask(name, series or name, weight)


def test_identical_requests_keep_fifteen_seconds() -> None:
    rules = SmallBars()
    turns = [rules.book(ask("a", str(n)), 100.0) for n in range(2)]
    assert [(100.0, ""), (115.25, "identical requests for small bars need 15 s between them")] == turns
    assert 100.0 == rules.book(ask("b"), 100.0).at


def test_fewer_than_six_of_one_series_in_two_seconds() -> None:
    rules = SmallBars()
    times = [rules.book(ask(str(n), "AAPL"), 0.0).at for n in range(11)]
    assert [0.0] * 5 + [2.25] * 5 + [4.5] == times
    assert 0.0 == rules.book(ask("other", "NVDA"), 0.0).at


def test_sixty_in_ten_minutes() -> None:
    rules = SmallBars()
    times = [rules.book(ask(str(n)), 0.0).at for n in range(61)]
    assert [0.0] * 60 + [600.25] == times


def test_bid_ask_counts_twice() -> None:
    rules = SmallBars()
    times = [rules.book(ask(str(n), "AAPL", 2), 0.0).at for n in range(3)]
    assert [0.0, 0.0, 2.25] == times


def test_a_booking_that_isnt_used_is_given_back() -> None:
    rules = SmallBars()
    rules.book(ask("a"), 0.0)
    turn = rules.book(ask("a"), 1.0)
    rules.release(turn, ask("a"))
    assert turn.at == rules.book(ask("a"), 2.0).at


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 3), st.integers(0, 1), st.integers(1, 2)), max_size=90))
def test_whatever_is_asked_no_rule_is_ever_broken(asked: list[tuple[float, int, int, int]]) -> None:
    rules, now = SmallBars(), 0.0
    left: list[tuple[float, Ask]] = []
    for pause, name, series, weight in asked:
        now += pause
        one = Ask((name, series), series, weight)
        turn = rules.book(one, now)
        assert turn.at >= now
        left.append((turn.at, one))
    for rule in RULES:
        for start, one in left:
            scope = {"same": one.same, "series": one.series, "all": None}[rule.scope]
            together = [
                1 if rule.scope == "same" else other.weight
                for when, other in left
                if start <= when < start + rule.window
                and {"same": other.same, "series": other.series, "all": None}[rule.scope] == scope
            ]
            assert sum(together) <= rule.limit
