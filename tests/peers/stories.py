"""The words of the stories: what TWS says about order 27, BUY 5 NVDA LMT 101, permId 5027, client 1."""

from __future__ import annotations

from typing import Any

from peers.peer import Message

ID, PERM = 27, 5027
ORDER = {"symbol": "NVDA", "action": "BUY", "totalQuantity": 5, "orderType": "LMT", "lmtPrice": 101.0}


def shown(status: str, orderId: int = ID, **fields: Any) -> Message:
    """openOrder"""
    return "openOrder", {**ORDER, "orderId": orderId, "permId": 5000 + orderId, "status": status, **fields}


def stands(
    status: str, filled: float = 0, remaining: float = 5, price: float = 0.0, orderId: int = ID, **fields: Any
) -> Message:
    """orderStatus"""
    said = {"orderId": orderId, "permId": 5000 + orderId, "status": status, "filled": filled, "remaining": remaining}
    return "orderStatus", {**said, "avgFillPrice": price, "clientId": 1, **fields}


def both(status: str, *numbers: float, **fields: Any) -> list[Message]:
    """The pair that TWS sends for every change."""
    return [shown(status, **fields), stands(status, *numbers)]


def executed(shares: float, price: float, execId: str = "0000e0d5.6571abcd.01.01", **fields: Any) -> Message:
    """execDetails"""
    said = {"orderId": ID, "permId": PERM, "symbol": "NVDA", "execId": execId, "shares": shares, "price": price}
    return "execDetails", {**said, "clientId": 1, "time": "20250611 10:00:01 US/Eastern", **fields}


def charged(execId: str = "0000e0d5.6571abcd.01.01", commission: float = 1.0) -> Message:
    """commissionReport"""
    return "commissionReport", {"execId": execId, "commission": commission}


def told(code: int, text: str = "text", orderId: int = ID) -> Message:
    """error"""
    return "error", {"reqId": orderId, "errorCode": code, "errorString": text}


def completed(status: str, **fields: Any) -> Message:
    """completedOrder"""
    said = {"permId": PERM, "status": status, "completedStatus": "Cancelled by Trader"}
    return "completedOrder", {**ORDER, **said, "completedTime": "20250611 11:00:11 US/Eastern", **fields}


def ibm_and_msft() -> dict[str, Any]:
    """The fields of a combination: one of 11 and two of 12."""
    legs = [{"conId": 11, "ratio": 1, "action": "BUY"}, {"conId": 12, "ratio": 2, "action": "BUY"}]
    return {"symbol": "IBM,MSFT", "secType": "BAG", "comboLegs": legs}
