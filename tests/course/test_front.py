"""The course's first page."""

from __future__ import annotations

import re
from pathlib import Path

from ibnb.course import front
from ibnb.course.source import Header

SOURCE = Path(__file__).parents[2] / "notebooks" / "source"
TWO = [
    Header("01_hello", "Hello", 25, 15, "Python", ("connect",), ("say hello", "say goodbye")),
    Header("05_history", "History", 35, 30, "lesson 01; pandas helps", ("getData",), ("get bars",)),
]


def test_lessons_have_links_minutes_and_linked_prerequisites() -> None:
    table = front.lessons_table(TWO)
    assert (
        "| [05 · History](05_history.ipynb) | 35 + 30 | lesson [01](01_hello.ipynb); pandas helps | get bars |" in table
    )
    assert "| together | 60 + 45 |" in table


def test_tracks_link_what_exists_and_add_up() -> None:
    [taste] = [row for row in front.tracks_table(TWO).splitlines() if row.startswith("| a taste")]
    assert "[01](01_hello.ipynb) · [05](05_history.ipynb) | 1 h 45 min" in taste
    [everything] = [row for row in front.tracks_table(TWO).splitlines() if row.startswith("| everything")]
    assert "[01](01_hello.ipynb) · 02 · 03" in everything


def test_every_track_is_in_order_and_ends_with_the_whole_course() -> None:
    for _, numbers, _ in front.TRACKS:
        assert numbers.split() == sorted(set(numbers.split()))
    assert front.TRACKS[-1][1].split() == [f"{number:02}" for number in range(1, 17)]


def test_the_glossary_is_in_order_and_in_whole_sentences() -> None:
    terms = front.glossary(SOURCE)
    assert list(terms) == sorted(terms, key=lambda term: re.sub(r"\W", " ", term).casefold())
    assert [term for term, sentence in terms.items() if not re.match(r"[A-Z0-9].*[.]$", sentence)] == []


def test_the_page_starts_with_the_first_lesson_and_ends_with_the_disclaimer() -> None:
    cells = front.front(TWO, SOURCE)
    assert "**Start here:** [01 · Hello](01_hello.ipynb)" in cells[0].source
    assert "investment advice" in cells[-1].source
    assert [cell.kind for cell in cells].count("code") == 1
    assert "| **callback** | A method" in "".join(cell.source for cell in cells)
