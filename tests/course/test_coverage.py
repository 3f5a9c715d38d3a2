"""Which features and faults of the source documents the course teaches: every id once at least, when it is complete.

`data/features.txt` and `data/defects.txt` list the ids (S0 to S4: the five documents). A lesson names in its header
what it covers, an appendix or the first page in a comment; a fault may instead be named by the test that keeps it out
(`B2-05` in the test's name or docstring).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ibnb.course import lessons
from ibnb.course.didactics import LESSONS
from ibnb.course.source import Header
from tests.appendix import APPENDIX, named

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
FEATURES = (DATA / "features.txt").read_text(encoding="utf-8").split()
DEFECTS = (DATA / "defects.txt").read_text(encoding="utf-8").split()
HEADERS = lessons(folder=ROOT / "notebooks")
PAGES = [*sorted(APPENDIX.glob("*.md")), ROOT / "notebooks" / "source" / "index.md"]
ON_PAGES = {name for page in PAGES for name in named(page)}
_TESTED = re.compile(r"\b(B\d-\d\d)\b|test_(?:\w*_)?(b\d_\d\d)(?=_|\b)")


def in_tests() -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))
    found = (name for text in texts for pair in _TESTED.findall(text) for name in pair if name)
    return {name.upper().replace("_", "-") for name in found}


def test_the_lists_are_those_of_the_five_documents() -> None:
    assert (len(FEATURES), len(set(FEATURES))) == (207, 207)
    assert (len(DEFECTS), len(set(DEFECTS))) == (98, 98)


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: header.name)
def test_a_lesson_names_ids_that_exist(header: Header) -> None:
    assert set(header.covers) <= set(FEATURES)
    assert set(header.defects) <= set(DEFECTS)
    assert header.covers


def test_a_page_names_ids_that_exist() -> None:
    assert ON_PAGES <= {*FEATURES, *DEFECTS}


def test_every_feature_is_taught_and_every_fault_told_or_tested() -> None:
    untaught = sorted(set(FEATURES) - {name for header in HEADERS for name in header.covers} - ON_PAGES)
    told = {name for header in HEADERS for name in header.defects} | in_tests() | ON_PAGES
    untold = [name for name in DEFECTS if name not in told]
    print(f"\n{len(FEATURES) - len(untaught)} of 207 features taught; missing: {' '.join(untaught) or 'none'}")
    print(f"{len(DEFECTS) - len(untold)} of 98 faults told or tested; missing: {' '.join(untold) or 'none'}")
    assert {header.number for header in HEADERS} >= LESSONS
    assert untaught == []
    assert untold == []
