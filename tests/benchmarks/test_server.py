"""The neutral server says the same on both wires: ibapi's own Decoder reads its answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ibnb.core.tape import Recorder
from ibnb.ib import api
from ibnb.wire.transport import Frames
from tests.benchmarks import text

TEXT, PROTOBUF = 176, 222
pytestmark = pytest.mark.skipif(api.MAX_CLIENT_VER < PROTOBUF, reason="this ibapi has no such protobuf")


def told(version: int, data: bytes) -> list[tuple[str, list[Any]]]:
    """What ibapi's Decoder makes of frames: each callback with plain values, numbers as floats."""
    recorder, found = Recorder(version), []
    for payload in Frames().feed(data):
        for name, args in recorder.callbacks(api.message_id(payload, version), [payload]):
            values = [list(vars(each).values()) if hasattr(each, "__dict__") else [each] for each in args]
            flat = [float(each) if isinstance(each, Decimal) else each for row in values for each in row]
            found.append((name, flat))
    return found


def test_both_wires_tell_the_same() -> None:
    from tests.benchmarks import protobuf

    def binary(number: int, kind: str, **fields: Any) -> bytes:
        message = api.protobuf_class(kind)(**fields)
        return (200 + number).to_bytes(4, "big") + bytes(message.SerializeToString())

    contract = {"symbol": "B40"}
    asked = {
        "bars": (b"20\x007\0B40\0", binary(20, "HistoricalDataRequest", reqId=7, contract=contract)),
        "ticks": (b"1\x0011\x007\0T99\0", binary(1, "MarketDataRequest", reqId=7, contract={"symbol": "T99"})),
        "the time": (b"49\x001\0", binary(49, "CurrentTimeRequest")),
        "the start": (b"71\x002\0", binary(71, "StartApiRequest", clientId=1)),
        "positions": (b"61\x001\0", binary(61, "PositionsRequest")),
    }
    for name, (one, other) in asked.items():
        said = told(TEXT, text.answer(one)), told(PROTOBUF, protobuf.answer(other))
        assert said[0], name
        # Protobuf tells the end of the bars in a message of its own, without a change of what it says.
        assert said[0] == said[1], name


@pytest.mark.parametrize("reqId", [1, 127, 128, 20_000])
def test_ticks_are_those_of_the_request(reqId: int) -> None:
    from tests.benchmarks import protobuf

    for version, data in ((TEXT, text.ticks_for(9, b"%d" % reqId)), (PROTOBUF, protobuf.ticks_for(9, reqId))):
        assert {reqId} == {values[0] for _, values in told(version, data)}
