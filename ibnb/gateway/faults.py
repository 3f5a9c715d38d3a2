"""What can go wrong, on demand: at a moment that the scenario names, or now, by a call on a running gateway.

Rule: each fault does to the world and to its clients' connections what the real accident does; nothing here knows a
socket. Everything that lasts, lasts in virtual time.

Differs from TWS: orders that are placed while the link is down reach the exchange at once; only the news of them waits.
"""

from __future__ import annotations

from decimal import Decimal
from inspect import signature
from typing import TYPE_CHECKING, Any, Protocol

from . import messages as m
from .matching.mishaps import EXECUTION_FIRST, SECOND_PERM_ID, UNHEARD_CANCEL, Charge
from .world import Client, Subscription, World
from .world.upstream import DATA_KINDS, DATA_LOST, LOST, MARKET

if TYPE_CHECKING:
    from .scenario import Fault

# How long TWS takes to see that a peer which says nothing has gone.
_NOTICED_AFTER = 60.0
_RESET = "Market depth data has been RESET. Please empty deep book contents before applying any new entries."


class Connection(Protocol):
    """One client's connection, as far as it can break."""

    @property
    def clientId(self) -> int | None: ...
    def close(self) -> None:
        """Hang up."""

    def fall_silent(self) -> None:
        """Hear nothing and say nothing any more; the client id stays taken."""

    def inject(self, data: bytes) -> None:
        """Say these bytes, whatever they mean."""

    def truncate_next(self) -> None:
        """Say half of the next message and hang up."""


class Listener:
    """Where clients come in: their connections, whether the port is open, and whether who comes is answered at all."""

    def __init__(self) -> None:
        self.listening = True
        self.answering = True
        self.connections: list[Connection] = []

    def of(self, clientId: int | None) -> list[Connection]:
        """The connections of one client, or all."""
        return [connection for connection in self.connections if clientId is None or connection.clientId == clientId]


class Faults:
    """The accidents of one world. Every method's name, with its arguments, is also one that a scenario may name."""

    def __init__(self, world: World, listener: Listener) -> None:
        self._world = world
        self._listener = listener
        self._mishaps = world.orders.engine.mishaps

    def schedule(self, fault: Fault) -> None:
        """Let a scenario's fault happen at its time. Raises ValueError for a name that isn't among the faults, and
        for arguments that it doesn't take."""
        if fault.name not in NAMES:
            raise ValueError(f"no fault {fault.name!r}; there are {', '.join(NAMES)}")
        happen = getattr(self, fault.name)
        try:
            signature(happen).bind(*fault.arguments)
        except TypeError as error:
            raise ValueError(f"fault {fault.name}{signature(happen)} doesn't take {fault.arguments}: {error}") from None
        self._world.clock.call_at(fault.time, happen, *fault.arguments)

    # Connections

    def drop(self, clientId: int | None = None) -> None:
        """Hang up on one client, or on all. The port stays open."""
        for connection in self._listener.of(clientId):
            connection.close()

    def half_open(self, clientId: int | None = None, noticed_after: float = _NOTICED_AFTER) -> None:
        """Cut the wire without a word: nothing passes, and the client id stays taken until TWS notices."""
        for connection in self._listener.of(clientId):
            connection.fall_silent()
            self._world.clock.call_later(noticed_after, connection.close)

    def nightly_restart(self, down_for: float = 120.0, silent_for: float = 0.0) -> None:
        """Hang up on everybody and close the port for a while. Orders and ids stay; what wasn't transmitted is lost.

        Then, while TWS is still logging in (`silent_for`), it takes connections and says nothing; at last it hangs up
        on those.
        """
        self._listener.listening = False
        self.drop()
        self._world.orders.forget_untransmitted()
        self._world.clock.call_later(down_for, self._open, silent_for)

    def _open(self, silent_for: float) -> None:
        self._listener.listening = True
        if silent_for:
            self._listener.answering = False
            self._world.clock.call_later(silent_for, self._wake)

    def _wake(self) -> None:
        self._listener.answering = True
        self.drop()

    def garbage(self, data: bytes, clientId: int | None = None) -> None:
        """Say these bytes in the middle of the conversation."""
        for connection in self._listener.of(clientId):
            connection.inject(data)

    def truncate_next(self, clientId: int | None = None) -> None:
        """Break off within the next message, and hang up."""
        for connection in self._listener.of(clientId):
            connection.truncate_next()

    # TWS and what stands behind it

    def link_lost(self) -> None:
        """1100: TWS has lost IB. Streams stop, bars that were kept up to date end (10182), news of orders waits."""
        upstream = self._world.upstream
        if not upstream.linked:
            return
        upstream.set_link(False)
        self._say(*LOST)
        for farm in upstream.farms:
            self._say(*farm.notice)
        for client, bars in self._world.open("historicalData"):
            if bars.request.keepUpToDate:
                client.unsubscribe(bars.kind, bars.reqId)
                client.error(bars.reqId, 10182, "Failed to request live updates (disconnected).")

    def link_restored(self, data_lost: bool = False) -> None:
        """1102, or 1101 when the streams are gone and have to be asked for again; first the farms are back."""
        world, upstream = self._world, self._world.upstream
        if upstream.linked:
            return
        upstream.set_link(True)
        for farm in upstream.farms:
            self._say_restored(farm.name)
        self._say(*(DATA_LOST if data_lost else upstream.data_kept))
        for client in list(world.clients.values()):
            for kind in DATA_KINDS:
                for subscription in client.open(kind):
                    if data_lost:
                        client.unsubscribe(kind, subscription.reqId)
                    else:
                        _catch_up(client, subscription)
            held, client.held = client.held, []
            for message in held:
                client.send(message)

    def farm(self, name: str, ok: bool) -> None:
        """2103, 2105 or 2157: a farm breaks; 2119 and 2104, 2106 or 2158: it is back. Its streams stop meanwhile."""
        farm = self._world.upstream.set_farm(name, ok)
        if ok:
            self._say_restored(name)
            for kind in DATA_KINDS:
                for client, subscription in self._world.open(kind):
                    _catch_up(client, subscription)
        else:
            self._say(*farm.notice)

    def stop_streams(self) -> None:
        """Market data stop without a word, and don't come again before they are asked for anew."""
        for kind in (*DATA_KINDS, "historicalData"):
            for client, subscription in self._world.open(kind):
                client.unsubscribe(kind, subscription.reqId)

    def fractional_sizes(self, fraction: float = 0.5) -> None:
        """From now on every size of a quote and of a trade is so much larger, of whatever instrument; 0 ends it."""
        if not 0 <= fraction < 1:
            raise ValueError(f"a fraction of a share is at least 0 and less than 1, not {fraction}")
        for client in self._world.clients.values():
            client.pay()
        self._world.staged.fraction = Decimal(str(fraction))

    def _say_restored(self, name: str) -> None:
        [farm] = [farm for farm in self._world.upstream.farms if farm.name == name]
        if farm.kind == MARKET:
            self._say(2119, f"Market data farm is connecting:{name}")
        self._say(*farm.notice)

    def _say(self, code: int, text: str) -> None:
        for client in list(self._world.clients.values()):
            client.error(-1, code, text)

    # Answers

    def slow(self, seconds: float) -> None:
        """From now on each answer is so late; 0 mends it. ReqCurrentTime is answered at once, as ever."""
        if seconds < 0:
            raise ValueError(f"an answer can't come {-seconds} s before its question")
        self._world.staged.delay = seconds

    def lose_next(self, request_type: str | type, times: int = 1) -> None:
        """The next request of a kind ("reqHistoricalData", or its class) gets no answer at all."""
        self._world.staged.lost[_name(request_type)] += times

    def refuse_next(self, request_type: str | type, code: int, text: str) -> None:
        """The next request of a kind is answered with this error: 162 and a pacing violation, 354, 10197 …"""
        self._world.staged.refused[_name(request_type)].append((code, text))

    # Orders

    def reject_next_order(self, text: str) -> None:
        """The next order that is transmitted is rejected for this reason: 201 and Inactive."""
        self._world.orders.engine.refuse_next.append(text)

    def partial_fills(self, *sizes: float) -> None:
        """The next fills, of whichever order, trade at most so much each; none: forget those that were staged.

        What is left of an order fills after them, a second later. A FOK order that would fill in part expires.
        """
        if any(size <= 0 for size in sizes):
            raise ValueError(f"a fill trades more than nothing, not {sizes}")
        waiting = self._world.orders.engine.next_fills
        if sizes:
            waiting.extend(Decimal(str(size)) for size in sizes)
        else:
            waiting.clear()

    def second_perm_id(self) -> None:
        """The next change of an order becomes a second order under the same id, beside the first, which works on.

        Both may fill; a cancel reaches the second only (nautilus_trader#4564: a change sent while the link was down).
        """
        self._mishaps.staged[SECOND_PERM_ID] += 1

    def fill_after_cancel(self) -> None:
        """The next cancel is confirmed and never reaches the exchange: the order trades when the market comes to it.

        Then there are execDetails and a commission, and no orderStatus; TWS lists it as Cancelled (pysystemtrade#1580).
        """
        self._mishaps.staged[UNHEARD_CANCEL] += 1

    def execution_first(self) -> None:
        """Of the next order nothing is told until it trades: its execDetails come before its first openOrder."""
        self._mishaps.staged[EXECUTION_FIRST] += 1

    def stray_execution(self, orderId: int = 0) -> None:
        """The next fill names this order id instead of its own, now and whenever it is asked for; its permId is right.

        0 is nobody's (nautilus_trader#4970).
        """
        self._mishaps.strays.append(orderId)

    def late_commission(self, seconds: float = 30.0, times: int = 1) -> None:
        """The next fill's commission comes so late. Whoever asks for executions meanwhile finds it there."""
        self._charge(Charge(False, _later(seconds)), times)

    def lose_commission(self, times: int = 1) -> None:
        """The next fill's commission isn't told; whoever asks for executions finds it there."""
        self._charge(Charge(False, None), times)

    def unknown_commission(self, seconds: float | None = None, times: int = 1) -> None:
        """The next fill's commission is told as -1, as IB does while it doesn't know it; the true one so much later,
        if at all (nautilus_trader#4228)."""
        self._charge(Charge(True, None if seconds is None else _later(seconds)), times)

    def _charge(self, charge: Charge, times: int) -> None:
        self._mishaps.charges.extend([charge] * times)

    def roll_back_ids(self, n: int) -> None:
        """TWS forgets the last `n` order ids of each client: nextValidId names one that was used."""
        self._world.orders.roll_back(n)


NAMES = tuple(name for name in vars(Faults) if not name.startswith("_") and name != "schedule")


def _later(seconds: float) -> float:
    if seconds <= 0:
        raise ValueError(f"late is more than 0 s, not {seconds}")
    return seconds


def _name(request_type: str | type) -> str:
    """The class name of a request, from what people call it. Raises ValueError if there is no such request."""
    name = request_type if isinstance(request_type, str) else request_type.__name__
    name = name[:1].upper() + name[1:]
    if not hasattr(m, name):
        raise ValueError(f"no request is called {name!r}; say for instance 'reqHistoricalData'")
    return name


def _catch_up(client: Client, subscription: Subscription) -> None:
    """What a stream believes it has said may not have arrived: let it say all again; a book begins anew (317)."""
    client.pay()
    sent: dict[Any, Any] = subscription.state.get("sent", {})
    if subscription.kind == "mktDepth":
        client.error(subscription.reqId, 317, _RESET)
        sent.update(dict.fromkeys(sent, ()))
    else:
        sent.clear()
        subscription.state["minute"] = None
