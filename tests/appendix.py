"""What is generated of the appendices: the error atlas, the glossary; and what tests read in the others."""

from __future__ import annotations

import re
from pathlib import Path

from ibnb.course.front import glossary_table
from ibnb.ib.code_table import CODES, DATA, EVERY, HISTORY_162, Code, Severity

ROOT = Path(__file__).parents[1]
APPENDIX = ROOT / "notebooks" / "appendix"
_ENDS = {frozenset(): "–", EVERY: "any request", DATA: "any but an order's"}
_COVERS = re.compile(r"<!-- (?:covers|defects): ([^>]*?) -->")


def codes(severity: Severity) -> str:
    """The codes of one severity: what ibnb itself goes by, as a table."""
    rows = [_row(each) for each in sorted(CODES.values(), key=lambda each: each.code) if each.severity == severity]
    return "\n".join(["| code | says | what to do | ends |", "|---:|:---|:---|:---|", *rows])


def kinds_of_162() -> str:
    """What code 162 may mean, by the words of its text."""
    rows = [
        f"| {each.name} | {', '.join(f'*{word}*' for word in each.words)} | {each.advice} |" for each in HISTORY_162
    ]
    return "\n".join(["| kind | its text contains | what to do |", "|:---|:---|:---|", *rows])


def words() -> str:
    """The glossary of the course."""
    return glossary_table(ROOT / "notebooks" / "source")


def named(page: Path) -> set[str]:
    """The ids of the source documents' features and faults that a page teaches, from its comments."""
    return {name for names in _COVERS.findall(page.read_text(encoding="utf-8")) for name in names.split()}


def table(page: Path, heading: str) -> list[list[str]]:
    """The body of the first table below a heading: one list of cells for each row."""
    below = page.read_text(encoding="utf-8").split(f"\n{heading}\n", 1)[1]
    lines = [line for line in re.split(r"\n#", below)[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def code_in(cell: str) -> list[str]:
    """The pieces between backticks; a bar in a table's cell is written with a backslash before it."""
    return [piece.replace(r"\|", "|") for piece in re.findall(r"`([^`]+)`", cell)]


def _row(code: Code) -> str:
    ends = _ENDS.get(code.ends) or ", ".join(kind.replace("_", " ") for kind in sorted(code.ends))
    said = [text.replace("|", "/").replace("<", "&lt;") for text in (code.meaning, code.advice or "–")]
    return f"| {code.code} | {said[0]} | {said[1]} | {ends} |"
