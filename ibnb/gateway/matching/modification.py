"""What of an order may be changed while it works.

Rule: one table of what must stay as it was, with the error that says so. Prices, quantity, trailing values, conditions
and times may change, and so may the time in force while the order stays one that rests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from .. import messages as m
from .errors import OrderRefused
from .order import PRE_SUBMITTED, WorkingOrder
from .reports import why_held

if TYPE_CHECKING:
    from ..scenario import OrderRules

DIFFERENT = "Order being modified does not match original order."
TOO_LATE = "Cannot modify a filled order."

# Which times in force one may become; IB's own example is DAY to IOC.
_RESTING = ("DAY", "GTC", "GTD")
_BECOMES = dict.fromkeys(_RESTING, (*_RESTING, "IOC")) | {"IOC": ("IOC",), "FOK": ("FOK",), "OPG": ("OPG",)}

_Same = Callable[[m.Order, m.Order], bool]
_RULES: tuple[tuple[_Same, int, str], ...] = (
    (lambda old, new: new.action == old.action, 105, DIFFERENT),
    (lambda old, new: new.account in ("", old.account), 105, DIFFERENT),
    (
        lambda old, new: new.orderType == old.orderType,
        329,
        "Order modify failed. Cannot change to the new order type.",
    ),
    (lambda old, new: new.tif in _BECOMES.get(old.tif, (old.tif,)), 105, DIFFERENT),
    (lambda old, new: new.parentId in (0, old.parentId), 10341, "Parent id cannot be modified."),
    (lambda old, new: new.ocaGroup in ("", old.ocaGroup), 10326, "OCA group revision is not allowed."),
    (
        lambda old, new: not new.ocaGroup or new.ocaType == old.ocaType,
        10327,
        "OCA group type revision is not allowed.",
    ),
)


def check_alive(working: WorkingOrder, rules: OrderRules) -> None:
    """Refuse to change an order that is past changing, or not yet there."""
    if working.final:
        raise OrderRefused(104, TOO_LATE)
    if working.cancelling:
        raise OrderRefused(134, "Modify order failed: the order is being cancelled.")
    if rules.refuse_early_changes and working.status == PRE_SUBMITTED and not why_held(working) and working.timer:
        raise OrderRefused(2102, "Unable to modify this order as it is still being processed.")


def check_same(working: WorkingOrder, new: m.Order) -> None:
    """Refuse what would make it another order, or one that is filled already."""
    if new.totalQuantity <= working.filled and not new.cashQty:
        raise OrderRefused(104, TOO_LATE)
    for same, code, text in _RULES:
        if not same(working.order, new):
            raise OrderRefused(code, text)


def merged(old: m.Order, new: m.Order) -> m.Order:
    """The new order, with what belongs to its life from the old one."""
    return replace(
        new,
        permId=old.permId,
        account=old.account,
        parentId=old.parentId,
        ocaGroup=old.ocaGroup,
        ocaType=old.ocaType,
    )
