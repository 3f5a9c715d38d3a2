"""Oracle: field by field the tables are those of the classes that come with ibapi, which the gateway never sees."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from ibnb.gateway.codec.protobuf import ANSWER_SIDE, REQUEST_SIDE
from ibnb.gateway.codec.protobuf.layout import make_class
from ibnb.gateway.codec.protobuf.records import TABLES

from .. import real_client as real

pytestmark = pytest.mark.skipif(real.NEWEST < 226, reason="this release of ibapi knows fewer messages")

# What our messages don't keep: what this world's instruments haven't got.
LEFT_OUT = {
    "Contract.description",  # only a symbol search says it
    "ContractDetails.eventContract1",
    "ContractDetails.eventContractDescription1",
    "ContractDetails.eventContractDescription2",
    "ContractDetails.minAlgoSize",
    "ContractDetails.settlementMethod",
    "Execution.optExerciseOrLapseType",
    "HistoricalTick.size",  # of a midpoint
    "MarketDepthData.isSmartDepth",  # in the message that has no such thing on the text lane
    "MarketDepthData.marketMaker",
    "OrderCancel.manualOrderCancelTime",  # of a global cancel
}
FUNDAMENTALS = {51, 52, 53}  # of which the installed ibapi may know nothing any more


def their_requests() -> dict[int, Any]:
    """IB's class of each request, by the number that EClient gives it."""
    found = {}
    for name, method in inspect.getmembers(real.ibapi.client.EClient, inspect.isfunction):
        if not name.endswith("ProtoBuf") or name in ("sendMsgProtoBuf", "useProtoBuf"):
            continue
        [parameter] = list(inspect.signature(method).parameters.values())[1:]
        cls = parameter.annotation
        if cls is inspect.Parameter.empty:
            cls = getattr(real.ibapi.client_utils, parameter.name[0].upper() + parameter.name[1:])
        [payload] = real.sent(name, cls(), version=226)
        found[int.from_bytes(payload[:4], "big") - 200] = cls
    return found


def their_answers() -> dict[int, Any]:
    """IB's class of each answer, by the number under which Decoder knows it."""
    found = {}
    for number in real.ibapi.decoder.Decoder.msgId2handleInfoProtoBuf:
        recorder = real.Recorder()
        real.ibapi.decoder.Decoder(recorder, 226).processProtoBuf(b"", int(number))
        found[int(number)] = type(recorder.calls[0][1][0])
    return found


def fields(described: Any) -> dict[int, Any]:
    return {field.number: field for field in described.fields}


def unlike(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """Where a message of ours isn't theirs, and what of theirs ours hasn't got."""
    where = where or theirs.name
    lines = [f"{where}.{field.name}" for number, field in fields(theirs).items() if number not in fields(ours)]
    for number, field in fields(ours).items():
        other = fields(theirs).get(number)
        if other is None:
            lines.append(f"{where}: they have no {number}")
        elif (field.type, field.is_repeated) != (other.type, other.is_repeated):
            lines.append(f"{where}.{other.name}: {field.type}, {field.is_repeated}")
        elif field.message_type is not None:
            lines += unlike(field.message_type, other.message_type)
    return lines


def test_every_number_and_type_is_theirs() -> None:
    left_out: set[str] = set()
    for side, classes in ((REQUEST_SIDE, their_requests()), (ANSWER_SIDE, their_answers())):
        assert set(side.by_id) - FUNDAMENTALS == set(classes) - FUNDAMENTALS
        for number in sorted(side.by_id.keys() & classes.keys()):
            message = side.by_id[number]
            made = make_class(TABLES.tree(message.cls, message.rows), TABLES)
            left_out |= set(unlike(made.DESCRIPTOR, classes[number].DESCRIPTOR))
    assert left_out == LEFT_OUT


@pytest.mark.parametrize("number", sorted(REQUEST_SIDE.by_id.keys() - FUNDAMENTALS))
def test_a_request_is_protobuf_from_the_version_on_that_ibapi_has(number: int) -> None:
    known = real.ibapi.common.getServerVersionForMessage(number)
    since = {106: 215, 107: 215, 108: 219, 109: 221}
    assert since.get(number, known) == REQUEST_SIDE.by_id[number].since
