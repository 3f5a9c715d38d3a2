from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb.gateway import messages as m
from ibnb.gateway.accounts import Account, Accounts, Figures, Holding, Trade
from ibnb.gateway.accounts.expiry import ends, intrinsic, settled
from ibnb.gateway.accounts.figures import Quotes, figures
from ibnb.gateway.accounts.ledgers import settlement
from ibnb.gateway.accounts.margins import margin, reg_t
from ibnb.gateway.accounts.values import balances, ledger, money, summary, updates
from ibnb.gateway.clock import Clock
from ibnb.gateway.instruments import Instrument, Instruments
from ibnb.gateway.market import Market
from ibnb.gateway.scenario import LESSON

INSTRUMENTS = Instruments(LESSON.today)
MARKET = Market(LESSON.seed, INSTRUMENTS, LESSON.moves)
DAY = date(2025, 6, 11)


def listed(symbol: str, secType: str = "STK", exchange: str = "SMART", currency: str = "USD") -> Instrument:
    found = INSTRUMENTS.match(m.Contract(symbol=symbol, secType=secType, exchange=exchange, currency=currency))
    return found[0]


APPLE = listed("AAPL")
PENCE = listed("CSH2", exchange="LSE", currency="GBP")
EURO = listed("EUR", "CASH", "IDEALPRO")
SP500 = listed("ES", "FUT", "CME")
RATES = {"USD": 1.0, "EUR": 1.15, "GBP": 1.35}


def rate(source: str, target: str) -> float:
    return RATES[source] / RATES[target]


def fixed(**prices: float) -> Quotes:
    """Quotes that stand still: by symbol, now and at the last close."""
    return Quotes(lambda i: prices[i.symbol], lambda i: prices[i.symbol], rate)


def trade(account: Account, instrument: Instrument, quantity: int, price: float, fee: float = 1.0) -> float | None:
    cost = Trade(instrument, Decimal(quantity), price, fee, "USD")
    return account.trade(cost, rate("USD", instrument.currency), DAY)


# Books


def test_an_average_cost_includes_commissions() -> None:
    held = Holding(APPLE)
    assert held.trade(Decimal(100), 10.0, 1.0) is None
    assert 10.01 == pytest.approx(held.averageCost)
    assert held.trade(Decimal(100), 12.0, 1.0) is None
    assert 11.01 == pytest.approx(held.averageCost)


def test_selling_realises_the_profit_after_both_commissions_and_leaves_the_average_cost() -> None:
    held = Holding(APPLE)
    held.trade(Decimal(100), 10.0, 1.0)
    assert 25 * (12.0 - 10.01) - 1.0 == pytest.approx(held.trade(Decimal(-25), 12.0, 1.0))
    assert (Decimal(75), pytest.approx(10.01)) == (held.quantity, held.averageCost)


def test_a_short_positions_average_cost_is_what_it_brought() -> None:
    held = Holding(APPLE)
    held.trade(Decimal(-100), 10.0, 1.0)
    assert 9.99 == pytest.approx(held.averageCost)
    assert 98.0 == pytest.approx(held.trade(Decimal(100), 9.0, 1.0))
    assert (Decimal(0), 0.0) == (held.quantity, held.averageCost)


def test_a_trade_through_zero_closes_and_opens_with_its_share_of_the_commission() -> None:
    held = Holding(APPLE)
    held.trade(Decimal(100), 10.0, 0.0)
    assert 100 * 2.0 - 1.0 == pytest.approx(held.trade(Decimal(-200), 12.0, 2.0))
    assert (Decimal(-100), pytest.approx(11.99)) == (held.quantity, held.averageCost)


def test_stock_is_paid_in_cash_with_the_commission() -> None:
    account = Account("DU1", cash={"USD": 5000.0})
    trade(account, APPLE, 10, 200.0)
    assert 5000.0 - 2000.0 - 1.0 == account.cash["USD"]


def test_what_is_quoted_in_pence_is_paid_in_pounds() -> None:
    account = Account("DU1", cash={"GBP": 5000.0})
    account.trade(Trade(PENCE, Decimal(100), 1200.0, 3.0, "GBP"), 1.0, DAY)
    assert 5000.0 - 100 * 12.0 - 3.0 == account.cash["GBP"]
    assert 12.03 == pytest.approx(account.held(PENCE).averageCost)


def test_a_future_costs_only_its_commission_and_pays_its_profit_times_the_multiplier() -> None:
    account = Account("DU1", cash={"USD": 50_000.0})
    assert trade(account, SP500, 2, 6000.0, 4.5) is None
    assert 50_000.0 - 4.5 == account.cash["USD"]
    assert 6000.0 * 50 + 2.25 == account.held(SP500).averageCost
    assert 2 * 50 * 10.0 - 9.0 == pytest.approx(trade(account, SP500, -2, 6010.0, 4.5))
    assert 50_000.0 + 2 * 50 * 10.0 - 9.0 == pytest.approx(account.cash["USD"])


def test_a_currency_pair_swaps_cash_and_is_shown_as_a_position() -> None:
    account = Account("DU1", cash={"USD": 50_000.0})
    trade(account, EURO, 20_000, 1.15, 2.0)
    assert {"USD": 50_000.0 - 23_000.0 - 2.0, "EUR": 20_000.0} == account.cash
    assert Decimal(20_000) == account.held(EURO).quantity


def test_a_new_day_forgets_what_was_realised_and_holds_overnight() -> None:
    account = Account("DU1", cash={"USD": 5000.0})
    trade(account, APPLE, 10, 200.0)
    trade(account, APPLE, -5, 210.0)
    held = account.held(APPLE)
    assert 5 * 211.0 - 10 * 200.0 - 2.0 + 5 * 210.0 == pytest.approx(held.daily(211.0, 999.0))
    held.begin(date(2025, 6, 12))
    assert (0.0, Decimal(5)) == (held.realized, held.overnight)
    assert 5 * (215.0 - 212.0) == pytest.approx(held.daily(215.0, 212.0))


trades = st.lists(
    st.tuples(
        st.sampled_from([APPLE, PENCE, EURO, SP500]),
        st.integers(-300, 300).filter(bool),
        st.integers(50, 200),
        st.integers(0, 500),
    ),
    max_size=30,
)


def price_of(instrument: Instrument, percent: int) -> float:
    return instrument.model.anchor * percent / 100


def worth(account: Account, prices: dict[str, float]) -> Figures:
    return figures(account, Quotes(lambda i: prices[i.symbol], lambda i: prices[i.symbol], rate))


@given(trades)
def test_nothing_is_lost_or_made_in_a_trade_but_its_commission(moves: list[tuple[Instrument, int, int, int]]) -> None:
    account = Account("DU1", cash={"USD": 1e6, "EUR": 1e5})
    prices = {i.symbol: price_of(i, 100) for i in (APPLE, PENCE, EURO, SP500)}
    for instrument, quantity, percent, cents in moves:
        # A pair's rate stands still, because the account's other euros are worth what it says.
        at = RATES["EUR"] if instrument is EURO else price_of(instrument, percent)
        prices[instrument.symbol] = at
        before = worth(account, prices).total.netLiquidation
        trade(account, instrument, quantity, at, cents / 100)
        assert before - cents / 100 == pytest.approx(worth(account, prices).total.netLiquidation, abs=1e-6)


@given(trades)
def test_positions_are_what_was_traded_and_profits_add_up(moves: list[tuple[Instrument, int, int, int]]) -> None:
    account = Account("DU1", cash={"USD": 1e6})
    prices = {i.symbol: price_of(i, 100) for i in (APPLE, PENCE, EURO, SP500)} | {"EUR": RATES["EUR"]}
    start = 1e6
    for instrument, quantity, percent, cents in moves:
        at = RATES["EUR"] if instrument is EURO else price_of(instrument, percent)
        trade(account, instrument, quantity, at, cents / 100)
    for held in account.holdings.values():
        assert sum(q for i, q, *_ in moves if i is held.instrument) == held.quantity
    now = worth(account, prices)
    assert now.base.realized + now.base.unrealized == pytest.approx(now.total.netLiquidation - start, abs=1e-6)
    assert now.daily == pytest.approx(now.total.netLiquidation - start, abs=1e-6)


# Margin


def test_stock_needs_a_quarter_of_its_value_and_half_by_regulation_t() -> None:
    """IB's margin requirements for US stocks: initial 25 %, short 30 %, Reg T end of day 50 %."""
    assert (2500.0, 2500.0) == margin(APPLE, Decimal(50), 200.0)
    assert (3000.0, 3000.0) == margin(APPLE, Decimal(-50), 200.0)
    assert 5000.0 == reg_t(APPLE, Decimal(50), 200.0) == reg_t(APPLE, Decimal(-50), 200.0)
    assert 0.0 == reg_t(SP500, Decimal(1), 6000.0)


def test_a_future_needs_a_sum_per_contract() -> None:
    assert (48_400.0, 44_000.0) == margin(SP500, Decimal(2), 6000.0)


def test_every_instrument_that_trades_has_a_margin() -> None:
    for instrument in INSTRUMENTS:
        initial, maintenance = margin(instrument, Decimal(1), instrument.model.anchor)
        assert (initial > 0) == (settlement(instrument) != "exchange")
        assert initial >= maintenance


def test_futures_are_commodities_and_all_else_is_securities() -> None:
    account = Account("DU1", cash={"USD": 100_000.0})
    trade(account, SP500, 1, 6000.0)
    trade(account, APPLE, 10, 200.0)
    now = figures(account, fixed(ES=6010.0, AAPL=200.0))
    assert (24_200.0, 24_200.0) == (now.commodities.netLiquidation, now.commodities.initMargin)
    assert (500.0, 2000.0, 1000.0) == (now.securities.initMargin, now.securities.gross, now.securities.regT)
    assert 500.0 == now.base.futures


def test_cash_lies_where_the_futures_margin_needs_it() -> None:
    """market 13: a guard on ExcessLiquidity-C doesn't fire because a future was bought."""
    account = Account("DU1", cash={"USD": 100_000.0})
    trade(account, SP500, 1, 6000.0, fee=0.0)
    for price in (6000.0, 6100.0, 5900.0, 6700.0):
        now = figures(account, fixed(ES=price))
        assert 100_000.0 + (price - 6000.0) * 50 == pytest.approx(now.total.netLiquidation)
        assert 100_000.0 == pytest.approx(now.total.cash)
        assert now.commodities.availableFunds >= 0
        assert now.commodities.excessLiquidity >= 0
        # IB: cash and options' value, less the futures' maintenance margin.
        ewl = now.commodities.netLiquidation - now.commodities.maintMargin
        assert ewl == pytest.approx(now.commodities.equityWithLoan)


def test_options_are_worth_nothing_to_a_lender() -> None:
    """market 14: EquityWithLoanValue of a margin account doesn't count US options."""
    account = Account("DU1", cash={"USD": 100_000.0})
    (call,) = INSTRUMENTS.match(
        m.Contract(
            symbol="AAPL", secType="OPT", exchange="SMART", lastTradeDateOrContractMonth="20250718", strike=200.0,
            right="C",
        )
    )  # fmt: skip
    trade(account, APPLE, 100, 200.0)
    before = figures(account, fixed(AAPL=200.0)).total
    trade(account, call, 10, 8.0, fee=0.0)
    now = figures(account, _priced(APPLE, call)).total
    assert before.netLiquidation + 1_000.0 == pytest.approx(now.netLiquidation)
    assert before.equityWithLoan - 8_000.0 == pytest.approx(now.equityWithLoan)
    assert before.availableFunds - 8_000.0 == pytest.approx(now.availableFunds)


def _priced(*instruments: Instrument) -> Quotes:
    """Apple at 200, its call at 9."""
    prices = dict(zip((i.conId for i in instruments), (200.0, 9.0), strict=True))
    return Quotes(lambda i: prices[i.conId], lambda i: prices[i.conId], lambda source, target: 1.0)


# In TWS's words


def lesson() -> Accounts:
    return Accounts(LESSON, INSTRUMENTS, MARKET, Clock(LESSON.start))


@pytest.fixture(scope="module")
def now() -> Figures:
    accounts = lesson()
    return accounts.figures(accounts.all()[0])


# fmt: off
ALL_TAGS = [
    "AccountType", "NetLiquidation", "TotalCashValue", "SettledCash", "AccruedCash", "BuyingPower",
    "EquityWithLoanValue", "PreviousDayEquityWithLoanValue", "GrossPositionValue", "ReqTEquity", "ReqTMargin", "SMA",
    "InitMarginReq", "MaintMarginReq", "AvailableFunds", "ExcessLiquidity", "Cushion", "FullInitMarginReq",
    "FullMaintMarginReq", "FullAvailableFunds", "FullExcessLiquidity", "LookAheadNextChange",
    "LookAheadInitMarginReq", "LookAheadMaintMarginReq", "LookAheadAvailableFunds", "LookAheadExcessLiquidity",
    "HighestSeverity", "DayTradesRemaining", "Leverage",
]
# fmt: on


def test_the_summary_knows_every_tag_of_ibs_list_and_answers_in_their_order(now: Figures) -> None:
    rows = summary(now, ALL_TAGS)
    assert sorted(ALL_TAGS) == [row.key for row in rows]
    assert all(row.val for row in rows)


def test_what_isnt_money_has_no_currency(now: Figures) -> None:
    plain = {"AccountType", "Cushion", "DayTradesRemaining", "Leverage", "HighestSeverity", "LookAheadNextChange"}
    assert plain == {row.key for row in summary(now, ALL_TAGS) if not row.currency}
    assert {"", "USD"} == {row.currency for row in summary(now, ALL_TAGS)}


def test_an_unknown_tag_is_passed_over(now: Figures) -> None:
    assert ["NetLiquidation"] == [row.key for row in summary(now, ["Nonsense", "NetLiquidation"])]


@pytest.mark.parametrize(
    ("tag", "currencies"),
    [
        ("$LEDGER", {"BASE"}),
        ("$LEDGER:EUR", {"EUR"}),
        ("$LEDGER:ALL", {"BASE", "USD", "EUR", "GBP"}),
        ("$LEDGER:JPY", set()),
    ],
)
def test_the_ledger_is_by_currency(now: Figures, tag: str, currencies: set[str]) -> None:
    assert currencies == {row.currency for row in summary(now, [tag])}


def test_base_is_the_sum_of_the_currencies_at_their_rates(now: Figures) -> None:
    rows = {
        (row.key, row.currency): float(row.val) for row in ledger(now, "ALL") if row.key in SUMMED | {"ExchangeRate"}
    }
    for key in SUMMED:
        total = sum(rows[key, c] * rows["ExchangeRate", c] for c in ("USD", "EUR", "GBP"))
        assert total == pytest.approx(rows[key, "BASE"], abs=0.05)


SUMMED = {"CashBalance", "TotalCashBalance", "StockMarketValue", "NetLiquidationByCurrency", "UnrealizedPnL"}


def test_the_parts_make_the_whole(now: Figures) -> None:
    rows = {(row.key, row.currency): row.val for row in updates(now)}
    value = {
        key: float(rows[key, "USD"])
        for key, currency in rows
        if currency == "USD" and key not in ("Currency", "RealCurrency", "AccountOrGroup")
    }
    for key in ("NetLiquidation", "InitMarginReq", "AvailableFunds", "TotalCashValue"):
        assert value[key] == pytest.approx(value[f"{key}-S"] + value[f"{key}-C"], abs=0.02)
    # Dividends that aren't paid yet are the account's own, and nothing to lend on.
    lent_on = value["NetLiquidation"] - value["AccruedDividend"]
    assert lent_on - value["InitMarginReq"] == pytest.approx(value["AvailableFunds"], abs=0.02)
    assert lent_on - value["MaintMarginReq"] == pytest.approx(value["ExcessLiquidity"], abs=0.02)
    assert 4 * value["AvailableFunds"] == pytest.approx(value["BuyingPower"], abs=0.04)


# market 26: keys of a paper account's updates that a public dump (DU…) has.
DUMPED = """Billable ColumnPrio Guarantee IncentiveCoupons IndianStockHaircut NLVAndMarginInReview
NetLiquidationUncertainty PASharesValue PhysicalCertificateValue PostExpirationExcess PostExpirationMargin
TotalDebitCardPendingCharges"""
OF_SEGMENTS_ONLY, OF_THE_WHOLE_ONLY = {"ColumnPrio"}, {"NLVAndMarginInReview", "NetLiquidationUncertainty"}


@pytest.mark.parametrize("key", DUMPED.split())
def test_a_real_accounts_keys_are_there(now: Figures, key: str) -> None:
    keys = {row.key for row in updates(now)}
    assert key in keys or key in OF_SEGMENTS_ONLY
    assert {f"{key}-C", f"{key}-S"} <= keys or key in OF_THE_WHOLE_ONLY


def test_the_special_memorandum_account_remembers_the_excess_that_there_was() -> None:
    """market 27: a fall of prices leaves it alone, a purchase uses half of its value, a sale gives it back."""
    accounts = lesson()
    (account,) = accounts.all()
    start = accounts.figures(account)
    assert start.securities.equityWithLoan - start.securities.regT == start.sma
    accounts.trade(account, Trade(APPLE, Decimal(1000), 200.0, 0.0, "USD"))
    assert start.sma - 100_000.0 == pytest.approx(account.sma)
    accounts.trade(account, Trade(APPLE, Decimal(-1000), 200.0, 0.0, "USD"))
    assert start.sma == pytest.approx(account.sma, abs=2_000.0)
    account.cash["USD"] -= 200_000.0  # as a loss does
    assert account.sma == accounts.figures(account).sma


def test_updates_are_by_key_and_none_is_twice(now: Figures) -> None:
    rows = updates(now)
    assert sorted(rows, key=lambda row: row.key) == rows
    assert len(rows) == len({(row.key, row.currency) for row in rows})
    assert ("true", "DU1234567") == tuple(r.val for k in ("AccountReady", "AccountCode") for r in rows if r.key == k)


def test_balances_are_the_ledger_and_the_net_liquidation(now: Figures) -> None:
    keys = {row.key for row in balances(now)}
    assert {"NetLiquidation", "CashBalance", "StockMarketValue"} <= keys
    assert not keys & {"BuyingPower", "InitMarginReq"}


def test_nothing_has_no_minus() -> None:
    assert ["0.00", "-0.01", "1234567.89"] == [money(x) for x in (-0.001, -0.011, 1234567.891)]


# The scenario's accounts


def test_the_lessons_account_opens_as_the_scenario_says() -> None:
    accounts = lesson()
    assert ("DU1234567",) == accounts.codes
    account = accounts.find("")
    assert account is not None
    assert account is accounts.find("DU1234567")
    assert accounts.find("DU7654321") is None
    assert dict(LESSON.accounts[0].cash) == account.cash
    assert (Decimal(100), 172.35) == (account.held(APPLE).quantity, account.held(APPLE).averageCost)


def test_todays_profit_is_since_the_last_close() -> None:
    accounts = lesson()
    account = accounts.all()[0]
    held = account.held(APPLE)
    expected = 100 * (MARKET.last_price(APPLE, LESSON.start) - MARKET.previous_close(APPLE, LESSON.start))
    assert expected == pytest.approx(accounts.profit_of(held).daily)
    now = accounts.figures(account)
    # NVIDIA goes ex on this day: a cent a share.
    assert now.total.netLiquidation - now.daily - 15.0 == pytest.approx(now.total.previousEquity)


def test_a_preview_changes_nothing() -> None:
    accounts = lesson()
    account = accounts.all()[0]
    before = accounts.figures(account).total
    impact = accounts.preview(account, [Trade(APPLE, Decimal(1000), 200.0, 5.0, "USD")])
    assert before == accounts.figures(account).total == impact.before.total
    assert before.cash - 200_005.0 == pytest.approx(impact.after.total.cash)


def test_watchers_are_told_of_trades_as_long_as_they_are_active() -> None:
    class Watcher:
        active = True

    accounts, watcher, seen = lesson(), Watcher(), []
    account = accounts.all()[0]
    accounts.watch(watcher, lambda account, instrument: seen.append((account.code, instrument.symbol)))
    accounts.announce(account, APPLE)
    watcher.active = False
    accounts.announce(account, APPLE)
    assert [("DU1234567", "AAPL")] == seen


def test_tomorrow_todays_profit_begins_again() -> None:
    clock = Clock(LESSON.start)
    accounts = Accounts(LESSON, INSTRUMENTS, MARKET, clock)
    account = accounts.all()[0]
    accounts.trade(account, Trade(APPLE, Decimal(-10), 200.0, 1.0, "USD"))
    assert accounts.profit(account).realized == pytest.approx(10 * (200.0 - 172.35) - 1)
    clock.run_until(LESSON.start + 86_400)
    assert 0.0 == accounts.profit(account).realized
    held = account.held(APPLE)
    expected = 90 * (MARKET.last_price(APPLE, clock.now()) - MARKET.previous_close(APPLE, clock.now()))
    assert expected == pytest.approx(accounts.profit_of(held).daily)


# The end of a contract


def option(right: str, strike: float, symbol: str = "AAPL") -> Instrument:
    wanted = m.Contract(
        symbol=symbol,
        secType="OPT",
        exchange="SMART",
        lastTradeDateOrContractMonth="20250620",
        strike=strike,
        right=right,
        tradingClass="" if symbol == "AAPL" else "SPXW",
    )
    (found,) = INSTRUMENTS.match(wanted)
    return found


@given(st.sampled_from("CP"), st.sampled_from([180.0, 200.0, 210.0]), st.integers(-9, 9), st.integers(15_000, 25_000))
def test_at_its_end_an_option_is_worth_what_exercising_it_gives(
    right: str, strike: float, quantity: int, hundredths: int
) -> None:
    last, price = option(right, strike), hundredths / 100
    bookings = settled(last, Decimal(quantity), 0.0, APPLE, price, lapse=False)
    assert -quantity == bookings[0].quantity
    paid = sum(float(b.quantity) * b.price * b.instrument.unit for b in bookings)
    shares = sum(float(b.quantity) for b in bookings[1:])
    gain = max(intrinsic(last, price), 0.0) * 100 * quantity
    assert (gain if intrinsic(last, price) >= 0.01 else 0.0) == pytest.approx(shares * price - paid, abs=1e-6)


def test_an_index_option_is_paid_in_cash_and_a_lapsing_one_not_at_all() -> None:
    index = listed("SPX", "IND", "CBOE")
    call = option("C", 6000.0, "SPX")
    assert [Trade(call, Decimal(-2), 25.0)] == settled(call, Decimal(2), 24.0, index, 6025.0, lapse=False)
    assert [Trade(call, Decimal(-2), 0.0)] == settled(call, Decimal(2), 24.0, index, 6025.0, lapse=True)


def test_what_never_ends() -> None:
    assert ends(MARKET, APPLE) is None
    assert ends(MARKET, option("C", 200.0)) is not None


@pytest.mark.parametrize(("symbol", "secType", "exchange"), [("SPX", "OPT", "CBOE"), ("ES", "FOP", "CME")])
def test_what_is_of_european_style_is_exercised_on_its_last_day_only(symbol: str, secType: str, exchange: str) -> None:
    accounts = lesson()
    (account,) = accounts.all()
    (put, *_) = INSTRUMENTS.match(
        m.Contract(symbol=symbol, secType=secType, exchange=exchange, strike=7000.0, right="P",
                   lastTradeDateOrContractMonth="202509")
    )  # fmt: skip
    accounts.trade(account, Trade(put, Decimal(1), 900.0, 0.0, "USD"))
    assert "European" in accounts.exercise(account, put, Decimal(1))
    assert 1 == account.holdings[put.conId].quantity
