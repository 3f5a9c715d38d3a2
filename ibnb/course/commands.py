"""What `ibnb course` does: build the lessons, prove them, run them, copy them to the learner, list them.

Lessons are looked for in the wheel (`ibnb/notebooks`) and else in the repository (`notebooks/` beside the package).
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from ibnb.course import front, pages, source
from ibnb.course.execution import CHECKS, assemble, environment, execute, settle
from ibnb.course.rules import PIXELS, problems, unclean
from ibnb.course.source import Header, LessonError, extra

CELL_TIMEOUT = 60
# In a folder of copies: which version of each lesson was copied.
_COPIED = ".ibnb-lessons.json"
# What the first page may be called when one asks for it alone.
_INDEX = ("00", "0", front.NAME)


@dataclass(frozen=True)
class Run:
    """One lesson's run: `seconds` it took, and the error's text (None: it ran to its end)."""

    lesson: str
    seconds: float
    error: str | None

    @property
    def ok(self) -> bool:
        return self.error is None


def lessons_dir() -> Path:
    """The folder of the lessons: `NN_topic.ipynb`, `solutions/`, `source/`, `instructor/`."""
    package = Path(str(files("ibnb")))
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if folder.is_dir():
            return folder
    raise LessonError(f"no lessons found beside {package}; reinstall ibnb, or run from a checkout of the repository")


def lessons(wanted: Sequence[str] = (), folder: Path | None = None) -> list[Header]:
    """The lessons in order, or those wanted: by number (`"5"`, `"05"`) or by name (`"05_history"`).

    Errors: LessonError naming the lessons there are.
    """
    headers = [source.read_header(path) for path in sorted(((folder or lessons_dir()) / "source").glob("[0-9]*_*.py"))]
    if not headers:
        raise LessonError(
            f"there is no lesson in {folder or lessons_dir()}: its source would be source/NN_topic.py there"
        )
    if not wanted:
        return headers
    names = {key: header for header in headers for key in (header.number, header.number.lstrip("0"), header.name)}
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise LessonError(f"no lesson {', '.join(unknown)}; there are {', '.join(header.name for header in headers)}")
    return [names[name] for name in wanted]


def plan(header: Header, folder: Path | None = None, *, solved: bool) -> Any:
    """The student's or the solved notebook of a lesson, not yet executed."""
    folder = folder or lessons_dir()
    everyone = lessons(folder=folder)
    position = everyone.index(header)
    previous = everyone[position - 1] if position else None
    following = everyone[position + 1] if position + 1 < len(everyone) else None
    written = source.with_nbgrader(source.read_cells(folder / "source" / f"{header.name}.py"), header.number)
    body = source.solved(written) if solved else source.student(written)
    opening = pages.opening(header, previous, following, solved=solved, everyone=everyone)
    cells = [*opening, *body, *pages.closing(previous, following, solved=solved)]
    return assemble(header, cells if _has_index(folder) else pages.without_index(cells))


def _has_index(folder: Path) -> bool:
    return (folder / "source" / "glossary.toml").is_file()


def plan_index(folder: Path | None = None) -> Any:
    """The course's first page, not yet executed."""
    folder = folder or lessons_dir()
    everyone = lessons(folder=folder)
    return assemble(front.header(everyone), front.front(everyone, folder / "source"))


def build(
    wanted: Sequence[str] = (),
    *,
    check: bool = False,
    folder: Path | None = None,
    timeout: int = CELL_TIMEOUT,
) -> list[Path]:
    """Build both notebooks of each lesson, executed with the embedded gateway; return the files written.

    With `check`, nothing is written: the lessons are built again and compared with what is stored (pictures by their
    presence and alt text only, since their bytes depend on the version of matplotlib).
    Errors: LessonError when a lesson fails, breaks a rule (`ibnb.course.rules`), or with `check` differs.
    """
    folder = folder or lessons_dir()
    targets: list[Path] = []
    whole = not wanted
    chosen = [name for name in wanted if name not in _INDEX]
    for header in lessons(chosen, folder) if whole or chosen else []:
        for solved in (True, False):  # solved first: a mistake in the lesson itself shows sooner
            target = notebook_path(header, folder, solved=solved)
            _store(target, _built(header, folder, solved=solved, timeout=timeout), header.number, check=check)
            targets.append(target)
    if (whole or len(chosen) < len(wanted)) and _has_index(folder):
        target = folder / f"{front.NAME}.ipynb"
        _store(target, _built_index(folder, timeout=timeout), "00", check=check)
        targets.append(target)
    return targets


def _store(target: Path, text: str, number: str, *, check: bool) -> None:
    if not check:
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
    elif not target.is_file():
        raise LessonError(f"{target.name} isn't built: run  ibnb course build {number}")
    elif differing := difference(target.read_text(encoding="utf-8"), text):
        which = f"{'solutions/' if target.parent.name == 'solutions' else ''}{target.name}"
        raise LessonError(f"{which} isn't what its source builds: run  ibnb course build {number}\n{differing}")


def notebook_path(header: Header, folder: Path, *, solved: bool) -> Path:
    """Where a lesson's notebook is stored."""
    return (folder / "solutions" if solved else folder) / f"{header.name}.ipynb"


def _built(header: Header, folder: Path, *, solved: bool, timeout: int) -> str:
    which = f"{header.name} ({'solved' if solved else 'student'})"
    notebook = settle(execute(plan(header, folder, solved=solved), name=which, timeout=timeout, folder=folder), header)
    text = _valid(notebook)
    return _kept(which, text, problems(json.loads(text), solved=solved))


def _built_index(folder: Path, *, timeout: int) -> str:
    header = front.header(lessons(folder=folder))
    text = _valid(settle(execute(plan_index(folder), name=front.NAME, timeout=timeout), header))
    return _kept(front.NAME, text, unclean(json.loads(text)))


def _valid(notebook: Any) -> str:
    nbformat = extra("nbformat")
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook) + "\n"
    return text


def _kept(which: str, text: str, broken: list[str]) -> str:
    if broken:
        raise LessonError(f"{which} breaks the rules of the course:\n  " + "\n  ".join(broken))
    return text


def difference(stored: str, built: str) -> str:
    """The first lines in which two notebooks differ, or nothing; pictures are compared by their alt texts."""
    lines = difflib.unified_diff(_comparable(stored), _comparable(built), "stored", "built", n=2, lineterm="")
    return "\n".join(line[:200] for line in itertools.islice(lines, 20))


def _comparable(text: str) -> list[str]:
    # A picture's pixels differ with the machine's fonts, and with the turns of threads that it shows.
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = ""
    return PIXELS.sub("", json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)).splitlines()


def out_of_step(header: Header, folder: Path | None = None) -> list[str]:
    """The stored notebooks of a lesson whose cells aren't those of its source: compared without running anything.

    The first cell and the last are left out: they hold links to the neighbours, which come and go.
    """
    folder = folder or lessons_dir()
    stale = []
    for solved in (True, False):
        path = notebook_path(header, folder, solved=solved)
        if not path.is_file():
            stale.append(f"{path.parent.name}/{path.name} is missing")
            continue
        stored = [(cell["id"], cell["metadata"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
        planned = [(cell.id, dict(cell.metadata)) for cell in plan(header, folder, solved=solved).cells]
        if stored[1:-1] != planned[1:-1]:
            stale.append(f"{path.parent.name}/{path.name} was built from another version of its source")
    return stale


def check_all(wanted: Sequence[str] = (), *, folder: Path | None = None, timeout: int = CELL_TIMEOUT) -> int:
    """Run all notebooks and compare every output strictly (`pytest --nbval`); returns pytest's exit status."""
    folder = folder or lessons_dir()
    both = (False, True)
    notebooks = [notebook_path(header, folder, solved=solved) for header in lessons(wanted, folder) for solved in both]
    first_page = folder / f"{front.NAME}.ipynb"
    if not wanted and first_page.is_file():
        notebooks.insert(0, first_page)
    missing = [path.name for path in notebooks if not path.is_file()]
    if missing or not notebooks:
        raise LessonError(f"not built yet: {', '.join(missing) or 'no lesson at all'}; run  ibnb course build")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", f"--nbval-cell-timeout={timeout}"]
    # The lessons are proved by nbval's rules, not by those of the project that pytest happens to be started in.
    equal = f"--nbval-sanitize-with={Path(__file__).with_name('nbval.cfg')}"
    isolated = ["-c", os.devnull, f"--rootdir={folder}", "-p", "no:cacheprovider", "-q", equal]
    return subprocess.run(
        [*command, *isolated, *map(str, notebooks)], env=environment(folder=folder), check=False
    ).returncode


def run(
    wanted: Sequence[str] = (),
    *,
    profile: str | None = None,
    folder: Path | None = None,
    timeout: int = CELL_TIMEOUT,
) -> list[Run]:
    """Run the solved lessons from top to bottom and store nothing: does the course work here, or on that profile?

    `profile="tws-paper"` runs them against a paper TWS; None is the embedded gateway.
    """
    results = []
    for header in lessons(wanted, folder):
        started = time.perf_counter()
        try:
            execute(
                plan(header, folder, solved=True), name=header.name, timeout=timeout, profile=profile, folder=folder
            )
            error = None
        except LessonError as failure:
            error = str(failure)
        results.append(Run(header.name, time.perf_counter() - started, error))
    return results


def copy(dest: str | Path, *, overwrite: bool = False, folder: Path | None = None) -> list[Path]:
    """Copy the lessons, their solutions, the appendices and checks of their own to `dest`; return the files written.

    A file that is already there is left alone, since it may hold the learner's work, unless `overwrite`.
    """
    folder, dest = folder or lessons_dir(), Path(dest).expanduser()
    copied = _copied(dest)
    written = []
    for path in _to_copy(folder):
        name = path.relative_to(folder).as_posix()
        target = dest / name
        if not target.exists() or overwrite:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            written.append(target)
        elif target.read_bytes() != path.read_bytes():
            continue
        copied[name] = _digest(path)
    if copied and copied != _copied(dest):
        (dest / _COPIED).write_text(json.dumps(copied, indent=1) + "\n", encoding="utf-8")
    return written


def newer(dest: str | Path, *, folder: Path | None = None) -> list[str]:
    """The lessons in `dest` of which there is another version now than the one that was copied there, by file name.

    What the learner has written into them doesn't count; nothing is changed.
    """
    folder, copied = folder or lessons_dir(), _copied(Path(dest).expanduser())
    names = {path.relative_to(folder).as_posix(): path for path in _to_copy(folder)}
    return [name for name, path in names.items() if name in copied and copied[name] != _digest(path)]


def _to_copy(folder: Path) -> list[Path]:
    kinds = ("*.ipynb", "solutions/*.ipynb", "appendix/*.md", f"{CHECKS}/lesson_*.py")
    return sorted(path for kind in kinds for path in folder.glob(kind))


def _copied(dest: Path) -> dict[str, str]:
    """What was copied there, by name: a digest of each file as it was."""
    path = dest / _COPIED
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return known


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def index(*, folder: Path | None = None) -> str:
    """The lesson index with minutes, as Markdown."""
    return pages.index(lessons(folder=folder))
