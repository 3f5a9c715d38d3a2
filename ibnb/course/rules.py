"""What every built notebook must keep. The build refuses one that doesn't, and the test suite asks again.

Each rule looks at the notebook as plain data (nbformat 4 read as JSON will do) and yields a sentence for each breach.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ibnb.course import didactics
from ibnb.course.pages import DISCLAIMER, OBJECTIVES, SUMMARY
from ibnb.course.source import exercise_of

Notebook = dict[str, Any]

MAY_FAIL = "raises-exception"
NOT_RUN = "skip-execution"
WIDGET = "application/vnd.jupyter.widget-view+json"

# Stored outputs must be the same on every machine and tell nothing about the one that made them.
_PRIVATE = {
    "a memory address": re.compile(r"\b0x[0-9a-fA-F]{6,}"),
    "an absolute path": re.compile(r"(?<![\w./:~])/(?:home|Users|tmp|work|root|var|usr|opt|private|mnt)/|\b[A-Z]:\\\w"),
    "a live account": re.compile(r"\bU\d{5,}"),
}
# A picture inside HTML: its bytes spell anything.
PIXELS = re.compile(r"data:image/[\w+]+;base64,[^\"']*")
_MINUTES = re.compile(r"\| Time \| \d+ min teaching, \d+ min practice \|")


def problems(notebook: Notebook, *, solved: bool) -> list[str]:
    """Every breach of a rule, in words; an empty list is a good notebook."""
    found = [problem for rule in (_opening, _ending) for problem in rule(notebook)] + unclean(notebook)
    verdicts = list(_verdicts(notebook, "correct" if solved else "not attempted"))
    return found + verdicts + didactics.breaches(notebook, solved=solved)


def unclean(notebook: Notebook) -> list[str]:
    """What no notebook may hold, the first page included: cells not run, errors, figures without words, secrets."""
    return [problem for rule in (_executed, _errors, _figures, _privacy) for problem in rule(notebook)]


def text_of(value: str | list[str]) -> str:
    """nbformat keeps multi-line text as a string in memory and as a list of lines on disk."""
    return value if isinstance(value, str) else "".join(value)


def _code(notebook: Notebook) -> Iterator[tuple[str, list[str], Notebook]]:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = text_of(cell["source"])
            name = (source.splitlines() or ["(empty cell)"])[0]
            yield name, cell["metadata"].get("tags", []), cell


def _opening(notebook: Notebook) -> Iterator[str]:
    cells = [text_of(cell["source"]) for cell in notebook["cells"]]
    if not re.match(r"# \d\d · ", cells[0]):
        yield "the first cell isn't the lesson's title"
    if not _MINUTES.search(cells[0]):
        yield "the minutes for teaching and practice aren't stated"
    if not cells[1].startswith(OBJECTIVES):
        yield "the second cell doesn't state the objectives"


def _ending(notebook: Notebook) -> Iterator[str]:
    cells = [text_of(cell["source"]) for cell in notebook["cells"]]
    if not any(cell.startswith(SUMMARY) for cell in cells):
        yield f"there is no summary (a cell that starts with {SUMMARY!r})"
    if "**Next lesson:**" not in cells[-1] and "**This is the last lesson.**" not in cells[-1]:
        yield "the last cell doesn't say which lesson is next"
    if DISCLAIMER not in cells[-1]:
        yield "the last cell doesn't hold the disclaimer"


def _executed(notebook: Notebook) -> Iterator[str]:
    # nbval compares only cells with an execution count, so a cleared notebook would pass everything.
    for name, tags, cell in _code(notebook):
        if cell["execution_count"] is None and NOT_RUN not in tags and text_of(cell["source"]).strip():
            yield f"not executed: {name}"
        if {"ExecuteTime", "execution"} & set(cell["metadata"]):
            yield f"stores how long it ran: {name}"


def _errors(notebook: Notebook) -> Iterator[str]:
    for name, tags, cell in _code(notebook):
        for output in cell["outputs"]:
            if output["output_type"] == "error" and MAY_FAIL not in tags:
                yield f"fails with {output['ename']}: {name}"
            if output["output_type"] == "stream" and output["name"] == "stderr":
                yield f"writes to stderr ({text_of(output['text']).strip()[:80]}): {name}"


def _figures(notebook: Notebook) -> Iterator[str]:
    for name, _, cell in _code(notebook):
        for output in cell["outputs"]:
            if "image/png" in output.get("data", {}):
                alt = output["metadata"].get("image/png", {}).get("alt", "")
                if len(alt) < 20:
                    yield f"a figure has no alt text: {name}"
            for image in re.findall(r"<img\b[^>]*>", text_of(output.get("data", {}).get("text/html", ""))):
                if not re.search(r'\balt="[^"]{20,}"', image):
                    yield f"a figure has no alt text: {name}"
            if WIDGET in output.get("data", {}):
                yield f"stores a widget's model id, which is another one each run: {name}"


def _privacy(notebook: Notebook) -> Iterator[str]:
    for cell in notebook["cells"]:
        source = text_of(cell["source"])
        if _PRIVATE["a live account"].search(source):
            yield f"names a live account: {source.splitlines()[0]}"
        for output in cell.get("outputs", []):
            data = {kind: value for kind, value in output.get("data", {}).items() if not kind.startswith("image/")}
            stored = json.dumps({**output, "data": data}, ensure_ascii=False).replace("\\n", "\n").replace("\\\\", "\\")
            stored = PIXELS.sub("", stored)
            for what, pattern in _PRIVATE.items():
                if hit := pattern.search(stored):
                    yield f"the output holds {what} ({hit[0]}…): {source.splitlines()[0]}"


def _verdicts(notebook: Notebook, expected: str) -> Iterator[str]:
    """A solved notebook's checks all say correct; a student's, not attempted."""
    for _, _, cell in _code(notebook):
        exercise = exercise_of(text_of(cell["source"]))
        if exercise is None:
            continue
        said = " ".join(text_of(output.get("data", {}).get("text/plain", "")) for output in cell["outputs"])
        if not said.startswith(f"{exercise} {expected}"):
            yield f"check {exercise} should say {expected!r} but says {said!r}"
