"""The generic tick list: which ids TWS takes for a stock, and which of them are simulated.

Rule: an id that isn't in `LEGAL` is refused with the list of the legal ones, one that isn't in `SIMULATED` gets a
notice, so that nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import numpy as np

from ... import messages as m
from ...instruments import Instrument
from ...market import Bars
from ...market.noise import bits, piece, stream
from ...market.options import activity, expected_volatility, historical_volatility
from ...world import World
from ..registry import invalid
from .quote_ticks import NO_PRICE, Tick
from .smart_components import quote_letter

LEGAL: dict[str, str] = {
    "100": "Option Volume",
    "101": "Option Open Interest",
    "104": "Historical Volatility",
    "105": "Average Opt Volume",
    "106": "impvolat",
    "162": "Index Future Premium",
    "165": "Misc. Stats",
    "220": "Creditman Mark Price",
    "221": "Creditman Mark Price",
    "225": "Auction",
    "232": "Pl Price",
    "233": "RTVolume",
    "236": "inventory",
    "258": "Fundamentals",
    "292": "Wide_news",
    "293": "TradeCount",
    "294": "TradeRate",
    "295": "VolumeRate",
    "318": "LastRTHTrade",
    "370": "Participation Monitor",
    "375": "RTTrdVolume",
    "411": "rthistvol",
    "456": "IBDividends",
    "460": "Bond Factor Multiplier",
    "576": "EtfNavBidAsk",
    "577": "EtfNavLast",
    "578": "EtfNavClose",
    "586": "IPOHLMPRC",
    "587": "Pl Price Delayed",
    "588": "Futures Open Interest",
    "595": "Short-Term Volume X Mins",
    "614": "EtfNavHighLow",
    "619": "Creditman Slow Mark Price",
    "623": "EtfNavFrozenLast",
    "787": "Odd Lot",
}

# The server version that has an id's ticks first.
_SINCE = {"787": 225}

# What TWS calls some of these after a slash.
_ALIASES = {"47": "258", "59": "456"}

# "mdoff" switches the quotes off and leaves the generic ticks; "292:BRFG" names a news provider.
QUOTES_OFF = "mdoff"


def parse_generic_ticks(text: str, version: int) -> tuple[str, ...]:
    """Return the ids of a generic tick list. Raises Refusal 321 for one that a client's version doesn't know."""
    known = {id: label for id, label in LEGAL.items() if version >= _SINCE.get(id, 0)}
    ids = tuple(_ALIASES.get(word, word) for word in (part.strip() for part in text.split(",")) if word)
    if any(id != QUOTES_OFF and id.partition(":")[0] not in known for id in ids):
        legal = ",".join(f"{id}({label})" for id, label in known.items())
        raise invalid(f"Incorrect generic tick list of {text}.  Legal ones for (STK) are: {legal}", "bQ")
    return ids


def not_simulated_ids(ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return those ids that are legal and that this gateway can't serve."""
    return tuple(id for id in ids if id != QUOTES_OFF and id not in SIMULATED and not is_news(id))


def is_news(id: str) -> bool:
    """Tell whether an id asks for headlines: ``news.py`` serves them."""
    return id.partition(":")[0] == "292"


def generic_ticks(
    world: World, instrument: Instrument, ids: tuple[str, ...], time: float, first: bool
) -> Iterator[Tick]:
    """What the simulated ids of a list say at an instant; what doesn't change within a day only the `first` time."""
    for id in ids:
        if id in SIMULATED:
            produce, once = SIMULATED[id]
            if first or not once:
                yield from produce(world, instrument, time)


def _day_bar(world: World, instrument: Instrument, time: float) -> Bars:
    """The trading day so far as one bar, extended hours included."""
    return world.market.bars(instrument, "TRADES", "day", time, int(time) + 1, rth=False)


def _has_volume(instrument: Instrument) -> bool:
    return instrument.trades and instrument.quotes


def _misc_stats(world: World, instrument: Instrument, time: float) -> Iterator[Tick]:
    """Lowest and highest price of 13, 26 and 52 weeks, and the average day's volume."""
    if not instrument.trades:
        return
    year = world.market.bars(instrument, "TRADES", "day", time - 52 * _WEEK, time)
    for weeks, lowType, highType in ((13, 15, 16), (26, 17, 18), (52, 19, 20)):
        rows = year.time >= time - weeks * _WEEK
        if rows.any():  # a contract that has only just been listed has no past
            yield Tick(m.TickPrice, lowType, float(year.low[rows].min()))
            yield Tick(m.TickPrice, highType, float(year.high[rows].max()))
    if _has_volume(instrument):
        yield Tick(m.TickSize, 21, world.market.avg_volume(instrument) * instrument.grain)


def _mark_price(world: World, instrument: Instrument, time: float) -> Iterator[Tick]:
    """The last price, or the bid or offer that has left it behind."""
    quote = world.market.quote(instrument, time, frozen=True)
    price = world.market.last_price(instrument, time)
    if quote.bid is not None and quote.ask is not None:
        price = min(max(price, quote.bid), quote.ask)
    yield Tick(m.TickPrice, 37, price)


def _trade_string(tickType: int) -> Callable[[World, Instrument, float], Iterator[Tick]]:
    """``price;size;time in ms;volume of the day;vwap of the day;single trade``, at each trade."""

    def produce(world: World, instrument: Instrument, time: float) -> Iterator[Tick]:
        quote = world.market.quote(instrument, time)
        bar = _day_bar(world, instrument, time) if _has_volume(instrument) and quote.is_open else None
        if bar is not None and len(bar):
            size, volume = quote.lastSize * instrument.grain, int(bar.volume[-1]) * instrument.grain
            words = (quote.last, size, quote.time * 1000, volume, float(bar.wap[-1]), "true")
            yield Tick(m.TickString, tickType, ";".join(str(word) for word in words))

    return produce


def _shortable(world: World, instrument: Instrument, time: float) -> Iterator[Tick]:
    """More than 2.5: at least a thousand shares can be borrowed, here two in a hundred of those outstanding. More than
    1.5: shares are looked for when they are sold short."""
    if instrument.secType == "STK" and instrument.sharesOutstanding:
        rare = instrument.symbol in world.scenario.orders.hard_to_borrow
        yield Tick(m.TickGeneric, 46, 2.0 if rare else 3.0)
        yield Tick(m.TickSize, 89, Decimal(0 if rare else int(instrument.sharesOutstanding / 50)))


def _trade_count(world: World, instrument: Instrument, time: float) -> Iterator[Tick]:
    bar = _day_bar(world, instrument, time) if _has_volume(instrument) else None
    if bar is not None and len(bar):
        yield Tick(m.TickGeneric, 54, float(bar.count[-1]))


def _last_rth_trade(world: World, instrument: Instrument, time: float) -> Iterator[Tick]:
    if instrument.trades:
        _, _, closes = world.market.calendar.latest(instrument.schedule, time, rth=True)
        yield Tick(m.TickPrice, 57, world.market.last_price(instrument, min(time, closes - 1)))


def _dividends(world: World, instrument: Instrument, time: float) -> Iterator[Tick]:
    """``sum of the past twelve months,of the next twelve,next ex-date,next amount``: IB's example is
    0.83,0.92,20130219,0.23."""
    if instrument.secType != "STK":
        return
    actions = world.market.paths.actions
    past, ahead = (actions.dividends(instrument, *span) for span in ((time - _YEAR, time), (time, time + _YEAR)))
    words = ["" if not found else _short(sum(each.amount for each in found)) for found in (past, ahead)]
    words += [f"{ahead[0].day:%Y%m%d}", _short(ahead[0].amount)] if ahead else ["", ""]
    yield Tick(m.TickString, 59, ",".join(words))


def _short(amount: float) -> str:
    """Two decimals, more where there are more."""
    return max(f"{amount:.2f}", f"{round(amount, 4)}", key=len)


def _has_options(world: World, instrument: Instrument) -> bool:
    return bool(world.instruments.options.classes(instrument.symbol, instrument.secType, instrument.conId))


def _of_options(name: str, *tickTypes: int) -> Callable[[World, Instrument, float], Iterator[Tick]]:
    """A figure of all options on the instrument, for calls and puts or for both together."""

    def produce(world: World, instrument: Instrument, time: float) -> Iterator[Tick]:
        if _has_options(world, instrument):
            figures = activity(world.market, instrument, time)
            for tickType, prefix in zip(tickTypes, ("call", "put") if len(tickTypes) == 2 else ("",), strict=True):
                attribute = f"{prefix}{name}" if prefix else name
                yield Tick(m.TickSize, tickType, Decimal(getattr(figures, attribute)))

    return produce


def _historical_volatility(world: World, instrument: Instrument, time: float) -> Iterator[Tick]:
    if instrument.secType in ("STK", "IND"):
        yield Tick(m.TickGeneric, 23, historical_volatility(world.market, instrument, time))


def _implied_volatility(world: World, instrument: Instrument, time: float) -> Iterator[Tick]:
    if _has_options(world, instrument):
        yield Tick(m.TickGeneric, 24, expected_volatility(world.market, instrument, time))


def _odd_lots(world: World, instrument: Instrument, time: float) -> Iterator[Tick]:
    """The best bid and offer for less than a round lot: price, size and exchange. Here they never beat the quote."""
    quote, letter = world.market.quote(instrument, time), quote_letter(instrument)
    if not letter:
        return
    for side, (price, types) in enumerate(((quote.bid, (105, 107, 109)), (quote.ask, (106, 108, 110)))):
        there = price is not None
        steady = bits(stream(world.scenario.seed, instrument.conId, "odd lot", side), np.array([int(time) // _STEADY]))
        size = 1 + int(piece(steady, 0)[0]) % (ROUND_LOT - 1) if there else 0
        yield Tick(m.TickPrice, types[0], price if there else NO_PRICE)
        yield Tick(m.TickSize, types[1], Decimal(size))
        yield Tick(m.TickString, types[2], letter if there else "")


ROUND_LOT = 100
# An odd lot stays for so many seconds.
_STEADY = 4

_WEEK, _YEAR = 7 * 86400, 365 * 86400

# Id → what says it, and whether it says the same all day.
SIMULATED: dict[str, tuple[Callable[[World, Instrument, float], Iterator[Tick]], bool]] = {
    "100": (_of_options("Volume", 29, 30), False),
    "101": (_of_options("OpenInterest", 27, 28), True),
    "104": (_historical_volatility, True),
    "105": (_of_options("averageVolume", 87), True),
    "106": (_implied_volatility, True),
    "165": (_misc_stats, True),
    "221": (_mark_price, False),
    "232": (_mark_price, False),
    "233": (_trade_string(48), False),
    "236": (_shortable, True),
    "293": (_trade_count, False),
    "318": (_last_rth_trade, False),
    "375": (_trade_string(77), False),
    "456": (_dividends, True),
    "787": (_odd_lots, False),
}
