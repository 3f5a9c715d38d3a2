from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.handlers import contracts, history, options  # noqa: F401  registers their handlers

from .asking import AAPL, Asker, error

CALL = m.Contract(
    symbol="AAPL",
    secType="OPT",
    exchange="SMART",
    currency="USD",
    lastTradeDateOrContractMonth="20250620",
    strike=200.0,
    right="C",
)


@pytest.fixture(scope="module")
def asker() -> Asker:
    return Asker()


def chain(asker: Asker, **fields: Any) -> list[Any]:
    defaults = {"underlyingSymbol": "AAPL", "futFopExchange": "", "underlyingSecType": "STK", "underlyingConId": 265598}
    return asker.ask(m.ReqSecDefOptParams(reqId=4, **(defaults | fields)))


def details(asker: Asker, **fields: Any) -> list[Any]:
    answers = asker.ask(m.ReqContractDetails(reqId=5, contract=m.Contract(**fields)))
    assert m.ContractDataEnd(reqId=5) == answers[-1]
    return answers[:-1]


def test_a_chain_has_a_row_for_each_exchange_and_an_end(asker: Asker) -> None:
    *rows, end = chain(asker)
    assert m.SecurityDefinitionOptionParameterEnd(reqId=4) == end
    assert {"SMART", "CBOE", "AMEX"} <= {row.exchange for row in rows}
    assert {("AAPL", "100", 265598)} == {(row.tradingClass, row.multiplier, row.underlyingConId) for row in rows}
    smart = rows[0]
    assert "20250620" in smart.expirations
    assert 200.0 in smart.strikes
    assert sorted(smart.expirations) == list(smart.expirations)


def test_an_index_has_two_classes(asker: Asker) -> None:
    rows = chain(asker, underlyingSymbol="SPX", underlyingSecType="IND", underlyingConId=416904)[:-1]
    assert {"SPX", "SPXW"} == {row.tradingClass for row in rows}
    assert {"SMART", "CBOE"} == {row.exchange for row in rows}


def test_what_a_chain_names_exists(asker: Asker) -> None:
    smart = chain(asker)[0]
    for last in smart.expirations[:3]:
        found = details(
            asker, symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", lastTradeDateOrContractMonth=last
        )
        assert {row.details.contract.strike for row in found} <= set(smart.strikes)
        assert {"C", "P"} == {row.details.contract.right for row in found}


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"underlyingConId": 0}, 321, "Invalid contract id"),
        ({"underlyingConId": 5}, 200, "No security definition"),
        ({"underlyingSymbol": "MSFT"}, 200, "No security definition"),
        ({"underlyingSymbol": "COOP", "underlyingConId": None}, 321, "not simulated"),
    ],
)
def test_a_chain_on_nothing_is_refused(asker: Asker, fields: dict[str, Any], code: int, says: str) -> None:
    if fields.get("underlyingConId", 1) is None:
        (row,) = details(asker, symbol="COOP", secType="STK", exchange="SMART")
        fields = fields | {"underlyingConId": row.details.contract.conId}
    found = error(chain(asker, **fields))
    assert code == found[0]
    assert says in found[1]


def test_an_option_is_described_as_tws_describes_it(asker: Asker) -> None:
    (row,) = details(asker, localSymbol="AAPL  250620C00200000", secType="OPT", exchange="SMART")
    found = row.details
    assert ("AAPL  250620C00200000", "100", "C", 200.0) == (
        found.contract.localSymbol,
        found.contract.multiplier,
        found.contract.right,
        found.contract.strike,
    )
    assert ("202506", "20250620", "AAPL", "STK", 265598) == (
        found.contractMonth,
        found.realExpirationDate,
        found.underSymbol,
        found.underSecType,
        found.underConId,
    )
    assert found.liquidHours.startswith("20250611:0930-20250611:1600")


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"strike": None}, 200, "ambiguous; you must specify the multiplier or trading class."),
        ({"right": ""}, 200, "ambiguous"),
        ({"lastTradeDateOrContractMonth": ""}, 200, "ambiguous"),
        ({"strike": 201.3}, 200, "No security definition"),
        ({"lastTradeDateOrContractMonth": "20250621"}, 200, "No security definition"),
        ({"symbol": "COOP"}, 200, "No security definition"),
        ({"exchange": "LSE"}, 200, "No security definition"),
        (
            {"secType": "STK", "symbol": "AAPL", "right": "", "strike": None, "lastTradeDateOrContractMonth": ""},
            321,
            "is not",
        ),
    ],
)
def test_the_calculators_need_one_option(asker: Asker, changes: dict[str, Any], code: int, says: str) -> None:
    request = m.CalculateOptionPrice(reqId=8, contract=replace(CALL, **changes), volatility=0.3, underPrice=200.0)
    found = error(asker.ask(request))
    assert code == found[0]
    assert says in found[1]


def test_price_and_volatility_are_each_others_inverse(asker: Asker) -> None:
    (priced,) = asker.ask(m.CalculateOptionPrice(reqId=8, contract=CALL, volatility=0.31, underPrice=201.5))
    assert (8, 53, 201.5, 0.31) == (priced.reqId, priced.tickType, priced.undPrice, priced.impliedVol)
    request = m.CalculateImpliedVolatility(reqId=9, contract=CALL, optionPrice=priced.optPrice, underPrice=201.5)
    (solved,) = asker.ask(request)
    assert 0.31 == pytest.approx(solved.impliedVol, abs=1e-6)
    assert priced.delta == pytest.approx(solved.delta, abs=1e-6)


def test_a_price_that_no_volatility_explains_has_no_answer(asker: Asker) -> None:
    assert [] == asker.ask(m.CalculateImpliedVolatility(reqId=9, contract=CALL, optionPrice=300.0, underPrice=200.0))
    assert [] == asker.ask(m.CancelCalculateImpliedVolatility(reqId=9))
    assert [] == asker.ask(m.CancelCalculateOptionPrice(reqId=9))


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_nonsense_is_not_calculated(asker: Asker, value: float) -> None:
    wrong = m.CalculateOptionPrice(reqId=9, contract=CALL, volatility=value, underPrice=200.0)
    assert (321, True) == (error(asker.ask(wrong))[0], "Invalid volatility" in error(asker.ask(wrong))[1])


def history_of(asker: Asker, contract: m.Contract, what: str, size: str = "1 day") -> list[Any]:
    return asker.ask(
        m.ReqHistoricalData(
            reqId=20, contract=contract, endDateTime="", durationStr="10 D", barSizeSetting=size, whatToShow=what,
            useRTH=1, formatDate=1, keepUpToDate=False, chartOptions="",
        )
    )  # fmt: skip


def test_bars_of_options_bonds_and_crypto(asker: Asker) -> None:
    for what in ("TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK"):
        assert len(history_of(asker, CALL, what)[0].bars) == 10
    bond = m.Contract(symbol="912810TM0", secType="BOND", exchange="SMART", currency="USD")
    assert len(history_of(asker, bond, "TRADES")[0].bars) == 10
    bitcoin = m.Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD")
    assert len(history_of(asker, bitcoin, "AGGTRADES")[0].bars) == 10
    code, text = error(history_of(asker, bitcoin, "TRADES"))
    assert 10299 == code
    assert "AGGTRADES" in text


def test_volatilities_of_stocks_and_indices_only(asker: Asker) -> None:
    for what in ("HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY"):
        bars = history_of(asker, AAPL, what)[0].bars
        assert len(bars) == 10
        assert all(0.1 < bar.close < 0.8 and bar.volume == -1 for bar in bars)
        assert 162 == error(history_of(asker, CALL, what))[0]


def test_a_bond_has_details_of_its_own(asker: Asker) -> None:
    for fields in ({"symbol": "037833BX7"}, {"secIdType": "ISIN", "secId": "US037833BX70"}, {"symbol": "AAPL"}):
        (row,) = details(asker, secType="BOND", exchange="SMART", currency="USD", **fields)
        assert isinstance(row, m.BondContractData)
        assert ("037833BX7", 4.65, "20460223") == (row.details.cusip, row.details.coupon, row.details.maturity)


def test_a_search_tells_which_symbols_have_options(asker: Asker) -> None:
    (found,) = asker.ask(m.ReqMatchingSymbols(reqId=3, pattern="AAPL"))
    assert ("CFD", "OPT", "BAG") == found.contractDescriptions[0].derivativeSecTypes


def test_a_futures_chain_has_the_expirations_on_that_month_only(asker: Asker) -> None:
    """FOP of ES: reqSecDefOptParams with a future's conId."""
    for local, classes in (("ESM5", {"ES": 1}), ("ESU5", {"ES": 1, "EW": 3})):
        (future,) = asker.world.instruments.match(m.Contract(localSymbol=local, secType="FUT", exchange="CME"))
        *rows, end = asker.ask(
            m.ReqSecDefOptParams(
                reqId=4, underlyingSymbol="ES", futFopExchange="CME", underlyingSecType="FUT",
                underlyingConId=future.conId,
            )
        )  # fmt: skip
        assert m.SecurityDefinitionOptionParameterEnd(reqId=4) == end
        assert classes == {row.tradingClass: len(row.expirations) for row in rows}
        assert {("CME", "50")} == {(row.exchange, row.multiplier) for row in rows}
