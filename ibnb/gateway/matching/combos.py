"""Combinations: several contracts traded as one, each in its ratio and on its side.

Rule: a combination has no market of its own. Its offer is what its legs' offers and bids add up to, second by second,
so it fills at prices that streams of the legs show; it may be negative. With a price per leg it fills when each leg's
own quote is as good as its price.

Differs from TWS: all legs trade at once, whatever the order's NonGuaranteed parameter says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from .. import messages as m
from ..market import Quote, Seconds
from .errors import INVALID, OFF_TICK, OrderRefused

if TYPE_CHECKING:
    from ..instruments import Instrument
    from ..market import Market
    from .order import Leg, WorkingOrder

# IB's own conId of every combination in dollars; the legs tell them apart.
COMBO_CONID = 28812380


class Traded(Protocol):
    """What has a market: an order's instrument, or its legs together."""

    @property
    def instrument(self) -> Instrument: ...
    @property
    def legs(self) -> Sequence[Leg]: ...


class Combination(NamedTuple):
    """Legs traded as one: the instrument that they make, the contract as it is told."""

    instrument: Instrument
    legs: tuple[Leg, ...]
    told: m.Contract

    def previous_close(self, market: Market, t: float) -> float:
        """What the legs' last closes add up to."""
        total = sum(leg.signed * market.previous_close(leg.instrument, t) for leg in self.legs)
        return round(total, self.instrument.decimals + 1)


class Part(NamedTuple):
    """What one unit of an order trades of one instrument, and at what price."""

    instrument: Instrument
    signed: int
    price: float


def combined(contract: m.Contract, legs: tuple[Leg, ...]) -> Combination:
    """The combination of these legs."""
    first = legs[0].instrument
    listing = replace(
        first,
        conId=COMBO_CONID,
        symbol=contract.symbol or first.symbol,
        secType="BAG",
        exchange=contract.exchange,
        primaryExchange="",
        localSymbol=contract.symbol or first.symbol,
        tradingClass="COMB",
        longName="",
        minTick=min(leg.instrument.minTick for leg in legs),
        marketRuleIds="",
        lastTradeDateOrContractMonth="",
        strike=0.0,
        right="",
        sizeIncrement=1.0,
    )
    described = ",".join(f"{leg.instrument.conId}|{leg.signed}" for leg in legs)
    told = replace(
        contract,
        conId=COMBO_CONID,
        symbol=listing.symbol,
        secType="BAG",
        currency=contract.currency or first.currency,
        localSymbol=listing.localSymbol,
        tradingClass="COMB",
        comboLegsDescrip=described,
    )
    return Combination(listing, legs, told)


def priced(order: m.Order, legs: Sequence[Leg]) -> m.Order:
    """The order, whose limit is what its legs' own prices add up to, if it has such. Raises OrderRefused."""
    prices = order.orderComboLegs
    if not legs or not any(price is not None for price in prices):
        return order
    if order.orderType != "LMT" or len(prices) != len(legs) or None in prices:
        raise OrderRefused(INVALID, "A price per leg goes with a limit order, and with each of its legs")
    for leg, price in zip(legs, prices, strict=True):
        if not leg.instrument.on_tick(price or 0.0):
            raise OrderRefused(110, OFF_TICK)
    total = sum(leg.signed * (price or 0.0) for leg, price in zip(legs, prices, strict=True))
    return replace(order, lmtPrice=round(total, max(leg.instrument.decimals for leg in legs) + 1))


def reaches_leg(working: WorkingOrder, n: int, price: Any) -> Any:
    """Whether a leg may trade at a price (or at each of a column): by its own limit, if it has one."""
    prices = working.order.orderComboLegs
    own = prices[n] if n < len(prices) else None
    if own is None:
        return price == price  # whatever there is
    return price <= own if working.legs[n].buys == working.buys else price >= own


def seconds(market: Market, working: WorkingOrder, start: float, end: float) -> Seconds:
    """What the order's market shows in each second; of a combination, in those in which all its legs trade."""
    if not working.legs:
        return market.seconds(working.instrument, start, end)
    parts = [market.seconds(leg.instrument, start, end) for leg in working.legs]
    common = reduce(np.intersect1d, [part.time for part in parts])
    bid, ask, last = (np.zeros(len(common)) for _ in range(3))
    met = np.ones(len(common), bool)
    for n, (leg, part) in enumerate(zip(working.legs, parts, strict=True)):
        at = np.searchsorted(part.time, common)
        met &= reaches_leg(working, n, (part.ask if leg.buys == working.buys else part.bid)[at])
        bid += leg.signed * (part.bid if leg.buys else part.ask)[at]
        ask += leg.signed * (part.ask if leg.buys else part.bid)[at]
        last += leg.signed * part.last[at]
    far = ask if working.buys else bid
    far[~met] = np.nan
    digits = working.instrument.decimals + 1
    return Seconds(common, np.round(bid, digits), np.round(ask, digits), np.round(last, digits), np.zeros_like(common))


def quote(market: Market, working: Traded, t: float, frozen: bool = False) -> Quote:
    """The order's market at one instant."""
    if not working.legs:
        return market.quote(working.instrument, t, frozen)
    quotes = [market.quote(leg.instrument, t, frozen) for leg in working.legs]
    bid: float | None = 0.0
    ask: float | None = 0.0
    last = 0.0
    sizes = []
    for leg, part in zip(working.legs, quotes, strict=True):
        near, far = (part.bid, part.ask) if leg.buys else (part.ask, part.bid)
        size = (part.bidSize, part.askSize) if leg.buys else (part.askSize, part.bidSize)
        sizes.append([each // leg.ratio for each in size])
        bid = None if bid is None or near is None else bid + leg.signed * near
        ask = None if ask is None or far is None else ask + leg.signed * far
        last += leg.signed * (part.last or 0.0)
    digits = working.instrument.decimals + 1
    bid_size, ask_size = (min(column) for column in zip(*sizes, strict=True))
    return Quote(
        time=max(part.time for part in quotes),
        bid=None if bid is None else round(bid, digits),
        ask=None if ask is None else round(ask, digits),
        bidSize=bid_size,
        askSize=ask_size,
        last=round(last, digits),
        lastSize=0,
        is_open=all(part.is_open for part in quotes),
    )


def far_side(market: Market, working: WorkingOrder, t: float) -> float:
    """What the order would pay or bring at one instant: nothing where nobody bids."""
    if not working.legs:
        return _far(market, working.instrument, working.buys, t)
    each = (leg.signed * _far(market, leg.instrument, leg.buys == working.buys, t) for leg in working.legs)
    return round(sum(each), working.instrument.decimals + 1)


def _far(market: Market, instrument: Instrument, buys: bool, t: float) -> float:
    shown = market.quote(instrument, t, frozen=True)
    return (shown.ask if buys else shown.bid) or 0.0


def parts(market: Market, working: WorkingOrder, at: float, t: float) -> list[Part]:
    """What one unit of the order trades when it fills at `at`: itself, or its legs at their own quotes.

    What the combination fills better or worse than its legs' quotes say is given to the first leg.
    """
    side = 1 if working.buys else -1
    if not working.legs:
        return [Part(working.instrument, side, at)]
    found = []
    for leg in working.legs:
        price = _far(market, leg.instrument, leg.buys == working.buys, t)
        found.append(Part(leg.instrument, side * leg.signed, price))
    rest = at - sum(part.signed * part.price for part in found) * side
    first = found[0]
    found[0] = first._replace(price=round(first.price + rest / (first.signed * side), first.instrument.decimals + 4))
    return found
