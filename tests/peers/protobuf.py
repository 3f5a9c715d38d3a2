"""The protobuf wire (server versions 201 on): IB's own generated classes, filled by name."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from peers.text import UNSET, Fields

#: name → (message id, class, the server version from which on TWS sends it in this form)
MESSAGES = {
    "execDetails": (11, "ExecutionDetails", 201),
    "execDetailsEnd": (55, "ExecutionDetailsEnd", 201),
    "error": (4, "ErrorMessage", 203),
    "orderStatus": (3, "OrderStatus", 203),
    "openOrder": (5, "OpenOrder", 203),
    "openOrderEnd": (53, "OpenOrdersEnd", 204),
    "commissionReport": (59, "CommissionAndFeesReport", 204),
    "completedOrder": (101, "CompletedOrder", 204),
    "completedOrdersEnd": (102, "CompletedOrdersEnd", 204),
    "position": (61, "Position", 207),
    "positionEnd": (62, "PositionEnd", 207),
    "managedAccounts": (15, "ManagedAccounts", 207),
    "nextValidId": (9, "NextValidId", 213),
    "currentTime": (49, "CurrentTime", 213),
}
_NESTED = frozenset({"contract", "order", "orderState", "execution"})
# IB's names on this wire → those of the text wire.
_ALIASES = {
    ("ErrorMessage", "id"): "reqId",
    ("ErrorMessage", "errorMsg"): "errorString",
    ("CommissionAndFeesReport", "commissionAndFees"): "commission",
    ("Execution", "exchange"): "venue",
    ("OrderState", "commissionAndFees"): "commission",
}
_DEFAULTS = {
    "accountsList": "DU1234567",
    "clientId": 1,
    "secType": "STK",
    "exchange": "SMART",
    "currency": "USD",
    "tif": "DAY",
    "side": "BOT",
    "venue": "ARCA",
    "account": "DU1234567",
    "acctNumber": "DU1234567",
    "realizedPNL": UNSET,
}
_ZEROS = {"filled": "0", "remaining": "0", "permId": 0, "parentId": 0, "avgFillPrice": 0.0, "orderId": 0, "reqId": -1}
_CLASS_OF_REQUEST = {
    3: ("PlaceOrderRequest", "orderId"),
    4: ("CancelOrderRequest", "orderId"),
    7: ("ExecutionRequest", "reqId"),
}
OFFSET = 200


def _class(name: str) -> Any:
    return getattr(import_module(f"ibapi.protobuf.{name}_pb2"), name)


def _fill(message: Any, fields: Fields, sparse: bool) -> None:
    kind = message.DESCRIPTOR
    for field in kind.fields:
        name = _ALIASES.get((kind.name, field.name), field.name)
        if field.name in _NESTED:
            _fill(getattr(message, field.name), fields, sparse)
            getattr(message, field.name).SetInParent()
        elif field.name == "comboLegs":
            for row in fields.get("comboLegs", ()):
                _fill(message.comboLegs.add(), row, sparse=True)
        elif field.message_type is None:
            value = fields.get(name, _DEFAULTS.get(name, None if sparse else _ZEROS.get(name)))
            if value is not None and not (sparse and value in (0, "", "0")):
                setattr(message, field.name, _typed(field, value))


def _typed(field: Any, value: Any) -> Any:
    if field.cpp_type == field.CPPTYPE_STRING:
        return str(value)
    if field.cpp_type in (field.CPPTYPE_DOUBLE, field.CPPTYPE_FLOAT):
        return float(value)
    return int(value)


def speaks(name: str, version: int) -> bool:
    """Does a TWS of this version send the message in this form?"""
    return version >= MESSAGES[name][2]


def encode(name: str, fields: Fields, sparse: bool = False) -> bytes:
    """One message without its length. `sparse`: what is 0 or empty isn't sent, as proto3 allows."""
    number, kind, _ = MESSAGES[name]
    message = _class(kind)()
    _fill(message, fields, sparse)
    return (number + OFFSET).to_bytes(4, "big") + message.SerializeToString()


def decode(number: int, rest: bytes) -> int:
    """The id in a request."""
    if number not in _CLASS_OF_REQUEST:
        return 0
    kind, name = _CLASS_OF_REQUEST[number]
    message = _class(kind)()
    message.ParseFromString(rest)
    return int(getattr(message, name))
