"""What happens to accepted orders as time goes by: they arrive, wake, trade, expire, are cancelled, and are told of.

Rule: an order has at most one timer for what comes next. Each change of status is told as TWS tells it, an openOrder
and an orderStatus; a fill as execDetails, that pair, commissionReport. Whoever isn't connected is told nothing now and
finds it all when it asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from .. import messages as m
from . import groups
from .commissions import Commission, commission
from .crossing import STRETCH, Session, first, session
from .executions import SIDES, Fill, exec_id
from .margin_check import impact, shortfall
from .order import (
    API_CANCELLED,
    CANCELLED,
    FILLED,
    INACTIVE,
    PENDING_CANCEL,
    PRE_SUBMITTED,
    SUBMITTED,
    Working,
)
from .order_types import price

if TYPE_CHECKING:
    from ..accounts import Accounts
    from ..clock import Clock
    from ..market import Market
    from ..scenario import Scenario

BY_TRADER = "Cancelled by Trader"
BY_SYSTEM = "Cancelled by System"
AT_ONCE = ("IOC", "FOK")


class Recipient(Protocol):
    """A connected client, as far as orders are concerned."""

    @property
    def clientId(self) -> int: ...
    def send(self, message: Any) -> None: ...
    def error(self, id: int, code: int, text: str) -> None: ...


class Floor:
    """The orders at work. `clients`: who is connected, by client id."""

    clients: Mapping[int, Recipient]

    def __init__(self, scenario: Scenario, clock: Clock, market: Market, accounts: Accounts) -> None:
        self.scenario = scenario
        self.clock = clock
        self.market = market
        self.accounts = accounts
        self.working: dict[int, Working] = {}
        self.done: list[Working] = []
        self.fills: list[Fill] = []

    def __iter__(self) -> Iterator[Working]:
        """Orders that aren't at their end, untransmitted ones included, as they came."""
        return iter(list(self.working.values()))

    # Telling

    def say(self, working: Working, *messages: Any) -> None:
        """Send to the client whose order it is, if it is there."""
        client = self.clients.get(working.clientId)
        if client is not None:
            for message in messages:
                client.send(message)

    def error(self, working: Working, code: int, text: str) -> None:
        client = self.clients.get(working.clientId)
        if client is not None:
            client.error(working.orderId, code, text)

    def tell(self, working: Working) -> None:
        self.say(working, working.open_order(), working.order_status())

    # Beginning

    def accept(self, working: Working) -> None:
        """Take a transmitted order in, unless its account can't bear it."""
        if working.parent is None:
            reason = shortfall(impact(working, self.accounts, self.market, self.clock.now())[0])
            if reason:
                self.reject(working, reason)
                return
        elif working.parent.final and working.parent.status != FILLED:
            self.end(working, BY_SYSTEM)
            return
        groups.bracketed(working)
        working.status = PRE_SUBMITTED
        self.tell(working)
        if working.waits_for_parent:
            return
        opens = self._session(working, self.clock.now()).open
        if opens > self.clock.now():
            self.error(working, 399, _waits(working, opens))
        self.start(working)

    def start(self, working: Working) -> None:
        """Send an order on its way; it arrives when its market is open and the way is over."""
        now = self.clock.now()
        hours = self._session(working, now)
        working.expires = 0.0 if working.order.tif == "GTC" else hours.close
        begins = max(now, hours.open)
        self._next(working, begins + self.scenario.latency.acknowledge, self._arrive, begins)

    def _arrive(self, working: Working, begun: float) -> None:
        latency = self.scenario.latency
        if working.waits_for_trigger:
            self._watch(working, self.clock.now())
            return
        if working.type.limited:
            self._move(working, SUBMITTED)
        self._watch(working, begun + max(latency.fill, latency.acknowledge))

    # Waiting for the market

    def _watch(self, working: Working, start: float) -> None:
        """Find out when the market meets the order; look at the next stretch later if it isn't in this one."""
        hours = self._session(working, start)
        if working.expires and hours.open >= working.expires:
            self._next(working, working.expires, self.expire)
            return
        start = max(start, hours.open)
        until = min(hours.close, start + STRETCH)
        asleep = working.waits_for_trigger
        reached = working.type.trigger if asleep and working.type.trigger else working.type.marketable
        at = first(self.market, working, reached, start, until)
        if at is not None:
            working.takes = at == start
            self._next(working, at, self._wake if asleep else self._trade)
        elif working.order.tif in AT_ONCE and not asleep:
            self._next(working, start, self.expire)
        else:
            self._next(working, until, self._watch, until)

    def _wake(self, working: Working) -> None:
        working.triggered = True
        self._move(working, SUBMITTED)
        self._watch(working, self.clock.now() + self.scenario.latency.fill)

    def _trade(self, working: Working) -> None:
        quote = self.market.quote(working.instrument, self.clock.now())
        self.fill(working, working.remaining, price(working, quote))

    def expire(self, working: Working) -> None:
        """The order's time is over."""
        self.end(working, BY_SYSTEM)

    # Trading

    def fill(self, working: Working, quantity: Decimal, at: float) -> None:
        """Trade so much of an order at this price, and everything that follows from it."""
        now, before = self.clock.now(), working.remaining
        rate = self._rate
        cost = commission(working.instrument, quantity, at, rate, (working.filled, working.avgFillPrice))
        signed = working.signed(quantity)
        realized = self.accounts.trade(working.account, working.instrument, signed, at, *cost)
        if realized is not None:
            realized *= rate(working.instrument.currency, cost.currency)
        working.fill(quantity, at)
        told = self._record(working, quantity, at, now, cost, realized)
        if not working.remaining:
            self._close(working, FILLED, f"Filled Size: {working.filled}")
        elif not working.cancelling:
            working.status = SUBMITTED
        self.say(working, told.details, working.open_order(), working.order_status(), told.commission)
        self._after_fill(working, quantity, before)
        self.accounts.announce(working.account, working.instrument)

    def _record(
        self, working: Working, quantity: Decimal, at: float, now: float, cost: Commission, realized: float | None
    ) -> Fill:
        execId = exec_id(self.scenario.seed, self.scenario.start, len(self.fills) + 1)
        instrument = working.instrument
        execution = m.Execution(
            execId=execId,
            orderId=working.orderId,
            time=now,
            acctNumber=working.account.code,
            exchange=instrument.exchange if instrument.exchange != "SMART" else instrument.primaryExchange or "SMART",
            side=SIDES[working.order.action],
            shares=quantity,
            price=at,
            permId=working.permId,
            clientId=working.clientId,
            cumQty=working.filled,
            avgPrice=working.avgFillPrice,
            orderRef=working.order.orderRef,
            lastLiquidity=2 if working.takes or not working.type.limited else 1,
        )
        fill = Fill(
            m.ExecDetails(reqId=-1, contract=working.contract, execution=execution),
            m.CommissionReport(execId=execId, commission=cost.amount, currency=cost.currency, realizedPNL=realized),
        )
        self.fills.append(fill)
        return fill

    def _after_fill(self, working: Working, quantity: Decimal, before: Decimal) -> None:
        for sibling in groups.siblings(working, self):
            rest = groups.reduced(sibling, quantity, before)
            if working.order.ocaType == groups.CANCEL_ALL or not rest:
                self.end(sibling, BY_SYSTEM)
            else:
                sibling.order = replace(sibling.order, totalQuantity=sibling.filled + rest)
                self.tell(sibling)
        if working.status == FILLED:
            for child in groups.children(working, self):
                if not child.held:
                    self.tell(child)
                    self.start(child)

    # Ending

    def reject(self, working: Working, reason: str) -> None:
        """201, and the order is inactive, for good."""
        self.error(working, 201, f"Order rejected - reason:{reason}")
        self._close(working, INACTIVE, f"Rejected by System:{reason}")
        self.tell(working)
        self._after_end(working)

    def ask_to_cancel(self, working: Working) -> None:
        """The owner wants it cancelled: pending at first, still able to trade, then confirmed."""
        if working.held:
            self.end(working, BY_TRADER)
            return
        working.cancelling = True
        working.status = PENDING_CANCEL
        self.say(working, working.order_status())
        self.clock.call_later(self.scenario.latency.cancel, self._cancel, working)

    def _cancel(self, working: Working) -> None:
        if not working.final:
            self.end(working, BY_TRADER)
        else:
            text = (
                f"OrderId {working.orderId} that needs to be cancelled can not be cancelled, state: {working.status}."
            )
            self.error(working, 10148, text)

    def end(self, working: Working, ending: str) -> None:
        """Cancel an order and what depends on it, and confirm it."""
        if working.final:
            return
        if working.held:
            self._close(working, API_CANCELLED, ending)
            self.say(working, working.order_status())
        else:
            self._close(working, CANCELLED, ending)
            self.tell(working)
        self.error(working, 202, "Order Canceled - reason:")
        self._after_end(working)

    def _after_end(self, working: Working) -> None:
        for other in (*groups.siblings(working, self), *groups.children(working, self)):
            self.end(other, BY_SYSTEM)

    def _close(self, working: Working, status: str, ending: str) -> None:
        working.rest()
        working.status, working.ending, working.ended = status, ending, self.clock.now()
        self.working.pop(working.permId, None)
        self.done.append(working)

    # Time

    def _move(self, working: Working, status: str) -> None:
        """A new status, told; an order that is being cancelled keeps its own."""
        if not working.cancelling:
            working.status = status
            self.tell(working)

    def _next(self, working: Working, when: float, step: Any, *args: Any) -> None:
        working.rest()
        working.timer = self.clock.call_at(when, step, working, *args)

    def _session(self, working: Working, t: float) -> Session:
        return session(self.market, working.instrument, working.order.outsideRth, t)

    def _rate(self, source: str, target: str) -> float:
        return self.market.fx_rate(source, target, self.clock.now())


def _waits(working: Working, opens: float) -> str:
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
