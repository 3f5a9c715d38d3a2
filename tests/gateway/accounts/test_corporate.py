"""A statement by hand: dividends, splits, exercise and assignment, in the order in which they happen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.accounts import Account, Accounts, Trade
from ibnb.gateway.accounts.values import updates
from ibnb.gateway.clock import Clock
from ibnb.gateway.corporate import Corporate, Dividend, Split
from ibnb.gateway.instruments import Instrument, Instruments
from ibnb.gateway.market import Market
from ibnb.gateway.scenario import LESSON, Holding, Scenario
from ibnb.gateway.scenario import Account as Opening

CODE = "DU7654321"


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=ZoneInfo("America/New_York")).timestamp()


class Books:
    """One account in one world."""

    def __init__(self, start: float, *positions: Holding, cash: float = 100_000.0, **fields: object) -> None:
        opening = Opening(CODE, cash={"USD": cash}, positions=positions)
        scenario: Scenario = replace(LESSON, start=start, accounts=(opening,), moves=(), **fields)
        self.instruments = Instruments(scenario.today)
        self.market = Market(scenario.seed, self.instruments, corporate=scenario.corporate)
        self.instruments.level = self.market.level
        self.clock = Clock(start)
        self.accounts = Accounts(scenario, self.instruments, self.market, self.clock)

    @property
    def account(self) -> Account:
        found = self.accounts.find(CODE)
        assert found is not None
        return found

    def listed(self, symbol: str, secType: str = "STK", **fields: object) -> Instrument:
        (found,) = self.instruments.match(
            m.Contract(symbol=symbol, secType=secType, exchange="SMART", currency="USD", **fields)
        )
        return found

    def trade(self, instrument: Instrument, quantity: int, price: float) -> None:
        self.accounts.trade(self.account, Trade(instrument, Decimal(quantity), price))

    def said(self, key: str, currency: str = "USD") -> str:
        (row,) = (
            row for row in updates(self.accounts.figures(self.account)) if (row.key, row.currency) == (key, currency)
        )
        return row.val

    def worth(self) -> float:
        return self.accounts.figures(self.account).total.netLiquidation


# Dividends: Coca-Cola, 0.51 a share, ex on 2025-06-13, paid on 2025-07-01.


def test_a_dividend_is_owed_from_the_ex_date_and_paid_on_the_pay_date():
    books = Books(at(2025, 6, 12, 15), Holding("KO", 1000, 60.0))
    books.clock.run_until(at(2025, 6, 12, 23, 59))
    assert books.said("AccruedDividend") == "0.00"
    books.clock.run_until(at(2025, 6, 13, 4))
    assert books.said("AccruedDividend") == books.said("AccruedDividend-S") == books.said("NetDividend") == "510.00"
    assert books.said("TotalCashValue") == "100000.00"
    assert books.worth() == pytest.approx(100_000 + 510 + 1000 * books.accounts.price(books.listed("KO")))
    books.clock.run_until(at(2025, 7, 1, 3, 59))
    assert books.said("TotalCashValue") == "100000.00"
    books.clock.run_until(at(2025, 7, 1, 4))
    assert (books.said("AccruedDividend"), books.said("TotalCashValue")) == ("0.00", "100510.00")
    assert books.account.holdings[books.listed("KO").conId].averageCost == 60.0


def test_a_british_dividend_is_paid_in_pounds():
    """Barclays: 0.03 pounds a share, whose price is in pence; ex on 2025-08-07, paid on 2025-09-16."""
    books = Books(at(2025, 8, 6, 10))
    (barclays,) = books.instruments.match(m.Contract(symbol="BARC", secType="STK", exchange="SMART", currency="GBP"))
    books.accounts.trade(books.account, Trade(barclays, Decimal(1000), 330.0))
    books.clock.run_until(at(2025, 8, 7, 4))
    assert books.said("NetDividend", "GBP") == "30.00"
    assert books.account.cash["GBP"] == pytest.approx(-3300.0)
    books.clock.run_until(at(2025, 9, 16, 4))
    assert books.account.cash["GBP"] == pytest.approx(-3270.0)


def test_a_short_position_pays():
    books = Books(at(2025, 6, 12, 15), Holding("KO", -200, 60.0))
    books.clock.run_until(at(2025, 6, 13, 10))
    assert books.said("AccruedDividend") == "-102.00"
    books.clock.run_until(at(2025, 7, 1, 10))
    assert books.said("TotalCashValue") == "99898.00"


def test_who_buys_on_the_ex_date_is_too_late_and_who_sells_on_it_is_not():
    books = Books(at(2025, 6, 12, 15), Holding("KO", 100, 60.0))
    ko = books.listed("KO")
    books.clock.run_until(at(2025, 6, 13, 4, 0, 1))
    books.trade(ko, 900, books.accounts.price(ko))
    assert books.said("AccruedDividend") == "51.00"
    books.trade(ko, -1000, books.accounts.price(ko))
    assert books.said("AccruedDividend") == "51.00"
    cash = books.account.cash["USD"]
    books.clock.run_until(at(2025, 7, 1, 4))
    assert books.account.cash["USD"] == pytest.approx(cash + 51)


def test_what_was_owed_before_the_account_opened_is_owed():
    """Microsoft: 0.83, ex on 2025-05-15, paid on 2025-06-12."""
    books = Books(at(2025, 6, 11, 10), Holding("MSFT", 400, 418.75))
    assert books.said("AccruedDividend") == "332.00"
    books.clock.run_until(at(2025, 6, 12, 10))
    assert (books.said("AccruedDividend"), books.said("TotalCashValue")) == ("0.00", "100332.00")


def test_the_days_profit_is_of_prices_alone_and_yesterdays_equity_knows_the_dividend():
    """ibkb 219: (current price - prior day's close) x shares."""
    books = Books(at(2025, 6, 12, 15), Holding("KO", 1000, 60.0))
    ko = books.listed("KO")
    books.clock.run_until(at(2025, 6, 12, 16))
    closed = books.worth()
    books.clock.run_until(at(2025, 6, 13, 11))
    now = books.accounts.figures(books.account)
    assert now.daily == pytest.approx(
        1000 * (books.accounts.price(ko) - books.market.previous_close(ko, at(2025, 6, 13, 11)))
    )
    assert now.securities.previousEquity == pytest.approx(closed, abs=60)  # less the last trade's distance to the close
    assert float(books.said("PreviousDayEquityWithLoanValue")) == pytest.approx(
        now.total.netLiquidation - now.daily - 510
    )


# Splits: Interactive Brokers 4:1 on 2025-06-18, NVIDIA 10:1 on 2024-06-10.


def test_a_split_multiplies_the_position_and_leaves_what_it_cost():
    books = Books(at(2025, 6, 17, 15), Holding("IBKR", 50, 180.0))
    share = books.listed("IBKR")
    books.clock.run_until(at(2025, 6, 18, 3, 59))
    before, unrealized = books.worth(), books.accounts.profit(books.account).unrealized
    books.clock.run_until(at(2025, 6, 18, 4))
    held = books.account.holdings[share.conId]
    assert (held.quantity, held.averageCost) == (Decimal(200), 45.0)
    assert books.worth() == pytest.approx(before, rel=0.01)
    profit = books.accounts.profit(books.account)
    assert profit.unrealized - unrealized == pytest.approx(profit.daily, abs=50 * 0.05 + abs(profit.daily) * 0.5 + 60)
    assert profit.daily == pytest.approx(
        200 * (books.accounts.price(share) - books.market.previous_close(share, at(2025, 6, 18, 4)))
    )
    assert profit.realized == 0
    assert books.account.cash["USD"] == 100_000


def test_a_short_position_splits_too():
    books = Books(at(2024, 6, 7, 15), Holding("NVDA", -7, 900.0))
    books.clock.run_until(at(2024, 6, 10, 10))
    held = books.account.holdings[books.listed("NVDA").conId]
    assert (held.quantity, held.averageCost) == (Decimal(-70), 90.0)


def test_a_reverse_splits_fraction_is_paid_out():
    reverse = Corporate(splits=(Split("KO", date(2025, 6, 16), 0.125),))
    books = Books(at(2025, 6, 13, 15), Holding("KO", 100, 60.0), corporate=reverse)
    books.clock.run_until(at(2025, 6, 16, 4))
    held = books.account.holdings[books.listed("KO").conId]
    price = books.accounts.price(books.listed("KO"))
    assert held.quantity == 12
    assert held.averageCost == pytest.approx(480.0)
    assert books.account.cash["USD"] == pytest.approx(100_000 + 0.5 * price)
    assert held.realized == pytest.approx(0.5 * (price - 480))


def test_a_dividend_on_the_day_of_a_split_is_of_the_new_shares():
    both = Corporate(
        splits=(Split("KO", date(2025, 6, 16), 2),),
        declared=(
            Dividend("KO", date(2025, 3, 14), date(2025, 4, 1), 1.0),
            Dividend("KO", date(2025, 6, 16), date(2025, 7, 1), 1.0),
        ),
    )
    books = Books(at(2025, 6, 13, 15), Holding("KO", 100, 60.0), corporate=both)
    books.clock.run_until(at(2025, 6, 16, 4))
    assert books.said("AccruedDividend") == "100.00"  # 200 new shares at 0.50


# Options


def dear(amount: float) -> Corporate:
    """KO pays so much on Monday, 16 June."""
    return Corporate(
        declared=(
            Dividend("KO", date(2025, 3, 14), date(2025, 4, 1), amount),
            Dividend("KO", date(2025, 6, 16), date(2025, 7, 1), amount),
            Dividend("KO", date(2025, 9, 15), date(2025, 10, 1), amount),
        )
    )


def call(books: Books, strike: float) -> Instrument:
    return books.listed("KO", "OPT", lastTradeDateOrContractMonth="20250620", strike=strike, right="C")


def test_a_written_call_is_assigned_before_a_dividend_that_is_worth_more_than_waiting():
    books = Books(at(2025, 6, 13, 15), Holding("KO", 500, 60.0), corporate=dear(2.0))
    option, far = call(books, 60.0), call(books, 75.0)
    books.trade(option, -3, 11.0)
    books.trade(far, -1, 0.05)
    cash = books.account.cash["USD"]
    books.clock.run_until(at(2025, 6, 16, 4))
    assert books.account.holdings[option.conId].quantity == 0
    assert books.account.holdings[books.listed("KO").conId].quantity == 200
    assert books.account.cash["USD"] == pytest.approx(cash + 300 * 60)
    assert books.account.holdings[far.conId].quantity == -1
    assert books.said("AccruedDividend") == "400.00"  # the 200 shares that weren't called away


def test_a_call_is_kept_where_waiting_is_worth_more():
    books = Books(at(2025, 6, 13, 15), corporate=dear(0.01))
    option = call(books, 60.0)
    books.trade(option, -3, 11.0)
    books.clock.run_until(at(2025, 6, 16, 10))
    assert books.account.holdings[option.conId].quantity == -3


def test_exercising_before_the_ex_date_pays_as_much_as_the_option_was_worth():
    """The evening before, a deep call asks for no more than exercising brings; the day after, the dividend is gone."""
    books = Books(at(2025, 6, 13, 15, 59), Holding("KO", 0, 0.0), corporate=dear(2.0))
    option, ko = call(books, 60.0), books.listed("KO")
    quote = books.market.quote(option, at(2025, 6, 13, 15, 59))
    brings = books.accounts.price(ko) - 60
    assert quote.ask >= brings
    assert quote.midpoint == pytest.approx(brings, abs=0.12)
    assert books.market.quote(option, at(2025, 6, 16, 9, 31)).midpoint == pytest.approx(
        books.market.quote(ko, at(2025, 6, 16, 9, 31)).midpoint - 60, abs=0.2
    )


def test_an_option_keeps_its_worth_over_a_split_and_delivers_the_new_shares():
    books = Books(at(2025, 6, 13, 15), corporate=Corporate(splits=(Split("KO", date(2025, 6, 16), 2),)))
    option, ko = call(books, 60.0), books.listed("KO")
    before = books.market.quote(option, at(2025, 6, 13, 15, 59)).midpoint
    books.trade(option, 2, before)
    books.clock.run_until(at(2025, 6, 16, 10))
    after = books.market.quote(option, at(2025, 6, 16, 10)).midpoint
    assert after == pytest.approx(2 * books.accounts.price(ko) - 60, abs=0.3)
    cash = books.account.cash["USD"]
    assert books.accounts.exercise(books.account, option, Decimal(2)) == ""
    held = books.account.holdings[ko.conId]
    assert (held.quantity, held.averageCost) == (Decimal(400), 30.0)
    assert books.account.cash["USD"] == pytest.approx(cash - 2 * 100 * 60)


def test_an_assignment_at_the_end_by_hand():
    """100 shares at 71.00 covered by a written call of 60 for 11.20: what is left is 60 x 100 and the premium."""
    books = Books(at(2025, 6, 18, 15), Holding("KO", 100, 71.0), cash=0.0, corporate=Corporate())
    option = call(books, 60.0)
    books.trade(option, -1, 11.2)
    books.clock.run_until(at(2025, 6, 20, 16))
    assert books.account.cash["USD"] == pytest.approx(1120 + 6000)
    assert books.account.holdings[books.listed("KO").conId].quantity == 0
    realized = sum(held.realized for held in books.account.holdings.values())
    assert realized == pytest.approx(1120 + (60 - 71) * 100)
