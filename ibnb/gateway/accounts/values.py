"""An account's figures in TWS's words: tags of the account summary, keys of the account updates.

Rule: tables from name to figure; every value is text, money has two decimals. A tag that isn't in the tables isn't
answered, as in TWS.

Differs from TWS: nothing accrues interest, so its values are 0.00; what TWS looks ahead to is what is required now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from .figures import Figures, Ledger, Segment

BASE = "BASE"


class Row(NamedTuple):
    """One value as it is sent: `currency` is a code, BASE, or empty for what isn't money."""

    key: str
    val: str
    currency: str


def money(amount: float) -> str:
    """Two decimals, and no minus before nothing."""
    text = f"{amount:.2f}"
    return "0.00" if text == "-0.00" else text


# Of the whole account and, with -S and -C behind the key, of its segments.
_SEGMENT: dict[str, Callable[[Segment], float]] = {
    "AccruedCash": lambda s: 0.0,
    "AccruedDividend": lambda s: s.dividends,
    "AvailableFunds": lambda s: s.availableFunds,
    "Billable": lambda s: 0.0,
    "EquityWithLoanValue": lambda s: s.equityWithLoan,
    "ExcessLiquidity": lambda s: s.excessLiquidity,
    "FullAvailableFunds": lambda s: s.availableFunds,
    "FullExcessLiquidity": lambda s: s.excessLiquidity,
    "FullInitMarginReq": lambda s: s.initMargin,
    "FullMaintMarginReq": lambda s: s.maintMargin,
    "Guarantee": lambda s: 0.0,
    "IncentiveCoupons": lambda s: 0.0,
    "IndianStockHaircut": lambda s: 0.0,
    "InitMarginReq": lambda s: s.initMargin,
    "LookAheadAvailableFunds": lambda s: s.availableFunds,
    "LookAheadExcessLiquidity": lambda s: s.excessLiquidity,
    "LookAheadInitMarginReq": lambda s: s.initMargin,
    "LookAheadMaintMarginReq": lambda s: s.maintMargin,
    "MaintMarginReq": lambda s: s.maintMargin,
    "NetLiquidation": lambda s: s.netLiquidation,
    "PASharesValue": lambda s: 0.0,
    "PhysicalCertificateValue": lambda s: 0.0,
    "PostExpirationExcess": lambda s: 0.0,
    "PostExpirationMargin": lambda s: 0.0,
    "TotalCashValue": lambda s: s.cash,
    "TotalDebitCardPendingCharges": lambda s: 0.0,
}

# Of the whole account and its securities, which are the same; commodities have no such figure.
_SECURITIES: dict[str, Callable[[Figures], float]] = {
    "GrossPositionValue": lambda f: f.securities.gross,
    "PreviousDayEquityWithLoanValue": lambda f: f.securities.previousEquity,
    "RegTEquity": lambda f: f.securities.equityWithLoan,
    "RegTMargin": lambda f: f.securities.regT,
    "SMA": lambda f: f.sma,
}

# What isn't money, of the whole account.
_PLAIN: dict[str, Callable[[Figures], str]] = {
    "AccountType": lambda f: f.account.accountType,
    "Cushion": lambda f: f"{f.cushion:.6f}",
    "DayTradesRemaining": lambda f: "-1",
    "LookAheadNextChange": lambda f: "0",
}

# In the summary only; the misspelt tags are those of IB's own list.
_SUMMARY_ONLY: dict[str, tuple[Callable[[Figures], str], bool]] = {
    "BuyingPower": (lambda f: money(f.buyingPower), True),
    "HighestSeverity": (lambda f: "0", False),
    "Leverage": (lambda f: f"{f.leverage:.2f}", False),
    "ReqTEquity": (lambda f: money(f.securities.equityWithLoan), True),
    "ReqTMargin": (lambda f: money(f.securities.regT), True),
    "SettledCash": (lambda f: money(f.total.cash), True),
}

# In the updates only.
_UPDATES_ONLY: dict[str, tuple[Callable[[Figures], str], bool]] = {
    "AccountCode": (lambda f: f.account.code, False),
    "AccountReady": (lambda f: "true", False),
    "BuyingPower": (lambda f: money(f.buyingPower), True),
    "ColumnPrio-C": (lambda f: "2", False),
    "ColumnPrio-S": (lambda f: "1", False),
    "DayTradesRemainingT+1": (lambda f: "-1", False),
    "DayTradesRemainingT+2": (lambda f: "-1", False),
    "DayTradesRemainingT+3": (lambda f: "-1", False),
    "DayTradesRemainingT+4": (lambda f: "-1", False),
    "Leverage-S": (lambda f: f"{f.leverage:.2f}", False),
    "NLVAndMarginInReview": (lambda f: "false", False),
    "NetLiquidationUncertainty": (lambda f: money(0.0), True),
    "SegmentTitle-C": (lambda f: "US Commodities", False),
    "SegmentTitle-S": (lambda f: "US Securities", False),
    "TradingType-S": (lambda f: "STKNOPT", False),
    "WhatIfPMEnabled": (lambda f: "false", False),
}

# Of each currency, and of all of them together in the account's own.
_LEDGER: dict[str, Callable[[Ledger], str]] = {
    "AccruedCash": lambda n: "0.00",
    "CashBalance": lambda n: money(n.cash),
    "Currency": lambda n: n.currency,
    "ExchangeRate": lambda n: "1.00" if n.exchangeRate == 1 else f"{n.exchangeRate:.7f}",
    "FuturesPNL": lambda n: money(n.futures),
    "FxCashBalance": lambda n: "0.00",
    "IssuerOptionValue": lambda n: "0.00",
    "MoneyMarketFundValue": lambda n: "0.00",
    "MutualFundValue": lambda n: "0.00",
    "NetDividend": lambda n: money(n.dividends),
    "NetLiquidationByCurrency": lambda n: money(n.netLiquidation),
    "RealCurrency": lambda n: n.currency,
    "RealizedPnL": lambda n: money(n.realized),
    "TBillValue": lambda n: "0.00",
    "TBondValue": lambda n: "0.00",
    "TotalCashBalance": lambda n: money(n.cash),
    "UnrealizedPnL": lambda n: money(n.unrealized),
}
_LEDGER_VALUES = (
    "CorporateBondValue",
    "Cryptocurrency",
    "FundValue",
    "FutureOptionValue",
    "OptionMarketValue",
    "StockMarketValue",
    "WarrantValue",
)


def ledger(figures: Figures, currency: str) -> list[Row]:
    """The rows of one currency, of BASE, or (`ALL`) of all of them; none for a currency the account hasn't."""
    ledgers = {BASE: figures.base, **figures.ledgers}
    wanted = list(ledgers) if currency == "ALL" else [currency] if currency in ledgers else []
    rows = []
    for name in wanted:
        book = ledgers[name]
        rows.append(Row("AccountOrGroup", figures.account.code, name))
        rows += [Row(key, value(book), name) for key, value in _LEDGER.items()]
        rows += [Row(key, money(book.values.get(key, 0.0)), name) for key in _LEDGER_VALUES]
    return rows


def summary(figures: Figures, tags: Iterable[str]) -> list[Row]:
    """The account summary's rows for these tags, by tag; what isn't a tag has none."""
    known = _summary(figures)
    rows = []
    for tag in dict.fromkeys(tags):
        name, _, currency = tag.partition(":")
        if name == "$LEDGER":
            rows += ledger(figures, currency or BASE)
        elif tag in known:
            rows.append(known[tag])
    return sorted(rows, key=lambda row: row.key)


def updates(figures: Figures) -> list[Row]:
    """Every account value, by key; those of currencies begin with BASE."""
    currency = figures.account.currency
    parts = {"": figures.total, "-S": figures.securities, "-C": figures.commodities}
    rows = [Row(key, value(figures), "") for key, value in _PLAIN.items()]
    rows += [Row(key, value(figures), currency if paid else "") for key, (value, paid) in _UPDATES_ONLY.items()]
    for suffix, part in parts.items():
        rows += [Row(key + suffix, money(value(part)), currency) for key, value in _SEGMENT.items()]
    for suffix in ("", "-S"):
        rows += [Row(key + suffix, money(value(figures)), currency) for key, value in _SECURITIES.items()]
    # AccruedCash is both a total and a currency's own; in the account's currency they are one row.
    rows = list({(row.key, row.currency): row for row in [*rows, *ledger(figures, "ALL")]}.values())
    return sorted(rows, key=lambda row: row.key)


def balances(figures: Figures) -> list[Row]:
    """What `ledgerAndNLV` leaves of the updates: the currencies' rows and the net liquidation."""
    kept = {"NetLiquidation", "NetLiquidation-S", "NetLiquidation-C"}
    rows = [row for row in updates(figures) if row.key in kept]
    return sorted([*rows, *ledger(figures, "ALL")], key=lambda row: row.key)


def _summary(figures: Figures) -> dict[str, Row]:
    currency = figures.account.currency
    rows = [Row(tag, value(figures), "") for tag, value in _PLAIN.items()]
    rows += [Row(tag, value(figures), currency if paid else "") for tag, (value, paid) in _SUMMARY_ONLY.items()]
    rows += [Row(tag, money(value(figures.total)), currency) for tag, value in _SEGMENT.items()]
    rows += [Row(tag, money(value(figures)), currency) for tag, value in _SECURITIES.items()]
    return {row.key: row for row in rows}
