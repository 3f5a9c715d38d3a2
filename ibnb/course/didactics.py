"""How a lesson must teach: enough text, practice after each idea, sections that stand alone, described diagrams.

The rules hold for the numbered lessons of the course. Each yields a sentence for each breach.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterator
from typing import Any

from ibnb.course.pages import OBJECTIVES, SUMMARY
from ibnb.course.source import exercise_of

Notebook = dict[str, Any]
Section = tuple[str, list[Notebook]]

LESSONS = {f"{number:02}" for number in range(1, 17)}
WORDS_PER_MINUTE = (60, 120)
QUESTIONS = "### Questions to ask yourself"
MAY_FAIL = "raises-exception"

_GIVEN = {*dir(builtins), "display", "get_ipython", "_"}
_WORD = re.compile(r"\b[\w][\w'’.,%-]*")
_CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_MERMAID = re.compile(r"^```mermaid\n(.*?)^```", re.MULTILINE | re.DOTALL)
_MARKUP = re.compile(r"<[^>]+>|\]\([^)]*\)|[|*#`]")


def breaches(notebook: Notebook, *, solved: bool) -> list[str]:
    """What a lesson's notebook does against the rules of teaching, in words."""
    if notebook.get("metadata", {}).get("ibnb", {}).get("lesson") not in LESSONS:
        return []
    return [breach for rule in _RULES for breach in rule(notebook)] + list(_questions(notebook, solved=solved))


def text_of(cell: Notebook) -> str:
    """A cell's source: one string in memory, a list of lines on disk."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def words(notebook: Notebook) -> int:
    """Words of prose, without the cells that are generated, code, diagrams and links."""
    prose = [text_of(cell) for cell in notebook["cells"][2:-1] if cell["cell_type"] == "markdown"]
    return sum(len(_WORD.findall(_MARKUP.sub(" ", _CODE_BLOCK.sub("", text)))) for text in prose)


def sections(notebook: Notebook) -> list[Section]:
    """The `## ` sections that teach: title and cells."""
    found: list[Section] = []
    for cell in notebook["cells"][2:-1]:
        text = text_of(cell)
        heading = re.match(r"## (.*)", text) if cell["cell_type"] == "markdown" else None
        if heading or not found:
            found.append((heading[1] if heading else "", []))
        found[-1][1].append(cell)
    return [section for section in found if section[0] and f"## {section[0]}" not in (OBJECTIVES, SUMMARY)]


def _length(notebook: Notebook) -> Iterator[str]:
    teach = notebook["metadata"]["ibnb"]["teach"]
    least, most = (teach * rate for rate in WORDS_PER_MINUTE)
    if not least <= words(notebook) <= most:
        yield f"{words(notebook)} words of prose for {teach} min of teaching: {least} to {most} are read in that time"


def _practice(notebook: Notebook) -> Iterator[str]:
    parts = sections(notebook)
    practised = [title for title, cells in parts if any(exercise_of(text_of(cell)) for cell in cells)]
    if len(practised) < max(3, (len(parts) + 1) // 2):
        yield f"only {len(practised)} of {len(parts)} sections hold an exercise; practice comes after each idea"


def _diagrams(notebook: Notebook) -> Iterator[str]:
    for cell in notebook["cells"]:
        for diagram in _MERMAID.findall(text_of(cell)):
            yield from (
                f"a mermaid diagram has no {name} line: {diagram.splitlines()[0]}"
                for name in ("accTitle:", "accDescr:")
                if name not in diagram
            )


def _stays_connected(notebook: Notebook) -> Iterator[str]:
    lines = [line for cell in _code(notebook) for line in text_of(cell).splitlines()]
    left = [place for place, line in enumerate(lines) if re.match(r"app\.disconnect\(\)", line)]
    back = [place for place, line in enumerate(lines) if re.match(r"app = ", line)]
    if not back:
        yield "no cell makes the session `app`"
    elif left and left[-1] > back[-1]:
        yield "it ends disconnected: after Run All the exercises need a session"


def _stands_alone(notebook: Notebook) -> Iterator[str]:
    """After a restart, the first code cell and one section's own cells suffice."""
    code = _code(notebook)
    if not code or "connect(" not in text_of(code[0]):
        yield "the first code cell doesn't connect"
        return
    opening = _bound(text_of(code[0]))
    for title, cells in sections(notebook):
        known = set(opening)
        for cell in cells:
            if cell["cell_type"] != "code" or MAY_FAIL in cell["metadata"].get("tags", []):
                continue
            source = text_of(cell)
            known |= _bound(source)
            if unknown := sorted(_used(source) - known - _GIVEN):
                yield f"section {title!r} needs {', '.join(unknown)} of another section: {source.splitlines()[0]}"


def _questions(notebook: Notebook, *, solved: bool) -> Iterator[str]:
    texts = [text_of(cell) for cell in notebook["cells"]]
    asked = next((place for place, text in enumerate(texts) if QUESTIONS in text), None)
    if asked is None:
        yield f"there are no open questions (a cell with {QUESTIONS!r})"
    elif solved and not any("<details>" in text for text in texts[asked + 1 :]):
        yield 'the open questions have no answers: a markdown cell with tags=["solution"] and <details> after them'


def _code(notebook: Notebook) -> list[Notebook]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _tree(source: str) -> ast.Module:
    return ast.parse("\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()))


def _bound(source: str) -> set[str]:
    """Every name that a cell binds anywhere, arguments of its functions included."""
    names: set[str] = set()
    for node in ast.walk(_tree(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.Import(names=modules) | ast.ImportFrom(names=modules):
                names |= {module.asname or module.name.partition(".")[0] for module in modules}
    return names


def _used(source: str) -> set[str]:
    return {
        node.id for node in ast.walk(_tree(source)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


_RULES: list[Callable[[Notebook], Iterator[str]]] = [_length, _practice, _diagrams, _stays_connected, _stands_alone]
