"""A session that survives: the socket is had back, streams are asked for again, orders are never sent again.

Three states fail separately. The socket: reconnect, with growing pauses. TWS's link to IBKR (1100, 1101, 1102): wait,
and ask again only for what TWS has dropped. A data farm (21xx): nothing to do, TWS goes on by itself. One owner: while
an attempt runs, no other starts. Reconnection is on for `ibnb.connect()`; a bare `IBApp().connect(...)` behaves as
ibapi's does unless `autoReconnect` is set: nothing is asked for again by itself.
"""

from __future__ import annotations

import random
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ibnb.core.clock import Alarm, Changes, Clock, RealTime
from ibnb.core.dispatch import on
from ibnb.core.gate import OrderGate, is_paper
from ibnb.core.lifecycle import Lifecycle, Settings
from ibnb.core.pending import Pending
from ibnb.core.status import Status
from ibnb.core.subscriptions import Subscription, Subscriptions
from ibnb.errors import ConnectionLostError, IBError, NotConnectedError

LINK_LOST = frozenset({1100, 2110})
DATA_LOST, DATA_KEPT, STREAM_ENDED = 1101, 1102, 10182
#: Seconds after which a stream that TWS ended while its link is up is asked for again.
RESUBSCRIBE_AFTER = 5.0
UNCHECKED = "the account hasn't been checked again since the connection was lost"
STRANGER = "another account is logged in at TWS now: the session has ended, nothing was sent; connect again"


@dataclass
class Backoff:
    """Pauses between attempts: they double from `first` to `most` seconds, each spread by up to half either way."""

    first: float = 1.0
    most: float = 60.0
    chance: Callable[[], float] = random.random

    def pause(self, tries: int) -> float:
        even = self.first
        for _ in range(tries):
            even = min(self.most, even * 2.0)
        return even * (0.5 + self.chance())


@dataclass
class Return:
    """An attempt to have a lost connection back; `due`: when it is tried next."""

    since: float
    reason: str
    accounts: tuple[str, ...]
    due: float
    tries: int = 0
    failed: str = ""
    alarm: Alarm | None = None

    def stop(self) -> None:
        """What is arranged won't be done."""
        if self.alarm is not None:
            self.alarm.cancel()


@dataclass(eq=False, repr=False)
class Reconnect:
    """What outlives connections. `client` is the EClient whose requests are sent again."""

    client: Any
    settings: Settings
    clock: Clock
    changes: Changes
    lifecycle: Lifecycle
    status: Status
    pending: Pending
    subscriptions: Subscriptions
    gate: OrderGate

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self.backoff = Backoff()
        #: The attempt that is under way, or None.
        self.attempt: Return | None = None
        #: What is to be done once the connection is back, before streams are: orders are reconciled.
        self.actions: list[Callable[[], object]] = []
        #: connect() has worked, and nothing has ended the session for good since.
        self.stays: bool
        self._trying = False

    # --- begin and end ---------------------------------------------------------------------------

    def connect(self, host: str, port: int, clientId: int) -> None:
        """Connect anew, at the user's word."""
        if not self.lifecycle.connected():
            self._forget()
            self.stays = False
        self.lifecycle.connect(host, port, clientId)
        self.stays = True

    def finish(self, reason: str) -> None:
        """End the session for good."""
        self.stays = False
        lifecycle = self.lifecycle
        lifecycle.finish(reason)
        self._forget()
        if not lifecycle.over.is_set():
            # It was ending anyway, and was on its way back.
            self.pending.fail_all(ConnectionLostError(f"the connection has ended: {reason}"))
            self.status.socket, lifecycle.why_ended = "closed", reason
            lifecycle.over.set()
            lifecycle.release_waiters()

    def _forget(self) -> None:
        with self._lock:
            attempt, self.attempt = self.attempt, None
            if attempt is not None:
                attempt.stop()

    def usable(self) -> bool:
        """Connected, ready, and known to be the same accounts as before."""
        return self.attempt is None and self.lifecycle.usable()

    def is_watchful(self) -> bool:
        """Is there something to see to while time passes?"""
        return self.attempt is not None or len(self.subscriptions) > 0

    def why_not(self) -> str:
        """Why the session isn't usable."""
        attempt = self.attempt
        if attempt is None:
            return self.lifecycle.why_ended
        last = f", last: {attempt.failed}" if attempt.failed else ""
        wait = max(0.0, attempt.due - self.clock.now())
        return f"{attempt.reason}; trying to have it back ({attempt.tries} tries{last}), again in {wait:.0f} s"

    def comes_back(self) -> bool:
        """The connection has just ended: is it had back? Then the first attempt is arranged."""
        lifecycle = self.lifecycle
        with self._lock:
            returns = self.settings.autoReconnect and self.stays
            if returns:
                self.status.socket = "reconnecting"
            if returns and self.attempt is None:
                why, now = lifecycle.why_ended, self.clock.now()
                self.attempt = Return(now, why, tuple(lifecycle.accounts), now)
                self.status.say(f"the connection has ended ({why}); trying to have it back", "connection")
                self.subscriptions.lost(f"socket: {why}")
                # No order leaves until the account has been checked again.
                self.gate.blocked = self.gate.blocked or UNCHECKED
                self.gate.forget_positions()
                self._arrange(self.attempt)
            return returns

    # --- the way back ------------------------------------------------------------------------------

    def _arrange(self, attempt: Return) -> None:
        pause = self.backoff.pause(attempt.tries)
        attempt.due = self.clock.now() + pause
        attempt.alarm = self.clock.later(pause, self._try)

    def _try(self) -> None:
        """One attempt to have the connection back; arranges the next one if it fails."""
        lifecycle = self.lifecycle
        with self._lock:
            attempt = self.attempt
            if attempt is None or self._trying:
                return
            self._trying = True
            attempt.stop()
            attempt.tries += 1
        assert lifecycle.endpoint is not None
        host, port, clientId = lifecycle.endpoint
        connection, back = None, False
        try:
            connection = lifecycle.reach(host, self.status.new_port or port, clientId)
            lifecycle.begin(connection)
            back = not self._is_stranger(attempt.accounts)
            if not back:
                self.status.say(STRANGER, "connection")
                self.finish(STRANGER)
        except NotConnectedError as error:
            attempt.failed = str(error)
        except Exception as error:
            self.status.problem("reconnect", "ibnb", error, traceback.format_exc())
            attempt.failed = repr(error)
        finally:
            with self._lock:
                self._trying = False
                # disconnect() and connect() forget it.
                wanted = self.attempt is attempt
                back = back and wanted and lifecycle.connected()
                if back:
                    if self.gate.blocked == UNCHECKED:
                        self.gate.blocked = ""
                    self.attempt = None
                elif wanted:
                    self._arrange(attempt)
            if connection is not None and not back:
                lifecycle.end(connection, self.why_not())
        if back:
            self._back(attempt, connection)

    def come_back_now(self, seconds: float) -> bool:
        """Is the session usable? One that is on its way back is tried at once, and waited for (real seconds)."""
        self._try()
        RealTime(self.changes).wait(lambda: not self._trying, seconds)
        return self.usable()

    def _is_stranger(self, before: tuple[str, ...]) -> bool:
        """Is the session that answers now another one than that which was lost?"""
        accounts = self.lifecycle.accounts
        missing = [code for code in before if code not in accounts]
        new_live = [code for code in accounts if code not in before and not is_paper(code)]
        return bool(missing or new_live)

    def _back(self, attempt: Return, connection: object) -> None:
        seconds = self.clock.now() - attempt.since
        self.status.say(f"connected again after {seconds:.0f} s, at try {attempt.tries}", "connection")
        self.changes.announce()
        for action in list(self.actions):
            try:
                action()
            except IBError as error:
                if self.lifecycle.connection is not connection:
                    return  # lost again: all this is done anew
                self.status.say(f"after the reconnection: {error}", "warning")
            except Exception as error:
                self.status.problem("reconnect", "ibnb", error, traceback.format_exc())
        self._ask_for_all()

    # --- streams -----------------------------------------------------------------------------------

    def _ask_for_all(self, only_dead: bool = False) -> None:
        """Ask again for what went on before, in the old order and under the old ids."""
        connection = self.lifecycle.connection
        for each in self.subscriptions.all():
            if self.lifecycle.connection is not connection or not self.usable():
                return  # the next connection begins anew
            if (each.dead or not only_dead) and self.subscriptions.get(each.key) is each:
                self._ask_for(each)

    def _ask_for(self, each: Subscription) -> None:
        slot = each.slot
        if slot is not None and slot.done:
            return
        try:
            if slot is not None and slot.on_replay is not None:
                slot.on_replay()
            each.dead = False
            self.subscriptions.resumed(each)
            getattr(self.client, each.request)(*each.given.values())
        except (IBError, OSError) as error:
            self.status.say(f"{each.verb} {each.symbol} couldn't be asked for again: {error}", "warning")
        except Exception as error:
            self.status.problem(each.request, "ibnb", error, traceback.format_exc())

    @on("error")
    def link_changed(self, reqId: int, errorTime: int, errorCode: int, errorString: str, advanced: str) -> None:
        # What is asked for again is never asked for in the reader thread: what is sent waits its turn there.
        if errorCode in LINK_LOST or errorCode == DATA_LOST:
            self.subscriptions.lost(f"{errorCode}: {' '.join(errorString.split())}")
            if errorCode == DATA_LOST and self.settings.autoReconnect:
                self.clock.later(0.0, self._ask_for_all)
        elif errorCode == DATA_KEPT:
            for each in self.subscriptions.all():
                if not each.dead:
                    self.subscriptions.resumed(each)
            self.clock.later(0.0, lambda: self._ask_for_all(only_dead=True))

    def stream_ended(self, each: Subscription, text: str) -> None:
        """TWS has dropped one stream (10182): ask for it again when the link is up."""
        each.dead = True
        self.subscriptions.lost(f"{STREAM_ENDED}: {text}", each)
        self.clock.later(RESUBSCRIBE_AFTER, self._ask_for_dead)

    def _ask_for_dead(self) -> None:
        if self.status.link != "lost":
            self._ask_for_all(only_dead=True)
