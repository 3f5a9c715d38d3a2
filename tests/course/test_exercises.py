"""What `check` says of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from ibnb.course import check
from ibnb.course.exercises import EXERCISES, answered, called, choice, exercise, raised, received
from ibnb.errors import NotConnectedError, RequestError


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

    @exercise("99.1", wants=int, correct="7497 is <paper>")
    def port(answer: int) -> str | None:
        return None if answer == 7497 else "7497 & 7496 are easily confused"

    @exercise("99.2", wants=int, correct="one order arrived")
    def ordered(order_id: int, app: Any) -> str | None:
        return (
            None if [order_id] == [order.orderId for order in received(app, "PlaceOrder")] else "no such order arrived"
        )

    @exercise("99.3", wants=callable, correct="it answers")
    def function(answer: Any) -> str | None:
        return None if called(answer, "DU1", wants=(int, str)) else "it says no"

    @exercise("99.4", correct="it refuses")
    def refuses(answer: Any) -> str | None:
        return None if isinstance(raised(answer, 5), ValueError) else "5 should be refused"

    @exercise("99.5", wants=[pd.DataFrame, str], correct="a table and a text")
    def two(table: Any, text: str) -> str | None:
        return None if table[text].all() else "no"

    choice("99.6", right="b", correct="a thread reads", wrong={"a": "nobody reads then", "c": "it would wait for ever"})
    yield
    EXERCISES.clear()
    EXERCISES.update(before)


def session(gateway: bool = True) -> SimpleNamespace:
    journal = [
        Entry(0.0, 1, "in", PlaceOrder(7)),
        Entry(0.1, 1, "out", OrderStatus(7)),
        Entry(0.2, 2, "in", PlaceOrder(9)),
    ]
    return SimpleNamespace(
        clientId=1, gateway=SimpleNamespace(journal=journal) if gateway else None, getNewsArticle=no_such_article
    )


def no_such_article(providerCode: str, articleId: str) -> None:
    raise RequestError(10172, "Failed to request news article:No data available")


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


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("seven", "this is a text, a whole number is wanted"),
        (None, "this is None, a whole number is wanted"),
        (True, "this is True or False, a whole number is wanted"),
        ([7497], "this is a list, a whole number is wanted"),
        (7497.0, "this is a number, a whole number is wanted"),
        (ValueError("7497"), "this is an exception, a whole number is wanted"),
        (pd.DataFrame(), r"this is a table \(DataFrame\), a whole number is wanted"),
    ],
)
def test_a_wrong_kind_of_answer_is_told_what_it_is_and_what_is_wanted(answer: object, sentence: str) -> None:
    """A5."""
    assert re.fullmatch(f"99.1 not yet, because {sentence}", str(check("99.1", answer)))


def test_numbers_of_numpy_are_numbers() -> None:
    assert check("99.1", np.int64(7497))


def test_each_of_two_answers_has_its_kind() -> None:
    assert "a table (DataFrame) is wanted" in str(check("99.5", {}, "x"))
    assert "this is a number, a text is wanted" in str(check("99.5", pd.DataFrame(), 5.0))
    assert "table, text" in str(check("99.5", pd.DataFrame()))


def test_no_verdict_is_pythons_text_for_an_exception() -> None:
    """A5: the check's own exception, here a KeyError, is nothing for the learner."""
    verdict = str(check("99.5", pd.DataFrame(), "absent"))
    assert (
        verdict
        == "99.5 not yet, because it isn't built as the exercise asks for; read the text of the exercise once more"
    )


def test_a_function_that_is_called_instead_of_passed_is_told_so() -> None:
    """A5."""
    assert "a function is wanted (without brackets" in str(check("99.3", {}))


def test_a_closed_session_is_named_with_its_remedy() -> None:
    """A1."""

    @exercise("99.7", correct="")
    def asks(app: Any) -> str | None:
        raise NotConnectedError("not connected")

    assert "run  app = ibnb.connect()" in str(check("99.7", object()))


def test_a_choice_has_a_reason_against_each_wrong_letter() -> None:
    assert str(check("99.6", ...)) == "99.6 not attempted"
    assert str(check("99.6", "B ")) == "99.6 correct: a thread reads"
    assert str(check("99.6", "a")) == "99.6 not yet, because nobody reads then"
    assert str(check("99.6", "d")) == "99.6 not yet, because the answer is one of the letters a, b, c"
    assert "a text is wanted" in str(check("99.6", 2))
    with pytest.raises(ValueError, match="can't be right and wrong"):
        choice("99.8", right="a", correct="", wrong={"a": "no"})


def test_only_correct_is_true() -> None:
    assert check("99.1", 7497)
    assert not check("99.1", 7496)
    assert not check("99.1", ...)


def test_html_says_the_same_and_escapes_it() -> None:
    shown = check("99.1", 7497)._repr_html_()
    assert "99.1 correct: 7497 is &lt;paper&gt;" in shown
    assert 'role="status"' in shown
    assert shown == check("99.1", 7497)._repr_html_()


def test_a_stub_of_a_function_is_not_attempted() -> None:
    assert str(check("99.3", lambda account: ...)) == "99.3 not attempted"
    assert str(check("99.4", lambda account: ...)) == "99.4 not attempted"


def test_a_function_that_returns_nothing_is_told_for_what() -> None:
    """A3."""
    assert str(check("99.3", lambda account: None)) == "99.3 not yet, because for 'DU1' your function returned None"


def test_what_a_function_returns_has_a_kind_too() -> None:
    because = "for 'DU1' what your function returned is a number, a whole number or a text is wanted"
    assert str(check("99.3", lambda account: 1.5)) == f"99.3 not yet, because {because}"


def test_a_function_that_stops_is_told_for_what_and_not_given_pythons_text() -> None:
    because = "for 'DU1' your function stops with ZeroDivisionError; call it by hand to see where"
    assert str(check("99.3", lambda account: 1 / 0)) == f"99.3 not yet, because {because}"
    assert "stops with TypeError" in str(check("99.3", lambda: 1))


def test_a_refusal_may_be_what_is_wanted() -> None:

    def refuse(number: int) -> None:
        raise ValueError(number)

    assert check("99.4", refuse)
    assert str(check("99.4", lambda number: number)) == "99.4 not yet, because 5 should be refused"


def test_the_gateway_is_asked_for_what_this_session_sent() -> None:
    assert check("99.2", 7, session())
    assert str(check("99.2", 9, session())) == "99.2 not yet, because no such order arrived"
    assert [OrderStatus(7)] == answered(session(), "OrderStatus")


def test_a_real_tws_has_no_journal() -> None:
    assert str(check("99.2", 7, session(gateway=False))) == "99.2 can't be checked on a real TWS"


def test_an_unknown_exercise_is_the_authors_mistake() -> None:
    with pytest.raises(ValueError, match=r"no exercise '99\.9' \(there are: 99\.1, .*99\.6\)"):
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
