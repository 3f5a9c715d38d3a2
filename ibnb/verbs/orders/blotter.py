"""What is known of each order, from the messages of TWS and from nothing else.

Rule: status comes from openOrder and orderStatus, fills from execDetails. An error text is kept beside the order and
decides nothing, except for an order that TWS never took: no status will ever come for that one.
Orders are known by a key: this client's by their order id, others by ("perm", permId), because manual orders all come
as order 0 and another client's ids are not ours.
The reader thread writes, any thread reads: every method holds the lock for a moment and hands out copies.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from math import isnan
from typing import Any

from ibnb.ib.api import to_float
from ibnb.ib.codes import outcome, severity

#: An order id, or ("perm", permId).
Key = int | tuple[str, int]

#: Statuses after which nothing more is expected. A late fill is still recorded.
DONE = frozenset({"Filled", "Cancelled", "ApiCancelled", "Inactive"})
#: Statuses of an order that can still be cancelled or modified.
WORKING = frozenset({"ApiPending", "PendingSubmit", "PreSubmitted", "Submitted", "PendingCancel"})
# What TWS answers to a cancel; whether the order lives is not in it.
_ABOUT_CANCEL = frozenset({135, 136, 161, 202, 10147, 10148, 10149})
#: Not a status of TWS's: the order was sent, the connection was lost, and TWS knows nothing of it now.
UNCERTAIN = "Uncertain"
#: The order of life, for plots and for sorting.
STATUSES = (
    "PendingSubmit",
    "PreSubmitted",
    "Submitted",
    "PendingCancel",
    "Inactive",
    "ApiCancelled",
    "Cancelled",
    "Filled",
)


@dataclass(frozen=True, slots=True)
class OrderReport:
    """An order at one moment. Prices are per unit in the contract's currency; NaN where nothing is filled yet."""

    orderId: int
    status: str
    filled: float
    remaining: float
    avgFillPrice: float
    symbol: str
    action: str
    orderType: str
    commission: float
    permId: int
    whyHeld: str = ""
    messages: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """True when nothing more is expected: filled, cancelled, or rejected."""
        return self.status in DONE


@dataclass(slots=True)
class _Entry:
    contract: Any
    order: Any
    status: str = "PendingSubmit"
    filled: float = 0.0
    remaining: float = float("nan")
    avgFillPrice: float = float("nan")
    permId: int = 0
    clientId: int = 0
    whyHeld: str = ""
    parentId: int = 0
    #: TWS has shown the order at least once; a change of it is on its way.
    taken: bool = False
    changing: bool = False
    rejected: tuple[int, str] | None = None
    fills: list[str] = field(default_factory=list)
    log: list[tuple[Any, ...]] = field(default_factory=list)
    #: (version, code, text)
    messages: list[tuple[int, int, str]] = field(default_factory=list)
    #: Changes with every message about the order, so that a waiter can tell news from what it knew.
    version: int = 0


class Blotter:
    """Orders by id, their fills and what was said about them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Key, _Entry] = {}
        self._commissions: dict[str, tuple[float, str, float]] = {}

    def sent(self, key: Key, contract: Any, order: Any, time: float) -> None:
        """An order, or a change of one, leaves for TWS."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self._entries[key] = entry = _Entry(contract, order, parentId=order.parentId)
                entry.remaining = to_float(order.totalQuantity)
                self._note(entry, time, "sent")
            else:
                # What TWS confirms (openOrder) replaces this; a refused change leaves the old order in force.
                entry.changing = entry.taken
                self._note(entry, time, "change sent")

    def forget(self, key: Key) -> None:
        """The order didn't leave after all."""
        with self._lock:
            self._entries.pop(key, None)

    def opened(self, key: Key, contract: Any, order: Any, status: str, time: float) -> None:
        """TWS shows the order (openOrder)."""
        with self._lock:
            entry = self._entries.setdefault(key, _Entry(contract, order))
            entry.contract, entry.order = contract, order
            entry.permId, entry.clientId = order.permId or entry.permId, order.clientId
            entry.parentId = order.parentId or entry.parentId
            if isnan(entry.remaining):  # an order of another session, seen for the first time
                entry.remaining = to_float(order.totalQuantity) - entry.filled
            news = not entry.taken or entry.changing
            if status and status != entry.status and entry.status not in DONE:
                entry.status, news = status, True
            entry.taken, entry.changing = True, False
            if news:
                self._note(entry, time, "openOrder")

    def status(
        self,
        key: Key,
        status: str,
        filled: float,
        remaining: float,
        avgFillPrice: float,
        permId: int,
        parentId: int,
        clientId: int,
        whyHeld: str,
        time: float,
    ) -> None:
        """TWS says how the order stands (orderStatus); the same words again are not news."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return
            now = (status, filled, remaining, whyHeld)
            news = now != (entry.status, entry.filled, entry.remaining, entry.whyHeld)
            entry.status, entry.filled, entry.remaining, entry.whyHeld = now
            entry.avgFillPrice = avgFillPrice if filled else float("nan")
            entry.permId, entry.parentId, entry.clientId = permId or entry.permId, parentId or entry.parentId, clientId
            entry.taken = True
            if status in WORKING:
                entry.rejected = None
            if news or not any(row[1] == "orderStatus" and row[2] == status for row in entry.log):
                self._note(entry, time, "orderStatus")

    def executed(self, key: Key, execId: str, time: float) -> None:
        """A fill (execDetails); the same one may be told again."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and execId not in entry.fills:
                entry.fills.append(execId)
                self._note(entry, time, "execDetails")

    def charged(self, execId: str, commission: float, currency: str, realizedPNL: float) -> None:
        """What a fill cost (commissionReport)."""
        with self._lock:
            self._commissions[execId] = (commission, currency, realizedPNL)

    def told(self, key: Key, code: int, text: str, time: float) -> None:
        """A message about the order."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return
            if entry.rejected is None and self._rejects(entry, code, text):
                entry.rejected = (code, text)
                if entry.status not in DONE:
                    entry.status = "Inactive"
            self._note(entry, time, "error", f"{code}: {text}")
            entry.messages.append((entry.version, code, text))

    def completed(self, key: Key, permId: int, status: str, filled: float, time: float) -> None:
        """TWS lists the order among those that have ended (completedOrder)."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return
            entry.remaining = max(0.0, entry.filled + entry.remaining - max(entry.filled, filled))
            entry.status, entry.filled = status, max(entry.filled, filled)
            entry.permId, entry.taken = permId, True
            self._note(entry, time, "completedOrder")

    def doubt(self, key: Key, time: float) -> bool:
        """Nobody knows how the order stands; True if TWS had confirmed it once."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return False
            if entry.status != UNCERTAIN:
                entry.status = UNCERTAIN
                self._note(entry, time, "reconcile", "TWS knows nothing of it after the reconnection")
            return entry.taken

    def _rejects(self, entry: _Entry, code: int, text: str) -> bool:
        if code in _ABOUT_CANCEL or entry.changing:
            return False
        if not entry.taken:
            return severity(code, text) in ("order", "request")
        return outcome(code, text, "order") == "fail"

    def last_message(self, key: Key, since: int, codes: frozenset[int]) -> tuple[int, str] | None:
        """The newest message with one of `codes` that came after version `since`."""
        with self._lock:
            entry = self._entries.get(key)
            messages = entry.messages if entry is not None else []
            found = [(code, text) for version, code, text in messages if version > since and code in codes]
            return found[-1] if found else None

    def commission(self, execId: str) -> tuple[float, str, float]:
        """(commission, currency, realizedPNL) of a fill; NaN while unknown."""
        with self._lock:
            return self._commissions.get(execId, (float("nan"), "", float("nan")))

    def version(self, key: Key) -> int:
        """A number that grows with every message about the order."""
        with self._lock:
            entry = self._entries.get(key)
            return -1 if entry is None else entry.version

    def ids(self, statuses: frozenset[str] | None = None) -> list[Key]:
        """Order ids, oldest first, all or those in one of `statuses`."""
        with self._lock:
            return [key for key, entry in self._entries.items() if statuses is None or entry.status in statuses]

    def order(self, key: Key) -> tuple[Any, Any] | None:
        """The contract and order as TWS last confirmed them."""
        with self._lock:
            entry = self._entries.get(key)
            return None if entry is None else (entry.contract, entry.order)

    def rejected(self, key: Key) -> tuple[int, str] | None:
        """The code and text with which TWS refused the order, if it did."""
        with self._lock:
            entry = self._entries.get(key)
            return None if entry is None else entry.rejected

    def report(self, key: Key) -> OrderReport | None:
        """The order as it stands now."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            costs = [self._commissions[execId][0] for execId in entry.fills if execId in self._commissions]
            return OrderReport(
                orderId=_id(key),
                status=entry.status,
                filled=entry.filled,
                remaining=entry.remaining,
                avgFillPrice=entry.avgFillPrice,
                symbol=entry.contract.symbol,
                action=entry.order.action,
                orderType=entry.order.orderType,
                commission=sum(costs) if costs else float("nan"),
                permId=entry.permId,
                whyHeld=entry.whyHeld,
                messages=tuple(f"{code}: {text}" for _, code, text in entry.messages),
            )

    def missing_commissions(self, key: Key) -> bool:
        """True while a fill of this order has no commission report yet."""
        with self._lock:
            entry = self._entries.get(key)
            return entry is not None and any(execId not in self._commissions for execId in entry.fills)

    def rows(self, ids: list[Key] | None = None) -> list[tuple[Any, ...]]:
        """Rows for frames.TABLES["orders"]."""
        with self._lock:
            keys = list(self._entries) if ids is None else [key for key in ids if key in self._entries]
            return [self._row(key, self._entries[key]) for key in keys]

    def log(self, key: Key) -> list[tuple[Any, ...]]:
        """(time, message, status, filled, remaining, avgFillPrice, text) of everything that happened to the order."""
        with self._lock:
            entry = self._entries.get(key)
            return [] if entry is None else list(entry.log)

    def _row(self, key: Key, entry: _Entry) -> tuple[Any, ...]:
        order, contract = entry.order, entry.contract
        return (
            _id(key),
            order.action,
            order.totalQuantity,
            contract.symbol,
            order.orderType,
            order.lmtPrice or None,
            order.auxPrice or None,
            order.tif,
            entry.status,
            entry.filled,
            entry.remaining,
            entry.avgFillPrice,
            entry.whyHeld,
            entry.parentId,
            entry.permId,
            entry.clientId,
            order.account,
        )

    def _note(self, entry: _Entry, time: float, what: str, text: str = "") -> None:
        entry.version += 1
        entry.log.append((time, what, entry.status, entry.filled, entry.remaining, entry.avgFillPrice, text))


def _id(key: Key) -> int:
    return key if isinstance(key, int) else 0
