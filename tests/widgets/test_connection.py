from __future__ import annotations

from scripted import ScriptedTWS

from ibnb import ConnectionPanel, IBApp


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


def test_its_repr_never_changes_with_port_and_time(tws: ScriptedTWS) -> None:
    assert repr(ConnectionPanel(tws.app)) == "ConnectionPanel(connected)"
    assert repr(ConnectionPanel(IBApp())) == "ConnectionPanel(not connected)"
    assert "not connected" in ConnectionPanel(IBApp()).text
