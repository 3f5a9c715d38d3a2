"""No simple rule earns: neither it nor its opposite, after the spread, over ten seeds.

Rule: a rule's bets are taken together by day (or by minute) and seed, and measured against holding: what remains is its
skill. The t-value of that stays below 3 for both directions.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from math import exp
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ibnb.gateway.instruments import CLASSES, Instruments
from ibnb.gateway.market import Market
from ibnb.gateway.market.black_scholes import RATE, alive
from ibnb.gateway.market.options import dividends, years_left

INSTRUMENTS = Instruments(date(2025, 6, 11))
LISTED = {f"{i.symbol}.{i.secType}.{i.currency}": i for i in INSTRUMENTS.listings}
SEEDS = range(11, 21)
SHARES = ("SPY", "AAPL", "KO")
# A share's spread, as a part of its price.
COST = 0.5e-4


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=ZoneInfo("America/New_York")).timestamp()


@cache
def market(seed: int) -> Market:
    return Market(seed, INSTRUMENTS)


@cache
def daily(seed: int, name: str):
    return market(seed).bars(LISTED[name], "TRADES", "day", at(2018, 12, 31), at(2025, 1, 1))


def returns(bars) -> np.ndarray:
    return np.diff(np.log(bars.close))


def t_value(values) -> float:
    return float(values.mean() / values.std() * len(values) ** 0.5)


def earns_nothing(bets: np.ndarray, cost: float) -> None:
    """`bets`: what each came to, before `cost`; days without one are left out."""
    bets = bets[bets != 0]
    assert len(bets) > 100
    assert t_value(bets - cost) < 3
    assert t_value(-bets - cost) < 3


def on_days(rule) -> np.ndarray:
    """The bets of a rule on each day, its shares together, one seed after the other."""
    by_seed = []
    for seed in SEEDS:
        each = [rule(daily(seed, f"{symbol}.STK.USD")) for symbol in SHARES]
        by_seed.append(np.mean(each, axis=0))
    return np.concatenate(by_seed)


@pytest.mark.parametrize("days", [1, 5, 20, 60, 250])
def test_what_has_risen_neither_rises_nor_falls(days):
    def rule(bars):
        r = returns(bars) - returns(bars).mean()
        past = np.convolve(r, np.ones(days), "full")[: len(r)]
        return np.sign(past[days - 1 : -1]) * r[days:]

    earns_nothing(on_days(rule), COST)


@pytest.mark.parametrize("least", [0.0, 1.0, 2.5])
def test_a_gap_is_no_signal(least):  # market 1
    def rule(bars):
        gap, day = np.log(bars.open[1:] / bars.close[:-1]), np.log(bars.close / bars.open)[1:]
        gap = gap - gap.mean()
        return np.sign(gap) * (abs(gap) > least * gap.std()) * (day - day.mean())

    earns_nothing(on_days(rule), COST)


def day_of(bars) -> np.ndarray:
    return bars.time[1:].astype("M8[s]").astype("M8[D]")


CALENDAR = {
    "Mondays": lambda day: (day.astype(int) + 3) % 7 == 0,
    "Fridays": lambda day: (day.astype(int) + 3) % 7 == 4,
    "the turn of the month": lambda day: np.isin((day - day.astype("M8[M]")).astype(int), [0, 1, 2, 28, 29, 30]),
    "January": lambda day: day.astype("M8[M]").astype(int) % 12 == 0,
    "the second half of a year": lambda day: day.astype("M8[M]").astype(int) % 12 >= 6,
}


@pytest.mark.parametrize("name", CALENDAR)
def test_no_time_of_the_year_is_better(name):  # market 2
    earns_nothing(on_days(lambda bars: CALENDAR[name](day_of(bars)) * (returns(bars) - returns(bars).mean())), COST)


def test_a_years_first_half_says_nothing_of_its_second():  # market 2
    def rule(bars):
        r, month = returns(bars) - returns(bars).mean(), day_of(bars).astype("M8[M]").astype(int)
        half = month // 6
        past = {h: r[half == h].sum() for h in np.unique(half).tolist()}
        return np.array([np.sign(past.get(h - 1, 0.0)) * (h % 2) for h in half.tolist()]) * r

    earns_nothing(on_days(rule), COST / 20)


def test_a_pair_does_not_come_back():
    bets = []
    for seed in SEEDS:
        visa, master = (daily(seed, f"{name}.STK.USD").close for name in ("V", "MA"))
        ratio = np.log(visa / master)
        mean = np.convolve(ratio, np.ones(20) / 20, "valid")
        away = ratio[19:] - mean
        next_ = np.diff(ratio)[19:]
        bets.append(-np.sign(away[:-1]) * (abs(away[:-1]) > away.std()) * next_)
    earns_nothing(np.concatenate(bets), 2 * COST)


@pytest.mark.parametrize("fear", ["high", "rising", "spike"])
def test_vix_is_no_signal(fear):  # market 21
    bets = []
    for seed in SEEDS:
        vix = market(seed).bars(LISTED["VIX.IND.USD"], "TRADES", "day", at(2018, 12, 31), at(2025, 1, 1)).close
        r = returns(daily(seed, "SPY.STK.USD"))
        r = r - r.mean()
        mean = np.convolve(vix, np.ones(20) / 20, "valid")
        now, before = vix[19:-1], vix[18:-2]
        signal = {"high": now > mean[:-1], "rising": now > before, "spike": now > 1.12 * before}[fear]
        bets.append(np.where(signal, 1.0, 0.0) * r[19:])
    earns_nothing(np.concatenate(bets), COST)


def test_selling_insurance_is_no_machine():  # market 21
    """What SPX's month was expected to vary, less what it did vary, in months that don't overlap."""
    bets = []
    for seed in SEEDS:
        spx = LISTED["SPX.IND.USD"]
        span = at(2018, 12, 31), at(2025, 1, 1)
        expected = market(seed).bars(spx, "OPTION_IMPLIED_VOLATILITY", "day", *span).close ** 2
        r = returns(market(seed).bars(spx, "TRADES", "day", *span))
        months = range(0, len(r) - 21, 21)
        bets.append([1 - (r[n : n + 21] ** 2).mean() * 252 / expected[n] for n in months])
    earns_nothing(np.concatenate(bets), 0.0)


# Within a day


@cache
def seconds(seed: int, symbol: str):
    return market(seed).seconds(LISTED[f"{symbol}.STK.USD"], at(2025, 6, 10, 10), at(2025, 6, 10, 14))


@pytest.mark.parametrize("span", [1, 5, 20, 60, 600])
def test_seconds_neither_go_on_nor_come_back(span):  # market 3
    bets = []
    for seed in SEEDS:
        for symbol in SHARES:
            s = seconds(seed, symbol)
            middle, spread = (s.bid + s.ask) / 2, s.ask - s.bid
            price, width = middle[::span], spread[::span]
            move = np.diff(price)
            worth = abs(move[:-1]) > move.std()
            cost = (width[1:-1] + width[2:]) / 2
            bets.append(np.stack([np.sign(move[:-1]) * worth * move[1:], cost * worth])[:, worth] / price[0])
    earned, cost = np.concatenate(bets, axis=1)
    assert t_value(earned - cost) < 3
    assert t_value(-earned - cost) < 3


@pytest.mark.parametrize("below", [1e-4, 3e-4, 6e-4])
def test_the_dips_of_a_second_are_no_bargains(below):  # market 3
    """Buy so far below the middle in each minute, where the offer comes to it; leave at the bid two seconds later."""
    earned = []
    for seed in SEEDS:
        for symbol in SHARES:
            s = seconds(seed, symbol)
            n = len(s) // 60 * 60
            bid, ask = s.bid[:n].reshape(-1, 60), s.ask[:n].reshape(-1, 60)
            limit = np.floor((bid[:, 0] + ask[:, 0]) / 2 * (1 - below) / 0.01) * 0.01 + 1e-9
            met = ask[:, 1:57] <= limit[:, None]
            row = np.flatnonzero(met.any(axis=1))
            when = met[row].argmax(axis=1) + 1
            earned.append(bid[row, when + 2] / limit[row] - 1)
    assert t_value(np.concatenate(earned)) < 3


def test_to_stand_at_the_bid_and_the_offer_earns_nothing():
    """Buy at the bid when the offer comes down to it, sell at the offer when the bid comes up to it."""
    earned = []
    for seed in SEEDS:
        for symbol in SHARES:
            s = seconds(seed, symbol)
            n = len(s) // 60 * 60
            bid, ask = s.bid[:n].reshape(-1, 60), s.ask[:n].reshape(-1, 60)
            bought = (ask[:, 1:] <= bid[:, :1] + 1e-9).any(axis=1)
            sold = (bid[:, 1:] >= ask[:, :1] - 1e-9).any(axis=1)
            end = (bid[:, -1] + ask[:, -1]) / 2
            earned.append((bought * (end - bid[:, 0]) + sold * (ask[:, 0] - end)) / end)
    assert t_value(np.concatenate(earned)) < 3


# Options


@pytest.mark.parametrize(("tradingClass", "spot"), [("SPXW", "SPX.IND.USD"), ("AAPL", "AAPL.STK.USD")])
def test_put_call_and_share_leave_nothing_to_take(tradingClass, spot):  # market 6
    each = next(c for c in CLASSES if c.tradingClass == tradingClass)
    options = INSTRUMENTS.options
    for seed in SEEDS[:3]:
        t = at(2025, 6, 11, 11)
        whole = market(seed).last_price(LISTED[spot], t)
        for expiration in options.expirations(each)[:8:3]:
            strikes = options.strikes(each, expiration)
            for strike in strikes[:: max(len(strikes) // 12, 1)]:
                call, put = (options.option(each, expiration, strike, right) for right in "CP")
                c, p = (market(seed).quote(one, t) for one in (call, put))
                left = years_left(market(seed), call, t)
                due = strike * exp(-RATE * left)
                # What a share pays until the end isn't the call's.
                price = float(alive(call, whole, left, dividends(market(seed), call, t)))
                tick = call.minTick
                # Buy the call, sell the put and the share, lend; and the other way round, where the put may come early.
                assert (p.bid or 0) + price - c.ask - due <= tick + (strike - due) * (put.underSecType == "STK")
                early = (whole - price) * (call.underSecType == "STK")
                assert (c.bid or 0) + due - p.ask - price <= tick + early
                if put.underSecType == "STK":
                    assert p.ask >= strike - whole - 1e-9
                    assert c.ask >= whole - strike - 1e-9


def test_a_straddle_held_for_an_hour_earns_nothing():
    """At the money, where the two deltas cancel: neither long nor short earns after the spread."""
    each = next(c for c in CLASSES if c.tradingClass == "SPXW")
    expiration = next(e for e in INSTRUMENTS.options.expirations(each) if (e.last - date(2025, 6, 11)).days > 28)
    earned = []
    for seed in SEEDS:
        for day in (4, 5, 6, 9, 10):
            hours = at(2025, 6, day, 9, 30), at(2025, 6, day, 16)
            level = market(seed).last_price(LISTED["SPX.IND.USD"], hours[0])
            strike = min(INSTRUMENTS.options.strikes(each, expiration), key=lambda k, near=level: abs(k - near))
            pair = [INSTRUMENTS.options.option(each, expiration, strike, right) for right in "CP"]
            middle, offer = (
                sum(market(seed).bars(one, what, 3600, *hours).close for one in pair) for what in ("MIDPOINT", "ASK")
            )
            earned.append(np.stack([np.diff(middle), 2 * (offer - middle)[1:]]) / middle[0])
    change, cost = np.concatenate(earned, axis=1)
    assert t_value(change - cost) < 3
    assert t_value(-change - cost) < 3


def test_two_months_of_a_future_differ_by_carrying_alone():
    near, far = (next(f for f in INSTRUMENTS.futures if f.localSymbol == name) for name in ("ESM5", "ESU5"))
    for seed in SEEDS[:3]:
        bars = [
            market(seed).bars(one, "TRADES", 900, at(2025, 5, 1), at(2025, 6, 1), rth=False).close
            for one in (near, far)
        ]
        spread = bars[1] / bars[0] - 1
        # Less than the ticks of both.
        assert abs(spread - np.median(spread)).max() < 6 * 0.25 / bars[0].min()
