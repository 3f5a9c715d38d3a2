"""What becomes of positions in contracts that end: futures and options on their last day, and options exercised before.

Rule: at the close of its last day a position is gone. A future pays its last profit. An option that is worth a cent or
more is exercised: on a stock or a future it turns into the underlying at the strike, on an index into cash; one that
isn't lapses. Short options are assigned likewise.

Differs from TWS: it happens at the close, not overnight, and without executions; the premium is realised as a loss (or
gain) and not moved into the cost of the underlying. A contract on a share that has split since keeps its strike and
delivers as many new shares as the old ones have become.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from .ledgers import Trade

if TYPE_CHECKING:
    from ..instruments import Instrument
    from ..market import Market

OPTIONS = ("OPT", "FOP", "WAR")
ENDING = ("FUT", *OPTIONS)
# By how much an option must be in the money to be exercised without a word.
THRESHOLD = 0.01


def ends(market: Market, instrument: Instrument) -> float | None:
    """The instant at which the contract is settled, or None for one that never is."""
    if instrument.secType not in ENDING or instrument.expiry is None:
        return None
    session = market.calendar.session(instrument.schedule, instrument.expiry, rth=True)
    return float(session[1]) if session else None


def intrinsic(instrument: Instrument, underlying: float) -> float:
    """What exercising one unit is worth, per unit of the underlying; below 0 if it costs."""
    return underlying - instrument.strike if instrument.right.startswith("C") else instrument.strike - underlying


def exercised(
    option: Instrument, quantity: Decimal, underlying: Instrument, price: float, shares: float = 1.0
) -> list[Trade]:
    """What exercising (or being assigned) a signed quantity of options books; `price`: the underlying's now, as the
    option counts it. `shares`: how many have become of each since the option was listed."""
    if underlying.secType == "IND":
        return [Trade(option, -quantity, max(intrinsic(option, price), 0.0))]
    side = 1 if option.right.startswith("C") else -1
    units = Decimal(str(float(option.multiplier or 1) / float(underlying.multiplier or 1) * shares))
    return [Trade(option, -quantity, 0.0), Trade(underlying, quantity * side * units, option.strike / shares)]


def settled(
    instrument: Instrument,
    quantity: Decimal,
    last: float,
    underlying: Instrument | None,
    price: float,
    lapse: bool,
    shares: float = 1.0,
) -> list[Trade]:
    """What the end of a contract books; `last` is its own last price."""
    if instrument.secType not in OPTIONS or underlying is None:
        return [Trade(instrument, -quantity, last)]
    if lapse or intrinsic(instrument, price) < THRESHOLD:
        return [Trade(instrument, -quantity, 0.0)]
    return exercised(instrument, quantity, underlying, price, shares)
