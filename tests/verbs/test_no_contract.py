"""What isn't a contract (or an order) is refused in words, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from inside import core
from scripted import ScriptedTWS

from ibnb import IBApp
from ibnb.ib import values
from ibnb.ib.instruments import as_contracts

Use = Callable[[IBApp, Any], Any]


def entered(make: Use) -> Use:
    """Enter the stream that a verb makes."""
    return lambda app, it: make(app, it).__enter__()


VERBS: dict[str, Use] = {
    "getContractDetails": lambda app, it: app.getContractDetails(it),
    "getData": lambda app, it: app.getData(it, app.dataSettings("1 D", "1 hour")),
    "getDataMany": lambda app, it: app.getDataMany([it], app.dataSettings("1 D", "1 hour")),
    "getHeadTimestamp": lambda app, it: app.getHeadTimestamp(it),
    "getHistogram": lambda app, it: app.getHistogram(it),
    "getSchedule": lambda app, it: app.getSchedule(it),
    "getTicks": lambda app, it: app.getTicks(it),
    "getQuote": lambda app, it: app.getQuote(it),
    "getQuotes": lambda app, it: app.getQuotes([it]),
    "getNews": lambda app, it: app.getNews(it, "BRFG"),
    "getPnLSingle": lambda app, it: app.getPnLSingle(it),
    "calculateIV": lambda app, it: app.calculateIV(it, 2.0, 200.0),
    "calculatePrice": lambda app, it: app.calculatePrice(it, 0.2, 200.0),
    "exerciseOption": lambda app, it: app.exerciseOption(it),
    "previewOrder": lambda app, it: app.previewOrder(it, app.createOrder("BUY", 1)),
    "placeOrderNow": lambda app, it: app.placeOrderNow(it, app.createOrder("BUY", 1)),
    "placeBracket": lambda app, it: app.placeBracket(it, app.createBracket("BUY", 1, 100, 110, 95)),
    "placeOrder": lambda app, it: app.placeOrder(1, it, app.createOrder("BUY", 1)),
    "streamBars": entered(lambda app, it: app.streamBars(it, app.dataSettings("1 D", "1 hour", keepUpToDate=True))),
    "streamDepth": entered(lambda app, it: app.streamDepth(it)),
    "streamQuotes": entered(lambda app, it: app.streamQuotes([it])),
    "streamRealTimeBars": entered(lambda app, it: app.streamRealTimeBars(it)),
    "streamTicks": entered(lambda app, it: app.streamTicks(it)),
}
DETAILS = SimpleNamespace(contract=SimpleNamespace(secType="STK", conId=0))


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        (5.5, r"5\.5 isn't a contract; app.createContract\('AAPL'\) makes one"),
        (None, r"None isn't a contract; app.createContract\('AAPL'\) makes one"),
        (DETAILS, r"isn't a contract; but its .contract is one"),
    ],
)
@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_says_what_it_wants_instead(tws: ScriptedTWS, verb: str, wrong: Any, advice: str) -> None:
    for request in ("reqContractDetails", "reqHistoricalData", "reqMktData", "placeOrder"):
        tws.on(request)
    if verb == "placeOrder":
        del tws.app.placeOrder  # the scripted one doesn't look
    before = tws.app.nextOrderId
    with pytest.raises(ValueError, match=f"^{verb}: .*{advice}"):
        VERBS[verb](tws.app, wrong)
    assert [] == tws.asked
    assert before == tws.app.nextOrderId
    assert 0 == len(core(tws.app).pending)


@pytest.mark.parametrize("verb", ["placeOrderNow", "previewOrder"])
def test_a_contract_and_an_order_the_other_way_round(tws: ScriptedTWS, verb: str) -> None:
    contract, order = tws.app.createContract("AAPL"), tws.app.createOrder("BUY", 1)
    with pytest.raises(ValueError, match=f"{verb}: the contract comes first, then the order"):
        getattr(tws.app, verb)(order, contract)
    with pytest.raises(ValueError, match=rf"{verb}: 100 isn't an order; app.createOrder\('BUY', 100\) makes one"):
        getattr(tws.app, verb)(contract, 100)


def test_of_many_each_is_looked_at(tws: ScriptedTWS) -> None:
    with pytest.raises(ValueError, match="getHistory: 5 isn't a contract"):
        tws.app.getHistory([5], "2025-06-02")
    with pytest.raises(ValueError, match="getDataMany: 7 isn't a contract"):
        tws.app.getDataMany({"a": 7}, tws.app.dataSettings("1 D", "1 hour"))


def test_one_contract_is_as_good_as_a_list_of_one(tws: ScriptedTWS) -> None:
    contract = tws.app.createContract("AAPL")
    assert [contract] == as_contracts(contract, "getQuotes") == as_contracts((contract,), "getQuotes")
    tws.on("reqMktData", ("tickPrice", "$id", 4, 205.5, None), ("tickSnapshotEnd", "$id"))
    assert ["AAPL"] == tws.app.getQuotes(contract, snapshot=True).index.tolist()


def test_long_things_are_cut_in_the_text() -> None:
    with pytest.raises(ValueError, match=r"^getData: \['x{55}\.\.\. isn't a contract"):
        values.check_contract(["x" * 100], "getData")
