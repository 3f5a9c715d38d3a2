"""Lessons outside of the package: begun, built, proved, run, copied; and news of newer ones (first_use D1, D2, D5)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ibnb import cli, course, lab
from ibnb.course import LessonError
from ibnb.course.exercises import EXERCISES, check


@pytest.fixture
def registered() -> Iterator[None]:
    before = dict(EXERCISES)
    yield
    EXERCISES.clear()
    EXERCISES.update(before)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new lesson, as it was written, and built."""
    folder = tmp_path_factory.mktemp("mine")
    course.new("17_pairs", folder)
    course.build(folder=folder)
    return folder


def test_a_new_lesson_can_be_built_proved_and_run_as_it_is(pairs: Path) -> None:
    assert sorted(path.relative_to(pairs).as_posix() for path in pairs.rglob("*") if path.is_file()) == [
        "17_pairs.ipynb",
        "checks/lesson_17.py",
        "solutions/17_pairs.ipynb",
        "source/17_pairs.py",
    ]
    text = (pairs / "solutions" / "17_pairs.ipynb").read_text(encoding="utf-8")
    assert "17.1 correct: it is what a market order pays" in text
    assert "17.1 not attempted" in (pairs / "17_pairs.ipynb").read_text(encoding="utf-8")
    assert "00_index" not in text
    [result] = course.run(folder=pairs)
    assert result.ok
    assert course.build(check=True, folder=pairs)


def test_it_is_proved_strictly_where_it_lies(pairs: Path) -> None:
    assert course.check_all(folder=pairs) == 0


@pytest.mark.parametrize("place", [".", "solutions"])
def test_a_learner_opens_the_notebook_and_its_checks_are_found_beside_it(
    pairs: Path, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch, registered: None
) -> None:
    course.copy(tmp_path / "copy", folder=pairs)
    monkeypatch.chdir(tmp_path / "copy" / place)
    monkeypatch.delenv("IBNB_CHECKS", raising=False)
    assert str(check("17.1", "x", None)) == "17.1 not yet, because this is a text, a number is wanted"


def test_a_number_without_checks_is_said_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"no exercise '18.1' \(there are: none in that lesson\)"):
        check("18.1", 1)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pairs", "called NN_topic"),
        ("7_pairs", "called NN_topic"),
        ("17-pairs", "called NN_topic"),
        ("17_Pairs", "called NN_topic"),
        ("../17_pairs", "called NN_topic"),
        ("05_history", "05 is a number of the course's; those from 17 to 99"),
        ("00_index", "00 is a number of the course's"),
    ],
)
def test_a_name_that_is_no_lessons_is_one_line(
    name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["course", "new", name, "--dir", str(tmp_path)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert said in line
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    course.new("17_pairs", tmp_path)
    with pytest.raises(LessonError, match=r"there is a lesson 17 in .*: 17_pairs"):
        course.new("17_other", tmp_path)
    (tmp_path / "source" / "17_pairs.py").unlink()
    with pytest.raises(LessonError, match=r"lesson_17.py is there already"):
        course.new("17_pairs", tmp_path)


@pytest.mark.parametrize("action", ["build", "check", "run", "index"])
def test_a_folder_without_lessons_is_one_line_and_no_success(
    action: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["course", action, "--dir", str(tmp_path)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("ibnb: there is no lesson in ")


def lessons_of(folder: Path, text: str) -> Path:
    (folder / "solutions").mkdir(parents=True, exist_ok=True)
    (folder / "01_one.ipynb").write_text(text, encoding="utf-8")
    (folder / "solutions" / "01_one.ipynb").write_text("answers", encoding="utf-8")
    return folder


def test_newer_lessons_are_told_and_the_learners_work_is_left_alone(tmp_path: Path) -> None:
    release, mine = lessons_of(tmp_path / "release", "first"), tmp_path / "mine"
    course.copy(mine, folder=release)
    assert course.newer(mine, folder=release) == []
    (mine / "01_one.ipynb").write_text("my answers", encoding="utf-8")
    assert course.newer(mine, folder=release) == []
    lessons_of(release, "second")
    for _ in range(2):
        assert course.newer(mine, folder=release) == ["01_one.ipynb"]
        assert course.copy(mine, folder=release) == []
    assert (mine / "01_one.ipynb").read_text(encoding="utf-8") == "my answers"
    course.copy(mine, folder=release, overwrite=True)
    assert course.newer(mine, folder=release) == []


def test_copies_of_which_nothing_is_known_are_not_called_old(tmp_path: Path) -> None:
    release, mine = lessons_of(tmp_path / "release", "first"), tmp_path / "mine"
    course.copy(mine, folder=release)
    (mine / ".ibnb-lessons.json").unlink()
    (mine / "01_one.ipynb").write_text("my answers", encoding="utf-8")
    course.copy(mine, folder=release)
    lessons_of(release, "second")
    assert course.newer(mine, folder=release) == []
    assert list(json.loads((mine / ".ibnb-lessons.json").read_text(encoding="utf-8"))) == ["solutions/01_one.ipynb"]


def test_lab_tells_of_newer_lessons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """D5: `ibnb lab` copied once and never told of newer lessons."""
    release = shutil.copytree(course.lessons_dir(), tmp_path / "release")
    monkeypatch.setattr("ibnb.course.commands.lessons_dir", lambda: release)
    monkeypatch.setattr(course, "lessons_dir", lambda: release)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: ModuleType(name))
    monkeypatch.setattr(lab.subprocess, "run", lambda *args, **kwargs: type("Done", (), {"returncode": 0}))
    assert lab.serve(tmp_path / "mine") == 0
    assert "other versions" not in capsys.readouterr().out
    path = release / "05_history.ipynb"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert lab.serve(tmp_path / "mine") == 0
    said = capsys.readouterr().out
    assert "other versions of 05_history than your copies, which are left alone" in said
