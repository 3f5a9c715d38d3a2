from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fake_tws import FakeTWS, framed
from inside import core

from ibnb.core.session import Session
from ibnb.errors import NotConnectedError, SafetyError
from ibnb.gateway import Gateway
from ibnb.gateway.scenario import LESSON
from ibnb.ib import api

module: Any = importlib.import_module("ibnb._connect")


class Watched(Gateway):
    """A gateway that knows whether it was stopped."""

    stopped = False

    def stop(self) -> None:
        super().stop()
        self.stopped = True


@pytest.fixture
def gateways(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Watched]]:
    """The gateways that connect() has started, in order."""
    made: list[Watched] = []

    def embedded(scenario: str, world: Any) -> Watched:
        if scenario not in module._gateways:
            made.append(Watched(scenario))
            module._gateways[scenario] = made[-1].embed() if made[-1].manual else made[-1].start()
        return module._gateways[scenario]

    monkeypatch.setattr(module, "_embedded", embedded)
    for name in ("IBNB_PROFILE", "IBNB_HOST", "IBNB_PORT", "IBNB_SERVER_VERSION"):
        monkeypatch.delenv(name, raising=False)
    yield made
    module.reset()


def connect(*args: Any, **kwargs: Any) -> Any:
    return module.connect(*args, **{"app_class": Session, **kwargs})


@pytest.fixture
def tws() -> Iterator[FakeTWS]:
    made = FakeTWS()
    made.port = made.listen()
    yield made
    module.reset()
    made.close()


def test_without_arguments_it_is_the_embedded_lesson_on_its_own_clock(gateways: list[Watched]) -> None:
    app = connect()
    assert ["lesson"] == [gateway.scenario.name for gateway in gateways]
    assert app.gateway is gateways[0]
    assert not core(app).clock.is_real
    before = app.now()
    app.sleep("5 min")
    assert 300.0 == (app.now() - before).total_seconds()


def test_a_session_with_the_simulator_goes_elsewhere_when_told_so(gateways: list[Watched]) -> None:
    app = connect()
    app.disconnect()
    with pytest.raises(NotConnectedError, match=r"nothing listens on 127\.0\.0\.1:1\."):
        app.connect("127.0.0.1", 1, 1)


def test_time_passes_after_the_session_as_well(gateways: list[Watched]) -> None:
    app = connect()
    before = app.now()
    app.disconnect()
    app.sleep("5 min")
    assert 300.0 == (app.now() - before).total_seconds()


def test_the_embedded_live_profile_runs_on_the_wall_clock(gateways: list[Watched]) -> None:
    assert core(connect("embedded-live")).clock.is_real


def test_a_lesson_isnt_paced_and_comes_back_the_same_way_every_time(gateways: list[Watched]) -> None:
    app = connect()
    assert (False, True, 1.0) == (app.pacing.on, app.autoReconnect, core(app).reconnect.backoff.pause(0))
    live = connect("embedded-live")
    assert (True, True) == (live.pacing.on, live.autoReconnect)
    assert not Session().autoReconnect


def test_connecting_twice_returns_the_live_session(gateways: list[Watched]) -> None:
    app = connect()
    assert connect() is app
    assert connect(clientId=2) is not app
    assert 1 == len(gateways)


def test_another_class_replaces_the_session(gateways: list[Watched]) -> None:
    class Mine(Session):
        pass

    app = connect()
    mine = connect(app_class=Mine)
    assert (Mine, False, True) == (type(mine), app.isConnected(), mine.isConnected())
    assert 1 == len(gateways)


def test_the_gateway_ends_with_its_last_session(gateways: list[Watched]) -> None:
    one, two = connect(), connect(clientId=2)
    one.disconnect()
    assert not gateways[0].stopped
    two.disconnect()
    assert gateways[0].stopped
    assert connect().isConnected()
    assert 2 == len(gateways)


def test_reset_ends_everything(gateways: list[Watched]) -> None:
    app, other = connect(), connect("embedded-live")
    module.reset()
    assert [False, False] == [app.isConnected(), other.isConnected()]
    assert [True, True] == [gateway.stopped for gateway in gateways]


def test_a_lost_connection_is_had_back_by_the_next_call(gateways: list[Watched]) -> None:
    app = connect()
    core(app).lifecycle.end(app.conn, "dropped")
    assert not app.isConnected()
    assert connect() is app
    assert app.isConnected()
    assert 1 == len(gateways)


def test_without_it_a_lost_connection_keeps_the_gateway_for_the_next_session(gateways: list[Watched]) -> None:
    app = connect(autoReconnect=False)
    core(app).lifecycle.end(app.conn, "dropped")
    again = connect()
    assert again is not app
    assert again.isConnected()
    assert 1 == len(gateways)


@pytest.mark.parametrize(
    ("profile", "port"), [("tws-paper", 7497), ("gateway-paper", 4002), ("tws-live", 7496), ("gateway-live", 4001)]
)
def test_profiles_name_tws_ports(profile: str, port: int) -> None:
    assert ("127.0.0.1", port, "") == (lambda p: (p.host, p.port, p.scenario))(module._resolve(profile, None, None))


def test_host_and_port_replace_the_profiles() -> None:
    assert ("tws.lan", 7497) == (lambda p: (p.host, p.port))(module._resolve("tws-paper", "tws.lan", None))
    assert ("127.0.0.1", 7499) == (lambda p: (p.host, p.port))(module._resolve(None, None, 7499))


@pytest.mark.parametrize("how", ["word", "profile", "environment"])
def test_a_limit_to_the_version_is_what_is_offered(tws: FakeTWS, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """The wire of today, Build 3: a workaround, and a teaching aid."""
    words: dict[str, Any] = {"word": {"serverVersion": 150}, "profile": {"profile": "tws-paper@150"}}.get(how, {})
    if how == "environment":
        monkeypatch.setenv("IBNB_SERVER_VERSION", "150")
    tws.version = 150
    app = connect(port=tws.port, **words)
    assert (b"v100..150", 150) == (tws.hello[8:], app.serverVersion())
    assert connect(port=tws.port) is app


def test_another_limit_is_another_session(tws: FakeTWS) -> None:
    first = connect(port=tws.port)
    tws.version = 140
    second = connect(port=tws.port, serverVersion=140)
    assert (False, True, 140) == (first.isConnected(), second.isConnected(), second.serverVersion())
    assert connect(port=tws.port, serverVersion=140) is second


def test_a_tws_that_doesnt_keep_to_what_was_offered_is_refused(tws: FakeTWS) -> None:
    with pytest.raises(NotConnectedError, match=r"speaks protocol 157; this program offers 100 to 150. Don't limit"):
        connect(port=tws.port, serverVersion=150)


@pytest.mark.parametrize("version", [99, 0, -1, "x", True, 150.0, "²"])
def test_what_is_no_version_is_refused(version: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="serverVersion is a number from 100 on"):
        connect(port=7497, serverVersion=version)
    with pytest.raises(ValueError, match="serverVersion is a number from 100 on"):
        connect(f"tws-paper@{version}")


def test_more_than_ibapi_speaks_is_never_offered() -> None:
    assert module._resolve("tws-paper@9999", None, None).serverVersion == api.MAX_CLIENT_VER


def test_the_environment_moves_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBNB_PROFILE", "gateway-paper")
    monkeypatch.setenv("IBNB_HOST", "tws.lan")
    assert ("tws.lan", 4002) == (lambda p: (p.host, p.port))(module._resolve(None, None, None))
    assert "lesson" == module._resolve("embedded", None, None).scenario
    monkeypatch.setenv("IBNB_PORT", "x")
    with pytest.raises(ValueError, match="IBNB_PORT must be a number"):
        module._resolve(None, None, None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("paper", None, None), "there is no profile 'paper'; use one of 'embedded'"), (("embedded", None, 1), "no host")],
)
def test_wrong_arguments_name_the_legal_ones(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        module._resolve(*arguments)


def test_a_live_account_is_refused_whatever_the_port(tws: FakeTWS) -> None:
    tws.answers[71] = lambda fields: [(15, 1, "U1234567"), (9, 1, 1)]
    with pytest.raises(SafetyError, match=r"live account \(U1\*\*\*\*67\)"):
        connect("tws-paper", port=tws.port)
    assert {} == module._sessions


def test_a_live_account_must_be_spelled_out_exactly(tws: FakeTWS) -> None:
    tws.answers[71] = lambda fields: [(15, 1, "U1234567"), (9, 1, 1)]
    with pytest.raises(SafetyError, match="was asked for"):
        connect("tws-live", port=tws.port, live="U1234568")
    app = connect("tws-live", port=tws.port, live="U1234567")
    assert "U1234567" == app.account
    with pytest.raises(SafetyError, match="live account"):
        connect("tws-live", port=tws.port)
    assert app.isConnected()


def an_order(account: str = "") -> tuple[Any, Any]:
    contract, order = api.Contract(), api.Order()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    order.action, order.orderType, order.totalQuantity = "BUY", "MKT", api.to_decimal(1)
    order.eTradeOnly = order.firmQuoteOnly = False
    order.account = account
    return contract, order


def test_a_bare_session_has_the_live_guard_too(tws: FakeTWS) -> None:
    """A8: `IBApp().connect(host, 7496, 1)` sent orders to U1."""
    tws.answers[71] = lambda fields: [(15, 1, "U1"), (9, 1, 1)]
    app = Session()
    app.connect("127.0.0.1", tws.port, 1)
    with pytest.raises(SafetyError, match="this is a live account, whatever the port"):
        app.placeOrder(1, *an_order())
    with pytest.raises(SafetyError, match="went around placeOrder"):
        app.conn.sendMsg(framed(3, 1))
    app.live = "U7"
    with pytest.raises(SafetyError, match="live account"):
        app.placeOrder(1, *an_order())
    app.live = "U1"
    app.placeOrder(1, *an_order())
    assert 1 == len(tws.wait_for(3))
    app.disconnect()


def test_a_subclass_may_spell_out_its_live_account(tws: FakeTWS) -> None:
    class Mine(Session):
        live = "U1"

    tws.answers[71] = lambda fields: [(15, 1, "U1"), (9, 1, 1)]
    app = Mine()
    app.connect("127.0.0.1", tws.port, 1)
    app.placeOrder(1, *an_order())
    app.disconnect()


def test_only_the_account_that_was_spelled_out_gets_orders(tws: FakeTWS) -> None:
    """A8: connect(live="U1") with accounts U1 and U2 sent an order for U2."""
    tws.answers[71] = lambda fields: [(15, 1, "U1,U2"), (9, 1, 1)]
    app = connect("tws-live", port=tws.port, live="U1")
    app.placeOrder(1, *an_order("U1"))
    for other in ("U2", ""):
        with pytest.raises(SafetyError, match="set its account to the live one"):
            app.placeOrder(2, *an_order(other))
    assert app is connect("tws-live", port=tws.port, live="U2")
    app.placeOrder(2, *an_order("U2"))
    with pytest.raises(SafetyError, match="set its account"):
        app.placeOrder(3, *an_order("U1"))


def test_an_account_that_turns_live_in_mid_session_gets_no_order(tws: FakeTWS) -> None:
    """A8: managedAccounts "DU1", later "U9": the next order was sent."""
    tws.answers[71] = lambda fields: [(15, 1, "DU1"), (9, 1, 1)]
    app = connect(port=tws.port)
    app.placeOrder(1, *an_order())
    for accounts in ("U9", "DU1,U9"):
        tws.send(15, 1, accounts)
        core(app).fence.wait()
        with pytest.raises(SafetyError, match="this is a live account"):
            app.placeOrder(2, *an_order())
    assert 1 == len(tws.wait_for(3))


def test_asking_for_a_live_account_and_getting_paper_is_a_mistake_too(tws: FakeTWS) -> None:
    with pytest.raises(SafetyError, match="was asked for"):
        connect(port=tws.port, live="U1234567")


def test_the_account_can_be_chosen(tws: FakeTWS) -> None:
    tws.answers[71] = lambda fields: [(15, 1, "DU1234567,DU7654321"), (9, 1, 1)]
    assert "DU7654321" == connect(port=tws.port, account="DU7654321").account
    with pytest.raises(ValueError, match="isn't one of this session's"):
        connect(port=tws.port, account="DU0")


def test_no_order_leaves_before_the_account_is_known(tws: FakeTWS) -> None:
    class Eager(Session):
        def nextValidId(self, orderId: int) -> None:
            contract, order = api.Contract(), api.Order()
            order.action, order.orderType, order.totalQuantity = "BUY", "MKT", api.to_decimal(1)
            self.placeOrder(orderId, contract, order)

    app = connect(port=tws.port, app_class=Eager)
    assert "hasn't been checked" in core(app).status.problems[0].error
    core(app).fence.wait()
    assert [] == [fields for fields in tws.received if fields[0] == "3"]


def test_read_only_is_one_word_and_isnt_lifted_by_a_second_call(tws: FakeTWS) -> None:
    app = connect(port=tws.port, readonly=True)
    assert connect(port=tws.port) is app
    for placing_or_cancelling in (3, 21, 4, 58):
        with pytest.raises(SafetyError, match="read-only"):
            app.conn.sendMsg(framed(placing_or_cancelling, 1))


def test_a_client_id_that_isnt_free_yet_is_tried_again(tws: FakeTWS, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def start(fields: list[str]) -> list[tuple[Any, ...]]:
        tries.append(1)
        if len(tries) == 1:
            return [(4, 2, -1, 326, "Unable to connect as the client id is already in use.")]
        return [(15, 1, "DU1234567"), (9, 1, 1)]

    tws.answers[71] = start
    paused: list[float] = []
    monkeypatch.setattr(module, "_pause", paused.append)
    app = connect(port=tws.port, timeout=60)
    assert ([0.5], 2, True) == (paused, len(tries), app.isConnected())


def test_a_failure_leaves_nothing_behind() -> None:
    with pytest.raises(NotConnectedError, match="nothing listens"):
        connect(host="127.0.0.1", port=1)
    assert {} == module._sessions


# --- worlds by words


def test_each_combination_of_words_is_a_world_of_its_own() -> None:
    try:
        plain, seeded = connect(), connect(seed=3)
        later = connect(scenario="lesson", seed=3, start="2025-03-03 09:30")
        assert 3 == len({app.gateway.port for app in (plain, seeded, later)})
        assert "2025-03-03T09:30:00-05:00" == later.now().isoformat()
        assert connect(seed=3) is seeded
        assert plain.now() == seeded.now()
        seeded.disconnect()
        assert connect(seed=3) is not seeded
        # A scenario of one's own, which holds dictionaries.
        mine = replace(LESSON, name="mine", seed=4)
        assert connect(scenario=mine) is connect(scenario=replace(mine))
        assert connect(scenario=mine).gateway.port != plain.gateway.port
    finally:
        module.reset()


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ({"profile": "tws-paper", "seed": 3}, ValueError, "seed: for a simulated world"),
        ({"port": 7497, "scenario": "lesson"}, ValueError, "scenario: for a simulated world"),
        ({"seat": 3}, TypeError, "no word seat; there are"),
        ({"scenario": "lessen"}, ValueError, "no scenario 'lessen'; there are"),
        ({"start": "tomorrow"}, ValueError, "start is a time in New York"),
    ],
)
def test_words_that_make_no_world_are_refused(words: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        connect(**words)
    assert {} == module._sessions


def test_words_change_nothing_where_the_environment_sends_the_program_to_a_tws(
    tws: FakeTWS, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBNB_PORT", str(tws.port))
    app = connect(seed=3, start="2025-03-03 09:30")
    assert (tws.port, None) == (app.port, app.gateway)
