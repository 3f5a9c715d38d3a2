"""What clients ask of the one book of orders: place, change, cancel, list.

Rule: an order id belongs to a client id and is used once; a permId belongs to the world. Ids and orders outlive
connections. What becomes of an order in time is the engine's affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

from .. import messages as m
from ..scenario import NEW_YORK
from ..zones import LOGIN_ZONE
from . import oca
from .attached import asked, attached
from .combos import priced, quote
from .engine import MatchingEngine, Recipient
from .errors import INVALID, OrderRefused
from .executions import Fill, select
from .margin_check import commissions_between, estimate, impact, refusal, state
from .mishaps import SECOND_PERM_ID
from .modification import DIFFERENT, check_alive, check_same, merged
from .order import API_CANCELLED, FILLED, WorkingOrder
from .order_types import type_of
from .precautions import check_precautions
from .reports import not_cancellable, open_order, order_status
from .settings import Settings
from .terms import Reader, understand
from .validation import check, check_on, tidy

if TYPE_CHECKING:
    from ..accounts import Accounts
    from ..clock import Clock
    from ..market import Market
    from ..scenario import Scenario

_FIRST_PERM_ID = 1_207_000_001
# The client to whom orders entered by hand can be bound.
BINDER = 0


class OrderBook:
    """All orders of one world. `engine`: where those that were taken are at work; `settings`: what TWS is set to."""

    def __init__(self, scenario: Scenario, clock: Clock, market: Market, accounts: Accounts) -> None:
        self._scenario = scenario
        self._clock = clock
        self._market = market
        self._accounts = accounts
        self.settings = Settings.of(scenario.orders)
        self.engine = MatchingEngine(scenario, clock, market, accounts, self.settings)
        self._orders: dict[tuple[int, int], WorkingOrder] = {}
        self._dead: dict[tuple[int, int], int] = {}
        self._next: dict[int, int] = {}
        self._permIds = count(_FIRST_PERM_ID)
        self._byHand = count(-1, -1)
        self._binds = False

    def connect(self, clients: Mapping[int, Recipient]) -> None:
        """Say who is connected, by client id: a mapping that the world keeps up to date."""
        self.engine.clients = clients

    def next_valid_id(self, clientId: int) -> int:
        """Above every id that this client has used, in this session or before."""
        return self._next.get(clientId, 1)

    def greet(self, client: Recipient) -> None:
        """Tell a client that has come back of its open orders."""
        if not self.settings.download_open_orders:
            return
        for working in self._own(client.clientId):
            self.engine.tell(working)

    # Asking

    def place(self, client: Recipient, request: m.PlaceOrder, reader: Reader) -> None:
        """Take a new order, a change of one, or a what-if question.

        Raises OrderRefused, or whatever `reader` raises; a new order's id is used up all the same.
        """
        clientId, orderId = client.clientId, request.orderId
        if orderId <= 0 and not self._is_bound(clientId, orderId):
            raise OrderRefused(10149, f"Invalid order id: {orderId}")
        order = tidy(replace(request.order, orderId=orderId, clientId=clientId))
        if order.whatIf:
            self._preview(client, self._judge(order, request.contract, reader))
            return
        known = self._orders.get((clientId, orderId))
        if known is not None and not known.held:
            self._modify(known, order, request.contract, reader)
            return
        if known is None and orderId < self.next_valid_id(clientId):
            raise OrderRefused(103, "Duplicate order id")
        self._next[clientId] = max(self.next_valid_id(clientId), orderId + 1)
        try:
            working = self._judge(order, request.contract, reader)
        except Exception as refused:
            if known is None:
                self._dead[clientId, orderId] = getattr(refused, "code", 0)
            raise
        for id in () if known is not None else asked(order):
            if id < self.next_valid_id(clientId) or (clientId, id) in self._orders:
                raise OrderRefused(103, "Duplicate order id")
        self._notice_preset(client, request.order, orderId)
        if known is not None:
            # The same order, sent again before it is transmitted.
            del self.engine.working[known.permId]
            working.order = replace(working.order, permId=known.permId)
            working.children = known.children
            for child in known.children:
                child.parent = working
            if known.parent is not None:
                known.parent.children.remove(known)
        else:
            working.order = replace(working.order, permId=next(self._permIds))
        self._orders[clientId, orderId] = working
        self.engine.working[working.permId] = working
        if working.parent is not None:
            working.parent.children.append(working)
        if known is None:
            self._attach(working, reader)
        if working.order.transmit:
            for member in oca.family(working, self.engine):
                self.engine.accept(member)

    def _attach(self, parent: WorkingOrder, reader: Reader) -> None:
        """Make the orders that TWS is asked to attach to one."""
        entry = estimate(parent, self._market, self._clock.now())
        for order in attached(parent, entry, self._scenario.orders.presets):
            child = self._judge(order, parent.contract, reader, doubted=False)
            child.order = replace(child.order, permId=next(self._permIds))
            self._orders[order.clientId, order.orderId] = self.engine.working[child.permId] = child
            self._next[order.clientId] = max(self.next_valid_id(order.clientId), order.orderId + 1)
            parent.children.append(child)

    def cancel(self, client: Recipient, orderId: int) -> None:
        """Ask for one of this client's orders to be cancelled. Raises OrderRefused."""
        if orderId <= 0 and not self._is_bound(client.clientId, orderId):
            raise OrderRefused(10149, f"Invalid order id: {orderId}")
        working = self._orders.get((client.clientId, orderId)) or self._foreign(orderId)
        if working is None and self._dead.get((client.clientId, orderId)) == 200:
            # An order that died for want of a contract is cancelled without a word more.
            client.send(_never_was(client.clientId, orderId))
            return
        if working is None:
            raise OrderRefused(10147, f"OrderId {orderId} that needs to be cancelled is not found.")
        if working.final or working.cancelling:
            raise OrderRefused(10148, not_cancellable(working))
        self.engine.ask_to_cancel(working)

    def cancel_all(self) -> None:
        """Cancel every open order, whoever placed it. Untransmitted ones stay, as the exchange never saw them."""
        for working in self.engine:
            if working.open and not working.cancelling:
                self.engine.ask_to_cancel(working, singly=False)

    # By hand

    def enter(self, order: m.Order, contract: m.Contract, reader: Reader) -> WorkingOrder:
        """Place an order as if somebody typed it into TWS. It is client 0's when that client binds it.

        Raises OrderRefused, or whatever `reader` raises.
        """
        order = tidy(replace(order, orderId=next(self._byHand), clientId=BINDER, transmit=True))
        working = self._judge(order, contract, reader)
        working.order = replace(working.order, permId=next(self._permIds))
        working.bound = False
        self._orders[BINDER, order.orderId] = working
        self.engine.working[working.permId] = working
        if self._binds:
            self._bind(working)
        self.engine.accept(working)
        return working

    def bind(self, automatically: bool) -> None:
        """Client 0 takes orders entered by hand over as they come, or no longer does."""
        self._binds = automatically
        if automatically:
            self.bind_all()

    def bind_all(self) -> None:
        """Client 0 takes over what was entered by hand: each order has an id from now on, below 0."""
        for working in self.engine:
            if not working.bound:
                self._bind(working)

    def _bind(self, working: WorkingOrder) -> None:
        working.bound = True
        self.engine.say(working, m.OrderBound(permId=working.permId, clientId=BINDER, orderId=working.orderId))

    # Listing

    def open_orders(self, clientId: int) -> Iterator[Any]:
        """A client's own orders: an openOrder and an orderStatus for each."""
        if clientId == BINDER:
            self.bind_all()
        for working in self._own(clientId):
            self.engine.scheduler.catch_up(working)
            yield open_order(working)
            yield order_status(working)

    def all_open_orders(self, clientId: int) -> Iterator[Any]:
        """Everybody's orders; those of others have no order id."""
        for working in self.engine:
            if working.open:
                self.engine.scheduler.catch_up(working)
                own = working.clientId == clientId
                yield open_order(working, own)
                yield order_status(working, own)

    def completed(self, apiOnly: bool = False) -> Iterator[m.CompletedOrder]:
        """What has come to its end since midnight, in New York; `apiOnly`: without what was entered by hand."""
        for working in self.engine.done:
            if apiOnly and working.orderId < 0:
                continue
            if working.ended >= self._midnight() and working.status != API_CANCELLED:
                when = datetime.fromtimestamp(working.ended, NEW_YORK)
                yield m.CompletedOrder(
                    contract=working.contract,
                    order=replace(open_order(working).order, filledQuantity=working.filled),
                    orderState=m.OrderState(
                        status=working.status,
                        completedTime=f"{when:%Y%m%d %H:%M:%S} {LOGIN_ZONE}",
                        completedStatus=working.ending,
                    ),
                )

    def executions(self, request: m.ReqExecutions, since: float = 0.0) -> Iterator[Fill]:
        """The fills that the filter asks for: today's, unless it names more days, and none before `since`."""
        earliest = self._midnight(request.lastNDays - 1 if request.lastNDays else 0)
        return select(self.engine.fills, request, max(earliest, since), NEW_YORK)

    def forget_untransmitted(self) -> None:
        """TWS has restarted: what it was never told to transmit is gone, and nobody is told."""
        for working in self.engine:
            if working.held:
                del self.engine.working[working.permId]
                del self._orders[working.clientId, working.orderId]

    @property
    def active(self) -> bool:
        """Whether an order of a client's is at work."""
        return any(working.orderId > 0 for working in self.engine)

    def restart_ids(self) -> None:
        """Let every client begin at 1 again. Orders at their end keep their permId only."""
        self._next.clear()
        self._dead.clear()
        self._orders = {key: working for key, working in self._orders.items() if not working.final}

    def roll_back(self, n: int) -> None:
        """Forget each client's last `n` ids: the next valid one was used before."""
        for clientId in self._next:
            self._next[clientId] = max(1, self._next[clientId] - n)

    def find(self, clientId: int, orderId: int) -> WorkingOrder | None:
        """An order that was taken, whatever has become of it."""
        return self._orders.get((clientId, orderId))

    # How

    def _own(self, clientId: int) -> list[WorkingOrder]:
        return [w for w in self.engine if w.open and w.bound and w.clientId == clientId]

    def _is_bound(self, clientId: int, orderId: int) -> bool:
        working = self._orders.get((clientId, orderId))
        return working is not None and working.bound

    def _foreign(self, orderId: int) -> WorkingOrder | None:
        """Another client's open order of that id, where the scenario lets one cancel it."""
        if not self._scenario.orders.foreign_cancel:
            return None
        return next((w for w in self.engine if w.orderId == orderId and w.open), None)

    def _judge(self, order: m.Order, contract: m.Contract, reader: Reader, doubted: bool = True) -> WorkingOrder:
        """An order that makes sense, held. `doubted`: it may be a slip of the finger."""
        check(order, self._scenario)
        account = self._accounts.find(order.account)
        if account is None:
            raise OrderRefused(INVALID, "Invalid account code")
        parent = self._parent(order) if order.parentId else None
        found = reader.contract(contract)
        order = priced(order, found.legs)
        check_on(order, found.instrument, self._scenario.orders)
        meant = understand(order, found.instrument, reader, self._clock.now())
        order = replace(order, account=account.code)
        working = WorkingOrder(
            order.clientId,
            order,
            found.told,
            found.instrument,
            account,
            parent,
            legs=found.legs,
            conditions=meant.conditions,
            begins=meant.begins,
            until=meant.until,
        )
        self._spend(working)
        self._in_time(working)
        if doubted:
            self._check_precautions(working)
        return working

    def _spend(self, working: WorkingOrder) -> None:
        """Turn a sum of money into a quantity, at the price at which the order is judged."""
        money = working.order.cashQty
        if not money:
            return
        price = estimate(working, self._market, self._clock.now()) * working.instrument.unit
        whole = working.instrument.secType == "STK" and not self._scenario.orders.fractional_shares
        step = Decimal(1) if whole else Decimal(str(working.instrument.sizeIncrement))
        quantity = (Decimal(str(money / price)) / step).to_integral_value(ROUND_FLOOR) * step
        if not quantity:
            raise OrderRefused(INVALID, "The size value cannot be zero")
        working.order = replace(working.order, totalQuantity=quantity)

    def _in_time(self, working: WorkingOrder) -> None:
        """Refuse an order for a close that is too near."""
        now, schedule, calendar = self._clock.now(), working.instrument.schedule, self._market.calendar
        if type_of(working).auction and calendar.is_open(schedule, now, rth=True):
            closes = calendar.latest(schedule, now, rth=True)[2]
            if closes - now < self._scenario.orders.auction_cutoff:
                raise OrderRefused(201, "Order rejected - reason:It is too late for an order for today's close.")

    def _check_precautions(self, working: WorkingOrder) -> None:
        if settings := self.settings.precautions:
            check_precautions(working, quote(self._market, working, self._clock.now(), frozen=True), settings)

    def _parent(self, order: m.Order) -> WorkingOrder:
        key = (order.clientId, order.parentId)
        parent = self._orders.get(key)
        if parent is not None and (not parent.final or parent.status == FILLED):
            return parent
        if parent is not None or key in self._dead:
            raise OrderRefused(135, f"Can't find order with id ={order.parentId}")
        raise OrderRefused(10006, "Missing parent order.")

    def _preview(self, client: Recipient, working: WorkingOrder) -> None:
        now = self._clock.now()
        change, cost = impact(working, self._accounts, self._market, now)
        between = commissions_between(working, self._market, now)
        client.send(open_order(working, state=state(change, cost, between)))

    def _modify(self, working: WorkingOrder, order: m.Order, contract: m.Contract, reader: Reader) -> None:
        rules = self._scenario.orders
        check_alive(working, rules)
        check(order, self._scenario)
        found = reader.contract(contract)
        if found.instrument.conId != working.instrument.conId or found.legs != working.legs:
            raise OrderRefused(105, DIFFERENT)
        check_same(working, order)
        order = priced(order, found.legs)
        check_on(order, found.instrument, rules)
        meant = understand(order, found.instrument, reader, self._clock.now())
        changed = replace(working, order=merged(working.order, order), timer=None, guard=None)
        self._spend(changed)
        self._check_precautions(changed)
        if changed.parent is None:
            reason = refusal(changed, self.engine)
            if reason:
                raise OrderRefused(201, f"Order rejected - reason:{reason}")
        if self.engine.mishaps.befalls(SECOND_PERM_ID):
            working = self._twin(working)
        self.engine.scheduler.catch_up(working)
        old = working.order
        if changed.order.totalQuantity > old.totalQuantity or _terms(changed.order) != _terms(old):
            working.stands = None  # it loses its place in the book
        working.order = replace(changed.order, permId=working.permId)
        working.contract, working.instrument = found.told, found.instrument
        working.begins, working.until = meant.begins, meant.until
        if meant.conditions != working.conditions:
            working.conditions, working.fulfilled = meant.conditions, False
        if order.trailStopPrice not in (None, old.trailStopPrice, working.trail):
            working.trail, working.seen = None, 0.0
        if working.parent is not None:
            working.share = working.order.totalQuantity / working.parent.order.totalQuantity
        self.engine.changed(working)

    def _twin(self, working: WorkingOrder) -> WorkingOrder:
        """A second order under the same id, which is all that the client reaches from now on; the first works on."""
        order = replace(working.order, permId=next(self._permIds))
        twin = replace(working, order=order, children=[], timer=None, guard=None)
        self._orders[twin.clientId, twin.orderId] = self.engine.working[twin.permId] = twin
        if twin.parent is not None:
            twin.parent.children.append(twin)
        return twin

    def _notice_preset(self, client: Recipient, order: m.Order, orderId: int) -> None:
        if self._scenario.orders.tif_notice and not order.tif:
            client.error(orderId, 10349, "Order TIF was set to DAY based on order preset.")

    def _midnight(self, daysBefore: int = 0) -> float:
        day = datetime.fromtimestamp(self._clock.now(), NEW_YORK) - timedelta(days=daysBefore)
        return day.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def _terms(order: m.Order) -> tuple[Any, ...]:
    return order.lmtPrice, order.auxPrice, order.percentOffset, order.tif


def _never_was(clientId: int, orderId: int) -> m.OrderStatus:
    return m.OrderStatus(
        orderId=orderId,
        status=API_CANCELLED,
        filled=Decimal(0),
        remaining=Decimal(0),
        avgFillPrice=0.0,
        permId=0,
        parentId=0,
        lastFillPrice=0.0,
        clientId=clientId,
    )
