"""The path of VIX: a hundred times what options on SPX imply for the coming thirty days.

Rule: VIX has no news of its own. Minutes begin and end where SPX's volatility stands; their extremes are as far away as
SPX's moves of such a minute would take it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..calendar import Sessions
from ..instruments import Instrument
from .noise import Floats, Ints, bits, stream, wait
from .path import Atoms, Path
from .volatility import Volatility

KEY = "VIX/IND/CBOE/USD"
# A day's move of one deviation takes VIX so far, as a share of it.
_ANSWER = 0.07


class VixPath:
    """The path of VIX, given that of SPX. Its seconds are made as any other's."""

    def __init__(self, own: Path, volatility: Volatility, spx: Instrument) -> None:
        self._own = own
        self._volatility = volatility
        self._spx = spx
        self._exposure = own.exposures.of(spx)

    def minutes(self, instrument: Instrument, sessions: Sessions, rth: bool) -> Atoms:
        """Every minute of these sessions, in order of time."""
        found = self._own.minutes(instrument, sessions, rth)
        if not len(found):
            return found
        end = self._ticks(instrument, found.time + 60)
        fresh = np.diff(found.time, prepend=0) != 60
        begin = np.concatenate([end[:1], end[:-1]])
        begin[fresh] = self._ticks(instrument, found.time[fresh])
        course = self._own.exposures.course(self._exposure, found.time + 60)
        reach = np.sqrt(course.usual * 252) / self._exposure.vol * _ANSWER
        luck = bits(stream(self._own.seed, KEY, "extremes"), found.time // 60)
        middle, swing = (begin + end) / 2, np.abs(end - begin) / 2
        up, down = (np.sqrt(swing**2 + (reach * middle) ** 2 / 2 * wait(luck, at)) for at in (0, 12))
        return replace(
            found, open=_whole(begin), close=_whole(end),
            high=np.maximum(np.maximum(_whole(begin), _whole(end)), _whole(middle + up)),
            low=np.minimum(np.minimum(_whole(begin), _whole(end)), _whole(middle - down)),
        )  # fmt: skip

    def seconds(self, instrument: Instrument, minutes: Atoms) -> Atoms:
        """The 60 seconds of each of these minutes, in order of time."""
        return self._own.seconds(instrument, minutes)

    def close(self, instrument: Instrument, session_day: int, liquid_close: int) -> int:
        """The liquid close of one trading day, in ticks."""
        return int(_whole(self._ticks(instrument, np.array([liquid_close])))[0])

    def _ticks(self, instrument: Instrument, time: Ints) -> Floats:
        return np.asarray(100 * self._volatility.expected(self._spx, time) / instrument.minTick, np.float64)


def _whole(ticks: Floats) -> Ints:
    return np.maximum(np.rint(ticks), 1).astype(np.int64)
