"""Sixty seconds through one minute.

Rule: the price is a Brownian bridge from the open to the close, whose noise is shared with whatever has the same
drivers, and which is bent to the minute's own high and low where it has its extremes, so that no second is a needle.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from .noise import Bits, Floats, Ints, piece, wait

_J = np.arange(60)
# The range of a minute is so many of its deviations, on average.
_RANGE = 1.7
# Ticks a second (one deviation) below which a price mostly goes one way between extremes.
_CALM = 0.8
# Auctions: how many times the volume of the other seconds together.
_OPENING, _CLOSING = 2, 14


def through(o: Ints, h: Ints, low: Ints, c: Ints, noise: Floats) -> tuple[Ints, Ints]:
    """The price of each second (minutes, 60), and at which seconds the extremes are touched for sure (minutes, 2).

    `noise`: each second's step, deviation 1.
    """
    row = np.arange(len(o))
    step = (h - low) / (_RANGE * sqrt(60))
    # Where a tick is much, noise of its size would make a quote flicker between the two nearest.
    step = step * np.minimum(step / _CALM, 1.0)
    course = np.cumsum(noise, axis=1)
    course -= course[:, :1]
    course *= step[:, None]
    course += o[:, None] + (c - o - course[:, -1])[:, None] * (_J / 59)

    # It has its extremes where it would have them, as high and as low as the minute's: the rest is bent along.
    inner = course[:, 1:-1]
    a, b = inner.argmax(axis=1) + 1, inner.argmin(axis=1) + 1
    b = np.where(a == b, a % 58 + 1, b)
    first, second = np.minimum(a, b), np.maximum(a, b)
    up, down = h - course[row, a], low - course[row, b]
    bend = np.stack([np.zeros_like(up), np.where(a < b, up, down), np.where(a < b, down, up), np.zeros_like(up)])
    knots = np.stack([np.zeros_like(a), first, second, np.full_like(a, 59)])
    slope = np.diff(bend, axis=0) / np.diff(knots, axis=0)
    leg = (first[:, None] <= _J).astype(np.int64) + (second[:, None] <= _J)
    at = row[:, None]
    course += bend[leg, at] + slope[leg, at] * (_J - knots[leg, at])
    return _pinned(np.rint(course).astype(np.int64), a, b, o, h, low, c)


def along(course: Floats, o: Ints, h: Ints, low: Ints, c: Ints) -> tuple[Ints, Ints]:
    """The same where the course of the seconds is known, in ticks, and only its extremes are given."""
    price = np.rint(course).astype(np.int64)
    inner = price[:, 1:-1]
    a, b = inner.argmax(axis=1) + 1, inner.argmin(axis=1) + 1
    return _pinned(price, a, np.where(a == b, a % 58 + 1, b), o, h, low, c)


def _pinned(price: Ints, a: Ints, b: Ints, o: Ints, h: Ints, low: Ints, c: Ints) -> tuple[Ints, Ints]:
    """Prices within the extremes, with the highest at second `a`, the lowest at `b`."""
    row = np.arange(len(o))
    np.clip(price, low[:, None], h[:, None], out=price)
    price[row, a], price[row, b] = h, low
    price[:, 0], price[:, -1] = o, c
    return price, np.stack([a, b], axis=1)


@dataclass(frozen=True)
class Trades:
    """Of each second: whether somebody trades, how much and how often."""

    active: np.ndarray
    volume: Ints
    count: Ints


def trades(own: Bits, touched: Ints, volume: Ints, count: Ints, opening: np.ndarray, closing: np.ndarray) -> Trades:
    """A minute's volume and trades spread over its seconds: there is a trade at its open, its extremes and its close.

    `own`: random bits of each second; `opening` and `closing`: the minutes that begin or end with an auction.
    """
    row = np.arange(len(volume))[:, None]
    rank = (piece(own, 32) + 1) * 64 + _J
    rank[:, 0] = rank[:, -1] = 0
    rank[row, touched] = 0
    busy = np.minimum(count, 60)[:, None]
    active = rank <= np.take_along_axis(np.sort(rank, axis=1), busy - 1, axis=1)

    busy = active.sum(axis=1, keepdims=True)
    size = wait(own, 48)
    weight = np.where(active, (64 * size * size).astype(np.int64) + 8, 0)
    if opening.any() or closing.any():
        others = weight.sum(axis=1)
        weight[:, 0] += others * _OPENING * opening
        weight[:, -1] += others * _CLOSING * closing
    weight = np.cumsum(weight, axis=1)
    more = (weight * (volume[:, None] - busy)) // weight[:, -1:]
    times = (more * (count[:, None] - busy)) // np.maximum(volume[:, None] - busy, 1)
    return Trades(active, active + np.diff(more, axis=1, prepend=0), active + np.diff(times, axis=1, prepend=0))


def held(active: np.ndarray) -> Ints:
    """The last second with a trade, for each second."""
    return np.maximum.accumulate(np.where(active, _J, 0), axis=1)
