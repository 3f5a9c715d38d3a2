"""Every widget in JupyterLab in a real browser: worked by clicks, alive, readable, a table once its kernel is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nbformat
import pytest

from .conftest import LIMIT, Lab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(LIMIT + 180)]

CELLS = """
import ibnb
app = ibnb.connect()
nvda = app.createContract("NVDA")
for price in (50, 51): app.placeOrderNow(nvda, app.createOrder("BUY", 1, "LMT", price), wait="Submitted")

ibnb.ConnectionPanel(app)

ibnb.OrderTicket(app, "NVDA", quantity=10)

ibnb.OrderBlotter(app)

ibnb.QuoteBoard(app, ["AAPL", "NVDA", "MSFT"])

ibnb.DepthLadder(app, "AAPL")

ibnb.OptionChain(app, "AAPL", strikes=6)

ibnb.AccountPanel(app, ibnb.AccountGuard(app, max_loss=0.05))

ibnb.ScanBuilder(app)

ibnb.ContractBuilder(app)

ibnb.MessageTimeline(app)
"""
# What the script runs later by itself: Run All leaves these alone.
LATER = """
if "later" in globals(): app.sleep('1 min')

if "later" in globals(): app.disconnect()
later = True
"""
WIDGETS = 10


@pytest.fixture
def notebook(lab: Lab) -> str:
    cells = [nbformat.v4.new_code_cell(code) for code in f"{CELLS}{LATER}".strip().split("\n\n")]
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(book, lab.folder / "widgets.ipynb")
    return "widgets.ipynb"


def test_every_widget_works_by_clicks_is_alive_and_stays_as_a_table(
    browse: Callable[[str, str], dict[str, Any]], notebook: str
) -> None:
    # The script itself waits for what each click must bring: placed, previewed, cancelled, subscribed, killed.
    seen = browse("widgets.js", notebook)
    # first_use C2: "still pictures".
    assert seen["still"] == []
    prices = [float(each.replace(",", "")) for each in seen["sorted"]]
    assert len(prices) == 4
    assert prices == sorted(prices, reverse=True)
    assert sorted(seen["rows"]) == ["AAPL", "MSFT", "TSLA"]
    assert len(seen["scanned"]) == 10
    assert seen["scanned"] == sorted(seen["scanned"])
    # A screen reader has a word for everything, and the eye enough contrast (WCAG: 4.5) on either theme.
    assert seen["wordless"] == []
    assert min(seen["light"][0], seen["dark"][0]) >= 4.5, (seen["light"], seen["dark"])
    # While it lives, one sees the widget alone; once the kernel has gone (first_use C1: "model not found"), its table.
    assert (seen["live"], seen["twins"]) == (WIDGETS, 0)
    assert len(seen["tables"]) == WIDGETS
    assert all(seen["tables"])
    assert seen["lost"] == 0
    # As it stood after the last click.
    said = "".join(seen["tables"])
    assert "FIRED" in said
    assert "Cancelled" in said
