"""Trading days as they are asked for again and again: their minutes, and the seconds of the minutes near a moment.

Rule: a bounded memory of what the paths would say once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from ..calendar import Calendar, day_date, day_number
from ..instruments import Instrument
from .noise import Ints
from .path import Atoms
from .paths import Paths

# Above every price, in ticks.
HIGHEST = 1 << 60
# So many minutes' seconds are made at once, which takes hardly longer than those of one. An option's minute goes by
# itself: all options on one thing share the seconds of that minute.
_BLOCK = 15


@dataclass(frozen=True)
class Day:
    """One trading day's minutes, with what has happened up to and including each. `high` and `low`: of liquid hours,
    as is `opening`, their first trade, None if there is none. Prices in ticks."""

    day: int
    open: int
    close: int
    regular: slice
    minutes: Atoms
    high: Ints
    low: Ints
    volume: Ints
    opening: int | None


class Days:
    """The days of every instrument in one world."""

    def __init__(self, calendar: Calendar, paths: Paths) -> None:
        self.calendar = calendar
        self.paths = paths
        self._known: dict[int, Instrument] = {}
        self._day = lru_cache(512)(self._day_of)
        self._block = lru_cache(512)(self._block_of)

    def remember(self, instrument: Instrument) -> int:
        """The key of an instrument in caches: its conId is quick to hash, and the listing's exchange makes no
        difference to its prices."""
        self._known.setdefault(instrument.conId, instrument)
        return instrument.conId

    def known(self, conId: int) -> Instrument:
        """The instrument of a key."""
        return self._known[conId]

    def of(self, instrument: Instrument, day: date) -> Day:
        """One trading day."""
        return self._day(self.remember(instrument), day_number(day))

    def block(self, instrument: Instrument, minute: int) -> slice:
        """The minutes of a day, counted from its open, whose seconds are made together with those of `minute`."""
        size = 1 if instrument.right else _BLOCK
        first = minute - minute % size
        return slice(first, first + size)

    def seconds(self, instrument: Instrument, day: Day, block: slice) -> Atoms:
        """The seconds of a block of minutes."""
        return self._block(self.remember(instrument), day.day, block.start, block.stop)

    def _day_of(self, conId: int, day: int) -> Day:
        instrument = self._known[conId]
        when = day_date(day)
        rows = self.calendar.sessions(instrument.schedule, when, when)
        opens, closes = int(rows.open[0]), int(rows.close[0])
        regular = slice((int(rows.liquid_open[0]) - opens) // 60, (int(rows.liquid_close[0]) - opens) // 60)
        minutes = self.paths.of(instrument).minutes(instrument, rows, rth=False)
        traded = minutes.count > 0
        first = int(traded[regular].argmax()) + regular.start if traded[regular].any() else None
        return Day(
            day, opens, closes, regular, minutes,
            np.maximum.accumulate(np.where(traded, minutes.high, 0)[regular]),
            np.minimum.accumulate(np.where(traded, minutes.low, HIGHEST)[regular]),
            np.cumsum(minutes.volume),
            None if first is None else int(minutes.open[first]),
        )  # fmt: skip

    def _block_of(self, conId: int, day: int, first: int, past: int) -> Atoms:
        instrument = self._known[conId]
        return self.paths.of(instrument).seconds(instrument, self._day(conId, day).minutes.where(slice(first, past)))
