"""Lessons as assignments of nbgrader, proved with nbgrader itself (issue 11, Shows 3)."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ibnb.course import assignments, lessons
from ibnb.course.execution import environment

ROOT = Path(__file__).parents[2]
LESSON = "05_history"
needs_nbgrader = pytest.mark.skipif(
    find_spec("nbgrader") is None, reason='nbgrader isn\'t installed: pip install "ibnb[class]"'
)


def sources(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]


def test_each_lesson_is_an_assignment_with_its_answers_and_without_links_to_them(tmp_path: Path) -> None:
    written = assignments(tmp_path)
    names = [header.name for header in lessons()]
    assert [path.name for path in written] == [*(f"{name}.ipynb" for name in names), "nbgrader_config.py"]
    for path in written[:-1]:
        text = "\n".join(sources(path))
        assert path.parent.name == path.stem
        assert "### BEGIN SOLUTION" in text
        assert "solutions/" not in text
        assert "00_index" not in text
    assert not any(path.parts[-2:] == ("release", LESSON) for path in tmp_path.rglob("*"))


def test_a_configuration_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("mine", encoding="utf-8")
    [path] = assignments(tmp_path, ["05"])
    assert path.stem == LESSON
    assert (tmp_path / "nbgrader_config.py").read_text(encoding="utf-8") == "mine"


def nbgrader(folder: Path, *words: str) -> str:
    # The configuration unsets what would send the notebooks elsewhere.
    surroundings = {**environment(), "IBNB_PORT": "1", "JUPYTER_CONFIG_DIR": str(folder / "none")}
    command = [sys.executable, "-m", "nbgrader", *words]
    done = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def hand_in(folder: Path, student: str, answers: dict[str, str]) -> None:
    """What nbgrader's collecting leaves: the released notebook, in which a student has filled in some answers."""
    notebook = json.loads((folder / "release" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = answers.pop(name)
    assert not answers
    target = folder / "inbox" / f"{student}-{LESSON}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(notebook), encoding="utf-8")


def answers_of(folder: Path) -> dict[str, str]:
    notebook = json.loads((folder / "source" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8"))
    marked = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
    return {cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"]) for cell in marked}


def points(folder: Path) -> dict[str, dict[str, Any]]:
    with (folder / "grades.csv").open(encoding="utf-8") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


@needs_nbgrader
@pytest.mark.timeout(1200)
def test_nbgrader_releases_collects_and_grades_three_students(tmp_path: Path) -> None:
    assignments(tmp_path, ["05"])
    nbgrader(tmp_path, "generate_assignment", LESSON)
    nbgrader(tmp_path, "generate_solution", LESSON)
    released = "\n".join(sources(tmp_path / "release" / LESSON / f"{LESSON}.ipynb"))
    assert "SOLUTION" not in released
    assert "NotImplementedError" not in released
    assert "cash_fund = ...  # write your code here\n" in f"{released}\n"
    written = json.loads((tmp_path / "source" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8"))["cells"]
    told = ["".join(cell["source"]) for cell in written if "solution" in cell["metadata"].get("tags", [])]
    assert told
    assert not [text for text in told if text in released]
    solved = "\n".join(sources(tmp_path / "solution" / LESSON / f"{LESSON}.ipynb"))
    assert 'app.dataSettings("3 M", "1 day")' in solved

    right = answers_of(tmp_path)
    wrong = {
        name: text.replace('"3 M"', '"1 M"').replace('answer = "c"', 'answer = "a"') for name, text in right.items()
    }
    wrong = {name: text for name, text in wrong.items() if name in ("answer-05-1", "answer-05-4", "answer-05-8")}
    wrong["answer-05-8"] = "def best(frames):\n    return 1 / 0"
    hand_in(tmp_path, "ada", dict(right))
    hand_in(tmp_path, "bob", wrong)
    hand_in(tmp_path, "eve", {})
    collect(tmp_path)
    said = nbgrader(tmp_path, "autograde", LESSON)
    assert "ERROR" not in said
    nbgrader(tmp_path, "export")
    graded = points(tmp_path)
    assert {name: float(row["score"]) for name, row in graded.items()} == {"ada": 8.0, "bob": 0.0, "eve": 0.0}
    assert {float(row["max_score"]) for row in graded.values()} == {8.0}
    outputs = (tmp_path / "autograded" / "bob" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8")
    assert "05.1 not yet, because" in outputs
    assert "05.2 not attempted" in outputs


def collect(folder: Path) -> None:
    """nbgrader's way for notebooks that come as files: `zip_collect`, which reads the student from the file's name."""
    source = folder / "downloaded" / LESSON / "archive"
    source.mkdir(parents=True)
    for path in (folder / "inbox").iterdir():
        path.rename(source / path.name)
    nbgrader(
        folder,
        "zip_collect",
        LESSON,
        "--force",
        r"--FileNameCollectorPlugin.named_regexp=.*[/\\](?P<student_id>\w+)-(?P<file_id>\w+)",
    )
