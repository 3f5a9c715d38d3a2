"""The installed ibapi without a socket, whichever release: bytes out of its EClient, callbacks out of its Decoder.

Where releases differ in names, this module hides it; where they differ in what they can say, it tells.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

import ibapi.client
import ibapi.contract
import ibapi.decoder
import ibapi.execution
import ibapi.order
import ibapi.order_condition
import ibapi.scanner
import ibapi.server_versions
import ibapi.softdollartier
import ibapi.tag_value
import ibapi.wrapper

from ibnb.gateway import messages as m
from ibnb.gateway.codec import ProtobufCodec, TextCodec
from ibnb.gateway.codec.wire import FrameBuffer

NEWEST = ibapi.server_versions.MAX_CLIENT_VER
NEWEST_TEXT = min(200, NEWEST)
TEXT_VERSIONS = (151, 157, 163, 176, 178, 187, 194, 196, 200)
PROTOBUF_VERSIONS = (201, *range(203, 215), 216, 217, 218, 220, 222, 223, 224, 225, 226)
VERSIONS = [version for version in (*TEXT_VERSIONS, *PROTOBUF_VERSIONS) if version <= NEWEST]
TEN = NEWEST_TEXT > 157  # a 10.x release, not 9.81
LOSES_NEWS_OPTIONS = NEWEST <= 203  # up to 10.37.2 reqHistoricalNews walks through the wrong variable


def lane(version: int) -> Any:
    """Our codec of a version, to which a field too many is an error."""
    return (TextCodec if version <= 200 else ProtobufCodec)(version, strict=True)


# The first release with protobuf reads a part of it, and stops at an order whose contract names a primaryExchange.
FIRST_PROTOBUF = NEWEST == 203
FORGOTTEN = {"primaryExchange", "lastTradeDate", "issuerId", "shortSaleSlot", "deltaNeutralContract", "orderId"}
FORGOTTEN |= {"completedTime", "completedStatus", "deltaNeutralSettlingFirm", "activeStartTime", "activeStopTime"}
FORGOTTEN |= {"autoCancelDate", "filledQuantity", "refFuturesConId", "shareholder", "routeMarketableToBbo"}
FORGOTTEN |= {"parentPermId"}


# From our records to ibapi's objects.

CONDITION_TYPES = {1: "Price", 3: "Time", 4: "Margin", 5: "Execution", 6: "Volume", 7: "PercentChange"}


def tags(options: str) -> list[Any]:
    """The list of TagValue that clients write as ``tag=value;``."""
    return [ibapi.tag_value.TagValue(*pair.split("=")) for pair in options.split(";") if pair]


def theirs(record: Any) -> Any:
    """ibapi's object for one of our records."""
    if isinstance(record, m.OrderCondition):
        made = getattr(ibapi.order_condition, f"{CONDITION_TYPES[record.type]}Condition")()
        for field in fields(record):
            if hasattr(made, field.name) and field.name != "type":
                setattr(made, field.name, getattr(record, field.name))
        return made
    if isinstance(record, m.TagValue):
        return ibapi.tag_value.TagValue(record.tag, record.value)
    homes = (ibapi.contract, ibapi.order, ibapi.execution, ibapi.scanner)
    made = next(getattr(home, type(record).__name__) for home in homes if hasattr(home, type(record).__name__))()
    for field in fields(record):
        value = getattr(record, field.name)
        if value is None:
            if field.name == "displaySize":  # theirs is 0 from the start
                made.displaySize = 2**31 - 1
            continue
        if field.name == "routeMarketableToBbo" and not value:  # theirs is None unless somebody says so
            continue
        if field.name == "orderComboLegs":
            value = [leg(price) for price in value]
        elif field.name == "orderMiscOptions":
            value = tags(value)
        elif isinstance(value, tuple):
            value = [theirs(one) for one in value]
        elif is_dataclass(value):
            value = theirs(value)
        elif isinstance(value, Decimal) and not TEN:
            value = int(value)
        setattr(made, field.name, value)
    if isinstance(record, m.Order):
        made.softDollarTier = ibapi.softdollartier.SoftDollarTier(
            record.softDollarTierName, record.softDollarTierValue, *([record.softDollarTierDisplayName] * TEN)
        )
    return made


def leg(price: float | None) -> Any:
    made = ibapi.order.OrderComboLeg()
    if price is not None:
        made.price = price
    return made


# What the client sends.


class Wire:
    """A connection that keeps what is sent."""

    def __init__(self) -> None:
        self.sent = b""
        self.socket = self

    def isConnected(self) -> bool:
        return True

    def sendMsg(self, data: bytes) -> None:
        self.sent += data


class Complaints(ibapi.wrapper.EWrapper):  # type: ignore[misc]
    """A wrapper that fails the test if the client refuses to send."""

    def error(self, *args: Any) -> None:
        raise AssertionError(args)


def sent(method: str, *args: Any, version: int) -> list[bytes]:
    """The payloads that EClient makes of a call."""
    client = ibapi.client.EClient(Complaints())
    client.conn = Wire()
    client.serverVersion_ = version
    client.setConnState(ibapi.client.EClient.CONNECTED)
    client.clientId, client.optCapab, client.extraAuth = 5, "", True
    getattr(client, method)(*args)
    return list(FrameBuffer().feed(client.conn.sent))


def can(method: str) -> bool:
    return hasattr(ibapi.client.EClient, method)


def parameters(method: str) -> list[str]:
    return list(inspect.signature(getattr(ibapi.client.EClient, method)).parameters)[1:]


def order_cancel(**attributes: Any) -> Any:
    from ibapi.order_cancel import OrderCancel

    cancel = OrderCancel()
    for name, value in attributes.items():
        setattr(cancel, name, value)
    return cancel


# What the client understands.

RENAMED = {"commissionAndFeesReport": "commissionReport"}


class Recorder(ibapi.wrapper.EWrapper):  # type: ignore[misc]
    """Keeps every callback as (name, arguments), under the older of two names."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, list[Any]]] = []


def _record(name: str) -> Any:
    def callback(self: Recorder, *args: Any) -> None:
        self.calls.append((RENAMED.get(name, name), list(args)))

    callback.__name__ = name
    return callback


for _name, _method in inspect.getmembers(ibapi.wrapper.EWrapper, inspect.isfunction):
    if not _name.startswith("_") and _name != "logAnswer":
        setattr(Recorder, _name, _record(_name))


class Counted(tuple[bytes, ...]):
    """Fields that know whether all of them have been read."""

    walks: list[Iterator[bytes]]

    def __iter__(self) -> Iterator[bytes]:
        walk = super().__iter__()
        self.__dict__.setdefault("walks", []).append(walk)
        return walk

    def left_over(self) -> list[bytes]:
        return list(self.__dict__["walks"][0]) if "walks" in self.__dict__ else []


def heard(payload: bytes, version: int) -> list[tuple[str, list[Any]]]:
    """The callbacks that a payload leads to. Fails if a field is left over."""
    recorder = Recorder()
    decoder = ibapi.decoder.Decoder(recorder, version)
    if version > 200:
        number = int.from_bytes(payload[:4], "big")
        if number > 200:
            decoder.processProtoBuf(payload[4:], number - 200)
            return _settled(recorder)
        payload = b"%d\0" % number + payload[4:]
    texts = payload.split(b"\0")[:-1]
    if TEN:
        counted = Counted(texts[1:])
        decoder.interpret(counted, int(texts[0]))
    else:
        counted = Counted(texts)
        decoder.interpret(counted)
    assert counted.left_over() == []
    return _settled(recorder)


def _settled(recorder: Recorder) -> list[tuple[str, list[Any]]]:
    """The callbacks without their twins of protobuf, an error in one form."""
    calls = [(name, args) for name, args in recorder.calls if not name.endswith("ProtoBuf")]
    if calls and calls[0][0] == "smartComponents":
        calls = [(name, [reqId, _rows(components)]) for name, (reqId, components) in calls]
    return [(name, one_order(args) if name == "error" else args) for name, args in calls]


def _rows(components: Any) -> Any:
    """Smart components as a list: of protobuf ibapi makes a dict."""
    return (
        [m.SmartComponent(bitNumber=bit, exchange=rest[0], exchangeLetter=rest[1]) for bit, rest in components.items()]
        if isinstance(components, dict)
        else components
    )


def one_order(args: list[Any]) -> list[Any]:
    """An error's arguments as id, code, message, JSON, time; the newest releases put the time second."""
    if len(args) == 5:
        id, time, code, message, json = args
        return [id, code, message, json, time]
    return [*args, "", 0][:5] if len(args) == 3 else [*args, 0]


# Are their values ours?

UNSET = {"", "1.7976931348623157E308", "9223372036854775807", "2147483647"}
BIG = 170141183460469231731687303715884105727
OTHER_NAMES = {
    "commission": "commissionAndFees",
    "minCommission": "minCommissionAndFees",
    "maxCommission": "maxCommissionAndFees",
    "commissionCurrency": "commissionAndFeesCurrency",
    "wap": "average",
    "size": "count",
    "id": "id_",
    "type": "condType",
}


def is_unset(value: Any) -> bool:
    if value is None or value in UNSET:
        return True
    if isinstance(value, float):
        return value in (sys.float_info.max, 2.0**63, 0.0)
    return value in (2**31 - 1, 2**63 - 1, 0, BIG)


def differences(ours: Any, their: Any, where: str = "") -> list[str]:
    """Where a value of theirs isn't what we said; names that they don't have are passed over."""
    if type(their).__name__ == "OrderComboLeg":
        their = their.price
    if ours is None:
        same = is_unset(their)
    elif isinstance(ours, bool):
        same = ours == bool(int(their or 0))
    elif isinstance(ours, float):
        same = math.isclose(ours, float(their), rel_tol=1e-12)
    elif isinstance(ours, int):
        same = ours == int(their or 0)
    elif isinstance(ours, Decimal):
        same = ours == Decimal(str(their))
    elif isinstance(ours, str):
        same = ours == their or (ours == "" and their in (None, "None"))
    elif isinstance(ours, tuple):
        their = list(their or [])
        if ours and isinstance(ours[0], m.TagValue):  # in protobuf a map, which has no order
            their = sorted(their, key=lambda pair: str(pair.tag))
        if len(ours) != len(their):
            return [f"{where}: {len(ours)} rows, they have {len(their)}"]
        return all_differences(ours, their, where)
    else:
        return _record_differences(ours, their, where)
    return [] if same else [f"{where}: {ours!r}, they have {their!r}"]


def all_differences(ours: Sequence[Any], their: Sequence[Any], where: str = "") -> list[str]:
    rows = enumerate(zip(ours, their, strict=True))
    return [line for number, pair in rows for line in differences(*pair, f"{where}[{number}]")]


# What a client may say of a contract or an order and doesn't read when it is told.
UNHEARD = {"includeExpired", "secIdType", "secId", "overridePercentageConstraints", "scaleTable", "algoId"}
UNHEARD |= {"orderMiscOptions", "mifid2DecisionMaker", "mifid2DecisionAlgo", "mifid2ExecutionTrader"}
UNHEARD |= {"mifid2ExecutionAlgo", "advancedErrorOverride", "manualOrderTime"}


def _record_differences(ours: Any, their: Any, where: str) -> list[str]:
    lines = []
    for field in fields(ours):
        if field.name in UNHEARD:
            continue
        value = getattr(ours, field.name)
        for name in (field.name, OTHER_NAMES.get(field.name, field.name)):
            if hasattr(their, name) and not callable(getattr(their, name)):
                lines += differences(value, getattr(their, name), f"{where}.{field.name}")
                break
    return lines
