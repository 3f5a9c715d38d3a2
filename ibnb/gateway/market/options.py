"""What can be asked of options, and of options on something, at an instant.

Rule: pure functions of the market, the instrument and the time. When the market is closed they speak of its last
second.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from ..calendar import DAY, day_number
from ..instruments import Instrument
from .black_scholes import Dividends, Greeks, figures, implied, worth
from .noise import bits, piece, stream

if TYPE_CHECKING:
    from .market import Market

# Tick types of option computations.
BID, ASK, LAST, MODEL = 10, 11, 12, 13

TRADING_DAYS = 252
_DAYS_BACK = 30
# Contracts a day on an underlying, calls and puts, per share traded; contracts open per contract traded a day.
_CONTRACTS_PER_SHARE = 0.02
_INDEX_CONTRACTS = 3_000_000
_OPEN_PER_CONTRACT = 6


@dataclass(frozen=True)
class OptionActivity:
    """Contracts of a trading day so far, contracts open, and the average day's volume, on one underlying."""

    callVolume: int
    putVolume: int
    callOpenInterest: int
    putOpenInterest: int
    averageVolume: int


def model_greeks(market: Market, option: Instrument, t: float) -> Greeks:
    """The model's figures of an option at `t`, at the market's own volatility.

    Differs from TWS: the greeks of what may be exercised early are those of what may not.
    """
    spot, years, vol, coming = _state(market, option, t)
    paid = float(worth(option, np.array(spot), years, vol, coming))
    return figures(option, spot, years, vol, paid, coming)


def computations(market: Market, option: Instrument, t: float, frozen: bool = False) -> dict[int, Greeks]:
    """By tick type: what bid (10), offer (11), last price (12) and model (13) mean. A side without a price is left
    out; a price that no volatility explains has no greeks."""
    spot, years, _, coming = _state(market, option, t)
    quote = market.quote(option, t, frozen)
    found = {}
    for tickType, paid in ((BID, quote.bid), (ASK, quote.ask), (LAST, quote.last)):
        if paid is not None:
            found[tickType] = figures(option, spot, years, implied(option, spot, years, paid, coming), paid, coming)
    return found | {MODEL: model_greeks(market, option, t)}


def better_exercised(market: Market, option: Instrument, t: float) -> bool:
    """Whether an American call brings more at `t` than it will be worth when its underlying has gone ex next."""
    spot, years, vol, coming = _state(market, option, t)
    if not coming or spot <= option.strike:
        return False
    return spot - option.strike > float(worth(option, np.array(spot - coming[0][1]), years, vol, coming[1:]))


def dividends(market: Market, option: Instrument, t: float) -> Dividends:
    """What an option's underlying pays from `t` on while the option lives: years until it goes ex, and how much."""
    return market.paths.options.dividends(option, float(int(t) // 60 * 60))


def years_left(market: Market, option: Instrument, t: float) -> float:
    """The time to the end of an option's last session, in years, counted from the minute of `t`."""
    return market.paths.options.years(option, float(int(t) // 60 * 60))


def expected_volatility(market: Market, underlying: Instrument, t: float) -> float:
    """What options imply for the coming thirty days, per year: tick 24 (generic 106), OPTION_IMPLIED_VOLATILITY."""
    _, opens, closes = market.calendar.latest(underlying.schedule, t)
    minute = np.array([min(max(int(t), opens), closes) // 60 * 60])
    return round(float(market.paths.volatility.expected(underlying, minute)[0]), 6)


def historical_volatility(market: Market, instrument: Instrument, t: float) -> float:
    """The deviation of the last thirty daily returns, per year: tick 23 (generic 104), HISTORICAL_VOLATILITY."""
    end = market.calendar.latest(instrument.schedule, t)[1]
    what = "TRADES" if instrument.trades else "MIDPOINT"
    closes = market.bars(instrument, what, "day", end - 2 * _DAYS_BACK * DAY, end).close[-_DAYS_BACK - 1 :]
    return round(float(np.std(np.diff(np.log(closes)), ddof=1)) * sqrt(TRADING_DAYS), 6)


def activity(market: Market, underlying: Instrument, t: float) -> OptionActivity:
    """Figures of all options on an underlying together: generic ticks 100, 101 and 105.

    Differs from TWS: they go with the underlying's volume, and aren't the sum of the single contracts'.
    """
    day, opened, closed = market.calendar.latest(underlying.schedule, t, rth=True)
    share = min(max((t - opened) / (closed - opened), 0.0), 1.0)
    average = int(underlying.model.volume * _CONTRACTS_PER_SHARE) or _INDEX_CONTRACTS
    luck = bits(stream(market.seed, underlying.model.key, "options"), np.array([day_number(day)]))
    today, calls, openCalls = (int(piece(luck, at)[0]) / 65535 for at in (0, 16, 32))
    volume = int(average * (0.6 + 0.8 * today) * share)
    called = int(volume * (0.45 + 0.2 * calls))
    interest = average * _OPEN_PER_CONTRACT
    openCalled = int(interest * (0.45 + 0.2 * openCalls))
    return OptionActivity(called, volume - called, openCalled, interest - openCalled, average)


def _state(market: Market, option: Instrument, t: float) -> tuple[float, float, float, Dividends]:
    """The underlying's price as the option counts it, the time left, the volatility and the dividends."""
    day, _, closes = market.calendar.latest(option.schedule, t)
    if option.expiry is not None and day > option.expiry:
        session = market.calendar.session(option.schedule, option.expiry)
        assert session is not None
        day, closes = option.expiry, session[1]
    t = min(t, closes - 1)
    paths = market.paths.options
    under = paths.underlying(option)
    spot = market.last_price(under, t) * float(market.paths.actions.split(under, 0, t))
    vol = paths.vols(option, day_number(day), np.array([int(t) // 60 * 60]))
    return spot, years_left(market, option, t), float(vol[0]), dividends(market, option, t)
