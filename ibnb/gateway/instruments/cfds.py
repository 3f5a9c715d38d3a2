"""Contracts for difference on shares and currency pairs: what they are on, under another conId.

Rule: such a contract has its underlying's prices and hours. Its quotes aren't its own either: TWS sends whoever asks
for them to the underlying (rerouteMktDataReq), which is `underConId`.
"""

from __future__ import annotations

from dataclasses import replace

from .instrument import Instrument, described, invented


def contract_for_difference(under: Instrument) -> Instrument:
    """The contract on a share or a pair."""
    primary = under.primaryExchange or under.exchange
    return replace(
        under,
        conId=invented(under.symbol, "CFD", primary, under.currency),
        secType="CFD",
        exchange="SMART",
        primaryExchange="",
        stockType="",
        secIdList=(),
        underConId=under.conId,
        underSymbol=under.symbol,
        underSecType=under.secType,
        **described("CFD", "", under.schedule, under.minTick, under.model.anchor),
    )
