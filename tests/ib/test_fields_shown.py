from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import ibnb
from ibnb.ib import api
from ibnb.ib.fields_shown import fields_shown, show_in_notebooks


def test_an_order_shows_what_was_set() -> None:
    """first_use B7: 139620784742288: 0,0,0: MKT BUY 1@ DAY."""
    order = ibnb.createOrder("BUY", 10, "LMT", 199.5)
    shown = "action='BUY', totalQuantity=10, orderType='LMT', lmtPrice=199.5, tif='DAY'"
    # 9.81 has these True by itself, so that they were set.
    set_too = ", eTradeOnly=False, firmQuoteOnly=False" if getattr(api.Order(), "eTradeOnly", False) else ""
    assert fields_shown(order) == f"Order({shown}{set_too})"


def test_a_contract_shows_its_legs() -> None:
    contract = api.Contract()
    contract.symbol, leg = "SPY", api.ComboLeg()
    leg.conId, leg.ratio = 5, 1
    contract.comboLegs = [leg]
    assert fields_shown(contract) == "Contract(symbol='SPY', comboLegs=[ComboLeg(conId=5, ratio=1)])"


def test_a_bracket_shows_its_orders() -> None:
    text = repr(ibnb.createBracket("BUY", 1, 100, 110, 90))
    assert text.startswith("Bracket(parent=Order(action='BUY', totalQuantity=1, orderType='LMT', lmtPrice=100")
    assert "stopLoss=Order(action='SELL'" in text


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[InteractiveShell]:
    before = sys.excepthook, sys.displayhook
    shell = InteractiveShell.instance(ipython_dir=str(tmp_path))
    yield shell
    InteractiveShell.clear_instance()
    sys.excepthook, sys.displayhook = before


def test_a_notebook_shows_fields_and_no_address(shell: InteractiveShell) -> None:
    show_in_notebooks()
    shell.user_ns["thing"] = ibnb.createContract("AAPL")
    with capture_output() as heard:
        shell.run_cell("thing")
    assert "Contract(symbol='AAPL', secType='STK', exchange='SMART', currency='USD')" in heard.stdout
