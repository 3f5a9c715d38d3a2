"""A lesson as slides, by nbconvert and reveal.js, from the notebook as it is stored: nothing is run or kept twice.

A heading begins a slide, and so does a cell that shows something; what follows stays on it. Checks, hints and answers
aren't for the wall.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ibnb.course.commands import lessons, lessons_dir
from ibnb.course.source import LessonError, exercise_of

_HINT = re.compile(r"<details>.*?</details>", re.DOTALL)


def slides(dest: Path, wanted: Sequence[str] = (), *, folder: Path | None = None) -> list[Path]:
    """Write `NN_topic.slides.html` of each lesson to `dest`; return the files.

    They load reveal.js from the web when they are shown.

    Raises:
        LessonError: no such lesson, or nbconvert isn't installed.
    """
    if importlib.util.find_spec("nbconvert") is None:
        raise LessonError('nbconvert is missing. Install it with:  python -m pip install "ibnb[lab]"')
    nbformat: Any = importlib.import_module("nbformat")
    nbconvert: Any = importlib.import_module("nbconvert")
    folder = folder or lessons_dir()
    written = []
    dest.mkdir(parents=True, exist_ok=True)
    for header in lessons(wanted, folder):
        notebook = nbformat.read(folder / f"{header.name}.ipynb", as_version=4)
        notebook.cells = [cut(cell) for cell in notebook.cells]
        text, _ = nbconvert.SlidesExporter(reveal_scroll=True).from_notebook_node(notebook)
        written.append(dest / f"{header.name}.slides.html")
        written[-1].write_text(text, encoding="utf-8")
    return written


def cut(cell: Any) -> Any:
    """The same cell with its place among the slides, in the words of Jupyter's `slideshow` metadata."""
    cell.metadata["slideshow"] = {"slide_type": _place(cell)}
    if cell.cell_type == "markdown":
        cell.source = _HINT.sub("", cell.source)
    return cell


def _place(cell: Any) -> str:
    if cell.cell_type == "code":
        if exercise_of(cell.source):
            return "skip"
        return "subslide" if any("data" in output for output in cell.outputs) else "-"
    if re.match(r"##? |---$", cell.source, re.MULTILINE):
        return "slide"
    return "subslide" if cell.source.startswith("### ") else "-"
