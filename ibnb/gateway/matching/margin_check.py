"""Whether an account can bear an order, and what the order would do to it.

Rule: an order is judged as if all that remains of it traded at once, at the quote or at its own price if that is
worse (so that hoping for a better one isn't counted as a profit). What lowers the requirement is always taken. First
the order is judged alone, then together with what else the account has in the market.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from .. import messages as m
from ..accounts import Trade
from .combos import far_side, parts
from .commissions import Commission, commission, tiered
from .order import WorkingOrder
from .order_types import stated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..accounts import Accounts, Impact
    from ..clock import Clock
    from ..market import Market
    from ..scenario import Scenario


class Desk(Protocol):
    """Where orders are judged."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def market(self) -> Market: ...
    @property
    def accounts(self) -> Accounts: ...
    def __iter__(self) -> Iterator[WorkingOrder]: ...


def estimate(working: WorkingOrder, market: Market, now: float) -> float:
    """The price at which an order is judged: nothing for what nobody bids for."""
    side = far_side(market, working, now)
    own = stated(working)
    if own is None:
        return side
    return float(max(side, own) if working.buys else min(side, own))


def trades(working: WorkingOrder, market: Market, now: float, takes: bool = True) -> list[Trade]:
    """What the rest of an order would trade, contract by contract."""
    found = []
    pricing = working.account.pricing
    for part in parts(market, working, estimate(working, market, now), now):
        quantity = working.remaining * part.signed
        rate = partial(market.fx_rate, t=now)
        cost = commission(part.instrument, abs(quantity), part.price, rate, pricing=pricing, takes=takes)
        found.append(Trade(part.instrument, quantity, part.price, *cost))
    return found


def impact(
    working: WorkingOrder, accounts: Accounts, market: Market, now: float, others: Iterable[WorkingOrder] = ()
) -> tuple[Impact, Commission]:
    """The account before and after, and what the trade would cost (in the currency of the first contract's)."""
    own = trades(working, market, now)
    more = [trade for other in others for trade in trades(other, market, now)]
    currency = own[0].commissionCurrency
    cost = sum(trade.commission * market.fx_rate(trade.commissionCurrency, currency, now) for trade in own)
    return accounts.preview(working.account, [*more, *own]), Commission(cost, currency)


def commissions_between(working: WorkingOrder, market: Market, now: float) -> tuple[float, float] | None:
    """What an order costs at least and at most, where tiered pricing lets nobody know (ib_insync#380)."""
    if any(tiered(leg.instrument, working.account.pricing) is None for leg in working.legs or (working,)):
        return None
    sums = [sum(trade.commission for trade in trades(working, market, now, takes)) for takes in (False, True)]
    return round(min(sums), 6), round(max(sums), 6)


def refusal(working: WorkingOrder, desk: Desk) -> str:
    """Why an account can't bear an order, or nothing."""
    accounts, market, now = desk.accounts, desk.market, desk.clock.now()
    alone = impact(working, accounts, market, now)[0]
    reason = shortfall(alone)
    if reason or not desk.scenario.orders.count_pending or not _asks(alone):
        return reason
    others = [w for w in _pending(working, desk) if w.permId != working.permId]
    if not others:
        return ""
    together = impact(working, accounts, market, now, others)[0]
    without = accounts.preview(working.account, [t for w in others for t in trades(w, market, now)])
    if together.after.total.availableFunds >= 0 or not _asks(together):
        return ""
    if together.after.total.availableFunds >= without.after.total.availableFunds:
        return ""
    cash = alone.before.total.availableFunds
    needed = cash - together.after.total.availableFunds
    return f"CASH AVAILABLE: {cash:.2f}; CASH NEEDED FOR THIS ORDER AND OTHER PENDING ORDERS: {needed:.2f}"


def _pending(working: WorkingOrder, desk: Desk) -> list[WorkingOrder]:
    """The account's other orders in the market: of each group one, as only one of them trades."""
    found: dict[object, WorkingOrder] = {}
    for other in desk:
        if other.cancelling or other.dormant:
            continue
        if other.open and other.parent is None and other.account is working.account:
            group = other.order.ocaGroup
            if not group or group != working.order.ocaGroup:
                found.setdefault(group or other.permId, other)
    return list(found.values())


def _asks(impact: Impact) -> bool:
    """Whether a trade takes of the account's available funds: what closes a position gives more back than it costs."""
    return impact.after.total.availableFunds < impact.before.total.availableFunds


def shortfall(impact: Impact) -> str:
    """Why the account can't bear it, in IB's words, or nothing."""
    after = impact.after.total
    if not _asks(impact) or after.availableFunds >= 0:
        return ""
    currency = impact.after.account.currency
    return (
        "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE "
        f"[{after.collateral:.2f} {currency}] MUST EXCEED THE INITIAL MARGIN [{after.initMargin:.2f} {currency}]"
    )


def state(impact: Impact, cost: Commission, between: tuple[float, float] | None = None) -> m.OrderState:
    """The answer to a what-if. `between`: the least and the most that it costs, where nobody knows what."""
    before, after = impact.before.total, impact.after.total
    margins = {
        "initMargin": (before.initMargin, after.initMargin),
        "maintMargin": (before.maintMargin, after.maintMargin),
        "equityWithLoan": (before.equityWithLoan, after.equityWithLoan),
    }
    values: dict[str, Any] = {f"{name}Before": was for name, (was, _) in margins.items()}
    values |= {f"{name}Change": will - was for name, (was, will) in margins.items()}
    values |= {f"{name}After": will for name, (_, will) in margins.items()}
    return m.OrderState(
        status="PreSubmitted",
        **{name: round(value, 2) for name, value in values.items()},
        commission=None if between else round(cost.amount, 8),
        minCommission=between[0] if between else None,
        maxCommission=between[1] if between else None,
        commissionCurrency=cost.currency,
        marginCurrency=impact.after.account.currency,
        warningText=shortfall(impact),
    )
