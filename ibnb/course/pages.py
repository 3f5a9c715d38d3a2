"""What nobody writes by hand in a lesson: title, navigation, at a glance, objectives, closing; and the lesson index."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ibnb.course.source import Cell, Header

OBJECTIVES = "## What you will be able to do"
SUMMARY = "## In short"
DISCLAIMER = (
    "*This lesson teaches how to use an API. It isn't investment advice, and its symbols and rules are only examples. "
    "Practise on the simulated gateway or on a paper account: an order can be filled at another price than you expect, "
    "in parts, or not at all.*"
)


def opening(
    header: Header,
    previous: Header | None,
    following: Header | None,
    *,
    solved: bool,
    everyone: Sequence[Header] = (),
) -> list[Cell]:
    """Title with navigation and the at-a-glance table; then the objectives. `everyone`: all lessons, to link to."""
    twin = f"../{header.name}.ipynb" if solved else f"solutions/{header.name}.ipynb"
    copy = f"solved; [the lesson without answers]({twin})" if solved else f"lesson; [the solved copy]({twin})"
    title = "\n".join(
        [
            f"# {header.label}",
            "",
            navigation(previous, following, solved=solved),
            "",
            "| at a glance | |",
            "|:---|:---|",
            f"| Time | {header.teach} min teaching, {header.practise} min practice |",
            f"| You need | {linked_numbers(header.needs, everyone)} |",
            f"| You use | {', '.join(f'`{name}`' for name in header.uses)} |",
            f"| This copy | {copy} |",
        ]
    )
    objectives = "\n".join(
        [
            OBJECTIVES,
            "",
            *(f"* {objective}" for objective in header.objectives),
            "",
            "The lesson starts alone: its first code cell is all the preparation it needs, after a kernel restart too.",
        ]
    )
    return [_slide(title), _slide(objectives)]


def closing(previous: Header | None, following: Header | None, *, solved: bool = False) -> list[Cell]:
    """Where to go next, and the disclaimer."""
    onward = f"**Next lesson:** {_link(following)}" if following else "**This is the last lesson.** Well done."
    return [_slide("\n".join(["---", onward, "", navigation(previous, following, solved=solved), "", DISCLAIMER]))]


def navigation(previous: Header | None, following: Header | None, *, solved: bool) -> str:
    """One line of links. `notebooks/` and `notebooks/solutions/` hold the same names, but only the first the index."""
    back = [f"← {_link(previous)}"] if previous else []
    onward = [f"{_link(following)} →"] if following else []
    return "  |  ".join([*back, f"[all lessons]({'../' if solved else ''}00_index.ipynb)", *onward])


def without_index(cells: list[Cell]) -> list[Cell]:
    """The same cells where there is no index to lead to, as in a folder of lessons that aren't the course's."""
    link = re.compile(r"(?:  \|  )?\[all lessons\]\([^)]*\)(?:  \|  (?=\[))?")
    return [Cell(cell.kind, link.sub("", cell.source), cell.metadata) for cell in cells]


def linked_numbers(text: str, everyone: Sequence[Header]) -> str:
    """The same text, with a link behind each number of a lesson: `lessons 01 and 03`."""
    names = {header.number: header.name for header in everyone}
    return re.sub(r"\b\d\d\b", lambda found: _numbered(found[0], names), text)


def _numbered(number: str, names: dict[str, str]) -> str:
    return f"[{number}]({names[number]}.ipynb)" if number in names else number


def index(headers: list[Header], folder: str = "notebooks") -> str:
    """The lesson index as a Markdown table, for the README. Links start at `folder`."""
    rows = [
        f"| [{header.label}]({folder}/{header.name}.ipynb) | {header.teach} + {header.practise} min "
        f"| {header.objectives[0]} | [solved]({folder}/solutions/{header.name}.ipynb) |"
        for header in headers
    ]
    teach, practise = sum(header.teach for header in headers), sum(header.practise for header in headers)
    heading = ["| lesson | teaching + practice | you learn to | answers |", "|:---|:---|:---|:---|"]
    return "\n".join([*heading, *rows, f"| together | {teach} + {practise} min | | |"])


def _link(header: Header | None) -> str:
    return f"[{header.label}]({header.name}.ipynb)" if header else ""


def _slide(text: str) -> Cell:
    return Cell("markdown", text, {"slideshow": {"slide_type": "slide"}})
