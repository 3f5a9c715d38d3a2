"""Bars of every size and kind, aggregated from the path's minutes and seconds.

Rule: a larger bar is the aggregate of smaller ones, exactly; so sums stay integers (half ticks, shares, half ticks ×
shares) until the last step. Intraday bars begin at multiples of their size after the exchange's midnight, the first of
a session where the session begins (1 hour: 09:30, 10:00, 11:00 …).

One thing isn't exact: the average price of a minute is taken from its open, high, low and close, not from its seconds,
so `wap` of bars below one minute (and of a minute in progress) can differ a little from that of the whole minute.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..calendar import Sessions, day_date
from ..instruments import Instrument
from .noise import Floats, Ints
from .path import Atoms

# Prices are below this power of two, in half ticks.
_APART = 48
WHAT = ("TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "ADJUSTED_LAST", "AGGTRADES")


def is_trades(what: str) -> bool:
    """Whether bars of this kind are made of trades (and so have volume, wap and count)."""
    return what in ("TRADES", "ADJUSTED_LAST", "AGGTRADES")


@dataclass(frozen=True)
class Bars:
    """Bars as columns. `time`: bar start in epoch seconds; of days, weeks and months: midnight UTC of their date,
    which is the (last) trading day. `volume`, `wap` and `count` are −1 unless the bars are of trades.

    BID_ASK: open = time average bid, high = highest ask, low = lowest bid, close = time average ask.
    """

    time: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    wap: Floats
    count: Ints

    def __len__(self) -> int:
        return len(self.time)

    def columns(self) -> tuple[np.ndarray, ...]:
        """All columns, in the order of the fields."""
        return self.time, self.open, self.high, self.low, self.close, self.volume, self.wap, self.count

    def dates(self) -> list[str]:
        """`yyyyMMdd` of each bar, for daily and larger bars."""
        return [f"{day_date(day):%Y%m%d}" for day in self.time // 86_400]


@dataclass(frozen=True)
class Sums:
    """Bars before they become floats. Prices in half ticks; of BID_ASK `open` and `close` are sums of quarter ticks
    × seconds. `turn`: quarter ticks × volume. `span`: seconds."""

    time: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    count: Ints
    turn: Ints
    span: Ints

    def __len__(self) -> int:
        return len(self.time)

    def columns(self) -> tuple[Ints, ...]:
        """All columns, in the order of the fields."""
        return (
            self.time, self.open, self.high, self.low, self.close, self.volume, self.count, self.turn, self.span
        )  # fmt: skip

    def where(self, rows: np.ndarray | slice) -> Sums:
        """Some of the rows."""
        return Sums(*(column[rows] for column in self.columns()))


def join(parts: list[Sums]) -> Sums:
    """Parts one after the other; at least one."""
    return Sums(*(np.concatenate(column) for column in zip(*(p.columns() for p in parts), strict=True)))


def seen(atoms: Atoms, what: str) -> Sums:
    """Minutes or seconds as one kind of bar shows them."""
    o, h, low, c = atoms.open, atoms.high, atoms.low, atoms.close
    below, above, quarter = atoms.below, atoms.above, o + h + low + c
    span = np.full(len(atoms), atoms.span, np.int64)
    if what == "BID_ASK":
        prices = ((quarter - 4 * below) * span, 2 * (h + above), 2 * (low - below), (quarter + 4 * above) * span)
    else:
        shift = {"BID": -2 * below, "ASK": 2 * above, "MIDPOINT": above - below}.get(what, 0)
        prices = (2 * o + shift, 2 * h + shift, 2 * low + shift, 2 * c + shift)
    return Sums(atoms.time, *prices, atoms.volume, atoms.count, quarter * atoms.volume, span)


def merge(sums: Sums, group: Ints, what: str, label: Ints | None = None) -> Sums:
    """One row for each run of equal values in `group`, labelled by `label` at the run's end, else by the value."""
    if not len(sums):
        return sums
    starts = np.concatenate([[0], np.flatnonzero(np.diff(group)) + 1])
    ends = np.concatenate([starts[1:], [len(group)]]) - 1

    def total(column: Ints) -> Ints:
        return np.add.reduceat(column, starts)

    averaged = what == "BID_ASK"
    return Sums(
        group[starts] if label is None else label[ends],
        total(sums.open) if averaged else sums.open[starts],
        np.maximum.reduceat(sums.high, starts),
        np.minimum.reduceat(sums.low, starts),
        total(sums.close) if averaged else sums.close[ends],
        total(sums.volume),
        total(sums.count),
        total(sums.turn),
        total(sums.span),
    )


def grown(sums: Sums, group: Ints, what: str) -> Sums:
    """Each row as `merge` would show its run of equal values in `group` if it ended there; labelled as it was."""
    begins = np.concatenate([[True], group[1:] != group[:-1]])
    run = np.cumsum(begins)
    first = np.flatnonzero(begins)[run - 1]

    def total(column: Ints) -> Ints:
        upto: Ints = np.cumsum(column)
        return np.asarray(upto - upto[first] + column[first], np.int64)

    averaged = what == "BID_ASK"
    # Runs lie so far apart that no price of one is an extreme of the next.
    apart = run << _APART
    return Sums(
        sums.time,
        total(sums.open) if averaged else sums.open[first],
        np.maximum.accumulate(sums.high + apart) - apart,
        np.minimum.accumulate(sums.low - apart) + apart,
        total(sums.close) if averaged else sums.close.copy(),
        total(sums.volume),
        total(sums.count),
        total(sums.turn),
        total(sums.span),
    )


def month_of(days: Ints) -> np.ndarray:
    """The month of each day, counted from 1970-01-01."""
    return days.astype("M8[D]").astype("M8[M]")


def adjusted(sums: Sums, by: Floats, shares: Floats) -> Sums:
    """The same where each price is divided by so much, and each share has become so many.

    Rounding keeps the order of prices, so a larger bar is still the aggregate of smaller ones.
    """
    o, h, low, c = (np.rint(column / by).astype(np.int64) for column in (sums.open, sums.high, sums.low, sums.close))
    volume = np.rint(sums.volume * shares).astype(np.int64)
    turn = np.rint(sums.turn * (shares / by)).astype(np.int64)
    return Sums(sums.time, o, h, low, c, volume, sums.count, turn, sums.span)


def bar_starts(time: Ints, sessions: Sessions, size: int, rth: bool) -> tuple[Ints, Ints]:
    """The nominal start of the bar that each moment belongs to, and the start that is shown (never before the open)."""
    opens = sessions.liquid_open if rth else sessions.open
    row = np.searchsorted(opens, time, "right") - 1
    midnight = sessions.midnight[row]
    nominal = midnight + (time - midnight) // size * size
    return nominal, np.maximum(nominal, opens[row])


def finish(sums: Sums, instrument: Instrument, what: str) -> Bars:
    """The bars as prices: whole, half or (averages) finer fractions of a tick, rounded to what prints cleanly."""
    digits = instrument.decimals + 1

    def price(half_ticks: Floats | Ints) -> Floats:
        return np.round(half_ticks * (instrument.minTick / 2), digits)

    if what == "BID_ASK":
        o, c = price(sums.open / (2 * sums.span)), price(sums.close / (2 * sums.span))
    else:
        o, c = price(sums.open), price(sums.close)
    high, low = price(sums.high), price(sums.low)
    if not is_trades(what):
        unset = np.full(len(sums), -1, np.int64)
        return Bars(sums.time, o, high, low, c, unset, unset.astype(np.float64), unset)
    if not instrument.quotes:  # an index has a value, but nobody trades it
        nothing = np.zeros(len(sums), np.int64)
        return Bars(sums.time, o, high, low, c, nothing, nothing.astype(np.float64), sums.count)
    wap = np.round(sums.turn / np.maximum(4 * sums.volume, 1) * instrument.minTick, digits + 2)
    return Bars(sums.time, o, high, low, c, sums.volume, wap, sums.count)
