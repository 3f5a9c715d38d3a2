"""Orders that belong together, a bracket or an OCA group: all of them reach TWS, or none is left there.

The whole group is checked by the session's limits before its first order leaves. Before the last one leaves, and after
it, TWS is given the time to refuse one of them; the others are then cancelled. Where one has been filled already they
are left alone, because they may protect what it bought, and the error says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ibnb.core.session import Session
from ibnb.errors import ConnectionLostError, IBError, NotConnectedError, OrderRejectedError
from ibnb.verbs.orders.blotter import Blotter
from ibnb.verbs.orders.order_state import WORKING, Said
from ibnb.verbs.orders.waiting import named, refusal

# Real seconds for TWS to refuse what it holds. A callback that waits for its turn to place waits longer.
_GLANCE = 1.0

# TWS may refuse an order by its status alone.
_INACTIVE = Said(0, "the order is Inactive, without a reason")

#: (orderId, contract, order)
Member = tuple[int, Any, Any]


class Group:
    """Some orders on their way, through the app's own placeOrder and cancelOrder."""

    def __init__(self, app: Session, blotter: Blotter, verb: str) -> None:
        self._app, self._core, self._blotter, self._verb = app, app._ibnb, blotter, verb
        self._sent: list[int] = []
        self._connection = self._core.lifecycle.connection

    def send(self, members: Sequence[Member]) -> None:
        """Send them in this order. What `place` raises; OrderRejectedError when TWS refuses one at once."""
        self._core.gate.check_group(members)
        handed = 0
        try:
            for number, (orderId, contract, order) in enumerate(members, start=1):
                if number == len(members) > 1:
                    self.look()
                if self._core.lifecycle.connection is not self._connection:
                    # Another connection doesn't know what this one held.
                    raise self._core.lifecycle.lost(self._verb)
                handed = number
                self._app.placeOrder(orderId, contract, order)
                self._sent.append(orderId)
        except OrderRejectedError:
            raise
        except BaseException as error:
            with suppress(IBError):
                self._withdraw()
            if self._sent and isinstance(error, ConnectionLostError | NotConnectedError):
                raise ConnectionLostError(
                    f"{error}\nSent before, and perhaps held at TWS without the rest of the group: "
                    f"{named(self._sent)}.\nLook there, or ask it (getOpenOrders), before you decide."
                ) from None
            raise
        finally:
            # What placeOrder hasn't been handed holds no shares of the account any more.
            self._core.gate.withdraw(orderId for orderId, _, _ in members[handed:])

    def look(self) -> None:
        """Has TWS refused one of them? Then OrderRejectedError, and the others are withdrawn."""
        self._core.fence.glance(_GLANCE)
        for orderId in self._sent:
            said = self._blotter.rejected(orderId)
            if said is None and self._blotter.status_of(orderId) == "Inactive":
                said = _INACTIVE
            if said is not None:
                raise refusal(said, orderId, self._verb, self._withdraw())

    def _withdraw(self) -> str:
        """Cancel what works; what was done, in words."""
        reports = [report for each in self._sent if (report := self._blotter.report(each)) is not None]
        filled = [f"order {each.orderId} is {each.status}, {each.filled:g} filled" for each in reports if each.filled]
        alive = [report.orderId for report in reports if report.status in WORKING]
        if filled:
            return f"{'; '.join(filled)}: the rest of the group was left as it is (working: {named(alive)})."
        for orderId in alive:
            self._app.cancelOrder(orderId)
        first = "; a fill may come first, and getBlotter() shows it" if alive else ""
        return f"The rest of the group is being cancelled (orders: {named(alive)}){first}."
