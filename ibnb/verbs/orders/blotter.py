"""What this session knows of all orders: which message is about which of them, and what each cost.

Orders are known by a key: this client's by their order id, others by ("perm", permId), because manual orders all come
as order 0 and another client's ids are not ours. The permId tells orders apart when TWS has two of them under one id.
The reader thread writes, any thread reads: every method holds the lock for a moment and hands out copies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from math import nan
from typing import Any

import pandas as pd

from ibnb import tables
from ibnb.ib.api import Contract, Order, to_float
from ibnb.table_display import shown_html
from ibnb.verbs.orders.fills import Fill, Newest, reaches, shares
from ibnb.verbs.orders.order_state import DONE, UNCERTAIN, WORKING, Asked, OrderState, Said, Standing
from ibnb.verbs.orders.refusals import CANCELLED

# Not a rebate: IB doesn't know the commission yet.
_PENDING = -1.0
#: An order id; ("perm", permId); or, for an order that has neither here, ("client 3", its order id there).
Key = int | tuple[str, int]


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
    whyHeld: str
    messages: tuple[str, ...]

    @property
    def done(self) -> bool:
        """True when nothing more is expected: filled, cancelled, or rejected."""
        return self.status in DONE

    def _repr_html_(self) -> str:
        return shown_html(f"Order {self.orderId}", pd.DataFrame([asdict(self)]))


class Blotter:
    """Orders by key, their fills and what was said about them.

    `client()` is this session's client id; `say(text)` is told what a person should look at.
    """

    def __init__(self, client: Callable[[], int], say: Callable[[str], object] = lambda text: None) -> None:
        self._client, self._say = client, say
        self._lock = threading.Lock()
        self._orders: dict[Key, OrderState] = {}
        self._by_perm: dict[int, Key] = {}
        self._charges: Newest[Any] = Newest()
        self._before = count(1)

    # --- what leaves ------------------------------------------------------------------------------

    def sent(self, orderId: int, contract: Any, order: Any, time: float) -> Asked | None:
        """An order leaves for TWS: None. Or a change of one: what TWS answers to it is told there.

        An id whose order is done begins anew: TWS may refuse it (103), but nobody takes the old order for this one.
        A change that comes too late is told by the permId, which a new order doesn't have.
        """
        with self._lock:
            state = self._orders.get(orderId)
            if state is not None and state.status in DONE and (not state.permId or order.permId != state.permId):
                self._set_aside(orderId, state)
                state = None
            if state is None:
                self._orders[orderId] = state = OrderState(contract, order, orderId, self._client())
                state.note(time, "sent")
                return None
            asked = state.change(order)
            state.note(time, "change sent")
            return asked

    def cancelling(self, orderId: int, time: float) -> Asked | None:
        """A cancel leaves for TWS; None for an order that isn't known, or has ended."""
        with self._lock:
            state = self._orders.get(orderId)
            if state is None or state.status in DONE:
                return None
            asked = state.cancel()
            state.note(time, "cancel sent")
            return asked

    def withdraw(self, orderId: int, asked: Asked | None) -> None:
        """The order (None), the change or the cancel didn't leave after all."""
        with self._lock:
            state = self._orders.get(orderId)
            if state is not None and asked is not None:
                state.asked = [each for each in state.asked if each is not asked]
            elif state is not None and not state.taken:
                del self._orders[orderId]

    # --- what TWS says ----------------------------------------------------------------------------

    def opened(self, orderId: int, contract: Any, order: Any, status: str, time: float) -> Key:
        """TWS shows the order (openOrder); its key."""
        with self._about(orderId, order.permId, order.clientId) as (key, state):
            if state.opened(contract, order, status):
                state.note(time, "openOrder")
        return key

    def status(self, orderId: int, said: Standing, time: float) -> Key:
        """TWS says how the order stands (orderStatus); its key."""
        with self._about(orderId, said.permId, said.clientId) as (key, state):
            if state.stands(said) or not any(row[1:3] == ("orderStatus", said.status) for row in state.log):
                state.note(time, "orderStatus")
        return key

    def executed(self, contract: Any, execution: Any, time: float, live: bool) -> None:
        """A fill (execDetails).

        One of an order that nobody knows is kept under its permId if it happened just now (`live`): it is somebody's
        money. What is asked for later (reqExecutions) lists the orders of other programs, too.
        """
        about = (execution.orderId, execution.permId, execution.clientId)
        fill = Fill(execution.execId, to_float(execution.shares), to_float(execution.price), contract.secType == "BAG")
        with self._lock:
            known = self._find(*about) in self._orders
        if not known and not live:
            return
        with self._about(*about) as (_, state):
            if not known:
                state.contract, state.order.action = contract, "BUY" if execution.side == "BOT" else "SELL"
                state.order.account, state.status = execution.acctNumber, UNCERTAIN
            if state.executed(fill):
                state.note(time, "execDetails")

    def charged(self, report: Any) -> None:
        """What a fill cost (commissionReport)."""
        with self._lock:
            if report.commission != _PENDING:
                self._charges.take(report.execId, report)

    def told(self, orderId: int, code: int, text: str, time: float) -> None:
        """A message with the order's id."""
        with self._lock:
            state = self._orders.get(orderId)
            if state is not None and code == CANCELLED:
                state = self._cancelled(state)
            if state is not None:
                state.said(Said(code, text))
                state.note(time, "error", f"{code}: {text}")

    def completed(self, order: Any, status: str, time: float) -> None:
        """TWS lists the order among those that have ended (completedOrder); only the permId says which it is."""
        with self._lock:
            key = self._by_perm.get(order.permId)
            state = None if key is None else self._orders[key]
            if state is not None and state.completed(order, status):
                state.note(time, "completedOrder")

    def doubt(self, key: Key, time: float) -> tuple[bool, Any, Any]:
        """Nobody knows how the order stands: (had TWS confirmed it once?, contract, order)."""
        with self._lock:
            state = self._orders[key]
            if state.status != UNCERTAIN:
                state.status = UNCERTAIN
                state.note(time, "reconcile", "TWS doesn't show it any more")
            return state.taken, state.contract, state.order

    # --- questions --------------------------------------------------------------------------------

    def asked(self, orderId: int) -> Asked:
        """The newest change or cancel of an order; one that nobody answers if there was none."""
        asked = self._get(orderId).asked
        return asked[-1] if asked else Asked(None)

    def rejected(self, key: Key) -> Said | None:
        """The code and text with which TWS refused the order, if it did."""
        with self._lock:
            state = self._orders.get(key)
            return None if state is None else state.rejected

    def unexplained(self, key: Key) -> bool:
        """Has TWS cancelled the order without being asked by us, or refused it, and not said why?"""
        state = self._get(key)
        if state.status == "Inactive":
            return state.rejected is None
        return (
            state.status == "Cancelled"
            and not (state.asked or state.progress()[0])
            and all(said.code != CANCELLED for said in state.messages)
        )

    def doubted(self, key: Key) -> Said | None:
        """A message with an unknown code about an order that TWS hasn't shown yet: it may be a refusal."""
        with self._lock:
            state = self._orders.get(key)
            return None if state is None or state.taken or state.status in DONE else state.doubt

    def status_of(self, key: Key) -> str:
        """The order's status, "" for one that isn't known: a program's own placeOrder may send nothing."""
        with self._lock:
            state = self._orders.get(key)
            return "" if state is None else state.status

    def charge(self, execId: str) -> Any | None:
        """The commission report of a fill, or None while there is none."""
        with self._lock:
            return self._charges.of(execId)

    def mine(self, statuses: frozenset[str] | None = None) -> list[int]:
        """The ids of this client's orders; those entered by hand, which client 0 sees as its own, have none."""
        return [key for key in self.ids(statuses) if isinstance(key, int)]

    def ids(self, statuses: frozenset[str] | None = None) -> list[Key]:
        """Order keys, oldest first, all or those in one of `statuses`."""
        with self._lock:
            return [key for key, state in self._orders.items() if statuses is None or state.status in statuses]

    def order(self, key: Key) -> tuple[Any, Any] | None:
        """The contract and order as TWS last confirmed them; which of several under one id, see `report`."""
        with self._lock:
            state = self._current(key)
            return None if state is None else (state.contract, state.order)

    def report(self, key: Key) -> OrderReport | None:
        """The order as it stands now. Of several that TWS has under one id, the first that still works."""
        with self._lock:
            state = self._current(key)
            if state is None:
                return None
            filled, remaining, price = state.progress()
            charges = [self._charges.of(fill.execId) for fill in state.fills.all()]
            costs = [charge.commission for charge in charges if charge is not None]
            return OrderReport(
                orderId=state.orderId,
                status=state.status,
                filled=filled,
                remaining=remaining,
                avgFillPrice=price,
                symbol=state.contract.symbol,
                action=state.order.action,
                orderType=state.order.orderType,
                commission=sum(costs) if costs else nan,
                permId=state.permId,
                whyHeld=state.whyHeld,
                messages=tuple(f"{code}: {text}" for code, text in state.messages),
            )

    def others(self, orderId: int) -> list[tuple[int, str]]:
        """(permId, status) of the orders that work under this id beside the one that `report` tells of."""
        with self._lock:
            told = self._current(orderId)
            same = (each for each in self._orders.values() if each.orderId == orderId and each is not told)
            return [(each.permId, each.status) for each in same if each.status in WORKING]

    def incomplete(self, key: Key) -> bool:
        """True while executions or commissions of what is filled are missing; a combination's legs are charged."""
        with self._lock:
            state = self._orders.get(key)
            if state is None:
                return False
            legs = state.contract.comboLegs or ()
            wanted = state.progress()[0] * (sum(leg.ratio for leg in legs) if legs else 1)
            charged = [
                fill for fill in state.fills.all() if not fill.combo and self._charges.of(fill.execId) is not None
            ]
            return not reaches(shares(charged), wanted)

    def rows(self, ids: list[Key] | None = None) -> list[tuple[Any, ...]]:
        """Rows for tables.TABLES["orders"]."""
        with self._lock:
            return [_row(self._orders[key]) for key in (self._orders if ids is None else ids)]

    def log(self, key: Key) -> list[tuple[Any, ...]]:
        """(time, message, status, filled, remaining, avgFillPrice, text) of everything that happened to the order."""
        return list(self._get(key).log)

    # --- which order a message is about -----------------------------------------------------------

    def _get(self, key: Key) -> OrderState:
        with self._lock:
            return self._orders[key]

    def _current(self, key: Key) -> OrderState | None:
        state = self._orders.get(key)
        if state is not None and state.orderId and state.status in DONE:
            same = (each for each in self._orders.values() if each.orderId == state.orderId)
            state = next((each for each in same if each.status in WORKING), state)
        return state

    def _cancelled(self, state: OrderState) -> OrderState | None:
        """Which of the orders under one id a 202 is about, as it names none (nautilus#4564); None if that isn't known.

        It follows the status: then it is the one that has just been cancelled. While two work it may be either.
        """
        same = [each for each in self._orders.values() if each.orderId == state.orderId and each is not state]
        if not same or state.status == "Cancelled":
            return state
        just = (each for each in same if each.status == "Cancelled" and CANCELLED not in dict(each.messages))
        return next(just, None if any(each.status in WORKING for each in same) else state)

    def _find(self, orderId: int, permId: int, clientId: int) -> Key:
        """The permId knows best; the order id knows only this client's own orders."""
        known = self._by_perm.get(permId) if permId else None
        if known is not None:
            return known
        if not orderId or clientId != self._client():
            return ("perm", permId) if permId else (f"client {clientId}", orderId)
        state = self._orders.get(orderId)
        return ("perm", permId) if state is not None and state.permId and permId else orderId

    @contextmanager
    def _about(self, orderId: int, permId: int, clientId: int) -> Iterator[tuple[Key, OrderState]]:
        """The order that a message is about; a new one if need be."""
        second = ""
        with self._lock:
            key = self._find(orderId, permId, clientId)
            state = self._orders.get(key)
            if state is None:
                mine = orderId if clientId == self._client() else 0
                state = self._orders[key] = OrderState(Contract(), Order(), mine, clientId)
                if mine and mine != key:
                    second = (
                        f"TWS has a second order under the id {mine}: permId {permId} beside "
                        f"{self._orders[mine].permId}. Both may fill, and a cancel may reach only one of them: "
                        "look at getBlotter() and at TWS"
                    )
            elif orderId and not state.orderId and clientId == self._client() and orderId not in self._orders:
                # An order entered in TWS by hand, which TWS has bound to this client: now it can be cancelled by an id.
                self._orders[orderId] = self._orders.pop(key)
                key = state.orderId = orderId
            if permId:
                state.permId = permId
                self._by_perm[permId] = key
            yield key, state
        if second:
            self._say(second)

    def _set_aside(self, orderId: int, state: OrderState) -> None:
        """Keep an order that is done under its permId: its id is used again."""
        key: Key = ("perm", state.permId) if state.permId else (f"before {next(self._before)}", orderId)
        self._orders[key] = self._orders.pop(orderId)
        if state.permId:
            self._by_perm[state.permId] = key


def _row(state: OrderState) -> tuple[Any, ...]:
    order, contract = state.order, state.contract
    return (
        state.orderId,
        order.action,
        order.totalQuantity,
        contract.symbol,
        order.orderType,
        tables.limit_price(contract, order),
        order.auxPrice or None,
        order.tif,
        state.status,
        *state.progress(),
        state.whyHeld,
        state.parentId,
        state.permId,
        state.clientId,
        order.account,
        *tables.ordered(contract),
    )
