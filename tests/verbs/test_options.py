from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from inside import core
from scripted import ScriptedTWS

from ibnb import ContractNotFoundError, MarketDataError, RequestError, RequestTimeoutError, SafetyError, createContract
from ibnb.errors import NotConnectedError

AAPL = createContract("AAPL", conId=265598)
EXPIRIES = ["20250620", "20250613", "20250718"]
STRIKES = [200.0, 210.0, 205.0, 195.0]
OPTION = createContract("AAPL", "OPT", conId=7, lastTradeDateOrContractMonth="20250613", strike=205.0, right="C")
GREEKS = (0.25, 0.5, 3.1, 0.0, 0.04, 0.1, -0.2, 204.0)


class Chain:
    """A TWS that lists options on AAPL at 204: two expiries have every strike, the third hasn't 210."""

    def __init__(self, tws: ScriptedTWS, computed: Sequence[float] = GREEKS, quoted: bool = True) -> None:
        self.tws, self.computed, self.quoted = tws, computed, quoted
        tws.on(
            "reqSecDefOptParams",
            ("securityDefinitionOptionParameter", "$id", "CBOE", 265598, "AAPL", "100", set(EXPIRIES), set(STRIKES)),
            ("securityDefinitionOptionParameter", "$id", "SMART", 265598, "AAPL", "100", set(EXPIRIES), set(STRIKES)),
            ("securityDefinitionOptionParameterEnd", "$id"),
        )
        tws.on("reqContractDetails", self.details)
        tws.on("reqMktData", self.quote)
        tws.record("cancelMktData")

    def details(self, reqId: int, contract: Any) -> None:
        if contract.secType == "STK":
            self.tws.tell("contractDetails", reqId, SimpleNamespace(contract=AAPL))
        expiry = contract.lastTradeDateOrContractMonth
        for number, strike in enumerate(STRIKES if contract.secType == "OPT" else ()):
            for right in contract.right or "CP":
                if (expiry, strike) != ("20250718", 210.0):
                    option = copy.copy(contract)
                    option.strike, option.right = strike, right
                    option.conId = 10 * EXPIRIES.index(expiry) + 2 * number + (right == "P") + 1
                    self.tws.tell("contractDetails", reqId, SimpleNamespace(contract=option))
        self.tws.tell("contractDetailsEnd", reqId)

    def quote(self, reqId: int, contract: Any, *rest: Any) -> None:
        if contract.secType == "STK":
            for tick, price in ((1, 203.9), (2, 204.1), (4, 204.0)):
                self.tws.tell("tickPrice", reqId, tick, price, None)
        elif self.quoted:
            self.tws.tell("tickPrice", reqId, 1, 3.0, None)
            self.tws.tell("tickPrice", reqId, 2, 3.2, None)
            # What the bid implies isn't the model.
            self.tws.tell("tickOptionComputation", reqId, 10, 0, *[9.9] * 8)
            self.tws.tell("tickOptionComputation", reqId, 13, 0, *self.computed)

    def lines(self) -> int:
        return sum(name == "reqMktData" and args[1].secType == "OPT" for name, args in self.tws.asked)


def test_what_options_there_are(tws: ScriptedTWS) -> None:
    Chain(tws)
    found = tws.app.getOptionParameters(AAPL)
    assert found["exchange"].tolist() == ["CBOE", "SMART"]
    assert found.loc[1, "expirations"] == ("20250613", "20250620", "20250718")
    assert found.loc[1, "strikes"] == (195.0, 200.0, 205.0, 210.0)
    tws.on("reqSecDefOptParams", ("securityDefinitionOptionParameterEnd", "$id"))
    pd.testing.assert_series_equal(found.dtypes, tws.app.getOptionParameters(AAPL).dtypes)
    tws.refuse("reqContractDetails", 200, "No security definition has been found for the request")
    with pytest.raises(ContractNotFoundError):
        tws.app.getOptionParameters("NOPE")


def test_a_chain_has_quotes_and_the_model_s_greeks_and_no_more_lines_than_rows(tws: ScriptedTWS) -> None:
    chain = Chain(tws)
    found = tws.app.getOptionChain("AAPL", expiries=1, strikes=2)
    assert found[["strike", "right"]].to_numpy().tolist() == [[200.0, "C"], [200.0, "P"], [205.0, "C"], [205.0, "P"]]
    assert found["expiry"].unique().tolist() == [pd.Timestamp("2025-06-13")]
    first = found.iloc[0]
    assert first[["bid", "ask", "impliedVol", "delta", "optPrice"]].tolist() == [3.0, 3.2, 0.25, 0.5, 3.1]
    assert first[["gamma", "vega", "theta", "undPrice"]].tolist() == [0.04, 0.1, -0.2, 204.0]
    assert math.isnan(first["last"])
    assert found["conId"].is_unique
    assert chain.lines() == 4
    assert tws.names().count("reqMktData") == tws.names().count("cancelMktData")
    assert len(core(tws.app).pending) == 0


@pytest.mark.parametrize(
    ("expiries", "strikes", "right", "rows"),
    [
        (2, slice(200, 205), "", 8),
        (["20250718"], [205, 210], "", 2),
        ([pd.Timestamp("2025-06-20")], slice(None, None), "put", 4),
        (slice("20250614", None), [195.0], "C", 2),
        (["20260101"], 3, "", 0),
        (1, [1.0], "", 0),
    ],
)
def test_what_is_asked_for_is_chosen_first(
    tws: ScriptedTWS, expiries: Any, strikes: Any, right: str, rows: int
) -> None:
    chain = Chain(tws)
    assert len(tws.app.getOptionChain(AAPL, expiries, strikes, right=right)) == rows
    assert chain.lines() == rows


def test_an_empty_chain_has_the_same_columns_and_dtypes(tws: ScriptedTWS) -> None:
    Chain(tws)
    full = tws.app.getOptionChain(AAPL, 1, 1)
    empty = tws.app.getOptionChain(AAPL, 1, 1, tradingClass="NONE")
    assert len(empty) == 0
    pd.testing.assert_series_equal(full.dtypes, empty.dtypes)


def test_an_option_without_a_model_has_no_greeks(tws: ScriptedTWS) -> None:
    Chain(tws, computed=(None, None, 3.1, None, None, None, None, 204.0))
    found = tws.app.getOptionChain(AAPL, 1, 1, right="C").iloc[0]
    assert (found["optPrice"], found["undPrice"]) == (3.1, 204.0)
    assert math.isnan(found["delta"])


def test_options_that_are_not_quoted_end_the_waiting(tws: ScriptedTWS) -> None:
    Chain(tws, quoted=False)
    with pytest.raises(RequestTimeoutError):
        tws.app.getOptionChain(AAPL, 1, [205.0], timeout=0.01)
    assert tws.names().count("reqMktData") == tws.names().count("cancelMktData")
    tws.refuse("reqMktData", 354, "Requested market data is not subscribed.")
    with pytest.raises(MarketDataError):
        tws.app.getOptionChain(AAPL, 1, [205.0])
    assert len(core(tws.app).pending) == 0


@pytest.mark.parametrize(
    "arguments", [{"expiries": 0}, {"strikes": 0}, {"expiries": "20250613"}, {"right": "X"}, {"expiries": ["soon"]}]
)
def test_a_chain_that_cannot_be_chosen(tws: ScriptedTWS, arguments: dict[str, Any]) -> None:
    chain = Chain(tws)
    with pytest.raises(ValueError):
        tws.app.getOptionChain(AAPL, **arguments)
    assert chain.lines() == 0


def test_the_calculators_answer_with_the_whole_computation(tws: ScriptedTWS) -> None:
    tws.on("calculateImpliedVolatility", ("tickOptionComputation", "$id", 53, 0, *GREEKS))
    found = tws.app.calculateIV(OPTION, 3.1, 204.0)
    assert found["impliedVol"] == 0.25
    assert tws.asked[0][1][1:] == (OPTION, 3.1, 204.0, [])
    tws.on("calculateOptionPrice", ("tickOptionComputation", "$id", 53, 0, *[None] * 8))
    empty = tws.app.calculatePrice(OPTION, 0.25, 204.0)
    assert empty.isna().all()
    assert empty.dtype == found.dtype


def test_calculators_refuse_and_give_up(tws: ScriptedTWS) -> None:
    for call in (lambda: tws.app.calculateIV(OPTION, 0, 204.0), lambda: tws.app.calculatePrice(OPTION, 0.2, math.nan)):
        with pytest.raises(ValueError, match="more than 0"):
            call()
    tws.record("calculateImpliedVolatility", "cancelCalculateImpliedVolatility")
    with pytest.raises(RequestTimeoutError):
        tws.app.calculateIV(OPTION, 500.0, 204.0)
    assert tws.names()[-1] == "cancelCalculateImpliedVolatility"
    tws.refuse("calculateOptionPrice", 200, "No security definition has been found for the request")
    with pytest.raises(ContractNotFoundError):
        tws.app.calculatePrice(OPTION, 0.25, 204.0)


def test_exercising_takes_an_order_id_and_the_account(tws: ScriptedTWS) -> None:
    tws.record("exerciseOptions")
    orderId = tws.app.exerciseOption(OPTION, 2, "lapse", override=True)
    assert orderId == 27
    assert tws.asked[0][1][:6] == (27, OPTION, 2, 2, "DU1234567", 1)
    assert tws.app.nextOrderId == 28


def test_exercising_that_is_refused_or_wrong(tws: ScriptedTWS) -> None:
    tws.refuse("exerciseOptions", 322, "Error processing request.-'x' : cause - No unlapsed position exists")
    with pytest.raises(RequestError, match="No unlapsed position"):
        tws.app.exerciseOption(OPTION)
    for arguments in ((AAPL, 1), (OPTION, 0), (OPTION, 1, "sell")):
        with pytest.raises(ValueError):
            tws.app.exerciseOption(*arguments)
    assert len(tws.asked) == 1


def test_a_read_only_session_exercises_nothing(tws: ScriptedTWS) -> None:
    core(tws.app).gate.readonly = True
    with pytest.raises(SafetyError):
        tws.app.exerciseOption(OPTION)
    tws.app.conn.up = False
    with pytest.raises(NotConnectedError):
        tws.app.exerciseOption(OPTION)
