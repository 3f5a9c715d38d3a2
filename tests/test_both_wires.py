"""The wire of today, Shows 5: whatever a verb asks, result, tape and journal are the same on text and on protobuf."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from test_chaos import CALLS, Call, option, order

import ibnb
from ibnb.gateway import messages as m
from ibnb.ib.api import MAX_CLIENT_VER

TEXT, NEWEST = 200, 226
pytestmark = pytest.mark.skipif(MAX_CLIENT_VER < NEWEST, reason="this ibapi has no such protobuf")


def many(verb: str, *args: Any) -> Call:
    """Twenty pieces of news of a stream."""

    def call(app: Any, stock: Any) -> object:
        with getattr(app, verb)([stock] if verb == "streamQuotes" else stock, *args) as news:
            return [news.next() for _ in range(20)]

    return call


def conditional(app: Any, stock: Any) -> object:
    stock = app.resolve(stock)
    buy = order(app)
    buy.conditions = [
        app.createCondition("price", ">=", 1000.0, stock),
        app.createCondition("time", ">=", "20250611-19:00:00"),
        app.createCondition("margin", "<=", 30),
        app.createCondition("execution", contract=stock, conjunction="or"),
        app.createCondition("volume", ">=", 10, stock),
        app.createCondition("percent change", "<=", -50.0, stock),
    ]
    app.placeOrderNow(stock, buy, wait="PreSubmitted")
    return app.getOpenOrders()


def trade(app: Any, stock: Any) -> object:
    bought = app.placeOrderNow(stock, app.createOrder("BUY", 100, "MKT"), wait="Filled")
    app.placeOrderNow(stock, app.createOrder("SELL", 50, "MKT"), wait="Filled")
    return app.getExecutions(), app.getPositions(), app.getCompletedOrders(), app.getBlotter(), app.getOrderLog(bought)


def modified(app: Any, stock: Any) -> object:
    # A whole order, when TWS has shown the first: what ibapi makes of an openOrder, to be sent again, differs by wire.
    placed = app.placeOrderNow(stock, order(app), wait="Submitted")
    return app.modifyOrder(placed, stock, app.createOrder("BUY", 2, "LMT", 100), wait=True)


MORE: dict[str, Call] = {
    "modifyOrder": modified,
    "a trade": trade,
    "an order with conditions": conditional,
    "an option's details": lambda app, _: app.getContractDetails(option(app)),
    "a symbol that there isn't": lambda app, _: app.getContractDetails("NONESUCH"),
    "daily bars": lambda app, stock: app.getData(stock, app.dataSettings("1 Y", "1 day")),
    "ticks, midpoint": lambda app, stock: app.getTicks(stock, "MIDPOINT", numberOfTicks=20),
    "ticks, bid and ask": lambda app, stock: app.getTicks(stock, "BID_ASK", numberOfTicks=20),
    "components": lambda app, stock: app.getSmartComponents(stock),
    "bars of one price": lambda app, _: app.getData(
        app.createContract("EUR", "CASH"), app.dataSettings("1 D", "1 hour", whatToShow="MIDPOINT")
    ),
    "quotes": many("streamQuotes"),
    "bars": lambda app, stock: many("streamBars", app.dataSettings("1 D", "1 min"))(app, stock),
    "bars of five seconds": many("streamRealTimeBars"),
    "ticks": many("streamTicks", "AllLast"),
    "bids": many("streamTicks", "BidAsk"),
    "midpoints": many("streamTicks", "MidPoint"),
    "depth": many("streamDepth"),
    "Greeks": lambda app, _: many("streamGreeks")(app, option(app)),
}


def plain(value: Any) -> Any:
    """What a result says, to be compared."""
    if isinstance(value, pd.DataFrame | pd.Series):
        return value.to_csv()
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if hasattr(value, "__dict__"):
        return {key: plain(each) for key, each in vars(value).items()}
    return repr(value)


def heard_of(message: Any) -> Any:
    """A message, without what a placeOrder has a place for on one wire only."""
    if isinstance(message, m.PlaceOrder):
        return replace(message, order=replace(message.order, clientId=0, permId=0))
    return message


class Lane:
    """A session whose gateway serves this version at the most."""

    def __init__(self, version: int) -> None:
        self.app = ibnb.connect("embedded", version=version)
        assert self.app.serverVersion() == version

    def call(self, name: str) -> tuple[Any, list[Any], list[str]]:
        """What comes of a call, and what tape and journal say of it."""
        app: Any = self.app
        heard, asked = len(app.tape), len(app.gateway.journal)
        result: Any
        try:
            result = plain((CALLS | MORE)[name](app, app.createContract("AAPL")))
        except ibnb.IBError as error:
            result = repr(error)
        app.sleep(0)  # until everything has been heard
        tape = app.tape[["direction", "name", "id", "summary"]].astype(str).iloc[heard:]
        # ibapi itself tells these as a list on the one wire and as a dictionary on the other.
        tape.loc[tape["name"] == "smartComponents", "summary"] = ""
        received = [repr(heard_of(each.message)) for each in app.gateway.journal[asked:]]
        return result, list(tape.itertuples(index=False, name=None)), received


@pytest.fixture(scope="module")
def lanes() -> Iterator[list[Lane]]:
    """Two worlds that are alike; the later calls see what the earlier ones have done."""
    yield [Lane(version) for version in (TEXT, NEWEST)]
    ibnb.reset()


# TWS's settings have no text.
PROTOBUF_ONLY = {"getConfig", "updateConfig"}


@pytest.mark.parametrize("name", [name for name in CALLS | MORE if name not in PROTOBUF_ONLY])
def test_a_call_is_the_same_on_both_wires(lanes: list[Lane], name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = [lane.call(name) for lane in lanes]
    for text, protobuf in zip(*told, strict=True):
        assert text == protobuf
    _, tape, received = told[1]
    assert received
    assert not [row for row in tape if "Proto" in row[1]]
