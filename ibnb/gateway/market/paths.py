"""Which path an instrument follows: its own walk, what a file says, or what its underlying makes of it."""

from __future__ import annotations

from collections.abc import Iterable

from ..calendar import Calendar
from ..instruments import Instrument, Instruments
from ..scenario import Move
from .option_path import OptionPath
from .path import Path, Walk
from .recorded_path import RecordedPath


class Paths:
    """The paths of one world."""

    def __init__(self, seed: int, calendar: Calendar, instruments: Instruments, moves: Iterable[Move] = ()) -> None:
        self._own = Path(seed, calendar, moves)
        self.recorded = RecordedPath(seed, calendar, self._own, instruments.recordings)
        self.options = OptionPath(seed, calendar, self.of, instruments.find)

    def of(self, instrument: Instrument) -> Walk:
        """The path that an instrument follows."""
        if instrument.secType == "OPT":
            return self.options
        if self.recorded.holds(instrument):
            return self.recorded
        return self._own
