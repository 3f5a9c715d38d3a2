"""Every check knows right from wrong, and says in which way an answer is wrong."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ibnb.course import check
from ibnb.course.checks import lesson_01
from ibnb.course.exercises import DISCONNECTED, EXERCISES, NOT_YET, UNREADABLE, find
from ibnb.ib.codes import lookup
from tests.course.answers import given, number_of, right, wrong

SOURCES = sorted((Path(__file__).parents[2] / "notebooks" / "source").glob("*.py"))
RIGHT, WRONG = right(), wrong()
_CHECK = re.compile(r'^check\("([^"]+)"', re.MULTILINE)
NUMBERS = [number for path in SOURCES for number in _CHECK.findall(path.read_text(encoding="utf-8"))]
CHOICES = [number for number in NUMBERS if find(number).wrong]
LEAST_WRONG = 6


def title(asked: Any) -> str:
    return number_of(asked[0] if isinstance(asked, tuple) and not isinstance(asked[0], str) else asked)


@pytest.mark.parametrize("asked", RIGHT, ids=title)
def test_a_right_answer_is_correct(asked: Any) -> None:
    with given(asked) as arguments:
        verdict = check(*arguments)
    assert verdict, verdict


@pytest.mark.parametrize("entry", WRONG, ids=title)
def test_a_wrong_answer_gets_its_reason(entry: Any) -> None:
    asked, because = entry
    with given(asked) as arguments:
        verdict = check(*arguments)
    assert verdict.state == NOT_YET
    assert re.search(because, verdict.detail), verdict
    assert verdict.detail not in (UNREADABLE, DISCONNECTED), "the check fell over this answer instead of judging it"


@pytest.mark.parametrize("number", CHOICES)
def test_a_multiple_choice_has_a_reason_against_each_wrong_option(number: str) -> None:
    options = find(number).wrong
    [letter] = set("abcdefgh"[: len(options) + 1]) - set(options)
    assert check(number, letter)
    assert check(number, f" {letter.upper()} ")
    for option, reason in options.items():
        assert check(number, option).detail == reason
        assert len(reason.split()) >= 4, reason
    for stranger in ("z", "", f"{letter}{letter}", letter + ")", None, 2, [letter], letter.encode()):
        assert check(number, stranger).state == NOT_YET
        assert re.search("one of the letters|a text is wanted", check(number, stranger).detail)


def test_the_severities_of_lesson_01_are_those_of_the_package() -> None:
    """A2: the exercise and `explain` use the same words."""
    for name, codes in lesson_01.SEVERITIES.items():
        assert {lookup(code).severity for code in codes} == {name}


def test_every_exercise_has_a_right_answer_and_six_wrong_ones() -> None:
    rights, wrongs = Counter(map(number_of, RIGHT)), Counter(number_of(asked) for asked, _ in WRONG)
    judged = set(NUMBERS) - set(CHOICES)
    assert {number for number in judged if not rights[number]} == set()
    assert {number: wrongs[number] for number in sorted(judged) if wrongs[number] < LEAST_WRONG} == {}


@pytest.mark.parametrize("number", NUMBERS)
def test_something_of_another_kind_gets_a_sentence_in_a_learners_words(number: str) -> None:
    """A5: no verdict on a wrong answer is Python's exception text."""
    exercise = find(number)
    if exercise.wants is None:
        return
    first = exercise.wants[0] if isinstance(exercise.wants, list) else exercise.wants
    more = [None] * (exercise.judge.__code__.co_argcount - 1)
    for stranger in (None, object(), ValueError("x")):
        if isinstance(first, type) and isinstance(stranger, first):
            continue
        verdict = check(number, stranger, *more)
        assert verdict.state == NOT_YET
        assert verdict.detail.endswith("wanted") or "is wanted" in verdict.detail


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_lesson_uses_exactly_the_checks_it_has(path: Path) -> None:
    asked = set(_CHECK.findall(path.read_text(encoding="utf-8")))
    for exercise in sorted(asked):
        check(exercise, ...)
    assert asked == {key for key in EXERCISES if key.startswith(f"{path.stem[:2]}.")}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_lesson_has_six_exercises_and_a_multiple_choice(path: Path) -> None:
    number = path.stem[:2]
    assert len([key for key in NUMBERS if key.startswith(number)]) >= 6
    assert [key for key in CHOICES if key.startswith(number)]
