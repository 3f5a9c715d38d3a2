from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.scenario import LESSON, OrderRules

from ..handlers.asking import AAPL, EURUSD, SPX, error
from ..handlers.trading import QUIET, Trader, told

ES = m.Contract(symbol="ES", secType="FUT", exchange="CME", lastTradeDateOrContractMonth="202506")


@pytest.fixture
def trader() -> Trader:
    return Trader()


# What-if and margin


def test_a_what_if_answers_with_margin_and_commission_and_leaves_nothing(trader: Trader) -> None:
    (answer,) = trader.place(1, quantity=100, whatIf=True)
    state, value = answer.orderState, 100 * trader.quote().ask
    assert ("PreSubmitted", 1.0, "USD") == (state.status, state.commission, state.commissionCurrency)
    assert value * 0.25 == pytest.approx(state.initMarginChange, rel=1e-3)
    assert value * 0.25 == pytest.approx(state.maintMarginChange, rel=1e-3)
    assert state.initMarginBefore + state.initMarginChange == pytest.approx(state.initMarginAfter)
    assert state.equityWithLoanBefore + state.equityWithLoanChange == pytest.approx(state.equityWithLoanAfter)
    assert [] == trader.wait(10)
    assert 1 == trader.world.orders.next_valid_id(1)


def test_a_what_if_is_transmitted(trader: Trader) -> None:
    code, text = error(trader.place(1, whatIf=True, transmit=False))
    assert 321 == code
    assert text.endswith("What-if order should have the transmit flag set to true.")


def test_an_order_beyond_the_margin_is_rejected_in_ibs_words(trader: Trader) -> None:
    messages = trader.place(1, quantity=100_000)
    assert ["error 1 201", "openOrder 1 Inactive", "orderStatus 1 Inactive"] == told(messages)
    text = messages[0].message
    assert text.startswith(
        "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH "
        "LOAN VALUE ["
    )
    assert "USD] MUST EXCEED THE INITIAL MARGIN [" in text
    assert [] == trader.wait(10)
    assert [m.OpenOrderEnd()] == trader.ask(m.ReqOpenOrders())


def test_buying_power_is_what_can_be_bought(trader: Trader) -> None:
    accounts = trader.world.accounts
    power = accounts.figures(accounts.all()[0]).buyingPower
    most = int(power / trader.quote().ask)
    assert "openOrder 1 PreSubmitted" == told(trader.place(1, quantity=int(most * 0.995)))[0]
    trader.cancel(1)
    trader.wait(0.14)
    assert "error 2 201" == told(trader.place(2, quantity=int(most * 1.005)))[0]


def test_selling_what_is_held_is_never_beyond_the_margin() -> None:
    poor = replace(LESSON.accounts[0], cash={"USD": -920_000.0})
    trader = Trader(scenario=replace(QUIET, accounts=(poor,)))
    assert "openOrder 1 PreSubmitted" == told(trader.place(1, "SELL", quantity=100))[0]
    assert "error 2 201" == told(trader.place(2, "BUY", quantity=100))[0]


# What doesn't make sense


@pytest.mark.parametrize(
    ("order", "code", "says"),
    [
        ({"action": "HOLD"}, 321, "Invalid order side was entered"),
        ({"action": ""}, 321, "Invalid order side was entered"),
        ({"orderType": "XYZ"}, 321, "Invalid order type was entered"),
        ({"orderType": ""}, 321, "Invalid order type was entered"),
        ({"quantity": 0}, 321, "The size value cannot be zero"),
        ({"quantity": -5}, 321, "The size value cannot be negative"),
        ({"orderType": "LMT"}, 321, "limit price is missing"),
        ({"orderType": "STP"}, 321, "stop price is missing"),
        ({"orderType": "STP LMT", "lmtPrice": 100.0}, 321, "stop price is missing"),
        ({"orderType": "LMT", "lmtPrice": 100.005}, 110, "minimum price variation"),
        ({"orderType": "STP", "auxPrice": 100.005}, 110, "minimum price variation"),
        ({"tif": "FOREVER"}, 10052, "Invalid time in force:FOREVER"),
        ({"account": "DU999"}, 321, "Invalid account code"),
        ({"triggerMethod": 5}, 146, "Invalid trigger method"),
        ({"quantity": 0.5}, 10243, "Fractional-sized order cannot be placed via API"),
        ({"contract": m.Contract(symbol="AAPL", secType="STK", currency="USD")}, 321, "Please enter exchange"),
        ({"contract": m.Contract(symbol="AAPL", exchange="SMART")}, 321, "Please enter a valid security type"),
        ({"contract": replace(AAPL, symbol="NOSUCH")}, 200, "No security definition"),
        ({"contract": replace(AAPL, exchange="NOWHERE")}, 200, "The destination or exchange selected is Invalid."),
        ({"contract": m.Contract(symbol="ES", secType="FUT", exchange="CME")}, 200, "is ambiguous"),
        ({"contract": SPX}, 412, "not available for trading"),
        ({"orderType": "PEG BEST"}, 321, "order type PEG BEST is not simulated"),
        ({"tif": "DTC"}, 321, "time in force DTC is not simulated"),
        ({"algoStrategy": "Adaptive"}, 321, "an algo order is not simulated"),
        # foreign_clients 15: IB's MarketFHedge has no size of its own.
        ({"hedgeType": "F", "quantity": 0}, 321, "a hedge order is not simulated"),
        ({"adjustedOrderType": "STP", "triggerPrice": 1.0, "adjustedStopPrice": 1.0}, 321, "Invalid order type"),
        ({"orderType": "STP", "auxPrice": 1.0, "adjustedOrderType": "STP"}, 321, "The triggerPrice is missing"),
        ({"orderType": "TRAIL"}, 158, "You must specify an offset amount or a percent offset value."),
        ({"orderType": "TRAIL", "trailingPercent": 101.0}, 159, "between 0% and 100%"),
        ({"orderType": "TRAIL", "auxPrice": -1.0}, 403, "Invalid stop price."),
        ({"orderType": "TRAIL LIMIT", "auxPrice": 1.0}, 321, "The limit price or its offset is missing"),
        ({"orderType": "TRAIL", "auxPrice": 0.005}, 110, "minimum price variation"),
        ({"orderType": "MOC", "tif": "GTC"}, 113, "should be set to DAY for MOC and LOC"),
        ({"orderType": "STP", "auxPrice": 1.0, "tif": "OPG"}, 111, "are incompatible"),
        ({"orderType": "MIDPRICE", "contract": EURUSD}, 387, "Unsupported order type"),
        ({"orderType": "MKT PRT"}, 387, "Unsupported order type"),
        ({"tif": "OPG", "contract": EURUSD}, 111, "are incompatible"),
        ({"tif": "Minutes"}, 10052, "Invalid time in force:Minutes"),
        ({"tif": "GTD"}, 391, "End Time: The date, time, or time-zone entered is invalid"),
        ({"goodTillDate": "20250612 16:00:00 US/Eastern"}, 321, "A good till date goes with time in force GTD"),
        ({"tif": "GTD", "goodTillDate": "tomorrow"}, 10314, "Good Till Date: The date, time, or time-zone"),
        ({"tif": "GTD", "goodTillDate": "20250611 09:00:00 US/Eastern"}, 321, "The good till date is past"),
        ({"goodAfterTime": "noon"}, 10314, "Good After Time: The date, time, or time-zone"),
        ({"action": "SSHORT", "contract": EURUSD}, 321, "Invalid order side was entered"),
        ({"cashQty": 1000.0, "contract": ES}, 10244, "Cash Quantity cannot be used for this order"),
        ({"cashQty": 1.0}, 321, "The size value cannot be zero"),
        ({"conditions": (m.OrderCondition(type=2),)}, 321, "Invalid condition type 2"),
        ({"conditions": (m.OrderCondition(type=1, conId=265598, price=1.0, triggerMethod=5),)}, 146, "Invalid trigger"),
        ({"conditions": (m.OrderCondition(type=1, conId=1, price=1.0),)}, 147, "contract info is incomplete"),
        ({"conditions": (m.OrderCondition(type=1, conId=265598),)}, 321, "The price of a price condition is missing"),
        ({"conditions": (m.OrderCondition(type=6, conId=12087792),)}, 398, "cannot be used as a condition trigger"),
        ({"conditions": (m.OrderCondition(type=3, time="soon"),)}, 10314, "Condition time: The date, time"),
        (
            {"orderType": "STP", "auxPrice": 1.0, "conditions": (m.OrderCondition(type=4, percent=1),)},
            148,
            "Conditional submission of orders is supported for Limit, Market",
        ),
        ({"conditions": (m.OrderCondition(type=4),), "conditionsCancelOrder": True}, 148, "Conditional cancelation"),
        ({"contract": m.Contract(symbol="AAPL", secType="BAG", exchange="SMART")}, 478, "legs"),
    ],
)
def test_a_wrong_order_is_refused_with_its_own_id(trader: Trader, order: dict[str, Any], code: int, says: str) -> None:
    answers = trader.place(3, **order)
    assert (3, code) == (answers[0].id, error(answers)[0])
    assert says in answers[0].message
    assert [] == trader.wait(10)


def test_a_refused_id_is_used_up(trader: Trader) -> None:
    trader.place(3, orderType="XYZ")
    assert 4 == trader.world.orders.next_valid_id(1)
    assert (103, "Duplicate order id") == error(trader.place(3))
    assert (103, "Duplicate order id") == error(trader.place(2))


def test_outdated_attributes_are_taken_unless_the_scenario_is_strict(trader: Trader) -> None:
    assert "openOrder 1 PreSubmitted" == told(trader.place(1, eTradeOnly=True, firmQuoteOnly=True))[0]
    strict = Trader(scenario=replace(QUIET, orders=OrderRules(tif_notice=False, reject_outdated=True)))
    assert (10268, "The 'EtradeOnly' order attribute is not supported.") == error(strict.place(1, eTradeOnly=True))
    assert 10269 == error(strict.place(2, firmQuoteOnly=True))[0]


def test_a_tiered_accounts_what_if_gives_the_least_and_the_most_commission() -> None:
    """ib_insync#380, foreign_clients 12: commission is unset, minCommission and maxCommission are not."""
    tiered = replace(LESSON.accounts[0], pricing="tiered")
    trader = Trader(scenario=replace(QUIET, accounts=(tiered,)))
    (answer,) = trader.place(1, quantity=1000, whatIf=True)
    state = answer.orderState
    # 0.0035 a share, 0.0002 for clearing; 0.0030 for taking liquidity, or 0.0020 back for adding it.
    assert (None, 1.7, 6.7, "USD") == (
        state.commission,
        state.minCommission,
        state.maxCommission,
        state.commissionCurrency,
    )
    trader.place(2, quantity=1000)
    trader.wait(10)
    paid = sum(answer.commission for answer in trader.said if isinstance(answer, m.CommissionReport))
    assert 6.7 == pytest.approx(paid)


def test_under_fixed_pricing_the_commission_is_known(trader: Trader) -> None:
    (answer,) = trader.place(1, quantity=1000, whatIf=True)
    state = answer.orderState
    assert (5.0, None, None) == (state.commission, state.minCommission, state.maxCommission)
