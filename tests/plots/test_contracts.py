from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ibnb import createContract, plotHours, plotPayoff
from tests.plots.conftest import Shown


def details(symbol: str, trading: str, liquid: str, zone: str = "US/Eastern") -> dict[str, str]:
    return {
        "symbol": symbol,
        "exchange": "SMART",
        "timeZoneId": zone,
        "tradingHours": trading,
        "liquidHours": liquid,
    }


def test_hours_are_told_in_new_yorks_time(shown: Shown) -> None:
    us = details("AAPL", "20250611:0400-20250611:2000;20250612:CLOSED", "20250611:0930-20250611:1600")
    uk = details("VOD", "20250611:0800-20250611:1630", "20250611:0800-20250611:1630", "GB")
    fx = details("EUR", "20250610:1715-20250611:1700", "20250610:1715-20250611:1700")
    plotHours(pd.DataFrame([us, uk, fx]), days=2)
    assert shown.alt == (
        "Strip chart of Trading hours, 2 days from 2025-06-11, New York time; hours on the first day: "
        "AAPL SMART 6.5 liquid of 16; VOD SMART 8.5 liquid of 8.5; EUR SMART 17 liquid of 17."
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "a frame of getContractDetails, not None"),
        (pd.DataFrame({"symbol": ["AAPL"]}), "needs the columns tradingHours, liquidHours, timeZoneId"),
        (pd.DataFrame([details("AAPL", "20250611:CLOSED", "")]), "no hours that it can read"),
        (pd.DataFrame([details("AAPL", "20250611:0930-20250611:1600", "", "Mars")]), "no hours that it can read"),
    ],
)
def test_hours_that_cant_be_read_are_said(wrong: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plotHours(wrong)
    with pytest.raises(ValueError, match="days is a number above 0"):
        plotHours(pd.DataFrame([details("AAPL", "20250611:0930-20250611:1600", "")]), days=0)


def option(strike: float, right: str) -> Any:
    return createContract("AAPL", "OPT", lastTradeDateOrContractMonth="20250620", strike=strike, right=right)


@pytest.mark.parametrize(
    ("legs", "said"),
    [
        ([(option(200, "C"), 1, 3.2)], "gain at most without limit, loss at most 320; break-even at 203.20."),
        ([(option(200, "C"), -1, 3.2)], "gain at most 320, loss at most without limit; break-even at 203.20."),
        ([(option(200, "P"), 1, 3.2)], "gain at most 19,680, loss at most 320; break-even at 196.80."),
        (
            [(option(200, "C"), 1, 3.0), (option(210, "C"), -1, 1.0)],
            "gain at most 800, loss at most 200; break-even at 202.",
        ),
        (
            [(option(200, "C"), 1, 3.0), (option(200, "P"), 1, 2.0)],
            "gain at most without limit, loss at most 500; break-even at 195 and 205.",
        ),
        (
            [(createContract("AAPL"), 100, 195.0), (option(200, "C"), -1, 2.0)],
            "gain at most 700, loss at most 19,300; break-even at 193.",
        ),
        ([(createContract("AAPL"), 100, 195.0)], "gain at most without limit, loss at most 19,500; break-even at 195."),
    ],
)
def test_a_pay_off_says_the_most_the_least_and_where_it_is_nothing(shown: Shown, legs: Any, said: str) -> None:
    plotPayoff(legs, price=194.0)
    assert shown.alt == f"Line chart of Pay-off at expiry: {said}"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "legs are a list"),
        ([], "legs are a list"),
        ([option(200, "C")], "a leg is"),
        ([("AAPL", 1, 2)], "a leg is"),
        ([(option(200, "C"), "one", 2)], "a leg is"),
        ([(createContract("AAPL", "OPT"), 1, 2.0)], "an option needs its strike"),
    ],
)
def test_what_isnt_a_leg_is_refused(wrong: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plotPayoff(wrong)
