"""A strategy's own P&L, reckoned by hand from its fills and bars, and what others make of its frames."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

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


@pytest.mark.parametrize(("base", "quote", "rate"), [("USD", "JPY", ("USD", "JPY")), ("EUR", "GBP", ("GBP", "USD"))])
def test_a_commission_in_another_currency_is_converted(
    app: IBApp, base: str, quote: str, rate: tuple[str, str]
) -> None:
    """#14: two dollars were counted as two yen, and as two pounds; and nothing told EUR.GBP from EUR.USD."""
    for first, second in ((base, quote), ("EUR", "USD")):
        buy(app, app.createContract(first, "CASH", "IDEALPRO", second), 50_000)
    app.sleep("2 min")
    with pytest.raises(ValueError, match=f"'{quote}': .'{base}.{quote}'"):
        worlds.results(app)
    found = worlds.results(app, symbols=[f"{base}.{quote}"])
    assert (len(found.trades), found.trades["commissionCurrency"].item(), found.currency) == (1, "USD", quote)
    middle = app.getHistory(
        {"rate": app.createContract(rate[0], "CASH", "IDEALPRO", rate[1])},
        "2025-06-11",
        None,
        "1 min",
        "MIDPOINT",
        useRTH=0,
    )
    close = middle["rate"]["Close"].iloc[-1]
    expected = found.trades["commission"].item() * (close if rate[0] == "USD" else 1 / close)
    assert found.costs == pytest.approx(expected, rel=0.01)
    gain = found.curve["exposure"].iloc[-1] - 50_000 * found.trades["price"].item()
    assert found.pnl == pytest.approx(gain - found.costs)
    assert worlds.results(app, symbols=["EUR.USD"]).currency == "USD"


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


class Told:
    """A session that says what it was told: fills, bars and the time."""

    def __init__(self, fills: dict[str, float], bars: pd.DataFrame, now: str) -> None:
        self.now = lambda: pd.Timestamp(now, tz="America/New_York")
        self._bars = bars
        table = {
            "conId": 7,
            "symbol": "X",
            "secType": "STK",
            "shares": 1.0,
            "commission": 1.0,
            "commissionCurrency": "",
        }
        rows = [{**table, "side": "BOT" if price > 0 else "SLD", "price": abs(price)} for price in fills.values()]
        self._fills = pd.DataFrame(rows, index=pd.DatetimeIndex(list(fills), tz="America/New_York"))

    def getFills(self) -> pd.DataFrame:
        return self._fills

    def getContractDetails(self, contract: object) -> pd.DataFrame:
        what = {"symbol": "X", "secType": "STK", "currency": "USD", "exchange": "SMART"}
        return pd.DataFrame([{**what, "multiplier": "", "priceMagnifier": 1}])

    def getHistory(self, wanted: dict[str, object], *args: object, **words: object) -> dict[str, pd.DataFrame]:
        return dict.fromkeys(wanted, self._bars)


def closes(first: str, freq: str, *prices: float) -> pd.DataFrame:
    times = pd.date_range(first, periods=len(prices), freq=freq, tz="America/New_York")
    return pd.DataFrame({"Close": prices}, index=times)


def test_a_fill_at_the_end_of_a_bar_is_not_marked_to_its_close() -> None:
    """#14: the lesson's five-minute rule sold MA at 546.72 at 11:04:00, when it had just fallen from 560.97: for one
    row it seemed to have lost 143 dollars."""
    told: Any = Told(
        {"2025-06-11 11:04:00": -546.72}, closes("2025-06-11 11:03", "1min", 560.97, 546.74), "2025-06-11 11:05"
    )
    assert worlds.results(told).curve["pnl"].tolist() == [0.0, pytest.approx(-1.02)]


def test_what_has_no_bar_yet_is_worth_what_was_paid() -> None:
    """Else all that it cost would be a loss for as long."""
    told: Any = Told(
        {"2025-06-11 11:04:30": 50.0}, closes("2025-06-11 11:03", "1min", math.nan, math.nan, 51.0), "2025-06-11 11:06"
    )
    curve = worlds.results(told).curve
    assert curve["pnl"].tolist() == [-1.0, 0.0]
    assert curve["exposure"].tolist() == [50.0, 51.0]


def test_any_size_of_bar_has_a_curve_in_new_york(app: IBApp) -> None:
    """#14: bars of a day have dates without a zone, and those of London and Chicago their own: one failed, the other
    made a curve in UTC, whose days end at eight in the evening."""
    buy(app, "AAPL", 10)
    buy(app, app.createContract("ES", "FUT", "CME", "USD", lastTradeDateOrContractMonth="202506"), 1)
    app.sleep("7 days")
    ends = {size: worlds.results(app, size).curve for size in ("30 mins", "1 day", "1W", "1M")}
    for size, curve in ends.items():
        assert str(curve.index.tz) == "America/New_York", size  # type: ignore[attr-defined]
        assert curve.index[-1] == pd.Timestamp(app.now()), size
        assert curve["pnl"].iloc[-1] == pytest.approx(ends["30 mins"]["pnl"].iloc[-1]), size
    assert len(ends["1W"]) == 2


@pytest.mark.parametrize(
    ("bars", "size"),
    [
        (
            closes("2025-06-12", "1D", 50.0, 60.0).tz_localize(None),
            "1 day",
        ),  # the first ends at midnight, the last isn't over
        (closes("2025-06-12 23:00", "17h", 50.0, 60.0), "1 hour"),
    ],
)
def test_midnight_ends_a_day(bars: pd.DataFrame, size: str) -> None:
    """#14: the day bar's end was taken for the next day's first moment, and its own day had no return."""
    pytest.importorskip("empyrical")
    found = worlds.results(Told({"2025-06-12 11:00:00": 50.0}, bars, "2025-06-13 16:30"), size)  # type: ignore[arg-type]
    returns = pd.Series([-1 / 100, 10 / 99])
    assert found.figures(100)["volatility"] == pytest.approx(returns.std() * math.sqrt(252))


def test_a_sunday_evening_is_mondays() -> None:
    """A year of 252 days has no Sundays of its own."""
    pytest.importorskip("empyrical")
    bars = closes("2025-06-13 15:00", "1h", 50.0)
    bars = pd.concat([bars, closes("2025-06-15 18:00", "1h", 55.0), closes("2025-06-16 10:00", "1h", 60.0)])
    found = worlds.results(Told({"2025-06-13 11:00:00": 50.0}, bars, "2025-06-16 12:00"), "1 hour")  # type: ignore[arg-type]
    assert found.figures(100)["volatility"] == pytest.approx(pd.Series([-1 / 100, 10 / 99]).std() * math.sqrt(252))


def test_figures_over_several_instruments_are_those_of_a_ledger_kept_by_hand(app: IBApp) -> None:
    """Row by row, by another way: a position, an amount of cash and a price for each instrument at each moment."""
    empyrical = pytest.importorskip("empyrical")
    es = app.createContract("ES", "FUT", "CME", "USD", lastTradeDateOrContractMonth="202506")
    orders = [
        ("AAPL", 20, "BUY", "5 h"),
        (es, 1, "SELL", "19 h"),
        ("KO", 50, "SELL", "24 h"),
        ("AAPL", 30, "SELL", "2 h"),
    ]
    for what, quantity, action, pause in orders:
        buy(app, what, quantity, action)
        app.sleep(pause)
    found = worlds.results(app, "5 mins")
    curve, fills = found.curve, found.trades
    bars = app.getHistory({"AAPL": "AAPL", "KO": "KO", "ES": es}, "2025-06-11", None, "5 mins", useRTH=0)
    for moment in [*curve.index[::37], curve.index[-1]]:
        pnl = exposure = costs = 0.0
        for symbol in ("AAPL", "KO", "ES"):
            times = 50 if symbol == "ES" else 1
            series = bars[symbol]["Close"]
            ended = series[series.index + pd.Timedelta("5min") <= moment] if moment < curve.index[-1] else series
            own = fills[(fills["symbol"] == symbol) & ((fills.index < moment) | (moment == curve.index[-1]))]
            held = 0.0
            for side, shares, price, commission in own[["side", "shares", "price", "commission"]].to_numpy():
                signed = shares if side == "BOT" else -shares
                held, pnl, costs = held + signed, pnl - signed * price * times - commission, costs + commission
            if held:
                pnl, exposure = pnl + held * ended.iloc[-1] * times, exposure + abs(held * ended.iloc[-1] * times)
        assert curve.loc[moment].tolist() == pytest.approx([pnl, exposure, costs]), moment
    figures = found.figures(100_000)
    daily = (100_000 + curve["pnl"]).resample("D", closed="right", label="left").last().dropna()
    returns = (daily / daily.shift(fill_value=100_000)) - 1
    downside = math.sqrt((returns.clip(upper=0) ** 2).mean()) * math.sqrt(252)
    assert figures["volatility"] == pytest.approx(returns.std() * math.sqrt(252))
    assert figures["sharpe"] == pytest.approx(returns.mean() / returns.std() * math.sqrt(252))
    assert figures["sortino"] == pytest.approx(returns.mean() * 252 / downside)
    assert figures["sortino"] == pytest.approx(empyrical.sortino_ratio(returns))
    assert figures["max_exposure"] == curve["exposure"].max()


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


@pytest.mark.timeout(600)  # it compiles what it needs when it is imported
def test_vectorbt_takes_the_bars_as_they_are(app: IBApp) -> None:
    vectorbt = pytest.importorskip("vectorbt", reason="pip install 'ibnb[research]'")
    closes = app.getHistory("AAPL", "2025-01-02", "2025-06-10", "1 day")["AAPL"]["Close"]
    held = vectorbt.Portfolio.from_holding(closes, init_cash=10_000)
    assert held.total_return() == pytest.approx(closes.iloc[-1] / closes.iloc[0] - 1)
