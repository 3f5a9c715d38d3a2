"""What is bound to what: a future to its index, a fund to what it holds, a share to itself elsewhere, a cross to the
dollar pairs.

Rule: the logarithm of what is bound is a sum of others', and nothing else moves it. What costs nothing to exchange
(a cross, a share on two exchanges) has no constant of its own; a fund has one, its shares' part of the index.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import log

from ..instruments import Instrument, Model

# Whose logarithm, and how often.
Leg = tuple[str, float]

_EURO, _POUND, _PESO, _HONG_KONG, _YEN = (
    f"{pair[:3]}/CASH/IDEALPRO/{pair[3:]}" for pair in ("EURUSD", "GBPUSD", "USDMXN", "USDHKD", "USDJPY")
)
_SPX, _NDX, _RUT, _DOW = "SPX/IND/CBOE/USD", "NDX/IND/NASDAQ/USD", "RUT/IND/RUSSELL/USD", "INDU/IND/CME/USD"
_GOLD, _BITCOIN, _ETHER = "XAUUSD/CMDTY/SMART/USD", "BTC/CRYPTO/PAXOS/USD", "ETH/CRYPTO/PAXOS/USD"

_TIES: dict[str, tuple[Leg, ...]] = {
    # Funds and futures
    **dict.fromkeys(("ES", "SPY/STK/ARCA/USD", "VOO/STK/ARCA/USD"), ((_SPX, 1.0),)),
    **dict.fromkeys(("NQ", "QQQ/STK/NASDAQ/USD"), ((_NDX, 1.0),)),
    **dict.fromkeys(("RTY", "IWM/STK/ARCA/USD"), ((_RUT, 1.0),)),
    **dict.fromkeys(("YM", "DIA/STK/ARCA/USD"), ((_DOW, 1.0),)),
    **dict.fromkeys(("GC", "GLD/STK/ARCA/USD", "XAUUSD/CFD/SMART/USD"), ((_GOLD, 1.0),)),
    **dict.fromkeys(("BRR", "IBIT/STK/NASDAQ/USD", "BTC/CRYPTO/ZEROHASH/USD"), ((_BITCOIN, 1.0),)),
    "ETH/CRYPTO/ZEROHASH/USD": ((_ETHER, 1.0),),
    "6E": ((_EURO, 1.0),),
    **dict.fromkeys(("DAX", "FDAX", "FDXM"), (("DAX/IND/EUREX/EUR", 1.0),)),
    **dict.fromkeys(("ESTX50", "FESX"), (("ESTX50/IND/EUREX/EUR", 1.0),)),
    # Shares of one company
    "GOOG/STK/NASDAQ/USD": (("GOOGL/STK/NASDAQ/USD", 1.0),),
    "AMD/STK/IBIS/EUR": (("AMD/STK/NASDAQ/USD", 1.0), (_EURO, -1.0)),
    "AMD/STK/MEXI/MXN": (("AMD/STK/NASDAQ/USD", 1.0), (_PESO, 1.0)),
    "LIN/STK/IBIS/EUR": (("LIN/STK/NASDAQ/USD", 1.0), (_EURO, -1.0)),
    "BBVA/STK/NYSE/USD": (("BBVA/STK/BM/EUR", 1.0), (_EURO, 1.0)),
    "SAN/STK/NYSE/USD": (("SAN/STK/BM/EUR", 1.0), (_EURO, 1.0)),
    "DB/STK/NYSE/USD": (("DB/STK/IBIS/EUR", 1.0), (_EURO, 1.0)),
    "MUFG/STK/NYSE/USD": (("8306/STK/TSEJ/JPY", 1.0), (_YEN, -1.0)),
    "9988/STK/SEHK/HKD": (("BABA/STK/NYSE/USD", 1.0), (_HONG_KONG, 1.0)),
    "5/STK/SEHK/HKD": (("HSBA/STK/LSE/GBP", 1.0), (_POUND, 1.0), (_HONG_KONG, 1.0)),
}
# Two prices for the same thing that differ by less are one price.
_SAME = 0.005


class Ties:
    """Who is bound in one world. `instruments`: everything that has a path of its own, by the path's key."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self._instruments = instruments
        self.legs = lru_cache(None)(self._legs)

    def base(self, key: str) -> Instrument:
        """The instrument that gives a path its name."""
        return self._instruments[key]

    def named(self, instrument: Instrument) -> Instrument:
        """The instrument that gives this one's path its name: itself, if there is no other."""
        return self._instruments.get(instrument.model.key, instrument)

    def anchor(self, model: Model) -> float:
        """The price of 2025-06-10."""
        legs = self.legs(model.key)
        if not legs:
            return model.anchor
        product = 1.0
        for key, power in legs:
            product *= self.anchor(self.base(key).model) ** power
        return product if abs(log(model.anchor / product)) < _SAME else model.anchor

    def _legs(self, key: str) -> tuple[Leg, ...]:
        """What a path is made of; nothing if it is its own."""
        legs = _TIES.get(key) or self._cross(key)
        return legs if all(leg in self._instruments for leg, _ in legs) else ()

    def _cross(self, key: str) -> tuple[Leg, ...]:
        """A pair without the dollar is made of two with it."""
        symbol, secType, exchange, currency = [*key.split("/"), "", "", ""][:4]
        if secType != "CASH" or "USD" in (symbol, currency):
            return ()
        return (*self._dollars(symbol, exchange, 1.0), *self._dollars(currency, exchange, -1.0))

    def _dollars(self, currency: str, exchange: str, power: float) -> tuple[Leg, ...]:
        """So many dollars as a unit of a currency is worth."""
        direct = f"{currency}/CASH/{exchange}/USD"
        if direct in self._instruments:
            return ((direct, power),)
        return ((f"USD/CASH/{exchange}/{currency}", -power),)
