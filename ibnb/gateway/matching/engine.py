"""What happens to accepted orders: they are taken in, trade, are cancelled, come to their end, and are told of.

Rule: each change of status is told as TWS tells it, an openOrder and an orderStatus; a fill as execDetails, that pair,
commissionReport. Whoever isn't connected is told nothing now and finds it all when it asks. When things happen is the
affair of the scheduler.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from .. import messages as m
from ..accounts import Trade
from ..instruments import contract_of
from ..market.book import venues
from . import oca
from .combos import Part, parts, quote
from .commissions import IDEALPRO_LEAST, Commission, commission
from .executions import SIDES, Fill, exec_id
from .first_touch import may_trade_outside
from .margin_check import refusal
from .mishaps import UNHEARD_CANCEL, Mishaps
from .order import (
    API_CANCELLED,
    CANCELLED,
    FILLED,
    INACTIVE,
    PENDING_CANCEL,
    PRE_SUBMITTED,
    SUBMITTED,
    WorkingOrder,
)
from .precautions import too_far_through
from .reports import not_cancellable, open_order, order_status
from .scheduler import BY_SYSTEM, Scheduler
from .short_sales import short_of, unsellable

if TYPE_CHECKING:
    from ..accounts import Accounts
    from ..clock import Clock
    from ..market import Market
    from ..scenario import Scenario
    from .settings import Settings

BY_TRADER = "Cancelled by Trader"
# Of what is reported of a fill; TWS has no more.
_DECIMALS = 8
_NOT_OUTSIDE = (
    "Order Event Warning: Attribute 'Outside Regular Trading Hours' is ignored based on the order type and "
    "destination. PlaceOrder is now being processed."
)
_LOCATING = (
    "Shares for this order are not immediately available for short sale. The order will be held while we attempt to "
    "locate the shares."
)


class Booked(NamedTuple):
    """What one contract's part of a fill cost, and what it realised in the commission's currency."""

    part: Part
    cost: Commission
    realized: float | None


class _How(NamedTuple):
    """Where something traded ("": at the instrument's own exchange), whether it added (1) or took liquidity (2), and
    under which order id it is told."""

    venue: str
    liquidity: int
    orderId: int


class Recipient(Protocol):
    """A connected client, as far as orders are concerned."""

    @property
    def clientId(self) -> int: ...
    def send(self, message: Any) -> None: ...
    def error(self, id: int, code: int, text: str) -> None: ...


class MatchingEngine:
    """The orders at work. `clients`: who is connected, by client id.

    For staged faults: `fill` and `reject` do so at once; each entry of `refuse_next` is the reason why one of the next
    orders is rejected, each of `next_fills` the most that one of the next fills trades; `mishaps` are the others.
    """

    clients: Mapping[int, Recipient]

    def __init__(
        self, scenario: Scenario, clock: Clock, market: Market, accounts: Accounts, settings: Settings
    ) -> None:
        self.scenario = scenario
        self.settings = settings
        self.clock = clock
        self.market = market
        self.accounts = accounts
        self.working: dict[int, WorkingOrder] = {}
        self.done: list[WorkingOrder] = []
        self.fills: list[Fill] = []
        self.refuse_next: deque[str] = deque()
        self.next_fills: deque[Decimal] = deque()
        self.mishaps = Mishaps()
        self.scheduler = Scheduler(self)
        self._executions = 0

    def __iter__(self) -> Iterator[WorkingOrder]:
        """Orders that aren't at their end, untransmitted ones included, as they came."""
        return iter(list(self.working.values()))

    # Telling

    def say(self, working: WorkingOrder, *messages: Any) -> None:
        """Send to the client whose order it is and to the master client, as far as they are there."""
        for client in self._listeners(working):
            for message in messages:
                client.send(message)

    def error(self, working: WorkingOrder, code: int, text: str) -> None:
        client = self.clients.get(working.clientId)
        if client is not None and working.bound:
            client.error(working.orderId, code, text)

    def tell(self, working: WorkingOrder) -> None:
        if not self.mishaps.untold(working.permId):
            self.say(working, open_order(working), order_status(working))

    def _listeners(self, working: WorkingOrder) -> Iterator[Recipient]:
        owner = working.clientId if working.bound else None
        for clientId in dict.fromkeys((owner, self.settings.master_client)):
            if clientId is not None and clientId in self.clients:
                yield self.clients[clientId]

    # Beginning

    def accept(self, working: WorkingOrder) -> None:
        """Take a transmitted order in, unless its account can't bear it."""
        working.placed = self.clock.now()
        if working.order.deactivate:
            self._sleep(working)
            return
        if working.parent is None:
            reason = unsellable(working) or refusal(working, self) or self._too_many(working)
            if self.refuse_next:
                reason = self.refuse_next.popleft()
            if reason:
                self.reject(working, reason)
                return
        elif working.parent.final and working.parent.status != FILLED:
            self.end(working, BY_SYSTEM)
            return
        else:
            working.share = working.order.totalQuantity / working.parent.order.totalQuantity
        oca.bracketed(working)
        self.mishaps.begin(working.permId)
        working.status = PRE_SUBMITTED
        working.locating = working.parent is None and short_of(working, self.scenario.orders)
        self._keep_hours(working)
        self.scheduler.estimate_stop(working)
        self.tell(working)
        self._warn_of_odd_lot(working)
        if working.locating:
            self.error(working, 404, _LOCATING)
            self.clock.call_later(self.scenario.orders.locate_seconds, self._located, working)
        elif reason := self._too_far(working):
            self.end(working, BY_SYSTEM, reason)
        elif not working.waits_for_parent:
            self._set_out(working)

    def _sleep(self, working: WorkingOrder) -> None:
        """The owner keeps the order from the market, until a change lets it go there."""
        oca.bracketed(working)
        working.status = INACTIVE
        self.scheduler.sleep(working)
        self.tell(working)

    def _too_far(self, working: WorkingOrder) -> str:
        settings = self.settings.precautions
        shown = quote(self.market, working, self.clock.now(), frozen=True) if settings else None
        return too_far_through(working, shown, settings) if shown and settings else ""

    def _keep_hours(self, working: WorkingOrder) -> None:
        """Let an order that can't trade outside regular hours forget that it was to."""
        if working.order.outsideRth and not may_trade_outside(working):
            working.order = replace(working.order, outsideRth=False)
            self.error(working, 2109, _NOT_OUTSIDE)

    def _warn_of_odd_lot(self, working: WorkingOrder) -> None:
        least = IDEALPRO_LEAST.get(working.instrument.symbol, 0) if working.instrument.secType == "CASH" else 0
        if working.order.totalQuantity < least:
            order, pair = working.order, working.instrument
            thousands, rest = divmod(order.totalQuantity, 1000)
            size = f"{thousands}K" if thousands and not rest else f"{order.totalQuantity}"
            text = (
                f"Order Message:\n{order.action} {size} {pair.localSymbol} Forex\nWarning: Your order size is below "
                f"the {pair.symbol} {least} IdealPro minimum and will be routed as an odd lot order."
            )
            self.error(working, 399, text)

    def _set_out(self, working: WorkingOrder) -> None:
        begins = self.scheduler.begins(working)
        now = self.clock.now()
        if begins > max(now, working.begins) and not self.market.halt(working.instrument, now):
            self.error(working, 399, _waits(working, begins))
        self.scheduler.start(working)

    def _located(self, working: WorkingOrder) -> None:
        if working.open and not working.dormant:
            working.locating = False
            if not working.cancelling:
                self.tell(working)
                self._set_out(working)

    def _too_many(self, working: WorkingOrder) -> str:
        most = self.scenario.orders.active_orders
        same = [
            w
            for w in self
            if w.open
            and not w.dormant
            and w.account is working.account
            and w.buys == working.buys
            and w.instrument.conId == working.instrument.conId
        ]
        if len(same) < most:
            return ""
        return f"The maximum number of {most} active orders per contract, side and account has been reached."

    # Trading

    def fill(self, working: WorkingOrder, quantity: Decimal, at: float, venue: str = "", takes: bool = False) -> None:
        """Trade so much of an order at this price, and everything that follows from it.

        `venue`: where; the instrument's own exchange unless given. `takes`: what was offered, instead of waiting.
        """
        before = working.remaining
        shares = parts(self.market, working, at, self.clock.now())
        booked = [self._book(working, part, quantity, takes) for part in shares]
        working.fill(quantity, at)
        how = _How(venue, 2 if takes else 1, self.mishaps.named(working.orderId))
        traded = [self._record(working, quantity, at, row, how) for row in booked]
        if working.legs:
            own = self._execution(working, how, working.order.action, quantity, at, working.avgFillPrice)
            traded.insert(0, Fill(own, route=working.contract.exchange))
        self.fills += traded
        self.mishaps.tell(working.permId)
        self.say(working, *(fill.details for fill in traded))
        self._progress(working)
        for each in traded:
            self._charge(working, each.commission)
        self._after_fill(working, quantity, before)
        for leg in working.legs or (working,):
            self.accounts.announce(working.account, leg.instrument)
        self.scheduler.trade_happened()

    def _progress(self, working: WorkingOrder) -> None:
        """What a fill makes of the order. TWS says nothing more of one that it has called cancelled."""
        if working.final:
            if not working.remaining:
                self._leave(working)
            return
        if not working.remaining:
            self._close(working, FILLED, f"Filled Size: {working.filled}")
        elif not working.cancelling:
            working.status = SUBMITTED
        self.tell(working)

    def _charge(self, working: WorkingOrder, report: m.CommissionReport | None) -> None:
        """Tell what a fill has cost."""
        for later, told in self.mishaps.told(report) if report is not None else ():
            if later:
                self.clock.call_later(later, self.say, working, told)
            else:
                self.say(working, told)

    def _book(self, working: WorkingOrder, part: Part, quantity: Decimal, takes: bool) -> Booked:
        """Write what a fill trades of one contract into the account's books."""
        signed, instrument, rate = quantity * part.signed, part.instrument, self._rate
        before = (working.filled * abs(part.signed), part.price if working.legs else working.avgFillPrice)
        cost = commission(instrument, abs(signed), part.price, rate, before, working.account.pricing, takes)
        realized = self.accounts.trade(working.account, Trade(instrument, signed, part.price, *cost))
        if realized is not None:
            realized *= rate(instrument.currency, cost.currency)
        return Booked(part, cost, realized)

    def _record(self, working: WorkingOrder, quantity: Decimal, at: float, row: Booked, how: _How) -> Fill:
        """One contract's execution and commission."""
        part = row.part
        if working.legs:
            side = "BUY" if part.signed > 0 else "SELL"
            details = self._execution(working, how, side, quantity * abs(part.signed), part.price, part.price, part)
        else:
            details = self._execution(working, how, working.order.action, quantity, at, working.avgFillPrice)
        execId = details.execution.execId
        report = m.CommissionReport(
            execId=execId,
            commission=round(row.cost.amount, _DECIMALS),
            currency=row.cost.currency,
            realizedPNL=None if row.realized is None else round(row.realized, _DECIMALS),
        )
        return Fill(details, report, working.contract.exchange)

    def _execution(
        self,
        working: WorkingOrder,
        how: _How,
        side: str,
        shares: Decimal,
        at: float,
        average: float,
        leg: Part | None = None,
    ) -> m.ExecDetails:
        self._executions += 1
        instrument = working.instrument if leg is None else leg.instrument
        execution = m.Execution(
            execId=exec_id(self.scenario.seed, self.scenario.start, self._executions),
            orderId=how.orderId,
            time=self.clock.now(),
            acctNumber=working.account.code,
            exchange=how.venue or venues(instrument)[0],
            side=SIDES[side],
            shares=shares,
            price=at,
            permId=working.permId,
            clientId=working.clientId,
            cumQty=working.filled * (1 if leg is None else abs(leg.signed)),
            avgPrice=average,
            orderRef=working.order.orderRef,
            lastLiquidity=how.liquidity,
        )
        contract = working.contract if leg is None else contract_of(instrument)
        # Where it has traded, not where it was sent (nautilus_trader#4061).
        return m.ExecDetails(reqId=-1, contract=replace(contract, exchange=execution.exchange), execution=execution)

    def _after_fill(self, working: WorkingOrder, quantity: Decimal, before: Decimal) -> None:
        for sibling in oca.siblings(working, self):
            rest = oca.reduced(sibling, quantity, before)
            if working.order.ocaType == oca.CANCEL_ALL or not rest:
                self.end(sibling, BY_SYSTEM, spared=working)
            else:
                self._cut(sibling, rest)
        for child in oca.children(working, self):
            if child.started:
                self.scheduler.resume(child)
            elif not child.held and not child.dormant:
                self.tell(child)
                self._set_out(child)

    def _cut(self, working: WorkingOrder, rest: Decimal) -> None:
        """Let only so much remain of an order."""
        working.order = replace(working.order, totalQuantity=working.filled + rest)
        self.tell(working)

    # Ending

    def reject(self, working: WorkingOrder, reason: str) -> None:
        """201, and the order is inactive, for good."""
        self.error(working, 201, f"Order rejected - reason:{reason}")
        self._close(working, INACTIVE, f"Rejected by System:{reason}")
        self.tell(working)
        self._after_end(working)

    def ask_to_cancel(self, working: WorkingOrder, singly: bool = True) -> None:
        """The owner wants it cancelled: pending at first, still able to trade, then confirmed.

        Whoever asks for one order (`singly`) is told if it has traded instead.
        """
        if working.held:
            self.end(working, BY_TRADER)
            return
        working.cancelling = True
        working.status = PENDING_CANCEL
        self.say(working, order_status(working))
        self.clock.call_later(self.scenario.latency.cancel, self._cancel, working, singly)

    def _cancel(self, working: WorkingOrder, singly: bool) -> None:
        if not working.final and self.mishaps.befalls(UNHEARD_CANCEL):
            self._end_here(working)
        elif not working.final:
            self.end(working, BY_TRADER)
        elif singly and working.status == FILLED:
            self.error(working, 10148, not_cancellable(working))

    def end(self, working: WorkingOrder, ending: str, reason: str = "", spared: WorkingOrder | None = None) -> None:
        """Cancel an order and what depends on it, and confirm it. `spared`: the order whose fill has cancelled it."""
        self.mishaps.tell(working.permId)
        if working.final:
            self._leave(working)
            return
        if working.held:
            self._close(working, API_CANCELLED, ending)
            self.say(working, order_status(working))
        else:
            self._close(working, CANCELLED, ending)
            self.tell(working)
        self.error(working, 202, f"Order Canceled - reason:{reason}")
        self._after_end(working, spared)

    def _end_here(self, working: WorkingOrder) -> None:
        """Confirm a cancel of which the exchange has never heard: the order works on there."""
        working.status, working.ending, working.ended = CANCELLED, BY_TRADER, self.clock.now()
        self.done.append(working)
        self.tell(working)
        self.error(working, 202, "Order Canceled - reason:")
        self._after_end(working)

    def _after_end(self, working: WorkingOrder, spared: WorkingOrder | None = None) -> None:
        for other in oca.siblings(working, self):
            if other is not spared:
                self.end(other, BY_SYSTEM, spared=spared)
        for child in oca.children(working, self):
            # What a parent has traded before its end stays protected.
            rest = oca.allowance(child) if child.open else Decimal(0)
            if not rest:
                self.end(child, BY_SYSTEM)
            elif rest < child.remaining:
                self._cut(child, rest)

    def _close(self, working: WorkingOrder, status: str, ending: str) -> None:
        self._leave(working)
        working.status, working.ending, working.ended = status, ending, self.clock.now()
        self.done.append(working)

    def _leave(self, working: WorkingOrder) -> None:
        """The order isn't at work any more."""
        working.rest()
        if working.guard is not None:
            working.guard.cancel()
        self.working.pop(working.permId, None)

    # Changing

    def move(self, working: WorkingOrder, status: str) -> None:
        """A new status, told; an order that is being cancelled keeps its own."""
        if not working.cancelling:
            working.status = status
            self.tell(working)

    def changed(self, working: WorkingOrder) -> None:
        """The owner has changed the order: tell it, and send it on its way again, or keep it from the market."""
        if working.order.deactivate:
            self._sleep(working)
            return
        if working.status == INACTIVE:
            self.accept(working)
            return
        self._keep_hours(working)
        self.tell(working)
        if not working.waits_for_parent and not working.locating:
            self.scheduler.start(working)

    def price_at(self, working: WorkingOrder, limit: float) -> None:
        """What remains of a market-to-limit order rests at the price of its first fill."""
        working.order = replace(working.order, lmtPrice=limit)
        self.tell(working)

    def _rate(self, source: str, target: str) -> float:
        return self.market.fx_rate(source, target, self.clock.now())


def _waits(working: WorkingOrder, opens: float) -> str:
    """The warning that an order waits for its exchange to open."""
    instrument = working.instrument
    venue = instrument.primaryExchange or instrument.exchange
    when = datetime.fromtimestamp(opens, ZoneInfo(instrument.zone))
    what = f"{working.order.action} {working.order.totalQuantity} {instrument.localSymbol} {_VENUES.get(venue, venue)}"
    return (
        f"Order Message:\n{what}\nWarning: Your order will not be placed at the exchange until "
        f"{when:%Y-%m-%d %H:%M:%S} {instrument.timeZoneId}."
    )


_VENUES = {"NASDAQ": "NASDAQ.NMS"}
