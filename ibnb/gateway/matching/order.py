"""One order's life: what was asked, what has become of it, and how it is told.

Rule: `filled + remaining == totalQuantity`, a final status stays, and `permId` never changes. Nothing here decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from .. import messages as m
from .order_types import ORDER_TYPES, OrderType

if TYPE_CHECKING:
    from ..accounts import Account
    from ..clock import Timer
    from ..instruments import Instrument
    from .combos import Leg
    from .conditions import Condition

HELD = "Held"  # not transmitted: known to the gateway only, never sent
PENDING_CANCEL = "PendingCancel"
PRE_SUBMITTED = "PreSubmitted"
SUBMITTED = "Submitted"
FILLED = "Filled"
CANCELLED = "Cancelled"
API_CANCELLED = "ApiCancelled"
INACTIVE = "Inactive"
FINAL = frozenset({FILLED, CANCELLED, API_CANCELLED, INACTIVE})


@dataclass(eq=False)
class Working:
    """An order that the gateway has accepted, or holds until it is transmitted.

    `legs`: of a combination, else empty. `begins`, `until`: goodAfterTime and goodTillDate (0: none). `share`: of a
    child, what its quantity is to its parent's. `trail`: where a trailing stop stands, as seen up to `seen`.
    `timer` is for what comes next, `guard` for a condition that cancels.
    """

    clientId: int
    order: m.Order
    contract: m.Contract
    instrument: Instrument
    account: Account
    parent: Working | None = None
    children: list[Working] = field(default_factory=list)
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
    takes: bool = False  # it met the market at once instead of resting in the book
    trail: float | None = None
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
    def type(self) -> OrderType:
        return ORDER_TYPES[self.order.orderType]

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
    def final(self) -> bool:
        return self.status in FINAL

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

    @property
    def waits_for_trigger(self) -> bool:
        return self.type.trigger is not None and not self.triggered

    @property
    def whyHeld(self) -> str:
        """`locate`, `child`, `trigger`, some of them or nothing, in TWS's words."""
        if self.final:
            return ""
        reasons = (
            ("locate", self.locating),
            ("child", self.waits_for_parent),
            ("trigger", self.waits_for_trigger),
        )
        return ",".join(word for word, true in reasons if true)

    def signed(self, quantity: Decimal) -> Decimal:
        return quantity if self.buys else -quantity

    def fill(self, quantity: Decimal, price: float) -> None:
        """Note that so much has traded at this price."""
        total = self.filled + quantity
        self.avgFillPrice = (self.avgFillPrice * float(self.filled) + price * float(quantity)) / float(total)
        self.lastFillPrice = price
        self.filled = total

    def rest(self) -> None:
        """Let the timer go, if there is one."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def open_order(self, own: bool = True, state: m.OrderState | None = None) -> m.OpenOrder:
        """The order as it is told; somebody else's has no order id."""
        orderId = self.orderId if own and self.bound else 0
        order = replace(
            self.order,
            orderId=orderId,
            clientId=self.clientId,
            # What an order doesn't use is told as 0; a stop's price is told as trailStopPrice, too.
            lmtPrice=self.order.lmtPrice or 0.0,
            auxPrice=self.order.auxPrice or 0.0,
            trailStopPrice=self._stop(),
        )
        return m.OpenOrder(
            orderId=orderId,
            contract=self.contract,
            order=order,
            orderState=state or m.OrderState(status=self.status),
        )

    def _stop(self) -> float | None:
        if self.type.trails:
            return self.trail if self.trail is not None else self.order.trailStopPrice
        return self.order.auxPrice if self.type.stops else self.order.trailStopPrice

    def order_status(self, own: bool = True) -> m.OrderStatus:
        parentId = self.parent.orderId if self.parent is not None and own else 0
        return m.OrderStatus(
            orderId=self.orderId if own and self.bound else 0,
            status=self.status,
            filled=self.filled,
            remaining=self.remaining,
            avgFillPrice=self.avgFillPrice,
            permId=0 if self.status == API_CANCELLED else self.permId,
            parentId=parentId,
            lastFillPrice=self.lastFillPrice,
            clientId=self.clientId,
            whyHeld=self.whyHeld,
        )


def not_cancellable(working: Working) -> str:
    """10148's text."""
    return f"OrderId {working.orderId} that needs to be cancelled can not be cancelled, state: {working.status}."
