"""What a quote says, as ticks, in the order in which the gateway sends them.

Rule: pure functions from the market's figures at one instant, or in each second of a minute, to ticks; what was sent
before is the caller's.
A live feed and a delayed one say the same under different tick types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from ... import messages as m
from ...instruments import Instrument
from ...market.options import computations
from ...market.quote import Told
from ...matching import Combination, combination_quote
from ...world import World
from ..options import option_computation
from .smart_components import quote_letter

BID_SIZE, BID, ASK, ASK_SIZE, LAST, LAST_SIZE, HIGH, LOW, VOLUME, CLOSE, OPEN = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14
BID_EXCHANGE, ASK_EXCHANGE, LAST_TIMESTAMP, HALTED = 32, 33, 45, 49

# A delayed tick's type by the live one's; what isn't here a delayed feed doesn't say.
DELAYED = {1: 66, 2: 67, 4: 68, 0: 69, 3: 70, 5: 71, 6: 72, 7: 73, 8: 74, 9: 75, 14: 76, 45: 88}
DELAYED |= {10: 80, 11: 81, 12: 82, 13: 83}
DELAY = 15 * 60

_SIZE_OF = {BID: BID_SIZE, ASK: ASK_SIZE, LAST: LAST_SIZE}

# What stands for a price that isn't there.
NO_PRICE = -1.0


class Tick(NamedTuple):
    """One value. A price of the top of the book carries its size, and the client makes that a tick of its own."""

    message: type
    tickType: int
    value: Any
    size: Decimal = Decimal(0)
    mask: int = 0

    def answer(self, reqId: int) -> object:
        """This tick as a message."""
        if self.message is m.TickPrice:
            return m.TickPrice(
                reqId=reqId, tickType=self.tickType, price=self.value, size=self.size, attribMask=self.mask
            )
        if self.message is m.TickSize:
            return m.TickSize(reqId=reqId, tickType=self.tickType, size=self.value)
        if self.message is m.TickOptionComputation:
            return option_computation(reqId, self.tickType, self.value)
        return self.message(reqId=reqId, tickType=self.tickType, value=self.value)


# One tick, second by second.
Column = list[m.TickFields | None]
# So many are made that NamedTuple's own way would take most of the time.
_as_tick: Callable[[m.TickFields], Tick] = partial(tuple.__new__, Tick)
_NO_SIZE = Decimal(0)


@dataclass(frozen=True)
class View:
    """How figures are shown: at what time, with the last bid and offer of a closed market or none, how typed."""

    time: float
    frozen: bool
    delayed: bool


def quote_ticks(world: World, instrument: Instrument, view: View) -> list[Tick]:
    """Everything that is known, in order: prices with sizes, sizes, the day's figures, exchanges, time, halt, and of
    an option what bid, offer, last price and model mean."""
    return _shown(list(map(_as_tick, _live_ticks(world, instrument, view))), view)


def combination_ticks(world: World, combination: Combination, view: View) -> list[Tick]:
    """What a combination's legs add up to: bid, offer, their sizes, the last close."""
    quote = combination_quote(world.market, combination, view.time, view.frozen)
    tops = [(BID, [quote.bid], [quote.bidSize]), (ASK, [quote.ask], [quote.askSize])]
    ticks = [_as_tick(tick) for (tick,) in _tops(tops, Decimal(1), world.staged.fraction) if tick]
    ticks.append(Tick(m.TickPrice, CLOSE, combination.previous_close(world.market, view.time)))
    return _shown(ticks, view)


def _tops(
    tops: Iterable[tuple[int, Sequence[float | None], Sequence[int]]], grain: Decimal, fraction: Decimal
) -> Iterator[Column]:
    """Prices of the top of the book, each with its size and whether it can be traded at automatically; then these sizes
    by themselves, to which a staged fault adds a `fraction`."""
    told = [(tickType, prices, [size * grain + fraction for size in sizes]) for tickType, prices, sizes in tops]
    for tickType, prices, sizes in told:
        automatic = int(tickType != LAST)
        yield [
            (m.TickPrice, tickType, NO_PRICE, size, 0)
            if price is None
            else (m.TickPrice, tickType, price, size, automatic)
            for price, size in zip(prices, sizes, strict=True)
        ]
    for tickType, _, sizes in told:
        yield _plain(m.TickSize, _SIZE_OF[tickType], sizes)


def _plain(message: type, tickType: int, values: Iterable[Any]) -> Column:
    """What comes with nothing else; None where there is none."""
    return [None if value is None else (message, tickType, value, _NO_SIZE, 0) for value in values]


def _shown(live: list[Tick], view: View) -> list[Tick]:
    if not view.delayed:
        return live
    return [tick._replace(tickType=DELAYED[tick.tickType], mask=0) for tick in live if tick.tickType in DELAYED]


def _columns(instrument: Instrument, told: Told, fraction: Decimal) -> Iterator[Column]:
    """One tick after the other of some seconds in which nothing but the figures changes."""
    tops: list[tuple[int, Sequence[float | None], Sequence[int]]] = []
    if instrument.quotes:
        tops += [(BID, told.bid, told.bidSize), (ASK, told.ask, told.askSize)]
    if instrument.trades:
        tops.append((LAST, told.last, told.lastSize))
    yield from _tops(tops, instrument.grain, fraction)
    if instrument.trades and instrument.quotes:
        yield _plain(m.TickSize, VOLUME, [volume * instrument.grain for volume in told.volume])
    yield _plain(m.TickPrice, HIGH, told.high)
    yield _plain(m.TickPrice, LOW, told.low)
    yield _plain(m.TickPrice, CLOSE, told.close)
    if instrument.trades:  # a currency pair has no official open
        yield _plain(m.TickPrice, OPEN, told.open)
    if letter := quote_letter(instrument):
        yield _plain(m.TickString, BID_EXCHANGE, ["" if bid is None else letter for bid in told.bid])
        yield _plain(m.TickString, ASK_EXCHANGE, ["" if ask is None else letter for ask in told.ask])
    if instrument.trades:
        yield _plain(m.TickString, LAST_TIMESTAMP, map(str, told.time))


def minute_columns(world: World, instrument: Instrument, start: int) -> list[Column] | None:
    """What `quote_ticks` says live in each second of a minute, one tick after the other, where no fault is staged; None
    if each second has to be asked for."""
    told = None if instrument.right else world.market.minute(instrument, start)
    if told is None:
        return None
    return [*_columns(instrument, told, Decimal(0)), [_halted(world, instrument, start)] * 60]


def _halted(world: World, instrument: Instrument, time: float) -> m.TickFields | None:
    if not instrument.trades:
        return None
    halt = world.market.halt(instrument, time)
    return m.TickGeneric, HALTED, float(halt.kind if halt else 0), _NO_SIZE, 0


def _live_ticks(world: World, instrument: Instrument, view: View) -> Iterator[m.TickFields]:
    quote = world.market.quote(instrument, view.time, view.frozen)
    told = Told.once(quote, world.market.day_stats(instrument, view.time))
    for (tick,) in [*_columns(instrument, told, world.staged.fraction), [_halted(world, instrument, view.time)]]:
        if tick:
            yield tick
    if instrument.right:
        for tickType, figures in computations(world.market, instrument, view.time, view.frozen).items():
            yield m.TickOptionComputation, tickType, figures, _NO_SIZE, 0


def changed(ticks: list[Tick], sent: dict[int, Any]) -> list[Tick]:
    """Return the ticks that say something new, and note them in `sent`.

    A delayed feed doesn't repeat the size that a price has carried; a live one does.
    """
    news = []
    carried = set()
    for tick in ticks:
        if sent.get(tick.tickType) == tick.value:
            continue
        sent[tick.tickType] = tick.value
        if tick.tickType in carried:
            continue
        if tick.tickType in _CARRIES:
            carried.add(_CARRIES[tick.tickType])
        news.append(tick)
    return news


# Delayed price → the size that comes with it.
_CARRIES = {DELAYED[price]: DELAYED[size] for price, size in _SIZE_OF.items()}
