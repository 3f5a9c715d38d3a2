"""A strategy's own P&L, reckoned by hand from its fills and bars, and what others make of its frames."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

import ibnb
from ibnb import IBApp, worlds


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect(seed=5)
    ibnb.reset()


def buy(app: IBApp, what: object, quantity: float, action: str = "BUY") -> None:
    app.placeOrderNow(what, app.createOrder(action, quantity), wait="Filled")  # type: ignore[arg-type]


def test_it_is_what_was_paid_and_what_is_held_is_worth(app: IBApp) -> None:
    buy(app, "AAPL", 10)
    app.sleep("3 min")
    buy(app, "AAPL", 4, "SELL")
    app.sleep("2 min")
    found = worlds.results(app)
    fills = app.getFills()
    signed = fills["shares"].where(fills["side"] == "BOT", -fills["shares"])
    last = app.getHistory("AAPL", "2025-06-11", None, "1 min", useRTH=0)["AAPL"]["Close"].iloc[-1]
    expected = signed.sum() * last - (signed * fills["price"]).sum() - fills["commission"].sum()
    assert found.pnl == pytest.approx(expected)
    assert (signed.sum(), found.costs, found.currency) == (6.0, fills["commission"].sum(), "USD")
    assert found.curve["exposure"].iloc[-1] == pytest.approx(6 * last)
    assert found.curve.index[-1] <= pd.Timestamp(app.now())
    assert found.curve.index.is_monotonic_increasing
    assert f"<Results of {len(fills)} fills: {expected:,.2f} USD" in repr(found)


def test_other_positions_of_the_account_are_not_in_it(app: IBApp) -> None:
    """sources_status 4: getPnL said -136,271, the account's; the strategy had earned a few dollars."""
    assert len(app.getPositions()) > 5
    app.sleep("30 min")
    assert worlds.results(app).pnl == 0.0
    assert repr(worlds.results(app)) == "<Results of 0 fills: 0.00 , costs 0.00>"


def test_a_future_counts_its_multiplier_and_a_london_share_its_pence(app: IBApp) -> None:
    future = app.createContract("ES", "FUT", "CME", "USD", lastTradeDateOrContractMonth="202506")
    buy(app, future, 1)
    buy(app, app.createContract("CSH2", "STK", "LSE", "GBP"), 10)
    with pytest.raises(ValueError, match=r"several currencies.*symbols=…\) for {'GBP': \['CSH2'\], 'USD': \['ES'\]}"):
        worlds.results(app)
    es, csh2 = (worlds.results(app, symbols=[each]) for each in ("ES", "CSH2"))
    assert es.curve["exposure"].iloc[-1] == pytest.approx(50 * app.getFills("ES")["price"].iloc[0], rel=0.01)
    assert csh2.curve["exposure"].iloc[-1] == pytest.approx(10 * app.getFills("CSH2")["price"].iloc[0] / 100, rel=0.01)
    assert csh2.currency == "GBP"


def test_fills_of_earlier_days_count(app: IBApp) -> None:
    buy(app, "AAPL", 10)
    app.sleep("1 day")
    assert len(app.getExecutions()) == 0
    assert len(app.getFills()) >= 1
    found = worlds.results(app, "5 mins")
    assert found.curve["exposure"].iloc[-1] > 0
    assert (found.curve.index[-1] - found.curve.index[0]).days >= 0


def test_a_currency_pair_is_marked_to_its_middle(app: IBApp) -> None:
    buy(app, app.createContract("EUR", "CASH", "IDEALPRO", "USD"), 20_000)
    app.sleep("2 min")
    assert worlds.results(app).curve["exposure"].iloc[-1] == pytest.approx(
        20_000 * app.getFills()["price"].iloc[0], rel=0.01
    )


def test_figures_are_empyricals(app: IBApp) -> None:
    pytest.importorskip("empyrical")
    buy(app, "AAPL", 10)
    app.sleep("3 days")
    found = worlds.results(app, "1 hour")
    figures = found.figures(10_000)
    equity = found.equity(10_000)
    assert figures["max_drawdown"] == pytest.approx(min(0.0, (equity / np.maximum(equity.cummax(), 10_000) - 1).min()))
    daily = equity.groupby(equity.index.date).last()  # type: ignore[attr-defined]
    returns = pd.concat([pd.Series([10_000.0]), daily]).pct_change().dropna()
    assert figures["sharpe"] == pytest.approx(returns.mean() / returns.std() * math.sqrt(252))
    assert (figures["trades"], figures["pnl"], figures["return"]) == (len(found.trades), found.pnl, found.pnl / 10_000)
    with pytest.raises(ValueError, match="capital is what the strategy began with"):
        found.figures(0)


def test_a_strategy_without_trades_has_figures(app: IBApp) -> None:
    pytest.importorskip("empyrical")
    assert worlds.results(app).figures(1000)[["trades", "pnl", "max_drawdown"]].tolist() == [0.0, 0.0, 0.0]


def test_an_equity_curve_can_be_drawn(app: IBApp, monkeypatch: pytest.MonkeyPatch) -> None:
    buy(app, "AAPL", 10)
    app.sleep("5 min")
    ibnb.plotEquity(worlds.results(app).equity(10_000))


def test_symbols_is_a_list(app: IBApp) -> None:
    with pytest.raises(ValueError, match=r"symbols is a list, such as \['AAPL'\]"):
        worlds.results(app, symbols="AAPL")


# --- frames of getHistory in other libraries


# backtesting 0.6 asks pandas in ways that pandas 3.1 calls old.
@pytest.mark.filterwarnings("ignore:DatetimeIndex", "ignore::DeprecationWarning")
def test_backtesting_takes_the_bars_as_they_are(app: IBApp) -> None:
    backtesting = pytest.importorskip("backtesting")
    bars = app.getHistory("AAPL", "2025-01-02", "2025-06-10", "1 day")["AAPL"]

    class Hold(backtesting.Strategy):  # type: ignore[name-defined, misc]
        def init(self) -> None:
            pass

        def next(self) -> None:
            if not self.position:
                self.buy()

    stats = backtesting.Backtest(bars.tz_localize(None), Hold, cash=10_000, finalize_trades=True).run()
    assert stats["# Trades"] == 1
    assert stats["Buy & Hold Return [%]"] == pytest.approx(
        (bars["Close"].iloc[-1] / bars["Close"].iloc[1] - 1) * 100, abs=3
    )


def test_vectorbt_takes_the_bars_as_they_are(app: IBApp) -> None:
    vectorbt = pytest.importorskip("vectorbt", reason="pip install vectorbt")
    closes = app.getHistory("AAPL", "2025-01-02", "2025-06-10", "1 day")["AAPL"]["Close"]
    held = vectorbt.Portfolio.from_holding(closes, init_cash=10_000)
    assert held.total_return() == pytest.approx(closes.iloc[-1] / closes.iloc[0] - 1)
