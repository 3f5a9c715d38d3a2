"""The contract family: what an instrument is, what fits a description, and the one that you mean."""

from __future__ import annotations

import copy
import warnings
from operator import attrgetter
from typing import Any

import pandas as pd

from ibnb import tables
from ibnb.core.core import Core
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.core.session import Session
from ibnb.errors import AmbiguousContractError, ContractNotFoundError
from ibnb.ib import create
from ibnb.ib.api import Contract
from ibnb.ib.fields import ContractLike
from ibnb.ib.instruments import as_contract
from ibnb.ib.zones import ZoneWarning, zone_name
from ibnb.tracebacks import users_level

# What tells candidates apart, the most useful first.
_TELLING = (
    "secType",
    "currency",
    "primaryExchange",
    "exchange",
    "lastTradeDateOrContractMonth",
    "strike",
    "right",
    "multiplier",
    "tradingClass",
    "localSymbol",
)


class ContractCallbacks(Listener):
    @on("symbolSamples")
    def got_symbol_samples(self, reqId: int, contractDescriptions: Any) -> None:
        told = attrgetter("symbol", "secType", "primaryExchange", "currency", "conId")
        rows = [(*told(each.contract), ",".join(each.derivativeSecTypes or ())) for each in contractDescriptions or ()]
        self._pending.answer(reqId, rows)


class ContractVerbs(Session, listener=ContractCallbacks):
    createContract = staticmethod(create.createContract)

    def getContractDetails(self, contract: ContractLike | str, timeout: float | None = None) -> pd.DataFrame:
        """Return every instrument that fits `contract`, one row each.

        Columns: the contract's fields (symbol … conId), longName, `minTick` (smallest price step), `priceMagnifier`
        (100: the price is in hundredths, as pence in London), timeZoneId, tradingHours, liquidHours, …
        Raises ContractNotFoundError when nothing fits, RequestTimeoutError; an answer that isn't waited for any more is
        cancelled at TWS (server version 215).

        >>> app.getContractDetails(app.createContract("AAPL"))["minTick"].tolist()
        [0.01]
        """
        wanted = as_contract(contract, "getContractDetails")
        return tables.frame(
            "contractDetails",
            [_row(each) for each in self._ibnb.definitions.ask(wanted, "getContractDetails", timeout, anew=True)],
        )

    def resolve(self, contract: ContractLike | str, timeout: float | None = None) -> Contract:
        """Return the one instrument that `contract` (or a US stock's symbol) means, with its conId and all fields set.

        Raises ContractNotFoundError when nothing fits, AmbiguousContractError when several do: its text names the field
        that tells them apart, its `candidates` is the frame of them.

        >>> app.resolve("AAPL").conId
        265598
        """
        wanted = as_contract(contract, "resolve")
        found: Contract = copy.copy(the_one(self._ibnb.definitions.ask(wanted, "resolve", timeout), "resolve").contract)
        return found

    def searchSymbols(self, pattern: str, timeout: float | None = None) -> pd.DataFrame:
        """Return up to 16 stocks whose symbol or company name begins with `pattern`.

        Columns symbol, secType, primaryExchange, currency, conId, derivativeSecTypes. No match gives an empty frame.
        TWS wants a second between two of these. Raises ValueError for an empty pattern.

        >>> "NVDA" in app.searchSymbols("NVDA")["symbol"].tolist()
        True
        """
        if not pattern.strip():
            raise ValueError("pattern is empty; for instance 'AAPL' or 'Apple'.")
        (rows,) = self._ibnb.ask("searchSymbols", "reqMatchingSymbols", pattern, timeout=timeout)
        return tables.frame("symbols", rows)


def the_one(details: list[Any], verb: str) -> Any:
    """Return the details of the one instrument among them. ContractNotFoundError, AmbiguousContractError."""
    found = {each.contract.conId: each for each in details}
    if len(found) == 1:
        return next(iter(found.values()))
    candidates = tables.frame("contractDetails", [_row(each) for each in details])
    if not found:
        raise ContractNotFoundError(200, "no instrument fits", verb=verb)
    telling = [name for name in _TELLING if candidates[name].nunique() > 1]
    shown = candidates[["symbol", *telling[:3], "conId"]].head(10).to_string(index=False)
    error = AmbiguousContractError(
        200,
        f"{len(found)} instruments fit",
        verb=verb,
        advice=f"Say which one with {' or '.join(telling[:2]) or 'conId'}:\n{shown}",
    )
    error.candidates = candidates
    raise error


def exchange_zone(core: Core, contract: Any, verb: str) -> str:
    """The zone of a contract's exchange."""
    return zone_of(core.definitions.ask(contract, verb)[0])


def zone_of(details: Any) -> str:
    """The zone of an instrument's exchange; UTC, with a ZoneWarning, where TWS names none."""
    if not details.timeZoneId.strip():
        text = f"TWS names no time zone for {details.contract.symbol}; its times are shown in UTC"
        warnings.warn(text, ZoneWarning, stacklevel=users_level())
    return zone_name(details.timeZoneId)


def _row(details: Any) -> list[Any]:
    """A row for tables.TABLES["contractDetails"], whose columns are fields of a contract or of its details."""
    fields = vars(details) | vars(details.contract)
    # A strike of 0 is how TWS says "none".
    fields["strike"] = fields["strike"] or None
    return [fields[name] for name in tables.TABLES["contractDetails"]]
