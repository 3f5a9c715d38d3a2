"""What moves prices: common factors and each instrument's own news, as walks that never look ahead.

Rule: a pure function of (seed, driver, moment). A walk is made of blocks (`clocks`), each drawn for itself; inside a
block minutes are a Brownian bridge to its total, of the same scale, so that no part of a day says anything of another.
How large moves are is known before the day: the logarithm of the scale remembers the news of the year before, quickly
and slowly, bad news more than good (an exponential GARCH), and each driver shares the market's scale to a degree. Each
day has a luck of its own on top, and now and then a jump. A walk's variance is 1 a year on average.

Source of the form: D. Nelson, Conditional Heteroskedasticity in Asset Returns: A New Approach, 1991. The numbers are
chosen so that daily returns of shares have the tails and the memory that everybody finds in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np

from .clocks import TRADING_DAYS, Clock, days_of, weights
from .noise import Bits, Floats, Ints, bell, bits, piece, stream, wait
from .regimes import Regime

# A walk is 0 here, and is chained year by year from here.
ANCHOR_YEAR = 2025
# What is remembered of a day's news after so many calendar days: quick and slow.
_QUICK, _SLOW = 0.89, 0.9885
_MEMORY = 365
# The luck of a day: the deviation of the logarithm of its scale.
_LUCK = 0.22
# The mean of a day's size, in its deviations, and the deviation of that.
_MEAN_SIZE, _SIZE_SPREAD = 0.77, 0.64
_CALMEST, _WILDEST = -0.75, 1.3
# The mean of the squared scale is about 1 if its logarithm is lowered by so many of its variances.
LEVEL = 0.64
# A jump's size, in moves of its day: at least, and on average in addition.
_LEAST_JUMP, _MORE_JUMP = 1.6, 1.3
_JUMP_SQUARE = _LEAST_JUMP**2 + 2 * _LEAST_JUMP * _MORE_JUMP + 2 * _MORE_JUMP**2
# News beyond so much is remembered as that much.
_BAD, _GOOD = 3.5, -2.0


@dataclass(frozen=True)
class Temper:
    """How a driver's scale behaves. `quick` and `slow` are the deviations of the logarithm's two parts, `fear` how much
    worse bad news is than good (−1 … 1), `market` the share it takes of the market's. `jumps` are a day's chance of
    one, `falls` the share of them that go down."""

    quick: float = 0.20
    slow: float = 0.28
    fear: float = 0.3
    market: float = 0.6
    jumps: float = 0.008
    falls: float = 0.5


MARKET = "US"
_TEMPERS = {
    MARKET: Temper(0.26, 0.36, 0.78, 0.0, 0.012, 0.75),
    "EU": Temper(0.16, 0.2, 0.6, 0.75, 0.01, 0.7),
    "ASIA": Temper(0.16, 0.22, 0.5, 0.6, 0.01, 0.65),
    **dict.fromkeys(("USD", "GOLD", "RATES"), Temper(0.14, 0.22, 0.0, 0.3, 0.006)),
    **dict.fromkeys(("HOGS", "CATTLE"), Temper(0.14, 0.2, 0.0, 0.1, 0.006)),
    **dict.fromkeys(("ENERGY", "BTC"), Temper(0.2, 0.3, 0.2, 0.3, 0.01)),
}
_SECTOR = Temper(0.18, 0.26, 0.4, 0.7, 0.008, 0.6)
_OWN = Temper()


@dataclass(frozen=True)
class Year:
    """One year of a driver, days as rows.

    `start` and `step`: the walk before each block, and what the block adds without its jump. `scale`: a day's moves in
    those of an average day, `known`: the same as known before; `quick`, `slow`: the two parts of its logarithm. `jump`:
    at the beginning of minute `at` of block `block`, 0 on most days. `whole`: the day's share of an average one's news.
    """

    start: Floats
    step: Floats
    scale: Floats
    known: Floats
    quick: Floats
    slow: Floats
    jump: Floats
    block: Ints
    at: Ints
    whole: Floats


@dataclass(frozen=True)
class _News:
    """What happens in one year, before its scale is known."""

    luck: Floats
    bells: Floats
    jump: Floats
    block: Ints
    at: Ints
    whole: Floats
    news: Floats
    walked: float


def _recall(memory: float, deviation: float) -> float:
    """How much of the last day's news is remembered, so that the sum of all that is deviates so much."""
    weights = memory ** np.arange(_MEMORY)
    return deviation / sqrt(5 / 7 * float(weights @ weights))


def _recalled(news: Floats, memory: float, recall: float) -> Floats:
    """What is remembered of the news of the last days, on each day for which there are enough before."""
    fading = memory ** np.arange(len(news), dtype=np.float64)
    total = np.cumsum(news / fading)
    total[_MEMORY:] -= total[:-_MEMORY].copy()
    return np.asarray(recall * (total * fading)[_MEMORY - 1 :], np.float64)


class Driver:
    """One walk. `market` is the one whose scale it shares, None for the market itself."""

    def __init__(
        self, seed: int, name: tuple[str, ...], clock: Clock, market: Driver | None, regime: Regime | None = None
    ) -> None:
        self.name = name
        self.clock = clock
        factor = name[1] if name[0] == "factor" else ""
        self.temper = _TEMPERS.get(factor, _SECTOR if factor else _OWN)
        self.market = market
        self._regime = regime
        self._recalls = (_recall(_QUICK, self.temper.quick), _recall(_SLOW, self.temper.slow))
        self._keys = {kind: stream(seed, *name, kind) for kind in ("block", "day", "luck", "minute", "second")}
        # Factors are asked for with every instrument, one's own news only with it.
        kept = 64 if factor else 6
        self._news = lru_cache(kept)(self._news_of)
        self._scale = lru_cache(kept)(self._scale_of)
        self._year = lru_cache(kept)(self._year_of)
        self._begins = lru_cache(None)(self._begins_of)
        self.years = lru_cache(kept)(self._years)
        share: float = self.temper.market * (self.market.spread if self.market else 0.0)
        self.spread: float = sqrt(self.temper.quick**2 + self.temper.slow**2 + share**2)

    def noise(self, kind: str, index: Ints) -> Bits:
        """The random bits of some minutes or seconds."""
        return bits(self._keys[kind], index)

    def _years(self, first: int, last: int) -> Year:
        """The years `first` to `last` as one."""
        parts = [self._year(year) for year in range(first, last + 1)]
        if len(parts) == 1:
            return parts[0]
        return Year(*(np.concatenate([getattr(part, name) for part in parts]) for name in Year.__annotations__))

    # How

    def _news_of(self, year: int) -> _News:
        temper, days = self.temper, days_of(year)
        weight = weights(self.clock, year) * TRADING_DAYS
        whole = weight.sum(axis=1)
        n = weight.shape[1]
        bells = bell(bits(self._keys["block"], days[:, None] * 8 + np.arange(n)))
        luck = np.exp(_LUCK * bell(bits(self._keys["luck"], days)) - _LUCK**2)

        fate = bits(self._keys["day"], days)
        jumps = piece(fate, 0) < temper.jumps * 65536 * np.minimum(whole, 1.0)
        falls = piece(fate, 16, 8) < temper.falls * 256
        size = (_LEAST_JUMP + _MORE_JUMP * wait(fate, 24)) * np.where(falls, -1.0, 1.0)
        jump = np.where(jumps, size, 0.0)
        place = (piece(fate, 36) + 0.5) / 65536 * whole
        block = np.minimum((np.cumsum(weight, axis=1) <= place[:, None]).sum(axis=1), n - 1)
        length = np.asarray([self.clock.length(k) for k in range(n)])
        at = piece(fate, 52, 12) * length[block] // 4096

        # What jumps add to the variance is taken from the rest; what they take from the mean is given back.
        calm = sqrt(1 - temper.jumps * _JUMP_SQUARE)
        drift = temper.jumps * (_LEAST_JUMP + _MORE_JUMP) * (2 * temper.falls - 1)
        bells = np.sqrt(weight) * bells * calm + weight * drift
        walked = 0.0
        if self._regime and days[-1] >= self._regime.first:
            push, walked = self._regime.pushed(days, bells.sum(axis=1), self._news(year - 1).walked)
            bells += push[:, None] * weight
        z = luck * bells.sum(axis=1) + jump
        bells /= sqrt(TRADING_DAYS)
        surprise = (np.abs(z) - _MEAN_SIZE * np.sqrt(whole)) / _SIZE_SPREAD
        return _News(luck, bells, jump, block, at, whole, self._told(z, surprise), walked)

    def _scale_of(self, year: int) -> tuple[Floats, Floats]:
        """The quick and the slow part of the logarithm of each day's scale."""
        news = np.concatenate([self._news(year - 1).news, self._news(year).news])
        n = len(days_of(year))
        past = news[len(news) - n - _MEMORY : -1]
        quick, slow = (
            _recalled(past, memory, recall) for memory, recall in zip((_QUICK, _SLOW), self._recalls, strict=True)
        )
        if self._regime:
            slow = slow + self._regime.raised(days_of(year))
        return np.asarray(quick, np.float64), np.asarray(slow, np.float64)

    def known(self, year: int) -> Floats:
        """The scale of each day of a year, as it is known before: in an average day's moves."""
        quick, slow = self._scale(year)
        total = quick + slow
        if self.market:
            total = total + self.temper.market * np.add(*self.market._scale(year))
        return np.asarray(np.exp(np.clip(total, _CALMEST, _WILDEST) - LEVEL * self.spread**2), np.float64)

    def _moves_of(self, year: int) -> tuple[Floats, Floats]:
        """Of each day: what each block adds, and the jump."""
        news, known = self._news(year), self.known(year)
        return (known * news.luck)[:, None] * news.bells, known * news.jump / sqrt(TRADING_DAYS)

    def _total(self, year: int) -> float:
        steps, jump = self._moves_of(year)
        return float(steps.sum() + jump.sum())

    def _begins_of(self, year: int) -> float:
        """The walk when a year begins."""
        if year == ANCHOR_YEAR:
            return 0.0
        if year > ANCHOR_YEAR:
            return float(self._begins(year - 1)) + self._total(year - 1)
        return float(self._begins(year + 1)) - self._total(year)

    def _year_of(self, year: int) -> Year:
        news, known, (quick, slow) = self._news(year), self.known(year), self._scale(year)
        step, jump = self._moves_of(year)
        added = step.copy()
        added[np.arange(len(added)), news.block] += jump
        end = np.cumsum(added.reshape(-1)).reshape(added.shape)
        start = self._begins(year) + end - added
        return Year(start, step, known * news.luck, known, quick, slow, jump, news.block, news.at, news.whole)

    # What is known of the scale

    def parts(self, day: Ints, share: Floats, walked: Floats, year: Year) -> tuple[Floats, Floats]:
        """The quick and the slow part of the logarithm when a share of some days (rows of `year`) has passed, and the
        walk has gone so far in them."""
        z = walked * sqrt(TRADING_DAYS) / year.known[day]
        whole = year.whole[day]
        surprise = (np.abs(z) - _MEAN_SIZE * np.sqrt(whole) * share) / _SIZE_SPREAD
        news = self._told(z, surprise)
        quick = year.quick[day] * (1 - (1 - _QUICK) * share) + self._recalls[0] * news
        slow = year.slow[day] * (1 - (1 - _SLOW) * share) + self._recalls[1] * news
        return quick, slow

    def expected(self, quick: Floats, slow: Floats, days: Floats) -> tuple[Floats, Floats]:
        """The logarithm of the scale to be expected over the coming calendar days, on average and without the market's
        share, and its variance over the years."""
        a, b = forecast(days, _QUICK), forecast(days, _SLOW)
        return a * quick + b * slow, (a * self.temper.quick) ** 2 + (b * self.temper.slow) ** 2

    def _told(self, z: Floats, surprise: Floats) -> Floats:
        fear = self.temper.fear
        return np.asarray(np.clip(sqrt(1 - fear**2) * surprise - fear * z, _GOOD, _BAD), np.float64)


def forecast(days: Floats, memory: float) -> Floats:
    """How much of a part of the logarithm is left, on average over the coming calendar days."""
    return np.asarray((1 - memory**days) / (days * (1 - memory)), np.float64)
