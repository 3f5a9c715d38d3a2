"""Orders that depend on one another: a bracket's parent and children, and groups of which one cancels the others.

Rule: these functions only say who is concerned; the book does it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from .order import FILLED, WorkingOrder

# ocaType: 1 cancel the others, 2 reduce them (with block), 3 reduce them.
CANCEL_ALL = 1


def children(parent: WorkingOrder, orders: Iterable[WorkingOrder]) -> list[WorkingOrder]:
    """The orders attached to this one that aren't at their end, by id."""
    return sorted((w for w in orders if w.parent is parent and not w.final), key=lambda w: w.orderId)


def family(working: WorkingOrder, orders: Iterable[WorkingOrder]) -> list[WorkingOrder]:
    """Everything that is transmitted when this order is: its parent and the parent's children, as far as held."""
    root = working.parent or working
    return [w for w in (root, *children(root, orders)) if w.held]


def siblings(working: WorkingOrder, orders: Iterable[WorkingOrder]) -> list[WorkingOrder]:
    """The other open orders of the same account and group."""
    group = working.order.ocaGroup
    if not group:
        return []
    return [
        w for w in orders if w is not working and w.open and w.order.ocaGroup == group and w.account is working.account
    ]


def bracketed(working: WorkingOrder) -> WorkingOrder:
    """Put a child into the group of its siblings, unless it is in a group already: TWS names it by the parent."""
    if working.parent is not None and not working.order.ocaGroup:
        working.order = replace(working.order, ocaGroup=str(working.parent.permId), ocaType=3)
    return working


def allowance(child: WorkingOrder) -> Decimal:
    """How much of an order may trade now: all that remains; of a bracket's child what its parent's fill allows.

    What its siblings have traded counts: they close the same position.
    """
    parent = child.parent
    if parent is None or parent.status == FILLED:
        return child.remaining
    group = child.order.ocaGroup
    same = [w for w in parent.children if w is child or (group and w.order.ocaGroup == group)]
    done = sum((w.filled for w in same), Decimal(0))
    allowed = (parent.filled * child.share).to_integral_value(rounding="ROUND_FLOOR") - done
    return max(min(child.remaining, allowed), Decimal(0))


def reduced(sibling: WorkingOrder, quantity: Decimal, before: Decimal) -> Decimal:
    """What remains of a sibling when `quantity` of the `before` that remained of a member has traded, rounded down."""
    return (sibling.remaining * (before - quantity) / before).to_integral_value(rounding="ROUND_FLOOR")
