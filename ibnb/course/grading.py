"""A course folder for nbgrader: each lesson as an assignment with its answers; nbgrader releases it and grades.

Rule: the checks that grade are those that the learner sees; in the grading they raise for all but a correct answer
(IBNB_CHECK_RAISES), which is what nbgrader takes for no point. nbgrader's own stub, which raises, would
leave names undefined, so that checks fall over instead of saying "not attempted": ours takes its place in the release.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ibnb.course import pages, source
from ibnb.course.commands import CELL_TIMEOUT, lessons, lessons_dir
from ibnb.course.execution import CHECKS, assemble
from ibnb.course.source import Cell, Header, extra

CONFIG = "nbgrader_config.py"
_CONFIG = f'''"""Where nbgrader finds this course, and how it makes the release; written by `ibnb course nbgrader`."""

import os
import sys
from pathlib import Path

from ibnb.course.grading import release_preprocessors

c = get_config()  # noqa: F821: nbgrader's own
c.CourseDirectory.course_id = "ibnb"
c.CourseDirectory.root = str(Path(__file__).parent)
c.GenerateAssignment.preprocessors = release_preprocessors()
c.Execute.timeout = {CELL_TIMEOUT}

# Whoever grades here grades with the embedded gateway, by checks that raise for all but a correct answer.
os.environ["IBNB_CHECK_RAISES"] = "1"
for name in ("IBNB_PROFILE", "IBNB_HOST", "IBNB_PORT", "IBNB_SEAT"):
    os.environ.pop(name, None)
# The checks of lessons that aren't the course's.
os.environ["IBNB_CHECKS"] = str(Path(__file__).parent / "checks")
# nbgrader calls alembic by its name, which is known only where the environment is activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
'''
# What only makes sense beside the other lessons: links to them, and to the answers.
_LINKS = re.compile(r"^(?:\| This copy \|.*|.*\[all lessons\]\(.*)\n?", re.MULTILINE)


def assignments(dest: str | Path, wanted: Sequence[str] = (), *, folder: Path | None = None) -> list[Path]:
    """Write `source/NN_topic/NN_topic.ipynb`, with answers and not run, for each lesson, and nbgrader's configuration.

    Files that are there already are replaced, but not the configuration. Returns the files written. Then, in `dest`:
    `nbgrader generate_assignment NN_topic`, `generate_solution`, `collect` or `zip_collect`, `autograde`.
    """
    folder, dest = folder or lessons_dir(), Path(dest).expanduser()
    written = []
    for header in lessons(wanted, folder):
        target = dest / "source" / header.name / f"{header.name}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(extra("nbformat").writes(assignment(header, folder)) + "\n", encoding="utf-8")
        written.append(target)
    for path in folder.glob(f"{CHECKS}/lesson_*.py"):
        target = dest / CHECKS / path.name
        target.parent.mkdir(exist_ok=True)
        written.append(Path(shutil.copyfile(path, target)))
    if not (dest / CONFIG).exists():
        (dest / CONFIG).write_text(_CONFIG, encoding="utf-8")
        written.append(dest / CONFIG)
    return written


def assignment(header: Header, folder: Path) -> Any:
    """A lesson as nbgrader's source: the answers between their markers, and nothing that leads out of the notebook."""
    written = source.with_nbgrader(source.read_cells(folder / "source" / f"{header.name}.py"), header.number)
    opening = [
        Cell(cell.kind, _LINKS.sub("", cell.source), cell.metadata)
        for cell in pages.opening(header, None, None, solved=False)
    ]
    return assemble(header, [*opening, *written, Cell("markdown", f"---\n{pages.DISCLAIMER}", {})])


def release_preprocessors() -> list[Any]:
    """nbgrader's own for a release, with our stubs in the place of its ClearSolutions. Needs nbgrader."""
    made, known = extra("nbgrader.converters"), extra("nbgrader.preprocessors")
    ours = type("ClearAnswers", (known.NbGraderPreprocessor,), {"preprocess": _clear_answers})
    usual = made.GenerateAssignment.class_traits()["preprocessors"].default()
    return [ours if each is known.ClearSolutions else each for each in usual]


def _clear_answers(preprocessor: Any, notebook: Any, resources: Any) -> tuple[Any, Any]:
    """What the learner is given: no cells of answers to open questions, a stub for each other answer."""
    notebook.cells = [cell for cell in notebook.cells if "solution" not in cell.metadata.get("tags", [])]
    for cell in notebook.cells:
        cell.source = source.stub(cell.source)
    return notebook, resources
