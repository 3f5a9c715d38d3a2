"""Numbers for orders and requests. TWS has one field for both in its errors, so the two never meet.

An order id must be above every id that was used or seen before, whatever TWS says (IB, order submission): an answer to
reqIds may be older than the orders that were placed since, and a restarted TWS has been seen to count from further
back than the orders that still work.
"""

from __future__ import annotations

import threading

from ibnb.ib.api import UNSET_INTEGER


class Ids:
    """The next order id and the next request id. Any thread.

    `placing` is held while an order's id is taken and the order sent: TWS refuses an id that another one has overtaken
    on the way (103).
    """

    def __init__(self) -> None:
        self.placing = threading.RLock()
        # Only for a moment: the reader thread takes it too.
        self._lock = threading.Lock()
        #: The next order id; None until TWS has said it.
        self.next: int | None = None
        # No order id below this one may be used again; TWS counts from 1.
        self._floor = 1
        #: The id of the last request; 0 before the first one.
        self.last_request = 0

    def elsewhere(self) -> None:
        """Another TWS is about to be asked: what was used here is free there."""
        self._floor, self.next = 1, None

    def again(self) -> None:
        """The same TWS is about to be asked anew: nothing is used twice."""
        self._floor = max(self._floor, self.next or self._floor)
        self.next = None

    def told(self, orderId: int) -> None:
        """TWS says from which id on it takes orders."""
        with self._lock:
            self.next = max(orderId, self.next or orderId, self._floor)

    def used(self, orderId: int) -> None:
        """An order leaves under this id. `next` stays: programs count it up themselves, as IB's samples do."""
        with self._lock:
            self._floor = max(self._floor, orderId + 1)

    def seen(self, orderId: int) -> None:
        """TWS has shown an order under this id, of whichever client."""
        with self._lock:
            if self._floor <= orderId < UNSET_INTEGER:
                self._floor = orderId + 1
                if self.next is not None:
                    self.next = max(self.next, self._floor)

    def take(self) -> int | None:
        """The next order id, to each caller another one; None when TWS hasn't said any."""
        with self._lock:
            if self.next is None:
                return None
            taken = max(self.next, self._floor)
            self.next = self._floor = taken + 1
            return taken

    def go_on(self, last_request: int) -> None:
        """Count on from another session's last request: it is being played again."""
        with self._lock:
            self.last_request = last_request

    def request(self) -> int:
        """An id for a request, away from order ids."""
        with self._lock:
            orders = max(self.next or self._floor, self._floor)
            if abs(self.last_request - orders) < _APART:
                self.last_request = first_request(orders)
            self.last_request += 1
            return self.last_request


# Order ids and request ids stay that far from each other.
_APART = 400_000


def first_request(order_id: int) -> int:
    """A million-mark at least half a million above the order ids; below them when there is no room above.

    Order ids grow by one per order from where TWS says (1 in a fresh account), so the two never meet.
    """
    mark = (order_id + 1_500_000) // 1_000_000 * 1_000_000
    return mark if mark < 2_100_000_000 else 1_000_000
