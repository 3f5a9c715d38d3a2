"""Every statement about TWS in the course has its source, or is marked as the simulator's own (issue 12, Shows 4).

`data/statements.toml` gives, page by page, each sentence and where it is from: what changes must be looked up.
A sentence is looked at when it names TWS, IB or IB Gateway, a message code, or a limit. It needs no entry when it
speaks of the simulator, asks, or names further reading.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibnb.ib.code_table import CODES

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SOURCES = {path.stem[:2]: path for path in sorted((NOTEBOOKS / "source").glob("[0-9]*.py"))}
SOURCES |= {path.stem: path for path in sorted((NOTEBOOKS / "appendix").glob("*.md"))}
SOURCES |= {f"teacher {path.stem.split('_')[0]}": path for path in sorted((NOTEBOOKS / "instructor").glob("*.md"))}
SOURCES |= {"index": NOTEBOOKS / "source" / "index.md"}
with (Path(__file__).parent / "data" / "statements.toml").open("rb") as file:
    STATEMENTS: dict[str, dict[str, str]] = tomllib.load(file)
KNOWN = STATEMENTS.pop("sources")
OF_CODES: dict[str, list[int]] = STATEMENTS.pop("codes")  # type: ignore[assignment]

_CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)
_CODE_BLOCK = re.compile(r"```.*?```", re.DOTALL)
# The error atlas's tables are made of ibnb's table of codes, whose sources are given code by code.
_ATLAS = re.compile(r"<!-- (notices|warnings|requests|162|orders|connections) -->.*?<!-- /\1 -->", re.DOTALL)
_PART = re.compile(r"\n\s*\n|\n(?=\s*(?:[*|#]|\d+\.) )")
_END = re.compile(r"(?<=[.?!:])[*)]*\s+(?=[*]*[(A-Z`])")
_NAMES = re.compile(
    r"\bTWS\b|\bIBKR\b|\bIB\b(?!\.\w)|IB Gateway|\b(?:codes?|errors?|gets|answers?(?: with)?) \**\d{3}\b"
)
_LIMIT = re.compile(
    r"(?i)\b(?:at most|at least|up to|no more than|once in|every|per|limit\w*)\b[^.]*"
    r"\b(?:a second|requests|lines|streams|scans|clients|subscriptions)\b"
)
_CODE = re.compile(r"\b\d{4,5}\b")
_MARKED = re.compile(r"simulat|[?]\**$|^\W*(?:IB's documentation of|IB's own documentation of|IBKR Campus)")


def _prose(path: Path) -> str:
    """A page, or the text of a lesson's markdown cells, without code and diagrams."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return _ATLAS.sub("", _CODE_BLOCK.sub("", text))
    pieces = _CELL.split(text)
    cells = [text for kind, text in zip(pieces[1::2], pieces[2::2], strict=True) if "[markdown]" in kind]
    return _CODE_BLOCK.sub("", "\n\n".join(re.sub(r"^# ?", "", cell, flags=re.MULTILINE) for cell in cells))


def _sentences(text: str) -> Iterator[str]:
    for part in _PART.split(text):
        yield from _END.split(" ".join(part.split()))


def _is_about_tws(sentence: str) -> bool:
    if _MARKED.search(sentence):
        return False
    codes = {int(number) for number in _CODE.findall(sentence)} & set(CODES)
    return bool(codes or _NAMES.search(sentence) or _LIMIT.search(sentence))


@pytest.mark.parametrize("number", SOURCES)
def test_every_statement_about_tws_has_its_source(number: str) -> None:
    said = [each for each in _sentences(_prose(SOURCES[number])) if _is_about_tws(each)]
    listed = STATEMENTS.get(number, {})
    assert [each for each in said if not any(fragment in each for fragment in listed)] == []


@pytest.mark.parametrize("number", SOURCES)
def test_a_source_is_given_for_what_is_still_said(number: str) -> None:
    text = " ".join(_prose(SOURCES[number]).split())
    assert [fragment for fragment in STATEMENTS.get(number, {}) if fragment not in text] == []
    assert {place for place in STATEMENTS.get(number, {}).values() if place not in KNOWN} == set()


def test_each_code_that_ibnb_knows_has_its_source() -> None:
    listed = [code for codes in OF_CODES.values() for code in codes]
    assert sorted(listed) == sorted(CODES)
    assert set(OF_CODES) <= set(KNOWN)


@pytest.mark.parametrize(
    ("sentence", "looked_at"),
    [
        ("TWS has 33 seats for clients.", True),
        ("Then comes error 162.", True),
        ("Code 10197 follows.", True),
        ("At most three streams may be open.", True),
        ("The simulated gateway has 33 seats.", False),
        ("What will TWS say?", False),
        ("Nora has a paper account.", False),
        ("| `IB.positions` | `app.getPositions()` | |", False),
    ],
)
def test_a_sentence_that_tells_of_tws_is_looked_at(sentence: str, looked_at: bool) -> None:
    assert _is_about_tws(sentence) is looked_at
