"""The three strategies as backtesting.py trades them, on the very bars of the world in which ours have run.

What agrees, and within what: a bar is known when it is over and traded at its close, while a session looks at a quote.
So a decision comes with the bar in which ours came, no later than its end; a price differs by no more than five
hundredths of a percent (half a spread, and what a price does within a bar); stops, targets, commissions and what is
held at the end are the same in kind. The rules are made of the same parts, ibnb.RollingWindow and ibnb.OneShot.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import ibnb
from ibnb import IBApp, OneShot, RollingWindow, worlds
from tests.worlds.strategies import five_minutes, lean_hogs, momentum

backtesting = pytest.importorskip("backtesting", reason="pip install 'ibnb[research]'")
# backtesting 0.6 asks pandas in ways that pandas 3.1 calls old; what is held at the end is meant to be.
pytestmark = [
    pytest.mark.filterwarnings("ignore:DatetimeIndex", "ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Some trades remain open"),
]

DAY, CASH, NEAR = "2025-06-11", 1_000_000, 0.0005


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect()
    ibnb.reset()


class Momentum(backtesting.Strategy):  # type: ignore[name-defined, misc]
    def init(self) -> None:
        self.window, self.once = RollingWindow(seconds=60), OneShot()

    def next(self) -> None:
        price = self.data.Close[-1]
        self.window.add(self.data.index[-1], price)
        if self.once(self.window.change > 0.05):
            self.buy(size=5, tp=round(price * 1.03, 2), sl=round(price * 0.97, 2))


class FiveMinutes(backtesting.Strategy):  # type: ignore[name-defined, misc]
    def init(self) -> None:
        self.window, self.once = RollingWindow(count=6), OneShot()

    def next(self) -> None:
        self.window.add(self.data.index[-1], self.data.V[-1])
        if self.once(abs(self.window.change) > 0.05):
            (self.buy if self.window.change > 0 else self.sell)(size=10)


class LeanHogs(backtesting.Strategy):  # type: ignore[name-defined, misc]
    def init(self) -> None:
        self.window, self.once = RollingWindow(count=40), OneShot()

    def next(self) -> None:
        window = self.window
        window.add(self.data.index[-1], self.data.Close[-1])
        if self.once(abs(window.zscore) > 3):
            way = 1 if window.zscore > 0 else -1
            order = self.sell if way > 0 else self.buy
            order(size=400, tp=window.mean, sl=window.mean + way * 12 * window.std)  # 400: dollars per point


def backtest(bars: pd.DataFrame, rule: type[Any], commission: float) -> Any:
    """Its statistics; trades at the close of the bar that decides, with so many dollars for each order."""
    return backtesting.Backtest(
        bars.tz_localize(None), rule, cash=CASH, commission=(commission, 0.0), trade_on_close=True
    ).run()


def agree(app: IBApp, symbol: str, stats: Any, bar: str, decided: str) -> None:
    """Ours and theirs: the decision, each fill that has happened, and what has been earned."""
    fills = app.getFills(symbol)
    [trade] = [*stats._strategy.closed_trades, *stats._strategy.trades]
    moments = [(trade.entry_time, trade.entry_price)]
    if trade.exit_time is not None:
        moments.append((trade.exit_time, trade.exit_price))
    ours = fills.groupby("orderId").agg({"price": "mean"})
    times = fills.reset_index(names="time").groupby("orderId")["time"].first().dt.tz_localize(None)
    assert len(ours) == len(moments)
    for (begun, price), own, time in zip(moments, ours["price"], times, strict=True):
        assert begun <= time <= begun + pd.Timedelta(bar), symbol
        assert price == pytest.approx(own, rel=NEAR), symbol
    assert moments[0][0] <= pd.Timestamp(f"{DAY} {decided}") <= moments[0][0] + pd.Timedelta(bar)
    found = worlds.results(app, symbols=[symbol])
    turnover = found.curve["exposure"].max() * len(moments)
    assert stats._equity_curve["Equity"].iloc[-1] - CASH == pytest.approx(found.pnl, abs=NEAR * turnover), symbol


def test_capstone_momentum(app: IBApp) -> None:
    decided = momentum(app)
    app.sleep("20 min")
    for at, _, symbol in decided:
        bars = app.getHistory(symbol, f"{DAY} 10:00", None, "5 secs", useRTH=0)[symbol]
        agree(app, symbol, backtest(bars, Momentum, 1.0), "5s", at)
    # TSLA falls again at 10:30, through its stop; AMD is held.
    assert app.getFills()["symbol"].tolist() == ["TSLA", "AMD", "TSLA"]


def test_five_minutes_on_v_and_ma(app: IBApp) -> None:
    [(at, _, _)] = five_minutes(app)
    app.sleep("20 min")
    history = app.getHistory(["V", "MA"], f"{DAY} 10:00", None, "1 min", useRTH=0)
    bars = history["MA"].assign(V=history["V"]["Close"])
    agree(app, "MA", backtest(bars, FiveMinutes, 1.0), "1min", at)


def test_three_sigma_lean_hogs(app: IBApp) -> None:
    [(at, _, _)] = lean_hogs(app)
    app.sleep("60 min")
    [month] = app.getFills("HE")["lastTradeDateOrContractMonth"].unique()
    hogs = app.createContract("HE", "FUT", "CME", "USD", lastTradeDateOrContractMonth=month)
    # Chicago's bars, in the time in which we say when we decided.
    bars = app.getData(hogs, app.dataSettings("5 D", "15 mins")).tz_convert("America/New_York")
    agree(app, "HE", backtest(bars, LeanHogs, app.getFills("HE")["commission"].iloc[0]), "15min", at)
