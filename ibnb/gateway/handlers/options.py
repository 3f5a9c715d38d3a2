"""Option chains and the two option calculators.

Rule: a chain names what exists and never prices it; a calculator prices what the client says and never looks at the
market.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .. import messages as m
from ..instruments import Instrument
from ..market.black_scholes import Greeks, alive, figures, implied, price
from ..market.options import dividends, years_left
from ..world import Client, World
from .registry import Refusal, cancels, handles, invalid, not_simulated
from .resolve import NO_DEFINITION, resolve_contract

CUSTOM = 53
_PRICE_BASED = 1


@handles(m.ReqSecDefOptParams)
def sec_def_opt_params(world: World, client: Client, request: m.ReqSecDefOptParams) -> Iterator[object]:
    """Expirations and strikes of each trading class on each exchange, then the end.

    Differs from TWS: only the underlyings of this world's options have chains.
    """
    underlying = world.instruments.find(request.underlyingConId) if request.underlyingConId else None
    if not request.underlyingConId:
        raise invalid("Invalid contract id")
    if underlying is None or (request.underlyingSymbol and underlying.symbol != request.underlyingSymbol.upper()):
        raise Refusal(200, NO_DEFINITION)
    options = world.instruments.options
    classes = options.classes(underlying.symbol, underlying.secType, underlying.conId)
    if not classes:
        raise not_simulated(f"an option chain on {underlying.localSymbol} ({underlying.secType})")
    for each in classes:
        expirations = options.expirations_on(each, underlying.conId)
        strikes = sorted({strike for expiration in expirations for strike in options.strikes(each, expiration)})
        for exchange in each.exchanges.split(","):
            if request.futFopExchange.upper() in ("", exchange):
                yield m.SecurityDefinitionOptionParameter(
                    reqId=request.reqId,
                    exchange=exchange,
                    underlyingConId=underlying.conId,
                    tradingClass=each.tradingClass,
                    multiplier=each.multiplier,
                    expirations=tuple(f"{expiration.last:%Y%m%d}" for expiration in expirations),
                    strikes=tuple(strikes),
                )
    yield m.SecurityDefinitionOptionParameterEnd(reqId=request.reqId)


@handles(m.CalculateImpliedVolatility)
def calculate_implied_volatility(
    world: World, client: Client, request: m.CalculateImpliedVolatility
) -> Iterator[object]:
    """The volatility at which an option has the price that the client says; silence when there is none, as in TWS."""
    option = _option(world, request.contract)
    spot, paid = _positive(request.underPrice, "underlying price"), _positive(request.optionPrice, "option price")
    now = world.clock.now()
    years, coming = years_left(world.market, option, now), dividends(world.market, option, now)
    vol = implied(option, spot, years, paid, coming)
    if vol is not None:
        yield option_computation(request.reqId, CUSTOM, figures(option, spot, years, vol, paid, coming))


@handles(m.CalculateOptionPrice)
def calculate_option_price(world: World, client: Client, request: m.CalculateOptionPrice) -> Iterator[object]:
    """What an option is worth at a volatility and a price of the underlying."""
    option = _option(world, request.contract)
    spot, vol = _positive(request.underPrice, "underlying price"), _positive(request.volatility, "volatility")
    now = world.clock.now()
    years, coming = years_left(world.market, option, now), dividends(world.market, option, now)
    worth = float(price(option.right, np.array(alive(option, spot, years, coming)), option.strike, years, vol))
    yield option_computation(request.reqId, CUSTOM, figures(option, spot, years, vol, worth, coming))


cancels(m.CancelCalculateImpliedVolatility)
cancels(m.CancelCalculateOptionPrice)


def option_computation(reqId: int, tickType: int, told: Greeks) -> m.TickOptionComputation:
    """Return an option's figures as a message."""
    return m.TickOptionComputation(
        reqId=reqId,
        tickType=tickType,
        tickAttrib=_PRICE_BASED,
        impliedVol=told.impliedVol,
        delta=told.delta,
        optPrice=told.optPrice,
        pvDividend=told.pvDividend,
        gamma=told.gamma,
        vega=told.vega,
        theta=told.theta,
        undPrice=told.undPrice,
    )


def _option(world: World, contract: m.Contract) -> Instrument:
    instrument = resolve_contract(world, contract)
    if not instrument.right:
        raise invalid(f"{instrument.localSymbol} is not an option")
    return instrument


def _positive(value: float, name: str) -> float:
    if not 0 < value < float("inf"):
        raise invalid(f"Invalid {name}")
    return value
