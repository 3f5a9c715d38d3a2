"""Whether an account can bear an order, and what the order would do to it.

Rule: an order is judged as if all that remains of it traded at once, at the quote or at its own price if that is
worse (so that hoping for a better one isn't counted as a profit). What lowers the requirement is always taken.

Differs from TWS: other working orders aren't counted in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import messages as m
from .commissions import Commission, commission

if TYPE_CHECKING:
    from ..accounts import Accounts, Impact
    from ..market import Market
    from .order import Working


def estimate(working: Working, market: Market, now: float) -> float:
    """The price at which an order is judged."""
    quote = market.quote(working.instrument, now, frozen=True)
    side = quote.ask if working.buys else quote.bid
    assert side is not None
    # The limit of a stop limit, else the one price that the order states.
    stated = getattr(working.order, working.type.prices[0]) if working.type.prices else side
    return float(max(side, stated) if working.buys else min(side, stated))


def impact(working: Working, accounts: Accounts, market: Market, now: float) -> tuple[Impact, Commission]:
    """The account before and after, and what the trade would cost."""
    price = estimate(working, market, now)
    cost = commission(working.instrument, working.remaining, price, lambda a, b: market.fx_rate(a, b, now))
    quantity = working.signed(working.remaining)
    return accounts.preview(working.account, working.instrument, quantity, price, *cost), cost


def shortfall(impact: Impact) -> str:
    """Why the account can't bear it, in IB's words, or nothing."""
    before, after = impact.before.total, impact.after.total
    if after.initMargin <= before.initMargin or after.availableFunds >= 0:
        return ""
    currency = impact.after.account.currency
    return (
        "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE "
        f"[{after.netLiquidation:.2f} {currency}] MUST EXCEED THE INITIAL MARGIN [{after.initMargin:.2f} {currency}]"
    )


def state(impact: Impact, cost: Commission) -> m.OrderState:
    """The answer to a what-if."""
    before, after = impact.before.total, impact.after.total
    return m.OrderState(
        status="PreSubmitted",
        initMarginBefore=before.initMargin,
        maintMarginBefore=before.maintMargin,
        equityWithLoanBefore=before.netLiquidation,
        initMarginChange=after.initMargin - before.initMargin,
        maintMarginChange=after.maintMargin - before.maintMargin,
        equityWithLoanChange=after.netLiquidation - before.netLiquidation,
        initMarginAfter=after.initMargin,
        maintMarginAfter=after.maintMargin,
        equityWithLoanAfter=after.netLiquidation,
        commission=cost.amount,
        commissionCurrency=cost.currency,
        marginCurrency=impact.after.account.currency,
        warningText=shortfall(impact),
    )
