"""What the course promises as a whole, counted in the lessons as they are stored (issue 12: Build 3, Shows 3)."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ibnb.course.didactics import LESSONS, WORDS_PER_MINUTE, text_of, words

ROOT = Path(__file__).parents[2]
STORED = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in ROOT.glob("notebooks/[0-9]*.ipynb")}
NUMBERED = {name: notebook for name, notebook in STORED.items() if name[:2] in LESSONS}
CHECKS = sorted((ROOT / "ibnb/course/checks").glob("lesson_*.py"))
# What exercises.py offers to learn what the gateway got and gave.
ASKING = {"received", "answered", "journal"}


def test_sixteen_lessons_hold_twelve_diagrams_and_thirty_figures() -> None:
    cells = [cell for notebook in NUMBERED.values() for cell in notebook["cells"]]
    diagrams = sum(len(re.findall(r"^```mermaid$", text_of(cell), re.MULTILINE)) for cell in cells)
    figures = sum("image/png" in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))
    print(f"\n{len(NUMBERED)} lessons, {diagrams} diagrams, {figures} figures")
    assert len(NUMBERED) == 16
    assert diagrams >= 12
    assert figures >= 30


@pytest.mark.parametrize("name", sorted(NUMBERED))
def test_a_minute_of_teaching_has_sixty_to_a_hundred_and_twenty_words(name: str) -> None:
    least, most = WORDS_PER_MINUTE
    assert (least, most) == (60, 120)
    assert least <= words(NUMBERED[name]) / NUMBERED[name]["metadata"]["ibnb"]["teach"] <= most


def test_ninety_exercises_are_checked_and_thirty_five_ask_the_gateway() -> None:
    judged, asking = [], []
    for path in CHECKS:
        body = ast.parse(path.read_text(encoding="utf-8")).body
        functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
        names = {name: _names(node) for name, node in functions.items()}
        exercises = [name for name, node in functions.items() if "exercise" in _names(*node.decorator_list)]
        judged += exercises
        asking += [name for name in exercises if _reaches(name, names)]
    print(f"\n{len(judged)} checked exercises besides the choices, {len(asking)} ask the gateway")
    assert len(judged) >= 90
    assert len(asking) >= 35


def _names(*nodes: ast.AST) -> set[str]:
    return {each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name)}


def _reaches(name: str, names: dict[str, set[str]]) -> bool:
    """Does a function come to one of ASKING, through others of its module?"""
    known: set[str] = set()
    new = {name}
    while new:
        known |= new
        new = {each for function in new for each in names.get(function, ())} - known
    return bool(known & ASKING)


def test_the_way_of_counting_sees_through_a_helper_and_not_more() -> None:
    calls: dict[str, Any] = {"a": {"b"}, "b": {"received", "a"}, "c": {"len", "c"}}
    assert [name for name in calls if _reaches(name, calls)] == ["a", "b"]
