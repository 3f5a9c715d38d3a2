"""``ibnb demo``: what ibnb does, in ten seconds in a terminal, with no account and no TWS."""

from __future__ import annotations

from pathlib import Path

import ibnb


def show(chart: Path) -> None:
    """Read an account and a history, write a chart to ``chart``, and let a bracket run to its profit or its stop."""
    with ibnb.connect("embedded") as app:
        print(f"{app!r}\n")

        print("The account")
        summary = app.getAccountSummary("NetLiquidation,TotalCashValue,BuyingPower")
        print(summary[["value", "currency"]].to_string(), "\n")

        # A share that the account doesn't hold: what the bracket earns is then its own.
        contract = app.createContract("GOOGL")
        bars = app.getData(contract, app.dataSettings("2 D", "5 mins"))
        print("GOOGL in five-minute bars, the last three of two days")
        app.displayData(bars, rows=3)
        ibnb.plotBars(bars, title="GOOGL, five-minute bars of two days", path=str(chart))
        print(f"… drawn in {chart}\n")

        print("A bracket: buy, take a profit of 0.40, stop a loss of 0.40")
        ask = float(app.getQuote(contract)["ask"])
        entry, profit, stop = app.placeBracket(
            contract, ibnb.createBracket("BUY", 10, round(ask, 2), round(ask + 0.4, 2), round(ask - 0.4, 2))
        )
        report = app.waitOrder(entry, "Filled", timeout=6 * 3600)
        print(f"{report.action} {report.filled:g} {report.symbol} filled at {report.avgFillPrice:.2f}")
        app.sleep("1 h")
        print(f"\nAn hour later; it is {app.now():%H:%M} in New York, and it took no time")
        orders = app.getBlotter().loc[[entry, profit, stop]]
        print(orders[["action", "totalQuantity", "orderType", "status", "avgFillPrice"]].to_string(), "\n")
        print(app.getExecutions()[["orderId", "side", "shares", "price", "commission", "realizedPNL"]].to_string())
