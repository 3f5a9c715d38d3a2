from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ibnb import plotEquity, plotMargin, plotPortfolio, tables
from tests.plots.conftest import Shown


def test_margin_says_what_is_tied_up(shown: Shown) -> None:
    rows = [("NetLiquidation", "1000000", "USD", "DU1"), ("InitMarginReq", "120000", "USD", "DU1")]
    plotMargin(tables.account(rows))
    assert shown.alt == "Horizontal bar chart of Margin usage in USD: NetLiquidation 1,000,000, InitMarginReq 120,000."


def test_margin_wants_one_account_with_its_worth() -> None:
    with pytest.raises(ValueError, match="NetLiquidation"):
        plotMargin(tables.account([("InitMarginReq", "1", "USD", "DU1")]))
    two = [("NetLiquidation", "1", "USD", "DU1"), ("NetLiquidation", "2", "USD", "DU2")]
    with pytest.raises(ValueError, match="one account"):
        plotMargin(tables.account(two))
    with pytest.raises(ValueError, match="as getAccountSummary returns it, not None"):
        plotMargin(None)  # type: ignore[arg-type]


def held(**values: float) -> pd.DataFrame:
    frame = pd.DataFrame({"marketValue": values, "currency": "USD"})
    return frame.rename_axis("symbol")


def test_a_portfolio_is_told_largest_first_shorts_too(shown: Shown) -> None:
    plotPortfolio(held(AAPL=100.0, MSFT=-2000.0, XOM=0.0))
    assert shown.alt == "Horizontal bar chart of Portfolio, 2 positions, market value USD: MSFT -2,000, AAPL 100."


def test_a_portfolio_in_two_currencies_isnt_added_up() -> None:
    both = held(AAPL=1.0, VOD=2.0)
    both.loc["VOD", "currency"] = "GBP"
    with pytest.raises(ValueError, match="select one of GBP, USD first"):
        plotPortfolio(both)
    with pytest.raises(ValueError, match="at least one position"):
        plotPortfolio(held(AAPL=0.0))
    with pytest.raises(ValueError, match="getAccountUpdates"):
        plotPortfolio(None)  # type: ignore[arg-type]


def worth(*values: float) -> pd.Series:
    return pd.Series(values, pd.date_range("2025-06-11 10:00", periods=len(values), freq="1min", tz="America/New_York"))


def test_equity_says_how_deep_it_fell_and_when_it_broke_the_floor(shown: Shown) -> None:
    plotEquity(worth(1000, 950, 900, 940), floor=945, title="guarded")
    assert shown.alt == (
        "Line chart of guarded, 4 points, from 2025-06-11 10:00 to 2025-06-11 10:03: Equity low 900, high 1,000, "
        "last 940, deepest fall 10.0%, below the floor 2 times, first at 2025-06-11 10:02. The floor is 945."
    )


def test_a_floor_may_move_and_hold(shown: Shown) -> None:
    plotEquity(worth(1000, 990), floor=worth(900, 950))
    assert "never below the floor" in shown.alt
    assert shown.alt.endswith("The floor is 950.")


def test_strategies_are_told_one_by_one(shown: Shown) -> None:
    plotEquity(pd.DataFrame({"naive": worth(100, 90), "repaired": worth(100, 110), "why": "text"}))
    assert "naive low 90, high 100, last 90, deepest fall 10.0%; repaired low 100" in shown.alt


def test_times_may_be_text_as_a_sweep_has_them(shown: Shown) -> None:
    swept = pd.DataFrame({"seed 1": [101.0, 100.0]}, index=["2025-03-04 09:30", "2025-03-03 09:30"])
    plotEquity(swept)
    assert "2 points, from 2025-03-03 to 2025-03-04: seed 1 low 100, high 101, last 101" in shown.alt


@pytest.mark.parametrize("wrong", [None, [1.0], pd.Series([], dtype=float), pd.DataFrame({"why": ["text"]})])
def test_only_numbers_over_time_are_drawn(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"plotEquity (draws|needs)"):
        plotEquity(wrong)
    with pytest.raises(ValueError, match="floor is an amount"):
        plotEquity(worth(1, 2), floor="low")  # type: ignore[arg-type]
