"""What a contract's own rules say about an order: the types it takes, and its price grid. Pure, nothing is sent.

Sources: ContractDetails.orderTypes lists what an instrument takes by tokens of IB's own, minTick is its finest price
step, and a market rule (reqMarketRule) has the step from each price level on. TWS answers a breach with 110 or 387.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from ibnb.ib.api import is_unset
from ibnb.ib.order_types import ORDER_TYPES

_PRICES = ("lmtPrice", "auxPrice", "trailStopPrice")
# (price level, step that holds from there on), from a market rule.
Steps = Sequence[tuple[float, float]]


def check_rules(order: Any, details: Any, steps: Steps | None = None) -> None:
    """ValueError unless an instrument takes this type of order, at prices on its grid.

    `details` is a ContractDetails, a row of getContractDetails, or its frame of one row; `steps` those of its market
    rule, without which minTick is the step at any price.
    """
    if getattr(details, "ndim", 1) == 2:  # a frame
        if len(details) != 1:
            raise ValueError(f"details has {len(details)} rows: give the one of the contract, such as details.iloc[0].")
        details = details.iloc[0]
    if not hasattr(details, "orderTypes"):
        raise ValueError(f"details must be what getContractDetails returns, not {details!r}.")
    symbol = details.contract.symbol if hasattr(details, "contract") else details.symbol
    taken = str(details.orderTypes).split(",")
    row = ORDER_TYPES.get(order.orderType)
    if row is not None and row.token and taken != [""] and row.token not in taken:
        legal = ", ".join(kind for kind, each in ORDER_TYPES.items() if each.token and each.token in taken)
        raise ValueError(
            f"{symbol} takes no {order.orderType} orders. Of the types that can be checked it takes {legal}."
        )
    for field in _PRICES:
        price = getattr(order, field, None)
        if price is None or is_unset(price) or not price:
            continue
        step = _step_at(abs(price), steps or [(0.0, float(details.minTick))])
        below, above = _neighbours(price, step)
        if below != above:
            raise ValueError(
                f"{field} {price:.12g} isn't on the price grid of {symbol}, whose step is {step:g} there: "
                f"{below:.12g} and {above:.12g} are (roundToTick(price, {step:g}) rounds)."
            )


def _step_at(price: float, steps: Steps) -> float:
    first, *others = sorted(steps)
    return [first[1], *(step for low, step in others if low <= price)][-1]


def _neighbours(price: float, step: float) -> tuple[float, float]:
    """The nearest prices of the grid on both sides; the price itself, twice, if it is on the grid."""
    if step <= 0:
        return price, price
    size = Decimal(repr(float(step)))
    many = Decimal(repr(float(price))) / size
    return float(many.to_integral_value(ROUND_FLOOR) * size), float(many.to_integral_value(ROUND_CEILING) * size)
