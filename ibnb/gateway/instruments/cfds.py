"""Contracts for difference: on shares and currency pairs, what they are on, under another conId; on indices, by IB's
own names.

Rule: such a contract has its underlying's prices and hours. On a share or a pair its quotes aren't its own either: TWS
sends whoever asks for them to the underlying (rerouteMktDataReq), which is `underConId`. On an index it is quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .instrument import Instrument, described, invented

# IB's name, its conIds of the contract and of what it is on, and the index whose prices it has.
INDICES = (
    ("IBUS500", 111767871, 111743379, "SPX"),
    ("IBUS30", 111767879, 111746713, "INDU"),
    ("IBUST100", 111767885, 111754060, "NDX"),
    ("IBDE40", 111987422, 111987349, "DAX"),
    ("IBEU50", 111987407, 111987342, "ESTX50"),
    ("IBJP225", 111987469, 111987372, "N225"),
    ("IBHK50", 111987478, 111987384, "HSI"),
)
# Of the price, as ticks of an index are so small.
_SPREAD = 0.0001


def contracts_on_indices(listings: Iterable[Instrument]) -> Iterator[Instrument]:
    """The contracts on those indices that are listed."""
    indices = {listing.symbol: listing for listing in listings if listing.secType == "IND"}
    for symbol, conId, underConId, name in INDICES:
        if name in indices:
            index = indices[name]
            spread = max(round(index.model.anchor * _SPREAD / index.minTick), 1)
            yield replace(
                index,
                conId=conId,
                symbol=symbol,
                secType="CFD",
                exchange="SMART",
                localSymbol=symbol,
                tradingClass=symbol,
                model=replace(index.model, spread=spread),
                underConId=underConId,
                underSymbol=symbol,
                underSecType="IND",
                **described("CFD", "", index.schedule, index.minTick),
            )


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
