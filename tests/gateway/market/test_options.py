"""Options: which exist, what they are worth, and that they live in the same world as their underlyings."""

from __future__ import annotations

from dataclasses import astuple
from datetime import date, datetime, timedelta
from math import exp
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ibnb.gateway.instruments import CLASSES, Instruments
from ibnb.gateway.market import Market, black_scholes
from ibnb.gateway.market.black_scholes import RATE, alive, greeks, implied_volatility, normal, price
from ibnb.gateway.market.book import ASK, BID, book
from ibnb.gateway.market.options import (
    activity,
    computations,
    dividends,
    expected_volatility,
    historical_volatility,
    model_greeks,
    years_left,
)
from ibnb.gateway.messages import Contract
from ibnb.gateway.scenario import LESSON, new_york

TODAY = LESSON.today
INSTRUMENTS = Instruments(TODAY)
MARKET = Market(7, INSTRUMENTS, LESSON.moves)
NOW = LESSON.start
HOUR, DAY = 3600, 86400

bounded = settings(max_examples=25, deadline=None)
classes = st.sampled_from(CLASSES)


def match(**fields):
    return INSTRUMENTS.match(Contract(**{"secType": "OPT", "exchange": "SMART", "currency": "USD"} | fields))


def option(symbol="AAPL", last="20250620", strike=200.0, right="C", **fields):
    (found,) = match(symbol=symbol, lastTradeDateOrContractMonth=last, strike=strike, right=right, **fields)
    return found


@st.composite
def options(draw):
    """Any option of today's world."""
    each = draw(classes)
    expiration = draw(st.sampled_from(INSTRUMENTS.options.expirations(each)))
    strike = draw(st.sampled_from(INSTRUMENTS.options.strikes(each, expiration)))
    return INSTRUMENTS.options.option(each, expiration, strike, draw(st.sampled_from("CP")))


def other(instrument, right=None, strike=None):
    (found,) = match(
        secType=instrument.secType,
        exchange=instrument.exchange,
        symbol=instrument.symbol,
        tradingClass=instrument.tradingClass,
        lastTradeDateOrContractMonth=instrument.lastTradeDateOrContractMonth,
        strike=strike or instrument.strike,
        right=right or instrument.right,
    )
    return found


# Which exist


@bounded
@given(options())
def test_a_conid_names_its_contract(instrument):
    assert instrument is INSTRUMENTS.find(instrument.conId)
    assert instrument is Instruments(TODAY).options.find(instrument.conId) or (
        instrument == Instruments(TODAY).find(instrument.conId)
    )
    known = match(localSymbol=instrument.localSymbol, secType=instrument.secType, exchange=instrument.exchange)
    assert [instrument] == known
    assert [instrument] == match(conId=instrument.conId, secType="", exchange=instrument.exchange)
    assert instrument.secType == "FOP" or len(instrument.localSymbol) == 21


def test_conids_of_a_chain_are_its_own():
    chain = match(symbol="AAPL") + match(symbol="SPY") + match(symbol="SPX", lastTradeDateOrContractMonth="202506")
    assert len(chain) == len({each.conId for each in chain}) == len({each.localSymbol for each in chain})
    assert not {each.conId for each in chain} & {each.conId for each in (*INSTRUMENTS.listings, *INSTRUMENTS.futures)}
    assert INSTRUMENTS.find(2_147_483_647) is None
    assert INSTRUMENTS.find(1_000_000_000) is None


@pytest.mark.parametrize("today", [date(2025, 6, 11), date(2025, 12, 24), date(2026, 6, 19), date(2027, 3, 1)])
@pytest.mark.parametrize("each", CLASSES, ids=lambda each: each.tradingClass)
def test_there_are_weeks_months_and_years(each, today):
    instruments = Instruments(today)
    found = instruments.options.expirations(each)
    days = [expiration.last for expiration in found]
    assert sorted(set(days)) == days
    assert days[0] >= today
    assert days[-1] > today + timedelta(days=200 if each.secType == "FOP" else 365)
    if not each.am and each.secType == "OPT":
        assert days[0] <= today + timedelta(days=7)
    for expiration in found:
        assert MARKET.calendar.session(each.schedule, expiration.last)
        assert expiration.listed <= today
        assert instruments.options.strikes(each, expiration)


def test_expirations_make_way_for_holidays():
    apple = {f"{e.last:%Y%m%d}" for e in INSTRUMENTS.options.expirations(CLASSES[0])}
    assert {"20250613", "20250620", "20250703", "20260116"} <= apple
    assert not {"20250704", "20250619"} & apple
    (spx,) = match(symbol="SPX", tradingClass="SPX", lastTradeDateOrContractMonth="202506", strike=6000.0, right="C")
    # The 20th is a third Friday, the 19th a holiday.
    assert ("20250618", "20250620", "202506") == (
        spx.lastTradeDateOrContractMonth,
        spx.realExpirationDate,
        spx.contractMonth,
    )


def test_an_index_fund_has_each_month_of_a_year_and_then_quarters():
    """foreign_clients 9."""
    (each,) = (each for each in CLASSES if each.tradingClass == "SPY")
    months = {f"{e.last:%Y%m}" for e in INSTRUMENTS.options.expirations(each)}
    assert {f"2025{month:02}" for month in range(6, 13)} | {f"2026{month:02}" for month in range(1, 6)} <= months
    assert {"202606", "202609", "202612", "202701", "202706", "202712"} <= months
    assert not {"202607", "202610", "202704"} & months
    (index,) = (each for each in CLASSES if each.tradingClass == "SPX")
    assert {"202812", "202912"} <= {f"{e.real:%Y%m}" for e in INSTRUMENTS.options.expirations(index)}


@pytest.mark.parametrize("right", ["C", "CALL", "c"])
def test_rights_are_spelt_in_several_ways(right):
    assert "C" == option(right=right).right


def test_a_description_that_leaves_something_open_is_a_chain():
    assert {"C", "P"} == {
        each.right for each in match(symbol="AAPL", lastTradeDateOrContractMonth="20250620", strike=200.0)
    }
    month = match(symbol="AAPL", lastTradeDateOrContractMonth="202506", right="C", strike=200.0)
    assert ["20250613", "20250620", "20250627"] == [each.lastTradeDateOrContractMonth for each in month]
    assert {"SPX", "SPXW"} == {each.tradingClass for each in match(symbol="SPX", strike=6000.0, right="P")}


@pytest.mark.parametrize(
    "wrong",
    [{"strike": 201.0}, {"multiplier": "50"}, {"currency": "EUR"}, {"tradingClass": "XX"}, {"symbol": "COOP"}],
)
def test_what_does_not_exist_is_not_found(wrong):
    fields = {"symbol": "AAPL", "lastTradeDateOrContractMonth": "20250620", "strike": 200.0, "right": "C"}
    assert 1 == len(match(**fields, multiplier="100", tradingClass="AAPL"))
    assert [] == match(**{**fields, **wrong})
    assert [] == match(localSymbol="AAPL 250620C00200000")


# What they are worth


def test_the_normal_distribution():
    assert 0.5 == float(normal(np.array(0.0)))
    known = [0.0013498980, 0.1586552539, 0.9772498681]
    assert known == pytest.approx(normal(np.array([-3.0, -1.0, 2.0])).tolist(), abs=1e-9)


def test_the_formula_agrees_with_published_figures(monkeypatch):
    # J. Hull, Options, Futures and Other Derivatives: 42 against 40, half a year, 20 %, interest 10 %.
    monkeypatch.setattr(black_scholes, "RATE", 0.10)
    found = [float(price(right, np.array(42.0), 40.0, 0.5, 0.2)) for right in "CP"]
    assert [4.76, 0.81] == pytest.approx(found, abs=0.005)


@given(
    st.sampled_from("CP"), st.floats(20, 500), st.floats(0.6, 1.6), st.floats(0.02, 2.5), st.floats(0.05, 1.5)
)  # fmt: skip
def test_greeks_are_the_derivatives_of_the_price(right, spot, moneyness, years, vol):
    strike = spot * moneyness
    worth = lambda s=spot, t=years, v=vol: float(price(right, np.array(s), strike, t, v))  # noqa: E731
    assume(worth() > spot * 1e-4)
    found = greeks(right, spot, strike, years, vol, worth())
    step = spot * 1e-4
    assert found.delta == pytest.approx((worth(spot + step) - worth(spot - step)) / (2 * step), abs=1e-4)
    assert found.vega == pytest.approx((worth(v=vol + 1e-5) - worth(v=vol - 1e-5)) / 2e-5 / 100, abs=1e-3)
    hour = 1e-5
    assert found.theta == pytest.approx(-(worth(t=years + hour) - worth(t=years - hour)) / (2 * hour) / 365, abs=1e-3)
    solved = implied_volatility(right, spot, strike, years, worth())
    if solved is not None and found.vega > 1e-3:
        assert solved == pytest.approx(vol, abs=1e-4)


def test_no_volatility_explains_less_than_the_intrinsic_value():
    assert implied_volatility("C", 200.0, 100.0, 0.1, 99.0) is None
    assert implied_volatility("C", 200.0, 100.0, 0.1, 250.0) is None


# The one world


@bounded
@given(options(), st.integers(0, 3 * HOUR))
def test_put_and_call_agree_with_the_underlying(instrument, seconds):
    t = NOW + seconds
    call, put = other(instrument, "C"), other(instrument, "P")
    under = INSTRUMENTS.find(instrument.underConId)
    years = years_left(MARKET, call, t)
    # A future is paid for at the end, as the strike is; what the underlying pays until then isn't the call's.
    whole = MARKET.last_price(under, t)
    left = float(alive(call, whole, years, dividends(MARKET, call, t)))
    share = left / whole if under.secType != "STK" else 1.0
    due = instrument.strike * exp(-RATE * years)
    # Options on a share may be exercised early: then the strike is paid now, and the dividends are the holder's.
    least, most = (left - instrument.strike, whole - due) if under.secType == "STK" else (left - due, left - due)
    model = [model_greeks(MARKET, each, t) for each in (call, put)]
    assert least - 1e-6 <= model[0].optPrice - model[1].optPrice <= most + 1e-6
    bars = [MARKET.bars(each, "TRADES", 60, t - 120, t + 1) for each in (call, put)]
    assume(len(bars[0]))
    paths = [MARKET.paths.options.seconds(each, _minute(each, t)) for each in (call, put)]
    k = int(t) % 60
    # Quotes lie around a worth that is in step with the underlying, to a tick (or the least price).
    worth = [(p.close + (p.above - p.below) / 2)[k] * call.minTick for p in paths]
    spreads = [(p.above + p.below)[k] * call.minTick for p in paths]
    near = 2 * call.minTick + sum(spreads)
    assert least - near <= worth[0] - worth[1] <= most + near
    assert model[0].delta - model[1].delta == pytest.approx(share)


def _minute(instrument, t):
    day = MARKET.calendar.sessions(instrument.schedule, TODAY, TODAY)
    minutes = MARKET.paths.options.minutes(instrument, day, True)
    return minutes.where(minutes.time == int(t) // 60 * 60)


@bounded
@given(classes, st.data())
def test_calls_fall_and_puts_rise_with_the_strike(each, data):
    expiration = data.draw(st.sampled_from(INSTRUMENTS.options.expirations(each)))
    strikes = INSTRUMENTS.options.strikes(each, expiration)[:: data.draw(st.integers(1, 9))]
    minute = NOW + 60 * data.draw(st.integers(-29, 170))
    for right, sign in (("C", -1), ("P", 1)):
        row = [INSTRUMENTS.options.option(each, expiration, strike, right) for strike in strikes]
        prices = [MARKET.quote(one, minute).last for one in row]
        models = [model_greeks(MARKET, one, minute).optPrice for one in row]
        assert (sign * np.diff(models) >= -1e-9).all()
        assert (sign * np.diff(prices) >= -1e-9).all()


@bounded
@given(st.sampled_from(["AAPL", "SPY", "NVDA"]), st.sampled_from("CP"))
def test_time_is_worth_something(symbol, right):
    each = next(c for c in CLASSES if c.symbol == symbol)
    found = INSTRUMENTS.options.expirations(each)
    strike = {"AAPL": 200.0, "SPY": 600.0, "NVDA": 140.0}[symbol]
    row = [
        INSTRUMENTS.options.option(each, e, strike, right)
        for e in found
        if strike in INSTRUMENTS.options.strikes(each, e)
    ]
    prices = [model_greeks(MARKET, one, NOW).optPrice for one in row]
    assert len(prices) > 10
    # An American put could only be worth more; far ahead the interest on the strike weighs on a European one.
    assert (np.diff(prices[: len(prices) if right == "C" else 10]) > -0.01).all()


def same(a, b):
    return all(x.tobytes() == y.tobytes() for x, y in zip(astuple(a), astuple(b), strict=True))


@bounded
@given(options(), st.sampled_from(["TRADES", "MIDPOINT", "BID", "ASK"]), st.integers(0, 20))
def test_larger_bars_are_sums_of_smaller_ones(instrument, what, back):
    day = MARKET.calendar.days_back(instrument.schedule, NOW, back + 2)
    assume(day >= instrument.model.listed)
    session = MARKET.calendar.session(instrument.schedule, day)
    (daily,) = [MARKET.bars(instrument, what, "day", *session)]
    minutes = MARKET.bars(instrument, what, 60, *session)
    assert len(minutes) == (session[1] - session[0]) / 60
    start = session[0] + 60 * (back * 17 % 390 if len(minutes) > 390 else back * 9)
    seconds = MARKET.bars(instrument, what, 1, start, start + 60)
    minute = MARKET.bars(instrument, what, 60, start, start + 60)
    for large, small in ((daily, minutes), (minute, seconds)):
        assert 1 == len(large)
        assert (small.open[0], small.close[-1]) == (large.open[0], large.close[0])
        assert (small.high.max(), small.low.min()) == (large.high[0], large.low[0])
        if what == "TRADES":
            assert (small.volume.sum(), small.count.sum()) == (large.volume[0], large.count[0])
            assert (small.volume >= 0).all()


@bounded
@given(options(), st.integers(-1700, 3 * HOUR))
def test_quotes_bars_and_ticks_say_the_same(instrument, seconds):
    t = int(NOW + seconds)
    quote = MARKET.quote(instrument, t)
    assert 0 <= (quote.bid or 0.0) < quote.ask
    assert (quote.bid is None) == (quote.bidSize == 0)
    assert all(instrument.on_tick(price) for price in (quote.last, quote.ask, quote.bid or quote.ask))
    second = MARKET.bars(instrument, "TRADES", 1, t, t + 1)
    assert quote.last == second.close[0]
    assert (quote.bid or 0.0) == MARKET.bars(instrument, "BID", 1, t, t + 1).close[0]
    middle = MARKET.bars(instrument, "MIDPOINT", 1, t, t + 1).close[0]
    assert ((quote.bid or 0.0) + quote.ask) / 2 == pytest.approx(middle, abs=1e-9)
    ticks = MARKET.ticks(instrument, t - 59, t + 1)
    assert quote.last == ticks[-1].price
    assert (quote.time, quote.lastSize) == (ticks[-1].time, ticks[-1].size)


@pytest.mark.parametrize(
    ("symbol", "strike", "right"), [("AAPL", 150.0, "P"), ("AAPL", 240.0, "C"), ("SPX", 5000.0, "P")]
)
def test_nobody_bids_for_what_is_worthless(symbol, strike, right):
    """market 19; IB's md_receive: -1 where an instrument has no open bids."""
    far = option(symbol, "20250613", strike, right, tradingClass="SPXW" if symbol == "SPX" else "")
    assert model_greeks(MARKET, far, NOW).optPrice < far.minTick / 2
    quote = MARKET.quote(far, NOW)
    assert (None, 0, far.minTick, far.minTick) == (quote.bid, quote.bidSize, quote.ask, quote.last)
    assert quote.askSize > 0
    assert quote.midpoint is None
    assert [11, 12, 13] == sorted(computations(MARKET, far, NOW))
    rows = book(MARKET, far, 5, NOW)
    assert ((), far.minTick) == (rows[BID], rows[ASK][0].price)
    prices = {what: set(MARKET.bars(far, what, 60, NOW, NOW + 300).close) for what in ("BID", "ASK", "MIDPOINT")}
    assert {"BID": {0.0}, "ASK": {far.minTick}, "MIDPOINT": {far.minTick / 2}} == prices
    # The nearest that is worth something has a bid.
    near = option(symbol, "20250613", 195.0 if symbol == "AAPL" else 6000.0, right, tradingClass=far.tradingClass)
    assert MARKET.quote(near, NOW).bid


def test_answers_depend_on_the_question_only():
    found = [option(strike=strike, right=right) for strike in (190.0, 200.0) for right in "CP"]
    fresh = Market(7, Instruments(TODAY), LESSON.moves)
    ask = lambda market, one: market.bars(one, "TRADES", 300, NOW - 3 * DAY, NOW)  # noqa: E731
    first = [ask(fresh, one) for one in reversed(found)][::-1]
    assert all(same(a, ask(MARKET, b)) for a, b in zip(first, found, strict=True))
    assert not same(first[0], ask(Market(8, INSTRUMENTS, LESSON.moves), found[0]))


def test_a_jump_of_the_underlying_is_one_of_its_options():
    before, after = new_york(10, 2) - 1, new_york(10, 2) + 1
    call, put = (option("TSLA", strike=325.0, right=right) for right in "CP")
    assert MARKET.quote(call, after).bid > 1.3 * MARKET.quote(call, before).ask
    assert MARKET.quote(put, after).ask < 0.8 * MARKET.quote(put, before).bid


def test_computations_explain_each_side():
    call = option()
    found = computations(MARKET, call, NOW)
    assert [10, 11, 12, 13] == sorted(found)
    assert found[10].impliedVol < found[13].impliedVol < found[11].impliedVol
    assert 0 < found[13].delta < 1
    assert found[13].theta < 0 < found[13].gamma
    call = option(strike=MARKET.last_price(INSTRUMENTS.find(265598), new_york(18)) // 10 * 10)
    closed = computations(MARKET, call, new_york(18))
    assert [12, 13] == sorted(closed)
    assert [10, 11, 12, 13] == sorted(computations(MARKET, call, new_york(18), frozen=True))
    deep = computations(MARKET, option(strike=100.0), NOW)
    assert deep[13].delta == pytest.approx(1.0, abs=1e-4)


def test_an_option_that_ends_is_worth_what_it_would_be_exercised_for():
    spx = INSTRUMENTS.find(416904)
    close = int(datetime(2025, 6, 11, 15, 0, tzinfo=ZoneInfo("America/Chicago")).timestamp()) - 1
    level = MARKET.last_price(spx, close)
    for strike in (5900.0, 6000.0):
        call = option("SPX", "20250611", strike, tradingClass="SPXW")
        assert MARKET.quote(call, close).last == pytest.approx(max(level - strike, 0.05), abs=1.5)
        assert MARKET.day_stats(call, close).close > 0
    assert not MARKET.quote(call, close + 2 * DAY).is_open


def test_the_market_at_large_expects_something():
    apple = INSTRUMENTS.find(265598)
    assert 0.18 < expected_volatility(MARKET, apple, NOW) < 0.42
    assert 0.1 < historical_volatility(MARKET, apple, NOW) < 0.6
    assert expected_volatility(MARKET, apple, NOW) != expected_volatility(MARKET, apple, NOW - 20 * DAY)
    early, late = activity(MARKET, apple, NOW), activity(MARKET, apple, NOW + 5 * HOUR)
    assert early.callVolume < late.callVolume
    assert early.putVolume < late.putVolume
    assert early.callOpenInterest == late.callOpenInterest > 0


def test_an_index_fears_falls_and_what_is_near_most():
    """market 21: of SPX a higher strike is cheaper in volatility, far out less steeply; in wild times near expirations
    cost more than distant ones, in calm times less."""
    each = next(c for c in CLASSES if c.tradingClass == "SPXW")
    listed = INSTRUMENTS.options.expirations(each)
    slopes = []
    for seed in range(1, 6):
        market = Market(seed, INSTRUMENTS)
        spot, money = market.last_price(INSTRUMENTS.find(416904), NOW), []
        for days in (30, 90, 180):
            expiration = min(listed, key=lambda e, ahead=days: abs((e.last - TODAY).days - ahead))
            strikes = INSTRUMENTS.options.strikes(each, expiration)
            near = [min(strikes, key=lambda k, at=share * spot: abs(k - at)) for share in (0.9, 0.95, 1.0, 1.05, 1.1)]
            row = [INSTRUMENTS.options.option(each, expiration, k, "P" if k < spot else "C") for k in near]
            smile = [model_greeks(market, one, NOW).impliedVol for one in row]
            assert smile == sorted(smile, reverse=True)
            assert smile[0] - smile[2] > 1.2 * (smile[2] - smile[4])
            money.append(smile[2])
        slopes.append((expected_volatility(market, INSTRUMENTS.find(416904), NOW), money[0] - money[-1]))
    slopes.sort()
    assert slopes[0][1] < -0.01 < 0.02 < slopes[-1][1]


def test_volatility_bars_say_what_ticks_say():
    apple = INSTRUMENTS.find(265598)
    for what, now in (
        ("OPTION_IMPLIED_VOLATILITY", expected_volatility(MARKET, apple, NOW)),
        ("HISTORICAL_VOLATILITY", historical_volatility(MARKET, apple, NOW)),
    ):
        daily = MARKET.bars(apple, what, "day", NOW - 90 * DAY, NOW)
        assert now == pytest.approx(daily.close[-1], abs=1e-6)
        hours = MARKET.bars(apple, what, HOUR, NOW - 5 * DAY, NOW)
        assert daily.close[-1] == hours.close[-1]
        # The last hour of a day says what the day says.
        assert set(daily.close[-4:]) <= set(hours.close)


def test_strikes_are_laid_around_the_price_before_today():
    instruments = Instruments(date(2026, 11, 20))
    market = Market(7, instruments)
    instruments.level = market.level
    apple = instruments.find(265598)
    level = market.level(apple)
    assert level != apple.model.anchor
    each = CLASSES[0]
    strikes = instruments.options.strikes(each, instruments.options.expirations(each)[0])
    assert strikes[0] < 0.85 * level < 1.15 * level < strikes[-1]


def test_an_option_on_a_future_is_on_the_month_that_ends_with_it_or_next():
    ends = {"20250620": "ESM5", "20250630": "ESU5", "20250919": "ESU5", "20251219": "ESZ5"}
    for last, local in ends.items():
        each = option("ES", last, 6000.0, "C", secType="FOP", exchange="CME")
        assert local == INSTRUMENTS.find(each.underConId).localSymbol
        assert ("50", 0.25, "US/Central") == (each.multiplier, each.minTick, each.timeZoneId)
    assert ["ESU5 C6000", "EWM5 P5900"] == [
        option("ES", "20250919", 6000.0, "C", secType="FOP", exchange="CME").localSymbol,
        option("ES", "20250630", 5900.0, "P", secType="FOP", exchange="CME").localSymbol,
    ]


def test_options_on_stocks_and_on_futures_are_asked_for_by_their_kind():
    assert [] == match(symbol="ES")
    assert [] == match(symbol="AAPL", secType="FOP", exchange="SMART")


@pytest.mark.parametrize("strike", [5400.0, 5500.0, 5600.0, 5700.0, 5800.0, 6000.0])
def test_an_index_options_quotes_are_on_the_step_of_their_price(strike):
    """market 20, Cboe's rule: 0.05 below 3.00, 0.10 from there on."""
    put = option("SPX", "20250620", strike, "P", tradingClass="SPXW")
    rows = MARKET.calendar.sessions(put.schedule, date(2025, 6, 9), date(2025, 6, 11))
    minutes = MARKET.paths.options.minutes(put, rows, True)
    seconds = MARKET.paths.options.seconds(put, minutes.where(slice(0, 60)))
    for atoms in (minutes, seconds):
        for ticks in (atoms.close, atoms.high, atoms.low - atoms.below, atoms.high + atoms.above):
            assert all(put.on_tick(put.price(each)) for each in np.unique(ticks).tolist())
    assert MARKET.paths.options.close(put, int(rows.day[0]), int(rows.liquid_close[0])) == minutes.close[389]
    assert (True, False, True, False) == tuple(put.on_tick(price) for price in (2.95, 2.97, 3.1, 3.05))
