"""Dividends, splits and results in prices and bars."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ibnb.gateway.corporate import DEFAULT, NOTHING, Corporate, Dividend, Payer, Report, Split
from ibnb.gateway.instruments import Instruments
from ibnb.gateway.market import Market
from ibnb.gateway.market.black_scholes import RATE, YIELD
from ibnb.gateway.market.options import expected_volatility

HOUR = 3600
TODAY = date(2025, 6, 11)
INSTRUMENTS = Instruments(TODAY)
LISTED = {f"{i.symbol}.{i.secType}.{i.currency}": i for i in INSTRUMENTS.listings}
KO, AAPL, NVDA, IBKR = (LISTED[f"{symbol}.STK.USD"] for symbol in ("KO", "AAPL", "NVDA", "IBKR"))


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=ZoneInfo("America/New_York")).timestamp()


@cache
def market(seed: int = 7, corporate: Corporate = DEFAULT, today: date = TODAY) -> Market:
    return Market(seed, INSTRUMENTS if today == TODAY else Instruments(today), corporate=corporate)


# Dividends


def test_the_lessons_morning_is_what_it_would_be_without_corporate_actions():
    for instrument in (KO, AAPL, LISTED["SPY.STK.USD"], LISTED["MSFT.STK.USD"]):
        with_, without = (
            market(7, each).quote(instrument, at(2025, 6, 11, 10)).midpoint for each in (DEFAULT, NOTHING)
        )
        assert abs(with_ / without - 1) < 1e-3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_share_falls_by_its_dividend_when_it_goes_ex(seed):
    """The same world without dividends, and with one of 5.00: all else is the same."""
    dear = Corporate(
        declared=(
            Dividend("KO", date(2025, 3, 14), date(2025, 4, 1), 5.0),
            Dividend("KO", date(2025, 6, 13), date(2025, 7, 1), 5.0),
            Dividend("KO", date(2025, 9, 15), date(2025, 10, 1), 5.0),
        )
    )
    closes, opens = at(2025, 6, 12, 15, 59), at(2025, 6, 13, 9, 31)
    moved = {}
    for name, corporate in (("none", NOTHING), ("dear", dear)):
        before, after = (market(seed, corporate).quote(KO, t).midpoint for t in (closes, opens))
        moved[name] = after / before - 1
    before = market(seed, dear).quote(KO, closes).midpoint
    assert moved["dear"] - moved["none"] == pytest.approx(-5.0 / before, abs=0.1 / before + 2e-3)


def test_nobody_earns_by_buying_before_the_date_and_selling_after():
    """Price and dividend together make what any day makes, over seeds and payers."""
    earned = []
    for seed in range(11, 21):
        for symbol in ("KO", "JPM", "XOM", "PG"):
            share = LISTED[f"{symbol}.STK.USD"]
            days = market(seed).bars(share, "TRADES", "day", at(2015, 1, 1), at(2025, 1, 1))
            close = dict(zip(days.time.tolist(), days.close.tolist(), strict=True))
            for due in market(seed).paths.actions.dividends(share, at(2015, 3, 1), at(2024, 12, 1)):
                ex = (due.day - date(1970, 1, 1)).days * 86_400
                before = max(t for t in close if t < ex)
                earned.append((close[ex] + due.amount) / close[before] - 1)
    earned = np.array(earned)
    assert len(earned) > 1500
    assert abs(earned.mean() / earned.std() * len(earned) ** 0.5) < 3


def test_adjusted_last_is_the_return_of_whoever_buys_more_for_each_dividend():
    asked = at(2025, 6, 11, 10)
    plain, adjusted = (market().bars(KO, what, "day", at(2024, 6, 1), asked) for what in ("TRADES", "ADJUSTED_LAST"))
    assert plain.close[-1] == adjusted.close[-1]
    shares = 1.0
    close = dict(zip(plain.time.tolist(), plain.close.tolist(), strict=True))
    due = market().paths.actions.dividends(KO, float(plain.time[0]), asked)
    assert len(due) == 4
    for each in due:
        ex = (each.day - date(1970, 1, 1)).days * 86_400
        before = close[max(t for t in close if t < ex)]
        shares *= before / (before - each.amount)
    assert adjusted.close[0] * shares == pytest.approx(plain.close[0], abs=0.01)
    assert (adjusted.volume == plain.volume).all()


@pytest.mark.parametrize("size", [60, 300, 3600, 8 * HOUR, "week", "month"])
def test_adjusted_bars_of_a_larger_size_are_made_of_smaller_ones(size):
    start, asked = at(2025, 6, 2, 9, 30), at(2025, 6, 20, 20)
    for what in ("ADJUSTED_LAST", "TRADES", "BID"):
        small, large = (market().bars(IBKR, what, each, start, asked) for each in (60, size))
        assert small.high.max() == large.high.max()
        assert small.low.min() == large.low.min()
        assert small.close[-1] == large.close[-1]


@pytest.mark.parametrize(
    ("name", "amount", "start", "end"),
    [
        ("SAP.STK.EUR", 2.35, (2025, 5, 13, 12), (2025, 5, 14, 12)),
        ("BARC.STK.GBP", 5.5, (2025, 2, 26, 12), (2025, 2, 27, 12)),  # 0.055 pounds, quoted in pence
        ("7203.STK.JPY", 50.0, (2025, 3, 26, 21), (2025, 3, 27, 21)),
        ("700.STK.HKD", 4.5, (2025, 5, 14, 22), (2025, 5, 15, 22)),
    ],
)
def test_european_and_asian_shares_pay_too(name, amount, start, end):
    """Once or twice a year, at the opening of their own exchange; the rest of the day's move is that of a world without
    dividends."""
    share, moved = LISTED[name], {}
    for corporate in (DEFAULT, NOTHING):
        moved[corporate] = float(np.subtract(*(market(7, corporate).last_price(share, at(*t)) for t in (end, start))))
    assert moved[DEFAULT] - moved[NOTHING] == pytest.approx(-amount, rel=0.06, abs=2 * share.minTick)
    (due,) = market().paths.actions.dividends(share, at(*start), at(*end))
    assert due.amount * share.priceMagnifier == pytest.approx(amount)
    span = at(*start[:2], 1), at(*end)
    plain, adjusted = (market().bars(share, what, "day", *span) for what in ("TRADES", "ADJUSTED_LAST"))
    assert plain.close[-1] == adjusted.close[-1]
    before = market().previous_close(share, due.ex)
    assert adjusted.close[0] / plain.close[0] == pytest.approx(1 - amount / before, abs=2 * share.minTick / before)


def test_funds_futures_and_options_agree_on_what_an_index_pays():
    """An index pays all the time, its funds each quarter; the basis of a future and the parity of options say as
    much."""
    for name, root in (("SPY", "ES"), ("QQQ", "NQ"), ("IWM", "RTY"), ("DIA", "YM")):
        fund = LISTED[f"{name}.STK.USD"]
        paid = sum(due.amount for due in market().paths.actions.dividends(fund, at(2024, 12, 1), at(2025, 12, 1)))
        future = next(each for each in INSTRUMENTS.futures if each.symbol == root)
        assert RATE - future.model.carry == pytest.approx(paid / fund.model.anchor, abs=0.0015)
        if root == "ES":
            assert RATE - future.model.carry == pytest.approx(YIELD)


# Splits


def test_bars_are_told_in_todays_shares_and_not_before():
    """IBKR 4:1 on 2025-06-18."""
    before, after = at(2025, 6, 17, 20), at(2025, 6, 18, 10)
    span = at(2025, 6, 12), at(2025, 6, 17, 20)
    old = market().bars(IBKR, "TRADES", "day", *span, asked=before)
    new = market().bars(IBKR, "TRADES", "day", *span, asked=after)
    assert new.close == pytest.approx(old.close / 4, abs=0.0026)
    assert (new.volume == 4 * old.volume).all()
    assert (new.count == old.count).all()
    assert market().previous_close(IBKR, after) == pytest.approx(old.close[-1] / 4, abs=0.006)
    assert market().quote(IBKR, after).last == pytest.approx(old.close[-1] / 4, rel=0.06)


def test_a_world_before_a_split_has_the_prices_of_its_time():
    """NVDA 10:1 on 2024-06-10."""
    earlier, later = market(7, DEFAULT, date(2024, 6, 7)), market()
    friday = at(2024, 6, 7, 15)
    share = next(i for i in earlier.instruments.listings if i.symbol == "NVDA")
    assert earlier.quote(share, friday).last == pytest.approx(10 * later.quote(NVDA, friday).last, abs=0.2)
    monday = at(2024, 6, 10, 15)
    assert earlier.quote(share, monday).last == later.quote(NVDA, monday).last
    bars = earlier.bars(share, "TRADES", "day", at(2024, 6, 3), monday)
    assert bars.close[:-1] == pytest.approx(
        later.bars(NVDA, "TRADES", "day", at(2024, 6, 3), monday).close[:-1], abs=0.02
    )
    assert earlier.avg_volume(share) == later.avg_volume(NVDA) / 10


def test_a_reverse_split_makes_fewer_and_dearer_shares():
    reverse = Corporate(splits=(Split("KO", date(2025, 6, 16), 0.125),))
    closed, opened = at(2025, 6, 13, 15, 59), at(2025, 6, 16, 10)
    world = market(7, reverse)
    assert world.quote(KO, opened).last == pytest.approx(8 * world.quote(KO, closed).last, rel=0.05)


# Results

LOUD = Corporate(reports=(Report("KO", 3, 3, 12, True, 0.10),))  # Thursday 12 June, after the close


def test_results_move_the_price_after_the_close_and_the_next_day_is_busy():
    sizes, volumes = [], []
    for seed in range(1, 9):
        loud, quiet = market(seed, LOUD), market(seed, NOTHING)
        before, after = at(2025, 6, 12, 15, 59), at(2025, 6, 12, 16, 10)
        assert loud.quote(KO, before).last == quiet.quote(KO, before).last
        sizes.append(abs(loud.quote(KO, after).last / loud.quote(KO, before).last - 1))
        each = [m.bars(KO, "TRADES", "day", at(2025, 6, 13), at(2025, 6, 13, 23)).volume[-1] for m in (loud, quiet)]
        volumes.append(each[0] / each[1])
    assert 0.04 < np.mean(sizes) < 0.16
    assert min(volumes) > 1.8


def test_options_know_that_results_come_and_that_they_are_over():
    loud, quiet = market(7, LOUD), market(7, NOTHING)
    before, after = at(2025, 6, 12, 15), at(2025, 6, 13, 15)
    assert expected_volatility(loud, KO, before) > 1.5 * expected_volatility(quiet, KO, before)
    assert expected_volatility(loud, KO, after) == expected_volatility(quiet, KO, after)


def test_nobody_knows_which_way_results_go():
    jumps = []
    for seed in range(1, 40):
        steps, move = market(seed, LOUD).paths.actions.reports(KO.model.key)
        jumps += (np.expm1(np.diff(steps.level)) / move).tolist()
    assert abs(np.mean(jumps)) * len(jumps) ** 0.5 < 3
    assert np.std(jumps) == pytest.approx(1.0, abs=0.05)


def test_both_share_classes_and_every_exchange_go_the_same_way():
    report = Corporate(reports=(Report("GOOGL", 3, 3, 12, True, 0.2),))
    before, after = at(2025, 6, 12, 15, 59), at(2025, 6, 12, 16, 10)
    moved = [
        market(3, report).quote(LISTED[f"{symbol}.STK.USD"], after).last
        / market(3, report).quote(LISTED[f"{symbol}.STK.USD"], before).last
        for symbol in ("GOOG", "GOOGL")
    ]
    assert abs(moved[0] - 1) > 0.01
    assert moved[0] == pytest.approx(moved[1], abs=1e-3)


def test_a_date_without_trading_means_the_next_day_with():
    sunday = Corporate(payers=(Payer("KO", (6,), 15, 1, 1.0),))
    (due,) = market(7, sunday).paths.actions.dividends(KO, at(2025, 6, 1), at(2025, 7, 1))
    assert due.day == date(2025, 6, 16)
    assert due.ex == at(2025, 6, 16, 4)
    assert due.pay == at(2025, 6, 16, 4)
