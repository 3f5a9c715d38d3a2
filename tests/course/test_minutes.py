"""The stated minutes are honest within a third (issue 12, Shows 5). `pytest -s` prints what was measured.

Teaching: the words of prose at 90 a minute, and a fifth of a minute to run each code cell and look at what it shows (a
lesson runs in seconds: the rest of that is reading). Practice: an exercise takes two minutes when it is a choice or a
line or two, three up to eight lines of solution, four beyond; an open question at the end takes one.

Alone: text and code read at 200 words a minute, the same fifth of a minute for each cell, answers typed at 40 words a
minute and thought about for two minutes each, and the open questions.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ibnb.course.didactics import LESSONS, QUESTIONS, text_of, words
from ibnb.course.exercises import find
from ibnb.course.source import BEGIN, END, exercise_of

ROOT = Path(__file__).parents[2] / "notebooks"
NAMES = sorted(path.stem for path in ROOT.glob("source/[0-9]*.py") if path.stem[:2] in LESSONS)
WORDS, LOOK = 90, 0.2
READ, TYPED, THOUGHT = 200, 40, 2


def _exercises(source: str) -> dict[str, int]:
    """Minutes of each exercise."""
    found, lines, inside = {}, 0, False
    for line in source.splitlines():
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        elif inside:
            lines += bool(line.strip())
        elif number := exercise_of(line):
            found[number] = 2 if find(number).wrong or lines <= 2 else 3 if lines <= 8 else 4
            lines = 0
    return found


@pytest.mark.parametrize("name", NAMES)
def test_stated_minutes_are_honest_within_a_third(name: str) -> None:
    notebook = json.loads((ROOT / f"{name}.ipynb").read_text(encoding="utf-8"))
    stated = notebook["metadata"]["ibnb"]
    exercises = _exercises((ROOT / "source" / f"{name}.py").read_text(encoding="utf-8"))
    code = sum(cell["cell_type"] == "code" for cell in notebook["cells"])
    [asked] = [text_of(cell) for cell in notebook["cells"] if QUESTIONS in text_of(cell)]
    questions = len(re.findall(r"^\d\. ", asked.partition(QUESTIONS)[2], re.MULTILINE))
    teach, practise = words(notebook) / WORDS + LOOK * code, sum(exercises.values()) + questions
    print(
        f"\n{name:18} {words(notebook):5} words {code:3} cells {len(exercises):3} exercises {questions} questions;"
        f" teaching {stated['teach']} stated, {teach:.0f} measured; practice {stated['practise']}, {practise}"
    )
    assert len(exercises) >= 6
    assert questions >= 3
    assert abs(stated["teach"] - teach) <= teach / 3
    assert abs(stated["practise"] - practise) <= practise / 3


def _alone(name: str) -> tuple[float, int]:
    """Minutes for whoever works alone, and those that are stated for a class."""
    cells = json.loads((ROOT / f"{name}.ipynb").read_text(encoding="utf-8"))
    source = (ROOT / "source" / f"{name}.py").read_text(encoding="utf-8")
    solutions = " ".join(re.findall(rf"{BEGIN}\n(.*?){END}", source, re.DOTALL))
    said = re.sub(r"```mermaid.*?```", "", " ".join(text_of(cell) for cell in cells["cells"]), flags=re.DOTALL)
    questions = len(re.findall(r"^\d\. ", said.partition(QUESTIONS)[2], re.MULTILINE))
    code = sum(cell["cell_type"] == "code" for cell in cells["cells"])
    stated = cells["metadata"]["ibnb"]
    minutes = len(re.findall(r"\w+", said)) / READ + len(re.findall(r"\w+", solutions)) / TYPED
    minutes += THOUGHT * len(_exercises(source)) + LOOK * code + questions
    return minutes, stated["teach"] + stated["practise"]


def test_whoever_works_alone_needs_about_three_quarters_of_the_minutes() -> None:
    """As the first page says; each lesson takes no more than is stated, and no less than three fifths."""
    assert "about three quarters of them" in " ".join((ROOT / "source/index.md").read_text(encoding="utf-8").split())
    measured = {name: _alone(name) for name in NAMES}
    print(*(f"{name:18} alone {alone:.0f} of {stated}" for name, (alone, stated) in measured.items()), sep="\n")
    assert sum(alone for alone, _ in measured.values()) / sum(stated for _, stated in measured.values()) == (
        pytest.approx(0.75, abs=0.07)
    )
    assert all(0.6 < alone / stated < 1 for alone, stated in measured.values())
