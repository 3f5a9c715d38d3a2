"""What verbs take for a contract: an object with IB's fields, or the symbol of a US stock.

Rule: text stands for exactly what createContract makes of it alone, a stock on SMART in dollars; text that can't be
such a symbol is refused in words, with what to write instead, before anything is sent. TWS refuses what
it doesn't know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ibnb.ib.api import Contract
from ibnb.ib.fields import ContractLike, OrderLike
from ibnb.ib.values import check_contract, check_order

_CURRENCIES = frozenset(
    [
        "AED",
        "AUD",
        "CAD",
        "CHF",
        "CNH",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HKD",
        "HUF",
        "ILS",
        "JPY",
        "KRW",
        "MXN",
        "NOK",
        "NZD",
        "PLN",
        "SAR",
        "SEK",
        "SGD",
        "TRY",
        "USD",
        "ZAR",
    ]
)
_PAIR = re.compile(r"([A-Z]{3})[./ -]?([A-Z]{3})(?:=X)?", re.IGNORECASE)
_OPTION = re.compile(r"[A-Z]{1,6} *\d{6}[CP]\d{8}", re.IGNORECASE)
_CLASS = re.compile(r"([A-Z]+)[.\-/]([A-Z]{1,4})", re.IGNORECASE)
_SYMBOL = re.compile(r"[A-Z][A-Z0-9]*( [A-Z0-9]+)*", re.IGNORECASE)


def as_contract(contract: ContractLike | str, verb: str) -> ContractLike:
    """The contract that is meant: the one given, or a US stock's by its symbol.

    Raises ValueError for what is neither, and says how to get what was probably meant.

    >>> as_contract("AAPL", "getData").exchange
    'SMART'
    >>> as_contract("EUR.USD", "getData")
    Traceback (most recent call last):
    ValueError: getData: 'EUR.USD' is a currency pair; createContract('EUR', 'CASH', 'IDEALPRO', 'USD') makes one.
    """
    if not isinstance(contract, str):
        found: ContractLike = check_contract(contract, verb)
        return found
    symbol = contract.strip()
    if wrong := _no_symbol(symbol):
        raise ValueError(f"{verb}: {contract!r} {wrong}.")
    stock = Contract()
    stock.symbol, stock.secType, stock.exchange, stock.currency = symbol, "STK", "SMART", "USD"
    return stock


def as_contracts(contracts: ContractLike | str | Iterable[ContractLike | str], verb: str) -> list[ContractLike]:
    """One or many contracts or symbols as a list of contracts; ValueError as as_contract."""
    many: Any = contracts
    if hasattr(many, "secType") or isinstance(many, str) or not isinstance(many, Iterable):
        many = [many]
    return [as_contract(each, verb) for each in many]


def _no_symbol(text: str) -> str:
    """Why this text isn't the symbol of a US stock, and what to write; "" if it may be one."""
    pair = _PAIR.fullmatch(text)
    if pair and {pair[1].upper(), pair[2].upper()} <= _CURRENCIES:
        one, other = pair[1].upper(), pair[2].upper()
        return f"is a currency pair; createContract({one!r}, 'CASH', 'IDEALPRO', {other!r}) makes one"
    if _OPTION.fullmatch(text):
        return f"names an option; createContract('', 'OPT', localSymbol={text.upper()!r}) makes one"
    if text.isdigit():
        return f"is a number; IB's own number of an instrument is createContract('', conId={text})"
    if share := _CLASS.fullmatch(text):
        return (
            f"isn't how IB writes a US stock: a share class is '{share[1]} {share[2]}', a stock elsewhere "
            f"createContract({share[1]!r}, 'STK', exchange, currency)"
        )
    if not _SYMBOL.fullmatch(text):
        return "isn't the symbol of a US stock, such as 'AAPL'; createContract makes a contract of anything else"
    return ""


def for_order(contract: ContractLike | str, order: OrderLike, verb: str) -> ContractLike:
    """The contract of an order, as as_contract; ValueError also for what is no order, or for the two exchanged."""
    if isinstance(contract, str):
        contract = as_contract(contract, verb)
    check_order(contract, order, verb)
    return contract


def as_option(contract: ContractLike, verb: str) -> ContractLike:
    """A contract where an option is wanted: a symbol, which is a stock's, is refused. ValueError."""
    if isinstance(contract, str):
        raise ValueError(
            f"{verb}: an option is wanted, and the symbol {contract!r} is a stock's; "
            "getOptionChain has the conId of each option, for createContract."
        )
    found: ContractLike = check_contract(contract, verb)
    return found
