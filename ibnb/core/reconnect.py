"""A session that survives: the socket is had back, streams are asked for again, orders are never sent again.

Three states fail separately. The socket: reconnect, with growing pauses. TWS's link to IBKR (1100, 1101, 1102): wait,
and ask again only for what TWS has dropped. A data farm (21xx): nothing to do, TWS goes on by itself. One owner: while
an attempt runs, no other starts. Reconnection is on for `ibnb.connect()`; a bare `IBApp().connect(...)` behaves as
ibapi's does unless `autoReconnect` is set: nothing is asked for again by itself.
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ibnb.core.clock import Alarm, RealTime, seconds_of
from ibnb.core.dispatch import on
from ibnb.core.gate import is_paper
from ibnb.core.outgoing import Requests
from ibnb.core.subscriptions import Subscription
from ibnb.errors import ConnectionLostError, IBError, NotConnectedError
from ibnb.ib.hours import is_open

LINK_LOST = frozenset({1100, 2110})
DATA_LOST, DATA_KEPT, STREAM_ENDED = 1101, 1102, 10182
#: Seconds after which a stream that TWS ended while its link is up is asked for again.
RESUBSCRIBE_AFTER = 5.0


@dataclass
class Backoff:
    """Pauses between attempts: they double from `first` to `most` seconds, each spread by up to half either way."""

    first: float = 1.0
    most: float = 60.0
    chance: Callable[[], float] = random.random

    def pause(self, tries: int) -> float:
        return min(self.most, self.first * 2.0 ** min(tries, 30)) * (0.5 + self.chance())


@dataclass
class Return:
    """An attempt to have a lost connection back."""

    since: float
    reason: str
    accounts: tuple[str, ...]
    tries: int = 0
    failed: str = ""
    due: float = 0.0
    alarm: Alarm | None = None


class Lasting(Requests):
    """The part of a session that outlives its connections."""

    autoReconnect: bool = False
    # Seconds without data, in trading hours, after which a stream is warned about; 0 = never.
    staleAfter: float | str = 300.0

    def _prepare(self) -> None:
        super()._prepare()
        self._backoff = Backoff()
        self._return: Return | None = None
        self._trying = False
        # disconnect() was called, or the session must not come back.
        self._leaving = False
        self._was_ready = False
        # What is to be done once the connection is back, before streams are: orders are reconciled.
        self._at_reconnect: list[Callable[[], object]] = []
        self._watch: Alarm | None = None
        self._warned: dict[object, float] = {}
        self._hours: dict[object, tuple[str, str]] = {}

    # --- begin and end ---------------------------------------------------------------------------

    def connect(self, host: str, port: int, clientId: int) -> None:
        self._forget_return()
        self._leaving = self._was_ready = False
        super().connect(host, port, clientId)

    connect.__doc__ = Requests.connect.__doc__

    def _begin(self, connection: Any) -> None:
        super()._begin(connection)
        self._was_ready = True

    def _finish_session(self, reason: str) -> None:
        self._leaving = True
        self._forget_return()
        super()._finish_session(reason)
        if not self._over.is_set():
            # It was ending anyway, and was on its way back.
            self._pending.fail_all(ConnectionLostError(f"the connection has ended: {reason}"))
            self._status.socket, self._why_ended = "closed", reason
            self._over.set()
            self._release_waiters()

    def _forget_return(self) -> None:
        with self._lock:
            returning, self._return = self._return, None
        if returning is not None and returning.alarm is not None:
            returning.alarm.cancel()

    @property
    def _returning(self) -> bool:
        return self._return is not None

    def _usable(self) -> bool:
        """Connected, ready, and known to be the same accounts as before."""
        return self.isConnected() and self._ready.is_set() and self._return is None

    def _is_watchful(self) -> bool:
        """Is there something to see to while time passes?"""
        return self._return is not None or len(self._subscriptions) > 0

    def _comes_back(self) -> bool:
        with self._lock:
            if self._leaving or not self.autoReconnect or not self._was_ready:
                return False
            self._status.socket = "reconnecting"
            if self._return is None:
                self._return = Return(self._now(), self._why_ended, tuple(self.accounts))
                self._status.say(f"the connection has ended ({self._why_ended}); trying to have it back", "connection")
                self._subscriptions.lost(f"socket: {self._why_ended}")
                self._suspend_orders()
            if not self._trying:
                self._arrange(self._return)
            return True

    # --- the way back ------------------------------------------------------------------------------

    def _arrange(self, returning: Return) -> None:
        if returning.alarm is not None:
            returning.alarm.cancel()
        pause = self._backoff.pause(returning.tries)
        returning.due = self._now() + pause
        returning.alarm = self._time.later(pause, self._try_again)

    def _try_again(self) -> None:
        """One attempt to have the connection back; arranges the next one if it fails."""
        with self._lock:
            returning = self._return
            if returning is None or self._leaving or self._trying or self._endpoint is None:
                return
            self._trying = True
            returning.tries += 1
        host, port, clientId = self._endpoint
        try:
            self._begin(self._reach(host, self._status.new_port or port, clientId))
            stranger = self._stranger(returning.accounts)
        except NotConnectedError as error:
            returning.failed = str(error)
            stranger = ""
        except Exception as error:
            self._record_problem("reconnect", error, traceback.format_exc(), "ibnb")
            returning.failed = repr(error)
            stranger = ""
        finally:
            with self._lock:
                self._trying = False
        if stranger:
            self._status.say(stranger, "connection")
            self._finish_session(stranger)
        elif self._leaving:
            self._finish_session("disconnect() was called")
        elif not (self.isConnected() and self._ready.is_set()):
            with self._lock:
                if self._return is returning:
                    self._status.socket, self._why_ended = "reconnecting", returning.failed or returning.reason
                    self._arrange(returning)
        else:
            self._back(returning)

    def _come_back_now(self, seconds: float) -> bool:
        """Is the session usable? One that is on its way back is tried at once, and waited for (real seconds)."""
        returning = self._return
        if returning is not None and not self._trying:
            if returning.alarm is not None:
                returning.alarm.cancel()
            self._try_again()
        if self._return is not None and self._trying:
            RealTime(self._changes).wait(lambda: self._usable() or not self._trying, seconds)
        return self._usable()

    def _stranger(self, before: tuple[str, ...]) -> str:
        """Why the session that answers now isn't the one that was lost; "" if it is."""
        missing = [code for code in before if code not in self.accounts]
        new_live = [code for code in self.accounts if code not in before and not is_paper(code)]
        if missing or new_live:
            return "another account is logged in at TWS now: the session has ended, nothing was sent; connect again"
        return ""

    def _back(self, returning: Return) -> None:
        with self._lock:
            connection = self.conn
            if connection is None:
                self._arrange(returning)
                return
            self._return = None
        self._resume_orders()
        seconds = self._now() - returning.since
        self._status.say(f"connected again after {seconds:.0f} s, at try {returning.tries}", "connection")
        self._changes.announce()
        for action in self._at_reconnect:
            try:
                action()
            except IBError as error:
                if self.conn is not connection:
                    return  # lost again: all this is done anew
                self._status.say(f"after the reconnection: {error}", "warning")
            except Exception as error:
                self._record_problem("reconnect", error, traceback.format_exc(), "ibnb")
        self._ask_for_all()

    def _suspend_orders(self) -> None:
        """Let no order leave until the account has been checked again."""

    def _resume_orders(self) -> None:
        """The account has been checked."""

    # --- streams -----------------------------------------------------------------------------------

    def _ask_for_all(self, only_dead: bool = False) -> None:
        """Ask again for what went on before, in the old order and under the old ids."""
        connection = self.conn
        for each in self._subscriptions.all():
            if self.conn is not connection or not self._usable():
                return  # the next connection begins anew
            if (each.dead or not only_dead) and self._subscriptions.get(each.key) is each:
                self._ask_for(each)

    def _ask_for(self, each: Subscription) -> None:
        slot = each.slot
        if slot is not None and slot.done:
            return
        try:
            if slot is not None and slot.on_replay is not None:
                slot.on_replay()
            each.dead = False
            self._subscriptions.resumed(each)
            getattr(self, each.request)(*each.given.values())
        except (IBError, OSError) as error:
            self._status.say(f"{each.verb} {each.symbol} couldn't be asked for again: {error}", "warning")
        except Exception as error:
            self._record_problem(each.request, error, traceback.format_exc(), "ibnb")

    @on("error")
    def _link_changed(self, reqId: int, errorTime: int, errorCode: int, errorString: str, advanced: str) -> None:
        if errorCode in LINK_LOST or errorCode == DATA_LOST:
            self._subscriptions.lost(f"{errorCode}: {' '.join(errorString.split())}")
            if errorCode == DATA_LOST and self.autoReconnect:
                self._later(0.0, self._ask_for_all)
        elif errorCode == DATA_KEPT:
            for each in self._subscriptions.all():
                if not each.dead:
                    self._subscriptions.resumed(each)
            self._later(0.0, lambda: self._ask_for_all(only_dead=True))

    def _stream_ended(self, each: Subscription, text: str) -> None:
        """TWS has dropped one stream (10182): ask for it again when the link is up."""
        each.dead = True
        self._subscriptions.lost(f"{STREAM_ENDED}: {text}", each)
        if self._status.link != "lost":
            self._later(RESUBSCRIBE_AFTER, self._ask_for_dead)

    def _ask_for_dead(self) -> None:
        if self._status.link != "lost":
            self._ask_for_all(only_dead=True)

    def _later(self, seconds: float, action: Callable[[], object]) -> Alarm:
        # Never in the reader thread: what is sent waits its turn there.
        return self._time.later(seconds, action)

    # --- silence -----------------------------------------------------------------------------------

    def _watch_streams(self) -> None:
        """Look after streams now and again while there are any."""
        stale = seconds_of(self.staleAfter)
        if stale and self._watch is None:
            self._watch = self._later(stale / 2, self._look_at_streams)

    def _look_at_streams(self) -> None:
        self._watch = None
        streams = self._subscriptions.streams()
        if not streams or self._over.is_set():
            self._warned.clear()
            return
        for each in streams:
            try:
                self._look_at(each, seconds_of(self.staleAfter))
            except Exception as error:
                self._record_problem("staleAfter", error, traceback.format_exc(), "ibnb")
        self._watch_streams()

    def _look_at(self, each: Subscription, stale: float) -> None:
        slot = each.slot
        if slot is None or slot.gap is not None or not self._usable():
            return
        since = slot.heard if slot.heard is not None else slot.opened
        age = self._now() - since
        if age < stale or self._warned.get(each.key) == since or not self._trades_now(each):
            return
        self._warned[each.key] = since
        self._status.say(
            f"{each.verb} {each.symbol} has had no data for {age:.0f} s although its market is open: "
            "the values are old (app.streams, app.farms)",
            "warning",
        )

    def _trades_now(self, each: Subscription) -> bool:
        """Are these the contract's regular hours? Asked of TWS once a contract; unknown counts as yes."""
        contract = each.given.get("contract")
        if contract is None:
            return False
        key = (contract.conId, contract.symbol, contract.secType, contract.exchange, contract.currency)
        text, zone = self._hours.get(key, ("", ""))
        now = self.now()
        if f"{now:%Y%m%d}" not in text:
            text, zone = self._hours[key] = self._ask_hours(contract)
        return is_open(text, zone, now) is not False

    def _ask_hours(self, contract: Any) -> tuple[str, str]:
        """(liquidHours, timeZoneId) of a contract, or two empty texts."""
        return "", ""
