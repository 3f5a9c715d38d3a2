"""Numbers for orders and requests. TWS has one field for both in its errors, so the two never meet.

An order id must be above every id that was used before, whatever TWS says: an answer to reqIds may be older than the
orders that were placed since, and a restarted TWS has been seen to count from further back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from ibnb.ib.api import UNSET_INTEGER


class Ids:
    """The next order id and the next request id. Any thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        #: The next order id; None until TWS has said it.
        self.next: int | None = None
        # No order id below this one may be used again.
        self._floor = 0
        self._requests: Iterator[int] | None = None

    def elsewhere(self) -> None:
        """Another TWS is about to be asked: what was used here is free there."""
        self._floor, self.next = 0, None

    def again(self) -> None:
        """The same TWS is about to be asked anew: nothing is used twice."""
        self._floor = max(self._floor, self.next or 0)
        self.next = None

    def told(self, orderId: int) -> None:
        """TWS says from which id on it takes orders."""
        with self.lock:
            self.next = max(orderId, self.next or 0, self._floor)

    def used(self, orderId: int) -> None:
        """An order leaves under this id."""
        self._floor = max(self._floor, orderId + 1)

    def take(self) -> int | None:
        """The next order id, to each caller another one; None when TWS hasn't said any."""
        with self.lock:
            taken = self.next
            if taken is not None:
                self.next = taken + 1
            return taken

    def request(self) -> int:
        """An id for a request, away from order ids."""
        with self.lock:
            if self._requests is None:
                self._requests = iter(range(first_request(self.next or 0) + 1, UNSET_INTEGER))
            return next(self._requests)


def first_request(order_id: int) -> int:
    """A million-mark at least half a million above the order ids; below them when there is no room above.

    Order ids grow by one per order from where TWS says (1 in a fresh account), so the two never meet.
    """
    mark = (order_id + 1_500_000) // 1_000_000 * 1_000_000
    return mark if mark < 2_100_000_000 else 1_000_000
