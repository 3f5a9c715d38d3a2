from __future__ import annotations

from datetime import date

import pytest

from ibnb.gateway.instruments import MARKET_RULES, Instruments
from ibnb.gateway.messages import Contract

TODAY = Instruments(date(2025, 6, 11))


@pytest.mark.parametrize(
    ("rule", "steps"),
    [
        (26, ((0.0, 0.01),)),  # nautilus_trader's tick schemes
        (32, ((0.0, 0.01),)),
        (67, ((0.0, 0.25),)),  # ESM5 in rust-ibapi's tests
        (110, ((0.0, 0.05), (3.0, 0.1))),  # SPX options, ib_async#55
        (239, ((0.0, 0.00005),)),
        (635, ((0.0, 0.0001),)),
        (2806, ((0.0, 0.25),)),
    ],
)
def test_rules_that_public_samples_ask_for(rule, steps):
    """foreign_clients 8."""
    assert steps == MARKET_RULES[rule]


@pytest.mark.parametrize(
    ("symbol", "exchange", "good", "bad"),
    [
        ("SAP", "IBIS", (266.55, 199.98, 48.005, 501.2), (266.52, 501.01)),
        ("BARC", "LSE", (332.1, 190.05, 95.02), (332.13, 190.01)),
        ("5", "SEHK", (93.05, 19.98, 9.99, 100.1), (93.02, 19.99, 100.02)),
        ("700", "SEHK", (515.5, 499.8, 1001.0), (515.2, 499.9, 1000.7)),
        ("7203", "TSEJ", (2630.5, 999.9, 3001.0), (2630.3, 3000.3)),
        ("8035", "TSEJ", (24485.0, 9999.0, 30010.0), (24484.0, 30011.0)),
    ],
)
def test_shares_follow_their_exchanges_table(symbol, exchange, good, bad):
    """Commission Delegated Regulation (EU) 2017/588, annex: the most liquid band, and the one below it. HKEX's spread
    table, Part A; the Tokyo Stock Exchange's for the constituents of TOPIX 500 (jpx.co.jp, tick size tables)."""
    (share,) = TODAY.match(Contract(symbol=symbol, secType="STK", exchange=exchange))
    assert [True] * len(good) == [share.on_tick(price) for price in good]
    assert [False] * len(bad) == [share.on_tick(price) for price in bad]


def test_options_trade_in_pennies_where_ib_says_so():
    """ib_async#55: SMART reaches exchanges that take any cent; on others steps are of five from 3.00 on."""
    for exchange, cents in (("SMART", True), ("CBOE", False)):
        (call,) = TODAY.match(
            Contract(
                symbol="AAPL", secType="OPT", lastTradeDateOrContractMonth="20250718", strike=200.0, right="C",
                exchange=exchange, currency="USD",
            )
        )  # fmt: skip
        assert (True, cents) == (call.on_tick(2.01), call.on_tick(3.01))
