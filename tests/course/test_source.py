"""How the student's notebook is derived from the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ibnb.course import source
from ibnb.course.source import Cell, LessonError

DATA = Path(__file__).parent / "data" / "source"


def marked(*lines: str) -> str:
    return "\n".join(["before = 1", "### BEGIN SOLUTION", *lines, "### END SOLUTION", "after = 2"])


@pytest.mark.parametrize(
    ("solution", "line"),
    [
        (["x = 1", "answer = x + 1"], "answer = ..."),
        (["answer: int = 1"], "answer = ..."),
        (["first, second = 1, 2"], "first = second = ..."),
        (["def f(x):", "    return x"], "f = ..."),
        (["class Rule:", "    size = 5"], "Rule = ..."),
    ],
)
def test_a_solution_block_leaves_the_name_of_its_answer(solution: list[str], line: str) -> None:
    expected = ["before = 1", f"{line}  # write your code here", "after = 2"]
    assert expected == source.stub(marked(*solution)).splitlines()


@pytest.mark.parametrize(
    ("last", "line"), [("return x", "return ..."), ("self.x = 1", "self.x = ..."), ("go()", "...")]
)
def test_a_block_inside_a_function_keeps_its_indentation(last: str, line: str) -> None:
    code = f"def f(self, x):\n    ### BEGIN SOLUTION\n    x = x + 1\n    {last}\n    ### END SOLUTION"
    stub = source.stub(code)
    assert f"def f(self, x):\n    {line}  # write your code here" == stub
    ast.parse(stub)


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("### BEGIN SOLUTION\nx = 1", "without ### END"),
        ("### BEGIN SOLUTION\n### END SOLUTION", "without code"),
        ("### BEGIN SOLUTION\nprint(1)\n### END SOLUTION", "giving its answer a name"),
    ],
)
def test_a_block_that_leaves_no_answer_is_refused(code: str, complaint: str) -> None:
    with pytest.raises(LessonError, match=complaint):
        source.stub(code)


@pytest.mark.parametrize("before", ["", "limit = 5\n\n\n"])
def test_a_solved_cell_ends_with_its_last_line_of_code(before: str) -> None:
    # issue 12: the blank lines that ruff wants between a function and `### END SOLUTION` stayed as two empty lines.
    function = "def f(x):\n    return x"
    cell = Cell("code", f"{before}{source.BEGIN}\n{function}\n\n\n{source.END}", {})
    assert source.solved([cell])[0].source == f"{before}{function}"


def test_the_student_gets_neither_solution_cells_nor_answers() -> None:
    cells = source.read_cells(DATA / "99_sample.py")
    student = "\n".join(cell.source for cell in source.student(cells))
    solved = "\n".join(cell.source for cell in source.solved(cells))
    assert "plus sign" not in student
    assert "two + two" not in student
    assert "answer = ...  # write your code here" in student
    assert "plus sign" in solved
    assert "two + two" in solved
    assert "SOLUTION" not in student + solved


def test_answers_and_checks_carry_nbgraders_metadata() -> None:
    cells = source.with_nbgrader(source.read_cells(DATA / "99_sample.py"), "99")
    graded = [cell.metadata["nbgrader"] for cell in cells if "nbgrader" in cell.metadata]
    assert [entry["grade_id"] for entry in graded] == ["answer-99-1", "check-99-1", "answer-99-2", "check-99-2"]
    assert [entry["solution"] for entry in graded] == [True, False, True, False]
    assert [entry["locked"] for entry in graded] == [False, True, False, True]
    assert [entry["points"] for entry in graded if entry["grade"]] == [2, 1]


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ([marked("x = 1") + '\ncheck("99.1", x)'], "a cell of its own"),
        ([marked("x = 1"), 'check("98.1", x)'], "stands in lesson 99"),
        ([marked("x = 1")], "has no check"),
    ],
)
def test_a_check_stands_after_its_answer_alone(cells: list[str], complaint: str) -> None:
    with pytest.raises(LessonError, match=complaint):
        source.with_nbgrader([Cell("code", code, {}) for code in cells], "99")


def test_the_header_is_read_without_jupytext() -> None:
    header = source.read_header(DATA / "99_sample.py")
    assert (header.label, header.teach, header.practise) == ("99 · A sample", 2, 3)
    assert header.uses == ("check", "print")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("# %%\nprint(1)\n", "first cell must be"),
        ("# %% [raw]\n# title = \n", "isn't TOML"),
        (
            '# %% [raw]\n# title = "x"\n# minutes = 3\n',
            r"missing or of the wrong type: \['teach'.*unknown: \['minutes'\]",
        ),
    ],
)
def test_a_wrong_header_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "01_wrong.py"
    path.write_text(text)
    with pytest.raises(LessonError, match=complaint):
        source.read_header(path)


def test_ids_follow_the_contents_and_twins_differ() -> None:
    cells = [Cell("code", text, {}) for text in ("a = 1", "b = 2", "a = 1")]
    ids = source.cell_ids(cells)
    assert len(set(ids)) == 3
    assert ids[1:] == source.cell_ids([Cell("code", "new = 0", {}), *cells])[2:]


def test_a_missing_extra_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(source, "import_module", refuse)
    with pytest.raises(LessonError, match=r'needs jupytext: run .*"ibnb\[course\]"'):
        source.read_cells(DATA / "99_sample.py")
