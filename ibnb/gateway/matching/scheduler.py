"""What an order waits for, one thing after the other: its time, its market's opening, its way, its conditions, its
trigger, its price.

Rule: an order has at most one timer for what comes next, and the path is asked in stretches. Nobody polls. All types
trade in the same way: an order that arrives takes what the book offers at its price, row by row; what is left of one
with a limit rests there until the market comes to it, and what is left of any other takes what the next second offers.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import nan
from typing import TYPE_CHECKING, Any, Protocol

from ..accounts.expiry import ENDING
from . import adjustable_stops, conditions, oca, trailing
from .combos import quote, seconds
from .first_touch import STRETCH, Session, Touch, first, session, touch
from .liquidity import Liquidity
from .order import SUBMITTED, WorkingOrder
from .order_types import type_of, waits_for_trigger
from .triggers import watched

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterator

    from ..accounts import Accounts
    from ..clock import Clock
    from ..market import Market, Quote
    from ..scenario import Scenario
    from .executions import Fill

BY_SYSTEM = "Cancelled by System"
AT_ONCE = ("IOC", "FOK")
# Orders that outlive the day, and those (of crypto) that live for minutes.
_MINUTES = 300.0
_WOULD_TAKE = "The order is post-only and would take liquidity."
# How long an order waits that has taken all there was.
_PAUSE = 1.0


class Engine(Protocol):
    """What happens to an order when its moment has come."""

    scenario: Scenario
    clock: Clock
    market: Market
    accounts: Accounts
    fills: list[Fill]
    next_fills: deque[Decimal]

    def __iter__(self) -> Iterator[WorkingOrder]: ...
    def tell(self, working: WorkingOrder) -> None: ...
    def move(self, working: WorkingOrder, status: str) -> None: ...
    def fill(
        self, working: WorkingOrder, quantity: Decimal, at: float, venue: str = "", takes: bool = False
    ) -> None: ...
    def price_at(self, working: WorkingOrder, limit: float) -> None: ...
    def end(self, working: WorkingOrder, ending: str, reason: str = "") -> None: ...


class Scheduler:
    """Moves orders through time, and lets the engine do what is due."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._clock = engine.clock
        self._market = engine.market
        self._latency = engine.scenario.latency
        self._liquidity = Liquidity(engine.market)
        self._sight = conditions.Sight(engine.market, engine.accounts, engine.fills)

    def begins(self, working: WorkingOrder) -> float:
        """When the order can first be at work: now, at its goodAfterTime, at its market's opening or its auction."""
        now = self._clock.now()
        if working.order.tif == "OPG":
            cutoff = self._engine.scenario.orders.auction_cutoff
            return float(self._market.calendar.next(working.instrument.schedule, now + cutoff, rth=True)[1])
        wanted = max(now, working.begins)
        return max(wanted, self._session(working, wanted).open)

    def start(self, working: WorkingOrder) -> None:
        """Send an order on its way; it arrives when its market is open and the way is over. Also after a change."""
        working.started = True
        begins = self.begins(working)
        working.expires = self._expiry(working, begins)
        if working.conditions and working.order.conditionsCancelOrder:
            self._guard(working, begins)
        if working.order.tif == "OPG":
            self._next(working, begins, self._auction)
        elif self._opens(working, begins):
            self._next(working, begins, self._open)
        else:
            self._next(working, begins + self._latency.acknowledge, self._arrive, begins)

    def sleep(self, working: WorkingOrder) -> None:
        """Keep an order from the market; its time goes by all the same."""
        working.rest()
        if working.guard is not None:
            working.guard.cancel()
        working.started = False
        working.expires = self._expiry(working, self.begins(working))
        if working.expires:
            self._next(working, working.expires, self.expire)

    def resume(self, working: WorkingOrder) -> None:
        """More of it may trade than before."""
        if not working.started:
            self.start(working)
        elif working.timer is None:
            self._watch(working, self._clock.now() + self._latency.fill)

    def catch_up(self, working: WorkingOrder) -> None:
        """Bring a trailing stop to where the market has moved it by now."""
        if not type_of(working).trails or not working.started or not waits_for_trigger(working) or not working.seen:
            return
        now, hours = self._clock.now(), self._session(working, working.seen)
        since, until = max(working.seen, hours.open), min(now, hours.close)
        if until >= since:
            trailing.follow(working, seconds(self._market, working, since // 1, until // 1 + 1))
        working.seen = now

    def estimate_stop(self, working: WorkingOrder) -> None:
        """Say where a trailing stop would stand now, if the client leaves that to TWS."""
        order = working.order
        if type_of(working).trails and order.trailStopPrice is None:
            shown = quote(self._market, working, self._clock.now(), frozen=True)
            price = watched(order.triggerMethod, working.instrument, working.buys, shown)
            if price is not None:  # a currency pair has no last trade, though an order may look at it
                trailing.settle(working, float(trailing.behind(working, price)))

    def _expiry(self, working: WorkingOrder, begins: float) -> float:
        """When the order ends (0: never): by its time in force, with the first of its contracts, or when a share of it
        splits (IB's page on GTC: such orders are cancelled)."""
        ends = [self._wanted_end(working, begins)]
        for leg in working.legs or (working,):
            contract = leg.instrument
            day = contract.expiry if contract.secType in ENDING else None
            last = self._market.calendar.session(contract.schedule, day, rth=False) if day else None
            ends += [float(last[1])] if last else []
            ends += self._market.paths.actions.splits(contract, self._clock.now())[:1]
        return min((end for end in ends if end), default=0.0)

    def _wanted_end(self, working: WorkingOrder, begins: float) -> float:
        tif = working.order.tif
        if tif == "GTC":
            return 0.0
        if tif == "MINUTES":
            return begins + _MINUTES
        return working.until if tif == "GTD" else self._session(working, begins).close

    # Arriving

    def _arrive(self, working: WorkingOrder, begun: float) -> None:
        now = self._clock.now()
        if working.waits_for_conditions or waits_for_trigger(working):
            self._watch(working, now)
        elif type_of(working).auction:
            self._engine.move(working, SUBMITTED)
            closes = self._market.calendar.latest(working.instrument.schedule, now, rth=True)[2]
            self._next(working, float(closes), self._auction)
        else:
            if type_of(working).limited:
                self._engine.move(working, SUBMITTED)
            self._watch(working, begun + max(self._latency.fill, self._latency.acknowledge))

    def _opens(self, working: WorkingOrder, begins: float) -> bool:
        """Whether an order is at its exchange before that opens, and takes part in the opening."""
        order = working.order
        early = order.allowPreOpen and not order.ignoreOpenAuction and not order.outsideRth
        return early and working.instrument.secType == "STK" and begins > self._clock.now() >= working.begins

    def _open(self, working: WorkingOrder) -> None:
        """The opening's one price, if the order takes it; else it stays for what comes."""
        now = self._clock.now()
        at, row = self._market.last_price(working.instrument, now), type_of(working)
        waits = working.waits_for_conditions or waits_for_trigger(working) or row.auction
        limit = working.order.lmtPrice if row.limited else None
        takes = not waits and (limit is None or (at <= limit if working.buys else at >= limit))
        if takes and oca.allowance(working):
            self._engine.fill(working, oca.allowance(working), at)
        if not working.final:
            self._arrive(working, now)

    def _auction(self, working: WorkingOrder) -> None:
        """The one price of the opening or of the close, for everybody."""
        opening = working.order.tif == "OPG"
        now, instrument = self._clock.now(), working.instrument
        at = self._market.last_price(instrument, now if opening else now - 1)
        limit = working.order.lmtPrice if type_of(working).limited else None
        if limit is None or (at <= limit if working.buys else at >= limit):
            self._engine.fill(working, working.remaining, at)
        else:
            self.expire(working)

    # Watching

    def _watch(self, working: WorkingOrder, start: float, alone: bool = False) -> None:
        """Find out when the market meets the order; look at the next stretch later if it isn't in this one. `alone`:
        there was nobody to trade with."""
        if working.expires and start >= working.expires:
            self._next(working, working.expires, self.expire)
        elif working.waits_for_conditions:
            self._watch_conditions(working, start)
        else:
            self._watch_market(working, start, alone)

    def _watch_market(self, working: WorkingOrder, start: float, alone: bool) -> None:
        hours = self._session(working, start)
        if working.expires and hours.open >= working.expires:
            self._next(working, working.expires, self.expire)
            return
        if not oca.allowance(working):
            working.rest()  # the parent's next fill goes on
            return
        if start < hours.open:
            working.stands = None  # who opens a market meets all that wait for it
        start = max(start, hours.open)
        until = min(hours.close, start + STRETCH, working.expires or hours.close)
        if waits_for_trigger(working):
            self._watch_trigger(working, start, until)
        elif working.stands is not None:
            found = touch(self._market, self._liquidity, working, start, until)
            self._go_on(working, found and found.time, until, self._traded, found)
        elif working.legs or alone:
            self._go_on(working, first(self._market, working, _offered, start, until), until, self._meet)
        else:
            self._next(working, start, self._meet)

    def _watch_trigger(self, working: WorkingOrder, start: float, until: float) -> None:
        row = type_of(working)
        if row.trails:
            self._trail(working, start)
        assert row.trigger is not None
        at = first(self._market, working, row.trigger, start, until)
        if working.order.adjustedOrderType:
            sooner = first(self._market, working, adjustable_stops.favourable, start, until if at is None else at)
            if sooner is not None:
                self._next(working, sooner, self._adjust)
                return
        self._go_on(working, at, until, self._wake)

    def _go_on(self, working: WorkingOrder, at: float | None, until: float, step: Any, *args: Any) -> None:
        """Do the next step when its moment comes, or look at the next stretch."""
        if at is None:
            self._next(working, until, self._watch, until)
        else:
            self._next(working, at, step, *args)

    def _trail(self, working: WorkingOrder, start: float) -> None:
        """Begin to trail, or go on."""
        if working.seen:
            self.catch_up(working)
            return
        working.trail = None
        if working.order.trailStopPrice is not None:
            trailing.settle(working, working.order.trailStopPrice)
        working.seen = max(start, self._clock.now())
        trailing.follow(working, seconds(self._market, working, working.seen // 1, working.seen // 1 + 1))

    def _adjust(self, working: WorkingOrder) -> None:
        working.order = adjustable_stops.adjusted(working.order)
        self._engine.tell(working)
        self._watch(working, self._clock.now())

    def _wake(self, working: WorkingOrder) -> None:
        self.catch_up(working)
        working.triggered = True
        self._engine.move(working, SUBMITTED)
        self._watch(working, self._clock.now() + self._latency.fill)

    # Trading

    def _meet(self, working: WorkingOrder) -> None:
        """The order is there: it takes what the book offers at its price, and rests with what is left."""
        now, row = self._clock.now(), type_of(working)
        if self._market.halt(working.instrument, now):
            self._watch(working, now)
            return
        limit = None if row.limit is None else float(row.limit(working, _columns(quote(self._market, working, now))))
        staged = bool(self._engine.next_fills)
        rows = self._liquidity.offers(working, now, limit, self._allowed(working))
        if working.order.tif == "FOK" and sum(each.size for each in rows) < working.remaining:
            self.expire(working)
            return
        if rows and working.order.postOnly:
            self._engine.end(working, BY_SYSTEM, _WOULD_TAKE)
            return
        if rows and staged:
            self._engine.next_fills.popleft()
        for each in rows:
            size = min(each.size, oca.allowance(working))
            if size:
                self._liquidity.take(working, each, size)
                self._engine.fill(working, size, each.price, each.venue, takes=True)
        if working.final:
            return
        if working.order.tif in AT_ONCE:
            self.expire(working)
            return
        if rows and working.order.orderType == "MTL" and working.order.lmtPrice is None:
            limit = rows[0].price
            self._engine.price_at(working, limit)
        if limit is None or (rows and staged) or not (rows or row.limited):
            self._watch(working, now + _PAUSE, alone=not rows)
        else:
            working.stands, working.queue = limit, self._liquidity.ahead(working, limit, now)
            self._later(working, now, self._watch, now)

    def _traded(self, working: WorkingOrder, found: Touch) -> None:
        """The market has come to where the order rests."""
        if found.price is None:
            working.stands = None
            self._meet(working)
            return
        now, allowed = self._clock.now(), self._allowed(working)
        offers = self._liquidity.offers(working, now, found.price, allowed)
        offered = Decimal(str(found.size)) + sum(row.size for row in offers)
        working.queue = 0.0
        pause = 0.0
        if allowed:
            if self._engine.next_fills:
                self._engine.next_fills.popleft()
                pause = _PAUSE
            self._engine.fill(working, min(allowed, max(offered, working.instrument.grain)), found.price)
        if not working.final:
            self._later(working, now + pause, self._watch, now + pause)

    def _allowed(self, working: WorkingOrder) -> Decimal:
        """How much of the order may trade at once: a staged fault may cut it short."""
        return min([oca.allowance(working), *list(self._engine.next_fills)[:1]])

    def _later(self, working: WorkingOrder, when: float, step: Any, *args: Any) -> None:
        """Go on, unless a parent's next fill has to come first."""
        if oca.allowance(working):
            self._next(working, when, step, *args)
        else:
            working.rest()

    # Conditions

    def _watch_conditions(self, working: WorkingOrder, start: float) -> None:
        at, looked = conditions.first(working, self._sight, max(start, self._clock.now()))
        until = min(looked, working.expires or looked)
        if at is not None and at <= until:
            self._next(working, at, self._fulfil)
        else:
            self._next(working, until, self._watch, until)

    def _fulfil(self, working: WorkingOrder) -> None:
        working.fulfilled = True
        self._arrive(working, self._clock.now())

    def _guard(self, working: WorkingOrder, start: float) -> None:
        """Look out for the condition that cancels the order."""
        if working.guard is not None:
            working.guard.cancel()
        at, looked = conditions.first(working, self._sight, max(start, self._clock.now()))
        if at is not None:
            working.guard = self._clock.call_at(at, self.expire, working)
        else:
            working.guard = self._clock.call_at(looked, self._guard, working, looked)

    def trade_happened(self) -> None:
        """Somebody has traded: look again at conditions that ask for it."""
        for working in self._engine:
            if not working.started or working.final or not conditions.depends_on_trades(working):
                continue
            if working.waits_for_conditions:
                self._watch(working, self._clock.now())
            elif working.order.conditionsCancelOrder:
                self._guard(working, self._clock.now())

    # Time

    def expire(self, working: WorkingOrder) -> None:
        """The order's time is over."""
        self._engine.end(working, BY_SYSTEM)

    def _next(self, working: WorkingOrder, when: float, step: Any, *args: Any) -> None:
        working.rest()
        working.timer = self._clock.call_at(when, step, working, *args)

    def _session(self, working: WorkingOrder, t: float) -> Session:
        return session(self._market, working.instrument, working.order.outsideRth, t)


def _offered(working: WorkingOrder, quotes: Any) -> Any:
    """Whether there is somebody to trade with."""
    far = quotes.ask if working.buys else quotes.bid
    return far == far


def _columns(shown: Quote) -> Quote:
    """A quote as limits count with it: a price that there isn't is NaN, as in columns of seconds."""
    return replace(shown, bid=nan if shown.bid is None else shown.bid, ask=nan if shown.ask is None else shown.ask)
