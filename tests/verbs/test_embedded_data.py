"""Ticks, books, options and news against the embedded gateway: what they say agrees with each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from inside import core, open_ids

import ibnb
from ibnb import IBApp, IBError, PacingError
from ibnb.ib.api import MAX_CLIENT_VER


@pytest.fixture
def app() -> Iterator[IBApp]:
    session = ibnb.connect("embedded")
    yield session
    ibnb.reset()


@pytest.fixture
def aapl(app: IBApp) -> Any:
    return app.createContract("AAPL")


def nothing_left_open(app: Any) -> None:
    assert open_ids(app) == []
    assert len(core(app).pending) == 0
    app.getCurrentTime()
    left = app.gateway.inspect(lambda world: [key for each in world.clients.values() for key in each.subscriptions])
    assert left == []
    assert len(app.problems) == 0


def test_ticks_that_streamed_by_are_what_history_says_afterwards(app: IBApp, aapl: Any) -> None:
    start = app.now()
    with app.streamTicks(aapl) as ticks:
        while app.now().timestamp() < start.timestamp() + 10:
            ticks.next()
        came = ticks.df
    # The past begins when its second is over.
    app.sleep(1)
    said = app.getTicks(aapl, start=came.index[0].to_pydatetime(), numberOfTicks=len(came))
    pd.testing.assert_frame_equal(came, said)
    nothing_left_open(app)


def test_past_ticks_come_first_and_pages_fit_together(app: IBApp, aapl: Any) -> None:
    with app.streamTicks(aapl, "BidAsk", numberOfTicks=20) as quotes:
        assert len(quotes.df) >= 20
        assert (quotes.df["bid"] < quotes.df["ask"]).all()
    forward = app.getTicks(aapl, "MIDPOINT", start="20250610 10:00:00 US/Eastern", numberOfTicks=2500)
    assert len(forward) >= 2500
    assert forward.index.is_unique
    end = forward.index[-1] + pd.Timedelta(seconds=1)
    back = app.getTicks(aapl, "MIDPOINT", end=end.to_pydatetime(), numberOfTicks=len(forward))
    pd.testing.assert_frame_equal(forward, back[back.index >= forward.index[0]])
    nothing_left_open(app)


@pytest.mark.parametrize("exchange", ["SMART", "ARCA", "ISLAND"])
def test_the_top_of_the_book_is_the_quote_all_the_time(app: IBApp, exchange: str) -> None:
    contract = app.createContract("AAPL", exchange=exchange)
    with app.streamDepth(contract, 6) as book, app.streamQuotes([app.createContract("AAPL")]) as quotes:
        for _ in range(30):
            app.sleep(1)
            names = ["bid", "ask", "bidSize", "askSize"]
            assert book.df.loc[0, names].tolist() == quotes.df.loc["AAPL", names].tolist()
            assert len(book.df) == 6
            assert book.df["bid"].is_monotonic_decreasing
            assert book.df["ask"].is_monotonic_increasing
    nothing_left_open(app)


def test_a_book_is_whole_again_after_a_lost_connection(app: Any, aapl: Any) -> None:
    with app.streamDepth(aapl, 6) as book:
        app.gateway.faults.drop()
        book.waiting()
        book.next(timeout=600)
        app.sleep(5)
        assert len(book.df) == 6
        assert book.df.loc[0, "bid"] == app.getQuote(aapl)["bid"]
        assert len(book.df.drop_duplicates(["bid", "bidMarketMaker"])) == 6
    nothing_left_open(app)


def test_what_tws_refuses_says_why_and_leaves_nothing(app: IBApp, aapl: Any) -> None:
    euro = app.createContract("EUR", "CASH", "IDEALPRO")
    for refused in (
        lambda: app.streamDepth(aapl, isSmartDepth=False),
        lambda: app.streamTicks(euro, "Last"),
        lambda: app.streamRealTimeBars(euro),
    ):
        with pytest.raises(ibnb.MarketDataError), refused():
            pass
    for call in (lambda: app.getTicks(euro), lambda: app.getHistogram(euro)):
        with pytest.raises(ibnb.HistoricalDataError):
            call()
    with pytest.raises(ibnb.ContractNotFoundError), app.streamDepth(app.createContract("NOSUCHSYMBOL")):
        pass
    with pytest.raises(ibnb.RequestError, match="Invalid time period"):
        app.getHistogram(aapl, "3 moons")
    nothing_left_open(app)


def test_a_fourth_book_is_one_too_many(app: IBApp) -> None:
    contracts = [app.createContract(symbol) for symbol in ("AAPL", "NVDA", "MSFT", "META")]
    with app.streamDepth(contracts[0]), app.streamDepth(contracts[1]), app.streamDepth(contracts[2]):
        fourth = app.streamDepth(contracts[3])
        with pytest.raises(ibnb.MarketDataError, match="309"):
            fourth.__enter__()
    with app.streamDepth(contracts[3]) as book:
        assert len(book.df) == 5


def test_real_time_bars_are_the_bars_of_history(app: IBApp, aapl: Any) -> None:
    with app.streamRealTimeBars(aapl) as bars:
        app.sleep("1 min")
        came = bars.df
    said = app.getData(aapl, app.dataSettings("120 S", "5 secs")).loc[came.index]
    assert len(came) == 12
    pd.testing.assert_frame_equal(came, said)
    nothing_left_open(app)


def test_what_was_traded_at_which_price_adds_up(app: IBApp, aapl: Any) -> None:
    histogram = app.getHistogram(aapl, "3 days")
    bars = app.getData(aapl, app.dataSettings("3 D", "1 min"))
    assert histogram["size"].sum() == bars["Volume"].sum()


def test_one_account_and_one_position(app: IBApp, aapl: Any) -> None:
    pd.testing.assert_frame_equal(app.getPositions(app.account), app.getPositions())
    value = app.getPnLSingle(aapl)
    assert value["position"] == app.getPositions().loc["AAPL", "position"]
    assert value.notna().all()
    assert app.getPnLSingle(app.createContract("TSLA"))["position"] == 0
    values = app.getAccountValues().query("currency == 'USD'")
    assert values.loc["NetLiquidation", "value"] == pytest.approx(
        app.getAccountSummary("NetLiquidation").loc["NetLiquidation", "value"]
    )
    for call in (
        lambda: app.getPositions("U000"),
        lambda: app.getAccountValues("U000"),
        lambda: app.getPnLSingle(1, "U0"),
    ):
        with pytest.raises(ibnb.RequestError):
            call()
    nothing_left_open(app)


def test_price_steps_and_exchanges(app: IBApp, aapl: Any) -> None:
    assert app.getMarketRule(26)["increment"].tolist() == [app.getContractDetails(aapl)["minTick"].iloc[0]]
    with pytest.raises(ibnb.RequestError, match="market rule"):
        app.getMarketRule(987654)
    with pytest.raises(ibnb.RequestError, match="BBO"):
        app.getSmartComponents("zz")
    with pytest.raises(ValueError, match="name no exchanges"):
        app.getSmartComponents(app.createContract("EUR", "CASH", "IDEALPRO"))
    nothing_left_open(app)


def test_a_chain_agrees_with_the_calculators(app: IBApp) -> None:
    chain = app.getOptionChain("AAPL", expiries=2, strikes=3)
    assert len(chain) == 12
    assert chain["expiry"].nunique() == 2
    assert (chain["bid"] <= chain["ask"]).all()
    calls, puts = chain[chain["right"] == "C"], chain[chain["right"] == "P"]
    assert calls["delta"].between(0, 1).all()
    assert puts["delta"].between(-1, 0).all()
    assert (chain[["gamma", "vega"]] > 0).all(axis=None)
    one = chain.iloc[0]
    contract = app.createContract("AAPL", "OPT", conId=int(one["conId"]))
    priced = app.calculatePrice(contract, one["impliedVol"], one["undPrice"])
    assert priced["optPrice"] == pytest.approx(one["optPrice"], abs=0.01)
    assert priced["delta"] == pytest.approx(one["delta"], abs=0.01)
    nothing_left_open(app)


def test_an_unlisted_strike_and_an_unsolvable_price(app: IBApp) -> None:
    assert len(app.getOptionChain("AAPL", 1, [1.23])) == 0
    option = app.getOptionChain("AAPL", 1, [200.0], right="C").iloc[0]
    contract = app.createContract("AAPL", "OPT", conId=int(option["conId"]))
    with pytest.raises(ibnb.RequestTimeoutError):
        app.calculateIV(contract, 5000.0, 200.0, timeout=5)
    with pytest.raises(ibnb.ContractNotFoundError):
        app.getOptionParameters("NOSUCHSYMBOL")
    nothing_left_open(app)


def test_news_and_an_article(app: IBApp, aapl: Any) -> None:
    providers = app.getNewsProviders()
    news = app.getNews(aapl, totalResults=10)
    assert 0 < len(news) <= 10
    assert news.index.is_monotonic_decreasing
    assert set(news["providerCode"]) <= set(providers.index)
    first = news.iloc[0]
    assert "AAPL" in app.getNewsArticle(first["providerCode"], first["articleId"]).text
    some = app.getNews(aapl, start="2025-06-01 00:00:00", end="2025-06-05 00:00:00")
    assert some.index.min() >= pd.Timestamp("2025-06-01", tz="UTC")
    assert some.index.max() <= pd.Timestamp("2025-06-05", tz="UTC")
    with pytest.raises(ibnb.RequestError):
        app.getNewsArticle("BRFG", "none")
    with pytest.raises(ibnb.RequestError):
        app.getNews(aapl, "NONE")
    app.sleep("1 h")
    assert len(app.getNewsBulletins()) > 1
    nothing_left_open(app)


def test_an_option_that_is_held_is_exercised_and_one_that_is_not_is_refused(app: IBApp) -> None:
    option = app.getOptionChain("AAPL", 1, [190.0], right="C").iloc[0]
    contract = app.createContract("AAPL", "OPT", conId=int(option["conId"]))
    with pytest.raises(ibnb.RequestError):
        app.exerciseOption(contract)
    app.waitOrder(app.placeOrderNow(contract, app.createOrder("BUY", 2)))
    before = app.getPositions().query("secType == 'STK'").loc["AAPL", "position"]
    app.exerciseOption(contract, 2)
    after = app.getPositions()
    assert after.query("secType == 'STK'").loc["AAPL", "position"] == before + 200
    assert after.query("secType == 'OPT'").empty


def test_many_contracts_wait_their_turn_unless_told_otherwise(app: IBApp) -> None:
    app.pacing.on = True
    apple = app.createContract("AAPL")
    settings = app.dataSettings("1800 S", "5 secs")
    start = app.now()
    paced = app.getDataMany({"one": apple, "other": apple}, settings)
    assert 15 <= (app.now() - start).total_seconds() < 16
    start = app.now()
    with pytest.raises(PacingError, match="pacing violation"):
        app.getDataMany({"one": apple, "other": apple}, settings, pacing=False)
    assert (app.now() - start).total_seconds() < 1
    nvda = app.createContract("NVDA")
    at_once = app.getDataMany([nvda, app.createContract("MSFT")], settings, pacing=False)
    assert (app.now() - start).total_seconds() < 1
    assert min(len(paced), len(at_once)) >= 720
    # Only those requests: the next ones wait again.
    app.getDataMany([nvda], settings)
    assert 15 <= (app.now() - start).total_seconds() < 16


@pytest.mark.skipif(MAX_CLIENT_VER < 225, reason="this ibapi knows no odd lots")
def test_odd_lots_stream_by_ibs_names(app: IBApp, aapl: Any) -> None:
    """Version 225, generic tick 787."""
    with app.streamQuotes(aapl, genericTickList="787") as quotes:
        found = {}
        while "ODD_LOT_ASK_EXCH" not in found:
            tick = quotes.next()
            found[tick.field] = tick.value
    assert 0 < found["ODD_LOT_BID"] < found["ODD_LOT_ASK"]
    assert 0 < found["ODD_LOT_BID_SIZE"] < 100
    nothing_left_open(app)


def test_bars_of_four_minutes(app: IBApp, aapl: Any) -> None:
    """TWS 10.44; like all bars of minutes they begin at whole ones of their kind, the first at the opening."""
    bars = app.getData(aapl, app.dataSettings("1 D", "4 mins"))
    assert [f"{each:%H:%M}" for each in bars.index[:3]] == ["09:30", "09:32", "09:36"]
    nothing_left_open(app)


@pytest.mark.parametrize(
    "use",
    [
        lambda app: app.streamQuotes(["AAPL"]),
        lambda app: app.streamDepth("AAPL"),
        lambda app: app.streamTicks("AAPL"),
        lambda app: app.streamRealTimeBars("AAPL"),
        lambda app: app.streamBars("AAPL", app.dataSettings("1 D", "1 min")),
    ],
)
def test_a_stream_is_opened_once(app: IBApp, use: Any) -> None:
    """Within its own block the first request was left open; after it, it called itself closed."""
    stream = use(app)
    for _ in range(2):
        with pytest.raises(IBError, match=r"a stream is opened once, so make another one, app\.stream"), stream, stream:
            pass
        nothing_left_open(app)
