"""One order's life: what was asked, of what it is made, and what has become of it.

Rule: `filled + remaining == totalQuantity`, a final status stays, and `permId` never changes. Nothing here decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from .. import messages as m

if TYPE_CHECKING:
    from ..accounts import Account
    from ..clock import Timer
    from ..instruments import Instrument

HELD = "Held"  # not transmitted: known to the gateway only, never sent
PENDING_CANCEL = "PendingCancel"
PRE_SUBMITTED = "PreSubmitted"
SUBMITTED = "Submitted"
FILLED = "Filled"
CANCELLED = "Cancelled"
API_CANCELLED = "ApiCancelled"
INACTIVE = "Inactive"
FINAL = frozenset({FILLED, CANCELLED, API_CANCELLED, INACTIVE})


@dataclass(frozen=True)
class Leg:
    """`ratio` units of an instrument for one of the combination; `buys` as the combination is bought."""

    instrument: Instrument
    ratio: int
    buys: bool

    @property
    def signed(self) -> int:
        return self.ratio if self.buys else -self.ratio


@dataclass(frozen=True)
class Condition:
    """One condition, understood: what it looks at, and when it means."""

    spec: m.OrderCondition
    instrument: Instrument | None = None
    moment: float = 0.0


@dataclass(eq=False)
class WorkingOrder:
    """An order that the gateway has accepted, or holds until it is transmitted.

    `legs`: of a combination, else empty. `begins`, `until`: goodAfterTime and goodTillDate (0: none). `share`: of a
    child, what its quantity is to its parent's. `trail`: where a trailing stop stands, as seen up to `seen`.
    `stands`: the price at which the order rests in the book, behind a `queue` of so much.
    `timer` is for what comes next, `guard` for a condition that cancels.
    """

    clientId: int
    order: m.Order
    contract: m.Contract
    instrument: Instrument
    account: Account
    parent: WorkingOrder | None = None
    children: list[WorkingOrder] = field(default_factory=list)
    legs: tuple[Leg, ...] = ()
    conditions: tuple[Condition, ...] = ()
    bound: bool = True  # False: entered by hand, and no client has taken it over
    begins: float = 0.0
    until: float = 0.0
    status: str = HELD
    filled: Decimal = Decimal(0)
    avgFillPrice: float = 0.0
    lastFillPrice: float = 0.0
    share: Decimal = Decimal(1)
    started: bool = False
    locating: bool = False
    fulfilled: bool = False
    triggered: bool = False
    cancelling: bool = False
    trail: float | None = None
    stands: float | None = None
    queue: float = 0.0
    seen: float = 0.0
    ended: float = 0.0
    ending: str = ""
    placed: float = 0.0
    expires: float = 0.0
    timer: Timer | None = None
    guard: Timer | None = None

    @property
    def orderId(self) -> int:
        return self.order.orderId

    @property
    def permId(self) -> int:
        return self.order.permId

    @property
    def buys(self) -> bool:
        return self.order.action == "BUY"

    @property
    def remaining(self) -> Decimal:
        return self.order.totalQuantity - self.filled

    @property
    def held(self) -> bool:
        return self.status == HELD

    @property
    def dormant(self) -> bool:
        """Deactivated by its owner: kept and told as Inactive, and not at work."""
        return self.status == INACTIVE and self.order.deactivate and not self.ended

    @property
    def final(self) -> bool:
        return self.status in FINAL and not self.dormant

    @property
    def open(self) -> bool:
        """Transmitted and not at its end."""
        return not self.held and not self.final

    @property
    def waits_for_parent(self) -> bool:
        return self.parent is not None and not self.parent.filled

    @property
    def waits_for_conditions(self) -> bool:
        return bool(self.conditions) and not self.order.conditionsCancelOrder and not self.fulfilled

    def signed(self, quantity: Decimal) -> Decimal:
        return quantity if self.buys else -quantity

    def fill(self, quantity: Decimal, price: float) -> None:
        """Note that so much has traded at this price."""
        total = self.filled + quantity
        average = (self.avgFillPrice * float(self.filled) + price * float(quantity)) / float(total)
        self.avgFillPrice = round(average, 8)
        self.lastFillPrice = price
        self.filled = total

    def rest(self) -> None:
        """Let the timer go, if there is one."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
