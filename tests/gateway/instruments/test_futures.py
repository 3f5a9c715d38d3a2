from __future__ import annotations

from datetime import date

import pytest

from ibnb.gateway.instruments import Instruments, contract_of, roots
from ibnb.gateway.messages import Contract

TODAY = Instruments(date(2025, 6, 11))


def match(**fields):
    return TODAY.match(Contract(**fields))


# pysystemtrade's ib_config_futures.csv: IBSymbol, IBMultiplier, priceMagnifier.
PUBLIC = """ES 50 1|MES 5 1|NQ 20 1|MNQ 2 1|RTY 50 1|M2K 5 1|YM 5 1|MYM 0.5 1|BRR 5 1|MBT 0.1 1|HE 40000 100
|LE 40000 100|GF 50000 100|CL 1000 1|MCL 100 1|NG 10000 1|GC 100 1|MGC 10 1|HG 25000 1|EUR 125000 1|GBP 62500 1
|AUD 100000 1
|ZC 5000 100|ZS 5000 100|ZL 60000 100|ZM 100 1|KC 37500 100|CT 50000 100|CC 10 1|OJ 15000 100|GBL 1000 1|ESTX50 10 1"""


@pytest.mark.parametrize("row", [row.strip() for row in PUBLIC.split("|")])
def test_multipliers_and_magnifiers_are_those_of_ib(row):
    """orders_and_safety 3.12: what is quoted in cents has a magnifier of 100."""
    symbol, multiplier, magnifier = row.split()
    (root,) = (root for root in roots() if root.symbol == symbol)
    assert (multiplier, int(magnifier)) == (root.multiplier, root.priceMagnifier)


def test_months_of_products():
    hogs = match(symbol="HE", secType="FUT", exchange="CME")
    assert ["G", "J", "K", "M", "N", "Q", "V", "Z"] == sorted({row.localSymbol[2] for row in hogs})
    bitcoin = match(symbol="BRR", secType="FUT", exchange="CME")
    assert "20250627" == bitcoin[0].lastTradeDateOrContractMonth
    assert all(row.expiry.weekday() == 4 for row in bitcoin)


@pytest.mark.parametrize("root", roots(), ids=lambda root: root.tradingClass)
def test_a_continuous_future_is_its_front_month(root):
    """ib_insync#263, orders_and_safety 3.11: its conId, local symbol and expiry are the front month's."""
    asked = {"symbol": root.symbol, "exchange": root.exchange, "tradingClass": root.tradingClass}
    (continuous,) = match(secType="CONTFUT", **asked)
    shown = contract_of(continuous)
    (front,) = match(conId=shown.conId)
    assert "FUT" == front.secType
    last = front.lastTradeDateOrContractMonth
    assert (front.localSymbol, last) == (shown.localSymbol, shown.lastTradeDateOrContractMonth)
    listed = match(secType="FUT", **asked)
    assert last == min(row.lastTradeDateOrContractMonth for row in listed)
    assert [continuous] == match(conId=shown.conId, secType="CONTFUT")


def test_the_front_month_of_a_day_has_the_conId_that_a_log_shows():
    """scmhub/ibapi#9 (2025-08-19: ESU5) and rust-ibapi's tests (2025-05-22: ESM5)."""
    for day, local, conId in ((date(2025, 8, 19), "ESU5", 637533641), (date(2025, 5, 22), "ESM5", 620731015)):
        (continuous,) = Instruments(day).match(Contract(symbol="ES", secType="CONTFUT", exchange="CME"))
        assert (local, conId) == (continuous.localSymbol, contract_of(continuous).conId)


@pytest.mark.parametrize(
    ("symbol", "exchange", "local", "last"),
    [
        ("CL", "NYMEX", "CLQ5", "20250722"),
        ("GC", "COMEX", "GCQ5", "20250827"),
        ("ZN", "CBOT", "ZNU5", "20250919"),
        ("EUR", "CME", "6EU5", "20250915"),
        ("NQ", "CME", "NQU5", "20250919"),
        ("LE", "CME", "LEQ5", "20250829"),
        ("VIX", "CFE", "VXN5", "20250716"),
        ("NG", "NYMEX", "NGN5", "20250626"),
        ("SI", "COMEX", "SIN5", "20250729"),
        ("DAX", "EUREX", "FDAX SEP 25", "20250919"),
        ("ZB", "CBOT", "ZBU5", "20250919"),
        ("ZC", "CBOT", "ZCN5", "20250714"),
        ("SB", "NYBOT", "SBN5", "20250630"),
    ],
)
def test_when_futures_end(symbol, exchange, local, last):
    (row,) = match(symbol=symbol, secType="FUT", exchange=exchange, localSymbol=local)
    assert last == row.lastTradeDateOrContractMonth
    assert 1 == len(match(localSymbol=local, secType="FUT", exchange=exchange))
    assert 1 == len(match(symbol=symbol, secType="CONTFUT", exchange=exchange, tradingClass=row.tradingClass))


def test_a_multiplier_tells_contracts_of_one_symbol_apart():
    """IB's FutureWithMultiplier sample: DAX alone is ambiguous."""
    rows = match(symbol="DAX", secType="FUT", exchange="EUREX", lastTradeDateOrContractMonth="202509")
    assert ["1", "25", "5"] == sorted(row.multiplier for row in rows)
    assert 3 == len({row.conId for row in rows})
    assert 1 == len({row.model.key for row in rows})
    assert [rows[0]] == match(conId=rows[0].conId)
