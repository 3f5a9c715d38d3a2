"""An account's statement, written from what was reported: its opening, its executions and the companies' calendars.

It shares nothing with the gateway's books but the instruments, and the market's price where a fraction is paid out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ibnb.gateway.corporate import Corporate
from ibnb.gateway.instruments import Instrument
from ibnb.gateway.matching.executions import Fill

ON_MARGIN, EXCHANGED = ("FUT", "CFD"), ("CASH",)


@dataclass
class Line:
    """One position: how many, at what cost in all (commissions included), and what closing it has brought, of that
    by fractions that were paid out."""

    instrument: Instrument
    quantity: Decimal = Decimal(0)
    cost: float = 0.0
    basis: float = 0.0
    realized: float = 0.0
    fractions: float = 0.0

    def trade(self, signed: Decimal, value: float, fee: float) -> None:
        closes = min(abs(signed), abs(self.quantity)) if signed * self.quantity < 0 else Decimal(0)
        gone = float(closes / abs(self.quantity)) if closes else 0.0
        part = float(closes / abs(signed))
        self.realized += -part * (float(signed) * value + fee) - gone * self.cost
        self.cost = self.cost * (1 - gone) + (float(signed) * value + fee) * (1 - part)
        self.basis = self.basis * (1 - gone) + float(signed) * value * (1 - part)
        self.quantity += signed


@dataclass
class Statement:
    """`cash` by currency, `lines` by conId, `owed`: dividends that will be paid, with the time and the currency."""

    cash: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    lines: dict[int, Line] = field(default_factory=dict)
    owed: list[tuple[float, float, str]] = field(default_factory=list)

    def line(self, instrument: Instrument) -> Line:
        return self.lines.setdefault(instrument.conId, Line(instrument))

    def fill(self, fill: Fill, instrument: Instrument) -> None:
        execution, report = fill.details.execution, fill.commission
        assert report is not None
        signed = execution.shares if execution.side == "BOT" else -execution.shares
        line = self.line(instrument)
        value, before = execution.price * instrument.unit, line.basis
        line.trade(signed, value, report.commission)
        self.cash[report.currency] -= report.commission
        if instrument.secType in ON_MARGIN:
            # What is open on margin isn't paid yet.
            self.cash[instrument.currency] -= float(signed) * value - (line.basis - before)
            return
        self.cash[instrument.currency] -= float(signed) * value
        if instrument.secType in EXCHANGED:
            self.cash[instrument.symbol] += float(signed)

    def split(self, line: Line, ratio: Decimal, price: float) -> None:
        line.quantity *= ratio
        fraction = line.quantity - int(line.quantity)
        if fraction:
            self.cash[line.instrument.currency] += float(fraction) * price
            before = line.realized
            line.trade(-fraction, price, 0.0)
            line.fractions += line.realized - before

    def dividend(self, line: Line, amount: float, pay: float) -> None:
        self.owed.append((pay, round(float(line.quantity) * amount, 2), line.instrument.currency))

    def pay(self, until: float) -> None:
        for when, amount, currency in [each for each in self.owed if each[0] <= until]:
            self.cash[currency] += amount
            self.owed.remove((when, amount, currency))


def four_o_clock(day: date) -> float:
    """When a day begins on which New York trades."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=ZoneInfo("America/New_York")).timestamp()


def calendar(corporate: Corporate, start: float, end: float) -> Iterator[tuple[float, int, Any]]:
    """Splits and declared dividends between two moments, with a place among those of one moment: splits come first."""
    for split in corporate.splits:
        if start < four_o_clock(split.day) <= end:
            yield four_o_clock(split.day), 0, split
    for dividend in corporate.declared:
        if start < four_o_clock(dividend.ex) <= end:
            yield four_o_clock(dividend.ex), 1, dividend


def write(
    statement: Statement,
    fills: Iterable[tuple[Fill, Instrument]],
    corporate: Corporate,
    span: tuple[float, float],
    price: Callable[[Instrument, float], float],
) -> Statement:
    """Everything that happened in a span, in order. Amounts that were declared are of the shares before all splits."""
    rows: list[tuple[float, int, int, Any]] = [
        (when, place, n, each) for n, (when, place, each) in enumerate(calendar(corporate, *span))
    ]
    rows += [(fill.details.execution.time, 2, n, (fill, instrument)) for n, (fill, instrument) in enumerate(fills)]
    became: defaultdict[str, float] = defaultdict(lambda: 1.0)
    for when, place, _, what in sorted(rows, key=lambda row: row[:3]):
        statement.pay(when)
        if place == 2:
            statement.fill(*what)
            continue
        if place == 0:
            became[what.symbol] *= what.ratio
        lines = [
            line for line in statement.lines.values()
            if (line.instrument.symbol, line.instrument.secType) == (what.symbol, "STK") and line.quantity
        ]  # fmt: skip
        for line in lines:
            if place == 0:
                statement.split(line, Decimal(str(what.ratio)), price(line.instrument, when))
            else:
                statement.dividend(line, what.amount / became[what.symbol], four_o_clock(what.pay))
    statement.pay(span[1])
    return statement
