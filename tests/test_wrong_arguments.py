"""Plain wrong arguments are ValueError before anything is sent, in words that say what is legal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from inside import core
from scripted import ScriptedTWS

import ibnb
from ibnb import IBApp, NotConnectedError
from ibnb.ib import create, values

Use = Callable[[IBApp], Any]


def bars(settings: Any) -> Use:
    return lambda app: app.getData(app.createContract("AAPL"), settings)


def one(app: IBApp) -> Any:
    return app.createOrder("BUY", 1)


def having(**fields: Any) -> Any:
    """A contract whose fields were set by hand."""
    contract = ibnb.createContract("AAPL")
    for name, value in fields.items():
        setattr(contract, name, value)
    return contract


WRONG: dict[str, tuple[Use, str]] = {
    "settings that are text": (bars("1 D"), r"getData: the settings are '1 D', which isn't a dict; app.dataSettings"),
    "settings that lack something": (bars({"durationStr": "1 D"}), "getData: the settings lack barSizeSetting"),
    "settings with another name": (
        bars({"durationStr": "1 D", "barSize": "1 hour"}),
        "getData: settings have no 'barSize'. Did you mean 'barSizeSetting'",
    ),
    "a stream's settings": (
        lambda app: app.streamBars(app.createContract("AAPL"), {}),  # type: ignore[typeddict-item]
        "streamBars: the settings lack durationStr",
    ),
    "many contracts' settings": (
        lambda app: app.getDataMany([app.createContract("AAPL")], 5),  # type: ignore[arg-type]
        "getDataMany: the settings are 5",
    ),
    "a timeout in words": (lambda app: app.getCurrentTime(timeout="5 s"), "getCurrentTime: timeout '5 s' is not legal"),  # type: ignore[arg-type]
    "a timeout below 0": (lambda app: app.getPositions(timeout=-1), "getPositions: timeout -1 is not legal: seconds"),
    "a timeout that is no number": (
        lambda app: app.getAccountSummary(timeout=float("nan")),
        "timeout nan is not legal",
    ),
    "a tag that IB doesn't know": (
        lambda app: app.getAccountSummary("NetLiq,SMA"),
        "tags 'NetLiq' is not legal. Did you mean 'NetLiquidation'",
    ),
    "an order id in words": (lambda app: app.cancelOrderById("1"), "order id '1' must be a whole number"),  # type: ignore[arg-type]
    "limits that are a number": (lambda app: app.limitOrders(5), "5 isn't limits; ibnb.OrderLimits"),  # type: ignore[arg-type]
    "a code in words": (lambda app: app.explain("200"), "code '200' must be a number"),  # type: ignore[arg-type]
    "a symbol that is a number": (lambda app: app.createContract(5), "symbol must be text .* IB's number is conId=5"),  # type: ignore[arg-type]
    "a contract about nothing": (lambda app: app.createContract(""), "symbol is empty; say which instrument by one of"),
    "a conId in words": (lambda app: app.getContractDetails(having(conId="265598")), "conId is '265598'; it must be a"),
    "a conId of a table with gaps": (
        lambda app: app.getContractDetails(having(conId=265598.0)),
        "must be a whole number",
    ),
    "a strike in words": (
        lambda app: app.placeOrderNow(having(strike="200"), one(app)),
        "placeOrderNow: the contract's strike is '200'; it must be a number",
    ),
    "an expiry that is a number": (
        lambda app: app.getData(having(lastTradeDateOrContractMonth=20251219), app.dataSettings("1 D", "1 hour")),
        "lastTradeDateOrContractMonth is 20251219; it must be text, such as '20251219'",
    ),
    "a currency that is a number": (lambda app: app.placeOrder(1, having(currency=840), one(app)), "currency is 840"),
    "a bracket's parts for the bracket": (
        lambda app: app.placeBracket("AAPL", "BUY"),  # type: ignore[arg-type]
        r"placeBracket: 'BUY' isn't a bracket; app.createBracket\('BUY', 10, 100, 110, 95\) makes one",
    ),
    "one order for a bracket": (lambda app: app.placeBracket("AAPL", one(app)), "placeBracket: .* isn't a bracket"),  # type: ignore[arg-type]
    "nothing for a bracket": (lambda app: app.placeBracket("AAPL", None), "placeBracket: None isn't a bracket"),  # type: ignore[arg-type]
    "contracts for a bracket": (lambda app: app.placeBracket("AAPL", ["AAPL", "NVDA"]), "isn't a bracket"),  # type: ignore[arg-type]
    "a bracket before its contract": (
        lambda app: app.placeBracket(app.createBracket("BUY", 10, 100, 110, 95), "AAPL"),  # type: ignore[arg-type]
        "placeBracket: the contract comes first, then the bracket",
    ),
    "an order before its contract": (lambda app: app.placeOrderNow(one(app), "AAPL"), "the contract comes first"),  # type: ignore[arg-type]
    "a preview's order before its symbol": (lambda app: app.previewOrder(one(app), "AAPL"), "the contract comes first"),  # type: ignore[arg-type]
    "an order in words": (
        lambda app: app.placeOrderNow("AAPL", "BUY", 1),  # type: ignore[arg-type]
        "placeOrderNow: 'BUY' isn't an order; app.createOrder",
    ),
    "an id before a contract": (
        lambda app: app.placeOrderNow(1, app.createContract("AAPL"), one(app)),  # type: ignore[arg-type]
        "placeOrderNow: 1 isn't a contract",
    ),
    "a status that is a number": (
        lambda app: app.placeOrderNow("AAPL", one(app), wait=1),  # type: ignore[arg-type]
        "a status is text such as 'Filled', or several in a list, not 1",
    ),
    "waiting for the wrong way round": (
        lambda app: app.waitOrder("Filled", 1),  # type: ignore[arg-type]
        "a status is text such as 'Filled'",
    ),
    "options to exercise in words": (
        lambda app: app.exerciseOption(app.createContract("AAPL", "OPT"), "2"),  # type: ignore[arg-type]
        "exerciseQuantity '2' is not legal: a whole number, 1 or more",
    ),
    "orders that aren't pairs": (lambda app: app.placeOrders([one(app)]), r"\[\(contract, order\), …\]; .* isn't such"),  # type: ignore[list-item]
    "an order for a list of pairs": (lambda app: app.placeOrders(one(app)), "placeOrders: a list of pairs is wanted"),  # type: ignore[arg-type]
    "a symbol for a list of pairs": (lambda app: app.placeOrders("AAPL"), "placeOrders: a list of pairs is wanted"),  # type: ignore[arg-type]
    "three in a pair": (lambda app: app.placeOrders([("AAPL", "BUY", 1)]), "isn't such a pair"),  # type: ignore[list-item]
    "two symbols for a quote": (
        lambda app: app.getQuote("AAPL", "MSFT"),  # type: ignore[arg-type]
        r"getQuote: snapshot is True or False, not 'MSFT'; several contracts are a list",
    ),
    "two symbols for quotes": (
        lambda app: app.getQuotes("AAPL", "MSFT"),  # type: ignore[arg-type]
        "getQuotes: snapshot is True or False, not 'MSFT'",
    ),
    "tags that are a number": (lambda app: app.getAccountSummary(5), "tags is a list, or text with commas"),  # type: ignore[arg-type]
    "a sleep that is an order": (lambda app: app.sleep(one(app)), "isn't a duration"),  # type: ignore[arg-type]
    "a port in words": (lambda app: ibnb.connect(port="x"), "port must be a number such as 7497, not 'x'"),  # type: ignore[arg-type]
}


@pytest.fixture
def tws() -> ScriptedTWS:
    return ScriptedTWS()


@pytest.mark.parametrize("what", WRONG)
def test_it_is_said_what_is_wrong(tws: ScriptedTWS, what: str) -> None:
    for request in ("reqHistoricalData", "reqCurrentTime", "reqPositions", "reqAccountSummary", "cancelOrder"):
        tws.on(request)
    use, text = WRONG[what]
    with pytest.raises(ValueError, match=text):
        use(tws.app)
    assert [] == tws.asked
    assert 0 == len(core(tws.app).pending)


@pytest.mark.parametrize("wrong", [True, np.True_, 27.0, np.float64(27), float("nan"), "27", None, [27]], ids=repr)
def test_an_order_id_is_a_whole_number(tws: ScriptedTWS, wrong: Any) -> None:
    """True was order 1, and 27.0 order 27: found, and then waited for in vain, or refused by protobuf."""
    app = tws.app
    tws.on("reqOpenOrders", ("openOrderEnd",))
    app.placeOrder(27, app.createContract("AAPL"), one(app))
    app.placeOrder(1, app.createContract("AAPL"), one(app))
    for verb, rest in {
        "waitOrder": ("Submitted",),
        "getOrderLog": (),
        "modifyOrder": (),
        "cancelOrderById": (),
        "cancelOrder": (),
        "placeOrder": (app.createContract("AAPL"), one(app)),
    }.items():
        with pytest.raises(ValueError, match=f"{verb}: order id .* must be a whole number"):
            getattr(app, verb)(wrong, *rest)
    assert 2 == len(app.getBlotter())
    assert [] == tws.asked
    with pytest.raises(NotConnectedError):
        IBApp().placeOrder(None, app.createContract("AAPL"), one(app))  # type: ignore[arg-type]
    assert 2 == len(app.getOrderLog(np.int64(27))) + len(app.getOrderLog(1))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        {"conId": 265598},
        {"sec_type": "FUT", "localSymbol": "ESU5"},
        {"sec_type": "BOND", "secIdType": "CUSIP", "secId": "912828ZQ6"},
    ],
)
def test_an_instrument_may_be_known_by_something_else_than_its_symbol(fields: dict[str, Any]) -> None:
    assert create.createContract("", **fields).symbol == ""


def test_settings_from_a_dict_of_your_own_are_checked_and_completed() -> None:
    mine = {"durationStr": "1 d", "barSizeSetting": "1 Hour"}
    assert create.dataSettings("1 D", "1 hour") == create.check_settings(mine, "getData")


@pytest.mark.parametrize(("given", "seconds"), [(0, 0.0), (5, 5.0), (np.int64(5), 5.0), (np.float32(0.5), 0.5)])
def test_any_number_of_seconds_is_a_timeout(given: Any, seconds: float) -> None:
    assert seconds == values.check_timeout(given, "getData")


@pytest.mark.parametrize(
    ("use", "said", "example"),
    [
        (
            lambda app: app.placeBracket("AAPL", "BUY", 1, 200, 210, 190),
            "placeBracket(contract, bracket)",
            'app.placeBracket(app.createContract("NVDA"), app.createBracket("BUY", 10, 100, 110, 95))',
        ),
        (lambda app: app.getQuote(), "getQuote(contract, snapshot, timeout)", "app.getQuote(app.createContract("),
        (lambda app: app.placeOrderNow("AAPL"), "placeOrderNow(contract, order, wait, timeout)", "app.createOrder("),
        (lambda app: app.createBracket("BUY", 10, 100), "createBracket(action, quantity, limit_price", ""),
        (lambda app: app.getHistory("AAPL"), "getHistory(contracts, start", "getHistory("),
        (lambda app: app.getData("AAPL", now=1), "getData(contract, settings", "app.getData("),
    ],
)  # fmt: skip
def test_too_many_or_too_few_arguments_are_answered_with_how_it_is_called(
    tws: ScriptedTWS, use: Use, said: str, example: str
) -> None:
    """Issue 11: `placeBracket("AAPL", "BUY", …)` was "takes 3 positional arguments but 7 were given", and no more."""
    with pytest.raises(TypeError) as wrong:
        use(tws.app)
    first, second = str(wrong.value).splitlines()
    assert "positional argument" in first or "unexpected keyword" in first
    assert said in second
    assert example in second
