"""What `check` says of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from ibnb.course import check
from ibnb.course.exercises import EXERCISES, answered, attempted, exercise, received


class Entry(NamedTuple):
    time: float
    clientId: int
    direction: str
    message: Any


@dataclass(frozen=True)
class PlaceOrder:
    orderId: int


@dataclass(frozen=True)
class OrderStatus:
    orderId: int


@pytest.fixture(autouse=True)
def _exercises() -> Iterator[None]:
    before = dict(EXERCISES)

    @exercise("99.1", correct="7497 is <paper>")
    def port(answer: int) -> str | None:
        return None if answer + 0 == 7497 else "7497 & 7496 are easily confused"

    @exercise("99.2", correct="one order arrived")
    def ordered(order_id: int, app: Any) -> str | None:
        return (
            None if [order_id] == [order.orderId for order in received(app, "PlaceOrder")] else "no such order arrived"
        )

    @exercise("99.3", correct="it answers")
    def function(answer: Any) -> str | None:
        return None if attempted(answer()) else "it says no"

    yield
    EXERCISES.clear()
    EXERCISES.update(before)


def session(gateway: bool = True) -> SimpleNamespace:
    journal = [
        Entry(0.0, 1, "in", PlaceOrder(7)),
        Entry(0.1, 1, "out", OrderStatus(7)),
        Entry(0.2, 2, "in", PlaceOrder(9)),
    ]
    return SimpleNamespace(clientId=1, gateway=SimpleNamespace(journal=journal) if gateway else None)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (..., "99.1 not attempted"),
        (7496, "99.1 not yet, because 7497 & 7496 are easily confused"),
        (7497, "99.1 correct: 7497 is <paper>"),
    ],
)
def test_three_answers(answer: object, sentence: str) -> None:
    assert sentence == repr(check("99.1", answer))


def test_a_wrong_kind_of_answer_gets_a_sentence_and_not_a_traceback() -> None:
    assert repr(check("99.1", "seven")).startswith("99.1 not yet, because looking at the answer raised TypeError")
    assert repr(check("99.1", 1, 2)).startswith("99.1 not yet, because looking at the answer raised TypeError")


def test_only_correct_is_true() -> None:
    assert check("99.1", 7497)
    assert not check("99.1", 7496)
    assert not check("99.1", ...)


def test_html_says_the_same_and_escapes_it() -> None:
    shown = check("99.1", 7497)._repr_html_()
    assert "99.1 correct: 7497 is &lt;paper&gt;" in shown
    assert 'role="status"' in shown
    assert shown == check("99.1", 7497)._repr_html_()


@pytest.mark.parametrize("stub", [lambda: ..., lambda: None])
def test_a_stub_of_a_function_is_not_attempted(stub: object) -> None:
    assert str(check("99.3", stub)) == "99.3 not attempted"


def test_the_gateway_is_asked_for_what_this_session_sent() -> None:
    assert check("99.2", 7, session())
    assert str(check("99.2", 9, session())) == "99.2 not yet, because no such order arrived"
    assert [OrderStatus(7)] == answered(session(), "OrderStatus")


def test_a_real_tws_has_no_journal() -> None:
    assert str(check("99.2", 7, session(gateway=False))) == "99.2 can't be checked on a real TWS"


def test_an_unknown_exercise_is_the_authors_mistake() -> None:
    with pytest.raises(ValueError, match=r"no exercise '99\.9' \(there are: 99\.1, 99\.2, 99\.3\)"):
        check("99.9", ...)


def test_an_exercise_has_one_check() -> None:
    with pytest.raises(ValueError, match=r"99\.1 has two checks: port, again"):

        @exercise("99.1", correct="")
        def again() -> None: ...


def test_graders_may_ask_for_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBNB_CHECK_RAISES", "1")
    assert check("99.1", 7497)
    with pytest.raises(AssertionError, match=r"99\.1 not attempted"):
        check("99.1", ...)
