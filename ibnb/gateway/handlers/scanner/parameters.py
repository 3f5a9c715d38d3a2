"""The scanner parameters' XML, with the elements that TWS's has.

Rule: it names exactly what ``scan_table.py`` can evaluate, so whatever a client finds in it, it can ask for.
"""

from __future__ import annotations

from functools import cache
from xml.etree import ElementTree

from .table import FILTERS, INSTRUMENTS, LOCATIONS, SCAN_TYPES, RangeFilter

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_COLUMNS = ("SYMBOL", "LAST", "CHANGE", "VOLUME")


@cache
def scan_parameters() -> str:
    """Return the whole document."""
    root = ElementTree.Element("ScanParameterResponse")
    instruments = ElementTree.SubElement(root, "InstrumentList", varName="instrumentList")
    for type_, (name, _) in INSTRUMENTS.items():
        _element(
            instruments,
            "Instrument",
            name=name,
            type=type_,
            filters=",".join(each.id for each in FILTERS),
            group="STK.GLOBAL",
            shortName=name.split()[0],
        )
    locations = ElementTree.SubElement(root, "LocationTree", varName="locationTree")
    for type_, (_, code) in INSTRUMENTS.items():
        _location(locations, code, type_)
    scans = ElementTree.SubElement(root, "ScanTypeList", varName="scanTypeList")
    for scan in SCAN_TYPES.values():
        element = _element(
            scans,
            "ScanType",
            displayName=scan.displayName,
            scanCode=scan.code,
            instruments=",".join(INSTRUMENTS),
            absoluteColumns="false",
        )
        columns = ElementTree.SubElement(element, "Columns", varName="columns")
        for column in _COLUMNS:
            _element(columns, "Column", colId=column, name=column.capitalize())
        ElementTree.SubElement(element, "access").text = "unrestricted"
    filters = ElementTree.SubElement(root, "FilterList", varName="filterList")
    for each in FILTERS:
        _range_filter(filters, each)
    ElementTree.indent(root)
    return _DECLARATION + ElementTree.tostring(root, encoding="unicode") + "\n"


def _element(parent: ElementTree.Element, tag: str, /, **texts: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag)
    for child, text in texts.items():
        ElementTree.SubElement(element, child).text = text
    return element


def _location(parent: ElementTree.Element, code: str, type_: str) -> None:
    location = LOCATIONS[code]
    element = _element(
        parent,
        "Location",
        displayName=location.displayName,
        locationCode=code,
        instruments=type_,
        routeExchange="SMART",
        access="unrestricted",
    )
    below = [each.code for each in LOCATIONS.values() if each.parent == code]
    if below:
        tree = ElementTree.SubElement(element, "LocationTree", varName="locationTree")
        for each in below:
            _location(tree, each, type_)


def _range_filter(parent: ElementTree.Element, each: RangeFilter) -> None:
    element = _element(parent, "RangeFilter", id=each.id, category="General", histogram="false", access="unrestricted")
    for varName, code, word in (("minValue", each.above, "Above"), ("maxValue", each.below, "Below")):
        field = ElementTree.SubElement(element, "AbstractField", type="scanner.filter.DoubleField", varName=varName)
        for child, text in (
            ("code", code),
            ("displayName", f"{each.displayName} {word}"),
            ("dontAllowNegative", "false"),
        ):
            ElementTree.SubElement(field, child).text = text
