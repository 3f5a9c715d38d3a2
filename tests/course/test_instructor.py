"""The instructor's pack: a note for each lesson whose times add up, and plans that keep to them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ibnb.course import lessons
from ibnb.course.source import Header

ROOT = Path(__file__).parents[2]
PACK = ROOT / "notebooks" / "instructor"
HEADERS = lessons(folder=ROOT / "notebooks")
PARTS = (
    "Timing",
    "Common mistakes",
    "On the board|Board sketch",
    "Answers to the open questions",
    "Variations",
    "Rubric",
)


def note(header: Header) -> str:
    return (PACK / f"{header.name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("header", HEADERS, ids=lambda each: each.name)
def test_a_lesson_has_a_note_with_all_its_parts(header: Header) -> None:
    assert [part for part in PARTS if not re.search(rf"^## (?:{part})", note(header), re.MULTILINE)] == []


@pytest.mark.parametrize("header", HEADERS, ids=lambda each: each.name)
def test_the_times_of_a_note_are_those_of_its_lesson(header: Header) -> None:
    [said] = re.findall(r"^## Timing \((\d+).*?(\d+) min", note(header), re.MULTILINE)
    assert said == (str(header.teach), str(header.practise))
    rows = re.findall(r"^\| [^|]+ \| *(\d+|–) \| *(\d+|–)(?: \([^)]*\))? \|", note(header), re.MULTILINE)
    teach, practise = (sum(int(each) for each in column if each != "–") for column in zip(*rows, strict=True))
    assert (teach, practise) == (header.teach, header.practise)


def test_mistakes_name_faults_that_exist() -> None:
    known = set((ROOT / "tests/course/data/defects.txt").read_text(encoding="utf-8").split())
    for page in PACK.glob("[0-9]*.md"):
        assert set(re.findall(r"\bB\d-\d\d\b", page.read_text(encoding="utf-8"))) <= known


def test_a_plan_gives_each_lesson_its_time() -> None:
    """first_use D6: the minutes of a plan are those of the lessons."""
    text = (PACK / "plans.md").read_text(encoding="utf-8")
    minutes = {each.number: each.teach + each.practise for each in HEADERS}
    span = r"(\d+):(\d\d) (?:\||–) (\d+):(\d\d) \| lesson (\d\d)(?= \|)"
    found = re.findall(span, text)
    assert len(found) > 20
    for h1, m1, h2, m2, number in found:
        planned = (int(h2) - int(h1)) * 60 + int(m2) - int(m1)
        assert planned >= minutes[number], f"lesson {number} gets {planned} of {minutes[number]} minutes"
