"""A symbol stands for a US stock where a contract is wanted (first_use B6); what can't be one is refused in words."""

from __future__ import annotations

import doctest

import pytest

from ibnb import createContract
from ibnb.ib import instruments
from ibnb.ib.fields import ContractLike, OrderLike
from ibnb.ib.instruments import as_contract, as_contracts, as_option


def test_the_examples() -> None:
    assert doctest.testmod(instruments).failed == 0


@pytest.mark.parametrize("symbol", ["AAPL", "BRK B", "F", "T", "EUR", "SPY", " NVDA "])
def test_a_symbol_is_what_create_contract_makes_of_it(symbol: str) -> None:
    assert vars(as_contract(symbol, "getData")) == vars(createContract(symbol.strip()))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("EURUSD", r"is a currency pair; createContract\('EUR', 'CASH', 'IDEALPRO', 'USD'\)"),
        ("EUR.USD", "is a currency pair"),
        ("eur/usd", "is a currency pair"),
        ("GBP-JPY", r"'GBP', 'CASH', 'IDEALPRO', 'JPY'"),
        ("EURUSD=X", "is a currency pair"),
        ("AAPL  250620C00200000", r"names an option; createContract\('', 'OPT', localSymbol='AAPL  250620C00200000'\)"),
        ("AAPL250620C00200000", "names an option"),
        ("265598", r"is a number; .* createContract\('', conId=265598\)"),
        ("BRK.B", r"a share class is 'BRK B'"),
        ("VOD.L", r"createContract\('VOD', 'STK', exchange, currency\)"),
        ("^GSPC", "isn't the symbol of a US stock"),
        ("$SPX", "isn't the symbol of a US stock"),
        ("", "isn't the symbol of a US stock"),
        ("  ", "isn't the symbol of a US stock"),
        ("AAPL, NVDA", "isn't the symbol of a US stock"),
    ],
)
def test_what_cannot_be_a_stock_is_refused_with_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^getData: .*{words}"):
        as_contract(text, "getData")


def test_one_or_many() -> None:
    contract = createContract("ES", "FUT", "CME", lastTradeDateOrContractMonth="202509")
    assert [each.symbol for each in as_contracts(["AAPL", contract], "getQuotes")] == ["AAPL", "ES"]
    assert [each.symbol for each in as_contracts("AAPL", "getQuotes")] == ["AAPL"]
    with pytest.raises(ValueError, match="getQuotes: 5 isn't a contract"):
        as_contracts(5, "getQuotes")  # type: ignore[arg-type]


def test_where_an_option_is_wanted_a_symbol_is_none() -> None:
    with pytest.raises(ValueError, match="calculateIV: an option is wanted, and the symbol 'AAPL' is a stock's"):
        as_option("AAPL", "calculateIV")  # type: ignore[arg-type]


@pytest.mark.parametrize(("protocol", "kind"), [(ContractLike, "Contract"), (OrderLike, "Order")])
def test_every_release_of_ibapi_has_the_fields_that_an_editor_is_told(protocol: type, kind: str) -> None:
    import ibnb

    assert set(protocol.__annotations__) - set(vars(getattr(ibnb, kind)())) == set()
