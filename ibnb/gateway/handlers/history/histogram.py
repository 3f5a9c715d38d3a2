"""How much was traded at each price."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from ... import messages as m
from ...world import Client, World
from ..registry import Refusal, cancels, handles, invalid
from ..resolve import name_of, resolve_contract
from .request import Duration
from .window import window_start

_TOKEN = "bO"
_PERIOD = re.compile(r"(\d+) ?(second|minute|hour|day|week|month|year)s?")
# A period's word → a duration's unit, and how many of it.
_UNITS = {
    "second": ("S", 1),
    "minute": ("S", 60),
    "hour": ("S", 3600),
    "day": ("D", 1),
    "week": ("W", 1),
    "month": ("M", 1),
    "year": ("Y", 1),
}
_MINUTE = 60


@handles(m.ReqHistogramData)
def histogram(world: World, client: Client, request: m.ReqHistogramData) -> Iterator[object]:
    """Prices of a period and what was traded at them, by price.

    Differs from TWS: each minute's volume counts at the minute's last price.
    """
    match = _PERIOD.fullmatch(request.timePeriod.strip().lower())
    if match is None or not int(match[1]):
        raise invalid("Invalid time period", _TOKEN)
    unit, times = _UNITS[match[2]]
    duration = Duration(int(match[1]) * times, unit)
    instrument = resolve_contract(world, request.contract)
    if not (instrument.trades and instrument.quotes):
        raise Refusal(10188, f"Failed to request histogram data:No trades of {name_of(instrument)}")
    now = world.clock.now()
    rth = bool(request.useRTH)
    start = window_start(world.market.calendar, instrument, duration, _MINUTE, now, now, rth)
    bars = world.market.bars(instrument, "TRADES", _MINUTE, start, now, rth)
    if not len(bars):
        raise Refusal(10188, f"Failed to request histogram data:No data for {name_of(instrument)}")
    prices, place = np.unique(bars.close, return_inverse=True)
    sizes = np.zeros(len(prices), dtype="int64")
    np.add.at(sizes, place, bars.volume)
    items = tuple(
        m.HistogramEntry(price=price, size=size * instrument.grain)
        for price, size in zip(prices.tolist(), sizes.tolist(), strict=True)
    )
    yield m.HistogramData(reqId=request.reqId, items=items)


cancels(m.CancelHistogramData)
