"""The verbs against the embedded gateway: real bytes both ways, manual clock, no waiting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from inside import core, open_ids

import ibnb
from ibnb import IBApp


@pytest.fixture
def app() -> Iterator[IBApp]:
    session = ibnb.connect("embedded")
    yield session
    ibnb.reset()


@pytest.fixture
def aapl(app: IBApp) -> Any:
    return app.createContract("AAPL")


def test_reading_an_account(app: IBApp) -> None:
    summary = app.getAccountSummary("NetLiquidation,TotalCashValue")
    assert sorted(summary.index) == ["NetLiquidation", "TotalCashValue"]
    updates = app.getAccountUpdates()
    held = app.getPositions()
    assert held["position"].to_dict() == updates.portfolio["position"].to_dict()
    worth = updates.values.query("currency == 'USD'").loc["NetLiquidation", "value"]
    assert summary.loc["NetLiquidation", "value"] == pytest.approx(worth)
    assert app.getPnL().notna().all()
    assert app.getCurrentTime() == pd.Timestamp(app.now()).floor("s")


def test_reading_beside_feeds_of_your_own(app: IBApp) -> None:
    app.reqPositions()
    app.reqAccountUpdates(True, "")
    assert len(app.getPositions()) > 0
    assert len(app.getAccountUpdates().values) > 0
    assert [each.key for each in core(app).subscriptions.all()] == ["positions", "accountUpdates"]


def test_knowing_a_contract(app: IBApp, aapl: Any) -> None:
    assert app.resolve("AAPL").conId == 265598
    assert "AAPL" in app.searchSymbols("AAP")["symbol"].tolist()
    assert app.getContractDetails(aapl)["timeZoneId"].tolist() == ["US/Eastern"]
    with pytest.raises(ibnb.ContractNotFoundError):
        app.resolve("NOSUCHSYMBOL")


def test_history_of_days_hours_and_quotes(app: IBApp, aapl: Any) -> None:
    daily = app.getData(app.createContract("CSH2", "STK", "LSE", "GBP"), app.dataSettings("3 M", "1 day"))
    assert daily.index.is_monotonic_increasing
    assert daily.index.tz is None
    hourly = app.getData(aapl, app.dataSettings("2 D", "1 hour"))
    assert str(hourly.index.tz) == "America/New_York"
    assert (hourly["Low"] <= hourly["Close"]).all()
    euro = app.createContract("EUR", "CASH", "IDEALPRO")
    assert app.getData(euro, app.dataSettings("1 D", "1 hour", whatToShow="MIDPOINT"))["Volume"].isna().all()
    with pytest.raises(ibnb.HistoricalDataError, match="MIDPOINT"):
        app.getData(euro, app.dataSettings("1 D", "1 hour"))
    assert app.getHeadTimestamp(aapl) < daily.index[0].tz_localize("UTC")


def test_the_same_questions_have_the_same_answers(app: IBApp, aapl: Any) -> None:
    settings = app.dataSettings("1 D", "5 mins")
    first = app.getData(aapl, settings), app.getQuotes([aapl])
    ibnb.reset()
    again = ibnb.connect("embedded")
    pd.testing.assert_frame_equal(first[0], again.getData(aapl, settings))
    pd.testing.assert_frame_equal(first[1], again.getQuotes([aapl]))


def test_quotes_streams_and_live_bars_leave_no_line_open(app: IBApp, aapl: Any) -> None:
    quote = app.getQuote(aapl)
    assert quote["bid"] <= quote["ask"]
    start = app.now()
    with app.streamQuotes([aapl, app.createContract("NVDA")]) as quotes:
        quotes.waiting()
        while app.now() == start:
            quotes.next()
        assert quotes.df["bid"].notna().all()
    with app.streamBars(aapl, app.dataSettings("1 D", "1 min")) as bars:
        while not bars.next().new:
            pass
        assert bars.df.index.is_monotonic_increasing
    assert open_ids(app) == []
    assert len(core(app).pending) == 0


def test_an_order_s_life(app: IBApp, aapl: Any, capsys: pytest.CaptureFixture[str]) -> None:
    before = app.getPositions().loc["AAPL", "position"]
    bought = app.waitOrder(app.placeOrderNow(aapl, app.createOrder("BUY", 5)))
    assert bought.status == "Filled"
    assert bought.commission > 0
    assert app.getPositions().loc["AAPL", "position"] == before + 5
    assert app.getExecutions("AAPL")["shares"].sum() == 5
    resting = app.placeOrderNow(aapl, app.createOrder("BUY", 1, "LMT", 100), wait="Submitted")
    app.modifyOrder(resting, quantity=3, limit_price=101, wait=True)
    listed = app.listOrders()
    assert listed.loc[resting, ["totalQuantity", "lmtPrice"]].tolist() == [3.0, 101.0]
    app.cancelOrderById(resting, wait=True)
    assert app.waitOrder(resting).status == "Cancelled"
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"ID {resting}: BUY 3.0 AAPL (LMT) 101.0",
        f"Cancel requested for order {resting}",
    ]


def test_a_bracket_a_preview_and_rejections(app: IBApp, aapl: Any) -> None:
    entry, profit, stop = app.placeBracket(aapl, app.createBracket("BUY", 10, None, 250, 150))
    assert app.waitOrder(entry).status == "Filled"
    assert app.waitOrder(profit, "Submitted").status == "Submitted"
    assert app.waitOrder(stop, "PreSubmitted").whyHeld != ""
    app.cancelAllOrders(wait=True)
    assert len(app.getOpenOrders()) == 0
    assert app.previewOrder(aapl, app.createOrder("BUY", 100))["initMarginAfter"] > 0
    for order in (app.createOrder("BUY", 10_000_000), app.createOrder("BUY", 1, "LMT", 100.003)):
        with pytest.raises(ibnb.OrderRejectedError):
            app.placeOrderNow(aapl, order, wait="Submitted")


def test_a_scan(app: IBApp) -> None:
    scan = app.getScan(numberOfRows=5, avgVolumeAbove=1_000_000, priceAbove=10)
    assert scan.index.tolist() == [0, 1, 2, 3, 4]
    assert "MOST_ACTIVE" in app.getScannerParameters().index


def test_a_call_after_disconnect(app: IBApp, aapl: Any) -> None:
    app.disconnect()
    for call in (app.getPositions, app.listOrders, lambda: app.getQuote(aapl), lambda: app.cancelOrderById(1)):
        with pytest.raises(ibnb.NotConnectedError):
            call()
