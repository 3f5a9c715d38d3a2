"""What all widgets do: they keep themselves up to date, end with their session, and leave a table."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from inside import core
from order_messages import shown, status
from scripted import ScriptedTWS

from ibnb import ConnectionPanel, IBApp, OrderBlotter, createContract, createOrder
from ibnb.widgets import live
from ibnb.widgets.live import Watch
from ibnb.widgets.markup import plain

VIEW = "application/vnd.jupyter.widget-view+json"
Until = Callable[[Any, Callable[[str], bool]], None]


def test_it_changes_by_itself_while_time_goes_on(app: IBApp, until: Until) -> None:
    # first_use C2: "still pictures: they change only with Refresh".
    panel = ConnectionPanel(app)
    assert "10:00:00" in panel.text
    app.sleep(90)
    until(panel, lambda text: "10:01:30" in text)


def test_it_changes_by_itself_after_a_verb(app: IBApp, until: Until) -> None:
    blotter = OrderBlotter(app)
    app.placeOrderNow("NVDA", createOrder("BUY", 1), wait="Filled")
    until(blotter, lambda text: "Filled" in text)


def test_after_disconnect_it_says_so_by_itself_and_nobody_watches_any_more(app: IBApp, until: Until) -> None:
    # first_use C2: "After disconnect() the panel goes on saying connected".
    before = set(threading.enumerate())
    panel = ConnectionPanel(app)
    watching = [each for each in set(threading.enumerate()) - before if each.name == "ibnb widgets"]
    assert len(watching) == 1
    app.disconnect()
    until(panel, lambda text: "not connected" in text and "disconnect() was called" in text)
    for each in watching:
        each.join(60)
    assert not any(each.is_alive() for each in watching)


def test_a_stopped_one_stays_as_it_is(app: IBApp, until: Until) -> None:
    stopped, other = ConnectionPanel(app), ConnectionPanel(app)
    stopped.stop()
    app.sleep(5)
    until(other, lambda text: "10:00:05" in text)
    assert "10:00:00" in stopped.text
    other.close()


def test_looking_asks_tws_nothing_and_moves_no_clock(app: IBApp) -> None:
    panel, blotter = ConnectionPanel(app), OrderBlotter(app)
    asked, now = len(app.tape), app.now()
    panel.refresh()
    blotter.refresh()
    assert (asked, now) == (len(app.tape), app.now())


def test_nothing_is_drawn_anew_while_nothing_happens(app: IBApp, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = ConnectionPanel(app)
    app.sleep(3)
    until(panel, lambda text: "10:00:03" in text)
    monkeypatch.setattr(live, "_SHARE", 0.0)
    Watch.of(app).look()  # at what came when it had just looked
    assert Watch.of(app).look() == 0


def test_a_cell_gets_a_table_and_then_the_widget(app: IBApp, shows: list[dict[str, Any]]) -> None:
    # first_use C1: "model not found" instead of the table once the kernel is gone.
    panel = ConnectionPanel(app)
    panel._ipython_display_()
    table, widget = shows
    assert list(table) == ["text/html", "text/plain"]
    assert plain(table["text/html"]) == panel.text
    assert table["text/plain"] == "ConnectionPanel(connected)"
    assert list(widget) == [VIEW]


def test_what_a_cell_stores_is_the_same_in_each_run(shows: list[dict[str, Any]]) -> None:
    import ibnb

    for _ in range(2):
        app = ibnb.connect()
        app.placeOrderNow("NVDA", createOrder("BUY", 1), wait="Filled")
        for kind in (ConnectionPanel, OrderBlotter):
            kind(app)._ipython_display_()
        ibnb.reset()
    assert [each for each in shows[:4] if VIEW not in each] == [each for each in shows[4:] if VIEW not in each]


def test_after_a_click_the_stored_table_is_the_new_one(tws: ScriptedTWS, shows: list[dict[str, Any]]) -> None:
    order = createOrder("BUY", 5, "LMT", 100.0)
    tws.on("placeOrder", *shown(27, order, "Submitted"))
    tws.on("cancelOrder", *status(27, "Cancelled", remaining=5))
    tws.app.placeOrderNow(createContract("NVDA"), order)
    blotter = OrderBlotter(tws.app)
    blotter._ipython_display_()
    assert "Submitted" in shows[0]["text/html"]
    blotter.cancel(27)
    assert "Cancelled" in shows[0]["text/html"]


def test_a_click_doesnt_wait_where_time_goes_by_itself(tws: ScriptedTWS, until: Until) -> None:
    order = createOrder("BUY", 5, "LMT", 100.0)
    threads: list[str] = []
    tws.on("placeOrder", *shown(27, order, "Submitted"))
    tws.on("cancelOrder", lambda *_: threads.append(threading.current_thread().name), *status(27, "Cancelled"))
    tws.app.placeOrderNow(createContract("NVDA"), order)
    blotter = OrderBlotter(tws.app)
    blotter.buttons[27].click()
    until(blotter, lambda text: "Order 27: Cancelled." in text)
    assert threads == ["ibnb OrderBlotter"]


def test_a_widget_that_fails_is_a_problem_and_the_others_go_on(app: IBApp, until: Until) -> None:
    class Broken(ConnectionPanel):
        broken = False

        def view(self) -> str:
            if self.broken:
                raise ZeroDivisionError
            return super().view()

    broken, panel = Broken(app), ConnectionPanel(app)
    broken.broken = True
    app.sleep(7)
    until(panel, lambda text: "10:00:07" in text)
    assert "ZeroDivisionError" in str(core(app).status.problems[-1])
    core(app).status.problems.clear()
    core(app).status.problem_count = 0
    broken.stop()
