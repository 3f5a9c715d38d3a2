"""What the words of an order mean: its contract, its times, what its conditions look at.

Rule: names and dates are understood once, when the order is placed; whoever understands them is handed in, because
contracts and times are written in words that the handlers know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .. import messages as m
from .conditions import CHANGE, PRICE, TIME, VOLUME
from .errors import INVALID, OrderRefused
from .order import Condition, Leg

if TYPE_CHECKING:
    from ..instruments import Instrument


@dataclass(frozen=True)
class Found:
    """A contract: the listing, the contract as it is told, and the legs of a combination."""

    instrument: Instrument
    told: m.Contract
    legs: tuple[Leg, ...] = ()


class Reader(Protocol):
    """Understands an order's words, or raises what the client is to be told."""

    def contract(self, contract: m.Contract) -> Found: ...
    def by_id(self, conId: int) -> Instrument | None: ...
    def moment(self, text: str, zone: str, field: str) -> float: ...


@dataclass(frozen=True)
class Meaning:
    """`begins`, `until`: epoch seconds of goodAfterTime and goodTillDate, 0 where there are none."""

    begins: float
    until: float
    conditions: tuple[Condition, ...]


def understand(order: m.Order, instrument: Instrument, reader: Reader, now: float) -> Meaning:
    """What the order's times and conditions mean."""
    zone = instrument.timeZoneId
    begins = reader.moment(order.goodAfterTime, zone, "Good After Time") if order.goodAfterTime else 0.0
    until = reader.moment(order.goodTillDate, zone, "Good Till Date") if order.goodTillDate else 0.0
    if until and until <= max(now, begins):
        raise OrderRefused(INVALID, "The good till date is past")
    return Meaning(begins, until, tuple(_condition(spec, zone, reader) for spec in order.conditions))


def _condition(spec: m.OrderCondition, zone: str, reader: Reader) -> Condition:
    if spec.type == TIME:
        return Condition(spec, moment=reader.moment(spec.time, zone, "Condition time"))
    if spec.type not in (PRICE, VOLUME, CHANGE):
        return Condition(spec)
    instrument = reader.by_id(spec.conId)
    if instrument is None:
        raise OrderRefused(147, "The conditional contract info is incomplete.")
    if spec.type == VOLUME and not (instrument.trades and instrument.quotes):
        raise OrderRefused(398, f"{instrument.localSymbol} cannot be used as a condition trigger.")
    return Condition(spec, instrument)
