from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb.gateway.codec.wire import (
    API_PREFIX,
    MAX_FRAME,
    BadField,
    FieldReader,
    FrameBuffer,
    Hello,
    ProtocolError,
    frame,
    hello_answer,
    join_fields,
    parse_hello,
    split_fields,
    spoken,
)

PAYLOADS = [b"71\x002\x000\x00\x00", b"", b"8\x001\x001\x00", b"x" * 300]
STREAM = API_PREFIX + b"".join(map(frame, PAYLOADS))


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_frames_are_whole_wherever_the_stream_is_cut(cut: int) -> None:
    buffer = FrameBuffer(API_PREFIX)
    assert PAYLOADS == [*buffer.feed(STREAM[:cut]), *buffer.feed(STREAM[cut:])]
    assert 0 == buffer.pending


@given(payloads=st.lists(st.binary(max_size=50)), sizes=st.lists(st.integers(1, 20), min_size=1))
def test_frames_are_whole_in_any_pieces(payloads: list[bytes], sizes: list[int]) -> None:
    buffer, stream, got = FrameBuffer(), b"".join(map(frame, payloads)), []
    while stream:
        for size in sizes:
            got += buffer.feed(stream[:size])
            stream = stream[size:]
    assert payloads == got


def test_what_came_before_a_frame_that_is_too_long_is_still_given() -> None:
    payloads = FrameBuffer().feed(frame(b"good") + (MAX_FRAME + 1).to_bytes(4, "big"))
    assert b"good" == next(payloads)
    with pytest.raises(ProtocolError, match="16777216 bytes"):
        next(payloads)


def test_the_longest_frame_is_allowed() -> None:
    payload = bytes(MAX_FRAME)
    assert [payload] == list(FrameBuffer().feed(frame(payload)))
    with pytest.raises(ProtocolError):
        frame(payload + b"x")


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1", b"A\0", b"API1", b"\0\0\0\4"])
def test_a_stream_that_begins_otherwise_is_refused_at_once(start: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(FrameBuffer(API_PREFIX).feed(start))


@pytest.mark.parametrize(
    ("payload", "hello"),
    [
        (b"v100..157", Hello(100, 157)),
        (b"v157..178", Hello(157, 178)),
        (b"v100..226 +PACEAPI", Hello(100, 226, "+PACEAPI")),
        (b"v151", Hello(151, 151)),
        (b"v100..157\0", Hello(100, 157)),
    ],
)
def test_the_hello(payload: bytes, hello: Hello) -> None:
    assert hello == parse_hello(payload)


@pytest.mark.parametrize("payload", [b"", b"100..157", b"v", b"v100..", b"vx..y", b"v9999999", "v१".encode()])
def test_what_is_no_hello(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_hello(payload)


@pytest.mark.parametrize(
    ("client", "version"),
    [(Hello(100, 157), 157), (Hello(100, 226), 200), (Hello(213, 225), None), (Hello(50, 99), None)],
)
def test_the_version_is_the_highest_that_both_speak(client: Hello, version: int | None) -> None:
    assert version == client.agree(100, 200)


def test_the_hello_answer_is_two_fields_without_a_message_id() -> None:
    assert b"200\x0020250611 10:00:00 EST\x00" == hello_answer(200, "20250611 10:00:00 EST")


def test_fields_end_with_nul() -> None:
    assert b"1\x00\x00caf\xc3\xa9\x00" == join_fields(["1", "", "café"])
    assert ["1", "", "café"] == split_fields(b"1\x00\x00caf\xc3\xa9\x00")
    assert ["1", "unfinished"] == split_fields(b"1\x00unfinished")
    assert ["\\xff"] == split_fields(b"\xff\x00")


def test_the_reader_stops_at_the_field_it_cannot_read_and_names_it() -> None:
    reader = FieldReader(["7", "x"])
    reader.id = reader.take("reqId", int)
    for _ in range(2):
        with pytest.raises(BadField) as caught:
            reader.take("tradingDays", int)
        assert (320, 7, "x") == (caught.value.code, caught.value.id, caught.value.text)
    assert "Error reading request. Unable to parse field: 'Trading Days' for input string: 'x'" == caught.value.message


def test_a_missing_field_reads_as_an_empty_one_in_error() -> None:
    with pytest.raises(BadField, match="'Order Id' for input string: ''"):
        FieldReader([]).take("orderId", str)


@pytest.mark.parametrize(
    ("name", "words"), [("reqId", "Req Id"), ("useRTH", "Use RTH"), ("yield_", "Yield_"), ("x", "X")]
)
def test_field_names_are_spoken(name: str, words: str) -> None:
    assert words == spoken(name)
