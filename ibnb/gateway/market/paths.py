"""Which path an instrument follows: its own walk, what a file says, or what its underlying makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..calendar import Calendar
from ..corporate import DEFAULT, Corporate
from ..instruments import Instrument, Instruments
from ..scenario import Halt, Move
from .actions import Actions
from .halted_path import HaltedPath
from .option_path import OptionPath
from .path import Path, Walk
from .recorded_path import RecordedPath
from .regimes import Regime
from .tick_path import TickPath
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
        halts: Iterable[Halt] = (),
    ) -> None:
        self._calendar = calendar
        self._halts: dict[str, list[Halt]] = {}
        for halt in halts:
            self._halts.setdefault(halt.symbol, []).append(halt)
        self.actions = Actions(seed, calendar, instruments, corporate)
        self._own = Path(seed, calendar, instruments.listings, self.actions, moves, regime)
        self.volatility = Volatility(self._own.exposures, self.actions, self._own.moves)
        self.ticks = TickPath(seed, instruments.recordings)
        self.recorded = RecordedPath(seed, calendar, self._own, instruments.recordings)
        self.options = OptionPath(seed, calendar, self.of, instruments.find, self.volatility, self.actions)
        spx = next(i for i in instruments.listings if (i.symbol, i.secType) == ("SPX", "IND"))
        self._vix = VixPath(self._own, self.volatility, spx)

    def of(self, instrument: Instrument) -> Walk:
        """The path that an instrument follows."""
        halts = self.halts(instrument)
        return HaltedPath(self._of(instrument), halts, self._calendar) if halts else self._of(instrument)

    def halts(self, instrument: Instrument) -> Sequence[Halt]:
        """When an instrument doesn't trade: a US share, the options and the contract for difference on it."""
        if not self._halts or instrument.schedule not in ("US", "OPRA"):
            return ()
        return self._halts.get(instrument.symbol, ())

    def _of(self, instrument: Instrument) -> Walk:
        if instrument.right:
            return self.options
        if self.ticks.holds(instrument):
            return self.ticks
        if self.recorded.holds(instrument):
            return self.recorded
        return self._vix if instrument.model.key == VIX else self._own
