"""Frames on their way in: decoded fast where many come alike, by ibapi's Decoder otherwise."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ibnb.core import unread
from ibnb.core.clock import Changes
from ibnb.core.dispatch import Dispatcher, find_override
from ibnb.core.lifecycle import Lifecycle
from ibnb.core.pending import Pending
from ibnb.core.status import OWN, Status
from ibnb.core.tape import Tape
from ibnb.ib import api
from ibnb.wire.fast import Decoded, run_of, runs
from ibnb.wire.transport import Connection

_TICKS = ("tickPrice", "tickSize", "tickGeneric", "tickString")


@dataclass(eq=False, repr=False)
class Incoming:
    """What TWS sends, in order; the end of the connection drops the rest. `client` may override msgLoopRec."""

    client: Any
    lifecycle: Lifecycle
    dispatcher: Dispatcher
    tape: Tape
    changes: Changes
    status: Status
    pending: Pending

    def __post_init__(self) -> None:
        self.is_private = self.dispatcher.is_private
        self._interpret: Callable[[int, bytes], None]
        #: Is told of what comes, before anybody else.
        self.heard: Callable[[list[bytes]], object] | None = None

    def reset(self, connection: Connection) -> None:
        """A new connection may speak another version."""
        self._interpret = api.make_interpreter(self.dispatcher.callbacks, self.lifecycle.version)

    def may_wait(self) -> bool:
        """Can ticks wait until somebody looks? Nobody hears them as they come."""
        quiet = self.heard is None and self.is_private() and not api.answers_are_logged()
        return quiet and self.dispatcher.in_columns(*_TICKS)

    def take(self, payloads: list[bytes]) -> None:
        """What came at once."""
        if self.heard is not None:
            self.heard(payloads)
        if len(payloads) == 1:
            self.take_one(payloads[0])
            return
        lifecycle = self.lifecycle
        connection = lifecycle.connection
        for messages, prices in runs(payloads, run_of(lifecycle.version).heads):
            if lifecycle.connection is not connection:
                return
            if len(messages) == 1 or not self._take_run(messages, prices):
                for payload in messages:
                    if lifecycle.connection is connection:
                        self.take_one(payload)

    def _take_run(self, payloads: list[bytes], prices: bool) -> bool:
        version, dispatcher = self.lifecycle.version, self.dispatcher
        run = run_of(version)
        if any(dispatcher.fast(each, version) is None for each in run.ids) or not dispatcher.in_columns(*_TICKS):
            return False
        decode = run.decode_prices if prices else run.decode_ticks
        try:
            found = decode(payloads, version)
        except Exception:
            return False  # which of them can't be read, and why, is told one by one
        if found is None:
            return False
        self._deliver(found, run.ids[0] if prices else None, payloads, version)
        if find_override(self.client, "msgLoopRec") is not None:
            for _ in payloads:
                self._guard_hook()
        return True

    def take_one(self, payload: bytes) -> None:
        """One message."""
        dispatcher = self.dispatcher
        try:
            version = self.lifecycle.version
            msg_id = api.message_id(payload, version)
            decode = dispatcher.fast(msg_id, version)
            found = decode(payload, version) if decode is not None else None
            if found is None:
                self._interpret(msg_id, payload)
            elif found.callbacks:
                self._deliver(found, msg_id, [payload], version)
            else:
                callbacks = dispatcher.callbacks
                for name, args in found.calls:
                    getattr(callbacks, name)(*args)
        except Exception as error:
            self._tell_unread(payload, error, traceback.format_exc())
        if not dispatcher.is_private():
            self._guard_hook()

    def _deliver(self, found: Decoded, msg_id: int | None, payloads: list[bytes], version: int) -> None:
        """What a fast decoder has found goes where the callbacks would have gone."""
        if self.tape.on:
            self.tape.messages(found.callbacks, msg_id, payloads, version)
        for name, args in found.calls:
            self.dispatcher.deliver(name, *args)
        self.changes.announce()

    def _tell_unread(self, payload: bytes, error: Exception, trace: str) -> None:
        message = unread.describe(payload, self.lifecycle.version)
        what = f"TWS's message {message.name} can't be read"
        slots = unread.waiting_for(self.pending, message)
        # Whoever is told by the end of a request finds it among the problems.
        self.status.problem("decode", f"message {payload[:60]!r}", error, trace, told=bool(slots))
        unread.fail(slots, what, error)
        if message.number in unread.ABOUT_ORDERS and message.key is not None:
            # It decides nothing about the order: the order is asked about.
            self.dispatcher.deliver("error", message.key, 0, OWN, f"{what}; see app.problems", "")
        self.changes.announce()

    def _guard_hook(self) -> None:
        self.dispatcher.guarded("msgLoopRec", self.client.msgLoopRec, ())
