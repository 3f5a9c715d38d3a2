"""Which world this is, in a few letters: what a client may keep of it must never be taken for another's, or for IB's.

Rule: two worlds whose prices may differ have different names. So everything that a scenario says counts, its start by
the day, the bars of a folder by their contents, and some prices, which another release may make otherwise; a restart of
the same world later that day changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from ..data import Recording
from ..scenario import Scenario

# What two starts of one world may differ in: the second of the day, where its folder of bars lies, the wire.
_LEFT_OUT = ("start", "data", "version")


def world_name(scenario: Scenario, recordings: Iterable[Recording], prices: Iterable[float]) -> str:
    """Return "ibnb <scenario> <12 hex digits>".

    >>> from ibnb.gateway.scenario import LESSON
    >>> world_name(LESSON, [], [])[:12]
    'ibnb lesson '
    """
    said = {each.name: getattr(scenario, each.name) for each in fields(scenario) if each.name not in _LEFT_OUT}
    digest = blake2b(repr(_plain([scenario.today, said, list(recordings), list(prices)])).encode(), digest_size=6)
    return f"ibnb {scenario.name} {digest.hexdigest()}"


def _plain(value: Any) -> Any:
    """The same value the same text, in each process: sets in order, arrays by their bytes."""
    if is_dataclass(value):
        return [type(value).__name__, *(_plain(getattr(value, each.name)) for each in fields(value))]
    if isinstance(value, Mapping):
        return sorted((repr(_plain(key)), _plain(each)) for key, each in value.items())
    if isinstance(value, Set):
        return sorted(repr(_plain(each)) for each in value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return blake2b(value.tobytes()).hexdigest() if isinstance(value, np.ndarray) else value
