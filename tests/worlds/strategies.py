"""The three strategies of the source documents, as functions of a session: any world is one to them.

They return what they decided: (time, action, symbol) for each order.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ibnb import OneShot, RollingWindow

Decisions = list[tuple[str, str, str]]


def momentum(app: Any, symbols: tuple[str, ...] = ("TSLA", "AMD"), minutes: int = 17) -> Decisions:
    """Buy five of what has risen by 5 % within a minute, once; a bracket takes them out again (S0, S1)."""
    windows = {symbol: RollingWindow(seconds=60) for symbol in symbols}
    once = {symbol: OneShot() for symbol in symbols}
    decided, end = [], app.now() + pd.Timedelta(minutes=minutes)
    with app.streamQuotes(symbols) as quotes:
        while app.now() < end:
            app.sleep("5 s")
            for symbol, price in quotes.df["last"].items():
                windows[symbol].add(app.now(), price)
                if once[symbol](windows[symbol].change > 0.05):
                    exits = round(price * 1.03, 2), round(price * 0.97, 2)
                    app.placeBracket(symbol, app.createBracket("BUY", 5, None, *exits))
                    decided.append((f"{app.now():%H:%M:%S}", "BUY", symbol))
    return decided


def five_minutes(app: Any, minutes: int = 66) -> Decisions:
    """When V has moved by 5 % within five minutes, trade MA the same way, once (S4)."""
    window, once = RollingWindow(count=6), OneShot()
    end = app.now() + pd.Timedelta(minutes=minutes)
    while app.now() < end:
        app.sleep("1 min")
        window.add(app.now(), app.getQuote("V")["last"])
        if once(abs(window.change) > 0.05):
            action = "BUY" if window.change > 0 else "SELL"
            app.placeOrderNow("MA", app.createOrder(action, 10), wait="Filled")
            return [(f"{app.now():%H:%M:%S}", action, "MA")]
    return []


def lean_hogs(app: Any, minutes: int = 66) -> Decisions:
    """Bars of 15 minutes: three deviations from the mean of fifty, back to it, with a stop as far away (S4)."""
    front = app.resolve(app.createContract("HE", "CONTFUT", "CME", "USD"))
    month = front.lastTradeDateOrContractMonth
    hogs = app.createContract("HE", "FUT", "CME", "USD", lastTradeDateOrContractMonth=month)
    tick = float(app.getContractDetails(hogs)["minTick"].iloc[0])
    end = app.now() + pd.Timedelta(minutes=minutes)
    while app.now() < end:
        app.sleep("15 min")
        window = RollingWindow(count=40)
        for moment, close in app.getData(hogs, app.dataSettings("5 D", "15 mins"))["Close"].items():
            window.add(moment, close)
        if abs(window.zscore) > 3:
            action, way = ("SELL", 1) if window.zscore > 0 else ("BUY", -1)
            profit, stop = (round(level / tick) * tick for level in (window.mean, window.mean + way * 12 * window.std))
            app.placeBracket(hogs, app.createBracket(action, 1, None, profit, stop))
            return [(f"{app.now():%H:%M:%S}", action, "HE")]
    return []


ALL = (momentum, five_minutes, lean_hogs)
