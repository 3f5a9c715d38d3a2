"""What dividends, splits and results make of prices.

Rule: a price is its path's (which has the drift) plus what the share has earned of its next dividend; on the ex-date
that is gone, and whoever holds it has the dividend instead. So nobody gains by holding a share over the date, or by
selling it before. The next dividend is earned day by day, and never within a session.

A share's prices are per share as it is on the day on which it is quoted; of the past, as it is on the world's first
day. Results are jumps of the price that nobody knows before; that there will be some, everybody does.
Everything happens when a session begins, extended hours included; results at five past the close, or at seven.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..calendar import DAY, Calendar, Sessions, day_number
from ..corporate import Corporate
from ..instruments import Instrument, Instruments
from .noise import Floats, Ints, bell, bits, stream

# The day by which paths are anchored: amounts are of its shares.
_ANCHOR = date(2025, 6, 10)
_AHEAD = 6
_BEFORE, _AFTER = 7 * 3600, 16 * 3600 + 300
# On the day after results so many times as much is traded.
BUSY = 2.2


class Due(NamedTuple):
    """One dividend of a share: when it goes ex and when it is paid (epoch seconds, and the ex-date), and how much a
    share, in its currency, as shares are when it goes ex."""

    ex: int
    pay: int
    day: date
    amount: float


@dataclass(frozen=True)
class _Dividends:
    """In order: when they go ex, when they are paid, and the amount, per share of the anchor's day."""

    ex: Ints
    pay: Ints
    day: Ints
    amount: Floats


@dataclass(frozen=True)
class _Steps:
    """A level that changes at some times: `level` has one entry more."""

    time: Ints
    level: Floats

    def at(self, t: Ints | float) -> Floats:
        """The level at some moments."""
        return np.asarray(self.level[np.searchsorted(self.time, t, "right")], np.float64)


class Actions:
    """The corporate actions of one world's shares. Instruments from a file have none: the file says what happened."""

    def __init__(self, seed: int, calendar: Calendar, instruments: Instruments, corporate: Corporate) -> None:
        self._seed = seed
        self._calendar = calendar
        self._corporate = corporate
        self._shares = {
            i.model.key: i for i in instruments.listings if i.secType == "STK" and i.conId not in instruments.recordings
        }
        self._last = instruments.today.year + _AHEAD
        self._first_day = int(datetime.combine(instruments.today, time(12), UTC).timestamp())
        self._anchor = int(datetime.combine(_ANCHOR, time(20), UTC).timestamp())
        self._sessions = lru_cache(None)(self._sessions_of)
        self._dividends = lru_cache(None)(self._dividends_of)
        self._splits = lru_cache(None)(self._splits_of)
        self.reports = lru_cache(None)(self._reports_of)
        self.busy = lru_cache(None)(self._busy_days)

    # Dividends

    def earned(self, key: str, day: Ints) -> Floats:
        """What a path's share has earned of its next dividend on some trading days, per share of the anchor's day and
        as its price is quoted."""
        found = self._dividends(key)
        if found is None:
            return np.zeros(np.shape(day))
        n = np.clip(np.searchsorted(found.day, day, "right"), 1, len(found.day) - 1)
        share = (day - found.day[n - 1] + 1) / (found.day[n] - found.day[n - 1])
        magnifier = self._shares[key].priceMagnifier
        return np.asarray(np.clip(share, 0.0, 1.0) * found.amount[n] * magnifier, np.float64)

    def dividends(self, instrument: Instrument, start: float, end: float) -> list[Due]:
        """The dividends of a share that go ex in (start, end], in order, as its shares are then."""
        found = self._dividends(instrument.model.key)
        if found is None:
            return []
        a, b = np.searchsorted(found.ex, (start, end), "right").tolist()
        units = self.units(instrument.model.key, found.ex[a:b])
        return [
            Due(ex, pay, date.fromordinal(_ORDINAL + day), round(amount, 6))
            for ex, pay, day, amount in zip(
                found.ex[a:b].tolist(), found.pay[a:b].tolist(), found.day[a:b].tolist(),
                (found.amount[a:b] * units).tolist(), strict=True,
            )
        ]  # fmt: skip

    def _dividends_of(self, key: str) -> _Dividends | None:
        share = self._shares.get(key)
        if share is None:
            return None
        found = self._corporate.dividends(share.symbol, share.model.listed.year, self._last, share.currency)
        if len(found) < 2:
            return None
        ex, ex_days = self._opens(share.schedule, np.array([day_number(each.ex) for each in found]))
        pay, _ = self._opens(share.schedule, np.array([day_number(each.pay) for each in found]))
        return _Dividends(ex, pay, ex_days, np.array([each.amount for each in found]))

    # Splits

    def units(self, key: str, t: Ints | float) -> Floats:
        """How many of a path's units a share is at some moments; what is before the world's first day is told as the
        share is then."""
        splits = self._splits(key)
        if splits is None:
            return np.ones(np.shape(t))
        return np.asarray(splits.at(self._anchor) / splits.at(np.maximum(t, self._first_day)), np.float64)

    def split(self, instrument: Instrument, start: Ints | float, end: float) -> Floats:
        """How many shares have become of one of `start` by `end`, as far as the world has seen it."""
        key = instrument.model.key
        if self._splits(key) is None:
            return np.ones(np.shape(start))
        return np.asarray(self.units(key, start) / self.units(key, end), np.float64)

    def splits(self, instrument: Instrument, start: float) -> list[int]:
        """When an instrument's shares split after `start`."""
        splits = self._splits(instrument.model.key)
        return [] if splits is None else splits.time[np.searchsorted(splits.time, start, "right") :].tolist()

    def _splits_of(self, key: str) -> _Steps | None:
        symbol = self._in_dollars(key)
        found = sorted((each.day, each.ratio) for each in self._corporate.splits if each.symbol == symbol)
        if not found:
            return None
        times, _ = self._opens("US", np.array([day_number(day) for day, _ in found]))
        return _Steps(times, np.cumprod([1.0, *(float(ratio) for _, ratio in found)], dtype=np.float64))

    # Results

    def jumped(self, key: str, t: Ints) -> Floats | float:
        """What results have made of a path's price by some moments: 1 at the anchor."""
        found = self.reports(key)
        return 1.0 if found is None else np.exp(found[0].at(t) - found[0].at(self._anchor))

    def _reports_of(self, key: str) -> tuple[_Steps, float] | None:
        """A path's results, as the logarithm of the price, and the deviation of a jump."""
        symbol = self._in_dollars(key)
        report = next((each for each in self._corporate.reports if each.symbol == symbol), None)
        if report is None:
            return None
        listed = self._shares[key].model.listed.year
        rows = self._rows("US", np.array([day_number(day) for day in report.days(listed, self._last)]))
        times = rows[0] + (_AFTER if report.after else _BEFORE)
        jumps = report.move * bell(bits(stream(self._seed, key, "report"), rows[1])) - report.move**2 / 2
        return _Steps(times, np.concatenate([[0.0], np.cumsum(jumps)])), report.move

    def _busy_days(self, key: str) -> Ints:
        """The trading days on which a path's results are traded on."""
        found = self.reports(key)
        if found is None:
            return np.empty(0, np.int64)
        day = (found[0].time - _BEFORE) // DAY
        return self._rows("US", day + (found[0].time % DAY > DAY // 2))[1]

    # When

    def _in_dollars(self, key: str) -> str | None:
        """The symbol of a US share."""
        share = self._shares.get(key)
        return share.symbol if share and (share.currency, share.schedule) == ("USD", "US") else None

    def _rows(self, schedule: str, numbers: Ints) -> tuple[Ints, Ints, Ints]:
        """Midnight, day and opening of an exchange's first trading days on or after some days."""
        real, rows = self._sessions(schedule)
        day = real[np.searchsorted(real, numbers)]
        # Markets that never close open at midnight, and on the same days among others.
        row = np.searchsorted(rows.day, day)
        return rows.midnight[row], day, rows.open[row]

    def _sessions_of(self, schedule: str) -> tuple[Ints, Sessions]:
        """An exchange's real trading days, and its sessions in this world."""
        span = schedule, date(1970, 1, 1), date(self._last + 1, 1, 31)
        return _REAL.sessions(*span).day, self._calendar.sessions(*span)

    def _opens(self, schedule: str, numbers: Ints) -> tuple[Ints, Ints]:
        """When the trading days on or after some days begin, extended hours included; and those days."""
        _, day, opens = self._rows(schedule, numbers)
        return opens, day


_REAL = Calendar()
_ORDINAL = date(1970, 1, 1).toordinal()
