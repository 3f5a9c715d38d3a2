from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ibnb import AccountGuard, AccountPanel, IBApp, SafetyError


def value(panel: AccountPanel, name: str) -> float:
    line = next(each for each in panel.text.splitlines() if each.startswith(name))
    return float(line.removeprefix(name).split()[0].replace(",", ""))


def test_its_values_are_the_accounts(app: IBApp) -> None:
    panel = AccountPanel(app)
    said = app.getAccountSummary()["value"]
    assert value(panel, "Cash") == pytest.approx(said["TotalCashValue"])
    assert value(panel, "Net liquidation") == pytest.approx(said["NetLiquidation"], rel=1e-4)
    assert "DU1234567" not in panel.text
    assert "PAPER" in panel.text
    assert "Kill" not in str([each.description for each in panel.children[1].children])


def test_the_worth_goes_with_the_market_between_tws_values(
    app: IBApp, until: Callable[[Any, Callable[[str], bool]], None]
) -> None:
    panel = AccountPanel(app)
    first = panel.worth
    app.sleep("5 min")
    assert panel.worth == pytest.approx(app.getAccountSummary()["value"]["NetLiquidation"], rel=1e-4)
    assert panel.worth != first
    until(panel, lambda text: f"to {panel.worth:,.2f}" in text)
    assert "<svg role='img' aria-label='Value of the account: from" in panel.still


def test_a_guards_floor_is_shown_and_drawn(app: IBApp) -> None:
    guard = AccountGuard(app, max_loss=0.05)
    panel = AccountPanel(app, guard)
    app.sleep("1 min")
    panel.refresh()
    assert value(panel, "Floor") == pytest.approx(guard.floor, abs=0.01)
    assert "WATCHING" in panel.text
    assert f"the guard's floor is {guard.floor:,.2f}" in panel.text
    assert "stroke-dasharray" in panel.still


def test_the_kill_switch_takes_two_steps_and_stops_everything(app: IBApp) -> None:
    waiting = app.placeOrderNow("NVDA", app.createOrder("BUY", 1, "LMT", 50))
    guard = AccountGuard(app, max_loss=0.05)
    panel = AccountPanel(app, guard)
    kill, confirm, _ = panel.children[1].children
    confirm.click()
    assert not guard.tripped
    kill.click()
    assert confirm.description == "Confirm: block new orders, cancel all open ones"
    assert not guard.tripped
    confirm.click()
    assert guard.tripped
    assert "FIRED" in panel.text
    assert "block new orders: the kill switch was pressed" in panel.text
    assert "Stopped: no order is working." in panel.text
    assert app.getBlotter().loc[waiting, "status"] == "Cancelled"
    with pytest.raises(SafetyError):
        app.placeOrderNow("NVDA", app.createOrder("BUY", 1))
    assert repr(panel).endswith("guard fired)")


def test_a_dry_run_never_looks_like_a_guard_in_earnest(app: IBApp) -> None:
    waiting = app.placeOrderNow("NVDA", app.createOrder("BUY", 1, "LMT", 50), wait="Submitted")
    panel = AccountPanel(app, AccountGuard(app, max_loss=0.05, dry_run=True))
    panel.refresh()
    assert "WATCHING (dry run: it stops nothing)" in panel.text
    kill, confirm, _ = panel.children[1].children
    kill.click()
    confirm.click()
    assert "FIRED (dry run: it stops nothing)" in panel.text
    assert "Dry run: nothing was stopped." in panel.text
    assert "Stopped" not in panel.text
    assert waiting in app.getOpenOrders().index


def test_the_guard_goes_on_when_the_panel_stops(app: IBApp) -> None:
    guard = AccountGuard(app, min_cash=10_000_000.0, dry_run=True)
    panel = AccountPanel(app, guard)
    panel.stop()
    app.sleep("4 min")
    assert guard.tripped
    assert len(app.streams) == 1  # the guard's own


def test_without_a_guard_there_is_no_kill_switch(app: IBApp) -> None:
    panel = AccountPanel(app)
    panel.kill()
    assert "needs a guard" in panel.text
