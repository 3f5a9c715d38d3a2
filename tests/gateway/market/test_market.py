from __future__ import annotations

from dataclasses import astuple
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ibnb.gateway.instruments import Instruments
from ibnb.gateway.market import Market, NoMarketData
from ibnb.gateway.market.noise import bell, bits, stream, tent
from ibnb.gateway.scenario import LESSON, Move, new_york

TODAY = date(2025, 6, 11)
INSTRUMENTS = Instruments(TODAY)
MARKET = Market(7, INSTRUMENTS, LESSON.moves)
BY_NAME = {f"{i.symbol}.{i.secType}.{i.currency}": i for i in INSTRUMENTS.listings}
AAPL, EUR, SPX = (BY_NAME[name] for name in ("AAPL.STK.USD", "EUR.CASH.USD", "SPX.IND.USD"))
ES = next(f for f in INSTRUMENTS.futures if f.localSymbol == "ESM5")
ALL = [*INSTRUMENTS.listings, ES]

HOUR, DAY = 3600, 86400

instruments = st.sampled_from(ALL)
days = st.dates(date(2023, 1, 2), date(2025, 6, 20))
bounded = settings(max_examples=25, deadline=None)


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=ZoneInfo("America/New_York")).timestamp()


def kinds(instrument) -> list[str]:
    return [what for what in ("TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK") if MARKET.offers(instrument, what)]


def same(a, b) -> bool:
    return all(x.tobytes() == y.tobytes() and x.dtype == y.dtype for x, y in zip(astuple(a), astuple(b), strict=True))


def rolled_up(bars, what):
    """One bar from many of trades or quotes, the slow and obvious way."""
    return (
        bars.open[0],
        max(bars.high),
        min(bars.low),
        bars.close[-1],
        sum(bars.volume) if what == "TRADES" else -1,
        sum(bars.count) if what == "TRADES" else -1,
    )


def row(bars, n=0):
    return (bars.open[n], bars.high[n], bars.low[n], bars.close[n], bars.volume[n], bars.count[n])


# Aggregation


@bounded
@given(instruments, days, st.booleans(), st.data())
def test_a_day_is_the_sum_of_its_hours_and_of_its_minutes(instrument, day, rth, data):
    session = MARKET.calendar.session(instrument.schedule, day, rth)
    assume(session and instrument.model.listed <= day and day <= (instrument.expiry or day))
    what = data.draw(st.sampled_from([what for what in kinds(instrument) if what != "BID_ASK"]))
    daily = MARKET.bars(instrument, what, "day", *session, rth)
    assert [f"{day:%Y%m%d}"] == daily.dates()
    for size in (60, 300, HOUR, 4 * HOUR):
        assert row(daily) == rolled_up(MARKET.bars(instrument, what, size, *session, rth), what)


@bounded
@given(instruments, days, st.integers(0, 400), st.data())
def test_a_minute_is_the_sum_of_its_seconds(instrument, day, n, data):
    session = MARKET.calendar.session(instrument.schedule, day)
    assume(session and instrument.model.listed <= day and day <= (instrument.expiry or day))
    start = session[0] + 60 * (n % ((session[1] - session[0]) // 60))
    what = data.draw(st.sampled_from([what for what in kinds(instrument) if what != "BID_ASK"]))
    minute = MARKET.bars(instrument, what, 60, start, start + 60)
    assert [start] == minute.time.tolist()
    for size in (1, 5, 30):
        parts = MARKET.bars(instrument, what, size, start, start + 60)
        assert 60 // size == len(parts)
        assert row(minute) == rolled_up(parts, what)


@bounded
@given(instruments, days)
def test_weeks_and_months_are_sums_of_days(instrument, day):
    assume(instrument.model.listed <= day)
    what = kinds(instrument)[0]
    start, end = at(day.year, day.month, 1), at(day.year, day.month, 28)
    daily = MARKET.bars(instrument, what, "day", start - 40 * DAY, end)
    for size, same_period in (("week", lambda d: d.isocalendar()[:2]), ("month", lambda d: (d.year, d.month))):
        larger = MARKET.bars(instrument, what, size, start, end)
        for n, name in enumerate(larger.dates()):
            period = same_period(datetime.strptime(name, "%Y%m%d").date())  # noqa: DTZ007
            dates = [datetime.strptime(d, "%Y%m%d").date() for d in daily.dates()]  # noqa: DTZ007
            rows = [k for k, d in enumerate(dates) if same_period(d) == period]
            assert name == daily.dates()[rows[-1]]
            assert daily.open[rows[0]] == larger.open[n]
            assert daily.high[rows].max() == larger.high[n]
            assert daily.low[rows].min() == larger.low[n]
            assert daily.close[rows[-1]] == larger.close[n]


def test_wap_is_the_volume_weighted_mean_and_within_the_bar():
    session = MARKET.calendar.session("US", TODAY)
    minutes = MARKET.bars(AAPL, "TRADES", 60, *session)
    daily = MARKET.bars(AAPL, "TRADES", "day", *session)
    mean = (minutes.wap * minutes.volume).sum() / minutes.volume.sum()
    assert daily.wap[0] == pytest.approx(mean, abs=1e-4)
    assert ((minutes.low <= minutes.wap) & (minutes.wap <= minutes.high)).all()


def test_bid_ask_bars_hold_averages_and_extremes():
    session = MARKET.calendar.session("US", TODAY)
    both, bid, ask = (MARKET.bars(AAPL, what, 300, *session) for what in ("BID_ASK", "BID", "ASK"))
    assert bid.low.tolist() == both.low.tolist()
    assert ask.high.tolist() == both.high.tolist()
    assert ((bid.low <= both.open) & (both.open <= bid.high)).all()
    assert ((ask.low <= both.close) & (both.close <= ask.high)).all()
    assert (both.open < both.close).all()


# Shape of bars


@bounded
@given(instruments, days, st.booleans())
def test_minutes_are_complete_and_on_the_tick(instrument, day, rth):
    session = MARKET.calendar.session(instrument.schedule, day, rth)
    assume(session and instrument.model.listed <= day and day <= (instrument.expiry or day))
    what = kinds(instrument)[0] if instrument.trades else "BID"
    bars = MARKET.bars(instrument, what, 60, *session, rth)
    assert list(range(session[0], session[1], 60)) == bars.time.tolist()
    for column in (bars.open, bars.high, bars.low, bars.close):
        assert np.abs(column / instrument.minTick - np.rint(column / instrument.minTick)).max() < 1e-6
        assert (bars.low <= column).all()
        assert (column <= bars.high).all()
        assert (column > 0).all()
    if instrument.trades and instrument.quotes:
        assert (bars.volume >= bars.count).all()
        assert (bars.count >= 1).all()


def test_hours_begin_at_the_open_then_on_the_hour():
    bars = MARKET.bars(AAPL, "TRADES", HOUR, *MARKET.calendar.session("US", TODAY))
    assert [at(2025, 6, 11, 9, 30), *(at(2025, 6, 11, h) for h in range(10, 16))] == bars.time.tolist()
    bars = MARKET.bars(AAPL, "TRADES", 4 * HOUR, *MARKET.calendar.session("US", TODAY, False), rth=False)
    assert [at(2025, 6, 11, h) for h in (4, 8, 12, 16)] == bars.time.tolist()
    bars = MARKET.bars(ES, "TRADES", 8 * HOUR, *MARKET.calendar.session("CME", TODAY, False), rth=False)
    chicago = [at(2025, 6, 10, 18), at(2025, 6, 11, 1), at(2025, 6, 11, 9)]
    assert chicago == bars.time.tolist()


def test_a_start_inside_a_bar_gives_the_whole_bar_and_the_end_cuts_it():
    whole = MARKET.bars(AAPL, "TRADES", 300, at(2025, 6, 10, 11, 0), at(2025, 6, 10, 11, 5))
    late = MARKET.bars(AAPL, "TRADES", 300, at(2025, 6, 10, 11, 3), at(2025, 6, 10, 11, 5))
    assert same(whole, late)
    cut = MARKET.bars(AAPL, "TRADES", 300, at(2025, 6, 10, 11, 0), at(2025, 6, 10, 11, 2) + 20.5)
    seconds = MARKET.bars(AAPL, "TRADES", 1, at(2025, 6, 10, 11, 0), at(2025, 6, 10, 11, 2) + 20.5)
    assert 141 == len(seconds)
    assert rolled_up(seconds, "TRADES") == row(cut)


@settings(max_examples=60, deadline=None)
@given(
    instruments, days, st.integers(0, DAY - 1), st.sampled_from([1, 5, 30, 60, 300, HOUR, 8 * HOUR]), st.booleans(),
    st.data(),
)  # fmt: skip
def test_a_bar_that_is_followed_is_the_bar_that_is_asked_for_once(instrument, day, second, size, rth, data):
    """Who says when he asks gets what the path makes of it; else there is what is remembered of bars that grow."""
    what = data.draw(st.sampled_from(kinds(instrument)))
    first = at(day.year, day.month, day.day) + second
    for end in (first, first + 5, first // 60 * 60 + 60, first + 60):
        followed = MARKET.bars(instrument, what, size, end - min(size, 5), end, rth)
        assert same(followed, MARKET.bars(instrument, what, size, end - min(size, 5), end, rth, asked=end))


def test_the_day_in_progress_has_only_seen_what_has_happened():
    now = at(2025, 6, 10, 11, 0) + 17
    daily = MARKET.bars(AAPL, "TRADES", "day", at(2025, 6, 6), now)
    assert ["20250606", "20250609", "20250610"] == daily.dates()
    assert row(daily, 2) == rolled_up(MARKET.bars(AAPL, "TRADES", 60, at(2025, 6, 10), now), "TRADES")
    assert 2 == len(MARKET.bars(AAPL, "TRADES", "day", at(2025, 6, 6), at(2025, 6, 10, 9, 30)))


def test_a_closed_market_has_no_bars():
    saturday = at(2025, 6, 7, 12)
    for size in (1, 60, HOUR, "day"):
        assert 0 == len(MARKET.bars(AAPL, "TRADES", size, saturday, saturday + HOUR))
    assert [] == MARKET.ticks(AAPL, saturday, saturday + 60)
    assert 0 == len(MARKET.seconds(AAPL, saturday, saturday + 60))


def test_history_begins_at_the_head_timestamp():
    assert 345479400 == MARKET.head_timestamp(AAPL)
    assert ["19801212", "19801215"] == MARKET.bars(AAPL, "TRADES", "day", 0, 345479400 + 4 * DAY).dates()
    assert MARKET.head_timestamp(AAPL, "BID") > MARKET.head_timestamp(AAPL)
    assert 0 == len(MARKET.bars(AAPL, "TRADES", 60, 0, 345479400))


def test_an_expired_future_stops():
    march = next(f for f in INSTRUMENTS.futures if f.localSymbol == "ESH5")
    assert "20250321" == MARKET.bars(march, "TRADES", "day", at(2025, 3, 1), at(2025, 6, 1)).dates()[-1]
    quote = MARKET.quote(march, LESSON.start)
    assert not quote.is_open
    assert quote.time < at(2025, 3, 22)


def test_a_quote_may_stand_only_where_nothing_is_new_for_long():
    """Where it is open there is news, but of what has expired."""
    march, day = next(f for f in INSTRUMENTS.futures if f.localSymbol == "ESH5"), at(2025, 6, 10, 11)
    trading = [(each, day) for each in ALL if MARKET.is_open(each, day)]
    assert len(trading) > 50
    for instrument, t in [(march, at(2025, 3, 21, 9, 35)), (march, day), *trading]:
        stands = len({MARKET.quote(instrument, t + n) for n in range(60)}) == 1
        assert MARKET.may_stand(instrument, t) == stands == ((instrument, t) == (march, day))


@pytest.mark.parametrize(
    ("instrument", "what"), [(EUR, "TRADES"), (BY_NAME["XAUUSD.CFD.USD"], "TRADES"), (SPX, "BID"), (AAPL, "FEE_RATE")]
)
def test_what_does_not_exist_is_refused(instrument, what):
    assert not MARKET.offers(instrument, what)
    with pytest.raises(NoMarketData, match=what):
        MARKET.bars(instrument, what, 60, 0, 1)


def test_bars_of_quotes_have_no_volume_and_an_index_has_none_either():
    start = at(2025, 6, 10, 11)
    mid = MARKET.bars(EUR, "MIDPOINT", 60, start, start + HOUR)
    assert {-1} == set(mid.volume.tolist()) == set(mid.wap.tolist()) == set(mid.count.tolist())
    index = MARKET.bars(SPX, "TRADES", 60, start, start + HOUR)
    assert {0} == set(index.volume.tolist())
    assert same(
        MARKET.bars(AAPL, "TRADES", 60, start, start + 60), MARKET.bars(AAPL, "ADJUSTED_LAST", 60, start, start + 60)
    )


# Quotes, trades, the day so far


@bounded
@given(instruments, st.floats(at(2025, 5, 5), at(2025, 6, 13)))
def test_a_quote_lies_in_its_minute(instrument, t):
    quote = MARKET.quote(instrument, t)
    assert quote.is_open == MARKET.is_open(instrument, t)
    assert quote.time <= t
    if not quote.is_open:
        assert (None, None) == (quote.bid, quote.ask)
        return
    start = t // 60 * 60
    if instrument.trades:
        bar = MARKET.bars(instrument, "TRADES", 60, start, start + 60, rth=False)
        assert bar.low[0] <= quote.last <= bar.high[0]
    if instrument.quotes:
        bid, ask = (MARKET.bars(instrument, what, 60, start, start + 60, rth=False) for what in ("BID", "ASK"))
        assert bid.low[0] <= quote.bid <= bid.high[0]
        assert ask.low[0] <= quote.ask <= ask.high[0]
        assert quote.bid < quote.ask
        assert quote.bidSize > 0
        assert quote.askSize > 0
    if instrument.trades and instrument.quotes:
        # A quote may leave the last trade behind.
        assert quote.time < t // 1 or quote.bid <= quote.last <= quote.ask
        assert quote.lastSize > 0


@bounded
@given(st.sampled_from([i for i in ALL if i.trades]), days, st.integers(0, 300), st.integers(1, 600))
def test_trades_add_up_to_the_bars(instrument, day, minute, length):
    session = MARKET.calendar.session(instrument.schedule, day)
    assume(session and instrument.model.listed <= day and day <= (instrument.expiry or day))
    start = session[0] + minute * 60 + 7
    end = min(start + length, session[1])
    assume(start < end)
    ticks = MARKET.ticks(instrument, start, end)
    seconds = MARKET.bars(instrument, "TRADES", 1, start, end)
    assert sorted(tick.time for tick in ticks) == [tick.time for tick in ticks]
    assert seconds.count.sum() == len(ticks)
    by_second = dict(zip(seconds.time.tolist(), zip(seconds.low, seconds.high, strict=True), strict=True))
    for tick in ticks:
        assert by_second[tick.time][0] <= tick.price <= by_second[tick.time][1]
        assert tick.size >= 1
    if instrument.quotes:
        assert seconds.volume.sum() == sum(tick.size for tick in ticks)


def test_the_last_trade_is_what_the_quote_says():
    for t in range(int(LESSON.start), int(LESSON.start) + 600, 7):
        for instrument in (AAPL, BY_NAME["COOP.STK.USD"], BY_NAME["HE.CONTFUT.USD"]):
            quote = MARKET.quote(instrument, t)
            last = MARKET.ticks(instrument, t - 60, t + 1)[-1]
            assert (last.time, last.price, last.size) == (quote.time, quote.last, quote.lastSize)


def test_seconds_agree_with_quotes():
    start = at(2025, 6, 11, 10, 1) + 30
    columns = MARKET.seconds(AAPL, start, start + 60)
    assert 60 == len(columns)
    for n, t in enumerate(columns.time.tolist()):
        quote = MARKET.quote(AAPL, t)
        assert (quote.bid, quote.ask, quote.last) == (columns.bid[n], columns.ask[n], columns.last[n])
    assert np.isnan(MARKET.seconds(EUR, start, start + 1).last).all()
    assert np.isnan(MARKET.seconds(SPX, start, start + 1).bid).all()


@bounded
@given(instruments, st.floats(at(2025, 5, 5), at(2025, 6, 13)))
def test_the_day_so_far_is_the_daily_bar_so_far(instrument, t):
    stats = MARKET.day_stats(instrument, t)
    what = "TRADES" if instrument.trades else "MIDPOINT"
    daily = MARKET.bars(instrument, what, "day", t - 6 * DAY, int(t) + 1)
    name = f"{stats.day:%Y%m%d}"
    if stats.open is None:
        assert name not in daily.dates()
    elif instrument.trades:
        assert daily.dates()[-1] == name
        assert row(daily, -1)[:3] == (stats.open, stats.high, stats.low)
    everything = MARKET.bars(instrument, what, "day", t - 6 * DAY, int(t) + 1, rth=False)
    assert name == everything.dates()[-1]
    assert max(everything.volume[-1], 0) == stats.volume


@bounded
@given(st.sampled_from([i for i in ALL if i.trades]), st.floats(at(2025, 5, 5), at(2025, 6, 13)))
def test_the_previous_close_is_yesterdays_bar(instrument, t):
    stats = MARKET.day_stats(instrument, t)
    daily = MARKET.bars(instrument, "TRADES", "day", t - 8 * DAY, t)
    before = [n for n, name in enumerate(daily.dates()) if name < f"{stats.day:%Y%m%d}"]
    assert daily.close[before[-1]] == stats.close


@given(st.sampled_from(sorted(INSTRUMENTS.listings, key=lambda i: i.conId)), st.integers(0, 3 * 86_400))
def test_the_last_price_is_the_one_of_the_quote(instrument, seconds):
    quote = MARKET.quote(instrument, LESSON.start + seconds, frozen=True)
    price = quote.last if instrument.trades else round(quote.midpoint, instrument.decimals + 1)
    assert price == MARKET.last_price(instrument, LESSON.start + seconds)


def test_a_closed_market_keeps_its_last_price():
    evening, friday = at(2025, 6, 7, 12), at(2025, 6, 6, 20)
    assert MARKET.last_price(AAPL, friday - 1) == MARKET.last_price(AAPL, evening)
    closed, frozen = MARKET.quote(AAPL, evening), MARKET.quote(AAPL, evening, frozen=True)
    assert closed.bid is None
    assert frozen.bid <= frozen.last <= frozen.ask


def test_rates_of_exchange():
    t = LESSON.start
    assert 1.0 == MARKET.fx_rate("USD", "USD", t)
    assert MARKET.last_price(EUR, t) == MARKET.fx_rate("EUR", "USD", t)
    assert MARKET.fx_rate("GBP", "EUR", t) == pytest.approx(
        MARKET.fx_rate("GBP", "USD", t) / MARKET.fx_rate("EUR", "USD", t)
    )
    assert 140 < MARKET.fx_rate("USD", "JPY", t) < 150
    with pytest.raises(NoMarketData):
        MARKET.fx_rate("NOSUCH", "USD", t)


# The world


def test_prices_are_near_the_anchors_at_ten_o_clock():
    for instrument in INSTRUMENTS.listings:
        assert MARKET.last_price(instrument, LESSON.start) == pytest.approx(instrument.model.anchor, rel=0.08)


def test_index_fund_and_future_move_together():
    session = MARKET.calendar.session("US", date(2025, 6, 10))
    closes = [MARKET.bars(BY_NAME[n], "TRADES", 300, *session).close for n in ("SPY.STK.USD", "SPX.IND.USD")]
    closes.append(MARKET.bars(ES, "TRADES", 300, *session).close)
    returns = [np.diff(np.log(close)) for close in closes]
    assert np.corrcoef(returns).min() > 0.9
    visa, master = (
        MARKET.bars(BY_NAME[n], "TRADES", "day", at(2023, 6, 1), at(2025, 6, 1)).close
        for n in ("V.STK.USD", "MA.STK.USD")
    )
    assert np.corrcoef(np.diff(np.log(visa)), np.diff(np.log(master)))[0, 1] > 0.7


def test_decades_stay_believable():
    for name, least, most in [("AAPL.STK.USD", 0.2, 400), ("SPX.IND.USD", 100, 9000), ("VIX.IND.USD", 8, 120)]:
        bars = MARKET.bars(BY_NAME[name], "TRADES", "month", at(1996, 1, 1), LESSON.start)
        assert least < bars.low.min()
        assert bars.high.max() < most
    fund = MARKET.bars(BY_NAME["CSH2.STK.GBP"], "TRADES", "month", at(2020, 1, 1), LESSON.start).close
    assert (np.diff(fund) > 0).all()


def test_annual_volatility_is_what_the_model_says():
    for instrument in (AAPL, BY_NAME["KO.STK.USD"], EUR):
        what = kinds(instrument)[0]
        closes = MARKET.bars(instrument, what, "day", at(2015, 1, 1), at(2025, 1, 1)).close
        assert np.diff(np.log(closes)).std() * 252**0.5 == pytest.approx(instrument.model.vol, rel=0.2)


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(6)))
def test_answers_do_not_depend_on_the_order_of_the_questions(order):
    start, end = at(2025, 6, 9, 11), at(2025, 6, 11, 10) + 31
    questions = [
        lambda m: m.bars(AAPL, "TRADES", 60, start, end),
        lambda m: m.bars(AAPL, "TRADES", "day", start - 400 * DAY, end),
        lambda m: m.bars(EUR, "BID_ASK", HOUR, start, end),
        lambda m: m.seconds(ES, end - 300, end),
        lambda m: m.bars(AAPL, "TRADES", "month", at(1990, 1, 1), at(1991, 1, 1)),
        lambda m: m.bars(BY_NAME["TSLA.STK.USD"], "ASK", 5, end - 500, end),
    ]
    fresh = Market(7, Instruments(TODAY), LESSON.moves)
    for n in order:
        assert same(questions[n](MARKET), questions[n](fresh))
        assert MARKET.quote(AAPL, end) == fresh.quote(AAPL, end)


def test_another_seed_is_another_world():
    other = Market(8, INSTRUMENTS, LESSON.moves)
    session = MARKET.calendar.session("US", date(2025, 6, 9))
    assert not same(MARKET.bars(AAPL, "TRADES", 60, *session), other.bars(AAPL, "TRADES", 60, *session))


@bounded
@given(st.integers(0, 389), st.floats(0.8, 1.25))
def test_a_move_shifts_only_what_comes_after(minute, factor):
    opens, closes = MARKET.calendar.session("US", date(2025, 6, 10))
    moment = opens + 60 * minute
    plain, moved = Market(7, INSTRUMENTS), Market(7, INSTRUMENTS, [Move("AAPL", moment, factor)])
    before = [m.bars(AAPL, "TRADES", 60, opens - DAY, moment) for m in (plain, moved)]
    assert same(*before)
    after = [m.bars(AAPL, "TRADES", 60, moment, closes + DAY) for m in (plain, moved)]
    for column in ("open", "high", "low", "close"):
        was, now = (getattr(bars, column) for bars in after)
        assert now == pytest.approx(was * factor, abs=0.03)
    other = [m.bars(BY_NAME["MSFT.STK.USD"], "TRADES", 60, opens, closes) for m in (plain, moved)]
    assert same(*other)


def test_a_move_happens_between_two_seconds():
    market = Market(7, INSTRUMENTS, [Move("AAPL", new_york(12), 1.1)])
    was, now = (market.last_price(AAPL, new_york(12) - n) for n in (1, 0))
    assert now / was == pytest.approx(1.1, abs=0.001)


def test_the_world_that_never_closes_has_the_same_past():
    first = date(2026, 8, 14)
    real, live = Market(7, INSTRUMENTS), Market(7, INSTRUMENTS, always_open_from=first)
    sunday = at(2026, 8, 16, 3)
    for instrument in (AAPL, EUR, SPX):
        what = kinds(instrument)[0]
        start, end = at(2026, 7, 1), at(2026, 8, 13, 17)
        assert same(real.bars(instrument, what, "day", start, end), live.bars(instrument, what, "day", start, end))
        assert live.quote(instrument, sunday).is_open
        assert not real.quote(instrument, sunday).is_open
        days = live.bars(instrument, what, "day", at(2026, 8, 12, 12), sunday).dates()
        assert ["20260812", "20260813", "20260814", "20260815", "20260816"] == days
        hourly = live.bars(instrument, what, HOUR, sunday - 24 * HOUR, sunday)
        assert {HOUR} == set(np.diff(hourly.time).tolist())
        # Tomorrow's world agrees with today's about the level, whenever it was started.
        later = Market(7, INSTRUMENTS, always_open_from=first + timedelta(days=30))
        friday = at(2026, 8, 28, 23, 59)
        assert live.last_price(instrument, friday) == pytest.approx(later.last_price(instrument, friday), rel=0.02)


# Noise


def splitmix64(key: int, index: int) -> int:
    """The published mixing function, in plain integers."""
    z = (key + index * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(-(2**40), 2**40), min_size=1))
def test_noise_is_the_same_everywhere(key, index):
    assert [splitmix64(key, n) for n in index] == bits(np.uint64(key), np.array(index)).tolist()


def test_noise_has_mean_0_and_deviation_1():
    b = bits(stream("test"), np.arange(200_000))
    for shape in (bell, tent):
        values = shape(b)
        assert values.mean() == pytest.approx(0, abs=0.01)
        assert values.std() == pytest.approx(1, abs=0.01)
        assert np.corrcoef(values[1:], values[:-1])[0, 1] == pytest.approx(0, abs=0.01)
