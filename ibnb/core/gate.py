"""Orders pass through here, whoever sends them: verbs, a raw `placeOrder`, or a message by hand.

The account's code decides between paper and live (paper codes start with D), never the port. Limits belong to a TWS
and not to a session: they hold for every connection of this process to the same host and port until they are lifted.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol

from ibnb.core.dispatch import on
from ibnb.core.exposure import WITH_BLOCK, Exposure, Holding, OrderKey, Terms
from ibnb.core.limits import SELLING, Intent, OrderLimits, attached, exercise_of, intent_of, judge, unknown
from ibnb.errors import SafetyError
from ibnb.ib.api import NO_VALID_ID, is_unset, to_float
from ibnb.ib.codes import CODES, outcome, severity

__all__ = ["CANCELLING", "PLACING", "OrderGate", "OrderLimits", "Place", "is_paper", "lift"]

#: Outgoing message ids that place or change an order (placeOrder, exerciseOptions), and that cancel.
PLACING = frozenset({3, 21})
CANCELLING = frozenset({4, 58})
# Codes that refuse a cancel, and those that say of an order which TWS had taken that it is no more.
_CANCEL_REFUSED = frozenset({136, 161, 10148, 10149})
_GONE = frozenset({135, 201, 202, 460, 10147})
# Fields that send an order to other accounts than order.account. What is traded for a model is allocated among the
# accounts that are invested in it (IB's page "Model Portfolios").
_ALLOCATIONS = ("faGroup", "faProfile", "faMethod", "modelCode")


def is_paper(account: str) -> bool:
    """Paper and demo accounts have a code that starts with D (DU1234567, DF…)."""
    return account.upper().startswith("D")


@lru_cache
def _all_paper(accounts: tuple[str, ...]) -> bool:
    """False where no account is known yet."""
    return bool(accounts) and all(map(is_paper, accounts))


@dataclass(eq=False)
class Place:
    """What this process keeps about one TWS: its limits, and what they are judged by."""

    limits: OrderLimits | None = None
    #: When the orders of the last minute left, by a session's clock.
    sent: deque[float] = field(default_factory=deque)
    exposure: Exposure = field(default_factory=Exposure)
    #: permId → the order's key, for messages that don't say whose it is.
    names: dict[int, OrderKey] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    #: Who listens to it now: without anybody, what is known of positions and orders grows old.
    gates: set[OrderGate] = field(default_factory=set)
    #: A simulated world: its accounts have nothing to do with those of the same name elsewhere.
    world: bool = False


@dataclass(frozen=True)
class _Halt:
    """A guard has fired: no order leaves for this TWS any more, nor for these accounts at another one."""

    place: Place
    accounts: frozenset[str]
    reason: str

    def holds(self, place: Place, accounts: set[str]) -> bool:
        worlds = self.place.world or place.world
        return self.place is place or (not worlds and not self.accounts.isdisjoint(accounts))


_places: dict[tuple[Hashable, ...], Place] = {}
_halts: dict[object, _Halt] = {}


def lift(which: Callable[[tuple[Hashable, ...]], bool] | None = None) -> None:
    """Forget limits and fired guards: at the places that `which` picks, else everywhere."""
    for name in [name for name in _places if which is None or which(name)]:
        place = _places.pop(name)
        for by in [by for by, halt in _halts.items() if halt.place is place]:
            del _halts[by]
    if which is None:
        _halts.clear()


class Who(Protocol):
    """Whose orders they are: see Lifecycle."""

    @property
    def accounts(self) -> Sequence[str]: ...
    @property
    def account(self) -> str: ...
    @property
    def client_id(self) -> int | None: ...


class OrderGate:
    """Says yes or raises SafetyError, before an order leaves. Any thread.

    `live` tells the code of the live account that the user has spelled out.
    """

    def __init__(self, now: Callable[[], float], who: Who, live: Callable[[], str | None]) -> None:
        self.readonly = False
        #: Why this session refuses every order for the time being; "" while orders may pass.
        self.blocked = ""
        #: Asks TWS what a contract is; raises where it can't be asked, in a callback.
        self.details_of: Callable[[Any], Sequence[Any]]
        #: Asks TWS for all positions; raises likewise.
        self.ask_positions: Callable[[], object]
        self._now = now
        self._who = who
        self._live = live
        self._place = Place()
        self._here = threading.local()
        # Orders of a group that was judged as a whole, and how they were counted.
        self._admitted: dict[int, Terms | None] = {}

    @property
    def _client_id(self) -> int:
        return self._who.client_id or 0

    def join(self, place: tuple[Hashable, ...], world: bool = False) -> None:
        """Stand before the TWS at this place, with whatever limits it has already; `world`: it is a simulated one."""
        own = self._place
        self._place = _places.setdefault(place, own if all(own is not each for each in _places.values()) else Place())
        with self._place.lock:
            self._place.world = world
            if not self._place.gates:
                self._place.exposure = Exposure()
                self._place.names.clear()
            self._place.gates.add(self)

    def leave(self) -> None:
        """The session is over."""
        self._place.gates.discard(self)

    def beside(self, other: OrderGate) -> bool:
        """Do both stand before the same TWS?"""
        return self._place is other._place

    @property
    def limits(self) -> OrderLimits | None:
        return self._place.limits

    @limits.setter
    def limits(self, limits: OrderLimits | None) -> None:
        self._place.limits = limits

    def halt(self, by: object, accounts: Iterable[str], reason: str) -> None:
        """A guard has fired: refuse every order of this process for this TWS, and for these accounts at any other."""
        _halts[by] = _Halt(self._place, frozenset(accounts), reason)

    def release(self, by: object) -> None:
        """Take back a guard's halt."""
        _halts.pop(by, None)

    @property
    def halted(self) -> str:
        """Why no order may leave, once a guard has fired; else ""."""
        accounts = set(self._who.accounts)
        return next((halt.reason for halt in list(_halts.values()) if halt.holds(self._place, accounts)), "")

    @property
    def armed(self) -> bool:
        """Is there anything to check? Asked before each message that leaves, so a quiet session answers at once."""
        return (
            self.readonly
            or self._place.limits is not None
            or not _all_paper(tuple(self._who.accounts))
            or bool(self.blocked or (_halts and self.halted))
        )

    @contextmanager
    def open(self) -> Iterator[None]:
        """In the block, this thread's orders pass limits and fired guards, as a guard's own closing orders must.

        A read-only session, and the live account that was spelled out, hold for them, too.
        """
        self._here.open = True
        try:
            yield
        finally:
            self._here.open = False

    # --- what may leave ------------------------------------------------------------------------------

    @property
    def _opened(self) -> bool:
        return getattr(self._here, "open", False)

    def prepare(self, *contracts: Any, exercised: bool = False) -> None:
        """Have TWS say what these contracts are, if they are exercised or the limits will ask, and what is held where
        messages have left that unclear: before the orders of other threads wait."""
        limits = self.limits
        for each in contracts if exercised else ():
            with suppress(Exception):  # the check says what is wrong
                self.details_of(each)
        if limits is not None:
            if not limits.allow_short and self._place.exposure.unclear:
                with suppress(Exception):  # less is counted then
                    self.ask_positions()
            for each in (each for contract in contracts for each in unknown(contract, limits)):
                with suppress(Exception):  # the check says what is wrong
                    self.details_of(each)

    def check(self, orderId: int, contract: Any, order: Any) -> None:
        """Raise SafetyError if this order mustn't go; remember it if it may."""
        self.check_group([(orderId, contract, order)])
        self._admitted.pop(orderId, None)

    def check_group(self, orders: Sequence[tuple[int, Any, Any]]) -> None:
        """The same for orders that belong together (a bracket, an OCA group): all of them may go, or none.

        Call it before the first one leaves; `check` then lets each of them pass.
        """
        self.refuse_all("placeOrder")
        for orderId, _, order in orders:
            self.refuse_account(f"order {orderId}", order)
        limits = None if self._opened else self.limits
        real = [each for each in orders if not _is_preview(each[2])]
        if limits is None:
            self._count(real)
        if limits is None or not real:
            return
        # TWS and price_of are asked outside the lock.
        judged = [(each[0], each[2], intent_of(*each, limits, self.details_of)) for each in real]
        for _, _, intent in judged:
            judge(intent, limits)
        with self._place.lock:
            counted: dict[int, Terms] = {}
            new = sum(1 + len(attached(order)) for orderId, _, order in real if orderId not in self._admitted)
            self._check_rate(judged[0][2], new, limits)
            try:
                for orderId, order, intent in judged:
                    terms = self._terms(intent, order)
                    if self._admitted.get(orderId) == terms:
                        continue
                    if limits.allow_short:
                        self._place.exposure.count((self._client_id, orderId), terms)
                    else:
                        self._check_short(intent, orderId, terms)
                    counted[orderId] = terms
            except SafetyError:
                for orderId, terms in reversed(counted.items()):
                    self._place.exposure.unsend((self._client_id, orderId), terms)
                raise
            self._place.sent.extend([self._now()] * new)
            self._admitted.update((orderId, counted.get(orderId)) for orderId, _, _ in real)

    def check_exercise(self, reqId: int, contract: Any, action: Any, quantity: Any, account: str) -> None:
        """Raise SafetyError if options mustn't be exercised: judged as the shares that it buys or sells."""
        self.refuse_all("exerciseOptions")
        self.refuse_account(f"exercise {reqId}", None, account)
        limits = self.limits
        try:
            intent = exercise_of(reqId, contract, action, quantity, self.details_of)
        except SafetyError:
            if limits is None:
                return
            raise
        if intent is None:
            return
        key, terms = (self._client_id, reqId), self._terms(intent, None, account)
        if limits is None:
            with self._place.lock:
                self._place.exposure.count(key, terms)
            return
        judge(intent, limits)
        with self._place.lock:
            self._check_rate(intent, 1, limits)
            if limits.allow_short:
                self._place.exposure.count(key, terms)
            else:
                self._check_short(intent, reqId, terms)
            self._place.sent.append(self._now())

    def withdraw(self, orderIds: Iterable[int]) -> None:
        """These orders were judged and counted, and then not sent."""
        with self._place.lock:
            for orderId in orderIds:
                self._admitted.pop(orderId, None)
                self._place.exposure.withdrawn((self._client_id, orderId))

    def refuse_all(self, call: str) -> None:
        """Raise SafetyError when nothing may be placed at all."""
        self.refuse_readonly(call)
        why = self.blocked or ("" if self._opened else self.halted)
        if why:
            raise SafetyError(f"{call} refused: {why}")

    def refuse_readonly(self, call: str) -> None:
        """Raise SafetyError in a read-only session, which mustn't touch orders at all."""
        if self.readonly:
            raise SafetyError(f"{call} refused: this session is read-only; connect with readonly=False to trade")

    def refuse_account(self, what: str, order: Any, account: str = "") -> None:
        """Raise SafetyError when an order is for a live account that wasn't spelled out."""
        accounts, live = self._who.accounts, self._live()
        if not accounts:
            raise SafetyError(f"{what} refused: the account hasn't been checked yet")
        real = [code for code in accounts if not is_paper(code)]
        if not real:
            return
        if live not in real:
            raise SafetyError(
                f"{what} refused: this is a live account, whatever the port. Log in to paper trading, or write the "
                "account's code before connecting: ibnb.connect(..., live='U…'), or app.live = 'U…'"
            )
        alone = live if len(accounts) == 1 else None
        named = str(getattr(order, "account", None) or account or alone)
        if named != live or _allocated(order):
            raise SafetyError(
                f"{what} refused: set its account to the live one that was spelled out, and no allocation"
            )

    def _check_short(self, intent: Intent, orderId: int, terms: Terms) -> None:
        if str(getattr(intent.order, "action", None)).strip().upper() == "SSHORT":
            raise intent.refuse("selling short isn't allowed")
        sold = [part for part in intent.parts if part.sells]
        if any(not part.conId for part in sold):
            raise intent.refuse(
                "selling short isn't allowed, and what it sells isn't known; app.resolve(contract) asks TWS beforehand"
            )
        if sold and _allocated(intent.order):
            raise intent.refuse("selling short isn't allowed, and it is for accounts that it doesn't name")
        if sold and intent.cash:
            raise intent.refuse("selling short isn't allowed, and how many its cashQty sells isn't known")
        why = self._place.exposure.send((self._client_id, orderId), terms, self._now())
        if why:
            raise intent.refuse(why)

    def _count(self, orders: Sequence[tuple[int, Any, Any]]) -> None:
        """Orders leave that aren't judged: limits that are set later count them, as far as they say what they trade."""
        with self._place.lock, suppress(TypeError, ValueError, ArithmeticError):
            for orderId, contract, order in orders:
                terms = self._said(contract, order, self._client_id)
                if 0 not in terms.trades and self._admitted.get(orderId) != terms:
                    self._place.exposure.count((self._client_id, orderId), terms)
                    self._admitted[orderId] = terms

    def _check_rate(self, intent: Intent, count: int, limits: OrderLimits) -> None:
        if limits.max_orders_per_minute is None:
            return
        now, sent = self._now(), self._place.sent
        # A simulated world begins again at an earlier time.
        while sent and not now - 60 < sent[0] <= now:
            sent.popleft()
        if len(sent) + count > limits.max_orders_per_minute:
            raise intent.refuse(f"at most {limits.max_orders_per_minute} orders per minute")

    def _terms(self, intent: Intent, order: Any, account: str = "") -> Terms:
        trades = {part.conId: _signed(part.units, part.sells) for part in intent.parts if part.conId}
        terms = self._as_terms(trades, intent.quantity, order, account or self._who.account, self._client_id)
        return replace(terms, uses=intent.uses)

    # --- what TWS tells ------------------------------------------------------------------------------

    @on("position")
    def position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        self._position(account, contract, position, listed=True)

    @on("updatePortfolio")
    def portfolio(
        self,
        contract: Any,
        position: Any,
        marketPrice: float,
        marketValue: float,
        averageCost: float,
        unrealizedPNL: float,
        realizedPNL: float,
        accountName: str,
    ) -> None:
        self._position(accountName, contract, position, listed=False)

    def _position(self, account: str, contract: Any, units: Any, listed: bool) -> None:
        with self._place.lock:
            self._place.exposure.position(self._holding(account, contract), to_float(units), listed)

    @on("positionEnd")
    def positions_told(self, *accounts: str) -> None:
        """All positions of these accounts have been reported; of all the session's, if none is named."""
        with self._place.lock:
            for account in accounts or self._who.accounts:
                self._place.exposure.positions_told(account)

    def forget_positions(self) -> None:
        """Messages may have been missed: positions have to be asked for again."""
        with self._place.lock:
            self._place.exposure.forget_positions()

    @on("execDetails")
    def filled(self, reqId: int, contract: Any, execution: Any) -> None:
        """A fill of this moment changes what is held before TWS reports the new position."""
        if reqId != NO_VALID_ID:  # the answer to reqExecutions
            return
        units = _signed(to_float(execution.shares), not execution.side.upper().startswith("B"))
        key = self._key(execution.orderId, execution.clientId, execution.permId)
        with self._place.lock:
            self._place.exposure.execution(key, execution.execId, self._holding(execution.acctNumber, contract), units)

    @on("openOrder")
    def open_order(self, orderId: int, contract: Any, order: Any, orderState: Any) -> None:
        if _is_preview(order):
            return
        terms = self._said(contract, order, order.clientId)
        with self._place.lock:
            key = self._key(orderId, order.clientId, order.permId)
            self._place.exposure.shown(key, terms, orderState.status)

    def _said(self, contract: Any, order: Any, clientId: int) -> Terms:
        """What an order says that it trades; a contract's conId may be 0."""
        quantity = to_float(order.totalQuantity)
        units = _signed(quantity if quantity > 0 else math.inf, str(order.action).upper() in SELLING)
        legs = defaultdict[int, float](float)
        for leg in contract.comboLegs or ():
            legs[int(leg.conId)] += _signed(units * leg.ratio, leg.action in SELLING)
        return self._as_terms(legs or {int(contract.conId): units}, quantity, order, self._who.account, clientId)

    @on("completedOrder")
    def completed(self, contract: Any, order: Any, orderState: Any) -> None:
        """An order that ended while nobody listened."""
        filled = 0.0 if is_unset(order.filledQuantity) else float(order.filledQuantity)
        with self._place.lock:
            if order.permId in self._place.names:
                self._place.exposure.status(self._place.names[order.permId], orderState.status, filled)

    @on("orderStatus")
    def status(
        self,
        orderId: int,
        status: str,
        filled: Any,
        remaining: Any,
        avgFillPrice: float,
        permId: int,
        parentId: int,
        lastFillPrice: float,
        clientId: int,
        *rest: Any,
    ) -> None:
        """An order's progress: what is sold or dead isn't waiting to be sold any more."""
        with self._place.lock:
            self._place.exposure.status(self._key(orderId, clientId, permId), status, to_float(filled))

    @on("error")
    def error(self, orderId: int, errorTime: int, code: int, text: str, advanced: str) -> None:
        """TWS answered an order with an error: one that it never took is free again."""
        if orderId == NO_VALID_ID or code in _CANCEL_REFUSED:
            return
        known = severity(code, text) == "order" or outcome(code, text, "order") == "fail"
        if not known and code in CODES:
            return  # a notice or a warning
        with self._place.lock:
            self._place.exposure.refused((self._client_id, orderId), known, code in _GONE, self._now())

    def _holding(self, account: str, contract: Any) -> Holding:
        return account or self._who.account, int(contract.conId)

    def _key(self, orderId: int, clientId: int, permId: int) -> OrderKey:
        """Another client's order has no id here, but a number of its own at TWS; so has a second one under an id."""
        names, number = self._place.names, (-permId, permId)
        if orderId <= 0:
            return names.get(permId, number)
        own = (clientId, orderId)
        if permId and permId not in names:
            # A change that TWS takes for another order leaves the first one at work (nautilus#4564).
            names[permId] = number if own in names.values() and self._place.exposure.lives(own) else own
        return names.get(permId, own)

    def _as_terms(self, trades: dict[int, float], quantity: float, order: Any, account: str, clientId: int) -> Terms:
        parent = int(getattr(order, "parentId", None) or 0)
        alone = not parent and getattr(order, "ocaType", None) not in WITH_BLOCK
        group = "" if alone else str(getattr(order, "ocaGroup", None) or "")
        named = str(getattr(order, "account", None) or account)
        of = (clientId, parent) if parent else None
        return Terms(named, trades, quantity, group, of)


def _signed(units: float, sells: bool) -> float:
    return -units if sells else units


def _allocated(order: Any) -> bool:
    """Is it for other accounts than the one that it names?"""
    return any(getattr(order, name, None) for name in _ALLOCATIONS)


def _is_preview(order: Any) -> bool:
    """IB's what-if: TWS answers what the order would do, and places nothing."""
    return order.whatIf is True
