"""Slides of a lesson: they build, show every section and picture, and keep hints and checks to themselves."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from ibnb.course import lessons
from ibnb.course.slides import slides
from ibnb.course.source import Header, LessonError

ROOT = Path(__file__).parents[2]
HEADERS = lessons(folder=ROOT / "notebooks")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("header", HEADERS, ids=lambda each: each.name)
def test_a_lesson_has_slides_that_build(header: Header, tmp_path: Path) -> None:
    [path] = slides(tmp_path, [header.number], folder=ROOT / "notebooks")
    html = path.read_text(encoding="utf-8")
    sections = re.findall(
        r"^# ## (.*)", (ROOT / "notebooks" / "source" / f"{header.name}.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    headings = {unescape(title) for title in re.findall(r"<h2[^>]*>(.*?)<a ", html)}
    assert {re.sub(r"`", "", title) for title in sections} <= {re.sub(r"<[^>]+>", "", title) for title in headings}
    assert html.count("<section") > 2 * len(sections)
    assert html.count("<img") >= (ROOT / "notebooks" / f"{header.name}.ipynb").read_text(encoding="utf-8").count(
        '"image/png": "'
    )
    assert "<details>" not in html
    assert "check(" not in re.sub(r"<[^>]+>", "", html)


def test_there_are_none_of_a_lesson_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="no lesson 99"):
        slides(tmp_path, ["99"], folder=ROOT / "notebooks")
