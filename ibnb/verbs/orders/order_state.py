"""One order as TWS tells it, from every message that says something about it, in whatever order they come.

Rules: how an order stands is said by openOrder and orderStatus; what is filled by orderStatus and execDetails, of which
the one that knows more counts. An error text is kept beside the order; it ends one that TWS hasn't shown, or one that
it says is dead, and an unknown code ends nothing (`refusals`). A change is confirmed when openOrder shows it, and
refused by any refusal before that; a cancel likewise by the order's end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan, nan
from typing import Any, NamedTuple

from ibnb.ib.api import NO_VALID_ID, is_unset, to_float
from ibnb.ib.order_types import named
from ibnb.verbs.orders.fills import Fill, Newest, average, reaches, shares
from ibnb.verbs.orders.refusals import ABOUT_CANCEL, CANCELLED, about_change, about_order, gives_reason

#: Statuses after which nothing more is expected. A late fill is still recorded.
DONE = frozenset({"Filled", "Cancelled", "ApiCancelled", "Inactive"})
#: Not a status of TWS's, which calls it Inactive: its owner keeps the order from the market (`deactivate`) until a
#: change lets it go there.
DEACTIVATED = "Deactivated"
#: Statuses of an order that can still be cancelled or modified.
WORKING = frozenset({"ApiPending", "PendingSubmit", DEACTIVATED, "PreSubmitted", "Submitted", "PendingCancel"})
#: Not a status of TWS's: the order was sent, the connection was lost, and TWS knows nothing of it now; or all that is
#: known of an order is an execution.
UNCERTAIN = "Uncertain"
#: The order of life, for plots and for sorting.
STATUSES = (
    "PendingSubmit",
    DEACTIVATED,
    "PreSubmitted",
    "Submitted",
    "PendingCancel",
    "Inactive",
    "ApiCancelled",
    "Cancelled",
    "Filled",
)
# What can be compared when TWS shows an order after a change; other fields it may write in its own way, but not as they
# were before. What isn't here isn't in every TWS's openOrder.
_COMPARED = ("totalQuantity", "lmtPrice", "auxPrice", "trailStopPrice", "trailingPercent", "lmtPriceOffset", "tif")
_CHANGES = (
    *(
        "orderType",
        "action",
        "account",
        "ocaGroup",
        "orderRef",
        "goodTillDate",
        "goodAfterTime",
        "outsideRth",
        "hidden",
    ),
    *("allOrNone", "minQty", "displaySize", "discretionaryAmt", "percentOffset", "triggerMethod", "cashQty"),
)


class Said(NamedTuple):
    """A message of TWS's about an order."""

    code: int
    text: str


#: TWS has done what it was asked: under a code that no message about an order has.
CONFIRMED = Said(NO_VALID_ID, "confirmed")


class Standing(NamedTuple):
    """What orderStatus says, with plain numbers."""

    status: str
    filled: float
    remaining: float
    avgFillPrice: float
    permId: int
    parentId: int
    clientId: int
    whyHeld: str


@dataclass(eq=False, slots=True)
class Asked:
    """A change or a cancel on its way: what a change changes these fields to, None for a cancel."""

    fields: dict[str, float | str | None] | None
    #: What it changes other fields from.
    before: dict[str, Any] = field(default_factory=dict)
    #: The whole order as a change makes it.
    order: Any = None
    #: CONFIRMED, the refusal, or None while it is open.
    answer: Said | None = None
    #: A message with an unknown code came: it may be the answer.
    doubt: Said | None = None

    def shown_by(self, order: Any) -> bool:
        """Does TWS's order look like this change?"""
        return (
            self.fields is not None
            and all(_compared(order, name) == new for name, new in self.fields.items())
            and all(_said(order, name) != old for name, old in self.before.items())
        )


@dataclass(slots=True)
class OrderState:
    """All that has been heard of one order. `orderId` is 0 for orders of others and those entered by hand."""

    contract: Any
    order: Any
    orderId: int
    clientId: int
    status: str = "PendingSubmit"
    permId: int = 0
    whyHeld: str = ""
    parentId: int = field(init=False)
    #: The whole quantity, and what orderStatus said of it.
    total: float = nan
    told: float = 0.0
    told_remaining: float = nan
    told_price: float = nan
    fills: Newest[Fill] = field(default_factory=Newest)
    #: TWS has shown the order, or a fill of it, at least once; the status in its last openOrder.
    taken: bool = False
    shown: str | None = None
    rejected: Said | None = None
    doubt: Said | None = None
    #: The end was told by an error alone: what TWS shows later is truer.
    ended_by_error: bool = False
    asked: list[Asked] = field(default_factory=list)
    log: list[tuple[Any, ...]] = field(default_factory=list)
    messages: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parentId = self.order.parentId
        self._resize(number(self.order, "totalQuantity"))

    def change(self, order: Any) -> Asked:
        """A change leaves; what TWS confirms replaces the order, and a refused change leaves the old one in force."""
        wanted = {name: _compared(order, name) for name in _COMPARED}
        # Told from the order as TWS shows it, or as the last change that is on its way makes it.
        *_, base = self.order, *(each.order for each in self.asked if each.answer is None and each.fields is not None)
        before = {name: _compared(base, name) for name in _COMPARED}
        other = {name: old for name in _CHANGES if _said(order, name) not in (None, old := _said(base, name))}
        self.asked.append(
            Asked({name: new for name, new in wanted.items() if new not in (None, before[name])}, other, order)
        )
        return self.asked[-1]

    def cancel(self) -> Asked:
        """A cancel leaves."""
        self.asked.append(Asked(None))
        return self.asked[-1]

    # --- what TWS says ----------------------------------------------------------------------------

    def opened(self, contract: Any, order: Any, status: str) -> bool:
        """openOrder: is it news?"""
        self.contract, self.order = contract, order
        status = self.meant(status)
        self.clientId, self.parentId = order.clientId, order.parentId or self.parentId
        news, self.taken, self.shown = status != self.shown, True, status
        for each in self.asked:
            if each.answer is None and each.shown_by(order):
                each.answer, news = CONFIRMED, True
        self._resize(number(order, "totalQuantity"))
        # Late words about an order that has ended don't bring it to life; orderStatus may.
        over = self.status in DONE - {"Inactive"} and not self.ended_by_error
        if status and status != self.status and (not over or status == "Filled"):
            self._stands(status)
        if status == "Filled" and self.told < self.total:
            self.told, self.told_remaining, self.told_price = self.total, 0.0, nan
        self._settle()
        return news

    def stands(self, said: Standing) -> bool:
        """orderStatus: is it news? The same words again are not."""
        before = (self.status, *self.progress()[:2], self.whyHeld)
        said = said._replace(status=self.meant(said.status))
        # As protobuf a TWS may leave out what is 0.
        left = 0.0 if said.status == "Filled" else max(self.total - said.filled, 0.0)
        remaining = left if isnan(said.remaining) else said.remaining
        self.told, self.told_remaining = said.filled, remaining
        self.told_price = said.avgFillPrice if said.filled else nan
        if (said.status not in DONE or isnan(self.total)) and not self._by_cash():
            self.total = said.filled + remaining or self.total
        self.whyHeld, self.parentId = said.whyHeld, said.parentId or self.parentId
        self.clientId, self.taken = said.clientId, True
        self._stands(said.status)
        self._settle()
        return before != (self.status, *self.progress()[:2], self.whyHeld)

    def meant(self, status: str) -> str:
        """What TWS calls inactive was refused, or is kept from the market by its owner."""
        kept = status == "Inactive" and self.rejected is None and getattr(self.order, "deactivate", False)
        return DEACTIVATED if kept else status

    def executed(self, fill: Fill) -> bool:
        """execDetails: is it news? The same fill may be told again."""
        before = self.fills.of(fill.execId)
        again = before is not None and before.execId == fill.execId
        news, self.taken = not again and self.fills.take(fill.execId, fill), True
        if news and before is not None:
            self._correct(before, fill)
        self._settle()
        return news

    def said(self, said: Said) -> None:
        """A message with the order's id."""
        waiting = [each for each in self.asked if each.answer is None]
        if said.code in ABOUT_CANCEL:
            waiting.sort(key=lambda each: each.fields is not None)
        self.messages.append(said)
        if said.code == CANCELLED:
            self._ended("Cancelled")
            if gives_reason(said.text) and not waiting and not self.progress()[0]:
                self.rejected = self.rejected or said
            for each in waiting:
                each.answer = each.answer or said
        elif waiting and self.taken:
            weight = about_change(*said)
            if weight == "refusal":
                waiting[0].answer = said
            elif weight == "unknown":
                waiting[0].doubt = said
        elif self.status != "Filled":
            weight = about_order(*said, self.taken)
            if weight == "refusal" and self.rejected is None:
                self.rejected = said
                self._ended("Inactive")
            elif weight == "unknown":
                self.doubt = said

    def completed(self, order: Any, status: str) -> bool:
        """completedOrder: is it news?"""
        before = (self.status, self.progress()[0])
        filled = number(order, "filledQuantity")
        if filled > self.told:
            self.told, self.told_remaining, self.told_price = filled, max(0.0, self.total - filled), nan
        if status in DONE and self.status != "Filled":
            self._stands(status)
        self._settle()
        return before != (self.status, self.progress()[0])

    def note(self, time: float, what: str, text: str = "") -> None:
        """Write down how it stands now, and why."""
        self.log.append((time, what, self.status, *self.progress(), text))

    # --- what follows -----------------------------------------------------------------------------

    def progress(self) -> tuple[float, float, float]:
        """(filled, remaining, avgFillPrice) from whoever knows more: orderStatus, or the executions."""
        fills = self._counted()
        executed = shares(fills)
        if executed > self.told:
            # NaN where the whole isn't known.
            return executed, 0.0 if self.status == "Filled" else max(self.total - executed, 0.0), average(fills)
        price = self.told_price
        if isnan(price) and self.told and executed == self.told:
            price = average(fills)
        return self.told, self.told_remaining, price

    def _counted(self) -> list[Fill]:
        """The executions that fill the order: a combination's own rows, or all of any other order."""
        fills = self.fills.all()
        combo = self.contract.secType == "BAG" or any(fill.combo for fill in fills)
        return [fill for fill in fills if fill.combo == combo]

    def _by_cash(self) -> bool:
        """An order for a sum of money: how many units that is only TWS knows, when it says Filled (LEAN-IB#260)."""
        return number(self.order, "cashQty") > 0 and not number(self.order, "totalQuantity") > 0

    def _resize(self, total: float) -> None:
        """TWS shows another quantity than the one that was known. An order by cashQty has none."""
        if total and not isnan(total) and total != self.total:
            self.total, self.told_remaining = total, max(0.0, total - self.told)

    def _stands(self, status: str) -> None:
        self.status, self.ended_by_error = status, False
        if status in WORKING:
            self.rejected = self.doubt = None

    def _ended(self, status: str) -> None:
        """An error says that the order is over, and it may be all that TWS says."""
        if self.status not in DONE:
            self.status, self.ended_by_error = status, True
            self._settle()

    def _settle(self) -> None:
        """An order of which the whole quantity was executed is filled, whatever was said of it."""
        if self.total > 0 and self.status != "Filled" and reaches(shares(self._counted()), self.total):
            self._stands("Filled")
            self.rejected, self.whyHeld = None, ""
        if self.status in DONE:
            for each in self.asked:
                if each.fields is None and each.answer is None:
                    each.answer = CONFIRMED

    def _correct(self, old: Fill, new: Fill) -> None:
        """A correction changes what orderStatus had said with the first figure in it."""
        counted = self._counted()
        if new not in counted or not reaches(self.told, shares(counted) - new.shares + old.shares):
            return
        filled = self.told + new.shares - old.shares
        worth = self.told * self.told_price + new.shares * new.price - old.shares * old.price
        complete = reaches(shares(counted), filled)
        self.told_price = nan if complete or not filled else worth / filled
        self.told, self.told_remaining = filled, self.told_remaining - new.shares + old.shares


def _compared(order: Any, name: str) -> float | str | None:
    """A field as TWS shows it, too; None where it isn't set."""
    if name == "tif":
        return str(order.tif).upper() if order.tif else None
    value = number(order, name)
    return None if isnan(value) else value


def _said(order: Any, name: str) -> Any:
    """What an order says in a field of _CHANGES; None where it says nothing."""
    value = getattr(order, name)
    if isinstance(value, str):
        value = named(value) if name == "orderType" else value.upper()
    return None if is_unset(value) or (not value and not isinstance(value, bool)) else value


def number(order: Any, name: str) -> float:
    """A field of an order as a number; NaN where it isn't set."""
    return to_float(getattr(order, name, None))
