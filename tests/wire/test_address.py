"""Whom a message answers, on both wires: what the id is, and the same message with another one."""

from __future__ import annotations

import pytest
from wires import PROTOBUF, TEXT, bars, price

from ibnb.gateway import messages as m
from ibnb.gateway.codec import codec_for
from ibnb.wire.address import address, readdressed

ANSWERS = [
    m.ErrorMessage(id=7, code=200, message="no"),
    m.TickPrice(reqId=7, tickType=4, price=1.5, size=3, attribMask=0),
    m.PositionMultiEnd(reqId=7),
    m.ContractDataEnd(reqId=7),
    m.NextValidId(orderId=7),
    m.ExecDetailsEnd(reqId=7),
]


@pytest.mark.parametrize("version", [100, 130, 157, 176, 194, 200, 203, 213, 226])
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("id", [7, 127, 128, 9_000_001])
def test_the_id_is_found_and_replaced_and_nothing_else(version: int, answer: object, id: int) -> None:
    codec = codec_for(version, "US/Eastern")
    payload = codec.encode(answer)
    if not payload:
        pytest.skip("this version hasn't got the message")
    renamed = readdressed(payload, version, id)
    assert (address(payload, version).key, address(renamed, version).key) == (7, id)
    assert readdressed(renamed, version, 7) == payload


@pytest.mark.parametrize("version", [TEXT, PROTOBUF])
def test_the_message_of_ibapis_own_classes(version: int) -> None:
    if version == PROTOBUF:
        pytest.importorskip("ibapi.protobuf.TickPrice_pb2")
    for id in (3, 300):
        assert readdressed(price(version, 7, 4, 1.5), version, id) == price(version, id, 4, 1.5)
        assert [readdressed(each, version, id) for each in bars(version, 7, [("20250611", 1.0)])] == bars(
            version, id, [("20250611", 1.0)]
        )


@pytest.mark.parametrize("version", [176, 222])
def test_a_message_without_an_id_stays_as_it_is(version: int) -> None:
    payload = codec_for(version, "US/Eastern").encode(m.PositionEnd())
    assert readdressed(payload, version, 9) == payload or address(payload, version).key is None
    notice = codec_for(version, "US/Eastern").encode(m.ErrorMessage(id=-1, code=2104, message="farm"))
    assert address(notice, version).key in (-1, None)
