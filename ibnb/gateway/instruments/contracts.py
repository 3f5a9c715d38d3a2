"""An instrument as answers carry it."""

from __future__ import annotations

from ..messages import Contract
from .instrument import Instrument


def contract_of(instrument: Instrument) -> Contract:
    """The contract that names an instrument, exchange included."""
    return Contract(
        conId=instrument.shownConId or instrument.conId,
        symbol=instrument.symbol,
        secType=instrument.secType,
        lastTradeDateOrContractMonth=instrument.lastTradeDateOrContractMonth,
        strike=instrument.strike,
        right=instrument.right,
        multiplier=instrument.multiplier,
        exchange=instrument.exchange,
        primaryExchange=instrument.primaryExchange,
        currency=instrument.currency,
        localSymbol=instrument.localSymbol,
        tradingClass=instrument.tradingClass,
    )
