"""What ib_async's own notebooks show, one topic after the other, against the gateway."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
Waited = Callable[..., bool]


# Basics


def test_state_is_in_step_after_connecting(ib: Any) -> None:
    assert ib.isConnected()
    assert ib.client.serverVersion() == ib.client.MaxClientVersion
    assert ib.positions()
    assert ib.portfolio()
    [worth] = [v for v in ib.accountValues() if (v.tag, v.currency) == ("NetLiquidationByCurrency", "BASE")]
    assert float(worth.value) > 0


# Contract details


def test_an_ambiguous_stock_is_narrowed_to_one(library: ModuleType, ib: Any) -> None:
    everywhere = ib.reqContractDetails(library.Stock("AMD"))
    assert len(everywhere) > 1
    [one] = ib.reqContractDetails(library.Stock("AMD", "SMART", "USD"))
    assert one.contract.conId in {row.contract.conId for row in everywhere}
    assert one.minTick == 0.01
    [same] = ib.reqContractDetails(library.Contract(conId=one.contract.conId))
    assert same.contract.symbol == "AMD"


def test_symbols_are_found_by_their_beginning(ib: Any) -> None:
    assert "INTC" in {found.contract.symbol for found in ib.reqMatchingSymbols("intc")}


# Bar data


def test_bars_of_sixty_days_and_bars_that_go_on(library: ModuleType, ib: Any, aapl: Any, waited: Waited) -> None:
    bars = ib.reqHistoricalData(aapl, "", "60 D", "1 hour", "TRADES", True, 1)
    assert len(bars) > 60 * 6
    assert bars[0].date < bars[-1].date
    live = ib.reqHistoricalData(aapl, "", "1800 S", "1 min", "TRADES", True, 1, keepUpToDate=True)
    updates = []
    live.updateEvent += lambda _, new: updates.append(new)
    assert waited(lambda: True in updates)
    ib.cancelHistoricalData(live)


def test_five_second_bars(ib: Any, aapl: Any, waited: Waited) -> None:
    bars = ib.reqRealTimeBars(aapl, 5, "MIDPOINT", False)
    assert waited(lambda: len(bars) >= 3)
    ib.cancelRealTimeBars(bars)
    assert [(b.time - a.time).seconds for a, b in itertools.pairwise(bars)] == [5] * (len(bars) - 1)


# Tick data


def test_six_currencies_stream_at_once(library: ModuleType, ib: Any, waited: Waited) -> None:
    pairs = [library.Forex(pair) for pair in ("EURUSD", "GBPUSD", "USDJPY", "USDCHF", "AUDUSD", "USDCAD")]
    ib.qualifyContracts(*pairs)
    tickers = [ib.reqMktData(pair, "", False, False) for pair in pairs]
    assert waited(lambda: all(ticker.bid > 0 and ticker.ask > 0 for ticker in tickers))
    assert all(ticker.bid < ticker.midpoint() < ticker.ask for ticker in tickers)
    for pair in pairs:
        ib.cancelMktData(pair)


def test_tick_by_tick_and_past_ticks(ib: Any, aapl: Any, waited: Waited) -> None:
    ticker, news = ib.reqTickByTickData(aapl, "BidAsk"), list[Any]()
    ticker.updateEvent += lambda ticker: news.extend(ticker.tickByTicks)  # the library forgets them when more comes
    assert waited(lambda: news)
    ib.cancelTickByTickData(aapl, "BidAsk")
    ticks = ib.reqHistoricalTicks(aapl, "", "20250611 09:45:00 US/Eastern", 1000, "TRADES", True)
    assert len(ticks) >= 1000
    assert all(a.time <= b.time for a, b in itertools.pairwise(ticks))


# Market depth


def test_a_book_has_two_sides_in_order(ib: Any, aapl: Any, waited: Waited) -> None:
    """After every row: rows are put in and taken out where they are. ib_async's own lists aren't in order any more once
    a row was put in (its book is a dict by position, read in the order of arrival), so its ticks are looked at."""
    assert ib.reqMktDepthExchanges()
    ticker = ib.reqMktDepth(aapl, numRows=5, isSmartDepth=True)
    ticks: list[Any] = []
    ticker.updateEvent += lambda ticker: ticks.extend(ticker.domTicks)
    assert waited(lambda: len(ticks) >= 10)
    ib.cancelMktDepth(aapl, isSmartDepth=True)
    asks: list[float] = []
    bids: list[float] = []
    for n, tick in enumerate(ticks, 1):
        side = bids if tick.side else asks
        if tick.operation != 0:
            del side[tick.position]
        if tick.operation != 2:
            side.insert(tick.position, tick.price)
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        if n == 10:  # the first picture is whole
            assert (len(bids), len(asks)) == (5, 5)
            assert bids[0] < asks[0]


# Option chain


def test_an_index_chain_with_greeks(library: ModuleType, ib: Any, waited: Waited) -> None:
    spx = library.Index("SPX", "CBOE")
    ib.qualifyContracts(spx)
    [quote] = ib.reqTickers(spx)
    value = quote.marketPrice()
    chains = ib.reqSecDefOptParams(spx.symbol, "", spx.secType, spx.conId)
    chain = next(c for c in chains if c.tradingClass == "SPX")
    strikes = sorted(chain.strikes, key=lambda strike: abs(strike - value))[:2]
    expiry = sorted(chain.expirations)[0]
    options = [
        library.Option("SPX", expiry, strike, right, chain.exchange, tradingClass="SPX")
        for strike in strikes
        for right in ("C", "P")
    ]
    assert len(ib.qualifyContracts(*options)) == 4
    tickers = [ib.reqMktData(option) for option in options]
    assert waited(lambda: all(t.modelGreeks and t.modelGreeks.delta is not None for t in tickers))
    for option, ticker in zip(options, tickers, strict=True):
        assert (ticker.modelGreeks.delta > 0) == (option.right == "C")
        ib.cancelMktData(option)


# Ordering


def test_a_limit_order_rests_is_changed_and_cancelled(library: ModuleType, ib: Any, aapl: Any, waited: Waited) -> None:
    order = library.LimitOrder("BUY", 1, 100.0, tif="DAY")
    trade = ib.placeOrder(aapl, order)
    assert waited(lambda: trade.orderStatus.status == "Submitted")
    assert trade in ib.openTrades()
    order.lmtPrice = 101.0
    ib.placeOrder(aapl, order)
    assert waited(lambda: any("Modify" in entry.message for entry in trade.log))
    assert [t.order.lmtPrice for t in ib.reqAllOpenOrders() or ib.openTrades()][-1] == 101.0
    ib.cancelOrder(order)
    assert waited(lambda: trade.orderStatus.status == "Cancelled")


def test_commissions_of_the_day_add_up(library: ModuleType, ib: Any, aapl: Any, waited: Waited) -> None:
    for action in ("BUY", "SELL"):
        trade = ib.placeOrder(aapl, library.MarketOrder(action, 100, tif="DAY"))
        assert waited(lambda trade=trade: trade.isDone() and trade.fills[-1].commissionReport.commission > 0)
    fills = [fill for fill in ib.fills() if fill.contract.symbol == "AAPL"]
    assert sum(fill.commissionReport.commission for fill in fills) >= 2.0


# Scanners


def test_scanners_with_old_and_new_filters_and_parameters(library: ModuleType, ib: Any) -> None:
    scan = library.ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode="TOP_PERC_GAIN")
    everything = ib.reqScannerData(scan)
    scan.abovePrice = 200
    dear = ib.reqScannerData(scan)
    assert 0 < len(dear) < len(everything)
    some = ib.reqScannerData(scan, [], [library.TagValue("priceAbove", "300")])
    assert len(some) < len(dear)
    assert "<ScanParameterResponse>" in ib.reqScannerParameters()
