"""Lessons in JupyterLab in a real browser, from a fresh copy: opened, run from the menu, looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ibnb.course import lessons_dir
from ibnb.course.rules import WIDGET

from .conftest import LIMIT

LESSONS = ["01_connection.ipynb"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(LIMIT + 180)]


def shown(cells: list[dict[str, Any]]) -> list[list[str]]:
    return [
        [
            "".join(output.get("data", {}).get("text/plain", output.get("ename", "")))
            for output in cell["outputs"]
            # A live widget stands beside its table, which alone is stored.
            if list(output.get("data", {})) != [WIDGET]
        ]
        for cell in cells
        if cell["cell_type"] == "code"
    ]


@pytest.mark.parametrize("notebook", LESSONS)
def test_run_all_shows_what_the_lesson_shows(browse: Callable[[str, str], dict[str, Any]], notebook: str) -> None:
    seen = browse("lesson.js", notebook)
    stored = json.loads((lessons_dir() / notebook).read_text(encoding="utf-8"))["cells"]
    assert shown(seen["cells"]) == shown(stored)
    outputs = [output for cell in seen["cells"] for output in cell["outputs"]]
    assert seen["widgets"] >= sum(WIDGET in output.get("data", {}) for output in outputs)
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []
    assert seen["questions"] == []
    # first_use B14: JupyterLab drops the alternative text in an image's metadata. Diagrams in the text count as well.
    assert seen["figures"]
    assert all(seen["figures"])
    # first_use A6: the errors that the lessons mean to show were 55, 30, 27, 21, 17 and 11 red lines.
    red = ["\n".join(output["traceback"]) for output in outputs if output["output_type"] == "error"]
    assert [len(text.splitlines()) for text in red if len(text.splitlines()) > 14] == []


def test_a_link_to_an_appendix_shows_the_page_and_not_its_source(browse: Callable[[str, str], dict[str, Any]]) -> None:
    seen = browse("appendix.js", "00_index.ipynb")
    assert seen["heading"].startswith("Error atlas")
    assert seen["rows"] > 150
