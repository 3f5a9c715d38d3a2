"""How much prices are expected to move: what options are priced at, and what VIX says of SPX's.

Rule: nothing is known here that isn't known at the minute: the drivers' scales as their news so far have made them
(`drivers`), what is left of them on average until the option ends, and the strike's distance. Within a minute it
doesn't change, so an option's price moves in it with the underlying's in one direction only.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np

from ..calendar import DAY
from ..instruments import Instrument
from .actions import Actions
from .course import progress
from .drivers import LEVEL, Driver
from .exposures import Exposures
from .noise import Floats, Ints

MONTH = 30
_DAYS = 365
# How much the volatility of a strike rises towards lower ones, and on both sides: an index's puts are insurance.
_SKEW = {"IND": (0.14, 0.022), "FUT": (0.14, 0.022), "STK": (0.06, 0.022)}
_FUNDS_SKEW = (0.13, 0.022)
_FAR_BELOW, _FAR_ABOVE = -3.5, 2.5
_SHORTEST = 1 / 365
# After so many seconds a scripted move is mostly forgotten.
_FORGOTTEN = 14 * DAY
# Nobody expects less than this (a logarithm). So much more variance is priced than the logarithm's mean says.
_CALMEST, _FAIR = -0.55, 1.05


class Volatility:
    """The expected volatilities of one world. `moves` gives the scripted moves of an instrument, times and factors."""

    def __init__(
        self, exposures: Exposures, actions: Actions, moves: Callable[[Instrument], list[tuple[int, float]]]
    ) -> None:
        self._exposures = exposures
        self._actions = actions
        self._moves = moves

    def expected(self, instrument: Instrument, time: Ints, days: Floats | float = float(MONTH)) -> Floats:
        """The volatility a year that is expected of an instrument over the coming calendar days, at these times: whole
        minutes in ascending order."""
        exposure = self._exposures.of(instrument)
        known: dict[Driver, tuple[Floats, Floats]] = {}

        def parts(driver: Driver) -> tuple[Floats, Floats]:
            if driver not in known:
                known[driver] = self._parts(driver, time)
            return known[driver]

        ahead = np.asarray(days, np.float64)
        total = np.zeros(len(time))
        for driver, weight in exposure.parts:
            level, variance = driver.expected(*parts(driver), ahead)
            if driver.market:
                market, its = driver.market.expected(*parts(driver.market), ahead)
                share = driver.temper.market
                level, variance = level + share * market, variance + share * share * its
            total += weight * weight * np.exp(2 * (np.maximum(level, _CALMEST) - LEVEL * variance))
        total = total + self._results(instrument.model.key, time, ahead)
        return np.asarray(np.sqrt(_FAIR * total) * np.exp(self._alarm(instrument, time)), np.float64)

    def _results(self, key: str, time: Ints, days: Floats) -> Floats | float:
        """The variance a year of the jumps that results will make in the coming days: known to come, and gone after."""
        found = self._actions.reports(key)
        ties = self._exposures.ties
        legs = sum(power**2 * self._results(leg, time, days) for leg, power in ties.legs(key))
        if found is None:
            return legs
        steps, move = found
        coming = np.searchsorted(steps.time, time + days * DAY, "right") - np.searchsorted(steps.time, time, "right")
        return legs + np.asarray(coming * move**2 * _DAYS / days, np.float64)

    def _alarm(self, instrument: Instrument, time: Ints) -> Floats:
        """What scripted moves of the last days add to the logarithm: an index's falls frighten, any move of a share."""
        moved = np.zeros(len(time))
        for at, factor in self._moves(instrument):
            moved += np.where(time >= at, log(factor) * np.exp(np.minimum(at - time, 0) / _FORGOTTEN), 0.0)
        index = steepness(instrument.secType, instrument.symbol) != _SKEW["STK"]
        return np.asarray(np.clip(-4 * moved if index else 1.5 * np.abs(moved), -0.3, 1.2), np.float64)

    def _parts(self, driver: Driver, time: Ints) -> tuple[Floats, Floats]:
        day, share, walked, year = progress(driver, time, self._exposures.open_from)
        return driver.parts(day, share, walked, year)


def of_strike(atTheMoney: Floats, spot: Floats, strike: float, years: Floats, steep: tuple[float, float]) -> Floats:
    """The volatility of one strike, where `spot` is the underlying's price and `steep` its smile's slope and bend."""
    away = np.log(strike / spot) / (atTheMoney * np.sqrt(np.maximum(years, _SHORTEST)))
    away = np.clip(away, _FAR_BELOW, _FAR_ABOVE)
    return np.asarray(atTheMoney * (1 - steep[0] * away + steep[1] * away * away), np.float64)


def steepness(secType: str, symbol: str) -> tuple[float, float]:
    """Slope and bend of an underlying's smile."""
    return _FUNDS_SKEW if symbol in ("SPY", "QQQ", "IWM") else _SKEW.get(secType, _SKEW["STK"])
