"""What TWS means by what it sends, on both wires: no price, amended bars, generic ticks."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
import wires
from inside import core, feed, open_ids, speak
from scripted import ScriptedTWS

from ibnb import RequestError, createContract, dataSettings
from ibnb.ib.api import TICK_NAMES, Contract
from ibnb.ib.zones import ZoneWarning
from ibnb.verbs.line import RTVolume, Tick, price_or_nan

AAPL = createContract("AAPL")
GAW = createContract("GAW", "STK", "LSE", "GBP")
HOGS = createContract("HE", "FUT", "CME", lastTradeDateOrContractMonth="202508")
NONE, UNSET = math.nan, 1.7976931348623157e308


@pytest.fixture(params=wires.BOTH)
def version(request: pytest.FixtureRequest, tws: ScriptedTWS) -> int:
    found: int = request.param
    speak(tws.app, found)
    return found


def same(first: float, second: float) -> bool:
    return first == second or (math.isnan(first) and math.isnan(second))


# No price ---------------------------------------------------------------------------------------------

# bankroll#31: GAW@LSE, bid=-100.0 with size 0. (contract, tick, price, size) → what the quote says.
PRICES = [
    (GAW, 1, -100.0, 0, NONE),
    (GAW, 2, -1.0, 0, NONE),
    (GAW, 4, 0.0, 0, NONE),
    (GAW, 9, -100.0, 0, NONE),
    (GAW, 66, -100.0, 0, NONE),
    (GAW, 75, -100.0, 0, NONE),
    (GAW, 1, 1172.4, 100, 1172.4),
    (HOGS, 1, -100.0, 0, NONE),
    (HOGS, 67, -100.0, 0, NONE),
    (HOGS, 2, -37.63, 0, NONE),
    (HOGS, 2, -37.63, 5, -37.63),
    (createContract("TICK-NYSE", "IND", "NYSE"), 4, -100.0, 0, -100.0),
    (createContract("TICK-NYSE", "IND", "NYSE"), 4, -1.0, 0, NONE),
    (createContract("AAPL", "BAG", comboLegs=[]), 1, -1.0, 1, -1.0),
    (createContract("AAPL", "BAG", comboLegs=[]), 1, -100.0, 0, -100.0),
    (createContract("AAPL", "OPT"), 1, 0.0, 0, 0.0),
    (createContract("AAPL", "OPT"), 1, -1.0, 0, NONE),
    (AAPL, 1, UNSET, 0, NONE),
    (AAPL, 1, math.inf, 0, NONE),
    (AAPL, 1, -math.inf, 0, NONE),
    (AAPL, 1, math.nan, 0, NONE),
]
COLUMN = {1: "bid", 2: "ask", 4: "last", 9: "close", 66: "bid", 67: "ask", 75: "close"}


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(("contract", "kind", "value", "size", "said"), PRICES)
def test_bankroll_31_no_price_is_nan_in_every_unit(
    tws: ScriptedTWS, version: int, contract: Contract, kind: int, value: float, size: int, said: float, many: bool
) -> None:
    tws.record("reqMktData", "cancelMktData")
    with tws.app.streamQuotes([contract]) as quotes:
        [reqId] = open_ids(tws.app)
        message = wires.price(version, reqId, kind, value, size)
        feed(tws.app, *[message] * (3 if many else 1))
        assert same(said, quotes.df[COLUMN[kind]].iloc[0])
        [*_, last] = [each.value for each in quotes.waiting() if each.field == COLUMN[kind]]
        assert same(said, last)


def test_a_quote_without_a_bid_is_complete(tws: ScriptedTWS, version: int) -> None:
    tws.on(
        "reqMktData",
        lambda reqId, *rest: feed(
            tws.app,
            *(wires.price(version, reqId, kind, price, 0) for kind, price in ((1, -100.0), (2, -100.0), (4, 99.0))),
        ),
    )
    quote = tws.app.getQuote(GAW)
    assert quote[["bid", "ask"]].isna().all()
    assert quote["last"] == 99.0


def test_no_price_among_single_ticks(tws: ScriptedTWS, version: int) -> None:
    tws.knows("GAW", timeZoneId="Europe/London")
    core(tws.app).definitions.keep(GAW, core(tws.app).definitions.known(createContract("GAW")))
    tws.record("reqTickByTickData", "cancelTickByTickData")
    with tws.app.streamTicks(GAW, "BidAsk") as ticks:
        feed(tws.app, wires.quote_tick(version, open_ids(tws.app)[0], 1749650400, -100.0, 1172.0, 0, 50))
        [tick] = ticks.waiting()
        assert math.isnan(tick.bid)
        assert (tick.ask, tick.bidSize, tick.askSize) == (1172.0, 0.0, 50.0)
        assert ticks.df["bid"].isna().all()


@pytest.mark.parametrize("secType", ["STK", "OPT", "FUT", "FOP", "CASH", "IND", "BAG", "CFD", "CRYPTO", ""])
def test_a_positive_price_is_always_one_and_what_is_no_number_never(secType: str) -> None:
    assert price_or_nan(secType, 0.01, 0.0) == 0.01
    assert all(math.isnan(price_or_nan(secType, each)) for each in (math.nan, math.inf, -math.inf))


# Amended bars -----------------------------------------------------------------------------------------

TEN = 1749650400  # 2025-06-11 10:00 in New York


def history(tws: ScriptedTWS, version: int, *closes: float) -> None:
    """Answers reqHistoricalData with bars of a minute from ten o'clock on."""
    rows = [(str(TEN + 60 * minute), close) for minute, close in enumerate(closes)]
    tws.on("reqHistoricalData", lambda reqId, *rest: feed(tws.app, *wires.bars(version, reqId, rows)))


def test_deephaven_113_an_amended_bar_takes_its_own_place_and_new_is_true_once_a_bar(
    tws: ScriptedTWS, version: int
) -> None:
    tws.knows("AAPL", timeZoneId="US/Eastern")
    history(tws, version, 1.0, 2.0)
    tws.record("cancelHistoricalData")
    with tws.app.streamBars(AAPL, dataSettings("1800 S", "1 min")) as stream:
        [reqId] = open_ids(tws.app)
        for minute, close in ((1, 2.1), (0, 1.5), (1, 2.2), (2, 3.0), (1, 2.3), (2, 3.1)):
            feed(tws.app, wires.bar_update(version, reqId, str(TEN + 60 * minute), close))
        assert [(bar.Date.minute, bar.Close, bar.new) for bar in stream.waiting()] == [
            (1, 2.1, False),
            (0, 1.5, False),
            (1, 2.2, False),
            (2, 3.0, True),
            (1, 2.3, False),
            (2, 3.1, False),
        ]
        assert stream.df["Close"].tolist() == [1.5, 2.3, 3.1]
        assert stream.df.index.is_unique
        assert stream.df.index.is_monotonic_increasing
        # One that was never there: nothing traded in it at first.
        feed(tws.app, wires.bar_update(version, reqId, str(TEN + 300), 4.0))
        feed(tws.app, wires.bar_update(version, reqId, str(TEN + 240), 3.5))
        assert [bar.new for bar in stream.waiting()] == [True, False]
        assert stream.df["Close"].tolist() == [1.5, 2.3, 3.1, 3.5, 4.0]
        assert stream.df.index.is_monotonic_increasing


def test_the_hour_that_happens_twice_has_bars_of_its_own_in_each_pass(tws: ScriptedTWS, version: int) -> None:
    tws.knows("AAPL", timeZoneId="US/Eastern")
    first = int(pd.Timestamp("2025-11-02 05:58", tz="UTC").timestamp())
    rows = [(str(first + 60 * minute), float(minute)) for minute in range(2)]
    tws.on("reqHistoricalData", lambda reqId, *rest: feed(tws.app, *wires.bars(version, reqId, rows)))
    with tws.app.streamBars(AAPL, dataSettings("1800 S", "1 min")) as stream:
        # Seconds say which pass it is; a clock's reading wouldn't.
        assert tws.asked[0][1][7] == 2
        feed(tws.app, wires.bar_update(version, open_ids(tws.app)[0], str(first + 120), 2.0))
        [bar] = stream.waiting()
        assert (bar.new, str(bar.Date)) == (True, "2025-11-02 01:00:00-05:00")


@pytest.mark.parametrize("lost", [True, False])
def test_after_a_reconnection_bars_overlap_and_none_is_there_twice(tws: ScriptedTWS, version: int, lost: bool) -> None:
    tws.knows("AAPL", timeZoneId="US/Eastern")
    history(tws, version, 1.0, 2.0, 3.0)
    with tws.app.streamBars(AAPL, dataSettings("1800 S", "1 min")) as stream:
        slot = core(tws.app).pending.get(open_ids(tws.app)[0])
        assert slot is not None
        again = [(str(TEN + 60 * minute), 10.0 + minute) for minute in ((2, 1, 3, 2, 4) if lost else (1, 2))]
        slot.on_replay()  # type: ignore[misc]
        feed(tws.app, *wires.bars(version, int(slot.key), again))
        new = [(bar.Date.minute, bar.new) for bar in stream.waiting()]
        assert new == ([(2, False), (3, True), (4, True)] if lost else [(2, False)])
        assert stream.df["Close"].tolist() == [1.0, *([11.0, 12.0, 13.0, 14.0] if lost else [11.0, 12.0])]
        assert stream.df.index.is_unique
        assert stream.df.index.is_monotonic_increasing


def test_a_real_time_bar_that_comes_again_is_no_news(tws: ScriptedTWS, version: int) -> None:
    tws.knows("AAPL", timeZoneId="US/Eastern")
    tws.record("reqRealTimeBars", "cancelRealTimeBars")
    with tws.app.streamRealTimeBars(AAPL) as bars:
        reqId = open_ids(tws.app)[0]
        for seconds, close in ((0, 1.0), (5, 1.1), (5, 1.2), (0, 1.3), (10, 1.4), (-5, 9.0)):
            feed(tws.app, wires.real_time_bar(version, reqId, TEN + seconds, close))
        assert [(bar.Date.second, bar.Close) for bar in bars.waiting()] == [(0, 1.0), (5, 1.1), (10, 1.4)]
        assert bars.df["Close"].tolist() == [1.3, 1.2, 1.4]
        assert bars.df.index.is_unique


# Generic ticks ----------------------------------------------------------------------------------------


def extras(tws: ScriptedTWS, ticks: str, *messages: Any) -> list[Tick]:
    tws.record("reqMktData", "cancelMktData")
    with tws.app.streamQuotes([AAPL], ticks) as quotes:
        [reqId] = open_ids(tws.app)
        feed(tws.app, *(make(reqId) for make in messages))
        return quotes.waiting()


def test_rt_volume_is_reachable(tws: ScriptedTWS, version: int) -> None:
    said = "701.28;1;1348075471534;67854;701.46918464;true"
    # ib_async#187: between trades there is no price.
    found = extras(
        tws,
        "233",
        lambda reqId: wires.text_tick(version, reqId, 48, said),
        lambda reqId: wires.text_tick(version, reqId, 77, ";0;1348075476533;67854;701.46918464;false"),
    )
    assert [each.field for each in found] == ["RT_VOLUME", "RT_TRD_VOLUME"]
    assert found[0].value == RTVolume(701.28, 1.0, 1348075471.534, 67854.0, 701.46918464, True)
    assert math.isnan(found[1].value.price)
    assert not found[1].value.single


def test_rust_703_odd_lots_and_other_generic_ticks_are_not_lost(tws: ScriptedTWS, version: int) -> None:
    found = extras(
        tws,
        "787",
        lambda reqId: wires.price(version, reqId, 105, 204.95, 3),
        lambda reqId: wires.size_tick(version, reqId, 107, 40),
        lambda reqId: wires.text_tick(version, reqId, 109, "Q"),
        lambda reqId: wires.generic(version, reqId, 49, 0.0),
        lambda reqId: wires.price(version, reqId, 999, -1.0),
    )
    # 9.81 has no name for an odd lot's.
    assert [TICK_NAMES.get(kind, f"tick {kind}") for kind in (105, 107, 109)] == [each.field for each in found[:3]]
    assert [each.value for each in found][:4] == [204.95, 40.0, "Q", 0.0]
    assert math.isnan(found[4].value)
    assert (found[3].field, found[4].field) == ("HALTED", "tick 999")


def test_who_asks_for_no_generic_ticks_gets_quotes_only(tws: ScriptedTWS, version: int) -> None:
    found = extras(
        tws,
        "",
        lambda reqId: wires.text_tick(version, reqId, 45, "1749650400"),
        lambda reqId: wires.price(version, reqId, 1, 204.9, 3),
    )
    assert {each.field for each in found} == {"bid", "bidSize"}


def test_a_stream_of_ticks_looks_its_contract_up_under_its_own_name(tws: ScriptedTWS) -> None:
    tws.refuse("reqContractDetails", 200, "No security definition has been found for the request")
    for verb in ("streamTicks", "streamRealTimeBars"):
        with pytest.raises(RequestError, match=f"^{verb}"), getattr(tws.app, verb)(AAPL):
            pass


# Zones that nobody knows ------------------------------------------------------------------------------


def test_bars_in_a_zone_that_isnt_known_are_the_instruments(tws: ScriptedTWS, version: int) -> None:
    tws.knows("AAPL", timeZoneId="US/Eastern")
    rows = [("20250611 09:30:00 Ortszeit", 1.0), ("20250611 09:31:00 Ortszeit", 2.0)]
    tws.on("reqHistoricalData", lambda reqId, *rest: feed(tws.app, *wires.bars(version, reqId, rows)))
    with pytest.warns(ZoneWarning, match="'Ortszeit' is not known; times are read as in America/New_York"):
        found = tws.app.getData(AAPL, dataSettings("1 D", "1 min"))
    assert str(found.index[0]) == "2025-06-11 09:30:00-04:00"


def test_an_ambiguous_zone_is_the_instruments_if_it_may_be(tws: ScriptedTWS, version: int) -> None:
    tws.knows("AAPL", timeZoneId="Asia/Shanghai")
    rows = [("20250611 09:30:00 CST", 1.0)]
    tws.on("reqHistoricalData", lambda reqId, *rest: feed(tws.app, *wires.bars(version, reqId, rows)))
    assert str(tws.app.getData(AAPL, dataSettings("1 D", "1 min")).index[0]) == "2025-06-11 09:30:00+08:00"


@pytest.mark.parametrize(("zone", "said"), [("", "TWS names no time zone for AAPL"), ("Nirgends/Wo", "is not known")])
def test_an_instrument_without_a_zone_is_shown_in_utc_with_a_warning(
    tws: ScriptedTWS, version: int, zone: str, said: str
) -> None:
    tws.knows("AAPL", timeZoneId=zone)
    tws.on("reqHistoricalData", lambda reqId, *rest: feed(tws.app, *wires.bars(version, reqId, [(str(TEN), 1.0)])))
    with pytest.warns(ZoneWarning, match=said):
        found = tws.app.getData(AAPL, dataSettings("1 D", "1 min"))
    assert str(found.index[0]) == "2025-06-11 14:00:00+00:00"
