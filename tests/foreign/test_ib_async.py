"""The gateway with clients that have never heard of it: ib_async and its ancestor ib_insync, over a real socket.

Both offer versions 157..178 and won't go on without accounts, a next order id, open orders and executions.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ibnb.gateway import Gateway

from .conftest import LIMIT

pytestmark = [
    pytest.mark.foreign,
    # Their own habits with event loops and dates aren't ours to judge.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_connects_and_qualifies(ib: Any, aapl: Any) -> None:
    assert ib.managedAccounts() == ["DU1234567"]
    assert aapl.conId == 265598
    assert aapl.primaryExchange == "NASDAQ"


def test_reads_the_account(ib: Any) -> None:
    summary = {row.tag: row for row in ib.accountSummary()}
    assert float(summary["NetLiquidation"].value) > 0
    assert {position.contract.symbol for position in ib.positions()} >= {"AAPL", "CSH2"}
    assert any(value.tag == "NetLiquidation" for value in ib.accountValues())


def test_reads_history_of_a_stock_and_of_a_currency(library: ModuleType, ib: Any, aapl: Any) -> None:
    daily = ib.reqHistoricalData(aapl, "", "1 M", "1 day", "TRADES", True)
    assert 18 <= len(daily) <= 24
    assert all(bar.low <= min(bar.open, bar.close) and bar.high >= max(bar.open, bar.close) for bar in daily)
    euro = library.Forex("EURUSD")
    hourly = ib.reqHistoricalData(euro, "", "2 D", "1 hour", "MIDPOINT", False)
    assert len(hourly) > 24
    with pytest.raises(Exception, match="no data"):
        ib.reqHistoricalData(euro, "", "2 D", "1 hour", "TRADES", False) or _raise_last(ib)


def _raise_last(ib: Any) -> None:
    """ib_insync has no RaiseRequestErrors: the empty list comes with an error event only."""
    raise RuntimeError("no data")


def test_head_timestamp(ib: Any, aapl: Any) -> None:
    assert ib.reqHeadTimeStamp(aapl, "TRADES", True, 1).year == 1980


def test_a_ticker_lives(ib: Any, aapl: Any, waited: Callable[..., bool]) -> None:
    ticker = ib.reqMktData(aapl)
    assert waited(lambda: ticker.bid > 0 and ticker.ask > 0 and ticker.last > 0)
    assert ticker.bid < ticker.ask
    ib.cancelMktData(aapl)


def test_a_market_order_fills_with_a_commission(
    library: ModuleType, ib: Any, aapl: Any, waited: Callable[..., bool]
) -> None:
    trade = ib.placeOrder(aapl, library.MarketOrder("BUY", 10, tif="DAY"))
    assert waited(trade.isDone)
    assert trade.orderStatus.status == "Filled"
    assert waited(lambda: trade.fills and trade.fills[-1].commissionReport.commission > 0)
    assert sum(fill.execution.shares for fill in trade.fills) == 10


def test_a_bracket_is_placed_and_cancelled(
    library: ModuleType, ib: Any, aapl: Any, waited: Callable[..., bool]
) -> None:
    orders = ib.bracketOrder("BUY", 10, limitPrice=100.0, takeProfitPrice=150.0, stopLossPrice=90.0, tif="DAY")
    trades = [ib.placeOrder(aapl, order) for order in orders]
    assert waited(lambda: all(t.orderStatus.status in ("Submitted", "PreSubmitted") for t in trades))
    ib.cancelOrder(trades[0].order)
    assert waited(lambda: all(t.orderStatus.status == "Cancelled" for t in trades))


def test_a_what_if_order_tells_margin_and_commission(library: ModuleType, ib: Any, aapl: Any) -> None:
    state = ib.whatIfOrder(aapl, library.MarketOrder("BUY", 100, tif="DAY"))
    assert float(state.initMarginChange) > 0
    assert state.commission > 0


def test_a_scan_answers_ranked_rows(library: ModuleType, ib: Any) -> None:
    scan = library.ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode="MOST_ACTIVE")
    rows = ib.reqScannerData(scan, [], [library.TagValue("priceAbove", "10")])
    assert [row.rank for row in rows] == list(range(len(rows)))
    assert len(rows) >= 10


class Events(dict[str, threading.Event]):
    """The wrapper makes an event when it waits, and never hears an answer that has come before: here it is there."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> threading.Event:
        return self.setdefault(name, threading.Event())


def test_the_official_sync_wrapper_connects_and_asks(gateway: Gateway) -> None:
    pytest.importorskip("ibapi.sync_wrapper")
    wrapper = importlib.import_module("ibapi.sync_wrapper")
    contract = importlib.import_module("ibapi.contract").Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    app = wrapper.TWSSyncWrapper(timeout=LIMIT)
    app.response_events = Events()
    try:
        assert app.connect_and_start("127.0.0.1", gateway.port, 18)
        [details] = app.get_contract_details(contract, LIMIT)
        assert details.contract.conId == 265598
        bars = app.get_historical_data(contract, "", "5 D", "1 day", "TRADES", 1)
        assert len(bars) == 5
    finally:
        app.disconnect_and_stop()
