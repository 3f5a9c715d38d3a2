from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.handlers import contracts  # noqa: F401  registers its handlers
from ibnb.gateway.handlers.registry import Refusal
from ibnb.gateway.handlers.resolve import name_of, quantity, resolve_contract
from ibnb.gateway.instruments import contract_of

from .asking import AAPL, EURUSD, Asker, error


@pytest.fixture(scope="module")
def asker() -> Asker:
    return Asker()


def details(asker: Asker, **fields: Any) -> list[m.ContractDetails]:
    answers = asker.ask(m.ReqContractDetails(reqId=1, contract=m.Contract(**fields)))
    assert m.ContractDataEnd(reqId=1) == answers[-1]
    return [answer.details for answer in answers[:-1]]


def test_apple_is_described_as_tws_describes_it(asker: Asker) -> None:
    (apple,) = details(asker, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    assert 265598 == apple.contract.conId
    assert ("SMART", "NASDAQ", "NMS") == (
        apple.contract.exchange,
        apple.contract.primaryExchange,
        apple.contract.tradingClass,
    )
    assert ("APPLE INC", 0.01, "US/Eastern", "COMMON") == (
        apple.longName,
        apple.minTick,
        apple.timeZoneId,
        apple.stockType,
    )
    assert apple.validExchanges.startswith("SMART,")
    assert apple.validExchanges.count(",") == apple.marketRuleIds.count(",")
    assert apple.liquidHours.startswith("20250611:0930-20250611:1600;20250612:")
    assert ";20250614:CLOSED;" in apple.tradingHours
    assert (Decimal("0.0001"), Decimal(100)) == (apple.minSize, apple.suggestedSizeIncrement)


def test_a_conid_alone_is_enough(asker: Asker) -> None:
    (apple,) = details(asker, conId=265598)
    assert apple.contract.symbol == "AAPL"


def test_what_is_left_open_brings_every_listing(asker: Asker) -> None:
    assert {"USD", "EUR", "MXN"} == {d.contract.currency for d in details(asker, symbol="AMD", secType="STK")}
    months = [d.contractMonth for d in details(asker, symbol="ES", secType="FUT", exchange="CME")]
    assert "202506" == months[0]
    assert sorted(months) == months


def test_an_unknown_symbol_is_refused_without_an_end(asker: Asker) -> None:
    answers = asker.ask(m.ReqContractDetails(reqId=7, contract=m.Contract(symbol="NOPE", secType="STK")))
    assert (200, "No security definition has been found for the request") == error(answers)
    assert [7] == [answer.id for answer in answers]


def test_a_description_needs_a_security_type(asker: Asker) -> None:
    code, text = error(asker.ask(m.ReqContractDetails(reqId=7, contract=m.Contract(symbol="AAPL"))))
    assert 321 == code
    assert text.endswith("cause - Please enter a valid security type")


def test_a_search_finds_symbols_and_names(asker: Asker) -> None:
    (samples,) = asker.ask(m.ReqMatchingSymbols(reqId=3, pattern="apple"))
    assert ["AAPL"] == [row.contract.symbol for row in samples.contractDescriptions]
    (nothing,) = asker.ask(m.ReqMatchingSymbols(reqId=4, pattern="zzzz"))
    assert () == nothing.contractDescriptions


def test_the_market_rules_of_contract_details_can_be_asked(asker: Asker) -> None:
    (apple,) = details(asker, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    id = int(apple.marketRuleIds.split(",")[0])
    (rule,) = asker.ask(m.ReqMarketRule(marketRuleId=id))
    assert m.MarketRule(marketRuleId=id, priceIncrements=(m.PriceIncrement(lowEdge=0.0, increment=0.01),)) == rule
    assert 321 == error(asker.ask(m.ReqMarketRule(marketRuleId=-5)))[0]


def test_smart_components_need_a_code_that_quotes_gave(asker: Asker) -> None:
    (answer,) = asker.ask(m.ReqSmartComponents(reqId=5, bboExchange="9c0001"))
    assert "Q" in [component.exchangeLetter for component in answer.smartComponents]
    assert 321 == error(asker.ask(m.ReqSmartComponents(reqId=5, bboExchange="x")))[0]


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"exchange": ""}, 321, "Please enter exchange"),
        ({"exchange": "NOWHERE"}, 200, "The destination or exchange selected is Invalid."),
        ({"symbol": "NOPE"}, 200, "No security definition has been found for the request"),
        ({"exchange": "LSE"}, 200, "No security definition has been found for the request"),
        ({"secType": ""}, 321, "Please enter a valid security type"),
        ({"symbol": ""}, 321, "Please enter a symbol"),
        ({"secType": "BAG"}, 321, "not simulated"),
        # foreign_clients 15: a kind and an exchange that IB has are refused by name.
        ({"secType": "NEWS", "symbol": "", "exchange": "BRFG"}, 321, "feeds as contracts (NEWS) is not simulated"),
        ({"secType": "WAR"}, 321, "warrants (WAR) is not simulated"),
        ({"exchange": "MEFFRV"}, 321, "the exchange MEFFRV is not simulated"),
        ({"exchange": "SMART/OVERNIGHT"}, 321, "the exchange SMART/OVERNIGHT is not simulated"),
        ({"secType": "", "issuerId": "e1234567"}, 321, "a search for an issuer's bonds is not simulated"),
        ({"symbol": "AMD", "currency": ""}, 200, "The contract description specified for AMD is ambiguous"),
    ],
)
def test_what_is_not_one_contract_is_refused(asker: Asker, changes: dict[str, Any], code: int, says: str) -> None:
    with pytest.raises(Refusal) as refusal:
        resolve_contract(asker.world, replace(AAPL, **changes))
    assert code == refusal.value.code
    assert says in refusal.value.text


def test_a_resolved_contract_keeps_the_exchange_that_was_asked_for(asker: Asker) -> None:
    apple = resolve_contract(asker.world, replace(AAPL, exchange="ISLAND"))
    assert "NASDAQ" == contract_of(apple).exchange
    assert 265598 == resolve_contract(asker.world, m.Contract(conId=265598, exchange="SMART")).conId
    assert "EUR.USD@IDEALPRO" == name_of(resolve_contract(asker.world, EURUSD))


def test_sizes_are_sent_without_a_needless_fraction() -> None:
    assert ("100", "0.0001", "2.5") == (str(quantity(100.0)), str(quantity(0.0001)), str(quantity(2.5)))


USD, EUR = {"currency": "USD", "exchange": "SMART"}, {"currency": "EUR", "exchange": "SMART"}
EUREX = {"currency": "EUR", "exchange": "EUREX"}


@pytest.mark.parametrize(
    ("fields", "rows"),
    [
        ({"symbol": "EUR", "secType": "CASH", "currency": "GBP", "exchange": "IDEALPRO"}, 1),
        ({"secType": "CASH", "conId": 12087792, "exchange": "IDEALPRO"}, 1),
        ({"symbol": "DAX", "secType": "IND", **EUREX}, 1),
        ({"symbol": "IBDE40", "secType": "CFD", **EUR}, 1),
        ({"symbol": "IBM", "secType": "CFD", **USD}, 1),
        ({"symbol": "BMW", "secType": "CFD", **EUR}, 1),
        ({"symbol": "EUR", "secType": "CFD", **USD}, 1),
        ({"symbol": "BMW", "secType": "STK", "primaryExchange": "IBIS", **EUR}, 1),
        ({"symbol": "NOKIA", "secType": "STK", "primaryExchange": "HEX", **EUR}, 1),
        ({"symbol": "SPY", "secType": "STK", "currency": "USD", "exchange": "ARCA"}, 1),
        ({"symbol": "MSFT", "secType": "STK", "primaryExchange": "ISLAND", **USD}, 1),
        ({"conId": 9579976, "exchange": "SMART"}, 1),
        ({"secIdType": "ISIN", "secId": "US45841N1072", "secType": "STK", **USD}, 1),
        ({"symbol": "449276AA2", "secType": "BOND", **USD}, 1),
        ({"symbol": "XAUUSD", "secType": "CMDTY", **USD}, 1),
        ({"symbol": "BTC", "secType": "CRYPTO", "currency": "USD", "exchange": "PAXOS"}, 1),
        ({"symbol": "GBL", "secType": "FUT", "lastTradeDateOrContractMonth": "202509", **EUREX}, 1),
        ({"localSymbol": "FGBL SEP 25", "secType": "FUT", **EUREX}, 1),
        (
            {
                "symbol": "DAX",
                "secType": "FUT",
                "multiplier": "1",
                "lastTradeDateOrContractMonth": "202509",
                **EUREX,
            },
            1,
        ),
        ({"symbol": "GBL", "secType": "FUT+CONTFUT", **EUREX}, 4),
        ({"conId": 43645865, "exchange": "SMART"}, 1),
        ({"conId": 9408, "exchange": "SMART"}, 1),
    ],
)
def test_contracts_of_ibs_own_samples(asker: Asker, fields: dict[str, Any], rows: int) -> None:
    """foreign_clients 10: ContractSamples of IB's Testbeds, on days that are to come."""
    answers = asker.ask(m.ReqContractDetails(reqId=1, contract=m.Contract(**fields)))
    assert [m.ContractDataEnd] == [type(answer) for answer in answers[rows:]]
    assert rows == len(answers) - 1


@pytest.mark.parametrize("right", ["C", "P"])
@pytest.mark.parametrize(
    ("symbol", "exchange", "strike"), [("GOOG", "SMART", 180), ("GOOG", "BOX", 180), ("COF", "ISE", 200)]
)
def test_options_of_ibs_own_samples(asker: Asker, symbol: str, exchange: str, strike: float, right: str) -> None:
    option = m.Contract(
        symbol=symbol, secType="OPT", exchange=exchange, currency="USD", lastTradeDateOrContractMonth="20250718",
        strike=strike, right=right, multiplier="100",
    )  # fmt: skip
    assert 2 == len(asker.ask(m.ReqContractDetails(reqId=1, contract=option)))


@pytest.mark.parametrize(
    ("contract", "says"),
    [
        (m.Contract(secType="NEWS", exchange="BRFG"), "NEWS"),
        (m.Contract(symbol="BRFG:BRFG_ALL", secType="NEWS", exchange="BRFG"), "NEWS"),
        (m.Contract(localSymbol="B881G", secType="IOPT", exchange="SBF", currency="EUR"), "IOPT"),
        (m.Contract(symbol="GOOG", secType="WAR", exchange="FWB", currency="EUR"), "WAR"),
        (m.Contract(symbol="SPY", secType="STK", exchange="IBKRATS", currency="USD"), "IBKRATS"),
        (m.Contract(symbol="COIL", secType="FUT", exchange="IPE", currency="USD"), "IPE"),
        (m.Contract(secType="BOND", issuerId="e1453318"), "issuer"),
        (m.Contract(symbol="GBL", secType="FOP", exchange="EUREX"), "FOP"),
        (m.Contract(symbol="VINIX", secType="FUND", exchange="FUNDSERV", currency="USD"), "FUND"),
        (m.Contract(symbol="IBEX", secType="FUT", exchange="MEFFRV"), "MEFFRV"),
    ],
)
def test_details_of_what_is_not_simulated_are_refused_by_name(asker: Asker, contract: m.Contract, says: str) -> None:
    """foreign_clients 15."""
    code, text = error(asker.ask(m.ReqContractDetails(reqId=1, contract=contract)))
    assert 321 == code
    assert says in text
    assert "not simulated" in text
