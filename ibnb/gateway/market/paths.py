"""Which path an instrument follows: its own walk, what a file says, or what its underlying makes of it."""

from __future__ import annotations

from collections.abc import Iterable

from ..calendar import Calendar
from ..corporate import DEFAULT, Corporate
from ..instruments import Instrument, Instruments
from ..scenario import Move
from .actions import Actions
from .option_path import OptionPath
from .path import Path, Walk
from .recorded_path import RecordedPath
from .regimes import Regime
from .vix_path import KEY as VIX
from .vix_path import VixPath
from .volatility import Volatility


class Paths:
    """The paths of one world. `volatility`: what is expected of them."""

    def __init__(
        self,
        seed: int,
        calendar: Calendar,
        instruments: Instruments,
        moves: Iterable[Move] = (),
        regime: Regime | None = None,
        corporate: Corporate = DEFAULT,
    ) -> None:
        self.actions = Actions(seed, calendar, instruments, corporate)
        self._own = Path(seed, calendar, instruments.listings, self.actions, moves, regime)
        self.volatility = Volatility(self._own.exposures, self.actions, self._own.moves)
        self.recorded = RecordedPath(seed, calendar, self._own, instruments.recordings)
        self.options = OptionPath(seed, calendar, self.of, instruments.find, self.volatility, self.actions)
        spx = next(i for i in instruments.listings if (i.symbol, i.secType) == ("SPX", "IND"))
        self._vix = VixPath(self._own, self.volatility, spx)

    def of(self, instrument: Instrument) -> Walk:
        """The path that an instrument follows."""
        if instrument.right:
            return self.options
        if self.recorded.holds(instrument):
            return self.recorded
        return self._vix if instrument.model.key == VIX else self._own
