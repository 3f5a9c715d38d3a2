"""How TWS finds instruments from what a client says of a contract.

Rule: `_FILTERS` says, field by field, what fits; what is unset doesn't filter.

Differs from TWS: an empty exchange gives one row per listing, not one per exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any

from ..data import Recording
from ..messages import Contract
from .bonds import read_bonds
from .cfds import contract_for_difference, contracts_on_indices
from .futures import read_futures, roots
from .instrument import Instrument
from .listings import read_listings
from .options import CLASSES, FIRST_CONID, OptionClass, Options
from .recorded import recorded

MATCHING_SYMBOLS = 16


# Old and new names of one exchange.
_SAME_EXCHANGE = {
    "ISLAND": "NASDAQ",
    "SMARTUS": "SMART",
    "GLOBEX": "CME",
    "ECBOT": "CBOT",
    "CMECRYPTO": "CME",
    "DTB": "EUREX",
}
# Besides its primary exchange, where every US stock may be said to be primary: lumibot says ISLAND of SPY and IBM.
_TAKEN_AS_PRIMARY = "NASDAQ"


def route(exchange: str) -> tuple[str, str]:
    """The exchange that a word names, and the primary exchange that it names beside it: "SMART/AMEX", "SMART:NASDAQ".

    Example:
        >>> route("SMART/ISLAND"), route("globex")
        (('SMART', 'NASDAQ'), ('CME', ''))
    """
    smart, _, primary = exchange.upper().replace(":", "/").partition("/")
    if primary and smart != "SMART":
        return exchange.upper(), ""
    return _SAME_EXCHANGE.get(smart, smart), _SAME_EXCHANGE.get(primary, primary)


def _on_exchange(instrument: Instrument, exchange: str) -> bool:
    wanted, primary = route(exchange)
    valid = instrument.validExchanges.split(",")
    return wanted in valid and (not primary or primary in valid)


def _has_primary(instrument: Instrument, exchange: str) -> bool:
    wanted, _ = route(exchange)
    primary = instrument.primaryExchange
    # An ETF on the LSE is primary on LSEETF in TWS; both names are understood.
    return (
        wanted == primary
        or (primary == "LSE" and wanted == "LSEETF")
        or (not primary and wanted == instrument.exchange)
        or (wanted == _TAKEN_AS_PRIMARY and instrument.secType == "STK" and _on_exchange(instrument, wanted))
    )


# By field of a contract: how an instrument answers to what was asked, which is never empty.
_FILTERS: dict[str, Callable[[Instrument, Any], bool]] = {
    "symbol": lambda i, v: v.upper() in (i.symbol, i.bond.cusip if i.bond else ""),
    "secType": lambda i, v: i.secType in v.upper().split("+"),
    "currency": lambda i, v: i.currency == v.upper(),
    "exchange": _on_exchange,
    "primaryExchange": _has_primary,
    "localSymbol": lambda i, v: i.localSymbol == v,
    "tradingClass": lambda i, v: i.tradingClass == v,
    "lastTradeDateOrContractMonth": lambda i, v: _expires(i, v),
    "multiplier": lambda i, v: bool(i.multiplier) and float(i.multiplier) == _number(v),
    "strike": lambda i, v: i.strike == float(v),
    "right": lambda i, v: v in "0?" or i.right == v[0].upper(),
    "secId": lambda i, v: v in dict(i.secIdList).values(),
}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _expires(instrument: Instrument, wanted: str) -> bool:
    return (
        instrument.contractMonth == wanted
        if len(wanted) == 6
        else (instrument.lastTradeDateOrContractMonth == wanted[:8])
    )


class Instruments:
    """Everything that exists on the day `today`.

    `recorded`: bars from files, which become instruments. `level` gives an instrument's price before that day, by
    which options' strikes are laid; a world sets it to its market's.
    """

    def __init__(self, today: date, recorded: Iterable[Recording] = ()) -> None:
        self.today = today
        self._recorded = tuple(recorded)
        self.level: Callable[[Instrument], float] = lambda instrument: instrument.model.anchor

    @cached_property
    def listings(self) -> tuple[Instrument, ...]:
        """What never expires, in the table's order; continuous futures, bonds and files' own instruments last."""
        known = (*read_listings(), *(root.contfut(self.today) for root in roots()), *read_bonds())
        found = {i.conId: i for i in known}
        for recording in self._recorded:
            instrument = recorded(recording, known, self.today)
            found[instrument.conId] = instrument
        return tuple(found.values())

    @cached_property
    def recordings(self) -> dict[int, Recording]:
        """The bars of each instrument that has its prices from a file, by conId."""
        known = self.listings if self._recorded else ()
        return {recorded(recording, known, self.today).conId: recording for recording in self._recorded}

    @cached_property
    def futures(self) -> tuple[Instrument, ...]:
        """By root and expiry: what is listed today and what expired within two years."""
        return tuple(read_futures(self.today))

    @cached_property
    def options(self) -> Options:
        """The options listed today, which are made one by one when somebody asks."""
        return Options(self.today, self._underlying, lambda instrument: self.level(instrument))

    def __iter__(self) -> Iterator[Instrument]:
        """Everything that is alive, expired futures and all options left out."""
        yield from self.listings
        yield from (future for future in self.futures if not self.expired(future))

    @cached_property
    def exchanges(self) -> frozenset[str]:
        """Every exchange name that some instrument answers to; another one is an invalid destination."""
        names = frozenset(name for i in self.listings for name in i.validExchanges.split(","))
        return names.union(_SAME_EXCHANGE, *(each.exchanges.split(",") for each in CLASSES))

    def knows(self, exchange: str) -> bool:
        """Whether some instrument answers to this exchange, or to these words of routing."""
        return self.exchanges.issuperset(name for name in route(exchange) if name)

    def expired(self, instrument: Instrument) -> bool:
        """Whether a future's or an option's last trading day is past."""
        return instrument.expiry is not None and instrument.expiry < self.today

    def find(self, conId: int) -> Instrument | None:
        """The listing with this conId, expired ones included."""
        if conId >= FIRST_CONID:
            return self.options.find(conId)
        return self._listed.get(conId) or self._expiring.get(conId) or self._cfds.get(conId)

    def match(self, contract: Contract) -> list[Instrument]:
        """All listings that fit what is said, none if nothing does; what is unset doesn't filter.

        A conId needs nothing else (only an exchange, if given, must list it). Expired futures need `includeExpired`.
        The rows' `exchange` is the one that was asked for. Whoever needs exactly one contract calls more an ambiguity.
        """
        return list(self.each(contract))

    def each(self, contract: Contract) -> Iterator[Instrument]:
        """The same, one after the other: a whole option chain is twenty thousand."""
        candidates: Iterable[Instrument]
        if contract.conId:
            continuous = "CONTFUT" in contract.secType.upper().split("+")
            known = self._continuous.get(contract.conId) if continuous else self.find(contract.conId)
            candidates = [known] if known else []
            fields: Iterable[str] = ["exchange"]
        else:
            candidates = self._candidates(contract)
            fields = _FILTERS
        expired = bool(contract.conId or contract.includeExpired)
        asked = [(_FILTERS[field], wanted) for field in fields if (wanted := getattr(contract, field))]
        exchange, _ = route(contract.exchange)
        for found in candidates:
            if (expired or not self.expired(found)) and all(fits(found, wanted) for fits, wanted in asked):
                yield replace(found, exchange=exchange) if exchange else found

    def search(self, pattern: str) -> list[Instrument]:
        """At most 16 stocks and indices whose symbol, or a word of whose name, begins so; exact symbols first."""
        wanted = pattern.strip().upper()
        if not wanted:
            return []
        ranked = []
        for n, i in enumerate(self.listings):
            if i.secType not in ("STK", "IND"):
                continue
            name = i.longName.upper()
            hits = (i.symbol == wanted, i.symbol.startswith(wanted), name.startswith(wanted), f" {wanted}" in name)
            if any(hits):
                ranked.append((hits.index(True), n, i))
        return [i for _, _, i in sorted(ranked, key=lambda r: r[:2])][:MATCHING_SYMBOLS]

    def _candidates(self, contract: Contract) -> Iterable[Instrument]:
        """What may fit; options only when they are asked for by name, because there are so many."""
        kinds = contract.secType.upper().split("+")
        futures = self.futures if {"", "FUT"} & {*kinds} else ()
        options = self.options.match(contract, kinds) if {"OPT", "FOP"} & {*kinds} else ()
        cfds = self._cfds.values() if "CFD" in kinds else ()
        return chain(self.listings, futures, options, cfds)

    def _underlying(self, each: OptionClass, last: date) -> Instrument | None:
        """What a class's options that end on a day are on; of futures, the month that ends then or next."""
        if each.underSecType == "FUT":
            months = (i for i in self.futures if i.symbol == each.symbol and i.expiry is not None and i.expiry >= last)
            return next(months, None)
        return self._by_name.get((each.symbol, each.underSecType))

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Instrument]:
        """What options are on: the US listing of each symbol."""
        return {(i.symbol, i.secType): i for i in self.listings if i.schedule in ("US", "CBOE")}

    @cached_property
    def _listed(self) -> dict[int, Instrument]:
        return {i.conId: i for i in self.listings}

    @cached_property
    def _cfds(self) -> dict[int, Instrument]:
        """The contracts for difference on shares, currency pairs and indices, by conId."""
        made = (contract_for_difference(i) for i in self.listings if i.secType in ("STK", "CASH"))
        return {i.conId: i for i in (*made, *contracts_on_indices(self.listings))}

    @cached_property
    def _continuous(self) -> dict[int, Instrument]:
        """The continuous futures, by the conId that they show."""
        return {i.shownConId: i for i in self.listings if i.shownConId}

    @cached_property
    def _expiring(self) -> dict[int, Instrument]:
        return {i.conId: i for i in self.futures}
