"""TWS's settings, through verbs: read, changed, refused by name; and what an older TWS or ibapi is told to need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scripted import SERVER_VERSION, ScriptedTWS

import ibnb
from ibnb import IBApp, IBError, OrderRejectedError, SafetyError
from ibnb.ib import api
from ibnb.ib.versions import check_version, needed_ibapi

today = pytest.mark.skipif(api.MAX_CLIENT_VER < 226, reason="this ibapi has no settings")


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect("embedded")
    ibnb.reset()


@pytest.fixture
def script() -> ScriptedTWS:
    """A TWS that says what it is told to, at the newest version."""
    tws = ScriptedTWS()
    tws.app.serverVersion_ = 226
    return tws


@today
def test_read_only_is_read_changed_and_means_what_it_says(app: Any) -> None:
    assert app.getConfig().loc["api.settings.readOnlyApi", "value"] is False
    assert app.updateConfig(readOnlyApi=True) == ["api.settings.readOnlyApi"]
    assert app.getConfig().loc["api.settings.readOnlyApi", "value"] is True
    with pytest.raises(OrderRejectedError, match="untick Read-Only API"):
        app.placeOrderNow("NVDA", app.createOrder("BUY", 1), wait="Filled")
    assert len(app.getPositions()) > 0
    assert app.updateConfig(readOnlyApi=True) == []
    app.updateConfig(readOnlyApi=False)
    app.placeOrderNow("NVDA", app.createOrder("BUY", 1), wait="Filled")


@today
def test_what_tws_does_not_do_is_an_error_that_names_it(app: Any) -> None:
    with pytest.raises(IBError, match=r"changed nothing.*api.settings.socketPort"):
        app.updateConfig(socketPort=7000, readOnlyApi=True)
    assert app.getConfig().loc["api.settings.readOnlyApi", "value"] is False


@today
def test_a_wrong_name_or_value_is_said_before_anything_is_sent(app: Any) -> None:
    with pytest.raises(ValueError, match="Did you mean 'readOnlyApi'"):
        app.updateConfig(readOnlyAPI=True)
    with pytest.raises(ValueError, match="not legal"):
        app.updateConfig(readOnlyApi="yes")
    with pytest.raises(ValueError, match="say what to change"):
        app.updateConfig()


@today
def test_a_read_only_session_changes_no_settings() -> None:
    app = ibnb.connect("embedded", readonly=True)
    with pytest.raises(SafetyError, match="read-only"):
        app.updateConfig(readOnlyApi=False)
    ibnb.reset()


@today
def test_messages_stand_under_their_number_and_lists_stay_lists(script: ScriptedTWS) -> None:
    made = api.protobuf_class("ConfigResponse")()
    made.lockAndExit.autoLogoffTime = "23:45"
    made.messages.add(id=10, title="Confirm", enabled=True)
    made.api.settings.trustedIPs.extend(["127.0.0.1", "10.0.0.2"])
    script.on("reqConfigProtoBuf", lambda request: _answer(script, "configResponseProtoBuf", request, made))
    assert script.app.getConfig()["value"].to_dict() == {
        "lockAndExit.autoLogoffTime": "23:45",
        "messages.10.title": "Confirm",
        "messages.10.enabled": True,
        "api.settings.trustedIPs": ["127.0.0.1", "10.0.0.2"],
    }


@today
def test_what_tws_asks_back_is_accepted_only_if_the_user_says_so(script: ScriptedTWS) -> None:
    def answer(request: Any) -> None:
        made = api.protobuf_class("UpdateConfigResponse")(status="x")
        if request.acceptedWarnings:
            made.changedFields.append("api.settings.readOnlyApi")
        else:
            made.warnings.add(messageId=7, title="Sure", message="Orders will be possible")
        _answer(script, "updateConfigResponseProtoBuf", request, made)

    script.on("updateConfigProtoBuf", answer)
    with pytest.raises(IBError, match=r"Orders will be possible.*acceptWarnings=True"):
        script.app.updateConfig(readOnlyApi=False)
    assert script.app.updateConfig(readOnlyApi=False, acceptWarnings=True) == ["api.settings.readOnlyApi"]
    assert [each.messageId for each in script.asked[-1][1][0].acceptedWarnings] == [7]


def _answer(script: ScriptedTWS, callback: str, request: Any, made: Any) -> None:
    made.reqId = request.reqId
    script.tell(callback, made)


def test_an_older_tws_or_ibapi_is_told_what_is_needed(tws: ScriptedTWS) -> None:
    for call in (tws.app.getConfig, lambda: tws.app.updateConfig(readOnlyApi=True)):
        with pytest.raises(
            IBError, match=r"needs (server version 2\d\d, and this session speaks|ibapi 10\.45 or newer)"
        ):
            call()
    assert SERVER_VERSION < 219


def test_which_ibapi_speaks_a_version() -> None:
    assert [needed_ibapi(version) for version in (216, 223, 224, 226)] == [
        f"ibapi {release} or newer" for release in ("10.45", "10.45", "10.47", "10.50")
    ]
    check_version("nothing", 0, 0)
