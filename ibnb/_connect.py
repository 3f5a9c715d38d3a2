"""One call makes a session: the embedded simulator unless something else is asked for, and paper unless you insist.

`ibnb.connect()` twice returns the same live session. Which TWS a notebook talks to is one word, a
profile, or one environment variable (IBNB_PROFILE, IBNB_HOST, IBNB_PORT), never a change in its cells. Which server
version is offered to it is a word, too: `serverVersion`, "@200" behind a profile's name, or IBNB_SERVER_VERSION.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from numbers import Integral
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Unpack, cast

from ibnb.app import IBApp
from ibnb.core.clock import GatewayTime
from ibnb.core.gate import is_paper, lift
from ibnb.core.lifecycle import HERE
from ibnb.core.session import Session
from ibnb.errors import NotConnectedError, RequestError, RequestTimeoutError, SafetyError
from ibnb.ib.accounts import mask
from ibnb.ib.api import MAX_CLIENT_VER, MIN_CLIENT_VER
from ibnb.tracebacks import short_errors

if TYPE_CHECKING:
    from ibnb.gateway import Gateway, Scenario
    from ibnb.gateway.words import Words
    from ibnb.gateway.world import Entry
    from ibnb.worlds.player import MatchOn


@dataclass(frozen=True)
class Profile:
    """Where a session goes: an embedded gateway with this scenario, or a host and port."""

    host: str = "127.0.0.1"
    port: int = 0
    scenario: str | Scenario = ""
    serverVersion: int | None = None


PROFILES = {
    "embedded": Profile(scenario="lesson"),
    "embedded-live": Profile(scenario="live"),
    "tws-paper": Profile(port=7497),
    "gateway-paper": Profile(port=4002),
    "tws-live": Profile(port=7496),
    "gateway-live": Profile(port=4001),
}

# Client ids of one student in a class (`ibnb.gateway.classroom`).
_BLOCK = 1000
# TWS frees the client id of a program that has just died within seconds. Another id isn't tried: this one's orders
# couldn't be seen or changed with it.
_RETRY_326 = (0.5, 1.0, 2.0)

_sessions: dict[tuple[str, int, int], Session] = {}
# The process's simulated worlds, by scenario and words.
EMBEDDED = "embedded"
_gateways: dict[Hashable, Gateway] = {}
_apart: ContextVar[object] = ContextVar("apart", default=None)


@short_errors
def connect(
    profile: str | None = None,
    *,
    host: str | None = None,
    port: int | None = None,
    clientId: int = 1,
    live: str | None = None,
    readonly: bool = False,
    account: str | None = None,
    timeout: float = 10.0,
    autoReconnect: bool = True,
    serverVersion: int | None = None,
    app_class: type[Any] | None = None,
    scenario: str | Scenario | None = None,
    replay: str | os.PathLike[str] | None = None,
    matchOn: MatchOn = "sequence",
    **world: Unpack[Words],
) -> IBApp:
    """A session that is ready for requests.

    profile: "embedded" (default: a simulated TWS in this process, whose clock stands still unless
        something waits), "embedded-live" (now, in the exchanges' own hours), "tws-paper" (port 7497),
        "gateway-paper" (4002), "tws-live" (7496), "gateway-live" (4001). Without it the environment
        variable IBNB_PROFILE decides; host and port, or IBNB_HOST and IBNB_PORT, replace the profile's.
    clientId: each program connected to one TWS needs its own. In a class on one `ibnb gateway --accounts N` a student
        sets IBNB_SEAT=7, say: then clientId 1 is 7001 there, 2 is 7002, and all of them have one account.
    live: the code of the live account that you mean to use. A session with a live account is
        refused without it: the account decides, not the port.
    readonly: refuse every order and cancel, also raw `placeOrder`.
    account: which of several accounts verbs use by default.
    timeout: real seconds for the connection.
    autoReconnect: when the connection is lost, have it back (at growing intervals, until disconnect()), and with it
        every stream. Orders are never sent again: `app.getBlotter()` calls "Uncertain" what TWS doesn't confirm.
    serverVersion: the highest version of TWS's protocol that is offered, from 100 on; by default the newest that the
        installed ibapi speaks. 200 keeps a TWS to text: to compare the two, or around a fault in ibapi's protobuf.
        "tws-paper@200" as a profile says the same, and so does IBNB_SERVER_VERSION for every session.
    app_class: a subclass of IBApp.
    scenario: which simulated world, instead of the profile's: "lesson", "live" … or an `ibnb.gateway.Scenario`.
    world: what else that world is to be, in the words of `ibnb.gateway.Gateway`: seed, start (a time in New York,
        "2025-03-03 09:30"), regime ("crash" …), data (a folder of your own bars or
        ticks, or frames by symbol: data={"MINE": frame}) … Each combination is a world of its
        own. On a TWS to which the environment sends the program these words change nothing.

    replay: a recording (app.record), played in place of a TWS: the same questions in the same order get the same
        answers, on the recording's clock. What is asked otherwise is a ReplayError that shows both.
    matchOn: which recorded answers a question gets: "sequence" is that rule; with "request" each question gets those
        of the same one in the recording, in any order, streams and orders too. One that was never recorded is a
        ReplayError that shows the nearest, after which the program may go on.

    Connected already with the same place, client id and class (and serverVersion, if one is named), it returns that
    session; so it does while that one is having its connection back, which then is tried at once.
    Errors: NotConnectedError (says what to look at), SafetyError, ValueError.
    """
    kind = app_class or IBApp
    if replay is not None:
        if profile is not None or host is not None or port is not None or scenario is not None or world:
            raise ValueError("replay: the recording says which TWS it is; no profile, place or world goes with it")
        return _replayed(kind, replay, matchOn, readonly, timeout)
    if world.get("data") is not None:
        from ibnb.worlds.frames import folder_of

        world["data"] = folder_of(world["data"])
    if matchOn != "sequence":
        raise ValueError("matchOn goes with a recording: replay=")
    place = _resolve(profile, host, port, scenario, world, serverVersion)
    gateway = _embedded(place.scenario, world) if place.scenario else None
    if gateway is not None:
        # A clock that runs needs somebody who runs it: such a gateway has a thread, and a port.
        place = replace(place, host=gateway.host, port=HERE if gateway.manual else gateway.port)
    else:
        clientId += _seat() * _BLOCK
    # A gateway of this process is the same place whether its port is named or not.
    here = gateway or next((each for each in _gateways.values() if each.listens_at(place.host, place.port)), None)
    key = (place.host, place.port if here is None else id(here), clientId)
    known = _sessions.get(key)
    alike = type(known) is kind and place.serverVersion in (None, known.newestVersion)
    if known is not None and alike and known._ibnb.reconnect.come_back_now(timeout):
        _check_accounts(known, live, account)
        # Only ever stricter: to lift it, disconnect first.
        known._ibnb.gate.readonly = known._ibnb.gate.readonly or readonly
        return known
    if known is not None:
        known._ibnb.at_disconnect.clear()
        known.disconnect()
    app: Session = kind()
    core = app._ibnb
    app.connectTimeout, app.newestVersion = timeout, place.serverVersion or MAX_CLIENT_VER
    app.autoReconnect = autoReconnect
    app.gateway = gateway
    app.live = live
    if place.scenario:
        # Whatever its port.
        core.place = (EMBEDDED, *_name(place.scenario, world))
    if gateway is not None and gateway.manual:
        core.lifecycle.gateway = gateway
        lifecycle = core.lifecycle
        core.clock.use(
            GatewayTime(
                gateway,
                core.fence.wait,
                core.reconnect.is_watchful,
                said_at=lifecycle.said_at,
                waits=lifecycle.waits,
            )
        )
        # A lesson comes out the same every time: no chance in its pauses, and no limit per second of a clock that
        # stands still between two calls.
        core.reconnect.backoff.chance = lambda: 0.5
        core.pacing.on = False
    # An override of nextValidId may place orders at once; none leaves before the account is known.
    core.gate.blocked = "the account hasn't been checked yet"
    _sessions[key] = app
    core.at_disconnect.append(lambda: _forget(key, app))
    try:
        _open(app, (place.host, place.port, clientId), () if gateway is not None else _RETRY_326)
        _check_accounts(app, live, account)
    except BaseException:
        app.disconnect()
        raise
    core.gate.readonly = readonly
    core.gate.blocked = ""
    if gateway is not None:
        # The farms' notices come right after the ids: a lesson shows the same ones every time.
        core.fence.wait()
    return app


def journal(app: Session) -> list[Entry]:
    """What the gateway at the other end has received from this world's clients, and said of orders and errors.

    A gateway in this process is asked directly; one behind a port answers by the session itself (an article that TWS
    doesn't have). Oldest first. Errors: LookupError when the other end keeps no journal, as a real TWS.
    """
    from ibnb.gateway.world import journal as kept

    if app.gateway is not None:
        entries: list[Entry] = app.gateway.journal
        return entries
    try:
        # Every session is an IBApp, which has the verb.
        return kept.read(cast(IBApp, app).getNewsArticle(kept.PROVIDER, kept.ARTICLE).text)
    except (RequestError, RequestTimeoutError):
        raise LookupError("the TWS at the other end keeps no journal that can be read") from None


def _replayed(kind: type[Any], path: str | os.PathLike[str], matchOn: MatchOn, readonly: bool, timeout: float) -> IBApp:
    """A session with a recording."""
    from ibnb.worlds.player import Player

    player = Player(os.fspath(path), matchOn=matchOn).start()
    app: IBApp = kind()
    core = app._ibnb
    app.connectTimeout, app.newestVersion = timeout, player.head["version"]
    core.place = (EMBEDDED, "replay", object())
    core.clock.use(GatewayTime(player, core.fence.wait, core.reconnect.is_watchful))
    core.pacing.on = False
    key = (player.host, player.port, int(player.head["clientId"]))
    _sessions[key] = app
    core.at_disconnect += [lambda: _forget(key, app), player.stop]
    try:
        app.connect(*key)
    except BaseException:
        app.disconnect()
        raise
    core.ids.go_on(player.head["lastRequestId"])
    core.gate.readonly = readonly
    core.fence.wait()
    return app


def reset() -> None:
    """End every session made by `connect` and every embedded gateway: the next one starts from the beginning.

    Limits and fired guards of embedded gateways end, too; those of a TWS hold on.
    """
    for app in list(_sessions.values()):
        app.disconnect()
    for name in list(_gateways):
        _gateways.pop(name).stop()
    lift(lambda place: place[0] == EMBEDDED)


def _resolve(
    profile: str | None,
    host: str | None,
    port: int | None,
    scenario: str | Scenario | None = None,
    world: Mapping[str, object] = MappingProxyType({}),
    serverVersion: int | None = None,
) -> Profile:
    """The place that the arguments, or else the environment, name."""
    simulated = scenario is not None or bool(world)
    named = profile is not None or host is not None or port is not None
    if not named:
        profile = os.environ.get("IBNB_PROFILE") or None
        host = os.environ.get("IBNB_HOST") or None
        if text := os.environ.get("IBNB_PORT"):
            if not text.isdigit():
                raise ValueError(f"IBNB_PORT must be a number, not {text!r}")
            port = int(text)
    addressed = host is not None or port is not None
    name, at, version = (profile or "").partition("@")
    name = name or ("tws-paper" if addressed else "embedded")
    if name not in PROFILES:
        raise ValueError(f"there is no profile {name!r}; use one of {', '.join(map(repr, PROFILES))}")
    if port is not None and not isinstance(port, Integral):
        raise ValueError(f"port must be a number such as 7497, not {port!r}")
    said = serverVersion if serverVersion is not None else version if at else os.environ.get("IBNB_SERVER_VERSION")
    place = replace(PROFILES[name], serverVersion=None if said in (None, "") else _version(said))
    if addressed and place.scenario:
        raise ValueError(f"profile {name!r} is in this process and takes no host or port")
    if named and simulated and not place.scenario:
        words = ", ".join(["scenario"] * (scenario is not None) + list(world))
        raise ValueError(f"{words}: for a simulated world in this process; a TWS behind a port is as it is")
    if scenario is not None and place.scenario:
        place = replace(place, scenario=scenario)
    return replace(place, host=host or place.host, port=int(port) if port is not None else place.port)


def _seat() -> int:
    """The student's number in a class on one gateway, from the environment; 0 is none. ValueError."""
    text = os.environ.get("IBNB_SEAT") or "0"
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"IBNB_SEAT is a student's number in the class, such as 7, not {text!r}")
    return int(text)


def _version(said: int | str) -> int:
    """The version to offer: never more than ibapi speaks. ValueError."""
    text = str(said)
    if isinstance(said, bool) or not (text.isascii() and text.isdigit() and int(text) >= MIN_CLIENT_VER):
        raise ValueError(f"serverVersion is a number from {MIN_CLIENT_VER} on, such as 200, not {said!r}")
    return min(int(text), MAX_CLIENT_VER)


@contextmanager
def apart() -> Iterator[None]:
    """Within this, in this thread, the simulated worlds are its own: fresh, and nobody's who has the same one open."""
    before = _apart.set(object())
    try:
        yield
    finally:
        _apart.reset(before)


@contextmanager
def alone(scenario: str | Scenario, **world: Unpack[Words]) -> Iterator[Gateway]:
    """A running simulated TWS of one's own; within this `connect` with the same words is a session with it."""
    with apart():
        gateway = _embedded(scenario, world)
        try:
            yield gateway
        finally:
            for app in [each for each in _sessions.values() if each.gateway is gateway]:
                app.disconnect()
            _gateways.pop(_name(scenario, world), None)
            gateway.stop()


def _name(scenario: str | Scenario, world: Words) -> tuple[Hashable, ...]:
    # A scenario holds dictionaries, so that it can't be a key itself.
    return (str(scenario), *sorted((word, str(value)) for word, value in world.items()), _apart.get())


def _embedded(scenario: str | Scenario, world: Words) -> Gateway:
    """The process's gateway for a world, started when first needed."""
    name = _name(scenario, world)
    if name not in _gateways:
        from ibnb.gateway import Gateway

        gateway = Gateway(scenario, port=0, **world)
        _gateways[name] = gateway.embed() if gateway.manual else gateway.start()
    return _gateways[name]


def _open(app: Session, address: tuple[str, int, int], pauses: tuple[float, ...]) -> None:
    """Connect; try again while the client id of a program that has just ended isn't free yet."""
    for pause in (*pauses, None):
        try:
            app.connect(*address)
        except NotConnectedError as error:
            if pause is None or "326" not in str(error):
                raise
            _pause(pause)
        else:
            return


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def _check_accounts(app: Session, live: str | None, account: str | None) -> None:
    """Raise SafetyError unless the accounts are paper, or the live one that was spelled out is among them."""
    accounts = app._ibnb.lifecycle.accounts
    real = [code for code in accounts if not is_paper(code)]
    if live is None and real:
        raise SafetyError(
            f"this is a live account ({', '.join(map(mask, real))}), whatever the port, and is refused. "
            "Log in to paper trading, or write the account's code: connect(..., live='U…')."
        )
    if live is not None and live not in real:
        raise SafetyError(
            f"live={live!r} was asked for, but this session has {', '.join(map(mask, accounts)) or 'no account'}; "
            "it is refused."
        )
    if account is not None and account not in accounts:
        raise ValueError(f"account={account!r} isn't one of this session's: {', '.join(map(mask, accounts))}")
    app.account, app.live = account or live or app.account, live


def _forget(key: tuple[str, int, int], app: Session) -> None:
    """After disconnect(): an embedded gateway ends with its last session, so that the next world is a fresh one."""
    if _sessions.get(key) is app:
        del _sessions[key]
    used = [other.gateway for other in _sessions.values()]
    for name, gateway in list(_gateways.items()):
        if gateway is app.gateway and gateway not in used:
            del _gateways[name]
            gateway.stop()


atexit.register(reset)
