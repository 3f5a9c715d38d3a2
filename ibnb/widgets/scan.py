"""A scan put together from TWS's own lists, with the line of Python that does the same."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
import pandas as pd

from ibnb.verbs.scan_parameters import parse
from ibnb.widgets.live import Live
from ibnb.widgets.markup import code, note, table

_COLUMNS = ("rank", "symbol", "secType", "currency", "exchange", "localSymbol", "tradingClass", "conId")
_SORTS = ("rank", "symbol", "exchange", "tradingClass")
_NO_FILTER = "–"
_FILTERS = 2
_WIDE = "320px"


class ScanBuilder(Live):
    """Choose an instrument, a location, a scan code and filters; `run()` shows what the scanner finds.

    The lists are those of getScannerParameters. `filters` as in getScan, two at most. `result` is the last frame,
    `code` the equivalent call. Raises as getScannerParameters does, and ValueError for a word that isn't in the lists.

    >>> scan = ibnb.ScanBuilder(app, "TOP_PERC_GAIN", numberOfRows=5, priceAbove=10)
    >>> scan.code
    "app.getScan('TOP_PERC_GAIN', numberOfRows=5, priceAbove=10)"
    >>> scan.run()
    >>> len(scan.result)
    5
    """

    def __init__(
        self,
        app: Any,
        scanCode: str = "MOST_ACTIVE",
        instrument: str = "STK",
        locationCode: str = "STK.US.MAJOR",
        numberOfRows: int = 10,
        **filters: float,
    ) -> None:
        self.result: pd.DataFrame | None = None
        # Asked for once: it is 2 MB.
        lists = parse(app.getScannerParameters().attrs["xml"])
        self._codes, self._locations = lists.frame("scanCodes"), lists.frame("locations")
        instruments, known = lists.frame("instruments"), lists.frame("filters")
        if len(filters) > _FILTERS:
            raise ValueError(f"{_FILTERS} filters at most; app.getScan takes more.")
        wide = widgets.Layout(width=_WIDE)
        names = [(f"{name} ({code})", code) for code, name in instruments["name"].items()]
        self.instrument = widgets.Dropdown(
            options=names, value=_known("instrument", instrument, instruments), layout=wide
        )
        self.locationCode = widgets.Dropdown(layout=wide)
        self.scanCode = widgets.Dropdown(layout=wide)
        self._offer()
        self.locationCode.value = _known("locationCode", locationCode, self._locations)
        self.scanCode.value = _known("scanCode", scanCode, self._codes)
        self.numberOfRows = widgets.BoundedIntText(numberOfRows, min=1, max=50)
        fields = {
            "Instrument": self.instrument,
            "Location": self.locationCode,
            "Scan": self.scanCode,
            "Rows": self.numberOfRows,
        }
        options = [
            (_NO_FILTER, _NO_FILTER),
            *((f"{name} ({code})", code) for code, name in known["displayName"].items()),
        ]
        given = [*filters.items(), *[(_NO_FILTER, 0.0)] * _FILTERS][:_FILTERS]
        self.filters = []
        for number, (name, value) in enumerate(given, 1):
            if name != _NO_FILTER:
                _known("filter", name, known)
            pair = widgets.Dropdown(options=options, value=name, layout=wide), widgets.FloatText(value)
            fields |= {f"Filter {number}": pair[0], f"Value {number}": pair[1]}
            self.filters.append(pair)
        for label, each in fields.items():
            each.description = label
        self._order = widgets.Dropdown(options=_SORTS, description="Sort by")
        run = widgets.Button(description="Run", button_style="primary", tooltip="Ask TWS for this ranking")
        wrap = widgets.Layout(flex_flow="row wrap")
        bar = widgets.HBox([*fields.values(), run, self._order], layout=wrap)
        super().__init__(app, before=[bar])
        self.instrument.observe(lambda _: self._offer(), "value")
        for each in (*fields.values(), self._order):
            each.observe(lambda _: self.refresh(), "value")
        self.on_click(run, "Scanning", self._scan)

    def run(self) -> None:
        """Ask TWS for the ranking, and show it."""
        self.act("Scanning", self._scan)

    def sort(self, by: str) -> None:
        """Sort by "rank", "symbol", "exchange" or "tradingClass"."""
        if by not in _SORTS:
            raise ValueError(f"by {by!r} is not legal: {', '.join(map(repr, _SORTS))}.")
        self._order.value = by

    @property
    def code(self) -> str:
        """The call that does the same."""
        arguments, keywords = self._call()
        given = [*map(repr, arguments), *(f"{name}={value!r}" for name, value in keywords.items())]
        return f"app.getScan({', '.join(given)})"

    def _call(self) -> tuple[list[str], dict[str, Any]]:
        keywords: dict[str, Any] = {}
        if self.instrument.value != "STK":
            keywords["instrument"] = self.instrument.value
        if self.locationCode.value != "STK.US.MAJOR":
            keywords["locationCode"] = self.locationCode.value
        keywords["numberOfRows"] = self.numberOfRows.value
        for name, value in self.filters:
            if name.value != _NO_FILTER:
                keywords[name.value] = int(value.value) if value.value == int(value.value) else value.value
        return [self.scanCode.value], keywords

    def _scan(self) -> str:
        arguments, keywords = self._call()
        self.result = self._app.getScan(*arguments, **keywords)
        return f"{len(self.result)} found."

    def _offer(self) -> None:
        """Offer the scans and locations that are for the chosen instrument."""
        for field, known in ((self.scanCode, self._codes), (self.locationCode, self._locations)):
            wanted = known["instruments"].str.split(",").map(lambda each: self.instrument.value in each)
            kept = field.value
            options = [(f"{name} ({code})", code) for code, name in known.loc[wanted, "displayName"].items()]
            field.options = options
            if kept in [code for _, code in options]:
                field.value = kept

    def view(self) -> str:
        if self.result is None:
            return code(self.code) + note("Press Run.")
        by = self._order.value
        found = self.result.reset_index()
        found = found if by == "rank" else found.sort_values(by, kind="stable")
        rows = [[str(each[name]) for name in _COLUMNS] for each in found.to_dict("records")]
        return code(self.code) + table(
            "What the scanner found", _COLUMNS, rows, left=_COLUMNS[1:7], by=by, way="ascending"
        )

    def __repr__(self) -> str:
        found = "" if self.result is None else f", {len(self.result)} found"
        return f"ScanBuilder({self.scanCode.value}{found})"


def _known(name: str, word: str, table: pd.DataFrame) -> str:
    if word not in table.index:
        raise ValueError(f"{name} {word!r} is not legal: {', '.join(map(repr, table.index[:12]))} …")
    return word
