from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from scripted import ScriptedTWS

from ibnb import AmbiguousContractError, ContractNotFoundError, createContract
from ibnb.ib.api import ContractDetails


def details(symbol: str, conId: int, **fields: Any) -> Any:
    found = ContractDetails()
    found.contract = createContract(symbol, **fields)
    found.contract.conId = conId
    found.longName, found.minTick, found.priceMagnifier = symbol.title(), 0.01, 1
    found.timeZoneId = "US/Eastern"
    return found


def answer(tws: ScriptedTWS, *rows: Any) -> None:
    tws.on("reqContractDetails", *(("contractDetails", "$id", row) for row in rows), ("contractDetailsEnd", "$id"))


def test_details_have_a_row_per_instrument(tws: ScriptedTWS) -> None:
    answer(tws, details("AAPL", 265598))
    found = tws.app.getContractDetails(createContract("AAPL"))
    assert found[["symbol", "conId", "minTick"]].values.tolist() == [["AAPL", 265598, 0.01]]
    assert found["strike"].isna().all()


def test_resolve_takes_a_symbol_and_returns_the_contract(tws: ScriptedTWS) -> None:
    answer(tws, details("AAPL", 265598), details("AAPL", 265598, exchange="ARCA"))
    assert tws.app.resolve("AAPL").conId == 265598


def test_resolve_names_the_field_that_tells_candidates_apart(tws: ScriptedTWS) -> None:
    answer(tws, details("SAN", 1, currency="USD"), details("SAN", 2, currency="EUR"))
    with pytest.raises(AmbiguousContractError, match="2 instruments fit") as caught:
        tws.app.resolve(createContract("SAN", currency=""))
    assert "currency" in str(caught.value)
    assert caught.value.candidates["conId"].tolist() == [1, 2]


def test_an_unknown_contract_raises(tws: ScriptedTWS) -> None:
    tws.refuse("reqContractDetails", 200, "No security definition has been found for the request")
    with pytest.raises(ContractNotFoundError):
        tws.app.resolve("NOPE")


def test_search_gives_symbols_and_what_is_derived_from_them(tws: ScriptedTWS) -> None:
    row = SimpleNamespace(contract=details("NVDA", 4815747).contract, derivativeSecTypes=["OPT", "CFD"])
    tws.on("reqMatchingSymbols", ("symbolSamples", "$id", [row]))
    found = tws.app.searchSymbols("NVDA")
    assert found[["symbol", "conId", "derivativeSecTypes"]].values.tolist() == [["NVDA", 4815747, "OPT,CFD"]]


def test_a_search_without_a_match_is_empty_and_without_a_pattern_refused(tws: ScriptedTWS) -> None:
    tws.on("reqMatchingSymbols", ("symbolSamples", "$id", []))
    assert tws.app.searchSymbols("ZZZZ").columns.tolist()[0] == "symbol"
    with pytest.raises(ValueError, match="pattern is empty"):
        tws.app.searchSymbols(" ")
