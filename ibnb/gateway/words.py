"""A scenario from the words that are the same on the command line, in `Gateway(…)` and in `ibnb.connect(…)`.

Rule: every word is optional and changes one thing of the scenario that is named. Text is read here and nowhere else:
`start` is a time in New York ("2025-03-03 09:30"), or anything with a `timestamp()`; without a zone it is New York's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack, cast, get_args

from .codec import NEWEST, OLDEST
from .scenario import NEW_YORK, SCENARIOS, Latency, RegimeName, Scenario
from .script import read_script

# The years for which the exchanges' closed days are known, and in which most instruments exist.
FIRST_YEAR, LAST_YEAR = 2000, 2034


class Words(TypedDict, total=False):
    """What may be said of a scenario besides its name; None changes nothing.

    * `seed`: another number is another world of prices.
    * `start`: when the world begins; what the scenario scripts moves along.
    * `data`: a folder of CSV or Parquet bars or ticks, served as instruments (for ibnb.connect also frames by symbol).
    * `latency`: seconds of an order's way to the exchange (fills and cancellations in proportion), or a Latency.
    * `always_open`: whether markets never close.
    * `regime`: "calm", "crash", "trend" or "chop", from the first day on.
    * `script`: a TOML file of moves, faults and bulletins (`script.read_script`), in place of the scenario's own.
    * `version`: the newest server version that is served.
    """

    seed: int | None
    start: str | datetime | float | None
    data: str | Path | Mapping[str, Any] | None
    latency: float | Latency | None
    always_open: bool | None
    regime: str | None
    script: str | Path | None
    version: int | None


def scenario_of(scenario: str | Scenario, now: float, **words: Unpack[Words]) -> Scenario:
    """Return the scenario that these words describe, for a world that begins at `now` (epoch seconds).

    Raises:
        ValueError: a name, a time, a number or a script that can't be used, and why.
        OSError: no such script.
    """
    if isinstance(scenario, str):
        if scenario not in SCENARIOS:
            raise ValueError(f"no scenario {scenario!r}; there are {', '.join(map(repr, sorted(SCENARIOS)))}")
        scenario = SCENARIOS[scenario](now)
    if unknown := set(words) - set(_APPLY):
        raise TypeError(f"no word {', '.join(sorted(unknown))}; there are {', '.join(_APPLY)}")
    for name, apply in _APPLY.items():
        value = words.get(name)
        if value is not None:
            scenario = apply(scenario, value)
    return scenario


def moment(start: str | datetime | float) -> float:
    """Epoch seconds of a start. Raises ValueError for what is no time, and for years without a calendar."""
    if isinstance(start, str):
        try:
            start = datetime.fromisoformat(start)
        except ValueError:
            raise ValueError(f"start is a time in New York, for example '2025-03-03 09:30', not {start!r}") from None
    if isinstance(start, datetime):
        start = (start if start.tzinfo else start.replace(tzinfo=NEW_YORK)).timestamp()
    year = datetime.fromtimestamp(start, NEW_YORK).year
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"start lies in the years {FIRST_YEAR} to {LAST_YEAR}, not in {year}")
    return float(start)


def _regime(wanted: str) -> RegimeName:
    for name in get_args(RegimeName):
        if wanted == name:
            return cast(RegimeName, name)
    raise ValueError(f"no regime {wanted!r}; there are {', '.join(map(repr, get_args(RegimeName)))}")


def _latency(known: Latency, wanted: float | Latency) -> Latency:
    if isinstance(wanted, Latency):
        return wanted
    if not 0 < wanted <= 60:
        raise ValueError(f"latency is more than 0 and at most 60 seconds, not {wanted}")
    return known.slower(float(wanted))


def _field(name: str, kind: Callable[[Any], Any]) -> Callable[[Scenario, Any], Scenario]:
    """A word that is a field of the scenario."""
    return lambda scenario, value: replace(scenario, **{name: kind(value)})


def _folder(wanted: str | Path | Mapping[str, Any]) -> Path:
    if isinstance(wanted, Mapping):
        raise ValueError("data is a folder of CSV or Parquet files; frames by symbol are taken by ibnb.connect(data=…)")
    return Path(wanted)


def _version(wanted: int) -> int:
    if OLDEST <= wanted <= NEWEST:
        return int(wanted)
    raise ValueError(f"version is a server version from {OLDEST} to {NEWEST}, not {wanted}")


# In this order: a script's times are of the day on which the scenario begins.
_APPLY: dict[str, Callable[[Scenario, Any], Scenario]] = {
    "start": lambda scenario, value: scenario.at(moment(value)),
    "seed": _field("seed", int),
    "data": lambda scenario, value: replace(scenario, data=_folder(value)),
    "always_open": _field("always_open", bool),
    "regime": lambda scenario, value: replace(scenario, regime=_regime(value)),
    "latency": lambda scenario, value: replace(scenario, latency=_latency(scenario.latency, value)),
    "script": lambda scenario, value: read_script(Path(value), scenario),
    "version": lambda scenario, value: replace(scenario, version=_version(value)),
}
