from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ibnb import createBracket, plotBracket, plotFills
from tests.plots.conftest import Shown
from tests.plots.frames import fills, hourly, several

BOUGHT = ("2025-06-05 10:45", "AAPL", "BOT", 10.0, 101.5)
SOLD = ("2025-06-05 12:00", "AAPL", "SLD", 10.0, 102.5)


def test_fills_are_told_on_their_price_with_the_equity_below(shown: Shown) -> None:
    equity = hourly()["Close"].rename("Worth") * 10
    more = ("2025-06-05 11:00", "AAPL", "BOT", 30.0, 103.5)
    plotFills(hourly(), fills(BOUGHT, more, SOLD), levels={"stop": 98}, equity=equity, title="AAPL")
    assert shown.alt == (
        "Line chart of AAPL, 14 1-hour bars, from 2025-06-05 09:30 to 2025-06-06 15:30, low 100, high 113, last 113; "
        "bought 40 at 103 on average (2 fills) and sold 10 at 102.50 on average (1 fill). Lines: stop at 98. "
        "Below: worth, low 1,000, high 1,130, last 1,130."
    )


def test_ticks_are_a_price_too_and_no_fill_is_no_error(shown: Shown) -> None:
    ticks = hourly()[["Close"]].rename(columns={"Close": "price"})
    plotFills(ticks, fills(BOUGHT).head(0))
    assert shown.alt.endswith("; no fills.")


@pytest.mark.parametrize(
    ("price", "executions", "said"),
    [
        (None, fills(BOUGHT), "not None"),
        (hourly(), None, "fills as getExecutions returns them, not None"),
        (hourly(), fills(BOUGHT, ("2025-06-05 11:00", "MSFT", "BOT", 1.0, 4.0)), "these are fills of AAPL, MSFT"),
        (hourly(), fills(BOUGHT).reset_index(drop=True), "index of times"),
        (hourly()[["Volume"]], fills(BOUGHT), "column Close"),
        (several(["AAPL", "MSFT"]), fills(BOUGHT), r'select it first, df.loc\["AAPL"\]'),
    ],
)
def test_what_cant_be_put_together_is_said(price: Any, executions: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plotFills(price, executions)


def test_equity_is_a_series() -> None:
    with pytest.raises(ValueError, match="equity is a Series"):
        plotFills(hourly(), fills(BOUGHT), equity=pd.DataFrame())  # type: ignore[arg-type]


def test_a_bracket_says_what_can_be_won_and_lost(shown: Shown) -> None:
    plotBracket(hourly(), createBracket("BUY", 10, 101.5, 105, 99), title="AAPL")
    assert shown.alt.endswith("BUY at 101.50, profit at 105, stop at 99: 3.5 to win, 2.5 to lose a share.")


def test_a_bracket_at_the_market_stands_where_it_was_filled_or_at_the_last_price(shown: Shown) -> None:
    bracket = createBracket("SELL", 10, None, 90, 120)
    plotBracket(hourly(), bracket)
    plotBracket(hourly(), bracket, fills(SOLD))
    assert "SELL at 113, profit at 90, stop at 120" in shown[0]["text/plain"]
    assert "SELL at 102.50, profit at 90, stop at 120" in shown[1]["text/plain"]
    assert shown[1]["text/plain"].endswith("Filled: sold 10 at 102.50 on average (1 fill).")


@pytest.mark.parametrize("wrong", [None, [1, 2, 3], createBracket("BUY", 1, 2, 3, 1)[:2]])
def test_anything_but_three_orders_isnt_a_bracket(wrong: Any) -> None:
    with pytest.raises(ValueError, match="the three orders that createBracket returns"):
        plotBracket(hourly(), wrong)
