"""Selling what isn't held: at once where shares can be borrowed, after a search where they are rare."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.handlers import market_data as _market_data  # noqa: F401  registers its handlers

from ..handlers.asking import AAPL, new_york
from ..handlers.trading import Trader, told

NIO = replace(AAPL, symbol="NIO")


@pytest.fixture
def trader() -> Trader:
    return Trader()


@pytest.mark.parametrize("action", ["SELL", "SSHORT"])
def test_most_shares_are_sold_short_at_once(trader: Trader, action: str) -> None:
    trader.place(1, action, quantity=150)
    trader.wait_for(1, "Filled")
    assert Decimal(-50) == trader.held(265598)


def test_rare_shares_are_looked_for_first(trader: Trader) -> None:
    assert [
        "openOrder 1 PreSubmitted",
        "orderStatus 1 PreSubmitted (locate)",
        "error 1 404",
    ] == told(trader.place(1, "SELL", contract=NIO))
    assert [] == trader.wait(29)
    assert [
        "openOrder 1 PreSubmitted",
        "orderStatus 1 PreSubmitted",
        "execDetails -1 1 SLD 10",
        "openOrder 1 Filled",
        "orderStatus 1 Filled",
    ] == told(trader.wait(2))[:5]
    assert new_york(11, 10, 0, 30) + 0.15 == pytest.approx(trader.world.orders.engine.fills[0].details.execution.time)


def test_what_is_held_is_sold_without_a_search(trader: Trader) -> None:
    trader.place(1, contract=NIO)
    trader.wait(1)
    assert "orderStatus 2 PreSubmitted" == told(trader.place(2, "SELL", contract=NIO))[1]


def test_an_order_may_be_cancelled_while_shares_are_looked_for(trader: Trader) -> None:
    trader.place(1, "SELL", contract=NIO)
    trader.cancel(1)
    assert ["openOrder 1 Cancelled", "orderStatus 1 Cancelled", "error 1 202"] == told(trader.wait(60))


def test_a_short_position_needs_margin_and_pays_into_cash(trader: Trader) -> None:
    accounts = trader.world.accounts
    (account,) = accounts.all()
    tesla = replace(AAPL, symbol="TSLA")
    before, cash = accounts.figures(account).total, account.cash["USD"]
    trader.place(1, "SELL", quantity=100, contract=tesla)
    trader.wait(1)
    after, price = accounts.figures(account).total, trader.quote(tesla).last
    assert cash + 100 * price == pytest.approx(account.cash["USD"], rel=1e-3)
    assert 0.30 * 100 * price == pytest.approx(after.initMargin - before.initMargin, rel=0.05)
    assert 0.30 * 100 * price == pytest.approx(after.maintMargin - before.maintMargin, rel=0.05)


def test_a_stream_says_which_shares_are_rare(trader: Trader) -> None:
    for reqId, contract, level in ((1, AAPL, 3.0), (2, NIO, 2.0)):
        request = m.ReqMktData(
            reqId=reqId, contract=contract, genericTickList="236", snapshot=False, regulatorySnapshot=False
        )
        answers = trader.ask(request) + trader.wait(1)
        assert [level] == [x.value for x in answers if isinstance(x, m.TickGeneric) and x.tickType == 46]
