"""Greeks as a stream: each computation of the kind that was asked for, as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from scripted import ScriptedTWS

import ibnb
from ibnb import MarketDataError, RequestTimeoutError, RollingWindow, createContract

OPTION = createContract("AAPL", "OPT", conId=7, lastTradeDateOrContractMonth="20250613", strike=205.0, right="C")
# As tickOptionComputation has them: impliedVol, delta, optPrice, pvDividend, gamma, vega, theta, undPrice.
FIGURES = (0.25, 0.5, 3.1, 0.0, 0.04, 0.1, -0.2, 204.0)
BY_NAME = {
    "impliedVol": 0.25, "delta": 0.5, "gamma": 0.04, "vega": 0.1, "theta": -0.2, "optPrice": 3.1, "pvDividend": 0.0,
    "undPrice": 204.0,
}  # fmt: skip


@pytest.fixture
def live() -> Iterator[ibnb.IBApp]:
    yield ibnb.connect()
    ibnb.reset()


def line(tws: ScriptedTWS, *answers: tuple[Any, ...]) -> None:
    tws.on("reqMktData", *answers)
    tws.record("cancelMktData")


def computed(tickType: int, *figures: Any) -> tuple[Any, ...]:
    return ("tickOptionComputation", "$id", tickType, 0, *(figures or FIGURES))


def test_each_computation_of_the_model_is_news_and_a_row(tws: ScriptedTWS) -> None:
    line(
        tws, computed(10, *[9.9] * 8), computed(13), ("tickPrice", "$id", 1, 3.0, None), computed(13, 0.3, *FIGURES[1:])
    )
    with tws.app.streamGreeks(OPTION) as stream:
        first, second = stream.next(), stream.next()
        assert stream.waiting() == []
        frame = stream.df
    assert first._asdict() == {"time": first.time, **BY_NAME}
    assert (second.impliedVol, second.delta) == (0.3, 0.5)
    assert frame["impliedVol"].tolist() == [0.25, 0.3]
    assert list(frame) == list(BY_NAME)
    assert str(frame.index.tz) == "America/New_York"


@pytest.mark.parametrize(
    ("of", "types"), [("bid", (10, 80)), ("ask", (11, 81)), ("last", (12, 82)), ("model", (13, 83))]
)
def test_live_and_delayed_ones_are_of_the_price_that_was_asked_for(
    tws: ScriptedTWS, of: str, types: tuple[int, int]
) -> None:
    line(tws, *(computed(each, each / 100, *FIGURES[1:]) for each in (10, 11, 12, 13, 80, 81, 82, 83, 53)))
    with tws.app.streamGreeks(OPTION, computedOf=of) as stream:
        assert [each.impliedVol for each in stream.waiting()] == [each / 100 for each in types]


def test_what_tws_has_no_figure_for_is_nan(tws: ScriptedTWS) -> None:
    line(tws, computed(13, None, None, 3.1, None, None, None, None, 204.0))
    with tws.app.streamGreeks(OPTION) as stream:
        greeks = stream.next()
    assert (greeks.optPrice, greeks.undPrice) == (3.1, 204.0)
    assert all(pd.isna(each) for each in (greeks.impliedVol, greeks.delta, greeks.gamma, greeks.theta))


def test_a_refused_line_says_so_and_nothing_is_cancelled(tws: ScriptedTWS) -> None:
    line(tws, ("error", "$id", 0, 354, "Requested market data is not subscribed.", ""))
    with pytest.raises(MarketDataError, match="354"), tws.app.streamGreeks(OPTION):
        pass
    assert "cancelMktData" not in tws.names()


def test_silence_is_a_timeout(tws: ScriptedTWS) -> None:
    line(tws)
    with tws.app.streamGreeks(OPTION) as stream, pytest.raises(RequestTimeoutError):
        stream.next(timeout=0.05)
    assert tws.names().count("cancelMktData") == 1


@pytest.mark.parametrize(
    ("contract", "of", "said"),
    [
        ("AAPL", "model", "an option is wanted"),
        (createContract("AAPL"), "model", "only options have Greeks, not 'STK'"),
        (OPTION, "mid", "computedOf 'mid' is not legal.*bid, ask, last, model"),
    ],
)
def test_what_is_no_option_is_refused(tws: ScriptedTWS, contract: Any, of: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tws.app.streamGreeks(contract, of)


def test_an_options_greeks_go_into_a_window_and_end_with_the_chains(live: ibnb.IBApp) -> None:
    row = live.getOptionChain("AAPL", 1, [200.0], right="C").iloc[0]
    option = live.createContract("AAPL", "OPT", conId=int(row["conId"]))
    window = RollingWindow(count=5)
    with live.streamGreeks(option) as stream:
        for greeks in stream:
            window.add(greeks.time, greeks.delta)
            if window.full:
                break
        frame = stream.df
    assert 0 < window.mean < 1
    again = live.getOptionChain("AAPL", 1, [200.0], right="C").iloc[0]
    assert frame["delta"].iloc[-1] == pytest.approx(again["delta"], abs=0.01)
    assert frame.index.is_monotonic_increasing
