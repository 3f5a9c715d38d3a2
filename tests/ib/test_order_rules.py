from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import ibnb
from ibnb import IBApp
from ibnb.ib import create
from ibnb.ib.order_rules import check_rules

STOCK = SimpleNamespace(symbol="AAPL", orderTypes="LMT,MKT,STP,STPLMT,TRAIL", minTick=0.01)
BY_LEVEL = [(0.0, 0.0001), (1.0, 0.01), (100.0, 0.05)]


def order(*args: Any, **fields: Any) -> Any:
    return create.createOrder("BUY", 1, *args, **fields)


@pytest.mark.parametrize(
    "good",
    [
        order("MKT"),
        order("LMT", 200.01),
        order("LMT", 0.07),
        order("LMT", 1234567.89),
        order("STP LMT", 200.1, stop_price=200.05),
        order("TRAIL", auxPrice=0.25),
        order("TRAIL", trailingPercent=1.5),
        # Its token isn't documented, so nothing is said about it.
        order("VOL"),
    ],
)
def test_what_an_instrument_takes(good: Any) -> None:
    check_rules(good, STOCK)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (order("LMT", 200.005), r"lmtPrice 200.005 isn't .* of AAPL, whose step is 0.01 there: 200 and 200.01"),
        (order("STP", stop_price=9.999), r"auxPrice 9.999 .* 9.99 and 10 are \(roundToTick\(price, 0.01\) rounds\)"),
        (order("TRAIL", stop_price=9.999, auxPrice=1), "trailStopPrice 9.999"),
        (order("TRAIL", auxPrice=0.001), "auxPrice 0.001 .* 0 and 0.01 are"),
        (order("MIT", stop_price=9), r"AAPL takes no MIT orders\. .* it takes MKT, LMT, STP, STP LMT, TRAIL\.$"),
    ],
)  # fmt: skip
def test_what_it_refuses_and_what_it_would_take(bad: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        check_rules(bad, STOCK)


@pytest.mark.parametrize(
    ("price", "fine"),
    [(0.5555, True), (0.55555, False), (1.0, True), (1.005, False), (99.99, True), (100.01, False), (100.05, True)],
)
def test_the_step_of_a_market_rule_depends_on_the_price(price: float, fine: bool) -> None:
    if fine:
        check_rules(order("LMT", price), STOCK, BY_LEVEL)
    else:
        with pytest.raises(ValueError, match="isn't on the price grid"):
            check_rules(order("LMT", price), STOCK, BY_LEVEL)


def test_details_may_be_a_row_a_frame_of_one_row_or_what_tws_sent() -> None:
    frame = pd.DataFrame([vars(STOCK)])
    sent = SimpleNamespace(contract=SimpleNamespace(symbol="AAPL"), orderTypes="LMT", minTick=0.01)
    for details in (frame, frame.iloc[0], sent):
        with pytest.raises(ValueError, match=r"200.005 isn't on the price grid of AAPL"):
            order("LMT", 200.005, details=details)
        assert order("LMT", 200.01, details=details).lmtPrice == 200.01
    with pytest.raises(ValueError, match="details has 2 rows"):
        order("MKT", details=pd.concat([frame, frame]))
    with pytest.raises(ValueError, match=r"details must be what getContractDetails returns, not 0.01"):
        order("MKT", details=0.01)


def test_a_type_without_a_documented_token_isnt_named_as_taken() -> None:
    with pytest.raises(ValueError, match=r"it takes LMT\.$"):
        check_rules(order("MIT", stop_price=9), SimpleNamespace(symbol="X", orderTypes="LMT,", minTick=0.01))


def test_an_instrument_that_says_nothing_about_types_takes_all() -> None:
    check_rules(order("MOC"), SimpleNamespace(symbol="X", orderTypes="", minTick=0.01))


@pytest.fixture
def app() -> Iterator[IBApp]:
    session = ibnb.connect("embedded")
    yield session
    ibnb.reset()


def test_the_embedded_tws_agrees(app: IBApp) -> None:
    option = app.getOptionChain("AAPL", 1, [200.0], right="C").iloc[0]
    contract = app.createContract("AAPL", "OPT", conId=int(option["conId"]))
    for instrument, good, bad in ((app.createContract("AAPL"), 200.01, 200.005), (contract, 3.05, 3.001)):
        app.checkOrder(instrument, app.createOrder("BUY", 1, "LMT", good))
        wrong = app.createOrder("BUY", 1, "LMT", bad)
        with pytest.raises(ValueError, match="isn't on the price grid"):
            app.checkOrder(instrument, wrong)
        with pytest.raises(ibnb.OrderRejectedError, match="110"):
            app.placeOrderNow(instrument, wrong, wait="Submitted")
    with pytest.raises(ibnb.ContractNotFoundError):
        app.checkOrder(app.createContract("ZZZZZ"), app.createOrder("BUY", 1))
    app.checkOrder(app.createContract("AAPL", "BAG", comboLegs=[1]), app.createOrder("BUY", 1, "LMT", 0.0001))
