"""What the market offers an order: the rows of the book that reqMktDepth serves.

Rule: what orders have taken within a second is gone for whoever comes later in it; in the next second the book is as
the one world has it again. A combination's rows are what those of its legs add up to.

Differs from TWS: trades have no effect on later prices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from ..market.book import ASK, BID, Row, book
from .combos import reaches_leg

if TYPE_CHECKING:
    from ..instruments import Instrument
    from ..market import Market
    from .order import Leg, WorkingOrder

# How many rows are looked at, one after the other, until there is enough.
_ROWS = (1, 16, 64, 256, 1024)
_SHOWN = 50

# conId, side, price, exchange.
_Place = tuple[int, int, float, str]


class Liquidity:
    """The far side of the book, for one order after the other."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._second = 0
        self._taken: dict[_Place, Decimal] = {}  # in this second

    def offers(self, working: WorkingOrder, t: float, limit: float | None, size: Decimal) -> list[Row]:
        """The rows that an order may take at `t`, best first: up to its limit, and no more than it wants."""
        for count in _ROWS:
            rows = self._rows(working, t, count)
            inside = [row for row in rows if limit is None or _reaches(working, limit, row.price)]
            if len(inside) < len(rows) or len(rows) < count or sum(row.size for row in inside) >= size:
                break
        found = []
        for row in inside:
            wanted = min(row.size, size)
            if wanted > 0:
                found.append(row._replace(size=wanted))
                size -= wanted
        return found

    def take(self, working: WorkingOrder, row: Row, size: Decimal) -> None:
        """Note that so much of a row is gone."""
        place = (working.instrument.conId, ASK if working.buys else BID, row.price, row.venue)
        self._taken[place] = self._taken.get(place, Decimal(0)) + size

    def ahead(self, working: WorkingOrder, price: float, t: float) -> float:
        """How much is shown at an order's price on its own side: what has to trade before it does."""
        if working.legs:
            return 0.0
        side, close = (BID if working.buys else ASK), working.instrument.minTick / 4
        best = book(self._market, working.instrument, 1, t)[side]
        if not best or _reaches(working, price - close if working.buys else price + close, best[0].price):
            return 0.0
        near = best if abs(best[0].price - price) < close else book(self._market, working.instrument, _SHOWN, t)[side]
        return float(sum(row.size for row in near if abs(row.price - price) < close))

    def _rows(self, working: WorkingOrder, t: float, count: int) -> list[Row]:
        if working.legs:
            sides = [
                [
                    row
                    for row in self._side(leg.instrument, leg.buys == working.buys, t, count)
                    if reaches_leg(working, n, row.price)
                ]
                for n, leg in enumerate(working.legs)
            ]
            return list(_implied(working.legs, sides, working.instrument.decimals + 1))[:count]
        return self._side(working.instrument, working.buys, t, count)

    def _side(self, instrument: Instrument, buys: bool, t: float, count: int) -> list[Row]:
        if int(t) != self._second:
            self._second = int(t)
            self._taken.clear()
        side = ASK if buys else BID
        return [
            row._replace(size=row.size - self._taken.get((instrument.conId, side, row.price, row.venue), 0))
            for row in book(self._market, instrument, count, t)[side]
        ]


def _reaches(working: WorkingOrder, limit: float, price: float) -> bool:
    return price <= limit if working.buys else price >= limit


def _implied(legs: Sequence[Leg], sides: Sequence[list[Row]], digits: int) -> Iterator[Row]:
    """The rows of a combination: as many units as each leg's row is good for, at what they add up to."""
    left = [list(side) for side in sides]
    while all(left):
        units = min(rows[0].size // leg.ratio for leg, rows in zip(legs, left, strict=True))
        price = sum(leg.signed * rows[0].price for leg, rows in zip(legs, left, strict=True))
        if units:
            yield Row(round(price, digits), units, "")
        for leg, rows in zip(legs, left, strict=True):
            rest = rows[0].size - units * leg.ratio
            if rest < leg.ratio:
                rows.pop(0)
            else:
                rows[0] = rows[0]._replace(size=rest)
