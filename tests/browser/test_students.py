"""Each lesson as a student works through it in JupyterLab: run from the menu, its exercises filled in and checked.

With IBNB_BROWSER=all also the wrong answers: one to each exercise is typed before the right one, and the lesson's whole
list is tried in the same kernel at the end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pytest

from ibnb.course import lessons_dir

from .attempts import Lesson
from .conftest import LIMIT

WRONG_ONES = os.environ.get("IBNB_BROWSER") == "all"
ALL = sorted(path.name for path in (lessons_dir() / "solutions").glob("*.ipynb"))
# Every fourth one, so that the gate stays short; IBNB_BROWSER=all takes all of them, and their wrong answers.
LESSONS = ALL if WRONG_ONES else ALL[3::4]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(LIMIT + 180)]


@pytest.mark.parametrize("notebook", LESSONS)
def test_a_student_who_clicks_gets_the_verdicts_of_the_lists(
    browse: Callable[..., dict[str, Any]], notebook: str
) -> None:
    lesson = Lesson(notebook)
    attempts, wanted = [], []
    for question in lesson.questions:
        if WRONG_ONES:
            source, because = lesson.wrong(question)
            attempts.append(question.typed(source))
            wanted.append(rf"{re.escape(question.number)} not yet, because .*(?:{because})")
        attempts.append(question.right())
        wanted.append(rf"{re.escape(question.number)} correct: ")
    if WRONG_ONES:
        attempts.append(lesson.all_wrong())
    seen = browse("student.js", notebook, attempts)
    assert seen["red"] == lesson.raising()
    assert seen["questions"] == []
    tried = list(zip(seen["attempts"], wanted, strict=not WRONG_ONES))
    assert [attempt["verdict"] for attempt, pattern in tried if not re.match(pattern, attempt["verdict"])] == []
    assert [attempt["red"] for attempt, pattern in tried if attempt["red"] and pattern.endswith("correct: ")] == []
    if WRONG_ONES:
        said = seen["attempts"][-1]["shown"]
        assert re.search(r"^\d+ wrong answers, 0 without", said, re.MULTILINE), said
