"""The sample lesson, built, proved, run and copied."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ibnb.course import commands
from ibnb.course.execution import environment
from ibnb.course.source import LessonError

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copytree(DATA / "source", folder / "source")
    commands.build(["99"], folder=folder)
    return folder


def read(folder: Path, *, solved: bool) -> dict[str, Any]:
    path = folder / ("solutions/99_sample.ipynb" if solved else "99_sample.ipynb")
    return json.loads(path.read_text(encoding="utf-8"))


def outputs(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def test_two_builds_give_the_same_bytes(built: Path, tmp_path: Path) -> None:
    shutil.copytree(built / "source", tmp_path / "source")
    written = commands.build(["99"], folder=tmp_path)
    assert [p.relative_to(tmp_path).as_posix() for p in written] == ["solutions/99_sample.ipynb", "99_sample.ipynb"]
    for path in written:
        assert (built / path.relative_to(tmp_path)).read_bytes() == path.read_bytes()


def test_checks_say_correct_when_solved_and_not_attempted_before(built: Path) -> None:
    for solved, words in ((True, "correct"), (False, "not attempted")):
        said = [
            text
            for output in outputs(read(built, solved=solved))
            for text in output.get("data", {}).get("text/plain", [])
        ]
        assert [f"99.1 {words}", f"99.2 {words}"] == [text.split(":")[0] for text in said if text.startswith("99.")]


def test_stored_outputs_hold_no_chance(built: Path) -> None:
    notebook = read(built, solved=True)
    assert {"ibnb", "kernelspec", "language_info"} == set(notebook["metadata"])
    assert "version" not in notebook["metadata"]["language_info"]
    [error] = [output for output in outputs(notebook) if output["output_type"] == "error"]
    assert error["traceback"] == ["ZeroDivisionError: division by zero"]
    [figure] = [output for output in outputs(notebook) if "image/png" in output.get("data", {})]
    assert figure["metadata"]["image/png"]["alt"] == "A straight line from nought to one, drawn as a sample."
    assert any(
        "Label(value='a widget')" in text for o in outputs(notebook) for text in o.get("data", {}).get("text/plain", [])
    )


def test_navigation_leads_to_the_neighbour_and_the_twin(built: Path) -> None:
    title = "".join(read(built, solved=True)["cells"][0]["source"])
    assert "[98 · The lesson before](98_before.ipynb)" in title
    assert "(../99_sample.ipynb)" in title
    assert "(solutions/99_sample.ipynb)" in "".join(read(built, solved=False)["cells"][0]["source"])


def test_a_changed_source_is_seen_without_running_it(built: Path, tmp_path: Path) -> None:
    shutil.copytree(built, tmp_path / "n")
    [_, header] = commands.lessons(folder=tmp_path / "n")
    assert commands.out_of_step(header, tmp_path / "n") == []
    script = tmp_path / "n" / "source" / "99_sample.py"
    script.write_text(script.read_text().replace("one line", "another line"))
    assert len(commands.out_of_step(header, tmp_path / "n")) == 2
    with pytest.raises(LessonError, match="run  ibnb course build 99"):
        commands.build(["99"], check=True, folder=tmp_path / "n")


@pytest.mark.parametrize(("alt", "same"), [("three threads", True), ("two threads", False)])
def test_a_picture_is_compared_by_its_text_and_not_by_its_pixels(alt: str, same: bool) -> None:
    """Of lesson 02's threads another is quicker on another machine; the gate took that for a stale build."""

    def notebook(alt: str, pixels: str) -> str:
        data = {"image/png": pixels, "text/html": [f'<img alt="{alt}" src="data:image/png;base64,{pixels}">']}
        return json.dumps({"cells": [{"outputs": [{"output_type": "display_data", "data": data}]}]})

    assert (not commands.difference(notebook("three threads", "iVBO+/a="), notebook(alt, "iVBO+/b="))) is same


def test_nbval_passes_on_what_was_built(built: Path) -> None:
    assert commands.check_all(["99"], folder=built) == 0


def test_nbval_fails_on_a_drifted_output(built: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(built, tmp_path / "n")
    path = tmp_path / "n" / "99_sample.ipynb"
    path.write_text(path.read_text().replace("one line\\n", "one line more\\n"))
    assert commands.check_all(["99"], folder=tmp_path / "n") == 1
    assert "one line more" in capfd.readouterr().out


def test_a_lesson_that_shows_an_address_is_not_built(tmp_path: Path) -> None:
    shutil.copytree(DATA / "source", tmp_path / "source")
    script = tmp_path / "source" / "98_before.py"
    script.write_text(script.read_text() + "\n# %%\nobject()\n")
    with pytest.raises(LessonError, match="holds a memory address"):
        commands.build(["98"], folder=tmp_path)
    assert list(tmp_path.glob("**/*.ipynb")) == []


def test_run_reports_the_failing_cell(tmp_path: Path) -> None:
    shutil.copytree(DATA / "source", tmp_path / "source")
    script = tmp_path / "source" / "98_before.py"
    script.write_text(script.read_text() + "\n# %%\nnobody_defined_this\n")
    [result] = commands.run(["98"], folder=tmp_path)
    assert not result.ok
    assert "NameError: name 'nobody_defined_this' is not defined" in str(result.error)


def test_copy_spares_the_learners_work(built: Path, tmp_path: Path) -> None:
    assert [path.relative_to(tmp_path).as_posix() for path in commands.copy(tmp_path, folder=built)] == [
        "99_sample.ipynb",
        "solutions/99_sample.ipynb",
    ]
    (tmp_path / "99_sample.ipynb").write_text("my answers")
    assert commands.copy(tmp_path, folder=built) == []
    assert (tmp_path / "99_sample.ipynb").read_text() == "my answers"
    assert len(commands.copy(tmp_path, overwrite=True, folder=built)) == 2


@pytest.mark.parametrize("wanted", ["99", "99_sample"])
def test_lessons_are_found_by_number_and_name(wanted: str) -> None:
    assert [header.name for header in commands.lessons([wanted], DATA)] == ["99_sample"]


def test_an_unknown_lesson_is_answered_with_those_there_are() -> None:
    with pytest.raises(LessonError, match="no lesson 42; there are 98_before, 99_sample"):
        commands.lessons(["42"], DATA)


def test_nothing_built_is_not_a_pass(tmp_path: Path) -> None:
    shutil.copytree(DATA / "source", tmp_path / "source")
    with pytest.raises(LessonError, match=r"not built yet: 98_before.ipynb"):
        commands.check_all(folder=tmp_path)


def test_the_index_adds_up_the_minutes() -> None:
    lines = commands.index(folder=DATA).splitlines()
    assert "| [99 · A sample](notebooks/99_sample.ipynb) | 2 + 3 min " in lines[3]
    assert lines[-1] == "| together | 3 + 4 min | | |"


def test_the_lessons_of_this_checkout_are_found() -> None:
    assert commands.lessons_dir().name == "notebooks"


def test_the_builders_own_settings_dont_reach_a_lesson(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IBNB_PROFILE", "IBNB_PORT", "MPLBACKEND", "IBNB_CHECK_RAISES"):
        monkeypatch.setenv(name, "7497")
    assert not {"IBNB_PROFILE", "IBNB_PORT", "MPLBACKEND", "IBNB_CHECK_RAISES"} & set(environment())
    assert {"IBNB_PROFILE": "tws-paper", "IBNB_PORT": "7497"}.items() <= environment("tws-paper").items()
