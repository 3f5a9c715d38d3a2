"""Options and futures: margin, spreads, exercise, and what their last day makes of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.accounts import Account
from ibnb.gateway.corporate import NOTHING

from ..handlers.asking import AAPL, error, new_york
from ..handlers.trading import CODE, QUIET, Trader

AAPL_ID = 265598
CALL = m.Contract(
    symbol="AAPL", secType="OPT", exchange="SMART", currency="USD",
    lastTradeDateOrContractMonth="20250613", strike=190.0, right="C",
)  # fmt: skip
PUT = replace(CALL, strike=190.0, right="P")
SPX_CALL = replace(CALL, symbol="SPX", strike=5900.0, tradingClass="SPXW")
FUTURE = m.Contract(symbol="ES", secType="FUT", exchange="CME", lastTradeDateOrContractMonth="202506")


@pytest.fixture
def trader() -> Trader:
    return Trader(scenario=replace(QUIET, moves=(), corporate=NOTHING))


def account(trader: Trader) -> Account:
    return trader.world.accounts.all()[0]


def trade(trader: Trader, orderId: int, contract: m.Contract, action: str = "BUY", quantity: int = 2) -> m.Execution:
    """The last execution of a market order, at the price of the whole."""
    trader.place(orderId, action, quantity=quantity, contract=contract)
    execution = [message for message in trader.wait(2) if isinstance(message, m.ExecDetails)][-1].execution
    assert quantity == execution.cumQty
    return replace(execution, price=execution.avgPrice)


def held(trader: Trader, contract: m.Contract) -> Decimal:
    return trader.held(trader.instrument(contract).conId)


# Trading


WORTHLESS = replace(CALL, strike=240.0)


def test_nobody_buys_a_worthless_option(trader: Trader) -> None:  # market 19
    """One is bought at its offer and can't be sold at the market: the order waits for a bid till the session ends."""
    assert 0.01 == trade(trader, 1, WORTHLESS, quantity=9).price
    assert 1.0 == trader.world.accounts.price(trader.instrument(WORTHLESS)) * 100
    preview = trader.place(2, "SELL", quantity=1, contract=WORTHLESS, whatIf=True)[0].orderState
    assert preview.commission == pytest.approx(0.25, abs=0.8)
    trader.place(3, "SELL", quantity=1, contract=WORTHLESS, tif="IOC")
    trader.wait(2)
    assert "Cancelled" == trader.status(3)
    trader.place(4, "SELL", quantity=1, contract=WORTHLESS)
    trader.wait(3600)
    trader.place(5, "SELL", quantity=1, orderType="MTL", contract=WORTHLESS)
    trader.wait(60)
    assert 9 == held(trader, WORTHLESS)
    trader.wait(7 * 3600)
    assert ("Cancelled", "Cancelled") == (trader.status(4), trader.status(5))
    assert 9 == held(trader, WORTHLESS)


def test_to_sell_what_is_worthless_is_no_machine(trader: Trader) -> None:  # market 19
    """Contracts trade at the least price, but whoever offers some stands behind hundreds."""
    instrument, now = trader.instrument(WORTHLESS), trader.world.clock.now()
    trader.place(1, "SELL", quantity=2, contract=WORTHLESS, orderType="LMT", lmtPrice=0.01)
    ahead = trader.quote(WORTHLESS).askSize
    trader.wait(1)
    assert "Submitted" == trader.status(1)
    trader.wait(1800)
    traded = trader.world.market.bars(instrument, "TRADES", 60, now, now + 1800).volume.sum()
    assert 50 < traded < 500 <= ahead
    assert "Submitted" == trader.status(1)


def test_a_spread_with_a_worthless_leg_is_bought_not_sold(trader: Trader) -> None:  # market 19
    """Its bid would be one for the worthless leg, which nobody makes."""
    near, far = (trader.instrument(each).conId for each in (CALL, WORTHLESS))
    legs = tuple(
        m.ComboLeg(conId=conId, ratio=1, action=action, exchange="SMART")
        for conId, action in ((far, "BUY"), (near, "SELL"))
    )
    spread = m.Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD", comboLegs=legs)
    trader.place(1, "SELL", quantity=1, contract=spread)
    trader.place(2, "BUY", quantity=1, contract=spread)
    trader.wait(60)
    assert "Filled" == trader.status(2)
    assert "Filled" != trader.status(1)


def test_an_option_costs_its_premium_a_hundredfold(trader: Trader) -> None:
    cash = account(trader).cash["USD"]
    bought = trade(trader, 1, CALL)
    assert cash - 200 * bought.price - 1.30 == pytest.approx(account(trader).cash["USD"])
    row = trader.world.accounts.figures(account(trader)).base.values["OptionMarketValue"]
    assert 200 * trader.world.accounts.price(trader.instrument(CALL)) == pytest.approx(row)


def test_an_option_order_lives_in_regular_hours_and_dies_with_its_contract(trader: Trader) -> None:
    trader.place(1, quantity=1, orderType="LMT", lmtPrice=0.01, tif="GTC", contract=CALL)
    trader.wait_for(1, "Cancelled", hours=100)
    assert new_york(13, 16) <= trader.world.clock.now() <= new_york(13, 16, 15)


@pytest.mark.parametrize(("contract", "share"), [(CALL, 0.20), (PUT, 0.20), (SPX_CALL, 0.15)])
def test_a_written_option_needs_a_share_of_its_underlying(trader: Trader, contract: m.Contract, share: float) -> None:
    trade(trader, 1, contract, "SELL", 1)
    accounts, instrument = trader.world.accounts, trader.instrument(contract)
    without = account(trader).copy()
    del without.holdings[instrument.conId]
    margin = [accounts.figures(books).securities.initMargin for books in (account(trader), without)]
    under = accounts.price(trader.world.instruments.find(instrument.underConId))
    away = max((instrument.strike - under) * (1 if contract.right == "C" else -1), 0)
    least = 0.10 * (under if contract.right == "C" else instrument.strike)
    needed = 100 * (accounts.price(instrument) + max(share * under - away, least))
    assert needed == pytest.approx(margin[0] - margin[1])


def test_a_vertical_spread_is_one_order(trader: Trader) -> None:
    ids = [trader.instrument(replace(CALL, strike=strike)).conId for strike in (190.0, 200.0)]
    legs = tuple(
        m.ComboLeg(conId=conId, ratio=1, action=action, exchange="SMART")
        for conId, action in zip(ids, ("BUY", "SELL"), strict=True)
    )
    spread = m.Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD", comboLegs=legs)
    cash = account(trader).cash["USD"]
    trader.place(1, quantity=3, contract=spread)
    messages = trader.wait(1)
    whole, long, short = (x.execution for x in messages[:3])
    assert whole.price == pytest.approx(long.price - short.price)
    assert 0 < whole.price < 10
    assert [Decimal(3), Decimal(-3)] == [trader.held(conId) for conId in ids]
    paid = sum(x.commission for x in messages if isinstance(x, m.CommissionReport))
    last = [x.execution for x in messages if isinstance(x, m.ExecDetails) and x.contract.secType == "BAG"][-1]
    assert cash - 300 * last.avgPrice - paid == pytest.approx(account(trader).cash["USD"], abs=0.01)


# Exercise


def ask_to_exercise(trader: Trader, contract: m.Contract = CALL, **fields: Any) -> list[Any]:
    given = {"exerciseAction": 1, "exerciseQuantity": 1, "account": CODE, "override": 0, **fields}
    return trader.ask(m.ExerciseOptions(reqId=50, contract=contract, **given))


def test_exercising_a_call_buys_the_shares_at_the_strike(trader: Trader) -> None:
    trade(trader, 1, CALL)
    cash, shares = account(trader).cash["USD"], trader.held(AAPL_ID)
    trader.ask(m.ReqPositions())
    told_of = [x for x in ask_to_exercise(trader) if isinstance(x, m.Position)]
    assert (1, shares + 100) == (held(trader, CALL), trader.held(AAPL_ID))
    assert cash - 100 * 190 == pytest.approx(account(trader).cash["USD"])
    assert [Decimal(1), shares + 100] == [x.position for x in told_of]


def test_exercising_a_put_sells_them(trader: Trader) -> None:
    deep = replace(PUT, strike=230.0)
    trade(trader, 1, deep)
    ask_to_exercise(trader, deep, exerciseQuantity=2)
    assert (0, -100) == (held(trader, deep), trader.held(AAPL_ID))


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"exerciseQuantity": 3}, 322, "not so many options"),
        ({"exerciseQuantity": 0}, 321, "size value cannot be zero"),
        ({"exerciseAction": 3}, 321, "Invalid exercise action"),
        ({"account": "DU9"}, 321, "Invalid account code"),
        ({"contract": AAPL}, 322, "not an option"),
        ({"contract": replace(CALL, strike=210.0)}, 322, "not in-the-money"),
        ({"contract": replace(CALL, strike=200.0), "exerciseAction": 2}, 322, "no such options"),
        ({"contract": replace(CALL, strike=1.23)}, 200, "No security definition"),
    ],
)
def test_what_cant_be_exercised_is_said(trader: Trader, fields: dict[str, Any], code: int, says: str) -> None:
    trade(trader, 1, CALL)
    trade(trader, 2, replace(CALL, strike=210.0))
    answer = error(ask_to_exercise(trader, **fields))
    assert (code, True) == (answer[0], says in answer[1])


def test_an_override_exercises_at_a_loss(trader: Trader) -> None:
    far = replace(CALL, strike=210.0)
    trade(trader, 1, far)
    assert [] == ask_to_exercise(trader, far, override=1)
    assert (1, 200) == (held(trader, far), trader.held(AAPL_ID))


# The last day


def to_the_end(trader: Trader) -> None:
    trader.world.clock.run_until(new_york(13, 16, 30))


@pytest.mark.parametrize(("quantity", "shares"), [(1, 200), (-1, 0)])
def test_an_option_in_the_money_turns_into_shares(trader: Trader, quantity: int, shares: int) -> None:
    trade(trader, 1, CALL, "BUY" if quantity > 0 else "SELL", 1)
    to_the_end(trader)
    last = trader.world.market.last_price(trader.instrument(AAPL), new_york(13, 16) - 1)
    assert last > 190
    assert (0, shares) == (held(trader, CALL), trader.held(AAPL_ID))


def test_one_out_of_the_money_is_worth_nothing(trader: Trader) -> None:
    far = replace(CALL, strike=230.0)
    trade(trader, 1, far)
    cash = account(trader).cash["USD"]
    to_the_end(trader)
    assert (0, 100, cash) == (held(trader, far), trader.held(AAPL_ID), account(trader).cash["USD"])


def test_one_that_shall_lapse_does(trader: Trader) -> None:
    trade(trader, 1, CALL)
    assert [] == ask_to_exercise(trader, exerciseAction=2)
    to_the_end(trader)
    assert (0, 100) == (held(trader, CALL), trader.held(AAPL_ID))


def test_an_index_option_is_paid_in_cash(trader: Trader) -> None:
    friday = replace(SPX_CALL, lastTradeDateOrContractMonth="20250613", strike=5700.0)
    trade(trader, 1, friday)
    cash = account(trader).cash["USD"]
    to_the_end(trader)
    instrument = trader.instrument(friday)
    index = trader.world.instruments.find(instrument.underConId)
    ended = trader.world.market.calendar.session(instrument.schedule, instrument.expiry)[1]
    last = trader.world.market.last_price(index, ended - 1)
    assert cash + 200 * max(last - 5700, 0) == pytest.approx(account(trader).cash["USD"])
    assert 0 == held(trader, friday)


def test_a_future_pays_its_last_profit_and_is_gone(trader: Trader) -> None:
    bought = trade(trader, 1, FUTURE)
    instrument = trader.instrument(FUTURE)
    cash = account(trader).cash["USD"]
    ended = trader.world.market.calendar.session(instrument.schedule, instrument.expiry)[1]
    trader.world.clock.run_until(ended + 1)
    last = trader.world.market.last_price(instrument, ended - 1)
    assert cash + 100 * (last - bought.price) == pytest.approx(account(trader).cash["USD"])
    assert 0 == held(trader, FUTURE)


def test_a_contract_bought_again_ends_once(trader: Trader) -> None:
    trade(trader, 1, CALL)
    trade(trader, 2, CALL, "SELL")
    trade(trader, 3, CALL)
    to_the_end(trader)
    assert (0, 300) == (held(trader, CALL), trader.held(AAPL_ID))


def test_crypto_is_paid_in_full(trader: Trader) -> None:
    bitcoin = m.Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD")
    assert 10289 == error(trader.place(1, quantity=1, contract=bitcoin))[0]
    before = trader.world.accounts.figures(account(trader)).total.initMargin
    placed = trader.place(2, quantity=0, cashQty=10_000.0, tif="IOC", contract=bitcoin)
    assert 10_000 / trader.quote(bitcoin).ask == pytest.approx(float(placed[0].order.totalQuantity), rel=1e-6)
    trader.wait(1)
    assert "Filled" == trader.status(2)
    assert 10_000 == pytest.approx(trader.world.accounts.figures(account(trader)).total.initMargin - before, rel=0.01)
