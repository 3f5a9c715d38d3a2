"""The fields of contracts and orders with their types, for editors and type checkers: ibapi tells them none.

Rule: only fields that every release of ibapi has, from 9.81.1 to 10.51, so that its own objects fit.
"""

from __future__ import annotations

from typing import Any, Protocol


class ContractLike(Protocol):
    """ibapi's Contract, and whatever has its fields (in every release of ibapi)."""

    conId: int = 0
    symbol: str = ""
    secType: str = ""
    lastTradeDateOrContractMonth: str = ""
    strike: float = 0.0
    right: str = ""
    multiplier: str = ""
    exchange: str = ""
    primaryExchange: str = ""
    currency: str = ""
    localSymbol: str = ""
    tradingClass: str = ""
    includeExpired: bool = False
    secIdType: str = ""
    secId: str = ""
    comboLegsDescrip: str = ""
    comboLegs: Any = None
    deltaNeutralContract: Any = None


class OrderLike(Protocol):
    """ibapi's Order, and whatever has its fields: those that people set, in every release of ibapi."""

    orderId: int = 0
    clientId: int = 0
    permId: int = 0
    action: str = ""
    totalQuantity: Any = None
    orderType: str = ""
    lmtPrice: Any = None
    auxPrice: Any = None
    tif: str = ""
    ocaGroup: str = ""
    ocaType: int = 0
    orderRef: str = ""
    transmit: bool = False
    parentId: int = 0
    displaySize: Any = None
    triggerMethod: int = 0
    outsideRth: bool = False
    hidden: bool = False
    goodAfterTime: str = ""
    goodTillDate: str = ""
    allOrNone: bool = False
    trailStopPrice: Any = None
    trailingPercent: Any = None
    lmtPriceOffset: Any = None
    account: str = ""
    modelCode: str = ""
    whatIf: bool = False
    cashQty: Any = None
    algoStrategy: str = ""
    algoParams: Any = None
    conditions: Any = None
    conditionsCancelOrder: bool = False
    conditionsIgnoreRth: bool = False


class Contract(ContractLike):
    """What ibapi's Contract is to a type checker."""


class Order(OrderLike):
    """What ibapi's Order is to a type checker; its hundred other fields depend on the release."""

    def __getattr__(self, name: str) -> Any: ...

    def __setattr__(self, name: str, value: Any) -> None: ...
