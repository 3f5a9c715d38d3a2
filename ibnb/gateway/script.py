"""What is to happen, from a TOML file:

    [[move]]                  # every price of the symbol is multiplied by the factor, from that minute on
    time = "10:02"
    symbol = "TSLA"
    factor = 1.058

    [[halt]]                  # the share and its options don't trade for so many seconds; kind 1 or 2, as in tick 49
    time = "10:05"
    symbol = "TSLA"
    seconds = 300
    kind = 2

    [[fault]]                 # a method of Gateway.faults, with its arguments
    time = "10:30:15"
    name = "nightly_restart"
    arguments = [20]

    [[bulletin]]
    time = "10:40"
    text = "EDGX is not available."
    type = 2
    exchange = "EDGX"

Rule: `time` is New York's, on the day on which the scenario begins, or a number of seconds after its start. Names that
aren't known are refused, with the table and its place in the file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

from .scenario import NEW_YORK, Bulletin, Fault, Halt, Move, Scenario

# By table: the scenario's field, what a row becomes, and the names that it has with what they hold.
_TABLES: dict[str, tuple[str, Any, dict[str, Callable[[Any], Any]]]] = {
    "move": ("moves", Move, {"time": int, "symbol": str, "factor": float}),
    "halt": ("halts", Halt, {"time": int, "symbol": str, "seconds": int, "kind": int}),
    "fault": ("faults", Fault, {"time": float, "name": str, "arguments": tuple}),
    "bulletin": ("bulletins", Bulletin, {"time": float, "text": str, "type": int, "exchange": str}),
}


def read_script(path: Path, scenario: Scenario) -> Scenario:
    """Return the scenario with what the file scripts in place of its own moves, halts, faults and bulletins.

    Raises:
        ValueError: the file isn't TOML, or says what can't be; with its name and the place.
        OSError: it can't be read.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None
    if unknown := set(tables) - set(_TABLES):
        raise ValueError(f"{path}: no table {', '.join(sorted(unknown))}; there are {', '.join(_TABLES)}")
    found: dict[str, Any] = {field: () for field, _, _ in _TABLES.values()}
    for kind, rows in tables.items():
        field, make, names = _TABLES[kind]
        if not isinstance(rows, list):
            raise ValueError(f"{path}: write [[{kind}]], because there may be more than one")
        for place, row in enumerate(rows, 1):
            found[field] = (*found[field], _row(f"{path}: {kind} {place}", row, make, names, scenario))
    return replace(scenario, **found)


def _row(
    place: str, row: Mapping[str, Any], make: Any, names: dict[str, Callable[[Any], Any]], scenario: Scenario
) -> Any:
    if unknown := set(row) - set(names):
        raise ValueError(f"{place}: no {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
    for each in fields(make):
        if each.default is MISSING and each.name not in row:
            raise ValueError(f"{place}: {each.name} is missing")
    try:
        said = {**row, "time": _moment(row["time"], scenario)}
        return make(**{name: names[name](value) for name, value in said.items()})
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {error}") from None


def _moment(text: Any, scenario: Scenario) -> float:
    """Epoch seconds of a row's time."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return scenario.start + text
    clock = text if isinstance(text, time) else time.fromisoformat(str(text))
    return datetime.combine(scenario.today, clock, NEW_YORK).timestamp()
