"""What a student types into the cells of a lesson's exercises, as text.

A right answer is the solved notebook's. A wrong one is the expression that stands in the list of wrong answers,
`place(app, "MSFT", "BUY", 2, "MKT")`, given to the names that the exercise's check looks at.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat

from ibnb.course import lessons_dir
from ibnb.course.exercises import find

_CHECK = re.compile(r'^check\("([\d.]+)"', re.MULTILINE)
ALL_WRONG = """
import re
import ibnb
from ibnb.course import check
from tests.course.answers import given, lesson_NN
ibnb.reset()
missed = []
for asked, because in lesson_NN.WRONG:
    with given(asked) as arguments:
        verdict = check(*arguments)
    if verdict.state != "not yet" or not re.search(because, verdict.detail):
        missed.append((because, str(verdict)))
print(f"{len(lesson_NN.WRONG)} wrong answers, {len(missed)} without their reason", *missed, sep="\\n")
""".strip()


@dataclass(frozen=True)
class Question:
    """An exercise in a notebook: the places of its answer's cells with the solved text, and that of its check.

    `names` are what the check looks at, with `_` for what is the lesson's own, such as the session.
    """

    number: str
    solved: list[tuple[int, str]]
    check: int
    names: list[str]

    def right(self) -> dict[str, Any]:
        return {"edits": self.solved, "check": self.check}

    def typed(self, source: str) -> dict[str, Any]:
        """`source` in the last of the exercise's cells."""
        return {"edits": [(self.solved[-1][0], source)], "check": self.check}


@dataclass(frozen=True)
class Lesson:
    """A lesson's two notebooks and its lists of answers."""

    notebook: str

    @cached_property
    def cells(self) -> list[Any]:
        return list(nbformat.read(lessons_dir() / self.notebook, 4).cells)

    @property
    def number(self) -> int:
        return int(self.notebook[:2])

    def raising(self) -> list[int]:
        """The places of the cells that show an error because the lesson means them to."""
        return [place for place, cell in enumerate(self.cells) if "raises-exception" in cell.metadata.get("tags", [])]

    def all_wrong(self) -> dict[str, Any]:
        """Every wrong answer to the lesson's exercises, each with a session of its own, from one cell."""
        return self.questions[-1].typed(ALL_WRONG.replace("NN", f"{self.number:02}"))

    @cached_property
    def questions(self) -> list[Question]:
        solved = nbformat.read(lessons_dir() / "solutions" / self.notebook, 4).cells
        found, edits = [], []
        for place, (cell, answer) in enumerate(zip(self.cells, solved, strict=False)):
            if cell.cell_type != "code":
                continue
            if cell.source != answer.source:
                edits.append((place, answer.source))
            if number := _CHECK.search(cell.source):
                call = next(each for each in ast.walk(ast.parse(cell.source)) if isinstance(each, ast.Call))
                names = [ast.unparse(each) for each in call.args[1:]]
                bound = {name for _, text in edits for name in _bound(text)}
                found.append(Question(number[1], edits, place, [name if name in bound else "_" for name in names]))
                edits = []
        return found

    def wrong(self, question: Question) -> tuple[str, str]:
        """The text of a wrong answer and a regular expression for the reason: of several one that needs no session."""
        if letters := find(question.number).wrong:
            letter, reason = next(iter(letters.items()))
            return f'{question.names[0]} = "{letter}"', re.escape(reason)
        listed = sorted(self._listed(question.number), key=lambda each: each[0])
        _, answers, because = listed[0]
        if any(answer.startswith("*") for answer in answers):
            lines = [f"{', '.join(name for name in question.names if name != '_')}, *_ = {', '.join(answers)},"]
        else:
            named = zip(question.names, answers, strict=False)
            lines = [f"{name} = {answer}" for name, answer in named if name != "_"]
        if any("mine." in line for line in lines):
            lines.insert(0, f"from tests.course.answers import lesson_{self.number:02} as mine")
        return "\n".join(lines), because

    def _listed(self, number: str) -> Iterator[tuple[bool, list[str], str]]:
        """Whether it needs a session, the answers as text, and the reason, of each wrong answer to an exercise."""
        module = import_module(f"tests.course.answers.lesson_{self.number:02}")
        for entry in _wrong_entries(Path(str(module.__file__))):
            asked, because = entry.elts
            session = isinstance(asked, ast.Call)
            if isinstance(asked, ast.Call) and isinstance(asked.args[0], ast.Lambda):
                asked = asked.args[0].body
            if isinstance(asked, ast.Tuple) and ast.literal_eval(asked.elts[0]) == number:
                names = set(vars(module)) - {each.arg for each in ast.walk(entry) if isinstance(each, ast.arg)}
                texts = [ast.unparse(_Mine(names).visit(each)) for each in asked.elts[1:]]
                yield session, texts, ast.literal_eval(because)


def _bound(source: str) -> Iterator[str]:
    """The names that a cell gives a value to."""
    for each in ast.walk(ast.parse(source)):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id
        elif isinstance(each, ast.FunctionDef | ast.ClassDef):
            yield each.name


def _wrong_entries(path: Path) -> list[Any]:
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "WRONG":
            assert isinstance(statement.value, ast.List)
            return statement.value.elts
    raise LookupError(f"{path} has no list WRONG")


class _Mine(ast.NodeTransformer):
    """Calls what the file of answers defines by its own name: a lesson may have the same names for other things."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.names:
            return node
        return ast.Attribute(ast.Name("mine", ast.Load()), node.id, ast.Load())
