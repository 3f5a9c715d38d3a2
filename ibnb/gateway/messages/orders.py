"""Orders, their states, executions and commissions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .data import Contract, DeltaNeutralContract, Execution, Order, OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    orderId: int
    contract: Contract
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    orderId: int
    manualOrderCancelTime: str = ""
    extOperator: str = ""
    manualOrderIndicator: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqGlobalCancel:
    extOperator: str = ""
    manualOrderIndicator: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqOpenOrders:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqAllOpenOrders:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqAutoOpenOrders:
    bAutoBind: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqCompletedOrders:
    apiOnly: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqExecutions:
    """The filter's fields, flat; an empty one matches everything."""

    reqId: int
    clientId: int = 0
    acctCode: str = ""
    time: str = ""
    symbol: str = ""
    secType: str = ""
    exchange: str = ""
    side: str = ""
    lastNDays: int | None = None
    specificDates: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseOptions:
    reqId: int
    contract: Contract
    exerciseAction: int
    exerciseQuantity: int
    account: str
    override: int
    manualOrderTime: str = ""
    customerAccount: str = ""
    professionalCustomer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStatus:
    orderId: int
    status: str
    filled: Decimal
    remaining: Decimal
    avgFillPrice: float
    permId: int
    parentId: int
    lastFillPrice: float
    clientId: int
    whyHeld: str = ""
    mktCapPrice: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    orderId: int
    contract: Contract
    order: Order
    orderState: OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrderEnd:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBound:
    permId: int
    clientId: int
    orderId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedOrder:
    contract: Contract
    order: Order
    orderState: OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedOrdersEnd:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecDetails:
    reqId: int  # -1 when nobody asked
    contract: Contract
    execution: Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecDetailsEnd:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionReport:
    """``commissionAndFeesReport`` in newer clients; ``realizedPNL`` is None on an opening trade."""

    execId: str
    commission: float
    currency: str
    realizedPNL: float | None = None
    yield_: float | None = None
    yieldRedemptionDate: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaNeutralValidation:
    reqId: int
    deltaNeutralContract: DeltaNeutralContract
