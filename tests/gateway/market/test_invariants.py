"""What prices are held to: the table of an honest market, as means over seeds and over four shares."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ibnb.gateway.instruments import Instruments
from ibnb.gateway.market import Market

INSTRUMENTS = Instruments(date(2025, 6, 11))
LISTED = {f"{i.symbol}.{i.secType}.{i.currency}": i for i in INSTRUMENTS.listings}
ES, NQ = (next(f for f in INSTRUMENTS.futures if f.localSymbol == name) for name in ("ESM5", "NQM5"))
SEEDS = (1, 2, 3, 4, 5)
SHARES = ("SPY", "AAPL", "KO", "TSLA")


def share(symbol):
    return LISTED[f"{symbol}.STK.USD"]


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=ZoneInfo("America/New_York")).timestamp()


def correlation(a, b) -> float:
    return float(np.corrcoef(a, b)[0, 1])


@cache
def market(seed: int) -> Market:
    return Market(seed, INSTRUMENTS)


@cache
def daily(seed: int, symbol: str):
    return market(seed).bars(share(symbol), "TRADES", "day", at(2010, 12, 31), at(2025, 1, 1))


@cache
def seconds(seed: int, name: str) -> np.ndarray:
    """The logarithm of the middle, second by second, of three hours."""
    instrument = {"ES": ES, "NQ": NQ}.get(name) or LISTED[name]
    found = market(seed).seconds(instrument, at(2025, 6, 10, 10), at(2025, 6, 10, 13))
    return np.log((found.bid + found.ask) / 2)


def returns(bars) -> np.ndarray:
    return np.diff(np.log(bars.close))


def over_days(figure):
    return float(np.mean([figure(daily(seed, symbol)) for seed in SEEDS for symbol in SHARES]))


def autocorrelation(values, lag=1) -> float:
    return correlation(values[lag:], values[:-lag])


def years(bars) -> np.ndarray:
    return bars.time[1:].astype("M8[s]").astype("M8[Y]").astype(int) + 1970


def halves(bars):
    month = bars.time[1:].astype("M8[s]").astype("M8[M]").astype(int) % 12
    r, year = returns(bars), years(bars)
    sums = [[r[(year == y) & ((month < 6) == first)].sum() for y in np.unique(year)] for first in (True, False)]
    return correlation(*sums)


def variance_ratio(bars, days=252) -> float:
    r = returns(bars)
    r = r - r.mean()
    sums = np.convolve(r, np.ones(days), "valid")
    # What overlaps is counted more than once; the mean was taken out.
    return float(sums.var() / (days * r.var()) * len(r) / (len(r) - days))


def test_a_gap_says_nothing_of_the_rest_of_the_day():  # market 1
    def gap_and_day(bars):
        return np.log(bars.open[1:] / bars.close[:-1]), np.log(bars.close / bars.open)[1:]

    assert -0.05 < over_days(lambda bars: correlation(*gap_and_day(bars))) < 0.05

    def large(bars):
        gap, day = gap_and_day(bars)
        return correlation(np.sign(gap) * (abs(gap) > 2.5 * gap.std()), day)

    assert -0.05 < over_days(large) < 0.05
    assert 0.15 < over_days(lambda bars: gap_and_day(bars)[0].var() / returns(bars).var()) < 0.45


def test_a_year_takes_nothing_back():  # market 2
    assert -0.35 < over_days(halves) < 0.35
    assert 0.7 < over_days(variance_ratio) < 1.3
    losing = [sum(returns(b)[years(b) == y].sum() < 0 for y in range(2011, 2025)) for b in fund_bars()]
    assert 1 <= np.mean(losing) <= 7


def fund_bars():
    return [daily(seed, "SPY") for seed in SEEDS]


def test_days_have_tails_and_memory():  # market 9
    assert -0.05 < over_days(lambda bars: autocorrelation(returns(bars))) < 0.05
    assert 0.1 < over_days(lambda bars: autocorrelation(abs(returns(bars)))) < 0.5
    assert (
        3
        < over_days(lambda bars: ((returns(bars) - returns(bars).mean()) ** 4).mean() / returns(bars).var() ** 2 - 3)
        < 40
    )
    skew = [((returns(b) - returns(b).mean()) ** 3).mean() / returns(b).std() ** 3 for b in fund_bars()]
    assert np.mean(skew) < -0.1
    assert np.mean([returns(b).min() for b in fund_bars()]) < -0.06
    for symbol in SHARES:
        vols = [returns(daily(seed, symbol)).std() * 252**0.5 for seed in SEEDS]
        assert np.mean(vols) == pytest.approx(share(symbol).model.vol, rel=0.15)


def test_volume_goes_with_moves():  # market 9
    assert 0.25 < over_days(lambda bars: correlation(np.log(bars.volume[1:]), abs(returns(bars)))) < 0.8
    by_minute, closing = [], []
    for seed in SEEDS:
        for symbol in SHARES:
            bars = market(seed).bars(share(symbol), "TRADES", 60, at(2025, 5, 12), at(2025, 5, 24))
            volume = bars.volume.reshape(-1, 390).astype(float)
            move = abs(np.log(bars.close / bars.open)).reshape(-1, 390)
            by_minute.append(correlation((volume / volume.mean(axis=0)).ravel(), move.ravel()))
            closing.append(volume[:, -1].sum() / volume.sum())
    assert 0.25 < np.mean(by_minute) < 0.8
    assert 0.07 < np.mean(closing) < 0.13


def test_a_day_is_busiest_at_its_open():  # market 9
    spreads = []
    for seed in SEEDS:
        bars = market(seed).bars(share("AAPL"), "TRADES", 60, at(2025, 4, 1), at(2025, 6, 11))
        spreads.append(((bars.high - bars.low) / bars.close).reshape(-1, 390).mean(axis=0))
    first, middle, last = (
        np.mean(spreads, axis=0)[rows].mean() for rows in (slice(30), slice(150, 240), slice(-30, None))
    )
    assert first > 1.5 * middle
    assert first > last > middle


def test_seconds_are_no_needles():  # market 3
    steps = [np.diff(seconds(seed, f"{symbol}.STK.USD")) for seed in SEEDS for symbol in SHARES]
    assert -0.12 < np.mean([autocorrelation(step) for step in steps]) < 0.12
    minutes = [np.add.reduceat(step, range(0, len(step), 60)) for step in steps]
    ratios = [(s @ s) / (m @ m) for s, m in zip(steps, minutes, strict=True)]
    assert 0.7 < np.mean(ratios) < 1.5


def test_what_is_bound_moves_together_within_seconds():  # market 4
    for a, b in (("ES", "SPY.STK.USD"), ("NQ", "QQQ.STK.USD")):
        found = [correlation(*(np.diff(seconds(seed, name)[::5]) for name in (a, b))) for seed in SEEDS]
        assert np.mean(found) > 0.8


def test_the_basis_is_what_carrying_costs():  # market 5
    for future, index in ((ES, "SPX.IND.USD"), (NQ, "NDX.IND.USD")):
        for seed in SEEDS:
            one = market(seed).bars(future, "TRADES", 3600, at(2025, 5, 1), at(2025, 5, 31), rth=False)
            other = market(seed).bars(LISTED[index], "TRADES", 3600, at(2025, 5, 1), at(2025, 5, 31))
            both, a, b = np.intersect1d(one.time, other.time, return_indices=True)
            # The first hour of an index begins at the half hour, the last ends with its session.
            basis = one.close[a] / other.close[b] - 1
            left = date(2025, 6, 20).toordinal() - np.array(
                [datetime.fromtimestamp(t, ZoneInfo("UTC")).toordinal() for t in both]
            )
            assert basis.max() - basis.min() <= 0.004
            assert abs(basis - future.model.carry * left / 365.25).max() < 0.001


def test_the_same_thing_has_one_price_everywhere():  # market 5, 18
    for seed in SEEDS[:2]:
        for fund, index in (("QQQ", "NDX"), ("SPY", "SPX"), ("DIA", "INDU"), ("IWM", "RUT")):
            start, end = at(2025, 6, 2), at(2025, 6, 11)
            one = market(seed).bars(share(fund), "TRADES", 60, start, end).close
            ratio = one / market(seed).bars(LISTED[f"{index}.IND.USD"], "TRADES", 60, start, end).close
            assert ratio.max() / ratio.min() - 1 < 0.001
        # Both exchanges are open.
        span = at(2025, 6, 10, 9, 30), at(2025, 6, 10, 11, 30)
        here, there, euro = (
            market(seed).bars(LISTED[name], "MIDPOINT", 60, *span, rth=False).close
            for name in ("AMD.STK.USD", "AMD.STK.EUR", "EUR.CASH.USD")
        )
        assert there * euro / here == pytest.approx(1.0, abs=0.001)


def test_fear_rises_when_prices_fall():  # market 21
    vix, spx = LISTED["VIX.IND.USD"], LISTED["SPX.IND.USD"]
    found = []
    for seed in SEEDS[:3]:
        start, end = at(2014, 12, 31), at(2025, 1, 1)
        fear = market(seed).bars(vix, "TRADES", "day", start, end)
        prices = market(seed).bars(spx, "TRADES", "day", start, end)
        implied = market(seed).bars(spx, "OPTION_IMPLIED_VOLATILITY", "day", start, end)
        assert 100 * implied.close == pytest.approx(fear.close, abs=0.006)
        assert 8 < fear.low.min() < fear.high.max() < 130
        moves = np.diff(np.log(fear.close))
        found.append((correlation(moves, returns(prices)), correlation(moves[:-1], returns(prices)[1:])))
        has_been = market(seed).bars(spx, "HISTORICAL_VOLATILITY", "day", start, end)
        assert correlation(implied.close[40:], has_been.close[40:]) > 0.5
    together, ahead = np.mean(found, axis=0)
    assert -0.85 < together < -0.6
    assert abs(ahead) < 0.05


def test_currencies_keep_their_hours():  # market 24
    ranges, gaps = [], []
    for seed in SEEDS:
        bars = market(seed).bars(LISTED["EUR.CASH.USD"], "MIDPOINT", 3600, at(2025, 1, 6), at(2025, 5, 30))
        hour = np.array([datetime.fromtimestamp(t, ZoneInfo("America/New_York")).hour for t in bars.time])
        ranges.append([(bars.high - bars.low)[hour == h].mean() for h in range(24)])
        begins = np.flatnonzero(np.diff(bars.time) > 24 * 3600)
        gaps.append(abs(np.log(bars.open[begins + 1] / bars.close[begins])).mean())
    mean = np.mean(ranges, axis=0)
    asia, london = mean[[20, 21, 22, 23, 0, 1]].mean(), mean[3:11].mean()
    assert 2 < london / asia < 4
    assert np.mean(gaps) > 0.0005


def test_spreads_and_sides_vary():  # market 23
    found = market(1).seconds(share("AAPL"), at(2025, 6, 10, 10), at(2025, 6, 10, 15))
    spread = np.rint((found.ask - found.bid) / 0.01)
    assert {1.0, 2.0} < set(spread)
    assert 0.3 < (spread == 1).mean() < 0.9
    at_bid = (abs(found.last - found.bid) < 0.001).reshape(-1, 60).mean(axis=1)
    assert ((at_bid > 0.1) & (at_bid < 0.9)).mean() > 0.5


def test_prints_are_small_and_large_and_everywhere():  # market 23
    start = at(2025, 6, 10, 11)
    ticks = market(1).ticks(share("AAPL"), start, start + 120)
    sizes = np.array([tick.size for tick in ticks])
    assert sizes.sum() == market(1).bars(share("AAPL"), "TRADES", 60, start, start + 120).volume.sum()
    assert 0.3 < (sizes < 100).mean() < 0.8
    assert (sizes % 100 == 0).mean() > 0.08
    assert sizes.max() > 8 * np.median(sizes)
    venues = [tick.exchange for tick in ticks]
    assert 0.2 < venues.count("NASDAQ") / len(venues) < 0.6
    assert len(set(venues)) > 5
    times = [tick.time for tick in ticks]
    busiest = max(set(times), key=times.count)
    assert len({tick.size for tick in ticks if tick.time == busiest}) > 1
    assert ticks[-1].size == market(1).quote(share("AAPL"), start + 119).lastSize


def test_a_closing_auction_is_one_print():  # market 9
    closing = at(2025, 6, 10, 16)
    bars = market(1).bars(share("AAPL"), "TRADES", 1, closing - 60, closing)
    day = market(1).bars(share("AAPL"), "TRADES", "day", closing - 3600, closing)
    assert 0.05 < bars.volume[-1] / day.volume[0] < 0.16
    assert bars.volume[:-1].sum() < 0.3 * bars.volume[-1]


def test_a_currency_is_dearest_when_nobody_is_open():  # market 23
    def spread(hour):
        quotes = market(1).seconds(LISTED["EUR.CASH.USD"], at(2025, 6, 10, hour, 20), at(2025, 6, 10, hour, 50))
        return np.mean(quotes.ask - quotes.bid)

    london, tokyo, rollover = spread(9), spread(21), spread(17)
    assert london < 0.0001
    assert rollover > 1.7 * london
    assert rollover > tokyo > 1.1 * london


def test_a_cross_is_what_two_dollar_pairs_make():  # market 18
    pairs = [i for i in INSTRUMENTS.listings if i.secType == "CASH" and "USD" not in (i.symbol, i.currency)]
    assert pairs
    for pair in pairs[:6]:
        legs = []
        for currency in (pair.symbol, pair.currency):
            name, power = (
                (f"{currency}.CASH.USD", 1) if f"{currency}.CASH.USD" in LISTED else (f"USD.CASH.{currency}", -1)
            )
            legs.append((LISTED[name], power))
        for seed in SEEDS[:2]:
            span = at(2025, 6, 10, 10), at(2025, 6, 10, 10, 20)
            cross = market(seed).seconds(pair, *span)
            one, other = (market(seed).seconds(leg, *span) for leg, _ in legs)
            middles = [((leg.bid + leg.ask) / 2) ** power for leg, (_, power) in zip((one, other), legs, strict=True)]
            costs = sum((s.ask - s.bid) / s.bid for s in (cross, one, other))
            away = abs(np.log((cross.bid + cross.ask) / 2) - np.log(middles[0] / middles[1]))
            # A minute's own high and low may stand a little beside what the pairs make of it.
            assert np.mean(away < costs / 2) > 0.95
            assert (away < 2 * costs).all()
            bars = [
                market(seed).bars(i, "MIDPOINT", "day", at(2024, 6, 10), at(2025, 6, 10))
                for i in (pair, legs[0][0], legs[1][0])
            ]
            product = bars[1].close ** legs[0][1] / bars[2].close ** legs[1][1]
            assert bars[0].close == pytest.approx(product, rel=0.0005)
