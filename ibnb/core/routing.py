"""What TWS says through `error`: remembered, and brought to the request that it ends, if it ends one."""

from __future__ import annotations

from dataclasses import dataclass

from ibnb.core.clock import Clock
from ibnb.core.dispatch import on
from ibnb.core.outgoing import Outgoing
from ibnb.core.pending import Pending, Slot
from ibnb.core.reconnect import STREAM_ENDED, Reconnect
from ibnb.core.status import Status
from ibnb.core.subscriptions import Subscriptions
from ibnb.errors import ConnectionLostError, request_error
from ibnb.ib import api
from ibnb.ib.codes import outcome

# Refusals of a request as such; for requests without an id they come with the id -1.
INVALID_REQUEST = frozenset({320, 321, 322})
#: Seconds in which something must follow a message with an unknown code.
DOUBT = 2.0
#: The kind of a slot that stands for nothing but a turn.
TURN = "turn"


@dataclass(eq=False, repr=False)
class Routing:
    """Brings each message to its request."""

    status: Status
    pending: Pending
    subscriptions: Subscriptions
    outgoing: Outgoing
    reconnect: Reconnect
    clock: Clock

    @on("error")
    def told(self, reqId: int, errorTime: int, errorCode: int, errorString: str, advanced: str) -> None:
        notice = self.status.note(reqId, errorCode, errorString)
        slot = self.pending.get(reqId) if reqId != api.NO_VALID_ID else None
        if slot is None and 500 <= errorCode < 600:
            # ibapi's own errors are reported while the request is being sent, in the thread that sends it.
            slot = self.pending.of_this_thread()
        if slot is None and reqId == api.NO_VALID_ID and errorCode in INVALID_REQUEST:
            slot = self._only_slot_without_id()
        subscription = self.subscriptions.get(reqId)
        ended = errorCode == STREAM_ENDED and self.reconnect.settings.autoReconnect
        if ended and subscription is not None and (slot is None or slot.lasting):
            self.reconnect.stream_ended(subscription, notice.text)
            return
        if slot is None:
            kind = subscription.sort.kind if subscription is not None else "history"
            if outcome(errorCode, errorString, kind) == "fail":
                self.subscriptions.ended(reqId)
                self.outgoing.history_over(reqId)
            return
        if 500 <= errorCode < 600 and not self.reconnect.usable():
            # Asked in the moment in which the connection went. A stream will be asked for again.
            if not slot.lasting:
                slot.fail(ConnectionLostError(f"{slot.verb}: the connection has ended: {notice.text}"))
            return
        end = outcome(errorCode, errorString, slot.kind)
        if end == "fail":
            self._refuse(slot, reqId, errorCode, errorString)
        elif end == "finish":
            slot.finish()
        elif end == "doubt" and not slot.lasting:
            self._wait_and_see(slot, reqId, errorCode, errorString)

    def _refuse(self, slot: Slot, reqId: int, code: int, text: str) -> None:
        self.subscriptions.ended(reqId)
        slot.fail(request_error(code, text, reqId=reqId, verb=slot.verb, kind=slot.kind, about=slot.about))

    def _wait_and_see(self, slot: Slot, reqId: int, code: int, text: str) -> None:
        """Nobody knows the code. If nothing follows it within a moment, it was the answer."""

        def decide() -> None:
            if not (slot.rows or getattr(slot.taker, "values", None)):
                self._refuse(slot, reqId, code, text)

        self.clock.later(min(DOUBT, (slot.timeout or DOUBT) / 2), decide)

    def _only_slot_without_id(self) -> Slot | None:
        """What a refusal without an id means, if only one request without an id is open."""
        found = [slot for slot in self.pending.all() if isinstance(slot.key, str) and slot.kind != TURN]
        return found[0] if len(found) == 1 else None
