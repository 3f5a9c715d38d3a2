"""Instruments whose prices come from files.

Rule: a file for an instrument that exists gives it its prices and leaves all else alone; another one becomes an
instrument of its own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np

from ..calendar import DAY, day_number
from ..data import Recording
from .instrument import Instrument, Model, described, invented

_TRADING_DAYS = 252
_ANY_VOL = 0.25


def recorded(recording: Recording, listings: tuple[Instrument, ...], today: date) -> Instrument:
    """The instrument that a recording is of: one of the listings, with other prices, or a new one."""
    known = next((listing for listing in listings if _same(listing, recording)), None)
    if known is None:
        return _new(recording, today)
    minTick = known.minTick if _on_tick(recording, known.minTick) else 10.0**-recording.decimals
    kind = described(
        known.secType, known.primaryExchange or known.exchange, known.schedule, minTick, float(recording.close[-1])
    )
    return replace(
        known,
        minTick=minTick,
        marketRuleIds=kind["marketRuleIds"],
        model=_model(recording, known.model.key, today),
        grain=Decimal(1),
    )


def _same(listing: Instrument, recording: Recording) -> bool:
    said = (listing.symbol, listing.secType, listing.currency, listing.schedule)
    return said == (recording.symbol, recording.secType, recording.currency, recording.schedule)


def _on_tick(recording: Recording, minTick: float) -> bool:
    columns = (recording.open, recording.high, recording.low, recording.close, recording.bid, recording.ask)
    prices = np.concatenate([column for column in columns if column is not None]) / minTick
    return bool((np.abs(prices - np.rint(prices)) < 1e-6).all())


def _new(recording: Recording, today: date) -> Instrument:
    symbol, secType, exchange = recording.symbol, recording.secType, recording.exchange
    identity = (symbol, secType, exchange, recording.currency)
    primary = exchange if secType == "STK" and exchange != "SMART" else ""
    minTick = 10.0**-recording.decimals
    return Instrument(
        conId=invented("data", *identity),
        symbol=symbol,
        secType=secType,
        exchange="SMART" if secType in ("STK", "CMDTY", "CFD", "BOND") else exchange,
        primaryExchange=primary,
        currency=recording.currency,
        localSymbol=f"{symbol}.{recording.currency}" if secType in ("CASH", "CRYPTO") else symbol,
        tradingClass=symbol,
        longName=f"{symbol}, from a file",
        minTick=minTick,
        schedule=recording.schedule,
        model=_model(recording, "/".join(("data", *identity)), today),
        stockType="COMMON" if secType == "STK" else "",
        **described(secType, primary or exchange, recording.schedule, minTick, float(recording.close[-1])),
    )


def _model(recording: Recording, key: str, today: date) -> Model:
    days, last = np.unique(recording.time // DAY, return_index=True)
    ends = np.append(last[1:], len(recording)) - 1
    closes = recording.close[ends]
    returns = np.diff(np.log(closes))
    vol = float(np.std(returns)) * _TRADING_DAYS**0.5 if len(returns) > 1 else _ANY_VOL
    before = int(np.searchsorted(days, day_number(today)))
    return Model(
        key=key,
        anchor=float(closes[before - 1] if before else recording.open[0]),
        drift=0.0,
        vol=vol or _ANY_VOL,
        volume=int(recording.volume.sum() // len(days)),
        spread=1,
        listed=recording.first,
    )
