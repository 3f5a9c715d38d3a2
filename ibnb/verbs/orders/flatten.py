"""Closing every position of some accounts, step by step: each step when TWS has answered the one before.

Rule: callbacks and alarms drive it, so that it never waits and can be started from anywhere. Nothing is called done
that TWS hasn't confirmed: a closing order is sent, waits at TWS, is done, or is refused, and which it is, is told. Two
guards never close one position: the second waits until the first one is through, and leaves its orders alone. A
connection that is lost is waited for, and what isn't at TWS then begins anew.
"""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

from ibnb.core.core import Core
from ibnb.core.exposure import ENDED, Holding
from ibnb.core.pending import Slot
from ibnb.core.session import Session
from ibnb.ib.api import Contract, Order, to_decimal, to_float
from ibnb.ib.code_table import FRACTIONAL
from ibnb.ib.codes import outcome, severity
from ibnb.verbs.orders.callbacks import OrderCallbacks
from ibnb.verbs.orders.order_state import WORKING
from ibnb.verbs.orders.place import OrderVerbs
from ibnb.verbs.orders.refusals import CANCELLED

# Seconds: for TWS to answer a step; for it to fill an order, and until a refused one is tried again; until positions
# show what was filled.
STEP, AGAIN, SETTLED = 10.0, 30.0, 5.0
# How often an order is tried, on how many exchanges, and how often positions are looked at.
TRIES, PLACES, LOOKS = 3, 3, 3
# Instruments that SMART doesn't route.
_DIRECT = frozenset({"FUT", "FOP", "CASH", "CRYPTO", "CONTFUT"})
# Those of this process that have begun.
_begun: WeakSet[Flatten] = WeakSet()
_beginning = threading.Lock()


@dataclass
class Closing:
    """One position that `action` closes. `units` are held; `routes` are its contract on each exchange, best first."""

    holding: Holding
    contract: Any
    units: float
    action: str
    routes: list[Any] = field(default_factory=list)
    route: int = 0
    tries: int = 0
    orderId: int | None = None
    status: str = ""
    filled: float = 0.0
    noted: str = ""
    said: str = ""
    # Its market takes no orders now; it is over.
    waits: bool = False
    over: bool = False

    @property
    def name(self) -> str:
        return _named(self.contract)

    @property
    def left(self) -> float:
        return self.units - math.copysign(self.filled, self.units)


class Flatten:
    """Closes all positions of `accounts`. `say` is told each step; `done` is called when all that can be done is done.

    Then each closing order has been filled, waits at TWS because its market takes no orders now or doesn't fill it
    within half a minute, or was refused to the last. Those that wait are followed further.
    """

    def __init__(
        self, app: Session, accounts: Collection[str], say: Callable[[str], object], done: Callable[[], object]
    ) -> None:
        self._app = app
        self._core = app._ibnb
        self._verbs = OrderVerbs if isinstance(app, OrderVerbs) else Session
        self._blotter = self._core.listener(OrderCallbacks).blotter if self._verbs is OrderVerbs else None
        self._accounts = frozenset(accounts)
        self._say = say
        self._done = done
        self._lock = threading.RLock()
        # What to do once the lock is free: everything that sends.
        self._todo: list[Callable[[], object]] = []
        self._phase = "begin"
        # How often positions were looked at, and how often they may be; how often it has begun.
        self._looks, self._most, self._run = 0, LOOKS, 0
        # The list of positions that is being told; why the last one wasn't whole; is another one wanted?
        self._list: Slot | None = None
        self._missing, self._again, self._stopped = "", False, False
        # Positions that others of this process are closing.
        self._theirs: set[str] = set()
        # Orders that still work, by permId; holding → (contract, units), as TWS tells now.
        self._working: dict[int, str] = {}
        self._found: dict[Holding, tuple[Any, float]] = {}
        self._asked: dict[int, tuple[Closing, list[Any]]] = {}
        self._closing: list[Closing] = []
        self._abandoned: set[int] = set()
        self._handlers = {
            name: self._heard(handler)
            for name, handler in (
                ("openOrder", self._open_order),
                ("openOrderEnd", self._open_orders_told),
                ("orderStatus", self._status),
                ("position", self._position),
                ("positionEnd", lambda: self._positions_told(ended=True)),
                ("contractDetails", self._details),
                ("bondContractDetails", self._details),
                ("contractDetailsEnd", self._details_told),
                ("error", self._error),
            )
        }

    def start(self) -> None:
        """Begin. What still works must be gone first, else it could be filled beside the closing orders."""
        for name, handler in self._handlers.items():
            self._core.dispatcher.listen(name, handler)
        self._core.reconnect.actions.append(self._heard(self._resume))
        self._heard(self._begin)()

    def stop(self) -> None:
        """Send nothing any more: what is at TWS stays there."""
        self._stopped = True

    def _begin(self) -> None:
        with _beginning:
            if any(each._phase != "done" and each._accounts & self._accounts for each in self._others()):
                self._after(STEP, "begin", self._begin)
                return
            _begun.add(self)
        self._phase = "orders"
        self._todo.append(self._app.reqAllOpenOrders)
        self._after(STEP, "orders", self._look)

    def _others(self) -> list[Flatten]:
        """Those that are at it at the same TWS, or have orders there."""
        beside, alive = self._core.gate.beside, [each for each in _begun if not each._core.lifecycle.over.is_set()]
        return [each for each in alive if each is not self and beside(each._core.gate)]

    def _heard(self, work: Callable[..., object]) -> Callable[..., None]:
        """`work` under the lock, and then what it left to do without it."""

        def call(*args: Any) -> None:
            with self._lock:
                work(*args)
                todo, self._todo = self._todo, []
            for action in todo:
                try:
                    action()
                except Exception as error:
                    self._say(f"failed: {error}")

        return call

    def _after(self, seconds: float, phase: str, work: Callable[[], object]) -> None:
        """Later, unless it has gone on by then."""
        here = (phase, self._looks, self._run)

        def late() -> None:
            if (self._phase, self._looks, self._run) == here:
                work()

        self._todo.append(lambda: self._core.clock.later(seconds, self._heard(late)))

    # --- a connection that is lost -------------------------------------------------------------------

    def _lost(self) -> bool:
        """Is the connection being had back? Then it goes on when it is."""
        if self._core.reconnect.attempt is None:
            return False
        if self._phase != "lost":
            self._phase = "lost"
            self._say("the connection is lost: it goes on when that is back")
        return True

    def _resume(self) -> None:
        """The connection is back, and what became of the orders is known."""
        for closing in self._closing:
            orderId = closing.orderId
            known = None if self._blotter is None or orderId is None else self._blotter.report(orderId)
            if orderId is not None and known is not None and not closing.over and known.filled and known.done:
                self._stands(closing, orderId, known.status, known.filled, known.avgFillPrice)
        gone = [each for each in self._closing if not (each.over or self._works(each))]
        if self._stopped or self._phase == "begin" or (self._phase == "done" and not gone and not self._missing):
            return
        self._abandoned.update(each.orderId for each in gone if each.orderId is not None)
        self._closing = [each for each in self._closing if each.over or self._works(each)]
        for each in gone:
            each.over = True
        self._phase, self._run, self._most = "orders", self._run + 1, self._looks + LOOKS
        self._working.clear()
        if all(each.over for each in self._closing):
            self._todo.append(self._app.reqGlobalCancel)  # the first one may have been lost
        self._todo.append(self._app.reqAllOpenOrders)
        self._after(STEP, "orders", self._look)

    def _works(self, closing: Closing) -> bool:
        if self._blotter is None or closing.orderId is None:
            return closing.status not in ("", *ENDED)
        return self._blotter.status_of(closing.orderId) in WORKING

    # --- first: what still works ---------------------------------------------------------------------

    def _open_order(self, orderId: int, contract: Any, order: Any, orderState: Any) -> None:
        own = order.clientId == self._core.lifecycle.client_id and self._of(orderId) is not None
        if self._phase == "orders" and order.account in self._accounts and orderState.status not in ENDED and not own:
            self._working[int(order.permId or orderId)] = str(contract.symbol)
            self._again = True  # a fill may come after the cancel

    def _open_orders_told(self) -> None:
        if self._phase == "orders" and not self._working:
            self._look()

    # --- then: what is held --------------------------------------------------------------------------

    def _look(self) -> None:
        if self._lost():
            return
        if self._working:
            symbols = ", ".join(sorted(set(self._working.values())))
            self._say(f"go on, though TWS hasn't confirmed the cancel of every order ({symbols})")
            self._working.clear()
        self._phase, self._looks, self._found = "positions", self._looks + 1, {}
        self._todo.append(self._ask_positions)
        self._after(STEP, "positions", self._positions_told)

    def _ask_positions(self) -> None:
        # A row that can't be read ends it with an error, as the end of the connection does.
        self._list = self._core.pending.open(f"positions to close {id(self)}", "positions")
        self._app.reqPositions()

    def _position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        if self._phase == "positions" and account in self._accounts:
            self._found[account, int(contract.conId)] = (copy.copy(contract), to_float(position))

    def _positions_told(self, ended: bool = False) -> None:
        if self._phase != "positions":
            return
        told, self._list, missing = self._list, None, self._missing
        if told is not None:
            self._core.pending.close(told)
        if self._lost():
            return
        self._phase = "closing"
        error = None if told is None else told.error
        self._missing = "" if ended and error is None else " ".join(str(error or "their list has no end").split())
        if self._missing and self._missing != missing:
            self._say(f"TWS hasn't told all positions: {self._missing}")
        theirs = {closing.holding for each in self._others() for closing in each._closing if not closing.over}
        self._theirs = {_named(contract) for holding, (contract, _) in self._found.items() if holding in theirs}
        known = {each.holding: each for each in self._closing}
        for holding, (contract, units) in self._found.items():
            before, action = known.get(holding), "SELL" if units > 0 else "BUY" if units else ""
            # What isn't filled is at TWS, or was refused to the last.
            if not action or holding in theirs or (before is not None and not before.filled):
                continue
            if before is not None and not math.isclose(units, before.left, abs_tol=1e-9):
                self._tell(before, f"TWS shows {units:g} where {before.left:g} should be left: look at it yourself")
                continue
            if before is not None:
                self._closing.remove(before)
            closing = Closing(holding, contract, units, action)
            self._closing.append(closing)
            if math.isnan(units):
                closing.over = True
                self._say(f"how much of {contract.symbol} is held TWS doesn't say: look at it yourself")
            else:
                self._ask_details(closing)
        self._finish()

    def _ask_details(self, closing: Closing) -> None:
        asked = Contract()
        asked.conId = closing.holding[1]
        reqId = self._core.ids.request()
        self._asked[reqId] = (closing, [])
        self._todo.append(lambda: self._app.reqContractDetails(reqId, asked))
        self._todo.append(lambda: self._core.clock.later(STEP, lambda: self._heard(self._details_told)(reqId)))

    def _details(self, reqId: int, details: Any) -> None:
        if reqId in self._asked:
            self._asked[reqId][1].append(details)

    def _details_told(self, reqId: int) -> None:
        if reqId in self._asked:
            closing, rows = self._asked.pop(reqId)
            closing.routes = routes(closing.contract, rows)
            self._send(closing)

    # --- at last: orders -----------------------------------------------------------------------------

    def _send(self, closing: Closing) -> None:
        if self._lost() or closing.over:
            return
        if self._stopped:
            closing.over = True
            self._tell(closing, "isn't sent again: the guard has been released")
            self._finish()
            return
        contract, order = closing.routes[closing.route], Order()
        order.action, order.orderType = closing.action, "MKT"
        order.totalQuantity, order.account = to_decimal(abs(closing.left)), closing.holding[0]
        # TWS takes an order for a coin for this moment only.
        order.tif = "IOC" if contract.secType == "CRYPTO" else "DAY"
        order.eTradeOnly = order.firmQuoteOnly = False

        def send() -> None:
            try:
                with self._core.gate.open(), self._core.placing():
                    orderId = self._core.take_order_id()
                    closing.orderId = orderId
                    what = f"{order.action} {abs(closing.left):g} MKT on {contract.exchange}"
                    self._tell(closing, f"sent {what} (order {orderId})")
                    self._follow(closing, orderId, "")
                    # ibnb's own, which the blotter knows of; not an override that may do anything.
                    self._verbs.placeOrder(self._app, orderId, contract, order)
            except Exception as error:
                self._heard(self._refused)(closing, str(error))

        self._todo.append(send)

    def _status(self, orderId: int, status: str, filled: Any, left: Any, price: float, permId: int, *rest: Any) -> None:
        _, _, clientId, *_ = rest
        if status in ENDED and self._working.pop(int(permId or orderId), None) is not None:
            self._open_orders_told()
        if clientId != self._core.lifecycle.client_id:
            return  # the order of another client may have the same id
        closing, units = self._of(orderId), to_float(filled)
        if closing is not None:
            self._stands(closing, orderId, status, units, price)
        elif orderId in self._abandoned:
            if units > 0:
                self._say(f"order {orderId}: {units:g} filled, though it was over: look at what is held")
            if status not in ENDED:
                self._abandoned.discard(orderId)
                self._say(f"cancel order {orderId}: TWS has refused it, and then taken it")
                self._todo.append(lambda: self._app.cancelOrder(orderId))

    def _stands(self, closing: Closing, orderId: int, status: str, filled: float, price: float) -> None:
        """A closing order stands like this."""
        closing.status, closing.waits = status, False
        if status not in ENDED:
            self._follow(closing, orderId, status)
        elif filled > 0:
            closing.filled, closing.over = filled, True
            part = "" if status == "Filled" else f" of {abs(closing.units):g}, the rest is {status}"
            self._tell(closing, f"done, {filled:g}{part} at {price:.12g}")
            self._finish()
        else:
            self._ended(closing, orderId)

    def _executed(self, closing: Closing, orderId: int) -> bool:
        """Is it done by what was executed? IB's page on orderStatus: it isn't guaranteed, and executions are to be
        watched."""
        known = None if self._blotter is None else self._blotter.report(orderId)
        if known is None or not known.filled:
            return False
        status = "Filled" if known.status == "Filled" else closing.status
        if status in ENDED:
            self._stands(closing, orderId, status, known.filled, known.avgFillPrice)
        return closing.over

    def _ended(self, closing: Closing, orderId: int) -> None:
        """An order is over and unfilled. Sent again at once, it would be a second sale where a fill comes after a
        cancel (pysystemtrade#1580)."""

        def stays() -> None:
            unfilled = closing.orderId == orderId and not closing.over and closing.status in ENDED
            if unfilled and not self._executed(closing, orderId) and not self._lost():
                self._refused(closing, closing.noted or f"it is {closing.status}")

        self._core.clock.later(SETTLED, self._heard(stays))

    def _follow(self, closing: Closing, orderId: int, status: str) -> None:
        """An order stands like this; whether it stays so shows in a while (every order begins as PreSubmitted)."""

        def stays() -> None:
            still = (closing.orderId, closing.status, closing.over) == (orderId, status, False)
            if still and not self._executed(closing, orderId) and not self._lost():
                closing.waits = True
                self._tell(closing, f"waits at TWS ({status or 'no answer'}) {closing.noted}".rstrip())
                self._finish()

        self._core.clock.later(SETTLED if status == "PreSubmitted" else AGAIN, self._heard(stays))

    def _error(self, reqId: int, errorTime: int, code: int, text: str, advanced: str) -> None:
        if reqId in self._asked and outcome(code, text, "contract") == "fail":
            self._details_told(reqId)
        closing = self._of(reqId)
        if closing is None:
            return
        closing.noted = f"{code}: {' '.join(text.split())}"
        if code == CANCELLED:
            if closing.status not in ENDED:  # it may be all that TWS says
                closing.status = "Cancelled"
                self._ended(closing, reqId)
            return
        if severity(code, text) != "order" and outcome(code, text, "order") != "fail":
            return
        if closing.status not in ("", *ENDED):
            return  # it was taken, so that its status tells
        whole = math.floor(abs(closing.units))
        if code in FRACTIONAL and 0 < whole < abs(closing.units):
            closing.units = math.copysign(whole, closing.units)
            closing.route -= 1
        self._refused(closing, closing.noted)

    def _of(self, orderId: int) -> Closing | None:
        return next((each for each in self._closing if each.orderId == orderId and not each.over), None)

    def _refused(self, closing: Closing, why: str) -> None:
        """Another exchange at once, all of them again after a while, and give up at last."""
        if closing.orderId is not None:
            self._abandoned.add(closing.orderId)
        closing.orderId, closing.status, closing.noted, closing.waits = None, "", "", False
        closing.route += 1
        if closing.route < len(closing.routes):
            self._tell(closing, f"not taken ({why}): the next exchange is tried")
            self._send(closing)
            return
        closing.route, closing.tries = 0, closing.tries + 1
        if closing.tries < TRIES:
            self._tell(closing, f"not taken ({why}): tried again in {AGAIN:g} s")
            again = self._heard(lambda: self._send(closing))
            self._todo.append(lambda: self._core.clock.later(AGAIN, again))
            return
        closing.over = True
        self._tell(closing, f"refused ({why})")
        self._finish()

    def _tell(self, closing: Closing, text: str) -> None:
        if text != closing.said:
            closing.said = text
            self._say(f"close {closing.name}: {text}")

    # --- the end -------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """When nothing is on its way any more: look once more at what is held, and then be done."""
        through = self._phase == "done"
        if self._phase not in ("closing", "done") or self._lost():
            return
        if any(not each.over and (through or not each.waits) for each in self._closing):
            return
        if through:  # what waited at TWS has come to an end, and others may have traded meanwhile
            self._most = self._looks + 1
        if self._looks < self._most and (self._again or self._missing or any(each.filled for each in self._closing)):
            self._again = False
            self._phase = "settling"
            self._after(SETTLED, "settling", self._look)
            return
        self._phase = "done"
        left = [each.name for each in self._closing if each.left or not each.said.startswith("done")]
        left += [f"{name} (another guard's order)" for name in sorted(self._theirs)]
        left += ["what TWS hasn't told"] if self._missing else []
        self._say(
            f"not closed yet: {', '.join(left)}" if left else f"nothing is held by {', '.join(sorted(self._accounts))}"
        )
        self._todo.append(self._done)


def _named(contract: Any) -> str:
    return " ".join(str(contract.localSymbol or contract.symbol or contract.conId).split())


def is_closing(core: Core) -> bool:
    """Does this session close positions now?"""
    return any(each._core is core and each._phase != "done" for each in list(_begun))


def routes(contract: Any, rows: Collection[Any]) -> list[Any]:
    """A position's contract, which names no exchange, on those that take orders for it: the best one first."""
    direct = contract.secType in _DIRECT
    found: dict[str, Any] = {}
    for row in rows:
        named = row.contract
        places = [named.exchange, named.primaryExchange, *row.validExchanges.split(",")]
        for exchange in places if direct else ["SMART"] * ("SMART" in places) + places:
            if exchange and exchange not in found:
                found[exchange] = copy.copy(named)
                found[exchange].exchange = exchange
    if not found:
        alone = copy.copy(contract)
        alone.exchange = contract.exchange or contract.primaryExchange or "SMART"
        return [alone]
    return list(found.values())[:PLACES]
