"""What the tests send into worlds; here, so that other processes can import it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from ibnb import connect
from ibnb.worlds import results
from tests.worlds import strategies


def trade(app: Any) -> dict[str, Any]:
    """Buys or sells ten AAPL by which way the last five minutes went, and says what it paid."""
    first = app.getQuote("AAPL")["last"]
    app.sleep("5 min")
    side = "BUY" if app.getQuote("AAPL")["last"] > first else "SELL"
    app.placeOrderNow("AAPL", app.createOrder(side, 10), wait="Filled")
    [price] = app.getFills()["price"].unique()[:1]
    return {"side": side, "price": price, "at": app.now()}


def last(app: Any) -> float:
    return float(app.getQuote("AAPL")["last"])


def fails_in_a_crash(app: Any) -> float:
    if app.gateway.scenario.regime == "crash":
        raise ZeroDivisionError("nothing left")
    return 1.0


def counted(folder: str, app: Any) -> float:
    """Leaves a file for each time that it ran."""
    price = last(app)
    (Path(folder) / f"{app.gateway.scenario.seed}-{len(list(Path(folder).iterdir()))}").touch()
    return price


def dies(app: Any) -> None:
    import os

    os._exit(7)


def told(strategy: str, app: Any, after: str = "1 min") -> dict[str, str]:
    """A strategy's decisions and the fills that it has some time later, to the last field, as texts that fit a row."""
    decided = getattr(strategies, strategy)(app)
    app.sleep(after)
    return {"decided": json.dumps(decided), "fills": app.getFills().to_csv()}


def taken_home(strategy: str, app: Any, after: str = "1 min") -> dict[str, str]:
    """The same, of a session that is recorded and of the recording."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.gz"
        app.record(path, accounts=True)
        first = told(strategy, app, after)
        app.disconnect()
        again = connect(replay=path)
        try:
            second = told(strategy, again, after)
        finally:
            again.disconnect()
    return {**first, **{f"{name}_again": text for name, text in second.items()}}


def morning(app: Any) -> dict[str, float]:
    """The README's rule: hold what the first half hour says until the afternoon."""
    app.sleep("30 min")
    bars = app.getData("AAPL", app.dataSettings("1800 S", "1 min"))
    rose = bars["Close"].iloc[-1] > bars["Open"].iloc[0]
    app.placeOrderNow("AAPL", app.createOrder("BUY" if rose else "SELL", 100), wait="Filled")
    app.sleep("5 h")
    found = results(app)
    return {"pnl": found.pnl, "costs": found.costs}
