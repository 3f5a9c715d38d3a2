"""What a quote says, as ticks, in the order in which the gateway sends them.

Rule: pure functions from the market's figures at one instant to ticks; what was sent before is the caller's.
A live feed and a delayed one say the same under different tick types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from ... import messages as m
from ...instruments import Instrument
from ...market.options import computations
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


_Fields = tuple[type, int, Any, Decimal, int]
# So many are made that NamedTuple's own way would take most of the time.
_as_tick: Callable[[_Fields], Tick] = partial(tuple.__new__, Tick)
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
    tops = _sized(world, Decimal(1), [(BID, quote.bid, quote.bidSize), (ASK, quote.ask, quote.askSize)])
    ticks = [_as_tick(_top(*top)) for top in tops]
    ticks += [Tick(m.TickSize, _SIZE_OF[tickType], size) for tickType, _, size in tops]
    ticks.append(Tick(m.TickPrice, CLOSE, combination.previous_close(world.market, view.time)))
    return _shown(ticks, view)


def _sized(
    world: World, grain: Decimal, tops: list[tuple[int, float | None, int]]
) -> list[tuple[int, float | None, Decimal]]:
    """Tick types, prices and sizes as they are told; a staged fault makes sizes fractional."""
    return [(tickType, price, size * grain + world.staged.fraction) for tickType, price, size in tops]


def _top(tickType: int, price: float | None, size: Decimal) -> _Fields:
    """A price of the top of the book, with its size and whether it can be traded at automatically."""
    automatic = int(tickType != LAST and price is not None)
    return m.TickPrice, tickType, NO_PRICE if price is None else price, size, automatic


def _shown(live: list[Tick], view: View) -> list[Tick]:
    if not view.delayed:
        return live
    return [tick._replace(tickType=DELAYED[tick.tickType], mask=0) for tick in live if tick.tickType in DELAYED]


def _live_ticks(world: World, instrument: Instrument, view: View) -> Iterator[_Fields]:
    quote = world.market.quote(instrument, view.time, view.frozen)
    stats = world.market.day_stats(instrument, view.time)
    tops: list[tuple[int, float | None, int]] = []
    if instrument.quotes:
        tops += [(BID, quote.bid, quote.bidSize), (ASK, quote.ask, quote.askSize)]
    if instrument.trades:
        tops.append((LAST, quote.last, quote.lastSize))
    told = _sized(world, instrument.grain, tops)
    for top in told:
        yield _top(*top)
    for tickType, _, size in told:
        yield m.TickSize, _SIZE_OF[tickType], size, _NO_SIZE, 0
    if instrument.trades and instrument.quotes:
        yield m.TickSize, VOLUME, stats.volume * instrument.grain, _NO_SIZE, 0
    # A currency pair has no official open.
    opened = stats.open if instrument.trades else None
    for tickType, price in ((HIGH, stats.high), (LOW, stats.low), (CLOSE, stats.close), (OPEN, opened)):
        if price is not None:
            yield m.TickPrice, tickType, price, _NO_SIZE, 0
    if letter := quote_letter(instrument):
        yield m.TickString, BID_EXCHANGE, "" if quote.bid is None else letter, _NO_SIZE, 0
        yield m.TickString, ASK_EXCHANGE, "" if quote.ask is None else letter, _NO_SIZE, 0
    if instrument.trades:
        yield m.TickString, LAST_TIMESTAMP, str(quote.time), _NO_SIZE, 0
        halt = world.market.halt(instrument, view.time)
        yield m.TickGeneric, HALTED, float(halt.kind if halt else 0), _NO_SIZE, 0
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
