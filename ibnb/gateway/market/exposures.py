"""How much an instrument has of each driver.

Rule: a price is the price of 2025-06-10 times the exponential of (drift + what its drivers have walked since). What is
bound is a sum of others' exposures (`ties`), so it agrees with them whenever both can be asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from math import log, sqrt

import numpy as np

from ..calendar import day_number, trading_year
from ..instruments import Instrument
from .clocks import Clock, clock_of, clock_of_factor
from .course import Course, course
from .drivers import MARKET, Driver
from .noise import Floats, Ints
from .regimes import Regime
from .ties import Ties

ANCHOR_DAY = date(2025, 6, 10)
_LEAST = 1e-9


@lru_cache(1024)
def _driver(seed: int, name: tuple[str, ...], clock: Clock, regime: Regime | None) -> Driver:
    if name == ("factor", MARKET):
        return Driver(seed, name, clock, None, regime)
    return Driver(seed, name, clock, _driver(seed, ("factor", MARKET), clock_of_factor(MARKET), regime))


@dataclass(frozen=True)
class Exposure:
    """The drivers of one path, each with its weight in the logarithm; `drift` is a year's, passing as `clock` says.

    `start`: the logarithm of the price is so much more than drift and walks together.
    """

    parts: tuple[tuple[Driver, float], ...]
    drift: float
    clock: Clock
    start: float

    @cached_property
    def groups(self) -> dict[Clock, list[tuple[Driver, float]]]:
        """The drivers by their clocks."""
        found: dict[Clock, list[tuple[Driver, float]]] = {self.clock: []}
        for driver, weight in self.parts:
            found.setdefault(driver.clock, []).append((driver, weight))
        return found

    @cached_property
    def vol(self) -> float:
        """The deviation of an average year."""
        return sqrt(sum(weight * weight for _, weight in self.parts))


class Exposures:
    """The exposures of one world's instruments. `earned`: what of a path's price isn't the path's but the next
    dividend's. `always_open_from`: from then on its markets never close."""

    def __init__(
        self,
        seed: int,
        instruments: Iterable[Instrument],
        earned: Callable[[str, Ints], Floats],
        always_open_from: date | None = None,
        regime: Regime | None = None,
    ) -> None:
        self._seed = seed
        self._regime = regime
        self._earned = earned
        self.open_from = day_number(always_open_from) if always_open_from else None
        # The first listing of a path gives it its name, its anchor and its hours.
        self.ties = Ties({i.model.key: i for i in reversed([*instruments]) if i.secType not in ("FUT", "CONTFUT")})
        self._known: dict[str, Exposure] = {}

    def of(self, instrument: Instrument) -> Exposure:
        """An instrument's exposure."""
        found = self._known.get(instrument.model.key)
        if found is None:
            found = self._known[instrument.model.key] = self._anchored(instrument)
        return found

    def course(self, exposure: Exposure, time: Ints, firsts: Ints | None = None) -> Course:
        """Where a path is at these times (whole minutes, in order), and when the minutes of some rows begin."""
        rows = np.empty(0, np.int64) if firsts is None else firsts
        return course(exposure.groups, exposure.start, exposure.drift, exposure.clock, time, self.open_from, rows)

    def _anchored(self, instrument: Instrument) -> Exposure:
        weights, drift = self._weights(instrument)
        parts = tuple((driver, weight) for driver, weight in weights.items() if abs(weight) > _LEAST)
        clock = clock_of(self._leader(instrument).schedule)
        free = Exposure(parts, drift, clock, 0.0)
        year = trading_year(self._leader(instrument).schedule, ANCHOR_DAY.year)
        close = year.liquid_close[np.searchsorted(year.day, day_number(ANCHOR_DAY), "right") - 1 :][:1]
        price = self.ties.anchor(instrument.model) - float(
            self._earned(instrument.model.key, np.array([day_number(ANCHOR_DAY)]))[0]
        )
        start = log(price) - float(self.course(free, close).value[0])
        return Exposure(parts, drift, clock, start)

    def _leader(self, instrument: Instrument) -> Instrument:
        """Whose hours a path keeps: those of what it is bound to."""
        legs = self.ties.legs(instrument.model.key)
        return self._leader(self.ties.base(legs[0][0])) if legs else self.ties.named(instrument)

    def _weights(self, instrument: Instrument) -> tuple[dict[Driver, float], float]:
        model = instrument.model
        found: dict[Driver, float] = defaultdict(float)
        legs = self.ties.legs(model.key)
        if legs:
            drift = 0.0
            for key, power in legs:
                weights, theirs = self._weights(self.ties.base(key))
                drift += power * theirs
                for driver, weight in weights.items():
                    found[driver] += power * weight
            return found, drift
        for factor, weight in model.loadings:
            name = ("factor", factor)
            found[_driver(self._seed, name, clock_of_factor(factor), self._regime)] += model.vol * weight
        rest = 1 - sum(weight * weight for _, weight in model.loadings)
        if rest > _LEAST:
            clock = clock_of(self._leader(instrument).schedule)
            own = _driver(self._seed, ("own", model.key), clock, self._regime)
            found[own] += model.vol * sqrt(rest)
        return found, model.drift
