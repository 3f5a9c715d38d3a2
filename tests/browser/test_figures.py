"""Every figure in JupyterLab in a real browser has a text for a screen reader (first_use B14; issue 11, Shows 5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nbformat
import pytest

import ibnb

from .conftest import LIMIT, Lab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(LIMIT + 180)]

FIRST = """
import ibnb, pandas as pd
app = ibnb.connect()
apple = app.getData("AAPL", app.dataSettings("1 W", "15 mins"))
both = app.getHistory(["AAPL", "NVDA"], "2025-05-01", barSize="1 hour").df
order = app.placeOrderNow("MSFT", app.createOrder("BUY", 1), wait="Filled")
bracket = app.createBracket("BUY", 1, 100, 110, 95)
call = app.createContract("AAPL", "OPT", lastTradeDateOrContractMonth="20250620", strike=200, right="C")
"""
FIGURES = {
    "plotBars": "apple",
    "plotBracket": "apple, bracket",
    "plotCorrelation": "both",
    "plotData": "both",
    "plotEquity": "apple['Close'], floor=150",
    "plotFills": "app.getData('MSFT', app.dataSettings('1 D', '1 min')), app.getExecutions()",
    "plotFunnel": "{'all': 50, 'some': 12}",
    "plotHours": "app.getContractDetails('AAPL')",
    "plotIndicators": "apple.assign(SMA=apple['Close'].rolling(5).mean()), lines=['SMA']",
    "plotMargin": "app.getAccountSummary()",
    "plotOrderStates": "app.getOrderLog(order)",
    "plotOrderTimeline": "app.getOrderLog(order)",
    "plotPayoff": "[(call, 1, 3.2)]",
    "plotPortfolio": "app.getAccountUpdates().portfolio.query('currency == \"USD\"')",
    "plotRequests": "pd.DataFrame({'start': [0, 1], 'end': [1, 2.5]}, index=['AAPL', 'MSFT'])",
    "plotTape": "app.tape.tail(50)",
    "plotThreads": "app.tape.tail(50)",
}


def test_every_plot_is_looked_at() -> None:
    assert set(FIGURES) == {name for name in ibnb.__all__ if name.startswith("plot")}


def test_every_figure_has_a_text_in_the_page(lab: Lab, browse: Callable[[str, str], dict[str, Any]]) -> None:
    cells = [FIRST.strip(), *(f"ibnb.{verb}({arguments})" for verb, arguments in FIGURES.items())]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(book, lab.folder / "figures.ipynb")
    seen = browse("lesson.js", "figures.ipynb")
    failed = [output for cell in seen["cells"] for output in cell["outputs"] if output["output_type"] == "error"]
    assert failed == []
    # Each figure's own words, one for each verb, and nothing to be seen that has none.
    assert len(set(seen["figures"])) == len(FIGURES)
    assert [text for text in seen["figures"] if len(text) < 20] == []
