"""TWS's scanner parameters: from the XML to tables, and the check of a scan's words against them.

Rule: what TWS doesn't tell isn't checked; an empty table lets every word pass.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple
from xml.etree import ElementTree

import pandas as pd

from ibnb import tables
from ibnb.ib import values

Row = tuple[str, ...]

#: Table → its columns; the first is the index.
COLUMNS: dict[str, Row] = {
    "scanCodes": ("scanCode", "displayName", "instruments"),
    "instruments": ("instrument", "name", "filters"),
    "locations": ("locationCode", "displayName", "instruments"),
    "filters": ("code", "displayName", "type", "id", "category"),
}
#: What getScan takes → the table that it is looked up in.
WORDS = {"scanCode": "scanCodes", "instrument": "instruments", "locationCode": "locations", "filter": "filters"}

# More legal words than this aren't all named in an error's text, only the nearest.
_MOST_NAMED = 30
_NEAREST = 5


class ScanParameters(NamedTuple):
    """What TWS can scan for: a table for each sort of words, with rows as in COLUMNS."""

    scanCodes: list[Row]
    instruments: list[Row]
    locations: list[Row]
    filters: list[Row]

    def frame(self, what: str) -> pd.DataFrame:
        """Return a table as a DataFrame."""
        return tables.table(dict.fromkeys(COLUMNS[what], "str"), getattr(self, what), COLUMNS[what][0])

    def check(self, name: str, value: str, more: Iterable[str] = ()) -> str:
        """Return `value` as TWS spells it; ValueError unless its table or `more` has it.

        `name` is one of WORDS. A location may be several, separated by commas or semicolons.
        """
        what = WORDS[name]
        rows: list[Row] = getattr(self, what)
        if not rows:
            return value
        words = dict.fromkeys([*(row[0] for row in rows), *more])
        if name != "locationCode":
            return _check(name, value, words, what)
        return re.sub("[^,;]+", lambda part: _check(name, part[0], words, what), value)

    def check_scan(self, scanCode: str, instrument: str, locationCode: str) -> Row:
        """Return these three as TWS spells them; ValueError for those that it doesn't know or doesn't offer."""
        scanCode = self.check("scanCode", scanCode)
        # Not each instrument that a scan code is for has a row of its own.
        instrument = self.check("instrument", instrument, _instruments_of(self.scanCodes))
        offered = _instruments_of(row for row in self.scanCodes if row[0] == scanCode)
        if offered and instrument not in offered:
            raise ValueError(
                f"scanCode {scanCode!r} is not offered for instrument {instrument!r}. It is for: {', '.join(offered)}."
            )
        return scanCode, instrument, self.check("locationCode", locationCode)


#: TWS hasn't told anything.
NOTHING = ScanParameters([], [], [], [])


@lru_cache(maxsize=1)
def parse(xml: str) -> ScanParameters:
    """Return the tables in TWS's XML. Raises ElementTree.ParseError.

    Instruments, locations and filters stand there in several lists: the first counts. A scan code may have a row for
    one instrument and another row for others: all count.
    """
    root = ElementTree.fromstring(xml)
    return ScanParameters(
        scanCodes=list(_rows(root, "ScanType", "scanCode", "displayName", "instruments")),
        instruments=_first(_rows(root, "Instrument", "type", "name", "filters")),
        locations=_first(_rows(root, "Location", "locationCode", "displayName", "instruments")),
        filters=_first(_filters(root)),
    )


def _rows(root: ElementTree.Element, tag: str, *children: str) -> Iterator[Row]:
    rows = (tuple(_text(element, name) for name in children) for element in root.iter(tag))
    return (row for row in rows if row[0])


def _filters(root: ElementTree.Element) -> Iterator[Row]:
    """The codes are in the fields (AbstractField, TripleComboField) of a RangeFilter, SimpleFilter …, at any depth."""
    for element in root.iter():
        if not element.tag.endswith("Filter"):
            continue
        group = _text(element, "id"), _text(element, "category")
        for field in element.iter():
            if field.tag.endswith("Field"):
                type_ = field.get("type", field.tag).rpartition(".")[2]
                for code in (_text(field, "code"), _text(field, "codeNot")):
                    if code:
                        yield code, _text(field, "displayName"), type_, *group


def _text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(name, "").strip()


def _first(rows: Iterable[Row]) -> list[Row]:
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row[0], row)
    return list(found.values())


def _instruments_of(scanCodes: Iterable[Row]) -> Collection[str]:
    return dict.fromkeys(each for row in scanCodes for each in re.findall(r"[^,;\s]+", row[2]))


def _check(name: str, value: str, words: Collection[str], what: str) -> str:
    """legal.check, with a text that stays short when there are hundreds of words."""
    try:
        return values.check(name, value, words)
    except ValueError:
        if len(words) <= _MOST_NAMED:
            raise
    folded = {word.lower(): word for word in words}
    near = [folded[each] for each in difflib.get_close_matches(value.lower(), folded, n=_NEAREST, cutoff=0.5)]
    text = f"{name} {value!r} is not legal."
    if near:
        text += f" Did you mean {near[0]!r}? The nearest of {len(words)} legal values: {', '.join(near)}."
    else:
        text += f" There are {len(words)} legal values."
    raise ValueError(f"{text} app.getScannerParameters({what!r}) lists what TWS knows.")
