from __future__ import annotations

from datetime import date, datetime

import pytest

from ibnb.gateway.instruments import Instruments
from ibnb.gateway.market import Market
from ibnb.gateway.messages import Contract
from ibnb.gateway.scenario import LESSON, NEW_YORK, SCENARIOS, Latency, Move, always_open, live, new_york


@pytest.fixture(scope="module")
def market():
    return Market(LESSON.seed, Instruments(LESSON.today), LESSON.moves, LESSON.always_open_from)


def stock(market, symbol):
    (found,) = market.instruments.match(Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD"))
    return found


def worth(market, t):
    """Value of the positions, and with cash (net liquidation), in dollars."""
    (account,) = LESSON.accounts
    value = 0.0
    for h in account.positions:
        fields = {"symbol": h.symbol, "secType": h.secType, "exchange": h.exchange, "currency": h.currency}
        (instrument,) = market.instruments.match(Contract(**fields))
        rate = market.fx_rate(instrument.currency, account.currency, t)
        value += h.quantity * market.last_price(instrument, t) * instrument.unit * rate
    cash = sum(amount * market.fx_rate(currency, account.currency, t) for currency, amount in account.cash.items())
    return value, value + cash


def test_the_lesson_is_a_wednesday_morning_in_new_york():
    start = datetime.fromtimestamp(LESSON.start, NEW_YORK)
    assert datetime(2025, 6, 11, 10, 0, tzinfo=NEW_YORK) == start
    assert 2 == start.weekday()
    assert date(2025, 6, 11) == LESSON.today
    assert 7 == LESSON.seed
    assert "DU1234567" == LESSON.accounts[0].code
    assert LESSON.always_open_from is None


@pytest.mark.parametrize(("symbol", "minute", "signal"), [("TSLA", 2, 1.05), ("NVDA", 5, 1.05), ("AMD", 15, 1.05)])
def test_jumps_are_above_five_percent_within_one_second(market, symbol, minute, signal):
    instrument, t = stock(market, symbol), new_york(10, minute)
    assert market.last_price(instrument, t) > signal * market.last_price(instrument, t - 1)


@pytest.mark.parametrize(("symbol", "minute"), [("NVDA", 10), ("INTC", 20), ("TSLA", 30)])
def test_falls_are_below_minus_six_percent_within_one_second(market, symbol, minute):
    instrument, t = stock(market, symbol), new_york(10, minute)
    assert market.last_price(instrument, t) < 0.94 * market.last_price(instrument, t - 1)


def test_who_jumps_and_falls_is_held_or_not_as_the_script_says():
    held = {h.symbol: h.quantity for h in LESSON.accounts[0].positions}
    assert held["NVDA"] >= 5
    assert not {"TSLA", "AMD", "INTC"} & set(held)
    assert 8 <= len(held) <= 12


def test_no_other_second_is_a_signal(market):
    signals = {}
    for symbol in ("TSLA", "NVDA", "AMD", "INTC", "SPY", "AAPL"):
        last = market.seconds(stock(market, symbol), new_york(10), new_york(11, 30)).last
        change = last[1:] / last[:-1]
        signals[symbol] = int(((change > 1.05) | (change < 0.94)).sum())
    assert {"TSLA": 2, "NVDA": 2, "AMD": 1, "INTC": 1, "SPY": 0, "AAPL": 0} == signals


def test_lean_hogs_rise_by_three_deviations(market):
    """The strategy of the guide to ib_insync: 15-minute middles of two days, regular hours; it sells above."""
    (hogs,) = market.instruments.match(Contract(symbol="HE", secType="CONTFUT", exchange="CME"))
    signals = {}
    for minute in (0, 15, 30, 45, 60):
        bars = market.bars(hogs, "MIDPOINT", 900, new_york(0) - 86_400, new_york(10, 0) + 60 * minute)
        window = bars.close[-50:]
        signals[minute] = (window[-1] - window.mean()) / window.std(ddof=1)
    assert all(abs(signals[minute]) < 3 for minute in (0, 15, 30))
    assert signals[45] > 3
    assert signals[60] > 3


def test_what_is_bound_to_the_market_falls_with_it(market):
    before, after = new_york(11) - 1, new_york(11, 10)
    names = {"SPY": "STK", "QQQ": "STK", "IWM": "STK", "VOO": "STK", "SPX": "IND", "NDX": "IND"}
    found = [i for i in market.instruments if names.get(i.symbol) == i.secType and i.schedule in ("US", "CBOE")]
    found += [i for i in market.instruments.futures if i.localSymbol in ("ESM5", "MESM5", "NQM5")]
    assert len(found) == 9
    for instrument in found:
        assert 0.82 < market.last_price(instrument, after) / market.last_price(instrument, before) < 0.89
    (vix,) = market.instruments.match(Contract(symbol="VIX", secType="IND", exchange="CBOE"))
    assert market.last_price(vix, after) > 1.4 * market.last_price(vix, before)


def test_the_drawdown_passes_both_guards(market):
    stocks, total = worth(market, new_york(10))
    for minute in range(60):
        now, all_now = worth(market, new_york(10, minute))
        assert now > 0.95 * stocks
        assert all_now > 0.95 * total
    fallen, all_fallen = worth(market, new_york(11, 10))
    assert fallen < 0.95 * stocks
    assert all_fallen < 0.95 * total


def test_cash_is_a_little_above_a_million(market):
    stocks, total = worth(market, LESSON.start)
    assert 1_000_000 < total - stocks < 1_100_000
    assert {"USD", "EUR"} == set(LESSON.accounts[0].cash)


def test_the_movers_are_the_most_active(market):
    us = [i for i in market.instruments.listings if i.secType == "STK" and i.schedule == "US"]
    wanted = [i for i in us if market.avg_volume(i) > 1_000_000 and market.last_price(i, LESSON.start) > 10]
    ranked = sorted(wanted, key=lambda i: -market.day_stats(i, LESSON.start).volume)
    assert {"NVDA", "TSLA", "AMD", "INTC"} < {i.symbol for i in ranked[:5]}


def test_moves_are_on_whole_minutes():
    with pytest.raises(ValueError, match="whole minute"):
        Move("AAPL", 30, 1.1)
    with pytest.raises(ValueError, match="above 0"):
        Move("AAPL", 60, 0.0)


SUNDAY = datetime(2026, 8, 16, 3, 0, tzinfo=NEW_YORK).timestamp()


def test_live_begins_now_and_keeps_the_exchanges_hours():
    """market 22."""
    scenario = live(SUNDAY)
    assert (SUNDAY, (), False) == (scenario.start, scenario.moves, scenario.always_open)
    market = Market(scenario.seed, Instruments(scenario.today), scenario.moves, scenario.always_open_from)
    assert not market.is_open(stock(market, "AAPL"), SUNDAY)
    assert market.is_open(stock(market, "AAPL"), SUNDAY + 31 * 3600, rth=True)


def test_always_open_begins_now_and_never_closes():
    now = SUNDAY
    scenario = always_open(now)
    assert (now, (), True) == (scenario.start, scenario.moves, scenario.always_open)
    world = Market(scenario.seed, Instruments(scenario.today), scenario.moves, scenario.always_open_from)
    for instrument in world.instruments:
        assert world.is_open(instrument, now)
        assert world.is_open(instrument, now + 20 * 3600, rth=True)


def test_scenarios_by_name():
    assert LESSON is SCENARIOS["lesson"](0.0)
    assert 123456.0 == SCENARIOS["live"](123456.0).start


def test_what_is_scripted_moves_along_with_the_start():
    start = datetime(2025, 3, 3, 9, 30, tzinfo=NEW_YORK).timestamp()
    moved = LESSON.at(start)
    assert [move.time - LESSON.start for move in LESSON.moves] == [move.time - start for move in moved.moves]
    assert [each.time - LESSON.start for each in LESSON.bulletins] == [each.time - start for each in moved.bulletins]
    assert (date(2025, 3, 3), LESSON.accounts) == (moved.today, moved.accounts)
    assert LESSON == moved.at(LESSON.start)
    assert all(move.time % 60 == 0 for move in LESSON.at(start + 7.5).moves)


def test_a_longer_way_to_the_exchange_makes_fills_and_cancellations_later_in_proportion():
    assert Latency(0.5, 1.5, 1.0) == Latency(0.05, 0.15, 0.1).slower(0.5)
