"""Each rule of teaching refuses the lesson that breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from ibnb.course import didactics

PROSE = "Nora asks what her account is worth. " * 50
DIAGRAM = "```mermaid\nflowchart LR\n    accTitle: who\n    accDescr: whom\n    A --> B\n```"
ANSWERS = "<details><summary>Answers</summary>1. Yes.</details>"


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code(source: str, **metadata: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": []}


def lesson(*cells: dict[str, Any], teach: int = 5, answers: str = ANSWERS) -> dict[str, Any]:
    opening = [markdown("# 02 · A lesson"), markdown("## What you will be able to do")]
    closing = [markdown("## In short"), markdown("### Questions to ask yourself"), markdown(answers), markdown("---")]
    return {"cells": [*opening, *cells, *closing], "metadata": {"ibnb": {"lesson": "02", "teach": teach}}}


def section(place: int, *more: dict[str, Any]) -> list[dict[str, Any]]:
    """A section of its own: heading, what is added, an exercise."""
    return [markdown(f"## Part {place}"), *more, code("x = app"), code(f'check("02.{place}", x)')]


CONNECT = code("import ibnb\nfrom ibnb.course import check\napp = ibnb.connect()")
GOOD = [CONNECT, *section(1, markdown(PROSE)), *section(2, markdown(DIAGRAM)), *section(3)]


def test_a_good_lesson_breaks_nothing() -> None:
    assert didactics.breaches(lesson(*GOOD), solved=True) == []


@pytest.mark.parametrize(
    ("notebook", "breach"),
    [
        (lesson(*GOOD, teach=20), "words of prose for 20 min of teaching: 1200 to 2400"),
        (lesson(*GOOD, teach=1), "60 to 120 are read"),
        (lesson(*GOOD[:-1], markdown("## Four"), markdown("## Five")), "only 2 of 5 sections hold an exercise"),
        (lesson(*GOOD, markdown(DIAGRAM.replace("accTitle", "title"))), "no accTitle: line: flowchart"),
        (lesson(*GOOD, markdown(DIAGRAM.replace("accDescr", "describe"))), "no accDescr: line: flowchart"),
        (lesson(*GOOD, code("app.disconnect()")), "ends disconnected"),
        (lesson(*GOOD[1:]), "the first code cell doesn't connect"),
        (
            lesson(*GOOD, *section(4, code("bars = app.getData(apple)"))),
            "'Part 4' needs apple of another section",
        ),
        (lesson(*GOOD, answers="none"), "the open questions have no answers"),
    ],
)
def test_a_breach_is_named(notebook: dict[str, Any], breach: str) -> None:
    found = didactics.breaches(notebook, solved=True)
    assert any(breach in sentence for sentence in found), found


def test_a_student_gets_no_answers_to_the_open_questions() -> None:
    assert didactics.breaches(lesson(*GOOD, answers="none"), solved=False) == []


def test_leaving_and_coming_back_is_no_breach() -> None:
    assert didactics.breaches(lesson(*GOOD, code("app.disconnect()"), CONNECT), solved=True) == []


def test_a_name_may_come_from_the_section_an_argument_or_a_cell_that_fails() -> None:
    cells = [code("%matplotlib inline\ndef f(a):\n    return [b for b in a] + list(app)"), code("f(lambda c: c)")]
    wrong = code("nobody_knows", tags=["raises-exception"])
    assert didactics.breaches(lesson(*GOOD, *section(4, *cells, wrong)), solved=True) == []


def test_words_are_counted_without_code_links_and_markup() -> None:
    text = "Nora's **account** has [two](01_x.ipynb) rows.\n```\nnot this\n```\n| a | b |\n<details>c</details>"
    assert didactics.words({"cells": [markdown("x")] * 2 + [markdown(text), markdown("x")]}) == 8
