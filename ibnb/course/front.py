"""The course's first page, `00_index.ipynb`: lessons, ways through them, a look at the machine, help, glossary."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from ibnb.course.pages import DISCLAIMER, linked_numbers
from ibnb.course.source import Cell, Header

NAME = "00_index"
READY = "## Is this machine ready?"

# Who has how much time, and which lessons fit into it.
TRACKS = [
    ("a taste", "01 05", "the first half of 05 will do"),
    ("half a day: data", "01 02 03 04 05", ""),
    ("a day: first orders", "01 02 03 05 08 10 11", "of 08 the first two sections"),
    ("two days: the core", "01 02 03 04 05 06 07 08 09 10 11 12 15", ""),
    ("everything", "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16", "or a lesson a week, the last one in two"),
]

_LOOK = """from ibnb.doctor import report

text, well = report()
print("All is well: the lessons will run here." if well else text)"""


def front(headers: list[Header], source: Path) -> list[Cell]:
    """The cells of the first page, for the lessons that there are; `source` holds `index.md` and `glossary.toml`."""
    text = (source / "index.md").read_text(encoding="utf-8").strip()
    for mark, part in {
        "first": f"[{headers[0].label}]({headers[0].name}.ipynb)" if headers else "the first lesson",
        "lessons": lessons_table(headers),
        "tracks": tracks_table(headers),
        "glossary": glossary_table(source),
    }.items():
        text = text.replace(f"{{{mark}}}", part)
    cells: list[Cell] = []
    for part in re.split(r"\n\n(?=## )", text):
        cells.append(Cell("markdown", part, {}))
        if part.startswith(READY):
            cells.append(Cell("code", _LOOK, {}))
    return [*cells, Cell("markdown", f"---\n{DISCLAIMER}", {})]


def header(headers: list[Header]) -> Header:
    """The first page's own header, with the minutes of the whole course."""
    teach, practise = sum(each.teach for each in headers), sum(each.practise for each in headers)
    return Header(NAME, "The course", teach, practise, "", (), ())


def lessons_table(headers: list[Header]) -> str:
    """Lesson with link, minutes, what it needs with links, what one learns."""
    rows = [
        f"| [{each.label}]({each.name}.ipynb) | {each.teach} + {each.practise} | {linked_numbers(each.needs, headers)} "
        f"| {each.objectives[0]} |"
        for each in headers
    ]
    whole = header(headers)
    together = f"| together | {whole.teach} + {whole.practise} | | |"
    return "\n".join(
        [
            "| lesson | minutes: teaching + practice | you need | you learn to |",
            "|:---|---:|:---|:---|",
            *rows,
            together,
        ]
    )


def tracks_table(headers: list[Header]) -> str:
    """Way, lessons with links, hours."""
    known = {each.number: each for each in headers}
    rows = []
    for name, numbers, remark in TRACKS:
        each = [known[number] for number in numbers.split() if number in known]
        minutes = sum(lesson.teach + lesson.practise for lesson in each)
        rows.append(
            f"| {name} | {linked_numbers(numbers.replace(' ', ' · '), headers)} | {_hours(minutes)} | {remark} |"
        )
    return "\n".join(["| you have | lessons | time | |", "|:---|:---|:---|:---|", *rows])


def glossary(source: Path) -> dict[str, str]:
    """Term → sentence, in the file's order."""
    return tomllib.loads((source / "glossary.toml").read_text(encoding="utf-8"))


def glossary_table(source: Path) -> str:
    """The glossary as a table."""
    rows = [f"| **{term}** | {re.sub(r'[|]', '/', sentence)} |" for term, sentence in glossary(source).items()]
    return "\n".join(["| word | says |", "|:---|:---|", *rows])


def _hours(minutes: int) -> str:
    hours, rest = divmod(round(minutes / 15) * 15, 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"
