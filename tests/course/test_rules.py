"""Each rule of the course refuses the notebook that breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from ibnb.course import pages, rules
from ibnb.course.source import Header

HEADER = Header("99_sample", "A sample", 2, 3, "Python", ("print",), ("see the rules",))


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code(source: str = "print(1)", *outputs: dict[str, Any], count: int | None = 1, **metadata: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "metadata": metadata, "source": source, "outputs": list(outputs)}
    return {**cell, "execution_count": count}


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def result(mime: str, value: str, **metadata: Any) -> dict[str, Any]:
    return {"output_type": "execute_result", "data": {mime: value}, "metadata": metadata, "execution_count": 1}


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    opening = [markdown(cell.source) for cell in pages.opening(HEADER, None, None, solved=False)]
    closing = [markdown(cell.source) for cell in pages.closing(None, None)]
    return {"cells": [*opening, *cells, markdown("## In short\nAll is well."), *closing]}


def test_a_good_notebook_has_no_problems() -> None:
    good = notebook(
        code("print(1)", stream("1\n")),
        code("plot()", result("image/png", "abc", **{"image/png": {"alt": "A line that rises from 1 to 2."}})),
        code(
            "plot()",
            result("text/html", '<img alt="A line that rises from 1 to 2." src="data:image/png;base64,+U123456/">'),
        ),
        code("1 / 0", {"output_type": "error", "ename": "ZeroDivisionError", "evalue": ""}, tags=["raises-exception"]),
        code("# in the reader's own time", count=None, tags=["skip-execution"]),
        code('check("99.1", x)', result("text/plain", "99.1 not attempted")),
        code("url", stream("https://example.org/home/page and 10/11 and ~/notebooks, DU1234567")),
    )
    assert rules.problems(good, solved=False) == []


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        (code(count=None), "not executed: print(1)"),
        (code(execution={"iopub.execute_input": "2025"}), "stores how long it ran"),
        (code("x", {"output_type": "error", "ename": "NameError", "evalue": "x"}), "fails with NameError: x"),
        (code("x", stream("Warning: old", "stderr")), "writes to stderr"),
        (code("p", result("image/png", "abc")), "a figure has no alt text: p"),
        (code("p", result("text/html", "<p><img src='x.png'></p>")), "a figure has no alt text: p"),
        (code("w", result(rules.WIDGET, "model")), "stores a widget's model id"),
        (code("o", stream("<object at 0x7f3a11c0ffee>")), "the output holds a memory address"),
        (code("o", stream("wrote /home/ann/orders.csv")), "the output holds an absolute path"),
        (code("o", stream("wrote C:\\Users\\ann")), "the output holds an absolute path"),
        (code("o", result("text/html", "<td>U1234567</td>")), "the output holds a live account"),
        (code("connect(live='U1234567')"), "names a live account"),
        (markdown("Type U7654321."), "names a live account"),
        (code('check("99.1", x)', result("text/plain", "99.1 correct: yes")), "should say 'not attempted'"),
    ],
)
def test_a_breach_is_named(cell: dict[str, Any], complaint: str) -> None:
    found = rules.problems(notebook(cell), solved=False)
    assert any(complaint in problem for problem in found), found


def test_a_solved_notebook_must_be_correct() -> None:
    unsolved = notebook(code('check("99.1", x)', result("text/plain", "99.1 not yet, because")))
    assert rules.problems(unsolved, solved=True) == ["check 99.1 should say 'correct' but says '99.1 not yet, because'"]


def test_the_fixed_blocks_are_required() -> None:
    bare = {"cells": [markdown("hello"), markdown("world")]}
    assert len(rules.problems(bare, solved=False)) == 6
