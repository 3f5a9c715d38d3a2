from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.corporate import NOTHING
from ibnb.gateway.scenario import LESSON

from .asking import AAPL, EURUSD, error
from .trading import CODE, QUIET, Trader, trading_world

AAPL_ID = 265598
TSLA = replace(AAPL, symbol="TSLA")
SECOND = replace(LESSON.accounts[0], code="DU2222222", cash={"USD": 100_000.0}, positions=())
TWO = replace(QUIET, accounts=(*LESSON.accounts, SECOND))


@pytest.fixture
def trader() -> Trader:
    return Trader()


def kinds(messages: list[Any]) -> list[str]:
    return [type(message).__name__ for message in messages]


def of(kind: type, messages: list[Any]) -> list[Any]:
    return [message for message in messages if isinstance(message, kind)]


def buy(trader: Trader, orderId: int = 1, **fields: Any) -> list[Any]:
    """Buy ten shares of AAPL; what was said from the fill on."""
    trader.place(orderId, **fields)
    return trader.wait(0.2)


# Account summary


def summary(trader: Trader, reqId: int = 1, groupName: str = "All", tags: str = "NetLiquidation") -> list[Any]:
    return trader.ask(m.ReqAccountSummary(reqId=reqId, groupName=groupName, tags=tags))


def test_a_summary_is_by_tag_and_ends(trader: Trader) -> None:
    *rows, end = summary(trader, 4, tags="NetLiquidation,AccountType,TotalCashValue")
    assert m.AccountSummaryEnd(reqId=4) == end
    assert [("AccountType", ""), ("NetLiquidation", "USD"), ("TotalCashValue", "USD")] == [
        (row.tag, row.currency) for row in rows
    ]
    assert {(4, CODE)} == {(row.reqId, row.account) for row in rows}
    assert float(rows[1].value) > 1_000_000


def test_a_summary_covers_every_account() -> None:
    rows = of(m.AccountSummary, summary(Trader(trading_world(TWO)), tags="TotalCashValue"))
    assert [CODE, "DU2222222"] == [row.account for row in rows]
    assert "100000.00" == rows[1].value


def test_it_is_refreshed_every_three_minutes_with_what_has_changed(trader: Trader) -> None:
    summary(trader, tags="AccountType,NetLiquidation")
    assert [] == trader.wait(179)
    assert ["NetLiquidation"] == [row.tag for row in trader.wait(1)]


def test_it_is_refreshed_by_a_fill(trader: Trader) -> None:
    summary(trader, tags="TotalCashValue,AccountType")
    messages = buy(trader)
    assert ["TotalCashValue"] == [row.tag for row in of(m.AccountSummary, messages)]
    assert "AccountSummary" == kinds(messages)[-1]


def test_the_third_summary_is_too_many_and_the_same_id_replaces(trader: Trader) -> None:
    summary(trader, 1)
    summary(trader, 2)
    assert "AccountSummaryEnd" == kinds(summary(trader, 2))[-1]
    code, text = error(summary(trader, 3))
    assert 322 == code
    assert "Maximum number of account summary requests exceeded" in text
    assert [] == trader.ask(m.CancelAccountSummary(reqId=1))
    assert "AccountSummaryEnd" == kinds(summary(trader, 3))[-1]


@pytest.mark.parametrize(
    ("groupName", "tags", "says"),
    [("", "NetLiquidation", "Group name cannot be null"), ("All", "", "Tags cannot be null"), ("Mine", "x", "invalid")],
)
def test_a_summary_of_nothing_is_refused(trader: Trader, groupName: str, tags: str, says: str) -> None:
    code, text = error(summary(trader, 1, groupName, tags))
    assert (321, True) == (code, says in text)


def test_a_cancelled_summary_is_silent(trader: Trader) -> None:
    summary(trader)
    trader.ask(m.CancelAccountSummary(reqId=1))
    assert {"ExecDetails", "OpenOrder", "OrderStatus", "CommissionReport"} == set(kinds(buy(trader)))
    assert [] == trader.wait(400)


# Account updates


def subscribe(trader: Trader, acctCode: str = "") -> list[Any]:
    return trader.ask(m.ReqAccountUpdates(subscribe=True, acctCode=acctCode))


def test_a_download_has_values_positions_the_time_and_an_end(trader: Trader) -> None:
    messages = subscribe(trader)
    assert ["UpdateAccountValue", "UpdatePortfolio", "UpdateAccountTime", "AccountDownloadEnd"] == list(
        dict.fromkeys(kinds(messages))
    )
    assert "10:00" == messages[-2].timeStamp
    assert CODE == messages[-1].accountName
    values = {(v.key, v.currency): v.val for v in of(m.UpdateAccountValue, messages)}
    assert "852340.55" == values["CashBalance", "USD"]
    assert "150000.00" == values["TotalCashBalance", "EUR"]
    assert "true" == values["AccountReady", ""]
    assert len(LESSON.accounts[0].positions) == len(of(m.UpdatePortfolio, messages))


def test_the_stock_market_value_is_the_sum_of_the_portfolio_in_the_base_currency(trader: Trader) -> None:
    messages = subscribe(trader)
    values = {(v.key, v.currency): v.val for v in of(m.UpdateAccountValue, messages)}
    total = sum(
        row.marketValue * float(values["ExchangeRate", row.contract.currency])
        for row in of(m.UpdatePortfolio, messages)
    )
    assert total == pytest.approx(float(values["StockMarketValue", "BASE"]), abs=0.05)


def test_a_portfolio_row_in_pence_is_told_in_pounds(trader: Trader) -> None:
    (row,) = [r for r in of(m.UpdatePortfolio, subscribe(trader)) if r.contract.symbol == "CSH2"]
    assert 1172.40 == row.averageCost
    assert row.marketPrice == pytest.approx(1189, rel=0.05)
    assert 100 * row.marketPrice == pytest.approx(row.marketValue, abs=0.01)


def test_updates_come_every_three_minutes_and_only_what_has_changed(trader: Trader) -> None:
    first = subscribe(trader)
    assert [] == trader.wait(179)
    later = trader.wait(1)
    assert "UpdateAccountTime" == kinds(later)[-1]
    assert "10:03" == later[-1].timeStamp
    assert 0 < len(of(m.UpdateAccountValue, later)) < len(of(m.UpdateAccountValue, first))
    told = {(v.key, v.currency) for v in of(m.UpdateAccountValue, later)}
    assert ("NetLiquidation", "USD") in told
    assert not {("AccountCode", ""), ("CashBalance", "USD")} & told


def test_a_fill_is_followed_by_what_it_changes(trader: Trader) -> None:
    subscribe(trader)
    messages = buy(trader, contract=TSLA)
    assert ["ExecDetails", "OpenOrder", "OrderStatus", "CommissionReport"] == kinds(messages)[:4]
    assert "UpdateAccountValue" == kinds(messages)[4]
    assert "UpdateAccountTime" == kinds(messages)[-1]
    (row,) = [r for r in of(m.UpdatePortfolio, messages) if r.contract.symbol == "TSLA"]
    price = messages[0].execution.price
    assert (Decimal(10), pytest.approx(price + 0.1)) == (row.position, row.averageCost)
    assert -1.0 == pytest.approx(row.unrealizedPNL, abs=1.0)


def test_a_position_that_is_closed_is_told_once_more_with_nothing(trader: Trader) -> None:
    subscribe(trader)
    buy(trader, contract=TSLA)
    messages = buy(trader, 2, action="SELL", contract=TSLA)
    (row,) = [r for r in of(m.UpdatePortfolio, messages) if r.contract.symbol == "TSLA"]
    assert (Decimal(0), 0.0, 0.0) == (row.position, row.marketValue, row.unrealizedPNL)
    assert messages[3].realizedPNL == pytest.approx(row.realizedPNL, abs=0.01)


def test_another_accounts_fill_is_none_of_its_business() -> None:
    trader = Trader(trading_world(TWO))
    subscribe(trader, CODE)
    assert 4 == len(buy(trader, account="DU2222222"))


def test_subscribing_to_another_account_replaces_the_first() -> None:
    trader = Trader(trading_world(TWO))
    subscribe(trader, CODE)
    assert "DU2222222" == subscribe(trader, "DU2222222")[-1].accountName
    assert {"DU2222222"} == {message.accountName for message in of(m.UpdateAccountValue, trader.wait(400))} | {
        "DU2222222"
    }
    assert 4 == len(buy(trader, account=CODE))


def test_unsubscribing_is_confirmed(trader: Trader) -> None:
    subscribe(trader)
    answers = trader.ask(m.ReqAccountUpdates(subscribe=False, acctCode=""))
    assert (2100, "API client has been unsubscribed from account data.") == error(answers)
    assert -1 == answers[0].id
    assert [] == trader.wait(400)


def test_an_unknown_account_is_refused(trader: Trader) -> None:
    code, text = error(subscribe(trader, "DU999"))
    assert (321, True) == (code, text.endswith("Invalid account code 'DU999'."))


def test_updates_of_several_accounts_carry_the_request(trader: Trader) -> None:
    request = m.ReqAccountUpdatesMulti(reqId=5, account=CODE, modelCode="", ledgerAndNLV=True)
    *rows, end = trader.ask(request)
    assert m.AccountUpdateMultiEnd(reqId=5) == end
    assert "NetLiquidation" in {row.key for row in rows}
    assert "BuyingPower" not in {row.key for row in rows}
    assert 322 == error(trader.ask(request))[0]
    assert "AccountUpdateMulti" == kinds(buy(trader))[-1]
    trader.ask(m.CancelAccountUpdatesMulti(reqId=5))
    assert [] == trader.wait(400)


# Positions


def test_positions_are_told_then_their_end(trader: Trader) -> None:
    *rows, end = trader.ask(m.ReqPositions())
    assert m.PositionEnd() == end
    assert [(p.symbol, p.quantity, p.averageCost) for p in LESSON.accounts[0].positions] == [
        (row.contract.symbol, row.position, row.avgCost) for row in rows
    ]
    assert ("NASDAQ", AAPL_ID) == (rows[0].contract.exchange, rows[0].contract.conId)


def test_a_fill_changes_one_position_and_a_close_makes_it_0(trader: Trader) -> None:
    trader.ask(m.ReqPositions())
    *_, row = of(m.Position, buy(trader))
    assert (AAPL_ID, Decimal(110)) == (row.contract.conId, row.position)
    *_, row = of(m.Position, buy(trader, 2, action="SELL", quantity=110))
    assert (Decimal(0), 0.0) == (row.position, row.avgCost)
    assert AAPL_ID not in [p.contract.conId for p in of(m.Position, trader.ask(m.ReqPositions()))]


def test_a_currency_pair_is_a_position_without_an_exchange(trader: Trader) -> None:
    trader.ask(m.ReqPositions())
    messages = buy(trader, quantity=20_000, contract=EURUSD)
    (row,) = of(m.Position, messages)
    assert ("EUR", "CASH", "", Decimal(20_000)) == (
        row.contract.symbol,
        row.contract.secType,
        row.contract.exchange,
        row.position,
    )
    assert messages[0].execution.price + 2 / 20_000 == pytest.approx(row.avgCost)


def test_cancelled_positions_are_silent(trader: Trader) -> None:
    trader.ask(m.ReqPositions())
    assert [] == trader.ask(m.CancelPositions())
    assert [] == of(m.Position, buy(trader))


def test_positions_of_one_of_several_accounts() -> None:
    trader = Trader(trading_world(TWO))
    request = m.ReqPositionsMulti(reqId=3, account="DU2222222", modelCode="")
    assert [m.PositionMultiEnd(reqId=3)] == trader.ask(request)
    assert 322 == error(trader.ask(request))[0]
    assert [] == of(m.PositionMulti, buy(trader, account=CODE))
    (row,) = of(m.PositionMulti, buy(trader, 2, account="DU2222222"))
    assert (3, "DU2222222", Decimal(10)) == (row.reqId, row.account, row.position)
    trader.ask(m.CancelPositionsMulti(reqId=3))
    assert [] == of(m.PositionMulti, buy(trader, 3, account="DU2222222"))


# Profit and loss


def test_profit_is_told_at_once_then_each_second_that_it_changes(trader: Trader) -> None:
    (first,) = trader.ask(m.ReqPnL(reqId=6, account=CODE, modelCode=""))
    later = trader.wait(10)
    assert 5 < len(later) <= 10
    assert {6} == {row.reqId for row in later}
    rows = [first, *later]
    assert all(a != b for a, b in zip(rows, later, strict=False))
    accounts = trader.world.accounts
    assert accounts.profit(accounts.all()[0]).daily == pytest.approx(later[-1].dailyPnL, abs=0.01)


def test_profit_of_the_account_is_that_of_its_positions(trader: Trader) -> None:
    buy(trader)
    (whole,) = trader.ask(m.ReqPnL(reqId=1, account="", modelCode=""))
    rates = {"USD": 1.0, "GBP": trader.world.market.fx_rate("GBP", "USD", trader.world.clock.now())}
    daily = unrealized = 0.0
    for n, held in enumerate(trader.world.accounts.all()[0].holdings.values()):
        (row,) = trader.ask(m.ReqPnLSingle(reqId=10 + n, account=CODE, modelCode="", conid=held.instrument.conId))
        daily += row.dailyPnL * rates[held.instrument.currency]
        unrealized += row.unrealizedPnL * rates[held.instrument.currency]
    assert (pytest.approx(daily, abs=0.1), pytest.approx(unrealized, abs=0.1)) == (whole.dailyPnL, whole.unrealizedPnL)


def test_one_positions_profit_has_its_size_and_value(trader: Trader) -> None:
    (row,) = trader.ask(m.ReqPnLSingle(reqId=2, account=CODE, modelCode="", conid=AAPL_ID))
    price = trader.world.market.last_price(trader.instrument(), trader.world.clock.now())
    assert (Decimal(100), pytest.approx(100 * price)) == (row.pos, row.value)
    assert 100 * (price - 172.35) == pytest.approx(row.unrealizedPnL)


def test_what_isnt_held_has_position_0_and_nothing_else(trader: Trader) -> None:
    (row,) = trader.ask(m.ReqPnLSingle(reqId=2, account=CODE, modelCode="", conid=1))
    assert m.PnlSingle(reqId=2, pos=Decimal(0), dailyPnL=None) == row
    assert [] == trader.wait(5)


def test_profit_requests_are_checked(trader: Trader) -> None:
    pnl = m.ReqPnL(reqId=6, account=CODE, modelCode="")
    single = m.ReqPnLSingle(reqId=6, account=CODE, modelCode="", conid=AAPL_ID)
    trader.ask(pnl)
    trader.ask(single)
    assert [102, 102] == [error(trader.ask(request))[0] for request in (pnl, single)]
    assert 321 == error(trader.ask(replace(pnl, reqId=7, account="DU999")))[0]
    assert 321 == error(trader.ask(replace(single, reqId=7, account="DU999")))[0]
    assert [] == trader.ask(m.CancelPnL(reqId=6)) + trader.ask(m.CancelPnLSingle(reqId=6)) + trader.wait(5)
    assert 10185 == error(trader.ask(m.CancelPnL(reqId=6)))[0]
    assert 10186 == error(trader.ask(m.CancelPnLSingle(reqId=6)))[0]


# What belongs to an account


def test_a_plain_account_has_no_family_no_tiers_and_no_adviser(trader: Trader) -> None:
    (codes,) = trader.ask(m.ReqFamilyCodes())
    assert (m.FamilyCode(accountID=CODE, familyCodeStr=trader.world.name),) == codes.familyCodes
    assert [m.SoftDollarTiers(reqId=1)] == trader.ask(m.ReqSoftDollarTiers(reqId=1))
    assert [m.UserInfo(reqId=1, whiteBrandingId="")] == trader.ask(m.ReqUserInfo(reqId=1))
    code, text = error(trader.ask(m.RequestFA(faData=1)))
    assert (321, True) == (code, text.endswith("FA data operations ignored for non FA customers."))


def test_a_client_that_has_gone_hears_nothing_more() -> None:
    trader = Trader(scenario=replace(QUIET, corporate=NOTHING))
    subscribe(trader)
    summary(trader)
    trader.ask(m.ReqPositions())
    trader.ask(m.ReqPnL(reqId=1, account=CODE, modelCode=""))
    trader.client.close()
    del trader.world.clients[1]
    before = len(trader.said)
    other = Trader(trader.world, clientId=2)
    other.place(1)
    other.wait(400)
    assert before == len(trader.said)
    assert trader.world.clock.next_due() is None
