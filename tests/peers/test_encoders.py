"""The peers write what IB's own decoder reads: every field of every message, at every server version."""

from __future__ import annotations

from typing import Any

import pytest
from ibapi.comm import read_fields
from ibapi.decoder import Decoder
from ibapi.wrapper import EWrapper
from peers.peer import WIRES, Wire
from peers.stories import charged, completed, executed, ibm_and_msft, shown, stands, told

# The wire's names → the arguments that IB's callback gives them in.
EXPECTED: list[tuple[tuple[str, dict[str, Any]], str, dict[str, Any]]] = [
    (
        shown("Submitted", parentId=26, account="DU7"),
        "openOrder",
        {
            "0": 27,
            "1.symbol": "NVDA",
            "1.secType": "STK",
            "1.exchange": "SMART",
            "1.currency": "USD",
            "2.action": "BUY",
            "2.totalQuantity": 5,
            "2.orderType": "LMT",
            "2.lmtPrice": 101.0,
            "2.tif": "DAY",
            "2.permId": 5027,
            "2.clientId": 1,
            "2.parentId": 26,
            "2.account": "DU7",
            "3.status": "Submitted",
        },
    ),
    (
        stands("PreSubmitted", 2, 3, 100.5, whyHeld="child", parentId=26),
        "orderStatus",
        {"0": 27, "1": "PreSubmitted", "2": 2, "3": 3, "4": 100.5, "5": 5027, "6": 26, "8": 1, "9": "child"},
    ),
    (
        executed(2, 100.5, "e.01.02", orderId=30),
        "execDetails",
        {
            "0": -1,
            "1.symbol": "NVDA",
            "2.orderId": 30,
            "2.execId": "e.01.02",
            "2.side": "BOT",
            "2.shares": 2,
            "2.price": 100.5,
            "2.permId": 5027,
            "2.clientId": 1,
            "2.exchange": "ARCA",
            "2.time": "20250611 10:00:01 US/Eastern",
            "2.acctNumber": "DU1234567",
        },
    ),
    (
        completed("Cancelled", filledQuantity=2),
        "completedOrder",
        {
            "0.symbol": "NVDA",
            "1.permId": 5027,
            "1.filledQuantity": 2,
            "1.action": "BUY",
            "2.status": "Cancelled",
            "2.completedStatus": "Cancelled by Trader",
        },
    ),
    (
        ("position", {"symbol": "NVDA", "position": 7, "avgCost": 99.5, "account": "DU7", "tradingClass": "NMS"}),
        "position",
        {"0": "DU7", "1.symbol": "NVDA", "1.tradingClass": "NMS", "2": 7, "3": 99.5},
    ),
    (shown("Submitted", **ibm_and_msft()), "openOrder", {"1.secType": "BAG", "1.comboLegs": [(11, 1), (12, 2)]}),
]


class Heard(EWrapper):
    """Keeps the arguments of each callback; of the commission's under one name."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, tuple[Any, ...]] = {}

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or name == "calls" or name.endswith("ProtoBuf"):
            return object.__getattribute__(self, name)
        return lambda *args: self.calls.update({name: args})


def decode(wire: Wire, message: tuple[str, dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    heard = Heard()
    body = wire.encode(*message)
    decoder = Decoder(heard, wire.version)
    if wire.version <= 200:
        head, _, rest = body.partition(b"\0")
        number = int(head)
    else:
        number, rest = int.from_bytes(body[:4], "big"), body[4:]
    if number > 200:
        decoder.processProtoBuf(rest, number - 200)
    elif Decoder.interpret.__code__.co_argcount == 3:
        decoder.interpret(read_fields(rest), number)
    else:
        decoder.interpret(read_fields(body))
    return heard.calls


def pick(args: tuple[Any, ...], path: str) -> Any:
    at, _, name = path.partition(".")
    found = getattr(args[int(at)], name) if name else args[int(at)]
    return [(leg.conId, leg.ratio) for leg in found] if name == "comboLegs" else found


@pytest.mark.parametrize("wire", WIRES, ids=str)
@pytest.mark.parametrize(("message", "callback", "fields"), EXPECTED, ids=lambda each: None)
def test_ibs_decoder_reads_what_was_meant(
    wire: Wire, message: tuple[str, dict[str, Any]], callback: str, fields: dict[str, Any]
) -> None:
    args = decode(wire, message)[callback]
    # 10.37.2 hands on the quantities of protobuf as the texts that they are there.
    found = {path: type(wanted)(pick(args, path)) for path, wanted in fields.items()}
    assert found == fields


@pytest.mark.parametrize("wire", WIRES, ids=str)
def test_a_commission_under_either_name(wire: Wire) -> None:
    calls = decode(wire, charged("e.01", 1.25))
    [report] = calls.get("commissionReport") or calls["commissionAndFeesReport"]
    assert report.execId == "e.01"
    assert getattr(report, "commissionAndFees", None) or report.commission == 1.25


@pytest.mark.parametrize("wire", WIRES, ids=str)
def test_an_error(wire: Wire) -> None:
    args = decode(wire, told(201, "no"))["error"]
    assert 27 == args[0]
    assert {201, "no"} <= set(args)


@pytest.mark.parametrize("wire", WIRES, ids=str)
def test_the_short_messages(wire: Wire) -> None:
    for name, fields, callback, args in [
        ("nextValidId", {"orderId": 27}, "nextValidId", (27,)),
        ("managedAccounts", {"accountsList": "DU1"}, "managedAccounts", ("DU1",)),
        ("currentTime", {"currentTime": 5}, "currentTime", (5,)),
        ("openOrderEnd", {}, "openOrderEnd", ()),
        ("execDetailsEnd", {"reqId": 9}, "execDetailsEnd", (9,)),
        ("completedOrdersEnd", {}, "completedOrdersEnd", ()),
        ("positionEnd", {}, "positionEnd", ()),
    ]:
        assert args == decode(wire, (name, fields))[callback]
