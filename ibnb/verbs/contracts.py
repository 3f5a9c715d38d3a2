"""The contract family: what an instrument is, what fits a description, and the one that you mean."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ibnb import tables
from ibnb.core.dispatch import on
from ibnb.errors import AmbiguousContractError, ContractNotFoundError
from ibnb.ib import create
from ibnb.ib.api import to_float
from ibnb.verbs.family import VerbFamily

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


class ContractVerbs(VerbFamily):
    """Verbs about contracts, and the callbacks that answer them."""

    createContract = staticmethod(create.createContract)

    def getContractDetails(self, contract: Any, timeout: float | None = None) -> pd.DataFrame:
        """Return every instrument that fits `contract`, one row each.

        Columns: the contract's fields (symbol … conId), longName, `minTick` (smallest price step), `priceMagnifier`
        (100: the price is in hundredths, as pence in London), timeZoneId, tradingHours, liquidHours, …
        Raises ContractNotFoundError when nothing fits.

        >>> app.getContractDetails(app.createContract("AAPL"))["minTick"].tolist()
        [0.01]
        """
        return tables.frame("contractDetails", [_row(each) for each in self._contract_details(contract, timeout)])

    def resolve(self, contract: Any, timeout: float | None = None) -> Any:
        """Return the one instrument that `contract` (or a US stock's symbol) means, with its conId and all fields set.

        Raises ContractNotFoundError when nothing fits, AmbiguousContractError when several do: its text names the field
        that tells them apart, its `candidates` is the frame of them.

        >>> app.resolve("AAPL").conId
        265598
        """
        wanted = create.createContract(contract) if isinstance(contract, str) else contract
        details = self._contract_details(wanted, timeout, verb="resolve")
        return the_one(details, "resolve").contract

    def searchSymbols(self, pattern: str, timeout: float | None = None) -> pd.DataFrame:
        """Return up to 16 stocks whose symbol or company name begins with `pattern`.

        Columns symbol, secType, primaryExchange, currency, conId, derivativeSecTypes. No match gives an empty frame.
        TWS wants a second between two of these. Raises ValueError for an empty pattern.

        >>> "NVDA" in app.searchSymbols("NVDA")["symbol"].tolist()
        True
        """
        if not pattern.strip():
            raise ValueError("pattern is empty; for instance 'AAPL' or 'Apple'.")
        with self._request("searchSymbols", timeout=timeout) as slot:
            self.reqMatchingSymbols(slot.key, pattern)
            slot.wait()
        return tables.frame("symbols", slot.rows[0])

    def _contract_details(self, contract: Any, timeout: float | None, verb: str = "getContractDetails") -> list[Any]:
        with self._request(verb, timeout=timeout, contract=contract, kind="contract") as slot:
            self.reqContractDetails(slot.key, contract)
            return list(slot.wait())

    # --- callbacks: recorded only ---------------------------------------------------------------

    @on("contractDetails")
    @on("bondContractDetails")
    def _got_contract_details(self, reqId: int, contractDetails: Any) -> None:
        self._add(reqId, contractDetails)

    @on("contractDetailsEnd")
    def _got_contract_details_end(self, reqId: int) -> None:
        self._finish(reqId)

    @on("symbolSamples")
    def _got_symbol_samples(self, reqId: int, contractDescriptions: Any) -> None:
        rows = [
            (
                each.contract.symbol,
                each.contract.secType,
                each.contract.primaryExchange,
                each.contract.currency,
                each.contract.conId,
                ",".join(each.derivativeSecTypes or ()),
            )
            for each in contractDescriptions or ()
        ]
        self._add(reqId, rows, last=True)


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


def _row(details: Any) -> tuple[Any, ...]:
    contract = details.contract
    return (
        contract.symbol,
        contract.secType,
        contract.exchange,
        contract.primaryExchange,
        contract.currency,
        contract.localSymbol,
        contract.tradingClass,
        contract.lastTradeDateOrContractMonth,
        # A strike of 0 is how TWS says "none".
        to_float(contract.strike) or None,
        contract.right,
        contract.multiplier,
        contract.conId,
        details.longName,
        details.stockType,
        details.minTick,
        details.priceMagnifier,
        details.timeZoneId,
        details.tradingHours,
        details.liquidHours,
        details.validExchanges,
        details.orderTypes,
    )
