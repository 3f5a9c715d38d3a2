"""The shape of the lessons as they are stored; their outputs are compared by `pytest --nbval` (`ibnb course check`)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ibnb.course import lessons, out_of_step
from ibnb.course.commands import plan_index
from ibnb.course.didactics import LESSONS as LESSONS_OF_THE_COURSE
from ibnb.course.rules import problems, unclean
from ibnb.course.source import Header

FOLDER = Path(__file__).parents[1] / "notebooks"
INDEX = FOLDER / "00_index.ipynb"
NOTEBOOKS = sorted({*FOLDER.glob("*.ipynb"), *FOLDER.glob("solutions/*.ipynb")} - {INDEX})
LESSONS = lessons(folder=FOLDER)


def test_every_source_has_both_notebooks_and_no_notebook_is_an_orphan() -> None:
    sources = [path.stem for path in sorted(FOLDER.glob("source/*.py"))]
    assert sources == [path.stem for path in sorted({*FOLDER.glob("*.ipynb")} - {INDEX})]
    assert sources == [path.stem for path in sorted(FOLDER.glob("solutions/*.ipynb"))]


def test_names_sort_into_the_order_of_the_course() -> None:
    assert all(re.fullmatch(r"\d\d_[a-z_]+", header.name) for header in LESSONS)
    assert len(LESSONS) == len({header.number for header in LESSONS})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_notebook_keeps_the_rules_of_the_course(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert problems(notebook, solved=path.parent.name == "solutions") == []


@pytest.mark.parametrize("path", [INDEX, *NOTEBOOKS], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_links_lead_somewhere(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    assert [link for link in targets if "://" not in link and not (path.parent / link).exists()] == []


@pytest.mark.parametrize("header", LESSONS, ids=lambda header: header.name)
def test_a_lesson_is_in_step_with_its_source(header: Header) -> None:
    assert out_of_step(header, FOLDER) == []


@pytest.mark.parametrize("header", LESSONS, ids=lambda header: header.name)
def test_a_lesson_states_its_time_and_at_least_two_objectives(header: Header) -> None:
    assert 5 <= header.teach <= 90
    assert 5 <= header.practise <= 90
    assert len(header.objectives) >= 2


def test_the_first_page_is_clean_and_sorts_first() -> None:
    assert unclean(json.loads(INDEX.read_text(encoding="utf-8"))) == []
    assert min(FOLDER.glob("*.ipynb")) == INDEX


def test_the_first_page_lists_the_whole_course() -> None:
    if LESSONS_OF_THE_COURSE <= {header.number for header in LESSONS}:
        stored = [cell["id"] for cell in json.loads(INDEX.read_text(encoding="utf-8"))["cells"]]
        assert stored == [cell.id for cell in plan_index(FOLDER).cells], "run  ibnb course build 00"
