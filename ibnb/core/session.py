"""The public face of a session, under ibapi's names: connect, run, disconnect, what time it is, how it stands.

Verb families inherit from it. All that ibnb keeps for itself is behind one private attribute, `_ibnb`.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from numbers import Real
from types import FunctionType, TracebackType
from typing import Any, Self

from ibnb.core.clock import NEW_YORK, seconds_of
from ibnb.core.core import Core
from ibnb.core.dispatch import CALLBACKS, Callbacks
from ibnb.core.gate import OrderLimits
from ibnb.core.lifecycle import HERE
from ibnb.core.offered import offered
from ibnb.core.outgoing import Client
from ibnb.core.pacing import Pacing
from ibnb.core.progress import Show, in_notebook, shower, sleep_shown
from ibnb.core.status import Status
from ibnb.core.subscriptions import Subscriptions
from ibnb.core.tape import Tape
from ibnb.errors import ConnectionLostError, IBError, NotConnectedError
from ibnb.ib import api
from ibnb.ib.accounts import mask
from ibnb.ib.codes import explain_code
from ibnb.ib.values import check_order
from ibnb.ib.versions import check_order_fields
from ibnb.tracebacks import short_errors

OWN = "_ibnb"
# Seconds that a notebook may stand still without a sign of life.
_UNSEEN = 10.0
_EXERCISE = inspect.signature(api.EClient.exerciseOptions)
# What takes the answers for a verb family, by the family's class.
_LISTENERS: dict[type, Callable[[Core], object]] = {}
_SECONDS = ("timeout", "connectTimeout", "fenceTimeout")


class _Shown:
    """A read-only view that a subclass may cover with an attribute of its own (`self.notices = []`)."""

    def __init__(self, make: Callable[[Core], Any], doc: str | None) -> None:
        self._make = make
        self.__doc__ = doc

    def __get__(self, app: Any, owner: type) -> Any:
        if app is None:
            return self
        app._ibnb.catch_up()
        return self._make(app._ibnb)


class Session(Client, api.EWrapper):  # type: ignore[misc]
    """A connection on which verbs can ask and wait; verb families inherit from it.

    `connection_ready`, `data_ready`: threading.Event. `nextOrderId`: int, None before the connection.
    `accounts`: list of account codes. `account`: the one that verbs use by default.
    `timeout`: seconds (of the session's clock) that a verb waits by default.
    `notices`, `problems`, `farms`, `tape`, `streams`, `gaps`: DataFrames, made when asked for.
    `pacing`: how fast requests leave. `autoReconnect`: have a lost connection back (False, True with ibnb.connect()).
    `staleAfter`: seconds (or "5 min") after which a silent stream is warned about while its market is open; 0 = never.
    `live`: the code of the live account that orders may be for; without it a session with a live account is refused
    every order. ibnb.connect(live=...) sets it, a bare IBApp's user does so by hand.
    `connectTimeout`: real seconds for a connection. `fenceTimeout`: real seconds that a TWS may take to say what time
    it is. `newestVersion`: the highest server version that the next connection offers; 200 keeps a TWS to text.
    Setting `timeout`, `connectTimeout`, `fenceTimeout` or `staleAfter` to what isn't a duration is a ValueError.
    """

    timeout: float = 60.0
    connectTimeout: float = 10.0
    newestVersion: int = api.MAX_CLIENT_VER
    fenceTimeout: float = 20.0
    autoReconnect: bool = False
    staleAfter: float | str = 300.0
    live: str | None = None
    # The embedded gateway, where connect() made one.
    gateway: Any = None

    notices = _Shown(lambda core: core.status.notices_frame(), Status.notices_frame.__doc__)
    problems = _Shown(lambda core: core.status.problems_frame(), Status.problems_frame.__doc__)
    farms = _Shown(lambda core: core.status.farms_frame(), Status.farms_frame.__doc__)
    tape = _Shown(lambda core: core.tape.frame(), Tape.frame.__doc__)
    streams = _Shown(lambda core: core.subscriptions.frame(), Subscriptions.frame.__doc__)
    gaps = _Shown(lambda core: core.subscriptions.gaps_frame(), Subscriptions.gaps_frame.__doc__)
    pacing = _Shown(lambda core: core.pacing, Pacing.__doc__)
    accounts = _Shown(lambda core: core.lifecycle.accounts, "The session's account codes.")

    _ibnb: Core

    def __init_subclass__(cls, listener: Callable[[Core], object] | None = None, **kwargs: Any) -> None:
        """`listener`: a verb family's class of callbacks. TypeError for a class that covers what ibnb needs itself."""
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith("ibnb."):
            for name, method in list(vars(cls).items()):
                if isinstance(method, FunctionType) and not name.startswith("_"):
                    setattr(cls, name, short_errors(method))
        if listener is not None:
            _LISTENERS[cls] = listener
        if OWN in vars(cls):
            raise TypeError(
                f"class {cls.__name__} defines {OWN!r}, the one private name that ibnb keeps for itself: "
                "give yours another name."
            )

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # Not in __init__: the seeds' programs call EClient.__init__(self, self) and nothing else.
        app: Self = super().__new__(cls)
        app.connection_ready = threading.Event()
        app.data_ready = threading.Event()
        app._ibnb = Core(app, app, [_LISTENERS[each] for each in cls.__mro__ if each in _LISTENERS])
        api.EClient.__init__(app, wrapper=app)
        return app

    def __init__(self) -> None:
        api.EWrapper.__init__(self)  # EClient's has run

    def __setattr__(self, name: str, value: Any) -> None:
        if name in CALLBACKS:
            self._ibnb.catch_up()  # an override hears what comes from now on
        # Who sets it hears what is wrong with it, and not who waits later.
        if name == "staleAfter":
            seconds_of(value)
        elif name in _SECONDS and not (isinstance(value, Real) and float(value) >= 0):
            raise ValueError(f"app.{name}: {value!r} is not legal: seconds, 0 or more.")
        super().__setattr__(name, value)

    # --- what EClient keeps on itself, and is a part's here ----------------------------------------

    @property
    def wrapper(self) -> Callbacks:
        """EClient reports its own errors, and the Decoder its answers, to this: everything is dispatched."""
        return self._ibnb.dispatcher.callbacks

    @wrapper.setter
    def wrapper(self, value: object) -> None:
        """`EClient.__init__(self, self)` sets it; the dispatcher stays and finds the overrides itself."""

    @property
    def conn(self) -> Any:
        """The connection, or None."""
        return self._ibnb.lifecycle.connection

    @conn.setter
    def conn(self, value: object) -> None:
        """`EClient.reset` sets it to None, also before there is any."""

    @property
    def nextOrderId(self) -> int | None:
        """The next order id; None before the connection. Programs may set it, as IB's samples do."""
        return self._ibnb.ids.next

    @nextOrderId.setter
    def nextOrderId(self, value: int | None) -> None:
        if value is not None or not self.isConnected():
            self._ibnb.ids.next = value  # no verb takes one that was used, whatever stands here

    @property
    def account(self) -> str:
        """The account that verbs use by default: the first one, or what was set here."""
        return self._ibnb.lifecycle.account

    @account.setter
    def account(self, code: str) -> None:
        self._ibnb.lifecycle.account = code

    @property
    def port(self) -> int | None:
        """TWS's port. The simulator in this process needs none, and opens one when this is asked for."""
        lifecycle = self._ibnb.lifecycle
        if lifecycle.port == HERE and lifecycle.gateway is not None:
            return lifecycle.gateway.port
        return lifecycle.port

    @port.setter
    def port(self, value: int | None) -> None:
        self._ibnb.lifecycle.port = value

    def error(self, *args: Any) -> None:
        """Where `super().error(...)` of an override ends: everything is recorded already."""

    # --- connect and disconnect --------------------------------------------------------------------

    def connect(self, host: str, port: int, clientId: int) -> None:
        """Connect to TWS or IB Gateway; returns when the session is ready for requests.

        Ready means: the next order id and the accounts have arrived. Unlike ibapi's, this connect never
        returns unconnected: it raises NotConnectedError that says what to look at, after `error` has
        received code 502 (or 326). `connectTimeout` is in real seconds. Called again with the same
        arguments while connected it does nothing.
        """
        if type(vars(self).get(OWN)) is not Core:
            raise IBError(
                f"{OWN!r} is the one attribute that ibnb keeps for itself; it was replaced: name yours otherwise"
            )
        at_home = self._ibnb.lifecycle.port == HERE and self.isConnected() and port == self.port
        self._ibnb.connect(host, HERE if at_home else port, clientId)

    def disconnect(self) -> None:
        """End the session, and with it every wait. Orders stay as they are at TWS."""
        self._ibnb.disconnect()

    def isConnected(self) -> bool:
        """Is there a connection to TWS? (Whether TWS has its own link to IBKR, `app.notices` says.)"""
        return self._ibnb.lifecycle.connected()

    def run(self) -> None:
        """Block until the session is over: ibapi's message loop, whose work the reader thread does."""
        try:
            while not self._ibnb.lifecycle.over.wait(0.2):
                self.msgLoopTmo()
            self._ibnb.lifecycle.await_told()
        except KeyboardInterrupt:
            self.keyboardInterrupt()
            self.disconnect()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.disconnect()

    def __repr__(self) -> str:
        name, lifecycle = type(self).__name__, self._ibnb.lifecycle
        if lifecycle.endpoint is not None:
            host, port, client = lifecycle.endpoint
            where = "the simulator in this process" if port == HERE else f"{host}:{port}"
            if self._ibnb.reconnect.attempt is not None:
                return f"<{name} has lost {where} as client {client}: {self._ibnb.reconnect.why_not()}>"
            if lifecycle.connected():
                accounts = ", ".join(mask(account) for account in lifecycle.accounts)
                return (
                    f"<{name} connected to {where} as client {client}, account {accounts or 'unknown'}, "
                    f"server version {lifecycle.version}, next order id {self._ibnb.ids.next}>"
                )
        return f"<{name} not connected>"

    def __dir__(self) -> list[str]:
        return offered(self)

    # --- time --------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The session's time, with New York's zone: a simulated TWS's own, wherever it runs, or the wall clock."""
        return datetime.fromtimestamp(self._ibnb.now(), NEW_YORK)

    @short_errors
    def sleep(self, duration: float | str, progress: bool | Show | None = None) -> None:
        """Let time pass: seconds, or "30 s", "5 min", "1 h" of its clock. On a manual one nothing really waits.

        `progress`: True for a bar (text outside notebooks), or a function of a Progress; None shows the bar in a
        notebook if more than ten seconds are really waited for.
        """
        seconds = seconds_of(duration)
        core = self._ibnb
        core.lifecycle.check_thread("sleep")
        core.tell_problems()
        if progress is None:
            progress = core.clock.is_real and seconds > _UNSEEN and in_notebook()
        if progress:
            sleep_shown(core.clock, seconds, shower(progress))
        else:
            core.clock.sleep(seconds)  # the session's clock: virtual on the embedded gateway

    # --- messages ----------------------------------------------------------------------------------

    def useProtoBuf(self, msgId: int) -> bool:
        """Does a request leave as protobuf? ibapi's answer, remembered: it goes through a long list each time."""
        known, asked = self._ibnb.outgoing.protobuf, (msgId, self._ibnb.lifecycle.version)
        found = known.get(asked)
        if found is None:
            found = known[asked] = bool(super().useProtoBuf(msgId))
        return found

    def logRequest(self, fnName: str, fnParams: dict[str, Any]) -> None:
        """Every request of EClient comes by here first: the tape's source."""
        tape = self._ibnb.tape
        if tape.on:
            asked = api.asked_request(fnName, fnParams) if fnName.endswith(api.TWIN) else (fnName, fnParams)
            tape.request(*asked)
        if api.requests_are_logged():
            super().logRequest(fnName, fnParams)

    def sendMsg(self, *parts: Any) -> None:
        """The bytes and the log of EClient.sendMsg, which spends more time on a text for a log that nobody reads, and
        on a struct format for each length, than sending takes."""
        _send(self._ibnb, api.request_frame(parts, self._ibnb.lifecycle.version))

    def sendMsgProtoBuf(self, msgId: int, msg: bytes) -> None:
        """The same for a request in protobuf."""
        _send(self._ibnb, api.frame(msgId.to_bytes(4, "big") + msg))

    def explain(self, code: int, text: str = "") -> str:
        """What an IB message code means and what to do about it."""
        return explain_code(code, text)

    # --- orders ------------------------------------------------------------------------------------

    @short_errors
    def limitOrders(self, limits: OrderLimits | None) -> None:
        """Set (or with None lift) the limits that every order must keep, however it is sent.

        They belong to the TWS, not to the session: they hold for every connection of this process to the same host and
        port (the embedded gateway: of the same name), now and later, until limitOrders(None); for simulated ones until
        ibnb.reset(), too. ValueError for anything else.
        """
        if limits is not None and not isinstance(limits, OrderLimits):
            raise ValueError(f"{limits!r} isn't limits; ibnb.OrderLimits(max_quantity=100) is, None lifts them.")
        self._ibnb.gate.limits = limits

    def placeOrder(self, orderId: int, contract: Any, order: Any) -> None:
        """ibapi's placeOrder behind the session's limits. Before anything is sent it raises SafetyError, ValueError for
        what isn't a contract or an order, and NotConnectedError; ConnectionLostError when the connection goes
        meanwhile: then the order may have left, or not; IBError for a field that this session's version can't say."""
        check_order(contract, order, "placeOrder")
        core = self._ibnb
        core.check_sendable(f"order {orderId}")
        check_order_fields(order, self.serverVersion() or 0)
        core.gate.prepare(contract)
        with core.placing():
            core.gate.check(orderId, contract, order)
            core.ids.used(orderId)
            try:
                with core.outgoing.checked():
                    super().placeOrder(orderId, contract, order)
                if not core.lifecycle.connected():
                    # From 10.x on ibapi only reports what sending has raised.
                    raise ConnectionLostError(f"order {orderId} may not have left: the connection has just gone")
            except ConnectionLostError:
                raise  # it may have left
            except BaseException:
                core.gate.withdraw([orderId])
                raise

    def exerciseOptions(self, *args: Any, **kwargs: Any) -> None:
        """ibapi's exerciseOptions, behind the session's limits as the shares that it buys or sells. SafetyError."""
        core = self._ibnb
        given = _EXERCISE.bind_partial(self, *args, **kwargs).arguments
        core.check_sendable(f"exercise {given['reqId']}")
        core.gate.prepare(given["contract"], exercised=True)
        asked = ("reqId", "contract", "exerciseAction", "exerciseQuantity", "account")
        with core.placing(), core.outgoing.checked():
            core.gate.check_exercise(*(given[name] for name in asked))
            super().exerciseOptions(*args, **kwargs)

    def cancelOrder(self, orderId: int, orderCancel: Any = None) -> None:
        """ibapi's cancelOrder; the second argument, which changes between releases, may be left out. NotConnectedError,
        where ibapi would only report code 504."""
        self._ibnb.gate.refuse_readonly("cancelOrder")
        self._ibnb.check_sendable(f"the cancel of order {orderId}")
        api.send_cancel_order(self, orderId, orderCancel)

    def reqGlobalCancel(self, orderCancel: Any = None) -> None:
        """ibapi's reqGlobalCancel: every open order of the account, not this program's alone. NotConnectedError."""
        self._ibnb.gate.refuse_readonly("reqGlobalCancel")
        self._ibnb.check_sendable("the cancel of all orders")
        api.send_global_cancel(self, orderCancel)


def _send(core: Core, message: bytes) -> None:
    lifecycle = core.lifecycle
    connection = lifecycle.connection
    if connection is None:
        gone = NotConnectedError if lifecycle.endpoint is None else ConnectionLostError
        raise gone(f"there is no connection: {lifecycle.why_ended}")
    if api.messages_are_logged():
        api.MESSAGE_LOG.info("%s %s %s", "SENDING", sys._getframe(2).f_code.co_name, message)
    connection.sendMsg(message)
