"""A lesson is one percent script, `notebooks/source/NN_topic.py`; both its notebooks are derived from it alone.

The script, in jupytext's percent format, opens with one raw cell of TOML: the lesson's header.

    # %% [raw]
    # title = "History into a DataFrame"
    # teach = 35                      # minutes
    # practise = 30                   # minutes
    # needs = "lesson 01"
    # uses = ["getData", "plotData"]  # the API that the lesson uses
    # objectives = ["choose a duration and a bar size", "…"]
    # covers = ["S2-15"]              # what it teaches and which faults it tells of: ids of the source documents,
    # defects = ["B2-05"]             # counted by the tests and not shown

Title, navigation, at-a-glance table, objectives, next lesson and disclaimer are generated from it. Two rules make the
student's notebook out of the solved one:

1. A cell tagged `solution` (`# %% tags=["solution"]`) is left out.
2. What stands between `### BEGIN SOLUTION` and `### END SOLUTION` (nbgrader's markers) becomes one line that still
   runs: a last line `x = …` leaves `x = ...`, `return …` leaves `return ...`, `def f` or `class f` leaves `f = ...`.

A cell that calls `check("NN.k", …)` is the check of exercise k; the cells with solution blocks before it are its
answers. Both carry nbgrader's metadata, so that teachers who use nbgrader can grade with it (`points=2` in the cell's
line for more than one point). `slideshow` metadata and all other tags pass through. `alt="…"` on a cell describes its
figure where the plotting verb hasn't done so.
"""

from __future__ import annotations

import ast
import hashlib
import re
import textwrap
import tomllib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ibnb.tracebacks import short_traceback

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
STUB = "# write your code here"

_CHECK = re.compile(r'^\s*(?:\w+ = )?check\("([^"]+)"', re.MULTILINE)
_RAW = re.compile(r"\A# %% \[raw\][^\n]*\n((?:#[^\n]*\n)+)")


class LessonError(RuntimeError):
    """A lesson can't be built or breaks a rule of the course; the text names the lesson, the cell and the rule."""

    def _render_traceback_(self) -> list[str]:
        return short_traceback(self)


@dataclass(frozen=True)
class Header:
    """What a lesson says about itself. `teach` and `practise` are minutes."""

    name: str
    title: str
    teach: int
    practise: int
    needs: str
    uses: tuple[str, ...]
    objectives: tuple[str, ...]
    covers: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        return self.name[:2]

    @property
    def label(self) -> str:
        return f"{self.number} · {self.title}"


@dataclass(frozen=True)
class Cell:
    """One cell before it runs: `kind` is nbformat's cell type."""

    kind: str
    source: str
    metadata: dict[str, Any]

    @property
    def tags(self) -> list[str]:
        return list(self.metadata.get("tags", []))


def read_header(path: Path) -> Header:
    """The header of one source, read without jupytext."""
    found = _RAW.match(path.read_text(encoding="utf-8"))
    if not found:
        raise LessonError(f"{path.name}: the first cell must be `# %% [raw]` with the lesson's header in TOML")
    text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in found[1].splitlines())
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LessonError(f"{path.name}: the header isn't TOML: {error}") from None
    expected = {"title": str, "teach": int, "practise": int, "needs": str, "uses": list, "objectives": list}
    counted = {"covers": list, "defects": list}
    values = {**{key: [] for key in counted}, **values}
    wrong = [key for key, kind in {**expected, **counted}.items() if not isinstance(values.get(key), kind)]
    unknown = sorted(set(values) - set(expected) - set(counted))
    if wrong or unknown:
        raise LessonError(f"{path.name}: header fields missing or of the wrong type: {wrong}; unknown: {unknown}")
    return Header(
        name=path.stem,
        title=values["title"],
        teach=values["teach"],
        practise=values["practise"],
        needs=values["needs"],
        uses=tuple(values["uses"]),
        objectives=tuple(values["objectives"]),
        covers=tuple(values["covers"]),
        defects=tuple(values["defects"]),
    )


def read_cells(path: Path) -> list[Cell]:
    """The cells after the header, as the teacher wrote them: solutions and markers included."""
    notebook = extra("jupytext").reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    return [Cell(cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells[1:]]


def extra(module: str) -> Any:
    """A module of the extra `course`, imported when it is first needed, so that a learner doesn't need it.

    Errors: LessonError with the one command that installs it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise LessonError(f'building lessons needs {error.name}: run  python -m pip install "ibnb[course]"') from None


def solved(cells: list[Cell]) -> list[Cell]:
    """The teacher's copy: everything, without the marker lines."""
    return [Cell(cell.kind, _without_markers(cell.source), cell.metadata) for cell in cells]


def student(cells: list[Cell]) -> list[Cell]:
    """The learner's copy: no `solution` cells, and one stub line for each solution block."""
    return [Cell(cell.kind, stub(cell.source), cell.metadata) for cell in cells if "solution" not in cell.tags]


def stub(code: str) -> str:
    """Replace each solution block of one cell by a line that runs and holds no answer."""
    kept: list[str] = []
    block: list[str] | None = None
    for line in code.splitlines():
        if line.strip() == BEGIN:
            block = []
        elif line.strip() == END:
            if not block:
                raise LessonError(f"{END} without code before it:\n{code}")
            kept.append(_stub_line(block))
            block = None
        elif block is not None:
            block.append(line)
        else:
            kept.append(line)
    if block is not None:
        raise LessonError(f"{BEGIN} without {END}:\n{code}")
    return "\n".join(kept)


def _stub_line(block: list[str]) -> str:
    indent = " " * (len(block[0]) - len(block[0].lstrip()))
    # `return` is only legal inside a function, so the block is parsed as one's body.
    body = textwrap.indent(textwrap.dedent("\n".join(block)), "    ")
    function = ast.parse(f"def lesson():\n{body}").body[0]
    assert isinstance(function, ast.FunctionDef)
    match function.body[-1]:
        case ast.Assign(targets=[ast.Tuple(elts=names)]):
            empty = " = ".join(ast.unparse(name) for name in names) + " = ..."
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
            empty = f"{ast.unparse(target)} = ..."
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            empty = f"{name} = ..."
        case ast.Return():
            empty = "return ..."
        case _ if indent:
            empty = "..."
        case _:
            raise LessonError("a solution must end by giving its answer a name (x = …):\n" + "\n".join(block))
    return f"{indent}{empty}  {STUB}"


def _without_markers(code: str) -> str:
    # The source has two blank lines between a function and the marker below it; the notebook has no marker.
    return "\n".join(line for line in code.splitlines() if line.strip() not in (BEGIN, END)).strip("\n")


def exercise_of(code: str) -> str | None:
    """`05.2` when the cell calls `check("05.2", …)`."""
    found = _CHECK.search(code)
    return found[1] if found else None


def with_nbgrader(cells: list[Cell], number: str) -> list[Cell]:
    """Mark answers and checks for nbgrader (schema 3), on the cells as written: the markers say what is an answer.

    Errors: LessonError for a check that shares its answer's cell or stands in another lesson, an answer without check.
    """
    marked: list[Cell] = []
    waiting: list[int] = []
    for cell in cells:
        exercise = exercise_of(cell.source) if cell.kind == "code" else None
        answers = cell.kind == "code" and BEGIN in cell.source
        if exercise and answers:
            raise LessonError(f"check({exercise!r}) needs a cell of its own")
        if exercise and not exercise.startswith(f"{number}."):
            raise LessonError(f"check({exercise!r}) stands in lesson {number}")
        if answers:
            waiting.append(len(marked))
        metadata = dict(cell.metadata)
        if exercise:
            for position, index in enumerate(waiting, start=1):
                suffix = f"-{position}" if position > 1 else ""
                marked[index].metadata["nbgrader"] = _nbgrader(f"answer-{exercise}{suffix}", answer=True)
            waiting = []
            metadata["nbgrader"] = _nbgrader(f"check-{exercise}", points=metadata.pop("points", 1))
        marked.append(Cell(cell.kind, cell.source, metadata))
    if waiting:
        raise LessonError(f"an answer has no check after it:\n{marked[waiting[0]].source}")
    return marked


def _nbgrader(grade_id: str, *, answer: bool = False, points: int | None = None) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "grade": points is not None,
        "grade_id": grade_id.replace(".", "-"),
        "locked": not answer,
        "schema_version": 3,
        "solution": answer,
        "task": False,
    }
    if points is not None:
        metadata["points"] = points
    return metadata


def cell_ids(cells: list[Cell]) -> list[str]:
    """Ids from the cells' contents, so that a new cell doesn't rename its neighbours; twins are numbered."""
    seen: dict[str, int] = {}
    ids: list[str] = []
    for cell in cells:
        digest = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:10]
        seen[digest] = seen.get(digest, 0) + 1
        ids.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return ids
