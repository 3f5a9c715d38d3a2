"""Oracle: TWS's settings are read and written as ibapi's own classes have them, each of them set and unset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec import ProtobufCodec
from ibnb.gateway.codec.wire import UnknownMessage

from .. import real_client as real
from ..samples import example
from .test_layout import their_answers, their_requests

pytestmark = pytest.mark.skipif(real.NEWEST < 226, reason="this release of ibapi has no settings")

CODEC = ProtobufCodec(226)


def same(ours: Any, theirs: Any, where: str = "") -> Iterator[str]:
    """Where a message of theirs doesn't say what a record of ours does."""
    for field in fields(ours):
        value, at = getattr(ours, field.name), f"{where}.{field.name}"
        their = getattr(theirs, field.name)
        if is_dataclass(value):
            yield from same(value, their, at)
        elif isinstance(value, tuple):
            if len(value) != len(their):
                yield at
            for one, other in zip(value, their, strict=False):
                if is_dataclass(one):
                    yield from same(one, other, at)
                elif one != other:
                    yield at
        elif value is None or (value is False and field.name == "resetAPIOrderSequence"):
            if theirs.HasField(field.name):
                yield at
        elif value != their or type(value) is not type(their):
            yield at


@pytest.mark.parametrize("answer", [m.ConfigResponse, m.UpdateConfigResponse])
def test_an_answer_says_each_setting(answer: type) -> None:
    number = {m.ConfigResponse: 110, m.UpdateConfigResponse: 111}[answer]
    for ours in (example(answer), answer(reqId=3, **({"status": ""} if number == 111 else {}))):
        payload = CODEC.encode(ours)
        assert number + 200 == int.from_bytes(payload[:4], "big")
        made = their_answers()[number].FromString(payload[4:])
        assert [line for line in same(ours, made) if line != ".status"] == []
        [(callback, [heard])] = [call for call in _heard(payload) if call[0].endswith("ProtoBuf")]
        assert (callback, heard) == (f"{answer.__name__[0].lower()}{answer.__name__[1:]}ProtoBuf", made)


def _heard(payload: bytes) -> list[tuple[str, list[Any]]]:
    recorder = real.Recorder()
    real.ibapi.decoder.Decoder(recorder, 226).processProtoBuf(payload[4:], int.from_bytes(payload[:4], "big") - 200)
    return recorder.calls


@pytest.mark.parametrize(
    ("method", "ours"), [("reqConfigProtoBuf", m.ReqConfig), ("updateConfigProtoBuf", m.UpdateConfig)]
)
def test_a_request_is_read_as_ibapi_sends_it(method: str, ours: type) -> None:
    number = {m.ReqConfig: 108, m.UpdateConfig: 109}[ours]
    for request in (example(ours), ours(reqId=3)):
        asked = their_requests()[number].FromString(CODEC.encode_request(request)[4:])
        [payload] = real.sent(method, asked, version=226)
        assert request == CODEC.decode(payload)
        assert [] == list(same(request, asked))


def test_no_is_said_and_is_not_silence() -> None:
    off = m.UpdateConfig(reqId=1, api=m.ApiConfig(settings=m.ApiSettingsConfig(readOnlyApi=False)))
    assert off == CODEC.decode(CODEC.encode_request(off))


@pytest.mark.parametrize(("number", "since"), [(108, 219), (109, 221)])
def test_older_versions_have_no_settings(number: int, since: int) -> None:
    payload = (number + 200).to_bytes(4, "big") + b"\x08\x01"
    assert 1 == ProtobufCodec(since).decode(payload).reqId
    with pytest.raises(UnknownMessage):
        ProtobufCodec(since - 1).decode(payload)
