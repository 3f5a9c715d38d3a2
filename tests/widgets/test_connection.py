from __future__ import annotations

from inside import core
from scripted import ScriptedTWS

import ibnb
from ibnb import ConnectionPanel, IBApp
from ibnb.widgets.markup import plain


def test_it_says_paper_and_masks_the_account(tws: ScriptedTWS) -> None:
    tws.app.host, tws.app.port, tws.app.clientId = "127.0.0.1", 7497, 1
    text = ConnectionPanel(tws.app).text
    assert "connected" in text
    assert "PAPER" in text
    assert "127.0.0.1:7497" in text
    assert "DU1234567" not in text


def test_a_live_account_is_marked(tws: ScriptedTWS) -> None:
    tws.tell("managedAccounts", "U7654321")
    assert "LIVE" in ConnectionPanel(tws.app).text


def test_refresh_shows_a_farm_that_broke(tws: ScriptedTWS) -> None:
    panel = ConnectionPanel(tws.app)
    assert "broken" not in panel.text
    tws.tell("error", -1, 2103, "Market data farm connection is broken:usfarm")
    panel.refresh()
    assert "Farm usfarm ● broken" in panel.text


def test_it_shows_tws_own_link_and_streams_and_what_they_missed(tws: ScriptedTWS) -> None:
    core(tws.app).status.connected()
    tws.on("reqMktData", ("tickPrice", "$id", 4, 205.5, None))
    with tws.app.streamQuotes(tws.app.createContract("AAPL")):
        text = ConnectionPanel(tws.app).text
        assert "TWS to IBKR ● up" in text
        assert "streamQuotes AAPL ● live, last data 0 s ago" in text
        assert "gaps" not in text
        tws.tell("error", -1, 1100, "Connectivity between IBKR and TWS has been lost.")
        text = ConnectionPanel(tws.app).text
        assert "TWS to IBKR ● lost" in text
        assert "streamQuotes AAPL ● lost" in text
        assert "gaps in streams 1 ( app.gaps )" in text


def test_streams_that_are_alike_are_one_line(tws: ScriptedTWS) -> None:
    tws.on("reqMktData", ("tickPrice", "$id", 4, 205.5, None))
    with tws.app.streamQuotes(["AAPL", "AAPL", "NVDA"]):
        text = ConnectionPanel(tws.app).text
    assert "streamQuotes AAPL ×2 ● live, last data 0 s ago" in text
    assert "streamQuotes NVDA ● live" in text


def test_it_says_why_nothing_may_leave_and_that_callbacks_raised(tws: ScriptedTWS) -> None:
    core(tws.app).gate.readonly, core(tws.app).gate.blocked = True, "the drawdown is too large"
    tws.app.position = lambda *args: 1 / 0  # type: ignore[method-assign,assignment]
    tws.tell("position", "DU1234567", tws.app.createContract("AAPL"), 1, 1.0)
    text = ConnectionPanel(tws.app).text
    assert "READ-ONLY" in text
    assert "Orders blocked: the drawdown is too large" in text
    assert "exceptions in callbacks 1 ( app.problems )" in text


def test_a_lost_connection_that_is_being_had_back_says_so() -> None:
    app = ibnb.connect()
    app.gateway.faults.drop()
    panel = ConnectionPanel(app)
    assert "● reconnecting" in panel.text
    assert "TWS closed the connection; trying to have it back" in panel.text
    app.disconnect()
    panel.refresh()
    assert "● not connected" in panel.text
    assert "disconnect() was called" in panel.text
    ibnb.reset()


def test_a_cell_that_ends_with_the_app_shows_the_same(tws: ScriptedTWS) -> None:
    # Its own view may be covered by a student's attribute of the same name.
    tws.app.streams = []  # type: ignore[assignment]
    shown = plain(tws.app._repr_html_())
    assert shown == ConnectionPanel(tws.app).text
    assert "DU1234567" not in shown
    assert "● not connected" in plain(IBApp()._repr_html_())


def test_its_repr_never_changes_with_port_and_time(tws: ScriptedTWS) -> None:
    assert repr(ConnectionPanel(tws.app)) == "ConnectionPanel(connected)"
    assert repr(ConnectionPanel(IBApp())) == "ConnectionPanel(not connected)"
    assert "not connected" in ConnectionPanel(IBApp()).text
